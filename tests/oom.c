/* Memory that runs out: for every n, all requests from the n-th on fail, and
 * what was asked for ends with TCONV_E_MEMORY, leaks nothing, and works the
 * next time. Then only the n-th fails, which Lua may get over by collecting its
 * garbage and asking again: then it has to be right.
 *
 * The linker's --wrap leads the allocator's functions here, for this project's
 * objects and for the static libtcc. libtcc ends the process when it gets no
 * memory, so its entry points are wrapped as well, and within them no request
 * fails; shared libraries (libc's own requests) are not reached. */
#define _GNU_SOURCE
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tconv_pool.h"
#ifdef TCONV_HAVE_TCC
#include <libtcc.h>
#endif

/* The allocator. */

/* Requests from here on fail, counted down; 0: none will. */
static long countdown;
static int only_one;     /* the next one is served again */
static long requests;    /* so far */
static int within_tcc;   /* depth */
static int failed;       /* the chosen request was made */
static long live_blocks; /* of this project's */
static long live_maps;
static long
    live_plain; /* of the blocks, those not from realloc, which Lua uses */

#define MOST_BLOCKS (1 << 18)
static void *blocks[MOST_BLOCKS]; /* open addressing; the live ones */
static char plain[MOST_BLOCKS];
#define REMOVED ((void *)1)

static size_t slot_of(const void *block)
{
    return (size_t)(((uintptr_t)block >> 4) * UINT64_C(0x9e3779b97f4a7c15) >>
                    46);
}

static void remember(void *block, int is_plain)
{
    if (!block || within_tcc)
        return;
    size_t at = slot_of(block);
    while (blocks[at] && blocks[at] != REMOVED)
        at = (at + 1) % MOST_BLOCKS;
    blocks[at] = block;
    plain[at] = (char)is_plain;
    live_blocks++;
    live_plain += is_plain;
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
        live_plain -= plain[at];
        return;
    }
}

static int must_fail(void)
{
    if (within_tcc)
        return 0;
    requests++;
    if (countdown == 0)
        return 0;
    if (countdown > 1) {
        countdown--;
        return 0;
    }
    failed = 1;
    countdown = only_one ? 0 : 1;
    return 1;
}

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names. */

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *block, size_t bytes);
void __real_free(void *block);
void *__real_mmap(void *at, size_t bytes, int protection, int flags, int file,
                  off_t offset);
int __real_munmap(void *at, size_t bytes);

int __real_posix_memalign(void **block, size_t alignment, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *block, size_t bytes);
void __wrap_free(void *block);
void *__wrap_mmap(void *at, size_t bytes, int protection, int flags, int file,
                  off_t offset);
int __wrap_munmap(void *at, size_t bytes);
int __wrap_posix_memalign(void **block, size_t alignment, size_t bytes);

void *__wrap_malloc(size_t bytes)
{
    void *block = must_fail() ? NULL : __real_malloc(bytes);
    remember(block, 1);
    return block;
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    void *block = must_fail() ? NULL : __real_calloc(count, bytes);
    remember(block, 1);
    return block;
}

void *__wrap_realloc(void *block, size_t bytes)
{
    if (must_fail())
        return NULL;
    forget(block);
    void *moved = __real_realloc(block, bytes);
    remember(moved, 0);
    return moved;
}

int __wrap_posix_memalign(void **block, size_t alignment, size_t bytes)
{
    if (must_fail())
        return ENOMEM;
    int code = __real_posix_memalign(block, alignment, bytes);
    if (code == 0)
        remember(*block, 1);
    return code;
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

/* This one's result is void or int, as the version of libtcc has it. */
static void leave_tcc(const int *entered)
{
    within_tcc -= *entered;
}

typedef __typeof__(tcc_set_options(NULL, NULL)) options_result;
options_result __real_tcc_set_options(TCCState *s, const char *options);
options_result __wrap_tcc_set_options(TCCState *s, const char *options);
options_result __wrap_tcc_set_options(TCCState *s, const char *options)
{
    int entered __attribute__((cleanup(leave_tcc))) = 1;
    within_tcc += entered;
    return __real_tcc_set_options(s, options);
}

void __real_tcc_delete(TCCState *s);
void __wrap_tcc_delete(TCCState *s);
void __wrap_tcc_delete(TCCState *s)
{
    within_tcc++;
    __real_tcc_delete(s);
    within_tcc--;
}

#endif

/* NOLINTEND(bugprone-reserved-identifier) */

/* ---------------------------------------------------------------- scenarios */

static void arm(long n, int one)
{
    only_one = one;
    requests = 0;
    failed = 0;
    countdown = n;
}

static void disarm(void)
{
    countdown = 0;
}

/* All n would take minutes where thousands of requests go through Lua's one
 * allocator, so from MOST_EACH on they are sampled. */
#define MOST_EACH 400
static long next_n(long n)
{
    if (n < MOST_EACH || getenv("TCONV_OOM_ALL"))
        return n + 1;
    return n + 1 + n / 23;
}

/* What came out is honest: success only where Lua got over one failure. 1 for
 * a success. */
static int honest(const char *what, long n, enum tconv_status status,
                  const struct tconv_error *error)
{
    if (status == TCONV_OK && (only_one || !failed))
        return 1;
    if (status != TCONV_E_MEMORY)
        fail_msg("%s, request %ld%s: %s: %s", what, n,
                 only_one ? " alone" : " and later", tconv_status_name(status),
                 error->message);
    assert_error(error, status, TCONV_E_MEMORY, NULL);
    return 0;
}

static void assert_level(const char *what, long n, long blocks_before,
                         long maps_before)
{
    if (live_blocks != blocks_before || live_maps != maps_before)
        fail_msg("%s, request %ld: %ld blocks and %ld maps are left", what, n,
                 live_blocks - blocks_before, live_maps - maps_before);
}

/* Does the work with memory running out at request n, and checks what came of
 * it. */
typedef void attempt_fn(void *context, long n, int one);

static void try_all(attempt_fn *attempt, void *context)
{
    for (int one = 0; one < 2; one++) {
        long tried = 0;
        for (long n = 1;; n = next_n(n)) {
            attempt(context, n, one);
            if (!failed)
                break;
            tried++;
        }
        assert_true(tried > 0);
    }
}

static void create_once(void *context, long n, int one)
{
    (void)context;
    long blocks_before = live_blocks, maps_before = live_maps;
    struct tconv_generator *generator = NULL;
    struct tconv_error error = NO_ERROR;
    arm(n, one);
    enum tconv_status status = tconv_generator_create(&generator, &error);
    disarm();
    if (honest("create", n, status, &error))
        tconv_generator_free(generator);
    else
        assert_null(generator);
    assert_level("create", n, blocks_before, maps_before);
}

static void generator_create(void **state)
{
    (void)state;
    try_all(create_once, NULL);
}

/* A generator and what it is asked for, time after time. */
struct asked {
    struct tconv_generator *generator;
    const char *spec;
    struct tconv_model model;
    struct tconv_files want;
};

static void read_once(void *context, long n, int one)
{
    struct asked *asked = context;
    struct tconv_model model = {0};
    struct tconv_error error = NO_ERROR;
    arm(n, one);
    enum tconv_status status =
        tconv_generator_read(asked->generator, asked->spec, &model, &error);
    disarm();
    if (honest(asked->spec, n, status, &error))
        assert_true(model.count > 0);
    else
        assert_null(model.layers);
    tconv_model_free(&model);
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
    struct asked asked = {0};
    long blocks_before = live_blocks, maps_before = live_maps;
    assert_int_equal(tconv_generator_create(&asked.generator, NULL), TCONV_OK);
    for (size_t i = 0; i < COUNT(specs); i++) {
        asked.spec = specs[i];
        try_all(read_once, &asked);
    }
    tconv_generator_free(asked.generator);
    assert_level("read", 0, blocks_before, maps_before);
}

static void assert_same_files(const struct tconv_files *a,
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

/* After a failure the same generator still emits, and the same bytes. */
static void emit_once(void *context, long n, int one)
{
    struct asked *asked = context;
    struct tconv_files files = {0};
    struct tconv_error error = NO_ERROR;
    arm(n, one);
    enum tconv_status status = tconv_generator_emit(
        asked->generator, &asked->model, "scalar", NULL, &files, &error);
    disarm();
    if (!honest("emit", n, status, &error)) {
        assert_null(files.files);
        if (n % 16)
            return;
        memset(&error, 0, sizeof error);
        assert_ok(tconv_generator_emit(asked->generator, &asked->model,
                                       "scalar", NULL, &files, &error),
                  &error);
    }
    assert_same_files(&files, &asked->want);
    tconv_files_free(&files);
}

static void generator_emit(void **state)
{
    (void)state;
    struct asked asked = {.spec = "f32_ci4_co2_k6_s3_p1"};
    struct tconv_error error = NO_ERROR;
    long blocks_before = live_blocks, maps_before = live_maps;
    assert_ok(tconv_generator_create(&asked.generator, &error), &error);
    assert_ok(
        tconv_generator_read(asked.generator, asked.spec, &asked.model, &error),
        &error);
    assert_ok(tconv_generator_emit(asked.generator, &asked.model, "scalar",
                                   NULL, &asked.want, &error),
              &error);
    try_all(emit_once, &asked);
    tconv_files_free(&asked.want);
    tconv_model_free(&asked.model);
    tconv_generator_free(asked.generator);
    assert_level("emit", 0, blocks_before, maps_before);
}

static void pool_once(void *context, long n, int one)
{
    const int *threads = context;
    long blocks_before = live_blocks, maps_before = live_maps;
    struct tconv_pool *pool = NULL;
    struct tconv_error error = NO_ERROR;
    arm(n, one);
    enum tconv_status status = tconv_pool_create(&pool, *threads, &error);
    disarm();
    /* Nobody asks for memory a second time here. */
    if (failed)
        assert_int_equal(status, TCONV_E_MEMORY);
    if (honest("pool", n, status, &error))
        assert_int_equal(tconv_pool_threads(pool), *threads);
    else
        assert_null(pool);
    tconv_pool_free(pool);
    assert_level("pool", n, blocks_before, maps_before);
}

static void pool_create(void **state)
{
    (void)state;
#ifdef TCONV_HAVE_PTHREADPOOL
    int threads = 3;
#else
    int threads = 1;
#endif
    try_all(pool_once, &threads);
}

#ifdef TCONV_HAVE_TCC

static long plain_at_start;

static void jit_once(void *context, long n, int one)
{
    const struct tconv_spec *spec = context;
    struct tconv_jit *jit = NULL;
    struct tconv_error error = NO_ERROR;
    long maps_before = live_maps;
    arm(n, one);
    enum tconv_status status =
        tconv_jit_create(spec, TCONV_ENGINE_JIT, NULL, NULL, &jit, &error);
    disarm();
    if (honest("jit", n, status, &error))
        assert_non_null(tconv_jit_kernel(jit));
    else
        assert_null(jit);
    tconv_jit_free(jit);
    assert_int_equal(live_maps, maps_before);
    /* All that may stay is the generator; its Lua state is not counted. */
    assert_in_range(live_plain - plain_at_start, 0, 1);
}

/* The JIT keeps a generator between kernels, and makes a new one after a
 * failure to emit. So first upwards, from nothing; then, with a generator
 * there, downwards from the last request through all that follows emission,
 * where a failure leaves the generator alone. */
static void jit_create(void **state)
{
    (void)state;
    struct tconv_spec spec = spec_of("f32_ci4_co2_k6_s3_p1");
    plain_at_start = live_plain;
    try_all(jit_once, &spec);
    for (int one = 0; one < 2; one++) {
        jit_once(&spec, 0, 0);
        jit_once(&spec, 0, 0);
        long all = requests, failures = 0;
        /* Lua collects its garbage now and then: not each run has as many. */
        for (long n = all; n > 0 && failures < 40; n--) {
            jit_once(&spec, n, one);
            failures += failed;
        }
        assert_true(failures > 3);
    }
    jit_once(&spec, 0, 0);
}

/* A module's life. Its kernels are there already: making them is the test
 * above.
 */
struct life {
    struct tconv_spec spec;
    char path[32]; /* of the weights */
};

static enum tconv_status load_weights(struct tconv_module *module,
                                      const struct life *life,
                                      struct tconv_error *error)
{
#ifdef TCONV_HAVE_JANSSON
    return tconv_module_load_safetensors(module, life->path, "w", NULL, error);
#else
    (void)life;
    static const float weight[4 * 2 * 6];
    return tconv_module_set_weights(module, weight, NULL, error);
#endif
}

static void module_once(void *context, long n, int one)
{
    const struct life *life = context;
    static float x[4 * 9], y[2 * 40], weight[4 * 2 * 6];
    const struct tconv_grad_args args = {.x = x,
                                         .grad_output = y,
                                         .grad_input = x,
                                         .grad_weight = weight,
                                         .batch = 1,
                                         .length = 9};
    long blocks_before = live_blocks, maps_before = live_maps;
    struct tconv_module *module = NULL;
    struct tconv_error error = NO_ERROR;
    arm(n, one);
    enum tconv_status status = tconv_module_create(
        &life->spec, TCONV_ENGINE_JIT, NULL, &module, &error);
    if (status == TCONV_OK)
        status = load_weights(module, life, &error);
    if (status == TCONV_OK)
        status = tconv_module_forward(module, x, y, 1, 9, &error);
    if (status == TCONV_OK)
        status = tconv_module_backward(module, &args, &error);
    disarm();
    honest("module", n, status, &error);
    /* What failed for want of memory works once there is some. */
    if (module && failed) {
        assert_ok(load_weights(module, life, NULL), NULL);
        assert_ok(tconv_module_forward(module, x, y, 1, 9, NULL), NULL);
        assert_ok(tconv_module_backward(module, &args, NULL), NULL);
    }
    tconv_module_free(module);
    assert_level("module", n, blocks_before, maps_before);
}

static void write_weights(struct life *life)
{
    static const char header[] = "{\"w\":{\"dtype\":\"F32\",\"shape\":[4,2,6],"
                                 "\"data_offsets\":[0,192]}}";
    static const char zeros[192];
    const unsigned char size[8] = {sizeof header - 1};
    snprintf(life->path, sizeof life->path, "/tmp/tconv_oom_XXXXXX");
    int descriptor = mkstemp(life->path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, size, 8), 8);
    assert_int_equal(write(descriptor, header, sizeof header - 1),
                     sizeof header - 1);
    assert_int_equal(write(descriptor, zeros, sizeof zeros), sizeof zeros);
    close(descriptor);
}

static void module_life(void **state)
{
    (void)state;
    struct life life = {.spec = spec_of("f32_ci4_co2_k6_s3_p1_bias0")};
    struct tconv_jit *kept[TCONV_PASS_COUNT];
    struct tconv_error error = NO_ERROR;
    for (int i = 0; i < TCONV_PASS_COUNT; i++) {
        struct tconv_spec spec = life.spec;
        spec.pass = (enum tconv_pass)i;
        assert_ok(tconv_jit_create(&spec, TCONV_ENGINE_JIT, NULL, NULL,
                                   &kept[i], &error),
                  &error);
    }
    write_weights(&life);
    try_all(module_once, &life);
    unlink(life.path);
    for (int i = 0; i < TCONV_PASS_COUNT; i++)
        tconv_jit_free(kept[i]);
}

/* Where there is room, a call asks for nothing. */
static void module_real_time(void **state)
{
    (void)state;
    const struct tconv_spec spec = spec_of("f32_ci40_co24_k16_s8_p4");
    struct prng prng = {1};
    struct tensors t;
    struct tconv_module *module = NULL;
    struct tconv_error error = NO_ERROR;
    tensors_make(&t, &spec, 2, 500, GUARD_AFTER);
    tensors_fill(&t, FILL_UNIFORM, &prng);
    assert_ok(
        tconv_module_create(&spec, TCONV_ENGINE_JIT, NULL, &module, &error),
        &error);
    assert_ok(tconv_module_reserve(module, 2, 500, &error), &error);
    arm(1, 0);
    assert_ok(
        tconv_module_set_weights(module, t.weight.data, t.bias.data, &error),
        &error);
    assert_ok(tconv_module_forward(module, t.x.data, t.y.data, 2, 500, &error),
              &error);
    assert_ok(tconv_module_forward(module, t.x.data, t.y.data, 1, 70, &error),
              &error);
    disarm();
    assert_int_equal(requests, 0);
    tconv_module_free(module);
    tensors_free(&t);
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generator_create), cmocka_unit_test(generator_read),
        cmocka_unit_test(generator_emit),   cmocka_unit_test(pool_create),
#ifdef TCONV_HAVE_TCC
        cmocka_unit_test(jit_create),       cmocka_unit_test(module_life),
        cmocka_unit_test(module_real_time),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
