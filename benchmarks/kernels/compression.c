/* LZ77 with a hash of three bytes, greedy; then decompression and comparison. */
#include "kernel.h"

enum { inputBytes = 65536, hashSlots = 8192, shortest = 4, longest = 130, window = 32768 };
static uint8_t input[inputBytes], packed[2 * inputBytes], unpacked[inputBytes];
static int32_t recent[hashSlots];

static void fill(void) {
  for (size_t at = 0; at < inputBytes;) {
    uint64_t random = randomNumber();
    size_t length = 3 + random % 29;
    if (length > inputBytes - at) length = inputBytes - at;
    if (at > 4096 && (random >> 40) % 4) {
      size_t back = 1 + (random >> 8) % 4096;
      for (size_t i = 0; i < length; i++) input[at + i] = input[at + i - back];
    } else {
      for (size_t i = 0; i < length; i++) input[at + i] = (uint8_t)(randomNumber() >> 59);
    }
    at += length;
  }
}

static uint32_t slotOf(const uint8_t *at) {
  uint32_t word = at[0] | at[1] << 8 | (uint32_t)at[2] << 16;
  return word * 2654435761u >> 19;
}

/* A token below 128 is followed by so many literals plus one, others are a length and a distance. */
static size_t compress(void) {
  size_t out = 0, literals = 0, at = 0;
  memset(recent, 0xff, sizeof recent);
  while (at < inputBytes) {
    size_t length = 0, distance = 0;
    if (at + shortest <= inputBytes) {
      uint32_t slot = slotOf(input + at);
      int32_t candidate = recent[slot];
      recent[slot] = (int32_t)at;
      if (candidate >= 0 && at - (size_t)candidate < window) {
        size_t most = inputBytes - at < longest ? inputBytes - at : longest;
        while (length < most && input[(size_t)candidate + length] == input[at + length]) length++;
        distance = at - (size_t)candidate;
      }
    }
    int match = length >= shortest;
    if (literals && (match || literals == 128)) {
      packed[out++] = (uint8_t)(literals - 1);
      memcpy(packed + out, input + at - literals, literals);
      out += literals;
      literals = 0;
    }
    if (match) {
      packed[out++] = (uint8_t)(128 + length - shortest);
      packed[out++] = (uint8_t)distance;
      packed[out++] = (uint8_t)(distance >> 8);
      at += length;
    } else {
      literals++;
      at++;
    }
  }
  if (literals) {
    packed[out++] = (uint8_t)(literals - 1);
    memcpy(packed + out, input + at - literals, literals);
    out += literals;
  }
  return out;
}

static size_t decompress(size_t packedBytes) {
  size_t out = 0;
  for (size_t at = 0; at < packedBytes;) {
    uint8_t token = packed[at++];
    if (token < 128) {
      for (int i = 0; i <= token; i++) unpacked[out++] = packed[at++];
    } else {
      size_t distance = packed[at] | (size_t)packed[at + 1] << 8;
      at += 2;
      for (int i = 0; i < token - 128 + shortest; i++, out++) unpacked[out] = unpacked[out - distance];
    }
  }
  return out;
}

static uint64_t kernel(unsigned repetitions) {
  uint64_t sum = 0;
  for (unsigned run = 0; run < repetitions; run++) {
    if (run % 4 == 0) fill();
    size_t packedBytes = compress();
    size_t bytes = decompress(packedBytes);
    sum = fold(sum, packedBytes);
    sum = fold(sum, bytes == inputBytes && memcmp(input, unpacked, inputBytes) == 0);
    input[run % inputBytes] ^= 1;
  }
  return sum;
}
