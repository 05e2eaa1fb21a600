/* augment.h -- a mixture of corruptions that training samples are drawn from.
 *
 *     none,gaussian:0-0.5,dropout:0-0.8,rectangle
 *
 * Each sample of each epoch gets one of the items, all equally likely; its
 * amount is uniform in the range, or the fourth of the corruption's five where
 * none is given.  `mix` stands for the mixture above, `mix-contrast` for
 * none,contrast:0.2-1,dropout:0-0.8,rectangle.
 */
#ifndef LM_AUGMENT_H
#define LM_AUGMENT_H

#include "limen.h"

enum { LM_AUGMENT_ITEMS = 32 };

typedef struct lm_augment {
    size_t items; /* 0: samples stay as they are */
    struct {
        size_t kind; /* SIZE_MAX: none */
        double low, high;
    } item[LM_AUGMENT_ITEMS];
} lm_augment;

/* without: names of corruptions to leave out of the mixture, or "". */
limen_status lm_augment_parse(lm_augment *out, const char *text,
                              const char *without, limen_error *err);

/* The key of sample k in an epoch, which counts from 0: each epoch has its own
 * noise, and none has that of a test.  k < 2^32 */
static inline uint64_t lm_augment_key(size_t epoch, size_t k)
{
    return ((uint64_t)epoch + 1) << 32 | k;
}

/* augment: of at least one item.  to, from: (height, width) */
void lm_augment_apply(const lm_augment *augment, float *to, const float *from,
                      size_t height, size_t width, uint64_t seed, uint64_t key);

#endif
