/* slots.h -- sparse connections as units hear them (kernels/kernels.h). */
#ifndef LM_SLOTS_H
#define LM_SLOTS_H

#include "net/image.h"
#include "net/network.h"

/* Lays out the slots of a sparse connection, or none where they would not be
 * used: more sources than tables, or much more room than entries.  false if
 * memory is out. */
bool lm_slots_fill(lm_slots *to, const lm_connection *from);
void lm_slots_free(lm_slots *slots);

/* Takes the weights: round(w 2^q). */
void lm_slots_write(lm_slots *to, const lm_connection *from, const int32_t *q);

/* Those of unit i alone. */
void lm_slots_write_row(lm_slots *to, const lm_connection *from, int32_t q,
                        size_t i);

#endif
