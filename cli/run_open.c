/* run_open.c -- the beginning of a run, new or resumed. */
#include "run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

static bool exists(const char *dir, const char *name)
{
    char *path = cli_path(dir, name);
    struct stat about;
    const bool is_there = stat(path, &about) == 0;

    free(path);
    return is_there;
}

static void remove_file(const char *dir, const char *name)
{
    char *path = cli_path(dir, name);

    unlink(path);
    free(path);
}

/* runs/DATA-N with the first N that is free. */
static int default_dir(cli_run *run)
{
    const char *data = limen_settings_get(run->settings, "data");
    const char *slash = strrchr(data, '/');
    const char *name = slash == NULL || slash[1] == '\0' ? data : slash + 1;

    for (int n = 1; n < 100000; n++) {
        struct stat about;

        snprintf(run->dir, sizeof run->dir, "runs/%.200s-%d", name, n);
        if (stat(run->dir, &about) != 0)
            return CLI_DONE;
    }
    return cli_fail(CLI_USAGE, "runs/ is full; name a directory with -o");
}

static int choose_dir(cli_run *run)
{
    static const char *const kept[] = {
        "model.safetensors", "best.safetensors", "checkpoint.safetensors",
        "metrics.jsonl",     "timing.jsonl",     "result.json",
        "run.json"
    };
    const cli_options *options = run->options;
    bool is_run = false;

    if (options->out == NULL)
        return default_dir(run);
    if (snprintf(run->dir, sizeof run->dir, "%s", options->out) >=
        (int)sizeof run->dir)
        return cli_fail(CLI_USAGE, "-o: the path is too long");
    for (size_t k = 0; k < sizeof kept / sizeof *kept; k++)
        is_run = is_run || exists(run->dir, kept[k]);
    if (is_run && !options->force)
        return cli_fail(CLI_USAGE,
                        "%s holds a run already; --resume %s goes on with it, "
                        "--force replaces it",
                        run->dir, run->dir);
    for (size_t k = 0; is_run && k < sizeof kept / sizeof *kept; k++)
        remove_file(run->dir, kept[k]);
    return CLI_DONE;
}

/* Splits what was loaded into training and validation samples, by draws. */
static int split_data(cli_run *run, const limen_data *all)
{
    limen_error err;
    const limen_status status = limen_data_split(
        &run->train, &run->validation, all,
        (size_t)cli_setting_int(run->settings, "train-samples"),
        (size_t)cli_setting_int(run->settings, "validation"),
        (uint64_t)cli_setting_int(run->settings, "seed"), &err);

    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

static int load_data(cli_run *run)
{
    const limen_settings *settings = run->settings;
    const char *dir = limen_settings_get(settings, "data-dir");
    limen_data *all;
    limen_error err;
    limen_status status =
        limen_data_load(&all, limen_settings_get(settings, "data"),
                        dir[0] == '\0' ? NULL : dir, LIMEN_TRAIN, &err);

    if (status == LIMEN_OK)
        status = limen_settings_resolve(run->settings, all, &err);
    if (status != LIMEN_OK) {
        limen_data_free(all);
        return cli_fail_status(status, &err);
    }
    const int code = split_data(run, all);
    limen_data_free(all);
    return code;
}

static json_t *describe_run(const cli_run *run)
{
    struct utsname machine;
    json_t *arguments = json_array();

    uname(&machine);
    for (int k = 1; k < run->options->argc; k++)
        json_array_append_new(arguments, json_string(run->options->argv[k]));
    return json_pack(
        "{s:s, s:s, s:o, s:o, s:b, s:s, s:s, s:{s:s, s:s, s:I}}", "program",
        "limen", "version", limen_version(), "arguments", arguments, "settings",
        cli_settings_json(run->settings), "fits_temperature",
        run->fits_temperature, "backend", limen_backend(), "machine",
        machine.machine, "data", "source", run->train->source, "sha256",
        run->train->sha256, "train_samples", (json_int_t)run->train->samples);
}

/* Settings of a stopped run; options given now may say where its data is. */
static int resume_settings(cli_run *run)
{
    char *path = cli_path(run->dir, "run.json");
    json_error_t why;
    json_t *described = json_load_file(path, 0, &why);
    json_t *settings = json_object_get(described, "settings");
    const char *name;
    json_t *text;
    int code = CLI_DONE;
    limen_error err;

    if (!json_is_object(settings))
        code =
            cli_fail(CLI_BAD_FILE, "%s: not a run that can be resumed", path);
    json_object_foreach(settings, name, text)
    {
        const bool is_place =
            strcmp(name, "data") == 0 || strcmp(name, "data-dir") == 0;

        if (code != CLI_DONE ||
            (is_place && limen_settings_is_set(run->settings, name)))
            continue;
        if (!json_is_string(text) ||
            limen_settings_set(run->settings, name, json_string_value(text),
                               &err) != LIMEN_OK)
            code = cli_fail(CLI_BAD_FILE, "%s: the setting %s is malformed",
                            path, name);
    }
    run->fits_temperature =
        json_is_true(json_object_get(described, "fits_temperature"));
    json_decref(described);
    free(path);
    return code;
}

/* The lines of finished epochs; later ones are trained again. */
static json_t *read_lines(const char *dir, const char *name, size_t epochs)
{
    char *path = cli_path(dir, name);
    FILE *in = fopen(path, "r");
    json_t *lines = json_array();
    json_t *line;

    while (in != NULL && json_array_size(lines) < epochs &&
           (line = json_loadf(in, JSON_DISABLE_EOF_CHECK, NULL)) != NULL)
        json_array_append_new(lines, line);
    if (in != NULL)
        fclose(in);
    free(path);
    return lines;
}

static int resume_state(cli_run *run)
{
    char *path = cli_path(run->dir, "checkpoint.safetensors");
    limen_error err;
    limen_status status;
    size_t k;
    json_t *line;

    if (!exists(run->dir, "checkpoint.safetensors")) {
        free(path);
        if (exists(run->dir, "model.safetensors"))
            return cli_fail(CLI_USAGE,
                            "%s is finished; there is nothing to "
                            "go on with",
                            run->dir);
        return cli_fail(CLI_BAD_FILE, "%s has no checkpoint", run->dir);
    }
    status = limen_trainer_load(run->trainer, path, &err);
    free(path);
    if (status != LIMEN_OK)
        return cli_fail_status(status, &err);
    const size_t epochs = limen_trainer_progress(run->trainer).epoch;
    json_decref(run->metrics);
    json_decref(run->timing);
    run->metrics = read_lines(run->dir, "metrics.jsonl", epochs);
    run->timing = read_lines(run->dir, "timing.jsonl", epochs);
    json_array_foreach(run->metrics, k, line)
    {
        const json_t *accuracy = json_object_get(line, "validation_accuracy");
        const double seen = json_number_value(accuracy);

        if (accuracy != NULL && seen > run->best)
            run->best = seen;
    }
    return CLI_DONE;
}

static int open_trainer(cli_run *run)
{
    limen_error err;
    limen_status status =
        limen_settings_network(&run->net, run->settings, run->train, &err);

    if (status == LIMEN_OK)
        status = limen_trainer_new(&run->trainer, run->net, run->settings,
                                   run->train, run->options->threads, &err);
    if (status != LIMEN_OK)
        return cli_fail_status(status, &err);
    run->layers = limen_network_layers(run->net);
    return CLI_DONE;
}

int cli_run_open(cli_run *run, cli_options *options)
{
    int code = CLI_DONE;
    limen_error err;

    *run = (cli_run){ .options = options,
                      .settings = options->settings,
                      .metrics = json_array(),
                      .timing = json_array(),
                      .best = -1.0,
                      .fits_temperature = !limen_settings_is_set(
                          options->settings, "temperature") };
    if (options->resume != NULL) {
        if (snprintf(run->dir, sizeof run->dir, "%s", options->resume) >=
            (int)sizeof run->dir)
            return cli_fail(CLI_USAGE, "--resume: the path is too long");
        code = resume_settings(run);
    }
    if (code == CLI_DONE)
        code = load_data(run);
    if (code == CLI_DONE)
        code = open_trainer(run);
    if (code != CLI_DONE)
        return code;
    if (options->resume != NULL)
        return resume_state(run);

    code = choose_dir(run);
    if (code == CLI_DONE)
        code = cli_make_dir(run->dir);
    if (code != CLI_DONE)
        return code;
    const limen_status status =
        cli_write_json(run->dir, "run.json", describe_run(run), &err);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

void cli_run_close(cli_run *run)
{
    limen_trainer_free(run->trainer);
    limen_network_free(run->net);
    limen_data_free(run->train);
    limen_data_free(run->validation);
    json_decref(run->metrics);
    json_decref(run->timing);
}
