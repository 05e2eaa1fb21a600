/* eval.h -- what `limen eval` measures beside accuracy against steps. */
#ifndef LIMEN_EVAL_H
#define LIMEN_EVAL_H

#include "cli.h"

enum { EVAL_ROWS = 64 };

/* What is tested. */
typedef struct eval_subject {
    const limen_network *net;
    const limen_image *image;
    const limen_settings *settings;
    const limen_data *data;
    const limen_data *pool; /* what thresholds are moved on; NULL: they stay */
    const cli_options *options;
    size_t steps; /* of an answer */
    double temperature;
} eval_subject;

/* One condition, means over seeds. */
typedef struct eval_row {
    const char *corruption; /* NULL: clean */
    size_t index;
    double amount;
    bool is_adapted; /* after homeostasis */
    double accuracy, ties;
    double silent, saturated; /* shares of the hidden units */
    double winner;            /* the largest share of answers a class got */
    limen_calibration raw, scaled; /* without and with the temperature; bins
                                      hold all seeds' answers */
} eval_row;

/* "gaussian:0.3,block" after the clean one, each once more adapted if wanted;
 * an exit code. */
int eval_read_rows(eval_row rows[EVAL_ROWS], size_t *count, const char *list,
                   bool adapts);

/* The unlabelled images that --adapt N takes its first N from, NULL without it:
 * those of --adapt-data, or what the run held out, or else what it was trained
 * on.  Gives net its rates of training if it has none.  An exit code. */
int eval_pool(limen_data **out, limen_network *net,
              const limen_settings *settings, const limen_data *test,
              const cli_options *options);

limen_status eval_measure(eval_row *row, const eval_subject *subject,
                          limen_error *err);

void eval_print_rows(const eval_row *rows, size_t count,
                     const eval_subject *subject);
json_t *eval_rows_json(const eval_row *rows, size_t count,
                       const eval_subject *subject);
/* The reliability diagram. */
void eval_print_bins(const eval_row *row);

/* Answers as soon as a class leads by so many spikes; an exit code.  Prints
 * them, or adds them to `json`. */
int eval_early(json_t *json, const eval_subject *subject, const char *leads);

/* Whether leads, if there are any, are a list that eval_early reads. */
int eval_check_early(const char *leads);

#endif
