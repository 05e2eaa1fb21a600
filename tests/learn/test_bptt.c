/* test_bptt.c -- the definition of back-propagation against finite
 * differences, and the rule against its definition.
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
#include "base/bits.h"
#include "base/rng.h"
#include "learn/bptt.h"
#include "learn/bptt_rule.h"

#include <math.h>
#include <stdio.h>
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
    assert_true(lm_bptt_definition(exact, &task));
    print_message("relative error in double: %.2g\n",
                  distance(exact, truth, p.count));
    assert_true(distance(exact, truth, p.count) < 1e-6);

    lm_free(truth);
    lm_free(exact);
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

/* ---- The rule on a network's spikes, against its definition ---- */

enum { BATCH = 45 };

/* A trace read back from the rule, as lm_bptt_task reads it. */
typedef struct spikes {
    const lm_bptt *rule;
} spikes;

static void read_bits(const void *trace, size_t t, size_t l, float *s)
{
    const lm_bptt *rule = ((const spikes *)trace)->rule;
    const size_t words = lm_bits_words(units[l]);

    for (size_t b = 0; b < BATCH; b++)
        for (size_t i = 0; i < units[l]; i++)
            s[b * units[l] + i] =
                (float)lm_bits_get(rule->bits[l] + (t * BATCH + b) * words, i);
}

static void read_shares(const void *trace, size_t t, size_t l, float *psi)
{
    const lm_bptt *rule = ((const spikes *)trace)->rule;
    const float unit =
        lm_surrogate_peak(rule->kind, lm_bptt_width(rule, l)) / 255.0F;

    for (size_t k = 0; k < BATCH * units[l]; k++)
        psi[k] = unit * (float)rule->share[l][(t - 1) * BATCH * units[l] + k];
}

/* A batch of random images, run and ready to go back. */
typedef struct scene {
    limen_network *net;
    limen_image *image;
    limen_settings *settings;
    lm_parameters parameters;
    lm_workspaces spaces;
    lm_batch batch;
    uint8_t bytes[BATCH * 7];
    float error[BATCH * 3];
    float pull_values[5];
    float *pull[LAYERS];
    uint32_t *counts[LAYERS];
} scene;

static void set(limen_settings *settings, const char *name, size_t value)
{
    char text[32];

    snprintf(text, sizeof text, "%zu", value);
    assert_int_equal(limen_settings_set(settings, name, text, NULL), LIMEN_OK);
}

static void make_scene(scene *to, size_t steps, size_t credit, int threads)
{
    uint32_t thrown = 0;

    // what a state remembers besides spikes
    const limen_unit_options tired = { .refractory_steps = 1,
                                       .adapt_gain = 0.2F,
                                       .adapt_memory = 0.5F };

    *to = (scene){ .net = make_network(false) };
    assert_int_equal(limen_network_set_units(to->net, 1, &tired, NULL),
                     LIMEN_OK);
    assert_int_equal(limen_image_new(&to->image, to->net, 1, NULL), LIMEN_OK);
    assert_int_equal(lm_parameters_new(&to->parameters, to->net, NULL),
                     LIMEN_OK);
    assert_int_equal(limen_settings_new(&to->settings, NULL), LIMEN_OK);
    assert_int_equal(
        limen_settings_set(to->settings, "surrogate", "triangle", NULL),
        LIMEN_OK);
    assert_int_equal(limen_settings_set(to->settings, "width", "1.5", NULL),
                     LIMEN_OK);
    set(to->settings, "credit", credit);
    for (size_t k = 0; k < sizeof to->bytes; k++)
        to->bytes[k] = (uint8_t)(lm_draw(3, 0, 0, 0, thrown++) >> 24);
    for (size_t k = 0; k < BATCH * 3; k++)
        to->error[k] = (float)dice(&thrown);
    for (size_t i = 0; i < 5; i++)
        to->pull_values[i] = (float)dice(&thrown) / 10.0F;
    to->pull[1] = to->pull_values;
    for (size_t l = 0; l < LAYERS; l++)
        to->counts[l] = lm_alloc(BATCH, units[l], sizeof(uint32_t));
    assert_int_equal(
        lm_workspaces_new(&to->spaces, to->image, BATCH, threads, NULL),
        LIMEN_OK);
    to->batch = (lm_batch){ .net = to->net,
                            .image = to->image,
                            .parameters = &to->parameters,
                            .kernel = to->image->kernel,
                            .spaces = &to->spaces,
                            .room = BATCH,
                            .samples = BATCH,
                            .steps = steps,
                            .burn_in = 1,
                            .steps_most = steps,
                            .seed = 9,
                            .input = { .bytes = to->bytes,
                                       .scale = 1.0F / 255.0F,
                                       .samples = BATCH,
                                       .frames = 1,
                                       .hold = 1 },
                            .counts = to->counts,
                            .error = to->error,
                            .pull = to->pull };
    assert_int_equal(limen_state_new(&to->batch.state, to->image, BATCH, NULL),
                     LIMEN_OK);
}

static void drop_scene(scene *from)
{
    for (size_t l = 0; l < LAYERS; l++)
        lm_free(from->counts[l]);
    limen_state_free(from->batch.state);
    lm_workspaces_free(&from->spaces);
    limen_settings_free(from->settings);
    lm_parameters_free(&from->parameters);
    limen_image_free(from->image);
    limen_network_free(from->net);
}

static const lm_bptt_room own_choice = { 0, 0 };

/* The gradient of the rule; *rule is to be freed.  A room without a window: the
 * rule's own choice. */
static float *rule_gradient(scene *at, int threads, lm_bptt_room room,
                            void **rule)
{
    float *gradient = lm_alloc(at->parameters.count, 1, sizeof *gradient);
    const size_t size = at->spaces.chunk;
    const limen_status status =
        room.window > 0
            ? lm_bptt_new(rule, &at->batch, at->settings, threads, room, NULL)
            : lm_rule_bptt.new(rule, &at->batch, at->settings, threads, NULL);

    assert_int_equal(status, LIMEN_OK);
    lm_rule_bptt.begin(*rule, &at->batch);
    for (size_t k = 0; k < lm_batch_chunks(&at->batch, size); k++) {
        const lm_chunk chunk = lm_batch_chunk(&at->batch, k, size);

        lm_rule_bptt.forward(*rule, &at->batch, at->spaces.space[0], &chunk);
    }
    lm_rule_bptt.backward(*rule, &at->batch, gradient);
    return gradient;
}

static double *definition_of(scene *at, const lm_bptt *rule, size_t credit)
{
    double *exact = lm_alloc(at->parameters.count, 1, sizeof *exact);
    float *error = lm_alloc(BATCH, 3, sizeof *error);
    const spikes trace = { rule };

    for (size_t k = 0; k < BATCH * 3; k++)
        error[k] = at->error[k] / (float)(at->batch.steps - 1);
    const lm_bptt_task task = { .net = at->net,
                                .parameters = &at->parameters,
                                .samples = BATCH,
                                .steps = at->batch.steps,
                                .credit = credit,
                                .error = error,
                                .pull = at->pull,
                                .burn_in = 1,
                                .states = read_bits,
                                .factors = read_shares,
                                .trace = &trace };
    assert_true(lm_bptt_definition(exact, &task));
    lm_free(error);
    return exact;
}

static void the_rule_is_its_definition(void **state)
{
    const size_t cases[][2] = { { 60, 0 }, { 60, 7 }, { 12, 2 },
                                { 5, 1 },  { 20, 1 }, { 1, 0 } };
    double *kept = NULL;

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        static scene at;
        void *rule;

        make_scene(&at, cases[k][0] + 1, cases[k][1], 1);
        float *single = rule_gradient(&at, 1, own_choice, &rule);
        double *exact = definition_of(&at, rule, cases[k][1]);
        double *fast = lm_alloc(at.parameters.count, 1, sizeof *fast);

        for (size_t i = 0; i < at.parameters.count; i++)
            fast[i] = (double)single[i];
        const double error = distance(fast, exact, at.parameters.count);
        print_message("%zu steps, credit %zu: relative error in float %.2g\n",
                      cases[k][0], cases[k][1], error);
        assert_true(error < 1e-3);
        // another credit is another gradient
        if (k == 1)
            assert_true(distance(exact, kept, at.parameters.count) > 1e-3);
        lm_free(kept);
        kept = exact;
        lm_free(fast);
        lm_free(single);
        lm_rule_bptt.free(rule);
        drop_scene(&at);
    }
    lm_free(kept);
}

/* Errors that go back a few steps at a time round elsewhere but are the same;
 * a run made again from the states before each window gives the same bits. */
static void a_short_window_gives_the_same_gradient(void **state)
{
    const lm_bptt_room rooms[] = { { 30, 30 }, { 7, 30 }, { 7, 7 } };

    (void)state;
    for (size_t credit = 0; credit <= 2; credit++) {
        double *all[3];
        size_t count = 0;

        for (size_t k = 0; k < 3; k++) {
            static scene at;
            void *rule;

            make_scene(&at, 30, credit, 1);
            float *gradient = rule_gradient(&at, 1, rooms[k], &rule);

            count = at.parameters.count;
            all[k] = lm_alloc(count, 1, sizeof **all);
            for (size_t i = 0; i < count; i++)
                all[k][i] = (double)gradient[i];
            lm_free(gradient);
            lm_rule_bptt.free(rule);
            drop_scene(&at);
        }
        assert_true(distance(all[0], all[1], count) < 1e-3);
        assert_memory_equal(all[1], all[2], count * sizeof **all);
        for (size_t k = 0; k < 3; k++)
            lm_free(all[k]);
    }
}

static void threads_and_backends_do_not_change_a_gradient(void **state)
{
    const lm_kernels *table;
    float *wanted = NULL;

    (void)state;
    for (size_t k = 0; (table = lm_kernels_at(k / 2)) != NULL; k++) {
        static scene at;
        void *rule;

        make_scene(&at, 9, 0, k % 2 ? 3 : 1);
        at.image->kernel = table;
        at.batch.kernel = table;
        float *gradient = rule_gradient(&at, k % 2 ? 3 : 1, own_choice, &rule);
        if (wanted == NULL)
            wanted = lm_alloc(at.parameters.count, 1, sizeof *wanted);
        if (k == 0)
            memcpy(wanted, gradient, at.parameters.count * sizeof *wanted);
        assert_memory_equal(wanted, gradient,
                            at.parameters.count * sizeof *wanted);
        lm_free(gradient);
        lm_rule_bptt.free(rule);
        drop_scene(&at);
    }
    lm_free(wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_finite_differences),
        cmocka_unit_test(synchronous_gradients_are_finite_differences),
        cmocka_unit_test(the_rule_is_its_definition),
        cmocka_unit_test(a_short_window_gives_the_same_gradient),
        cmocka_unit_test(threads_and_backends_do_not_change_a_gradient),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
