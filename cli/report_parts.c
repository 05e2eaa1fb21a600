/* report_parts.c -- headline, confusion, histograms, data and environment. */
#include "report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *text_in(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

/* Stored test accuracy over all samples, else the measured one. */
static bool accuracy_of(const report_run *run, double *accuracy, double *low,
                        double *high, size_t *samples, size_t *steps)
{
    const json_t *stored = json_object_get(run->result, "test_accuracy");
    const json_t *interval = json_object_get(run->result, "interval");
    const json_t *count = json_object_get(run->result, "samples");

    if (json_is_number(stored) && json_is_number(json_array_get(interval, 0)) &&
        json_is_number(json_array_get(interval, 1)) && json_is_integer(count)) {
        *accuracy = json_number_value(stored);
        *low = json_number_value(json_array_get(interval, 0));
        *high = json_number_value(json_array_get(interval, 1));
        *samples = (size_t)json_integer_value(count);
        *steps =
            (size_t)json_integer_value(json_object_get(run->result, "steps"));
        return true;
    }
    if (run->answers == NULL)
        return false;
    *accuracy = run->accuracy;
    *samples = run->test->samples;
    *steps = run->steps;
    cli_wilson(*accuracy, *samples, low, high);
    return true;
}

static void tile(cli_text *to, const report_run *run)
{
    double accuracy, low, high;
    size_t samples, steps;

    cli_text_print(to,
                   "<div class=\"tile\" style=\"border-color:"
                   "var(--c%zu)\"><span>",
                   run->colour);
    cli_text_escape(to, run->name);
    cli_text_print(to, "</span>");
    if (accuracy_of(run, &accuracy, &low, &high, &samples, &steps))
        cli_text_print(to,
                       "<b>%.1f %%</b><span>95 %% interval %.1f to %.1f %%"
                       "</span><span>of %zu test samples, T = %zu</span>",
                       100.0 * accuracy, 100.0 * low, 100.0 * high, samples,
                       steps);
    else
        cli_text_print(to, "<b>not tested</b>");
    cli_text_print(to, "</div>\n");
}

/* An argument as a shell takes it. */
static void add_argument(cli_text *to, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./:=,+@%";
    const bool is_plain = *text != '\0' && text[strspn(text, plain)] == '\0';

    cli_text_print(to, " ");
    if (is_plain) {
        cli_text_escape(to, text);
        return;
    }
    cli_text_print(to, "&#39;");
    for (;;) {
        const size_t length = strcspn(text, "'");
        char *part = report_room(length + 1, 1);

        memcpy(part, text, length);
        cli_text_escape(to, part);
        free(part);
        if (text[length] == '\0')
            break;
        cli_text_print(to, "&#39;\\&#39;&#39;"); // out, a quote, in again
        text += length + 1;
    }
    cli_text_print(to, "&#39;");
}

static void command(cli_text *to, const report_run *run)
{
    const json_t *arguments = json_object_get(run->about, "arguments");
    size_t k;
    json_t *argument;

    if (json_array_size(arguments) == 0)
        return;
    cli_text_print(to, "<pre>limen");
    json_array_foreach(arguments, k, argument)
    {
        const char *text = json_string_value(argument);

        if (text != NULL)
            add_argument(to, text);
    }
    cli_text_print(to, "</pre>\n");
}

void report_headline(report *page)
{
    cli_text *to = &page->body;

    cli_text_print(to, "<h1>");
    for (size_t r = 0; r < page->count; r++) {
        cli_text_print(to, r == 0 ? "" : ", ");
        cli_text_escape(to, page->runs[r].path);
    }
    cli_text_print(to,
                   "</h1>\n<p class=\"soft\">A network of threshold neurons "
                   "whose output is averaged over time; a report of limen "
                   "%s.</p>\n<div class=\"tiles\">\n",
                   limen_version());
    for (size_t r = 0; r < page->count; r++)
        tile(to, &page->runs[r]);
    cli_text_print(to, "</div>\n");
    for (size_t r = 0; r < page->count; r++)
        if (page->runs[r].gap[0] != '\0') {
            cli_text_print(to, "<p class=\"note\">");
            cli_text_escape(to, page->runs[r].name);
            cli_text_print(to, ": ");
            cli_text_escape(to, page->runs[r].gap);
            cli_text_print(to, "</p>\n");
        }
    cli_text_print(to, "<h3>To get the same bits again</h3>\n");
    for (size_t r = 0; r < page->count; r++)
        command(to, &page->runs[r]);
    for (size_t r = 0; r < page->count; r++) {
        const report_run *run = &page->runs[r];

        if (run->answers == NULL)
            continue;
        cli_text_print(to,
                       "<p class=\"soft\">What follows was measured on %zu "
                       "test samples of ",
                       run->test->samples);
        cli_text_escape(to, run->name);
        cli_text_print(to, ", spread evenly over the test data.</p>\n");
    }
}

static void confusion_chart(report *page, const report_run *run)
{
    const size_t classes = run->test->classes;
    double *shares = report_room(classes * classes, sizeof *shares);
    double *counts = report_room(classes * classes, sizeof *counts);

    for (size_t a = 0; a < classes; a++) {
        double sum = 0.0;

        for (size_t b = 0; b < classes; b++)
            sum += run->confusion[a * classes + b];
        for (size_t b = 0; b < classes; b++) {
            const double count = run->confusion[a * classes + b];

            counts[a * classes + b] = count;
            shares[a * classes + b] = sum > 0.0 ? count / sum : (double)NAN;
        }
    }
    const cli_heat heat = { .title = run->name,
                            .x_label = "answer",
                            .y_label = "label",
                            .shares = shares,
                            .counts = counts,
                            .rows = classes,
                            .columns = classes };
    cli_chart_heat(&page->body, &heat);
    free(shares);
    free(counts);
}

void report_confusion(report *page)
{
    enum { CLASSES_SHOWN = 64 }; // a cell of 7 pixels

    if (!report_has_measures(page))
        return;
    report_heading(&page->body, "Confusion",
                   "Per cent of the samples of each label (a row) that got "
                   "each answer.");
    cli_text_print(&page->body, "<div class=\"charts\">\n");
    for (size_t r = 0; r < page->count; r++) {
        const report_run *run = &page->runs[r];

        if (run->answers != NULL && run->test->classes <= CLASSES_SHOWN)
            confusion_chart(page, run);
        else if (run->answers != NULL)
            cli_text_print(&page->body,
                           "<p class=\"note\">%zu classes are too many for a "
                           "matrix; limen eval --json has it.</p>\n",
                           run->test->classes);
    }
    cli_text_print(&page->body, "</div>\n");
}

/* Rates of the units of each layer that some run has. */
static void rates_chart(report *page, size_t layer, size_t layers)
{
    enum { BINS = 25 };
    report_curves curves = { .count = 0 };
    char title[64];

    for (size_t r = 0; r < page->count; r++) {
        const report_run *run = &page->runs[r];

        if (run->answers == NULL || layer >= run->layers)
            continue;
        const size_t n = limen_network_units(run->net, layer);
        const double chances =
            (double)run->test->samples * (double)(run->steps - run->burn_in);
        float *rates = report_room(n, sizeof *rates);
        for (size_t i = 0; i < n; i++)
            rates[i] = (float)((double)run->spikes[layer][i] / chances);
        const report_curve curve =
            report_curves_add(&curves, run->name, BINS, run->colour, false);
        cli_histogram(curve.x, curve.y, BINS, 0.0, 1.0, rates, n);
        free(rates);
    }
    char name[32];
    report_layer_name(name, sizeof name, layer, layers);
    snprintf(title, sizeof title, "Rates of %s", name);
    const cli_chart chart = { .title = title,
                              .x_label = "mean rate",
                              .y_label = "share of units",
                              .is_share = true,
                              .is_histogram = true,
                              .height = 240.0,
                              .series = curves.series,
                              .count = curves.count };
    if (curves.count > 0)
        cli_chart_lines(&page->body, &chart);
    report_curves_clear(&curves);
}

static const limen_connection_info *find_connection(limen_connection_info *to,
                                                    size_t *index,
                                                    const report_run *run,
                                                    size_t from, size_t layer)
{
    const size_t count =
        run->net == NULL ? 0 : limen_network_connections(run->net);

    for (*index = 0; *index < count; (*index)++) {
        *to = limen_network_connection(run->net, *index);
        if (to->from == from && to->to == layer)
            return to;
    }
    return NULL;
}

/* The range of all runs' weights of this connection, around 0. */
static double widest(report *page, size_t from, size_t layer)
{
    double most = 0.0;

    for (size_t r = 0; r < page->count; r++) {
        limen_connection_info info;
        size_t index;

        if (find_connection(&info, &index, &page->runs[r], from, layer) == NULL)
            continue;
        const float *w = limen_network_weights(page->runs[r].net, index);
        for (size_t k = 0; k < info.entries; k++)
            most = fmax(most, fabs((double)w[k]));
    }
    return most > 0.0 ? most : 1.0;
}

static void weights_chart(report *page, size_t from, size_t layer,
                          size_t layers)
{
    enum { BINS = 41 }; // odd: 0 is in the middle of one
    const double most = widest(page, from, layer);
    report_curves curves = { .count = 0 };
    char title[96];

    for (size_t r = 0; r < page->count; r++) {
        const report_run *run = &page->runs[r];
        limen_connection_info info;
        size_t index;

        if (find_connection(&info, &index, run, from, layer) == NULL)
            continue;
        const report_curve curve =
            report_curves_add(&curves, run->name, BINS, run->colour, false);
        cli_histogram(curve.x, curve.y, BINS, -most, most,
                      limen_network_weights(run->net, index), info.entries);
    }
    char from_name[32];
    char to_name[32];
    report_layer_name(from_name, sizeof from_name, from, layers);
    report_layer_name(to_name, sizeof to_name, layer, layers);
    snprintf(title, sizeof title, "Weights from %s to %s", from_name, to_name);
    const cli_chart chart = { .title = title,
                              .x_label = "weight",
                              .y_label = "share of weights",
                              .is_share = true,
                              .is_histogram = true,
                              .height = 240.0,
                              .series = curves.series,
                              .count = curves.count };
    if (curves.count > 0)
        cli_chart_lines(&page->body, &chart);
    report_curves_clear(&curves);
}

void report_histograms(report *page)
{
    enum { LAYERS_SHOWN = 6 };
    size_t layers = 0;

    for (size_t r = 0; r < page->count; r++)
        if (page->runs[r].layers > layers)
            layers = page->runs[r].layers;
    if (layers == 0)
        return;
    report_heading(&page->body, "Activity and weights",
                   "Shares of units by their mean rate over the test, and of "
                   "weights by their size (the float masters).");
    if (layers > LAYERS_SHOWN)
        cli_text_print(&page->body,
                       "<p class=\"note\">Of %zu layers, the first %d.</p>\n",
                       layers, LAYERS_SHOWN);
    // layers of the same number stand together; only equal depths have names
    const size_t all = page->count == 1 ? layers : 0;
    layers = layers < LAYERS_SHOWN ? layers : LAYERS_SHOWN;
    cli_text_print(&page->body, "<div class=\"charts\">\n");
    for (size_t l = 0; l < layers; l++)
        rates_chart(page, l, all);
    for (size_t l = 1; l < layers; l++)
        for (size_t from = 0; from < layers; from++)
            weights_chart(page, from, l, all);
    cli_text_print(&page->body, "</div>\n");
}

static void origin_row(report *page, const char *name, const char *class_name,
                       const char *(*get)(const report_run *run))
{
    cli_text_print(&page->body, "<tr><th>%s</th>", name);
    for (size_t r = 0; r < page->count; r++)
        report_cell(&page->body, class_name, get(&page->runs[r]));
    cli_text_print(&page->body, "</tr>\n");
}

static const char *get_path(const report_run *run)
{
    return run->path;
}

static const char *get_source(const report_run *run)
{
    return text_in(json_object_get(run->about, "data"), "source");
}

static const char *get_train_hash(const report_run *run)
{
    return text_in(json_object_get(run->about, "data"), "sha256");
}

static const char *get_test_hash(const report_run *run)
{
    return run->test == NULL ? text_in(run->result, "test_sha256")
                             : run->test->sha256;
}

static const char *get_version(const report_run *run)
{
    return text_in(run->about, "version");
}

static const char *get_backend(const report_run *run)
{
    return text_in(run->about, "backend");
}

static const char *get_machine(const report_run *run)
{
    return text_in(run->about, "machine");
}

static void settings_table(report *page)
{
    cli_text *to = &page->body;

    cli_text_print(to, "<details><summary>All settings</summary><div "
                       "class=\"scroll\"><table><tbody>\n");
    for (size_t i = 0; i < limen_setting_count(); i++) {
        const char *name = limen_setting_at(i)->name;

        cli_text_print(to, "<tr><th>%s</th>", name);
        for (size_t r = 0; r < page->count; r++)
            report_cell(
                to, NULL,
                text_in(json_object_get(page->runs[r].about, "settings"),
                        name));
        cli_text_print(to, "</tr>\n");
    }
    cli_text_print(to, "</tbody></table></div></details>\n");
}

void report_origins(report *page)
{
    cli_text *to = &page->body;

    report_heading(to, "Data and environment",
                   "As training stored them; the same version, data and seed "
                   "give the same bits on every machine of this type.");
    cli_text_print(to, "<div class=\"scroll\"><table><thead><tr><th></th>");
    for (size_t r = 0; r < page->count; r++) {
        cli_text_print(to, "<th>");
        cli_text_escape(to, page->runs[r].name);
        cli_text_print(to, "</th>");
    }
    cli_text_print(to, "</tr></thead><tbody>\n");
    origin_row(page, "run", NULL, get_path);
    origin_row(page, "data", NULL, get_source);
    origin_row(page, "training data, SHA-256", "hash", get_train_hash);
    origin_row(page, "test data, SHA-256", "hash", get_test_hash);
    origin_row(page, "limen", NULL, get_version);
    origin_row(page, "kernels", NULL, get_backend);
    origin_row(page, "machine", NULL, get_machine);
    cli_text_print(to, "</tbody></table></div>\n");
    settings_table(page);
}
