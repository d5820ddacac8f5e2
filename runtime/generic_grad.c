/* The generic gradients: those of ConvTranspose1d's tensors, for any layer, in
 * the canonical order of their sums. Like the generic kernel, they are written
 * to be believed at sight. With i*stride + k*dilation - padding_begin = j,
 * where 0 <= j < Lout:
 *
 *   grad_input[n][c][i]   = sum over o, k of weight[c][o'][k] * gy[n][o][j]
 *   grad_weight[c][o'][k] = sum over n, i of x[n][c][i] * gy[n][o][j]
 *   grad_bias[o]          = sum over n, j of gy[n][o][j]
 *
 * (gy is the gradient of y.) A tap that lands outside the output, or on what is
 * cropped, is left out, not multiplied by zero. Sums start from +0, o ascends
 * through the group, and for each o, k ascends. The two long sums go through
 * each batch item in blocks of BLOCK positions: a block is summed from +0 and
 * then added to the blocks before it, which keeps the rounding error of a long
 * signal small and lets blocks be summed side by side. */
#include "error.h"
#include "sum.h"

enum { BLOCK = 256 };

/* One call: the layer, the shapes that its numbers make, the tensors. */
struct grad {
    const struct tconv_spec *s;
    enum tconv_sum sum;
    const struct tconv_grad_args *a;
    int64_t in, out; /* channels of a group */
    int64_t output_length;
};

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The output position that tap k of input position i lands on; -1 if none. */
static int64_t landing(const struct grad *g, int64_t i, int64_t k)
{
    const struct tconv_spec *s = g->s;
    int64_t j = i * s->stride + k * s->dilation - s->padding_begin;
    return 0 <= j && j < g->output_length ? j : -1;
}

/* acc = acc + value */
static void add_value(enum tconv_dtype dtype, union tconv_value *acc,
                      const union tconv_value *value)
{
    if (dtype == TCONV_F32)
        acc->f32 += value->f32;
    else
        acc->f64 += value->f64;
}

static union tconv_value grad_input(const struct grad *g, int64_t n, int64_t c,
                                    int64_t i)
{
    const struct tconv_spec *s = g->s;
    const int64_t first = c / g->in * g->out;
    union tconv_value acc = {.f64 = 0};
    for (int64_t o = 0; o < g->out; o++) {
        const int64_t row =
            (n * s->out_channels + first + o) * g->output_length;
        const int64_t taps = (c * g->out + o) * s->kernel_size;
        for (int64_t k = 0; k < s->kernel_size; k++) {
            int64_t j = landing(g, i, k);
            if (j >= 0)
                sum_add(s->dtype, g->sum, &acc, g->a->weight, taps + k,
                        g->a->grad_output, row + j);
        }
    }
    return acc;
}

/* `o` is counted from the group's first. */
static union tconv_value grad_weight(const struct grad *g, int64_t c, int64_t o,
                                     int64_t k)
{
    const struct tconv_spec *s = g->s;
    const int64_t channel = c / g->in * g->out + o;
    const int64_t length = g->a->length;
    union tconv_value acc = {.f64 = 0};
    for (int64_t n = 0; n < g->a->batch; n++) {
        const int64_t x = (n * s->in_channels + c) * length;
        const int64_t gy = (n * s->out_channels + channel) * g->output_length;
        for (int64_t block = 0; block < length; block += BLOCK) {
            const int64_t end = smaller(block + BLOCK, length);
            union tconv_value part = {.f64 = 0};
            for (int64_t i = block; i < end; i++) {
                int64_t j = landing(g, i, k);
                if (j >= 0)
                    sum_add(s->dtype, g->sum, &part, g->a->x, x + i,
                            g->a->grad_output, gy + j);
            }
            add_value(s->dtype, &acc, &part);
        }
    }
    return acc;
}

static union tconv_value grad_bias(const struct grad *g, int64_t o)
{
    const struct tconv_spec *s = g->s;
    union tconv_value acc = {.f64 = 0};
    for (int64_t n = 0; n < g->a->batch; n++) {
        const int64_t gy = (n * s->out_channels + o) * g->output_length;
        for (int64_t block = 0; block < g->output_length; block += BLOCK) {
            const int64_t end = smaller(block + BLOCK, g->output_length);
            union tconv_value part = {.f64 = 0};
            for (int64_t j = block; j < end; j++) {
                const union tconv_value term =
                    sum_load(s->dtype, g->a->grad_output, gy + j);
                add_value(s->dtype, &part, &term);
            }
            add_value(s->dtype, &acc, &part);
        }
    }
    return acc;
}

static void all_grad_input(const struct grad *g)
{
    for (int64_t n = 0; n < g->a->batch; n++) {
        for (int64_t c = 0; c < g->s->in_channels; c++) {
            for (int64_t i = 0; i < g->a->length; i++) {
                union tconv_value value = grad_input(g, n, c, i);
                sum_store(g->s->dtype, g->a->grad_input,
                          (n * g->s->in_channels + c) * g->a->length + i,
                          &value);
            }
        }
    }
}

static void all_grad_weight(const struct grad *g)
{
    for (int64_t c = 0; c < g->s->in_channels; c++) {
        for (int64_t o = 0; o < g->out; o++) {
            for (int64_t k = 0; k < g->s->kernel_size; k++) {
                union tconv_value value = grad_weight(g, c, o, k);
                sum_store(g->s->dtype, g->a->grad_weight,
                          (c * g->out + o) * g->s->kernel_size + k, &value);
            }
        }
    }
}

static void all_grad_bias(const struct grad *g)
{
    for (int64_t o = 0; o < g->s->out_channels; o++) {
        union tconv_value value = grad_bias(g, o);
        sum_store(g->s->dtype, g->a->grad_bias, o, &value);
    }
}

/* What is wanted needs what it is made of. A batch of 0 has no tensors. */
static enum tconv_status check_tensors(const struct tconv_spec *s,
                                       const struct tconv_grad_args *a,
                                       struct tconv_error *error)
{
    if (!a->grad_input && !a->grad_weight && !a->grad_bias)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "grad_input, grad_weight, grad_bias: one at least "
                          "must be wanted");
    if (a->grad_bias && !s->bias)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "grad_bias: must be NULL, the layer has no bias");
    if (a->batch == 0)
        return TCONV_OK;
    if (!a->grad_output)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "grad_output: must not be NULL");
    if (a->grad_input && !a->weight)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "weight: must not be NULL, grad_input needs it");
    if (a->grad_weight && !a->x)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "x: must not be NULL, grad_weight needs it");
    return TCONV_OK;
}

enum tconv_status tconv_generic_grad(const struct tconv_spec *spec,
                                     enum tconv_sum sum,
                                     const struct tconv_grad_args *args,
                                     struct tconv_error *error)
{
    struct tconv_sizes sizes;
    enum tconv_status status = tconv_spec_check(spec, error);
    if (status != TCONV_OK)
        return status;
    if (!args)
        return tconv_fail(error, TCONV_E_ARGUMENT, "args: must not be NULL");
    status = tconv_spec_sizes(spec, args->batch, args->length, &sizes, error);
    if (status == TCONV_OK)
        status = check_tensors(spec, args, error);
    if (status != TCONV_OK)
        return status;
    const struct grad g = {
        .s = spec,
        .sum = sum,
        .a = args,
        .in = spec->in_channels / spec->groups,
        .out = spec->out_channels / spec->groups,
        .output_length = sizes.output_length,
    };
    if (args->grad_input)
        all_grad_input(&g);
    if (args->grad_weight)
        all_grad_weight(&g);
    if (args->grad_bias)
        all_grad_bias(&g);
    return TCONV_OK;
}
