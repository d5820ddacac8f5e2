#include "check.h"

#include <math.h>
#include <stdlib.h>

/* Multiply-adds up to which all elements are computed, and how many elements
 * of a larger layer are. */
#define MACS_MOST 20000000
#define SAMPLES 1200

static void element(const struct problem *p, int64_t o, int64_t j,
                    double *value, double *bound)
{
    const struct tconv_spec *spec = &p->spec;
    const int64_t in = spec->in_channels / spec->groups;
    const int64_t out = spec->out_channels / spec->groups;
    const int64_t first = o / out * in;
    double sum = p->bias ? p->bias[o] : 0, absolute = fabs(sum);
    int64_t terms = 1;
    for (int64_t k = 0; k < spec->kernel_size; k++) {
        int64_t at = j + spec->padding_begin - k * spec->dilation;
        int64_t i = at / spec->stride;
        if (at < 0 || at % spec->stride || i >= p->length)
            continue;
        for (int64_t c = first; c < first + in; c++) {
            double product =
                (double)p->x[c * p->length + i] *
                p->weight[(c * out + o % out) * spec->kernel_size + k];
            sum += product;
            absolute += fabs(product);
        }
        terms += in;
    }
    *value = sum;
    *bound = ((double)terms + 1) * 0x1p-24 * absolute;
}

int reference_create(struct reference *reference, const struct problem *problem)
{
    const int64_t length = problem->sizes.output_length;
    const int64_t total = problem->sizes.output;
    const int all = problem->sizes.macs <= MACS_MOST || total <= SAMPLES;
    uint64_t state = 1;
    reference->count = all ? total : SAMPLES;
    reference->index = calloc((size_t)reference->count, sizeof(int64_t));
    reference->value = calloc((size_t)reference->count, sizeof(double));
    reference->bound = calloc((size_t)reference->count, sizeof(double));
    if (!reference->index || !reference->value || !reference->bound) {
        reference_free(reference);
        return 0;
    }
    for (int64_t n = 0; n < reference->count; n++) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        int64_t random = (int64_t)(state >> 20);
        int64_t channel = random % problem->spec.out_channels;
        int64_t at = n;
        /* The ends of rows, then anywhere. */
        if (!all && n < SAMPLES / 6)
            at = channel * length + n % length;
        else if (!all && n < SAMPLES / 3)
            at = channel * length + length - 1 - n % length;
        else if (!all)
            at = random % total;
        reference->index[n] = at;
        element(problem, at / length, at % length, &reference->value[n],
                &reference->bound[n]);
    }
    return 1;
}

void reference_free(struct reference *reference)
{
    free(reference->index);
    free(reference->value);
    free(reference->bound);
    *reference = (struct reference){0, NULL, NULL, NULL};
}

int reference_check(const struct reference *reference,
                    const struct problem *problem, const float *y,
                    char reason[REASON_SIZE])
{
    const int64_t length = problem->sizes.output_length;
    for (int64_t n = 0; n < reference->count; n++) {
        int64_t at = reference->index[n];
        /* Written so that NaN is wrong. */
        if (fabs(y[at] - reference->value[n]) <= reference->bound[n])
            continue;
        set_reason(reason, "wrong: y[%lld][%lld] is %.9g, not %.9g",
                   (long long)(at / length), (long long)(at % length),
                   (double)y[at], reference->value[n]);
        return 0;
    }
    return 1;
}
