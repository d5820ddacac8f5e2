/* The few AVX-512 intrinsics that emitted kernels use, in portable C, so that
 * tests/avx512.sh can run the AVX-512 variant on any processor. */
#ifndef TCONV_AVX512_SHIM_H
#define TCONV_AVX512_SHIM_H

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

#endif
