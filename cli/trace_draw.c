/* trace_draw.c -- one sample in the terminal: rasters, activity, means. */
#include "trace.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    GUTTER = 11,  // columns of names
    RIGHT = 22,   // columns of remarks
    NARROW = 60,  // a terminal with room for their numbers only
    NUMBER = 7,   // columns of those
    WIDEST = 4,   // columns of a step
    CLASSES = 12, // units of an output layer drawn one by one
    MEANS = 5     // classes whose means are drawn
};

/* The sample that is drawn. */
typedef struct drawing {
    const trace *from;
    const cli_terminal *terminal;
    size_t sample, columns;
    uint64_t **raster; /* [layer] (steps, words) */
    double *row;       /* (steps) what a row shows */
    size_t *order;     /* (largest n) units, those that fire most first */
    uint32_t *spikes;  /* (largest n) */
} drawing;

static size_t words_of(size_t n)
{
    return (n + 63) / 64;
}

static bool fires(const uint64_t *raster, size_t n, size_t t, size_t i)
{
    return raster[t * words_of(n) + i / 64] >> i % 64 & 1;
}

static void drawing_free(drawing *d)
{
    for (size_t l = 0; d->raster != NULL && l < d->from->layers; l++)
        free(d->raster[l]);
    free(d->raster);
    free(d->row);
    free(d->order);
    free(d->spikes);
}

/* As many columns as fit, the same for every step where there is room. */
static size_t columns_of(const trace *from, const cli_terminal *terminal)
{
    const size_t room =
        terminal->width - GUTTER - (terminal->width < NARROW ? NUMBER : RIGHT);
    const size_t each = room / from->steps;

    return each == 0       ? room
           : each > WIDEST ? WIDEST * from->steps
                           : each * from->steps;
}

static limen_status drawing_new(drawing *d, limen_error *err)
{
    const trace *from = d->from;
    size_t largest = 1;
    bool is_full;

    assert(from->layers > 1 && from->steps > 0);
    d->raster = calloc(from->layers, sizeof *d->raster);
    is_full = d->raster != NULL;
    for (size_t l = 0; is_full && l < from->layers; l++) {
        const size_t n = limen_network_units(from->net, l);

        largest = n > largest ? n : largest;
        d->raster[l] = calloc(from->steps, words_of(n) * sizeof *d->raster[l]);
        is_full = d->raster[l] != NULL;
    }
    d->row = calloc(from->steps, sizeof *d->row);
    d->order = calloc(largest, sizeof *d->order);
    d->spikes = calloc(largest, sizeof *d->spikes);
    if (is_full && d->row != NULL && d->order != NULL && d->spikes != NULL)
        return LIMEN_OK;
    snprintf(err->text, sizeof err->text, "out of memory for a raster");
    return LIMEN_NO_MEMORY;
}

static limen_status run(drawing *d, limen_error *err)
{
    const trace *from = d->from;
    const size_t n = from->data->features;
    const limen_record record = { .raster = d->raster };
    limen_input input = from->input;
    limen_state *state = NULL;

    input.samples = 1;
    input.keys = from->keys + d->sample;
    if (input.bytes != NULL)
        input.bytes += d->sample * n;
    else
        input.floats += d->sample * n;
    limen_status status = limen_state_new(&state, from->image, 1, err);
    if (status == LIMEN_OK)
        status = limen_run(from->image, state, &input, from->steps, 0,
                           from->seed, 1, &record, err);
    limen_state_free(state);
    return status;
}

static void print_name(const drawing *d, const char *name)
{
    cli_colour_print(d->terminal, CLI_DIM);
    printf("%-*.*s", GUTTER, GUTTER - 1, name);
    cli_colour_print(d->terminal, CLI_PLAIN);
}

/* The column that shows step t, from 0. */
static size_t column_of(const drawing *d, size_t t)
{
    return t * d->columns / d->from->steps;
}

/* d->row by columns: a column shows the mean of its steps. */
static void print_row(const drawing *d,
                      const char *(*glyph)(const cli_terminal *, double),
                      double scale)
{
    const size_t steps = d->from->steps;

    for (size_t c = 0; c < d->columns; c++) {
        size_t first = c * steps / d->columns;
        size_t last = (c + 1) * steps / d->columns;
        double sum = 0.0;

        last = last > first ? last : first + 1;
        for (size_t t = first; t < last; t++)
            sum += d->row[t];
        fputs(glyph(d->terminal, sum / (double)(last - first) * scale), stdout);
    }
}

/* Orders the units by their spikes, most first, by counting; returns how many
 * fired at all. */
static size_t sort_units(drawing *d, const uint64_t *raster, size_t n)
{
    const size_t steps = d->from->steps;
    size_t fired = 0;

    for (size_t i = 0; i < n; i++) {
        d->spikes[i] = 0;
        for (size_t t = 0; t < steps; t++)
            d->spikes[i] += fires(raster, n, t, i);
        fired += d->spikes[i] > 0;
    }
    size_t place = 0;
    for (size_t count = steps; count > 0 && place < fired; count--)
        for (size_t i = 0; i < n; i++)
            if (d->spikes[i] == count)
                d->order[place++] = i;
    return fired;
}

/* The share of the units order[first .. last - 1] that fire, step by step. */
static void fill_row(drawing *d, const uint64_t *raster, size_t n, size_t first,
                     size_t last)
{
    for (size_t t = 0; t < d->from->steps; t++) {
        size_t count = 0;

        for (size_t k = first; k < last; k++)
            count += fires(raster, n, t, d->order[k]);
        d->row[t] = (double)count / (double)(last - first);
    }
}

static void draw_layer(drawing *d, size_t layer)
{
    const size_t n = limen_network_units(d->from->net, layer);
    const bool is_classes = layer + 1 == d->from->layers && n <= CLASSES;
    const size_t fired = sort_units(d, d->raster[layer], n);
    const size_t rows =
        is_classes || fired < d->from->rows ? fired : d->from->rows;
    char name[32];

    if (rows == 0) {
        print_name(d, trace_layer_name(d->from, layer, name));
        printf("none of %zu fires\n", n);
    }
    for (size_t r = 0; r < rows; r++) {
        if (is_classes)
            snprintf(name, sizeof name, r == 0 ? "output %3zu" : "       %3zu",
                     d->order[r]);
        else if (r == 0)
            trace_layer_name(d->from, layer, name);
        print_name(d, is_classes || r == 0 ? name : "");
        fill_row(d, d->raster[layer], n, r * fired / rows,
                 (r + 1) * fired / rows);
        print_row(d, cli_shade, 1.0);
        if (r == 0 && d->terminal->width >= NARROW)
            printf("  %zu of %zu fire", fired, n);
        putchar('\n');
    }
}

static void draw_activity(drawing *d, size_t layer)
{
    const trace *from = d->from;
    const limen_stability_measures *found =
        &from->found.each[d->sample * from->layers + layer];
    double most = 0.0;
    double sum = 0.0;
    char name[32];

    limen_raster_activity(d->row, d->raster[layer], from->steps,
                          limen_network_units(from->net, layer));
    for (size_t t = 0; t < from->steps; t++) {
        most = d->row[t] > most ? d->row[t] : most;
        sum += d->row[t];
    }
    print_name(d, trace_layer_name(from, layer, name));
    print_row(d, cli_height, most > 0.0 ? 1.0 / most : 0.0);
    printf("  %.3f", sum / (double)from->steps);
    if (d->terminal->width >= NARROW)
        printf("  from %.0f", found->settle);
    putchar('\n');
}

/* The classes with the highest means at the end, highest first, and that of
 * the label; returns how many. */
static size_t leaders(drawing *d, size_t n)
{
    const trace *from = d->from;
    const uint32_t *labels = from->data->labels;
    const uint64_t *raster = d->raster[from->layers - 1];
    const size_t answer = from->found.answers[d->sample];
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        d->spikes[i] = 0;
        for (size_t t = from->burn_in; t < from->steps; t++)
            d->spikes[i] += fires(raster, n, t, i);
    }
    d->order[count++] = answer; // a tie may have been drawn
    for (size_t spikes = from->steps + 1; spikes-- > 0;)
        for (size_t i = 0; i < n; i++)
            if (d->spikes[i] == spikes && i != answer && count < MEANS)
                d->order[count++] = i;
    if (labels != NULL && labels[d->sample] < n) {
        bool is_there = false;

        for (size_t k = 0; k < count; k++)
            is_there = is_there || d->order[k] == labels[d->sample];
        if (!is_there)
            d->order[count - 1] = labels[d->sample];
    }
    return count;
}

static void draw_means(drawing *d)
{
    const trace *from = d->from;
    const size_t n = from->outputs;
    const uint32_t *labels = from->data->labels;
    const uint64_t *raster = d->raster[from->layers - 1];
    const size_t count = leaders(d, n);

    for (size_t k = 0; k < count; k++) {
        const size_t i = d->order[k];
        const bool is_label = labels != NULL && labels[d->sample] == i;
        size_t spikes = 0;
        char name[32];

        for (size_t t = 0; t < from->steps; t++) {
            spikes += t >= from->burn_in && fires(raster, n, t, i);
            d->row[t] = t < from->burn_in
                            ? 0.0
                            : (double)spikes / (double)(t + 1 - from->burn_in);
        }
        snprintf(name, sizeof name, "class %zu", i);
        print_name(d, name);
        if (k == 0)
            cli_colour_print(d->terminal, labels == NULL ? CLI_PLAIN
                                          : is_label     ? CLI_GREEN
                                                         : CLI_RED);
        print_row(d, cli_height, 1.0);
        printf("  %.2f", d->row[from->steps - 1]);
        if (d->terminal->width >= NARROW)
            printf("%s%s", k == 0 ? " answer" : "", is_label ? " label" : "");
        cli_colour_print(d->terminal, CLI_PLAIN);
        putchar('\n');
    }
}

/* Steps along the columns, with a mark where the answer begins to stand. */
static void draw_axis(const drawing *d)
{
    const size_t steps = d->from->steps;
    const size_t stands = d->from->found.stands[d->sample];
    const size_t at = column_of(d, stands - 1);
    char last[32];
    const size_t length = (size_t)snprintf(last, sizeof last, "%zu", steps);

    print_name(d, "step");
    char mark[32];
    const size_t wide = (size_t)snprintf(mark, sizeof mark, "^%zu", stands);
    for (size_t c = 0; c < d->columns;) {
        if (c == at && stands > 1 && stands < steps) {
            fputs(mark, stdout);
            c += wide;
        } else if (c == 0) {
            putchar('1');
            c++;
        } else if (c + length == d->columns) {
            fputs(last, stdout);
            c += length;
        } else {
            putchar(' ');
            c++;
        }
    }
    putchar('\n');
}

static void print_headline(const drawing *d)
{
    const trace *from = d->from;
    const uint32_t answer = from->found.answers[d->sample];
    const uint32_t *labels = from->data->labels;
    const bool is_right = labels != NULL && labels[d->sample] == answer;

    printf("Sample %llu", (unsigned long long)from->keys[d->sample]);
    if (labels != NULL)
        printf(", label %u", labels[d->sample]);
    printf(": ");
    if (labels != NULL)
        cli_colour_print(d->terminal, is_right ? CLI_GREEN : CLI_RED);
    printf("answer %u", answer);
    cli_colour_print(d->terminal, CLI_PLAIN);
    printf(" from step %u on%s\n", from->found.stands[d->sample],
           labels == NULL ? ""
           : is_right     ? ", right"
                          : ", wrong");
}

limen_status trace_draw(const trace *from, size_t sample,
                        const cli_terminal *terminal, limen_error *err)
{
    drawing d = { .from = from,
                  .terminal = terminal,
                  .sample = sample,
                  .columns = columns_of(from, terminal) };
    limen_status status = drawing_new(&d, err);

    if (status == LIMEN_OK)
        status = run(&d, err);
    if (status == LIMEN_OK) {
        print_headline(&d);
        if (from->rows > 0) {
            puts("\nShare of units that fire, groups of the most active first");
            for (size_t l = 0; l < from->layers; l++)
                draw_layer(&d, l);
        }
        puts("\nShare of the layer: mean, and step from which it is settled");
        for (size_t l = 0; l < from->layers; l++)
            draw_activity(&d, l);
        puts("\nRunning mean of each class, and where it ends");
        draw_means(&d);
        draw_axis(&d);
        putchar('\n');
    }
    drawing_free(&d);
    return status;
}
