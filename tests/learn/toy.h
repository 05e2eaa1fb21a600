/* toy.h -- a set that is learned in a moment, for tests of training. */
#ifndef LM_TEST_TOY_H
#define LM_TEST_TOY_H

#include "limen.h"

enum { TOY_SAMPLES = 70, TOY_FEATURES = 12, TOY_CLASSES = 3 };

/* Class c is bright in features 4 c .. 4 c + 3.  Keeps arrays of its own. */
typedef struct toy_set {
    limen_data data;
    uint8_t bytes[TOY_SAMPLES * TOY_FEATURES];
    uint32_t labels[TOY_SAMPLES];
} toy_set;

static inline void toy_fill(toy_set *toy)
{
    for (size_t b = 0; b < TOY_SAMPLES; b++) {
        toy->labels[b] = (uint32_t)(b % TOY_CLASSES);
        for (size_t j = 0; j < TOY_FEATURES; j++) {
            const uint32_t noise =
                limen_draw(5, 0, b, 0, (uint32_t)j) >> 26; // 0 .. 63

            toy->bytes[b * TOY_FEATURES + j] =
                (uint8_t)(noise + (j / 4 == toy->labels[b] ? 150 : 20));
        }
    }
    toy->data = (limen_data){ .samples = TOY_SAMPLES,
                              .features = TOY_FEATURES,
                              .classes = TOY_CLASSES,
                              .height = 1,
                              .width = TOY_FEATURES,
                              .bytes = toy->bytes,
                              .labels = toy->labels,
                              .sha256 = "toy",
                              .source = "toy" };
}

#endif
