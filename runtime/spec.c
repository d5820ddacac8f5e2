/* The rules of a valid layer and the arithmetic of its sizes. This is their
 * only home: the Lua side asks here. */
#include <stdio.h>
#include <string.h>

#include "error.h"

/* Every field fits in 31 bits, so that a product of two fits in 64. */
#define FIELD_MAX INT64_C(2147483647)

/* A tensor's last byte must be addressable. */
#define BYTES_MAX ((int64_t)PTRDIFF_MAX)

void tconv_spec_init(struct tconv_spec *spec, int64_t in_channels,
                     int64_t out_channels, int64_t kernel_size)
{
    memset(spec, 0, sizeof *spec);
    spec->in_channels = in_channels;
    spec->out_channels = out_channels;
    spec->kernel_size = kernel_size;
    spec->stride = 1;
    spec->groups = 1;
    spec->bias = 1;
    spec->dilation = 1;
}

/* Of each type. */
static const struct {
    const char *name, *torch_name;
    int64_t bytes;
    enum tconv_dtype sum;
} dtypes[TCONV_DTYPE_COUNT] = {
    [TCONV_F32] = {"f32", "float32", 4, TCONV_F32},
    [TCONV_F64] = {"f64", "float64", 8, TCONV_F64},
    [TCONV_F16] = {"f16", "float16", 2, TCONV_F32},
    [TCONV_BF16] = {"bf16", "bfloat16", 2, TCONV_F32},
    [TCONV_C64] = {"c64", "complex64", 8, TCONV_F32},
    [TCONV_C128] = {"c128", "complex128", 16, TCONV_F64},
    [TCONV_I8] = {"i8", "int8", 1, TCONV_I32},
    [TCONV_U8] = {"u8", "uint8", 1, TCONV_I32},
    [TCONV_I32] = {"i32", "int32", 4, TCONV_I32},
};

int64_t tconv_dtype_bytes(enum tconv_dtype dtype)
{
    return dtypes[dtype].bytes;
}

const char *tconv_dtype_name(enum tconv_dtype dtype)
{
    return dtypes[dtype].name;
}

const char *tconv_dtype_torch_name(enum tconv_dtype dtype)
{
    return dtypes[dtype].torch_name;
}

enum tconv_dtype tconv_dtype_sum(enum tconv_dtype dtype)
{
    return dtypes[dtype].sum;
}

int tconv_dtype_integer(enum tconv_dtype dtype)
{
    return dtypes[dtype].sum == TCONV_I32;
}

int tconv_dtype_parts(enum tconv_dtype dtype)
{
    return dtype == TCONV_C64 || dtype == TCONV_C128 ? 2 : 1;
}

enum tconv_dtype tconv_spec_weight_dtype(const struct tconv_spec *s)
{
    return tconv_dtype_integer(s->dtype) ? TCONV_I8
           : s->weight_dtype             ? s->weight_dtype
                                         : s->dtype;
}

int tconv_spec_quantized(const struct tconv_spec *s)
{
    return tconv_spec_weight_dtype(s) == TCONV_I8;
}

enum tconv_dtype tconv_spec_bias_dtype(const struct tconv_spec *s)
{
    return tconv_dtype_integer(s->dtype) ? TCONV_I32 : s->dtype;
}

enum tconv_dtype tconv_spec_output_dtype(const struct tconv_spec *s)
{
    return tconv_dtype_integer(s->dtype) ? s->output_dtype : s->dtype;
}

const char *tconv_layout_name(enum tconv_layout layout)
{
    return layout == TCONV_NLC ? "nlc" : "ncl";
}

const char *tconv_op_name(enum tconv_op op)
{
    return op == TCONV_CONV1D ? "Conv1d" : "ConvTranspose1d";
}

const char *tconv_pass_name(enum tconv_pass pass)
{
    static const char *const names[TCONV_PASS_COUNT] = {"forward", "grad_input",
                                                        "grad_weight"};
    return names[pass];
}

const char *tconv_precision_name(enum tconv_precision precision)
{
    return precision == TCONV_TF32 ? "tf32" : "full";
}

int tconv_spec_equal(const struct tconv_spec *a, const struct tconv_spec *b)
{
    return a->in_channels == b->in_channels &&
           a->out_channels == b->out_channels &&
           a->kernel_size == b->kernel_size && a->stride == b->stride &&
           a->padding_begin == b->padding_begin &&
           a->padding_end == b->padding_end &&
           a->output_padding == b->output_padding && a->groups == b->groups &&
           a->bias == b->bias && a->dilation == b->dilation &&
           a->dtype == b->dtype && a->layout == b->layout &&
           a->output_layout == b->output_layout && a->length == b->length &&
           a->op == b->op && a->pass == b->pass &&
           a->weight_dtype == b->weight_dtype && a->precision == b->precision &&
           a->output_dtype == b->output_dtype;
}

static enum tconv_status check_range(const char *field, int64_t value,
                                     int64_t least, enum tconv_status status,
                                     struct tconv_error *error)
{
    if (value < least)
        return tconv_fail(error, status, "%s=%lld: must be at least %lld",
                          field, (long long)value, (long long)least);
    if (value > FIELD_MAX)
        return tconv_fail(error, status, "%s=%lld: must be at most %lld", field,
                          (long long)value, (long long)FIELD_MAX);
    return TCONV_OK;
}

static enum tconv_status check_fields(const struct tconv_spec *s,
                                      struct tconv_error *error)
{
    const struct {
        const char *field;
        int64_t value;
        int64_t least;
        enum tconv_status status;
    } rules[] = {
        {"in_channels", s->in_channels, 1, TCONV_E_IN_CHANNELS},
        {"out_channels", s->out_channels, 1, TCONV_E_OUT_CHANNELS},
        {"kernel_size", s->kernel_size, 1, TCONV_E_KERNEL_SIZE},
        {"stride", s->stride, 1, TCONV_E_STRIDE},
        {"padding", s->padding_begin, 0, TCONV_E_PADDING},
        {"padding", s->padding_end, 0, TCONV_E_PADDING},
        {"output_padding", s->output_padding, 0, TCONV_E_OUTPUT_PADDING},
        {"groups", s->groups, 1, TCONV_E_GROUPS},
        {"dilation", s->dilation, 1, TCONV_E_DILATION},
        {"length", s->length, 0, TCONV_E_LENGTH},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        enum tconv_status status =
            check_range(rules[i].field, rules[i].value, rules[i].least,
                        rules[i].status, error);
        if (status != TCONV_OK)
            return status;
    }
    if (s->bias != 0 && s->bias != 1)
        return tconv_fail(error, TCONV_E_BIAS,
                          "bias=%lld: must be true or false",
                          (long long)s->bias);
    if ((unsigned)s->dtype >= TCONV_I32)
        return tconv_fail(error, TCONV_E_DTYPE,
                          "dtype=%d: must be float32, float64, float16, "
                          "bfloat16, complex64, complex128, int8 or uint8",
                          (int)s->dtype);
    if ((unsigned)s->layout >= TCONV_LAYOUT_COUNT)
        return tconv_fail(error, TCONV_E_LAYOUT,
                          "layout=%d: must be ncl or nlc", (int)s->layout);
    if ((unsigned)s->output_layout >= TCONV_LAYOUT_COUNT)
        return tconv_fail(error, TCONV_E_LAYOUT,
                          "output_layout=%d: must be ncl or nlc",
                          (int)s->output_layout);
    if (s->weight_dtype != 0 && s->weight_dtype != TCONV_F16 &&
        s->weight_dtype != TCONV_BF16 && s->weight_dtype != TCONV_I8)
        return tconv_fail(error, TCONV_E_DTYPE,
                          "weight_dtype=%d: must be float16, bfloat16, int8 or "
                          "the layer's",
                          (int)s->weight_dtype);
    if (s->weight_dtype != 0 && s->dtype != TCONV_F32)
        return tconv_fail(error, TCONV_E_DTYPE,
                          "weight_dtype=%s: needs dtype float32",
                          tconv_dtype_name(s->weight_dtype));
    if (s->weight_dtype != 0 && s->pass == TCONV_GRAD_WEIGHT)
        return tconv_fail(error, TCONV_E_DTYPE,
                          "weight_dtype=%s: grad_weight is of the layer's "
                          "dtype; leave it out",
                          tconv_dtype_name(s->weight_dtype));
    if (s->weight_dtype == TCONV_I8 && s->pass != TCONV_FORWARD)
        return tconv_fail(error, TCONV_E_PASS,
                          "pass=%s: layers with weights of int8 are forward "
                          "alone",
                          tconv_pass_name(s->pass));
    if ((unsigned)s->op >= TCONV_OP_COUNT)
        return tconv_fail(error, TCONV_E_OP,
                          "op=%d: must be ConvTranspose1d or Conv1d",
                          (int)s->op);
    if ((unsigned)s->pass >= TCONV_PASS_COUNT)
        return tconv_fail(error, TCONV_E_PASS,
                          "pass=%d: must be forward, grad_input or grad_weight",
                          (int)s->pass);
    if ((unsigned)s->precision >= TCONV_PRECISION_COUNT)
        return tconv_fail(error, TCONV_E_PRECISION,
                          "precision=%d: must be full or tf32",
                          (int)s->precision);
    if (tconv_dtype_integer(s->dtype) && s->pass != TCONV_FORWARD)
        return tconv_fail(
            error, TCONV_E_PASS, "pass=%s: layers of %s are forward alone",
            tconv_pass_name(s->pass), tconv_dtype_torch_name(s->dtype));
    if (tconv_dtype_integer(s->dtype) && s->output_dtype != TCONV_I8 &&
        s->output_dtype != TCONV_U8 && s->output_dtype != TCONV_F32)
        return tconv_fail(error, TCONV_E_DTYPE,
                          "output_dtype=%d: must be int8, uint8 or float32",
                          (int)s->output_dtype);
    if (!tconv_dtype_integer(s->dtype) && s->output_dtype != 0)
        return tconv_fail(error, TCONV_E_DTYPE,
                          "output_dtype=%d: needs dtype int8 or uint8",
                          (int)s->output_dtype);
    if (s->precision == TCONV_TF32 &&
        (s->dtype != TCONV_F32 || s->weight_dtype != 0))
        return tconv_fail(error, TCONV_E_PRECISION,
                          "precision=tf32: needs dtype float32, of the weight "
                          "as well");
    return TCONV_OK;
}

enum tconv_status tconv_spec_check(const struct tconv_spec *s,
                                   struct tconv_error *error)
{
    if (!s)
        return tconv_fail(error, TCONV_E_ARGUMENT, "spec: must not be NULL");
    enum tconv_status status = check_fields(s, error);
    if (status != TCONV_OK)
        return status;
    if (s->in_channels % s->groups || s->out_channels % s->groups)
        return tconv_fail(error, TCONV_E_GROUPS,
                          "groups=%lld: must divide in_channels=%lld and "
                          "out_channels=%lld",
                          (long long)s->groups, (long long)s->in_channels,
                          (long long)s->out_channels);
    int64_t larger = s->stride > s->dilation ? s->stride : s->dilation;
    if (s->op == TCONV_CONV1D && s->output_padding != 0)
        return tconv_fail(error, TCONV_E_OUTPUT_PADDING,
                          "output_padding=%lld: must be 0, Conv1d has none",
                          (long long)s->output_padding);
    if (s->output_padding >= larger)
        return tconv_fail(error, TCONV_E_OUTPUT_PADDING,
                          "output_padding=%lld: must be below stride=%lld or "
                          "below dilation=%lld",
                          (long long)s->output_padding, (long long)s->stride,
                          (long long)s->dilation);

    /* A complex weight is packed as four real ones, and four of int8, or fewer,
     * as one of int32. Thrice its bytes: packed weights carry a bias for each
     * row, and where there are gaps, one for each channel. */
    const int64_t parts = tconv_dtype_parts(s->dtype);
    int64_t bytes =
        3 * parts * parts * tconv_dtype_bytes(tconv_dtype_sum(s->dtype));
    if (__builtin_mul_overflow(bytes, s->in_channels, &bytes) ||
        __builtin_mul_overflow(bytes, s->out_channels / s->groups, &bytes) ||
        __builtin_mul_overflow(bytes, s->kernel_size, &bytes) ||
        bytes > BYTES_MAX - (1 << 20))
        return tconv_fail(error, TCONV_E_SIZE,
                          "weight: in_channels=%lld * out_channels/groups=%lld "
                          "* kernel_size=%lld elements are too large to "
                          "address",
                          (long long)s->in_channels,
                          (long long)(s->out_channels / s->groups),
                          (long long)s->kernel_size);
    if (s->length) {
        struct tconv_sizes sizes;
        return tconv_spec_sizes(s, 1, s->length, &sizes, error);
    }
    int64_t least, most;
    tconv_spec_length_range(s, &least, &most);
    if (least > most)
        return tconv_fail(error, TCONV_E_SIZE,
                          "kernel_size=%lld, dilation=%lld, padding=%lld,%lld: "
                          "every output is empty or too large to address",
                          (long long)s->kernel_size, (long long)s->dilation,
                          (long long)s->padding_begin,
                          (long long)s->padding_end);
    return TCONV_OK;
}

void tconv_spec_weight_shape(const struct tconv_spec *s, int64_t shape[3])
{
    const int conv = s->op == TCONV_CONV1D;
    shape[0] = conv ? s->out_channels : s->in_channels;
    shape[1] = (conv ? s->in_channels : s->out_channels) / s->groups;
    shape[2] = s->kernel_size;
}

int64_t tconv_layout_at(enum tconv_layout layout, int64_t channels,
                        int64_t length, int64_t n, int64_t c, int64_t i)
{
    return layout == TCONV_NLC ? (n * length + i) * channels + c
                               : (n * channels + c) * length + i;
}

int64_t tconv_spec_output_at(const struct tconv_spec *s,
                             const struct tconv_sizes *sizes, int64_t row,
                             int64_t at)
{
    const int back = s->pass == TCONV_GRAD_INPUT;
    const int64_t channels = back ? s->in_channels : s->out_channels;
    if (s->pass == TCONV_GRAD_WEIGHT)
        return row * sizes->output_length + at;
    return tconv_layout_at(back ? s->layout : s->output_layout, channels,
                           sizes->output_length, row / channels, row % channels,
                           at);
}

int64_t tconv_spec_weight_elements(const struct tconv_spec *s)
{
    int64_t shape[3];
    tconv_spec_weight_shape(s, shape);
    return shape[0] * shape[1] * shape[2];
}

int tconv_spec_transposed(const struct tconv_spec *s)
{
    return (s->op == TCONV_CONV1D) == (s->pass == TCONV_GRAD_INPUT);
}

/* How much of x and its padding a row of taps covers, but for one element. */
static int64_t span(const struct tconv_spec *s)
{
    return s->dilation * (s->kernel_size - 1);
}

/* Lout of a length, which may come out at or below 0. */
static enum tconv_status raw_output_length(const struct tconv_spec *s,
                                           int64_t length, int64_t *result,
                                           struct tconv_error *error)
{
    if (length < 1)
        return tconv_fail(error, TCONV_E_LENGTH,
                          "length=%lld: must be at least 1", (long long)length);
    if (s->length && length != s->length)
        return tconv_fail(error, TCONV_E_LENGTH,
                          "length=%lld: the layer's length is fixed at %lld",
                          (long long)length, (long long)s->length);
    int64_t full;
    if (s->op == TCONV_CONV1D) {
        if (length > BYTES_MAX / 2)
            return tconv_fail(error, TCONV_E_SIZE,
                              "length=%lld: the input is too large to address",
                              (long long)length);
        full = length + s->padding_begin + s->padding_end - span(s) - 1;
        *result = full < 0 ? 0 : full / s->stride + 1;
        return TCONV_OK;
    }
    if (__builtin_mul_overflow(length - 1, s->stride, &full) ||
        __builtin_add_overflow(full, span(s) + s->output_padding + 1, &full) ||
        full > BYTES_MAX / 2)
        return tconv_fail(error, TCONV_E_SIZE,
                          "length=%lld: the output is too large to address",
                          (long long)length);
    *result = full - s->padding_begin - s->padding_end;
    return TCONV_OK;
}

enum tconv_status tconv_spec_output_length(const struct tconv_spec *s,
                                           int64_t length,
                                           int64_t *output_length,
                                           struct tconv_error *error)
{
    int64_t result = 0;
    enum tconv_status status = raw_output_length(s, length, &result, error);
    if (status != TCONV_OK)
        return status;
    if (result < 1 && s->op == TCONV_CONV1D)
        return tconv_fail(error, TCONV_E_OUTPUT_LENGTH,
                          "length=%lld: with padding=%lld,%lld must be at "
                          "least dilation*(kernel_size-1) + 1 = %lld",
                          (long long)length, (long long)s->padding_begin,
                          (long long)s->padding_end, (long long)span(s) + 1);
    if (result < 1)
        return tconv_fail(error, TCONV_E_OUTPUT_LENGTH,
                          "output length %lld for length=%lld: must be at "
                          "least 1 (padding=%lld,%lld crops it all)",
                          (long long)result, (long long)length,
                          (long long)s->padding_begin,
                          (long long)s->padding_end);
    *output_length = result;
    return TCONV_OK;
}

/* Of an element of x or y. */
static int64_t widest_bytes(const struct tconv_spec *s)
{
    const int64_t x = tconv_dtype_bytes(s->dtype);
    const int64_t y = tconv_dtype_bytes(tconv_spec_output_dtype(s));
    return x > y ? x : y;
}

/* Conv1d's part of the following: how long x may be. */
static void conv_range(const struct tconv_spec *s, int64_t elements,
                       int64_t *least, int64_t *most)
{
    const int64_t lacking = span(s) + 1 - s->padding_begin - s->padding_end;
    *least = lacking > 1 ? lacking : 1;
    *most = elements / s->in_channels;
    int64_t reach;
    if (!__builtin_mul_overflow(elements / s->out_channels, s->stride,
                                &reach) &&
        !__builtin_add_overflow(reach, lacking - 1, &reach) && reach < *most)
        *most = reach;
}

void tconv_spec_length_range(const struct tconv_spec *s, int64_t *least,
                             int64_t *most)
{
    if (s->length) {
        *least = *most = s->length;
        return;
    }
    int64_t elements = BYTES_MAX / widest_bytes(s);
    if (s->op == TCONV_CONV1D) {
        conv_range(s, elements, least, most);
        return;
    }
    int64_t crop = s->padding_begin + s->padding_end;
    int64_t at_one = span(s) + s->output_padding + 1 - crop;
    *least = at_one >= 1 ? 1 : (1 - at_one + s->stride - 1) / s->stride + 1;
    int64_t output = elements / s->out_channels;
    if (output > BYTES_MAX / 2 - crop)
        output = BYTES_MAX / 2 - crop;
    *most = at_one > output ? 0 : (output - at_one) / s->stride + 1;
    if (*most > elements / s->in_channels)
        *most = elements / s->in_channels;
}

enum tconv_status tconv_spec_set_output_size(struct tconv_spec *s,
                                             int64_t length,
                                             int64_t output_size,
                                             struct tconv_error *error)
{
    struct tconv_spec result = *s;
    int64_t least = 0;
    if (s->op == TCONV_CONV1D)
        return tconv_fail(error, TCONV_E_OUTPUT_SIZE,
                          "output_size=%lld: Conv1d has no such argument",
                          (long long)output_size);
    result.output_padding = 0;
    enum tconv_status status =
        raw_output_length(&result, length, &least, error);
    if (status != TCONV_OK)
        return status;
    if (output_size < least || output_size > least + s->stride - 1)
        return tconv_fail(error, TCONV_E_OUTPUT_SIZE,
                          "output_size=%lld: must be between %lld and %lld "
                          "for length=%lld",
                          (long long)output_size, (long long)least,
                          (long long)(least + s->stride - 1),
                          (long long)length);
    result.output_padding = output_size - least;
    status = tconv_spec_output_length(&result, length, &least, error);
    if (status == TCONV_OK)
        *s = result;
    return status;
}

enum tconv_status tconv_spec_sizes(const struct tconv_spec *s, int64_t batch,
                                   int64_t length, struct tconv_sizes *sizes,
                                   struct tconv_error *error)
{
    int64_t output_length = 0, x, y, macs;
    if (batch < 0)
        return tconv_fail(error, TCONV_E_BATCH,
                          "batch=%lld: must be at least 0", (long long)batch);
    enum tconv_status status =
        tconv_spec_output_length(s, length, &output_length, error);
    if (status != TCONV_OK)
        return status;
    const int64_t bytes = tconv_dtype_bytes(s->dtype);
    const int64_t most = BYTES_MAX / widest_bytes(s);
    const int64_t weight = tconv_spec_weight_elements(s);
    if (__builtin_mul_overflow(s->in_channels, length, &x) ||
        __builtin_mul_overflow(x, batch, &x) || x > most ||
        __builtin_mul_overflow(s->out_channels, output_length, &y) ||
        __builtin_mul_overflow(y, batch, &y) || y > most)
        return tconv_fail(error, TCONV_E_SIZE,
                          "batch=%lld, length=%lld: the tensors are too large "
                          "to address",
                          (long long)batch, (long long)length);
    const int parts = tconv_dtype_parts(s->dtype);
    if (__builtin_mul_overflow(
            weight, s->op == TCONV_CONV1D ? output_length : length, &macs) ||
        __builtin_mul_overflow(macs, (int64_t)parts * parts, &macs) ||
        __builtin_mul_overflow(macs, batch, &macs))
        macs = INT64_MAX;
    *sizes = (struct tconv_sizes){
        .input = x,
        .input_length = length,
        .output = y,
        .output_length = output_length,
        .rows = batch * s->out_channels,
        .weight = weight,
        .macs = macs,
        .element_bytes = bytes,
        .weight_element_bytes = tconv_dtype_bytes(tconv_spec_weight_dtype(s)),
        .bias_element_bytes = tconv_dtype_bytes(tconv_spec_bias_dtype(s)),
        .output_element_bytes = tconv_dtype_bytes(tconv_spec_output_dtype(s)),
    };
    if (s->pass == TCONV_FORWARD)
        sizes->bias = s->bias ? s->out_channels : 0;
    if (s->pass == TCONV_GRAD_INPUT) {
        sizes->input = y;
        sizes->input_length = output_length;
        sizes->output = x;
        sizes->output_length = length;
        sizes->rows = batch * s->in_channels;
    }
    if (s->pass == TCONV_GRAD_WEIGHT) {
        sizes->weight = y;
        sizes->output = weight;
        sizes->output_length = s->kernel_size;
        sizes->rows = weight / s->kernel_size;
    }
    return TCONV_OK;
}
