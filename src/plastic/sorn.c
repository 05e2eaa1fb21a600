/* sorn.c -- self-organising recurrent networks: how they begin.
 *
 * Weights uniform in (0, 1), then each row divided by its sum; thresholds
 * uniform from 0 (docs/numerics.md section 11).  With inhibition at once the
 * inhibitory layer hears the excitatory one at the same step, and is heard one
 * step later; delayed, it hears it one step later too.
 */
#include "plastic/plastic.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

limen_sorn limen_sorn_counting(void)
{
    return (limen_sorn){ .excitatory = 200,
                         .inhibitory = 40,
                         .letters = 6,
                         .letter_units = 10,
                         .links = 10.0,
                         .has_fixed_links = true,
                         .inhibition = 1.0,
                         .theta_excitatory = 0.5,
                         .theta_inhibitory = 0.5,
                         .stdp = 0.001,
                         .intrinsic = 0.001,
                         .target = 0.1 };
}

limen_sorn limen_sorn_avalanche(void)
{
    return (limen_sorn){ .excitatory = 200,
                         .inhibitory = 40,
                         .links = 20.0,
                         .inhibition = 0.2,
                         .theta_excitatory = 1.0,
                         .theta_inhibitory = 0.5,
                         .noise = 0.22360679774997896, // variance 0.05
                         .stdp = 0.004,
                         .intrinsic = 0.01,
                         .target = 0.1,
                         .inhibitory_stdp = 0.001,
                         .structural = 0.1 };
}

static limen_status check(const limen_sorn *spec, limen_error *err)
{
    enum { MOST = 1 << 15 };
    const double numbers[] = {
        spec->theta_excitatory, spec->theta_inhibitory, spec->noise, spec->stdp,
        spec->intrinsic,        spec->inhibitory_stdp
    };

    if (spec->excitatory < 2 || spec->excitatory > MOST ||
        spec->inhibitory < 1 || spec->inhibitory > MOST)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "units: %zu that excite and %zu that inhibit are "
                            "not in 2 and 1 to %d",
                            spec->excitatory, spec->inhibitory, MOST);
    if (spec->letters > 64 ||
        spec->letters * spec->letter_units > spec->excitatory)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "letters: %zu of %zu units each need more than the "
                            "%zu units that excite",
                            spec->letters, spec->letter_units,
                            spec->excitatory);
    if (!(spec->links > 0.0 && spec->links <= (double)spec->excitatory - 1.0))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "links: %g of a unit are outside 0 to %zu",
                            spec->links, spec->excitatory - 1);
    if (!(spec->inhibition >= 0.0 && spec->inhibition <= 1.0) ||
        !(spec->target > 0.0 && spec->target < 1.0) ||
        !(spec->structural >= 0.0 && spec->structural <= 1.0))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "inhibition, target rate and chance of a link must "
                            "be within 0 to 1");
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
        if (!(numbers[k] >= 0.0 && numbers[k] <= 1e6))
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "thresholds, noise and rates must be 0 or "
                                "more, not %g",
                                numbers[k]);
    return LIMEN_OK;
}

static double uniform(uint32_t draw)
{
    return ((double)draw + 0.5) / 4294967296.0;
}

/* Divides a row by its sum, taken in order. */
static void normalise(float *w, size_t m)
{
    double sum = 0.0;

    for (size_t j = 0; j < m; j++)
        sum += fabs((double)w[j]);
    for (size_t j = 0; sum > 0.0 && j < m; j++)
        w[j] = (float)((double)w[j] / sum);
}

/* Draws the links of connection k with this chance each. */
static void draw_by_chance(lm_connection *c, size_t k, double chance,
                           double sign, uint64_t seed)
{
    const uint64_t bound = (uint64_t)rint(4294967296.0 * chance);

    for (size_t i = 0; i < c->n; i++) {
        for (size_t j = 0; j < c->m; j++) {
            const uint32_t exists =
                lm_draw(seed, LM_STREAM_PATTERN, k, (uint32_t)i, (uint32_t)j);
            const uint32_t value =
                lm_draw(seed, LM_STREAM_WEIGHTS, k, (uint32_t)i, (uint32_t)j);

            if (exists < bound && (c->from != c->to || i != j))
                c->w[i * c->m + j] = (float)(sign * uniform(value));
        }
        normalise(c->w + i * c->m, c->m);
    }
}

/* Exactly `links` of each unit to others of the layer. */
static limen_status draw_fixed(lm_connection *c, size_t k, size_t links,
                               uint64_t seed, limen_error *err)
{
    uint32_t *list = lm_alloc(links, 1, sizeof *list);

    if (list == NULL)
        return lm_error_no_memory(err, "links", links * sizeof *list);
    for (size_t i = 0; i < c->n; i++) {
        float *w = c->w + i * c->m;

        lm_pattern_sample(list, links, c->m - 1, seed, k, i);
        for (size_t x = 0; x < links; x++) {
            const uint32_t j = list[x] + (list[x] >= i);

            w[j] = (float)uniform(
                lm_draw(seed, LM_STREAM_WEIGHTS, k, (uint32_t)i, j));
        }
        normalise(w, c->m);
    }
    lm_free(list);
    return LIMEN_OK;
}

static void draw_thresholds(limen_network *net, size_t l, double most,
                            uint64_t seed)
{
    for (size_t i = 0; i < net->units[l]; i++)
        net->theta[l][i] =
            (float)(most * uniform(lm_draw(seed, LM_STREAM_THRESHOLDS, l, 0,
                                           (uint32_t)i)));
}

static limen_status draw(limen_network *net, const limen_sorn *spec,
                         limen_error *err)
{
    lm_connection *c = net->connection;
    limen_status status = LIMEN_OK;

    for (size_t g = 0; g < spec->letters; g++)
        for (size_t u = 0; u < spec->letter_units; u++)
            c[LIMEN_SORN_LETTERS]
                .w[(g * spec->letter_units + u) * spec->letters + g] = 1.0F;
    if (spec->has_fixed_links)
        status = draw_fixed(&c[LIMEN_SORN_EE], LIMEN_SORN_EE,
                            (size_t)spec->links, spec->seed, err);
    else
        draw_by_chance(&c[LIMEN_SORN_EE], LIMEN_SORN_EE,
                       spec->links / (double)(spec->excitatory - 1), 1.0,
                       spec->seed);
    draw_by_chance(&c[LIMEN_SORN_EI], LIMEN_SORN_EI, spec->inhibition, -1.0,
                   spec->seed);
    draw_by_chance(&c[LIMEN_SORN_IE], LIMEN_SORN_IE, 1.0, 1.0, spec->seed);
    draw_thresholds(net, 1, spec->theta_excitatory, spec->seed);
    draw_thresholds(net, 2, spec->theta_inhibitory, spec->seed);
    return status;
}

static limen_status connect(limen_network *net, const limen_sorn *spec,
                            limen_error *err)
{
    const limen_unit_options noise = {
        .noise = spec->noise > 0.0 ? LIMEN_GAUSSIAN : LIMEN_NO_NOISE,
        .noise_scale = (float)spec->noise,
    };
    const struct {
        size_t from, to;
        bool delayed;
    } all[] = { [LIMEN_SORN_LETTERS] = { 0, 1, false },
                [LIMEN_SORN_EE] = { 1, 1, true },
                [LIMEN_SORN_EI] = { 2, 1, true },
                [LIMEN_SORN_IE] = { 1, 2, spec->is_delayed } };
    limen_status status = LIMEN_OK;

    for (size_t k = 0; k < sizeof all / sizeof *all && status == LIMEN_OK; k++)
        status = limen_network_connect(net, all[k].from, all[k].to,
                                       all[k].delayed, NULL, NULL, err);
    for (size_t l = 1; l <= 2 && status == LIMEN_OK; l++)
        status = limen_network_set_units(net, l, &noise, err);
    return status;
}

limen_status limen_network_sorn(limen_network **out, const limen_sorn *spec,
                                limen_error *err)
{
    const size_t units[] = { spec->letters > 0 ? spec->letters : 1,
                             spec->excitatory, spec->inhibitory };
    limen_network *net = NULL;
    limen_status status = check(spec, err);

    *out = NULL;
    if (status == LIMEN_OK)
        status = limen_network_new(&net, units, 3, err);
    if (status == LIMEN_OK)
        status = connect(net, spec, err);
    if (status == LIMEN_OK)
        status = draw(net, spec, err);
    if (status != LIMEN_OK) {
        limen_network_free(net);
        return status;
    }
    *out = net;
    return LIMEN_OK;
}

size_t limen_sorn_rules(limen_plastic_rule rules[LIMEN_SORN_RULES],
                        const limen_sorn *spec)
{
    const struct {
        limen_plastic_kind kind;
        size_t place;
        double rate;
    } all[] = { { LIMEN_INTRINSIC, 1, spec->intrinsic },
                { LIMEN_STDP, LIMEN_SORN_EE, spec->stdp },
                { LIMEN_STRUCTURAL, LIMEN_SORN_EE, spec->structural },
                { LIMEN_INHIBITORY_STDP, LIMEN_SORN_EI, spec->inhibitory_stdp },
                { LIMEN_NORMALISE, LIMEN_SORN_EE, spec->stdp },
                { LIMEN_NORMALISE, LIMEN_SORN_EI, spec->inhibitory_stdp } };
    size_t count = 0;

    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        limen_plastic_rule rule =
            limen_plastic_defaults(all[k].kind, all[k].place);

        if (all[k].rate == 0.0)
            continue;
        rule.rate = rule.rate_down = (float)all[k].rate;
        if (rule.kind == LIMEN_INTRINSIC || rule.kind == LIMEN_INHIBITORY_STDP)
            rule.target = (float)spec->target;
        if (rule.kind == LIMEN_STRUCTURAL)
            rule.chance = spec->structural;
        rules[count++] = rule;
    }
    return count;
}

limen_status limen_plastic_sorn(limen_plastic **out, const limen_sorn *spec,
                                int threads, limen_error *err)
{
    limen_plastic_rule rules[LIMEN_SORN_RULES];
    limen_network *net = NULL;
    int8_t *inhibit = NULL;
    limen_status status = limen_network_sorn(&net, spec, err);

    *out = NULL;
    if (status == LIMEN_OK) {
        inhibit = lm_alloc(spec->inhibitory, 1, 1);
        if (inhibit == NULL)
            status = lm_error_no_memory(err, "cells", spec->inhibitory);
    }
    if (status == LIMEN_OK) {
        const int8_t *const cells[] = { NULL, NULL, inhibit };

        memset(inhibit, -1, spec->inhibitory);
        status =
            limen_plastic_new(out, net, rules, limen_sorn_rules(rules, spec),
                              cells, 1, spec->seed, threads, err);
    }
    lm_free(inhibit);
    limen_network_free(net);
    return status;
}

void limen_counting_letters(uint8_t *letters, size_t n, size_t steps,
                            uint64_t seed)
{
    const size_t length = n + 2;

    for (size_t t = 0; t < steps; t++) {
        const uint32_t draw =
            lm_draw(seed, LM_STREAM_WORDS, 0, (uint32_t)(t / length), 0);
        const size_t place = t % length;
        const uint8_t letter = place == 0 ? 0 : place <= n ? 1 : 2;

        letters[t] = (uint8_t)(letter + (draw >> 31) * 3);
    }
}
