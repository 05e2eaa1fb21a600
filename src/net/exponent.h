/* exponent.h -- the exponent of one unit's integer image. */
#ifndef LM_EXPONENT_H
#define LM_EXPONENT_H

#include "net/network.h"

enum { LM_EXPONENT_MAX = 100 };

/* To nearest, ties to even, for |x| < 2^22: at 1.5 2^23 a float has no place
 * for a fraction, so the sum rounds it off. */
static inline int32_t lm_round_weight(float x)
{
    const float shift = 12582912.0F;

    return (int32_t)((x + shift) - shift);
}

/* The largest q_i in [-100, 100] of unit i of layer l under the conditions of
 * docs/numerics.md section 1; false if there is none or a number is not
 * finite. */
bool lm_exponent(int32_t *q, const limen_network *net, size_t l, size_t i);

/* The same where *q was the unit's exponent before some weights changed: faster
 * where it still is. */
bool lm_exponent_near(int32_t *q, const limen_network *net, size_t l, size_t i);

/* Whether all weights of the unit are zero, so that its threshold decides the
 * exponent. */
bool lm_is_deaf(const limen_network *net, size_t l, size_t i);

#endif
