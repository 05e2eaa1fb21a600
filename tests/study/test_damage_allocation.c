/* test_damage_allocation.c -- with the k-th allocation failing, for every k,
 * measures of damage say so, and leak nothing (under ASan). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "limen.h"

enum { SAMPLES = 3 };

/* What a case works on, made while allocations succeed. */
typedef struct scene {
    limen_random_network spec;
    limen_network *net;
    limen_image *image;
    limen_input input;
    limen_damage_options options;
    float chance[SAMPLES];
} scene;

typedef limen_status (*action)(scene *at);

static void make(scene *to)
{
    *to = (scene){
        .spec = { .units = 20,
                  .in_degree = 3.0,
                  .variance = 1.0,
                  .input_step = 1.0,
                  .input_chance = 0.5 },
        .options = limen_damage_defaults(),
        .chance = { 0.5F, 0.5F, 0.5F },
    };
    to->options.steps = 4;
    to->options.tail = 1;
    to->options.twins = 0;
    to->input = (limen_input){ .floats = to->chance,
                               .scale = 1.0F,
                               .samples = SAMPLES,
                               .frames = 1,
                               .hold = 1 };
    assert_int_equal(limen_network_random(&to->net, &to->spec, NULL), LIMEN_OK);
    assert_int_equal(limen_image_new(&to->image, to->net, 1, NULL), LIMEN_OK);
}

static void drop(scene *from)
{
    limen_image_free(from->image);
    limen_network_free(from->net);
}

static limen_status random_network(scene *at)
{
    limen_network *fresh;
    const limen_status status = limen_network_random(&fresh, &at->spec, NULL);

    limen_network_free(fresh);
    return status;
}

static limen_status spread(scene *at)
{
    double distance[5];
    limen_damage out = { .distance = distance };

    return limen_damage_spread(&out, at->image, &at->input, &at->options, 1, 2,
                               NULL);
}

static limen_status lyapunov(scene *at)
{
    limen_lyapunov out;

    return limen_lyapunov_of(&out, at->image, &at->input, &at->options, 1, 2,
                             NULL);
}

static limen_status derrida(scene *at)
{
    const size_t flips[] = { 1 };
    double to[1];

    return limen_derrida_map(to, flips, 1, at->image, &at->input, &at->options,
                             1, 1, NULL);
}

static limen_status random_damage(scene *at)
{
    double distance[5];
    limen_damage out = { .distance = distance };

    return limen_random_damage(&out, &at->spec, 2, SAMPLES, &at->options, 1, 1,
                               NULL);
}

static limen_status random_lyapunov(scene *at)
{
    limen_lyapunov out;

    return limen_random_lyapunov(&out, &at->spec, 2, SAMPLES, &at->options, 1,
                                 1, NULL);
}

static limen_status separation(scene *at)
{
    limen_separation out;

    return limen_separation_of(&out, at->image, &at->input, 2, 2, 0.5, 1, 1,
                               NULL);
}

static limen_status ranks(scene *at)
{
    size_t kernel;
    size_t general;

    return limen_kernel_ranks(&kernel, &general, at->image, &at->input, 5, 2,
                              0.5, 1, 1, NULL);
}

static limen_status radius(scene *at)
{
    double out;

    return limen_spectral_radius(&out, at->net, 1, NULL);
}

static limen_status cycles(scene *at)
{
    size_t length[SAMPLES];
    size_t transient[SAMPLES];

    return limen_frozen_cycles(length, transient, at->image, &at->input, 50,
                               0.5, 1, 1, NULL);
}

/* Fails every allocation of an action in turn; at least one. */
static void fail_each(action act)
{
    scene at;
    limen_status status = LIMEN_NO_MEMORY;
    size_t k;

    make(&at);
    for (k = 1; status != LIMEN_OK; k++) {
        (void)lm_alloc_fail_at(k);
        status = act(&at);
        (void)lm_alloc_fail_at(0);
        if (status != LIMEN_OK && status != LIMEN_NO_MEMORY)
            fail_msg("allocation %zu: %s", k, limen_status_text(status));
        if (k > 5000)
            fail_msg("it never succeeds");
    }
    assert_true(k > 2);
    drop(&at);
}

#define CASE(act)                                                              \
    static void act##_survives(void **state)                                   \
    {                                                                          \
        (void)state;                                                           \
        fail_each(act);                                                        \
    }
CASE(random_network)
CASE(spread)
CASE(lyapunov)
CASE(derrida)
CASE(random_damage)
CASE(random_lyapunov)
CASE(separation)
CASE(ranks)
CASE(radius)
CASE(cycles)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_network_survives),
        cmocka_unit_test(spread_survives),
        cmocka_unit_test(lyapunov_survives),
        cmocka_unit_test(derrida_survives),
        cmocka_unit_test(random_damage_survives),
        cmocka_unit_test(random_lyapunov_survives),
        cmocka_unit_test(separation_survives),
        cmocka_unit_test(ranks_survives),
        cmocka_unit_test(radius_survives),
        cmocka_unit_test(cycles_survives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
