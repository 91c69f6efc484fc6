// Processes: fork, exec, wait, pipes between them, groups, descriptors over exec.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void report(const char *name, int status) {
  printf("%s: %s %d\n", name, WIFEXITED(status) ? "exited" : WIFSIGNALED(status) ? "killed" : WIFSTOPPED(status) ? "stopped" : "continued",
         WIFEXITED(status) ? WEXITSTATUS(status) : WIFSIGNALED(status) ? WTERMSIG(status) : WIFSTOPPED(status) ? WSTOPSIG(status) : 0);
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IONBF, 0);
  int status;
  int ends[2], back[2];

  // A pipeline of three: numbers are doubled and summed on the way.
  pipe(ends);
  pipe(back);
  pid_t source = fork();
  if (source == 0) {
    close(ends[0]);
    FILE *out = fdopen(ends[1], "w");
    for (int i = 0; i < 20000; i++) fprintf(out, "%d\n", i);
    fclose(out);
    _exit(1);
  }
  pid_t filter = fork();
  if (filter == 0) {
    close(ends[1]);
    close(back[0]);
    FILE *in = fdopen(ends[0], "r"), *out = fdopen(back[1], "w");
    int n;
    while (fscanf(in, "%d", &n) == 1) fprintf(out, "%d\n", n * 2);
    fclose(out);
    _exit(2);
  }
  close(ends[0]), close(ends[1]), close(back[1]);
  FILE *in = fdopen(back[0], "r");
  long sum = 0;
  int n;
  while (fscanf(in, "%d", &n) == 1) sum += n;
  printf("sum %ld\n", sum);
  waitpid(source, &status, 0);
  report("source", status);
  waitpid(filter, &status, 0);
  report("filter", status);

  printf("no children: %d %s\n", waitpid(-1, &status, 0), strerror(errno));
  pid_t sleeper = fork();
  if (sleeper == 0) for (;;) pause();
  printf("not yet: %d\n", waitpid(sleeper, &status, WNOHANG));
  kill(sleeper, SIGSTOP);
  waitpid(sleeper, &status, WUNTRACED);
  report("sleeper", status);
  kill(sleeper, SIGCONT);
  waitpid(sleeper, &status, WCONTINUED);
  report("sleeper", status);
  kill(sleeper, SIGKILL);
  siginfo_t info;
  waitid(P_PID, sleeper, &info, WEXITED | WNOWAIT);
  printf("waitid: %d %d %d\n", info.si_pid == sleeper, info.si_code, info.si_status);
  struct rusage usage;
  printf("wait4: %d\n", wait4(sleeper, &status, 0, &usage) == sleeper);
  report("sleeper", status);
  printf("gone: %d %s\n", kill(sleeper, 0), strerror(errno));

  pid_t child = vfork();
  if (child == 0) {
    status = 1234;
    _exit(5);
  }
  waitpid(child, &status, 0);
  report("vfork", status);

  // Groups: one signal for all members.
  pid_t leader = 0;
  int ready[2];
  pipe(ready);
  for (int i = 0; i < 3; i++) {
    pid_t member = fork();
    if (member == 0) {
      setpgid(0, leader);
      write(ready[1], "x", 1);
      for (;;) pause();
    }
    if (!leader) leader = member;
    setpgid(member, leader);
  }
  char bytes[3];
  for (int got = 0; got < 3;) got += read(ready[0], bytes, 3 - got);
  kill(-leader, SIGTERM);
  for (int i = 0; i < 3; i++) {
    waitpid(-leader, &status, 0);
    report("member", status);
  }

  signal(SIGCHLD, SIG_IGN);
  if (fork() == 0) _exit(3);
  printf("ignored children: %d %s\n", wait(&status), strerror(errno));
  signal(SIGCHLD, SIG_DFL);

  // Descriptors: shared offsets after fork.
  char name[] = "/tmp/isovm-XXXXXX";
  int fd = mkstemp(name);
  unlink(name);
  write(fd, "abcdefgh", 8);
  lseek(fd, 2, SEEK_SET);
  if ((child = fork()) == 0) {
    lseek(fd, 3, SEEK_CUR);
    _exit(0);
  }
  waitpid(child, NULL, 0);
  char byte;
  read(fd, &byte, 1);
  printf("shared offset: %c\n", byte);

  char *missing[] = {"missing", NULL};
  printf("execve: %d %s\n", execve("/no/such/file", missing, environ), strerror(errno));
  printf("execve: %d %s\n", execve("/tmp", missing, environ), strerror(errno));
  const int count = 300;
  for (int i = 0; i < count; i++) {
    if ((child = fork()) == 0) _exit(i & 0x7f);
    waitpid(child, &status, 0);
    if (WEXITSTATUS(status) != (i & 0x7f)) report("wrong", status);
  }
  pid_t many[50];
  for (int i = 0; i < 50; i++)
    if ((many[i] = fork()) == 0) _exit(i);
  int total = 0;
  for (int i = 0; i < 50; i++) {
    wait(&status);
    total += WEXITSTATUS(status);
  }
  printf("total %d\n", total);
  printf("exit in a handler of exit\n");
  return 300;
}
