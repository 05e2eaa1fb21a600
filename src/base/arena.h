/* arena.h -- the one place that allocates.
 *
 * An object is one block: its layout function runs twice, once with base NULL
 * to measure, once to place.  Arrays that grow while a file is read use
 * lm_alloc and lm_realloc.
 */
#ifndef LM_ARENA_H
#define LM_ARENA_H

#include <stdbool.h>
#include <stddef.h>

typedef struct lm_arena {
    unsigned char *base; /* NULL while measuring */
    size_t used;         /* bytes; SIZE_MAX once a size overflowed */
} lm_arena;

/* Room for (rows, cols) items of `size` bytes, 64-byte aligned; NULL while
 * measuring. */
void *lm_arena_take(lm_arena *arena, size_t rows, size_t cols, size_t size);

/* A zeroed block of the measured size, or NULL. */
void *lm_block_new(const lm_arena *measured);

/* NULL is allowed. */
void lm_block_free(void *block);

/* *product = a b; false if it overflows. */
bool lm_size_multiply(size_t *product, size_t a, size_t b);

/* A zeroed array of rows cols items of `size` bytes; NULL if that overflows or
 * memory is out, never for zero items. */
void *lm_alloc(size_t rows, size_t cols, size_t size);

/* Moves the first `used` items of an array into a new one of `items` >= used;
 * NULL, and the old one untouched, if there is no memory.  old may be NULL. */
void *lm_grow(void *old, size_t used, size_t items, size_t size);

/* NULL is allowed. */
void lm_free(void *array);

/* Tests: the k-th allocation from now on fails (k >= 1), 0 turns that off.
 * Returns how many were asked for since the last call.  Compiled only with
 * LM_FAIL_ALLOCATIONS. */
size_t lm_alloc_fail_at(size_t k);

#endif
