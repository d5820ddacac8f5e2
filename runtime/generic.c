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
    const void *x, *weight, *bias;
    int64_t batch, length; /* the layer's input length */
    int64_t output_length; /* and its output length */
};

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The sum's start: the bias, or +0. */
static union tconv_value start(const struct call *g, int64_t o)
{
    const union tconv_value zero = {.f64 = 0};
    return g->bias ? sum_load(g->s->dtype, g->bias, o) : zero;
}

/* Position i of channel c of batch item n of x. */
static union tconv_value x_at(const struct call *g, int64_t channels,
                              int64_t length, int64_t n, int64_t c, int64_t i)
{
    const struct tconv_spec *s = g->s;
    const int back = s->pass == TCONV_GRAD_INPUT;
    return sum_load(s->dtype, g->x,
                    tconv_layout_at(back ? s->output_layout : s->layout,
                                    channels, length, n, c, i));
}

static union tconv_value weight_at(const struct call *g, int64_t at)
{
    return sum_load(tconv_spec_weight_dtype(g->s), g->weight, at);
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
    for (int64_t c = c_begin; c < c_begin + group_in; c++) {
        const int64_t at_w = (c * group_out + o % group_out) * s->kernel_size;
        int64_t i = t.i;
        for (int64_t k = t.begin; k < t.end; k += t.step, i -= t.fall)
            sum_add(s->dtype, g->sum, &acc, weight_at(g, at_w + k),
                    x_at(g, from, length, n, c, i));
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
    for (int64_t c = 0; c < group_in; c++) {
        const int64_t at_w = (o * group_in + c) * s->kernel_size;
        for (int64_t k = 0; k < s->kernel_size; k++) {
            int64_t i = j * s->stride + k * s->dilation - s->padding_begin;
            if (0 <= i && i < length)
                sum_add(s->dtype, g->sum, &acc, weight_at(g, at_w + k),
                        x_at(g, from, length, n, c_begin + c, i));
        }
    }
    return acc;
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
                                    int64_t k)
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
    union tconv_value acc = {.f64 = 0};
    for (int64_t n = 0; n < g->batch; n++) {
        for (int64_t block = 0; block < a_length; block += SUM_BLOCK) {
            union tconv_value part = {.f64 = 0};
            for (int64_t i = block; i < smaller(block + SUM_BLOCK, a_length);
                 i++) {
                int64_t j = i * s->stride + k * s->dilation - s->padding_begin;
                if (0 <= j && j < b_length)
                    sum_add(s->dtype, g->sum, &part,
                            sum_load(s->dtype, a,
                                     tconv_layout_at(a_layout, a_channels,
                                                     a_length, n, c, i)),
                            sum_load(s->dtype, b,
                                     tconv_layout_at(b_layout, b_channels,
                                                     b_length, n, o, j)));
            }
            sum_join(s->dtype, &acc, &part);
        }
    }
    return acc;
}

static union tconv_value element(const struct call *g, int64_t row, int64_t at)
{
    const struct tconv_spec *s = g->s;
    if (s->pass == TCONV_GRAD_WEIGHT)
        return weight_sum(g, row, at);
    const int back = s->pass == TCONV_GRAD_INPUT;
    const int64_t from = back ? s->out_channels : s->in_channels;
    const int64_t to = back ? s->in_channels : s->out_channels;
    const int64_t length = back ? g->output_length : g->length;
    return tconv_spec_transposed(s)
               ? transposed(g, from, to, length, row / to, row % to, at)
               : direct(g, from, to, length, row / to, row % to, at);
}

void tconv_generic_element(const struct tconv_spec *s, enum tconv_sum sum,
                           const void *x, const void *weight, const void *bias,
                           int64_t batch, int64_t length, int64_t row,
                           int64_t at, union tconv_value *value)
{
    int64_t output_length = 0;
    (void)tconv_spec_output_length(s, length, &output_length, NULL);
    const struct call call = {s,    sum,   x,      weight,
                              bias, batch, length, output_length};
    *value = element(&call, row, at);
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

enum tconv_status tconv_generic_run(const struct tconv_spec *s,
                                    enum tconv_sum sum, const void *x,
                                    const void *weight, const void *bias,
                                    void *y, int64_t batch, int64_t length,
                                    struct tconv_error *error)
{
    struct tconv_sizes sizes;
    struct call call = {s, sum, x, weight, bias, batch, length, 0};
    enum tconv_status status = tconv_spec_check(s, error);
    if (status == TCONV_OK)
        status = tconv_spec_sizes(s, batch, length, &sizes, error);
    if (status == TCONV_OK)
        status =
            tconv_spec_output_length(s, length, &call.output_length, error);
    if (status != TCONV_OK || sizes.output == 0)
        return status;
    status = check_tensors(&call, &sizes, y, error);
    for (int64_t at = 0; status == TCONV_OK && at < sizes.output; at++) {
        const union tconv_value value =
            element(&call, at / sizes.output_length, at % sizes.output_length);
        sum_store(s->dtype, y,
                  tconv_spec_output_at(s, &sizes, at / sizes.output_length,
                                       at % sizes.output_length),
                  &value);
    }
    return status;
}
