/* arena.c -- blocks and arrays, and the switch that makes allocations fail. */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef __linux__
#include <sys/mman.h>
#endif

// a sanitizer watches the ends of what malloc gives, not of pages
#if defined(MAP_ANONYMOUS) && !defined(__SANITIZE_ADDRESS__)
#define LM_MAPS
#endif

enum {
    ALIGN = 64,         // a cache line, and the widest vector load
    HUGE_PAGE = 2097152 // bytes
};

#ifdef LM_FAIL_ALLOCATIONS
// The only state outside objects besides the fork guard: a test's switch.
static size_t asked, fail_at;

size_t lm_alloc_fail_at(size_t k)
{
    const size_t count = asked;

    asked = 0;
    fail_at = k;
    return count;
}

static bool must_fail(void)
{
    size_t number;

#pragma omp critical(lm_alloc)
    number = ++asked;
    return fail_at != 0 && number == fail_at;
}
#else
static bool must_fail(void)
{
    return false;
}
#endif

bool lm_size_multiply(size_t *product, size_t a, size_t b)
{
    if (b != 0 && a > SIZE_MAX / b)
        return false;
    *product = a * b;
    return true;
}

/* What stands before a block. */
typedef struct origin {
    void *raw;
    size_t mapped; /* bytes from the system; 0: from malloc */
} origin;

/* Zero bytes at raw, to.raw NULL if there are none.  Large ones are the
 * system's own pages, which go back to it when freed: malloc would keep them,
 * and a data set read and dropped would stay in a run's peak. */
static origin zeroed(size_t bytes, bool is_large)
{
#ifdef LM_MAPS
    if (is_large) {
        void *raw = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        return (origin){ .raw = raw == MAP_FAILED ? NULL : raw,
                         .mapped = bytes };
    }
#endif
    (void)is_large;
    return (origin){ .raw = calloc(1, bytes) };
}

static void *allocate_zeroed(size_t bytes)
{
    if (bytes > SIZE_MAX / 2 || must_fail())
        return NULL;

    const size_t align = bytes < HUGE_PAGE ? ALIGN : HUGE_PAGE;
    const origin from = zeroed(bytes + 2 * align, align == HUGE_PAGE);
    if (from.raw == NULL)
        return NULL;

    unsigned char *block = (unsigned char *)from.raw + ALIGN;
    block += (align - (uintptr_t)block % align) % align;
    memcpy(block - sizeof from, &from, sizeof from);
#ifdef MADV_HUGEPAGE
    // rows of weights are far apart: small pages would cost more than the rows
    if (align == HUGE_PAGE)
        (void)madvise(block, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#endif
    return block;
}

static void release(void *block)
{
    origin from;

    if (block == NULL)
        return;
    memcpy(&from, (unsigned char *)block - sizeof from, sizeof from);
#ifdef LM_MAPS
    if (from.mapped > 0) {
        (void)munmap(from.raw, from.mapped);
        return;
    }
#endif
    free(from.raw);
}

void *lm_arena_take(lm_arena *arena, size_t rows, size_t cols, size_t size)
{
    size_t items;
    size_t bytes;

    if (!lm_size_multiply(&items, rows, cols) ||
        !lm_size_multiply(&bytes, items, size) || bytes > SIZE_MAX / 4 ||
        arena->used > SIZE_MAX / 4) {
        arena->used = SIZE_MAX;
        return NULL;
    }
    void *place = arena->base == NULL ? NULL : arena->base + arena->used;
    arena->used += (bytes + ALIGN - 1) / ALIGN * ALIGN;
    return place;
}

void *lm_block_new(const lm_arena *measured)
{
    return measured->used == SIZE_MAX ? NULL : allocate_zeroed(measured->used);
}

void lm_block_free(void *block)
{
    release(block);
}

void *lm_alloc(size_t rows, size_t cols, size_t size)
{
    lm_arena measured = { .base = NULL };

    lm_arena_take(&measured, rows, cols, size);
    return lm_block_new(&measured);
}

void *lm_grow(void *old, size_t used, size_t items, size_t size)
{
    void *array = lm_alloc(items, 1, size);

    if (array != NULL && old != NULL) {
        memcpy(array, old, used * size);
        release(old);
    }
    return array;
}

void lm_free(void *array)
{
    release(array);
}
