/* safetensors_read.c -- reading, with every number of the header checked. */
#include "base/arena.h"
#include "base/error.h"
#include "io/dtype.h"
#include "io/file.h"
#include "io/safetensors.h"

#include <jansson.h>
#include <stdint.h>
#include <string.h>

enum { HEADER_MAX_BYTES = 100 << 20 }; // the format's own limit

struct lm_safetensors {
    unsigned char *owned; /* the file's bytes if they were read here */
    const unsigned char *data;
    size_t data_bytes;
    json_t *header;
    char name[256];
};

static limen_status bad(const lm_safetensors *from, const char *what,
                        const char *tensor, limen_error *err)
{
    return lm_error_set(err, LIMEN_BAD_FILE, "%s: %s%s%.80s", from->name, what,
                        tensor[0] == '\0' ? "" : ": ", tensor);
}

static size_t size_of_dtype(const char *dtype)
{
    static const char *const names[] = { "F32", "F64",  "U8",  "U32", "U64",
                                         "I8",  "I16",  "I32", "I64", "U16",
                                         "F16", "BF16", "BOOL" };
    static const size_t bytes[] = { 4, 8, 1, 4, 8, 1, 2, 4, 8, 2, 2, 2, 1 };

    for (size_t k = 0; dtype != NULL && k < sizeof bytes / sizeof *bytes; k++)
        if (strcmp(dtype, names[k]) == 0)
            return bytes[k];
    return 0;
}

/* The bytes that dtype and shape ask for; SIZE_MAX if they are malformed. */
static size_t wanted_bytes(const json_t *entry)
{
    size_t bytes =
        size_of_dtype(json_string_value(json_object_get(entry, "dtype")));
    const json_t *shape = json_object_get(entry, "shape");

    if (bytes == 0 || !json_is_array(shape) || json_array_size(shape) > 8)
        return SIZE_MAX;
    for (size_t k = 0; k < json_array_size(shape); k++) {
        const json_t *length = json_array_get(shape, k);

        if (!json_is_integer(length) || json_integer_value(length) < 0 ||
            !lm_size_multiply(&bytes, bytes,
                              (size_t)json_integer_value(length)))
            return SIZE_MAX;
    }
    return bytes;
}

static bool offsets_of(const json_t *entry, size_t *first, size_t *last)
{
    const json_t *offsets = json_object_get(entry, "data_offsets");
    const json_t *low = json_array_get(offsets, 0);
    const json_t *high = json_array_get(offsets, 1);

    if (!json_is_array(offsets) || json_array_size(offsets) != 2 ||
        !json_is_integer(low) || !json_is_integer(high) ||
        json_integer_value(low) < 0 ||
        json_integer_value(high) < json_integer_value(low))
        return false;
    *first = (size_t)json_integer_value(low);
    *last = (size_t)json_integer_value(high);
    return true;
}

static limen_status check_notes(const lm_safetensors *from, json_t *notes,
                                limen_error *err)
{
    const char *name;
    json_t *text;

    if (!json_is_object(notes))
        return bad(from, "its metadata is not an object", "", err);
    json_object_foreach(notes, name, text)
    {
        if (!json_is_string(text))
            return bad(from, "metadata that is no text", name, err);
    }
    return LIMEN_OK;
}

static limen_status check_header(const lm_safetensors *from, limen_error *err)
{
    const char *name;
    json_t *entry;
    size_t total = 0;

    json_object_foreach(from->header, name, entry)
    {
        size_t first;
        size_t last;

        if (strcmp(name, "__metadata__") == 0) {
            const limen_status status = check_notes(from, entry, err);
            if (status != LIMEN_OK)
                return status;
            continue;
        }
        if (!json_is_object(entry) || !offsets_of(entry, &first, &last))
            return bad(from, "an array without type, shape or place", name,
                       err);
        if (last > from->data_bytes || wanted_bytes(entry) != last - first)
            return bad(from, "an array outside the file, or of another size",
                       name, err);
        total += last - first;
        if (total > from->data_bytes)
            return bad(from, "arrays that overlap", name, err);
    }
    if (total != from->data_bytes)
        return bad(from, "its arrays do not fill it; is it cut off?", "", err);
    return LIMEN_OK;
}

static limen_status parse(lm_safetensors *from, const unsigned char *bytes,
                          size_t size, limen_error *err)
{
    uint64_t length = 0;
    json_error_t why;

    if (size < 8)
        return bad(from, "not a safetensors file, it is too short", "", err);
    for (size_t k = 0; k < 8; k++)
        length |= (uint64_t)bytes[k] << (8 * k);
    if (length > size - 8 || length > HEADER_MAX_BYTES)
        return bad(from, "not a safetensors file, or it is cut off", "", err);
    from->header = json_loadb((const char *)bytes + 8, (size_t)length,
                              JSON_REJECT_DUPLICATES, &why);
    if (!json_is_object(from->header))
        return bad(from, "its header is not JSON", "", err);
    from->data = bytes + 8 + length;
    from->data_bytes = size - 8 - (size_t)length;
    return check_header(from, err);
}

limen_status lm_safetensors_parse(lm_safetensors **out,
                                  const unsigned char *bytes, size_t size,
                                  const char *name, limen_error *err)
{
    lm_safetensors *from = lm_alloc(1, 1, sizeof *from);

    *out = NULL;
    if (from == NULL)
        return lm_error_no_memory(err, name, sizeof *from);
    snprintf(from->name, sizeof from->name, "%s", name);
    const limen_status status = parse(from, bytes, size, err);
    if (status != LIMEN_OK) {
        lm_safetensors_free(from);
        return status;
    }
    *out = from;
    return LIMEN_OK;
}

limen_status lm_safetensors_read(lm_safetensors **out, const char *path,
                                 limen_error *err)
{
    unsigned char *bytes;
    size_t size;
    limen_status status = lm_file_read(&bytes, &size, path, err);

    *out = NULL;
    if (status == LIMEN_OK)
        status = lm_safetensors_parse(out, bytes, size, path, err);
    if (status != LIMEN_OK) {
        lm_free(bytes);
        return status;
    }
    (*out)->owned = bytes;
    return LIMEN_OK;
}

void lm_safetensors_free(lm_safetensors *from)
{
    if (from == NULL)
        return;
    json_decref(from->header);
    lm_free(from->owned);
    lm_free(from);
}

const char *lm_safetensors_name(const lm_safetensors *from)
{
    return from->name;
}

const char *lm_safetensors_note(const lm_safetensors *from, const char *name)
{
    return json_string_value(
        json_object_get(json_object_get(from->header, "__metadata__"), name));
}

static const json_t *find(const lm_safetensors *from, const char *name,
                          lm_dtype dtype)
{
    const json_t *entry = json_object_get(from->header, name);
    const char *type = json_string_value(json_object_get(entry, "dtype"));

    return type != NULL && strcmp(type, lm_dtype_name(dtype)) == 0 ? entry
                                                                   : NULL;
}

size_t lm_safetensors_count(const lm_safetensors *from, const char *name,
                            lm_dtype dtype)
{
    const json_t *entry = find(from, name, dtype);

    return entry == NULL ? SIZE_MAX
                         : wanted_bytes(entry) / lm_dtype_bytes(dtype);
}

limen_status lm_safetensors_get(const lm_safetensors *from, const char *name,
                                lm_dtype dtype, void *data, size_t count,
                                limen_error *err)
{
    const json_t *entry = find(from, name, dtype);
    size_t first;
    size_t last;

    if (entry == NULL || !offsets_of(entry, &first, &last) ||
        (last - first) / lm_dtype_bytes(dtype) != count)
        return lm_error_set(err, LIMEN_BAD_FILE,
                            "%s: it lacks the array %.80s of %zu %s",
                            from->name, name, count, lm_dtype_name(dtype));
    if (count > 0)
        memcpy(data, from->data + first, last - first);
    return LIMEN_OK;
}
