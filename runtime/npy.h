/* NumPy's .npy files: dense arrays of float or double in C order. */
#ifndef TCONV_NPY_H
#define TCONV_NPY_H

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

/* NumPy's word for a type. It has none for bf16, whose elements come as two
 * bytes of no type, as ml_dtypes writes them, or as their bits. */
const char *tconv_npy_descr(enum tconv_dtype dtype);

/* Reads the header of a whole file in memory, of format 1.0, 2.0 or 3.0, and
 * holds its shape against the file's size. TCONV_E_ARGUMENT with what was found
 * and what was wanted; `path` is for messages only. */
enum tconv_status tconv_npy_parse(const unsigned char *bytes, size_t size,
                                  const char *path, struct npy_header *header,
                                  struct tconv_error *error);

/* "(2, 3)"; cut where it would not fit. */
void tconv_npy_shape_text(const int64_t *shape, int dimensions, char *text,
                          size_t size);

struct npy {
    struct npy_header header;
    void *data; /* aligned; free() */
};

/* Reads a file; data is NULL on failure. TCONV_E_ARGUMENT, also where its
 * element type is not `dtype`; TCONV_E_MEMORY. */
enum tconv_status tconv_npy_read(const char *path, enum tconv_dtype dtype,
                                 struct npy *npy, struct tconv_error *error);

/* Reads a file of exactly this shape. Fails as tconv_npy_read does;
 * TCONV_E_ARGUMENT with the shape found and the one wanted. */
enum tconv_status tconv_npy_read_shape(const char *path, enum tconv_dtype dtype,
                                       const int64_t *shape, int dimensions,
                                       struct npy *npy,
                                       struct tconv_error *error);

#endif
