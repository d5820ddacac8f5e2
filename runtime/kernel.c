/* Running a kernel with its arguments checked, and comparing what two kernels
 * made. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sum.h"

/* A signal of the call and how its rows and items lie. */
struct signal {
    const char *row_field, *batch_field;
    int64_t row, item;      /* elements from one to the next; 0: the least */
    int64_t rows, elements; /* of an item, of a row */
};

static enum tconv_status check_stride(const char *field, int64_t value,
                                      int64_t least, struct tconv_error *error)
{
    if (value == 0 || value >= least)
        return TCONV_OK;
    return tconv_fail(error, TCONV_E_ARGUMENT,
                      "%s=%lld: must be 0 or at least %lld, the elements of a "
                      "row",
                      field, (long long)value, (long long)least);
}

/* The signal's last element must be addressable. */
static enum tconv_status check_signal(const struct signal *s, int64_t batch,
                                      int64_t length, int64_t most,
                                      struct tconv_error *error)
{
    const int64_t row = s->row ? s->row : s->elements;
    int64_t item, end;
    enum tconv_status status =
        check_stride(s->row_field, s->row, s->elements, error);
    if (status == TCONV_OK)
        status = check_stride(s->batch_field, s->item, s->elements, error);
    if (status != TCONV_OK || batch == 0)
        return status;
    if (__builtin_mul_overflow(s->rows, row, &item) ||
        __builtin_mul_overflow(s->item ? s->item : item, batch - 1, &end) ||
        __builtin_add_overflow(end, item, &end) || end > most)
        return tconv_fail(error, TCONV_E_SIZE,
                          "batch=%lld, length=%lld: the tensors are too large "
                          "to address",
                          (long long)batch, (long long)length);
    return TCONV_OK;
}

/* The type of that name; the layer's own kernels have no other. */
static enum tconv_dtype dtype_of(const char *name)
{
    int i = 0;
    while (i < TCONV_I32 &&
           strcmp(name, tconv_dtype_name((enum tconv_dtype)i)) != 0)
        i++;
    return (enum tconv_dtype)i;
}

static struct signal signal_of(const char *layout, int64_t channels,
                               int64_t length)
{
    const int nlc = !strcmp(layout, "nlc");
    return (struct signal){.rows = nlc ? length : channels,
                           .elements = nlc ? channels : length};
}

static enum tconv_status check_sizes(const struct tconv_kernel *kernel,
                                     const struct tconv_args *args,
                                     int64_t output_length,
                                     struct tconv_error *error)
{
    const int64_t most =
        PTRDIFF_MAX / tconv_dtype_bytes(dtype_of(kernel->dtype));
    const struct signal input =
        signal_of(kernel->layout, kernel->in_channels, args->length);
    const struct signal output =
        signal_of(kernel->output_layout, kernel->out_channels, output_length);
    const int back = kernel->pass == TCONV_GRAD_INPUT;
    struct signal x = back ? output : input, y = back ? input : output;
    x.row_field = "x_row";
    x.batch_field = "x_batch";
    x.row = args->x_row;
    x.item = args->x_batch;
    y.row_field = "y_row";
    y.batch_field = "y_batch";
    y.row = args->y_row;
    y.item = args->y_batch;
    enum tconv_status status =
        check_signal(&x, args->batch, args->length, most, error);
    if (status == TCONV_OK)
        status = check_signal(&y, args->batch, args->length, most, error);
    return status;
}

static enum tconv_status check_layer(const struct tconv_kernel *kernel,
                                     const struct tconv_args *args,
                                     struct tconv_error *error)
{
    if (!kernel || !args)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "kernel and args: must not be NULL");
    if (kernel->abi != TCONV_KERNEL_ABI)
        return tconv_fail(error, TCONV_E_ABI,
                          "abi=%lu: this library runs kernels of abi %d",
                          (unsigned long)kernel->abi, TCONV_KERNEL_ABI);
    if (!kernel->supported())
        return tconv_fail(error, TCONV_E_ISA,
                          "isa=%s: this processor does not have it",
                          kernel->isa);
    if (args->length < 1)
        return tconv_fail(error, TCONV_E_LENGTH,
                          "length=%lld: must be at least 1",
                          (long long)args->length);
    if (kernel->fixed_length && args->length != kernel->fixed_length)
        return tconv_fail(error, TCONV_E_LENGTH,
                          "length=%lld: the layer's length is fixed at %lld",
                          (long long)args->length,
                          (long long)kernel->fixed_length);
    int64_t output_length = kernel->output_length(args->length);
    if (output_length < 1)
        return tconv_fail(error, TCONV_E_OUTPUT_LENGTH,
                          "length=%lld: no output is left after the crop, or "
                          "it is too large",
                          (long long)args->length);
    if (args->batch < 0)
        return tconv_fail(error, TCONV_E_BATCH,
                          "batch=%lld: must be at least 0",
                          (long long)args->batch);
    return check_sizes(kernel, args, output_length, error);
}

static enum tconv_status check_zero_point(const char *field, int32_t value,
                                          enum tconv_dtype dtype,
                                          struct tconv_error *error)
{
    const int32_t least = dtype == TCONV_I8 ? -128 : 0;
    const int32_t most = dtype == TCONV_I8 ? 127 : dtype == TCONV_U8 ? 255 : 0;
    if (value < least || value > most)
        return tconv_fail(error, TCONV_E_QUANTIZATION,
                          "%s=%ld: must be between %ld and %ld", field,
                          (long)value, (long)least, (long)most);
    return TCONV_OK;
}

static enum tconv_status check_quantization(const struct tconv_quantization *q,
                                            enum tconv_dtype dtype,
                                            enum tconv_dtype weight_dtype,
                                            enum tconv_dtype output_dtype,
                                            struct tconv_error *error)
{
    const int quantized = weight_dtype == TCONV_I8;
    if (quantized != (q != NULL))
        return tconv_fail(error, TCONV_E_QUANTIZATION,
                          "quantization: must%s be NULL, weights are of %s",
                          quantized ? " not" : "",
                          tconv_dtype_torch_name(weight_dtype));
    if (!q)
        return TCONV_OK;
    if (!q->scale)
        return tconv_fail(error, TCONV_E_QUANTIZATION,
                          "quantization: scale must not be NULL");
    enum tconv_status status =
        check_zero_point("x_zero_point", q->x_zero_point, dtype, error);
    if (status == TCONV_OK)
        status = check_zero_point("y_zero_point", q->y_zero_point, output_dtype,
                                  error);
    return status;
}

enum tconv_status
tconv_quantization_check(const struct tconv_quantization *quantization,
                         const struct tconv_spec *spec,
                         struct tconv_error *error)
{
    return check_quantization(quantization, spec->dtype,
                              tconv_spec_weight_dtype(spec),
                              tconv_spec_output_dtype(spec), error);
}

enum tconv_status tconv_kernel_check(const struct tconv_kernel *kernel,
                                     const struct tconv_args *args, int parts,
                                     struct tconv_error *error)
{
    enum tconv_status status = check_layer(kernel, args, error);
    if (status != TCONV_OK)
        return status;
    if (parts < 1)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "parts=%d: must be at least 1", parts);
    if (args->batch == 0 && kernel->pass != TCONV_GRAD_WEIGHT)
        return TCONV_OK;
    if (!args->y || (args->batch > 0 && (!args->x || !args->packed)))
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "x, packed, y: must not be NULL");
    status = check_quantization(args->quantization, dtype_of(kernel->dtype),
                                dtype_of(kernel->weight_dtype),
                                dtype_of(kernel->output_dtype), error);
    if (status != TCONV_OK)
        return status;
    size_t bytes = kernel->workspace_bytes(args->batch, args->length, parts);
    if (bytes > 0 && !args->workspace)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "workspace: must not be NULL, %zu bytes are needed",
                          bytes);
    return TCONV_OK;
}

enum tconv_status tconv_kernel_run(const struct tconv_kernel *kernel,
                                   const struct tconv_args *args,
                                   struct tconv_error *error)
{
    enum tconv_status status = tconv_kernel_check(kernel, args, 1, error);
    if (status == TCONV_OK)
        kernel->run(args, 0, 1);
    return status;
}

/* The bits of Inf: what is above, but for its sign, is NaN. */
static const uint64_t infinities[TCONV_DTYPE_COUNT] = {
    [TCONV_F32] = UINT64_C(0x7f800000),
    [TCONV_F64] = UINT64_C(0x7ff0000000000000),
    [TCONV_F16] = 0x7c00,
    [TCONV_BF16] = 0x7f80,
    [TCONV_I8] = UINT64_MAX,
    [TCONV_U8] = UINT64_MAX,
    [TCONV_I32] = UINT64_MAX};

static int is_nan(enum tconv_dtype dtype, uint64_t bits)
{
    const int64_t sign = 8 * tconv_dtype_bytes(dtype) - 1;
    return (bits & ~(UINT64_C(1) << sign)) > infinities[dtype];
}

void tconv_element_text(enum tconv_dtype dtype, const void *element,
                        char text[80])
{
    const union tconv_value value = sum_load(dtype, element, 0);
    if (tconv_dtype_integer(dtype)) {
        snprintf(text, 80, "%" PRId32, value.i32);
        return;
    }
    const union tconv_value re = sum_part(dtype, value, 0);
    const union tconv_value im = sum_part(dtype, value, 1);
    const int wide = tconv_dtype_sum(dtype) == TCONV_F64;
    const int used = snprintf(text, 80, "%.*g", wide ? 17 : 9,
                              wide ? re.f64 : (double)re.f32);
    if (tconv_dtype_parts(dtype) > 1)
        snprintf(text + used, 80 - (size_t)used, "%+.*gi", wide ? 17 : 9,
                 wide ? im.f64 : (double)im.f32);
}

int64_t tconv_compare(enum tconv_dtype dtype, const void *a, const void *b,
                      int64_t count)
{
    const int parts = tconv_dtype_parts(dtype);
    if (parts > 1) {
        int64_t at = tconv_compare(tconv_dtype_sum(dtype), a, b, count * parts);
        return at < 0 ? at : at / parts;
    }
    const size_t bytes = (size_t)tconv_dtype_bytes(dtype);
    if (count <= 0 || !memcmp(a, b, (size_t)count * bytes))
        return -1;
    for (int64_t i = 0; i < count; i++) {
        const size_t at = (size_t)i * bytes;
        uint64_t p = sum_number((int64_t)bytes, (const char *)a + at);
        uint64_t q = sum_number((int64_t)bytes, (const char *)b + at);
        if (p != q && !(is_nan(dtype, p) && is_nan(dtype, q)))
            return i;
    }
    return -1;
}
