/* Model files that mean harm, or were typed badly: each ends soon, with a
 * status and one line that names the file and, where there is one, the line. */
#define _GNU_SOURCE
#include "support.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_SECONDS 30

static struct tconv_generator *generator;
static char folder[512];
static char path[600];

static void write_model(const char *text, size_t bytes)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, bytes, file), bytes);
    assert_int_equal(fclose(file), 0);
}

/* An endless model ends the test, not the tester's patience. */
static void too_late(int signal)
{
    (void)signal;
    static const char words[] = "the model above does not end\n";
    _exit(write(2, words, sizeof words - 1) < 0 ? 3 : 1);
}

/* Reads the SPEC and holds it to the common promise. */
static void assert_refused(const char *spec, enum tconv_status want, int line,
                           const char *part)
{
    struct tconv_error error = NO_ERROR;
    struct tconv_model model = {0};
    alarm(MOST_SECONDS);
    enum tconv_status status =
        tconv_generator_read(generator, spec, &model, &error);
    alarm(0);
    assert_error(&error, status, want, part);
    char place[40];
    snprintf(place, sizeof place, "model.lua:%d:", line);
    if (line && !strstr(error.message, place))
        fail_msg("\"%s\" does not name %s", error.message, place);
    assert_int_equal(model.count, 0);
    assert_null(model.layers);
}

struct hostile {
    const char *text;
    enum tconv_status status;
    int line; /* 0: the message cannot know */
    const char *part;
};

static void refuse_all(const struct hostile *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fprintf(stderr, "%.60s\n", cases[i].text);
        write_model(cases[i].text, strlen(cases[i].text));
        assert_refused(path, cases[i].status, cases[i].line, cases[i].part);
        if (!cases[i].line)
            continue;
        /* The failure leaves nothing behind in the generator. */
        static const char good[] = "ConvTranspose1d{4, 2, 3, name=\"good\"}";
        struct tconv_error error = NO_ERROR;
        struct tconv_model model;
        write_model(good, sizeof good - 1);
        assert_ok(tconv_generator_read(generator, path, &model, &error),
                  &error);
        assert_int_equal(model.count, 1);
        assert_string_equal(model.layers[0].name, "good");
        tconv_model_free(&model);
    }
}

static void endless_work(void **state)
{
    (void)state;
    static const struct hostile cases[] = {
        {"\nwhile true do end", TCONV_E_MODEL, 2, "instructions"},
        {"repeat until false", TCONV_E_MODEL, 1, "instructions"},
        {"::top::\ngoto top", TCONV_E_MODEL, 2, "instructions"},
        {"for i = 1, 1 << 62 do end", TCONV_E_MODEL, 1, "instructions"},
        {"local function f() return f() end f()", TCONV_E_MODEL, 1, NULL},
        {"for i = 1, 1e308 do local t = {i, i} end", TCONV_E_MODEL, 1, NULL},
        {"for i = 1, 1 << 40 do ConvTranspose1d{1, 1, 1} end", TCONV_E_MODEL, 0,
         NULL},
        /* Few instructions, each of them long. */
        {"local a, b = 'x', 'x'\nfor i = 1, 22 do a = a .. a b = b .. b end\n"
         "local n = 0 while a == b do n = n + 1 end",
         TCONV_E_MODEL, 0, NULL},
        {"local a = 'x'\nfor i = 1, 22 do a = a .. a end\n"
         "while true do local b = a .. 'y' end",
         TCONV_E_MODEL, 0, NULL},
    };
    refuse_all(cases, COUNT(cases));
}

static long peak_kibibytes(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void memory_hogs(void **state)
{
    (void)state;
    static const struct hostile cases[] = {
        {"local a = 'x' while true do a = a .. a end", TCONV_E_MODEL, 0,
         "memory"},
        {"local t = {}\nfor i = 1, 1 << 60 do t[i] = {i} end", TCONV_E_MODEL, 0,
         "memory"},
        {"local t = {} while true do t = {t} end", TCONV_E_MODEL, 0, "memory"},
        {"local s = 1 for i = 1, 64 do s = s .. s end", TCONV_E_MODEL, 0, NULL},
        {"local function f(n) return 1 + f(n) end\nf(1)", TCONV_E_MODEL, 0,
         NULL},
        {"local function f(n) local t = {f} return {f(t)} end f()",
         TCONV_E_MODEL, 0, NULL},
    };
    long before = peak_kibibytes();
    refuse_all(cases, COUNT(cases));
    /* AddressSanitizer's quarantine alone is 256 MiB. */
    assert_true(peak_kibibytes() - before < (512L << 10));
}

static void raised_errors(void **state)
{
    (void)state;
    static const struct hostile cases[] = {
        {"\nlocal a = nil + 1", TCONV_E_MODEL, 2, "arithmetic"},
        {"\n\nnothing()", TCONV_E_MODEL, 3, "nothing"},
        {"local t = {}\nt.x.y = 1", TCONV_E_MODEL, 2, "index"},
        {"error('no')", TCONV_E_MODEL, 1, "error"},
        {"ConvTranspose1d{4, 4, 4, name='a'}\nerror{}", TCONV_E_MODEL, 2, NULL},
        {"x = x .. nil", TCONV_E_MODEL, 1, "concatenate"},
        {"local a <close> = 1", TCONV_E_MODEL, 1, NULL},
        {"return 1 // 0", TCONV_E_MODEL, 1, NULL},
    };
    refuse_all(cases, COUNT(cases));
}

/* Nothing but ConvTranspose1d, ipairs and pairs is there to be called. */
static void reaching_out(void **state)
{
    (void)state;
    static const char *const names[] = {
        "os",           "io",        "load",           "loadfile",
        "loadstring",   "dofile",    "require",        "package",
        "debug",        "string",    "table",          "math",
        "utf8",         "coroutine", "collectgarbage", "getmetatable",
        "setmetatable", "rawset",    "rawget",         "rawequal",
        "rawlen",       "select",    "next",           "pcall",
        "xpcall",       "error",     "print",          "warn",
        "tostring",     "tonumber",  "type",           "assert",
        "_G",           "_VERSION",
    };
    for (size_t i = 0; i < COUNT(names); i++) {
        char text[200];
        int bytes = snprintf(text, sizeof text, "\nlocal x = %s.x", names[i]);
        write_model(text, (size_t)bytes);
        assert_refused(path, TCONV_E_MODEL, 2, names[i]);
    }
    static const struct hostile cases[] = {
        {"os.exit(0)", TCONV_E_MODEL, 1, "os"},
        {"io.open('/etc/passwd')", TCONV_E_MODEL, 1, "io"},
        {"require 'os'", TCONV_E_MODEL, 1, "require"},
        {"load('x')()", TCONV_E_MODEL, 1, "load"},
        {"local s = ('x'):rep(1 << 40)", TCONV_E_MODEL, 1, NULL},
        {"local s = ('%s'):format(1)", TCONV_E_MODEL, 1, NULL},
        {"local s = ('x').rep", TCONV_E_MODEL, 1, NULL},
        {"local x = _ENV.os.exit", TCONV_E_MODEL, 1, "os"},
        {"ConvTranspose1d.x = 1", TCONV_E_MODEL, 1, "ConvTranspose1d"},
    };
    refuse_all(cases, COUNT(cases));
}

/* A model may overwrite what it sees, for itself alone. */
static void environment_is_fresh(void **state)
{
    (void)state;
    static const char first[] = "ConvTranspose1d{1, 1, 1, name='a'}\n"
                                "ConvTranspose1d = nil ipairs = nil left = 1";
    static const char second[] = "for _, k in ipairs{1, left and 2} do\n"
                                 "ConvTranspose1d{1, 1, k} end";
    struct tconv_error error = NO_ERROR;
    struct tconv_model model;
    write_model(first, sizeof first - 1);
    assert_ok(tconv_generator_read(generator, path, &model, &error), &error);
    tconv_model_free(&model);
    write_model(second, sizeof second - 1);
    assert_ok(tconv_generator_read(generator, path, &model, &error), &error);
    assert_int_equal(model.count, 1);
    tconv_model_free(&model);
}

static void wrong_layers(void **state)
{
    (void)state;
    static const struct hostile cases[] = {
        {"\nConvTranspose1d{4, 4}", TCONV_E_KERNEL_SIZE, 2, "kernel_size"},
        {"ConvTranspose1d{}", TCONV_E_IN_CHANNELS, 1, "in_channels"},
        {"ConvTranspose1d()", TCONV_E_MODEL, 1, NULL},
        {"ConvTranspose1d(4, 4, 4)", TCONV_E_MODEL, 1, NULL},
        {"ConvTranspose1d'4'", TCONV_E_MODEL, 1, NULL},
        {"ConvTranspose1d({4, 4, 4}, 1)", TCONV_E_MODEL, 1, NULL},
        {"ConvTranspose1d{4, 4, '4'}", TCONV_E_KERNEL_SIZE, 1,
         "kernel_size=\"4\""},
        {"ConvTranspose1d{4, 4, {4}}", TCONV_E_KERNEL_SIZE, 1, "kernel_size"},
        {"ConvTranspose1d{4, 4, 2.5}", TCONV_E_KERNEL_SIZE, 1,
         "kernel_size=2.5"},
        {"ConvTranspose1d{4, 4, 0/0}", TCONV_E_KERNEL_SIZE, 1, "kernel_size="},
        {"ConvTranspose1d{4, 4, 1e300}", TCONV_E_KERNEL_SIZE, 1,
         "kernel_size="},
        {"ConvTranspose1d{4, 4, -1}", TCONV_E_KERNEL_SIZE, 1, "kernel_size=-1"},
        {"ConvTranspose1d{4, 4, true}", TCONV_E_KERNEL_SIZE, 1, "true"},
        {"ConvTranspose1d{4, 4, 1 << 31}", TCONV_E_KERNEL_SIZE, 1, "at most"},
        {"ConvTranspose1d{-4, 4, 4}", TCONV_E_IN_CHANNELS, 1, "in_channels=-4"},
        {"ConvTranspose1d{4, print, 4}", TCONV_E_OUT_CHANNELS, 1, NULL},
        {"ConvTranspose1d{4, 4, 4, stride=0}", TCONV_E_STRIDE, 1,
         "stride=0: must be at least 1"},
        {"ConvTranspose1d{4, 4, 4, stride=1/0}", TCONV_E_STRIDE, 1, "stride="},
        {"ConvTranspose1d{4, 4, 4, padding='1'}", TCONV_E_PADDING, 1,
         "padding=\"1\""},
        {"ConvTranspose1d{4, 4, 4, padding={}}", TCONV_E_PADDING, 1, NULL},
        {"ConvTranspose1d{4, 4, 4, padding={1, 2, 3}}", TCONV_E_PADDING, 1,
         NULL},
        {"ConvTranspose1d{4, 4, 4, padding={1, -2}}", TCONV_E_PADDING, 1,
         "padding=-2"},
        {"ConvTranspose1d{4, 4, 4, output_padding=1}", TCONV_E_OUTPUT_PADDING,
         1, "output_padding=1"},
        {"ConvTranspose1d{4, 4, 4, groups=3}", TCONV_E_GROUPS, 1, "groups=3"},
        {"ConvTranspose1d{4, 4, 4, bias=1}", TCONV_E_BIAS, 1, "bias="},
        {"ConvTranspose1d{4, 4, 4, dilation=0}", TCONV_E_DILATION, 1,
         "dilation=0"},
        {"ConvTranspose1d{4, 4, 4, dtype='int16'}", TCONV_E_DTYPE, 1, "int16"},
        {"ConvTranspose1d{4, 4, 4, output_dtype='int8'}", TCONV_E_DTYPE, 1,
         "output_dtype"},
        {"ConvTranspose1d{4, 4, 4, dtype=32}", TCONV_E_DTYPE, 1, "dtype=32"},
        {"ConvTranspose1d{4, 4, 4, layout='nhwc'}", TCONV_E_LAYOUT, 1, "nhwc"},
        {"ConvTranspose1d{4, 4, 4, length=-1}", TCONV_E_LENGTH, 1, "length=-1"},
        {"ConvTranspose1d{4, 4, 4, padding_mode='reflect'}", TCONV_E_PADDING, 1,
         "zeros"},
        {"ConvTranspose1d{4, 4, 4, stirde=2}", TCONV_E_SYNTAX, 1, "stirde"},
        {"ConvTranspose1d{4, 4, 4, 2}", TCONV_E_SYNTAX, 1, NULL},
        {"ConvTranspose1d{4, 4, 4, [true]=2}", TCONV_E_SYNTAX, 1, NULL},
        {"ConvTranspose1d{4, 4, 4, [1.5]=2}", TCONV_E_SYNTAX, 1, NULL},
        {"ConvTranspose1d{4, 4, 4, kernel_size=4}", TCONV_E_KERNEL_SIZE, 1,
         "kernel_size: is given twice"},
        {"ConvTranspose1d{4, 4, 4, name=1}", TCONV_E_LAYER, 1, "name="},
        {"ConvTranspose1d{4, 4, 4, name=''}", TCONV_E_LAYER, 1, "name="},
        {"ConvTranspose1d{4, 4, 4, name='a?b'}", TCONV_E_LAYER, 1, "name="},
        {"ConvTranspose1d{4, 4, 4, name='a\\nb'}", TCONV_E_LAYER, 1, NULL},
        {"ConvTranspose1d{4, 4, 4, name='a\\0b'}", TCONV_E_LAYER, 1, "name="},
        {"ConvTranspose1d{4, 4, 4, name='a'}\n"
         "ConvTranspose1d{4, 4, 5, name='a'}",
         TCONV_E_LAYER, 2, "name=\"a\""},
        {"for i = 1, 100000 do\nConvTranspose1d{1, 1, 1} end", TCONV_E_MODEL, 2,
         "layers"},
    };
    refuse_all(cases, COUNT(cases));
}

static void wrong_text(void **state)
{
    (void)state;
    static const struct hostile cases[] = {
        {"\nConvTranspose1d{4, 4, 4,, name='a'}", TCONV_E_MODEL, 2, NULL},
        {"ConvTranspose1d{4, 4, 4", TCONV_E_MODEL, 1, NULL},
        {"\n\n\x1b\x01", TCONV_E_MODEL, 3, NULL},
        {"this is not Lua", TCONV_E_MODEL, 1, NULL},
        {"\x7f"
         "ELF",
         TCONV_E_MODEL, 1, NULL},
        {"", TCONV_E_MODEL, 0, "model.lua"},
        {"-- nothing but a comment\n", TCONV_E_MODEL, 0, "model.lua"},
        {"local a = [[ open", TCONV_E_MODEL, 1, NULL},
        {"x = 'open\n'", TCONV_E_MODEL, 1, NULL},
    };
    refuse_all(cases, COUNT(cases));

    /* A compiled chunk, and one cut short. Loading such can crash Lua. */
    static const char chunk[] = "\x1bLua\x54\x00\x19\x93\r\n\x1a\n\x04\x08\x08";
    write_model(chunk, sizeof chunk - 1);
    assert_refused(path, TCONV_E_MODEL, 0, "model.lua");
    write_model(chunk, 4);
    assert_refused(path, TCONV_E_MODEL, 0, "model.lua");

    /* Deep nesting: the parser's recursion is bounded. */
    static char deep[200000];
    memset(deep, '(', sizeof deep);
    overlay(deep, "x=");
    write_model(deep, sizeof deep);
    assert_refused(path, TCONV_E_MODEL, 0, "model.lua");
    memset(deep + 2, '{', sizeof deep - 2);
    write_model(deep, sizeof deep);
    assert_refused(path, TCONV_E_MODEL, 0, "model.lua");
}

static void wrong_files(void **state)
{
    (void)state;
    char spec[700];
    snprintf(spec, sizeof spec, "%s/absent.lua", folder);
    assert_refused(spec, TCONV_E_MODEL, 0, "absent.lua");
    snprintf(spec, sizeof spec, "%s/no/such/folder.lua", folder);
    assert_refused(spec, TCONV_E_MODEL, 0, "no/such/folder.lua");

    snprintf(spec, sizeof spec, "%s/folder.lua", folder);
    assert_int_equal(mkdir(spec, 0700), 0);
    assert_refused(spec, TCONV_E_MODEL, 0, "folder.lua");
    assert_int_equal(rmdir(spec), 0);

    static const char good[] = "ConvTranspose1d{4, 2, 3, name=\"ups.0\"}";
    write_model(good, sizeof good - 1);
    snprintf(spec, sizeof spec, "%s:ups.1", path);
    assert_refused(spec, TCONV_E_LAYER, 0, "ups.1");
    snprintf(spec, sizeof spec, "%s:", path);
    assert_refused(spec, TCONV_E_LAYER, 0, NULL);
    if (geteuid() != 0) { /* root reads everything */
        assert_int_equal(chmod(path, 0), 0);
        assert_refused(path, TCONV_E_MODEL, 0, "model.lua");
        assert_int_equal(chmod(path, 0600), 0);
    }
}

/* 10 MB of comments, and of layers: read or refused, but soon and whole. */
static void enormous_files(void **state)
{
    (void)state;
    const size_t bytes = 10000000;
    char *text = malloc(bytes);
    assert_non_null(text);
    static const char layer[] = "ConvTranspose1d{4, 4, 4}\n";
    for (size_t at = 0; at + sizeof layer < bytes; at += sizeof layer - 1)
        memcpy(text + at, layer, sizeof layer);
    write_model(text, bytes - bytes % (sizeof layer - 1) - sizeof layer);
    assert_refused(path, TCONV_E_MODEL, 0, "model.lua");
    memset(text, '\0', bytes);
    write_model(text, bytes);
    assert_refused(path, TCONV_E_MODEL, 0, "model.lua");
    memset(text, '-', bytes);
    write_model(text, bytes);
    assert_refused(path, TCONV_E_MODEL, 0, "model.lua");
    free(text);
}

static void endless_specs(void **state)
{
    (void)state;
    static char spec[100001];
    memset(spec, 'a', sizeof spec - 1);
    struct tconv_error error = NO_ERROR;
    struct tconv_model model = {0};
    assert_int_not_equal(tconv_generator_read(generator, spec, &model, &error),
                         TCONV_OK);
    assert_true(error.message[0] && !strchr(error.message, '\n'));
    overlay(spec, "ConvTranspose1d(");
    memset(spec + 16, '(', sizeof spec - 17);
    memset(&error, 0, sizeof error);
    assert_error(&error, tconv_generator_read(generator, spec, &model, &error),
                 TCONV_E_SYNTAX, NULL);
}

static int set_up(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/tconv_hostile_XXXXXX",
             base && base[0] ? base : "/tmp");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/model.lua", folder);
    signal(SIGALRM, too_late);
    return tconv_generator_create(&generator, NULL) == TCONV_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    tconv_generator_free(generator);
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endless_work),         cmocka_unit_test(memory_hogs),
        cmocka_unit_test(raised_errors),        cmocka_unit_test(reaching_out),
        cmocka_unit_test(environment_is_fresh), cmocka_unit_test(wrong_layers),
        cmocka_unit_test(wrong_text),           cmocka_unit_test(wrong_files),
        cmocka_unit_test(enormous_files),       cmocka_unit_test(endless_specs),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down) != 0;
}
