/* report_samples.c -- single samples: the surest wrong answers with their vote
 * over time, and one sample's raster. */
#include "chart_draw.h"
#include "report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RASTER_STEPS_MAX = 100, RASTER_UNITS_MAX = 1024, CLASSES_DRAWN = 20 };

/* One sample shown again, every spike kept. */
typedef struct showing {
    size_t layers, steps;
    uint64_t **raster; /* [layer] (steps, words of n_l) */
} showing;

static void showing_free(showing *seen)
{
    for (size_t l = 0; seen->raster != NULL && l < seen->layers; l++)
        free(seen->raster[l]);
    free(seen->raster);
}

static size_t words_of(const report_run *run, size_t layer)
{
    return (limen_network_units(run->net, layer) + 63) / 64;
}

/* The same spikes as in the test: the key is the sample's place. */
static limen_status show(showing *seen, const report_run *run, size_t sample,
                         int threads, limen_error *err)
{
    limen_data *one = NULL;
    limen_state *state = NULL;
    limen_status status = limen_data_select(&one, run->test, &sample, 1, err);

    *seen = (showing){ .layers = run->layers,
                       .steps = run->steps > 50 ? run->steps : 50 };
    if (seen->steps > RASTER_STEPS_MAX)
        seen->steps = RASTER_STEPS_MAX;
    seen->raster = report_room(run->layers, sizeof *seen->raster);
    for (size_t l = 0; l < run->layers; l++)
        seen->raster[l] =
            report_room(seen->steps * words_of(run, l), sizeof(uint64_t));
    if (status == LIMEN_OK)
        status = limen_state_new(&state, run->image, 1, err);
    if (status == LIMEN_OK) {
        limen_input input = limen_data_input(
            one, (float)cli_setting_real(run->settings, "pixel-scale"),
            cli_setting_encoder(run->settings));
        const limen_record record = { .raster = seen->raster };

        input.keys = &run->keys[sample];
        status = limen_run(run->image, state, &input, seen->steps, 0, run->seed,
                           threads, &record, err);
    }
    limen_state_free(state);
    limen_data_free(one);
    return status;
}

static bool fires(const showing *seen, const report_run *run, size_t layer,
                  size_t t, size_t i)
{
    const uint64_t *row = seen->raster[layer] + t * words_of(run, layer);

    return row[i / 64] >> (i % 64) & 1;
}

/* The mean of each class so far; label and answer stand out. */
static void vote_chart(cli_text *to, const showing *seen, const report_run *run,
                       size_t sample, const char *title, double width,
                       double height)
{
    const size_t label = run->test->labels[sample];
    const size_t answer = run->answers[sample];
    const size_t classes =
        run->outputs < CLASSES_DRAWN ? run->outputs : CLASSES_DRAWN;
    report_curves curves = { .count = 0 };
    char name[48];

    for (size_t c = 0; c < run->outputs; c++) {
        const bool is_shown = c == label || c == answer;

        if (c >= classes && !is_shown)
            continue;
        snprintf(name, sizeof name, c == label ? "label %zu" : "answer %zu", c);
        const report_curve curve =
            report_curves_add(&curves, is_shown ? name : NULL, seen->steps,
                              c == label ? 0 : 1, false);
        curves.series[curves.count - 1].is_faint = !is_shown;
        size_t spikes = 0;
        for (size_t t = 0; t < seen->steps; t++) {
            spikes += fires(seen, run, run->layers - 1, t, c);
            curve.x[t] = (double)t + 1.0;
            curve.y[t] = (double)spikes / ((double)t + 1.0);
        }
    }
    const cli_chart chart = { .title = title,
                              .x_label = "step",
                              .is_whole_x = true,
                              .y_label = "mean output",
                              .y_high = 1.0,
                              .width = width,
                              .height = height,
                              .series = curves.series,
                              .count = curves.count };
    cli_chart_lines(to, &chart);
    report_curves_clear(&curves);
}

static void put_number(uint8_t *to, uint32_t value)
{
    for (size_t k = 0; k < 4; k++)
        to[k] = (uint8_t)(value >> (8 * k));
}

/* A BMP with 256 greys: any browser shows it, and it needs no compressor. */
static void picture(cli_text *to, const limen_data *data, size_t sample)
{
    enum { HEADER = 54, PALETTE = 1024, SIDE_MAX = 256 };
    const size_t stride = (data->width + 3) / 4 * 4;
    const size_t bytes = HEADER + PALETTE + stride * data->height;

    if (data->height < 2 || data->height > SIDE_MAX || data->width > SIDE_MAX)
        return;
    uint8_t *file = report_room(bytes, 1);
    memcpy(file, "BM", 2);
    put_number(file + 2, (uint32_t)bytes);
    put_number(file + 10, HEADER + PALETTE);
    put_number(file + 14, 40); // of the second header
    put_number(file + 18, (uint32_t)data->width);
    put_number(file + 22, (uint32_t)data->height);
    file[26] = 1; // plane
    file[28] = 8; // bits a pixel
    for (size_t g = 0; g < 256; g++)
        memset(file + HEADER + 4 * g, (int)g, 3);
    for (size_t row = 0; row < data->height; row++)
        for (size_t column = 0; column < data->width; column++) {
            const size_t at =
                sample * data->features + row * data->width + column;
            uint8_t *pixel = file + HEADER + PALETTE +
                             (data->height - 1 - row) * stride + column;

            *pixel = data->bytes != NULL
                         ? data->bytes[at]
                         : (uint8_t)lrintf(255.0F * data->floats[at]);
        }
    cli_text_print(to, "<img alt=\"the sample\" src=\"data:image/bmp;base64,");
    cli_text_base64(to, file, bytes);
    cli_text_print(to, "\">");
    free(file);
}

typedef struct mistake {
    size_t sample;
    double confidence;
} mistake;

static int by_confidence(const void *a, const void *b)
{
    const mistake *one = a;
    const mistake *two = b;

    if (one->confidence != two->confidence)
        return one->confidence > two->confidence ? -1 : 1;
    return one->sample < two->sample ? -1 : one->sample > two->sample;
}

/* Wrong answers, the surest first; returns how many. */
static size_t find_mistakes(mistake *to, const report_run *run)
{
    const double beta =
        cli_setting_real(run->settings, "beta") / run->temperature;
    double *p = report_room(run->outputs, sizeof *p);
    size_t count = 0;

    for (size_t b = 0; b < run->test->samples; b++) {
        if (run->answers[b] == run->test->labels[b])
            continue;
        limen_softmax(p, run->y + b * run->outputs, run->outputs, beta);
        to[count++] = (mistake){ b, p[run->answers[b]] };
    }
    free(p);
    qsort(to, count, sizeof *to, by_confidence);
    return count;
}

static int worst_of(cli_text *to, const report_run *run, int threads)
{
    mistake *all = report_room(run->test->samples, sizeof *all);
    const size_t count = find_mistakes(all, run);
    const size_t shown = count < REPORT_WORST ? count : REPORT_WORST;
    limen_status status = LIMEN_OK;
    limen_error err;
    char title[200];

    snprintf(title, sizeof title, "%s: %zu of %zu wrong", run->name, count,
             run->test->samples);
    cli_multiples_open(to, title);
    for (size_t k = 0; status == LIMEN_OK && k < shown; k++) {
        const size_t b = all[k].sample;
        showing seen;

        status = show(&seen, run, b, threads, &err);
        snprintf(title, sizeof title,
                 "Test sample %zu: %zu taken for %zu, %.0f %% sure",
                 (size_t)run->keys[b], (size_t)run->test->labels[b],
                 (size_t)run->answers[b], 100.0 * all[k].confidence);
        cli_text_print(to, "<div class=\"worst\">");
        picture(to, run->test, b);
        if (status == LIMEN_OK)
            vote_chart(to, &seen, run, b, title, 420.0, 210.0);
        cli_text_print(to, "</div>\n");
        showing_free(&seen);
    }
    cli_multiples_close(to);
    free(all);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

int report_worst(report *page, int threads)
{
    int code = CLI_DONE;

    if (!report_has_measures(page))
        return CLI_DONE;
    report_heading(&page->body, "Surest wrong answers",
                   "The mean of each output unit up to each step: the label's "
                   "and the answer's in colour, the others in grey. "
                   "Confidences are with the temperature.");
    for (size_t r = 0; code == CLI_DONE && r < page->count; r++)
        if (page->runs[r].answers != NULL)
            code = worst_of(&page->body, &page->runs[r], threads);
    return code;
}

/* Spikes as runs along the time: x is t from 0, y the unit. */
static void spikes_path(cli_text *to, const showing *seen,
                        const report_run *run, size_t layer, size_t units)
{
    for (size_t i = 0; i < units; i++)
        for (size_t t = 0; t < seen->steps; t++) {
            size_t end = t;

            while (end < seen->steps && fires(seen, run, layer, end, i))
                end++;
            if (end > t)
                cli_text_print(to, "M%zu %zuh%zuv1h-%zuz", t, i, end - t,
                               end - t);
            t = end;
        }
}

static double panel_height(size_t units)
{
    return fmin(240.0, 40.0 + 5.0 * sqrt((double)units));
}

static void raster_panel(cli_text *to, const showing *seen,
                         const report_run *run, size_t layer, double top)
{
    enum { LEFT = 92, WIDTH = 880 };
    const size_t units = limen_network_units(run->net, layer);
    const size_t shown = units < RASTER_UNITS_MAX ? units : RASTER_UNITS_MAX;
    const double height = panel_height(shown);
    char label[32];
    char count[64];

    report_layer_name(label, sizeof label, layer, run->layers);
    if (shown < units)
        snprintf(count, sizeof count, "%zu of %zu units", shown, units);
    else
        snprintf(count, sizeof count, "%zu units", units);
    cli_text_print(
        to,
        "<text class=\"ink\" x=\"4\" y=\"%.1f\">%s</text>"
        "<text class=\"soft\" fill=\"#666\" font-size=\"11\" x=\"4\" "
        "y=\"%.1f\">%s</text>\n"
        "<rect class=\"frame\" fill=\"none\" stroke=\"#999\" x=\"%d\" "
        "y=\"%.1f\" width=\"%d\" height=\"%.1f\"/>"
        "<svg class=\"layer\" x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" "
        "viewBox=\"0 0 %zu %zu\" preserveAspectRatio=\"none\" "
        "data-steps=\"%zu\" data-units=\"%zu\" data-label=\"%s\">"
        "<rect width=\"%zu\" height=\"%zu\" fill=\"none\" "
        "pointer-events=\"all\"/>"
        "<path class=\"mark f%zu\" fill=\"%s\" d=\"",
        top + height / 2.0, label, top + height / 2.0 + 15.0, count, LEFT, top,
        WIDTH, height, LEFT, top, WIDTH, height, seen->steps, shown,
        seen->steps, shown, label, seen->steps, shown,
        layer == 0 ? (size_t)7 : (layer - 1) % 7,
        chart_colour(layer == 0 ? 7 : (layer - 1) % 7));
    spikes_path(to, seen, run, layer, shown);
    cli_text_print(to,
                   "\"/></svg><g font-size=\"11\"><text class=\"soft\" "
                   "fill=\"#666\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">0"
                   "</text><text class=\"soft\" fill=\"#666\" x=\"%d\" "
                   "y=\"%.1f\" text-anchor=\"end\">%zu</text></g>\n",
                   LEFT - 4, top + 9.0, LEFT - 4, top + height, shown - 1);
}

static void raster_chart(cli_text *to, const showing *seen,
                         const report_run *run, const char *title)
{
    enum { WIDTH = 980, TOP = 28, GAP = 12, BOTTOM = 20, LAYERS_SHOWN = 8 };
    const size_t layers =
        run->layers < LAYERS_SHOWN ? run->layers : LAYERS_SHOWN;
    double height = TOP + BOTTOM;
    double top = TOP;

    for (size_t l = 0; l < layers; l++)
        height += GAP + panel_height(limen_network_units(run->net, l));
    chart_open(to, "raster", title, WIDTH, height);
    for (size_t l = 0; l < layers; l++) {
        raster_panel(to, seen, run, l, top);
        top += GAP + panel_height(limen_network_units(run->net, l));
    }
    cli_text_print(to,
                   "<text class=\"ink step-end\" x=\"92\" y=\"%.1f\">1</text>"
                   "<text class=\"soft\" fill=\"#666\" x=\"532\" y=\"%.1f\" "
                   "text-anchor=\"middle\">step</text><text "
                   "class=\"ink step-end\" x=\"972\" y=\"%.1f\" "
                   "text-anchor=\"end\">%zu</text></svg></figure>\n",
                   top + 6.0, top + 6.0, top + 6.0, seen->steps);
}

static void activity_chart(cli_text *to, const showing *seen,
                           const report_run *run)
{
    enum { LAYERS_SHOWN = 8 };
    const size_t layers =
        run->layers < LAYERS_SHOWN ? run->layers : LAYERS_SHOWN;
    report_curves curves = { .count = 0 };

    for (size_t l = 0; l < layers; l++) {
        char label[32];

        report_layer_name(label, sizeof label, l, run->layers);
        const report_curve curve =
            report_curves_add(&curves, label, seen->steps, l, false);
        for (size_t t = 0; t < seen->steps; t++)
            curve.x[t] = (double)t + 1.0;
        limen_raster_activity(curve.y, seen->raster[l], seen->steps,
                              limen_network_units(run->net, l));
    }
    const cli_chart chart = { .title = "Activity at each step",
                              .x_label = "step",
                              .is_whole_x = true,
                              .y_label = "share of units that fire",
                              .is_share = true,
                              .series = curves.series,
                              .count = curves.count };
    cli_chart_lines(to, &chart);
    report_curves_clear(&curves);
}

int report_raster(report *page, int threads)
{
    limen_status status = LIMEN_OK;
    limen_error err;

    if (!report_has_measures(page))
        return CLI_DONE;
    report_heading(
        &page->body, "One sample, every spike",
        "The first test sample from rest on. Drag over a part to see it "
        "larger, turn the wheel with Shift or Ctrl, or use the keys + - 0 and "
        "the arrows; double click shows all again.");
    for (size_t r = 0; status == LIMEN_OK && r < page->count; r++) {
        const report_run *run = &page->runs[r];
        char title[200];
        showing seen;

        if (run->answers == NULL)
            continue;
        status = show(&seen, run, 0, threads, &err);
        if (status == LIMEN_OK) {
            snprintf(title, sizeof title, "%s: spikes of test sample 0",
                     run->name);
            raster_chart(&page->body, &seen, run, title);
            cli_text_print(&page->body, "<div class=\"charts\">");
            activity_chart(&page->body, &seen, run);
            vote_chart(&page->body, &seen, run, 0, "Its vote so far", 0.0, 0.0);
            cli_text_print(&page->body, "</div>\n");
        }
        showing_free(&seen);
    }
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}
