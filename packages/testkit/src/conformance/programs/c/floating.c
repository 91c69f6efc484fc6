// Floating point: rounding modes, flags, conversions, formatting; per thread.
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma STDC FENV_ACCESS ON

static volatile double a = 1, b = 3, tiny = 5e-324, huge = 1e308, zero = 0;
static volatile float fa = 1, fb = 3;

static void flags(const char *name) {
  int raised = fetestexcept(FE_ALL_EXCEPT);
  printf("%s:%s%s%s%s%s\n", name, raised & FE_INEXACT ? " inexact" : "", raised & FE_UNDERFLOW ? " underflow" : "",
         raised & FE_OVERFLOW ? " overflow" : "", raised & FE_DIVBYZERO ? " divbyzero" : "", raised & FE_INVALID ? " invalid" : "");
  feclearexcept(FE_ALL_EXCEPT);
}

static uint64_t bits(double value) {
  uint64_t result;
  memcpy(&result, &value, 8);
  return result;
}

static void *thread(void *argument) {
  int mode = fegetround();
  fesetround((long)argument);
  for (int i = 0; i < 100000; i++) a = a;
  return (void *)(long)(mode == FE_TONEAREST && fegetround() == (long)argument);
}

int main(void) {
  int modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};
  for (int i = 0; i < 4; i++) {
    fesetround(modes[i]);
    printf("mode %d: %.17g %.17g %a %a %ld %ld %ld %.3f %.9g\n", i, a / b, -a / b, sqrt(b), huge * 10, lrint(2.5), lrint(-2.5), lrint(0.7), 2.0005, fa / fb);
    printf("  %a %a %a %f\n", tiny / 2, -tiny / 2, nearbyint(-0.5), (double)(float)(a / b));
  }
  fesetround(FE_TONEAREST);
  feclearexcept(FE_ALL_EXCEPT);
  volatile double r;
  r = a / b; flags("1/3");
  r = a / zero; flags("1/0");
  r = zero / zero; flags("0/0");
  r = huge * huge; flags("huge^2");
  r = tiny / 3; flags("tiny/3");
  r = sqrt(-a); flags("sqrt(-1)");
  r = (double)(int64_t)1e18; flags("exact");
  volatile long converted = (long)(huge); flags("to long");
  volatile unsigned char narrow = (unsigned int)(a * -1.5); flags("to unsigned");
  r = fma(a, b, -3); flags("fma");
  r = fma(huge, 2, -huge); flags("fma huge");
  volatile int compared = NAN < a; flags("less than nan");
  compared = NAN == a; flags("equal nan");
  compared = isless(NAN, a); flags("isless nan");
  printf("%016lx %016lx %016lx\n", bits(zero / zero), bits(-(zero / zero)), bits(sqrt(-a)));
  printf("%016lx %016lx %016lx\n", bits(fmin(NAN, 1)), bits(fmax(-0.0, 0.0)), bits(fmin(0.0, -0.0)));
  printf("%ld %ld %lu %d\n", (long)1e300, (long)-1e300, (unsigned long)1e300, (int)NAN);
  long double wide = 1.0L / 3;
  printf("%.30Lf %Lg %.20Lg\n", wide, wide * 1e4000L, sqrtl(2));
  printf("%g %g %g %.10f %.10f %g\n", pow(2, 0.5), exp(1), log(10), sin(1e6), cos(0.1), tgamma(5.5));
  printf("%a %a %.17g\n", strtod("0x1.fffffffffffff8p0", NULL), strtod("1e-320", NULL), strtod("2.2250738585072011e-308", NULL));
  printf("%d %d %g\n", isnan(zero / zero), isinf(a / zero), copysign(3, -zero));
  pthread_t threads[4];
  for (long i = 0; i < 4; i++) pthread_create(&threads[i], NULL, thread, (void *)(long)modes[i]);
  int good = 0;
  for (int i = 0; i < 4; i++) {
    void *result;
    pthread_join(threads[i], &result);
    good += (int)(long)result;
  }
  printf("threads: %d, own mode %d\n", good, fegetround() == FE_TONEAREST);
  double sum = 0;
  for (int i = 1; i < 300000; i++) sum += sin(i) / i * (i % 3 ? 1 : -1);
  printf("%.17g\n", sum);
  float fsum = 0;
  for (int i = 1; i < 100000; i++) fsum = fmaf(fsum, 0.99999f, 1.0f / i);
  printf("%.9g %a\n", fsum, fsum);
  return 0;
}
