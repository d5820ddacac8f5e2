#include "contender_xnnpack.h"

#include <math.h>
#include <stdlib.h>
#include <xnnpack.h>

struct state {
    const struct problem *problem;
    xnn_operator_t operator;
    float *x, *y; /* channels last */
    enum xnn_status status;
};

/* (in, out, tap) in groups to XNNPACK's (group, out, tap, in). */
static void turn_weight(const struct tconv_spec *spec, const float *from,
                        float *to)
{
    const int64_t in = spec->in_channels / spec->groups;
    const int64_t out = spec->out_channels / spec->groups;
    const int64_t taps = spec->kernel_size;
    for (int64_t g = 0; g < spec->groups; g++)
        for (int64_t c = 0; c < in; c++)
            for (int64_t o = 0; o < out; o++)
                for (int64_t k = 0; k < taps; k++)
                    to[((g * out + o) * taps + k) * in + c] =
                        from[((g * in + c) * out + o) * taps + k];
}

static enum xnn_status create(struct state *s)
{
    const struct problem *p = s->problem;
    const struct tconv_spec *spec = &p->spec;
    float *weight = bench_memory((size_t)p->sizes.weight * sizeof *weight);
    if (!weight)
        return xnn_status_out_of_memory;
    turn_weight(spec, p->weight, weight);
    enum xnn_status status = xnn_create_deconvolution2d_nhwc_f32(
        0, (uint32_t)spec->padding_end, 0, (uint32_t)spec->padding_begin, 1,
        (uint32_t)spec->kernel_size, 1, (uint32_t)spec->stride, 1,
        (uint32_t)spec->dilation, (uint32_t)spec->groups,
        (size_t)(spec->in_channels / spec->groups),
        (size_t)(spec->out_channels / spec->groups), (size_t)spec->in_channels,
        (size_t)spec->out_channels, weight, p->bias, -INFINITY, INFINITY, 0,
        &s->operator);
    free(weight);
    if (status != xnn_status_success)
        return status;
    return xnn_setup_deconvolution2d_nhwc_f32(
        s->operator, 1, 1, (size_t)p->length, 0, (uint32_t)spec->output_padding,
        s->x, s->y, pool_handle(p->pool));
}

void *xnnpack_create(const struct contender *self,
                     const struct problem *problem, char reason[REASON_SIZE])
{
    (void)self;
    struct state *s = calloc(1, sizeof *s);
    if (!s) {
        set_reason(reason, "no memory");
        return NULL;
    }
    s->problem = problem;
    s->x = bench_memory((size_t)problem->sizes.input * sizeof(float));
    s->y = bench_memory((size_t)problem->sizes.output * sizeof(float));
    s->status = s->x && s->y ? xnn_initialize(NULL) : xnn_status_out_of_memory;
    if (s->status == xnn_status_success) {
        turn_signal(problem->x, problem->spec.in_channels, problem->length,
                    s->x);
        s->status = create(s);
    }
    if (s->status == xnn_status_success)
        return s;
    set_reason(reason, "XNNPACK: status %d", (int)s->status);
    xnnpack_destroy(s);
    return NULL;
}

void xnnpack_call(void *state)
{
    struct state *s = state;
    enum xnn_status status =
        xnn_run_operator(s->operator, pool_handle(s->problem->pool));
    if (status != xnn_status_success)
        s->status = status;
}

int xnnpack_output(void *state, float *y, char reason[REASON_SIZE])
{
    const struct state *s = state;
    if (s->status != xnn_status_success) {
        set_reason(reason, "XNNPACK: a call failed, status %d", (int)s->status);
        return 0;
    }
    turn_signal(s->y, s->problem->sizes.output_length,
                s->problem->spec.out_channels, y);
    return 1;
}

void xnnpack_destroy(void *state)
{
    struct state *s = state;
    if (s->operator)
        xnn_delete_operator(s->operator);
    free(s->x);
    free(s->y);
    free(s);
}
