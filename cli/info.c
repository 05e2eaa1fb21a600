/* info.c -- `limen info`: what a model, or a network to be, is made of. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

static const char *kind_of(const limen_connection_info *c)
{
    static const char *const names[] = { "below", "self", "feedback", "other" };

    return names[c->kind];
}

static int ascending(const void *a, const void *b)
{
    const int32_t x = *(const int32_t *)a;
    const int32_t y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

/* The smallest, middle and largest exponent of a layer. */
static void exponents(int32_t out[3], const limen_image *image, size_t l,
                      size_t n)
{
    int32_t *q = malloc(n * sizeof *q);

    if (q == NULL)
        exit(cli_fail(CLI_NO_MEMORY, "out of memory for the exponents"));
    memcpy(q, limen_image_exponents(image, l), n * sizeof *q);
    qsort(q, n, sizeof *q, ascending);
    out[0] = q[0];
    out[1] = q[n / 2];
    out[2] = q[n - 1];
    free(q);
}

static json_t *to_json(const limen_network *net, const limen_image *image,
                       const limen_settings *settings)
{
    json_t *layers = json_array();
    json_t *connections = json_array();

    for (size_t l = 0; l < limen_network_layers(net); l++) {
        const size_t n = limen_network_units(net, l);
        json_t *layer = json_pack("{s:I}", "units", (json_int_t)n);
        int32_t q[3];

        if (l > 0) {
            exponents(q, image, l, n);
            json_object_set_new(layer, "exponents",
                                json_pack("[i,i,i]", q[0], q[1], q[2]));
        }
        json_array_append_new(layers, layer);
    }
    for (size_t k = 0; k < limen_network_connections(net); k++) {
        const limen_connection_info c = limen_network_connection(net, k);

        json_array_append_new(
            connections,
            json_pack("{s:I, s:I, s:s, s:b, s:b, s:I}", "from",
                      (json_int_t)c.from, "to", (json_int_t)c.to, "kind",
                      kind_of(&c), "delivers_before", (int)c.delayed, "sparse",
                      (int)c.sparse, "weights", (json_int_t)c.entries));
    }
    return json_pack("{s:o, s:o, s:o}", "layers", layers, "connections",
                     connections, "settings", cli_settings_json(settings));
}

static void print_text(const limen_network *net, const limen_image *image,
                       const limen_settings *settings)
{
    size_t weights = 0;
    size_t units = 0;

    for (size_t l = 0; l < limen_network_layers(net); l++) {
        const size_t n = limen_network_units(net, l);
        int32_t q[3];

        printf("layer %zu: %zu units", l, n);
        if (l > 0) {
            exponents(q, image, l, n);
            printf(", exponents %d to %d, median %d", q[0], q[2], q[1]);
            units += n;
        }
        putchar('\n');
    }
    for (size_t k = 0; k < limen_network_connections(net); k++) {
        const limen_connection_info c = limen_network_connection(net, k);

        printf("connection %zu -> %zu: %s, %s, delivers %s, %zu weights\n",
               c.from, c.to, kind_of(&c), c.sparse ? "sparse" : "dense",
               c.delayed ? "the step before" : "now", c.entries);
        weights += c.entries;
    }
    printf("%zu weights, %zu thresholds: %.1f MiB as masters, %.1f MiB as "
           "they run\n\n",
           weights, units, (double)(weights + units) * 4.0 / 1048576.0,
           (double)weights * 2.0 / 1048576.0);
    for (size_t i = 0; i < limen_setting_count(); i++) {
        const char *name = limen_setting_at(i)->name;

        printf("%-20s %s\n", name, limen_settings_get(settings, name));
    }
}

/* The network that settings describe, on data that is not needed for that. */
static int describe(limen_network **net, limen_settings *settings)
{
    limen_data *data;
    limen_error err;
    const char *dir = limen_settings_get(settings, "data-dir");
    limen_status status =
        limen_data_load(&data, limen_settings_get(settings, "data"),
                        dir[0] == '\0' ? NULL : dir, LIMEN_TRAIN, &err);

    if (status == LIMEN_OK)
        status = limen_settings_resolve(settings, data, &err);
    if (status == LIMEN_OK)
        status = limen_settings_network(net, settings, data, &err);
    limen_data_free(data);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

int cli_info(cli_options *options)
{
    limen_network *net = NULL;
    limen_settings *settings = NULL;
    limen_image *image = NULL;
    limen_error err;
    int code;

    if (options->word_count > 1)
        return cli_fail(CLI_USAGE, "info: name one run or model");
    if (options->word_count == 1)
        code = cli_load_model(&net, &settings, options->words[0], options);
    else
        code = describe(&net, options->settings);
    if (code == CLI_DONE) {
        const limen_status status = limen_image_new(&image, net, 0, &err);

        code = status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
    }
    if (code == CLI_DONE) {
        const limen_settings *shown =
            settings == NULL ? options->settings : settings;

        if (options->json)
            cli_print_json(to_json(net, image, shown));
        else
            print_text(net, image, shown);
    }
    limen_image_free(image);
    limen_network_free(net);
    limen_settings_free(settings);
    return code;
}
