/* run_epoch.c -- what a run writes and says after each epoch and at its end. */
#include "run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int cli_run_checkpoint(const cli_run *run)
{
    char *path = cli_path(run->dir, "checkpoint.safetensors");
    limen_error err;
    const limen_status status = limen_trainer_save(run->trainer, path, &err);

    free(path);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

/* Writes lines of JSON whole: a reader never sees half a line. */
static int write_lines(const cli_run *run, const char *name,
                       const json_t *lines)
{
    char *path = cli_path(run->dir, name);
    char *text = NULL;
    size_t size;
    FILE *memory = open_memstream(&text, &size);
    size_t k;
    json_t *line;
    limen_error err = { .text = "out of memory for the metrics" };
    limen_status status = LIMEN_NO_MEMORY;

    if (memory != NULL) {
        json_array_foreach(lines, k, line)
        {
            json_dumpf(line, memory,
                       JSON_COMPACT | JSON_PRESERVE_ORDER |
                           JSON_REAL_PRECISION(10));
            putc('\n', memory);
        }
        if (fclose(memory) == 0)
            status = limen_file_write(path, text, size, &err);
    }
    free(text);
    free(path);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

/* Accuracy and ties of the current network at some T. */
static limen_status test(double *accuracy, double *ties, const cli_run *run,
                         const limen_network *net, const limen_data *data,
                         const size_t *steps, size_t points, limen_error *err)
{
    limen_image *image;
    limen_status status =
        limen_image_new(&image, net, run->options->threads, err);
    uint32_t *confusion =
        calloc(data->classes * data->classes, sizeof *confusion);
    limen_evaluation out = { .classes = data->classes,
                             .points = points,
                             .accuracy = accuracy,
                             .ties = ties,
                             .confusion = confusion };

    if (status == LIMEN_OK && confusion == NULL) {
        snprintf(err->text, sizeof err->text, "out of memory for a test");
        status = LIMEN_NO_MEMORY;
    }
    if (status == LIMEN_OK) {
        const limen_input input = limen_data_input(
            data, (float)cli_setting_real(run->settings, "pixel-scale"),
            cli_setting_encoder(run->settings));

        status =
            limen_evaluate(&out, image, &input, data->labels, steps,
                           (size_t)cli_setting_int(run->settings, "burn-in"),
                           (uint64_t)cli_setting_int(run->settings, "seed"),
                           run->options->threads, err);
    }
    limen_image_free(image);
    free(confusion);
    return status;
}

/* The last number of train-steps. */
static size_t train_steps(const cli_run *run)
{
    const char *list = limen_settings_get(run->settings, "train-steps");
    const char *comma = strrchr(list, ',');

    return (size_t)strtol(comma == NULL ? list : comma + 1, NULL, 10);
}

/* T of training, of answers, and 2.5 times that: ascending, each once.
 * answer: which of them is `steps`. */
static size_t validation_steps(size_t steps[RUN_POINTS], size_t *answer,
                               const cli_run *run)
{
    const size_t trained = train_steps(run);
    const size_t asked = (size_t)cli_setting_int(run->settings, "steps");
    size_t count = 0;

    if (trained < asked)
        steps[count++] = trained;
    *answer = count;
    steps[count++] = asked;
    steps[count++] = asked + asked + asked / 2;
    return count;
}

static void warn_layers(cli_run *run, const double *activity,
                        const double *silent, const double *saturated)
{
    for (size_t l = 1; l < run->layers && !run->is_warned; l++) {
        if (activity[l] < 0.005 || silent[l] > 0.5) {
            fprintf(stderr,
                    "limen: warning: layer %zu is nearly silent (activity "
                    "%.3f, %.0f %% of its units never fire); raise gain, "
                    "lower the thresholds, or start with init scaled\n",
                    l, activity[l], 100.0 * silent[l]);
            run->is_warned = true;
        } else if (saturated[l] > 0.5) {
            fprintf(stderr,
                    "limen: warning: layer %zu is saturated (%.0f %% of its "
                    "units always fire); lower gain or raise the thresholds\n",
                    l, 100.0 * saturated[l]);
            run->is_warned = true;
        }
    }
}

static json_t *shares(const double *values, size_t count)
{
    json_t *list = json_array();

    for (size_t l = 0; l < count; l++)
        json_array_append_new(list, json_real(values[l]));
    return list;
}

static int save_model(const cli_run *run, const limen_network *net,
                      const char *name)
{
    char *path = cli_path(run->dir, name);
    limen_error err;
    const limen_status status =
        limen_model_save(path, net, run->settings, &err);

    free(path);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

/* Adds validation to the line of an epoch; keeps the best model. */
static int validate(cli_run *run, json_t *line)
{
    size_t steps[RUN_POINTS];
    double accuracy[RUN_POINTS];
    double ties[RUN_POINTS];
    size_t answer;
    const size_t points = validation_steps(steps, &answer, run);
    limen_error err;
    const limen_status status = test(accuracy, ties, run, run->net,
                                     run->validation, steps, points, &err);
    json_t *by_steps = json_object();

    if (status != LIMEN_OK) {
        json_decref(by_steps);
        return cli_fail_status(status, &err);
    }
    for (size_t k = 0; k < points; k++) {
        char name[32];

        snprintf(name, sizeof name, "%zu", steps[k]);
        json_object_set_new(by_steps, name, json_real(accuracy[k]));
    }
    json_object_set_new(line, "validation_accuracy",
                        json_real(accuracy[answer]));
    json_object_set_new(line, "validation_by_steps", by_steps);
    json_object_set_new(line, "validation_ties", json_real(ties[answer]));
    if (!run->options->quiet)
        fprintf(stderr, "  validation %.2f %% at T = %zu, %.2f %% at %zu",
                100.0 * accuracy[answer], steps[answer],
                100.0 * accuracy[points - 1], steps[points - 1]);
    if (accuracy[points - 1] < accuracy[0] - 0.01 && !run->is_warned) {
        fprintf(stderr,
                "\nlimen: warning: accuracy falls from %.2f %% at T = %zu to "
                "%.2f %% at T = %zu: the recurrence is not stable beyond the "
                "steps of training; lower recurrent-rate",
                100.0 * accuracy[0], steps[0], 100.0 * accuracy[points - 1],
                steps[points - 1]);
        run->is_warned = true;
    }
    if (accuracy[answer] <= run->best)
        return CLI_DONE;
    run->best = accuracy[answer];
    return save_model(run, run->net, "best.safetensors");
}

static void print_epoch(const cli_run *run, const limen_epoch *epoch,
                        const double *activity, const double *silent,
                        const double *saturated, double seconds)
{
    if (run->options->quiet)
        return;
    fprintf(stderr, "epoch %2zu  loss %.4f  train %.2f %%  activity",
            epoch->epoch + 1, epoch->loss, 100.0 * epoch->accuracy);
    for (size_t l = 1; l < run->layers; l++)
        fprintf(stderr, " %.2f", activity[l]);
    fputs("  silent", stderr);
    for (size_t l = 1; l < run->layers; l++)
        fprintf(stderr, " %.0f%%", 100.0 * silent[l]);
    fputs("  saturated", stderr);
    for (size_t l = 1; l < run->layers; l++)
        fprintf(stderr, " %.0f%%", 100.0 * saturated[l]);
    fprintf(stderr, "  %.0f samples/s", (double)epoch->samples / seconds);
}

int cli_run_epoch(cli_run *run, double seconds)
{
    double activity[LIMEN_LAYERS_MAX];
    double silent[LIMEN_LAYERS_MAX];
    double saturated[LIMEN_LAYERS_MAX];
    const limen_epoch epoch =
        limen_trainer_epoch(run->trainer, activity, silent, saturated);
    json_t *line = json_pack(
        "{s:I, s:f, s:f, s:f, s:f, s:f, s:o, s:o, s:o}", "epoch",
        (json_int_t)epoch.epoch + 1, "loss", epoch.loss, "train_accuracy",
        epoch.accuracy, "train_ties", epoch.ties, "learning_rate",
        epoch.learning_rate, "gradient_norm", epoch.gradient_norm, "activity",
        shares(activity, run->layers), "silent", shares(silent, run->layers),
        "saturated", shares(saturated, run->layers));
    int code = CLI_DONE;

    print_epoch(run, &epoch, activity, silent, saturated, seconds);
    if (run->validation != NULL)
        code = validate(run, line);
    if (code == CLI_DONE && cli_run_watches(run))
        code = cli_run_watch(run, line);
    if (!run->options->quiet)
        fputs("\n", stderr);
    warn_layers(run, activity, silent, saturated);
    json_array_append_new(run->metrics, line);
    json_array_append_new(run->timing,
                          json_pack("{s:I, s:f, s:f}", "epoch",
                                    (json_int_t)epoch.epoch + 1, "seconds",
                                    seconds, "samples_per_second",
                                    (double)epoch.samples / seconds));
    if (code == CLI_DONE)
        code = write_lines(run, "metrics.jsonl", run->metrics);
    if (code == CLI_DONE)
        code = write_lines(run, "timing.jsonl", run->timing);
    return code;
}

/* The model that stands for the run: the best if there was validation. */
static int load_best(limen_network **best, const cli_run *run)
{
    char *path = cli_path(run->dir, "best.safetensors");
    limen_error err;
    const limen_status status = limen_model_load(best, NULL, path, &err);

    free(path);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

/* Sets the temperature to that of the validation samples. */
static limen_status fit_temperature(cli_run *run, const limen_network *net,
                                    limen_error *err)
{
    const limen_data *data = run->validation;
    const limen_settings *settings = run->settings;
    const size_t outputs = limen_network_units(net, run->layers - 1);
    const limen_input input =
        limen_data_input(data, (float)cli_setting_real(settings, "pixel-scale"),
                         cli_setting_encoder(settings));
    float *y = calloc(data->samples, outputs * sizeof *y);
    limen_image *image = NULL;
    char text[32];
    limen_status status = LIMEN_NO_MEMORY;

    if (y == NULL)
        snprintf(err->text, sizeof err->text, "out of memory for a test");
    else
        status = limen_image_new(&image, net, run->options->threads, err);
    if (status == LIMEN_OK)
        status = limen_predict(NULL, y, image, &input,
                               (size_t)cli_setting_int(settings, "steps"),
                               (size_t)cli_setting_int(settings, "burn-in"),
                               (uint64_t)cli_setting_int(settings, "seed"),
                               run->options->threads, err);
    if (status == LIMEN_OK) {
        const double temperature =
            limen_fit_temperature(y, data->labels, data->samples, outputs,
                                  cli_setting_real(settings, "beta"));

        // four digits: libraries may differ in the last bit of exp
        snprintf(text, sizeof text, "%.4g", temperature);
        status = limen_settings_set(run->settings, "temperature", text, err);
    }
    limen_image_free(image);
    free(y);
    return status;
}

/* The activity that homeostasis at test goes back to. */
static limen_status measure_rates(const cli_run *run, limen_network *net,
                                  limen_error *err)
{
    const limen_settings *settings = run->settings;
    const limen_input input = limen_data_input(
        run->train, (float)cli_setting_real(settings, "pixel-scale"),
        cli_setting_encoder(settings));

    return limen_network_measure_rates(
        net, &input, (size_t)cli_setting_int(settings, "steps"),
        (size_t)cli_setting_int(settings, "burn-in"),
        (uint64_t)cli_setting_int(settings, "seed"), run->options->threads,
        err);
}

/* Saves a model with the rates of its units and the temperature of its
 * confidences. */
static int save_fitted(cli_run *run, limen_network *net, const char *name)
{
    limen_error err;
    const limen_status measured = measure_rates(run, net, &err);

    if (measured != LIMEN_OK)
        return cli_fail_status(measured, &err);

    if (run->validation != NULL && run->fits_temperature) {
        const limen_status status = fit_temperature(run, net, &err);

        if (status != LIMEN_OK)
            return cli_fail_status(status, &err);
    }
    return save_model(run, net, name);
}

static void print_result(const cli_run *run, json_t *result, double accuracy,
                         double low, double high, double ties, size_t samples,
                         size_t steps)
{
    if (run->options->json) {
        cli_print_json(json_incref(result));
        return;
    }
    printf("Test accuracy %.2f %% (95 %% interval %.2f to %.2f) on %zu "
           "samples at T = %zu; %.1f %% of the votes were ties.\n",
           100.0 * accuracy, 100.0 * low, 100.0 * high, samples, steps,
           100.0 * ties);
    printf("The run is in %s: model.safetensors, metrics.jsonl, run.json.\n",
           run->dir);
}

static int report(cli_run *run, const limen_network *net)
{
    const char *dir = limen_settings_get(run->settings, "data-dir");
    const size_t steps = (size_t)cli_setting_int(run->settings, "steps");
    limen_data *data;
    limen_error err;
    double accuracy;
    double ties;
    double low;
    double high;
    limen_status status =
        limen_data_load(&data, limen_settings_get(run->settings, "data"),
                        dir[0] == '\0' ? NULL : dir, LIMEN_TEST, &err);

    if (status != LIMEN_OK) {
        fprintf(stderr, "limen: no test: %s\n", err.text);
        if (run->best >= 0.0)
            printf("Validation accuracy %.2f %% at T = %zu.\n",
                   100.0 * run->best, steps);
        printf("The run is in %s.\n", run->dir);
        return CLI_DONE;
    }
    status = test(&accuracy, &ties, run, net, data, &steps, 1, &err);
    if (status != LIMEN_OK) {
        limen_data_free(data);
        return cli_fail_status(status, &err);
    }
    cli_wilson(accuracy, data->samples, &low, &high);
    json_t *result =
        json_pack("{s:s, s:s, s:f, s:[f,f], s:f, s:I, s:I, s:s, s:f}", "run",
                  run->dir, "model", run->validation == NULL ? "last" : "best",
                  "test_accuracy", accuracy, "interval", low, high, "ties",
                  ties, "samples", (json_int_t)data->samples, "steps",
                  (json_int_t)steps, "test_sha256", data->sha256, "temperature",
                  cli_setting_real(run->settings, "temperature"));
    print_result(run, result, accuracy, low, high, ties, data->samples, steps);
    status = cli_write_json(run->dir, "result.json", result, &err);
    limen_data_free(data);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

int cli_run_finish(cli_run *run)
{
    limen_network *best = NULL;
    char *path = cli_path(run->dir, "checkpoint.safetensors");
    int code = save_fitted(run, run->net, "model.safetensors");

    if (code == CLI_DONE && run->validation != NULL)
        code = load_best(&best, run);
    if (code == CLI_DONE && best != NULL)
        code = save_fitted(run, best, "best.safetensors");
    if (code == CLI_DONE)
        unlink(path);
    free(path);
    if (code == CLI_DONE)
        code = report(run, best == NULL ? run->net : best);
    limen_network_free(best);
    return code;
}
