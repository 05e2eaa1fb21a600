/* dtype.h -- the types that safetensors files of ours have. */
#ifndef LM_DTYPE_H
#define LM_DTYPE_H

#include "io/safetensors.h"

static inline size_t lm_dtype_bytes(lm_dtype dtype)
{
    static const size_t bytes[] = { 4, 8, 1, 4, 8 };

    return bytes[dtype];
}

static inline const char *lm_dtype_name(lm_dtype dtype)
{
    static const char *const names[] = { "F32", "F64", "U8", "U32", "U64" };

    return names[dtype];
}

#endif
