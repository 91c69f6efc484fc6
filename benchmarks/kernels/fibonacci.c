/* Fibonacci numbers by plain recursion: calls, returns, the stack. */
#include "kernel.h"

static __attribute__((noinline)) uint32_t fibonacci(uint32_t n) {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static uint64_t kernel(unsigned repetitions) {
  uint64_t sum = 0;
  for (unsigned run = 0; run < repetitions; run++) sum = fold(sum, fibonacci(24 + run % 2));
  return sum;
}
