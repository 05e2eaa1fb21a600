/* trace.c -- `limen trace`: samples run, and what their activations do. */
#include "trace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 100, SHOWN = 2, SHOWN_OF_LIST = 20 };

static void trace_free(trace *to)
{
    free(to->found.layer);
    free(to->found.each);
    free(to->found.answers);
    free(to->found.stands);
    free(to->found.entropy);
    free(to->keys);
    limen_data_free(to->data);
    limen_image_free(to->image);
    limen_network_free(to->net);
    limen_settings_free(to->settings);
}

const char *trace_layer_name(const trace *from, size_t layer, char name[32])
{
    if (layer == 0 || layer + 1 == from->layers)
        snprintf(name, 32, "%s", layer == 0 ? "input" : "output");
    else
        snprintf(name, 32, "hidden %zu", layer);
    return name;
}

/* One item of a list, "7" or "3-9"; what follows it, NULL if it is none. */
static const char *read_item(size_t *first, size_t *last, const char *text)
{
    char *end;

    if (*text < '0' || *text > '9')
        return NULL;
    *first = *last = (size_t)strtoull(text, &end, 10);
    if (*end == '-') {
        text = end + 1;
        if (*text < '0' || *text > '9')
            return NULL;
        *last = (size_t)strtoull(text, &end, 10);
    }
    return *end == '\0' || (*end == ',' && end[1] != '\0') ? end : NULL;
}

/* "0,5,20-29" as numbers below `samples`; an exit code.  *list: free() it. */
static int read_samples(size_t **list, size_t *count, const char *text,
                        size_t samples)
{
    size_t room = 0;

    *list = NULL;
    *count = 0;
    for (const char *at = text; at != NULL && *at != '\0';) {
        size_t first, last;
        const char *end = read_item(&first, &last, at);

        if (end == NULL || last < first)
            return cli_fail(CLI_USAGE,
                            "--samples: '%.60s' is not a list of numbers from "
                            "0, like 0,5,20-29",
                            text);
        if (last >= samples)
            return cli_fail(CLI_USAGE,
                            "--samples: %zu is past %zu, the last of the data",
                            last, samples - 1);
        room += last - first + 1;
        if (room > samples)
            return cli_fail(CLI_USAGE,
                            "--samples: more numbers than the %zu samples "
                            "there are",
                            samples);
        size_t *more = realloc(*list, room * sizeof **list);
        if (more == NULL)
            return cli_fail(CLI_NO_MEMORY, "out of memory for --samples");
        *list = more;
        for (size_t k = first; k <= last; k++)
            (*list)[(*count)++] = k;
        at = *end == ',' ? end + 1 : NULL;
    }
    return *count > 0 ? CLI_DONE
                      : cli_fail(CLI_USAGE, "--samples: name at least one, "
                                            "like 0,5,20-29");
}

/* The samples that were asked for; an exit code. */
static int choose(size_t **list, size_t *count, const trace *to,
                  const limen_data *data)
{
    const cli_options *options = to->options;

    if (options->samples != NULL)
        return read_samples(list, count, options->samples, data->samples);
    if (options->count > data->samples)
        return cli_fail(CLI_USAGE,
                        "--count: %zu is more than the %zu samples of the data",
                        options->count, data->samples);
    *count = options->count > 0      ? options->count
             : data->samples < COUNT ? data->samples
                                     : COUNT;
    *list = calloc(*count, sizeof **list);
    for (size_t k = 0; *list != NULL && k < *count; k++)
        (*list)[k] = k;
    return *list != NULL ? CLI_DONE
                         : cli_fail(CLI_NO_MEMORY, "out of memory for the "
                                                   "samples");
}

/* The model's test data, or images from a file. */
static limen_status load(limen_data **data, const trace *to, limen_error *err)
{
    const char *dir = limen_settings_get(to->settings, "data-dir");
    const size_t inputs = limen_network_units(to->net, 0);
    const size_t side = (size_t)sqrt((double)inputs);
    const bool is_square = side * side == inputs;

    if (to->options->word_count > 1)
        return limen_data_load_images(data, to->options->words[1],
                                      is_square ? side : 1,
                                      is_square ? side : inputs, err);
    return limen_data_load(data, limen_settings_get(to->settings, "data"),
                           dir[0] == '\0' ? NULL : dir, LIMEN_TEST, err);
}

/* Corrupts the chosen samples as limen_data_corrupt would in the whole set: by
 * their numbers there. */
static limen_status corrupt(trace *to, limen_error *err)
{
    const limen_data *data = to->data;
    const size_t n = data->features;
    limen_data *changed = NULL;
    size_t index;
    double amount;
    limen_status status =
        limen_corruption_parse(&index, &amount, to->options->corrupt, err);

    if (status == LIMEN_OK)
        status =
            limen_data_corrupt(&changed, data, index, amount, to->seed, err);
    if (status != LIMEN_OK)
        return status;
    float *image = calloc(n, sizeof *image);
    for (size_t b = 0; image != NULL && b < data->samples; b++) {
        for (size_t k = 0; k < n; k++)
            image[k] = data->bytes != NULL
                           ? (float)(data->bytes[b * n + k] / 255.0)
                           : data->floats[b * n + k];
        limen_corrupt(changed->floats + b * n, image, data->height, data->width,
                      index, amount, to->seed, to->keys[b]);
    }
    if (image == NULL) {
        limen_data_free(changed);
        snprintf(err->text, sizeof err->text, "out of memory for an image");
        return LIMEN_NO_MEMORY;
    }
    free(image);
    limen_data_free(to->data);
    to->data = changed;
    return LIMEN_OK;
}

/* Loads the data and keeps the samples that were asked for. */
static int take_samples(trace *to)
{
    limen_data *all = NULL;
    size_t *list = NULL;
    size_t count = 0;
    limen_error err;
    limen_status status = load(&all, to, &err);

    if (status != LIMEN_OK)
        return cli_fail_status(status, &err);
    int code = CLI_DONE;
    if (all->features != limen_network_units(to->net, 0))
        code = cli_fail(CLI_INCOMPATIBLE,
                        "the data has %zu values a sample, the network %zu "
                        "inputs",
                        all->features, limen_network_units(to->net, 0));
    if (code == CLI_DONE)
        code = choose(&list, &count, to, all);
    if (code == CLI_DONE) {
        status = limen_data_select(&to->data, all, list, count, &err);
        to->keys = calloc(count, sizeof *to->keys);
        for (size_t b = 0; to->keys != NULL && b < count; b++)
            to->keys[b] = list[b];
        if (to->keys == NULL)
            code = cli_fail(CLI_NO_MEMORY, "out of memory for the samples");
        else if (status == LIMEN_OK && to->options->corrupt != NULL)
            status = corrupt(to, &err);
        if (code == CLI_DONE && status != LIMEN_OK)
            code = cli_fail_status(status, &err);
    }
    limen_data_free(all);
    free(list);
    return code;
}

static int measure(trace *to)
{
    const size_t samples = to->data->samples;
    limen_stability_result *found = &to->found;
    limen_error err;

    to->input = limen_data_input(
        to->data, (float)cli_setting_real(to->settings, "pixel-scale"),
        cli_setting_encoder(to->settings));
    to->input.keys = to->keys;
    found->layer = calloc(to->layers, sizeof *found->layer);
    found->each = calloc(samples, to->layers * sizeof *found->each);
    found->answers = calloc(samples, sizeof *found->answers);
    found->stands = calloc(samples, sizeof *found->stands);
    found->entropy = calloc(to->steps, sizeof *found->entropy);
    if (found->layer == NULL || found->each == NULL || found->answers == NULL ||
        found->stands == NULL || found->entropy == NULL)
        return cli_fail(CLI_NO_MEMORY, "out of memory for the measures");
    const limen_status status =
        limen_stability(found, to->image, &to->input, to->steps, to->burn_in,
                        to->seed, to->options->threads, &err);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

static int save(const trace *from)
{
    const char *dir = from->options->out;
    limen_error err;
    const int code = cli_make_dir(dir);

    if (code != CLI_DONE)
        return code;
    const limen_status status = limen_trace_save(
        dir, &from->found, from->image, &from->input, from->data->labels,
        from->steps, from->burn_in, from->seed, from->options->threads, &err);
    if (status != LIMEN_OK)
        return cli_fail_status(status, &err);
    cli_say("%zu samples are in %s: trace.npz, activity.csv, means.csv",
            from->data->samples, dir);
    return CLI_DONE;
}

static int show(const trace *from)
{
    const cli_terminal terminal = cli_terminal_of_stdout();
    limen_error err;

    if (from->options->json) {
        cli_print_json(trace_json(from));
        return CLI_DONE;
    }
    for (size_t b = 0; b < from->data->samples && b < from->shown; b++) {
        const limen_status status = trace_draw(from, b, &terminal, &err);

        if (status != LIMEN_OK)
            return cli_fail_status(status, &err);
    }
    trace_print_measures(from, &terminal);
    return CLI_DONE;
}

/* The model, and what the options say. */
static int open_model(trace *to, const cli_options *options)
{
    limen_error err;
    const int code =
        cli_load_model(&to->net, &to->settings, options->words[0], options);

    if (code != CLI_DONE)
        return code;
    to->options = options;
    to->layers = limen_network_layers(to->net);
    to->outputs = limen_network_units(to->net, to->layers - 1);
    to->steps = (size_t)cli_setting_int(to->settings, "steps");
    to->burn_in = (size_t)cli_setting_int(to->settings, "burn-in");
    to->seed = (uint64_t)cli_setting_int(to->settings, "seed");
    to->rows = options->rows;
    to->shown = options->shown != SIZE_MAX ? options->shown
                : options->samples != NULL ? SHOWN_OF_LIST
                                           : SHOWN;
    const limen_status status =
        limen_image_new(&to->image, to->net, options->threads, &err);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

int cli_trace(cli_options *options)
{
    trace all = { .options = options };
    int code = CLI_DONE;

    if (options->word_count < 1 || options->word_count > 2)
        return cli_fail(CLI_USAGE, "trace: name a run or model, and a file of "
                                   "images if it is not for its test data");
    if (options->samples != NULL && options->count > 0)
        return cli_fail(CLI_USAGE, "--samples and --count: give one of them");
    code = open_model(&all, options);
    if (code == CLI_DONE)
        code = take_samples(&all);
    if (code == CLI_DONE)
        code = measure(&all);
    if (code == CLI_DONE && options->out != NULL)
        code = save(&all);
    if (code == CLI_DONE)
        code = show(&all);
    trace_free(&all);
    return code;
}
