/* progress.c -- the bar and the signals. */
#include "progress.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

double cli_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

cli_progress cli_progress_begin(bool quiet, size_t done)
{
    return (cli_progress){
        .is_shown = !quiet && isatty(STDERR_FILENO) == 1,
        .began = cli_now(),
        .before = done,
    };
}

void cli_progress_draw(cli_progress *progress, size_t done, size_t all,
                       const char *what)
{
    enum { WIDTH = 30, PER_SECOND = 10 };
    const double now = cli_now();
    const char *colour = getenv("NO_COLOR") == NULL ? "\033[36m" : "";
    const char *plain = getenv("NO_COLOR") == NULL ? "\033[0m" : "";
    char bar[WIDTH + 1];

    if (!progress->is_shown || now - progress->drawn < 1.0 / PER_SECOND)
        return;
    progress->drawn = now;
    const size_t full = all == 0 ? 0 : WIDTH * done / all;
    for (size_t k = 0; k < WIDTH; k++)
        bar[k] = k < full ? '#' : '.';
    bar[WIDTH] = '\0';
    const size_t work = done - progress->before;
    const double left = work == 0 ? 0.0
                                  : (now - progress->began) / (double)work *
                                        (double)(all - done);
    fprintf(stderr, "\r%s%s%s %3zu %%  %02d:%02d left  %s\033[K", colour, bar,
            plain, all == 0 ? 0 : 100 * done / all, (int)left / 60,
            (int)left % 60, what);
    fflush(stderr);
}

void cli_progress_clear(const cli_progress *progress)
{
    if (progress->is_shown)
        fputs("\r\033[K", stderr);
}

/* A handler has no argument: what it notes must be here. */
static volatile sig_atomic_t noted;

static void note(int number)
{
    noted = number;
}

void cli_signals_catch(void)
{
    struct sigaction action = { .sa_handler = note, .sa_flags = SA_RESTART };

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
}

enum cli_signal cli_signal_take(void)
{
    const int number = noted;

    noted = 0;
    switch (number) {
    case SIGINT:
        return CLI_INTERRUPT;
    case SIGTERM:
        return CLI_STOP;
    case SIGUSR1:
        return CLI_SAVE;
    default:
        return CLI_NO_SIGNAL;
    }
}
