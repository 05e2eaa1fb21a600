/* safetensors_write.c -- collects arrays, then writes them whole. */
#include "io/safetensors.h"

#include "base/arena.h"
#include "base/error.h"
#include "io/dtype.h"
#include "io/file.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

typedef struct tensor {
    const void *data;
    size_t bytes;
} tensor;

struct lm_tensors {
    json_t *header, *notes;
    tensor *tensor; /* (count) */
    size_t count, room, end;
};

limen_status lm_tensors_new(lm_tensors **out, limen_error *err)
{
    lm_tensors *tensors = lm_alloc(1, 1, sizeof *tensors);

    *out = NULL;
    if (tensors != NULL) {
        tensors->header = json_object();
        tensors->notes = json_object();
    }
    if (tensors == NULL || tensors->header == NULL || tensors->notes == NULL) {
        lm_tensors_free(tensors);
        return lm_error_no_memory(err, "a file's header", sizeof *tensors);
    }
    *out = tensors;
    return LIMEN_OK;
}

void lm_tensors_free(lm_tensors *tensors)
{
    if (tensors == NULL)
        return;
    json_decref(tensors->header);
    json_decref(tensors->notes);
    lm_free(tensors->tensor);
    lm_free(tensors);
}

limen_status lm_tensors_add(lm_tensors *tensors, const char *name,
                            lm_dtype dtype, const void *data, size_t rows,
                            size_t cols, limen_error *err)
{
    const size_t items = cols == 0 ? rows : rows * cols;
    const size_t bytes = items * lm_dtype_bytes(dtype);

    if (tensors->count == tensors->room) {
        const size_t room = 2 * tensors->room + 16;
        tensor *more =
            lm_grow(tensors->tensor, tensors->count, room, sizeof *more);

        if (more == NULL)
            return lm_error_no_memory(err, "a file's header", room);
        tensors->tensor = more;
        tensors->room = room;
    }
    json_t *shape =
        cols == 0 ? json_pack("[I]", (json_int_t)rows)
                  : json_pack("[I,I]", (json_int_t)rows, (json_int_t)cols);
    const size_t end = tensors->end + bytes;
    json_t *entry = json_pack(
        "{s:s, s:o, s:[I,I]}", "dtype", lm_dtype_name(dtype), "shape", shape,
        "data_offsets", (json_int_t)tensors->end, (json_int_t)end);
    if (entry == NULL || json_object_set_new(tensors->header, name, entry))
        return lm_error_no_memory(err, "a file's header", bytes);
    tensors->tensor[tensors->count++] = (tensor){ data, bytes };
    tensors->end = end;
    return LIMEN_OK;
}

limen_status lm_tensors_note(lm_tensors *tensors, const char *name,
                             const char *text, limen_error *err)
{
    if (json_object_set_new(tensors->notes, name, json_string(text)) != 0)
        return lm_error_no_memory(err, "a file's metadata", strlen(text));
    return LIMEN_OK;
}

/* The header as text, padded so that the arrays start at a multiple of 8. */
static char *header_text(const lm_tensors *tensors, size_t *length)
{
    json_t *all = json_object();
    json_t *notes = json_object();
    char *text = NULL;

    // sorted notes first, then arrays as added
    if (json_object_set_new(all, "__metadata__", notes) != 0)
        notes = NULL;
    const char *name;
    json_t *value;
    size_t count = json_object_size(tensors->notes);
    const char **names = lm_alloc(count, 1, sizeof *names);
    if (notes != NULL && names != NULL) {
        size_t k = 0;

        json_object_foreach(tensors->notes, name, value)
        {
            size_t place = k++;

            for (; place > 0 && strcmp(names[place - 1], name) > 0; place--)
                names[place] = names[place - 1];
            names[place] = name;
        }
        for (k = 0; k < count; k++)
            json_object_set(notes, names[k],
                            json_object_get(tensors->notes, names[k]));
        json_object_update(all, tensors->header);
        text = json_dumps(all, JSON_COMPACT | JSON_PRESERVE_ORDER);
    }
    lm_free(names);
    json_decref(all);
    if (text == NULL)
        return NULL;
    const size_t bytes = strlen(text);
    *length = (bytes + 7) / 8 * 8;
    char *padded = lm_alloc(*length + 1, 1, 1);
    if (padded != NULL) {
        memset(padded, ' ', *length);
        memcpy(padded, text, bytes);
    }
    free(text);
    return padded;
}

static limen_status write_all(const lm_tensors *tensors, const char *text,
                              size_t length, lm_file_writer *to,
                              limen_error *err)
{
    unsigned char size[8];
    limen_status status;

    for (size_t k = 0; k < 8; k++)
        size[k] = (unsigned char)(length >> (8 * k));
    status = lm_file_append(to, size, sizeof size, err);
    if (status == LIMEN_OK)
        status = lm_file_append(to, text, length, err);
    for (size_t k = 0; status == LIMEN_OK && k < tensors->count; k++)
        status = lm_file_append(to, tensors->tensor[k].data,
                                tensors->tensor[k].bytes, err);
    return status;
}

limen_status lm_tensors_write(const lm_tensors *tensors, const char *path,
                              limen_error *err)
{
    size_t length;
    char *text = header_text(tensors, &length);
    lm_file_writer to;

    if (text == NULL)
        return lm_error_no_memory(err, "a file's header", tensors->count);
    limen_status status = lm_file_begin(&to, path, err);
    if (status == LIMEN_OK) {
        status = write_all(tensors, text, length, &to, err);
        if (status == LIMEN_OK)
            status = lm_file_commit(&to, err);
        else
            lm_file_abort(&to);
    }
    lm_free(text);
    return status;
}
