/* adapt_image.c -- the network that runs after homeostasis at test, as the
 * settings adapt, adapt-rounds and adapt-step ask for it. */
#include "limen.h"

#include "base/arena.h"
#include "base/error.h"
#include "learn/settings.h"

/* Noise and corruptions of adaptation are not those of the test, whose seed may
 * be as large as 2^53. */
#define OWN_SEED (UINT64_C(1) << 60)

/* The first `count` samples, corrupted like those of the test. */
static limen_status take(limen_data **out, const limen_data *from, size_t count,
                         size_t corruption, double amount, uint64_t seed,
                         limen_error *err)
{
    *out = NULL;
    if (count > from->samples)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "adapt: %zu samples are more than the %zu there "
                            "are to adapt to",
                            count, from->samples);
    size_t *index = lm_alloc(count, 1, sizeof *index);
    if (index == NULL)
        return lm_error_no_memory(err, "an adaptation", count * sizeof *index);
    for (size_t k = 0; k < count; k++)
        index[k] = k;
    limen_status status = limen_data_select(out, from, index, count, err);
    lm_free(index);
    if (status != LIMEN_OK || corruption == SIZE_MAX)
        return status;
    limen_data *plain = *out;
    status = limen_data_corrupt(out, plain, corruption, amount, seed, err);
    limen_data_free(plain);
    return status;
}

limen_status limen_adapted_image(limen_image **out, const limen_network *net,
                                 const limen_settings *settings,
                                 const limen_data *samples, size_t corruption,
                                 double amount, uint64_t seed, int threads,
                                 limen_error *err)
{
    limen_network *moved = NULL;
    limen_data *shown;

    *out = NULL;
    limen_status status =
        take(&shown, samples, (size_t)lm_settings_int(settings, "adapt"),
             corruption, amount, seed + OWN_SEED, err);
    if (status == LIMEN_OK)
        status = limen_network_copy(&moved, net, err);
    if (status == LIMEN_OK) {
        const limen_input input = limen_data_input(
            shown, (float)lm_settings_real(settings, "pixel-scale"),
            (limen_encoder)lm_settings_choice(settings, "encoder"));

        status = limen_adapt(NULL, moved, &input,
                             (size_t)lm_settings_int(settings, "steps"),
                             (size_t)lm_settings_int(settings, "burn-in"),
                             (size_t)lm_settings_int(settings, "adapt-rounds"),
                             lm_settings_real(settings, "adapt-step"),
                             seed + OWN_SEED, threads, err);
    }
    if (status == LIMEN_OK)
        status = limen_image_new(out, moved, threads, err);
    limen_network_free(moved);
    limen_data_free(shown);
    return status;
}
