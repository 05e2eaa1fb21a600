/* avx512_slots.c -- sparse sums as units hear them.
 *
 * The states of 1024 sources fill two registers, and one permutation of bytes
 * fetches the byte that each of 64 units wants to look at.  Where a slot's
 * sources lie in several such tables, each is looked at.
 */
#include "kernels/avx512.h"

#if defined(__x86_64__)

#include <string.h>

#define VBMI                                                                   \
    __attribute__((target("avx512f,avx512bw,avx512vl,bmi2,avx512vbmi")))

/* The units of slot k whose source is set. */
VBMI static inline __mmask64 heard(const lm_slots *slots, size_t k,
                                   const __m512i *state)
{
    const uint8_t low = slots->low[k];
    const __m512i byte = _mm512_loadu_si512(slots->byte + k * LM_SLOT_UNITS);
    const __m512i bit = _mm512_loadu_si512(slots->bit + k * LM_SLOT_UNITS);
    __m512i look =
        _mm512_permutex2var_epi8(state[2 * low], byte, state[2 * low + 1]);

    if (slots->high[k] > low) {
        const __m512i table =
            _mm512_loadu_si512(slots->table + k * LM_SLOT_UNITS);

        for (uint8_t t = (uint8_t)(low + 1); t <= slots->high[k]; t++) {
            const __mmask64 here =
                _mm512_cmpeq_epi8_mask(table, _mm512_set1_epi8((char)t));

            look = _mm512_mask_mov_epi8(
                look, here,
                _mm512_permutex2var_epi8(state[2 * t], byte, state[2 * t + 1]));
        }
    }
    return _mm512_test_epi8_mask(look, bit);
}

VBMI static inline __m512i add_some(__m512i sum, __mmask64 on, unsigned place,
                                    const int16_t *w)
{
    const __m512i wide =
        _mm512_cvtepi16_epi32(_mm256_loadu_si256((const __m256i *)w));

    return _mm512_mask_add_epi32(sum, (__mmask16)(on >> place), sum, wide);
}

VBMI void lm_avx512_slots_add(int32_t *a, const lm_slots *slots,
                              const uint64_t *s, size_t words)
{
    __m512i state[2 * LM_SLOT_TABLES];
    const size_t tables = (words + 15) / 16;

    memset(state, 0, 2 * tables * sizeof *state);
    memcpy(state, s, words * sizeof *s);
    for (size_t g = 0; g < slots->groups; g++) {
        int32_t *to = a + g * LM_SLOT_UNITS;
        __m512i sum[4];

        for (int v = 0; v < 4; v++)
            sum[v] = _mm512_loadu_si512(to + 16 * v);
        for (size_t k = slots->first[g]; k < slots->first[g + 1]; k++) {
            const int16_t *w = slots->w + k * LM_SLOT_UNITS;
            const __mmask64 on = heard(slots, k, state);

            for (unsigned v = 0; v < 4; v++)
                sum[v] = add_some(sum[v], on, 16 * v, w + 16 * v);
        }
        for (int v = 0; v < 4; v++)
            _mm512_storeu_si512(to + 16 * v, sum[v]);
    }
}

#endif
