#include "table.h"

#include <lauxlib.h>
#include <stddef.h>
#include <string.h>

#include "error.h"

/* Fields with an integer value; the first three also go by position. */
static const struct number_field {
    const char *name;
    size_t offset; /* of an int64_t in struct tconv_spec */
    enum tconv_status status;
} numbers[] = {
    {"in_channels", offsetof(struct tconv_spec, in_channels),
     TCONV_E_IN_CHANNELS},
    {"out_channels", offsetof(struct tconv_spec, out_channels),
     TCONV_E_OUT_CHANNELS},
    {"kernel_size", offsetof(struct tconv_spec, kernel_size),
     TCONV_E_KERNEL_SIZE},
    {"stride", offsetof(struct tconv_spec, stride), TCONV_E_STRIDE},
    {"output_padding", offsetof(struct tconv_spec, output_padding),
     TCONV_E_OUTPUT_PADDING},
    {"groups", offsetof(struct tconv_spec, groups), TCONV_E_GROUPS},
    {"dilation", offsetof(struct tconv_spec, dilation), TCONV_E_DILATION},
    {"length", offsetof(struct tconv_spec, length), TCONV_E_LENGTH},
};

#define NUMBERS (sizeof numbers / sizeof *numbers)
#define POSITIONAL 3

/* All fields, in the order in which they are read and complained of. */
static const char *const fields[] = {
    "in_channels", "out_channels",   "kernel_size", "stride",
    "padding",     "output_padding", "groups",      "bias",
    "dilation",    "padding_mode",   "dtype",       "weight_dtype",
    "precision",   "output_dtype",   "layout",      "output_layout",
    "length",      "pass",           "name"};

#define FIELDS (sizeof fields / sizeof *fields)

/* The value on top of the stack, for a message. Leaves the stack as it was. */
static const char *shown(lua_State *L, char *buffer, size_t size)
{
    switch (lua_type(L, -1)) {
    case LUA_TSTRING:
        lua_pushfstring(L, "\"%s\"", lua_tostring(L, -1));
        break;
    case LUA_TNUMBER:
        lua_pushvalue(L, -1);
        lua_tostring(L, -1); /* converts the copy */
        break;
    case LUA_TBOOLEAN:
        lua_pushstring(L, lua_toboolean(L, -1) ? "true" : "false");
        break;
    default:
        lua_pushfstring(L, "a %s", luaL_typename(L, -1));
        break;
    }
    const char *text = lua_tostring(L, -1);
    size_t length = strlen(text);
    if (length >= size)
        length = size - 1;
    memcpy(buffer, text, length);
    buffer[length] = '\0';
    lua_pop(L, 1);
    return buffer;
}

/* The integer on top of the stack. 1.0 is taken for 1; "1" is not. */
static enum tconv_status read_integer(lua_State *L, const char *field,
                                      enum tconv_status failure, int64_t *value,
                                      struct tconv_error *error)
{
    char text[60];
    int is_integer = 0;
    if (lua_type(L, -1) == LUA_TNUMBER)
        *value = lua_tointegerx(L, -1, &is_integer);
    if (!is_integer)
        return tconv_fail(error, failure, "%s=%s: must be an integer", field,
                          shown(L, text, sizeof text));
    return TCONV_OK;
}

static const struct number_field *find_number(const char *name)
{
    for (size_t i = 0; i < NUMBERS; i++)
        if (!strcmp(numbers[i].name, name))
            return &numbers[i];
    return NULL;
}

/* A field with one word of a list; *choice is its index. */
static enum tconv_status read_word(lua_State *L, const char *field,
                                   enum tconv_status failure,
                                   const char *const *words, const char *rule,
                                   int *choice, struct tconv_error *error)
{
    char text[60];
    if (lua_type(L, -1) == LUA_TSTRING) {
        for (int i = 0; words[i]; i++) {
            if (!strcmp(words[i], lua_tostring(L, -1))) {
                *choice = i;
                return TCONV_OK;
            }
        }
    }
    return tconv_fail(error, failure, "%s=%s: %s", field,
                      shown(L, text, sizeof text), rule);
}

/* Conv1d's padding in words: "same" is 0 until the other fields are known. */
static enum tconv_status read_padding_word(lua_State *L,
                                           struct tconv_spec *spec,
                                           struct tconv_error *error)
{
    static const char *const words[] = {"valid", "same", NULL};
    int choice = 0;
    spec->padding_begin = spec->padding_end = 0;
    return read_word(L, "padding", TCONV_E_PADDING, words,
                     "must be \"valid\", \"same\" or an integer", &choice,
                     error);
}

/* As much padding as keeps the length, the odd element at the end. The spec was
 * checked without. */
static enum tconv_status pad_same(struct tconv_spec *spec,
                                  struct tconv_error *error)
{
    if (spec->stride != 1)
        return tconv_fail(error, TCONV_E_PADDING,
                          "padding=\"same\": needs stride=1, not %lld",
                          (long long)spec->stride);
    const int64_t reach = spec->dilation * (spec->kernel_size - 1);
    spec->padding_begin = reach / 2;
    spec->padding_end = reach - reach / 2;
    return tconv_spec_check(spec, error);
}

/* padding: one integer, or {begin, end}; one in braces is PyTorch's (4,). */
static enum tconv_status read_padding(lua_State *L, struct tconv_spec *spec,
                                      struct tconv_error *error)
{
    if (spec->op == TCONV_CONV1D && lua_type(L, -1) == LUA_TSTRING)
        return read_padding_word(L, spec, error);
    if (lua_type(L, -1) != LUA_TTABLE) {
        enum tconv_status status = read_integer(L, "padding", TCONV_E_PADDING,
                                                &spec->padding_begin, error);
        spec->padding_end = spec->padding_begin;
        return status;
    }
    size_t count = lua_rawlen(L, -1);
    if (count != 1 && count != 2)
        return tconv_fail(error, TCONV_E_PADDING,
                          "padding of %d numbers: must be one, or begin and "
                          "end",
                          (int)count);
    lua_rawgeti(L, -1, 1);
    enum tconv_status status = read_integer(L, "padding", TCONV_E_PADDING,
                                            &spec->padding_begin, error);
    lua_pop(L, 1);
    lua_rawgeti(L, -1, (lua_Integer)count);
    if (status == TCONV_OK)
        status = read_integer(L, "padding", TCONV_E_PADDING, &spec->padding_end,
                              error);
    lua_pop(L, 1);
    return status;
}

/* Names go into C strings and comments, so some characters are left out. */
static enum tconv_status read_name(lua_State *L, struct tconv_layer *layer,
                                   struct tconv_error *error)
{
    char text[60];
    size_t size = 0;
    const char *name =
        lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &size) : NULL;
    int good = name && size >= 1 && size < sizeof layer->name;
    for (size_t i = 0; good && i < size; i++)
        good = name[i] >= ' ' && name[i] <= '~' && !strchr("\"\\?*", name[i]);
    if (!good)
        return tconv_fail(error, TCONV_E_LAYER,
                          "name=%s: must be 1 to %d printable ASCII characters "
                          "without quotes, \\, ? and *",
                          shown(L, text, sizeof text),
                          (int)sizeof layer->name - 1);
    memcpy(layer->name, name, size + 1);
    return TCONV_OK;
}

static enum tconv_status no_argument(const char *quote, const char *name,
                                     enum tconv_op op,
                                     struct tconv_error *error)
{
    return tconv_fail(error, TCONV_E_SYNTAX,
                      "%s%.60s%s: %s has no such argument", quote, name, quote,
                      tconv_op_name(op));
}

/* The field called `name`, its value on top of the stack. */
static enum tconv_status read_field(lua_State *L, const char *name,
                                    struct tconv_layer *layer,
                                    struct tconv_error *error)
{
    struct tconv_spec *spec = &layer->spec;
    const struct number_field *number = find_number(name);
    if (spec->op == TCONV_CONV1D && !strcmp(name, "output_padding"))
        return no_argument("\"", name, spec->op, error);
    if (number) {
        int64_t value = 0;
        enum tconv_status status =
            read_integer(L, name, number->status, &value, error);
        memcpy((char *)spec + number->offset, &value, sizeof value);
        return status;
    }
    if (!strcmp(name, "padding"))
        return read_padding(L, spec, error);
    if (!strcmp(name, "name"))
        return read_name(L, layer, error);
    if (!strcmp(name, "bias")) {
        char text[60];
        if (lua_type(L, -1) != LUA_TBOOLEAN)
            return tconv_fail(error, TCONV_E_BIAS,
                              "bias=%s: must be true or false",
                              shown(L, text, sizeof text));
        spec->bias = lua_toboolean(L, -1);
        return TCONV_OK;
    }
    int choice = 0;
    enum tconv_status status;
    if (!strcmp(name, "dtype")) {
        static const char *const words[] = {
            "float32",  "f32",  "float64",   "f64", "float16",    "f16",
            "bfloat16", "bf16", "complex64", "c64", "complex128", "c128",
            "int8",     "i8",   "uint8",     "u8",  NULL};
        status = read_word(L, name, TCONV_E_DTYPE, words,
                           "must be \"float32\", \"float64\", \"float16\", "
                           "\"bfloat16\", \"complex64\", \"complex128\", "
                           "\"int8\" or \"uint8\"",
                           &choice, error);
        spec->dtype = (enum tconv_dtype)(choice / 2);
        /* The output's is read later, and is the input's if not given. */
        spec->output_dtype = tconv_dtype_integer(spec->dtype) ? spec->dtype : 0;
        return status;
    }
    if (!strcmp(name, "output_dtype")) {
        static const char *const words[] = {"float32", "f32", "int8", "i8",
                                            "uint8",   "u8",  NULL};
        static const enum tconv_dtype types[] = {TCONV_F32, TCONV_I8, TCONV_U8};
        status = read_word(L, name, TCONV_E_DTYPE, words,
                           "must be \"float32\", \"int8\" or \"uint8\"",
                           &choice, error);
        spec->output_dtype = types[choice / 2];
        /* Beside others, float32 would read as not given. */
        if (status == TCONV_OK && spec->output_dtype == TCONV_F32 &&
            spec->dtype != TCONV_F32 && !tconv_dtype_integer(spec->dtype))
            return tconv_fail(error, TCONV_E_DTYPE,
                              "output_dtype=\"float32\": needs dtype int8 or "
                              "uint8");
        return status;
    }
    if (!strcmp(name, "weight_dtype")) {
        static const char *const words[] = {
            "float16", "f16", "bfloat16", "bf16", "int8", "i8", NULL};
        static const enum tconv_dtype types[] = {TCONV_F16, TCONV_BF16,
                                                 TCONV_I8};
        status = read_word(L, name, TCONV_E_DTYPE, words,
                           "must be \"float16\", \"bfloat16\" or \"int8\"",
                           &choice, error);
        spec->weight_dtype = types[choice / 2];
        if (spec->weight_dtype ==
            tconv_spec_weight_dtype(&(struct tconv_spec){.dtype = spec->dtype}))
            spec->weight_dtype = 0; /* as it is anyway */
        return status;
    }
    if (!strcmp(name, "precision")) {
        static const char *const words[] = {"full", "tf32", NULL};
        status = read_word(L, name, TCONV_E_PRECISION, words,
                           "must be \"full\" or \"tf32\"", &choice, error);
        spec->precision = (enum tconv_precision)choice;
        return status;
    }
    if (!strcmp(name, "layout") || !strcmp(name, "output_layout")) {
        static const char *const words[] = {"ncl", "nlc", NULL};
        status = read_word(L, name, TCONV_E_LAYOUT, words,
                           "must be \"ncl\" or \"nlc\"", &choice, error);
        /* The output's is read later, and is the input's if not given. */
        spec->output_layout = (enum tconv_layout)choice;
        if (!strcmp(name, "layout"))
            spec->layout = spec->output_layout;
        return status;
    }
    if (!strcmp(name, "padding_mode")) {
        static const char *const words[] = {"zeros", NULL};
        return read_word(
            L, name, TCONV_E_PADDING, words,
            spec->op == TCONV_CONV1D
                ? "only \"zeros\" padding mode is supported for Conv1d here"
                : "only \"zeros\" padding mode is supported for "
                  "ConvTranspose1d",
            &choice, error);
    }
    if (!strcmp(name, "pass")) {
        static const char *const words[] = {"forward", "grad_input",
                                            "grad_weight", NULL};
        status =
            read_word(L, name, TCONV_E_PASS, words,
                      "must be \"forward\", \"grad_input\" or \"grad_weight\"",
                      &choice, error);
        spec->pass = (enum tconv_pass)choice;
        return status;
    }
    return no_argument("\"", name, spec->op, error);
}

/* Reads the value on top of the stack, if it is one, as the field's. */
static enum tconv_status take_field(lua_State *L, const char *name, int *given,
                                    struct tconv_layer *layer,
                                    struct tconv_error *error)
{
    if (lua_isnil(L, -1))
        return TCONV_OK;
    const struct number_field *number = find_number(name);
    if ((*given)++) /* by position and by name: one of the first three */
        return tconv_fail(error, number ? number->status : TCONV_E_SYNTAX,
                          "%s: is given twice", name);
    return read_field(L, name, layer, error);
}

/* Refuses a key that is no field: the first in the order of text, so that the
 * message is the same each time. */
static enum tconv_status refuse_unknown(lua_State *L, int index,
                                        enum tconv_op op,
                                        struct tconv_error *error)
{
    char first[60] = "", text[60];
    for (lua_pushnil(L); lua_next(L, index);) {
        lua_pop(L, 1);
        int known = lua_isinteger(L, -1) && lua_tointeger(L, -1) >= 1 &&
                    lua_tointeger(L, -1) <= POSITIONAL;
        for (size_t i = 0; i < FIELDS && lua_type(L, -1) == LUA_TSTRING; i++)
            known |= !strcmp(lua_tostring(L, -1), fields[i]);
        shown(L, text, sizeof text);
        if (!known && (!first[0] || strcmp(text, first) < 0))
            memcpy(first, text, sizeof first);
    }
    return tconv_fail(error, TCONV_E_SYNTAX,
                      "argument %s: %s has no such argument", first,
                      tconv_op_name(op));
}

enum tconv_status tconv_table_read(lua_State *L, int index, enum tconv_op op,
                                   struct tconv_layer *layer,
                                   struct tconv_error *error)
{
    index = lua_absindex(L, index);
    memset(layer, 0, sizeof *layer);
    tconv_spec_init(&layer->spec, 0, 0, 0);
    layer->spec.op = op;
    size_t entries = 0, taken = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
        entries++;
    for (size_t i = 0; i < FIELDS; i++) {
        enum tconv_status status = TCONV_OK;
        int given = 0;
        if (i < POSITIONAL) {
            lua_rawgeti(L, index, (lua_Integer)i + 1);
            status = take_field(L, fields[i], &given, layer, error);
            lua_pop(L, 1);
        }
        lua_pushstring(L, fields[i]);
        lua_rawget(L, index);
        if (status == TCONV_OK)
            status = take_field(L, fields[i], &given, layer, error);
        lua_pop(L, 1);
        if (status == TCONV_OK && i < POSITIONAL && !given)
            status = tconv_fail(error, numbers[i].status, "%s: is missing",
                                fields[i]);
        if (status != TCONV_OK)
            return status;
        taken += (size_t)given;
    }
    if (taken != entries)
        return refuse_unknown(L, index, op, error);
    enum tconv_status status = tconv_spec_check(&layer->spec, error);
    lua_pushliteral(L, "padding");
    lua_rawget(L, index);
    if (status == TCONV_OK && lua_type(L, -1) == LUA_TSTRING &&
        !strcmp(lua_tostring(L, -1), "same"))
        status = pad_same(&layer->spec, error);
    lua_pop(L, 1);
    return status;
}

static void set_integer(lua_State *L, const char *field, int64_t value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, field);
}

static void set_word(lua_State *L, const char *field, const char *word)
{
    lua_pushstring(L, word);
    lua_setfield(L, -2, field);
}

void tconv_table_push(lua_State *L, const struct tconv_spec *spec)
{
    lua_createtable(L, 0, 24);
    for (size_t i = 0; i < NUMBERS; i++) {
        int64_t value;
        memcpy(&value, (const char *)spec + numbers[i].offset, sizeof value);
        set_integer(L, numbers[i].name, value);
    }
    set_integer(L, "padding_begin", spec->padding_begin);
    set_integer(L, "padding_end", spec->padding_end);
    set_integer(L, "bias", spec->bias);
    const int back = spec->pass == TCONV_GRAD_INPUT;
    lua_pushboolean(L, spec->bias && spec->pass == TCONV_FORWARD);
    lua_setfield(L, -2, "has_bias");
    set_word(L, "op", tconv_op_name(spec->op));
    set_word(L, "pass", tconv_pass_name(spec->pass));
    lua_pushboolean(L, tconv_spec_transposed(spec));
    lua_setfield(L, -2, "transposed");
    /* Channels of what is read and of what is computed, real ones. */
    const int64_t parts = tconv_dtype_parts(spec->dtype);
    set_integer(L, "reads",
                parts * (back ? spec->out_channels : spec->in_channels));
    set_integer(L, "writes",
                parts * (back ? spec->in_channels : spec->out_channels));
    set_integer(L, "parts", parts);
    /* And layouts of these. */
    set_word(L, "x_layout",
             tconv_layout_name(back ? spec->output_layout : spec->layout));
    set_word(L, "y_layout",
             tconv_layout_name(back ? spec->layout : spec->output_layout));
    set_word(L, "layout", tconv_layout_name(spec->layout));
    set_word(L, "output_layout", tconv_layout_name(spec->output_layout));
    set_word(L, "dtype", tconv_dtype_name(spec->dtype));
    set_word(L, "sum_dtype", tconv_dtype_name(tconv_dtype_sum(spec->dtype)));
    set_word(L, "torch_dtype", tconv_dtype_torch_name(spec->dtype));
    set_word(L, "torch_weight_dtype",
             tconv_dtype_torch_name(tconv_spec_weight_dtype(spec)));
    set_word(L, "precision", tconv_precision_name(spec->precision));
    /* Is an element of x or y another than in sums? */
    lua_pushboolean(L, spec->dtype != tconv_dtype_sum(spec->dtype) ||
                           spec->precision != TCONV_PRECISION_FULL);
    lua_setfield(L, -2, "converts");
    const enum tconv_dtype output = tconv_spec_output_dtype(spec);
    set_word(L, "output_dtype", tconv_dtype_name(output));
    set_word(L, "torch_output_dtype", tconv_dtype_torch_name(output));
    char name[TCONV_NAME_SIZE];
    tconv_spec_name(spec, name);
    set_word(L, "name", name);

    set_word(L, "weight_dtype",
             tconv_dtype_name(tconv_spec_weight_dtype(spec)));
    int64_t bytes = tconv_dtype_bytes(spec->dtype);
    int64_t shape[3], weight = tconv_spec_weight_elements(spec);
    tconv_spec_weight_shape(spec, shape);
    set_integer(L, "weight_rows", shape[0]);
    set_integer(L, "weight_columns", shape[1]);
    set_integer(L, "element_bytes", bytes);
    set_integer(L, "output_element_bytes", tconv_dtype_bytes(output));
    set_integer(L, "sum_bytes",
                tconv_dtype_bytes(tconv_dtype_sum(spec->dtype)));
    set_integer(L, "weight_number_bytes",
                tconv_dtype_bytes(tconv_spec_weight_dtype(spec)) / parts);
    set_integer(L, "weight_elements", weight * parts * parts);
    set_integer(L, "weight_bytes",
                weight * tconv_dtype_bytes(tconv_spec_weight_dtype(spec)));
    int64_t least, most, output_length = 0;
    tconv_spec_length_range(spec, &least, &most);
    set_integer(L, "least_length", least);
    set_integer(L, "most_length", most);
    if (spec->length)
        (void)tconv_spec_output_length(spec, spec->length, &output_length,
                                       NULL);
    set_integer(L, "output_length", output_length);
    /* Lout = (L-1)*stride + output_constant, or of Conv1d
     * (L + output_constant)/stride + 1 */
    const int64_t padding = spec->padding_begin + spec->padding_end;
    const int64_t reach = spec->dilation * (spec->kernel_size - 1) + 1;
    set_integer(L, "output_constant",
                spec->op == TCONV_CONV1D
                    ? padding - reach
                    : reach + spec->output_padding - padding);
}
