/* Holds results against the generic kernel. */
#include "reference.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "sum.h"

/* Elements of a row that are looked at in one go. */
#define PIECE 64

/* What one element costs, in multiply-adds: its sum, and finding its taps. */
static int64_t element_cost(const struct reference *r,
                            const struct tconv_sizes *sizes)
{
    const struct tconv_spec *s = r->spec;
    int64_t taps = s->kernel_size / s->stride + 1;
    int64_t search =
        2 * s->stride < s->kernel_size ? 2 * s->stride : s->kernel_size;
    if (s->pass == TCONV_GRAD_WEIGHT)
        return 1 + r->batch * sizes->input_length;
    if (!tconv_spec_transposed(s))
        taps = search = s->kernel_size;
    int64_t channels =
        s->pass == TCONV_GRAD_INPUT ? s->out_channels : s->in_channels;
    return channels / s->groups * taps + 4 * search;
}

static struct tconv_sizes sizes_of(const struct reference *r)
{
    struct tconv_sizes sizes = {.output = 0};
    tconv_spec_sizes(r->spec, r->batch, r->length, &sizes, NULL);
    return sizes;
}

/* Elements [begin, end) of row `row`. */
static int64_t compare_piece(const struct reference *r, const void *y,
                             int64_t row, int64_t begin, int64_t end,
                             const struct tconv_sizes *sizes,
                             union tconv_value *want)
{
    const enum tconv_dtype dtype = tconv_spec_output_dtype(r->spec);
    const int64_t bytes = tconv_dtype_bytes(dtype);
    for (int64_t j = begin; j < end; j++) {
        const int64_t at = tconv_spec_output_at(r->spec, sizes, row, j);
        tconv_generic_element(r->spec, r->sum, r->quantization, r->x, r->weight,
                              r->bias, r->batch, r->length, row, j, want);
        if (tconv_compare(dtype, (const char *)y + at * bytes, want, 1) >= 0)
            return row * sizes->output_length + j;
    }
    return -1;
}

int64_t reference_compare(const struct reference *r, const void *y,
                          int64_t budget, struct random *random,
                          int64_t *compared, union tconv_value *want)
{
    const struct tconv_sizes sizes = sizes_of(r);
    const int64_t row_length = sizes.output_length, rows = sizes.rows;
    const int64_t cost = element_cost(r, &sizes);
    int64_t bad = -1;
    *compared = 0;
    if (sizes.output <= budget / cost) {
        for (int64_t row = 0; row < rows && bad < 0; row++)
            bad = compare_piece(r, y, row, 0, row_length, &sizes, want);
        *compared = sizes.output;
        return bad;
    }
    /* At least both ends of two rows, whatever they cost. */
    for (int turn = 0; bad < 0 && (turn < 4 || *compared < budget / cost);
         turn++) {
        int64_t row = turn < 2   ? 0
                      : turn < 4 ? rows - 1
                                 : random_below(random, rows);
        int64_t size = row_length < PIECE ? row_length : PIECE;
        int64_t last = row_length - size;
        int which = turn < 4 ? turn % 2 : (int)random_below(random, 4);
        int64_t begin = which == 0   ? 0
                        : which == 1 ? last
                                     : random_below(random, last + 1);
        bad = compare_piece(r, y, row, begin, begin + size, &sizes, want);
        *compared += size;
    }
    return bad;
}

static void describe_value(enum tconv_dtype dtype,
                           const union tconv_value *value, char *text,
                           size_t size)
{
    char number[80];
    tconv_element_text(dtype, value, number);
    snprintf(text, size, "%s (bits", number);
    const int parts = tconv_dtype_parts(dtype);
    const int64_t bytes = tconv_dtype_bytes(dtype) / parts;
    for (int i = 0; i < parts; i++) {
        const size_t used = strlen(text);
        snprintf(text + used, size - used, " %0*" PRIx64, (int)(2 * bytes),
                 sum_number(bytes, (const char *)value + i * bytes));
    }
    strncat(text, ")", size - strlen(text) - 1);
}

void reference_describe(const struct reference *r, const void *y, int64_t index,
                        const union tconv_value *want, char *text, size_t size)
{
    const enum tconv_dtype dtype = tconv_spec_output_dtype(r->spec);
    const int64_t bytes = tconv_dtype_bytes(dtype);
    const struct tconv_sizes sizes = sizes_of(r);
    const int64_t row = index / sizes.output_length;
    /* The first index of a weight is a channel, of other tensors an item. */
    int64_t shape[3];
    tconv_spec_weight_shape(r->spec, shape);
    const int64_t second = r->batch > 0 && r->spec->pass != TCONV_GRAD_WEIGHT
                               ? sizes.rows / r->batch
                               : shape[1];
    union tconv_value got = {.c128 = {0, 0}};
    char values[2][160];
    memcpy(&got,
           (const char *)y + tconv_spec_output_at(r->spec, &sizes, row,
                                                  index % sizes.output_length) *
                                 bytes,
           (size_t)bytes);
    describe_value(dtype, &got, values[0], sizeof values[0]);
    describe_value(dtype, want, values[1], sizeof values[1]);
    snprintf(text, size,
             "y[%" PRId64 "][%" PRId64 "][%" PRId64
             "] is %s, the generic kernel's %s",
             row / second, row % second, index % sizes.output_length, values[0],
             values[1]);
}
