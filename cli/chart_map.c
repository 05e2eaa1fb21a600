/* chart_map.c -- numbers over two axes, as in a phase diagram. */
#include "chart.h"
#include "chart_draw.h"

#include <math.h>
#include <stdio.h>

enum { TOP = 70, X_AXIS = 42, NAMES_MAX = 12, LEGEND_Y = 34, LABEL_Y = 62 };

typedef struct map_plot {
    const cli_map *map;
    double left, cell_width, cell_height;
    double low, high; /* values */
} map_plot;

/* Characters of the longest of these names, or of what is shown of it. */
static double name_length(const char *const *names, size_t count)
{
    size_t longest = 3;

    for (size_t k = 0; k < count; k++)
        if (chart_length(names[k]) > longest)
            longest = chart_length(names[k]);
    return (double)(longest < NAMES_MAX ? longest : NAMES_MAX);
}

static double at_column(const map_plot *plot, double x)
{
    return plot->left + plot->cell_width * (x + 0.5);
}

static double at_row(const map_plot *plot, double y)
{
    return TOP + plot->cell_height * ((double)plot->map->rows - y - 0.5);
}

static void draw_cell(cli_text *to, const map_plot *plot, size_t row,
                      size_t column)
{
    const cli_map *map = plot->map;
    const double value = map->values[row * map->columns + column];
    const double x = at_column(plot, (double)column);
    const double y = at_row(plot, (double)row);
    const double span = plot->high - plot->low;
    char number[32];

    if (!isfinite(value))
        return;
    cli_text_print(to,
                   "<rect class=\"mark f0 cell\" fill=\"#0072b2\" "
                   "fill-opacity=\"%.3f\" x=\"%.1f\" y=\"%.1f\" "
                   "width=\"%.2f\" height=\"%.2f\" data-x=\"%.1f\" "
                   "data-y=\"%.1f\" data-v=\"",
                   span > 0.0 ? 0.04 + 0.96 * (value - plot->low) / span : 0.5,
                   x - plot->cell_width / 2.0, y - plot->cell_height / 2.0,
                   plot->cell_width, plot->cell_height, x, y);
    cli_text_escape(to, map->x_label);
    cli_text_print(to, " ");
    cli_text_escape(to, map->column_names[column]);
    cli_text_print(to, ", ");
    cli_text_escape(to, map->y_label);
    cli_text_print(to, " ");
    cli_text_escape(to, map->row_names[row]);
    chart_number(number, sizeof number, value, false);
    cli_text_print(to, ": %s\"/>\n", number);
}

static void draw_names(cli_text *to, const map_plot *plot)
{
    const cli_map *map = plot->map;
    const size_t every_row = (size_t)ceil(16.0 / plot->cell_height);
    const double room =
        10.0 + CHARACTER_WIDTH * name_length(map->column_names, map->columns);
    const size_t every_column = (size_t)ceil(room / plot->cell_width);
    const double bottom = at_row(plot, -0.5);

    for (size_t row = 0; row < map->rows; row += every_row) {
        cli_text_print(to,
                       "<text class=\"ink\" x=\"%.1f\" y=\"%.1f\" "
                       "text-anchor=\"end\">",
                       plot->left - 6.0, at_row(plot, (double)row) + 4.0);
        chart_name(to, map->row_names[row], NAMES_MAX);
        cli_text_print(to, "</text>");
    }
    for (size_t column = 0; column < map->columns; column += every_column) {
        cli_text_print(to,
                       "<text class=\"ink\" x=\"%.1f\" y=\"%.1f\" "
                       "text-anchor=\"middle\">",
                       at_column(plot, (double)column), bottom + 15.0);
        chart_name(to, map->column_names[column], NAMES_MAX);
        cli_text_print(to, "</text>");
    }
    cli_text_print(to, "<text class=\"soft\" fill=\"#666\" x=\"4\" y=\"%d\">",
                   LABEL_Y);
    cli_text_escape(to, map->y_label);
    cli_text_print(to,
                   "</text><text class=\"soft\" fill=\"#666\" x=\"%.1f\" "
                   "y=\"%.1f\" text-anchor=\"middle\">",
                   at_column(plot, (double)map->columns / 2.0 - 0.5),
                   bottom + 33.0);
    cli_text_escape(to, map->x_label);
    cli_text_print(to, "</text>\n");
}

/* Under the title: what light and dark are, and the lines. */
static void draw_legend(cli_text *to, const map_plot *plot)
{
    char low[32];
    char high[32];
    double x = 4.0;

    chart_number(low, sizeof low, plot->low, false);
    chart_number(high, sizeof high, plot->high, false);
    cli_text_print(to,
                   "<text class=\"soft\" fill=\"#666\" x=\"%.1f\" "
                   "y=\"%d\">light %s, dark %s</text>",
                   x, LEGEND_Y, low, high);
    x += CHARACTER_WIDTH * 26.0;
    for (size_t s = 0; s < plot->map->line_count; s++) {
        const cli_series *line = &plot->map->lines[s];
        const size_t c = line->colour % CHART_COLOURS;

        cli_text_print(to,
                       "<path class=\"s%zu\" stroke=\"%s\" "
                       "stroke-width=\"2.5\"%s d=\"M%.1f %dh18\"/>"
                       "<text class=\"ink\" x=\"%.1f\" y=\"%d\">",
                       c, chart_colour(c),
                       line->is_reference ? " stroke-dasharray=\"5 4\"" : "", x,
                       LEGEND_Y - 4, x + 23.0, LEGEND_Y);
        cli_text_escape(to, line->label);
        cli_text_print(to, "</text>\n");
        x += 38.0 + CHARACTER_WIDTH * (double)chart_length(line->label);
    }
}

static void draw_line(cli_text *to, const map_plot *plot,
                      const cli_series *line)
{
    const size_t c = line->colour % CHART_COLOURS;
    bool is_open = false;

    cli_text_print(to,
                   "<path class=\"s%zu line\" fill=\"none\" stroke=\"%s\" "
                   "stroke-width=\"2.5\"%s d=\"",
                   c, chart_colour(c),
                   line->is_reference ? " stroke-dasharray=\"5 4\"" : "");
    for (size_t k = 0; k < line->points; k++) {
        if (!isfinite(line->x[k]) || !isfinite(line->y[k])) {
            is_open = false;
            continue;
        }
        cli_text_print(to, "%s%.1f %.1f", is_open ? "L" : "M",
                       at_column(plot, line->x[k]), at_row(plot, line->y[k]));
        is_open = true;
    }
    cli_text_print(to, "\"/>\n");
}

void cli_chart_map(cli_text *to, const cli_map *map)
{
    const double width = map->width > 0.0 ? map->width : 640.0;
    map_plot plot = { .map = map, .low = INFINITY, .high = -INFINITY };

    plot.left = 14.0 + CHARACTER_WIDTH * name_length(map->row_names, map->rows);
    plot.cell_width = (width - plot.left - 8.0) / (double)map->columns;
    plot.cell_height = fmin(plot.cell_width, 360.0 / (double)map->rows);
    for (size_t k = 0; k < map->rows * map->columns; k++)
        if (isfinite(map->values[k])) {
            plot.low = fmin(plot.low, map->values[k]);
            plot.high = fmax(plot.high, map->values[k]);
        }
    if (!isfinite(plot.low))
        plot.low = plot.high = NAN;
    chart_open(to, "map", map->title, width, at_row(&plot, -0.5) + X_AXIS);
    draw_legend(to, &plot);
    draw_names(to, &plot);
    for (size_t row = 0; row < map->rows; row++)
        for (size_t column = 0; column < map->columns; column++)
            draw_cell(to, &plot, row, column);
    for (size_t s = 0; s < map->line_count; s++)
        draw_line(to, &plot, &map->lines[s]);
    chart_close(to);
}
