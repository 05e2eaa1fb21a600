/* error_back.h -- errors back through connections, as integers.
 *
 *     e_bj += sum_i w_ij g_bi = 2^-r_b sum_i w^_ij h_bi,
 *     h_bi = rint(g_bi 2^(r_b - q_i))
 *
 * with the weights of the image and, for each sample, the largest r_b at which
 * |h| <= the layer's bound.  The bound is the smaller of 2^15 - 1 and what
 * keeps every sum inside int32.  So the sum over i is exact, in any order: the
 * only rounding is that of h to 15 bits.
 */
#ifndef LM_ERROR_BACK_H
#define LM_ERROR_BACK_H

#include "net/image.h"
#include "net/network.h"

/* Weights in panels of sources and pairs of listening units, as
 * kernel->errors_add wants them. */
typedef struct lm_pairs {
    size_t pairs; /* (n + 1) / 2 */
    int16_t *v;   /* NULL: a sparse connection, or from the input */
} lm_pairs;

typedef struct lm_error_back {
    const limen_network *net;
    size_t layers, connections;
    lm_pairs *pairs; /* (connections) */
    float **scale;   /* [layer] (n) 2^-q_i */
    float *bound;    /* (layers) of |h| */
} lm_error_back;

/* Empty on failure. */
limen_status lm_error_back_new(lm_error_back *out, const limen_network *net,
                               limen_error *err);
void lm_error_back_free(lm_error_back *back);

/* Takes the weights of the image. */
void lm_error_back_update(lm_error_back *back, const limen_image *image,
                          int threads);

/* The errors of one layer at one step, ready to go back: h: (samples, stride),
 * stride lm_padded(n), unit: (samples) 2^-r_b. */
typedef struct lm_sent {
    size_t stride;
    int16_t *h;
    float *unit;
    const float *g; /* (samples, n), for sparse connections */
} lm_sent;

/* Fills to->h and to->unit from g: (samples, n) of layer l. */
void lm_error_send(lm_sent *to, const lm_error_back *back, const float *g,
                   size_t samples, size_t l);

/* e += what connection k brings back.  e: (samples, m) */
void lm_error_receive(float *e, const lm_error_back *back, size_t k,
                      const lm_sent *sent, size_t samples,
                      const lm_kernels *kernel);

#endif
