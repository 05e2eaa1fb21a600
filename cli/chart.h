/* chart.h -- charts as SVG: one drawing for the screen, for print and papers.
 *
 * A chart is complete by itself, in light colours, as attributes.  A page
 * overrides them through classes: s0..s7 the strokes and f0..f7 the fills of
 * the series, ink, axis, grid, paper.  Marks that can be pointed at have the
 * class `mark` and say what they show in data-v.
 */
#ifndef LIMEN_CHART_H
#define LIMEN_CHART_H

#include "text.h"

enum { CHART_COLOURS = 8 };

/* Curve, or histogram: y over x, NAN in y is a gap. */
typedef struct cli_series {
    const char *label;        /* any text; NULL: not in the legend */
    const double *x, *y;      /* (points) x ascending */
    const double *low, *high; /* (points) a band around y, or NULL */
    size_t points;
    size_t colour;     /* taken modulo CHART_COLOURS; with it goes the marker */
    bool is_reference; /* dashed, no markers, nothing to point at */
    bool is_faint;     /* thin and grey, for the many beside the few */
} cli_series;

typedef struct cli_chart {
    const char *title, *x_label, *y_label; /* any text */
    double width, height;                  /* pixels; 0: 480 by 300 */
    bool is_log_x, is_log_y; /* only if all values shown are above 0 */
    bool is_whole_x;         /* x counts: no ticks between whole numbers */
    bool is_share;           /* y is a share, shown in per cent */
    bool is_histogram;       /* steps around x, filled down to 0 */
    double y_low, y_high;    /* equal: as the values have it */
    const cli_series *series;
    size_t count;
} cli_chart;

void cli_chart_lines(cli_text *to, const cli_chart *chart);

/* Horizontal bars with intervals. */
typedef struct cli_bars {
    const char *title, *x_label;
    const char *const *labels; /* (count) any text */
    const double *values;      /* (count), NAN: no bar */
    const double *low, *high;  /* (count) or NULL */
    const size_t *colours;     /* (count) or NULL: all the first */
    size_t count;
    bool is_share;
    double width; /* pixels; 0: 480 */
} cli_bars;

void cli_chart_bars(cli_text *to, const cli_bars *bars);

/* A matrix of shares, darker is more. */
typedef struct cli_heat {
    const char *title, *x_label, *y_label;
    const char *const *row_names, *const *column_names; /* NULL: 0, 1, ... */
    const double *shares; /* (rows, columns) in [0, 1]; NAN: empty */
    const double *counts; /* (rows, columns) to point at; NULL: none */
    size_t rows, columns;
    double width; /* pixels; 0: 480 */
} cli_heat;

void cli_chart_heat(cli_text *to, const cli_heat *heat);

/* Numbers over two axes, darker is more, with lines over them. */
typedef struct cli_map {
    const char *title, *x_label, *y_label;
    const char *const *column_names, *const *row_names; /* any text */
    const double *values; /* (rows, columns), row 0 at the bottom; NAN: empty */
    size_t rows, columns;
    const cli_series *lines; /* x in columns, y in rows: 0 is the middle of the
                                first; NAN is a gap */
    size_t line_count;
    double width; /* pixels; 0: 640 */
} cli_map;

void cli_chart_map(cli_text *to, const cli_map *map);

/* Shares of `values` in `bins` equal bins of [low, high], those outside in the
 * outermost.  x: (bins) middles, y: (bins), values: (count). */
void cli_histogram(double *x, double *y, size_t bins, double low, double high,
                   const float *values, size_t count);

/* A row of small charts under one heading; charts go between the two. */
void cli_multiples_open(cli_text *to, const char *title);
void cli_multiples_close(cli_text *to);

#endif
