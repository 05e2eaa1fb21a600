/* array.c -- room for what was read. */
#include "io/array.h"

#include "base/arena.h"
#include "base/error.h"

void lm_array_free(lm_array *array)
{
    lm_free(array->bytes);
    lm_free(array->reals);
    *array = (lm_array){ 0 };
}

limen_status lm_array_new(lm_array *array, bool is_bytes, const char *what,
                          limen_error *err)
{
    size_t count = 1;
    bool fits = true;

    for (size_t k = 0; k < array->dims; k++)
        fits = fits && lm_size_multiply(&count, count, array->shape[k]);
    array->count = count;
    if (fits && is_bytes)
        array->bytes = lm_alloc(count, 1, 1);
    else if (fits)
        array->reals = lm_alloc(count, 1, sizeof *array->reals);
    if (array->bytes == NULL && array->reals == NULL)
        return lm_error_no_memory(err, what, fits ? count : SIZE_MAX);
    return LIMEN_OK;
}
