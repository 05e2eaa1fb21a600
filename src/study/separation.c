/* separation.c -- what a network makes of two different input streams.
 *
 *     total    distance of two runs with independent inputs
 *     direct   the same one step after they shared a state
 *     common   distance of two runs with the same input
 *
 * For independent binary inputs u, v the second is P(u != v) times the distance
 * that a different last input makes from the same state.
 */
#include "base/error.h"
#include "net/image.h"
#include "net/input.h"
#include "net/state.h"
#include "study/twins.h"

enum { ONE, OTHER, DIRECT, COMMON, STATES };

/* The runs, and the differing units of each from ONE, added up. */
typedef struct runs {
    const limen_image *image;
    const limen_input *input;
    limen_state *state[STATES];
    double differ[STATES];
    uint64_t seed;
    int threads;
} runs;

/* ONE and COMMON under one stream, the others under another. */
static limen_status advance(runs *r, size_t which, size_t steps,
                            limen_error *err)
{
    const uint64_t other = which == OTHER || which == DIRECT;

    return limen_run(r->image, r->state[which], r->input, steps, 0,
                     r->seed + other, r->threads, NULL, err);
}

static limen_status step(runs *r, limen_error *err)
{
    limen_status status = LIMEN_OK;

    limen_state_copy(r->state[DIRECT], r->state[ONE]);
    for (size_t k = 0; status == LIMEN_OK && k < STATES; k++)
        status = advance(r, k, 1, err);
    for (size_t k = 0; status == LIMEN_OK && k < STATES; k++)
        for (size_t b = 0; b < r->input->samples; b++)
            r->differ[k] +=
                (double)lm_rows_differ(r->state[ONE], b, r->state[k], b);
    return status;
}

static limen_status begin(runs *r, size_t warm_up, double start,
                          limen_error *err)
{
    const size_t samples = r->input->samples;
    limen_status status = LIMEN_OK;

    for (size_t k = 0; status == LIMEN_OK && k < STATES; k++)
        status = limen_state_new(&r->state[k], r->image, samples, err);
    for (size_t b = 0; status == LIMEN_OK && b < samples; b++) {
        const uint64_t key = lm_input_key(r->input, b);

        lm_state_draw(r->state[ONE], b, start, r->seed, key);
        lm_state_draw(r->state[OTHER], b, start, r->seed + 1, key);
        lm_state_draw(r->state[COMMON], b, start, r->seed + 1, key);
    }
    for (size_t k = 0; status == LIMEN_OK && k < STATES; k++)
        if (k != DIRECT)
            status = advance(r, k, warm_up, err);
    return status;
}

limen_status limen_separation_of(limen_separation *out,
                                 const limen_image *image,
                                 const limen_input *input, size_t warm_up,
                                 size_t steps, double start, uint64_t seed,
                                 int threads, limen_error *err)
{
    runs r = {
        .image = image, .input = input, .seed = seed, .threads = threads
    };
    double count = (double)input->samples * (double)steps;
    size_t units = 0;
    limen_status status = limen_input_check(input, image->layer[0].n, err);

    if (status == LIMEN_OK && (steps == 0 || !(start >= 0.0 && start <= 1.0)))
        status = lm_error_set(err, LIMEN_BAD_VALUE,
                              "separation: %zu steps, start %g: it needs one "
                              "step, and a chance in [0, 1]",
                              steps, start);
    if (status == LIMEN_OK)
        status = begin(&r, warm_up, start, err);
    for (size_t t = 0; status == LIMEN_OK && t < steps; t++)
        status = step(&r, err);
    for (size_t l = 1; l < image->layers; l++)
        units += image->layer[l].n;
    count *= (double)units;
    if (status == LIMEN_OK) {
        out->total = r.differ[OTHER] / count;
        out->direct = r.differ[DIRECT] / count;
        out->common = r.differ[COMMON] / count;
        out->network = out->total - out->direct;
        out->memory = out->network - out->common;
    }
    for (size_t k = 0; k < STATES; k++)
        limen_state_free(r.state[k]);
    return status;
}
