/* tail_compare.c -- other laws fitted to a tail, and which is likelier. */
#include "analysis/minimise.h"
#include "analysis/tail.h"
#include "analysis/tail_laws.h"

#include "base/error.h"

#include <math.h>

#define BETA_MIN 1e-6

/* Coordinates in which the likelihoods are nearly round and every point is a
 * law.  The floors keep laws that approach a power law inside what doubles
 * hold; a lognormal with sigma = 1e5 or a stretched exponential with beta =
 * 1e-6 is a power law as far as data can tell. */
static void parameters_of(double q[2], limen_tail_law law, const double *x,
                          double a)
{
    const double precision = x[1] * x[1] + 1e-10;
    const double beta = BETA_MIN + exp(x[1]);

    switch (law) {
    case LIMEN_TAIL_EXPONENTIAL:
        q[0] = exp(x[0]);
        q[1] = 0.0;
        break;
    case LIMEN_TAIL_LOGNORMAL: // -ln(x / a)^2 x1^2 / 2 + x0 ln(x / a)
        q[0] = log(a) + x[0] / precision;
        q[1] = 1.0 / sqrt(precision);
        break;
    case LIMEN_TAIL_STRETCHED: // beta (lambda a)^beta = e^x0
        q[0] = (x[0] - log(beta)) / beta - log(a);
        q[1] = beta;
        break;
    default:
        q[0] = fabs(x[0]);
        q[1] = x[1] * x[1];
        break;
    }
}

typedef struct search {
    limen_tail_law law;
    const lm_range *range;
    const lm_moments *moments;
} search;

static double surprise(const double *x, void *context)
{
    const search *s = context;
    double q[2];

    parameters_of(q, s->law, x, s->range->a);
    const lm_law law = lm_law_on(s->law, q, s->range);
    return -lm_law_log_likelihood(&law, s->moments);
}

/* The sum of (x / a)^beta - 1 over the events. */
static double sum_of_rises(const lm_range *range, double beta)
{
    const limen_tail *tail = range->tail;
    const double log_a = log(range->a);
    double sum = 0.0;

    for (size_t i = range->first; i < range->past; i++)
        sum += tail->count[i] * expm1(beta * (tail->log_value[i] - log_a));
    return sum;
}

/* The likeliest continuous stretched exponential with this beta and no upper
 * end has (lambda a)^beta = n / sum of rises. */
static double log_rate(const lm_range *range, double beta)
{
    return log(range->events / sum_of_rises(range, beta));
}

/* The log likelihood there, but for the terms that all beta share. */
static double surprise_of_beta(const double *x, void *context)
{
    const search *s = context;
    const double beta = BETA_MIN + exp(x[0]);

    return -s->range->events * (log(beta) + log_rate(s->range, beta) +
                                beta * s->moments->log_ratio);
}

static lm_law fit_stretched(search *s)
{
    const double step = 0.5;
    double x = log(0.5);
    double q[2];

    lm_minimise(&x, &step, 1, surprise_of_beta, s);
    q[1] = BETA_MIN + exp(x);
    q[0] = log_rate(s->range, q[1]) / q[1] - log(s->range->a);
    return lm_law_on(LIMEN_TAIL_STRETCHED, q, s->range);
}

static void start_at(double *x, double *step, limen_tail_law law,
                     const lm_moments *moments, double alpha)
{
    const double variance =
        moments->log_square - moments->log_ratio * moments->log_ratio;

    x[0] = -log(moments->above);
    x[1] = 0.0;
    step[0] = 0.5;
    step[1] = 0.5;
    if (law == LIMEN_TAIL_LOGNORMAL) {
        x[0] = moments->log_ratio / variance;
        x[1] = 1.0 / sqrt(variance);
        step[0] = -0.5 * x[0] - 0.1;
        step[1] = -0.5 * x[1];
    } else if (law == LIMEN_TAIL_STRETCHED) {
        x[0] = log(alpha - 1.0 > 0.1 ? alpha - 1.0 : 0.1);
        x[1] = log(0.5);
    } else if (law == LIMEN_TAIL_TRUNCATED) {
        x[0] = alpha;
        x[1] = 0.5 / sqrt(moments->above);
        step[0] = -0.2;
        step[1] = x[1];
    }
}

static lm_law fit_law(limen_tail_law law, const lm_range *range,
                      const limen_tail_power *fit)
{
    const lm_moments moments = lm_range_moments(range);
    double q[2] = { fit->alpha, 0.0 };
    double x[2];
    double step[2];

    if (law == LIMEN_TAIL_POWER)
        return lm_law_on(law, q, range);
    if (law == LIMEN_TAIL_EXPONENTIAL && isinf(range->b)) {
        q[0] = range->tail->discrete ? log1p(1.0 / moments.above)
                                     : 1.0 / moments.above;
        return lm_law_on(law, q, range);
    }
    search s = { law, range, &moments };
    if (law == LIMEN_TAIL_STRETCHED && isinf(range->b) &&
        !range->tail->discrete)
        return fit_stretched(&s);
    start_at(x, step, law, &moments, fit->alpha);
    lm_minimise(x, step, law == LIMEN_TAIL_EXPONENTIAL ? 1 : 2, surprise, &s);
    parameters_of(q, law, x, range->a);
    return lm_law_on(law, q, range);
}

static limen_tail_fitted fitted(const lm_law *law)
{
    const lm_moments moments = lm_range_moments(law->range);

    return (limen_tail_fitted){ law->law,
                                { law->parameter[0], law->parameter[1] },
                                lm_law_log_likelihood(law, &moments) };
}

/* Whether one is the other with a parameter fixed. */
static bool is_nested(limen_tail_law inner, limen_tail_law outer)
{
    return (outer == LIMEN_TAIL_TRUNCATED &&
            (inner == LIMEN_TAIL_POWER || inner == LIMEN_TAIL_EXPONENTIAL)) ||
           (outer == LIMEN_TAIL_STRETCHED && inner == LIMEN_TAIL_EXPONENTIAL);
}

/* Sum and sum of squares about its mean of the terms of R. */
static void terms(double *sum, double *square, const lm_law *first,
                  const lm_law *second)
{
    const lm_range *range = first->range;
    const limen_tail *tail = range->tail;

    *sum = 0.0;
    *square = 0.0;
    for (int pass = 0; pass < 2; pass++) {
        const double mean = *sum / range->events;

        for (size_t i = range->first; i < range->past; i++) {
            const double x = tail->value[i];
            const double log_x = tail->log_value[i];
            const double term = lm_law_log_density(first, x, log_x) -
                                lm_law_log_density(second, x, log_x);

            if (pass == 0)
                *sum += tail->count[i] * term;
            else
                *square += tail->count[i] * (term - mean) * (term - mean);
        }
    }
}

limen_status limen_tail_compare(limen_tail_ratio *out, const limen_tail *tail,
                                const limen_tail_power *fit,
                                limen_tail_law first, limen_tail_law second,
                                limen_error *err)
{
    const lm_range range = lm_tail_range(tail, fit->xmin, fit->xmax);

    if (first >= LIMEN_TAIL_LAWS || second >= LIMEN_TAIL_LAWS ||
        first == second)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "a comparison of law %d with law %d; take two "
                            "different ones below %d",
                            (int)first, (int)second, (int)LIMEN_TAIL_LAWS);
    if (range.events < LIMEN_TAIL_EVENTS_MIN || range.past < range.first + 3)
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "%.0f events with %zu distinct values are too few "
                            "to tell laws apart; have at least %d with 3",
                            range.events, range.past - range.first,
                            LIMEN_TAIL_EVENTS_MIN);
    const lm_law one = fit_law(first, &range, fit);
    const lm_law other = fit_law(second, &range, fit);
    const bool nested = is_nested(first, second) || is_nested(second, first);
    double sum;
    double square;
    terms(&sum, &square, &one, &other);
    if (!isfinite(sum) || !isfinite(square))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "the %s law and the %s law cannot both be fitted "
                            "from %g on",
                            limen_tail_law_name(first),
                            limen_tail_law_name(second), range.a);
    *out = (limen_tail_ratio){
        .first = fitted(&one),
        .second = fitted(&other),
        .ratio = sum,
        .normalised = square > 0.0 ? sum / sqrt(square) : 0.0,
        .p = nested
                 ? erfc(sqrt(fabs(sum)))
                 : (square > 0.0 ? erfc(fabs(sum) / sqrt(2.0 * square)) : 1.0),
        .nested = nested,
    };
    return LIMEN_OK;
}
