/* parameters.c -- the list of all that is learned. */
#include "learn/parameters.h"

#include "base/arena.h"
#include "base/error.h"

limen_status lm_parameters_new(lm_parameters *out, const limen_network *net,
                               limen_error *err)
{
    const size_t segments = net->connections + net->layers - 1;

    *out = (lm_parameters){ .segments = segments };
    out->segment = lm_alloc(segments, 1, sizeof *out->segment);
    if (out->segment == NULL)
        return lm_error_no_memory(err, "the list of parameters",
                                  segments * sizeof *out->segment);

    for (size_t k = 0; k < segments; k++) {
        lm_segment *segment = &out->segment[k];

        segment->offset = out->count;
        if (k < net->connections) {
            segment->master = net->connection[k].w;
            segment->count = net->connection[k].entries;
            segment->is_recurrent =
                lm_delivers_before(net, &net->connection[k]);
        } else {
            const size_t l = k - net->connections + 1;

            segment->is_theta = true;
            segment->master = net->theta[l];
            segment->count = net->units[l];
        }
        out->count += segment->count;
    }
    return LIMEN_OK;
}

void lm_parameters_free(lm_parameters *parameters)
{
    lm_free(parameters->segment);
    *parameters = (lm_parameters){ 0 };
}
