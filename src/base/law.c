/* law.c -- tables of Poisson and binomial laws.
 *
 * From the mode outwards by p(k + 1) / p(k), which is mean / (k + 1) or
 * (n - k) / (k + 1) mean / (n - mean); then summed and divided by the sum.
 */
#include "base/law.h"

#include "base/arena.h"

#include <math.h>

static double ratio(double mean, double trials, double k)
{
    return trials == 0.0 ? mean / (k + 1.0)
                         : (trials - k) / (k + 1.0) * (mean / (trials - mean));
}

/* Values above (direction 1) or below (-1) the mode with a probability of more
 * than 1e-30 of the mode's; writes them to weight[1..] or [-1..] if not NULL. */
static size_t walk(double *weight, double mean, double trials, double mode,
                   int direction)
{
    double w = 1.0;
    double k = mode;
    size_t count = 0;

    for (;;) {
        if (direction > 0)
            w *= ratio(mean, trials, k);
        else if (k > 0.0)
            w /= ratio(mean, trials, k - 1.0);
        else
            return count;
        if (!(w > 1e-30))
            return count;
        k += direction;
        count++;
        if (weight != NULL)
            weight[direction * (ptrdiff_t)count] = w;
    }
}

/* weight becomes the thresholds, in the same room. */
static void fill(lm_law *law, const double *weight)
{
    const double all = 18446744073709551616.0; // 2^64
    double total = 0.0;
    double sum = 0.0;
    size_t byte = 0;

    for (size_t i = 0; i < law->values; i++)
        total += weight[i];
    for (size_t i = 0; i < law->values; i++) {
        sum += weight[i];
        const double share = sum / total * all;
        law->threshold[i] = share < all ? (uint64_t)share : UINT64_MAX;
        while (byte < 256 && (i + 1 == law->values ||
                              law->threshold[i] > (uint64_t)byte << 56))
            law->guide[byte++] = (uint32_t)i;
    }
}

bool lm_law_new(lm_law *law, double mean, double trials)
{
    const bool certain = mean == 0.0 || mean == trials;
    double mode =
        trials == 0.0 ? floor(mean) : floor((trials + 1.0) * (mean / trials));
    size_t above = 0;
    size_t below = 0;

    mode = certain ? mean : mode;
    *law = (lm_law){ 0 };
    if (!certain) {
        above = walk(NULL, mean, trials, mode, 1);
        below = walk(NULL, mean, trials, mode, -1);
    }
    law->low = (uint64_t)mode - below;
    law->values = below + 1 + above;
    law->threshold = lm_alloc(law->values, 1, sizeof *law->threshold);
    double *weight = lm_alloc(law->values, 1, sizeof *weight);
    if (law->threshold != NULL && weight != NULL) {
        weight[below] = 1.0;
        if (!certain) {
            walk(weight + below, mean, trials, mode, 1);
            walk(weight + below, mean, trials, mode, -1);
        }
        fill(law, weight);
    }
    const bool made = law->threshold != NULL && weight != NULL;
    lm_free(weight);
    return made;
}

void lm_law_free(lm_law *law)
{
    lm_free(law->threshold);
    *law = (lm_law){ 0 };
}

bool lm_sums_new(lm_sums *sums, double mean, double trials)
{
    double copies = 1.0;
    bool made = true;

    *sums = (lm_sums){ 0 };
    for (size_t j = 0; j < LM_LAW_DOUBLINGS && made; j++) {
        made = lm_law_new(&sums->sum[j], copies * mean, copies * trials);
        copies *= 2.0;
    }
    return made;
}

void lm_sums_free(lm_sums *sums)
{
    for (size_t j = 0; j < LM_LAW_DOUBLINGS; j++)
        lm_law_free(&sums->sum[j]);
}

uint64_t lm_sums_draw(const lm_sums *sums, uint64_t copies, lm_draws *draws)
{
    const size_t top = LM_LAW_DOUBLINGS - 1;
    uint64_t total = 0;

    for (; copies >= UINT64_C(1) << top; copies -= UINT64_C(1) << top)
        total += lm_law_draw(&sums->sum[top], draws);
    for (size_t j = 0; j < top; j++)
        if ((copies >> j & 1U) != 0)
            total += lm_law_draw(&sums->sum[j], draws);
    return total;
}
