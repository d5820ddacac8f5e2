#define _GNU_SOURCE
#include "support.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

uint64_t prng_next(struct prng *prng)
{
    uint64_t z = prng->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int64_t prng_range(struct prng *prng, int64_t least, int64_t most)
{
    uint64_t span = (uint64_t)(most - least) + 1;
    return least + (int64_t)(prng_next(prng) % span);
}

double prng_unit(struct prng *prng)
{
    return (double)(prng_next(prng) >> 11) * 0x1p-52 - 1.0;
}

void guarded_make(struct guarded *buffer, size_t bytes, enum guard_side side)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t body = (bytes + page - 1) / page * page;
    buffer->bytes = bytes;
    buffer->map_bytes = body + page;
    buffer->map = mmap(NULL, buffer->map_bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(buffer->map != MAP_FAILED);
    char *guard = (char *)buffer->map + (side == GUARD_AFTER ? body : 0);
    assert_int_equal(mprotect(guard, page, PROT_NONE), 0);
    buffer->data = side == GUARD_AFTER ? guard - bytes : guard + page;
}

void guarded_free(struct guarded *buffer)
{
    if (buffer->map)
        munmap(buffer->map, buffer->map_bytes);
    memset(buffer, 0, sizeof *buffer);
}

double value_get(enum tconv_dtype dtype, const void *data, int64_t at)
{
    if (tconv_dtype_bytes(dtype) == 2)
        return widened(dtype, ((const uint16_t *)data)[at]);
    return tconv_dtype_sum(dtype) == TCONV_F32
               ? (double)((const float *)data)[at]
               : ((const double *)data)[at];
}

void value_set(enum tconv_dtype dtype, void *data, int64_t at, double value)
{
    if (tconv_dtype_bytes(dtype) == 2)
        ((uint16_t *)data)[at] = narrowed(dtype, value);
    else if (tconv_dtype_sum(dtype) == TCONV_F32)
        ((float *)data)[at] = (float)value;
    else
        ((double *)data)[at] = value;
}

/* The least number, one that also lacks a leading 1, and the largest. */
struct limits {
    double least, small, most;
};

static struct limits limits_of(enum tconv_dtype dtype)
{
    switch (dtype) {
    case TCONV_F16:
        return (struct limits){0x1p-24, 0x1p-16, 65504};
    case TCONV_BF16:
        return (struct limits){0x1p-133, 0x1p-130, 0x1.fep127};
    default:
        return tconv_dtype_sum(dtype) == TCONV_F32
                   ? (struct limits){0x1p-149, 0x1p-130, (double)FLT_MAX}
                   : (struct limits){0x1p-1074, 0x1p-1030, DBL_MAX};
    }
}

static double special(enum tconv_dtype dtype, struct prng *prng)
{
    const struct limits limits = limits_of(dtype);
    double sign = prng_next(prng) % 2 ? -1.0 : 1.0;
    switch (prng_range(prng, 0, 11)) {
    case 0:
        return sign * INFINITY;
    case 1:
        return (double)NAN;
    case 2:
    case 3:
        return sign * 0.0;
    case 4:
        return sign * limits.least;
    case 5:
        return sign * limits.small;
    case 6:
        return sign * limits.most;
    default:
        return prng_unit(prng);
    }
}

static double draw(enum tconv_dtype dtype, enum fill kind, struct prng *prng)
{
    switch (kind) {
    case FILL_INTEGERS:
        return (double)prng_range(prng, -8, 8);
    case FILL_WIDE:
        if (prng_range(prng, 0, 9) == 0)
            return 0.0;
        return ldexp(prng_unit(prng), (int)prng_range(prng, -40, 20));
    case FILL_SPECIAL:
        return special(dtype, prng);
    default:
        return prng_unit(prng);
    }
}

void fill(enum tconv_dtype dtype, void *data, int64_t count, enum fill kind,
          struct prng *prng)
{
    for (int64_t i = 0; i < count * tconv_dtype_parts(dtype); i++)
        value_set(dtype, data, i, draw(dtype, kind, prng));
}

double widened(enum tconv_dtype dtype, uint16_t bits)
{
    const int mantissa_bits = dtype == TCONV_F16 ? 10 : 7;
    const int bias = dtype == TCONV_F16 ? 15 : 127;
    const int exponent = (bits & 0x7fff) >> mantissa_bits;
    const int one = 1 << mantissa_bits, mantissa = bits & (one - 1);
    double size = ldexp(mantissa, 1 - bias - mantissa_bits);
    if (exponent == 2 * bias + 1)
        size = mantissa ? (double)NAN : (double)INFINITY;
    else if (exponent > 0)
        size = ldexp(one + mantissa, exponent - bias - mantissa_bits);
    return bits & 0x8000 ? -size : size;
}

uint16_t narrowed(enum tconv_dtype dtype, double value)
{
    const uint16_t infinity = dtype == TCONV_F16 ? 0x7c00 : 0x7f80;
    const unsigned sign = signbit(value) ? 0x8000 : 0;
    const double size = fabs(value);
    /* What would follow the largest one, were there more exponents. */
    const double beyond = dtype == TCONV_F16 ? 0x1p16 : 0x1p128;
    if (isnan(value))
        return (uint16_t)(infinity + 1);
    if (size >= beyond)
        return (uint16_t)(sign | infinity);
    unsigned low = 0, high = infinity; /* widened(low) <= size < that of high */
    while (high - low > 1) {
        const unsigned middle = (low + high) / 2;
        if (widened(dtype, (uint16_t)middle) <= size)
            low = middle;
        else
            high = middle;
    }
    const double below = size - widened(dtype, (uint16_t)low);
    const double above =
        (high < infinity ? widened(dtype, (uint16_t)high) : beyond) - size;
    const int up = above < below || (above == below && low % 2);
    return (uint16_t)(sign | (up ? high : low));
}

void fill_narrow(enum tconv_dtype dtype, uint16_t *data, int64_t count,
                 enum fill kind, struct prng *prng)
{
    for (int64_t i = 0; i < count; i++)
        do
            data[i] = (uint16_t)prng_next(prng);
        while (kind != FILL_SPECIAL && !(fabs(widened(dtype, data[i])) < 16));
}

void fill_nan(enum tconv_dtype dtype, void *data, int64_t count)
{
    for (int64_t i = 0; i < count * tconv_dtype_parts(dtype); i++)
        value_set(dtype, data, i, (double)NAN);
}

void tensors_make(struct tensors *t, const struct tconv_spec *spec,
                  int64_t batch, int64_t length, enum guard_side side)
{
    struct tconv_error error = NO_ERROR;
    memset(t, 0, sizeof *t);
    t->spec = *spec;
    t->batch = batch;
    t->length = length;
    assert_ok(tconv_spec_check(spec, &error), &error);
    assert_ok(tconv_spec_sizes(spec, batch, length, &t->sizes, &error), &error);
    size_t element = (size_t)t->sizes.element_bytes;
    guarded_make(&t->x, (size_t)t->sizes.input * element, side);
    guarded_make(&t->weight,
                 (size_t)(t->sizes.weight * t->sizes.weight_element_bytes),
                 side);
    if (t->sizes.bias)
        guarded_make(&t->bias,
                     (size_t)(t->sizes.bias * t->sizes.bias_element_bytes),
                     side);
    guarded_make(
        &t->y, (size_t)(t->sizes.output * t->sizes.output_element_bytes), side);
}

void tensors_fill(struct tensors *t, enum fill kind, struct prng *prng)
{
    fill(t->spec.dtype, t->x.data, t->sizes.input, kind, prng);
    if (t->spec.weight_dtype)
        fill_narrow(t->spec.weight_dtype, t->weight.data, t->sizes.weight, kind,
                    prng);
    else
        fill(t->spec.dtype, t->weight.data, t->sizes.weight, kind, prng);
    fill(t->spec.dtype, t->bias.data, t->sizes.bias, kind, prng);
}

void tensors_free(struct tensors *t)
{
    guarded_free(&t->x);
    guarded_free(&t->weight);
    guarded_free(&t->bias);
    guarded_free(&t->y);
}

void tensors_run(struct tensors *t, enum tconv_sum sum)
{
    struct tconv_error error = NO_ERROR;
    fill_nan(t->spec.dtype, t->y.data, t->sizes.output);
    assert_ok(tconv_generic_run(&t->spec, sum, t->x.data, t->weight.data,
                                t->bias.data, t->y.data, t->batch, t->length,
                                &error),
              &error);
}

struct tconv_spec spec_of(const char *name)
{
    struct tconv_error error = NO_ERROR;
    struct tconv_spec spec;
    assert_ok(tconv_spec_from_name(name, &spec, &error), &error);
    return spec;
}

struct tconv_spec spec_random(struct prng *prng, int64_t *length)
{
    for (;;) {
        struct tconv_spec s;
        int conv = prng_range(prng, 0, 2) == 0;
        int64_t groups = prng_range(prng, 0, 2) ? 1 : prng_range(prng, 2, 4);
        tconv_spec_init(&s, groups * prng_range(prng, 1, 5),
                        groups * prng_range(prng, 1, 5),
                        prng_range(prng, 1, prng_range(prng, 0, 3) ? 8 : 24));
        s.op = conv ? TCONV_CONV1D : TCONV_CONV_TRANSPOSE1D;
        s.groups = groups;
        s.stride = prng_range(prng, 1, 8);
        s.dilation = prng_range(prng, 0, 1) ? 1 : prng_range(prng, 2, 6);
        s.padding_begin = prng_range(prng, 0, 1) ? prng_range(prng, 0, 12) : 0;
        s.padding_end =
            prng_range(prng, 0, 2) ? s.padding_begin : prng_range(prng, 0, 12);
        int64_t larger = s.stride > s.dilation ? s.stride : s.dilation;
        if (!conv && prng_range(prng, 0, 2) == 0)
            s.output_padding = prng_range(prng, 0, larger - 1);
        s.bias = prng_range(prng, 0, 3) != 0;
        s.dtype = prng_range(prng, 0, 2) ? TCONV_F32 : TCONV_F64;
        *length = prng_range(prng, 1, prng_range(prng, 0, 3) ? 12 : 60);
        if (prng_range(prng, 0, 7) == 0)
            s.length = *length;
        int64_t output_length;
        if (tconv_spec_check(&s, NULL) == TCONV_OK &&
            tconv_spec_output_length(&s, *length, &output_length, NULL) ==
                TCONV_OK)
            return s;
    }
}

int64_t weight_at(const struct tconv_spec *s, int64_t c, int64_t o, int64_t k)
{
    const int64_t in = s->in_channels / s->groups;
    const int64_t out = s->out_channels / s->groups;
    const int64_t row =
        s->op == TCONV_CONV1D ? o * in + c % in : c * out + o % out;
    return row * s->kernel_size + k;
}

void overlay(char *to, const char *text)
{
    while (*text)
        *to++ = *text++;
}

void assert_same_bits(const char *what, const struct tconv_spec *spec,
                      const void *got, const void *want, int64_t count)
{
    int64_t at = tconv_compare(spec->dtype, got, want, count);
    if (at < 0)
        return;
    char name[TCONV_NAME_SIZE];
    tconv_spec_name(spec, name);
    const int parts = tconv_dtype_parts(spec->dtype);
    fail_msg("%s: %s: element %lld of %lld is %a, not %a, or %a, not %a", what,
             name, (long long)at, (long long)count,
             value_get(spec->dtype, got, at * parts),
             value_get(spec->dtype, want, at * parts),
             value_get(spec->dtype, got, at * parts + parts - 1),
             value_get(spec->dtype, want, at * parts + parts - 1));
}

void assert_error(const struct tconv_error *error, enum tconv_status got,
                  enum tconv_status want, const char *part)
{
    if (got != want)
        fail_msg("%s instead of %s (\"%s\")", tconv_status_name(got),
                 tconv_status_name(want), error->message);
    if (error->status != want)
        fail_msg("returned %s but noted %s", tconv_status_name(got),
                 tconv_status_name(error->status));
    if (!error->message[0] || strpbrk(error->message, "\r\n"))
        fail_msg("%s: not one line: \"%s\"", tconv_status_name(got),
                 error->message);
    if (part && !strstr(error->message, part))
        fail_msg("%s: \"%s\" lacks \"%s\"", tconv_status_name(got),
                 error->message, part);
}

void assert_ok(enum tconv_status got, const struct tconv_error *error)
{
    if (got != TCONV_OK)
        fail_msg("%s: %s", tconv_status_name(got), error->message);
}
