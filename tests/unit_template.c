/* The template engine by itself, and the generator over templates that are
 * wrong. The linker's --wrap leads what is baked in through this file. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "support.h"

/* ------------------------------------------------- what is baked, and not */

/* Stands in for the baked file of its name. */
static struct tconv_baked instead;

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names. */
const struct tconv_baked *__real_tconv_baked_find(const char *name);
const struct tconv_baked *__wrap_tconv_baked_find(const char *name);

const struct tconv_baked *__wrap_tconv_baked_find(const char *name)
{
    if (instead.name && !strcmp(instead.name, name))
        return &instead;
    return __real_tconv_baked_find(name);
}
/* NOLINTEND(bugprone-reserved-identifier) */

/* --------------------------------------------------- rendering one template */

/* Renders test.tmpl, which is `text`, with the table `values` (Lua). Others:
 * inner.tmpl, broken.tmpl. */
static const char driver[] =
    "local template, text, values = ...\n"
    "local texts = {\n"
    "    ['test.tmpl'] = text,\n"
    "    ['inner.tmpl'] = '[${x} ${y}]\\n',\n"
    "    ['broken.tmpl'] = 'fine\\n${nowhere}\\n',\n"
    "}\n"
    "template.load = function(name)\n"
    "    return texts[name] or error('no template ' .. name)\n"
    "end\n"
    "local out = {}\n"
    "template.render(out, 'test.tmpl', load('return ' .. values)())\n"
    "return table.concat(out)\n";

static lua_State *run(const char *text, const char *values, int *result)
{
    const struct tconv_baked *baked = tconv_baked_find("template.lua");
    lua_State *L = luaL_newstate();
    assert_non_null(baked);
    assert_non_null(L);
    luaL_openlibs(L);
    assert_int_equal(luaL_loadstring(L, driver), LUA_OK);
    assert_int_equal(
        luaL_loadbuffer(L, baked->text, baked->bytes, "@template.lua"), LUA_OK);
    assert_int_equal(lua_pcall(L, 0, 1, 0), LUA_OK);
    lua_pushstring(L, text);
    lua_pushstring(L, values);
    *result = lua_pcall(L, 3, 1, 0);
    return L;
}

static void gives(const char *text, const char *values, const char *want)
{
    int result;
    lua_State *L = run(text, values, &result);
    const char *got = lua_tostring(L, -1);
    if (result != LUA_OK || strcmp(got, want) != 0)
        fail_msg("<%s> with %s: <%s>, not <%s>", text, values, got, want);
    lua_close(L);
}

/* An error whose message has both parts. */
static void refuses(const char *text, const char *values, const char *where,
                    const char *why)
{
    int result;
    lua_State *L = run(text, values, &result);
    const char *got = lua_tostring(L, -1);
    if (result == LUA_OK || !strstr(got, where) || !strstr(got, why))
        fail_msg("<%s> with %s: <%s> lacks <%s> or <%s>", text, values, got,
                 where, why);
    lua_close(L);
}

static void test_lines_of_lua(void **unused)
{
    (void)unused;
    gives("$ for _, tap in ipairs(taps) do\n"
          "    acc += w[${tap.k}];\n"
          "$ end\n"
          "done\n",
          "{taps = {{k = 3}, {k = 5}}}",
          "    acc += w[3];\n    acc += w[5];\ndone\n");
    gives("$if wide then\nwide\n$else\nnarrow\n$end\n", "{wide = true}",
          "wide\n");
    gives("$local n = 7\n${n}\n", "{}", "7\n");
    gives("$   -- a remark\nx\n", "{}", "x\n");
    /* Only a line's first character counts. */
    gives(" $ end\nx $ y\n", "{}", " $ end\nx $ y\n");
}

static void test_values(void **unused)
{
    (void)unused;
    gives("${a}${b}, ${c}\n", "{a = 'x', b = -3, c = 1 << 62}",
          "x-3, 4611686018427387904\n");
    gives("${a .. b}|${#t}|${t[2].z}\n",
          "{a = 'p', b = 'q', t = {1, {z = 'deep'}}}", "pq|2|deep\n");
    gives("${''}\n", "{}", "\n");
    static const struct {
        const char *expression, *says;
    } refused[] = {
        {"1.5", "gave 1.5"},         {"2.0", "gave 2.0"},
        {"4 / 2", "gave 2.0"},       {"1 == 1", "gave true"},
        {"no", "gave false"},        {"nil", "gave nil"},
        {"t.missing", "gave nil"},   {"t", "gave table"},
        {"ipairs", "gave function"},
    };
    for (size_t i = 0; i < COUNT(refused); i++) {
        char text[80];
        snprintf(text, sizeof text, "one\n$ local two\n3: ${%s};\n",
                 refused[i].expression);
        refuses(text, "{t = {}, no = false}", "test.tmpl:3: ", refused[i].says);
    }
}

static void test_undefined_names(void **unused)
{
    (void)unused;
    static const char *const texts[] = {
        "one\n\n${absent}\n",
        "one\n$ --\n${absent.field}\n",
        "one\ntwo\n$ if absent then\n$ end\n",
        "\n\n${1 + absent}\n",
    };
    for (size_t i = 0; i < COUNT(texts); i++)
        refuses(texts[i], "{present = 1}",
                "test.tmpl:3: ", "undefined name 'absent'");
    /* Nor is there anything of Lua's that a template could reach out with. */
    static const char *const libraries[] = {
        "os", "io", "string", "math", "pairs", "load", "require", "_G",
    };
    for (size_t i = 0; i < COUNT(libraries); i++) {
        char text[40];
        snprintf(text, sizeof text, "$ local l = %s\n", libraries[i]);
        refuses(text, "{}", "test.tmpl:1: ", "undefined name");
    }
}

static void test_errors_name_the_line(void **unused)
{
    (void)unused;
    refuses("one\n$ if x the\n$ end\n", "{x = 1}",
            "test.tmpl:2: ", "'then' expected");
    refuses("one\ntwo ${x +}\nthree\n", "{x = 1}",
            "test.tmpl:2: ", "unexpected symbol");
    refuses("$ for i = 1, 2 do\nx\n", "{}", "test.tmpl:", "'end' expected");
    refuses("\\\n\n\"\n$ local s = t + 1\n", "{t = {}}",
            "test.tmpl:4: ", "arithmetic");
}

/* Each comes out as it is. */
static void test_text(void **unused)
{
    (void)unused;
    static const char *const texts[] = {
        "",
        "\n",
        "\n\n\n",
        "printf(\"%s %5.1f%%\\n\", 'c');\n",
        "\\\n",
        "ends in a backslash \\\nand goes on\n",
        "\\n is not a line's end, \\\" no quote's\n",
        "trailing blanks   \n\t\n  \t \n",
        "\"\n'\n]]\n]==]\n--[[\n--\n",
        "{} { $ } $ {x} $x $(x) 100%\n",
        "a $ in the middle, #define X(a) a##b?\n",
        "\r\n",
        "\x01\x7f\xc3\xa9\xff\n",
        "    four\n\ttab\n  two\n",
    };
    for (size_t i = 0; i < COUNT(texts); i++)
        gives(texts[i], "{x = 1}", texts[i]);
    /* Text of a value likewise, however many lines it has. */
    gives("    ${v};\n", "{v = 'a\\n$ b\\n${c} \\\\ %d'}",
          "    a\n$ b\n${c} \\ %d;\n");
}

static void test_columns(void **unused)
{
    (void)unused;
    gives("${x}\n", "{x = 'at column 0'}", "at column 0\n");
    gives("${x}${x} ${x}\n", "{x = 1}", "11 1\n");
    gives("$ if x then\n$   if x then\n        deep ${x}\n$   end\n"
          "shallow\n$ end\n",
          "{x = 1}", "        deep 1\nshallow\n");
}

static void test_render_within(void **unused)
{
    (void)unused;
    gives("<\n$ render('inner.tmpl', {x = 'new'})\n${x}>\n",
          "{x = 'old', y = 'outer'}", "<\n[new outer]\nold>\n");
    gives("$ for i, v in ipairs(list) do\n"
          "$   render('inner.tmpl', v)\n"
          "$ end\n",
          "{y = 0, list = {{x = 1}, {x = 2, y = 3}}}", "[1 0]\n[2 3]\n");
    /* Values with a metatable of their own are not laid over any. */
    gives("$ render('inner.tmpl', own)\n",
          "{y = 'outer', own = setmetatable({x = 1}, {__index = {y = 2}})}",
          "[1 2]\n");
    refuses("$ render('inner.tmpl', own)\n",
            "{y = 'outer', own = setmetatable({x = 1}, {})}",
            "inner.tmpl:1: ", "undefined name 'y'");
    refuses("$ render('broken.tmpl', {})\n", "{}",
            "broken.tmpl:2: ", "undefined name 'nowhere'");
    refuses("$ render('unknown.tmpl', {})\n", "{}", "", "no template unknown");
}

/* ------------------------------------------------ the generator over them */

/* A fresh generator is asked for a kernel while `name` has another text. */
static enum tconv_status emit(const char *name, const char *text,
                              struct tconv_error *error)
{
    struct tconv_generator *generator = NULL;
    struct tconv_spec spec = spec_of("f32_ci1_co1_k2_l1");
    char *emitted = NULL;
    instead = (struct tconv_baked){name, text, strlen(text)};
    enum tconv_status status = tconv_generator_create(&generator, error);
    if (status == TCONV_OK)
        status = tconv_generator_emit_one(generator, &spec, "scalar",
                                          TCONV_EMIT_WHOLE, &emitted, error);
    memset(&instead, 0, sizeof instead);
    assert_true((status == TCONV_OK) == (emitted != NULL));
    free(emitted);
    tconv_generator_free(generator);
    return status;
}

static void test_generator(void **unused)
{
    (void)unused;
    static const struct {
        const char *name, *text, *says;
    } broken[] = {
        {"file.c.tmpl", "/*\n${nowhere}\n", "file.c.tmpl:2: undefined name"},
        {"file.c.tmpl", "/*\n$ if\n", "file.c.tmpl:2: "},
        {"unrolled.c.tmpl", "${1.5}\n", "unrolled.c.tmpl:1: "},
        {"emit.lua", "local x\nx()\n", "emit.lua:2: "},
        {"emit.lua", "\nlocal\n", "emit.lua:"},
    };
    for (size_t i = 0; i < COUNT(broken); i++) {
        struct tconv_error error = NO_ERROR;
        assert_error(&error, emit(broken[i].name, broken[i].text, &error),
                     TCONV_E_GENERATOR, broken[i].says);
    }
    struct tconv_error error = NO_ERROR;
    assert_ok(emit("no such file", "", &error), &error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_of_lua),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_undefined_names),
        cmocka_unit_test(test_errors_name_the_line),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_render_within),
        cmocka_unit_test(test_generator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
