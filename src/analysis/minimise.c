/* minimise.c -- Nelder and Mead's simplex. */
#include "analysis/minimise.h"

#include <math.h>
#include <string.h>

enum { STEPS = 400, STARTS = 8 };

typedef struct corner {
    double x[LM_MINIMISE_MAX];
    double f;
} corner;

typedef struct simplex {
    corner at[LM_MINIMISE_MAX + 1]; // best first
    int n;
    double (*f)(const double *x, void *context);
    void *context;
} simplex;

static double value(const simplex *s, const double *x)
{
    const double f = s->f(x, s->context);

    return isnan(f) ? (double)INFINITY : f;
}

static void sort(simplex *s)
{
    for (int i = 1; i <= s->n; i++) {
        const corner c = s->at[i];
        int j = i;

        for (; j > 0 && c.f < s->at[j - 1].f; j--)
            s->at[j] = s->at[j - 1];
        s->at[j] = c;
    }
}

/* Through the middle of all but the worst corner, `far` times its distance on
 * the other side. */
static corner reflect(const simplex *s, double far)
{
    const corner *worst = &s->at[s->n];
    corner c = { .f = 0.0 };

    for (int d = 0; d < s->n; d++) {
        double middle = 0.0;

        for (int i = 0; i < s->n; i++)
            middle += s->at[i].x[d] / s->n;
        c.x[d] = middle + far * (middle - worst->x[d]);
    }
    c.f = value(s, c.x);
    return c;
}

static void shrink(simplex *s)
{
    for (int i = 1; i <= s->n; i++) {
        for (int d = 0; d < s->n; d++)
            s->at[i].x[d] = (s->at[i].x[d] + s->at[0].x[d]) / 2.0;
        s->at[i].f = value(s, s->at[i].x);
    }
}

static void move(simplex *s)
{
    corner *worst = &s->at[s->n];
    const corner over = reflect(s, 1.0);

    if (over.f < s->at[0].f) {
        const corner further = reflect(s, 2.0);

        *worst = further.f < over.f ? further : over;
    } else if (over.f < s->at[s->n - 1].f) {
        *worst = over;
    } else {
        const corner nearer = reflect(s, over.f < worst->f ? 0.5 : -0.5);

        if (nearer.f < fmin(over.f, worst->f))
            *worst = nearer;
        else
            shrink(s);
    }
    sort(s);
}

/* A log likelihood is a rounded sum, and nobody asks for more of it. */
static double resolution(double f)
{
    return 1e-12 * fabs(f) + 1e-8;
}

/* One descent from x. */
static void descend(simplex *s, const double *x, const double *step)
{
    for (int i = 0; i <= s->n; i++) {
        memcpy(s->at[i].x, x, (size_t)s->n * sizeof *x);
        if (i > 0)
            s->at[i].x[i - 1] += step[i - 1];
        s->at[i].f = value(s, s->at[i].x);
    }
    sort(s);
    for (int k = 0; k < STEPS; k++) {
        const double spread = s->at[s->n].f - s->at[0].f;

        if (spread <= resolution(s->at[0].f))
            break;
        move(s);
    }
}

double lm_minimise(double *x, const double *step, int n,
                   double (*f)(const double *x, void *context), void *context)
{
    simplex s = { .n = n, .f = f, .context = context };
    double least = (double)INFINITY;
    double side[LM_MINIMISE_MAX];

    memcpy(side, step, (size_t)n * sizeof *step);
    for (int start = 0; start < STARTS; start++) {
        const double before = least;

        descend(&s, x, side);
        least = s.at[0].f;
        memcpy(x, s.at[0].x, (size_t)n * sizeof *x);
        if (!(before - least > 100.0 * resolution(least)))
            break;
        for (int d = 0; d < n; d++)
            side[d] *= 0.3;
    }
    return least;
}
