/* chart_draw.h -- what the kinds of chart share: the sheet, scales and axes. */
#ifndef LIMEN_CHART_DRAW_H
#define LIMEN_CHART_DRAW_H

#include "text.h"

/* Pixels of a text of this many characters at the charts' 12 pixels. */
enum { CHARACTER_WIDTH = 7, TICKS_MAX = 12 };

typedef struct chart_scale {
    double low, high; /* values at the ends */
    double from, to;  /* pixels of the ends */
    bool is_log, is_share;
    bool is_whole; /* no ticks between whole numbers */
    double ticks[TICKS_MAX];
    size_t count;
} chart_scale;

/* Rounds the ends outwards to ticks; is_tight: leaves them where they are. */
void chart_scale_ticks(chart_scale *scale, bool is_tight);
double chart_scale_at(const chart_scale *scale, double value);

/* A value as the scale's axis writes it. */
void chart_number(char *to, size_t size, double value, bool is_share);

void chart_open(cli_text *to, const char *kind, const char *title, double width,
                double height);
void chart_close(cli_text *to);
void chart_axis_x(cli_text *to, const chart_scale *x, double top, double bottom,
                  const char *label);
void chart_axis_y(cli_text *to, const chart_scale *y, double left, double right,
                  const char *label);

/* Colour-blind safe (Okabe & Ito 2008). */
const char *chart_colour(size_t index);

/* The first `most` characters of a name, and an ellipsis if there are more. */
void chart_name(cli_text *to, const char *name, size_t most);

/* How many characters a label has, not bytes. */
size_t chart_length(const char *text);

#endif
