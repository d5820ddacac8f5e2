/* NumPy's .npy files: dense arrays of float or double in C order. */
#ifndef TOOL_NPY_H
#define TOOL_NPY_H

#include "tconv.h"

#define NPY_DIMENSIONS_MAX 32

/* What a header says. Its bytes are already known to be all there. */
struct npy_header {
    enum tconv_dtype dtype;
    int dimensions;
    int64_t shape[NPY_DIMENSIONS_MAX];
    int64_t count;     /* elements: the shape's product */
    size_t data_begin; /* bytes before the first element */
};

/* Reads the header of a whole file in memory, of format 1.0, 2.0 or 3.0, and
 * holds its shape against the file's size. TCONV_E_ARGUMENT with what was found
 * and what was wanted; `path` is for messages only. */
enum tconv_status npy_parse(const unsigned char *bytes, size_t size,
                            const char *path, struct npy_header *header,
                            struct tconv_error *error);

/* Writes a header of format 1.0, byte for byte NumPy's own, and returns its
 * size. At most 3 dimensions. */
#define NPY_HEADER_BYTES 192
size_t npy_format(char header[NPY_HEADER_BYTES], enum tconv_dtype dtype,
                  const int64_t *shape, int dimensions);

/* "(2, 3)"; cut where it would not fit. */
void npy_shape_text(const int64_t *shape, int dimensions, char *text,
                    size_t size);

struct npy {
    struct npy_header header;
    void *data; /* aligned; free() */
};

/* Reads a file. TCONV_E_ARGUMENT, also where its element type is not `dtype`;
 * TCONV_E_MEMORY. */
enum tconv_status npy_read(const char *path, enum tconv_dtype dtype,
                           struct npy *npy, struct tconv_error *error);

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
