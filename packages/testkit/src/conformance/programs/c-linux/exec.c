// execve of itself: arguments, environment, signals and descriptors over it. Not under qemu-user,
// which cannot execute foreign programs: the expected output stands in the test.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static void handler(int signal) {}
static char *self;
static void *sleeper(void *argument) { for (;;) pause(); }
static void *executor(void *argument) {
  char *arguments[] = {"from a thread", "threads", NULL};
  execve(self, arguments, environ);
  return NULL;
}

int main(int argc, char **argv) {
  self = "/proc/self/exe";
  if (argc == 1) {
    int kept = dup(1);
    int closed = fcntl(1, F_DUPFD_CLOEXEC, 10);
    signal(SIGUSR1, handler);
    signal(SIGUSR2, SIG_IGN);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    char a[20], b[20];
    sprintf(a, "%d", kept);
    sprintf(b, "%d", closed);
    char *arguments[] = {"renamed", "second", a, b, "", "with space", NULL};
    char *environment[] = {"A=1", "EMPTY=", NULL};
    setvbuf(stdout, NULL, _IONBF, 0);
    printf("pid kept: ");
    char pid[40];
    sprintf(pid, "PID=%d", getpid());
    environment[1] = pid;
    execve(self, arguments, environment);
    perror("execve");
    return 1;
  }
  if (strcmp(argv[1], "second") == 0) {
    setvbuf(stdout, NULL, _IONBF, 0);
    printf("%d\n", atoi(getenv("PID")) == getpid());
    for (int i = 0; i < argc; i++) printf("[%s]", argv[i]);
    printf(" %s\n", environ[0]);
    printf("kept %d closed %d\n", fcntl(atoi(argv[2]), F_GETFD), fcntl(atoi(argv[3]), F_GETFD));
    struct sigaction one, two;
    sigaction(SIGUSR1, NULL, &one);
    sigaction(SIGUSR2, NULL, &two);
    sigset_t set;
    sigprocmask(SIG_BLOCK, NULL, &set);
    printf("default %d ignored %d blocked %d\n", one.sa_handler == SIG_DFL, two.sa_handler == SIG_IGN, sigismember(&set, SIGHUP));
    pid_t child;
    char *arguments[] = {"spawned", "third", NULL};
    int status = posix_spawn(&child, self, NULL, NULL, arguments, environ);
    printf("spawn %d\n", status);
    waitpid(child, &status, 0);
    printf("spawned %d\n", WEXITSTATUS(status));
    status = posix_spawn(&child, "/no/such", NULL, NULL, arguments, environ);
    printf("spawn: %s\n", strerror(status));
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    child = fork();
    if (child == 0) {
      pid_t parent = getpid();
      if (fork() == 0) {
        while (getppid() == parent) usleep(1000);
        _exit(44);
      }
      _exit(0);
    }
    waitpid(child, &status, 0);
    wait(&status);
    printf("orphan %d\n", WEXITSTATUS(status));
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, i < 2 ? sleeper : executor, NULL);
    for (;;) pause();
  }
  if (strcmp(argv[1], "third") == 0) return 17;
  if (strcmp(argv[1], "threads") == 0) {
    printf("%s: pid kept %d\n", argv[0], atoi(getenv("PID")) == getpid());
    return 9;
  }
  return 1;
}
