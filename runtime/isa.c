/* Which instruction sets there are, and which of them this processor has. */
#include <string.h>

#include "tconv.h"

const char *const tconv_isa_names[] = {"avx512", "avx2",   "sse2",
                                       "neon",   "scalar", NULL};

int tconv_isa_supported(const char *isa)
{
    if (!isa)
        return 0;
    if (!strcmp(isa, "scalar"))
        return 1;
#if defined(__x86_64__)
    /* The compiler's run-time answer covers the operating system too: a
     * register file that is not saved counts as not there. */
    if (!strcmp(isa, "avx512"))
        return __builtin_cpu_supports("avx512f") != 0;
    if (!strcmp(isa, "avx2"))
        return __builtin_cpu_supports("avx2") != 0 &&
               __builtin_cpu_supports("fma") != 0;
    if (!strcmp(isa, "sse2"))
        return 1;
#elif defined(__aarch64__)
    if (!strcmp(isa, "neon"))
        return 1;
#endif
    return 0;
}

int tconv_isa_serves(const char *isa, const struct tconv_spec *spec)
{
    if (!tconv_isa_supported(isa))
        return 0;
#if defined(__x86_64__)
    /* Integers are multiplied four at a time. */
    if (!strcmp(isa, "avx512") && tconv_dtype_integer(spec->dtype))
        return __builtin_cpu_supports("avx512vnni") != 0;
#endif
    (void)spec;
    return 1;
}

const char *tconv_isa_native(void)
{
    const char *const *name = tconv_isa_names;
    while (!tconv_isa_supported(*name))
        name++; /* ends at "scalar" */
    return *name;
}

enum tconv_sum tconv_isa_sum(const char *isa)
{
    if (isa && !strcmp(isa, "sse2"))
        return TCONV_SUM_SEPARATE;
#if !defined(__x86_64__) && !defined(__aarch64__) &&                           \
    !(defined(__riscv) && __riscv_xlen == 64)
    if (isa && !strcmp(isa, "scalar"))
        return TCONV_SUM_SEPARATE;
#endif
    return TCONV_SUM_FUSED;
}
