/* annealed.c -- homeostatic coupling of a branching network.
 *
 *     P(s_i = 1) = 1 - exp(-(alpha_i A / n + h))
 *     alpha_i   <- alpha_i + (r* - s_i) / tau_hp,  at least 0
 *
 * A: spikes of the step before.  In balance m = 1 - h / r*: strong input makes
 * the network subcritical, weak input brings it near 1.
 *
 * | parameter | default | unit          | is                        |
 * |-----------|---------|---------------|---------------------------|
 * | drive     | 0.001   | spikes a step | h                         |
 * | target    | 0.01    | spikes a step | r*                        |
 * | memory    | 1000    | steps         | tau_hp                    |
 *
 * After: Zierenberg, Wilting & Priesemann 2018, PRX 8:031018, with sources
 * drawn anew each step.  Draws: stream LM_STREAM_COUPLED, key 0, step t, unit
 * i.  exp is lm_exp, so that libm decides nothing.  Cost: a draw a unit, an
 * exponential for those near firing.
 */
#include "plastic/annealed.h"

#include "base/bits.h"
#include "base/fixed_math.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

static bool fires(double x, uint32_t draw)
{
    return (double)draw < rint(4294967296.0 * (1.0 - lm_exp(-x)));
}

static double largest(const double *x, size_t n)
{
    double most = 0.0;

    for (size_t i = 0; i < n; i++)
        most = x[i] > most ? x[i] : most;
    return most;
}

static void regulate(lm_annealed *net, const uint64_t *bits)
{
    const double up = net->target / net->memory;
    const double down = 1.0 / net->memory;

    for (size_t i = 0; i < net->units; i++) {
        const double moved =
            net->coupling[i] + up - down * (double)lm_bits_get(bits, i);

        net->coupling[i] = moved > 0.0 ? moved : 0.0;
    }
}

size_t lm_annealed_step(lm_annealed *net, uint64_t *bits, size_t active,
                        size_t t, bool frozen)
{
    const double share = (double)active / (double)net->units;
    // 1 - exp(-x) <= x, and two more than rounding can make
    const double most =
        4294967296.0 *
            (largest(net->coupling, net->units) * share + net->drive) +
        2.0;
    size_t count = 0;

    memset(bits, 0, lm_bits_words(net->units) * sizeof *bits);
    for (size_t i = 0; i < net->units; i += 4) {
        const lm_block block = lm_draw_block(net->seed, LM_STREAM_COUPLED, 0,
                                             (uint32_t)t, (uint32_t)(i / 4));

        for (size_t u = i; u < net->units && u < i + 4; u++) {
            const uint32_t draw = block.word[u % 4];

            if ((double)draw < most &&
                fires(net->coupling[u] * share + net->drive, draw)) {
                bits[u / 64] |= UINT64_C(1) << u % 64;
                count++;
            }
        }
    }
    if (net->memory > 0.0 && !frozen)
        regulate(net, bits);
    return count;
}

double lm_annealed_mean(const lm_annealed *net)
{
    double sum = 0.0;

    for (size_t i = 0; i < net->units; i++)
        sum += net->coupling[i];
    return sum / (double)net->units;
}
