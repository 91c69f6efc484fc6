/* Gravity between five bodies, integrated step by step: divisions and square roots. */
#include "kernel.h"

enum { bodies = 5 };
struct body { double position[3], velocity[3], mass; };
static struct body cluster[bodies];

static void step(double dt) {
  for (int i = 0; i < bodies; i++) {
    for (int j = i + 1; j < bodies; j++) {
      double d[3], square = 0.01;
      for (int k = 0; k < 3; k++) {
        d[k] = cluster[i].position[k] - cluster[j].position[k];
        square += d[k] * d[k];
      }
      double pull = dt / (square * __builtin_sqrt(square));
      for (int k = 0; k < 3; k++) {
        cluster[i].velocity[k] -= d[k] * cluster[j].mass * pull;
        cluster[j].velocity[k] += d[k] * cluster[i].mass * pull;
      }
    }
  }
  for (int i = 0; i < bodies; i++) {
    for (int k = 0; k < 3; k++) cluster[i].position[k] += dt * cluster[i].velocity[k];
  }
}

static uint64_t kernel(unsigned repetitions) {
  for (int i = 0; i < bodies; i++) {
    for (int k = 0; k < 3; k++) {
      cluster[i].position[k] = (double)(randomNumber() >> 50) / 1024;
      cluster[i].velocity[k] = (double)(randomNumber() >> 54) / 4096;
    }
    cluster[i].mass = 1 + i;
  }
  uint64_t sum = 0;
  for (unsigned run = 0; run < repetitions; run++) step(0.001);
  for (int i = 0; i < bodies; i++) sum = foldDouble(sum, cluster[i].position[0]);
  return sum;
}
