/* network.c -- layers and connections: making, asking, freeing. */
#include "net/network.h"

#include "base/arena.h"
#include "base/error.h"

#include <assert.h>
#include <math.h>
#include <string.h>

bool lm_delivers_before(const limen_network *net, const lm_connection *c)
{
    return net->is_synchronous || c->is_delayed || c->from >= c->to;
}

static limen_status check_units(const size_t *units, size_t layers,
                                limen_error *err)
{
    if (layers < 2 || layers > LIMEN_LAYERS_MAX)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "layers: %zu is outside 2 to %d (an input and at "
                            "least one layer)",
                            layers, LIMEN_LAYERS_MAX);
    for (size_t l = 0; l < layers; l++)
        if (units[l] == 0 || units[l] > LIMEN_UNITS_MAX)
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "layer %zu: %zu units are outside 1 to %d", l,
                                units[l], LIMEN_UNITS_MAX);
    return LIMEN_OK;
}

static bool fill(limen_network *net, const size_t *units, size_t layers)
{
    net->layers = layers;
    net->units = lm_alloc(layers, 1, sizeof *net->units);
    net->theta = lm_alloc(layers, 1, sizeof *net->theta);
    net->options = lm_alloc(layers, 1, sizeof *net->options);
    if (net->units == NULL || net->theta == NULL || net->options == NULL)
        return false;

    memcpy(net->units, units, layers * sizeof *units);
    for (size_t l = 1; l < layers; l++) {
        net->theta[l] = lm_alloc(units[l], 1, sizeof *net->theta[l]);
        if (net->theta[l] == NULL)
            return false;
    }
    return true;
}

limen_status limen_network_new(limen_network **out, const size_t *units,
                               size_t layers, limen_error *err)
{
    *out = NULL;
    const limen_status status = check_units(units, layers, err);
    if (status != LIMEN_OK)
        return status;

    limen_network *net = lm_alloc(1, 1, sizeof *net);
    if (net == NULL || !fill(net, units, layers)) {
        limen_network_free(net);
        return lm_error_set(err, LIMEN_NO_MEMORY,
                            "out of memory for a network of %zu layers",
                            layers);
    }
    *out = net;
    return LIMEN_OK;
}

static void connection_free(lm_connection *c)
{
    lm_free(c->w);
    lm_free(c->row_start);
    lm_free(c->source);
}

void limen_network_free(limen_network *net)
{
    if (net == NULL)
        return;
    for (size_t k = 0; k < net->connections; k++)
        connection_free(&net->connection[k]);
    for (size_t l = 0; net->theta != NULL && l < net->layers; l++)
        lm_free(net->theta[l]);
    lm_free(net->connection);
    lm_free(net->rates);
    lm_free(net->options);
    lm_free(net->theta);
    lm_free(net->units);
    lm_free(net);
}

/* The sources that unit i of `layer` could hear by dense connections: the
 * bound that keeps sums inside int32 (docs/numerics.md section 1). */
static size_t fan_in(const limen_network *net, size_t layer)
{
    size_t sum = 0;

    for (size_t k = 0; k < net->connections; k++)
        if (net->connection[k].to == layer)
            sum += net->connection[k].m;
    return sum;
}

static limen_status check_ends(const limen_network *net, size_t from, size_t to,
                               limen_error *err)
{
    if (from >= net->layers || to >= net->layers)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "connection %zu -> %zu: layers are 0 to %zu", from,
                            to, net->layers - 1);
    if (to == 0)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "connection %zu -> 0: layer 0 is the input and "
                            "cannot listen; add a layer that can",
                            from);
    if (fan_in(net, to) + net->units[from] > LIMEN_UNITS_MAX)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "connection %zu -> %zu: a unit would hear more "
                            "than %d sources",
                            from, to, LIMEN_UNITS_MAX);
    return LIMEN_OK;
}

static limen_status connection_fill(lm_connection *c,
                                    const limen_pattern *pattern, size_t index,
                                    limen_error *err)
{
    if (pattern != NULL && pattern->kind != LIMEN_DENSE) {
        c->is_sparse = true;
        const limen_status status = lm_pattern_draw(c, pattern, index, err);
        if (status != LIMEN_OK)
            return status;
    } else if (!lm_size_multiply(&c->entries, c->n, c->m)) {
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "connection %zu -> %zu: too many weights", c->from,
                            c->to);
    }
    c->w = lm_alloc(c->entries, 1, sizeof *c->w);
    if (c->w == NULL)
        return lm_error_no_memory(err, "a connection",
                                  c->entries * sizeof *c->w);
    return LIMEN_OK;
}

limen_status limen_network_connect(limen_network *net, size_t from, size_t to,
                                   bool delayed, const limen_pattern *pattern,
                                   size_t *index, limen_error *err)
{
    limen_status status = check_ends(net, from, to, err);
    if (status != LIMEN_OK)
        return status;

    lm_connection c = { .from = from,
                        .to = to,
                        .n = net->units[to],
                        .m = net->units[from],
                        .is_delayed = delayed };
    status = connection_fill(&c, pattern, net->connections, err);
    if (status == LIMEN_OK) {
        lm_connection *more = lm_grow(net->connection, net->connections,
                                      net->connections + 1, sizeof *more);
        if (more == NULL)
            status = lm_error_no_memory(err, "the list of connections",
                                        sizeof *more);
        else
            net->connection = more;
    }
    if (status != LIMEN_OK) {
        connection_free(&c);
        return status;
    }
    if (index != NULL)
        *index = net->connections;
    net->connection[net->connections++] = c;
    return LIMEN_OK;
}

limen_status limen_network_standard(limen_network **out, const size_t *units,
                                    size_t layers, const bool *self,
                                    const bool *feedback, limen_error *err)
{
    limen_network *net;
    limen_status status = limen_network_new(&net, units, layers, err);

    *out = NULL;
    for (size_t l = 1; status == LIMEN_OK && l < layers; l++) {
        status = limen_network_connect(net, l - 1, l, false, NULL, NULL, err);
        if (status == LIMEN_OK && self != NULL && self[l])
            status = limen_network_connect(net, l, l, false, NULL, NULL, err);
        if (status == LIMEN_OK && feedback != NULL && feedback[l] &&
            l + 1 < layers)
            status =
                limen_network_connect(net, l + 1, l, false, NULL, NULL, err);
    }
    if (status != LIMEN_OK) {
        limen_network_free(net);
        return status;
    }
    *out = net;
    return LIMEN_OK;
}

limen_status limen_network_copy(limen_network **out, const limen_network *net,
                                limen_error *err)
{
    limen_network *copy;
    limen_status status =
        limen_network_new(&copy, net->units, net->layers, err);

    *out = NULL;
    for (size_t k = 0; status == LIMEN_OK && k < net->connections; k++) {
        const lm_connection *c = &net->connection[k];
        const limen_pattern pattern = {
            .kind = c->is_sparse ? LIMEN_GIVEN : LIMEN_DENSE,
            .row_start = c->row_start,
            .source = c->source,
        };

        status = limen_network_connect(copy, c->from, c->to, c->is_delayed,
                                       &pattern, NULL, err);
        if (status != LIMEN_OK)
            break;
        memcpy(copy->connection[k].w, c->w, c->entries * sizeof *c->w);
        copy->connection[k].is_balanced = c->is_balanced;
    }
    if (status == LIMEN_OK && net->rates != NULL)
        status = lm_network_rates_new(copy, err);
    if (status != LIMEN_OK) {
        limen_network_free(copy);
        return status;
    }
    for (size_t l = 1; l < net->layers; l++)
        memcpy(copy->theta[l], net->theta[l],
               net->units[l] * sizeof *net->theta[l]);
    if (net->rates != NULL)
        memcpy(copy->rates, net->rates,
               lm_network_rates_offset(net, net->layers) * sizeof *net->rates);
    memcpy(copy->options, net->options, net->layers * sizeof *net->options);
    copy->is_synchronous = net->is_synchronous;
    *out = copy;
    return LIMEN_OK;
}

bool lm_network_same_shape(const limen_network *a, const limen_network *b)
{
    if (a->layers != b->layers || a->connections != b->connections ||
        memcmp(a->units, b->units, a->layers * sizeof *a->units) != 0)
        return false;
    for (size_t k = 0; k < a->connections; k++) {
        const lm_connection *c = &a->connection[k];
        const lm_connection *d = &b->connection[k];

        if (c->from != d->from || c->to != d->to ||
            c->is_sparse != d->is_sparse || c->entries != d->entries ||
            c->is_balanced != d->is_balanced)
            return false;
        if (c->is_sparse &&
            (memcmp(c->row_start, d->row_start,
                    (c->n + 1) * sizeof *c->row_start) != 0 ||
             memcmp(c->source, d->source, c->entries * sizeof *c->source) != 0))
            return false;
    }
    return true;
}

size_t limen_network_layers(const limen_network *net)
{
    return net->layers;
}

size_t limen_network_units(const limen_network *net, size_t layer)
{
    assert(layer < net->layers);
    return net->units[layer];
}

size_t limen_network_connections(const limen_network *net)
{
    return net->connections;
}

limen_connection_info limen_network_connection(const limen_network *net,
                                               size_t index)
{
    assert(index < net->connections);
    const lm_connection *c = &net->connection[index];

    return (limen_connection_info){
        .from = c->from,
        .to = c->to,
        .kind = c->from + 1 == c->to   ? LIMEN_BELOW
                : c->from == c->to     ? LIMEN_SELF
                : c->from == c->to + 1 ? LIMEN_FEEDBACK
                                       : LIMEN_OTHER,
        .delayed = lm_delivers_before(net, c),
        .sparse = c->is_sparse,
        .balanced = c->is_balanced,
        .entries = c->entries,
    };
}

limen_status limen_network_balance(limen_network *net, size_t index, bool on,
                                   limen_error *err)
{
    assert(index < net->connections);
    if (on && net->connection[index].is_sparse)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "connection %zu is sparse; only dense ones can be "
                            "balanced",
                            index);
    net->connection[index].is_balanced = on;
    return LIMEN_OK;
}

float *limen_network_weights(limen_network *net, size_t index)
{
    assert(index < net->connections);
    return net->connection[index].w;
}

const uint64_t *limen_network_row_start(const limen_network *net, size_t index)
{
    assert(index < net->connections);
    return net->connection[index].row_start;
}

const uint32_t *limen_network_sources(const limen_network *net, size_t index)
{
    assert(index < net->connections);
    return net->connection[index].source;
}

float *limen_network_thresholds(limen_network *net, size_t layer)
{
    assert(layer >= 1 && layer < net->layers);
    return net->theta[layer];
}

void limen_network_set_synchronous(limen_network *net, bool on)
{
    net->is_synchronous = on;
}

bool limen_network_is_synchronous(const limen_network *net)
{
    return net->is_synchronous;
}

limen_status limen_network_set_units(limen_network *net, size_t layer,
                                     const limen_unit_options *options,
                                     limen_error *err)
{
    if (layer == 0 || layer >= net->layers)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "layer %zu: unit options are for layers 1 to %zu",
                            layer, net->layers - 1);
    if (!(options->noise_scale >= 0.0F) || !isfinite(options->noise_scale))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "noise-scale: %g is not a finite number >= 0",
                            (double)options->noise_scale);
    if (options->refractory_steps > LIMEN_REFRACTORY_MAX)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "refractory: %zu is above %d (steps)",
                            options->refractory_steps, LIMEN_REFRACTORY_MAX);
    if (!isfinite(options->adapt_gain) || !(options->adapt_memory >= 0.0F) ||
        !(options->adapt_memory < 1.0F))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "adaptation: gain %g must be finite and memory %g "
                            "in [0, 1)",
                            (double)options->adapt_gain,
                            (double)options->adapt_memory);
    net->options[layer] = *options;
    return LIMEN_OK;
}

limen_unit_options limen_network_unit_options(const limen_network *net,
                                              size_t layer)
{
    assert(layer < net->layers);
    return net->options[layer];
}
