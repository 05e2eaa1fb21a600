/* network.h -- what a network is made of. */
#ifndef LM_NETWORK_H
#define LM_NETWORK_H

#include "limen.h"

typedef struct lm_connection {
    size_t from, to;
    size_t n, m;     /* listening and speaking units */
    size_t entries;  /* weights */
    bool is_delayed; /* asked for; lm_delivers_before tells what happens */
    bool is_sparse;
    bool is_balanced;    /* runs with w - mean of the row */
    float *w;            /* dense (n, m), sparse (entries) */
    uint64_t *row_start; /* (n + 1), sparse only */
    uint32_t *source;    /* (entries), sparse only */
} lm_connection;

struct limen_network {
    size_t layers;
    size_t *units;               /* (layers) */
    float **theta;               /* [layer] (units), NULL for the input */
    limen_unit_options *options; /* (layers) */
    bool is_synchronous;
    size_t connections;
    lm_connection *connection; /* (connections) */
    float *rates; /* (units of layers 1..L) where measured, NULL: never */
};

/* Whether a connection delivers s_from(t-1) instead of s_from(t). */
bool lm_delivers_before(const limen_network *net, const lm_connection *c);

/* The entries of unit i: first to last - 1, into w and source. */
static inline size_t lm_row_first(const lm_connection *c, size_t i)
{
    return c->is_sparse ? (size_t)c->row_start[i] : i * c->m;
}

/* Room for rates, and where those of a layer begin (net/rates.c). */
limen_status lm_network_rates_new(limen_network *net, limen_error *err);
size_t lm_network_rates_offset(const limen_network *net, size_t layer);

/* Whether two networks have the same layers and connections, whatever their
 * weights. */
bool lm_network_same_shape(const limen_network *a, const limen_network *b);

/* Draws the pattern of c into row_start and source (net/pattern.c).  index:
 * the connection's number, the key of its draws. */
limen_status lm_pattern_draw(lm_connection *c, const limen_pattern *pattern,
                             size_t index, limen_error *err);

/* `picks` distinct numbers below `candidates` for unit i, ascending. */
void lm_pattern_sample(uint32_t *list, size_t picks, size_t candidates,
                       uint64_t seed, size_t index, size_t i);

#endif
