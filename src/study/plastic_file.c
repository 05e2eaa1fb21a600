/* plastic_file.c -- a network that changes, on its way from one run to another.
 *
 * A safetensors file: theta.L, weights.K, bits.L, adapted.L, refractory.L,
 * sums.R and own.R; steps and what it belongs to in the metadata.
 */
#include "base/arena.h"
#include "base/bits.h"
#include "base/error.h"
#include "io/safetensors.h"
#include "plastic/plastic.h"
#include "study/courier.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

limen_status lm_carry(const lm_courier *by, const char *name, size_t number,
                      lm_dtype dtype, void *data, size_t count)
{
    char full[64];

    snprintf(full, sizeof full, "%s.%zu", name, number);
    if (by->to != NULL)
        return lm_tensors_add(by->to, full, dtype, data, count, 0, by->err);
    return lm_safetensors_get(by->from, full, dtype, data, count, by->err);
}

static limen_status carry_layer(const lm_courier *by, limen_plastic *p,
                                size_t l)
{
    lm_state_layer *layer = &p->state->layer[l];
    const size_t all = p->state->samples * layer->n;
    limen_status status = lm_carry(by, "bits", l, LM_U64, layer->bits,
                                   p->state->samples * layer->words);

    if (status == LIMEN_OK && l > 0)
        status = lm_carry(by, "theta", l, LM_F32, p->net->theta[l], layer->n);
    if (status == LIMEN_OK && layer->adapted != NULL)
        status = lm_carry(by, "adapted", l, LM_U32, layer->adapted, all);
    if (status == LIMEN_OK && layer->refractory != NULL)
        status =
            lm_carry(by, "refractory", l, LM_U8, layer->refractory, 2 * all);
    return status;
}

limen_status lm_carry_plastic(const lm_courier *by, limen_plastic *p)
{
    limen_status status = LIMEN_OK;

    for (size_t l = 0; l < p->net->layers && status == LIMEN_OK; l++)
        status = carry_layer(by, p, l);
    for (size_t k = 0; k < p->net->connections && status == LIMEN_OK; k++)
        if (p->net->connection[k].entries > 0)
            status = lm_carry(by, "weights", k, LM_F32, p->net->connection[k].w,
                              p->net->connection[k].entries);
    for (size_t r = 0; r < p->rules && status == LIMEN_OK; r++) {
        lm_plastic_memory *memory = &p->memory[r];

        status = lm_carry(by, "sums", r, LM_F64, memory->sums, LM_PLASTIC_SUMS);
        if (status == LIMEN_OK && memory->own != NULL)
            status = lm_carry(by, "own", r, LM_F32, memory->own, memory->units);
    }
    return status;
}

/* What a checkpoint belongs to, as a text; free with lm_free. */
static char *describe(const limen_plastic *p)
{
    const size_t room = 256 * (p->rules + 1);
    char *text = lm_alloc(room, 1, 1);
    size_t used = 0;

    if (text == NULL)
        return NULL;
    used += (size_t)snprintf(text, room, "seed %" PRIu64 " samples %zu",
                             p->seed, p->state->samples);
    for (size_t r = 0; r < p->rules; r++) {
        const limen_plastic_rule *rule = &p->rule[r];

        used += (size_t)snprintf(
            text + used, room - used, "; %d at %zu: %a %a %a %a %a %a %zu %d",
            (int)rule->kind, rule->place, (double)rule->rate,
            (double)rule->rate_down, (double)rule->target, (double)rule->floor,
            (double)rule->ceiling, rule->chance, rule->window,
            rule->plus_minus);
    }
    return text;
}

limen_status limen_plastic_save(const char *path, limen_plastic *p,
                                limen_error *err)
{
    lm_tensors *to = NULL;
    char *text = describe(p);
    char steps[32];
    limen_status status = LIMEN_OK;

    if (text == NULL)
        return lm_error_no_memory(err, "a checkpoint", 256 * (p->rules + 1));
    snprintf(steps, sizeof steps, "%zu", p->state->steps);
    status = lm_tensors_new(&to, err);
    if (status == LIMEN_OK)
        status = lm_tensors_note(to, "limen_plastic", text, err);
    if (status == LIMEN_OK)
        status = lm_tensors_note(to, "steps", steps, err);
    if (status == LIMEN_OK)
        status = lm_carry_plastic(&(lm_courier){ to, NULL, err }, p);
    if (status == LIMEN_OK)
        status = lm_tensors_write(to, path, err);
    lm_tensors_free(to);
    lm_free(text);
    return status;
}

/* Whether the file belongs to this network; its number of steps. */
static limen_status check(size_t *steps, const lm_safetensors *from,
                          const limen_plastic *p, limen_error *err)
{
    char *text = describe(p);
    const char *found = lm_safetensors_note(from, "limen_plastic");
    const char *number = lm_safetensors_note(from, "steps");
    char *end = NULL;
    limen_status status = LIMEN_OK;

    if (text == NULL)
        status = lm_error_no_memory(err, "a checkpoint", 256 * (p->rules + 1));
    else if (found == NULL || number == NULL)
        status = lm_error_set(err, LIMEN_BAD_FILE,
                              "%s: no checkpoint of a network that changes",
                              lm_safetensors_name(from));
    else if (strcmp(found, text) != 0)
        status = lm_error_set(err, LIMEN_INCOMPATIBLE,
                              "%s: of other rules, samples or another seed; "
                              "go on with those it was begun with",
                              lm_safetensors_name(from));
    else if ((*steps = strtoul(number, &end, 10)) > UINT32_MAX || *end != '\0')
        status = lm_error_set(err, LIMEN_BAD_FILE,
                              "%s: '%.20s' is no number of steps",
                              lm_safetensors_name(from), number);
    lm_free(text);
    return status;
}

limen_status lm_check_bits(const limen_plastic *p, const char *path,
                           limen_error *err)
{
    for (size_t l = 0; l < p->state->layers; l++) {
        const lm_state_layer *layer = &p->state->layer[l];

        for (size_t b = 0; b < p->state->samples; b++)
            if (!lm_bits_tidy(layer->bits + b * layer->words, layer->n))
                return lm_error_set(err, LIMEN_BAD_FILE,
                                    "%s: layer %zu has a spike of a unit that "
                                    "there is not",
                                    path, l);
    }
    return LIMEN_OK;
}

limen_status limen_plastic_load(limen_plastic *p, const char *path,
                                limen_error *err)
{
    lm_safetensors *from = NULL;
    size_t steps = 0;
    limen_status status = lm_safetensors_read(&from, path, err);

    if (status == LIMEN_OK)
        status = check(&steps, from, p, err);
    if (status == LIMEN_OK)
        status = lm_carry_plastic(&(lm_courier){ NULL, from, err }, p);
    if (status == LIMEN_OK)
        status = lm_check_bits(p, path, err);
    if (status == LIMEN_OK) {
        p->state->steps = steps;
        status = limen_plastic_refresh(p, err);
    }
    lm_safetensors_free(from);
    return status;
}
