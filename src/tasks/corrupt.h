/* corrupt.h -- what the files about corruptions share. */
#ifndef LM_CORRUPT_H
#define LM_CORRUPT_H

#include <stddef.h>

/* Of a corruption without an amount; from 1. */
enum { LM_USUAL_SEVERITY = 4 };

/* x' = x_0 + xx (x - x_0) + xy (y - y_0) - dx and the like for y': where the
 * value of pixel (x, y) comes from, about the centre of the picture. */
typedef struct lm_affine {
    double xx, xy, yx, yy, dx, dy;
} lm_affine;

/* to: (height, width) from `from`, bilinear, zero outside. */
void lm_affine_apply(float *to, const float *from, size_t height, size_t width,
                     const lm_affine *how);

#endif
