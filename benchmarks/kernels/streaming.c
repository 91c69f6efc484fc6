/* Streaming over 2 MiB: copy, scale, add, sum; larger than many a TLB. */
#include "kernel.h"

enum { count = 1 << 18 };
static uint64_t a[count], b[count];

static uint64_t kernel(unsigned repetitions) {
  uint64_t sum = 0;
  for (int i = 0; i < count; i++) a[i] = randomNumber();
  for (unsigned run = 0; run < repetitions; run++) {
    memcpy(b, a, sizeof a);
    for (int i = 0; i < count; i++) b[i] = b[i] * 3 + run;
    for (int i = 0; i < count; i++) a[i] += b[count - 1 - i];
    uint64_t total = 0;
    for (int i = 0; i < count; i++) total += a[i];
    sum = fold(sum, total);
  }
  return sum;
}
