/* The module: a layer in one object, and the files that its weights come from.
 */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "safetensors.h"
#include "tconv_pool.h"

/* In a folder of this run's own. */
#define WEIGHT_FILE "unit_module_weight.tmp"
#define BIAS_FILE "unit_module_bias.tmp"

static void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* Kernels of gradients are refused with this. */
static enum tconv_status refusal;

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names. */
enum tconv_status __real_tconv_jit_create(const struct tconv_spec *spec,
                                          enum tconv_engine engine,
                                          const char *isa, const char *cc,
                                          struct tconv_jit **jit,
                                          struct tconv_error *error);
enum tconv_status __wrap_tconv_jit_create(const struct tconv_spec *spec,
                                          enum tconv_engine engine,
                                          const char *isa, const char *cc,
                                          struct tconv_jit **jit,
                                          struct tconv_error *error);
enum tconv_status __wrap_tconv_jit_create(const struct tconv_spec *spec,
                                          enum tconv_engine engine,
                                          const char *isa, const char *cc,
                                          struct tconv_jit **jit,
                                          struct tconv_error *error)
{
    if (!refusal || spec->pass == TCONV_FORWARD)
        return __real_tconv_jit_create(spec, engine, isa, cc, jit, error);
    *jit = NULL;
    if (error) {
        error->status = refusal;
        snprintf(error->message, sizeof error->message, "refused");
    }
    return refusal;
}
/* NOLINTEND(bugprone-reserved-identifier) */

static struct tconv_module *module_of(const struct tconv_spec *spec)
{
    struct tconv_error error = NO_ERROR;
    struct tconv_module *module = NULL;
    enum tconv_status status =
        tconv_module_create(spec, TCONV_ENGINE_JIT, NULL, &module, &error);
    if (status == TCONV_E_NO_JIT) {
        print_message("skipped: built without libtcc\n");
        skip();
    }
    assert_ok(status, &error);
    assert_non_null(module);
    return module;
}

static enum tconv_sum native_sum(void)
{
    return tconv_isa_sum(tconv_isa_native());
}

/* ------------------------------------------------------------------ running */

/* Gradients by the module and by the generic kernel, and their sizes. */
struct gradients {
    struct guarded got[3], want[3];
    int64_t counts[3]; /* input, weight, bias */
};

static void gradients_make(struct gradients *g, const struct tensors *t)
{
    g->counts[0] = t->sizes.input;
    g->counts[1] = t->sizes.weight;
    g->counts[2] = t->sizes.bias;
    for (int i = 0; i < 3; i++) {
        const size_t bytes = (size_t)(g->counts[i] * t->sizes.element_bytes);
        guarded_make(&g->got[i], bytes, GUARD_AFTER);
        guarded_make(&g->want[i], bytes, GUARD_AFTER);
    }
}

static void gradients_free(struct gradients *g)
{
    for (int i = 0; i < 3; i++) {
        guarded_free(&g->got[i]);
        guarded_free(&g->want[i]);
    }
}

static void compare_backward(struct tconv_module *module,
                             const struct tensors *t, const void *grad_output)
{
    struct tconv_error error = NO_ERROR;
    struct gradients g;
    gradients_make(&g, t);
    for (int i = 0; i < 3; i++)
        fill_nan(t->spec.dtype, g.got[i].data, g.counts[i]);
    struct tconv_grad_args args = {
        .x = t->x.data,
        .weight = t->weight.data,
        .grad_output = grad_output,
        .grad_input = g.want[0].data,
        .grad_weight = g.want[1].data,
        .grad_bias = t->spec.bias ? g.want[2].data : NULL,
        .batch = t->batch,
        .length = t->length,
    };
    /* The weight's gradient is that of a layer with wide weights. */
    struct tconv_spec wide = t->spec;
    wide.weight_dtype = TCONV_F32;
    args.grad_weight = NULL;
    assert_ok(tconv_generic_grad(&t->spec, native_sum(), &args, &error),
              &error);
    args.grad_weight = g.want[1].data;
    args.grad_input = args.grad_bias = NULL;
    assert_ok(tconv_generic_grad(&wide, native_sum(), &args, &error), &error);
    args.weight = NULL;
    args.grad_input = g.got[0].data;
    args.grad_weight = g.got[1].data;
    args.grad_bias = t->spec.bias ? g.got[2].data : NULL;
    assert_ok(tconv_module_backward(module, &args, &error), &error);
    assert_same_bits("grad_input", &t->spec, g.got[0].data, g.want[0].data,
                     g.counts[0]);
    assert_same_bits("grad_weight", &t->spec, g.got[1].data, g.want[1].data,
                     g.counts[1]);
    assert_same_bits("grad_bias", &t->spec, g.got[2].data, g.want[2].data,
                     g.counts[2]);
    gradients_free(&g);
}

/* Weights are set; all of a call is as the generic kernel has it. */
static void compare_module(struct tconv_module *module, struct tensors *t,
                           struct prng *prng)
{
    struct tconv_error error = NO_ERROR;
    struct guarded y;
    tensors_run(t, native_sum());
    guarded_make(&y, t->y.bytes, GUARD_AFTER);
    fill_nan(t->spec.dtype, y.data, t->sizes.output);
    assert_ok(tconv_module_forward(module, t->x.data, y.data, t->batch,
                                   t->length, &error),
              &error);
    assert_same_bits("forward", &t->spec, y.data, t->y.data, t->sizes.output);
    fill(t->spec.dtype, y.data, t->sizes.output, FILL_UNIFORM, prng);
    compare_backward(module, t, y.data);
    guarded_free(&y);
}

/* The lengths in any order, so that the workspace is too small, too large; the
 * weights anew for each, so that old ones that stay packed show. */
static void compare_layer(const struct tconv_spec *spec, const int64_t *lengths,
                          size_t count, struct tconv_pool *pool)
{
    struct prng prng = {1234};
    struct tconv_error error = NO_ERROR;
    struct tconv_module *module = module_of(spec);
    tconv_module_use_pool(module, pool);
    for (size_t i = 0; i < count; i++) {
        struct tensors t;
        tensors_make(&t, spec, (int64_t)(i % 3), lengths[i], GUARD_AFTER);
        tensors_fill(&t, FILL_UNIFORM, &prng);
        assert_ok(tconv_module_set_weights(module, t.weight.data, t.bias.data,
                                           &error),
                  &error);
        compare_module(module, &t, &prng);
        tensors_free(&t);
    }
    tconv_module_free(module);
}

static void test_same_bits(void **state)
{
    (void)state;
    static const char *const names[] = {
        "f32_ci24_co20_k16_s8_p4",       "f32_ci8_co3_k7_s3_p1_bias0",
        "f64_ci6_co4_k5_s2_op1_g2_d3",   "f32_ci16_co16_k4_s2_p1_g16",
        "f32_conv_ci20_co24_k7_p9_d3",   "f64_conv_ci6_co4_k4_s2_p1_g2",
        "f32_wbf16_ci24_co20_k16_s8_p4", "f32_conv_wf16_ci6_co4_k4_s2_p1",
    };
    static const int64_t lengths[] = {7, 300, 11, 2, 64};
    struct prng prng = {77};
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct tconv_spec spec = spec_of(names[i]);
        compare_layer(&spec, lengths, COUNT(lengths), NULL);
    }
    for (int i = 0; i < 6; i++) {
        int64_t length;
        const struct tconv_spec spec = spec_random(&prng, &length);
        const int64_t same[] = {length, length, length};
        compare_layer(&spec, same, COUNT(same), NULL);
    }
}

/* Kernels that cannot be made are the generic one's to replace; memory that is
 * not there is an error, and nothing is kept of it. */
static void test_no_gradient_kernel(void **state)
{
    (void)state;
    static const int64_t lengths[] = {7, 30, 11};
    const struct tconv_spec spec = spec_of("f32_ci4_co2_k6_s3_p1");
    struct tconv_error error = NO_ERROR;
    refusal = TCONV_E_JIT;
    compare_layer(&spec, lengths, COUNT(lengths), NULL);

    struct tconv_module *module = module_of(&spec);
    struct prng prng = {5};
    struct tensors t;
    tensors_make(&t, &spec, 2, 9, GUARD_AFTER);
    tensors_fill(&t, FILL_UNIFORM, &prng);
    assert_ok(
        tconv_module_set_weights(module, t.weight.data, t.bias.data, &error),
        &error);
    tensors_run(&t, native_sum());
    const struct tconv_grad_args args = {.grad_output = t.y.data,
                                         .grad_input = t.x.data,
                                         .batch = 2,
                                         .length = 9};
    refusal = TCONV_E_MEMORY;
    assert_error(&error, tconv_module_backward(module, &args, &error),
                 TCONV_E_MEMORY, "refused");
    refusal = TCONV_OK;
    compare_backward(module, &t, t.y.data);
    tconv_module_free(module);
    tensors_free(&t);
}

#ifdef TCONV_HAVE_PTHREADPOOL

static void test_threads(void **state)
{
    (void)state;
    static const int64_t lengths[] = {7, 3000, 11};
    const struct tconv_spec spec = spec_of("f32_ci24_co20_k16_s8_p4");
    struct tconv_pool *pool = NULL;
    struct tconv_error error = NO_ERROR;
    assert_ok(tconv_pool_create(&pool, 3, &error), &error);
    compare_layer(&spec, lengths, COUNT(lengths), pool);
    tconv_pool_free(pool);
}

#endif

/* ----------------------------------------------------------------- refusals */

static void test_create_refused(void **state)
{
    (void)state;
    struct tconv_spec spec = spec_of("f32_ci4_co2_k6_s3_p1_gi");
    struct tconv_module *module = (struct tconv_module *)&spec;
    struct tconv_error error = NO_ERROR;
    assert_error(
        &error,
        tconv_module_create(&spec, TCONV_ENGINE_JIT, NULL, &module, &error),
        TCONV_E_PASS, "pass=grad_input");
    assert_null(module);
    error = (struct tconv_error)NO_ERROR;
    spec.stride = 0;
    assert_error(
        &error,
        tconv_module_create(&spec, TCONV_ENGINE_JIT, NULL, &module, &error),
        TCONV_E_STRIDE, "stride=0");
    error = (struct tconv_error)NO_ERROR;
    assert_error(
        &error,
        tconv_module_create(NULL, TCONV_ENGINE_JIT, NULL, &module, &error),
        TCONV_E_ARGUMENT, NULL);
    error = (struct tconv_error)NO_ERROR;
    spec = spec_of("f32_ci4_co2_k6_s3_p1");
    assert_error(
        &error,
        tconv_module_create(&spec, TCONV_ENGINE_JIT, NULL, NULL, &error),
        TCONV_E_ARGUMENT, "module");
    error = (struct tconv_error)NO_ERROR;
    assert_error(
        &error,
        tconv_module_create(&spec, TCONV_ENGINE_JIT, "mmx", &module, &error),
        TCONV_E_ISA, "mmx");
    assert_null(module);
    tconv_module_free(NULL);
}

/* The call fails with this, whatever its error object held before. */
#define REFUSED(call, status, part)                                            \
    do {                                                                       \
        error = (struct tconv_error)NO_ERROR;                                  \
        assert_error(&error, (call), (status), (part));                        \
    } while (0)

static void test_calls_refused(void **state)
{
    (void)state;
    const struct tconv_spec with = spec_of("f32_ci4_co2_k6_s3_p1");
    const struct tconv_spec without = spec_of("f32_ci4_co2_k6_s3_p1_bias0");
    struct tconv_module *m = module_of(&with);
    struct tconv_module *bare = module_of(&without);
    struct tconv_error error = NO_ERROR;
    float x[4 * 5] = {0}, y[2 * 16] = {0}, w[4 * 2 * 6] = {0}, b[2] = {0};
    struct tconv_grad_args args = {
        .x = x, .grad_output = y, .grad_weight = w, .batch = 1, .length = 5};

    REFUSED(tconv_module_forward(m, x, y, 1, 5, &error), TCONV_E_ARGUMENT,
            "weights: must be set or loaded first");
    REFUSED(tconv_module_backward(m, &args, &error), TCONV_E_ARGUMENT,
            "weights: must be set or loaded first");
    REFUSED(tconv_module_set_weights(m, w, NULL, &error), TCONV_E_ARGUMENT,
            "bias: must not be NULL");
    REFUSED(tconv_module_set_weights(m, NULL, b, &error), TCONV_E_ARGUMENT,
            "weight: must not be NULL");
    REFUSED(tconv_module_set_weights(bare, w, b, &error), TCONV_E_ARGUMENT,
            "bias: must be NULL");
    REFUSED(tconv_module_load_npy(bare, "w", "b", &error), TCONV_E_ARGUMENT,
            "bias: must be NULL");
    REFUSED(tconv_module_load_npy(bare, NULL, NULL, &error), TCONV_E_ARGUMENT,
            "weight_path");
    REFUSED(tconv_module_load_safetensors(m, "f", "w", NULL, &error),
            TCONV_E_ARGUMENT, "bias: must not be NULL");
    REFUSED(tconv_module_load_safetensors(bare, NULL, "w", NULL, &error),
            TCONV_E_ARGUMENT, "path, weight_name");
    REFUSED(tconv_module_load_safetensors(bare, "f", NULL, NULL, &error),
            TCONV_E_ARGUMENT, "path, weight_name");

    assert_null(tconv_module_weight(m));
    assert_null(tconv_module_bias(m));
    b[1] = 4;
    assert_ok(tconv_module_set_weights(m, w, b, &error), NULL);
    assert_memory_equal(tconv_module_weight(m), w, sizeof w);
    assert_memory_equal(tconv_module_bias(m), b, sizeof b);
    REFUSED(tconv_module_reserve(m, -1, 5, &error), TCONV_E_BATCH, "batch=-1");
    REFUSED(tconv_module_reserve(m, 1, 0, &error), TCONV_E_LENGTH, "length=0");
    REFUSED(tconv_module_reserve(m, INT64_MAX, 5, &error), TCONV_E_SIZE, NULL);
    REFUSED(tconv_module_forward(m, x, y, 1, 0, &error), TCONV_E_LENGTH, NULL);
    REFUSED(tconv_module_forward(m, NULL, y, 1, 5, &error), TCONV_E_ARGUMENT,
            "must not be NULL");
    REFUSED(tconv_module_forward(m, x, NULL, 1, 5, &error), TCONV_E_ARGUMENT,
            "must not be NULL");
    REFUSED(tconv_module_backward(m, NULL, &error), TCONV_E_ARGUMENT, "args");
    args.x = NULL;
    REFUSED(tconv_module_backward(m, &args, &error), TCONV_E_ARGUMENT,
            "x for grad_weight");
    args.grad_weight = NULL;
    REFUSED(tconv_module_backward(m, &args, &error), TCONV_E_ARGUMENT,
            "one at least must be wanted");
    args.grad_input = x;
    args.grad_output = NULL;
    REFUSED(tconv_module_backward(m, &args, &error), TCONV_E_ARGUMENT,
            "grad_output");
    args.length = -3;
    REFUSED(tconv_module_backward(m, &args, &error), TCONV_E_LENGTH, NULL);

    REFUSED(tconv_module_set_weights(NULL, w, b, &error), TCONV_E_ARGUMENT,
            "module");
    REFUSED(tconv_module_load_npy(NULL, "w", "b", &error), TCONV_E_ARGUMENT,
            "module");
    REFUSED(tconv_module_load_safetensors(NULL, "f", "w", "b", &error),
            TCONV_E_ARGUMENT, "module");
    REFUSED(tconv_module_reserve(NULL, 1, 5, &error), TCONV_E_ARGUMENT,
            "module");
    REFUSED(tconv_module_forward(NULL, x, y, 1, 5, &error), TCONV_E_ARGUMENT,
            "module");
    REFUSED(tconv_module_backward(NULL, &args, &error), TCONV_E_ARGUMENT,
            "module");
    tconv_module_use_pool(NULL, NULL);

    assert_ok(tconv_module_set_weights(bare, w, NULL, NULL), NULL);
    assert_null(tconv_module_bias(bare));
    args = (struct tconv_grad_args){
        .grad_output = y, .grad_bias = b, .batch = 1, .length = 5};
    REFUSED(tconv_module_backward(bare, &args, &error), TCONV_E_ARGUMENT,
            "grad_bias: must be NULL");
    tconv_module_free(bare);
    tconv_module_free(m);
}

/* ------------------------------------------------------------- quantization */

/* What the module makes of x is what the generic kernel does. */
static void compare_quantized(struct tconv_module *m,
                              const struct tconv_spec *s,
                              const struct tconv_quantization *q, const void *x,
                              const void *w, const void *b)
{
    struct tconv_error error = NO_ERROR;
    float got[64], want[64];
    struct tconv_sizes sizes;
    assert_ok(tconv_spec_sizes(s, 2, 5, &sizes, &error), &error);
    assert_true((size_t)sizes.output <= COUNT(got));
    memset(got, 0x5a, sizeof got);
    memset(want, 0x5a, sizeof want);
    assert_ok(tconv_generic_quantized(s, native_sum(), q, x, w, b, want, 2, 5,
                                      &error),
              &error);
    assert_ok(tconv_module_forward(m, x, got, 2, 5, &error), &error);
    assert_memory_equal(got, want, sizeof got);
}

static void test_quantization(void **state)
{
    (void)state;
    static const char *const names[] = {"i8_ci3_co2_k4_s2_p1",
                                        "u8_yf32_ci3_co2_k4_s2_p1",
                                        "f32_wi8_ci3_co2_k4_s2_p1"};
    struct prng prng = {99};
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct tconv_spec s = spec_of(names[i]);
        const int floats = s.dtype == TCONV_F32;
        struct tconv_module *m = module_of(&s);
        struct tconv_error error = NO_ERROR;
        float x[30], y[64], bias[2] = {1, -2};
        int8_t w[24];
        const int32_t sums[2] = {300, -7};
        for (size_t at = 0; at < COUNT(w); at++)
            w[at] = (int8_t)prng_range(&prng, -128, 127);
        if (floats)
            fill(TCONV_F32, x, 30, FILL_UNIFORM, &prng);
        else
            for (size_t at = 0; at < 30; at++)
                ((uint8_t *)x)[at] = (uint8_t)prng_next(&prng);
        const void *const b = floats ? (const void *)bias : sums;
        assert_ok(tconv_module_set_weights(m, w, b, &error), &error);
        REFUSED(tconv_module_forward(m, x, y, 2, 5, &error),
                TCONV_E_QUANTIZATION, "must not be NULL");
        REFUSED(tconv_module_set_quantization(m, NULL, &error),
                TCONV_E_QUANTIZATION, "must not be NULL");
        float scale[2] = {0x1p-7F, -0.003F};
        struct tconv_quantization q = {0, 0, scale};
        error = (struct tconv_error)NO_ERROR;
        assert_ok(tconv_module_set_quantization(m, &q, &error), &error);
        compare_quantized(m, &s, &q, x, w, b);
        /* It is the module's own. */
        const float kept[2] = {scale[0], scale[1]};
        scale[0] = scale[1] = 77;
        const struct tconv_quantization same = {0, 0, kept};
        compare_quantized(m, &s, &same, x, w, b);
        /* Another one, without packing anew. */
        q = (struct tconv_quantization){floats ? 0 : 100,
                                        s.output_dtype ? -5 : 0, scale};
        assert_ok(tconv_module_set_quantization(m, &q, &error), &error);
        compare_quantized(m, &s, &q, x, w, b);
        q.x_zero_point = 256;
        REFUSED(tconv_module_set_quantization(m, &q, &error),
                TCONV_E_QUANTIZATION, "x_zero_point=256");
        tconv_module_free(m);
    }
    const struct tconv_spec plain = spec_of("f32_ci1_co1_k1");
    struct tconv_module *m = module_of(&plain);
    struct tconv_error error = NO_ERROR;
    const float one = 1;
    const struct tconv_quantization q = {0, 0, &one};
    assert_ok(tconv_module_set_quantization(m, NULL, &error), &error);
    REFUSED(tconv_module_set_quantization(m, &q, &error), TCONV_E_QUANTIZATION,
            "must be NULL");
    REFUSED(tconv_module_set_quantization(NULL, &q, &error), TCONV_E_ARGUMENT,
            "module");
    tconv_module_free(m);
}

/* -------------------------------------------------------------------- files */

/* A layer whose output is its weight, then its bias: x is 1 at one place. */
#define PROBE "ci1_co2_k2"

static void assert_probe(struct tconv_module *module, double w0, double w1,
                         double b0)
{
    struct tconv_error error = NO_ERROR;
    const float x[2] = {0, 1};
    float y[6];
    assert_ok(tconv_module_forward(module, x, y, 1, 2, &error), &error);
    assert_true(y[0] == (float)b0);
    assert_true(y[1] == (float)(w0 + b0));
    assert_true(y[2] == (float)(w1 + b0));
}

/* Version 1.0, the header as NumPy pads it. */
static void write_npy(const char *path, const char *dictionary,
                      const float *values, size_t count)
{
    char bytes[256] = "\x93NUMPY\x01";
    memset(bytes + 10, ' ', 118);
    overlay(bytes + 10, dictionary);
    bytes[8] = 118;
    bytes[127] = '\n';
    memcpy(bytes + 128, values, count * sizeof *values);
    write_file(path, bytes, 128 + count * sizeof *values);
}

#define NPY(shape)                                                             \
    "{'descr': '<f4', 'fortran_order': False, 'shape': " shape "}"

static void test_npy(void **state)
{
    (void)state;
    static const float weight[] = {2, 3, 5, 7}, bias[] = {0.5F, 0.25F};
    static const float other[] = {20, 30, 50, 70};
    const struct tconv_spec spec = spec_of("f32_" PROBE);
    const struct tconv_spec wide = spec_of("f64_" PROBE);
    const struct tconv_spec bare = spec_of("f32_" PROBE "_bias0");
    struct tconv_error error = NO_ERROR;
    struct tconv_module *m = module_of(&spec);
    write_npy(WEIGHT_FILE, NPY("(1, 2, 2), "), weight, 4);
    write_npy(BIAS_FILE, NPY("(2,), "), bias, 2);
    assert_ok(tconv_module_load_npy(m, WEIGHT_FILE, BIAS_FILE, &error), &error);
    assert_probe(m, 2, 3, 0.5);

    /* What is refused changes nothing, not even by its sound half. */
    write_npy(WEIGHT_FILE, NPY("(1, 2, 2), "), other, 4);
    write_npy(BIAS_FILE, NPY("(1, 2), "), bias, 2);
    REFUSED(tconv_module_load_npy(m, WEIGHT_FILE, BIAS_FILE, &error),
            TCONV_E_ARGUMENT, BIAS_FILE ": found shape (1, 2), wanted (2,)");
    REFUSED(tconv_module_load_npy(m, WEIGHT_FILE, "no/such.npy", &error),
            TCONV_E_ARGUMENT, "no/such.npy: cannot be read");
    write_npy(WEIGHT_FILE, NPY("(2, 1, 2), "), other, 4);
    REFUSED(tconv_module_load_npy(m, WEIGHT_FILE, BIAS_FILE, &error),
            TCONV_E_ARGUMENT,
            WEIGHT_FILE ": found shape (2, 1, 2), wanted (1, 2, 2)");
    write_npy(WEIGHT_FILE, NPY("(1, 2, 2), "), other, 3);
    REFUSED(tconv_module_load_npy(m, WEIGHT_FILE, BIAS_FILE, &error),
            TCONV_E_ARGUMENT, "found 12 bytes of data, wanted 16");
    assert_probe(m, 2, 3, 0.5);
    tconv_module_free(m);

    write_npy(WEIGHT_FILE, NPY("(1, 2, 2), "), other, 4);
    m = module_of(&bare);
    assert_ok(tconv_module_load_npy(m, WEIGHT_FILE, NULL, NULL), NULL);
    assert_probe(m, 20, 30, 0);
    tconv_module_free(m);

    m = module_of(&wide);
    REFUSED(tconv_module_load_npy(m, WEIGHT_FILE, BIAS_FILE, &error),
            TCONV_E_ARGUMENT, "elements are <f4, wanted <f8");
    tconv_module_free(m);
}

/* Header size, header, elements. `size` is what the file says of the header. */
static void write_safetensors(const char *path, uint64_t size,
                              const char *header, const void *data,
                              size_t data_bytes)
{
    unsigned char bytes[1024];
    const size_t header_bytes = strlen(header);
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(size >> 8 * i);
    overlay((char *)bytes + 8, header);
    memcpy(bytes + 8 + header_bytes, data, data_bytes);
    write_file(path, bytes, 8 + header_bytes + data_bytes);
}

#ifdef TCONV_HAVE_JANSSON

/* Entries of a header. */
#define ENTRY(name, dtype, shape, begin, end)                                  \
    "\"" name "\": {\"dtype\": \"" dtype "\", \"shape\": " shape               \
    ", \"data_offsets\": [" #begin ", " #end "]}"
#define UPS_WEIGHT ENTRY("ups.0.weight", "F32", "[1, 2, 2]", 8, 24)
#define UPS_BIAS ENTRY("ups.0.bias", "F32", "[2]", 0, 8)

static void test_safetensors(void **state)
{
    (void)state;
    /* Padded with spaces, out of order, with things of other types; nothing
     * aligned. */
    static const char header[] =
        "{\"__metadata__\": {\"format\": \"pt\"}, " UPS_WEIGHT ", " UPS_BIAS
        ", " ENTRY("step", "I64", "[]", 24,
                   32) ", " ENTRY("none", "BF16", "[0, 7]", 24, 24) "}   ";
    static const float data[] = {0.5F, 0.25F, 2, 3, 5, 7, 0, 0};
    static const float again[] = {0.5F, 0.25F, 20, 30, 50, 70};
    const struct tconv_spec spec = spec_of("f32_" PROBE);
    const struct tconv_spec bare = spec_of("f32_" PROBE "_bias0");
    struct tconv_error error = NO_ERROR;
    struct tconv_module *m = module_of(&spec);
    write_safetensors(WEIGHT_FILE, strlen(header), header, data, sizeof data);
    assert_ok(tconv_module_load_safetensors(m, WEIGHT_FILE, "ups.0.weight",
                                            "ups.0.bias", &error),
              &error);
    assert_probe(m, 2, 3, 0.5);

    static const char sound[] = "{" UPS_WEIGHT ", " UPS_BIAS "}";
    write_safetensors(WEIGHT_FILE, strlen(sound), sound, again, sizeof again);
    REFUSED(tconv_module_load_safetensors(m, WEIGHT_FILE, "ups.0.weight",
                                          "ups.0.b", &error),
            TCONV_E_ARGUMENT,
            WEIGHT_FILE ": no tensor \"ups.0.b\" among the 2 entries");
    assert_probe(m, 2, 3, 0.5);
    tconv_module_free(m);

    m = module_of(&bare);
    assert_ok(tconv_module_load_safetensors(m, WEIGHT_FILE, "ups.0.weight",
                                            NULL, NULL),
              NULL);
    assert_probe(m, 20, 30, 0);
    tconv_module_free(m);
}

static void test_safetensors_f64(void **state)
{
    (void)state;
    static const char header[] = "{" ENTRY("w", "F64", "[1, 2, 2]", 0, 32) "}";
    static const double data[] = {2, 3, 5, 7};
    struct safetensors_tensor tensor = {.name = "w",
                                        .shape = {1, 2, 2},
                                        .dimensions = 3,
                                        .dtype = TCONV_F64,
                                        .narrow = TCONV_F64};
    struct tconv_error error = NO_ERROR;
    write_safetensors(WEIGHT_FILE, strlen(header), header, data, sizeof data);
    assert_ok(tconv_safetensors_read(WEIGHT_FILE, &tensor, 1, &error), &error);
    assert_memory_equal(tensor.data, data, sizeof data);
    free(tensor.data);
}

/* A model stored in BF16, its bias as well. */
static void test_safetensors_narrow(void **state)
{
    (void)state;
    static const char header[] =
        "{" ENTRY("w", "BF16", "[1, 2, 2]", 0,
                  8) "," ENTRY("b", "BF16", "[2]", 8,
                               12) "," ENTRY("half", "F16", "[2]", 12, 16) "}";
    static const uint16_t data[] = {
        0x4000, 0x4040, 0x40a0, 0x40e0, /* 2 3 5 7 */
        0x3f00, 0x3e80, 0,      0};
    const struct tconv_spec spec = spec_of("f32_wbf16_" PROBE);
    struct tconv_error error = NO_ERROR;
    struct tconv_module *m = module_of(&spec);
    write_safetensors(WEIGHT_FILE, strlen(header), header, data, sizeof data);
    assert_ok(tconv_module_load_safetensors(m, WEIGHT_FILE, "w", "b", &error),
              &error);
    assert_probe(m, 2, 3, 0.5);
    REFUSED(tconv_module_load_safetensors(m, WEIGHT_FILE, "w", "half", &error),
            TCONV_E_ARGUMENT, "elements are F16, wanted F32");
    tconv_module_free(m);
}

/* The tensor that is wanted of each header. */
static const struct safetensors_tensor wanted = {
    .name = "w", .shape = {1, 2, 2}, .dimensions = 3};

static enum tconv_status parse(const char *header, size_t size,
                               int64_t data_bytes, struct tconv_error *error)
{
    struct safetensors_tensor tensor = wanted;
    enum tconv_status status = tconv_safetensors_parse(
        header, size, data_bytes, "m.safetensors", &tensor, 1, error);
    if (status == TCONV_OK) {
        assert_int_equal(tensor.bytes, 16);
        assert_in_range(tensor.begin, 0, data_bytes - 16);
    }
    return status;
}

#define W(shape, begin, end) ENTRY("w", "F32", shape, begin, end)
#define SOUND "{" W("[1, 2, 2]", 0, 16) "}"

static void test_headers_refused(void **state)
{
    (void)state;
    static const struct {
        int64_t data_bytes;
        const char *header;
        const char *message;
    } rows[] = {
        /* JSON */
        {16, "", "does not begin with {"},
        {16, " " SOUND, "does not begin with {"},
        {16, "[]", "does not begin with {"},
        {16, "{", "header, byte 1: "},
        {16, "{\"w\"}", "header, byte "},
        {16, SOUND "x", "header, byte "},
        {16, "{\"a\\u0000b\": 1}", "header, byte "},
        {16, "{\"\xff\": 1}", "header, byte "},
        {16, "{" W("[1, 2, 2]", 0, 16) ", " W("[1, 2, 2]", 0, 16) "}",
         "duplicate"},
        {16,
         "{\"w\": {\"dtype\": \"F32\", \"dtype\": \"F32\", \"shape\": [1, 2, "
         "2], \"data_offsets\": [0, 16]}}",
         "duplicate"},
        /* entries */
        {0, "{}", "no tensor \"w\" among the 0 entries"},
        {0, "{\"__metadata__\": {\"w\": \"1\"}}", "no tensor \"w\""},
        {16, "{\"w\": 1}", "tensor \"w\": wanted an object"},
        {16, "{\"w\": null}", "tensor \"w\": wanted an object"},
        {16, "{\"w\": [0, 16]}", "tensor \"w\": wanted an object"},
        {16, "{\"w\": {}}", "tensor \"w\": wanted an object"},
        {16, "{\"\\u001b[2J\": {}}", "tensor \"?[2J\": wanted an object"},
        {16, "{\"w\": {\"shape\": [1, 2, 2], \"data_offsets\": [0, 16]}}",
         "wanted an object with dtype"},
        {16, "{\"w\": {\"dtype\": 32, \"data_offsets\": [0, 16]}}",
         "wanted an object with dtype"},
        {16, "{\"w\": {\"dtype\": \"F32\", \"data_offsets\": [0, 16]}}",
         "wanted an object with dtype"},
        {16,
         "{\"w\": {\"dtype\": \"F32\", \"shape\": [1, 2, 2], \"data_offsets\": "
         "[0]}}",
         "wanted an object with dtype"},
        {16,
         "{\"w\": {\"dtype\": \"F32\", \"shape\": [1, 2, 2], \"data_offsets\": "
         "[0, 16, 16]}}",
         "wanted an object with dtype"},
        {16, "{" W("[1, 2, 2]", 0, 16.0) "}", "wanted an object with dtype"},
        {16, "{" W("[1, 2, 2]", 0, "16") "}", "wanted an object with dtype"},
        /* type and shape */
        {16, "{" ENTRY("w", "BF16", "[1, 2, 2]", 0, 16) "}",
         "elements are BF16, wanted F32, as the layer's spec says"},
        {16, "{" ENTRY("w", "\\u001b\\n", "[1, 2, 2]", 0, 16) "}",
         "elements are ??, wanted F32"},
        {16, "{" W("[2, 1, 2]", 0, 16) "}",
         "found shape (2, 1, 2), wanted (1, 2, 2)"},
        {16, "{" W("[4]", 0, 16) "}", "found shape (4,), wanted (1, 2, 2)"},
        {16, "{" W("[]", 0, 16) "}", "found shape (), wanted (1, 2, 2)"},
        {16, "{" W("[1, 2, -2]", 0, 16) "}", "found shape (1, 2, -2)"},
        {16, "{" W("[1, 2, 2.0]", 0, 16) "}", "wanted an object with dtype"},
        {16, "{" W("4", 0, 16) "}", "wanted an object with dtype"},
        {16,
         "{" W("[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
               "2,2]",
               0, 16) "}",
         "wanted an object with dtype"},
        {16, "{" W("[1, 2, 9223372036854775808]", 0, 16) "}", "header, byte "},
        /* places */
        {15, "{" W("[1, 2, 2]", 0, 15) "}",
         "found 15 bytes of data, wanted 16"},
        {17, SOUND, "found 17 bytes of data, wanted 16, where the last"},
        {15, SOUND, "found 15 bytes of data, wanted 16, where the last"},
        {17, "{" W("[1, 2, 2]", 1, 17) "}",
         "found data_offsets [1, 17], wanted them to begin at 0"},
        {16, "{" W("[1, 2, 2]", -16, 0) "}", "found data_offsets [-16, 0]"},
        {16, "{" W("[1, 2, 2]", 16, 0) "}", "found data_offsets [16, 0]"},
        {16, "{" W("[1, 2, 2]", 0, -1) "}", "found data_offsets [0, -1]"},
        {16, "{" W("[1, 2, 2]", 0, 9223372036854775807) "}",
         "found 16 bytes of data, wanted 9223372036854775807"},
        {16, "{" W("[1, 2, 2]", -9223372036854775807, 9223372036854775807) "}",
         "found data_offsets [-9223372036854775807, "},
        {16, "{" W("[1, 2, 2]", 0, 9223372036854775808) "}", "header, byte "},
        {24, "{" W("[1, 2, 2]", 0, 16) ", " ENTRY("a", "U8", "[9]", 15, 24) "}",
         "tensor \"a\": found data_offsets [15, 24], wanted them to begin at "
         "16"},
        {24, "{" W("[1, 2, 2]", 0, 16) ", " ENTRY("a", "U8", "[7]", 17, 24) "}",
         "tensor \"a\": found data_offsets [17, 24], wanted them to begin at "
         "16"},
        {16, "{" W("[1, 2, 2]", 0, 16) ", " ENTRY("a", "U8", "[16]", 0, 16) "}",
         "wanted them to begin at 16"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tconv_error error = NO_ERROR;
        assert_error(&error,
                     parse(rows[i].header, strlen(rows[i].header),
                           rows[i].data_bytes, &error),
                     TCONV_E_ARGUMENT, rows[i].message);
        assert_non_null(strstr(error.message, "m.safetensors: "));
    }
}

/* Brackets without end stop at libjansson's depth, not at the stack's. */
static void test_deep(void **state)
{
    (void)state;
    static char header[1 << 20];
    struct tconv_error error = NO_ERROR;
    memset(header, '[', sizeof header);
    overlay(header, "{\"w\":");
    assert_error(&error, parse(header, sizeof header, 16, &error),
                 TCONV_E_ARGUMENT, "depth");
}

/* Cut after each byte it is refused; with any bytes changed it is refused or
 * gives a place inside; and nothing beyond it is read. */
static void test_hostile_headers(void **state)
{
    (void)state;
    static const char whole[] = "{\"__metadata__\":{\"a\":\"b\"}," W(
        "[1, 2, 2]", 8, 24) "," ENTRY("b", "F16", "[4]", 0, 8) "}";
    static const char letters[] = "{}[],:\"\\0189-.eEwbu \n\x7f\xc3";
    const size_t size = sizeof whole - 1;
    struct prng prng = {2025};
    struct guarded header;
    guarded_make(&header, size, GUARD_AFTER);
    memcpy(header.data, whole, size);
    assert_ok(parse(header.data, size, 24, NULL), NULL);
    for (size_t cut = 0; cut < size; cut++) {
        char *end = (char *)header.data + size - cut;
        memcpy(end, whole, cut);
        assert_int_equal(parse(end, cut, 24, NULL), TCONV_E_ARGUMENT);
    }
    for (int i = 0; i < 20000; i++) {
        memcpy(header.data, whole, size);
        for (int64_t n = prng_range(&prng, 1, 3); n > 0; n--)
            ((char *)header.data)[prng_range(&prng, 1, (int64_t)size - 1)] =
                letters[prng_range(&prng, 0, sizeof letters - 2)];
        struct tconv_error error = NO_ERROR;
        enum tconv_status status = parse(header.data, size, 24, &error);
        if (status != TCONV_OK)
            assert_error(&error, status, TCONV_E_ARGUMENT, "m.safetensors: ");
    }
    guarded_free(&header);
}

static void test_files_refused(void **state)
{
    (void)state;
    static const char data[16] = {0};
    static const struct {
        uint64_t size; /* as the file says */
        const char *header;
        const char *message;
    } rows[] = {
        {sizeof SOUND - 2, SOUND, "header, byte "},
        {sizeof SOUND, SOUND, "header, byte "},
        {sizeof SOUND + 15, SOUND, "header, byte "},
        {sizeof SOUND + 16, SOUND, "wanted at most"},
        {0, SOUND, "does not begin with {"},
        {100000001, SOUND, "found a header of 100000001 bytes"},
        {UINT64_MAX, SOUND, "found a header of 18446744073709551615 bytes"},
        {UINT64_C(1) << 63, SOUND, "found a header of 9223372036854775808"},
        {UINT64_MAX - 7, SOUND, "found a header of 18446744073709551608"},
    };
    struct safetensors_tensor tensor = wanted;
    struct tconv_error error = NO_ERROR;
    for (size_t i = 0; i < COUNT(rows); i++) {
        write_safetensors(WEIGHT_FILE, rows[i].size, rows[i].header, data,
                          sizeof data);
        REFUSED(tconv_safetensors_read(WEIGHT_FILE, &tensor, 1, &error),
                TCONV_E_ARGUMENT, rows[i].message);
        assert_null(tensor.data);
    }
    for (size_t size = 0; size < 8; size++) {
        write_file(WEIGHT_FILE, "\0\0\0\0\0\0\0", size);
        REFUSED(tconv_safetensors_read(WEIGHT_FILE, &tensor, 1, &error),
                TCONV_E_ARGUMENT, "not a safetensors file");
    }
    unlink(WEIGHT_FILE);
    REFUSED(tconv_safetensors_read(WEIGHT_FILE, &tensor, 1, &error),
            TCONV_E_ARGUMENT, WEIGHT_FILE ": cannot be read");
    REFUSED(tconv_safetensors_read(".", &tensor, 1, &error), TCONV_E_ARGUMENT,
            "not a regular file");
}

#else

static void test_no_json(void **state)
{
    (void)state;
    const struct tconv_spec spec = spec_of("f32_" PROBE);
    struct tconv_error error = NO_ERROR;
    struct tconv_module *m = module_of(&spec);
    write_safetensors(WEIGHT_FILE, 2, "{}", "", 0);
    assert_error(
        &error, tconv_module_load_safetensors(m, WEIGHT_FILE, "w", "b", &error),
        TCONV_E_NO_JSON, "built without libjansson");
    tconv_module_free(m);
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_no_gradient_kernel),
#ifdef TCONV_HAVE_PTHREADPOOL
        cmocka_unit_test(test_threads),
#endif
        cmocka_unit_test(test_create_refused),
        cmocka_unit_test(test_calls_refused),
        cmocka_unit_test(test_quantization),
        cmocka_unit_test(test_npy),
#ifdef TCONV_HAVE_JANSSON
        cmocka_unit_test(test_safetensors),
        cmocka_unit_test(test_safetensors_f64),
        cmocka_unit_test(test_safetensors_narrow),
        cmocka_unit_test(test_headers_refused),
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_hostile_headers),
        cmocka_unit_test(test_files_refused),
#else
        cmocka_unit_test(test_no_json),
#endif
    };
    char folder[] = "/tmp/tconv_module_XXXXXX";
    if (!mkdtemp(folder) || chdir(folder) != 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(WEIGHT_FILE);
    unlink(BIAS_FILE);
    rmdir(folder);
    return failed != 0;
}
