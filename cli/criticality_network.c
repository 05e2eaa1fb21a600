/* criticality_network.c -- random threshold networks, drawn and in theory. */
#include "criticality.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Streams that no network draws from are the program's. */
enum {
    STREAM_START = 254,
    RANK_NETWORKS = 4,
    RANK_STREAMS = 150,
    RANK_STEPS = 60,
    RANK_SHARED = 8,
    LYAPUNOV_STEPS = 50,
    TWINS = 500,
    MAP_TWINS = 10
};

static int describe(limen_random_network *to, const criticality *all)
{
    const cli_criticality_options *from = all->asked;
    limen_error err;

    if (from->states != NULL && strcmp(from->states, "pm") != 0 &&
        strcmp(from->states, "01") != 0)
        return cli_fail(CLI_USAGE, "--states: '%.60s' is not pm or 01",
                        from->states);
    *to = (limen_random_network){
        .units = from->units,
        .form = from->states != NULL && strcmp(from->states, "01") == 0
                    ? LIMEN_ZERO_ONE
                    : LIMEN_PLUS_MINUS,
        .weights = from->signs ? LIMEN_WEIGHTS_SIGNS : LIMEN_WEIGHTS_NORMAL,
        .in_degree = from->in_degree,
        .is_poisson = from->poisson,
        .mean = from->weights_mean,
        .variance = from->weights_sd * from->weights_sd,
        .threshold = from->threshold,
        .input_mean = from->input_mean,
        .input_step = from->input_step,
        .input_chance = from->input_rate,
        .zero_fires = from->sign_of_zero,
        .seed = all->seed,
    };
    const limen_status status = limen_random_network_check(to, &err);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

/* A drawn network, ready to run. */
typedef struct drawn {
    limen_network *net;
    limen_image *image;
    float chance; /* of the high input */
} drawn;

static void drawn_clear(drawn *all)
{
    limen_image_free(all->image);
    limen_network_free(all->net);
    *all = (drawn){ .net = NULL };
}

static limen_status draw(drawn *to, const limen_random_network *spec,
                         size_t number, int threads, limen_error *err)
{
    limen_random_network own = *spec;

    *to = (drawn){ .chance = (float)spec->input_chance };
    own.seed += number;
    limen_status status = limen_network_random(&to->net, &own, err);
    if (status == LIMEN_OK)
        status = limen_image_new(&to->image, to->net, threads, err);
    return status;
}

/* One sample of the one input, under its own key. */
static limen_input input_of(const drawn *of, const uint64_t *key)
{
    return (limen_input){ .floats = &of->chance,
                          .scale = 1.0F,
                          .samples = 1,
                          .frames = 1,
                          .hold = 1,
                          .encoder = LIMEN_STOCHASTIC,
                          .keys = key };
}

/* Each unit is on with chance 1/2. */
static void start(limen_state *state, size_t units, uint64_t seed, uint64_t key)
{
    uint64_t *bits = limen_state_bits(state, 1, 0);

    for (size_t i = 0; i < units; i++)
        if (limen_draw(seed, STREAM_START, key, 0, (uint32_t)i) >> 31)
            bits[i / 64] |= (uint64_t)1 << i % 64;
}

/* The activity of one network: one trial. */
static limen_status record(crit_series *to, size_t trial, const drawn *of,
                           const criticality *all, limen_error *err)
{
    const uint64_t key = trial;
    const limen_input input = input_of(of, &key);
    const size_t words = (to->units + 63) / 64;
    uint64_t *raster[2] = { NULL, to->raster + trial * to->steps * words };
    const limen_record into = { .raster = raster };
    const int threads = all->options->threads;
    limen_state *state;
    limen_status status = limen_state_new(&state, of->image, 1, err);

    if (status != LIMEN_OK)
        return status;
    start(state, to->units, all->seed, key);
    if (all->asked->warm_up > 0)
        status = limen_run(of->image, state, &input, all->asked->warm_up, 0,
                           all->seed, threads, NULL, err);
    if (status == LIMEN_OK)
        status = limen_run(of->image, state, &input, to->steps, 0, all->seed,
                           threads, &into, err);
    limen_state_free(state);
    return status;
}

static int record_all(criticality *all, const limen_random_network *spec)
{
    const size_t networks = all->asked->networks;
    limen_status status = LIMEN_OK;
    limen_error err;

    all->results = calloc(1, sizeof *all->results);
    if (all->results == NULL)
        return cli_fail(CLI_NO_MEMORY, "out of memory for the activity");
    all->count = 1;
    crit_series *series = &all->results[0].series;
    const int code = crit_series_new(series, "activity", networks,
                                     all->asked->steps, spec->units, true);
    if (code != CLI_DONE)
        return code;
    for (size_t k = 0; status == LIMEN_OK && k < networks; k++) {
        drawn one;

        status = draw(&one, spec, k, all->options->threads, &err);
        if (status == LIMEN_OK)
            status = record(series, k, &one, all, &err);
        drawn_clear(&one);
    }
    crit_series_count(series);
    return status == LIMEN_OK ? CLI_DONE : cli_fail_status(status, &err);
}

static void set_error(crit_value *to, limen_status status,
                      const limen_error *err, double value, double error,
                      size_t count)
{
    const double half =
        count < 3 ? (double)NAN
                  : cli_t_interval(error * sqrt((double)count), count);

    crit_set(to, status, err, value, value - half, value + half);
}

/* Growth along a run, each unit flipped in turn where they are few. */
static void measure_growth(criticality *all, const limen_random_network *spec)
{
    const size_t networks = all->asked->networks;
    limen_damage_options options = limen_damage_defaults();
    limen_lyapunov found = { 0 };
    limen_error err;

    options.warm_up = all->asked->warm_up;
    options.steps = options.tail = LYAPUNOV_STEPS;
    options.twins = spec->units <= TWINS ? 0 : TWINS;
    const limen_status status =
        limen_random_lyapunov(&found, spec, networks, 1, &options, all->seed,
                              all->options->threads, &err);
    set_error(&all->network[CRIT_GROWTH].own, status, &err, found.growth,
              found.growth_error, networks);
    crit_set_exponent(
        &all->network[CRIT_LYAPUNOV].own, status, &err, &found,
        cli_t_interval(found.exponent_error * sqrt((double)networks),
                       networks));
}

/* A few units may heal by chance: what lasts is told by half of them. */
static void measure_long_time(criticality *all,
                              const limen_random_network *spec)
{
    const size_t networks = all->asked->networks;
    limen_damage_options options = limen_damage_defaults();
    limen_damage found = { 0 };
    limen_error err;

    options.warm_up = all->asked->warm_up;
    options.flips = spec->units > 1 ? spec->units / 2 : 1;
    const limen_status status =
        limen_random_damage(&found, spec, networks, all->asked->runs, &options,
                            all->seed, all->options->threads, &err);
    set_error(&all->network[CRIT_LONG_TIME].own, status, &err, found.long_time,
              found.long_time_error, networks);
}

/* Adds the map of one network: distances from one unit to all of them. */
static limen_status map_one(crit_map *to, const size_t *flips, const drawn *one,
                            const criticality *all, limen_error *err)
{
    const uint64_t key = 0;
    const limen_input input = input_of(one, &key);
    limen_damage_options options = limen_damage_defaults();
    double after[CRIT_MAP];

    options.warm_up = all->asked->warm_up;
    options.steps = options.tail = LYAPUNOV_STEPS;
    options.twins = MAP_TWINS;
    const limen_status status =
        limen_derrida_map(after, flips, to->points, one->image, &input,
                          &options, all->seed, all->options->threads, err);
    for (size_t p = 0; status == LIMEN_OK && p < to->points; p++)
        to->after[p] += after[p] / RANK_NETWORKS;
    return status;
}

/* The Derrida map of a few networks, and that of theory where there is one. */
static void measure_map(criticality *all, const limen_random_network *spec)
{
    crit_map found = { .points = CRIT_MAP };
    const bool has_theory =
        all->has_theory && spec->form == LIMEN_PLUS_MINUS &&
        (spec->weights == LIMEN_WEIGHTS_SIGNS || spec->mean == 0.0);
    size_t flips[CRIT_MAP];
    limen_status status = LIMEN_OK;
    limen_error err;

    if (spec->units < CRIT_MAP)
        return;
    for (size_t p = 0; p < CRIT_MAP; p++) {
        const size_t all_units = spec->units;

        flips[p] = p == 0 ? 1 : p * all_units / (CRIT_MAP - 1);
        found.before[p] = (double)flips[p] / (double)all_units;
        found.theory[p] = has_theory
                              ? limen_hamming_map(spec, found.before[p], false)
                              : (double)NAN;
    }
    for (size_t k = 0; status == LIMEN_OK && k < RANK_NETWORKS; k++) {
        drawn one;

        status = draw(&one, spec, k, all->options->threads, &err);
        if (status == LIMEN_OK)
            status = map_one(&found, flips, &one, all, &err);
        drawn_clear(&one);
    }
    if (status == LIMEN_OK)
        all->map = found;
}

/* What each of a few networks has. */
typedef struct ranks {
    double kernel[RANK_NETWORKS], generalisation[RANK_NETWORKS];
    double difference[RANK_NETWORKS], separation[RANK_NETWORKS];
    double memory[RANK_NETWORKS], radius[RANK_NETWORKS];
} ranks;

static limen_status rank_one(ranks *to, size_t k, const drawn *one,
                             const limen_random_network *spec,
                             const criticality *all, limen_error *err)
{
    const size_t streams =
        spec->units < RANK_STREAMS ? spec->units : RANK_STREAMS;
    float chances[RANK_STREAMS];
    const size_t warm_up = all->asked->warm_up;
    const int threads = all->options->threads;
    size_t kernel, generalisation;
    limen_separation separation;

    for (size_t b = 0; b < streams; b++)
        chances[b] = one->chance;
    limen_input input = input_of(one, NULL);
    input.floats = chances;
    input.samples = streams;
    limen_status status = limen_kernel_ranks(
        &kernel, &generalisation, one->image, &input, RANK_STEPS, RANK_SHARED,
        0.5, all->seed, threads, err);
    if (status == LIMEN_OK)
        status = limen_separation_of(&separation, one->image, &input, warm_up,
                                     RANK_STEPS, 0.5, all->seed, threads, err);
    if (status == LIMEN_OK) {
        to->kernel[k] = (double)kernel;
        to->generalisation[k] = (double)generalisation;
        to->difference[k] = (double)kernel - (double)generalisation;
        to->separation[k] = separation.network;
        to->memory[k] = separation.memory;
    }
    return status;
}

static limen_status radius_one(double *to, const drawn *one,
                               const limen_random_network *spec,
                               limen_error *err)
{
    for (size_t c = 0; c < limen_network_connections(one->net); c++) {
        const limen_connection_info info =
            limen_network_connection(one->net, c);

        if (info.kind != LIMEN_SELF)
            continue;
        const limen_status status = limen_spectral_radius(to, one->net, c, err);
        // +-1 networks run with twice their weights
        *to *= spec->form == LIMEN_PLUS_MINUS ? 0.5 : 1.0;
        return status;
    }
    snprintf(err->text, sizeof err->text, "there are no recurrent weights");
    return LIMEN_BAD_VALUE;
}

static void set_ranks(criticality *all, limen_status status,
                      const limen_error *err, const ranks *found, size_t count)
{
    const double *const values[] = { found->kernel, found->generalisation,
                                     found->difference, found->separation,
                                     found->memory };

    for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
        crit_value *to = &all->network[CRIT_KERNEL + k].own;

        if (status == LIMEN_OK)
            crit_set_mean(to, values[k], count);
        else
            crit_set(to, status, err, NAN, NAN, NAN);
    }
}

static void measure_ranks(criticality *all, const limen_random_network *spec)
{
    const size_t count = all->asked->networks < RANK_NETWORKS
                             ? all->asked->networks
                             : RANK_NETWORKS;
    ranks found;
    limen_error err = { .status = LIMEN_OK };
    limen_error radius_err;
    limen_status status = LIMEN_OK;
    limen_status radius = LIMEN_OK;

    if (!(spec->input_step > 0.0)) {
        snprintf(err.text, sizeof err.text,
                 "without input there are no streams to tell apart");
        status = LIMEN_BAD_VALUE;
    }
    for (size_t k = 0; k < count; k++) {
        drawn one;
        limen_error why;
        const limen_status made =
            draw(&one, spec, k, all->options->threads, &why);

        if (made == LIMEN_OK && status == LIMEN_OK)
            status = rank_one(&found, k, &one, spec, all, &err);
        if (made == LIMEN_OK && radius == LIMEN_OK)
            radius = radius_one(&found.radius[k], &one, spec, &radius_err);
        drawn_clear(&one);
    }
    set_ranks(all, status, &err, &found, count);
    if (radius == LIMEN_OK)
        crit_set_mean(&all->network[CRIT_RADIUS].own, found.radius, count);
    else
        crit_set(&all->network[CRIT_RADIUS].own, radius, &radius_err, NAN, NAN,
                 NAN);
}

static int predict(criticality *all, const limen_random_network *spec)
{
    limen_error err;
    const limen_status status = limen_theory_of(&all->theory, spec, &err);

    if (status != LIMEN_OK)
        return cli_fail_status(status, &err);
    all->has_theory = true;
    for (size_t k = 0; k < 2; k++)
        if (spec->form != LIMEN_PLUS_MINUS ||
            spec->weights != LIMEN_WEIGHTS_NORMAL ||
            limen_critical_variance(&all->critical[k], spec, k == 1, &err) !=
                LIMEN_OK)
            all->critical[k] = NAN;
    all->network[CRIT_GROWTH].theory = all->theory.growth;
    all->network[CRIT_LONG_TIME].theory = all->theory.distance;
    all->network[CRIT_LYAPUNOV].theory = all->theory.growth_geometric > 0.0
                                             ? log(all->theory.growth_geometric)
                                             : (double)NAN;
    all->network[CRIT_SEPARATION].theory = all->theory.separation;
    all->network[CRIT_MEMORY].theory = all->theory.memory;
    return CLI_DONE;
}

static void say_what(criticality *all, const limen_random_network *spec)
{
    char weights[80];

    if (spec->weights == LIMEN_WEIGHTS_SIGNS)
        snprintf(weights, sizeof weights, "weights +1 or -1");
    else
        snprintf(weights, sizeof weights, "weights N(%g, %g^2)", spec->mean,
                 sqrt(spec->variance));
    snprintf(all->what, sizeof all->what,
             "%zu networks of %zu %s units, %s%g sources each, %s, threshold "
             "%g, input %g +- %g",
             all->asked->networks, spec->units,
             spec->form == LIMEN_ZERO_ONE ? "0/1" : "+-1",
             spec->is_poisson ? "Poisson " : "", spec->in_degree, weights,
             spec->threshold, spec->input_mean, spec->input_step);
}

int crit_open_network(criticality *all)
{
    limen_random_network spec;
    int code = describe(&spec, all);

    if (code != CLI_DONE)
        return code;
    all->is_network = true;
    say_what(all, &spec);
    if (all->options->theory)
        code = predict(all, &spec);
    if (code == CLI_DONE &&
        (all->groups & (CRIT_BRANCHING | CRIT_AVALANCHES | CRIT_STATISTICS)))
        code = record_all(all, &spec);
    if (code == CLI_DONE && all->count > 0)
        all->results[0].found[CRIT_MEAN_RATE].theory = all->theory.activity;
    if (code == CLI_DONE && all->groups & CRIT_DAMAGE) {
        measure_growth(all, &spec);
        measure_long_time(all, &spec);
        if (all->asked->report != NULL)
            measure_map(all, &spec);
    }
    if (code == CLI_DONE && all->groups & CRIT_RANKS)
        measure_ranks(all, &spec);
    return code;
}
