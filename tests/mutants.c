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
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "case.h"
#include "host.h"
#include "jit.h"
#include "trap.h"

enum build { SCALAR, DRIVER, VECTOR };

/* `find` occurs in the text; its first occurrence after `after` (if not NULL)
 * becomes `replace`. */
static const struct mutant {
    const char *what;
    const char *spec;
    enum build build;
    const char *after;
    const char *find;
    const char *replace;
} mutants[] = {
    {"bias lost", "f32_ci3_co5_k7_s3_p1", SCALAR, "float *pack_tile",
     "bias ? bias[i / phases] : 0", "0"},
    {"bias of the wrong channel", "f32_ci3_co5_k7_s3_p1", SCALAR,
     "float *pack_tile", "bias[i / phases]", "bias[0]"},
    {"a tap dropped", "f32_ci3_co5_k7_s3_p1", SCALAR, "tap 1: x at q - 1",
     "a0_0 = scalar_fma(w0, x0, a0_0);", ""},
    {"a tap of a later row dropped", "f32_ci3_co5_k7_s3_p1", SCALAR,
     "tap 2: x at q - 2", "a3_1 = scalar_fma(w3, x1, a3_1);", ""},
    {"taps in the wrong order", "f32_ci3_co5_k7_s3_p1", SCALAR,
     "scalar_set0_full_strip1(", "for (int64_t t = t0; t < t1; t++)",
     "for (int64_t t = t1 - 1; t >= t0; t--)"},
    {"channels in the wrong order", "f32_ci3_co5_k7_s3_p1", SCALAR,
     "scalar_set0_full_block0(", "for (int64_t c = 0; c < 3; c++)",
     "for (int64_t c = 2; c >= 0; c--)"},
    {"the last channel left out", "f32_ci3_co5_k7_s3_p1", SCALAR,
     "scalar_set0_full_block0(", "c < 3", "c < 2"},
    {"a channel too many", "f32_ci3_co5_k7_s3_p1", SCALAR,
     "scalar_set0_full_strip1(", "c < 3", "c < 4"},
    {"x read one to the right", "f32_ci3_co5_k7_s3_p1", SCALAR,
     "scalar_set0_full_block0(", "xt + 1", "xt + 2"},
    {"the wrong weight", "f32_ci3_co5_k7_s3_p1", SCALAR,
     "scalar_set0_full_block0(", "scalar_set1(wt[1])", "scalar_set1(wt[2])"},
    {"product rounded before it is added", "f32_ci3_co5_k7_s3_p1", SCALAR,
     "scalar_fma(", "return fmaf(w, x, acc);",
     "{ volatile float p = w * x; return acc + p; }"},
    {"the left edge taken for inner", "f32_ci3_co5_k7_s3_p1", SCALAR,
     "Positions q0 <= q < in0", "clamp(2, q0, q1)", "clamp(1, q0, q1)"},
    {"the right edge taken for inner", "f32_ci3_co5_k7_s3_p1", SCALAR,
     "Positions q0 <= q < in0", "clamp(length + 0, in0, q1)",
     "clamp(length + 1, in0, q1)"},
    {"a tap too many at the left edge", "f32_ci3_co5_k7_s3_p1", SCALAR,
     "taps_after(", "distance / step + 1", "distance / step + 2"},
    {"a tap too few at the edges", "f32_ci3_co5_k7_s3_p1", SCALAR,
     "taps_after(", "distance / step + 1", "distance / step"},
    {"missing taps multiplied by zero", "f32_ci3_co5_k7_s3_p1", SCALAR,
     "scalar_set0_full_strip1(", "for (int64_t t = t0; t < t1; t++) {",
     "for (int64_t t = 0; t < 3; t++)\n"
     "            if (t < t0 || t >= t1)\n"
     "                a0_0 = scalar_fma(wc[t * 4], 0, a0_0);\n"
     "        for (int64_t t = t0; t < t1; t++) {"},
    {"crop off by one at the start", "f32_ci3_co5_k7_s3_p1", SCALAR,
     "static inline void put(", "n < count && at < 0", "n < count && at < 1"},
    {"crop off by one at the end", "f32_ci3_co5_k7_s3_p1", SCALAR,
     "static inline void put(", "at < output_length", "at < output_length - 1"},
    {"a write beyond the end", "f32_ci3_co5_k7_s3_p2", SCALAR,
     "static inline void put(", "at < output_length", "at < output_length + 1"},
    {"phases swapped", "f32_ci3_co5_k7_s3_p1", SCALAR,
     "scalar_set1_full_block0(", "3 * q - 1, 3);", "3 * q - 2, 3);"},
    {"the block before the end skipped", "f32_ci3_co5_k7_s3_p1", SCALAR,
     "const int64_t last", "q < in1", "q < last"},
    {"the right edge skipped", "f32_ci3_co5_k7_s3_p1", SCALAR,
     "scalar_set1_full(\n", "x, length, w, y, output_length, in1, q1);",
     "x, length, w, y, output_length, in1, in1);"},
    {"the last output channel skipped", "f32_ci3_co5_k7_s3_p1", DRIVER,
     "const int64_t o1", "o0, 5)", "o0, 4)"},
    {"the last position skipped", "f32_ci3_co5_k7_s3_p1", DRIVER, NULL,
     "output_length - 1) / 3 + 1;", "output_length - 1) / 3;"},
    {"parts that leave a unit out", "f32_ci3_co5_k7_s3_p1", DRIVER, NULL,
     "begin + share + (part < more)", "begin + share"},
    {"parts that overlap wrongly", "f32_ci3_co5_k7_s3_p1", DRIVER, NULL,
     "(part < more ? part : more)", "0"},
    {"batch items mixed up", "f32_ci3_co5_k7_s3_p1", DRIVER, NULL,
     "xs + ng * 3 * length", "xs + ng * 2 * length"},
    {"groups mixed up", "f32_ci4_co4_k3_s2_g2", DRIVER, NULL,
     "const int64_t at = (g * 2 + o)", "const int64_t at = (o)"},
    {"the second set with the first one's weights", "f32_ci3_co5_k7_s3_p1",
     DRIVER, "span = {", "packed + 50", "packed + 0"},
    {"the second set's shift off by one", "f32_ci2_co2_k5_s3_d2", DRIVER,
     "span = {", ".first = 1", ".first = 0"},
    {"dilation forgotten in the phases", "f32_ci2_co2_k5_s3_d2", DRIVER,
     "span = {", ".phase_step = 2", ".phase_step = 1"},
    {"weights packed from the wrong tap", "f32_ci3_co5_k7_s3_p1", DRIVER, NULL,
     "weights + at + 1", "weights + at + 0"},
    {"gaps not filled", "f32_ci2_co3_k2_s5", DRIVER, NULL, "row[j] = value;",
     "(void)value;"},
    {"gaps filled a little too far", "f32_ci2_co3_k2_s5", DRIVER, "void fill(",
     "j < end", "j <= end"},
    {"the gaps' bias of the wrong channel", "f32_ci2_co3_k2_s5", DRIVER, NULL,
     "packed[g * 3 + o]", "packed[0]"},
    {"folded sets: the phase stays", "f32_ci2_co2_k40_s30_d7", DRIVER, NULL,
     "r += rows * 7;", "r += rows;"},
    {"folded sets: one tap too few", "f32_ci2_co2_k40_s30_d7", DRIVER,
     "next_set(", "30 - 1) / 30", "30 - 2) / 30"},
    {"unrolled: a term dropped", "f32_ci2_co2_k3_s2_l3", SCALAR, "scalar_item(",
     "acc = scalar_fma(w[1], x[0], acc);", ""},
    {"unrolled: batch item skipped", "f32_ci2_co2_k3_s2_l3", SCALAR,
     "scalar_run(", "n = part", "n = part + 1"},
    {"vector: a tap dropped", "f32_ci3_co5_k7_s3_p1", VECTOR,
     "tap 1: x at q - 1", "a0_1 = avx2_fma(w0, x1, a0_1);", ""},
    {"vector: lanes one off", "f32_ci3_co5_k7_s3_p1", VECTOR,
     "avx2_set0_rest_block0(", "xt + 8", "xt + 9"},
    {"vector: block that ends too late", "f32_ci3_co5_k7_s3_p1", VECTOR,
     "const int64_t last", "in1 - 24", "in1 - 23"},
};

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
    if (build == VECTOR)
        status = tconv_jit_cc_load(text, name, tconv_jit_cc_command(NULL),
                                   &loaded, error);
    else
        status = tconv_jit_tcc_load(
            text, name,
            build == DRIVER
                ? tconv_micro_find("scalar", tconv_dtype_name(spec->dtype))
                : NULL,
            &loaded, error);
    if (status != TCONV_OK)
        return 2; /* it must compile: else nothing was tested */
    struct case_buffers buffers = {0};
    int64_t elements = 0;
    static const int64_t lengths[] = {1, 2, 3, 5, 24, 60};
    int found = 0;
    for (int i = 0; i < 6 && !found; i++) {
        if (spec->length && lengths[i] != spec->length)
            continue;
        struct check_case check = {.spec = spec,
                                   .kernel = loaded.kernel,
                                   .batch = 2,
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

static int can_build(enum build build)
{
    if (build == VECTOR)
        return tconv_isa_supported("avx2");
    return 1;
}

static void test_mutants(void **state)
{
    (void)state;
    struct tconv_error error = {TCONV_OK, ""};
    struct tconv_generator *generator = NULL;
    assert_int_equal(tconv_generator_create(&generator, &error), TCONV_OK);
    int survivors = 0, caught = 0, skipped = 0;
    for (size_t i = 0; i < sizeof mutants / sizeof *mutants; i++) {
        const struct mutant *m = &mutants[i];
        struct tconv_spec spec;
        char *text = NULL;
        if (!can_build(m->build)) {
            printf("skipped: %s: this processor has no avx2\n", m->what);
            skipped++;
            continue;
        }
        if (tconv_spec_from_name(m->spec, &spec, &error) != TCONV_OK ||
            tconv_generator_emit_one(
                generator, &spec, m->build == VECTOR ? "avx2" : "scalar",
                m->build == DRIVER ? TCONV_EMIT_MICRO : TCONV_EMIT_WHOLE, &text,
                &error) != TCONV_OK)
            fail_msg("%s: %s", m->what, error.message);
        char *mutated = mutate(text, m);
        if (!mutated)
            fail_msg("%s: \"%s\" is not in the text", m->what, m->find);
        if (try_text(&spec, text, m->build) != 0)
            fail_msg("%s: %s fails unmutated", m->what, m->spec);
        int result = try_text(&spec, mutated, m->build);
        if (result == 2)
            fail_msg("%s: the mutant does not compile", m->what);
        if (result == 0) {
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
    assert_true(caught >= 25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mutants)};
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
