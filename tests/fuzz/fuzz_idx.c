/* fuzz_idx.c -- any bytes as an IDX file. */
#include "io/array.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    lm_array array;

    (void)lm_idx_parse(&array, bytes, size, "f", NULL);
    lm_array_free(&array);
    return 0;
}
