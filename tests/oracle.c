#include "oracle.h"
#include "support.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* How input position i and tap k meet in a row of full length, and which of its
 * elements the layer keeps. Conv1d's full row is its output at stride 1, with
 * as much padding as lets every tap meet every input. */
struct row {
    int64_t length;
    int64_t begin, per_i, per_k; /* they meet at begin + i*per_i + k*per_k */
    int64_t first, each, kept;   /* kept: first, first + each, ... */
};

static struct row row_of(const struct tconv_spec *s, int64_t length)
{
    const int64_t reach = s->dilation * (s->kernel_size - 1);
    const int64_t padding = s->padding_begin + s->padding_end;
    struct row r = {.length = (length - 1) * s->stride + reach + 1 +
                              s->output_padding,
                    .per_i = s->stride,
                    .per_k = s->dilation,
                    .first = s->padding_begin,
                    .each = 1};
    if (s->op == TCONV_CONV1D)
        r = (struct row){.length = padding + length + reach,
                         .begin = s->padding_begin + reach,
                         .per_i = 1,
                         .per_k = -s->dilation,
                         .first = reach,
                         .each = s->stride};
    const int64_t end =
        r.length - (s->op == TCONV_CONV1D ? reach : s->padding_end);
    r.kept = (end - r.first + r.each - 1) / r.each;
    return r;
}

static long double get(enum tconv_dtype dtype, const void *data, int64_t at)
{
    return dtype == TCONV_F32 ? (long double)((const float *)data)[at]
                              : (long double)((const double *)data)[at];
}

/* Adds up a row of full length: channel o of batch element n. */
static void scatter(const struct tconv_spec *s, const struct row *r,
                    const void *x, const void *weight, int64_t length,
                    int64_t n, int64_t o, struct oracle_value *row)
{
    int64_t in = s->in_channels / s->groups, out = s->out_channels / s->groups;
    for (int64_t c = o / out * in; c < (o / out + 1) * in; c++) {
        for (int64_t i = 0; i < length; i++) {
            long double xv =
                get(s->dtype, x, (n * s->in_channels + c) * length + i);
            for (int64_t k = 0; k < s->kernel_size; k++) {
                long double w = get(s->dtype, weight, weight_at(s, c, o, k));
                struct oracle_value *v =
                    row + r->begin + i * r->per_i + k * r->per_k;
                v->value += xv * w;
                v->magnitude += fabsl(xv * w);
                v->terms++;
            }
        }
    }
}

struct oracle_value *oracle_run(const struct tconv_spec *s, const void *x,
                                const void *weight, const void *bias,
                                int64_t batch, int64_t length)
{
    const struct row r = row_of(s, length);
    size_t rows = (size_t)(batch * s->out_channels);
    struct oracle_value *row = calloc((size_t)r.length, sizeof *row);
    struct oracle_value *y = calloc(rows * (size_t)r.kept + 1, sizeof *y);
    if (!row || !y) {
        free(row);
        free(y);
        return NULL;
    }
    for (int64_t at = 0; at < (int64_t)rows; at++) {
        int64_t n = at / s->out_channels, o = at % s->out_channels;
        long double b = s->bias ? get(s->dtype, bias, o) : 0.0L;
        for (int64_t f = 0; f < r.length; f++)
            row[f] = (struct oracle_value){b, fabsl(b), 0};
        scatter(s, &r, x, weight, length, n, o, row);
        for (int64_t j = 0; j < r.kept; j++)
            y[at * r.kept + j] = row[r.first + j * r.each];
    }
    free(row);
    return y;
}

long double oracle_bound(enum tconv_dtype dtype, const struct oracle_value *v)
{
    int narrow = dtype == TCONV_F32;
    long double unit = narrow ? 0x1p-24L : 0x1p-53L;
    long double tiny = narrow ? 0x1p-149L : 0x1p-1074L;
    /* One rounding a product and one an addition; the oracle's own on top. */
    long double n = (long double)(v->terms + 1);
    long double own = LDBL_EPSILON / 2;
    return (n * unit / (1 - n * unit) + n * own / (1 - n * own)) *
               v->magnitude +
           n * tiny;
}

static void *bits_f32(const struct tconv_spec *s, enum tconv_sum sum,
                      const float *x, const float *weight, const float *bias,
                      int64_t batch, int64_t length)
{
    const struct row r = row_of(s, length);
    int64_t in = s->in_channels / s->groups, out = s->out_channels / s->groups;
    size_t rows = (size_t)(batch * s->out_channels);
    float *row = calloc((size_t)r.length, sizeof *row);
    float *y = calloc(rows * (size_t)r.kept + 1, sizeof *y);
    for (int64_t at = 0; row && y && at < (int64_t)rows; at++) {
        int64_t n = at / s->out_channels, o = at % s->out_channels;
        for (int64_t f = 0; f < r.length; f++)
            row[f] = s->bias ? bias[o] : 0.0F;
        int64_t first = o / out * in;
        for (int64_t c = first; c < first + in; c++) {
            const float *xc = x + (n * s->in_channels + c) * length;
            for (int64_t k = 0; k < s->kernel_size; k++) {
                const float w = weight[weight_at(s, c, o, k)];
                float *to = row + r.begin + k * r.per_k;
                for (int64_t i = 0; i < length; i++, to += r.per_i) {
                    volatile float product = xc[i] * w;
                    *to = sum == TCONV_SUM_FUSED ? fmaf(xc[i], w, *to)
                                                 : *to + product;
                }
            }
        }
        for (int64_t j = 0; j < r.kept; j++)
            y[at * r.kept + j] = row[r.first + j * r.each];
    }
    free(row);
    return y;
}

static void *bits_f64(const struct tconv_spec *s, enum tconv_sum sum,
                      const double *x, const double *weight, const double *bias,
                      int64_t batch, int64_t length)
{
    const struct row r = row_of(s, length);
    int64_t in = s->in_channels / s->groups, out = s->out_channels / s->groups;
    size_t rows = (size_t)(batch * s->out_channels);
    double *row = calloc((size_t)r.length, sizeof *row);
    double *y = calloc(rows * (size_t)r.kept + 1, sizeof *y);
    for (int64_t at = 0; row && y && at < (int64_t)rows; at++) {
        int64_t n = at / s->out_channels, o = at % s->out_channels;
        for (int64_t f = 0; f < r.length; f++)
            row[f] = s->bias ? bias[o] : 0.0;
        int64_t first = o / out * in;
        for (int64_t c = first; c < first + in; c++) {
            const double *xc = x + (n * s->in_channels + c) * length;
            for (int64_t k = 0; k < s->kernel_size; k++) {
                const double w = weight[weight_at(s, c, o, k)];
                double *to = row + r.begin + k * r.per_k;
                for (int64_t i = 0; i < length; i++, to += r.per_i) {
                    volatile double product = xc[i] * w;
                    *to = sum == TCONV_SUM_FUSED ? fma(xc[i], w, *to)
                                                 : *to + product;
                }
            }
        }
        for (int64_t j = 0; j < r.kept; j++)
            y[at * r.kept + j] = row[r.first + j * r.each];
    }
    free(row);
    return y;
}

void *oracle_bits(const struct tconv_spec *s, enum tconv_sum sum, const void *x,
                  const void *weight, const void *bias, int64_t batch,
                  int64_t length)
{
    return s->dtype == TCONV_F32
               ? bits_f32(s, sum, x, weight, bias, batch, length)
               : bits_f64(s, sum, x, weight, bias, batch, length);
}
