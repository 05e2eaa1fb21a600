/* compare_print.c -- the results of a comparison, for people and machines. */
#include "compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

json_t *cli_read_json(const char *path)
{
    json_error_t why;
    json_t *value = json_load_file(path, 0, &why);

    if (value == NULL)
        cli_say("%s: %s", path, why.text);
    return value;
}

/* Mean seconds and largest memory of an arm's cells. */
static json_t *arm_times(const cli_comparison *all, const char *label)
{
    double seconds = 0.0;
    double peak = 0.0;
    size_t count = 0;

    for (size_t k = 0; k < limen_study_cells(all->study); k++) {
        const limen_study_cell cell = limen_study_cell_at(all->study, k);
        char name[160];

        if (strcmp(cell.label, label) != 0)
            continue;
        snprintf(name, sizeof name, "cells/%s.%llu.time.json", cell.file,
                 (unsigned long long)cell.seed);
        char *path = cli_path(all->dir, name);
        json_t *one = json_load_file(path, 0, NULL); // may be missing
        free(path);
        count += one != NULL;
        seconds += json_number_value(json_object_get(one, "seconds"));
        peak = fmax(peak, json_number_value(json_object_get(one, "peak_kib")));
        json_decref(one);
    }
    return json_pack(
        "{s:s, s:o, s:o}", "label", label, "seconds",
        count == 0 ? json_null() : json_real(seconds / (double)count),
        "peak_kib", count == 0 ? json_null() : json_integer((json_int_t)peak));
}

static int write_times(const cli_comparison *all, json_t **out,
                       const json_t *result)
{
    size_t k;
    json_t *arm;
    json_t *arms = json_array();
    limen_error err;

    json_array_foreach(json_object_get(result, "arms"), k, arm)
    {
        json_array_append_new(
            arms,
            arm_times(all, json_string_value(json_object_get(arm, "label"))));
    }
    *out = json_pack("{s:o}", "arms", arms);
    const limen_status status =
        cli_write_json(all->dir, "result-times.json", json_incref(*out), &err);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

static double percent(const json_t *from, const char *key)
{
    return 100.0 * json_number_value(json_object_get(from, key));
}

/* "71.2 +-1.4", or the mean alone. */
static void put_interval(const json_t *over)
{
    const json_t *low = json_object_get(over, "low");
    char text[32] = "";

    if (json_is_number(low))
        snprintf(text, sizeof text, "%.1f to %.1f", percent(over, "low"),
                 percent(over, "high"));
    if (json_is_object(over))
        printf("  %5.1f  %-14s", percent(over, "mean"), text);
    else
        printf("  %5s  %-14s", "", "");
}

static void put_share(const json_t *from, const char *key)
{
    if (json_is_number(json_object_get(from, key)))
        printf("  %6.1f", percent(from, key));
    else
        printf("  %6s", "");
}

/* One row a condition. */
static void print_arm(const json_t *arm)
{
    size_t k;
    const char *name;
    json_t *one;
    const json_t *parameters = json_object_get(arm, "parameters");

    printf("\n%s", json_string_value(json_object_get(arm, "label")));
    if (json_is_integer(parameters))
        printf(", %lld parameters", (long long)json_integer_value(parameters));
    printf("\n  %-22s  %5s  %-14s  %6s  %6s  %6s  %6s  %6s\n", "per cent",
           "right", "95 %", "ties", "silent", "satur.", "ece", "ece/T");
    json_array_foreach(json_object_get(arm, "conditions"), k, one)
    {
        const char *corruption =
            json_string_value(json_object_get(one, "corruption"));
        char label[64] = "clean";

        if (corruption != NULL)
            snprintf(label, sizeof label, "%s %g", corruption,
                     json_number_value(json_object_get(one, "amount")));
        printf("  %-22s", label);
        put_interval(json_object_get(one, "accuracy"));
        put_share(one, "ties");
        put_share(one, "silent");
        put_share(one, "saturated");
        put_share(one, "ece");
        put_share(one, "ece_temperature");
        putchar('\n');
    }
    json_object_foreach(json_object_get(arm, "areas"), name, one)
    {
        printf("  area %-17s", name);
        put_interval(one);
        putchar('\n');
    }
}

/* Accuracy against a number: arms are rows, numbers columns. */
static void print_series(const json_t *result, const char *key,
                         const char *title)
{
    const json_t *arms = json_object_get(result, "arms");
    size_t k;
    json_t *arm;
    const char *name;
    json_t *one;

    if (json_object_size(json_object_get(json_array_get(arms, 0), key)) == 0)
        return;
    printf("\n%s, per cent\n  %-22s", title, "");
    json_object_foreach(json_object_get(json_array_get(arms, 0), key), name,
                        one)
    {
        printf("  %6s", name);
    }
    putchar('\n');
    json_array_foreach(arms, k, arm)
    {
        printf("  %-22s", json_string_value(json_object_get(arm, "label")));
        json_object_foreach(json_object_get(arm, key), name, one)
        {
            put_share(one, "mean");
        }
        putchar('\n');
    }
}

static void print_times(const json_t *times)
{
    size_t k;
    json_t *arm;

    printf("\n%-24s  %9s  %9s\n", "cost of a cell", "seconds", "peak MiB");
    json_array_foreach(json_object_get(times, "arms"), k, arm)
    {
        printf("  %-22s", json_string_value(json_object_get(arm, "label")));
        if (json_is_number(json_object_get(arm, "seconds")))
            printf("  %9.1f  %9.0f",
                   json_number_value(json_object_get(arm, "seconds")),
                   json_number_value(json_object_get(arm, "peak_kib")) /
                       1024.0);
        putchar('\n');
    }
}

static void print_text(const json_t *result, const json_t *times)
{
    size_t k;
    json_t *one;
    const char *question =
        json_string_value(json_object_get(result, "question"));

    printf("%s: %zu seeds, reference %s\n",
           json_string_value(json_object_get(result, "study")),
           json_array_size(json_object_get(result, "seeds")),
           json_string_value(json_object_get(result, "reference")));
    if (question != NULL)
        printf("%s\n", question);
    json_array_foreach(json_object_get(result, "arms"), k, one)
    {
        print_arm(one);
    }
    print_series(result, "by_steps", "accuracy after so many steps");
    print_series(result, "examples", "accuracy with so many examples a class");
    print_times(times);
    putchar('\n');
    json_array_foreach(json_object_get(result, "sentences"), k, one)
    {
        printf("%s\n", json_string_value(one));
    }
}

int cli_compare_print(const cli_comparison *all)
{
    char *path = cli_path(all->dir, "result.json");
    json_t *result = cli_read_json(path);
    json_t *times = NULL;

    free(path);
    if (result == NULL)
        return CLI_BAD_FILE;
    const int code = write_times(all, &times, result);
    if (code == CLI_DONE && all->options->json)
        cli_print_json(json_incref(result));
    else if (code == CLI_DONE)
        print_text(result, times);
    json_decref(result);
    json_decref(times);
    return code;
}
