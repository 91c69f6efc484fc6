/* 64-bit arithmetic: greatest common divisors, modular powers by 128-bit products, divisions. */
#include "kernel.h"

static uint64_t commonDivisor(uint64_t a, uint64_t b) {
  while (b) {
    uint64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/* Montgomery reduction: the product of a and b times 2^-64, modulo an odd m. */
static uint64_t reduce(uint64_t a, uint64_t b, uint64_t m, uint64_t inverse) {
  unsigned __int128 product = (unsigned __int128)a * b;
  uint64_t q = (uint64_t)product * inverse;
  uint64_t high = (uint64_t)(product >> 64);
  uint64_t less = (uint64_t)((unsigned __int128)q * m >> 64);
  return high >= less ? high - less : high - less + m;
}

static uint64_t power(uint64_t base, uint64_t exponent, uint64_t m) {
  uint64_t inverse = m;
  for (int i = 0; i < 5; i++) inverse *= 2 - m * inverse;
  uint64_t result = base % m, x = base % m;
  for (; exponent; exponent >>= 1) {
    if (exponent & 1) result = reduce(result, x, m, inverse);
    x = reduce(x, x, m, inverse);
  }
  return result;
}

static uint64_t kernel(unsigned repetitions) {
  uint64_t sum = 0;
  for (unsigned run = 0; run < repetitions; run++) {
    for (int i = 0; i < 256; i++) {
      uint64_t a = randomNumber(), b = randomNumber() | 1;
      sum = fold(sum, commonDivisor(a >> 8, b >> 16));
      sum = fold(sum, power(a, b >> 32, b));
      sum = fold(sum, (uint64_t)((int64_t)a / (int64_t)((b >> 40) | 1)));
      sum += (uint64_t)((__int128)(int64_t)a * (int64_t)b >> 64);
    }
  }
  return sum;
}
