/* npy.c -- NumPy's NPY: magic, version, a header that looks like a Python
 * dictionary, numbers in C order. */
#include "base/arena.h"
#include "base/error.h"
#include "io/array.h"
#include "io/npy.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct format {
    char kind;      /* b, i, u or f */
    size_t bytes;   /* of a number */
    bool is_little; /* endian */
    size_t data;    /* where numbers begin */
} format;

static limen_status bad(const char *name, const char *what, limen_error *err)
{
    return lm_error_set(err, LIMEN_BAD_FILE, "%.200s: %s", name, what);
}

/* What follows 'key': in the header, or NULL. */
static const char *after_key(const char *header, const char *key)
{
    const char *at = strstr(header, key);

    if (at == NULL)
        return NULL;
    at += strlen(key);
    at += strspn(at, " ");
    if (*at != ':')
        return NULL;
    at++;
    return at + strspn(at, " ");
}

static bool read_type(format *to, const char *at)
{
    if (at == NULL || at[0] != '\'' || strchr("<>|=", at[1]) == NULL ||
        strchr("biuf", at[2]) == NULL || at[3] < '1' || at[3] > '8' ||
        at[4] != '\'')
        return false;
    to->kind = at[2];
    to->bytes = (size_t)(at[3] - '0');
    to->is_little = at[1] != '>';
    if (to->kind == 'f')
        return to->bytes == 4 || to->bytes == 8;
    if (to->kind == 'b')
        return to->bytes == 1;
    return to->bytes == 1 || to->bytes == 2 || to->bytes == 4 || to->bytes == 8;
}

static bool read_shape(lm_array *to, const char *at)
{
    if (at == NULL || *at++ != '(')
        return false;
    for (;;) {
        char *end;

        at += strspn(at, " ,");
        if (*at == ')')
            return true;
        if (*at < '0' || *at > '9' || to->dims == LM_ARRAY_DIMS)
            return false;
        const unsigned long long length = strtoull(at, &end, 10);
        if (length > SIZE_MAX / 16)
            return false;
        to->shape[to->dims++] = (size_t)length;
        at = end;
    }
}

/* The header's text, ended by a zero byte, or NULL. */
static char *header_of(format *to, const unsigned char *bytes, size_t size)
{
    size_t start = 10;
    size_t length;

    if (size < 12 || memcmp(bytes, "\x93NUMPY", 6) != 0 || bytes[6] < 1 ||
        bytes[6] > 3)
        return NULL;
    length = (size_t)bytes[8] | (size_t)bytes[9] << 8;
    if (bytes[6] > 1) {
        start = 12;
        length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
    }
    if (length > size - start || length > 65536)
        return NULL;
    to->data = start + length;
    char *text = lm_alloc(length + 1, 1, 1);
    if (text != NULL)
        memcpy(text, bytes + start, length);
    return text;
}

static double number(const unsigned char *at, const format *as)
{
    uint64_t bits = 0;
    double real;
    float single;

    for (size_t k = 0; k < as->bytes; k++)
        bits |= (uint64_t)at[k] << 8 * (as->is_little ? k : as->bytes - 1 - k);
    if (as->kind == 'f' && as->bytes == 8) {
        memcpy(&real, &bits, sizeof real);
        return real;
    }
    if (as->kind == 'f') {
        const uint32_t half = (uint32_t)bits;

        memcpy(&single, &half, sizeof single);
        return (double)single;
    }
    if (as->kind != 'i')
        return (double)bits;
    assert(as->bytes > 0); // or the shifts would be as wide as the word
    const unsigned unused = 64 - 8 * (unsigned)as->bytes;
    return (double)((int64_t)(bits << unused) >> unused);
}

static limen_status read_header(lm_array *out, format *as,
                                const unsigned char *bytes, size_t size,
                                const char *name, limen_error *err)
{
    char *header = header_of(as, bytes, size);

    if (header == NULL)
        return bad(name, "not an NPY file, or its header is cut off", err);
    const char *order = after_key(header, "'fortran_order'");
    const bool is_read = read_type(as, after_key(header, "'descr'")) &&
                         read_shape(out, after_key(header, "'shape'")) &&
                         order != NULL;
    const bool is_c_order =
        order != NULL && (strncmp(order, "False", 5) == 0 || out->dims < 2);
    lm_free(header);
    if (!is_read)
        return bad(name,
                   "its numbers are not whole or floating-point ones in at "
                   "most 4 dimensions; save them as uint8 or float32",
                   err);
    if (!is_c_order)
        return bad(name,
                   "its array is in Fortran order; save "
                   "numpy.ascontiguousarray(x)",
                   err);
    size_t wanted = as->bytes;
    for (size_t k = 0; k < out->dims; k++)
        if (!lm_size_multiply(&wanted, wanted, out->shape[k]))
            return bad(name, "its header asks for more than any file has", err);
    if (wanted != size - as->data)
        return lm_error_set(err, LIMEN_BAD_FILE,
                            "%.200s: cut off or damaged; its header promises "
                            "%zu bytes of numbers, it has %zu",
                            name, wanted, size - as->data);
    return LIMEN_OK;
}

limen_status lm_npy_parse(lm_array *out, const unsigned char *bytes,
                          size_t size, const char *name, limen_error *err)
{
    format as = { 0 };

    *out = (lm_array){ 0 };
    limen_status status = read_header(out, &as, bytes, size, name, err);
    if (status != LIMEN_OK)
        return status;
    const bool is_bytes = as.kind == 'u' && as.bytes == 1;
    status = lm_array_new(out, is_bytes, name, err);
    if (status != LIMEN_OK)
        return status;
    if (is_bytes)
        memcpy(out->bytes, bytes + as.data, out->count);
    for (size_t k = 0; !is_bytes && k < out->count; k++)
        out->reals[k] = number(bytes + as.data + k * as.bytes, &as);
    return LIMEN_OK;
}

size_t lm_npy_head(char head[LM_NPY_HEAD], const char *type,
                   const size_t *shape, size_t dims)
{
    const size_t magic = 10;
    size_t used =
        magic + (size_t)snprintf(head + magic, LM_NPY_HEAD - magic,
                                 "{'descr': '%s', 'fortran_order': False, "
                                 "'shape': (",
                                 type);

    for (size_t k = 0; k < dims; k++)
        used +=
            (size_t)snprintf(head + used, LM_NPY_HEAD - used, "%zu,", shape[k]);
    used += (size_t)snprintf(head + used, LM_NPY_HEAD - used, "), }");
    // magic and header end at a multiple of 64, with a newline
    const size_t length = (used + 1 + 63) / 64 * 64;
    memset(head + used, ' ', length - used);
    head[length - 1] = '\n';
    memcpy(head, "\x93NUMPY\x01", 8);
    head[8] = (char)((length - magic) & 0xff);
    head[9] = (char)((length - magic) >> 8);
    return length;
}

limen_status lm_npy_begin(lm_file_writer *writer, const char *path,
                          const size_t *shape, size_t dims, limen_error *err)
{
    char head[LM_NPY_HEAD];
    const size_t length = lm_npy_head(head, "|u1", shape, dims);

    limen_status status = lm_file_begin(writer, path, err);
    if (status != LIMEN_OK)
        return status;
    status = lm_file_append(writer, head, length, err);
    if (status != LIMEN_OK)
        lm_file_abort(writer);
    return status;
}
