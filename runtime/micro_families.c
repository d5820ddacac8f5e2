/* Which families of micro-kernels this build has. Each is a file of its own,
 * written at build time from templates/micro.c.tmpl. */
#include "micro.h"

#include <string.h>

#if defined(__x86_64__)
extern const struct tconv_micro tconv_micro_f32_avx512, tconv_micro_f64_avx512,
    tconv_micro_f32_avx2, tconv_micro_f64_avx2, tconv_micro_f32_sse2,
    tconv_micro_f64_sse2;
#elif defined(__aarch64__)
extern const struct tconv_micro tconv_micro_f32_neon, tconv_micro_f64_neon;
#endif
extern const struct tconv_micro tconv_micro_f32_scalar, tconv_micro_f64_scalar;

const struct tconv_micro *const tconv_micro_families[] = {
#if defined(__x86_64__)
    &tconv_micro_f32_avx512, &tconv_micro_f64_avx512, &tconv_micro_f32_avx2,
    &tconv_micro_f64_avx2,   &tconv_micro_f32_sse2,   &tconv_micro_f64_sse2,
#elif defined(__aarch64__)
    &tconv_micro_f32_neon,   &tconv_micro_f64_neon,
#endif
    &tconv_micro_f32_scalar, &tconv_micro_f64_scalar, 0,
};

const struct tconv_micro *tconv_micro_find(const char *isa, const char *dtype)
{
    for (const struct tconv_micro *const *m = tconv_micro_families; *m; m++)
        if (!strcmp((*m)->isa, isa) && !strcmp((*m)->dtype, dtype))
            return *m;
    return NULL;
}
