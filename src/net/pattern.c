/* pattern.c -- which pairs of units a sparse connection has.
 *
 * docs/numerics.md section 6.
 */
#include "net/network.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

static limen_status no_memory(size_t entries, limen_error *err)
{
    return lm_error_no_memory(err, "a sparse pattern",
                              entries * sizeof(uint32_t));
}

/* Where `number` is, or would be inserted, in an ascending list. */
static size_t find(const uint32_t *list, size_t count, uint32_t number)
{
    size_t low = 0;
    size_t high = count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (list[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void lm_pattern_sample(uint32_t *list, size_t picks, size_t candidates,
                       uint64_t seed, size_t index, size_t i)
{
    // Floyd's sampling
    for (size_t k = 0; k < picks; k++) {
        const uint32_t r = (uint32_t)(candidates - picks + k);
        const uint32_t draw =
            lm_draw(seed, LM_STREAM_PATTERN, index, (uint32_t)i, (uint32_t)k);
        uint32_t pick = lm_draw_below(draw, (uint64_t)r + 1);
        size_t place = find(list, k, pick);

        if (place < k && list[place] == pick) {
            pick = r; // larger than all picked so far
            place = k;
        }
        memmove(list + place + 1, list + place, (k - place) * sizeof *list);
        list[place] = pick;
    }
}

static limen_status fixed_in_degree(lm_connection *c,
                                    const limen_pattern *pattern, size_t index,
                                    limen_error *err)
{
    const bool skip_self = c->from == c->to && !pattern->self_pairs;
    const size_t candidates = skip_self ? c->m - 1 : c->m;
    const size_t picks = pattern->in_degree;

    if (picks == 0 || picks > candidates)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "in-degree: %zu is outside 1 to %zu, the sources "
                            "of connection %zu -> %zu",
                            picks, candidates, c->from, c->to);
    c->entries = c->n * picks; // both at most 2^24
    c->source = lm_alloc(c->entries, 1, sizeof *c->source);
    if (c->source == NULL)
        return no_memory(c->entries, err);

    for (size_t i = 0; i < c->n; i++) {
        uint32_t *row = c->source + i * picks;

        lm_pattern_sample(row, picks, candidates, pattern->seed, index, i);
        for (size_t k = 0; skip_self && k < picks; k++)
            row[k] += row[k] >= i;
        c->row_start[i + 1] = (i + 1) * picks;
    }
    return LIMEN_OK;
}

static limen_status by_probability(lm_connection *c,
                                   const limen_pattern *pattern, size_t index,
                                   limen_error *err)
{
    const bool skip_self = c->from == c->to && !pattern->self_pairs;
    const double p = pattern->probability;
    size_t room = 0;

    if (!(p >= 0.0 && p <= 1.0))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "probability: %g of connection %zu -> %zu is "
                            "outside 0 to 1",
                            p, c->from, c->to);
    const uint64_t bound = (uint64_t)rint(4294967296.0 * p);
    for (size_t i = 0; i < c->n; i++) {
        if (room - c->entries < c->m) {
            room = 2 * room + c->m;
            uint32_t *more = lm_grow(c->source, c->entries, room, sizeof *more);
            if (more == NULL)
                return no_memory(room, err);
            c->source = more;
        }
        for (size_t j = 0; j < c->m; j++) {
            const uint32_t draw = lm_draw(pattern->seed, LM_STREAM_PATTERN,
                                          index, (uint32_t)i, (uint32_t)j);

            if (draw < bound && !(skip_self && i == j))
                c->source[c->entries++] = (uint32_t)j;
        }
        c->row_start[i + 1] = c->entries;
    }
    return LIMEN_OK;
}

static limen_status given(lm_connection *c, const limen_pattern *pattern,
                          limen_error *err)
{
    if (pattern->row_start == NULL || pattern->row_start[0] != 0)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "pattern of %zu -> %zu: row_start must begin with "
                            "0",
                            c->from, c->to);
    for (size_t i = 0; i < c->n; i++)
        if (pattern->row_start[i + 1] < pattern->row_start[i] ||
            pattern->row_start[i + 1] - pattern->row_start[i] > c->m)
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "pattern of %zu -> %zu: row %zu has a bad "
                                "row_start",
                                c->from, c->to, i);
    c->entries = (size_t)pattern->row_start[c->n];
    for (size_t i = 0; i < c->n; i++)
        for (uint64_t e = pattern->row_start[i]; e < pattern->row_start[i + 1];
             e++)
            if (pattern->source[e] >= c->m ||
                (e > pattern->row_start[i] &&
                 pattern->source[e] <= pattern->source[e - 1]))
                return lm_error_set(err, LIMEN_BAD_VALUE,
                                    "pattern of %zu -> %zu: sources of unit "
                                    "%zu must ascend and be below %zu",
                                    c->from, c->to, i, c->m);

    c->source = lm_alloc(c->entries, 1, sizeof *c->source);
    if (c->source == NULL)
        return no_memory(c->entries, err);
    memcpy(c->row_start, pattern->row_start, (c->n + 1) * sizeof *c->row_start);
    if (c->entries > 0)
        memcpy(c->source, pattern->source, c->entries * sizeof *c->source);
    return LIMEN_OK;
}

limen_status lm_pattern_draw(lm_connection *c, const limen_pattern *pattern,
                             size_t index, limen_error *err)
{
    c->row_start = lm_alloc(c->n + 1, 1, sizeof *c->row_start);
    if (c->row_start == NULL)
        return no_memory(c->n, err);

    switch (pattern->kind) {
    case LIMEN_DENSE:
        break;
    case LIMEN_IN_DEGREE:
        return fixed_in_degree(c, pattern, index, err);
    case LIMEN_PROBABILITY:
        return by_probability(c, pattern, index, err);
    case LIMEN_GIVEN:
        return given(c, pattern, err);
    }
    return lm_error_set(err, LIMEN_BAD_VALUE,
                        "pattern of %zu -> %zu: unknown kind", c->from, c->to);
}
