/* Reads .npy files. The format: "\x93NUMPY", two bytes of version, a
 * little-endian header size (two bytes in version 1, four after), the header (a
 * Python dictionary of three entries, as text), the elements. */
#include "npy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "read_file.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "npy.c takes elements as they lie in memory: little-endian"
#endif

#define MAGIC "\x93NUMPY"
#define MAGIC_BYTES 6

/* Where the header's text is read. */
struct reader {
    const char *at;
    const char *end;
    const char *path;
    struct tconv_error *error;
};

static void skip_space(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' ||
                              *r->at == '\n' || *r->at == '\r'))
        r->at++;
}

static enum tconv_status fail_header(struct reader *r, const char *wanted)
{
    char found[25];
    size_t size = 0;
    skip_space(r);
    for (; size < sizeof found - 1 && r->at + size < r->end; size++) {
        found[size] = r->at[size];
        if (found[size] < ' ') /* a message is one line */
            found[size] = ' ';
    }
    found[size] = '\0';
    return tconv_fail(r->error, TCONV_E_ARGUMENT,
                      "%.200s: npy header: found \"%s\", wanted %s", r->path,
                      found, wanted);
}

/* Takes one character, after space, if it is next. */
static int take(struct reader *r, char c)
{
    skip_space(r);
    if (r->at == r->end || *r->at != c)
        return 0;
    r->at++;
    return 1;
}

static int take_word(struct reader *r, const char *word)
{
    size_t size = strlen(word);
    skip_space(r);
    if ((size_t)(r->end - r->at) < size || memcmp(r->at, word, size) != 0)
        return 0;
    r->at += size;
    return 1;
}

/* A quoted string without escapes. */
static int take_string(struct reader *r, char *text, size_t room)
{
    skip_space(r);
    if (r->at == r->end || (*r->at != '\'' && *r->at != '"'))
        return 0;
    const char *begin = r->at + 1;
    const char *close = memchr(begin, *r->at, (size_t)(r->end - begin));
    if (!close || (size_t)(close - begin) >= room)
        return 0;
    memcpy(text, begin, (size_t)(close - begin));
    text[close - begin] = '\0';
    r->at = close + 1;
    return 1;
}

const char *tconv_npy_descr(enum tconv_dtype dtype)
{
    static const char *const words[TCONV_DTYPE_COUNT] = {
        [TCONV_F32] = "<f4",  [TCONV_F64] = "<f8", [TCONV_F16] = "<f2",
        [TCONV_BF16] = "|V2", [TCONV_C64] = "<c8", [TCONV_C128] = "<c16",
        [TCONV_I8] = "|i1",   [TCONV_U8] = "|u1",  [TCONV_I32] = "<i4"};
    return words[dtype];
}

static enum tconv_status read_descr(struct reader *r, struct npy_header *header)
{
    char descr[16];
    if (!take_string(r, descr, sizeof descr))
        return fail_header(r, "descr '<f4' or '<f8'");
    for (int i = 0; i < TCONV_DTYPE_COUNT; i++) {
        header->dtype = (enum tconv_dtype)i;
        if (!strcmp(descr, tconv_npy_descr(header->dtype)))
            return TCONV_OK;
    }
    if (!strcmp(descr, "<V2") || !strcmp(descr, "<u2") || !strcmp(descr, "<i2"))
        return header->dtype = TCONV_BF16, TCONV_OK;
    return tconv_fail(r->error, TCONV_E_ARGUMENT,
                      "%.200s: elements are %s, wanted <f4, <f8, <f2, <c8, "
                      "<c16, |i1, |u1, <i4 or, of bfloat16, |V2",
                      r->path, descr);
}

static enum tconv_status read_order(struct reader *r)
{
    if (take_word(r, "False"))
        return TCONV_OK;
    return fail_header(r, "fortran_order False (C order)");
}

static enum tconv_status read_shape(struct reader *r, struct npy_header *header)
{
    int comma = 1;
    if (!take(r, '('))
        return fail_header(r, "a shape such as (2, 3)");
    header->count = 1;
    while (!take(r, ')')) {
        if (!comma || r->at == r->end || *r->at < '0' || *r->at > '9')
            return fail_header(r, "a shape such as (2, 3)");
        if (header->dimensions == NPY_DIMENSIONS_MAX)
            return fail_header(r, "at most 32 dimensions");
        int64_t size = 0;
        for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++)
            if (__builtin_mul_overflow(size, INT64_C(10), &size) ||
                __builtin_add_overflow(size, (int64_t)(*r->at - '0'), &size))
                return fail_header(r, "a size that fits in 63 bits");
        header->shape[header->dimensions++] = size;
        comma = take(r, ',');
    }
    /* (3) is a number in Python, (3,) a shape. */
    if (header->dimensions == 1 && !comma)
        return fail_header(r, "a comma after a single size");
    for (int i = 0; i < header->dimensions; i++)
        if (__builtin_mul_overflow(header->count, header->shape[i],
                                   &header->count))
            return fail_header(r, "a shape whose product fits in 63 bits");
    return TCONV_OK;
}

/* {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } and space. */
static enum tconv_status read_dictionary(struct reader *r,
                                         struct npy_header *header)
{
    static const char *const keys[] = {"descr", "fortran_order", "shape"};
    unsigned seen = 0;
    if (!take(r, '{'))
        return fail_header(r, "{");
    while (seen != 7) {
        char key[16];
        unsigned which = 0;
        struct reader before = *r;
        if (!take_string(r, key, sizeof key))
            return fail_header(r, "the keys descr, fortran_order, shape");
        while (which < 3 && strcmp(keys[which], key) != 0)
            which++;
        if (which == 3 || (seen & (1U << which))) {
            *r = before;
            return fail_header(r, "each of descr, fortran_order, shape once");
        }
        seen |= 1U << which;
        if (!take(r, ':'))
            return fail_header(r, "a colon");
        enum tconv_status status = which == 0   ? read_descr(r, header)
                                   : which == 1 ? read_order(r)
                                                : read_shape(r, header);
        if (status != TCONV_OK)
            return status;
        if (!take(r, ',') && seen != 7)
            return fail_header(r, "a comma");
    }
    if (!take(r, '}'))
        return fail_header(r, "} after three keys");
    skip_space(r);
    return r->at == r->end ? TCONV_OK : fail_header(r, "its end");
}

/* Finds the header's text. */
static enum tconv_status find_text(const unsigned char *bytes, size_t size,
                                   struct reader *r)
{
    if (size < MAGIC_BYTES + 4 || memcmp(bytes, MAGIC, MAGIC_BYTES) != 0)
        return tconv_fail(r->error, TCONV_E_ARGUMENT,
                          "%.200s: not an npy file: %zu bytes that do not "
                          "start with \\x93NUMPY",
                          r->path, size);
    unsigned major = bytes[6], minor = bytes[7];
    if (major < 1 || major > 3 || minor != 0)
        return tconv_fail(r->error, TCONV_E_ARGUMENT,
                          "%.200s: npy version %u.%u, wanted 1.0, 2.0 or 3.0",
                          r->path, major, minor);
    size_t begin = MAGIC_BYTES + 2 + (major == 1 ? 2 : 4);
    size_t text = bytes[8] | (size_t)bytes[9] << 8;
    if (major > 1 && size >= begin)
        text |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
    if (size < begin || size - begin < text)
        return tconv_fail(r->error, TCONV_E_ARGUMENT,
                          "%.200s: found %zu bytes, wanted %zu for the npy "
                          "header alone",
                          r->path, size, begin + text);
    r->at = (const char *)bytes + begin;
    r->end = r->at + text;
    return TCONV_OK;
}

enum tconv_status tconv_npy_parse(const unsigned char *bytes, size_t size,
                                  const char *path, struct npy_header *header,
                                  struct tconv_error *error)
{
    struct reader r = {NULL, NULL, path, error};
    *header = (struct npy_header){0};
    enum tconv_status status = find_text(bytes, size, &r);
    if (status == TCONV_OK)
        status = read_dictionary(&r, header);
    if (status != TCONV_OK)
        return status;
    header->data_begin = (size_t)((const unsigned char *)r.end - bytes);

    char shape[100];
    tconv_npy_shape_text(header->shape, header->dimensions, shape,
                         sizeof shape);
    int64_t found = (int64_t)(size - header->data_begin), wanted;
    if (__builtin_mul_overflow(header->count, tconv_dtype_bytes(header->dtype),
                               &wanted))
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "%.200s: shape %s is too large; found %lld bytes of "
                          "data",
                          path, shape, (long long)found);
    if (found != wanted)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "%.200s: found %lld bytes of data, wanted %lld for "
                          "shape %s of %lld-byte elements",
                          path, (long long)found, (long long)wanted, shape,
                          (long long)tconv_dtype_bytes(header->dtype));
    return TCONV_OK;
}

void tconv_npy_shape_text(const int64_t *shape, int dimensions, char *text,
                          size_t size)
{
    size_t used = (size_t)snprintf(text, size, "(");
    for (int i = 0; i < dimensions && used < size; i++) {
        int wrote = snprintf(text + used, size - used, "%s%lld", i ? ", " : "",
                             (long long)shape[i]);
        used += wrote < 0 ? 0 : (size_t)wrote;
    }
    if (used < size)
        snprintf(text + used, size - used, dimensions == 1 ? ",)" : ")");
}

enum tconv_status tconv_npy_read(const char *path, enum tconv_dtype dtype,
                                 struct npy *npy, struct tconv_error *error)
{
    unsigned char *bytes;
    size_t size;
    *npy = (struct npy){.data = NULL};
    enum tconv_status status = tconv_read_file(path, &bytes, &size, error);
    if (status != TCONV_OK)
        return status;
    status = tconv_npy_parse(bytes, size, path, &npy->header, error);
    if (status == TCONV_OK && npy->header.dtype != dtype)
        status = tconv_fail(error, TCONV_E_ARGUMENT,
                            "%.200s: elements are %s, wanted %s: the layer is "
                            "%s",
                            path, tconv_npy_descr(npy->header.dtype),
                            tconv_npy_descr(dtype), tconv_dtype_name(dtype));
    if (status != TCONV_OK) {
        free(bytes);
        return status;
    }
    /* To the block's start, where malloc's alignment is. */
    memmove(bytes, bytes + npy->header.data_begin,
            size - npy->header.data_begin);
    npy->data = bytes;
    return TCONV_OK;
}

enum tconv_status tconv_npy_read_shape(const char *path, enum tconv_dtype dtype,
                                       const int64_t *shape, int dimensions,
                                       struct npy *npy,
                                       struct tconv_error *error)
{
    enum tconv_status status = tconv_npy_read(path, dtype, npy, error);
    const struct npy_header *h = &npy->header;
    if (status != TCONV_OK ||
        (h->dimensions == dimensions &&
         !memcmp(h->shape, shape, (size_t)dimensions * sizeof *shape)))
        return status;
    char found[80], wanted[80];
    tconv_npy_shape_text(h->shape, h->dimensions, found, sizeof found);
    tconv_npy_shape_text(shape, dimensions, wanted, sizeof wanted);
    free(npy->data);
    npy->data = NULL;
    return tconv_fail(error, TCONV_E_ARGUMENT,
                      "%.150s: found shape %s, wanted %s", path, found, wanted);
}
