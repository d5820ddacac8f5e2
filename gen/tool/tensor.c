#include "tensor.h"

#include "error.h"

enum tconv_status tensor_read_weight(const char *path,
                                     const struct tconv_spec *spec,
                                     struct npy *npy, struct tconv_error *error)
{
    int64_t shape[3];
    tconv_spec_weight_shape(spec, shape);
    return tconv_npy_read_shape(path, tconv_spec_weight_dtype(spec), shape, 3,
                                npy, error);
}

enum tconv_status signal_read(const char *path, enum tconv_dtype dtype,
                              enum tconv_layout layout, int64_t channels,
                              struct signal *signal, struct tconv_error *error)
{
    const struct npy_header *h = &signal->npy.header;
    enum tconv_status status = tconv_npy_read(path, dtype, &signal->npy, error);
    if (status != TCONV_OK)
        return status;
    const int nlc = layout == TCONV_NLC;
    const int first = h->dimensions - 2; /* channels or positions */
    if (first < 0 || first > 1 || h->shape[first + nlc] != channels) {
        char found[80];
        tconv_npy_shape_text(h->shape, h->dimensions, found, sizeof found);
        return tconv_fail(
            error, TCONV_E_ARGUMENT,
            nlc ? "%.150s: found shape %s, wanted (N, L, %lld) or "
                  "(L, %lld)"
                : "%.150s: found shape %s, wanted (N, %lld, L) or "
                  "(%lld, L)",
            path, found, (long long)channels, (long long)channels);
    }
    signal->batch = first ? h->shape[0] : 1;
    signal->length = h->shape[first + !nlc];
    return TCONV_OK;
}

struct npy_output signal_output(const char *path, const struct signal *like,
                                enum tconv_layout layout, int64_t channels,
                                int64_t length, const void *data)
{
    const int dimensions = like->npy.header.dimensions;
    const int first = dimensions - 2, nlc = layout == TCONV_NLC;
    struct npy_output output = {path, data, {like->batch}, dimensions};
    output.shape[first] = nlc ? length : channels;
    output.shape[first + 1] = nlc ? channels : length;
    return output;
}
