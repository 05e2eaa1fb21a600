/* train.c -- `limen train`: batches, until all are done or it must stop. */
#include "run.h"

#include <string.h>

/* Saves and says how to go on. */
static int stop(const cli_run *run, const cli_progress *bar, int code)
{
    cli_progress_clear(bar);
    const int saved = cli_run_checkpoint(run);

    if (saved != CLI_DONE)
        return saved;
    fprintf(stderr,
            "limen: stopped with a checkpoint; `limen train --resume %s` goes "
            "on\n",
            run->dir);
    return code;
}

/* What signals and clocks ask for between two batches; *is_over ends the run
 * with the code returned. */
static int look_up(const cli_run *run, const cli_progress *bar, double began,
                   double limit, double *saved, bool *is_over)
{
    const double now = cli_now();
    const enum cli_signal signal = cli_signal_take();

    *is_over = true;
    if (signal == CLI_INTERRUPT)
        return stop(run, bar, CLI_INTERRUPTED);
    if (signal == CLI_STOP || (limit > 0.0 && now - began >= limit))
        return stop(run, bar, CLI_STOPPED);
    *is_over = false;
    if (signal == CLI_SAVE ||
        now - *saved >= 60.0 * run->options->checkpoint_minutes) {
        *saved = now;
        return cli_run_checkpoint(run);
    }
    return CLI_DONE;
}

static int train(cli_run *run, double limit)
{
    limen_progress at = limen_trainer_progress(run->trainer);
    cli_progress bar = cli_progress_begin(run->options->quiet,
                                          at.epoch * at.batches + at.batch);
    const double began = cli_now();
    double epoch_began = began;
    double saved = began;
    limen_error err;

    while (at.epoch < at.epochs) {
        bool is_over;
        const size_t epoch = at.epoch;
        const limen_status status = limen_trainer_step(run->trainer, &err);
        char what[64];

        if (status != LIMEN_OK) {
            cli_progress_clear(&bar);
            return cli_fail_status(status, &err);
        }
        at = limen_trainer_progress(run->trainer);
        snprintf(what, sizeof what, "epoch %zu of %zu", epoch + 1, at.epochs);
        cli_progress_draw(&bar, at.epoch * at.batches + at.batch,
                          at.epochs * at.batches, what);
        int code = CLI_DONE;
        if (at.epoch > epoch) {
            cli_progress_clear(&bar);
            code = cli_run_epoch(run, cli_now() - epoch_began);
            epoch_began = cli_now();
        }
        if (code == CLI_DONE && at.epoch < at.epochs)
            code = look_up(run, &bar, began, limit, &saved, &is_over);
        else
            is_over = false;
        if (code != CLI_DONE || is_over)
            return code;
    }
    cli_progress_clear(&bar);
    return cli_run_finish(run);
}

int cli_train(cli_options *options)
{
    cli_run run;
    double limit = 0.0;

    if (options->word_count > 0)
        return cli_fail(CLI_USAGE,
                        "train: '%s' is no option; name the data with --data",
                        options->words[0]);
    if (options->time_limit != NULL) {
        limit = cli_read_time(options->time_limit);
        if (limit < 0.0)
            return cli_fail(CLI_USAGE,
                            "--time-limit: '%s' is not a time like 90s, 10m "
                            "or 2h",
                            options->time_limit);
    }
    if (options->resume != NULL && options->out != NULL)
        return cli_fail(CLI_USAGE, "--resume goes on in its own directory; "
                                   "leave out -o");
    cli_signals_catch();
    int code = cli_run_open(&run, options);
    if (code == CLI_DONE)
        code = train(&run, limit);
    cli_run_close(&run);
    return code;
}
