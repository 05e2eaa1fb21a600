/* trace.h -- what the parts of `limen trace` share. */
#ifndef LIMEN_TRACE_H
#define LIMEN_TRACE_H

#include "cli.h"
#include "terminal.h"

/* Samples, what was asked for, and what was measured. */
typedef struct trace {
    const cli_options *options;
    limen_settings *settings;
    limen_network *net;
    limen_image *image;
    limen_data *data; /* the samples alone */
    uint64_t *keys;   /* (samples) their numbers in the set */
    limen_input input;
    size_t layers, outputs, steps, burn_in, rows, shown;
    uint64_t seed;
    limen_stability_result found; /* all arrays */
} trace;

/* "input", "hidden 1", "output" into `name`, which is returned. */
const char *trace_layer_name(const trace *from, size_t layer, char name[32]);

/* Runs one sample and draws what its layers did. */
limen_status trace_draw(const trace *from, size_t sample,
                        const cli_terminal *terminal, limen_error *err);

/* The measures as a table with sentences, or as JSON. */
void trace_print_measures(const trace *from, const cli_terminal *terminal);
json_t *trace_json(const trace *from);

#endif
