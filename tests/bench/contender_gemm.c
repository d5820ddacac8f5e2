#include "contender_gemm.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

struct state {
    const struct problem *problem;
    float *columns; /* of one group: (channel, tap), position */
    float *result;
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
        s->result = bench_memory((size_t)problem->result * sizeof(float));
    }
    if (!s || !s->columns || !s->result) {
        set_reason(reason, "no memory");
        if (s)
            gemm_destroy(s);
        return NULL;
    }
    return s;
}

/* Input positions begin <= i < end whose output j = i * stride + offset for tap
 * k is inside. Returns the offset. */
static int64_t inside(const struct problem *p, int64_t k, int64_t *begin,
                      int64_t *end)
{
    const int64_t s = p->spec.stride;
    const int64_t offset = k * p->spec.dilation - p->spec.padding_begin;
    *begin = offset < 0 ? (-offset + s - 1) / s : 0;
    *end = (p->sizes.output_length - offset + s - 1) / s;
    if (*end > p->length)
        *end = p->length;
    return offset;
}

/* Adds one output channel's columns to y. */
static void scatter(const struct problem *p, const float *restrict columns,
                    float bias, float *restrict y)
{
    const int64_t s = p->spec.stride;
    for (int64_t j = 0; j < p->sizes.output_length; j++)
        y[j] = bias;
    for (int64_t k = 0; k < p->spec.kernel_size; k++) {
        int64_t begin, end, offset = inside(p, k, &begin, &end);
        const float *restrict from = columns + k * p->length;
        for (int64_t i = begin; i < end; i++)
            y[i * s + offset] += from[i];
    }
}

/* Makes one output channel's columns from y; 0 where that has nothing. */
static void gather(const struct problem *p, const float *restrict y,
                   float *restrict columns)
{
    const int64_t s = p->spec.stride;
    for (int64_t k = 0; k < p->spec.kernel_size; k++) {
        int64_t begin, end, offset = inside(p, k, &begin, &end);
        float *restrict to = columns + k * p->length;
        memset(to, 0, (size_t)p->length * sizeof *to);
        for (int64_t i = begin; i < end; i++)
            to[i] = y[i * s + offset];
    }
}

/* Between the columns of group g and y, all output channels. */
static void move_columns(const struct state *s, int64_t g)
{
    const struct problem *p = s->problem;
    const int64_t out = p->spec.out_channels / p->spec.groups;
    const int64_t length = p->sizes.output_length;
    /* OpenMP, for OpenBLAS's threads are OpenMP's too. */
#ifdef _OPENMP
#pragma omp parallel for if (p->threads > 1)
#endif
    for (int64_t o = g * out; o < (g + 1) * out; o++) {
        float *columns =
            s->columns + (o - g * out) * p->spec.kernel_size * p->length;
        if (p->y)
            gather(p, p->y + o * length, columns);
        else
            scatter(p, columns, p->bias ? p->bias[o] : 0,
                    s->result + o * length);
    }
}

void gemm_call(void *state)
{
    struct state *s = state;
    const struct problem *p = s->problem;
    const struct tconv_spec *spec = &p->spec;
    const int in = (int)(spec->in_channels / spec->groups);
    const int rows =
        (int)(spec->out_channels / spec->groups * spec->kernel_size);
    const int length = (int)p->length;
    for (int64_t g = 0; g < spec->groups; g++) {
        const int64_t x = g * in * length, weight = g * in * rows;
        if (!p->y) {
            cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, rows, length,
                        in, 1.0F, p->weight + weight, rows, p->x + x, length,
                        0.0F, s->columns, length);
            move_columns(s, g);
            continue;
        }
        move_columns(s, g);
        if (!p->x)
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, in, length,
                        rows, 1.0F, p->weight + weight, rows, s->columns,
                        length, 0.0F, s->result + x, length);
        else
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, in, rows,
                        length, 1.0F, p->x + x, length, s->columns, length,
                        0.0F, s->result + weight, rows);
    }
}

int gemm_output(void *state, float *result, char reason[REASON_SIZE])
{
    (void)reason;
    const struct state *s = state;
    memcpy(result, s->result, (size_t)s->problem->result * sizeof(float));
    return 1;
}

void gemm_destroy(void *state)
{
    struct state *s = state;
    free(s->columns);
    free(s->result);
    free(s);
}
