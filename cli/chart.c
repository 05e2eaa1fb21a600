/* chart.c -- curves with bands, and histograms. */
#include "chart.h"
#include "chart_draw.h"

#include <math.h>
#include <stdio.h>

enum {
    LEFT = 58,
    RIGHT = 16,
    BOTTOM = 42,
    TITLE = 24,
    LEGEND_ROW = 18,
    Y_LABEL = 24,
    MARKERS_MAX = 40 // more points than that are a line only
};

typedef struct chart_plot {
    const cli_chart *chart;
    chart_scale x, y;
    double width, height, top; /* top: of the plotting area */
} chart_plot;

static void widen(double *low, double *high, double value)
{
    if (isfinite(value)) {
        *low = fmin(*low, value);
        *high = fmax(*high, value);
    }
}

static void find_ranges(chart_plot *plot)
{
    const cli_chart *chart = plot->chart;
    double least_step = INFINITY;

    plot->x.low = plot->y.low = INFINITY;
    plot->x.high = plot->y.high = -INFINITY;
    for (size_t s = 0; s < chart->count; s++) {
        const cli_series *series = &chart->series[s];

        for (size_t k = 0; k < series->points; k++) {
            widen(&plot->x.low, &plot->x.high, series->x[k]);
            widen(&plot->y.low, &plot->y.high, series->y[k]);
            if (series->low != NULL)
                widen(&plot->y.low, &plot->y.high, series->low[k]);
            if (series->high != NULL)
                widen(&plot->y.low, &plot->y.high, series->high[k]);
            if (k > 0)
                least_step = fmin(least_step, series->x[k] - series->x[k - 1]);
        }
    }
    if (!isfinite(plot->x.low)) // no values: an empty frame
        plot->x.low = plot->x.high = 1.0;
    if (!isfinite(plot->y.low))
        plot->y.low = plot->y.high = 1.0;
    if (chart->is_histogram && isfinite(least_step)) {
        plot->x.low -= least_step / 2.0;
        plot->x.high += least_step / 2.0;
    }
    if (chart->is_histogram && !chart->is_log_y)
        plot->y.low = 0.0;
    if (chart->y_low < chart->y_high) {
        plot->y.low = chart->y_low;
        plot->y.high = chart->y_high;
    }
}

/* Draws the legend if `to` is not NULL; returns its height. */
static double legend(cli_text *to, const cli_chart *chart, double width)
{
    double x = 4.0;
    double y = TITLE + 10.0;
    size_t drawn = 0;

    for (size_t s = 0; s < chart->count; s++) {
        const cli_series *series = &chart->series[s];
        const double length =
            38.0 + CHARACTER_WIDTH * (double)chart_length(series->label);

        if (series->label == NULL || (chart->count < 2 && !series->low))
            continue;
        if (drawn++ > 0 && x + length > width) {
            x = 4.0;
            y += LEGEND_ROW;
        }
        if (to != NULL) {
            const size_t c = series->colour % CHART_COLOURS;

            cli_text_print(
                to,
                "<path class=\"s%zu%s\" stroke=\"%s\" stroke-width=\"2.5\"%s "
                "d=\"M%.1f %.1fh18\"/><text class=\"ink\" x=\"%.1f\" "
                "y=\"%.1f\">",
                c, series->is_faint ? " faint" : "",
                series->is_faint ? "#bbb" : chart_colour(c),
                series->is_reference ? " stroke-dasharray=\"4 3\"" : "", x,
                y - 4.0, x + 23.0, y);
            cli_text_escape(to, series->label);
            cli_text_print(to, "</text>\n");
        }
        x += length;
    }
    return drawn == 0 ? 0.0 : y - TITLE - 10.0 + LEGEND_ROW;
}

static bool is_visible(const chart_plot *plot, double x, double y)
{
    return isfinite(x) && isfinite(y) && (!plot->x.is_log || x > 0.0) &&
           (!plot->y.is_log || y > 0.0);
}

static double at_y(const chart_plot *plot, double value)
{
    return chart_scale_at(&plot->y,
                          fmax(plot->y.low, fmin(plot->y.high, value)));
}

static void draw_band(cli_text *to, const chart_plot *plot,
                      const cli_series *series)
{
    const size_t c = series->colour % CHART_COLOURS;
    bool is_open = false;

    if (series->low == NULL || series->high == NULL)
        return;
    cli_text_print(to,
                   "<path class=\"f%zu band\" fill=\"%s\" "
                   "fill-opacity=\"0.15\" d=\"",
                   c, chart_colour(c));
    for (size_t pass = 0; pass < 2; pass++)
        for (size_t n = 0; n < series->points; n++) {
            const size_t k = pass == 0 ? n : series->points - 1 - n;
            const double edge = pass == 0 ? series->low[k] : series->high[k];

            if (!is_visible(plot, series->x[k], series->low[k]) ||
                !is_visible(plot, series->x[k], series->high[k]))
                continue;
            cli_text_print(to, "%s%.1f %.1f", is_open ? "L" : "M",
                           chart_scale_at(&plot->x, series->x[k]),
                           at_y(plot, edge));
            is_open = true;
        }
    cli_text_print(to, "%s\"/>", is_open ? "Z" : "");
}

static void draw_line(cli_text *to, const chart_plot *plot,
                      const cli_series *series)
{
    const size_t c = series->colour % CHART_COLOURS;
    bool is_open = false;

    cli_text_print(to,
                   "<path class=\"s%zu line%s\" fill=\"none\" stroke=\"%s\" "
                   "stroke-width=\"%s\" stroke-linejoin=\"round\"%s d=\"",
                   c, series->is_faint ? " faint" : "",
                   series->is_faint ? "#bbb" : chart_colour(c),
                   series->is_faint       ? "1"
                   : series->is_reference ? "1.5"
                                          : "2",
                   series->is_reference ? " stroke-dasharray=\"5 4\"" : "");
    for (size_t k = 0; k < series->points; k++) {
        if (!is_visible(plot, series->x[k], series->y[k])) {
            is_open = false;
            continue;
        }
        cli_text_print(to, "%s%.1f %.1f", is_open ? "L" : "M",
                       chart_scale_at(&plot->x, series->x[k]),
                       at_y(plot, series->y[k]));
        is_open = true;
    }
    cli_text_print(to, "\"/>\n");
}

static void draw_steps(cli_text *to, const chart_plot *plot,
                       const cli_series *series)
{
    const size_t c = series->colour % CHART_COLOURS;
    const double half =
        series->points < 2 ? 0.5 : (series->x[1] - series->x[0]) / 2.0;

    cli_text_print(to,
                   "<path class=\"s%zu f%zu step\" fill=\"%s\" "
                   "fill-opacity=\"0.18\" stroke=\"%s\" stroke-width=\"1.5\" "
                   "d=\"",
                   c, c, chart_colour(c), chart_colour(c));
    for (size_t k = 0; k < series->points; k++)
        if (is_visible(plot, series->x[k], series->y[k]))
            cli_text_print(to, "%s%.1f %.1fV%.1fH%.1f", k == 0 ? "M" : "L",
                           chart_scale_at(&plot->x, series->x[k] - half),
                           k == 0 ? plot->y.from : at_y(plot, series->y[k - 1]),
                           at_y(plot, series->y[k]),
                           chart_scale_at(&plot->x, series->x[k] + half));
    cli_text_print(to, "V%.1fZ\"/>\n", plot->y.from);
}

/* What pointing at a point shows: "label: x, y (low to high)". */
static void describe_point(cli_text *to, const chart_plot *plot,
                           const cli_series *series, size_t k)
{
    const bool is_share = plot->chart->is_share;
    char number[32];

    if (series->label != NULL) {
        cli_text_escape(to, series->label);
        cli_text_print(to, ": ");
    }
    cli_text_escape(to, plot->chart->x_label);
    chart_number(number, sizeof number, series->x[k], false);
    cli_text_print(to, " %s, ", number);
    chart_number(number, sizeof number, series->y[k], is_share);
    cli_text_print(to, "%s", number);
    if (series->low == NULL || series->high == NULL || isnan(series->low[k]) ||
        isnan(series->high[k]))
        return;
    chart_number(number, sizeof number, series->low[k], is_share);
    cli_text_print(to, " (%s", number);
    chart_number(number, sizeof number, series->high[k], is_share);
    cli_text_print(to, " to %s)", number);
}

static void draw_marker(cli_text *to, size_t shape, double x, double y)
{
    switch (shape % 4) {
    case 0: // a disc
        cli_text_print(to, "M%.1f %.1fa3 3 0 1 0 6 0a3 3 0 1 0-6 0z", x - 3.0,
                       y);
        break;
    case 1: // a square
        cli_text_print(to, "M%.1f %.1fh5.4v5.4h-5.4z", x - 2.7, y - 2.7);
        break;
    case 2: // a diamond
        cli_text_print(to, "M%.1f %.1fl3.7 3.7l-3.7 3.7l-3.7-3.7z", x, y - 3.7);
        break;
    default: // a triangle
        cli_text_print(to, "M%.1f %.1fl3.6 6.2h-7.2z", x, y - 4.0);
    }
}

static void draw_marks(cli_text *to, const chart_plot *plot,
                       const cli_series *series)
{
    const size_t c = series->colour % CHART_COLOURS;
    const bool is_bare =
        series->points > MARKERS_MAX || plot->chart->is_histogram;

    for (size_t k = 0; k < series->points; k++) {
        if (!is_visible(plot, series->x[k], series->y[k]))
            continue;
        const double x = chart_scale_at(&plot->x, series->x[k]);
        const double y = at_y(plot, series->y[k]);

        cli_text_print(to,
                       "<path class=\"mark f%zu\" fill=\"%s\"%s "
                       "data-x=\"%.1f\" data-y=\"%.1f\" d=\"",
                       c, chart_colour(c), is_bare ? " opacity=\"0\"" : "", x,
                       y);
        draw_marker(to, c, x, y);
        cli_text_print(to, "\" data-v=\"");
        describe_point(to, plot, series, k);
        cli_text_print(to, "\"/>\n");
    }
}

static void draw_series(cli_text *to, const chart_plot *plot,
                        const cli_series *series)
{
    draw_band(to, plot, series);
    if (plot->chart->is_histogram && !series->is_reference)
        draw_steps(to, plot, series);
    else
        draw_line(to, plot, series);
    if (!series->is_reference && !series->is_faint)
        draw_marks(to, plot, series);
}

void cli_chart_lines(cli_text *to, const cli_chart *chart)
{
    chart_plot plot = { .chart = chart,
                        .width = chart->width > 0.0 ? chart->width : 480.0,
                        .height = chart->height > 0.0 ? chart->height : 300.0 };
    bool is_positive_x = true;
    bool is_positive_y = true;

    find_ranges(&plot);
    is_positive_x = plot.x.low > 0.0;
    is_positive_y = plot.y.low > 0.0;
    plot.x.is_log = chart->is_log_x && is_positive_x;
    plot.y.is_log = chart->is_log_y && is_positive_y;
    plot.x.is_whole = chart->is_whole_x;
    plot.y.is_share = chart->is_share;
    plot.top = TITLE + legend(NULL, chart, plot.width) + Y_LABEL;
    plot.x.from = LEFT;
    plot.x.to = plot.width - RIGHT;
    plot.y.from = plot.height - BOTTOM;
    plot.y.to = plot.top;
    chart_scale_ticks(&plot.x, true);
    if (chart->is_share) { // a band may reach out of what a share can be
        plot.y.low = fmax(plot.y.low, 0.0);
        plot.y.high = fmin(plot.y.high, 1.0);
        if (!(plot.y.high > plot.y.low)) { // a flat line
            plot.y.high = fmin(plot.y.low + 0.05, 1.0);
            plot.y.low = plot.y.high - 0.05;
        }
    }
    chart_scale_ticks(&plot.y, chart->y_low < chart->y_high);

    chart_open(to, chart->is_histogram ? "histogram" : "lines", chart->title,
               plot.width, plot.height);
    legend(to, chart, plot.width);
    chart_axis_y(to, &plot.y, plot.x.from, plot.x.to, chart->y_label);
    chart_axis_x(to, &plot.x, plot.top, plot.y.from, chart->x_label);
    for (size_t pass = 0; pass < 2; pass++) // the faint ones lie below
        for (size_t s = 0; s < chart->count; s++)
            if (chart->series[s].is_faint == (pass == 0))
                draw_series(to, &plot, &chart->series[s]);
    chart_close(to);
}

void cli_histogram(double *x, double *y, size_t bins, double low, double high,
                   const float *values, size_t count)
{
    const double width = (high - low) / (double)bins;

    for (size_t k = 0; k < bins; k++) {
        x[k] = low + ((double)k + 0.5) * width;
        y[k] = 0.0;
    }
    for (size_t i = 0; i < count; i++) {
        const double at = floor(((double)values[i] - low) / width);
        const size_t bin = !(at > 0.0)                ? 0
                           : at >= (double)(bins - 1) ? bins - 1
                                                      : (size_t)at;

        y[bin] += 1.0 / (double)count;
    }
}

void cli_multiples_open(cli_text *to, const char *title)
{
    cli_text_print(to, "<section class=\"multiples\"><h3>");
    cli_text_escape(to, title);
    cli_text_print(to, "</h3><div>\n");
}

void cli_multiples_close(cli_text *to)
{
    cli_text_print(to, "</div></section>\n");
}
