#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Multiply-adds up to which all elements are computed, and how many elements
 * of a larger layer are. */
#define MACS_MOST 20000000
#define SAMPLES 1200

/* What a sum goes over, end excluded. */
struct span {
    int64_t begin, end;
};

static struct span one(int64_t at)
{
    return (struct span){at, at + 1};
}

/* Input position of an output's tap; none where there is none. */
static struct span position(const struct problem *p, int64_t j, int64_t k)
{
    const int64_t at = j + p->spec.padding_begin - k * p->spec.dilation;
    const int64_t i = at / p->spec.stride;
    if (at < 0 || at % p->spec.stride || i >= p->length)
        return (struct span){0, 0};
    return one(i);
}

/* Of each term the two factors that are given: the third is NULL. */
static double product(const struct problem *p, int64_t c, int64_t o, int64_t k,
                      int64_t i, int64_t j)
{
    const struct tconv_spec *spec = &p->spec;
    const int64_t out = spec->out_channels / spec->groups;
    double value = 1;
    if (p->x)
        value *= (double)p->x[c * p->length + i];
    if (p->weight)
        value *= (double)p->weight[(c * out + o % out) * spec->kernel_size + k];
    if (p->y)
        value *= (double)p->y[o * p->sizes.output_length + j];
    return value;
}

/* Element `at` of row `row` of what is computed: the sum over all (c, o, k, i)
 * that it does not fix itself. */
static void element(const struct problem *p, int64_t row, int64_t at,
                    double *value, double *bound)
{
    const struct tconv_spec *spec = &p->spec;
    const int64_t in = spec->in_channels / spec->groups;
    const int64_t out = spec->out_channels / spec->groups;
    struct span c = one(row), o = one(row), taps = {0, spec->kernel_size};
    struct span positions = {0, p->length};
    double sum = p->bias ? p->bias[row] : 0, absolute = fabs(sum);
    int64_t terms = 1;
    if (!p->y) {
        c = (struct span){row / out * in, (row / out + 1) * in};
    } else if (!p->x) {
        o = (struct span){row / in * out, (row / in + 1) * out};
        positions = one(at);
    } else {
        c = one(row / out);
        o = one(row / out / in * out + row % out);
        taps = one(at);
    }
    for (int64_t k = taps.begin; k < taps.end; k++) {
        struct span inputs = p->y ? positions : position(p, at, k);
        for (int64_t i = inputs.begin; i < inputs.end; i++) {
            int64_t j =
                i * spec->stride + k * spec->dilation - spec->padding_begin;
            if (j < 0 || j >= p->sizes.output_length)
                continue;
            for (int64_t from = c.begin; from < c.end; from++)
                for (int64_t to = o.begin; to < o.end; to++) {
                    double term = product(p, from, to, k, i, j);
                    sum += term;
                    absolute += fabs(term);
                    terms++;
                }
        }
    }
    *value = sum;
    *bound = ((double)terms + 1) * 0x1p-24 * absolute;
}

/* What tconv promises to the bit. */
static float exact_element(const struct problem *p, int64_t row, int64_t at)
{
    union tconv_value value;
    tconv_generic_element(&p->spec, tconv_isa_sum(p->isa), NULL,
                          p->x ? p->x : p->y, p->weight ? p->weight : p->y,
                          p->bias, 1, p->length, row, at, &value);
    return value.f32;
}

int reference_create(struct reference *reference, const struct problem *problem)
{
    const int64_t length = problem->result_row, total = problem->result;
    const int all = problem->sizes.macs <= MACS_MOST || total <= SAMPLES;
    uint64_t state = 1;
    reference->count = all ? total : SAMPLES;
    reference->index = calloc((size_t)reference->count, sizeof(int64_t));
    reference->value = calloc((size_t)reference->count, sizeof(double));
    reference->bound = calloc((size_t)reference->count, sizeof(double));
    reference->exact = calloc((size_t)reference->count, sizeof(float));
    if (!reference->index || !reference->value || !reference->bound ||
        !reference->exact) {
        reference_free(reference);
        return 0;
    }
    for (int64_t n = 0; n < reference->count; n++) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        int64_t random = (int64_t)(state >> 20);
        int64_t row = random % (total / length);
        int64_t at = n;
        /* The ends of rows, then anywhere. */
        if (!all && n < SAMPLES / 6)
            at = row * length + n % length;
        else if (!all && n < SAMPLES / 3)
            at = row * length + length - 1 - n % length;
        else if (!all)
            at = random % total;
        reference->index[n] = at;
        element(problem, at / length, at % length, &reference->value[n],
                &reference->bound[n]);
        reference->exact[n] = exact_element(problem, at / length, at % length);
    }
    return 1;
}

void reference_free(struct reference *reference)
{
    free(reference->index);
    free(reference->value);
    free(reference->bound);
    free(reference->exact);
    memset(reference, 0, sizeof *reference);
}

int reference_check(const struct reference *reference,
                    const struct problem *problem, const float *result,
                    int to_the_bit, char reason[REASON_SIZE])
{
    const int64_t length = problem->result_row;
    for (int64_t n = 0; n < reference->count; n++) {
        int64_t at = reference->index[n];
        /* Written so that NaN is wrong. */
        if (to_the_bit
                ? tconv_compare(TCONV_F32, &result[at], &reference->exact[n],
                                1) < 0
                : fabs(result[at] - reference->value[n]) <= reference->bound[n])
            continue;
        set_reason(reason, "wrong: [%lld][%lld] is %.9g, not %.9g",
                   (long long)(at / length), (long long)(at % length),
                   (double)result[at],
                   to_the_bit ? (double)reference->exact[n]
                              : reference->value[n]);
        return 0;
    }
    return 1;
}
