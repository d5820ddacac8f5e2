/* Memory that runs out: for every n, the n-th request fails, and what was asked
 * for ends with TCONV_E_MEMORY, leaks nothing, and works the next time.
 *
 * The linker's --wrap leads the allocator's functions here, for this project's
 * objects and for the static libtcc. libtcc ends the process when it gets no
 * memory, so its entry points are wrapped as well, and within them no request
 * fails; shared libraries (libc's own requests) are not reached. */
#define _GNU_SOURCE
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#ifdef TCONV_HAVE_TCC
#include <libtcc.h>
#endif

/* ------------------------------------------------------------- the allocator
 */

/* Which request fails, counted down; 0: none will, or it has. */
static long countdown;
static long requests;    /* so far */
static int within_tcc;   /* depth */
static int failed;       /* the chosen request was made */
static long live_blocks; /* of this project's */
static long live_maps;

#define MOST_BLOCKS (1 << 18)
static void *blocks[MOST_BLOCKS]; /* open addressing; the live ones */
#define REMOVED ((void *)1)

static size_t slot_of(const void *block)
{
    return (size_t)(((uintptr_t)block >> 4) * UINT64_C(0x9e3779b97f4a7c15) >>
                    46);
}

static void remember(void *block)
{
    if (!block || within_tcc)
        return;
    size_t at = slot_of(block);
    while (blocks[at] && blocks[at] != REMOVED)
        at = (at + 1) % MOST_BLOCKS;
    blocks[at] = block;
    live_blocks++;
}

static void forget(const void *block)
{
    if (!block)
        return;
    for (size_t at = slot_of(block); blocks[at]; at = (at + 1) % MOST_BLOCKS) {
        if (blocks[at] != block)
            continue;
        /* An entry before a free slot need not be kept as a stone. */
        blocks[at] = blocks[(at + 1) % MOST_BLOCKS] ? REMOVED : NULL;
        live_blocks--;
        return;
    }
}

static int must_fail(void)
{
    if (within_tcc)
        return 0;
    requests++;
    if (countdown == 0 || --countdown > 0)
        return 0;
    failed = 1;
    return 1;
}

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *block, size_t bytes);
void __real_free(void *block);
void *__real_mmap(void *at, size_t bytes, int protection, int flags, int file,
                  off_t offset);
int __real_munmap(void *at, size_t bytes);

void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *block, size_t bytes);
void __wrap_free(void *block);
void *__wrap_mmap(void *at, size_t bytes, int protection, int flags, int file,
                  off_t offset);
int __wrap_munmap(void *at, size_t bytes);

void *__wrap_malloc(size_t bytes)
{
    void *block = must_fail() ? NULL : __real_malloc(bytes);
    remember(block);
    return block;
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    void *block = must_fail() ? NULL : __real_calloc(count, bytes);
    remember(block);
    return block;
}

void *__wrap_realloc(void *block, size_t bytes)
{
    if (must_fail())
        return NULL;
    forget(block);
    void *moved = __real_realloc(block, bytes);
    remember(moved);
    return moved;
}

void __wrap_free(void *block)
{
    forget(block);
    __real_free(block);
}

void *__wrap_mmap(void *at, size_t bytes, int protection, int flags, int file,
                  off_t offset)
{
    if (must_fail())
        return MAP_FAILED;
    void *map = __real_mmap(at, bytes, protection, flags, file, offset);
    live_maps += map != MAP_FAILED && !within_tcc;
    return map;
}

int __wrap_munmap(void *at, size_t bytes)
{
    live_maps -= !within_tcc;
    return __real_munmap(at, bytes);
}

#ifdef TCONV_HAVE_TCC

/* RESULT __wrap_NAME(parameters): the real one, no request failing within. */
#define WITHIN_TCC(result, name, parameters, arguments)                        \
    result __real_##name parameters;                                           \
    result __wrap_##name parameters;                                           \
    result __wrap_##name parameters                                            \
    {                                                                          \
        within_tcc++;                                                          \
        result outcome = __real_##name arguments;                              \
        within_tcc--;                                                          \
        return outcome;                                                        \
    }

WITHIN_TCC(TCCState *, tcc_new, (void), ())
WITHIN_TCC(int, tcc_set_output_type, (TCCState * s, int type), (s, type))
WITHIN_TCC(int, tcc_compile_string, (TCCState * s, const char *text), (s, text))
WITHIN_TCC(int, tcc_add_symbol,
           (TCCState * s, const char *name, const void *value),
           (s, name, value))
WITHIN_TCC(void *, tcc_get_symbol, (TCCState * s, const char *name), (s, name))
#ifdef TCONV_TCC_RELOCATE_ONE_ARG
WITHIN_TCC(int, tcc_relocate, (TCCState * s), (s))
#else
WITHIN_TCC(int, tcc_relocate, (TCCState * s, void *code), (s, code))
#endif

void __real_tcc_delete(TCCState *s);
void __wrap_tcc_delete(TCCState *s);
void __wrap_tcc_delete(TCCState *s)
{
    within_tcc++;
    __real_tcc_delete(s);
    within_tcc--;
}

#endif

/* ----------------------------------------------------------------- scenarios
 */

static void arm(long n)
{
    requests = 0;
    failed = 0;
    countdown = n;
}

static void disarm(void)
{
    countdown = 0;
}

/* `every`: all n would take minutes where there are thousands of requests that
 * are all made by Lua's one allocator, so from MOST_EACH on they are sampled.
 */
#define MOST_EACH 400
static long next_n(long n)
{
    if (getenv("TCONV_OOM_ALL") || n < MOST_EACH)
        return n + 1;
    return n + 1 + n / 23;
}

static void assert_honest(const char *what, long n, enum tconv_status status,
                          const struct tconv_error *error)
{
    if (status != TCONV_E_MEMORY)
        fail_msg("%s, request %ld: %s: %s", what, n, tconv_status_name(status),
                 error->message);
    assert_error(error, status, TCONV_E_MEMORY, NULL);
}

static void assert_level(const char *what, long n, long blocks_before,
                         long maps_before)
{
    if (live_blocks != blocks_before || live_maps != maps_before)
        fail_msg("%s, request %ld: %ld blocks and %ld maps are left", what, n,
                 live_blocks - blocks_before, live_maps - maps_before);
}

static void generator_create(void **state)
{
    (void)state;
    long blocks_before = live_blocks, maps_before = live_maps, tried = 0;
    for (long n = 1;; n = next_n(n)) {
        struct tconv_generator *generator = NULL;
        struct tconv_error error = NO_ERROR;
        arm(n);
        enum tconv_status status = tconv_generator_create(&generator, &error);
        disarm();
        if (!failed) {
            assert_ok(status, &error);
            tconv_generator_free(generator);
            break;
        }
        assert_honest("create", n, status, &error);
        assert_null(generator);
        assert_level("create", n, blocks_before, maps_before);
        tried++;
    }
    assert_level("create", 0, blocks_before, maps_before);
    assert_true(tried > 10);
}

static void generator_read(void **state)
{
    (void)state;
    static const char *const specs[] = {
        "f32_ci4_co2_k6_s3_p1",
        "ConvTranspose1d(4, 2, kernel_size=(6,), stride=(3,), padding=(1,))",
        TCONV_SOURCE_DIR "/tests/corpus/model/loop.lua",
        TCONV_SOURCE_DIR "/tests/corpus/model/two.lua:ups.1",
    };
    struct tconv_generator *generator = NULL;
    struct tconv_error error = NO_ERROR;
    assert_ok(tconv_generator_create(&generator, &error), &error);
    for (size_t i = 0; i < COUNT(specs); i++) {
        long tried = 0;
        for (long n = 1;; n = next_n(n)) {
            struct tconv_model model = {0};
            memset(&error, 0, sizeof error);
            long maps_before = live_maps;
            arm(n);
            enum tconv_status status =
                tconv_generator_read(generator, specs[i], &model, &error);
            disarm();
            if (!failed) {
                assert_ok(status, &error);
                assert_true(model.count > 0);
                tconv_model_free(&model);
                break;
            }
            assert_honest(specs[i], n, status, &error);
            assert_null(model.layers);
            assert_int_equal(live_maps, maps_before);
            tried++;
        }
        /* A name takes the list of layers at least. */
        assert_true(tried > 0);
    }
    tconv_generator_free(generator);
    assert_level("read", 0, 0, 0);
}

static void compare_files(const struct tconv_files *a,
                          const struct tconv_files *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_string_equal(a->files[i].name, b->files[i].name);
        assert_int_equal(a->files[i].bytes, b->files[i].bytes);
        assert_memory_equal(a->files[i].text, b->files[i].text,
                            a->files[i].bytes);
    }
}

/* After each failure the same generator still emits, and the same bytes. */
static void generator_emit(void **state)
{
    (void)state;
    struct tconv_generator *generator = NULL;
    struct tconv_error error = NO_ERROR;
    struct tconv_model model = {0};
    struct tconv_files want = {0};
    assert_ok(tconv_generator_create(&generator, &error), &error);
    assert_ok(
        tconv_generator_read(generator, "f32_ci4_co2_k6_s3_p1", &model, &error),
        &error);
    assert_ok(
        tconv_generator_emit(generator, &model, "scalar", NULL, &want, &error),
        &error);
    long tried = 0;
    for (long n = 1;; n = next_n(n)) {
        struct tconv_files files = {0};
        memset(&error, 0, sizeof error);
        arm(n);
        enum tconv_status status = tconv_generator_emit(
            generator, &model, "scalar", NULL, &files, &error);
        disarm();
        if (!failed) {
            assert_ok(status, &error);
            compare_files(&files, &want);
            tconv_files_free(&files);
            break;
        }
        assert_honest("emit", n, status, &error);
        assert_null(files.files);
        tried++;
        if (tried % 16)
            continue;
        memset(&error, 0, sizeof error);
        assert_ok(tconv_generator_emit(generator, &model, "scalar", NULL,
                                       &files, &error),
                  &error);
        compare_files(&files, &want);
        tconv_files_free(&files);
    }
    assert_true(tried > 10);
    tconv_files_free(&want);
    tconv_model_free(&model);
    tconv_generator_free(generator);
    assert_level("emit", 0, 0, 0);
}

#ifdef TCONV_HAVE_TCC

/* One kernel made with the n-th request failing; 0 if none failed. */
static int jit_once(const struct tconv_spec *spec, long n)
{
    struct tconv_jit *jit = NULL;
    struct tconv_error error = NO_ERROR;
    arm(n);
    enum tconv_status status =
        tconv_jit_create(spec, TCONV_ENGINE_JIT, NULL, NULL, &jit, &error);
    disarm();
    if (failed) {
        assert_honest("jit", n, status, &error);
        assert_null(jit);
    } else {
        assert_ok(status, &error);
        assert_non_null(tconv_jit_kernel(jit));
        tconv_jit_free(jit);
    }
    return failed;
}

/* The JIT keeps a generator between kernels. First upwards, from nothing; then
 * with a generator there downwards from the last request, through what comes
 * after emission, where a failure leaves the generator alone. */
static void jit_create(void **state)
{
    (void)state;
    struct tconv_spec spec = spec_of("f32_ci4_co2_k6_s3_p1");
    long n = 1, tried = 0;
    while (jit_once(&spec, n)) {
        n = next_n(n);
        tried++;
    }
    assert_true(tried > 10);

    assert_int_equal(jit_once(&spec, 0), 0);
    assert_int_equal(jit_once(&spec, 0), 0);
    long all = requests, blocks_before = live_blocks, maps_before = live_maps;
    assert_true(all > 4);
    for (n = all; n > 0 && n > all - 40; n--) {
        jit_once(&spec, n);
        assert_int_equal(live_maps, maps_before);
        /* Lua's garbage may come and go, but only so much. */
        assert_true(live_blocks <= blocks_before + 2000);
    }
    assert_int_equal(jit_once(&spec, 0), 0);
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generator_create),
        cmocka_unit_test(generator_read),
        cmocka_unit_test(generator_emit),
#ifdef TCONV_HAVE_TCC
        cmocka_unit_test(jit_create),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
