/* output.c -- failures as sentences, results as JSON, intervals. */
#include "cli.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void cli_say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("limen: ", stderr);
    vfprintf(stderr, format, arguments);
    fputs("\n", stderr);
    va_end(arguments);
}

int cli_fail_status(limen_status status, const limen_error *err)
{
    int code = CLI_FAILED;

    switch (status) {
    case LIMEN_OK:
        return CLI_DONE;
    case LIMEN_BAD_VALUE:
        code = CLI_USAGE;
        break;
    case LIMEN_BAD_FILE:
    case LIMEN_CANNOT_WRITE:
        code = CLI_BAD_FILE;
        break;
    case LIMEN_NO_MEMORY:
        code = CLI_NO_MEMORY;
        break;
    case LIMEN_INCOMPATIBLE:
        code = CLI_INCOMPATIBLE;
        break;
    case LIMEN_DIVERGED:
        code = CLI_FAILED;
        break;
    }
    return cli_fail(code, "%s", err->text);
}

void cli_print_json(json_t *value)
{
    json_dumpf(value, stdout,
               JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(10));
    putchar('\n');
    json_decref(value);
}

char *cli_path(const char *dir, const char *name)
{
    const size_t bytes = strlen(dir) + strlen(name) + 2;
    char *path = malloc(bytes);

    if (path == NULL)
        exit(cli_fail(CLI_NO_MEMORY, "out of memory for a path"));
    snprintf(path, bytes, "%s/%s", dir, name);
    return path;
}

int cli_make_dir(const char *dir)
{
    char path[1024];

    if (snprintf(path, sizeof path, "%s", dir) >= (int)sizeof path)
        return cli_fail(CLI_USAGE, "%.60s...: the path is too long", dir);
    for (char *slash = strchr(path + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0777);
        *slash = '/';
    }
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return cli_fail(CLI_BAD_FILE, "%s: %s", dir, strerror(errno));
    return CLI_DONE;
}

limen_status cli_write_json(const char *dir, const char *name, json_t *value,
                            limen_error *err)
{
    char *path = cli_path(dir, name);
    char *text = json_dumps(value, JSON_INDENT(2) | JSON_PRESERVE_ORDER |
                                       JSON_REAL_PRECISION(10));
    limen_status status = LIMEN_NO_MEMORY;

    if (text != NULL) {
        // a text file ends with a newline: the zero byte's place has it
        const size_t bytes = strlen(text);

        text[bytes] = '\n';
        status = limen_file_write(path, text, bytes + 1, err);
    } else if (err != NULL) {
        snprintf(err->text, sizeof err->text, "out of memory for %.100s", name);
    }
    free(text);
    free(path);
    json_decref(value);
    return status;
}

void cli_wilson(double share, size_t count, double *low, double *high)
{
    const double z = 1.959963984540054;
    const double n = (double)count;
    const double middle = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
    const double half =
        z * sqrt(share * (1.0 - share) / n + z * z / (4.0 * n * n)) /
        (1.0 + z * z / n);

    *low = middle - half;
    *high = middle + half;
}

double cli_t_interval(double sd, size_t count)
{
    // 0.975 quantiles of Student's t with 1, 2, ... degrees of freedom
    static const double t[] = { 12.706, 4.303, 3.182, 2.776, 2.571, 2.447,
                                2.365,  2.306, 2.262, 2.228, 2.201, 2.179,
                                2.160,  2.145, 2.131, 2.120, 2.110, 2.101,
                                2.093,  2.086, 2.080, 2.074, 2.069, 2.064,
                                2.060,  2.056, 2.052, 2.048, 2.045, 2.042 };
    const size_t known = sizeof t / sizeof *t;

    if (count < 2)
        return NAN;
    return (count - 2 < known ? t[count - 2] : 1.96) * sd / sqrt((double)count);
}

json_t *cli_settings_json(const limen_settings *settings)
{
    json_t *all = json_object();

    for (size_t i = 0; i < limen_setting_count(); i++) {
        const char *name = limen_setting_at(i)->name;

        json_object_set_new(all, name,
                            json_string(limen_settings_get(settings, name)));
    }
    return all;
}

long cli_setting_int(const limen_settings *settings, const char *name)
{
    return strtol(limen_settings_get(settings, name), NULL, 10);
}

double cli_setting_real(const limen_settings *settings, const char *name)
{
    return strtod(limen_settings_get(settings, name), NULL);
}

limen_encoder cli_setting_encoder(const limen_settings *settings)
{
    const char *name = limen_settings_get(settings, "encoder");

    return strcmp(name, "threshold") == 0 ? LIMEN_THRESHOLD
           : strcmp(name, "frozen") == 0  ? LIMEN_FROZEN
                                          : LIMEN_STOCHASTIC;
}

size_t cli_read_steps(size_t *steps, size_t room, const char *text)
{
    size_t count = 0;

    for (;;) {
        char *end;
        const unsigned long long x = strtoull(text, &end, 10);

        if (*text < '0' || *text > '9' || count == room || x == 0 ||
            x > 1000000000 || (count > 0 && x <= steps[count - 1]))
            return 0;
        steps[count++] = (size_t)x;
        if (*end == '\0')
            return count;
        if (*end != ',')
            return 0;
        text = end + 1;
    }
}

double cli_read_time(const char *text)
{
    char *end;
    const double x = strtod(text, &end);

    if (end == text || !(x > 0.0) || !isfinite(x))
        return -1.0;
    if (strcmp(end, "s") == 0)
        return x;
    if (strcmp(end, "m") == 0 || *end == '\0')
        return 60.0 * x;
    return strcmp(end, "h") == 0 ? 3600.0 * x : -1.0;
}
