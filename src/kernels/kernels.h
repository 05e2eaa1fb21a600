/* kernels.h -- the hot loops, one table per backend.
 *
 * An entry means what its comment says and what ref.c does; every other file
 * is a faster way to the same bits.  Kernels take plain arrays, never allocate,
 * never fail, keep no state, and touch nothing past the sizes given.
 */
#ifndef LM_KERNELS_H
#define LM_KERNELS_H

#include <stddef.h>
#include <stdint.h>

enum {
    LM_LANES = 32, /* int16 in the widest vector: rows are padded to it */
    LM_SOURCE_BLOCK = 1024 /* sources whose int16 sums are exact */
};

/* n rounded up to whole vectors. */
static inline size_t lm_padded(size_t n)
{
    return (n + LM_LANES - 1) / LM_LANES * LM_LANES;
}

typedef struct lm_kernels {
    const char *name;

    /* x_j = 1 if the 16-bit draw of input j at `step` is below level_j.
     * x: (n) bits, level: (n) in 0..65536 */
    void (*input_draw)(uint64_t *x, const uint32_t *level, size_t n,
                       uint64_t seed, uint64_t key, uint32_t step);

    /* a_i += sum over k < count of w[active_k * stride + i]
     * a: (padded n), w: rows of int16, stride a multiple of LM_LANES, n <=
     * stride; every partial sum over any subset of `active` fits int16. */
    void (*rows_add)(int32_t *a, const int16_t *w, size_t stride,
                     const uint32_t *active, size_t count, size_t n);

    /* s_i = 1 if a_i > 0     s: (n) bits, a: (n) */
    void (*threshold)(uint64_t *s, const int32_t *a, size_t n);

    /* count_i += x_i         count: (n), x: (n) bits */
    void (*count_add)(uint32_t *count, const uint64_t *x, size_t n);

    /* c_rj = fma(a_rk, b_kj, c_rj) for k = 0, 1, .. depth - 1 in turn
     * c: (rows, cols), b: (depth, cols), both without padding;
     * a_rk = a[r * row_stride + k * depth_stride] */
    void (*product_add)(float *c, const float *a, size_t row_stride,
                        size_t depth_stride, const float *b, size_t rows,
                        size_t depth, size_t cols);
} lm_kernels;

extern const lm_kernels lm_kernels_ref;
extern const lm_kernels lm_kernels_avx2;   /* x86-64 only */
extern const lm_kernels lm_kernels_avx512; /* x86-64 only */

/* The i-th table this machine can run, slowest first; NULL past the last. */
const lm_kernels *lm_kernels_at(size_t i);

/* The fastest of them, or the one that the variable LIMEN_BACKEND names; NULL
 * if it names none of them. */
const lm_kernels *lm_kernels_best(void);

#endif
