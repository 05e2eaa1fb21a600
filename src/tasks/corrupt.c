/* corrupt.c -- corruptions of images, after Mu & Gilmer 2019 (MNIST-C) and
 * Hendrycks & Dietterich 2019.
 *
 * All draws are of stream LM_STREAM_CORRUPT with the sample's key; the step is
 * the number of the corruption, so that two of them do not share their noise,
 * and two amounts of one do: curves over amounts are paired.
 */
#include "tasks/corrupt.h"

#include "base/error.h"
#include "base/fixed_math.h"
#include "base/quantiles.h"
#include "base/rng.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One sample on its way. */
typedef struct scene {
    float *to;
    const float *from;
    size_t height, width;
    double amount;
    uint64_t seed, key;
    uint32_t kind;
} scene;

static uint32_t draw(const scene *at, size_t k)
{
    return lm_draw(at->seed, LM_STREAM_CORRUPT, at->key, at->kind, (uint32_t)k);
}

/* In [0, 1). */
static double uniform(const scene *at, size_t k)
{
    return (double)draw(at, k) / 4294967296.0;
}

static double gaussian(const scene *at, size_t k)
{
    return lm_noise(lm_quantile_gaussian, draw(at, k)) / 65536.0;
}

static float clip(double x)
{
    return (float)(x < 0.0 ? 0.0 : x > 1.0 ? 1.0 : x);
}

/* The number of events of mean `rate` at this quantile. */
static double poisson(double rate, double quantile)
{
    double share = lm_exp(-rate);
    double sum = share;
    double k = 0.0;

    while (sum <= quantile && k < 10.0 * rate + 100.0) {
        k += 1.0;
        share *= rate / k;
        sum += share;
    }
    return k;
}

static void add_gaussian(const scene *at)
{
    for (size_t k = 0; k < at->height * at->width; k++)
        at->to[k] = clip((double)at->from[k] + at->amount * gaussian(at, k));
}

static void shot(const scene *at)
{
    for (size_t k = 0; k < at->height * at->width; k++)
        at->to[k] =
            clip(poisson(at->amount * (double)at->from[k], uniform(at, k)) /
                 at->amount);
}

static void impulse(const scene *at)
{
    for (size_t k = 0; k < at->height * at->width; k++) {
        const double u = uniform(at, k);

        at->to[k] = u >= at->amount        ? at->from[k]
                    : u < at->amount / 2.0 ? 0.0F
                                           : 1.0F;
    }
}

static void speckle(const scene *at)
{
    for (size_t k = 0; k < at->height * at->width; k++)
        at->to[k] =
            clip((double)at->from[k] * (1.0 + at->amount * gaussian(at, k)));
}

static void dropout(const scene *at)
{
    for (size_t k = 0; k < at->height * at->width; k++)
        at->to[k] = uniform(at, k) < at->amount ? 0.0F : at->from[k];
}

/* Rows top .. bottom - 1, columns left .. right - 1 set to 0. */
static void hide(const scene *at, size_t top, size_t bottom, size_t left,
                 size_t right)
{
    memcpy(at->to, at->from, at->height * at->width * sizeof *at->to);
    for (size_t i = top; i < bottom; i++)
        for (size_t j = left; j < right; j++)
            at->to[i * at->width + j] = 0.0F;
}

/* A share of a side in pixels. */
static size_t pixels(double share, size_t side)
{
    const double x = rint(share * (double)side);

    return x < 0.0 ? 0 : x > (double)side ? side : (size_t)x;
}

static void block(const scene *at)
{
    const size_t height = pixels(at->amount, at->height);
    const size_t width = pixels(at->amount, at->width);
    const size_t top = (at->height - height) / 2;
    const size_t left = (at->width - width) / 2;

    hide(at, top, top + height, left, left + width);
}

static void left(const scene *at)
{
    hide(at, 0, at->height, 0, pixels(at->amount, at->width));
}

static void right(const scene *at)
{
    hide(at, 0, at->height, at->width - pixels(at->amount, at->width),
         at->width);
}

static void top(const scene *at)
{
    hide(at, 0, pixels(at->amount, at->height), 0, at->width);
}

static void bottom(const scene *at)
{
    hide(at, at->height - pixels(at->amount, at->height), at->height, 0,
         at->width);
}

static void rectangle(const scene *at)
{
    const size_t height =
        pixels(at->amount * (0.6 + 0.8 * uniform(at, 0)), at->height);
    const size_t width =
        pixels(at->amount * (0.6 + 0.8 * uniform(at, 1)), at->width);
    const size_t y = lm_draw_below(draw(at, 2), at->height - height + 1);
    const size_t x = lm_draw_below(draw(at, 3), at->width - width + 1);

    hide(at, y, y + height, x, x + width);
}

/* +1 or -1. */
static double sign(const scene *at, size_t k)
{
    return draw(at, k) < 0x80000000U ? -1.0 : 1.0;
}

static void turn(const scene *at, lm_affine how)
{
    lm_affine_apply(at->to, at->from, at->height, at->width, &how);
}

static void rotation(const scene *at)
{
    const double pi = 0x1.921fb54442d18p+1;
    const double cosine = lm_cos_pi(at->amount / pi);
    const double sine = sign(at, 0) * lm_cos_pi(0.5 - at->amount / pi);

    turn(at, (lm_affine){ cosine, -sine, sine, cosine, 0.0, 0.0 });
}

static void shear(const scene *at)
{
    turn(at, (lm_affine){ 1.0, sign(at, 0) * at->amount, 0.0, 1.0, 0.0, 0.0 });
}

static void translation(const scene *at)
{
    turn(at, (lm_affine){ 1.0, 0.0, 0.0, 1.0, sign(at, 0) * at->amount,
                          sign(at, 1) * at->amount });
}

static void scale(const scene *at)
{
    turn(at,
         (lm_affine){ 1.0 / at->amount, 0.0, 0.0, 1.0 / at->amount, 0.0, 0.0 });
}

/* a + (b - a) x for each pixel. */
static void blend(const scene *at, double a, double b)
{
    for (size_t k = 0; k < at->height * at->width; k++)
        at->to[k] = clip(a + (b - a) * (double)at->from[k]);
}

static void contrast(const scene *at)
{
    blend(at, 0.0, at->amount);
}

static void background(const scene *at)
{
    blend(at, at->amount, 1.0);
}

static void brightness(const scene *at)
{
    blend(at, at->amount, 1.0 + at->amount);
}

static void inverse(const scene *at)
{
    blend(at, at->amount, 1.0 - at->amount);
}

static void stripe(const scene *at)
{
    const size_t width = pixels(at->amount, at->width);

    for (size_t k = 0; k < at->height * at->width; k++) {
        const size_t j = k % at->width;

        at->to[k] = j < width || j >= at->width - width ? 1.0F - at->from[k]
                                                        : at->from[k];
    }
}

typedef struct corruption {
    limen_corruption_info info;
    void (*apply)(const scene *at);
} corruption;

static const corruption table[] = {
    { { "gaussian",
        "noise of this standard deviation, clipped to [0, 1]",
        0,
        10,
        { .08, .12, .18, .26, .38 } },
      add_gaussian },
    { { "shot",
        "Poisson noise of so many events at a value of 1",
        1,
        500,
        { 60, 25, 12, 5, 3 } },
      shot },
    { { "impulse",
        "share of pixels set to 0 or 1, salt and pepper",
        0,
        1,
        { .03, .06, .09, .17, .27 } },
      impulse },
    { { "speckle",
        "noise of this standard deviation times the value",
        0,
        10,
        { .15, .2, .35, .45, .6 } },
      speckle },
    { { "dropout", "share of pixels set to 0", 0, 1, { .1, .25, .4, .5, .75 } },
      dropout },
    { { "block",
        "side of a central block set to 0, as a share of the image's",
        0,
        1,
        { .2, .3, .4, .5, .6 } },
      block },
    { { "left",
        "share of the columns set to 0, from the left",
        0,
        1,
        { .1, .2, .3, .4, .5 } },
      left },
    { { "right",
        "share of the columns set to 0, from the right",
        0,
        1,
        { .1, .2, .3, .4, .5 } },
      right },
    { { "top",
        "share of the rows set to 0, from the top",
        0,
        1,
        { .1, .2, .3, .4, .5 } },
      top },
    { { "bottom",
        "share of the rows set to 0, from the bottom",
        0,
        1,
        { .1, .2, .3, .4, .5 } },
      bottom },
    { { "rectangle",
        "mean side of a random rectangle set to 0, as a share of the image's; "
        "sides are 0.6 to 1.4 of it",
        0,
        .7,
        { .2, .3, .4, .48, .6 } },
      rectangle },
    { { "rotation",
        "turned by so many radians, to either side",
        0,
        1.57,
        { .2, .3, .4, .5, .6 } },
      rotation },
    { { "shear",
        "columns move by this times the row, to either side",
        0,
        10,
        { .2, .3, .4, .5, .6 } },
      shear },
    { { "translation",
        "moved by so many pixels along both sides",
        0,
        4096,
        { 1, 2, 3, 4, 5 } },
      translation },
    { { "scale", "made this times as large", .05, 20, { .9, .8, .7, .6, .5 } },
      scale },
    { { "contrast", "values times this", 0, 1, { .8, .6, .4, .3, .2 } },
      contrast },
    { { "background",
        "grey level a behind: (1 - a) x + a",
        0,
        1,
        { .05, .1, .15, .2, .3 } },
      background },
    { { "brightness",
        "added to every value, clipped to [0, 1]",
        0,
        1,
        { .1, .2, .3, .4, .5 } },
      brightness },
    { { "stripe",
        "share of the columns at either side that are inverted",
        0,
        .5,
        { .05, .1, .15, .2, .25 } },
      stripe },
    { { "inverse",
        "towards the negative: (1 - a) x + a (1 - x)",
        0,
        1,
        { .1, .2, .3, .4, 1 } },
      inverse },
};

const limen_corruption_info *limen_corruption_at(size_t i)
{
    return i < sizeof table / sizeof *table ? &table[i].info : NULL;
}

limen_status limen_corruption_find(size_t *index, const char *name,
                                   limen_error *err)
{
    char known[400] = "";
    size_t used = 0;

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(table[i].info.name, name) == 0) {
            *index = i;
            return LIMEN_OK;
        }
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s",
                                 i == 0 ? "" : ", ", table[i].info.name);
    }
    return lm_error_set(err, LIMEN_BAD_VALUE,
                        "there is no corruption '%.40s'; there are %s", name,
                        known);
}

limen_status limen_corruption_check(size_t index, double amount,
                                    limen_error *err)
{
    const limen_corruption_info *info = &table[index].info;

    if (!(amount >= info->min && amount <= info->max))
        return lm_error_set(
            err, LIMEN_BAD_VALUE, "%s: an amount of %g is not in %g to %g (%s)",
            info->name, amount, info->min, info->max, info->help);
    return LIMEN_OK;
}

limen_status limen_corruption_parse(size_t *index, double *amount,
                                    const char *text, limen_error *err)
{
    enum { NAME = 40 };
    char name[NAME] = "";
    const size_t length = strcspn(text, ":");
    limen_status status;
    size_t found = 0;

    memcpy(name, text, length < NAME ? length : NAME - 1);
    status = limen_corruption_find(&found, name, err);
    if (status != LIMEN_OK)
        return status;
    double x = limen_corruption_at(found)->amounts[LM_USUAL_SEVERITY - 1];
    if (text[length] == ':') {
        char *end;

        x = strtod(text + length + 1, &end);
        if (end == text + length + 1 || *end != '\0')
            return lm_error_set(err, LIMEN_BAD_VALUE,
                                "'%.60s' is not NAME or NAME:AMOUNT", text);
    }
    status = limen_corruption_check(found, x, err);
    if (status != LIMEN_OK)
        return status;
    *index = found;
    *amount = x;
    return LIMEN_OK;
}

void limen_corrupt(float *to, const float *from, size_t height, size_t width,
                   size_t index, double amount, uint64_t seed, uint64_t key)
{
    const scene at = { to,     from, height, width,
                       amount, seed, key,    (uint32_t)index };

    assert(limen_corruption_check(index, amount, NULL) == LIMEN_OK);
    table[index].apply(&at);
}
