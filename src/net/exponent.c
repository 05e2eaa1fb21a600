/* exponent.c -- the largest exponent whose sums fit int16.
 *
 * The largest weight bounds the exponent first.  At that exponent every weight
 * is rounded, within one step, so the sums of a block are right within 1024
 * steps, and tell how many powers of two too large it is at least.  From there
 * the conditions are checked on the rounded weights themselves, downwards.
 */
#include "net/exponent.h"

#include "base/vectorise.h"
#include "kernels/kernels.h"
#include "net/balance.h"

#include <math.h>
#include <string.h>

/* The bits of the largest |w|: they order as the numbers do, NaN on top. */
LM_VECTORISE static uint32_t largest(const float *w, size_t count)
{
    uint32_t most = 0;

    for (size_t j = 0; j < count; j++) {
        uint32_t bits;

        memcpy(&bits, w + j, sizeof bits);
        bits &= 0x7fffffffU;
        most = bits > most ? bits : most;
    }
    return most;
}

/* The larger of the sums of one sign of a block, rounded at this scale. */
LM_VECTORISE static int32_t block_sum(const float *w, size_t count, float scale)
{
    int32_t up = 0;
    int32_t down = 0;

    for (size_t j = 0; j < count; j++) {
        const int32_t rounded = lm_round_weight(w[j] * scale);

        up += rounded > 0 ? rounded : 0;
        down += rounded < 0 ? -rounded : 0;
    }
    // one negative step more than positive ones fits
    return up > down - 1 ? up : down - 1;
}

/* The same of the next weights of a balanced row; more than fits if one of them
 * is below -32767. */
static int32_t balanced_sum(lm_balance *row, const float *w, size_t count)
{
    int32_t up = 0;
    int32_t down = 0;

    for (size_t j = 0; j < count; j++) {
        const int32_t rounded = lm_balance_next(row, w[j]);

        if (rounded < -32767)
            return 65536;
        up += rounded > 0 ? rounded : 0;
        down += rounded < 0 ? -rounded : 0;
    }
    return up > down - 1 ? up : down - 1;
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

/* The largest sum of any block of unit i, at this scale. */
static int32_t row_sum(const limen_network *net, size_t l, size_t i,
                       float scale)
{
    int32_t most = 0;

    for (size_t k = 0; k < net->connections; k++) {
        const lm_connection *c = &net->connection[k];

        if (c->to != l)
            continue;
        const size_t first = lm_row_first(c, i);
        const size_t end = lm_row_first(c, i + 1);
        lm_balance row = { .scale = (double)scale };
        if (c->is_balanced)
            row.mean = lm_row_mean(c->w + first, end - first);
        for (size_t e = first; e < end;) {
            const size_t next = block_end(c, e, end);
            const int32_t sum = c->is_balanced
                                    ? balanced_sum(&row, c->w + e, next - e)
                                    : block_sum(c->w + e, next - e, scale);

            most = sum > most ? sum : most;
            e = next;
        }
    }
    return most;
}

/* The largest |w|, or |w - mean|, of the connections that are balanced or of
 * those that are not. */
static float row_largest(const limen_network *net, size_t l, size_t i,
                         bool balanced)
{
    uint32_t most = 0;
    float peak;

    for (size_t k = 0; k < net->connections; k++) {
        const lm_connection *c = &net->connection[k];

        if (c->to != l || c->is_balanced != balanced)
            continue;
        const size_t first = lm_row_first(c, i);
        const size_t count = lm_row_first(c, i + 1) - first;
        const float *w = c->w + first;
        uint32_t bits;

        if (balanced) {
            const float gap = lm_row_gap(w, count, lm_row_mean(w, count));

            memcpy(&bits, &gap, sizeof bits);
        } else {
            bits = largest(w, count);
        }
        most = bits > most ? bits : most;
    }
    memcpy(&peak, &most, sizeof peak);
    return peak;
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

bool lm_is_deaf(const limen_network *net, size_t l, size_t i)
{
    for (size_t k = 0; k < net->connections; k++) {
        const lm_connection *c = &net->connection[k];

        if (c->to != l)
            continue;
        if (c->is_balanced) // a row of equal weights runs as zeros
            return row_largest(net, l, i, false) == 0.0F &&
                   row_largest(net, l, i, true) == 0.0F;
        for (size_t e = lm_row_first(c, i); e < lm_row_first(c, i + 1); e++)
            if (c->w[e] != 0.0F)
                return false;
    }
    return true;
}

bool lm_exponent(int32_t *q, const limen_network *net, size_t l, size_t i)
{
    const limen_unit_options *options = &net->options[l];
    const double theta = fabs((double)net->theta[l][i]);
    const float peak = row_largest(net, l, i, false);
    const float gap = row_largest(net, l, i, true);
    int32_t most = LM_EXPONENT_MAX;

    if (!isfinite(theta) || !isfinite(peak) || !isfinite(gap))
        return false;

    most = smaller(most, exponent_below((double)peak, 32767.5));
    most = smaller(most, exponent_below((double)gap, 32769.0));
    if (options->noise != LIMEN_NO_NOISE)
        most = smaller(
            most, exponent_below((double)options->noise_scale, 16777216.0));
    most = smaller(
        most, exponent_below(fabs((double)options->adapt_gain), 16777216.0));
    if (peak == 0.0F && gap == 0.0F)
        most = smaller(most, exponent_below(theta, 1073741824.0));
    if (most < -LM_EXPONENT_MAX)
        return false;

    // k powers of two fewer leave at least (sum - 1024) / 2^k - 1024
    int32_t least = row_sum(net, l, i, ldexpf(1.0F, most)) - 1024;
    while (least > 32767 + 1024) {
        least = (least + 1) / 2;
        most--;
    }
    for (; most >= -LM_EXPONENT_MAX; most--) {
        const float scale = ldexpf(1.0F, most);

        if (rintf(peak * scale) <= 32767.0F &&
            row_sum(net, l, i, scale) <= 32767) {
            *q = most;
            return true;
        }
    }
    return false;
}

bool lm_exponent_near(int32_t *q, const limen_network *net, size_t l, size_t i)
{
    const float peak = row_largest(net, l, i, false);
    const float above = ldexpf(1.0F, *q + 1);

    // beyond 2^21 lm_round_weight would not round
    if (!(peak > 0.0F) || !(peak * above < 2097152.0F) ||
        !isfinite(net->theta[l][i]) || row_largest(net, l, i, true) != 0.0F)
        return lm_exponent(q, net, l, i);

    // what does not fit above fits nowhere higher
    const int32_t sum = row_sum(net, l, i, above);
    if (sum <= 32767)
        return lm_exponent(q, net, l, i);
    // half of each weight is rounded within 3/4: 1024 of them within 768
    if (sum <= 63000)
        return true;
    if (rintf(peak * above / 2.0F) <= 32767.0F &&
        row_sum(net, l, i, above / 2.0F) <= 32767)
        return true;
    return lm_exponent(q, net, l, i);
}
