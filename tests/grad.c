/* The generic gradients against judges that share nothing with them: finite
 * differences of the oracle's forward pass, which is linear in each of its
 * tensors, so that on integers they are exact; and sums in another loop order,
 * for every bit. */
#include "oracle.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SEED 20261123

/* Tensors of a call, and the gradients', each against a guard page. */
struct call {
    struct tensors t; /* y holds the gradient of the output */
    struct guarded gx, gw, gb;
};

static void call_make(struct call *call, const struct tconv_spec *spec,
                      int64_t batch, int64_t length, enum fill kind,
                      enum guard_side side, struct prng *prng)
{
    struct tensors *t = &call->t;
    tensors_make(t, spec, batch, length, side);
    tensors_fill(t, kind, prng);
    fill(spec->dtype, t->y.data, t->sizes.output, kind, prng);
    guarded_make(&call->gx, t->x.bytes, side);
    guarded_make(&call->gw, t->weight.bytes, side);
    guarded_make(&call->gb, t->bias.bytes, side);
    fill_nan(spec->dtype, call->gx.data, t->sizes.input);
    fill_nan(spec->dtype, call->gw.data, t->sizes.weight);
    fill_nan(spec->dtype, call->gb.data, t->sizes.bias);
}

static void call_free(struct call *call)
{
    tensors_free(&call->t);
    guarded_free(&call->gx);
    guarded_free(&call->gw);
    guarded_free(&call->gb);
}

static struct tconv_grad_args args_of(const struct call *call)
{
    const struct tensors *t = &call->t;
    return (struct tconv_grad_args){
        .x = t->x.data,
        .weight = t->weight.data,
        .grad_output = t->y.data,
        .grad_input = call->gx.data,
        .grad_weight = call->gw.data,
        .grad_bias = t->spec.bias ? call->gb.data : NULL,
        .batch = t->batch,
        .length = t->length,
    };
}

static void call_run(const struct call *call, enum tconv_sum sum)
{
    const struct tconv_grad_args args = args_of(call);
    struct tconv_error error = NO_ERROR;
    assert_ok(tconv_generic_grad(&call->t.spec, sum, &args, &error), &error);
}

/* The sum over the output of y * grad_output, y by the oracle. */
static long double loss(const struct tensors *t)
{
    struct oracle_value *y = oracle_run(&t->spec, t->x.data, t->weight.data,
                                        t->bias.data, t->batch, t->length);
    assert_non_null(y);
    long double value = 0;
    for (int64_t at = 0; at < t->sizes.output; at++)
        value +=
            y[at].value * (long double)value_get(t->spec.dtype, t->y.data, at);
    free(y);
    return value;
}

/* The gradient of a tensor of the call is how the loss changes with each of its
 * elements. */
static void check_differences(const struct call *call, const char *what,
                              const struct guarded *tensor,
                              const struct guarded *grad, int64_t count)
{
    const enum tconv_dtype dtype = call->t.spec.dtype;
    for (int64_t at = 0; at < count; at++) {
        const double value = value_get(dtype, tensor->data, at);
        value_set(dtype, tensor->data, at, value + 0.5);
        const long double above = loss(&call->t);
        value_set(dtype, tensor->data, at, value - 0.5);
        const long double below = loss(&call->t);
        value_set(dtype, tensor->data, at, value);
        const double got = value_get(dtype, grad->data, at);
        if ((long double)got == above - below)
            continue;
        char name[TCONV_NAME_SIZE];
        tconv_spec_name(&call->t.spec, name);
        fail_msg("%s batch=%lld length=%lld: %s[%lld] is %a, the loss changes "
                 "by %La",
                 name, (long long)call->t.batch, (long long)call->t.length,
                 what, (long long)at, got, above - below);
    }
}

static void finite_differences(void **state)
{
    (void)state;
    struct prng prng = {SEED};
    int checked[TCONV_OP_COUNT] = {0};
    for (int round = 0; round < 90; round++) {
        int64_t length;
        struct tconv_spec spec = spec_random(&prng, &length);
        spec.dtype = TCONV_F64;
        const int64_t batch = prng_range(&prng, 1, 2);
        struct call call;
        call_make(&call, &spec, batch, length, FILL_INTEGERS, GUARD_AFTER,
                  &prng);
        const struct tconv_sizes *n = &call.t.sizes;
        if ((n->input + n->weight + n->bias) * n->macs < 4000000) {
            call_run(&call, TCONV_SUM_FUSED);
            check_differences(&call, "grad_input", &call.t.x, &call.gx,
                              n->input);
            check_differences(&call, "grad_weight", &call.t.weight, &call.gw,
                              n->weight);
            check_differences(&call, "grad_bias", &call.t.bias, &call.gb,
                              n->bias);
            checked[spec.op]++;
        }
        call_free(&call);
    }
    /* The others would take long. */
    assert_true(checked[TCONV_CONV_TRANSPOSE1D] >= 40);
    assert_true(checked[TCONV_CONV1D] >= 20);
}

/* acc + a * b as the dtype has it. Floats travel as the doubles they are. */
static double term(enum tconv_dtype dtype, enum tconv_sum sum, double acc,
                   double a, double b)
{
    if (dtype == TCONV_F32) {
        volatile float product = (float)a * (float)b;
        volatile float whole = sum == TCONV_SUM_FUSED
                                   ? fmaf((float)a, (float)b, (float)acc)
                                   : (float)acc + product;
        return (double)whole;
    }
    volatile double product = a * b;
    return sum == TCONV_SUM_FUSED ? fma(a, b, acc) : acc + product;
}

/* tensor[at] = term(tensor[at], a, b) */
static void add_term(enum tconv_dtype dtype, enum tconv_sum sum, void *tensor,
                     int64_t at, double a, double b)
{
    const double acc = value_get(dtype, tensor, at);
    value_set(dtype, tensor, at, term(dtype, sum, acc, a, b));
}

/* Positions of the row that taps start from: of x, in Conv1d of y. */
static int64_t positions(const struct tensors *t)
{
    return t->spec.op == TCONV_CONV1D ? t->sizes.output_length : t->length;
}

/* Adds what output channel o has at position p by tap k: to the gradient of the
 * input, or to a block of the weight's; the other is NULL. */
static void add_tap(const struct call *call, enum tconv_sum sum, int64_t n,
                    int64_t o, int64_t p, int64_t k, void *gx, void *gw)
{
    const struct tensors *t = &call->t;
    const struct tconv_spec *s = &t->spec;
    const int64_t in = s->in_channels / s->groups;
    const int64_t out = s->out_channels / s->groups;
    const int64_t to = p * s->stride + k * s->dilation - s->padding_begin;
    const int64_t i = s->op == TCONV_CONV1D ? to : p;
    const int64_t j = s->op == TCONV_CONV1D ? p : to;
    if (i < 0 || i >= t->length || j < 0 || j >= t->sizes.output_length)
        return;
    const double gy =
        value_get(s->dtype, t->y.data,
                  (n * s->out_channels + o) * t->sizes.output_length + j);
    for (int64_t c = o / out * in; c < (o / out + 1) * in; c++) {
        const int64_t x = (n * s->in_channels + c) * t->length + i;
        const int64_t w = weight_at(s, c, o, k);
        if (gx)
            add_term(s->dtype, sum, gx, x,
                     value_get(s->dtype, t->weight.data, w), gy);
        else
            add_term(s->dtype, sum, gw, w, value_get(s->dtype, t->x.data, x),
                     gy);
    }
}

/* to[at] += from[at]; from[at] = 0 */
static void add_block(enum tconv_dtype dtype, void *to, void *from,
                      int64_t count)
{
    for (int64_t at = 0; at < count; at++) {
        add_term(dtype, TCONV_SUM_SEPARATE, to, at, value_get(dtype, from, at),
                 1.0);
        value_set(dtype, from, at, 0.0);
    }
}

/* grad_weight, position by position. */
static void *weight_bits(const struct call *call, enum tconv_sum sum)
{
    const struct tensors *t = &call->t;
    const enum tconv_dtype dtype = t->spec.dtype;
    void *gw = calloc((size_t)t->sizes.weight + 1, sizeof(double));
    void *block = calloc((size_t)t->sizes.weight + 1, sizeof(double));
    assert_non_null(gw);
    assert_non_null(block);
    for (int64_t n = 0; n < t->batch; n++) {
        for (int64_t p = 0; p < positions(t); p++) {
            for (int64_t o = 0; o < t->spec.out_channels; o++)
                for (int64_t k = 0; k < t->spec.kernel_size; k++)
                    add_tap(call, sum, n, o, p, k, NULL, block);
            if (p % 256 == 255 || p == positions(t) - 1)
                add_block(dtype, gw, block, t->sizes.weight);
        }
    }
    free(block);
    return gw;
}

/* grad_bias, likewise. */
static void *bias_bits(const struct call *call)
{
    const struct tensors *t = &call->t;
    const enum tconv_dtype dtype = t->spec.dtype;
    const int64_t length = t->sizes.output_length;
    void *gb = calloc((size_t)t->spec.out_channels, sizeof(double));
    void *block = calloc((size_t)t->spec.out_channels, sizeof(double));
    assert_non_null(gb);
    assert_non_null(block);
    for (int64_t n = 0; n < t->batch; n++) {
        for (int64_t j = 0; j < length; j++) {
            for (int64_t o = 0; o < t->spec.out_channels; o++)
                add_term(dtype, TCONV_SUM_SEPARATE, block, o,
                         value_get(dtype, t->y.data,
                                   (n * t->spec.out_channels + o) * length + j),
                         1.0);
            if (j % 256 == 255 || j == length - 1)
                add_block(dtype, gb, block, t->spec.out_channels);
        }
    }
    free(block);
    return gb;
}

/* Each tap of an output channel meets an input once, so tap by tap its terms
 * come in the canonical order. */
static void *input_bits(const struct call *call, enum tconv_sum sum)
{
    const struct tensors *t = &call->t;
    void *gx = calloc((size_t)t->sizes.input + 1, sizeof(double));
    assert_non_null(gx);
    for (int64_t o = 0; o < t->spec.out_channels; o++)
        for (int64_t k = 0; k < t->spec.kernel_size; k++)
            for (int64_t n = 0; n < t->batch; n++)
                for (int64_t p = 0; p < positions(t); p++)
                    add_tap(call, sum, n, o, p, k, gx, NULL);
    return gx;
}

static void check_bits(const struct call *call, enum tconv_sum sum)
{
    const struct tensors *t = &call->t;
    void *gx = input_bits(call, sum);
    void *gw = weight_bits(call, sum);
    void *gb = bias_bits(call);
    assert_same_bits("grad_input", &t->spec, call->gx.data, gx, t->sizes.input);
    assert_same_bits("grad_weight", &t->spec, call->gw.data, gw,
                     t->sizes.weight);
    assert_same_bits("grad_bias", &t->spec, call->gb.data, gb, t->sizes.bias);
    free(gx);
    free(gw);
    free(gb);
}

static void check_random(enum fill kind, int specs)
{
    struct prng prng = {SEED + (uint64_t)kind};
    for (int i = 0; i < specs; i++) {
        int64_t length;
        const struct tconv_spec spec = spec_random(&prng, &length);
        struct call call;
        call_make(&call, &spec, prng_range(&prng, 0, 3), length, kind,
                  i % 2 ? GUARD_AFTER : GUARD_BEFORE, &prng);
        for (int sum = 0; sum < 2; sum++) {
            call_run(&call, (enum tconv_sum)sum);
            check_bits(&call, (enum tconv_sum)sum);
        }
        call_free(&call);
    }
}

static void uniform_data(void **state)
{
    (void)state;
    check_random(FILL_UNIFORM, 400);
}

static void wide_data(void **state)
{
    (void)state;
    check_random(FILL_WIDE, 200);
}

/* Inf and NaN go where they belong and nowhere else. */
static void special_data(void **state)
{
    (void)state;
    check_random(FILL_SPECIAL, 200);
}

/* Several blocks, the last of one position, over two batch items. */
static void blocks(void **state)
{
    (void)state;
    struct prng prng = {SEED};
    const int64_t lengths[] = {255, 256, 257, 513, 1000};
    const struct tconv_spec specs[] = {
        spec_of("f32_ci2_co3_k4_s2_p1"),
        spec_of("f64_ci2_co2_k3_s3_g2_d2"),
        spec_of("f32_ci1_co1_k1"),
        spec_of("f32_conv_ci2_co3_k4_p1"),
        spec_of("f64_conv_ci4_co2_k3_s2_p1_g2"),
    };
    for (size_t s = 0; s < COUNT(specs); s++) {
        for (size_t l = 0; l < COUNT(lengths); l++) {
            struct call call;
            call_make(&call, &specs[s], 2, lengths[l], FILL_UNIFORM,
                      GUARD_AFTER, &prng);
            call_run(&call, TCONV_SUM_FUSED);
            check_bits(&call, TCONV_SUM_FUSED);
            call_free(&call);
        }
    }
}

/* A block whose products are all negative and too small sums up to -0, which
 * added to the +0 that blocks are added to is +0. Fused: a separate product is
 * -0 before it meets +0. */
static void underflow(void **state)
{
    (void)state;
    static const char *const names[] = {"f32_ci1_co1_k1_gw",
                                        "f32_conv_ci1_co1_k1_gw"};
    const float x[2] = {-0x1p-100F, -0x1p-90F};
    const float gy[2] = {0x1p-90F, 0x1p-100F};
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct tconv_spec s = spec_of(names[i]);
        const float zero = 0.0F;
        float gw = 9.0F;
        assert_true(signbit(fmaf(x[1], gy[1], fmaf(x[0], gy[0], 0.0F))));
        for (int64_t batch = 1; batch <= 2; batch++) {
            assert_int_equal(tconv_generic_run(&s, TCONV_SUM_FUSED, x, gy, NULL,
                                               &gw, batch, 2 / batch, NULL),
                             TCONV_OK);
            assert_memory_equal(&gw, &zero, sizeof gw);
        }
    }
}

/* A gradient by itself is the generic kernel of its pass. */
static void passes(void **state)
{
    (void)state;
    struct prng prng = {SEED};
    for (int i = 0; i < 200; i++) {
        int64_t length;
        struct tconv_spec spec = spec_random(&prng, &length);
        struct call call;
        call_make(&call, &spec, prng_range(&prng, 1, 2), length, FILL_SPECIAL,
                  GUARD_AFTER, &prng);
        call_run(&call, TCONV_SUM_FUSED);
        for (int pass = TCONV_GRAD_INPUT; pass < TCONV_PASS_COUNT; pass++) {
            const int input = pass == TCONV_GRAD_INPUT;
            const struct guarded *want = input ? &call.gx : &call.gw;
            struct tensors t;
            spec.pass = (enum tconv_pass)pass;
            tensors_make(&t, &spec, call.t.batch, length, GUARD_BEFORE);
            assert_int_equal(t.y.bytes, want->bytes);
            memcpy(t.x.data, input ? call.t.y.data : call.t.x.data, t.x.bytes);
            memcpy(t.weight.data, input ? call.t.weight.data : call.t.y.data,
                   t.weight.bytes);
            tensors_run(&t, TCONV_SUM_FUSED);
            assert_same_bits(tconv_pass_name(spec.pass), &spec, t.y.data,
                             want->data, t.sizes.output);
            tensors_free(&t);
        }
        call_free(&call);
    }
}

/* Without batch items there is nothing to sum. */
static void no_batch(void **state)
{
    (void)state;
    const struct tconv_spec spec = spec_of("f32_ci1_co2_k2");
    float gw[4] = {1, 1, 1, 1}, gb[2] = {1, 1}, gx[1] = {7};
    const float zero[4] = {0};
    struct tconv_error error = NO_ERROR;
    const struct tconv_grad_args args = {.grad_input = gx,
                                         .grad_weight = gw,
                                         .grad_bias = gb,
                                         .batch = 0,
                                         .length = 3};
    assert_ok(tconv_generic_grad(&spec, TCONV_SUM_FUSED, &args, &error),
              &error);
    assert_memory_equal(gw, zero, sizeof gw);
    assert_memory_equal(gb, zero, sizeof gb);
    assert_true(gx[0] == 7);
}

/* The fast sums of the bias's gradient are the generic ones: for all types and
 * layouts, any number of channels, blocks that end anywhere. */
static void fast_bias(void **state)
{
    (void)state;
    struct prng prng = {SEED};
    static const int64_t lengths[] = {1, 2, 255, 256, 257, 600};
    int cases = 0;
    for (int dtype = 0; dtype < TCONV_DTYPE_COUNT; dtype++) {
        if (tconv_dtype_integer((enum tconv_dtype)dtype))
            continue;
        for (int64_t channels = 1; channels < 20; channels++) {
            struct tconv_spec spec;
            tconv_spec_init(&spec, 1, channels, 1);
            spec.dtype = (enum tconv_dtype)dtype;
            spec.output_layout =
                prng_range(&prng, 0, 1) ? TCONV_NLC : TCONV_NCL;
            const int64_t length =
                lengths[prng_range(&prng, 0, COUNT(lengths) - 1)];
            struct call call;
            call_make(&call, &spec, prng_range(&prng, 1, 3), length,
                      FILL_SPECIAL, GUARD_AFTER, &prng);
            struct tconv_grad_args args = args_of(&call);
            struct tconv_error error = NO_ERROR;
            args.grad_input = args.grad_weight = NULL;
            assert_ok(tconv_generic_grad(&spec, TCONV_SUM_FUSED, &args, &error),
                      &error);
            args.grad_bias = call.t.bias.data;
            args.grad_input = call.gx.data; /* not looked at */
            args.x = args.weight = NULL;
            assert_ok(tconv_grad_bias(&spec, &args, &error), &error);
            assert_same_bits("grad_bias", &spec, call.t.bias.data, call.gb.data,
                             channels);
            args.batch = 0;
            assert_ok(tconv_grad_bias(&spec, &args, &error), &error);
            for (int64_t o = 0; o < channels; o++)
                assert_true(value_get(spec.dtype, call.t.bias.data, o) == 0);
            call_free(&call);
            cases++;
        }
    }
    assert_true(cases >= 100);
    const struct tconv_spec spec = spec_of("f32_ci1_co2_k2_bias0");
    struct tconv_error no_bias = NO_ERROR, no_args = NO_ERROR;
    float gb[2];
    const struct tconv_grad_args args = {.grad_bias = gb, .length = 1};
    assert_error(&no_bias, tconv_grad_bias(&spec, &args, &no_bias),
                 TCONV_E_ARGUMENT, "grad_bias: ");
    assert_error(&no_args, tconv_grad_bias(&spec, NULL, &no_args),
                 TCONV_E_ARGUMENT, "args");
}

/* Each gradient alone needs no more than what it is made of. */
static void one_alone(void **state)
{
    (void)state;
    struct prng prng = {SEED};
    const struct tconv_spec spec = spec_of("f32_ci2_co3_k4_s2_p1");
    struct call call;
    call_make(&call, &spec, 2, 5, FILL_UNIFORM, GUARD_AFTER, &prng);
    const struct tconv_grad_args all = args_of(&call);
    struct tconv_grad_args args = all;
    args.x = NULL;
    args.grad_weight = args.grad_bias = NULL;
    struct tconv_error error = NO_ERROR;
    assert_ok(tconv_generic_grad(&spec, TCONV_SUM_FUSED, &args, &error),
              &error);
    args = all;
    args.weight = NULL;
    args.grad_input = args.grad_bias = NULL;
    assert_ok(tconv_generic_grad(&spec, TCONV_SUM_FUSED, &args, &error),
              &error);
    args = all;
    args.weight = args.x = NULL;
    args.grad_input = args.grad_weight = NULL;
    assert_ok(tconv_generic_grad(&spec, TCONV_SUM_FUSED, &args, &error),
              &error);
    check_bits(&call, TCONV_SUM_FUSED);
    call_free(&call);
}

static void refused(const struct tconv_spec *spec,
                    const struct tconv_grad_args *args,
                    enum tconv_status status, const char *part)
{
    struct tconv_error error = NO_ERROR;
    assert_error(&error,
                 tconv_generic_grad(spec, TCONV_SUM_FUSED, args, &error),
                 status, part);
}

static void bad_arguments(void **state)
{
    (void)state;
    struct prng prng = {SEED};
    struct tconv_spec spec = spec_of("f32_ci2_co3_k4_s2_p1");
    struct call call;
    call_make(&call, &spec, 1, 5, FILL_UNIFORM, GUARD_AFTER, &prng);
    const struct tconv_grad_args all = args_of(&call);
    struct tconv_grad_args args = all;
    refused(&spec, NULL, TCONV_E_ARGUMENT, "args");
    refused(NULL, &args, TCONV_E_ARGUMENT, "spec");
    args.x = NULL;
    refused(&spec, &args, TCONV_E_ARGUMENT, "x: ");
    args = all;
    args.weight = NULL;
    refused(&spec, &args, TCONV_E_ARGUMENT, "weight: ");
    args = all;
    args.grad_output = NULL;
    refused(&spec, &args, TCONV_E_ARGUMENT, "grad_output: ");
    args.grad_input = args.grad_weight = args.grad_bias = NULL;
    refused(&spec, &args, TCONV_E_ARGUMENT, "one at least");
    args = all;
    args.length = 0;
    refused(&spec, &args, TCONV_E_LENGTH, "length=0");
    args = all;
    args.batch = -1;
    refused(&spec, &args, TCONV_E_BATCH, "batch=-1");
    args = all;
    spec.bias = 0;
    refused(&spec, &args, TCONV_E_ARGUMENT, "grad_bias: ");
    spec.stride = 0;
    refused(&spec, &args, TCONV_E_STRIDE, "stride=0");
    call_free(&call);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finite_differences),
        cmocka_unit_test(uniform_data),
        cmocka_unit_test(wide_data),
        cmocka_unit_test(special_data),
        cmocka_unit_test(blocks),
        cmocka_unit_test(underflow),
        cmocka_unit_test(passes),
        cmocka_unit_test(no_batch),
        cmocka_unit_test(fast_bias),
        cmocka_unit_test(one_alone),
        cmocka_unit_test(bad_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
