/* summary_compare.c -- differences paired by seed, and which of them are real.
 *
 * All differences of a study are one family for Holm's correction.
 */
#include "study/summary.h"

#include "base/arena.h"
#include "base/error.h"

#include <math.h>
#include <string.h>

enum { BOOTSTRAP_SEED = 1 };

static limen_status add(lm_summary *summary, const lm_difference *difference,
                        limen_error *err)
{
    // room grows by a half, so that adding costs little
    const size_t used = summary->differences;
    if ((used & (used - 1)) == 0) {
        const size_t room = used == 0 ? 1 : 2 * used;
        lm_difference *grown =
            lm_grow(summary->difference, used, room, sizeof *grown);

        if (grown == NULL)
            return lm_error_no_memory(err, "differences", room * sizeof *grown);
        summary->difference = grown;
    }
    summary->difference[summary->differences++] = *difference;
    return LIMEN_OK;
}

/* arm - reference, paired; nothing where a value is missing. */
static limen_status compare(lm_summary *summary, lm_difference difference,
                            limen_error *err)
{
    const size_t seeds = summary->study->seeds;
    double x[LM_STUDY_LIST_MAX];

    for (size_t s = 0; s < seeds; s++) {
        x[s] = lm_summary_value(summary, difference.arm, s, difference.column) -
               lm_summary_value(summary, difference.reference, s,
                                difference.column);
        if (!isfinite(x[s]))
            return LIMEN_OK;
    }
    const limen_status status = limen_bootstrap(&difference.interval, x, seeds,
                                                0.95, BOOTSTRAP_SEED, err);
    if (status != LIMEN_OK)
        return status;
    difference.p = limen_t_test(&difference.t, x, seeds);
    return add(summary, &difference, err);
}

/* The arm of best-of with the best mean; SIZE_MAX if none has values. */
static size_t best_of(const lm_summary *summary, lm_column column)
{
    const limen_study *study = summary->study;
    const int sign = lm_measure_sign(column.measure);
    size_t best = SIZE_MAX;
    double most = -INFINITY;

    for (size_t k = 0; sign != 0 && k < study->best_count; k++) {
        double sum = 0.0;

        for (size_t s = 0; s < study->seeds; s++)
            sum += lm_summary_value(summary, study->best_of[k], s, column);
        if (sign * sum > most) {
            most = sign * sum;
            best = study->best_of[k];
        }
    }
    return best;
}

static limen_status compare_arms(lm_summary *summary, lm_column column,
                                 limen_error *err)
{
    const limen_study *study = summary->study;
    const size_t best = best_of(summary, column);
    limen_status status = LIMEN_OK;

    for (size_t k = 0; status == LIMEN_OK && k < study->arms; k++) {
        lm_difference one = { .arm = k,
                              .reference = study->reference,
                              .column = column,
                              .is_best_of = best == study->reference };

        if (k != study->reference)
            status = compare(summary, one, err);
        one.reference = best;
        one.is_best_of = true;
        if (status == LIMEN_OK && best != SIZE_MAX &&
            best != study->reference && best != k && !study->arm[k].is_baseline)
            status = compare(summary, one, err);
    }
    return status;
}

static limen_status compare_measure(lm_summary *summary, lm_measure measure,
                                    limen_error *err)
{
    const limen_study *study = summary->study;
    limen_status status = LIMEN_OK;

    for (size_t k = 0; status == LIMEN_OK && k <= study->conditions; k++)
        status = compare_arms(summary, (lm_column){ LM_AT, measure, k }, err);
    if (status == LIMEN_OK && study->conditions > 1)
        status =
            compare_arms(summary, (lm_column){ LM_OVERALL, measure, 0 }, err);
    if (measure != LM_ACCURACY)
        return status;
    for (size_t k = 0; status == LIMEN_OK && k < study->conditions;
         k = lm_next_kind(study, k))
        status = compare_arms(summary, (lm_column){ LM_AREA, measure, k }, err);
    for (size_t k = 0; status == LIMEN_OK && k < study->examples; k++)
        status = compare_arms(summary, (lm_column){ LM_FEW, measure, k }, err);
    return status;
}

static limen_status correct(lm_summary *summary, limen_error *err)
{
    const size_t n = summary->differences;
    double *p = lm_alloc(n, 1, sizeof *p);
    double *adjusted = lm_alloc(n, 1, sizeof *adjusted);
    limen_status status = LIMEN_OK;

    if (p == NULL || adjusted == NULL)
        status = lm_error_no_memory(err, "a correction", n * sizeof *p);
    for (size_t k = 0; status == LIMEN_OK && k < n; k++)
        p[k] = summary->difference[k].p;
    if (status == LIMEN_OK)
        status = limen_holm(adjusted, p, n, err);
    for (size_t k = 0; status == LIMEN_OK && k < n; k++) {
        lm_difference *one = &summary->difference[k];

        one->p_holm = adjusted[k];
        one->is_real = adjusted[k] < 0.05 &&
                       (one->interval.low > 0.0 || one->interval.high < 0.0);
    }
    lm_free(p);
    lm_free(adjusted);
    return status;
}

limen_status lm_summary_compare(lm_summary *summary, limen_error *err)
{
    limen_status status = LIMEN_OK;

    for (size_t m = 0; status == LIMEN_OK && m < LM_MEASURE_COUNT; m++)
        if (summary->study->compares[m])
            status = compare_measure(summary, (lm_measure)m, err);
    for (size_t m = 0; status == LIMEN_OK && m < LM_STABILITY_COUNT &&
                       summary->study->compares_stability;
         m++)
        status = compare_arms(
            summary, (lm_column){ LM_STABLE, LM_MEASURE_COUNT, m }, err);
    return status == LIMEN_OK ? correct(summary, err) : status;
}
