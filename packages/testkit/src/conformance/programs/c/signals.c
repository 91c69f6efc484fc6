// Signals: siginfo, nesting, masks, alternate stacks, restarts, and that sigreturn restores all.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile sig_atomic_t depth, count;
static char *page;

static void install(int signal, void (*handler)(int, siginfo_t *, void *), int flags) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
  sigemptyset(&action.sa_mask);
  if (sigaction(signal, &action, NULL) != 0) perror("sigaction");
}

static void skip(int signal, siginfo_t *info, void *context) {
  ucontext_t *user = context;
  printf("signal %d code %d address %s\n", signal, info->si_code,
         info->si_addr == page         ? "page"
         : info->si_addr == page + 123 ? "page + 123"
         : info->si_addr == (void *)8  ? "8"
         : info->si_addr == (void *)user->uc_mcontext.__gregs[0] ? "pc"
                                                                 : "other");
  // All instructions that fault here are four bytes long, or return to the caller.
  if (info->si_addr == (void *)user->uc_mcontext.__gregs[0] && signal == SIGSEGV)
    user->uc_mcontext.__gregs[0] = user->uc_mcontext.__gregs[1];
  else
    user->uc_mcontext.__gregs[0] += 4;
}

static void faults(void) {
  install(SIGSEGV, skip, 0);
  install(SIGILL, skip, 0);
  install(SIGTRAP, skip, 0);
  install(SIGBUS, skip, 0);
  page = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  asm volatile(".option push\n.option norvc\nsw zero, 0(%0)\n.option pop" ::"r"(page) : "memory");
  asm volatile(".option push\n.option norvc\nsb zero, 123(%0)\n.option pop" ::"r"(page) : "memory");
  asm volatile(".option push\n.option norvc\nlw t0, 8(zero)\n.option pop" ::: "t0", "memory");
  munmap(page, 8192);
  asm volatile(".option push\n.option norvc\nld t0, 0(%0)\n.option pop" ::"r"(page) : "t0", "memory");
  ((void (*)(void))page)();
  asm volatile(".word 0xffffffff");
  asm volatile(".word 0x0000007b");
  asm volatile(".option push\n.option norvc\nebreak\n.option pop");
  asm volatile(".option push\n.option norvc\ncsrw cycle, t0\n.option pop");
  char name[] = "/tmp/isovm-XXXXXX";
  int fd = mkstemp(name);
  unlink(name);
  write(fd, "x", 1);
  page = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 0);
  page += 4096;
  asm volatile(".option push\n.option norvc\nlbu t0, 0(%0)\n.option pop" ::"r"(page) : "t0", "memory");
  close(fd);
}

static void nested(int signal, siginfo_t *info, void *context) {
  depth++;
  if (depth < 5 && count < 100) raise(signal);
  count += depth < 5 ? depth : 100;
  depth--;
}

static void count_only(int signal, siginfo_t *info, void *context) { count++; }

static void on_stack(int signal, siginfo_t *info, void *context) {
  char local;
  stack_t stack;
  sigaltstack(NULL, &stack);
  int inside = &local >= (char *)stack.ss_sp && &local < (char *)stack.ss_sp + stack.ss_size;
  printf("on the alternate stack: %d, flags %d\n", inside, stack.ss_flags);
  stack.ss_flags = SS_DISABLE;
  printf("changing it: %s\n", sigaltstack(&stack, NULL) ? strerror(errno) : "done");
}

static void clobber(int signal, siginfo_t *info, void *context) {
  count++;
  asm volatile("fmv.d.x ft0, zero\nfmv.d.x fs0, zero\nfmv.d.x fa0, zero\nfmv.d.x ft11, zero\n"
               "li t0, -1\nli t3, -1\nli a5, -1\nfsrm zero, t0\nfsflags zero, t0" ::
                   : "ft0", "fs0", "fa0", "ft11", "t0", "t3", "a5");
}

// Everything that the ABI lets a function change, too, has to survive a signal.
static void restores(void) {
  install(SIGUSR1, clobber, 0);
  count = 0;
  long self = getpid();
  register long number asm("a7") = 129;  // kill
  register long result asm("a0") = self;
  register long signal asm("a1") = SIGUSR1;
  double sum = 0;
  long ints = 0, fcsr = 0;
  asm volatile(
      "fsrmi 3\nfsflagsi 5\n"
      "li t0, 1\nli t1, 2\nli t2, 3\nli t3, 4\nli t4, 5\nli t5, 6\nli t6, 7\nli a2, 8\nli a3, 9\nli a4, 10\nli a5, 11\nli a6, 12\n"
      "fcvt.d.l ft0, t0\nfcvt.d.l fs0, t1\nfcvt.d.l fa0, t2\nfcvt.d.l ft11, t3\n"
      "ecall\n"
      "frcsr %2\n"
      "fadd.d ft0, ft0, fs0\nfadd.d ft0, ft0, fa0\nfadd.d ft0, ft0, ft11\nfmv.d %0, ft0\n"
      "mv %1, t0\nadd %1, %1, t1\nadd %1, %1, t2\nadd %1, %1, t3\nadd %1, %1, t4\nadd %1, %1, t5\nadd %1, %1, t6\n"
      "add %1, %1, a2\nadd %1, %1, a3\nadd %1, %1, a4\nadd %1, %1, a5\nadd %1, %1, a6\nfscsr zero\n"
      : "=&f"(sum), "=&r"(ints), "=&r"(fcsr), "+r"(result)
      : "r"(number), "r"(signal)
      : "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a2", "a3", "a4", "a5", "a6", "ft0", "fs0", "fa0", "ft11", "memory");
  printf("restored: %d %ld %.1f %ld %#lx\n", (int)count, result, sum, ints, fcsr);
}

static void restarts(void) {
  int ends[2];
  char byte;
  struct itimerspec;
  for (int restart = 0; restart < 2; restart++) {
    pipe(ends);
    install(SIGALRM, count_only, restart ? SA_RESTART : 0);
    count = 0;
    pid_t child = fork();
    if (child == 0) {
      usleep(20000);
      kill(getppid(), SIGALRM);
      usleep(20000);
      write(ends[1], "x", 1);
      _exit(0);
    }
    errno = 0;
    long result = read(ends[0], &byte, 1);
    printf("read: %ld %s, %d signals\n", result, result < 0 ? strerror(errno) : "restarted", (int)count);
    waitpid(child, NULL, 0);
    close(ends[0]);
    close(ends[1]);
  }
  // nanosleep is never restarted, and says how much is left.
  install(SIGALRM, count_only, SA_RESTART);
  pid_t child = fork();
  if (child == 0) {
    usleep(50000);
    kill(getppid(), SIGALRM);
    _exit(0);
  }
  struct timespec wanted = {10, 0}, left = {0, 0};
  int result = nanosleep(&wanted, &left);
  printf("nanosleep: %d %s %d\n", result, strerror(errno), left.tv_sec == 9);
  waitpid(child, NULL, 0);
}

static void masks(void) {
  sigset_t set, old, pending;
  install(SIGUSR1, count_only, 0);
  install(SIGUSR2, count_only, 0);
  install(SIGRTMIN, count_only, 0);
  count = 0;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);
  sigaddset(&set, SIGRTMIN);
  sigprocmask(SIG_BLOCK, &set, &old);
  for (int i = 0; i < 3; i++) {
    kill(getpid(), SIGUSR1);
    union sigval value = {.sival_int = i};
    sigqueue(getpid(), SIGRTMIN, value);
  }
  sigpending(&pending);
  printf("pending: %d %d %d, seen %d\n", sigismember(&pending, SIGUSR1), sigismember(&pending, SIGUSR2), sigismember(&pending, SIGRTMIN), (int)count);
  siginfo_t info;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN);
  int number = sigwaitinfo(&set, &info);
  printf("waited: %d value %d code %d\n", number == SIGRTMIN, info.si_value.sival_int, info.si_code);
  struct timespec none = {0, 0};
  sigaddset(&set, SIGUSR2);
  sigdelset(&set, SIGRTMIN);
  printf("none: %d %s\n", sigtimedwait(&set, &info, &none), strerror(errno));
  sigprocmask(SIG_SETMASK, &old, NULL);
  printf("delivered: %d\n", (int)count);
  sigfillset(&set);
  sigdelset(&set, SIGUSR2);
  sigprocmask(SIG_BLOCK, &set, &old);
  pid_t child = fork();
  if (child == 0) {
    usleep(10000);
    kill(getppid(), SIGUSR2);
    _exit(0);
  }
  count = 0;
  printf("sigsuspend: %d %s %d\n", sigsuspend(&set), strerror(errno), (int)count);
  sigprocmask(SIG_SETMASK, &old, NULL);
  waitpid(child, NULL, 0);
}

static void ends(void (*how)(void), const char *name) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    for (int i = 1; i < 32; i++) signal(i, SIG_DFL);
    how();
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  printf("%s: %s %d\n", name, WIFSIGNALED(status) ? "signal" : "exit", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static void store_null(void) { *(volatile int *)0 = 1; }
static void illegal(void) { asm volatile(".word 0"); }
static void stack_overflow_(volatile char *above) {
  volatile char array[4096];
  array[0] = above ? above[0] : 1;
  stack_overflow_(array);
  array[1] = array[0];
}
static void stack_overflow(void) { stack_overflow_(NULL); }
static void terminate(void) { kill(getpid(), SIGTERM); }
static void ignored(void) { signal(SIGTERM, SIG_IGN); kill(getpid(), SIGTERM); kill(getpid(), SIGCHLD); }
static void blocked_fault(void) {
  sigset_t set;
  sigfillset(&set);
  sigprocmask(SIG_BLOCK, &set, NULL);
  *(volatile int *)0 = 1;
}
static void broken_pipe(void) { int p[2]; pipe(p); close(p[0]); write(p[1], "x", 1); }
static void bad_stack(void) {
  install(SIGUSR1, count_only, 0);
  asm volatile("li sp, 16\nli a7, 172\necall\nli a1, 10\nli a7, 129\necall");
}

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  faults();

  install(SIGUSR1, nested, SA_NODEFER);
  raise(SIGUSR1);
  printf("nested: %d\n", (int)count);
  install(SIGUSR1, nested, 0);
  count = 0;
  raise(SIGUSR1);
  printf("deferred: %d\n", (int)count);
  depth = 0;

  stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
  sigaltstack(&stack, NULL);
  install(SIGUSR1, on_stack, SA_ONSTACK);
  raise(SIGUSR1);
  install(SIGUSR1, count_only, SA_RESETHAND);
  raise(SIGUSR1);
  struct sigaction now;
  sigaction(SIGUSR1, NULL, &now);
  printf("reset: %d\n", now.sa_handler == SIG_DFL);
  printf("kill handler: %s\n", sigaction(SIGKILL, &now, NULL) ? strerror(errno) : "set");

  restores();
  restarts();
  masks();
  ends(store_null, "null store");
  ends(illegal, "illegal");
  ends(stack_overflow, "stack overflow");
  ends(abort, "abort");
  ends(terminate, "terminate");
  ends(ignored, "ignored");
  ends(blocked_fault, "blocked fault");
  ends(broken_pipe, "broken pipe");
  ends(bad_stack, "no room for the frame");
  return 33;
}
