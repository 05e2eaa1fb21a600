/* limits.c -- what each kernel reaches of what this machine can do.
 *
 * The peaks are measured here too, in the same run: loads from L1 and L2, and
 * products of int16 pairs.  Prints a Markdown table.
 */
#include "base/arena.h"
#include "base/rng.h"
#include "kernels/kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SAMPLES = 128, SOURCES = 1024, UNITS = 1024, ROUNDS = 30 };

typedef struct bench {
    const lm_kernels *kernel;
    size_t stride;
    int16_t *w, *sum, *h;
    uint64_t *bits;
    uint16_t *list;
    lm_moves *moves;
    float *e, *unit;
    int32_t *a;
    lm_chances chances;
    size_t rows; /* moved in all */
} bench;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double best_of(void (*run)(bench *at), bench *at)
{
    double best = 1e9;

    for (int k = 0; k < ROUNDS; k++) {
        const double begin = now();

        run(at);
        const double took = now() - begin;
        best = took < best ? took : best;
    }
    return best;
}

/* As net/hear.c does it: 128 sources of 128 units at a time. */
static void move(bench *at)
{
    for (size_t j = 0; j < SOURCES; j += 128)
        for (size_t i = 0; i < UNITS; i += 128)
            at->kernel->rows_move(at->sum + i, at->sum + i, at->stride,
                                  at->w + j * at->stride + i, at->stride,
                                  at->list, at->moves, SAMPLES, 128);
}

static void select_all(bench *at)
{
    at->kernel->rows_select(at->sum, at->stride, at->w, at->stride, at->bits,
                            SOURCES / 64, SAMPLES, SOURCES, UNITS);
}

static void errors(bench *at)
{
    at->kernel->errors_add(at->e, UNITS, at->h, SOURCES, at->unit, at->w,
                           SAMPLES, SOURCES / 2, UNITS);
}

static void draw(bench *at)
{
    for (uint32_t b = 0; b < SAMPLES; b++)
        at->kernel->input_draw(at->bits, &at->chances, 1, b, 1);
}

/* Loads of `bytes` over and over, as rows added to one sum. */
static void load(bench *at, size_t rows)
{
    const lm_moves all = { .on = (uint16_t)rows };

    for (uint16_t k = 0; k < rows; k++)
        at->list[k] = k;
    for (size_t k = 0; k < 64; k++)
        at->kernel->rows_move(at->sum, at->sum, UNITS, at->w, 256, at->list,
                              &all, 1, 256);
}

static void load_l1(bench *at)
{
    load(at, 40); // 20 KiB
}

static void load_l2(bench *at)
{
    load(at, 1000); // 500 KiB
}

static void fill(bench *at)
{
    const size_t stride = UNITS + LM_LANES;

    at->kernel = lm_kernels_best();
    at->stride = stride;
    at->w = lm_alloc(SOURCES + 8, stride, sizeof *at->w);
    at->sum = lm_alloc(SAMPLES, stride, sizeof *at->sum);
    at->h = lm_alloc(SAMPLES, SOURCES, sizeof *at->h);
    at->bits = lm_alloc(SAMPLES, SOURCES / 64, sizeof *at->bits);
    at->list = lm_alloc(SAMPLES + 8, SOURCES, sizeof *at->list);
    at->moves = lm_alloc(SAMPLES, 1, sizeof *at->moves);
    at->e = lm_alloc(SAMPLES, UNITS, sizeof *at->e);
    at->unit = lm_alloc(SAMPLES, 1, sizeof *at->unit);
    at->chances.bound = lm_alloc(128, 8, sizeof(uint16_t));
    at->chances.possible = lm_alloc(128, 1, 1);
    at->chances.block = lm_alloc(128, 1, sizeof(uint32_t));
    if (at->kernel == NULL || at->w == NULL || at->sum == NULL ||
        at->h == NULL || at->bits == NULL || at->list == NULL ||
        at->moves == NULL || at->e == NULL || at->unit == NULL ||
        at->chances.bound == NULL || at->chances.possible == NULL ||
        at->chances.block == NULL) {
        fputs("limits: no memory, or no such backend\n", stderr);
        exit(1);
    }
    for (size_t k = 0; k < SOURCES * stride; k++)
        at->w[k] = (int16_t)(lm_draw(1, 0, 0, 0, (uint32_t)k % 65536) % 64);
    for (size_t k = 0; k < SAMPLES * SOURCES / 64; k++)
        at->bits[k] = lm_draw(2, 0, 0, 0, (uint32_t)k);
    // 98 blocks of eight: 784 pixels
    at->chances.count = 98;
    for (uint32_t k = 0; k < 98; k++) {
        at->chances.block[k] = k;
        at->chances.possible[k] = 0xff;
    }
    // 15 % of 128 sources a sample
    uint32_t listed = 0;
    for (uint32_t b = 0; b < SAMPLES; b++) {
        at->moves[b].first = listed;
        for (uint32_t j = 0; j < 128; j++)
            if (lm_draw(3, 0, b, 0, j) % 100 < 15)
                at->list[listed++] = (uint16_t)j;
        at->moves[b].on = (uint16_t)(listed - at->moves[b].first);
    }
    at->rows = listed;
}

static void print(const char *what, double reached, double limit,
                  const char *unit, const char *of)
{
    printf("| %s | %.1f | %.1f %s | %.0f %% |\n", what, reached, limit, of,
           100.0 * reached / limit);
    (void)unit;
}

int main(void)
{
    static bench at;
    fill(&at);
    const double moved = (double)at.rows * SOURCES / 128 * UNITS / 32;
    const double selected = (double)SAMPLES * SOURCES / 5 * UNITS / 32;
    const double products = (double)SAMPLES * SOURCES * UNITS / 32;

    const double move_rate = 1e-9 * moved / best_of(move, &at);
    const double select_rate = 1e-9 * selected / best_of(select_all, &at);
    const double error_rate = 1e-9 * products / best_of(errors, &at);
    const double draw_time = best_of(draw, &at) / SAMPLES;
    const double l1 = 1e-9 * 64 * 40 * 8 / best_of(load_l1, &at);
    const double l2 = 1e-9 * 64 * 1000 * 8 / best_of(load_l2, &at);

    printf("| kernel (%s) | reached, 10^9 a s | limit | share |\n"
           "|---|---|---|---|\n",
           at.kernel->name);
    print("rows moved, 15 % of 1024 sources, 128 samples (vector additions)",
          move_rate, l1, "", "loads from L1 and additions");
    print("rows selected, 1024 sources, 128 samples (look-ups)", select_rate,
          l1, "", "loads from L1 and additions");
    print("rows from L2 (vector additions)", l2, l1, "",
          "loads from L1 and additions");
    print("errors back, 1024 x 1024, 128 samples (products of 32 pairs)",
          error_rate, 7.9, "", "vpdpwssd, two a cycle");
    printf("\nDrawing 784 inputs takes %.0f ns.\n", 1e9 * draw_time);
    return 0;
}
