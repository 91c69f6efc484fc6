/* Product of two 64x64 matrices of 32-bit integers. */
#include "kernel.h"

enum { size = 64 };
static int32_t a[size][size], b[size][size], c[size][size];

static __attribute__((noinline)) void multiply(void) {
  for (int row = 0; row < size; row++) {
    for (int column = 0; column < size; column++) {
      int32_t sum = 0;
      for (int k = 0; k < size; k++) sum += a[row][k] * b[k][column];
      c[row][column] = sum;
    }
  }
}

static uint64_t kernel(unsigned repetitions) {
  uint64_t sum = 0;
  for (int i = 0; i < size * size; i++) {
    a[i / size][i % size] = (int32_t)(randomNumber() >> 52);
    b[i / size][i % size] = (int32_t)(randomNumber() >> 52);
  }
  for (unsigned run = 0; run < repetitions; run++) {
    multiply();
    sum = fold(sum, (uint64_t)c[run % size][run / size % size]);
    a[run % size][0] ^= (int32_t)run;
  }
  return sum;
}
