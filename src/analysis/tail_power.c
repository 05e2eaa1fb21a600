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

    if (!(mean > 1e-12))
        return (double)NAN;
    if (!discrete && isinf(b))
        return 1.0 / mean < LM_ALPHA_MAX - 1.0 ? 1.0 + 1.0 / mean : (double)NAN;
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
    return at_bound ? (double)NAN : alpha;
}

double lm_range_mean_log(const lm_range *range)
{
    const limen_tail *tail = range->tail;

    return (tail->log_above[range->first] - tail->log_above[range->past]) /
               range->events -
           log(range->a);
}

bool lm_power_fit(limen_tail_power *out, const lm_range *range)
{
    const limen_tail *tail = range->tail;
    const double n = range->events;

    if (!(n >= 2.0))
        return false;
    const double mean = lm_range_mean_log(range);
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
    double alpha, log_a;
    double norm; /* discrete: the sum over the range; continuous: what makes
                    P(X < x) of (x / a)^(1 - alpha) - 1 */
    double most, limit;
    size_t where; /* the value at which `most` was found */
} search;

static double norm_of_search(const lm_range *range, double alpha)
{
    if (range->tail->discrete)
        return lm_power_sum_value(alpha, range->a, range->b);
    if (isinf(range->b))
        return -1.0;
    return 1.0 / expm1((1.0 - alpha) * log(range->b / range->a));
}

/* P(X < x) at one of the values. */
static double law_below(const search *s, size_t at)
{
    const limen_tail *tail = s->range->tail;
    const double log_ratio = tail->log_value[at] - s->log_a;

    if (!tail->discrete)
        return s->norm * expm1((1.0 - s->alpha) * log_ratio);
    return 1.0 -
           exp(-s->alpha * log_ratio) *
               lm_power_sum_value(s->alpha, tail->value[at], s->range->b) /
               s->norm;
}

static point look(search *s, size_t at)
{
    const limen_tail *tail = s->range->tail;
    const point p = { at, law_below(s, at),
                      (tail->below[at] - tail->below[s->range->first]) /
                          s->range->events };

    const double distance = fabs(p.law - p.share);

    if (distance > s->most) {
        s->most = distance;
        s->where = at;
    }
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

double lm_power_distance(const lm_range *range, double alpha, double limit,
                         size_t *where)
{
    search s = { .range = range,
                 .alpha = alpha,
                 .norm = norm_of_search(range, alpha),
                 .log_a = log(range->a),
                 .limit = limit };

    if (*where >= range->first && *where < range->past)
        look(&s, *where);
    if (s.most > limit)
        return s.most;
    const point left = look(&s, range->first);
    const point right = look(&s, range->past - 1);

    between(&s, left, right);
    *where = s.where;
    return s.most;
}
