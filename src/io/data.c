/* data.c -- sets of samples from files of any format.
 *
 * Unsigned 8-bit numbers are bytes; so are other numbers if all are whole, in
 * 0..255, and one is above 1.  Everything else must be in [0, 1].
 */
#include "base/arena.h"
#include "base/error.h"
#include "io/array.h"
#include "io/data_find.h"
#include "io/npz_write.h"
#include "io/file.h"

#include <math.h>
#include <sha256.h>
#include <stdio.h>
#include <string.h>

/* A file's bytes, and its name for errors. */
typedef struct content {
    unsigned char *bytes;
    size_t size;
    const char *path;
} content;

static limen_status content_read(content *out, const char *path,
                                 limen_error *err)
{
    *out = (content){ .path = path };
    return lm_file_read(&out->bytes, &out->size, path, err);
}

static bool begins(const content *from, const char *magic, size_t bytes)
{
    return from->size >= bytes && memcmp(from->bytes, magic, bytes) == 0;
}

/* The first of some members that an NPZ has. */
static limen_status parse_member(lm_array *out, const content *from,
                                 const char *const *members, limen_error *err)
{
    for (size_t k = 0; members[k] != NULL; k++) {
        const limen_status status = lm_npz_parse(out, from->bytes, from->size,
                                                 members[k], from->path, err);

        if (status != LIMEN_OK || out->dims > 0)
            return status;
    }
    return lm_error_set(err, LIMEN_BAD_FILE, "%.200s: it has no array named %s",
                        from->path, members[0]);
}

/* Any format but NPZ, told by the first bytes; CSV if nothing else fits. */
static limen_status parse_any(lm_array *out, lm_array *labels,
                              const content *from, limen_error *err)
{
    if (begins(from, "\x93NUMPY", 6))
        return lm_npy_parse(out, from->bytes, from->size, from->path, err);
    if (begins(from, "\x89PNG", 4))
        return lm_png_parse(out, from->bytes, from->size, from->path, err);
    if (begins(from, "\x1f\x8b", 2) || begins(from, "\0\0", 2))
        return lm_idx_parse(out, from->bytes, from->size, from->path, err);
    const char *dot = strrchr(from->path, '.');
    if (dot != NULL && strcmp(dot, ".csv") == 0)
        return lm_csv_parse(out, labels, from->bytes, from->size, from->path,
                            err);
    return lm_error_set(err, LIMEN_BAD_FILE,
                        "%.200s: not an IDX, NPY, NPZ, PNG or CSV file",
                        from->path);
}

/* Whether numbers are those of pixels, 0 .. 255. */
static bool are_bytes(const double *x, size_t count)
{
    bool is_large = false;

    for (size_t k = 0; k < count; k++) {
        if (!(x[k] >= 0.0 && x[k] <= 255.0) || x[k] != floor(x[k]))
            return false;
        is_large = is_large || x[k] > 1.0;
    }
    return is_large;
}

static limen_status take_values(limen_data *data, lm_array *from,
                                const char *path, limen_error *err)
{
    if (from->bytes != NULL) {
        data->bytes = from->bytes;
        from->bytes = NULL;
        return LIMEN_OK;
    }
    const bool is_bytes = are_bytes(from->reals, from->count);
    for (size_t k = 0; !is_bytes && k < from->count; k++)
        if (!(from->reals[k] >= 0.0 && from->reals[k] <= 1.0))
            return lm_error_set(err, LIMEN_BAD_FILE,
                                "%.200s: value %zu of sample %zu is %g; "
                                "values are 0 to 1, or whole and 0 to 255",
                                path, k % data->features, k / data->features,
                                from->reals[k]);
    if (is_bytes)
        data->bytes = lm_alloc(from->count, 1, 1);
    else
        data->floats = lm_alloc(from->count, 1, sizeof *data->floats);
    if (data->bytes == NULL && data->floats == NULL)
        return lm_error_no_memory(err, path, from->count);
    for (size_t k = 0; k < from->count; k++) {
        if (is_bytes)
            data->bytes[k] = (uint8_t)from->reals[k];
        else
            data->floats[k] = (float)from->reals[k];
    }
    return LIMEN_OK;
}

static limen_status take_images(limen_data *data, lm_array *from,
                                const char *path, limen_error *err)
{
    if (from->dims == 0 || from->count == 0)
        return lm_error_set(err, LIMEN_BAD_FILE, "%.200s: no samples in it",
                            path);
    data->samples = from->shape[0];
    data->features = from->count / from->shape[0];
    data->height = 1;
    data->width = data->features;
    if (from->dims == 3) {
        data->height = from->shape[1];
        data->width = from->shape[2];
    } else {
        const size_t side = (size_t)sqrt((double)data->features);

        if (side > 1 && side * side == data->features)
            data->height = data->width = side;
    }
    if (data->features > LIMEN_UNITS_MAX)
        return lm_error_set(err, LIMEN_BAD_FILE,
                            "%.200s: %zu values a sample are above %d", path,
                            data->features, LIMEN_UNITS_MAX);
    return take_values(data, from, path, err);
}

static double number(const lm_array *from, size_t k)
{
    return from->bytes != NULL ? from->bytes[k] : from->reals[k];
}

/* The class that row b names: a number, or the place of the only 1. */
static double label_of(const lm_array *from, size_t b)
{
    const size_t classes = from->count / from->shape[0];
    double label = -1.0;

    if (classes == 1)
        return number(from, b);
    for (size_t k = 0; k < classes; k++) {
        const double x = number(from, b * classes + k);

        if (x != 0.0 && (x != 1.0 || label >= 0.0))
            return -1.0;
        if (x == 1.0)
            label = (double)k;
    }
    return label;
}

static limen_status take_labels(limen_data *data, const lm_array *from,
                                const char *path, limen_error *err)
{
    enum { CLASSES_MAX = 65536 };

    if (from->dims == 0 || from->dims > 2 || from->shape[0] != data->samples)
        return lm_error_set(
            err, LIMEN_BAD_FILE, "%.200s: %zu labels for %zu samples", path,
            from->dims == 0 ? 0 : from->shape[0], data->samples);
    data->labels = lm_alloc(data->samples, 1, sizeof *data->labels);
    if (data->labels == NULL)
        return lm_error_no_memory(err, path, data->samples);
    data->classes =
        from->count / from->shape[0] > 1 ? from->count / from->shape[0] : 2;
    for (size_t b = 0; b < data->samples; b++) {
        const double label = label_of(from, b);

        if (!(label >= 0.0 && label < CLASSES_MAX) || label != floor(label))
            return lm_error_set(err, LIMEN_BAD_FILE,
                                "%.200s: the label of sample %zu is not a "
                                "whole number from 0 to %d, nor one-hot",
                                path, b, CLASSES_MAX - 1);
        data->labels[b] = (uint32_t)label;
        if (data->labels[b] >= data->classes)
            data->classes = (size_t)data->labels[b] + 1;
    }
    return LIMEN_OK;
}

static void hash(limen_data *data, const content *images, const content *labels)
{
    SHA2_CTX context;

    SHA256Init(&context);
    SHA256Update(&context, images->bytes, images->size);
    if (labels->bytes != NULL)
        SHA256Update(&context, labels->bytes, labels->size);
    SHA256End(&context, data->sha256);
}

static limen_status parse_files(limen_data *data, const content *images,
                                const content *labels, limen_split split,
                                limen_error *err)
{
    static const char *const x[2][3] = { { "x_train", "x", NULL },
                                         { "x_test", NULL } };
    static const char *const y[2][3] = { { "y_train", "y", NULL },
                                         { "y_test", NULL } };
    lm_array values = { 0 };
    lm_array classes = { 0 };
    limen_status status;

    if (begins(images, "PK", 2)) {
        status = parse_member(&values, images, x[split], err);
        if (status == LIMEN_OK)
            status = parse_member(&classes, images, y[split], err);
    } else {
        status = parse_any(&values, &classes, images, err);
        if (status == LIMEN_OK && labels->bytes != NULL)
            status = parse_any(&classes, NULL, labels, err);
    }
    if (status == LIMEN_OK)
        status = take_images(data, &values, images->path, err);
    if (status == LIMEN_OK)
        status = take_labels(
            data, &classes, labels->bytes == NULL ? images->path : labels->path,
            err);
    lm_array_free(&values);
    lm_array_free(&classes);
    return status;
}

limen_status limen_data_load(limen_data **out, const char *name,
                             const char *dir, limen_split split,
                             limen_error *err)
{
    lm_data_files files;
    content images = { 0 };
    content labels = { 0 };
    limen_status status = lm_data_find(&files, name, dir, split, err);

    *out = NULL;
    if (status != LIMEN_OK)
        return status;
    limen_data *data = lm_alloc(1, 1, sizeof *data);
    if (data == NULL)
        return lm_error_no_memory(err, name, sizeof *data);
    status = content_read(&images, files.images, err);
    if (status == LIMEN_OK && files.labels[0] != '\0')
        status = content_read(&labels, files.labels, err);
    if (status == LIMEN_OK)
        status = parse_files(data, &images, &labels, split, err);
    if (status == LIMEN_OK) {
        hash(data, &images, &labels);
        snprintf(data->source, sizeof data->source, "%.190s%s%.190s",
                 files.images, files.labels[0] == '\0' ? "" : ", ",
                 files.labels);
    }
    lm_free(images.bytes);
    lm_free(labels.bytes);
    if (status != LIMEN_OK) {
        limen_data_free(data);
        return status;
    }
    *out = data;
    return LIMEN_OK;
}

/* The mean grey of what each new pixel covers. */
static limen_status resample(lm_array *picture, size_t height, size_t width,
                             const char *path, limen_error *err)
{
    lm_array small = { .dims = 3, .shape = { 1, height, width } };
    const limen_status status = lm_array_new(&small, true, path, err);

    if (status != LIMEN_OK)
        return status;
    const double high = (double)picture->shape[0] / (double)height;
    const double wide = (double)picture->shape[1] / (double)width;
    for (size_t k = 0; k < small.count; k++) {
        const size_t row = k / width;
        const double top = (double)row * high;
        const double left = (double)(k - row * width) * wide;
        double sum = 0.0;

        for (size_t y = (size_t)top;
             (double)y < top + high && y < picture->shape[0]; y++)
            for (size_t x = (size_t)left;
                 (double)x < left + wide && x < picture->shape[1]; x++) {
                const double dy =
                    fmin((double)y + 1.0, top + high) - fmax((double)y, top);
                const double dx =
                    fmin((double)x + 1.0, left + wide) - fmax((double)x, left);

                sum += dy * dx * picture->bytes[y * picture->shape[1] + x];
            }
        small.bytes[k] = (uint8_t)rint(fmin(sum / (high * wide), 255.0));
    }
    lm_array_free(picture);
    *picture = small;
    return LIMEN_OK;
}

limen_status limen_data_load_images(limen_data **out, const char *path,
                                    size_t height, size_t width,
                                    limen_error *err)
{
    static const char *const x[] = { "x", "x_test", "images", NULL };
    content file;
    lm_array values = { 0 };
    limen_data *data = NULL;
    limen_status status = content_read(&file, path, err);

    *out = NULL;
    if (status == LIMEN_OK)
        status = begins(&file, "PK", 2) ? parse_member(&values, &file, x, err)
                                        : parse_any(&values, NULL, &file, err);
    if (status == LIMEN_OK && begins(&file, "\x89PNG", 4))
        status = resample(&values, height, width, path, err);
    if (status == LIMEN_OK &&
        (values.dims == 1 || (values.dims == 2 && values.shape[0] == height &&
                              values.shape[1] == width && height > 1))) {
        // one sample alone
        values.dims = 2;
        values.shape[0] = 1;
        values.shape[1] = values.count;
    }
    if (status == LIMEN_OK) {
        data = lm_alloc(1, 1, sizeof *data);
        status = data == NULL ? lm_error_no_memory(err, path, sizeof *data)
                              : take_images(data, &values, path, err);
    }
    if (status == LIMEN_OK && data->features != height * width)
        status = lm_error_set(err, LIMEN_INCOMPATIBLE,
                              "%.200s: %zu values a sample, the network has "
                              "%zu inputs",
                              path, data->features, height * width);
    if (status == LIMEN_OK) {
        hash(data, &file, &(content){ 0 });
        snprintf(data->source, sizeof data->source, "%.390s", path);
    }
    lm_array_free(&values);
    lm_free(file.bytes);
    if (status != LIMEN_OK) {
        limen_data_free(data);
        return status;
    }
    *out = data;
    return LIMEN_OK;
}

limen_status limen_data_select(limen_data **out, const limen_data *data,
                               const size_t *index, size_t samples,
                               limen_error *err)
{
    limen_data *part = lm_alloc(1, 1, sizeof *part);

    *out = NULL;
    if (part == NULL)
        return lm_error_no_memory(err, "a part of the data", sizeof *part);
    *part = *data;
    part->samples = samples;
    part->bytes = NULL;
    part->floats = NULL;
    part->labels = NULL;
    if (data->bytes != NULL)
        part->bytes = lm_alloc(samples, data->features, 1);
    else
        part->floats = lm_alloc(samples, data->features, sizeof(float));
    if (data->labels != NULL)
        part->labels = lm_alloc(samples, 1, sizeof *part->labels);
    if ((part->bytes == NULL && part->floats == NULL) ||
        (data->labels != NULL && part->labels == NULL)) {
        limen_data_free(part);
        return lm_error_no_memory(err, "a part of the data",
                                  samples * data->features);
    }
    for (size_t b = 0; b < samples; b++) {
        if (data->bytes != NULL)
            memcpy(part->bytes + b * data->features,
                   data->bytes + index[b] * data->features, data->features);
        else
            memcpy(part->floats + b * data->features,
                   data->floats + index[b] * data->features,
                   data->features * sizeof(float));
        if (data->labels != NULL)
            part->labels[b] = data->labels[index[b]];
    }
    *out = part;
    return LIMEN_OK;
}

limen_status limen_data_save(const char *path, const limen_data *data,
                             limen_error *err)
{
    const lm_npz_array arrays[] = {
        { .name = "x",
          .type = data->floats != NULL ? "<f4" : "|u1",
          .dims = 3,
          .shape = { data->samples, data->height, data->width },
          .data =
              data->floats != NULL ? (const void *)data->floats : data->bytes },
        { .name = "y",
          .type = "<u4",
          .dims = 1,
          .shape = { data->samples },
          .data = data->labels },
    };

    return lm_npz_write(path, arrays, data->labels == NULL ? 1 : 2, err);
}

void limen_data_free(limen_data *data)
{
    if (data == NULL)
        return;
    lm_free(data->bytes);
    lm_free(data->floats);
    lm_free(data->labels);
    lm_free(data);
}

limen_input limen_data_input(const limen_data *data, float scale,
                             limen_encoder encoder)
{
    return (limen_input){
        .bytes = data->bytes,
        .floats = data->floats,
        .scale = data->bytes == NULL ? scale : (float)((double)scale / 255.0),
        .samples = data->samples,
        .frames = 1,
        .hold = 1,
        .encoder = encoder,
    };
}
