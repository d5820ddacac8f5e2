/* Kernels from libtcc: their bits, the registry, what libtcc may not be allowed
 * to do, and that no wrong kernel passes. The system's compiler: unit_cc. */
#define _GNU_SOURCE
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "jit_support.h"

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

/* ------------------------------------------------------------- the bits */

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
    "f32_ci37_co5_k3_s2_p1_gw",
    "f32_conv_ci6_co9_k2_s3_g3_gw",
    "f64_conv_ci4_co3_k2_l257_gw",
    /* Narrow weights, widened as they are packed; or, where they are many, by
     * chunks. One channel: an Inf or a NaN hides nothing else. */
    "f32_wf16_ci1_co5000_k1_l1",
    "f32_wbf16_ci1_co5000_k1_l1",
    "f32_wf16_ci1_co65535_k1_l1",
    "f32_wbf16_ci1_co65535_k1_l1",
    "f32_conv_wf16_ci257_co300_k1_l5",
    "f32_wbf16_ci300_co153_k3_l5_gi",
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
                jit_make(specs[i], TCONV_ENGINE_JIT, *isa, NULL);
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
        struct tconv_jit *jit =
            jit_make(specs[i], TCONV_ENGINE_PURE, NULL, NULL);
        compare_kernel(specs[i], tconv_jit_kernel(jit));
        tconv_jit_free(jit);
    }
}

/* Elements of y that the first of two parts writes. */
static int64_t first_half(const struct tconv_kernel *kernel,
                          const struct tensors *t)
{
    void *packed = malloc(kernel->packed_bytes);
    void *workspace =
        malloc(kernel->workspace_bytes(t->batch, t->length, 2) + 1);
    assert_non_null(packed);
    assert_non_null(workspace);
    kernel->pack(t->weight.data, t->bias.data, packed);
    fill_nan(t->spec.dtype, t->y.data, t->sizes.output);
    const struct tconv_args args = {.x = t->x.data,
                                    .packed = packed,
                                    .y = t->y.data,
                                    .workspace = workspace,
                                    .batch = t->batch,
                                    .length = t->length};
    kernel->run(&args, 0, 2);
    int64_t written = 0;
    for (int64_t i = 0; i < t->sizes.output; i++)
        written += !isnan(value_get(t->spec.dtype, t->y.data, i));
    free(workspace);
    free(packed);
    return written;
}

/* One tile, several blocks: two threads must not wait for one. */
static void test_even_parts(void **unused)
{
    (void)unused;
    static const char *const layers[] = {
        "f32_ci64_co32_k4_s2_p1",  /* each element has taps */
        "f32_ci64_co64_k5_s2_d2",  /* half of them are bias alone */
        "f32_ci64_co64_k3_s4_pe1", /* so many, one by one */
    };
    for (size_t i = 0; i < COUNT(layers); i++) {
        struct prng prng = {2000};
        struct tconv_spec spec = spec_of(layers[i]);
        struct tensors t;
        tensors_make(&t, &spec, 1, 2000, GUARD_AFTER);
        tensors_fill(&t, FILL_UNIFORM, &prng);
        for (const char *const *isa = tconv_isa_names; *isa; isa++) {
            if (!tconv_isa_supported(*isa))
                continue;
            struct tconv_jit *jit =
                jit_make(layers[i], TCONV_ENGINE_JIT, *isa, NULL);
            const int64_t half = first_half(tconv_jit_kernel(jit), &t);
            if (half * 100 < t.sizes.output * 47 ||
                half * 100 > t.sizes.output * 53)
                fail_msg("%s, %s: the first of two parts writes %lld of %lld",
                         layers[i], *isa, (long long)half,
                         (long long)t.sizes.output);
            tconv_jit_free(jit);
        }
        tensors_free(&t);
    }
}

/* ------------------------------------------------- registry, requests */

static void test_sharing(void **unused)
{
    (void)unused;
    struct tconv_spec spec = spec_of(specs[1]);
    struct tconv_jit *first = jit_make(specs[1], TCONV_ENGINE_JIT, NULL, NULL);
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

    struct tconv_jit *pure = jit_make(specs[1], TCONV_ENGINE_PURE, NULL, NULL);
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
    tconv_jit_free(jit_make(specs[0], TCONV_ENGINE_JIT, NULL, NULL));
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

/* --------------------------------------------------------------- libtcc */

static int has_tcc(void)
{
    struct tconv_loaded loaded;
    enum tconv_status status =
        tconv_jit_tcc_load(by_hand, "by_hand", NULL, &loaded, NULL);
#ifndef TCONV_HAVE_TCC
    if (status == TCONV_E_NO_JIT) {
        print_message("skipped: built without libtcc\n");
        return 0;
    }
#endif
    assert_int_equal(status, TCONV_OK);
    by_hand_check(&loaded);
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
        status = tconv_jit_tcc_load(by_hand, "by_hand", NULL, &loaded, &e);
        mprotect_fails = 0;
        if (status == TCONV_OK)
            by_hand_check(&loaded);
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
    struct tconv_jit *jit = jit_make(specs[0], TCONV_ENGINE_JIT, NULL, NULL);
    struct tconv_jit *pure = jit_make(specs[0], TCONV_ENGINE_PURE, NULL, NULL);
    assert_false(writable_code());
    tconv_jit_free(jit);
    tconv_jit_free(pure);
}

/* ---------------------------------------------------------- verification */

/* A right kernel, made of the generic one, and wrong ones made of it. */

#define RIGHT_NAME "f32_ci4_co3_k4_s2_p1"
enum { WEIGHTS = 4 * 3 * 4, BIASES = 3 };

static int64_t right_output_length(int64_t length)
{
    struct tconv_spec spec = spec_of(RIGHT_NAME);
    int64_t output_length = -1;
    tconv_spec_output_length(&spec, length, &output_length, NULL);
    return output_length;
}

static size_t right_workspace_bytes(int64_t batch, int64_t length, int parts)
{
    (void)batch, (void)length, (void)parts;
    return 0;
}

static void right_pack(const void *weight, const void *bias, void *packed)
{
    memcpy(packed, weight, WEIGHTS * sizeof(float));
    memcpy((float *)packed + WEIGHTS, bias, BIASES * sizeof(float));
}

static void right_run(const struct tconv_args *args, int part, int parts)
{
    struct tconv_spec spec = spec_of(RIGHT_NAME);
    const float *packed = args->packed;
    (void)parts;
    if (part == 0)
        assert_int_equal(tconv_generic_run(&spec, tconv_isa_sum("scalar"),
                                           args->x, packed, packed + WEIGHTS,
                                           args->y, args->batch, args->length,
                                           NULL),
                         TCONV_OK);
}

static int right_supported(void)
{
    return 1;
}

static struct tconv_kernel right_kernel(void)
{
    return (struct tconv_kernel){
        .abi = TCONV_KERNEL_ABI,
        .sum = tconv_isa_sum("scalar"),
        .name = RIGHT_NAME,
        .isa = "scalar",
        .dtype = "f32",
        .weight_dtype = "f32",
        .output_dtype = "f32",
        .layout = "ncl",
        .output_layout = "ncl",
        .in_channels = 4,
        .out_channels = 3,
        .weight_bytes = WEIGHTS * sizeof(float),
        .packed_bytes = (WEIGHTS + BIASES) * sizeof(float),
        .supported = right_supported,
        .output_length = right_output_length,
        .workspace_bytes = right_workspace_bytes,
        .pack = right_pack,
        .run = right_run,
    };
}

static void run_off(const struct tconv_args *args, int part, int parts)
{
    right_run(args, part, parts);
    int64_t last = args->batch * BIASES * right_output_length(args->length) - 1;
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
    right_run(args, part, parts);
    float *end = (float *)args->y +
                 args->batch * BIASES * right_output_length(args->length);
    *end = 1;
}

static int64_t length_off(int64_t length)
{
    int64_t is = right_output_length(length);
    return is > 0 ? is + 1 : is;
}

static void pack_beyond(const void *weight, const void *bias, void *packed)
{
    right_pack(weight, bias, packed);
    ((char *)packed)[(WEIGHTS + BIASES) * sizeof(float)] = 1;
}

static void test_verification(void **unused)
{
    (void)unused;
    struct tconv_spec spec = spec_of(RIGHT_NAME);
    const struct tconv_kernel right = right_kernel();
    const char *isa = right.isa;
    struct tconv_error e = NO_ERROR;
    assert_ok(tconv_jit_verify(&spec, isa, &right, &e), &e);

    struct tconv_kernel wrong = right;
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
    wrong = right;
    wrong.output_length = length_off;
    assert_int_equal(tconv_jit_verify(&spec, isa, &wrong, NULL),
                     TCONV_E_DIFFER);
    wrong = right;
    wrong.pack = pack_beyond;
    assert_int_equal(tconv_jit_verify(&spec, isa, &wrong, NULL),
                     TCONV_E_DIFFER);
    wrong = right;
    wrong.abi++;
    assert_int_equal(tconv_jit_verify(&spec, isa, &wrong, NULL), TCONV_E_ABI);
    wrong = right;
    wrong.weight_bytes++;
    assert_int_equal(tconv_jit_verify(&spec, isa, &wrong, NULL),
                     TCONV_E_GENERATOR);
    spec.out_channels = 4;
    assert_int_equal(tconv_jit_verify(&spec, isa, &right, NULL),
                     TCONV_E_GENERATOR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jit),
        cmocka_unit_test(test_pure),
        cmocka_unit_test(test_even_parts),
        cmocka_unit_test(test_sharing),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_bad_requests),
        cmocka_unit_test(test_broken_text),
        cmocka_unit_test(test_denied_mprotect),
        cmocka_unit_test(test_no_writable_code),
        cmocka_unit_test(test_verification),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
