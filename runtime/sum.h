/* How one product joins a sum: the arithmetic of all generic kernels. */
#ifndef TCONV_SUM_H
#define TCONV_SUM_H

#include <math.h>

#include "tconv.h"

#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__)
#error "-ffast-math and its parts would change the bits of the sums"
#endif

/* Rounds the product before it is added, whatever the compiler would like. */
#define SUM_BARRIER(value) __asm__("" : "+m"(value))

static inline float sum_add_f32(enum tconv_sum sum, float acc, float a, float b)
{
    if (sum == TCONV_SUM_FUSED)
        return fmaf(a, b, acc);
    float product = a * b;
    SUM_BARRIER(product);
    return acc + product;
}

static inline double sum_add_f64(enum tconv_sum sum, double acc, double a,
                                 double b)
{
    if (sum == TCONV_SUM_FUSED)
        return fma(a, b, acc);
    double product = a * b;
    SUM_BARRIER(product);
    return acc + product;
}

/* acc = acc + a[at_a] * b[at_b] */
static inline void sum_add(enum tconv_dtype dtype, enum tconv_sum sum,
                           union tconv_value *acc, const void *a, int64_t at_a,
                           const void *b, int64_t at_b)
{
    if (dtype == TCONV_F32)
        acc->f32 = sum_add_f32(sum, acc->f32, ((const float *)a)[at_a],
                               ((const float *)b)[at_b]);
    else
        acc->f64 = sum_add_f64(sum, acc->f64, ((const double *)a)[at_a],
                               ((const double *)b)[at_b]);
}

/* acc = acc + part */
static inline void sum_join(enum tconv_dtype dtype, union tconv_value *acc,
                            const union tconv_value *part)
{
    if (dtype == TCONV_F32)
        acc->f32 += part->f32;
    else
        acc->f64 += part->f64;
}

/* Element `at` of a tensor. */
static inline union tconv_value sum_load(enum tconv_dtype dtype,
                                         const void *from, int64_t at)
{
    union tconv_value value = {.f64 = 0};
    if (dtype == TCONV_F32)
        value.f32 = ((const float *)from)[at];
    else
        value.f64 = ((const double *)from)[at];
    return value;
}

/* Element `at` of a tensor becomes `value`. */
static inline void sum_store(enum tconv_dtype dtype, void *to, int64_t at,
                             const union tconv_value *value)
{
    if (dtype == TCONV_F32)
        ((float *)to)[at] = value->f32;
    else
        ((double *)to)[at] = value->f64;
}

#endif
