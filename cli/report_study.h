/* report_study.h -- what the parts of a study's page share. */
#ifndef LIMEN_REPORT_STUDY_H
#define LIMEN_REPORT_STUDY_H

#include "report.h"

enum { STUDY_KINDS = 64 };

typedef struct study {
    cli_text *to;
    json_t *about, *result; /* study.json, result.json */
    const json_t *arms;
    const char *kinds[STUDY_KINDS]; /* corruptions, in their order */
    size_t kind_count;
} study;

/* Values of a summary; "" or NAN for what is not there. */
const char *study_text(const json_t *object, const char *name);
double study_number(const json_t *value);
/* A number, or {"mean", "low", "high"}. */
limen_interval study_interval(const json_t *value);
/* NULL: clean. */
const char *study_corruption(const json_t *condition);

/* Tables: every condition; differences; one row an arm, one column for each
 * measure of arm[what]. */
void study_conditions(study *all);
void study_differences(study *all);
void study_measures(study *all, const char *what, const char *heading,
                    const char *words);

#endif
