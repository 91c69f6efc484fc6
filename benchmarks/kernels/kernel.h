/*
 * What all kernels share: `main`, which times `kernel` alone and prints its checksum and its own
 * milliseconds, so that starting the process doesn't count.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Does the kernel's work `repetitions` times and returns a checksum of all results. */
static uint64_t kernel(unsigned repetitions);

/* xorshift64*: the same numbers on every machine. */
static uint64_t randomState = 0x9e3779b97f4a7c15u;
static inline uint64_t randomNumber(void) {
  randomState ^= randomState >> 12;
  randomState ^= randomState << 25;
  randomState ^= randomState >> 27;
  return randomState * 0x2545f4914f6cdd1du;
}

/* Folds a value into a checksum. */
static inline uint64_t fold(uint64_t sum, uint64_t value) {
  return (sum ^ value) * 0x100000001b3u;
}

/* Folds the bits of a double into a checksum. */
static inline uint64_t foldDouble(uint64_t sum, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return fold(sum, bits);
}

static double milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

int main(int argc, char **argv) {
  unsigned repetitions = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1;
  double start = milliseconds();
  uint64_t checksum = kernel(repetitions);
  double elapsed = milliseconds() - start;
  printf("%016llx %.3f\n", (unsigned long long)checksum, elapsed);
  return 0;
}
