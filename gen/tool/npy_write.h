/* NumPy's .npy files, written. */
#ifndef TOOL_NPY_WRITE_H
#define TOOL_NPY_WRITE_H

#include "npy.h"

/* Writes a header of format 1.0, byte for byte NumPy's own, and returns its
 * size. At most 3 dimensions. */
#define NPY_HEADER_BYTES 192
size_t npy_format(char header[NPY_HEADER_BYTES], enum tconv_dtype dtype,
                  const int64_t *shape, int dimensions);

/* A file to write. */
struct npy_output {
    const char *path;
    const void *data;
    int64_t shape[3];
    int dimensions;
};

/* Writes files, each whole or not at all, and none before the bytes of all are
 * on the disk. At most NPY_OUTPUTS_MAX. TCONV_E_IO, TCONV_E_MEMORY. */
#define NPY_OUTPUTS_MAX 3
enum tconv_status npy_write(enum tconv_dtype dtype,
                            const struct npy_output *outputs, int count,
                            struct tconv_error *error);

#endif
