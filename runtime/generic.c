/* The generic kernel: the definition of ConvTranspose1d, for any layer, in the
 * canonical order of the sum. Every other kernel is held to it, so it is
 * written to be believed at sight, not to be fast.
 *
 *   y[n][o][j] = bias[o] + sum over c, k of x[n][c][i] * weight[c][o'][k]
 *                with i*stride + k*dilation - padding_begin = j, 0 <= i < L
 *
 * c ascends through the group's input channels, and for each c, k ascends. A
 * tap that lands outside the input is left out, not multiplied by zero. */
#include "error.h"
#include "sum.h"

/* The sum's start: the bias, or +0. */
static union tconv_value start(const struct tconv_spec *s, const void *bias,
                               int64_t o)
{
    const union tconv_value zero = {.f64 = 0};
    return s->bias ? sum_load(s->dtype, bias, o) : zero;
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

void tconv_generic_element(const struct tconv_spec *s, enum tconv_sum sum,
                           const void *x, const void *weight, const void *bias,
                           int64_t length, int64_t n, int64_t o, int64_t j,
                           union tconv_value *value)
{
    const int64_t group_in = s->in_channels / s->groups;
    const int64_t group_out = s->out_channels / s->groups;
    const int64_t c_begin = o / group_out * group_in;
    const struct taps t = taps_of(s, length, j);
    *value = start(s, bias, o);
    for (int64_t c = c_begin; c < c_begin + group_in; c++) {
        const int64_t at_w = (c * group_out + o % group_out) * s->kernel_size;
        const int64_t at_x = (n * s->in_channels + c) * length;
        int64_t i = t.i;
        for (int64_t k = t.begin; k < t.end; k += t.step, i -= t.fall)
            sum_add(s->dtype, sum, value, weight, at_w + k, x, at_x + i);
    }
}

enum tconv_status tconv_generic_run(const struct tconv_spec *s,
                                    enum tconv_sum sum, const void *x,
                                    const void *weight, const void *bias,
                                    void *y, int64_t batch, int64_t length,
                                    struct tconv_error *error)
{
    struct tconv_sizes sizes;
    enum tconv_status status = tconv_spec_check(s, error);
    if (status == TCONV_OK)
        status = tconv_spec_sizes(s, batch, length, &sizes, error);
    if (status != TCONV_OK)
        return status;
    if (batch == 0)
        return TCONV_OK;
    if (!x || !weight || !y || (bias != NULL) != (s->bias != 0))
        return tconv_fail(error, TCONV_E_ARGUMENT, "x, weight, bias, y: %s",
                          s->bias ? "must not be NULL"
                                  : "only bias must be NULL");
    for (int64_t n = 0; n < batch; n++) {
        for (int64_t o = 0; o < s->out_channels; o++) {
            for (int64_t j = 0; j < sizes.output_length; j++) {
                int64_t at =
                    (n * s->out_channels + o) * sizes.output_length + j;
                union tconv_value value;
                tconv_generic_element(s, sum, x, weight, bias, length, n, o, j,
                                      &value);
                sum_store(s->dtype, y, at, &value);
            }
        }
    }
    return TCONV_OK;
}
