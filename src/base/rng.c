/* rng.c -- the public face of rng.h. */
#include "base/rng.h"

#include "limen.h"

#include <assert.h>

void limen_philox(uint32_t out[4], const uint32_t counter[4],
                  const uint32_t key[2])
{
    const lm_block c = { { counter[0], counter[1], counter[2], counter[3] } };
    const lm_block drawn = lm_philox(c, key[0], key[1]);

    for (int k = 0; k < 4; k++)
        out[k] = drawn.word[k];
}

uint32_t limen_draw(uint64_t seed, uint32_t stream, uint64_t key, uint32_t step,
                    uint32_t unit)
{
    assert(stream < 256 && unit < 1U << 26);
    return lm_draw(seed, stream, key, step, unit);
}

const char *limen_version(void)
{
    return LIMEN_VERSION;
}
