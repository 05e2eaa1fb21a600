/* compare_check.c -- whether a study came out as one that was stored.
 *
 * A mean agrees if it is within the stored mean +- the half-width of the
 * interval of the difference of two such means: sqrt(a^2 + b^2) of the two
 * intervals' half-widths.  The same machine type gives the same bits anyway.
 */
#include "compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct check {
    const char *stored; /* its path */
    size_t compared, outside;
} check;

static bool read_interval(const json_t *from, double *mean, double *half)
{
    const json_t *low = json_object_get(from, "low");
    const json_t *high = json_object_get(from, "high");

    if (!json_is_number(json_object_get(from, "mean")))
        return false;
    *mean = json_number_value(json_object_get(from, "mean"));
    *half = json_is_number(low) && json_is_number(high)
                ? (json_number_value(high) - json_number_value(low)) / 2.0
                : 0.0;
    return true;
}

static void compare_one(check *how, const char *arm, const char *what,
                        const json_t *new, const json_t *old)
{
    double mean, half, stored, stored_half;

    if (!read_interval(old, &stored, &stored_half))
        return;
    how->compared++;
    if (!read_interval(new, &mean, &half)) {
        cli_say("%s: %s is not in this result", arm, what);
        how->outside++;
        return;
    }
    const double allowed = hypot(half, stored_half) + 1e-9;
    if (fabs(mean - stored) <= allowed)
        return;
    cli_say("%s: %s is %.2f %%, outside %.2f to %.2f %% of %s", arm, what,
            100.0 * mean, 100.0 * (stored - allowed),
            100.0 * (stored + allowed), how->stored);
    how->outside++;
}

/* The entry of an array whose corruption and amount are those of `like`. */
static const json_t *find_condition(const json_t *conditions,
                                    const json_t *like)
{
    size_t k;
    json_t *one;

    json_array_foreach(conditions, k, one)
    {
        if (json_equal(json_object_get(one, "corruption"),
                       json_object_get(like, "corruption")) &&
            json_equal(json_object_get(one, "amount"),
                       json_object_get(like, "amount")))
            return one;
    }
    return NULL;
}

static void compare_arm(check *how, const json_t *new, const json_t *old)
{
    const char *arm = json_string_value(json_object_get(old, "label"));
    size_t k;
    json_t *one;
    const char *name;
    char what[128];

    json_array_foreach(json_object_get(old, "conditions"), k, one)
    {
        const char *corruption =
            json_string_value(json_object_get(one, "corruption"));

        if (corruption == NULL)
            snprintf(what, sizeof what, "accuracy on clean samples");
        else
            snprintf(what, sizeof what, "accuracy under %.60s %g", corruption,
                     json_number_value(json_object_get(one, "amount")));
        compare_one(how, arm, what,
                    json_object_get(
                        find_condition(json_object_get(new, "conditions"), one),
                        "accuracy"),
                    json_object_get(one, "accuracy"));
    }
    json_object_foreach(json_object_get(old, "areas"), name, one)
    {
        snprintf(what, sizeof what, "the area under %.60s", name);
        compare_one(how, arm, what,
                    json_object_get(json_object_get(new, "areas"), name), one);
    }
    json_object_foreach(json_object_get(old, "examples"), name, one)
    {
        snprintf(what, sizeof what, "accuracy with %.20s examples a class",
                 name);
        compare_one(how, arm, what,
                    json_object_get(json_object_get(new, "examples"), name),
                    one);
    }
}

static const json_t *find_arm(const json_t *result, const char *label)
{
    size_t k;
    json_t *arm;

    json_array_foreach(json_object_get(result, "arms"), k, arm)
    {
        const char *other = json_string_value(json_object_get(arm, "label"));

        if (other != NULL && strcmp(other, label) == 0)
            return arm;
    }
    return NULL;
}

int cli_compare_check(const cli_comparison *all, const char *stored)
{
    check how = { .stored = stored };
    char *path = cli_path(all->dir, "result.json");
    json_t *new = cli_read_json(path);
    json_t *old = cli_read_json(stored);
    size_t k;
    json_t *arm;
    int code = new == NULL || old == NULL ? CLI_BAD_FILE : CLI_DONE;

    free(path);
    json_array_foreach(json_object_get(old, "arms"), k, arm)
    {
        const char *label = json_string_value(json_object_get(arm, "label"));

        if (label != NULL)
            compare_arm(&how, find_arm(new, label), arm);
    }
    if (code == CLI_DONE && how.compared == 0)
        code =
            cli_fail(CLI_BAD_FILE,
                     "%s: it has no results of arms to compare with", stored);
    else if (code == CLI_DONE && how.outside > 0)
        code = cli_fail(CLI_FAILED, "%zu of %zu means are not those of %s",
                        how.outside, how.compared, stored);
    else if (code == CLI_DONE && !all->options->quiet)
        cli_say("all %zu means agree with %s", how.compared, stored);
    json_decref(new);
    json_decref(old);
    return code;
}
