/* damage.c -- how far twins come apart.
 *
 * Samples are taken block by block and their numbers summed in order, so that
 * neither the size of a block nor threads change a bit of the result.
 */
#include "base/arena.h"
#include "base/bits.h"
#include "base/error.h"
#include "net/image.h"
#include "study/damage.h"
#include "study/twins.h"

#include <assert.h>
#include <math.h>
#include <string.h>

limen_damage_options limen_damage_defaults(void)
{
    return (limen_damage_options){ .warm_up = 30,
                                   .steps = 200,
                                   .tail = 100,
                                   .twins = 1,
                                   .flips = 1,
                                   .start = 0.5 };
}

limen_status lm_uniform_error(double rate, limen_error *err)
{
    return lm_error_set(err, LIMEN_BAD_VALUE,
                        "the network is %s after the warm-up: damage there "
                        "tells of that state alone; change its thresholds or "
                        "weights, or ask for uniform states too",
                        rate == 0.0 ? "silent" : "saturated");
}

/* What a spread keeps of each sample, and the steps between two looks. */
typedef struct spread {
    lm_twins twins;
    uint64_t **raster; /* [layer] (rows, slice, words) */
    size_t slice;      /* steps */
    double *growth;    /* (samples) */
    double *late;      /* (samples) */
    double *distance;  /* (steps + 1) sums of differing units */
    size_t healed, active;
} spread;

static void spread_free(spread *s)
{
    for (size_t l = 0; s->raster != NULL && l < s->twins.image->layers; l++)
        lm_free(s->raster[l]);
    lm_free(s->raster);
    lm_free(s->growth);
    lm_free(s->late);
    lm_free(s->distance);
    lm_twins_free(&s->twins);
}

static limen_status spread_new(spread *s, limen_error *err)
{
    enum { ROOM = 32 * 1024 * 1024, LONGEST = 64 };
    const limen_image *image = s->twins.image;
    const size_t rows = s->twins.most * (s->twins.each + 1);
    const size_t step = rows * (s->twins.units / 8 + 8);
    const size_t samples = s->twins.input->samples;

    s->slice = ROOM / step;
    s->slice = s->slice < 1 ? 1 : s->slice > LONGEST ? LONGEST : s->slice;
    s->growth = lm_alloc(samples, 1, sizeof *s->growth);
    s->late = lm_alloc(samples, 1, sizeof *s->late);
    s->distance = lm_alloc(s->twins.options.steps + 1, 1, sizeof *s->distance);
    s->raster = lm_alloc(image->layers, 1, sizeof *s->raster);
    bool is_full = s->growth != NULL && s->late != NULL &&
                   s->distance != NULL && s->raster != NULL;
    // nobody looks at the input's
    for (size_t l = 1; is_full && l < image->layers; l++) {
        s->raster[l] =
            lm_alloc(rows * s->slice, lm_bits_words(image->layer[l].n),
                     sizeof **s->raster);
        is_full = s->raster[l] != NULL;
    }
    return is_full
               ? LIMEN_OK
               : lm_error_no_memory(err, "damage spreading", step * s->slice);
}

/* Units in which the twins of sample b differ from it at a step of the slice
 * of `steps`. */
static size_t differ_at(const spread *s, size_t b, size_t step, size_t steps)
{
    const size_t copies = s->twins.each + 1;
    size_t differ = 0;

    for (size_t l = 1; l < s->twins.image->layers; l++) {
        const size_t words = lm_bits_words(s->twins.image->layer[l].n);
        const uint64_t *own =
            s->raster[l] + (b * copies * steps + step) * words;

        for (size_t x = 1; x < copies; x++)
            differ += lm_words_differ(own, own + x * steps * words, words);
    }
    return differ;
}

/* Adds up steps done + 1 .. done + steps of a block. */
static void look(spread *s, size_t first, size_t done, size_t steps)
{
    const limen_damage_options *options = &s->twins.options;

    for (size_t b = 0; b < s->twins.count; b++)
        for (size_t k = 0; k < steps; k++) {
            const size_t t = done + k + 1;
            const double differ = (double)differ_at(s, b, k, steps);

            s->distance[t] += differ;
            if (t == 1)
                s->growth[first + b] = differ;
            if (t > options->steps - options->tail)
                s->late[first + b] += differ;
        }
}

/* Twins that are identical to their samples. */
static size_t count_healed(const lm_twins *twins)
{
    const size_t copies = twins->each + 1;
    size_t healed = 0;

    for (size_t r = 0; r < twins->count * copies; r++)
        healed +=
            r % copies != 0 && lm_rows_differ(twins->state, r, twins->state,
                                              r / copies * copies) == 0;
    return healed;
}

static limen_status spread_block(spread *s, size_t first, limen_error *err)
{
    const size_t steps = s->twins.options.steps;
    size_t active = 0;
    limen_status status = lm_twins_begin(&s->twins, first, &active, err);

    if (status != LIMEN_OK)
        return status;
    s->active += active;
    lm_twins_damage(&s->twins);
    for (size_t done = 0; status == LIMEN_OK && done < steps;) {
        const size_t now = steps - done < s->slice ? steps - done : s->slice;

        status = lm_twins_run(&s->twins, now, s->raster, err);
        if (status == LIMEN_OK)
            look(s, first, done, now);
        done += now;
    }
    s->healed += count_healed(&s->twins);
    return status;
}

/* From sums of units to shares. */
static void summarise(spread *s, limen_damage *out)
{
    const limen_damage_options *options = &s->twins.options;
    const size_t samples = s->twins.input->samples;
    const double units = (double)s->twins.units;
    const double twins = (double)s->twins.each;

    for (size_t b = 0; b < samples; b++) {
        s->growth[b] /= twins * (double)options->flips;
        s->late[b] /= twins * units * (double)options->tail;
    }
    lm_moments(&out->growth, &out->growth_error, s->growth, samples);
    lm_moments(&out->long_time, &out->long_time_error, s->late, samples);
    out->healed = (double)s->healed / ((double)samples * twins);
    out->rate = (double)s->active / ((double)samples * units);
    s->distance[0] = (double)samples * twins * (double)options->flips;
    for (size_t t = 0; out->distance != NULL && t <= options->steps; t++)
        out->distance[t] = s->distance[t] / ((double)samples * twins * units);
}

limen_status limen_damage_spread(limen_damage *out, const limen_image *image,
                                 const limen_input *input,
                                 const limen_damage_options *options,
                                 uint64_t seed, int threads, limen_error *err)
{
    spread s = { .slice = 0 };
    limen_status status =
        lm_twins_new(&s.twins, image, input, options, seed, threads, err);

    if (status == LIMEN_OK)
        status = spread_new(&s, err);
    for (size_t first = 0; status == LIMEN_OK && first < input->samples;
         first += s.twins.most)
        status = spread_block(&s, first, err);
    const size_t all = input->samples * s.twins.units;
    if (status == LIMEN_OK && !options->uniform_too &&
        (s.active == 0 || s.active == all))
        status = lm_uniform_error((double)s.active, err);
    if (status == LIMEN_OK)
        summarise(&s, out);
    spread_free(&s);
    return status;
}
