/* image.h -- the integer network that runs.
 *
 * docs/numerics.md section 1.
 */
#ifndef LM_IMAGE_H
#define LM_IMAGE_H

#include "limen.h"

#include "kernels/kernels.h"

enum { LM_PACKED_MORE = 16 }; // entries past the last that may be read

typedef struct lm_image_connection {
    size_t from, to, n, m, entries;
    bool is_before; /* delivers the step before */
    bool is_sparse;
    size_t stride;       /* dense: int16 a row, a multiple of LM_LANES */
    int16_t *w;          /* dense (m, stride) source by source; sparse
                            (entries) in the order of target */
    uint64_t *col_start; /* (m + 1) sparse: entries of source j */
    uint32_t *target;    /* (entries) sparse */
    uint64_t *master;    /* (entries) sparse: the master's place */
    uint64_t *place;     /* (entries) sparse: where a master is, once
                            lm_image_rows_begin was called; else NULL */
    uint32_t *packed;    /* (entries + 16) sparse, n <= 2^16: target, and w in
                            the upper half; NULL otherwise */
    lm_slots slots;      /* sparse, for kernel->slots_add; groups 0: none */
} lm_image_connection;

typedef struct lm_image_layer {
    size_t n;
    int32_t *q;         /* (n) */
    int32_t *theta;     /* (n) */
    int32_t *noise;     /* (n) sigma^; NULL: no noise */
    int32_t *adapt;     /* (n) beta^; NULL: no adaptation */
    int64_t adapt_rate; /* k = 65536 (1 - adapt_memory) */
    uint32_t refractory;
    limen_noise noise_kind;
} lm_image_layer;

struct limen_image {
    const lm_kernels *kernel;
    size_t layers;
    lm_image_layer *layer; /* (layers), entry 0: n only */
    size_t connections;
    lm_image_connection *connection; /* (connections) */
};

/* Makes single rows writable; false if memory is out. */
bool lm_image_rows_begin(limen_image *image);

/* Takes unit i of layer l anew: its threshold, and where changed[k][i] its
 * weights of connection k; all of them if its exponent changes.  false if it has no
 * exponent.  changed: [connection] (n). */
bool lm_image_row(limen_image *image, const limen_network *net, size_t l,
                  size_t i, uint8_t *const *changed);

/* The same where only the threshold changed. */
bool lm_image_threshold(limen_image *image, const limen_network *net, size_t l,
                        size_t i);

#endif
