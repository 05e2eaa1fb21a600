/* eval.c -- `limen eval`: accuracy with intervals, confusion, against T. */
#include "eval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS = 64 };

typedef struct evaluation {
    size_t steps[POINTS], points, seeds, classes, samples;
    double *accuracy;    /* (seeds, points) */
    double *ties;        /* (seeds, points) */
    uint32_t *confusion; /* (classes, classes) of all seeds at the last */
} evaluation;

static void evaluation_free(evaluation *all)
{
    free(all->accuracy);
    free(all->ties);
    free(all->confusion);
}

static limen_status run_seeds(evaluation *all, const limen_image *image,
                              const limen_data *data,
                              const limen_settings *settings,
                              const cli_options *options, limen_error *err)
{
    const limen_input input =
        limen_data_input(data, (float)cli_setting_real(settings, "pixel-scale"),
                         cli_setting_encoder(settings));
    const size_t cells = all->classes * all->classes;
    uint32_t *confusion = calloc(cells, sizeof *confusion);
    limen_status status = LIMEN_OK;

    all->accuracy = calloc(all->seeds * all->points, sizeof(double));
    all->ties = calloc(all->seeds * all->points, sizeof(double));
    all->confusion = calloc(cells, sizeof *all->confusion);
    if (confusion == NULL || all->accuracy == NULL || all->ties == NULL ||
        all->confusion == NULL) {
        snprintf(err->text, sizeof err->text, "out of memory for a test");
        status = LIMEN_NO_MEMORY;
    }
    for (size_t k = 0; status == LIMEN_OK && k < all->seeds; k++) {
        limen_evaluation one = {
            .classes = all->classes,
            .points = all->points,
            .accuracy = all->accuracy + k * all->points,
            .ties = all->ties + k * all->points,
            .confusion = confusion,
        };

        status = limen_evaluate(&one, image, &input, data->labels, all->steps,
                                (size_t)cli_setting_int(settings, "burn-in"),
                                (uint64_t)cli_setting_int(settings, "seed") + k,
                                options->threads, err);
        for (size_t c = 0; status == LIMEN_OK && c < cells; c++)
            all->confusion[c] += confusion[c];
    }
    free(confusion);
    return status;
}

/* Mean and standard deviation over seeds at one point. */
static void summarise(const evaluation *all, const double *values, size_t k,
                      double *mean, double *sd)
{
    double sum = 0.0;
    double square = 0.0;

    for (size_t s = 0; s < all->seeds; s++)
        sum += values[s * all->points + k];
    *mean = sum / (double)all->seeds;
    for (size_t s = 0; s < all->seeds; s++) {
        const double gap = values[s * all->points + k] - *mean;

        square += gap * gap;
    }
    *sd = all->seeds < 2 ? 0.0 : sqrt(square / (double)(all->seeds - 1));
}

static uint32_t row_sum(const evaluation *all, size_t label)
{
    uint32_t sum = 0;

    for (size_t c = 0; c < all->classes; c++)
        sum += all->confusion[label * all->classes + c];
    return sum;
}

static json_t *to_json(const evaluation *all, const limen_data *data,
                       const char *model)
{
    json_t *points = json_array();
    json_t *confusion = json_array();

    for (size_t k = 0; k < all->points; k++) {
        double mean, sd, ties, ties_sd, low, high;

        summarise(all, all->accuracy, k, &mean, &sd);
        summarise(all, all->ties, k, &ties, &ties_sd);
        cli_wilson(mean, all->samples, &low, &high);
        json_t *point = json_pack("{s:I, s:f, s:[f,f], s:f}", "steps",
                                  (json_int_t)all->steps[k], "accuracy", mean,
                                  "interval_samples", low, high, "ties", ties);
        if (all->seeds > 1)
            json_object_set_new(point, "half_interval_noise",
                                json_real(cli_t_interval(sd, all->seeds)));
        json_array_append_new(points, point);
    }
    for (size_t a = 0; a < all->classes; a++) {
        json_t *row = json_array();

        for (size_t b = 0; b < all->classes; b++)
            json_array_append_new(
                row, json_integer(all->confusion[a * all->classes + b]));
        json_array_append_new(confusion, row);
    }
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:o, s:o}", "model", model,
                     "data", data->source, "sha256", data->sha256, "samples",
                     (json_int_t)all->samples, "seeds", (json_int_t)all->seeds,
                     "points", points, "confusion", confusion);
}

static void print_points(const evaluation *all)
{
    printf("%8s  %9s  %-17s  %-15s  %6s\n", "steps", "accuracy",
           "95 % over samples", "over noise", "ties");
    for (size_t k = 0; k < all->points; k++) {
        double mean, sd, ties, ties_sd, low, high;
        char noise[32] = "one seed";

        summarise(all, all->accuracy, k, &mean, &sd);
        summarise(all, all->ties, k, &ties, &ties_sd);
        cli_wilson(mean, all->samples, &low, &high);
        if (all->seeds > 1)
            snprintf(noise, sizeof noise, "+- %.2f",
                     100.0 * cli_t_interval(sd, all->seeds));
        printf("%8zu  %7.2f %%  %6.2f to %6.2f  %-15s  %4.1f %%\n",
               all->steps[k], 100.0 * mean, 100.0 * low, 100.0 * high, noise,
               100.0 * ties);
    }
}

static void print_confusion(const evaluation *all)
{
    printf("\nAt T = %zu, in per cent of each class (rows: label, columns: "
           "answer)\n%6s",
           all->steps[all->points - 1], "");
    for (size_t b = 0; b < all->classes; b++)
        printf(" %5zu", b);
    printf("   right\n");
    for (size_t a = 0; a < all->classes; a++) {
        const uint32_t sum = row_sum(all, a);

        if (sum == 0)
            continue;
        printf("%6zu", a);
        for (size_t b = 0; b < all->classes; b++)
            printf(" %5.1f",
                   100.0 * all->confusion[a * all->classes + b] / sum);
        printf("  %5.1f %%\n",
               100.0 * all->confusion[a * all->classes + a] / sum);
    }
}

/* What was asked for beside accuracy against steps, printed or added to json
 * (NULL: print). */
static int measure_more(json_t *json, const eval_subject *subject,
                        eval_row *rows, size_t count)
{
    const cli_options *options = subject->options;
    limen_error err;

    if (options->corrupt != NULL || options->calibration ||
        subject->pool != NULL) {
        for (size_t k = 0; k < count; k++) {
            const limen_status status = eval_measure(&rows[k], subject, &err);

            if (status != LIMEN_OK)
                return cli_fail_status(status, &err);
        }
        if (json != NULL)
            json_object_set_new(json, "conditions",
                                eval_rows_json(rows, count, subject));
        else
            eval_print_rows(rows, count, subject);
        for (size_t k = 0; options->calibration && json == NULL && k < count;
             k++)
            eval_print_bins(&rows[k]);
    }
    return options->early == NULL ? CLI_DONE
                                  : eval_early(json, subject, options->early);
}

static int show(const evaluation *all, const eval_subject *subject,
                eval_row *rows, size_t count)
{
    enum { CLASSES_SHOWN = 20 };
    const cli_options *options = subject->options;

    if (options->json) {
        json_t *json = to_json(all, subject->data, options->words[0]);
        const int code = measure_more(json, subject, rows, count);

        if (code == CLI_DONE)
            cli_print_json(json);
        else
            json_decref(json);
        return code;
    }
    print_points(all);
    if (all->classes <= CLASSES_SHOWN)
        print_confusion(all);
    return measure_more(NULL, subject, rows, count);
}

static int evaluate(const limen_network *net, const limen_settings *settings,
                    const limen_data *data, const limen_data *pool,
                    const cli_options *options)
{
    evaluation all = { .seeds = options->seeds,
                       .classes = data->classes,
                       .samples = data->samples };
    eval_row rows[EVAL_ROWS];
    size_t count;
    char own[32];
    limen_image *image = NULL;
    limen_error err;

    snprintf(own, sizeof own, "%ld", cli_setting_int(settings, "steps"));
    const char *list = options->steps == NULL ? own : options->steps;
    all.points = cli_read_steps(all.steps, POINTS, list);
    if (all.points == 0)
        return cli_fail(CLI_USAGE,
                        "--steps: '%.60s' is not a list of ascending numbers "
                        "above 0, like 1,5,20",
                        list);
    int code = eval_check_early(options->early);
    if (code == CLI_DONE)
        code = eval_read_rows(rows, &count, options->corrupt, pool != NULL);
    if (code != CLI_DONE)
        return code;
    limen_status status = limen_image_new(&image, net, options->threads, &err);
    if (status == LIMEN_OK)
        status = run_seeds(&all, image, data, settings, options, &err);
    const eval_subject subject = {
        .net = net,
        .image = image,
        .settings = settings,
        .data = data,
        .pool = pool,
        .options = options,
        .steps = all.steps[all.points - 1],
        .temperature = cli_setting_real(settings, "temperature"),
    };
    code = status == LIMEN_OK ? show(&all, &subject, rows, count)
                              : cli_fail_status(status, &err);
    limen_image_free(image);
    evaluation_free(&all);
    return code;
}

/* The test set, or the samples of it that test-classes asks for. */
static limen_status load_test(limen_data **out, const limen_settings *settings,
                              limen_error *err)
{
    const char *dir = limen_settings_get(settings, "data-dir");
    limen_data *all = NULL;
    limen_status status =
        limen_data_load(&all, limen_settings_get(settings, "data"),
                        dir[0] == '\0' ? NULL : dir, LIMEN_TEST, err);

    *out = NULL;
    if (status == LIMEN_OK)
        status = limen_data_of_classes(
            out, all, limen_settings_get(settings, "test-classes"), err);
    limen_data_free(all);
    return status;
}

int cli_eval(cli_options *options)
{
    limen_network *net = NULL;
    limen_settings *settings = NULL;
    limen_data *data = NULL;
    limen_data *pool = NULL;
    limen_error err;

    if (options->word_count != 1)
        return cli_fail(CLI_USAGE, "eval: name one run or model");
    int code = cli_load_model(&net, &settings, options->words[0], options);
    if (code == CLI_DONE) {
        const limen_status status = load_test(&data, settings, &err);

        code = status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
    }
    if (data != NULL && data->features != limen_network_units(net, 0))
        code = cli_fail(CLI_INCOMPATIBLE,
                        "the data has %zu values a sample, the network %zu "
                        "inputs",
                        data->features, limen_network_units(net, 0));
    if (code == CLI_DONE)
        code = eval_pool(&pool, net, settings, data, options);
    if (code == CLI_DONE)
        code = evaluate(net, settings, data, pool, options);
    limen_data_free(pool);
    limen_data_free(data);
    limen_network_free(net);
    limen_settings_free(settings);
    return code;
}
