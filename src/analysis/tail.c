/* tail.c -- events sorted into distinct values with counts. */
#include "analysis/tail.h"

#include "base/arena.h"
#include "base/error.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

static const double WHOLE_MAX = 9007199254740992.0; // 2^53

static size_t digit_of(double x, unsigned shift)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    return (size_t)(bits >> shift & (DIGITS - 1));
}

/* One pass of a radix sort; false if all have the same digit. */
static bool sort_digit(double *to, const double *from, size_t n, unsigned shift)
{
    size_t place[DIGITS] = { 0 };
    size_t sum = 0;

    for (size_t k = 0; k < n; k++)
        place[digit_of(from[k], shift)]++;
    if (place[digit_of(from[0], shift)] == n)
        return false;
    for (size_t d = 0; d < DIGITS; d++) {
        const size_t count = place[d];

        place[d] = sum;
        sum += count;
    }
    for (size_t k = 0; k < n; k++)
        to[place[digit_of(from[k], shift)]++] = from[k];
    return true;
}

void lm_sort_positive(double *x, double *room, size_t n)
{
    double *from = x;
    double *to = room;

    // positive doubles are in the order of their bits
    for (unsigned shift = 0; n > 1 && shift < 64; shift += DIGIT_BITS) {
        if (sort_digit(to, from, n, shift)) {
            double *swap = from;

            from = to;
            to = swap;
        }
    }
    if (from != x)
        memcpy(x, from, n * sizeof *x);
}

void lm_tail_fill(limen_tail *tail, const double *sorted, size_t n)
{
    size_t m = 0;

    for (size_t k = 0; k < n; k++) {
        if (k == 0 || sorted[k] != sorted[k - 1]) {
            tail->value[m] = sorted[k];
            tail->log_value[m] = log(sorted[k]);
            tail->below[m] = (double)k;
            m++;
        }
    }
    tail->distinct = m;
    tail->below[m] = (double)n;
    tail->log_above[m] = 0.0;
    for (size_t i = m; i-- > 0;) {
        tail->count[i] = tail->below[i + 1] - tail->below[i];
        tail->log_above[i] =
            tail->log_above[i + 1] + tail->count[i] * tail->log_value[i];
    }
}

/* Sized for n distinct events. */
static limen_tail *lay_out(lm_arena *arena, size_t n)
{
    limen_tail *tail = lm_arena_take(arena, 1, 1, sizeof *tail);
    double *value = lm_arena_take(arena, 1, n + 1, sizeof *value);
    double *count = lm_arena_take(arena, 1, n + 1, sizeof *count);
    double *below = lm_arena_take(arena, 1, n + 1, sizeof *below);
    double *log_value = lm_arena_take(arena, 1, n + 1, sizeof *log_value);
    double *log_above = lm_arena_take(arena, 1, n + 1, sizeof *log_above);

    if (tail != NULL) {
        tail->value = value;
        tail->count = count;
        tail->below = below;
        tail->log_value = log_value;
        tail->log_above = log_above;
    }
    return tail;
}

limen_tail *lm_tail_room(size_t n, bool discrete)
{
    lm_arena measured = { .base = NULL };

    lay_out(&measured, n);
    lm_arena arena = { .base = lm_block_new(&measured) };
    if (arena.base == NULL)
        return NULL;
    limen_tail *tail = lay_out(&arena, n);
    tail->discrete = discrete;
    return tail;
}

/* Copies what is above 0; checks all. */
static limen_status gather(double *to, size_t *kept, const double *x, size_t n,
                           bool discrete, limen_error *err)
{
    size_t m = 0;

    for (size_t k = 0; k < n; k++) {
        if (!isfinite(x[k]))
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "event %zu is not finite; leave it out", k);
        if (discrete && (x[k] != floor(x[k]) || fabs(x[k]) >= WHOLE_MAX))
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "event %zu, %g, is not a whole number below "
                                "2^53; take the events as continuous",
                                k, x[k]);
        if (x[k] > 0.0)
            to[m++] = x[k];
    }
    *kept = m;
    return LIMEN_OK;
}

static size_t distinct_of(const double *sorted, size_t n)
{
    size_t m = 0;

    for (size_t k = 0; k < n; k++)
        m += k == 0 || sorted[k] != sorted[k - 1];
    return m;
}

limen_status limen_tail_new(limen_tail **out, const double *x, size_t n,
                            bool discrete, limen_error *err)
{
    *out = NULL;
    double *sorted = lm_alloc(n, 1, sizeof *sorted);
    double *room = lm_alloc(n, 1, sizeof *room);
    limen_status status = LIMEN_OK;
    size_t kept = 0;

    if (sorted == NULL || room == NULL)
        status = lm_error_no_memory(err, "sorting events", n * sizeof *room);
    else
        status = gather(sorted, &kept, x, n, discrete, err);
    if (status == LIMEN_OK) {
        lm_sort_positive(sorted, room, kept);
        *out = lm_tail_room(distinct_of(sorted, kept), discrete);
        if (*out == NULL)
            status = lm_error_no_memory(err, "a set of events",
                                        5 * kept * sizeof *room);
        else
            lm_tail_fill(*out, sorted, kept);
    }
    lm_free(sorted);
    lm_free(room);
    return status;
}

void limen_tail_free(limen_tail *tail)
{
    lm_block_free(tail);
}

size_t limen_tail_distinct(const limen_tail *tail, const double **value,
                           const double **count)
{
    if (value != NULL)
        *value = tail->value;
    if (count != NULL)
        *count = tail->count;
    return tail->distinct;
}

size_t lm_tail_find(const limen_tail *tail, double x)
{
    size_t low = 0;
    size_t high = tail->distinct;

    while (low < high) {
        const size_t mid = low + (high - low) / 2;

        if (tail->value[mid] < x)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

lm_range lm_tail_range(const limen_tail *tail, double xmin, double xmax)
{
    lm_range range = { .tail = tail, .a = xmin, .b = xmax };

    if (tail->discrete) {
        range.a = ceil(xmin);
        range.b = floor(xmax);
    }
    range.first = lm_tail_find(tail, range.a);
    range.past = isinf(range.b)
                     ? tail->distinct
                     : lm_tail_find(tail, nextafter(range.b, INFINITY));
    if (range.past < range.first)
        range.past = range.first;
    range.events = tail->below[range.past] - tail->below[range.first];
    return range;
}
