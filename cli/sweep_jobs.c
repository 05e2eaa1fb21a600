/* sweep_jobs.c -- the runs of a sweep: processes, several at a time. */
#include "progress.h"
#include "sweep.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

enum { JOBS_MAX = 1024, OUTPUT_MAX = 64 << 20 };

/* A process at work; pid 0: none. */
typedef struct job {
    pid_t pid;
    size_t run;
    FILE *out, *err; /* files without a name, that end with us */
} job;

/* The words of a process. */
typedef struct arguments {
    char **words;
    size_t count, room;
} arguments;

/* Adds "--NAME=VALUE", or the word NAME if value is NULL. */
static bool add_word(arguments *to, const char *name, const char *value)
{
    const size_t bytes = strlen(name) + (value == NULL ? 0 : strlen(value)) + 4;
    char *word = malloc(bytes);

    if (word == NULL || to->count + 1 >= to->room) {
        free(word);
        return false;
    }
    if (value == NULL)
        snprintf(word, bytes, "%s", name);
    else
        snprintf(word, bytes, "--%s=%s", name, value);
    to->words[to->count++] = word;
    return true;
}

static void arguments_free(arguments *all)
{
    for (size_t k = 0; k < all->count; k++)
        free(all->words[k]);
    free(all->words);
}

static bool add_own(arguments *to, const sweep *all, size_t run)
{
    const cli_command *command = all->command;
    char text[SWEEP_NAME];
    bool is_good = add_word(to, all->options->argv[0], NULL) &&
                   add_word(to, command->name, NULL) &&
                   add_word(to, "--json", NULL);

    if (is_good && sweep_command_takes(command, "quiet"))
        is_good = add_word(to, "--quiet", NULL);
    if (is_good && sweep_command_takes(command, "threads"))
        is_good = add_word(to, "threads", "1");
    if (is_good && all->options->theory)
        is_good = add_word(to, "--theory", NULL);
    if (is_good && sweep_command_takes(command, "seed")) {
        const uint64_t seed = all->seed + run % all->seeds;

        snprintf(text, sizeof text, "%llu", (unsigned long long)seed);
        is_good = add_word(to, "seed", text);
    }
    if (is_good && command->bit == CLI_TRAIN) {
        snprintf(text, sizeof text, "runs/%06zu", run);
        char *dir = cli_path(all->dir, text);
        is_good = add_word(to, "out", dir) && add_word(to, "--force", NULL);
        free(dir);
    }
    for (size_t k = 0; is_good && k < all->axis_count; k++) {
        sweep_value(text, all, k, run / all->seeds);
        is_good = add_word(to, all->axes[k].name, text);
    }
    return is_good;
}

/* All words, those of the user last. */
static bool make_arguments(arguments *to, const sweep *all, size_t run)
{
    enum { OWN = 16 };

    to->count = 0;
    to->room = all->word_count + all->axis_count + OWN;
    to->words = calloc(to->room, sizeof *to->words);
    bool is_good = to->words != NULL && add_own(to, all, run);
    for (size_t k = 0; is_good && k < all->word_count; k++)
        is_good = add_word(to, all->words[k], NULL);
    return is_good;
}

/* In the new process: becomes the command, or ends with 127. */
__attribute__((noreturn)) static void become(const job *at, char **words)
{
#if defined(__linux__)
    prctl(PR_SET_PDEATHSIG, SIGTERM); // no orphans go on when we are killed
#endif
    setpgid(0, 0); // Ctrl-C is ours to pass on
    if (dup2(fileno(at->out), STDOUT_FILENO) >= 0 &&
        dup2(fileno(at->err), STDERR_FILENO) >= 0) {
        execv("/proc/self/exe", words);
        execvp(words[0], words);
    }
    _exit(127);
}

static void job_close(job *at)
{
    if (at->out != NULL)
        fclose(at->out);
    if (at->err != NULL)
        fclose(at->err);
    *at = (job){ .pid = 0 };
}

static int start(job *at, const sweep *all, size_t run)
{
    arguments words;
    const bool is_made = make_arguments(&words, all, run);
    int code = CLI_DONE;

    *at = (job){ .run = run, .out = tmpfile(), .err = tmpfile() };
    if (!is_made)
        code = cli_fail(CLI_NO_MEMORY, "out of memory for a sweep");
    else if (at->out == NULL || at->err == NULL)
        code = cli_fail(CLI_BAD_FILE, "sweep: no temporary file: %s",
                        strerror(errno));
    if (code == CLI_DONE) {
        at->pid = fork();
        if (at->pid == 0)
            become(at, words.words);
        if (at->pid < 0)
            code = cli_fail(CLI_FAILED,
                            "sweep: no new process: %s; try fewer "
                            "--jobs",
                            strerror(errno));
    }
    arguments_free(&words);
    if (code != CLI_DONE)
        job_close(at);
    return code;
}

/* All a process wrote; free() it.  NULL: too long, or memory is out. */
static char *read_back(FILE *file)
{
    const long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    char *text =
        size < 0 || size > OUTPUT_MAX ? NULL : malloc((size_t)size + 1);

    if (text == NULL)
        return NULL;
    rewind(file);
    text[fread(text, 1, (size_t)size, file)] = '\0';
    return text;
}

/* The last sentence of a process that failed. */
static json_t *sentence(const char *talk, int status)
{
    const char *at = NULL;
    char text[600];

    for (const char *next = talk; next != NULL;
         next = strstr(next + 1, "limen: "))
        if (strncmp(next, "limen: ", 7) == 0)
            at = next + 7;
    if (at != NULL && *at != '\0')
        snprintf(text, sizeof text, "%.*s", (int)strcspn(at, "\n"), at);
    else if (WIFSIGNALED(status))
        snprintf(text, sizeof text, "the command was ended by signal %d",
                 WTERMSIG(status));
    else
        snprintf(text, sizeof text,
                 "the command ended with %d and said "
                 "nothing",
                 WEXITSTATUS(status));
    json_t *said = json_string(text);
    return said != NULL ? said : json_string("what it said is no UTF-8");
}

/* The values of a run, as numbers where they are. */
static json_t *values_of(const sweep *all, size_t run)
{
    json_t *values = json_object();

    for (size_t k = 0; k < all->axis_count; k++) {
        char text[SWEEP_NAME];
        char *end;

        sweep_value(text, all, k, run / all->seeds);
        const double x = strtod(text, &end);
        json_object_set_new(values, all->axes[k].name,
                            *end != '\0' || end == text ? json_string(text)
                            : strcspn(text, ".eEnN") == strlen(text)
                                ? json_integer((json_int_t)x)
                                : json_real(x));
    }
    return values;
}

static json_t *make_row(const sweep *all, const job *at, int status)
{
    const size_t point = at->run / all->seeds;
    const uint64_t seed = all->seed + at->run % all->seeds;
    json_t *row =
        json_pack("{s:I, s:I, s:o}", "point", (json_int_t)point, "seed",
                  (json_int_t)seed, "values", values_of(all, at->run));
    char *text = read_back(at->out);
    char *talk = read_back(at->err);
    const bool is_done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    json_t *result = is_done && text != NULL
                         ? json_loads(text, JSON_REJECT_DUPLICATES, NULL)
                         : NULL;

    if (result != NULL) {
        json_object_set_new(row, "result", result);
    } else {
        json_object_set_new(row, "error",
                            is_done ? json_string("its result is no JSON")
                                    : sentence(talk, status));
        json_object_set_new(row, "exit",
                            json_integer(WIFEXITED(status)
                                             ? WEXITSTATUS(status)
                                             : -WTERMSIG(status)));
    }
    free(text);
    free(talk);
    return row;
}

/* Whether a process was stopped from outside rather than failed. */
static bool was_stopped(int status)
{
    return (WIFEXITED(status) && (WEXITSTATUS(status) == CLI_STOPPED ||
                                  WEXITSTATUS(status) == CLI_INTERRUPTED)) ||
           (WIFSIGNALED(status) &&
            (WTERMSIG(status) == SIGTERM || WTERMSIG(status) == SIGINT));
}

/* Takes the rows of those that have ended; counts those still at work. */
static int collect(sweep *all, job *jobs, size_t count, size_t *working)
{
    int code = CLI_DONE;

    *working = 0;
    for (size_t k = 0; k < count; k++) {
        int status;

        if (jobs[k].pid == 0)
            continue;
        if (waitpid(jobs[k].pid, &status, WNOHANG) != jobs[k].pid) {
            ++*working;
            continue;
        }
        if (was_stopped(status))
            code = CLI_STOPPED;
        else if (code == CLI_DONE)
            code = sweep_rows_add(all, jobs[k].run,
                                  make_row(all, &jobs[k], status));
        job_close(&jobs[k]);
    }
    return code;
}

/* Gives work to those that have none. */
static int hand_out(sweep *all, job *jobs, size_t count, size_t *next)
{
    int code = CLI_DONE;

    for (size_t k = 0; code == CLI_DONE && k < count; k++) {
        while (*next < all->runs && all->rows[*next] != NULL)
            ++*next;
        if (jobs[k].pid == 0 && *next < all->runs)
            code = start(&jobs[k], all, (*next)++);
    }
    return code;
}

static void end_all(job *jobs, size_t count)
{
    for (size_t k = 0; k < count; k++)
        if (jobs[k].pid != 0)
            kill(jobs[k].pid, SIGTERM);
    for (size_t k = 0; k < count; k++)
        if (jobs[k].pid != 0) {
            while (waitpid(jobs[k].pid, NULL, 0) < 0 && errno == EINTR)
                continue;
            job_close(&jobs[k]);
        }
}

static int signalled(void)
{
    const enum cli_signal signal = cli_signal_take();

    return signal == CLI_INTERRUPT ? CLI_INTERRUPTED
           : signal == CLI_STOP    ? CLI_STOPPED
                                   : CLI_DONE;
}

static size_t job_count(const sweep *all)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const size_t asked = all->options->sweep.jobs > 0 ? all->options->sweep.jobs
                         : cores > 0                  ? (size_t)cores
                                                      : 1;

    return asked < JOBS_MAX ? asked : JOBS_MAX;
}

int sweep_run(sweep *all)
{
    const struct timespec pause = { .tv_nsec = 5000000 };
    const size_t count = job_count(all);
    job *jobs = calloc(count, sizeof *jobs);
    cli_progress bar = cli_progress_begin(all->options->quiet, all->done);
    size_t next = 0;
    size_t working = 0;
    int code = CLI_DONE;

    if (jobs == NULL)
        return cli_fail(CLI_NO_MEMORY, "out of memory for a sweep");
    fflush(stdout); // or each process would write it again
    setenv("OMP_NUM_THREADS", "1", 1);
    do {
        char what[64];

        code = hand_out(all, jobs, count, &next);
        snprintf(what, sizeof what, "%zu of %zu runs", all->done, all->runs);
        cli_progress_draw(&bar, all->done, all->runs, what);
        nanosleep(&pause, NULL);
        const int asked = signalled();
        if (code == CLI_DONE)
            code = asked;
        if (code == CLI_DONE)
            code = collect(all, jobs, count, &working);
    } while (code == CLI_DONE && (working > 0 || all->done < all->runs));
    end_all(jobs, count);
    cli_progress_clear(&bar);
    free(jobs);
    if (code == CLI_STOPPED || code == CLI_INTERRUPTED)
        cli_say("stopped after %zu of %zu runs; the same command goes on",
                all->done, all->runs);
    return code;
}
