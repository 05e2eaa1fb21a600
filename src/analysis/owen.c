/* owen.c -- Owen's T function and what follows from it for two normals.
 *
 *     T(h, a) = 1/(2 pi) integral from 0 to a of exp(-h^2 (1+x^2)/2) / (1+x^2)
 *
 * Owen 1956, Annals of Mathematical Statistics 27:1075-1090.
 */
#include "limen.h"

#include <assert.h>
#include <math.h>

static const double pi = 3.14159265358979323846;

/* P(Z > x). */
static double upper(double x)
{
    return 0.5 * erfc(x * 0.70710678118654752440);
}

/* The integral over a piece of [0, 1], by Gauss and Legendre's 16 points. */
static double piece(double h, double from, double to)
{
    static const double place[8] = {
        0.095012509837637454, 0.28160355077925892, 0.45801677765722737,
        0.61787624440264377,  0.755404408355003,   0.86563120238783176,
        0.9445750230732326,   0.98940093499164994
    };
    static const double weight[8] = {
        0.18945061045506859,  0.18260341504492361, 0.16915651939500262,
        0.14959598881657676,  0.12462897125553403, 0.095158511682492591,
        0.062253523938647706, 0.027152459411754037
    };
    const double middle = (from + to) / 2.0;
    const double half = (to - from) / 2.0;
    double sum = 0.0;

    for (int k = 0; k < 8; k++) {
        const double x = 1.0 + pow(middle - half * place[k], 2.0);
        const double y = 1.0 + pow(middle + half * place[k], 2.0);

        sum +=
            weight[k] * (exp(-h * h * x / 2.0) / x + exp(-h * h * y / 2.0) / y);
    }
    return half * sum;
}

/* 0 <= a <= 1, h >= 0.  Beyond h x = 9 the integrand is below e^-40 of its
 * value at 0; over a quarter of that the 16 points are exact to 1e-16. */
static double integral(double h, double a)
{
    enum { PIECES = 4 };
    const double end = h * a > 9.0 ? 9.0 / h : a;
    double sum = 0.0;

    for (int k = 0; k < PIECES; k++)
        sum += piece(h, end * k / PIECES, end * (k + 1) / PIECES);
    return sum / (2.0 * pi);
}

double limen_owens_t(double h, double a)
{
    h = fabs(h);
    if (a < 0.0)
        return -limen_owens_t(h, -a);
    if (a <= 1.0)
        return integral(h, a);
    if (isinf(a) || h * a > 40.0)
        return upper(h) / 2.0;

    // Owen's (2.3), with upper tails
    const double p = upper(h);
    const double q = upper(h * a);
    return (p + q) / 2.0 - p * q - integral(h * a, 1.0 / a);
}

/* T(h, (k / h - rho) / root), also for h = 0. */
static double part(double h, double k, double rho, double root)
{
    if (h == 0.0)
        return k > 0.0 ? 0.25 : -0.25;
    return limen_owens_t(h, (k / h - rho) / root);
}

double limen_normal_disagree(double h, double k, double rho)
{
    assert(rho >= -1.0 && rho <= 1.0);
    if (rho == 1.0)
        return fabs(upper(h) - upper(k));
    if (rho == -1.0)
        return 1.0 - fabs(upper(h) - upper(-k));
    if (isinf(h))
        return h > 0.0 ? upper(k) : upper(-k);
    if (isinf(k))
        return k > 0.0 ? upper(h) : upper(-h);
    if (h == k) // no difference of large numbers
        return 4.0 * limen_owens_t(h, sqrt((1.0 - rho) / (1.0 + rho)));

    const double root = sqrt((1.0 - rho) * (1.0 + rho));
    const bool is_across = h * k < 0.0 || (h * k == 0.0 && h + k < 0.0);
    return 2.0 * (part(h, k, rho, root) + part(k, h, rho, root)) +
           (is_across ? 1.0 : 0.0);
}
