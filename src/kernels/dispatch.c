/* dispatch.c -- which backend this machine runs. */
#include "kernels/kernels.h"

#include "limen.h"

#include <stdlib.h>
#include <string.h>

/* Whether the processor and the operating system have what a table needs. */
static int is_usable(const lm_kernels *table)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (table == &lm_kernels_avx2)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const int has_avx512 = __builtin_cpu_supports("avx512f") &&
                           __builtin_cpu_supports("avx512bw") &&
                           __builtin_cpu_supports("avx512vl") &&
                           __builtin_cpu_supports("bmi2");
    if (table == &lm_kernels_avx512)
        return has_avx512;
    if (table == &lm_kernels_avx512vbmi)
        return has_avx512 && __builtin_cpu_supports("avx512vbmi") &&
               __builtin_cpu_supports("avx512vbmi2") &&
               __builtin_cpu_supports("avx512vnni");
#endif
    return table == &lm_kernels_ref;
}

const lm_kernels *lm_kernels_at(size_t i)
{
    static const lm_kernels *const all[] = {
        &lm_kernels_ref,
#if defined(__x86_64__)
        &lm_kernels_avx2,
        &lm_kernels_avx512,
        &lm_kernels_avx512vbmi,
#endif
    };

    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        if (is_usable(all[k]) && i-- == 0)
            return all[k];
    return NULL;
}

const lm_kernels *lm_kernels_best(void)
{
    const char *wanted = getenv("LIMEN_BACKEND");
    const lm_kernels *best = NULL;
    const lm_kernels *table;

    for (size_t i = 0; (table = lm_kernels_at(i)) != NULL; i++) {
        if (wanted == NULL || wanted[0] == '\0')
            best = table;
        else if (strcmp(wanted, table->name) == 0)
            return table;
    }
    return best;
}

const char *limen_backend(void)
{
    const lm_kernels *best = lm_kernels_best();

    return best == NULL ? NULL : best->name;
}

const char *limen_backend_at(size_t i)
{
    const lm_kernels *table = lm_kernels_at(i);

    return table == NULL ? NULL : table->name;
}
