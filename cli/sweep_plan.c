/* sweep_plan.c -- grids and ranges, and the points they make. */
#include "sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The stream of random points: none that a network draws from. */
enum { STREAM_POINTS = 255 };

static const cli_option *option_of(const cli_command *command, const char *name)
{
    const cli_option *option;

    for (size_t i = 0; (option = cli_option_at(i)) != NULL; i++)
        if (option->commands & command->bit && strcmp(option->name, name) == 0)
            return option;
    return NULL;
}

static const limen_setting_info *setting_of(const cli_command *command,
                                            const char *name)
{
    for (size_t i = 0; i < limen_setting_count(); i++) {
        const limen_setting_info *info = limen_setting_at(i);

        if (strcmp(info->name, name) == 0 &&
            cli_takes_setting(command->bit, name))
            return info;
    }
    return NULL;
}

bool sweep_command_takes(const cli_command *command, const char *name)
{
    return option_of(command, name) != NULL ||
           setting_of(command, name) != NULL;
}

/* Whether the option counts something. */
static bool is_whole(const cli_command *command, const char *name)
{
    const cli_option *option = option_of(command, name);
    const limen_setting_info *info = setting_of(command, name);

    return option != NULL
               ? option->argument != NULL && strlen(option->argument) == 1 &&
                     strchr("NLKJ", option->argument[0]) != NULL
               : info->type == LIMEN_SETTING_INT ||
                     info->type == LIMEN_SETTING_LIST;
}

static bool is_among_words(const sweep *all, const char *name)
{
    const size_t length = strlen(name);

    for (size_t k = 0; k < all->word_count; k++) {
        const char *word = all->words[k];

        if (strcmp(word, "--") == 0)
            return false;
        if (strncmp(word, "--", 2) == 0 &&
            strncmp(word + 2, name, length) == 0 &&
            (word[2 + length] == '\0' || word[2 + length] == '='))
            return true;
    }
    return false;
}

/* Splits "NAME=REST"; the option must be one that can be varied. */
static int read_name(sweep_axis *axis, const char **rest, const sweep *all,
                     const char *kind, const char *text)
{
    static const char *const own[] = { "seed", "json",  "quiet",  "threads",
                                       "out",  "force", "resume", "help" };
    const char *equals = strchr(text, '=');
    const size_t length = equals == NULL ? 0 : (size_t)(equals - text);

    if (length == 0 || length >= sizeof axis->name || equals[1] == '\0')
        return cli_fail(CLI_USAGE, "--%s: '%.60s' is not NAME=VALUES, like %s",
                        kind, text,
                        strcmp(kind, "grid") == 0 ? "gain=0.5,1,2 or "
                                                    "gain=0.1:10:20:log"
                                                  : "gain=0.1:10:log");
    memcpy(axis->name, text, length);
    *rest = equals + 1;
    for (size_t k = 0; k < sizeof own / sizeof *own; k++)
        if (strcmp(axis->name, own[k]) == 0)
            return cli_fail(CLI_USAGE, "--%s: the sweep itself sets --%s%s",
                            kind, own[k], k == 0 ? "; use --seeds" : "");
    if (!sweep_command_takes(all->command, axis->name))
        return cli_fail(CLI_USAGE,
                        "--%s: limen %s has no --%s; see `limen help %s`", kind,
                        all->command->name, axis->name, all->command->name);
    if (is_among_words(all, axis->name))
        return cli_fail(CLI_USAGE,
                        "--%s: --%s stands also after the --; leave out one",
                        kind, axis->name);
    for (size_t k = 0; k < all->axis_count; k++)
        if (strcmp(axis->name, all->axes[k].name) == 0)
            return cli_fail(CLI_USAGE, "--%s: %s is varied twice", kind,
                            axis->name);
    axis->is_whole = is_whole(all->command, axis->name);
    return CLI_DONE;
}

/* "FROM:TO" and what follows; NULL if it is none. */
static const char *read_ends(sweep_axis *axis, const char *text)
{
    char *end;

    axis->low = strtod(text, &end);
    if (end == text || *end != ':' || !isfinite(axis->low))
        return NULL;
    text = end + 1;
    axis->high = strtod(text, &end);
    return end == text || !isfinite(axis->high) ? NULL : end;
}

static int check_log(const sweep_axis *axis, const char *kind)
{
    if (axis->is_log && !(axis->low > 0.0 && axis->high > 0.0))
        return cli_fail(CLI_USAGE,
                        "--%s %s: with log both ends must be above 0", kind,
                        axis->name);
    return CLI_DONE;
}

static double between(const sweep_axis *axis, double share)
{
    const double x = axis->is_log
                         ? axis->low * pow(axis->high / axis->low, share)
                         : axis->low + share * (axis->high - axis->low);

    return axis->is_whole ? rint(x) : x;
}

static int add_value(sweep_axis *axis, const char *text, size_t length)
{
    char **more =
        realloc(axis->values, (axis->count + 1) * sizeof *axis->values);
    char *copy = more == NULL ? NULL : strndup(text, length);

    if (more != NULL)
        axis->values = more;
    if (copy == NULL)
        return cli_fail(CLI_NO_MEMORY, "out of memory for a sweep");
    axis->values[axis->count++] = copy;
    return CLI_DONE;
}

/* FROM:TO:COUNT[:log] */
static int read_span(sweep_axis *axis, const char *text)
{
    const char *rest = read_ends(axis, text);
    char *end = NULL;
    size_t count = 0;
    int code = CLI_DONE;

    if (rest != NULL && *rest == ':')
        count = (size_t)strtoull(rest + 1, &end, 10);
    axis->is_log = end != NULL && strcmp(end, ":log") == 0;
    if (end == NULL || (*end != '\0' && !axis->is_log) || rest[1] < '0' ||
        rest[1] > '9' || count < 2 || count > SWEEP_VALUES_MAX)
        return cli_fail(CLI_USAGE,
                        "--grid %s: '%.60s' is not FROM:TO:COUNT[:log] with a "
                        "count from 2 to %d",
                        axis->name, text, SWEEP_VALUES_MAX);
    code = check_log(axis, "grid");
    for (size_t k = 0; code == CLI_DONE && k < count; k++) {
        char value[SWEEP_NAME];

        snprintf(value, sizeof value, "%.6g",
                 between(axis, (double)k / (double)(count - 1)));
        // whole numbers that are close fall together
        if (axis->count == 0 ||
            strcmp(value, axis->values[axis->count - 1]) != 0)
            code = add_value(axis, value, strlen(value));
    }
    return code;
}

static int read_list(sweep_axis *axis, const char *text)
{
    int code = CLI_DONE;

    for (const char *at = text; code == CLI_DONE; at++) {
        const size_t length = strcspn(at, ",");

        if (length == 0 || length >= SWEEP_NAME ||
            axis->count == SWEEP_VALUES_MAX)
            return cli_fail(CLI_USAGE,
                            "--grid %s: '%.60s' is not a list like 2,4,8",
                            axis->name, text);
        code = add_value(axis, at, length);
        at += length;
        if (*at == '\0')
            break;
    }
    return code;
}

static int read_axes(sweep *to)
{
    const cli_sweep_options *from = &to->options->sweep;
    int code = CLI_DONE;

    for (size_t k = 0; code == CLI_DONE && k < from->grid_count; k++) {
        sweep_axis *axis = &to->axes[to->axis_count];
        const char *rest = "";

        code = read_name(axis, &rest, to, "grid", from->grids[k]);
        if (code == CLI_DONE)
            code = strchr(rest, ':') != NULL ? read_span(axis, rest)
                                             : read_list(axis, rest);
        to->axis_count++;
    }
    for (size_t k = 0; code == CLI_DONE && k < from->range_count; k++) {
        sweep_axis *axis = &to->axes[to->axis_count];
        const char *rest = "";

        axis->is_random = true;
        code = read_name(axis, &rest, to, "range", from->ranges[k]);
        if (code != CLI_DONE)
            return code;
        const char *end = read_ends(axis, rest);
        axis->is_log = end != NULL && strcmp(end, ":log") == 0;
        if (end == NULL || (*end != '\0' && !axis->is_log))
            return cli_fail(CLI_USAGE,
                            "--range %s: '%.60s' is not FROM:TO[:log]",
                            axis->name, rest);
        code = check_log(axis, "range");
        to->axis_count++;
    }
    return code;
}

static int count_points(sweep *to)
{
    const cli_sweep_options *from = &to->options->sweep;
    double runs = 1.0;

    to->random = from->random > 0 ? from->random : 1;
    to->seeds = from->seeds > 0 ? from->seeds : 1;
    to->seed = (uint64_t)cli_setting_int(to->options->settings, "seed");
    to->points = to->random;
    runs = (double)to->random * (double)to->seeds;
    for (size_t k = 0; k < to->axis_count; k++)
        if (!to->axes[k].is_random)
            runs *= (double)to->axes[k].count;
    if (runs > SWEEP_RUNS_MAX)
        return cli_fail(CLI_USAGE,
                        "sweep: %.0f runs are more than %d; make the grids "
                        "coarser",
                        runs, SWEEP_RUNS_MAX);
    for (size_t k = 0; k < to->axis_count; k++)
        if (!to->axes[k].is_random)
            to->points *= to->axes[k].count;
    to->runs = to->points * to->seeds;
    to->rows = calloc(to->runs, sizeof *to->rows);
    return to->rows != NULL
               ? CLI_DONE
               : cli_fail(CLI_NO_MEMORY, "out of memory for a sweep");
}

static int find_command(sweep *to)
{
    const cli_options *options = to->options;
    const cli_command *command = NULL;

    if (options->word_count == 0)
        return cli_fail(CLI_USAGE, "sweep: name the command after --, like "
                                   "limen sweep --grid gain=0.5,1,2 -o DIR -- "
                                   "train --data NAME");
    for (size_t i = 0; (command = cli_command_at(i)) != NULL; i++)
        if (strcmp(command->name, options->words[0]) == 0)
            break;
    if (command == NULL)
        return cli_fail(CLI_USAGE,
                        "sweep: there is no command '%s'; `limen help` lists "
                        "them",
                        options->words[0]);
    if (command->bit == CLI_SWEEP || option_of(command, "json") == NULL)
        return cli_fail(CLI_USAGE,
                        "sweep: limen %s has no result as JSON, so no rows",
                        command->name);
    to->command = command;
    to->words = options->words + 1;
    to->word_count = options->word_count - 1;
    return CLI_DONE;
}

static int check_words(const sweep *to)
{
    static const char *const own[] = { "out", "resume", "force", "seed" };
    const cli_sweep_options *from = &to->options->sweep;

    for (size_t k = 0; k < sizeof own / sizeof *own; k++)
        if ((k < 3 ? to->command->bit == CLI_TRAIN : true) &&
            is_among_words(to, own[k]))
            return cli_fail(CLI_USAGE,
                            "sweep: --%s belongs before the --: each run gets "
                            "its own",
                            own[k]);
    for (size_t k = 0; k < to->word_count; k++)
        if (strcmp(to->words[k], "-o") == 0)
            return cli_fail(CLI_USAGE, "sweep: -o belongs before the --: each "
                                       "run gets its own");
    if (from->seeds > 1 && !sweep_command_takes(to->command, "seed"))
        return cli_fail(CLI_USAGE, "--seeds: limen %s has no --seed",
                        to->command->name);
    if (to->options->theory && !sweep_command_takes(to->command, "theory"))
        return cli_fail(CLI_USAGE, "--theory: limen %s has no theory",
                        to->command->name);
    return CLI_DONE;
}

int sweep_plan(sweep *to, const cli_options *options)
{
    const cli_sweep_options *from = &options->sweep;

    *to = (sweep){ .options = options, .dir = options->out };
    if (options->out == NULL)
        return cli_fail(CLI_USAGE, "sweep: -o DIR says where the rows go");
    if (from->grid_count + from->range_count == 0)
        return cli_fail(CLI_USAGE, "sweep: --grid NAME=VALUES says what is "
                                   "varied");
    if ((from->random > 0) != (from->range_count > 0))
        return cli_fail(CLI_USAGE, "sweep: --random N and --range NAME=FROM:TO "
                                   "go together");
    int code = find_command(to);
    if (code == CLI_DONE)
        code = check_words(to);
    if (code == CLI_DONE)
        code = read_axes(to);
    return code == CLI_DONE ? count_points(to) : code;
}

void sweep_free(sweep *all)
{
    for (size_t k = 0; k < all->axis_count; k++) {
        for (size_t v = 0; v < all->axes[k].count; v++)
            free(all->axes[k].values[v]);
        free(all->axes[k].values);
    }
    for (size_t r = 0; all->rows != NULL && r < all->runs; r++)
        json_decref(all->rows[r]);
    free(all->rows);
}

void sweep_value(char to[SWEEP_NAME], const sweep *all, size_t axis,
                 size_t point)
{
    const sweep_axis *of = &all->axes[axis];
    size_t place = point / all->random;

    if (of->is_random) {
        // place and number: the same range twice draws other numbers
        const uint32_t draw =
            limen_draw(all->seed, STREAM_POINTS, point, (uint32_t)axis, 0);

        snprintf(to, SWEEP_NAME, "%.6g",
                 between(of, ((double)draw + 0.5) / 4294967296.0));
        return;
    }
    for (size_t k = all->axis_count; k-- > axis + 1;)
        if (!all->axes[k].is_random)
            place /= all->axes[k].count;
    snprintf(to, SWEEP_NAME, "%s", of->values[place % of->count]);
}

json_t *sweep_describe(const sweep *all)
{
    json_t *axes = json_array();
    json_t *words = json_array();

    for (size_t k = 0; k < all->axis_count; k++) {
        const sweep_axis *axis = &all->axes[k];
        json_t *values = json_array();

        for (size_t v = 0; v < axis->count; v++)
            json_array_append_new(values, json_string(axis->values[v]));
        json_array_append_new(
            axes,
            axis->is_random
                ? json_pack("{s:s, s:f, s:f, s:b}", "range", axis->name, "from",
                            axis->low, "to", axis->high, "log", axis->is_log)
                : json_pack("{s:s, s:O}", "grid", axis->name, "values",
                            values));
        json_decref(values);
    }
    json_array_append_new(words, json_string(all->command->name));
    for (size_t k = 0; k < all->word_count; k++)
        json_array_append_new(words, json_string(all->words[k]));
    return json_pack("{s:s, s:o, s:o, s:I, s:I, s:I, s:b}", "limen",
                     limen_version(), "command", words, "axes", axes, "random",
                     (json_int_t)all->options->sweep.random, "seed",
                     (json_int_t)all->seed, "seeds", (json_int_t)all->seeds,
                     "theory", (int)all->options->theory);
}
