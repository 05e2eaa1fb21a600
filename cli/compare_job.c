/* compare_job.c -- a cell in a process of its own. */
#include "compare.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

/* Writes the share done after each step; a pipe holds thousands. */
static int run_cell(const cli_comparison *all, size_t index, int shares)
{
    limen_cell *cell;
    limen_error err;
    bool is_done = false;
    limen_status status =
        limen_cell_new(&cell, all->study, index, all->threads, &err);

    while (status == LIMEN_OK && !is_done) {
        status = limen_cell_step(cell, &is_done, &err);
        const double share = limen_cell_progress(cell);
        if (write(shares, &share, sizeof share) != (ssize_t)sizeof share)
            return CLI_FAILED; // nobody waits for it any more
    }
    limen_cell_free(cell);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

/* Becomes the script; returns only if that fails. */
static int run_script(const cli_comparison *all, size_t index)
{
    const limen_study_cell cell = limen_study_cell_at(all->study, index);
    const char *python =
        all->options->python == NULL ? "python3" : all->options->python;
    const char *script = limen_study_script(all->study);
    char seed[32];
    char threads[32];
    limen_error err;
    const limen_status status = limen_study_export(all->study, index, &err);

    if (status != LIMEN_OK)
        return cli_fail_status(status, &err);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)cell.seed);
    snprintf(threads, sizeof threads, "%d", all->threads);
    setenv("OMP_NUM_THREADS", threads, 1);
    const int null = open("/dev/null", O_WRONLY);
    dup2(null, STDOUT_FILENO); // ours is for results
    execlp(python, python, script, "--limen", all->program, "--study", all->dir,
           "--label", cell.label, "--seed", seed, "--options",
           limen_study_options(all->study, index), (char *)NULL);
    return cli_fail(CLI_FAILED, "%s: %s", python, strerror(errno));
}

static void be_child(const cli_comparison *all, size_t cell, int shares,
                     int talk)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGUSR1, SIG_DFL);
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
    dup2(talk, STDERR_FILENO);
    const int code = limen_study_cell_at(all->study, cell).is_baseline
                         ? run_script(all, cell)
                         : run_cell(all, cell, shares);

    fflush(stderr);
    _exit(code);
}

int cli_job_start(cli_job *job, const cli_comparison *all, size_t cell)
{
    int shares[2];
    int talk[2];

    *job = (cli_job){ .cell = cell, .began = cli_now() };
    if (pipe2(shares, O_CLOEXEC) != 0)
        return cli_fail(CLI_FAILED, "no pipe: %s", strerror(errno));
    if (pipe2(talk, O_CLOEXEC) != 0) {
        close(shares[0]);
        close(shares[1]);
        return cli_fail(CLI_FAILED, "no pipe: %s", strerror(errno));
    }
    fflush(NULL);
    job->pid = fork();
    if (job->pid == 0)
        be_child(all, cell, shares[1], talk[1]);
    close(shares[1]);
    close(talk[1]);
    job->shares = shares[0];
    job->talk = talk[0];
    fcntl(job->shares, F_SETFL, O_NONBLOCK);
    fcntl(job->talk, F_SETFL, O_NONBLOCK);
    if (job->pid < 0) {
        close(job->shares);
        close(job->talk);
        job->pid = 0;
        return cli_fail(CLI_FAILED, "no child process: %s", strerror(errno));
    }
    return CLI_DONE;
}

/* Keeps the last line that is not empty. */
static void listen_to(cli_job *job, const char *text, size_t bytes)
{
    for (size_t k = 0; k < bytes; k++) {
        if (text[k] == '\n') {
            job->is_line_over = true;
            continue;
        }
        if (job->is_line_over)
            job->used = 0;
        job->is_line_over = false;
        if (job->used + 1 < sizeof job->line)
            job->line[job->used++] = text[k];
        job->line[job->used] = '\0';
    }
}

static void read_pipes(cli_job *job)
{
    char text[4096];
    double share[64];
    ssize_t bytes = -1;

    while (job->shares >= 0 &&
           (bytes = read(job->shares, share, sizeof share)) > 0)
        job->share = share[(size_t)bytes / sizeof *share - 1];
    if (job->shares >= 0 && bytes == 0) {
        close(job->shares); // a script has nothing to say there
        job->shares = -1;
    }
    bytes = -1;
    while (job->talk >= 0 && (bytes = read(job->talk, text, sizeof text)) > 0)
        listen_to(job, text, (size_t)bytes);
    if (job->talk >= 0 && bytes == 0) {
        close(job->talk);
        job->talk = -1;
    }
}

static void close_pipes(cli_job *job)
{
    if (job->shares >= 0)
        close(job->shares);
    if (job->talk >= 0)
        close(job->talk);
    *job = (cli_job){ 0 };
}

static int fail(const cli_job *job, const cli_comparison *all, int state)
{
    const limen_study_cell cell = limen_study_cell_at(all->study, job->cell);
    const char *said =
        strncmp(job->line, "limen: ", 7) == 0 ? job->line + 7 : job->line;
    const unsigned long long seed = (unsigned long long)cell.seed;

    if (WIFSIGNALED(state))
        return cli_fail(CLI_FAILED, "%s, seed %llu: ended by signal %d (%s)",
                        cell.label, seed, WTERMSIG(state),
                        strsignal(WTERMSIG(state)));
    if (cell.is_baseline)
        return cli_fail(CLI_FAILED, "%s, seed %llu: %s failed: %s", cell.label,
                        seed, limen_study_script(all->study),
                        said[0] == '\0' ? "it said nothing" : said);
    return cli_fail(WEXITSTATUS(state), "%s, seed %llu: %s", cell.label, seed,
                    said);
}

static int write_time(const cli_job *job, const cli_comparison *all,
                      double seconds, long peak_kib)
{
    const limen_study_cell cell = limen_study_cell_at(all->study, job->cell);
    char name[160];
    limen_error err;

    snprintf(name, sizeof name, "cells/%s.%llu.time.json", cell.file,
             (unsigned long long)cell.seed);
    const limen_status status =
        cli_write_json(all->dir, name,
                       json_pack("{s:f, s:I}", "seconds", seconds, "peak_kib",
                                 (json_int_t)peak_kib),
                       &err);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

static int finish(const cli_job *job, const cli_comparison *all, int state,
                  const struct rusage *used)
{
    const limen_study_cell cell = limen_study_cell_at(all->study, job->cell);
    const double seconds = cli_now() - job->began;
    bool is_there = false;
    limen_error err;

    if (!WIFEXITED(state) || WEXITSTATUS(state) != 0)
        return fail(job, all, state);
    const limen_status status =
        limen_study_cell_done(&is_there, all->study, job->cell, &err);
    if (status != LIMEN_OK)
        return cli_fail(CLI_FAILED, "%s", err.text);
    if (!is_there)
        return cli_fail(CLI_FAILED,
                        "%s, seed %llu: it wrote no cells/%s.%llu.json",
                        cell.label, (unsigned long long)cell.seed, cell.file,
                        (unsigned long long)cell.seed);
    const int code = write_time(job, all, seconds, used->ru_maxrss);
    if (code == CLI_DONE && !all->options->quiet)
        fprintf(stderr, "%s, seed %llu: %.1f s\n", cell.label,
                (unsigned long long)cell.seed, seconds);
    return code;
}

int cli_job_look(cli_job *job, const cli_comparison *all, cli_progress *bar,
                 bool *is_over)
{
    struct rusage used;
    int state;

    read_pipes(job);
    *is_over = wait4(job->pid, &state, WNOHANG, &used) == job->pid;
    if (!*is_over)
        return CLI_DONE;
    read_pipes(job); // its last words
    cli_progress_clear(bar);
    const int code = finish(job, all, state, &used);
    close_pipes(job);
    return code;
}

void cli_job_stop(cli_job *job)
{
    if (job->pid == 0)
        return;
    kill(job->pid, SIGTERM);
    while (waitpid(job->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    close_pipes(job);
}
