/* slices.c -- see slices.h. */
#include "study/slices.h"

#include "base/arena.h"
#include "base/bits.h"
#include "base/error.h"
#include "base/rng.h"
#include "base/threads.h"
#include "base/vectorise.h"
#include "net/image.h"
#include "net/input.h"
#include "net/state.h"

#include <stdlib.h>
#include <string.h>

enum {
    GROUP = 8,        // words stepped together: one cache line, 512 copies
    SOURCES = 14,     // of a unit
    CHOICES = 512,    // of a unit: their words fit L1
    CHOICES_MEAN = 96 // over units; beyond, adding weights is no slower
};

/* Choices 0 and 1 are the constants. */
typedef struct choice {
    uint32_t source; /* n is the input */
    uint16_t on, off;
} choice;

struct lm_slices {
    size_t n;
    uint32_t *first; /* (n + 1) choices of unit i: first[i] .., the last is its
                        value */
    choice *choices;
};

/* What one unit hears, the weightiest source first. */
typedef struct heard {
    size_t sources;
    uint32_t source[SOURCES];
    int32_t w[SOURCES];
} heard;

/* A unit on its way to choices. */
typedef struct draft {
    const heard *unit;
    int32_t up[SOURCES + 1];   /* most that sources k .. can add */
    int32_t down[SOURCES + 1]; /* least */
    choice choices[CHOICES];
    size_t count;
} draft;

static bool is_suited(const limen_image *image)
{
    bool suited = image->layers == 2 && image->layer[0].n == 1;

    for (size_t l = 1; l < image->layers; l++)
        suited = suited && image->layer[l].noise == NULL &&
                 image->layer[l].adapt == NULL &&
                 image->layer[l].refractory == 0;
    for (size_t k = 0; k < image->connections; k++) {
        const lm_image_connection *c = &image->connection[k];

        suited = suited &&
                 (c->from == 0 ? !c->is_sparse && !c->is_before : c->is_sparse);
    }
    return suited;
}

/* Adds a source, in order of weight; false if there are too many. */
static bool hear(heard *u, uint32_t source, int32_t w)
{
    size_t k = u->sources;

    if (k == SOURCES)
        return false;
    while (k > 0 && abs(u->w[k - 1]) < abs(w)) {
        u->w[k] = u->w[k - 1];
        u->source[k] = u->source[k - 1];
        k--;
    }
    u->w[k] = w;
    u->source[k] = source;
    u->sources++;
    return true;
}

/* The choice that tells whether `sum` and what sources k .. add is above 0;
 * CHOICES if there are too many. */
static size_t decide(draft *d, size_t k, int32_t sum)
{
    if (sum + d->down[k] > 0)
        return 1;
    if (sum + d->up[k] <= 0)
        return 0;
    const size_t on = decide(d, k + 1, sum + d->unit->w[k]);
    const size_t off = decide(d, k + 1, sum);
    if (on == CHOICES || off == CHOICES || on == off)
        return on == off ? on : CHOICES;
    for (size_t c = 0; c < d->count; c++)
        if (d->choices[c].source == d->unit->source[k] &&
            d->choices[c].on == on && d->choices[c].off == off)
            return 2 + c; // made before
    if (d->count + 2 >= CHOICES)
        return CHOICES;
    d->choices[d->count] =
        (choice){ d->unit->source[k], (uint16_t)on, (uint16_t)off };
    return 2 + d->count++;
}

/* All choices of a unit whose threshold is theta; false if too many. */
static bool compile(draft *d, const heard *unit, int32_t theta)
{
    d->unit = unit;
    d->count = 0;
    d->up[unit->sources] = d->down[unit->sources] = 0;
    for (size_t k = unit->sources; k-- > 0;) {
        d->up[k] = d->up[k + 1] + (unit->w[k] > 0 ? unit->w[k] : 0);
        d->down[k] = d->down[k + 1] + (unit->w[k] < 0 ? unit->w[k] : 0);
    }
    const size_t value = decide(d, 0, -theta);
    if (value < 2) // a constant
        d->choices[d->count++] =
            (choice){ 0, (uint16_t)value, (uint16_t)value };
    return value != CHOICES;
}

/* Gives every unit its sources; false if one has too many. */
static bool gather(heard *units, const limen_image *image)
{
    const size_t n = image->layer[1].n;

    for (size_t k = 0; k < image->connections; k++) {
        const lm_image_connection *c = &image->connection[k];

        for (size_t i = 0; c->from == 0 && i < n; i++)
            if (!hear(&units[i], (uint32_t)n, c->w[i]))
                return false;
        for (size_t j = 0; c->from == 1 && j < n; j++)
            for (uint64_t e = c->col_start[j]; e < c->col_start[j + 1]; e++)
                if (!hear(&units[c->target[e]], (uint32_t)j, c->w[e]))
                    return false;
    }
    return true;
}

typedef enum verdict { MADE, UNSUITED, NO_MEMORY } verdict;

/* Compiles all units into an array that grows. */
static verdict compile_all(lm_slices *s, const heard *units,
                           const limen_image *image)
{
    size_t room = 0;
    size_t used = 0;
    draft d;

    for (size_t i = 0; i < s->n; i++) {
        if (!compile(&d, &units[i], image->layer[1].theta[i]) ||
            used + d.count > CHOICES_MEAN * (s->n + CHOICES))
            return UNSUITED;
        if (room - used < d.count) {
            room = 2 * room + 2 * CHOICES;
            choice *more = lm_grow(s->choices, used, room, sizeof *more);
            if (more == NULL)
                return NO_MEMORY;
            s->choices = more;
        }
        memcpy(s->choices + used, d.choices, d.count * sizeof *d.choices);
        used += d.count;
        s->first[i + 1] = (uint32_t)used;
    }
    return MADE;
}

static verdict make(lm_slices *s, const limen_image *image)
{
    heard *units = lm_alloc(s->n, 1, sizeof *units);
    verdict said = NO_MEMORY;

    s->first = lm_alloc(s->n + 1, 1, sizeof *s->first);
    if (units != NULL && s->first != NULL)
        said = gather(units, image) ? compile_all(s, units, image) : UNSUITED;
    lm_free(units);
    return said;
}

limen_status lm_slices_new(lm_slices **out, const limen_image *image,
                           limen_error *err)
{
    // 2^32 choices at most
    const size_t most = 1 << 22;

    *out = NULL;
    if (!is_suited(image) || image->layer[1].n > most)
        return LIMEN_OK;
    lm_slices *s = lm_alloc(1, 1, sizeof *s);
    if (s == NULL)
        return lm_error_no_memory(err, "slices", sizeof *s);
    s->n = image->layer[1].n;
    const verdict said = make(s, image);
    if (said == MADE) {
        *out = s;
        return LIMEN_OK;
    }
    lm_slices_free(s);
    return said == UNSUITED
               ? LIMEN_OK
               : lm_error_no_memory(err, "slices", most * sizeof(choice));
}

void lm_slices_free(lm_slices *slices)
{
    if (slices == NULL)
        return;
    lm_free(slices->first);
    lm_free(slices->choices);
    lm_free(slices);
}

/* GROUP words as one; machines without such registers split it. */
typedef uint64_t lanes __attribute__((vector_size(8 * GROUP)));

/* One step of a group.  to, from: (n + 1, GROUP), the last row is the input. */
LM_VECTORISE static void step(uint64_t *to, const uint64_t *from,
                              const lm_slices *s)
{
    lanes value[CHOICES + 2];

    value[0] = (lanes){ 0 };
    value[1] = ~value[0];
    for (size_t i = 0; i < s->n; i++) {
        const choice *c = s->choices + s->first[i];
        const size_t count = s->first[i + 1] - s->first[i];

        for (size_t k = 0; k < count; k++) {
            const lanes on = value[c[k].on];
            const lanes off = value[c[k].off];
            lanes source;

            memcpy(&source, from + (size_t)c[k].source * GROUP, sizeof source);
            value[k + 2] = off ^ (source & (on ^ off));
        }
        memcpy(to + i * GROUP, &value[count + 1], sizeof *value);
    }
}

/* Swaps the off-diagonal squares of side j within squares of side 2 j. */
static inline void swap_squares(uint64_t x[64], unsigned j, uint64_t mask)
{
    for (unsigned first = 0; first < 64; first += 2 * j)
        for (unsigned k = first; k < first + j; k++) {
            const uint64_t swap = (x[k] >> j ^ x[k + j]) & mask;

            x[k] ^= swap << j;
            x[k + j] ^= swap;
        }
}

/* Turns a square of bits over: bit b of word k becomes bit k of word b. */
static inline void transpose(uint64_t x[64])
{
    swap_squares(x, 32, UINT64_C(0x00000000ffffffff));
    swap_squares(x, 16, UINT64_C(0x0000ffff0000ffff));
    swap_squares(x, 8, UINT64_C(0x00ff00ff00ff00ff));
    swap_squares(x, 4, UINT64_C(0x0f0f0f0f0f0f0f0f));
    swap_squares(x, 2, UINT64_C(0x3333333333333333));
    swap_squares(x, 1, UINT64_C(0x5555555555555555));
}

/* Rows first .. of bits, `stride` words apart, to slices, and back. */
LM_VECTORISE static void to_slices(uint64_t *to, const uint64_t *rows,
                                   size_t stride, size_t count, size_t n)
{
    uint64_t square[64];

    for (size_t g = 0; g < GROUP; g++)
        for (size_t u = 0; 64 * u < n; u++) {
            for (size_t b = 0; b < 64; b++)
                square[b] =
                    64 * g + b < count ? rows[(64 * g + b) * stride + u] : 0;
            transpose(square);
            for (size_t k = 0; k < 64 && 64 * u + k < n; k++)
                to[(64 * u + k) * GROUP + g] = square[k];
        }
}

LM_VECTORISE static void to_rows(uint64_t *rows, size_t stride,
                                 const uint64_t *from, size_t count, size_t n)
{
    uint64_t square[64];

    for (size_t g = 0; 64 * g < count; g++)
        for (size_t u = 0; 64 * u < n; u++) {
            for (size_t k = 0; k < 64; k++)
                square[k] = 64 * u + k < n ? from[(64 * u + k) * GROUP + g] : 0;
            transpose(square);
            for (size_t b = 0; b < 64 && 64 * g + b < count; b++)
                rows[(64 * g + b) * stride + u] = square[b];
        }
}

/* The run at hand. */
typedef struct course {
    const lm_slices *slices;
    limen_state *state;
    const limen_input *input;
    uint64_t seed;
    size_t steps;
    uint64_t *raster;
} course;

/* The input row of a group at step t; the bits of the state, too. */
static void draw_inputs(uint64_t *to, const course *r, const uint16_t *bound,
                        const uint8_t *possible, size_t first, size_t count,
                        size_t t)
{
    memset(to, 0, GROUP * sizeof *to);
    for (size_t b = 0; b < count; b++) {
        const uint64_t key = lm_input_key(r->input, first + b);
        const uint32_t draw = lm_block_half(
            lm_draw_block(r->seed, LM_STREAM_INPUT, key, (uint32_t)t, 0), 0);
        const uint64_t fires = possible[b] & (draw <= bound[b]);

        to[b / 64] |= fires << b % 64;
        r->state->layer[0].bits[first + b] = fires;
    }
}

/* When the one input of each row of a group fires (lm_chances). */
static void chances_of(uint16_t *bound, uint8_t *possible, const course *r,
                       size_t first, size_t count)
{
    enum { ROOM = 1 + LM_CHANCES };
    uint16_t bounds[8 * ROOM];
    uint8_t can[ROOM];
    uint8_t likely[ROOM];
    uint32_t block[ROOM];
    uint32_t of_byte[256];
    lm_chances chances = {
        .bound = bounds, .possible = can, .likely = likely, .block = block
    };

    lm_input_levels(of_byte, r->input);
    for (size_t b = 0; b < count; b++) {
        lm_input_chances(&chances, r->input, of_byte, 1, first + b, 0);
        bound[b] = bounds[0];
        possible[b] = chances.count > 0;
    }
}

/* All steps of one group.  room: 2 (n + 1) GROUP words. */
static void run_group(const course *r, uint64_t *room, size_t first,
                      size_t count)
{
    const lm_state_layer *layer = &r->state->layer[1];
    const size_t n = r->slices->n;
    const size_t words = layer->words;
    uint64_t *now = room;
    uint64_t *next = room + (n + 1) * GROUP;
    uint16_t bound[64 * GROUP];
    uint8_t possible[64 * GROUP];

    chances_of(bound, possible, r, first, count);
    to_slices(now, layer->bits + first * words, words, count, n);
    for (size_t t = 0; t < r->steps; t++) {
        uint64_t *swap = now;

        draw_inputs(now + n * GROUP, r, bound, possible, first, count,
                    r->state->steps + t + 1);
        step(next, now, r->slices);
        now = next;
        next = swap;
        if (r->raster != NULL)
            to_rows(r->raster + (first * r->steps + t) * words,
                    r->steps * words, now, count, n);
    }
    to_rows(layer->bits + first * words, words, now, count, n);
}

limen_status lm_slices_run(const lm_slices *slices, limen_state *state,
                           const limen_input *input, size_t steps,
                           uint64_t seed, int threads, uint64_t *raster,
                           limen_error *err)
{
    const size_t copies = 64 * GROUP;
    const size_t groups = (state->samples + copies - 1) / copies;
    const size_t size = 2 * (slices->n + 1) * GROUP;
    const course r = { slices, state, input, seed, steps, raster };

    threads = lm_threads(threads);
    if ((size_t)threads > groups)
        threads = (int)groups;
    uint64_t *room = lm_alloc((size_t)threads, size, sizeof *room);
    if (room == NULL)
        return lm_error_no_memory(err, "slices", size * sizeof *room);
#pragma omp parallel for schedule(static, 1) num_threads(threads)
    for (int part = 0; part < threads; part++)
        for (size_t g = (size_t)part; g < groups; g += (size_t)threads) {
            const size_t left = state->samples - g * copies;

            run_group(&r, room + (size_t)part * size, g * copies,
                      left < copies ? left : copies);
        }
    state->steps += steps;
    lm_free(room);
    return LIMEN_OK;
}
