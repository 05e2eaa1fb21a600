/* parameters.h -- all that is learned, as one list and one flat gradient.
 *
 * Segment k < connections is the weights of connection k; segment connections
 * + l - 1 is theta of layer l.  A gradient is (count) floats, segment after
 * segment.
 */
#ifndef LM_PARAMETERS_H
#define LM_PARAMETERS_H

#include "net/network.h"

typedef struct lm_segment {
    float *master;
    size_t offset, count;
    bool is_recurrent; /* of a connection that delivers the step before */
    bool is_theta;
} lm_segment;

typedef struct lm_parameters {
    size_t count;
    size_t segments;
    lm_segment *segment; /* (segments) */
} lm_parameters;

/* Fails only for memory.  Freed by lm_parameters_free. */
limen_status lm_parameters_new(lm_parameters *out, const limen_network *net,
                               limen_error *err);
void lm_parameters_free(lm_parameters *parameters);

static inline size_t lm_offset_of_weights(const lm_parameters *p, size_t k)
{
    return p->segment[k].offset;
}

static inline size_t lm_offset_of_theta(const lm_parameters *p,
                                        const limen_network *net, size_t l)
{
    return p->segment[net->connections + l - 1].offset;
}

#endif
