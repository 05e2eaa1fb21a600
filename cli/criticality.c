/* criticality.c -- `limen criticality`: one table of estimates, their null
 * models, and what they mean. */
#include "criticality.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *key, *name;
} measures[CRIT_MEASURES] = {
    [CRIT_NAIVE] = { "naive", "branching ratio, naive" },
    [CRIT_MR] = { "m", "branching ratio, MR" },
    [CRIT_TAU] = { "tau", "size exponent tau" },
    [CRIT_ALPHA] = { "alpha", "duration exponent alpha" },
    [CRIT_GAMMA] = { "gamma", "size given duration, gamma" },
    [CRIT_CRACKLING] = { "crackling", "crackling, predicted - gamma" },
    [CRIT_COLLAPSE] = { "collapse", "shape collapse, error" },
    [CRIT_MEAN_RATE] = { "rate", "rate" },
    [CRIT_FANO] = { "fano", "Fano factor" },
    [CRIT_AUTOCORRELATION] = { "autocorrelation", "autocorrelation time" },
    [CRIT_SUSCEPTIBILITY] = { "susceptibility", "susceptibility" },
    [CRIT_CORRELATION] = { "correlation", "correlation of pairs" },
    [CRIT_ENTROPY] = { "entropy", "entropy rate, bits a unit" },
    [CRIT_GROWTH] = { "growth", "damage after one step" },
    [CRIT_LONG_TIME] = { "long_time", "long-time damage" },
    [CRIT_LYAPUNOV] = { "lyapunov", "Lyapunov exponent" },
    [CRIT_KERNEL] = { "kernel_rank", "kernel rank" },
    [CRIT_GENERALISATION] = { "generalisation_rank", "generalisation rank" },
    [CRIT_RANK_DIFFERENCE] = { "rank_difference", "their difference" },
    [CRIT_SEPARATION] = { "separation", "network-mediated separation" },
    [CRIT_MEMORY] = { "memory", "memory of streams" },
    [CRIT_RADIUS] = { "spectral_radius", "spectral radius" },
};

const char *crit_key(crit_measure measure)
{
    return measures[measure].key;
}

const char *crit_name(crit_measure measure)
{
    return measures[measure].name;
}

static void print_value(const crit_value *value, int width)
{
    if (value->is_known)
        printf(" %*.4g", width, value->value);
    else
        printf(" %*s", width, "-");
}

static void print_interval(const crit_value *value)
{
    char text[48] = "";

    if (isfinite(value->low) && isfinite(value->high))
        snprintf(text, sizeof text, "%.4g to %.4g", value->low, value->high);
    printf("  %-20s", text);
}

static void print_found(const crit_found *found, crit_measure measure,
                        bool has_nulls, bool has_theory)
{
    if (!found->own.is_asked)
        return;
    printf("%-28s", crit_name(measure));
    if (!found->own.is_known) {
        printf("  no estimate: %s\n", found->own.refusal);
        return;
    }
    print_value(&found->own, 9);
    print_interval(&found->own);
    for (size_t k = 0; has_nulls && k < CRIT_NULLS; k++)
        print_value(&found->null[k], 9);
    if (has_theory && isfinite(found->theory))
        printf(" %9.4g", found->theory);
    else if (has_theory)
        printf(" %9s", "");
    putchar('\n');
    if (found->words[0] != '\0')
        printf("    %s\n", found->words);
}

static void print_avalanches(const crit_result *result)
{
    const crit_avalanches *own = &result->avalanches;
    double low = INFINITY;
    double high = -INFINITY;

    if (!result->found[CRIT_TAU].own.is_asked)
        return;
    printf("%zu avalanches, bins of %zu step%s, activity above %.4g\n",
           own->pool.count, own->bin, own->bin == 1 ? "" : "s", own->theta);
    for (size_t k = 0; k < result->scan_count; k++) {
        low = fmin(low, result->scan[k].size.alpha);
        high = fmax(high, result->scan[k].size.alpha);
    }
    if (result->scan_count > 1)
        printf("tau is %.3g to %.3g over %zu choices of bin and threshold\n",
               low, high, result->scan_count);
}

static void print_result(const criticality *all, const crit_result *result)
{
    printf("\n%s: %zu trial%s of %zu steps", result->series.name,
           result->series.trials, result->series.trials == 1 ? "" : "s",
           result->series.steps);
    if (result->series.units > 0)
        printf(", %zu units", result->series.units);
    printf("\n%-28s %9s  %-20s %9s %9s %9s%s\n", "", "estimate",
           "95 % interval", "shuffled", "rate", "O-U",
           all->has_theory ? "    theory" : "");
    for (crit_measure m = 0; m < CRIT_SERIES_MEASURES; m++)
        print_found(&result->found[m], m, true, all->has_theory);
    print_avalanches(result);
}

void crit_print(const criticality *all)
{
    bool has_network = false;

    printf("%s\n", all->what);
    for (size_t m = CRIT_GROWTH; m < CRIT_MEASURES; m++)
        has_network |= all->network[m].own.is_asked;
    if (has_network)
        printf("\nthe network\n%-28s %9s  %-20s%s\n", "", "estimate",
               "95 % interval", all->has_theory ? "    theory" : "");
    for (crit_measure m = CRIT_GROWTH; m < CRIT_MEASURES; m++)
        print_found(&all->network[m], m, false, all->has_theory);
    if (all->has_theory && isfinite(all->critical[0]))
        printf("critical variance of the weights: %.5g (annealed), %.5g "
               "(typical damage)\n",
               all->critical[0], all->critical[1]);
    for (size_t k = 0; k < all->count; k++)
        print_result(all, &all->results[k]);
    if (all->groups & CRIT_AVALANCHES && all->count > 0)
        printf("\nExponents alone are no evidence of criticality: compare the "
               "O-U column, a slow\nprocess without branching.\n");
}

/* "branching,damage" */
static int read_groups(unsigned *groups, const char *text)
{
    static const struct {
        const char *name;
        unsigned bit;
    } known[] = { { "branching", CRIT_BRANCHING },
                  { "avalanches", CRIT_AVALANCHES },
                  { "statistics", CRIT_STATISTICS },
                  { "damage", CRIT_DAMAGE },
                  { "ranks", CRIT_RANKS } };

    *groups = 0;
    for (const char *at = text == NULL ? "" : text; *at != '\0';) {
        const size_t length = strcspn(at, ",");
        const unsigned before = *groups;

        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            if (strlen(known[k].name) == length &&
                strncmp(known[k].name, at, length) == 0)
                *groups |= known[k].bit;
        if (*groups == before)
            return cli_fail(CLI_USAGE,
                            "--measure: '%.*s' is not one of branching, "
                            "avalanches, statistics, damage, ranks, each once",
                            (int)(length < 60 ? length : 60), at);
        at += length + (at[length] == ',');
    }
    if (*groups == 0)
        *groups = CRIT_BRANCHING | CRIT_AVALANCHES | CRIT_STATISTICS |
                  CRIT_DAMAGE | CRIT_RANKS;
    return CLI_DONE;
}

/* Whether a path is a file of activity rather than a run or a model. */
static bool is_activity(const char *path)
{
    static const char *const ends[] = { ".npy", ".npz", ".csv", ".txt" };
    const size_t length = strlen(path);

    for (size_t k = 0; k < sizeof ends / sizeof *ends; k++)
        if (length > 4 && strcmp(path + length - 4, ends[k]) == 0)
            return true;
    return false;
}

/* What has no meaning for this kind of subject. */
static int check(const criticality *all, bool is_file)
{
    const cli_options *options = all->options;
    const cli_criticality_options *asked = all->asked;

    if (options->word_count > 1)
        return cli_fail(CLI_USAGE, "criticality: name one run, model or file "
                                   "of activity");
    if (options->word_count == 1 && asked->describes != NULL)
        return cli_fail(CLI_USAGE,
                        "--%s describes a network; leave out it, or %s",
                        asked->describes, options->words[0]);
    if (options->word_count == 0 && asked->describes == NULL)
        return cli_fail(CLI_USAGE,
                        "criticality: name a run, a model or a file of "
                        "activity, or describe a network, like --units 250 "
                        "--in-degree 4 --weights-sd 0.69");
    if (!is_file && (asked->array != NULL || asked->layout != NULL))
        return cli_fail(CLI_USAGE, "--%s is for files of activity",
                        asked->array != NULL ? "array" : "layout");
    if (is_file && options->theory)
        return cli_fail(CLI_USAGE, "--theory: mean-field theory is of a "
                                   "described network, not of a file");
    if (is_file && asked->measure != NULL &&
        (all->groups & (CRIT_BRANCHING | CRIT_AVALANCHES | CRIT_STATISTICS)) ==
            0)
        return cli_fail(CLI_USAGE, "--measure: damage and ranks need the "
                                   "network itself, not its activity");
    return CLI_DONE;
}

static int measure(criticality *all, bool is_file)
{
    int code = all->options->word_count == 0 ? crit_open_network(all)
               : is_file                     ? crit_open_file(all)
                                             : crit_open_model(all);

    for (size_t k = 0; code == CLI_DONE && k < all->count; k++)
        code = crit_measure_result(all, &all->results[k]);
    if (code == CLI_DONE)
        crit_explain(all);
    return code;
}

int cli_criticality(cli_options *options)
{
    criticality *all = calloc(1, sizeof *all);
    const bool is_file =
        options->word_count > 0 && is_activity(options->words[0]);

    if (all == NULL)
        return cli_fail(CLI_NO_MEMORY, "out of memory for criticality");
    all->options = options;
    all->asked = &options->criticality;
    all->seed = (uint64_t)cli_setting_int(options->settings, "seed");
    all->theory.activity = NAN;
    all->critical[0] = all->critical[1] = NAN;
    for (size_t m = 0; m < CRIT_MEASURES; m++)
        all->network[m].theory = NAN;
    int code = read_groups(&all->groups, options->criticality.measure);
    if (code == CLI_DONE)
        code = check(all, is_file);
    if (code == CLI_DONE)
        code = measure(all, is_file);
    if (code == CLI_DONE && options->criticality.report != NULL)
        code = crit_report(all, options->criticality.report);
    if (code == CLI_DONE && options->json)
        cli_print_json(crit_json(all));
    else if (code == CLI_DONE)
        crit_print(all);
    for (size_t k = 0; k < all->count; k++)
        crit_result_clear(&all->results[k]);
    free(all->results);
    free(all);
    return code;
}
