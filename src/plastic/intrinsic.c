/* intrinsic.c -- thresholds that hold each unit's rate at a target.
 *
 *     theta_i <- theta_i + rate (s_i - target)
 *
 * with s_i the share of samples in which unit i fires.
 *
 * | parameter | default | unit          | is                     |
 * |-----------|---------|---------------|------------------------|
 * | rate      | 0.001   | of theta      | eta_ip                 |
 * | target    | 0.1     | spikes a step | h_ip, the rate aimed at |
 *
 * Local: needs the unit's own spike.  O(n) a step.
 * After: Lazar, Pipa & Triesch 2009, Front. Comput. Neurosci. 3:23.  A unit
 * that is one threshold has no shape to adapt, so that only the mean rate is
 * held, not a distribution (as in Triesch 2005).
 */
#include "plastic/plastic.h"

void lm_intrinsic_apply(limen_plastic *p, size_t r)
{
    const limen_plastic_rule *rule = &p->rule[r];
    const size_t l = rule->place;
    const size_t n = p->net->units[l];
    const lm_spikes *spikes = &p->spikes[l];
    const float samples = (float)p->state->samples;
    float *theta = p->net->theta[l];

    for (size_t i = 0; i < n; i++) {
        float fired = 0.0F; // exact: at most 2^24 samples

        for (size_t b = 0; b < p->state->samples; b++)
            fired += spikes->now[b * n + i];
        theta[i] += rule->rate * (fired / samples - rule->target);
        p->moved[l][i] = 1;
    }
}
