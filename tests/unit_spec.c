/* The rules of a valid layer, its sizes, and output_size. */
#include "support.h"

#include <string.h>

/* A layer that is valid, then one field changed. */
struct rule {
    const char *what;
    size_t offset; /* of the int64_t field changed */
    int64_t value;
    enum tconv_status status; /* TCONV_OK: still valid */
    const char *message;      /* part of it */
};

#define FIELD(name) #name, offsetof(struct tconv_spec, name)
#define BIG INT64_C(2147483647)

static const struct rule rules[] = {
    {FIELD(in_channels), 1, TCONV_E_GROUPS, "groups=2: must divide"},
    {FIELD(in_channels), 0, TCONV_E_IN_CHANNELS, "in_channels=0: must be at"},
    {FIELD(in_channels), -4, TCONV_E_IN_CHANNELS, "in_channels=-4"},
    {FIELD(in_channels), BIG + 1, TCONV_E_IN_CHANNELS, "at most 2147483647"},
    {FIELD(in_channels), 7, TCONV_E_GROUPS, "in_channels=7"},
    {FIELD(out_channels), 0, TCONV_E_OUT_CHANNELS, "out_channels=0"},
    {FIELD(out_channels), -1, TCONV_E_OUT_CHANNELS, "out_channels=-1"},
    {FIELD(out_channels), 9, TCONV_E_GROUPS, "out_channels=9"},
    {FIELD(kernel_size), 0, TCONV_E_KERNEL_SIZE, "kernel_size=0"},
    {FIELD(kernel_size), -3, TCONV_E_KERNEL_SIZE, "kernel_size=-3"},
    {FIELD(kernel_size), BIG, TCONV_OK, NULL},
    {FIELD(kernel_size), BIG + 1, TCONV_E_KERNEL_SIZE, "at most"},
    {FIELD(stride), 0, TCONV_E_STRIDE, "stride=0: must be at least 1"},
    {FIELD(stride), -1, TCONV_E_STRIDE, "stride=-1"},
    {FIELD(stride), INT64_C(1) << 31, TCONV_E_STRIDE, "stride=2147483648"},
    {FIELD(stride), INT64_MAX, TCONV_E_STRIDE, "stride=9223372036854775807"},
    {FIELD(stride), BIG, TCONV_OK, NULL},
    {FIELD(padding_begin), -1, TCONV_E_PADDING, "padding=-1"},
    {FIELD(padding_end), -1, TCONV_E_PADDING, "padding=-1"},
    {FIELD(padding_begin), 100, TCONV_OK, NULL},
    {FIELD(padding_end), BIG, TCONV_OK, NULL},
    {FIELD(output_padding), -1, TCONV_E_OUTPUT_PADDING, "output_padding=-1"},
    {FIELD(output_padding), 2, TCONV_OK, NULL},
    {FIELD(output_padding), 3, TCONV_OK, NULL}, /* below dilation */
    {FIELD(output_padding), 4, TCONV_E_OUTPUT_PADDING,
     "output_padding=4: must be below stride=3 or below dilation=4"},
    {FIELD(groups), 0, TCONV_E_GROUPS, "groups=0"},
    {FIELD(groups), -2, TCONV_E_GROUPS, "groups=-2"},
    {FIELD(groups), 3, TCONV_E_GROUPS, "groups=3: must divide in_channels=8"},
    {FIELD(bias), 2, TCONV_E_BIAS, "bias=2: must be true or false"},
    {FIELD(bias), -1, TCONV_E_BIAS, "bias=-1"},
    {FIELD(bias), 0, TCONV_OK, NULL},
    {FIELD(dilation), 0, TCONV_E_DILATION, "dilation=0"},
    {FIELD(dilation), -1, TCONV_E_DILATION, "dilation=-1"},
    {FIELD(length), -1, TCONV_E_LENGTH, "length=-1"},
    {FIELD(length), 32, TCONV_OK, NULL},
};

static struct tconv_spec valid_spec(void)
{
    struct tconv_spec s;
    tconv_spec_init(&s, 8, 6, 5);
    s.groups = 2;
    s.stride = 3;
    s.dilation = 4;
    return s;
}

static void each_rule_has_a_message(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rules); i++) {
        struct tconv_spec s = valid_spec();
        struct tconv_error error = NO_ERROR;
        memcpy((char *)&s + rules[i].offset, &rules[i].value, sizeof(int64_t));
        enum tconv_status status = tconv_spec_check(&s, &error);
        if (rules[i].status == TCONV_OK)
            assert_ok(status, &error);
        else
            assert_error(&error, status, rules[i].status, rules[i].message);
        /* The message is a courtesy: without it, the same status. */
        assert_int_equal(tconv_spec_check(&s, NULL), rules[i].status);
    }
}

static void enumerations_are_checked(void **state)
{
    (void)state;
    struct tconv_error error = NO_ERROR;
    struct tconv_spec s = valid_spec();
    s.dtype = TCONV_DTYPE_COUNT;
    assert_error(&error, tconv_spec_check(&s, &error), TCONV_E_DTYPE, "dtype=");
    s = valid_spec();
    s.layout = TCONV_LAYOUT_COUNT;
    memset(&error, 0, sizeof error);
    assert_error(&error, tconv_spec_check(&s, &error), TCONV_E_LAYOUT,
                 "layout=");
    s = valid_spec();
    s.output_layout = TCONV_LAYOUT_COUNT;
    memset(&error, 0, sizeof error);
    assert_error(&error, tconv_spec_check(&s, &error), TCONV_E_LAYOUT,
                 "output_layout=2: must be ncl or nlc");
    s = valid_spec();
    s.op = TCONV_OP_COUNT;
    memset(&error, 0, sizeof error);
    assert_error(&error, tconv_spec_check(&s, &error), TCONV_E_OP,
                 "op=2: must be ConvTranspose1d or Conv1d");
    s = valid_spec();
    s.pass = TCONV_PASS_COUNT;
    memset(&error, 0, sizeof error);
    assert_error(&error, tconv_spec_check(&s, &error), TCONV_E_PASS,
                 "pass=3: must be forward, grad_input or grad_weight");
    s = valid_spec();
    s.precision = TCONV_PRECISION_COUNT;
    memset(&error, 0, sizeof error);
    assert_error(&error, tconv_spec_check(&s, &error), TCONV_E_PRECISION,
                 "precision=2: must be full or tf32");
}

static void narrow_weights_are_checked(void **state)
{
    (void)state;
    static const struct {
        enum tconv_dtype weight, dtype;
        enum tconv_pass pass;
        const char *message;
    } cases[] = {
        {TCONV_F16, TCONV_F32, TCONV_FORWARD, NULL},
        {TCONV_BF16, TCONV_F32, TCONV_FORWARD, NULL},
        {TCONV_F16, TCONV_F32, TCONV_GRAD_INPUT, NULL},
        {TCONV_F64, TCONV_F32, TCONV_FORWARD,
         "weight_dtype=1: must be float16"},
        {TCONV_C64, TCONV_C64, TCONV_FORWARD,
         "weight_dtype=4: must be float16"},
        {TCONV_DTYPE_COUNT, TCONV_F32, TCONV_FORWARD,
         "weight_dtype=9: must be"},
        {TCONV_I8, TCONV_F32, TCONV_FORWARD, NULL},
        {TCONV_U8, TCONV_F32, TCONV_FORWARD, "weight_dtype=7: must be"},
        {TCONV_I32, TCONV_F32, TCONV_FORWARD, "weight_dtype=8: must be"},
        {TCONV_I8, TCONV_F64, TCONV_FORWARD, "=i8: needs dtype float32"},
        {TCONV_I8, TCONV_F32, TCONV_GRAD_WEIGHT, "=i8: grad_weight is"},
        {TCONV_F16, TCONV_F64, TCONV_FORWARD, "=f16: needs dtype float32"},
        {TCONV_BF16, TCONV_F32, TCONV_GRAD_WEIGHT, "=bf16: grad_weight is"},
        /* The layer's own is 0 here, whatever a reader may take. */
        {TCONV_F16, TCONV_F16, TCONV_FORWARD, "=f16: needs dtype float32"},
        {TCONV_BF16, TCONV_F16, TCONV_FORWARD, "=bf16: needs dtype float32"},
        {TCONV_F16, TCONV_C64, TCONV_FORWARD, "=f16: needs dtype float32"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tconv_error error = NO_ERROR;
        struct tconv_spec s = valid_spec();
        s.weight_dtype = cases[i].weight;
        s.dtype = cases[i].dtype;
        s.pass = cases[i].pass;
        const enum tconv_status status = tconv_spec_check(&s, &error);
        if (cases[i].message)
            assert_error(&error, status, TCONV_E_DTYPE, cases[i].message);
        else
            assert_ok(status, &error);
    }
}

/* TF32 is how f32 layers multiply, and no others. */
static void precisions_are_checked(void **state)
{
    (void)state;
    static const struct {
        enum tconv_dtype dtype, weight;
        const char *message;
    } cases[] = {
        {TCONV_F32, 0, NULL},
        {TCONV_F32, TCONV_F16, "needs dtype float32, of the weight as well"},
        {TCONV_F32, TCONV_BF16, "needs dtype float32, of the weight as well"},
        {TCONV_F64, 0, "precision=tf32: needs dtype float32"},
        {TCONV_F16, 0, "precision=tf32: needs dtype float32"},
        {TCONV_BF16, 0, "precision=tf32: needs dtype float32"},
        {TCONV_C64, 0, "precision=tf32: needs dtype float32"},
        {TCONV_C128, 0, "precision=tf32: needs dtype float32"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (int pass = 0; pass < TCONV_PASS_COUNT; pass++) {
            struct tconv_error error = NO_ERROR;
            struct tconv_spec s = valid_spec();
            s.dtype = cases[i].dtype;
            s.weight_dtype = cases[i].weight;
            s.precision = TCONV_TF32;
            s.pass = (enum tconv_pass)pass;
            if (s.weight_dtype && s.pass == TCONV_GRAD_WEIGHT)
                continue; /* refused in any precision */
            const enum tconv_status status = tconv_spec_check(&s, &error);
            if (cases[i].message)
                assert_error(&error, status, TCONV_E_PRECISION,
                             cases[i].message);
            else
                assert_ok(status, &error);
        }
    }
}

static void types_of_elements(void **state)
{
    (void)state;
    static const struct {
        const char *name, *torch_name;
        int64_t bytes;
        enum tconv_dtype sum;
        int parts;
    } types[TCONV_DTYPE_COUNT] = {
        [TCONV_F32] = {"f32", "float32", 4, TCONV_F32, 1},
        [TCONV_F64] = {"f64", "float64", 8, TCONV_F64, 1},
        [TCONV_F16] = {"f16", "float16", 2, TCONV_F32, 1},
        [TCONV_BF16] = {"bf16", "bfloat16", 2, TCONV_F32, 1},
        [TCONV_C64] = {"c64", "complex64", 8, TCONV_F32, 2},
        [TCONV_C128] = {"c128", "complex128", 16, TCONV_F64, 2},
        [TCONV_I8] = {"i8", "int8", 1, TCONV_I32, 1},
        [TCONV_U8] = {"u8", "uint8", 1, TCONV_I32, 1},
        [TCONV_I32] = {"i32", "int32", 4, TCONV_I32, 1},
    };
    for (int i = 0; i < TCONV_DTYPE_COUNT; i++) {
        const enum tconv_dtype dtype = (enum tconv_dtype)i;
        struct tconv_spec s = valid_spec();
        struct tconv_error error = NO_ERROR;
        s.dtype = dtype;
        assert_string_equal(tconv_dtype_name(dtype), types[i].name);
        assert_string_equal(tconv_dtype_torch_name(dtype), types[i].torch_name);
        assert_int_equal(tconv_dtype_bytes(dtype), types[i].bytes);
        assert_int_equal(tconv_dtype_sum(dtype), types[i].sum);
        assert_int_equal(tconv_dtype_parts(dtype), types[i].parts);
        assert_int_equal(tconv_dtype_integer(dtype), dtype >= TCONV_I8);
        if (dtype >= TCONV_I8)
            continue; /* see integer_layers_are_checked */
        assert_int_equal(tconv_spec_weight_dtype(&s), dtype);
        assert_int_equal(tconv_spec_quantized(&s), 0);
        for (int pass = 0; pass < TCONV_PASS_COUNT; pass++) {
            s.pass = (enum tconv_pass)pass;
            assert_ok(tconv_spec_check(&s, &error), &error);
        }
    }
}

/* Weights of int8 and a bias of int32; y of three types; forward alone. */
static void integer_layers_are_checked(void **state)
{
    (void)state;
    static const struct {
        enum tconv_dtype dtype, output;
        enum tconv_pass pass;
        enum tconv_status status;
        const char *message;
    } cases[] = {
        {TCONV_I8, TCONV_I8, 0, TCONV_OK, NULL},
        {TCONV_I8, TCONV_U8, 0, TCONV_OK, NULL},
        {TCONV_U8, TCONV_F32, 0, TCONV_OK, NULL},
        {TCONV_U8, TCONV_F64, 0, TCONV_E_DTYPE, "output_dtype=1: must be"},
        {TCONV_U8, TCONV_I32, 0, TCONV_E_DTYPE, "output_dtype=8: must be"},
        {TCONV_I32, TCONV_I8, 0, TCONV_E_DTYPE, "dtype=8: must be"},
        {TCONV_F32, TCONV_I8, 0, TCONV_E_DTYPE, "output_dtype=6: needs"},
        {TCONV_C64, TCONV_U8, 0, TCONV_E_DTYPE, "output_dtype=7: needs"},
        {TCONV_I8, TCONV_I8, TCONV_GRAD_INPUT, TCONV_E_PASS, "of int8 are"},
        {TCONV_U8, TCONV_F32, TCONV_GRAD_WEIGHT, TCONV_E_PASS, "of uint8 are"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tconv_error error = NO_ERROR;
        struct tconv_spec s = valid_spec();
        s.dtype = cases[i].dtype;
        s.output_dtype = cases[i].output;
        s.pass = cases[i].pass;
        const enum tconv_status status = tconv_spec_check(&s, &error);
        if (cases[i].message) {
            assert_error(&error, status, cases[i].status, cases[i].message);
            continue;
        }
        assert_ok(status, &error);
        assert_int_equal(tconv_spec_quantized(&s), 1);
        assert_int_equal(tconv_spec_weight_dtype(&s), TCONV_I8);
        assert_int_equal(tconv_spec_bias_dtype(&s), TCONV_I32);
        assert_int_equal(tconv_spec_output_dtype(&s), cases[i].output);
    }
    const struct tconv_spec scaled = spec_of("f32_wi8_ci1_co1_k1");
    assert_int_equal(tconv_spec_quantized(&scaled), 1);
    assert_int_equal(tconv_spec_bias_dtype(&scaled), TCONV_F32);
    assert_int_equal(tconv_spec_output_dtype(&scaled), TCONV_F32);
}

/* Where rows of y are, in each layout and pass. */
static void elements_of_y_have_a_place(void **state)
{
    (void)state;
    struct tconv_spec s;
    struct tconv_sizes sizes;
    struct tconv_error error = NO_ERROR;
    tconv_spec_init(&s, 2, 3, 1);
    s.stride = 2; /* 4 positions become 7 */
    assert_int_equal(tconv_layout_at(TCONV_NCL, 3, 7, 1, 2, 5), 21 + 14 + 5);
    assert_int_equal(tconv_layout_at(TCONV_NLC, 3, 7, 1, 2, 5), 21 + 15 + 2);
    assert_string_equal(tconv_layout_name(TCONV_NCL), "ncl");
    assert_string_equal(tconv_layout_name(TCONV_NLC), "nlc");
    const struct {
        enum tconv_pass pass;
        enum tconv_layout input, output;
        int64_t row, at, place;
    } cases[] = {
        {TCONV_FORWARD, TCONV_NLC, TCONV_NCL, 5, 4, 39},
        {TCONV_FORWARD, TCONV_NCL, TCONV_NLC, 5, 4, 21 + 12 + 2},
        {TCONV_GRAD_INPUT, TCONV_NCL, TCONV_NLC, 3, 1, 13},
        {TCONV_GRAD_INPUT, TCONV_NLC, TCONV_NCL, 3, 1, 8 + 2 + 1},
        {TCONV_GRAD_WEIGHT, TCONV_NLC, TCONV_NLC, 5, 0, 5},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        s.pass = cases[i].pass;
        s.layout = cases[i].input;
        s.output_layout = cases[i].output;
        assert_ok(tconv_spec_sizes(&s, 2, 4, &sizes, &error), &error);
        assert_int_equal(
            tconv_spec_output_at(&s, &sizes, cases[i].row, cases[i].at),
            cases[i].place);
    }
}

static void defaults_are_pytorchs(void **state)
{
    (void)state;
    struct tconv_spec s;
    memset(&s, 0x55, sizeof s);
    tconv_spec_init(&s, 3, 4, 5);
    const struct tconv_spec want = {.in_channels = 3,
                                    .out_channels = 4,
                                    .kernel_size = 5,
                                    .stride = 1,
                                    .groups = 1,
                                    .bias = 1,
                                    .dilation = 1,
                                    .dtype = TCONV_F32,
                                    .layout = TCONV_NCL,
                                    .op = TCONV_CONV_TRANSPOSE1D,
                                    .pass = TCONV_FORWARD};
    assert_true(tconv_spec_equal(&s, &want));
}

static void equality_sees_every_field(void **state)
{
    (void)state;
    const struct tconv_spec a = valid_spec();
    for (size_t i = 0; i < COUNT(rules); i++) {
        struct tconv_spec b = a;
        int64_t was;
        memcpy(&was, (char *)&b + rules[i].offset, sizeof was);
        if (was == rules[i].value)
            continue;
        memcpy((char *)&b + rules[i].offset, &rules[i].value, sizeof was);
        if (tconv_spec_equal(&a, &b))
            fail_msg("%s makes no difference", rules[i].what);
    }
    struct tconv_spec b = a;
    b.dtype = TCONV_F64;
    assert_false(tconv_spec_equal(&a, &b));
    b = a;
    b.layout = TCONV_NLC;
    assert_false(tconv_spec_equal(&a, &b));
    b = a;
    b.output_layout = TCONV_NLC;
    assert_false(tconv_spec_equal(&a, &b));
    b = a;
    b.op = TCONV_CONV1D;
    assert_false(tconv_spec_equal(&a, &b));
    b = a;
    b.pass = TCONV_GRAD_INPUT;
    assert_false(tconv_spec_equal(&a, &b));
    b = a;
    b.weight_dtype = TCONV_F16;
    assert_false(tconv_spec_equal(&a, &b));
    b = a;
    b.precision = TCONV_TF32;
    assert_false(tconv_spec_equal(&a, &b));
    assert_true(tconv_spec_equal(&a, &a));
}

/* Each rule of the one operator is the other's, but for output_padding. */
static void conv_has_the_same_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rules); i++) {
        struct tconv_spec s = valid_spec();
        s.op = TCONV_CONV1D;
        memcpy((char *)&s + rules[i].offset, &rules[i].value, sizeof(int64_t));
        struct tconv_error error = NO_ERROR;
        enum tconv_status status = tconv_spec_check(&s, &error);
        if (s.output_padding > 0)
            assert_error(&error, status, TCONV_E_OUTPUT_PADDING,
                         "must be 0, Conv1d has none");
        else if (rules[i].status != TCONV_OK)
            assert_error(&error, status, rules[i].status, rules[i].message);
        else
            assert_ok(status, &error);
    }
}

static void weight_shapes(void **state)
{
    (void)state;
    int64_t shape[3];
    struct tconv_spec s = spec_of("f32_ci6_co4_k5_g2");
    tconv_spec_weight_shape(&s, shape);
    assert_true(shape[0] == 6 && shape[1] == 2 && shape[2] == 5);
    s.op = TCONV_CONV1D;
    s.pass = TCONV_GRAD_WEIGHT; /* of the layer, whatever the pass */
    tconv_spec_weight_shape(&s, shape);
    assert_true(shape[0] == 4 && shape[1] == 3 && shape[2] == 5);
}

static void words(void **state)
{
    (void)state;
    assert_string_equal(tconv_op_name(TCONV_CONV_TRANSPOSE1D),
                        "ConvTranspose1d");
    assert_string_equal(tconv_op_name(TCONV_CONV1D), "Conv1d");
    assert_string_equal(tconv_pass_name(TCONV_FORWARD), "forward");
    assert_string_equal(tconv_pass_name(TCONV_GRAD_INPUT), "grad_input");
    assert_string_equal(tconv_pass_name(TCONV_GRAD_WEIGHT), "grad_weight");
    assert_string_equal(tconv_precision_name(TCONV_PRECISION_FULL), "full");
    assert_string_equal(tconv_precision_name(TCONV_TF32), "tf32");
}

static void which_are_transposed(void **state)
{
    (void)state;
    struct tconv_spec s = valid_spec();
    assert_true(tconv_spec_transposed(&s));
    s.pass = TCONV_GRAD_INPUT;
    assert_false(tconv_spec_transposed(&s));
    s.op = TCONV_CONV1D;
    assert_true(tconv_spec_transposed(&s));
    s.pass = TCONV_FORWARD;
    assert_false(tconv_spec_transposed(&s));
}

static void output_lengths(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t length, output_length; /* 0: none is left */
    } cases[] = {
        {"f32_ci1_co1_k1", 1, 1},
        {"f32_ci1_co1_k1", 7, 7},
        {"f32_ci1_co1_k16_s8_p4", 10, 80},
        {"f32_ci1_co1_k3_s5", 4, 18},              /* gaps: K < stride */
        {"f32_ci1_co1_k3_s5_op4", 4, 22},          /* they grow the end */
        {"f32_ci1_co1_k4_s2_pe2", 5, 10},          /* crops the end only */
        {"f32_ci1_co1_k4_s2_p2_pe0", 5, 10},       /* the beginning only */
        {"f32_ci1_co1_k3_s2_op3_d4", 6, 22},       /* op below dilation */
        {"f32_ci1_co1_k2_p3", 8, 3},               /* pure crop */
        {"f32_ci1_co1_k2_p3", 6, 1},               /* one is left */
        {"f32_ci1_co1_k2_p3", 5, 0},               /* none is */
        {"f32_ci1_co1_k2_p3", 1, 0},               /* fewer than none */
        {"f32_ci1026_co1_k1024_s256", 100, 26368}, /* Tacotron's istft */
        {"f32_conv_ci1_co1_k1", 7, 7},
        {"f32_conv_ci1_co1_k7_p3", 10, 10},
        {"f32_conv_ci1_co1_k16_s8_p4", 80, 10},
        {"f32_conv_ci1_co1_k16_s8_p4", 87, 10}, /* rounded down */
        {"f32_conv_ci1_co1_k16_s8_p4", 88, 11},
        {"f32_conv_ci1_co1_k3_pe2_d4", 9, 3},
        {"f32_conv_ci1_co1_k3_p2_pe0_d4", 9, 3},
        {"f32_conv_ci1_co1_k3_s5", 3, 1}, /* one window fits */
        {"f32_conv_ci1_co1_k3_s5", 2, 0}, /* none does, by one */
        {"f32_conv_ci1_co1_k9_s5", 2, 0}, /* by more than the stride */
        {"f32_conv_ci1_co1_k1_s3_p4", 1, 3},
        {"f32_conv_ci1_co1_k16_s8_p4_gi", 87, 10}, /* the layer's, still */
        {"f32_ci1_co1_k16_s8_p4_gw", 10, 80},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tconv_spec s = spec_of(cases[i].name);
        struct tconv_error error = NO_ERROR;
        int64_t got = -1;
        enum tconv_status status =
            tconv_spec_output_length(&s, cases[i].length, &got, &error);
        if (cases[i].output_length) {
            assert_ok(status, &error);
            assert_int_equal(got, cases[i].output_length);
        } else {
            assert_error(&error, status, TCONV_E_OUTPUT_LENGTH,
                         "must be at least ");
            assert_int_equal(got, -1); /* untouched */
        }
    }
}

static void lengths_are_checked(void **state)
{
    (void)state;
    struct tconv_spec s = spec_of("f32_ci1_co1_k4_s2_l8");
    struct tconv_error error = NO_ERROR;
    int64_t got;
    assert_ok(tconv_spec_output_length(&s, 8, &got, &error), &error);
    assert_error(&error, tconv_spec_output_length(&s, 7, &got, &error),
                 TCONV_E_LENGTH, "length=7: the layer's length is fixed at 8");
    memset(&error, 0, sizeof error);
    s.length = 0;
    assert_error(&error, tconv_spec_output_length(&s, 0, &got, &error),
                 TCONV_E_LENGTH, "length=0: must be at least 1");
    memset(&error, 0, sizeof error);
    assert_error(&error, tconv_spec_output_length(&s, -5, &got, &error),
                 TCONV_E_LENGTH, "length=-5");

    /* A fixed length without an output is no valid layer. */
    memset(&error, 0, sizeof error);
    struct tconv_spec none;
    assert_error(&error,
                 tconv_spec_from_name("f32_ci1_co1_k2_p3_l5", &none, &error),
                 TCONV_E_OUTPUT_LENGTH, NULL);
}

/* The range is what a batch of one has sizes for, to the last length. */
static void check_range(const struct tconv_spec *s)
{
    char name[TCONV_NAME_SIZE];
    int64_t least, most;
    struct tconv_error error = NO_ERROR;
    struct tconv_sizes z;
    tconv_spec_name(s, name);
    tconv_spec_length_range(s, &least, &most);
    const int64_t inside[] = {least, least + (most - least) / 2, most};
    const int64_t outside[] = {0, least - 1, most + 1, INT64_MAX};
    if (least < 1 || least > most)
        fail_msg("%s: lengths from %lld to %lld", name, (long long)least,
                 (long long)most);
    for (size_t i = 0; i < COUNT(inside); i++)
        if (tconv_spec_sizes(s, 1, inside[i], &z, &error) != TCONV_OK)
            fail_msg("%s: length=%lld is in the range: %s", name,
                     (long long)inside[i], error.message);
    for (size_t i = 0; i < COUNT(outside); i++)
        if (tconv_spec_sizes(s, 1, outside[i], &z, NULL) == TCONV_OK)
            fail_msg("%s: length=%lld is not in the range from %lld to %lld",
                     name, (long long)outside[i], (long long)least,
                     (long long)most);
}

static void length_ranges(void **state)
{
    (void)state;
    static const char *const names[] = {
        "f32_ci1_co1_k1",
        "f64_ci3_co500_k9_s7_p40_d3",
        "f32_ci1_co1_k1_s2147483647_p2147483647",
        "f32_ci2147483647_co1_k1",
        "f32_ci1_co2147483647_k1_s2147483647",
        "f32_conv_ci1_co1_k1",
        "f32_conv_ci1_co1_k1_s2147483647",
        "f64_conv_ci3_co500_k9_s7_p40_d3",
        "f64_conv_ci3_co5_k9_s7_p4_d30",
        "f64_conv_ci1_co1_k500000000_p2147483647_d2147483647",
        "f32_conv_ci1_co1_k2_pe2147483647",
        "f32_conv_ci2147483647_co1_k1_p5",
        "f32_conv_ci1_co2147483647_k1_p500000000",
        "f32_conv_ci1_co2147483647_k1_s2147483647",
        "f32_conv_ci7_co3_k5_s2_l30",
        "f32_conv_ci7_co3_k5_s2_gi",
        "f32_ci7_co3_k5_s2_gw",
    };
    struct prng prng = {1};
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct tconv_spec s = spec_of(names[i]);
        check_range(&s);
    }
    for (int i = 0; i < 2000; i++) {
        int64_t length;
        const struct tconv_spec s = spec_random(&prng, &length);
        check_range(&s);
    }
    int64_t least, most;
    const struct tconv_spec s = spec_of("f32_conv_ci1_co1_k5_s4_p1_pe0_d2");
    tconv_spec_length_range(&s, &least, &most);
    assert_int_equal(least, 8); /* 9 taps wide, one of them in the padding */
    const struct tconv_spec f = spec_of("f32_conv_ci7_co3_k5_s2_l30");
    tconv_spec_length_range(&f, &least, &most);
    assert_true(least == 30 && most == 30);
}

static void sizes_never_overflow(void **state)
{
    (void)state;
    struct tconv_error error = NO_ERROR;
    struct tconv_sizes sizes;
    struct tconv_spec s;

    tconv_spec_init(&s, BIG, BIG, BIG);
    assert_error(&error, tconv_spec_check(&s, &error), TCONV_E_SIZE, "weight");

    /* Each factor alone is fine. */
    memset(&error, 0, sizeof error);
    tconv_spec_init(&s, 1, 1, BIG);
    s.stride = BIG;
    s.dilation = BIG; /* even one input makes more output than memory has */
    assert_error(&error, tconv_spec_check(&s, &error), TCONV_E_SIZE,
                 "every output");
    memset(&error, 0, sizeof error);
    s.dilation = BIG / 8;
    assert_ok(tconv_spec_check(&s, &error), &error);
    int64_t got;
    assert_ok(tconv_spec_output_length(&s, 1, &got, &error), &error);
    assert_int_equal(got, BIG / 8 * (BIG - 1) + 1);
    assert_error(&error, tconv_spec_output_length(&s, INT64_MAX, &got, &error),
                 TCONV_E_SIZE, "too large to address");
    memset(&error, 0, sizeof error);
    assert_error(&error,
                 tconv_spec_output_length(&s, INT64_C(1) << 32, &got, &error),
                 TCONV_E_SIZE, NULL);

    s = spec_of("f64_ci4_co4_k4_s2");
    memset(&error, 0, sizeof error);
    assert_error(&error, tconv_spec_sizes(&s, INT64_MAX, 100, &sizes, &error),
                 TCONV_E_SIZE, "batch=9223372036854775807");
    memset(&error, 0, sizeof error);
    assert_error(&error,
                 tconv_spec_sizes(&s, INT64_C(1) << 40, INT64_C(1) << 20,
                                  &sizes, &error),
                 TCONV_E_SIZE, NULL);
    memset(&error, 0, sizeof error);
    assert_error(&error, tconv_spec_sizes(&s, -1, 100, &sizes, &error),
                 TCONV_E_BATCH, "batch=-1: must be at least 0");
}

/* Conv1d's sums are of numbers that fit, whatever the fields. */
static void conv_never_overflows(void **state)
{
    (void)state;
    struct tconv_error error = NO_ERROR;
    struct tconv_sizes sizes;
    struct tconv_spec s;
    int64_t got;
    tconv_spec_init(&s, 1, 1, BIG);
    s.op = TCONV_CONV1D;
    s.dilation = BIG; /* one window is more than memory has */
    assert_error(&error, tconv_spec_check(&s, &error), TCONV_E_SIZE,
                 "every output");
    memset(&error, 0, sizeof error);
    s.dilation = BIG / 8;
    s.stride = s.padding_begin = s.padding_end = BIG;
    assert_ok(tconv_spec_check(&s, &error), &error);
    const int64_t least = BIG / 8 * (BIG - 1) + 1 - 2 * BIG;
    assert_ok(tconv_spec_output_length(&s, least, &got, &error), &error);
    assert_int_equal(got, 1);
    assert_error(&error, tconv_spec_output_length(&s, least - 1, &got, &error),
                 TCONV_E_OUTPUT_LENGTH,
                 "at least dilation*(kernel_size-1) + 1");
    memset(&error, 0, sizeof error);
    assert_error(&error, tconv_spec_output_length(&s, INT64_MAX, &got, &error),
                 TCONV_E_SIZE, "too large to address");

    /* A short x, but many channels of y, and the reverse. */
    s = spec_of("f32_conv_ci1_co2147483647_k1_p500000000");
    memset(&error, 0, sizeof error);
    assert_error(&error, tconv_spec_sizes(&s, 1, 1 << 30, &sizes, &error),
                 TCONV_E_SIZE, "too large to address");
    s = spec_of("f32_conv_ci2147483647_co1_k1_s2147483647");
    memset(&error, 0, sizeof error);
    assert_error(&error,
                 tconv_spec_sizes(&s, 1, INT64_C(1) << 31, &sizes, &error),
                 TCONV_E_SIZE, "too large to address");
}

static void sizes_of_a_call(void **state)
{
    (void)state;
    struct tconv_error error = NO_ERROR;
    struct tconv_sizes z;
    struct tconv_spec s = spec_of("f64_ci6_co4_k5_s3_p1_op2_g2");
    assert_ok(tconv_spec_sizes(&s, 3, 10, &z, &error), &error);
    assert_int_equal(z.output_length, 9 * 3 - 2 + 4 + 2 + 1);
    assert_int_equal(z.input, 3 * 6 * 10);
    assert_int_equal(z.output, 12 * z.output_length);
    assert_int_equal(z.weight, 6 * 2 * 5);
    assert_int_equal(z.bias, 4);
    assert_int_equal(z.macs, 3 * 10 * 6 * 2 * 5);
    assert_int_equal(z.element_bytes, 8);

    s.bias = 0;
    assert_ok(tconv_spec_sizes(&s, 0, 10, &z, &error), &error);
    assert_int_equal(z.input, 0);
    assert_int_equal(z.output, 0);
    assert_int_equal(z.bias, 0);
    assert_int_equal(z.weight, 6 * 2 * 5);
    assert_int_equal(z.macs, 0);
}

/* What is read and what is written, in each pass of both operators. */
static void sizes_of_passes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct tconv_sizes sizes; /* of a batch of 2 of length 10 */
    } cases[] = {
        /* input, its rows; output, its rows, their number; weight, bias */
        {"f64_ci6_co4_k5_s3_g2",
         {120, 10, 256, 32, 8, 60, 4, 1200, 8, 8, 8, 8}},
        {"f64_ci6_co4_k5_s3_g2_gi",
         {256, 32, 120, 10, 12, 60, 0, 1200, 8, 8, 8, 8}},
        {"f64_ci6_co4_k5_s3_g2_gw",
         {120, 10, 60, 5, 12, 256, 0, 1200, 8, 8, 8, 8}},
        {"f32_wf16_ci6_co4_k5_s3_g2",
         {120, 10, 256, 32, 8, 60, 4, 1200, 4, 2, 4, 4}},
        {"f32_wbf16_ci6_co4_k5_s3_g2_gi",
         {256, 32, 120, 10, 12, 60, 0, 1200, 4, 2, 4, 4}},
        {"f16_ci6_co4_k5_s3_g2",
         {120, 10, 256, 32, 8, 60, 4, 1200, 2, 2, 2, 2}},
        {"bf16_ci6_co4_k5_s3_g2_gw",
         {120, 10, 60, 5, 12, 256, 0, 1200, 2, 2, 2, 2}},
        {"f32_tf32_ci6_co4_k5_s3_g2",
         {120, 10, 256, 32, 8, 60, 4, 1200, 4, 4, 4, 4}},
        {"c64_ci6_co4_k5_s3_g2_gi",
         {256, 32, 120, 10, 12, 60, 0, 4800, 8, 8, 8, 8}},
        {"c128_ci6_co4_k5_s3_g2",
         {120, 10, 256, 32, 8, 60, 4, 4800, 16, 16, 16, 16}},
        {"i8_yf32_ci6_co4_k5_s3_g2",
         {120, 10, 256, 32, 8, 60, 4, 1200, 1, 1, 4, 4}},
        {"f32_wi8_ci6_co4_k5_s3_g2",
         {120, 10, 256, 32, 8, 60, 4, 1200, 4, 1, 4, 4}},
        {"f32_conv_ci6_co4_k5_s3_g2",
         {120, 10, 16, 2, 8, 60, 4, 240, 4, 4, 4, 4}},
        {"f32_conv_ci6_co4_k5_s3_g2_gi",
         {16, 2, 120, 10, 12, 60, 0, 240, 4, 4, 4, 4}},
        {"f32_conv_ci6_co4_k5_s3_g2_gw",
         {120, 10, 60, 5, 12, 16, 0, 240, 4, 4, 4, 4}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tconv_error error = NO_ERROR;
        struct tconv_sizes z;
        const struct tconv_spec s = spec_of(cases[i].name);
        assert_ok(tconv_spec_sizes(&s, 2, 10, &z, &error), &error);
        assert_memory_equal(&z, &cases[i].sizes, sizeof z);
        /* Without a batch, grad_weight alone has elements. */
        assert_ok(tconv_spec_sizes(&s, 0, 10, &z, &error), &error);
        assert_int_equal(z.output, s.pass == TCONV_GRAD_WEIGHT ? 60 : 0);
        assert_int_equal(z.macs, 0);
    }
}

static void output_size_sets_output_padding(void **state)
{
    (void)state;
    const struct tconv_spec plain = spec_of("f32_ci2_co2_k5_s4_p1_op5_d6");
    const int64_t least = 3 * 4 - 2 + 6 * 4 + 1;
    for (int64_t size = least - 2; size <= least + 6; size++) {
        struct tconv_spec s = plain;
        struct tconv_error error = NO_ERROR;
        enum tconv_status status =
            tconv_spec_set_output_size(&s, 4, size, &error);
        /* Dilation 6 does not widen the range of stride 4. */
        if (size >= least && size <= least + 3) {
            assert_ok(status, &error);
            int64_t got;
            assert_ok(tconv_spec_output_length(&s, 4, &got, &error), &error);
            assert_int_equal(got, size);
            assert_int_equal(s.output_padding, size - least);
        } else {
            assert_error(&error, status, TCONV_E_OUTPUT_SIZE,
                         "must be between 35 and 38 for length=4");
            assert_true(tconv_spec_equal(&s, &plain)); /* untouched */
        }
    }
}

static void output_size_of_nothing(void **state)
{
    (void)state;
    struct tconv_error error = NO_ERROR;
    struct tconv_spec s = spec_of("f32_ci1_co1_k2_s3_p4");
    /* Length 1: Lout is -6 + 0..2, so no size can be had. */
    assert_error(&error, tconv_spec_set_output_size(&s, 1, -5, &error),
                 TCONV_E_OUTPUT_LENGTH, NULL);
    memset(&error, 0, sizeof error);
    assert_error(&error, tconv_spec_set_output_size(&s, 1, 1, &error),
                 TCONV_E_OUTPUT_SIZE, NULL);
    /* Length 3: Lout is 0 without it, and may be 1 or 2 with it. */
    memset(&error, 0, sizeof error);
    assert_ok(tconv_spec_set_output_size(&s, 3, 2, &error), &error);
    assert_int_equal(s.output_padding, 2);

    /* Conv1d has one output length only, and no argument to ask for it. */
    s = spec_of("f32_conv_ci1_co1_k2");
    const struct tconv_spec before = s;
    memset(&error, 0, sizeof error);
    assert_error(&error, tconv_spec_set_output_size(&s, 3, 2, &error),
                 TCONV_E_OUTPUT_SIZE, "Conv1d has no such argument");
    assert_true(tconv_spec_equal(&s, &before));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_has_a_message),
        cmocka_unit_test(enumerations_are_checked),
        cmocka_unit_test(narrow_weights_are_checked),
        cmocka_unit_test(precisions_are_checked),
        cmocka_unit_test(types_of_elements),
        cmocka_unit_test(integer_layers_are_checked),
        cmocka_unit_test(elements_of_y_have_a_place),
        cmocka_unit_test(defaults_are_pytorchs),
        cmocka_unit_test(equality_sees_every_field),
        cmocka_unit_test(conv_has_the_same_rules),
        cmocka_unit_test(weight_shapes),
        cmocka_unit_test(words),
        cmocka_unit_test(which_are_transposed),
        cmocka_unit_test(output_lengths),
        cmocka_unit_test(lengths_are_checked),
        cmocka_unit_test(length_ranges),
        cmocka_unit_test(sizes_never_overflow),
        cmocka_unit_test(conv_never_overflows),
        cmocka_unit_test(sizes_of_a_call),
        cmocka_unit_test(sizes_of_passes),
        cmocka_unit_test(output_size_sets_output_padding),
        cmocka_unit_test(output_size_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
