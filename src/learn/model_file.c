/* model_file.c -- models as safetensors files (docs/formats.md). */
#include "learn/model_file.h"

#include "base/arena.h"
#include "base/error.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char format_name[] = "limen";
static const char format_version[] = "1";

static json_t *describe_units(const limen_unit_options *options)
{
    // floats as JSON reals: 17 digits bring back the same float
    return json_pack("{s:i, s:f, s:I, s:f, s:f}", "noise", (int)options->noise,
                     "noise_scale", (double)options->noise_scale, "refractory",
                     (json_int_t)options->refractory_steps, "adapt_gain",
                     (double)options->adapt_gain, "adapt_memory",
                     (double)options->adapt_memory);
}

static json_t *describe(const limen_network *net)
{
    json_t *units = json_array();
    json_t *options = json_array();
    json_t *connections = json_array();

    for (size_t l = 0; l < net->layers; l++) {
        json_array_append_new(units, json_integer((json_int_t)net->units[l]));
        json_array_append_new(options, describe_units(&net->options[l]));
    }
    for (size_t k = 0; k < net->connections; k++) {
        const lm_connection *c = &net->connection[k];

        json_array_append_new(
            connections,
            json_pack("{s:I, s:I, s:b, s:b, s:b, s:I}", "from",
                      (json_int_t)c->from, "to", (json_int_t)c->to, "delayed",
                      (int)c->is_delayed, "sparse", (int)c->is_sparse,
                      "balanced", (int)c->is_balanced, "entries",
                      (json_int_t)c->entries));
    }
    return json_pack("{s:o, s:o, s:o, s:b}", "units", units, "options", options,
                     "connections", connections, "synchronous",
                     (int)net->is_synchronous);
}

static json_t *describe_settings(const limen_settings *settings)
{
    json_t *all = json_object();

    for (size_t i = 0; i < limen_setting_count(); i++) {
        const char *name = limen_setting_at(i)->name;

        json_object_set_new(all, name,
                            json_string(limen_settings_get(settings, name)));
    }
    return all;
}

static limen_status note_json(lm_tensors *tensors, const char *name,
                              json_t *value, limen_error *err)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(17));

    json_decref(value);
    if (text == NULL)
        return lm_error_no_memory(err, "a model's description", 0);
    const limen_status status = lm_tensors_note(tensors, name, text, err);
    free(text);
    return status;
}

static limen_status add_connection(lm_tensors *tensors, const lm_connection *c,
                                   size_t k, limen_error *err)
{
    char name[64];
    limen_status status;

    snprintf(name, sizeof name, "connection.%zu.weight", k);
    if (!c->is_sparse)
        return lm_tensors_add(tensors, name, LM_F32, c->w, c->n, c->m, err);
    status = lm_tensors_add(tensors, name, LM_F32, c->w, c->entries, 0, err);
    snprintf(name, sizeof name, "connection.%zu.row_start", k);
    if (status == LIMEN_OK)
        status = lm_tensors_add(tensors, name, LM_U64, c->row_start, c->n + 1,
                                0, err);
    snprintf(name, sizeof name, "connection.%zu.source", k);
    if (status == LIMEN_OK)
        status = lm_tensors_add(tensors, name, LM_U32, c->source, c->entries, 0,
                                err);
    return status;
}

limen_status lm_model_add(lm_tensors *tensors, const limen_network *net,
                          const limen_settings *settings, limen_error *err)
{
    char name[64];
    limen_status status = LIMEN_OK;

    for (size_t l = 1; status == LIMEN_OK && l < net->layers; l++) {
        snprintf(name, sizeof name, "theta.%zu", l);
        status = lm_tensors_add(tensors, name, LM_F32, net->theta[l],
                                net->units[l], 0, err);
    }
    for (size_t l = 1;
         status == LIMEN_OK && net->rates != NULL && l < net->layers; l++) {
        snprintf(name, sizeof name, "rates.%zu", l);
        status =
            lm_tensors_add(tensors, name, LM_F32, limen_network_rates(net, l),
                           net->units[l], 0, err);
    }
    for (size_t k = 0; status == LIMEN_OK && k < net->connections; k++)
        status = add_connection(tensors, &net->connection[k], k, err);
    if (status == LIMEN_OK)
        status = lm_tensors_note(tensors, "format", format_name, err);
    if (status == LIMEN_OK)
        status = lm_tensors_note(tensors, "version", format_version, err);
    if (status == LIMEN_OK)
        status = note_json(tensors, "network", describe(net), err);
    if (status == LIMEN_OK)
        status =
            note_json(tensors, "settings", describe_settings(settings), err);
    return status;
}

limen_status limen_model_save(const char *path, const limen_network *net,
                              const limen_settings *settings, limen_error *err)
{
    lm_tensors *tensors;
    limen_status status = lm_tensors_new(&tensors, err);

    if (status == LIMEN_OK)
        status = lm_model_add(tensors, net, settings, err);
    if (status == LIMEN_OK)
        status = lm_tensors_write(tensors, path, err);
    lm_tensors_free(tensors);
    return status;
}

static limen_status malformed(const lm_safetensors *from, const char *what,
                              limen_error *err)
{
    return lm_error_set(err, LIMEN_BAD_FILE, "%s: its %s is malformed",
                        lm_safetensors_name(from), what);
}

static limen_status check_format(const lm_safetensors *from, limen_error *err)
{
    const char *format = lm_safetensors_note(from, "format");
    const char *version = lm_safetensors_note(from, "version");

    if (format == NULL || strcmp(format, format_name) != 0 || version == NULL)
        return lm_error_set(err, LIMEN_BAD_FILE, "%s: not a model of Limen's",
                            lm_safetensors_name(from));
    if (strcmp(version, format_version) != 0)
        return lm_error_set(err, LIMEN_INCOMPATIBLE,
                            "%s: model format %.20s; this program reads "
                            "format %s",
                            lm_safetensors_name(from), version, format_version);
    return LIMEN_OK;
}

/* A JSON note as an object; NULL if it is none. */
static json_t *read_note(const lm_safetensors *from, const char *name)
{
    const char *text = lm_safetensors_note(from, name);
    json_t *value = text == NULL ? NULL : json_loads(text, 0, NULL);

    if (!json_is_object(value)) {
        json_decref(value);
        return NULL;
    }
    return value;
}

static size_t size_at(const json_t *object, const char *name)
{
    const json_t *number = json_object_get(object, name);

    return json_is_integer(number) && json_integer_value(number) >= 0
               ? (size_t)json_integer_value(number)
               : SIZE_MAX;
}

/* What the network refuses is a fault of the file that asked for it; running
 * out of memory is not. */
static limen_status in_file(limen_status status, const lm_safetensors *from,
                            const char *what, limen_error *err)
{
    return status == LIMEN_BAD_VALUE ? malformed(from, what, err) : status;
}

static limen_status read_units(limen_network *net, const json_t *options,
                               const lm_safetensors *from, limen_error *err)
{
    for (size_t l = 1; l < net->layers; l++) {
        const json_t *given = json_array_get(options, l);
        const size_t noise = size_at(given, "noise");
        const limen_unit_options read = {
            .noise = (limen_noise)noise,
            .noise_scale =
                (float)json_number_value(json_object_get(given, "noise_scale")),
            .refractory_steps = size_at(given, "refractory"),
            .adapt_gain =
                (float)json_number_value(json_object_get(given, "adapt_gain")),
            .adapt_memory = (float)json_number_value(
                json_object_get(given, "adapt_memory")),
        };

        if (noise > LIMEN_LOGISTIC ||
            limen_network_set_units(net, l, &read, NULL) != LIMEN_OK)
            return malformed(from, "list of unit options", err);
    }
    return LIMEN_OK;
}

static limen_status connect_sparse(limen_network *net, const json_t *given,
                                   const lm_safetensors *from, size_t k,
                                   limen_error *err)
{
    const size_t to = size_at(given, "to");
    const size_t entries = size_at(given, "entries");
    char rows[64];
    char sources[64];

    snprintf(rows, sizeof rows, "connection.%zu.row_start", k);
    snprintf(sources, sizeof sources, "connection.%zu.source", k);
    if (to >= net->layers ||
        lm_safetensors_count(from, rows, LM_U64) != net->units[to] + 1 ||
        lm_safetensors_count(from, sources, LM_U32) != entries)
        return malformed(from, "sparse pattern", err);
    uint64_t *row_start = lm_alloc(net->units[to] + 1, 1, sizeof *row_start);
    uint32_t *source = lm_alloc(entries, 1, sizeof *source);
    const limen_pattern pattern = { .kind = LIMEN_GIVEN,
                                    .row_start = row_start,
                                    .source = source };
    limen_status status =
        row_start == NULL || source == NULL
            ? lm_error_no_memory(err, "a sparse pattern", entries * 4)
            : LIMEN_OK;

    if (status == LIMEN_OK)
        status = lm_safetensors_get(from, rows, LM_U64, row_start,
                                    net->units[to] + 1, err);
    if (status == LIMEN_OK)
        status =
            lm_safetensors_get(from, sources, LM_U32, source, entries, err);
    // the last row must end where the sources end before they are read
    if (status == LIMEN_OK && row_start[net->units[to]] != entries)
        status = malformed(from, "sparse pattern", err);
    if (status == LIMEN_OK)
        status = in_file(limen_network_connect(
                             net, size_at(given, "from"), to,
                             json_is_true(json_object_get(given, "delayed")),
                             &pattern, NULL, err),
                         from, "sparse pattern", err);
    lm_free(row_start);
    lm_free(source);
    return status;
}

static limen_status read_connections(limen_network *net,
                                     const json_t *connections,
                                     const lm_safetensors *from,
                                     limen_error *err)
{
    for (size_t k = 0; k < json_array_size(connections); k++) {
        const json_t *given = json_array_get(connections, k);
        const size_t a = size_at(given, "from");
        const size_t b = size_at(given, "to");
        char name[64];
        limen_status status;

        snprintf(name, sizeof name, "connection.%zu.weight", k);
        if (a >= net->layers || b >= net->layers)
            return malformed(from, "list of connections", err);
        if (json_is_true(json_object_get(given, "sparse")))
            status = connect_sparse(net, given, from, k, err);
        else if (lm_safetensors_count(from, name, LM_F32) !=
                 net->units[a] * net->units[b])
            status = malformed(from, "list of connections", err);
        else
            status = in_file(
                limen_network_connect(
                    net, a, b, json_is_true(json_object_get(given, "delayed")),
                    NULL, NULL, err),
                from, "list of connections", err);
        if (status == LIMEN_OK &&
            json_is_true(json_object_get(given, "balanced")))
            status = in_file(limen_network_balance(net, k, true, err), from,
                             "list of connections", err);
        if (status != LIMEN_OK)
            return status;
    }
    return LIMEN_OK;
}

/* Rates of all layers, each in [0, 1], or of none. */
static limen_status read_rates(limen_network *net, const lm_safetensors *from,
                               limen_error *err)
{
    const size_t count = lm_network_rates_offset(net, net->layers);
    char name[64];

    if (lm_safetensors_count(from, "rates.1", LM_F32) == SIZE_MAX)
        return LIMEN_OK;
    limen_status status = lm_network_rates_new(net, err);
    for (size_t l = 1; status == LIMEN_OK && l < net->layers; l++) {
        snprintf(name, sizeof name, "rates.%zu", l);
        status = lm_safetensors_get(
            from, name, LM_F32, net->rates + lm_network_rates_offset(net, l),
            net->units[l], err);
    }
    for (size_t i = 0; status == LIMEN_OK && i < count; i++)
        if (!(net->rates[i] >= 0.0F && net->rates[i] <= 1.0F))
            status = malformed(from, "list of rates", err);
    return status;
}

static limen_status read_network(limen_network **out, const json_t *given,
                                 const lm_safetensors *from, limen_error *err)
{
    const json_t *list = json_object_get(given, "units");
    const size_t layers = json_array_size(list);
    size_t units[LIMEN_LAYERS_MAX];

    *out = NULL;
    if (layers < 2 || layers > LIMEN_LAYERS_MAX)
        return malformed(from, "list of layers", err);
    for (size_t l = 0; l < layers; l++) {
        const json_int_t n = json_integer_value(json_array_get(list, l));
        char name[64];

        units[l] = n < 0 ? 0 : (size_t)n;
        snprintf(name, sizeof name, "theta.%zu", l);
        // so that a number in the text cannot ask for more than the file has
        if (l > 0 && lm_safetensors_count(from, name, LM_F32) != units[l])
            return malformed(from, "list of layers", err);
    }
    limen_status status = in_file(limen_network_new(out, units, layers, err),
                                  from, "list of layers", err);
    if (status == LIMEN_OK)
        status = read_units(*out, json_object_get(given, "options"), from, err);
    if (status == LIMEN_OK)
        status = read_connections(*out, json_object_get(given, "connections"),
                                  from, err);
    if (status == LIMEN_OK) {
        limen_network_set_synchronous(
            *out, json_is_true(json_object_get(given, "synchronous")));
        status = lm_model_read_weights(*out, from, err);
    }
    if (status == LIMEN_OK)
        status = read_rates(*out, from, err);
    if (status != LIMEN_OK) {
        limen_network_free(*out);
        *out = NULL;
    }
    return status;
}

limen_status lm_model_read_weights(limen_network *net,
                                   const lm_safetensors *from, limen_error *err)
{
    char name[64];
    limen_status status = LIMEN_OK;

    for (size_t l = 1; status == LIMEN_OK && l < net->layers; l++) {
        snprintf(name, sizeof name, "theta.%zu", l);
        status = lm_safetensors_get(from, name, LM_F32, net->theta[l],
                                    net->units[l], err);
    }
    for (size_t k = 0; status == LIMEN_OK && k < net->connections; k++) {
        snprintf(name, sizeof name, "connection.%zu.weight", k);
        status = lm_safetensors_get(from, name, LM_F32, net->connection[k].w,
                                    net->connection[k].entries, err);
    }
    return status;
}

static limen_status read_settings(limen_settings **out, json_t *given,
                                  const lm_safetensors *from, limen_error *err)
{
    const char *name;
    const json_t *text;
    limen_status status = limen_settings_new(out, err);

    json_object_foreach(given, name, text)
    {
        if (status == LIMEN_OK && !json_is_string(text))
            status = malformed(from, "list of settings", err);
        if (status == LIMEN_OK)
            status = in_file(
                limen_settings_set(*out, name, json_string_value(text), err),
                from, "list of settings", err);
    }
    if (status != LIMEN_OK) {
        limen_settings_free(*out);
        *out = NULL;
    }
    return status;
}

limen_status limen_model_load(limen_network **net, limen_settings **settings,
                              const char *path, limen_error *err)
{
    lm_safetensors *from;
    limen_status status = lm_safetensors_read(&from, path, err);

    *net = NULL;
    if (settings != NULL)
        *settings = NULL;
    if (status != LIMEN_OK)
        return status;
    status = check_format(from, err);
    json_t *network = status == LIMEN_OK ? read_note(from, "network") : NULL;
    json_t *chosen = status == LIMEN_OK ? read_note(from, "settings") : NULL;
    if (status == LIMEN_OK && (network == NULL || chosen == NULL))
        status = malformed(from, "metadata", err);
    if (status == LIMEN_OK)
        status = read_network(net, network, from, err);
    if (status == LIMEN_OK && settings != NULL) {
        status = read_settings(settings, chosen, from, err);
        if (status != LIMEN_OK) {
            limen_network_free(*net);
            *net = NULL;
        }
    }
    json_decref(network);
    json_decref(chosen);
    lm_safetensors_free(from);
    return status;
}
