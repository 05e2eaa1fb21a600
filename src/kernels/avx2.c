/* avx2.c -- eight float or sixteen int16 units at a time. */
#include "kernels/kernels.h"

#if defined(__x86_64__)

#include "base/bits.h"
#include "base/rng.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2,fma")))

/* High and low halves of m times the 8 lanes of x. */
AVX2 static inline void multiply(__m256i *high, __m256i *low, __m256i m,
                                 __m256i x)
{
    const __m256i even = _mm256_mul_epu32(x, m);
    const __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(x, 32), m);

    *low = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa);
    *high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
}

/* Eight blocks of Philox; c[k] has word k of all. */
AVX2 static inline void philox(__m256i c[4], uint64_t seed)
{
    const __m256i m0 = _mm256_set1_epi32((int)0xD2511F53U);
    const __m256i m1 = _mm256_set1_epi32((int)0xCD9E8D57U);
    uint32_t k0 = (uint32_t)seed;
    uint32_t k1 = (uint32_t)(seed >> 32);

    for (int round = 0; round < 10; round++) {
        __m256i high0, low0, high1, low1;

        multiply(&high0, &low0, m0, c[0]);
        multiply(&high1, &low1, m1, c[2]);
        c[0] = _mm256_xor_si256(_mm256_xor_si256(high1, c[1]),
                                _mm256_set1_epi32((int)k0));
        c[1] = low1;
        c[2] = _mm256_xor_si256(_mm256_xor_si256(high0, c[3]),
                                _mm256_set1_epi32((int)k1));
        c[3] = low0;
        k0 += 0x9E3779B9U;
        k1 += 0xBB67AE85U;
    }
}

/* From word k of eight blocks to the blocks themselves, two a vector.  The
 * caller has put block 2 q + p into lane 4 p + q. */
AVX2 static inline void transpose(__m256i c[4])
{
    const __m256i a = _mm256_unpacklo_epi32(c[0], c[1]);
    const __m256i b = _mm256_unpackhi_epi32(c[0], c[1]);
    const __m256i d = _mm256_unpacklo_epi32(c[2], c[3]);
    const __m256i e = _mm256_unpackhi_epi32(c[2], c[3]);

    c[0] = _mm256_unpacklo_epi64(a, d);
    c[1] = _mm256_unpackhi_epi64(a, d);
    c[2] = _mm256_unpacklo_epi64(b, e);
    c[3] = _mm256_unpackhi_epi64(b, e);
}

/* The eight inputs of blocks k and k + 1, a byte a block. */
AVX2 static inline uint32_t fire(__m256i draw, const lm_chances *chances,
                                 size_t k)
{
    const __m256i bound =
        _mm256_loadu_si256((const __m256i *)(chances->bound + 8 * k));
    const __m256i on = _mm256_cmpeq_epi16(_mm256_max_epu16(draw, bound), bound);
    const __m256i bytes = _mm256_permute4x64_epi64(
        _mm256_packs_epi16(on, _mm256_setzero_si256()), 0xd8);

    return (uint32_t)_mm256_movemask_epi8(bytes) &
           (chances->possible[k] | (uint32_t)chances->possible[k + 1] << 8);
}

AVX2 static void input_draw(uint64_t *x, const lm_chances *chances,
                            uint64_t seed, uint64_t key, uint32_t step)
{
    const __m256i lane = _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7);
    uint8_t *bytes = (uint8_t *)x;

    for (size_t k = 0; k < chances->count; k += 8) {
        const uint32_t *block = chances->block + k;
        const size_t left = chances->count - k;
        __m256i c[4] = {
            _mm256_permutevar8x32_epi32(
                _mm256_loadu_si256((const __m256i *)block), lane),
            _mm256_set1_epi32((int)step),
            _mm256_set1_epi32((int)(uint32_t)key),
            _mm256_set1_epi32((int)(uint32_t)(key >> 32)),
        };
        uint32_t on[4];

        philox(c, seed);
        transpose(c);
        for (size_t q = 0; q < 4; q++)
            on[q] = fire(c[q], chances, k + 2 * q);
        for (size_t p = 0; p < 8 && p < left; p++)
            bytes[block[p]] = (uint8_t)(on[p / 2] >> 8 * (p % 2));
    }
}

/* One sample's moves for `vectors` <= 8 vectors of units. */
AVX2 static inline __attribute__((always_inline)) void
move_tile(int16_t *to, const int16_t *from, const int16_t *w, size_t stride,
          const uint16_t *list, const lm_moves *moves, const int vectors)
{
    const uint16_t *on = list + moves->first;
    const uint16_t *off = on + moves->on;
    __m256i sum[8];

    for (int v = 0; v < vectors; v++)
        sum[v] = moves->is_fresh
                     ? _mm256_setzero_si256()
                     : _mm256_loadu_si256((const __m256i *)(from + 16 * v));
    for (size_t k = 0; k < moves->on; k++)
        for (int v = 0; v < vectors; v++)
            sum[v] = _mm256_add_epi16(
                sum[v], _mm256_loadu_si256(
                            (const __m256i *)(w + on[k] * stride + 16 * v)));
    for (size_t k = 0; k < moves->off; k++)
        for (int v = 0; v < vectors; v++)
            sum[v] = _mm256_sub_epi16(
                sum[v], _mm256_loadu_si256(
                            (const __m256i *)(w + off[k] * stride + 16 * v)));
    for (int v = 0; v < vectors; v++)
        _mm256_storeu_si256((__m256i *)(to + 16 * v), sum[v]);
}

AVX2 static void rows_move(int16_t *to, const int16_t *from, size_t sum_stride,
                           const int16_t *w, size_t stride,
                           const uint16_t *list, const lm_moves *moves,
                           size_t samples, size_t n)
{
    const size_t end = lm_padded(n);
    size_t i = 0;

    for (; i + 128 <= end; i += 128)
        for (size_t b = 0; b < samples; b++)
            move_tile(to + b * sum_stride + i, from + b * sum_stride + i, w + i,
                      stride, list, &moves[b], 8);
    for (; i < end; i += 32)
        for (size_t b = 0; b < samples; b++)
            move_tile(to + b * sum_stride + i, from + b * sum_stride + i, w + i,
                      stride, list, &moves[b], 2);
}

enum { GROUP = 4, TABLES = 16, ENTRIES = 1 << GROUP }; // a word at a time

/* rows_select for 32 units: four sources have 2^4 partial sums, a table of
 * which a sample adds one row; sixteen tables fill half of L1. */
AVX2 static void select_tile(int16_t *to, size_t to_stride, const int16_t *w,
                             size_t stride, const uint64_t *s, size_t s_words,
                             size_t samples, size_t m)
{
    __m256i table[TABLES][ENTRIES][2];

    for (size_t j = 0; j < m; j += GROUP * TABLES) {
        for (size_t g = 0; g < TABLES; g++)
            for (int v = 0; v < 2; v++) {
                table[g][0][v] = _mm256_setzero_si256();
                for (size_t k = 0; k < GROUP; k++) {
                    const size_t source = j + g * GROUP + k;
                    const __m256i row =
                        source < m ? _mm256_loadu_si256(
                                         (const __m256i *)(w + source * stride +
                                                           16 * v))
                                   : _mm256_setzero_si256();

                    for (size_t p = 0; p < (size_t)1 << k; p++)
                        table[g][((size_t)1 << k) + p][v] =
                            _mm256_add_epi16(table[g][p][v], row);
                }
            }
        for (size_t b = 0; b < samples; b++) {
            __m256i *row = (__m256i *)(to + b * to_stride);
            const uint64_t word = s[b * s_words + j / 64];
            __m256i low = _mm256_setzero_si256();
            __m256i high = _mm256_setzero_si256();

            if (j > 0) {
                low = _mm256_loadu_si256(row);
                high = _mm256_loadu_si256(row + 1);
            }
            for (size_t g = 0; g < TABLES; g++) {
                const __m256i *entry = table[g][word >> GROUP * g & 15];

                low = _mm256_add_epi16(low, entry[0]);
                high = _mm256_add_epi16(high, entry[1]);
            }
            _mm256_storeu_si256(row, low);
            _mm256_storeu_si256(row + 1, high);
        }
    }
}

AVX2 static void rows_select(int16_t *to, size_t to_stride, const int16_t *w,
                             size_t stride, const uint64_t *s, size_t s_words,
                             size_t samples, size_t m, size_t n)
{
    for (size_t i = 0; i < n; i += 32)
        select_tile(to + i, to_stride, w + i, stride, s, s_words, samples, m);
}

AVX2 static void sums_add(int32_t *a, const int16_t *sum, size_t n)
{
    for (size_t i = 0; i < n; i += 8) {
        __m256i *to = (__m256i *)(a + i);

        _mm256_storeu_si256(
            to, _mm256_add_epi32(_mm256_loadu_si256(to),
                                 _mm256_cvtepi16_epi32(_mm_loadu_si128(
                                     (const __m128i *)(sum + i)))));
    }
}

AVX2 static void threshold(uint64_t *s, const int32_t *a, size_t n)
{
    const __m256i zero = _mm256_setzero_si256();
    size_t i = 0;

    memset(s, 0, lm_bits_words(n) * sizeof *s);
    for (; i + 8 <= n; i += 8) {
        const __m256i v = _mm256_loadu_si256((const __m256i *)(a + i));
        const int on = _mm256_movemask_ps(
            _mm256_castsi256_ps(_mm256_cmpgt_epi32(v, zero)));

        s[i / 64] |= (uint64_t)(uint32_t)on << (i % 64);
    }
    for (; i < n; i++)
        s[i / 64] |= (uint64_t)(a[i] > 0) << (i % 64);
}

AVX2 static void count_add(uint32_t *count, const uint64_t *x, size_t n)
{
    const __m256i lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    size_t i = 0;

    for (; i + 8 <= n; i += 8) {
        __m256i *c = (__m256i *)(count + i);
        const int byte = (int)(x[i / 64] >> (i % 64)) & 0xff;
        const __m256i on = _mm256_cmpeq_epi32(
            _mm256_and_si256(_mm256_set1_epi32(byte), lane), lane);

        // a set lane is -1: subtracting it adds one
        _mm256_storeu_si256(c, _mm256_sub_epi32(_mm256_loadu_si256(c), on));
    }
    for (; i < n; i++)
        count[i] += lm_bits_get(x, i);
}

/* errors_add for one sample and 32 columns of a panel. */
AVX2 static void errors_tile(int32_t *sum, const int16_t *h, const int16_t *v,
                             size_t pairs)
{
    __m256i all[4];

    for (int k = 0; k < 4; k++)
        all[k] = _mm256_setzero_si256();
    for (size_t i = 0; i < pairs; i++) {
        int32_t pair;

        memcpy(&pair, h + 2 * i, sizeof pair);
        const __m256i left = _mm256_set1_epi32(pair);
        const __m256i *right = (const __m256i *)(v + i * 2 * LM_PANEL);
        for (int k = 0; k < 4; k++)
            all[k] = _mm256_add_epi32(
                all[k], _mm256_madd_epi16(left, _mm256_loadu_si256(right + k)));
    }
    for (int k = 0; k < 4; k++)
        _mm256_storeu_si256((__m256i *)(sum + 8 * k), all[k]);
}

AVX2 static void errors_add(float *e, size_t e_stride, const int16_t *h,
                            size_t h_stride, const float *unit,
                            const int16_t *v, size_t samples, size_t pairs,
                            size_t cols)
{
    int32_t sum[32];

    for (size_t j = 0; j < cols; j += 32)
        for (size_t b = 0; b < samples; b++) {
            const size_t count = cols - j < 32 ? cols - j : 32;

            errors_tile(sum, h + b * h_stride,
                        v + j / LM_PANEL * pairs * 2 * LM_PANEL +
                            2 * (j % LM_PANEL),
                        pairs);
            for (size_t k = 0; k < count; k++)
                e[b * e_stride + j + k] += unit[b] * (float)sum[k];
        }
}

enum { TILE_ROWS = 6, TILE_VECTORS = 2 }; // 12 accumulators of 16 registers

/* product_add for `rows` <= 6 rows and `vectors` <= 2 vectors of columns. */
AVX2 static inline __attribute__((always_inline)) void
product_tile(float *c, size_t cols, const float *a, size_t row_stride,
             size_t depth_stride, const float *b, size_t depth, const int rows,
             const int vectors)
{
    __m256 sum[TILE_ROWS][TILE_VECTORS];

    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++)
            sum[r][v] = _mm256_loadu_ps(c + (size_t)r * cols + 8 * v);
    for (size_t k = 0; k < depth; k++) {
        __m256 right[TILE_VECTORS];

        for (int v = 0; v < vectors; v++)
            right[v] = _mm256_loadu_ps(b + k * cols + 8 * v);
        for (int r = 0; r < rows; r++) {
            const __m256 left =
                _mm256_set1_ps(a[(size_t)r * row_stride + k * depth_stride]);

            for (int v = 0; v < vectors; v++)
                sum[r][v] = _mm256_fmadd_ps(left, right[v], sum[r][v]);
        }
    }
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++)
            _mm256_storeu_ps(c + (size_t)r * cols + 8 * v, sum[r][v]);
}

/* All rows of one panel of columns. */
AVX2 static inline __attribute__((always_inline)) void
product_panel(float *c, size_t cols, const float *a, size_t row_stride,
              size_t depth_stride, const float *b, size_t rows, size_t depth,
              const int vectors)
{
    size_t r = 0;

    for (; r + TILE_ROWS <= rows; r += TILE_ROWS)
        product_tile(c + r * cols, cols, a + r * row_stride, row_stride,
                     depth_stride, b, depth, TILE_ROWS, vectors);
    for (; r < rows; r++)
        product_tile(c + r * cols, cols, a + r * row_stride, row_stride,
                     depth_stride, b, depth, 1, vectors);
}

AVX2 static void product_add(float *c, const float *a, size_t row_stride,
                             size_t depth_stride, const float *b, size_t rows,
                             size_t depth, size_t cols)
{
    size_t j = 0;

    for (; j + 16 <= cols; j += 16)
        product_panel(c + j, cols, a, row_stride, depth_stride, b + j, rows,
                      depth, TILE_VECTORS);
    for (; j + 8 <= cols; j += 8)
        product_panel(c + j, cols, a, row_stride, depth_stride, b + j, rows,
                      depth, 1);
    for (size_t r = 0; j < cols && r < rows; r++)
        for (size_t k = 0; k < depth; k++)
            for (size_t i = j; i < cols; i++)
                c[r * cols + i] = fmaf(a[r * row_stride + k * depth_stride],
                                       b[k * cols + i], c[r * cols + i]);
}

const lm_kernels lm_kernels_avx2 = {
    .name = "avx2",
    .input_draw = input_draw,
    .bits_list = lm_bits_list16,
    .rows_move = rows_move,
    .rows_select = rows_select,
    .sums_add = sums_add,
    .threshold = threshold,
    .count_add = count_add,
    .errors_add = errors_add,
    .columns_add = lm_columns_add,
    .product_add = product_add,
};

#endif
