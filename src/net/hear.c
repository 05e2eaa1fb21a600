/* hear.c -- sums of the weights of active sources, in one of three ways.
 *
 *     moves    a sum of the step before, plus the rows of sources that began
 *              to fire, minus those of sources that stopped: few when states
 *              settle, and no more than
 *     events   the rows of all active sources
 *     look-up  tables of partial sums (kernel->rows_select): the cost does not
 *              depend on activity, but needs many samples at once
 *
 * Sums are integers, so all give the same bits; which is taken is a matter of
 * time only (docs/performance.md).
 */
#include "net/hear.h"

#include "base/bits.h"
#include "base/vectorise.h"

#include <string.h>

/* One block of sources of one dense connection, for a chunk. */
typedef struct block {
    const lm_image_connection *c;
    const lm_heard *heard;
    const uint64_t *s;           /* (count, words of m) what is delivered */
    size_t number, first, words; /* of the block; words before it, and in it */
    size_t count;                /* samples */
} block;

static block block_of(const lm_image_connection *c, const lm_heard *heard,
                      const uint64_t *s, size_t number, size_t count)
{
    enum { WORDS = LM_SOURCE_BLOCK / 64 };
    const size_t first = number * WORDS;
    const size_t left = lm_bits_words(c->m) - first;

    return (block){ .c = c,
                    .heard = heard,
                    .s = s,
                    .number = number,
                    .first = first,
                    .words = left < WORDS ? left : WORDS,
                    .count = count };
}

static const uint64_t *delivered(const block *at, size_t b)
{
    return at->s + b * lm_bits_words(at->c->m) + at->first;
}

static uint64_t *kept_bits(const block *at, size_t b)
{
    return at->heard->bits + b * lm_bits_words(at->c->m) + at->first;
}

static int16_t *sums_of(const block *at, int16_t *sums, size_t b)
{
    return sums + (b * at->heard->blocks + at->number) * at->c->stride;
}

/* The bits set in s, and those in which kept differs. */
LM_VECTORISE static void count_bits(size_t *active, size_t *changed,
                                    const uint64_t *s, const uint64_t *kept,
                                    size_t words)
{
    size_t a = 0;
    size_t c = 0;

    for (size_t k = 0; k < words; k++) {
        a += (size_t)__builtin_popcountll(s[k]);
        c += (size_t)__builtin_popcountll(s[k] ^ kept[k]);
    }
    *active = a;
    *changed = c;
}

/* Whether a sample starts from zero; adds its rows to *rows. */
static bool is_fresh(const block *at, size_t b, size_t *rows)
{
    size_t active;
    size_t changed;

    count_bits(&active, &changed, delivered(at, b), kept_bits(at, b),
               at->words);
    *rows += active <= changed ? active : changed;
    return active <= changed;
}

/* Lists what a sample moves in words first .. first + words - 1 of a block,
 * from place `at_list` of the list on; returns how much. */
static size_t list_moves(const block *at, size_t b, size_t first, size_t words,
                         bool is_fresh, lm_workspace *space, size_t at_list,
                         const lm_kernels *kernel)
{
    const uint64_t *s = delivered(at, b) + first;
    const uint64_t *kept = kept_bits(at, b) + first;
    lm_moves *moves = &space->moves[b];
    uint16_t *list = space->list + at_list;
    uint64_t on[LM_SOURCE_BLOCK / 64];
    uint64_t off[LM_SOURCE_BLOCK / 64];

    moves->first = (uint32_t)at_list;
    for (size_t k = 0; k < words; k++) {
        on[k] = is_fresh ? s[k] : s[k] & ~kept[k];
        off[k] = is_fresh ? 0 : kept[k] & ~s[k];
    }
    moves->on = (uint16_t)kernel->bits_list(list, on, words);
    moves->off = 0;
    if (!is_fresh)
        moves->off = (uint16_t)kernel->bits_list(list + moves->on, off, words);
    return (size_t)moves->on + moves->off;
}

/* A look-up costs a table of 32 sums and one addition a sample for five
 * sources; a row costs a little more than an addition, for it comes from L2. */
static bool is_lookup(const block *at, size_t sources, size_t rows)
{
    return at->count >= 16 && sources * (at->count + 34) / 5 < rows * 6 / 5;
}

/* Moves the rows of a part of a block.  fresh: (count) who starts from zero;
 * only the first part does so, the others go on from there. */
static void move_part(const block *at, lm_workspace *space, const bool *fresh,
                      size_t first, size_t words, size_t tile,
                      const lm_kernels *kernel)
{
    const lm_image_connection *c = at->c;
    const size_t stride = at->heard->blocks * c->stride;
    const int16_t *w = c->w + 64 * (at->first + first) * c->stride;
    int16_t *now = sums_of(at, at->heard->now, 0);
    const int16_t *from = first == 0 ? sums_of(at, at->heard->kept, 0) : now;
    size_t listed = 0;

    for (size_t b = 0; b < at->count; b++) {
        listed +=
            list_moves(at, b, first, words, fresh[b], space, listed, kernel);
        space->moves[b].is_fresh = first == 0 && fresh[b];
    }
    for (size_t i = 0; i < c->n; i += tile)
        kernel->rows_move(now + i, from + i, stride, w + i, c->stride,
                          space->list, space->moves, at->count,
                          c->n - i < tile ? c->n - i : tile);
}

static void hear_block(const block *at, lm_workspace *space,
                       const lm_kernels *kernel)
{
    // of many samples and units, 128 sources of 128 units: 32 KiB, within L1
    enum { PART = 2, TILE = 128, MANY = 16, WIDE = 512 };
    const lm_image_connection *c = at->c;
    const size_t left = c->m - 64 * at->first;
    const size_t sources = left < LM_SOURCE_BLOCK ? left : LM_SOURCE_BLOCK;
    const bool is_tiled = at->count >= MANY && c->n >= WIDE;
    const size_t part = is_tiled ? PART : at->words;
    bool fresh[LM_CHUNK] = { false };
    size_t rows = 0;

    for (size_t b = 0; b < at->count; b++)
        fresh[b] = is_fresh(at, b, &rows);
    if (is_lookup(at, sources, rows)) {
        kernel->rows_select(
            sums_of(at, at->heard->now, 0), at->heard->blocks * c->stride,
            c->w + 64 * at->first * c->stride, c->stride, delivered(at, 0),
            lm_bits_words(c->m), at->count, sources, c->n);
        return;
    }
    for (size_t first = 0; first < at->words; first += part)
        move_part(at, space, fresh, first,
                  at->words - first < part ? at->words - first : part,
                  is_tiled ? TILE : c->n, kernel);
}

/* now = sums over s; and, unless the kept ones stay, kept = now. */
static void hear_dense(const limen_image *image, lm_workspace *space,
                       const lm_heard *heard, const lm_image_connection *c,
                       const uint64_t *s, size_t count)
{
    for (size_t number = 0; number < heard->blocks; number++) {
        const block at = block_of(c, heard, s, number, count);

        hear_block(&at, space, image->kernel);
    }
    if (heard->now == heard->kept)
        memcpy(heard->bits, s, count * lm_bits_words(c->m) * sizeof *s);
}

/* Every active source adds its entries. */
static void hear_entries(int32_t *a, const lm_image_connection *c,
                         const uint64_t *s)
{
    for (size_t k = 0; k < lm_bits_words(c->m); k++)
        for (uint64_t word = s[k]; word != 0; word &= word - 1) {
            const size_t j = 64 * k + (size_t)__builtin_ctzll(word);

            for (uint64_t e = c->col_start[j]; e < c->col_start[j + 1]; e++)
                a[c->target[e]] += c->w[e];
        }
}

static inline void add_packed(int32_t *a, const uint32_t *packed, size_t count)
{
#pragma GCC unroll 8
    for (size_t k = 0; k < count; k++)
        a[packed[k] & 0xffff] += (int32_t)packed[k] >> 16;
}

/* The same with entries gathered first: a source has few, and one long loop is
 * foreseen where many short ones are not. */
static void hear_packed(int32_t *a, const lm_image_connection *c,
                        const uint64_t *s, const lm_kernels *kernel)
{
    enum { ROOM = 2048, FEW = 256, STEP = LM_PACKED_MORE };
    uint16_t list[LM_SOURCE_BLOCK + LM_LANES];
    uint32_t entry[ROOM + FEW + STEP];
    const size_t words = lm_bits_words(c->m);
    size_t count = 0;

    for (size_t k = 0; k < words; k += LM_SOURCE_BLOCK / 64) {
        const size_t left = words - k;
        const uint64_t *first = c->col_start + 64 * k;
        const size_t active = kernel->bits_list(
            list, s + k,
            left < LM_SOURCE_BLOCK / 64 ? left : LM_SOURCE_BLOCK / 64);

        for (size_t x = 0; x < active; x++) {
            const uint64_t start = first[list[x]];
            const size_t more = (size_t)(first[list[x] + 1] - start);
            const uint32_t *packed = c->packed + start;

            if (more > FEW) {
                add_packed(a, packed, more);
                continue;
            }
            for (size_t y = 0; y < more; y += STEP)
                memcpy(entry + count + y, packed + y, STEP * sizeof *entry);
            count += more;
            if (count > ROOM) {
                add_packed(a, entry, count);
                count = 0;
            }
        }
    }
    add_packed(a, entry, count);
}

/* Looking at all slots costs a little for each table that a slot's sources lie
 * in, of which there are about half; adding an active source's entry costs
 * two cycles or so (docs/performance.md). */
static bool is_slots(const lm_image_connection *c, const uint64_t *s,
                     const lm_kernels *kernel)
{
    const size_t words = lm_bits_words(c->m);

    if (kernel->slots_add == NULL || c->slots.groups == 0)
        return false;
    const size_t slots = c->slots.first[c->slots.groups];
    const size_t share = c->entries / c->m + 1; // of a source
    return slots * (8 + words / 32) < 2 * share * lm_bits_count(s, words);
}

static void hear_sparse(lm_workspace *space, const lm_image_connection *c,
                        const uint64_t *s, size_t stride, size_t count,
                        const lm_kernels *kernel)
{
    const size_t words = lm_bits_words(c->m);

    for (size_t b = 0; b < count; b++) {
        int32_t *a = space->a + b * stride;
        const uint64_t *own = s + b * words;

        if (is_slots(c, own, kernel))
            kernel->slots_add(a, &c->slots, own, words);
        else if (c->packed != NULL)
            hear_packed(a, c, own, kernel);
        else
            hear_entries(a, c, own);
    }
}

static void add_sums(const limen_image *image, lm_workspace *space,
                     const lm_heard *heard, const lm_image_connection *c,
                     size_t stride, size_t count)
{
    for (size_t b = 0; b < count; b++)
        for (size_t k = 0; k < heard->blocks; k++)
            image->kernel->sums_add(
                space->a + b * stride,
                heard->now + (b * heard->blocks + k) * c->stride, c->n);
}

LM_VECTORISE static void negate(int32_t *to, const int32_t *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = -from[i];
}

void lm_hear(const limen_image *image, lm_workspace *space,
             const lm_chunk *chunk, size_t l)
{
    const lm_image_layer *layer = &image->layer[l];
    const size_t stride = lm_padded(layer->n);

    for (size_t b = 0; b < chunk->count; b++)
        negate(space->a + b * stride, layer->theta, layer->n);
    for (size_t k = 0; k < image->connections; k++) {
        const lm_image_connection *c = &image->connection[k];
        const lm_heard *heard = &space->heard[k];

        if (c->to != l)
            continue;
        const uint64_t *s = c->is_before ? space->before[c->from]
                                         : lm_chunk_bits(chunk, c->from);
        if (c->is_sparse) {
            hear_sparse(space, c, s, stride, chunk->count, image->kernel);
        } else {
            hear_dense(image, space, heard, c, s, chunk->count);
            add_sums(image, space, heard, c, stride, chunk->count);
        }
    }
}

void lm_hear_around(const limen_image *image, lm_workspace *space,
                    const lm_chunk *chunk)
{
    for (size_t k = 0; k < image->connections; k++) {
        const lm_image_connection *c = &image->connection[k];
        lm_heard *heard = &space->heard[k];

        if (c->from != 0 || c->is_sparse)
            continue;
        memset(heard->bits, 0,
               chunk->count * lm_bits_words(c->m) * sizeof *heard->bits);
        heard->now = heard->kept;
        hear_dense(image, space, heard, c, lm_chunk_bits(chunk, 0),
                   chunk->count);
        heard->now = heard->apart;
    }
}
