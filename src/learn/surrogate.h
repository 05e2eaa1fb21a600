/* surrogate.h -- the factor that stands for the derivative of a spike.
 *
 *     fast      1 / (1 + pi |u| / w)^2
 *     triangle  max(0, 1 - |u| / w) / w
 *     box       1[|u| < w] / (2 w)
 *
 * u = a 2^-q is the distance to threshold in units of the masters.  A trace
 * keeps the factor as a share of its peak in 8 bits.
 */
#ifndef LM_SURROGATE_H
#define LM_SURROGATE_H

#include <stddef.h>
#include <stdint.h>

typedef enum lm_surrogate {
    LM_SURROGATE_FAST,
    LM_SURROGATE_TRIANGLE,
    LM_SURROGATE_BOX
} lm_surrogate;

/* The factor of share 1. */
float lm_surrogate_peak(lm_surrogate kind, float width);

/* share_i = round(255 psi(u_i) / peak), u_i = a_i scale_i.  All: (n). */
void lm_surrogate_shares(uint8_t *share, const int32_t *a, const float *scale,
                         size_t n, lm_surrogate kind, float width);

#endif
