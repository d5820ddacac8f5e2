/* Emitted files as users build them: every variant that this processor can run
 * of every layer of emitted_layers.lua, against the generic kernel. Arguments:
 * instruction sets that must be among them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emitted_layers.h"
#include "gaps.h"
#include "tconv.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int failed;
static long runs, elements;

static uint64_t random_bits(void)
{
    static uint64_t state = UINT64_C(0x2545f4914f6cdd1d);
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* `count` values of mixed magnitude and full precision; free(). */
static void *random_tensor(enum tconv_dtype dtype, int64_t count)
{
    void *data = malloc((size_t)count * (size_t)tconv_dtype_bytes(dtype) + 1);
    if (!data)
        abort();
    for (int64_t i = 0; i < count * tconv_dtype_parts(dtype); i++) {
        uint64_t bits = random_bits();
        double value = (double)(int64_t)(bits >> 11) * 0x1p-52 - 1;
        value *= (double)(1 << (bits & 7));
        if (tconv_dtype_bytes(dtype) == 1)
            ((uint8_t *)data)[i] = (uint8_t)(bits >> 20);
        else if (dtype == TCONV_I32)
            ((int32_t *)data)[i] = (int32_t)(bits >> 20 & 0xffff) - 0x8000;
        else if (tconv_dtype_bytes(dtype) == 2) /* any below 2 */
            ((uint16_t *)data)[i] = (uint16_t)(bits >> 20 & 0xbfff);
        else if (tconv_dtype_sum(dtype) == TCONV_F32)
            ((float *)data)[i] = (float)value;
        else
            ((double *)data)[i] = value;
    }
    return data;
}

/* A scale for each channel, of which results lie within y's type and beyond;
 * zero points within their types. free() the scale. */
static struct tconv_quantization
random_quantization(const struct tconv_spec *spec)
{
    float *scale = malloc((size_t)spec->out_channels * sizeof *scale);
    if (!scale)
        abort();
    for (int64_t o = 0; o < spec->out_channels; o++)
        scale[o] = (float)((int64_t)(random_bits() >> 20 & 0xff) - 100) / 65536;
    struct tconv_quantization q = {0, 0, scale};
    if (tconv_dtype_integer(spec->dtype))
        q.x_zero_point = (int32_t)(random_bits() >> 20 & 0xff) -
                         (spec->dtype == TCONV_I8 ? 128 : 0);
    const enum tconv_dtype output = tconv_spec_output_dtype(spec);
    if (tconv_dtype_integer(output))
        q.y_zero_point = (int32_t)(random_bits() >> 20 & 0xff) -
                         (output == TCONV_I8 ? 128 : 0);
    return q;
}

/* The same call on tensors whose rows lie apart: the result is `want`, and what
 * is between its rows stays as it was. */
static int is_right_apart(const struct tconv_spec *spec,
                          const struct tconv_kernel *kernel,
                          struct tconv_args args, int parts,
                          const struct tconv_sizes *sizes, const void *want)
{
    const size_t x_element = (size_t)sizes->element_bytes;
    const size_t element = (size_t)sizes->output_element_bytes;
    const int is_weight = spec->pass == TCONV_GRAD_WEIGHT;
    const int back = spec->pass == TCONV_GRAD_INPUT;
    const struct gaps input = gaps_make(spec->layout, spec->in_channels,
                                        args.length, args.batch, x_element);
    const struct gaps output =
        gaps_make(spec->output_layout, spec->out_channels,
                  kernel->output_length(args.length), args.batch, element);
    const struct gaps *xs = back ? &output : &input;
    const struct gaps *ys = back ? &input : &output;
    const size_t dense = (size_t)sizes->output * element;
    const size_t y_bytes = is_weight ? dense : gaps_bytes(ys);
    void *x = malloc(gaps_bytes(xs)), *y = malloc(y_bytes + 1);
    void *gy = malloc(gaps_bytes(&output)), *got = malloc(dense + 1);
    if (!x || !y || !gy || !got)
        abort();
    gaps_spread(xs, x, args.x);
    if (is_weight) {
        gaps_spread(&output, gy, args.packed);
        args.packed = gy;
    }
    memset(y, 0xa5, y_bytes);
    args.x = x;
    args.y = y;
    args.x_row = xs->row;
    args.x_batch = xs->item;
    args.y_row = ys->row;
    args.y_batch = ys->item;
    for (int part = 0; part < parts; part++)
        kernel->run(&args, part, parts);
    if (is_weight)
        memcpy(got, y, dense);
    else
        gaps_gather(ys, y, got);
    const int right = tconv_compare(tconv_spec_output_dtype(spec), got, want,
                                    sizes->output) < 0 &&
                      (is_weight || gaps_hold(ys, y, 0xa5));
    free(x);
    free(y);
    free(gy);
    free(got);
    return right;
}

static void check_call(const struct tconv_spec *spec,
                       const struct tconv_kernel *kernel, int64_t batch,
                       int64_t length, int parts)
{
    struct tconv_sizes sizes;
    struct tconv_error error = {TCONV_OK, ""};
    if (tconv_spec_sizes(spec, batch, length, &sizes, &error) != TCONV_OK) {
        printf("FAILED: %s: %s\n", kernel->name, error.message);
        failed = 1;
        return;
    }
    void *x = random_tensor(spec->dtype, sizes.input);
    void *weight = random_tensor(spec->pass == TCONV_GRAD_WEIGHT
                                     ? spec->dtype
                                     : tconv_spec_weight_dtype(spec),
                                 sizes.weight);
    const enum tconv_dtype output = tconv_spec_output_dtype(spec);
    void *bias = sizes.bias
                     ? random_tensor(tconv_spec_bias_dtype(spec), sizes.bias)
                     : NULL;
    void *got = random_tensor(output, sizes.output);
    void *want = random_tensor(output, sizes.output);
    const struct tconv_quantization q = random_quantization(spec);
    const struct tconv_quantization *const quantization =
        tconv_spec_quantized(spec) ? &q : NULL;
    void *packed = malloc(kernel->packed_bytes + 1);
    void *workspace = malloc(kernel->workspace_bytes(batch, length, parts) + 1);
    if (!packed || !workspace)
        abort();
    const int packs = spec->pass != TCONV_GRAD_WEIGHT;
    if (packs)
        kernel->pack(weight, bias, packed);
    const struct tconv_args args = {.x = x,
                                    .packed = packs ? packed : weight,
                                    .y = got,
                                    .workspace = workspace,
                                    .batch = batch,
                                    .length = length,
                                    .quantization = quantization};
    for (int part = parts - 1; part >= 0; part--)
        kernel->run(&args, part, parts);
    enum tconv_status status =
        tconv_generic_quantized(spec, kernel->sum, quantization, x, weight,
                                bias, want, batch, length, &error);
    int64_t at = tconv_compare(output, got, want, sizes.output);
    if (status != TCONV_OK || at >= 0) {
        printf("FAILED: %s: %s: batch=%lld, length=%lld, %d parts: y[%lld] "
               "differs %s\n",
               kernel->name, kernel->isa, (long long)batch, (long long)length,
               parts, (long long)at, error.message);
        failed = 1;
    }
    if (status == TCONV_OK &&
        !is_right_apart(spec, kernel, args, parts, &sizes, want)) {
        printf("FAILED: %s: %s: length=%lld, %d parts, rows apart\n",
               kernel->name, kernel->isa, (long long)length, parts);
        failed = 1;
    }
    runs++;
    elements += (long)sizes.output;
    free(x);
    free(weight);
    free(bias);
    free(got);
    free(want);
    free(packed);
    free(workspace);
    free((void *)q.scale);
}

static void check_kernel(const struct tconv_kernel *kernel)
{
    struct tconv_spec spec;
    struct tconv_error error = {TCONV_OK, ""};
    if (tconv_spec_from_name(kernel->name, &spec, &error) != TCONV_OK ||
        kernel->sum != tconv_isa_sum(kernel->isa)) {
        printf("FAILED: %s: %s: descriptor: %s\n", kernel->name, kernel->isa,
               error.message);
        failed = 1;
        return;
    }
    const int64_t more[] = {0, 1, 2, 3, 10, 11, 12, 13, 25, 70};
    int64_t least, most;
    tconv_spec_length_range(&spec, &least, &most);
    for (size_t i = 0; i < COUNT(more) && least + more[i] <= most; i++) {
        check_call(&spec, kernel, 1, least + more[i], 1);
        check_call(&spec, kernel, 3, least + more[i], 4);
    }
}

/* How many layers have a kernel for `isa` that can run here. */
static int check_isa(const char *isa)
{
    int kernels = 0;
    const struct tconv_model_layer *layer = tconv_emitted_layers_layers;
    for (; layer->layer; layer++)
        for (const struct tconv_kernel *const *k = layer->variants; *k; k++)
            if (!strcmp((*k)->isa, isa) && (*k)->supported()) {
                kernels++;
                check_kernel(*k);
            }
    return kernels;
}

int main(int argc, char **argv)
{
    int kernels = 0;
    for (const char *const *isa = tconv_isa_names; *isa; isa++) {
        int count = check_isa(*isa), wanted = 0;
        for (int i = 1; i < argc; i++)
            wanted |= !strcmp(argv[i], *isa);
        if (wanted && count != TCONV_EMITTED_LAYERS_LAYER_COUNT) {
            printf("FAILED: %d layers have a kernel for %s\n", count, *isa);
            failed = 1;
        }
        kernels += count;
        if (count)
            printf("%s ", *isa);
    }
    printf("- %d kernels, %ld calls, %ld elements%s\n", kernels, runs, elements,
           failed ? "" : ": same bits as the generic kernel");
    return failed;
}
