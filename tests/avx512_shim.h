/* The few AVX-512 intrinsics that emitted kernels use, in portable C, so that
 * tests/avx512.sh can run the AVX-512 variant on any processor. */
#ifndef TCONV_AVX512_SHIM_H
#define TCONV_AVX512_SHIM_H

#include <emmintrin.h>
#include <math.h>
#include <string.h>

#define __builtin_cpu_supports(name) 1

typedef struct {
    float lane[16];
} __m512;
typedef struct {
    double lane[8];
} __m512d;

typedef struct {
    int lane[16];
} __m512i;

#define _mm512_setr_epi32(...) ((__m512i){{__VA_ARGS__}})
#define _mm512_setr_epi64(...) ((__m512i){{__VA_ARGS__}})

typedef unsigned char __mmask8;
typedef unsigned short __mmask16;

#define SHIM(vector, scalar, suffix, lanes, fused)                             \
    __attribute__((noinline)) static vector _mm512_loadu_##suffix(             \
        const scalar *from)                                                    \
    {                                                                          \
        vector v;                                                              \
        memcpy(&v, from, sizeof v);                                            \
        return v;                                                              \
    }                                                                          \
    __attribute__((noinline)) static void _mm512_storeu_##suffix(scalar *to,   \
                                                                 vector v)     \
    {                                                                          \
        memcpy(to, &v, sizeof v);                                              \
    }                                                                          \
    __attribute__((noinline)) static vector _mm512_set1_##suffix(scalar value) \
    {                                                                          \
        vector v;                                                              \
        for (int i = 0; i < (lanes); i++)                                      \
            v.lane[i] = value;                                                 \
        return v;                                                              \
    }                                                                          \
    __attribute__((noinline)) static vector _mm512_fmadd_##suffix(             \
        vector a, vector b, vector c)                                          \
    {                                                                          \
        for (int i = 0; i < (lanes); i++)                                      \
            c.lane[i] = fused(a.lane[i], b.lane[i], c.lane[i]);                \
        return c;                                                              \
    }                                                                          \
    __attribute__((noinline, unused)) static vector                            \
        _mm512_permutex2var_##suffix(vector a, __m512i at, vector b)           \
    {                                                                          \
        vector v;                                                              \
        for (int i = 0; i < (lanes); i++)                                      \
            v.lane[i] = at.lane[i] < (lanes) ? a.lane[at.lane[i]]              \
                                             : b.lane[at.lane[i] - (lanes)];   \
        return v;                                                              \
    }                                                                          \
    __attribute__((                                                            \
        noinline,                                                              \
        unused)) static vector _mm512_permutexvar_##suffix(__m512i at,         \
                                                           vector from)        \
    {                                                                          \
        return _mm512_permutex2var_##suffix(from, at, from);                   \
    }                                                                          \
    __attribute__((noinline, unused)) static void _mm512_mask_storeu_##suffix( \
        scalar *to, unsigned mask, vector v)                                   \
    {                                                                          \
        for (int i = 0; i < (lanes); i++)                                      \
            if (mask >> i & 1)                                                 \
                to[i] = v.lane[i];                                             \
    }                                                                          \
    __attribute__((                                                            \
        noinline,                                                              \
        unused)) static unsigned short _mm512_cmpneq_##suffix##_mask(vector a, \
                                                                     vector b) \
    {                                                                          \
        unsigned mask = 0;                                                     \
        for (int i = 0; i < (lanes); i++)                                      \
            mask |= (unsigned)(a.lane[i] != b.lane[i]) << i;                   \
        return (unsigned short)mask;                                           \
    }                                                                          \
    __attribute__((                                                            \
        noinline,                                                              \
        unused)) static vector _mm512_mask3_fmadd_##suffix(vector a, vector b, \
                                                           vector c,           \
                                                           unsigned mask)      \
    {                                                                          \
        for (int i = 0; i < (lanes); i++)                                      \
            if (mask >> i & 1)                                                 \
                c.lane[i] = fused(a.lane[i], b.lane[i], c.lane[i]);            \
        return c;                                                              \
    }

SHIM(__m512, float, ps, 16, fmaf)
SHIM(__m512d, double, pd, 8, fma)

/* Weights of 16 bits. */
typedef struct {
    unsigned short lane[16];
} __m256i;

__attribute__((noinline, unused)) static __m256i
_mm256_loadu_si256(const void *from)
{
    __m256i v;
    memcpy(&v, from, sizeof v);
    return v;
}

__attribute__((noinline, unused)) static __m512 _mm512_cvtph_ps(__m256i halves)
{
    __m512 v;
    for (int i = 0; i < 16; i++) {
        const int half = halves.lane[i], exponent = half >> 10 & 31;
        const int part = half & 0x3ff;
        float size = ldexpf((float)(exponent ? part + 0x400 : part),
                            (exponent ? exponent : 1) - 25);
        if (exponent == 31)
            size = part ? NAN : INFINITY;
        v.lane[i] = copysignf(size, half >> 15 ? -1.0F : 1.0F);
    }
    return v;
}

__attribute__((noinline, unused)) static __m512i
_mm512_cvtepu16_epi32(__m256i from)
{
    __m512i v;
    for (int i = 0; i < 16; i++)
        v.lane[i] = from.lane[i];
    return v;
}

__attribute__((noinline, unused)) static __m512i _mm512_slli_epi32(__m512i v,
                                                                   int bits)
{
    for (int i = 0; i < 16; i++)
        v.lane[i] = (int)((unsigned)v.lane[i] << bits);
    return v;
}

__attribute__((noinline, unused)) static __m512 _mm512_castsi512_ps(__m512i v)
{
    __m512 result;
    memcpy(&result, &v, sizeof result);
    return result;
}

/* Rounding to 16 bits and to TF32. */
#define _CMP_UNORD_Q 3
#define _MM_FROUND_TO_NEAREST_INT 0

__attribute__((noinline, unused)) static void _mm256_storeu_si256(void *to,
                                                                  __m256i v)
{
    memcpy(to, &v, sizeof v);
}

/* All 16, which is what the mask says. */
__attribute__((noinline, unused)) static __m256i
_mm512_maskz_cvtps_ph(unsigned mask, __m512 from, int is_nearest)
{
    __m256i v;
    (void)mask;
    (void)is_nearest;
    for (int i = 0; i < 16; i++) {
        const float size = fabsf(from.lane[i]);
        const int sign = signbit(from.lane[i]) ? 0x8000 : 0;
        int exponent = size > 0 && size < 0x1p20F ? ilogbf(size) : -14, half;
        if (exponent < -14)
            exponent = -14;
        if (isnan(size))
            half = 0x7e00;
        else if (size >= 0x1p16F)
            half = 0x7c00;
        else /* what exceeds the last mantissa carries into the exponent */
            half = (int)rintf(ldexpf(size, 10 - exponent)) +
                   ((exponent + 14) << 10);
        v.lane[i] = (unsigned short)(sign | half);
    }
    return v;
}

__attribute__((noinline, unused)) static __m256i
_mm512_cvtepi32_epi16(__m512i from)
{
    __m256i v;
    for (int i = 0; i < 16; i++)
        v.lane[i] = (unsigned short)from.lane[i];
    return v;
}

__attribute__((noinline, unused)) static __m512i _mm512_castps_si512(__m512 v)
{
    __m512i result;
    memcpy(&result, &v, sizeof result);
    return result;
}

__attribute__((noinline, unused)) static __m512i _mm512_set1_epi32(int value)
{
    __m512i v;
    for (int i = 0; i < 16; i++)
        v.lane[i] = value;
    return v;
}

__attribute__((noinline, unused)) static __m512i _mm512_srli_epi32(__m512i v,
                                                                   int bits)
{
    for (int i = 0; i < 16; i++)
        v.lane[i] = (int)((unsigned)v.lane[i] >> bits);
    return v;
}

__attribute__((noinline, unused)) static __mmask16
_mm512_cmpneq_epi32_mask(__m512i a, __m512i b)
{
    unsigned mask = 0;
    for (int i = 0; i < 16; i++)
        mask |= (unsigned)(a.lane[i] != b.lane[i]) << i;
    return (__mmask16)mask;
}

__attribute__((noinline, unused)) static __mmask16
_mm512_cmp_ps_mask(__m512 a, __m512 b, int is_unordered)
{
    unsigned mask = 0;
    (void)is_unordered;
    for (int i = 0; i < 16; i++)
        mask |= (unsigned)isunordered(a.lane[i], b.lane[i]) << i;
    return (__mmask16)mask;
}

/* Operations of integers, with a mask and without. */
#define SHIM_BITS(name, operator)                                              \
    __attribute__((noinline, unused)) static __m512i _mm512_mask_##name(       \
        __m512i from, __mmask16 mask, __m512i a, __m512i b)                    \
    {                                                                          \
        for (int i = 0; i < 16; i++)                                           \
            if (mask >> i & 1)                                                 \
                from.lane[i] =                                                 \
                    (int)((unsigned)a.lane[i] operator(unsigned) b.lane[i]);   \
        return from;                                                           \
    }                                                                          \
    __attribute__((noinline, unused)) static __m512i _mm512_##name(__m512i a,  \
                                                                   __m512i b)  \
    {                                                                          \
        return _mm512_mask_##name(a, 0xffff, a, b);                            \
    }

SHIM_BITS(add_epi32, +)
SHIM_BITS(and_epi32, &)
SHIM_BITS(or_epi32, |)

/* Layers of integers. */
#define SHIM_FN __attribute__((noinline, unused)) static

SHIM_FN __m512i _mm512_loadu_si512(const void *from)
{
    __m512i v;
    memcpy(&v, from, sizeof v);
    return v;
}

SHIM_FN void _mm512_storeu_si512(void *to, __m512i v)
{
    memcpy(to, &v, sizeof v);
}

/* acc and four products of an unsigned byte and a signed one. */
SHIM_FN __m512i _mm512_dpbusd_epi32(__m512i acc, __m512i x, __m512i w)
{
    for (int i = 0; i < 16; i++) {
        unsigned sum = (unsigned)acc.lane[i];
        for (int b = 0; b < 32; b += 8) {
            const int xb = (int)((unsigned)x.lane[i] >> b & 0xff);
            const int wb = (int)((unsigned)w.lane[i] >> b & 0xff);
            sum += (unsigned)(xb * (wb < 128 ? wb : wb - 256));
        }
        acc.lane[i] = (int)sum;
    }
    return acc;
}

SHIM_FN __m512 _mm512_cvtepi32_ps(__m512i from)
{
    __m512 v;
    for (int i = 0; i < 16; i++)
        v.lane[i] = (float)from.lane[i];
    return v;
}

SHIM_FN __m512i _mm512_cvtps_epi32(__m512 from)
{
    __m512i v;
    for (int i = 0; i < 16; i++)
        v.lane[i] = (int)rintf(from.lane[i]);
    return v;
}

SHIM_FN __m512 _mm512_mul_ps(__m512 a, __m512 b)
{
    for (int i = 0; i < 16; i++)
        a.lane[i] *= b.lane[i];
    return a;
}

/* The second, where one is NaN. */
SHIM_FN __m512 _mm512_max_ps(__m512 a, __m512 b)
{
    for (int i = 0; i < 16; i++)
        a.lane[i] = a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i];
    return a;
}

SHIM_FN __m512 _mm512_min_ps(__m512 a, __m512 b)
{
    for (int i = 0; i < 16; i++)
        a.lane[i] = a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i];
    return a;
}

SHIM_FN __m128i _mm512_cvtepi32_epi8(__m512i from)
{
    unsigned char bytes[16];
    __m128i v;
    for (int i = 0; i < 16; i++)
        bytes[i] = (unsigned char)from.lane[i];
    memcpy(&v, bytes, sizeof v);
    return v;
}

SHIM_FN __m512i _mm512_cvtepi8_epi32(__m128i from)
{
    signed char bytes[16];
    __m512i v;
    memcpy(bytes, &from, sizeof bytes);
    for (int i = 0; i < 16; i++)
        v.lane[i] = bytes[i];
    return v;
}

#endif
