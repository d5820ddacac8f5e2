/* Reading a layer: PyTorch's notation, as typed and as print(model) shows it,
 * and model files. Each text is held to the canonical name of what it means. */
#define _GNU_SOURCE
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct tconv_generator *generator;

static int make_generator(void **state)
{
    (void)state;
    return tconv_generator_create(&generator, NULL) != TCONV_OK;
}

static int free_generator(void **state)
{
    (void)state;
    tconv_generator_free(generator);
    return 0;
}

struct reading {
    const char *text;
    const char *name;  /* the canonical one */
    const char *layer; /* NULL: the same */
};

static void assert_reads(const struct reading *r)
{
    struct tconv_error error = NO_ERROR;
    struct tconv_model model;
    char name[TCONV_NAME_SIZE];
    if (tconv_generator_read(generator, r->text, &model, &error) != TCONV_OK)
        fail_msg("%s: %s", r->text, error.message);
    assert_int_equal(model.count, 1);
    tconv_spec_name(&model.layers[0].spec, name);
    if (strcmp(name, r->name) != 0)
        fail_msg("%s is read as %s, not %s", r->text, name, r->name);
    assert_string_equal(model.layers[0].name, r->layer ? r->layer : r->name);
    tconv_model_free(&model);
}

static void notation(void **state)
{
    (void)state;
    static const struct reading cases[] = {
        /* Operators differ in the order of their arguments from the sixth on,
         * which is groups here and dilation there. */
        {"ConvTranspose1d(4, 2, 3, 5, 1, 4, 2, False, 6)",
         "f32_ci4_co2_k3_s5_p1_op4_g2_bias0_d6", NULL},
        {"Conv1d(4, 2, 3, 5, 1, 6, 2, False)",
         "f32_conv_ci4_co2_k3_s5_p1_g2_bias0_d6", NULL},
        {"Conv1d(4, 2, 3, 5, 1, 6, 2, False, 'zeros', None, torch.float64)",
         "f64_conv_ci4_co2_k3_s5_p1_g2_bias0_d6", NULL},
        {"Conv1d(4, 2, 3)", "f32_conv_ci4_co2_k3", NULL},
        {" torch.nn.Conv1d (4,2,3 , ) ", "f32_conv_ci4_co2_k3", NULL},
        {"nn.Conv1d(kernel_size=3, out_channels=2, in_channels=4)",
         "f32_conv_ci4_co2_k3", NULL},
        {"self.down = nn.Conv1d(4, 2, 3, stride=2)", "f32_conv_ci4_co2_k3_s2",
         NULL},
        {"(down): Conv1d(4, 2, kernel_size=(3,), stride=(2,), padding=(1,), "
         "dilation=(2,), groups=2, bias=False)",
         "f32_conv_ci4_co2_k3_s2_p1_g2_bias0_d2", "down"},
        {"(0): Conv1d(4, 2, kernel_size=(4,), stride=(1,), padding=same)",
         "f32_conv_ci4_co2_k4_p1_pe2", "0"},
        {"Conv1d(4, 2, 3, padding=(1, 0), dtype=\"float64\", length=9)",
         "f64_conv_ci4_co2_k3_p1_pe0_l9", NULL},
        {"Conv1d(4, 2, 3, padding_mode='zeros')", "f32_conv_ci4_co2_k3", NULL},
        /* Words for padding; an odd one is at the end, as PyTorch has it. */
        {"Conv1d(4, 2, 3, padding='valid')", "f32_conv_ci4_co2_k3", NULL},
        {"Conv1d(4, 2, 3, 2, \"valid\")", "f32_conv_ci4_co2_k3_s2", NULL},
        {"Conv1d(4, 2, 3, padding='same')", "f32_conv_ci4_co2_k3_p1", NULL},
        {"Conv1d(4, 2, 1, padding='same')", "f32_conv_ci4_co2_k1", NULL},
        {"Conv1d(4, 2, 2, padding='same')", "f32_conv_ci4_co2_k2_pe1", NULL},
        {"Conv1d(4, 2, 4, padding='same', dilation=3)",
         "f32_conv_ci4_co2_k4_p4_pe5_d3", NULL},
        {"Conv1d(4, 2, 2, padding='same', dilation=2)",
         "f32_conv_ci4_co2_k2_p1_d2", NULL},
        {"Conv1d(4, 2, dilation=3, padding='same', kernel_size=4)",
         "f32_conv_ci4_co2_k4_p4_pe5_d3", NULL},
        /* Passes. */
        {"Conv1d(4, 2, 3, pass='forward')", "f32_conv_ci4_co2_k3", NULL},
        {"Conv1d(4, 2, 3, pass='grad_input')", "f32_conv_ci4_co2_k3_gi", NULL},
        {"ConvTranspose1d(4, 2, 3, pass=\"grad_input\")", "f32_ci4_co2_k3_gi",
         NULL},
        {"ConvTranspose1d(4, 2, 3, pass=grad_weight)", "f32_ci4_co2_k3_gw",
         NULL},
        /* Layouts. */
        {"Conv1d(4, 2, 3, layout='nlc')", "f32_conv_nlc_ci4_co2_k3", NULL},
        {"Conv1d(4, 2, 3, output_layout=nlc)", "f32_conv_nclnlc_ci4_co2_k3",
         NULL},
        {"ConvTranspose1d(4, 2, 3, output_layout='ncl', layout='nlc')",
         "f32_nlcncl_ci4_co2_k3", NULL},
        {"Conv1d(4, 2, 3, layout='ncl', output_layout='ncl')",
         "f32_conv_ci4_co2_k3", NULL},
        /* Narrow weights. */
        {"Conv1d(4, 2, 3, weight_dtype='float16')", "f32_conv_wf16_ci4_co2_k3",
         NULL},
        {"ConvTranspose1d(4, 2, 3, weight_dtype=torch.bfloat16)",
         "f32_wbf16_ci4_co2_k3", NULL},
        {"ConvTranspose1d(4, 2, 3, dtype=torch.float32, weight_dtype=\"f16\")",
         "f32_wf16_ci4_co2_k3", NULL},
        {"Conv1d(4, 2, 3, weight_dtype=bf16, pass='grad_input')",
         "f32_conv_wbf16_ci4_co2_k3_gi", NULL},
        /* Its own is what the weight has anyway. */
        {"Conv1d(4, 2, 3, weight_dtype=bfloat16, dtype=bfloat16)",
         "bf16_conv_ci4_co2_k3", NULL},
        /* Types, in PyTorch's words and in short. */
        {"Conv1d(4, 2, 3, dtype=torch.bfloat16)", "bf16_conv_ci4_co2_k3", NULL},
        {"Conv1d(4, 2, 3, dtype=float16)", "f16_conv_ci4_co2_k3", NULL},
        {"ConvTranspose1d(4, 2, 3, dtype=torch.half)", "f16_ci4_co2_k3", NULL},
        {"ConvTranspose1d(4, 2, 3, dtype=\"complex64\")", "c64_ci4_co2_k3",
         NULL},
        {"ConvTranspose1d(4, 2, 3, dtype=torch.cfloat, pass=grad_weight)",
         "c64_ci4_co2_k3_gw", NULL},
        {"Conv1d(4, 2, 3, dtype=torch.complex128, layout='nlc')",
         "c128_conv_nlc_ci4_co2_k3", NULL},
        {"Conv1d(4, 2, 3, dtype=torch.cdouble)", "c128_conv_ci4_co2_k3", NULL},
        {"Conv1d(4, 2, 3, dtype='c128')", "c128_conv_ci4_co2_k3", NULL},
        {"Conv1d(4, 2, 3, dtype=bf16)", "bf16_conv_ci4_co2_k3", NULL},
        /* Integers. */
        {"ConvTranspose1d(4, 2, 3, dtype=\"int8\")", "i8_ci4_co2_k3", NULL},
        {"Conv1d(4, 2, 3, dtype=torch.uint8)", "u8_conv_ci4_co2_k3", NULL},
        {"Conv1d(4, 2, 3, dtype=u8, output_dtype=\"float32\")",
         "u8_conv_yf32_ci4_co2_k3", NULL},
        {"ConvTranspose1d(4, 2, 3, output_dtype='uint8', dtype='int8')",
         "i8_yu8_ci4_co2_k3", NULL},
        {"ConvTranspose1d(4, 2, 3, dtype=int8, output_dtype=int8)",
         "i8_ci4_co2_k3", NULL},
        {"ConvTranspose1d(4, 2, 3, weight_dtype=\"int8\")",
         "f32_wi8_ci4_co2_k3", NULL},
        {"Conv1d(4, 2, 3, dtype=float32, weight_dtype=i8, layout='nlc')",
         "f32_conv_wi8_nlc_ci4_co2_k3", NULL},
        /* Precision. */
        {"Conv1d(4, 2, 3, precision=\"tf32\")", "f32_conv_tf32_ci4_co2_k3",
         NULL},
        {"ConvTranspose1d(4, 2, 3, precision=tf32, pass='grad_weight')",
         "f32_tf32_ci4_co2_k3_gw", NULL},
        {"ConvTranspose1d(4, 2, 3, dtype=float64, precision='full')",
         "f64_ci4_co2_k3", NULL},
        /* Names. */
        {"f32_conv_tf32_ci4_co2_k3", "f32_conv_tf32_ci4_co2_k3", NULL},
        {"c128_nlc_ci4_co2_k3_gi", "c128_nlc_ci4_co2_k3_gi", NULL},
        {"bf16_ci4_co2_k3", "bf16_ci4_co2_k3", NULL},
        {"f32_conv_wbf16_ci4_co2_k4_p1_pe2", "f32_conv_wbf16_ci4_co2_k4_p1_pe2",
         NULL},
        {"f32_conv_ci4_co2_k4_p1_pe2_gw", "f32_conv_ci4_co2_k4_p1_pe2_gw",
         NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_reads(&cases[i]);
}

static void refusals(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum tconv_status status;
        const char *message;
    } cases[] = {
        {"Conv1d(4, 2, 3, output_padding=1)", TCONV_E_SYNTAX,
         "\"output_padding\": Conv1d has no such argument"},
        {"Conv1d(4, 2, 3, output_padding=0)", TCONV_E_SYNTAX,
         "\"output_padding\": Conv1d has no such argument"},
        {"Conv1d(4, 2, 3, colour=1)", TCONV_E_SYNTAX,
         "\"colour\": Conv1d has no such argument"},
        {"Conv1d(4, 2, 3, 1, 0, 1, 1, True, 'zeros', None, float32, 7)",
         TCONV_E_SYNTAX, "argument 12: Conv1d has 11 by position"},
        {"Conv1d(4, 2)", TCONV_E_KERNEL_SIZE, "kernel_size: is missing"},
        {"Conv1d(4, 2, 3, 1, stride=2)", TCONV_E_SYNTAX, "stride: is given"},
        {"Conv1d(4, 2, 3, padding='full')", TCONV_E_PADDING,
         "padding=\"full\": must be \"valid\", \"same\" or an integer"},
        {"Conv1d(4, 2, 3, padding='')", TCONV_E_PADDING, "padding=\"\""},
        {"Conv1d(4, 2, 3, padding='same', stride=2)", TCONV_E_PADDING,
         "padding=\"same\": needs stride=1, not 2"},
        {"Conv1d(4, 2, 0, padding='same')", TCONV_E_KERNEL_SIZE,
         "kernel_size=0: must be at least 1"},
        {"Conv1d(4, 2, 9000000000000000000, padding='same', dilation=9)",
         TCONV_E_KERNEL_SIZE, "kernel_size="},
        {"Conv1d(4, 2, 3, padding=-999999999999999999)", TCONV_E_PADDING,
         "padding=-999999999999999999: must be at least 0"},
        {"ConvTranspose1d(4, 2, 3, padding='same')", TCONV_E_PADDING,
         "padding=\"same\": must be an integer"},
        {"Conv1d(4, 2, 3, padding=(1, 2, 3))", TCONV_E_SYNTAX,
         "more than two numbers"},
        {"Conv1d(4, 2, 3, padding_mode='reflect')", TCONV_E_PADDING,
         "only \"zeros\" padding mode is supported for Conv1d"},
        {"ConvTranspose1d(4, 2, 3, padding_mode='circular')", TCONV_E_PADDING,
         "only \"zeros\" padding mode is supported for ConvTranspose1d"},
        {"Conv1d(4, 2, 3, pass='grad_bias')", TCONV_E_PASS,
         "pass=\"grad_bias\": must be \"forward\", \"grad_input\" or"},
        {"ConvTranspose1d(4, 2, 3, pass=1)", TCONV_E_PASS, "pass=1"},
        {"Conv1d(4, 2, 3, weight_dtype='float32')", TCONV_E_DTYPE,
         "weight_dtype=\"float32\": must be \"float16\", \"bfloat16\" or "
         "\"int8\""},
        {"Conv1d(4, 2, 3, layout='nhwc')", TCONV_E_LAYOUT,
         "layout=\"nhwc\": must be \"ncl\" or \"nlc\""},
        {"Conv1d(4, 2, 3, output_layout=1)", TCONV_E_LAYOUT,
         "output_layout=1: must be"},
        {"Conv1d(4, 2, 3, weight_dtype=16)", TCONV_E_DTYPE, "weight_dtype=16"},
        {"Conv1d(4, 2, 3, dtype=int16)", TCONV_E_DTYPE,
         "dtype=\"int16\": must be \"float32\", \"float64\", \"float16\", "},
        {"Conv1d(4, 2, 3, dtype=int32)", TCONV_E_DTYPE,
         "\"int8\" or \"uint8\""},
        {"Conv1d(4, 2, 3, dtype=int8, output_dtype=int32)", TCONV_E_DTYPE,
         "output_dtype=\"int32\": must be \"float32\", \"int8\" or"},
        {"Conv1d(4, 2, 3, dtype=int8, output_dtype=8)", TCONV_E_DTYPE,
         "output_dtype=8"},
        {"Conv1d(4, 2, 3, output_dtype=int8)", TCONV_E_DTYPE,
         "needs dtype int8 or uint8"},
        {"Conv1d(4, 2, 3, dtype=float64, output_dtype=float32)", TCONV_E_DTYPE,
         "output_dtype=\"float32\": needs dtype int8 or uint8"},
        {"Conv1d(4, 2, 3, dtype=float64, weight_dtype=int8)", TCONV_E_DTYPE,
         "weight_dtype=i8: needs dtype float32"},
        {"Conv1d(4, 2, 3, dtype=uint8, weight_dtype=float16)", TCONV_E_DTYPE,
         "weight_dtype=f16: needs dtype float32"},
        {"Conv1d(4, 2, 3, dtype=int8, pass=grad_input)", TCONV_E_PASS,
         "layers of int8 are forward alone"},
        {"Conv1d(4, 2, 3, dtype=uint8, pass=grad_weight)", TCONV_E_PASS,
         "layers of uint8 are forward alone"},
        {"Conv1d(4, 2, 3, weight_dtype=int8, pass=grad_input)", TCONV_E_PASS,
         "layers with weights of int8 are forward alone"},
        {"Conv1d(4, 2, 3, dtype=complex32)", TCONV_E_DTYPE,
         "dtype=\"complex32\": must be"},
        {"Conv1d(4, 2, 3, dtype=float16, weight_dtype=bfloat16)", TCONV_E_DTYPE,
         "weight_dtype=bf16: needs dtype float32"},
        {"Conv1d(4, 2, 3, weight_dtype=float16, dtype=complex64)",
         TCONV_E_DTYPE, "weight_dtype=f16: needs dtype float32"},
        {"Conv1d(4, 2, 3, weight_dtype=complex64)", TCONV_E_DTYPE,
         "weight_dtype=\"complex64\": must be"},
        {"Conv1d(4, 2, 3, precision='half')", TCONV_E_PRECISION,
         "precision=\"half\": must be \"full\" or \"tf32\""},
        {"Conv1d(4, 2, 3, precision=32)", TCONV_E_PRECISION, "precision=32"},
        {"Conv1d(4, 2, 3, precision=tf32, dtype=float64)", TCONV_E_PRECISION,
         "precision=tf32: needs dtype float32"},
        {"Conv1d(4, 2, 3, precision=tf32, dtype=bfloat16)", TCONV_E_PRECISION,
         "precision=tf32: needs dtype float32"},
        {"Conv1d(4, 2, 3, precision=tf32, weight_dtype=float16)",
         TCONV_E_PRECISION, "needs dtype float32, of the weight as well"},
        {"Conv1d(4, 2, 3, dtype=float64, weight_dtype=float16)", TCONV_E_DTYPE,
         "weight_dtype=f16: needs dtype float32"},
        {"Conv1d(4, 2, 3, pass=grad_weight, weight_dtype=float16)",
         TCONV_E_DTYPE, "weight_dtype=f16: grad_weight is"},
        {"Conv1d(4, 2, 3, length=2)", TCONV_E_OUTPUT_LENGTH, "length=2"},
        {"Conv2d(4, 2, 3)", TCONV_E_SYNTAX, "must be a model file"},
        {"LazyConv1d(2, 3)", TCONV_E_SYNTAX, "must read ConvTranspose1d("},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tconv_error error = NO_ERROR;
        struct tconv_model model = {0};
        fprintf(stderr, "%s\n", cases[i].text);
        assert_error(
            &error,
            tconv_generator_read(generator, cases[i].text, &model, &error),
            cases[i].status, cases[i].message);
        assert_null(model.layers);
    }
}

/* A model file of this text, read. */
static enum tconv_status read_model(const char *text, struct tconv_model *model,
                                    struct tconv_error *error)
{
    char path[] = "/tmp/unit_read_XXXXXX.lua";
    int file = mkstemps(path, 4);
    assert_true(file >= 0);
    size_t bytes = strlen(text);
    assert_true(write(file, text, bytes) == (ssize_t)bytes);
    close(file);
    enum tconv_status status =
        tconv_generator_read(generator, path, model, error);
    unlink(path);
    return status;
}

/* Both operators in one file, in its order. */
static void model_file(void **state)
{
    (void)state;
    static const struct reading want[] = {
        {"", "f32_conv_ci1_co8_k7_p3", "in"},
        {"", "f32_ci8_co4_k4_s2_p1", "up"},
        {"", "f32_conv_ci4_co4_k4_p4_pe5_d3", "same"},
        {"", "f64_conv_ci4_co4_k2_pe1_gi", "layer3"},
        {"", "f32_conv_wf16_ci4_co1_k3_s2", "out"},
        {"", "c64_nlc_ci4_co1_k3", "spectrum"},
        {"", "f32_tf32_ci4_co1_k3", "fast"},
    };
    struct tconv_error error = NO_ERROR;
    struct tconv_model model;
    assert_ok(
        read_model("Conv1d{1, 8, 7, padding = 3, name = 'in'}\n"
                   "ConvTranspose1d{8, 4, 4, stride = 2, padding = 1,\n"
                   "    name = 'up'}\n"
                   "Conv1d{4, 4, 4, dilation = 3, padding = 'same',\n"
                   "    name = 'same'}\n"
                   "Conv1d{4, 4, 2, padding = {0, 1}, dtype = 'float64',\n"
                   "    pass = 'grad_input'}\n"
                   "Conv1d{in_channels = 4, out_channels = 1,\n"
                   "    kernel_size = 3, stride = 2, padding = 'valid',\n"
                   "    weight_dtype = 'float16',\n"
                   "    name = 'out'}\n"
                   "ConvTranspose1d{4, 1, 3, dtype = 'complex64',\n"
                   "    layout = 'nlc', name = 'spectrum'}\n"
                   "ConvTranspose1d{4, 1, 3, precision = 'tf32',\n"
                   "    name = 'fast'}\n",
                   &model, &error),
        &error);
    assert_int_equal(model.count, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++) {
        char name[TCONV_NAME_SIZE];
        tconv_spec_name(&model.layers[i].spec, name);
        assert_string_equal(name, want[i].name);
        assert_string_equal(model.layers[i].name, want[i].layer);
    }
    tconv_model_free(&model);
}

static void refused_models(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum tconv_status status;
        const char *message;
    } cases[] = {
        {"Conv1d(1, 2, 3)", TCONV_E_MODEL,
         "Conv1d takes one table: Conv1d{512, 256, 16, stride=8}"},
        {"ConvTranspose1d(1, 2, 3)", TCONV_E_MODEL,
         "ConvTranspose1d takes one table: ConvTranspose1d{512,"},
        {"Conv1d{4, 2, 3, output_padding = 0}", TCONV_E_SYNTAX,
         "\"output_padding\": Conv1d has no such argument"},
        {"Conv1d{4, 2, 3, colour = 1}", TCONV_E_SYNTAX,
         "\"colour\": Conv1d has no such argument"},
        {"Conv1d{4, 2, 3, 1}", TCONV_E_SYNTAX, "Conv1d has no such argument"},
        {"Conv1d{4, 2, 3, stride = 2, padding = 'same'}", TCONV_E_PADDING,
         "needs stride=1"},
        {"Conv1d{4, 2, 3, padding = 'Same'}", TCONV_E_PADDING, "\"Same\""},
        {"Conv1d{4, 2, 3, padding = {'same'}}", TCONV_E_PADDING,
         "must be an integer"},
        {"ConvTranspose1d{4, 2, 3, padding = 'valid'}", TCONV_E_PADDING,
         "must be an integer"},
        /* The least integer is a number, not a word. */
        {"Conv1d{4, 2, 3, padding = -9223372036854775807 - 1}", TCONV_E_PADDING,
         "padding=-9223372036854775808: must be at least 0"},
        {"Conv1d{4, 2, 1 << 62, dilation = 1 << 62, padding = 'same'}",
         TCONV_E_KERNEL_SIZE, "kernel_size=4611686018427387904: must be"},
        {"Conv1d{4, 2, 3, pass = true}", TCONV_E_PASS, "pass=true"},
        {"Conv1d{4, 2, 3, weight_dtype = 'half'}", TCONV_E_DTYPE,
         "weight_dtype=\"half\": must be"},
        {"Conv1d{4, 2, 3, dtype = 16}", TCONV_E_DTYPE, "dtype=16: must be"},
        {"Conv1d{4, 2, 3, precision = true}", TCONV_E_PRECISION,
         "precision=true: must be"},
        {"Conv2d{4, 2, 3}", TCONV_E_MODEL, "Conv2d"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tconv_error error = NO_ERROR;
        struct tconv_model model = {0};
        fprintf(stderr, "%s\n", cases[i].text);
        assert_error(&error, read_model(cases[i].text, &model, &error),
                     cases[i].status, cases[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notation),
        cmocka_unit_test(refusals),
        cmocka_unit_test(model_file),
        cmocka_unit_test(refused_models),
    };
    return cmocka_run_group_tests(tests, make_generator, free_generator) != 0;
}
