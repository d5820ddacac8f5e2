/* Every error code has a test that provokes it: here those of the core and of
 * reading a SPEC, and a table of where the others are provoked. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum tconv_status from_name(const char *name, struct tconv_error *error)
{
    struct tconv_spec s;
    return tconv_spec_from_name(name, &s, error);
}

static enum tconv_status sizes_of(const char *name, int64_t batch,
                                  int64_t length, struct tconv_error *error)
{
    struct tconv_spec s = spec_of(name);
    struct tconv_sizes sizes;
    return tconv_spec_sizes(&s, batch, length, &sizes, error);
}

static enum tconv_status read_spec(const char *spec, struct tconv_error *error)
{
    struct tconv_generator *generator = NULL;
    struct tconv_model model = {0};
    assert_ok(tconv_generator_create(&generator, error), error);
    enum tconv_status status =
        tconv_generator_read(generator, spec, &model, error);
    tconv_model_free(&model);
    tconv_generator_free(generator);
    return status;
}

/* ---------------------------------------------- one provocation a code */

static enum tconv_status in_channels(struct tconv_error *error)
{
    return from_name("f32_ci0_co1_k1", error);
}

static enum tconv_status out_channels(struct tconv_error *error)
{
    return from_name("f32_ci1_co0_k1", error);
}

static enum tconv_status kernel_size(struct tconv_error *error)
{
    return from_name("f32_ci1_co1_k0", error);
}

static enum tconv_status stride(struct tconv_error *error)
{
    return from_name("f32_ci1_co1_k1_s0", error);
}

static enum tconv_status padding(struct tconv_error *error)
{
    return read_spec("ConvTranspose1d(1, 1, 1, padding=-1)", error);
}

static enum tconv_status output_padding(struct tconv_error *error)
{
    return from_name("f32_ci1_co1_k1_op1", error);
}

static enum tconv_status groups(struct tconv_error *error)
{
    return from_name("f32_ci4_co4_k1_g3", error);
}

static enum tconv_status bias(struct tconv_error *error)
{
    return from_name("f32_ci4_co4_k1_bias7", error);
}

static enum tconv_status dilation(struct tconv_error *error)
{
    return from_name("f32_ci4_co4_k1_d0", error);
}

static enum tconv_status dtype(struct tconv_error *error)
{
    return read_spec("ConvTranspose1d(1, 1, 1, dtype=\"int16\")", error);
}

static enum tconv_status quantization(struct tconv_error *error)
{
    const struct tconv_spec s = spec_of("i8_ci1_co1_k1");
    const struct tconv_quantization q = {0, 0, NULL};
    return tconv_quantization_check(&q, &s, error);
}

static enum tconv_status layout(struct tconv_error *error)
{
    struct tconv_spec s = spec_of("f32_ci1_co1_k1");
    s.layout = TCONV_LAYOUT_COUNT;
    return tconv_spec_check(&s, error);
}

static enum tconv_status length(struct tconv_error *error)
{
    return sizes_of("f32_ci1_co1_k1", 1, 0, error);
}

static enum tconv_status op(struct tconv_error *error)
{
    struct tconv_spec s = spec_of("f32_ci1_co1_k1");
    s.op = TCONV_OP_COUNT;
    return tconv_spec_check(&s, error);
}

static enum tconv_status pass(struct tconv_error *error)
{
    return read_spec("Conv1d(1, 1, 1, pass=\"backward\")", error);
}

static enum tconv_status precision(struct tconv_error *error)
{
    return read_spec("Conv1d(1, 1, 1, precision=\"tf19\")", error);
}

static enum tconv_status size(struct tconv_error *error)
{
    return from_name("f32_ci2147483647_co2147483647_k2147483647", error);
}

static enum tconv_status batch(struct tconv_error *error)
{
    return sizes_of("f32_ci1_co1_k1", -1, 1, error);
}

static enum tconv_status output_length(struct tconv_error *error)
{
    return sizes_of("f32_ci1_co1_k1_p1", 1, 2, error);
}

static enum tconv_status output_size(struct tconv_error *error)
{
    struct tconv_spec s = spec_of("f32_ci1_co1_k4_s2");
    return tconv_spec_set_output_size(&s, 5, 14, error);
}

static enum tconv_status argument(struct tconv_error *error)
{
    return tconv_spec_check(NULL, error);
}

static enum tconv_status abi(struct tconv_error *error)
{
    struct tconv_kernel kernel = {.abi = TCONV_KERNEL_ABI + 1};
    struct tconv_args args = {.batch = 1, .length = 1};
    return tconv_kernel_run(&kernel, &args, error);
}

static enum tconv_status name(struct tconv_error *error)
{
    return from_name("f32_ci1_co1_k1_s1", error);
}

static enum tconv_status syntax(struct tconv_error *error)
{
    return read_spec("ConvTranspose1d(1, 2, 3", error);
}

static enum tconv_status layer(struct tconv_error *error)
{
    return read_spec(
        TCONV_SOURCE_DIR "/tests/corpus/model/two.lua:no such layer", error);
}

static enum tconv_status model(struct tconv_error *error)
{
    return read_spec(TCONV_SOURCE_DIR "/tests/corpus/model/syntax.lua", error);
}

static enum tconv_status isa(struct tconv_error *error)
{
    struct tconv_generator *generator = NULL;
    struct tconv_spec s = spec_of("f32_ci1_co1_k1");
    char *text = NULL;
    assert_ok(tconv_generator_create(&generator, error), error);
    enum tconv_status status =
        tconv_generator_plan(generator, &s, "mmx", &text, error);
    assert_null(text);
    tconv_generator_free(generator);
    return status;
}

struct provocation {
    enum tconv_status status;
    enum tconv_status (*provoke)(struct tconv_error *error);
    const char *message;   /* part of the message */
    const char *elsewhere; /* the test program, where it is not this one; its
                              source must have an assert of the code */
};

static const struct provocation provocations[] = {
    {TCONV_E_IN_CHANNELS, in_channels, "in_channels=0", NULL},
    {TCONV_E_OUT_CHANNELS, out_channels, "out_channels=0", NULL},
    {TCONV_E_KERNEL_SIZE, kernel_size, "kernel_size=0", NULL},
    {TCONV_E_STRIDE, stride, "stride=0: must be at least 1", NULL},
    {TCONV_E_PADDING, padding, "padding=-1: must be at least 0", NULL},
    {TCONV_E_OUTPUT_PADDING, output_padding, "output_padding=1", NULL},
    {TCONV_E_GROUPS, groups, "groups=3: must divide", NULL},
    {TCONV_E_BIAS, bias, "bias=7", NULL},
    {TCONV_E_DILATION, dilation, "dilation=0", NULL},
    {TCONV_E_DTYPE, dtype, "dtype=", NULL},
    {TCONV_E_LAYOUT, layout, "layout=", NULL},
    {TCONV_E_LENGTH, length, "length=0", NULL},
    {TCONV_E_OP, op, "must be ConvTranspose1d or Conv1d", NULL},
    {TCONV_E_PASS, pass, "pass=\"backward\"", NULL},
    {TCONV_E_PRECISION, precision, "precision=\"tf19\"", NULL},
    {TCONV_E_QUANTIZATION, quantization, "scale must not be NULL", NULL},
    {TCONV_E_SIZE, size, "too large to address", NULL},
    {TCONV_E_BATCH, batch, "batch=-1", NULL},
    {TCONV_E_OUTPUT_LENGTH, output_length, "output length 0", NULL},
    {TCONV_E_OUTPUT_SIZE, output_size, "between 12 and 13", NULL},
    {TCONV_E_ARGUMENT, argument, "must not be NULL", NULL},
    {TCONV_E_ABI, abi, "abi", NULL},
    {TCONV_E_NAME, name, "canonical spelling", NULL},
    {TCONV_E_SYNTAX, syntax, NULL, NULL},
    {TCONV_E_MODEL, model, "syntax.lua", NULL},
    {TCONV_E_LAYER, layer, "no such layer", NULL},
    {TCONV_E_ISA, isa, "mmx", NULL},
    {TCONV_E_MEMORY, NULL, NULL, "oom"},
    {TCONV_E_IO, NULL, NULL, "unit_cc"},
    {TCONV_E_GENERATOR, NULL, NULL, "unit_template"},
    {TCONV_E_NO_JIT, NULL, NULL, "unit_cc"},
    {TCONV_E_JIT, NULL, NULL, "unit_jit"},
    {TCONV_E_NO_CC, NULL, NULL, "unit_cc"},
    {TCONV_E_CC, NULL, NULL, "unit_cc"},
    {TCONV_E_NO_POOL, NULL, NULL, "unit_pool"},
    {TCONV_E_NO_JSON, NULL, NULL, "unit_module"},
    {TCONV_E_DIFFER, NULL, NULL, "unit_cc"},
};

/* The program's source has `CODE, ` as an argument, as assert_error takes it.
 */
static void assert_credit(const struct provocation *p)
{
    char path[512], line[256];
    const char *code = tconv_status_name(p->status);
    snprintf(path, sizeof path, TCONV_SOURCE_DIR "/tests/%s.c", p->elsewhere);
    FILE *source = fopen(path, "r");
    assert_non_null(source);
    int found = 0;
    while (fgets(line, sizeof line, source)) {
        const char *at = strstr(line, code);
        found |= at && at[strlen(code)] == ',';
    }
    fclose(source);
    if (!found)
        fail_msg("%s: %s is not asserted", path, code);
}

static void each_code_is_provoked(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(provocations); i++) {
        const struct provocation *p = &provocations[i];
        struct tconv_error error = NO_ERROR;
        if (p->provoke)
            assert_error(&error, p->provoke(&error), p->status, p->message);
        else
            assert_credit(p);
    }
}

static void no_code_is_forgotten(void **state)
{
    (void)state;
    assert_int_equal(COUNT(provocations), TCONV_STATUS_COUNT - 1);
    for (size_t i = 0; i < COUNT(provocations); i++)
        assert_int_equal(provocations[i].status, i + 1);
}

static void codes_have_names(void **state)
{
    (void)state;
    for (int s = 0; s < TCONV_STATUS_COUNT; s++) {
        const char *word = tconv_status_name((enum tconv_status)s);
        assert_non_null(word);
        assert_int_equal(strncmp(word, s ? "TCONV_E_" : "TCONV_OK", 8), 0);
        assert_string_not_equal(word, "TCONV_E_UNKNOWN");
        for (int other = 0; other < s; other++)
            assert_string_not_equal(
                word, tconv_status_name((enum tconv_status)other));
    }
    /* A value from nowhere still has one. */
    int wild = 9999;
    enum tconv_status unknown;
    memcpy(&unknown, &wild, sizeof unknown);
    assert_string_equal(tconv_status_name(unknown), "TCONV_E_UNKNOWN");
    wild = -1;
    memcpy(&unknown, &wild, sizeof unknown);
    assert_string_equal(tconv_status_name(unknown), "TCONV_E_UNKNOWN");
}

static void first_failure_stays(void **state)
{
    (void)state;
    struct tconv_error error = NO_ERROR;
    assert_int_equal(stride(&error), TCONV_E_STRIDE);
    assert_int_equal(groups(&error), TCONV_E_GROUPS);
    assert_int_equal(error.status, TCONV_E_STRIDE);
    assert_non_null(strstr(error.message, "stride=0"));
}

/* The rest of a line that is quoted is not let in. */
static void messages_are_one_line(void **state)
{
    (void)state;
    struct tconv_error error = NO_ERROR;
    assert_error(&error, from_name("f32_ci1_co1_k1_\nq\r\n\n", &error),
                 TCONV_E_NAME, NULL);
    static char endless[4096];
    memset(endless, 'f', sizeof endless - 1);
    memset(&error, 0, sizeof error);
    assert_error(&error, from_name(endless, &error), TCONV_E_NAME, NULL);
    assert_true(strlen(error.message) < sizeof error.message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_code_is_provoked),
        cmocka_unit_test(no_code_is_forgotten),
        cmocka_unit_test(codes_have_names),
        cmocka_unit_test(first_failure_stays),
        cmocka_unit_test(messages_are_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
