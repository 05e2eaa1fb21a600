/* optimiser.c -- schedules, clipping, and the updates. */
#include "learn/optimiser.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/fixed_math.h"
#include "base/vectorise.h"

#include <math.h>

limen_status lm_optimiser_new(lm_optimiser *out,
                              const lm_parameters *parameters,
                              const limen_settings *settings, size_t per_epoch,
                              size_t epochs, limen_error *err)
{
    *out = (lm_optimiser){
        .kind =
            (enum lm_optimiser_kind)lm_settings_choice(settings, "optimiser"),
        .schedule = (enum lm_schedule)lm_settings_choice(settings, "schedule"),
        .rate = lm_settings_real(settings, "learning-rate"),
        .recurrent_rate = lm_settings_real(settings, "recurrent-rate"),
        .momentum = lm_settings_real(settings, "momentum"),
        .beta1 = lm_settings_real(settings, "adam-beta1"),
        .beta2 = lm_settings_real(settings, "adam-beta2"),
        .epsilon = lm_settings_real(settings, "adam-epsilon"),
        .decay = lm_settings_real(settings, "decay"),
        .clip = lm_settings_real(settings, "clip"),
        .warm_up = lm_settings_real(settings, "warm-up"),
        .step_epochs = (size_t)lm_settings_int(settings, "step-epochs"),
        .step_factor = lm_settings_real(settings, "step-factor"),
        .per_epoch = per_epoch,
        .updates = per_epoch * epochs,
        .power1 = 1.0,
        .power2 = 1.0,
    };
    out->first = lm_alloc(parameters->count, 1, sizeof *out->first);
    if (out->kind != LM_SGD)
        out->second = lm_alloc(parameters->count, 1, sizeof *out->second);
    if (out->first == NULL || (out->kind != LM_SGD && out->second == NULL)) {
        lm_optimiser_free(out);
        return lm_error_no_memory(err, "the optimiser",
                                  2 * parameters->count * sizeof *out->first);
    }
    return LIMEN_OK;
}

void lm_optimiser_free(lm_optimiser *optimiser)
{
    lm_free(optimiser->first);
    lm_free(optimiser->second);
    *optimiser = (lm_optimiser){ 0 };
}

double lm_optimiser_rate(const lm_optimiser *optimiser, size_t done)
{
    const double warm = floor(optimiser->warm_up * (double)optimiser->updates);
    const double at = (double)done;
    double rate = optimiser->rate;

    if (at < warm)
        return rate * (at + 1.0) / (warm + 1.0);
    switch (optimiser->schedule) {
    case LM_COSINE:
        rate *= 0.5 + 0.5 * lm_cos_pi((at - warm) /
                                      ((double)optimiser->updates - warm));
        break;
    case LM_CONSTANT:
        break;
    case LM_STEP:
        for (size_t k = done / optimiser->per_epoch / optimiser->step_epochs;
             k > 0; k--)
            rate *= optimiser->step_factor;
        break;
    }
    return rate;
}

/* Sixteen sums side by side, then one over them: a written order that vectors
 * can follow. */
LM_VECTORISE static double sum_of_squares(const float *x, size_t count)
{
    enum { LANES = 16 };
    double lane[LANES] = { 0 };
    double sum = 0.0;
    size_t i = 0;

    for (; i + LANES <= count; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            lane[k] += (double)x[i + k] * (double)x[i + k];
    for (; i < count; i++)
        lane[0] += (double)x[i] * (double)x[i];
    for (size_t k = 0; k < LANES; k++)
        sum += lane[k];
    return sum;
}

double lm_gradient_norm(const float *gradient, size_t count, int threads)
{
    enum { BLOCK = 4096, GROUP = 256 };
    double sum = 0.0;

    for (size_t base = 0; base < count; base += (size_t)BLOCK * GROUP) {
        double part[GROUP] = { 0 };

#pragma omp parallel for schedule(static) num_threads(threads)
        for (size_t k = 0; k < GROUP; k++) {
            const size_t first = base + k * BLOCK;

            if (first < count)
                part[k] = sum_of_squares(gradient + first, count - first < BLOCK
                                                               ? count - first
                                                               : BLOCK);
        }
        for (size_t k = 0; k < GROUP; k++)
            sum += part[k];
    }
    (void)threads;
    return sqrt(sum);
}

typedef struct update {
    float rate, scale, decay; /* scale: of the gradient, by clipping */
    float momentum;           /* or beta1 */
    float beta2, epsilon;
    float correct1, correct2; /* 1 / (1 - beta^k) */
} update;

LM_VECTORISE static void sgd(float *w, float *v, const float *g, size_t count,
                             update u)
{
    for (size_t i = 0; i < count; i++) {
        v[i] = u.momentum * v[i] + (g[i] * u.scale + u.decay * w[i]);
        w[i] -= u.rate * v[i];
    }
}

LM_VECTORISE static void adam(float *w, float *m, float *v, const float *g,
                              size_t count, update u, bool is_decoupled)
{
    for (size_t i = 0; i < count; i++) {
        const float decay = u.decay * w[i];
        const float slope = g[i] * u.scale + (is_decoupled ? 0.0F : decay);

        m[i] = u.momentum * m[i] + (1.0F - u.momentum) * slope;
        v[i] = u.beta2 * v[i] + (1.0F - u.beta2) * (slope * slope);
        const float step =
            m[i] * u.correct1 / (sqrtf(v[i] * u.correct2) + u.epsilon);
        w[i] -= u.rate * (step + (is_decoupled ? decay : 0.0F));
    }
}

static void step_segment(const lm_optimiser *optimiser,
                         const lm_segment *segment, const float *gradient,
                         const update *u, int threads)
{
    enum { BLOCK = 16384 };
    const size_t blocks = (segment->count + BLOCK - 1) / BLOCK;

#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t k = 0; k < blocks; k++) {
        const size_t first = k * BLOCK;
        const size_t left = segment->count - first;
        const size_t count = left < BLOCK ? left : BLOCK;
        const size_t place = segment->offset + first;

        if (optimiser->kind == LM_SGD)
            sgd(segment->master + first, optimiser->first + place,
                gradient + place, count, *u);
        else
            adam(segment->master + first, optimiser->first + place,
                 optimiser->second + place, gradient + place, count, *u,
                 optimiser->kind == LM_ADAMW);
    }
    (void)threads;
}

void lm_optimiser_step(lm_optimiser *optimiser, const lm_parameters *parameters,
                       const float *gradient, double norm, int threads)
{
    const double rate = lm_optimiser_rate(optimiser, optimiser->done);
    const bool is_clipped = optimiser->clip > 0.0 && norm > optimiser->clip;

    optimiser->power1 *= optimiser->beta1;
    optimiser->power2 *= optimiser->beta2;
    for (size_t k = 0; k < parameters->segments; k++) {
        const lm_segment *segment = &parameters->segment[k];
        const double factor =
            segment->is_recurrent ? optimiser->recurrent_rate : 1.0;
        const update u = {
            .rate = (float)(rate * factor),
            .scale = is_clipped ? (float)(optimiser->clip / norm) : 1.0F,
            .decay = segment->is_theta ? 0.0F : (float)optimiser->decay,
            .momentum = (float)(optimiser->kind == LM_SGD ? optimiser->momentum
                                                          : optimiser->beta1),
            .beta2 = (float)optimiser->beta2,
            .epsilon = (float)optimiser->epsilon,
            .correct1 = (float)(1.0 / (1.0 - optimiser->power1)),
            .correct2 = (float)(1.0 / (1.0 - optimiser->power2)),
        };

        step_segment(optimiser, segment, gradient, &u, threads);
    }
    optimiser->done++;
}
