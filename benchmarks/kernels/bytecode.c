/* A register bytecode interpreter: a switch in a loop, jump tables. */
#include "kernel.h"

enum operation { LOAD, ADD, SUB, MUL, AND, XOR, SHIFT, COPY, LESS, JUMP_IF, JUMP, STORE, FETCH, HALT };

struct instruction {
  uint8_t operation, a, b, c;
  int32_t immediate;
};

/* for (i = 0; i < n; i++) { x = x * 31 + i; t = memory[x & 63]; memory[i & 63] = t ^ x; … } */
static const struct instruction program[] = {
    {LOAD, 0, 0, 0, 0},     {LOAD, 1, 0, 0, 20000},  {LOAD, 2, 0, 0, 12345}, {LOAD, 3, 0, 0, 31},
    {LOAD, 4, 0, 0, 1},     {LOAD, 5, 0, 0, 63},     {MUL, 2, 2, 3, 0},      {ADD, 2, 2, 0, 0},
    {AND, 6, 2, 5, 0},      {FETCH, 7, 6, 0, 0},     {XOR, 7, 7, 2, 0},      {AND, 6, 0, 5, 0},
    {STORE, 6, 7, 0, 0},    {SHIFT, 8, 7, 0, 7},     {LESS, 9, 8, 7, 0},     {JUMP_IF, 9, 0, 0, 1},
    {SUB, 2, 2, 8, 0},      {COPY, 10, 7, 0, 0},     {ADD, 0, 0, 4, 0},      {LESS, 9, 0, 1, 0},
    {JUMP_IF, 9, 0, 0, -15}, {JUMP, 0, 0, 0, 0},     {HALT, 2, 0, 0, 0},
};

static uint64_t memory[64];

static __attribute__((noinline)) uint64_t execute(const struct instruction *pc, uint64_t seed) {
  uint64_t r[16] = {0};
  for (;; pc++) {
    switch ((enum operation)pc->operation) {
      case LOAD: r[pc->a] = (uint64_t)pc->immediate + seed * (pc->a == 2); break;
      case ADD: r[pc->a] = r[pc->b] + r[pc->c]; break;
      case SUB: r[pc->a] = r[pc->b] - r[pc->c]; break;
      case MUL: r[pc->a] = r[pc->b] * r[pc->c]; break;
      case AND: r[pc->a] = r[pc->b] & r[pc->c]; break;
      case XOR: r[pc->a] = r[pc->b] ^ r[pc->c]; break;
      case SHIFT: r[pc->a] = r[pc->b] >> pc->immediate; break;
      case COPY: r[pc->a] = r[pc->b]; break;
      case LESS: r[pc->a] = r[pc->b] < r[pc->c]; break;
      case JUMP_IF: if (r[pc->a]) pc += pc->immediate; break;
      case JUMP: pc += pc->immediate; break;
      case STORE: memory[r[pc->a]] = r[pc->b]; break;
      case FETCH: r[pc->a] = memory[r[pc->b]]; break;
      case HALT: return r[pc->a];
    }
  }
}

static uint64_t kernel(unsigned repetitions) {
  uint64_t sum = 0;
  for (unsigned run = 0; run < repetitions; run++) sum = fold(sum, execute(program, run));
  return sum;
}
