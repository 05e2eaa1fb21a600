/* simulation_file.c -- what a simulation leaves: its record, and checkpoints.
 *
 * A checkpoint is a safetensors file: the arrays of plastic_file.c, or coupling
 * and the last bits of a branching network, then the record so far; the options
 * in its metadata.
 */
#include "study/simulation.h"

#include "base/arena.h"
#include "base/bits.h"
#include "base/error.h"
#include "io/npz_write.h"
#include "study/courier.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 512 };

/* The letters shown in the recorded steps. */
static uint8_t *letters_of(const limen_simulation *sim)
{
    const size_t before = sim->all - sim->options.recorded;
    uint8_t *letter = lm_alloc(sim->options.recorded, 1, 1);

    for (size_t t = 0; letter != NULL && t < sim->options.recorded; t++)
        for (uint8_t g = 0; g < 6; g++)
            if (sim->letters[(before + t) * 6 + g])
                letter[t] = g;
    return letter;
}

limen_status limen_simulation_write(const char *path, limen_simulation *sim,
                                    limen_error *err)
{
    lm_npz_array arrays[4];
    size_t count = 0;
    uint8_t *letter = NULL;

    if (sim->steps < sim->all)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "%zu of %zu steps are still to run",
                            sim->all - sim->steps, sim->all);
    arrays[count++] = (lm_npz_array){ .name = "activity",
                                      .type = "<u4",
                                      .dims = 1,
                                      .shape = { sim->all },
                                      .data = sim->activity };
    if (sim->raster != NULL)
        arrays[count++] = (lm_npz_array){ .name = "raster",
                                          .type = "|u1",
                                          .dims = 2,
                                          .shape = { sim->options.recorded,
                                                     sim->options.units },
                                          .data = sim->raster };
    arrays[count++] =
        (lm_npz_array){ .name = "trend",
                        .type = "<f8",
                        .dims = 2,
                        .shape = { sim->points, LM_TREND_COLUMNS },
                        .data = sim->trend };
    if (sim->letters != NULL && sim->raster != NULL) {
        letter = letters_of(sim);
        if (letter == NULL)
            return lm_error_no_memory(err, "letters", sim->options.recorded);
        arrays[count++] = (lm_npz_array){ .name = "letters",
                                          .type = "|u1",
                                          .dims = 1,
                                          .shape = { sim->options.recorded },
                                          .data = letter };
    }
    const limen_status status = lm_npz_write(path, arrays, count, err);

    lm_free(letter);
    return status;
}

static void describe(char text[TEXT], const limen_simulation *sim)
{
    const limen_simulation_options *o = &sim->options;

    snprintf(text, TEXT,
             "%d %zu %zu %zu %zu %zu %d %d %d %a %a %a %a %a %" PRIu64 " %zu",
             (int)o->preset, o->units, o->steps, o->frozen, o->recorded,
             o->word, o->is_delayed, o->is_static, o->only_thresholds, o->rate,
             o->drive, o->coupling, o->memory, o->variance, o->seed,
             sim->steps);
}

/* The next number of a text, moved past it; false if there is none, or one that
 * is no whole number up to `most` (0: any finite one). */
static bool take_number(double *to, const char **text, double most)
{
    char *end = NULL;
    const double x = strtod(*text, &end);

    if (end == *text || !isfinite(x) ||
        (most > 0.0 && (x < 0.0 || x > most || x != floor(x))))
        return false;
    *text = end;
    *to = x;
    return true;
}

static bool read(limen_simulation_options *o, size_t *steps, const char *text)
{
    const double many = 4294967295.0;
    const double most[] = {
        LIMEN_PRESETS - 1, many, many, many, many, many, 1.0, 1.0, 1.0
    };
    double whole[sizeof most / sizeof *most];
    double *const reals[] = { &o->rate, &o->drive, &o->coupling, &o->memory,
                              &o->variance };
    double ran = 0.0;
    char *end = NULL;

    for (size_t k = 0; k < sizeof most / sizeof *most; k++)
        if (!take_number(&whole[k], &text, most[k]))
            return false;
    for (size_t k = 0; k < sizeof reals / sizeof *reals; k++)
        if (!take_number(reals[k], &text, 0.0))
            return false;
    o->seed = strtoull(text, &end, 10);
    if (end == text)
        return false;
    text = end;
    if (!take_number(&ran, &text, many) || *text != '\0')
        return false;
    o->preset = (limen_preset)whole[0];
    o->units = (size_t)whole[1];
    o->steps = (size_t)whole[2];
    o->frozen = (size_t)whole[3];
    o->recorded = (size_t)whole[4];
    o->word = (size_t)whole[5];
    o->is_delayed = whole[6] != 0.0;
    o->is_static = whole[7] != 0.0;
    o->only_thresholds = whole[8] != 0.0;
    *steps = (size_t)ran;
    return true;
}

static limen_status carry_all(const lm_courier *by, limen_simulation *sim)
{
    const size_t n = sim->options.units;
    limen_status status = LIMEN_OK;

    if (sim->plastic != NULL)
        status = lm_carry_plastic(by, sim->plastic);
    else
        status = lm_carry(by, "coupling", 0, LM_F64, sim->annealed.coupling, n);
    if (status == LIMEN_OK && sim->plastic == NULL)
        status = lm_carry(by, "last", 0, LM_U64, sim->bits, lm_bits_words(n));
    if (status == LIMEN_OK)
        status = lm_carry(by, "activity", 0, LM_U32, sim->activity, sim->all);
    if (status == LIMEN_OK)
        status = lm_carry(by, "trend", 0, LM_F64, sim->trend,
                          sim->points * LM_TREND_COLUMNS);
    if (status == LIMEN_OK && sim->raster != NULL)
        status = lm_carry(by, "raster", 0, LM_U8, sim->raster,
                          sim->options.recorded * n);
    return status;
}

limen_status limen_simulation_save(const char *path, limen_simulation *sim,
                                   limen_error *err)
{
    lm_tensors *to = NULL;
    char text[TEXT];
    limen_status status = lm_tensors_new(&to, err);

    describe(text, sim);
    if (status == LIMEN_OK)
        status = lm_tensors_note(to, "limen_simulation", text, err);
    if (status == LIMEN_OK)
        status = carry_all(&(lm_courier){ to, NULL, err }, sim);
    if (status == LIMEN_OK)
        status = lm_tensors_write(to, path, err);
    lm_tensors_free(to);
    return status;
}

/* Takes the arrays of a checkpoint into what its options made. */
static limen_status take(limen_simulation *sim, const lm_safetensors *from,
                         size_t steps, limen_error *err)
{
    const char *path = lm_safetensors_name(from);
    limen_status status = carry_all(&(lm_courier){ NULL, from, err }, sim);

    if (status != LIMEN_OK)
        return status;
    for (size_t t = 0; t < steps; t++)
        if (sim->activity[t] > sim->options.units)
            return lm_error_set(err, LIMEN_BAD_FILE,
                                "%s: more spikes than units at step %zu", path,
                                t + 1);
    sim->steps = steps;
    if (sim->plastic == NULL)
        return LIMEN_OK;
    status = lm_check_bits(sim->plastic, path, err);
    sim->plastic->state->steps = steps;
    return status == LIMEN_OK ? limen_plastic_refresh(sim->plastic, err)
                              : status;
}

limen_status limen_simulation_load(limen_simulation **out, const char *path,
                                   int threads, limen_error *err)
{
    limen_simulation_options options = { 0 };
    limen_simulation *sim = NULL;
    lm_safetensors *from = NULL;
    size_t steps = 0;
    limen_status status = lm_safetensors_read(&from, path, err);
    const char *text =
        from == NULL ? NULL : lm_safetensors_note(from, "limen_simulation");

    *out = NULL;
    if (status == LIMEN_OK && (text == NULL || !read(&options, &steps, text)))
        status = lm_error_set(err, LIMEN_BAD_FILE,
                              "%s: no checkpoint of a simulation", path);
    // what the options ask for must be in the file before it is allocated
    if (status == LIMEN_OK &&
        lm_safetensors_count(from, "activity.0", LM_U32) !=
            options.steps + options.frozen)
        status = lm_error_set(err, LIMEN_BAD_FILE,
                              "%s: its activity has not as many steps as its "
                              "options say",
                              path);
    if (status == LIMEN_OK && steps > options.steps + options.frozen)
        status = lm_error_set(err, LIMEN_BAD_FILE,
                              "%s: %zu steps are more than its options say",
                              path, steps);
    if (status == LIMEN_OK)
        status = limen_simulation_new(&sim, &options, threads, err);
    if (status == LIMEN_OK)
        status = take(sim, from, steps, err);
    lm_safetensors_free(from);
    if (status != LIMEN_OK) {
        limen_simulation_free(sim);
        return status;
    }
    *out = sim;
    return LIMEN_OK;
}
