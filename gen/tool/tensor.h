/* A layer's tensors in .npy files: held against the shapes that it wants. */
#ifndef TOOL_TENSOR_H
#define TOOL_TENSOR_H

#include "npy_write.h"

/* The weight of a layer, its shape that of tconv_spec_weight_shape. */
enum tconv_status tensor_read_weight(const char *path,
                                     const struct tconv_spec *spec,
                                     struct npy *npy,
                                     struct tconv_error *error);

/* A signal: (N, channels, L) or, for a batch of one, (channels, L); in the
 * layout nlc (N, L, channels) or (L, channels). */
struct signal {
    struct npy npy;
    int64_t batch;
    int64_t length;
};

/* Reads one of any batch and length, likewise. */
enum tconv_status signal_read(const char *path, enum tconv_dtype dtype,
                              enum tconv_layout layout, int64_t channels,
                              struct signal *signal, struct tconv_error *error);

/* A file for another signal of as many dimensions and the same batch. */
struct npy_output signal_output(const char *path, const struct signal *like,
                                enum tconv_layout layout, int64_t channels,
                                int64_t length, const void *data);

#endif
