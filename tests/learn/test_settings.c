/* test_settings.c -- settings by name, from text, files and presets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "learn/settings.h"
#include "learn/settings_yaml.h"
#include "toy.h"

#include <string.h>

static int make(void **state)
{
    return (int)limen_settings_new((limen_settings **)state, NULL);
}

static int drop(void **state)
{
    limen_settings_free(*state);
    return 0;
}

static limen_status load(limen_settings *settings, const char *text,
                         limen_error *err)
{
    return lm_settings_load_text(settings, text, strlen(text), "f", err);
}

static void defaults_are_valid_and_not_set(void **state)
{
    for (size_t i = 0; i < limen_setting_count(); i++) {
        const limen_setting_info *info = limen_setting_at(i);

        assert_string_equal(limen_settings_get(*state, info->name),
                            info->initial);
        assert_false(limen_settings_is_set(*state, info->name));
        assert_true(strlen(info->help) > 5);
    }
    assert_null(limen_settings_get(*state, "no-such"));
}

static void what_is_set_is_read_in_its_type(void **state)
{
    size_t count;

    assert_int_equal(limen_settings_set(*state, "epochs", "7", NULL), LIMEN_OK);
    assert_int_equal(lm_settings_int(*state, "epochs"), 7);
    assert_true(limen_settings_is_set(*state, "epochs"));
    assert_int_equal(limen_settings_set(*state, "gain", "-2.5e-1", NULL),
                     LIMEN_BAD_VALUE);
    assert_int_equal(limen_settings_set(*state, "gain", "2.5e-1", NULL),
                     LIMEN_OK);
    assert_true(lm_settings_real(*state, "gain") == 0.25);
    assert_int_equal(limen_settings_set(*state, "self", "true", NULL),
                     LIMEN_OK);
    assert_true(lm_settings_bool(*state, "self"));
    assert_int_equal(limen_settings_set(*state, "hidden", "3,40,5", NULL),
                     LIMEN_OK);
    const int64_t *list = lm_settings_list(*state, "hidden", &count);
    assert_int_equal(count, 3);
    assert_int_equal(list[1], 40);
    assert_int_equal(limen_settings_set(*state, "hidden", "none", NULL),
                     LIMEN_OK);
    (void)lm_settings_list(*state, "hidden", &count);
    assert_int_equal(count, 0);
    assert_int_equal(limen_settings_set(*state, "optimiser", "sgd", NULL),
                     LIMEN_OK);
    assert_int_equal(lm_settings_choice(*state, "optimiser"), 2);
}

static void what_is_refused_changes_nothing(void **state)
{
    const char *const bad[][2] = {
        { "epochs", "0x10" },       { "epochs", "" },
        { "epochs", " 3" },         { "epochs", "3 " },
        { "epochs", "-1" },         { "epochs", "99999999999999999999" },
        { "epochs", "3.5" },        { "gain", "nan" },
        { "gain", "inf" },          { "gain", "0x1p3" },
        { "gain", "1,5" },          { "hidden", "1,,2" },
        { "hidden", "1,2," },       { "hidden", "0" },
        { "hidden", "1000000000" }, { "self", "yes" },
        { "self", "TRUE" },         { "rule", "back" },
        { "rule", "bptt|rate" },    { "rule", "" },
        { "epochs", "auto" },       { "no-such", "1" },
    };

    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        limen_error err = { .text = "" };

        if (limen_settings_set(*state, bad[k][0], bad[k][1], &err) !=
            LIMEN_BAD_VALUE)
            fail_msg("%s: %s", bad[k][0], bad[k][1]);
        assert_non_null(strstr(err.text, bad[k][0]));
    }
    defaults_are_valid_and_not_set(state);
}

static void a_misspelt_name_is_guessed(void **state)
{
    limen_error err;

    assert_int_equal(limen_settings_set(*state, "epoch", "1", &err),
                     LIMEN_BAD_VALUE);
    assert_non_null(strstr(err.text, "did you mean 'epochs'"));
}

static void a_file_fills_what_is_not_set(void **state)
{
    assert_int_equal(limen_settings_set(*state, "epochs", "3", NULL), LIMEN_OK);
    assert_int_equal(load(*state,
                          "# a comment\nepochs: 9\nhidden: [4, 5]\n"
                          "self: true\nlearning-rate: auto\ngain: 0.5\n",
                          NULL),
                     LIMEN_OK);
    assert_string_equal(limen_settings_get(*state, "epochs"), "3");
    assert_string_equal(limen_settings_get(*state, "hidden"), "4,5");
    assert_string_equal(limen_settings_get(*state, "self"), "true");
}

static void a_bad_file_is_refused_with_its_place(void **state)
{
    const struct {
        const char *text, *place;
    } bad[] = {
        { "epochs: 1\nepoch: 2\n", "f:2:1: " },
        { "epochs: many\n", "f:1:9: " },
        { "epochs: [1]\n", "f:1:9: " },
        { "epochs: 1\nepochs: 2\n", "f:2:1: " },
        { "hidden: {a: 1}\n", "f:1:9: " },
        { "hidden: [[1]]\n", "f:1:10: " },
        { "- epochs\n", "f:1:1: " },
        { "epochs: 1\n gain: 2\n", "f:" },
        { "epochs: 'a\n", "f:" },
        { "a: &x 1\nb: *x\n", "f:1:1: " },
        { "epochs: 1\n---\nepochs: 2\n", "f:2:" },
    };

    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        limen_error err = { .text = "" };

        if (load(*state, bad[k].text, &err) != LIMEN_BAD_FILE ||
            strncmp(err.text, bad[k].place, strlen(bad[k].place)) != 0)
            fail_msg("case %zu: %s", k, err.text);
    }
    defaults_are_valid_and_not_set(state);
}

static void damaged_files_are_survived(void **state)
{
    const char good[] = "epochs: 3\nhidden: [4, 5]\nself: true\nrule: 'rate'\n";

    for (size_t size = 0; size < sizeof good; size++)
        (void)lm_settings_load_text(*state, good, size, "f", NULL);
    for (size_t bit = 0; bit < 8 * strlen(good); bit++) {
        char bad[sizeof good];
        limen_settings *copy;

        memcpy(bad, good, sizeof good);
        bad[bit / 8] = (char)((unsigned char)bad[bit / 8] ^ (1U << bit % 8));
        assert_int_equal(limen_settings_copy(&copy, *state, NULL), LIMEN_OK);
        (void)lm_settings_load_text(copy, bad, strlen(good), "f", NULL);
        limen_settings_free(copy);
    }
}

static void resolving_leaves_no_auto(void **state)
{
    toy_set toy;

    toy_fill(&toy);
    assert_int_equal(limen_settings_resolve(*state, &toy.data, NULL), LIMEN_OK);
    for (size_t i = 0; i < limen_setting_count(); i++)
        assert_string_not_equal(
            limen_settings_get(*state, limen_setting_at(i)->name), "auto");
}

static void a_preset_yields_to_what_is_set(void **state)
{
    limen_error err;

    assert_int_equal(limen_settings_set(*state, "epochs", "3", NULL), LIMEN_OK);
    assert_int_equal(limen_settings_preset(*state, "original", NULL), LIMEN_OK);
    assert_string_equal(limen_settings_get(*state, "epochs"), "3");
    assert_string_equal(limen_settings_get(*state, "rule"), "rate");
    assert_string_equal(limen_settings_get(*state, "init"), "uniform");
    assert_int_equal(limen_settings_preset(*state, "none-such", &err),
                     LIMEN_BAD_VALUE);
    assert_non_null(strstr(err.text, "original"));
}

#define WITH_SETTINGS(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SETTINGS(defaults_are_valid_and_not_set),
        WITH_SETTINGS(what_is_set_is_read_in_its_type),
        WITH_SETTINGS(what_is_refused_changes_nothing),
        WITH_SETTINGS(a_misspelt_name_is_guessed),
        WITH_SETTINGS(a_file_fills_what_is_not_set),
        WITH_SETTINGS(a_bad_file_is_refused_with_its_place),
        WITH_SETTINGS(damaged_files_are_survived),
        WITH_SETTINGS(resolving_leaves_no_auto),
        WITH_SETTINGS(a_preset_yields_to_what_is_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
