/* instructions ENGINE SPEC LENGTH: makes a kernel (float) for avx2 and runs it
 * under callgrind, which counts what happens inside run_kernel. Prints the
 * multiply-adds of the call as a number of vectors of eight floats; exit code
 * 77 where the processor has no AVX2. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tconv.h"

/* What instructions.sh has callgrind collect; never inlined. */
void run_kernel(const struct tconv_kernel *kernel,
                const struct tconv_args *args);

__attribute__((noinline)) void run_kernel(const struct tconv_kernel *kernel,
                                          const struct tconv_args *args)
{
    kernel->run(args, 0, 1);
}

static void *zeroed(int64_t elements)
{
    /* Of whole cache lines, and as aligned as callers are told to align. */
    size_t bytes = ((size_t)elements * sizeof(float) + 64) / 64 * 64;
    void *memory = aligned_alloc(64, bytes);
    if (!memory)
        exit(1);
    memset(memory, 0, bytes);
    return memory;
}

static int run(const struct tconv_spec *spec, const struct tconv_kernel *kernel,
               int64_t length, struct tconv_error *error)
{
    struct tconv_sizes sizes;
    if (tconv_spec_sizes(spec, 1, length, &sizes, error) != TCONV_OK)
        return 0;
    const size_t element = sizeof(float);
    void *weight = zeroed(sizes.weight), *bias = zeroed(sizes.bias);
    void *packed = zeroed((int64_t)(kernel->packed_bytes / element));
    size_t workspace = kernel->workspace_bytes(1, length, 1);
    struct tconv_args args = {
        .x = zeroed(sizes.input),
        .packed = packed,
        .y = zeroed(sizes.output),
        .workspace = zeroed((int64_t)(workspace / element)),
        .batch = 1,
        .length = length,
    };
    kernel->pack(weight, sizes.bias ? bias : NULL, packed);
    int checked = tconv_kernel_check(kernel, &args, 1, error) == TCONV_OK;
    if (checked) {
        /* Once uncounted: the first call finds functions of the C library. */
        kernel->run(&args, 0, 1);
        run_kernel(kernel, &args);
        printf("%.2f\n", (double)sizes.macs / 8);
    }
    free((void *)args.x);
    free(args.y);
    free(args.workspace);
    free(packed);
    free(weight);
    free(bias);
    return checked;
}

int main(int count, char **words)
{
    struct tconv_error error = {TCONV_OK, ""};
    struct tconv_spec spec;
    struct tconv_jit *jit = NULL;
    if (count != 4)
        return 2;
    if (!tconv_isa_supported("avx2"))
        return 77;
    enum tconv_engine engine =
        strcmp(words[1], "cc") ? TCONV_ENGINE_JIT : TCONV_ENGINE_CC;
    int ok =
        tconv_spec_from_name(words[2], &spec, &error) == TCONV_OK &&
        tconv_jit_create(&spec, engine, "avx2", NULL, &jit, &error) ==
            TCONV_OK &&
        run(&spec, tconv_jit_kernel(jit), strtol(words[3], NULL, 10), &error);
    if (!ok)
        fprintf(stderr, "%s %s: %s\n", words[1], words[2], error.message);
    tconv_jit_free(jit);
    return !ok;
}
