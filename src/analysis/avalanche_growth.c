/* avalanche_growth.c -- the mean size of avalanches of each duration. */
#include "analysis/avalanche.h"

#include "base/arena.h"
#include "base/error.h"

#include <math.h>

static bool has(const lm_growth_table *table, size_t i)
{
    return table->count[i] > 0.0 && table->size[i] > 0.0;
}

/* The mean of log T over avalanches, and the durations there are. */
static double mean_log(size_t *points, const lm_growth_table *table)
{
    double n = 0.0;
    double sum = 0.0;

    *points = 0;
    for (size_t i = 0; i < table->durations; i++) {
        if (has(table, i)) {
            n += table->count[i];
            sum += table->count[i] * log(table->low + (double)i);
            ++*points;
        }
    }
    return sum / n;
}

/* Sums over durations of S e^-(gamma x) x^k, k = 0, 1, 2, with x = log T -
 * mean. */
static void moments(double sum[3], const lm_growth_table *table, double mean,
                    double gamma)
{
    sum[0] = 0.0;
    sum[1] = 0.0;
    sum[2] = 0.0;
    for (size_t i = 0; i < table->durations; i++) {
        if (has(table, i)) {
            const double x = log(table->low + (double)i) - mean;
            const double term = table->size[i] * exp(-gamma * x);

            sum[0] += term;
            sum[1] += term * x;
            sum[2] += term * x * x;
        }
    }
}

/* Sizes over c T^gamma have mean 1 where sum over avalanches of (S / c T^gamma
 * - 1) (1, log T) = 0, so gamma is where the sum of S T^-gamma (log T - mean)
 * is 0: the least of a convex function. */
static double solve(const lm_growth_table *table, double mean)
{
    double low = -20.0;
    double high = 20.0;
    double gamma = 1.5;

    for (int step = 0; step < 200 && high - low > 1e-12; step++) {
        double sum[3];

        if (!(gamma > low && gamma < high))
            gamma = low + (high - low) / 2.0;
        moments(sum, table, mean, gamma);
        const double slope = sum[1] / sum[0];
        const double next = gamma + slope / (sum[2] / sum[0] - slope * slope);

        if (slope > 0.0)
            low = gamma;
        else
            high = gamma;
        if (fabs(next - gamma) < 1e-13)
            break;
        gamma = next;
    }
    return gamma;
}

/* From how far mean sizes are from c T^gamma. */
static double slope_error(const lm_growth_table *table, double mean,
                          double gamma, size_t points)
{
    double sum[3];
    double n = 0.0;
    double square = 0.0;
    double width = 0.0;

    moments(sum, table, mean, gamma);
    for (size_t i = 0; i < table->durations; i++)
        n += has(table, i) ? table->count[i] : 0.0;
    for (size_t i = 0; i < table->durations; i++) {
        if (has(table, i)) {
            const double x = log(table->low + (double)i) - mean;
            const double rest = table->size[i] / table->count[i] *
                                    exp(-gamma * x) * n / sum[0] -
                                1.0;

            square += table->count[i] * rest * rest;
            width += table->count[i] * x * x;
        }
    }
    return sqrt(square / ((double)points - 2.0) / width);
}

double lm_growth_slope(double *error, const lm_growth_table *table)
{
    size_t points;
    const double mean = mean_log(&points, table);

    if (points < 3)
        return (double)NAN;
    const double gamma = solve(table, mean);
    if (error != NULL)
        *error = slope_error(table, mean, gamma, points);
    return gamma;
}

limen_status lm_growth_table_new(lm_growth_table *table,
                                 const limen_avalanches *avalanches,
                                 limen_window duration, limen_error *err)
{
    double longest = 0.0;

    for (size_t k = 0; k < avalanches->count; k++) {
        if (avalanches->duration[k] <= duration.high)
            longest = fmax(longest, avalanches->duration[k]);
    }
    const double low = fmax(1.0, ceil(duration.low));
    *table = (lm_growth_table){ .low = low };
    table->durations = longest >= low ? (size_t)(longest - low) + 1 : 0;
    table->count = lm_alloc(table->durations, 2, sizeof(double));
    if (table->count == NULL)
        return lm_error_no_memory(err, "mean sizes",
                                  2 * table->durations * sizeof(double));
    table->size = table->count + table->durations;
    return LIMEN_OK;
}

void lm_growth_table_free(lm_growth_table *table)
{
    lm_free(table->count);
}

void lm_growth_table_add(lm_growth_table *table, double duration, double size,
                         double times)
{
    const double place = duration - table->low;

    if (place >= 0.0 && place < (double)table->durations) {
        table->count[(size_t)place] += times;
        table->size[(size_t)place] += times * size;
    }
}

static limen_growth *lay_out(lm_arena *arena, size_t points)
{
    limen_growth *growth = lm_arena_take(arena, 1, 1, sizeof *growth);
    double *duration = lm_arena_take(arena, 1, points, sizeof *duration);
    double *size = lm_arena_take(arena, 1, points, sizeof *size);
    double *count = lm_arena_take(arena, 1, points, sizeof *count);

    if (growth != NULL) {
        growth->points = points;
        growth->duration = duration;
        growth->size = size;
        growth->count = count;
    }
    return growth;
}

static limen_growth *growth_of(const lm_growth_table *table, size_t points)
{
    lm_arena measured = { .base = NULL };

    lay_out(&measured, points);
    lm_arena arena = { .base = lm_block_new(&measured) };
    if (arena.base == NULL)
        return NULL;
    limen_growth *growth = lay_out(&arena, points);
    growth->gamma = lm_growth_slope(&growth->error, table);
    for (size_t i = 0, point = 0; i < table->durations; i++) {
        if (table->count[i] > 0.0) {
            growth->duration[point] = table->low + (double)i;
            growth->size[point] = table->size[i] / table->count[i];
            growth->count[point++] = table->count[i];
        }
    }
    return growth;
}

limen_status limen_growth_new(limen_growth **out,
                              const limen_avalanches *avalanches,
                              limen_window duration, limen_error *err)
{
    lm_growth_table table;
    double events = 0.0;
    size_t points = 0;

    *out = NULL;
    limen_status status =
        lm_growth_table_new(&table, avalanches, duration, err);
    if (status != LIMEN_OK)
        return status;
    for (size_t k = 0; k < avalanches->count; k++)
        lm_growth_table_add(&table, avalanches->duration[k],
                            avalanches->size[k], 1.0);
    for (size_t i = 0; i < table.durations; i++) {
        points += table.count[i] > 0.0;
        events += table.count[i];
    }
    if (points < 3 || events < LIMEN_TAIL_EVENTS_MIN) {
        status = lm_error_set(err, LIMEN_BAD_VALUE,
                              "%.0f avalanches of %zu durations from %g to %g "
                              "are too few for a slope; have at least %d of 3",
                              events, points, duration.low, duration.high,
                              LIMEN_TAIL_EVENTS_MIN);
    } else {
        *out = growth_of(&table, points);
        if (*out == NULL)
            status = lm_error_no_memory(err, "mean sizes",
                                        3 * points * sizeof(double));
    }
    lm_growth_table_free(&table);
    return status;
}

void limen_growth_free(limen_growth *growth)
{
    lm_block_free(growth);
}
