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

/* rho_k + rho_(k+1) */
static double pair_at(const double *x, size_t n, double mean, size_t k)
{
    return (covariance(x, n, mean, k) + covariance(x, n, mean, k + 1)) /
           covariance(x, n, mean, 0);
}

/* Geyer's time, of positive pairs none above the one before; *first: the lag
 * of the first that is not positive. */
static double monotone_time(const double *x, size_t n, double mean,
                            size_t *first)
{
    double time = -1.0;
    double last = (double)INFINITY;

    for (*first = 0; *first + 1 < n; *first += 2) {
        const double pair = pair_at(x, n, mean, *first);

        if (!(pair > 0.0))
            break;
        last = fmin(last, pair);
        time += 2.0 * last;
    }
    return time;
}

double limen_autocorrelation_time(const double *x, size_t n)
{
    const double factor = 5.0; // Sokal's c
    const double mean = mean_of(x, n);
    double time = -1.0;
    size_t first;
    size_t k = 0;

    // a mean is rounded, so a constant may have a variance of 1e-32 mean^2
    if (n < 2 || !(covariance(x, n, mean, 0) > 1e-24 * mean * mean))
        return NAN;
    const double window = factor * monotone_time(x, n, mean, &first);
    for (; k + 1 < n && (k < first || (double)k < window); k += 2)
        time += 2.0 * pair_at(x, n, mean, k);
    return time * (1.0 + (2.0 * (double)k - 1.0) / (double)n);
}

size_t limen_settling_step(const double *x, size_t steps)
{
    const size_t half = steps / 2;
    const double mean = mean_of(x + half, steps - half);
    double square = 0.0;

    for (size_t t = half; t < steps; t++)
        square += (x[t] - mean) * (x[t] - mean);
    const double sd = sqrt(square / (double)(steps - half));
    const double band =
        sqrt(2.0 * log(100.0 * (double)steps)) * sd + 1e-12 * fabs(mean);
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
