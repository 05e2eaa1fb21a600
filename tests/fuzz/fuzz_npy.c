/* fuzz_npy.c -- any bytes as an NPY file. */
#include "io/array.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    lm_array array;

    (void)lm_npy_parse(&array, bytes, size, "f", NULL);
    lm_array_free(&array);
    return 0;
}
