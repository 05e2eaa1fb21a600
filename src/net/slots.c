/* slots.c -- see slots.h. */
#include "net/slots.h"

#include "base/arena.h"
#include "net/exponent.h"

#include <math.h>

enum { UNITS = LM_SLOT_UNITS };

static size_t in_degree(const lm_connection *c, size_t i)
{
    return i < c->n ? (size_t)(c->row_start[i + 1] - c->row_start[i]) : 0;
}

static size_t busiest(const lm_connection *c, size_t group)
{
    size_t most = 0;

    for (size_t i = group * UNITS; i < (group + 1) * UNITS; i++)
        most = in_degree(c, i) > most ? in_degree(c, i) : most;
    return most;
}

/* The sources of slot number `k` of a group, its `order`-th. */
static void fill_slot(lm_slots *to, const lm_connection *c, size_t group,
                      size_t k, size_t order)
{
    uint8_t low = UINT8_MAX;
    uint8_t high = 0;

    for (size_t u = 0; u < UNITS; u++) {
        const size_t i = group * UNITS + u;
        const size_t at = k * UNITS + u;

        if (order >= in_degree(c, i))
            continue;
        const uint32_t source = c->source[c->row_start[i] + order];
        to->table[at] = (uint8_t)(source / 1024);
        to->byte[at] = (uint8_t)(source / 8 % 128);
        to->bit[at] = (uint8_t)(1U << source % 8);
        low = to->table[at] < low ? to->table[at] : low;
        high = to->table[at] > high ? to->table[at] : high;
    }
    to->low[k] = low <= high ? low : 0;
    to->high[k] = high;
}

static bool allocate(lm_slots *to, size_t slots)
{
    to->table = lm_alloc(slots, UNITS, 1);
    to->byte = lm_alloc(slots, UNITS, 1);
    to->bit = lm_alloc(slots, UNITS, 1);
    to->w = lm_alloc(slots, UNITS, sizeof *to->w);
    to->low = lm_alloc(slots, 1, 1);
    to->high = lm_alloc(slots, 1, 1);
    return to->table != NULL && to->byte != NULL && to->bit != NULL &&
           to->w != NULL && to->low != NULL && to->high != NULL;
}

bool lm_slots_fill(lm_slots *to, const lm_connection *from)
{
    const size_t groups = (from->n + UNITS - 1) / UNITS;
    size_t slots = 0;

    *to = (lm_slots){ .groups = 0 };
    if (from->m > 1024 * LM_SLOT_TABLES)
        return true;
    for (size_t g = 0; g < groups; g++)
        slots += busiest(from, g);
    if (slots * UNITS > 4 * (from->entries + UNITS) || slots > UINT32_MAX)
        return true;
    to->first = lm_alloc(groups + 1, 1, sizeof *to->first);
    if (to->first == NULL || !allocate(to, slots))
        return false;
    to->groups = groups;
    for (size_t g = 0; g < groups; g++) {
        const size_t count = busiest(from, g);

        to->first[g + 1] = to->first[g] + (uint32_t)count;
        for (size_t order = 0; order < count; order++)
            fill_slot(to, from, g, to->first[g] + order, order);
    }
    return true;
}

void lm_slots_free(lm_slots *slots)
{
    lm_free(slots->first);
    lm_free(slots->table);
    lm_free(slots->byte);
    lm_free(slots->bit);
    lm_free(slots->w);
    lm_free(slots->low);
    lm_free(slots->high);
}

void lm_slots_write_row(lm_slots *to, const lm_connection *from, int32_t q,
                        size_t i)
{
    const float scale = ldexpf(1.0F, q);
    const size_t first = to->groups > 0 ? to->first[i / UNITS] : 0;

    for (size_t order = 0; to->groups > 0 && order < in_degree(from, i);
         order++)
        to->w[(first + order) * UNITS + i % UNITS] = (int16_t)lm_round_weight(
            from->w[from->row_start[i] + order] * scale);
}

void lm_slots_write(lm_slots *to, const lm_connection *from, const int32_t *q)
{
    for (size_t i = 0; to->groups > 0 && i < from->n; i++)
        lm_slots_write_row(to, from, q[i], i);
}
