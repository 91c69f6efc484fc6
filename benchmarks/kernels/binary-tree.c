/* An unbalanced binary search tree on the heap: malloc, free, unpredictable branches. */
#include "kernel.h"

struct node {
  struct node *left, *right;
  uint64_t key;
};

static struct node *insert(struct node *root, uint64_t key) {
  struct node **place = &root;
  while (*place) {
    if ((*place)->key == key) return root;
    place = key < (*place)->key ? &(*place)->left : &(*place)->right;
  }
  *place = calloc(1, sizeof **place);
  (*place)->key = key;
  return root;
}

static uint64_t walk(const struct node *node, uint64_t depth) {
  if (!node) return 0;
  return walk(node->left, depth + 1) + walk(node->right, depth + 1) + depth * (node->key & 0xff);
}

static void release(struct node *node) {
  if (!node) return;
  release(node->left);
  release(node->right);
  free(node);
}

static uint64_t kernel(unsigned repetitions) {
  uint64_t sum = 0;
  for (unsigned run = 0; run < repetitions; run++) {
    struct node *root = NULL;
    for (int i = 0; i < 4096; i++) root = insert(root, randomNumber() >> 20);
    sum = fold(sum, walk(root, 1));
    release(root);
  }
  return sum;
}
