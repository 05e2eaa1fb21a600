/* run.h -- running with room that is kept between runs. */
#ifndef LM_RUN_H
#define LM_RUN_H

#include "net/step.h"

/* One workspace a thread, for chunks of `chunk` samples. */
typedef struct lm_workspaces {
    int threads;
    int asked; /* the number that threads came from */
    size_t chunk;
    lm_workspace **space; /* (threads) */
} lm_workspaces;

/* For runs of up to `samples` samples; empty on failure. */
limen_status lm_workspaces_new(lm_workspaces *out, const limen_image *image,
                               size_t samples, int threads, limen_error *err);
void lm_workspaces_free(lm_workspaces *spaces);

/* limen_run without its checks. */
void lm_run_spaces(const limen_image *image, const lm_workspaces *spaces,
                   limen_state *state, const limen_input *input, size_t steps,
                   size_t burn_in, uint64_t seed, const limen_record *record);

#endif
