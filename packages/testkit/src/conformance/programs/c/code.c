// Code that changes: generated, patched, seen through a second mapping, across pages.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static uint32_t li_a0(int value) { return (uint32_t)value << 20 | 0x513; }
static const uint32_t ret = 0x8067;
typedef int (*function)(void);

static void flush(void *at, size_t length) { __builtin___clear_cache((char *)at, (char *)at + length); }

int main(void) {
  const int all = PROT_READ | PROT_WRITE | PROT_EXEC;
  uint32_t *code = mmap(NULL, 3 * 4096, all, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  long sum = 0;
  for (int i = 0; i < 2000; i++) {
    code[0] = li_a0(i & 0x7ff);
    code[1] = ret;
    flush(code, 8);
    sum += ((function)code)();
  }
  printf("rewritten: %ld\n", sum);

  // Across a page: a four-byte instruction that straddles, of which either half changes.
  uint16_t *half = (uint16_t *)code + 2047;
  uint32_t words[] = {0, ret};
  sum = 0;
  for (int i = 0; i < 64; i++) {
    words[0] = li_a0(i * 17);
    memcpy(half, words, 8);
    flush(half, 8);
    sum += ((function)half)();
    uint16_t upper = (uint32_t)li_a0(i + 5) >> 16;
    memcpy(half + 1, &upper, 2);
    flush(half + 1, 2);
    sum += ((function)half)();
  }
  printf("straddling: %ld\n", sum);

  // A function that patches the instruction just ahead of itself: sw, fence.i, then the patched one.
  uint32_t patch[] = {
      0x00b52a23,  // sw a1, 20(a0)
      0x0000100f,  // fence.i
      0x00000013, 0x00000013, 0x00000013,
      0x00000513,  // patched: li a0, n
      ret,
  };
  memcpy(code, patch, sizeof patch);
  flush(code, sizeof patch);
  sum = 0;
  for (int i = 0; i < 500; i++) sum += ((int (*)(void *, uint32_t))code)(code, li_a0(i));
  printf("patched ahead: %ld\n", sum);

  // A loop that changes its own body each time round.
  uint32_t loop[] = {
      0x00000613,  // li a2, 0
      0x00160613,  // 1: addi a2, a2, 1 (patched below, the immediate grows)
      0x0045a683,  // lw a3, 4(a1)
      0x001006b7,  // lui a3, 0x100: one more in the immediate
      0x0045a703,  // lw a4, 4(a1)
      0x00d70733,  // add a4, a4, a3
      0x00e5a223,  // sw a4, 4(a1)
      0x0000100f,  // fence.i
      0xfff50513,  // addi a0, a0, -1
      0xfe0510e3,  // bnez a0, 1b
      0x00060513,  // mv a0, a2
      ret,
  };
  memcpy(code, loop, sizeof loop);
  flush(code, sizeof loop);
  printf("changing loop: %d\n", ((int (*)(int, void *))code)(100, code));

  int memfd = memfd_create("code", 0);
  ftruncate(memfd, 4096);
  uint32_t *writable = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
  uint32_t *executable = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, memfd, 0);
  sum = 0;
  for (int i = 0; i < 100; i++) {
    writable[i] = li_a0(i);
    writable[i + 1] = ret;
    flush(executable, 4096);
    sum += ((function)(executable + i))();
  }
  printf("through an alias: %ld\n", sum);

  // Each process has its own copy.
  code[0] = li_a0(1);
  code[1] = ret;
  flush(code, 8);
  int before = ((function)code)();
  pid_t child = fork();
  if (child == 0) {
    code[0] = li_a0(2);
    flush(code, 8);
    _exit(((function)code)());
  }
  int status;
  waitpid(child, &status, 0);
  printf("forked: %d %d %d\n", before, WEXITSTATUS(status), ((function)code)());

  // Writable, then executable, over and over at one place; and new code where old was unmapped.
  sum = 0;
  for (int i = 0; i < 50; i++) {
    mprotect(code, 4096, PROT_READ | PROT_WRITE);
    code[0] = li_a0(i * 3);
    mprotect(code, 4096, PROT_READ | PROT_EXEC);
    flush(code, 8);
    sum += ((function)code)();
    munmap(code, 4096);
    mmap(code, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    code[1] = ret;
  }
  printf("remapped: %ld\n", sum);

  // Code read from a pipe.
  int ends[2];
  pipe(ends);
  mprotect(code, 4096, all);
  sum = 0;
  for (int i = 0; i < 10; i++) {
    uint32_t read_code[] = {li_a0(i + 100), ret};
    write(ends[1], read_code, 8);
    read(ends[0], code, 8);
    flush(code, 8);
    sum += ((function)code)();
  }
  printf("read: %ld\n", sum);

  // Data in a page of code: stores to it stay correct.
  volatile uint64_t *data = (uint64_t *)(code + 512);
  for (int i = 0; i < 1000; i++) {
    data[0] = i;
    data[1] += ((function)code)();
  }
  printf("data beside code: %ld %ld\n", (long)data[0], (long)data[1]);
  return 0;
}
