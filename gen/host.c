/* The generator: a Lua state with the project's own scripts and templates,
 * which are baked into the library. Model files do not run here (box.c). */
#include "host.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "host_internal.h"
#include "table.h"

struct tconv_generator {
    lua_State *L;
};

static void *plain_alloc(void *user, void *block, size_t old, size_t size)
{
    (void)user;
    (void)old;
    if (size == 0) {
        free(block);
        return NULL;
    }
    return realloc(block, size);
}

static const struct tconv_baked *baked_or_error(lua_State *L, const char *name)
{
    const struct tconv_baked *baked = tconv_baked_find(name);
    if (!baked)
        luaL_error(L, "no file is called '%s'", name);
    return baked;
}

/* require(name): the module gen/NAME.lua, loaded once. */
static int require(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, "tconv.modules");
    lua_getfield(L, -1, name);
    if (!lua_isnil(L, -1))
        return 1;
    lua_pop(L, 1);
    const char *file = lua_pushfstring(L, "%s.lua", name);
    const struct tconv_baked *baked = baked_or_error(L, file);
    const char *chunk = lua_pushfstring(L, "@%s", file);
    if (luaL_loadbufferx(L, baked->text, baked->bytes, chunk, "t") != LUA_OK)
        return lua_error(L);
    lua_call(L, 0, 1);
    lua_pushvalue(L, -1);
    lua_setfield(L, 2, name);
    return 1;
}

void tconv_host_require(lua_State *L, const char *name)
{
    lua_pushcfunction(L, require);
    lua_pushstring(L, name);
    lua_call(L, 1, 1);
}

/* template.load(name): the text of a baked file. */
static int load_text(lua_State *L)
{
    const struct tconv_baked *baked = baked_or_error(L, luaL_checkstring(L, 1));
    lua_pushlstring(L, baked->text, baked->bytes);
    return 1;
}

static int set_up(lua_State *L)
{
    luaL_requiref(L, "_G", luaopen_base, 1);
    luaL_requiref(L, "string", luaopen_string, 1);
    luaL_requiref(L, "table", luaopen_table, 1);
    luaL_requiref(L, "math", luaopen_math, 1);
    lua_settop(L, 0);
    lua_pushcfunction(L, require);
    lua_setglobal(L, "require");
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, TCONV_VERSION);
    lua_setfield(L, -2, "version");
    lua_setglobal(L, "tconv");
    tconv_host_require(L, "template");
    lua_pushcfunction(L, load_text);
    lua_setfield(L, -2, "load");
    tconv_host_require(L, "emit");
    tconv_host_require(L, "read");
    return 0;
}

enum tconv_status tconv_host_call(struct tconv_generator *generator,
                                  lua_CFunction body, void *request,
                                  enum tconv_status failure,
                                  struct tconv_error *error)
{
    lua_State *L = generator->L;
    lua_settop(L, 0);
    lua_pushcfunction(L, body);
    lua_pushlightuserdata(L, request);
    int result = lua_pcall(L, 1, 0, 0);
    if (result == LUA_OK)
        return TCONV_OK;
    if (result == LUA_ERRMEM)
        return tconv_fail(error, TCONV_E_MEMORY, "out of memory");
    const char *message = lua_tostring(L, -1);
    return tconv_fail(error, failure, "%s", message ? message : "unknown");
}

enum tconv_status tconv_generator_create(struct tconv_generator **generator,
                                         struct tconv_error *error)
{
    if (!generator)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "generator: must not be NULL");
    struct tconv_generator *made = malloc(sizeof *made);
    lua_State *L = made ? lua_newstate(plain_alloc, NULL) : NULL;
    if (!L) {
        free(made);
        return tconv_fail(error, TCONV_E_MEMORY, "out of memory");
    }
    made->L = L;
    enum tconv_status status =
        tconv_host_call(made, set_up, NULL, TCONV_E_GENERATOR, error);
    if (status == TCONV_OK)
        *generator = made;
    else
        tconv_generator_free(made);
    return status;
}

void tconv_generator_free(struct tconv_generator *generator)
{
    if (!generator)
        return;
    lua_close(generator->L);
    free(generator);
}

/* A copy of the string on top of the stack, or a Lua memory error. */
static char *copy_text(lua_State *L, size_t *bytes)
{
    size_t size;
    const char *text = luaL_checklstring(L, -1, &size);
    char *copy = malloc(size + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, size + 1);
    if (bytes)
        *bytes = size;
    return copy;
}

/* ---- text of one kind or another: each request calls one emit function ----
 */

struct text_request {
    const struct tconv_spec *spec;
    const char *isa;
    const char *dtype;
    enum tconv_emission emission;
    char *text;
};

static void push_emit(lua_State *L, const char *function)
{
    tconv_host_require(L, "emit");
    lua_getfield(L, -1, function);
}

static int emit_one(lua_State *L)
{
    struct text_request *r = lua_touserdata(L, 1);
    push_emit(L, "kernel");
    tconv_table_push(L, r->spec);
    lua_createtable(L, 1, 0);
    lua_pushstring(L, r->isa);
    lua_rawseti(L, -2, 1);
    lua_pushboolean(L, r->emission == TCONV_EMIT_MICRO);
    lua_pushliteral(L, "tconv");
    lua_call(L, 4, 1);
    r->text = copy_text(L, NULL);
    return 0;
}

static int emit_plan(lua_State *L)
{
    struct text_request *r = lua_touserdata(L, 1);
    push_emit(L, "plan");
    tconv_table_push(L, r->spec);
    lua_pushstring(L, r->isa);
    lua_call(L, 2, 1);
    r->text = copy_text(L, NULL);
    return 0;
}

static int emit_family(lua_State *L)
{
    struct text_request *r = lua_touserdata(L, 1);
    push_emit(L, "family");
    lua_pushstring(L, r->isa);
    lua_pushstring(L, r->dtype);
    lua_call(L, 2, 1);
    r->text = copy_text(L, NULL);
    return 0;
}

static enum tconv_status request_text(struct tconv_generator *generator,
                                      lua_CFunction body,
                                      struct text_request *request, char **text,
                                      struct tconv_error *error)
{
    enum tconv_status status =
        tconv_host_call(generator, body, request, TCONV_E_GENERATOR, error);
    if (status == TCONV_OK && !request->text)
        status = tconv_fail(error, TCONV_E_MEMORY, "out of memory");
    if (status == TCONV_OK)
        *text = request->text;
    return status;
}

/* One of the target table's names. */
static enum tconv_status check_isa(const char *isa, struct tconv_error *error)
{
    for (int i = 0; isa && tconv_isa_names[i]; i++)
        if (!strcmp(isa, tconv_isa_names[i]))
            return TCONV_OK;
    return tconv_fail(error, TCONV_E_ISA,
                      "isa=%.40s: must be avx512, avx2, sse2, neon, scalar or "
                      "native",
                      isa ? isa : "NULL");
}

enum tconv_status tconv_generator_emit_one(struct tconv_generator *generator,
                                           const struct tconv_spec *spec,
                                           const char *isa,
                                           enum tconv_emission emission,
                                           char **text,
                                           struct tconv_error *error)
{
    struct text_request request = {
        .spec = spec, .isa = isa, .emission = emission};
    enum tconv_status status = tconv_spec_check(spec, error);
    if (status == TCONV_OK)
        status = check_isa(isa, error);
    if (status != TCONV_OK)
        return status;
    return request_text(generator, emit_one, &request, text, error);
}

enum tconv_status tconv_generator_plan(struct tconv_generator *generator,
                                       const struct tconv_spec *spec,
                                       const char *isa, char **text,
                                       struct tconv_error *error)
{
    struct text_request request = {.spec = spec, .isa = isa};
    enum tconv_status status = tconv_spec_check(spec, error);
    if (status == TCONV_OK)
        status = check_isa(isa, error);
    if (status != TCONV_OK)
        return status;
    return request_text(generator, emit_plan, &request, text, error);
}

enum tconv_status tconv_generator_emit_family(struct tconv_generator *generator,
                                              const char *isa,
                                              const char *dtype, char **text,
                                              struct tconv_error *error)
{
    struct text_request request = {.isa = isa, .dtype = dtype};
    enum tconv_status status = check_isa(isa, error);
    if (status != TCONV_OK)
        return status;
    return request_text(generator, emit_family, &request, text, error);
}

/* ------------------------------------------------------------------ costs */

struct cost_request {
    const struct tconv_spec *spec;
    const char *isa;
    int64_t length, batch;
    int threads;
    struct tconv_cost *cost;
};

/* A number of the table on top of the stack. */
static double number_field(lua_State *L, const char *name)
{
    lua_getfield(L, -1, name);
    double value = luaL_checknumber(L, -1);
    lua_pop(L, 1);
    return value;
}

static void text_field(lua_State *L, const char *name, char *text, size_t size)
{
    lua_getfield(L, -1, name);
    const char *value = luaL_checkstring(L, -1);
    if (strlen(value) >= size)
        luaL_error(L, "%s '%s' is too long", name, value);
    memcpy(text, value, strlen(value) + 1);
    lua_pop(L, 1);
}

static int estimate_cost(lua_State *L)
{
    const struct cost_request *r = lua_touserdata(L, 1);
    struct tconv_cost *cost = r->cost;
    push_emit(L, "cost");
    tconv_table_push(L, r->spec);
    lua_pushstring(L, r->isa);
    lua_pushinteger(L, r->length);
    lua_pushinteger(L, r->batch);
    lua_pushinteger(L, r->threads);
    lua_call(L, 5, 1);
    text_field(L, "algorithm", cost->algorithm, sizeof cost->algorithm);
    text_field(L, "bound", cost->bound, sizeof cost->bound);
    cost->fraction = number_field(L, "fraction");
    cost->bytes = number_field(L, "bytes");
    cost->length = (int64_t)number_field(L, "length");
    lua_getfield(L, -1, "long");
    cost->is_long = lua_toboolean(L, -1);
    lua_pop(L, 1);
    lua_getfield(L, -1, "shares");
    cost->compute_share = number_field(L, "compute");
    cost->l1_share = number_field(L, "L1");
    cost->l2_share = number_field(L, "L2");
    cost->memory_share = number_field(L, "memory");
    return 0;
}

enum tconv_status tconv_generator_cost(struct tconv_generator *generator,
                                       const struct tconv_spec *spec,
                                       const char *isa, int64_t length,
                                       int64_t batch, int threads,
                                       struct tconv_cost *cost,
                                       struct tconv_error *error)
{
    struct cost_request request = {spec, isa, length, batch, threads, cost};
    struct tconv_sizes sizes;
    enum tconv_status status = tconv_spec_check(spec, error);
    if (status == TCONV_OK)
        status = check_isa(isa, error);
    if (status == TCONV_OK && (length || spec->length))
        status = tconv_spec_sizes(spec, batch, length ? length : spec->length,
                                  &sizes, error);
    if (status != TCONV_OK)
        return status;
    return tconv_host_call(generator, estimate_cost, &request,
                           TCONV_E_GENERATOR, error);
}

/* ---------------------------------------------------------------- models */

struct model_request {
    const struct tconv_model *model;
    const char *isas; /* comma-separated, checked; NULL: all */
    const char *prefix;
    struct tconv_files *files;
    int out_of_memory;
};

/* 1 if the comma-separated list has the name. */
static int listed(const char *list, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = list; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (!strncmp(at, name, size) && (at[size] == ',' || !at[size]))
            return 1;
    }
    return 0;
}

/* The instruction sets asked for, best first; the portable one always. */
static void push_isas(lua_State *L, const char *isas)
{
    lua_newtable(L);
    lua_Integer count = 0;
    for (int i = 0; tconv_isa_names[i]; i++) {
        const char *name = tconv_isa_names[i];
        int native =
            isas && listed(isas, "native") && !strcmp(name, tconv_isa_native());
        if (!isas || native || listed(isas, name) || !strcmp(name, "scalar")) {
            lua_pushstring(L, name);
            lua_rawseti(L, -2, ++count);
        }
    }
}

static void push_model(lua_State *L, const struct tconv_model *model)
{
    lua_newtable(L);
    lua_pushstring(L, model->name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, model->file[0] ? model->file : model->layers[0].name);
    lua_setfield(L, -2, "file");
    lua_newtable(L);
    for (size_t i = 0; i < model->count; i++) {
        lua_newtable(L);
        lua_pushstring(L, model->layers[i].name);
        lua_setfield(L, -2, "name");
        tconv_table_push(L, &model->layers[i].spec);
        lua_setfield(L, -2, "spec");
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "layers");
}

static int emit_model(lua_State *L)
{
    struct model_request *r = lua_touserdata(L, 1);
    push_emit(L, "model");
    push_model(L, r->model);
    push_isas(L, r->isas);
    lua_pushstring(L, r->prefix);
    lua_call(L, 3, 1);
    size_t count = lua_rawlen(L, -1);
    r->files->files = calloc(count, sizeof *r->files->files);
    if (!r->files->files) {
        r->out_of_memory = 1;
        return 0;
    }
    for (; r->files->count < count; r->files->count++) {
        struct tconv_file *file = &r->files->files[r->files->count];
        lua_rawgeti(L, -1, (lua_Integer)r->files->count + 1);
        lua_getfield(L, -1, "name");
        const char *name = luaL_checkstring(L, -1);
        if (strlen(name) >= sizeof file->name)
            return luaL_error(L, "file name '%s' is too long", name);
        memcpy(file->name, name, strlen(name) + 1);
        lua_getfield(L, -2, "text");
        file->text = copy_text(L, &file->bytes);
        if (!file->text) {
            r->out_of_memory = 1;
            return 0;
        }
        lua_pop(L, 3);
    }
    return 0;
}

/* Every name of the list must be known. */
static enum tconv_status check_isas(const char *isas, struct tconv_error *error)
{
    while (isas) {
        char name[41];
        size_t size = strcspn(isas, ",");
        size_t kept = size < sizeof name - 1 ? size : sizeof name - 1;
        memcpy(name, isas, kept);
        name[kept] = '\0';
        if (strcmp(name, "native") != 0) {
            enum tconv_status status = check_isa(name, error);
            if (status != TCONV_OK)
                return status;
        }
        isas = isas[size] ? isas + size + 1 : NULL;
    }
    return TCONV_OK;
}

/* A C identifier's characters, so that symbols and macros can be made of it. */
static int is_identifier(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    size_t size = strlen(text);
    return size >= 1 && size < 64 && strspn(text, letters) == size &&
           (*text < '0' || *text > '9');
}

enum tconv_status tconv_generator_emit(struct tconv_generator *generator,
                                       const struct tconv_model *model,
                                       const char *isas, const char *prefix,
                                       struct tconv_files *files,
                                       struct tconv_error *error)
{
    memset(files, 0, sizeof *files);
    struct model_request request = {.model = model,
                                    .isas = isas,
                                    .prefix = prefix ? prefix : "tconv",
                                    .files = files};
    if (!is_identifier(request.prefix))
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "prefix=%.40s: must be a C identifier of at most 63 "
                          "characters",
                          request.prefix);
    enum tconv_status status = check_isas(isas, error);
    for (size_t i = 0; i < model->count && status == TCONV_OK; i++)
        status = tconv_spec_check(&model->layers[i].spec, error);
    if (status == TCONV_OK)
        status = tconv_host_call(generator, emit_model, &request,
                                 TCONV_E_GENERATOR, error);
    if (status == TCONV_OK && request.out_of_memory)
        status = tconv_fail(error, TCONV_E_MEMORY, "out of memory");
    if (status != TCONV_OK)
        tconv_files_free(files);
    return status;
}

void tconv_files_free(struct tconv_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->files[i].text);
    /* A file that failed half-way is not counted yet. */
    free(files->files);
    memset(files, 0, sizeof *files);
}
