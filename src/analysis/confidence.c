/* confidence.c -- how sure an answer may be: calibration and its temperature.
 */
#include "limen.h"

#include "base/arena.h"
#include "base/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void limen_softmax(double *p, const float *y, size_t n, double beta)
{
    double most = -INFINITY;
    double sum = 0.0;

    for (size_t i = 0; i < n; i++)
        most = fmax(most, beta * (double)y[i]);
    for (size_t i = 0; i < n; i++) {
        p[i] = exp(beta * (double)y[i] - most);
        sum += p[i];
    }
    for (size_t i = 0; i < n; i++)
        p[i] /= sum;
}

/* -log p of a label. */
static double surprise(const float *y, size_t n, uint32_t label, double beta)
{
    double most = -INFINITY;
    double sum = 0.0;

    for (size_t i = 0; i < n; i++)
        most = fmax(most, beta * (double)y[i]);
    for (size_t i = 0; i < n; i++)
        sum += exp(beta * (double)y[i] - most);
    return log(sum) + most - beta * (double)y[label];
}

static double mean_surprise(const float *y, const uint32_t *labels,
                            size_t samples, size_t n, double beta)
{
    double sum = 0.0;

    for (size_t b = 0; b < samples; b++)
        sum += surprise(y + b * n, n, labels[b], beta);
    return sum / (double)samples;
}

double limen_fit_temperature(const float *y, const uint32_t *labels,
                             size_t samples, size_t n, double beta)
{
    const double golden = 0.6180339887498949;
    double low = log(1e-2); // log temperatures; the loss has one minimum
    double high = log(1e2);
    double a = high - golden * (high - low);
    double b = low + golden * (high - low);
    double at_a = mean_surprise(y, labels, samples, n, beta / exp(a));
    double at_b = mean_surprise(y, labels, samples, n, beta / exp(b));

    while (high - low > 1e-4) {
        if (at_a < at_b) {
            high = b;
            b = a;
            at_b = at_a;
            a = high - golden * (high - low);
            at_a = mean_surprise(y, labels, samples, n, beta / exp(a));
        } else {
            low = a;
            a = b;
            at_a = at_b;
            b = low + golden * (high - low);
            at_b = mean_surprise(y, labels, samples, n, beta / exp(b));
        }
    }
    return exp((low + high) / 2.0);
}

typedef struct judged {
    double confidence;
    bool is_right;
} judged;

static int by_confidence(const void *a, const void *b)
{
    const double x = ((const judged *)a)->confidence;
    const double y = ((const judged *)b)->confidence;

    return (x > y) - (x < y);
}

/* P(a right answer is surer than a wrong one), ties half: the rank sum of
 * Mann and Whitney (1947). */
static double area_under_roc(judged *all, size_t samples)
{
    double ranks = 0.0;
    double right = 0.0;

    qsort(all, samples, sizeof *all, by_confidence);
    for (size_t first = 0; first < samples;) {
        size_t last = first;
        double here = 0.0;

        for (; last < samples && all[last].confidence == all[first].confidence;
             last++)
            here += all[last].is_right;
        ranks += here * ((double)(first + last - 1) / 2.0 + 1.0);
        right += here;
        first = last;
    }
    const double wrong = (double)samples - right;
    return right == 0.0 || wrong == 0.0
               ? (double)NAN
               : (ranks - right * (right + 1.0) / 2.0) / (right * wrong);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* p of one class, summed from the smallest term on: votes that differ by the
 * names of the classes only are equally sure, to the last bit.  room: (n) */
static double certainty(double *room, const float *y, size_t n, size_t answer,
                        double beta)
{
    double most = -INFINITY;
    double sum = 0.0;

    for (size_t i = 0; i < n; i++)
        most = fmax(most, beta * (double)y[i]);
    for (size_t i = 0; i < n; i++)
        room[i] = exp(beta * (double)y[i] - most);
    const double own = room[answer];
    qsort(room, n, sizeof *room, ascending);
    for (size_t i = 0; i < n; i++)
        sum += room[i];
    return own / sum;
}

static void add_bin(limen_calibration *out, double confidence, bool is_right)
{
    size_t bin = (size_t)(confidence * LIMEN_CALIBRATION_BINS);

    bin = bin < LIMEN_CALIBRATION_BINS ? bin : LIMEN_CALIBRATION_BINS - 1;
    out->confidence[bin] += confidence;
    out->accuracy[bin] += is_right;
    out->count[bin]++;
}

limen_status limen_calibrate(limen_calibration *out, const float *y,
                             const uint32_t *answers, const uint32_t *labels,
                             size_t samples, size_t n, double beta,
                             limen_error *err)
{
    double *p = lm_alloc(n, 1, sizeof *p);
    judged *all = lm_alloc(samples, 1, sizeof *all);

    *out = (limen_calibration){ 0 };
    if (p == NULL || all == NULL) {
        lm_free(p);
        lm_free(all);
        return lm_error_no_memory(err, "a calibration", samples * sizeof *all);
    }
    for (size_t b = 0; b < samples; b++) {
        all[b].confidence = certainty(p, y + b * n, n, answers[b], beta);
        limen_softmax(p, y + b * n, n, beta);
        all[b].is_right = answers[b] == labels[b];
        add_bin(out, all[b].confidence, all[b].is_right);
        out->loss += surprise(y + b * n, n, labels[b], beta);
        for (size_t i = 0; i < n; i++) {
            const double gap = p[i] - (i == labels[b]);

            out->brier += gap * gap;
        }
    }
    out->loss /= (double)samples;
    out->brier /= (double)samples;
    out->roc_area = area_under_roc(all, samples);
    for (size_t k = 0; k < LIMEN_CALIBRATION_BINS; k++) {
        if (out->count[k] == 0)
            continue;
        out->error += fabs(out->confidence[k] - out->accuracy[k]);
        out->confidence[k] /= (double)out->count[k];
        out->accuracy[k] /= (double)out->count[k];
    }
    out->error /= (double)samples;
    lm_free(p);
    lm_free(all);
    return LIMEN_OK;
}
