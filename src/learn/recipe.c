/* recipe.c -- presets, and the values that "auto" stands for.
 *
 * docs/training.md says where they come from.
 */
#include "base/arena.h"
#include "base/error.h"
#include "learn/homeostasis.h"
#include "learn/settings.h"
#include "learn/settings_names.h"

#include <stdio.h>
#include <string.h>

typedef struct pair {
    const char *name, *value;
} pair;

/* The small NumPy program that the idea started as: one hidden layer of ten,
 * threshold 0.7, weights and biases U(-1, 1), pixels divided by 1.2 x 255,
 * T = 20, batch 1024, plain SGD 0.01, squared error, the rate rule. */
static const pair original[] = {
    { "hidden", "10" },
    { "self", "true" },
    { "feedback", "true" },
    { "init", "uniform" },
    { "gain", "1" },
    { "recurrent-gain", "1" },
    { "init-threshold", "0.7" },
    { "pixel-scale", "0.8333333" },
    { "steps", "20" },
    { "train-steps", "20" },
    { "batch", "1024" },
    { "optimiser", "sgd" },
    { "learning-rate", "0.01" },
    { "recurrent-rate", "1" },
    { "momentum", "0" },
    { "schedule", "constant" },
    { "warm-up", "0" },
    { "clip", "0" },
    { "penalty", "0" },
    { "loss", "mse" },
    { "rule", "rate" },
    { "gain-rule", "mask" },
    { "mask-output", "true" },
    { "epochs", "20" },
    { "validation", "0" },
};

limen_status limen_settings_preset(limen_settings *settings, const char *name,
                                   limen_error *err)
{
    if (strcmp(name, "original") != 0)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "there is no preset '%.40s'; there is 'original'",
                            name);
    for (size_t k = 0; k < sizeof original / sizeof *original; k++) {
        if (limen_settings_is_set(settings, original[k].name))
            continue;
        const limen_status status = limen_settings_set(
            settings, original[k].name, original[k].value, err);
        if (status != LIMEN_OK)
            return status;
    }
    return LIMEN_OK;
}

static limen_status fill_auto(limen_settings *settings, const char *name,
                              const char *text, limen_error *err)
{
    if (strcmp(limen_settings_get(settings, name), "auto") != 0)
        return LIMEN_OK;
    return lm_settings_fill(settings, name, text, err);
}

static limen_status fill_pairs(limen_settings *settings, const pair *pairs,
                               size_t count, limen_error *err)
{
    limen_status status = LIMEN_OK;

    for (size_t k = 0; status == LIMEN_OK && k < count; k++)
        status = fill_auto(settings, pairs[k].name, pairs[k].value, err);
    return status;
}

static const pair shallow[] = {
    { "surrogate", "fast" },      { "width", "2" },          { "beta", "7" },
    { "learning-rate", "0.003" }, { "recurrent-rate", "1" }, { "penalty", "1" },
};

/* A recurrence that learns as fast as the forward weights can ruin a deeper
 * network at more steps than it was trained with. */
static const pair deep[] = {
    { "surrogate", "triangle" },
    { "width", "2" },
    { "beta", "5" },
    { "learning-rate", "0.001" },
    { "recurrent-rate", "0.1" },
    { "penalty", "1" },
};

static const pair by_rate[] = {
    { "surrogate", "fast" },      { "width", "2" },          { "beta", "5" },
    { "learning-rate", "0.001" }, { "recurrent-rate", "1" }, { "penalty", "0" },
};

/* train-steps: those of the recipe, but never above `steps` nor within the
 * burn-in. */
static limen_status fill_train_steps(limen_settings *settings, bool is_deep,
                                     bool is_rate, limen_error *err)
{
    static const int64_t rising[] = { 3, 3, 4, 4, 5, 5, 6, 6 };
    const int64_t most = lm_settings_int(settings, "steps");
    const int64_t burn_in = lm_settings_int(settings, "burn-in");
    const size_t count = is_deep && !is_rate ? 8 : 1;
    char text[256] = "";
    size_t used = 0;

    if (burn_in >= most)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "burn-in: %lld leaves nothing of %lld steps",
                            (long long)burn_in, (long long)most);
    for (size_t k = 0; k < count; k++) {
        int64_t steps = is_rate ? 10 : is_deep ? rising[k] : 5;

        steps += burn_in;
        if (steps > most)
            steps = most;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%lld",
                                 k == 0 ? "" : ",", (long long)steps);
    }
    return fill_auto(settings, "train-steps", text, err);
}

static limen_status fill_validation(limen_settings *settings,
                                    const limen_data *data, limen_error *err)
{
    const size_t tenth = data->samples / 10;
    char text[32];

    snprintf(text, sizeof text, "%zu", tenth < 5000 ? tenth : 5000);
    return fill_auto(settings, "validation", text, err);
}

/* Two set-points would pull at one activity: the penalty gives way. */
static limen_status fill_penalty(limen_settings *settings, size_t hidden,
                                 limen_error *err)
{
    lm_homeostasis homeostasis;
    const limen_status status = lm_homeostasis_parse(
        &homeostasis, lm_settings_text(settings, "homeostasis"), err);

    if (status != LIMEN_OK || homeostasis.kind == LM_HOMEOSTASIS_NONE)
        return status;
    if (hidden == 0)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "homeostasis: the network has no hidden layer");
    return fill_auto(settings, "penalty", "0", err);
}

limen_status limen_settings_resolve(limen_settings *settings,
                                    const limen_data *data, limen_error *err)
{
    size_t hidden;

    lm_settings_list(settings, "hidden", &hidden);
    const bool is_rate = lm_settings_choice(settings, "rule") == 1;
    const bool is_deep = hidden >= 2;
    const pair *recipe = is_rate ? by_rate : is_deep ? deep : shallow;

    limen_status status = fill_penalty(settings, hidden, err);
    if (status == LIMEN_OK)
        status =
            fill_pairs(settings, recipe, sizeof shallow / sizeof *shallow, err);
    if (status == LIMEN_OK)
        status = fill_train_steps(settings, is_deep, is_rate, err);
    if (status == LIMEN_OK)
        status = fill_validation(settings, data, err);
    return status;
}

/* on[l] for the layers that a switch is for. */
static limen_status read_switch(bool *on, size_t layers,
                                const limen_settings *settings,
                                const char *name, const char *list_name,
                                limen_error *err)
{
    size_t count;
    const int64_t *list = lm_settings_list(settings, list_name, &count);
    const bool is_on = lm_settings_bool(settings, name);

    for (size_t l = 0; l < layers; l++)
        on[l] = is_on && count == 0;
    for (size_t k = 0; k < count; k++) {
        if ((size_t)list[k] >= layers)
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "%s: %lld is above %zu, the output layer",
                                list_name, (long long)list[k], layers - 1);
        on[list[k]] = is_on;
    }
    return LIMEN_OK;
}

/* A layer with fewer sources than the setting asks for gives all it has. */
static limen_status connect_recurrent(limen_network *net,
                                      const limen_settings *settings,
                                      size_t from, size_t to, limen_error *err)
{
    const size_t degree =
        (size_t)lm_settings_int(settings, "recurrent-in-degree");
    const size_t sources = limen_network_units(net, from) - (from == to);
    const limen_pattern sparse = {
        .kind = degree == 0 || sources == 0 ? LIMEN_DENSE : LIMEN_IN_DEGREE,
        .in_degree = degree < sources ? degree : sources,
        .seed = (uint64_t)lm_settings_int(settings, "seed"),
    };

    return limen_network_connect(net, from, to, false, &sparse, NULL, err);
}

static limen_status connect(limen_network *net, const limen_settings *settings,
                            const bool *self, const bool *feedback,
                            limen_error *err)
{
    const size_t layers = limen_network_layers(net);
    limen_status status = LIMEN_OK;

    for (size_t l = 1; status == LIMEN_OK && l < layers; l++) {
        status = limen_network_connect(net, l - 1, l, false, NULL, NULL, err);
        if (status == LIMEN_OK && self[l])
            status = connect_recurrent(net, settings, l, l, err);
        if (status == LIMEN_OK && feedback[l] && l + 1 < layers)
            status = connect_recurrent(net, settings, l + 1, l, err);
    }
    return status;
}

static limen_status set_units(limen_network *net,
                              const limen_settings *settings, limen_error *err)
{
    const limen_unit_options options = {
        .noise = (limen_noise)lm_settings_choice(settings, "noise"),
        .noise_scale = (float)lm_settings_real(settings, "noise-scale"),
        .refractory_steps = (size_t)lm_settings_int(settings, "refractory"),
        .adapt_gain = (float)lm_settings_real(settings, "adapt-gain"),
        .adapt_memory = (float)lm_settings_real(settings, "adapt-memory"),
    };
    limen_status status = LIMEN_OK;

    for (size_t l = 1; status == LIMEN_OK && l < limen_network_layers(net); l++)
        status = limen_network_set_units(net, l, &options, err);
    limen_network_set_synchronous(net,
                                  lm_settings_bool(settings, "synchronous"));
    return status;
}

/* Mean p of every input over the data. */
static float *mean_input(const limen_settings *settings, const limen_data *data)
{
    const limen_input input =
        limen_data_input(data, (float)lm_settings_real(settings, "pixel-scale"),
                         LIMEN_STOCHASTIC);
    double *sum = lm_alloc(data->features, 1, sizeof *sum);
    float *mean = lm_alloc(data->features, 1, sizeof *mean);

    if (sum != NULL && mean != NULL) {
        for (size_t k = 0; k < data->samples * data->features; k++)
            sum[k % data->features] += data->bytes != NULL
                                           ? (double)data->bytes[k]
                                           : (double)data->floats[k];
        for (size_t j = 0; j < data->features; j++) {
            const double p =
                sum[j] / (double)data->samples * (double)input.scale;
            mean[j] = (float)(p > 1.0 ? 1.0 : p);
        }
    } else {
        lm_free(mean);
        mean = NULL;
    }
    lm_free(sum);
    return mean;
}

static limen_status initialise(limen_network *net,
                               const limen_settings *settings,
                               const limen_data *data, limen_error *err)
{
    limen_init init = {
        .kind = (limen_init_kind)lm_settings_choice(settings, "init"),
        .gain = (float)lm_settings_real(settings, "gain"),
        .recurrent_gain = (float)lm_settings_real(settings, "recurrent-gain"),
        .threshold = (float)lm_settings_real(settings, "init-threshold"),
        .rate = (float)lm_settings_real(settings, "init-rate"),
        .seed = (uint64_t)lm_settings_int(settings, "seed"),
    };
    float *mean = NULL;

    if (init.kind == LIMEN_INIT_SCALED) {
        mean = mean_input(settings, data);
        if (mean == NULL)
            return lm_error_no_memory(err, "the mean input",
                                      data->features * sizeof *mean);
        init.input_rates = mean;
    }
    const limen_status status = limen_network_init(net, &init, err);
    lm_free(mean);
    return status;
}

static limen_status balance(limen_network *net, const limen_settings *settings,
                            limen_error *err)
{
    enum { NONE, INPUT };
    const size_t wanted = lm_settings_choice(settings, "balance");
    limen_status status = LIMEN_OK;

    for (size_t k = 0; wanted != NONE && status == LIMEN_OK &&
                       k < limen_network_connections(net);
         k++) {
        const limen_connection_info c = limen_network_connection(net, k);

        if (c.kind == LIMEN_BELOW && (wanted != INPUT || c.from == 0))
            status = limen_network_balance(net, k, true, err);
    }
    return status;
}

limen_status limen_settings_network(limen_network **out,
                                    const limen_settings *settings,
                                    const limen_data *data, limen_error *err)
{
    size_t hidden;
    const int64_t *sizes = lm_settings_list(settings, "hidden", &hidden);
    const size_t layers = hidden + 2;
    size_t units[LIMEN_LAYERS_MAX] = { data->features };
    bool self[LIMEN_LAYERS_MAX] = { false };
    bool feedback[LIMEN_LAYERS_MAX] = { false };
    limen_network *net = NULL;

    *out = NULL;
    if (layers > LIMEN_LAYERS_MAX)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "hidden: %zu layers are above %d", hidden,
                            LIMEN_LAYERS_MAX - 2);
    for (size_t k = 0; k < hidden; k++)
        units[k + 1] = (size_t)sizes[k];
    units[layers - 1] = data->classes;

    limen_status status =
        read_switch(self, layers, settings, "self", "self-layers", err);
    if (status == LIMEN_OK)
        status = read_switch(feedback, layers, settings, "feedback",
                             "feedback-layers", err);
    if (status == LIMEN_OK)
        status = limen_network_new(&net, units, layers, err);
    if (status == LIMEN_OK)
        status = connect(net, settings, self, feedback, err);
    if (status == LIMEN_OK)
        status = balance(net, settings, err);
    if (status == LIMEN_OK)
        status = set_units(net, settings, err);
    if (status == LIMEN_OK)
        status = initialise(net, settings, data, err);
    if (status != LIMEN_OK) {
        limen_network_free(net);
        return status;
    }
    *out = net;
    return LIMEN_OK;
}
