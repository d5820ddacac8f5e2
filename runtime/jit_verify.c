/* A kernel is held against the generic one before anybody gets it.
 *
 * Few calls, chosen for what tends to go wrong: the shortest signal, one that
 * is all edges (as a batch), one with an inside that is computed in full
 * vectors. Where a call would take long, only its first, middle and last part
 * are run, and of what was written only some elements are compared, since the
 * generic kernel is slow. y is filled with a value no sum has, so that what was
 * written is known, with a margin that must stay as it was. */
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "jit.h"
#include "sum.h"

#define RUN_MACS ((int64_t)1 << 19)     /* run whole calls up to this */
#define COMPARE_MACS ((int64_t)1 << 14) /* spent comparing each call */
#define LEAST_COMPARED 16
#define MOST_COMPARED 4096
#define MOST_ELEMENTS ((int64_t)1 << 22) /* of x and y in calls we choose */
#define MOST_WORKSPACE ((size_t)1 << 26)
#define MARGIN 17 /* elements around y; odd, so that y is not aligned */
#define GUARD 64  /* bytes behind packed */

/* A prime number of random values is repeated to fill a tensor: quick, and no
 * two channels of a layer that people use come out alike. */
#define BLOCK 4093

struct subject {
    const struct tconv_spec *spec;
    const struct tconv_kernel *kernel;
    void *weight, *bias, *packed;
    char *block;                    /* BLOCK values */
    int64_t element_bytes, y_bytes; /* of x and y */
    int64_t number_bytes;           /* of y's, complex ones having two */
    float *scale;
    struct tconv_quantization quantization;
};

/* One call and its buffers. */
struct call {
    int64_t batch, length;
    struct tconv_sizes sizes;
    char *x, *y_margin, *y;
    void *grad_output; /* of grad_weight, which packs nothing */
    void *workspace;
    uint64_t unwritten; /* bits of a number nobody wrote */
};

static enum tconv_status no_memory(const struct subject *s,
                                   struct tconv_error *error)
{
    return tconv_fail(error, TCONV_E_MEMORY,
                      "%s: no memory to check the kernel in", s->kernel->name);
}

/* NULL of layers that have none. */
static const struct tconv_quantization *quantization_of(const struct subject *s)
{
    return s->scale ? &s->quantization : NULL;
}

/* Full mantissas and mixed exponents, so that every addition rounds and a sum
 * in another order, or fused otherwise, shows. */
static void fill_block(enum tconv_dtype dtype, char *block)
{
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = 0; i < BLOCK; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        double scale = (double)(1 << (state & 3)) * 0x1p-55;
        int64_t mantissa = (int64_t)(state >> 11) - (INT64_C(1) << 52);
        double value = (double)(mantissa | 1) * scale;
        union tconv_value element = {.f64 = value};
        if (tconv_dtype_integer(dtype))
            element.i32 = (int32_t)(state >> 56);
        else if (tconv_dtype_sum(dtype) != TCONV_F64)
            element.f32 = (float)value;
        sum_store(dtype, block, (int64_t)i, &element);
    }
}

/* Repeats the block from its element `at` on. */
static void fill(const struct subject *s, void *to, int64_t count, int64_t at)
{
    size_t element = (size_t)s->element_bytes;
    char *out = to;
    at %= BLOCK;
    while (count > 0) {
        int64_t some = BLOCK - at < count ? BLOCK - at : count;
        memcpy(out, s->block + (size_t)at * element, (size_t)some * element);
        out += (size_t)some * element;
        count -= some;
        at = 0;
    }
}

/* Weights of two bytes, f16 or bf16: any bits but the exponent's top two, which
 * are not alike, so that none is large, Inf or NaN. */
static void fill_narrow(uint16_t *to, int64_t count)
{
    uint32_t state = 0x9e3779b9;
    for (int64_t i = 0; i < count; i++) {
        state = state * 1664525 + 1013904223;
        const uint32_t bits = state >> 16 & 0x9fff;
        to[i] = (uint16_t)(bits | (bits & 0x1000 ? 0x2000 : 0x3000));
    }
}

/* Scales, and a bias that brings sums of an integer layer into y's range. */
static enum tconv_status quantize(struct subject *s, struct tconv_error *error)
{
    const struct tconv_spec *spec = s->spec;
    const int64_t terms = spec->in_channels / spec->groups * spec->kernel_size;
    int32_t *const bias = s->bias; /* of integers */
    s->scale = calloc((size_t)spec->out_channels, sizeof *s->scale);
    if (!s->scale)
        return no_memory(s, error);
    for (int64_t o = 0; o < spec->out_channels; o++) {
        s->scale[o] =
            (float)(8 + o % 7) / (float)(1 << 9) / sqrtf((float)terms);
        if (tconv_dtype_integer(spec->dtype))
            bias[o] = (int32_t)(o * 7919 % 20001) - 10000;
    }
    const int32_t y_zero = spec->output_dtype == TCONV_U8 ? 100 : -7;
    s->quantization = (struct tconv_quantization){
        .x_zero_point = spec->dtype == TCONV_U8   ? 131
                        : spec->dtype == TCONV_I8 ? 5
                                                  : 0,
        .y_zero_point = spec->output_dtype == TCONV_F32 ? 0 : y_zero,
        .scale = s->scale,
    };
    return TCONV_OK;
}

static enum tconv_status check_descriptor(const struct tconv_spec *spec,
                                          const char *isa,
                                          const struct tconv_kernel *kernel,
                                          struct tconv_error *error)
{
    if (kernel->abi != TCONV_KERNEL_ABI)
        return tconv_fail(error, TCONV_E_ABI,
                          "abi=%lu: this library runs kernels of abi %d",
                          (unsigned long)kernel->abi, TCONV_KERNEL_ABI);
    char name[TCONV_NAME_SIZE];
    tconv_spec_name(spec, name);
    int64_t weight_bytes = tconv_dtype_bytes(tconv_spec_weight_dtype(spec)) *
                           tconv_spec_weight_elements(spec);
    const char *wrong = NULL;
    if (strcmp(kernel->name, name) != 0)
        wrong = "name";
    else if (strcmp(kernel->isa, isa) != 0)
        wrong = "isa";
    else if (kernel->pass != spec->pass)
        wrong = "pass";
    else if (kernel->sum != tconv_isa_sum(isa))
        wrong = "sum";
    else if (strcmp(kernel->dtype, tconv_dtype_name(spec->dtype)) != 0)
        wrong = "dtype";
    else if (strcmp(kernel->output_dtype,
                    tconv_dtype_name(tconv_spec_output_dtype(spec))) != 0)
        wrong = "output_dtype";
    else if (strcmp(kernel->layout, tconv_layout_name(spec->layout)) != 0)
        wrong = "layout";
    else if (strcmp(kernel->output_layout,
                    tconv_layout_name(spec->output_layout)) != 0)
        wrong = "output_layout";
    else if (kernel->in_channels != spec->in_channels)
        wrong = "in_channels";
    else if (kernel->out_channels != spec->out_channels)
        wrong = "out_channels";
    else if (kernel->fixed_length != spec->length)
        wrong = "fixed_length";
    else if (kernel->weight_bytes != (size_t)weight_bytes)
        wrong = "weight_bytes";
    else if (!kernel->supported())
        wrong = "supported()";
    if (wrong)
        return tconv_fail(error, TCONV_E_GENERATOR,
                          "%s: the %s kernel's descriptor is not the layer's: "
                          "%s",
                          name, isa, wrong);
    return TCONV_OK;
}

/* The shortest legal input. */
static int64_t shortest(const struct tconv_spec *s)
{
    int64_t least, most;
    tconv_spec_length_range(s, &least, &most);
    return least;
}

static enum tconv_status check_output_length(const struct subject *s,
                                             struct tconv_error *error)
{
    int64_t least = shortest(s->spec);
    const int64_t lengths[] = {0, least - 1, least, least + 1, least + 1000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        int64_t want;
        if (tconv_spec_output_length(s->spec, lengths[i], &want, NULL) !=
            TCONV_OK)
            want = -1;
        int64_t got = s->kernel->output_length(lengths[i]);
        if (got != want)
            return tconv_fail(error, TCONV_E_DIFFER,
                              "%s: output_length(%lld) of the %s kernel is "
                              "%lld, must be %lld",
                              s->kernel->name, (long long)lengths[i],
                              s->kernel->isa, (long long)got, (long long)want);
    }
    return TCONV_OK;
}

static enum tconv_status pack(struct subject *s, struct tconv_error *error)
{
    if (s->spec->pass == TCONV_GRAD_WEIGHT)
        return TCONV_OK; /* it packs nothing */
    int64_t weights = tconv_spec_weight_elements(s->spec);
    s->weight = tconv_memory_alloc((size_t)(weights * s->element_bytes));
    s->bias = tconv_memory_alloc(
        (size_t)(s->spec->out_channels *
                 tconv_dtype_bytes(tconv_spec_bias_dtype(s->spec))));
    s->packed = tconv_memory_alloc(s->kernel->packed_bytes + GUARD);
    if (!s->weight || !s->bias || !s->packed)
        return no_memory(s, error);
    if (s->spec->weight_dtype == TCONV_I8)
        fill(s, s->weight, (weights + 3) / 4, 0); /* any bytes */
    else if (s->spec->weight_dtype)
        fill_narrow(s->weight, weights);
    else
        fill(s, s->weight, weights, 0);
    if (!tconv_dtype_integer(s->spec->dtype))
        fill(s, s->bias, s->spec->out_channels, 1000);
    if (tconv_spec_quantized(s->spec)) {
        enum tconv_status status = quantize(s, error);
        if (status != TCONV_OK)
            return status;
    }
    char *behind = (char *)s->packed + s->kernel->packed_bytes;
    char guard[GUARD];
    memset(guard, 0xa5, sizeof guard);
    memcpy(behind, guard, sizeof guard);
    const int biased = s->spec->bias && s->spec->pass == TCONV_FORWARD;
    s->kernel->pack(s->weight, biased ? s->bias : NULL, s->packed);
    if (memcmp(behind, guard, sizeof guard) != 0)
        return tconv_fail(error, TCONV_E_DIFFER,
                          "%s: the %s kernel packs more than packed_bytes=%zu",
                          s->kernel->name, s->kernel->isa,
                          s->kernel->packed_bytes);
    return TCONV_OK;
}

/* Fills the elements of x that reach y; a long crop leaves most others
 * untouched, and they are never read or do not count. */
static void fill_x(const struct subject *s, struct call *call)
{
    const struct tconv_spec *spec = s->spec;
    const int64_t length = call->sizes.input_length;
    int64_t begin = 0, end = length;
    if (tconv_spec_transposed(spec) && spec->pass != TCONV_GRAD_WEIGHT) {
        int64_t before =
            spec->padding_begin - spec->dilation * (spec->kernel_size - 1);
        begin = before > 0 ? before / spec->stride : 0;
        end = (spec->padding_begin + call->sizes.output_length) / spec->stride +
              1;
        end = end < length ? end : length;
    }
    /* Positions stand in rows of their own, or all channels of them. */
    const enum tconv_layout layout =
        spec->pass == TCONV_GRAD_INPUT ? spec->output_layout : spec->layout;
    const int64_t width = layout == TCONV_NLC && call->batch > 0
                              ? call->sizes.input / call->batch / length
                              : 1;
    for (int64_t at = begin * width; begin < end && at < call->sizes.input;
         at += length * width)
        fill(s, call->x + at * s->element_bytes, (end - begin) * width,
             at + 500);
}

/* How many numbers of an element were written; parts of a complex one may be
 * different tiles', and so of different parts of a call. */
static int numbers_written(const struct subject *s, const struct call *call,
                           const char *at)
{
    int written = 0;
    for (const char *end = at + s->y_bytes; at < end; at += s->number_bytes)
        written += sum_number(s->number_bytes, at) != call->unwritten;
    return written;
}

static int is_written(const struct subject *s, const struct call *call,
                      const char *at)
{
    return numbers_written(s, call, at) == s->y_bytes / s->number_bytes;
}

static enum tconv_status prepare(const struct subject *s, struct call *call,
                                 int parts, struct tconv_error *error)
{
    enum tconv_status status = tconv_spec_sizes(
        s->spec, call->batch, call->length, &call->sizes, error);
    if (status != TCONV_OK)
        return status;
    size_t bytes = 0;
    for (int p = parts; p > 0; p /= 2) {
        size_t needed =
            s->kernel->workspace_bytes(call->batch, call->length, p);
        bytes = needed > bytes ? needed : bytes;
    }
    size_t element = (size_t)s->element_bytes;
    size_t count = (size_t)call->sizes.output + (size_t)2 * MARGIN;
    call->workspace = tconv_memory_alloc(bytes);
    call->x = calloc((size_t)call->sizes.input, element);
    call->y_margin = calloc(count, (size_t)s->y_bytes);
    if (s->spec->pass == TCONV_GRAD_WEIGHT)
        call->grad_output =
            tconv_memory_alloc((size_t)call->sizes.weight * element);
    if (!call->workspace || !call->x || !call->y_margin ||
        (s->spec->pass == TCONV_GRAD_WEIGHT && !call->grad_output))
        return no_memory(s, error);
    call->y = call->y_margin + MARGIN * s->y_bytes;
    fill_x(s, call);
    if (call->grad_output)
        fill(s, call->grad_output, call->sizes.weight, 0);
    call->unwritten = 0;
    if (call->sizes.output > MOST_ELEMENTS)
        return TCONV_OK; /* zeros the system hands out cost nothing */
    /* A NaN that no sum gives; of 8 bits a number like others. */
    memset(call->y_margin, 0xff, count * (size_t)s->y_bytes);
    call->unwritten = sum_number(s->number_bytes, call->y);
    return TCONV_OK;
}

static void release(struct call *call)
{
    free(call->workspace);
    free(call->x);
    free(call->grad_output);
    free(call->y_margin);
}

static int64_t count_written(const struct subject *s, const struct call *call)
{
    int64_t written = 0;
    for (int64_t i = 0; i < call->sizes.output; i++)
        written += is_written(s, call, call->y + i * s->y_bytes);
    return written;
}

/* Are all bytes of y alike? */
static int is_untouched(const struct subject *s, const struct call *call)
{
    const int64_t bytes = call->sizes.output * s->y_bytes;
    return !memcmp(call->y, call->y + 1, (size_t)bytes - 1);
}

/* Runs all of a small call. Of a large one: its first part, as small as has
 * anything to do, and a middle and the last part of that size. Returns the
 * number of elements written; *whole says whether that must be all. */
static int64_t run(const struct subject *s, const struct call *call, int parts,
                   int *whole)
{
    const void *packed = call->grad_output ? call->grad_output : s->packed;
    const struct tconv_args args = {.x = call->x,
                                    .packed = packed,
                                    .y = call->y,
                                    .workspace = call->workspace,
                                    .batch = call->batch,
                                    .length = call->length,
                                    .quantization = quantization_of(s)};
    s->kernel->run(&args, 0, parts);
    while (parts > 1 && is_untouched(s, call)) {
        parts /= 2;
        s->kernel->run(&args, 0, parts);
    }
    *whole = parts == 1;
    if (parts > 1)
        s->kernel->run(&args, parts - 1, parts);
    if (parts > 2)
        s->kernel->run(&args, parts / 2, parts);
    return count_written(s, call);
}

static enum tconv_status differ(const struct subject *s,
                                const struct call *call, int64_t at,
                                const union tconv_value *got,
                                const union tconv_value *want,
                                struct tconv_error *error)
{
    char text[2][80];
    const enum tconv_dtype dtype = tconv_spec_output_dtype(s->spec);
    tconv_element_text(dtype, got, text[0]);
    tconv_element_text(dtype, want, text[1]);
    return tconv_fail(error, TCONV_E_DIFFER,
                      "%s: batch=%lld, length=%lld: y[%lld] of the %s kernel "
                      "is %s, of the generic kernel %s",
                      s->kernel->name, (long long)call->batch,
                      (long long)call->length, (long long)at, s->kernel->isa,
                      text[0], text[1]);
}

static const char *element_at(const struct subject *s, const struct call *call,
                              int64_t row, int64_t at)
{
    return call->y +
           tconv_spec_output_at(s->spec, &call->sizes, row, at) * s->y_bytes;
}

static enum tconv_status compare_element(const struct subject *s,
                                         const struct call *call, int64_t row,
                                         int64_t at, struct tconv_error *error)
{
    union tconv_value want = sum_zero(), got = sum_zero();
    tconv_generic_element(s->spec, s->kernel->sum, quantization_of(s), call->x,
                          call->grad_output ? call->grad_output : s->weight,
                          call->sizes.bias ? s->bias : NULL, call->batch,
                          call->length, row, at, &want);
    memcpy(&got, element_at(s, call, row, at), (size_t)s->y_bytes);
    if (tconv_compare(tconv_spec_output_dtype(s->spec), &got, &want, 1) >= 0)
        return differ(s, call, row * call->sizes.output_length + at, &got,
                      &want, error);
    return TCONV_OK;
}

static enum tconv_status not_written(const struct subject *s,
                                     const struct call *call, int64_t row,
                                     int64_t at, struct tconv_error *error)
{
    /* Or was it? All numbers of 8 bits may be results. */
    if (s->y_bytes == 1)
        return compare_element(s, call, row, at, error);
    const long long index = row * call->sizes.output_length + at;
    return tconv_fail(
        error, TCONV_E_DIFFER,
        "%s: batch=%lld, length=%lld: the %s kernel does not write y[%lld]",
        s->kernel->name, (long long)call->batch, (long long)call->length,
        s->kernel->isa, index);
}

/* Which of the written elements to compare: the first, the last and evenly many
 * between, as many as the budget allows. */
struct pick {
    int64_t written, count; /* of how many, how many */
    int64_t seen, taken, next;
};

static struct pick pick_of(const struct call *call, int64_t written)
{
    const int64_t cost = call->sizes.macs / call->sizes.output;
    int64_t count = COMPARE_MACS / (cost + 8);
    if (count < LEAST_COMPARED)
        count = LEAST_COMPARED;
    if (count > MOST_COMPARED)
        count = MOST_COMPARED;
    if (count > written)
        count = written > 0 ? written : 1;
    return (struct pick){written, count, 0, 0, 0};
}

static int takes(struct pick *p)
{
    if (p->seen++ != p->next)
        return 0;
    /* Spread with a jitter, lest one output phase be met each time. */
    p->taken++;
    const int64_t step = p->written / p->count;
    p->next = p->taken * step + (step > 1 ? p->taken * 7919 % step : 0);
    if (p->taken >= p->count - 1 || p->next >= p->written)
        p->next = p->written - 1;
    return 1;
}

static enum tconv_status compare_row(const struct subject *s,
                                     const struct call *call, int64_t row,
                                     int whole, struct pick *pick,
                                     struct tconv_error *error)
{
    const int64_t length = call->sizes.output_length;
    const int must = whole && call->unwritten != 0;
    const char *y = element_at(s, call, row, 0);
    const int64_t step = length > 1 ? element_at(s, call, row, 1) - y : 0;
    enum tconv_status status = TCONV_OK;
    for (int64_t at = 0; at < length && status == TCONV_OK; at++, y += step) {
        if (is_written(s, call, y)) {
            if (takes(pick))
                status = compare_element(s, call, row, at, error);
        } else if (must) {
            status = not_written(s, call, row, at, error);
        }
    }
    return status;
}

static enum tconv_status compare(const struct subject *s,
                                 const struct call *call, int64_t written,
                                 int whole, struct tconv_error *error)
{
    struct pick pick = pick_of(call, written);
    enum tconv_status status = TCONV_OK;
    for (int64_t row = 0; row < call->sizes.rows && status == TCONV_OK; row++)
        status = compare_row(s, call, row, whole, &pick, error);
    return status;
}

static enum tconv_status check_margins(const struct subject *s,
                                       const struct call *call,
                                       struct tconv_error *error)
{
    const char *behind = call->y + call->sizes.output * s->y_bytes;
    for (int64_t i = 0; i < MARGIN; i++)
        if (numbers_written(s, call, call->y_margin + i * s->y_bytes) ||
            numbers_written(s, call, behind + i * s->y_bytes))
            return tconv_fail(error, TCONV_E_DIFFER,
                              "%s: batch=%lld, length=%lld: the %s kernel "
                              "writes outside y",
                              s->kernel->name, (long long)call->batch,
                              (long long)call->length, s->kernel->isa);
    return TCONV_OK;
}

static enum tconv_status check_call(const struct subject *s, int64_t batch,
                                    int64_t length, struct tconv_error *error)
{
    struct call call = {.batch = batch, .length = length};
    int parts = 1, whole = 0;
    struct tconv_sizes sizes;
    if (tconv_spec_sizes(s->spec, batch, length, &sizes, NULL) == TCONV_OK &&
        sizes.macs > RUN_MACS) {
        int64_t wanted = sizes.macs / (RUN_MACS / 3);
        parts = wanted > 1 << 20 ? 1 << 20 : (int)wanted;
        while (parts > 1 && s->kernel->workspace_bytes(batch, length, parts) >
                                MOST_WORKSPACE)
            parts /= 2;
    }
    enum tconv_status status = prepare(s, &call, parts, error);
    if (status == TCONV_OK) {
        int64_t written = run(s, &call, parts, &whole);
        status = compare(s, &call, written, whole, error);
    }
    if (status == TCONV_OK)
        status = check_margins(s, &call, error);
    release(&call);
    return status;
}

/* A call of our choosing, unless its tensors are too large for a quick look. */
static enum tconv_status check_more(const struct subject *s, int64_t batch,
                                    int64_t length, struct tconv_error *error)
{
    struct tconv_sizes sizes;
    if (tconv_spec_sizes(s->spec, batch, length, &sizes, NULL) != TCONV_OK ||
        sizes.input > MOST_ELEMENTS || sizes.output > MOST_ELEMENTS)
        return TCONV_OK;
    return check_call(s, batch, length, error);
}

/* The gradient of the weight goes another way where positions are more than
 * rows of it; this call has one more. */
static enum tconv_status check_many_positions(const struct subject *s,
                                              struct tconv_error *error)
{
    const struct tconv_spec *spec = s->spec;
    const int is_conv = spec->op == TCONV_CONV1D;
    const int64_t channels = is_conv ? spec->out_channels : spec->in_channels;
    const int64_t rows = channels / spec->groups;
    int64_t positions = spec->length;
    if (!spec->length)
        return check_more(
            s, 1, shortest(spec) + rows * (is_conv ? spec->stride : 1), error);
    if (is_conv && tconv_spec_output_length(spec, spec->length, &positions,
                                            error) != TCONV_OK)
        return error->status;
    return check_more(s, rows / positions + 1, spec->length, error);
}

enum tconv_status tconv_jit_verify(const struct tconv_spec *spec,
                                   const char *isa,
                                   const struct tconv_kernel *kernel,
                                   struct tconv_error *error)
{
    enum tconv_status status = check_descriptor(spec, isa, kernel, error);
    if (status != TCONV_OK)
        return status;
    struct subject s = {.spec = spec, .kernel = kernel};
    s.element_bytes = tconv_dtype_bytes(spec->dtype);
    s.y_bytes = tconv_dtype_bytes(tconv_spec_output_dtype(spec));
    s.number_bytes = s.y_bytes / tconv_dtype_parts(spec->dtype);
    s.block = malloc((size_t)(BLOCK * s.element_bytes));
    if (!s.block) {
        status = no_memory(&s, error);
        goto done;
    }
    fill_block(spec->dtype, s.block);
    status = check_output_length(&s, error);
    if (status == TCONV_OK)
        status = pack(&s, error);
    int64_t least = shortest(spec);
    int64_t reach = spec->dilation * (spec->kernel_size - 1) / spec->stride + 1;
    if (status == TCONV_OK)
        status = check_call(&s, 1, least, error);
    if (status == TCONV_OK)
        status = check_more(&s, 2, spec->length ? least : least + reach, error);
    int64_t longest = least + reach + 67;
    if (spec->pass == TCONV_GRAD_WEIGHT) /* sums of more than one block */
        longest += SUM_BLOCK * (spec->op == TCONV_CONV1D ? spec->stride : 1);
    if (status == TCONV_OK && !spec->length)
        status = check_more(&s, 1, longest, error);
    if (status == TCONV_OK && spec->pass == TCONV_GRAD_WEIGHT)
        status = check_many_positions(&s, error);
done:
    free(s.weight);
    free(s.bias);
    free(s.packed);
    free(s.scale);
    free(s.block);
    return status;
}
