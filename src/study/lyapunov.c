/* lyapunov.c -- growth of damage in one step, twins prepared anew at each.
 *
 *     exponent = mean over steps of ln (damaged units after / before)
 *
 * All units of a driven network hear the same input, so that typical damage
 * grows by the mean of the logarithm (docs/criticality.md).
 */
#include "base/arena.h"
#include "base/error.h"
#include "study/damage.h"
#include "study/twins.h"

#include <math.h>

typedef struct growth {
    lm_twins twins;
    double *ratio; /* (samples) means over steps */
    double *log;   /* (samples) */
    size_t healed; /* samples and steps without damage */
    size_t warm;   /* units active after the warm-up */
    size_t active; /* over all steps */
} growth;

static void growth_free(growth *g)
{
    lm_free(g->ratio);
    lm_free(g->log);
    lm_twins_free(&g->twins);
}

static limen_status growth_new(growth *g, limen_error *err)
{
    const size_t samples = g->twins.input->samples;

    g->ratio = lm_alloc(samples, 1, sizeof *g->ratio);
    g->log = lm_alloc(samples, 1, sizeof *g->log);
    return g->ratio != NULL && g->log != NULL
               ? LIMEN_OK
               : lm_error_no_memory(err, "growth of damage",
                                    samples * sizeof *g->log);
}

static limen_status growth_block(growth *g, size_t first, limen_error *err)
{
    lm_twins *twins = &g->twins;
    const size_t steps = twins->options.steps;
    const double damaged = (double)(twins->each * twins->options.flips);
    size_t active = 0;
    limen_status status = lm_twins_begin(twins, first, &active, err);

    g->warm += active;
    for (size_t t = 0; status == LIMEN_OK && t < steps; t++) {
        lm_twins_damage(twins);
        status = lm_twins_run(twins, 1, NULL, err);
        for (size_t b = 0; status == LIMEN_OK && b < twins->count; b++) {
            const size_t differ = lm_twins_differ(twins, b);
            const double ratio = (double)differ / damaged;

            g->ratio[first + b] += ratio / (double)steps;
            g->log[first + b] += log(ratio) / (double)steps; // -inf of 0
            g->healed += differ == 0;
            g->active += lm_twins_active(twins, b);
        }
    }
    return status;
}

/* Free `g` afterwards in any case. */
static limen_status measure(growth *g, const limen_image *image,
                            const limen_input *input,
                            const limen_damage_options *options, uint64_t seed,
                            int threads, limen_error *err)
{
    limen_status status =
        lm_twins_new(&g->twins, image, input, options, seed, threads, err);

    if (status == LIMEN_OK)
        status = growth_new(g, err);
    for (size_t first = 0; status == LIMEN_OK && first < input->samples;
         first += g->twins.most)
        status = growth_block(g, first, err);
    const size_t all = input->samples * g->twins.units;
    if (status == LIMEN_OK && !options->uniform_too &&
        (g->warm == 0 || g->warm == all))
        status = lm_uniform_error((double)g->warm, err);
    return status;
}

limen_status limen_lyapunov_of(limen_lyapunov *out, const limen_image *image,
                               const limen_input *input,
                               const limen_damage_options *options,
                               uint64_t seed, int threads, limen_error *err)
{
    growth g = { .healed = 0 };
    limen_status status =
        measure(&g, image, input, options, seed, threads, err);
    const double runs = (double)(input->samples * options->steps);

    if (status == LIMEN_OK && (double)g.healed == runs)
        status = lm_error_set(
            err, LIMEN_BAD_VALUE,
            "no flipped unit changed any other within a step, in %zu samples "
            "of %zu steps with %zu twins: growth is too small to have a "
            "logarithm; take more twins",
            input->samples, options->steps, g.twins.each);
    if (status == LIMEN_OK) {
        lm_moments(&out->growth, &out->growth_error, g.ratio, input->samples);
        lm_moments(&out->exponent, &out->exponent_error, g.log, input->samples);
        if (g.healed > 0)
            out->exponent = out->exponent_error = NAN;
        out->healed = (double)g.healed / runs;
        out->rate = (double)g.active / (runs * (double)g.twins.units);
    }
    growth_free(&g);
    return status;
}

limen_status limen_derrida_map(double *to, const size_t *flips, size_t points,
                               const limen_image *image,
                               const limen_input *input,
                               const limen_damage_options *options,
                               uint64_t seed, int threads, limen_error *err)
{
    limen_status status = LIMEN_OK;
    double *map = lm_alloc(points, 1, sizeof *map);

    if (map == NULL)
        return lm_error_no_memory(err, "a map", points * sizeof *map);
    for (size_t k = 0; status == LIMEN_OK && k < points; k++) {
        growth g = { .healed = 0 };
        limen_damage_options at = *options;
        double error;

        at.flips = flips[k];
        status = measure(&g, image, input, &at, seed, threads, err);
        if (status == LIMEN_OK) {
            lm_moments(&map[k], &error, g.ratio, input->samples);
            map[k] *= (double)flips[k] / (double)g.twins.units;
        }
        growth_free(&g);
    }
    for (size_t k = 0; status == LIMEN_OK && k < points; k++)
        to[k] = map[k];
    lm_free(map);
    return status;
}
