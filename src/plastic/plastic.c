/* plastic.c -- what a changing network is made of. */
#include "plastic/plastic.h"

#include "base/arena.h"
#include "base/bits.h"
#include "base/error.h"
#include "base/threads.h"

#include <assert.h>
#include <math.h>
#include <string.h>

limen_plastic_rule limen_plastic_defaults(limen_plastic_kind kind, size_t place)
{
    limen_plastic_rule rule = { .kind = kind,
                                .place = place,
                                .rate = 0.001F,
                                .rate_down = 0.001F,
                                .target = 0.1F,
                                .floor = 0.001F,
                                .ceiling = 1.0F,
                                .chance = 0.1,
                                .window = 1000 };

    switch (kind) {
    case LIMEN_INTRINSIC:
    case LIMEN_STDP:
    case LIMEN_INHIBITORY_STDP:
    case LIMEN_STRUCTURAL:
        break;
    case LIMEN_NORMALISE:
        rule.target = 1.0F;
        break;
    case LIMEN_SELF_CRITICAL:
        rule.rate = 0.01F;
        rule.target = 1.0F;
        rule.window = 100;
        rule.ceiling = 1000.0F;
        break;
    case LIMEN_CONTROL_RATE:
        rule.rate = 0.1F;
        break;
    case LIMEN_CONTROL_BRANCHING:
    case LIMEN_CONTROL_GROWTH:
        rule.rate = 0.1F;
        rule.target = 1.0F;
        break;
    }
    return rule;
}

bool lm_plastic_is_of_layer(limen_plastic_kind kind)
{
    return kind == LIMEN_INTRINSIC || kind == LIMEN_CONTROL_RATE;
}

static limen_status refuse(limen_error *err, size_t r, const char *what)
{
    return lm_error_set(err, LIMEN_BAD_VALUE, "plastic rule %zu: %s", r + 1,
                        what);
}

/* Whether the numbers are in range. */
static limen_status check_numbers(const limen_plastic_rule *rule, size_t r,
                                  limen_error *err)
{
    if (!isfinite(rule->rate) || rule->rate < 0.0F ||
        !isfinite(rule->rate_down) || rule->rate_down < 0.0F)
        return refuse(err, r, "rate and rate_down must be 0 or more");
    if (!isfinite(rule->target) || !(rule->target > 0.0F))
        return refuse(err, r, "target must be above 0");
    if (!(rule->floor > 0.0F) || !(rule->ceiling >= rule->floor) ||
        !isfinite(rule->ceiling))
        return refuse(err, r, "floor must be above 0, and ceiling not below");
    if (!(rule->chance >= 0.0 && rule->chance <= 1.0))
        return refuse(err, r, "chance must be within 0 to 1");
    if (rule->window == 0 || rule->window > UINT32_MAX)
        return refuse(err, r, "window must be 1 step or more, below 2^32");
    return LIMEN_OK;
}

/* Whether the rule is at home at its place. */
static limen_status check_place(const limen_network *net,
                                const limen_plastic_rule *rules, size_t r,
                                limen_error *err)
{
    const limen_plastic_rule *rule = &rules[r];
    const lm_connection *c;

    if (lm_plastic_is_of_layer(rule->kind)) {
        if (rule->place == 0 || rule->place >= net->layers)
            return refuse(err, r, "place is no layer above the input");
        return LIMEN_OK;
    }
    if (rule->place >= net->connections)
        return refuse(err, r, "place is no connection of the network");
    c = &net->connection[rule->place];
    if (rule->kind == LIMEN_CONTROL_BRANCHING && c->from != c->to)
        return refuse(err, r,
                      "a branching ratio is of a connection of a layer "
                      "to itself");
    if (c->is_balanced)
        return refuse(err, r, "a balanced connection cannot change");
    for (size_t k = 0; k < r; k++)
        if (rule->kind == LIMEN_NORMALISE && rules[k].kind == rule->kind &&
            rules[k].place == rule->place)
            return refuse(err, r, "the connection is normalised already");
    return LIMEN_OK;
}

static bool is_of_links(limen_plastic_kind kind)
{
    return kind == LIMEN_STDP || kind == LIMEN_INHIBITORY_STDP ||
           kind == LIMEN_STRUCTURAL;
}

/* Whether the weights that a rule of links moves have their sources' signs. */
static limen_status check_signs(const limen_plastic *p, size_t r,
                                limen_error *err)
{
    const lm_connection *c;

    if (!is_of_links(p->rule[r].kind))
        return LIMEN_OK;
    c = &p->net->connection[p->rule[r].place];
    for (size_t i = 0; i < c->n; i++)
        for (size_t e = lm_row_first(c, i); e < lm_row_first(c, i + 1); e++) {
            const size_t j =
                c->is_sparse ? c->source[e] : e - lm_row_first(c, i);

            if (c->w[e] * p->sign[c->from][j] < 0.0F)
                return lm_error_set(
                    err, LIMEN_BAD_VALUE,
                    "plastic rule %zu: the weight %zu -> %zu of connection %zu "
                    "is %g, but unit %zu is one that %s",
                    r + 1, j, i, p->rule[r].place, (double)c->w[e], j,
                    p->sign[c->from][j] > 0.0F ? "excites" : "inhibits");
        }
    return LIMEN_OK;
}

static bool is_watched(const limen_plastic_rule *rules, size_t count,
                       const limen_network *net, size_t l)
{
    for (size_t r = 0; r < count; r++)
        if ((rules[r].kind == LIMEN_SELF_CRITICAL ||
             rules[r].kind == LIMEN_CONTROL_GROWTH) &&
            net->connection[rules[r].place].to == l)
            return true;
    return false;
}

/* Whether a rule asks for the spikes of a layer as numbers. */
static bool is_asked(const limen_plastic_rule *rules, size_t count,
                     const limen_network *net, size_t l)
{
    for (size_t r = 0; r < count; r++) {
        if (rules[r].kind == LIMEN_INTRINSIC && rules[r].place == l)
            return true;
        if (rules[r].kind != LIMEN_STDP &&
            rules[r].kind != LIMEN_INHIBITORY_STDP)
            continue;
        if (net->connection[rules[r].place].from == l ||
            net->connection[rules[r].place].to == l)
            return true;
    }
    return false;
}

typedef struct plan {
    const limen_network *net;
    const limen_plastic_rule *rules;
    size_t count, samples;
    int threads;
} plan;

/* Arrays of one layer. */
static void place_layer(limen_plastic *p, lm_arena *arena, const plan *of,
                        size_t l, bool is_placed)
{
    const size_t n = of->net->units[l];
    const size_t words = lm_bits_words(n);
    lm_spikes spikes = { .is_asked =
                             is_asked(of->rules, of->count, of->net, l) };
    float *sign = lm_arena_take(arena, n, 1, sizeof *sign);
    uint64_t *before = lm_arena_take(arena, of->samples, words, sizeof *before);
    uint8_t *moved = lm_arena_take(arena, n, 1, sizeof *moved);
    int32_t *a = NULL;

    if (spikes.is_asked) {
        spikes.before =
            lm_arena_take(arena, of->samples, n, sizeof *spikes.before);
        spikes.now = lm_arena_take(arena, of->samples, n, sizeof *spikes.now);
    }
    if (is_watched(of->rules, of->count, of->net, l))
        a = lm_arena_take(arena, of->samples, n, sizeof *a);
    if (!is_placed)
        return;
    p->sign[l] = sign;
    p->before[l] = before;
    p->moved[l] = moved;
    p->spikes[l] = spikes;
    p->a[l] = a;
}

static size_t widest_of(const limen_network *net)
{
    size_t widest = 1;

    for (size_t l = 0; l < net->layers; l++)
        widest = net->units[l] > widest ? net->units[l] : widest;
    return widest;
}

/* Called twice by _new: to measure, then to place (base/arena.h). */
static limen_plastic *lay_out(lm_arena *arena, const plan *of)
{
    const limen_network *net = of->net;
    limen_plastic *p = lm_arena_take(arena, 1, 1, sizeof *p);
    limen_plastic made = { .rules = of->count, .widest = widest_of(net) };

    made.rule = lm_arena_take(arena, of->count, 1, sizeof *made.rule);
    made.memory = lm_arena_take(arena, of->count, 1, sizeof *made.memory);
    made.sign = lm_arena_take(arena, net->layers, 1, sizeof *made.sign);
    made.excites = lm_arena_take(arena, net->layers, 1, 1);
    made.inhibits = lm_arena_take(arena, net->layers, 1, 1);
    made.before = lm_arena_take(arena, net->layers, 1, sizeof *made.before);
    made.spikes = lm_arena_take(arena, net->layers, 1, sizeof *made.spikes);
    made.a = lm_arena_take(arena, net->layers, 1, sizeof *made.a);
    made.moved = lm_arena_take(arena, net->layers, 1, sizeof *made.moved);
    made.changed =
        lm_arena_take(arena, net->connections, 1, sizeof *made.changed);
    made.unsummed =
        lm_arena_take(arena, net->connections, 1, sizeof *made.unsummed);
    made.nothing = lm_arena_take(arena, made.widest, 1, sizeof *made.nothing);
    made.room = lm_arena_take(arena, 2 * (size_t)of->threads, made.widest,
                              sizeof *made.room);
    for (size_t l = 0; l < net->layers; l++)
        place_layer(&made, arena, of, l, p != NULL);
    for (size_t k = 0; k < net->connections; k++) {
        uint8_t *changed = lm_arena_take(arena, net->connection[k].n, 1, 1);
        uint8_t *unsummed = lm_arena_take(arena, net->connection[k].n, 1, 1);

        if (p != NULL) {
            made.changed[k] = changed;
            made.unsummed[k] = unsummed;
        }
    }
    for (size_t r = 0; r < of->count; r++) {
        const bool has_own = of->rules[r].kind == LIMEN_SELF_CRITICAL;
        const size_t units =
            has_own ? net->connection[of->rules[r].place].n : 0;
        float *own =
            units == 0 ? NULL : lm_arena_take(arena, units, 1, sizeof *own);

        if (p != NULL)
            made.memory[r] = (lm_plastic_memory){ .own = own, .units = units };
    }
    if (p != NULL)
        *p = made;
    return p;
}

/* Which units of a layer excite, and which inhibit. */
static void take_cells(limen_plastic *p, size_t l, const int8_t *cells)
{
    for (size_t i = 0; i < p->net->units[l]; i++) {
        const bool excites = cells == NULL || cells[i] > 0;

        p->sign[l][i] = excites ? 1.0F : -1.0F;
        p->excites[l] |= excites;
        p->inhibits[l] |= !excites;
    }
}

static limen_status fill(limen_plastic *p, const plan *of,
                         const int8_t *const *cells, limen_error *err)
{
    limen_status status = limen_network_copy(&p->net, of->net, err);

    if (status != LIMEN_OK)
        return status;
    for (size_t l = 0; l < of->net->layers; l++)
        take_cells(p, l, cells == NULL ? NULL : cells[l]);
    for (size_t k = 0; k < of->net->connections; k++)
        memset(p->unsummed[k], 1, of->net->connection[k].n);
    for (size_t r = 0; r < of->count && status == LIMEN_OK; r++)
        status = check_signs(p, r, err);
    if (status == LIMEN_OK)
        status = limen_image_new(&p->image, p->net, of->threads, err);
    if (status == LIMEN_OK && !lm_image_rows_begin(p->image))
        status = lm_error_set(err, LIMEN_NO_MEMORY,
                              "out of memory for a network that changes");
    if (status == LIMEN_OK)
        status = limen_state_new(&p->state, p->image, of->samples, err);
    if (status == LIMEN_OK)
        status = lm_workspaces_new(&p->spaces, p->image, of->samples,
                                   of->threads, err);
    return status;
}

limen_status limen_plastic_new(limen_plastic **out, const limen_network *net,
                               const limen_plastic_rule *rules, size_t count,
                               const int8_t *const *cells, size_t samples,
                               uint64_t seed, int threads, limen_error *err)
{
    const plan of = { net, rules, count, samples, lm_threads(threads) };
    limen_status status = LIMEN_OK;

    *out = NULL;
    for (size_t r = 0; r < count && status == LIMEN_OK; r++) {
        status = check_numbers(&rules[r], r, err);
        if (status == LIMEN_OK)
            status = check_place(net, rules, r, err);
    }
    if (status != LIMEN_OK)
        return status;
    lm_arena measured = { .base = NULL };
    lay_out(&measured, &of);

    lm_arena arena = { .base = lm_block_new(&measured) };
    if (arena.base == NULL)
        return lm_error_no_memory(err, "a network that changes", measured.used);
    limen_plastic *p = lay_out(&arena, &of);
    p->seed = seed;
    p->threads = of.threads;
    memcpy(p->rule, rules, count * sizeof *rules);
    status = fill(p, &of, cells, err);
    if (status != LIMEN_OK) {
        limen_plastic_free(p);
        return status;
    }
    lm_plastic_begin(p);
    *out = p;
    return LIMEN_OK;
}

void limen_plastic_free(limen_plastic *p)
{
    if (p == NULL)
        return;
    lm_workspaces_free(&p->spaces);
    limen_state_free(p->state);
    limen_image_free(p->image);
    limen_network_free(p->net);
    lm_block_free(p); // the struct is first in its block
}

void limen_plastic_freeze(limen_plastic *plastic, bool on)
{
    plastic->is_frozen = on;
}

limen_network *limen_plastic_network(limen_plastic *plastic)
{
    return plastic->net;
}

const limen_image *limen_plastic_image(const limen_plastic *plastic)
{
    return plastic->image;
}

limen_state *limen_plastic_state(limen_plastic *plastic)
{
    return plastic->state;
}

double limen_plastic_measured(const limen_plastic *plastic, size_t rule)
{
    assert(rule < plastic->rules);
    const lm_plastic_memory *memory = &plastic->memory[rule];
    double sum = 0.0;

    for (size_t i = 0; i < memory->units; i++)
        sum += (double)memory->own[i];
    return memory->units > 0 ? sum / (double)memory->units : memory->sums[2];
}
