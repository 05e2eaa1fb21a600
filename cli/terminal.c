/* terminal.c -- see terminal.h. */
#include "terminal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

static size_t width(void)
{
    enum { LEAST = 40, USUAL = 80, MOST = 400 };
    const char *text = getenv("COLUMNS");
    struct winsize size;
    char *end = NULL;
    long columns = text == NULL ? 0 : strtol(text, &end, 10);

    if (columns <= 0 || *end != '\0')
        columns =
            ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : USUAL;
    return columns == 0      ? USUAL
           : columns < LEAST ? LEAST
           : columns > MOST  ? MOST
                             : (size_t)columns;
}

static bool is_utf8(void)
{
    static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        const char *locale = getenv(names[k]);

        if (locale != NULL && locale[0] != '\0')
            return strcasestr(locale, "utf-8") != NULL ||
                   strcasestr(locale, "utf8") != NULL;
    }
    return false;
}

cli_terminal cli_terminal_of_stdout(void)
{
    return (cli_terminal){
        .width = width(),
        .is_utf8 = is_utf8(),
        .has_colour = getenv("NO_COLOR") == NULL && isatty(STDOUT_FILENO) == 1,
    };
}

/* Which of `count` steps a share is on; the lowest is for nothing at all. */
static size_t level(double share, size_t count)
{
    const double x = ceil(share * (double)(count - 1) - 1e-9);

    return !(x > 0.0) ? 0 : x > (double)(count - 1) ? count - 1 : (size_t)x;
}

const char *cli_shade(const cli_terminal *terminal, double share)
{
    static const char *const blocks[] = { " ", "░", "▒", "▓", "█" };
    static const char *const plain[] = { " ", ".", ":", "+", "#" };
    const size_t k = level(share, sizeof blocks / sizeof *blocks);

    return terminal->is_utf8 ? blocks[k] : plain[k];
}

const char *cli_height(const cli_terminal *terminal, double share)
{
    static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄",
                                          "▅", "▆", "▇", "█" };
    // tenths where there are no blocks
    static const char *const plain[] = { " ", "1", "2", "3", "4", "5",
                                         "6", "7", "8", "9", "#" };

    return terminal->is_utf8
               ? blocks[level(share, sizeof blocks / sizeof *blocks)]
               : plain[level(share, sizeof plain / sizeof *plain)];
}

void cli_colour_print(const cli_terminal *terminal, cli_colour colour)
{
    static const char *const codes[] = { "\033[0m", "\033[32m", "\033[31m",
                                         "\033[2m" };

    if (terminal->has_colour)
        fputs(codes[colour], stdout);
}
