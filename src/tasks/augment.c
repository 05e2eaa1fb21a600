/* augment.c -- see augment.h. */
#include "tasks/augment.h"

#include "base/error.h"
#include "base/rng.h"
#include "tasks/corrupt.h"

#include <stdlib.h>
#include <string.h>

enum { NAME = 40, TEXT = 1024 };

/* "name", "name:a" or "name:a-b". */
static limen_status parse_item(lm_augment *out, const char *item,
                               limen_error *err)
{
    char name[NAME] = "";
    const size_t length = strcspn(item, ":");
    size_t kind;

    if (out->items == LM_AUGMENT_ITEMS)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "augment: a mixture of more than %d items",
                            LM_AUGMENT_ITEMS);
    memcpy(name, item, length < NAME ? length : NAME - 1);
    if (strcmp(item, "none") == 0) {
        out->item[out->items++].kind = SIZE_MAX;
        return LIMEN_OK;
    }
    limen_status status = limen_corruption_find(&kind, name, err);
    if (status != LIMEN_OK)
        return status;
    double low = limen_corruption_at(kind)->amounts[LM_USUAL_SEVERITY - 1];
    double high = low;
    if (item[length] == ':') {
        char *end;

        low = high = strtod(item + length + 1, &end);
        if (*end == '-' && end != item + length + 1)
            high = strtod(end + 1, &end);
        if (*end != '\0' || item[length + 1] == '\0' || low > high)
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "augment: '%.60s' is not NAME, NAME:AMOUNT or "
                                "NAME:LOW-HIGH",
                                item);
    }
    status = limen_corruption_check(kind, low, err);
    if (status == LIMEN_OK)
        status = limen_corruption_check(kind, high, err);
    if (status != LIMEN_OK)
        return status;
    out->item[out->items].kind = kind;
    out->item[out->items].low = low;
    out->item[out->items++].high = high;
    return LIMEN_OK;
}

/* Takes the items of one corruption away; names: it first, up to a comma. */
static limen_status leave_out(lm_augment *out, const char *names,
                              limen_error *err)
{
    const size_t length = strcspn(names, ",");
    const size_t before = out->items;
    size_t kept = 0;

    for (size_t k = 0; k < before; k++) {
        const size_t kind = out->item[k].kind;
        const char *name =
            kind == SIZE_MAX ? "" : limen_corruption_at(kind)->name;

        if (kind == SIZE_MAX || strlen(name) != length ||
            strncmp(names, name, length) != 0)
            out->item[kept++] = out->item[k];
    }
    out->items = kept;
    if (kept == before)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "augment-without: '%.*s' is not in the mixture",
                            (int)(length < 60 ? length : 60), names);
    if (kept == 0)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "augment-without: nothing is left of the mixture; "
                            "give augment none instead");
    return LIMEN_OK;
}

/* Each name of the list must be there: one that is mistyped would be trained
 * on. */
static limen_status leave_all_out(lm_augment *out, const char *without,
                                  limen_error *err)
{
    limen_status status = LIMEN_OK;

    while (status == LIMEN_OK && *without != '\0') {
        status = leave_out(out, without, err);
        without += strcspn(without, ",");
        without += *without == ',';
    }
    return status;
}

limen_status lm_augment_parse(lm_augment *out, const char *text,
                              const char *without, limen_error *err)
{
    char copy[TEXT];
    limen_status status = LIMEN_OK;

    *out = (lm_augment){ .items = 0 };
    if (strcmp(text, "mix") == 0)
        text = "none,gaussian:0-0.5,dropout:0-0.8,rectangle";
    else if (strcmp(text, "mix-contrast") == 0)
        text = "none,contrast:0.2-1,dropout:0-0.8,rectangle";
    if (strlen(text) >= sizeof copy)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "augment: longer than %d characters", TEXT - 1);
    memcpy(copy, text, strlen(text) + 1);
    if (strcmp(text, "none") == 0 || text[0] == '\0')
        return leave_all_out(out, without, err);
    for (char *item = copy; status == LIMEN_OK && item != NULL;) {
        char *comma = strchr(item, ',');

        if (comma != NULL)
            *comma++ = '\0';
        status = parse_item(out, item, err);
        item = comma;
    }
    return status == LIMEN_OK ? leave_all_out(out, without, err) : status;
}

void lm_augment_apply(const lm_augment *augment, float *to, const float *from,
                      size_t height, size_t width, uint64_t seed, uint64_t key)
{
    const lm_block draws = lm_draw_block(seed, LM_STREAM_AUGMENT, key, 0, 0);
    const size_t k = lm_draw_below(draws.word[0], augment->items);
    const double share = draws.word[1] / 4294967296.0;

    if (augment->item[k].kind == SIZE_MAX) {
        memcpy(to, from, height * width * sizeof *to);
        return;
    }
    limen_corrupt(to, from, height, width, augment->item[k].kind,
                  augment->item[k].low +
                      share * (augment->item[k].high - augment->item[k].low),
                  seed, key);
}
