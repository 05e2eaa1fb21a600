/* data_find.h -- which files a set is made of. */
#ifndef LM_DATA_FIND_H
#define LM_DATA_FIND_H

#include "limen.h"

typedef struct lm_data_files {
    char images[1024];
    char labels[1024]; /* empty: the labels are in the images' file */
} lm_data_files;

/* The files of a named set, of a folder of IDX files, or of one file. */
limen_status lm_data_find(lm_data_files *out, const char *name, const char *dir,
                          limen_split split, limen_error *err);

#endif
