/* homeostasis.c -- thresholds that hold hidden activity at a set-point while
 * the network learns.
 *
 *     rate        theta_i <- theta_i + gain (r_i - target)
 *     layer-rate  theta_i <- theta_i + gain (r - target),  r = mean_i r_i
 *
 * after the update of each batch, for every hidden layer; r_i is the share of
 * the batch's samples and of its steps after the burn-in at which unit i fired,
 * before that update.  Local: `rate` needs the unit's own mean only,
 * `layer-rate` one number that all units of a layer share.  O(n) a sample.
 *
 *     parameter  setting           default  unit        is
 *     target     homeostasis       -        spikes/step wanted rate, in (0, 1)
 *     gain       homeostasis-gain  0.1      -           shift per gap of 1
 *
 * After: Lazar, Pipa, Triesch 2009, Front. Comput. Neurosci. 3:23, intrinsic
 * plasticity; differs in using the mean of a batch in place of one step.
 *
 * Counts are added as integers and each threshold is moved once, in double, and
 * rounded to float: the same bits on any number of threads.
 */
#include "learn/homeostasis.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

limen_status lm_homeostasis_parse(lm_homeostasis *out, const char *text,
                                  limen_error *err)
{
    const char *equals = strchr(text, '=');
    const size_t length =
        equals == NULL ? strlen(text) : (size_t)(equals - text);
    char *end;

    out->kind = LM_HOMEOSTASIS_NONE;
    if (strcmp(text, "none") == 0)
        return LIMEN_OK;
    if (length == 4 && strncmp(text, "rate", length) == 0)
        out->kind = LM_HOMEOSTASIS_RATE;
    else if (length == 10 && strncmp(text, "layer-rate", length) == 0)
        out->kind = LM_HOMEOSTASIS_LAYER_RATE;
    else
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "homeostasis: '%.40s' is not none, rate=TARGET or "
                            "layer-rate=TARGET, as rate=0.1",
                            text);
    if (equals == NULL)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "homeostasis: '%s' needs a target, as %s=0.1", text,
                            text);
    out->target = strtod(equals + 1, &end);
    // written so that NAN fails, too
    if (end == equals + 1 || *end != '\0' ||
        strpbrk(equals + 1, "xX \t\n") != NULL ||
        !(out->target > 0.0 && out->target < 1.0))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "homeostasis: the target '%.40s' is not a number "
                            "between 0 and 1",
                            equals + 1);
    return LIMEN_OK;
}

static uint64_t unit_spikes(const lm_batch *batch, size_t l, size_t i)
{
    const size_t n = batch->net->units[l];
    uint64_t count = 0;

    for (size_t b = 0; b < batch->samples; b++)
        count += batch->counts[l][b * n + i];
    return count;
}

void lm_homeostasis_move(const lm_homeostasis *homeostasis, limen_network *net,
                         const lm_batch *batch)
{
    const double chances =
        (double)batch->samples * (double)(batch->steps - batch->burn_in);

    for (size_t l = 1; l + 1 < net->layers; l++) {
        const size_t n = net->units[l];
        uint64_t all = 0;

        for (size_t i = 0; i < n; i++) {
            const uint64_t count = unit_spikes(batch, l, i);
            const double gap = (double)count / chances - homeostasis->target;

            all += count;
            if (homeostasis->kind == LM_HOMEOSTASIS_RATE)
                net->theta[l][i] =
                    (float)((double)net->theta[l][i] + homeostasis->gain * gap);
        }
        const double gap =
            (double)all / ((double)n * chances) - homeostasis->target;
        for (size_t i = 0;
             homeostasis->kind == LM_HOMEOSTASIS_LAYER_RATE && i < n; i++)
            net->theta[l][i] =
                (float)((double)net->theta[l][i] + homeostasis->gain * gap);
    }
}
