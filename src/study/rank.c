/* rank.c -- how many directions states span: kernel and generalisation rank.
 *
 * Legenstein & Maass 2007, Neural Networks 20:323-334.
 */
#include "base/arena.h"
#include "base/bits.h"
#include "base/error.h"
#include "net/image.h"
#include "net/input.h"
#include "net/state.h"
#include "study/twins.h"

#include <lapacke.h>
#include <limits.h>
#include <math.h>
#include <string.h>

/* The singular values of a copy that is used up, descending. */
static limen_status singular_values(double *values, double *copy, size_t rows,
                                    size_t cols, limen_error *err)
{
    const lapack_int info =
        LAPACKE_dgesdd(LAPACK_ROW_MAJOR, 'N', (lapack_int)rows,
                       (lapack_int)cols, copy, (lapack_int)cols, values, NULL,
                       (lapack_int)rows, NULL, (lapack_int)cols);

    if (info == LAPACK_WORK_MEMORY_ERROR ||
        info == LAPACK_TRANSPOSE_MEMORY_ERROR)
        return lm_error_no_memory(err, "a rank", rows * cols * sizeof *copy);
    if (info != 0)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "rank: the singular values of %zu x %zu numbers "
                            "did not converge",
                            rows, cols);
    return LIMEN_OK;
}

limen_status limen_rank(size_t *rank, const double *matrix, size_t rows,
                        size_t cols, double tolerance, limen_error *err)
{
    const size_t least = rows < cols ? rows : cols;
    size_t count = 0;

    if (rows == 0 || cols == 0 || rows > INT_MAX || cols > INT_MAX)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "rank: %zu x %zu numbers are none or too many",
                            rows, cols);
    for (size_t k = 0; k < rows * cols; k++)
        if (!isfinite(matrix[k]))
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "rank: row %zu, column %zu is not finite",
                                k / cols, k % cols);
    double *copy = lm_alloc(rows, cols, sizeof *copy);
    double *values = lm_alloc(least, 1, sizeof *values);
    limen_status status = LIMEN_OK;
    if (copy == NULL || values == NULL) {
        status = lm_error_no_memory(err, "a rank", rows * cols * sizeof *copy);
    } else {
        memcpy(copy, matrix, rows * cols * sizeof *copy);
        status = singular_values(values, copy, rows, cols, err);
    }
    while (status == LIMEN_OK && count < least &&
           values[count] > tolerance * values[0])
        count++;
    if (status == LIMEN_OK)
        *rank = count;
    lm_free(copy);
    lm_free(values);
    return status;
}

/* Row b of the matrix: all units of sample b but the input's, as +-1. */
static void write_states(double *matrix, limen_state *state, size_t units)
{
    for (size_t b = 0; b < state->samples; b++) {
        double *row = matrix + b * units;

        for (size_t l = 1; l < state->layers; l++) {
            const uint64_t *bits = limen_state_bits(state, l, b);

            for (size_t i = 0; i < state->layer[l].n; i++)
                *row++ = lm_bits_get(bits, i) ? 1.0 : -1.0;
        }
    }
}

/* What both ranks take. */
typedef struct ranking {
    const limen_image *image;
    const limen_input *input;
    limen_state *state;
    double *matrix; /* (samples, units) */
    uint64_t *keys; /* (samples) the first sample's */
    size_t units;
    double start;
    uint64_t seed;
    int threads;
} ranking;

static limen_status ranking_new(ranking *r, limen_error *err)
{
    const size_t samples = r->input->samples;

    for (size_t l = 1; l < r->image->layers; l++)
        r->units += r->image->layer[l].n;
    r->matrix = lm_alloc(samples, r->units, sizeof *r->matrix);
    r->keys = lm_alloc(samples, 1, sizeof *r->keys);
    if (r->matrix == NULL || r->keys == NULL)
        return lm_error_no_memory(err, "a matrix of states",
                                  samples * r->units * sizeof *r->matrix);
    for (size_t b = 0; b < samples; b++)
        r->keys[b] = lm_input_key(r->input, 0);
    return limen_state_new(&r->state, r->image, samples, err);
}

static void ranking_free(ranking *r)
{
    limen_state_free(r->state);
    lm_free(r->matrix);
    lm_free(r->keys);
}

/* From one drawn state: `own` steps with keys of their own, then `shared` with
 * the key of the first sample. */
static limen_status rank_after(size_t *rank, const ranking *r, size_t own,
                               size_t shared, limen_error *err)
{
    const double tolerance = 1e-10;
    limen_input common = *r->input;
    limen_status status;

    common.keys = r->keys;
    limen_state_reset(r->state);
    for (size_t b = 0; b < common.samples; b++)
        lm_state_draw(r->state, b, r->start, r->seed, r->keys[0]);
    status = limen_run(r->image, r->state, r->input, own, 0, r->seed,
                       r->threads, NULL, err);
    if (status == LIMEN_OK)
        status = limen_run(r->image, r->state, &common, shared, 0, r->seed,
                           r->threads, NULL, err);
    if (status != LIMEN_OK)
        return status;
    write_states(r->matrix, r->state, r->units);
    return limen_rank(rank, r->matrix, common.samples, r->units, tolerance,
                      err);
}

limen_status limen_kernel_ranks(size_t *kernel, size_t *generalisation,
                                const limen_image *image,
                                const limen_input *input, size_t steps,
                                size_t shared, double start, uint64_t seed,
                                int threads, limen_error *err)
{
    ranking r = { .image = image,
                  .input = input,
                  .start = start,
                  .seed = seed,
                  .threads = threads };
    size_t rank[2] = { 0, 0 };
    limen_status status = limen_input_check(input, image->layer[0].n, err);

    if (status != LIMEN_OK)
        return status;
    if (steps == 0 || shared > steps || !(start >= 0.0 && start <= 1.0))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "ranks: %zu steps, the last %zu shared, start %g: "
                            "take at least one step, no more shared, and a "
                            "chance in [0, 1]",
                            steps, shared, start);
    status = ranking_new(&r, err);
    if (status == LIMEN_OK)
        status = rank_after(&rank[0], &r, steps, 0, err);
    if (status == LIMEN_OK)
        status = rank_after(&rank[1], &r, steps - shared, shared, err);
    if (status == LIMEN_OK) {
        *kernel = rank[0];
        *generalisation = rank[1];
    }
    ranking_free(&r);
    return status;
}
