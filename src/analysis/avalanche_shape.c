/* avalanche_shape.c -- mean profiles of avalanches laid over one another. */
#include "limen.h"

#include "base/arena.h"
#include "base/error.h"

#include <math.h>

/* The interval in which the exponent is looked for: mean-field is 2, a
 * random signal's excursions 3/2, independent bins 1. */
#define GAMMA_LOW 0.0
#define GAMMA_HIGH 4.0

static limen_shapes *lay_out(lm_arena *arena, size_t durations)
{
    limen_shapes *shapes = lm_arena_take(arena, 1, 1, sizeof *shapes);
    double *duration = lm_arena_take(arena, 1, durations, sizeof *duration);
    double *count = lm_arena_take(arena, 1, durations, sizeof *count);
    double *time = lm_arena_take(arena, 1, LIMEN_SHAPE_POINTS, sizeof *time);
    double *profile =
        lm_arena_take(arena, durations, LIMEN_SHAPE_POINTS, sizeof *profile);

    if (shapes != NULL) {
        shapes->durations = durations;
        shapes->duration = duration;
        shapes->count = count;
        shapes->time = time;
        shapes->profile = profile;
    }
    return shapes;
}

static size_t longest_in(const limen_avalanches *avalanches,
                         limen_window window)
{
    double longest = 0.0;

    for (size_t k = 0; k < avalanches->count; k++) {
        if (avalanches->duration[k] <= window.high)
            longest = fmax(longest, avalanches->duration[k]);
    }
    return (size_t)longest;
}

/* The mean activity of avalanches of duration T at t = u T by linear
 * interpolation between the middles of bins; sum: (T) over `count`. */
static double at_time(const double *sum, double T, double count, double u)
{
    const double place = fmin(fmax(u * T - 0.5, 0.0), T - 1.0);
    const double left = fmin(floor(place), T - 2.0);
    const double part = place - left;

    return ((1.0 - part) * sum[(size_t)left] + part * sum[(size_t)left + 1]) /
           count;
}

/* Mean profiles, unscaled.  sum: room for the longest. */
static void gather(limen_shapes *shapes, double *sum,
                   const limen_avalanches *avalanches)
{
    // no profile is extended beyond the middles of its end bins
    const double edge = 0.5 / shapes->duration[0];

    for (size_t k = 0; k < LIMEN_SHAPE_POINTS; k++)
        shapes->time[k] =
            edge + (1.0 - 2.0 * edge) * (double)k / (LIMEN_SHAPE_POINTS - 1);
    for (size_t i = 0; i < shapes->durations; i++) {
        const size_t T = (size_t)shapes->duration[i];

        for (size_t t = 0; t < T; t++)
            sum[t] = 0.0;
        for (size_t k = 0; k < avalanches->count; k++) {
            const double *a = avalanches->activity + avalanches->start[k];

            for (size_t t = 0;
                 t < T && avalanches->duration[k] == shapes->duration[i]; t++)
                sum[t] += a[t];
        }
        for (size_t k = 0; k < LIMEN_SHAPE_POINTS; k++)
            shapes->profile[i * LIMEN_SHAPE_POINTS + k] =
                at_time(sum, (double)T, shapes->count[i], shapes->time[k]);
    }
}

/* The error of the profiles scaled by T^(1 - gamma). */
static double collapse_error(const limen_shapes *shapes, double gamma)
{
    const double n = (double)shapes->durations;
    double spread = 0.0;
    double least = (double)INFINITY;
    double most = -(double)INFINITY;

    for (size_t k = 0; k < LIMEN_SHAPE_POINTS; k++) {
        double mean = 0.0;
        double square = 0.0;

        for (size_t i = 0; i < shapes->durations; i++) {
            const double x = shapes->profile[i * LIMEN_SHAPE_POINTS + k] *
                             pow(shapes->duration[i], 1.0 - gamma);

            mean += x;
            square += x * x;
        }
        mean /= n;
        spread += (square / n - mean * mean) / LIMEN_SHAPE_POINTS;
        least = fmin(least, mean);
        most = fmax(most, mean);
    }
    return spread / ((most - least) * (most - least));
}

/* On a grid, then by golden section about its best. */
static double least_error(const limen_shapes *shapes)
{
    enum { GRID = 80 };
    const double golden = 0.61803398874989485;
    const double width = (GAMMA_HIGH - GAMMA_LOW) / GRID;
    double best = GAMMA_LOW;

    for (int k = 0; k <= GRID; k++) {
        const double gamma = GAMMA_LOW + k * width;

        if (collapse_error(shapes, gamma) < collapse_error(shapes, best))
            best = gamma;
    }
    double low = best - width;
    double high = best + width;
    for (int k = 0; k < 40; k++) {
        const double left = high - golden * (high - low);
        const double right = low + golden * (high - low);

        if (collapse_error(shapes, left) < collapse_error(shapes, right))
            high = right;
        else
            low = left;
    }
    return (low + high) / 2.0;
}

static void collapse(limen_shapes *shapes)
{
    shapes->gamma = least_error(shapes);
    shapes->error = collapse_error(shapes, shapes->gamma);
    for (size_t i = 0; i < shapes->durations; i++) {
        for (size_t k = 0; k < LIMEN_SHAPE_POINTS; k++)
            shapes->profile[i * LIMEN_SHAPE_POINTS + k] *=
                pow(shapes->duration[i], 1.0 - shapes->gamma);
    }
}

/* From counts of each duration: (longest + 1). */
static limen_shapes *shapes_of(const limen_avalanches *avalanches,
                               const double *count, size_t first,
                               size_t longest, double least, size_t durations)
{
    lm_arena measured = { .base = NULL };

    lay_out(&measured, durations);
    lm_arena arena = { .base = lm_block_new(&measured) };
    double *sum = lm_alloc(longest, 1, sizeof *sum);
    limen_shapes *shapes = NULL;
    if (arena.base != NULL && sum != NULL) {
        size_t i = 0;

        shapes = lay_out(&arena, durations);
        for (size_t T = first; T <= longest; T++) {
            if (count[T] >= least) {
                shapes->duration[i] = (double)T;
                shapes->count[i++] = count[T];
            }
        }
        gather(shapes, sum, avalanches);
        collapse(shapes);
    } else {
        lm_block_free(arena.base);
    }
    lm_free(sum);
    return shapes;
}

limen_status limen_shapes_new(limen_shapes **out,
                              const limen_avalanches *avalanches,
                              limen_window duration, size_t avalanches_min,
                              limen_error *err)
{
    *out = NULL;
    if (!(duration.low >= 3.0))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "shapes of avalanches from %g bins; they need at "
                            "least 3",
                            duration.low);
    const size_t first = (size_t)ceil(duration.low);
    const size_t longest = longest_in(avalanches, duration);
    const double least = fmax(1.0, (double)avalanches_min);
    double *count = lm_alloc(longest + 1, 1, sizeof *count);
    if (count == NULL)
        return lm_error_no_memory(err, "shapes", longest * sizeof *count);
    for (size_t k = 0; k < avalanches->count; k++) {
        if (avalanches->duration[k] <= duration.high)
            count[(size_t)avalanches->duration[k]] += 1.0;
    }
    size_t durations = 0;
    for (size_t T = first; T <= longest; T++)
        durations += count[T] >= least;
    limen_status status = LIMEN_OK;
    if (durations < 2)
        status = lm_error_set(err, LIMEN_BAD_VALUE,
                              "%zu durations from %g to %g bins have %.0f "
                              "avalanches; a collapse needs 2",
                              durations, duration.low, duration.high, least);
    else
        *out = shapes_of(avalanches, count, first, longest, least, durations);
    lm_free(count);
    if (status == LIMEN_OK && *out == NULL)
        status = lm_error_no_memory(
            err, "shapes", durations * LIMEN_SHAPE_POINTS * sizeof(double));
    return status;
}

void limen_shapes_free(limen_shapes *shapes)
{
    lm_block_free(shapes);
}
