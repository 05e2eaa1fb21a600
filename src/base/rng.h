/* rng.h -- Philox4x32-10: random numbers as a function of where they are used.
 *
 * Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011.  The packing of counter and key is docs/numerics.md section 3.
 */
#ifndef LM_RNG_H
#define LM_RNG_H

#include <stdint.h>

enum lm_stream {
    LM_STREAM_INPUT = 0,
    LM_STREAM_TIES = 1,
    LM_STREAM_ORDER = 2,
    LM_STREAM_WEIGHTS = 3,
    LM_STREAM_THRESHOLDS = 4,
    LM_STREAM_PATTERN = 5,
    LM_STREAM_SPLIT = 6,
    LM_STREAM_CORRUPT = 7,
    LM_STREAM_AUGMENT = 8,
    LM_STREAM_RESAMPLE = 9,
    LM_STREAM_BRANCHING = 10,
    LM_STREAM_SURROGATE = 11,
    LM_STREAM_DEGREE = 12,
    LM_STREAM_START = 13,
    LM_STREAM_DAMAGE = 14,
    LM_STREAM_NOISE = 16, /* + layer, at most 215 */
    LM_STREAM_PLASTIC = 240,
    LM_STREAM_COUPLED = 241,
    LM_STREAM_WORDS = 242
};

typedef struct lm_block {
    uint32_t word[4];
} lm_block;

static inline lm_block lm_philox(lm_block c, uint32_t k0, uint32_t k1)
{
    for (int round = 0; round < 10; round++) {
        const uint64_t p = (uint64_t)0xD2511F53U * c.word[0];
        const uint64_t q = (uint64_t)0xCD9E8D57U * c.word[2];

        c = (lm_block){ { (uint32_t)(q >> 32) ^ c.word[1] ^ k0, (uint32_t)q,
                          (uint32_t)(p >> 32) ^ c.word[3] ^ k1, (uint32_t)p } };
        k0 += 0x9E3779B9U; // the golden ratio, and sqrt(3) - 1
        k1 += 0xBB67AE85U;
    }
    return c;
}

/* Four draws: block < 2^24 of one stream, sample key and step. */
static inline lm_block lm_draw_block(uint64_t seed, uint32_t stream,
                                     uint64_t key, uint32_t step,
                                     uint32_t block)
{
    const lm_block counter = { { stream << 24 | block, step, (uint32_t)key,
                                 (uint32_t)(key >> 32) } };

    return lm_philox(counter, (uint32_t)seed, (uint32_t)(seed >> 32));
}

/* The 32-bit draw of one unit. */
static inline uint32_t lm_draw(uint64_t seed, uint32_t stream, uint64_t key,
                               uint32_t step, uint32_t unit)
{
    return lm_draw_block(seed, stream, key, step, unit / 4).word[unit % 4];
}

/* The 16-bit draw of unit u from its block, u / 8. */
static inline uint32_t lm_block_half(lm_block block, uint32_t unit)
{
    return block.word[unit % 8 / 2] >> (16 * (unit % 2)) & 0xffffU;
}

/* A whole number below m <= 2^32 from a 32-bit draw; bias below m / 2^32. */
static inline uint32_t lm_draw_below(uint32_t draw, uint64_t m)
{
    return (uint32_t)(draw * m >> 32);
}

#endif
