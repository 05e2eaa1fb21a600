/* criticality.h -- what `limen criticality` measures, beside null models. */
#ifndef LIMEN_CRITICALITY_H
#define LIMEN_CRITICALITY_H

#include "cli.h"

enum { CRIT_LAWS = 4, CRIT_SCAN = 12, CRIT_MAP = 12 };

/* Groups of measures, as --measure names them. */
enum {
    CRIT_BRANCHING = 1,
    CRIT_AVALANCHES = 2,
    CRIT_STATISTICS = 4,
    CRIT_DAMAGE = 8,
    CRIT_RANKS = 16
};

typedef enum crit_null_kind {
    CRIT_SHUFFLED, /* the same counts, of each unit if they are known */
    CRIT_RATE,     /* independent units, or steps, with the same rate */
    CRIT_OU,       /* Ornstein-Uhlenbeck: as slow, without branching */
    CRIT_NULLS
} crit_null_kind;

typedef enum crit_measure {
    CRIT_NAIVE,
    CRIT_MR,
    CRIT_TAU,
    CRIT_ALPHA,
    CRIT_GAMMA,
    CRIT_CRACKLING,
    CRIT_COLLAPSE,
    CRIT_MEAN_RATE,
    CRIT_FANO,
    CRIT_AUTOCORRELATION,
    CRIT_SUSCEPTIBILITY,
    CRIT_CORRELATION,
    CRIT_ENTROPY,
    CRIT_SERIES_MEASURES, /* those above are of a series */
    CRIT_GROWTH = CRIT_SERIES_MEASURES,
    CRIT_LONG_TIME,
    CRIT_LYAPUNOV,
    CRIT_KERNEL,
    CRIT_GENERALISATION,
    CRIT_RANK_DIFFERENCE,
    CRIT_SEPARATION,
    CRIT_MEMORY,
    CRIT_RADIUS,
    CRIT_MEASURES
} crit_measure;

/* A number with its 95 % interval (NAN: none), or why there is none. */
typedef struct crit_value {
    bool is_asked, is_known;
    double value, low, high;
    size_t missing; /* trials that have none */
    char refusal[480];
} crit_value;

typedef struct crit_found {
    crit_value own, null[CRIT_NULLS];
    double theory; /* NAN: none */
    char words[400];
} crit_found;

/* Activity: counts of spikes, and the spikes where they are known. */
typedef struct crit_series {
    char name[64];
    size_t trials, steps;
    size_t units;     /* 0: not known */
    double *counts;   /* (trials, steps) */
    uint64_t *raster; /* (trials, steps, words of units) or NULL */
} crit_series;

/* A power law in sizes or durations against other laws. */
typedef struct crit_tail {
    limen_tail *events; /* NULL: none */
    limen_tail_power fit;
    bool is_fitted;
    double p; /* goodness of fit; NAN: not asked for */
    limen_tail_ratio ratio[CRIT_LAWS];
    bool has_ratio[CRIT_LAWS];
} crit_tail;

typedef struct crit_avalanches {
    limen_avalanches pool; /* of all trials; its arrays are ours */
    size_t bin;
    double theta;
    bool is_above; /* sizes are sums of what is above theta */
    crit_tail size, duration;
    limen_growth *growth;
    limen_shapes *shapes;
} crit_avalanches;

typedef struct crit_result {
    crit_series series;
    crit_found found[CRIT_SERIES_MEASURES];
    crit_avalanches avalanches, ou; /* ou: of the null model */
    limen_avalanche_row scan[CRIT_SCAN];
    size_t scan_count;
    double *r; /* (lags) coefficients of multistep regression, or NULL */
    limen_branching_result branching;
    limen_branching_naive_result naive; /* of all trials together */
} crit_result;

/* The Derrida map: distance after a step against distance before. */
typedef struct crit_map {
    size_t points; /* 0: not asked for */
    double before[CRIT_MAP], after[CRIT_MAP];
    double theory[CRIT_MAP]; /* NAN: none */
} crit_map;

typedef struct criticality {
    const cli_options *options;
    const cli_criticality_options *asked;
    unsigned groups;
    uint64_t seed;
    char what[400]; /* the subject in words */
    crit_result *results;
    size_t count;
    bool is_network;
    crit_found network[CRIT_MEASURES]; /* from CRIT_GROWTH on */
    crit_map map;                      /* only for a report */
    bool has_theory;
    limen_theory theory;
    double critical[2]; /* variances: annealed, typical; NAN: none */
} criticality;

/* What a measure is called in JSON, and in a table. */
const char *crit_key(crit_measure measure);
const char *crit_name(crit_measure measure);

/* Takes the status of an estimate: keeps the sentence if there is none. */
void crit_set(crit_value *to, limen_status status, const limen_error *err,
              double value, double low, double high);
void crit_refuse(crit_value *to, const char *sentence);

/* Mean and t interval of (count) values. */
void crit_set_mean(crit_value *to, const double *values, size_t count);

/* The exponent, or how much damage healed at once. */
void crit_set_exponent(crit_value *to, limen_status status,
                       const limen_error *err, const limen_lyapunov *found,
                       double half);

/* Where activity comes from; each fills results or the network's measures and
 * is an exit code. */
int crit_open_file(criticality *all);
int crit_open_network(criticality *all);
int crit_open_model(criticality *all);

/* Room for a series; an exit code.  has_raster: also for its spikes. */
int crit_series_new(crit_series *to, const char *name, size_t trials,
                    size_t steps, size_t units, bool has_raster);
/* counts from raster. */
void crit_series_count(crit_series *series);

/* All measures of a series and of its null models. */
int crit_measure_result(criticality *all, crit_result *result);

/* Avalanches and what they follow. */
void crit_measure_avalanches(crit_avalanches *to, crit_found *found,
                             crit_null_kind kind, const crit_series *series,
                             const criticality *all);
void crit_scan(crit_result *result, const criticality *all);
void crit_avalanches_clear(crit_avalanches *avalanches);
void crit_result_clear(crit_result *result);

/* What the numbers mean, in words. */
void crit_explain(criticality *all);

void crit_print(const criticality *all);
json_t *crit_json(const criticality *all);
int crit_report(const criticality *all, const char *path);

#endif
