/* sweep.c -- `limen sweep`: a command at many values of its options. */
#include "progress.h"
#include "sweep.h"

#include <string.h>

static const char *first_error(const sweep *all)
{
    for (size_t run = 0; run < all->runs; run++) {
        const json_t *error = json_object_get(all->rows[run], "error");

        if (error != NULL)
            return json_string_value(error);
    }
    return "";
}

static int tell(const sweep *all)
{
    if (all->options->json)
        cli_print_json(json_pack("{s:s, s:I, s:I, s:I}", "dir", all->dir,
                                 "points", (json_int_t)all->points, "runs",
                                 (json_int_t)all->runs, "failed",
                                 (json_int_t)all->failed));
    else
        printf("%zu runs of %zu points are in %s/table.csv\n", all->runs,
               all->points, all->dir);
    if (all->failed > 0)
        return cli_fail(CLI_FAILED,
                        "%zu of %zu runs failed and have a row that says why; "
                        "the first: %s",
                        all->failed, all->runs, first_error(all));
    return CLI_DONE;
}

int cli_sweep(cli_options *options)
{
    sweep all;
    int code = sweep_plan(&all, options);

    cli_signals_catch();
    if (code == CLI_DONE)
        code = sweep_rows_open(&all);
    if (code == CLI_DONE && all.done < all.runs)
        code = sweep_run(&all);
    if (code == CLI_DONE)
        code = sweep_rows_finish(&all);
    if (code == CLI_DONE && options->sweep.plot != NULL)
        code = sweep_report(&all, options->sweep.plot);
    if (code == CLI_DONE)
        code = tell(&all);
    sweep_free(&all);
    return code;
}
