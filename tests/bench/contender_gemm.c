#include "contender_gemm.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

struct state {
    const struct problem *problem;
    float *columns; /* of one group: (channel, tap), position */
    float *y;
};

void *gemm_create(const struct contender *self, const struct problem *problem,
                  char reason[REASON_SIZE])
{
    (void)self;
    const struct tconv_spec *spec = &problem->spec;
    struct state *s = calloc(1, sizeof *s);
    if (s) {
        s->problem = problem;
        s->columns =
            bench_memory((size_t)(spec->out_channels / spec->groups *
                                  spec->kernel_size * problem->length) *
                         sizeof(float));
        s->y = bench_memory((size_t)problem->sizes.output * sizeof(float));
    }
    if (!s || !s->columns || !s->y) {
        set_reason(reason, "no memory");
        if (s)
            gemm_destroy(s);
        return NULL;
    }
    return s;
}

/* Adds one output channel's columns to y. */
static void scatter(const struct problem *p, const float *restrict columns,
                    float bias, float *restrict y)
{
    int64_t s = p->spec.stride;
    for (int64_t j = 0; j < p->sizes.output_length; j++)
        y[j] = bias;
    for (int64_t k = 0; k < p->spec.kernel_size; k++) {
        int64_t offset = k * p->spec.dilation - p->spec.padding_begin;
        int64_t begin = offset < 0 ? (-offset + s - 1) / s : 0;
        int64_t end = (p->sizes.output_length - offset + s - 1) / s;
        if (end > p->length)
            end = p->length;
        const float *restrict from = columns + k * p->length;
        for (int64_t i = begin; i < end; i++)
            y[i * s + offset] += from[i];
    }
}

void gemm_call(void *state)
{
    struct state *s = state;
    const struct problem *p = s->problem;
    const struct tconv_spec *spec = &p->spec;
    const int64_t groups = spec->groups, length = p->length;
    const int64_t in = spec->in_channels / groups;
    const int64_t out = spec->out_channels / groups;
    const int64_t taps = spec->kernel_size;
    for (int64_t g = 0; g < groups; g++) {
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)(out * taps),
                    (int)length, (int)in, 1.0F, p->weight + g * in * out * taps,
                    (int)(out * taps), p->x + g * in * length, (int)length,
                    0.0F, s->columns, (int)length);
        /* OpenMP, for OpenBLAS's threads are OpenMP's too. */
#ifdef _OPENMP
#pragma omp parallel for if (p->threads > 1)
#endif
        for (int64_t o = 0; o < out; o++)
            scatter(p, s->columns + o * taps * length,
                    p->bias ? p->bias[g * out + o] : 0,
                    s->y + (g * out + o) * p->sizes.output_length);
    }
}

int gemm_output(void *state, float *y, char reason[REASON_SIZE])
{
    (void)reason;
    const struct state *s = state;
    memcpy(y, s->y, (size_t)s->problem->sizes.output * sizeof(float));
    return 1;
}

void gemm_destroy(void *state)
{
    struct state *s = state;
    free(s->columns);
    free(s->y);
    free(s);
}
