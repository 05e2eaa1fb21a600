/* separation.c -- what a network makes of two different input streams.
 *
 *     total    distance of two runs with independent inputs
 *     direct   the same one step after they shared a state
 *
 * For independent binary inputs u, v the second is P(u != v) times the distance
 * that a different last input makes from the same state.
 */
#include "base/error.h"
#include "net/image.h"
#include "net/input.h"
#include "net/state.h"
#include "study/twins.h"

enum { ONE, OTHER, DIRECT, STATES };

static limen_status step(limen_state *const *state, const limen_image *image,
                         const limen_input *input, uint64_t seed, int threads,
                         limen_error *err)
{
    limen_status status;

    limen_state_copy(state[DIRECT], state[ONE]);
    status =
        limen_run(image, state[ONE], input, 1, 0, seed, threads, NULL, err);
    if (status == LIMEN_OK)
        status = limen_run(image, state[OTHER], input, 1, 0, seed + 1, threads,
                           NULL, err);
    if (status == LIMEN_OK)
        status = limen_run(image, state[DIRECT], input, 1, 0, seed + 1, threads,
                           NULL, err);
    return status;
}

/* Adds up the differing units of all steps. */
static limen_status measure(limen_separation *sums, limen_state *const *state,
                            const limen_image *image, const limen_input *input,
                            size_t steps, uint64_t seed, int threads,
                            limen_error *err)
{
    limen_status status = LIMEN_OK;

    for (size_t t = 0; status == LIMEN_OK && t < steps; t++) {
        status = step(state, image, input, seed, threads, err);
        for (size_t b = 0; status == LIMEN_OK && b < input->samples; b++) {
            sums->total +=
                (double)lm_rows_differ(state[ONE], b, state[OTHER], b);
            sums->direct +=
                (double)lm_rows_differ(state[ONE], b, state[DIRECT], b);
        }
    }
    return status;
}

limen_status limen_separation_of(limen_separation *out,
                                 const limen_image *image,
                                 const limen_input *input, size_t warm_up,
                                 size_t steps, double start, uint64_t seed,
                                 int threads, limen_error *err)
{
    limen_state *state[STATES] = { NULL, NULL, NULL };
    limen_separation sums = { 0.0, 0.0, 0.0 };
    double count = (double)input->samples * (double)steps;
    size_t units = 0;
    limen_status status = limen_input_check(input, image->layer[0].n, err);

    if (status == LIMEN_OK && (steps == 0 || !(start >= 0.0 && start <= 1.0)))
        status = lm_error_set(err, LIMEN_BAD_VALUE,
                              "separation: %zu steps, start %g: it needs one "
                              "step, and a chance in [0, 1]",
                              steps, start);
    for (int k = 0; status == LIMEN_OK && k < STATES; k++)
        status = limen_state_new(&state[k], image, input->samples, err);
    for (size_t b = 0; status == LIMEN_OK && b < input->samples; b++) {
        const uint64_t key = lm_input_key(input, b);

        lm_state_draw(state[ONE], b, start, seed, key);
        lm_state_draw(state[OTHER], b, start, seed + 1, key);
    }
    if (status == LIMEN_OK)
        status = limen_run(image, state[ONE], input, warm_up, 0, seed, threads,
                           NULL, err);
    if (status == LIMEN_OK)
        status = limen_run(image, state[OTHER], input, warm_up, 0, seed + 1,
                           threads, NULL, err);
    if (status == LIMEN_OK)
        status = measure(&sums, state, image, input, steps, seed, threads, err);
    for (size_t l = 1; l < image->layers; l++)
        units += image->layer[l].n;
    count *= (double)units;
    if (status == LIMEN_OK)
        *out =
            (limen_separation){ .total = sums.total / count,
                                .direct = sums.direct / count,
                                .network = (sums.total - sums.direct) / count };
    for (int k = 0; k < STATES; k++)
        limen_state_free(state[k]);
    return status;
}
