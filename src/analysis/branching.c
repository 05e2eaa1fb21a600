/* branching.c -- multistep regression: how many lags, how sure, and what may
 * be wrong.
 *
 * Wilting & Priesemann 2018, Nat. Commun. 9:2325.  A branching process of which
 * a share is seen has r_k = b m^k: subsampling lowers b and leaves m.
 */
#include "analysis/branching.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LAGS_MIN = 16,   // of automatic lags
    TAUS = 5,        // that they cover: m^k has fallen below 1 %
    TEST_LAGS = 16,  // of the test for any correlation
    TRIALS_MIN = 10, // from which whole trials are resampled
    BLOCKS = 20      // otherwise, of all trials
};

limen_branching_options limen_branching_defaults(void)
{
    return (limen_branching_options){ .means = LIMEN_MEANS_STATIONARY,
                                      .resamples = 500,
                                      .level = 0.95 };
}

static limen_status check(const limen_branching_options *options, size_t steps,
                          limen_error *err)
{
    if (options->resamples > 0 &&
        !(options->level > 0.0 && options->level < 1.0))
        return lm_error_set(err, LIMEN_BAD_VALUE, "level: %g is not in (0, 1)",
                            options->level);
    if (options->resamples > 1000000)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "resamples: %zu are more than 1000000",
                            options->resamples);
    return options->lags == 0
               ? lm_check_lags(2 * LAGS_MIN, 2 * LAGS_MIN, steps, err)
               : lm_check_lags(options->lags, 4, steps, err);
}

/* P(X > x) of chi-square with an even number of degrees of freedom. */
static double chi_square_tail(double x, size_t freedom)
{
    double term = 1.0;
    double sum = 1.0;

    for (size_t j = 1; j < freedom / 2; j++) {
        term *= x / 2.0 / (double)j;
        sum += term;
    }
    return exp(-x / 2.0) * sum;
}

/* Box & Pierce 1970: n sum of r_k^2 is chi-square if there is no correlation. */
static limen_status check_correlated(const double *r, size_t lags, size_t n,
                                     limen_error *err)
{
    const size_t used = (lags < TEST_LAGS ? lags : TEST_LAGS) / 2 * 2;
    double sum = 0.0;

    for (size_t k = 0; k < used; k++)
        sum += r[k] * r[k];
    const double p = chi_square_tail(sum * (double)n, used);
    if (p > 0.01)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "activity: not correlated over %zu lags "
                            "(Box-Pierce p = %.2g), so m cannot be told from "
                            "0; record more steps or more units",
                            used, p);
    return LIMEN_OK;
}

typedef struct coefficients {
    double *r;
    size_t lags, room;
} coefficients;

static limen_status extend(coefficients *c, size_t lags, const lm_pairs *pairs,
                           lm_pair_sums *sums, limen_branching_means means,
                           limen_error *err)
{
    if (lags > c->room) {
        double *r = lm_grow(c->r, c->lags, lags, sizeof *r);

        if (r == NULL)
            return lm_error_no_memory(err, "coefficients", lags * sizeof *r);
        c->r = r;
        c->room = lags;
    }
    const limen_status status = lm_pairs_coefficients(
        c->r + c->lags, c->lags + 1, lags, pairs, sums, means, err);
    if (status == LIMEN_OK)
        c->lags = lags;
    return status;
}

/* Doubles the lags until they cover TAUS of the tau that they give. */
static limen_status choose_lags(coefficients *c, const lm_pairs *pairs,
                                lm_pair_sums *sums,
                                const limen_branching_options *options,
                                limen_error *err)
{
    const size_t most = pairs->steps / 4;

    for (size_t lags = LAGS_MIN;; lags = 2 * lags < most ? 2 * lags : most) {
        limen_branching_fit_result fit;
        limen_status status = extend(c, lags, pairs, sums, options->means, err);

        if (status != LIMEN_OK)
            return status;
        if (lags == LAGS_MIN)
            status =
                check_correlated(c->r, lags, pairs->trials * pairs->steps, err);
        if (status != LIMEN_OK)
            return status;
        status = limen_branching_fit(&fit, c->r, lags, options->offset, err);
        if (status == LIMEN_OK && TAUS * fit.tau <= (double)lags) {
            c->lags = (size_t)fmax(ceil(TAUS * fit.tau), LAGS_MIN);
            return LIMEN_OK;
        }
        if (lags == most)
            return status;
    }
}

/* How often each segment is taken in resample number `which`: trials from all,
 * or blocks of a trial from that trial. */
static void draw_weights(uint32_t *weight, const lm_pairs *pairs, uint64_t seed,
                         uint32_t which)
{
    const uint64_t key = UINT64_C(1) << 32; // limen_bootstrap's are below
    const size_t segments = pairs->trials * pairs->blocks;
    const size_t from = pairs->blocks == 1 ? pairs->trials : pairs->blocks;

    memset(weight, 0, segments * sizeof *weight);
    for (size_t k = 0; k < segments; k++) {
        const uint32_t draw =
            lm_draw(seed, LM_STREAM_RESAMPLE, key, which, (uint32_t)k);

        weight[k / from * from + lm_draw_below(draw, from)]++;
    }
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* tau of `resamples` resamples, ascending; those without a fit are left out and
 * *found is the number of the others. */
static void resample(double *tau, size_t *found, double *r, uint32_t *weight,
                     const lm_pair_sums *sums, const lm_pairs *pairs,
                     size_t lags, const limen_branching_options *options)
{
    const size_t segments = pairs->trials * pairs->blocks;

    *found = 0;
    for (size_t s = 0; s < options->resamples; s++) {
        limen_branching_fit_result fit;

        draw_weights(weight, pairs, options->seed, (uint32_t)s);
        for (size_t k = 0; k < lags; k++)
            r[k] = lm_pairs_coefficient(pairs, sums + k * segments, weight,
                                        options->means);
        if (limen_branching_fit(&fit, r, lags, options->offset, NULL) ==
            LIMEN_OK)
            tau[(*found)++] = fit.tau;
    }
    qsort(tau, *found, sizeof *tau, ascending);
}

/* Percentiles; NAN if less than half of the resamples have a fit. */
static void fill_interval(limen_branching_result *out, const double *tau,
                          size_t found, const limen_branching_options *options)
{
    const double tail = (1.0 - options->level) / 2.0;

    if (found < 2 || 2 * found < options->resamples)
        return;
    const double last = (double)(found - 1);
    out->tau.low = tau[(size_t)floor(tail * last)];
    out->tau.high = tau[(size_t)ceil((1.0 - tail) * last)];
    out->interval.low = exp(-1.0 / out->tau.low);
    out->interval.high = exp(-1.0 / out->tau.high);
}

static limen_status bootstrap(limen_branching_result *out, lm_pairs *pairs,
                              const limen_branching_options *options,
                              limen_error *err)
{
    if (options->resamples == 0)
        return LIMEN_OK;
    pairs->blocks = pairs->trials >= TRIALS_MIN
                        ? 1
                        : (BLOCKS + pairs->trials - 1) / pairs->trials;
    const size_t segments = pairs->trials * pairs->blocks;
    lm_pair_sums *sums = lm_alloc(out->lags, segments, sizeof *sums);
    double *r = lm_alloc(out->lags, 1, sizeof *r);
    double *tau = lm_alloc(options->resamples, 1, sizeof *tau);
    uint32_t *weight = lm_alloc(segments, 1, sizeof *weight);
    limen_status status = LIMEN_OK;
    size_t found;

    if (sums == NULL || r == NULL || tau == NULL || weight == NULL) {
        status = lm_error_no_memory(err, "an interval",
                                    out->lags * segments * sizeof *sums);
        goto done;
    }
    for (size_t k = 0; k < out->lags; k += LM_LAGS)
        lm_pairs_sums(sums + k * segments, pairs, k + 1,
                      out->lags - k < LM_LAGS ? out->lags - k : LM_LAGS);
    resample(tau, &found, r, weight, sums, pairs, out->lags, options);
    fill_interval(out, tau, found, options);
done:
    lm_free(sums);
    lm_free(r);
    lm_free(tau);
    lm_free(weight);
    return status;
}

/* The fit with an offset where none was asked for, or the reverse. */
static void compare(limen_branching_result *out, const double *r, bool offset)
{
    limen_branching_fit_result other;

    out->other_m = NAN;
    if (limen_branching_fit(&other, r, out->lags, !offset, NULL) != LIMEN_OK)
        return;
    out->other_m = other.m;
    // outside of the interval, or no interval and far away
    const bool differs =
        isnan(out->interval.low)
            ? fabs(log(other.tau / out->fit.tau)) > log(2.0)
            : other.m < out->interval.low || other.m > out->interval.high;
    // estimates of short series have offsets too, mostly below 0
    if (!offset && differs && other.offset > 0.1 * other.amplitude &&
        other.residual < 0.5 * out->fit.residual)
        out->flags |= LIMEN_BRANCHING_OFFSET;
}

static void say(limen_branching_result *out, unsigned flag, const char *text)
{
    const size_t used = strlen(out->diagnosis);

    if ((out->flags & flag) != 0)
        snprintf(out->diagnosis + used, sizeof out->diagnosis - used, "%s%s",
                 used > 0 ? "; " : "", text);
}

static void diagnose(limen_branching_result *out, const lm_pairs *pairs,
                     limen_branching_means means)
{
    const double length = (double)pairs->steps;
    const bool pooled =
        means == LIMEN_MEANS_STATIONARY && pairs->trials >= TRIALS_MIN;

    if (out->fit.tau > (pooled ? length : length / 10.0))
        out->flags |= LIMEN_BRANCHING_SHORT;
    if (out->fit.r_squared < 0.5)
        out->flags |= LIMEN_BRANCHING_POOR;
    if (out->interval.high - out->interval.low > 0.25)
        out->flags |= LIMEN_BRANCHING_WIDE;
    say(out, LIMEN_BRANCHING_SHORT,
        "trials are short against tau, so m is biased low: record longer");
    say(out, LIMEN_BRANCHING_OFFSET,
        "an offset fits much better: the activity drifts or its input is slow");
    say(out, LIMEN_BRANCHING_POOR,
        "r_k does not fall exponentially, so m says little");
    say(out, LIMEN_BRANCHING_WIDE,
        "the interval is wide: record more steps or more units");
}

limen_status limen_branching_ratio(limen_branching_result *out, double *r,
                                   size_t room, const double *activity,
                                   size_t trials, size_t steps,
                                   const limen_branching_options *options,
                                   limen_error *err)
{
    coefficients c = { 0 };
    lm_pairs pairs;
    limen_branching_result result = { 0 };
    limen_status status = check(options, steps, err);

    if (status == LIMEN_OK)
        status = lm_pairs_new(&pairs, activity, trials, steps,
                              options->means == LIMEN_MEANS_SEPARATED, err);
    if (status != LIMEN_OK)
        return status;
    lm_pair_sums *sums = lm_alloc(LM_LAGS, trials, sizeof *sums);
    if (sums == NULL)
        status = lm_error_no_memory(err, "sums", trials * sizeof *sums);
    else if (options->lags == 0)
        status = choose_lags(&c, &pairs, sums, options, err);
    else
        status = extend(&c, options->lags, &pairs, sums, options->means, err);
    if (status == LIMEN_OK && options->lags != 0)
        status = check_correlated(c.r, c.lags, trials * steps, err);
    if (status == LIMEN_OK)
        status =
            limen_branching_fit(&result.fit, c.r, c.lags, options->offset, err);
    if (status == LIMEN_OK) {
        result.lags = c.lags;
        result.interval = (limen_interval){ result.fit.m, NAN, NAN };
        result.tau = (limen_interval){ result.fit.tau, NAN, NAN };
        status = bootstrap(&result, &pairs, options, err);
    }
    if (status == LIMEN_OK) {
        compare(&result, c.r, options->offset);
        diagnose(&result, &pairs, options->means);
        for (size_t k = 0; k < room && k < c.lags; k++)
            r[k] = c.r[k];
        *out = result;
    }
    lm_free(c.r);
    lm_free(sums);
    lm_pairs_free(&pairs);
    return status;
}
