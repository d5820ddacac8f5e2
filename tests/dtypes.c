/* The generic kernel of layers that are not plainly f32 or f64, against what
 * does not rest on its arithmetic: roundings found by searching for the
 * nearest, layers of 16 bits and TF32 as f32 layers with rounded tensors,
 * complex layers as real ones of twice the channels and as sums of C's complex
 * numbers. */
#include "oracle.h"
#include "sum.h"
#include "support.h"

#include <complex.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SEED 20261125

/* ---------------------------------------------------------------- rounding */

static void all_16_bits_widen(void **state)
{
    (void)state;
    static const enum tconv_dtype types[] = {TCONV_F16, TCONV_BF16};
    for (size_t t = 0; t < COUNT(types); t++) {
        for (unsigned bits = 0; bits < 0x10000; bits++) {
            const union tconv_value element = {.bits16 = (uint16_t)bits};
            const float want = (float)widened(types[t], element.bits16);
            const union tconv_value got = sum_load(types[t], &element, 0);
            if (tconv_compare(TCONV_F32, &got.f32, &want, 1) >= 0)
                fail_msg("%s: %#x is %a, not %a", tconv_dtype_name(types[t]),
                         bits, (double)got.f32, (double)want);
        }
    }
}

static void check_rounding(enum tconv_dtype dtype, float value)
{
    const uint16_t got =
        dtype == TCONV_F16 ? sum_narrow_f16(value) : sum_narrow_bf16(value);
    const uint16_t want = narrowed(dtype, (double)value);
    if (tconv_compare(dtype, &got, &want, 1) >= 0)
        fail_msg("%s: %a becomes %#x, not %#x", tconv_dtype_name(dtype),
                 (double)value, got, want);
}

/* Around each number, and around the middle between it and the next: all places
 * where what is nearest changes. */
static void rounding_is_to_nearest(void **state)
{
    (void)state;
    static const enum tconv_dtype types[] = {TCONV_F16, TCONV_BF16};
    for (size_t t = 0; t < COUNT(types); t++) {
        const enum tconv_dtype dtype = types[t];
        const unsigned infinity = dtype == TCONV_F16 ? 0x7c00 : 0x7f80;
        const double beyond = dtype == TCONV_F16 ? 0x1p16 : 0x1p128;
        for (unsigned bits = 0; bits < infinity; bits++) {
            const double low = widened(dtype, (uint16_t)bits);
            const double high = bits + 1 < infinity
                                    ? widened(dtype, (uint16_t)(bits + 1))
                                    : beyond;
            const float at[] = {(float)low, (float)(low / 2 + high / 2)};
            for (size_t i = 0; i < COUNT(at); i++) {
                for (int sign = -1; sign <= 1; sign += 2) {
                    const float size = (float)sign * at[i];
                    check_rounding(dtype, size);
                    check_rounding(dtype, nextafterf(size, INFINITY));
                    check_rounding(dtype, nextafterf(size, -INFINITY));
                }
            }
        }
        struct prng prng = {SEED};
        for (int i = 0; i < 2000000; i++)
            check_rounding(dtype, sum_float((uint32_t)prng_next(&prng)));
        const float ends[] = {INFINITY, -INFINITY, FLT_MAX, -FLT_MAX, NAN};
        for (size_t i = 0; i < COUNT(ends); i++)
            check_rounding(dtype, ends[i]);
        /* NaN of payloads that the upper half does not show. */
        check_rounding(dtype, sum_float(0x7f800001));
        check_rounding(dtype, sum_float(0xff800fff));
    }
}

/* The same through a layer: an exact sum that lies between two numbers. */
static void layers_round_once(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double w, x, bias, y;
    } cases[] = {
        /* Ties, to the even one on either side. */
        {"f16_ci1_co1_k1", 0x1p-11, 1, 1, 1},
        {"f16_ci1_co1_k1", 0x1p-11, 1, 0x1.004p0, 0x1.008p0},
        {"f16_ci1_co1_k1", -0x1p-11, 1, -0x1.004p0, -0x1.008p0},
        {"f16_ci1_co1_k1", 0x1.004p-11, 1, 1, 0x1.004p0},
        {"bf16_ci1_co1_k1", 0x1p-8, 1, 1, 1},
        {"bf16_ci1_co1_k1", 0x1p-8, 1, 0x1.02p0, 0x1.04p0},
        {"bf16_conv_ci1_co1_k1", 0x1.02p-8, 1, 1, 0x1.02p0},
        /* Too large, and just not. */
        {"f16_ci1_co1_k1", 16, 1, 65504, INFINITY},
        {"f16_ci1_co1_k1", 15, 1, 65504, 65504},
        {"f16_ci1_co1_k1", -16, 1, -65504, -INFINITY},
        {"bf16_ci1_co1_k1", 0x1p119, 1, 0x1.fep127, INFINITY},
        {"bf16_ci1_co1_k1", 0x1.fep118, 1, 0x1.fep127, 0x1.fep127},
        /* Too small for a leading 1, or at all. */
        {"f16_ci1_co1_k1", 0x1p-12, 0x1.8p-12, 0, 0x1p-23},
        {"f16_ci1_co1_k1", 0x1p-12, 0x1p-13, 0, 0},
        {"f16_ci1_co1_k1", 0x1p-12, 0x1.004p-13, 0, 0x1p-24},
        {"f16_ci1_co1_k1", 0x1p-12, -0x1p-13, -0.0, -0.0},
        {"f16_ci1_co1_k1", 0x1.ffcp-8, 0x1p-7, 0, 0x1p-14},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct tconv_spec s = spec_of(cases[i].name);
        const uint16_t w = narrowed(s.dtype, cases[i].w);
        const uint16_t x = narrowed(s.dtype, cases[i].x);
        const uint16_t b = narrowed(s.dtype, cases[i].bias);
        const uint16_t want = narrowed(s.dtype, cases[i].y);
        uint16_t y = 0x1234;
        assert_true(widened(s.dtype, want) == cases[i].y);
        assert_int_equal(
            tconv_generic_run(&s, TCONV_SUM_FUSED, &x, &w, &b, &y, 1, 1, NULL),
            TCONV_OK);
        if (y != want)
            fail_msg("%s, case %zu: %a, not %a", cases[i].name, i,
                     widened(s.dtype, y), cases[i].y);
    }
    /* A sum is rounded at its end: twice a half step is a step. */
    const struct tconv_spec s = spec_of("f16_ci2_co1_k1");
    const uint16_t x[] = {0x3c00, 0x3c00}, w[] = {0x1000, 0x1000}, b = 0x3c00;
    uint16_t y = 0;
    assert_int_equal(
        tconv_generic_run(&s, TCONV_SUM_SEPARATE, x, w, &b, &y, 1, 1, NULL),
        TCONV_OK);
    assert_int_equal(y, 0x3c01);
}

/* The nearest multiple of what the 11th bit of a float is worth; of two as near
 * the one further from zero, which is what round() takes. */
static float near_tf32(float value)
{
    int exponent;
    if (value == 0 || isnan(value) || isinf(value))
        return value;
    frexpf(value, &exponent);
    if (exponent < -125) /* no leading 1 */
        exponent = -125;
    return (float)ldexp(round(ldexp((double)value, 11 - exponent)),
                        exponent - 11);
}

static void check_tf32(float value)
{
    const float got = sum_round_tf32(value), want = near_tf32(value);
    if (tconv_compare(TCONV_F32, &got, &want, 1) >= 0)
        fail_msg("tf32: %a becomes %a, not %a", (double)value, (double)got,
                 (double)want);
}

static void tf32_is_nearest(void **state)
{
    (void)state;
    /* All of 10 bits' mantissas and exponents: each, and the middle to the
     * next, with both neighbours. */
    for (uint32_t upper = 0; upper < 0x7f800000; upper += 0x1000) {
        for (int sign = 0; sign < 2; sign++) {
            const uint32_t bits = upper | (uint32_t)sign << 31;
            check_tf32(sum_float(bits));
            check_tf32(sum_float(bits + 1));
            check_tf32(sum_float(bits + 0xfff));
        }
    }
    struct prng prng = {SEED};
    for (int i = 0; i < 2000000; i++)
        check_tf32(sum_float((uint32_t)prng_next(&prng)));
    assert_true(sum_round_tf32(0x1.002p0F) == 0x1.004p0F);
    assert_true(sum_round_tf32(-0x1.002p0F) == -0x1.004p0F);
    assert_true(sum_round_tf32(0x1.001ffep0F) == 1.0F);
    assert_true(isinf(sum_round_tf32(FLT_MAX)));
    assert_true(sum_round_tf32(0x1.ffcffep127F) == 0x1.ffcp127F);
    assert_true(isinf(sum_round_tf32(-INFINITY)));
    assert_true(isnan(sum_round_tf32(sum_float(0x7f800001))));
    assert_true(isnan(sum_round_tf32(sum_float(0x7fffffff))));
    assert_true(signbit(sum_round_tf32(-0.0F)));
}

/* ----------------------------------------- layers that are f32 ones, rounded
 */

/* Of `count` numbers, floats: as a layer of the spec multiplies them. */
static void widen_all(const struct tconv_spec *s, const struct guarded *from,
                      struct guarded *to, int64_t count, int is_operand)
{
    for (int64_t at = 0; at < count; at++) {
        float value = (float)value_get(s->dtype, from->data, at);
        if (is_operand && s->precision == TCONV_TF32)
            value = near_tf32(value);
        value_set(TCONV_F32, to->data, at, (double)value);
    }
}

/* Each pass of both operators; the forward pass also by the oracle, which f32
 * layers are held to elsewhere. */
static void check_as_f32(const struct tensors *t, struct tensors *wide,
                         enum tconv_sum sum)
{
    const struct tconv_spec *s = &t->spec;
    void *oracle = NULL;
    tensors_run(wide, sum);
    if (s->pass == TCONV_FORWARD) {
        oracle = oracle_bits(&wide->spec, sum, wide->x.data, wide->weight.data,
                             wide->bias.data, t->batch, t->length);
        assert_non_null(oracle);
    }
    const size_t bytes = (size_t)tconv_dtype_bytes(s->dtype);
    void *want = calloc((size_t)t->sizes.output + 1, bytes);
    assert_non_null(want);
    for (int pass = 0; pass < (oracle ? 2 : 1); pass++) {
        const void *const from = pass ? oracle : wide->y.data;
        for (int64_t at = 0; at < t->sizes.output; at++)
            value_set(s->dtype, want, at, value_get(TCONV_F32, from, at));
        assert_same_bits(pass ? "oracle" : "f32 layer", s, t->y.data, want,
                         t->sizes.output);
    }
    free(want);
    free(oracle);
}

static void layers_of_f32_sums(void **state)
{
    (void)state;
    static const enum tconv_dtype types[] = {TCONV_F16, TCONV_BF16, TCONV_F32};
    static const enum fill kinds[] = {FILL_UNIFORM, FILL_INTEGERS, FILL_WIDE,
                                      FILL_SPECIAL};
    struct prng prng = {SEED};
    for (int i = 0; i < 1800; i++) {
        int64_t length;
        struct tconv_spec s = spec_random(&prng, &length), f32;
        s.dtype = types[i % 3];
        s.precision = s.dtype == TCONV_F32 ? TCONV_TF32 : TCONV_PRECISION_FULL;
        s.pass = (enum tconv_pass)(i / 3 % TCONV_PASS_COUNT);
        f32 = s;
        f32.dtype = TCONV_F32;
        f32.precision = TCONV_PRECISION_FULL;
        struct tensors t, wide;
        const enum guard_side side = i % 2 ? GUARD_AFTER : GUARD_BEFORE;
        tensors_make(&t, &s, 2, length, side);
        tensors_make(&wide, &f32, 2, length, side);
        tensors_fill(&t, kinds[i / 9 % 4], &prng);
        widen_all(&s, &t.x, &wide.x, t.sizes.input, 1);
        widen_all(&s, &t.weight, &wide.weight, t.sizes.weight, 1);
        widen_all(&s, &t.bias, &wide.bias, t.sizes.bias, 0);
        for (int sum = 0; sum < 2; sum++) {
            tensors_run(&t, (enum tconv_sum)sum);
            check_as_f32(&t, &wide, (enum tconv_sum)sum);
        }
        tensors_free(&t);
        tensors_free(&wide);
    }
}

/* The bias is no operand: TF32 leaves it as it is. */
static void tf32_keeps_bias_and_sums(void **state)
{
    (void)state;
    const struct tconv_spec s = spec_of("f32_tf32_ci1_co1_k1");
    const float x = 0x1.002p0F, w = 0x1.001ffep0F, bias = 0x1.000002p0F;
    float y = 0;
    assert_int_equal(
        tconv_generic_run(&s, TCONV_SUM_FUSED, &x, &w, &bias, &y, 1, 1, NULL),
        TCONV_OK);
    assert_true(y == 0x1.004p0F + 0x1.000002p0F);
}

/* ------------------------------------------------------------------ complex */

/* The real layer that a complex one is, forward: twice the channels. */
static struct tconv_spec real_spec(const struct tconv_spec *s)
{
    struct tconv_spec real = *s;
    real.dtype = tconv_dtype_sum(s->dtype);
    real.in_channels *= 2;
    real.out_channels *= 2;
    return real;
}

/* Copies between a complex signal and a real one of twice the channels. */
static void split(const struct tconv_spec *s, const void *from, void *to,
                  int64_t channels, int64_t batch, int64_t length)
{
    const enum tconv_dtype real = tconv_dtype_sum(s->dtype);
    for (int64_t at = 0; at < batch * channels * length; at++)
        for (int part = 0; part < 2; part++)
            value_set(real, to, (at / length * 2 + part) * length + at % length,
                      value_get(s->dtype, from, 2 * at + part));
}

/* Its weight: y.re of x.re and x.im by w.re and -w.im, y.im by w.im, w.re. */
static void split_weight(const struct tconv_spec *s, const void *from, void *to)
{
    const struct tconv_spec real = real_spec(s);
    const int64_t in = s->in_channels / s->groups;
    const int64_t out = s->out_channels / s->groups;
    for (int64_t c = 0; c < s->in_channels; c++)
        for (int64_t o = c / in * out; o < (c / in + 1) * out; o++)
            for (int64_t k = 0; k < s->kernel_size; k++) {
                const int64_t at = 2 * weight_at(s, c, o, k);
                const double re = value_get(s->dtype, from, at);
                const double im = value_get(s->dtype, from, at + 1);
                const double parts[2][2] = {{re, im}, {-im, re}};
                for (int x = 0; x < 2; x++)
                    for (int y = 0; y < 2; y++)
                        value_set(real.dtype, to,
                                  weight_at(&real, 2 * c + x, 2 * o + y, k),
                                  parts[x][y]);
            }
}

/* Of the real layer's gradient, which has all four products of parts:
 * conj(x) * grad_output. */
static void join_weight(const struct tconv_spec *s, const void *from, void *to)
{
    const struct tconv_spec real = real_spec(s);
    const int64_t in = s->in_channels / s->groups;
    const int64_t out = s->out_channels / s->groups;
    for (int64_t c = 0; c < s->in_channels; c++)
        for (int64_t o = c / in * out; o < (c / in + 1) * out; o++)
            for (int64_t k = 0; k < s->kernel_size; k++) {
                double p[2][2];
                for (int x = 0; x < 2; x++)
                    for (int y = 0; y < 2; y++)
                        p[x][y] = value_get(
                            real.dtype, from,
                            weight_at(&real, 2 * c + x, 2 * o + y, k));
                const int64_t at = 2 * weight_at(s, c, o, k);
                const int narrow = real.dtype == TCONV_F32;
                value_set(s->dtype, to, at,
                          narrow ? (double)((float)p[0][0] + (float)p[1][1])
                                 : p[0][0] + p[1][1]);
                value_set(s->dtype, to, at + 1,
                          narrow ? (double)((float)p[0][1] - (float)p[1][0])
                                 : p[0][1] - p[1][0]);
            }
}

static void check_as_real(const struct tensors *t, struct tensors *real,
                          enum tconv_sum sum)
{
    const struct tconv_spec *s = &t->spec;
    const int64_t elements = t->sizes.output;
    tensors_run(real, sum);
    void *want = malloc((size_t)(elements * tconv_dtype_bytes(s->dtype)) + 1);
    assert_non_null(want);
    if (s->pass == TCONV_GRAD_WEIGHT)
        join_weight(s, real->y.data, want);
    else /* back: a channel's row of real parts, then one of imaginary ones */
        for (int64_t at = 0; at < 2 * elements; at++) {
            const int64_t row = t->sizes.output_length;
            const int64_t channel = at / (2 * row), i = at % (2 * row) / 2;
            value_set(s->dtype, want, at,
                      value_get(real->spec.dtype, real->y.data,
                                (2 * channel + at % 2) * row + i));
        }
    assert_same_bits("real layer", s, t->y.data, want, elements);
    free(want);
}

/* Bit for bit, NaN and Inf among them. */
static void complex_layers_are_real_ones(void **state)
{
    (void)state;
    static const enum fill kinds[] = {FILL_UNIFORM, FILL_WIDE, FILL_SPECIAL};
    struct prng prng = {SEED + 1};
    for (int i = 0; i < 900; i++) {
        int64_t length;
        struct tconv_spec s = spec_random(&prng, &length);
        s.dtype = i % 2 ? TCONV_C64 : TCONV_C128;
        s.pass = (enum tconv_pass)(i / 2 % TCONV_PASS_COUNT);
        const struct tconv_spec other = real_spec(&s);
        const int64_t batch = prng_range(&prng, 1, 2);
        struct tensors t, real;
        tensors_make(&t, &s, batch, length,
                     i % 4 < 2 ? GUARD_AFTER : GUARD_BEFORE);
        tensors_make(&real, &other, batch, length, GUARD_AFTER);
        tensors_fill(&t, kinds[i / 6 % 3], &prng);
        const int64_t in = s.in_channels, out = s.out_channels;
        const int back = s.pass == TCONV_GRAD_INPUT;
        split(&s, t.x.data, real.x.data, back ? out : in, batch,
              t.sizes.input_length);
        if (s.pass == TCONV_GRAD_WEIGHT) {
            split(&s, t.weight.data, real.weight.data, out, batch,
                  t.sizes.weight / (batch * out));
        } else {
            split_weight(&s, t.weight.data, real.weight.data);
        }
        for (int64_t at = 0; at < 2 * t.sizes.bias; at++)
            value_set(other.dtype, real.bias.data, at,
                      value_get(s.dtype, t.bias.data, at));
        for (int sum = 0; sum < 2; sum++) {
            tensors_run(&t, (enum tconv_sum)sum);
            check_as_real(&t, &real, (enum tconv_sum)sum);
        }
        tensors_free(&t);
        tensors_free(&real);
    }
}

/* What a result should be, and the sum of what its terms are in size. */
struct judged {
    long double complex value;
    long double size;
    int64_t terms;
};

static long double complex complex_at(enum tconv_dtype dtype,
                                      const struct guarded *data, int64_t at)
{
    const long double re = value_get(dtype, data->data, 2 * at);
    const long double im = value_get(dtype, data->data, 2 * at + 1);
    return re + im * (long double complex)I;
}

static void judge(struct judged *j, long double complex a,
                  long double complex b)
{
    j->value += a * b;
    j->size += cabsl(a) * cabsl(b);
    j->terms++;
}

/* Adds what input channel c and output channel o of item n have in common, in
 * the pass: `x` and `weight` are the call's. */
static void judge_pair(const struct tensors *t, int64_t n, int64_t c, int64_t o,
                       struct judged *y)
{
    const struct tconv_spec *s = &t->spec;
    const enum tconv_dtype d = s->dtype;
    const int conv = s->op == TCONV_CONV1D;
    int64_t out_length = 0;
    assert_int_equal(tconv_spec_output_length(s, t->length, &out_length, NULL),
                     TCONV_OK);
    const int64_t positions = conv ? out_length : t->length;
    for (int64_t p = 0; p < positions; p++) {
        for (int64_t k = 0; k < s->kernel_size; k++) {
            const int64_t to =
                p * s->stride + k * s->dilation - s->padding_begin;
            const int64_t i = conv ? to : p, j = conv ? p : to;
            if (i < 0 || i >= t->length || j < 0 || j >= out_length)
                continue;
            const int64_t x = (n * s->in_channels + c) * t->length + i;
            const int64_t yo = (n * s->out_channels + o) * out_length + j;
            const int64_t w = weight_at(s, c, o, k);
            if (s->pass == TCONV_FORWARD)
                judge(&y[yo], complex_at(d, &t->weight, w),
                      complex_at(d, &t->x, x));
            else if (s->pass == TCONV_GRAD_INPUT)
                judge(&y[x], conjl(complex_at(d, &t->weight, w)),
                      complex_at(d, &t->x, yo));
            else
                judge(&y[w], conjl(complex_at(d, &t->x, x)),
                      complex_at(d, &t->weight, yo));
        }
    }
}

static void check_complex_bound(const struct tensors *t)
{
    const struct tconv_spec *s = &t->spec;
    const int64_t in = s->in_channels / s->groups;
    const int64_t out = s->out_channels / s->groups;
    struct judged *want = calloc((size_t)t->sizes.output + 1, sizeof *want);
    assert_non_null(want);
    for (int64_t n = 0; n < t->batch; n++)
        for (int64_t c = 0; c < s->in_channels; c++)
            for (int64_t o = c / in * out; o < (c / in + 1) * out; o++)
                judge_pair(t, n, c, o, want);
    const long double unit =
        tconv_dtype_sum(s->dtype) == TCONV_F32 ? 0x1p-24L : 0x1p-53L;
    for (int64_t at = 0; at < t->sizes.output; at++) {
        struct judged w = want[at];
        if (t->sizes.bias) {
            const int64_t o = at / t->sizes.output_length % s->out_channels;
            const long double complex b = complex_at(s->dtype, &t->bias, o);
            w.value += b;
            w.size += cabsl(b);
        }
        /* A part is a sum of twice the terms, none larger than these. */
        const long double n = (long double)(2 * w.terms + 3);
        const long double bound = 2 * n * unit / (1 - n * unit) * w.size;
        const long double complex got = complex_at(s->dtype, &t->y, at);
        if (!(fabsl(creall(got) - creall(w.value)) <= bound) ||
            !(fabsl(cimagl(got) - cimagl(w.value)) <= bound)) {
            char name[TCONV_NAME_SIZE];
            tconv_spec_name(s, name);
            fail_msg("%s: length=%lld: element %lld is %La%+Lai, not %La%+Lai",
                     name, (long long)t->length, (long long)at, creall(got),
                     cimagl(got), creall(w.value), cimagl(w.value));
        }
    }
    free(want);
}

static void complex_layers_are_cs_complex(void **state)
{
    (void)state;
    struct prng prng = {SEED + 2};
    for (int i = 0; i < 600; i++) {
        int64_t length;
        struct tconv_spec s = spec_random(&prng, &length);
        s.dtype = i % 2 ? TCONV_C64 : TCONV_C128;
        s.pass = (enum tconv_pass)(i / 2 % TCONV_PASS_COUNT);
        struct tensors t;
        tensors_make(&t, &s, 2, length, GUARD_AFTER);
        tensors_fill(&t, FILL_UNIFORM, &prng);
        for (int sum = 0; sum < 2; sum++) {
            tensors_run(&t, (enum tconv_sum)sum);
            check_complex_bound(&t);
        }
        tensors_free(&t);
    }
}

/* By hand: (1 + 2i)(3 + 5i) and its relatives. */
static void conjugates(void **state)
{
    (void)state;
    const float w[2] = {1, 2}, x[2] = {3, 5}, bias[2] = {100, 200};
    static const struct {
        const char *name;
        float re, im;
    } cases[] = {
        {"c64_ci1_co1_k1", 100 - 7, 200 + 11},
        {"c64_conv_ci1_co1_k1", 100 - 7, 200 + 11},
        {"c64_ci1_co1_k1_gi", 13, -1},      /* (1 - 2i)(3 + 5i) */
        {"c64_conv_ci1_co1_k1_gi", 13, -1}, /* likewise */
        {"c64_ci1_co1_k1_gw", 13, 1},       /* (3 - 5i)(1 + 2i) */
        {"c64_conv_ci1_co1_k1_gw", 13, 1},  /* likewise */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct tconv_spec s = spec_of(cases[i].name);
        float y[2] = {9, 9};
        assert_int_equal(tconv_generic_run(&s, TCONV_SUM_FUSED, x, w,
                                           s.pass ? NULL : bias, y, 1, 1, NULL),
                         TCONV_OK);
        if (y[0] != cases[i].re || y[1] != cases[i].im)
            fail_msg("%s: %g%+gi, not %g%+gi", cases[i].name, (double)y[0],
                     (double)y[1], (double)cases[i].re, (double)cases[i].im);
    }
}

/* The bias's gradient sums parts; of 16 bits it is rounded once. */
static void gradients_of_bias(void **state)
{
    (void)state;
    static const char *const names[] = {"f16_ci1_co2_k1", "bf16_ci1_co2_k1",
                                        "f32_tf32_ci1_co2_k1", "c64_ci1_co2_k1",
                                        "c128_conv_ci1_co2_k1"};
    struct prng prng = {SEED + 3};
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct tconv_spec s = spec_of(names[i]);
        const int parts = tconv_dtype_parts(s.dtype);
        enum { LENGTH = 300 };
        double gy[4 * LENGTH], got[4];
        fill(s.dtype, gy, INT64_C(2) * LENGTH, FILL_UNIFORM, &prng);
        const struct tconv_grad_args args = {
            .grad_output = gy, .grad_bias = got, .batch = 1, .length = LENGTH};
        struct tconv_error error = NO_ERROR;
        assert_ok(tconv_generic_grad(&s, TCONV_SUM_FUSED, &args, &error),
                  &error);
        for (int o = 0; o < 2; o++) {
            for (int part = 0; part < parts; part++) {
                float sums[3] = {0, 0, 0};
                double wide[3] = {0, 0, 0};
                for (int j = 0; j < LENGTH; j++) {
                    const double v =
                        value_get(s.dtype, gy, (o * LENGTH + j) * parts + part);
                    sums[j / 256] += (float)v;
                    wide[j / 256] += v;
                }
                double want[1];
                value_set(s.dtype, want, 0,
                          tconv_dtype_sum(s.dtype) == TCONV_F32
                              ? (double)(sums[0] + sums[1])
                              : wide[0] + wide[1]);
                assert_true(value_get(s.dtype, got, o * parts + part) ==
                            value_get(s.dtype, want, 0));
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_16_bits_widen),
        cmocka_unit_test(rounding_is_to_nearest),
        cmocka_unit_test(layers_round_once),
        cmocka_unit_test(tf32_is_nearest),
        cmocka_unit_test(layers_of_f32_sums),
        cmocka_unit_test(tf32_keeps_bias_and_sums),
        cmocka_unit_test(complex_layers_are_real_ones),
        cmocka_unit_test(complex_layers_are_cs_complex),
        cmocka_unit_test(conjugates),
        cmocka_unit_test(gradients_of_bias),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
