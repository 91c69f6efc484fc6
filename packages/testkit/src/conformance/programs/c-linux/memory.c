// Memory: mappings, protections, copy-on-write, sharing, files.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static sigjmp_buf recover;
static void on_fault(int signal, siginfo_t *info, void *context) { siglongjmp(recover, signal * 10 + info->si_code); }

static int reads(volatile char *at) {
  int fault = sigsetjmp(recover, 1);
  if (fault == 0) (void)*at;
  return fault;
}
static int writes(volatile char *at) {
  int fault = sigsetjmp(recover, 1);
  if (fault == 0) *at = 1;
  return fault;
}
static int executes(void *at) {
  int fault = sigsetjmp(recover, 1);
  if (fault == 0) ((void (*)(void))at)();
  return fault;
}

static char *lazy;
static int faults;
static void provide(int signal, siginfo_t *info, void *context) {
  char *page = (char *)((uintptr_t)info->si_addr & ~4095ul);
  mprotect(page, 4096, PROT_READ | PROT_WRITE);
  page[0] = (page - lazy) / 4096;
  faults++;
}

#define MAP(length, protection, flags) mmap(NULL, length, protection, flags, -1, 0)
static const char *error(int64_t result) { return result == -1 ? strerror(errno) : "done"; }

int main(void) {
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
  const int rw = PROT_READ | PROT_WRITE, anonymous = MAP_PRIVATE | MAP_ANONYMOUS;

  char *at = MAP(5 * 4096, rw, anonymous);
  memset(at, 1, 5 * 4096);
  mprotect(at + 4096, 4096, PROT_READ);
  mprotect(at + 2 * 4096, 4096, PROT_NONE);
  munmap(at + 3 * 4096, 4096);
  for (int i = 0; i < 5; i++) {
    int r = reads(at + i * 4096), w = writes(at + i * 4096), x = executes(at + i * 4096);
    printf("page %d: read %d write %d execute %d\n", i, r, w, x);
  }
  printf("mprotect over a hole: %s\n", error(mprotect(at, 5 * 4096, PROT_READ)));
  printf("its beginning changed: %d\n", writes(at));
  printf("unaligned: %s, zero: %s\n", error(munmap(at + 1, 4096)), error((intptr_t)MAP(0, rw, anonymous)));
  printf("too large: %s\n", error((intptr_t)MAP(1ul << 60, rw, anonymous)));
  printf("word across a hole: %d\n", ({ int f = sigsetjmp(recover, 1); if (!f) { volatile uint64_t x = *(volatile uint64_t *)(at + 3 * 4096 - 4); (void)x; } f; }));

  char *fixed = mmap(at + 4096, 4096, rw, anonymous | MAP_FIXED, -1, 0);
  printf("fixed: %d zero %d\n", fixed == at + 4096, fixed[0]);
  char *noreplace = mmap(at + 4096, 4096, rw, anonymous | MAP_FIXED_NOREPLACE, -1, 0);
  printf("noreplace: %s\n", error((intptr_t)noreplace));

  // Copy on write: neither process sees the other's stores.
  char *private = MAP(64 * 4096, rw, anonymous), *shared = MAP(4096, rw, MAP_SHARED | MAP_ANONYMOUS);
  for (int i = 0; i < 64; i++) private[i * 4096] = i;
  pid_t child = fork();
  if (child == 0) {
    int sum = 0;
    for (int i = 0; i < 64; i++) {
      sum += private[i * 4096];
      private[i * 4096] += 1;
    }
    for (int i = 0; i < 64; i++) sum += private[i * 4096];
    shared[0] = 'c';
    _exit(sum == 63 * 64 + 64);
  }
  int status, sum = 0;
  for (int i = 0; i < 64; i++) private[i * 4096] ^= 0x40;
  waitpid(child, &status, 0);
  for (int i = 0; i < 64; i++) sum += private[i * 4096];
  printf("copy on write: child %d parent %d shared %c\n", WEXITSTATUS(status), sum, shared[0]);

  lazy = MAP(16 * 4096, PROT_NONE, anonymous);
  action.sa_sigaction = provide;
  sigaction(SIGSEGV, &action, NULL);
  sum = 0;
  for (int i = 0; i < 16 * 4096; i += 512) sum += ((volatile char *)lazy)[i];
  printf("provided: %d faults, sum %d\n", faults, sum);
  action.sa_sigaction = on_fault;
  sigaction(SIGSEGV, &action, NULL);

  char *grown = MAP(4096, rw, anonymous);
  strcpy(grown, "moved along");
  grown = mremap(grown, 4096, 64 * 4096, MREMAP_MAYMOVE);
  printf("%s %d\n", grown, grown[63 * 4096]);
  grown = mremap(grown, 64 * 4096, 4096, 0);
  printf("shrunk: %d\n", reads(grown + 4096) != 0);
  printf("mremap: %s\n", error((intptr_t)mremap((void *)0x10000000, 4096, 8192, MREMAP_MAYMOVE)));
  madvise(grown, 4096, MADV_DONTNEED);
  printf("discarded: %d\n", grown[0]);

  char name[] = "/tmp/isovm-XXXXXX";
  int fd = mkstemp(name);
  unlink(name);
  char content[6000];
  memset(content, 'f', sizeof content);
  write(fd, content, sizeof content);
  char *map = mmap(NULL, 3 * 4096, rw, MAP_SHARED, fd, 0), *copy = mmap(NULL, 8192, rw, MAP_PRIVATE, fd, 0);
  printf("file: %c, behind its end %d, beyond %d\n", map[5999], map[6000], reads(map + 8192));
  map[10] = 'm';
  copy[20] = 'p';
  pwrite(fd, "w", 1, 30);
  char found[3];
  pread(fd, &found[0], 1, 10);
  pread(fd, &found[1], 1, 20);
  printf("shared store in file %c, private store in file %c, written in maps %c %c\n", found[0], found[1], map[30], copy[30]);
  msync(map, 4096, MS_SYNC);
  ftruncate(fd, 100);
  printf("truncated: %d, page kept %d\n", reads(map + 4096), map[50] == 'f');
  ftruncate(fd, 5000);
  printf("grown again: %d %d\n", map[200], map[4999]);
  close(fd);
  map[1] = 'k';
  printf("closed: %c\n", map[1]);
  fd = open("/proc/self/exe", O_RDONLY);
  printf("shared write of a read-only file: %s\n", error((intptr_t)mmap(NULL, 4096, rw, MAP_SHARED, fd, 0)));
  char *elf = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
  printf("elf: %d\n", memcmp(elf, "\177ELF", 4) == 0);
  printf("not a file: %s\n", error((intptr_t)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 1000, 0)));

  int memfd = memfd_create("test", 0);
  ftruncate(memfd, 4096);
  char *first = mmap(NULL, 4096, rw, MAP_SHARED, memfd, 0), *second = mmap(NULL, 4096, rw, MAP_SHARED, memfd, 0);
  first[100] = 42;
  printf("aliases: %d\n", second[100]);
  char *end = sbrk(0);
  printf("brk: %d\n", sbrk(100000) == end);
  memset(end, 3, 100000);
  sbrk(-100000);
  printf("brk back: %d\n", sbrk(0) == end);
  char **blocks = malloc(1000 * sizeof *blocks);
  for (int i = 0; i < 1000; i++) blocks[i] = memset(malloc(i * 97 % 5000 + 1), i, i * 97 % 5000 + 1);
  for (int i = 0; i < 1000; i += 2) free(blocks[i]);
  int wrong = 0;
  for (int i = 1; i < 1000; i += 2) wrong += blocks[i][i * 97 % 5000] != (char)i;
  printf("malloc: %d wrong\n", wrong);
  printf("write from unmapped memory: %s\n", error(write(1, (void *)8, 10)));
  printf("path in unmapped memory: %s\n", error(open((void *)8, O_RDONLY)));
  printf("read into read-only memory: %s\n", error(pread(memfd, elf, 10, 0)));
  return 0;
}
