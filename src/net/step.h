/* step.h -- one step of some samples. */
#ifndef LM_STEP_H
#define LM_STEP_H

#include "net/image.h"
#include "net/state.h"

enum { LM_CHUNK = 128 }; // samples stepped together at most

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

/* What a dense connection delivered so far, so that a step only moves what
 * changed.  Sums are per block of LM_SOURCE_BLOCK sources. */
typedef struct lm_heard {
    size_t blocks;
    uint64_t *bits; /* (room, words of m) what `kept` is the sum over */
    int16_t *kept;  /* (room, blocks, stride) */
    int16_t *apart; /* the same, of connections from the input */
    int16_t *now;   /* of this step: kept or apart */
} lm_heard;

/* Room for stepping one chunk: one a thread. */
typedef struct lm_workspace {
    size_t room;         /* samples */
    uint64_t **before;   /* [layer] (room, words) s_l(t-1) */
    int32_t *a;          /* (room, widest padded n) */
    lm_heard *heard;     /* (connections), of dense ones */
    lm_moves *moves;     /* (room) */
    uint16_t *list;      /* (room + 1, LM_SOURCE_BLOCK) what moves point into */
    lm_chances *chances; /* (room) of the frame shown */
    size_t frame;        /* shown; SIZE_MAX: none yet */
} lm_workspace;

/* For chunks of up to `room` <= LM_CHUNK samples; NULL if memory is out. */
lm_workspace *lm_workspace_new(const limen_image *image, size_t room);
void lm_workspace_free(lm_workspace *space);

/* To be called before the first step of another chunk. */
void lm_workspace_begin(const limen_image *image, lm_workspace *space);

/* Moves the chunk's states from t - 1 to t.  Does not count state->steps. */
void lm_step(const limen_image *image, lm_workspace *space,
             const lm_chunk *chunk, size_t t);

#endif
