/* threads.c -- OpenMP's thread count, and the guard for forked children. */
#include "base/threads.h"

#ifdef _OPENMP

#include <omp.h>
#include <stdatomic.h>
#include <unistd.h>

/* The process whose OpenMP pool exists.  The pool is global to the process, so
 * its guard must be too. */
static _Atomic(long) pool_owner;

int lm_threads(int wanted)
{
    const long me = (long)getpid();
    long nobody = 0;

    if (wanted <= 0)
        wanted = omp_get_num_procs();
    if (wanted == 1 || omp_in_parallel())
        return 1;
    atomic_compare_exchange_strong(&pool_owner, &nobody, me);
    return atomic_load(&pool_owner) == me ? wanted : 1;
}

#else

int lm_threads(int wanted)
{
    (void)wanted;
    return 1;
}

#endif
