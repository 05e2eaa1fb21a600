/* options_criticality.c -- the options of limen sweep and limen criticality. */
#include "cli.h"

#include <string.h>

static const cli_option table[] = {
    { "grid", 0, "NAME=VALUES", CLI_SWEEP,
      "vary an option: 2,4,8 or FROM:TO:COUNT[:log]; again for another" },
    { "random", 0, "N", CLI_SWEEP, "N random points of the --range options" },
    { "range", 0, "NAME=FROM:TO[:log]", CLI_SWEEP,
      "vary an option at random; again for another" },
    { "seeds", 0, "K", CLI_SWEEP,
      "runs a point, with --seed, --seed + 1, ... (default: 1)" },
    { "jobs", 0, "J", CLI_SWEEP, "runs at the same time (default: all cores)" },
    { "out", 'o', "DIR", CLI_SWEEP,
      "where rows.jsonl and table.csv go; a stopped sweep goes on" },
    { "plot", 0, "NAME", CLI_SWEEP,
      "also DIR/report.html, with this column of the table drawn" },
    { "theory", 0, NULL, CLI_SWEEP,
      "ask COMMAND for its theory and draw it over what was measured" },
};

const cli_option *cli_criticality_option_at(size_t k)
{
    return k < sizeof table / sizeof *table ? &table[k] : NULL;
}

/* Keeps one more text of an option that can be given again. */
static int keep(const char **list, size_t *count, const char *name,
                const char *text)
{
    if (*count == CLI_AXES_MAX)
        return cli_fail(CLI_USAGE, "--%s: at most %d of them", name,
                        CLI_AXES_MAX);
    list[(*count)++] = text;
    return CLI_DONE;
}

static bool sweep_option(cli_options *options, const char *name,
                         const char *text, int *code)
{
    cli_sweep_options *sweep = &options->sweep;

    if (strcmp(name, "grid") == 0)
        *code = keep(sweep->grids, &sweep->grid_count, name, text);
    else if (strcmp(name, "range") == 0)
        *code = keep(sweep->ranges, &sweep->range_count, name, text);
    else if (strcmp(name, "random") == 0)
        *code = cli_read_count(&sweep->random, name, text, 1, 1e6);
    else if (strcmp(name, "seeds") == 0)
        *code = cli_read_count(&sweep->seeds, name, text, 1, 1e6);
    else if (strcmp(name, "jobs") == 0)
        *code = cli_read_count(&sweep->jobs, name, text, 1, 1024);
    else if (strcmp(name, "plot") == 0)
        sweep->plot = text;
    else if (strcmp(name, "theory") == 0)
        options->theory = true;
    else
        return false;
    return true;
}

bool cli_criticality_option(cli_options *options, const char *name,
                            const char *text, int *code)
{
    return options->command == CLI_SWEEP &&
           sweep_option(options, name, text, code);
}
