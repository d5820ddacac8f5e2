/* Holds a result against the generic kernel. */
#ifndef TOOL_REFERENCE_H
#define TOOL_REFERENCE_H

#include "random.h"
#include "tconv.h"

/* A call's tensors. */
struct reference {
    const struct tconv_spec *spec;
    enum tconv_sum sum;
    const void *x, *weight, *bias; /* bias NULL without */
    int64_t batch, length;
    const struct tconv_quantization *quantization; /* or NULL */
};

/* Compares y with the generic kernel, bit for bit: every element if that costs
 * at most `budget` multiply-adds, else that much of them: both ends of rows,
 * and pieces, drawn at random. Returns the index of a differing element, or -1;
 * *compared is how many were looked at, *want the generic value. */
int64_t reference_compare(const struct reference *reference, const void *y,
                          int64_t budget, struct random *random,
                          int64_t *compared, union tconv_value *want);

/* "y[1][2][3] is 0x1p+0 (bits 3f800000), the generic kernel's 0x1.8p+0 (...)"*/
void reference_describe(const struct reference *reference, const void *y,
                        int64_t index, const union tconv_value *want,
                        char *text, size_t size);

#endif
