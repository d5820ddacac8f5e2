/* Laws of transposed convolution, which hold whatever the numbers are. They
 * judge the generic kernel from a side that no oracle shares. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 200

/* A random layer with tensors of integers, so that sums are exact. */
static void draw(struct prng *prng, struct tensors *t, int64_t batch)
{
    int64_t length;
    struct tconv_spec s = spec_random(prng, &length);
    tensors_make(t, &s, batch, length, GUARD_AFTER);
    tensors_fill(t, FILL_INTEGERS, prng);
}

/* As `t`, but for another spec or length; inputs not filled. */
static void derive(struct tensors *to, const struct tensors *from,
                   const struct tconv_spec *spec, int64_t length)
{
    tensors_make(to, spec, from->batch, length, GUARD_BEFORE);
}

static void take(struct guarded *to, const struct guarded *from)
{
    assert_int_equal(to->bytes, from->bytes);
    if (from->bytes)
        memcpy(to->data, from->data, from->bytes);
}

static double y_at(const struct tensors *t, int64_t row, int64_t j)
{
    return value_get(t->spec.dtype, t->y.data,
                     row * t->sizes.output_length + j);
}

static double x_at(const struct tensors *t, int64_t row, int64_t i)
{
    return value_get(t->spec.dtype, t->x.data, row * t->length + i);
}

static int finite_value(double value)
{
    return isfinite(value) ? 1 : 0;
}

static int negative(double value)
{
    return signbit(value) ? 1 : 0;
}

static double bias_at(const struct tensors *t, int64_t o)
{
    return t->spec.bias ? value_get(t->spec.dtype, t->bias.data, o) : 0.0;
}

static void assert_value(const struct tensors *t, int64_t row, int64_t j,
                         double want)
{
    double got = y_at(t, row, j);
    if (got == want)
        return;
    char name[TCONV_NAME_SIZE];
    tconv_spec_name(&t->spec, name);
    fail_msg("%s batch=%lld length=%lld: row %lld, j=%lld is %a, not %a", name,
             (long long)t->batch, (long long)t->length, (long long)row,
             (long long)j, got, want);
}

/* One input element of 1 plays back the weights it meets. */
static void impulse(void **state)
{
    (void)state;
    struct prng prng = {1};
    for (int round = 0; round < ROUNDS; round++) {
        struct tensors t;
        draw(&prng, &t, 1);
        const struct tconv_spec *s = &t.spec;
        int64_t c = prng_range(&prng, 0, s->in_channels - 1);
        int64_t i = prng_range(&prng, 0, t.length - 1);
        memset(t.x.data, 0, t.x.bytes);
        value_set(s->dtype, t.x.data, c * t.length + i, 1.0);
        tensors_run(&t, TCONV_SUM_FUSED);

        int64_t out = s->out_channels / s->groups;
        int64_t group = c / (s->in_channels / s->groups);
        for (int64_t o = 0; o < s->out_channels; o++) {
            for (int64_t j = 0; j < t.sizes.output_length; j++) {
                int64_t reach = j + s->padding_begin - i * s->stride;
                int64_t k = reach / s->dilation;
                double want = bias_at(&t, o);
                if (o / out == group && reach >= 0 &&
                    reach % s->dilation == 0 && k < s->kernel_size)
                    want += value_get(s->dtype, t.weight.data,
                                      (c * out + o % out) * s->kernel_size + k);
                assert_value(&t, o, j, want);
            }
        }
        tensors_free(&t);
    }
}

/* f(2a - 3b) - bias = 2(f(a) - bias) - 3(f(b) - bias). */
static void linearity(void **state)
{
    (void)state;
    struct prng prng = {2};
    for (int round = 0; round < ROUNDS; round++) {
        struct tensors a, b, sum;
        draw(&prng, &a, 2);
        derive(&b, &a, &a.spec, a.length);
        derive(&sum, &a, &a.spec, a.length);
        fill(a.spec.dtype, b.x.data, a.sizes.input, FILL_INTEGERS, &prng);
        for (int64_t at = 0; at < a.sizes.input; at++)
            value_set(a.spec.dtype, sum.x.data, at,
                      2 * x_at(&a, 0, at) - 3 * x_at(&b, 0, at));
        take(&b.weight, &a.weight);
        take(&b.bias, &a.bias);
        take(&sum.weight, &a.weight);
        take(&sum.bias, &a.bias);
        tensors_run(&a, TCONV_SUM_FUSED);
        tensors_run(&b, TCONV_SUM_FUSED);
        tensors_run(&sum, TCONV_SUM_FUSED);
        for (int64_t row = 0; row < 2 * a.spec.out_channels; row++) {
            double bias = bias_at(&a, row % a.spec.out_channels);
            for (int64_t j = 0; j < a.sizes.output_length; j++)
                assert_value(&sum, row, j,
                             2 * (y_at(&a, row, j) - bias) -
                                 3 * (y_at(&b, row, j) - bias) + bias);
        }
        tensors_free(&a);
        tensors_free(&b);
        tensors_free(&sum);
    }
}

/* An input one later is an output one stride later. */
static void shift(void **state)
{
    (void)state;
    struct prng prng = {3};
    for (int round = 0; round < ROUNDS; round++) {
        struct tensors a, late;
        draw(&prng, &a, 1);
        struct tconv_spec s = a.spec;
        s.length = 0;
        derive(&late, &a, &s, a.length + 1);
        for (int64_t c = 0; c < s.in_channels; c++)
            for (int64_t i = 0; i <= a.length; i++)
                value_set(s.dtype, late.x.data, c * (a.length + 1) + i,
                          i ? x_at(&a, c, i - 1) : 0.0);
        take(&late.weight, &a.weight);
        take(&late.bias, &a.bias);
        tensors_run(&a, TCONV_SUM_FUSED);
        tensors_run(&late, TCONV_SUM_FUSED);
        assert_int_equal(late.sizes.output_length,
                         a.sizes.output_length + s.stride);
        for (int64_t o = 0; o < s.out_channels; o++)
            for (int64_t j = 0; j < a.sizes.output_length; j++)
                assert_value(&late, o, j + s.stride, y_at(&a, o, j));
        tensors_free(&a);
        tensors_free(&late);
    }
}

/* Padding crops the unpadded output, and output_padding takes some of the
 * end's crop back: every bit of what stays is the same. */
static void crop(void **state)
{
    (void)state;
    struct prng prng = {4};
    for (int round = 0; round < ROUNDS; round++) {
        struct tensors cut, whole;
        draw(&prng, &cut, 2);
        tensors_fill(&cut, FILL_UNIFORM, &prng);
        struct tconv_spec s = cut.spec;
        s.padding_begin = s.padding_end = s.output_padding = 0;
        derive(&whole, &cut, &s, cut.length);
        take(&whole.x, &cut.x);
        take(&whole.weight, &cut.weight);
        take(&whole.bias, &cut.bias);
        tensors_run(&cut, TCONV_SUM_FUSED);
        tensors_run(&whole, TCONV_SUM_FUSED);
        for (int64_t row = 0; row < 2 * s.out_channels; row++) {
            double bias = bias_at(&cut, row % s.out_channels);
            for (int64_t j = 0; j < cut.sizes.output_length; j++) {
                int64_t f = j + cut.spec.padding_begin;
                assert_value(&cut, row, j,
                             f < whole.sizes.output_length
                                 ? y_at(&whole, row, f)
                                 : bias);
            }
        }
        tensors_free(&cut);
        tensors_free(&whole);
    }
}

/* output_padding grows the end and leaves the rest as it is. What it uncovers
 * is real samples as far as the crop reaches, then bias alone. */
static void output_padding_grows_the_end(void **state)
{
    (void)state;
    struct tensors short_one, long_one;
    struct tconv_spec s = spec_of("f64_ci3_co2_k5_s2_p3_d7");
    struct tconv_spec grown = spec_of("f64_ci3_co2_k5_s2_p3_op6_d7");
    struct prng prng = {5};
    tensors_make(&short_one, &s, 1, 9, GUARD_AFTER);
    tensors_fill(&short_one, FILL_UNIFORM, &prng);
    derive(&long_one, &short_one, &grown, 9);
    take(&long_one.x, &short_one.x);
    take(&long_one.weight, &short_one.weight);
    take(&long_one.bias, &short_one.bias);
    tensors_run(&short_one, TCONV_SUM_FUSED);
    tensors_run(&long_one, TCONV_SUM_FUSED);
    int64_t row = short_one.sizes.output_length;
    assert_int_equal(long_one.sizes.output_length, row + 6);
    for (int64_t o = 0; o < 2; o++) {
        for (int64_t j = 0; j < row; j++)
            assert_value(&long_one, o, j, y_at(&short_one, o, j));
        /* The last tap of the last input lies at the end of the crop. */
        assert_true(y_at(&long_one, o, row + 2) != bias_at(&long_one, o));
        for (int64_t j = row + 3; j < row + 6; j++)
            assert_value(&long_one, o, j, bias_at(&long_one, o));
    }
    tensors_free(&short_one);
    tensors_free(&long_one);
}

/* Groups are a dense layer whose weights between groups are zero. */
static void groups_are_block_diagonal(void **state)
{
    (void)state;
    struct prng prng = {6};
    for (int round = 0; round < ROUNDS; round++) {
        struct tensors t, dense;
        draw(&prng, &t, 2);
        struct tconv_spec s = t.spec;
        int64_t in = s.in_channels / s.groups, out = s.out_channels / s.groups;
        s.groups = 1;
        derive(&dense, &t, &s, t.length);
        take(&dense.x, &t.x);
        take(&dense.bias, &t.bias);
        memset(dense.weight.data, 0, dense.weight.bytes);
        for (int64_t c = 0; c < s.in_channels; c++)
            for (int64_t o = 0; o < out; o++)
                for (int64_t k = 0; k < s.kernel_size; k++) {
                    int64_t to = c * s.out_channels + c / in * out + o;
                    value_set(s.dtype, dense.weight.data,
                              to * s.kernel_size + k,
                              value_get(s.dtype, t.weight.data,
                                        (c * out + o) * s.kernel_size + k));
                }
        tensors_run(&t, TCONV_SUM_FUSED);
        tensors_run(&dense, TCONV_SUM_FUSED);
        for (int64_t row = 0; row < 2 * s.out_channels; row++)
            for (int64_t j = 0; j < t.sizes.output_length; j++)
                assert_value(&t, row, j, y_at(&dense, row, j));
        tensors_free(&t);
        tensors_free(&dense);
    }
}

/* A batch is its elements, one by one, whatever the others hold. */
static void batch_elements_are_independent(void **state)
{
    (void)state;
    struct prng prng = {7};
    for (int round = 0; round < ROUNDS; round++) {
        struct tensors all, one;
        draw(&prng, &all, 3);
        tensors_fill(&all, FILL_SPECIAL, &prng);
        tensors_make(&one, &all.spec, 1, all.length, GUARD_AFTER);
        take(&one.weight, &all.weight);
        take(&one.bias, &all.bias);
        tensors_run(&all, TCONV_SUM_FUSED);
        for (size_t n = 0; n < 3; n++) {
            memcpy(one.x.data, (char *)all.x.data + n * one.x.bytes,
                   one.x.bytes);
            tensors_run(&one, TCONV_SUM_FUSED);
            assert_same_bits("batch", &all.spec,
                             (char *)all.y.data + n * one.y.bytes, one.y.data,
                             one.sizes.output);
        }
        tensors_free(&all);
        tensors_free(&one);
    }
}

/* 1 if some tap of some input reaches output j: tried out, not reasoned. */
static int reached(const struct tensors *t, int64_t j)
{
    for (int64_t i = 0; i < t->length; i++)
        for (int64_t k = 0; k < t->spec.kernel_size; k++)
            if (i * t->spec.stride + k * t->spec.dilation -
                    t->spec.padding_begin ==
                j)
                return 1;
    return 0;
}

/* Where no tap reaches, the bias stands alone, even with Inf all around. */
static void gaps_are_bias_alone(void **state)
{
    (void)state;
    static const char *const names[] = {
        "f32_ci2_co3_k2_s5",        "f32_ci2_co3_k1_s4_p1_op2",
        "f64_ci2_co2_k3_s4_d6",     "f32_ci2_co2_k4_s6_p2_op3_d4",
        "f64_ci1_co1_k2_s9_bias0",  "f32_ci4_co4_k2_s3_g2_d6",
        "f64_ci1_co2_k1_s7_p3_pe1",
    };
    for (size_t at = 0; at < COUNT(names); at++) {
        struct tensors t;
        struct prng prng = {8};
        struct tconv_spec s = spec_of(names[at]);
        tensors_make(&t, &s, 1, 7, GUARD_AFTER);
        tensors_fill(&t, FILL_UNIFORM, &prng);
        for (int64_t i = 0; i < t.sizes.input; i++)
            value_set(s.dtype, t.x.data, i, INFINITY);
        tensors_run(&t, TCONV_SUM_FUSED);
        int gaps = 0;
        for (int64_t o = 0; o < s.out_channels; o++)
            for (int64_t j = 0; j < t.sizes.output_length; j++) {
                if (reached(&t, j)) {
                    assert_false(finite_value(y_at(&t, o, j)));
                    continue;
                }
                gaps++;
                assert_value(&t, o, j, bias_at(&t, o));
            }
        assert_true(gaps > 0);
        tensors_free(&t);
    }
}

/* One Inf or NaN spoils the outputs its taps reach and no other. */
static void special_values_stay_local(void **state)
{
    (void)state;
    struct prng prng = {9};
    for (int round = 0; round < ROUNDS; round++) {
        struct tensors t;
        draw(&prng, &t, 1);
        const struct tconv_spec *s = &t.spec;
        double bad = round % 2 ? INFINITY : NAN;
        int64_t c = prng_range(&prng, 0, s->in_channels - 1);
        int64_t i = prng_range(&prng, 0, t.length - 1);
        value_set(s->dtype, t.x.data, c * t.length + i, bad);
        tensors_run(&t, TCONV_SUM_FUSED);
        int64_t out = s->out_channels / s->groups;
        int64_t group = c / (s->in_channels / s->groups);
        for (int64_t o = 0; o < s->out_channels; o++)
            for (int64_t j = 0; j < t.sizes.output_length; j++) {
                int64_t reach = j + s->padding_begin - i * s->stride;
                int meets = o / out == group && reach >= 0 &&
                            reach % s->dilation == 0 &&
                            reach / s->dilation < s->kernel_size;
                int spoilt = !finite_value(y_at(&t, o, j));
                if (meets != spoilt)
                    fail_msg("round %d: x[%lld][%lld] is %g, y[%lld][%lld] is "
                             "%g",
                             round, (long long)c, (long long)i, bad,
                             (long long)o, (long long)j, y_at(&t, o, j));
            }
        tensors_free(&t);
    }
}

/* A tap that reaches no kept output is never multiplied: its NaN is unseen. */
static void unused_taps_are_never_read(void **state)
{
    (void)state;
    struct tensors t;
    struct prng prng = {10};
    /* Length 1, crop 2 at both ends of 6 taps: only taps 2 and 3 are kept. */
    struct tconv_spec s = spec_of("f32_ci2_co2_k6_s3_p2");
    tensors_make(&t, &s, 1, 1, GUARD_AFTER);
    tensors_fill(&t, FILL_UNIFORM, &prng);
    for (int64_t at = 0; at < t.sizes.weight; at++)
        if (at % 6 < 2 || at % 6 > 3)
            value_set(s.dtype, t.weight.data, at, NAN);
    tensors_run(&t, TCONV_SUM_FUSED);
    assert_int_equal(t.sizes.output_length, 2);
    for (int64_t o = 0; o < 2; o++)
        for (int64_t j = 0; j < 2; j++)
            assert_true(finite_value(y_at(&t, o, j)));
    tensors_free(&t);
}

/* The sign of zero is IEEE's: a bias of -0 stays until +0 is added to it, and a
 * sum without bias starts at +0. */
static void negative_zero(void **state)
{
    (void)state;
    for (int wide = 0; wide < 2; wide++) {
        struct tensors t;
        struct tconv_spec s =
            spec_of(wide ? "f64_ci1_co1_k1_s3_op1" : "f32_ci1_co1_k1_s3_op1");
        tensors_make(&t, &s, 1, 2, GUARD_AFTER);
        value_set(s.dtype, t.weight.data, 0, 1.0);
        value_set(s.dtype, t.bias.data, 0, -0.0);
        value_set(s.dtype, t.x.data, 0, -0.0);
        value_set(s.dtype, t.x.data, 1, 0.0);
        tensors_run(&t, TCONV_SUM_FUSED);
        assert_int_equal(t.sizes.output_length, 5);
        assert_true(negative(y_at(&t, 0, 0)));  /* -0 + 1 * -0 */
        assert_true(negative(y_at(&t, 0, 1)));  /* -0 alone */
        assert_false(negative(y_at(&t, 0, 3))); /* -0 + 1 * +0 */
        assert_true(negative(y_at(&t, 0, 4)));  /* -0 from output_padding */
        tensors_free(&t);

        s.bias = 0;
        tensors_make(&t, &s, 1, 2, GUARD_AFTER);
        value_set(s.dtype, t.weight.data, 0, 1.0);
        value_set(s.dtype, t.x.data, 0, -0.0);
        tensors_run(&t, TCONV_SUM_FUSED);
        for (int64_t j = 0; j < 5; j++)
            assert_false(negative(y_at(&t, 0, j)));
        tensors_free(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(impulse),
        cmocka_unit_test(linearity),
        cmocka_unit_test(shift),
        cmocka_unit_test(crop),
        cmocka_unit_test(output_padding_grows_the_end),
        cmocka_unit_test(groups_are_block_diagonal),
        cmocka_unit_test(batch_elements_are_independent),
        cmocka_unit_test(gaps_are_bias_alone),
        cmocka_unit_test(special_values_stay_local),
        cmocka_unit_test(unused_taps_are_never_read),
        cmocka_unit_test(negative_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
