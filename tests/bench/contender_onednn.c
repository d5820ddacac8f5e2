#include "contender_onednn.h"

#include <dnnl.h>
#include <stdlib.h>

/* A tensor as the caller has it and as the primitive wants it. */
struct tensor {
    dnnl_memory_t plain, own;
    dnnl_primitive_t reorder; /* NULL: the two are one */
};

struct state {
    const struct problem *problem;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_desc_t desc;
    dnnl_primitive_t primitive;
    struct tensor x, weight, y;
    dnnl_memory_t bias;
    float *y_data; /* in `plain` of y */
    float *x_data; /* NULL: the problem's own */
    int channels_last;
    dnnl_status_t status;
};

/* Reads a failure once; what comes after it is left out. */
static int fine(struct state *s, dnnl_status_t status)
{
    if (s->status == dnnl_success)
        s->status = status;
    return s->status == dnnl_success;
}

/* Makes both sides of a tensor, and the way between them where they differ. */
static void tensor_create(struct state *s, struct tensor *tensor,
                          const dnnl_memory_desc_t *plain, dnnl_query_t query,
                          void *data, int to_own)
{
    const dnnl_memory_desc_t *own =
        dnnl_primitive_desc_query_md(s->desc, query, 0);
    dnnl_primitive_desc_t desc;
    if (!fine(s, dnnl_memory_create(&tensor->plain, plain, s->engine, data)))
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
}

static void tensor_reorder(struct state *s, const struct tensor *tensor,
                           int to_own)
{
    if (!tensor->reorder)
        return;
    const dnnl_exec_arg_t arguments[] = {
        {DNNL_ARG_FROM, to_own ? tensor->plain : tensor->own},
        {DNNL_ARG_TO, to_own ? tensor->own : tensor->plain}};
    fine(s, dnnl_primitive_execute(tensor->reorder, s->stream, 2, arguments));
}

/* PyTorch's weight as oneDNN names its axes: (group,) out, in, tap. */
static void weight_desc(struct state *s, dnnl_memory_desc_t *plain,
                        dnnl_memory_desc_t *any)
{
    const struct tconv_spec *spec = &s->problem->spec;
    const int64_t groups = spec->groups, taps = spec->kernel_size;
    const int64_t in = spec->in_channels / groups;
    const int64_t out = spec->out_channels / groups;
    const dnnl_dims_t dims = {groups, out, in, taps};
    const dnnl_dims_t strides = {in * out * taps, taps, out * taps, 1};
    const int skip = groups == 1;
    fine(s, dnnl_memory_desc_init_by_strides(plain, 4 - skip, dims + skip,
                                             dnnl_f32, strides + skip));
    fine(s, dnnl_memory_desc_init_by_tag(any, 4 - skip, dims + skip, dnnl_f32,
                                         dnnl_format_tag_any));
}

static void create(struct state *s, int variant)
{
    const struct problem *p = s->problem;
    const struct tconv_spec *spec = &p->spec;
    const dnnl_dims_t x_dims = {1, spec->in_channels, p->length};
    const dnnl_dims_t y_dims = {1, spec->out_channels, p->sizes.output_length};
    const dnnl_dims_t bias_dims = {spec->out_channels};
    const dnnl_dims_t strides = {spec->stride};
    const dnnl_dims_t dilates = {spec->dilation - 1};
    const dnnl_dims_t begin = {spec->padding_begin};
    const dnnl_dims_t end = {spec->padding_end - spec->output_padding};
    const dnnl_format_tag_t tag = variant == ONEDNN_NWC ? dnnl_nwc : dnnl_ncw;
    const dnnl_format_tag_t asked =
        variant == ONEDNN_ANY ? dnnl_format_tag_any : tag;
    dnnl_memory_desc_t x, y, weight, bias, x_asked, y_asked, weight_asked;
    dnnl_deconvolution_desc_t desc;

    fine(s, dnnl_engine_create(&s->engine, dnnl_cpu, 0));
    if (s->status == dnnl_success)
        fine(s, dnnl_stream_create(&s->stream, s->engine,
                                   dnnl_stream_default_flags));
    fine(s, dnnl_memory_desc_init_by_tag(&x, 3, x_dims, dnnl_f32, tag));
    fine(s, dnnl_memory_desc_init_by_tag(&y, 3, y_dims, dnnl_f32, tag));
    fine(s, dnnl_memory_desc_init_by_tag(&x_asked, 3, x_dims, dnnl_f32, asked));
    fine(s, dnnl_memory_desc_init_by_tag(&y_asked, 3, y_dims, dnnl_f32, asked));
    fine(s,
         dnnl_memory_desc_init_by_tag(&bias, 1, bias_dims, dnnl_f32, dnnl_x));
    weight_desc(s, &weight, &weight_asked);
    if (!fine(s, dnnl_dilated_deconvolution_forward_desc_init(
                     &desc, dnnl_forward_inference, dnnl_deconvolution_direct,
                     &x_asked, &weight_asked, p->bias ? &bias : NULL, &y_asked,
                     strides, dilates, begin, end)) ||
        !fine(s, dnnl_primitive_desc_create(&s->desc, &desc, NULL, s->engine,
                                            NULL)) ||
        !fine(s, dnnl_primitive_create(&s->primitive, s->desc)))
        return;
    tensor_create(s, &s->x, &x, dnnl_query_src_md, s->x_data ? s->x_data : p->x,
                  1);
    tensor_create(s, &s->weight, &weight, dnnl_query_weights_md, p->weight, 1);
    tensor_create(s, &s->y, &y, dnnl_query_dst_md, s->y_data, 0);
    if (p->bias)
        fine(s, dnnl_memory_create(&s->bias, &bias, s->engine, p->bias));
    if (s->status != dnnl_success)
        return;
    tensor_reorder(s, &s->weight, 1);
    fine(s, dnnl_stream_wait(s->stream));
}

void *onednn_create(const struct contender *self, const struct problem *problem,
                    char reason[REASON_SIZE])
{
    const int64_t channels = problem->spec.in_channels;
    struct state *s = calloc(1, sizeof *s);
    if (!s) {
        set_reason(reason, "no memory");
        return NULL;
    }
    s->problem = problem;
    s->channels_last = self->variant == ONEDNN_NWC;
    s->y_data = bench_memory((size_t)problem->sizes.output * sizeof(float));
    if (s->channels_last)
        s->x_data = bench_memory((size_t)problem->sizes.input * sizeof(float));
    s->status = !s->y_data || (s->channels_last && !s->x_data)
                    ? dnnl_out_of_memory
                    : dnnl_success;
    for (int64_t c = 0; s->x_data && c < channels; c++)
        for (int64_t i = 0; i < problem->length; i++)
            s->x_data[i * channels + c] = problem->x[c * problem->length + i];
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
    const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_SRC, s->x.own},
                                         {DNNL_ARG_WEIGHTS, s->weight.own},
                                         {DNNL_ARG_DST, s->y.own},
                                         {DNNL_ARG_BIAS, s->bias}};
    tensor_reorder(s, &s->x, 1);
    fine(s, dnnl_primitive_execute(s->primitive, s->stream, s->bias ? 4 : 3,
                                   arguments));
    tensor_reorder(s, &s->y, 0);
    fine(s, dnnl_stream_wait(s->stream));
}

int onednn_output(void *state, float *y, char reason[REASON_SIZE])
{
    const struct state *s = state;
    const int64_t channels = s->problem->spec.out_channels;
    const int64_t length = s->problem->sizes.output_length;
    if (s->status != dnnl_success) {
        set_reason(reason, "oneDNN: a call failed");
        return 0;
    }
    for (int64_t o = 0; o < channels; o++)
        for (int64_t j = 0; j < length; j++)
            y[o * length + j] =
                s->y_data[s->channels_last ? j * channels + o : o * length + j];
    return 1;
}

void onednn_destroy(void *state)
{
    struct state *s = state;
    tensor_destroy(&s->x);
    tensor_destroy(&s->weight);
    tensor_destroy(&s->y);
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
    free(s->x_data);
    free(s->y_data);
    free(s);
}
