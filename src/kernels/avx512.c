/* avx512.c -- sixteen float or thirty-two int16 units at a time. */
#include "kernels/kernels.h"

#if defined(__x86_64__)

#include "base/bits.h"
#include "base/rng.h"
#include "kernels/avx512.h"

#include <string.h>

/* One round for eight blocks in 64-bit lanes: c[k] has word k of block p in the
 * lower half of lane p, whose upper half is nobody's. */
AVX512 static inline void philox_round(__m512i c[4], uint32_t k0, uint32_t k1)
{
    const __m512i p = _mm512_mul_epu32(c[0], _mm512_set1_epi64(0xD2511F53));
    const __m512i q = _mm512_mul_epu32(c[2], _mm512_set1_epi64(0xCD9E8D57));

    // 0x96 is a xor b xor c
    c[0] = _mm512_ternarylogic_epi32(_mm512_srli_epi64(q, 32), c[1],
                                     _mm512_set1_epi64(k0), 0x96);
    c[1] = q;
    c[2] = _mm512_ternarylogic_epi32(_mm512_srli_epi64(p, 32), c[3],
                                     _mm512_set1_epi64(k1), 0x96);
    c[3] = p;
}

/* Word k of the lower halves of a and word k of those of b, one beside the
 * other. */
AVX512 static inline __m512i beside(__m512i a, __m512i b)
{
    return _mm512_mask_mov_epi32(a, 0xaaaa, _mm512_slli_epi64(b, 32));
}

/* The spikes of blocks k .. k + 7, a byte a block. */
AVX512 static inline uint64_t fire(const __m512i c[4],
                                   const lm_chances *chances, size_t k)
{
    const __m512i low = beside(c[0], c[1]);
    const __m512i high = beside(c[2], c[3]);
    const uint16_t *bound = chances->bound + 8 * k;
    // two words in memory: gcc 12 widens a mask that it keeps there without
    // clearing the upper half
    const uint32_t half[2] = {
        _mm512_cmple_epu16_mask(_mm512_unpacklo_epi64(low, high),
                                _mm512_loadu_si512(bound)),
        _mm512_cmple_epu16_mask(_mm512_unpackhi_epi64(low, high),
                                _mm512_loadu_si512(bound + LM_LANES)),
    };
    uint64_t on;
    uint64_t possible;

    memcpy(&on, half, sizeof on);
    memcpy(&possible, chances->possible + k, sizeof possible);
    return on & possible;
}

AVX512 static inline void put_bytes(uint8_t *bytes, const uint32_t *block,
                                    uint64_t on, size_t count)
{
    // neighbours are the rule
    if (count >= 8 && block[7] - block[0] == 7) {
        memcpy(bytes + block[0], &on, sizeof on);
        return;
    }
    for (size_t p = 0; p < 8 && p < count; p++)
        bytes[block[p]] = (uint8_t)(on >> 8 * p);
}

/* Sixteen blocks at a time: two chains of multiplications side by side. */
AVX512 static void input_draw(uint64_t *x, const lm_chances *chances,
                              uint64_t seed, uint64_t key, uint32_t step)
{
    // unpacking takes the even lanes to one vector, the odd ones to another
    const __m512i lane = _mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7);
    const __m512i steps = _mm512_set1_epi64(step);
    const __m512i low = _mm512_set1_epi64((uint32_t)key);
    const __m512i high = _mm512_set1_epi64((long long)(key >> 32));
    uint8_t *bytes = (uint8_t *)x;

    for (size_t k = 0; k < chances->count; k += 16) {
        const uint32_t *block = chances->block + k;
        const size_t left = chances->count - k;
        const __m512i blocks = _mm512_loadu_si512(block);
        uint32_t k0 = (uint32_t)seed;
        uint32_t k1 = (uint32_t)(seed >> 32);
        __m512i c[4] = { _mm512_permutexvar_epi64(
                             lane, _mm512_cvtepu32_epi64(
                                       _mm512_castsi512_si256(blocks))),
                         steps, low, high };
        __m512i d[4] = { _mm512_permutexvar_epi64(
                             lane, _mm512_cvtepu32_epi64(
                                       _mm512_extracti64x4_epi64(blocks, 1))),
                         steps, low, high };

        for (int round = 0; round < 10; round++) {
            philox_round(c, k0, k1);
            philox_round(d, k0, k1);
            k0 += 0x9E3779B9U;
            k1 += 0xBB67AE85U;
        }
        put_bytes(bytes, block, fire(c, chances, k), left);
        if (left > 8)
            put_bytes(bytes, block + 8, fire(d, chances, k + 8), left - 8);
    }
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

#define TABLE(its_name, its_bits_list, its_errors_add, its_slots_add)          \
    {                                                                          \
        .name = (its_name), .input_draw = input_draw,                          \
        .bits_list = (its_bits_list), .rows_move = lm_avx512_rows_move,        \
        .rows_select = lm_avx512_rows_select, .sums_add = lm_avx512_sums_add,  \
        .slots_add = (its_slots_add), .threshold = threshold,                  \
        .count_add = count_add, .errors_add = (its_errors_add),                \
        .columns_add = lm_avx512_columns_add, .product_add = product_add       \
    }

const lm_kernels lm_kernels_avx512 =
    TABLE("avx512", lm_bits_list16, lm_avx512_errors_add, NULL);
const lm_kernels lm_kernels_avx512vbmi =
    TABLE("avx512vbmi", lm_avx512_bits_list, lm_avx512vbmi_errors_add,
          lm_avx512_slots_add);

#endif
