/* CRC-32 (polynomial 0xedb88320): by table over 64 KiB, and bit by bit over 2 KiB. */
#include "kernel.h"

static uint32_t table[256];
static uint8_t data[65536];

static __attribute__((noinline)) uint32_t bitwise(uint32_t crc, const uint8_t *bytes, size_t count) {
  while (count--) {
    crc ^= *bytes++;
    for (int i = 0; i < 8; i++) crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
  }
  return crc;
}

static __attribute__((noinline)) uint32_t byTable(uint32_t crc, const uint8_t *bytes, size_t count) {
  while (count--) crc = crc >> 8 ^ table[(crc ^ *bytes++) & 0xff];
  return crc;
}

static uint64_t kernel(unsigned repetitions) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < 256; i++) {
    uint8_t none = 0;
    table[i] = bitwise(i, &none, 1);
  }
  for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)randomNumber();
  for (unsigned run = 0; run < repetitions; run++) {
    data[run % sizeof data]++;
    sum = fold(sum, ~byTable(~0u, data, sizeof data));
    sum = fold(sum, ~bitwise(~0u, data, 2048));
  }
  return sum;
}
