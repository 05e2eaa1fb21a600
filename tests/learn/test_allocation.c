/* test_allocation.c -- with the k-th allocation failing, for every k, a call
 * says so, leaks nothing (under ASan) and leaves what it was given usable.
 *
 * Linked with a build of the library of its own, in which allocations can be
 * made to fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "toy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a case works on, made while allocations succeed. */
typedef struct scene {
    toy_set toy;
    limen_settings *settings;
    limen_network *net;
    limen_image *image;
    limen_trainer *trainer;
    char path[32];
} scene;

typedef limen_status (*action)(scene *at);

static void set(scene *at, const char *name, const char *value)
{
    assert_int_equal(limen_settings_set(at->settings, name, value, NULL),
                     LIMEN_OK);
}

static void make(scene *to, const char *rule)
{
    toy_fill(&to->toy);
    strcpy(to->path, "/tmp/limen-test-XXXXXX");
    close(mkstemp(to->path));
    assert_int_equal(limen_settings_new(&to->settings, NULL), LIMEN_OK);
    set(to, "self", "true");
    set(to, "feedback", "true");
    set(to, "hidden", "6,5");
    set(to, "recurrent-in-degree", "2");
    set(to, "noise", "gaussian");
    set(to, "noise-scale", "0.1");
    set(to, "refractory", "1");
    set(to, "adapt-gain", "0.1");
    set(to, "penalty", "0.1");
    set(to, "homeostasis", "rate=0.2");
    set(to, "adapt", "5");
    set(to, "adapt-rounds", "2");
    set(to, "batch", "40");
    set(to, "rule", rule);
    assert_int_equal(limen_settings_resolve(to->settings, &to->toy.data, NULL),
                     LIMEN_OK);
    assert_int_equal(
        limen_settings_network(&to->net, to->settings, &to->toy.data, NULL),
        LIMEN_OK);
    assert_int_equal(limen_image_new(&to->image, to->net, 1, NULL), LIMEN_OK);
    assert_int_equal(limen_trainer_new(&to->trainer, to->net, to->settings,
                                       &to->toy.data, 2, NULL),
                     LIMEN_OK);
    assert_int_equal(limen_trainer_step(to->trainer, NULL), LIMEN_OK);
    assert_int_equal(limen_trainer_save(to->trainer, to->path, NULL), LIMEN_OK);
}

static void drop(scene *from)
{
    limen_trainer_free(from->trainer);
    limen_image_free(from->image);
    limen_network_free(from->net);
    limen_settings_free(from->settings);
    unlink(from->path);
}

static limen_input input_of(const scene *at)
{
    return limen_data_input(&at->toy.data, 1.0F, LIMEN_STOCHASTIC);
}

/* ---- Actions: each frees what it got ---- */

static limen_status settings(scene *at)
{
    limen_settings *copy = NULL;
    const limen_status status = limen_settings_copy(&copy, at->settings, NULL);

    limen_settings_free(copy);
    return status;
}

static limen_status resolve(scene *at)
{
    limen_settings *fresh;
    limen_status status = limen_settings_new(&fresh, NULL);

    if (status == LIMEN_OK)
        status = limen_settings_preset(fresh, "original", NULL);
    if (status == LIMEN_OK)
        status = limen_settings_resolve(fresh, &at->toy.data, NULL);
    limen_settings_free(fresh);
    return status;
}

static limen_status network(scene *at)
{
    limen_network *net;
    const limen_status status =
        limen_settings_network(&net, at->settings, &at->toy.data, NULL);

    limen_network_free(net);
    return status;
}

static limen_status scaled_network(scene *at)
{
    const limen_init init = {
        .kind = LIMEN_INIT_SCALED, .gain = 1.0F, .rate = 0.2F, .seed = 1
    };
    limen_network *net;
    limen_status status = limen_network_copy(&net, at->net, NULL);

    if (status == LIMEN_OK)
        status = limen_network_init(net, &init, NULL);
    limen_network_free(net);
    return status;
}

static limen_status image(scene *at)
{
    limen_image *fresh;
    const limen_status status = limen_image_new(&fresh, at->net, 2, NULL);

    limen_image_free(fresh);
    return status;
}

static limen_status run(scene *at)
{
    const limen_input input = input_of(at);
    limen_state *state;
    limen_status status = limen_state_new(&state, at->image, TOY_SAMPLES, NULL);

    if (status == LIMEN_OK)
        status = limen_run(at->image, state, &input, 3, 0, 1, 2, NULL, NULL);
    limen_state_free(state);
    return status;
}

static limen_status evaluate(scene *at)
{
    const limen_input input = input_of(at);
    const size_t steps[] = { 1, 4 };
    double accuracy[2];
    double ties[2];
    uint32_t confusion[9];
    limen_evaluation out = { .samples = TOY_SAMPLES,
                             .classes = TOY_CLASSES,
                             .points = 2,
                             .accuracy = accuracy,
                             .ties = ties,
                             .confusion = confusion };

    return limen_evaluate(&out, at->image, &input, at->toy.labels, steps, 0, 1,
                          2, NULL);
}

static limen_status predict(scene *at)
{
    const limen_input input = input_of(at);
    uint32_t answers[TOY_SAMPLES];

    return limen_predict(answers, NULL, at->image, &input, 3, 0, 1, 2, NULL);
}

static limen_status record(scene *at)
{
    const limen_input input = input_of(at);

    return limen_record_raster(at->path, 1, at->image, &input, 3, 1, 1, NULL);
}

static limen_status stability(scene *at)
{
    const limen_input input = input_of(at);
    limen_stability_result out = { .layer = NULL };

    return limen_stability(&out, at->image, &input, 3, 0, 1, 2, NULL);
}

static limen_status trace_save(scene *at)
{
    const limen_input input = input_of(at);
    static limen_stability_measures each[4 * TOY_SAMPLES];
    static uint32_t numbers[TOY_SAMPLES];
    const limen_stability_result found = { .each = each,
                                           .answers = numbers,
                                           .stands = numbers };
    const char *const names[] = { "trace.npz", "activity.csv", "means.csv" };
    char dir[40];
    char path[64];

    snprintf(dir, sizeof dir, "%s.d", at->path);
    mkdir(dir, 0777);
    const limen_status status = limen_trace_save(
        dir, &found, at->image, &input, at->toy.labels, 3, 0, 1, 1, NULL);
    for (size_t k = 0; k < 3; k++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[k]);
        unlink(path);
    }
    assert_int_equal(rmdir(dir), 0); // no temporary file is left
    return status;
}

static limen_status save(scene *at)
{
    return limen_model_save(at->path, at->net, at->settings, NULL);
}

static limen_status load(scene *at)
{
    limen_network *net;
    limen_settings *loaded;
    const limen_status status = limen_model_load(&net, &loaded, at->path, NULL);

    limen_network_free(net);
    limen_settings_free(loaded);
    return status;
}

static limen_status trainer(scene *at)
{
    limen_trainer *fresh;
    const limen_status status = limen_trainer_new(&fresh, at->net, at->settings,
                                                  &at->toy.data, 2, NULL);

    limen_trainer_free(fresh);
    return status;
}

static limen_status train(scene *at)
{
    return limen_trainer_step(at->trainer, NULL);
}

static limen_status resume(scene *at)
{
    return limen_trainer_load(at->trainer, at->path, NULL);
}

static limen_status checkpoint(scene *at)
{
    return limen_trainer_save(at->trainer, at->path, NULL);
}

/* The scene's network keeps its thresholds and, where memory fails, has all
 * rates or none. */
static limen_status adapt(scene *at)
{
    const limen_input input = input_of(at);
    limen_network *net;
    limen_status status = limen_network_copy(&net, at->net, NULL);

    if (status != LIMEN_OK)
        return status;
    status = limen_network_measure_rates(net, &input, 3, 0, 1, 2, NULL);
    assert_true((limen_network_rates(net, 1) != NULL) == (status == LIMEN_OK));
    if (status == LIMEN_OK)
        status = limen_adapt(NULL, net, &input, 3, 0, 2, 1.0, 1, 2, NULL);
    if (status == LIMEN_OK)
        status = limen_model_save(at->path, net, at->settings, NULL);
    limen_network_free(net);
    return status == LIMEN_OK ? load(at) : status;
}

static limen_status adapted_image(scene *at)
{
    limen_image *fresh = NULL;

    if (limen_network_rates(at->net, 1) == NULL) {
        const limen_input input = input_of(at);
        const limen_status status =
            limen_network_measure_rates(at->net, &input, 3, 0, 1, 2, NULL);

        if (status != LIMEN_OK)
            return status;
    }
    const limen_status status = limen_adapted_image(
        &fresh, at->net, at->settings, &at->toy.data, 0, 0.3, 1, 2, NULL);
    assert_true((fresh != NULL) == (status == LIMEN_OK));
    limen_image_free(fresh);
    return status;
}

static limen_status some_classes(scene *at)
{
    limen_data *few;
    const limen_status status =
        limen_data_of_classes(&few, &at->toy.data, "0,2", NULL);

    limen_data_free(few);
    return status;
}

static limen_status select_rows(scene *at)
{
    const size_t rows[] = { 5, 3 };
    limen_data *few;
    const limen_status status =
        limen_data_select(&few, &at->toy.data, rows, 2, NULL);

    limen_data_free(few);
    return status;
}

static limen_status read_csv(scene *at)
{
    char path[40];
    limen_data *data = NULL;

    snprintf(path, sizeof path, "%s.csv", at->path);
    limen_status status = limen_file_write(path, "1,0.5\n0,0.25\n", 13, NULL);
    if (status == LIMEN_OK)
        status = limen_data_load(&data, path, NULL, LIMEN_TRAIN, NULL);
    limen_data_free(data);
    unlink(path);
    return status;
}

/* Fails every allocation of an action in turn. */
static void fail_each(const char *rule, action act, const char *name)
{
    scene at;
    limen_status status = LIMEN_NO_MEMORY;
    size_t k;

    make(&at, rule);
    for (k = 1; status != LIMEN_OK; k++) {
        (void)lm_alloc_fail_at(k);
        status = act(&at);
        (void)lm_alloc_fail_at(0);
        if (status != LIMEN_OK && status != LIMEN_NO_MEMORY)
            fail_msg("%s, allocation %zu: %s", name, k,
                     limen_status_text(status));
        if (k > 5000)
            fail_msg("%s never succeeds", name);
    }
    // all is as usable as before
    assert_int_equal(limen_trainer_step(at.trainer, NULL), LIMEN_OK);
    drop(&at);
}

#define CASE(act)                                                              \
    static void act##_survives(void **state)                                   \
    {                                                                          \
        (void)state;                                                           \
        fail_each("bptt", act, #act);                                          \
    }
CASE(settings)
CASE(resolve)
CASE(network)
CASE(scaled_network)
CASE(image)
CASE(run)
CASE(evaluate)
CASE(predict)
CASE(record)
CASE(stability)
CASE(trace_save)
CASE(save)
CASE(load)
CASE(trainer)
CASE(train)
CASE(resume)
CASE(checkpoint)
CASE(adapt)
CASE(adapted_image)
CASE(some_classes)
CASE(select_rows)
CASE(read_csv)

static void a_rate_trainer_survives(void **state)
{
    (void)state;
    fail_each("rate", trainer, "trainer of rate");
}

static void some_allocations_are_counted(void **state)
{
    scene at;

    (void)state;
    make(&at, "bptt");
    (void)lm_alloc_fail_at(0);
    assert_int_equal(image(&at), LIMEN_OK);
    assert_true(lm_alloc_fail_at(0) > 0); // or the other tests test nothing
    drop(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(some_allocations_are_counted),
        cmocka_unit_test(settings_survives),
        cmocka_unit_test(resolve_survives),
        cmocka_unit_test(network_survives),
        cmocka_unit_test(scaled_network_survives),
        cmocka_unit_test(image_survives),
        cmocka_unit_test(run_survives),
        cmocka_unit_test(evaluate_survives),
        cmocka_unit_test(predict_survives),
        cmocka_unit_test(record_survives),
        cmocka_unit_test(stability_survives),
        cmocka_unit_test(trace_save_survives),
        cmocka_unit_test(save_survives),
        cmocka_unit_test(load_survives),
        cmocka_unit_test(trainer_survives),
        cmocka_unit_test(train_survives),
        cmocka_unit_test(resume_survives),
        cmocka_unit_test(checkpoint_survives),
        cmocka_unit_test(adapt_survives),
        cmocka_unit_test(adapted_image_survives),
        cmocka_unit_test(some_classes_survives),
        cmocka_unit_test(select_rows_survives),
        cmocka_unit_test(read_csv_survives),
        cmocka_unit_test(a_rate_trainer_survives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
