/* test_readers.c -- every reader against good files and damaged ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/array.h"
#include "io/safetensors.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

enum { FILE_MOST = 2048 };

typedef struct sample {
    unsigned char bytes[FILE_MOST];
    size_t size;
} sample;

typedef limen_status (*parser)(const unsigned char *bytes, size_t size,
                               limen_error *err);

/* ---- One small good file of each format ---- */

static void append(sample *to, const void *bytes, size_t size)
{
    assert_true(to->size + size <= FILE_MOST);
    memcpy(to->bytes + to->size, bytes, size);
    to->size += size;
}

static void make_idx(sample *to)
{
    append(to, "\0\0\x08\x02\0\0\0\x02\0\0\0\x03\1\2\3\4\5\6", 18);
}

static void make_npy(sample *to)
{
    char header[118];

    memset(header, ' ', sizeof header);
    const char text[] =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }";
    memcpy(header, text, strlen(text));
    header[117] = '\n';
    append(to, "\x93NUMPY\1\0\x76\0", 10);
    append(to, header, sizeof header);
    append(to, (const float[]){ 0.25F, -3.0F }, 8);
}

static void make_npz(sample *to)
{
    sample member = { .size = 0 };
    zip_error_t why;
    zip_stat_t about;

    make_npy(&member);
    zip_source_t *all = zip_source_buffer_create(NULL, 0, 0, &why);
    zip_t *zip = zip_open_from_source(all, ZIP_CREATE, &why);
    zip_source_keep(all);
    zip_source_t *data = zip_source_buffer(zip, member.bytes, member.size, 0);
    assert_true(zip_file_add(zip, "x.npy", data, 0) >= 0);
    assert_int_equal(zip_close(zip), 0);
    assert_int_equal(zip_source_open(all), 0);
    assert_int_equal(zip_source_stat(all, &about), 0);
    assert_true(about.size <= FILE_MOST);
    to->size = (size_t)zip_source_read(all, to->bytes, FILE_MOST);
    zip_source_close(all);
    zip_source_free(all);
}

static void make_csv(sample *to)
{
    const char text[] = "label,a,b\n1,0.5,2e-1\n\n0, -3 ,7\n";

    append(to, text, strlen(text));
}

static void make_png(sample *to)
{
    png_image image = { .version = PNG_IMAGE_VERSION,
                        .width = 3,
                        .height = 2,
                        .format = PNG_FORMAT_GRAY };
    png_alloc_size_t size = FILE_MOST;

    assert_true(png_image_write_to_memory(&image, to->bytes, &size, 0,
                                          "\0\1\2\xfd\xfe\xff", 0, NULL));
    to->size = size;
}

static void make_safetensors(sample *to)
{
    const char text[] = "{\"__metadata__\":{\"limen\":\"{}\"},"
                        "\"w\":{\"dtype\":\"F32\",\"shape\":[2,1],"
                        "\"data_offsets\":[0,8]}}  ";
    const uint64_t length = strlen(text);

    append(to, &length, 8);
    append(to, text, length);
    append(to, (const float[]){ 0.25F, -3.0F }, 8);
}

/* ---- Parsers of one shape ---- */

static limen_status freed(limen_status status, lm_array *array)
{
    lm_array_free(array);
    return status;
}

static limen_status parse_idx(const unsigned char *bytes, size_t size,
                              limen_error *err)
{
    lm_array array;
    const limen_status status = lm_idx_parse(&array, bytes, size, "f", err);

    return freed(status, &array);
}

static limen_status parse_npy(const unsigned char *bytes, size_t size,
                              limen_error *err)
{
    lm_array array;
    const limen_status status = lm_npy_parse(&array, bytes, size, "f", err);

    return freed(status, &array);
}

static limen_status parse_npz(const unsigned char *bytes, size_t size,
                              limen_error *err)
{
    lm_array array;
    const limen_status status =
        lm_npz_parse(&array, bytes, size, "x", "f", err);

    return freed(status, &array);
}

static limen_status parse_csv(const unsigned char *bytes, size_t size,
                              limen_error *err)
{
    lm_array array;
    lm_array labels;
    const limen_status status =
        lm_csv_parse(&array, &labels, bytes, size, "f", err);

    lm_array_free(&labels);
    return freed(status, &array);
}

static limen_status parse_png(const unsigned char *bytes, size_t size,
                              limen_error *err)
{
    lm_array array;
    const limen_status status = lm_png_parse(&array, bytes, size, "f", err);

    return freed(status, &array);
}

static limen_status parse_safetensors(const unsigned char *bytes, size_t size,
                                      limen_error *err)
{
    lm_safetensors *file;
    const limen_status status =
        lm_safetensors_parse(&file, bytes, size, "f", err);

    lm_safetensors_free(file);
    return status;
}

typedef struct format {
    const char *name;
    void (*make)(sample *to);
    parser parse;
    size_t spare; // bytes at the end without which the data is still whole
} format;

static const format formats[] = {
    { "idx", make_idx, parse_idx, 0 },
    { "npy", make_npy, parse_npy, 0 },
    { "npz", make_npz, parse_npz, 0 },
    { "csv", make_csv, parse_csv, FILE_MOST },
    { "png", make_png, parse_png, 16 }, // IDAT's checksum, IEND
    { "safetensors", make_safetensors, parse_safetensors, 0 },
};

#define EACH_FORMAT(f)                                                         \
    for (const format *f = formats;                                            \
         f < formats + sizeof formats / sizeof *formats; f++)

/* The file in a block of its own size, so that a sanitiser sees every byte read
 * past the end; and what a refusal must look like. */
static limen_status parse_tight(const format *f, const unsigned char *bytes,
                                size_t size)
{
    limen_error err = { .text = "" };
    unsigned char *copy = malloc(size == 0 ? 1 : size);

    assert_non_null(copy);
    memcpy(copy, bytes, size);
    const limen_status status =
        f->parse(size == 0 ? copy + 1 : copy, size, &err);
    free(copy);
    if (status != LIMEN_OK) {
        assert_true(status == LIMEN_BAD_FILE || status == LIMEN_NO_MEMORY);
        assert_int_equal(err.status, status);
        assert_true(err.text[0] == 'f' || status == LIMEN_NO_MEMORY);
        assert_null(strchr(err.text, '\n'));
    }
    return status;
}

static void a_good_file_is_read(void **state)
{
    (void)state;
    EACH_FORMAT(f)
    {
        sample good = { .size = 0 };

        f->make(&good);
        if (parse_tight(f, good.bytes, good.size) != LIMEN_OK)
            fail_msg("%s", f->name);
    }
}

static void a_file_cut_off_anywhere_is_refused(void **state)
{
    (void)state;
    EACH_FORMAT(f)
    {
        sample good = { .size = 0 };

        f->make(&good);
        for (size_t size = 0; size < good.size; size++)
            if (parse_tight(f, good.bytes, size) == LIMEN_OK &&
                size + f->spare < good.size)
                fail_msg("%s of %zu bytes", f->name, size);
    }
}

static void any_flipped_bit_is_survived(void **state)
{
    (void)state;
    EACH_FORMAT(f)
    {
        sample good = { .size = 0 };

        f->make(&good);
        for (size_t bit = 0; bit < 8 * good.size; bit++) {
            sample bad = good;

            bad.bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
            (void)parse_tight(f, bad.bytes, bad.size);
        }
    }
}

static void any_byte_may_be_its_extreme(void **state)
{
    const unsigned char extremes[] = { 0, 0x7f, 0x80, 0xff, '9', '-' };

    (void)state;
    EACH_FORMAT(f)
    {
        sample good = { .size = 0 };

        f->make(&good);
        for (size_t at = 0; at < good.size; at++)
            for (size_t k = 0; k < sizeof extremes; k++) {
                sample bad = good;

                bad.bytes[at] = extremes[k];
                (void)parse_tight(f, bad.bytes, bad.size);
            }
    }
}

static void another_formats_file_is_refused(void **state)
{
    (void)state;
    EACH_FORMAT(f)
    EACH_FORMAT(other)
    {
        sample strange = { .size = 0 };

        other->make(&strange);
        if (f != other)
            assert_int_equal(parse_tight(f, strange.bytes, strange.size),
                             LIMEN_BAD_FILE);
    }
}

/* ---- What comes out ---- */

static void idx_numbers_are_those_written(void **state)
{
    sample good = { .size = 0 };
    lm_array array;

    (void)state;
    make_idx(&good);
    assert_int_equal(lm_idx_parse(&array, good.bytes, good.size, "f", NULL),
                     LIMEN_OK);
    assert_int_equal(array.dims, 2);
    assert_int_equal(array.shape[0], 2);
    assert_int_equal(array.shape[1], 3);
    assert_memory_equal(array.bytes, "\1\2\3\4\5\6", 6);
    lm_array_free(&array);
}

static void npz_numbers_are_those_written(void **state)
{
    sample good = { .size = 0 };
    lm_array array;

    (void)state;
    make_npz(&good);
    assert_int_equal(
        lm_npz_parse(&array, good.bytes, good.size, "x", "f", NULL), LIMEN_OK);
    assert_int_equal(array.dims, 2);
    assert_true(array.reals[0] == 0.25 && array.reals[1] == -3.0);
    lm_array_free(&array);
    assert_int_equal(
        lm_npz_parse(&array, good.bytes, good.size, "y", "f", NULL), LIMEN_OK);
    assert_int_equal(array.dims, 0);
    lm_array_free(&array);
}

static void csv_numbers_are_those_written(void **state)
{
    const double wanted[] = { 0.5, 0.2, -3.0, 7.0 };
    sample good = { .size = 0 };
    lm_array array;
    lm_array labels;

    (void)state;
    make_csv(&good);
    assert_int_equal(
        lm_csv_parse(&array, &labels, good.bytes, good.size, "f", NULL),
        LIMEN_OK);
    assert_int_equal(array.shape[0], 2);
    assert_memory_equal(array.reals, wanted, sizeof wanted);
    assert_true(labels.reals[0] == 1.0 && labels.reals[1] == 0.0);
    lm_array_free(&array);
    lm_array_free(&labels);
}

static void png_numbers_are_those_written(void **state)
{
    sample good = { .size = 0 };
    lm_array array;

    (void)state;
    make_png(&good);
    assert_int_equal(lm_png_parse(&array, good.bytes, good.size, "f", NULL),
                     LIMEN_OK);
    assert_int_equal(array.shape[0], 2);
    assert_int_equal(array.shape[1], 3);
    assert_memory_equal(array.bytes, "\0\1\2\xfd\xfe\xff", 6);
    lm_array_free(&array);
}

static void a_header_cannot_ask_for_more_than_the_file_has(void **state)
{
    (void)state;
    const unsigned char idx[] = { 0,    0,    8,    3,    0xff, 0xff,
                                  0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                  0xff, 0xff, 0xff, 0xff };
    const unsigned char st[16] = { 0xff, 0xff, 0xff, 0xff,
                                   0xff, 0xff, 0xff, 0x7f };

    assert_int_equal(parse_tight(&formats[0], idx, sizeof idx), LIMEN_BAD_FILE);
    assert_int_equal(parse_tight(&formats[5], st, sizeof st), LIMEN_BAD_FILE);
    sample npy = { .size = 0 };
    make_npy(&npy);
    char *shape = strstr((char *)npy.bytes + 10, "(2, 1), }");
    assert_non_null(shape);
    memcpy(shape, "(999999999999, 999999999999, 99), }", 35);
    assert_int_equal(parse_tight(&formats[1], npy.bytes, npy.size),
                     LIMEN_BAD_FILE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_file_is_read),
        cmocka_unit_test(a_file_cut_off_anywhere_is_refused),
        cmocka_unit_test(any_flipped_bit_is_survived),
        cmocka_unit_test(any_byte_may_be_its_extreme),
        cmocka_unit_test(another_formats_file_is_refused),
        cmocka_unit_test(idx_numbers_are_those_written),
        cmocka_unit_test(npz_numbers_are_those_written),
        cmocka_unit_test(csv_numbers_are_those_written),
        cmocka_unit_test(png_numbers_are_those_written),
        cmocka_unit_test(a_header_cannot_ask_for_more_than_the_file_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
