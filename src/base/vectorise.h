/* vectorise.h -- plain loops compiled for several instruction sets.
 *
 * A function marked LM_VECTORISE is compiled once for each and chosen when the
 * program starts.  Its float operations are the written ones either way
 * (-ffp-contract=off), so the choice cannot change a bit.  It must be static:
 * clones do not inherit hidden visibility and would be exported.
 */
#ifndef LM_VECTORISE_H
#define LM_VECTORISE_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&         \
    !defined(__SANITIZE_ADDRESS__) && defined(__gnu_linux__)
#define LM_VECTORISE                                                           \
    __attribute__((                                                            \
        target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define LM_VECTORISE
#endif

#endif
