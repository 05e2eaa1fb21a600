/* run_watch.c -- `limen train --watch criticality`: what the network's activity
 * is like after each epoch. */
#include "run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SAMPLES = 32,
    WARM_UP = 20,
    STEPS = 500,
    FLIPS = 16,        /* units flipped in each layer and sample */
    STREAM_FLIPS = 253 /* none that a network draws from */
};

bool cli_run_watches(const cli_run *run)
{
    return strcmp(limen_settings_get(run->settings, "watch"), "criticality") ==
           0;
}

/* The network under a few samples, and what it did. */
typedef struct watch {
    const cli_run *run;
    limen_image *image;
    limen_state *state, *twin, *next; /* after the warm-up; copies */
    limen_input input;
    size_t samples, layers;
    uint64_t seed;
    uint64_t *raster[LIMEN_LAYERS_MAX]; /* (samples, STEPS, words) */
    double m[LIMEN_LAYERS_MAX], growth[LIMEN_LAYERS_MAX];
    double rate[LIMEN_LAYERS_MAX], entropy[LIMEN_LAYERS_MAX];
} watch;

static size_t words_of(const watch *of, size_t layer)
{
    return (limen_network_units(of->run->net, layer) + 63) / 64;
}

static void watch_free(watch *all)
{
    for (size_t l = 0; l < all->layers; l++)
        free(all->raster[l]);
    limen_state_free(all->state);
    limen_state_free(all->twin);
    limen_state_free(all->next);
    limen_image_free(all->image);
    free(all);
}

static limen_status no_memory(limen_error *err)
{
    snprintf(err->text, sizeof err->text, "out of memory for --watch");
    return LIMEN_NO_MEMORY;
}

static limen_status watch_open(watch *to, const cli_run *run, limen_error *err)
{
    const limen_data *data =
        run->validation != NULL ? run->validation : run->train;
    limen_state **const states[] = { &to->state, &to->twin, &to->next };

    to->run = run;
    to->layers = run->layers;
    to->samples = data->samples < SAMPLES ? data->samples : SAMPLES;
    to->seed = (uint64_t)cli_setting_int(run->settings, "seed");
    to->input = limen_data_input(
        data, (float)cli_setting_real(run->settings, "pixel-scale"),
        cli_setting_encoder(run->settings));
    to->input.samples = to->samples;
    limen_status status =
        limen_image_new(&to->image, run->net, run->options->threads, err);
    for (size_t k = 0; status == LIMEN_OK && k < 3; k++)
        status = limen_state_new(states[k], to->image, to->samples, err);
    for (size_t l = 1; status == LIMEN_OK && l < to->layers; l++) {
        to->raster[l] = calloc(to->samples * STEPS,
                               words_of(to, l) * sizeof *to->raster[l]);
        if (to->raster[l] == NULL)
            status = no_memory(err);
    }
    return status;
}

static limen_status run_steps(const watch *from, limen_state *state,
                              size_t steps, const limen_record *record,
                              limen_error *err)
{
    return limen_run(from->image, state, &from->input, steps, 0, from->seed,
                     from->run->options->threads, record, err);
}

/* Units that differ, in all layers but the input and all samples. */
static size_t differing(const watch *from)
{
    size_t count = 0;

    for (size_t l = 1; l < from->layers; l++)
        for (size_t b = 0; b < from->samples; b++) {
            const uint64_t *x = limen_state_bits(from->twin, l, b);
            const uint64_t *y = limen_state_bits(from->next, l, b);

            for (size_t w = 0; w < words_of(from, l); w++)
                count += (size_t)__builtin_popcountll(x[w] ^ y[w]);
        }
    return count;
}

/* Units that differ after a step for one that was flipped in the layer. */
static limen_status measure_growth(watch *to, size_t layer, limen_error *err)
{
    const size_t units = limen_network_units(to->run->net, layer);
    limen_status status = LIMEN_OK;
    size_t count = 0;

    for (size_t k = 0; status == LIMEN_OK && k < FLIPS; k++) {
        limen_state_copy(to->twin, to->state);
        for (size_t b = 0; b < to->samples; b++) {
            const uint64_t draw = limen_draw(to->seed, STREAM_FLIPS, b,
                                             (uint32_t)k, (uint32_t)layer);
            const size_t unit = (size_t)(draw * units >> 32);

            limen_state_bits(to->twin, layer, b)[unit / 64] ^= (uint64_t)1
                                                               << unit % 64;
        }
        status = run_steps(to, to->twin, 1, NULL, err);
        count += differing(to);
    }
    to->growth[layer] = (double)count / (double)(FLIPS * to->samples);
    return status;
}

static limen_status measure_activity(watch *to, size_t layer, limen_error *err)
{
    const size_t units = limen_network_units(to->run->net, layer);
    const size_t words = words_of(to, layer);
    limen_branching_options options = limen_branching_defaults();
    limen_branching_result found;
    double *counts = calloc(to->samples * STEPS, sizeof *counts);
    double spikes = 0.0;
    double bits = 0.0;
    size_t known = 0;
    limen_error none;

    if (counts == NULL)
        return no_memory(err);
    for (size_t t = 0; t < to->samples * STEPS; t++) {
        for (size_t w = 0; w < words; w++)
            counts[t] +=
                (double)__builtin_popcountll(to->raster[layer][t * words + w]);
        spikes += counts[t];
    }
    for (size_t b = 0; b < to->samples; b++) {
        limen_entropy_result entropy;

        if (limen_raster_entropy(&entropy,
                                 to->raster[layer] + b * STEPS * words, STEPS,
                                 units, 0, &none) == LIMEN_OK) {
            bits += entropy.rate;
            known++;
        }
    }
    // samples differ in their means
    options.means = LIMEN_MEANS_SEPARATED;
    options.resamples = 0;
    const limen_status status = limen_branching_ratio(
        &found, NULL, 0, counts, to->samples, STEPS, &options, &none);
    to->rate[layer] = spikes / (double)(to->samples * STEPS) / (double)units;
    to->entropy[layer] = known > 0 ? bits / (double)known : (double)NAN;
    to->m[layer] = status == LIMEN_OK ? found.fit.m : (double)NAN;
    free(counts);
    return LIMEN_OK;
}

static limen_status measure(watch *to, limen_error *err)
{
    const limen_record record = { .raster = to->raster };
    limen_status status = run_steps(to, to->state, WARM_UP, NULL, err);

    if (status == LIMEN_OK) {
        limen_state_copy(to->next, to->state);
        status = run_steps(to, to->next, 1, NULL, err);
    }
    for (size_t l = 1; status == LIMEN_OK && l < to->layers; l++)
        status = measure_growth(to, l, err);
    if (status == LIMEN_OK)
        status = run_steps(to, to->state, STEPS, &record, err);
    for (size_t l = 1; status == LIMEN_OK && l < to->layers; l++)
        status = measure_activity(to, l, err);
    return status;
}

/* One number a layer, null for the input and where there is none. */
static json_t *list(const double *values, size_t layers)
{
    json_t *all = json_array();

    json_array_append_new(all, json_null());
    for (size_t l = 1; l < layers; l++)
        json_array_append_new(all, isfinite(values[l]) ? json_real(values[l])
                                                       : json_null());
    return all;
}

static void print_list(const char *name, const double *values, size_t layers)
{
    fprintf(stderr, "  %s", name);
    for (size_t l = 1; l < layers; l++)
        if (isfinite(values[l]))
            fprintf(stderr, " %.2f", values[l]);
        else
            fputs(" -", stderr);
}

int cli_run_watch(const cli_run *run, json_t *line)
{
    watch *all = calloc(1, sizeof *all);
    limen_error err;

    if (all == NULL)
        return cli_fail(CLI_NO_MEMORY, "out of memory for --watch");
    limen_status status = watch_open(all, run, &err);
    if (status == LIMEN_OK)
        status = measure(all, &err);
    if (status == LIMEN_OK) {
        json_object_set_new(line, "branching_ratio", list(all->m, all->layers));
        json_object_set_new(line, "damage_growth",
                            list(all->growth, all->layers));
        json_object_set_new(line, "rate", list(all->rate, all->layers));
        json_object_set_new(line, "entropy", list(all->entropy, all->layers));
    }
    if (status == LIMEN_OK && !run->options->quiet) {
        print_list("m", all->m, all->layers);
        print_list("damage", all->growth, all->layers);
        print_list("rate", all->rate, all->layers);
        print_list("entropy", all->entropy, all->layers);
    }
    watch_free(all);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}
