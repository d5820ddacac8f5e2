/* Laws of both convolutions, which hold whatever the numbers are. They judge
 * the generic kernel from a side that no oracle shares. */
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

/* The same of one of the operators. */
static void draw_op(struct prng *prng, struct tensors *t, int64_t batch,
                    enum tconv_op op)
{
    for (draw(prng, t, batch); t->spec.op != op; draw(prng, t, batch))
        tensors_free(t);
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

/* The tap by which input i and output j meet, or -1. */
static int64_t tap_between(const struct tconv_spec *s, int64_t i, int64_t j)
{
    const int64_t distance = s->op == TCONV_CONV1D
                                 ? i + s->padding_begin - j * s->stride
                                 : j + s->padding_begin - i * s->stride;
    const int64_t k = distance / s->dilation;
    return distance >= 0 && distance % s->dilation == 0 && k < s->kernel_size
               ? k
               : -1;
}

/* 1 if channels c and o are of the same group. */
static int one_group(const struct tconv_spec *s, int64_t c, int64_t o)
{
    return c / (s->in_channels / s->groups) ==
           o / (s->out_channels / s->groups);
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

        for (int64_t o = 0; o < s->out_channels; o++) {
            for (int64_t j = 0; j < t.sizes.output_length; j++) {
                const int64_t k = tap_between(s, i, j);
                double want = bias_at(&t, o);
                if (one_group(s, c, o) && k >= 0)
                    want += value_get(s->dtype, t.weight.data,
                                      weight_at(s, c, o, k));
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

/* An input one later is an output one stride later; of Conv1d, the reverse. */
static void shift(void **state)
{
    (void)state;
    struct prng prng = {3};
    for (int round = 0; round < ROUNDS; round++) {
        struct tensors a, late;
        draw(&prng, &a, 1);
        struct tconv_spec s = a.spec;
        const int64_t in = s.op == TCONV_CONV1D ? s.stride : 1;
        const int64_t out = s.op == TCONV_CONV1D ? 1 : s.stride;
        s.length = 0;
        derive(&late, &a, &s, a.length + in);
        for (int64_t c = 0; c < s.in_channels; c++)
            for (int64_t i = 0; i < late.length; i++)
                value_set(s.dtype, late.x.data, c * late.length + i,
                          i >= in ? x_at(&a, c, i - in) : 0.0);
        take(&late.weight, &a.weight);
        take(&late.bias, &a.bias);
        tensors_run(&a, TCONV_SUM_FUSED);
        tensors_run(&late, TCONV_SUM_FUSED);
        assert_int_equal(late.sizes.output_length, a.sizes.output_length + out);
        for (int64_t o = 0; o < s.out_channels; o++)
            for (int64_t j = 0; j < a.sizes.output_length; j++)
                assert_value(&late, o, j + out, y_at(&a, o, j));
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
        draw_op(&prng, &cut, 2, TCONV_CONV_TRANSPOSE1D);
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

/* Conv1d's padding is zeros around x. */
static void padding_is_zeros(void **state)
{
    (void)state;
    struct prng prng = {11};
    for (int round = 0; round < ROUNDS; round++) {
        struct tensors t, bare;
        draw_op(&prng, &t, 2, TCONV_CONV1D);
        struct tconv_spec s = t.spec;
        const int64_t before = s.padding_begin;
        const int64_t length = before + t.length + s.padding_end;
        s.padding_begin = s.padding_end = s.length = 0;
        derive(&bare, &t, &s, length);
        memset(bare.x.data, 0, bare.x.bytes);
        for (int64_t row = 0; row < 2 * s.in_channels; row++)
            for (int64_t i = 0; i < t.length; i++)
                value_set(s.dtype, bare.x.data, row * length + before + i,
                          x_at(&t, row, i));
        take(&bare.weight, &t.weight);
        take(&bare.bias, &t.bias);
        tensors_run(&t, TCONV_SUM_FUSED);
        tensors_run(&bare, TCONV_SUM_FUSED);
        assert_int_equal(bare.sizes.output, t.sizes.output);
        for (int64_t row = 0; row < 2 * s.out_channels; row++)
            for (int64_t j = 0; j < t.sizes.output_length; j++)
                assert_value(&t, row, j, y_at(&bare, row, j));
        tensors_free(&t);
        tensors_free(&bare);
    }
}

/* Of Conv1d at stride 1, a stride takes one in so many, every bit of them. */
static void stride_takes_some(void **state)
{
    (void)state;
    struct prng prng = {12};
    for (int round = 0; round < ROUNDS; round++) {
        struct tensors some, all;
        draw_op(&prng, &some, 2, TCONV_CONV1D);
        tensors_fill(&some, FILL_SPECIAL, &prng);
        struct tconv_spec s = some.spec;
        const int64_t stride = s.stride;
        s.stride = 1;
        derive(&all, &some, &s, some.length);
        take(&all.x, &some.x);
        take(&all.weight, &some.weight);
        take(&all.bias, &some.bias);
        tensors_run(&some, TCONV_SUM_FUSED);
        tensors_run(&all, TCONV_SUM_FUSED);
        const int64_t length = all.sizes.output_length;
        assert_int_equal(some.sizes.output_length, (length - 1) / stride + 1);
        for (int64_t at = 0; at < some.sizes.output; at++) {
            const int64_t row = at / some.sizes.output_length;
            const int64_t j = at % some.sizes.output_length * stride;
            const int64_t bytes = some.sizes.element_bytes;
            assert_same_bits(
                "stride", &some.spec, (char *)some.y.data + at * bytes,
                (char *)all.y.data + (row * length + j) * bytes, 1);
        }
        tensors_free(&some);
        tensors_free(&all);
    }
}

/* A layer's grad_input is the other operator, forward and without a bias, with
 * the same weight tensor and the channels swapped: the same bits. */
static void grad_input_is_the_other_operator(void **state)
{
    (void)state;
    struct prng prng = {13};
    for (int round = 0; round < 2 * ROUNDS; round++) {
        int64_t length, reads;
        struct tconv_spec s = spec_random(&prng, &length);
        assert_int_equal(tconv_spec_output_length(&s, length, &reads, NULL),
                         TCONV_OK);
        struct tconv_spec other = s;
        other.op = s.op == TCONV_CONV1D ? TCONV_CONV_TRANSPOSE1D : TCONV_CONV1D;
        other.in_channels = s.out_channels;
        other.out_channels = s.in_channels;
        other.output_padding = other.length = other.bias = 0;
        if (s.op == TCONV_CONV1D) /* what the stride left over at the end */
            other.output_padding = (length + s.padding_begin + s.padding_end -
                                    s.dilation * (s.kernel_size - 1) - 1) %
                                   s.stride;
        s.pass = TCONV_GRAD_INPUT;
        struct tensors back, forward;
        tensors_make(&back, &s, 2, length, GUARD_AFTER);
        tensors_make(&forward, &other, 2, reads, GUARD_BEFORE);
        tensors_fill(&back, FILL_SPECIAL, &prng);
        take(&forward.x, &back.x);
        take(&forward.weight, &back.weight);
        for (int sum = 0; sum < 2; sum++) {
            tensors_run(&back, (enum tconv_sum)sum);
            tensors_run(&forward, (enum tconv_sum)sum);
            /* An output_padding above the stride makes Conv1d longer. */
            const int64_t row = forward.sizes.output_length;
            assert_true(row >= length);
            assert_true(row == length || s.output_padding >= s.stride);
            for (int64_t at = 0; at < 2 * s.in_channels; at++)
                assert_same_bits("grad_input", &s,
                                 (char *)back.y.data +
                                     at * length * back.sizes.element_bytes,
                                 (char *)forward.y.data +
                                     at * row * back.sizes.element_bytes,
                                 length);
        }
        tensors_free(&back);
        tensors_free(&forward);
    }
}

/* output_padding grows the end and leaves the rest as it is. What it uncovers
 * is real samples as far as the crop reaches, then bias alone. */
/* Position i of channel c of item n of a signal, in any layout. */
static double signal_at(const struct tconv_spec *s, const void *data,
                        enum tconv_layout layout, int64_t channels,
                        int64_t length, const int64_t at[3])
{
    const int64_t item = at[0] * channels * length;
    return value_get(s->dtype, data,
                     item + (layout == TCONV_NLC ? at[2] * channels + at[1]
                                                 : at[1] * length + at[2]));
}

/* The signals of the same values in another layout. */
static void transpose(const struct tensors *from, struct tensors *to,
                      int is_output)
{
    const struct tconv_spec *s = &from->spec, *t = &to->spec;
    const int64_t channels = is_output ? s->out_channels : s->in_channels;
    const int64_t length = is_output ? from->sizes.output_length : from->length;
    const enum tconv_layout layout = is_output ? t->output_layout : t->layout;
    const enum tconv_layout was = is_output ? s->output_layout : s->layout;
    const struct guarded *source = is_output ? &from->y : &from->x;
    const struct guarded *target = is_output ? &to->y : &to->x;
    for (int64_t n = 0; n < from->batch; n++)
        for (int64_t c = 0; c < channels; c++)
            for (int64_t i = 0; i < length; i++) {
                const int64_t at[] = {n, c, i};
                const double value =
                    signal_at(s, source->data, was, channels, length, at);
                const int64_t place =
                    n * channels * length +
                    (layout == TCONV_NLC ? i * channels + c : c * length + i);
                if (is_output)
                    assert_true(value_get(s->dtype, target->data, place) ==
                                value);
                else
                    value_set(s->dtype, target->data, place, value);
            }
}

/* Channels last: the same numbers in another place. */
static void layouts_are_transposes(void **state)
{
    (void)state;
    struct prng prng = {41};
    for (int i = 0; i < ROUNDS; i++) {
        struct tensors t, other;
        draw(&prng, &t, 2);
        if (t.spec.pass != TCONV_FORWARD) {
            tensors_free(&t);
            continue;
        }
        struct tconv_spec s = t.spec;
        s.layout = (enum tconv_layout)(i % 2);
        s.output_layout = (enum tconv_layout)(i / 2 % 2);
        derive(&other, &t, &s, t.length);
        take(&other.weight, &t.weight);
        take(&other.bias, &t.bias);
        transpose(&t, &other, 0);
        tensors_run(&t, TCONV_SUM_FUSED);
        tensors_run(&other, TCONV_SUM_FUSED);
        transpose(&t, &other, 1);
        tensors_free(&t);
        tensors_free(&other);
    }
}

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
        s.groups = 1;
        derive(&dense, &t, &s, t.length);
        take(&dense.x, &t.x);
        take(&dense.bias, &t.bias);
        memset(dense.weight.data, 0, dense.weight.bytes);
        for (int64_t c = 0; c < s.in_channels; c++)
            for (int64_t o = 0; o < s.out_channels; o++)
                for (int64_t k = 0;
                     one_group(&t.spec, c, o) && k < s.kernel_size; k++)
                    value_set(s.dtype, dense.weight.data,
                              weight_at(&s, c, o, k),
                              value_get(s.dtype, t.weight.data,
                                        weight_at(&t.spec, c, o, k)));
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
        if (tap_between(&t->spec, i, j) >= 0)
            return 1;
    return 0;
}

/* Where no tap reaches, the bias stands alone, even with Inf all around. */
static void gaps_are_bias_alone(void **state)
{
    (void)state;
    static const char *const names[] = {
        "f32_ci2_co3_k2_s5",
        "f32_ci2_co3_k1_s4_p1_op2",
        "f64_ci2_co2_k3_s4_d6",
        "f32_ci2_co2_k4_s6_p2_op3_d4",
        "f64_ci1_co1_k2_s9_bias0",
        "f32_ci4_co4_k2_s3_g2_d6",
        "f64_ci1_co2_k1_s7_p3_pe1",
        "f32_conv_ci2_co3_k2_p3",
        "f64_conv_ci2_co2_k3_s2_pe9_d2",
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
        for (int64_t o = 0; o < s->out_channels; o++)
            for (int64_t j = 0; j < t.sizes.output_length; j++) {
                int meets = one_group(s, c, o) && tap_between(s, i, j) >= 0;
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

    /* Conv1d: of 5 taps over one input, padded by 2, the middle one is used. */
    s = spec_of("f32_conv_ci2_co2_k5_p2");
    tensors_make(&t, &s, 1, 1, GUARD_AFTER);
    tensors_fill(&t, FILL_UNIFORM, &prng);
    for (int64_t at = 0; at < t.sizes.weight; at++)
        if (at % 5 != 2)
            value_set(s.dtype, t.weight.data, at, NAN);
    tensors_run(&t, TCONV_SUM_FUSED);
    assert_int_equal(t.sizes.output_length, 1);
    for (int64_t o = 0; o < 2; o++)
        assert_true(finite_value(y_at(&t, o, 0)));
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

        s = spec_of(wide ? "f64_conv_ci1_co1_k1_p1" : "f32_conv_ci1_co1_k1_p1");
        tensors_make(&t, &s, 1, 2, GUARD_AFTER);
        value_set(s.dtype, t.weight.data, 0, 1.0);
        value_set(s.dtype, t.bias.data, 0, -0.0);
        value_set(s.dtype, t.x.data, 0, -0.0);
        value_set(s.dtype, t.x.data, 1, 0.0);
        tensors_run(&t, TCONV_SUM_FUSED);
        assert_int_equal(t.sizes.output_length, 4);
        assert_true(negative(y_at(&t, 0, 0)));  /* padding adds nothing */
        assert_true(negative(y_at(&t, 0, 1)));  /* -0 + 1 * -0 */
        assert_false(negative(y_at(&t, 0, 2))); /* -0 + 1 * +0 */
        assert_true(negative(y_at(&t, 0, 3)));
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
        cmocka_unit_test(padding_is_zeros),
        cmocka_unit_test(stride_takes_some),
        cmocka_unit_test(grad_input_is_the_other_operator),
        cmocka_unit_test(layouts_are_transposes),
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
