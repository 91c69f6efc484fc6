// Code that comes from files: rewritten by write(2), truncated, shared with another process.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static uint32_t li_a0(int value) { return (uint32_t)value << 20 | 0x513; }
static const uint32_t ret = 0x8067;
typedef int (*function)(void);

static int fd;
static void put(int offset, int value) {
  uint32_t code[] = {li_a0(value), ret};
  pwrite(fd, code, sizeof code, offset);
}

int main(void) {
  fd = memfd_create("code", 0);
  ftruncate(fd, 4 * 4096);
  put(0, 1);
  put(4096, 2);
  function first = mmap(NULL, 4 * 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
  function second = (function)((char *)first + 4096);
  function private = mmap(NULL, 4 * 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
  long sum = 0;
  for (int i = 0; i < 500; i++) {
    put(0, i);
    __builtin___clear_cache((char *)first, (char *)first + 8);
    sum += first() * 1000 + second() + private();
  }
  printf("written: %ld\n", sum);
  pid_t child = fork();
  if (child == 0) {
    put(4096, 77);
    _exit(second());
  }
  int status;
  waitpid(child, &status, 0);
  __builtin___clear_cache((char *)second, (char *)second + 8);
  printf("by a child: %d %d\n", WEXITSTATUS(status), second());
  int ends[2];
  pipe(ends);
  uint32_t code[] = {li_a0(55), ret};
  write(ends[1], code, 8);
  loff_t offset = 8192;
  splice(ends[0], NULL, fd, &offset, 8, 0);
  printf("spliced: %d\n", ((function)((char *)first + 8192))());
  ftruncate(fd, 4096);
  ftruncate(fd, 8192);
  fflush(stdout);
  child = fork();
  if (child == 0) _exit(second());
  waitpid(child, &status, 0);
  printf("truncated: signal %d\n", WTERMSIG(status));
  return first() == 499 ? 0 : 1;
}
