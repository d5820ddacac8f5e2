/* Runs one case of the differential test. */
#include "case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "error.h"
#include "gaps.h"
#include "reference.h"
#include "trap.h"

/* What y holds beforehand: a NaN that no sum comes to. */
#define JUNK 0xff

enum {
    MASTER_X,
    MASTER_WEIGHT,
    MASTER_BIAS,
    MASTER_SCALE,
    MASTER_Y,
    MASTER_GATHERED
};

static const int part_counts[] = {1, 2, 3, 7};

#define PART_COUNTS ((int)(sizeof part_counts / sizeof *part_counts))
#define PARTS_MAX 7

/* What one run works on. */
struct run {
    const struct check_case *check;
    struct case_buffers *buffers;
    struct reference reference; /* on the masters */
    struct tconv_sizes sizes;
    struct tconv_quantization quantization; /* its scale a master */
    struct tconv_quantization placed;       /* between guards */
    enum data_kind kind;
    enum guard_side side;
    uint64_t seed; /* of this kind's data */
    struct tconv_args args;
    const void *weight, *bias; /* between guards */
    int order[PARTS_MAX];
    int parts;
    int have_first; /* whether MASTER_Y holds a result that passed */
};

void case_buffers_free(struct case_buffers *buffers)
{
    guard_free(&buffers->x);
    guard_free(&buffers->weight);
    guard_free(&buffers->bias);
    guard_free(&buffers->scale);
    guard_free(&buffers->packed);
    guard_free(&buffers->y);
    guard_free(&buffers->workspace);
    for (size_t i = 0; i < sizeof buffers->masters / sizeof *buffers->masters;
         i++)
        free(buffers->masters[i]);
    memset(buffers, 0, sizeof *buffers);
}

static enum tconv_status fail_memory(struct tconv_error *error)
{
    return tconv_fail(error, TCONV_E_MEMORY,
                      "not enough memory for the buffers of a case");
}

static void *reserve_master(struct case_buffers *buffers, int which,
                            size_t bytes)
{
    if (!buffers->masters[which] || buffers->master_bytes[which] < bytes) {
        free(buffers->masters[which]);
        buffers->masters[which] = tconv_memory_alloc(bytes);
        buffers->master_bytes[which] = buffers->masters[which] ? bytes : 0;
    }
    return buffers->masters[which];
}

/* Whether a descriptor says what the spec says. */
static enum tconv_status check_descriptor(const struct check_case *check,
                                          int64_t output_length,
                                          struct tconv_error *error)
{
    const struct tconv_kernel *k = check->kernel;
    const struct tconv_spec *s = check->spec;
    char name[TCONV_NAME_SIZE];
    tconv_spec_name(s, name);
    const char *field =
        k->abi != TCONV_KERNEL_ABI                          ? "abi"
        : strcmp(k->name, name) != 0                        ? "name"
        : strcmp(k->dtype, tconv_dtype_name(s->dtype)) != 0 ? "dtype"
        : strcmp(k->weight_dtype,
                 tconv_dtype_name(tconv_spec_weight_dtype(s))) != 0
            ? "weight_dtype"
        : strcmp(k->output_dtype,
                 tconv_dtype_name(tconv_spec_output_dtype(s))) != 0
            ? "output_dtype"
        : strcmp(k->layout, tconv_layout_name(s->layout)) != 0 ? "layout"
        : strcmp(k->output_layout, tconv_layout_name(s->output_layout)) != 0
            ? "output_layout"
        : k->in_channels != s->in_channels   ? "in_channels"
        : k->out_channels != s->out_channels ? "out_channels"
        : k->fixed_length != s->length       ? "fixed_length"
        : k->pass != s->pass                 ? "pass"
        : k->sum != tconv_isa_sum(k->isa)    ? "sum"
        : !k->supported()                    ? "supported"
                                             : NULL;
    if (field)
        return tconv_fail(error, TCONV_E_DIFFER,
                          "the kernel's %s is not the layer's", field);
    int64_t shortest = smallest_length(s);
    const struct {
        int64_t length, wanted;
    } lengths[] = {{check->length, output_length},
                   {0, -1},
                   {-1, -1},
                   {INT64_MIN, -1},
                   {shortest - 1, -1}};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        int64_t found = k->output_length(lengths[i].length);
        if (found != lengths[i].wanted)
            return tconv_fail(error, TCONV_E_DIFFER,
                              "output_length(%lld) is %lld, not %lld",
                              (long long)lengths[i].length, (long long)found,
                              (long long)lengths[i].wanted);
    }
    return TCONV_OK;
}

/* Fills the masters with this kind of data. */
static enum tconv_status draw_masters(struct run *run,
                                      struct tconv_error *error)
{
    struct case_buffers *b = run->buffers;
    const struct tconv_sizes *sizes = &run->sizes;
    const size_t element = (size_t)sizes->element_bytes;
    const enum tconv_dtype dtype = run->check->spec->dtype;
    void *x = reserve_master(b, MASTER_X, (size_t)sizes->input * element);
    void *w =
        reserve_master(b, MASTER_WEIGHT,
                       (size_t)(sizes->weight * sizes->weight_element_bytes));
    void *bias = reserve_master(
        b, MASTER_BIAS, (size_t)(sizes->bias * sizes->bias_element_bytes));
    void *y = reserve_master(
        b, MASTER_Y, (size_t)(sizes->output * sizes->output_element_bytes));
    void *scale =
        reserve_master(b, MASTER_SCALE,
                       (size_t)run->check->spec->out_channels * sizeof(float));
    if (!x || !w || !bias || !y || !scale)
        return fail_memory(error);
    struct random random = {run->seed};
    draw_data(&random, dtype, run->kind, x, sizes->input);
    draw_weights(&random, tconv_spec_weight_dtype(run->check->spec), run->kind,
                 w, sizes->weight);
    draw_data(&random, tconv_spec_bias_dtype(run->check->spec), run->kind, bias,
              sizes->bias);
    const int quantized = tconv_spec_quantized(run->check->spec);
    if (quantized)
        draw_quantization(&random, run->check->spec, run->kind, scale,
                          &run->quantization);
    run->reference = (struct reference){run->check->spec,
                                        run->check->kernel->sum,
                                        x,
                                        w,
                                        sizes->bias ? bias : NULL,
                                        run->check->batch,
                                        run->check->length,
                                        quantized ? &run->quantization : NULL};
    run->have_first = 0;
    return TCONV_OK;
}

static const void *place_copy(struct guard *guard, const void *from,
                              size_t bytes, size_t element,
                              enum guard_side side)
{
    void *place = guard_place(guard, bytes, element, side);
    if (!place)
        return NULL;
    memcpy(place, from, bytes);
    guard_lock(guard, place, bytes);
    return place;
}

static void call_pack(void *argument)
{
    const struct run *run = argument;
    run->check->kernel->pack(run->weight, run->bias, (void *)run->args.packed);
}

static void call_run(void *argument)
{
    const struct run *run = argument;
    for (int i = 0; i < run->parts; i++)
        run->check->kernel->run(&run->args, run->order[i], run->parts);
}

/* Where a failure was seen. */
static void describe_run(const struct run *run, char *text, size_t size)
{
    snprintf(text, size, "parts %d, buffers at the %s of a page, %s data",
             run->parts, run->side == GUARD_END ? "end" : "start",
             data_kind_name(run->kind));
}

static enum tconv_status fail_fault(const struct run *run, const char *what,
                                    int signal, struct tconv_error *error)
{
    char where[100];
    describe_run(run, where, sizeof where);
    return tconv_fail(error, TCONV_E_DIFFER,
                      "%s reads or writes outside its buffers, or writes to an "
                      "input (signal %d; %s)",
                      what, signal, where);
}

/* Puts the inputs between guards and packs the weights. */
static enum tconv_status place_inputs(struct run *run,
                                      struct tconv_error *error)
{
    struct case_buffers *b = run->buffers;
    const struct reference *r = &run->reference;
    const size_t element = (size_t)run->sizes.element_bytes;
    const size_t packed_bytes = run->check->kernel->packed_bytes;
    run->args.batch = run->check->batch;
    run->args.length = run->check->length;
    run->args.x = place_copy(&b->x, r->x, (size_t)run->sizes.input * element,
                             element, run->side);
    run->weight = place_copy(
        &b->weight, r->weight,
        (size_t)(run->sizes.weight * run->sizes.weight_element_bytes),
        (size_t)run->sizes.weight_element_bytes, run->side);
    run->bias = NULL;
    if (r->bias)
        run->bias = place_copy(
            &b->bias, r->bias,
            (size_t)(run->sizes.bias * run->sizes.bias_element_bytes),
            (size_t)run->sizes.bias_element_bytes, run->side);
    run->args.quantization = NULL;
    if (r->quantization) {
        run->placed = *r->quantization;
        run->placed.scale =
            place_copy(&b->scale, r->quantization->scale,
                       (size_t)run->check->spec->out_channels * sizeof(float),
                       sizeof(float), run->side);
        run->args.quantization = &run->placed;
        if (!run->placed.scale)
            return fail_memory(error);
    }
    if (run->check->spec->pass == TCONV_GRAD_WEIGHT) {
        run->args.packed = run->weight; /* that is, grad_output */
        return run->args.x && run->weight ? TCONV_OK : fail_memory(error);
    }
    void *packed =
        guard_place(&b->packed, packed_bytes,
                    (size_t)run->sizes.bias_element_bytes, run->side);
    if (!run->args.x || !run->weight || (r->bias && !run->bias) || !packed)
        return fail_memory(error);
    run->args.packed = packed;
    run->parts = 1;
    int signal = trap_call(call_pack, run);
    if (signal)
        return fail_fault(run, "pack()", signal, error);
    guard_lock(&b->packed, packed, packed_bytes);
    return TCONV_OK;
}

/* Index of the first element that still holds junk, or -1. */
static int64_t find_junk(const void *y, int64_t count, size_t element)
{
    unsigned char junk[sizeof(union tconv_value)];
    memset(junk, JUNK, sizeof junk);
    for (int64_t i = 0; i < count; i++)
        if (!memcmp((const char *)y + (size_t)i * element, junk, element))
            return i;
    return -1;
}

/* Holds one result against the generic kernel, or the first result. */
static enum tconv_status judge(struct run *run, int64_t *elements,
                               struct tconv_error *error)
{
    const void *y = run->args.y;
    const size_t element = (size_t)run->sizes.output_element_bytes;
    const enum tconv_dtype dtype = tconv_spec_output_dtype(run->check->spec);
    void *first = run->buffers->masters[MASTER_Y];
    char what[200], where[100];
    union tconv_value want = {.c128 = {0, 0}};
    int64_t bad;
    describe_run(run, where, sizeof where);
    if (run->have_first) {
        bad = tconv_compare(dtype, y, first, run->sizes.output);
        if (bad < 0)
            return TCONV_OK;
        memcpy(&want, (const char *)first + (size_t)bad * element, element);
    } else {
        struct random random = {random_join(run->seed, 1)};
        int64_t compared;
        bad = reference_compare(&run->reference, y, run->check->budget, &random,
                                &compared, &want);
        *elements += compared;
    }
    if (bad >= 0) {
        reference_describe(&run->reference, y, bad, &want, what, sizeof what);
        return tconv_fail(error, TCONV_E_DIFFER, "%s (%s)", what, where);
    }
    /* Every value of 8 bits may be a result. */
    bad = element > 1 ? find_junk(y, run->sizes.output, element) : -1;
    if (bad >= 0)
        return tconv_fail(error, TCONV_E_DIFFER,
                          "element %lld of y was not written (%s)",
                          (long long)bad, where);
    memcpy(first, y, (size_t)run->sizes.output * element);
    run->have_first = 1;
    return TCONV_OK;
}

/* Runs the kernel once, in shuffled parts. */
static enum tconv_status run_parts(struct run *run, int parts,
                                   int64_t *elements, struct tconv_error *error)
{
    struct case_buffers *b = run->buffers;
    const struct tconv_kernel *kernel = run->check->kernel;
    const size_t element = (size_t)run->sizes.output_element_bytes;
    const size_t y_bytes = (size_t)run->sizes.output * element;
    struct random random = {random_join(run->seed, 100 + (uint64_t)parts)};
    run->parts = parts;
    for (int i = 0; i < parts; i++) {
        int at = (int)random_below(&random, i + 1);
        run->order[i] = run->order[at];
        run->order[at] = i;
    }
    size_t workspace_bytes =
        kernel->workspace_bytes(run->args.batch, run->args.length, parts);
    run->args.workspace = NULL;
    run->args.y = guard_place(&b->y, y_bytes, element, run->side);
    if (workspace_bytes)
        run->args.workspace =
            guard_place(&b->workspace, workspace_bytes,
                        (size_t)run->sizes.bias_element_bytes, run->side);
    if (!run->args.y || (workspace_bytes && !run->args.workspace))
        return fail_memory(error);
    memset(run->args.y, JUNK, y_bytes);
    int signal = trap_call(call_run, run);
    if (signal)
        return fail_fault(run, "run()", signal, error);
    return judge(run, elements, error);
}

/* A tensor of the call, its rows apart, in a guard of its own. */
static void *place_apart(struct guard *guard, const struct gaps *gaps,
                         const void *dense)
{
    const size_t bytes = gaps_bytes(gaps);
    void *place = guard_place(guard, bytes, gaps->element, GUARD_END);
    if (place && dense)
        gaps_spread(gaps, place, dense);
    if (place && dense)
        guard_lock(guard, place, bytes);
    return place;
}

/* Runs a whole call on tensors whose rows lie apart, with the last call's
 * workspace: the same elements, and nothing between them touched. */
static enum tconv_status run_apart(struct run *run, int64_t output_length,
                                   struct tconv_error *error)
{
    struct case_buffers *b = run->buffers;
    const struct tconv_spec *s = run->check->spec;
    const struct reference *r = &run->reference;
    const size_t element = (size_t)run->sizes.element_bytes;
    const struct gaps input =
        gaps_make(s->layout, s->in_channels, r->length, r->batch, element);
    const size_t out_element = (size_t)run->sizes.output_element_bytes;
    const struct gaps output =
        gaps_make(s->output_layout, s->out_channels, output_length, r->batch,
                  s->pass == TCONV_FORWARD ? out_element : element);
    const int back = s->pass == TCONV_GRAD_INPUT;
    const int is_weight = s->pass == TCONV_GRAD_WEIGHT;
    const struct gaps *x = back ? &output : &input;
    const struct gaps *y = back ? &input : &output;
    const size_t y_bytes =
        is_weight ? (size_t)run->sizes.output * element : gaps_bytes(y);
    void *gathered = reserve_master(b, MASTER_GATHERED,
                                    (size_t)run->sizes.output * out_element);
    run->parts = 1;
    run->order[0] = 0;
    run->args.x = place_apart(&b->x, x, r->x);
    run->args.x_row = x->row;
    run->args.x_batch = x->item;
    run->args.y_row = y->row;
    run->args.y_batch = y->item;
    if (is_weight)
        run->args.packed = place_apart(&b->weight, y, r->weight);
    run->args.y = guard_place(&b->y, y_bytes, out_element, GUARD_END);
    if (!gathered || !run->args.x || !run->args.y || !run->args.packed)
        return fail_memory(error);
    memset(run->args.y, JUNK, y_bytes);
    int signal = trap_call(call_run, run);
    if (signal)
        return fail_fault(run, "run() with strides", signal, error);
    if (is_weight)
        memcpy(gathered, run->args.y, y_bytes);
    else
        gaps_gather(y, run->args.y, gathered);
    int64_t bad = tconv_compare(tconv_spec_output_dtype(s), gathered,
                                b->masters[MASTER_Y], run->sizes.output);
    if (bad >= 0)
        return tconv_fail(error, TCONV_E_DIFFER,
                          "element %lld of y is another where rows lie apart "
                          "(x_row %lld, y_row %lld)",
                          (long long)bad, (long long)x->row, (long long)y->row);
    if (!is_weight && !gaps_hold(y, run->args.y, JUNK))
        return tconv_fail(error, TCONV_E_DIFFER,
                          "run() writes between rows of y that lie apart "
                          "(y_row %lld)",
                          (long long)y->row);
    run->args.x_row = run->args.x_batch = 0;
    run->args.y_row = run->args.y_batch = 0;
    return TCONV_OK;
}

enum tconv_status case_run(const struct check_case *check,
                           struct case_buffers *buffers, int64_t *elements,
                           struct tconv_error *error)
{
    struct run run = {.check = check, .buffers = buffers};
    char name[TCONV_NAME_SIZE];
    int64_t output_length = 0;
    enum tconv_status status = tconv_spec_sizes(
        check->spec, check->batch, check->length, &run.sizes, error);
    if (status == TCONV_OK)
        status = tconv_spec_output_length(check->spec, check->length,
                                          &output_length, error);
    if (status == TCONV_OK)
        status = check_descriptor(check, output_length, error);
    if (status != TCONV_OK)
        return status;
    tconv_spec_name(check->spec, name);
    uint64_t seed = random_join_text(check->seed, name);
    seed = random_join(seed, (uint64_t)check->batch);
    seed = random_join(seed, (uint64_t)check->length);
    for (int kind = 0; kind < DATA_KINDS && status == TCONV_OK; kind++) {
        if (!(check->kinds & (1U << kind)))
            continue;
        run.kind = (enum data_kind)kind;
        run.seed = random_join(seed, (uint64_t)kind);
        status = draw_masters(&run, error);
        for (int side = 0; side < 2 && status == TCONV_OK; side++) {
            run.side = side ? GUARD_START : GUARD_END;
            status = place_inputs(&run, error);
            for (int i = 0; i < PART_COUNTS && status == TCONV_OK; i++)
                if (check->thorough || i % 2 == side)
                    status = run_parts(&run, part_counts[i], elements, error);
        }
        if (status == TCONV_OK && run.have_first)
            status = run_apart(&run, output_length, error);
    }
    return status;
}
