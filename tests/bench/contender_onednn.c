#include "contender_onednn.h"

#include <dnnl.h>
#include <stdlib.h>
#include <string.h>

enum role { X, WEIGHT, Y, ROLES };

/* A tensor as the caller has it and as the primitive wants it. */
struct tensor {
    dnnl_memory_t plain, own;
    dnnl_primitive_t reorder; /* NULL: the two are one */
    float *data;              /* of `plain`; NULL: the problem's own */
};

struct state {
    const struct problem *problem;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_desc_t desc;
    dnnl_primitive_t primitive;
    struct tensor tensors[ROLES];
    enum role result;
    dnnl_memory_t bias;
    int channels_last;
    dnnl_status_t status;
};

/* Gradients are taken as passes of the convolution from y to x. oneDNN's
 * deconvolution does the same, by the same kernels. */
static const int arguments_of[TCONV_PASS_COUNT][ROLES] = {
    [TCONV_FORWARD] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST},
    [TCONV_GRAD_INPUT] = {DNNL_ARG_DST, DNNL_ARG_WEIGHTS, DNNL_ARG_SRC},
    [TCONV_GRAD_WEIGHT] = {DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS,
                           DNNL_ARG_SRC},
};
static const enum role results[TCONV_PASS_COUNT] = {
    [TCONV_FORWARD] = Y, [TCONV_GRAD_INPUT] = X, [TCONV_GRAD_WEIGHT] = WEIGHT};

/* Reads a failure once; what comes after it is left out. */
static int fine(struct state *s, dnnl_status_t status)
{
    if (s->status == dnnl_success)
        s->status = status;
    return s->status == dnnl_success;
}

/* Makes both sides of a tensor, and the way between them where they differ. */
static void tensor_create(struct state *s, enum role role,
                          const dnnl_memory_desc_t *plain, float *given)
{
    struct tensor *tensor = &s->tensors[role];
    const dnnl_memory_desc_t *own =
        dnnl_primitive_desc_query_md(s->desc, dnnl_query_exec_arg_md,
                                     arguments_of[s->problem->spec.pass][role]);
    const int to_own = role != s->result;
    dnnl_primitive_desc_t desc;
    if (!fine(s, dnnl_memory_create(&tensor->plain, plain, s->engine,
                                    tensor->data ? tensor->data : given)))
        return;
    if (dnnl_memory_desc_equal(own, plain)) {
        tensor->own = tensor->plain;
        return;
    }
    if (!fine(s, dnnl_memory_create(&tensor->own, own, s->engine,
                                    DNNL_MEMORY_ALLOCATE)) ||
        !fine(s, dnnl_reorder_primitive_desc_create(
                     &desc, to_own ? plain : own, s->engine,
                     to_own ? own : plain, s->engine, NULL)))
        return;
    fine(s, dnnl_primitive_create(&tensor->reorder, desc));
    dnnl_primitive_desc_destroy(desc);
}

static void tensor_destroy(struct tensor *tensor)
{
    if (tensor->reorder)
        dnnl_primitive_destroy(tensor->reorder);
    if (tensor->own && tensor->own != tensor->plain)
        dnnl_memory_destroy(tensor->own);
    if (tensor->plain)
        dnnl_memory_destroy(tensor->plain);
    free(tensor->data);
}

/* To the primitive's own layout; the result, from there. */
static void tensor_reorder(struct state *s, enum role role)
{
    const struct tensor *tensor = &s->tensors[role];
    const int to_own = role != s->result;
    if (!tensor->reorder)
        return;
    const dnnl_exec_arg_t arguments[] = {
        {DNNL_ARG_FROM, to_own ? tensor->plain : tensor->own},
        {DNNL_ARG_TO, to_own ? tensor->own : tensor->plain}};
    fine(s, dnnl_primitive_execute(tensor->reorder, s->stream, 2, arguments));
}

/* PyTorch's weight as oneDNN names its axes: (group,) to, from, tap; forward
 * goes from x to y, a gradient's convolution from y to x. */
static void weight_desc(struct state *s, dnnl_memory_desc_t *plain,
                        dnnl_memory_desc_t *any)
{
    const struct tconv_spec *spec = &s->problem->spec;
    const int64_t groups = spec->groups, taps = spec->kernel_size;
    const int64_t in = spec->in_channels / groups;
    const int64_t out = spec->out_channels / groups;
    const int forward = spec->pass == TCONV_FORWARD, skip = groups == 1;
    const dnnl_dims_t dims = {groups, forward ? out : in, forward ? in : out,
                              taps};
    const dnnl_dims_t strides = {in * out * taps, forward ? taps : out * taps,
                                 forward ? out * taps : taps, 1};
    fine(s, dnnl_memory_desc_init_by_strides(plain, 4 - skip, dims + skip,
                                             dnnl_f32, strides + skip));
    fine(s, dnnl_memory_desc_init_by_tag(any, 4 - skip, dims + skip, dnnl_f32,
                                         dnnl_format_tag_any));
}

/* What the primitive computes; `asked` are the layouts it may have. */
static void primitive_desc(struct state *s, const dnnl_memory_desc_t *asked,
                           const dnnl_memory_desc_t *bias)
{
    const struct tconv_spec *spec = &s->problem->spec;
    const dnnl_dims_t strides = {spec->stride};
    const dnnl_dims_t dilates = {spec->dilation - 1};
    const dnnl_dims_t begin = {spec->padding_begin};
    const dnnl_dims_t end = {spec->padding_end - spec->output_padding};
    dnnl_primitive_desc_t hint;
    if (spec->pass == TCONV_FORWARD) {
        dnnl_deconvolution_desc_t desc;
        if (fine(s, dnnl_dilated_deconvolution_forward_desc_init(
                        &desc, dnnl_forward_inference,
                        dnnl_deconvolution_direct, &asked[X], &asked[WEIGHT],
                        bias, &asked[Y], strides, dilates, begin, end)))
            fine(s, dnnl_primitive_desc_create(&s->desc, &desc, NULL, s->engine,
                                               NULL));
        return;
    }
    dnnl_convolution_desc_t desc;
    if (!fine(s, dnnl_dilated_convolution_forward_desc_init(
                     &desc, dnnl_forward_training, dnnl_convolution_direct,
                     &asked[Y], &asked[WEIGHT], NULL, &asked[X], strides,
                     dilates, begin, end)) ||
        !fine(s, dnnl_primitive_desc_create(&s->desc, &desc, NULL, s->engine,
                                            NULL)) ||
        spec->pass == TCONV_GRAD_INPUT)
        return;
    hint = s->desc;
    s->desc = NULL;
    if (fine(s, dnnl_dilated_convolution_backward_weights_desc_init(
                    &desc, dnnl_convolution_direct, &asked[Y], &asked[WEIGHT],
                    NULL, &asked[X], strides, dilates, begin, end)))
        fine(s, dnnl_primitive_desc_create(&s->desc, &desc, NULL, s->engine,
                                           hint));
    dnnl_primitive_desc_destroy(hint);
}

static void create(struct state *s, int variant)
{
    const struct problem *p = s->problem;
    const struct tconv_spec *spec = &p->spec;
    const dnnl_dims_t x_dims = {1, spec->in_channels, p->length};
    const dnnl_dims_t y_dims = {1, spec->out_channels, p->sizes.output_length};
    const dnnl_dims_t bias_dims = {spec->out_channels};
    const dnnl_format_tag_t tag = variant == ONEDNN_NWC ? dnnl_nwc : dnnl_ncw;
    const dnnl_format_tag_t any =
        variant == ONEDNN_ANY ? dnnl_format_tag_any : tag;
    float *const given[ROLES] = {p->x, p->weight, p->y};
    dnnl_memory_desc_t plain[ROLES], asked[ROLES], bias;

    fine(s, dnnl_engine_create(&s->engine, dnnl_cpu, 0));
    if (s->status == dnnl_success)
        fine(s, dnnl_stream_create(&s->stream, s->engine,
                                   dnnl_stream_default_flags));
    fine(s, dnnl_memory_desc_init_by_tag(&plain[X], 3, x_dims, dnnl_f32, tag));
    fine(s, dnnl_memory_desc_init_by_tag(&plain[Y], 3, y_dims, dnnl_f32, tag));
    fine(s, dnnl_memory_desc_init_by_tag(&asked[X], 3, x_dims, dnnl_f32, any));
    fine(s, dnnl_memory_desc_init_by_tag(&asked[Y], 3, y_dims, dnnl_f32, any));
    fine(s,
         dnnl_memory_desc_init_by_tag(&bias, 1, bias_dims, dnnl_f32, dnnl_x));
    weight_desc(s, &plain[WEIGHT], &asked[WEIGHT]);
    if (s->status == dnnl_success)
        primitive_desc(s, asked, p->bias ? &bias : NULL);
    if (s->status != dnnl_success ||
        !fine(s, dnnl_primitive_create(&s->primitive, s->desc)))
        return;
    for (int role = 0; role < ROLES; role++)
        tensor_create(s, (enum role)role, &plain[role], given[role]);
    if (p->bias)
        fine(s, dnnl_memory_create(&s->bias, &bias, s->engine, p->bias));
    if (s->status != dnnl_success)
        return;
    if (p->weight)
        tensor_reorder(s, WEIGHT);
    fine(s, dnnl_stream_wait(s->stream));
}

/* The data that are not the problem's: the result and what is turned. */
static int make_data(struct state *s)
{
    const struct problem *p = s->problem;
    struct tensor *x = &s->tensors[X], *y = &s->tensors[Y];
    struct tensor *result = &s->tensors[s->result];
    const size_t element = sizeof(float);
    if (!(result->data = bench_memory((size_t)p->result * element)))
        return 0;
    if (!s->channels_last)
        return 1;
    if (p->x) {
        if (!(x->data = bench_memory((size_t)p->sizes.input * element)))
            return 0;
        turn_signal(p->x, p->spec.in_channels, p->length, x->data);
    }
    if (p->y) {
        if (!(y->data = bench_memory((size_t)p->sizes.output * element)))
            return 0;
        turn_signal(p->y, p->spec.out_channels, p->sizes.output_length,
                    y->data);
    }
    return 1;
}

void *onednn_create(const struct contender *self, const struct problem *problem,
                    char reason[REASON_SIZE])
{
    struct state *s = calloc(1, sizeof *s);
    if (!s) {
        set_reason(reason, "no memory");
        return NULL;
    }
    s->problem = problem;
    s->result = results[problem->spec.pass];
    s->channels_last = self->variant == ONEDNN_NWC;
    s->status = make_data(s) ? dnnl_success : dnnl_out_of_memory;
    if (s->status == dnnl_success)
        create(s, self->variant);
    if (s->status == dnnl_success)
        return s;
    set_reason(reason, "oneDNN: %s",
               s->status == dnnl_unimplemented   ? "not implemented"
               : s->status == dnnl_out_of_memory ? "no memory"
                                                 : "refused");
    onednn_destroy(s);
    return NULL;
}

void onednn_call(void *state)
{
    struct state *s = state;
    dnnl_exec_arg_t arguments[ROLES + 1] = {[ROLES] = {DNNL_ARG_BIAS, s->bias}};
    for (int role = 0; role < ROLES; role++) {
        arguments[role].arg = arguments_of[s->problem->spec.pass][role];
        arguments[role].memory = s->tensors[role].own;
        if (role != WEIGHT && role != (int)s->result)
            tensor_reorder(s, (enum role)role);
    }
    fine(s, dnnl_primitive_execute(s->primitive, s->stream,
                                   s->bias ? ROLES + 1 : ROLES, arguments));
    tensor_reorder(s, s->result);
    fine(s, dnnl_stream_wait(s->stream));
}

int onednn_output(void *state, float *result, char reason[REASON_SIZE])
{
    const struct state *s = state;
    const float *data = s->tensors[s->result].data;
    const int64_t length = s->problem->result_row;
    const int64_t rows = s->problem->result / length;
    if (s->status != dnnl_success) {
        set_reason(reason, "oneDNN: a call failed");
        return 0;
    }
    if (s->channels_last && s->result != WEIGHT)
        turn_signal(data, length, rows, result);
    else
        memcpy(result, data, (size_t)s->problem->result * sizeof *result);
    return 1;
}

void onednn_destroy(void *state)
{
    struct state *s = state;
    for (int role = 0; role < ROLES; role++)
        tensor_destroy(&s->tensors[role]);
    if (s->bias)
        dnnl_memory_destroy(s->bias);
    if (s->primitive)
        dnnl_primitive_destroy(s->primitive);
    if (s->desc)
        dnnl_primitive_desc_destroy(s->desc);
    if (s->stream)
        dnnl_stream_destroy(s->stream);
    if (s->engine)
        dnnl_engine_destroy(s->engine);
    free(s);
}
