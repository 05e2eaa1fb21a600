/* criticality_report.c -- `limen criticality --report`: tables and log-log
 * plots with fits and cut-offs. */
#include "criticality.h"
#include "report.h"

#include <math.h>
#include <stdlib.h>

enum { POINTS_MAX = 400 };

static void number_cell(cli_text *to, double x)
{
    if (isfinite(x))
        cli_text_print(to, "<td class=\"n\">%.4g</td>", x);
    else
        cli_text_print(to, "<td class=\"n\"></td>");
}

static void value_row(cli_text *to, const crit_found *found,
                      crit_measure measure, bool has_nulls, bool has_theory)
{
    const size_t columns =
        2 + (has_nulls ? (size_t)CRIT_NULLS : 0) + (size_t)has_theory;

    cli_text_print(to, "<tr>");
    report_cell(to, NULL, crit_name(measure));
    if (!found->own.is_known) {
        cli_text_print(to, "<td colspan=\"%zu\" class=\"soft\">no estimate: ",
                       columns + 1);
        cli_text_escape(to, found->own.refusal);
        cli_text_print(to, "</td></tr>\n");
        return;
    }
    number_cell(to, found->own.value);
    if (isfinite(found->own.low) && isfinite(found->own.high))
        cli_text_print(to, "<td class=\"n\">%.4g to %.4g</td>", found->own.low,
                       found->own.high);
    else
        cli_text_print(to, "<td></td>");
    for (size_t k = 0; has_nulls && k < CRIT_NULLS; k++)
        number_cell(to, found->null[k].is_known ? found->null[k].value
                                                : (double)NAN);
    if (has_theory)
        number_cell(to, found->theory);
    report_cell(to, NULL, found->words);
    cli_text_print(to, "</tr>\n");
}

static void table_head(cli_text *to, bool has_nulls, bool has_theory)
{
    cli_text_print(to, "<div class=\"scroll\"><table><thead><tr><th></th>"
                       "<th class=\"n\">estimate</th><th class=\"n\">95 %% "
                       "interval</th>");
    if (has_nulls)
        cli_text_print(to, "<th class=\"n\">shuffled</th><th class=\"n\">rate"
                           "</th><th class=\"n\">O-U</th>");
    if (has_theory)
        cli_text_print(to, "<th class=\"n\">theory</th>");
    cli_text_print(to, "<th>means</th></tr></thead><tbody>\n");
}

/* P(X >= x) of events, thinned to what a chart can show, and of the fit. */
static void add_tail(report_curves *curves, const crit_tail *tail,
                     const char *label, size_t colour, bool with_fit)
{
    const double *value;
    const double *count;
    double all = 0.0;
    double above = 0.0;

    if (tail->events == NULL)
        return;
    const size_t distinct = limen_tail_distinct(tail->events, &value, &count);
    const size_t points = distinct < POINTS_MAX ? distinct : POINTS_MAX;
    if (distinct == 0)
        return;
    for (size_t k = 0; k < distinct; k++)
        all += count[k];
    const report_curve curve =
        report_curves_add(curves, label, points, colour, false);
    double at_fit = NAN;
    size_t next = points;
    above = 0.0;
    for (size_t k = distinct; k-- > 0;) {
        above += count[k];
        if (tail->is_fitted && value[k] >= tail->fit.xmin)
            at_fit = above / all;
        // equal steps of the logarithm, the ends included
        const size_t place =
            distinct == points
                ? k
                : (size_t)((double)(points - 1) * log1p((double)k) /
                           log1p((double)(distinct - 1)));
        if (place < next) {
            next = place;
            curve.x[place] = value[k];
            curve.y[place] = above / all;
        }
    }
    // places that no event fell on repeat the next one
    for (size_t k = points - 1; k-- > 0;)
        if (!(curve.x[k] > 0.0)) {
            curve.x[k] = curve.x[k + 1];
            curve.y[k] = curve.y[k + 1];
        }
    if (!with_fit || !tail->is_fitted)
        return;
    const double end =
        isfinite(tail->fit.xmax) ? tail->fit.xmax : value[distinct - 1];
    const report_curve fit =
        report_curves_add(curves, "fit, between its cut-offs", 64, 1, false);
    for (size_t k = 0; k < 64; k++) {
        const double x =
            tail->fit.xmin * pow(end / tail->fit.xmin, (double)k / 63.0);

        fit.x[k] = x;
        fit.y[k] = at_fit * limen_tail_survival(tail->events, &tail->fit, x);
    }
    curves->series[curves->count - 1].is_reference = true;
}

static void draw_tail(cli_text *to, const crit_tail *own, const crit_tail *ou,
                      const char *title, const char *what)
{
    report_curves *curves = report_room(1, sizeof *curves);

    add_tail(curves, own, "measured", 0, true);
    add_tail(curves, ou, "O-U process", 7, false);
    if (curves->count > 0)
        cli_chart_lines(to, &(cli_chart){ .title = title,
                                          .x_label = what,
                                          .y_label = "share of avalanches at "
                                                     "least as large",
                                          .is_log_x = true,
                                          .is_log_y = true,
                                          .series = curves->series,
                                          .count = curves->count });
    report_curves_clear(curves);
    free(curves);
}

static void draw_growth(cli_text *to, const crit_avalanches *own)
{
    const limen_growth *growth = own->growth;
    report_curves *curves = report_room(1, sizeof *curves);

    if (growth != NULL && growth->points > 1) {
        const report_curve curve =
            report_curves_add(curves, "mean size", growth->points, 0, false);
        const report_curve fit =
            report_curves_add(curves, "slope gamma", growth->points, 1, false);
        double shift = 0.0;
        double weight = 0.0;

        for (size_t k = 0; k < growth->points; k++) {
            shift +=
                growth->count[k] * (log(growth->size[k]) -
                                    growth->gamma * log(growth->duration[k]));
            weight += growth->count[k];
        }
        for (size_t k = 0; k < growth->points; k++) {
            curve.x[k] = fit.x[k] = growth->duration[k];
            curve.y[k] = growth->size[k];
            fit.y[k] =
                exp(shift / weight) * pow(growth->duration[k], growth->gamma);
        }
        curves->series[1].is_reference = true;
        cli_chart_lines(to, &(cli_chart){ .title = "Mean size given duration",
                                          .x_label = "duration",
                                          .y_label = "mean size",
                                          .is_log_x = true,
                                          .is_log_y = true,
                                          .series = curves->series,
                                          .count = curves->count });
    }
    report_curves_clear(curves);
    free(curves);
}

static void draw_shapes(cli_text *to, const crit_avalanches *own)
{
    const limen_shapes *shapes = own->shapes;
    report_curves *curves = report_room(1, sizeof *curves);
    const size_t most = 8;

    for (size_t d = 0; shapes != NULL && d < most && d < shapes->durations;
         d++) {
        const size_t row = shapes->durations <= most
                               ? d
                               : d * (shapes->durations - 1) / (most - 1);
        char label[32];

        snprintf(label, sizeof label, "T = %g", shapes->duration[row]);
        const report_curve curve =
            report_curves_add(curves, label, LIMEN_SHAPE_POINTS, d, false);
        for (size_t k = 0; k < LIMEN_SHAPE_POINTS; k++) {
            curve.x[k] = shapes->time[k];
            curve.y[k] = shapes->profile[row * LIMEN_SHAPE_POINTS + k];
        }
    }
    if (curves->count > 0)
        cli_chart_lines(to, &(cli_chart){ .title = "Shape collapse",
                                          .x_label = "time / duration",
                                          .y_label = "activity, rescaled",
                                          .series = curves->series,
                                          .count = curves->count });
    report_curves_clear(curves);
    free(curves);
}

static void draw_regression(cli_text *to, const crit_result *result)
{
    const limen_branching_result *fit = &result->branching;
    report_curves *curves = report_room(1, sizeof *curves);

    if (fit->lags > 1 && result->r != NULL) {
        const size_t lags = fit->lags < 4096 ? fit->lags : 4096;
        const report_curve curve =
            report_curves_add(curves, "r_k", lags, 0, false);
        const report_curve line =
            report_curves_add(curves, "b m^k", lags, 1, false);

        for (size_t k = 0; k < lags; k++) {
            curve.x[k] = line.x[k] = (double)(k + 1);
            curve.y[k] = result->r[k];
            line.y[k] = fit->fit.offset +
                        fit->fit.amplitude * pow(fit->fit.m, (double)(k + 1));
        }
        curves->series[1].is_reference = true;
        cli_chart_lines(to, &(cli_chart){ .title = "Multistep regression",
                                          .x_label = "lag k, steps",
                                          .y_label = "r_k",
                                          .series = curves->series,
                                          .count = curves->count });
    }
    report_curves_clear(curves);
    free(curves);
}

static void write_scan(cli_text *to, const crit_result *result)
{
    if (result->scan_count == 0)
        return;
    report_heading(to, "Bin and threshold",
                   "Exponents that hang on these choices are no property of "
                   "the network.");
    cli_text_print(to,
                   "<div class=\"scroll\"><table><thead><tr><th class=\"n\">"
                   "bin</th><th class=\"n\">threshold</th><th class=\"n\">"
                   "avalanches</th><th class=\"n\">tau</th><th class=\"n\">"
                   "alpha</th></tr></thead><tbody>\n");
    for (size_t k = 0; k < result->scan_count; k++) {
        const limen_avalanche_row *row = &result->scan[k];

        cli_text_print(to,
                       "<tr><td class=\"n\">%zu</td><td class=\"n\">%.4g</td>"
                       "<td class=\"n\">%zu</td><td class=\"n\">%.3f</td>"
                       "<td class=\"n\">%.3f</td></tr>\n",
                       row->bin, row->theta, row->avalanches, row->size.alpha,
                       row->duration.alpha);
    }
    cli_text_print(to, "</tbody></table></div>\n");
}

static void write_result(cli_text *to, const criticality *all,
                         const crit_result *result)
{
    report_heading(to, result->series.name, NULL);
    table_head(to, true, all->has_theory);
    for (crit_measure m = 0; m < CRIT_SERIES_MEASURES; m++)
        if (result->found[m].own.is_asked)
            value_row(to, &result->found[m], m, true, all->has_theory);
    cli_text_print(to, "</tbody></table></div>\n<div class=\"charts\">\n");
    draw_regression(to, result);
    draw_tail(to, &result->avalanches.size, &result->ou.size, "Sizes", "size");
    draw_tail(to, &result->avalanches.duration, &result->ou.duration,
              "Durations", "duration, bins");
    draw_growth(to, &result->avalanches);
    draw_shapes(to, &result->avalanches);
    cli_text_print(to, "</div>\n");
    write_scan(to, result);
}

/* Distance after a step against distance before, with the diagonal. */
static void draw_map(cli_text *to, const crit_map *map)
{
    report_curves *curves = report_room(1, sizeof *curves);
    const bool has_theory = map->points > 0 && isfinite(map->theory[0]);
    const report_curve own =
        report_curves_add(curves, "measured", map->points, 0, false);
    const report_curve diagonal =
        report_curves_add(curves, "no change", map->points, 7, false);

    curves->series[1].is_reference = true;
    for (size_t k = 0; k < map->points; k++) {
        own.x[k] = diagonal.x[k] = diagonal.y[k] = map->before[k];
        own.y[k] = map->after[k];
    }
    if (has_theory) {
        const report_curve theory =
            report_curves_add(curves, "theory", map->points, 1, false);

        for (size_t k = 0; k < map->points; k++) {
            theory.x[k] = map->before[k];
            theory.y[k] = map->theory[k];
        }
        curves->series[2].is_reference = true;
    }
    if (map->points > 0)
        cli_chart_lines(to, &(cli_chart){ .title = "Derrida map",
                                          .x_label = "share of units that "
                                                     "differ",
                                          .y_label = "share a step later",
                                          .series = curves->series,
                                          .count = curves->count });
    report_curves_clear(curves);
    free(curves);
}

static void write_network(cli_text *to, const criticality *all)
{
    report_heading(to, "The network",
                   "Exact twins that differ in one unit, under the same input "
                   "and noise.");
    table_head(to, false, all->has_theory);
    for (crit_measure m = CRIT_GROWTH; m < CRIT_MEASURES; m++)
        if (all->network[m].own.is_asked)
            value_row(to, &all->network[m], m, false, all->has_theory);
    cli_text_print(to, "</tbody></table></div>\n<div class=\"charts\">\n");
    draw_map(to, &all->map);
    cli_text_print(to, "</div>\n");
}

int crit_report(const criticality *all, const char *path)
{
    cli_text body = { 0 };

    cli_text_print(&body, "<h1>Criticality</h1><p class=\"soft\">");
    cli_text_escape(&body, all->what);
    cli_text_print(&body,
                   "</p><p>Avalanche exponents alone are no evidence of "
                   "criticality: compare the column O-U, a process that is as "
                   "slow but has no branching.</p>\n");
    if (all->is_network && all->groups & (CRIT_DAMAGE | CRIT_RANKS))
        write_network(&body, all);
    for (size_t k = 0; k < all->count; k++)
        write_result(&body, all, &all->results[k]);
    const int code = report_write(path, "limen criticality", &body);
    cli_text_clear(&body);
    return code;
}
