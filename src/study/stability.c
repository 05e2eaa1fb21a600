/* stability.c -- what activations do over time, of many samples at once. */
#include "base/arena.h"
#include "base/bits.h"
#include "base/error.h"
#include "net/image.h"
#include "net/input.h"
#include "study/rasters.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Numbers a layer, as an array: the order of limen_stability_measures. */
enum { MEASURES = sizeof(limen_stability_measures) / sizeof(double) };

/* Copies of the raster: a long noisy run; a short one with other noise, then
 * the long frozen one. */
enum { NOISE, OTHER };

typedef struct stability {
    const limen_image *image;
    lm_rasters rasters;
    size_t *units;          /* (layers) */
    const uint64_t **begin; /* (layers) rasters of one sample */
    size_t steps, long_steps, burn_in, outputs;
    uint64_t seed;
    double *series[3];              /* (long_steps) activity, flips, distance */
    uint32_t *counts;               /* (n_L) */
    limen_stability_measures *each; /* (samples, layers) */
    limen_stability_measures *own;  /* of them, where the caller has none */
    double *room;                   /* (samples) */
    double *entropy;                /* (steps) sums */
} stability;

static void stability_free(stability *s)
{
    lm_rasters_free(&s->rasters);
    for (size_t k = 0; k < 3; k++)
        lm_free(s->series[k]);
    lm_free(s->units);
    lm_free(s->begin);
    lm_free(s->counts);
    lm_free(s->own);
    lm_free(s->room);
    lm_free(s->entropy);
}

static limen_status stability_new(stability *s, const limen_image *image,
                                  size_t samples, limen_error *err)
{
    const size_t layers = image->layers;
    const limen_status status = lm_rasters_new(
        &s->rasters, image, samples, s->long_steps, LM_RASTER_COPIES, err);

    if (status != LIMEN_OK)
        return status;
    bool is_full = true;
    for (size_t k = 0; k < 3; k++) {
        s->series[k] = lm_alloc(s->long_steps, 1, sizeof(double));
        is_full = is_full && s->series[k] != NULL;
    }
    s->units = lm_alloc(layers, 1, sizeof *s->units);
    s->begin = lm_alloc(layers, 1, sizeof *s->begin);
    s->counts = lm_alloc(s->outputs, 1, sizeof *s->counts);
    s->room = lm_alloc(samples, 1, sizeof *s->room);
    s->entropy = lm_alloc(s->steps, 1, sizeof *s->entropy);
    if (s->each == NULL)
        s->each = s->own = lm_alloc(samples, layers, sizeof *s->own);
    if (!is_full || s->units == NULL || s->begin == NULL || s->counts == NULL ||
        s->room == NULL || s->entropy == NULL || s->each == NULL)
        return lm_error_no_memory(err, "the measures of samples",
                                  samples * layers * sizeof *s->own);
    for (size_t l = 0; l < layers; l++)
        s->units[l] = image->layer[l].n;
    return LIMEN_OK;
}

static double mean_from(const double *x, size_t first, size_t n)
{
    double sum = 0.0;

    for (size_t t = first; t < n; t++)
        sum += x[t];
    return first < n ? sum / (double)(n - first) : (double)NAN;
}

/* Settling, change and correlation of one layer of one sample.  A short series
 * looks less correlated than it is, so that one is long. */
static void measure_run(stability *s, limen_stability_measures *to,
                        const uint64_t *raster, size_t n)
{
    double *activity = s->series[0];

    limen_raster_activity(activity, raster, s->long_steps, n);
    limen_raster_flips(s->series[1], s->series[2], raster, s->steps, n);
    const size_t settle = limen_settling_step(activity, s->steps);
    // the first step starts from rest: no unit has changed its mind
    const size_t first = settle > 1 ? settle - 1 : 1;

    to->settle = (double)settle;
    to->flips = mean_from(s->series[1], first, s->steps);
    to->distance = mean_from(s->series[2], first, s->steps);
    to->autocorrelation = limen_autocorrelation_time(
        activity + settle - 1, s->long_steps - settle + 1);
}

/* Whether a layer's state is the same at steps t and t + p of a raster, for
 * all t from `first` to the end. */
static bool repeats(const uint64_t *raster, size_t words, size_t first,
                    size_t p, size_t steps)
{
    return memcmp(raster + first * words, raster + (first + p) * words,
                  (steps - p - first) * words * sizeof *raster) == 0;
}

/* The cycle of one layer, where the network ends in one of `length` steps: a
 * layer may repeat sooner and settle earlier than the whole. */
static void measure_cycle(limen_stability_measures *to, const uint64_t *raster,
                          size_t n, size_t length, size_t steps)
{
    const size_t words = lm_bits_words(n);
    size_t first = steps - 2 * length;
    size_t p = 1;

    while (p < length && !repeats(raster, words, first, p, steps))
        p++;
    while (first > 0 && memcmp(raster + (first - 1) * words,
                               raster + (first - 1 + p) * words,
                               words * sizeof *raster) == 0)
        first--;
    to->cycle = (double)p;
    to->transient = (double)first;
}

/* All layers of sample b of a block, after its frozen run. */
static void measure_cycles(stability *s, limen_stability_result *out, size_t b,
                           limen_stability_measures *to)
{
    const size_t layers = s->image->layers;

    for (size_t l = 0; l < layers; l++)
        s->begin[l] = s->rasters.raster[OTHER][l] +
                      b * s->long_steps * lm_bits_words(s->units[l]);
    const size_t length =
        limen_raster_cycle(NULL, s->begin, s->units, layers, s->long_steps);
    out->closed += length > 0;
    for (size_t l = 0; l < layers; l++)
        if (length > 0)
            measure_cycle(&to[l], s->begin[l], s->units[l], length,
                          s->long_steps);
        else
            to[l].cycle = to[l].transient = NAN;
}

/* Counts the votes of a run step by step; returns the answer, *stands: the
 * step from which it holds.  entropy: (steps), added to, or NULL. */
static uint32_t vote_over_time(stability *s, uint32_t *stands, double *entropy,
                               const uint64_t *raster, uint64_t seed,
                               uint64_t key)
{
    const size_t words = lm_bits_words(s->outputs);
    size_t answer = SIZE_MAX;

    memset(s->counts, 0, s->outputs * sizeof *s->counts);
    for (size_t t = 1; t <= s->steps; t++) {
        for (size_t i = 0; t > s->burn_in && i < s->outputs; i++)
            s->counts[i] += lm_bits_get(raster + (t - 1) * words, i);
        if (entropy != NULL)
            entropy[t - 1] += limen_vote_entropy(s->counts, s->outputs);
        if (t <= s->burn_in)
            continue;
        const size_t now = limen_vote(s->counts, s->outputs, seed, key, NULL);
        if (now != answer && stands != NULL)
            *stands = (uint32_t)t;
        answer = now;
    }
    return (uint32_t)answer;
}

/* One sample of a block after its two noisy runs. */
static void measure_sample(stability *s, limen_stability_result *out, size_t b,
                           size_t first)
{
    const size_t layers = s->image->layers;
    const uint64_t key = s->rasters.keys[b];
    uint32_t stands = 0;
    const uint64_t *end[LM_RASTER_COPIES] = { NULL, NULL };

    assert(layers > 0);
    for (size_t l = 0; l < layers; l++) {
        const size_t n = s->units[l];
        const size_t words = lm_bits_words(n);
        limen_stability_measures *to = &s->each[(first + b) * layers + l];

        end[NOISE] = s->rasters.raster[NOISE][l] + b * s->long_steps * words;
        end[OTHER] = s->rasters.raster[OTHER][l] + b * s->steps * words;
        measure_run(s, to, end[NOISE], n);
        to->agreement = limen_raster_agreement(
            &to->agreement_chance, end[NOISE], end[OTHER], s->steps, n);
    }
    const uint32_t answer =
        vote_over_time(s, &stands, s->entropy, end[NOISE], s->seed, key);
    out->mean_stands += stands;
    out->same_answer +=
        answer == vote_over_time(s, NULL, NULL, end[OTHER], s->seed + 1, key);
    if (out->answers != NULL)
        out->answers[first + b] = answer;
    if (out->stands != NULL)
        out->stands[first + b] = stands;
}

static limen_status measure_block(stability *s, limen_stability_result *out,
                                  const limen_input *input, size_t first,
                                  size_t count, int threads, limen_error *err)
{
    const size_t layers = s->image->layers;
    limen_input frozen = *input;
    limen_status status;

    status = lm_rasters_run(&s->rasters, NOISE, input, first, count,
                            s->long_steps, s->seed, threads, err);
    if (status == LIMEN_OK)
        status = lm_rasters_run(&s->rasters, OTHER, input, first, count,
                                s->steps, s->seed + 1, threads, err);
    for (size_t b = 0; status == LIMEN_OK && b < count; b++)
        measure_sample(s, out, b, first);
    if (input->encoder == LIMEN_STOCHASTIC)
        frozen.encoder = LIMEN_FROZEN;
    if (status == LIMEN_OK)
        status = lm_rasters_run(&s->rasters, OTHER, &frozen, first, count,
                                s->long_steps, s->seed, threads, err);
    for (size_t b = 0; status == LIMEN_OK && b < count; b++)
        measure_cycles(s, out, b, &s->each[(first + b) * layers]);
    return status;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Over the samples where it is defined: the mean or the median of the k-th
 * measure of a layer. */
static double over_samples(stability *s, size_t layer, size_t k, size_t samples,
                           bool is_median)
{
    size_t count = 0;

    for (size_t b = 0; b < samples; b++) {
        double x[MEASURES];

        memcpy(x, &s->each[b * s->image->layers + layer], sizeof x);
        if (!isnan(x[k]))
            s->room[count++] = x[k];
    }
    if (count == 0)
        return NAN;
    if (!is_median)
        return mean_from(s->room, 0, count);
    qsort(s->room, count, sizeof *s->room, ascending);
    return (s->room[(count - 1) / 2] + s->room[count / 2]) / 2.0;
}

static void summarise(stability *s, limen_stability_result *out, size_t samples)
{
    const size_t cycle = offsetof(limen_stability_measures, cycle);
    const size_t transient = offsetof(limen_stability_measures, transient);

    for (size_t l = 0; out->layer != NULL && l < s->image->layers; l++) {
        double x[MEASURES];

        for (size_t k = 0; k < MEASURES; k++)
            x[k] = over_samples(s, l, k, samples,
                                k == cycle / sizeof *x ||
                                    k == transient / sizeof *x);
        memcpy(&out->layer[l], x, sizeof x);
    }
    for (size_t t = 0; out->entropy != NULL && t < s->steps; t++)
        out->entropy[t] = s->entropy[t] / (double)samples;
    out->last_entropy = s->entropy[s->steps - 1] / (double)samples;
    out->mean_stands /= (double)samples;
    out->same_answer /= (double)samples;
    out->closed /= (double)samples;
}

limen_status limen_stability(limen_stability_result *out,
                             const limen_image *image, const limen_input *input,
                             size_t steps, size_t burn_in, uint64_t seed,
                             int threads, limen_error *err)
{
    stability s = {
        .image = image,
        .steps = steps,
        .long_steps =
            steps > LIMEN_STABILITY_STEPS ? steps : LIMEN_STABILITY_STEPS,
        .burn_in = burn_in,
        .outputs = image->layer[image->layers - 1].n,
        .seed = seed,
        .each = out->each,
    };
    limen_status status = limen_input_check(input, image->layer[0].n, err);

    if (status != LIMEN_OK)
        return status;
    if (burn_in >= steps)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "burn-in: %zu leaves none of %zu steps", burn_in,
                            steps);
    limen_stability_result sums = *out;
    sums.mean_stands = sums.same_answer = sums.closed = 0.0;
    status = stability_new(&s, image, input->samples, err);
    for (size_t first = 0; status == LIMEN_OK && first < input->samples;
         first += s.rasters.most) {
        const size_t left = input->samples - first;

        status = measure_block(&s, &sums, input, first,
                               left < s.rasters.most ? left : s.rasters.most,
                               threads, err);
    }
    if (status == LIMEN_OK) {
        summarise(&s, &sums, input->samples);
        *out = sums;
    }
    stability_free(&s);
    return status;
}
