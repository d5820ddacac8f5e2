/* Holds results against the generic kernel. */
#include "reference.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Elements of a row that are looked at in one go. */
#define PIECE 64

/* What one element costs, in multiply-adds: its sum, and finding its taps. */
static int64_t element_cost(const struct tconv_spec *s)
{
    int64_t taps = s->kernel_size / s->stride + 1;
    int64_t search =
        2 * s->stride < s->kernel_size ? 2 * s->stride : s->kernel_size;
    return s->in_channels / s->groups * taps + 4 * search;
}

static int64_t output_length(const struct reference *r)
{
    int64_t result = 0;
    tconv_spec_output_length(r->spec, r->length, &result, NULL);
    return result;
}

/* Elements [begin, end) of row `row`. */
static int64_t compare_piece(const struct reference *r, const void *y,
                             int64_t row, int64_t begin, int64_t end,
                             int64_t row_length, union tconv_value *want)
{
    const int64_t bytes = tconv_dtype_bytes(r->spec->dtype);
    for (int64_t j = begin; j < end; j++) {
        int64_t index = row * row_length + j;
        tconv_generic_element(r->spec, r->sum, r->x, r->weight, r->bias,
                              r->length, row / r->spec->out_channels,
                              row % r->spec->out_channels, j, want);
        if (tconv_compare(r->spec->dtype, (const char *)y + index * bytes, want,
                          1) >= 0)
            return index;
    }
    return -1;
}

int64_t reference_compare(const struct reference *r, const void *y,
                          int64_t budget, struct random *random,
                          int64_t *compared, union tconv_value *want)
{
    const int64_t row_length = output_length(r);
    const int64_t rows = r->batch * r->spec->out_channels;
    const int64_t cost = element_cost(r->spec);
    int64_t bad = -1;
    *compared = 0;
    if (rows * row_length <= budget / cost) {
        for (int64_t row = 0; row < rows && bad < 0; row++)
            bad = compare_piece(r, y, row, 0, row_length, row_length, want);
        *compared = rows * row_length;
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
        bad = compare_piece(r, y, row, begin, begin + size, row_length, want);
        *compared += size;
    }
    return bad;
}

static void describe_value(enum tconv_dtype dtype,
                           const union tconv_value *value, char *text,
                           size_t size)
{
    uint32_t bits32;
    uint64_t bits64;
    memcpy(&bits32, &value->f32, sizeof bits32);
    memcpy(&bits64, &value->f64, sizeof bits64);
    if (dtype == TCONV_F64)
        snprintf(text, size, "%.17g (bits %016" PRIx64 ")", value->f64, bits64);
    else
        snprintf(text, size, "%.9g (bits %08" PRIx32 ")", (double)value->f32,
                 bits32);
}

void reference_describe(const struct reference *r, const void *y, int64_t index,
                        const union tconv_value *want, char *text, size_t size)
{
    const int64_t bytes = tconv_dtype_bytes(r->spec->dtype);
    const int64_t row_length = output_length(r);
    const int64_t row = index / row_length;
    union tconv_value got = {.f64 = 0};
    char values[2][64];
    memcpy(&got, (const char *)y + index * bytes, (size_t)bytes);
    describe_value(r->spec->dtype, &got, values[0], sizeof values[0]);
    describe_value(r->spec->dtype, want, values[1], sizeof values[1]);
    snprintf(text, size,
             "y[%" PRId64 "][%" PRId64 "][%" PRId64
             "] is %s, the generic kernel's %s",
             row / r->spec->out_channels, row % r->spec->out_channels,
             index % row_length, values[0], values[1]);
}
