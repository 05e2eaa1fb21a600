/* step.h -- one step of some samples. */
#ifndef LM_STEP_H
#define LM_STEP_H

#include "net/image.h"
#include "net/state.h"

enum { LM_CHUNK = 32 }; // samples stepped together: the unit of work

/* Sees a_l(t) of every layer before it is compared with 0. */
typedef struct lm_observer {
    void (*layer)(void *self, size_t l, const int32_t *a, size_t stride,
                  size_t samples);
    void *self;
} lm_observer;

/* Samples first .. first + count - 1 of a run; count <= LM_CHUNK. */
typedef struct lm_chunk {
    limen_state *state;
    const limen_input *input;
    size_t first, count;
    uint64_t seed;
    lm_observer observer; /* layer NULL: none */
} lm_chunk;

/* Room for stepping one chunk: one a thread. */
typedef struct lm_workspace {
    uint64_t **before;    /* [layer] (LM_CHUNK, words) s_l(t-1) */
    int32_t *a;           /* (LM_CHUNK, widest padded n) */
    uint32_t *active;     /* (LM_CHUNK, LM_SOURCE_BLOCK) */
    size_t *active_count; /* (LM_CHUNK) */
    uint32_t *level;      /* (LM_CHUNK, n_0) of the frame shown */
    size_t frame;         /* shown; SIZE_MAX: none yet */
} lm_workspace;

/* NULL if memory is out. */
lm_workspace *lm_workspace_new(const limen_image *image);
void lm_workspace_free(lm_workspace *space);

/* To be called before the first step of another chunk. */
static inline void lm_workspace_begin(lm_workspace *space)
{
    space->frame = SIZE_MAX;
}

/* Moves the chunk's states from t - 1 to t.  Does not count state->steps. */
void lm_step(const limen_image *image, lm_workspace *space,
             const lm_chunk *chunk, size_t t);

#endif
