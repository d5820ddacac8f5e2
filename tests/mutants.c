/* Emitted kernels broken on purpose, one line each: the differential test must
 * catch every one. A mutant runs in a process of its own, since it may do
 * anything; a signal or a hang is as good a catch as a wrong bit. Mutants of
 * drivers, scalar code and (through the system's compiler) vector code. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "case.h"
#include "host.h"
#include "jit.h"
#include "mutants_rows.h"
#include "trap.h"

static int is_driver(enum build build)
{
    return build == DRIVER || build == VECTOR_DRIVER;
}

static const char *isa_of(enum build build)
{
    switch (build) {
    case VECTOR:
    case VECTOR_DRIVER:
        return "avx2";
    case LONG_VECTOR:
        return "avx512";
    default:
        return "scalar";
    }
}

/* The text with the mutation, or NULL if what it changes is not there. */
static char *mutate(const char *text, const struct mutant *m)
{
    const char *from = text && m->after ? strstr(text, m->after) : text;
    const char *at = from ? strstr(from, m->find) : NULL;
    if (!at)
        return NULL;
    size_t size = strlen(text) + strlen(m->replace) + 1;
    char *mutated = malloc(size);
    assert_non_null(mutated);
    snprintf(mutated, size, "%.*s%s%s", (int)(at - text), text, m->replace,
             at + strlen(m->find));
    return mutated;
}

/* 0 if the kernel passes the differential test. */
static int differs(const struct tconv_spec *spec, const char *text,
                   enum build build, struct tconv_error *error)
{
    char name[TCONV_NAME_SIZE];
    struct tconv_loaded loaded;
    tconv_spec_name(spec, name);
    enum tconv_status status;
    if (build == VECTOR || build == LONG_VECTOR)
        status = tconv_jit_cc_load(text, name, tconv_jit_cc_command(NULL),
                                   &loaded, error);
    else
        status = tconv_jit_tcc_load(
            text, name,
            is_driver(build)
                ? tconv_micro_find(
                      isa_of(build),
                      tconv_dtype_name(tconv_dtype_sum(spec->dtype)))
                : NULL,
            &loaded, error);
    if (status != TCONV_OK)
        return 2; /* it must compile: else nothing was tested */
    struct case_buffers buffers = {0};
    int64_t elements = 0;
    /* The last ones make several blocks: of groups, and of what a gradient of
     * the weight sums. */
    static const int64_t lengths[] = {1, 2, 3, 5, 9, 24, 48, 61, 130, 330, 700};
    const int sums = spec->pass == TCONV_GRAD_WEIGHT;
    const int count = sums ? 11 : strcmp(isa_of(build), "scalar") ? 10 : 9;
    int found = 0;
    for (int i = 0; i < count && !found; i++) {
        int64_t output_length;
        if (tconv_spec_output_length(spec, lengths[i], &output_length, NULL) !=
            TCONV_OK)
            continue;
        struct check_case check = {.spec = spec,
                                   .kernel = loaded.kernel,
                                   .batch = sums ? (i + 1) % 3 : 2,
                                   .length = lengths[i],
                                   .seed = 7,
                                   .kinds = (1U << DATA_KINDS) - 1,
                                   .thorough = 1,
                                   .budget = 10000000};
        found = case_run(&check, &buffers, &elements, error) != TCONV_OK;
    }
    case_buffers_free(&buffers);
    loaded.unload(&loaded);
    return found;
}

/* The same in a child, with a time limit: 0 passes, 1 caught, 2 not built. */
static int try_text(const struct tconv_spec *spec, const char *text,
                    enum build build)
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct tconv_error error = {TCONV_OK, ""};
        trap_install();
        signal(SIGALRM, SIG_DFL);
        alarm(30);
        int result = differs(spec, text, build, &error);
        if (result == 2)
            fprintf(stderr, "%s\n", error.message);
        _exit(result);
    }
    int state = 0;
    assert_int_equal(waitpid(child, &state, 0), child);
    return WIFEXITED(state) ? WEXITSTATUS(state) : 1;
}

/* The same of the text as it is, which must pass; asked once for each layer and
 * build, of which the table's rows have few. */
static void check_unmutated(const struct mutant *m,
                            const struct tconv_spec *spec, const char *text)
{
    enum { MOST = 192 };
    static const struct mutant *passed[MOST];
    size_t i = 0;
    for (; passed[i]; i++)
        if (passed[i]->build == m->build && !strcmp(passed[i]->spec, m->spec))
            return;
    assert_true(i + 1 < MOST);
    if (try_text(spec, text, m->build) != 0)
        fail_msg("%s: %s fails unmutated", m->what, m->spec);
    passed[i] = m;
}

static void test_mutants(void **state)
{
    (void)state;
    struct tconv_error error = {TCONV_OK, ""};
    struct tconv_generator *generator = NULL;
    assert_int_equal(tconv_generator_create(&generator, &error), TCONV_OK);
    int survivors = 0, stale = 0, caught = 0, skipped = 0;
    for (size_t i = 0; i < sizeof mutants / sizeof *mutants; i++) {
        const struct mutant *m = &mutants[i];
        struct tconv_spec spec;
        char *text = NULL;
        const char *isa = isa_of(m->build);
        if (!tconv_isa_supported(isa)) {
            printf("skipped: %s: this processor has no %s\n", m->what, isa);
            skipped++;
            continue;
        }
        if (tconv_spec_from_name(m->spec, &spec, &error) != TCONV_OK ||
            tconv_generator_emit_one(generator, &spec, isa,
                                     is_driver(m->build) ? TCONV_EMIT_MICRO
                                                         : TCONV_EMIT_WHOLE,
                                     &text, &error) != TCONV_OK)
            fail_msg("%s: %s", m->what, error.message);
        char *mutated = mutate(text, m);
        if (!mutated) {
            printf("STALE: %s (%s): \"%s\" is not in the text\n", m->what,
                   m->spec, m->find);
            stale++;
            free(text);
            continue;
        }
        check_unmutated(m, &spec, text);
        int result = try_text(&spec, mutated, m->build);
        if (result == 2) {
            printf("STALE: %s (%s): does not compile\n", m->what, m->spec);
            stale++;
        } else if (result == 0) {
            printf("SURVIVED: %s (%s)\n", m->what, m->spec);
            survivors++;
        } else {
            caught++;
        }
        free(mutated);
        free(text);
    }
    tconv_generator_free(generator);
    printf("%d mutants caught, %d survived, %d skipped\n", caught, survivors,
           skipped);
    assert_int_equal(survivors, 0);
    assert_int_equal(stale, 0);
    assert_true(caught >= 100);
}

static int write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    if (!file)
        return -1;
    const int status = fputs(text, file);
    return fclose(file) != 0 || status < 0;
}

/* Objects of mutants go into the build tree, not into the user's cache, and
 * their compiler need not optimize: most of them are run for moments only. It
 * takes longer to read the system's headers than the mutants, so these are read
 * beforehand; a compiler that cannot reads them each time. */
static int use_own_cache_and_compiler(void)
{
    char here[4096], folder[2 * sizeof here], script[2 * sizeof here],
        header[2 * sizeof here], text[8 * sizeof here];
    if (!getcwd(here, sizeof here))
        return -1;
    snprintf(folder, sizeof folder, "%s/mutants_cache", here);
    snprintf(script, sizeof script, "%s/mutants_cc", here);
    snprintf(header, sizeof header, "%s/mutants_system.h", here);
    if (write_text(header, "#include <math.h>\n"
                           "#include <stddef.h>\n"
                           "#include <stdint.h>\n"
                           "#include <string.h>\n"
                           "#ifdef __x86_64__\n"
                           "#include <immintrin.h>\n"
                           "#endif\n") != 0)
        return -1;
    snprintf(text, sizeof text,
             "\"%s\" -std=c11 -ffp-contract=off -fPIC -O0 -x c-header \"%s\" "
             "-o \"%s.gch\" || rm -f \"%s.gch\"",
             tconv_jit_cc_command(NULL), header, header, header);
    if (system(text) != 0)
        return -1;
    snprintf(text, sizeof text,
             "#!/bin/sh\nexec \"%s\" -include \"%s\" \"$@\" -O0\n",
             tconv_jit_cc_command(NULL), header);
    if (write_text(script, text) != 0 || chmod(script, 0755) != 0)
        return -1;
    return setenv("TCONV_CACHE_DIR", folder, 1) ||
           setenv("TCONV_CC", script, 1);
}

int main(void)
{
    if (use_own_cache_and_compiler() != 0)
        return 1;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mutants)};
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
