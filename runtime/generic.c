/* The generic kernel: the definitions of ConvTranspose1d, Conv1d and their
 * gradients, for any layer, in the canonical order of the sums. Every other
 * kernel is held to it, so it is written to be believed at sight, not to be
 * fast. ConvTranspose1d, and grad_input of Conv1d:
 *
 *   y[n][o][j] = bias[o] + sum over c, k of x[n][c][i] * weight[c][o'][k]
 *                with i*stride + k*dilation - padding_begin = j, 0 <= i < L
 *
 * Conv1d, and grad_input of ConvTranspose1d, L being the length of x:
 *
 *   y[n][o][j] = bias[o] + sum over c, k of x[n][c][i] * weight[o][c'][k]
 *                with j*stride + k*dilation - padding_begin = i, 0 <= i < L
 *
 * Channels of x and y stand before or behind positions, as the layouts say. c
 * ascends through the group's channels of x, and for each c, k ascends. A tap
 * that lands outside x is left out, not multiplied by zero. */
#include "error.h"
#include "sum.h"

/* One call. */
struct call {
    const struct tconv_spec *s;
    enum tconv_sum sum;
    const struct tconv_quantization *quantization;
    const void *x, *weight, *bias;
    int64_t batch, length; /* the layer's input length */
    int64_t output_length; /* and its output length */
    enum tconv_dtype weight_dtype;
    int32_t x_zero_point; /* of integers */
};

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Is the bias added when a sum is scaled, at its end? */
static int scales(const struct tconv_spec *s)
{
    return s->weight_dtype == TCONV_I8;
}

/* The sum's start: the bias, or +0. */
static union tconv_value start(const struct call *g, int64_t o)
{
    return g->bias && !scales(g->s)
               ? sum_load(tconv_spec_bias_dtype(g->s), g->bias, o)
               : sum_zero();
}

/* Position i of channel c of batch item n of x. */
static union tconv_value x_at(const struct call *g, int64_t channels,
                              int64_t length, int64_t n, int64_t c, int64_t i)
{
    const struct tconv_spec *s = g->s;
    const int back = s->pass == TCONV_GRAD_INPUT;
    union tconv_value x =
        sum_operand(s->precision, s->dtype, g->x,
                    tconv_layout_at(back ? s->output_layout : s->layout,
                                    channels, length, n, c, i));
    if (g->x_zero_point != 0)
        x.i32 -= g->x_zero_point;
    return x;
}

static union tconv_value weight_at(const struct call *g, int64_t at)
{
    const struct tconv_spec *s = g->s;
    const enum tconv_dtype dtype = g->weight_dtype;
    const union tconv_value w = sum_operand(s->precision, dtype, g->weight, at);
    if (scales(s))
        return (union tconv_value){.f32 = (float)w.i32};
    return s->pass == TCONV_GRAD_INPUT ? sum_conjugate(dtype, w) : w;
}

/* The taps that land inside the input for output position j: k = begin,
 * begin + step, ... below end, at i falling by `fall` from one to the next. */
struct taps {
    int64_t begin, end, step; /* k */
    int64_t i, fall;
};

static struct taps taps_of(const struct tconv_spec *s, int64_t length,
                           int64_t j)
{
    struct taps t = {s->kernel_size, s->kernel_size, 1, 0, 0};
    int found = 0;
    for (int64_t k = 0; k < s->kernel_size; k++) {
        int64_t at = j + s->padding_begin - k * s->dilation;
        if (at < 0)
            break; /* larger k reach further back still */
        if (at % s->stride != 0 || at / s->stride >= length)
            continue;
        if (!found) {
            t.begin = k;
            t.i = at / s->stride;
            t.end = k + 1;
            found = 1;
            continue;
        }
        /* The second tap tells the distance to all others. */
        t.step = k - t.begin;
        t.fall = t.i - at / s->stride;
        int64_t more = t.i / t.fall; /* i stays at or above 0 */
        int64_t room = (s->kernel_size - 1 - t.begin) / t.step;
        t.end = t.begin + (more < room ? more : room) * t.step + 1;
        break;
    }
    return t;
}

/* Element j of output row n, o; x has rows of `length` elements, `from`
 * channels of them, y has `to` channels. */
static union tconv_value transposed(const struct call *g, int64_t from,
                                    int64_t to, int64_t length, int64_t n,
                                    int64_t o, int64_t j)
{
    const struct tconv_spec *s = g->s;
    const int64_t group_in = from / s->groups, group_out = to / s->groups;
    const int64_t c_begin = o / group_out * group_in;
    const struct taps t = taps_of(s, length, j);
    union tconv_value acc = start(g, o);
    const int64_t parts = tconv_dtype_parts(s->dtype);
    for (int64_t row = c_begin * parts; row < (c_begin + group_in) * parts;
         row++) {
        const int64_t c = row / parts;
        const int64_t at_w = (c * group_out + o % group_out) * s->kernel_size;
        int64_t i = t.i;
        for (int64_t k = t.begin; k < t.end; k += t.step, i -= t.fall)
            sum_add_part(s->dtype, g->sum, &acc, weight_at(g, at_w + k),
                         x_at(g, from, length, n, c, i), (int)(row % parts));
    }
    return acc;
}

static union tconv_value direct(const struct call *g, int64_t from, int64_t to,
                                int64_t length, int64_t n, int64_t o, int64_t j)
{
    const struct tconv_spec *s = g->s;
    const int64_t group_in = from / s->groups, group_out = to / s->groups;
    const int64_t c_begin = o / group_out * group_in;
    union tconv_value acc = start(g, o);
    const int64_t parts = tconv_dtype_parts(s->dtype);
    for (int64_t row = 0; row < group_in * parts; row++) {
        const int64_t c = row / parts;
        const int64_t at_w = (o * group_in + c) * s->kernel_size;
        for (int64_t k = 0; k < s->kernel_size; k++) {
            int64_t i = j * s->stride + k * s->dilation - s->padding_begin;
            if (0 <= i && i < length)
                sum_add_part(s->dtype, g->sum, &acc, weight_at(g, at_w + k),
                             x_at(g, from, length, n, c_begin + c, i),
                             (int)(row % parts));
        }
    }
    return acc;
}

/* A part of an operand that is real, or made of such. */
static union tconv_value real_at(const struct call *g, const void *tensor,
                                 int part, int64_t at)
{
    const struct tconv_spec *s = g->s;
    return sum_part(s->dtype, sum_operand(s->precision, s->dtype, tensor, at),
                    part);
}

/* Element k of row `row` of grad_weight. The weight's first index is a channel
 * of `a`, its second one of the same group of `b`: a is x and b is grad_output,
 * in Conv1d the reverse. With i*stride + k*dilation - padding_begin = j:
 *
 *   grad_weight[c][o'][k] = sum over n, i of a[n][c][i] * b[n][o][j]
 *
 * Each block of positions i is summed from +0 and then added to those before
 * it, which keeps the rounding error of a long signal small and lets blocks be
 * summed side by side. */
static union tconv_value weight_sum(const struct call *g, int64_t row,
                                    int64_t k, int a_part, int b_part)
{
    const struct tconv_spec *s = g->s;
    const int conv = s->op == TCONV_CONV1D;
    const void *const a = conv ? g->weight : g->x;
    const void *const b = conv ? g->x : g->weight;
    const int64_t a_channels = conv ? s->out_channels : s->in_channels;
    const int64_t b_channels = conv ? s->in_channels : s->out_channels;
    const enum tconv_layout a_layout = conv ? s->output_layout : s->layout;
    const enum tconv_layout b_layout = conv ? s->layout : s->output_layout;
    const int64_t a_length = conv ? g->output_length : g->length;
    const int64_t b_length = conv ? g->length : g->output_length;
    const int64_t b_group = b_channels / s->groups;
    const int64_t c = row / b_group;
    const int64_t o = c / (a_channels / s->groups) * b_group + row % b_group;
    const enum tconv_dtype real = tconv_dtype_sum(s->dtype);
    union tconv_value acc = sum_zero();
    for (int64_t n = 0; n < g->batch; n++) {
        for (int64_t block = 0; block < a_length; block += SUM_BLOCK) {
            union tconv_value part = sum_zero();
            for (int64_t i = block; i < smaller(block + SUM_BLOCK, a_length);
                 i++) {
                int64_t j = i * s->stride + k * s->dilation - s->padding_begin;
                if (0 <= j && j < b_length)
                    sum_add(real, g->sum, &part,
                            real_at(g, a, a_part,
                                    tconv_layout_at(a_layout, a_channels,
                                                    a_length, n, c, i)),
                            real_at(g, b, b_part,
                                    tconv_layout_at(b_layout, b_channels,
                                                    b_length, n, o, j)));
            }
            sum_join(real, &acc, &part);
        }
    }
    return acc;
}

/* The same of complex tensors: conj(x) times grad_output, in sums of real
 * products. */
static union tconv_value complex_weight_sum(const struct call *g, int64_t row,
                                            int64_t k)
{
    const enum tconv_dtype real = tconv_dtype_sum(g->s->dtype);
    const int conv = g->s->op == TCONV_CONV1D; /* b is x */
    union tconv_value re = weight_sum(g, row, k, 0, 0);
    const union tconv_value re_more = weight_sum(g, row, k, 1, 1);
    union tconv_value im = weight_sum(g, row, k, conv, !conv);
    const union tconv_value im_less = weight_sum(g, row, k, !conv, conv);
    sum_join(real, &re, &re_more);
    if (real == TCONV_F64)
        im.f64 -= im_less.f64;
    else
        im.f32 -= im_less.f32;
    return sum_both(g->s->dtype, re, im);
}

static union tconv_value element(const struct call *g, int64_t row, int64_t at)
{
    const struct tconv_spec *s = g->s;
    if (s->pass == TCONV_GRAD_WEIGHT && tconv_dtype_parts(s->dtype) > 1)
        return complex_weight_sum(g, row, at);
    if (s->pass == TCONV_GRAD_WEIGHT)
        return weight_sum(g, row, at, 0, 0);
    const int back = s->pass == TCONV_GRAD_INPUT;
    const int64_t from = back ? s->out_channels : s->in_channels;
    const int64_t to = back ? s->in_channels : s->out_channels;
    const int64_t length = back ? g->output_length : g->length;
    const union tconv_value sum =
        tconv_spec_transposed(s)
            ? transposed(g, from, to, length, row / to, row % to, at)
            : direct(g, from, to, length, row / to, row % to, at);
    if (tconv_dtype_integer(s->dtype))
        return sum_quantized(s->output_dtype, g->quantization, sum, row % to);
    if (!scales(s))
        return sum;
    const float bias = g->bias ? ((const float *)g->bias)[row % to] : 0;
    return (union tconv_value){
        .f32 = sum_add_f32(g->sum, bias, sum.f32,
                           g->quantization->scale[row % to])};
}

static struct call call_of(const struct tconv_spec *s, enum tconv_sum sum,
                           const struct tconv_quantization *quantization,
                           const void *x, const void *weight, const void *bias,
                           int64_t batch, int64_t length)
{
    struct call call = {.s = s,
                        .sum = sum,
                        .quantization = quantization,
                        .x = x,
                        .weight = weight,
                        .bias = bias,
                        .batch = batch,
                        .length = length,
                        .weight_dtype = tconv_spec_weight_dtype(s)};
    (void)tconv_spec_output_length(s, length, &call.output_length, NULL);
    if (tconv_dtype_integer(s->dtype) && quantization)
        call.x_zero_point = quantization->x_zero_point;
    return call;
}

void tconv_generic_element(const struct tconv_spec *s, enum tconv_sum sum,
                           const struct tconv_quantization *quantization,
                           const void *x, const void *weight, const void *bias,
                           int64_t batch, int64_t length, int64_t row,
                           int64_t at, union tconv_value *value)
{
    const struct call call =
        call_of(s, sum, quantization, x, weight, bias, batch, length);
    const union tconv_value wide = element(&call, row, at);
    sum_store(tconv_spec_output_dtype(s), value, 0, &wide);
}

/* Of an empty batch there is nothing to read, but its weight's gradient is +0.
 */
static enum tconv_status check_tensors(const struct call *g,
                                       const struct tconv_sizes *sizes,
                                       const void *y, struct tconv_error *error)
{
    if (!y)
        return tconv_fail(error, TCONV_E_ARGUMENT, "y: must not be NULL");
    if (g->batch > 0 && (!g->x || !g->weight))
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "x, weight: must not be NULL");
    if (g->batch > 0 && (g->bias != NULL) != (sizes->bias > 0))
        return tconv_fail(error, TCONV_E_ARGUMENT, "bias: must%s be NULL",
                          sizes->bias > 0 ? " not" : "");
    return TCONV_OK;
}

enum tconv_status
tconv_generic_quantized(const struct tconv_spec *s, enum tconv_sum sum,
                        const struct tconv_quantization *quantization,
                        const void *x, const void *weight, const void *bias,
                        void *y, int64_t batch, int64_t length,
                        struct tconv_error *error)
{
    struct tconv_sizes sizes;
    enum tconv_status status = tconv_spec_check(s, error);
    if (status == TCONV_OK)
        status = tconv_spec_sizes(s, batch, length, &sizes, error);
    if (status == TCONV_OK)
        status = tconv_quantization_check(quantization, s, error);
    if (status != TCONV_OK || sizes.output == 0)
        return status;
    const struct call call =
        call_of(s, sum, quantization, x, weight, bias, batch, length);
    status = check_tensors(&call, &sizes, y, error);
    for (int64_t at = 0; status == TCONV_OK && at < sizes.output; at++) {
        const union tconv_value value =
            element(&call, at / sizes.output_length, at % sizes.output_length);
        sum_store(tconv_spec_output_dtype(s), y,
                  tconv_spec_output_at(s, &sizes, at / sizes.output_length,
                                       at % sizes.output_length),
                  &value);
    }
    return status;
}

enum tconv_status tconv_generic_run(const struct tconv_spec *s,
                                    enum tconv_sum sum, const void *x,
                                    const void *weight, const void *bias,
                                    void *y, int64_t batch, int64_t length,
                                    struct tconv_error *error)
{
    return tconv_generic_quantized(s, sum, NULL, x, weight, bias, y, batch,
                                   length, error);
}
