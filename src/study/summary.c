/* summary.c -- what a study found: result.json and result.md. */
#include "study/summary.h"

#include "base/arena.h"
#include "base/error.h"
#include "study/measure.h"

#include <math.h>
#include <stdio.h>

enum { BOOTSTRAP_SEED = 1 };

static limen_status interval(json_t *to, const char *key,
                             const lm_summary *summary, size_t arm,
                             lm_column column, limen_error *err)
{
    double x[LM_STUDY_LIST_MAX];
    limen_interval over = { NAN, NAN, NAN };
    limen_status status = LIMEN_OK;
    bool is_whole = true;

    lm_summary_values(x, summary, arm, column);
    for (size_t s = 0; s < summary->study->seeds; s++)
        is_whole = is_whole && isfinite(x[s]);
    if (is_whole)
        status = limen_bootstrap(&over, x, summary->study->seeds, 0.95,
                                 BOOTSTRAP_SEED, err);
    json_object_set_new(
        to, key,
        is_whole
            ? json_pack("{s:o, s:o, s:o}", "mean", lm_number(over.mean), "low",
                        lm_number(over.low), "high", lm_number(over.high))
            : json_null());
    return status;
}

static double mean(const lm_summary *summary, size_t arm, lm_column column)
{
    double sum = 0.0;

    for (size_t s = 0; s < summary->study->seeds; s++)
        sum += lm_summary_value(summary, arm, s, column);
    return sum / (double)summary->study->seeds;
}

static limen_status add_conditions(json_t *to, const lm_summary *summary,
                                   size_t arm, limen_error *err)
{
    const limen_study *study = summary->study;
    json_t *all = json_array();
    limen_status status = LIMEN_OK;

    json_object_set_new(to, "conditions", all);
    for (size_t k = 0; status == LIMEN_OK && k <= study->conditions; k++) {
        const lm_condition *at = k == 0 ? NULL : &study->condition[k - 1];
        json_t *one =
            json_pack("{s:s?, s:o}", "corruption",
                      at == NULL ? NULL : limen_corruption_at(at->kind)->name,
                      "amount", lm_number(at == NULL ? 0.0 : at->amount));

        json_array_append_new(all, one);
        status = interval(one, "accuracy", summary, arm,
                          (lm_column){ LM_AT, LM_ACCURACY, k }, err);
        for (size_t m = LM_ACCURACY + 1; m < LM_MEASURE_COUNT; m++)
            json_object_set_new(
                one, lm_measure_name((lm_measure)m),
                lm_number(mean(summary, arm,
                               (lm_column){ LM_AT, (lm_measure)m, k })));
    }
    return status;
}

static limen_status add_areas(json_t *to, const lm_summary *summary, size_t arm,
                              limen_error *err)
{
    const limen_study *study = summary->study;
    json_t *all = json_object();
    limen_status status = LIMEN_OK;

    json_object_set_new(to, "areas", all);
    for (size_t k = 0; status == LIMEN_OK && k < study->conditions;
         k = lm_next_kind(study, k)) {
        const lm_column column = { LM_AREA, LM_ACCURACY, k };

        if (isfinite(lm_summary_value(summary, arm, 0, column)))
            status = interval(
                all, limen_corruption_at(study->condition[k].kind)->name,
                summary, arm, column, err);
    }
    return status;
}

static limen_status add_overall(json_t *to, const lm_summary *summary,
                                size_t arm, limen_error *err)
{
    json_t *all = json_object();
    limen_status status = LIMEN_OK;

    json_object_set_new(to, "overall", all);
    for (size_t m = 0; status == LIMEN_OK && m < LM_MEASURE_COUNT &&
                       summary->study->conditions > 0;
         m++)
        status = interval(all, lm_measure_name((lm_measure)m), summary, arm,
                          (lm_column){ LM_OVERALL, (lm_measure)m, 0 }, err);
    return status;
}

static limen_status add_series(json_t *to, const char *key, lm_what what,
                               const size_t *numbers, size_t count,
                               const lm_summary *summary, size_t arm,
                               limen_error *err)
{
    json_t *all = json_object();
    limen_status status = LIMEN_OK;
    char name[32];

    json_object_set_new(to, key, all);
    for (size_t k = 0; status == LIMEN_OK && k < count; k++) {
        snprintf(name, sizeof name, "%zu", numbers[k]);
        status = interval(all, name, summary, arm,
                          (lm_column){ what, LM_ACCURACY, k }, err);
    }
    return status;
}

/* Of measures of layers, the mean over hidden ones. */
static limen_status add_stability(json_t *to, const lm_summary *summary,
                                  size_t arm, limen_error *err)
{
    const lm_column any = { LM_STABLE, LM_MEASURE_COUNT, LM_ENTROPY };
    json_t *all = json_object();
    limen_status status = LIMEN_OK;

    if (!isfinite(lm_summary_value(summary, arm, 0, any))) {
        json_decref(all);
        return LIMEN_OK;
    }
    json_object_set_new(to, "stability", all);
    for (size_t m = 0; status == LIMEN_OK && m < LM_STABILITY_COUNT; m++)
        status = interval(all, lm_stability_name((lm_stability)m), summary, arm,
                          (lm_column){ LM_STABLE, LM_MEASURE_COUNT, m }, err);
    return status;
}

static limen_status arm_json(json_t **out, const lm_summary *summary,
                             size_t arm, limen_error *err)
{
    const limen_study *study = summary->study;
    const json_t *first = summary->cell[arm];
    const json_t *parameters = json_object_get(first, "parameters");

    *out = json_pack("{s:s, s:b, s:O?}", "label", study->arm[arm].label,
                     "baseline", study->arm[arm].is_baseline, "parameters",
                     json_is_number(parameters) ? parameters : NULL);
    limen_status status = add_conditions(*out, summary, arm, err);
    if (status == LIMEN_OK)
        status = add_areas(*out, summary, arm, err);
    if (status == LIMEN_OK)
        status = add_overall(*out, summary, arm, err);
    if (status == LIMEN_OK)
        status = add_series(*out, "by_steps", LM_VOTES, study->vote_steps,
                            study->votes, summary, arm, err);
    if (status == LIMEN_OK)
        status = add_series(*out, "examples", LM_FEW, study->example,
                            study->examples, summary, arm, err);
    if (status == LIMEN_OK)
        status = add_stability(*out, summary, arm, err);
    return status;
}

static limen_status describe(json_t **out, const lm_summary *summary,
                             limen_error *err)
{
    const limen_study *study = summary->study;
    json_t *seeds = json_array();
    json_t *arms = json_array();
    json_t *differences = json_array();
    limen_status status = LIMEN_OK;

    for (size_t s = 0; s < study->seeds; s++)
        json_array_append_new(seeds, json_integer((json_int_t)study->seed[s]));
    for (size_t k = 0; status == LIMEN_OK && k < study->arms; k++) {
        json_t *one;

        status = arm_json(&one, summary, k, err);
        json_array_append_new(arms, one);
    }
    for (size_t k = 0; k < summary->differences; k++)
        json_array_append_new(
            differences, lm_difference_json(summary, &summary->difference[k]));
    *out = json_pack(
        "{s:s, s:s?, s:s, s:s, s:o, s:s, s:o, s:o, s:o}", "study", study->name,
        "question", study->question, "version", limen_version(), "match",
        study->match_parameters ? "parameters" : "width", "seeds", seeds,
        "reference", study->arm[study->reference].label, "arms", arms,
        "differences", differences, "sentences", lm_summary_sentences(summary));
    return status;
}

static limen_status read_cells(lm_summary *summary, limen_error *err)
{
    const size_t cells = limen_study_cells(summary->study);
    limen_status status = LIMEN_OK;

    summary->cell = lm_alloc(cells, 1, sizeof *summary->cell);
    if (summary->cell == NULL)
        return lm_error_no_memory(err, "the cells", cells * sizeof(json_t *));
    for (size_t k = 0; status == LIMEN_OK && k < cells; k++)
        status = lm_cell_read(&summary->cell[k], summary->study, k, err);
    return status;
}

limen_status limen_study_summarise(const limen_study *study, limen_error *err)
{
    lm_summary summary = { .study = study };
    char path[LM_STUDY_PATH_MAX];
    json_t *result = NULL;
    limen_status status = read_cells(&summary, err);

    if (status == LIMEN_OK)
        status = lm_summary_compare(&summary, err);
    if (status == LIMEN_OK)
        status = describe(&result, &summary, err);
    if (status == LIMEN_OK)
        status = lm_summary_markdown(&summary, result, err);
    if (status == LIMEN_OK)
        status = lm_study_path(path, study, "result.json", err);
    if (status == LIMEN_OK)
        status = lm_json_write(path, json_incref(result), err);
    json_decref(result);
    for (size_t k = 0; summary.cell != NULL && k < limen_study_cells(study);
         k++)
        json_decref(summary.cell[k]);
    lm_free(summary.cell);
    lm_free(summary.difference);
    return status;
}
