/* theory_binary.c -- annealed activity and damage of 0/1 networks.
 *
 *     a' = sum_n Bin(n; k, a) P(h_n > theta)
 *     slope = k sum_n Bin(n; k-1, a) P([h_n > theta] != [h_n + w > theta])
 *
 * h_n is the sum of n weights and the input; h_n and h_n + w have the
 * correlation sqrt(n / (n+1)).
 */
#include "analysis/theory.h"

#include <math.h>

/* P(h_n > theta). */
static double fires(const limen_random_network *spec, size_t n, double u)
{
    const double room = u - spec->threshold;

    if (n == 0)
        return lm_fires(spec, room) ? 1.0 : 0.0;
    if (spec->weights == LIMEN_WEIGHTS_NORMAL)
        return 0.5 * erfc(-(room + spec->mean * (double)n) /
                          sqrt(2.0 * spec->variance * (double)n));

    double sum = 0.0;
    for (size_t i = 0; i <= n; i++)
        if (lm_fires(spec, 2.0 * (double)i - (double)n + room))
            sum += lm_binomial(n, i, 0.5);
    return sum;
}

/* P([h_n > theta] != [h_n + w > theta]). */
static double differs(const limen_random_network *spec, size_t n, double u)
{
    const double room = u - spec->threshold;

    if (spec->weights == LIMEN_WEIGHTS_NORMAL) {
        const double p = fires(spec, 1, u);
        const double m = (double)n;
        const double sd = sqrt(spec->variance);

        if (n == 0)
            return lm_fires(spec, room) ? 1.0 - p : p;
        return limen_normal_disagree(-(room + spec->mean * m) / (sd * sqrt(m)),
                                     -(room + spec->mean * (m + 1.0)) /
                                         (sd * sqrt(m + 1.0)),
                                     sqrt(m / (m + 1.0)));
    }
    double sum = 0.0;
    for (size_t i = 0; i <= n; i++) {
        const double h = 2.0 * (double)i - (double)n + room;
        const int changes = (lm_fires(spec, h) != lm_fires(spec, h + 1.0)) +
                            (lm_fires(spec, h) != lm_fires(spec, h - 1.0));

        sum += changes * 0.5 * lm_binomial(n, i, 0.5);
    }
    return sum;
}

double lm_binary_activity(const limen_random_network *spec, size_t k, double a,
                          double u)
{
    double sum = 0.0;

    for (size_t n = 0; n <= k; n++)
        sum += lm_binomial(k, n, a) * fires(spec, n, u);
    return sum;
}

double lm_binary_slope(const limen_random_network *spec, size_t k, double a,
                       double u)
{
    double sum = 0.0;

    for (size_t n = 0; n + 1 <= k; n++)
        sum += lm_binomial(k - 1, n, a) * differs(spec, n, u);
    return (double)k * sum;
}
