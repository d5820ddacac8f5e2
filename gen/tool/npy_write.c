/* Writes .npy files of format 1.0; the format is described where they are read,
 * in runtime/npy.c. */
#include "npy_write.h"

#include <stdio.h>
#include <string.h>

#include "file.h"

size_t npy_format(char header[NPY_HEADER_BYTES], enum tconv_dtype dtype,
                  const int64_t *shape, int dimensions)
{
    char text[100];
    tconv_npy_shape_text(shape, dimensions, text, sizeof text);
    int wrote = snprintf(header + 10, NPY_HEADER_BYTES - 10,
                         "{'descr': '%s', 'fortran_order': False, "
                         "'shape': %s, }",
                         tconv_npy_descr(dtype), text);
    size_t used = 10 + (size_t)wrote;
    size_t size = (used + 1 + 63) / 64 * 64; /* the elements start aligned */
    memset(header + used, ' ', size - used);
    header[size - 1] = '\n';
    memcpy(header, "\x93NUMPY\x01", 7);
    header[7] = 0;
    header[8] = (char)((size - 10) & 0xff);
    header[9] = (char)((size - 10) >> 8);
    return size;
}

/* One file up to its publishing. */
static enum tconv_status prepare(struct whole_file *file,
                                 enum tconv_dtype dtype,
                                 const struct npy_output *output,
                                 struct tconv_error *error)
{
    char header[NPY_HEADER_BYTES];
    const size_t size =
        npy_format(header, dtype, output->shape, output->dimensions);
    size_t bytes = (size_t)tconv_dtype_bytes(dtype);
    for (int i = 0; i < output->dimensions; i++)
        bytes *= (size_t)output->shape[i];
    enum tconv_status status = whole_file_begin(file, output->path, error);
    if (status == TCONV_OK)
        status = whole_file_write(file, header, size, error);
    if (status == TCONV_OK)
        status = whole_file_write(file, output->data, bytes, error);
    if (status == TCONV_OK)
        status = whole_file_close(file, error);
    return status;
}

enum tconv_status npy_write(enum tconv_dtype dtype,
                            const struct npy_output *outputs, int count,
                            struct tconv_error *error)
{
    struct whole_file files[NPY_OUTPUTS_MAX];
    enum tconv_status status = TCONV_OK;
    int ready = 0;
    while (status == TCONV_OK && ready < count) {
        status = prepare(&files[ready], dtype, &outputs[ready], error);
        ready += status == TCONV_OK;
    }
    for (int i = 0; i < ready; i++) {
        if (status == TCONV_OK)
            status = whole_file_publish(&files[i], error);
        else
            whole_file_abandon(&files[i]);
    }
    return status;
}
