/* A recursive-descent JSON parser over generated text; values are folded, not kept. */
#include "kernel.h"

enum { most = 1 << 17 };
static char text[most];
static size_t length;

static void put(const char *piece) {
  size_t bytes = strlen(piece);
  memcpy(text + length, piece, bytes);
  length += bytes;
}

static void putNumber(uint64_t value) {
  char digits[24];
  int at = 23;
  digits[at] = 0;
  do digits[--at] = (char)('0' + value % 10);
  while (value /= 10);
  put(digits + at);
}

static void generate(int depth) {
  uint64_t random = randomNumber();
  switch (depth > 3 ? random % 4 : 4 + random % 2) {
    case 0: put("\"text \\\"quoted\\\" \\u00e9 and more\""); return;
    case 1: put(random & 64 ? "true" : "null"); return;
    case 2: put("-"); /* falls through */
    case 3: putNumber(random >> 30); return;
    case 4:
      put("[");
      for (int i = 0; i < 7; i++) { if (i) put(", "); generate(depth + 1); }
      put("]");
      return;
    default:
      put("{\n");
      for (int i = 0; i < 5; i++) {
        if (i) put(",\n  ");
        put("\"member");
        putNumber(randomNumber() >> 52);
        put("\": ");
        generate(depth + 1);
      }
      put("}");
  }
}

static const char *at;
static uint64_t sum;

static void skip(void) { while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') at++; }

static int parseString(void) {
  uint32_t hash = 0;
  for (at++; *at != '"'; at++) {
    char c = *at;
    if (c == 0) return 0;
    if (c == '\\') {
      c = *++at;
      if (c == 'u') {
        uint32_t unit = 0;
        for (int i = 0; i < 4; i++) {
          char digit = *++at;
          unit = unit * 16 + (uint32_t)(digit <= '9' ? digit - '0' : (digit | 32) - 'a' + 10);
        }
        hash = hash * 31 + unit;
        continue;
      }
    }
    hash = hash * 31 + (uint8_t)c;
  }
  at++;
  sum = fold(sum, hash);
  return 1;
}

static int parseValue(int depth) {
  skip();
  switch (*at) {
    case '"': return parseString();
    case 't': at += 4; sum = fold(sum, 1); return 1;
    case 'n': at += 4; sum = fold(sum, 2); return 1;
    case '[':
      at++;
      for (;;) {
        if (!parseValue(depth + 1)) return 0;
        skip();
        if (*at == ']') break;
        if (*at++ != ',') return 0;
      }
      at++;
      sum = fold(sum, (uint64_t)depth);
      return 1;
    case '{':
      at++;
      for (;;) {
        skip();
        if (*at != '"' || !parseString()) return 0;
        skip();
        if (*at++ != ':' || !parseValue(depth + 1)) return 0;
        skip();
        if (*at == '}') break;
        if (*at++ != ',') return 0;
      }
      at++;
      return 1;
    default: {
      int negative = *at == '-';
      uint64_t value = 0;
      at += negative;
      if (*at < '0' || *at > '9') return 0;
      while (*at >= '0' && *at <= '9') value = value * 10 + (uint64_t)(*at++ - '0');
      sum = fold(sum, negative ? -value : value);
      return 1;
    }
  }
}

static uint64_t kernel(unsigned repetitions) {
  for (unsigned run = 0; run < repetitions; run++) {
    if (run % 16 == 0) {
      length = 0;
      generate(0);
      text[length] = 0;
    }
    at = text;
    uint64_t parsed = (uint64_t)parseValue(0);
    sum = fold(sum, parsed + length);
  }
  return sum;
}
