/* avx512_sums.c -- sums of weights, thirty-two units at a time.
 *
 * rows_select looks sums up: five sources have 2^5 partial sums, a table of
 * which a sample adds one row.  Eight tables of 64 units fill half of L1, and
 * all samples go through them before the next forty sources.
 */
#include "kernels/avx512.h"

#if defined(__x86_64__)

#include <string.h>

/* One sample's moves for `vectors` <= 8 vectors of units. */
AVX512 static inline __attribute__((always_inline)) void
move_tile(int16_t *to, const int16_t *from, const int16_t *w, size_t stride,
          const uint16_t *list, const lm_moves *moves, const int vectors)
{
    const uint16_t *on = list + moves->first;
    const uint16_t *off = on + moves->on;
    __m512i sum[8];

    for (int v = 0; v < vectors; v++)
        sum[v] = moves->is_fresh ? _mm512_setzero_si512()
                                 : _mm512_loadu_si512(from + v * LM_LANES);
    for (size_t k = 0; k < moves->on; k++)
        for (int v = 0; v < vectors; v++)
            sum[v] = _mm512_add_epi16(
                sum[v], _mm512_loadu_si512(w + on[k] * stride + v * LM_LANES));
    for (size_t k = 0; k < moves->off; k++)
        for (int v = 0; v < vectors; v++)
            sum[v] = _mm512_sub_epi16(
                sum[v], _mm512_loadu_si512(w + off[k] * stride + v * LM_LANES));
    for (int v = 0; v < vectors; v++)
        _mm512_storeu_si512(to + v * LM_LANES, sum[v]);
}

/* Four rows at a time from end to end, the sums in L1: rows that come from
 * memory come as streams. */
AVX512 static void move_stream(int16_t *to, const int16_t *w, size_t stride,
                               const uint16_t *list, size_t count, bool is_on,
                               size_t n)
{
    for (size_t k = 0; k < count; k += 4) {
        const int16_t *row[4];
        const size_t left = count - k < 4 ? count - k : 4;

        for (size_t r = 0; r < 4; r++)
            row[r] = w + list[k + (r < left ? r : 0)] * stride;
        for (size_t i = 0; i < n; i += LM_LANES) {
            __m512i sum = _mm512_loadu_si512(row[0] + i);

            for (size_t r = 1; r < left; r++)
                sum = _mm512_add_epi16(sum, _mm512_loadu_si512(row[r] + i));
            const __m512i old = _mm512_loadu_si512(to + i);
            _mm512_storeu_si512(to + i, is_on ? _mm512_add_epi16(old, sum)
                                              : _mm512_sub_epi16(old, sum));
        }
    }
}

AVX512 static void move_wide(int16_t *to, const int16_t *from, const int16_t *w,
                             size_t stride, const uint16_t *list,
                             const lm_moves *moves, size_t n)
{
    const uint16_t *on = list + moves->first;

    if (moves->is_fresh)
        memset(to, 0, n * sizeof *to);
    else if (to != from)
        memcpy(to, from, n * sizeof *to);
    move_stream(to, w, stride, on, moves->on, true, n);
    move_stream(to, w, stride, on + moves->on, moves->off, false, n);
}

AVX512 void lm_avx512_rows_move(int16_t *to, const int16_t *from,
                                size_t sum_stride, const int16_t *w,
                                size_t stride, const uint16_t *list,
                                const lm_moves *moves, size_t samples, size_t n)
{
    enum { WIDE = 4096 };
    const size_t end = lm_padded(n);
    size_t i = 0;

    if (n >= WIDE) {
        for (size_t b = 0; b < samples; b++)
            move_wide(to + b * sum_stride, from + b * sum_stride, w, stride,
                      list, &moves[b], n);
        return;
    }
#define MOVE(vectors)                                                          \
    for (; i + (vectors)*LM_LANES <= end; i += (vectors)*LM_LANES)             \
        for (size_t b = 0; b < samples; b++)                                   \
    move_tile(to + b * sum_stride + i, from + b * sum_stride + i, w + i,       \
              stride, list, &moves[b], vectors)
    MOVE(8);
    MOVE(4);
    MOVE(2);
    MOVE(1);
#undef MOVE
}

enum {
    GROUP = 5,             // sources of a table
    TABLES = 8,            // tables at a time
    PASS = GROUP * TABLES, // sources at a time: five bytes of a state
    ENTRIES = 1 << GROUP,
};

/* All subset sums of GROUP rows, of which those from `rows` on are zero. */
AVX512 static inline __attribute__((always_inline)) void
table_build(__m512i *table, const int16_t *w, size_t stride, size_t rows,
            const int vectors)
{
    for (int v = 0; v < vectors; v++) {
        table[v] = _mm512_setzero_si512();
        for (size_t j = 0; j < GROUP; j++) {
            const size_t half = (size_t)1 << j;
            const __m512i row =
                j < rows ? _mm512_loadu_si512(w + j * stride + v * LM_LANES)
                         : _mm512_setzero_si512();

            for (size_t p = 0; p < half; p++)
                table[(half + p) * (size_t)vectors + (size_t)v] =
                    _mm512_add_epi16(table[p * (size_t)vectors + (size_t)v],
                                     row);
        }
    }
}

/* Forty bits of a state from byte `at` on, five a byte. */
AVX512 static inline uint64_t groups_of(const uint64_t *s, size_t words,
                                        size_t at)
{
    const size_t left = words * 8 - at;
    uint64_t bits = 0;

    if (left >= 8)
        memcpy(&bits, (const unsigned char *)s + at, 8);
    else
        memcpy(&bits, (const unsigned char *)s + at, left);
    return _pdep_u64(bits, 0x1f1f1f1f1f1f1f1f);
}

AVX512 static inline __attribute__((always_inline)) void
select_tile(int16_t *to, size_t to_stride, const int16_t *w, size_t stride,
            const uint64_t *s, size_t s_words, size_t samples, size_t m,
            const int vectors)
{
    __m512i table[TABLES * ENTRIES * 2];
    const size_t size = ENTRIES * (size_t)vectors;
    const size_t words = (m + 63) / 64;

    for (size_t j = 0; j < m; j += PASS) {
        for (size_t g = 0; g < TABLES; g++) {
            const size_t first = j + g * GROUP;

            table_build(table + g * size, w + first * stride, stride,
                        first < m ? m - first : 0, vectors);
        }
        for (size_t b = 0; b < samples; b++) {
            int16_t *row = to + b * to_stride;
            const uint64_t group = groups_of(s + b * s_words, words, j / 8);
            __m512i sum[2];

            for (int v = 0; v < vectors; v++)
                sum[v] = j == 0 ? _mm512_setzero_si512()
                                : _mm512_loadu_si512(row + v * LM_LANES);
#pragma GCC unroll 8
            for (size_t g = 0; g < TABLES; g++) {
                const __m512i *entry =
                    table + g * size +
                    (group >> 8 * g & 0xff) * (size_t)vectors;

                for (int v = 0; v < vectors; v++)
                    sum[v] = _mm512_add_epi16(sum[v], entry[v]);
            }
            for (int v = 0; v < vectors; v++)
                _mm512_storeu_si512(row + v * LM_LANES, sum[v]);
        }
    }
}

AVX512 void lm_avx512_rows_select(int16_t *to, size_t to_stride,
                                  const int16_t *w, size_t stride,
                                  const uint64_t *s, size_t s_words,
                                  size_t samples, size_t m, size_t n)
{
    const size_t end = lm_padded(n);
    size_t i = 0;

    for (; i + 2 * LM_LANES <= end; i += 2 * LM_LANES)
        select_tile(to + i, to_stride, w + i, stride, s, s_words, samples, m,
                    2);
    for (; i < end; i += LM_LANES)
        select_tile(to + i, to_stride, w + i, stride, s, s_words, samples, m,
                    1);
}

AVX512 void lm_avx512_sums_add(int32_t *a, const int16_t *sum, size_t n)
{
    for (size_t i = 0; i < n; i += 16) {
        const __m512i wide = _mm512_cvtepi16_epi32(
            _mm256_loadu_si256((const __m256i *)(sum + i)));

        _mm512_storeu_si512(a + i,
                            _mm512_add_epi32(_mm512_loadu_si512(a + i), wide));
    }
}

/* A word at a time: its numbers as bytes, put together, then widened. */
__attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt"))) size_t
lm_avx512_bits_list(uint16_t *list, const uint64_t *x, size_t words)
{
    uint8_t number[64];
    size_t count = 0;

    for (size_t k = 0; k < 64; k++)
        number[k] = (uint8_t)k;
    const __m512i all = _mm512_loadu_si512(number);
    for (size_t k = 0; k < words; k++) {
        const __m512i base = _mm512_set1_epi16((short)(64 * k));
        const __m512i some = _mm512_maskz_compress_epi8(x[k], all);
        const size_t found = (size_t)__builtin_popcountll(x[k]);

        _mm512_storeu_si512(
            list + count,
            _mm512_add_epi16(
                base, _mm512_cvtepu8_epi16(_mm512_castsi512_si256(some))));
        if (found > LM_LANES)
            _mm512_storeu_si512(
                list + count + LM_LANES,
                _mm512_add_epi16(
                    base,
                    _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(some, 1))));
        count += found;
    }
    return count;
}

#endif
