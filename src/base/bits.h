/* bits.h -- binary states: unit i is bit i % 64 of word i / 64. */
#ifndef LM_BITS_H
#define LM_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline size_t lm_bits_words(size_t n)
{
    return (n + 63) / 64;
}

static inline uint32_t lm_bits_get(const uint64_t *x, size_t i)
{
    return (uint32_t)(x[i / 64] >> (i % 64)) & 1U;
}

/* Whether the bits past n are zero, as every state's must be. */
static inline bool lm_bits_tidy(const uint64_t *x, size_t n)
{
    return n % 64 == 0 || x[n / 64] >> (n % 64) == 0;
}

static inline size_t lm_bits_count(const uint64_t *x, size_t words)
{
    size_t count = 0;

    for (size_t k = 0; k < words; k++)
        count += (size_t)__builtin_popcountll(x[k]);
    return count;
}

/* Writes the numbers of the set bits, ascending, and returns how many.
 * list: room for 64 words; words <= 1024. */
static inline size_t lm_bits_list16(uint16_t *list, const uint64_t *x,
                                    size_t words)
{
    size_t count = 0;

    for (size_t k = 0; k < words; k++)
        for (uint64_t word = x[k]; word != 0; word &= word - 1)
            list[count++] = (uint16_t)(64 * k + (size_t)__builtin_ctzll(word));
    return count;
}

#endif
