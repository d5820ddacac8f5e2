/* First weights: against what PyTorch drew (vectors/init.txt, made by
 * vectors/make_init.py), the generator's published numbers, and the bounds. */
#include "sum.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_NAME TCONV_SOURCE_DIR "/tests/vectors/init.txt"

/* A layer's tensors, all NaN, each against a guard page. */
struct drawn {
    struct tconv_spec spec;
    uint64_t seed;
    int64_t weights, biases; /* elements */
    struct guarded weight, bias;
};

static struct drawn make(const char *name)
{
    struct drawn d = {.spec = spec_of(name)};
    const struct tconv_spec *s = &d.spec;
    const size_t bytes = (size_t)tconv_dtype_bytes(s->dtype);
    d.weights = s->in_channels * s->out_channels / s->groups * s->kernel_size;
    d.biases = s->bias ? s->out_channels : 0;
    guarded_make(&d.weight, (size_t)d.weights * bytes, GUARD_AFTER);
    memset(d.weight.data, 0xff, d.weight.bytes); /* NaN of every type */
    if (!s->bias)
        return d;
    guarded_make(&d.bias, (size_t)d.biases * bytes, GUARD_AFTER);
    memset(d.bias.data, 0xff, d.bias.bytes);
    return d;
}

/* Number `at` of a tensor, a complex element being two. */
static double number(enum tconv_dtype dtype, const void *data, int64_t at)
{
    const int parts = tconv_dtype_parts(dtype);
    const union tconv_value value =
        sum_part(dtype, sum_load(dtype, data, at / parts), (int)(at % parts));
    return tconv_dtype_sum(dtype) == TCONV_F64 ? value.f64 : (double)value.f32;
}

static struct drawn draw(const char *name, enum tconv_sum sum, uint64_t seed)
{
    struct tconv_error error = NO_ERROR;
    struct drawn d = make(name);
    d.seed = seed;
    assert_ok(tconv_init_weights(&d.spec, sum, seed, d.weight.data, d.bias.data,
                                 &error),
              &error);
    return d;
}

static void release(struct drawn *d)
{
    guarded_free(&d->weight);
    if (d->bias.data)
        guarded_free(&d->bias);
}

/* FNV-1a. */
static uint64_t hash(const void *data, size_t bytes)
{
    const unsigned char *at = data;
    uint64_t value = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < bytes; i++)
        value = (value ^ at[i]) * UINT64_C(0x100000001b3);
    return value;
}

/* As PyTorch does. */

/* Reads "KEY NUMBERS HASH v v v ..." and compares it with a tensor. */
static void check_row(FILE *file, const char *key, const struct drawn *d,
                      const void *data, int64_t count)
{
    char name[TCONV_NAME_SIZE], line[400], *at = line;
    const size_t prefix = strlen(key);
    tconv_spec_name(&d->spec, name);
    assert_non_null(fgets(line, sizeof line, file));
    assert_memory_equal(line, key, prefix);
    const int64_t numbers = count * tconv_dtype_parts(d->spec.dtype);
    assert_int_equal(strtoll(line + prefix, &at, 10), numbers);
    const uint64_t wanted = strtoull(at, &at, 16);
    const int64_t shown = numbers < 8 ? numbers : 8;
    for (int64_t i = 0; i < shown; i++) {
        int64_t index = i < 4 ? i : numbers - shown + i;
        double want = strtod(at, &at);
        double got = number(d->spec.dtype, data, index);
        if (got != want)
            fail_msg("%s, seed %llu: %snumber %lld is %a, PyTorch has %a", name,
                     (unsigned long long)d->seed, key, (long long)index, got,
                     want);
    }
    assert_string_equal(at, "\n");
    size_t bytes = (size_t)(count * tconv_dtype_bytes(d->spec.dtype));
    if (hash(data, bytes) != wanted)
        fail_msg("%s, seed %llu: %sdiffers between its ends", name,
                 (unsigned long long)d->seed, key);
}

/* The next block; 0 at the end of the file. */
static int check_case(FILE *file, int cases[2])
{
    char line[400], name[TCONV_NAME_SIZE], rounding[16], seed[32];
    do {
        if (!fgets(line, sizeof line, file))
            return 0;
    } while (line[0] == '#' || line[0] == '\n');
    assert_int_equal(sscanf(line, "case %191s %31s %15s", name, seed, rounding),
                     3);
    const enum tconv_sum sum =
        strcmp(rounding, "fused") ? TCONV_SUM_SEPARATE : TCONV_SUM_FUSED;
    struct drawn d = draw(name, sum, strtoull(seed, NULL, 10));
    check_row(file, "weight ", &d, d.weight.data, d.weights);
    if (d.spec.bias)
        check_row(file, "bias ", &d, d.bias.data, d.biases);
    release(&d);
    cases[sum]++;
    return 1;
}

static void equal_to_pytorch(void **state)
{
    (void)state;
    int cases[2] = {0, 0};
    FILE *file = fopen(FILE_NAME, "r");
    assert_non_null(file);
    while (check_case(file, cases)) {
    }
    fclose(file);
    /* A file cut short must not pass. */
    assert_true(cases[TCONV_SUM_FUSED] >= 40);
    assert_int_equal(cases[TCONV_SUM_SEPARATE], cases[TCONV_SUM_FUSED]);
}

/* By themselves. */

/* With fan_in 1 a weight is 2 * unit - 1, exactly, so that the draw's low 24
 * bits can be had back. The C++ standard gives mt19937's 10000th number. */
static void published_number(void **state)
{
    (void)state;
    struct drawn d = draw("f32_ci10000_co1_k1_bias0", TCONV_SUM_SEPARATE, 5489);
    double unit = (value_get(TCONV_F32, d.weight.data, 9999) + 1) / 2;
    assert_true(unit * 0x1p24 == (UINT32_C(4123659995) & 0xffffff));
    release(&d);
}

static void high_seed_bits(void **state)
{
    (void)state;
    struct drawn a = draw("f64_ci3_co4_k5", TCONV_SUM_FUSED, 5);
    struct drawn b =
        draw("f64_ci3_co4_k5", TCONV_SUM_FUSED, (UINT64_C(77) << 32) + 5);
    struct drawn c = draw("f64_ci3_co4_k5", TCONV_SUM_FUSED, 6);
    assert_memory_equal(a.weight.data, b.weight.data, a.weight.bytes);
    assert_memory_equal(a.bias.data, b.bias.data, a.bias.bytes);
    assert_memory_not_equal(a.weight.data, c.weight.data, a.weight.bytes);
    release(&a);
    release(&b);
    release(&c);
}

/* The documented law: uniform between the bounds, which are nearly reached. */
static void check_law(const struct drawn *d, const void *data, int64_t count)
{
    const struct tconv_spec *s = &d->spec;
    const double k =
        (double)s->groups / ((double)s->out_channels * (double)s->kernel_size);
    const double bound = sqrt(k);
    /* Bounds and numbers are rounded; of 16 bits there are few of them. */
    static const double slacks[TCONV_DTYPE_COUNT] = {
        [TCONV_F32] = 0x1p-22, [TCONV_F64] = 0x1p-50, [TCONV_F16] = 0x1p-9,
        [TCONV_BF16] = 0x1p-6, [TCONV_C64] = 0x1p-22, [TCONV_C128] = 0x1p-50};
    const double slack = slacks[s->dtype];
    count *= tconv_dtype_parts(s->dtype);
    double least = 0, most = 0, sum = 0, squares = 0;
    for (int64_t i = 0; i < count; i++) {
        double value = number(s->dtype, data, i) / bound;
        least = fmin(least, value);
        most = fmax(most, value);
        sum += value;
        squares += value * value;
        assert_true(fabs(value) <= 1 + slack);
    }
    /* Of n draws: the extremes within 30/n of the bounds, the moments within
     * six of their standard deviations; all of what rounding leaves of them. */
    const double n = (double)count;
    assert_true(least < -1 + 30 / n + slack && most > 1 - 30 / n - slack);
    assert_true(fabs(sum / n) < 6 * sqrt(1 / (3 * n)) + slack);
    assert_true(fabs(squares / n - 1.0 / 3) < 6 * sqrt(4 / (45 * n)) + slack);
}

static void within_bounds(void **state)
{
    (void)state;
    static const char *const names[] = {
        "f32_ci16_co2000_k1",   "f64_ci16_co2000_k1_s3",
        "f32_ci2_co1200_k7_g2", "f64_ci600_co1200_k5_g600_d2",
        "f16_ci16_co2000_k1",   "bf16_ci16_co2000_k2",
        "c64_ci16_co1000_k1",   "c128_ci2_co600_k7"};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct drawn d = draw(names[i], TCONV_SUM_FUSED, 20 + i);
        check_law(&d, d.weight.data, d.weights);
        check_law(&d, d.bias.data, d.biases);
        release(&d);
    }
}

/* The definition: two numbers of the real type for each complex one. */
static void complex_as_real(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"c64_ci4_co3_k5_bias0", "f32_ci8_co3_k5_bias0"},
        {"c128_ci4_co3_k5_bias0", "f64_ci8_co3_k5_bias0"}};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct drawn a = draw(names[i][0], TCONV_SUM_FUSED, 8);
        struct drawn b = draw(names[i][1], TCONV_SUM_FUSED, 8);
        assert_int_equal(a.weight.bytes, b.weight.bytes);
        assert_memory_equal(a.weight.data, b.weight.data, a.weight.bytes);
        release(&a);
        release(&b);
    }
}

/* Products of what has 11 bits are exact: both roundings give the same. */
static void narrow_without_rounding(void **state)
{
    (void)state;
    static const char *const names[] = {"f16_ci40_co33_k7",
                                        "bf16_ci40_co33_k7"};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct drawn a = draw(names[i], TCONV_SUM_FUSED, 8);
        struct drawn b = draw(names[i], TCONV_SUM_SEPARATE, 8);
        assert_memory_equal(a.weight.data, b.weight.data, a.weight.bytes);
        assert_memory_equal(a.bias.data, b.bias.data, a.bias.bytes);
        release(&a);
        release(&b);
    }
}

/* What a seed gives hangs on channels, kernel_size, groups, bias and dtype. */
static void same_for_other_strides(void **state)
{
    (void)state;
    struct drawn a = draw("f32_ci4_co6_k3_g2", TCONV_SUM_FUSED, 8);
    struct drawn b =
        draw("f32_ci4_co6_k3_s4_p1_pe2_op3_g2_d2_l9", TCONV_SUM_FUSED, 8);
    assert_memory_equal(a.weight.data, b.weight.data, a.weight.bytes);
    assert_memory_equal(a.bias.data, b.bias.data, a.bias.bytes);
    release(&a);
    release(&b);
}

/* Refusals. */

static void refuse(const struct drawn *d, void *weight, void *bias,
                   enum tconv_status wanted, const char *part)
{
    struct tconv_error error = NO_ERROR;
    enum tconv_status got =
        tconv_init_weights(&d->spec, TCONV_SUM_FUSED, 1, weight, bias, &error);
    assert_error(&error, got, wanted, part);
    assert_true(isnan(value_get(d->spec.dtype, d->weight.data, 0)));
}

static void bad_arguments(void **state)
{
    (void)state;
    struct tconv_error error = NO_ERROR;
    struct drawn d = make("f32_ci2_co2_k3"), n = make("f32_ci2_co2_k3_bias0");
    refuse(&d, NULL, d.bias.data, TCONV_E_ARGUMENT, "must not be NULL");
    refuse(&d, d.weight.data, NULL, TCONV_E_ARGUMENT, "must not be NULL");
    refuse(&n, n.weight.data, d.bias.data, TCONV_E_ARGUMENT,
           "only bias must be NULL");
    d.spec.weight_dtype = TCONV_F16;
    refuse(&d, d.weight.data, d.bias.data, TCONV_E_DTYPE,
           "weight_dtype=f16: first weights are of");
    d.spec.weight_dtype = 0;
    d.spec.stride = 0;
    refuse(&d, d.weight.data, d.bias.data, TCONV_E_STRIDE, "stride=0");
    assert_error(&error,
                 tconv_init_weights(NULL, TCONV_SUM_FUSED, 1, d.weight.data,
                                    d.bias.data, &error),
                 TCONV_E_ARGUMENT, "spec");
    /* Without anywhere to put a message. */
    assert_int_equal(tconv_init_weights(&d.spec, TCONV_SUM_FUSED, 1,
                                        d.weight.data, d.bias.data, NULL),
                     TCONV_E_STRIDE);
    release(&d);
    release(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_to_pytorch),
        cmocka_unit_test(published_number),
        cmocka_unit_test(high_seed_bits),
        cmocka_unit_test(within_bounds),
        cmocka_unit_test(complex_as_real),
        cmocka_unit_test(narrow_without_rounding),
        cmocka_unit_test(same_for_other_strides),
        cmocka_unit_test(bad_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
