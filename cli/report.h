/* report.h -- the parts of a report. */
#ifndef LIMEN_REPORT_H
#define LIMEN_REPORT_H

#include "chart.h"
#include "cli.h"

enum {
    REPORT_RUNS = 8, // as many as there are colours
    REPORT_POINTS = 64,
    REPORT_CORRUPTIONS = 6,
    REPORT_AMOUNTS = 5,
    REPORT_WORST = 8,
    REPORT_CURVES = 32
};

/* One corruption at one amount. */
typedef struct report_condition {
    double amount, accuracy;
    double silent, saturated; /* shares of the hidden units */
} report_condition;

typedef struct report_corruption {
    const limen_corruption_info *info;
    report_condition conditions[REPORT_AMOUNTS]; /* amounts ascending */
} report_corruption;

/* One run and what was measured on it.  Without a model or data those
 * pointers are NULL and `gap` says why. */
typedef struct report_run {
    const char *path;
    char name[96];
    size_t colour;
    json_t *about, *result, *metrics; /* result, metrics: NULL, or as stored */
    char gap[600];

    limen_network *net;
    limen_settings *settings;
    limen_image *image;
    limen_data *test;
    size_t layers, outputs, steps, burn_in;
    uint64_t seed;
    uint64_t *keys; /* (samples) their places in the whole test data */

    /* Of all samples at `steps`. */
    double accuracy, ties;
    uint32_t *confusion; /* (classes, classes) [label][answer] */
    uint32_t *answers;   /* (samples) */
    float *y;            /* (samples, outputs) */
    uint64_t **spikes;   /* [layer] (n_l) */
    double silent, saturated;

    size_t points; /* of the curve over steps */
    double curve_steps[REPORT_POINTS], curve_accuracy[REPORT_POINTS];

    double temperature;
    size_t calibrated; /* samples that the calibrations are of */
    bool is_fitted_here;
    limen_calibration raw, scaled;

    size_t robust_samples; /* 0: no images, no curves */
    report_corruption robust[REPORT_CORRUPTIONS];
} report_run;

typedef struct report {
    report_run runs[REPORT_RUNS];
    size_t count;
    cli_text body;
} report;

/* Memory of zeros.  Exits if it is out. */
void *report_room(size_t count, size_t size);

/* Reads a run; an exit code. */
int report_open(report_run *run, const char *path, const cli_options *options);
void report_close(report_run *run);

/* Measures what the parts need; an exit code. */
int report_measure(report_run *run, int threads);
int report_measure_robustness(report_run *run, int threads);

/* Parts, in the order of the page. */
void report_headline(report *page);
void report_learning(report *page);
void report_steps(report *page);
void report_confusion(report *page);
int report_worst(report *page, int threads);
int report_raster(report *page, int threads);
void report_histograms(report *page);
void report_robustness(report *page);
void report_confidence(report *page);
void report_origins(report *page);

/* The page of a study, result.json of `limen compare`; an exit code. */
int report_study(cli_text *body, const char *path);

/* Curves that own their numbers. */
typedef struct report_curves {
    cli_series series[REPORT_CURVES];
    char labels[REPORT_CURVES][128];
    double *numbers[REPORT_CURVES];
    size_t count;
} report_curves;

typedef struct report_curve {
    double *x, *y, *low, *high; /* (points) */
} report_curve;

/* Adds one with zeros in it; the last again if there are REPORT_CURVES. */
report_curve report_curves_add(report_curves *all, const char *label,
                               size_t points, size_t colour, bool has_band);
void report_curves_clear(report_curves *all);

/* "input", "layer 1", ..., "output". */
void report_layer_name(char *to, size_t size, size_t layer, size_t layers);

/* "<h2>..." and, if not NULL, a paragraph. */
void report_heading(cli_text *to, const char *title, const char *words);
/* One cell; class_name may be NULL. */
void report_cell(cli_text *to, const char *class_name, const char *text);
void report_cell_share(cli_text *to, double share);

/* Whether any run has a model and data. */
bool report_has_measures(const report *page);

/* The page around the body, as one file; an exit code. */
int report_write(const char *path, const char *title, const cli_text *body);

#endif
