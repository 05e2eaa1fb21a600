/* summary_words.c -- differences as JSON and as sentences. */
#include "study/summary.h"

#include "study/measure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *corruption(const limen_study *study, size_t condition)
{
    return limen_corruption_at(study->condition[condition].kind)->name;
}

json_t *lm_difference_json(const lm_summary *summary,
                           const lm_difference *difference)
{
    const limen_study *study = summary->study;
    const lm_column column = difference->column;
    const char *what = column.what == LM_AREA  ? "area"
                       : column.what == LM_FEW ? "examples"
                       : column.what == LM_STABLE
                           ? lm_stability_name((lm_stability)column.place)
                           : lm_measure_name(column.measure);
    json_t *name = json_null();
    json_t *amount = json_null();

    if (column.what == LM_OVERALL)
        name = json_string("all");
    if (column.what == LM_AREA)
        name = json_string(corruption(study, column.place));
    if (column.what == LM_AT && column.place > 0) {
        name = json_string(corruption(study, column.place - 1));
        amount = json_real(study->condition[column.place - 1].amount);
    }
    if (column.what == LM_FEW)
        amount = json_integer((json_int_t)study->example[column.place]);
    return json_pack(
        "{s:s, s:s, s:b, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o, s:b}",
        "arm", study->arm[difference->arm].label, "reference",
        study->arm[difference->reference].label, "best_of",
        difference->is_best_of, "what", what, "corruption", name, "amount",
        amount, "mean", lm_number(difference->interval.mean), "low",
        lm_number(difference->interval.low), "high",
        lm_number(difference->interval.high), "t", lm_number(difference->t),
        "p", lm_number(difference->p), "p_holm", lm_number(difference->p_holm),
        "is_real", difference->is_real);
}

/* What a measure is called, and what its unit counts in. */
typedef struct words {
    const char *name, *unit;
    double factor;
} words;

static words stable_words(size_t measure)
{
    static const words table[] = {
        [LM_SETTLE] = { "time to settle", "steps", 1.0 },
        [LM_FLIPS] = { "share of units that flip in a step", "points", 100.0 },
        [LM_AUTOCORRELATION] = { "autocorrelation time", "steps", 1.0 },
        [LM_AGREEMENT] = { "agreement of two runs", "points", 100.0 },
        [LM_STANDS] = { "step from which the answer stands", "steps", 1.0 },
        [LM_SAME_ANSWER] = { "share of answers that two runs share", "points",
                             100.0 },
        [LM_ENTROPY] = { "entropy of the vote", "bits", 1.0 },
    };

    return table[measure];
}

void lm_column_words(char *out, size_t bytes, const limen_study *study,
                     lm_column column)
{
    switch (column.what) {
    case LM_AT:
        if (column.place == 0)
            snprintf(out, bytes, "on clean samples");
        else
            snprintf(out, bytes, "under %s %g",
                     corruption(study, column.place - 1),
                     study->condition[column.place - 1].amount);
        return;
    case LM_OVERALL:
        snprintf(out, bytes, "on average over all conditions");
        return;
    case LM_AREA:
        snprintf(out, bytes, "in the area under the curve of %s",
                 corruption(study, column.place));
        return;
    case LM_FEW:
        snprintf(out, bytes, "with %zu example%s a class",
                 study->example[column.place],
                 study->example[column.place] == 1 ? "" : "s");
        return;
    case LM_STABLE:
        snprintf(out, bytes, "in %s", stable_words(column.place).name);
        return;
    case LM_VOTES:
        snprintf(out, bytes, "after %zu steps",
                 study->vote_steps[column.place]);
        return;
    }
}

static words words_of(lm_measure measure)
{
    static const words table[] = {
        [LM_ACCURACY] = { "accuracy", "points", 100.0 },
        [LM_TIES] = { "share of tied votes", "points", 100.0 },
        [LM_SILENT] = { "share of silent units", "points", 100.0 },
        [LM_SATURATED] = { "share of saturated units", "points", 100.0 },
        [LM_WINNER] = { "share of the most frequent answer", "points", 100.0 },
        [LM_ECE] = { "calibration error", "points", 100.0 },
        [LM_ECE_TEMPERATURE] = { "calibration error after a temperature",
                                 "points", 100.0 },
        [LM_TEMPERATURE] = { "temperature", "", 1.0 },
        [LM_ROC_AREA] = { "area under the ROC of confidence", "points", 100.0 },
        [LM_LOSS] = { "loss", "", 1.0 },
    };

    return table[measure];
}

static json_t *real(const lm_summary *summary, const lm_difference *one)
{
    const limen_study *study = summary->study;
    const bool is_stable = one->column.what == LM_STABLE;
    const words how = is_stable ? stable_words(one->column.place)
                                : words_of(one->column.measure);
    const bool is_more = one->interval.mean > 0.0;
    const double low = is_more ? one->interval.low : -one->interval.high;
    const double high = is_more ? one->interval.high : -one->interval.low;
    const char *arm = study->arm[one->arm].label;
    const char *reference = study->arm[one->reference].label;
    const char *space = how.unit[0] == '\0' ? "" : " ";
    char place[160] = "on clean samples";
    char p[32];

    if (!is_stable)
        lm_column_words(place, sizeof place, study, one->column);
    if (one->p_holm < 0.001)
        snprintf(p, sizeof p, "p below 0.001");
    else
        snprintf(p, sizeof p, "p %.2g", one->p_holm);
    if (one->column.measure == LM_ACCURACY)
        return json_sprintf("%s is %.1f points %s than %s %s (%.1f to %.1f, %s "
                            "corrected for %zu comparisons).",
                            arm, 100.0 * fabs(one->interval.mean),
                            is_more ? "better" : "worse", reference, place,
                            100.0 * low, 100.0 * high, p, summary->differences);
    return json_sprintf(
        "The %s of %s is %.2f%s%s %s than that of %s %s (%.2f to %.2f, %s "
        "corrected for %zu comparisons).",
        how.name, arm, how.factor * fabs(one->interval.mean), space, how.unit,
        is_more ? "higher" : "lower", reference, place, how.factor * low,
        how.factor * high, p, summary->differences);
}

static bool is_alike(const lm_difference *a, const lm_difference *b)
{
    return a->arm == b->arm && a->reference == b->reference &&
           a->column.measure == b->column.measure;
}

/* Where an arm cannot be told from a reference, in one sentence; NULL: nowhere.
 */
static json_t *unclear(const lm_summary *summary, const lm_difference *like)
{
    const limen_study *study = summary->study;
    json_t *places = json_string("");
    size_t count = 0;

    for (size_t k = 0; k < summary->differences; k++) {
        const lm_difference *one = &summary->difference[k];
        char place[160];

        if (!is_alike(one, like) || one->is_real)
            continue;
        lm_column_words(place, sizeof place, study, one->column);
        json_t *longer = json_sprintf("%s%s %s", json_string_value(places),
                                      count == 0 ? "" : ",", place);
        json_decref(places);
        places = longer;
        count++;
    }
    json_t *out = NULL;
    const bool is_plain =
        like->column.measure == LM_ACCURACY || like->column.what == LM_STABLE;
    if (count > 0 && is_plain)
        out = json_sprintf(
            "%s cannot be told from %s%s.", study->arm[like->arm].label,
            study->arm[like->reference].label, json_string_value(places));
    else if (count > 0)
        out = json_sprintf(
            "In %s, %s cannot be told from %s%s.",
            words_of(like->column.measure).name, study->arm[like->arm].label,
            study->arm[like->reference].label, json_string_value(places));
    json_decref(places);
    return out;
}

json_t *lm_summary_sentences(const lm_summary *summary)
{
    json_t *out = json_array();

    for (size_t k = 0; k < summary->differences; k++) {
        const lm_difference *first = &summary->difference[k];
        bool is_first = true;

        for (size_t j = 0; j < k; j++)
            is_first = is_first && !is_alike(&summary->difference[j], first);
        if (!is_first)
            continue;
        for (size_t j = k; j < summary->differences; j++)
            if (is_alike(&summary->difference[j], first) &&
                summary->difference[j].is_real)
                json_array_append_new(out,
                                      real(summary, &summary->difference[j]));
        json_t *rest = unclear(summary, first);
        if (rest != NULL)
            json_array_append_new(out, rest);
    }
    return out;
}
