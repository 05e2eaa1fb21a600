/* bptt_definition.c -- bptt.h's equations in double, the plainest way. */
#include "learn/bptt.h"

#include "base/arena.h"

/* All of a task's trace and errors, sample by sample. */
typedef struct history {
    float *s;      /* (steps + 1, samples, units) */
    float *psi;    /* the same shape */
    double *g;     /* (steps + 2, samples, units) */
    size_t *first; /* (layers) of each layer among the units */
    size_t units;
} history;

static double *g_of(const history *h, const lm_bptt_task *task, size_t t,
                    size_t b, size_t l)
{
    return h->g + (t * task->samples + b) * h->units + h->first[l];
}

static float *at(float *values, const history *h, const lm_bptt_task *task,
                 size_t t, size_t b, size_t l)
{
    return values + (t * task->samples + b) * h->units + h->first[l];
}

static void read_trace(const history *h, const lm_bptt_task *task, float *room)
{
    for (size_t t = 0; t <= task->steps; t++)
        for (size_t l = 0; l < task->net->layers; l++) {
            const size_t n = task->net->units[l];

            task->states(task->trace, t, l, room);
            for (size_t k = 0; k < task->samples * n; k++)
                at(h->s, h, task, t, k / n, l)[k % n] = room[k];
            if (t == 0 || l == 0)
                continue;
            task->factors(task->trace, t, l, room);
            for (size_t k = 0; k < task->samples * n; k++)
                at(h->psi, h, task, t, k / n, l)[k % n] = room[k];
        }
}

/* The error that unit j of layer l gets back at step t. */
static double error_of(const history *h, const lm_bptt_task *task, size_t t,
                       size_t b, size_t l, size_t j)
{
    const limen_network *net = task->net;
    const bool is_cut = task->credit > 0 && t % task->credit == 0;
    double e = 0.0;

    if (t > task->burn_in && l + 1 == net->layers)
        e += (double)task->error[b * net->units[l] + j];
    if (t > task->burn_in && task->pull != NULL && task->pull[l] != NULL)
        e += (double)task->pull[l][j];
    for (size_t k = 0; k < net->connections; k++) {
        const lm_connection *c = &net->connection[k];
        const bool is_before = lm_delivers_before(net, c);

        if (c->from != l || (is_before && is_cut))
            continue;
        const double *g = g_of(h, task, is_before ? t + 1 : t, b, c->to);
        for (size_t i = 0; i < c->n; i++)
            for (size_t x = lm_row_first(c, i); x < lm_row_first(c, i + 1); x++)
                if ((c->is_sparse ? c->source[x] : x - i * c->m) == j)
                    e += (double)c->w[x] * g[i];
    }
    return e;
}

static void add_gradients(double *gradient, const history *h,
                          const lm_bptt_task *task, size_t t, size_t b)
{
    const limen_network *net = task->net;

    for (size_t k = 0; k < net->connections; k++) {
        const lm_connection *c = &net->connection[k];
        const double *g = g_of(h, task, t, b, c->to);
        const float *s = at(h->s, h, task,
                            lm_delivers_before(net, c) ? t - 1 : t, b, c->from);
        double *d = gradient + lm_offset_of_weights(task->parameters, k);

        for (size_t i = 0; i < c->n; i++)
            for (size_t x = lm_row_first(c, i); x < lm_row_first(c, i + 1); x++)
                d[x] += g[i] *
                        (double)s[c->is_sparse ? c->source[x] : x - i * c->m];
    }
    for (size_t l = 1; l < net->layers; l++)
        for (size_t i = 0; i < net->units[l]; i++)
            gradient[lm_offset_of_theta(task->parameters, net, l) + i] -=
                g_of(h, task, t, b, l)[i];
}

bool lm_bptt_definition(double *gradient, const lm_bptt_task *task)
{
    const limen_network *net = task->net;
    history h = { .first = lm_alloc(net->layers, 1, sizeof *h.first) };

    if (h.first == NULL)
        return false;
    for (size_t l = 0; l < net->layers; l++) {
        h.first[l] = h.units;
        h.units += net->units[l];
    }
    const size_t states = (task->steps + 2) * task->samples;
    float *room = lm_alloc(task->samples, h.units, sizeof *room);
    h.s = lm_alloc(states, h.units, sizeof *h.s);
    h.psi = lm_alloc(states, h.units, sizeof *h.psi);
    h.g = lm_alloc(states, h.units, sizeof *h.g);
    const bool is_full =
        room != NULL && h.s != NULL && h.psi != NULL && h.g != NULL;

    if (is_full)
        read_trace(&h, task, room);
    for (size_t t = is_full ? task->steps : 0; t >= 1; t--)
        for (size_t b = 0; b < task->samples; b++) {
            for (size_t l = net->layers - 1; l >= 1; l--)
                for (size_t j = 0; j < net->units[l]; j++)
                    g_of(&h, task, t, b, l)[j] =
                        (double)at(h.psi, &h, task, t, b, l)[j] *
                        error_of(&h, task, t, b, l, j);
            add_gradients(gradient, &h, task, t, b);
        }
    lm_free(room);
    lm_free(h.s);
    lm_free(h.psi);
    lm_free(h.g);
    lm_free(h.first);
    return is_full;
}
