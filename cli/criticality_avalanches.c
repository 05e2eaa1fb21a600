/* criticality_avalanches.c -- avalanches of all trials, and their laws. */
#include "criticality.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHAPE_AVALANCHES = 20 };

static double mean_of_bins(const crit_series *series, size_t bin)
{
    double sum = 0.0;

    for (size_t t = 0; t < series->trials * series->steps; t++)
        sum += series->counts[t];
    return sum / (double)(series->trials * series->steps) * (double)bin;
}

static bool are_whole(const crit_series *series)
{
    for (size_t t = 0; t < series->trials * series->steps; t++)
        if (series->counts[t] != floor(series->counts[t]))
            return false;
    return true;
}

/* Whether a twentieth of the bins is silent. */
static bool has_silence(const crit_series *series, size_t bin)
{
    const size_t bins = series->steps / bin;
    size_t silent = 0;

    for (size_t k = 0; k < series->trials; k++)
        for (size_t b = 0; b < bins; b++) {
            double sum = 0.0;

            for (size_t t = 0; t < bin; t++)
                sum += series->counts[k * series->steps + b * bin + t];
            silent += (size_t) !(sum > 0.0);
        }
    return 20 * silent >= series->trials * bins;
}

/* factor times the mean; whole for counts, so that sizes are whole too. */
static double theta_of(const crit_series *series, size_t bin, double factor)
{
    const double theta = factor * mean_of_bins(series, bin);

    return are_whole(series) ? floor(theta) : theta;
}

static void *more(void *old, size_t count, size_t size)
{
    void *room = realloc(old, (count > 0 ? count : 1) * size);

    if (room == NULL)
        exit(cli_fail(CLI_NO_MEMORY, "out of memory for avalanches"));
    return room;
}

static void pool_add(limen_avalanches *to, const limen_avalanches *from)
{
    const size_t count = to->count + from->count;
    const size_t bins = to->bins + from->bins;

    to->size = more(to->size, count, sizeof *to->size);
    to->duration = more(to->duration, count, sizeof *to->duration);
    to->start = more(to->start, count, sizeof *to->start);
    to->activity = more(to->activity, bins, sizeof *to->activity);
    for (size_t k = 0; k < from->count; k++) {
        to->size[to->count + k] = from->size[k];
        to->duration[to->count + k] = from->duration[k];
        to->start[to->count + k] = to->bins + from->start[k];
    }
    for (size_t b = 0; b < from->bins; b++)
        to->activity[to->bins + b] = from->activity[b];
    to->whole = from->whole && (to->bins == 0 || to->whole);
    to->count = count;
    to->bins = bins;
}

static void pool_clear(limen_avalanches *pool)
{
    free(pool->size);
    free(pool->duration);
    free(pool->start);
    free(pool->activity);
    *pool = (limen_avalanches){ 0 };
}

/* Avalanches of each trial, so that none reaches from one into the next. */
static limen_status pool_avalanches(limen_avalanches *to,
                                    const crit_series *series, size_t bin,
                                    double theta, limen_avalanche_size kind,
                                    limen_error *err)
{
    const limen_avalanche_options options = { .bin = bin,
                                              .theta = theta,
                                              .size = kind };
    limen_status status = LIMEN_OK;

    *to = (limen_avalanches){ 0 };
    for (size_t k = 0; status == LIMEN_OK && k < series->trials; k++) {
        limen_avalanches *one = NULL;

        status = limen_avalanches_new(&one, series->counts + k * series->steps,
                                      series->steps, &options, err);
        if (status == LIMEN_OK)
            pool_add(to, one);
        limen_avalanches_free(one);
    }
    return status;
}

/* A tail has a fiftieth of the avalanches: the search for the least distance
 * would else end in a few of the largest. */
static limen_tail_options tail_options(size_t count)
{
    limen_tail_options options = limen_tail_defaults();

    if (count / 50 > options.events)
        options.events = count / 50;
    return options;
}

/* Fits a power law to sizes or durations; compares it with others. */
static limen_status fit_tail(crit_tail *to, const double *events, size_t count,
                             bool is_discrete, bool is_null,
                             const criticality *all, limen_error *err)
{
    static const limen_tail_law laws[CRIT_LAWS] = { LIMEN_TAIL_EXPONENTIAL,
                                                    LIMEN_TAIL_LOGNORMAL,
                                                    LIMEN_TAIL_STRETCHED,
                                                    LIMEN_TAIL_TRUNCATED };
    const limen_tail_options options = tail_options(count);
    const int threads = all->options->threads;
    limen_error none;
    limen_status status =
        limen_tail_new(&to->events, events, count, is_discrete, err);

    to->p = NAN;
    if (status == LIMEN_OK)
        status = limen_tail_fit(&to->fit, to->events, &options, threads, err);
    to->is_fitted = status == LIMEN_OK;
    if (!to->is_fitted || is_null)
        return status;
    for (size_t k = 0; k < CRIT_LAWS; k++)
        to->has_ratio[k] =
            limen_tail_compare(&to->ratio[k], to->events, &to->fit,
                               LIMEN_TAIL_POWER, laws[k], &none) == LIMEN_OK;
    if (limen_tail_bootstrap(&to->p, to->events, &options, &to->fit,
                             all->asked->resamples, all->seed, threads,
                             &none) != LIMEN_OK)
        to->p = NAN;
    return status;
}

static void set_exponent(crit_value *to, limen_status status,
                         const limen_error *err, const limen_tail_power *fit)
{
    const double half = 1.959963984540054 * fit->error;

    crit_set(to, status, err, fit->alpha, fit->alpha - half, fit->alpha + half);
}

static limen_window window_of(const limen_tail_power *fit)
{
    return (limen_window){ fit->xmin, fit->xmax };
}

/* Growth and shape, over the durations of the fit. */
static void measure_growth(crit_avalanches *to, crit_value *gamma,
                           crit_value *collapse)
{
    limen_window durations = window_of(&to->duration.fit);
    limen_error err;
    limen_status status =
        limen_growth_new(&to->growth, &to->pool, durations, &err);
    const double half = status == LIMEN_OK
                            ? 1.959963984540054 * to->growth->error
                            : (double)NAN;
    const double slope = status == LIMEN_OK ? to->growth->gamma : (double)NAN;

    crit_set(gamma, status, &err, slope, slope - half, slope + half);
    durations.low = fmax(durations.low, 3.0);
    status = limen_shapes_new(&to->shapes, &to->pool, durations,
                              SHAPE_AVALANCHES, &err);
    crit_set(collapse, status, &err,
             status == LIMEN_OK ? to->shapes->error : (double)NAN, NAN, NAN);
}

/* (alpha - 1) / (tau - 1) - gamma with a bootstrap interval, which null models
 * do without. */
static void measure_crackling(const crit_avalanches *from, crit_value *to,
                              const crit_value *gamma, bool is_null,
                              const criticality *all)
{
    limen_crackling found;
    limen_error err;

    if (!gamma->is_known) {
        crit_refuse(to, "there is no mean size given duration");
        return;
    }
    if (is_null) {
        const double tau = from->size.fit.alpha;
        const double alpha = from->duration.fit.alpha;

        crit_set(to, LIMEN_OK, NULL, (alpha - 1.0) / (tau - 1.0) - gamma->value,
                 NAN, NAN);
        return;
    }
    const limen_status status = limen_crackling_relation(
        &found, &from->pool, window_of(&from->size.fit),
        window_of(&from->duration.fit), all->asked->resamples, 0.95, all->seed,
        all->options->threads, &err);
    crit_set(to, status, &err, found.difference.mean, found.difference.low,
             found.difference.high);
}

static void refuse_all(crit_value *const to[], const char *sentence)
{
    for (size_t m = CRIT_TAU; m <= CRIT_COLLAPSE; m++)
        crit_refuse(to[m], sentence);
}

void crit_measure_avalanches(crit_avalanches *to, crit_found *found,
                             crit_null_kind kind, const crit_series *series,
                             const criticality *all)
{
    const bool is_null = kind != CRIT_NULLS;
    const double asked = all->asked->avalanche_threshold;
    crit_avalanches own = { .bin = all->asked->bin };
    crit_value *value[CRIT_SERIES_MEASURES];
    limen_error err;

    for (size_t m = 0; m < CRIT_SERIES_MEASURES; m++)
        value[m] = is_null ? &found[m].null[kind] : &found[m].own;
    own.theta = theta_of(series, own.bin,
                         asked >= 0.0                   ? asked
                         : has_silence(series, own.bin) ? 0.0
                                                        : 0.5);
    own.is_above = own.theta > 0.0;
    limen_status status = pool_avalanches(
        &own.pool, series, own.bin, own.theta,
        own.is_above ? LIMEN_SIZE_ABOVE : LIMEN_SIZE_TOTAL, &err);
    if (status != LIMEN_OK) {
        refuse_all(value, err.text);
    } else {
        limen_error late;
        const limen_status sizes =
            fit_tail(&own.size, own.pool.size, own.pool.count, own.pool.whole,
                     is_null, all, &err);
        const limen_status durations =
            fit_tail(&own.duration, own.pool.duration, own.pool.count, true,
                     is_null, all, &late);

        set_exponent(value[CRIT_TAU], sizes, &err, &own.size.fit);
        set_exponent(value[CRIT_ALPHA], durations, &late, &own.duration.fit);
        if (sizes == LIMEN_OK && durations == LIMEN_OK) {
            measure_growth(&own, value[CRIT_GAMMA], value[CRIT_COLLAPSE]);
            measure_crackling(&own, value[CRIT_CRACKLING], value[CRIT_GAMMA],
                              is_null, all);
        } else {
            for (size_t m = CRIT_GAMMA; m <= CRIT_COLLAPSE; m++)
                crit_refuse(value[m], "there is no power law in both sizes "
                                      "and durations");
        }
    }
    // reports draw the data and the Ornstein-Uhlenbeck process
    if (!is_null || kind == CRIT_OU)
        *to = own;
    else
        crit_avalanches_clear(&own);
}

void crit_avalanches_clear(crit_avalanches *avalanches)
{
    pool_clear(&avalanches->pool);
    limen_tail_free(avalanches->size.events);
    limen_tail_free(avalanches->duration.events);
    limen_growth_free(avalanches->growth);
    limen_shapes_free(avalanches->shapes);
    *avalanches = (crit_avalanches){ 0 };
}

/* One bin and threshold; false if there are too few avalanches to tell. */
static bool scan_row(limen_avalanche_row *row, const crit_series *series,
                     size_t bin, double factor, int threads)
{
    limen_tail_options options;
    limen_avalanches pool;
    limen_tail *sizes = NULL;
    limen_tail *durations = NULL;
    limen_error err;

    *row = (limen_avalanche_row){ .bin = bin,
                                  .factor = factor,
                                  .theta = theta_of(series, bin, factor),
                                  .gamma = NAN };
    limen_status status = pool_avalanches(
        &pool, series, bin, row->theta,
        row->theta > 0.0 ? LIMEN_SIZE_ABOVE : LIMEN_SIZE_TOTAL, &err);
    row->avalanches = pool.count;
    options = tail_options(pool.count);
    if (status == LIMEN_OK)
        status =
            limen_tail_new(&sizes, pool.size, pool.count, pool.whole, &err);
    if (status == LIMEN_OK)
        status = limen_tail_fit(&row->size, sizes, &options, threads, &err);
    if (status == LIMEN_OK)
        status =
            limen_tail_new(&durations, pool.duration, pool.count, true, &err);
    if (status == LIMEN_OK)
        status =
            limen_tail_fit(&row->duration, durations, &options, threads, &err);
    limen_tail_free(sizes);
    limen_tail_free(durations);
    pool_clear(&pool);
    return status == LIMEN_OK;
}

void crit_scan(crit_result *result, const criticality *all)
{
    static const double factors[] = { 0.0, 0.25, 0.5, 1.0 };
    static const size_t bins[] = { 1, 2, 4 };

    for (size_t b = 0; b < 3; b++)
        for (size_t f = 0; f < 4; f++) {
            limen_avalanche_row row;

            if (bins[b] * 4 <= result->series.steps &&
                scan_row(&row, &result->series, bins[b], factors[f],
                         all->options->threads))
                result->scan[result->scan_count++] = row;
        }
}
