/* Pointer chasing through a shuffled list of 64 Ki nodes (4 MiB). */
#include "kernel.h"

enum { count = 1 << 16 };
struct node {
  struct node *next;
  uint64_t value;
  uint64_t padding[6];
};
static struct node nodes[count];
static uint32_t order[count];

static uint64_t kernel(unsigned repetitions) {
  for (uint32_t i = 0; i < count; i++) order[i] = i;
  for (uint32_t i = count - 1; i > 0; i--) {
    uint32_t j = (uint32_t)(randomNumber() % (i + 1)), swapped = order[i];
    order[i] = order[j];
    order[j] = swapped;
  }
  for (uint32_t i = 0; i < count; i++) {
    nodes[order[i]].next = &nodes[order[(i + 1) % count]];
    nodes[order[i]].value = i * 2654435761u;
  }
  uint64_t sum = 0;
  struct node *at = nodes;
  for (unsigned run = 0; run < repetitions; run++) {
    for (int i = 0; i < count; i++) {
      sum += at->value ^ run;
      at = at->next;
    }
  }
  return sum;
}
