/* sweep_report.c -- what a sweep has found, as a page: a curve or a map. */
#include "report.h"
#include "sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 6, TABLE_MAX = 400 };

typedef struct picture {
    const sweep *all;
    const char *column;
    json_t **flat;             /* (runs) numbers of each */
    double *mean, *low, *high; /* (points) of the column over the seeds */
    cli_text body;
    char theories[LINES_MAX][128]; /* columns with a prediction */
    size_t theory_count;
} picture;

static double number(const picture *of, size_t run, const char *column)
{
    const json_t *value = json_object_get(of->flat[run], column);

    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

/* Mean of a column over the seeds of a point that have it, and half its 95 % t
 * interval. */
static double mean_of(double *half, const picture *of, size_t point,
                      const char *column)
{
    double sum = 0.0;
    double squares = 0.0;
    size_t count = 0;

    for (size_t k = 0; k < of->all->seeds; k++) {
        const double x = number(of, point * of->all->seeds + k, column);

        sum += isfinite(x) ? x : 0.0;
        count += isfinite(x);
    }
    const double mean = count > 0 ? sum / (double)count : (double)NAN;
    for (size_t k = 0; k < of->all->seeds; k++) {
        const double x = number(of, point * of->all->seeds + k, column);

        squares += isfinite(x) ? (x - mean) * (x - mean) : 0.0;
    }
    if (half != NULL)
        *half = count > 1
                    ? cli_t_interval(sqrt(squares / (double)(count - 1)), count)
                    : (double)NAN;
    return mean;
}

/* Whether a column "theory.X..." predicts one that has X among its parts. */
static bool predicts(const char *theory, const char *column)
{
    const char *name = theory + strlen("theory.");

    for (const char *at = column; *at != '\0';) {
        const size_t length = strcspn(at, ".");

        if (strncmp(name, at, length) == 0)
            return true;
        at += length + (at[length] == '.');
    }
    return false;
}

/* Columns of theory: those of growth, whose 1 is the critical line, and those
 * of what is drawn. */
static void find_theories(picture *of)
{
    const char *name;
    json_t *unused;

    for (size_t run = 0; run < of->all->runs; run++)
        json_object_foreach(of->flat[run], name, unused)
        {
            bool is_new = strncmp(name, "theory.", 7) == 0 &&
                          strlen(name) < sizeof of->theories[0] &&
                          (strncmp(name, "theory.growth", 13) == 0 ||
                           predicts(name, of->column));

            for (size_t k = 0; k < of->theory_count; k++)
                is_new &= strcmp(of->theories[k], name) != 0;
            if (is_new && of->theory_count < LINES_MAX)
                snprintf(of->theories[of->theory_count++],
                         sizeof of->theories[0], "%s", name);
        }
}

/* Makes the flat rows and the means; an exit code. */
static int open_picture(picture *of, const sweep *all, const char *column)
{
    size_t with = 0;

    *of = (picture){ .all = all, .column = column };
    of->flat = report_room(all->runs, sizeof *of->flat);
    of->mean = report_room(3 * all->points, sizeof *of->mean);
    of->low = of->mean + all->points;
    of->high = of->low + all->points;
    for (size_t run = 0; run < all->runs; run++) {
        of->flat[run] =
            sweep_flatten(json_object_get(all->rows[run], "result"));
        with += json_object_get(of->flat[run], column) != NULL;
    }
    if (with == 0)
        return cli_fail(CLI_USAGE,
                        "--plot: no row has a number '%s'; the first line of "
                        "%s/table.csv names the columns",
                        column, all->dir);
    for (size_t p = 0; p < all->points; p++) {
        double half;

        of->mean[p] = mean_of(&half, of, p, column);
        of->low[p] = of->mean[p] - half;
        of->high[p] = of->mean[p] + half;
    }
    if (all->options->theory)
        find_theories(of);
    return CLI_DONE;
}

static void close_picture(picture *of)
{
    for (size_t run = 0; of->flat != NULL && run < of->all->runs; run++)
        json_decref(of->flat[run]);
    free(of->flat);
    free(of->mean);
    cli_text_clear(&of->body);
}

/* A value of an axis as a number; of words their place. */
static double axis_number(const picture *of, size_t axis, size_t point)
{
    char text[SWEEP_NAME];
    char *end;

    sweep_value(text, of->all, axis, point);
    const double x = strtod(text, &end);
    if (*end == '\0' && end != text)
        return x;
    for (size_t v = 0; v < of->all->axes[axis].count; v++)
        if (strcmp(text, of->all->axes[axis].values[v]) == 0)
            return (double)v;
    return (double)NAN;
}

static int by_x(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;

    return (*x > *y) - (*x < *y);
}

/* The column, or one of theory, over the one axis; rows of (x, y, low, high)
 * in the order of x. */
static void fill_curve(report_curve curve, const picture *of,
                       const char *theory)
{
    const size_t points = of->all->points;
    double(*rows)[4] = report_room(points, sizeof *rows);

    for (size_t p = 0; p < points; p++) {
        rows[p][0] = axis_number(of, 0, p);
        rows[p][1] =
            theory == NULL ? of->mean[p] : mean_of(NULL, of, p, theory);
        rows[p][2] = of->low[p];
        rows[p][3] = of->high[p];
    }
    qsort(rows, points, sizeof *rows, by_x);
    for (size_t p = 0; p < points; p++) {
        curve.x[p] = rows[p][0];
        curve.y[p] = rows[p][1];
        curve.low[p] = rows[p][2];
        curve.high[p] = rows[p][3];
    }
    free(rows);
}

/* Where a curve of growth crosses 1, as a line from bottom to top. */
static void add_critical(report_curves *curves, const cli_series *growth,
                         bool is_log, size_t colour, double low, double high)
{
    for (size_t k = 1; k < growth->points; k++) {
        const double a = log(fmax(growth->y[k - 1], 1e-9));
        const double b = log(fmax(growth->y[k], 1e-9));
        char label[128];

        if (!(a * b <= 0.0) || a == b)
            continue;
        const double share = a / (a - b);
        const double at =
            is_log
                ? growth->x[k - 1] * pow(growth->x[k] / growth->x[k - 1], share)
                : growth->x[k - 1] + share * (growth->x[k] - growth->x[k - 1]);
        snprintf(label, sizeof label, "%.60s = 1", growth->label);
        const report_curve line =
            report_curves_add(curves, label, 2, colour, false);
        line.x[0] = line.x[1] = at;
        line.y[0] = low;
        line.y[1] = high;
        curves->series[curves->count - 1].is_reference = true;
    }
}

static void draw_curve(picture *of)
{
    const sweep *all = of->all;
    report_curves *curves = report_room(1, sizeof *curves);
    double low = INFINITY;
    double high = -INFINITY;

    fill_curve(
        report_curves_add(curves, of->column, all->points, 0, all->seeds > 1),
        of, NULL);
    for (size_t k = 0; k < of->theory_count; k++)
        if (predicts(of->theories[k], of->column)) {
            fill_curve(report_curves_add(curves, of->theories[k], all->points,
                                         k + 1, false),
                       of, of->theories[k]);
            curves->series[curves->count - 1].is_reference = true;
        }
    for (size_t p = 0; p < all->points; p++) {
        low = fmin(low, of->mean[p]);
        high = fmax(high, of->mean[p]);
    }
    report_curves *growth = report_room(1, sizeof *growth);
    for (size_t k = 0; k < of->theory_count; k++)
        if (strncmp(of->theories[k], "theory.growth", 13) == 0) {
            fill_curve(report_curves_add(growth, of->theories[k], all->points,
                                         0, false),
                       of, of->theories[k]);
            add_critical(curves, &growth->series[growth->count - 1],
                         all->axes[0].is_log, k + 1, low, high);
        }
    cli_chart_lines(&of->body, &(cli_chart){ .title = of->column,
                                             .x_label = all->axes[0].name,
                                             .y_label = of->column,
                                             .width = 720,
                                             .height = 380,
                                             .is_log_x = all->axes[0].is_log,
                                             .series = curves->series,
                                             .count = curves->count });
    report_curves_clear(growth);
    report_curves_clear(curves);
    free(growth);
    free(curves);
}

/* Where log z is 0 between two corners of a square, as a share. */
static bool crossing(double *share, double a, double b)
{
    if (!isfinite(a) || !isfinite(b) || (a < 0.0) == (b < 0.0))
        return false;
    *share = a / (a - b);
    return true;
}

/* The line z = 1 through a map by marching squares: segments with gaps. */
static void trace_ones(report_curves *lines, const picture *of,
                       const char *theory, size_t colour)
{
    const size_t columns = of->all->axes[0].count;
    const size_t rows = of->all->axes[1].count;
    double *z = report_room(columns * rows, sizeof *z);
    char label[160];

    snprintf(label, sizeof label, "%s = 1", theory);
    const report_curve line =
        report_curves_add(lines, label, 6 * columns * rows, colour, false);
    size_t count = 0;
    for (size_t p = 0; p < columns * rows; p++)
        z[p] = log(fmax(mean_of(NULL, of, p, theory), 1e-9));
    for (size_t c = 0; c + 1 < columns; c++)
        for (size_t r = 0; r + 1 < rows; r++) {
            const double at[4][2] = { { 0, 0 }, { 0, 1 }, { 1, 1 }, { 1, 0 } };
            size_t ends = 0;

            for (size_t k = 0; k < 4; k++) {
                const double *from = at[k];
                const double *to = at[(k + 1) % 4];
                double share;

                if (!crossing(
                        &share,
                        z[(c + (size_t)from[0]) * rows + r + (size_t)from[1]],
                        z[(c + (size_t)to[0]) * rows + r + (size_t)to[1]]))
                    continue;
                line.x[count] = (double)c + from[0] + share * (to[0] - from[0]);
                line.y[count++] =
                    (double)r + from[1] + share * (to[1] - from[1]);
                if (++ends % 2 == 0)
                    line.x[count++] = NAN;
            }
        }
    lines->series[lines->count - 1].points = count;
    lines->series[lines->count - 1].is_reference = true;
    free(z);
}

/* The first grid to the right, the second upwards. */
static void draw_map(picture *of)
{
    const sweep *all = of->all;
    const size_t columns = all->axes[0].count;
    const size_t rows = all->axes[1].count;
    double *values = report_room(columns * rows, sizeof *values);
    report_curves *lines = report_room(1, sizeof *lines);

    for (size_t c = 0; c < columns; c++)
        for (size_t r = 0; r < rows; r++)
            values[r * columns + c] = of->mean[c * rows + r];
    for (size_t k = 0; k < of->theory_count; k++)
        if (strncmp(of->theories[k], "theory.growth", 13) == 0)
            trace_ones(lines, of, of->theories[k], k + 1);
    cli_chart_map(
        &of->body,
        &(cli_map){ .title = of->column,
                    .x_label = all->axes[0].name,
                    .y_label = all->axes[1].name,
                    .column_names = (const char *const *)all->axes[0].values,
                    .row_names = (const char *const *)all->axes[1].values,
                    .values = values,
                    .rows = rows,
                    .columns = columns,
                    .lines = lines->series,
                    .line_count = lines->count,
                    .width = 720 });
    report_curves_clear(lines);
    free(lines);
    free(values);
}

static void write_cell_number(cli_text *to, double x)
{
    if (isfinite(x))
        cli_text_print(to, "<td class=\"n\">%.5g</td>", x);
    else
        cli_text_print(to, "<td class=\"n\"></td>");
}

static void draw_table(picture *of)
{
    const sweep *all = of->all;
    cli_text *to = &of->body;

    report_heading(to, "Points",
                   all->points > TABLE_MAX
                       ? "The first 400; table.csv has all."
                       : "Means over the seeds, with 95 % intervals where "
                         "there are several.");
    cli_text_print(to, "<div class=\"scroll\"><table><thead><tr>");
    for (size_t k = 0; k < all->axis_count; k++) {
        cli_text_print(to, "<th>");
        cli_text_escape(to, all->axes[k].name);
        cli_text_print(to, "</th>");
    }
    cli_text_print(to, "<th class=\"n\">");
    cli_text_escape(to, of->column);
    cli_text_print(to, "</th><th class=\"n\">from</th><th class=\"n\">to</th>");
    for (size_t k = 0; k < of->theory_count; k++) {
        cli_text_print(to, "<th class=\"n\">");
        cli_text_escape(to, of->theories[k]);
        cli_text_print(to, "</th>");
    }
    cli_text_print(to, "</tr></thead><tbody>\n");
    for (size_t p = 0; p < all->points && p < TABLE_MAX; p++) {
        cli_text_print(to, "<tr>");
        for (size_t k = 0; k < all->axis_count; k++) {
            char text[SWEEP_NAME];

            sweep_value(text, all, k, p);
            report_cell(to, NULL, text);
        }
        write_cell_number(to, of->mean[p]);
        write_cell_number(to, of->low[p]);
        write_cell_number(to, of->high[p]);
        for (size_t k = 0; k < of->theory_count; k++)
            write_cell_number(to, mean_of(NULL, of, p, of->theories[k]));
        cli_text_print(to, "</tr>\n");
    }
    cli_text_print(to, "</tbody></table></div>\n");
}

static void draw_head(picture *of)
{
    const sweep *all = of->all;
    cli_text *to = &of->body;

    cli_text_print(to, "<h1>");
    cli_text_escape(to, of->column);
    cli_text_print(to, "</h1><p class=\"soft\">limen");
    for (int k = 1; k < all->options->argc; k++) {
        cli_text_print(to, " ");
        cli_text_escape(to, all->options->argv[k]);
    }
    cli_text_print(to, "</p><p>%zu runs of %zu points.", all->runs,
                   all->points);
    if (all->failed > 0)
        cli_text_print(to, " %zu failed; rows.jsonl says why.", all->failed);
    cli_text_print(to, "</p>\n");
}

int sweep_report(const sweep *all, const char *column)
{
    const bool is_grid = !all->axes[0].is_random && !all->axes[1].is_random;
    picture of = { 0 };
    int code = open_picture(&of, all, column);

    if (code == CLI_DONE) {
        draw_head(&of);
        cli_text_print(&of.body, "<div class=\"charts\">");
        if (all->axis_count == 1)
            draw_curve(&of);
        else if (all->axis_count == 2 && is_grid)
            draw_map(&of);
        cli_text_print(&of.body, "</div>\n");
        draw_table(&of);
        char *path = cli_path(all->dir, "report.html");
        code = report_write(path, "limen sweep", &of.body);
        free(path);
    }
    close_picture(&of);
    return code;
}
