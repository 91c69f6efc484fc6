/* Text: building words, searching by Horspool's method, counting words in a hash table. */
#include "kernel.h"

enum { textBytes = 65536, slots = 4096 };
static char text[textBytes + 1];
static uint32_t hashes[slots];
static uint32_t counts[slots];

static void writeText(void) {
  static const char *const syllables[] = {"ka", "ro", "mi", "tel", "sun", "ba", "lo", "rix"};
  size_t at = 0;
  while (at < textBytes - 20) {
    int length = 1 + (int)(randomNumber() >> 62);
    while (length-- > 0) {
      const char *syllable = syllables[randomNumber() >> 61];
      size_t bytes = strlen(syllable);
      memcpy(text + at, syllable, bytes);
      at += bytes;
    }
    text[at++] = ' ';
  }
  text[at] = 0;
}

static uint32_t occurrences(const char *needle) {
  size_t skip[256], length = strlen(needle), end = strlen(text);
  for (int i = 0; i < 256; i++) skip[i] = length;
  for (size_t i = 0; i + 1 < length; i++) skip[(uint8_t)needle[i]] = length - 1 - i;
  uint32_t found = 0;
  for (size_t at = 0; at + length <= end; at += skip[(uint8_t)text[at + length - 1]]) {
    size_t i = length;
    while (i > 0 && text[at + i - 1] == needle[i - 1]) i--;
    found += i == 0;
  }
  return found;
}

static uint32_t differentWords(void) {
  uint32_t different = 0;
  memset(counts, 0, sizeof counts);
  for (const char *at = text; *at; at++) {
    uint32_t hash = 2166136261u;
    for (; *at && *at != ' '; at++) hash = (hash ^ (uint8_t)*at) * 16777619u;
    uint32_t slot = hash % slots;
    while (counts[slot] && hashes[slot] != hash) slot = (slot + 1) % slots;
    hashes[slot] = hash;
    different += counts[slot]++ == 0;
    if (!*at) break;
  }
  return different;
}

static uint64_t kernel(unsigned repetitions) {
  static const char *const needles[] = {"karomitel", "sunba", "rixrix", "lolo mi"};
  uint64_t sum = 0;
  for (unsigned run = 0; run < repetitions; run++) {
    if (run % 8 == 0) writeText();
    sum = fold(sum, occurrences(needles[run % 4]));
    sum = fold(sum, differentWords());
  }
  return sum;
}
