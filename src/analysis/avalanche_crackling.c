/* avalanche_crackling.c -- three exponents, and whether one follows from two.
 */
#include "analysis/avalanche.h"
#include "analysis/tail.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/rng.h"
#include "base/threads.h"

#include <math.h>
#include <stdlib.h>

enum { QUANTITIES = 5 };

/* tau, alpha, gamma, predicted, difference */
typedef struct exponents {
    double value[QUANTITIES];
} exponents;

typedef struct plan {
    const limen_avalanches *avalanches;
    limen_window size, duration;
    size_t block; /* avalanches that are drawn together */
    uint64_t seed;
} plan;

/* Events in a window and the sum of their logs. */
typedef struct logs {
    double events, sum;
} logs;

static void add(logs *l, limen_window window, double x)
{
    if (x >= window.low && x <= window.high) {
        l->events += 1.0;
        l->sum += log(x);
    }
}

static double exponent(const logs *l, limen_window window, bool discrete)
{
    if (l->events < LIMEN_TAIL_EVENTS_MIN)
        return (double)NAN;
    return lm_power_exponent(discrete, window.low, window.high,
                             l->sum / l->events - log(window.low));
}

/* Block b of resample r; each avalanche once if r is SIZE_MAX. */
static size_t block_start(const plan *p, size_t r, size_t b)
{
    if (r == SIZE_MAX)
        return b * p->block;
    const uint32_t draw =
        lm_draw(p->seed, LM_STREAM_RESAMPLE, r, 0, (uint32_t)b);
    return lm_draw_below(draw, p->avalanches->count);
}

static exponents measure(const plan *p, lm_growth_table *table, size_t r)
{
    const limen_avalanches *all = p->avalanches;
    logs size = { 0.0, 0.0 };
    logs duration = { 0.0, 0.0 };

    for (size_t i = 0; i < 2 * table->durations; i++)
        table->count[i] = 0.0;
    for (size_t k = 0; k < all->count; k++) {
        const size_t from = block_start(p, r, k / p->block);
        const size_t at = (from + k % p->block) % all->count;

        add(&size, p->size, all->size[at]);
        add(&duration, p->duration, all->duration[at]);
        lm_growth_table_add(table, all->duration[at], all->size[at], 1.0);
    }
    const double tau = exponent(&size, p->size, all->whole);
    const double alpha = exponent(&duration, p->duration, true);
    const double gamma = lm_growth_slope(NULL, table);
    const double predicted = (alpha - 1.0) / (tau - 1.0);
    return (exponents){ { tau, alpha, gamma, predicted, predicted - gamma } };
}

/* All resamples; tables: (threads). */
static void resample(exponents *out, const plan *p, lm_growth_table *tables,
                     size_t samples, int threads)
{
#pragma omp parallel for num_threads(threads) if (threads > 1)                 \
    schedule(static, 1)
    for (int part = 0; part < threads; part++) {
        for (size_t r = (size_t)part; r < samples; r += (size_t)threads)
            out[r] = measure(p, &tables[part], r);
    }
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Percentiles of one quantity over the n resamples that have all. */
static limen_interval interval(double estimate, const exponents *all,
                               double *room, size_t n, int quantity,
                               double level)
{
    const double tail = (1.0 - level) / 2.0 * (double)(n - 1);

    for (size_t r = 0; r < n; r++)
        room[r] = all[r].value[quantity];
    qsort(room, n, sizeof *room, ascending);
    return (limen_interval){ estimate, room[(size_t)floor(tail)],
                             room[n - 1 - (size_t)floor(tail)] };
}

static bool complete(const exponents *x)
{
    bool all = true;

    for (int q = 0; q < QUANTITIES; q++)
        all = all && isfinite(x->value[q]);
    return all;
}

static size_t keep_complete(exponents *all, size_t samples)
{
    size_t kept = 0;

    for (size_t r = 0; r < samples; r++) {
        if (complete(&all[r]))
            all[kept++] = all[r];
    }
    return kept;
}

/* With room for everything: all: (samples), room: (samples). */
static limen_status relate(limen_crackling *out, const plan *p,
                           lm_growth_table *tables, exponents *all,
                           double *room, size_t samples, double level,
                           int threads, limen_error *err)
{
    const exponents here = measure(p, &tables[0], SIZE_MAX);
    limen_interval *const to[QUANTITIES] = { &out->tau, &out->alpha,
                                             &out->gamma, &out->predicted,
                                             &out->difference };

    if (!complete(&here))
        return lm_error_set(
            err, LIMEN_BAD_VALUE,
            "%zu avalanches have no exponents for sizes from %g to %g and "
            "durations from %g to %g; have more, or wider windows",
            p->avalanches->count, p->size.low, p->size.high, p->duration.low,
            p->duration.high);
    resample(all, p, tables, samples, threads);
    const size_t kept = keep_complete(all, samples);
    if (kept < samples / 2 + 1)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "only %zu of %zu resamples of %zu avalanches have "
                            "exponents; have more avalanches",
                            kept, samples, p->avalanches->count);
    for (int q = 0; q < QUANTITIES; q++)
        *to[q] = interval(here.value[q], all, room, kept, q, level);
    out->samples = kept;
    return LIMEN_OK;
}

static limen_status check(const limen_avalanches *avalanches, limen_window size,
                          limen_window duration, size_t samples, double level,
                          limen_error *err)
{
    if (!(size.low > 0.0 && size.high > size.low && duration.low >= 1.0 &&
          duration.high > duration.low))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "sizes from %g to %g and durations from %g to %g; "
                            "windows need 0 < low < high",
                            size.low, size.high, duration.low, duration.high);
    if (samples < 20 || !(level > 0.0 && level < 1.0))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "%zu resamples at level %g; take at least 20, and "
                            "a level between 0 and 1",
                            samples, level);
    if (avalanches->count < LIMEN_TAIL_EVENTS_MIN)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "%zu avalanches are too few for exponents; have at "
                            "least %d",
                            avalanches->count, LIMEN_TAIL_EVENTS_MIN);
    return LIMEN_OK;
}

static limen_window whole(limen_window window)
{
    return (limen_window){ ceil(window.low), floor(window.high) };
}

limen_status limen_crackling_relation(limen_crackling *out,
                                      const limen_avalanches *avalanches,
                                      limen_window size, limen_window duration,
                                      size_t samples, double level,
                                      uint64_t seed, int threads,
                                      limen_error *err)
{
    const int used = lm_threads(threads);
    limen_status status =
        check(avalanches, size, duration, samples, level, err);

    if (status != LIMEN_OK)
        return status;
    const plan p = { .avalanches = avalanches,
                     .size = avalanches->whole ? whole(size) : size,
                     .duration = whole(duration),
                     .block = (size_t)ceil(cbrt((double)avalanches->count)),
                     .seed = seed };
    lm_growth_table *tables = lm_alloc((size_t)used, 1, sizeof *tables);
    exponents *all = lm_alloc(samples, 1, sizeof *all);
    double *room = lm_alloc(samples, 1, sizeof *room);
    if (tables == NULL || all == NULL || room == NULL)
        status = lm_error_no_memory(err, "resamples", samples * sizeof *all);
    for (int part = 0; status == LIMEN_OK && part < used; part++)
        status =
            lm_growth_table_new(&tables[part], avalanches, p.duration, err);
    if (status == LIMEN_OK) {
        limen_crackling made;

        status =
            relate(&made, &p, tables, all, room, samples, level, used, err);
        if (status == LIMEN_OK)
            *out = made;
    }
    for (int part = 0; tables != NULL && part < used; part++)
        lm_growth_table_free(&tables[part]);
    lm_free(tables);
    lm_free(all);
    lm_free(room);
    return status;
}
