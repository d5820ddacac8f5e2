/* A host program that learns a layer's shape at run time: upsamples a sine by
 * the factor on its command line, with a kernel compiled in memory.
 *
 * A triangle of 2*factor - 1 taps draws straight lines between the samples. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <tconv.h>

int main(int argc, char **argv)
{
    const int factor = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 4;
    struct tconv_error error = {TCONV_OK, ""};
    struct tconv_spec spec;
    tconv_spec_init(&spec, 1, 1, 2 * (int64_t)factor - 1);
    spec.stride = factor;
    spec.padding_begin = spec.padding_end = factor - 1;
    spec.bias = 0;

    struct tconv_jit *jit = NULL;
    if (tconv_jit_create(&spec, TCONV_ENGINE_JIT, NULL, NULL, &jit, &error)) {
        (void)fprintf(stderr, "jit: %s\n", error.message);
        return 1;
    }
    const struct tconv_kernel *kernel = tconv_jit_kernel(jit);

    float x[9];
    for (int i = 0; i < 9; i++)
        x[i] = sinf(0.7853981634F * (float)i); /* an eighth turn a sample */
    const int64_t count = kernel->output_length(9);
    float *weight = malloc(kernel->weight_bytes);
    void *packed = malloc(kernel->packed_bytes);
    void *workspace = malloc(kernel->workspace_bytes(1, 9, 1) + 1);
    float *y = malloc((size_t)count * sizeof *y);
    int failed = !weight || !packed || !workspace || !y;
    if (!failed) {
        for (int k = 0; k < 2 * factor - 1; k++)
            weight[k] = 1.0F - fabsf((float)(k - factor + 1)) / (float)factor;
        kernel->pack(weight, NULL, packed); /* once, when weights are loaded */
        const struct tconv_args args = {.x = x,
                                        .packed = packed,
                                        .y = y,
                                        .workspace = workspace,
                                        .batch = 1,
                                        .length = 9};
        kernel->run(&args, 0, 1); /* each call; allocates nothing */
        printf("%s for %s: 9 samples in, %lld out\n", kernel->name, kernel->isa,
               (long long)count);
        for (int64_t j = 0; j < count; j++)
            printf("%6.3f %*s%s\n", (double)y[j],
                   (int)lroundf(30.0F + 28.0F * y[j]), "",
                   j % factor ? "." : "o");
        for (int64_t i = 0; i < 9; i++)
            failed |= y[i * factor] != x[i]; /* the samples themselves stay */
    }
    free(y);
    free(workspace);
    free(packed);
    free(weight);
    tconv_jit_free(jit);
    return failed;
}
