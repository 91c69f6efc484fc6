// A small program without a C library, of which mutants are made.
static long call(long number, long a, long b, long c) {
  register long a7 asm("a7") = number;
  register long a0 asm("a0") = a;
  register long a1 asm("a1") = b;
  register long a2 asm("a2") = c;
  asm volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");
  return a0;
}

static char text[] = "hello\n";
static int numbers[200];
static double sum;

void _start(void) {
  for (int i = 0; i < 1000; i++) {
    numbers[i % 200] += i;
    sum += (double)numbers[i % 7] / (i + 1);
  }
  call(64, 1, (long)text, 6);
  call(93, (numbers[3] + (long)sum) & 63, 0, 0);
}
