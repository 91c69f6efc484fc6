// Makes random system calls with random arguments in a row of child processes, each of which an
// alarm ends. The test puts a seed in the place of the number below.
typedef unsigned long u64;
typedef long s64;

static volatile u64 seed = 0x0123456789abcdef;
static u64 state;

static s64 call(s64 number, s64 a, s64 b, s64 c, s64 d, s64 e, s64 f) {
  register long a7 asm("a7") = number;
  register long a0 asm("a0") = a;
  register long a1 asm("a1") = b;
  register long a2 asm("a2") = c;
  register long a3 asm("a3") = d;
  register long a4 asm("a4") = e;
  register long a5 asm("a5") = f;
  asm volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5) : "memory");
  return a0;
}

static u64 random(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static char buffers[16][4096] __attribute__((aligned(4096)));
static char *strings[] = {"/tmp",      "/bin/program", "x",  "/tmp/x", "../../..",       "/proc/self/root", "/proc/self/fd/3", "/dev/zero",
                          "/dev/null", "",             ".",  "/tmp/y", "/proc/self/exe", "/proc/self/maps", "/dev/full"};

static u64 value(void) {
  switch (random() % 16) {
    case 0: return 0;
    case 1: return random() % 16;
    case 2: return random() % 256;
    case 3: return -(random() % 200);
    case 4: return 1ul << (random() % 64);
    case 5: return (1ul << (random() % 64)) - 1;
    case 6:
    case 7:
    case 8: return (u64)buffers[random() % 16] + (random() % 3 ? 0 : random() % 4096);
    case 9:
    case 10: return (u64)strings[random() % (sizeof strings / sizeof *strings)];
    case 11: return random();
    case 12: return 4096 * (random() % 64);
    case 13: return random() % 5;
    case 14: return random() & 0xfffffff;
    default: return random() % 4096;
  }
}

enum { munmap = 215, mprotect = 226, mremap = 216, brk = 214, setitimer = 103, rt_sigaction = 134, rt_sigprocmask = 135, exit = 93, exit_group = 94, rt_sigreturn = 139, kill = 129, tkill = 130, tgkill = 131, clone = 220, clone3 = 435, wait4 = 260 };

static int is_skipped(u64 number) {
  switch (number) {
    case exit: case exit_group: case rt_sigreturn: case kill: case tkill: case tgkill:
      return 1;
    case munmap: case mprotect: case mremap: case brk: case setitimer: case rt_sigaction: case rt_sigprocmask:
      return random() % 30;
    case clone: case clone3:
      return random() % 4;
    default:
      return 0;
  }
}

static void make_calls(void) {
  for (int i = 0; i < 3000; i++) {
    u64 number = random() % 8 ? random() % 300 : random() % 460;
    if (is_skipped(number)) continue;
    if (random() % 4 == 0) {
      u64 *words = (u64 *)buffers[random() % 16];
      for (int k = 0; k < 16; k++) words[k] = value();
    }
    if (random() % 8 == 0) {
      unsigned *words = (unsigned *)buffers[random() % 16];
      for (int k = 0; k < 16; k++) words[k] = value();
    }
    call(number, value(), value(), value(), value(), value(), value());
  }
  call(exit_group, 0, 0, 0, 0, 0, 0);
}

void work(void) {
  for (int i = 0; i < 10; i++) {
    if (call(clone, 17, 0, 0, 0, 0, 0) == 0) {
      u64 timer[4] = {0, 0, 0, 20000};
      call(setitimer, 0, (s64)timer, 0, 0, 0, 0);
      state = seed * 0x9e3779b97f4a7c15ul + 12345 + i * 77777;
      for (int k = 0; k < 20; k++) random();
      make_calls();
    }
    call(wait4, -1, 0, 0x40000000, 0, 0, 0);
  }
  call(exit_group, 0, 0, 0, 0, 0, 0);
}

asm(".globl _start\n_start:\nandi sp, sp, -16\ncall work\n");
