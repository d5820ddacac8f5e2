#include "box.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "error.h"
#include "table.h"

#define MEMORY_LIMIT ((size_t)32 << 20)
#define INSTRUCTION_LIMIT 10000000
#define SECONDS_LIMIT 2 /* one instruction may compare megabytes */
#define HOOK_STEP 1000
#define LAYER_LIMIT 4096
#define PAIRS_LIMIT 4096

struct box {
    const char *file;
    struct tconv_model *model;
    struct tconv_error *error;
    size_t used;     /* bytes the Lua state holds */
    int over;        /* the box refused memory, not the system */
    size_t capacity; /* of model->layers */
    int steps;       /* of HOOK_STEP instructions */
    clock_t begin;
};

static void *box_alloc(void *user, void *block, size_t old, size_t size)
{
    struct box *box = user;
    if (!block)
        old = 0; /* Lua passes a type code there */
    if (size == 0) {
        box->used -= old;
        free(block);
        return NULL;
    }
    if (size > old && box->used + (size - old) > MEMORY_LIMIT) {
        box->over = 1;
        return NULL;
    }
    void *moved = realloc(block, size);
    if (moved)
        box->used = box->used - old + size;
    return moved;
}

static struct box *box_of(lua_State *L)
{
    return *(struct box **)lua_getextraspace(L);
}

static void count_hook(lua_State *L, lua_Debug *ar)
{
    struct box *box = box_of(L);
    (void)ar;
    if (++box->steps < INSTRUCTION_LIMIT / HOOK_STEP &&
        (clock() - box->begin) / CLOCKS_PER_SEC < SECONDS_LIMIT)
        return;
    luaL_where(L, 0); /* hooks run at the level of what they interrupt */
    lua_pushfstring(L, "runs for more than %d instructions or %d seconds",
                    INSTRUCTION_LIMIT, SECONDS_LIMIT);
    lua_concat(L, 2);
    lua_error(L);
}

/* Layer names are how one picks a layer, so no two may be equal. */
static enum tconv_status add_layer(struct box *box, struct tconv_layer *layer,
                                   struct tconv_error *error)
{
    struct tconv_model *model = box->model;
    if (model->count >= LAYER_LIMIT)
        return tconv_fail(error, TCONV_E_MODEL,
                          "more than %d layers in one model", LAYER_LIMIT);
    if (!layer->name[0])
        snprintf(layer->name, sizeof layer->name, "layer%zu", model->count);
    for (size_t i = 0; i < model->count; i++)
        if (!strcmp(model->layers[i].name, layer->name))
            return tconv_fail(error, TCONV_E_LAYER,
                              "name=\"%s\": another layer has that name",
                              layer->name);
    if (model->count == box->capacity) {
        size_t capacity = box->capacity ? 2 * box->capacity : 16;
        struct tconv_layer *layers =
            realloc(model->layers, capacity * sizeof *layers);
        if (!layers)
            return tconv_fail(error, TCONV_E_MEMORY, "out of memory");
        model->layers = layers;
        box->capacity = capacity;
    }
    model->layers[model->count++] = *layer;
    return TCONV_OK;
}

/* ConvTranspose1d and Conv1d; the upvalue says which. */
static int take_layer(lua_State *L)
{
    const enum tconv_op op =
        (enum tconv_op)lua_tointeger(L, lua_upvalueindex(1));
    struct box *box = box_of(L);
    struct tconv_layer layer;
    struct tconv_error error = {TCONV_OK, ""};
    if (lua_gettop(L) != 1 || !lua_istable(L, 1))
        return luaL_error(L, "%s takes one table: %s{512, 256, 16, stride=8}",
                          tconv_op_name(op), tconv_op_name(op));
    enum tconv_status status = tconv_table_read(L, 1, op, &layer, &error);
    if (status == TCONV_OK)
        status = add_layer(box, &layer, &error);
    if (status == TCONV_OK)
        return 0;
    /* The status travels beside the message, which gets file and line. */
    luaL_where(L, 1);
    tconv_fail(box->error, status, "%s%s", lua_tostring(L, -1), error.message);
    return lua_error(L);
}

/* ---- ipairs and pairs. Lua's own pairs has an order that changes from run to
 * run; a model's layers, and so its files, must come out alike every time. ----
 */

static int next_item(lua_State *L)
{
    lua_Integer i = lua_tointeger(L, 2) + 1;
    lua_pushinteger(L, i);
    return lua_rawgeti(L, 1, i) == LUA_TNIL ? 1 : 2;
}

static int each_item(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_pushcfunction(L, next_item);
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    return 3;
}

/* Upvalues: the table, the list of its keys, how many were visited. */
static int next_pair(lua_State *L)
{
    lua_Integer i = lua_tointeger(L, lua_upvalueindex(3)) + 1;
    lua_pushinteger(L, i);
    lua_replace(L, lua_upvalueindex(3));
    if (lua_rawgeti(L, lua_upvalueindex(2), i) == LUA_TNIL)
        return 1;
    lua_pushvalue(L, -1);
    lua_rawget(L, lua_upvalueindex(1));
    return 2;
}

/* Inserts the key on top of the stack into the sorted list of `count` keys at
 * `list`: numbers before strings. */
static void insert_key(lua_State *L, int list, lua_Integer count)
{
    int key = lua_absindex(L, -1);
    lua_Integer at = count;
    for (; at > 0; at--) {
        lua_rawgeti(L, list, at);
        int same = lua_type(L, -1) == lua_type(L, key);
        int after = same ? lua_compare(L, key, -1, LUA_OPLT)
                         : lua_type(L, key) == LUA_TNUMBER;
        if (!after) {
            lua_pop(L, 1);
            break;
        }
        lua_rawseti(L, list, at + 1);
    }
    lua_rawseti(L, list, at + 1);
}

static int each_pair(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_newtable(L);
    lua_Integer count = 0;
    for (lua_pushnil(L); lua_next(L, 1);) {
        lua_pop(L, 1); /* the value; the key stays for lua_next */
        int type = lua_type(L, -1);
        if (type != LUA_TNUMBER && type != LUA_TSTRING)
            return luaL_error(L, "pairs: a %s as key has no order",
                              luaL_typename(L, -1));
        if (count == PAIRS_LIMIT)
            return luaL_error(L, "pairs: more than %d keys", PAIRS_LIMIT);
        lua_pushvalue(L, -1);
        insert_key(L, 2, count++);
    }
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next_pair, 3);
    return 1;
}

struct run {
    const char *text;
    size_t bytes;
};

static int run_text(lua_State *L)
{
    struct box *box = box_of(L);
    struct run *run = lua_touserdata(L, 1);
    /* The environment of the model: four names. No library is opened, so
     * strings have no metatable, hence no methods. */
    lua_createtable(L, 0, 4);
    lua_pushcfunction(L, each_item);
    lua_setfield(L, -2, "ipairs");
    lua_pushcfunction(L, each_pair);
    lua_setfield(L, -2, "pairs");
    for (int op = 0; op < TCONV_OP_COUNT; op++) {
        lua_pushinteger(L, op);
        lua_pushcclosure(L, take_layer, 1);
        lua_setfield(L, -2, tconv_op_name((enum tconv_op)op));
    }

    char chunk[600];
    snprintf(chunk, sizeof chunk, "@%s", box->file);
    if (luaL_loadbufferx(L, run->text, run->bytes, chunk, "t") != LUA_OK)
        return lua_error(L);
    lua_insert(L, -2);
    lua_setupvalue(L, -2, 1); /* _ENV */
    box->begin = clock();
    lua_sethook(L, count_hook, LUA_MASKCOUNT, HOOK_STEP);
    lua_call(L, 0, 0);
    return 0;
}

enum tconv_status tconv_box_run(const char *file, const char *text,
                                size_t bytes, struct tconv_model *model,
                                struct tconv_error *error)
{
    struct tconv_error inner = {TCONV_OK, ""};
    struct box box = {.file = file, .model = model, .error = &inner};
    struct run run = {text, bytes};
    lua_State *L = lua_newstate(box_alloc, &box);
    if (!L)
        return tconv_fail(error, TCONV_E_MEMORY, "out of memory");
    *(struct box **)lua_getextraspace(L) = &box;
    lua_pushcfunction(L, run_text);
    lua_pushlightuserdata(L, &run);
    int failed = lua_pcall(L, 1, 0, 0);
    if (failed && inner.status == TCONV_OK) {
        const char *message = lua_type(L, -1) == LUA_TSTRING
                                  ? lua_tostring(L, -1)
                                  : "error without a message";
        if (failed != LUA_ERRMEM)
            tconv_fail(&inner, TCONV_E_MODEL, "%s%s%s",
                       strstr(message, file) == message ? "" : file,
                       strstr(message, file) == message ? "" : ": ", message);
        else if (box.over)
            tconv_fail(&inner, TCONV_E_MODEL,
                       "%s: needs more than %d MiB of memory", file,
                       (int)(MEMORY_LIMIT >> 20));
        else
            tconv_fail(&inner, TCONV_E_MEMORY, "%s: out of memory", file);
    }
    lua_close(L);
    if (inner.status == TCONV_OK && model->count == 0)
        tconv_fail(&inner, TCONV_E_MODEL,
                   "%s: declares no layer; a layer is "
                   "ConvTranspose1d{512, 256, 16, stride=8, name=\"up\"}",
                   file);
    if (inner.status != TCONV_OK)
        return tconv_fail(error, inner.status, "%s", inner.message);
    return TCONV_OK;
}
