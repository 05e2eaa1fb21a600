/* entropy.c -- entropy rates by counting words.
 *
 *     h = H_k - H_(k-1),   H_k = -sum p log2 p over words of k symbols
 *
 * Counts are too even by chance: Miller 1955 adds (words seen - 1) / (2 ln 2 N)
 * to an entropy of N words.  Words overlap, one a step; all lengths use the same
 * N = steps - k + 1 last symbols, so that h is an entropy given the past.
 */
#include "limen.h"

#include "analysis/transpose.h"
#include "base/arena.h"
#include "base/bits.h"
#include "base/error.h"

#include <math.h>
#include <string.h>

enum { SAMPLES = 8, ORDER_MAX = 24 }; // words for each that is possible

/* The longest word that steps can sample; 0 if there is none. */
static size_t order_for(size_t steps, size_t alphabet, size_t most)
{
    size_t words = alphabet;
    size_t order = 0;

    while (order < most && order < steps && words <= steps / SAMPLES) {
        order++;
        words *= alphabet;
    }
    return order;
}

static size_t power(size_t base, size_t exponent)
{
    size_t product = 1;

    while (exponent-- > 0)
        product *= base;
    return product;
}

/* Plug-in entropy of counts in bits; *correction: what is to be added. */
static double entropy_of(double *correction, const uint32_t *count,
                         size_t words, double all)
{
    double bits = 0.0;
    double seen = 0.0;

    for (size_t w = 0; w < words; w++)
        if (count[w] > 0) {
            const double p = (double)count[w] / all;

            bits -= p * log2(p);
            seen += 1.0;
        }
    *correction = (seen - 1.0) / (2.0 * log(2.0) * all);
    return bits;
}

/* Counts of words of `order` symbols; of the shorter ones, those that end the
 * same steps, are its sums over the first symbol. */
static limen_entropy_result rate_of(uint32_t *count, const uint8_t *symbols,
                                    size_t steps, size_t alphabet, size_t order)
{
    const size_t words = power(alphabet, order);
    const size_t shorter = words / alphabet;
    const double all = (double)(steps - order + 1);
    limen_entropy_result out = { .order = order };
    double long_more;
    double past_more;
    size_t word = 0;

    memset(count, 0, (words + shorter) * sizeof *count);
    for (size_t t = 0; t < steps; t++) {
        word = (word * alphabet + symbols[t]) % words;
        if (t + 1 >= order)
            count[word]++;
    }
    const double longer = entropy_of(&long_more, count, words, all);
    uint32_t *past = count + words; // of the first order - 1 symbols
    for (size_t w = 0; w < words; w++)
        past[w / alphabet] += count[w];
    const double before = entropy_of(&past_more, past, shorter, all);
    out.plug_in = fmax(0.0, longer - before);
    const double rate = longer + long_more - before - past_more;
    out.rate = fmin(fmax(0.0, rate), log2((double)alphabet));

    uint32_t single[256] = { 0 };
    double more;
    for (size_t t = 0; t < steps; t++)
        single[symbols[t]]++;
    out.single = entropy_of(&more, single, alphabet, (double)steps);
    out.single = fmin(out.single + more, log2((double)alphabet));
    return out;
}

/* The order to use, or an error; *count: room for its words. */
static limen_status prepare(size_t *used, uint32_t **count, size_t steps,
                            size_t alphabet, size_t order, limen_error *err)
{
    const size_t most = order == 0 || order > ORDER_MAX ? ORDER_MAX : order;

    if (alphabet < 2 || alphabet > 256)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "alphabet: %zu symbols are not in 2..256",
                            alphabet);
    if (steps > UINT32_MAX)
        return lm_error_set(err, LIMEN_BAD_VALUE, "steps: %zu are 2^32 or more",
                            steps);
    *used = order_for(steps, alphabet, most);
    if (*used == 0)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "series: %zu steps are too few for the entropy of "
                            "%zu symbols, which needs %zu",
                            steps, alphabet, SAMPLES * alphabet);
    const size_t words = power(alphabet, *used);
    *count = lm_alloc(words + words / alphabet, 1, sizeof **count);
    return *count == NULL ? lm_error_no_memory(err, "an entropy rate",
                                               2 * words * sizeof **count)
                          : LIMEN_OK;
}

limen_status limen_entropy_rate(limen_entropy_result *out,
                                const uint8_t *symbols, size_t steps,
                                size_t alphabet, size_t order, limen_error *err)
{
    uint32_t *count = NULL;
    size_t used;

    for (size_t t = 0; t < steps; t++)
        if (symbols[t] >= alphabet)
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "series: symbol %u of step %zu is not below "
                                "%zu",
                                (unsigned)symbols[t], t + 1, alphabet);
    const limen_status status =
        prepare(&used, &count, steps, alphabet, order, err);
    if (status != LIMEN_OK)
        return status;
    *out = rate_of(count, symbols, steps, alphabet, used);
    lm_free(count);
    return LIMEN_OK;
}

limen_status limen_raster_entropy(limen_entropy_result *out,
                                  const uint64_t *raster, size_t steps,
                                  size_t n, size_t order, limen_error *err)
{
    uint32_t *count = NULL;
    size_t used;
    limen_entropy_result mean = { 0 };

    if (n == 0)
        return lm_error_set(err, LIMEN_BAD_VALUE, "raster: no units");
    limen_status status = prepare(&used, &count, steps, 2, order, err);
    if (status != LIMEN_OK)
        return status;
    const size_t words = lm_bits_words(steps);
    uint64_t *unit = lm_alloc(n, words, sizeof *unit);
    uint8_t *symbols = lm_alloc(steps, 1, sizeof *symbols);
    if (unit == NULL || symbols == NULL) {
        status = lm_error_no_memory(err, "entropies", n * words * sizeof *unit);
        goto done;
    }
    lm_raster_transpose(unit, raster, steps, n);
    for (size_t i = 0; i < n; i++) {
        for (size_t t = 0; t < steps; t++)
            symbols[t] = (uint8_t)lm_bits_get(unit + i * words, t);
        const limen_entropy_result one =
            rate_of(count, symbols, steps, 2, used);

        mean.rate += one.rate / (double)n;
        mean.plug_in += one.plug_in / (double)n;
        mean.single += one.single / (double)n;
    }
    mean.order = used;
    *out = mean;
done:
    lm_free(count);
    lm_free(unit);
    lm_free(symbols);
    return status;
}
