/* summary_markdown.c -- result.md: the tables and the sentences. */
#include "study/summary.h"

#include "base/error.h"
#include "io/file.h"

#include <math.h>
#include <stdio.h>

static void head(FILE *to, const limen_study *study, bool with_areas)
{
    size_t columns = 1 + study->conditions;

    fputs("| arm | parameters | clean |", to);
    for (size_t k = 0; k < study->conditions; k++)
        fprintf(to, " %s %g |",
                limen_corruption_at(study->condition[k].kind)->name,
                study->condition[k].amount);
    for (size_t k = 0; with_areas && k < study->conditions;
         k = lm_next_kind(study, k)) {
        fprintf(to, " area %s |",
                limen_corruption_at(study->condition[k].kind)->name);
        columns++;
    }
    fputs("\n|---|---|", to);
    for (size_t k = 0; k < columns; k++)
        fputs("---|", to);
    putc('\n', to);
}

/* "71.2 (69.8 to 72.5)" in per cent. */
static void put_interval(FILE *to, const json_t *over)
{
    const json_t *low = json_object_get(over, "low");
    const json_t *high = json_object_get(over, "high");

    if (!json_is_object(over))
        fputs(" |", to);
    else if (json_is_number(low))
        fprintf(to, " %.1f (%.1f to %.1f) |",
                100.0 * json_number_value(json_object_get(over, "mean")),
                100.0 * json_number_value(low),
                100.0 * json_number_value(high));
    else
        fprintf(to, " %.1f |",
                100.0 * json_number_value(json_object_get(over, "mean")));
}

static void put_arm(FILE *to, const json_t *arm)
{
    const json_t *parameters = json_object_get(arm, "parameters");

    fprintf(to, "| %s |", json_string_value(json_object_get(arm, "label")));
    if (json_is_integer(parameters))
        fprintf(to, " %lld", (long long)json_integer_value(parameters));
    fputs(" |", to);
}

static void put_accuracy(FILE *to, const limen_study *study,
                         const json_t *result)
{
    size_t a;
    size_t k;
    json_t *arm;
    json_t *one;

    fputs("\n## Accuracy\n\nPer cent, with 95 % intervals over seeds.\n\n", to);
    head(to, study, true);
    json_array_foreach(json_object_get(result, "arms"), a, arm)
    {
        put_arm(to, arm);
        json_array_foreach(json_object_get(arm, "conditions"), k, one)
        {
            put_interval(to, json_object_get(one, "accuracy"));
        }
        for (k = 0; k < study->conditions; k = lm_next_kind(study, k))
            put_interval(
                to, json_object_get(
                        json_object_get(arm, "areas"),
                        limen_corruption_at(study->condition[k].kind)->name));
        putc('\n', to);
    }
}

/* A table of one measure's means, or of two with a slash. */
static void put_means(FILE *to, const limen_study *study, const json_t *result,
                      const char *title, const char *first, const char *second)
{
    size_t a;
    size_t k;
    json_t *arm;
    json_t *one;

    fprintf(to, "\n## %s\n\n", title);
    head(to, study, false);
    json_array_foreach(json_object_get(result, "arms"), a, arm)
    {
        put_arm(to, arm);
        json_array_foreach(json_object_get(arm, "conditions"), k, one)
        {
            const json_t *x = json_object_get(one, first);
            const json_t *y =
                second == NULL ? NULL : json_object_get(one, second);

            if (json_is_number(x))
                fprintf(to, " %.1f", 100.0 * json_number_value(x));
            if (y != NULL && json_is_number(y))
                fprintf(to, " / %.1f", 100.0 * json_number_value(y));
            fputs(" |", to);
        }
        putc('\n', to);
    }
}

static void put_series(FILE *to, const json_t *result, const char *key,
                       const char *title, const char *first)
{
    const json_t *arms = json_object_get(result, "arms");
    json_t *series = json_object_get(json_array_get(arms, 0), key);
    const char *name;
    json_t *value;
    size_t a;
    json_t *arm;

    if (json_object_size(series) == 0)
        return;
    fprintf(to, "\n## %s\n\n| %s |", title, first);
    json_object_foreach(series, name, value)
    {
        fprintf(to, " %s |", name);
    }
    fputs("\n|---|", to);
    for (size_t k = 0; k < json_object_size(series); k++)
        fputs("---|", to);
    putc('\n', to);
    json_array_foreach(arms, a, arm)
    {
        fprintf(to, "| %s |", json_string_value(json_object_get(arm, "label")));
        json_object_foreach(json_object_get(arm, key), name, value)
        {
            put_interval(to, value);
        }
        putc('\n', to);
    }
}

static void put_sentences(FILE *to, const json_t *result)
{
    size_t k;
    json_t *sentence;

    fputs("\n## Differences\n\nPaired by seed; p of Student's test, corrected "
          "by Holm's method for all differences of the study; intervals by the "
          "studentised bootstrap. A difference is real if p is below 0.05 and "
          "the interval excludes 0.\n\n",
          to);
    json_array_foreach(json_object_get(result, "sentences"), k, sentence)
    {
        fprintf(to, "- %s\n", json_string_value(sentence));
    }
}

limen_status lm_summary_markdown(const lm_summary *summary,
                                 const json_t *result, limen_error *err)
{
    const limen_study *study = summary->study;
    char path[LM_STUDY_PATH_MAX];
    lm_file_writer writer;
    limen_status status = lm_study_path(path, study, "result.md", err);

    if (status == LIMEN_OK)
        status = lm_file_begin(&writer, path, err);
    if (status != LIMEN_OK)
        return status;
    FILE *to = writer.stream;
    fprintf(to, "# %s\n\n", study->name);
    if (study->question != NULL)
        fprintf(to, "%s\n\n", study->question);
    fprintf(to, "%zu seeds, arms of the same %s, reference %s.\n", study->seeds,
            study->match_parameters ? "number of parameters" : "width",
            study->arm[study->reference].label);
    put_accuracy(to, study, result);
    put_means(to, study, result, "Silent / saturated hidden units, per cent",
              "silent", "saturated");
    put_means(to, study, result,
              "Calibration error / after a temperature, points", "ece",
              "ece_temperature");
    put_means(to, study, result, "Tied votes, per cent", "ties", NULL);
    put_series(to, result, "by_steps", "Accuracy against steps", "arm");
    put_series(to, result, "examples", "Accuracy against examples a class",
               "arm");
    put_sentences(to, result);
    return lm_file_commit(&writer, err);
}
