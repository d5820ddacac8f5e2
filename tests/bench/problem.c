#include "problem.h"

#include <math.h>
#include <stdlib.h>

/* xorshift64*: the same data in every run. */
static double uniform(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return ((double)(*state * UINT64_C(0x2545F4914F6CDD1D) >> 11) + 0.5) *
           0x1p-53;
}

/* Normal values, by Box and Muller. */
static float *draw(uint64_t *state, int64_t count)
{
    float *values = bench_memory((size_t)count * sizeof *values);
    for (int64_t i = 0; values && i < count; i += 2) {
        double radius = sqrt(-2 * log(uniform(state)));
        double angle = 6.283185307179586 * uniform(state);
        values[i] = (float)(radius * cos(angle));
        if (i + 1 < count)
            values[i + 1] = (float)(radius * sin(angle));
    }
    return values;
}

static int draw_all(struct problem *problem)
{
    const struct tconv_sizes *sizes = &problem->sizes;
    const enum tconv_pass pass = problem->spec.pass;
    const struct {
        float **values;
        int64_t count; /* 0: not given */
    } given[] = {
        {&problem->x, pass == TCONV_GRAD_INPUT ? 0 : sizes->input},
        {&problem->weight, pass == TCONV_GRAD_WEIGHT ? 0 : sizes->weight},
        {&problem->bias, sizes->bias},
        {&problem->y, pass == TCONV_FORWARD ? 0 : sizes->output}};
    uint64_t state = 1;
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        if (given[i].count &&
            !(*given[i].values = draw(&state, given[i].count)))
            return 0;
    return 1;
}

int problem_create(struct problem *problem, const struct layer *layer,
                   char reason[REASON_SIZE])
{
    struct tconv_error error = {TCONV_OK, ""};
    const struct tconv_spec *spec = &layer->spec;
    struct tconv_spec forward = *spec;
    struct tconv_sizes *sizes = &problem->sizes, computed;
    forward.pass = TCONV_FORWARD;
    *problem = (struct problem){
        .layer = layer, .spec = *spec, .length = layer->length};
    if (tconv_spec_sizes(&forward, 1, layer->length, sizes, &error) !=
            TCONV_OK ||
        tconv_spec_sizes(spec, 1, layer->length, &computed, &error) !=
            TCONV_OK) {
        set_reason(reason, "%s", error.message);
        return 0;
    }
    sizes->bias = computed.bias; /* none in gradients */
    problem->result = computed.output;
    problem->result_row = computed.output_length;
    if (!draw_all(problem)) {
        set_reason(reason, "no memory");
        problem_free(problem);
        return 0;
    }
    problem->flops = 2 * (double)sizes->macs;
    problem->bytes = 4 * ((double)sizes->input + (double)sizes->output +
                          (double)sizes->weight + (double)sizes->bias);
    return 1;
}

void problem_free(struct problem *problem)
{
    free(problem->x);
    free(problem->weight);
    free(problem->bias);
    free(problem->y);
    problem->x = problem->weight = problem->bias = problem->y = NULL;
}
