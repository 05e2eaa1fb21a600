/* idx.c -- IDX, the format of MNIST: 0 0 type dims, big-endian sizes, numbers.
 *
 * May be gzipped; then it is inflated into the room that its header promises,
 * so that a small file cannot fill memory.
 */
#include "base/arena.h"
#include "base/error.h"
#include "io/array.h"

#include <string.h>
#include <zlib.h>

enum { HEADER_MAX_BYTES = 4 + 4 * LM_ARRAY_DIMS, INFLATE_MOST = 1032 };

/* Bytes in turn, from a plain or a gzipped file. */
typedef struct source {
    z_stream stream;
    bool is_gzip;
    const unsigned char *bytes;
    size_t size, used;
} source;

static bool source_open(source *from, const unsigned char *bytes, size_t size)
{
    *from = (source){ .bytes = bytes, .size = size };
    from->is_gzip = size >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
    return !from->is_gzip || inflateInit2(&from->stream, 15 + 16) == Z_OK;
}

static void source_close(source *from)
{
    if (from->is_gzip)
        inflateEnd(&from->stream);
}

/* Reads up to `count` bytes; fewer at the end or at a fault. */
static size_t source_read(source *from, unsigned char *to, size_t count)
{
    size_t done = 0;

    if (!from->is_gzip) {
        const size_t left = from->size - from->used;

        done = count < left ? count : left;
        memcpy(to, from->bytes + from->used, done);
        from->used += done;
        return done;
    }
    while (done < count) {
        const size_t room = count - done < 1U << 30 ? count - done : 1U << 30;
        const size_t left = from->size - from->used;
        const size_t chunk = left < 1U << 30 ? left : 1U << 30;

        // zlib wants a pointer it could write through, but does not
        memcpy(&from->stream.next_in,
               &(const unsigned char *){ from->bytes + from->used },
               sizeof from->stream.next_in);
        from->stream.avail_in = (uInt)chunk;
        from->stream.next_out = to + done;
        from->stream.avail_out = (uInt)room;
        const int result = inflate(&from->stream, Z_NO_FLUSH);
        from->used += chunk - from->stream.avail_in;
        done += room - from->stream.avail_out;
        if (result != Z_OK)
            break;
    }
    return done;
}

static size_t size_of_type(unsigned type)
{
    switch (type) {
    case 0x08: // unsigned byte
    case 0x09: // signed byte
        return 1;
    case 0x0b: // short
        return 2;
    case 0x0c: // int
    case 0x0d: // float
        return 4;
    case 0x0e: // double
        return 8;
    default:
        return 0;
    }
}

/* One big-endian number. */
static double number(const unsigned char *at, unsigned type, size_t bytes)
{
    uint64_t bits = 0;
    float single;
    double real;

    for (size_t k = 0; k < bytes; k++)
        bits = bits << 8 | at[k];
    if (type == 0x09)
        return (double)(int8_t)bits;
    if (type == 0x0b)
        return (double)(int16_t)bits;
    if (type == 0x0c)
        return (double)(int32_t)bits;
    if (type == 0x0e) {
        memcpy(&real, &bits, sizeof real);
        return real;
    }
    const uint32_t half = (uint32_t)bits;
    memcpy(&single, &half, sizeof single);
    return (double)single;
}

static limen_status cut_off(const char *name, size_t wanted, limen_error *err)
{
    return lm_error_set(err, LIMEN_BAD_FILE,
                        "%.200s: cut off or damaged; its header promises %zu "
                        "bytes of numbers",
                        name, wanted);
}

static limen_status read_numbers(lm_array *out, source *from, unsigned type,
                                 const char *name, limen_error *err)
{
    const size_t bytes = size_of_type(type);
    limen_status status = lm_array_new(out, type == 0x08, name, err);

    if (status != LIMEN_OK)
        return status;
    if (type == 0x08)
        return source_read(from, out->bytes, out->count) == out->count
                   ? LIMEN_OK
                   : cut_off(name, out->count, err);
    for (size_t k = 0; k < out->count; k++) {
        unsigned char at[8];

        if (source_read(from, at, bytes) != bytes)
            return cut_off(name, out->count * bytes, err);
        out->reals[k] = number(at, type, bytes);
    }
    return LIMEN_OK;
}

static limen_status read_header(lm_array *out, source *from, unsigned *type,
                                const char *name, limen_error *err)
{
    unsigned char head[4];
    size_t bytes;

    if (source_read(from, head, 4) != 4 || head[0] != 0 || head[1] != 0 ||
        size_of_type(head[2]) == 0 || head[3] == 0 || head[3] > LM_ARRAY_DIMS)
        return lm_error_set(err, LIMEN_BAD_FILE,
                            "%.200s: not an IDX file (its first bytes are "
                            "not 0 0, a type and 1 to 4 dimensions)",
                            name);
    *type = head[2];
    out->dims = head[3];
    bytes = size_of_type(*type);
    for (size_t k = 0; k < out->dims; k++) {
        unsigned char size[4];

        if (source_read(from, size, 4) != 4)
            return cut_off(name, 0, err);
        out->shape[k] = (size_t)size[0] << 24 | (size_t)size[1] << 16 |
                        (size_t)size[2] << 8 | size[3];
        if (!lm_size_multiply(&bytes, bytes, out->shape[k]))
            return lm_error_set(err, LIMEN_BAD_FILE,
                                "%.200s: its header asks for more numbers "
                                "than any file has",
                                name);
    }
    // deflate shrinks by at most 1032: a header cannot promise more than that
    const size_t left = from->size - (from->is_gzip ? 0 : from->used);
    const size_t most = from->is_gzip && left < SIZE_MAX / INFLATE_MOST
                            ? left * INFLATE_MOST
                            : left;
    return bytes <= most ? LIMEN_OK : cut_off(name, bytes, err);
}

limen_status lm_idx_parse(lm_array *out, const unsigned char *bytes,
                          size_t size, const char *name, limen_error *err)
{
    source from;
    unsigned type = 0;
    unsigned char more;

    *out = (lm_array){ 0 };
    if (!source_open(&from, bytes, size))
        return lm_error_no_memory(err, name, size);
    limen_status status = read_header(out, &from, &type, name, err);
    if (status == LIMEN_OK)
        status = read_numbers(out, &from, type, name, err);
    if (status == LIMEN_OK && source_read(&from, &more, 1) == 1)
        status =
            lm_error_set(err, LIMEN_BAD_FILE,
                         "%.200s: more bytes than its header promises", name);
    source_close(&from);
    if (status != LIMEN_OK)
        lm_array_free(out);
    return status;
}
