/* criticality_words.c -- what the numbers mean. */
#include "criticality.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

__attribute__((format(printf, 2, 3))) static void say(crit_found *to,
                                                      const char *format, ...)
{
    const size_t used = strlen(to->words);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(to->words + used, sizeof to->words - used, format, arguments);
    va_end(arguments);
}

static bool holds(const crit_value *value, double x)
{
    return value->low <= x && x <= value->high;
}

static void explain_branching(crit_result *result, double sampled)
{
    crit_found *naive = &result->found[CRIT_NAIVE];
    crit_found *mr = &result->found[CRIT_MR];
    const limen_branching_result *fit = &result->branching;

    if (naive->own.is_known && mr->own.is_known)
        say(naive,
            naive->own.value < mr->own.value - 0.02
                ? "below the MR estimate, as where units are not seen or the "
                  "input is noisy: trust MR"
                : "agrees with MR: nothing is hidden by subsampling");
    if (naive->own.is_known && sampled < 1.0 &&
        isfinite(result->naive.corrected))
        say(naive, "%s%.4g with every unit seen",
            naive->words[0] != '\0' ? "; " : "", result->naive.corrected);
    if (!mr->own.is_known)
        return;
    say(mr, "a disturbance lasts %.3g steps; ", fit->fit.tau);
    say(mr, mr->own.high >= 0.99 && mr->own.low > 0.9 ? "near-critical"
            : mr->own.value > 0.9 ? "subcritical, with memory"
                                  : "far below critical");
    if (mr->null[CRIT_OU].is_known &&
        fabs(mr->null[CRIT_OU].value - mr->own.value) < 0.05)
        say(mr, "; slow noise without branching has the same m");
    if (fit->diagnosis[0] != '\0')
        say(mr, "; %s", fit->diagnosis);
}

/* Whether the Ornstein-Uhlenbeck process has the same exponent. */
static void compare_null(crit_found *found)
{
    const crit_value *ou = &found->null[CRIT_OU];

    if (ou->is_known && fabs(ou->value - found->own.value) < 0.15)
        say(found, "; the O-U process, not critical, has %.2f too", ou->value);
}

static void explain_tail(crit_found *found, const crit_tail *tail)
{
    bool is_beaten = false;

    if (!found->own.is_known)
        return;
    if (isfinite(tail->fit.xmax))
        say(found, "from %g to %g", tail->fit.xmin, tail->fit.xmax);
    else
        say(found, "from %g on", tail->fit.xmin);
    say(found, ", %.0f events, D %.3f", tail->fit.events, tail->fit.distance);
    if (isfinite(tail->p))
        say(found,
            tail->p < 0.1 ? ", p %.2f: no power law"
                          : ", p %.2f: a power law is not ruled out",
            tail->p);
    for (size_t k = 0; k < CRIT_LAWS; k++)
        if (tail->has_ratio[k] && tail->ratio[k].p < 0.05 &&
            tail->ratio[k].ratio < 0.0) {
            say(found, is_beaten ? ", %s" : "; fitted better by: %s",
                limen_tail_law_name(tail->ratio[k].second.law));
            is_beaten = true;
        }
    compare_null(found);
}

static void explain_avalanches(crit_result *result)
{
    crit_found *crackling = &result->found[CRIT_CRACKLING];
    crit_found *collapse = &result->found[CRIT_COLLAPSE];

    explain_tail(&result->found[CRIT_TAU], &result->avalanches.size);
    explain_tail(&result->found[CRIT_ALPHA], &result->avalanches.duration);
    if (crackling->own.is_known) {
        say(crackling, holds(&crackling->own, 0.0)
                           ? "the relation holds"
                           : "the relation does not hold");
        if (crackling->null[CRIT_OU].is_known)
            say(crackling, "; the O-U process is off by %.2f",
                crackling->null[CRIT_OU].value);
    }
    if (collapse->own.is_known)
        say(collapse, "with gamma %.2f, over %zu durations",
            result->avalanches.shapes->gamma,
            result->avalanches.shapes->durations);
}

static void explain_statistics(crit_result *result)
{
    crit_found *rate = &result->found[CRIT_MEAN_RATE];
    crit_found *fano = &result->found[CRIT_FANO];
    crit_found *pairs = &result->found[CRIT_CORRELATION];

    if (rate->own.is_known && result->series.units > 0)
        say(rate, rate->own.value <= 0.0   ? "silent"
                  : rate->own.value >= 1.0 ? "saturated"
                  : rate->own.value < 0.01 ? "nearly silent"
                  : rate->own.value > 0.99 ? "nearly saturated"
                                           : "share of units that fire");
    if (fano->own.is_known && fano->null[CRIT_RATE].is_known)
        say(fano, "%.1f times that of independent units with these rates",
            fano->own.value / fano->null[CRIT_RATE].value);
    if (pairs->own.is_known && pairs->null[CRIT_RATE].is_known)
        say(pairs, holds(&pairs->own, pairs->null[CRIT_RATE].value)
                       ? "no more than of independent units"
                       : "units do not fire alone");
}

static void explain_network(criticality *all)
{
    crit_found *growth = &all->network[CRIT_GROWTH];
    crit_found *late = &all->network[CRIT_LONG_TIME];
    crit_found *exponent = &all->network[CRIT_LYAPUNOV];

    if (growth->own.is_known)
        say(growth, holds(&growth->own, 1.0)  ? "critical: one flip makes one"
                    : growth->own.value < 1.0 ? "ordered: damage heals"
                                              : "chaotic: damage grows");
    if (late->own.is_known)
        say(late, late->own.value < 1e-3 ? "the network forgets its state: "
                                           "fading memory"
                  : late->own.low <= 0.0
                      ? "no more than chance: what is left dies slowly"
                      : "two states under one input stay apart: no fading "
                        "memory");
    if (exponent->own.is_known)
        say(exponent, holds(&exponent->own, 0.0)  ? "at the edge of chaos"
                      : exponent->own.value < 0.0 ? "typical damage shrinks"
                                                  : "typical damage grows");
}

void crit_explain(criticality *all)
{
    explain_network(all);
    for (size_t k = 0; k < all->count; k++) {
        crit_result *result = &all->results[k];

        for (size_t m = 0; m < CRIT_SERIES_MEASURES; m++)
            if (m != CRIT_MEAN_RATE)
                result->found[m].theory = NAN;
        explain_branching(result, all->asked->sampled);
        explain_avalanches(result);
        explain_statistics(result);
        for (size_t m = 0; m < CRIT_SERIES_MEASURES; m++)
            if (result->found[m].own.is_known &&
                result->found[m].own.missing > 0)
                say(&result->found[m], "; %zu trials have none",
                    result->found[m].own.missing);
    }
}
