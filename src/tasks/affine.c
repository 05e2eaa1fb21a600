/* affine.c -- pictures turned, shifted and stretched. */
#include "tasks/corrupt.h"

#include <math.h>

static double pixel(const float *from, size_t height, size_t width, double x,
                    double y)
{
    if (x < 0.0 || y < 0.0 || x >= (double)width || y >= (double)height)
        return 0.0;
    return (double)from[(size_t)y * width + (size_t)x];
}

static double between(const float *from, size_t height, size_t width, double x,
                      double y)
{
    const double left = floor(x);
    const double top = floor(y);
    const double u = x - left;
    const double v = y - top;

    return (1.0 - v) * ((1.0 - u) * pixel(from, height, width, left, top) +
                        u * pixel(from, height, width, left + 1.0, top)) +
           v * ((1.0 - u) * pixel(from, height, width, left, top + 1.0) +
                u * pixel(from, height, width, left + 1.0, top + 1.0));
}

void lm_affine_apply(float *to, const float *from, size_t height, size_t width,
                     const lm_affine *how)
{
    const double x0 = ((double)width - 1.0) / 2.0;
    const double y0 = ((double)height - 1.0) / 2.0;

    for (size_t i = 0; i < height; i++)
        for (size_t j = 0; j < width; j++) {
            const double x = (double)j - x0;
            const double y = (double)i - y0;

            to[i * width + j] = (float)between(
                from, height, width, x0 + how->xx * x + how->xy * y - how->dx,
                y0 + how->yx * x + how->yy * y - how->dy);
        }
}
