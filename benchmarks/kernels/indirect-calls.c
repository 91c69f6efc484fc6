/* Calls through a table of function pointers, chosen by data. */
#include "kernel.h"

typedef uint64_t (*step)(uint64_t);
static uint64_t increment(uint64_t x) { return x + 1; }
static uint64_t triple(uint64_t x) { return x * 3; }
static uint64_t mix(uint64_t x) { return x ^ x >> 15; }
static uint64_t rotateOne(uint64_t x) { return x << 1 | x >> 63; }
static uint64_t negate(uint64_t x) { return ~x; }
static uint64_t add(uint64_t x) { return x + 0x9e3779b9; }
static uint64_t maskOdd(uint64_t x) { return x & 1 ? x >> 1 : x + 7; }
static uint64_t square(uint64_t x) { return x * x + 1; }

static step table[] = {increment, triple, mix, rotateOne, negate, add, maskOdd, square};

static uint64_t kernel(unsigned repetitions) {
  uint64_t value = randomNumber();
  uint8_t choices[1024];
  for (int i = 0; i < 1024; i++) choices[i] = randomNumber() >> 61;
  for (unsigned run = 0; run < repetitions; run++) {
    for (int i = 0; i < 1024; i++) value = table[choices[i]](value);
  }
  return value;
}
