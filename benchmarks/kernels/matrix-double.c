/* Product of two 48x48 matrices of doubles. */
#include "kernel.h"

enum { size = 48 };
static double a[size][size], b[size][size], c[size][size];

static __attribute__((noinline)) void multiply(void) {
  for (int row = 0; row < size; row++) {
    for (int column = 0; column < size; column++) {
      double sum = 0;
      for (int k = 0; k < size; k++) sum += a[row][k] * b[k][column];
      c[row][column] = sum;
    }
  }
}

static uint64_t kernel(unsigned repetitions) {
  uint64_t sum = 0;
  for (int i = 0; i < size * size; i++) {
    a[i / size][i % size] = (double)(randomNumber() >> 40) / 65536;
    b[i / size][i % size] = (double)(randomNumber() >> 40) / 65536;
  }
  for (unsigned run = 0; run < repetitions; run++) {
    multiply();
    sum = foldDouble(sum, c[run % size][run / size % size]);
    a[run % size][0] += run;
  }
  return sum;
}
