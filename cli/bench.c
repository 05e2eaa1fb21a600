/* bench.c -- `limen bench`: what a batch takes on this machine.
 *
 * Every piece of work is done over and over for some seconds after one time to
 * warm up; the median is told, and with --json every time.
 */
#include "cli.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { TIMES = 1 << 20, SIMULATED_STEPS = 10000 };

/* Times of one piece of work, in seconds. */
typedef struct clock_of {
    double *seconds; /* (TIMES) */
    size_t count;
} clock_of;

/* What is timed. */
typedef struct work {
    const cli_options *options;
    limen_settings *settings;
    limen_network *net;
    limen_data *data;
    limen_image *image;
    limen_state *state;
    limen_trainer *trainer;
    uint32_t **counts; /* [layer], all NULL but the output's */
    limen_input input;
    size_t steps;
} work;

typedef limen_status (*piece)(work *at, limen_error *err);

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(const clock_of *times)
{
    double *sorted =
        times->count == 0 ? NULL : malloc(times->count * sizeof *sorted);

    if (sorted == NULL)
        exit(cli_fail(CLI_NO_MEMORY, "out of memory for the times"));
    memcpy(sorted, times->seconds, times->count * sizeof *sorted);
    qsort(sorted, times->count, sizeof *sorted, ascending);
    const double middle = sorted[times->count / 2];
    free(sorted);
    return middle;
}

static limen_status time_piece(clock_of *times, piece run, work *at,
                               limen_error *err)
{
    limen_status status = run(at, err);
    const double start = now();

    for (times->count = 0;
         status == LIMEN_OK && times->count < TIMES &&
         (times->count < 3 || now() - start < at->options->seconds);
         times->count++) {
        const double begin = now();

        status = run(at, err);
        times->seconds[times->count] = now() - begin;
    }
    return status;
}

static limen_status infer(work *at, limen_error *err)
{
    const size_t last = limen_network_layers(at->net) - 1;
    const size_t n = limen_network_units(at->net, last);
    const limen_record record = { .counts = at->counts };

    limen_state_reset(at->state);
    memset(at->counts[last], 0, at->input.samples * n * sizeof(uint32_t));
    return limen_run(at->image, at->state, &at->input, at->steps, 0, 1,
                     at->options->threads, &record, err);
}

static limen_status train(work *at, limen_error *err)
{
    return limen_trainer_step(at->trainer, err);
}

static limen_status simulate(work *at, limen_error *err)
{
    return limen_run(at->image, at->state, &at->input, SIMULATED_STEPS, 0, 1,
                     at->options->threads, NULL, err);
}

static void work_free(work *at)
{
    limen_trainer_free(at->trainer);
    limen_state_free(at->state);
    limen_image_free(at->image);
    if (at->counts != NULL)
        free(at->counts[limen_network_layers(at->net) - 1]);
    free(at->counts);
    limen_network_free(at->net);
    limen_data_free(at->data);
    limen_settings_free(at->settings);
}

/* Settings that bench decides: every step counts, and training does not end. */
static limen_status decide(limen_settings *settings, limen_error *err)
{
    limen_status status = limen_settings_set(settings, "burn-in", "0", err);

    if (status == LIMEN_OK)
        status = limen_settings_set(settings, "epochs", "1000000", err);
    if (status == LIMEN_OK)
        status = limen_settings_set(settings, "train-steps",
                                    limen_settings_get(settings, "steps"), err);
    return status;
}

/* The first samples of the test set, or as many as there are. */
static limen_status load_batch(work *at, limen_error *err)
{
    const char *dir = limen_settings_get(at->settings, "data-dir");
    const size_t batch = (size_t)cli_setting_int(at->settings, "batch");
    limen_data *all;
    limen_status status =
        limen_data_load(&all, limen_settings_get(at->settings, "data"),
                        dir[0] == '\0' ? NULL : dir, LIMEN_TEST, err);

    if (status != LIMEN_OK)
        return status;
    const size_t count = batch < all->samples ? batch : all->samples;
    size_t *rows = malloc(count * sizeof *rows);
    if (rows == NULL)
        exit(cli_fail(CLI_NO_MEMORY, "out of memory for a batch"));
    for (size_t k = 0; k < count; k++)
        rows[k] = k;
    status = limen_data_select(&at->data, all, rows, count, err);
    free(rows);
    limen_data_free(all);
    return status;
}

static limen_status make_state(work *at, limen_error *err)
{
    limen_status status =
        limen_image_new(&at->image, at->net, at->options->threads, err);

    return status != LIMEN_OK
               ? status
               : limen_state_new(&at->state, at->image, at->input.samples, err);
}

/* The network of a run, or of the settings, on a batch of data. */
static int prepare(work *at)
{
    const cli_options *options = at->options;
    limen_error err = { .text = "" };
    limen_status status = LIMEN_OK;

    if (options->word_count == 1) {
        const int code =
            cli_load_model(&at->net, &at->settings, options->words[0], options);
        if (code != CLI_DONE)
            return code;
    } else {
        status = limen_settings_copy(&at->settings, options->settings, &err);
    }
    if (status == LIMEN_OK)
        status = decide(at->settings, &err);
    if (status == LIMEN_OK)
        status = load_batch(at, &err);
    if (status == LIMEN_OK)
        status = limen_settings_resolve(at->settings, at->data, &err);
    if (status == LIMEN_OK && at->net == NULL)
        status = limen_settings_network(&at->net, at->settings, at->data, &err);
    if (status != LIMEN_OK)
        return cli_fail_status(status, &err);
    if (at->data->features != limen_network_units(at->net, 0))
        return cli_fail(CLI_INCOMPATIBLE,
                        "the data has %zu values a sample, the network %zu "
                        "inputs",
                        at->data->features, limen_network_units(at->net, 0));
    at->steps = (size_t)cli_setting_int(at->settings, "steps");
    at->input = limen_data_input(
        at->data, (float)cli_setting_real(at->settings, "pixel-scale"),
        cli_setting_encoder(at->settings));
    return CLI_DONE;
}

static limen_status prepare_infer(work *at, limen_error *err)
{
    const size_t layers = limen_network_layers(at->net);
    const size_t n = limen_network_units(at->net, layers - 1);

    at->counts = calloc(layers, sizeof *at->counts);
    if (at->counts != NULL)
        at->counts[layers - 1] =
            calloc(at->input.samples * n, sizeof(uint32_t));
    if (at->counts == NULL || at->counts[layers - 1] == NULL)
        exit(cli_fail(CLI_NO_MEMORY, "out of memory for the counts"));
    return make_state(at, err);
}

static limen_status prepare_train(work *at, limen_error *err)
{
    return limen_trainer_new(&at->trainer, at->net, at->settings, at->data,
                             at->options->threads, err);
}

/* One layer that hears itself, from a random state; activity about 0.27. */
static int prepare_simulation(work *at)
{
    static const float none[1];
    const size_t units[] = { 1, at->options->units };
    const size_t degree = at->options->in_degree;
    const limen_pattern some = {
        .kind = LIMEN_IN_DEGREE,
        .in_degree = degree < units[1] ? degree : units[1] - 1,
        .seed = 1,
    };
    const limen_init init = { .kind = LIMEN_INIT_SCALED,
                              .recurrent_gain = 1.0F,
                              .rate = 0.27F,
                              .seed = 1 };
    limen_error err = { .text = "" };
    limen_status status = limen_network_new(&at->net, units, 2, &err);

    if (status == LIMEN_OK)
        status = limen_network_connect(
            at->net, 1, 1, false, degree == 0 || units[1] == 1 ? NULL : &some,
            NULL, &err);
    if (status == LIMEN_OK)
        status = limen_network_init(at->net, &init, &err);
    at->input =
        (limen_input){ .floats = none, .samples = 1, .frames = 1, .hold = 1 };
    if (status == LIMEN_OK)
        status = make_state(at, &err);
    if (status != LIMEN_OK)
        return cli_fail_status(status, &err);
    uint64_t *bits = limen_state_bits(at->state, 1, 0);
    for (size_t i = 0; i < units[1]; i++)
        if (limen_draw(1, 0, 0, 0, (uint32_t)i) < 1159641170U) // 0.27
            bits[i / 64] |= (uint64_t)1 << i % 64;
    return CLI_DONE;
}

static double peak_mib(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024.0;
}

static void report(const work *at, const char *name, const clock_of *times,
                   json_t *all)
{
    const double middle = median(times);
    const bool is_simulation = strcmp(name, "simulate") == 0;
    const double done = is_simulation ? SIMULATED_STEPS
                                      : (double)(at->input.samples * at->steps);

    if (at->options->json) {
        json_t *seconds = json_array();

        for (size_t k = 0; k < times->count; k++)
            json_array_append_new(seconds, json_real(times->seconds[k]));
        json_array_append_new(
            all,
            json_pack("{s:s, s:I, s:I, s:f, s:f, s:o, s:s}", "work", name,
                      "samples", (json_int_t)at->input.samples, "steps",
                      (json_int_t)(is_simulation ? SIMULATED_STEPS : at->steps),
                      "median", middle, "peak_mib", peak_mib(), "seconds",
                      seconds, "backend", limen_backend()));
        return;
    }
    printf("%-9s %10.3f %14.0f %20.3f %10.0f %6zu\n", name, 1e3 * middle,
           (double)at->input.samples / middle, 1e6 * middle / done, peak_mib(),
           times->count);
}

static int run_work(const cli_options *options, const char *name,
                    clock_of *times, json_t *all)
{
    work at = { .options = options };
    const bool is_simulation = strcmp(name, "simulate") == 0;
    const bool is_training = strcmp(name, "train") == 0;
    limen_error err = { .text = "" };
    int code = is_simulation ? prepare_simulation(&at) : prepare(&at);
    limen_status status = LIMEN_OK;

    if (code == CLI_DONE && is_training)
        status = prepare_train(&at, &err);
    else if (code == CLI_DONE && !is_simulation)
        status = prepare_infer(&at, &err);
    if (code == CLI_DONE && status == LIMEN_OK)
        status = time_piece(times,
                            is_simulation ? simulate
                            : is_training ? train
                                          : infer,
                            &at, &err);
    if (code == CLI_DONE && status != LIMEN_OK)
        code = cli_fail_status(status, &err);
    if (code == CLI_DONE)
        report(&at, name, times, all);
    work_free(&at);
    return code;
}

/* Whether every word of a list is something to time. */
static int check_list(const char *list)
{
    for (const char *at = list;; at++) {
        const size_t length = strcspn(at, ",");

        if (!(length == 5 && strncmp(at, "infer", 5) == 0) &&
            !(length == 5 && strncmp(at, "train", 5) == 0) &&
            !(length == 8 && strncmp(at, "simulate", 8) == 0))
            return cli_fail(CLI_USAGE,
                            "--work: '%.*s' is not infer, train or simulate",
                            (int)length, at);
        at += length;
        if (*at == '\0')
            return CLI_DONE;
    }
}

int cli_bench(cli_options *options)
{
    clock_of times = { .seconds = malloc(TIMES * sizeof(double)) };
    json_t *all = json_array();
    char *list = strdup(options->work == NULL ? "infer,train" : options->work);
    char *rest = list;

    if (times.seconds == NULL || list == NULL)
        exit(cli_fail(CLI_NO_MEMORY, "out of memory for the times"));
    int code = check_list(list);
    if (code == CLI_DONE && options->word_count > 1)
        code = cli_fail(CLI_USAGE, "bench: name one run or model, or none");
    if (code == CLI_DONE && !options->json)
        printf("%-9s %10s %14s %20s %10s %6s\n", "work", "ms a batch",
               "samples a s", "us a sample and step", "peak MiB", "times");
    while (code == CLI_DONE && rest != NULL)
        code = run_work(options, strsep(&rest, ","), &times, all);
    if (code == CLI_DONE && options->json)
        cli_print_json(json_incref(all));
    json_decref(all);
    free(list);
    free(times.seconds);
    return code;
}
