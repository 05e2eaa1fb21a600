/* tail_power.c -- one power law on one range: its exponent, how far it is from
 * the events. */
#include "analysis/tail.h"
#include "analysis/zeta.h"

#include <math.h>

double lm_power_survival(bool discrete, double alpha, double a, double b,
                         double x)
{
    if (x <= a)
        return 1.0;
    if (x > b)
        return 0.0;
    const double share = exp(-alpha * log(x / a));

    if (discrete)
        return share * lm_power_sum_value(alpha, x, b) /
               lm_power_sum_value(alpha, a, b);
    return share * lm_power_integral(alpha, x, b).value /
           lm_power_integral(alpha, a, b).value;
}

static lm_jet norm_of(bool discrete, double alpha, double a, double b)
{
    return discrete ? lm_power_sum(alpha, a, b)
                    : lm_power_integral(alpha, a, b);
}

/* Where mean = -Z' / Z, which falls with alpha. */
double lm_power_exponent(bool discrete, double a, double b, double mean)
{
    const double least = isinf(b) ? 1.0 : LM_ALPHA_MIN;
    double low = least + 1e-9;
    double high = LM_ALPHA_MAX;
    double alpha = 1.0 + 1.0 / (mean + 0.5 / a);

    for (int step = 0; step < 200 && high - low > 1e-12; step++) {
        if (!(alpha > low && alpha < high))
            alpha = low + (high - low) / 2.0;
        const lm_jet z = norm_of(discrete, alpha, a, b);
        const double slope = z.first / z.value;
        const double excess = mean + slope;
        const double next =
            alpha - excess / (z.second / z.value - slope * slope);

        if (excess < 0.0)
            low = alpha;
        else
            high = alpha;
        if (fabs(next - alpha) < 1e-13 * fabs(alpha))
            break;
        alpha = next;
    }
    const bool at_bound = alpha > LM_ALPHA_MAX - 1e-6 || alpha < least + 1e-6;
    return at_bound || !(mean > 1e-12) ? (double)NAN : alpha;
}

bool lm_power_fit(limen_tail_power *out, const lm_range *range)
{
    const limen_tail *tail = range->tail;
    const double n = range->events;
    const double mean =
        (tail->log_above[range->first] - tail->log_above[range->past]) / n -
        log(range->a);

    // all events at xmin, or rounded to it
    if (!(n >= 2.0 && mean > 1e-12))
        return false;
    const double alpha =
        lm_power_exponent(tail->discrete, range->a, range->b, mean);
    if (isnan(alpha))
        return false;
    const lm_jet z = norm_of(tail->discrete, alpha, range->a, range->b);
    const double slope = z.first / z.value;
    *out = (limen_tail_power){
        .alpha = alpha,
        .error = 1.0 / sqrt(n * (z.second / z.value - slope * slope)),
        .xmin = range->a,
        .xmax = range->b,
        .distance = NAN,
        .log_likelihood = -n * (alpha * mean + log(z.value)),
        .events = n,
    };
    return true;
}

/* The law and the events at one value: P(X < x) and the share below it. */
typedef struct point {
    size_t at;
    double law, share;
} point;

/* The search for the largest distance. */
typedef struct search {
    const lm_range *range;
    double alpha, norm, log_a;
    double most, limit;
} search;

static point look(search *s, size_t at)
{
    const limen_tail *tail = s->range->tail;
    const double x = tail->value[at];
    const double share = exp(-s->alpha * (tail->log_value[at] - s->log_a));
    const double rest = tail->discrete
                            ? lm_power_sum_value(s->alpha, x, s->range->b)
                            : lm_power_integral(s->alpha, x, s->range->b).value;
    const point p = { at, 1.0 - share * rest / s->norm,
                      (tail->below[at] - tail->below[s->range->first]) /
                          s->range->events };

    s->most = fmax(s->most, fabs(p.law - p.share));
    return p;
}

/* Both rise, so between two values the distance is at most what one side has
 * at the right less what the other has at the left: most of a million values
 * need not be looked at. */
static void between(search *s, point left, point right)
{
    const double bound = fmax(right.law - left.share, right.share - left.law);

    if (right.at - left.at < 2 || bound <= s->most || s->most > s->limit)
        return;
    const point middle = look(s, left.at + (right.at - left.at) / 2);
    between(s, left, middle);
    between(s, middle, right);
}

double lm_power_distance(const lm_range *range, double alpha, double limit)
{
    search s = {
        .range = range,
        .alpha = alpha,
        .norm = norm_of(range->tail->discrete, alpha, range->a, range->b).value,
        .log_a = log(range->a),
        .limit = limit
    };
    const point left = look(&s, range->first);
    const point right = look(&s, range->past - 1);

    between(&s, left, right);
    return s.most;
}
