/* Running a kernel with its arguments checked, and comparing what two kernels
 * made. */
#include <string.h>

#include "error.h"

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
    const int64_t most = PTRDIFF_MAX / (strcmp(kernel->dtype, "f64") ? 4 : 8);
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

static int nan_f32(uint32_t bits)
{
    return (bits & UINT32_C(0x7fffffff)) > UINT32_C(0x7f800000);
}

static int nan_f64(uint64_t bits)
{
    return (bits & UINT64_C(0x7fffffffffffffff)) > UINT64_C(0x7ff0000000000000);
}

int64_t tconv_compare(enum tconv_dtype dtype, const void *a, const void *b,
                      int64_t count)
{
    if (count <= 0 ||
        !memcmp(a, b, (size_t)count * (size_t)tconv_dtype_bytes(dtype)))
        return -1;
    for (int64_t i = 0; i < count; i++) {
        if (dtype == TCONV_F64) {
            uint64_t p, q;
            memcpy(&p, (const char *)a + i * 8, sizeof p);
            memcpy(&q, (const char *)b + i * 8, sizeof q);
            if (p != q && !(nan_f64(p) && nan_f64(q)))
                return i;
        } else {
            uint32_t p, q;
            memcpy(&p, (const char *)a + i * 4, sizeof p);
            memcpy(&q, (const char *)b + i * 4, sizeof q);
            if (p != q && !(nan_f32(p) && nan_f32(q)))
                return i;
        }
    }
    return -1;
}
