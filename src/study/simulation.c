/* simulation.c -- presets: what they are made of, and their run. */
#include "study/simulation.h"

#include "base/arena.h"
#include "base/bits.h"
#include "base/error.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { LETTERS = 6, LAYER = 1, BLOCK = 1000 };

const char *limen_preset_name(size_t preset)
{
    static const char *const names[] = {
#define X(name, text) text,
        LIMEN_PRESET_LIST(X)
#undef X
    };

    return preset < LIMEN_PRESETS ? names[preset] : NULL;
}

limen_simulation_options limen_simulation_defaults(limen_preset preset)
{
    limen_simulation_options options = { .preset = preset,
                                         .units = 200,
                                         .steps = 100000,
                                         .recorded = 10000,
                                         .word = 8,
                                         .rate = 0.1,
                                         .drive = 0.001,
                                         .coupling = 0.5,
                                         .memory = 1000.0,
                                         .variance = 1.0,
                                         .seed = 1 };

    if (preset == LIMEN_PRESET_SORN_COUNTING) {
        options.steps = 50000;
        options.frozen = 10000;
    }
    if (preset == LIMEN_PRESET_BRANCHING ||
        preset == LIMEN_PRESET_HOMEOSTATIC_BRANCHING) {
        options.units = 10000;
        options.recorded = 0;
        options.rate = 0.01;
        options.coupling = preset == LIMEN_PRESET_BRANCHING ? 0.98 : 0.5;
    }
    if (preset == LIMEN_PRESET_RANDOM_THRESHOLD)
        options.units = 250;
    return options;
}

static bool is_annealed(limen_preset preset)
{
    return preset == LIMEN_PRESET_BRANCHING ||
           preset == LIMEN_PRESET_HOMEOSTATIC_BRANCHING;
}

static limen_status check(const limen_simulation_options *o, limen_error *err)
{
    const double numbers[] = { o->drive, o->coupling, o->memory, o->variance };
    const size_t all = o->steps + o->frozen;

    if (all == 0 || o->steps > UINT32_MAX || o->frozen > UINT32_MAX ||
        all > UINT32_MAX)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "steps: %zu and %zu frozen are not 1 to 2^32 - 1",
                            o->steps, o->frozen);
    if (o->recorded > all)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "record: the last %zu of %zu steps", o->recorded,
                            all);
    if (o->units < 10 || o->units > 1U << 20)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "units: %zu are not in 10 to 2^20", o->units);
    if (o->word == 0 || o->word > 1000)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "word: %zu is not in 1 to 1000 letters", o->word);
    if (!(o->rate > 0.0 && o->rate < 1.0))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "rate: %g is not between 0 and 1", o->rate);
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
        if (!(numbers[k] >= 0.0 && numbers[k] <= 1e9))
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "drive, coupling, memory, variance: %g is not "
                                "in 0 to 1e9",
                                numbers[k]);
    if (o->preset == LIMEN_PRESET_HOMEOSTATIC_BRANCHING && o->memory < 1.0)
        return lm_error_set(err, LIMEN_BAD_VALUE, "memory: %g is below 1 step",
                            o->memory);
    return LIMEN_OK;
}

static limen_status new_sorn(limen_simulation *sim, int threads,
                             limen_error *err)
{
    const limen_simulation_options *o = &sim->options;
    const bool counts = o->preset == LIMEN_PRESET_SORN_COUNTING;
    limen_sorn spec = counts ? limen_sorn_counting() : limen_sorn_avalanche();
    const double n = (double)o->units;

    spec.excitatory = o->units;
    spec.inhibitory = o->units / 5;
    spec.is_delayed = o->is_delayed;
    spec.target = o->rate;
    spec.seed = o->seed;
    if (!counts)
        spec.links = 0.1 * (n - 1.0);
    spec.structural *= n * (n - 1.0) / (200.0 * 199.0);
    spec.structural = fmin(spec.structural, 1.0);
    if (o->is_static || o->only_thresholds)
        spec.stdp = spec.structural = spec.inhibitory_stdp = 0.0;
    if (o->is_static)
        spec.intrinsic = 0.0;
    return limen_plastic_sorn(&sim->plastic, &spec, threads, err);
}

/* 250 gates of in-degree 4 that hear a common input of +-1, the setting in
 * which Bertschinger & Natschlaeger look for the edge of chaos. */
static limen_status new_random(limen_simulation *sim, int threads,
                               limen_error *err)
{
    const limen_simulation_options *o = &sim->options;
    const limen_random_network spec = { .units = o->units,
                                        .form = LIMEN_PLUS_MINUS,
                                        .weights = LIMEN_WEIGHTS_NORMAL,
                                        .in_degree = 4.0,
                                        .variance = o->variance,
                                        .input_step = 1.0,
                                        .input_chance = 0.5,
                                        .seed = o->seed };
    limen_plastic_rule rule = limen_plastic_defaults(LIMEN_SELF_CRITICAL, 1);
    limen_network *net = NULL;
    limen_status status = limen_network_random(&net, &spec, err);

    rule.plus_minus = true;
    if (o->is_static) // measure without changing anything
        rule.rate = 0.0F;
    for (size_t k = 0; status == LIMEN_OK && k < net->connections; k++)
        if (net->connection[k].from == LAYER)
            rule.place = k;
    if (status == LIMEN_OK)
        status = limen_plastic_new(&sim->plastic, net, &rule, 1, NULL, 1,
                                   o->seed, threads, err);
    limen_network_free(net);
    return status;
}

static limen_status new_annealed(limen_simulation *sim, limen_error *err)
{
    const limen_simulation_options *o = &sim->options;

    sim->annealed = (lm_annealed){
        .units = o->units, .drive = o->drive, .target = o->rate, .seed = o->seed
    };
    if (o->preset == LIMEN_PRESET_HOMEOSTATIC_BRANCHING && !o->is_static)
        sim->annealed.memory = o->memory;
    sim->annealed.coupling =
        lm_alloc(o->units, 1, sizeof *sim->annealed.coupling);
    sim->bits = lm_alloc(lm_bits_words(o->units), 1, sizeof *sim->bits);
    if (sim->annealed.coupling == NULL || sim->bits == NULL)
        return lm_error_no_memory(err, "a branching network", 9 * o->units);
    for (size_t i = 0; i < o->units; i++)
        sim->annealed.coupling[i] = o->coupling;
    return LIMEN_OK;
}

/* The letters of all steps, one hot. */
static limen_status new_letters(limen_simulation *sim, limen_error *err)
{
    uint8_t *letter = lm_alloc(sim->all, 1, 1);

    sim->letters = lm_alloc(sim->all, LETTERS, 1);
    if (letter == NULL || sim->letters == NULL) {
        lm_free(letter);
        return lm_error_no_memory(err, "letters", sim->all * (LETTERS + 1));
    }
    limen_counting_letters(letter, sim->options.word, sim->all,
                           sim->options.seed);
    for (size_t t = 0; t < sim->all; t++)
        sim->letters[t * LETTERS + letter[t]] = 1;
    lm_free(letter);
    return LIMEN_OK;
}

static limen_status new_record(limen_simulation *sim, limen_error *err)
{
    sim->interval = (sim->all + LM_TREND_POINTS - 1) / LM_TREND_POINTS;
    sim->points = (sim->all + sim->interval - 1) / sim->interval;
    sim->activity = lm_alloc(sim->all, 1, sizeof *sim->activity);
    sim->trend = lm_alloc(sim->points, LM_TREND_COLUMNS, sizeof *sim->trend);
    if (sim->options.recorded > 0)
        sim->raster = lm_alloc(sim->options.recorded, sim->options.units, 1);
    if (sim->activity == NULL || sim->trend == NULL ||
        (sim->options.recorded > 0 && sim->raster == NULL))
        return lm_error_set(err, LIMEN_NO_MEMORY,
                            "out of memory for a record of %zu steps, %zu of "
                            "them with every spike",
                            sim->all, sim->options.recorded);
    return LIMEN_OK;
}

limen_status limen_simulation_new(limen_simulation **out,
                                  const limen_simulation_options *options,
                                  int threads, limen_error *err)
{
    limen_status status = check(options, err);
    limen_simulation *sim = NULL;

    *out = NULL;
    if (status != LIMEN_OK)
        return status;
    sim = lm_alloc(1, 1, sizeof *sim);
    if (sim == NULL)
        return lm_error_no_memory(err, "a simulation", sizeof *sim);
    sim->options = *options;
    sim->all = options->steps + options->frozen;
    status = is_annealed(options->preset) ? new_annealed(sim, err)
             : options->preset == LIMEN_PRESET_RANDOM_THRESHOLD
                 ? new_random(sim, threads, err)
                 : new_sorn(sim, threads, err);
    if (status == LIMEN_OK && options->preset == LIMEN_PRESET_SORN_COUNTING)
        status = new_letters(sim, err);
    if (status == LIMEN_OK)
        status = new_record(sim, err);
    if (status != LIMEN_OK) {
        limen_simulation_free(sim);
        return status;
    }
    *out = sim;
    return LIMEN_OK;
}

void limen_simulation_free(limen_simulation *sim)
{
    if (sim == NULL)
        return;
    limen_plastic_free(sim->plastic);
    lm_free(sim->annealed.coupling);
    lm_free(sim->bits);
    lm_free(sim->letters);
    lm_free(sim->activity);
    lm_free(sim->raster);
    lm_free(sim->trend);
    lm_free(sim);
}

static double share_of_links(const lm_connection *c)
{
    size_t links = 0;

    for (size_t e = 0; e < c->entries; e++)
        links += c->w[e] != 0.0F;
    return (double)links / ((double)c->n * ((double)c->m - 1.0));
}

static double measure(const limen_simulation *sim)
{
    if (sim->plastic == NULL)
        return lm_annealed_mean(&sim->annealed);
    if (sim->options.preset == LIMEN_PRESET_RANDOM_THRESHOLD)
        return limen_plastic_measured(sim->plastic, 0);
    return share_of_links(&sim->plastic->net->connection[LIMEN_SORN_EE]);
}

/* A point of the trend at the end of each interval. */
static void note(limen_simulation *sim)
{
    const size_t point = (sim->steps - 1) / sim->interval;
    const size_t first = point * sim->interval;
    double *row = sim->trend + point * LM_TREND_COLUMNS;
    double spikes = 0.0;

    if (sim->steps % sim->interval != 0 && sim->steps != sim->all)
        return;
    for (size_t t = first; t < sim->steps; t++)
        spikes += (double)sim->activity[t];
    row[0] = (double)sim->steps;
    row[1] =
        spikes / ((double)(sim->steps - first) * (double)sim->options.units);
    row[2] = measure(sim);
}

/* Step sim->steps, from 0, of these bits. */
static void keep(limen_simulation *sim, const uint64_t *bits)
{
    const size_t n = sim->options.units;
    const size_t before = sim->all - sim->options.recorded;

    sim->activity[sim->steps] = (uint32_t)lm_bits_count(bits, lm_bits_words(n));
    if (sim->raster != NULL && sim->steps >= before)
        for (size_t i = 0; i < n; i++)
            sim->raster[(sim->steps - before) * n + i] =
                (uint8_t)lm_bits_get(bits, i);
    sim->steps++;
    note(sim);
}

static limen_status run_plastic(limen_simulation *sim, size_t steps,
                                limen_error *err)
{
    static const float half = 0.5F;
    const limen_input letters = { .bytes = sim->letters,
                                  .scale = 1.0F,
                                  .samples = 1,
                                  .frames = sim->all,
                                  .hold = 1,
                                  .encoder = LIMEN_STOCHASTIC };
    const limen_input coin = { .floats = &half,
                               .scale = 1.0F,
                               .samples = 1,
                               .frames = 1,
                               .hold = 1,
                               .encoder = LIMEN_STOCHASTIC };
    const size_t words = lm_bits_words(sim->options.units);
    uint64_t *bits = lm_alloc(steps, words, sizeof *bits);
    uint64_t *raster[LAYER + 2] = { NULL, bits, NULL };
    const limen_record record = { .raster = raster };
    limen_status status = LIMEN_OK;

    if (bits == NULL)
        return lm_error_no_memory(err, "spikes", steps * words);
    limen_plastic_freeze(sim->plastic, sim->steps >= sim->options.steps);
    status =
        lm_plastic_steps(sim->plastic, sim->letters != NULL ? &letters : &coin,
                         steps, &record, err);
    for (size_t t = 0; t < steps && status == LIMEN_OK; t++)
        keep(sim, bits + t * words);
    lm_free(bits);
    return status;
}

static void run_annealed(limen_simulation *sim, size_t steps)
{
    for (size_t k = 0; k < steps; k++) {
        const size_t active =
            sim->steps == 0 ? 0 : sim->activity[sim->steps - 1];

        lm_annealed_step(&sim->annealed, sim->bits, active, sim->steps + 1,
                         sim->steps >= sim->options.steps);
        keep(sim, sim->bits);
    }
}

/* Steps to go without a change of phase or a point of the trend within. */
static size_t stretch(const limen_simulation *sim, size_t steps)
{
    const size_t change = sim->options.steps;
    size_t least =
        sim->all - sim->steps < steps ? sim->all - sim->steps : steps;
    const size_t point = sim->interval - sim->steps % sim->interval;

    if (sim->steps < change && change - sim->steps < least)
        least = change - sim->steps;
    if (point < least)
        least = point;
    return least < BLOCK ? least : BLOCK;
}

limen_status limen_simulation_run(limen_simulation *sim, size_t steps,
                                  limen_error *err)
{
    limen_status status = LIMEN_OK;

    while (steps > 0 && sim->steps < sim->all && status == LIMEN_OK) {
        const size_t part = stretch(sim, steps);

        if (sim->plastic != NULL)
            status = run_plastic(sim, part, err);
        else
            run_annealed(sim, part);
        steps -= part;
    }
    return status;
}

limen_simulation_summary limen_simulation_summarise(const limen_simulation *sim)
{
    const size_t n = sim->options.units;
    const size_t last = sim->steps - sim->steps / 10;
    limen_simulation_summary out = { .steps = sim->steps,
                                     .all = sim->all,
                                     .rate_least = NAN,
                                     .rate_most = NAN,
                                     .measure = measure(sim) };
    double spikes = 0.0;

    for (size_t t = last; t < sim->steps; t++)
        spikes += (double)sim->activity[t];
    out.rate = spikes / ((double)(sim->steps - last) * (double)n);
    if (sim->raster == NULL || sim->steps < sim->all)
        return out;
    for (size_t i = 0; i < n; i++) {
        size_t fired = 0;

        for (size_t t = 0; t < sim->options.recorded; t++)
            fired += sim->raster[t * n + i];
        const double rate = (double)fired / (double)sim->options.recorded;

        out.rate_least = i == 0 ? rate : fmin(out.rate_least, rate);
        out.rate_most = i == 0 ? rate : fmax(out.rate_most, rate);
    }
    return out;
}

limen_simulation_options
limen_simulation_options_of(const limen_simulation *simulation)
{
    return simulation->options;
}

limen_plastic *limen_simulation_plastic(limen_simulation *simulation)
{
    return simulation->plastic;
}
