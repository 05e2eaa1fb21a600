/* report_study_tables.c -- the tables of a study's page. */
#include "report_study.h"

#include <math.h>
#include <string.h>

const char *study_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

double study_number(const json_t *value)
{
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

limen_interval study_interval(const json_t *value)
{
    if (!json_is_object(value))
        return (limen_interval){ study_number(value), (double)NAN,
                                 (double)NAN };
    return (limen_interval){ study_number(json_object_get(value, "mean")),
                             study_number(json_object_get(value, "low")),
                             study_number(json_object_get(value, "high")) };
}

const char *study_corruption(const json_t *condition)
{
    return json_string_value(json_object_get(condition, "corruption"));
}

/* Whether a measure is a share, shown in per cent or points. */
static bool is_share(const char *what)
{
    static const char *const others[] = { "settle",   "stands",
                                          "entropy",  "autocorrelation",
                                          "roc_area", "temperature",
                                          "loss" };

    for (size_t k = 0; k < sizeof others / sizeof *others; k++)
        if (strcmp(others[k], what) == 0)
            return false;
    return true;
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

static void print_measure(cli_text *to, const char *what, limen_interval of)
{
    if (is_share(what)) {
        print_interval(to, of);
        return;
    }
    cli_text_print(to, "<td class=\"n\">");
    if (isfinite(of.mean))
        cli_text_print(to, "%.3g", of.mean);
    if (isfinite(of.low) && isfinite(of.high))
        cli_text_print(to, " <span class=\"soft\">%.3g to %.3g</span>", of.low,
                       of.high);
    cli_text_print(to, "</td>");
}

static void condition_row(study *all, const json_t *arm,
                          const json_t *condition)
{
    static const char *const measures[] = { "silent", "saturated", "winner",
                                            "ece_temperature" };
    const char *name = study_corruption(condition);
    const double amount = study_number(json_object_get(condition, "amount"));
    char text[32] = "";

    if (name != NULL && isfinite(amount))
        snprintf(text, sizeof text, "%g", amount);
    cli_text_print(all->to, "<tr>");
    report_cell(all->to, NULL, study_text(arm, "label"));
    report_cell(all->to, NULL, name == NULL ? "none" : name);
    report_cell(all->to, "n", text);
    print_interval(all->to,
                   study_interval(json_object_get(condition, "accuracy")));
    for (size_t m = 0; m < sizeof measures / sizeof *measures; m++)
        report_cell_share(
            all->to,
            study_interval(json_object_get(condition, measures[m])).mean);
    cli_text_print(all->to, "</tr>\n");
}

void study_conditions(study *all)
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
    const char *name = study_corruption(difference);
    const double amount = study_number(json_object_get(difference, "amount"));
    const double p = study_number(json_object_get(difference, "p_holm"));
    const limen_interval of = study_interval(difference);
    char text[32] = "";

    if (isfinite(amount))
        snprintf(text, sizeof text, "%g", amount);
    cli_text_print(all->to, is_real ? "<tr class=\"real\">" : "<tr>");
    report_cell(all->to, NULL, study_text(difference, "arm"));
    cli_text_print(all->to, "<td>");
    cli_text_escape(all->to, study_text(difference, "reference"));
    cli_text_print(
        all->to, "%s</td>",
        json_is_true(json_object_get(difference, "best_of")) ? " (best)" : "");
    report_cell(all->to, NULL, study_text(difference, "what"));
    report_cell(all->to, NULL, name == NULL ? "" : name);
    report_cell(all->to, "n", text);
    const double factor =
        is_share(study_text(difference, "what")) ? 100.0 : 1.0;
    if (isfinite(of.mean) && isfinite(of.low) && isfinite(of.high))
        cli_text_print(all->to,
                       "<td class=\"n\">%+.2f</td><td class=\"n\">%+.2f to "
                       "%+.2f</td>",
                       factor * of.mean, factor * of.low, factor * of.high);
    else
        cli_text_print(all->to, "<td class=\"n\"></td><td class=\"n\"></td>");
    snprintf(text, sizeof text, isfinite(p) ? "%.3g" : "", p);
    report_cell(all->to, "n", text);
    report_cell(all->to, NULL, is_real ? "real" : "cannot be told");
    cli_text_print(all->to, "</tr>\n");
}

void study_differences(study *all)
{
    const json_t *differences = json_object_get(all->result, "differences");
    size_t k;
    json_t *difference;

    if (json_array_size(differences) == 0)
        return;
    report_heading(all->to, "Differences to the reference",
                   "Shares in points (hundredths), other measures as they "
                   "are; paired by seed, with 95 % bootstrap intervals and p "
                   "corrected for the number of "
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

/* One row an arm, one column for each measure of arm[what]. */
void study_measures(study *all, const char *what, const char *heading,
                    const char *words)
{
    json_t *first = json_object_get(json_array_get(all->arms, 0), what);
    const char *name;
    json_t *value, *arm;
    size_t a;

    if (json_object_size(first) == 0)
        return;
    report_heading(all->to, heading, words);
    cli_text_print(all->to, "<div class=\"scroll\"><table><thead><tr><th>arm"
                            "</th>");
    json_object_foreach(first, name, value)
    {
        cli_text_print(all->to, "<th class=\"n\">");
        cli_text_escape(all->to, name);
        cli_text_print(all->to, "</th>");
    }
    cli_text_print(all->to, "</tr></thead><tbody>\n");
    json_array_foreach(all->arms, a, arm)
    {
        const json_t *measures = json_object_get(arm, what);

        cli_text_print(all->to, "<tr>");
        report_cell(all->to, NULL, study_text(arm, "label"));
        json_object_foreach(first, name, value) print_measure(
            all->to, name, study_interval(json_object_get(measures, name)));
        cli_text_print(all->to, "</tr>\n");
    }
    cli_text_print(all->to, "</tbody></table></div>\n");
}
