/* surrogate.c -- surrogate factors, eight bits each. */
#include "learn/surrogate.h"

#include "base/vectorise.h"

#include <math.h>

float lm_surrogate_peak(lm_surrogate kind, float width)
{
    switch (kind) {
    case LM_SURROGATE_FAST:
        return 1.0F;
    case LM_SURROGATE_TRIANGLE:
        return 1.0F / width;
    case LM_SURROGATE_BOX:
        return 0.5F / width;
    }
    return 0.0F;
}

LM_VECTORISE static void fast(uint8_t *share, const int32_t *a,
                              const float *scale, size_t n, float slope)
{
    for (size_t i = 0; i < n; i++) {
        const float x = 1.0F + slope * fabsf((float)a[i] * scale[i]);

        share[i] = (uint8_t)(int32_t)(255.0F / (x * x) + 0.5F);
    }
}

LM_VECTORISE static void triangle(uint8_t *share, const int32_t *a,
                                  const float *scale, size_t n, float slope)
{
    for (size_t i = 0; i < n; i++) {
        const float x = 1.0F - slope * fabsf((float)a[i] * scale[i]);

        share[i] = (uint8_t)(int32_t)((x > 0.0F ? 255.0F * x : 0.0F) + 0.5F);
    }
}

LM_VECTORISE static void box(uint8_t *share, const int32_t *a,
                             const float *scale, size_t n, float width)
{
    for (size_t i = 0; i < n; i++)
        share[i] = fabsf((float)a[i] * scale[i]) < width ? 255 : 0;
}

void lm_surrogate_shares(uint8_t *share, const int32_t *a, const float *scale,
                         size_t n, lm_surrogate kind, float width)
{
    switch (kind) {
    case LM_SURROGATE_FAST:
        fast(share, a, scale, n, 3.14159265F / width);
        break;
    case LM_SURROGATE_TRIANGLE:
        triangle(share, a, scale, n, 1.0F / width);
        break;
    case LM_SURROGATE_BOX:
        box(share, a, scale, n, width);
        break;
    }
}
