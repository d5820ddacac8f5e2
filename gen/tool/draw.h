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
    DATA_KINDS
};

const char *data_kind_name(enum data_kind kind);

void draw_data(struct random *random, enum tconv_dtype dtype,
               enum data_kind kind, void *data, int64_t count);

#endif
