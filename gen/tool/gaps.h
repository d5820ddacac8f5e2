/* Tensors whose rows and batch items lie apart: struct tconv_args's strides. */
#ifndef TOOL_GAPS_H
#define TOOL_GAPS_H

#include <stddef.h>

#include "tconv.h"

struct gaps {
    int64_t batch, rows, elements; /* of a row; rows of an item */
    int64_t row, item;             /* elements from one to the next */
    size_t element;                /* bytes */
};

/* Odd numbers of elements between the rows and items of a tensor. */
struct gaps gaps_make(enum tconv_layout layout, int64_t channels,
                      int64_t length, int64_t batch, size_t element);

/* From the first element to the last. */
size_t gaps_bytes(const struct gaps *gaps);

/* Copies a dense tensor's rows to where they lie apart, and back. */
void gaps_spread(const struct gaps *gaps, void *apart, const void *dense);
void gaps_gather(const struct gaps *gaps, const void *apart, void *dense);

/* 1 if all that lies between rows is bytes of this value. */
int gaps_hold(const struct gaps *gaps, const void *apart, unsigned char value);

#endif
