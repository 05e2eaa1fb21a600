/* avx512.h -- kernels of avx512 that have files of their own. */
#ifndef LM_AVX512_H
#define LM_AVX512_H

#include "kernels/kernels.h"

#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,bmi2")))

void lm_avx512_rows_move(int16_t *to, const int16_t *from, size_t sum_stride,
                         const int16_t *w, size_t stride, const uint16_t *list,
                         const lm_moves *moves, size_t samples, size_t n);
void lm_avx512_rows_select(int16_t *to, size_t to_stride, const int16_t *w,
                           size_t stride, const uint64_t *s, size_t s_words,
                           size_t samples, size_t m, size_t n);
void lm_avx512_sums_add(int32_t *a, const int16_t *sum, size_t n);
void lm_avx512_errors_add(float *e, size_t e_stride, const int16_t *h,
                          size_t h_stride, const float *unit, const int16_t *v,
                          size_t samples, size_t pairs, size_t cols);
void lm_avx512vbmi_errors_add(float *e, size_t e_stride, const int16_t *h,
                              size_t h_stride, const float *unit,
                              const int16_t *v, size_t samples, size_t pairs,
                              size_t cols);
void lm_avx512_columns_add(float *d, size_t d_stride, const int16_t *sum,
                           size_t sum_stride, const float *unit, size_t m,
                           size_t n);
void lm_avx512_slots_add(int32_t *a, const lm_slots *slots, const uint64_t *s,
                         size_t words);
size_t lm_avx512_bits_list(uint16_t *list, const uint64_t *x, size_t words);

#endif
