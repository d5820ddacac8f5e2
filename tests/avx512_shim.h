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
    }

SHIM(__m512, float, ps, 16, fmaf)
SHIM(__m512d, double, pd, 8, fma)

#endif
