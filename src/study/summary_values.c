/* summary_values.c -- values of cells, by arm, seed and column. */
#include "study/summary.h"

#include "base/error.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

size_t lm_next_kind(const limen_study *study, size_t k)
{
    const size_t kind = study->condition[k].kind;

    while (k < study->conditions && study->condition[k].kind == kind)
        k++;
    return k;
}

double lm_clean_amount(size_t kind)
{
    const char *name = limen_corruption_at(kind)->name;

    if (strcmp(name, "shot") == 0)
        return NAN; // more events are less noise
    return strcmp(name, "contrast") == 0 || strcmp(name, "scale") == 0 ? 1.0
                                                                       : 0.0;
}

int lm_measure_sign(lm_measure measure)
{
    switch (measure) {
    case LM_ACCURACY:
    case LM_ROC_AREA:
        return 1;
    case LM_TIES:
    case LM_SILENT:
    case LM_SATURATED:
    case LM_WINNER:
    case LM_ECE:
    case LM_ECE_TEMPERATURE:
    case LM_LOSS:
        return -1;
    case LM_TEMPERATURE:
    case LM_MEASURE_COUNT:
        break;
    }
    return 0;
}

static double number(const json_t *from, const char *key)
{
    const json_t *value = json_object_get(from, key);

    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static double at(const json_t *cell, lm_measure measure, size_t place)
{
    const json_t *from =
        place == 0
            ? json_object_get(cell, "clean")
            : json_array_get(json_object_get(cell, "conditions"), place - 1);

    return number(from, lm_measure_name(measure));
}

static double overall(const limen_study *study, const json_t *cell,
                      lm_measure measure)
{
    double sum = 0.0;

    for (size_t k = 0; k < study->conditions; k++)
        sum += at(cell, measure, k + 1);
    return sum / (double)study->conditions;
}

/* The mean height of accuracy over the amounts, clean among them. */
static double area(const limen_study *study, const json_t *cell, size_t first)
{
    const double clean = lm_clean_amount(study->condition[first].kind);
    const size_t next = lm_next_kind(study, first);
    double x[LM_STUDY_LIST_MAX + 1];
    double y[LM_STUDY_LIST_MAX + 1];
    size_t points = 0;
    bool is_in = isnan(clean);

    for (size_t k = first; k < next; k++) {
        const double amount = study->condition[k].amount;

        if (!is_in && amount > clean) {
            x[points] = clean;
            y[points++] = at(cell, LM_ACCURACY, 0);
        }
        is_in = is_in || amount >= clean;
        x[points] = amount;
        y[points++] = at(cell, LM_ACCURACY, k + 1);
    }
    if (!is_in) {
        x[points] = clean;
        y[points++] = at(cell, LM_ACCURACY, 0);
    }
    return points < 2 ? (double)NAN : limen_area(x, y, points);
}

/* Of a measure of layers the mean over hidden ones. */
static double stability(const json_t *from, lm_stability measure)
{
    const json_t *value = json_object_get(from, lm_stability_name(measure));
    const size_t layers = json_array_size(value);
    double sum = 0.0;

    if (!json_is_array(value))
        return number(from, lm_stability_name(measure));
    for (size_t l = 0; l + 1 < layers; l++) {
        const json_t *one = json_array_get(value, l);

        sum += json_is_number(one) ? json_number_value(one) : (double)NAN;
    }
    return layers < 2 ? (double)NAN : sum / (double)(layers - 1);
}

double lm_summary_value(const lm_summary *summary, size_t arm, size_t seed,
                        lm_column column)
{
    const limen_study *study = summary->study;
    const json_t *cell = summary->cell[seed * study->arms + arm];
    char key[32];

    switch (column.what) {
    case LM_AT:
        return at(cell, column.measure, column.place);
    case LM_OVERALL:
        return overall(study, cell, column.measure);
    case LM_AREA:
        return area(study, cell, column.place);
    case LM_FEW:
        snprintf(key, sizeof key, "%zu", study->example[column.place]);
        return number(json_object_get(cell, "examples"), key);
    case LM_VOTES:
        snprintf(key, sizeof key, "%zu", study->vote_steps[column.place]);
        return number(json_object_get(cell, "by_steps"), key);
    case LM_STABLE:
        return stability(json_object_get(cell, "stability"),
                         (lm_stability)column.place);
    }
    return NAN;
}

void lm_summary_values(double *x, const lm_summary *summary, size_t arm,
                       lm_column column)
{
    for (size_t s = 0; s < summary->study->seeds; s++)
        x[s] = lm_summary_value(summary, arm, s, column);
}
