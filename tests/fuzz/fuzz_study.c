/* fuzz_study.c -- any bytes as a study file. */
#include "base/arena.h"
#include "study/study.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    limen_study *study = lm_alloc(1, 1, sizeof *study);

    if (study == NULL)
        return 0;
    strcpy(study->path, "f");
    (void)lm_study_read(study, (const char *)bytes, size, NULL);
    limen_study_free(study);
    return 0;
}
