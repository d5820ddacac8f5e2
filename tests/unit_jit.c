/* The three engines: their bits, their registry, and all that can go wrong on
 * the way from text to a kernel. Each test has a cache folder of its own. */
#define _GNU_SOURCE /* NOLINT(bugprone-reserved-identifier) */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "jit.h"
#include "support.h"

/* Stands before the C library's: the call number `mprotect_fails` is denied. */
static int mprotect_calls, mprotect_fails;

int mprotect(void *address, size_t bytes, int protection)
{
    if (++mprotect_calls == mprotect_fails) {
        errno = EACCES;
        return -1;
    }
    return (int)syscall(SYS_mprotect, address, bytes, protection);
}

static char cache[64];

static int make_cache(void **unused)
{
    (void)unused;
    snprintf(cache, sizeof cache, "/tmp/tconv-unit-XXXXXX");
    return !mkdtemp(cache) || setenv("TCONV_CACHE_DIR", cache, 1) != 0;
}

/* Counts the folder's entries whose names contain `part`; removes them all if
 * `removing`. `path` (may be NULL) gets the last one's. */
static int entries(const char *part, int removing, char path[512])
{
    int count = 0;
    DIR *folder = opendir(cache);
    if (!folder)
        return -1;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.' || !strstr(entry->d_name, part))
            continue;
        count++;
        char name[512];
        snprintf(name, sizeof name, "%.100s/%.300s", cache, entry->d_name);
        if (removing && remove(name) != 0)
            count = -1000;
        if (path)
            memcpy(path, name, sizeof name);
    }
    closedir(folder);
    return count;
}

static int remove_cache(void **unused)
{
    (void)unused;
    return entries("", 1, NULL) < 0 || rmdir(cache) != 0;
}

/* A program in the cache folder that stands in for a compiler. */
static void script(char path[128], const char *body)
{
    snprintf(path, 128, "%s/stub.sh", cache);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fprintf(out, "#!/bin/sh\n%s\n", body);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(path, 0700), 0);
}

static struct tconv_jit *create(const char *name, enum tconv_engine engine,
                                const char *isa, const char *cc)
{
    struct tconv_spec spec = spec_of(name);
    struct tconv_error error = NO_ERROR;
    struct tconv_jit *jit = NULL;
    enum tconv_status status =
        tconv_jit_create(&spec, engine, isa, cc, &jit, &error);
    if (status == TCONV_E_NO_JIT) {
        print_message("skipped: built without libtcc\n");
        skip();
    }
    assert_ok(status, &error);
    assert_non_null(jit);
    return jit;
}

/* ----------------------------------------------------------------- the bits */

static void compare_run(const struct tconv_kernel *kernel,
                        const struct tensors *t, const void *packed, int parts)
{
    struct guarded y, workspace;
    guarded_make(&y, t->y.bytes, GUARD_AFTER);
    guarded_make(&workspace,
                 kernel->workspace_bytes(t->batch, t->length, parts),
                 GUARD_AFTER);
    fill_nan(t->spec.dtype, y.data, t->sizes.output);
    struct tconv_args args = {t->x.data,      packed,   y.data,
                              workspace.data, t->batch, t->length};
    for (int part = parts - 1; part >= 0; part--)
        kernel->run(&args, part, parts);
    assert_same_bits(kernel->isa, &t->spec, y.data, t->y.data, t->sizes.output);
    guarded_free(&workspace);
    guarded_free(&y);
}

static void compare_kernel(const char *name, const struct tconv_kernel *kernel)
{
    static const int64_t lengths[] = {1, 2, 5, 17, 64, 131};
    static const int parts[] = {1, 2, 7};
    struct prng prng = {4711};
    struct tconv_spec spec = spec_of(name);
    assert_string_equal(kernel->name, name);
    for (size_t i = 0; i < COUNT(lengths); i++) {
        int64_t length = spec.length ? spec.length : lengths[i];
        int64_t batch = i % 2 ? 3 : 1;
        struct tconv_sizes sizes;
        if (tconv_spec_sizes(&spec, batch, length, &sizes, NULL) != TCONV_OK) {
            assert_true(kernel->output_length(length) < 0);
            continue;
        }
        struct tensors t;
        struct guarded packed;
        tensors_make(&t, &spec, batch, length, GUARD_AFTER);
        tensors_fill(&t, i % 3 ? FILL_UNIFORM : FILL_SPECIAL, &prng);
        tensors_run(&t, kernel->sum);
        guarded_make(&packed, kernel->packed_bytes, GUARD_AFTER);
        kernel->pack(t.weight.data, t.bias.data, packed.data);
        for (size_t p = 0; p < COUNT(parts); p++)
            compare_run(kernel, &t, packed.data, parts[p]);
        guarded_free(&packed);
        tensors_free(&t);
    }
}

static const char *const specs[] = {
    "f32_ci2_co3_k4_s2_p1",
    "f32_ci16_co8_k16_s8_p4",
    "f64_ci3_co5_k7_s3_p2_op1",
    "f32_ci4_co6_k3_g2",
    "f32_ci1_co1_k1",
    "f64_ci8_co8_k4_s2_p1_g8_bias0",
    "f32_ci3_co2_k5_s4_pe1_d3",
    "f32_ci2_co2_k3_s5_bias0",
    "f32_ci5_co1_k20_s5_p7",
    "f64_ci2_co4_k6_s2_d2",
    "f32_ci2_co2_k4_s2_p9_pe1",
    "f32_ci6_co4_k10_s5_p3_op1_l17",
    "f32_ci1_co17_k11_p5",
    "f64_ci4_co1_k64_s16",
    "f32_ci10_co3_k2_s3_op2",
    "f32_ci33_co31_k8_s4_p2",
    "f32_ci2_co2_k9_s6_g2_d4",
    "f64_ci1_co2_k3_s2_l5",
    "f32_ci12_co12_k12_s2_p5_g12_bias0",
    "f32_ci3_co3_k1_s4_op3",
};

static void test_jit(void **unused)
{
    (void)unused;
    for (const char *const *isa = tconv_isa_names; *isa; isa++) {
        if (!tconv_isa_supported(*isa)) {
            print_message("skipped: no %s here\n", *isa);
            continue;
        }
        for (size_t i = 0; i < COUNT(specs); i++) {
            struct tconv_jit *jit =
                create(specs[i], TCONV_ENGINE_JIT, *isa, NULL);
            assert_string_equal(tconv_jit_kernel(jit)->isa, *isa);
            compare_kernel(specs[i], tconv_jit_kernel(jit));
            tconv_jit_free(jit);
        }
    }
}

static void test_pure(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT(specs); i++) {
        struct tconv_jit *jit = create(specs[i], TCONV_ENGINE_PURE, NULL, NULL);
        compare_kernel(specs[i], tconv_jit_kernel(jit));
        tconv_jit_free(jit);
    }
}

static void test_cc(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < 8; i++) {
        const char *isa = i % 4 == 3 ? "scalar" : NULL;
        struct tconv_jit *jit = create(specs[i], TCONV_ENGINE_CC, isa, NULL);
        compare_kernel(specs[i], tconv_jit_kernel(jit));
        tconv_jit_free(jit);
    }
    assert_int_equal(entries(".so", 0, NULL), 8);
    assert_int_equal(entries("", 0, NULL), 8); /* and nothing else */
}

/* ----------------------------------------------------- registry and requests
 */

static void test_sharing(void **unused)
{
    (void)unused;
    struct tconv_spec spec = spec_of(specs[1]);
    struct tconv_jit *first = create(specs[1], TCONV_ENGINE_JIT, NULL, NULL);
    struct timespec begin, end;
    enum { ROUNDS = 1000 };
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int i = 0; i < ROUNDS; i++) {
        struct tconv_jit *again = NULL;
        assert_int_equal(
            tconv_jit_create(&spec, TCONV_ENGINE_JIT, NULL, NULL, &again, NULL),
            TCONV_OK);
        assert_ptr_equal(tconv_jit_kernel(again), tconv_jit_kernel(first));
        tconv_jit_free(again);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds = (double)(end.tv_sec - begin.tv_sec) +
                     1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
    assert_true(seconds / ROUNDS < 50e-6);

    struct tconv_jit *pure = create(specs[1], TCONV_ENGINE_PURE, NULL, NULL);
    assert_ptr_not_equal(tconv_jit_kernel(pure), tconv_jit_kernel(first));
    tconv_jit_free(pure);
    tconv_jit_free(first);
    tconv_jit_free(NULL);
    assert_null(tconv_jit_kernel(NULL));
}

static void *create_thread(void *name)
{
    struct tconv_spec spec;
    struct tconv_jit *jit = NULL;
    if (tconv_spec_from_name(name, &spec, NULL) != TCONV_OK ||
        tconv_jit_create(&spec, TCONV_ENGINE_JIT, NULL, NULL, &jit, NULL) !=
            TCONV_OK)
        return NULL;
    return jit;
}

static void test_threads(void **unused)
{
    (void)unused;
    tconv_jit_free(create(specs[0], TCONV_ENGINE_JIT, NULL, NULL));
    pthread_t threads[8];
    void *jits[COUNT(threads)];
    for (int round = 0; round < 10; round++) {
        for (size_t i = 0; i < COUNT(threads); i++)
            assert_int_equal(pthread_create(&threads[i], NULL, create_thread,
                                            (void *)specs[i % 2]),
                             0);
        for (size_t i = 0; i < COUNT(threads); i++)
            assert_int_equal(pthread_join(threads[i], &jits[i]), 0);
        for (size_t i = 0; i < COUNT(threads); i++) {
            assert_non_null(jits[i]);
            assert_ptr_equal(jits[i], jits[i % 2]);
        }
        for (size_t i = 0; i < COUNT(threads); i++)
            tconv_jit_free(jits[i]);
    }
}

static void test_bad_requests(void **unused)
{
    (void)unused;
    struct tconv_spec spec = spec_of(specs[0]);
    struct tconv_jit *jit = NULL;
    struct tconv_error e = NO_ERROR;
    assert_error(
        &e, tconv_jit_create(&spec, TCONV_ENGINE_JIT, "mmx", NULL, &jit, &e),
        TCONV_E_ISA, "isa=mmx");
    for (const char *const *isa = tconv_isa_names; *isa; isa++) {
        if (tconv_isa_supported(*isa))
            continue;
        struct tconv_error lacking = NO_ERROR;
        assert_error(&lacking,
                     tconv_jit_create(&spec, TCONV_ENGINE_CC, *isa, NULL, &jit,
                                      &lacking),
                     TCONV_E_ISA, "this processor does not have it");
    }
    assert_int_equal(
        tconv_jit_create(&spec, TCONV_ENGINE_COUNT, NULL, NULL, &jit, NULL),
        TCONV_E_ARGUMENT);
    assert_int_equal(
        tconv_jit_create(&spec, TCONV_ENGINE_JIT, NULL, NULL, NULL, NULL),
        TCONV_E_ARGUMENT);
    assert_int_equal(
        tconv_jit_create(NULL, TCONV_ENGINE_JIT, NULL, NULL, &jit, NULL),
        TCONV_E_ARGUMENT);
    spec.stride = 0;
    assert_int_equal(
        tconv_jit_create(&spec, TCONV_ENGINE_JIT, NULL, NULL, &jit, NULL),
        TCONV_E_STRIDE);
    assert_null(jit);
}

/* -------------------------------------------------------------------- libtcc
 */

static const char good_text[] =
    "static const struct tconv_kernel kernel = {\n"
    "    TCONV_KERNEL_ABI, TCONV_SUM_FUSED, \"by_hand\", \"scalar\", \"f32\",\n"
    "    1, 1, 0, 4, 4, 0, 0, 0, 0, 0};\n"
    "const struct tconv_kernel *const tconv_by_hand[] = {&kernel, 0};\n";

static int has_tcc(void)
{
    struct tconv_loaded loaded;
    enum tconv_status status =
        tconv_jit_tcc_load(good_text, "by_hand", NULL, &loaded, NULL);
    if (status == TCONV_E_NO_JIT) {
        print_message("skipped: built without libtcc\n");
        return 0;
    }
    assert_int_equal(status, TCONV_OK);
    assert_string_equal(loaded.kernel->name, "by_hand");
    loaded.unload(&loaded);
    return 1;
}

static void test_broken_text(void **unused)
{
    (void)unused;
    static const struct {
        const char *text, *says;
    } broken[] = {
        {"\nint f(void) { return z; }\n", "broken.c:2: "},
        {"int f(void); int (*g)(void) = f;\n", "undefined symbol 'f'"},
        {"int x;\n", "tconv_broken: not defined"},
        {"#include <stdio.h>\n", "broken.c:1: "},
        {"int f(void) { return 1 }", "broken.c:1: "},
    };
    if (!has_tcc())
        skip();
    for (size_t i = 0; i < COUNT(broken); i++) {
        struct tconv_loaded loaded;
        struct tconv_error e = NO_ERROR;
        assert_error(
            &e, tconv_jit_tcc_load(broken[i].text, "broken", NULL, &loaded, &e),
            TCONV_E_JIT, broken[i].says);
        assert_null(loaded.handle);
        assert_true(has_tcc()); /* no lock is left held */
    }
    char *large = malloc(TCONV_TCC_MAX_TEXT + 2);
    assert_non_null(large);
    memset(large, ' ', TCONV_TCC_MAX_TEXT + 1);
    large[TCONV_TCC_MAX_TEXT + 1] = '\0';
    struct tconv_loaded loaded;
    struct tconv_error e = NO_ERROR;
    assert_error(&e, tconv_jit_tcc_load(large, "large", NULL, &loaded, &e),
                 TCONV_E_JIT, "1048577 bytes");
    free(large);
}

/* Denied the first time, the second, ...: each gives an error, none ends the
 * process, and afterwards all is well. */
static void test_denied_mprotect(void **unused)
{
    (void)unused;
    if (!has_tcc())
        skip();
    enum tconv_status status = TCONV_E_JIT;
    int denied = 0;
    while (status != TCONV_OK) {
        struct tconv_loaded loaded;
        struct tconv_error e = NO_ERROR;
        mprotect_calls = 0;
        mprotect_fails = ++denied;
        status = tconv_jit_tcc_load(good_text, "by_hand", NULL, &loaded, &e);
        mprotect_fails = 0;
        if (status == TCONV_OK)
            loaded.unload(&loaded);
        else
            assert_error(&e, status, TCONV_E_JIT, "jit: ");
    }
    assert_true(denied > 2); /* the two of the probe, at least */
    assert_true(has_tcc());
}

static int writable_code(void)
{
    char line[512];
    int found = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps))
        found |= strstr(line, " rwx") != NULL;
    fclose(maps);
    return found;
}

static void test_no_writable_code(void **unused)
{
    (void)unused;
    if (writable_code()) {
        print_message("skipped: there are rwx pages to begin with\n");
        skip();
    }
    struct tconv_jit *jit = create(specs[0], TCONV_ENGINE_JIT, NULL, NULL);
    struct tconv_jit *pure = create(specs[0], TCONV_ENGINE_PURE, NULL, NULL);
    assert_false(writable_code());
    tconv_jit_free(jit);
    tconv_jit_free(pure);
}

/* ---------------------------------------------------------- the compiler */

static void refuse_cc(const char *cc, enum tconv_status status,
                      const char *says)
{
    struct tconv_spec spec = spec_of(specs[0]);
    struct tconv_jit *jit = NULL;
    struct tconv_error e = NO_ERROR;
    assert_error(&e,
                 tconv_jit_create(&spec, TCONV_ENGINE_CC, NULL, cc, &jit, &e),
                 status, says);
    assert_null(jit);
    assert_int_equal(entries("tmp.", 0, NULL), 0);
}

static void test_bad_compilers(void **unused)
{
    (void)unused;
    char stub[128];
    refuse_cc("no-such-compiler", TCONV_E_NO_CC, "no-such-compiler");
    refuse_cc("/no/such/compiler -m64", TCONV_E_NO_CC, "/no/such/compiler");
    refuse_cc(" ", TCONV_E_NO_CC, "no such compiler");
    script(stub, "echo 'well then' >&2; echo 'x: error: no luck' >&2; exit 1");
    refuse_cc(stub, TCONV_E_CC, "x: error: no luck");
    script(stub, "exit 1");
    refuse_cc(stub, TCONV_E_CC, "failed without a message");
    script(stub, "exit 0");
    refuse_cc(stub, TCONV_E_CC, "failed without a message");
    script(stub, "kill -9 $$");
    refuse_cc(stub, TCONV_E_CC, "killed by signal 9");
    script(stub, "echo 'error: No space left on device' >&2; exit 1");
    refuse_cc(stub, TCONV_E_IO, "No space left");
    /* What it makes is no shared object. */
    script(stub, "while [ \"$1\" != -o ]; do shift; done; echo no > \"$2\"");
    refuse_cc(stub, TCONV_E_CC, "cannot load");
    refuse_cc("cc -no-such-option", TCONV_E_CC, "no-such-option");

    assert_int_equal(setenv("TCONV_CC", "from-tconv-cc", 1), 0);
    refuse_cc(NULL, TCONV_E_NO_CC, "from-tconv-cc");
    assert_int_equal(unsetenv("TCONV_CC"), 0);
    const char *before = getenv("CC");
    char *kept = before ? strdup(before) : NULL;
    assert_int_equal(setenv("CC", "from-cc", 1), 0);
    refuse_cc(NULL, TCONV_E_NO_CC, "from-cc");
    if (kept)
        setenv("CC", kept, 1);
    else
        unsetenv("CC");
    free(kept);
}

static ino_t inode(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_ino;
}

static void use_cc(const char *cc)
{
    struct tconv_jit *jit = create(specs[0], TCONV_ENGINE_CC, NULL, cc);
    compare_kernel(specs[0], tconv_jit_kernel(jit));
    tconv_jit_free(jit);
}

static void test_cache_entries(void **unused)
{
    (void)unused;
    char path[512];
    use_cc(NULL);
    assert_int_equal(entries("", 0, path), 1);
    ino_t first = inode(path);
    use_cc(NULL);
    assert_int_equal(inode(path), first); /* found */

    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    /* Damage: cut short, a byte changed in the object, in the key, emptied. */
    for (int kind = 0; kind < 4; kind++) {
        ino_t before = inode(path);
        int keep = open(path, O_RDWR | O_CLOEXEC); /* so the inode stays used */
        assert_true(keep >= 0);
        off_t at = kind == 1 ? st.st_size / 8 : st.st_size - 1000;
        if (kind == 0)
            assert_int_equal(ftruncate(keep, st.st_size / 2), 0);
        else if (kind == 3)
            assert_int_equal(ftruncate(keep, 0), 0);
        else
            assert_int_equal(pwrite(keep, "\x7f\x80", 2, at), 2);
        use_cc(NULL);
        assert_int_not_equal(inode(path), before); /* made again */
        close(keep);
    }
    assert_int_equal(entries("", 0, NULL), 1);
    use_cc("cc -O1"); /* other options, another entry */
    assert_int_equal(entries("", 0, NULL), 2);
}

static void test_unsafe_folders(void **unused)
{
    (void)unused;
    char path[128], link[128];
    assert_int_equal(chmod(cache, 0770), 0);
    refuse_cc(NULL, TCONV_E_IO, "others may write to it");
    assert_int_equal(chmod(cache, 0707), 0);
    refuse_cc(NULL, TCONV_E_IO, "others may write to it");
    assert_int_equal(chmod(cache, 0700), 0);

    snprintf(path, sizeof path, "%s/folder", cache);
    snprintf(link, sizeof link, "%s/link", cache);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(symlink("folder", link), 0);
    assert_int_equal(setenv("TCONV_CACHE_DIR", link, 1), 0);
    refuse_cc(NULL, TCONV_E_IO, "a link");
    snprintf(link, sizeof link, "%s/link/", cache);
    assert_int_equal(setenv("TCONV_CACHE_DIR", link, 1), 0);
    refuse_cc(NULL, TCONV_E_IO, "a link");
    assert_int_equal(rmdir(path), 0);
    script(path, "");
    assert_int_equal(setenv("TCONV_CACHE_DIR", path, 1), 0);
    refuse_cc(NULL, TCONV_E_IO, "not a folder");
    assert_int_equal(setenv("TCONV_CACHE_DIR", "/proc/no/such", 1), 0);
    refuse_cc(NULL, TCONV_E_IO, "/proc/no/such");

    /* A folder that is not there yet is made, with those above it. */
    snprintf(path, sizeof path, "%s/new/er", cache);
    assert_int_equal(setenv("TCONV_CACHE_DIR", path, 1), 0);
    use_cc(NULL);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    char all[160];
    memcpy(all, cache, sizeof cache);
    memcpy(cache, path, sizeof cache);
    assert_int_equal(entries("", 1, NULL), 1);
    memcpy(cache, all, sizeof cache);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(setenv("TCONV_CACHE_DIR", cache, 1), 0);
}

/* A disk that takes only so much, for several values of so much. */
static void test_full_disk(void **unused)
{
    (void)unused;
    static const rlim_t room[] = {0, 100, 4000, 9000};
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < COUNT(room); i++) {
        struct rlimit less = before;
        less.rlim_cur = room[i];
        struct tconv_spec spec = spec_of(specs[0]);
        struct tconv_jit *jit = NULL;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &less), 0);
        enum tconv_status status =
            tconv_jit_create(&spec, TCONV_ENGINE_CC, NULL, NULL, &jit, NULL);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_true(status == TCONV_E_IO || status == TCONV_E_CC);
        assert_int_equal(entries("", 0, NULL), 0);
    }
    signal(SIGXFSZ, handler);
    use_cc(NULL);
}

static void test_racing_processes(void **unused)
{
    (void)unused;
    pid_t children[3];
    for (size_t i = 0; i < COUNT(children); i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            struct tconv_spec spec;
            struct tconv_jit *jit = NULL;
            int bad = tconv_spec_from_name(specs[1], &spec, NULL) != TCONV_OK ||
                      tconv_jit_create(&spec, TCONV_ENGINE_CC, NULL, NULL, &jit,
                                       NULL) != TCONV_OK;
            tconv_jit_free(jit);
            _exit(bad);
        }
    }
    for (size_t i = 0; i < COUNT(children); i++) {
        int status = -1;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(entries("", 0, NULL), 1);
}

/* A host that wants no word of its children. */
static void test_ignored_children(void **unused)
{
    (void)unused;
    void (*handler)(int) = signal(SIGCHLD, SIG_IGN);
    use_cc(NULL);
    signal(SIGCHLD, handler);
}

/* -------------------------------------------------------------- verification
 */

static const struct tconv_kernel *right;

static void run_off(const struct tconv_args *args, int part, int parts)
{
    right->run(args, part, parts);
    int64_t last =
        args->batch * right->out_channels * right->output_length(args->length) -
        1;
    uint32_t bits;
    memcpy(&bits, (char *)args->y + last * 4, sizeof bits);
    bits ^= 1;
    memcpy((char *)args->y + last * 4, &bits, sizeof bits);
}

static void run_nothing(const struct tconv_args *args, int part, int parts)
{
    (void)args, (void)part, (void)parts;
}

static void run_outside(const struct tconv_args *args, int part, int parts)
{
    right->run(args, part, parts);
    float *end = (float *)args->y + args->batch * right->out_channels *
                                        right->output_length(args->length);
    *end = 1;
}

static int64_t length_off(int64_t length)
{
    int64_t is = right->output_length(length);
    return is > 0 ? is + 1 : is;
}

static void pack_beyond(const void *weight, const void *bias, void *packed)
{
    right->pack(weight, bias, packed);
    ((char *)packed)[right->packed_bytes] = 1;
}

static void test_verification(void **unused)
{
    (void)unused;
    const char *name = "f32_ci4_co3_k4_s2_p1";
    struct tconv_spec spec = spec_of(name);
    struct tconv_jit *jit = create(name, TCONV_ENGINE_CC, NULL, NULL);
    right = tconv_jit_kernel(jit);
    const char *isa = right->isa;
    struct tconv_error e = NO_ERROR;
    assert_ok(tconv_jit_verify(&spec, isa, right, &e), &e);

    struct tconv_kernel wrong = *right;
    wrong.run = run_off;
    assert_error(&e, tconv_jit_verify(&spec, isa, &wrong, &e), TCONV_E_DIFFER,
                 "generic kernel");
    struct tconv_error f = NO_ERROR;
    wrong.run = run_nothing;
    assert_error(&f, tconv_jit_verify(&spec, isa, &wrong, &f), TCONV_E_DIFFER,
                 "does not write y[0]");
    struct tconv_error g = NO_ERROR;
    wrong.run = run_outside;
    assert_error(&g, tconv_jit_verify(&spec, isa, &wrong, &g), TCONV_E_DIFFER,
                 "outside y");
    wrong = *right;
    wrong.output_length = length_off;
    assert_int_equal(tconv_jit_verify(&spec, isa, &wrong, NULL),
                     TCONV_E_DIFFER);
    wrong = *right;
    wrong.pack = pack_beyond;
    assert_int_equal(tconv_jit_verify(&spec, isa, &wrong, NULL),
                     TCONV_E_DIFFER);
    wrong = *right;
    wrong.abi++;
    assert_int_equal(tconv_jit_verify(&spec, isa, &wrong, NULL), TCONV_E_ABI);
    wrong = *right;
    wrong.weight_bytes++;
    assert_int_equal(tconv_jit_verify(&spec, isa, &wrong, NULL),
                     TCONV_E_GENERATOR);
    spec.out_channels = 4;
    assert_int_equal(tconv_jit_verify(&spec, isa, right, NULL),
                     TCONV_E_GENERATOR);
    tconv_jit_free(jit);
}

#define WITH_CACHE(test)                                                       \
    cmocka_unit_test_setup_teardown(test, make_cache, remove_cache)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jit),
        cmocka_unit_test(test_pure),
        WITH_CACHE(test_cc),
        cmocka_unit_test(test_sharing),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_bad_requests),
        cmocka_unit_test(test_broken_text),
        cmocka_unit_test(test_denied_mprotect),
        cmocka_unit_test(test_no_writable_code),
        WITH_CACHE(test_bad_compilers),
        WITH_CACHE(test_cache_entries),
        WITH_CACHE(test_unsafe_folders),
        WITH_CACHE(test_full_disk),
        WITH_CACHE(test_racing_processes),
        WITH_CACHE(test_ignored_children),
        WITH_CACHE(test_verification),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
