/* How one product joins a sum: the arithmetic of all generic kernels. */
#ifndef TCONV_SUM_H
#define TCONV_SUM_H

#include <math.h>
#include <string.h>

#include "tconv.h"

#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__)
#error "-ffast-math and its parts would change the bits of the sums"
#endif

/* Elements of grad_weight and grad_bias are summed over so many positions at a
 * time, each block from +0; blocks are then added in order. */
#define SUM_BLOCK 256

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

/* acc = acc + a * b */
static inline void sum_add(enum tconv_dtype dtype, enum tconv_sum sum,
                           union tconv_value *acc, union tconv_value a,
                           union tconv_value b)
{
    if (dtype == TCONV_F32)
        acc->f32 = sum_add_f32(sum, acc->f32, a.f32, b.f32);
    else
        acc->f64 = sum_add_f64(sum, acc->f64, a.f64, b.f64);
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

static inline float sum_float(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* IEEE half precision: 5 bits of exponent, 10 of mantissa. */
static inline float sum_widen_f16(uint16_t half)
{
    const uint32_t sign = (half & UINT32_C(0x8000)) << 16;
    const uint32_t exponent = half >> 10 & 31, mantissa = half & 0x3ff;
    if (exponent == 31)
        return sum_float(sign | UINT32_C(0x7f800000) | mantissa << 13);
    if (exponent > 0)
        return sum_float(sign | (exponent + 127 - 15) << 23 | mantissa << 13);
    return (sign ? -0x1p-24F : 0x1p-24F) * (float)mantissa;
}

/* Element `at` of a tensor, f16 and bf16 as the f32 that they are. */
static inline union tconv_value sum_load(enum tconv_dtype dtype,
                                         const void *from, int64_t at)
{
    union tconv_value value = {.f64 = 0};
    switch (dtype) {
    case TCONV_F64:
        value.f64 = ((const double *)from)[at];
        break;
    case TCONV_F16:
        value.f32 = sum_widen_f16(((const uint16_t *)from)[at]);
        break;
    case TCONV_BF16:
        value.f32 = sum_float((uint32_t)((const uint16_t *)from)[at] << 16);
        break;
    default:
        value.f32 = ((const float *)from)[at];
    }
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
