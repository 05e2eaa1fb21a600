/* fuzz_safetensors.c -- any bytes as a safetensors file. */
#include "io/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    lm_safetensors *from;

    (void)lm_safetensors_parse(&from, bytes, size, "f", NULL);
    lm_safetensors_free(from);
    return 0;
}
