/* threads.h -- how many threads a parallel loop may use. */
#ifndef LM_THREADS_H
#define LM_THREADS_H

/* `wanted` threads, all cores for 0 or less; 1 without OpenMP, and 1 in a
 * child forked from a process that had already used threads: its copy of the
 * OpenMP pool has no threads behind it, and would wait for them for ever. */
int lm_threads(int wanted);

#endif
