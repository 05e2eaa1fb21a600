/* trace.c -- what a network did, sample by sample, as files.
 *
 * The arrays of trace.npz grow side by side, each in a file of its own that is
 * packed at the end, so that memory holds one block of samples.
 */
#include "base/arena.h"
#include "base/bits.h"
#include "base/error.h"
#include "io/npy.h"
#include "io/npz_write.h"
#include "net/image.h"
#include "net/input.h"
#include "net/record.h"
#include "study/rasters.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char *const measure_names[] = {
    "settle",           "flips", "distance",  "autocorrelation", "agreement",
    "agreement_chance", "cycle", "transient",
};

enum {
    MEASURES = sizeof measure_names / sizeof *measure_names,
    // files before the rasters
    ACTIVITY = 0,
    MEANS = 1,
    UNITS = 2,
    SAMPLE = 3,
    ANSWERS = 4,
    STANDS = 5,
    LABELS = 6,
    FIRST_MEASURE = 7,
    FIRST_RASTER = FIRST_MEASURE + MEASURES,
    NAME = 32 // characters
};

typedef struct trace {
    const limen_image *image;
    const limen_input *input;
    const uint32_t *labels;
    const limen_stability_result *measures;
    size_t steps, burn_in, outputs;
    lm_rasters rasters;
    lm_file_writer csv[2]; /* activity, means */
    size_t parts;
    lm_file_writer *part; /* (parts) */
    lm_npz_part *packed;  /* (parts) */
    char (*names)[NAME];  /* (parts) */
    double *activity;     /* (layers, steps) of one sample */
    uint32_t *counts;     /* (n_L) */
    double *means;        /* (n_L) */
    char *path;           /* room for names in the folder */
    size_t path_room;
} trace;

static void trace_free(trace *to)
{
    lm_rasters_free(&to->rasters);
    for (size_t k = 0; k < 2; k++)
        lm_file_abort(&to->csv[k]);
    for (size_t k = 0; to->part != NULL && k < to->parts; k++)
        lm_file_abort(&to->part[k]);
    lm_free(to->part);
    lm_free(to->packed);
    lm_free(to->names);
    lm_free(to->activity);
    lm_free(to->counts);
    lm_free(to->means);
    lm_free(to->path);
}

static const char *path_of(trace *to, const char *dir, const char *name)
{
    snprintf(to->path, to->path_room, "%s/%s", dir, name);
    return to->path;
}

static limen_status trace_new(trace *to, const char *dir, limen_error *err)
{
    const size_t layers = to->image->layers;
    const limen_status status = lm_rasters_new(
        &to->rasters, to->image, to->input->samples, to->steps, 1, err);

    if (status != LIMEN_OK)
        return status;
    to->parts = FIRST_RASTER + layers;
    to->path_room = strlen(dir) + 32;
    to->part = lm_alloc(to->parts, 1, sizeof *to->part);
    to->packed = lm_alloc(to->parts, 1, sizeof *to->packed);
    to->names = lm_alloc(to->parts, 1, sizeof *to->names);
    to->activity = lm_alloc(layers, to->steps, sizeof *to->activity);
    to->counts = lm_alloc(to->outputs, 1, sizeof *to->counts);
    to->means = lm_alloc(to->outputs, 1, sizeof *to->means);
    to->path = lm_alloc(to->path_room, 1, 1);
    if (to->part == NULL || to->packed == NULL || to->names == NULL ||
        to->activity == NULL || to->counts == NULL || to->means == NULL ||
        to->path == NULL)
        return lm_error_no_memory(err, "a trace", layers * to->steps * 8);
    return LIMEN_OK;
}

/* Begins the k-th array; the other arguments as in lm_npy_head. */
static limen_status begin(trace *to, const char *dir, size_t k,
                          const char *name, const char *type,
                          const size_t *shape, size_t dims, limen_error *err)
{
    char head[LM_NPY_HEAD];
    const size_t length = lm_npy_head(head, type, shape, dims);
    const limen_status status =
        lm_file_begin(&to->part[k], path_of(to, dir, "trace.npz"), err);

    if (status != LIMEN_OK)
        return status;
    snprintf(to->names[k], NAME, "%s", name);
    return lm_file_append(&to->part[k], head, length, err);
}

static limen_status begin_csv(trace *to, const char *dir, size_t k,
                              const char *name, const char *column,
                              size_t columns, limen_error *err)
{
    char text[64];
    limen_status status =
        lm_file_begin(&to->csv[k], path_of(to, dir, name), err);

    if (status == LIMEN_OK)
        status = lm_file_append(&to->csv[k], "sample,step", 11, err);
    for (size_t c = 0; status == LIMEN_OK && c < columns; c++) {
        const int length = snprintf(text, sizeof text, ",%s_%zu", column, c);

        status = lm_file_append(&to->csv[k], text, (size_t)length, err);
    }
    return status == LIMEN_OK ? lm_file_append(&to->csv[k], "\n", 1, err)
                              : status;
}

static limen_status begin_all(trace *to, const char *dir, limen_error *err)
{
    const size_t layers = to->image->layers;
    const size_t samples = to->input->samples;
    const size_t activity[] = { samples, layers, to->steps };
    const size_t means[] = { samples, to->steps, to->outputs };
    const struct {
        size_t k;
        const char *name, *type;
        const size_t *shape;
        size_t dims;
    } arrays[] = {
        { ACTIVITY, "activity", "<f8", activity, 3 },
        { MEANS, "means", "<f8", means, 3 },
        { UNITS, "units", "<u8", &layers, 1 },
        { SAMPLE, "sample", "<u8", &samples, 1 },
        { ANSWERS, "answers", "<u4", &samples, 1 },
        { STANDS, "stands", "<u4", &samples, 1 },
        { LABELS, "labels", "<u4", &samples, 1 },
    };
    limen_status status = LIMEN_OK;

    for (size_t k = 0; status == LIMEN_OK && k < FIRST_MEASURE; k++)
        if (k != LABELS || to->labels != NULL)
            status = begin(to, dir, arrays[k].k, arrays[k].name, arrays[k].type,
                           arrays[k].shape, arrays[k].dims, err);
    for (size_t k = 0; status == LIMEN_OK && k < MEASURES; k++)
        status = begin(to, dir, FIRST_MEASURE + k, measure_names[k], "<f8",
                       activity, 2, err);
    for (size_t l = 0; status == LIMEN_OK && l < layers; l++) {
        const size_t shape[] = { samples, to->steps,
                                 (to->image->layer[l].n + 7) / 8 };
        char name[NAME];

        snprintf(name, sizeof name, "raster_%zu", l);
        status = begin(to, dir, FIRST_RASTER + l, name, "|u1", shape, 3, err);
    }
    if (status == LIMEN_OK)
        status = begin_csv(to, dir, 0, "activity.csv", "layer", layers, err);
    return status == LIMEN_OK
               ? begin_csv(to, dir, 1, "means.csv", "class", to->outputs, err)
               : status;
}

/* A line "sample,step,x,x,..." of `count` numbers that are `stride` apart. */
static limen_status append_line(lm_file_writer *to, uint64_t sample, size_t t,
                                const double *x, size_t count, size_t stride,
                                limen_error *err)
{
    char text[64];
    int length =
        snprintf(text, sizeof text, "%llu,%zu", (unsigned long long)sample, t);
    limen_status status = lm_file_append(to, text, (size_t)length, err);

    for (size_t k = 0; status == LIMEN_OK && k < count; k++) {
        length = snprintf(text, sizeof text, ",%.9g", x[k * stride]);
        status = lm_file_append(to, text, (size_t)length, err);
    }
    return status == LIMEN_OK ? lm_file_append(to, "\n", 1, err) : status;
}

/* The running means after each step; zero during the burn-in. */
static limen_status append_means(trace *to, uint64_t sample,
                                 const uint64_t *raster, limen_error *err)
{
    const size_t words = lm_bits_words(to->outputs);
    limen_status status = LIMEN_OK;

    memset(to->counts, 0, to->outputs * sizeof *to->counts);
    for (size_t t = 1; status == LIMEN_OK && t <= to->steps; t++) {
        const size_t counted = t > to->burn_in ? t - to->burn_in : 0;

        for (size_t i = 0; i < to->outputs; i++) {
            if (counted > 0)
                to->counts[i] += lm_bits_get(raster + (t - 1) * words, i);
            to->means[i] =
                counted == 0 ? 0.0 : (double)to->counts[i] / (double)counted;
        }
        status = lm_file_append(&to->part[MEANS], to->means,
                                to->outputs * sizeof *to->means, err);
        if (status == LIMEN_OK)
            status = append_line(&to->csv[1], sample, t, to->means, to->outputs,
                                 1, err);
    }
    return status;
}

/* Sample b of a block that begins with `first`. */
static limen_status append_sample(trace *to, size_t first, size_t b,
                                  limen_error *err)
{
    const size_t layers = to->image->layers;
    const uint64_t sample = to->rasters.keys[b];
    const uint64_t *raster = NULL;
    limen_status status =
        lm_file_append(&to->part[SAMPLE], &sample, sizeof sample, err);

    assert(layers > 0);
    for (size_t l = 0; status == LIMEN_OK && l < layers; l++) {
        const size_t n = to->image->layer[l].n;

        raster = to->rasters.raster[0][l] + b * to->steps * lm_bits_words(n);
        limen_raster_activity(to->activity + l * to->steps, raster, to->steps,
                              n);
        status = lm_raster_append(&to->part[FIRST_RASTER + l], raster,
                                  to->steps, n, err);
    }
    if (status == LIMEN_OK)
        status = lm_file_append(&to->part[ACTIVITY], to->activity,
                                layers * to->steps * sizeof *to->activity, err);
    for (size_t t = 0; status == LIMEN_OK && t < to->steps; t++)
        status = append_line(&to->csv[0], sample, t + 1, to->activity + t,
                             layers, to->steps, err);
    if (status == LIMEN_OK)
        status = append_means(to, sample, raster, err);
    for (size_t k = 0; k < layers * MEASURES && status == LIMEN_OK; k++) {
        double x[MEASURES];

        memcpy(x, &to->measures->each[(first + b) * layers + k / MEASURES],
               sizeof x);
        status = lm_file_append(&to->part[FIRST_MEASURE + k % MEASURES],
                                &x[k % MEASURES], sizeof *x, err);
    }
    return status;
}

/* What does not depend on the runs. */
static limen_status append_fixed(trace *to, limen_error *err)
{
    const size_t size = to->input->samples * sizeof(uint32_t);
    limen_status status =
        lm_file_append(&to->part[ANSWERS], to->measures->answers, size, err);

    if (status == LIMEN_OK)
        status =
            lm_file_append(&to->part[STANDS], to->measures->stands, size, err);
    if (status == LIMEN_OK && to->labels != NULL)
        status = lm_file_append(&to->part[LABELS], to->labels, size, err);
    for (size_t l = 0; status == LIMEN_OK && l < to->image->layers; l++) {
        const uint64_t n = to->image->layer[l].n;

        status = lm_file_append(&to->part[UNITS], &n, sizeof n, err);
    }
    return status;
}

static limen_status finish(trace *to, const char *dir, limen_error *err)
{
    size_t count = 0;
    limen_status status;

    for (size_t k = 0; k < to->parts; k++) {
        if (to->part[k].stream == NULL)
            continue;
        if (fflush(to->part[k].stream) != 0)
            return lm_error_set(err, LIMEN_CANNOT_WRITE,
                                "%.300s: cannot be written; is the disk full?",
                                path_of(to, dir, "trace.npz"));
        to->packed[count++] =
            (lm_npz_part){ to->names[k], to->part[k].temporary };
    }
    status = lm_npz_pack(path_of(to, dir, "trace.npz"), to->packed, count, err);
    for (size_t k = 0; status == LIMEN_OK && k < 2; k++)
        status = lm_file_commit(&to->csv[k], err);
    return status;
}

limen_status limen_trace_save(const char *dir,
                              const limen_stability_result *measures,
                              const limen_image *image,
                              const limen_input *input, const uint32_t *labels,
                              size_t steps, size_t burn_in, uint64_t seed,
                              int threads, limen_error *err)
{
    trace to = {
        .image = image,
        .input = input,
        .labels = labels,
        .measures = measures,
        .steps = steps,
        .burn_in = burn_in,
        .outputs = image->layer[image->layers - 1].n,
    };
    limen_status status = limen_input_check(input, image->layer[0].n, err);

    if (status == LIMEN_OK)
        status = trace_new(&to, dir, err);
    if (status == LIMEN_OK)
        status = begin_all(&to, dir, err);
    if (status == LIMEN_OK)
        status = append_fixed(&to, err);
    for (size_t first = 0; status == LIMEN_OK && first < input->samples;
         first += to.rasters.most) {
        const size_t left = input->samples - first;
        const size_t count = left < to.rasters.most ? left : to.rasters.most;

        status = lm_rasters_run(&to.rasters, 0, input, first, count, steps,
                                seed, threads, err);
        for (size_t b = 0; status == LIMEN_OK && b < count; b++)
            status = append_sample(&to, first, b, err);
    }
    if (status == LIMEN_OK)
        status = finish(&to, dir, err);
    trace_free(&to);
    return status;
}
