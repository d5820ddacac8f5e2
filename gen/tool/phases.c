/* Taps of output phases. */
#include "phases.h"

#include <stdlib.h>

#include "error.h"

static int64_t gcd(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

enum tconv_status phases_make(struct phases *phases, const struct tconv_spec *s,
                              struct tconv_error *error)
{
    /* An output that is not transposed has one phase, of all taps. */
    const int64_t stride = tconv_spec_transposed(s) ? s->stride : 1;
    phases->count = stride;
    phases->step = stride / gcd(stride, s->dilation);
    phases->first = NULL;
    if (stride > PHASES_MAX || s->kernel_size > PHASES_TAPS_MAX)
        return TCONV_OK;
    phases->first = malloc((size_t)stride * sizeof *phases->first);
    if (!phases->first)
        return tconv_fail(error, TCONV_E_MEMORY,
                          "not enough memory for %lld phases",
                          (long long)stride);
    for (int64_t r = 0; r < stride; r++)
        phases->first[r] = -1;
    for (int64_t k = 0; k < phases->step && k < s->kernel_size; k++)
        phases->first[k * s->dilation % stride] = k;
    return TCONV_OK;
}

void phases_free(struct phases *phases)
{
    free(phases->first);
    phases->first = NULL;
}
