/* test_optimiser.c -- updates against their equations, written again in
 * double. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "learn/optimiser.h"

#include <math.h>
#include <string.h>

enum { COUNT = 3 + 2 + 1, STEPS = 40 };

/* Three weights, two recurrent ones, a threshold. */
typedef struct setup {
    float w[COUNT];
    lm_segment segment[3];
    lm_parameters parameters;
    limen_settings *settings;
    lm_optimiser optimiser;
} setup;

static void set_up(setup *to, const char *const *words)
{
    to->segment[0] = (lm_segment){ .master = to->w, .offset = 0, .count = 3 };
    to->segment[1] = (lm_segment){
        .master = to->w + 3, .offset = 3, .count = 2, .is_recurrent = true
    };
    to->segment[2] = (lm_segment){
        .master = to->w + 5, .offset = 5, .count = 1, .is_theta = true
    };
    to->parameters = (lm_parameters){ .count = COUNT,
                                      .segments = 3,
                                      .segment = to->segment };
    for (size_t i = 0; i < COUNT; i++)
        to->w[i] = 1.0F + (float)i;
    assert_int_equal(limen_settings_new(&to->settings, NULL), LIMEN_OK);
    const char *const fixed[] = {
        "learning-rate", "0.01",     "recurrent-rate", "0.5", "clip", "0",
        "schedule",      "constant", "warm-up",        "0",   NULL
    };
    const char *const *const lists[] = { fixed, words };
    for (size_t k = 0; k < 2; k++)
        for (const char *const *at = lists[k]; *at != NULL; at += 2)
            assert_int_equal(
                limen_settings_set(to->settings, at[0], at[1], NULL), LIMEN_OK);
    assert_int_equal(lm_optimiser_new(&to->optimiser, &to->parameters,
                                      to->settings, 4, 10, NULL),
                     LIMEN_OK);
}

static void tear_down(setup *from)
{
    lm_optimiser_free(&from->optimiser);
    limen_settings_free(from->settings);
}

static void gradient_at(float *g, size_t step)
{
    for (size_t i = 0; i < COUNT; i++)
        g[i] = sinf((float)(step * COUNT + i)) * 0.3F;
}

static double factor_of(size_t i)
{
    return i == 3 || i == 4 ? 0.5 : 1.0;
}

static void adam_is_its_equation(void **state)
{
    const char *const words[] = { "optimiser", "adam", "decay", "0.1", NULL };
    double w[COUNT];
    double m[COUNT] = { 0 };
    double v[COUNT] = { 0 };
    float g[COUNT];
    setup s;

    (void)state;
    set_up(&s, words);
    for (size_t i = 0; i < COUNT; i++)
        w[i] = (double)s.w[i];
    for (size_t k = 1; k <= STEPS; k++) {
        gradient_at(g, k);
        for (size_t i = 0; i < COUNT; i++) {
            const double slope = (double)g[i] + (i == 5 ? 0.0 : 0.1 * w[i]);

            m[i] = 0.9 * m[i] + 0.1 * slope;
            v[i] = 0.999 * v[i] + 0.001 * slope * slope;
            w[i] -= 0.01 * factor_of(i) * (m[i] / (1 - pow(0.9, (double)k))) /
                    (sqrt(v[i] / (1 - pow(0.999, (double)k))) + 1e-8);
        }
        lm_optimiser_step(&s.optimiser, &s.parameters, g, 1.0, 1);
        for (size_t i = 0; i < COUNT; i++)
            assert_true(fabs(w[i] - (double)s.w[i]) < 1e-5);
    }
    tear_down(&s);
}

static void adamw_decays_apart_from_the_gradient(void **state)
{
    const char *const words[] = { "optimiser", "adamw", "decay", "0.1", NULL };
    const float none[COUNT] = { 0 };
    setup s;

    (void)state;
    set_up(&s, words);
    lm_optimiser_step(&s.optimiser, &s.parameters, none, 0.0, 1);
    for (size_t i = 0; i < COUNT; i++) {
        const double start = 1.0 + (double)i;
        const double kept = i == 5 ? 1.0 : 1.0 - 0.01 * factor_of(i) * 0.1;

        assert_true(fabs((double)s.w[i] - kept * start) < 1e-6);
    }
    tear_down(&s);
}

static void sgd_is_its_equation(void **state)
{
    const char *const words[] = { "optimiser", "sgd", "momentum", "0.8", NULL };
    double w[COUNT];
    double v[COUNT] = { 0 };
    float g[COUNT];
    setup s;

    (void)state;
    set_up(&s, words);
    for (size_t i = 0; i < COUNT; i++)
        w[i] = (double)s.w[i];
    for (size_t k = 0; k < STEPS; k++) {
        gradient_at(g, k);
        for (size_t i = 0; i < COUNT; i++) {
            v[i] = 0.8 * v[i] + (double)g[i];
            w[i] -= 0.01 * factor_of(i) * v[i];
        }
        lm_optimiser_step(&s.optimiser, &s.parameters, g, 1.0, 1);
    }
    for (size_t i = 0; i < COUNT; i++)
        assert_true(fabs(w[i] - (double)s.w[i]) < 1e-5);
    tear_down(&s);
}

static void a_long_gradient_is_scaled_to_the_clip(void **state)
{
    const char *const words[] = { "optimiser", "sgd", "momentum", "0",
                                  "clip",      "1",   NULL };
    const float g[COUNT] = { 3, 0, 0, 0, 0, 4 };
    setup s;

    (void)state;
    set_up(&s, words);
    assert_true(lm_gradient_norm(g, COUNT, 1) == 5.0);
    lm_optimiser_step(&s.optimiser, &s.parameters, g, 5.0, 1);
    assert_true(fabs((double)s.w[0] - (1.0 - 0.01 * 0.6)) < 1e-6);
    assert_true(fabs((double)s.w[5] - (6.0 - 0.01 * 0.8)) < 1e-6);
    tear_down(&s);
}

static void the_norm_is_the_same_on_any_number_of_threads(void **state)
{
    static float g[3000000];
    double sum = 0.0;

    (void)state;
    for (size_t i = 0; i < sizeof g / sizeof *g; i++) {
        g[i] = sinf((float)i);
        sum += (double)g[i] * (double)g[i];
    }
    const double one = lm_gradient_norm(g, sizeof g / sizeof *g, 1);
    const double two = lm_gradient_norm(g, sizeof g / sizeof *g, 2);
    assert_memory_equal(&one, &two, sizeof one);
    assert_true(fabs(one - sqrt(sum)) < 1e-9 * one);
}

static void schedules_have_their_shape(void **state)
{
    const char *const cosine[] = { "schedule", "cosine", "warm-up", "0.1",
                                   NULL };
    const char *const step[] = { "schedule",    "step", "step-epochs", "2",
                                 "step-factor", "0.1",  NULL };
    setup s;

    (void)state;
    set_up(&s, cosine);
    // 40 updates, 4 of them warm up to the full rate
    for (size_t k = 0; k < 4; k++)
        assert_true(fabs(lm_optimiser_rate(&s.optimiser, k) -
                         0.01 * (double)(k + 1) / 5) < 1e-12);
    assert_true(fabs(lm_optimiser_rate(&s.optimiser, 4) - 0.01) < 1e-12);
    assert_true(fabs(lm_optimiser_rate(&s.optimiser, 22) - 0.005) < 1e-12);
    assert_true(lm_optimiser_rate(&s.optimiser, 39) < 0.0001);
    tear_down(&s);
    set_up(&s, step);
    assert_true(fabs(lm_optimiser_rate(&s.optimiser, 7) - 0.01) < 1e-12);
    assert_true(fabs(lm_optimiser_rate(&s.optimiser, 8) - 0.001) < 1e-12);
    assert_true(fabs(lm_optimiser_rate(&s.optimiser, 39) - 1e-6) < 1e-12);
    tear_down(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adam_is_its_equation),
        cmocka_unit_test(adamw_decays_apart_from_the_gradient),
        cmocka_unit_test(sgd_is_its_equation),
        cmocka_unit_test(a_long_gradient_is_scaled_to_the_clip),
        cmocka_unit_test(the_norm_is_the_same_on_any_number_of_threads),
        cmocka_unit_test(schedules_have_their_shape),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
