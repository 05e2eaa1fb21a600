/* eval_rows.c -- conditions of a test read, and what was measured printed. */
#include "eval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Puts an adapted twin after each row. */
static void double_rows(eval_row *rows, size_t count)
{
    for (size_t k = count; k-- > 0;) {
        rows[2 * k + 1] = rows[k];
        rows[2 * k + 1].is_adapted = true;
        rows[2 * k] = rows[k];
    }
}

int eval_read_rows(eval_row rows[EVAL_ROWS], size_t *count, const char *list,
                   bool adapts)
{
    const size_t most = adapts ? EVAL_ROWS / 2 : EVAL_ROWS;

    rows[0] = (eval_row){ .corruption = NULL };
    *count = 1;
    while (list != NULL) {
        const size_t length = strcspn(list, ",");
        char item[80] = "";
        eval_row *row = &rows[*count];
        limen_error err;

        if (*count == most || length >= sizeof item)
            return cli_fail(CLI_USAGE,
                            "--corrupt: up to %d items like "
                            "gaussian:0.3, separated by commas",
                            (int)most - 1);
        memcpy(item, list, length);
        *row = (eval_row){ .index = 0 };
        const limen_status status =
            limen_corruption_parse(&row->index, &row->amount, item, &err);
        if (status != LIMEN_OK)
            return cli_fail(CLI_USAGE, "--corrupt: %s", err.text);
        row->corruption = limen_corruption_at(row->index)->name;
        ++*count;
        list = list[length] == ',' ? list + length + 1 : NULL;
    }
    if (adapts) {
        double_rows(rows, *count);
        *count *= 2;
    }
    return CLI_DONE;
}

static void name_of(char *to, size_t room, const eval_row *row)
{
    const char *adapted = row->is_adapted ? ", adapted" : "";

    if (row->corruption == NULL)
        snprintf(to, room, "clean%s", adapted);
    else
        snprintf(to, room, "%s %g%s", row->corruption, row->amount, adapted);
}

void eval_print_rows(const eval_row *rows, size_t count,
                     const eval_subject *subject)
{
    const int wide = subject->pool == NULL ? 18 : 27;

    printf("\nAt T = %zu; confidence is softmax(beta y / %g)\n"
           "%-*s %9s  %-17s %5s %7s %10s %7s %6s %7s %6s\n",
           subject->steps, subject->temperature, wide, "condition", "accuracy",
           "95 % over samples", "ties", "silent", "saturated", "winner", "ECE",
           "raw", "AUROC");
    for (size_t k = 0; k < count; k++) {
        const eval_row *row = &rows[k];
        char name[64];
        double low, high;

        name_of(name, sizeof name, row);
        cli_wilson(row->accuracy, subject->data->samples, &low, &high);
        printf("%-*s %7.2f %%  %6.2f to %6.2f  %4.1f%% %6.1f%% %9.1f%% "
               "%6.1f%% %5.1f%% %6.1f%% %6.3f\n",
               wide, name, 100.0 * row->accuracy, 100.0 * low, 100.0 * high,
               100.0 * row->ties, 100.0 * row->silent, 100.0 * row->saturated,
               100.0 * row->winner, 100.0 * row->scaled.error,
               100.0 * row->raw.error, row->scaled.roc_area);
    }
}

void eval_print_bins(const eval_row *row)
{
    enum { WIDE = 40 };
    char name[64];

    name_of(name, sizeof name, row);
    printf("\nReliability, %s: share of right answers (#) where the "
           "confidence is (|)\n",
           name);
    for (size_t k = 0; k < LIMEN_CALIBRATION_BINS; k++) {
        const limen_calibration *all = &row->scaled;
        char bar[WIDE + 2] = "";

        if (all->count[k] == 0)
            continue;
        memset(bar, ' ', WIDE + 1);
        memset(bar, '#', (size_t)(all->accuracy[k] * WIDE + 0.5));
        bar[(size_t)(all->confidence[k] * WIDE + 0.5)] = '|';
        printf("%5.1f %%  %s  %5.1f %% of %zu\n", 100.0 * all->confidence[k],
               bar, 100.0 * all->accuracy[k], all->count[k]);
    }
}

/* NAN has no JSON. */
static json_t *number(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *bins_json(const limen_calibration *all)
{
    json_t *bins = json_array();

    for (size_t k = 0; k < LIMEN_CALIBRATION_BINS; k++)
        json_array_append_new(bins, json_pack("{s:f, s:f, s:I}", "confidence",
                                              all->confidence[k], "accuracy",
                                              all->accuracy[k], "count",
                                              (json_int_t)all->count[k]));
    return bins;
}

json_t *eval_rows_json(const eval_row *rows, size_t count,
                       const eval_subject *subject)
{
    json_t *all = json_array();

    for (size_t k = 0; k < count; k++) {
        const eval_row *row = &rows[k];
        double low, high;

        cli_wilson(row->accuracy, subject->data->samples, &low, &high);
        json_t *one = json_pack(
            "{s:s?, s:o, s:f, s:[f,f], s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:o, "
            "s:f, s:f}",
            "corruption", row->corruption, "amount",
            row->corruption == NULL ? json_null() : json_real(row->amount),
            "accuracy", row->accuracy, "interval_samples", low, high, "ties",
            row->ties, "silent", row->silent, "saturated", row->saturated,
            "winner", row->winner, "ece", row->raw.error, "ece_temperature",
            row->scaled.error, "temperature", subject->temperature, "roc_area",
            number(row->scaled.roc_area), "loss", row->scaled.loss, "brier",
            row->scaled.brier);
        if (subject->pool != NULL)
            json_object_set_new(one, "adapted", json_boolean(row->is_adapted));
        if (subject->options->calibration) {
            json_object_set_new(one, "bins", bins_json(&row->scaled));
            json_object_set_new(one, "bins_raw", bins_json(&row->raw));
        }
        json_array_append_new(all, one);
    }
    return all;
}

int eval_check_early(const char *leads)
{
    size_t room[LIMEN_LEADS_MAX];

    if (leads == NULL || cli_read_steps(room, LIMEN_LEADS_MAX, leads) > 0)
        return CLI_DONE;
    return cli_fail(CLI_USAGE,
                    "--early: '%.60s' is not a list of ascending numbers "
                    "above 0, like 1,2,4",
                    leads);
}

int eval_early(json_t *json, const eval_subject *subject, const char *list)
{
    const limen_settings *settings = subject->settings;
    const limen_input input = limen_data_input(
        subject->data, (float)cli_setting_real(settings, "pixel-scale"),
        cli_setting_encoder(settings));
    size_t leads[LIMEN_LEADS_MAX];
    double accuracy[LIMEN_LEADS_MAX], step[LIMEN_LEADS_MAX];
    const size_t count = cli_read_steps(leads, LIMEN_LEADS_MAX, list);
    limen_early early = { count, leads, accuracy, step };
    json_t *points = json_array();
    limen_error err;
    const limen_status status = limen_early_answer(
        &early, subject->image, &input, subject->data->labels, subject->steps,
        (size_t)cli_setting_int(settings, "burn-in"),
        (uint64_t)cli_setting_int(settings, "seed"), subject->options->threads,
        &err);

    if (status == LIMEN_OK && json == NULL)
        printf("\nAnswers given as soon as one class leads by so many spikes, "
               "or at T = %zu\n%8s  %9s  %10s\n",
               subject->steps, "lead", "accuracy", "mean step");
    for (size_t k = 0; status == LIMEN_OK && k < count; k++) {
        json_array_append_new(
            points, json_pack("{s:I, s:f, s:f}", "lead", (json_int_t)leads[k],
                              "accuracy", accuracy[k], "mean_step", step[k]));
        if (json == NULL)
            printf("%8zu  %7.2f %%  %10.2f\n", leads[k], 100.0 * accuracy[k],
                   step[k]);
    }
    if (json != NULL)
        json_object_set(json, "early", points);
    json_decref(points);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}
