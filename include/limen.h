/* limen.h -- the public interface of liblimen.
 *
 * Shapes      (n), (rows, cols): C arrays, row-major, no padding.
 * Bits        a binary state of n units is (n) bits: unit i is bit i % 64 of
 *             word i / 64, and the bits past n are zero.
 * Time        counts steps, the first is 1.  Nothing here has seconds.
 * Ownership   what a _new or _load returns, the caller gives to the matching
 *             _free.  Every other pointer is only read or written during the
 *             call.
 * Errors      a function that can fail returns a limen_status; it then has
 *             changed nothing and its outputs are NULL or untouched.  The last
 *             argument, which may be NULL, receives a sentence.  The others
 *             cannot fail.  Calling against the stated conditions is a bug,
 *             which debug builds assert.
 * Threads     different objects may be used at the same time, one may not.
 *             `threads` is the number to use, 0 for all cores; results do not
 *             depend on it.
 *
 * docs/model.md has the equations with these letters, docs/numerics.md the
 * arithmetic to the bit.
 */
#ifndef LIMEN_H
#define LIMEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define LIMEN_API __attribute__((visibility("default")))
#else
#define LIMEN_API
#endif

#define LIMEN_STATUS_LIST(X)                                                   \
    X(LIMEN_OK, "ok")                                                          \
    X(LIMEN_BAD_VALUE, "a value is outside its range")                         \
    X(LIMEN_BAD_FILE, "a file is unreadable or malformed")                     \
    X(LIMEN_CANNOT_WRITE, "a file cannot be written")                          \
    X(LIMEN_NO_MEMORY, "out of memory")                                        \
    X(LIMEN_INCOMPATIBLE, "a file belongs to another network or version")      \
    X(LIMEN_DIVERGED, "training diverged")

typedef enum limen_status {
#define X(name, text) name,
    LIMEN_STATUS_LIST(X)
#undef X
} limen_status;

/* What went wrong, as one sentence without a full stop that names the thing,
 * the place and the cure. */
typedef struct limen_error {
    limen_status status;
    char text[480];
} limen_error;

/* A status in words, without a full stop.  Never NULL. */
LIMEN_API const char *limen_status_text(limen_status status);

/* "1.2.3". */
LIMEN_API const char *limen_version(void);

/* The kernels in use, such as "avx512"; the variable LIMEN_BACKEND chooses.
 * NULL if it names one that this machine cannot run. */
LIMEN_API const char *limen_backend(void);

/* The i-th backend this machine can run, slowest first; NULL past the last. */
LIMEN_API const char *limen_backend_at(size_t i);

/* ---- Random numbers -------------------------------------------------------
 *
 * A function, not a state: Philox4x32-10 (Salmon et al. 2011, SC11) of
 * (seed, stream, sample key, step, unit).  docs/numerics.md has the packing.
 */

/* One block of Philox4x32-10. */
LIMEN_API void limen_philox(uint32_t out[4], const uint32_t counter[4],
                            const uint32_t key[2]);

/* The 32-bit draw of one unit.  stream < 256, unit < 2^26. */
LIMEN_API uint32_t limen_draw(uint64_t seed, uint32_t stream, uint64_t key,
                              uint32_t step, uint32_t unit);

/* ---- The network ----------------------------------------------------------
 *
 * Layers 0..L, layer 0 is the input, layer L the output; connections from any
 * layer to any layer but the input.  One step updates the layers in order
 * 1..L:
 *
 *     a_l(t) = sum over connections to l of W s_from - theta_l
 *     s_l(t) = 1 if a_l(t) > 0 else 0,     s_l(0) = 0
 *
 * A connection that goes up delivers now, s_from(t); one that goes sideways or
 * down, and every delayed one, delivers the step before, s_from(t-1).
 */
typedef struct limen_network limen_network;

enum {
    LIMEN_LAYERS_MAX = 200,      /* the input counted */
    LIMEN_UNITS_MAX = 1 << 24,   /* a layer; also the sources of one unit */
    LIMEN_REFRACTORY_MAX = 65535 /* steps */
};

/* units: (layers), each in [1, LIMEN_UNITS_MAX]; 2 <= layers <=
 * LIMEN_LAYERS_MAX.  Weights and thresholds do not exist or are zero. */
LIMEN_API limen_status limen_network_new(limen_network **out,
                                         const size_t *units, size_t layers,
                                         limen_error *err);

/* The standard network: for each l >= 1 `below` W_l, for each l >= 1 with
 * self[l] `self` U_l, for each 1 <= l < L with feedback[l] `feedback` V_l from
 * l + 1.  self, feedback: (layers) or NULL for none; entry 0 is not read, nor
 * feedback of the last layer.  Connections are numbered in the order W_1 U_1
 * V_1 W_2 ... */
LIMEN_API limen_status limen_network_standard(limen_network **out,
                                              const size_t *units,
                                              size_t layers, const bool *self,
                                              const bool *feedback,
                                              limen_error *err);

LIMEN_API limen_status limen_network_copy(limen_network **out,
                                          const limen_network *net,
                                          limen_error *err);

/* NULL is allowed. */
LIMEN_API void limen_network_free(limen_network *net);

typedef enum limen_pattern_kind {
    LIMEN_DENSE,       /* every pair */
    LIMEN_IN_DEGREE,   /* each unit hears `in_degree` distinct sources */
    LIMEN_PROBABILITY, /* each pair with `probability` */
    LIMEN_GIVEN        /* row_start and source say which */
} limen_pattern_kind;

/* Which pairs (listening unit i, speaking unit j) a connection has. */
typedef struct limen_pattern {
    limen_pattern_kind kind;
    size_t in_degree;
    double probability;
    bool self_pairs;           /* of a layer to itself: allow i = j; random
                                  patterns only */
    uint64_t seed;             /* of random patterns */
    const uint64_t *row_start; /* (n + 1) GIVEN: entries of unit i are
                                  row_start[i] .. row_start[i+1] - 1 */
    const uint32_t *source;    /* (entries) GIVEN: ascending in each row */
} limen_pattern;

/* Adds a connection; pattern NULL means dense.  *index, if index is not NULL,
 * is its number.  Weights are zero.  delayed: delivers the step before also
 * where it goes up. */
LIMEN_API limen_status limen_network_connect(limen_network *net, size_t from,
                                             size_t to, bool delayed,
                                             const limen_pattern *pattern,
                                             size_t *index, limen_error *err);

typedef enum limen_connection_kind {
    LIMEN_BELOW,    /* from l - 1 to l */
    LIMEN_SELF,     /* from l to l */
    LIMEN_FEEDBACK, /* from l + 1 to l */
    LIMEN_OTHER
} limen_connection_kind;

typedef struct limen_connection_info {
    size_t from, to;
    limen_connection_kind kind;
    bool delayed; /* delivers the step before */
    bool sparse;
    bool balanced;  /* see limen_network_balance */
    size_t entries; /* weights */
} limen_connection_info;

LIMEN_API size_t limen_network_layers(const limen_network *net);
LIMEN_API size_t limen_network_units(const limen_network *net, size_t layer);
LIMEN_API size_t limen_network_connections(const limen_network *net);
LIMEN_API limen_connection_info
limen_network_connection(const limen_network *net, size_t index);

/* The float32 masters.  Dense: (n, m), w[i*m + j] from j to i.  Sparse:
 * (entries), unit by unit in order of source. */
LIMEN_API float *limen_network_weights(limen_network *net, size_t index);

/* A sparse connection's pattern, as in limen_pattern; NULL for dense. */
LIMEN_API const uint64_t *limen_network_row_start(const limen_network *net,
                                                  size_t index);
LIMEN_API const uint32_t *limen_network_sources(const limen_network *net,
                                                size_t index);

/* theta: (n_l).  layer >= 1. */
LIMEN_API float *limen_network_thresholds(limen_network *net, size_t layer);

/* The mean activity of each unit where it was last measured, after training on
 * the training samples: (n_l), in [0, 1].  NULL: never measured.  layer >= 1.
 * Part of copies and of model files. */
LIMEN_API const float *limen_network_rates(const limen_network *net,
                                           size_t layer);

/* The network runs with w_ij - mean_j w_ij in place of w_ij, so that each unit's
 * weights of this connection sum to zero, in the integer image exactly: a
 * change that all sources share has no effect (default: off).  Dense ones
 * only. */
LIMEN_API limen_status limen_network_balance(limen_network *net, size_t index,
                                             bool on, limen_error *err);

/* Every connection delivers the step before (default: off). */
LIMEN_API void limen_network_set_synchronous(limen_network *net, bool on);
LIMEN_API bool limen_network_is_synchronous(const limen_network *net);

typedef enum limen_noise {
    LIMEN_NO_NOISE,
    LIMEN_GAUSSIAN, /* a + noise_scale z, z standard normal */
    LIMEN_LOGISTIC  /* a + noise_scale z, P(z < x) = 1 / (1 + exp(-x)) */
} limen_noise;

/* Options of all units of a layer; all zero is off.
 *
 * refractory_steps R: after a spike at t the unit is silent in t+1 .. t+R.
 * Adaptation: the threshold is theta + adapt_gain c(t), with
 * c(t+1) = c(t) + (1 - adapt_memory) (s(t) - c(t)), c(0) = 0 (Bellec et al.
 * 2018, eq. 1 in discrete time). */
typedef struct limen_unit_options {
    limen_noise noise;
    float noise_scale;
    size_t refractory_steps;
    float adapt_gain;
    float adapt_memory; /* in [0, 1) */
} limen_unit_options;

LIMEN_API limen_status
limen_network_set_units(limen_network *net, size_t layer,
                        const limen_unit_options *options, limen_error *err);
LIMEN_API limen_unit_options
limen_network_unit_options(const limen_network *net, size_t layer);

typedef enum limen_init_kind {
    LIMEN_INIT_NORMAL,  /* w ~ N(0, gain^2 / fan-in), theta 0 */
    LIMEN_INIT_UNIFORM, /* w ~ U(-gain, gain), theta = threshold - U(-gain,
                           gain): the original program's */
    LIMEN_INIT_SCALED   /* std(w) = gain / sqrt(fan-in mean R(1-R)), theta_i
                           such that mean field puts unit i at `rate` */
} limen_init_kind;

typedef struct limen_init {
    limen_init_kind kind;
    float gain;           /* of connections that deliver now */
    float recurrent_gain; /* of those that deliver the step before */
    float threshold;      /* UNIFORM only */
    float rate;           /* SCALED only: target, in (0, 1) */
    uint64_t seed;
    const float *input_rates; /* SCALED only: (n_0) mean of each input, or NULL
                                 for 1/2 everywhere */
} limen_init;

/* Draws all weights and thresholds. */
LIMEN_API limen_status limen_network_init(limen_network *net,
                                          const limen_init *init,
                                          limen_error *err);

/* ---- The integer image ----------------------------------------------------
 *
 * The network that runs.  Unit i has one exponent q_i for all it hears:
 * w^ = round(w 2^q_i) int16, theta^ = round(theta 2^q_i) int32, ties to even.
 */
typedef struct limen_image limen_image;

/* Fails with LIMEN_BAD_VALUE if a weight or threshold is not finite. */
LIMEN_API limen_status limen_image_new(limen_image **out,
                                       const limen_network *net, int threads,
                                       limen_error *err);

/* Takes the weights and thresholds of a network of the same shape anew. */
LIMEN_API limen_status limen_image_update(limen_image *image,
                                          const limen_network *net, int threads,
                                          limen_error *err);

LIMEN_API void limen_image_free(limen_image *image);

/* q: (n_l) exponents.  layer >= 1. */
LIMEN_API const int32_t *limen_image_exponents(const limen_image *image,
                                               size_t layer);
/* theta^: (n_l).  layer >= 1. */
LIMEN_API const int32_t *limen_image_thresholds(const limen_image *image,
                                                size_t layer);
/* w^ of one connection in the order of limen_network_weights.  w: (entries). */
LIMEN_API void limen_image_weights(const limen_image *image, size_t index,
                                   int16_t *w);

/* ---- States and runs ------------------------------------------------------ */

/* The states of `samples` copies of a network, and how many steps they ran. */
typedef struct limen_state limen_state;

LIMEN_API limen_status limen_state_new(limen_state **out,
                                       const limen_image *image, size_t samples,
                                       limen_error *err);
LIMEN_API void limen_state_free(limen_state *state);

/* s = 0, no unit refractory or adapted, no step run. */
LIMEN_API void limen_state_reset(limen_state *state);
LIMEN_API void limen_state_copy(limen_state *to, const limen_state *from);
LIMEN_API size_t limen_state_samples(const limen_state *state);
LIMEN_API size_t limen_state_steps(const limen_state *state);

/* s_l of one sample: (n_l) bits, may be written (bits past n stay zero). */
LIMEN_API uint64_t *limen_state_bits(limen_state *state, size_t layer,
                                     size_t sample);

typedef enum limen_encoder {
    LIMEN_STOCHASTIC, /* input j fires at each step with probability p_j */
    LIMEN_THRESHOLD,  /* fires if p_j >= 1/2 */
    LIMEN_FROZEN      /* one draw, held for all steps */
} limen_encoder;

/* What samples are shown.  p = scale * value, values from bytes or floats,
 * exactly one of them not NULL: (samples, frames, n_0).  Frame f is shown at
 * steps f hold + 1 .. (f + 1) hold, the last one from then on. */
typedef struct limen_input {
    const uint8_t *bytes;
    const float *floats;
    float scale;
    size_t samples;
    size_t frames; /* at least 1 */
    size_t hold;   /* steps, at least 1 */
    limen_encoder encoder;
    const uint64_t *keys; /* (samples) sample keys; NULL: the index */
} limen_input;

/* Checks that all p are finite and in [0, 1], that sizes are not zero. */
LIMEN_API limen_status limen_input_check(const limen_input *input, size_t units,
                                         limen_error *err);

/* Where a run puts what it saw.  Pointers may be NULL. */
typedef struct limen_record {
    uint32_t *const *counts; /* [layer] (samples, n_l): spikes are added */
    uint64_t *const *raster; /* [layer] (samples, steps, words of n_l) */
} limen_record;

/* Runs `steps` steps of every sample from `state` on, which moves along: 10 +
 * 20 steps are 30 steps.  Samples are independent.  Spikes of steps after
 * `burn_in` (counted from the state's first step) are added to the counts.
 * state's samples must be input's.  The input is checked. */
LIMEN_API limen_status limen_run(const limen_image *image, limen_state *state,
                                 const limen_input *input, size_t steps,
                                 size_t burn_in, uint64_t seed, int threads,
                                 const limen_record *record, limen_error *err);

/* The class with most spikes; ties are broken by a keyed draw, never by class
 * order.  *tied, if not NULL, says whether there was one.  counts: (n). */
LIMEN_API size_t limen_vote(const uint32_t *counts, size_t n, uint64_t seed,
                            uint64_t key, bool *tied);

/* ---- Data -----------------------------------------------------------------
 *
 * Samples with labels.  Values are bytes (0..255, p = byte/255) or floats
 * (already in [0, 1]).
 */
typedef struct limen_data {
    size_t samples, features, classes;
    size_t height, width; /* of images; 1, features otherwise */
    uint8_t *bytes;       /* (samples, features) or NULL */
    float *floats;        /* (samples, features) or NULL */
    uint32_t *labels;     /* (samples), each < classes; NULL: none */
    char sha256[65];      /* of the files' bytes, images then labels */
    char source[400];     /* what was read */
} limen_data;

typedef enum limen_split { LIMEN_TRAIN, LIMEN_TEST } limen_split;

/* Loads a set by name ("fashion-mnist", "mnist") or path: a directory of IDX
 * files, an NPZ (keys x_train, y_train, x_test, y_test or x, y), an NPY with
 * NAME-labels.npy beside it, a CSV (label first).  dir: where `name` is looked
 * for, NULL for the usual places.  A file that has no split of its own is
 * returned for LIMEN_TRAIN and fails for LIMEN_TEST. */
LIMEN_API limen_status limen_data_load(limen_data **out, const char *name,
                                       const char *dir, limen_split split,
                                       limen_error *err);

/* Images without labels for prediction: IDX, NPY, NPZ (key x), CSV, PNG (grey,
 * scaled to height x width by area averaging if it differs). */
LIMEN_API limen_status limen_data_load_images(limen_data **out,
                                              const char *path, size_t height,
                                              size_t width, limen_error *err);

/* Rows `index` of `data` as a set of its own.  index: (samples). */
LIMEN_API limen_status limen_data_select(limen_data **out,
                                         const limen_data *data,
                                         const size_t *index, size_t samples,
                                         limen_error *err);
LIMEN_API void limen_data_free(limen_data *data);

/* Two parts of a set, drawn by the seed: *held gets held_samples, or is NULL
 * for none; *train train_samples of the others, 0 for all of them.  Where all
 * samples are trained on, they keep their order. */
LIMEN_API limen_status limen_data_split(limen_data **train, limen_data **held,
                                        const limen_data *data,
                                        size_t train_samples,
                                        size_t held_samples, uint64_t seed,
                                        limen_error *err);

/* The samples of some classes, in their order.  classes: "0,1,2", or "none" for
 * all.  LIMEN_BAD_VALUE if a class does not exist or no sample is left. */
LIMEN_API limen_status limen_data_of_classes(limen_data **out,
                                             const limen_data *data,
                                             const char *classes,
                                             limen_error *err);

/* The set as the input of a run: one frame, p = byte/255 or the float, times
 * scale. */
LIMEN_API limen_input limen_data_input(const limen_data *data, float scale,
                                       limen_encoder encoder);

/* ---- Corruptions ----------------------------------------------------------
 *
 * What is done to images to see what an answer can bear, after Mu & Gilmer 2019
 * (MNIST-C) and Hendrycks & Dietterich 2019.  Values in [0, 1] in and out.
 * Draws are a function of (seed, sample key), the same for all amounts of one
 * corruption.
 */
typedef struct limen_corruption_info {
    const char *name;
    const char *help;  /* what the amount is */
    double min, max;   /* of the amount */
    double amounts[5]; /* severities 1 to 5 */
} limen_corruption_info;

/* The i-th corruption, NULL past the last. */
LIMEN_API const limen_corruption_info *limen_corruption_at(size_t i);
LIMEN_API limen_status limen_corruption_find(size_t *index, const char *name,
                                             limen_error *err);
/* Whether the amount is in the range of the corruption. */
LIMEN_API limen_status limen_corruption_check(size_t index, double amount,
                                              limen_error *err);

/* "NAME" or "NAME:AMOUNT"; without an amount that of severity 4. */
LIMEN_API limen_status limen_corruption_parse(size_t *index, double *amount,
                                              const char *text,
                                              limen_error *err);

/* One image.  to, from: (height, width), not the same. */
LIMEN_API void limen_corrupt(float *to, const float *from, size_t height,
                             size_t width, size_t index, double amount,
                             uint64_t seed, uint64_t key);

/* A set with every image corrupted, key the index, values as floats. */
LIMEN_API limen_status limen_data_corrupt(limen_data **out,
                                          const limen_data *data, size_t index,
                                          double amount, uint64_t seed,
                                          limen_error *err);

/* A set as training sees it in an epoch, which counts from 0, with the settings
 * augment (not "none") and augment-without: each image drawn from the mixture
 * by (seed, epoch, index). */
LIMEN_API limen_status limen_data_augment(limen_data **out,
                                          const limen_data *data,
                                          const char *mixture,
                                          const char *without, size_t epoch,
                                          uint64_t seed, limen_error *err);

/* Writes a set as an NPZ file with x (samples, height, width), float32 or
 * uint8, and y (samples) uint32 if it has labels. */
LIMEN_API limen_status limen_data_save(const char *path, const limen_data *data,
                                       limen_error *err);

/* An array of numbers of any shape. */
typedef struct limen_numbers {
    size_t dims, shape[4];
    size_t count;   /* the product of shape, at least 1 */
    double *values; /* (shape) finite */
} limen_numbers;

/* Reads an NPY, an NPZ or a CSV (rows, columns), whatever its name is.  member:
 * the array of an NPZ, without .npy; NULL for the first of activity, counts,
 * raster and x. */
LIMEN_API limen_status limen_numbers_load(limen_numbers **out, const char *path,
                                          const char *member, limen_error *err);

/* NULL is allowed. */
LIMEN_API void limen_numbers_free(limen_numbers *numbers);

/* Writes a file whole or not at all: temporary file, fsync, rename. */
LIMEN_API limen_status limen_file_write(const char *path, const void *bytes,
                                        size_t size, limen_error *err);

/* ---- Settings -------------------------------------------------------------
 *
 * Every parameter of an experiment, by name.  The same table makes --help, the
 * man page, shell completion and the keys of an experiment file.
 */
typedef struct limen_settings limen_settings;

typedef enum limen_setting_type {
    LIMEN_SETTING_BOOL,
    LIMEN_SETTING_INT,
    LIMEN_SETTING_REAL,
    LIMEN_SETTING_TEXT,
    LIMEN_SETTING_CHOICE, /* one of choices, separated by '|' */
    LIMEN_SETTING_LIST    /* of whole numbers, separated by commas */
} limen_setting_type;

typedef struct limen_setting_info {
    const char *name;  /* as in --name and in the experiment file */
    const char *group; /* heading in --help */
    limen_setting_type type;
    const char *initial; /* the default, as text; "auto": from the network */
    double min, max;     /* INT, REAL, and entries of LIST */
    const char *choices; /* CHOICE only */
    const char *unit;    /* "steps", "samples", ... or "" */
    const char *help;    /* one line */
} limen_setting_info;

LIMEN_API size_t limen_setting_count(void);
LIMEN_API const limen_setting_info *limen_setting_at(size_t i);

LIMEN_API limen_status limen_settings_new(limen_settings **out,
                                          limen_error *err);
LIMEN_API limen_status limen_settings_copy(limen_settings **out,
                                           const limen_settings *settings,
                                           limen_error *err);
LIMEN_API void limen_settings_free(limen_settings *settings);

/* Sets one by name from text; "auto" is taken where the default is auto. */
LIMEN_API limen_status limen_settings_set(limen_settings *settings,
                                          const char *name, const char *value,
                                          limen_error *err);

/* As text; valid until the setting changes.  NULL for an unknown name. */
LIMEN_API const char *limen_settings_get(const limen_settings *settings,
                                         const char *name);

/* Whether it was set by _set, _load or a preset. */
LIMEN_API bool limen_settings_is_set(const limen_settings *settings,
                                     const char *name);

/* Reads an experiment file: a YAML mapping of names to values (lists as YAML
 * lists).  Errors name line and column.  Settings that are set already keep
 * their value: options override the file. */
LIMEN_API limen_status limen_settings_load(limen_settings *settings,
                                           const char *path, limen_error *err);

/* Settings of a preset ("original"), where not set already. */
LIMEN_API limen_status limen_settings_preset(limen_settings *settings,
                                             const char *name,
                                             limen_error *err);

/* Replaces every "auto" by the value for this data: the recipe of
 * docs/training.md for the network at hand. */
LIMEN_API limen_status limen_settings_resolve(limen_settings *settings,
                                              const limen_data *data,
                                              limen_error *err);

/* The network that resolved settings describe, initialised. */
LIMEN_API limen_status limen_settings_network(limen_network **out,
                                              const limen_settings *settings,
                                              const limen_data *data,
                                              limen_error *err);

/* ---- Models ---------------------------------------------------------------
 *
 * A model file is a safetensors file: masters as float32 tensors, the network
 * and the settings as JSON in its metadata (docs/formats.md).
 */
LIMEN_API limen_status limen_model_save(const char *path,
                                        const limen_network *net,
                                        const limen_settings *settings,
                                        limen_error *err);

/* settings may be NULL. */
LIMEN_API limen_status limen_model_load(limen_network **net,
                                        limen_settings **settings,
                                        const char *path, limen_error *err);

/* ---- Training -------------------------------------------------------------
 *
 * A trainer moves a network by one batch at a time, so that its caller can
 * show progress, save and stop between any two.  The same settings, data and
 * seed give the same bytes, on any number of threads, stopped and resumed at
 * any batch or not.
 */
typedef struct limen_trainer limen_trainer;

/* Keeps net, settings (resolved) and data, which must outlive it. */
LIMEN_API limen_status limen_trainer_new(limen_trainer **out,
                                         limen_network *net,
                                         const limen_settings *settings,
                                         const limen_data *data, int threads,
                                         limen_error *err);
LIMEN_API void limen_trainer_free(limen_trainer *trainer);

/* Trains on the next batch.  LIMEN_DIVERGED if loss, gradient or a new weight
 * is not finite or too large for the image: the last saved state is the one to
 * go back to, the trainer can only be freed or loaded. */
LIMEN_API limen_status limen_trainer_step(limen_trainer *trainer,
                                          limen_error *err);

/* Position: batches done in all, of this epoch, in an epoch, in the run. */
typedef struct limen_progress {
    size_t epoch; /* epochs completed */
    size_t epochs;
    size_t batch; /* batches done in the current epoch */
    size_t batches;
} limen_progress;

LIMEN_API limen_progress limen_trainer_progress(const limen_trainer *trainer);

/* Means over the batches of the epoch so far; after the last batch of an epoch
 * they hold until the next step.  activity, silent, saturated: (layers), NULL
 * allowed, entry 0 is the input's: mean rate, and share of units that never
 * fired or fired at every step for every sample of the epoch. */
typedef struct limen_epoch {
    size_t epoch;
    double loss, accuracy; /* on the training samples as they were trained */
    double learning_rate;  /* of the last batch */
    double gradient_norm;  /* mean, before clipping */
    double ties;           /* share of samples with a tied vote */
    size_t samples;
} limen_epoch;

LIMEN_API limen_epoch limen_trainer_epoch(const limen_trainer *trainer,
                                          double *activity, double *silent,
                                          double *saturated);

/* The whole state, network included, as a safetensors file. */
LIMEN_API limen_status limen_trainer_save(const limen_trainer *trainer,
                                          const char *path, limen_error *err);

/* Takes it back; LIMEN_INCOMPATIBLE if settings or data differ. */
LIMEN_API limen_status limen_trainer_load(limen_trainer *trainer,
                                          const char *path, limen_error *err);

/* ---- Testing -------------------------------------------------------------- */

typedef struct limen_evaluation {
    size_t samples, classes, points;
    double *accuracy;    /* (points) after steps[k] */
    double *ties;        /* (points) share of tied votes */
    uint32_t *confusion; /* (classes, classes) [label][answer] at the last */

    /* At the last point too; NULL for what is not wanted. */
    uint32_t *answers;       /* (samples) */
    float *y;                /* (samples, n_L) mean outputs */
    uint64_t *const *spikes; /* [layer] (n_l) of each unit, of all samples */
} limen_evaluation;

/* Runs all samples once for the longest of `steps` and votes after each, over
 * all units of the output layer, of which there must be at least `classes`; an
 * answer past them is wrong and in no column of the confusion.  steps: (points)
 * ascending, each > burn_in.  Arrays of `out` are the caller's.  Memory does
 * not grow with the steps. */
LIMEN_API limen_status limen_evaluate(
    limen_evaluation *out, const limen_image *image, const limen_input *input,
    const uint32_t *labels, const size_t *steps, size_t burn_in, uint64_t seed,
    int threads, limen_error *err);

/* Answers and mean outputs y.  answers: (samples) or NULL, y: (samples, n_L)
 * or NULL. */
LIMEN_API limen_status limen_predict(uint32_t *answers, float *y,
                                     const limen_image *image,
                                     const limen_input *input, size_t steps,
                                     size_t burn_in, uint64_t seed, int threads,
                                     limen_error *err);

/* The spikes of each unit after `burn_in` < steps, of all samples.  spikes:
 * [layer] (n_l).  Memory grows with neither samples nor steps. */
LIMEN_API limen_status limen_count_spikes(
    uint64_t *const *spikes, const limen_image *image, const limen_input *input,
    size_t steps, size_t burn_in, uint64_t seed, int threads, limen_error *err);

/* ---- Homeostasis at test --------------------------------------------------
 *
 * Thresholds that bring each hidden unit back to its activity in training,
 * from unlabelled samples (docs/homeostasis.md).
 */

/* Runs the network on samples and keeps each unit's mean activity after
 * `burn_in` < steps with it, for limen_network_rates. */
LIMEN_API limen_status limen_network_measure_rates(limen_network *net,
                                                   const limen_input *input,
                                                   size_t steps, size_t burn_in,
                                                   uint64_t seed, int threads,
                                                   limen_error *err);

/* Moves the thresholds of hidden units, `rounds` times after a run of all
 * samples from rest, always with the same seed:
 *
 *     theta_i <- theta_i + step (1 - k / rounds) (r_i - r*_i),  k = 0, 1, ...
 *
 * r_i: mean activity in that run after `burn_in` < steps, r*_i:
 * limen_network_rates, which must have been measured.  gaps: (rounds) mean
 * |r_i - r*_i| over hidden units before each move, or NULL.  Fails without a
 * hidden layer.  After the intrinsic plasticity of Lazar, Pipa, Triesch 2009,
 * Front. Comput. Neurosci. 3:23. */
LIMEN_API limen_status limen_adapt(double *gaps, limen_network *net,
                                   const limen_input *input, size_t steps,
                                   size_t burn_in, size_t rounds, double step,
                                   uint64_t seed, int threads,
                                   limen_error *err);

/* The image of the network after limen_adapt to the first samples of a set, by
 * the settings adapt (how many), adapt-rounds and adapt-step.  corruption: what
 * is done to them first with that amount, SIZE_MAX for nothing.  Noise and
 * corruptions differ from those of a test with the same seed.  The network
 * stays. */
LIMEN_API limen_status limen_adapted_image(
    limen_image **out, const limen_network *net, const limen_settings *settings,
    const limen_data *samples, size_t corruption, double amount, uint64_t seed,
    int threads, limen_error *err);

enum { LIMEN_LEADS_MAX = 64 };

/* Answers given as soon as the leading class is leads[k] spikes ahead of the
 * next, or after all steps: the share that is right and the mean step of the
 * answer.  leads: (points), each at least 1, points <= LIMEN_LEADS_MAX;
 * accuracy, mean_step: (points). */
typedef struct limen_early {
    size_t points;
    const size_t *leads;
    double *accuracy, *mean_step;
} limen_early;

/* Spikes count after `burn_in` < steps.  Arrays of `out` are the caller's. */
LIMEN_API limen_status limen_early_answer(limen_early *out,
                                          const limen_image *image,
                                          const limen_input *input,
                                          const uint32_t *labels, size_t steps,
                                          size_t burn_in, uint64_t seed,
                                          int threads, limen_error *err);

/* Runs from rest and writes the spikes of one layer to an NPY file of bytes,
 * (samples, steps, ceil(n_l / 8)), bit i % 8 of byte i / 8, a block of steps
 * at a time: memory does not grow with the steps. */
LIMEN_API limen_status limen_record_raster(const char *path, size_t layer,
                                           const limen_image *image,
                                           const limen_input *input,
                                           size_t steps, uint64_t seed,
                                           int threads, limen_error *err);

/* ---- Rasters and series ---------------------------------------------------
 *
 * A raster is (steps, words of n) as limen_record has it; series have one
 * number a step.
 */

/* activity: (steps) share of units that fire. */
LIMEN_API void limen_raster_activity(double *activity, const uint64_t *raster,
                                     size_t steps, size_t n);

/* Against the step before, the first against rest.  flips: (steps) share of
 * units that changed; distance: (steps) Jaccard's, changed / active in either.
 * NULL for what is not wanted. */
LIMEN_API void limen_raster_flips(double *flips, double *distance,
                                  const uint64_t *raster, size_t steps,
                                  size_t n);

/* The length of the cycle that the run ends in: the least p for which the last
 * p states of all layers are those of the p steps before; 0 if there is none
 * within steps / 2.  *transient: steps before the cycle begins.  raster:
 * [layer] for `layers` layers of `units` units, steps >= 1. */
LIMEN_API size_t limen_raster_cycle(size_t *transient,
                                    const uint64_t *const *raster,
                                    const size_t *units, size_t layers,
                                    size_t steps);

/* The share of (unit, step) at which two rasters agree.  *chance: what two
 * independent runs with these rates of each unit would have. */
LIMEN_API double limen_raster_agreement(double *chance, const uint64_t *a,
                                        const uint64_t *b, size_t steps,
                                        size_t n);

/* The integrated autocorrelation time 1 + 2 sum_k rho_k in steps: the mean of n
 * values has the variance of n / time independent ones.  NAN for a constant.
 *
 * Summed by pairs rho_2m + rho_(2m+1), so that a series that alternates does
 * not end the sum: up to five times (Sokal 1997) the time of Geyer's initial
 * monotone sequence (1992, Statistical Science 7), at least to his first pair
 * that is not positive, and corrected for the mean that is estimated (Wolff
 * 2004, eq. 49).  Of fewer than some
 * hundred values it is a rough guess, and a swing that lasts is cut short. */
LIMEN_API double limen_autocorrelation_time(const double *x, size_t n);

/* The first step, from 1, from which x stays within z standard deviations of
 * the mean of its second half, z = sqrt(2 log(100 steps)); at most steps / 2 +
 * 1.  By the union bound a stationary gaussian series, however long, leaves
 * that band in less than one of a hundred runs. */
LIMEN_API size_t limen_settling_step(const double *x, size_t steps);

/* The entropy of the shares of the spikes, in bits; log2 n without spikes. */
LIMEN_API double limen_vote_entropy(const uint32_t *counts, size_t n);

/* The mean height of a curve: its area by trapezia over its width.  x: (points)
 * ascending, points >= 2. */
LIMEN_API double limen_area(const double *x, const double *y, size_t points);

/* ---- Stability ------------------------------------------------------------
 *
 * What the activations of a set of samples do over time, by the measures of
 * rasters and series.  Each sample is run from rest three times: with seed and
 * with seed + 1, and with its input frozen.  Autocorrelation and cycles need
 * long runs, of LIMEN_STABILITY_STEPS if `steps` are fewer.
 */
enum { LIMEN_STABILITY_STEPS = 200 };

/* Of one layer, the input layer 0 counted.  The steps before its activity has
 * settled count for settle and agreement only.  NAN: not defined. */
typedef struct limen_stability_measures {
    double settle;           /* limen_settling_step of the activity, in steps */
    double flips;            /* share of units that change in a step */
    double distance;         /* of successive states, Jaccard's */
    double autocorrelation;  /* integrated time of the activity, in steps */
    double agreement;        /* of the two noisy runs */
    double agreement_chance; /* limen_raster_agreement's */
    double cycle;            /* length with the input frozen, in steps; NAN: the
                         network's is longer than half the run */
    double transient;        /* steps before it */
} limen_stability_measures;

/* Arrays are the caller's; NULL for what is not wanted. */
typedef struct limen_stability_result {
    limen_stability_measures *layer; /* (layers) means over the samples where
                                        defined; cycle and transient: medians */
    limen_stability_measures *each;  /* (samples, layers) */
    uint32_t *answers;               /* (samples) after the last step */
    uint32_t *stands;    /* (samples) the step from which the answer stands: no
                          later vote is another */
    double *entropy;     /* (steps) mean limen_vote_entropy of the votes after
                          each step; those of the burn-in have no spikes */
    double last_entropy; /* after the last step */
    double mean_stands;
    double same_answer; /* share of samples with the same answer in both runs */
    double closed;      /* share of samples that ended in a cycle */
} limen_stability_result;

/* All measures of all samples in one call.  Samples are run block by block:
 * memory does not grow with their number but for `each`, and LIMEN_NO_MEMORY
 * is returned if one sample needs more than 1 GiB.  burn_in < steps. */
LIMEN_API limen_status limen_stability(limen_stability_result *out,
                                       const limen_image *image,
                                       const limen_input *input, size_t steps,
                                       size_t burn_in, uint64_t seed,
                                       int threads, limen_error *err);

/* Runs all samples from rest and writes what they did to the folder `dir`:
 * trace.npz with rasters as limen_record_raster's (raster_0, raster_1, ...),
 * activity (samples, layers, steps), running means (samples, steps, n_L), the
 * measures (samples, layers) and answers; activity.csv and means.csv.  Memory
 * does not grow with the samples.  measures: limen_stability's of the same
 * arguments, with each, answers and stands; labels: (samples) or NULL.
 * docs/trace.md has all arrays. */
LIMEN_API limen_status limen_trace_save(
    const char *dir, const limen_stability_result *measures,
    const limen_image *image, const limen_input *input, const uint32_t *labels,
    size_t steps, size_t burn_in, uint64_t seed, int threads, limen_error *err);

/* ---- Criticality: mean-field theory ---------------------------------------
 *
 * One layer of N threshold units with random recurrent weights, in the
 * annealed approximation (Derrida & Pomeau 1986, Europhysics Letters 1:45):
 * weights and sources are drawn anew at each step, which is exact for large N
 * but for what a unit remembers of itself.  The same description makes the
 * network (limen_network_random).  docs/criticality.md has all equations.
 */

/* Owen's T (1956, Annals of Mathematical Statistics 27:1075):
 * (1 / 2 pi) times the integral over x from 0 to a of
 * exp(-h^2 (1 + x^2) / 2) / (1 + x^2); a may be infinite.  Error below 1e-14. */
LIMEN_API double limen_owens_t(double h, double a);

/* P([X > h] != [Y > k]) for standard normals of correlation rho, -1 to 1. */
LIMEN_API double limen_normal_disagree(double h, double k, double rho);

typedef enum limen_gate_form {
    LIMEN_PLUS_MINUS, /* x_i(t) = sgn(sum_j w_ij x_j(t-1) + u(t) - theta) */
    LIMEN_ZERO_ONE    /* s_i(t) = [sum_j w_ij s_j(t-1) + u(t) > theta] */
} limen_gate_form;

typedef enum limen_gate_weights {
    LIMEN_WEIGHTS_NORMAL, /* N(mean, variance) */
    LIMEN_WEIGHTS_SIGNS   /* +1 or -1 with equal chance */
} limen_gate_weights;

/* A random threshold network.  Every unit hears the same binary input u(t) =
 * input_mean + input_step with chance input_chance, else input_mean -
 * input_step, drawn afresh each step (Bertschinger & Natschlaeger 2004, Neural
 * Computation 16:1413, have input_step 1); input_step 0: autonomous. */
typedef struct limen_random_network {
    size_t units; /* N; theory does not read it */
    limen_gate_form form;
    limen_gate_weights weights;
    double in_degree; /* K <= 500: distinct sources, never the unit itself */
    bool is_poisson;  /* in-degrees are Poisson with mean K instead */
    double mean, variance; /* NORMAL only */
    double threshold;      /* theta */
    double input_mean, input_step, input_chance;
    bool zero_fires; /* sgn(0) = +1; otherwise a unit on its threshold is
                        off */
    uint64_t seed;   /* theory does not read it */
} limen_random_network;

/* Whether everything is in its range; a sentence says what is not. */
LIMEN_API limen_status
limen_random_network_check(const limen_random_network *spec, limen_error *err);

/* PLUS_MINUS with mean 0 only: the probability that a unit of in-degree k
 * differs in two copies, `differ` of whose sources differ, under inputs u and
 * v.  NORMAL, u = v, threshold 0: 4 T(u / (sigma sqrt k), sqrt(c / (k - c))).
 * SIGNS with zero_fires, differ 1, u = v = 0: p_s(k) of Rohlf & Bornholdt (2002,
 * Physica A 310:245). */
LIMEN_API double limen_bit_flip(const limen_random_network *spec, size_t k,
                                size_t differ, double u, double v);

/* PLUS_MINUS with mean 0 only: the expected distance after a step of two copies
 * at the distance d in [0, 1] under the same input; apart: under independent
 * ones. */
LIMEN_API double limen_hamming_map(const limen_random_network *spec, double d,
                                   bool apart);

/* ZERO_ONE only: the activity after a step from activity a. */
LIMEN_API double limen_activity_map(const limen_random_network *spec, double a);

/* ZERO_ONE only: damaged units after a step for each damaged one, at activity
 * a.  PLUS_MINUS: the slope of limen_hamming_map at 0; a is not read.
 * geometric: exp(E log) over inputs in place of the mean, which is what typical
 * damage does, for all units hear the same input; 0 if an input lets none
 * through. */
LIMEN_API double limen_damage_slope(const limen_random_network *spec, double a,
                                    bool geometric);

/* All of it at once.  NAN: not defined for this form. */
typedef struct limen_theory {
    double activity;         /* ZERO_ONE: the largest fixed point a* */
    double growth;           /* limen_damage_slope at a* */
    double growth_geometric; /* its exp(E log): the Lyapunov exponent is ln */
    double distance;    /* PLUS_MINUS: stable fixed point of limen_hamming_map,
                           the long-time damage */
    double propagation; /* ZERO_ONE: spikes that one spike causes in a silent
                           network, K P(w + u > theta); 1 is critical for
                           activity, not for damage */
    double separation;  /* PLUS_MINUS: limen_separation's network */
    double memory;      /* and its memory: separation - distance */
} limen_theory;

/* LIMEN_BAD_VALUE if the description is, or PLUS_MINUS with mean not 0. */
LIMEN_API limen_status limen_theory_of(limen_theory *out,
                                       const limen_random_network *spec,
                                       limen_error *err);

/* The variance (PLUS_MINUS, NORMAL) at which growth, or its geometric mean, is
 * 1, all else as in spec.  LIMEN_BAD_VALUE if there is none in 1e-6 .. 1e6, as
 * without input, where growth does not depend on it. */
LIMEN_API limen_status limen_critical_variance(double *out,
                                               const limen_random_network *spec,
                                               bool geometric,
                                               limen_error *err);

/* The mean in-degree K (is_poisson) at which growth is 1: 1.84943 for
 * PLUS_MINUS, SIGNS, zero_fires without input.  LIMEN_BAD_VALUE if there is
 * none in 0.01 .. 100. */
LIMEN_API limen_status limen_critical_degree(double *out,
                                             const limen_random_network *spec,
                                             limen_error *err);

/* Kauffman networks of in-degree k whose functions are 1 with chance p:
 * 2 p (1-p) (1 - (1-d)^k), and the k at which its slope is 1 (Derrida & Pomeau
 * 1986). */
LIMEN_API double limen_kauffman_map(double d, double k, double p);
LIMEN_API double limen_kauffman_critical(double p);

/* ---- Criticality: damage --------------------------------------------------
 *
 * Exact twins: copies of a run under the same input and noise that differ in a
 * few units.  Distances are shares of the units of all layers but the input.
 */

/* The network of spec: layer 0 is one unit, the high input; layer 1 hears it
 * and, the step before, itself.  PLUS_MINUS runs as 0/1 by x = 2 s - 1:
 * W = 2 w, theta = sum_j w_ij - u + theta.  Weights and inputs are first
 * rounded, unit by unit, to a grid that the integer image represents exactly,
 * so that the 0/1 network and a +-1 simulation with weights W / 2 agree in
 * every bit.  input_chance is the p of the one input. */
LIMEN_API limen_status limen_network_random(limen_network **out,
                                            const limen_random_network *spec,
                                            limen_error *err);

typedef struct limen_damage_options {
    size_t warm_up;   /* steps before damage */
    size_t steps;     /* after it; of limen_lyapunov: damaged anew at each */
    size_t tail;      /* last steps, over which long-time damage is averaged */
    size_t twins;     /* copies of each sample, damaged apart; 0: one for each
                        unit, each with another unit flipped (flips 1) */
    size_t flips;     /* units flipped in a twin, distinct, drawn */
    double start;     /* chance of each unit to fire in the initial state */
    bool uniform_too; /* measure also silent and saturated networks */
} limen_damage_options;

/* start 1/2, warm_up 30, steps 200, tail 100, twins 1, flips 1. */
LIMEN_API limen_damage_options limen_damage_defaults(void);

typedef struct limen_damage {
    double *distance; /* (steps + 1) after 0, 1, .. steps; or NULL */
    double growth;    /* damaged units after one step, over flips */
    double growth_error;
    double long_time; /* mean distance over the last `tail` steps */
    double long_time_error;
    double healed; /* share of twins that are identical in the end */
    double rate;   /* share of units that fire, undamaged, after warm_up */
} limen_damage;

/* Damage spreading (Derrida & Pomeau 1986): each sample is run from a drawn
 * state for warm_up steps, its twins are damaged, and all go on together.
 * Errors are standard errors over samples; NAN for one.  Memory does not grow
 * with samples and twins.  LIMEN_BAD_VALUE if after the warm-up no unit of any
 * sample fires, or every one does, unless uniform_too. */
LIMEN_API limen_status limen_damage_spread(limen_damage *out,
                                           const limen_image *image,
                                           const limen_input *input,
                                           const limen_damage_options *options,
                                           uint64_t seed, int threads,
                                           limen_error *err);

typedef struct limen_lyapunov {
    double growth; /* damaged units after a step, over flips: the mean */
    double growth_error;
    double exponent; /* mean over samples and steps of ln of that ratio, itself
                        averaged over twins; NAN if one of them is 0: take more
                        twins */
    double exponent_error;
    double healed; /* share of samples and steps in which no twin differed */
    double rate;   /* share of units that fire, over all steps */
} limen_lyapunov;

/* One-step growth and its logarithm along a run, twins prepared anew at each
 * step.  Errors and failures as limen_damage_spread's; LIMEN_BAD_VALUE also if
 * no twin ever differed after a step. */
LIMEN_API limen_status limen_lyapunov_of(limen_lyapunov *out,
                                         const limen_image *image,
                                         const limen_input *input,
                                         const limen_damage_options *options,
                                         uint64_t seed, int threads,
                                         limen_error *err);

/* The Derrida map: to[k], the mean distance one step after flips[k] units were
 * flipped, over options->steps steps.  to, flips: (points) */
LIMEN_API limen_status limen_derrida_map(
    double *to, const size_t *flips, size_t points, const limen_image *image,
    const limen_input *input, const limen_damage_options *options,
    uint64_t seed, int threads, limen_error *err);

/* The same, averaged over random networks with the seeds spec->seed + 0, 1, ..
 * of `samples` initial states and input streams each.  Errors are standard
 * errors over networks.  Threads share the networks. */
LIMEN_API limen_status limen_random_damage(limen_damage *out,
                                           const limen_random_network *spec,
                                           size_t networks, size_t samples,
                                           const limen_damage_options *options,
                                           uint64_t seed, int threads,
                                           limen_error *err);
LIMEN_API limen_status limen_random_lyapunov(
    limen_lyapunov *out, const limen_random_network *spec, size_t networks,
    size_t samples, const limen_damage_options *options, uint64_t seed,
    int threads, limen_error *err);

/* Network-mediated separation (after Bertschinger & Natschlaeger 2004).  In the
 * chaotic phase runs come apart whatever the input, so that `network` stays
 * high there; `memory` is high along the critical line alone. */
typedef struct limen_separation {
    double total;   /* distance of two runs with independent inputs */
    double direct;  /* the same after one step from identical states: what the
                       last input alone explains */
    double common;  /* distance of two runs with the same input: what the
                       initial states alone explain */
    double network; /* total - direct */
    double memory;  /* network - common: what earlier inputs explain */
} limen_separation;

/* Over `steps` steps after `warm_up`; noise is independent too. */
LIMEN_API limen_status limen_separation_of(limen_separation *out,
                                           const limen_image *image,
                                           const limen_input *input,
                                           size_t warm_up, size_t steps,
                                           double start, uint64_t seed,
                                           int threads, limen_error *err);

/* The number of singular values above tolerance times the largest, by LAPACK's
 * dgesdd.  matrix: (rows, cols); 0 of zeros.  LIMEN_BAD_VALUE if a value is not
 * finite. */
LIMEN_API limen_status limen_rank(size_t *rank, const double *matrix,
                                  size_t rows, size_t cols, double tolerance,
                                  limen_error *err);

/* Kernel and generalisation rank (Legenstein & Maass 2007, Neural Networks
 * 20:323): the rank of the final states, as +-1, of all samples from one drawn
 * state under streams of their own, and under streams whose last `shared` of
 * `steps` inputs are the same for all.  Inputs are drawn by sample key, so that
 * samples should have the same p.  Relative tolerance 1e-10. */
LIMEN_API limen_status limen_kernel_ranks(
    size_t *kernel, size_t *generalisation, const limen_image *image,
    const limen_input *input, size_t steps, size_t shared, double start,
    uint64_t seed, int threads, limen_error *err);

/* max |eigenvalue| of a connection of a layer to itself, of the float masters:
 * LAPACK's dgeev for up to 1500 units, beyond that the Arnoldi method on 200
 * vectors, a lower estimate within about 2 % for random matrices. */
LIMEN_API limen_status limen_spectral_radius(double *out,
                                             const limen_network *net,
                                             size_t connection,
                                             limen_error *err);

/* The cycle that each sample ends in with its input frozen, from drawn states,
 * by Brent's method: length[b] in steps, 0 if none was found within `steps`;
 * transient[b] steps before it.  length, transient: (samples).
 * LIMEN_BAD_VALUE for networks with noise, which have none. */
LIMEN_API limen_status limen_frozen_cycles(size_t *length, size_t *transient,
                                           const limen_image *image,
                                           const limen_input *input,
                                           size_t steps, double start,
                                           uint64_t seed, int threads,
                                           limen_error *err);

/* ---- Confidence -----------------------------------------------------------
 *
 * p = softmax(beta y), beta that of training divided by the temperature (Guo
 * et al. 2017).
 */
enum { LIMEN_CALIBRATION_BINS = 15 };

/* p, y: (n) */
LIMEN_API void limen_softmax(double *p, const float *y, size_t n, double beta);

/* The temperature in [0.01, 100] with the least mean -log p of the labels.
 * y: (samples, n) */
LIMEN_API double limen_fit_temperature(const float *y, const uint32_t *labels,
                                       size_t samples, size_t n, double beta);

typedef struct limen_calibration {
    double error;    /* expected calibration error, in equal bins */
    double loss;     /* mean -log p of the label */
    double brier;    /* mean |p - one-hot|^2 */
    double roc_area; /* P(a right answer is surer than a wrong one); NAN if all
                        are right or all wrong */
    double confidence[LIMEN_CALIBRATION_BINS]; /* means of each bin */
    double accuracy[LIMEN_CALIBRATION_BINS];
    size_t count[LIMEN_CALIBRATION_BINS];
} limen_calibration;

/* Confidence is p of the answer.  y: (samples, n), answers, labels: (samples),
 * below n. */
LIMEN_API limen_status limen_calibrate(limen_calibration *out, const float *y,
                                       const uint32_t *answers,
                                       const uint32_t *labels, size_t samples,
                                       size_t n, double beta, limen_error *err);

/* ---- Statistics ----------------------------------------------------------- */

typedef struct limen_interval {
    double mean, low, high;
} limen_interval;

/* The mean of n values with its studentised bootstrap interval (Efron &
 * Tibshirani 1993, chapter 12; 9999 resamples).  low and high are NAN for n <
 * 3. */
LIMEN_API limen_status limen_bootstrap(limen_interval *out, const double *x,
                                       size_t n, double level, uint64_t seed,
                                       limen_error *err);

/* Student's two-sided test that the mean is 0: p, and *t if not NULL. */
LIMEN_API double limen_t_test(double *t, const double *x, size_t n);

/* p-values corrected for their number (Holm 1979).  adjusted, p: (n) */
LIMEN_API limen_status limen_holm(double *adjusted, const double *p, size_t n,
                                  limen_error *err);

/* ---- Criticality: branching -------------------------------------------------
 *
 * m: the mean number of units that one active unit activates in the next step;
 * 1 is critical.  A series of activity has one count (or share) a step;
 * several trials, all of the same length, are (trials, steps).  What cannot be
 * estimated (too short, constant, silent, uncorrelated) is LIMEN_BAD_VALUE with
 * a sentence, never a number.  docs/criticality.md.
 */

/* The regression of A_(t+1) on A_t, and what subsampling makes of it.  If each
 * active unit is seen with probability p, alone, the slope is m times
 * 1 - (1 - p) / F, F the variance over the mean of the counts: that is an
 * identity, whatever the process. */
typedef struct limen_branching_naive_result {
    double slope;       /* cov(A_t, A_(t+1)) / var(A_t), over all trials */
    double drive;       /* mean of A_(t+1) - slope A_t */
    double descendants; /* mean of A_(t+1) / A_t where A_t > 0 (Beggs & Plenz
                           2003); biased by the drive */
    double mean, fano;  /* of the counts; Fano factor var / mean */
    double attenuation; /* 1 - (1 - sampled) / fano */
    double corrected;   /* slope / attenuation; NAN if attenuation <= 0 */
} limen_branching_naive_result;

/* sampled: p in (0, 1], 1 if every unit is seen; activity: (trials, steps)
 * counts. */
LIMEN_API limen_status limen_branching_naive(limen_branching_naive_result *out,
                                             const double *activity,
                                             size_t trials, size_t steps,
                                             double sampled, limen_error *err);

/* The slope that the naive estimator has for a branching process with Poisson
 * offspring and drive, m in [0, 1), mean activity `mean` of all units (not of
 * the sampled): m p V / (p V + (1 - p) mean), V = mean / (1 - m^2). */
LIMEN_API double limen_branching_naive_theory(double m, double mean,
                                              double sampled);

/* Multistep regression (Wilting & Priesemann 2018, Nat. Commun. 9:2325): r_k,
 * the slope of A_(t+k) on A_t, is b m^k; subsampling changes b only.
 *
 * Means are those of the pairs (t, t + k) of a lag: of each trial
 * (SEPARATED: r_k is the mean over trials of cov / var), or of all trials
 * (STATIONARY: the sum over trials of the covariances over that of the
 * variances).  SEPARATED suits long trials whose means differ, STATIONARY short
 * ones whose mean is the same. */
typedef enum limen_branching_means {
    LIMEN_MEANS_SEPARATED,
    LIMEN_MEANS_STATIONARY
} limen_branching_means;

/* r: (lags), r[k - 1] = r_k for k = 1..lags <= steps / 2. */
LIMEN_API limen_status limen_branching_coefficients(double *r, size_t lags,
                                                    const double *activity,
                                                    size_t trials, size_t steps,
                                                    limen_branching_means means,
                                                    limen_error *err);

typedef struct limen_branching_fit_result {
    double m;         /* exp(-1 / tau), in (0, 1) */
    double tau;       /* steps */
    double amplitude; /* b > 0 */
    double offset;    /* o; 0 if not fitted */
    double residual;  /* sum over k of (r_k - fit)^2 */
    double r_squared; /* adjusted for the number of parameters */
} limen_branching_fit_result;

/* The least squares fit of b m^k (or b m^k + o) to r_k, k = 1..lags, lags >= 4:
 * b and o are solved for each m, m is searched on a grid of tau and refined, so
 * that there is no start value to choose.  tau is in [0.1, 1e4 lags], with an
 * offset up to 100 lags; a fit at these ends is none (LIMEN_BAD_VALUE). */
LIMEN_API limen_status limen_branching_fit(limen_branching_fit_result *out,
                                           const double *r, size_t lags,
                                           bool offset, limen_error *err);

typedef struct limen_branching_options {
    limen_branching_means means;
    bool offset;      /* fit b m^k + o */
    size_t lags;      /* 0: as many as cover five times the fitted tau, at least
                         16, at most a quarter of a trial */
    size_t resamples; /* of the interval; 0: none */
    double level;     /* of the interval, in (0, 1) */
    uint64_t seed;
} limen_branching_options;

/* STATIONARY, no offset, automatic lags, 500 resamples, level 0.95, seed 0. */
LIMEN_API limen_branching_options limen_branching_defaults(void);

/* What may be wrong with an estimate that exists. */
enum {
    LIMEN_BRANCHING_SHORT = 1,  /* tau > a tenth of a trial: m is biased low */
    LIMEN_BRANCHING_OFFSET = 2, /* with an offset above a tenth of its
                                   amplitude the fit has half the residual and
                                   an m outside of the interval: drift, or a
                                   slow input */
    LIMEN_BRANCHING_POOR = 4,   /* r_k is not exponential: r_squared < 1/2 */
    LIMEN_BRANCHING_WIDE = 8    /* the interval covers a quarter of (0, 1) */
};

typedef struct limen_branching_result {
    limen_branching_fit_result fit;
    size_t lags;             /* used */
    limen_interval interval; /* of m: mean is fit.m; NAN without resamples */
    limen_interval tau;      /* of tau */
    double other_m;          /* m of the other fit: with an offset if fit has
                                none, without if it has one; NAN: none */
    unsigned flags;          /* LIMEN_BRANCHING_... */
    char diagnosis[480]; /* the flags in sentences; empty if there is none */
} limen_branching_result;

/* Coefficients, fit, interval and diagnosis in one.  r: the first `room`
 * coefficients of those used are written to it; NULL if room is 0.
 *
 * The interval is of percentiles over fits to resamples: of whole trials if
 * there are at least 10, else of blocks of consecutive pairs, 20 in all, within
 * each trial.  Activity that is not correlated (Box-Pierce test of r_k over up
 * to 16 lags, p > 0.01) has no estimate: one of 100 such series has one. */
LIMEN_API limen_status
limen_branching_ratio(limen_branching_result *out, double *r, size_t room,
                      const double *activity, size_t trials, size_t steps,
                      const limen_branching_options *options, limen_error *err);

/* ---- Criticality: branching processes ---------------------------------------
 *
 * A_(t+1) = sum over A_t parents of their offspring, + arrivals.  Draws are
 * made by tables of 64-bit thresholds made without libm, right to 1e-12
 * (base/law.h): the same seed gives the same counts on every machine and any
 * number of threads.
 */
typedef struct limen_branching_process {
    double m;               /* mean offspring, in [0, 64] */
    uint32_t offspring_max; /* 0: Poisson offspring; K >= m, K <= 64: binomial
                               of K trials with probability m / K */
    double drive;           /* mean arrivals a step, Poisson, in [0, 1e5] */
    double sampled;         /* a unit is seen with this probability, (0, 1] */
    uint64_t seed;
} limen_branching_process;

/* activity: (trials, steps) counts of the units seen.  Each trial starts with
 * `start` units and runs burn_in steps first.  LIMEN_DIVERGED, activity then
 * undefined, if one has more than 2^32 units. */
LIMEN_API limen_status limen_branching_simulate(
    double *activity, const limen_branching_process *process, size_t trials,
    size_t steps, size_t burn_in, uint64_t start, int threads,
    limen_error *err);

/* Avalanches of one seed each, without drive.  size: (count) the units seen;
 * duration: (count) steps with activity, seen or not.  NULL for what is not
 * wanted.  An avalanche is stopped when it has size_max units (seen or not) or
 * duration_max steps: its numbers are then what it had so far.  size_max is
 * at most 2^26, both are at least 1. */
LIMEN_API limen_status limen_branching_avalanches(
    uint64_t *size, uint32_t *duration, size_t count,
    const limen_branching_process *process, uint64_t size_max,
    uint32_t duration_max, int threads, limen_error *err);

/* P(size = s), s >= 1, of an avalanche of one seed: Borel's law for Poisson
 * offspring, (1/s) C(Ks, s-1) q^(s-1) (1-q)^(Ks-s+1) with q = m / K for
 * binomial. */
LIMEN_API double limen_branching_size_law(size_t s, double m,
                                          uint32_t offspring_max);

/* cdf: (steps), cdf[t - 1] = P(duration <= t) = f(f_(t-1)), f_0 = 0, f the
 * generating function of the offspring. */
LIMEN_API void limen_branching_duration_law(double *cdf, size_t steps, double m,
                                            uint32_t offspring_max);

/* The share of active units of a branching layer (Kinouchi & Copelli 2006, with
 * drawn neighbours): each step the Poisson(m A + drive n) arrivals fall on units
 * at random, and those hit are active.  response: (points) means over `steps`
 * after burn_in steps from rest; drive: (points) mean arrivals a unit and step,
 * in [0, 16]; n <= 2^19 units, m in [0, 16]. */
LIMEN_API limen_status limen_branching_response(
    double *response, const double *drive, size_t points, double m, size_t n,
    size_t steps, size_t burn_in, uint64_t seed, int threads, limen_error *err);

/* Its mean field: the largest F with F = 1 - exp(-(m F + drive)). */
LIMEN_API double limen_branching_response_theory(double m, double drive);

/* ---- Criticality: correlations ----------------------------------------------
 *
 * LIMEN_BAD_VALUE with a sentence where a measure is not defined. */

/* Variance over mean of the sums of x over windows of `window` steps, side by
 * side; at least two windows.  1 for Poisson counts. */
LIMEN_API limen_status limen_fano(double *fano, const double *x, size_t steps,
                                  size_t window, limen_error *err);

/* n (<a^2> - <a>^2), a the share of active units a step; *relative, if not NULL,
 * is that over <a>.  Independent units have <p (1 - p)>. */
LIMEN_API limen_status limen_susceptibility(double *chi, double *relative,
                                            const double *activity,
                                            size_t steps, size_t n,
                                            limen_error *err);

/* Pearson's correlation of all pairs of units of a raster that are neither
 * silent nor saturated.  Costs units^2 steps / 128 words. */
typedef struct limen_pairwise {
    double mean, sd, mean_magnitude; /* over pairs */
    size_t units, pairs;             /* that vary */
} limen_pairwise;

LIMEN_API limen_status limen_raster_correlation(limen_pairwise *out,
                                                const uint64_t *raster,
                                                size_t steps, size_t n,
                                                limen_error *err);

/* The entropy rate of a series of symbols below `alphabet`, in bits a step:
 * H_k - H_(k-1), H_k the entropy of words of k symbols by counting (plug-in)
 * with the correction of Miller (1955), (words seen - 1) / (2 ln 2 words).  k is
 * the largest for which the series has 8 alphabet^k words, at most `order` if
 * that is not 0; the estimate is then an upper bound for a process whose memory
 * is longer. */
typedef struct limen_entropy_result {
    double rate;    /* corrected, in [0, log2 alphabet] */
    double plug_in; /* uncorrected */
    double single;  /* H_1: entropy of a symbol, corrected */
    size_t order;   /* k */
} limen_entropy_result;

LIMEN_API limen_status limen_entropy_rate(limen_entropy_result *out,
                                          const uint8_t *symbols, size_t steps,
                                          size_t alphabet, size_t order,
                                          limen_error *err);

/* Means over the units of a raster, in bits a unit and step; silent and
 * saturated units have 0. */
LIMEN_API limen_status limen_raster_entropy(limen_entropy_result *out,
                                            const uint64_t *raster,
                                            size_t steps, size_t n,
                                            size_t order, limen_error *err);

/* Dynamic range 10 log10(input_90 / input_10) of a response curve (Kinouchi &
 * Copelli 2006), input_x where it first reaches F_0 + x / 100 (F_max - F_0), on
 * straight lines in the logarithm of the input.  F_0 is the response to no
 * input, or at the first point if `rest` is NAN; F_max is the largest.  input:
 * (points) ascending, above 0. */
typedef struct limen_range_result {
    double decibel, low, high; /* input_10, input_90 */
} limen_range_result;

LIMEN_API limen_status limen_dynamic_range(limen_range_result *out,
                                           const double *input,
                                           const double *response,
                                           size_t points, double rest,
                                           limen_error *err);

/* The slope of log y against log x by least squares, over the points with x in
 * [low, high] and y > 0; NAN if they are fewer than two. */
LIMEN_API double limen_log_slope(const double *x, const double *y,
                                 size_t points, double low, double high);

/* ---- Criticality: surrogates ------------------------------------------------
 *
 * Null models to print beside an estimate: each keeps what its name says.
 */
typedef enum limen_surrogate {
    LIMEN_SURROGATE_SHUFFLE, /* the same numbers in random order */
    LIMEN_SURROGATE_POISSON, /* independent Poisson counts with the same mean */
    LIMEN_SURROGATE_OU       /* Ornstein-Uhlenbeck with the same mean, variance
                                and integrated autocorrelation time */
} limen_surrogate;

/* out, x: (steps), not overlapping.  POISSON needs a mean in [0, 1e5], OU a
 * series that varies. */
LIMEN_API limen_status limen_surrogate_series(double *out, const double *x,
                                              size_t steps,
                                              limen_surrogate kind,
                                              uint64_t seed, limen_error *err);

/* x_(t+1) = mean + f (x_t - mean) + sd sqrt(1 - f^2) z, f = exp(-1 / time), z
 * standard normal, x_1 stationary.  x: (steps); time > 0 steps, sd >= 0. */
LIMEN_API void limen_ornstein_uhlenbeck(double *x, size_t steps, double mean,
                                        double sd, double time, uint64_t seed);

typedef enum limen_raster_surrogate {
    LIMEN_RASTER_SHUFFLE, /* each unit's spikes at random steps: its count */
    LIMEN_RASTER_RATE,    /* each unit fires alone with its rate */
    LIMEN_RASTER_SHIFT,   /* each unit shifted in a circle by a step of its own:
                             its correlation in time */
    LIMEN_RASTER_UNITS    /* each step's spikes on random units: the activity */
} limen_raster_surrogate;

/* out, raster: (steps, words of n), not overlapping; steps, n < 2^32. */
LIMEN_API limen_status limen_surrogate_raster(uint64_t *out,
                                              const uint64_t *raster,
                                              size_t steps, size_t n,
                                              limen_raster_surrogate kind,
                                              uint64_t seed, limen_error *err);

/* ---- Studies --------------------------------------------------------------
 *
 * Matched arms, each trained and tested with every seed, and what can be said
 * of their differences: docs/compare.md has the file, the measures and the
 * statistics.  A cell is one arm with one seed; its result is a file, so that
 * a study goes on where it was stopped, with the same bytes at its end.
 */
typedef struct limen_study limen_study;

/* Reads a study file and its data, and matches the arms.  data_dir: where sets
 * are looked for, NULL for what the file says. */
LIMEN_API limen_status limen_study_load(limen_study **out, const char *path,
                                        const char *data_dir, limen_error *err);
LIMEN_API void limen_study_free(limen_study *study);

/* Makes the directory with study.json; LIMEN_INCOMPATIBLE if it holds another
 * study.  The calls below need it. */
LIMEN_API limen_status limen_study_open(limen_study *study, const char *dir,
                                        limen_error *err);

LIMEN_API size_t limen_study_cells(const limen_study *study);

typedef struct limen_study_cell {
    const char *label; /* of the arm */
    const char *file;  /* the result is cells/<file>.<seed>.json */
    uint64_t seed;
    bool is_baseline; /* made by a script, not by limen_cell_step */
    double work;      /* expected, in any unit */
} limen_study_cell;

LIMEN_API limen_study_cell limen_study_cell_at(const limen_study *study,
                                               size_t i);

/* Whether the cell's result is there; LIMEN_BAD_FILE if it is malformed. */
LIMEN_API limen_status limen_study_cell_done(bool *done,
                                             const limen_study *study,
                                             size_t cell, limen_error *err);

/* What a baseline's script needs: the samples of the cell's seed as files, the
 * script's path, and its options as JSON, valid until the next call. */
LIMEN_API limen_status limen_study_export(const limen_study *study, size_t cell,
                                          limen_error *err);
LIMEN_API const char *limen_study_script(const limen_study *study);
LIMEN_API const char *limen_study_options(limen_study *study, size_t cell);

typedef struct limen_cell limen_cell;

/* Begins a cell that is no baseline.  Keeps study, which must outlive it. */
LIMEN_API limen_status limen_cell_new(limen_cell **out,
                                      const limen_study *study, size_t cell,
                                      int threads, limen_error *err);
LIMEN_API void limen_cell_free(limen_cell *cell);

/* The next batch or test.  The last one writes the result; *is_done then. */
LIMEN_API limen_status limen_cell_step(limen_cell *cell, bool *is_done,
                                       limen_error *err);

/* The share of the cell's work that is done. */
LIMEN_API double limen_cell_progress(const limen_cell *cell);

/* Writes result.json and result.md from the cells, all of which must be done. */
LIMEN_API limen_status limen_study_summarise(const limen_study *study,
                                             limen_error *err);

/* ---- Criticality: heavy tails ---------------------------------------------
 *
 * Power laws p(x) ~ x^-alpha on xmin <= x <= xmax and what else might have made
 * the data, after Clauset, Shalizi & Newman (2009, SIAM Review 51), with exact
 * normalisers: no approximation of the discrete law, no missing upper limit.
 * Events are kept as distinct values with counts, so that millions of avalanche
 * sizes cost what their distinct sizes cost.
 */

/* The Hurwitz zeta function, the sum over k >= 0 of (q + k)^-s, s > 1, q > 0,
 * to about 1e-14 of its value. */
LIMEN_API double limen_zeta(double s, double q);

typedef struct limen_tail limen_tail;

/* Takes n events, discrete (whole numbers) or continuous; those that are not
 * above 0 are left out, as no power law has them.  LIMEN_BAD_VALUE if an event
 * is not finite, or is no whole number below 2^53 although `discrete`. */
LIMEN_API limen_status limen_tail_new(limen_tail **out, const double *x,
                                      size_t n, bool discrete,
                                      limen_error *err);

/* NULL is allowed. */
LIMEN_API void limen_tail_free(limen_tail *tail);

/* The number of distinct events; *value, *count: (distinct) ascending, with how
 * many events have each.  NULL for what is not wanted. */
LIMEN_API size_t limen_tail_distinct(const limen_tail *tail,
                                     const double **value,
                                     const double **count);

enum { LIMEN_TAIL_EVENTS_MIN = 10, LIMEN_TAIL_CANDIDATES_MAX = 1 << 17 };

typedef struct limen_tail_options {
    double xmin;         /* 0: search */
    double xmax;         /* INFINITY: none */
    double search_above; /* candidates for xmin are at least this, */
    double search_below; /* and at most this */
    size_t events;       /* least number in a tail, >= LIMEN_TAIL_EVENTS_MIN */
} limen_tail_options;

/* Searches xmin, has no xmax, and takes tails of LIMEN_TAIL_EVENTS_MIN. */
LIMEN_API limen_tail_options limen_tail_defaults(void);

typedef struct limen_tail_power {
    double alpha;          /* exponent, of maximum likelihood */
    double error;          /* standard error, from Fisher's information */
    double xmin, xmax;     /* of the fit; xmax may be INFINITY */
    double distance;       /* Kolmogorov-Smirnov's D */
    double log_likelihood; /* of the events of the tail */
    double events;         /* in [xmin, xmax] */
} limen_tail_power;

/* Fits a power law to the events in [xmin, xmax].  A given xmin is used as it
 * is; else it is, of all distinct events but the two largest, the one with the
 * least
 *
 *     D = max over distinct x of |share of events < x - P(X < x)|
 *
 * within the tail.  Of more than LIMEN_TAIL_CANDIDATES_MAX candidates 4096 are
 * tried, whose tails shrink by a constant factor, and then all between the
 * neighbours of the best.  Without xmax 1 < alpha; alpha < 20.  LIMEN_BAD_VALUE, and
 * no estimate, for too few or all-equal events. */
LIMEN_API limen_status limen_tail_fit(limen_tail_power *out,
                                      const limen_tail *tail,
                                      const limen_tail_options *options,
                                      int threads, limen_error *err);

/* P(X >= x) of the fitted law within its tail; discrete as the tail is. */
LIMEN_API double limen_tail_survival(const limen_tail *tail,
                                     const limen_tail_power *fit, double x);

/* How often a power law would fit as badly: sets of as many events, each from
 * the fitted law with the share of the tail, else one of the events outside
 * it, are fitted as the data were, the search of xmin included; p is the share
 * with a D of at least fit's.  p < 0.1 speaks against the law.  `fit` is
 * limen_tail_fit's of the same options; p is good to 1 / (2 sqrt(sets)). */
LIMEN_API limen_status limen_tail_bootstrap(double *p, const limen_tail *tail,
                                            const limen_tail_options *options,
                                            const limen_tail_power *fit,
                                            size_t sets, uint64_t seed,
                                            int threads, limen_error *err);

/* Laws on xmin <= x <= xmax, each normalised there, and their parameters.
 * Discrete forms are those of the package `powerlaw` (Alstott et al. 2014, PLoS
 * ONE 9:e85777): the power law, the exponential and the truncated power law
 * are sampled at whole numbers, the others are rounded, P(x) = P(x - 1/2 < X <
 * x + 1/2 | X > xmin - 1/2). */
typedef enum limen_tail_law {
    LIMEN_TAIL_POWER,       /* x^-alpha: alpha */
    LIMEN_TAIL_EXPONENTIAL, /* e^-(lambda x): lambda */
    LIMEN_TAIL_LOGNORMAL,   /* e^-((ln x - mu)^2 / 2 sigma^2) / x: mu, sigma */
    LIMEN_TAIL_STRETCHED,   /* x^(beta-1) e^-(lambda x)^beta: ln lambda, beta */
    LIMEN_TAIL_TRUNCATED,   /* x^-alpha e^-(lambda x): alpha >= 0, lambda */
    LIMEN_TAIL_LAWS
} limen_tail_law;

/* "power law", "exponential", ... */
LIMEN_API const char *limen_tail_law_name(limen_tail_law law);

typedef struct limen_tail_fitted {
    limen_tail_law law;
    double parameter[2]; /* in the order above; the second may be unused */
    double log_likelihood;
} limen_tail_fitted;

typedef struct limen_tail_ratio {
    limen_tail_fitted first, second;
    double ratio;      /* R = log likelihood of the first - of the second */
    double normalised; /* R / sqrt(n variance of its terms), Vuong's */
    double p;          /* two-sided: small where the sign of R is significant */
    bool nested;       /* p from chi-square of 2 |R|, 1 degree of freedom */
} limen_tail_ratio;

/* Log density or probability at x of a law on the range of `fit`. */
LIMEN_API double limen_tail_log_density(const limen_tail *tail,
                                        const limen_tail_power *fit,
                                        const limen_tail_fitted *law, double x);

/* Fits two laws to the tail of `fit` by maximum likelihood and compares them
 * (Vuong 1989; nested: Wilks 1938).  R > 0 speaks for the first.  Lognormal and
 * stretched exponential have power laws as limits: where data are one, sigma is
 * huge or beta tiny, and R near 0. */
LIMEN_API limen_status limen_tail_compare(
    limen_tail_ratio *out, const limen_tail *tail, const limen_tail_power *fit,
    limen_tail_law first, limen_tail_law second, limen_error *err);

/* ---- Criticality: avalanches ----------------------------------------------
 *
 * A series of activity a(t) is summed over bins of steps; an avalanche is a
 * longest run of bins with activity above theta.  Runs that the ends of the
 * series cut are left out.  Exponents: P(S) ~ S^-tau, P(T) ~ T^-alpha, mean
 * size given duration ~ T^gamma; a critical branching process has 3/2, 2, 2.
 * Exponents alone are no evidence of criticality: a thresholded
 * Ornstein-Uhlenbeck process has them too (Touboul & Destexhe 2017).
 */
typedef enum limen_avalanche_size {
    LIMEN_SIZE_TOTAL, /* S = sum of a over the run (Beggs & Plenz 2003) */
    LIMEN_SIZE_ABOVE  /* S = sum of a - theta (Del Papa et al. 2017) */
} limen_avalanche_size;

typedef struct limen_avalanche_options {
    size_t bin;   /* steps, the rest of the series is dropped */
    double theta; /* of the activity of a bin; >= 0 for LIMEN_SIZE_TOTAL */
    limen_avalanche_size size;
} limen_avalanche_options;

typedef struct limen_avalanches {
    size_t count;
    double *size;     /* (count) S, in the order of time */
    double *duration; /* (count) T, in bins */
    size_t *start;    /* (count) the first bin, from 0 */
    size_t bins;
    double *activity; /* (bins) what sums to the size: a or a - theta */
    bool whole;       /* all sizes are whole numbers */
} limen_avalanches;

/* activity: (steps), finite.  A silent or saturated series has no avalanches,
 * count 0, which is no error. */
LIMEN_API limen_status limen_avalanches_new(
    limen_avalanches **out, const double *activity, size_t steps,
    const limen_avalanche_options *options, limen_error *err);

/* NULL is allowed. */
LIMEN_API void limen_avalanches_free(limen_avalanches *avalanches);

typedef struct limen_window {
    double low, high; /* both included; high may be INFINITY */
} limen_window;

typedef struct limen_growth {
    double gamma, error; /* exponent of size on duration, its standard error */
    size_t points;       /* distinct durations */
    double *duration, *size, *count; /* (points) T, <S>(T), avalanches */
} limen_growth;

/* Mean size given duration, for T in the window, and its exponent: the slope of
 * log <S> on log T by gamma regression, sum of (S / c T^gamma - 1) (1, log T) =
 * 0 over the avalanches (McCullagh & Nelder 1989).  Where durations have many
 * avalanches each that is the usual line; but the log of a mean of few is too
 * small, and tilts the line.  At least 3 distinct ones with
 * LIMEN_TAIL_EVENTS_MIN avalanches in all. */
LIMEN_API limen_status limen_growth_new(limen_growth **out,
                                        const limen_avalanches *avalanches,
                                        limen_window duration,
                                        limen_error *err);

/* NULL is allowed. */
LIMEN_API void limen_growth_free(limen_growth *growth);

enum { LIMEN_SHAPE_POINTS = 64 };

typedef struct limen_shapes {
    double gamma; /* of the least error */
    double error; /* variance over durations, averaged over time, of profiles
                     divided by the squared span of their mean */
    size_t durations;
    double *duration, *count; /* (durations) */
    double *time;             /* (LIMEN_SHAPE_POINTS) t / T, in (0, 1) */
    double *profile; /* (durations, LIMEN_SHAPE_POINTS) mean activity at t / T,
                        times T^(1 - gamma) */
} limen_shapes;

/* Shape collapse: profiles of avalanches with T in the window and at least
 * `avalanches_min` avalanches each, two durations or more, laid over one
 * another as s(t, T) = T^(gamma - 1) F(t / T) (Sethna et al. 2001; error as
 * Marshall et al. 2016, Frontiers in Physiology 7:250).  low >= 3. */
LIMEN_API limen_status limen_shapes_new(limen_shapes **out,
                                        const limen_avalanches *avalanches,
                                        limen_window duration,
                                        size_t avalanches_min,
                                        limen_error *err);

/* NULL is allowed. */
LIMEN_API void limen_shapes_free(limen_shapes *shapes);

/* Estimates and percentile intervals of blocks of cube root of n successive
 * avalanches, resampled on a circle (Politis & Romano 1992). */
typedef struct limen_crackling {
    limen_interval tau, alpha, gamma;
    limen_interval predicted;  /* (alpha - 1) / (tau - 1) */
    limen_interval difference; /* predicted - gamma */
    size_t samples; /* resamples that could be fitted, of those asked for */
} limen_crackling;

/* The crackling relation gamma = (alpha - 1) / (tau - 1) (Sethna et al. 2001;
 * Friedman et al. 2012), tau fitted to sizes and alpha and gamma to durations
 * in the windows, which stay as they are in all resamples.  It holds where the
 * interval of the difference has 0 in it.  That is needed for criticality, not
 * enough. */
LIMEN_API limen_status limen_crackling_relation(
    limen_crackling *out, const limen_avalanches *avalanches, limen_window size,
    limen_window duration, size_t samples, double level, uint64_t seed,
    int threads, limen_error *err);

typedef struct limen_avalanche_row {
    size_t bin;
    double factor, theta; /* theta = factor times the mean activity of a bin */
    size_t avalanches;
    double mean_size;
    limen_tail_power size, duration; /* NAN where they could not be fitted */
    double gamma; /* over the durations of the fit; NAN likewise */
} limen_avalanche_row;

typedef struct limen_avalanche_grid {
    const size_t *bin; /* (bins) steps */
    size_t bins;
    const double *factor; /* (factors) */
    size_t factors;
    limen_avalanche_size kind;
    limen_window size, duration; /* of the fits; xmin is searched where low
                                    is 0 */
} limen_avalanche_grid;

/* How all exponents depend on bin and threshold: rows: (bins, factors). */
LIMEN_API limen_status limen_avalanche_scan(limen_avalanche_row *rows,
                                            const double *activity,
                                            size_t steps,
                                            const limen_avalanche_grid *grid,
                                            int threads, limen_error *err);
/* ---- Plasticity -----------------------------------------------------------
 *
 * Networks that change while they run.  After each step the rules are applied
 * in their order to the float32 masters; the integer image follows, so that
 * the next step runs with them.  With several samples a rule takes the mean
 * over them.  The same seed gives the same bytes on any number of threads,
 * stopped and resumed or not.  docs/plasticity.md has all equations with their
 * sources, docs/numerics.md section 11 the arithmetic to the bit.
 *
 * Links.  A weight of 0 is no link; the pattern of a connection says which links
 * may exist.  Rules of links act on magnitudes |w|: what excites never comes to
 * inhibit, nor the other way round (Dale's law).
 */
typedef enum limen_plastic_kind {
    LIMEN_INTRINSIC,       /* of a layer: theta_i += rate (s_i - target) */
    LIMEN_STDP,            /* of a connection's excitatory links: rate
                                s_i(t) s_j(t-1) - rate_down s_i(t-1) s_j(t), cut
                                at ceiling */
    LIMEN_INHIBITORY_STDP, /* of its inhibitory links: |w_ik| -= rate s_k(t-1)
                                (1 - s_i(t) (1 + 1/target)), at least floor */
    LIMEN_STRUCTURAL,      /* with `chance` a step a drawn absent link gets the
                                weight floor */
    LIMEN_NORMALISE,       /* links of each sign that a unit hears sum to
                                target */
    LIMEN_SELF_CRITICAL,   /* each unit divides its weights by 1 + rate if more
                                than target of its sources could each flip it,
                                by a mean over window steps; else multiplies,
                                up to ceiling */
    LIMEN_CONTROL_RATE,    /* of a layer, every window steps: theta_i += rate
                                (x - target), x its mean rate */
    LIMEN_CONTROL_BRANCHING, /* of a connection of a layer to itself: w *= 1 +
                                rate (target - x), x the branching ratio of the
                                layer's spikes */
    LIMEN_CONTROL_GROWTH     /* the same, x the one-step growth of damage */
} limen_plastic_kind;

/* Links below this are gone. */
#define LIMEN_LINK_LEAST 1e-10F

typedef struct limen_plastic_rule {
    limen_plastic_kind kind;
    size_t place; /* the layer, or the connection's number */
    float rate, rate_down, target, floor, ceiling;
    double chance;
    size_t window;   /* steps */
    bool plus_minus; /* the network stands for one of states +-1
                        (limen_network_random): where weights are scaled,
                        theta_i - sum_j w_ij / 2 stays */
} limen_plastic_rule;

/* A rule with the usual values, as in the heads of src/plastic/. */
LIMEN_API limen_plastic_rule limen_plastic_defaults(limen_plastic_kind kind,
                                                    size_t place);

typedef struct limen_plastic limen_plastic;

/* Takes copies of net and rules, and starts `samples` copies from rest.
 * cells: [layer] (n_l) 1 for units that excite and -1 for those that inhibit;
 * NULL, or NULL for a layer: all excite.  LIMEN_BAD_VALUE if a weight that a
 * rule of links moves has the wrong sign, or a rule's numbers are out of range.
 * seed: of inputs, noise and rules. */
LIMEN_API limen_status limen_plastic_new(
    limen_plastic **out, const limen_network *net,
    const limen_plastic_rule *rules, size_t count, const int8_t *const *cells,
    size_t samples, uint64_t seed, int threads, limen_error *err);

/* NULL is allowed. */
LIMEN_API void limen_plastic_free(limen_plastic *plastic);

/* Runs on, as limen_run.  LIMEN_DIVERGED if a weight or threshold is not finite
 * any more, after which the object can only be freed.  record: rasters of these
 * steps; or NULL. */
LIMEN_API limen_status limen_plastic_run(limen_plastic *plastic,
                                         const limen_input *input, size_t steps,
                                         const limen_record *record,
                                         limen_error *err);

/* Whether rules rest (default: no). */
LIMEN_API void limen_plastic_freeze(limen_plastic *plastic, bool on);

/* What it is now; all belong to plastic.  Masters and states may be written:
 * call limen_plastic_refresh before the next run then. */
LIMEN_API limen_network *limen_plastic_network(limen_plastic *plastic);
LIMEN_API const limen_image *limen_plastic_image(const limen_plastic *plastic);
LIMEN_API limen_state *limen_plastic_state(limen_plastic *plastic);
LIMEN_API limen_status limen_plastic_refresh(limen_plastic *plastic,
                                             limen_error *err);

/* What rule number `rule`, a control, last measured; of self-critical units the
 * mean over them. */
LIMEN_API double limen_plastic_measured(const limen_plastic *plastic,
                                        size_t rule);

/* Masters, states and what rules remember, in one file; load needs the same
 * network, rules, samples and seed. */
LIMEN_API limen_status limen_plastic_save(const char *path,
                                          limen_plastic *plastic,
                                          limen_error *err);
LIMEN_API limen_status limen_plastic_load(limen_plastic *plastic,
                                          const char *path, limen_error *err);

/* A self-organising recurrent network: a layer of units that excite, one of
 * units that inhibit, and letters (Lazar, Pipa & Triesch 2009, Front. Comput.
 * Neurosci. 3:23; with inhibitory and structural plasticity: Zheng,
 * Dimitrakakis & Triesch 2013, PLoS Comput. Biol. 9:e1002848). */
typedef struct limen_sorn {
    size_t excitatory, inhibitory;
    size_t letters, letter_units; /* each letter drives units of its own */
    double links;                 /* of a unit to others of its layer, mean */
    bool has_fixed_links;         /* exactly so many */
    double inhibition;            /* share of inhibitory links that exist */
    double theta_excitatory, theta_inhibitory; /* uniform from 0 to these */
    double noise;    /* standard deviation, of both layers */
    bool is_delayed; /* inhibition answers one step later */
    double stdp, intrinsic, target, inhibitory_stdp, structural; /* 0: off */
    uint64_t seed;
} limen_sorn;

enum { LIMEN_SORN_RULES = 6 };
enum {
    LIMEN_SORN_LETTERS, /* connections: input to excitatory, */
    LIMEN_SORN_EE,      /* excitatory to itself, */
    LIMEN_SORN_EI,      /* inhibitory to excitatory, negative, */
    LIMEN_SORN_IE       /* excitatory to inhibitory */
};

/* The counting task of 2009, and the avalanches of Del Papa, Priesemann &
 * Triesch (2017, PLoS ONE 12:e0178683). */
LIMEN_API limen_sorn limen_sorn_counting(void);
LIMEN_API limen_sorn limen_sorn_avalanche(void);

/* Layers: 0 letters (one silent unit if there are none), 1 excitatory, 2
 * inhibitory. */
LIMEN_API limen_status limen_network_sorn(limen_network **out,
                                          const limen_sorn *spec,
                                          limen_error *err);

/* Its rules, in the order intrinsic, STDP, structural, inhibitory STDP,
 * normalisation; how many. */
LIMEN_API size_t limen_sorn_rules(limen_plastic_rule rules[LIMEN_SORN_RULES],
                                  const limen_sorn *spec);

/* limen_plastic_new of both, with the cells' signs. */
LIMEN_API limen_status limen_plastic_sorn(limen_plastic **out,
                                          const limen_sorn *spec, int threads,
                                          limen_error *err);

/* The letters of steps 1 .. steps of the counting task: words A B^n C and D E^n
 * F, each with chance 1/2.  letters: (steps) 0 .. 5. */
LIMEN_API void limen_counting_letters(uint8_t *letters, size_t n, size_t steps,
                                      uint64_t seed);

/* ---- Simulations ----------------------------------------------------------
 *
 * Known networks that regulate themselves, run for long, with a record.
 */
#define LIMEN_PRESET_LIST(X)                                                   \
    X(LIMEN_PRESET_SORN_COUNTING, "sorn-counting")                             \
    X(LIMEN_PRESET_SORN_AVALANCHE, "sorn-avalanche")                           \
    X(LIMEN_PRESET_BRANCHING, "branching")                                     \
    X(LIMEN_PRESET_HOMEOSTATIC_BRANCHING, "homeostatic-branching")             \
    X(LIMEN_PRESET_RANDOM_THRESHOLD, "random-threshold")

typedef enum limen_preset {
#define X(name, text) name,
    LIMEN_PRESET_LIST(X)
#undef X
        LIMEN_PRESETS
} limen_preset;

/* "sorn-counting", ...; NULL past the last. */
LIMEN_API const char *limen_preset_name(size_t preset);

typedef struct limen_simulation_options {
    limen_preset preset;
    size_t units;         /* of the recorded layer */
    size_t steps;         /* in which it changes */
    size_t frozen;        /* and after them, in which it does not */
    size_t recorded;      /* last steps whose spikes are kept, one byte each */
    size_t word;          /* counting: n of A B^n C */
    bool is_delayed;      /* SORN: inhibition one step late */
    bool is_static;       /* nothing changes at all */
    bool only_thresholds; /* counting, avalanche: intrinsic plasticity alone */
    double rate;          /* target of the mean rate */
    double drive;         /* branching: h, chance to fire without input */
    double coupling;      /* branching: alpha at the beginning */
    double memory;        /* homeostatic-branching: tau_hp in steps */
    double variance; /* random-threshold: of the weights at the beginning */
    uint64_t seed;
} limen_simulation_options;

LIMEN_API limen_simulation_options
limen_simulation_defaults(limen_preset preset);

typedef struct limen_simulation limen_simulation;

LIMEN_API limen_status limen_simulation_new(
    limen_simulation **out, const limen_simulation_options *options,
    int threads, limen_error *err);

/* NULL is allowed. */
LIMEN_API void limen_simulation_free(limen_simulation *simulation);

/* Runs on for so many steps, or to the end. */
LIMEN_API limen_status limen_simulation_run(limen_simulation *simulation,
                                            size_t steps, limen_error *err);

typedef struct limen_simulation_summary {
    size_t steps, all; /* run, and to run */
    double rate;       /* spikes of a unit and step, over the last tenth */
    double rate_least, rate_most; /* of a unit, over the recorded steps; NAN */
    double measure; /* share of possible links that exist (SORN), mean coupling
                       (branching), estimated growth of damage of a flipped
                       unit (random-threshold) */
} limen_simulation_summary;

LIMEN_API limen_simulation_summary
limen_simulation_summarise(const limen_simulation *simulation);
LIMEN_API limen_simulation_options
limen_simulation_options_of(const limen_simulation *simulation);

/* The network; NULL for the branching presets, which have none. */
LIMEN_API limen_plastic *limen_simulation_plastic(limen_simulation *simulation);

/* Writes an NPZ: activity (steps) spikes of the layer in each step, raster
 * (recorded, units) if any is kept, trend (points, 3): step, rate since the
 * point before, measure; letters (recorded) of the counting task. */
LIMEN_API limen_status limen_simulation_write(const char *path,
                                              limen_simulation *simulation,
                                              limen_error *err);

/* A checkpoint; load begins where it was written and ends with the same bytes.
 */
LIMEN_API limen_status limen_simulation_save(const char *path,
                                             limen_simulation *simulation,
                                             limen_error *err);
LIMEN_API limen_status limen_simulation_load(limen_simulation **out,
                                             const char *path, int threads,
                                             limen_error *err);

#ifdef __cplusplus
}
#endif
#endif
