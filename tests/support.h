/* What the test programs share: random numbers, guarded buffers, data that is
 * hard on kernels, and comparing bits with a message worth reading. */
#ifndef TCONV_TESTS_SUPPORT_H
#define TCONV_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tconv.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Clean error to pass in; the first failure stays in it. */
#define NO_ERROR                                                               \
    {                                                                          \
        TCONV_OK, ""                                                           \
    }

/* random numbers */

/* splitmix64. Any seed will do; print it when a test fails. */
struct prng {
    uint64_t state;
};
uint64_t prng_next(struct prng *prng);

/* Uniform in [least, most]. */
int64_t prng_range(struct prng *prng, int64_t least, int64_t most);

/* Uniform in [-1, 1). */
double prng_unit(struct prng *prng);

/* guarded buffers */

/* On which side of the buffer the unmapped page lies. */
enum guard_side { GUARD_AFTER, GUARD_BEFORE };

struct guarded {
    void *data;
    size_t bytes;
    void *map;
    size_t map_bytes;
};

/* A buffer that faults on the first byte past its end (or before its start).
 * bytes may be 0. Fails the test when there is no memory. */
void guarded_make(struct guarded *buffer, size_t bytes, enum guard_side side);
void guarded_free(struct guarded *buffer);

/* --------------------------------------------------------------------- data */

enum fill {
    FILL_UNIFORM,  /* [-1, 1) in the dtype's full precision */
    FILL_INTEGERS, /* -8..8: sums are exact whatever their order */
    FILL_WIDE,     /* magnitudes from 2^-40 to 2^20, both signs, some zeros */
    FILL_SPECIAL,  /* uniform with Inf, NaN, -0.0, denormals, largest */
    FILL_KINDS
};
void fill(enum tconv_dtype dtype, void *data, int64_t count, enum fill kind,
          struct prng *prng);

/* The value of an f16 or a bf16, put together from its fields. */
double widened(enum tconv_dtype dtype, uint16_t bits);

/* The nearest f16 or bf16, found by halving; of two as near, the even one. */
uint16_t narrowed(enum tconv_dtype dtype, double value);

/* Any 16 bits; below 16 in magnitude unless the kind is FILL_SPECIAL. */
void fill_narrow(enum tconv_dtype dtype, uint16_t *data, int64_t count,
                 enum fill kind, struct prng *prng);

/* Sets every element to NaN, so that one which is never written shows. */
void fill_nan(enum tconv_dtype dtype, void *data, int64_t count);

/* Element `at` of a tensor, and setting it; of a complex tensor, a part of an
 * element: `at` counts parts. */
double value_get(enum tconv_dtype dtype, const void *data, int64_t at);
void value_set(enum tconv_dtype dtype, void *data, int64_t at, double value);

/* The tensors of one call, each against its own guard page. */
struct tensors {
    struct tconv_spec spec;
    int64_t batch;
    int64_t length;
    struct tconv_sizes sizes;
    struct guarded x, weight, bias, y; /* bias.data is NULL without a bias */
};

/* Fails the test where spec, batch and length do not go together. */
void tensors_make(struct tensors *t, const struct tconv_spec *spec,
                  int64_t batch, int64_t length, enum guard_side side);
void tensors_fill(struct tensors *t, enum fill kind, struct prng *prng);
void tensors_free(struct tensors *t);

/* Runs the generic kernel on them, y being all NaN beforehand; fails the test
 * unless it succeeds. */
void tensors_run(struct tensors *t, enum tconv_sum sum);

/* spec */

/* A spec by its canonical name; fails the test if that is none. */
struct tconv_spec spec_of(const char *name);

/* Copies text over the start of a longer one, without its end. */
void overlay(char *to, const char *text);

/* A small legal spec, drawn from the whole space of both operators, forward,
 * and a length for which it has an output. */
struct tconv_spec spec_random(struct prng *prng, int64_t *length);

/* Where a layer's weight has tap k from input channel c to output channel o of
 * the same group. */
int64_t weight_at(const struct tconv_spec *s, int64_t c, int64_t o, int64_t k);

/* -------------------------------------------------------------- asserts */

/* Fails with `what`, the spec's name, index and both values if any bit differs
 * (NaN payloads excepted). */
void assert_same_bits(const char *what, const struct tconv_spec *spec,
                      const void *got, const void *want, int64_t count);

/* Status as expected, and a message to go with it: one line, not empty,
 * containing `part` (which may be NULL). */
void assert_error(const struct tconv_error *error, enum tconv_status got,
                  enum tconv_status want, const char *part);

/* TCONV_OK, or the message is shown. */
void assert_ok(enum tconv_status got, const struct tconv_error *error);

#endif
