/* twins.h -- samples and their damaged copies under the same input and noise.
 *
 * Row b (each + 1) of a state is sample b of a block, the rows after it are its
 * twins: all have the sample's key and so the same draws.
 */
#ifndef LM_TWINS_H
#define LM_TWINS_H

#include "study/slices.h"

typedef struct lm_twins {
    const limen_image *image;
    const limen_input *input;
    limen_damage_options options;
    size_t each;        /* twins of a sample */
    size_t units;       /* of all layers but the input */
    size_t most;        /* samples of a block */
    size_t count;       /* samples of the block at hand */
    limen_state *alone; /* (most) undamaged, while warming up */
    limen_state *state; /* (most (each + 1)) */
    limen_input rows;   /* of state */
    lm_slices *slices;  /* NULL: none */
    unsigned char *values;
    uint64_t *keys;
    uint64_t seed;
    int threads;
} lm_twins;

/* Checks options, too.  Free `out` also after a failure. */
limen_status lm_twins_new(lm_twins *out, const limen_image *image,
                          const limen_input *input,
                          const limen_damage_options *options, uint64_t seed,
                          int threads, limen_error *err);
void lm_twins_free(lm_twins *twins);

/* Samples first .. of the input, at most `most`: drawn states, warmed up, all
 * twins identical.  *active: of all their units, those that fire. */
limen_status lm_twins_begin(lm_twins *twins, size_t first, size_t *active,
                            limen_error *err);

/* Makes the twins of every sample copies of it but for drawn units. */
void lm_twins_damage(lm_twins *twins);

/* Runs on by `steps`.  raster: [layer] of the rows, that of the input NULL, or
 * NULL. */
limen_status lm_twins_run(lm_twins *twins, size_t steps,
                          uint64_t *const *raster, limen_error *err);

/* Units in which the twins of sample b of the block differ from it. */
size_t lm_twins_differ(const lm_twins *twins, size_t b);

/* Units of sample b that fire. */
size_t lm_twins_active(const lm_twins *twins, size_t b);

/* An input whose row r is sample r / copies of `input`, from sample `first` on;
 * values and keys have room for all rows.  Rows get the key of their sample. */
limen_input lm_input_repeat(const limen_input *input, size_t units,
                            size_t first, size_t count, size_t copies,
                            unsigned char *values, uint64_t *keys);

/* Draws the state of row `row`, each unit on with chance `start`, by key. */
void lm_state_draw(limen_state *state, size_t row, double start, uint64_t seed,
                   uint64_t key);

/* Units, but the input's, in which two rows differ. */
size_t lm_rows_differ(const limen_state *a, size_t row, const limen_state *b,
                      size_t other);

/* Bits in which two states of `words` words differ. */
size_t lm_words_differ(const uint64_t *a, const uint64_t *b, size_t words);

/* Mean and standard error over n values; NAN for one. */
void lm_moments(double *mean, double *error, const double *x, size_t n);

#endif
