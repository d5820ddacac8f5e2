/* How one product joins a sum: the arithmetic of all generic kernels. */
#ifndef TCONV_SUM_H
#define TCONV_SUM_H

#include <math.h>
#include <string.h>

#include "error.h"

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

/* Modulo 2^32. */
static inline int32_t sum_add_i32(int32_t acc, int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)acc + (uint32_t)a * (uint32_t)b);
}

/* acc = acc + a * b; layers of 16 bits have their sums in f32. */
static inline void sum_add(enum tconv_dtype dtype, enum tconv_sum sum,
                           union tconv_value *acc, union tconv_value a,
                           union tconv_value b)
{
    switch (dtype) {
    case TCONV_F64:
        acc->f64 = sum_add_f64(sum, acc->f64, a.f64, b.f64);
        break;
    case TCONV_I8:
    case TCONV_U8:
    case TCONV_I32:
        acc->i32 = sum_add_i32(acc->i32, a.i32, b.i32);
        break;
    default:
        acc->f32 = sum_add_f32(sum, acc->f32, a.f32, b.f32);
    }
}

/* acc = acc + part */
static inline void sum_join(enum tconv_dtype dtype, union tconv_value *acc,
                            const union tconv_value *part)
{
    if (tconv_dtype_sum(dtype) == TCONV_F64) {
        acc->f64 += part->f64;
        acc->c128[1] += part->c128[1];
    } else {
        acc->f32 += part->f32;
        acc->c64[1] += part->c64[1];
    }
}

static inline float sum_float(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t sum_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
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

/* +0 of any type. */
static inline union tconv_value sum_zero(void)
{
    return (union tconv_value){.c128 = {0, 0}};
}

/* Element `at` of a tensor as sums have it: f16 and bf16 as the f32 that they
 * are, integers as int32. */
static inline union tconv_value sum_load(enum tconv_dtype dtype,
                                         const void *from, int64_t at)
{
    union tconv_value value = sum_zero();
    switch (dtype) {
    case TCONV_F64:
        value.f64 = ((const double *)from)[at];
        break;
    case TCONV_I8:
        /* NOLINTNEXTLINE(bugprone-signed-char-misuse): a number */
        value.i32 = ((const int8_t *)from)[at];
        break;
    case TCONV_U8:
        value.i32 = ((const uint8_t *)from)[at];
        break;
    case TCONV_I32:
        value.i32 = ((const int32_t *)from)[at];
        break;
    case TCONV_C64:
        value.c64[0] = ((const float *)from)[2 * at];
        value.c64[1] = ((const float *)from)[2 * at + 1];
        break;
    case TCONV_C128:
        value.c128[0] = ((const double *)from)[2 * at];
        value.c128[1] = ((const double *)from)[2 * at + 1];
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

/* The bits of a number of 1, 2, 4 or 8 bytes. */
static inline uint64_t sum_number(int64_t bytes, const void *from)
{
    uint8_t bits8;
    uint16_t bits16;
    uint32_t bits32;
    uint64_t bits64;
    switch (bytes) {
    case 1:
        memcpy(&bits8, from, sizeof bits8);
        return bits8;
    case 2:
        memcpy(&bits16, from, sizeof bits16);
        return bits16;
    case 4:
        memcpy(&bits32, from, sizeof bits32);
        return bits32;
    default:
        memcpy(&bits64, from, sizeof bits64);
        return bits64;
    }
}

/* The nearest half; of two as near, the one whose last bit is 0. */
static inline uint16_t sum_narrow_f16(float value)
{
    const uint32_t bits = sum_bits(value), size = bits & UINT32_C(0x7fffffff);
    const uint32_t sign = bits >> 16 & 0x8000;
    if (size > UINT32_C(0x7f800000))
        return (uint16_t)(sign | 0x7e00); /* NaN */
    if (size >= UINT32_C(0x477ff000))
        return (uint16_t)(sign | 0x7c00); /* rounds to Inf */
    if (size < UINT32_C(0x38800000))      /* no leading 1: multiples of 2^-24 */
        return (uint16_t)(sign | (uint32_t)lrintf(sum_float(size) * 0x1p24F));
    return (uint16_t)(sign | (size - UINT32_C(0x38000000) + 0xfff +
                              (size >> 13 & 1)) >>
                                 13);
}

/* The nearest bfloat16, likewise. */
static inline uint16_t sum_narrow_bf16(float value)
{
    const uint32_t bits = sum_bits(value);
    if ((bits & UINT32_C(0x7fffffff)) > UINT32_C(0x7f800000))
        return (uint16_t)(bits >> 16 | 0x40); /* NaN stays so */
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/* The nearest float of 10 explicit bits of mantissa; of two as near, the one
 * further from zero. */
static inline float sum_round_tf32(float value)
{
    const uint32_t bits = sum_bits(value);
    if ((bits & UINT32_C(0x7f800000)) == UINT32_C(0x7f800000))
        return value; /* Inf, NaN */
    return sum_float((bits + 0x1000) & ~UINT32_C(0x1fff));
}

/* Element `at` of a tensor that is multiplied. */
static inline union tconv_value sum_operand(enum tconv_precision precision,
                                            enum tconv_dtype dtype,
                                            const void *from, int64_t at)
{
    union tconv_value value = sum_load(dtype, from, at);
    if (precision == TCONV_TF32)
        value.f32 = sum_round_tf32(value.f32);
    return value;
}

/* Element `at` of a tensor becomes `value`, rounded if that is wider. */
static inline void sum_store(enum tconv_dtype dtype, void *to, int64_t at,
                             const union tconv_value *value)
{
    switch (dtype) {
    case TCONV_F64:
        ((double *)to)[at] = value->f64;
        break;
    case TCONV_F16:
        ((uint16_t *)to)[at] = sum_narrow_f16(value->f32);
        break;
    case TCONV_BF16:
        ((uint16_t *)to)[at] = sum_narrow_bf16(value->f32);
        break;
    case TCONV_I8:
        ((int8_t *)to)[at] = (int8_t)value->i32;
        break;
    case TCONV_U8:
        ((uint8_t *)to)[at] = (uint8_t)value->i32;
        break;
    case TCONV_I32:
        ((int32_t *)to)[at] = value->i32;
        break;
    case TCONV_C64:
        ((float *)to)[2 * at] = value->c64[0];
        ((float *)to)[2 * at + 1] = value->c64[1];
        break;
    case TCONV_C128:
        ((double *)to)[2 * at] = value->c128[0];
        ((double *)to)[2 * at + 1] = value->c128[1];
        break;
    default:
        ((float *)to)[at] = value->f32;
    }
}

/* An integer layer's sum as an element of y: see struct tconv_quantization. */
static inline union tconv_value
sum_quantized(enum tconv_dtype dtype, const struct tconv_quantization *q,
              union tconv_value sum, int64_t o)
{
    union tconv_value y = sum_zero();
    float scaled = (float)sum.i32 * q->scale[o];
    const float zero = (float)q->y_zero_point;
    const float least = (dtype == TCONV_I8 ? -128.0F : 0.0F) - zero;
    const float most = (dtype == TCONV_I8 ? 127.0F : 255.0F) - zero;
    if (dtype == TCONV_F32) {
        y.f32 = scaled;
        return y;
    }
    scaled = scaled > least ? scaled : least; /* NaN is not */
    scaled = scaled < most ? scaled : most;
    y.i32 = (int32_t)lrintf(scaled) + q->y_zero_point;
    return y;
}

/* The conjugate of a complex value; any other as it is. */
static inline union tconv_value sum_conjugate(enum tconv_dtype dtype,
                                              union tconv_value value)
{
    if (dtype == TCONV_C64)
        value.c64[1] = -value.c64[1];
    else if (dtype == TCONV_C128)
        value.c128[1] = -value.c128[1];
    return value;
}

/* acc = acc + w * x, of complex x its real part (part 0) or its imaginary one
 * (part 1) alone: those are terms of their own. */
static inline void sum_add_part(enum tconv_dtype dtype, enum tconv_sum sum,
                                union tconv_value *acc, union tconv_value w,
                                union tconv_value x, int part)
{
    if (dtype == TCONV_C64) {
        const float by[2] = {part ? -w.c64[1] : w.c64[0], w.c64[!part]};
        for (int i = 0; i < 2; i++)
            acc->c64[i] = sum_add_f32(sum, acc->c64[i], by[i], x.c64[part]);
    } else if (dtype == TCONV_C128) {
        const double by[2] = {part ? -w.c128[1] : w.c128[0], w.c128[!part]};
        for (int i = 0; i < 2; i++)
            acc->c128[i] = sum_add_f64(sum, acc->c128[i], by[i], x.c128[part]);
    } else {
        sum_add(dtype, sum, acc, w, x);
    }
}

/* A part of a value, as a value of the type of sums. */
static inline union tconv_value sum_part(enum tconv_dtype dtype,
                                         union tconv_value value, int part)
{
    if (dtype == TCONV_C64)
        value.f32 = value.c64[part];
    else if (dtype == TCONV_C128)
        value.f64 = value.c128[part];
    return value;
}

/* A value of two such parts. */
static inline union tconv_value
sum_both(enum tconv_dtype dtype, union tconv_value re, union tconv_value im)
{
    if (dtype == TCONV_C64)
        return (union tconv_value){.c64 = {re.f32, im.f32}};
    return (union tconv_value){.c128 = {re.f64, im.f64}};
}

#endif
