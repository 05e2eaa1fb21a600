/* tail_laws.c -- log densities, each normalised on its range. */
#include "analysis/tail_laws.h"
#include "analysis/zeta.h"

#include <math.h>

static const double ROOT_HALF = 0.70710678118654752440;
static const double LOG_ROOT_2PI = 0.91893853320467274178;

const char *limen_tail_law_name(limen_tail_law law)
{
    static const char *const name[LIMEN_TAIL_LAWS] = {
        [LIMEN_TAIL_POWER] = "power law",
        [LIMEN_TAIL_EXPONENTIAL] = "exponential",
        [LIMEN_TAIL_LOGNORMAL] = "lognormal",
        [LIMEN_TAIL_STRETCHED] = "stretched exponential",
        [LIMEN_TAIL_TRUNCATED] = "truncated power law",
    };

    return name[law];
}

lm_moments lm_range_moments(const lm_range *range)
{
    const limen_tail *tail = range->tail;
    const double log_a = log(range->a);
    lm_moments sum = { 0.0, 0.0, 0.0 };

    for (size_t i = range->first; i < range->past; i++) {
        const double ratio = tail->log_value[i] - log_a;

        sum.above += tail->count[i] * (tail->value[i] - range->a);
        sum.log_ratio += tail->count[i] * ratio;
        sum.log_square += tail->count[i] * ratio * ratio;
    }
    return (lm_moments){ sum.above / range->events,
                         sum.log_ratio / range->events,
                         sum.log_square / range->events };
}

/* log(e^x - e^y), x > y */
static double log_difference(double x, double y)
{
    return x + log(-expm1(y - x));
}

/* log P(Z > z) + z^2 / 2 of the standard normal law. */
static double log_mills(double z)
{
    if (z < 25.0)
        return log(0.5 * erfc(z * ROOT_HALF)) + 0.5 * z * z;
    // the asymptotic series: its next term is below 1e-12
    const double w = 1.0 / (z * z);
    const double series =
        w * (-1.0 + w * (3.0 + w * (-15.0 + w * (105.0 - 945.0 * w))));
    return -LOG_ROOT_2PI - log(z) + log1p(series);
}

/* log P(low < Z < high), low < 0, in the half where the tails are small. */
static double log_normal_between(double low, double high)
{
    if (low + high < 0.0)
        return log_normal_between(-high, -low);
    return log(0.5 * erfc(low * ROOT_HALF) - 0.5 * erfc(high * ROOT_HALF));
}

/* Half a unit around whole numbers belongs to them. */
static double half(const lm_range *range)
{
    return range->tail->discrete ? 0.5 : 0.0;
}

/* A lognormal law about the lower end e of its range: with t = log(x / e) and
 * z = (log e - mu) / sigma its density is e^(z^2 / 2) times that of log x.
 * Where the law is nearly a power law, z^2 is 1e10 and all of it cancels, so it
 * must not be there to begin with. */
typedef struct lognormal {
    double end, z, sigma;
} lognormal;

static lognormal lognormal_of(const lm_law *law)
{
    const double end = law->range->a - half(law->range);
    const double sigma = law->parameter[1];

    return (lognormal){ end, (log(end) - law->parameter[0]) / sigma, sigma };
}

/* (z^2 - (z + t / sigma)^2) / 2 */
static double fall(const lognormal *l, double t)
{
    const double step = t / l->sigma;

    return -step * (l->z + 0.5 * step);
}

/* The log of the integral from t = low to high. */
static double log_lognormal_between(const lognormal *l, double low, double high)
{
    const double z = l->z + low / l->sigma;

    if (z < 0.0)
        return log_normal_between(z, l->z + high / l->sigma) +
               0.5 * l->z * l->z;
    const double above = log_mills(z) + fall(l, low);
    if (isinf(high))
        return above;
    return log_difference(above,
                          log_mills(l->z + high / l->sigma) + fall(l, high));
}

static double log_lognormal(const lm_law *law, double x, double log_x)
{
    const lognormal l = lognormal_of(law);

    if (law->range->tail->discrete)
        return log_lognormal_between(&l, log((x - 0.5) / l.end),
                                     log((x + 0.5) / l.end));
    return fall(&l, log_x - log(l.end)) - log_x - log(l.sigma) - LOG_ROOT_2PI;
}

/* (lambda x)^beta */
static double stretched_power(const lm_law *law, double x)
{
    return exp(law->parameter[1] * (law->parameter[0] + log(x)));
}

/* log(e^-y(low) - e^-y(high)) with y = (lambda x)^beta; their difference is
 * small against them. */
static double log_stretched_between(const lm_law *law, double low, double high)
{
    const double y = stretched_power(law, low);
    const double rise =
        isinf(high) ? (double)INFINITY
                    : y * expm1(law->parameter[1] * log1p((high - low) / low));

    return -y + log(-expm1(-rise));
}

/* Abscissae and weights of Gauss and Legendre's rule of 16 points, one half. */
static const double node[8] = {
    0.0950125098376374402, 0.2816035507792589132, 0.4580167776572273863,
    0.6178762444026437484, 0.7554044083550030339, 0.8656312023878317439,
    0.9445750230732325761, 0.9894009349916499326,
};
static const double weight[8] = {
    0.1894506104550684963, 0.1826034150449235889, 0.1691565193950025382,
    0.1495959888165767321, 0.1246289712555338720, 0.0951585116824927848,
    0.0622535239386478929, 0.0271524594117540949,
};

/* The integral of (x / m)^-alpha e^-lambda (x - m) from m to b, over m: with
 * x = m e^u of e^((1 - alpha) u - z (e^u - 1)), z = lambda m, in panels of at
 * most 1/2 as far as the integrand is above 1e-17 of its largest. */
static double cut_integral(double alpha, double lambda, double m, double b)
{
    const double z = lambda * m;
    double end = fmin(log(b / m), log1p(60.0 / z));

    if (alpha > 1.0)
        end = fmin(end, 45.0 / (alpha - 1.0));
    const int panels = 8 + (int)(2.0 * end);
    const double radius = end / panels / 2.0;
    double sum = 0.0;
    for (int panel = 0; panel < panels; panel++) {
        const double centre = (2.0 * panel + 1.0) * radius;

        for (int k = 0; k < 16; k++) {
            const double u = centre + (k < 8 ? node[k] : -node[k - 8]) * radius;

            sum += weight[k % 8] * exp((1.0 - alpha) * u - z * expm1(u));
        }
    }
    return sum * radius;
}

/* The j-th derivative of log f is elementary, so those of f(x) = x^-alpha
 * e^-(lambda x) follow by f' = f g, g = -(alpha / x + lambda):  Euler and
 * Maclaurin's terms of order 1, 3 and 5 over f. */
static double cut_correction(double alpha, double lambda, double x)
{
    enum { ORDER = 8 };
    double g[ORDER];           // derivatives of g
    double f[ORDER] = { 1.0 }; // those of f, over f
    double power = alpha / x;

    for (int k = 0; k < ORDER; k++) {
        g[k] = (k % 2 == 0 ? -power : power) - (k == 0 ? lambda : 0.0);
        power *= (k + 1.0) / x;
    }
    for (int k = 0; k + 1 < ORDER; k++) {
        double choose = 1.0;

        for (int j = 0; j <= k; j++) {
            f[k + 1] += choose * f[j] * g[k - j];
            choose *= (double)(k - j) / (j + 1.0);
        }
    }
    return -f[1] / 12.0 + f[3] / 720.0 - f[5] / 30240.0 + f[7] / 1209600.0;
}

/* The sum of (x / a)^-alpha e^-lambda (x - a) over x = a, a + 1, ... <= b. */
static double cut_sum(double alpha, double lambda, double a, double b)
{
    // Euler and Maclaurin's terms shrink by (alpha / x + lambda) / 2 pi
    const double first = lambda > 0.5 ? 45.0 / lambda : 40.0 + alpha;
    const bool all = b - a <= first;
    const size_t terms = all ? (size_t)(b - a) + 1 : (size_t)first;
    double sum = 0.0;

    for (size_t k = 0; k < terms; k++)
        sum += exp(-alpha * log1p((double)k / a) - lambda * (double)k);
    if (all || lambda > 0.5)
        return sum;
    const double m = a + (double)terms;
    const double at = exp(-alpha * log(m / a) - lambda * (m - a));
    sum += at * (m * cut_integral(alpha, lambda, m, b) + 0.5 +
                 cut_correction(alpha, lambda, m));
    if (!isinf(b))
        sum += exp(-alpha * log(b / a) - lambda * (b - a)) *
               (0.5 - cut_correction(alpha, lambda, b));
    return sum;
}

static double log_norm_truncated(const lm_range *range, double alpha,
                                 double lambda)
{
    const bool discrete = range->tail->discrete;

    if (!(lambda > 0.0)) {
        if (isinf(range->b) && alpha <= 1.0)
            return (double)INFINITY;
        return log(discrete
                       ? lm_power_sum_value(alpha, range->a, range->b)
                       : lm_power_integral(alpha, range->a, range->b).value);
    }
    if (discrete)
        return log(cut_sum(alpha, lambda, range->a, range->b));
    return log(range->a * cut_integral(alpha, lambda, range->a, range->b));
}

/* The sum or integral of e^-lambda (x - a). */
static double log_norm_exponential(const lm_range *range, double lambda)
{
    const double one = range->tail->discrete ? 1.0 : 0.0;
    const double span = range->b - range->a + one;

    return (isinf(span) ? 0.0 : log(-expm1(-lambda * span))) -
           log(range->tail->discrete ? -expm1(-lambda) : lambda);
}

static double log_norm_lognormal(const lm_law *law, double b)
{
    const lognormal l = lognormal_of(law);

    return log_lognormal_between(&l, 0.0, log(b / l.end));
}

static double log_norm_of(const lm_law *law)
{
    const lm_range *range = law->range;
    const double *q = law->parameter;
    const double a = range->a - half(range);
    const double b = range->b + half(range);

    switch (law->law) {
    case LIMEN_TAIL_POWER:
        return log_norm_truncated(range, q[0], 0.0);
    case LIMEN_TAIL_EXPONENTIAL:
        return log_norm_exponential(range, q[0]);
    case LIMEN_TAIL_LOGNORMAL:
        return log_norm_lognormal(law, b);
    case LIMEN_TAIL_STRETCHED:
        return log_stretched_between(law, a, b);
    case LIMEN_TAIL_TRUNCATED:
        return log_norm_truncated(range, q[0], q[1]);
    default:
        return NAN;
    }
}

lm_law lm_law_on(limen_tail_law law, const double parameter[2],
                 const lm_range *range)
{
    lm_law made = { .law = law,
                    .range = range,
                    .parameter = { parameter[0], parameter[1] } };

    made.log_norm = log_norm_of(&made);
    return made;
}

static double log_stretched(const lm_law *law, double x, double log_x)
{
    if (law->range->tail->discrete)
        return log_stretched_between(law, x - 0.5, x + 0.5);
    const double beta = law->parameter[1];
    const double log_y = beta * (law->parameter[0] + log_x);
    return log(beta) + log_y - log_x - exp(log_y);
}

double lm_law_log_density(const lm_law *law, double x, double log_x)
{
    const double *q = law->parameter;
    const double a = law->range->a;

    switch (law->law) {
    case LIMEN_TAIL_POWER:
        return -q[0] * (log_x - log(a)) - law->log_norm;
    case LIMEN_TAIL_EXPONENTIAL:
        return -q[0] * (x - a) - law->log_norm;
    case LIMEN_TAIL_LOGNORMAL:
        return log_lognormal(law, x, log_x) - law->log_norm;
    case LIMEN_TAIL_STRETCHED:
        return log_stretched(law, x, log_x) - law->log_norm;
    case LIMEN_TAIL_TRUNCATED:
        return -q[0] * (log_x - log(a)) - q[1] * (x - a) - law->log_norm;
    default:
        return NAN;
    }
}

/* Of the continuous lognormal law, from the moments of ln(x / a). */
static double mean_log_lognormal(const lm_law *law, const lm_moments *moments)
{
    const lognormal l = lognormal_of(law);
    const double mean_fall = -l.z * moments->log_ratio / l.sigma -
                             0.5 * moments->log_square / (l.sigma * l.sigma);

    return mean_fall - moments->log_ratio - log(l.end) - log(l.sigma) -
           LOG_ROOT_2PI;
}

static double sum_of_logs(const lm_law *law)
{
    const lm_range *range = law->range;
    const limen_tail *tail = range->tail;
    double sum = 0.0;

    for (size_t i = range->first; i < range->past; i++)
        sum += tail->count[i] *
               lm_law_log_density(law, tail->value[i], tail->log_value[i]);
    return sum;
}

double lm_law_log_likelihood(const lm_law *law, const lm_moments *moments)
{
    const double n = law->range->events;
    const double *q = law->parameter;

    switch (law->law) {
    case LIMEN_TAIL_POWER:
        return -n * (q[0] * moments->log_ratio + law->log_norm);
    case LIMEN_TAIL_EXPONENTIAL:
        return -n * (q[0] * moments->above + law->log_norm);
    case LIMEN_TAIL_TRUNCATED:
        return -n * (q[0] * moments->log_ratio + q[1] * moments->above +
                     law->log_norm);
    case LIMEN_TAIL_LOGNORMAL:
        if (!law->range->tail->discrete)
            return n * (mean_log_lognormal(law, moments) - law->log_norm);
        return sum_of_logs(law);
    default:
        return sum_of_logs(law);
    }
}

double limen_tail_log_density(const limen_tail *tail,
                              const limen_tail_power *fit,
                              const limen_tail_fitted *law, double x)
{
    const lm_range range = lm_tail_range(tail, fit->xmin, fit->xmax);
    const lm_law made = lm_law_on(law->law, law->parameter, &range);

    return lm_law_log_density(&made, x, log(x));
}
