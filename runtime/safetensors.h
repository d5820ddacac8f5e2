/* Tensors of .safetensors files: what Hugging Face's libraries keep weights in.
 * The format: eight bytes, the little-endian size of the header; the header, a
 * JSON object {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets":
 * [begin, end]}, ...}; the elements, in C order. Offsets count from the
 * header's end, and the tensors cover all that follows it, without gap or
 * overlap. */
#ifndef TCONV_SAFETENSORS_H
#define TCONV_SAFETENSORS_H

#include "tconv.h"

/* A tensor that is wanted, and what was found of it. */
struct safetensors_tensor {
    const char *name;
    int64_t shape[3];
    int dimensions;
    enum tconv_dtype dtype;  /* of data */
    enum tconv_dtype narrow; /* also taken, and widened to an f32 dtype */
    enum tconv_dtype found;  /* one of the two */
    int64_t begin; /* bytes between the header's end and the first element */
    int64_t bytes; /* of them, as found */
    void *data;    /* aligned; free() */
};

/* Finds tensors in a header of `size` bytes, which `data_bytes` bytes follow.
 * The whole header is checked, but for types and shapes of tensors that are not
 * wanted. TCONV_E_ARGUMENT with the tensor, what was found and what was wanted;
 * TCONV_E_MEMORY, TCONV_E_NO_JSON. `path` is for messages only. */
enum tconv_status tconv_safetensors_parse(const char *header, size_t size,
                                          int64_t data_bytes, const char *path,
                                          struct safetensors_tensor *tensors,
                                          int count, struct tconv_error *error);

/* Reads tensors; of a file of any size no more than they and the header. Where
 * it fails no `data` is left. Fails likewise, also where the file cannot be
 * read or is no regular one. */
enum tconv_status tconv_safetensors_read(const char *path,
                                         struct safetensors_tensor *tensors,
                                         int count, struct tconv_error *error);

#endif
