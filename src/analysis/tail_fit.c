/* tail_fit.c -- where a power law begins: the xmin of least distance. */
#include "analysis/tail.h"

#include "base/error.h"
#include "base/threads.h"

#include <math.h>

/* The first pass tries every STRIDE-th candidate: what it finds lets most of
 * the others be dropped after a few looks. */
enum { STRIDE = 64, COARSE = 4096 };

limen_tail_options limen_tail_defaults(void)
{
    return (limen_tail_options){ .xmax = INFINITY,
                                 .search_above = 0.0,
                                 .search_below = INFINITY,
                                 .events = LIMEN_TAIL_EVENTS_MIN };
}

double limen_tail_survival(const limen_tail *tail, const limen_tail_power *fit,
                           double x)
{
    return lm_power_survival(tail->discrete, fit->alpha, fit->xmin, fit->xmax,
                             tail->discrete ? ceil(x) : x);
}

/* The best of the candidates seen so far: least distance, then least xmin. */
typedef struct best {
    double distance;
    size_t at; /* SIZE_MAX: none */
} best;

static best better(best x, best y)
{
    if (x.distance != y.distance)
        return x.distance < y.distance ? x : y;
    return x.at < y.at ? x : y;
}

/* Value i as xmin, if that can be better. */
static best try(const lm_range *all, const limen_tail_options *options,
                size_t i, best so_far, size_t *where)
{
    const limen_tail *tail = all->tail;
    const lm_range range = {
        .tail = tail,
        .first = i,
        .past = all->past,
        .a = tail->value[i],
        .b = all->b,
        .events = tail->below[all->past] - tail->below[i],
    };

    if (range.events < (double)options->events)
        return so_far;
    const double alpha = lm_power_exponent(tail->discrete, range.a, range.b,
                                           lm_range_mean_log(&range));
    if (isnan(alpha))
        return so_far;
    const best here = {
        lm_power_distance(&range, alpha, so_far.distance, where), i
    };
    return better(here, so_far);
}

/* Values first, first + stride, ... < past; or, if `thinned`, COARSE of them,
 * denser towards the end as tails shrink by a constant factor. */
typedef struct candidates {
    size_t first, past, stride;
    bool thinned;
} candidates;

static size_t count_of(const candidates *c)
{
    if (c->thinned)
        return COARSE;
    return c->past > c->first ? (c->past - c->first - 1) / c->stride + 1 : 0;
}

static size_t candidate_at(const candidates *c, size_t k)
{
    const double all = (double)(c->past - c->first);
    const double left = ceil(pow(all, 1.0 - (double)k / COARSE));

    return c->thinned ? c->past - (size_t)fmin(left, all)
                      : c->first + k * c->stride;
}

#pragma omp declare reduction(best_of:best                                     \
                              : omp_out = better(omp_out, omp_in))             \
    initializer(omp_priv = omp_orig)

/* Which of them are dropped early depends on the order of threads, what is
 * best does not. */
static best try_all(const lm_range *range, const limen_tail_options *options,
                    const candidates *c, best so_far, int threads)
{
    const size_t count = count_of(c);

#pragma omp parallel num_threads(threads) if (threads > 1) reduction(best_of   \
                                                                     : so_far)
    {
        size_t where = SIZE_MAX;

#pragma omp for schedule(dynamic, 16) nowait
        for (size_t k = 0; k < count; k++)
            so_far = try(range, options, candidate_at(c, k), so_far, &where);
    }
    (void)threads;
    return so_far;
}

static best search_many(const lm_range *range,
                        const limen_tail_options *options, candidates c,
                        int threads)
{
    best so_far = { (double)INFINITY, SIZE_MAX };

    c.thinned = true;
    so_far = try_all(range, options, &c, so_far, threads);
    for (size_t k = 0; so_far.at != SIZE_MAX && k < COARSE; k++) {
        if (candidate_at(&c, k) != so_far.at)
            continue;
        const candidates near = { k > 0 ? candidate_at(&c, k - 1) : c.first,
                                  k + 1 < COARSE ? candidate_at(&c, k + 1) + 1
                                                 : c.past,
                                  1, false };
        return try_all(range, options, &near, so_far, threads);
    }
    return so_far;
}

static best search(const limen_tail *tail, const limen_tail_options *options,
                   int threads)
{
    const lm_range range =
        lm_tail_range(tail, options->search_above, options->xmax);
    const size_t past =
        range.past < range.first + 2 ? range.first : range.past - 2;
    const size_t above =
        isinf(options->search_below)
            ? past
            : lm_tail_find(tail, nextafter(options->search_below, INFINITY));
    candidates c = { range.first, above < past ? above : past, STRIDE, false };
    best so_far = { (double)INFINITY, SIZE_MAX };

    if (c.past > c.first + LIMEN_TAIL_CANDIDATES_MAX)
        return search_many(&range, options, c, threads);
    so_far = try_all(&range, options, &c, so_far, threads);
    c.stride = 1;
    return try_all(&range, options, &c, so_far, threads);
}

static limen_status check(const limen_tail *tail,
                          const limen_tail_options *options, limen_error *err)
{
    if (!(options->xmin >= 0.0 && options->xmax > options->xmin))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "a tail from %g to %g; take 0 <= xmin < xmax",
                            options->xmin, options->xmax);
    if (options->events < LIMEN_TAIL_EVENTS_MIN)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "tails of %zu events; take at least %d",
                            options->events, LIMEN_TAIL_EVENTS_MIN);
    const double events = tail->below[tail->distinct];
    if (events < (double)options->events)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "%.0f events above 0 are too few for an exponent; "
                            "have at least %zu",
                            events, options->events);
    if (tail->distinct < 2)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "all %.0f events are %g, so there is no tail to "
                            "fit",
                            events, tail->value[0]);
    return LIMEN_OK;
}

static limen_status fit_given(limen_tail_power *out, const limen_tail *tail,
                              const limen_tail_options *options,
                              limen_error *err)
{
    const lm_range range = lm_tail_range(tail, options->xmin, options->xmax);
    limen_tail_power fit;
    size_t where = SIZE_MAX;

    if (range.events < (double)options->events)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "%.0f events from %g to %g are too few for an "
                            "exponent; have at least %zu",
                            range.events, range.a, range.b, options->events);
    if (!lm_power_fit(&fit, &range))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "the events from %g to %g have no exponent from "
                            "%g to %g: they are all equal or no tail",
                            range.a, range.b,
                            isinf(range.b) ? 1.0 : LM_ALPHA_MIN, LM_ALPHA_MAX);
    fit.distance =
        lm_power_distance(&range, fit.alpha, (double)INFINITY, &where);
    *out = fit;
    return LIMEN_OK;
}

limen_status limen_tail_fit(limen_tail_power *out, const limen_tail *tail,
                            const limen_tail_options *options, int threads,
                            limen_error *err)
{
    limen_tail_options given = *options;
    const limen_status status = check(tail, options, err);

    if (status != LIMEN_OK)
        return status;
    if (options->xmin == 0.0) {
        const best found = search(tail, options, lm_threads(threads));

        if (found.at == SIZE_MAX)
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "no value of the events is the beginning of a "
                                "power law with %zu events; give xmin",
                                options->events);
        given.xmin = tail->value[found.at];
    }
    return fit_given(out, tail, &given, err);
}
