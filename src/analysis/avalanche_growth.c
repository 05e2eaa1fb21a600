/* avalanche_growth.c -- the mean size of avalanches of each duration. */
#include "analysis/avalanche.h"

#include "base/arena.h"
#include "base/error.h"

#include <math.h>

double lm_growth_slope(double *error, const lm_growth_table *table)
{
    double n = 0.0;
    double mean_x = 0.0;
    double mean_y = 0.0;
    double xx = 0.0;
    double xy = 0.0;
    double square = 0.0;
    size_t points = 0;

    for (size_t i = 0; i < table->durations; i++) {
        if (table->count[i] > 0.0 && table->size[i] > 0.0) {
            n += table->count[i];
            mean_x += table->count[i] * log(table->low + (double)i);
            mean_y += table->count[i] * log(table->size[i] / table->count[i]);
            points++;
        }
    }
    mean_x /= n;
    mean_y /= n;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < table->durations; i++) {
            if (!(table->count[i] > 0.0 && table->size[i] > 0.0))
                continue;
            const double x = log(table->low + (double)i) - mean_x;
            const double y = log(table->size[i] / table->count[i]) - mean_y;

            if (pass == 0) {
                xx += table->count[i] * x * x;
                xy += table->count[i] * x * y;
            } else {
                square +=
                    table->count[i] * (y - xy / xx * x) * (y - xy / xx * x);
            }
        }
    }
    if (error != NULL)
        *error = sqrt(square / ((double)points - 2.0) / xx);
    return points >= 3 ? xy / xx : (double)NAN;
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
