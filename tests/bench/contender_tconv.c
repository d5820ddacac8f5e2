#include "contender_tconv.h"

#include <stdlib.h>
#include <string.h>

struct state {
    const struct problem *problem;
    int nlc;
    float *turned; /* what a call reads, channels last */
    struct tconv_jit *jit;
    const struct tconv_kernel *kernel;
    struct tconv_args args;
    struct pool *pool;
    int parts;
    size_t output_bytes;
    void *packed, *workspace, *y;
};

/* The signals that are given, channels last; NULL without memory. */
static void turn_given(struct state *s, const float **x, const float **y)
{
    const struct problem *p = s->problem;
    const int64_t input = p->x ? p->sizes.input : 0;
    const int64_t output = p->y ? p->sizes.output : 0;
    s->turned = bench_memory((size_t)(input + output) * sizeof(float));
    *x = input ? s->turned : NULL;
    *y = output && s->turned ? s->turned + input : NULL;
    if (s->turned && input)
        turn_signal(p->x, p->spec.in_channels, p->length, s->turned);
    if (s->turned && output)
        turn_signal(p->y, p->spec.out_channels, p->sizes.output_length,
                    s->turned + input);
}

void *tconv_create(const struct contender *self, const struct problem *problem,
                   char reason[REASON_SIZE])
{
    struct tconv_error error = {TCONV_OK, ""};
    struct state *s = calloc(1, sizeof *s);
    if (!s) {
        set_reason(reason, "no memory");
        return NULL;
    }
    struct tconv_spec spec = problem->spec;
    const int is_cc =
        self->variant == TCONV_CC || self->variant == TCONV_CC_NLC;
    s->nlc = self->variant == TCONV_JIT_NLC || self->variant == TCONV_CC_NLC;
    spec.layout = spec.output_layout = s->nlc ? TCONV_NLC : TCONV_NCL;
    s->problem = problem;
    s->pool = problem->pool;
    s->output_bytes = (size_t)problem->result * sizeof(float);
    if (tconv_jit_create(&spec, is_cc ? TCONV_ENGINE_CC : TCONV_ENGINE_JIT,
                         problem->isa, NULL, &s->jit, &error) != TCONV_OK) {
        set_reason(reason, "%s", error.message);
        free(s);
        return NULL;
    }
    s->kernel = tconv_jit_kernel(s->jit);
    /* As the library's pool does: small calls are not split. */
    s->parts = s->kernel->useful_parts(1, problem->length, problem->threads);
    s->packed = bench_memory(s->kernel->packed_bytes);
    s->workspace =
        bench_memory(s->kernel->workspace_bytes(1, problem->length, s->parts));
    s->y = bench_memory(s->output_bytes);
    const float *x = problem->x, *y = problem->y;
    if (s->nlc)
        turn_given(s, &x, &y);
    if (!s->packed || !s->workspace || !s->y || (!x && !y)) {
        set_reason(reason, "no memory");
        tconv_destroy(s);
        return NULL;
    }
    if (problem->weight)
        s->kernel->pack(problem->weight, problem->bias, s->packed);
    s->args = (struct tconv_args){.x = x ? x : y,
                                  .packed = problem->weight ? s->packed : y,
                                  .y = s->y,
                                  .workspace = s->workspace,
                                  .batch = 1,
                                  .length = problem->length};
    return s;
}

static void run_part(void *argument, int part)
{
    struct state *s = argument;
    if (part < s->parts)
        s->kernel->run(&s->args, part, s->parts);
}

void tconv_call(void *state)
{
    struct state *s = state;
    if (s->parts == 1)
        run_part(s, 0);
    else
        pool_run(s->pool, run_part, s);
}

int tconv_output(void *state, float *y, char reason[REASON_SIZE])
{
    (void)reason;
    const struct state *s = state;
    const int64_t row = s->problem->result_row;
    if (s->nlc && s->problem->spec.pass != TCONV_GRAD_WEIGHT)
        turn_signal(s->y, row, s->problem->result / row, y);
    else
        memcpy(y, s->y, s->output_bytes);
    return 1;
}

void tconv_destroy(void *state)
{
    struct state *s = state;
    free(s->packed);
    free(s->workspace);
    free(s->y);
    free(s->turned);
    tconv_jit_free(s->jit);
    free(s);
}
