/* avalanche_scan.c -- how exponents depend on bin width and threshold. */
#include "limen.h"

#include <math.h>

static double mean_of(const double *x, size_t n)
{
    double sum = 0.0;

    for (size_t t = 0; t < n; t++)
        sum += x[t];
    return sum / (double)n;
}

static const limen_tail_power none = { NAN, NAN, NAN, NAN, NAN, NAN, 0.0 };

/* Into *out, which stays as it is if there is no fit. */
static limen_status fit(limen_tail_power *out, const double *x, size_t n,
                        bool discrete, limen_window window, int threads,
                        limen_error *err)
{
    limen_tail_options options = limen_tail_defaults();
    limen_tail *tail;
    limen_status status = limen_tail_new(&tail, x, n, discrete, err);

    if (status != LIMEN_OK)
        return status;
    options.xmin = window.low;
    options.xmax = window.high;
    status = limen_tail_fit(out, tail, &options, threads, err);
    limen_tail_free(tail);
    return status == LIMEN_BAD_VALUE ? LIMEN_OK : status;
}

/* The exponents of a row whose bin and theta are set. */
static limen_status measure(limen_avalanche_row *row,
                            const limen_avalanches *all,
                            const limen_avalanche_grid *grid, int threads,
                            limen_error *err)
{
    limen_growth *growth = NULL;

    row->avalanches = all->count;
    row->mean_size =
        all->count > 0 ? mean_of(all->size, all->count) : (double)NAN;
    row->size = none;
    row->duration = none;
    row->gamma = NAN;
    limen_status status = fit(&row->size, all->size, all->count, all->whole,
                              grid->size, threads, err);
    if (status == LIMEN_OK)
        status = fit(&row->duration, all->duration, all->count, true,
                     grid->duration, threads, err);
    if (status != LIMEN_OK || isnan(row->duration.alpha))
        return status;
    const limen_window fitted = { row->duration.xmin, row->duration.xmax };
    status = limen_growth_new(&growth, all, fitted, err);
    if (status == LIMEN_OK)
        row->gamma = growth->gamma;
    limen_growth_free(growth);
    return status == LIMEN_BAD_VALUE ? LIMEN_OK : status;
}

limen_status limen_avalanche_scan(limen_avalanche_row *rows,
                                  const double *activity, size_t steps,
                                  const limen_avalanche_grid *grid, int threads,
                                  limen_error *err)
{
    limen_status status = LIMEN_OK;
    const double mean = mean_of(activity, steps);

    for (size_t i = 0; i < grid->bins * grid->factors; i++) {
        limen_avalanche_row row = { .bin = grid->bin[i / grid->factors],
                                    .factor = grid->factor[i % grid->factors] };
        limen_avalanches *all;

        row.theta = row.factor * mean * (double)row.bin;
        const limen_avalanche_options options = { row.bin, row.theta,
                                                  grid->kind };
        status = limen_avalanches_new(&all, activity, steps, &options, err);
        if (status == LIMEN_OK)
            status = measure(&row, all, grid, threads, err);
        limen_avalanches_free(all);
        if (status != LIMEN_OK)
            return status;
        rows[i] = row;
    }
    return LIMEN_OK;
}
