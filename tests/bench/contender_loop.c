/* Compiled with -O3 -march=native, where the compiler can. */
#include "contender_loop.h"

#include <stdlib.h>
#include <string.h>

struct state {
    const struct problem *problem;
    float *y;
};

/* Input positions begin <= i < end whose output for tap k is inside. */
static void inside(const struct problem *p, int64_t k, int64_t *begin,
                   int64_t *end)
{
    int64_t s = p->spec.stride;
    int64_t offset = k * p->spec.dilation - p->spec.padding_begin;
    *begin = offset < 0 ? (-offset + s - 1) / s : 0;
    *end = (p->sizes.output_length - offset + s - 1) / s;
    if (*end > p->length)
        *end = p->length;
}

static void channel(const struct problem *p, int64_t o, float *restrict y)
{
    int64_t per_group = p->spec.out_channels / p->spec.groups;
    int64_t stride = p->spec.stride, taps = p->spec.kernel_size;
    const float *restrict x = p->x + o / per_group * p->length;
    const float *w = p->weight + o * taps;
    float bias = p->bias ? p->bias[o] : 0;
    for (int64_t j = 0; j < p->sizes.output_length; j++)
        y[j] = bias;
    for (int64_t k = 0; k < taps; k++) {
        int64_t offset = k * p->spec.dilation - p->spec.padding_begin;
        int64_t begin, end;
        inside(p, k, &begin, &end);
        for (int64_t i = begin; i < end; i++)
            y[i * stride + offset] += w[k] * x[i];
    }
}

static void run_part(void *argument, int part)
{
    const struct state *s = argument;
    const struct problem *p = s->problem;
    int64_t channels = p->spec.out_channels, parts = p->threads;
    for (int64_t o = channels * part / parts; o < channels * (part + 1) / parts;
         o++)
        channel(p, o, s->y + o * p->sizes.output_length);
}

void *loop_create(const struct contender *self, const struct problem *problem,
                  char reason[REASON_SIZE])
{
    (void)self;
    struct state *s = NULL;
    if (problem->spec.groups != problem->spec.in_channels) {
        set_reason(reason, "for depthwise layers only");
        return NULL;
    }
    s = calloc(1, sizeof *s);
    if (s)
        s->y = bench_memory((size_t)problem->sizes.output * sizeof(float));
    if (!s || !s->y) {
        set_reason(reason, "no memory");
        free(s);
        return NULL;
    }
    s->problem = problem;
    return s;
}

void loop_call(void *state)
{
    struct state *s = state;
    pool_run(s->problem->pool, run_part, s);
}

int loop_output(void *state, float *y, char reason[REASON_SIZE])
{
    (void)reason;
    const struct state *s = state;
    memcpy(y, s->y, (size_t)s->problem->sizes.output * sizeof(float));
    return 1;
}

void loop_destroy(void *state)
{
    struct state *s = state;
    free(s->y);
    free(s);
}
