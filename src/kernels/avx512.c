/* avx512.c -- sixteen float or thirty-two int16 units at a time. */
#include "kernels/kernels.h"

#if defined(__x86_64__)

#include "base/bits.h"
#include "base/rng.h"

#include <immintrin.h>
#include <string.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl")))

/* High and low halves of m times the 16 lanes of x. */
AVX512 static inline void multiply(__m512i *high, __m512i *low, __m512i m,
                                   __m512i x)
{
    const __m512i even = _mm512_mul_epu32(x, m);
    const __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(x, 32), m);

    *low = _mm512_mask_mov_epi32(even, 0xaaaa, _mm512_slli_epi64(odd, 32));
    *high = _mm512_mask_mov_epi32(_mm512_srli_epi64(even, 32), 0xaaaa, odd);
}

/* Sixteen blocks of Philox; c[k] has word k of all. */
AVX512 static inline void philox(__m512i c[4], uint64_t seed)
{
    const __m512i m0 = _mm512_set1_epi32((int)0xD2511F53U);
    const __m512i m1 = _mm512_set1_epi32((int)0xCD9E8D57U);
    uint32_t k0 = (uint32_t)seed;
    uint32_t k1 = (uint32_t)(seed >> 32);

    for (int round = 0; round < 10; round++) {
        __m512i high0, low0, high1, low1;

        multiply(&high0, &low0, m0, c[0]);
        multiply(&high1, &low1, m1, c[2]);
        // 0x96 is a xor b xor c
        c[0] = _mm512_ternarylogic_epi32(high1, c[1],
                                         _mm512_set1_epi32((int)k0), 0x96);
        c[1] = low1;
        c[2] = _mm512_ternarylogic_epi32(high0, c[3],
                                         _mm512_set1_epi32((int)k1), 0x96);
        c[3] = low0;
        k0 += 0x9E3779B9U;
        k1 += 0xBB67AE85U;
    }
}

/* From word k of sixteen blocks to the blocks themselves, four a vector.  The
 * caller has put block 4 q + p into lane 4 p + q, so that vector q has blocks
 * 4 q .. 4 q + 3 in order. */
AVX512 static inline void transpose(__m512i c[4])
{
    const __m512i a = _mm512_unpacklo_epi32(c[0], c[1]);
    const __m512i b = _mm512_unpackhi_epi32(c[0], c[1]);
    const __m512i d = _mm512_unpacklo_epi32(c[2], c[3]);
    const __m512i e = _mm512_unpackhi_epi32(c[2], c[3]);

    c[0] = _mm512_unpacklo_epi64(a, d);
    c[1] = _mm512_unpackhi_epi64(a, d);
    c[2] = _mm512_unpacklo_epi64(b, e);
    c[3] = _mm512_unpackhi_epi64(b, e);
}

/* The `count` <= 32 spikes of inputs with these draws. */
AVX512 static inline uint32_t fire(__m512i draw, const uint32_t *level,
                                   size_t count)
{
    const uint32_t lane = count == 32 ? ~0U : (1U << count) - 1;
    const __m512i one = _mm512_set1_epi32(1);
    const __m512i first = _mm512_maskz_loadu_epi32((__mmask16)lane, level);
    const __m512i last = _mm512_maskz_loadu_epi32(
        (__mmask16)(lane >> 16), count > 16 ? level + 16 : level);
    const uint32_t possible = (uint32_t)_mm512_test_epi32_mask(first, first) |
                              (uint32_t)_mm512_test_epi32_mask(last, last)
                                  << 16;

    // draw < level is draw <= level - 1, which fits 16 bits for level > 0
    const __m512i bound = _mm512_inserti64x4(
        _mm512_castsi256_si512(
            _mm512_cvtepi32_epi16(_mm512_sub_epi32(first, one))),
        _mm512_cvtepi32_epi16(_mm512_sub_epi32(last, one)), 1);
    return _mm512_mask_cmple_epu16_mask(possible, draw, bound);
}

AVX512 static void input_draw(uint64_t *x, const uint32_t *level, size_t n,
                              uint64_t seed, uint64_t key, uint32_t step)
{
    const __m512i lane =
        _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);

    memset(x, 0, lm_bits_words(n) * sizeof *x);
    for (size_t j = 0; j < n; j += 128) {
        __m512i c[4] = {
            _mm512_add_epi32(_mm512_set1_epi32((int)(j / 8)), lane),
            _mm512_set1_epi32((int)step),
            _mm512_set1_epi32((int)(uint32_t)key),
            _mm512_set1_epi32((int)(uint32_t)(key >> 32)),
        };

        philox(c, seed);
        transpose(c);
        for (size_t q = 0; q < 4 && j + 32 * q < n; q++) {
            const size_t u = j + 32 * q;
            const size_t count = n - u < 32 ? n - u : 32;

            x[u / 64] |= (uint64_t)fire(c[q], level + u, count) << (u % 64);
        }
    }
}

/* rows_add for `vectors` <= 8 vectors of units. */
AVX512 static inline __attribute__((always_inline)) void
rows_add_tile(int32_t *a, const int16_t *w, size_t stride,
              const uint32_t *active, size_t count, const int vectors)
{
    __m512i sum[8];

    for (int v = 0; v < vectors; v++)
        sum[v] = _mm512_setzero_si512();
    for (size_t k = 0; k < count; k++) {
        const int16_t *row = w + active[k] * stride;

        for (int v = 0; v < vectors; v++)
            sum[v] = _mm512_add_epi16(sum[v],
                                      _mm512_loadu_si512(row + v * LM_LANES));
    }
    for (int v = 0; v < vectors; v++) {
        int32_t *to = a + v * LM_LANES;
        const __m512i low =
            _mm512_cvtepi16_epi32(_mm512_castsi512_si256(sum[v]));
        const __m512i high =
            _mm512_cvtepi16_epi32(_mm512_extracti64x4_epi64(sum[v], 1));

        _mm512_storeu_si512(to, _mm512_add_epi32(_mm512_loadu_si512(to), low));
        _mm512_storeu_si512(
            to + 16, _mm512_add_epi32(_mm512_loadu_si512(to + 16), high));
    }
}

AVX512 static void rows_add(int32_t *a, const int16_t *w, size_t stride,
                            const uint32_t *active, size_t count, size_t n)
{
    const size_t end = lm_padded(n);
    size_t i = 0;

    for (; i + 8 * LM_LANES <= end; i += 8 * LM_LANES)
        rows_add_tile(a + i, w + i, stride, active, count, 8);
    for (; i + 2 * LM_LANES <= end; i += 2 * LM_LANES)
        rows_add_tile(a + i, w + i, stride, active, count, 2);
    for (; i < end; i += LM_LANES)
        rows_add_tile(a + i, w + i, stride, active, count, 1);
}

AVX512 static void threshold(uint64_t *s, const int32_t *a, size_t n)
{
    memset(s, 0, lm_bits_words(n) * sizeof *s);
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 lane =
            (__mmask16)(n - i < 16 ? (1U << (n - i)) - 1 : 0xffffU);
        const __m512i v = _mm512_maskz_loadu_epi32(lane, a + i);

        s[i / 64] |=
            (uint64_t)_mm512_cmpgt_epi32_mask(v, _mm512_setzero_si512())
            << (i % 64);
    }
}

AVX512 static void count_add(uint32_t *count, const uint64_t *x, size_t n)
{
    for (size_t i = 0; i < n; i += 16) {
        const uint32_t lane = n - i < 16 ? (1U << (n - i)) - 1 : 0xffffU;
        const __mmask16 on = (__mmask16)(x[i / 64] >> (i % 64) & lane);
        const __m512i c = _mm512_maskz_loadu_epi32(on, count + i);

        _mm512_mask_storeu_epi32(count + i, on,
                                 _mm512_add_epi32(c, _mm512_set1_epi32(1)));
    }
}

enum { TILE_ROWS = 6, TILE_VECTORS = 4 }; // 24 accumulators of 32 registers

/* product_add for `rows` <= 6 rows and `vectors` <= 4 vectors of columns, the
 * last one masked. */
AVX512 static inline __attribute__((always_inline)) void
product_tile(float *c, size_t cols, const float *a, size_t row_stride,
             size_t depth_stride, const float *b, size_t depth, const int rows,
             const int vectors, __mmask16 last)
{
    __m512 sum[TILE_ROWS][TILE_VECTORS];

    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++)
            sum[r][v] = _mm512_maskz_loadu_ps(
                v == vectors - 1 ? last : (__mmask16)0xffff,
                c + (size_t)r * cols + 16 * v);
    for (size_t k = 0; k < depth; k++) {
        __m512 right[TILE_VECTORS];

        for (int v = 0; v < vectors; v++)
            right[v] = _mm512_maskz_loadu_ps(
                v == vectors - 1 ? last : (__mmask16)0xffff,
                b + k * cols + 16 * v);
        for (int r = 0; r < rows; r++) {
            const __m512 left =
                _mm512_set1_ps(a[(size_t)r * row_stride + k * depth_stride]);

            for (int v = 0; v < vectors; v++)
                sum[r][v] = _mm512_fmadd_ps(left, right[v], sum[r][v]);
        }
    }
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++)
            _mm512_mask_storeu_ps(c + (size_t)r * cols + 16 * v,
                                  v == vectors - 1 ? last : (__mmask16)0xffff,
                                  sum[r][v]);
}

/* All rows of one panel of columns. */
AVX512 static inline __attribute__((always_inline)) void
product_panel(float *c, size_t cols, const float *a, size_t row_stride,
              size_t depth_stride, const float *b, size_t rows, size_t depth,
              const int vectors, __mmask16 last)
{
    size_t r = 0;

    for (; r + TILE_ROWS <= rows; r += TILE_ROWS)
        product_tile(c + r * cols, cols, a + r * row_stride, row_stride,
                     depth_stride, b, depth, TILE_ROWS, vectors, last);
    for (; r < rows; r++)
        product_tile(c + r * cols, cols, a + r * row_stride, row_stride,
                     depth_stride, b, depth, 1, vectors, last);
}

AVX512 static void product_add(float *c, const float *a, size_t row_stride,
                               size_t depth_stride, const float *b, size_t rows,
                               size_t depth, size_t cols)
{
    const size_t panel = 16 * TILE_VECTORS;
    size_t j = 0;

    for (; j + panel <= cols; j += panel)
        product_panel(c + j, cols, a, row_stride, depth_stride, b + j, rows,
                      depth, TILE_VECTORS, 0xffff);
    for (; j < cols; j += 16) {
        const size_t left = cols - j;
        const __mmask16 last =
            (__mmask16)(left < 16 ? (1U << left) - 1 : 0xffffU);

        product_panel(c + j, cols, a, row_stride, depth_stride, b + j, rows,
                      depth, 1, last);
    }
}

const lm_kernels lm_kernels_avx512 = {
    .name = "avx512",
    .input_draw = input_draw,
    .rows_add = rows_add,
    .threshold = threshold,
    .count_add = count_add,
    .product_add = product_add,
};

#endif
