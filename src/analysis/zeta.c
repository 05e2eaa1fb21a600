/* zeta.c -- the Hurwitz zeta function and its finite kin, by Euler and
 * Maclaurin's formula (Johansson 2015, Numerical Algorithms 69:253):
 *
 *     sum over x = m..b of f(x) = integral of f + (f(m) + f(b)) / 2
 *         + sum over j of B_2j / (2j)! (f^(2j-1)(b) - f^(2j-1)(m))
 *
 * with f(x) = (x / a)^-alpha, after the first terms, up to m >= 12 + |alpha|,
 * are summed as they are; what is left out is then below 1e-15.
 */
#include "analysis/zeta.h"

#include "limen.h"

#include <math.h>
#include <stddef.h>

enum { TERMS = 8, DIRECT = 40 };

/* B_2j / (2j)! */
static const double bernoulli[TERMS] = {
    1.0 / 12.0,          -1.0 / 720.0,
    1.0 / 30240.0,       -1.0 / 1209600.0,
    1.0 / 47900160.0,    -691.0 / 1307674368000.0,
    1.0 / 74724249600.0, -3617.0 / 10670622842880000.0,
};

static lm_jet times(lm_jet x, lm_jet y)
{
    return (lm_jet){ x.value * y.value, x.first * y.value + x.value * y.first,
                     x.second * y.value + 2.0 * x.first * y.first +
                         x.value * y.second };
}

static lm_jet plus(lm_jet x, lm_jet y)
{
    return (lm_jet){ x.value + y.value, x.first + y.first,
                     x.second + y.second };
}

static lm_jet scaled(lm_jet x, double factor)
{
    return (lm_jet){ factor * x.value, factor * x.first, factor * x.second };
}

/* (x / a)^-alpha */
static lm_jet power(double alpha, double x, double a)
{
    const double log_x = log(x / a);
    const double p = exp(-alpha * log_x);

    return (lm_jet){ p, -log_x * p, log_x * log_x * p };
}

/* sum over j of B_2j / (2j)! (alpha)_(2j-1) x^-(2j-1), Pochhammer's symbol. */
static lm_jet correction(double alpha, double x)
{
    const double inverse = 1.0 / x;
    lm_jet factor = { alpha * inverse, inverse, 0.0 };
    lm_jet sum = { 0.0, 0.0, 0.0 };

    for (int j = 0; j < TERMS; j++) {
        const double next = alpha + 2.0 * j + 1.0;

        sum = plus(sum, scaled(factor, bernoulli[j]));
        factor = times(factor, (lm_jet){ next * inverse, inverse, 0.0 });
        factor =
            times(factor, (lm_jet){ (next + 1.0) * inverse, inverse, 0.0 });
    }
    return sum;
}

static double correction_value(double alpha, double x)
{
    const double square = 1.0 / (x * x);
    double factor = alpha / x;
    double sum = 0.0;

    for (int j = 0; j < TERMS; j++) {
        const double next = alpha + 2.0 * j + 1.0;

        sum += bernoulli[j] * factor;
        factor *= next * (next + 1.0) * square;
    }
    return sum;
}

/* (e^y - 1) / y with its derivatives by y. */
static lm_jet exponential_mean(double y)
{
    if (fabs(y) > 1.0) {
        const double e = exp(y);

        return (lm_jet){ expm1(y) / y, (e * (y - 1.0) + 1.0) / (y * y),
                         (e * (y * y - 2.0 * y + 2.0) - 2.0) / (y * y * y) };
    }
    lm_jet sum = { 0.0, 0.0, 0.0 };
    double term = 1.0; // y^k / k!
    for (int k = 0; k < 20; k++) {
        sum.value += term / (k + 1.0);
        sum.first += term / (k + 2.0);
        sum.second += term / (k + 3.0);
        term *= y / (k + 1.0);
    }
    return sum;
}

/* From m to b of (x / a)^-alpha. */
static lm_jet integral(double alpha, double m, double a, double b)
{
    const lm_jet at = scaled(power(alpha, m, a), m);

    if (isinf(b)) {
        const double inverse = 1.0 / (alpha - 1.0);

        return times(at, (lm_jet){ inverse, -inverse * inverse,
                                   2.0 * inverse * inverse * inverse });
    }
    // x = m e^u makes it the integral of e^((1 - alpha) u)
    const double span = log(b / m);
    const lm_jet mean = exponential_mean((1.0 - alpha) * span);
    return times(at, (lm_jet){ span * mean.value, -span * span * mean.first,
                               span * span * span * mean.second });
}

lm_jet lm_power_integral(double alpha, double a, double b)
{
    return integral(alpha, a, a, b);
}

/* How many terms are summed as they are: all if they are few. */
static size_t first_terms(double alpha, double a, double b)
{
    const double enough = 12.0 + fabs(alpha);

    if (b - a < DIRECT)
        return (size_t)(b - a) + 1;
    return a < enough ? (size_t)ceil(enough - a) : 0;
}

lm_jet lm_power_sum(double alpha, double a, double b)
{
    const size_t terms = first_terms(alpha, a, b);
    const double m = a + (double)terms;
    lm_jet sum = { 0.0, 0.0, 0.0 };

    for (size_t k = 0; k < terms; k++)
        sum = plus(sum, power(alpha, a + (double)k, a));
    if (m > b)
        return sum;
    const lm_jet at = power(alpha, m, a);
    sum = plus(sum, integral(alpha, m, a, b));
    sum = plus(sum, scaled(at, 0.5));
    sum = plus(sum, times(at, correction(alpha, m)));
    if (!isinf(b)) {
        const lm_jet end = power(alpha, b, a);

        sum = plus(sum, scaled(end, 0.5));
        sum = plus(sum, scaled(times(end, correction(alpha, b)), -1.0));
    }
    return sum;
}

static double integral_value(double alpha, double m, double b)
{
    if (isinf(b))
        return m / (alpha - 1.0);
    const double span = log(b / m);
    const double y = (1.0 - alpha) * span;
    return m * span * (fabs(y) < 1e-300 ? 1.0 : expm1(y) / y);
}

double lm_power_sum_value(double alpha, double a, double b)
{
    const size_t terms = first_terms(alpha, a, b);
    const double m = a + (double)terms;
    double sum = 0.0;

    for (size_t k = 0; k < terms; k++)
        sum += exp(-alpha * log((a + (double)k) / a));
    if (m > b)
        return sum;
    const double at = m > a ? exp(-alpha * log(m / a)) : 1.0;
    sum +=
        at * (integral_value(alpha, m, b) + 0.5 + correction_value(alpha, m));
    if (!isinf(b))
        sum += exp(-alpha * log(b / a)) * (0.5 - correction_value(alpha, b));
    return sum;
}

double limen_zeta(double s, double q)
{
    return pow(q, -s) * lm_power_sum_value(s, q, (double)INFINITY);
}
