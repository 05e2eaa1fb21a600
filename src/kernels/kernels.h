/* kernels.h -- the hot loops, one table per backend.
 *
 * An entry means what its comment says and what ref.c does; every other file
 * is a faster way to the same bits.  Kernels take plain arrays, never allocate,
 * never fail, keep no state, and touch nothing past the sizes given.
 */
#ifndef LM_KERNELS_H
#define LM_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LM_PANEL = 64, /* columns of errors_add */
    LM_LANES = 32, /* int16 in the widest vector: rows are padded to it */
    LM_SOURCE_BLOCK = 1024 /* sources whose int16 sums are exact */
};

/* n rounded up to whole vectors. */
static inline size_t lm_padded(size_t n)
{
    return (n + LM_LANES - 1) / LM_LANES * LM_LANES;
}

/* Inputs that fire at random.  Eight inputs share a block of Philox; only the
 * `count` blocks in which one can fire are kept and drawn.  Arrays have room
 * for lm_chances_room(blocks of all inputs). */
typedef struct lm_chances {
    size_t count;
    uint32_t *block; /* (count) ascending; repeated up to the room */
    uint16_t *bound; /* (count, 8) fires if its 16-bit draw <= its bound and */
    uint8_t *possible; /* (count) its bit is set */
    uint8_t *likely;   /* (count) bits of those that fire every second time */
} lm_chances;

enum { LM_CHANCES = 16 }; /* blocks that a kernel may draw at a time */

static inline size_t lm_chances_room(size_t blocks)
{
    return blocks + LM_CHANCES;
}

/* The sources that one sample adds, then those it takes away. */
typedef struct lm_moves {
    uint32_t first; /* in the list */
    uint16_t on, off;
    bool is_fresh; /* from zero, not from what was summed before */
} lm_moves;

/* Sparse connections as units hear them: 64 units a group, and in each group
 * as many slots as its busiest unit has sources.  In slot k unit u of a group
 * hears source 1024 t + 8 byte + bit with weight w; an empty one has bit 0.
 * Tables t of a slot are all in low .. high. */
typedef struct lm_slots {
    size_t groups;
    uint32_t *first; /* (groups + 1) slots of group g: first[g] .. */
    uint8_t *table;  /* (slots, 64) t */
    uint8_t *byte;   /* (slots, 64) below 128 */
    uint8_t *bit;    /* (slots, 64) 1 << bit, or 0 */
    int16_t *w;      /* (slots, 64) */
    uint8_t *low;    /* (slots) */
    uint8_t *high;   /* (slots) */
} lm_slots;

enum { LM_SLOT_UNITS = 64, LM_SLOT_TABLES = 32 };

/* Sums of weights are int16 modulo 2^16 on the way; those over any subset of a
 * block of LM_SOURCE_BLOCK sources fit (docs/numerics.md section 1), so that
 * what is kept is exact.  Weights are rows of `stride` int16, one a source,
 * stride a multiple of LM_LANES; n <= stride units are summed, and up to
 * lm_padded(n) may be written. */
typedef struct lm_kernels {
    const char *name;

    /* x_j for the blocks listed; other bytes of x are not touched.
     * x: (8 blocks) bits */
    void (*input_draw)(uint64_t *x, const lm_chances *chances, uint64_t seed,
                       uint64_t key, uint32_t step);

    /* The numbers of the set bits of x, ascending; returns how many.
     * x: (words), list: room for 64 words + LM_LANES */
    size_t (*bits_list)(uint16_t *list, const uint64_t *x, size_t words);

    /* For each sample, with on and off the numbers that its moves list:
     * to_bi = from_bi + sum over on of w[on * stride + i]
     *                 - sum over off of w[off * stride + i]
     * to, from: (samples, sum_stride); to may be from */
    void (*rows_move)(int16_t *to, const int16_t *from, size_t sum_stride,
                      const int16_t *w, size_t stride, const uint16_t *list,
                      const lm_moves *moves, size_t samples, size_t n);

    /* to_bi = sum over j < m with s_bj = 1 of w[j * stride + i]
     * to: (samples, to_stride), s: (samples, s_words), its first m bits */
    void (*rows_select)(int16_t *to, size_t to_stride, const int16_t *w,
                        size_t stride, const uint64_t *s, size_t s_words,
                        size_t samples, size_t m, size_t n);

    /* a_i += sum_i           a: (padded n), sum: (padded n) */
    void (*sums_add)(int32_t *a, const int16_t *sum, size_t n);

    /* a_i += sum over the slots of unit i of w where their source is set; NULL
     * where adding by active sources is faster.
     * a: (64 groups), s: (words) of at most 1024 LM_SLOT_TABLES sources */
    void (*slots_add)(int32_t *a, const lm_slots *slots, const uint64_t *s,
                      size_t words);

    /* s_i = 1 if a_i > 0     s: (n) bits, a: (n) */
    void (*threshold)(uint64_t *s, const int32_t *a, size_t n);

    /* count_i += x_i         count: (n), x: (n) bits */
    void (*count_add)(uint32_t *count, const uint64_t *x, size_t n);

    /* e_bj += unit_b * (float)(sum over i of h_bi v_ij), integers, every sum
     * within int32.  v in panels of LM_PANEL columns, pairs of i together:
     * v_ij = v[((j / P) pairs + i / 2) 2 P + 2 (j % P) + i % 2], P = LM_PANEL
     * e: (samples, e_stride), its first cols; h: (samples, h_stride), its
     * first 2 pairs */
    void (*errors_add)(float *e, size_t e_stride, const int16_t *h,
                       size_t h_stride, const float *unit, const int16_t *v,
                       size_t samples, size_t pairs, size_t cols);

    /* d_ij += unit_i * (float)sum_ji   d: (n, d_stride), its first m,
     * sum: (m, sum_stride), its first n */
    void (*columns_add)(float *d, size_t d_stride, const int16_t *sum,
                        size_t sum_stride, const float *unit, size_t m,
                        size_t n);

    /* c_rj = fma(a_rk, b_kj, c_rj) for k = 0, 1, .. depth - 1 in turn
     * c: (rows, cols), b: (depth, cols), both without padding;
     * a_rk = a[r * row_stride + k * depth_stride] */
    void (*product_add)(float *c, const float *a, size_t row_stride,
                        size_t depth_stride, const float *b, size_t rows,
                        size_t depth, size_t cols);
} lm_kernels;

/* columns_add as ref means it, for backends that do not do better. */
void lm_columns_add(float *d, size_t d_stride, const int16_t *sum,
                    size_t sum_stride, const float *unit, size_t m, size_t n);

extern const lm_kernels lm_kernels_ref;
extern const lm_kernels lm_kernels_avx2;       /* x86-64 only */
extern const lm_kernels lm_kernels_avx512;     /* x86-64 only */
extern const lm_kernels lm_kernels_avx512vbmi; /* x86-64 only */

/* The i-th table this machine can run, slowest first; NULL past the last. */
const lm_kernels *lm_kernels_at(size_t i);

/* The fastest of them, or the one that the variable LIMEN_BACKEND names; NULL
 * if it names none of them. */
const lm_kernels *lm_kernels_best(void);

#endif
