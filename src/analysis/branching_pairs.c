/* branching_pairs.c -- regression coefficients of activity on itself.
 *
 *     r_k = cov(A_t, A_(t+k)) / var(A_t)      over the pairs of lag k
 *
 * The products of a lag are one pass over the activity; means and squares are
 * differences of running sums.
 */
#include "analysis/branching.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/vectorise.h"

#include <math.h>

enum { LANES = 16 }; // sums side by side: their order is written, not chosen

/* sum[j] = sum over t < n of x[t] y[t + j], j < LM_LAGS = 4 */
LM_VECTORISE static void products(double *restrict sum, const double *x,
                                  const double *y, size_t n)
{
    double a[LANES] = { 0.0 };
    double b[LANES] = { 0.0 };
    double c[LANES] = { 0.0 };
    double d[LANES] = { 0.0 };
    size_t t = 0;

    for (; t + LANES <= n; t += LANES)
        for (size_t l = 0; l < LANES; l++) {
            a[l] += x[t + l] * y[t + l];
            b[l] += x[t + l] * y[t + l + 1];
            c[l] += x[t + l] * y[t + l + 2];
            d[l] += x[t + l] * y[t + l + 3];
        }
    sum[0] = sum[1] = sum[2] = sum[3] = 0.0;
    for (; t < n; t++)
        for (size_t j = 0; j < LM_LAGS; j++)
            sum[j] += x[t] * y[t + j];
    for (size_t l = 0; l < LANES; l++) {
        sum[0] += a[l];
        sum[1] += b[l];
        sum[2] += c[l];
        sum[3] += d[l];
    }
}

/* The mean, rounded if all values are whole. */
static double centre_of(const double *a, size_t n)
{
    double sum = 0.0;
    bool whole = true;

    for (size_t t = 0; t < n; t++) {
        sum += a[t];
        whole = whole && a[t] == rint(a[t]);
    }
    return whole ? rint(sum / (double)n) : sum / (double)n;
}

static bool is_constant(const double *a, size_t n)
{
    double low = a[0];
    double high = a[0];

    for (size_t t = 1; t < n; t++) {
        low = fmin(low, a[t]);
        high = fmax(high, a[t]);
    }
    return high - low <= 1e-12 * fmax(fabs(low), fabs(high));
}

limen_status lm_check_lags(size_t lags, size_t least, size_t steps,
                           limen_error *err)
{
    if (steps < 2 * least)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "activity: trials of %zu steps are too short, this "
                            "estimate needs %zu; record more steps",
                            steps, 2 * least);
    if (lags < least || lags > steps / 2)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "lags: %zu are not in %zu..%zu, half the steps of "
                            "a trial",
                            lags, least, steps / 2);
    return LIMEN_OK;
}

static limen_status check(const double *a, size_t trials, size_t steps,
                          bool separated, limen_error *err)
{
    if (trials == 0)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "activity: no trials; give at least one");
    for (size_t t = 0; t < trials * steps; t++)
        if (!(fabs(a[t]) < 1e15))
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "activity: step %zu of trial %zu is %g; "
                                "counts must be finite and below 1e15",
                                t % steps + 1, t / steps + 1, a[t]);
    if (is_constant(a, trials * steps))
        return lm_error_set(
            err, LIMEN_BAD_VALUE,
            "activity: %s at every step, which has no branching ratio; "
            "drive the network so that its activity varies",
            a[0] == 0.0 ? "silent" : "the same number");
    for (size_t i = 0; separated && i < trials; i++)
        if (is_constant(a + i * steps, steps))
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "activity: trial %zu does not vary; leave it "
                                "out, or take the mean of all trials",
                                i + 1);
    return LIMEN_OK;
}

limen_status lm_pairs_new(lm_pairs *out, const double *activity, size_t trials,
                          size_t steps, bool separated, limen_error *err)
{
    const limen_status status = check(activity, trials, steps, separated, err);

    if (status != LIMEN_OK)
        return status;
    *out = (lm_pairs){ .trials = trials, .steps = steps, .blocks = 1 };
    out->a = lm_alloc(trials, steps, sizeof *out->a);
    out->sum = lm_alloc(trials, steps + 1, sizeof *out->sum);
    out->square = lm_alloc(trials, steps + 1, sizeof *out->square);
    if (out->a == NULL || out->sum == NULL || out->square == NULL) {
        lm_pairs_free(out);
        return lm_error_no_memory(err, "a branching ratio",
                                  3 * trials * steps * sizeof *out->a);
    }
    const double centre = centre_of(activity, trials * steps);
    for (size_t i = 0; i < trials; i++) {
        double *sum = out->sum + i * (steps + 1);
        double *square = out->square + i * (steps + 1);

        for (size_t t = 0; t < steps; t++) {
            const double a = activity[i * steps + t] - centre;

            out->a[i * steps + t] = a;
            sum[t + 1] = sum[t] + a;
            square[t + 1] = square[t] + a * a;
        }
    }
    return LIMEN_OK;
}

void lm_pairs_free(lm_pairs *pairs)
{
    lm_free(pairs->a);
    lm_free(pairs->sum);
    lm_free(pairs->square);
    *pairs = (lm_pairs){ 0 };
}

/* The pairs of a block start at from <= t < to. */
static size_t block_start(const lm_pairs *pairs, size_t block, size_t lag)
{
    return block * (pairs->steps - lag) / pairs->blocks;
}

/* xy of one segment; blocks of neighbouring lags share all but a few pairs. */
static void segment_products(double *xy, const lm_pairs *pairs, const double *a,
                             size_t block, size_t lag, size_t count)
{
    const size_t begin = block_start(pairs, block, lag);
    const size_t end = block_start(pairs, block + 1, lag + count - 1);
    const bool shared = count == LM_LAGS && end > begin;

    if (shared)
        products(xy, a + begin, a + begin + lag, end - begin);
    for (size_t j = 0; j < count; j++) {
        const size_t from = block_start(pairs, block, lag + j);
        const size_t to = block_start(pairs, block + 1, lag + j);

        xy[j] = shared ? xy[j] : 0.0;
        for (size_t t = from; t < (shared ? begin : to); t++)
            xy[j] += a[t] * a[t + lag + j];
        for (size_t t = end; shared && t < to; t++)
            xy[j] += a[t] * a[t + lag + j];
    }
}

void lm_pairs_sums(lm_pair_sums *sums, const lm_pairs *pairs, size_t lag,
                   size_t count)
{
    const size_t segments = pairs->trials * pairs->blocks;

    for (size_t s = 0; s < segments; s++) {
        const size_t trial = s / pairs->blocks;
        const size_t block = s % pairs->blocks;
        const double *sum = pairs->sum + trial * (pairs->steps + 1);
        const double *square = pairs->square + trial * (pairs->steps + 1);
        double xy[LM_LAGS];

        segment_products(xy, pairs, pairs->a + trial * pairs->steps, block, lag,
                         count);
        for (size_t j = 0; j < count; j++) {
            const size_t k = lag + j;
            const size_t from = block_start(pairs, block, k);
            const size_t to = block_start(pairs, block + 1, k);

            sums[j * segments + s] =
                (lm_pair_sums){ .n = (double)(to - from),
                                .x = sum[to] - sum[from],
                                .y = sum[to + k] - sum[from + k],
                                .xx = square[to] - square[from],
                                .xy = xy[j] };
        }
    }
}

static void add(lm_pair_sums *to, const lm_pair_sums *one, double weight)
{
    to->n += weight * one->n;
    to->x += weight * one->x;
    to->y += weight * one->y;
    to->xx += weight * one->xx;
    to->xy += weight * one->xy;
}

/* cov / var; NAN if the variance is nothing but rounding. */
static double slope(const lm_pair_sums *s)
{
    const double variance = s->xx - s->x * s->x / s->n;

    return variance > 1e-12 * s->xx ? (s->xy - s->x * s->y / s->n) / variance
                                    : (double)NAN;
}

double lm_pairs_coefficient(const lm_pairs *pairs, const lm_pair_sums *sums,
                            const uint32_t *weight, limen_branching_means means)
{
    lm_pair_sums all = { 0 };
    double mean = 0.0;
    double counted = 0.0;

    for (size_t i = 0; i < pairs->trials; i++) {
        lm_pair_sums trial = { 0 };
        double share = 0.0;

        for (size_t b = 0; b < pairs->blocks; b++) {
            const size_t k = i * pairs->blocks + b;
            const double w = weight == NULL ? 1.0 : (double)weight[k];

            add(&trial, &sums[k], w);
            share += w;
        }
        add(&all, &trial, 1.0);
        if (means == LIMEN_MEANS_SEPARATED && share > 0.0)
            mean += share * slope(&trial);
        counted += share;
    }
    return means == LIMEN_MEANS_SEPARATED ? mean / counted : slope(&all);
}

limen_status lm_pairs_coefficients(double *r, size_t first, size_t last,
                                   const lm_pairs *pairs, lm_pair_sums *sums,
                                   limen_branching_means means,
                                   limen_error *err)
{
    const size_t segments = pairs->trials * pairs->blocks;

    for (size_t k = first; k <= last; k++) {
        const size_t j = (k - first) % LM_LAGS;

        if (j == 0)
            lm_pairs_sums(sums, pairs, k,
                          last - k < LM_LAGS ? last - k + 1 : LM_LAGS);
        r[k - first] =
            lm_pairs_coefficient(pairs, sums + j * segments, NULL, means);
        if (!isfinite(r[k - first]))
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "activity: nothing varies before the last %zu "
                                "steps of a trial; use fewer lags or record "
                                "more steps",
                                k);
    }
    return LIMEN_OK;
}

limen_status limen_branching_coefficients(double *r, size_t lags,
                                          const double *activity, size_t trials,
                                          size_t steps,
                                          limen_branching_means means,
                                          limen_error *err)
{
    lm_pairs pairs;

    limen_status status = lm_check_lags(lags, 1, steps, err);
    if (status == LIMEN_OK)
        status = lm_pairs_new(&pairs, activity, trials, steps,
                              means == LIMEN_MEANS_SEPARATED, err);
    if (status != LIMEN_OK)
        return status;
    lm_pair_sums *sums = lm_alloc(LM_LAGS, trials, sizeof *sums);
    if (sums == NULL)
        status = lm_error_no_memory(err, "sums", trials * sizeof *sums);
    else
        status = lm_pairs_coefficients(r, 1, lags, &pairs, sums, means, err);
    lm_free(sums);
    lm_pairs_free(&pairs);
    return status;
}
