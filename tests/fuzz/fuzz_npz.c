/* fuzz_npz.c -- any bytes as an NPZ file. */
#include "io/array.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    lm_array array;

    (void)lm_npz_parse(&array, bytes, size, "x", "f", NULL);
    lm_array_free(&array);
    return 0;
}
