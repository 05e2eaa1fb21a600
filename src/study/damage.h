/* damage.h -- what the measures of damage share. */
#ifndef LM_DAMAGE_H
#define LM_DAMAGE_H

#include "limen.h"

/* That all units do the same, silent if rate is 0. */
limen_status lm_uniform_error(double rate, limen_error *err);

#endif
