// setjmp and longjmp, out of handlers too, with values in saved registers.
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static jmp_buf plain;
static sigjmp_buf masked;
static volatile int hits;

static int recurse(int depth) {
  if (depth == 0) longjmp(plain, 99);
  return recurse(depth - 1) + 1;
}

static void handler(int signal) {
  hits++;
  siglongjmp(masked, signal);
}

static double sum(const double *values, int count) {
  double total = 0;
  for (volatile int i = 0; i < count; i++) {
    if (setjmp(plain) == 0) longjmp(plain, 1);
    total += values[i];
  }
  return total;
}

int main(void) {
  int value = setjmp(plain);
  if (value == 0) recurse(500);
  printf("recursed: %d\n", value);
  if ((value = setjmp(plain)) == 0) longjmp(plain, 0);
  printf("zero becomes %d\n", value);

  struct sigaction action = {.sa_handler = handler};
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGILL, &action, NULL);
  for (volatile int i = 0; i < 1000; i++) {
    int signal = sigsetjmp(masked, 1);
    if (signal == 0) {
      if (i % 2) *(volatile int *)16 = 1;
      asm volatile(".word 0");
    }
    if (signal != (i % 2 ? SIGSEGV : SIGILL)) printf("signal %d\n", signal);
  }
  printf("hits: %d\n", hits);

  // Without the mask the signal stays blocked, and the next fault kills.
  sigset_t set;
  if (sigsetjmp(masked, 0) == 0) *(volatile int *)16 = 1;
  sigprocmask(SIG_BLOCK, NULL, &set);
  printf("blocked: %d\n", sigismember(&set, SIGSEGV));

  double values[] = {0.5, 1.25, 3e10, -2};
  printf("%.2f\n", sum(values, 4));
  signal(SIGSEGV, SIG_DFL);
  fflush(stdout);
  *(volatile int *)16 = 1;
  return 0;
}
