/* bptt_backward.c -- bptt.h's equations, a chunk of samples at a time.
 *
 * Layers go from the top down within a step, so that what a layer sends up now
 * is known before its own error is needed.
 */
#include "learn/bptt.h"

#include "base/arena.h"
#include "learn/connection_gradient.h"
#include "learn/rule.h"

#include <assert.h>
#include <string.h>

struct lm_bptt_room {
    float **s;      /* [layer] (LM_BATCH_CHUNK, n) s_l(t) */
    float **before; /* [layer] (LM_BATCH_CHUNK, n) s_l(t-1) */
    float **g;      /* [layer] (LM_BATCH_CHUNK, n) g_l(t) */
    float **after;  /* [layer] (LM_BATCH_CHUNK, n) g_l(t+1) */
    float *psi;     /* (LM_BATCH_CHUNK, widest n) */
};

/* Called twice by _new: to measure, then to place (base/arena.h). */
static lm_bptt_room *lay_out(lm_arena *arena, const limen_network *net)
{
    lm_bptt_room *room = lm_arena_take(arena, 1, 1, sizeof *room);
    float **lists[4];
    size_t widest = 0;

    for (size_t k = 0; k < 4; k++)
        lists[k] = lm_arena_take(arena, net->layers, 1, sizeof(float *));
    for (size_t l = 0; l < net->layers; l++) {
        widest = net->units[l] > widest ? net->units[l] : widest;
        for (size_t k = 0; k < 4; k++) {
            float *values =
                lm_arena_take(arena, LM_BATCH_CHUNK, net->units[l], sizeof *values);
            if (room != NULL)
                lists[k][l] = values;
        }
    }
    float *psi = lm_arena_take(arena, LM_BATCH_CHUNK, widest, sizeof *psi);
    if (room != NULL)
        *room = (lm_bptt_room){ lists[0], lists[1], lists[2], lists[3], psi };
    return room;
}

lm_bptt_room *lm_bptt_room_new(const limen_network *net)
{
    lm_arena measured = { .base = NULL };
    lay_out(&measured, net);

    lm_arena arena = { .base = lm_block_new(&measured) };
    return arena.base == NULL ? NULL : lay_out(&arena, net);
}

void lm_bptt_room_free(lm_bptt_room *room)
{
    lm_block_free(room);
}

/* e_l(t)'s first part: what the loss itself says. */
static void begin_error(float *e, const lm_bptt_task *task, size_t t, size_t l)
{
    const size_t n = task->net->units[l];
    const float *pull = task->pull == NULL ? NULL : task->pull[l];

    memset(e, 0, task->samples * n * sizeof *e);
    if (t <= task->burn_in)
        return;
    if (l + 1 == task->net->layers)
        memcpy(e, task->error, task->samples * n * sizeof *e);
    for (size_t b = 0; pull != NULL && b < task->samples; b++)
        for (size_t i = 0; i < n; i++)
            e[b * n + i] += pull[i];
}

/* g_l(t), in place of e_l(t). */
static void layer_error(const lm_bptt_task *task, lm_bptt_room *room, size_t t,
                        size_t l, bool is_cut)
{
    const size_t values = task->samples * task->net->units[l];
    float *e = room->g[l];

    begin_error(e, task, t, l);
    for (size_t k = 0; k < task->net->connections; k++) {
        const lm_connection *c = &task->net->connection[k];
        const bool is_before = lm_delivers_before(task->net, c);

        if (c->from == l && !(is_before && is_cut))
            lm_error_back(e, is_before ? room->after[c->to] : room->g[c->to], c,
                          task->samples, task->kernel);
    }
    task->factors(task->trace, t, l, room->psi);
    for (size_t k = 0; k < values; k++)
        e[k] *= room->psi[k];
}

static void add_gradients(float *gradient, const lm_bptt_task *task,
                          lm_bptt_room *room)
{
    const limen_network *net = task->net;
    const lm_parameters *p = task->parameters;

    for (size_t k = 0; k < net->connections; k++) {
        const lm_connection *c = &net->connection[k];

        lm_weights_gradient(gradient + lm_offset_of_weights(p, k),
                            room->g[c->to],
                            lm_delivers_before(net, c) ? room->before[c->from]
                                                       : room->s[c->from],
                            c, task->samples, task->kernel);
    }
    for (size_t l = 1; l < net->layers; l++)
        lm_theta_gradient(gradient + lm_offset_of_theta(p, net, l), room->g[l],
                          task->samples, net->units[l]);
}

static void swap(float ***a, float ***b)
{
    float **kept = *a;

    *a = *b;
    *b = kept;
}

void lm_bptt_backward(float *gradient, const lm_bptt_task *task,
                      lm_bptt_room *room)
{
    const size_t layers = task->net->layers;

    assert(task->samples <= LM_BATCH_CHUNK);
    for (size_t l = 0; l < layers; l++)
        task->states(task->trace, task->steps, l, room->s[l]);
    for (size_t t = task->steps; t >= 1; t--) {
        const bool is_cut =
            t == task->steps || (task->credit > 0 && t % task->credit == 0);

        for (size_t l = 0; l < layers; l++)
            task->states(task->trace, t - 1, l, room->before[l]);
        for (size_t l = layers - 1; l >= 1; l--)
            layer_error(task, room, t, l, is_cut);
        add_gradients(gradient, task, room);
        swap(&room->s, &room->before);
        swap(&room->g, &room->after);
    }
}
