/* report_page.c -- the page around a report, and small pieces of it. */
#include "report.h"

#include <math.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>

/* report/, made into arrays by report/embed. */
extern const unsigned char report_page_html[];
extern const unsigned char report_style_css[];
extern const unsigned char report_script_js[];

void *report_room(size_t count, size_t size)
{
    void *room = calloc(count > 0 ? count : 1, size);

    if (room == NULL)
        exit(cli_fail(CLI_NO_MEMORY, "out of memory for a report"));
    return room;
}

report_curve report_curves_add(report_curves *all, const char *label,
                               size_t points, size_t colour, bool has_band)
{
    const size_t k =
        all->count < REPORT_CURVES ? all->count++ : REPORT_CURVES - 1;
    cli_series *series = &all->series[k];

    free(all->numbers[k]);
    all->numbers[k] = report_room(4 * points, sizeof(double));
    const report_curve curve = { all->numbers[k], all->numbers[k] + points,
                                 all->numbers[k] + 2 * points,
                                 all->numbers[k] + 3 * points };
    snprintf(all->labels[k], sizeof all->labels[k], "%s",
             label == NULL ? "" : label);
    *series = (cli_series){ .label = label == NULL ? NULL : all->labels[k],
                            .x = curve.x,
                            .y = curve.y,
                            .low = has_band ? curve.low : NULL,
                            .high = has_band ? curve.high : NULL,
                            .points = points,
                            .colour = colour };
    return curve;
}

void report_curves_clear(report_curves *all)
{
    for (size_t k = 0; k < all->count; k++)
        free(all->numbers[k]);
    *all = (report_curves){ .count = 0 };
}

void report_layer_name(char *to, size_t size, size_t layer, size_t layers)
{
    snprintf(to, size,
             layer == 0            ? "input"
             : layer + 1 == layers ? "output"
                                   : "layer %zu",
             layer);
}

void report_heading(cli_text *to, const char *title, const char *words)
{
    cli_text_print(to, "<h2>");
    cli_text_escape(to, title);
    cli_text_print(to, "</h2>\n");
    if (words == NULL)
        return;
    cli_text_print(to, "<p class=\"soft\">");
    cli_text_escape(to, words);
    cli_text_print(to, "</p>\n");
}

void report_cell(cli_text *to, const char *class_name, const char *text)
{
    cli_text_print(to, class_name == NULL ? "<td>" : "<td class=\"%s\">",
                   class_name);
    cli_text_escape(to, text);
    cli_text_print(to, "</td>");
}

void report_cell_share(cli_text *to, double share)
{
    if (isfinite(share))
        cli_text_print(to, "<td class=\"n\">%.1f %%</td>", 100.0 * share);
    else
        cli_text_print(to, "<td class=\"n\"></td>");
}

bool report_has_measures(const report *page)
{
    for (size_t r = 0; r < page->count; r++)
        if (page->runs[r].answers != NULL)
            return true;
    return false;
}

/* The one script that the page's policy lets run. */
static void add_script_hash(cli_text *to)
{
    const char *script = (const char *)report_script_js;
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA2_CTX state;

    SHA256Init(&state);
    SHA256Update(&state, report_script_js, strlen(script));
    SHA256Final(digest, &state);
    cli_text_base64(to, digest, sizeof digest);
}

static void fill(cli_text *to, const char *mark, size_t length,
                 const char *title, const cli_text *body)
{
    if (strncmp(mark, "@TITLE@", length) == 0)
        cli_text_escape(to, title);
    else if (strncmp(mark, "@BODY@", length) == 0)
        cli_text_add(to, body->bytes, body->used);
    else if (strncmp(mark, "@STYLE@", length) == 0)
        cli_text_print(to, "%s", (const char *)report_style_css);
    else if (strncmp(mark, "@SCRIPT@", length) == 0)
        cli_text_print(to, "%s", (const char *)report_script_js);
    else if (strncmp(mark, "@HASH@", length) == 0)
        add_script_hash(to);
}

int report_write(const char *path, const char *title, const cli_text *body)
{
    const char *page = (const char *)report_page_html;
    cli_text whole = { 0 };
    limen_error err;

    // what is filled in is never looked at again: it may hold any text
    for (const char *at; (at = strchr(page, '@')) != NULL;) {
        const size_t length = strcspn(at + 1, "@") + 2;

        cli_text_add(&whole, page, (size_t)(at - page));
        fill(&whole, at, length, title, body);
        page = at + length;
    }
    cli_text_print(&whole, "%s", page);
    if (whole.has_failed || body->has_failed) {
        cli_text_clear(&whole);
        return cli_fail(CLI_NO_MEMORY, "out of memory for a report");
    }
    const limen_status status =
        limen_file_write(path, whole.bytes, whole.used, &err);
    cli_text_clear(&whole);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}
