/* Quicksort with median of three, insertion sort for short pieces. */
#include "kernel.h"

static void sort(int64_t *low, int64_t *high) {
  while (high - low > 12) {
    int64_t a = *low, b = low[(high - low) / 2], c = *high;
    int64_t pivot = a < b ? (b < c ? b : (a < c ? c : a)) : (a < c ? a : (b < c ? c : b));
    int64_t *i = low, *j = high;
    while (i <= j) {
      while (*i < pivot) i++;
      while (pivot < *j) j--;
      if (i > j) break;
      int64_t swapped = *i;
      *i++ = *j;
      *j-- = swapped;
    }
    if (j - low < high - i) {
      sort(low, j);
      low = i;
    } else {
      sort(i, high);
      high = j;
    }
  }
  for (int64_t *i = low + 1; i <= high; i++) {
    int64_t value = *i;
    int64_t *j = i;
    for (; j > low && j[-1] > value; j--) *j = j[-1];
    *j = value;
  }
}

enum { count = 32768 };
static int64_t values[count];

static uint64_t kernel(unsigned repetitions) {
  uint64_t sum = 0;
  for (unsigned run = 0; run < repetitions; run++) {
    for (int i = 0; i < count; i++) values[i] = (int64_t)randomNumber();
    sort(values, values + count - 1);
    for (int i = 0; i < count; i += 97) sum = fold(sum, (uint64_t)values[i]);
  }
  return sum;
}
