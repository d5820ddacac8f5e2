/* The generic kernel against the oracles. All other kernels are compared with
 * it bit for bit, so this is where being right starts. */
#include "oracle.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SEED 20240607

static void check_bound(const struct tensors *t, enum tconv_sum sum)
{
    struct oracle_value *want = oracle_run(&t->spec, t->x.data, t->weight.data,
                                           t->bias.data, t->batch, t->length);
    assert_non_null(want);
    for (int64_t at = 0; at < t->sizes.output; at++) {
        double got = value_get(t->spec.dtype, t->y.data, at);
        long double off = fabsl((long double)got - want[at].value);
        /* Negated, so that a NaN fails. */
        if (!(off <= oracle_bound(t->spec.dtype, &want[at]))) {
            char name[TCONV_NAME_SIZE];
            tconv_spec_name(&t->spec, name);
            fail_msg("%s sum=%d batch=%lld length=%lld: element %lld is %a, "
                     "not %La; off by %La, bound %La",
                     name, (int)sum, (long long)t->batch, (long long)t->length,
                     (long long)at, got, want[at].value, off,
                     oracle_bound(t->spec.dtype, &want[at]));
        }
    }
    free(want);
}

static void check_bits(const struct tensors *t, enum tconv_sum sum)
{
    void *want = oracle_bits(&t->spec, sum, t->x.data, t->weight.data,
                             t->bias.data, t->batch, t->length);
    assert_non_null(want);
    assert_same_bits(sum == TCONV_SUM_FUSED ? "fused" : "separate", &t->spec,
                     t->y.data, want, t->sizes.output);
    free(want);
}

/* Copies of the inputs, to see that a run leaves them alone. */
static void *copy_of(const struct guarded *buffer)
{
    void *copy = malloc(buffer->bytes + 1);
    assert_non_null(copy);
    if (buffer->bytes)
        memcpy(copy, buffer->data, buffer->bytes);
    return copy;
}

static void check_random(enum fill kind, int specs, int bound)
{
    struct prng prng = {SEED + (uint64_t)kind};
    for (int i = 0; i < specs; i++) {
        int64_t length;
        struct tconv_spec spec = spec_random(&prng, &length);
        int64_t batch = prng_range(&prng, 0, 5) ? 1 : prng_range(&prng, 0, 3);
        struct tensors t;
        tensors_make(&t, &spec, batch, length,
                     i % 2 ? GUARD_AFTER : GUARD_BEFORE);
        tensors_fill(&t, kind, &prng);
        void *x = copy_of(&t.x), *weight = copy_of(&t.weight);
        for (int sum = 0; sum < 2; sum++) {
            tensors_run(&t, (enum tconv_sum)sum);
            if (bound)
                check_bound(&t, (enum tconv_sum)sum);
            check_bits(&t, (enum tconv_sum)sum);
        }
        assert_memory_equal(x, t.x.data, t.x.bytes);
        assert_memory_equal(weight, t.weight.data, t.weight.bytes);
        free(x);
        free(weight);
        tensors_free(&t);
    }
}

static void uniform_data(void **state)
{
    (void)state;
    check_random(FILL_UNIFORM, 1500, 1);
}

static void integer_data(void **state)
{
    (void)state;
    check_random(FILL_INTEGERS, 500, 1);
}

static void wide_data(void **state)
{
    (void)state;
    check_random(FILL_WIDE, 1000, 1);
}

/* Inf and NaN have no bound, but they have bits. */
static void special_data(void **state)
{
    (void)state;
    check_random(FILL_SPECIAL, 1500, 0);
}

/* Integers: not a rounding anywhere, so the oracle's value itself. */
static void integers_are_exact(void **state)
{
    (void)state;
    struct prng prng = {SEED};
    for (int i = 0; i < 300; i++) {
        int64_t length;
        struct tconv_spec spec = spec_random(&prng, &length);
        struct tensors t;
        tensors_make(&t, &spec, 2, length, GUARD_AFTER);
        tensors_fill(&t, FILL_INTEGERS, &prng);
        tensors_run(&t, TCONV_SUM_FUSED);
        struct oracle_value *want = oracle_run(&spec, t.x.data, t.weight.data,
                                               t.bias.data, t.batch, t.length);
        assert_non_null(want);
        for (int64_t at = 0; at < t.sizes.output; at++)
            assert_true((long double)value_get(spec.dtype, t.y.data, at) ==
                        want[at].value);
        free(want);
        tensors_free(&t);
    }
}

/* The two ways to add are two: 1 + 2^-12 squared keeps its last bit only if the
 * product is not rounded. */
static void fused_is_not_separate(void **state)
{
    (void)state;
    struct tconv_spec s = spec_of("f32_ci1_co1_k1");
    const float v = 1.0F + 0x1p-12F, minus = -(1.0F + 0x1p-11F);
    float y = 0.0F;
    assert_int_equal(
        tconv_generic_run(&s, TCONV_SUM_FUSED, &v, &v, &minus, &y, 1, 1, NULL),
        TCONV_OK);
    assert_true(y == 0x1p-24F);
    assert_int_equal(tconv_generic_run(&s, TCONV_SUM_SEPARATE, &v, &v, &minus,
                                       &y, 1, 1, NULL),
                     TCONV_OK);
    assert_true(y == 0.0F);

    s = spec_of("f64_ci1_co1_k1");
    const double dv = 1.0 + 0x1p-27, dminus = -(1.0 + 0x1p-26);
    double dy = 0.0;
    assert_int_equal(tconv_generic_run(&s, TCONV_SUM_FUSED, &dv, &dv, &dminus,
                                       &dy, 1, 1, NULL),
                     TCONV_OK);
    assert_true(dy == 0x1p-54);
    assert_int_equal(tconv_generic_run(&s, TCONV_SUM_SEPARATE, &dv, &dv,
                                       &dminus, &dy, 1, 1, NULL),
                     TCONV_OK);
    assert_true(dy == 0.0);
}

/* Bias first, then c, then k: each other order gives another value here. */
static void sum_has_its_order(void **state)
{
    (void)state;
    struct tconv_spec s = spec_of("f32_ci2_co1_k2");
    /* y[1] = bias + x[0][1]*w[0][0] + x[0][0]*w[0][1] + x[1][1]*w[1][0]
     *      + x[1][0]*w[1][1] = 1, then +2^30, -2^30, +2^-20, +2^24 */
    const float x[4] = {1.0F, 1.0F, 1.0F, 1.0F};
    const float w[4] = {0x1p30F, -0x1p30F, 0x1p-20F, 0x1p24F};
    const float bias = 1.0F;
    float y[3];
    assert_int_equal(
        tconv_generic_run(&s, TCONV_SUM_FUSED, x, w, &bias, y, 1, 2, NULL),
        TCONV_OK);
    /* The bias is lost in 2^30, the 2^-20 in 2^24. */
    assert_true(y[1] == 0x1p24F);

    const float late[4] = {0x1p-20F, 0x1p30F, -0x1p30F, 1.0F};
    assert_int_equal(
        tconv_generic_run(&s, TCONV_SUM_FUSED, x, late, &bias, y, 1, 2, NULL),
        TCONV_OK);
    assert_true(y[1] == 1.0F); /* from the last tap, not from the bias */

    /* The same terms in the same order. */
    s = spec_of("f32_conv_ci2_co1_k2");
    assert_int_equal(
        tconv_generic_run(&s, TCONV_SUM_FUSED, x, w, &bias, y, 1, 2, NULL),
        TCONV_OK);
    assert_true(y[0] == 0x1p24F);
    assert_int_equal(
        tconv_generic_run(&s, TCONV_SUM_FUSED, x, late, &bias, y, 1, 2, NULL),
        TCONV_OK);
    assert_true(y[0] == 1.0F);
}

/* In every pass. */
static void elements_equal_the_run(void **state)
{
    (void)state;
    struct prng prng = {SEED};
    for (int i = 0; i < 300; i++) {
        int64_t length;
        struct tconv_spec spec = spec_random(&prng, &length);
        spec.pass = (enum tconv_pass)(i % TCONV_PASS_COUNT);
        struct tensors t;
        tensors_make(&t, &spec, 2, length, GUARD_AFTER);
        tensors_fill(&t, FILL_UNIFORM, &prng);
        tensors_run(&t, TCONV_SUM_FUSED);
        const int64_t row = t.sizes.output_length;
        assert_int_equal(t.sizes.rows * row, t.sizes.output);
        for (int64_t at = 0; at < t.sizes.output; at++) {
            union tconv_value v;
            tconv_generic_element(&spec, TCONV_SUM_FUSED, NULL, t.x.data,
                                  t.weight.data, t.bias.data, 2, length,
                                  at / row, at % row, &v);
            assert_int_equal(tconv_compare(spec.dtype, &v,
                                           (const char *)t.y.data +
                                               at * t.sizes.element_bytes,
                                           1),
                             -1);
        }
        tensors_free(&t);
    }
}

/* A layer with narrow weights is the one whose weights are what they widen to:
 * the forward pass and grad_input of both operators, under either sum. */
static void narrow_weights(void **state)
{
    (void)state;
    struct prng prng = {SEED};
    for (int i = 0; i < 600; i++) {
        int64_t length;
        struct tconv_spec spec = spec_random(&prng, &length);
        spec.dtype = TCONV_F32;
        spec.pass = i % 3 ? TCONV_FORWARD : TCONV_GRAD_INPUT;
        struct tensors t, wide;
        tensors_make(&wide, &spec, 2, length, GUARD_AFTER);
        spec.weight_dtype = i % 2 ? TCONV_F16 : TCONV_BF16;
        tensors_make(&t, &spec, 2, length,
                     i % 4 < 2 ? GUARD_AFTER : GUARD_BEFORE);
        tensors_fill(&t, i % 5 ? FILL_UNIFORM : FILL_SPECIAL, &prng);
        memcpy(wide.x.data, t.x.data, t.x.bytes);
        if (t.sizes.bias)
            memcpy(wide.bias.data, t.bias.data, t.bias.bytes);
        for (int64_t at = 0; at < t.sizes.weight; at++)
            value_set(TCONV_F32, wide.weight.data, at,
                      widened(spec.weight_dtype,
                              ((const uint16_t *)t.weight.data)[at]));
        for (int sum = 0; sum < 2; sum++) {
            tensors_run(&t, (enum tconv_sum)sum);
            tensors_run(&wide, (enum tconv_sum)sum);
            assert_same_bits("narrow weights", &spec, t.y.data, wide.y.data,
                             t.sizes.output);
        }
        tensors_free(&wide);
        tensors_free(&t);
    }
}

/* Each f16 and each bf16 there is, alone in a layer: added to -0 and multiplied
 * with 1, it comes out as it is. */
static void all_narrow_weights(void **state)
{
    (void)state;
    static const char *const names[] = {"f32_wf16_ci1_co1_k1",
                                        "f32_conv_wbf16_ci1_co1_k1"};
    const float x = 1.0F, bias = -0.0F;
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct tconv_spec s = spec_of(names[i]);
        for (unsigned bits = 0; bits < 0x10000; bits++) {
            const uint16_t w = (uint16_t)bits;
            const float want = (float)widened(s.weight_dtype, w);
            float y = 9.0F;
            assert_int_equal(tconv_generic_run(&s, TCONV_SUM_FUSED, &x, &w,
                                               &bias, &y, 1, 1, NULL),
                             TCONV_OK);
            if (tconv_compare(TCONV_F32, &y, &want, 1) >= 0)
                fail_msg("%s: %#x is %a, not %a", names[i], bits, (double)y,
                         (double)want);
        }
    }
}

static void wrong_arguments(void **state)
{
    (void)state;
    struct tconv_spec s = spec_of("f32_ci1_co1_k2");
    const float x[2] = {1.0F, 2.0F}, w[2] = {3.0F, 4.0F}, b = 5.0F;
    float y[3] = {9.0F, 9.0F, 9.0F};
    const enum tconv_sum sum = TCONV_SUM_FUSED;
    assert_int_equal(tconv_generic_run(&s, sum, NULL, w, &b, y, 1, 2, NULL),
                     TCONV_E_ARGUMENT);
    assert_int_equal(tconv_generic_run(&s, sum, x, NULL, &b, y, 1, 2, NULL),
                     TCONV_E_ARGUMENT);
    assert_int_equal(tconv_generic_run(&s, sum, x, w, NULL, y, 1, 2, NULL),
                     TCONV_E_ARGUMENT);
    assert_int_equal(tconv_generic_run(&s, sum, x, w, &b, NULL, 1, 2, NULL),
                     TCONV_E_ARGUMENT);
    assert_int_equal(tconv_generic_run(&s, sum, x, w, &b, y, 1, 0, NULL),
                     TCONV_E_LENGTH);
    assert_int_equal(tconv_generic_run(&s, sum, x, w, &b, y, -1, 2, NULL),
                     TCONV_E_BATCH);
    s.stride = 0;
    assert_int_equal(tconv_generic_run(&s, sum, x, w, &b, y, 1, 2, NULL),
                     TCONV_E_STRIDE);
    s.stride = 1;
    /* An empty batch is no error, and writes nothing. */
    assert_int_equal(
        tconv_generic_run(&s, sum, NULL, NULL, NULL, NULL, 0, 2, NULL),
        TCONV_OK);
    assert_true(y[0] == 9.0F && y[1] == 9.0F && y[2] == 9.0F);
    s.bias = 0;
    assert_int_equal(tconv_generic_run(&s, sum, x, w, &b, y, 1, 2, NULL),
                     TCONV_E_ARGUMENT);
    /* A gradient has no bias, whether or not the layer does. */
    s.bias = 1;
    s.pass = TCONV_GRAD_INPUT;
    const float gy[3] = {1.0F, 1.0F, 1.0F};
    assert_int_equal(tconv_generic_run(&s, sum, gy, w, &b, y, 1, 2, NULL),
                     TCONV_E_ARGUMENT);
    assert_int_equal(tconv_generic_run(&s, sum, gy, w, NULL, y, 1, 2, NULL),
                     TCONV_OK);
    assert_true(y[0] == 7.0F && y[1] == 7.0F && y[2] == 9.0F);
    s.pass = TCONV_PASS_COUNT;
    assert_int_equal(tconv_generic_run(&s, sum, x, w, &b, y, 1, 2, NULL),
                     TCONV_E_PASS);
}

/* Of no items there is no grad_input, but grad_weight is +0. */
static void gradients_of_nothing(void **state)
{
    (void)state;
    struct tconv_spec s = spec_of("f32_conv_ci1_co1_k2_gi");
    float y[2] = {9.0F, 9.0F};
    const float zero[2] = {0.0F, 0.0F};
    assert_int_equal(tconv_generic_run(&s, TCONV_SUM_FUSED, NULL, NULL, NULL,
                                       NULL, 0, 2, NULL),
                     TCONV_OK);
    s.pass = TCONV_GRAD_WEIGHT;
    assert_int_equal(tconv_generic_run(&s, TCONV_SUM_FUSED, NULL, NULL, NULL,
                                       NULL, 0, 2, NULL),
                     TCONV_E_ARGUMENT);
    assert_int_equal(
        tconv_generic_run(&s, TCONV_SUM_FUSED, NULL, NULL, NULL, y, 0, 2, NULL),
        TCONV_OK);
    assert_memory_equal(y, zero, sizeof y);
}

static void comparing(void **state)
{
    (void)state;
    const float a[4] = {0.0F, 1.0F, NAN, INFINITY};
    float b[4];
    memcpy(b, a, sizeof b);
    assert_int_equal(tconv_compare(TCONV_F32, a, b, 4), -1);
    const uint32_t payload = 0xffc12345;
    memcpy(&b[2], &payload, sizeof payload);
    assert_int_equal(tconv_compare(TCONV_F32, a, b, 4), -1);
    b[3] = -INFINITY;
    assert_int_equal(tconv_compare(TCONV_F32, a, b, 4), 3);
    assert_int_equal(tconv_compare(TCONV_F32, a, b, 3), -1);
    b[2] = 0.0F;
    assert_int_equal(tconv_compare(TCONV_F32, a, b, 4), 2);
    b[0] = -0.0F;
    assert_int_equal(tconv_compare(TCONV_F32, a, b, 4), 0);
    const double c[2] = {1.0, NAN};
    double d[2] = {1.0, -NAN};
    assert_int_equal(tconv_compare(TCONV_F64, c, d, 2), -1);
    d[0] = 1.0 + 0x1p-52;
    assert_int_equal(tconv_compare(TCONV_F64, c, d, 2), 0);
    assert_int_equal(tconv_compare(TCONV_F64, NULL, NULL, 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uniform_data),
        cmocka_unit_test(integer_data),
        cmocka_unit_test(wide_data),
        cmocka_unit_test(special_data),
        cmocka_unit_test(integers_are_exact),
        cmocka_unit_test(fused_is_not_separate),
        cmocka_unit_test(sum_has_its_order),
        cmocka_unit_test(elements_equal_the_run),
        cmocka_unit_test(narrow_weights),
        cmocka_unit_test(all_narrow_weights),
        cmocka_unit_test(wrong_arguments),
        cmocka_unit_test(gradients_of_nothing),
        cmocka_unit_test(comparing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
