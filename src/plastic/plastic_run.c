/* plastic_run.c -- a step, the rules, and the image that follows them. */
#include "plastic/plastic.h"

#include "base/bits.h"
#include "base/error.h"
#include "base/threads.h"

#include <assert.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#define THREAD_NUMBER omp_get_thread_num()
#else
#define THREAD_NUMBER 0
#endif

float *lm_plastic_room(const limen_plastic *p)
{
    return p->room + 2 * (size_t)THREAD_NUMBER * p->widest;
}

int lm_plastic_threads(const limen_plastic *p, size_t work)
{
    // below that, waking threads costs more than they save
    return work < 1U << 20 ? 1 : p->threads;
}

static void expand(float *to, const uint64_t *bits, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (float)lm_bits_get(bits, i);
}

/* Spikes as numbers. */
static void expand_layer(limen_plastic *p, size_t l)
{
    const lm_state_layer *layer = &p->state->layer[l];
    lm_spikes *spikes = &p->spikes[l];

    if (!spikes->is_asked)
        return;
    float *last = spikes->before;
    spikes->before = spikes->now;
    spikes->now = last;
    spikes->count_before = spikes->count_now;
    for (size_t b = 0; b < p->state->samples; b++)
        expand(spikes->now + b * layer->n, layer->bits + b * layer->words,
               layer->n);
    spikes->count_now =
        lm_bits_count(layer->bits, p->state->samples * layer->words);
}

void lm_plastic_begin(limen_plastic *p)
{
    for (size_t l = 0; l < p->state->layers; l++)
        expand_layer(p, l);
    for (int k = 0; k < p->spaces.threads; k++)
        lm_workspace_begin(p->image, p->spaces.space[k]);
}

static void add(float *to, const float *from, size_t m)
{
    for (size_t j = 0; j < m; j++)
        to[j] += from[j];
}

const float *lm_pairs(const limen_plastic *p, const lm_connection *c, size_t i,
                      int which, float *room)
{
    const lm_spikes *from = &p->spikes[c->from];
    const lm_spikes *to = &p->spikes[c->to];
    const float *source = which == 1 ? from->now : from->before;
    const float *unit = which == 1 ? to->before : to->now;
    bool any = false;

    if ((which == 1 ? from->count_now : from->count_before) == 0)
        return NULL;
    if (p->state->samples == 1)
        return which == 2 || unit[i] > 0.0F ? source : NULL;
    memset(room, 0, c->m * sizeof *room);
    for (size_t b = 0; b < p->state->samples; b++)
        if (which == 2 || unit[b * c->n + i] > 0.0F) {
            add(room, source + b * c->m, c->m);
            any = true;
        }
    return any ? room : NULL;
}

static void apply(limen_plastic *p, size_t r, size_t t)
{
    switch (p->rule[r].kind) {
    case LIMEN_INTRINSIC:
        lm_intrinsic_apply(p, r);
        break;
    case LIMEN_STDP:
        lm_stdp_apply(p, r);
        break;
    case LIMEN_INHIBITORY_STDP:
        lm_inhibitory_stdp_apply(p, r);
        break;
    case LIMEN_STRUCTURAL:
        lm_structural_apply(p, r, t);
        break;
    case LIMEN_NORMALISE:
        lm_normalise_apply(p, r);
        break;
    case LIMEN_SELF_CRITICAL:
        lm_self_critical_apply(p, r);
        break;
    case LIMEN_CONTROL_RATE:
        lm_control_rate_apply(p, r);
        break;
    case LIMEN_CONTROL_BRANCHING:
        lm_control_branching_apply(p, r);
        break;
    case LIMEN_CONTROL_GROWTH:
        lm_control_growth_apply(p, r);
        break;
    }
}

/* One unit of the image, if its masters changed. */
static bool follow_unit(limen_plastic *p, size_t l, size_t i)
{
    bool any = false;
    bool is_fine = true;

    for (size_t k = 0; k < p->net->connections; k++)
        any |= p->net->connection[k].to == l && p->changed[k][i];
    if (any)
        is_fine = lm_image_row(p->image, p->net, l, i, p->changed);
    else if (p->moved[l][i])
        is_fine = lm_image_threshold(p->image, p->net, l, i);
    for (size_t k = 0; any && k < p->net->connections; k++)
        if (p->net->connection[k].to == l)
            p->changed[k][i] = 0;
    p->moved[l][i] = 0;
    return is_fine;
}

/* A dense connection forgets the sums it kept of weights that were. */
static void forget(limen_plastic *p, size_t l)
{
    for (size_t k = 0; k < p->image->connections; k++) {
        const lm_image_connection *c = &p->image->connection[k];

        if (c->to != l || c->is_sparse)
            continue;
        for (int thread = 0; thread < p->spaces.threads; thread++) {
            lm_workspace *space = p->spaces.space[thread];

            memset(space->heard[k].bits, 0,
                   space->room * lm_bits_words(c->m) * sizeof(uint64_t));
        }
    }
}

static bool is_touched(const limen_plastic *p, size_t l)
{
    for (size_t k = 0; k < p->net->connections; k++)
        if (p->net->connection[k].to == l &&
            memchr(p->changed[k], 1, p->net->connection[k].n) != NULL)
            return true;
    return false;
}

/* The image takes what the rules changed; false if that has no image. */
static bool follow(limen_plastic *p)
{
    bool is_fine = true;

    for (size_t l = 1; l < p->net->layers; l++) {
        const size_t n = p->net->units[l];
        const int threads = lm_plastic_threads(p, n * p->widest);

        if (is_touched(p, l))
            forget(p, l);
#pragma omp parallel for schedule(static) num_threads(threads)                 \
    reduction(&& : is_fine) if (threads > 1)
        for (size_t i = 0; i < n; i++)
            is_fine = follow_unit(p, l, i) && is_fine;
        (void)threads;
    }
    return is_fine;
}

/* Keeps a^ where a rule will ask for it. */
typedef struct watch {
    limen_plastic *p;
    size_t first;
} watch;

static void see(void *self, size_t l, const int32_t *a, size_t stride,
                size_t samples)
{
    const watch *at = self;
    const size_t n = at->p->net->units[l];

    for (size_t b = 0; at->p->a[l] != NULL && b < samples; b++)
        memcpy(at->p->a[l] + (at->first + b) * n, a + b * stride,
               n * sizeof *a);
}

static void step(limen_plastic *p, const limen_input *input, size_t t)
{
    const size_t size = p->spaces.chunk;
    const size_t chunks = (p->state->samples + size - 1) / size;

    for (size_t l = 0; l < p->state->layers; l++)
        memcpy(p->before[l], p->state->layer[l].bits,
               p->state->samples * p->state->layer[l].words * sizeof(uint64_t));
#pragma omp parallel for schedule(dynamic)                                     \
    num_threads(p->spaces.threads) if (chunks > 1)
    for (size_t k = 0; k < chunks; k++) {
        const size_t left = p->state->samples - k * size;
        lm_workspace *space = p->spaces.space[THREAD_NUMBER];
        watch at = { .p = p, .first = k * size };
        const lm_chunk chunk = { .state = p->state,
                                 .input = input,
                                 .first = k * size,
                                 .count = left < size ? left : size,
                                 .seed = p->seed,
                                 .observer = { see, &at } };

        if (chunks > 1)
            lm_workspace_begin(p->image, space); // it had another chunk's sums
        lm_step(p->image, space, &chunk, t);
    }
    p->state->steps++;
}

static void record_step(const limen_plastic *p, const limen_record *record,
                        size_t place, size_t steps)
{
    for (size_t l = 0; l < p->state->layers; l++) {
        const lm_state_layer *layer = &p->state->layer[l];
        uint32_t *counts = record->counts == NULL ? NULL : record->counts[l];
        uint64_t *raster = record->raster == NULL ? NULL : record->raster[l];

        for (size_t b = 0; b < p->state->samples; b++) {
            const uint64_t *s = layer->bits + b * layer->words;

            if (counts != NULL)
                p->image->kernel->count_add(counts + b * layer->n, s, layer->n);
            if (raster != NULL)
                memcpy(raster + (b * steps + place) * layer->words, s,
                       layer->words * sizeof *s);
        }
    }
}

limen_status lm_plastic_steps(limen_plastic *p, const limen_input *input,
                              size_t steps, const limen_record *record,
                              limen_error *err)
{
    if (steps > UINT32_MAX - p->state->steps)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "steps: %zu more than the %zu run are above 2^32",
                            steps, p->state->steps);
    // the frame that workspaces remember may be another input's
    for (int k = 0; k < p->spaces.threads; k++)
        lm_workspace_begin(p->image, p->spaces.space[k]);
    for (size_t k = 0; k < steps; k++) {
        const size_t t = p->state->steps + 1;

        step(p, input, t);
        for (size_t l = 0; l < p->state->layers; l++)
            expand_layer(p, l);
        for (size_t r = 0; r < p->rules && !p->is_frozen; r++)
            apply(p, r, t);
        if (!follow(p))
            return lm_error_set(err, LIMEN_DIVERGED,
                                "step %zu: a weight or threshold is not a "
                                "finite number below 2^100 any more; smaller "
                                "rates may help",
                                t);
        if (record != NULL)
            record_step(p, record, k, steps);
    }
    return LIMEN_OK;
}

limen_status limen_plastic_run(limen_plastic *p, const limen_input *input,
                               size_t steps, const limen_record *record,
                               limen_error *err)
{
    const limen_status status = limen_input_check(input, p->net->units[0], err);

    if (status != LIMEN_OK)
        return status;
    if (p->state->samples != input->samples)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "the network has %zu samples, the input %zu",
                            p->state->samples, input->samples);
    return lm_plastic_steps(p, input, steps, record, err);
}

limen_status limen_plastic_refresh(limen_plastic *p, limen_error *err)
{
    const limen_status status =
        limen_image_update(p->image, p->net, p->threads, err);

    for (size_t k = 0; k < p->net->connections; k++) {
        memset(p->unsummed[k], 1, p->net->connection[k].n);
        memset(p->changed[k], 0, p->net->connection[k].n);
    }
    lm_plastic_begin(p);
    return status;
}
