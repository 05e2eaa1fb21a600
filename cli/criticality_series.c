/* criticality_series.c -- measures of activity, and of its null models. */
#include "criticality.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PIECES = 10, LAGS_MAX = 4096, PAIRS_UNITS = 1000, LONG_TRIAL = 500 };

void crit_set(crit_value *to, limen_status status, const limen_error *err,
              double value, double low, double high)
{
    *to = (crit_value){ .is_asked = true,
                        .is_known = status == LIMEN_OK && isfinite(value),
                        .value = value,
                        .low = low,
                        .high = high };
    if (status != LIMEN_OK)
        snprintf(to->refusal, sizeof to->refusal, "%s", err->text);
    else if (!to->is_known)
        snprintf(to->refusal, sizeof to->refusal, "it is not defined here");
}

void crit_refuse(crit_value *to, const char *sentence)
{
    *to = (crit_value){ .is_asked = true };
    snprintf(to->refusal, sizeof to->refusal, "%s", sentence);
}

void crit_set_mean(crit_value *to, const double *values, size_t count)
{
    double sum = 0.0;
    double squares = 0.0;

    for (size_t k = 0; k < count; k++)
        sum += values[k];
    const double mean = sum / (double)count;
    for (size_t k = 0; k < count; k++)
        squares += (values[k] - mean) * (values[k] - mean);
    const double half =
        count < 3 ? (double)NAN
                  : cli_t_interval(sqrt(squares / (double)(count - 1)), count);
    crit_set(to, LIMEN_OK, NULL, mean, mean - half, mean + half);
}

void crit_set_exponent(crit_value *to, limen_status status,
                       const limen_error *err, const limen_lyapunov *found,
                       double half)
{
    char text[160];

    crit_set(to, status, err, found->exponent, found->exponent - half,
             found->exponent + half);
    if (status != LIMEN_OK || to->is_known)
        return;
    snprintf(text, sizeof text,
             "damage healed at once in %.3g %% of the steps, and the logarithm "
             "of nothing is minus infinity",
             100.0 * found->healed);
    crit_refuse(to, text);
}

static size_t words_of(size_t units)
{
    return (units + 63) / 64;
}

int crit_series_new(crit_series *to, const char *name, size_t trials,
                    size_t steps, size_t units, bool has_raster)
{
    const double bytes = (double)trials * (double)steps *
                         (has_raster ? 8.0 * (double)words_of(units) : 8.0);

    *to = (crit_series){ .trials = trials, .steps = steps, .units = units };
    snprintf(to->name, sizeof to->name, "%s", name);
    if (bytes < 1e15) { // beyond which no product above is a size
        to->counts = calloc(trials * steps, sizeof *to->counts);
        if (has_raster && units > 0)
            to->raster =
                calloc(trials * steps * words_of(units), sizeof *to->raster);
    }
    if (to->counts == NULL || (has_raster && to->raster == NULL))
        return cli_fail(CLI_NO_MEMORY,
                        "out of memory for the activity of %s: %zu trials of "
                        "%zu steps; take fewer --steps",
                        name, trials, steps);
    return CLI_DONE;
}

void crit_series_count(crit_series *series)
{
    const size_t words = words_of(series->units);

    for (size_t t = 0; t < series->trials * series->steps; t++) {
        double count = 0.0;

        for (size_t w = 0; w < words; w++)
            count +=
                (double)__builtin_popcountll(series->raster[t * words + w]);
        series->counts[t] = count;
    }
}

/* Steps [first, first + steps) of a trial: one of the pieces that intervals are
 * of. */
typedef struct piece {
    const double *counts;
    const uint64_t *raster;
    size_t steps;
} piece;

/* Part k of (trials parts): whole trials if parts is 1. */
static piece piece_at(const crit_series *series, size_t k, size_t parts)
{
    const size_t steps = series->steps / parts;
    const size_t first = k / parts * series->steps + k % parts * steps;

    return (piece){ .counts = series->counts + first,
                    .raster =
                        series->raster == NULL
                            ? NULL
                            : series->raster + first * words_of(series->units),
                    .steps = steps };
}

static limen_status mean_rate(double *out, const piece *of, size_t units,
                              limen_error *err)
{
    double sum = 0.0;

    (void)err;
    for (size_t t = 0; t < of->steps; t++)
        sum += of->counts[t];
    *out = sum / (double)of->steps / (double)(units > 0 ? units : 1);
    return LIMEN_OK;
}

static limen_status fano(double *out, const piece *of, size_t units,
                         limen_error *err)
{
    (void)units;
    return limen_fano(out, of->counts, of->steps, 1, err);
}

static limen_status naive(double *out, const piece *of, size_t units,
                          limen_error *err)
{
    limen_branching_naive_result found = { .slope = NAN };
    const limen_status status =
        limen_branching_naive(&found, of->counts, 1, of->steps, 1.0, err);

    (void)units;
    *out = found.slope;
    return status;
}

static limen_status autocorrelation(double *out, const piece *of, size_t units,
                                    limen_error *err)
{
    (void)units;
    *out = limen_autocorrelation_time(of->counts, of->steps);
    if (!isnan(*out))
        return LIMEN_OK;
    snprintf(err->text, sizeof err->text, "the activity does not change");
    return LIMEN_BAD_VALUE;
}

static limen_status susceptibility(double *out, const piece *of, size_t units,
                                   limen_error *err)
{
    double *share = calloc(of->steps, sizeof *share);

    if (share == NULL) {
        snprintf(err->text, sizeof err->text, "out of memory");
        return LIMEN_NO_MEMORY;
    }
    for (size_t t = 0; t < of->steps; t++)
        share[t] = of->counts[t] / (double)units;
    const limen_status status =
        limen_susceptibility(out, NULL, share, of->steps, units, err);
    free(share);
    return status;
}

static limen_status correlation(double *out, const piece *of, size_t units,
                                limen_error *err)
{
    limen_pairwise pairs;
    const limen_status status =
        limen_raster_correlation(&pairs, of->raster, of->steps, units, err);

    *out = status == LIMEN_OK ? pairs.mean : (double)NAN;
    return status;
}

static limen_status entropy(double *out, const piece *of, size_t units,
                            limen_error *err)
{
    limen_entropy_result found;
    const limen_status status =
        limen_raster_entropy(&found, of->raster, of->steps, units, 0, err);

    *out = status == LIMEN_OK ? found.rate : (double)NAN;
    return status;
}

typedef limen_status measure_of(double *out, const piece *of, size_t units,
                                limen_error *err);

/* A measure of each piece, trials in `parts` parts; *known: how many have it,
 * refused if fewer than half do. */
static void over_pieces(crit_value *to, size_t *known,
                        const crit_series *series, size_t parts,
                        measure_of *measure)
{
    const size_t count = series->trials * parts;
    double *values = calloc(count, sizeof *values);
    limen_status status = values == NULL ? LIMEN_NO_MEMORY : LIMEN_OK;
    limen_error err = { .text = "out of memory" };

    *known = 0;
    for (size_t k = 0; values != NULL && k < count; k++) {
        const piece part = piece_at(series, k, parts);
        limen_error why;
        const limen_status own =
            measure(&values[*known], &part, series->units, &why);

        if (own == LIMEN_OK) {
            ++*known;
        } else {
            status = own;
            err = why;
        }
    }
    if (*known > 0 && 2 * *known >= count)
        crit_set_mean(to, values, *known);
    else
        crit_set(to, status, &err, NAN, NAN, NAN);
    free(values);
}

/* The mean over whole trials, with its interval over trials; of few trials that
 * over pieces of them, around the estimate of the whole: pieces of a slow
 * process vary less than all of it. */
static void over_trials(crit_value *to, const crit_series *series,
                        measure_of *measure)
{
    crit_value parts = { .value = NAN };
    size_t known;

    over_pieces(to, &known, series, 1, measure);
    to->missing = series->trials - known;
    if (!to->is_known || isfinite(to->low) || series->trials >= 3 ||
        series->steps < (size_t)4 * PIECES)
        return;
    over_pieces(&parts, &known, series, PIECES / series->trials, measure);
    if (!parts.is_known)
        return;
    to->low = to->value - (parts.value - parts.low);
    to->high = to->value + (parts.high - parts.value);
}

static void measure_statistics(crit_value *const to[],
                               const crit_series *series, bool has_raster)
{
    over_trials(to[CRIT_MEAN_RATE], series, mean_rate);
    over_trials(to[CRIT_FANO], series, fano);
    over_trials(to[CRIT_AUTOCORRELATION], series, autocorrelation);
    if (series->units > 0)
        over_trials(to[CRIT_SUSCEPTIBILITY], series, susceptibility);
    else
        crit_refuse(to[CRIT_SUSCEPTIBILITY],
                    "a series of counts does not say how many units there are");
    if (!has_raster) {
        crit_refuse(to[CRIT_CORRELATION],
                    "pairs of units need a raster, not counts");
        crit_refuse(to[CRIT_ENTROPY],
                    "the entropy of units needs a raster, not counts");
        return;
    }
    over_trials(to[CRIT_CORRELATION], series, correlation);
    over_trials(to[CRIT_ENTROPY], series, entropy);
}

static void measure_branching(crit_value *const to[], crit_result *result,
                              const crit_series *series, bool is_null,
                              const criticality *all)
{
    limen_branching_options options = limen_branching_defaults();
    limen_branching_result found = { 0 };
    limen_error err;

    over_trials(to[CRIT_NAIVE], series, naive);
    options.seed = all->seed;
    options.resamples = is_null ? 0 : all->asked->resamples;
    // the means of trials differ, as those of samples do; of short ones they
    // are not known well
    if (series->steps >= LONG_TRIAL)
        options.means = LIMEN_MEANS_SEPARATED;
    if (!is_null)
        result->r = calloc(LAGS_MAX, sizeof *result->r);
    const limen_status status = limen_branching_ratio(
        &found, is_null ? NULL : result->r,
        is_null || result->r == NULL ? 0 : LAGS_MAX, series->counts,
        series->trials, series->steps, &options, &err);
    crit_set(to[CRIT_MR], status, &err, found.fit.m, found.interval.low,
             found.interval.high);
    if (!is_null && status == LIMEN_OK)
        result->branching = found;
    if (!is_null && limen_branching_naive(
                        &result->naive, series->counts, series->trials,
                        series->steps, all->asked->sampled, &err) != LIMEN_OK)
        result->naive.corrected = NAN;
}

/* The null model of a series: of its spikes where they are known. */
static int make_null(crit_series *to, const crit_series *from,
                     crit_null_kind kind, uint64_t seed, limen_status *status,
                     limen_error *err)
{
    static const limen_surrogate series_kind[] = { LIMEN_SURROGATE_SHUFFLE,
                                                   LIMEN_SURROGATE_POISSON,
                                                   LIMEN_SURROGATE_OU };
    const bool has_raster = from->raster != NULL && kind != CRIT_OU;
    const size_t words = words_of(from->units);
    const int code = crit_series_new(to, from->name, from->trials, from->steps,
                                     from->units, has_raster);

    *status = LIMEN_OK;
    for (size_t k = 0;
         code == CLI_DONE && *status == LIMEN_OK && k < from->trials; k++) {
        const size_t at = k * from->steps;

        // trials are surrogates apart; so are kinds
        const uint64_t own = seed + CRIT_NULLS * k + (uint64_t)kind;
        if (has_raster)
            *status = limen_surrogate_raster(
                to->raster + at * words, from->raster + at * words, from->steps,
                from->units,
                kind == CRIT_SHUFFLED ? LIMEN_RASTER_SHUFFLE
                                      : LIMEN_RASTER_RATE,
                own, err);
        else
            *status = limen_surrogate_series(to->counts + at, from->counts + at,
                                             from->steps, series_kind[kind],
                                             own, err);
    }
    if (code == CLI_DONE && *status == LIMEN_OK && has_raster)
        crit_series_count(to);
    return code;
}

/* The values of one null model, or of the series itself (CRIT_NULLS). */
static void point_to(crit_value *to[], crit_found *found, crit_null_kind kind)
{
    for (size_t m = 0; m < CRIT_SERIES_MEASURES; m++)
        to[m] = kind == CRIT_NULLS ? &found[m].own : &found[m].null[kind];
}

static void measure(criticality *all, crit_result *result,
                    const crit_series *series, crit_null_kind kind)
{
    const bool is_null = kind != CRIT_NULLS;
    // pairs of many units cost units^2: the null models do without
    const bool has_raster =
        series->raster != NULL && (!is_null || series->units <= PAIRS_UNITS);
    crit_value *to[CRIT_SERIES_MEASURES];

    point_to(to, result->found, kind);
    if (all->groups & CRIT_BRANCHING)
        measure_branching(to, result, series, is_null, all);
    if (all->groups & CRIT_AVALANCHES)
        crit_measure_avalanches(kind == CRIT_OU ? &result->ou
                                                : &result->avalanches,
                                result->found, kind, series, all);
    if (all->groups & CRIT_STATISTICS)
        measure_statistics(to, series, has_raster);
}

int crit_measure_result(criticality *all, crit_result *result)
{
    int code = CLI_DONE;

    measure(all, result, &result->series, CRIT_NULLS);
    if (all->groups & CRIT_AVALANCHES)
        crit_scan(result, all);
    for (crit_null_kind kind = 0; code == CLI_DONE && kind < CRIT_NULLS;
         kind++) {
        crit_series null = { .trials = 0 };
        limen_status status;
        limen_error err;

        code =
            make_null(&null, &result->series, kind, all->seed, &status, &err);
        if (code == CLI_DONE && status == LIMEN_OK)
            measure(all, result, &null, kind);
        free(null.counts);
        free(null.raster);
    }
    return code;
}

void crit_result_clear(crit_result *result)
{
    free(result->series.counts);
    free(result->series.raster);
    free(result->r);
    crit_avalanches_clear(&result->avalanches);
    crit_avalanches_clear(&result->ou);
}
