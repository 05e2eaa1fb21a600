/* report_open.c -- reading a run for a report. */
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MEASURED = 2000 }; // samples: a page takes a few seconds

/* A file of one JSON object; *to stays NULL if it is not there. */
static int read_object(json_t **to, const char *dir, const char *name)
{
    char *path = cli_path(dir, name);
    FILE *in = fopen(path, "r");
    json_error_t why;
    int code = CLI_DONE;

    if (in == NULL && errno != ENOENT && errno != ENOTDIR)
        code = cli_fail(CLI_BAD_FILE, "%s: %s", path, strerror(errno));
    if (in != NULL) {
        *to = json_loadf(in, JSON_REJECT_DUPLICATES, &why);
        fclose(in);
        if (!json_is_object(*to))
            code = cli_fail(CLI_BAD_FILE, "%s: damaged: line %d: %s", path,
                            why.line, *to == NULL ? why.text : "no object");
    }
    free(path);
    return code;
}

/* metrics.jsonl: an object a line. */
static int read_metrics(report_run *run)
{
    char *path = cli_path(run->path, "metrics.jsonl");
    FILE *in = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    int code = CLI_DONE;

    if (in != NULL)
        run->metrics = json_array();
    while (code == CLI_DONE && in != NULL &&
           (length = getline(&line, &room, in)) > 0) {
        json_t *object = json_loadb(line, (size_t)length, 0, NULL);

        if (json_is_object(object))
            json_array_append(run->metrics, object);
        else
            code = cli_fail(CLI_BAD_FILE,
                            "%s: line %zu is damaged; take it out, or train "
                            "the run again",
                            path, json_array_size(run->metrics) + 1);
        json_decref(object);
    }
    free(line);
    if (in != NULL)
        fclose(in);
    free(path);
    return code;
}

static bool has_file(const char *dir, const char *name)
{
    char *path = cli_path(dir, name);
    struct stat about;
    const bool is_there = stat(path, &about) == 0;

    free(path);
    return is_there;
}

static int open_model(report_run *run, const cli_options *options)
{
    limen_error err;

    if (!has_file(run->path, "best.safetensors") &&
        !has_file(run->path, "model.safetensors")) {
        snprintf(run->gap, sizeof run->gap,
                 "There is no model in this run (is it finished?): what needs "
                 "one is left out.");
        return CLI_DONE;
    }
    const int code =
        cli_load_model(&run->net, &run->settings, run->path, options);
    if (code != CLI_DONE)
        return code;
    const limen_status status =
        limen_image_new(&run->image, run->net, options->threads, &err);
    if (status != LIMEN_OK)
        return cli_fail_status(status, &err);
    run->layers = limen_network_layers(run->net);
    run->outputs = limen_network_units(run->net, run->layers - 1);
    run->steps = (size_t)cli_setting_int(run->settings, "steps");
    run->burn_in = (size_t)cli_setting_int(run->settings, "burn-in");
    run->seed = (uint64_t)cli_setting_int(run->settings, "seed");
    return CLI_DONE;
}

/* At most `most` samples, spread evenly over the set, which may be sorted by
 * class. */
static limen_status thin_out(report_run *run, limen_data *all, size_t most,
                             limen_error *err)
{
    const size_t samples = all->samples < most ? all->samples : most;
    size_t *index = report_room(samples, sizeof *index);
    limen_status status;

    run->keys = report_room(samples, sizeof *run->keys);
    for (size_t k = 0; k < samples; k++) {
        index[k] = (size_t)((double)k * (double)all->samples / (double)samples);
        run->keys[k] = index[k];
    }
    status = limen_data_select(&run->test, all, index, samples, err);
    free(index);
    return status;
}

static int open_data(report_run *run, size_t most)
{
    const char *dir = limen_settings_get(run->settings, "data-dir");
    limen_data *all = NULL;
    limen_error err;
    limen_status status =
        limen_data_load(&all, limen_settings_get(run->settings, "data"),
                        dir[0] == '\0' ? NULL : dir, LIMEN_TEST, &err);
    const char *why = status != LIMEN_OK ? err.text : NULL;

    if (why == NULL && all->features != limen_network_units(run->net, 0))
        why = "the data has another number of values than the network has "
              "inputs";
    if (why == NULL && (all->labels == NULL || all->classes > run->outputs))
        why = "the data has no labels, or more classes than the network has "
              "outputs";
    if (why != NULL)
        snprintf(run->gap, sizeof run->gap,
                 "There is no test data for this run, so what needs it is left "
                 "out (%s).",
                 why);
    else
        status = thin_out(run, all, most, &err);
    limen_data_free(all);
    return status == LIMEN_OK || why != NULL ? CLI_DONE
                                             : cli_fail_status(status, &err);
}

static void name_run(report_run *run)
{
    size_t length = strlen(run->path);

    while (length > 1 && run->path[length - 1] == '/')
        length--;
    size_t begin = length;
    while (begin > 0 && run->path[begin - 1] != '/')
        begin--;
    snprintf(run->name, sizeof run->name, "%.*s", (int)(length - begin),
             run->path + begin);
}

int report_open(report_run *run, const char *path, const cli_options *options)
{
    run->path = path;
    name_run(run);
    int code = read_object(&run->about, path, "run.json");
    if (code == CLI_DONE && run->about == NULL)
        code = cli_fail(CLI_BAD_FILE,
                        "%s: not a run: there is no run.json in it", path);
    if (code == CLI_DONE)
        code = read_object(&run->result, path, "result.json");
    if (code == CLI_DONE)
        code = read_metrics(run);
    if (code == CLI_DONE)
        code = open_model(run, options);
    if (code == CLI_DONE && run->net != NULL)
        code = open_data(run, options->count == 0 ? MEASURED : options->count);
    return code;
}

void report_close(report_run *run)
{
    json_decref(run->about);
    json_decref(run->result);
    json_decref(run->metrics);
    limen_image_free(run->image);
    limen_network_free(run->net);
    limen_settings_free(run->settings);
    limen_data_free(run->test);
    for (size_t l = 0; run->spikes != NULL && l < run->layers; l++)
        free(run->spikes[l]);
    free(run->spikes);
    free(run->keys);
    free(run->confusion);
    free(run->answers);
    free(run->y);
}
