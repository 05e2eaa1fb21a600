/* avalanche.c -- avalanches of a series: runs of bins above a threshold. */
#include "limen.h"

#include "base/arena.h"
#include "base/error.h"

#include <assert.h>
#include <math.h>

static limen_status check(const double *activity, size_t steps,
                          const limen_avalanche_options *options,
                          limen_error *err)
{
    if (options->bin == 0 || options->bin > steps)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "bins of %zu steps in a series of %zu steps; take "
                            "at least 1 and not more than there are",
                            options->bin, steps);
    if (!isfinite(options->theta) ||
        (options->size == LIMEN_SIZE_TOTAL && options->theta < 0.0))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "a threshold of %g; it must be finite, and not "
                            "below 0 if sizes are sums of activity",
                            options->theta);
    for (size_t t = 0; t < steps; t++) {
        if (!isfinite(activity[t]))
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "the activity of step %zu is not finite; "
                                "leave that part out",
                                t + 1);
    }
    return LIMEN_OK;
}

/* The next run in [*first, *past) of bins above theta, from bin `from` on; a
 * run that the beginning cuts is passed over, false for one that the end
 * cuts. */
static bool next_run(size_t *first, size_t *past, const double *sum,
                     size_t bins, size_t from, double theta)
{
    size_t bin = from;

    while (bin < bins && sum[bin] > theta)
        bin++;
    while (bin < bins && !(sum[bin] > theta))
        bin++;
    *first = bin;
    while (bin < bins && sum[bin] > theta)
        bin++;
    *past = bin;
    return bin < bins;
}

static limen_avalanches *lay_out(lm_arena *arena, size_t count, size_t bins)
{
    limen_avalanches *all = lm_arena_take(arena, 1, 1, sizeof *all);
    double *size = lm_arena_take(arena, 1, count, sizeof *size);
    double *duration = lm_arena_take(arena, 1, count, sizeof *duration);
    size_t *start = lm_arena_take(arena, 1, count, sizeof *start);
    double *activity = lm_arena_take(arena, 1, bins, sizeof *activity);

    if (all != NULL) {
        all->count = count;
        all->size = size;
        all->duration = duration;
        all->start = start;
        all->bins = bins;
        all->activity = activity;
    }
    return all;
}

/* From sums of bins. */
static void fill(limen_avalanches *all, const double *sum,
                 const limen_avalanche_options *options)
{
    const double base =
        options->size == LIMEN_SIZE_ABOVE ? options->theta : 0.0;
    size_t first = 0;
    size_t past = 0;

    assert(all != NULL);
    for (size_t bin = 0; bin < all->bins; bin++)
        all->activity[bin] = sum[bin] - base;
    all->whole = true;
    for (size_t k = 0; k < all->count; k++) {
        next_run(&first, &past, sum, all->bins, past, options->theta);
        all->start[k] = first;
        all->duration[k] = (double)(past - first);
        all->size[k] = 0.0;
        for (size_t bin = first; bin < past; bin++)
            all->size[k] += all->activity[bin];
        all->whole = all->whole && all->size[k] == floor(all->size[k]);
    }
}

limen_status limen_avalanches_new(limen_avalanches **out,
                                  const double *activity, size_t steps,
                                  const limen_avalanche_options *options,
                                  limen_error *err)
{
    *out = NULL;
    const limen_status status = check(activity, steps, options, err);
    if (status != LIMEN_OK)
        return status;

    const size_t bins = steps / options->bin;
    double *sum = lm_alloc(bins, 1, sizeof *sum);
    if (sum == NULL)
        return lm_error_no_memory(err, "avalanches", bins * sizeof *sum);
    for (size_t t = 0; t < bins * options->bin; t++)
        sum[t / options->bin] += activity[t];
    size_t count = 0;
    size_t first;
    for (size_t past = 0;
         next_run(&first, &past, sum, bins, past, options->theta);)
        count++;

    lm_arena measured = { .base = NULL };
    lay_out(&measured, count, bins);
    lm_arena arena = { .base = lm_block_new(&measured) };
    limen_avalanches *all =
        arena.base != NULL ? lay_out(&arena, count, bins) : NULL;
    if (all != NULL)
        fill(all, sum, options);
    lm_free(sum);
    *out = all;
    return all != NULL ? LIMEN_OK
                       : lm_error_no_memory(err, "avalanches", measured.used);
}

void limen_avalanches_free(limen_avalanches *avalanches)
{
    lm_block_free(avalanches);
}
