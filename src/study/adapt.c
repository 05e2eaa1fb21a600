/* adapt.c -- per-unit homeostasis at test: thresholds that bring each hidden
 * unit back to its activity in training.
 *
 *     theta_i <- theta_i + step (1 - k / rounds) (r_i - r*_i)
 *
 * in round k = 0, 1, ..., rounds - 1, for all units of the hidden layers at
 * once; r_i is the share of the samples and of their steps after the burn-in at
 * which unit i fired in this round, r*_i that of training (limen_network_rates).
 * No label is read, no unit knows another.  Each round runs all samples with
 * the same noise, and the step falls to 0: where activity is so steep in the
 * threshold that the first steps overshoot, later ones do not.
 *
 *     parameter  setting       default  unit    is
 *     step       adapt-step    4        -       first shift per gap of 1
 *     rounds     adapt-rounds  50       rounds  runs over the samples
 *
 * After: Lazar, Pipa, Triesch 2009, Front. Comput. Neurosci. 3:23, intrinsic
 * plasticity, with a target for each unit and the mean over a set of samples.
 *
 * Order of the float operations, in round k, all in double but the last:
 *
 *     r_i = count / (samples x steps),       count an integer
 *     step_k = step x (rounds - k) / rounds
 *     theta_i = (float)(theta_i + step_k x (r_i - r*_i))
 *
 * from left to right; the gap is summed layer after layer, unit after unit.
 * Nothing depends on threads.
 */
#include "limen.h"

#include "base/arena.h"
#include "base/error.h"

#include <math.h>
#include <string.h>

/* One adaptation on its way. */
typedef struct room {
    limen_network *net; /* a copy, until all rounds are done */
    limen_image *image;
    uint64_t **spikes; /* [layer] (n) */
    double chances;    /* samples x steps that count */
} room;

static void room_free(room *all)
{
    for (size_t l = 0;
         all->spikes != NULL && l < limen_network_layers(all->net); l++)
        lm_free(all->spikes[l]);
    lm_free(all->spikes);
    limen_image_free(all->image);
    limen_network_free(all->net);
}

static limen_status room_new(room *all, const limen_network *net, int threads,
                             limen_error *err)
{
    const size_t layers = limen_network_layers(net);
    limen_status status = limen_network_copy(&all->net, net, err);

    if (status == LIMEN_OK)
        status = limen_image_new(&all->image, all->net, threads, err);
    if (status != LIMEN_OK)
        return status;
    all->spikes = lm_alloc(layers, 1, sizeof *all->spikes);
    for (size_t l = 0; all->spikes != NULL && l < layers; l++) {
        const size_t n = limen_network_units(net, l);

        all->spikes[l] = lm_alloc(n, 1, sizeof *all->spikes[l]);
        if (all->spikes[l] == NULL)
            return lm_error_no_memory(err, "spikes", n * sizeof **all->spikes);
    }
    return all->spikes == NULL ? lm_error_no_memory(err, "spikes", layers)
                               : LIMEN_OK;
}

/* Moves all hidden thresholds; the mean |r - r*| before that. */
static double move(room *all, double step)
{
    const size_t layers = limen_network_layers(all->net);
    double sum = 0.0;
    size_t units = 0;

    for (size_t l = 1; l + 1 < layers; l++) {
        const size_t n = limen_network_units(all->net, l);
        const float *target = limen_network_rates(all->net, l);
        float *theta = limen_network_thresholds(all->net, l);

        for (size_t i = 0; i < n; i++) {
            const double gap =
                (double)all->spikes[l][i] / all->chances - (double)target[i];

            sum += fabs(gap);
            theta[i] = (float)((double)theta[i] + step * gap);
        }
        units += n;
    }
    return sum / (double)units;
}

static void take_thresholds(limen_network *net, limen_network *from)
{
    for (size_t l = 1; l + 1 < limen_network_layers(net); l++)
        memcpy(limen_network_thresholds(net, l),
               limen_network_thresholds(from, l),
               limen_network_units(net, l) * sizeof(float));
}

static limen_status check(const limen_network *net, limen_error *err)
{
    if (limen_network_layers(net) < 3)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "adapt: the network has no hidden layer");
    if (limen_network_rates(net, 1) == NULL)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "adapt: the network has no rates of training; "
                            "measure them first");
    return LIMEN_OK;
}

limen_status limen_adapt(double *gaps, limen_network *net,
                         const limen_input *input, size_t steps, size_t burn_in,
                         size_t rounds, double step, uint64_t seed, int threads,
                         limen_error *err)
{
    room all = { .chances =
                     (double)input->samples * (double)(steps - burn_in) };
    limen_status status = check(net, err);

    if (status == LIMEN_OK)
        status = room_new(&all, net, threads, err);
    for (size_t k = 0; status == LIMEN_OK && k < rounds; k++) {
        status = limen_count_spikes(all.spikes, all.image, input, steps,
                                    burn_in, seed, threads, err);
        if (status != LIMEN_OK)
            break;
        const double gap =
            move(&all, step * (double)(rounds - k) / (double)rounds);
        if (gaps != NULL)
            gaps[k] = gap;
        status = limen_image_update(all.image, all.net, threads, err);
    }
    if (status == LIMEN_OK)
        take_thresholds(net, all.net);
    if (all.net != NULL)
        room_free(&all);
    return status;
}
