/* From the text of a SPEC to layers: which of the three spellings it is. */
#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "box.h"
#include "error.h"
#include "host_internal.h"
#include "table.h"

#define FILE_LIMIT ((size_t)4 << 20)

void tconv_model_free(struct tconv_model *model)
{
    free(model->layers);
    model->layers = NULL;
    model->count = 0;
}

/* A model of one layer. */
static enum tconv_status one_layer(const struct tconv_layer *layer,
                                   struct tconv_model *model,
                                   struct tconv_error *error)
{
    model->layers = malloc(sizeof *model->layers);
    if (!model->layers)
        return tconv_fail(error, TCONV_E_MEMORY, "out of memory");
    model->layers[0] = *layer;
    model->count = 1;
    return TCONV_OK;
}

/* ------------------------------------------------------ PyTorch's notation */

struct notation_request {
    const char *text;
    int is_notation;
    struct tconv_layer layer;
    enum tconv_status status;
    struct tconv_error *error;
};

static int read_notation(lua_State *L)
{
    struct notation_request *r = lua_touserdata(L, 1);
    tconv_host_require(L, "read");
    lua_getfield(L, -1, "is_notation");
    lua_pushstring(L, r->text);
    lua_call(L, 1, 1);
    r->is_notation = lua_toboolean(L, -1);
    lua_pop(L, 1);
    if (!r->is_notation)
        return 0;
    lua_getfield(L, -1, "notation");
    lua_pushstring(L, r->text);
    lua_call(L, 1, 2);
    const char *op = lua_tostring(L, -2);
    r->status = tconv_table_read(
        L, -1, strcmp(op, "Conv1d") ? TCONV_CONV_TRANSPOSE1D : TCONV_CONV1D,
        &r->layer, r->error);
    return 0;
}

/* ------------------------------------------------------------- model files */

/* The whole file in *text (free()). */
static enum tconv_status read_file(const char *path, char **text, size_t *bytes,
                                   struct tconv_error *error)
{
    enum tconv_status status = TCONV_OK;
    struct stat info;
    char *buffer = NULL;
    FILE *file = NULL;
    /* A pipe that nobody writes to would keep us waiting. */
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
        status = tconv_fail(error, TCONV_E_MODEL,
                            "%s: cannot read: is not a regular file", path);
        goto out;
    }
    file = fopen(path, "rb");
    if (!file) {
        status = tconv_fail(error, TCONV_E_MODEL, "%s: cannot read: %s", path,
                            strerror(errno));
        goto out;
    }
    buffer = malloc(FILE_LIMIT + 1);
    if (!buffer) {
        status = tconv_fail(error, TCONV_E_MEMORY, "out of memory");
        goto out;
    }
    *bytes = fread(buffer, 1, FILE_LIMIT + 1, file);
    if (ferror(file))
        status = tconv_fail(error, TCONV_E_MODEL, "%s: cannot read: %s", path,
                            strerror(errno));
    else if (*bytes > FILE_LIMIT)
        status = tconv_fail(error, TCONV_E_MODEL,
                            "%s: a model file has at most %d MiB", path,
                            (int)(FILE_LIMIT >> 20));
    if (status == TCONV_OK) {
        *text = buffer;
        buffer = NULL;
    }
out:
    free(buffer);
    if (file)
        fclose(file);
    return status;
}

/* A model is called after its file, as a C identifier. */
static void name_model(const char *path, char *name, size_t size)
{
    const char *base = strrchr(path, '/');
    base = base ? base + 1 : path;
    size_t used = 0;
    if (*base >= '0' && *base <= '9')
        name[used++] = '_';
    for (; *base && strcmp(base, ".lua") != 0 && used < size - 1; base++) {
        int plain = (*base >= 'a' && *base <= 'z') ||
                    (*base >= 'A' && *base <= 'Z') ||
                    (*base >= '0' && *base <= '9');
        name[used++] = (char)(plain ? *base : '_');
    }
    name[used] = '\0';
}

static enum tconv_status pick_layer(struct tconv_model *model, const char *name,
                                    struct tconv_error *error)
{
    for (size_t i = 0; i < model->count; i++) {
        if (!strcmp(model->layers[i].name, name)) {
            model->layers[0] = model->layers[i];
            model->count = 1;
            return TCONV_OK;
        }
    }
    return tconv_fail(error, TCONV_E_LAYER,
                      "%s: has no layer \"%.60s\"; the first of its %zu is "
                      "\"%s\"",
                      model->file, name, model->count, model->layers[0].name);
}

static enum tconv_status read_model(const char *spec, struct tconv_model *model,
                                    struct tconv_error *error)
{
    char path[sizeof model->file];
    if (strlen(spec) >= sizeof path)
        return tconv_fail(error, TCONV_E_MODEL,
                          "\"%.60s...\": a path has at most %d bytes", spec,
                          (int)sizeof path - 1);
    memcpy(path, spec, strlen(spec) + 1);
    /* FILE:LAYER, unless FILE:LAYER is a file. */
    char *colon = strstr(path, ".lua:");
    colon = colon ? colon + strlen(".lua") : strrchr(path, ':');
    struct stat info;
    if (colon && stat(path, &info) != 0)
        *colon = '\0';
    else
        colon = NULL;
    if (!strstr(path, ".lua") && !strchr(path, '/') && stat(path, &info) != 0)
        return tconv_fail(error, TCONV_E_SYNTAX,
                          "\"%.60s\": must be a model file, "
                          "ConvTranspose1d(...) or a name such as "
                          "f32_ci512_co256_k16_s8_p4",
                          spec);
    char *text = NULL;
    size_t bytes = 0;
    enum tconv_status status = read_file(path, &text, &bytes, error);
    if (status != TCONV_OK)
        return status;
    memcpy(model->file, path, sizeof path);
    name_model(path, model->name, sizeof model->name);
    status = tconv_box_run(path, text, bytes, model, error);
    free(text);
    if (status == TCONV_OK && colon)
        status = pick_layer(model, colon + 1, error);
    return status;
}

/* ---------------------------------------------------------------- any SPEC */

/* Does the text begin with a type, as canonical names do? */
static int begins_as_name(const char *text)
{
    for (int i = 0; i < TCONV_DTYPE_COUNT; i++) {
        const char *type = tconv_dtype_name((enum tconv_dtype)i);
        const size_t size = strlen(type);
        if (!strncmp(text, type, size) && text[size] == '_')
            return 1;
    }
    return 0;
}

enum tconv_status tconv_generator_read(struct tconv_generator *generator,
                                       const char *spec,
                                       struct tconv_model *model,
                                       struct tconv_error *error)
{
    if (!generator || !spec || !model)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "generator, spec and model: must not be NULL");
    memset(model, 0, sizeof *model);
    memcpy(model->name, "tconv_model", sizeof "tconv_model");
    struct notation_request request = {.text = spec, .error = error};
    enum tconv_status status = tconv_host_call(generator, read_notation,
                                               &request, TCONV_E_SYNTAX, error);
    if (status == TCONV_OK)
        status = request.status;
    if (status == TCONV_OK && request.is_notation) {
        if (!request.layer.name[0])
            tconv_spec_name(&request.layer.spec, request.layer.name);
        status = one_layer(&request.layer, model, error);
    } else if (status == TCONV_OK && !strpbrk(spec, "./:") &&
               begins_as_name(spec)) {
        struct tconv_layer layer = {.name = ""};
        status = tconv_spec_from_name(spec, &layer.spec, error);
        if (status == TCONV_OK) {
            tconv_spec_name(&layer.spec, layer.name);
            status = one_layer(&layer, model, error);
        }
    } else if (status == TCONV_OK) {
        status = read_model(spec, model, error);
    }
    if (status != TCONV_OK)
        tconv_model_free(model);
    return status;
}
