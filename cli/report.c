/* report.c -- `limen report`: runs, or a study, as one HTML file. */
#include "report.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_study(const char *dir)
{
    char *path = cli_path(dir, "study.json");
    struct stat about;
    const bool is_there = stat(path, &about) == 0;

    free(path);
    return is_there;
}

/* Runs of the same name get their number. */
static void tell_apart(report *page)
{
    for (size_t r = 1; r < page->count; r++) {
        report_run *run = &page->runs[r];

        for (size_t k = 0; k < r; k++)
            if (strcmp(page->runs[k].name, run->name) == 0) {
                const size_t length = strlen(run->name);
                const size_t room = sizeof run->name - 32;

                snprintf(run->name + (length < room ? length : room), 32,
                         " (%zu)", r + 1);
                break;
            }
    }
}

static int measure_runs(report *page, const cli_options *options)
{
    int code = CLI_DONE;

    for (size_t r = 0; code == CLI_DONE && r < page->count; r++) {
        report_run *run = &page->runs[r];

        if (run->test == NULL)
            continue;
        code = report_measure(run, options->threads);
        if (code == CLI_DONE)
            code = report_measure_robustness(run, options->threads);
    }
    return code;
}

static int write_parts(report *page, int threads)
{
    report_headline(page);
    report_learning(page);
    report_steps(page);
    report_robustness(page);
    report_confusion(page);
    int code = report_worst(page, threads);
    if (code == CLI_DONE)
        code = report_raster(page, threads);
    report_histograms(page);
    report_confidence(page);
    report_origins(page);
    return code;
}

static int report_runs(report *page, const cli_options *options)
{
    int code = CLI_DONE;

    for (size_t r = 0; code == CLI_DONE && r < options->word_count; r++) {
        page->runs[r].colour = r;
        page->count++;
        code = report_open(&page->runs[r], options->words[r], options);
    }
    tell_apart(page);
    if (code == CLI_DONE)
        code = measure_runs(page, options);
    return code == CLI_DONE ? write_parts(page, options->threads) : code;
}

int cli_report(cli_options *options)
{
    const size_t count = options->word_count;
    bool has_study = false;

    if (count == 0 || count > REPORT_RUNS)
        return cli_fail(CLI_USAGE, "report: name one to %d runs, or a study",
                        REPORT_RUNS);
    for (size_t k = 0; k < count; k++)
        has_study |= is_study(options->words[k]);
    if (has_study && count > 1)
        return cli_fail(CLI_USAGE, "report: a study goes alone in a report");

    report *page = report_room(1, sizeof *page);
    int code = has_study ? report_study(&page->body, options->words[0])
                         : report_runs(page, options);
    char *path = options->out == NULL
                     ? cli_path(options->words[0], "report.html")
                     : cli_path(".", options->out);
    const char *to = options->out == NULL ? path : options->out;
    if (code == CLI_DONE) {
        char title[256];

        snprintf(title, sizeof title, "%s%s - limen", options->words[0],
                 count > 1 ? " and others" : "");
        code = report_write(to, title, &page->body);
    }
    if (code == CLI_DONE)
        printf("%s\n", to);
    free(path);
    for (size_t r = 0; r < page->count; r++)
        report_close(&page->runs[r]);
    cli_text_clear(&page->body);
    free(page);
    return code;
}
