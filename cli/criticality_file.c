/* criticality_file.c -- activity from a file: counts, or a raster. */
#include "criticality.h"

#include <stdlib.h>
#include <string.h>

static bool are_bits(const limen_numbers *from)
{
    for (size_t k = 0; k < from->count; k++)
        if (from->values[k] != 0.0 && from->values[k] != 1.0)
            return false;
    return true;
}

/* Whether rows are steps and columns units. */
static int find_layout(bool *is_raster, const limen_numbers *from,
                       const criticality *all)
{
    const char *asked = all->asked->layout;
    const bool is_table =
        from->dims == 2 && from->shape[0] > 1 && from->shape[1] > 1;

    if (asked != NULL && strcmp(asked, "counts") != 0 &&
        strcmp(asked, "raster") != 0)
        return cli_fail(CLI_USAGE, "--layout: '%.60s' is not counts or raster",
                        asked);
    *is_raster = asked != NULL ? strcmp(asked, "raster") == 0
                               : is_table && are_bits(from);
    if (*is_raster && (from->dims != 2 || !are_bits(from)))
        return cli_fail(CLI_BAD_FILE,
                        "%s: a raster has (steps, units) of 0 and 1",
                        all->options->words[0]);
    return CLI_DONE;
}

static void take_raster(crit_series *to, const limen_numbers *from)
{
    const size_t units = to->units;
    const size_t words = (units + 63) / 64;

    for (size_t t = 0; t < to->steps; t++)
        for (size_t i = 0; i < units; i++)
            if (from->values[t * units + i] != 0.0)
                to->raster[t * words + i / 64] |= (uint64_t)1 << i % 64;
    crit_series_count(to);
}

static int take(criticality *all, const limen_numbers *from)
{
    crit_series *to = &all->results[0].series;
    // one row or one column is one series
    const bool is_one =
        from->dims < 2 || from->shape[0] == 1 || from->shape[1] == 1;
    bool is_raster;
    int code;

    if (from->dims > 2)
        return cli_fail(CLI_BAD_FILE,
                        "%s: %zu dimensions; activity is (steps), (trials, "
                        "steps) or a raster (steps, units)",
                        all->options->words[0], from->dims);
    code = find_layout(&is_raster, from, all);
    if (code != CLI_DONE)
        return code;
    if (is_raster) {
        code = crit_series_new(to, "raster", 1, from->shape[0], from->shape[1],
                               true);
        if (code == CLI_DONE)
            take_raster(to, from);
        return code;
    }
    for (size_t k = 0; k < from->count; k++)
        if (from->values[k] < 0.0)
            return cli_fail(CLI_BAD_FILE,
                            "%s: value %zu is %g; activity is not negative",
                            all->options->words[0], k, from->values[k]);
    code = crit_series_new(to, "activity", is_one ? 1 : from->shape[0],
                           is_one ? from->count : from->shape[1], 0, false);
    if (code == CLI_DONE)
        memcpy(to->counts, from->values, from->count * sizeof *to->counts);
    return code;
}

int crit_open_file(criticality *all)
{
    const char *path = all->options->words[0];
    limen_numbers *numbers;
    limen_error err;
    const limen_status status =
        limen_numbers_load(&numbers, path, all->asked->array, &err);

    if (status != LIMEN_OK)
        return cli_fail_status(status, &err);
    all->results = calloc(1, sizeof *all->results);
    all->count = 1;
    const int code =
        all->results != NULL
            ? take(all, numbers)
            : cli_fail(CLI_NO_MEMORY, "out of memory for %s", path);
    limen_numbers_free(numbers);
    snprintf(all->what, sizeof all->what, "%.300s", path);
    return code;
}
