/* branching_fit.c -- the exponential that is nearest to r_k.
 *
 *     r_k ~ b m^k + o,   m = exp(-1 / tau),   k = 1..K
 *
 * For a given m the best b and o are a linear regression on m^k, so the search
 * has one dimension: a grid of log tau, then finer grids about its best point.
 * A grid's sums are one Horner pass over r_k with its points side by side.
 */
#include "limen.h"

#include "base/error.h"
#include "base/vectorise.h"

#include <math.h>

enum {
    POINTS = 16, // of a grid
    GRIDS = 8,   // of the first search: 128 points, about 8 in a factor of 10
    ROUNDS = 14  // each narrows log tau 7.5 times: to 1e-12
};

/* For each of POINTS m: sum of r_k m^k, of m^k and of m^2k, k = 1..lags. */
LM_VECTORISE static void moments(double *restrict rm, double *restrict one,
                                 double *restrict two, const double *m,
                                 const double *r, size_t lags)
{
    for (size_t i = 0; i < POINTS; i++)
        rm[i] = one[i] = two[i] = 0.0;
    for (size_t k = lags; k-- > 0;)
        for (size_t i = 0; i < POINTS; i++) {
            rm[i] = m[i] * (r[k] + rm[i]);
            one[i] = m[i] * (1.0 + one[i]);
            two[i] = m[i] * m[i] * (1.0 + two[i]);
        }
}

typedef struct problem {
    const double *r;
    size_t lags;
    bool offset;
    double sum, square; // of r_k
} problem;

typedef struct candidate {
    double log_tau, b, o, residual;
} candidate;

static candidate solve(const problem *p, double log_tau, double rm, double one,
                       double two)
{
    const double n = (double)p->lags;
    candidate c = { .log_tau = log_tau, .residual = p->square };

    if (!p->offset) {
        c.b = fmax(0.0, rm / two);
        c.residual = p->square - c.b * rm;
        return c;
    }
    c.b = fmax(0.0, (rm - p->sum * one / n) / (two - one * one / n));
    c.o = (p->sum - c.b * one) / n;
    c.residual =
        p->square - p->sum * p->sum / n - c.b * (rm - p->sum * one / n);
    return c;
}

/* The best point of a grid from `low` in steps of `step`. */
static candidate best_of_grid(const problem *p, double low, double step)
{
    double m[POINTS];
    double rm[POINTS];
    double one[POINTS];
    double two[POINTS];
    candidate best = { .residual = (double)INFINITY };

    for (size_t i = 0; i < POINTS; i++)
        m[i] = exp(-exp(-(low + step * (double)i)));
    moments(rm, one, two, m, p->r, p->lags);
    for (size_t i = 0; i < POINTS; i++) {
        const candidate c =
            solve(p, low + step * (double)i, rm[i], one[i], two[i]);

        if (c.residual < best.residual)
            best = c;
    }
    return best;
}

static candidate search(const problem *p, double low, double high)
{
    double step = (high - low) / (POINTS * GRIDS - 1);
    candidate best = { .residual = (double)INFINITY };

    for (size_t g = 0; g < GRIDS; g++) {
        const candidate c =
            best_of_grid(p, low + step * (double)(g * POINTS), step);

        if (c.residual < best.residual)
            best = c;
    }
    for (size_t round = 0; round < ROUNDS; round++) {
        const double from = fmax(low, best.log_tau - step);
        const double to = fmin(high, best.log_tau + step);

        step = (to - from) / (POINTS - 1);
        const candidate c = best_of_grid(p, from, step);
        if (c.residual < best.residual)
            best = c;
    }
    return best;
}

/* The residual in the plainest way: the search's loses digits where the fit is
 * good. */
static void fill(limen_branching_fit_result *out, const problem *p,
                 const candidate *c)
{
    const double n = (double)p->lags;
    const double parameters = p->offset ? 3.0 : 2.0;
    double total = 0.0;

    *out = (limen_branching_fit_result){ .tau = exp(c->log_tau),
                                         .amplitude = c->b,
                                         .offset = c->o };
    out->m = exp(-1.0 / out->tau);
    for (size_t k = 0; k < p->lags; k++) {
        const double fit = c->b * exp(-(double)(k + 1) / out->tau) + c->o;

        out->residual += (p->r[k] - fit) * (p->r[k] - fit);
        total += (p->r[k] - p->sum / n) * (p->r[k] - p->sum / n);
    }
    out->r_squared =
        n - 1.0 - parameters > 0.0
            ? 1.0 - out->residual / total * (n - 1.0) / (n - 1.0 - parameters)
            : (double)NAN;
}

limen_status limen_branching_fit(limen_branching_fit_result *out,
                                 const double *r, size_t lags, bool offset,
                                 limen_error *err)
{
    const double low = log(0.1);
    const double high = log((offset ? 1e2 : 1e4) * (double)lags);
    const double edge = (high - low) * 1e-6;
    problem p = { .r = r, .lags = lags, .offset = offset };

    if (lags < 4)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "lags: %zu are too few for a fit, which needs 4",
                            lags);
    for (size_t k = 0; k < lags; k++) {
        p.sum += r[k];
        p.square += r[k] * r[k];
    }
    if (!isfinite(p.square))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "r_k: not all coefficients are finite");
    const candidate best = search(&p, low, high);
    if (!(best.b > 0.0))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "r_k: no decay from above over %zu lags, so there "
                            "is no branching ratio; the activity is not "
                            "correlated, or swings",
                            lags);
    if (best.log_tau > high - edge)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "r_k: no decay within %zu lags, so there is no "
                            "branching ratio; use more lags, or remove a drift "
                            "of the activity",
                            lags);
    if (best.log_tau < low + edge)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "r_k: nothing left after the first of %zu lags, so "
                            "m cannot be told from 0",
                            lags);
    fill(out, &p, &best);
    return LIMEN_OK;
}
