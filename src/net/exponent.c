/* exponent.c -- the largest exponent whose sums fit int16.
 *
 * A bound from the float sums comes first.  Rounding moves a block's sum by at
 * most 512 (half a step for each of 1024 weights), so the bound is at most a
 * step or two too large; from there the conditions are checked on the rounded
 * weights themselves, downwards.
 */
#include "net/exponent.h"

#include "base/vectorise.h"
#include "kernels/kernels.h"

#include <math.h>

enum { LANES = 16 }; // partial sums, so that the compiler can vectorise

typedef struct row_size {
    float sum;  /* largest sum of one sign within a block */
    float peak; /* largest |w| */
    bool is_finite;
} row_size;

LM_VECTORISE static void measure(row_size *size, const float *w, size_t count)
{
    float up[LANES] = { 0 };
    float down[LANES] = { 0 };
    float peak[LANES] = { 0 };
    float sum_up = 0.0F;
    float sum_down = 0.0F;
    size_t j = 0;

    for (; j + LANES <= count; j += LANES)
        for (size_t k = 0; k < LANES; k++) {
            const float x = w[j + k];
            const float size_k = fabsf(x);

            up[k] += x > 0.0F ? x : 0.0F;
            down[k] += x > 0.0F ? 0.0F : -x; // a NaN goes here
            peak[k] = size_k > peak[k] ? size_k : peak[k];
        }
    for (; j < count; j++) {
        up[0] += w[j] > 0.0F ? w[j] : 0.0F;
        down[0] += w[j] > 0.0F ? 0.0F : -w[j];
        peak[0] = fabsf(w[j]) > peak[0] ? fabsf(w[j]) : peak[0];
    }
    for (size_t k = 0; k < LANES; k++) {
        sum_up += up[k];
        sum_down += down[k];
        size->peak = peak[k] > size->peak ? peak[k] : size->peak;
    }
    if (!isfinite(sum_up) || !isfinite(sum_down))
        size->is_finite = false;
    if (sum_up > size->sum)
        size->sum = sum_up;
    if (sum_down > size->sum)
        size->sum = sum_down;
}

LM_VECTORISE static bool block_fits(const float *w, size_t count, float scale)
{
    int32_t up = 0;
    int32_t down = 0;

    for (size_t j = 0; j < count; j++) {
        const int32_t rounded = lm_round_weight(w[j] * scale);

        up += rounded > 0 ? rounded : 0;
        down += rounded < 0 ? rounded : 0;
    }
    return up <= 32767 && down >= -32768;
}

/* The end of the block that begins at entry e: the same 1024 sources. */
static size_t block_end(const lm_connection *c, size_t e, size_t row_end)
{
    if (!c->is_sparse)
        return row_end - e < LM_SOURCE_BLOCK ? row_end : e + LM_SOURCE_BLOCK;

    const uint32_t block = c->source[e] / LM_SOURCE_BLOCK;
    while (e < row_end && c->source[e] / LM_SOURCE_BLOCK == block)
        e++;
    return e;
}

static void measure_row(row_size *size, const lm_connection *c, size_t i)
{
    const size_t end = lm_row_first(c, i + 1);

    for (size_t e = lm_row_first(c, i); e < end;) {
        const size_t next = block_end(c, e, end);

        measure(size, c->w + e, next - e);
        e = next;
    }
}

static bool row_fits(const lm_connection *c, size_t i, float scale)
{
    const size_t end = lm_row_first(c, i + 1);

    for (size_t e = lm_row_first(c, i); e < end;) {
        const size_t next = block_end(c, e, end);

        if (!block_fits(c->w + e, next - e, scale))
            return false;
        e = next;
    }
    return true;
}

/* The largest q with value 2^q <= bound. */
static int32_t exponent_below(double value, double bound)
{
    int exponent;

    if (value == 0.0)
        return LM_EXPONENT_MAX;
    frexp(bound / value, &exponent); // bound / value in [2^(e-1), 2^e)
    return exponent - 1;
}

static int32_t smaller(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

bool lm_exponent(int32_t *q, const limen_network *net, size_t l, size_t i)
{
    const limen_unit_options *options = &net->options[l];
    const double theta = fabs((double)net->theta[l][i]);
    row_size size = { .is_finite = isfinite(theta) };
    int32_t most = LM_EXPONENT_MAX;

    for (size_t k = 0; k < net->connections; k++)
        if (net->connection[k].to == l)
            measure_row(&size, &net->connection[k], i);
    if (!size.is_finite)
        return false;

    // 33300 is 32768 + 512 and the error of the float sum
    most = smaller(most, exponent_below((double)size.sum, 33300.0));
    most = smaller(most, exponent_below((double)size.peak, 32768.0));
    if (options->noise != LIMEN_NO_NOISE)
        most = smaller(
            most, exponent_below((double)options->noise_scale, 16777216.0));
    most = smaller(
        most, exponent_below(fabs((double)options->adapt_gain), 16777216.0));
    if (size.peak == 0.0F)
        most = smaller(most, exponent_below(theta, 1073741824.0));

    for (; most >= -LM_EXPONENT_MAX; most--) {
        const float scale = ldexpf(1.0F, most);
        bool fits = rintf(size.peak * scale) <= 32767.0F;

        for (size_t k = 0; fits && k < net->connections; k++)
            fits = net->connection[k].to != l ||
                   row_fits(&net->connection[k], i, scale);
        if (fits) {
            *q = most;
            return true;
        }
    }
    return false;
}
