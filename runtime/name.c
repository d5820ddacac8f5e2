/* Canonical names: f32_ci512_co256_k16_s8_p4. One table says which fields there
 * are, in which order, and which value goes without saying. A Conv1d has a word
 * before the fields, a gradient one behind them. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

#define ANY (-1) /* no default: always written */

static const struct field {
    const char *tag;
    size_t offset; /* of an int64_t in struct tconv_spec */
    int64_t implied;
} fields[] = {
    {"ci", offsetof(struct tconv_spec, in_channels), ANY},
    {"co", offsetof(struct tconv_spec, out_channels), ANY},
    {"k", offsetof(struct tconv_spec, kernel_size), ANY},
    {"s", offsetof(struct tconv_spec, stride), 1},
    {"p", offsetof(struct tconv_spec, padding_begin), 0},
    {"pe", offsetof(struct tconv_spec, padding_end), 0},
    {"op", offsetof(struct tconv_spec, output_padding), 0},
    {"g", offsetof(struct tconv_spec, groups), 1},
    {"bias", offsetof(struct tconv_spec, bias), 1},
    {"d", offsetof(struct tconv_spec, dilation), 1},
    {"l", offsetof(struct tconv_spec, length), 0},
};

#define FIELDS (sizeof fields / sizeof *fields)

static const char conv_word[] = "_conv";
static const char tf32_word[] = "_tf32";
static const char *const weight_words[TCONV_DTYPE_COUNT] = {
    "",
    "", [TCONV_F16] = "_wf16", [TCONV_BF16] = "_wbf16", [TCONV_I8] = "_wi8"};
/* Of integer layers, where it is not the input's. */
static const char *const output_words[TCONV_DTYPE_COUNT] = {
    [TCONV_F32] = "_yf32", [TCONV_I8] = "_yi8", [TCONV_U8] = "_yu8"};
/* Of input and output. */
static const char *const layout_words[TCONV_LAYOUT_COUNT][TCONV_LAYOUT_COUNT] =
    {[TCONV_NCL] = {"", "_nclnlc"}, [TCONV_NLC] = {"_nlcncl", "_nlc"}};
static const char *const pass_words[TCONV_PASS_COUNT] = {"", "_gi", "_gw"};

static int64_t get(const struct tconv_spec *spec, const struct field *f)
{
    int64_t value;
    memcpy(&value, (const char *)spec + f->offset, sizeof value);
    return value;
}

static void set(struct tconv_spec *spec, const struct field *f, int64_t value)
{
    memcpy((char *)spec + f->offset, &value, sizeof value);
}

/* The end's padding is that of the beginning unless it says otherwise. */
static int64_t implied(const struct tconv_spec *spec, const struct field *f)
{
    if (f->offset == offsetof(struct tconv_spec, padding_end))
        return spec->padding_begin;
    return f->implied;
}

void tconv_spec_name(const struct tconv_spec *spec, char name[TCONV_NAME_SIZE])
{
    const enum tconv_dtype output = tconv_spec_output_dtype(spec);
    size_t used = (size_t)snprintf(
        name, TCONV_NAME_SIZE, "%s%s%s%s%s%s", tconv_dtype_name(spec->dtype),
        spec->op == TCONV_CONV1D ? conv_word : "",
        weight_words[spec->weight_dtype],
        output != spec->dtype ? output_words[output] : "",
        spec->precision == TCONV_TF32 ? tf32_word : "",
        layout_words[spec->layout][spec->output_layout]);
    for (size_t i = 0; i < FIELDS; i++) {
        int64_t value = get(spec, &fields[i]);
        if (value == implied(spec, &fields[i]))
            continue;
        int wrote = snprintf(name + used, TCONV_NAME_SIZE - used, "_%s%lld",
                             fields[i].tag, (long long)value);
        if (wrote < 0 || (size_t)wrote >= TCONV_NAME_SIZE - used)
            return;
        used += (size_t)wrote;
    }
    snprintf(name + used, TCONV_NAME_SIZE - used, "%s", pass_words[spec->pass]);
}

static const struct field *find_field(const char *tag, size_t size)
{
    for (size_t i = 0; i < FIELDS; i++)
        if (strlen(fields[i].tag) == size && !memcmp(fields[i].tag, tag, size))
            return &fields[i];
    return NULL;
}

/* The text after a word, if it begins with that; else the text. */
static const char *skip_word(const char *text, const char *word)
{
    const size_t size = strlen(word);
    return size && !strncmp(text, word, size) &&
                   (!text[size] || text[size] == '_')
               ? text + size
               : text;
}

/* The text after the type that a name begins with; the name if there is none.
 */
static const char *read_dtype(const char *name, enum tconv_dtype *dtype)
{
    for (int i = 0; i < TCONV_DTYPE_COUNT; i++) {
        *dtype = (enum tconv_dtype)i;
        const char *rest = skip_word(name, tconv_dtype_name(*dtype));
        if (rest > name && *rest)
            return rest;
    }
    return name;
}

/* The pass that `text` ends with; forward if it does not end with one. */
static enum tconv_pass read_pass(const char *text)
{
    for (int pass = TCONV_FORWARD + 1; pass < TCONV_PASS_COUNT; pass++)
        if (!strcmp(text, pass_words[pass]))
            return (enum tconv_pass)pass;
    return TCONV_FORWARD;
}

enum tconv_status tconv_spec_from_name(const char *name,
                                       struct tconv_spec *spec,
                                       struct tconv_error *error)
{
    if (!name || !spec)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "name and spec: must not be NULL");
    struct tconv_spec s;
    tconv_spec_init(&s, 0, 0, 0);
    const char *at = read_dtype(name, &s.dtype);
    if (at == name)
        return tconv_fail(error, TCONV_E_NAME,
                          "\"%.80s\": a kernel name starts with a type: f32_, "
                          "f64_, f16_, bf16_, c64_, c128_, i8_ or u8_",
                          name);
    int end_given = 0;
    const char *rest = skip_word(at, conv_word);
    s.op = rest > at ? TCONV_CONV1D : TCONV_CONV_TRANSPOSE1D;
    at = rest;
    for (int dtype = TCONV_F16; dtype < TCONV_I32 && rest == at; dtype++) {
        if (weight_words[dtype])
            rest = skip_word(at, weight_words[dtype]);
        s.weight_dtype = rest > at ? (enum tconv_dtype)dtype : TCONV_F32;
    }
    at = rest;
    s.output_dtype = tconv_dtype_integer(s.dtype) ? s.dtype : 0;
    for (int dtype = 0; dtype < TCONV_I32 && rest == at; dtype++) {
        if (output_words[dtype])
            rest = skip_word(at, output_words[dtype]);
        if (rest > at)
            s.output_dtype = (enum tconv_dtype)dtype;
    }
    at = rest;
    rest = skip_word(at, tf32_word);
    s.precision = rest > at ? TCONV_TF32 : TCONV_PRECISION_FULL;
    at = rest;
    for (int pair = 1; pair < 4 && rest == at; pair++) {
        rest = skip_word(at, layout_words[pair / 2][pair % 2]);
        s.layout = rest > at ? (enum tconv_layout)(pair / 2) : TCONV_NCL;
        s.output_layout = rest > at ? (enum tconv_layout)(pair % 2) : TCONV_NCL;
    }
    at = rest;
    while (*at == '_' && !(s.pass = read_pass(at))) {
        at++;
        size_t size = strspn(at, "abcdefghijklmnopqrstuvwxyz");
        const struct field *f = find_field(at, size);
        if (!f)
            return tconv_fail(error, TCONV_E_NAME,
                              "\"%.80s\": no field is called \"%.*s\"", name,
                              (int)(size < 20 ? size : 20), at);
        at += size;
        size_t digits = strspn(at, "0123456789");
        if (digits < 1 || digits > 10)
            return tconv_fail(error, TCONV_E_NAME,
                              "\"%.80s\": a number of 1 to 10 digits must "
                              "follow \"%s\"",
                              name, f->tag);
        set(&s, f, strtoll(at, NULL, 10));
        end_given |= f->offset == offsetof(struct tconv_spec, padding_end);
        at += digits;
    }
    at += strlen(pass_words[s.pass]);
    if (*at)
        return tconv_fail(error, TCONV_E_NAME,
                          "\"%.80s\": unexpected \"%.20s\"", name, at);
    if (!end_given)
        s.padding_end = s.padding_begin;
    enum tconv_status status = tconv_spec_check(&s, error);
    if (status != TCONV_OK)
        return status;

    char canonical[TCONV_NAME_SIZE];
    tconv_spec_name(&s, canonical);
    if (strcmp(canonical, name) != 0)
        return tconv_fail(error, TCONV_E_NAME,
                          "\"%.80s\": the canonical spelling is %s", name,
                          canonical);
    *spec = s;
    return TCONV_OK;
}
