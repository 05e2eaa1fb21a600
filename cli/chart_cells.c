/* chart_cells.c -- bars with intervals, and matrices as heat maps. */
#include "chart.h"
#include "chart_draw.h"

#include <math.h>
#include <stdio.h>

enum { TOP = 34, BAR_ROW = 24, X_AXIS = 42, NAMES_MAX = 24 };

/* Room for the longest of these names. */
static double name_room(const char *const *names, size_t count)
{
    size_t longest = 3;

    for (size_t k = 0; names != NULL && k < count; k++)
        if (chart_length(names[k]) > longest)
            longest = chart_length(names[k]);
    return 12.0 + CHARACTER_WIDTH *
                      (double)(longest < NAMES_MAX ? longest : NAMES_MAX);
}

static void describe_bar(cli_text *to, const cli_bars *bars, size_t k)
{
    char number[32];

    cli_text_escape(to, bars->labels[k]);
    chart_number(number, sizeof number, bars->values[k], bars->is_share);
    cli_text_print(to, ": %s", number);
    if (bars->low == NULL || bars->high == NULL || isnan(bars->low[k]))
        return;
    chart_number(number, sizeof number, bars->low[k], bars->is_share);
    cli_text_print(to, " (%s", number);
    chart_number(number, sizeof number, bars->high[k], bars->is_share);
    cli_text_print(to, " to %s)", number);
}

static void draw_bar(cli_text *to, const cli_bars *bars, const chart_scale *x,
                     size_t k)
{
    const double y = TOP + BAR_ROW * (double)k;
    const double zero = chart_scale_at(x, fmax(x->low, fmin(x->high, 0.0)));
    const size_t c =
        (bars->colours == NULL ? 0 : bars->colours[k]) % CHART_COLOURS;

    cli_text_print(to,
                   "<text class=\"ink\" x=\"%.1f\" y=\"%.1f\" "
                   "text-anchor=\"end\">",
                   x->from - 8.0, y + 16.0);
    chart_name(to, bars->labels[k], NAMES_MAX);
    cli_text_print(to, "</text>");
    if (!isfinite(bars->values[k]))
        return;
    const double at = chart_scale_at(x, bars->values[k]);
    cli_text_print(to,
                   "<rect class=\"mark f%zu\" fill=\"%s\" x=\"%.1f\" "
                   "y=\"%.1f\" width=\"%.1f\" height=\"14\" data-x=\"%.1f\" "
                   "data-y=\"%.1f\" data-v=\"",
                   c, chart_colour(c), fmin(zero, at), y + 5.0, fabs(at - zero),
                   at, y + 12.0);
    describe_bar(to, bars, k);
    cli_text_print(to, "\"/>");
    if (bars->low != NULL && bars->high != NULL && isfinite(bars->low[k]) &&
        isfinite(bars->high[k]))
        cli_text_print(to,
                       "<path class=\"whisker\" stroke=\"#222\" "
                       "stroke-width=\"1.5\" d=\"M%.1f %.1fH%.1f\"/>",
                       chart_scale_at(x, fmax(bars->low[k], x->low)), y + 12.0,
                       chart_scale_at(x, fmin(bars->high[k], x->high)));
    cli_text_print(to, "\n");
}

void cli_chart_bars(cli_text *to, const cli_bars *bars)
{
    const double width = bars->width > 0.0 ? bars->width : 480.0;
    const double bottom = TOP + BAR_ROW * (double)bars->count + 4.0;
    chart_scale x = { .from = name_room(bars->labels, bars->count),
                      .to = width - 26.0,
                      .is_share = bars->is_share };

    for (size_t k = 0; k < bars->count; k++) {
        const double ends[] = { bars->values[k],
                                bars->low == NULL ? (double)NAN : bars->low[k],
                                bars->high == NULL ? (double)NAN
                                                   : bars->high[k] };

        for (size_t e = 0; e < 3; e++) // fmin and fmax pass over NAN
            if (!isinf(ends[e])) {
                x.low = fmin(x.low, ends[e]);
                x.high = fmax(x.high, ends[e]);
            }
    }
    if (bars->is_share) // an interval may reach out of what a share can be
        x.high = fmin(x.high, 1.0);
    chart_scale_ticks(&x, false);
    chart_open(to, "bars", bars->title, width, bottom + X_AXIS);
    chart_axis_x(to, &x, TOP, bottom, bars->x_label);
    for (size_t k = 0; k < bars->count; k++)
        draw_bar(to, bars, &x, k);
    chart_close(to);
}

typedef struct heat_grid {
    const cli_heat *heat;
    double left, top, cell;
} heat_grid;

static void print_name(cli_text *to, const char *const *names, size_t k)
{
    if (names != NULL)
        chart_name(to, names[k], NAMES_MAX);
    else
        cli_text_print(to, "%zu", k);
}

static void draw_cell(cli_text *to, const heat_grid *grid, size_t row,
                      size_t column)
{
    enum { NUMBER_WIDTH = 24 }; // of "100" with air
    const cli_heat *heat = grid->heat;
    const double share = heat->shares[row * heat->columns + column];
    const double x = grid->left + grid->cell * (double)column;
    const double y = grid->top + grid->cell * (double)row;

    if (isnan(share))
        return;
    cli_text_print(to,
                   "<rect class=\"mark f0 cell\" fill=\"#0072b2\" "
                   "fill-opacity=\"%.3f\" x=\"%.1f\" y=\"%.1f\" "
                   "width=\"%.1f\" height=\"%.1f\" data-x=\"%.1f\" "
                   "data-y=\"%.1f\" data-v=\"",
                   share, x, y, grid->cell - 1.0, grid->cell - 1.0,
                   x + grid->cell / 2.0, y + grid->cell / 2.0);
    cli_text_escape(to, heat->y_label);
    cli_text_print(to, " ");
    print_name(to, heat->row_names, row);
    cli_text_print(to, ", ");
    cli_text_escape(to, heat->x_label);
    cli_text_print(to, " ");
    print_name(to, heat->column_names, column);
    cli_text_print(to, ": %.1f %%", 100.0 * share);
    if (heat->counts != NULL)
        cli_text_print(to, " (%.0f)",
                       heat->counts[row * heat->columns + column]);
    cli_text_print(to, "\"/>");
    if (grid->cell >= NUMBER_WIDTH && share >= 0.005)
        cli_text_print(to,
                       "<text class=\"%s\" fill=\"%s\" x=\"%.1f\" "
                       "y=\"%.1f\" text-anchor=\"middle\" "
                       "font-size=\"11\">%.0f</text>",
                       share > 0.55 ? "on-dark" : "ink",
                       share > 0.55 ? "#fff" : "#333", x + grid->cell / 2.0,
                       y + grid->cell / 2.0 + 4.0, 100.0 * share);
    cli_text_print(to, "\n");
}

static void draw_names(cli_text *to, const heat_grid *grid)
{
    const cli_heat *heat = grid->heat;
    // where cells are narrow only every so many-th has its name
    const size_t every = (size_t)ceil(18.0 / grid->cell);
    const double bottom = grid->top + grid->cell * (double)heat->rows;

    for (size_t row = 0; row < heat->rows; row += every) {
        cli_text_print(to,
                       "<text class=\"ink\" x=\"%.1f\" y=\"%.1f\" "
                       "text-anchor=\"end\">",
                       grid->left - 6.0,
                       grid->top + grid->cell * ((double)row + 0.5) + 4.0);
        print_name(to, heat->row_names, row);
        cli_text_print(to, "</text>");
    }
    for (size_t column = 0; column < heat->columns; column += every) {
        cli_text_print(to,
                       "<text class=\"ink\" x=\"%.1f\" y=\"%.1f\" "
                       "text-anchor=\"middle\">",
                       grid->left + grid->cell * ((double)column + 0.5),
                       bottom + 15.0);
        print_name(to, heat->column_names, column);
        cli_text_print(to, "</text>");
    }
    cli_text_print(to, "<text class=\"soft\" fill=\"#666\" x=\"4\" y=\"34\">");
    cli_text_escape(to, heat->y_label);
    cli_text_print(to,
                   "</text><text class=\"soft\" fill=\"#666\" x=\"%.1f\" "
                   "y=\"%.1f\" text-anchor=\"middle\">",
                   grid->left + grid->cell * (double)heat->columns / 2.0,
                   bottom + 33.0);
    cli_text_escape(to, heat->x_label);
    cli_text_print(to, "</text>\n");
}

void cli_chart_heat(cli_text *to, const cli_heat *heat)
{
    const double width = heat->width > 0.0 ? heat->width : 480.0;
    heat_grid grid = { .heat = heat,
                       .left = name_room(heat->row_names, heat->rows),
                       .top = TOP + 10.0 };

    grid.cell = (width - grid.left - 8.0) / (double)heat->columns;
    chart_open(to, "heat", heat->title, width,
               grid.top + grid.cell * (double)heat->rows + X_AXIS);
    draw_names(to, &grid);
    for (size_t row = 0; row < heat->rows; row++)
        for (size_t column = 0; column < heat->columns; column++)
            draw_cell(to, &grid, row, column);
    chart_close(to);
}
