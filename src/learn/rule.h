/* rule.h -- what a learning rule is to the trainer: one file a rule.
 *
 * The trainer runs a batch forward in chunks of samples that threads share,
 * then the loss of the whole batch, then asks the rule for the gradient.
 */
#ifndef LM_RULE_H
#define LM_RULE_H

#include "learn/parameters.h"
#include "learn/settings.h"
#include "net/run.h"

/* One batch on its way through the network. */
typedef struct lm_batch {
    const limen_network *net;
    const limen_image *image;
    const lm_parameters *parameters;
    const lm_kernels *kernel;
    const lm_workspaces *spaces;
    size_t room;    /* samples of a full batch */
    size_t samples; /* of this one */
    size_t steps, burn_in;
    size_t steps_most; /* of any epoch */
    uint64_t seed;
    limen_input input;
    limen_state *state;
    uint32_t **counts; /* [layer] (room, n) spikes after the burn-in */

    /* What the loss is of: counts of the output and the steps they are of.
     * A rule may put other counts here in its _new. */
    const uint32_t *answer; /* (room, n_L) */
    bool answer_is_odd;     /* of odd steps only */

    /* Set between forward and backward: dL/dr of the output, and, if there is
     * a rate penalty, its derivative with respect to each spike of a unit. */
    float *error; /* (room, n_L) */
    float **pull; /* [layer] (n), NULL for none */
} lm_batch;

typedef struct lm_rule {
    const char *name;

    /* *self is NULL on failure. */
    limen_status (*new)(void **self, lm_batch *batch,
                        const limen_settings *settings, int threads,
                        limen_error *err);
    void (*free)(void *self);

    /* Before a batch, in one thread; may be NULL. */
    void (*begin)(void *self, const lm_batch *batch);

    /* Runs the samples of a chunk from rest, and counts their spikes. */
    void (*forward)(void *self, const lm_batch *batch, lm_workspace *space,
                    const lm_chunk *chunk);

    /* The gradient of the whole batch; gradient: (parameters), zeros. */
    void (*backward)(void *self, const lm_batch *batch, float *gradient);

    /* After a batch, in one thread; may be NULL. */
    void (*finish)(void *self, const lm_batch *batch);

    /* State that outlives a batch, for checkpoints: *count doubles; NULL if
     * there is none. */
    double *(*memory)(void *self, size_t *count);
} lm_rule;

extern const lm_rule lm_rule_bptt;
extern const lm_rule lm_rule_rate;

/* The k-th chunk of `size` samples. */
static inline lm_chunk lm_batch_chunk(const lm_batch *batch, size_t k,
                                      size_t size)
{
    const size_t first = k * size;
    const size_t left = batch->samples - first;

    return (lm_chunk){ .state = batch->state,
                       .input = &batch->input,
                       .first = first,
                       .count = left < size ? left : size,
                       .seed = batch->seed };
}

static inline size_t lm_batch_chunks(const lm_batch *batch, size_t size)
{
    return (batch->samples + size - 1) / size;
}

/* Adds the spikes of step t of a chunk to batch->counts. */
void lm_batch_count(const lm_batch *batch, const lm_chunk *chunk, size_t t);

/* How many steps of a run the loss is of: those after the burn-in, or the odd
 * ones among them. */
static inline size_t lm_batch_answer_steps(const lm_batch *batch)
{
    return batch->answer_is_odd
               ? (batch->steps + 1) / 2 - (batch->burn_in + 1) / 2
               : batch->steps - batch->burn_in;
}

#endif
