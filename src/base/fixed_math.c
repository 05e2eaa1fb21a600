/* fixed_math.c -- Taylor series on reduced arguments. */
#include "base/fixed_math.h"

#include <assert.h>
#include <math.h>

double lm_exp(double x)
{
    if (x < -700.0)
        return 0.0;
    if (x > 700.0)
        x = 700.0;

    // x = k ln 2 + r, |r| <= 0.35; ln 2 in two parts, so that k ln 2 is exact
    const double k = floor(x * 1.4426950408889634 + 0.5);
    const double r = (x - k * 0x1.62e42feep-1) - k * 0x1.a39ef35793c76p-33;
    double sum = 1.0;

    for (int n = 14; n >= 1; n--) // r^15/15! < 2e-19
        sum = 1.0 + sum * r / n;
    return ldexp(sum, (int)k);
}

/* cos x and sin x for 0 <= x <= pi/4: the terms left out are below 1e-17. */
static double small_cos(double x)
{
    const double y = x * x;
    double sum = 1.0;

    for (int n = 16; n >= 2; n -= 2)
        sum = 1.0 - sum * y / (n * (n - 1));
    return sum;
}

static double small_sin(double x)
{
    const double y = x * x;
    double sum = 1.0;

    for (int n = 17; n >= 3; n -= 2)
        sum = 1.0 - sum * y / (n * (n - 1));
    return x * sum;
}

double lm_cos_pi(double x)
{
    const double pi = 0x1.921fb54442d18p+1;

    assert(x >= 0.0 && x <= 1.0);
    if (x > 0.5)
        return -lm_cos_pi(1.0 - x);
    return x <= 0.25 ? small_cos(pi * x) : small_sin(pi * (0.5 - x));
}
