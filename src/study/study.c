/* study.c -- a study: its file, its data, and arms that are matched. */
#include "study/study.h"

#include "base/arena.h"
#include "base/error.h"
#include "io/file.h"
#include "learn/settings.h"
#include "learn/settings_yaml.h"

#include <stdio.h>
#include <string.h>

const char *lm_measure_name(lm_measure measure)
{
    static const char *const names[] = {
#define X(name, text) text,
        LM_MEASURES(X)
#undef X
    };

    return names[measure];
}

const char *lm_stability_name(lm_stability measure)
{
    static const char *const names[] = {
#define X(name, text) text,
        LM_STABILITIES(X)
#undef X
    };

    return names[measure];
}

/* The same error, said of one arm. */
static limen_status of_arm(limen_status status, const limen_study *study,
                           const lm_study_arm *arm, const limen_error *why,
                           limen_error *err)
{
    return status == LIMEN_OK
               ? LIMEN_OK
               : lm_error_set(err, status, "%.160s: arm '%s': %.240s",
                              study->path, arm->label, why->text);
}

/* Weights and thresholds. */
static limen_status count_parameters(size_t *out,
                                     const limen_settings *settings,
                                     const limen_data *data, limen_error *err)
{
    limen_network *net;
    const limen_status status =
        limen_settings_network(&net, settings, data, err);

    if (status != LIMEN_OK)
        return status;
    *out = 0;
    for (size_t k = 0; k < limen_network_connections(net); k++)
        *out += limen_network_connection(net, k).entries;
    for (size_t l = 1; l < limen_network_layers(net); l++)
        *out += limen_network_units(net, l);
    limen_network_free(net);
    return LIMEN_OK;
}

/* Hidden layers of s / most of the sizes wanted, at least 1 unit each. */
static limen_status set_hidden(limen_settings *settings, const int64_t *sizes,
                               size_t count, int64_t s, int64_t most,
                               limen_error *err)
{
    char text[4096] = "";
    size_t used = 0;

    for (size_t k = 0; k < count; k++) {
        const int64_t size = sizes[k] * s / most;

        used += (size_t)snprintf(text + used, sizeof text - used, "%s%lld",
                                 k == 0 ? "" : ",",
                                 (long long)(size < 1 ? 1 : size));
    }
    return limen_settings_set(settings, "hidden", text, err);
}

/* Shrinks the hidden layers, all by the same factor, to the largest with at
 * most `allowed` parameters. */
static limen_status shrink(lm_study_arm *arm, const limen_data *data,
                           size_t allowed, limen_error *err)
{
    int64_t sizes[LIMEN_LAYERS_MAX];
    size_t count;
    const int64_t *hidden = lm_settings_list(arm->settings, "hidden", &count);
    int64_t most = 1;
    limen_status status = LIMEN_OK;

    for (size_t k = 0; k < count && k < LIMEN_LAYERS_MAX; k++) {
        sizes[k] = hidden[k];
        most = hidden[k] > most ? hidden[k] : most;
    }
    int64_t low = 0; // the largest known to fit; 0: none
    int64_t high = most;
    while (status == LIMEN_OK && low < high) {
        const int64_t s = low + (high - low + 1) / 2;

        status = set_hidden(arm->settings, sizes, count, s, most, err);
        if (status == LIMEN_OK)
            status =
                count_parameters(&arm->parameters, arm->settings, data, err);
        if (arm->parameters <= allowed)
            low = s;
        else
            high = s - 1;
    }
    if (status == LIMEN_OK && (low == 0 || count == 0))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "even with one hidden unit it has more than the "
                            "%zu parameters of the reference; match width",
                            allowed);
    if (status == LIMEN_OK)
        status = set_hidden(arm->settings, sizes, count, low, most, err);
    return status == LIMEN_OK
               ? count_parameters(&arm->parameters, arm->settings, data, err)
               : status;
}

static limen_status check_votes(const limen_study *study,
                                const lm_study_arm *arm, limen_error *err)
{
    const size_t burn_in = (size_t)lm_settings_int(arm->settings, "burn-in");

    if (study->votes > 0 && study->vote_steps[0] <= burn_in)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "vote-steps: %zu is within the burn-in of %zu",
                            study->vote_steps[0], burn_in);
    if (study->stability > 0 && study->stability_steps <= burn_in)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "stability-steps: %zu is within the burn-in of "
                            "%zu",
                            study->stability_steps, burn_in);
    return LIMEN_OK;
}

/* Settings over those of base, every auto replaced. */
static limen_status resolve(limen_study *study, lm_study_arm *arm,
                            limen_error *err)
{
    limen_status status = LIMEN_OK;
    char seed[32];

    snprintf(seed, sizeof seed, "%zu", study->seed[0]);
    if (arm->settings == NULL)
        status = limen_settings_new(&arm->settings, err);
    if (status == LIMEN_OK)
        status = lm_settings_inherit(arm->settings, study->base, err);
    if (status == LIMEN_OK)
        status = limen_settings_set(arm->settings, "seed", seed, err);
    if (status == LIMEN_OK)
        status = limen_settings_resolve(arm->settings, study->train, err);
    if (status == LIMEN_OK)
        status = check_votes(study, arm, err);
    if (status == LIMEN_OK)
        status = count_parameters(&arm->parameters, arm->settings, study->train,
                                  err);
    return status;
}

static limen_status resolve_arms(limen_study *study, limen_error *err)
{
    limen_status status = LIMEN_OK;
    limen_error why = { 0 };

    for (size_t k = 0; status == LIMEN_OK && k < study->arms; k++)
        status = of_arm(resolve(study, &study->arm[k], &why), study,
                        &study->arm[k], &why, err);
    if (status != LIMEN_OK || !study->match_parameters)
        return status;
    const size_t allowed = study->arm[study->reference].parameters;
    for (size_t k = 0; status == LIMEN_OK && k < study->arms; k++)
        if (study->arm[k].parameters > allowed)
            status = of_arm(shrink(&study->arm[k], study->train, allowed, &why),
                            study, &study->arm[k], &why, err);
    return status;
}

static limen_status load_data(limen_study *study, const char *dir,
                              limen_error *err)
{
    const char *name = limen_settings_get(study->base, "data");
    const char *own = limen_settings_get(study->base, "data-dir");
    limen_status status;

    if (dir == NULL && own[0] != '\0')
        dir = own;
    status = limen_data_load(&study->train, name, dir, LIMEN_TRAIN, err);
    if (status == LIMEN_OK)
        status = limen_data_load(&study->test, name, dir, LIMEN_TEST, err);
    if (status == LIMEN_OK && study->test->features != study->train->features)
        return lm_error_set(err, LIMEN_BAD_FILE,
                            "%s: %zu values a sample to train on, %zu to test",
                            name, study->train->features,
                            study->test->features);
    if (status == LIMEN_OK && study->test_samples > study->test->samples)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "%.200s: test-samples: %zu are more than the %zu "
                            "there are",
                            study->path, study->test_samples,
                            study->test->samples);
    if (status == LIMEN_OK && study->stability > study->test->samples)
        study->stability = study->test->samples;
    if (status == LIMEN_OK) {
        // a small test may lack a class
        const size_t classes = study->train->classes > study->test->classes
                                   ? study->train->classes
                                   : study->test->classes;
        study->train->classes = study->test->classes = classes;
    }
    return status;
}

/* A script is named from where the study file is. */
static limen_status place_script(limen_study *study, limen_error *err)
{
    const char *slash = strrchr(study->path, '/');
    const size_t before = slash == NULL ? 0 : (size_t)(slash - study->path) + 1;

    if (study->script == NULL || study->script[0] == '/' || before == 0)
        return LIMEN_OK;
    const size_t bytes = before + strlen(study->script) + 1;
    char *placed = lm_alloc(bytes, 1, 1);
    if (placed == NULL)
        return lm_error_no_memory(err, "a path", bytes);
    snprintf(placed, bytes, "%.*s%s", (int)before, study->path, study->script);
    lm_free(study->script);
    study->script = placed;
    return LIMEN_OK;
}

/* Whether every seed has its samples, before hours are spent on the first. */
static limen_status check_seeds(const limen_study *study, limen_error *err)
{
    limen_data *few = NULL;
    limen_status status = LIMEN_OK;

    for (size_t s = 0;
         status == LIMEN_OK && study->examples > 0 && s < study->seeds; s++) {
        status = lm_study_examples(&few, study, s,
                                   study->example[study->examples - 1], err);
        limen_data_free(few);
        few = NULL;
    }
    lm_study_data data = { 0 };
    if (status == LIMEN_OK)
        status = lm_study_data_new(&data, study, 0, err);
    lm_study_data_free(&data);
    return status;
}

limen_status limen_study_load(limen_study **out, const char *path,
                              const char *data_dir, limen_error *err)
{
    unsigned char *text = NULL;
    size_t size;
    limen_study *study = lm_alloc(1, 1, sizeof *study);

    *out = NULL;
    if (study == NULL)
        return lm_error_no_memory(err, "a study", sizeof *study);
    limen_status status = LIMEN_OK;
    if (snprintf(study->path, sizeof study->path, "%s", path) >=
        LM_STUDY_PATH_MAX - 200)
        status = lm_error_set(err, LIMEN_BAD_FILE,
                              "the path %.80s... is too "
                              "long",
                              path);
    if (status == LIMEN_OK)
        status = lm_file_read(&text, &size, path, err);
    if (status == LIMEN_OK)
        status = lm_study_read(study, (const char *)text, size, err);
    lm_free(text);
    if (status == LIMEN_OK)
        status = place_script(study, err);
    if (status == LIMEN_OK)
        status = load_data(study, data_dir, err);
    if (status == LIMEN_OK)
        status = resolve_arms(study, err);
    if (status == LIMEN_OK)
        status = check_seeds(study, err);
    if (status != LIMEN_OK) {
        limen_study_free(study);
        return status;
    }
    *out = study;
    return LIMEN_OK;
}

void limen_study_free(limen_study *study)
{
    if (study == NULL)
        return;
    for (size_t k = 0; k < study->arms; k++) {
        limen_settings_free(study->arm[k].settings);
        json_decref(study->arm[k].options);
    }
    lm_free(study->arm);
    lm_free(study->name);
    lm_free(study->question);
    lm_free(study->script);
    limen_settings_free(study->base);
    lm_free(study->best_of);
    lm_free(study->seed);
    lm_free(study->condition);
    lm_free(study->vote_steps);
    lm_free(study->example);
    free(study->options_text);
    limen_data_free(study->train);
    limen_data_free(study->test);
    lm_free(study);
}

size_t limen_study_cells(const limen_study *study)
{
    return study->arms * study->seeds;
}
