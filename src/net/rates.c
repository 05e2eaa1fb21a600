/* rates.c -- the mean activity of each unit, kept with a network. */
#include "base/arena.h"
#include "base/error.h"
#include "net/network.h"

#include <string.h>

size_t lm_network_rates_offset(const limen_network *net, size_t layer)
{
    size_t offset = 0;

    for (size_t l = 1; l < layer; l++)
        offset += net->units[l];
    return offset;
}

limen_status lm_network_rates_new(limen_network *net, limen_error *err)
{
    const size_t count = lm_network_rates_offset(net, net->layers);

    if (net->rates == NULL)
        net->rates = lm_alloc(count, 1, sizeof *net->rates);
    return net->rates == NULL
               ? lm_error_no_memory(err, "rates", count * sizeof *net->rates)
               : LIMEN_OK;
}

const float *limen_network_rates(const limen_network *net, size_t layer)
{
    return net->rates == NULL
               ? NULL
               : net->rates + lm_network_rates_offset(net, layer);
}

static void spikes_free(uint64_t **spikes, size_t layers)
{
    for (size_t l = 0; spikes != NULL && l < layers; l++)
        lm_free(spikes[l]);
    lm_free(spikes);
}

static uint64_t **spikes_new(const limen_network *net)
{
    uint64_t **spikes = lm_alloc(net->layers, 1, sizeof *spikes);

    for (size_t l = 0; spikes != NULL && l < net->layers; l++) {
        spikes[l] = lm_alloc(net->units[l], 1, sizeof *spikes[l]);
        if (spikes[l] == NULL) {
            spikes_free(spikes, net->layers);
            return NULL;
        }
    }
    return spikes;
}

limen_status limen_network_measure_rates(limen_network *net,
                                         const limen_input *input, size_t steps,
                                         size_t burn_in, uint64_t seed,
                                         int threads, limen_error *err)
{
    uint64_t **spikes = spikes_new(net);
    limen_image *image = NULL;
    limen_status status = LIMEN_OK;

    if (spikes == NULL)
        status = lm_error_no_memory(err, "rates", net->layers);
    if (status == LIMEN_OK)
        status = limen_image_new(&image, net, threads, err);
    if (status == LIMEN_OK)
        status = limen_count_spikes(spikes, image, input, steps, burn_in, seed,
                                    threads, err);
    if (status == LIMEN_OK)
        status = lm_network_rates_new(net, err);
    for (size_t l = 1; status == LIMEN_OK && l < net->layers; l++)
        for (size_t i = 0; i < net->units[l]; i++)
            net->rates[lm_network_rates_offset(net, l) + i] =
                (float)((double)spikes[l][i] /
                        ((double)input->samples * (double)(steps - burn_in)));
    limen_image_free(image);
    spikes_free(spikes, net->layers);
    return status;
}
