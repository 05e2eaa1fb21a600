/* report_curves.c -- learning, accuracy against steps, confidence,
 * robustness. */
#include "report.h"

#include <math.h>
#include <string.h>

enum { LAYERS_SHOWN = 12 };

static double number_at(const report_run *run, size_t epoch, const char *name,
                        size_t layer, bool is_list)
{
    const json_t *value =
        json_object_get(json_array_get(run->metrics, epoch), name);

    if (is_list)
        value = json_array_get(value, layer);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

/* Adds one quantity over the epochs, unless no epoch has it. */
static void add_metric(report_curves *curves, const report_run *run,
                       const char *name, const char *label, size_t colour)
{
    const size_t epochs = json_array_size(run->metrics);
    bool has_any = false;

    for (size_t e = 0; e < epochs; e++)
        has_any |= isfinite(number_at(run, e, name, 0, false));
    if (!has_any)
        return;
    const report_curve curve =
        report_curves_add(curves, label, epochs, colour, false);
    for (size_t e = 0; e < epochs; e++) {
        curve.x[e] = (double)e + 1.0;
        curve.y[e] = number_at(run, e, name, 0, false);
    }
}

static void metric_chart(report *page, const char *title, const char *name,
                         bool is_share)
{
    report_curves curves = { .count = 0 };

    for (size_t r = 0; r < page->count; r++)
        add_metric(&curves, &page->runs[r], name, page->runs[r].name,
                   page->runs[r].colour);
    const cli_chart chart = { .title = title,
                              .x_label = "epoch",
                              .is_whole_x = true,
                              .y_label = is_share ? "share right" : "loss",
                              .is_share = is_share,
                              .series = curves.series,
                              .count = curves.count };
    if (curves.count > 0)
        cli_chart_lines(&page->body, &chart);
    report_curves_clear(&curves);
}

/* Both accuracies of one run in one chart. */
static void accuracy_chart(report *page)
{
    report_curves curves = { .count = 0 };

    add_metric(&curves, &page->runs[0], "train_accuracy", "training", 0);
    add_metric(&curves, &page->runs[0], "validation_accuracy", "validation", 1);
    const cli_chart chart = { .title = "Accuracy",
                              .x_label = "epoch",
                              .is_whole_x = true,
                              .y_label = "share right",
                              .is_share = true,
                              .series = curves.series,
                              .count = curves.count };
    if (curves.count > 0)
        cli_chart_lines(&page->body, &chart);
    report_curves_clear(&curves);
}

static void layers_chart(report *page, const report_run *run, const char *title,
                         const char *name, bool is_share)
{
    const size_t epochs = json_array_size(run->metrics);
    const size_t layers =
        json_array_size(json_object_get(json_array_get(run->metrics, 0), name));
    const size_t shown = layers < LAYERS_SHOWN ? layers : LAYERS_SHOWN;
    report_curves curves = { .count = 0 };
    char full[160];

    for (size_t l = 0; l < shown; l++) {
        bool has_any = false;
        char label[32];

        for (size_t e = 0; e < epochs; e++)
            has_any |= isfinite(number_at(run, e, name, l, true));
        if (!has_any)
            continue;
        report_layer_name(label, sizeof label, l, layers);
        const report_curve curve =
            report_curves_add(&curves, label, epochs, l, false);
        for (size_t e = 0; e < epochs; e++) {
            curve.x[e] = (double)e + 1.0;
            curve.y[e] = number_at(run, e, name, l, true);
        }
    }
    snprintf(full, sizeof full, "%s%s%s", title, page->count > 1 ? ": " : "",
             page->count > 1 ? run->name : "");
    const cli_chart chart = { .title = full,
                              .x_label = "epoch",
                              .is_whole_x = true,
                              .y_label = name,
                              .is_share = is_share,
                              .series = curves.series,
                              .count = curves.count };
    if (curves.count > 0)
        cli_chart_lines(&page->body, &chart);
    report_curves_clear(&curves);
}

void report_learning(report *page)
{
    size_t epochs = 0;

    report_heading(
        &page->body, "Learning",
        "Training accuracy is that of the samples as they were trained, "
        "with the network that they then met; activity is the mean rate of a "
        "layer; a unit is silent or saturated if it never, or always, fired in "
        "a whole epoch.");
    for (size_t r = 0; r < page->count; r++)
        epochs += json_array_size(page->runs[r].metrics);
    if (epochs == 0) {
        cli_text_print(&page->body, "<p class=\"note\">No epoch is on record "
                                    "(metrics.jsonl).</p>\n");
        return;
    }
    cli_text_print(&page->body, "<div class=\"charts\">\n");
    metric_chart(page, "Loss", "loss", false);
    if (page->count == 1) {
        accuracy_chart(page);
    } else {
        metric_chart(page, "Training accuracy", "train_accuracy", true);
        metric_chart(page, "Validation accuracy", "validation_accuracy", true);
    }
    for (size_t r = 0; r < page->count; r++) {
        layers_chart(page, &page->runs[r], "Activity", "activity", true);
        layers_chart(page, &page->runs[r], "Silent units", "silent", true);
        layers_chart(page, &page->runs[r], "Saturated units", "saturated",
                     true);
        // of --watch criticality; without it nothing is drawn
        layers_chart(page, &page->runs[r], "Branching ratio (MR)",
                     "branching_ratio", false);
        layers_chart(page, &page->runs[r], "Damage after one step",
                     "damage_growth", false);
        layers_chart(page, &page->runs[r], "Rate, after training", "rate",
                     true);
        layers_chart(page, &page->runs[r], "Entropy rate, bits a unit",
                     "entropy", false);
    }
    cli_text_print(&page->body, "</div>\n");
}

/* Least squares of accuracy = end - loss / sqrt(T), from `first` on. */
static bool fit_root(double *end, double *loss, const report_run *run,
                     size_t first)
{
    double n = 0.0, sx = 0.0, sy = 0.0, sxx = 0.0, sxy = 0.0;

    for (size_t k = first; k < run->points; k++) {
        const double x = 1.0 / sqrt(run->curve_steps[k] - (double)run->burn_in);

        n += 1.0;
        sx += x;
        sy += run->curve_accuracy[k];
        sxx += x * x;
        sxy += x * run->curve_accuracy[k];
    }
    const double spread = n * sxx - sx * sx;
    if (n < 3.0 || !(spread > 0.0))
        return false;
    *loss = -(n * sxy - sx * sy) / spread;
    *end = (sy + *loss * sx) / n;
    return true;
}

static void add_steps(report_curves *curves, const report_run *run)
{
    enum { FIT_FROM = 4 }; // steps: below, ties and not noise decide
    const report_curve curve =
        report_curves_add(curves, run->name, run->points, run->colour, true);
    size_t first = 0;
    double end;
    double loss;

    for (size_t k = 0; k < run->points; k++) {
        curve.x[k] = run->curve_steps[k];
        curve.y[k] = run->curve_accuracy[k];
        cli_wilson(curve.y[k], run->test->samples, &curve.low[k],
                   &curve.high[k]);
    }
    while (first < run->points &&
           run->curve_steps[first] < (double)(run->burn_in + FIT_FROM))
        first++;
    if (!fit_root(&end, &loss, run, first))
        return;
    char label[128];
    snprintf(label, sizeof label, "%.1f %% %s %.1f %% / sqrt(T)", 100.0 * end,
             loss < 0.0 ? "+" : "-", 100.0 * fabs(loss));
    const report_curve root = report_curves_add(
        curves, label, run->points - first, run->colour, false);
    curves->series[curves->count - 1].is_reference = true;
    for (size_t k = first; k < run->points; k++) {
        root.x[k - first] = run->curve_steps[k];
        root.y[k - first] =
            end - loss / sqrt(run->curve_steps[k] - (double)run->burn_in);
    }
}

void report_steps(report *page)
{
    report_curves curves = { .count = 0 };

    if (!report_has_measures(page))
        return;
    report_heading(
        &page->body, "Accuracy against the number of steps",
        "The answer is a mean over T steps, so with independent steps the "
        "standard deviation of the vote falls as 1/sqrt(T). The dashed "
        "reference is an end less a loss / sqrt(T), fitted by least squares to "
        "the points from four steps on: a curve that leaves it has steps that "
        "depend on each other, or answers that drift. Bands: 95 % over "
        "samples. The steps are on a logarithmic axis.");
    for (size_t r = 0; r < page->count; r++)
        if (page->runs[r].points > 0)
            add_steps(&curves, &page->runs[r]);
    const cli_chart chart = { .title = "Accuracy against T",
                              .x_label = "steps T",
                              .is_whole_x = true,
                              .y_label = "share right",
                              .is_log_x = true,
                              .is_share = true,
                              .width = 640.0,
                              .height = 360.0,
                              .series = curves.series,
                              .count = curves.count };
    cli_chart_lines(&page->body, &chart);
    report_curves_clear(&curves);
}

enum { BIN_LEAST = 10 }; // answers; fewer say nothing

static void add_bins(report_curves *curves, const limen_calibration *from,
                     const char *label, size_t colour)
{
    size_t used = 0;

    for (size_t k = 0; k < LIMEN_CALIBRATION_BINS; k++)
        used += from->count[k] >= BIN_LEAST;
    const report_curve curve =
        report_curves_add(curves, label, used, colour, true);
    used = 0;
    for (size_t k = 0; k < LIMEN_CALIBRATION_BINS; k++) {
        if (from->count[k] < BIN_LEAST)
            continue;
        curve.x[used] = from->confidence[k];
        curve.y[used] = from->accuracy[k];
        cli_wilson(from->accuracy[k], from->count[k], &curve.low[used],
                   &curve.high[used]);
        used++;
    }
}

static void confidence_chart(report *page, const report_run *run)
{
    report_curves curves = { .count = 0 };
    char label[96];

    snprintf(label, sizeof label, "raw, ECE %.1f %%", 100.0 * run->raw.error);
    add_bins(&curves, &run->raw, label, 0);
    snprintf(label, sizeof label, "temperature %.3g, ECE %.1f %%",
             run->temperature, 100.0 * run->scaled.error);
    add_bins(&curves, &run->scaled, label, 1);
    const report_curve right =
        report_curves_add(&curves, "as sure as right", 2, 7, false);
    right.x[1] = right.y[1] = 1.0;
    curves.series[2].is_reference = true;
    const cli_chart chart = { .title = run->name,
                              .x_label = "confidence",
                              .y_label = "share right",
                              .is_share = true,
                              .y_high = 1.0,
                              .height = 340.0,
                              .series = curves.series,
                              .count = curves.count };
    cli_chart_lines(&page->body, &chart);
    report_curves_clear(&curves);
    cli_text_print(
        &page->body,
        "<p class=\"soft\">%zu samples; the temperature was fitted %s. ",
        run->calibrated,
        run->is_fitted_here ? "on as many other test samples"
                            : "by training, on its validation samples");
    if (isfinite(run->scaled.roc_area))
        cli_text_print(&page->body,
                       "Area under the ROC for errors: %.3f.</p>\n",
                       run->scaled.roc_area);
    else
        cli_text_print(&page->body, "All are right, or all wrong: there is no "
                                    "ROC for errors.</p>\n");
}

void report_confidence(report *page)
{
    if (!report_has_measures(page))
        return;
    report_heading(
        &page->body, "Confidence",
        "Confidence is softmax(beta y) of the answer, with a temperature "
        "softmax(beta y / temperature). ECE is the expected calibration error "
        "in 15 bins; those with ten answers or more are drawn, with 95 % "
        "intervals.");
    cli_text_print(&page->body, "<div class=\"charts\">\n");
    for (size_t r = 0; r < page->count; r++)
        if (page->runs[r].answers != NULL) {
            cli_text_print(&page->body, "<div>");
            confidence_chart(page, &page->runs[r]);
            cli_text_print(&page->body, "</div>\n");
        }
    cli_text_print(&page->body, "</div>\n");
}

/* Hidden units that say nothing, beside the accuracy. */
static void add_idle(report_curves *curves, const report_corruption *from)
{
    const report_curve idle = report_curves_add(
        curves, "silent or saturated units", REPORT_AMOUNTS, 1, false);

    for (size_t a = 0; a < REPORT_AMOUNTS; a++) {
        idle.x[a] = from->conditions[a].amount;
        idle.y[a] = from->conditions[a].silent + from->conditions[a].saturated;
    }
}

static void corruption_chart(report *page, size_t k)
{
    report_curves curves = { .count = 0 };
    const limen_corruption_info *info = NULL;

    for (size_t r = 0; r < page->count; r++) {
        const report_run *run = &page->runs[r];

        if (run->robust_samples == 0)
            continue;
        info = run->robust[k].info;
        const report_curve curve =
            report_curves_add(&curves, page->count == 1 ? "right" : run->name,
                              REPORT_AMOUNTS, run->colour, true);
        for (size_t a = 0; a < REPORT_AMOUNTS; a++) {
            curve.x[a] = run->robust[k].conditions[a].amount;
            curve.y[a] = run->robust[k].conditions[a].accuracy;
            cli_wilson(curve.y[a], run->robust_samples, &curve.low[a],
                       &curve.high[a]);
        }
        if (page->count == 1)
            add_idle(&curves, &run->robust[k]);
        const report_curve clean = report_curves_add(
            &curves, page->count == 1 ? "clean" : NULL, 2, run->colour, false);
        curves.series[curves.count - 1].is_reference = true;
        clean.x[0] = curve.x[0];
        clean.x[1] = curve.x[REPORT_AMOUNTS - 1];
        clean.y[0] = clean.y[1] = run->accuracy;
    }
    const cli_chart chart = { .title = info == NULL ? "" : info->name,
                              .x_label = "amount",
                              .y_label = "share",
                              .is_share = true,
                              .y_high = 1.0,
                              .height = 280.0,
                              .series = curves.series,
                              .count = curves.count };
    cli_chart_lines(&page->body, &chart);
    report_curves_clear(&curves);
}

static void robust_row(report *page, size_t k, size_t a)
{
    const report_corruption *first = NULL;
    char amount[32];

    for (size_t r = 0; first == NULL && r < page->count; r++)
        if (page->runs[r].robust_samples > 0)
            first = &page->runs[r].robust[k];
    if (first == NULL)
        return;
    snprintf(amount, sizeof amount, "%g", first->conditions[a].amount);
    cli_text_print(&page->body, "<tr>");
    report_cell(&page->body, NULL, first->info->name);
    report_cell(&page->body, "n", amount);
    for (size_t r = 0; r < page->count; r++) {
        const report_run *run = &page->runs[r];
        const report_condition *at = &run->robust[k].conditions[a];

        if (run->robust_samples == 0)
            continue;
        report_cell_share(&page->body, at->accuracy);
        report_cell_share(&page->body, at->silent);
        report_cell_share(&page->body, at->saturated);
    }
    cli_text_print(&page->body, "</tr>\n");
}

static void robust_table(report *page)
{
    cli_text *to = &page->body;

    cli_text_print(to, "<div class=\"scroll\"><table><thead><tr><th>corruption"
                       "</th><th class=\"n\">amount</th>");
    for (size_t r = 0; r < page->count; r++) {
        if (page->runs[r].robust_samples == 0)
            continue;
        cli_text_print(to, "<th class=\"n\">");
        if (page->count > 1) {
            cli_text_escape(to, page->runs[r].name);
            cli_text_print(to, "<br>");
        }
        cli_text_print(to, "right</th><th class=\"n\">silent</th>"
                           "<th class=\"n\">saturated</th>");
    }
    cli_text_print(to, "</tr></thead><tbody>\n<tr><td>none</td><td></td>");
    for (size_t r = 0; r < page->count; r++) {
        if (page->runs[r].robust_samples == 0)
            continue;
        report_cell_share(to, page->runs[r].accuracy);
        report_cell_share(to, page->runs[r].silent);
        report_cell_share(to, page->runs[r].saturated);
    }
    cli_text_print(to, "</tr>\n");
    for (size_t k = 0; k < REPORT_CORRUPTIONS; k++)
        for (size_t a = 0; a < REPORT_AMOUNTS; a++)
            robust_row(page, k, a);
    cli_text_print(to, "</tbody></table></div>\n");
}

void report_robustness(report *page)
{
    size_t samples = 0;

    for (size_t r = 0; r < page->count; r++)
        if (page->runs[r].robust_samples > samples)
            samples = page->runs[r].robust_samples;
    if (samples == 0)
        return;
    report_heading(
        &page->body, "Robustness",
        "Test images with a corruption at the amounts of severities 1 to 5. "
        "Dashed: clean. A network that hardly fires or always fires cannot "
        "answer, so the shares of hidden units that never or always fired over "
        "the whole test stand beside the accuracy.");
    cli_text_print(&page->body,
                   "<p class=\"soft\">%zu samples a point; bands: 95 %% over "
                   "samples.</p>\n<div class=\"charts\">\n",
                   samples);
    for (size_t k = 0; k < REPORT_CORRUPTIONS; k++)
        corruption_chart(page, k);
    cli_text_print(&page->body, "</div>\n<h3>Accuracy, silent and saturated "
                                "hidden units</h3>\n");
    robust_table(page);
}
