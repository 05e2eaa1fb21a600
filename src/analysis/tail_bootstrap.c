/* tail_bootstrap.c -- how often a power law would fit as badly. */
#include "analysis/tail.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/rng.h"
#include "base/threads.h"

#include <math.h>

/* P(X >= a + k) for k < TABLE; what is beyond is searched. */
enum { TABLE = 2048 };

typedef struct plan {
    lm_range range;
    const limen_tail_options *options;
    const limen_tail_power *fit;
    uint64_t seed;
    size_t events;
    double survival[TABLE];
} plan;

/* One thread's. */
typedef struct room {
    double *x, *swap; /* (events) */
    limen_tail *tail;
} room;

/* In [0, 1), of 53 bits. */
static double uniform(uint32_t high, uint32_t low)
{
    return (double)((uint64_t)high << 21 | low >> 11) * 0x1p-53;
}

static double survival(const plan *p, double x)
{
    return lm_power_survival(true, p->fit->alpha, p->range.a, p->range.b, x);
}

/* The largest whole x with P(X >= x) >= u, 0 < u <= 1. */
static double draw_whole(const plan *p, double u)
{
    size_t low = 0; // survival[low] >= u
    size_t high = TABLE;

    while (high - low > 1) {
        const size_t mid = low + (high - low) / 2;

        if (p->survival[mid] >= u)
            low = mid;
        else
            high = mid;
    }
    if (high < TABLE)
        return p->range.a + (double)low;
    double x = p->range.a + (double)low;
    double past = 2.0 * x + 1.0;
    while (past < 0x1p53 && survival(p, past) >= u) {
        x = past;
        past *= 2.0;
    }
    while (past - x > 1.0) {
        const double mid = floor(x + (past - x) / 2.0);

        if (survival(p, mid) >= u)
            x = mid;
        else
            past = mid;
    }
    return x;
}

/* P(X >= x) = u of the continuous law. */
static double draw_real(const plan *p, double u)
{
    const double power = 1.0 - p->fit->alpha;
    const double a = p->range.a;

    if (isinf(p->range.b))
        return a * pow(u, 1.0 / power);
    const double span = log(p->range.b / a);
    if (fabs(power * span) < 1e-9)
        return a * exp((1.0 - u) * span);
    return a * exp(log1p((1.0 - u) * expm1(power * span)) / power);
}

/* The r-th event, in ascending order, of those outside the range. */
static double outside(const plan *p, double r)
{
    const limen_tail *tail = p->range.tail;
    const double rank =
        r < tail->below[p->range.first] ? r : r + p->range.events;
    size_t low = 0; // below[low] <= rank
    size_t high = tail->distinct;

    while (high - low > 1) {
        const size_t mid = low + (high - low) / 2;

        if (tail->below[mid] <= rank)
            low = mid;
        else
            high = mid;
    }
    return tail->value[low];
}

static void draw_set(const plan *p, double *x, uint64_t set)
{
    const double n = (double)p->events;
    const double rest = n - p->range.events;

    for (size_t k = 0; k < p->events; k++) {
        const lm_block draw =
            lm_draw_block(p->seed, LM_STREAM_RESAMPLE, set, (uint32_t)(k >> 20),
                          (uint32_t)(k & 0xfffff));
        const double which = n * uniform(draw.word[0], draw.word[1]);
        const double u = 1.0 - uniform(draw.word[2], draw.word[3]);

        if (which < rest)
            x[k] = outside(p, floor(which));
        else
            x[k] = p->range.tail->discrete ? draw_whole(p, u) : draw_real(p, u);
    }
}

/* The distance of a set of its own fit; INFINITY if it has none. */
static double distance_of(const plan *p, room *own, uint64_t set)
{
    limen_tail_power fit;

    draw_set(p, own->x, set);
    lm_sort_positive(own->x, own->swap, p->events);
    lm_tail_fill(own->tail, own->x, p->events);
    if (limen_tail_fit(&fit, own->tail, p->options, 1, NULL) != LIMEN_OK)
        return (double)INFINITY;
    return fit.distance;
}

static size_t count_far(const plan *p, room *rooms, size_t sets, int threads)
{
    size_t far = 0;

#pragma omp parallel for num_threads(threads) if (threads > 1)                 \
    schedule(static, 1) reduction(+ : far)
    for (int part = 0; part < threads; part++) {
        for (size_t set = (size_t)part; set < sets; set += (size_t)threads)
            far += distance_of(p, &rooms[part], set) >= p->fit->distance;
    }
    return far;
}

static void free_rooms(room *rooms, int threads)
{
    for (int part = 0; rooms != NULL && part < threads; part++) {
        lm_free(rooms[part].x);
        lm_free(rooms[part].swap);
        limen_tail_free(rooms[part].tail);
    }
    lm_free(rooms);
}

static room *new_rooms(size_t events, bool discrete, int threads)
{
    room *rooms = lm_alloc((size_t)threads, 1, sizeof *rooms);

    for (int part = 0; rooms != NULL && part < threads; part++) {
        rooms[part] = (room){ lm_alloc(events, 1, sizeof(double)),
                              lm_alloc(events, 1, sizeof(double)),
                              lm_tail_room(events, discrete) };
        if (rooms[part].x == NULL || rooms[part].swap == NULL ||
            rooms[part].tail == NULL) {
            free_rooms(rooms, part + 1);
            rooms = NULL;
        }
    }
    return rooms;
}

limen_status limen_tail_bootstrap(double *p, const limen_tail *tail,
                                  const limen_tail_options *options,
                                  const limen_tail_power *fit, size_t sets,
                                  uint64_t seed, int threads, limen_error *err)
{
    const int used = lm_threads(threads);

    if (sets == 0 || tail->distinct == 0)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "a bootstrap of %zu sets of %zu distinct events; "
                            "have some of both",
                            sets, tail->distinct);
    plan *all = lm_alloc(1, 1, sizeof *all);
    if (all == NULL)
        return lm_error_no_memory(err, "a bootstrap", sizeof *all);
    all->range = lm_tail_range(tail, fit->xmin, fit->xmax);
    all->options = options;
    all->fit = fit;
    all->seed = seed;
    all->events = (size_t)tail->below[tail->distinct];
    for (size_t k = 0; tail->discrete && k < TABLE; k++)
        all->survival[k] = survival(all, all->range.a + (double)k);
    room *rooms = new_rooms(all->events, tail->discrete, used);
    limen_status status = LIMEN_OK;
    if (rooms == NULL)
        status = lm_error_no_memory(err, "a bootstrap",
                                    7 * sizeof(double) * all->events);
    else
        *p = (double)count_far(all, rooms, sets, used) / (double)sets;
    free_rooms(rooms, used);
    lm_free(all);
    return status;
}
