/* Reads .safetensors files. They come from anywhere, so nothing in them is
 * believed: libjansson takes the JSON apart (duplicate names refused, nesting
 * bounded, integers exact), and the rest is checked here. */
#define _POSIX_C_SOURCE 200809L /* NOLINT(bugprone-reserved-identifier) */
#include "safetensors.h"

#include "error.h"

#ifndef TCONV_HAVE_JANSSON

enum tconv_status tconv_safetensors_parse(const char *header, size_t size,
                                          int64_t data_bytes, const char *path,
                                          struct safetensors_tensor *tensors,
                                          int count, struct tconv_error *error)
{
    (void)header, (void)size, (void)data_bytes;
    return tconv_safetensors_read(path, tensors, count, error);
}

enum tconv_status tconv_safetensors_read(const char *path,
                                         struct safetensors_tensor *tensors,
                                         int count, struct tconv_error *error)
{
    (void)tensors, (void)count;
    return tconv_fail(error, TCONV_E_NO_JSON,
                      "%.200s: built without libjansson, which .safetensors "
                      "files need",
                      path);
}

#else

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "npy.h"
#include "sum.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "safetensors.c takes elements as they lie in memory: little-endian"
#endif

#define SIZE_BYTES 8
#define HEADER_MAX INT64_C(100000000) /* the format's own bound */

/* What is read, and for whom. */
struct source {
    const char *path;
    int64_t data_bytes; /* what follows the header */
    struct tconv_error *error;
};

/* A tensor's place among the bytes that follow the header. */
struct span {
    const char *name; /* the JSON tree's */
    int64_t begin;
    int64_t end;
};

/* Text of the file as it may stand in a message: short, no control characters.
 * Lives as long as the expression it is in. */
struct quote {
    char text[64];
};

static struct quote quote(const char *text)
{
    struct quote q;
    size_t size = 0;
    for (; size < sizeof q.text - 1 && text[size]; size++) {
        q.text[size] = text[size];
        if (text[size] < ' ' || text[size] == 0x7f)
            q.text[size] = '?';
    }
    q.text[size] = '\0';
    return q;
}

static enum tconv_status fail_memory(const struct source *s)
{
    return tconv_fail(s->error, TCONV_E_MEMORY,
                      "%.200s: not enough memory to read it", s->path);
}

static enum tconv_status fail_entry(const struct source *s, const char *name)
{
    return tconv_fail(s->error, TCONV_E_ARGUMENT,
                      "%.200s: tensor \"%s\": wanted an object with dtype, "
                      "shape and data_offsets [begin, end]",
                      s->path, quote(name).text);
}

static enum tconv_status parse_json(const struct source *s, const char *header,
                                    size_t size, json_t **root)
{
    json_error_t error;
    /* What pads the header stands behind the object, never before it. */
    if (size == 0 || header[0] != '{')
        return tconv_fail(s->error, TCONV_E_ARGUMENT,
                          "%.200s: not a safetensors file: its header does not "
                          "begin with {",
                          s->path);
    *root = json_loadb(header, size, JSON_REJECT_DUPLICATES, &error);
    if (*root)
        return TCONV_OK;
    /* For want of memory libjansson often fails without a word (and now and
     * then blames the text). */
    if (!error.text[0] || json_error_code(&error) == json_error_out_of_memory)
        return fail_memory(s);
    return tconv_fail(s->error, TCONV_E_ARGUMENT,
                      "%.200s: safetensors header, byte %d: %s", s->path,
                      error.position, quote(error.text).text);
}

static int by_place(const void *a, const void *b)
{
    const struct span *p = a, *q = b;
    if (p->begin != q->begin)
        return p->begin < q->begin ? -1 : 1;
    return (p->end > q->end) - (p->end < q->end);
}

static int read_span(const json_t *entry, struct span *span)
{
    const json_t *pair = json_object_get(entry, "data_offsets");
    const json_t *begin = json_array_get(pair, 0);
    const json_t *end = json_array_get(pair, 1);
    span->begin = json_integer_value(begin);
    span->end = json_integer_value(end);
    return json_array_size(pair) == 2 && json_is_integer(begin) &&
           json_is_integer(end);
}

/* The places of all tensors; `spans` has room for them. */
static enum tconv_status collect(const struct source *s, json_t *root,
                                 struct span *spans, size_t *count)
{
    const char *name;
    json_t *entry;
    json_object_foreach(root, name, entry)
    {
        if (!strcmp(name, "__metadata__"))
            continue;
        spans[*count].name = name;
        if (!read_span(entry, &spans[(*count)++]))
            return fail_entry(s, name);
    }
    return TCONV_OK;
}

/* Sorted, each begins where the one before it ends: so all lie inside, none
 * overlaps another and no bytes are hidden between them. */
static enum tconv_status check_cover(const struct source *s, struct span *spans,
                                     size_t count)
{
    int64_t at = 0;
    qsort(spans, count, sizeof *spans, by_place);
    for (size_t i = 0; i < count; i++) {
        if (spans[i].begin != at || spans[i].end < at)
            return tconv_fail(s->error, TCONV_E_ARGUMENT,
                              "%.150s: tensor \"%s\": found data_offsets "
                              "[%lld, %lld], wanted them to begin at %lld, "
                              "where the tensors before it end",
                              s->path, quote(spans[i].name).text,
                              (long long)spans[i].begin,
                              (long long)spans[i].end, (long long)at);
        at = spans[i].end;
    }
    if (at != s->data_bytes)
        return tconv_fail(s->error, TCONV_E_ARGUMENT,
                          "%.200s: found %lld bytes of data, wanted %lld, "
                          "where the last tensor ends",
                          s->path, (long long)s->data_bytes, (long long)at);
    return TCONV_OK;
}

static enum tconv_status check_places(const struct source *s, json_t *root)
{
    size_t count = 0;
    struct span *spans = malloc((json_object_size(root) + 1) * sizeof *spans);
    if (!spans)
        return fail_memory(s);
    enum tconv_status status = collect(s, root, spans, &count);
    if (status == TCONV_OK)
        status = check_cover(s, spans, count);
    free(spans);
    return status;
}

static enum tconv_status check_shape(const struct source *s,
                                     const struct safetensors_tensor *tensor,
                                     const json_t *list)
{
    int64_t shape[NPY_DIMENSIONS_MAX];
    char found[80], wanted[80];
    const size_t size = json_array_size(list); /* 0 for what is no array */
    int same = size == (size_t)tensor->dimensions;
    if (!json_is_array(list) || size > NPY_DIMENSIONS_MAX)
        return fail_entry(s, tensor->name);
    for (size_t i = 0; i < size; i++) {
        const json_t *value = json_array_get(list, i);
        if (!json_is_integer(value))
            return fail_entry(s, tensor->name);
        shape[i] = json_integer_value(value);
        same = same && shape[i] == tensor->shape[i];
    }
    if (same)
        return TCONV_OK;
    tconv_npy_shape_text(shape, (int)size, found, sizeof found);
    tconv_npy_shape_text(tensor->shape, tensor->dimensions, wanted,
                         sizeof wanted);
    return tconv_fail(s->error, TCONV_E_ARGUMENT,
                      "%.120s: tensor \"%s\": found shape %s, wanted %s",
                      s->path, quote(tensor->name).text, found, wanted);
}

/* The format's words for types. */
static const char *const type_words[TCONV_DTYPE_COUNT] = {
    [TCONV_F32] = "F32",   [TCONV_F64] = "F64", [TCONV_F16] = "F16",
    [TCONV_BF16] = "BF16", [TCONV_C64] = "C64", [TCONV_C128] = "C128",
    [TCONV_I8] = "I8",     [TCONV_U8] = "U8",   [TCONV_I32] = "I32"};

static enum tconv_status check_type(const struct source *s,
                                    struct safetensors_tensor *tensor,
                                    const char *word)
{
    tensor->found = tensor->dtype;
    if (!strcmp(word, type_words[tensor->found]))
        return TCONV_OK;
    tensor->found = tensor->narrow;
    if (!strcmp(word, type_words[tensor->found]))
        return TCONV_OK;
    return tconv_fail(s->error, TCONV_E_ARGUMENT,
                      "%.150s: tensor \"%s\": elements are %s, wanted %s, as "
                      "the layer's spec says",
                      s->path, quote(tensor->name).text, quote(word).text,
                      type_words[tensor->dtype]);
}

/* One tensor that is wanted. Its place is known to lie inside. */
static enum tconv_status find(const struct source *s, json_t *root,
                              struct safetensors_tensor *tensor)
{
    const json_t *entry = json_object_get(root, tensor->name);
    const json_t *dtype = json_object_get(entry, "dtype");
    struct span span;
    if (!entry)
        return tconv_fail(s->error, TCONV_E_ARGUMENT,
                          "%.150s: no tensor \"%s\" among the %zu entries",
                          s->path, quote(tensor->name).text,
                          json_object_size(root));
    if (!json_is_string(dtype) || !read_span(entry, &span))
        return fail_entry(s, tensor->name);
    enum tconv_status status = check_type(s, tensor, json_string_value(dtype));
    if (status == TCONV_OK)
        status = check_shape(s, tensor, json_object_get(entry, "shape"));
    if (status != TCONV_OK)
        return status;
    tensor->begin = span.begin;
    tensor->bytes = tconv_dtype_bytes(tensor->found);
    for (int i = 0; i < tensor->dimensions; i++)
        tensor->bytes *= tensor->shape[i]; /* a valid spec's: addressable */
    if (span.end - span.begin != tensor->bytes)
        return tconv_fail(s->error, TCONV_E_ARGUMENT,
                          "%.150s: tensor \"%s\": found %lld bytes of data, "
                          "wanted %lld for its shape",
                          s->path, quote(tensor->name).text,
                          (long long)(span.end - span.begin),
                          (long long)tensor->bytes);
    return TCONV_OK;
}

enum tconv_status tconv_safetensors_parse(const char *header, size_t size,
                                          int64_t data_bytes, const char *path,
                                          struct safetensors_tensor *tensors,
                                          int count, struct tconv_error *error)
{
    const struct source s = {path, data_bytes, error};
    json_t *root = NULL;
    enum tconv_status status = parse_json(&s, header, size, &root);
    if (status == TCONV_OK)
        status = check_places(&s, root);
    for (int i = 0; i < count && status == TCONV_OK; i++)
        status = find(&s, root, &tensors[i]);
    json_decref(root);
    return status;
}

/* Reads bytes from a place in the file. */
static enum tconv_status read_at(const struct source *s, int descriptor,
                                 int64_t at, void *to, int64_t bytes)
{
    for (int64_t done = 0; done < bytes;) {
        const ssize_t got = pread(descriptor, (char *)to + done,
                                  (size_t)(bytes - done), (off_t)(at + done));
        if (got > 0)
            done += got;
        else if (got == 0 || errno != EINTR)
            return tconv_fail(s->error, TCONV_E_ARGUMENT,
                              "%.200s: cannot be read: %s", s->path,
                              got ? strerror(errno) : "it has become shorter");
    }
    return TCONV_OK;
}

/* Allocates, and reads likewise. */
static enum tconv_status read_block(const struct source *s, int descriptor,
                                    int64_t at, void **block, int64_t bytes)
{
    *block = calloc((size_t)bytes + 1, 1); /* never of no bytes */
    if (!*block)
        return fail_memory(s);
    return read_at(s, descriptor, at, *block, bytes);
}

/* Reads a tensor, which lies so far into the file. */
static enum tconv_status read_tensor(const struct source *s, int descriptor,
                                     int64_t at,
                                     struct safetensors_tensor *tensor)
{
    enum tconv_status status =
        read_block(s, descriptor, at, &tensor->data, tensor->bytes);
    if (status != TCONV_OK || tensor->found == tensor->dtype)
        return status;
    const int64_t count = tensor->bytes / tconv_dtype_bytes(tensor->found);
    float *wide = calloc((size_t)count + 1, sizeof *wide);
    if (!wide)
        return fail_memory(s);
    for (int64_t i = 0; i < count; i++)
        wide[i] = sum_load(tensor->found, tensor->data, i).f32;
    free(tensor->data);
    tensor->data = wide;
    return TCONV_OK;
}

/* The header's size, held against the file's. */
static enum tconv_status read_size(struct source *s, int descriptor,
                                   int64_t *size)
{
    struct stat info;
    unsigned char bytes[SIZE_BYTES];
    uint64_t claimed = 0;
    if (fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode))
        return tconv_fail(s->error, TCONV_E_ARGUMENT,
                          "%.200s: cannot be read: not a regular file",
                          s->path);
    if (info.st_size < SIZE_BYTES)
        return tconv_fail(s->error, TCONV_E_ARGUMENT,
                          "%.200s: not a safetensors file: %lld bytes", s->path,
                          (long long)info.st_size);
    enum tconv_status status = read_at(s, descriptor, 0, bytes, SIZE_BYTES);
    if (status != TCONV_OK)
        return status;
    for (int i = SIZE_BYTES; i-- > 0;)
        claimed = claimed << 8 | bytes[i];
    const int64_t rest = info.st_size - SIZE_BYTES;
    const int64_t most = rest < HEADER_MAX ? rest : HEADER_MAX;
    if (claimed > (uint64_t)most)
        return tconv_fail(s->error, TCONV_E_ARGUMENT,
                          "%.200s: not a safetensors file: found a header of "
                          "%llu bytes, wanted at most %lld",
                          s->path, (unsigned long long)claimed,
                          (long long)most);
    *size = (int64_t)claimed;
    s->data_bytes = rest - *size;
    return TCONV_OK;
}

enum tconv_status tconv_safetensors_read(const char *path,
                                         struct safetensors_tensor *tensors,
                                         int count, struct tconv_error *error)
{
    struct source s = {path, 0, error};
    int64_t size = 0;
    void *header = NULL;
    for (int i = 0; i < count; i++)
        tensors[i].data = NULL;
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return tconv_fail(error, TCONV_E_ARGUMENT, "%.200s: cannot be read: %s",
                          path, strerror(errno));
    enum tconv_status status = read_size(&s, descriptor, &size);
    if (status == TCONV_OK)
        status = read_block(&s, descriptor, SIZE_BYTES, &header, size);
    if (status == TCONV_OK)
        status = tconv_safetensors_parse(header, (size_t)size, s.data_bytes,
                                         path, tensors, count, error);
    free(header);
    for (int i = 0; i < count && status == TCONV_OK; i++)
        status = read_tensor(&s, descriptor,
                             SIZE_BYTES + size + tensors[i].begin, &tensors[i]);
    close(descriptor);
    for (int i = 0; i < count && status != TCONV_OK; i++) {
        free(tensors[i].data);
        tensors[i].data = NULL;
    }
    return status;
}

#endif
