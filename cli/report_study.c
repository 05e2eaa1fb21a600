/* report_study.c -- a study's page, from the summary that `limen compare`
 * wrote. */
#include "report.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { KINDS_MAX = 64 };

typedef struct study {
    cli_text *to;
    json_t *about, *result; /* study.json, result.json */
    const json_t *arms;
    const char *kinds[KINDS_MAX]; /* corruptions, in their order */
    size_t kind_count;
} study;

static int read_file(json_t **to, const char *dir, const char *name)
{
    char *path = cli_path(dir, name);
    FILE *in = fopen(path, "r");
    json_error_t why;
    int code = CLI_DONE;

    if (in == NULL) {
        code = cli_fail(CLI_BAD_FILE, "%s: %s; is the study finished?", path,
                        strerror(errno));
    } else {
        *to = json_loadf(in, JSON_REJECT_DUPLICATES, &why);
        fclose(in);
        if (!json_is_object(*to))
            code = cli_fail(CLI_BAD_FILE, "%s: damaged: line %d: %s", path,
                            why.line, *to == NULL ? why.text : "no object");
    }
    free(path);
    return code;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

static double number_of(const json_t *value)
{
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

/* A number, or {"mean", "low", "high"}. */
static limen_interval interval_of(const json_t *value)
{
    if (!json_is_object(value))
        return (limen_interval){ number_of(value), (double)NAN, (double)NAN };
    return (limen_interval){ number_of(json_object_get(value, "mean")),
                             number_of(json_object_get(value, "low")),
                             number_of(json_object_get(value, "high")) };
}

static void print_interval(cli_text *to, limen_interval of)
{
    cli_text_print(to, "<td class=\"n\">");
    if (isfinite(of.mean))
        cli_text_print(to, "%.1f %%", 100.0 * of.mean);
    if (isfinite(of.low) && isfinite(of.high))
        cli_text_print(to, " <span class=\"soft\">%.1f to %.1f</span>",
                       100.0 * of.low, 100.0 * of.high);
    cli_text_print(to, "</td>");
}

static const char *corruption_of(const json_t *condition)
{
    return json_string_value(json_object_get(condition, "corruption"));
}

static void collect_kinds(study *all)
{
    size_t a, k;
    json_t *arm, *condition;

    json_array_foreach(all->arms, a, arm)
    {
        json_array_foreach(json_object_get(arm, "conditions"), k, condition)
        {
            const char *name = corruption_of(condition);
            size_t i = 0;

            while (name != NULL && i < all->kind_count &&
                   strcmp(all->kinds[i], name) != 0)
                i++;
            if (name != NULL && i == all->kind_count && i < KINDS_MAX)
                all->kinds[all->kind_count++] = name;
        }
    }
}

typedef struct point {
    double x;
    limen_interval y;
} point;

static int by_x(const void *a, const void *b)
{
    const double one = ((const point *)a)->x;
    const double two = ((const point *)b)->x;

    return one < two ? -1 : one > two;
}

/* Sorts and adds them; consumes `points`. */
static void add_points(report_curves *curves, point *points, size_t count,
                       const char *label, size_t colour)
{
    qsort(points, count, sizeof *points, by_x);
    if (count > 0) {
        const report_curve curve =
            report_curves_add(curves, label, count, colour, true);

        for (size_t k = 0; k < count; k++) {
            curve.x[k] = points[k].x;
            curve.y[k] = points[k].y.mean;
            curve.low[k] = points[k].y.low;
            curve.high[k] = points[k].y.high;
        }
    }
    free(points);
}

/* Accuracy over the amounts of one corruption; amount 0 is clean. */
static void add_amounts(report_curves *curves, const json_t *arm,
                        const char *kind, size_t colour)
{
    const json_t *conditions = json_object_get(arm, "conditions");
    point *points = report_room(json_array_size(conditions), sizeof *points);
    size_t count = 0;
    size_t k;
    json_t *condition;

    json_array_foreach(conditions, k, condition)
    {
        const char *name = corruption_of(condition);

        if (name != NULL && strcmp(name, kind) != 0)
            continue;
        points[count].x = name == NULL
                              ? 0.0
                              : number_of(json_object_get(condition, "amount"));
        points[count].y = interval_of(json_object_get(condition, "accuracy"));
        count += isfinite(points[count].x) && isfinite(points[count].y.mean);
    }
    add_points(curves, points, count, text_of(arm, "label"), colour);
}

/* An object whose names are numbers, such as by_steps. */
static void add_by_number(report_curves *curves, const json_t *arm,
                          const char *what, size_t colour)
{
    json_t *object = json_object_get(arm, what);
    point *points = report_room(json_object_size(object), sizeof *points);
    size_t count = 0;
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value)
    {
        points[count].x = strtod(name, NULL);
        points[count].y = interval_of(value);
        count += points[count].x > 0.0 && isfinite(points[count].x) &&
                 isfinite(points[count].y.mean);
    }
    add_points(curves, points, count, text_of(arm, "label"), colour);
}

static void draw_curves(study *all, report_curves *curves, const char *title,
                        const char *x_label, bool is_log)
{
    const cli_chart chart = { .title = title,
                              .x_label = x_label,
                              .y_label = "share right",
                              .is_log_x = is_log,
                              .is_share = true,
                              .height = 330.0,
                              .series = curves->series,
                              .count = curves->count };

    if (curves->count > 0)
        cli_chart_lines(all->to, &chart);
    report_curves_clear(curves);
}

static void amounts_part(study *all)
{
    size_t a;
    json_t *arm;

    if (all->kind_count == 0)
        return;
    report_heading(all->to, "Accuracy under corruption",
                   "Means over seeds with 95 % bootstrap intervals; amount 0 "
                   "is clean.");
    cli_text_print(all->to, "<div class=\"charts\">\n");
    for (size_t k = 0; k < all->kind_count; k++) {
        report_curves curves = { .count = 0 };

        json_array_foreach(all->arms, a, arm)
            add_amounts(&curves, arm, all->kinds[k], a);
        draw_curves(all, &curves, all->kinds[k], "amount", false);
    }
    cli_text_print(all->to, "</div>\n");
}

static void numbers_part(study *all, const char *what, const char *heading,
                         const char *words, const char *x_label)
{
    report_curves curves = { .count = 0 };
    size_t a;
    json_t *arm;

    json_array_foreach(all->arms, a, arm) add_by_number(&curves, arm, what, a);
    if (curves.count > 0)
        report_heading(all->to, heading, words);
    draw_curves(all, &curves, heading, x_label, true);
}

static void areas_chart(study *all, const char *kind)
{
    const size_t count = json_array_size(all->arms);
    const char **labels = report_room(count, sizeof *labels);
    double *numbers = report_room(3 * count, sizeof *numbers);
    size_t *colours = report_room(count, sizeof *colours);
    bool has_any = false;

    for (size_t a = 0; a < count; a++) {
        const json_t *arm = json_array_get(all->arms, a);
        const limen_interval area =
            interval_of(json_object_get(json_object_get(arm, "areas"), kind));

        labels[a] = text_of(arm, "label");
        colours[a] = a;
        numbers[a] = area.mean;
        numbers[count + a] = area.low;
        numbers[2 * count + a] = area.high;
        has_any |= isfinite(area.mean);
    }
    const cli_bars bars = { .title = kind,
                            .x_label = "mean height of the curve",
                            .labels = labels,
                            .values = numbers,
                            .low = numbers + count,
                            .high = numbers + 2 * count,
                            .colours = colours,
                            .count = count,
                            .is_share = true };
    if (has_any)
        cli_chart_bars(all->to, &bars);
    free(labels);
    free(numbers);
    free(colours);
}

static void areas_part(study *all)
{
    if (json_object_size(
            json_object_get(json_array_get(all->arms, 0), "areas")) == 0)
        return;
    report_heading(all->to, "Area under each curve",
                   "The mean accuracy over the amounts from 0 to the largest, "
                   "by trapezia.");
    cli_text_print(all->to, "<div class=\"charts\">\n");
    for (size_t k = 0; k < all->kind_count; k++)
        areas_chart(all, all->kinds[k]);
    cli_text_print(all->to, "</div>\n");
}

static void condition_row(study *all, const json_t *arm,
                          const json_t *condition)
{
    static const char *const measures[] = { "silent", "saturated", "winner",
                                            "ece_temperature" };
    const char *name = corruption_of(condition);
    const double amount = number_of(json_object_get(condition, "amount"));
    char text[32] = "";

    if (name != NULL && isfinite(amount))
        snprintf(text, sizeof text, "%g", amount);
    cli_text_print(all->to, "<tr>");
    report_cell(all->to, NULL, text_of(arm, "label"));
    report_cell(all->to, NULL, name == NULL ? "none" : name);
    report_cell(all->to, "n", text);
    print_interval(all->to,
                   interval_of(json_object_get(condition, "accuracy")));
    for (size_t m = 0; m < sizeof measures / sizeof *measures; m++)
        report_cell_share(
            all->to, interval_of(json_object_get(condition, measures[m])).mean);
    cli_text_print(all->to, "</tr>\n");
}

static void conditions_part(study *all)
{
    size_t a, k;
    json_t *arm, *condition;

    report_heading(all->to, "Every condition",
                   "Silent and saturated are the shares of hidden units that "
                   "never and always fired over the whole test; winner is the "
                   "largest share of the answers that one class got; ECE is "
                   "the expected calibration error with the temperature.");
    cli_text_print(all->to,
                   "<div class=\"scroll\"><table><thead><tr><th>arm</th><th>"
                   "corruption</th><th class=\"n\">amount</th><th "
                   "class=\"n\">right</th><th class=\"n\">silent</th><th "
                   "class=\"n\">saturated</th><th class=\"n\">winner</th><th "
                   "class=\"n\">ECE</th></tr></thead><tbody>\n");
    json_array_foreach(all->arms, a, arm)
    {
        json_array_foreach(json_object_get(arm, "conditions"), k, condition)
            condition_row(all, arm, condition);
    }
    cli_text_print(all->to, "</tbody></table></div>\n");
}

static void difference_row(study *all, const json_t *difference)
{
    const bool is_real = json_is_true(json_object_get(difference, "is_real"));
    const char *name = corruption_of(difference);
    const double amount = number_of(json_object_get(difference, "amount"));
    const double p = number_of(json_object_get(difference, "p_holm"));
    const limen_interval of = interval_of(difference);
    char text[32] = "";

    if (isfinite(amount))
        snprintf(text, sizeof text, "%g", amount);
    cli_text_print(all->to, is_real ? "<tr class=\"real\">" : "<tr>");
    report_cell(all->to, NULL, text_of(difference, "arm"));
    report_cell(all->to, NULL, text_of(difference, "reference"));
    report_cell(all->to, NULL, text_of(difference, "what"));
    report_cell(all->to, NULL, name == NULL ? "" : name);
    report_cell(all->to, "n", text);
    if (isfinite(of.mean) && isfinite(of.low) && isfinite(of.high))
        cli_text_print(all->to,
                       "<td class=\"n\">%+.2f</td><td class=\"n\">%+.2f to "
                       "%+.2f</td>",
                       100.0 * of.mean, 100.0 * of.low, 100.0 * of.high);
    else
        cli_text_print(all->to, "<td class=\"n\"></td><td class=\"n\"></td>");
    snprintf(text, sizeof text, isfinite(p) ? "%.3g" : "", p);
    report_cell(all->to, "n", text);
    report_cell(all->to, NULL, is_real ? "real" : "cannot be told");
    cli_text_print(all->to, "</tr>\n");
}

static void differences_part(study *all)
{
    const json_t *differences = json_object_get(all->result, "differences");
    size_t k;
    json_t *difference;

    if (json_array_size(differences) == 0)
        return;
    report_heading(all->to, "Differences to the reference",
                   "In points (hundredths), paired by seed, with 95 % "
                   "bootstrap intervals and p corrected for the number of "
                   "comparisons (Holm). A difference is called real if the "
                   "corrected p is below 0.05 and the interval excludes 0.");
    cli_text_print(all->to,
                   "<div class=\"scroll\"><table><thead><tr><th>arm</th><th>"
                   "against</th><th>measure</th><th>corruption</th><th "
                   "class=\"n\">amount</th><th class=\"n\">difference</th><th "
                   "class=\"n\">95 %% interval</th><th class=\"n\">p</th><th>"
                   "verdict</th></tr></thead><tbody>\n");
    json_array_foreach(differences, k, difference)
        difference_row(all, difference);
    cli_text_print(all->to, "</tbody></table></div>\n");
}

static void arm_tile(study *all, const json_t *arm, size_t colour)
{
    const json_t *parameters = json_object_get(arm, "parameters");
    const limen_interval clean = interval_of(json_object_get(
        json_array_get(json_object_get(arm, "conditions"), 0), "accuracy"));

    cli_text_print(all->to,
                   "<div class=\"tile\" style=\"border-color:var(--c%zu)\">"
                   "<span>",
                   colour % CHART_COLOURS);
    cli_text_escape(all->to, text_of(arm, "label"));
    cli_text_print(all->to, "</span>");
    if (isfinite(clean.mean))
        cli_text_print(all->to, "<b>%.1f %%</b>", 100.0 * clean.mean);
    if (isfinite(clean.low) && isfinite(clean.high))
        cli_text_print(all->to, "<span>95 %% interval %.1f to %.1f %%</span>",
                       100.0 * clean.low, 100.0 * clean.high);
    if (json_is_number(parameters))
        cli_text_print(all->to, "<span>%.0f parameters</span>",
                       json_number_value(parameters));
    cli_text_print(all->to, "</div>\n");
}

static void head(study *all, const char *path)
{
    const json_t *sentences = json_object_get(all->result, "sentences");
    const char *name = text_of(all->result, "study");
    size_t k;
    json_t *value;

    cli_text_print(all->to, "<h1>");
    cli_text_escape(all->to, *name == '\0' ? path : name);
    cli_text_print(all->to, "</h1>\n<p>");
    cli_text_escape(all->to, text_of(all->about, "question"));
    cli_text_print(all->to,
                   "</p>\n<p class=\"soft\">A study over %zu seeds; clean "
                   "accuracy of each arm:</p>\n<div class=\"tiles\">\n",
                   json_array_size(json_object_get(all->result, "seeds")));
    json_array_foreach(all->arms, k, value) arm_tile(all, value, k);
    cli_text_print(all->to, "</div>\n<ul>\n");
    json_array_foreach(sentences, k, value)
    {
        cli_text_print(all->to, "<li>");
        cli_text_escape(all->to, json_string_value(value));
        cli_text_print(all->to, "</li>\n");
    }
    cli_text_print(all->to, "</ul>\n");
}

/* study.json as it is: settings of the arms, hashes, versions. */
static void origins_part(study *all)
{
    char *text = json_dumps(all->about, JSON_INDENT(2) | JSON_PRESERVE_ORDER |
                                            JSON_REAL_PRECISION(10));

    report_heading(all->to, "The study",
                   "Settings of each arm, seeds, data and version "
                   "(study.json).");
    cli_text_print(all->to, "<pre>");
    cli_text_escape(all->to, text);
    cli_text_print(all->to, "</pre>\n");
    free(text);
}

int report_study(cli_text *body, const char *path)
{
    study all = { .to = body };
    int code = read_file(&all.about, path, "study.json");

    if (code == CLI_DONE)
        code = read_file(&all.result, path, "result.json");
    all.arms = json_object_get(all.result, "arms");
    if (code == CLI_DONE && json_array_size(all.arms) == 0)
        code = cli_fail(CLI_BAD_FILE,
                        "%s/result.json: there is no arm in \"arms\"", path);
    if (code == CLI_DONE) {
        collect_kinds(&all);
        head(&all, path);
        amounts_part(&all);
        areas_part(&all);
        numbers_part(&all, "examples", "Accuracy against training examples",
                     "Each point is trained anew.", "examples of each class");
        numbers_part(&all, "by_steps", "Accuracy against steps",
                     "The same networks, averaged over T steps.", "steps T");
        differences_part(&all);
        conditions_part(&all);
        origins_part(&all);
    }
    json_decref(all.about);
    json_decref(all.result);
    return code;
}
