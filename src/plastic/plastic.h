/* plastic.h -- a network that changes while it runs.
 *
 * After each step the rules are applied in their order to the float32 masters;
 * then the rows of the integer image whose masters changed are written anew
 * (docs/numerics.md section 11).
 */
#ifndef LM_PLASTIC_H
#define LM_PLASTIC_H

#include "net/network.h"
#include "net/run.h"

enum { LM_PLASTIC_SUMS = 8 };

/* What a rule remembers from step to step: all of it goes to a checkpoint. */
typedef struct lm_plastic_memory {
    double sums[LM_PLASTIC_SUMS];
    float *own; /* (units) or NULL */
    size_t units;
} lm_plastic_memory;

/* The spikes of one layer as numbers, of the step before and of this one. */
typedef struct lm_spikes {
    float *before, *now; /* (samples, n) 0 or 1 */
    size_t count_before, count_now;
    bool is_asked;
} lm_spikes;

struct limen_plastic {
    limen_network *net;
    limen_image *image;
    limen_state *state;
    lm_workspaces spaces;
    uint64_t seed;
    int threads;
    bool is_frozen;

    size_t rules;
    limen_plastic_rule *rule;  /* (rules) */
    lm_plastic_memory *memory; /* (rules) */

    float **sign;             /* [layer] (n) 1 excitatory, -1 inhibitory */
    bool *excites, *inhibits; /* (layers) whether a unit does */
    uint64_t **before;        /* [layer] (samples, words) s(t-1) */
    lm_spikes *spikes;        /* (layers) */
    int32_t **a;              /* [layer] (samples, n) a^(t); NULL: not asked */
    uint8_t **changed;        /* [connection] (n) rows whose masters changed */
    uint8_t **unsummed;       /* [connection] (n) rows not summed since */
    uint8_t **moved;          /* [layer] (n) thresholds that changed */
    float *nothing;           /* (widest) zeros */
    float *room;              /* (threads, 2, widest) */
    size_t widest;            /* sources of a connection, units of a layer */
};

/* Whether a rule's place is a layer. */
bool lm_plastic_is_of_layer(limen_plastic_kind kind);

/* Takes the states as they are now: to be called where they were set. */
void lm_plastic_begin(limen_plastic *p);

/* limen_plastic_run without its checks of the input. */
limen_status lm_plastic_steps(limen_plastic *p, const limen_input *input,
                              size_t steps, const limen_record *record,
                              limen_error *err);

/* Room of the thread that asks: two rows of `widest` numbers. */
float *lm_plastic_room(const limen_plastic *p);

/* Threads worth using for `work` numbers to look at. */
int lm_plastic_threads(const limen_plastic *p, size_t work);

static inline void lm_plastic_mark(limen_plastic *p, size_t connection,
                                   size_t i)
{
    p->changed[connection][i] = 1;
    p->unsummed[connection][i] = 1;
}

/* The sources of row i of a connection: NULL for all in order. */
static inline const uint32_t *lm_row_sources(const lm_connection *c, size_t i)
{
    return c->is_sparse ? c->source + lm_row_first(c, i) : NULL;
}

/* sum over samples of s_i(t) s_j and of s_i(t-1) s_j(t), counted: which = 0
 * pairs unit i now with sources before, 1 unit i before with sources now, 2
 * counts sources before alone.  Points into the spikes for one sample, into
 * room (m) else; NULL if it is all zero. */
const float *lm_pairs(const limen_plastic *p, const lm_connection *c, size_t i,
                      int which, float *room);

/* Multiplies all masters of row i by factor, and marks it; keeps theta_i -
 * sum_j w_ij / 2 where the rule is of a +-1 network. */
void lm_row_scale(limen_plastic *p, const limen_plastic_rule *rule, size_t i,
                  double factor);

/* In double: 16 sums of every sixteenth |w| whose source has this sign (0: of
 * w, whatever the sign), then those in order. */
double lm_row_total(const limen_plastic *p, const lm_connection *c, size_t i,
                    float sign);

/* Sources of unit i, sample b, whose flip alone would flip unit i, by the
 * integers of the step that was: needs p->a of the layer. */
size_t lm_sensitivity(const limen_plastic *p, size_t connection, size_t i,
                      size_t b);

/* One file a rule; each is applied after step t. */
void lm_intrinsic_apply(limen_plastic *p, size_t r);
void lm_stdp_apply(limen_plastic *p, size_t r);
void lm_inhibitory_stdp_apply(limen_plastic *p, size_t r);
void lm_structural_apply(limen_plastic *p, size_t r, size_t t);
void lm_normalise_apply(limen_plastic *p, size_t r);
void lm_self_critical_apply(limen_plastic *p, size_t r);
void lm_control_rate_apply(limen_plastic *p, size_t r);
void lm_control_branching_apply(limen_plastic *p, size_t r);
void lm_control_growth_apply(limen_plastic *p, size_t r);

#endif
