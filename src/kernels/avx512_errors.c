/* avx512_errors.c -- integer products of errors and weights, and the sums of
 * gradients turned over. */
#include "kernels/avx512.h"

#if defined(__x86_64__)

#include <string.h>

enum {
    ROWS = 6,
    VECTORS = 4, // 24 accumulators of 32 registers
    PAIRS = 64,  // of a panel: 16 KiB
    SAMPLES = 64
};

/* c += the sum of two products in each 32-bit lane. */
#define DOT_BW(c, a, b) _mm512_add_epi32(c, _mm512_madd_epi16(a, b))
#define DOT_VNNI(c, a, b) _mm512_dpwssd_epi32(c, a, b)

#define INLINE static inline __attribute__((always_inline))

/* e += unit * sums */
AVX512 INLINE void add_row(float *e, const int32_t *sum, float unit,
                           size_t cols)
{
    for (size_t k = 0; k < cols; k += 16) {
        const __mmask16 lane =
            (__mmask16)(cols - k < 16 ? (1U << (cols - k)) - 1 : 0xffffU);
        const __m512 back =
            _mm512_mul_ps(_mm512_set1_ps(unit),
                          _mm512_cvtepi32_ps(_mm512_load_si512(sum + k)));

        _mm512_mask_storeu_ps(
            e + k, lane,
            _mm512_add_ps(_mm512_maskz_loadu_ps(lane, e + k), back));
    }
}

/* The pairs (of at most PAIRS) in which any of `rows` samples has an error: a
 * surrogate of finite support leaves many units without one. */
AVX512 INLINE uint64_t used_pairs(const int16_t *h, size_t h_stride,
                                  size_t pairs, const int rows)
{
    uint64_t used = 0;

    for (size_t i = 0; i < pairs; i += 16) {
        const __mmask16 lane =
            (__mmask16)(pairs - i < 16 ? (1U << (pairs - i)) - 1 : 0xffffU);
        __m512i any = _mm512_setzero_si512();

        for (int r = 0; r < rows; r++)
            any = _mm512_or_si512(any,
                                  _mm512_maskz_loadu_epi32(
                                      lane, h + (size_t)r * h_stride + 2 * i));
        used |= (uint64_t)_mm512_test_epi32_mask(any, any) << i;
    }
    return used;
}

// a target attribute and part of a name cannot stand in parentheses
// NOLINTBEGIN(bugprone-macro-parentheses)
/* The kernel with one way or the other to multiply: `rows` <= ROWS samples and
 * `vectors` <= VECTORS vectors of columns, over some of the pairs; then all
 * rows, pairs that stay in L1 at a time; then what came out added to e. */
#define ERRORS_ADD(NAME, TARGET, DOT)                                          \
    TARGET INLINE void NAME##_tile(                                            \
        int32_t(*all)[LM_PANEL], const int16_t *h, size_t h_stride,            \
        const int16_t *v, size_t pairs, const int rows, const int vectors)     \
    {                                                                          \
        __m512i sum[ROWS][VECTORS];                                            \
                                                                               \
        for (int r = 0; r < rows; r++)                                         \
            for (int k = 0; k < vectors; k++)                                  \
                sum[r][k] = _mm512_load_si512(all[r] + 16 * k);                \
        for (uint64_t used = used_pairs(h, h_stride, pairs, rows); used != 0;  \
             used &= used - 1) {                                               \
            const size_t i = (size_t)__builtin_ctzll(used);                    \
            __m512i right[VECTORS];                                            \
                                                                               \
            for (int k = 0; k < vectors; k++)                                  \
                right[k] = _mm512_loadu_si512(v + i * 2 * LM_PANEL + 32 * k);  \
            for (int r = 0; r < rows; r++) {                                   \
                int32_t pair;                                                  \
                                                                               \
                memcpy(&pair, h + (size_t)r * h_stride + 2 * i, sizeof pair);  \
                const __m512i left = _mm512_set1_epi32(pair);                  \
                for (int k = 0; k < vectors; k++)                              \
                    sum[r][k] = DOT(sum[r][k], left, right[k]);                \
            }                                                                  \
        }                                                                      \
        for (int r = 0; r < rows; r++)                                         \
            for (int k = 0; k < vectors; k++)                                  \
                _mm512_store_si512(all[r] + 16 * k, sum[r][k]);                \
    }                                                                          \
                                                                               \
    TARGET INLINE void NAME##_rows(                                            \
        int32_t(*all)[LM_PANEL], const int16_t *h, size_t h_stride,            \
        const int16_t *v, size_t samples, size_t pairs, const int vectors)     \
    {                                                                          \
        size_t b = 0;                                                          \
                                                                               \
        for (; b + ROWS <= samples; b += ROWS)                                 \
            NAME##_tile(all + b, h + b * h_stride, h_stride, v, pairs, ROWS,   \
                        vectors);                                              \
        for (; b + 2 <= samples; b += 2)                                       \
            NAME##_tile(all + b, h + b * h_stride, h_stride, v, pairs, 2,      \
                        vectors);                                              \
        for (; b < samples; b++)                                               \
            NAME##_tile(all + b, h + b * h_stride, h_stride, v, pairs, 1,      \
                        vectors);                                              \
    }                                                                          \
                                                                               \
    TARGET static void NAME##_panel(float *e, size_t e_stride,                 \
                                    const int16_t *h, size_t h_stride,         \
                                    const float *unit, const int16_t *v,       \
                                    size_t samples, size_t pairs, size_t cols) \
    {                                                                          \
        int32_t all[SAMPLES][LM_PANEL] __attribute__((aligned(64)));           \
                                                                               \
        memset(all, 0, samples * sizeof *all);                                 \
        for (size_t i = 0; i < pairs; i += PAIRS) {                            \
            const size_t count = pairs - i < PAIRS ? pairs - i : PAIRS;        \
            const int16_t *some = v + i * 2 * LM_PANEL;                        \
                                                                               \
            if (cols > 16)                                                     \
                NAME##_rows(all, h + 2 * i, h_stride, some, samples, count,    \
                            VECTORS);                                          \
            else                                                               \
                NAME##_rows(all, h + 2 * i, h_stride, some, samples, count,    \
                            1);                                                \
        }                                                                      \
        for (size_t b = 0; b < samples; b++)                                   \
            add_row(e + b * e_stride, all[b], unit[b], cols);                  \
    }                                                                          \
                                                                               \
    TARGET void lm_##NAME(float *e, size_t e_stride, const int16_t *h,         \
                          size_t h_stride, const float *unit,                  \
                          const int16_t *v, size_t samples, size_t pairs,      \
                          size_t cols)                                         \
    {                                                                          \
        for (size_t j = 0; j < cols; j += LM_PANEL, v += pairs * 2 * LM_PANEL) \
            for (size_t b = 0; b < samples; b += SAMPLES)                      \
                NAME##_panel(e + b * e_stride + j, e_stride, h + b * h_stride, \
                             h_stride, unit + b, v,                            \
                             samples - b < SAMPLES ? samples - b : SAMPLES,    \
                             pairs,                                            \
                             cols - j < LM_PANEL ? cols - j : LM_PANEL);       \
    }
// NOLINTEND(bugprone-macro-parentheses)

#define VNNI                                                                   \
    __attribute__((target("avx512f,avx512bw,avx512vl,bmi2,avx512vnni")))

ERRORS_ADD(avx512_errors_add, AVX512, DOT_BW)
ERRORS_ADD(avx512vbmi_errors_add, VNNI, DOT_VNNI)

/* Sixteen rows of sixteen 32-bit numbers, turned over in place. */
AVX512 INLINE void turn(__m512i x[16])
{
    __m512i t[16];

    for (int k = 0; k < 8; k++) {
        t[2 * k] = _mm512_unpacklo_epi32(x[2 * k], x[2 * k + 1]);
        t[2 * k + 1] = _mm512_unpackhi_epi32(x[2 * k], x[2 * k + 1]);
    }
    for (int k = 0; k < 4; k++) {
        x[4 * k] = _mm512_unpacklo_epi64(t[4 * k], t[4 * k + 2]);
        x[4 * k + 1] = _mm512_unpackhi_epi64(t[4 * k], t[4 * k + 2]);
        x[4 * k + 2] = _mm512_unpacklo_epi64(t[4 * k + 1], t[4 * k + 3]);
        x[4 * k + 3] = _mm512_unpackhi_epi64(t[4 * k + 1], t[4 * k + 3]);
    }
    // now quarters: column c of rows 4 q .. 4 q + 3 is in x[4 q + c % 4]
    for (int c = 0; c < 4; c++) {
        const __m512i low = _mm512_shuffle_i32x4(x[c], x[4 + c], 0x88);
        const __m512i high = _mm512_shuffle_i32x4(x[c], x[4 + c], 0xdd);
        const __m512i low2 = _mm512_shuffle_i32x4(x[8 + c], x[12 + c], 0x88);
        const __m512i high2 = _mm512_shuffle_i32x4(x[8 + c], x[12 + c], 0xdd);

        t[c] = _mm512_shuffle_i32x4(low, low2, 0x88);
        t[8 + c] = _mm512_shuffle_i32x4(low, low2, 0xdd);
        t[4 + c] = _mm512_shuffle_i32x4(high, high2, 0x88);
        t[12 + c] = _mm512_shuffle_i32x4(high, high2, 0xdd);
    }
    memcpy(x, t, sizeof t);
}

AVX512 void lm_avx512_columns_add(float *d, size_t d_stride, const int16_t *sum,
                                  size_t sum_stride, const float *unit,
                                  size_t m, size_t n)
{
    size_t j = 0;

    for (; n % 16 == 0 && j + 16 <= m; j += 16)
        for (size_t i = 0; i < n; i += 16) {
            __m512i x[16];

            for (size_t k = 0; k < 16; k++)
                x[k] = _mm512_cvtepi16_epi32(_mm256_loadu_si256(
                    (const __m256i *)(sum + (j + k) * sum_stride + i)));
            turn(x);
            for (size_t k = 0; k < 16; k++) {
                float *to = d + (i + k) * d_stride + j;
                const __m512 part = _mm512_mul_ps(_mm512_set1_ps(unit[i + k]),
                                                  _mm512_cvtepi32_ps(x[k]));

                _mm512_storeu_ps(to, _mm512_add_ps(_mm512_loadu_ps(to), part));
            }
        }
    lm_columns_add(d + j, d_stride, sum + j * sum_stride, sum_stride, unit,
                   m - j, n);
}

#endif
