// Atomic memory operations, reservations, misaligned accesses, across pages too.
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static int64_t value64;
static int32_t value32;

#define AMO(op, type, memory, operand) \
  ({ type old; asm volatile("amo" op " %0, %2, (%1)" : "=&r"(old) : "r"(memory), "r"(operand) : "memory"); old; })
#define SHOW64(op, start, operand) \
  (value64 = start, printf("amo" op ".d: %ld -> ", (long)AMO(op ".d", int64_t, &value64, (int64_t)operand)), printf("%ld\n", (long)value64))
#define SHOW32(op, start, operand) \
  (value32 = start, printf("amo" op ".w: %ld -> ", (long)AMO(op ".w", int64_t, &value32, (int64_t)operand)), printf("%d\n", value32))

static long increments;
static void *increment(void *argument) {
  for (int i = 0; i < 20000; i++) {
    long old;
    int failed;
    do asm volatile("lr.d.aq %0, (%2)\naddi t0, %0, 1\nsc.d.rl %1, t0, (%2)" : "=&r"(old), "=&r"(failed) : "r"(&increments) : "t0", "memory");
    while (failed);
  }
  return NULL;
}

static sigjmp_buf recover;
static void on_fault(int signal, siginfo_t *info, void *context) { siglongjmp(recover, signal); }

int main(void) {
  SHOW64("add", 5, -7); SHOW64("swap", 1, 2); SHOW64("xor", 0xff, 0x0f); SHOW64("or", 8, 3); SHOW64("and", 12, 10);
  SHOW64("min", -5, 3); SHOW64("max", -5, 3); SHOW64("minu", -5, 3); SHOW64("maxu", -5, 3);
  SHOW32("add", 0x7fffffff, 1); SHOW32("swap", -1, 0x1ffffffff); SHOW32("min", -5, 0xfffffff0); SHOW32("maxu", -5, 3); SHOW32("minu", 0x80000000, 1);
  SHOW32("xor", -1, 1); SHOW32("and", -1, 0x100000000); SHOW32("or", 0, 0x80000000); SHOW32("max", -2, 0xffffffff);

  long failed;
  asm volatile("lr.d t0, (%1)\nsc.d %0, zero, (%1)" : "=&r"(failed) : "r"(&value64) : "t0", "memory");
  printf("sc after lr: %ld\n", failed);
  asm volatile("sc.d %0, zero, (%1)" : "=&r"(failed) : "r"(&value64) : "memory");
  printf("sc again: %d\n", failed != 0);
  asm volatile("lr.d t0, (%1)\nsc.d %0, zero, (%2)" : "=&r"(failed) : "r"(&value64), "r"(&increments) : "t0", "memory");
  printf("sc elsewhere: %d\n", failed != 0);

  pthread_t threads[4];
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, increment, NULL);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  printf("increments: %ld\n", increments);

  char *pages = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  uint64_t sum = 0;
  for (int offset = 4080; offset < 4100; offset++) {
    asm volatile("sd %0, 0(%1)" ::"r"(0x0102030405060708 * offset), "r"(pages + offset) : "memory");
    uint64_t d; int64_t w, h; double f;
    asm volatile("ld %0, 0(%1)" : "=r"(d) : "r"(pages + offset));
    asm volatile("lw %0, 0(%1)" : "=r"(w) : "r"(pages + offset + 1));
    asm volatile("lh %0, 0(%1)" : "=r"(h) : "r"(pages + offset + 3));
    asm volatile("fld %0, 0(%1)" : "=f"(f) : "r"(pages + offset));
    asm volatile("fsd %0, 0(%1)" ::"f"(f), "r"(pages + offset + 1) : "memory");
    asm volatile("sh %0, 0(%1)" ::"r"(w), "r"(pages + offset + 5) : "memory");
    sum = sum * 31 + d + w + h;
  }
  for (int i = 4070; i < 4120; i++) sum = sum * 31 + (unsigned char)pages[i];
  printf("misaligned: %016lx\n", sum);

  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
  mprotect(pages + 4096, 4096, PROT_READ);
  memset(pages, 9, 4096);
  if (sigsetjmp(recover, 1) == 0) asm volatile("sd zero, 0(%0)" ::"r"(pages + 4092) : "memory");
  else printf("nothing stored: %d\n", pages[4092] == 9 && pages[4095] == 9);
  if (sigsetjmp(recover, 1) == 0) AMO("add.d", long, pages + 4096, 1l);
  else printf("amo to a read-only page faults\n");
  if (sigsetjmp(recover, 1) == 0) {
    asm volatile("lr.d t0, (%1)\nsc.d %0, zero, (%1)" : "=&r"(failed) : "r"(pages + 4096) : "t0", "memory");
  } else printf("sc to a read-only page faults\n");
  return 0;
}
