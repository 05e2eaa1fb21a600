/* weights_gradient.c -- see weights_gradient.h. */
#include "learn/weights_gradient.h"

#include "base/arena.h"
#include "base/bits.h"
#include "base/vectorise.h"
#include "net/network.h"

#include <math.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#define THREAD_NUMBER omp_get_thread_num()
#else
#define THREAD_NUMBER 0
#endif

enum {
    ROWS = LM_GRADIENT_ROWS,
    WORDS = ROWS / 64,
    TILE = 64,    // units that one task does
    SOURCES = 512 // sources that one task does at a time
};

/* One thread's: rounded errors and the sums they give. */
typedef struct desk {
    int16_t *errors; /* (ROWS, TILE) */
    int16_t *sums;   /* (SOURCES, TILE) */
} desk;

struct lm_gradient_room {
    size_t layers;
    int threads;
    uint64_t **now;    /* [layer] (n, WORDS): bit r of source j */
    uint64_t **before; /* the same of the step before */
    desk *desk;        /* [thread] */
};

void lm_gradient_room_free(lm_gradient_room *room)
{
    if (room == NULL)
        return;
    for (size_t l = 0; l < room->layers; l++) {
        if (room->now != NULL)
            lm_free(room->now[l]);
        if (room->before != NULL)
            lm_free(room->before[l]);
    }
    for (int k = 0; room->desk != NULL && k < room->threads; k++) {
        lm_free(room->desk[k].errors);
        lm_free(room->desk[k].sums);
    }
    lm_free(room->now);
    lm_free(room->before);
    lm_free(room->desk);
    lm_free(room);
}

static bool fill(lm_gradient_room *room, const limen_network *net)
{
    room->now = lm_alloc(net->layers, 1, sizeof *room->now);
    room->before = lm_alloc(net->layers, 1, sizeof *room->before);
    room->desk = lm_alloc((size_t)room->threads, 1, sizeof *room->desk);
    if (room->now == NULL || room->before == NULL || room->desk == NULL)
        return false;
    for (int k = 0; k < room->threads; k++) {
        room->desk[k].errors = lm_alloc(ROWS, TILE, sizeof(int16_t));
        room->desk[k].sums = lm_alloc(SOURCES, TILE, sizeof(int16_t));
        if (room->desk[k].errors == NULL || room->desk[k].sums == NULL)
            return false;
    }
    for (size_t k = 0; k < net->connections; k++) {
        const lm_connection *c = &net->connection[k];
        uint64_t **bits =
            (lm_delivers_before(net, c) ? room->before : room->now) + c->from;

        if (*bits == NULL)
            *bits = lm_alloc(lm_bits_words(c->m) * 64, WORDS, sizeof **bits);
        if (*bits == NULL)
            return false;
    }
    return true;
}

lm_gradient_room *lm_gradient_room_new(const limen_network *net, int threads)
{
    lm_gradient_room *room = lm_alloc(1, 1, sizeof *room);

    if (room == NULL)
        return NULL;
    *room = (lm_gradient_room){ .layers = net->layers, .threads = threads };
    if (!fill(room, net)) {
        lm_gradient_room_free(room);
        return NULL;
    }
    return room;
}

/* Bit c of word r becomes bit r of word c (Warren, Hacker's Delight, 7-3). */
static void transpose64(uint64_t x[64])
{
    uint64_t mask = 0x00000000ffffffff;

    for (unsigned j = 32; j != 0; j >>= 1, mask ^= mask << j)
        for (unsigned k = 0; k < 64; k = ((k | j) + 1) & ~j) {
            const uint64_t t = ((x[k] >> j) ^ x[k | j]) & mask;

            x[k] ^= t << j;
            x[k | j] ^= t;
        }
}

/* to: (64 words, WORDS) from rows of `words` words; missing rows are zero. */
static void transpose_bits(uint64_t *to, const uint64_t *rows, size_t count,
                           size_t words)
{
    uint64_t x[64];

    for (size_t j = 0; j < words; j++)
        for (size_t r = 0; r < WORDS; r++) {
            for (size_t k = 0; k < 64; k++)
                x[k] = 64 * r + k < count ? rows[(64 * r + k) * words + j] : 0;
            transpose64(x);
            for (size_t k = 0; k < 64; k++)
                to[(64 * j + k) * WORDS + r] = x[k];
        }
}

/* The largest power of two at which `count` rounded numbers of this sum of
 * sizes cannot sum beyond int16. */
static float power_for(float size, size_t count)
{
    int exponent;

    if (!(size > 0.0F))
        return 0.0F;
    // rounding adds at most 1/2 a number; 1 is for the float sum's own error
    frexpf((32766.0F - 0.5F * (float)count) / size, &exponent);
    exponent = exponent - 1 < 100 ? exponent - 1 : 100;
    return exponent < -100 ? 0.0F : ldexpf(1.0F, exponent);
}

LM_VECTORISE static void sum_sizes(float *size, float *sum, const float *g,
                                   size_t stride, size_t rows, size_t units)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < units; i++) {
            size[i] += fabsf(g[r * stride + i]);
            sum[i] += g[r * stride + i];
        }
}

/* rint by adding 1.5 2^23, ties to even. */
LM_VECTORISE static void round_rows(int16_t *to, const float *g, size_t stride,
                                    const float *power, size_t rows,
                                    size_t units)
{
    const float whole = 12582912.0F;

    for (size_t r = 0; r < rows; r++) {
        for (size_t i = 0; i < units; i++) {
            const float x = g[r * stride + i] * power[i];

            to[r * TILE + i] = (int16_t)(int32_t)((x + whole) - whole);
        }
        for (size_t i = units; i < TILE; i++)
            to[r * TILE + i] = 0;
    }
}

/* The units of one tile, over one block of rows. */
typedef struct task {
    float *gradient;
    const limen_network *net;
    const lm_parameters *parameters;
    const lm_kernels *kernel;
    const lm_gradient_room *room;
    const lm_window *window;
    size_t first_row, rows;
    size_t layer, first, units;
} task;

static void add_sparse(const task *at, size_t k, const float *g)
{
    const lm_connection *c = &at->net->connection[k];
    const bool is_before = lm_delivers_before(at->net, c);
    const uint64_t *bits =
        (is_before ? at->room->before : at->room->now)[c->from];
    float *d = at->gradient + lm_offset_of_weights(at->parameters, k);

    for (size_t i = at->first; i < at->first + at->units; i++)
        for (uint64_t e = c->row_start[i]; e < c->row_start[i + 1]; e++)
            for (size_t w = 0; w < WORDS; w++)
                for (uint64_t word = bits[c->source[e] * WORDS + w]; word != 0;
                     word &= word - 1) {
                    const size_t r = 64 * w + (size_t)__builtin_ctzll(word);

                    d[e] += g[r * c->n + i - at->first];
                }
}

static void add_dense(const task *at, size_t k, const desk *own,
                      const float *unit)
{
    const lm_connection *c = &at->net->connection[k];
    const bool is_before = lm_delivers_before(at->net, c);
    const uint64_t *bits =
        (is_before ? at->room->before : at->room->now)[c->from];
    float *d = at->gradient + lm_offset_of_weights(at->parameters, k) +
               at->first * c->m;

    for (size_t j = 0; j < c->m; j += SOURCES) {
        const size_t count = c->m - j < SOURCES ? c->m - j : SOURCES;

        at->kernel->rows_select(own->sums, TILE, own->errors, TILE,
                                bits + j * WORDS, WORDS, count, at->rows,
                                at->units);
        at->kernel->columns_add(d + j, c->m, own->sums, TILE, unit, count,
                                at->units);
    }
}

static void run_task(const task *at, const desk *own)
{
    const size_t n = at->net->units[at->layer];
    const float *g = at->window->g[at->layer] + at->first_row * n + at->first;
    float size[TILE] = { 0 };
    float sum[TILE] = { 0 };
    float power[TILE];
    float unit[TILE] = { 0 };
    float *theta = at->gradient +
                   lm_offset_of_theta(at->parameters, at->net, at->layer) +
                   at->first;

    sum_sizes(size, sum, g, n, at->rows, at->units);
    for (size_t i = 0; i < at->units; i++) {
        theta[i] -= sum[i];
        power[i] = power_for(size[i], at->rows);
        unit[i] = power[i] == 0.0F ? 0.0F : 1.0F / power[i];
    }
    round_rows(own->errors, g, n, power, at->rows, at->units);
    for (size_t k = 0; k < at->net->connections; k++) {
        if (at->net->connection[k].to != at->layer)
            continue;
        if (at->net->connection[k].is_sparse)
            add_sparse(at, k, g);
        else
            add_dense(at, k, own, unit);
    }
}

/* The t-th task of a block; false past the last. */
static bool find_task(task *at, size_t number)
{
    for (size_t l = 1; l < at->net->layers; l++) {
        const size_t n = at->net->units[l];
        const size_t tiles = (n + TILE - 1) / TILE;

        if (number < tiles) {
            at->layer = l;
            at->first = number * TILE;
            at->units = n - at->first < TILE ? n - at->first : TILE;
            return true;
        }
        number -= tiles;
    }
    return false;
}

static void transpose_block(const lm_gradient_room *room,
                            const lm_window *window, const limen_network *net,
                            size_t first, size_t rows)
{
#pragma omp parallel for schedule(dynamic) num_threads(room->threads)
    for (size_t number = 0; number < 2 * net->layers; number++) {
        const size_t l = number / 2;
        const size_t words = lm_bits_words(net->units[l]);
        uint64_t *to = (number % 2 ? room->before : room->now)[l];
        // the window's bits begin one step early
        const size_t row = first + (number % 2 ? 0 : window->samples);

        if (to != NULL)
            transpose_bits(to, window->bits[l] + row * words, rows, words);
    }
}

void lm_weights_gradient(float *gradient, const lm_window *window,
                         const limen_network *net,
                         const lm_parameters *parameters,
                         const lm_kernels *kernel, lm_gradient_room *room)
{
    const size_t all = window->steps * window->samples;
    size_t tasks = 0;

    for (size_t l = 1; l < net->layers; l++)
        tasks += (net->units[l] + TILE - 1) / TILE;
    for (size_t first = 0; first < all; first += ROWS) {
        const size_t rows = all - first < ROWS ? all - first : ROWS;

        transpose_block(room, window, net, first, rows);
#pragma omp parallel for schedule(dynamic) num_threads(room->threads)
        for (size_t number = 0; number < tasks; number++) {
            task at = { .gradient = gradient,
                        .net = net,
                        .parameters = parameters,
                        .kernel = kernel,
                        .room = room,
                        .window = window,
                        .first_row = first,
                        .rows = rows };

            if (find_task(&at, number))
                run_task(&at, &room->desk[THREAD_NUMBER]);
        }
    }
}
