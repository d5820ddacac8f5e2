/* Kernels from the system's compiler: their bits, the cache on disk, and all
 * that can go wrong with either. Each test has a cache folder of its own. This
 * program is linked as if there were no libtcc. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jit_support.h"

/* A layer whose kernel compiles in no time. */
static const char small[] = "f32_ci1_co1_k2_l1";

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
    snprintf(path, 128, "%s/fake.sh", cache);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fprintf(out, "#!/bin/sh\n%s\n", body);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(path, 0700), 0);
}

/* ------------------------------------------------------------- the bits */

/* Few, since each costs the compiler some hundred milliseconds: `tconv check
 * --engine cc` and hostile_flags.sh go through many. */
static void test_bits(void **unused)
{
    (void)unused;
    static const struct {
        const char *name, *isa;
    } cases[] = {
        {"f32_ci2_co2_k3_s5_bias0", NULL},
        {"f64_ci8_co8_k4_s2_p1_g8_bias0", NULL},
        {"f64_ci1_co2_k3_s2_l5", NULL},
        {"f32_ci6_co4_k10_s5_p3_op1_l17", "scalar"},
        {"f32_ci1_co1_k1", "scalar"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tconv_jit *jit =
            jit_make(cases[i].name, TCONV_ENGINE_CC, cases[i].isa, NULL);
        const struct tconv_kernel *kernel = tconv_jit_kernel(jit);
        assert_string_equal(kernel->isa,
                            cases[i].isa ? cases[i].isa : tconv_isa_native());
        compare_kernel(cases[i].name, kernel);
        tconv_jit_free(jit);
    }
    assert_int_equal(entries(".so", 0, NULL), COUNT(cases));
    assert_int_equal(entries("", 0, NULL), COUNT(cases)); /* nothing else */
}

static void test_without_libtcc(void **unused)
{
    (void)unused;
    static const enum tconv_engine engines[] = {TCONV_ENGINE_JIT,
                                                TCONV_ENGINE_PURE};
    struct tconv_spec spec = spec_of(small);
    for (size_t i = 0; i < COUNT(engines); i++) {
        struct tconv_jit *jit = NULL;
        struct tconv_error e = NO_ERROR;
        assert_error(&e,
                     tconv_jit_create(&spec, engines[i], NULL, NULL, &jit, &e),
                     TCONV_E_NO_JIT, "built without libtcc");
        assert_null(jit);
    }
}

/* ---------------------------------------------------------- the compiler */

static void refuse_cc(const char *cc, enum tconv_status status,
                      const char *says)
{
    struct tconv_spec spec = spec_of(small);
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
    char fake[128];
    refuse_cc("no-such-compiler", TCONV_E_NO_CC, "no-such-compiler");
    refuse_cc("/no/such/compiler -m64", TCONV_E_NO_CC, "/no/such/compiler");
    refuse_cc(" ", TCONV_E_NO_CC, "no such compiler");
    script(fake, "echo 'well then' >&2; echo 'x: error: no luck' >&2; exit 1");
    refuse_cc(fake, TCONV_E_CC, "x: error: no luck");
    script(fake, "exit 1");
    refuse_cc(fake, TCONV_E_CC, "failed without a message");
    script(fake, "exit 0");
    refuse_cc(fake, TCONV_E_CC, "failed without a message");
    script(fake, "kill -9 $$");
    refuse_cc(fake, TCONV_E_CC, "killed by signal 9");
    script(fake, "echo 'error: No space left on device' >&2; exit 1");
    refuse_cc(fake, TCONV_E_IO, "No space left");
    /* What it makes is no shared object. */
    script(fake, "while [ \"$1\" != -o ]; do shift; done; echo no > \"$2\"");
    refuse_cc(fake, TCONV_E_CC, "cannot load");
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

/* A compiler that makes a wrong kernel: it is not handed out. */
static void test_wrong_kernel(void **unused)
{
    (void)unused;
    char fake[128];
    struct tconv_spec spec = spec_of(small);
    struct tconv_jit *jit = NULL;
    struct tconv_error e = NO_ERROR;
    script(fake, "wrong='s/return fmaf(w, x, acc);/return acc;/\n"
                 "s/return acc + product;/return acc;/'\n"
                 "for word; do\n"
                 "case $word in *.c) sed -i \"$wrong\" \"$word\" ;; esac\n"
                 "done\n"
                 "exec cc \"$@\"");
    assert_error(
        &e, tconv_jit_create(&spec, TCONV_ENGINE_CC, "scalar", fake, &jit, &e),
        TCONV_E_DIFFER, "of the generic kernel");
    assert_null(jit);
}

/* ------------------------------------------------------------- the cache */

static enum tconv_status try_load(const char *text, const char *name,
                                  const char *cc, struct tconv_loaded *loaded,
                                  struct tconv_error *error)
{
    return tconv_jit_cc_load(text, name, tconv_jit_cc_command(cc), loaded,
                             error);
}

static void load(const char *cc)
{
    struct tconv_loaded loaded;
    struct tconv_error e = NO_ERROR;
    assert_ok(try_load(by_hand, "by_hand", cc, &loaded, &e), &e);
    by_hand_check(&loaded);
}

static void test_broken_text(void **unused)
{
    (void)unused;
    static const struct {
        const char *text, *says;
    } broken[] = {
        {"\nint f(void) { return z; }\n", "broken.c:2:"},
        {"#include <no_such_header.h>\n", "broken.c:1:"},
        {"int x;\n", "does not define the kernel"},
    };
    for (size_t i = 0; i < COUNT(broken); i++) {
        struct tconv_loaded loaded;
        struct tconv_error e = NO_ERROR;
        assert_error(&e, try_load(broken[i].text, "broken", NULL, &loaded, &e),
                     TCONV_E_CC, broken[i].says);
        assert_null(loaded.handle);
        assert_int_equal(entries("tmp.", 0, NULL), 0);
    }
}

static ino_t inode(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_ino;
}

static void test_cache_entries(void **unused)
{
    (void)unused;
    char path[512];
    struct stat st;
    load(NULL);
    assert_int_equal(entries("", 0, path), 1);
    ino_t first = inode(path);
    load(NULL);
    assert_int_equal(inode(path), first); /* found */

    assert_int_equal(stat(path, &st), 0);
    /* Damage: cut short, emptied, bytes changed in object, key and trailer. */
    const off_t size = st.st_size;
    const off_t cut[] = {size / 2, 0, size, size, size};
    const off_t changed[] = {-1, -1, size / 8, size - 1000, size - 10};
    for (size_t i = 0; i < COUNT(cut); i++) {
        ino_t before = inode(path);
        int keep = open(path, O_RDWR | O_CLOEXEC); /* so the inode stays used */
        assert_true(keep >= 0);
        assert_int_equal(ftruncate(keep, cut[i]), 0);
        if (changed[i] >= 0)
            assert_int_equal(pwrite(keep, "\x7f\x80", 2, changed[i]), 2);
        load(NULL);
        assert_int_not_equal(inode(path), before); /* made again */
        close(keep);
    }
    assert_int_equal(entries("", 0, NULL), 1);
    load("cc -O1"); /* other options, another entry */
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
    load(NULL);
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

/* A disk that takes only so much, for several values of so much: not even the
 * source, nor the header, nor the object, nor the key behind it. */
static void test_full_disk(void **unused)
{
    (void)unused;
    char path[512];
    struct stat st;
    struct rlimit before;
    load(NULL);
    assert_int_equal(entries("", 0, path), 1);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(remove(path), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    const rlim_t room[] = {0, 100, 4000, 9000, (rlim_t)st.st_size - 1};
    for (size_t i = 0; i < COUNT(room); i++) {
        struct rlimit less = before;
        struct tconv_loaded loaded;
        less.rlim_cur = room[i];
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &less), 0);
        enum tconv_status status =
            try_load(by_hand, "by_hand", NULL, &loaded, NULL);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_true(status == TCONV_E_IO || status == TCONV_E_CC);
        assert_int_equal(entries("", 0, NULL), 0);
    }
    signal(SIGXFSZ, handler);
    load(NULL);
}

static void test_racing_processes(void **unused)
{
    (void)unused;
    pid_t children[4];
    for (size_t i = 0; i < COUNT(children); i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            struct tconv_loaded loaded;
            enum tconv_status status =
                try_load(by_hand, "by_hand", NULL, &loaded, NULL);
            _exit(status != TCONV_OK || loaded.kernel->output_length(1) != 42);
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
    load(NULL);
    signal(SIGCHLD, handler);
}

#define WITH_CACHE(test)                                                       \
    cmocka_unit_test_setup_teardown(test, make_cache, remove_cache)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_CACHE(test_bits),
        WITH_CACHE(test_without_libtcc),
        WITH_CACHE(test_bad_compilers),
        WITH_CACHE(test_wrong_kernel),
        WITH_CACHE(test_broken_text),
        WITH_CACHE(test_cache_entries),
        WITH_CACHE(test_unsafe_folders),
        WITH_CACHE(test_full_disk),
        WITH_CACHE(test_racing_processes),
        WITH_CACHE(test_ignored_children),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
