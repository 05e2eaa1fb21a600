/* statistics.c -- means with intervals, tests, and many of them at once. */
#include "limen.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RESAMPLES = 9999 };

/* Mean and standard error. */
static void moments(const double *x, size_t n, double *mean, double *se)
{
    double sum = 0.0;
    double square = 0.0;

    for (size_t k = 0; k < n; k++)
        sum += x[k];
    *mean = sum / (double)n;
    for (size_t k = 0; k < n; k++)
        square += (x[k] - *mean) * (x[k] - *mean);
    *se = n < 2 ? (double)NAN : sqrt(square / (double)(n - 1) / (double)n);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* (mean* - mean) / se* of resample r; redrawn while all its values are the
 * same, when se* is nothing but rounding.  least: what is more than that. */
static double studentised(const double *x, double *room, size_t n, double mean,
                          double least, uint64_t seed, uint32_t r)
{
    double m = mean;
    double se = 0.0;

    for (uint32_t attempt = 0; attempt < 1000 && !(se > least); attempt++) {
        for (size_t k = 0; k < n; k++) {
            const uint32_t draw =
                lm_draw(seed, LM_STREAM_RESAMPLE, attempt, r, (uint32_t)k);

            room[k] = x[lm_draw_below(draw, n)];
        }
        moments(room, n, &m, &se);
    }
    return se > least ? (m - mean) / se : 0.0;
}

limen_status limen_bootstrap(limen_interval *out, const double *x, size_t n,
                             double level, uint64_t seed, limen_error *err)
{
    double mean;
    double se;

    moments(x, n, &mean, &se);
    *out = (limen_interval){ mean, NAN, NAN };
    if (n < 3)
        return LIMEN_OK;
    *out = (limen_interval){ mean, mean, mean };
    if (!(se > 1e-12 * fabs(mean)))
        return LIMEN_OK;

    double *t = lm_alloc(RESAMPLES, 1, sizeof *t);
    double *room = lm_alloc(n, 1, sizeof *room);
    if (t == NULL || room == NULL) {
        lm_free(t);
        lm_free(room);
        return lm_error_no_memory(err, "a bootstrap", RESAMPLES * sizeof *t);
    }
    for (uint32_t r = 0; r < RESAMPLES; r++)
        t[r] = studentised(x, room, n, mean, 1e-9 * se, seed, r);
    qsort(t, RESAMPLES, sizeof *t, ascending);
    const double tail = (1.0 - level) / 2.0 * (RESAMPLES + 1);
    const size_t low = (size_t)fmax(tail, 1.0) - 1;
    const size_t high = RESAMPLES - 1 - low;

    // the distribution of t turns over when it is solved for the mean
    out->low = mean - t[high] * se;
    out->high = mean - t[low] * se;
    lm_free(t);
    lm_free(room);
    return LIMEN_OK;
}

/* The continued fraction of the incomplete beta function by Lentz's method
 * (Press et al., Numerical Recipes, 6.4). */
static double beta_fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double c = 1.0;
    double d = 1.0 - (a + b) * x / (a + 1.0);
    double h;

    d = 1.0 / (fabs(d) < tiny ? tiny : d);
    h = d;
    for (int m = 1; m <= 500; m++) {
        const double step = 2.0 * m;
        const double even = m * (b - m) * x / ((a + step - 1.0) * (a + step));
        const double odd =
            -(a + m) * (a + b + m) * x / ((a + step) * (a + step + 1.0));

        d = 1.0 + even * d;
        c = 1.0 + even / c;
        d = 1.0 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        h *= d * c;
        d = 1.0 + odd * d;
        c = 1.0 + odd / c;
        d = 1.0 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        h *= d * c;
        if (fabs(d * c - 1.0) < 1e-14)
            break;
    }
    return h;
}

static double incomplete_beta(double a, double b, double x)
{
    if (x <= 0.0)
        return 0.0;
    if (x >= 1.0)
        return 1.0;
    const double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) +
                             a * log(x) + b * log(1.0 - x));

    return x < (a + 1.0) / (a + b + 2.0)
               ? front * beta_fraction(a, b, x) / a
               : 1.0 - front * beta_fraction(b, a, 1.0 - x) / b;
}

double limen_t_test(double *t, const double *x, size_t n)
{
    double mean;
    double se;

    moments(x, n, &mean, &se);
    if (n < 2 || !(se > 1e-12 * fabs(mean))) {
        if (t != NULL)
            *t = n >= 2 && mean != 0.0 ? copysign((double)INFINITY, mean)
                                       : (double)NAN;
        return n >= 2 && mean != 0.0 ? 0.0 : 1.0;
    }
    const double value = mean / se;
    const double freedom = (double)(n - 1);
    if (t != NULL)
        *t = value;
    return incomplete_beta(freedom / 2.0, 0.5,
                           freedom / (freedom + value * value));
}

typedef struct ranked {
    double p;
    size_t place;
} ranked;

static int by_p(const void *a, const void *b)
{
    const ranked *x = a;
    const ranked *y = b;

    return x->p != y->p ? (x->p > y->p) - (x->p < y->p)
                        : (x->place > y->place) - (x->place < y->place);
}

limen_status limen_holm(double *adjusted, const double *p, size_t n,
                        limen_error *err)
{
    ranked *all = lm_alloc(n, 1, sizeof *all);
    double most = 0.0;

    if (all == NULL)
        return lm_error_no_memory(err, "a correction", n * sizeof *all);
    for (size_t k = 0; k < n; k++)
        all[k] = (ranked){ p[k], k };
    qsort(all, n, sizeof *all, by_p);
    for (size_t k = 0; k < n; k++) {
        most = fmax(most, fmin(1.0, (double)(n - k) * all[k].p));
        adjusted[all[k].place] = most;
    }
    lm_free(all);
    return LIMEN_OK;
}
