/* data.c -- `limen data`: what a data set holds; corrupt.c has the rest. */
#include "cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double value(const limen_data *data, size_t k)
{
    return data->bytes != NULL ? data->bytes[k] / 255.0
                               : (double)data->floats[k];
}

static void statistics(const limen_data *data, double *mean, double *sd,
                       double *zero)
{
    const size_t count = data->samples * data->features;
    double sum = 0.0;
    double square = 0.0;
    size_t none = 0;

    for (size_t k = 0; k < count; k++) {
        const double p = value(data, k);

        sum += p;
        square += p * p;
        none += p == 0.0;
    }
    *mean = sum / (double)count;
    *sd = sqrt(fmax(square / (double)count - *mean * *mean, 0.0));
    *zero = (double)none / (double)count;
}

static size_t *class_counts(const limen_data *data)
{
    size_t *counts = calloc(data->classes + 1, sizeof *counts);

    if (counts == NULL)
        exit(cli_fail(CLI_NO_MEMORY, "out of memory for the classes"));
    for (size_t b = 0; b < data->samples; b++)
        counts[data->labels[b]]++;
    return counts;
}

void cli_print_picture(const limen_data *data, size_t sample)
{
    static const char grey[] = " .:-=+*#%@";

    for (size_t y = 0; y < data->height; y += 2) {
        for (size_t x = 0; x < data->width; x++) {
            const size_t k = sample * data->features + y * data->width + x;

            putchar(grey[(size_t)(value(data, k) * 9.0 + 0.5)]);
        }
        putchar('\n');
    }
}

static json_t *to_json(const limen_data *data, const char *split)
{
    size_t *counts = class_counts(data);
    json_t *classes = json_array();
    double mean, sd, zero;

    for (size_t c = 0; c < data->classes; c++)
        json_array_append_new(classes, json_integer((json_int_t)counts[c]));
    free(counts);
    statistics(data, &mean, &sd, &zero);
    return json_pack(
        "{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:o}", "split",
        split, "source", data->source, "sha256", data->sha256, "samples",
        (json_int_t)data->samples, "features", (json_int_t)data->features,
        "height", (json_int_t)data->height, "width", (json_int_t)data->width,
        "mean", mean, "sd", sd, "zero", zero, "class_counts", classes);
}

static void print_text(const limen_data *data, const char *split)
{
    enum { SHOWN = 2, WIDTH_SHOWN = 80 };
    size_t *counts = class_counts(data);
    double mean, sd, zero;

    statistics(data, &mean, &sd, &zero);
    printf("%s: %zu samples of %zu x %zu, %zu classes\n", split, data->samples,
           data->height, data->width, data->classes);
    printf("  from %s\n  sha256 %s\n", data->source, data->sha256);
    printf("  values: mean %.4f, sd %.4f, %.1f %% are 0\n  class counts:", mean,
           sd, 100.0 * zero);
    for (size_t c = 0; c < data->classes; c++)
        printf(" %zu", counts[c]);
    putchar('\n');
    free(counts);
    for (size_t b = 0; b < SHOWN && b < data->samples && data->height > 1 &&
                       data->width <= WIDTH_SHOWN;
         b++) {
        printf("\nsample %zu, class %u\n", b, data->labels[b]);
        cli_print_picture(data, b);
    }
}

int cli_data(cli_options *options)
{
    const char *name =
        options->word_count == 0 ? "fashion-mnist" : options->words[0];
    const char *dir = limen_settings_get(options->settings, "data-dir");
    limen_data *data;
    limen_error err;

    if (options->list ||
        (options->word_count > 0 && strcmp(options->words[0], "corrupt") == 0))
        return cli_data_corrupt(options);
    json_t *all = json_array();
    if (options->word_count > 1) {
        json_decref(all);
        return cli_fail(CLI_USAGE, "data: name one set");
    }
    for (int split = LIMEN_TRAIN; split <= LIMEN_TEST; split++) {
        const char *what = split == LIMEN_TRAIN ? "train" : "test";
        const limen_status status = limen_data_load(
            &data, name, dir[0] == '\0' ? NULL : dir, (limen_split)split, &err);

        if (status != LIMEN_OK && split == LIMEN_TRAIN) {
            json_decref(all);
            return cli_fail_status(status, &err);
        }
        if (status != LIMEN_OK)
            break; // a set may have no test split
        if (options->json)
            json_array_append_new(all, to_json(data, what));
        else
            print_text(data, what);
        limen_data_free(data);
    }
    if (options->json)
        cli_print_json(all);
    else
        json_decref(all);
    return CLI_DONE;
}
