/* quantiles.h -- the noise of a unit, from one 32-bit draw.
 *
 * An integer table instead of libm, so that all machines make the same noise:
 * docs/numerics.md, section 5.
 */
#ifndef LM_QUANTILES_H
#define LM_QUANTILES_H

#include <stdint.h>

/* node[64 k + i] = rint(65536 Q(P)), P = 2^(30-k) (1 + i/64) / 2^32, Q the
 * upper quantile; octaves k = 0..23, segments i = 0..63. */
extern const int32_t lm_quantile_gaussian[1536];
extern const int32_t lm_quantile_logistic[1536];

/* z of one draw, in units of 2^-16: the tail quantile of v / 2^32, v the draw
 * without its highest bit, negative if that bit is 0; nodes are joined by
 * straight lines. */
static inline int32_t lm_noise(const int32_t *node, uint32_t draw)
{
    uint32_t v = draw & UINT32_C(0x7fffffff);
    uint32_t k = 0; /* octave: the highest bit of v is 30 - k */
    uint32_t f, i, at;
    int64_t g, rise;
    int32_t left, right, m;

    if (v < 128)
        v = 128;
#if defined(__GNUC__)
    k = (uint32_t)__builtin_clz(v) - 1;
#else
    while ((v >> (30 - k)) == 0)
        k++;
#endif
    f = v - (UINT32_C(1) << (30 - k));
    i = f >> (24 - k);
    g = (int64_t)(f & ((UINT32_C(1) << (24 - k)) - 1));
    at = 64 * k + i;
    left = node[at];
    if (i < 63)
        right = node[at + 1];
    else
        right = k > 0 ? node[64 * (k - 1)] : 0;
    /* right <= left: the shift rounds down, also of what is negative. */
    rise = ((right - left) * g) >> (24 - k);
    m = left + (int32_t)rise;
    return draw < UINT32_C(0x80000000) ? -m : m;
}

#endif
