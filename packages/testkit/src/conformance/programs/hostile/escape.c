// Tries to reach files outside of its roots. Prints every readable file that it isn't meant to find;
// the arguments are absolute paths of the host to look for: a file, a directory, a socket.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *secret, *outside, *mount_point;
static int attempts;

static void check(int fd, const char *how) {
  attempts++;
  if (fd < 0) return;
  char buffer[100] = "";
  read(fd, buffer, 99);
  if (strstr(buffer, "SECRET")) printf("ESCAPED by %s\n", how);
  struct stat status;
  close(fd);
}

static void try_open(int directory, const char *path) {
  char how[1000];
  snprintf(how, sizeof how, "openat(%d, %s)", directory, path);
  check(openat(directory, path, O_RDONLY), how);
  int fd = openat(directory, path, O_PATH);
  if (fd >= 0) {
    char link[100];
    sprintf(link, "/proc/self/fd/%d", fd);
    check(open(link, O_RDONLY), how);
    check(openat(fd, "", O_RDONLY), how);
    close(fd);
  }
  struct { unsigned long flags, mode, resolve; } open_how = {O_RDONLY, 0, 0};
  check(syscall(SYS_openat2, directory, path, &open_how, sizeof open_how), how);
}

// `..` often enough, then the path on the host, from each place that can be named.
static void climb(int directory, const char *base) {
  char path[2000] = "";
  strcat(path, base);
  for (int depth = 0; depth < 24; depth++) {
    size_t length = strlen(path);
    strcpy(path + length, secret);
    try_open(directory, path);
    path[length] = 0;
    strcat(path, depth % 3 == 1 ? "/./.." : depth % 3 == 2 ? "//.." : "/..");
  }
}

static void from_everywhere(void) {
  const char *bases[] = {"", ".", "/", "/tmp", mount_point, "/proc", "/proc/self", "/proc/self/root", "/proc/self/cwd", "/proc/self/fd", "/proc/self/task",
    "/proc/1/root", "/proc/1/cwd", "/proc/thread-self/root", "/proc/self/exe", "/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2", "/dev", "/dev/fd", "/dev/stdin", "/dev/shm"};
  for (int i = 0; i < sizeof bases / sizeof *bases; i++) {
    climb(AT_FDCWD, bases[i]);
    int fd = open(bases[i], O_PATH);
    if (fd < 0) continue;
    climb(fd, "");
    char link[100];
    sprintf(link, "/proc/self/fd/%d", fd);
    climb(AT_FDCWD, link);
    close(fd);
  }
}

// The links and directories that the host put there.
static void from_links(const char *base) {
  const char *names[] = {"absolute", "absolute-directory/secret", "relative", "relative-directory/secret", "up/secret", "up/outside/secret", "up/../secret", "chain",
    "inner/up/../../outside/secret", "inner/self/../../../outside/secret"};
  char path[500];
  for (int i = 0; i < sizeof names / sizeof *names; i++) {
    snprintf(path, sizeof path, "%s/%s", base, names[i]);
    try_open(AT_FDCWD, path);
    char target[500];
    check(open(path, O_RDWR | O_CREAT, 0600), path);
    truncate(path, 0);
    chmod(path, 0777);
    unlink(path);
    rename(path, "/tmp/stolen");
    check(open("/tmp/stolen", O_RDONLY), path);
    link(path, "/tmp/linked");
    linkat(AT_FDCWD, path, AT_FDCWD, "/tmp/linked", AT_SYMLINK_FOLLOW);
    check(open("/tmp/linked", O_RDONLY), path);
  }
}

// Links of its own, swapped while they are used, and directories that are moved away below it.
static void own_links(const char *base) {
  char path[500], other[500];
  chdir(base);
  symlink(secret, "own-absolute");
  try_open(AT_FDCWD, "own-absolute");
  symlink("../../../../../../../../..", "own-up");
  snprintf(path, sizeof path, "own-up%s", secret);
  try_open(AT_FDCWD, path);
  mkdir("deep", 0755), mkdir("deep/er", 0755), mkdir("deep/er/est", 0755);
  int inside = open("deep/er/est", O_RDONLY | O_DIRECTORY);
  fchdir(inside);
  snprintf(path, sizeof path, "%s/moved", base);
  snprintf(other, sizeof other, "%s/deep/er/est", base);
  rename(other, path);
  climb(inside, ".");
  climb(AT_FDCWD, ".");
  rmdir(path);
  climb(inside, ".");
  climb(AT_FDCWD, "..");
  chdir(base);
  pid_t child = fork();
  if (child == 0) {
    for (int i = 0; i < 200; i++) {
      symlink(outside, "race");
      unlink("race");
      mkdir("race", 0755);
      rmdir("race");
    }
    _exit(0);
  }
  for (int i = 0; i < 300; i++) {
    check(open("race/secret", O_RDONLY), "a race");
    check(open("race/../outside/secret", O_RDONLY), "a race");
    sched_yield();
  }
  waitpid(child, NULL, 0);
  unlink("own-absolute"), unlink("own-up"), rmdir("deep/er"), rmdir("deep");
  close(inside);
}

static void with_roots(void) {
  int top = open("/", O_RDONLY | O_DIRECTORY);
  pid_t child = fork();
  if (child == 0) {
    mkdir("/tmp/jail", 0755);
    chroot("/tmp/jail");
    fchdir(top);
    for (int i = 0; i < 100; i++) chdir("..");
    climb(AT_FDCWD, ".");
    climb(top, ".");
    chroot(".");
    climb(AT_FDCWD, "/");
    _exit(0);
  }
  waitpid(child, NULL, 0);
  unshare(CLONE_NEWNS | CLONE_NEWUSER);
  mkdir("/tmp/mounted", 0755);
  mount(outside, "/tmp/mounted", NULL, MS_BIND, NULL);
  check(open("/tmp/mounted/secret", O_RDONLY), "a bind mount");
  mount("/", "/tmp/mounted", NULL, MS_BIND, NULL);
  climb(AT_FDCWD, "/tmp/mounted");
  umount2("/", MNT_DETACH);
  umount2(mount_point, MNT_DETACH);
  climb(AT_FDCWD, "/");
  climb(AT_FDCWD, mount_point);
  syscall(SYS_pivot_root, "/tmp/mounted", "/tmp/mounted");
  climb(AT_FDCWD, "/");
  char handle[200] = {0};
  *(int *)handle = 128;
  int mount_id;
  syscall(SYS_name_to_handle_at, AT_FDCWD, mount_point, handle, &mount_id, 0);
  int fd = syscall(SYS_open_by_handle_at, top, handle, O_RDONLY);
  if (fd >= 0) climb(fd, ".");
  for (int major = 1; major < 9; major++) {
    unlink("/tmp/device");
    mknod("/tmp/device", S_IFBLK | 0600, makedev(major, 0));
    check(open("/tmp/device", O_RDONLY), "a block device");
  }
}

static void beyond_files(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) printf("CONNECTED to the host\n");
  snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", mount_point);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) printf("CONNECTED to the host below the mount\n");
  execl("/bin/sh", "sh", "-c", "echo EXECUTED a program of the host", NULL);
  execl(secret, "secret", NULL);
  char path_of[100];
  for (int pid = 0; pid < 400; pid++) {
    sprintf(path_of, "/proc/%d/root%s", pid, secret);
    check(open(path_of, O_RDONLY), path_of);
    sprintf(path_of, "/proc/%d/environ", pid);
    check(open(path_of, O_RDONLY), path_of);
  }
}

static void walk(const char *path, int depth) {
  DIR *directory = opendir(path);
  if (!directory) return;
  for (struct dirent *entry; (entry = readdir(directory));) {
    if (strstr(entry->d_name, "secret")) printf("LISTED %s/%s\n", path, entry->d_name);
    if (entry->d_type == DT_DIR && depth < 6 && strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) {
      char next[1000];
      snprintf(next, sizeof next, "%s/%s", path, entry->d_name);
      walk(next, depth + 1);
    }
  }
  closedir(directory);
}

int main(int argc, char **argv) {
  secret = argv[1];
  outside = argv[2];
  mount_point = argv[4];
  setvbuf(stdout, NULL, _IONBF, 0);
  try_open(AT_FDCWD, secret);
  from_links("");
  from_links(mount_point);
  from_everywhere();
  own_links("/tmp");
  own_links("/");
  own_links(mount_point);
  chdir("/");
  walk("/", 0);
  with_roots();
  beyond_files(argv[3]);
  printf("%s attempts\n", attempts > 5000 ? "thousands of" : "too few");
  return 0;
}
