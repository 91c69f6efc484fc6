/* Sieve of Eratosthenes: byte stores with growing strides. */
#include "kernel.h"

enum { limit = 1 << 20 };
static uint8_t composite[limit];

static uint64_t kernel(unsigned repetitions) {
  uint64_t sum = 0;
  for (unsigned run = 0; run < repetitions; run++) {
    memset(composite, 0, sizeof composite);
    for (uint32_t n = 2; n * n < limit; n++) {
      if (composite[n]) continue;
      for (uint32_t multiple = n * n; multiple < limit; multiple += n) composite[multiple] = 1;
    }
    uint32_t primes = 0;
    for (uint32_t n = 2; n < limit; n++) primes += !composite[n];
    sum = fold(sum, primes + run);
  }
  return sum;
}
