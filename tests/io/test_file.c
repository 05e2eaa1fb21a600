/* test_file.c -- a file is written whole or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "io/file.h"
#include "io/safetensors.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/limen-test-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/file", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder); // fails if a temporary file was left
}

static void assert_content(const char *wanted)
{
    unsigned char *bytes;
    size_t size;

    assert_int_equal(lm_file_read(&bytes, &size, path, NULL), LIMEN_OK);
    assert_int_equal(size, strlen(wanted));
    assert_string_equal((char *)bytes, wanted);
    lm_free(bytes);
}

static size_t files_in_folder(void)
{
    DIR *open = opendir(folder);
    size_t count = 0;

    assert_non_null(open);
    for (const struct dirent *at; (at = readdir(open)) != NULL;)
        count += at->d_name[0] != '.' || strlen(at->d_name) > 2;
    closedir(open);
    return count;
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    assert_int_equal(limen_file_write(path, "old", 3, NULL), LIMEN_OK);
    assert_content("old");
    assert_int_equal(limen_file_write(path, "", 0, NULL), LIMEN_OK);
    assert_content("");
    assert_int_equal(files_in_folder(), 1);
}

static void an_aborted_file_leaves_the_old_one(void **state)
{
    lm_file_writer writer;

    (void)state;
    assert_int_equal(limen_file_write(path, "old", 3, NULL), LIMEN_OK);
    assert_int_equal(lm_file_begin(&writer, path, NULL), LIMEN_OK);
    assert_int_equal(lm_file_append(&writer, "new", 3, NULL), LIMEN_OK);
    assert_content("old");
    lm_file_abort(&writer);
    assert_content("old");
    assert_int_equal(files_in_folder(), 1);
}

static void places_that_cannot_be_written_are_named(void **state)
{
    limen_error err;

    (void)state;
    assert_int_equal(limen_file_write("/nowhere/at/all", "x", 1, &err),
                     LIMEN_CANNOT_WRITE);
    assert_non_null(strstr(err.text, "/nowhere/at/all"));
    assert_int_equal(limen_file_write(folder, "x", 1, &err),
                     LIMEN_CANNOT_WRITE);
    assert_non_null(strstr(err.text, folder));
    assert_int_equal(limen_file_write("", "x", 1, &err), LIMEN_CANNOT_WRITE);
}

static void places_that_cannot_be_read_are_named(void **state)
{
    unsigned char *bytes;
    size_t size;
    limen_error err;

    (void)state;
    assert_int_equal(lm_file_read(&bytes, &size, "/nowhere", &err),
                     LIMEN_BAD_FILE);
    assert_non_null(strstr(err.text, "/nowhere"));
    assert_int_equal(lm_file_read(&bytes, &size, folder, &err), LIMEN_BAD_FILE);
    assert_int_equal(lm_file_read(&bytes, &size, "/dev/zero", &err),
                     LIMEN_BAD_FILE);
}

static void tensors_come_back_with_their_metadata(void **state)
{
    const float w[] = { 1.5F, -2.0F, 0.0F };
    const uint64_t n[] = { 7, UINT64_MAX };
    float back[3];
    lm_tensors *to;
    lm_safetensors *from;
    limen_error err;

    (void)state;
    assert_int_equal(lm_tensors_new(&to, NULL), LIMEN_OK);
    assert_int_equal(lm_tensors_add(to, "w", LM_F32, w, 1, 3, NULL), LIMEN_OK);
    assert_int_equal(lm_tensors_add(to, "n", LM_U64, n, 2, 0, NULL), LIMEN_OK);
    assert_int_equal(lm_tensors_note(to, "b", "two \"words\"\n", NULL),
                     LIMEN_OK);
    assert_int_equal(lm_tensors_write(to, path, NULL), LIMEN_OK);
    lm_tensors_free(to);

    assert_int_equal(lm_safetensors_read(&from, path, NULL), LIMEN_OK);
    assert_string_equal(lm_safetensors_note(from, "b"), "two \"words\"\n");
    assert_null(lm_safetensors_note(from, "c"));
    assert_int_equal(lm_safetensors_count(from, "n", LM_U64), 2);
    assert_true(lm_safetensors_count(from, "n", LM_F32) == SIZE_MAX);
    assert_int_equal(lm_safetensors_get(from, "w", LM_F32, back, 3, NULL),
                     LIMEN_OK);
    assert_memory_equal(back, w, sizeof w);
    assert_int_equal(lm_safetensors_get(from, "w", LM_F32, back, 2, &err),
                     LIMEN_BAD_FILE);
    lm_safetensors_free(from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(an_aborted_file_leaves_the_old_one),
        cmocka_unit_test(places_that_cannot_be_written_are_named),
        cmocka_unit_test(places_that_cannot_be_read_are_named),
        cmocka_unit_test(tensors_come_back_with_their_metadata),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
