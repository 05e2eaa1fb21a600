/* test_trainer.c -- training learns, repeats to the bit, and can stop at any
 * batch; models come back from their files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "io/file.h"
#include "toy.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS = 12 };

/* Kinds of training, as settings. */
static const char *const kinds[][WORDS] = {
    { "self", "true", "feedback", "true" },
    { "self", "true", "synchronous", "true", "credit", "2", "optimiser", "sgd",
      "learning-rate", "0.1" },
    { "feedback", "true", "credit", "1", "train-steps", "3,6", "loss", "mse" },
    { "hidden", "6,5", "self", "true", "recurrent-in-degree", "2", "noise",
      "logistic", "noise-scale", "0.3", "penalty", "1" },
    { "rule", "rate", "self", "true", "gain-rule", "density" },
    { "rule", "rate", "split-samples", "true", "feedback", "true" },
    { "refractory", "1", "adapt-gain", "0.5", "optimiser", "adamw", "decay",
      "0.01" },
    { "hidden", "6,5", "self", "true", "homeostasis", "rate=0.2",
      "homeostasis-gain", "0.5" },
    { "rule", "rate", "homeostasis", "layer-rate=0.3" },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

typedef struct training {
    toy_set toy;
    limen_settings *settings;
    limen_network *net;
    limen_trainer *trainer;
} training;

static void begin(training *to, const char *const *words, int threads)
{
    const char *const fixed[] = { "hidden", "9",  "epochs", "3",
                                  "batch",  "33", NULL };
    const char *const *const lists[] = { fixed, words };

    toy_fill(&to->toy);
    assert_int_equal(limen_settings_new(&to->settings, NULL), LIMEN_OK);
    for (size_t k = 0; k < 2; k++)
        for (const char *const *at = lists[k]; *at != NULL; at += 2)
            assert_int_equal(
                limen_settings_set(to->settings, at[0], at[1], NULL), LIMEN_OK);
    assert_int_equal(limen_settings_resolve(to->settings, &to->toy.data, NULL),
                     LIMEN_OK);
    assert_int_equal(
        limen_settings_network(&to->net, to->settings, &to->toy.data, NULL),
        LIMEN_OK);
    assert_int_equal(limen_trainer_new(&to->trainer, to->net, to->settings,
                                       &to->toy.data, threads, NULL),
                     LIMEN_OK);
}

static void end(training *from)
{
    limen_trainer_free(from->trainer);
    limen_network_free(from->net);
    limen_settings_free(from->settings);
}

static bool is_done(const training *at)
{
    const limen_progress progress = limen_trainer_progress(at->trainer);

    return progress.epoch == progress.epochs;
}

static void step(training *at)
{
    assert_int_equal(limen_trainer_step(at->trainer, NULL), LIMEN_OK);
}

static void finish(training *at)
{
    while (!is_done(at))
        step(at);
}

static bool same_networks(limen_network *a, limen_network *b)
{
    bool same = limen_network_connections(a) == limen_network_connections(b);

    for (size_t k = 0; same && k < limen_network_connections(a); k++)
        same =
            memcmp(limen_network_weights(a, k), limen_network_weights(b, k),
                   limen_network_connection(a, k).entries * sizeof(float)) == 0;
    for (size_t l = 1; same && l < limen_network_layers(a); l++)
        same = memcmp(limen_network_thresholds(a, l),
                      limen_network_thresholds(b, l),
                      limen_network_units(a, l) * sizeof(float)) == 0;
    return same;
}

static void training_learns_the_toy(void **state)
{
    const char *const words[] = { "self", "true",  "feedback", "true", "epochs",
                                  "40",   "batch", "10",       NULL };
    training t;

    (void)state;
    begin(&t, words, 1);
    step(&t);
    const double first = limen_trainer_epoch(t.trainer, NULL, NULL, NULL).loss;
    finish(&t);
    const limen_epoch last = limen_trainer_epoch(t.trainer, NULL, NULL, NULL);
    assert_true(last.loss < first / 2);
    assert_true(last.accuracy > 0.9);
    assert_int_equal(last.samples, TOY_SAMPLES);
    end(&t);
}

static void threads_do_not_change_a_bit(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        training one;
        training four;

        begin(&one, kinds[k], 1);
        begin(&four, kinds[k], 4);
        finish(&one);
        finish(&four);
        if (!same_networks(one.net, four.net))
            fail_msg("kind %zu", k);
        end(&one);
        end(&four);
    }
}

/* Stops after `stop` batches, goes on in a new trainer, compares the end. */
static void stop_and_resume(size_t kind, size_t stop, limen_network *wanted,
                            const char *path)
{
    training first;
    training second;
    double activity[2][4];

    begin(&first, kinds[kind], 1);
    for (size_t k = 0; k < stop; k++)
        step(&first);
    assert_int_equal(limen_trainer_save(first.trainer, path, NULL), LIMEN_OK);
    begin(&second, kinds[kind], 2);
    assert_int_equal(limen_trainer_load(second.trainer, path, NULL), LIMEN_OK);
    const limen_epoch a =
        limen_trainer_epoch(first.trainer, activity[0], NULL, NULL);
    const limen_epoch b =
        limen_trainer_epoch(second.trainer, activity[1], NULL, NULL);
    assert_true(memcmp(&a.loss, &b.loss, sizeof a.loss) == 0);
    assert_true(a.epoch == b.epoch && a.samples == b.samples);
    finish(&second);
    if (!same_networks(second.net, wanted))
        fail_msg("kind %zu, stopped after %zu", kind, stop);
    end(&first);
    end(&second);
}

static void a_stop_at_any_batch_does_not_change_a_bit(void **state)
{
    char path[] = "/tmp/limen-test-XXXXXX";

    (void)state;
    close(mkstemp(path));
    for (size_t kind = 0; kind < KINDS; kind++) {
        training whole;

        begin(&whole, kinds[kind], 1);
        finish(&whole);
        for (size_t stop = 0; stop <= 9; stop++)
            stop_and_resume(kind, stop, whole.net, path);
        end(&whole);
    }
    unlink(path);
}

static void a_damaged_checkpoint_changes_nothing(void **state)
{
    char path[] = "/tmp/limen-test-XXXXXX";
    unsigned char *bytes;
    size_t size;
    training t;
    training fresh;

    (void)state;
    close(mkstemp(path));
    begin(&t, kinds[0], 1);
    step(&t);
    assert_int_equal(limen_trainer_save(t.trainer, path, NULL), LIMEN_OK);
    assert_int_equal(lm_file_read(&bytes, &size, path, NULL), LIMEN_OK);
    begin(&fresh, kinds[0], 1);
    for (size_t cut = 0; cut < size; cut += 1 + cut / 16) {
        limen_error err;

        assert_int_equal(limen_file_write(path, bytes, cut, NULL), LIMEN_OK);
        assert_int_not_equal(limen_trainer_load(t.trainer, path, &err),
                             LIMEN_OK);
        assert_non_null(strstr(err.text, path));
    }
    assert_int_equal(limen_trainer_progress(t.trainer).batch, 1);
    assert_false(same_networks(t.net, fresh.net));
    lm_free(bytes);
    end(&t);
    end(&fresh);
    unlink(path);
}

static void a_model_comes_back_from_its_file(void **state)
{
    char path[] = "/tmp/limen-test-XXXXXX";

    (void)state;
    close(mkstemp(path));
    for (size_t kind = 0; kind < KINDS; kind++) {
        training t;
        limen_network *net;
        limen_settings *settings;

        begin(&t, kinds[kind], 1);
        step(&t);
        assert_int_equal(limen_model_save(path, t.net, t.settings, NULL),
                         LIMEN_OK);
        assert_int_equal(limen_model_load(&net, &settings, path, NULL),
                         LIMEN_OK);
        assert_true(same_networks(t.net, net));
        assert_int_equal(limen_network_is_synchronous(t.net),
                         limen_network_is_synchronous(net));
        for (size_t l = 1; l < limen_network_layers(net); l++) {
            const limen_unit_options a = limen_network_unit_options(t.net, l);
            const limen_unit_options b = limen_network_unit_options(net, l);

            assert_true(a.noise == b.noise && a.noise_scale == b.noise_scale);
            assert_true(a.refractory_steps == b.refractory_steps);
            assert_true(a.adapt_gain == b.adapt_gain);
            assert_true(a.adapt_memory == b.adapt_memory);
        }
        for (size_t i = 0; i < limen_setting_count(); i++) {
            const char *name = limen_setting_at(i)->name;

            assert_string_equal(limen_settings_get(settings, name),
                                limen_settings_get(t.settings, name));
        }
        limen_network_free(net);
        limen_settings_free(settings);
        end(&t);
    }
    unlink(path);
}

static void a_damaged_model_is_refused_or_a_network(void **state)
{
    char path[] = "/tmp/limen-test-XXXXXX";
    unsigned char *bytes;
    size_t size;
    training t;
    limen_network *net;

    (void)state;
    close(mkstemp(path));
    begin(&t, kinds[3], 1);
    assert_int_equal(limen_model_save(path, t.net, t.settings, NULL), LIMEN_OK);
    assert_int_equal(lm_file_read(&bytes, &size, path, NULL), LIMEN_OK);
    const int file = open(path, O_RDWR);
    for (size_t at = 0; at < size; at += at < 64 ? 1 : 3) {
        const unsigned char bad = bytes[at] ^ (unsigned char)(1U << at % 8);

        assert_int_equal(pwrite(file, &bad, 1, (off_t)at), 1);
        if (limen_model_load(&net, NULL, path, NULL) == LIMEN_OK)
            limen_network_free(net);
        else
            assert_null(net);
        assert_int_equal(pwrite(file, &bytes[at], 1, (off_t)at), 1);
    }
    close(file);
    lm_free(bytes);
    end(&t);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_learns_the_toy),
        cmocka_unit_test(threads_do_not_change_a_bit),
        cmocka_unit_test(a_stop_at_any_batch_does_not_change_a_bit),
        cmocka_unit_test(a_damaged_checkpoint_changes_nothing),
        cmocka_unit_test(a_model_comes_back_from_its_file),
        cmocka_unit_test(a_damaged_model_is_refused_or_a_network),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
