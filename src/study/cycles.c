/* cycles.c -- the cycle that a network with frozen input ends in.
 *
 * Brent's method (1980, BIT 20:176): a saved state is renewed after 1, 2, 4, ..
 * steps; when the run meets it again, the steps since are the cycle.  Memory
 * does not grow with the length of the cycle.
 */
#include "base/error.h"
#include "net/image.h"
#include "net/input.h"
#include "net/state.h"
#include "study/twins.h"

#include <math.h>
#include <string.h>

/* A run, the state that it is compared with, and the frozen input of both. */
typedef struct pair {
    const limen_image *image;
    limen_state *run, *saved;
    limen_input input;
    uint64_t seed;
    int threads;
} pair;

/* Whether a row has the same part of `size` bytes in two arrays, or neither
 * has the array. */
static bool same_part(const void *a, const void *b, size_t row, size_t size)
{
    return a == NULL || memcmp((const char *)a + row * size,
                               (const char *)b + row * size, size) == 0;
}

/* The whole state of a row: bits, and what makes units refractory or adapt. */
static bool same(const pair *p, size_t row)
{
    for (size_t l = 0; l < p->run->layers; l++) {
        const lm_state_layer *a = &p->run->layer[l];
        const lm_state_layer *b = &p->saved->layer[l];

        if (!same_part(a->bits, b->bits, row, a->words * sizeof *a->bits) ||
            !same_part(a->refractory, b->refractory, row,
                       a->n * sizeof *a->refractory) ||
            !same_part(a->adapted, b->adapted, row, a->n * sizeof *a->adapted))
            return false;
    }
    return true;
}

static limen_status pair_new(pair *p, const limen_image *image,
                             const limen_input *input, double start,
                             uint64_t seed, int threads, limen_error *err)
{
    limen_status status;

    *p = (pair){
        .image = image, .input = *input, .seed = seed, .threads = threads
    };
    if (p->input.encoder == LIMEN_STOCHASTIC)
        p->input.encoder = LIMEN_FROZEN;
    status = limen_state_new(&p->run, image, input->samples, err);
    if (status == LIMEN_OK)
        status = limen_state_new(&p->saved, image, input->samples, err);
    for (size_t b = 0; status == LIMEN_OK && b < input->samples; b++)
        lm_state_draw(p->run, b, start, seed, lm_input_key(input, b));
    if (status == LIMEN_OK)
        limen_state_copy(p->saved, p->run);
    return status;
}

static void pair_free(pair *p)
{
    limen_state_free(p->run);
    limen_state_free(p->saved);
}

static limen_status advance(const pair *p, limen_state *state, size_t steps,
                            limen_error *err)
{
    return limen_run(p->image, state, &p->input, steps, 0, p->seed, p->threads,
                     NULL, err);
}

/* length: (samples), 0 where the run met no saved state. */
static limen_status find_lengths(size_t *length, const pair *p, size_t steps,
                                 limen_error *err)
{
    const size_t samples = p->input.samples;
    size_t found = 0;
    size_t since = 0; // steps since a state was saved
    size_t power = 1;

    memset(length, 0, samples * sizeof *length);
    for (size_t t = 1; t <= steps && found < samples; t++) {
        const limen_status status = advance(p, p->run, 1, err);

        if (status != LIMEN_OK)
            return status;
        since++;
        for (size_t b = 0; b < samples; b++)
            if (length[b] == 0 && same(p, b)) {
                length[b] = since;
                found++;
            }
        if (since == power) {
            limen_state_copy(p->saved, p->run);
            power *= 2;
            since = 0;
        }
    }
    return LIMEN_OK;
}

/* Two runs of one sample, one a cycle ahead, first agree where it begins. */
static limen_status find_transient(size_t *transient, const pair *p,
                                   size_t length, limen_error *err)
{
    limen_status status = advance(p, p->run, length, err);

    *transient = 0;
    while (status == LIMEN_OK && !same(p, 0)) {
        status = advance(p, p->run, 1, err);
        if (status == LIMEN_OK)
            status = advance(p, p->saved, 1, err);
        ++*transient;
    }
    return status;
}

/* Sample b of an input, alone. */
static limen_input one_of(const limen_input *input, size_t units, size_t b,
                          uint64_t *key)
{
    limen_input one = *input;

    *key = lm_input_key(input, b);
    one.samples = 1;
    one.keys = key;
    if (input->bytes != NULL)
        one.bytes += b * units;
    else
        one.floats += b * units;
    return one;
}

static limen_status check(const limen_image *image, const limen_input *input,
                          double start, limen_error *err)
{
    const limen_status status =
        limen_input_check(input, image->layer[0].n, err);

    if (status != LIMEN_OK)
        return status;
    if (!(start >= 0.0 && start <= 1.0))
        return lm_error_set(err, LIMEN_BAD_VALUE, "start: %g is not in [0, 1]",
                            start);
    if (input->frames != 1)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "cycles: the input has %zu frames; a frozen one "
                            "has one",
                            input->frames);
    for (size_t l = 1; l < image->layers; l++)
        if (image->layer[l].noise != NULL)
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "cycles: layer %zu has noise and so no cycle; "
                                "turn it off",
                                l);
    return LIMEN_OK;
}

limen_status limen_frozen_cycles(size_t *length, size_t *transient,
                                 const limen_image *image,
                                 const limen_input *input, size_t steps,
                                 double start, uint64_t seed, int threads,
                                 limen_error *err)
{
    pair p;
    limen_status status = check(image, input, start, err);

    if (status != LIMEN_OK)
        return status;
    status = pair_new(&p, image, input, start, seed, threads, err);
    if (status == LIMEN_OK)
        status = find_lengths(length, &p, steps, err);
    pair_free(&p);
    for (size_t b = 0; status == LIMEN_OK && b < input->samples; b++) {
        uint64_t key;
        const limen_input one = one_of(input, image->layer[0].n, b, &key);

        transient[b] = 0;
        if (length[b] == 0)
            continue;
        status = pair_new(&p, image, &one, start, seed, 1, err);
        if (status == LIMEN_OK)
            status = find_transient(&transient[b], &p, length[b], err);
        pair_free(&p);
    }
    return status;
}
