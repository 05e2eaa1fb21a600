/* criticality_model.c -- a model under its test data, layer by layer. */
#include "criticality.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A trained network and what drives it. */
typedef struct subject {
    limen_network *net;
    limen_settings *settings;
    limen_image *image;
    limen_data *data;
    limen_input input;
    size_t layers, samples;
} subject;

static void subject_clear(subject *all)
{
    limen_data_free(all->data);
    limen_image_free(all->image);
    limen_network_free(all->net);
    limen_settings_free(all->settings);
}

/* The first samples of the test data. */
static int load_data(subject *to, const criticality *all)
{
    const char *dir = limen_settings_get(to->settings, "data-dir");
    limen_error err;
    const limen_status status =
        limen_data_load(&to->data, limen_settings_get(to->settings, "data"),
                        dir[0] == '\0' ? NULL : dir, LIMEN_TEST, &err);

    if (status != LIMEN_OK)
        return cli_fail_status(status, &err);
    if (to->data->features != limen_network_units(to->net, 0))
        return cli_fail(CLI_INCOMPATIBLE,
                        "the data has %zu values a sample, the network %zu "
                        "inputs",
                        to->data->features, limen_network_units(to->net, 0));
    to->samples = all->asked->count < to->data->samples ? all->asked->count
                                                        : to->data->samples;
    to->input = limen_data_input(
        to->data, (float)cli_setting_real(to->settings, "pixel-scale"),
        cli_setting_encoder(to->settings));
    to->input.samples = to->samples;
    return CLI_DONE;
}

static int open_subject(subject *to, criticality *all)
{
    limen_error err;
    int code = cli_load_model(&to->net, &to->settings, all->options->words[0],
                              all->options);

    if (code != CLI_DONE)
        return code;
    to->layers = limen_network_layers(to->net);
    all->seed = (uint64_t)cli_setting_int(to->settings, "seed");
    if (all->asked->layer >= to->layers)
        return cli_fail(CLI_USAGE,
                        "--layer: %zu is past %zu, the last layer of the "
                        "network",
                        all->asked->layer, to->layers - 1);
    code = load_data(to, all);
    if (code != CLI_DONE)
        return code;
    const limen_status status =
        limen_image_new(&to->image, to->net, all->options->threads, &err);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

/* Room for the layers that are asked for: raster[l] is NULL for the others. */
static int make_room(criticality *all, const subject *from,
                     uint64_t *raster[LIMEN_LAYERS_MAX])
{
    const size_t only = all->asked->layer;

    all->results = calloc(from->layers, sizeof *all->results);
    if (all->results == NULL)
        return cli_fail(CLI_NO_MEMORY, "out of memory for the activity");
    for (size_t l = 1; l < from->layers; l++) {
        char name[32];

        raster[l] = NULL;
        if (only > 0 && l != only)
            continue;
        snprintf(name, sizeof name,
                 l + 1 == from->layers ? "output" : "layer %zu", l);
        crit_series *series = &all->results[all->count].series;
        const int code =
            crit_series_new(series, name, from->samples, all->asked->steps,
                            limen_network_units(from->net, l), true);
        all->count++;
        if (code != CLI_DONE)
            return code;
        raster[l] = series->raster;
    }
    return CLI_DONE;
}

static int record(criticality *all, const subject *from)
{
    uint64_t *raster[LIMEN_LAYERS_MAX] = { NULL };
    const limen_record into = { .raster = raster };
    limen_state *state = NULL;
    limen_error err;
    const int code = make_room(all, from, raster);

    if (code != CLI_DONE)
        return code;
    limen_status status =
        limen_state_new(&state, from->image, from->samples, &err);
    if (status == LIMEN_OK && all->asked->warm_up > 0)
        status =
            limen_run(from->image, state, &from->input, all->asked->warm_up, 0,
                      all->seed, all->options->threads, NULL, &err);
    if (status == LIMEN_OK)
        status = limen_run(from->image, state, &from->input, all->asked->steps,
                           0, all->seed, all->options->threads, &into, &err);
    limen_state_free(state);
    for (size_t k = 0; k < all->count; k++)
        crit_series_count(&all->results[k].series);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

static void set_error(crit_value *to, limen_status status,
                      const limen_error *err, double value, double error)
{
    const double half = 1.959963984540054 * error;

    crit_set(to, status, err, value, value - half, value + half);
}

/* Twins of the whole network, under the same input and noise. */
static void measure_growth(criticality *all, const subject *from)
{
    enum { TWINS = 100, LYAPUNOV_STEPS = 20 };
    limen_damage_options options = limen_damage_defaults();
    limen_lyapunov found = { 0 };
    limen_error err;

    options.warm_up = all->asked->warm_up;
    options.steps = options.tail = LYAPUNOV_STEPS;
    options.twins = TWINS;
    const limen_status status =
        limen_lyapunov_of(&found, from->image, &from->input, &options,
                          all->seed, all->options->threads, &err);
    set_error(&all->network[CRIT_GROWTH].own, status, &err, found.growth,
              found.growth_error);
    crit_set_exponent(&all->network[CRIT_LYAPUNOV].own, status, &err, &found,
                      1.959963984540054 * found.exponent_error);
}

/* A few units may heal by chance: what lasts is told by half of them. */
static void measure_long_time(criticality *all, const subject *from)
{
    limen_damage_options options = limen_damage_defaults();
    limen_damage found = { 0 };
    size_t units = 0;
    limen_error err;

    for (size_t l = 1; l < from->layers; l++)
        units += limen_network_units(from->net, l);
    options.warm_up = all->asked->warm_up;
    options.flips = units > 1 ? units / 2 : 1;
    const limen_status status =
        limen_damage_spread(&found, from->image, &from->input, &options,
                            all->seed, all->options->threads, &err);
    set_error(&all->network[CRIT_LONG_TIME].own, status, &err, found.long_time,
              found.long_time_error);
}

/* Of the first recurrent connection of a hidden layer. */
static void measure_radius(criticality *all, const subject *from)
{
    crit_value *to = &all->network[CRIT_RADIUS].own;
    double radius = NAN;
    limen_error err;

    for (size_t c = 0; c < limen_network_connections(from->net); c++) {
        const limen_connection_info info =
            limen_network_connection(from->net, c);

        if (info.kind != LIMEN_SELF ||
            (all->asked->layer > 0 && info.to != all->asked->layer))
            continue;
        const limen_status status =
            limen_spectral_radius(&radius, from->net, c, &err);
        crit_set(to, status, &err, radius, NAN, NAN);
        return;
    }
    crit_refuse(to, "no layer hears itself: there are no recurrent weights");
}

int crit_open_model(criticality *all)
{
    subject from = { .net = NULL };
    int code = CLI_DONE;

    if (all->options->theory)
        return cli_fail(CLI_USAGE, "--theory: mean-field theory is of a "
                                   "described network (--units ...), not of a "
                                   "model");
    code = open_subject(&from, all);
    if (code == CLI_DONE) {
        snprintf(all->what, sizeof all->what,
                 "%.200s under %zu samples of its test data",
                 all->options->words[0], from.samples);
        all->is_network = true;
    }
    if (code == CLI_DONE &&
        (all->groups & (CRIT_BRANCHING | CRIT_AVALANCHES | CRIT_STATISTICS)))
        code = record(all, &from);
    if (code == CLI_DONE && all->groups & CRIT_DAMAGE) {
        measure_growth(all, &from);
        measure_long_time(all, &from);
    }
    if (code == CLI_DONE && all->groups & CRIT_RANKS)
        measure_radius(all, &from);
    subject_clear(&from);
    return code;
}
