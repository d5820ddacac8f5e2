/* Canonical names: written, read, and refused when spelled otherwise. */
#include "support.h"

#include <stdio.h>
#include <string.h>

static void names_of_layers(void **state)
{
    (void)state;
    char name[TCONV_NAME_SIZE];
    struct tconv_spec s;
    tconv_spec_init(&s, 512, 256, 16);
    tconv_spec_name(&s, name);
    assert_string_equal(name, "f32_ci512_co256_k16");
    s.stride = 8;
    s.padding_begin = s.padding_end = 4;
    tconv_spec_name(&s, name);
    assert_string_equal(name, "f32_ci512_co256_k16_s8_p4");
    s.padding_end = 0;
    tconv_spec_name(&s, name);
    assert_string_equal(name, "f32_ci512_co256_k16_s8_p4_pe0");
    s.padding_begin = 0;
    s.padding_end = 8;
    tconv_spec_name(&s, name);
    assert_string_equal(name, "f32_ci512_co256_k16_s8_pe8");
    s.output_padding = 1;
    s.groups = 256;
    s.bias = 0;
    s.dilation = 3;
    s.dtype = TCONV_F64;
    s.length = 32;
    tconv_spec_name(&s, name);
    assert_string_equal(name,
                        "f64_ci512_co256_k16_s8_pe8_op1_g256_bias0_d3_l32");
}

/* A word before the fields says Conv1d, one behind them a gradient. */
static void names_of_operators_and_passes(void **state)
{
    (void)state;
    char name[TCONV_NAME_SIZE];
    struct tconv_spec s;
    tconv_spec_init(&s, 4, 2, 3);
    s.pass = TCONV_GRAD_INPUT;
    tconv_spec_name(&s, name);
    assert_string_equal(name, "f32_ci4_co2_k3_gi");
    s.op = TCONV_CONV1D;
    tconv_spec_name(&s, name);
    assert_string_equal(name, "f32_conv_ci4_co2_k3_gi");
    s.dtype = TCONV_F64;
    s.padding_end = 1;
    s.length = 7;
    s.pass = TCONV_GRAD_WEIGHT;
    tconv_spec_name(&s, name);
    assert_string_equal(name, "f64_conv_ci4_co2_k3_pe1_l7_gw");
    s.pass = TCONV_FORWARD;
    tconv_spec_name(&s, name);
    assert_string_equal(name, "f64_conv_ci4_co2_k3_pe1_l7");

    s = spec_of("f64_conv_ci4_co2_k3_pe1_l7_gw");
    assert_int_equal(s.op, TCONV_CONV1D);
    assert_int_equal(s.pass, TCONV_GRAD_WEIGHT);
    assert_int_equal(s.length, 7);
    s = spec_of("f32_ci4_co2_k3_gi");
    assert_int_equal(s.op, TCONV_CONV_TRANSPOSE1D);
    assert_int_equal(s.pass, TCONV_GRAD_INPUT);
}

/* A word before the fields, behind the operator's, says how weights are. */
static void names_of_narrow_weights(void **state)
{
    (void)state;
    char name[TCONV_NAME_SIZE];
    struct tconv_spec s;
    tconv_spec_init(&s, 4, 2, 3);
    s.weight_dtype = TCONV_F16;
    tconv_spec_name(&s, name);
    assert_string_equal(name, "f32_wf16_ci4_co2_k3");
    s.op = TCONV_CONV1D;
    s.weight_dtype = TCONV_BF16;
    s.pass = TCONV_GRAD_INPUT;
    tconv_spec_name(&s, name);
    assert_string_equal(name, "f32_conv_wbf16_ci4_co2_k3_gi");

    s = spec_of("f32_conv_wbf16_ci4_co2_k3_gi");
    assert_int_equal(s.weight_dtype, TCONV_BF16);
    assert_int_equal(tconv_spec_weight_dtype(&s), TCONV_BF16);
    s = spec_of("f32_wf16_ci4_co2_k3");
    assert_int_equal(s.weight_dtype, TCONV_F16);
    assert_int_equal(s.dtype, TCONV_F32);
    s = spec_of("f64_ci4_co2_k3");
    assert_int_equal(s.weight_dtype, 0);
    assert_int_equal(tconv_spec_weight_dtype(&s), TCONV_F64);
}

/* Names begin with the type of the elements; TF32 is a word like those for the
 * weight. */
static void names_of_types(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum tconv_dtype dtype;
        enum tconv_precision precision;
        enum tconv_op op;
        enum tconv_layout layout, output_layout;
        enum tconv_pass pass;
        enum tconv_dtype weight_dtype, output_dtype;
    } cases[] = {
        {"f16_ci4_co2_k3", TCONV_F16, 0, 0, 0, 0, 0, 0, 0},
        {"bf16_ci4_co2_k3", TCONV_BF16, 0, 0, 0, 0, 0, 0, 0},
        {"c64_ci4_co2_k3", TCONV_C64, 0, 0, 0, 0, 0, 0, 0},
        {"c128_ci4_co2_k3", TCONV_C128, 0, 0, 0, 0, 0, 0, 0},
        {"f32_tf32_ci4_co2_k3", TCONV_F32, TCONV_TF32, 0, 0, 0, 0, 0, 0},
        {"f16_conv_ci4_co2_k3", TCONV_F16, 0, TCONV_CONV1D, 0, 0, 0, 0, 0},
        {"c128_conv_nlc_ci4_co2_k3_gw", TCONV_C128, 0, TCONV_CONV1D, TCONV_NLC,
         TCONV_NLC, TCONV_GRAD_WEIGHT, 0, 0},
        {"bf16_nclnlc_ci4_co2_k3_gi", TCONV_BF16, 0, 0, TCONV_NCL, TCONV_NLC,
         TCONV_GRAD_INPUT, 0, 0},
        {"c64_conv_nlcncl_ci4_co2_k3", TCONV_C64, 0, TCONV_CONV1D, TCONV_NLC,
         TCONV_NCL, 0, 0, 0},
        {"f32_conv_tf32_nlc_ci4_co2_k3_gw", TCONV_F32, TCONV_TF32, TCONV_CONV1D,
         TCONV_NLC, TCONV_NLC, TCONV_GRAD_WEIGHT, 0, 0},
        /* The type of y where that is another; of 0, f32, none is said. */
        {"i8_ci4_co2_k3", TCONV_I8, 0, 0, 0, 0, 0, 0, TCONV_I8},
        {"u8_ci4_co2_k3", TCONV_U8, 0, 0, 0, 0, 0, 0, TCONV_U8},
        {"i8_yf32_ci4_co2_k3", TCONV_I8, 0, 0, 0, 0, 0, 0, TCONV_F32},
        {"i8_yu8_ci4_co2_k3", TCONV_I8, 0, 0, 0, 0, 0, 0, TCONV_U8},
        {"u8_conv_yi8_ci4_co2_k3", TCONV_U8, 0, TCONV_CONV1D, 0, 0, 0, 0,
         TCONV_I8},
        {"u8_conv_yf32_nlc_ci4_co2_k3", TCONV_U8, 0, TCONV_CONV1D, TCONV_NLC,
         TCONV_NLC, 0, 0, TCONV_F32},
        {"f32_wi8_ci4_co2_k3", TCONV_F32, 0, 0, 0, 0, 0, TCONV_I8, 0},
        {"f32_conv_wi8_nclnlc_ci4_co2_k3", TCONV_F32, 0, TCONV_CONV1D,
         TCONV_NCL, TCONV_NLC, 0, TCONV_I8, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char name[TCONV_NAME_SIZE];
        struct tconv_spec s;
        tconv_spec_init(&s, 4, 2, 3);
        s.dtype = cases[i].dtype;
        s.precision = cases[i].precision;
        s.weight_dtype = cases[i].weight_dtype;
        s.output_dtype = cases[i].output_dtype;
        s.op = cases[i].op;
        s.layout = cases[i].layout;
        s.output_layout = cases[i].output_layout;
        s.pass = cases[i].pass;
        tconv_spec_name(&s, name);
        assert_string_equal(name, cases[i].name);
        const struct tconv_spec back = spec_of(cases[i].name);
        assert_true(tconv_spec_equal(&s, &back));
    }
}

static void longest_name_fits(void **state)
{
    (void)state;
    const int64_t most = INT64_C(2147483647);
    struct tconv_spec s = {.in_channels = most,
                           .out_channels = most,
                           .kernel_size = most,
                           .stride = most,
                           .padding_begin = most,
                           .padding_end = most - 1,
                           .output_padding = most - 1,
                           .groups = most,
                           .dilation = most,
                           .dtype = TCONV_C128,
                           .layout = TCONV_NLC,
                           .length = most,
                           .op = TCONV_CONV1D,
                           .pass = TCONV_GRAD_WEIGHT};
    char name[TCONV_NAME_SIZE + 8];
    memset(name, 'x', sizeof name);
    tconv_spec_name(&s, name);
    assert_string_equal(
        name, "c128_conv_nlcncl_ci2147483647_co2147483647_k2147483647_"
              "s2147483647_p2147483647_pe2147483646_op2147483646_g2147483647_"
              "bias0_d2147483647_l2147483647_gw");
    assert_int_equal(name[TCONV_NAME_SIZE], 'x');
}

/* parse(name(spec)) = spec, over specs of every kind and over large ones. */
/* Makes some layers ones of integers, or with weights of int8. */
static void draw_quantized(struct tconv_spec *s, struct prng *prng)
{
    static const enum tconv_dtype outputs[] = {TCONV_I8, TCONV_U8, TCONV_F32};
    s->dtype = (enum tconv_dtype)prng_range(prng, TCONV_I8, TCONV_U8);
    s->output_dtype = outputs[prng_range(prng, 0, 2)];
    if (prng_range(prng, 0, 2) == 0) {
        s->dtype = TCONV_F32;
        s->output_dtype = TCONV_F32;
        s->weight_dtype = TCONV_I8;
    }
}

static void names_round_trip(void **state)
{
    (void)state;
    struct prng prng = {1};
    for (int i = 0; i < 20000; i++) {
        int64_t length;
        struct tconv_spec s = spec_random(&prng, &length), back;
        s.pass = (enum tconv_pass)prng_range(&prng, 0, TCONV_PASS_COUNT - 1);
        if (i % 2)
            s.dtype = (enum tconv_dtype)prng_range(&prng, 0, TCONV_C128);
        if (s.pass == TCONV_FORWARD && i % 7 < 3)
            draw_quantized(&s, &prng);
        else if (s.dtype == TCONV_F32 && i % 5 == 0)
            s.precision = TCONV_TF32;
        else if (s.dtype == TCONV_F32 && s.pass != TCONV_GRAD_WEIGHT &&
                 i % 3 == 0)
            s.weight_dtype = i % 2 ? TCONV_F16 : TCONV_BF16;
        s.layout = (enum tconv_layout)prng_range(&prng, 0, 1);
        s.output_layout = (enum tconv_layout)prng_range(&prng, 0, 1);
        if (i % 4 == 0) {
            s.stride += prng_range(&prng, 0, 1 << 20);
            s.kernel_size += prng_range(&prng, 0, 1 << 20);
            s.length = 0;
        }
        struct tconv_error error = NO_ERROR;
        char name[TCONV_NAME_SIZE];
        tconv_spec_name(&s, name);
        assert_ok(tconv_spec_from_name(name, &back, &error), &error);
        if (!tconv_spec_equal(&s, &back))
            fail_msg("%s comes back as another layer", name);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz"
                                      "0123456789_"),
                         strlen(name));
    }
}

static void other_spellings_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum tconv_status status;
        const char *message;
    } cases[] = {
        {"", TCONV_E_NAME, "starts with a type: f32_, f64_"},
        {"f32", TCONV_E_NAME, "starts with"},
        {"f32_", TCONV_E_NAME, "no field is called"},
        {"f16", TCONV_E_NAME, "starts with"},
        {"c64", TCONV_E_NAME, "starts with"},
        {"c128_", TCONV_E_NAME, "no field is called"},
        {"f128_ci1_co1_k1", TCONV_E_NAME, "starts with"},
        {"bf32_ci1_co1_k1", TCONV_E_NAME, "starts with"},
        {"c32_ci1_co1_k1", TCONV_E_NAME, "starts with"},
        {"tf32_ci1_co1_k1", TCONV_E_NAME, "starts with"},
        {"f16ci1_co1_k1", TCONV_E_NAME, "starts with"},
        {"f32_c64_ci1_co1_k1", TCONV_E_NAME, "no field is called \"c\""},
        {"F32_ci1_co1_k1", TCONV_E_NAME, "starts with"},
        {" f32_ci1_co1_k1", TCONV_E_NAME, "starts with"},
        {"f32_ci1_co1_k1 ", TCONV_E_NAME, "unexpected"},
        {"f32_ci1_co1_k1\n", TCONV_E_NAME, NULL},
        {"f32_ci1_co1_k1_", TCONV_E_NAME, "no field"},
        {"f32__ci1_co1_k1", TCONV_E_NAME, "no field"},
        {"f32_ci1_co1_k1x", TCONV_E_NAME, "unexpected \"x\""},
        {"f32_ci1_co1_k1_z3", TCONV_E_NAME, "no field is called \"z\""},
        {"f32_ci_co1_k1", TCONV_E_NAME, "digits must follow \"ci\""},
        {"f32_ci-1_co1_k1", TCONV_E_NAME, "digits must follow"},
        {"f32_ci+1_co1_k1", TCONV_E_NAME, "digits must follow"},
        {"f32_ci12345678901_co1_k1", TCONV_E_NAME, "1 to 10 digits"},
        {"f32_ci9999999999_co1_k1", TCONV_E_IN_CHANNELS, "at most"},
        {"f32_ci0x10_co1_k1", TCONV_E_NAME, NULL},
        {"f32_ci01_co1_k1", TCONV_E_NAME, "the canonical spelling is "},
        {"f32_co1_ci1_k1", TCONV_E_NAME, "spelling is f32_ci1_co1_k1"},
        {"f32_ci1_co1_k1_s1", TCONV_E_NAME, "spelling is f32_ci1_co1_k1"},
        {"f32_ci1_co1_k1_bias1", TCONV_E_NAME, "canonical"},
        {"f32_ci1_co1_k3_p0_pe2", TCONV_E_NAME, "f32_ci1_co1_k3_pe2"},
        {"f32_ci1_co1_k3_p1_pe1", TCONV_E_NAME, "f32_ci1_co1_k3_p1"},
        {"f32_ci1_co1_k3_k3", TCONV_E_NAME, "canonical"},
        {"f32_ci1_co1_k3_k4", TCONV_E_NAME, "canonical"},
        {"f32_co1_k3", TCONV_E_IN_CHANNELS, "in_channels=0"},
        {"f32_ci1_k3", TCONV_E_OUT_CHANNELS, "out_channels=0"},
        {"f32_ci1_co1", TCONV_E_KERNEL_SIZE, "kernel_size=0"},
        {"f32_ci1_co1_k1_s0", TCONV_E_STRIDE, "stride=0: must be at least 1"},
        {"f32_ci1_co1_k1_op1", TCONV_E_OUTPUT_PADDING, "output_padding=1"},
        {"f32_ci1_co1_k1_g2", TCONV_E_GROUPS, "groups=2"},
        {"f32_ci1_co1_k1_bias2", TCONV_E_BIAS, "bias=2"},
        {"f32_ci1_co1_k1_d0", TCONV_E_DILATION, "dilation=0"},
        {"f32_conv", TCONV_E_IN_CHANNELS, "in_channels=0"},
        {"f32_conv_", TCONV_E_NAME, "no field is called \"\""},
        {"f32_conv1d_ci1_co1_k1", TCONV_E_NAME, "no field is called \"conv\""},
        {"f32_convci1_co1_k1", TCONV_E_NAME, "no field is called \"convci\""},
        {"f32_ncl_ci1_co1_k1", TCONV_E_NAME, "no field is called \"ncl\""},
        {"f32_nlcnlc_ci1_co1_k1", TCONV_E_NAME, "no field is called \"nlcnlc"},
        {"f32_nlc_nlc_ci1_co1_k1", TCONV_E_NAME, "no field is called \"nlc\""},
        {"f32_nlc_conv_ci1_co1_k1", TCONV_E_NAME, "no field is called"},
        {"f32_nlc_wf16_ci1_co1_k1", TCONV_E_NAME, "no field is called \"wf\""},
        {"f32_nlc", TCONV_E_IN_CHANNELS, "in_channels=0"},
        {"f32_conv_conv_ci1_co1_k1", TCONV_E_NAME, "no field is called"},
        {"f32_ci1_co1_k1_conv", TCONV_E_NAME, "no field is called \"conv\""},
        {"conv_f32_ci1_co1_k1", TCONV_E_NAME, "starts with"},
        {"f32_conv_ci1_co1_k1_op0", TCONV_E_NAME, "f32_conv_ci1_co1_k1"},
        {"f32_conv_ci1_co1_k1_s2_op1", TCONV_E_OUTPUT_PADDING,
         "output_padding=1: must be 0, Conv1d has none"},
        {"f32_gi", TCONV_E_IN_CHANNELS, "in_channels=0"},
        {"f32_gi_ci1_co1_k1", TCONV_E_NAME, "no field is called \"gi\""},
        {"f32_ci1_co1_k1_gi_gi", TCONV_E_NAME, "no field is called \"gi\""},
        {"f32_ci1_co1_k1_gi_gw", TCONV_E_NAME, "no field is called \"gi\""},
        {"f32_ci1_co1_k1_gi_l5", TCONV_E_NAME, "no field is called \"gi\""},
        {"f32_ci1_co1_k1_gi_", TCONV_E_NAME, "no field is called \"gi\""},
        {"f32_ci1_co1_k1gi", TCONV_E_NAME, "unexpected \"gi\""},
        {"f32_ci1_co1_k1_gb", TCONV_E_NAME, "no field is called \"gb\""},
        {"f32_ci1_co1_k1_gw1", TCONV_E_NAME, "no field is called \"gw\""},
        {"f32_conv_ci1_co1_k3_l2", TCONV_E_OUTPUT_LENGTH, "at least"},
        {"f32_wf16", TCONV_E_IN_CHANNELS, "in_channels=0"},
        {"f32_wf32_ci1_co1_k1", TCONV_E_NAME, "no field is called"},
        {"f32_wf16ci1_co1_k1", TCONV_E_NAME, "no field is called \"wf\""},
        {"f32_wf16_conv_ci1_co1_k1", TCONV_E_NAME, "no field is called"},
        {"f32_wf16_wf16_ci1_co1_k1", TCONV_E_NAME, "no field is called"},
        {"f32_ci1_co1_k1_wf16", TCONV_E_NAME, "no field is called"},
        {"f32_conv_wbf1_ci1_co1_k1", TCONV_E_NAME, "no field is called"},
        {"f64_wf16_ci1_co1_k1", TCONV_E_DTYPE,
         "weight_dtype=f16: needs dtype float32"},
        {"f16_wf16_ci1_co1_k1", TCONV_E_DTYPE,
         "weight_dtype=f16: needs dtype float32"},
        {"bf16_wf16_ci1_co1_k1", TCONV_E_DTYPE,
         "weight_dtype=f16: needs dtype float32"},
        {"c64_wbf16_ci1_co1_k1", TCONV_E_DTYPE,
         "weight_dtype=bf16: needs dtype float32"},
        {"f32_tf32", TCONV_E_IN_CHANNELS, "in_channels=0"},
        {"f32_full_ci1_co1_k1", TCONV_E_NAME, "no field is called \"full\""},
        {"f32_tf32_tf32_ci1_co1_k1", TCONV_E_NAME, "no field is called \"tf\""},
        {"f32_tf32_conv_ci1_co1_k1", TCONV_E_NAME, "no field is called"},
        {"f32_nlc_tf32_ci1_co1_k1", TCONV_E_NAME, "no field is called \"tf\""},
        {"f32_tf32ci1_co1_k1", TCONV_E_NAME, "no field is called \"tf\""},
        {"f32_ci1_co1_k1_tf32", TCONV_E_NAME, "no field is called \"tf\""},
        {"f32_wf16_tf32_ci1_co1_k1", TCONV_E_PRECISION,
         "precision=tf32: needs dtype float32, of the weight as well"},
        {"f64_tf32_ci1_co1_k1", TCONV_E_PRECISION,
         "precision=tf32: needs dtype float32"},
        {"f16_tf32_ci1_co1_k1", TCONV_E_PRECISION, "precision=tf32: needs"},
        {"c64_tf32_ci1_co1_k1", TCONV_E_PRECISION, "precision=tf32: needs"},
        {"f32_wbf16_ci1_co1_k1_gw", TCONV_E_DTYPE,
         "weight_dtype=bf16: grad_weight is of the layer's dtype"},
        {"i32_ci1_co1_k1", TCONV_E_DTYPE, "dtype=8: must be"},
        {"i16_ci1_co1_k1", TCONV_E_NAME, "starts with"},
        {"i8ci1_co1_k1", TCONV_E_NAME, "starts with"},
        {"i8_yi8_ci1_co1_k1", TCONV_E_NAME, NULL},
        {"u8_yu8_ci1_co1_k1", TCONV_E_NAME, NULL},
        {"u8_yi32_ci1_co1_k1", TCONV_E_NAME, NULL},
        {"i8_yf32_yf32_ci1_co1_k1", TCONV_E_NAME, NULL},
        {"i8_yf32_conv_ci1_co1_k1", TCONV_E_NAME, NULL},
        {"i8_nlc_yf32_ci1_co1_k1", TCONV_E_NAME, NULL},
        {"f32_yi8_ci1_co1_k1", TCONV_E_DTYPE, "needs dtype int8 or uint8"},
        {"f32_yf32_ci1_co1_k1", TCONV_E_NAME, NULL},
        {"f32_wu8_ci1_co1_k1", TCONV_E_NAME, NULL},
        {"i8_wi8_ci1_co1_k1", TCONV_E_DTYPE,
         "weight_dtype=i8: needs dtype float32"},
        {"f64_wi8_ci1_co1_k1", TCONV_E_DTYPE,
         "weight_dtype=i8: needs dtype float32"},
        {"f32_wi8_ci1_co1_k1_gi", TCONV_E_PASS,
         "pass=grad_input: layers with weights of int8 are forward alone"},
        {"i8_ci1_co1_k1_gi", TCONV_E_PASS,
         "pass=grad_input: layers of int8 are forward alone"},
        {"u8_yf32_ci1_co1_k1_gw", TCONV_E_PASS,
         "pass=grad_weight: layers of uint8 are forward alone"},
        {"i8_tf32_ci1_co1_k1", TCONV_E_PRECISION, "precision=tf32: needs"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tconv_error error = NO_ERROR;
        struct tconv_spec s, before;
        memset(&s, 0x55, sizeof s);
        before = s;
        assert_error(&error, tconv_spec_from_name(cases[i].name, &s, &error),
                     cases[i].status, cases[i].message);
        assert_memory_equal(&s, &before, sizeof s);
    }
}

static void absent_arguments(void **state)
{
    (void)state;
    struct tconv_error error = NO_ERROR;
    struct tconv_spec s;
    assert_error(&error, tconv_spec_from_name(NULL, &s, &error),
                 TCONV_E_ARGUMENT, NULL);
    memset(&error, 0, sizeof error);
    assert_error(&error, tconv_spec_from_name("f32_ci1_co1_k1", NULL, &error),
                 TCONV_E_ARGUMENT, NULL);
}

/* A name may be far longer than any that is valid. */
static void endless_name(void **state)
{
    (void)state;
    struct tconv_error error = NO_ERROR;
    struct tconv_spec s;
    static char name[100001];
    memset(name, 'a', sizeof name - 1);
    overlay(name, "f32_");
    assert_error(&error, tconv_spec_from_name(name, &s, &error), TCONV_E_NAME,
                 NULL);
    memset(name, '9', sizeof name - 1);
    overlay(name, "f32_ci");
    memset(&error, 0, sizeof error);
    assert_error(&error, tconv_spec_from_name(name, &s, &error), TCONV_E_NAME,
                 NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_layers),
        cmocka_unit_test(names_of_operators_and_passes),
        cmocka_unit_test(names_of_narrow_weights),
        cmocka_unit_test(names_of_types),
        cmocka_unit_test(longest_name_fits),
        cmocka_unit_test(names_round_trip),
        cmocka_unit_test(other_spellings_are_refused),
        cmocka_unit_test(absent_arguments),
        cmocka_unit_test(endless_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
