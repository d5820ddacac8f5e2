/* Judges of the generic kernel's forward pass, written from the other end:
 * where it gathers for each output element, they scatter each input element and
 * tap into a row of full length, and leave out afterwards what is not wanted:
 * of ConvTranspose1d the crop, of Conv1d what the stride passes over. */
#ifndef TCONV_TESTS_ORACLE_H
#define TCONV_TESTS_ORACLE_H

#include "tconv.h"

/* What one output element should be. A sum of `terms` products in the dtype
 * may be off by gamma(terms) * magnitude. */
struct oracle_value {
    long double value;
    long double magnitude; /* |bias| + sum of |products| */
    int64_t terms;
};

/* All output elements, in long double, in C order (free()). NULL without
 * memory. */
struct oracle_value *oracle_run(const struct tconv_spec *spec, const void *x,
                                const void *weight, const void *bias,
                                int64_t batch, int64_t length);

/* The most that a right result in `dtype` can be away from it. */
long double oracle_bound(enum tconv_dtype dtype,
                         const struct oracle_value *value);

/* Every bit: the same scatter in the dtype itself, c outermost, then k. Each
 * (c, k) meets an output element once, so its terms come in the canonical
 * order. Returns y (free()), or NULL without memory. */
void *oracle_bits(const struct tconv_spec *spec, enum tconv_sum sum,
                  const void *x, const void *weight, const void *bias,
                  int64_t batch, int64_t length);

#endif
