// Files and directories through the C library and system calls.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRY(call) ({ errno = 0; long result_ = (call); printf("%s = %ld %s\n", #call, result_, result_ < 0 ? strerror(errno) : ""); result_; })

static int compare(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

static void list(const char *path) {
  DIR *directory = opendir(path);
  char *names[100];
  int count = 0;
  for (struct dirent *entry; (entry = readdir(directory));) {
    names[count] = malloc(300);
    sprintf(names[count++], "%s:%d", entry->d_name, entry->d_type);
  }
  closedir(directory);
  qsort(names, count, sizeof *names, compare);
  printf("%s:", path);
  for (int i = 0; i < count; i++) printf(" %s", names[i]);
  printf("\n");
}

int main(void) {
  char work[] = "/tmp/isovm-XXXXXX", buffer[200] = "", path[PATH_MAX];
  mkdtemp(work);
  chdir(work);
  umask(027);
  int fd = TRY(open("file", O_CREAT | O_RDWR | O_EXCL, 0666) > 0) ? open("file", O_RDWR) : -1;
  TRY(open("file", O_CREAT | O_EXCL, 0666));
  struct stat status;
  fstat(fd, &status);
  printf("mode %o size %ld links %ld\n", status.st_mode, (long)status.st_size, (long)status.st_nlink);
  TRY(write(fd, "0123456789", 10));
  TRY(pwrite(fd, "AB", 2, 3));
  TRY(lseek(fd, 0, SEEK_CUR));
  TRY(pread(fd, buffer, 5, 2));
  printf("%s\n", buffer);
  TRY(lseek(fd, -1, SEEK_SET));
  TRY(lseek(fd, 100000, SEEK_SET));
  TRY(write(fd, "end", 3));
  TRY(lseek(fd, 0, SEEK_END));
  TRY(pread(fd, buffer, 10, 50000));
  printf("hole %d\n", buffer[0] | buffer[9]);
  TRY(ftruncate(fd, 5));
  TRY(pread(fd, buffer, 100, 0));
  TRY(pread(fd, buffer, 100, 10));
  TRY(ftruncate(fd, -1));
  int append = open("file", O_WRONLY | O_APPEND);
  TRY(pwrite(append, "xyz", 3, 0));
  lseek(append, 0, SEEK_SET);
  TRY(write(append, "appended", 8));
  memset(buffer, 0, sizeof buffer);
  TRY(pread(fd, buffer, 100, 0));
  printf("%s\n", buffer);
  TRY(read(append, buffer, 1));
  TRY(posix_fallocate(fd, 0, 5000));
  TRY(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4));
  struct iovec parts[] = {{buffer, 3}, {buffer + 10, 2}};
  TRY(preadv(fd, parts, 2, 2));

  TRY(mkdir("dir", 0777));
  TRY(mkdir("dir", 0777));
  TRY(mkdir("dir/a/b", 0777));
  TRY(symlink("dir", "link"));
  TRY(symlink("loop2", "loop1"));
  TRY(symlink("loop1", "loop2"));
  TRY(open("loop1", O_RDONLY));
  TRY(open("link", O_RDONLY | O_NOFOLLOW));
  TRY(open("file", O_RDONLY | O_DIRECTORY));
  TRY(open("dir", O_WRONLY));
  TRY(open("file/x", O_RDONLY));
  TRY(open("", O_RDONLY));
  memset(path, 'n', 256), path[256] = 0;
  TRY(open(path, O_RDONLY));
  memset(path, '/', PATH_MAX - 1), path[PATH_MAX - 1] = 0;
  TRY(open(path, O_RDONLY | O_DIRECTORY) > 0);
  TRY(link("file", "dir/hard"));
  TRY(link("dir", "dirlink"));
  TRY(rename("file", "dir"));
  TRY(rename("dir", "file"));
  TRY(rename("dir", "dir/inside"));
  TRY(rename("dir/hard", "file"));
  TRY(unlink("dir/hard"));
  TRY(mkdir("other", 0700));
  TRY(rename("dir", "other"));
  TRY(rename("link", "renamed"));
  TRY(renameat2(AT_FDCWD, "file", AT_FDCWD, "renamed", RENAME_NOREPLACE));
  TRY(renameat2(AT_FDCWD, "file", AT_FDCWD, "renamed", RENAME_EXCHANGE));
  TRY(readlink("file", buffer, 2));
  TRY(readlink("renamed", buffer, 100));
  TRY(unlink("other"));
  TRY(rmdir("renamed"));
  TRY(rmdir("."));
  TRY(unlinkat(AT_FDCWD, "other", AT_REMOVEDIR));
  list(".");

  mkdir("many", 0755);
  int many = open("many", O_RDONLY);
  for (int i = 0; i < 300; i++) {
    sprintf(path, "entry %03d", i);
    close(openat(many, path, O_CREAT | O_WRONLY, 0600));
  }
  DIR *directory = fdopendir(many);
  int count = 0;
  long position = 0;
  for (struct dirent *entry; (entry = readdir(directory));) {
    if (++count == 100) position = telldir(directory);
  }
  seekdir(directory, position);
  int rest = 0;
  while (readdir(directory)) rest++;
  rewinddir(directory);
  int removed = 0;
  for (struct dirent *entry; (entry = readdir(directory));)
    if (entry->d_name[0] == 'e') removed += unlinkat(dirfd(directory), entry->d_name, 0) == 0;
  printf("%d entries, %d after seeking, %d removed\n", count, rest, removed);
  TRY(rmdir("many"));
  TRY(openat(dirfd(directory), "new", O_CREAT | O_WRONLY, 0600));

  TRY(dup2(fd, 50));
  TRY(dup3(fd, 50, O_CLOEXEC));
  TRY(dup3(50, 50, 0));
  TRY(fcntl(50, F_GETFD));
  TRY(fcntl(fd, F_GETFL) & O_ACCMODE);
  TRY(fcntl(fd, F_DUPFD, 100));
  TRY(close(100));
  TRY(close(100));
  TRY(fcntl(999, F_GETFD));
  struct flock lock = {.l_type = F_WRLCK, .l_start = 0, .l_len = 10};
  TRY(fcntl(fd, F_SETLK, &lock));
  fflush(stdout);
  if (fork() == 0) {
    lock.l_start = 5;
    TRY(fcntl(fd, F_SETLK, &lock));
    TRY(fcntl(fd, F_GETLK, &lock));
    printf("held by the parent: %d %ld %ld\n", lock.l_pid == getppid(), (long)lock.l_start, (long)lock.l_len);
    int again = open("renamed", O_RDWR);
    TRY(flock(again, LOCK_EX | LOCK_NB));
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);

  TRY(chmod("renamed", 04751));
  TRY(stat("renamed", &status));
  printf("mode %o\n", status.st_mode);
  struct timespec times[] = {{1000000000, 123456789}, {1500000000, 987654321}};
  TRY(utimensat(AT_FDCWD, "renamed", times, 0));
  TRY(stat("renamed", &status));
  printf("times %ld.%09ld %ld.%09ld\n", (long)status.st_atim.tv_sec, status.st_atim.tv_nsec, (long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  struct statx extended;
  TRY(statx(AT_FDCWD, "file", AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &extended));
  printf("statx %o %lu\n", extended.stx_mode, (unsigned long)extended.stx_size);
  TRY(access("renamed", X_OK));
  TRY(access("missing", F_OK));
  TRY(faccessat(AT_FDCWD, "other", W_OK, 0));
  TRY(mkdir("other", 0755));
  TRY(fchdir(open("other", O_RDONLY | O_DIRECTORY)));
  getcwd(path, sizeof path);
  printf("cwd %s\n", strrchr(path, '/'));
  TRY(chdir(".."));
  TRY(chdir("renamed"));
  printf("real %s\n", strrchr(realpath("file/../other/./..//other", path) ?: "/none", '/'));

  int out = open("copy", O_CREAT | O_RDWR, 0644);
  off_t offset = 1;
  TRY(sendfile(out, fd, &offset, 8));
  printf("offset %ld\n", (long)offset);
  loff_t in_offset = 0;
  TRY(copy_file_range(fd, &in_offset, out, NULL, 6, 0));
  int ends[2];
  pipe(ends);
  lseek(out, 0, SEEK_SET);
  TRY(splice(out, NULL, ends[1], NULL, 10, 0));
  TRY(ioctl(ends[0], FIONREAD, &count));
  printf("%d in the pipe\n", count);
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  long total = 0, got;
  memset(buffer, 'p', sizeof buffer);
  while ((got = write(ends[1], buffer, sizeof buffer)) > 0) total += got;
  printf("pipe holds much more: %d, %s\n", total >= 60000 && total < 65536, strerror(errno));
  TRY(lseek(ends[0], 0, SEEK_SET));
  TRY(ioctl(fd, TIOCGWINSZ, buffer));
  TRY(isatty(fd));
  TRY(open("/dev/null", O_RDWR) > 0);
  int null = open("/dev/zero", O_RDWR);
  TRY(read(null, buffer, 10));
  TRY(write(open("/dev/full", O_WRONLY), "x", 1));
  TRY(mkfifo("fifo", 0644));
  TRY(open("fifo", O_WRONLY | O_NONBLOCK));
  TRY(open("fifo", O_RDONLY | O_NONBLOCK) > 0);
  TRY(syscall(SYS_openat, AT_FDCWD, "file", 0x7fffffff, 0) < 0);
  TRY(syscall(5555));
  TRY(syscall(SYS_getrandom, buffer, 16, 0));
  sprintf(path, "rm -r %s", work);
  chdir("/");
  unlinkat(AT_FDCWD, work, AT_REMOVEDIR);
  int root = open(work, O_RDONLY);
  char *names[] = {"file", "renamed", "copy", "fifo", "loop1", "loop2"};
  for (int i = 0; i < 6; i++) unlinkat(root, names[i], 0);
  unlinkat(root, "other", AT_REMOVEDIR);
  TRY(rmdir(work));
  return 0;
}
