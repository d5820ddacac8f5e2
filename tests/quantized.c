/* Layers with weights of int8, against definitions of their own: sums in 64
 * bits that scatter where the generic kernel gathers, results found by trying
 * every integer there is. Kernels from the JIT are held to the generic one. */
#include "jit_support.h"
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SEED 20261125

/* One call and its quantization, the scale against a guard page as well. */
struct quantized {
    struct tensors t;
    struct guarded scale;
    struct tconv_quantization q;
};

static void fill_integers(enum tconv_dtype dtype, void *data, int64_t count,
                          struct prng *prng)
{
    const int64_t least = dtype == TCONV_I8 ? -128 : 0;
    for (int64_t i = 0; i < count; i++) {
        int64_t value = prng_range(prng, least, least + 255);
        if (prng_range(prng, 0, 5) == 0)
            value = least + 255 * prng_range(prng, 0, 1);
        ((uint8_t *)data)[i] = (uint8_t)value;
    }
}

static int32_t draw_zero_point(enum tconv_dtype dtype, struct prng *prng)
{
    const int least = dtype == TCONV_I8 ? -128 : 0;
    if (!tconv_dtype_integer(dtype))
        return 0;
    switch (prng_range(prng, 0, 3)) {
    case 0:
        return least;
    case 1:
        return least + 255;
    default:
        return (int32_t)prng_range(prng, least, least + 255);
    }
}

/* `kind` 0: results of all sizes, 1: many ties, 2: scales that are no size. */
static float draw_scale(int kind, int64_t terms, struct prng *prng)
{
    static const float ends[] = {NAN,   INFINITY,  -INFINITY,       0.0F,
                                 -0.0F, 0x1p-149F, 0x1.fffffep127F, -0x1p-20F};
    if (kind == 1)
        return prng_range(prng, 0, 1) ? 0.5F : -0.25F;
    if (kind == 2 && prng_range(prng, 0, 1))
        return ends[prng_range(prng, 0, (int64_t)COUNT(ends) - 1)];
    return (float)(prng_unit(prng) * 0.06 / sqrt((double)terms));
}

static void quantized_make(struct quantized *z, const struct tconv_spec *s,
                           int64_t batch, int64_t length, int kind,
                           struct prng *prng)
{
    struct tensors *t = &z->t;
    const enum guard_side side =
        prng_range(prng, 0, 1) ? GUARD_AFTER : GUARD_BEFORE;
    tensors_make(t, s, batch, length, side);
    guarded_make(&z->scale, (size_t)s->out_channels * sizeof(float), side);
    fill_integers(TCONV_I8, t->weight.data, t->sizes.weight, prng);
    if (tconv_dtype_integer(s->dtype)) {
        fill_integers(s->dtype, t->x.data, t->sizes.input, prng);
        for (int64_t o = 0; o < t->sizes.bias; o++)
            ((int32_t *)t->bias.data)[o] =
                prng_range(prng, 0, 15) == 0
                    ? INT32_MAX
                    : (int32_t)prng_range(prng, -20000, 20000);
    } else {
        const enum fill how = kind == 2 ? FILL_SPECIAL : FILL_UNIFORM;
        fill(s->dtype, t->x.data, t->sizes.input, how, prng);
        fill(s->dtype, t->bias.data, t->sizes.bias, how, prng);
    }
    for (int64_t o = 0; o < s->out_channels; o++)
        ((float *)z->scale.data)[o] =
            draw_scale(kind, s->in_channels / s->groups * s->kernel_size, prng);
    z->q = (struct tconv_quantization){
        .x_zero_point = draw_zero_point(s->dtype, prng),
        .y_zero_point = draw_zero_point(tconv_spec_output_dtype(s), prng),
        .scale = z->scale.data};
}

static void quantized_free(struct quantized *z)
{
    tensors_free(&z->t);
    guarded_free(&z->scale);
}

static void quantized_run(struct quantized *z, enum tconv_sum sum)
{
    struct tconv_error error = NO_ERROR;
    struct tensors *t = &z->t;
    memset(t->y.data, 0x5a, t->y.bytes);
    assert_ok(tconv_generic_quantized(&t->spec, sum, &z->q, t->x.data,
                                      t->weight.data, t->bias.data, t->y.data,
                                      t->batch, t->length, &error),
              &error);
}

static void assert_same(const char *what, const struct quantized *z,
                        const void *got, const void *want)
{
    const enum tconv_dtype dtype = tconv_spec_output_dtype(&z->t.spec);
    const int64_t at = tconv_compare(dtype, got, want, z->t.sizes.output);
    if (at < 0)
        return;
    char name[TCONV_NAME_SIZE];
    tconv_spec_name(&z->t.spec, name);
    const int64_t bytes = tconv_dtype_bytes(dtype);
    unsigned long bits[2] = {0, 0};
    memcpy(&bits[0], (const char *)got + at * bytes, (size_t)bytes);
    memcpy(&bits[1], (const char *)want + at * bytes, (size_t)bytes);
    fail_msg("%s: %s: length=%lld: element %lld is %#lx, not %#lx", what, name,
             (long long)z->t.length, (long long)at, bits[0], bits[1]);
}

/* A layer drawn as others are, of integers or with weights of int8. */
static struct tconv_spec draw_layer(struct prng *prng, int integer,
                                    int64_t *length)
{
    static const enum tconv_dtype outputs[] = {TCONV_I8, TCONV_U8, TCONV_F32};
    struct tconv_spec s = spec_random(prng, length);
    s.dtype = TCONV_F32;
    s.weight_dtype = integer ? TCONV_F32 : TCONV_I8;
    if (integer) {
        s.dtype = prng_range(prng, 0, 1) ? TCONV_I8 : TCONV_U8;
        s.output_dtype = outputs[prng_range(prng, 0, 2)];
    }
    s.layout = (enum tconv_layout)prng_range(prng, 0, 1);
    s.output_layout = (enum tconv_layout)prng_range(prng, 0, 1);
    return s;
}

/* ----------------------------------------------------------- integer layers */

static int64_t integer_at(enum tconv_dtype dtype, const void *data, int64_t at)
{
    return dtype == TCONV_I8 ? ((const int8_t *)data)[at]
                             : ((const uint8_t *)data)[at];
}

/* The number of 32 bits that is as much modulo 2^32. */
static int64_t wrapped(int64_t sum)
{
    const int64_t turn = INT64_C(1) << 32;
    const int64_t rest = ((sum % turn) + turn) % turn;
    return rest >= turn / 2 ? rest - turn : rest;
}

/* Tries every result: the nearest one, of two as near the one whose distance
 * from the zero point is even. */
static int64_t nearest(enum tconv_dtype dtype, double value, int64_t zero)
{
    const int64_t least = dtype == TCONV_I8 ? -128 : 0, most = least + 255;
    if (isnan(value) || value < (double)(least - zero))
        return least;
    if (value > (double)(most - zero))
        return most;
    int64_t best = least;
    for (int64_t y = least; y <= most; y++) {
        const double far = fabs(value - (double)(y - zero));
        const double least_far = fabs(value - (double)(best - zero));
        if (far < least_far || (far == least_far && (y - zero) % 2 == 0))
            best = y;
    }
    return best;
}

/* All sums of a call in 64 bits, y in the order ncl. */
static int64_t *scattered(const struct quantized *z, int64_t out_length)
{
    const struct tensors *t = &z->t;
    const struct tconv_spec *s = &t->spec;
    const int64_t in = s->in_channels / s->groups;
    const int64_t out = s->out_channels / s->groups;
    const int conv = s->op == TCONV_CONV1D;
    int64_t *sums = calloc((size_t)t->sizes.output + 1, sizeof *sums);
    assert_non_null(sums);
    for (int64_t at = 0; at < t->batch * s->in_channels * t->length; at++) {
        const int64_t i = at % t->length;
        const int64_t c = at / t->length % s->in_channels;
        const int64_t n = at / t->length / s->in_channels;
        const int64_t x = integer_at(s->dtype, t->x.data,
                                     tconv_layout_at(s->layout, s->in_channels,
                                                     t->length, n, c, i)) -
                          z->q.x_zero_point;
        for (int64_t k = 0; k < s->kernel_size; k++) {
            int64_t j = i * s->stride + k * s->dilation - s->padding_begin;
            if (conv) {
                const int64_t far = i + s->padding_begin - k * s->dilation;
                j = far < 0 || far % s->stride ? -1 : far / s->stride;
            }
            if (j < 0 || j >= out_length)
                continue;
            for (int64_t o = c / in * out; o < (c / in + 1) * out; o++)
                sums[(n * s->out_channels + o) * out_length + j] +=
                    x *
                    integer_at(TCONV_I8, t->weight.data, weight_at(s, c, o, k));
        }
    }
    return sums;
}

static void check_integers(const struct quantized *z)
{
    const struct tensors *t = &z->t;
    const struct tconv_spec *s = &t->spec;
    const int64_t out_length = t->sizes.output_length;
    int64_t *sums = scattered(z, out_length);
    struct guarded want;
    guarded_make(&want, t->y.bytes, GUARD_AFTER);
    for (int64_t at = 0; at < t->sizes.output; at++) {
        const int64_t o = at / out_length % s->out_channels;
        const int64_t n = at / out_length / s->out_channels;
        const int64_t to = tconv_layout_at(s->output_layout, s->out_channels,
                                           out_length, n, o, at % out_length);
        int64_t sum = sums[at];
        if (t->sizes.bias)
            sum += ((const int32_t *)t->bias.data)[o];
        const volatile float unit = (float)wrapped(sum);
        const volatile float value = unit * z->q.scale[o];
        if (s->output_dtype == TCONV_F32)
            ((float *)want.data)[to] = value;
        else
            ((uint8_t *)want.data)[to] = (uint8_t)nearest(
                s->output_dtype, (double)value, z->q.y_zero_point);
    }
    assert_same("definition", z, t->y.data, want.data);
    guarded_free(&want);
    free(sums);
}

static void integer_layers(void **state)
{
    (void)state;
    struct prng prng = {SEED};
    for (int i = 0; i < 3000; i++) {
        int64_t length;
        const struct tconv_spec s = draw_layer(&prng, 1, &length);
        struct quantized z;
        quantized_make(&z, &s, prng_range(&prng, 1, 2), length, i % 3, &prng);
        quantized_run(&z, (enum tconv_sum)(i / 3 % 2));
        check_integers(&z);
        quantized_free(&z);
    }
}

/* One product and a bias: what is hard to reach by chance. */
static void integers_by_hand(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int x, w, x_zero, y_zero;
        int32_t bias;
        float scale, y;
    } cases[] = {
        /* Modulo 2^32, in both directions. */
        {"i8_yf32_ci1_co1_k1", 127, 127, -128, 0, INT32_MAX, 1, -2147451264.0F},
        {"i8_yf32_ci1_co1_k1", 127, -128, -128, 0, INT32_MIN, 1, 2147451008.0F},
        {"i8_ci1_co1_k1", 127, 127, -128, 0, INT32_MAX, 1, -128},
        /* Sums that no float is. */
        {"i8_yf32_ci1_co1_k1", 1, 1, 0, 0, 16777216, 1, 16777216.0F},
        {"i8_yf32_ci1_co1_k1", 1, 3, 0, 0, 16777216, 1, 16777220.0F},
        /* Ties go to the even one before the zero point is added. */
        {"i8_ci1_co1_k1", 1, 1, 0, 0, 0, 0.5F, 0},
        {"i8_ci1_co1_k1", 1, 3, 0, 0, 0, 0.5F, 2},
        {"i8_ci1_co1_k1", 1, -1, 0, 0, 0, 0.5F, 0},
        {"i8_ci1_co1_k1", 1, -3, 0, 0, 0, 0.5F, -2},
        {"i8_ci1_co1_k1", 1, 1, 0, 1, 0, 0.5F, 1},
        {"u8_ci1_co1_k1", 1, 3, 0, 7, 0, 0.5F, 9},
        {"u8_ci1_co1_k1", 1, 1, 0, 0, 0, 0x1.000002p-1F, 1},
        {"u8_ci1_co1_k1", 1, 1, 0, 0, 0, 0x1.fffffep-2F, 0},
        /* The ends. */
        {"i8_ci1_co1_k1", 100, 100, 0, 0, 0, 1, 127},
        {"i8_ci1_co1_k1", 100, -100, 0, 127, 0, 1, -128},
        {"u8_ci1_co1_k1", 255, 127, 0, 255, 0, 1, 255},
        {"u8_ci1_co1_k1", 255, -128, 0, 255, 0, 1, 0},
        {"u8_ci1_co1_k1", 255, -1, 0, 255, 0, 1, 0},
        {"u8_ci1_co1_k1", 254, -1, 0, 255, 0, 1, 1},
        {"i8_yu8_ci1_co1_k1", -128, -1, 127, 0, 0, 1, 255},
        {"u8_conv_yi8_ci1_co1_k1", 0, 1, 255, 127, 0, 1, -128},
        {"i8_ci1_co1_k1", 1, 1, 0, 5, 0, INFINITY, 127},
        {"i8_ci1_co1_k1", 1, 1, 0, 5, 0, -INFINITY, -128},
        {"i8_ci1_co1_k1", 1, 1, 0, 5, 0, NAN, -128},
        {"i8_ci1_co1_k1", 0, 1, 0, 5, 0, INFINITY, -128}, /* 0 * Inf */
        {"i8_ci1_co1_k1", 9, 9, 0, 5, 0, 0, 5},
        {"u8_ci1_co1_k1", 9, 9, 0, 5, 0, -0.0F, 5},
        {"u8_ci1_co1_k1", 9, 9, 0, 100, 0, -1, 19},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct tconv_spec s = spec_of(cases[i].name);
        const struct tconv_quantization q = {cases[i].x_zero, cases[i].y_zero,
                                             &cases[i].scale};
        const uint8_t x = (uint8_t)cases[i].x, w = (uint8_t)cases[i].w;
        union tconv_value y = {.c128 = {0, 0}};
        struct tconv_error error = NO_ERROR;
        assert_ok(tconv_generic_quantized(&s, TCONV_SUM_FUSED, &q, &x, &w,
                                          &cases[i].bias, &y, 1, 1, &error),
                  &error);
        const float got = s.output_dtype == TCONV_F32  ? y.f32
                          : s.output_dtype == TCONV_I8 ? (float)y.i8
                                                       : (float)y.u8;
        if (got != cases[i].y)
            fail_msg("case %d: %s: %a, not %a", (int)i, cases[i].name,
                     (double)got, (double)cases[i].y);
    }
}

/* A tap outside x counts as the zero point: as x padded with it. */
static void padding_is_the_zero_point(void **state)
{
    (void)state;
    const struct tconv_spec s = spec_of("u8_conv_yf32_ci1_co1_k3_p2_bias0");
    const struct tconv_spec bare = spec_of("u8_conv_yf32_ci1_co1_k3_bias0");
    const uint8_t x[7] = {200, 200, 3, 255, 17, 200, 200};
    const int8_t w[3] = {-128, 5, 127};
    const float scale = 1;
    const struct tconv_quantization q = {200, 0, &scale};
    float y[5], want[5];
    assert_int_equal(tconv_generic_quantized(&s, TCONV_SUM_FUSED, &q, x + 2, w,
                                             NULL, y, 1, 3, NULL),
                     TCONV_OK);
    assert_int_equal(tconv_generic_quantized(&bare, TCONV_SUM_FUSED, &q, x, w,
                                             NULL, want, 1, 7, NULL),
                     TCONV_OK);
    assert_memory_equal(y, want, sizeof y);
}

/* ------------------------------------------ weights of int8, signals of f32 */

/* x as the oracle has it, ncl. */
static float *x_ncl(const struct tensors *t)
{
    const struct tconv_spec *s = &t->spec;
    float *x = malloc((size_t)t->sizes.input * sizeof *x + 1);
    assert_non_null(x);
    for (int64_t at = 0; at < t->sizes.input; at++)
        x[at] = ((const float *)t->x.data)[tconv_layout_at(
            s->layout, s->in_channels, t->length,
            at / t->length / s->in_channels, at / t->length % s->in_channels,
            at % t->length)];
    return x;
}

static void check_scaled(const struct quantized *z, enum tconv_sum sum)
{
    const struct tensors *t = &z->t;
    const struct tconv_spec *s = &t->spec;
    const int64_t out_length = t->sizes.output_length;
    struct tconv_spec wide = *s;
    wide.weight_dtype = TCONV_F32;
    wide.layout = wide.output_layout = TCONV_NCL;
    wide.bias = 0;
    float *w = malloc((size_t)t->sizes.weight * sizeof *w);
    assert_non_null(w);
    for (int64_t at = 0; at < t->sizes.weight; at++)
        w[at] = ((const int8_t *)t->weight.data)[at];
    float *x = x_ncl(t);
    float *sums = oracle_bits(&wide, sum, x, w, NULL, t->batch, t->length);
    assert_non_null(sums);
    struct guarded want;
    guarded_make(&want, t->y.bytes, GUARD_AFTER);
    for (int64_t at = 0; at < t->sizes.output; at++) {
        const int64_t o = at / out_length % s->out_channels;
        const int64_t n = at / out_length / s->out_channels;
        const float bias = s->bias ? ((const float *)t->bias.data)[o] : 0;
        const volatile float product = sums[at] * z->q.scale[o];
        ((float *)
             want.data)[tconv_layout_at(s->output_layout, s->out_channels,
                                        out_length, n, o, at % out_length)] =
            sum == TCONV_SUM_FUSED ? fmaf(sums[at], z->q.scale[o], bias)
                                   : product + bias;
    }
    assert_same("definition", z, t->y.data, want.data);
    guarded_free(&want);
    free(sums);
    free(x);
    free(w);
}

static void scaled_layers(void **state)
{
    (void)state;
    struct prng prng = {SEED + 1};
    for (int i = 0; i < 1500; i++) {
        int64_t length;
        const struct tconv_spec s = draw_layer(&prng, 0, &length);
        struct quantized z;
        quantized_make(&z, &s, prng_range(&prng, 1, 2), length, i % 3, &prng);
        for (int sum = 0; sum < 2; sum++) {
            quantized_run(&z, (enum tconv_sum)sum);
            check_scaled(&z, (enum tconv_sum)sum);
        }
        quantized_free(&z);
    }
}

/* -------------------------------------------------------------- one element */

static void elements_are_those_of_runs(void **state)
{
    (void)state;
    struct prng prng = {SEED + 2};
    for (int i = 0; i < 200; i++) {
        int64_t length;
        const struct tconv_spec s = draw_layer(&prng, i % 2, &length);
        const struct tensors *t;
        struct quantized z;
        quantized_make(&z, &s, 2, length, i % 3, &prng);
        quantized_run(&z, TCONV_SUM_FUSED);
        t = &z.t;
        for (int64_t at = 0; at < t->sizes.output; at++) {
            const int64_t row = at / t->sizes.output_length;
            const int64_t j = at % t->sizes.output_length;
            union tconv_value v;
            tconv_generic_element(&s, TCONV_SUM_FUSED, &z.q, t->x.data,
                                  t->weight.data, t->bias.data, 2, length, row,
                                  j, &v);
            const int64_t to = tconv_spec_output_at(&s, &t->sizes, row, j) *
                               t->sizes.output_element_bytes;
            assert_int_equal(tconv_compare(tconv_spec_output_dtype(&s), &v,
                                           (const char *)t->y.data + to, 1),
                             -1);
        }
        quantized_free(&z);
    }
}

/* ------------------------------------------------------------------ engines */

static void compare_parts(const struct quantized *z,
                          const struct tconv_kernel *kernel, int parts)
{
    const struct tensors *t = &z->t;
    struct guarded packed, workspace, y;
    guarded_make(&packed, kernel->packed_bytes, GUARD_AFTER);
    guarded_make(&workspace,
                 kernel->workspace_bytes(t->batch, t->length, parts),
                 GUARD_AFTER);
    guarded_make(&y, t->y.bytes, GUARD_AFTER);
    memset(y.data, 0xa5, y.bytes);
    kernel->pack(t->weight.data, t->bias.data, packed.data);
    const struct tconv_args args = {.x = t->x.data,
                                    .packed = packed.data,
                                    .y = y.data,
                                    .workspace = workspace.data,
                                    .batch = t->batch,
                                    .length = t->length,
                                    .quantization = &z->q};
    struct tconv_error error = NO_ERROR;
    assert_ok(tconv_kernel_check(kernel, &args, parts, &error), &error);
    for (int part = parts - 1; part >= 0; part--)
        kernel->run(&args, part, parts);
    assert_same(kernel->isa, z, y.data, t->y.data);
    guarded_free(&y);
    guarded_free(&workspace);
    guarded_free(&packed);
}

static void refuse_quantizations(const struct tconv_kernel *kernel);

static void kernels_of_engines(void **state)
{
    (void)state;
    static const char *const names[] = {
        "i8_ci4_co3_k5",
        "i8_ci24_co20_k16_s8_p4",
        "u8_conv_yf32_ci17_co9_k7_p9_d3",
        "u8_yi8_ci6_co4_k2_s5_g2",
        "i8_yu8_nlc_ci20_co24_k4_s2_p1",
        "u8_conv_nlcncl_ci6_co6_k3_s2_p1_g6_bias0",
        "i8_yf32_ci5_co35_k3_s2_p1_d4",
        "f32_wi8_ci24_co20_k16_s8_p4",
        "f32_conv_wi8_nlc_ci6_co4_k4_s2_p1_g2_bias0",
        "f32_wi8_ci5_co35_k3_s2_p1_d4",
    };
    static const int64_t lengths[] = {1, 5, 17, 64, 131};
    struct prng prng = {SEED + 3};
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct tconv_spec s = spec_of(names[i]);
        for (int isa = 0; tconv_isa_names[isa]; isa++) {
            if (!tconv_isa_serves(tconv_isa_names[isa], &s))
                continue;
            struct tconv_jit *jit = jit_make(names[i], TCONV_ENGINE_JIT,
                                             tconv_isa_names[isa], NULL);
            const struct tconv_kernel *kernel = tconv_jit_kernel(jit);
            assert_string_equal(kernel->name, names[i]);
            for (size_t l = 0; l < COUNT(lengths); l++) {
                int64_t out_length;
                if (tconv_spec_output_length(&s, lengths[l], &out_length,
                                             NULL) != TCONV_OK)
                    continue;
                struct quantized z;
                quantized_make(&z, &s, l % 2 ? 3 : 1, lengths[l], (int)(l % 3),
                               &prng);
                quantized_run(&z, kernel->sum);
                compare_parts(&z, kernel, 1);
                compare_parts(&z, kernel, 7);
                quantized_free(&z);
            }
            refuse_quantizations(kernel);
            tconv_jit_free(jit);
        }
    }
}

/* ----------------------------------------------------------------- refusals */

/* A kernel's call without its quantization. */
static void refuse_quantizations(const struct tconv_kernel *kernel)
{
    struct tconv_error error = NO_ERROR;
    double memory[4] = {0};
    struct tconv_args args = {.x = memory,
                              .packed = memory,
                              .y = memory,
                              .workspace = memory,
                              .batch = 1,
                              .length = 131};
    const struct tconv_quantization q = {0, 0, NULL};
    assert_error(&error, tconv_kernel_check(kernel, &args, 1, &error),
                 TCONV_E_QUANTIZATION, "quantization: must not be NULL");
    error = (struct tconv_error)NO_ERROR;
    assert_error(&error, tconv_kernel_run(kernel, &args, &error),
                 TCONV_E_QUANTIZATION, "quantization: must not be NULL");
    args.quantization = &q;
    error = (struct tconv_error)NO_ERROR;
    assert_error(&error, tconv_kernel_check(kernel, &args, 1, &error),
                 TCONV_E_QUANTIZATION, "scale must not be NULL");
    args.quantization = NULL;
    args.batch = 0; /* nothing is to be scaled */
    error = (struct tconv_error)NO_ERROR;
    assert_ok(tconv_kernel_check(kernel, &args, 1, &error), &error);
}

static void quantizations_refused(void **state)
{
    (void)state;
    static const float scale = 1;
    static const struct {
        const char *name;
        struct tconv_quantization q;
        const char *message; /* NULL: taken */
    } cases[] = {
        {"i8_ci1_co1_k1", {-128, 127, &scale}, NULL},
        {"u8_ci1_co1_k1", {0, 255, &scale}, NULL},
        {"i8_yu8_ci1_co1_k1", {-128, 255, &scale}, NULL},
        {"f32_wi8_ci1_co1_k1", {0, 0, &scale}, NULL},
        {"i8_ci1_co1_k1", {-129, 0, &scale}, "x_zero_point=-129: must be"},
        {"i8_ci1_co1_k1", {128, 0, &scale}, "between -128 and 127"},
        {"u8_ci1_co1_k1", {-1, 0, &scale}, "x_zero_point=-1: must be"},
        {"u8_ci1_co1_k1", {256, 0, &scale}, "between 0 and 255"},
        {"i8_yu8_ci1_co1_k1", {0, -1, &scale}, "y_zero_point=-1: must be"},
        {"u8_yi8_ci1_co1_k1", {0, 128, &scale}, "y_zero_point=128: must be"},
        {"u8_yf32_ci1_co1_k1", {0, 1, &scale}, "y_zero_point=1: must be"},
        {"f32_wi8_ci1_co1_k1", {1, 0, &scale}, "x_zero_point=1: must be"},
        {"f32_wi8_ci1_co1_k1", {0, -1, &scale}, "y_zero_point=-1: must be"},
        {"f32_wi8_ci1_co1_k1", {0, 0, NULL}, "scale must not be NULL"},
        {"i8_ci1_co1_k1", {0, 0, NULL}, "scale must not be NULL"},
        {"f32_ci1_co1_k1", {0, 0, &scale}, "must be NULL, weights are of "},
        {"f32_wf16_ci1_co1_k1", {0, 0, &scale}, "weights are of float16"},
    };
    const double x[1] = {0}, w[1] = {0}, bias[1] = {0};
    double y[1];
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct tconv_spec s = spec_of(cases[i].name);
        struct tconv_error error = NO_ERROR;
        const enum tconv_status got =
            tconv_quantization_check(&cases[i].q, &s, &error);
        if (!cases[i].message) {
            assert_ok(got, &error);
            continue;
        }
        assert_error(&error, got, TCONV_E_QUANTIZATION, cases[i].message);
        error = (struct tconv_error)NO_ERROR;
        assert_error(&error,
                     tconv_generic_quantized(&s, TCONV_SUM_FUSED, &cases[i].q,
                                             x, w, bias, y, 1, 1, &error),
                     TCONV_E_QUANTIZATION, cases[i].message);
    }
    static const char *const without[] = {"i8_ci1_co1_k1", "u8_yf32_ci1_co1_k1",
                                          "f32_wi8_ci1_co1_k1"};
    for (size_t i = 0; i < COUNT(without); i++) {
        const struct tconv_spec s = spec_of(without[i]);
        struct tconv_error error = NO_ERROR;
        assert_error(
            &error,
            tconv_generic_run(&s, TCONV_SUM_FUSED, x, w, bias, y, 1, 1, &error),
            TCONV_E_QUANTIZATION, "quantization: must not be NULL");
    }
    const struct tconv_spec plain = spec_of("f64_ci1_co1_k1");
    struct tconv_error error = NO_ERROR;
    assert_ok(tconv_quantization_check(NULL, &plain, &error), &error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integer_layers),
        cmocka_unit_test(integers_by_hand),
        cmocka_unit_test(padding_is_the_zero_point),
        cmocka_unit_test(scaled_layers),
        cmocka_unit_test(elements_are_those_of_runs),
        cmocka_unit_test(kernels_of_engines),
        cmocka_unit_test(quantizations_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
