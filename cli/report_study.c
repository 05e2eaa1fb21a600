/* report_study.c -- a study's page, from the summary that `limen compare`
 * wrote. */
#include "report_study.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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

static void collect_kinds(study *all)
{
    size_t a, k;
    json_t *arm, *condition;

    json_array_foreach(all->arms, a, arm)
    {
        json_array_foreach(json_object_get(arm, "conditions"), k, condition)
        {
            const char *name = study_corruption(condition);
            size_t i = 0;

            while (name != NULL && i < all->kind_count &&
                   strcmp(all->kinds[i], name) != 0)
                i++;
            if (name != NULL && i == all->kind_count && i < STUDY_KINDS)
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

/* Whether more of it leaves an image clearer, as with contrast: 0 is then not
 * clean. */
static bool is_falling(const char *kind)
{
    size_t index;

    if (limen_corruption_find(&index, kind, NULL) != LIMEN_OK)
        return false;
    const double *amounts = limen_corruption_at(index)->amounts;
    return amounts[0] > amounts[4];
}

/* A dashed line at the clean accuracy under the last curve. */
static void add_clean(report_curves *curves, double clean, size_t colour)
{
    const cli_series *last = &curves->series[curves->count - 1];
    const double ends[] = { last->x[0], last->x[last->points - 1] };
    const report_curve line = report_curves_add(curves, NULL, 2, colour, false);

    curves->series[curves->count - 1].is_reference = true;
    for (size_t k = 0; k < 2; k++) {
        line.x[k] = ends[k];
        line.y[k] = clean;
    }
}

/* Accuracy over the amounts of one corruption, with the clean one. */
static void add_amounts(report_curves *curves, const json_t *arm,
                        const char *kind, size_t colour)
{
    const json_t *conditions = json_object_get(arm, "conditions");
    point *points = report_room(json_array_size(conditions), sizeof *points);
    const bool falls = is_falling(kind);
    double clean = (double)NAN;
    size_t count = 0;
    size_t k;
    json_t *condition;

    json_array_foreach(conditions, k, condition)
    {
        const char *name = study_corruption(condition);
        const limen_interval y =
            study_interval(json_object_get(condition, "accuracy"));
        const double x =
            name == NULL ? 0.0
                         : study_number(json_object_get(condition, "amount"));

        if (name == NULL)
            clean = y.mean;
        if ((name == NULL && falls) ||
            (name != NULL && strcmp(name, kind) != 0) || !isfinite(x) ||
            !isfinite(y.mean))
            continue;
        points[count++] = (point){ x, y };
    }
    add_points(curves, points, count, study_text(arm, "label"), colour);
    if (falls && count > 0 && isfinite(clean))
        add_clean(curves, clean, colour);
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
        points[count].y = study_interval(value);
        count += points[count].x > 0.0 && isfinite(points[count].x) &&
                 isfinite(points[count].y.mean);
    }
    add_points(curves, points, count, study_text(arm, "label"), colour);
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
                   "Means over seeds with 95 % bootstrap intervals. Amount 0 "
                   "is clean; where a smaller amount is worse, clean is "
                   "dashed.");
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
        const limen_interval area = study_interval(
            json_object_get(json_object_get(arm, "areas"), kind));

        labels[a] = study_text(arm, "label");
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

static void arm_tile(study *all, const json_t *arm, size_t colour)
{
    const json_t *parameters = json_object_get(arm, "parameters");
    const limen_interval clean = study_interval(json_object_get(
        json_array_get(json_object_get(arm, "conditions"), 0), "accuracy"));

    cli_text_print(all->to,
                   "<div class=\"tile\" style=\"border-color:var(--c%zu)\">"
                   "<span>",
                   colour % CHART_COLOURS);
    cli_text_escape(all->to, study_text(arm, "label"));
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
    const char *name = study_text(all->result, "study");
    size_t k;
    json_t *value;

    cli_text_print(all->to, "<h1>");
    cli_text_escape(all->to, *name == '\0' ? path : name);
    cli_text_print(all->to, "</h1>\n<p>");
    cli_text_escape(all->to, study_text(all->about, "question"));
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
        study_measures(&all, "stability", "Stability",
                       "How the networks settle; means over samples and "
                       "seeds with 95 % intervals.");
        study_differences(&all);
        study_measures(&all, "overall", "Mean over all conditions",
                       "Every condition counts the same.");
        study_conditions(&all);
        origins_part(&all);
    }
    json_decref(all.about);
    json_decref(all.result);
    return code;
}
