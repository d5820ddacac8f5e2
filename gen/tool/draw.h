/* Draws layers and data at random. */
#ifndef TOOL_DRAW_H
#define TOOL_DRAW_H

#include "random.h"
#include "tconv.h"

/* A valid layer from the whole legal space, small enough that its generic
 * kernel takes little. */
void draw_spec(struct random *random, struct tconv_spec *spec);

enum data_kind {
    DATA_NORMAL,
    DATA_INTEGER, /* small ones: sums are exact */
    DATA_SPECIAL, /* normal, sprinkled with Inf, NaN, -0, denormals, giants */
    DATA_ZERO,    /* x and bias -0.0, weights positive: sums stay -0.0, and
                   * one stuffed +0.0 too many turns them */
    DATA_KINDS
};

const char *data_kind_name(enum data_kind kind);

/* Values of x or bias. */
void draw_data(struct random *random, enum tconv_dtype dtype,
               enum data_kind kind, void *data, int64_t count);

/* The same for weights. */
void draw_weights(struct random *random, enum tconv_dtype dtype,
                  enum data_kind kind, void *data, int64_t count);

/* Draws how the numbers of an integer layer stand for others, `scale` taking
 * out_channels elements: so that results lie within y's type and beyond. */
void draw_quantization(struct random *random, const struct tconv_spec *spec,
                       enum data_kind kind, float *scale,
                       struct tconv_quantization *quantization);

#endif
