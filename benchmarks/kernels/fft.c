/* Fast Fourier transform of 1024 complex doubles, in place, radix 2, and back. */
#include "kernel.h"

enum { count = 1024, bits = 10 };
static double real[count], imaginary[count], cosines[count / 2], sines[count / 2];

/* The unit circle by repeated rotation about half the angle, exact enough and without libm. */
static void tabulate(void) {
  const double c = 0.99998117528260110909, s = 0.0061358846491544753597;
  double x = 1, y = 0;
  for (int i = 0; i < count / 2; i++) {
    cosines[i] = x;
    sines[i] = y;
    double next = x * c - y * s;
    y = x * s + y * c;
    x = next;
  }
}

static void transform(double direction) {
  for (int i = 0; i < count; i++) {
    int j = 0;
    for (int bit = 0; bit < bits; bit++) j |= (i >> bit & 1) << (bits - 1 - bit);
    if (i < j) {
      double swapped = real[i];
      real[i] = real[j];
      real[j] = swapped;
      swapped = imaginary[i];
      imaginary[i] = imaginary[j];
      imaginary[j] = swapped;
    }
  }
  for (int half = 1; half < count; half *= 2) {
    for (int start = 0; start < count; start += 2 * half) {
      for (int k = 0; k < half; k++) {
        int a = start + k, b = a + half;
        double wr = cosines[k * (count / 2 / half)], wi = direction * sines[k * (count / 2 / half)];
        double tr = real[b] * wr - imaginary[b] * wi, ti = real[b] * wi + imaginary[b] * wr;
        real[b] = real[a] - tr;
        imaginary[b] = imaginary[a] - ti;
        real[a] += tr;
        imaginary[a] += ti;
      }
    }
  }
}

static uint64_t kernel(unsigned repetitions) {
  uint64_t sum = 0;
  tabulate();
  for (int i = 0; i < count; i++) real[i] = (double)(randomNumber() >> 48);
  for (unsigned run = 0; run < repetitions; run++) {
    transform(-1);
    transform(1);
    for (int i = 0; i < count; i++) {
      real[i] /= count;
      imaginary[i] /= count;
    }
    sum = foldDouble(sum, real[run % count]);
  }
  return sum;
}
