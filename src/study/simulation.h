/* simulation.h -- a network that regulates itself, and its record. */
#ifndef LM_SIMULATION_H
#define LM_SIMULATION_H

#include "plastic/annealed.h"
#include "plastic/plastic.h"

enum { LM_TREND_POINTS = 200, LM_TREND_COLUMNS = 3 };

struct limen_simulation {
    limen_simulation_options options;
    limen_plastic *plastic; /* NULL: annealed */
    lm_annealed annealed;
    uint64_t *bits; /* (words) annealed: the last step */
    size_t steps, all;
    uint8_t *letters;   /* (all, 6) bytes of the input; NULL: none */
    uint32_t *activity; /* (all) */
    uint8_t *raster;    /* (recorded, units) or NULL */
    double *trend;      /* (points, 3) */
    size_t points;      /* (all of them) */
    size_t interval;    /* steps between points */
};

#endif
