/* test_bptt.c -- back-propagation against finite differences and its
 * definition.
 *
 * With smooth units, s = 1 / (1 + exp(-a)) and psi = s (1 - s), the equations
 * of learn/bptt.h are the exact gradient of L = sum_t,b error_b . s_L(t) +
 * pull . s_l(t), so finite differences of a forward pass written here must
 * agree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/rng.h"
#include "learn/bptt.h"

#include <math.h>
#include <string.h>

enum { LAYERS = 4, SAMPLES = 3, STEPS = 6, UNITS = 7 + 5 + 4 + 3 };

static const size_t units[LAYERS] = { 7, 5, 4, 3 };
static const size_t first[LAYERS] = { 0, 7, 12, 16 };

/* A smooth network's run, by the equations. */
typedef struct smooth {
    const limen_network *net;
    double s[STEPS + 1][SAMPLES][UNITS];
    double input[STEPS + 1][SAMPLES][7];
    float error[SAMPLES * 3];
    float *pull[LAYERS];
    size_t burn_in;
} smooth;

static double dice(uint32_t *thrown)
{
    return (double)lm_draw(31, 0, 0, 0, (*thrown)++) / 4294967296.0 - 0.5;
}

/* w + nudge in one place, in double, so that differences are not lost in the
 * masters' float. */
typedef struct nudge {
    const float *where;
    double by;
} nudge;

static double value(const float *w, const nudge *at)
{
    return (double)*w + (at != NULL && at->where == w ? at->by : 0.0);
}

static void run_layer(smooth *run, size_t t, size_t b, size_t l,
                      const nudge *at)
{
    const limen_network *net = run->net;

    for (size_t i = 0; i < units[l]; i++) {
        double a = -value(&net->theta[l][i], at);

        for (size_t k = 0; k < net->connections; k++) {
            const lm_connection *c = &net->connection[k];

            if (c->to != l)
                continue;
            const double *s =
                run->s[lm_delivers_before(net, c) ? t - 1 : t][b] +
                first[c->from];
            for (size_t e = lm_row_first(c, i); e < lm_row_first(c, i + 1); e++)
                a += value(&c->w[e], at) *
                     s[c->is_sparse ? c->source[e] : e - i * c->m];
        }
        run->s[t][b][first[l] + i] = 1.0 / (1.0 + exp(-a));
    }
}

static double loss(smooth *run, const nudge *at)
{
    double sum = 0.0;

    memset(run->s, 0, sizeof run->s);
    for (size_t t = 1; t <= STEPS; t++)
        for (size_t b = 0; b < SAMPLES; b++) {
            memcpy(run->s[t][b], run->input[t][b], 7 * sizeof(double));
            for (size_t l = 1; l < LAYERS; l++)
                run_layer(run, t, b, l, at);
            for (size_t i = 0; t > run->burn_in && i < 3; i++)
                sum +=
                    (double)run->error[b * 3 + i] * run->s[t][b][first[3] + i];
            for (size_t l = 1; t > run->burn_in && l < LAYERS; l++)
                for (size_t i = 0; run->pull[l] != NULL && i < units[l]; i++)
                    sum += (double)run->pull[l][i] * run->s[t][b][first[l] + i];
        }
    return sum;
}

static void read_states(const void *trace, size_t t, size_t l, float *s)
{
    const smooth *run = trace;

    for (size_t b = 0; b < SAMPLES; b++)
        for (size_t i = 0; i < units[l]; i++)
            s[b * units[l] + i] = (float)run->s[t][b][first[l] + i];
}

static void read_factors(const void *trace, size_t t, size_t l, float *psi)
{
    const smooth *run = trace;

    for (size_t b = 0; b < SAMPLES; b++)
        for (size_t i = 0; i < units[l]; i++) {
            const double s = run->s[t][b][first[l] + i];

            psi[b * units[l] + i] = (float)(s * (1.0 - s));
        }
}

static limen_network *make_network(bool synchronous)
{
    const bool on[LAYERS] = { false, true, true, true };
    const limen_pattern some = { .kind = LIMEN_PROBABILITY,
                                 .probability = 0.5,
                                 .seed = 3 };
    const limen_init init = { .kind = LIMEN_INIT_NORMAL,
                              .gain = 2.0F,
                              .recurrent_gain = 1.0F,
                              .seed = 5 };
    limen_network *net;

    assert_int_equal(limen_network_standard(&net, units, LAYERS, on, on, NULL),
                     LIMEN_OK);
    // a sparse skip, a delayed skip, and a long way down
    assert_int_equal(limen_network_connect(net, 0, 2, false, &some, NULL, NULL),
                     LIMEN_OK);
    assert_int_equal(limen_network_connect(net, 1, 3, true, NULL, NULL, NULL),
                     LIMEN_OK);
    assert_int_equal(limen_network_connect(net, 3, 1, false, &some, NULL, NULL),
                     LIMEN_OK);
    assert_int_equal(limen_network_init(net, &init, NULL), LIMEN_OK);
    for (size_t l = 1; l < LAYERS; l++)
        net->theta[l][0] = 0.3F;
    limen_network_set_synchronous(net, synchronous);
    return net;
}

static void make_run(smooth *run, const limen_network *net, float *pull)
{
    uint32_t thrown = 0;

    *run = (smooth){ .net = net, .burn_in = 1 };
    for (size_t t = 1; t <= STEPS; t++)
        for (size_t b = 0; b < SAMPLES; b++)
            for (size_t j = 0; j < 7; j++)
                run->input[t][b][j] = dice(&thrown) > 0.0;
    for (size_t k = 0; k < SAMPLES * 3; k++)
        run->error[k] = (float)dice(&thrown);
    for (size_t i = 0; i < 5; i++)
        pull[i] = (float)dice(&thrown);
    run->pull[1] = pull;
}

static lm_bptt_task make_task(const smooth *run, const lm_parameters *p,
                              size_t credit)
{
    return (lm_bptt_task){
        .net = run->net,
        .parameters = p,
        .kernel = lm_kernels_best(),
        .samples = SAMPLES,
        .steps = STEPS,
        .credit = credit,
        .error = run->error,
        .pull = run->pull,
        .burn_in = run->burn_in,
        .states = read_states,
        .factors = read_factors,
        .trace = run,
    };
}

/* Largest distance of two gradients, relative to the largest entry. */
static double distance(const double *a, const double *b, size_t count)
{
    double most = 0.0;
    double size = 0.0;

    for (size_t k = 0; k < count; k++) {
        most = fmax(most, fabs(a[k] - b[k]));
        size = fmax(size, fabs(b[k]));
    }
    return most / size;
}

static void compare_with_differences(bool synchronous)
{
    limen_network *net = make_network(synchronous);
    lm_parameters p;
    static smooth run;
    float pull[5];

    assert_int_equal(lm_parameters_new(&p, net, NULL), LIMEN_OK);
    make_run(&run, net, pull);
    double *truth = lm_alloc(p.count, 1, sizeof *truth);
    for (size_t k = 0; k < p.segments; k++)
        for (size_t i = 0; i < p.segment[k].count; i++) {
            const double h = 1e-5;
            const nudge up = { p.segment[k].master + i, h };
            const nudge down = { p.segment[k].master + i, -h };
            const double above = loss(&run, &up);

            truth[p.segment[k].offset + i] =
                (above - loss(&run, &down)) / (2.0 * h);
        }
    loss(&run, NULL);

    const lm_bptt_task task = make_task(&run, &p, 0);
    double *exact = lm_alloc(p.count, 1, sizeof *exact);
    float *single = lm_alloc(p.count, 1, sizeof *single);
    double *fast = lm_alloc(p.count, 1, sizeof *fast);
    lm_bptt_room *room = lm_bptt_room_new(net);
    assert_true(lm_bptt_definition(exact, &task));
    lm_bptt_backward(single, &task, room);
    for (size_t i = 0; i < p.count; i++)
        fast[i] = (double)single[i];
    print_message("relative error: double %.2g, float %.2g\n",
                  distance(exact, truth, p.count),
                  distance(fast, truth, p.count));
    assert_true(distance(exact, truth, p.count) < 1e-6);
    assert_true(distance(fast, truth, p.count) < 1e-3);

    lm_bptt_room_free(room);
    lm_free(truth);
    lm_free(exact);
    lm_free(single);
    lm_free(fast);
    lm_parameters_free(&p);
    limen_network_free(net);
}

static void gradients_are_finite_differences(void **state)
{
    (void)state;
    compare_with_differences(false);
}

static void synchronous_gradients_are_finite_differences(void **state)
{
    (void)state;
    compare_with_differences(true);
}

static void windows_of_credit_are_those_of_the_definition(void **state)
{
    limen_network *net = make_network(false);
    lm_parameters p;
    static smooth run;
    float pull[5];
    double *kept = NULL;

    (void)state;
    assert_int_equal(lm_parameters_new(&p, net, NULL), LIMEN_OK);
    make_run(&run, net, pull);
    loss(&run, NULL);
    lm_bptt_room *room = lm_bptt_room_new(net);
    for (size_t credit = 0; credit <= 4; credit++) {
        const lm_bptt_task task = make_task(&run, &p, credit);
        double *exact = lm_alloc(p.count, 1, sizeof *exact);
        double *fast = lm_alloc(p.count, 1, sizeof *fast);
        float *single = lm_alloc(p.count, 1, sizeof *single);

        assert_true(lm_bptt_definition(exact, &task));
        lm_bptt_backward(single, &task, room);
        for (size_t i = 0; i < p.count; i++)
            fast[i] = (double)single[i];
        assert_true(distance(fast, exact, p.count) < 1e-5);
        // a shorter window is another gradient
        if (kept != NULL)
            assert_true(distance(exact, kept, p.count) > 1e-3);
        lm_free(kept);
        kept = exact;
        lm_free(single);
        lm_free(fast);
    }
    lm_free(kept);
    lm_bptt_room_free(room);
    lm_parameters_free(&p);
    limen_network_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_finite_differences),
        cmocka_unit_test(synchronous_gradients_are_finite_differences),
        cmocka_unit_test(windows_of_credit_are_those_of_the_definition),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
