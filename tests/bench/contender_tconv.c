#include "contender_tconv.h"

#include <stdlib.h>
#include <string.h>

struct state {
    struct tconv_jit *jit;
    const struct tconv_kernel *kernel;
    struct tconv_args args;
    struct pool *pool;
    int parts;
    size_t output_bytes;
    void *packed, *workspace, *y;
};

void *tconv_create(const struct contender *self, const struct problem *problem,
                   char reason[REASON_SIZE])
{
    struct tconv_error error = {TCONV_OK, ""};
    struct state *s = calloc(1, sizeof *s);
    if (!s) {
        set_reason(reason, "no memory");
        return NULL;
    }
    s->pool = problem->pool;
    s->output_bytes = (size_t)problem->result * sizeof(float);
    if (tconv_jit_create(&problem->spec, (enum tconv_engine)self->variant,
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
    if (!s->packed || !s->workspace || !s->y) {
        set_reason(reason, "no memory");
        tconv_destroy(s);
        return NULL;
    }
    if (problem->weight)
        s->kernel->pack(problem->weight, problem->bias, s->packed);
    s->args =
        (struct tconv_args){.x = problem->x ? problem->x : problem->y,
                            .packed = problem->weight ? s->packed : problem->y,
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
    memcpy(y, s->y, s->output_bytes);
    return 1;
}

void tconv_destroy(void *state)
{
    struct state *s = state;
    free(s->packed);
    free(s->workspace);
    free(s->y);
    tconv_jit_free(s->jit);
    free(s);
}
