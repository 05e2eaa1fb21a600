/* compare.c -- `limen compare`: every arm with every seed, then what differs.
 *
 * Each cell is made by a child process: several run at once, a cell's memory
 * is its own, and one that dies takes nothing with it.
 */
#include "compare.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { JOBS_MAX = 256 };

/* runs/NAME of studies/NAME.yaml */
static int choose_dir(cli_comparison *all)
{
    const cli_options *options = all->options;
    const char *slash = strrchr(all->path, '/');
    const char *name = slash == NULL ? all->path : slash + 1;
    const char *dot = strrchr(name, '.');
    const int length = (int)(dot == NULL ? strlen(name) : (size_t)(dot - name));
    const int written =
        options->out == NULL
            ? snprintf(all->dir, sizeof all->dir, "runs/%.*s", length, name)
            : snprintf(all->dir, sizeof all->dir, "%s", options->out);

    if (written >= (int)sizeof all->dir)
        return cli_fail(CLI_USAGE, "-o: the path is too long");
    return CLI_DONE;
}

/* A second comparison in the same directory would do the same work again. */
static int lock(const cli_comparison *all)
{
    char *path = cli_path(all->dir, "study.json");
    const int file = open(path, O_RDONLY | O_CLOEXEC);

    free(path);
    if (file < 0 || flock(file, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return CLI_DONE; // where files cannot be locked, nobody is kept out
    return cli_fail(CLI_USAGE,
                    "%s is being worked on by another `limen compare`",
                    all->dir);
}

/* Whether a name is that of a file which was being written, NAME.XXXXXX. */
static bool is_unfinished(const char *name)
{
    static const char *const ends[] = { ".json", ".npz", ".md" };
    const size_t bytes = strlen(name);

    for (size_t k = 0; k < sizeof ends / sizeof *ends; k++) {
        const size_t more = strlen(ends[k]) + 7;

        if (bytes > more && name[bytes - 7] == '.' &&
            strncmp(name + bytes - more, ends[k], strlen(ends[k])) == 0)
            return true;
    }
    return false;
}

/* What a comparison that was killed left half-written. */
static void remove_unfinished(const cli_comparison *all, const char *folder)
{
    char *path = cli_path(all->dir, folder);
    DIR *dir = opendir(path);
    const struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char *file = cli_path(path, entry->d_name);

        if (is_unfinished(entry->d_name))
            unlink(file);
        free(file);
    }
    if (dir != NULL)
        closedir(dir);
    free(path);
}

static void tidy(const cli_comparison *all)
{
    remove_unfinished(all, ".");
    remove_unfinished(all, "cells");
    for (size_t k = 0; k < limen_study_cells(all->study); k++) {
        char folder[64];

        snprintf(folder, sizeof folder, "data/seed-%llu",
                 (unsigned long long)limen_study_cell_at(all->study, k).seed);
        remove_unfinished(all, folder);
    }
}

static int look_at_cells(cli_comparison *all, size_t *left)
{
    const size_t cells = limen_study_cells(all->study);
    limen_error err;
    limen_status status = LIMEN_OK;

    *left = 0;
    all->done = calloc(cells, sizeof *all->done);
    if (all->done == NULL)
        return cli_fail(CLI_NO_MEMORY, "out of memory for the cells");
    for (size_t k = 0; status == LIMEN_OK && k < cells; k++) {
        status = limen_study_cell_done(&all->done[k], all->study, k, &err);
        *left += !all->done[k];
    }
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

static bool few_seeds(const cli_comparison *all)
{
    const char *first = limen_study_cell_at(all->study, 0).label;
    size_t seeds = 0;

    for (size_t k = 0; k < limen_study_cells(all->study); k++)
        seeds += strcmp(limen_study_cell_at(all->study, k).label, first) == 0;
    return seeds < 5;
}

static void share_cores(cli_comparison *all, size_t left)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const size_t threads = all->options->threads > 0
                               ? (size_t)all->options->threads
                           : cores > 0 ? (size_t)cores
                                       : 1;

    all->jobs = all->options->jobs > 0 ? all->options->jobs : threads;
    if (all->jobs > left)
        all->jobs = left;
    if (all->jobs > JOBS_MAX)
        all->jobs = JOBS_MAX;
    all->threads =
        all->jobs == 0 || threads <= all->jobs ? 1 : (int)(threads / all->jobs);
}

/* How much of the study is done, in millionths. */
static size_t millionths(const cli_comparison *all, const cli_job *job)
{
    double work = 0.0;
    double done = 0.0;

    for (size_t k = 0; k < limen_study_cells(all->study); k++) {
        const double one = limen_study_cell_at(all->study, k).work;

        work += one;
        done += all->done[k] ? one : 0.0;
        for (size_t j = 0; j < all->jobs; j++)
            if (job[j].pid != 0 && job[j].cell == k)
                done += one * job[j].share;
    }
    return work > 0.0 ? (size_t)(1e6 * done / work) : 0;
}

static void draw(cli_progress *bar, const cli_comparison *all,
                 const cli_job *job)
{
    const size_t cells = limen_study_cells(all->study);
    size_t done = 0;
    char what[160];

    for (size_t k = 0; k < cells; k++)
        done += all->done[k];
    for (size_t j = 0; j < all->jobs; j++)
        if (job[j].pid != 0) {
            const limen_study_cell cell =
                limen_study_cell_at(all->study, job[j].cell);

            snprintf(what, sizeof what, "%s, seed %llu (%zu of %zu)",
                     cell.label, (unsigned long long)cell.seed, done, cells);
            cli_progress_draw(bar, millionths(all, job), 1000000, what);
            return;
        }
}

static size_t next_cell(const cli_comparison *all, const cli_job *job)
{
    const size_t cells = limen_study_cells(all->study);

    for (size_t k = 0; k < cells; k++) {
        bool is_free = !all->done[k];

        for (size_t j = 0; j < all->jobs; j++)
            is_free = is_free && !(job[j].pid != 0 && job[j].cell == k);
        if (is_free)
            return k;
    }
    return cells;
}

/* Until a child writes or ends, at most a fifth of a second. */
static void wait_a_little(const cli_comparison *all, const cli_job *job)
{
    struct pollfd files[2 * JOBS_MAX];
    nfds_t count = 0;

    for (size_t j = 0; j < all->jobs; j++) {
        if (job[j].pid == 0)
            continue;
        if (job[j].shares >= 0)
            files[count++] = (struct pollfd){ job[j].shares, POLLIN, 0 };
        if (job[j].talk >= 0)
            files[count++] = (struct pollfd){ job[j].talk, POLLIN, 0 };
    }
    (void)poll(files, count, count == 0 ? 20 : 200);
}

static int stop(cli_comparison *all, cli_job *job, const cli_progress *bar,
                enum cli_signal signal)
{
    cli_progress_clear(bar);
    for (size_t j = 0; j < all->jobs; j++)
        cli_job_stop(&job[j]);
    fprintf(stderr,
            "limen: stopped; `limen compare %s -o %s` goes on with the cells "
            "that are left\n",
            all->path, all->dir);
    return signal == CLI_INTERRUPT ? CLI_INTERRUPTED : CLI_STOPPED;
}

/* Makes the cells that are left.  After a failure those that run are finished,
 * and no other begins. */
static int make_cells(cli_comparison *all)
{
    cli_job job[JOBS_MAX] = { { 0 } };
    cli_progress bar =
        cli_progress_begin(all->options->quiet, millionths(all, job));
    const size_t cells = limen_study_cells(all->study);
    int code = CLI_DONE;
    size_t running = 0;

    do {
        for (size_t j = 0; j < all->jobs; j++) {
            const size_t cell = code == CLI_DONE ? next_cell(all, job) : cells;
            bool is_over = false;

            if (job[j].pid == 0 && cell < cells) {
                code = cli_job_start(&job[j], all, cell);
                running += code == CLI_DONE;
            }
            if (job[j].pid == 0)
                continue;
            const size_t at = job[j].cell;
            const int one = cli_job_look(&job[j], all, &bar, &is_over);
            running -= is_over;
            all->done[at] = is_over && one == CLI_DONE;
            code = code == CLI_DONE ? one : code;
        }
        const enum cli_signal signal = cli_signal_take();
        if (signal == CLI_INTERRUPT || signal == CLI_STOP)
            return stop(all, job, &bar, signal);
        draw(&bar, all, job);
        if (running > 0)
            wait_a_little(all, job);
    } while (running > 0 || (code == CLI_DONE && next_cell(all, job) < cells));
    cli_progress_clear(&bar);
    return code;
}

static int compare(cli_comparison *all)
{
    size_t left;
    limen_error err;
    limen_status status = limen_study_open(all->study, all->dir, &err);
    int code = status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);

    if (code == CLI_DONE)
        code = lock(all);
    if (code == CLI_DONE) {
        tidy(all);
        code = look_at_cells(all, &left);
    }
    if (code == CLI_DONE && !all->options->quiet && few_seeds(all))
        cli_say("intervals of fewer than five seeds are wide and unsure");
    if (code == CLI_DONE) {
        share_cores(all, left);
        code = left == 0 ? CLI_DONE : make_cells(all);
    }
    if (code != CLI_DONE)
        return code;
    status = limen_study_summarise(all->study, &err);
    if (status != LIMEN_OK)
        return cli_fail_status(status, &err);
    code = cli_compare_print(all);
    if (code == CLI_DONE && all->options->check != NULL)
        code = cli_compare_check(all, all->options->check);
    return code;
}

int cli_compare(cli_options *options)
{
    cli_comparison all = { .options = options };
    const char *dir = limen_settings_get(options->settings, "data-dir");
    limen_error err;

    if (options->word_count != 1)
        return cli_fail(CLI_USAGE, "compare: name one study file");
    all.path = options->words[0];
    int code = choose_dir(&all);
    if (code != CLI_DONE)
        return code;
    const ssize_t length =
        readlink("/proc/self/exe", all.program, sizeof all.program - 1);
    if (length <= 0)
        snprintf(all.program, sizeof all.program, "%s", options->argv[0]);
    cli_signals_catch();
    const limen_status status = limen_study_load(
        &all.study, all.path, dir[0] == '\0' ? NULL : dir, &err);
    code = status == LIMEN_OK ? compare(&all) : cli_fail_status(status, &err);
    limen_study_free(all.study);
    free(all.done);
    return code;
}
