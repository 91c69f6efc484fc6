/* The Mandelbrot set on a 64x64 grid: few values, long chains, comparisons. */
#include "kernel.h"

enum { size = 64, deepest = 100 };

static uint64_t kernel(unsigned repetitions) {
  uint64_t sum = 0;
  for (unsigned run = 0; run < repetitions; run++) {
    for (int row = 0; row < size; row++) {
      for (int column = 0; column < size; column++) {
        double cr = -2.0 + column * (3.0 / size) + run * 1e-4, ci = -1.5 + row * (3.0 / size);
        double x = 0, y = 0;
        int depth = 0;
        while (depth < deepest && x * x + y * y <= 4) {
          double next = x * x - y * y + cr;
          y = 2 * x * y + ci;
          x = next;
          depth++;
        }
        sum = fold(sum, (uint64_t)depth);
      }
    }
  }
  return sum;
}
