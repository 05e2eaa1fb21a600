/* random_damage.c -- damage averaged over random networks.
 *
 * Threads share the networks, each of which is measured on one; numbers are
 * averaged in the order of the networks.
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/threads.h"
#include "study/damage.h"
#include "study/twins.h"

#include <math.h>

/* One network and what is measured on it. */
typedef struct job {
    const limen_random_network *spec;
    const limen_damage_options *options;
    const float *chance; /* (samples) of the input */
    size_t samples;
    uint64_t seed;
    size_t number;
    double *distance; /* of this network, or NULL: measure exponents */
    bool is_spread;
} job;

typedef struct outcome {
    limen_status status;
    limen_error error;
    limen_damage damage;
    limen_lyapunov lyapunov;
} outcome;

/* Samples of different networks have different keys. */
static void set_keys(uint64_t *keys, const job *j)
{
    for (size_t b = 0; b < j->samples; b++)
        keys[b] = (uint64_t)j->number << 32 | b;
}

static limen_status measure(const job *j, const limen_image *image,
                            outcome *out)
{
    uint64_t *keys = lm_alloc(j->samples, 1, sizeof *keys);
    const limen_input input = { .floats = j->chance,
                                .scale = 1.0F,
                                .samples = j->samples,
                                .frames = 1,
                                .hold = 1,
                                .encoder = LIMEN_STOCHASTIC,
                                .keys = keys };
    limen_status status;

    if (keys == NULL)
        return lm_error_no_memory(&out->error, "keys",
                                  j->samples * sizeof *keys);
    set_keys(keys, j);
    out->damage.distance = j->distance;
    if (j->is_spread)
        status = limen_damage_spread(&out->damage, image, &input, j->options,
                                     j->seed, 1, &out->error);
    else
        status = limen_lyapunov_of(&out->lyapunov, image, &input, j->options,
                                   j->seed, 1, &out->error);
    lm_free(keys);
    return status;
}

static void run_job(const job *j, outcome *out)
{
    limen_random_network spec = *j->spec;
    limen_network *net = NULL;
    limen_image *image = NULL;

    spec.seed += j->number;
    out->status = limen_network_random(&net, &spec, &out->error);
    if (out->status == LIMEN_OK)
        out->status = limen_image_new(&image, net, 1, &out->error);
    limen_network_free(net);
    if (out->status == LIMEN_OK)
        out->status = measure(j, image, out);
    limen_image_free(image);
}

/* outcomes: (networks); distance: (networks, steps + 1) or NULL. */
static limen_status run_all(outcome *outcomes, double *distance,
                            const job *first, size_t networks, int threads,
                            limen_error *err)
{
    threads = lm_threads(threads);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t k = 0; k < networks; k++) {
        job j = *first;

        j.number = k;
        if (distance != NULL)
            j.distance = distance + k * (j.options->steps + 1);
        run_job(&j, &outcomes[k]);
    }
    (void)threads;
    for (size_t k = 0; k < networks; k++)
        if (outcomes[k].status != LIMEN_OK)
            return lm_error_set(err, outcomes[k].status, "%s",
                                outcomes[k].error.text);
    return LIMEN_OK;
}

/* Mean and error over networks of a member at `place` bytes of an outcome;
 * room: (networks). */
static void over_networks(double *mean, double *error, double *room,
                          const outcome *outcomes, size_t networks,
                          size_t place)
{
    for (size_t k = 0; k < networks; k++)
        room[k] =
            *(const double *)(const void *)((const char *)&outcomes[k] + place);
    lm_moments(mean, error, room, networks);
}

static void average_damage(limen_damage *out, double *room,
                           const outcome *outcomes, const double *distance,
                           size_t networks, size_t steps)
{
    double ignored;

    over_networks(&out->growth, &out->growth_error, room, outcomes, networks,
                  offsetof(outcome, damage.growth));
    over_networks(&out->long_time, &out->long_time_error, room, outcomes,
                  networks, offsetof(outcome, damage.long_time));
    over_networks(&out->healed, &ignored, room, outcomes, networks,
                  offsetof(outcome, damage.healed));
    over_networks(&out->rate, &ignored, room, outcomes, networks,
                  offsetof(outcome, damage.rate));
    for (size_t t = 0; out->distance != NULL && t <= steps; t++) {
        out->distance[t] = 0.0;
        for (size_t k = 0; k < networks; k++)
            out->distance[t] += distance[k * (steps + 1) + t];
        out->distance[t] /= (double)networks;
    }
}

static void average_lyapunov(limen_lyapunov *out, double *room,
                             const outcome *outcomes, size_t networks)
{
    double ignored;

    over_networks(&out->growth, &out->growth_error, room, outcomes, networks,
                  offsetof(outcome, lyapunov.growth));
    over_networks(&out->exponent, &out->exponent_error, room, outcomes,
                  networks, offsetof(outcome, lyapunov.exponent));
    over_networks(&out->healed, &ignored, room, outcomes, networks,
                  offsetof(outcome, lyapunov.healed));
    over_networks(&out->rate, &ignored, room, outcomes, networks,
                  offsetof(outcome, lyapunov.rate));
}

/* Both measures; one of damage and lyapunov is NULL. */
static limen_status average(limen_damage *damage, limen_lyapunov *lyapunov,
                            job *first, size_t networks, int threads,
                            limen_error *err)
{
    const size_t steps = first->options->steps;
    outcome *outcomes = lm_alloc(networks, 1, sizeof *outcomes);
    float *chance = lm_alloc(first->samples, 1, sizeof *chance);
    double *room = lm_alloc(networks, 1, sizeof *room);
    double *distance = NULL;
    limen_status status = LIMEN_OK;

    if (damage != NULL && damage->distance != NULL)
        distance = lm_alloc(networks, steps + 1, sizeof *distance);
    if (outcomes == NULL || chance == NULL || room == NULL ||
        (damage != NULL && damage->distance != NULL && distance == NULL))
        status = lm_error_no_memory(err, "the damage of networks",
                                    networks * (steps + 1) * sizeof *distance);
    for (size_t b = 0; status == LIMEN_OK && b < first->samples; b++)
        chance[b] = (float)first->spec->input_chance;
    first->chance = chance;
    first->is_spread = damage != NULL;
    if (status == LIMEN_OK)
        status = run_all(outcomes, distance, first, networks, threads, err);
    if (status == LIMEN_OK && damage != NULL)
        average_damage(damage, room, outcomes, distance, networks, steps);
    if (status == LIMEN_OK && lyapunov != NULL)
        average_lyapunov(lyapunov, room, outcomes, networks);
    lm_free(outcomes);
    lm_free(chance);
    lm_free(room);
    lm_free(distance);
    return status;
}

static limen_status check(size_t networks, size_t samples, limen_error *err)
{
    if (networks == 0 || samples == 0 || samples > UINT32_MAX)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "%zu networks of %zu samples: at least one of each "
                            "is needed, and at most 2^32 samples",
                            networks, samples);
    return LIMEN_OK;
}

limen_status limen_random_damage(limen_damage *out,
                                 const limen_random_network *spec,
                                 size_t networks, size_t samples,
                                 const limen_damage_options *options,
                                 uint64_t seed, int threads, limen_error *err)
{
    const limen_status status = check(networks, samples, err);
    job first = {
        .spec = spec, .options = options, .samples = samples, .seed = seed
    };

    return status != LIMEN_OK
               ? status
               : average(out, NULL, &first, networks, threads, err);
}

limen_status limen_random_lyapunov(limen_lyapunov *out,
                                   const limen_random_network *spec,
                                   size_t networks, size_t samples,
                                   const limen_damage_options *options,
                                   uint64_t seed, int threads, limen_error *err)
{
    const limen_status status = check(networks, samples, err);
    job first = {
        .spec = spec, .options = options, .samples = samples, .seed = seed
    };

    return status != LIMEN_OK
               ? status
               : average(NULL, out, &first, networks, threads, err);
}
