/* fuzz_csv.c -- any bytes as a CSV file. */
#include "io/array.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    lm_array array;
    lm_array labels;

    (void)lm_csv_parse(&array, &labels, bytes, size, "f", NULL);
    lm_array_free(&labels);
    lm_array_free(&array);
    return 0;
}
