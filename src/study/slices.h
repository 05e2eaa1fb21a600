/* slices.h -- many copies of one sparse network at once, a bit each.
 *
 * A unit with few sources is a boolean function of them: a tree of choices
 * "if source then .. else ..", cut off where the sources left cannot change
 * the sign of the sum any more.  Each choice is three operations on words that
 * hold one unit of 64 copies.  The sums are those of the integer image, so
 * that all bits are limen_run's.
 */
#ifndef LM_SLICES_H
#define LM_SLICES_H

#include "limen.h"

typedef struct lm_slices lm_slices;

/* *out is NULL, and the status LIMEN_OK, where limen_run is the way: networks
 * that are not one layer of few sources each under at most one input, without
 * noise, refractory or adaptive units, without delay from the input. */
limen_status lm_slices_new(lm_slices **out, const limen_image *image,
                           limen_error *err);
void lm_slices_free(lm_slices *slices);

/* limen_run of a network that has slices, with a raster of layer 1 in (rows,
 * steps, words) or NULL.  The input is stochastic and has one frame. */
limen_status lm_slices_run(const lm_slices *slices, limen_state *state,
                           const limen_input *input, size_t steps,
                           uint64_t seed, int threads, uint64_t *raster,
                           limen_error *err);

#endif
