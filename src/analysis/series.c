/* series.c -- numbers over time: correlation, settling, votes. */
#include "limen.h"

#include <math.h>

static double mean_of(const double *x, size_t n)
{
    double sum = 0.0;

    for (size_t t = 0; t < n; t++)
        sum += x[t];
    return sum / (double)n;
}

/* sum over t of (x_t - m)(x_(t+k) - m) / n. */
static double covariance(const double *x, size_t n, double mean, size_t k)
{
    double sum = 0.0;

    for (size_t t = 0; t + k < n; t++)
        sum += (x[t] - mean) * (x[t + k] - mean);
    return sum / (double)n;
}

double limen_autocorrelation_time(const double *x, size_t n)
{
    const double factor = 5.0; // Sokal's c
    const double mean = mean_of(x, n);
    const double variance = covariance(x, n, mean, 0);
    double time = 1.0;

    // a mean is rounded, so a constant may have a variance of 1e-32 mean^2
    if (n < 2 || !(variance > 1e-24 * mean * mean))
        return NAN;
    for (size_t k = 1; k < n; k++) {
        time += 2.0 * covariance(x, n, mean, k) / variance;
        if ((double)k >= factor * time)
            break;
    }
    return time;
}

size_t limen_settling_step(const double *x, size_t steps)
{
    const size_t half = steps / 2;
    const double mean = mean_of(x + half, steps - half);
    double square = 0.0;

    for (size_t t = half; t < steps; t++)
        square += (x[t] - mean) * (x[t] - mean);
    const double band =
        3.0 * sqrt(square / (double)(steps - half)) + 1e-12 * fabs(mean);
    size_t first = half;
    while (first > 0 && fabs(x[first - 1] - mean) <= band)
        first--;
    return first + 1;
}

double limen_vote_entropy(const uint32_t *counts, size_t n)
{
    double all = 0.0;
    double bits = 0.0;

    for (size_t i = 0; i < n; i++)
        all += (double)counts[i];
    if (all == 0.0)
        return log2((double)n);
    for (size_t i = 0; i < n; i++) {
        const double p = (double)counts[i] / all;

        bits -= p > 0.0 ? p * log2(p) : 0.0;
    }
    return bits;
}

double limen_area(const double *x, const double *y, size_t points)
{
    double sum = 0.0;

    for (size_t k = 1; k < points; k++)
        sum += (x[k] - x[k - 1]) * (y[k] + y[k - 1]) / 2.0;
    return sum / (x[points - 1] - x[0]);
}
