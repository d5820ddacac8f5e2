#include "oracle.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Lengths of an output row before and after the crop. */
static int64_t full_length(const struct tconv_spec *s, int64_t length)
{
    return (length - 1) * s->stride + s->dilation * (s->kernel_size - 1) + 1 +
           s->output_padding;
}

static int64_t kept_length(const struct tconv_spec *s, int64_t length)
{
    return full_length(s, length) - s->padding_begin - s->padding_end;
}

static long double get(enum tconv_dtype dtype, const void *data, int64_t at)
{
    return dtype == TCONV_F32 ? (long double)((const float *)data)[at]
                              : (long double)((const double *)data)[at];
}

/* One row of full length: channel o of batch element n. */
static void scatter(const struct tconv_spec *s, const void *x,
                    const void *weight, int64_t length, int64_t n, int64_t o,
                    struct oracle_value *row)
{
    int64_t in = s->in_channels / s->groups, out = s->out_channels / s->groups;
    int64_t group = o / out;
    for (int64_t c = group * in; c < (group + 1) * in; c++) {
        for (int64_t i = 0; i < length; i++) {
            long double xv =
                get(s->dtype, x, (n * s->in_channels + c) * length + i);
            for (int64_t k = 0; k < s->kernel_size; k++) {
                long double w =
                    get(s->dtype, weight,
                        (c * out + o - group * out) * s->kernel_size + k);
                struct oracle_value *v = row + i * s->stride + k * s->dilation;
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
    int64_t full = full_length(s, length), kept = kept_length(s, length);
    size_t rows = (size_t)(batch * s->out_channels);
    struct oracle_value *row = calloc((size_t)full, sizeof *row);
    struct oracle_value *y = calloc(rows * (size_t)kept + 1, sizeof *y);
    if (!row || !y) {
        free(row);
        free(y);
        return NULL;
    }
    for (int64_t at = 0; at < (int64_t)rows; at++) {
        int64_t n = at / s->out_channels, o = at % s->out_channels;
        long double b = s->bias ? get(s->dtype, bias, o) : 0.0L;
        for (int64_t f = 0; f < full; f++)
            row[f] = (struct oracle_value){b, fabsl(b), 0};
        scatter(s, x, weight, length, n, o, row);
        memcpy(y + at * kept, row + s->padding_begin,
               (size_t)kept * sizeof *row);
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
    int64_t full = full_length(s, length), kept = kept_length(s, length);
    int64_t in = s->in_channels / s->groups, out = s->out_channels / s->groups;
    size_t rows = (size_t)(batch * s->out_channels);
    float *row = calloc((size_t)full, sizeof *row);
    float *y = calloc(rows * (size_t)kept + 1, sizeof *y);
    for (int64_t at = 0; row && y && at < (int64_t)rows; at++) {
        int64_t n = at / s->out_channels, o = at % s->out_channels;
        for (int64_t f = 0; f < full; f++)
            row[f] = s->bias ? bias[o] : 0.0F;
        int64_t first = o / out * in;
        for (int64_t c = first; c < first + in; c++) {
            const float *xc = x + (n * s->in_channels + c) * length;
            const float *wc = weight + (c * out + o % out) * s->kernel_size;
            for (int64_t k = 0; k < s->kernel_size; k++) {
                float *to = row + k * s->dilation;
                for (int64_t i = 0; i < length; i++, to += s->stride) {
                    volatile float product = xc[i] * wc[k];
                    *to = sum == TCONV_SUM_FUSED ? fmaf(xc[i], wc[k], *to)
                                                 : *to + product;
                }
            }
        }
        memcpy(y + at * kept, row + s->padding_begin,
               (size_t)kept * sizeof *row);
    }
    free(row);
    return y;
}

static void *bits_f64(const struct tconv_spec *s, enum tconv_sum sum,
                      const double *x, const double *weight, const double *bias,
                      int64_t batch, int64_t length)
{
    int64_t full = full_length(s, length), kept = kept_length(s, length);
    int64_t in = s->in_channels / s->groups, out = s->out_channels / s->groups;
    size_t rows = (size_t)(batch * s->out_channels);
    double *row = calloc((size_t)full, sizeof *row);
    double *y = calloc(rows * (size_t)kept + 1, sizeof *y);
    for (int64_t at = 0; row && y && at < (int64_t)rows; at++) {
        int64_t n = at / s->out_channels, o = at % s->out_channels;
        for (int64_t f = 0; f < full; f++)
            row[f] = s->bias ? bias[o] : 0.0;
        int64_t first = o / out * in;
        for (int64_t c = first; c < first + in; c++) {
            const double *xc = x + (n * s->in_channels + c) * length;
            const double *wc = weight + (c * out + o % out) * s->kernel_size;
            for (int64_t k = 0; k < s->kernel_size; k++) {
                double *to = row + k * s->dilation;
                for (int64_t i = 0; i < length; i++, to += s->stride) {
                    volatile double product = xc[i] * wc[k];
                    *to = sum == TCONV_SUM_FUSED ? fma(xc[i], wc[k], *to)
                                                 : *to + product;
                }
            }
        }
        memcpy(y + at * kept, row + s->padding_begin,
               (size_t)kept * sizeof *row);
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
