/* branching.c -- branching processes, drawn exactly.
 *
 *     A_(t+1) = sum of the offspring of A_t parents + arrivals
 *
 * The offspring of many parents are drawn in one: sums of independent Poisson
 * or binomial numbers are Poisson or binomial (base/law.h).
 * Draws: stream LM_STREAM_BRANCHING, key = trial or avalanche, step = t from 0:
 * arrivals, offspring, then what is seen.
 */
#include "limen.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/law.h"
#include "base/threads.h"

enum { MEAN_MAX = 64, DRIVE_MAX = 100000 };

static const uint64_t units_max = UINT64_C(1) << 32;

typedef struct laws {
    lm_sums offspring, seen;
    lm_law arrivals;
} laws;

static void laws_free(laws *l)
{
    lm_sums_free(&l->offspring);
    lm_sums_free(&l->seen);
    lm_law_free(&l->arrivals);
}

static limen_status check(const limen_branching_process *p, limen_error *err)
{
    if (!(p->m >= 0.0 && p->m <= MEAN_MAX))
        return lm_error_set(err, LIMEN_BAD_VALUE, "m: %g is not in [0, %d]",
                            p->m, MEAN_MAX);
    if (p->offspring_max > MEAN_MAX ||
        (p->offspring_max > 0 && p->m > p->offspring_max))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "offspring_max: %u is not 0 (Poisson) or in m..%d",
                            (unsigned)p->offspring_max, MEAN_MAX);
    if (!(p->drive >= 0.0 && p->drive <= DRIVE_MAX))
        return lm_error_set(err, LIMEN_BAD_VALUE, "drive: %g is not in [0, %d]",
                            p->drive, DRIVE_MAX);
    if (!(p->sampled > 0.0 && p->sampled <= 1.0))
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "sampled: %g is not in (0, 1]", p->sampled);
    return LIMEN_OK;
}

static limen_status laws_new(laws *l, const limen_branching_process *p,
                             limen_error *err)
{
    limen_status status = check(p, err);

    *l = (laws){ 0 };
    if (status != LIMEN_OK)
        return status;
    if (!lm_sums_new(&l->offspring, p->m, p->offspring_max) ||
        !lm_sums_new(&l->seen, p->sampled, 1.0) ||
        !lm_law_new(&l->arrivals, p->drive, 0.0)) {
        laws_free(l);
        status = lm_error_no_memory(err, "a branching process", sizeof *l);
    }
    return status;
}

/* One trial; false if it grew beyond units_max. */
static bool run_trial(double *activity, const laws *l, uint64_t seed,
                      uint64_t trial, size_t steps, size_t burn_in,
                      uint64_t units)
{
    for (size_t t = 0; t < burn_in + steps; t++) {
        lm_draws draws = { .seed = seed,
                           .key = trial,
                           .stream = LM_STREAM_BRANCHING,
                           .step = (uint32_t)t };

        if (units > units_max)
            return false;
        const uint64_t arrivals = lm_law_draw(&l->arrivals, &draws);
        units = arrivals + lm_sums_draw(&l->offspring, units, &draws);
        if (units > units_max)
            return false;
        if (t >= burn_in)
            activity[t - burn_in] =
                (double)lm_sums_draw(&l->seen, units, &draws);
    }
    return true;
}

limen_status limen_branching_simulate(double *activity,
                                      const limen_branching_process *process,
                                      size_t trials, size_t steps,
                                      size_t burn_in, uint64_t start,
                                      int threads, limen_error *err)
{
    laws l;
    size_t grown = 0;
    limen_status status = laws_new(&l, process, err);

    if (status != LIMEN_OK)
        return status;
    if (burn_in + steps > UINT32_MAX) {
        laws_free(&l);
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "steps: %zu with the burn-in are 2^32 or more",
                            burn_in + steps);
    }
    threads = lm_threads(threads);
#pragma omp parallel for schedule(dynamic) num_threads(threads)                \
    reduction(+ : grown)
    for (size_t i = 0; i < trials; i++)
        grown += run_trial(activity + i * steps, &l, process->seed, i, steps,
                           burn_in, start)
                     ? 0
                     : 1;
    (void)threads;
    laws_free(&l);
    if (grown > 0)
        return lm_error_set(err, LIMEN_DIVERGED,
                            "branching: %zu of %zu trials grew beyond 2^32 "
                            "units; take m below 1 or fewer steps",
                            grown, trials);
    return LIMEN_OK;
}

static void run_avalanche(uint64_t *size, uint32_t *duration, const laws *l,
                          uint64_t seed, uint64_t which, uint64_t size_max,
                          uint32_t duration_max)
{
    lm_draws draws = { .seed = seed,
                       .key = which,
                       .stream = LM_STREAM_BRANCHING };
    uint64_t units = 1;
    uint64_t all = 0;
    uint64_t seen = 0;
    uint32_t t = 0;

    while (units > 0 && all < size_max && t < duration_max) {
        draws.step = t++;
        draws.next = 0;
        all += units;
        const uint64_t next = lm_sums_draw(&l->offspring, units, &draws);
        seen += lm_sums_draw(&l->seen, units, &draws);
        units = next;
    }
    if (size != NULL)
        *size = seen;
    if (duration != NULL)
        *duration = t;
}

limen_status limen_branching_avalanches(uint64_t *size, uint32_t *duration,
                                        size_t count,
                                        const limen_branching_process *process,
                                        uint64_t size_max,
                                        uint32_t duration_max, int threads,
                                        limen_error *err)
{
    laws l;
    limen_status status = laws_new(&l, process, err);

    if (status != LIMEN_OK)
        return status;
    if (size_max == 0 || size_max > 1U << 26 || duration_max == 0) {
        laws_free(&l);
        return lm_error_set(err, LIMEN_BAD_VALUE,
                            "size_max: %llu is not in 1..2^26, or "
                            "duration_max: %u is 0",
                            (unsigned long long)size_max,
                            (unsigned)duration_max);
    }
    threads = lm_threads(threads);
#pragma omp parallel for schedule(dynamic, 1024) num_threads(threads)
    for (size_t i = 0; i < count; i++)
        run_avalanche(size == NULL ? NULL : size + i,
                      duration == NULL ? NULL : duration + i, &l, process->seed,
                      i, size_max, duration_max);
    (void)threads;
    laws_free(&l);
    return LIMEN_OK;
}
