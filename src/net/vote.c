/* vote.c -- the answer: the output unit with most spikes. */
#include "limen.h"

#include "base/rng.h"

#include <assert.h>

size_t limen_vote(const uint32_t *counts, size_t n, uint64_t seed, uint64_t key,
                  bool *tied)
{
    uint32_t most = 0;
    size_t winners = 0;

    assert(n > 0);
    for (size_t i = 0; i < n; i++) {
        if (counts[i] > most) {
            most = counts[i];
            winners = 0;
        }
        winners += counts[i] == most;
    }
    if (tied != NULL)
        *tied = winners > 1;

    size_t pick =
        lm_draw_below(lm_draw(seed, LM_STREAM_TIES, key, 0, 0), winners);
    for (size_t i = 0; i < n; i++)
        if (counts[i] == most && pick-- == 0)
            return i;
    assert(false); // one of them has most
    return 0;
}
