/* Which families of micro-kernels this build has. Each is a file of its own,
 * written at build time from templates/micro.c.tmpl. */
#include "micro.h"

#include <string.h>

_Static_assert(sizeof(struct tconv_depthwise_layer) <= TCONV_DEPTHWISE_HEAD,
               "a depthwise layer does not fit before its packed weights");

/* One for each type of sums. */
#define DECLARE(isa)                                                           \
    extern const struct tconv_micro tconv_micro_f32_##isa,                     \
        tconv_micro_f64_##isa, tconv_micro_i32_##isa;
#define LIST(isa)                                                              \
    &tconv_micro_f32_##isa, &tconv_micro_f64_##isa, &tconv_micro_i32_##isa

#if defined(__x86_64__)
DECLARE(avx512)
DECLARE(avx2)
DECLARE(sse2)
#elif defined(__aarch64__)
DECLARE(neon)
#endif
DECLARE(scalar)

const struct tconv_micro *const tconv_micro_families[] = {
#if defined(__x86_64__)
    LIST(avx512), LIST(avx2), LIST(sse2),
#elif defined(__aarch64__)
    LIST(neon),
#endif
    LIST(scalar), 0,
};

const struct tconv_micro *tconv_micro_find(const char *isa, const char *dtype)
{
    for (const struct tconv_micro *const *m = tconv_micro_families; *m; m++)
        if (!strcmp((*m)->isa, isa) && !strcmp((*m)->dtype, dtype))
            return *m;
    return NULL;
}
