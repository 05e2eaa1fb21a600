/* record.h -- rasters as files have them. */
#ifndef LM_RECORD_H
#define LM_RECORD_H

#include "io/file.h"

/* Appends a raster of `steps` rows as rows of ceil(n / 8) bytes, unit i bit
 * i % 8 of byte i / 8. */
limen_status lm_raster_append(lm_file_writer *to, const uint64_t *raster,
                              size_t steps, size_t n, limen_error *err);

#endif
