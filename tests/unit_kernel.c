/* Running and comparing kernels, with a kernel made by hand: y = packed * x. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tconv.h"

static int has_isa = 1;
static int workspace_from; /* parts from which one is needed; 0: never */

static int supported(void)
{
    return has_isa;
}

static int64_t output_length(int64_t length)
{
    return length > 1 && length < 1 << 20 ? length : -1;
}

static size_t workspace_bytes(int64_t batch, int64_t length, int parts)
{
    (void)batch, (void)length;
    return workspace_from && parts >= workspace_from ? 64 : 0;
}

static void pack(const void *weight, const void *bias, void *packed)
{
    (void)bias;
    memcpy(packed, weight, sizeof(float));
}

/* Adds, so that a part run twice shows. */
static void run(const struct tconv_args *args, int part, int parts)
{
    int64_t count = args->batch * args->length;
    const float *x = args->x, *w = args->packed;
    float *y = args->y;
    for (int64_t i = count * part / parts; i < count * (part + 1) / parts; i++)
        y[i] += w[0] * x[i];
}

static struct tconv_kernel by_hand(void)
{
    return (struct tconv_kernel){
        .abi = TCONV_KERNEL_ABI,
        .sum = TCONV_SUM_FUSED,
        .name = "f32_ci1_co1_k1_bias0",
        .isa = "scalar",
        .dtype = "f32",
        .weight_dtype = "f32",
        .output_dtype = "f32",
        .layout = "ncl",
        .output_layout = "ncl",
        .in_channels = 1,
        .out_channels = 1,
        .weight_bytes = 4,
        .packed_bytes = 4,
        .supported = supported,
        .output_length = output_length,
        .workspace_bytes = workspace_bytes,
        .pack = pack,
        .run = run,
    };
}

static void test_refusals(void **unused)
{
    (void)unused;
    struct tconv_kernel k = by_hand();
    float x[4] = {1, 2, 3, 4}, y[4] = {0}, w = 2;
    struct tconv_args a = {
        .x = x, .packed = &w, .y = y, .batch = 1, .length = 4};
    struct tconv_error e = {TCONV_OK, ""};
    assert_int_equal(tconv_kernel_run(NULL, &a, &e), TCONV_E_ARGUMENT);
    assert_int_equal(e.status, TCONV_E_ARGUMENT);
    assert_int_equal(tconv_kernel_run(&k, NULL, NULL), TCONV_E_ARGUMENT);

    struct tconv_kernel other = k;
    other.abi++;
    assert_int_equal(tconv_kernel_run(&other, &a, NULL), TCONV_E_ABI);
    has_isa = 0;
    assert_int_equal(tconv_kernel_run(&k, &a, NULL), TCONV_E_ISA);
    has_isa = 1;

    struct tconv_args bad = a;
    bad.length = 0;
    assert_int_equal(tconv_kernel_run(&k, &bad, NULL), TCONV_E_LENGTH);
    bad.length = 1;
    assert_int_equal(tconv_kernel_run(&k, &bad, NULL), TCONV_E_OUTPUT_LENGTH);
    other = k;
    other.fixed_length = 5;
    assert_int_equal(tconv_kernel_run(&other, &a, NULL), TCONV_E_LENGTH);
    bad = a;
    bad.batch = -1;
    assert_int_equal(tconv_kernel_run(&k, &bad, NULL), TCONV_E_BATCH);
    bad.batch = INT64_MAX / 4;
    assert_int_equal(tconv_kernel_run(&k, &bad, NULL), TCONV_E_SIZE);

    struct tconv_args missing[] = {a, a, a};
    missing[0].x = NULL;
    missing[1].packed = NULL;
    missing[2].y = NULL;
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
        assert_int_equal(tconv_kernel_run(&k, &missing[i], NULL),
                         TCONV_E_ARGUMENT);
    workspace_from = 1;
    assert_int_equal(tconv_kernel_run(&k, &a, NULL), TCONV_E_ARGUMENT);
    workspace_from = 0;
    const float untouched[4] = {0};
    assert_memory_equal(y, untouched, sizeof y);
}

/* Strides are 0 or leave room for a row; the last element is addressable. */
static void test_strides(void **unused)
{
    (void)unused;
    struct tconv_kernel k = by_hand();
    float x[4] = {1, 2, 3, 4}, y[4] = {0}, w = 2;
    const struct tconv_args good = {
        .x = x, .packed = &w, .y = y, .batch = 2, .length = 4};
    const size_t fields[] = {offsetof(struct tconv_args, x_row),
                             offsetof(struct tconv_args, x_batch),
                             offsetof(struct tconv_args, y_row),
                             offsetof(struct tconv_args, y_batch)};
    const char *const names[] = {"x_row=", "x_batch=", "y_row=", "y_batch="};
    const struct {
        int64_t stride;
        enum tconv_status status;
    } cases[] = {{4, TCONV_OK},
                 {9, TCONV_OK},
                 {3, TCONV_E_ARGUMENT},
                 {-4, TCONV_E_ARGUMENT},
                 {INT64_MIN, TCONV_E_ARGUMENT},
                 {INT64_MAX / 4, TCONV_E_SIZE}};
    for (size_t f = 0; f < 4; f++) {
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            struct tconv_args a = good;
            struct tconv_error e = {TCONV_OK, ""};
            memcpy((char *)&a + fields[f], &cases[i].stride, sizeof(int64_t));
            assert_int_equal(tconv_kernel_check(&k, &a, 1, &e),
                             cases[i].status);
            if (cases[i].status == TCONV_E_ARGUMENT)
                assert_memory_equal(e.message, names[f], strlen(names[f]));
        }
    }
    /* Rows of the layout nlc are positions. */
    k.layout = "nlc";
    struct tconv_args a = good;
    a.x_row = 1;
    assert_int_equal(tconv_kernel_check(&k, &a, 1, NULL), TCONV_OK);
    k.in_channels = 2;
    assert_int_equal(tconv_kernel_check(&k, &a, 1, NULL), TCONV_E_ARGUMENT);
}

static void test_batch_of_none(void **unused)
{
    (void)unused;
    struct tconv_kernel k = by_hand();
    struct tconv_args a = {.batch = 0, .length = 4};
    assert_int_equal(tconv_kernel_run(&k, &a, NULL), TCONV_OK);
    assert_int_equal(tconv_kernel_check(&k, &a, 7, NULL), TCONV_OK);
}

/* The workspace may depend on the parts; a check runs nothing. */
static void test_parts(void **unused)
{
    (void)unused;
    struct tconv_kernel k = by_hand();
    float x[4] = {1, 2, 3, 4}, y[4] = {1, 1, 1, 1}, w = 2;
    const float once[4] = {3, 5, 7, 9};
    struct tconv_args a = {
        .x = x, .packed = &w, .y = y, .batch = 1, .length = 4};
    const int wrong[] = {0, -1, INT_MIN};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(tconv_kernel_check(&k, &a, wrong[i], NULL),
                         TCONV_E_ARGUMENT);
    assert_int_equal(tconv_kernel_check(&k, &a, 1, NULL), TCONV_OK);
    assert_int_equal(tconv_kernel_check(&k, &a, INT_MAX, NULL), TCONV_OK);
    workspace_from = 3;
    assert_int_equal(tconv_kernel_check(&k, &a, 2, NULL), TCONV_OK);
    assert_int_equal(tconv_kernel_check(&k, &a, 3, NULL), TCONV_E_ARGUMENT);
    workspace_from = 0;
    assert_int_equal(tconv_kernel_run(&k, &a, NULL), TCONV_OK);
    assert_memory_equal(y, once, sizeof y);
}

static void test_compare(void **unused)
{
    (void)unused;
    const uint32_t a[] = {0x3f800000, 0x7fc00001, 0x00000000, 0x80000000};
    uint32_t b[4];
    memcpy(b, a, sizeof b);
    assert_int_equal(tconv_compare(TCONV_F32, a, b, 4), -1);
    b[1] = 0xffc12345; /* another NaN */
    assert_int_equal(tconv_compare(TCONV_F32, a, b, 4), -1);
    b[2] = 0x80000000; /* -0 is not +0 */
    assert_int_equal(tconv_compare(TCONV_F32, a, b, 4), 2);
    assert_int_equal(tconv_compare(TCONV_F32, a, b, 2), -1);
    b[1] = 0x7f800000; /* infinity is not NaN */
    assert_int_equal(tconv_compare(TCONV_F32, a, b, 4), 1);
    assert_int_equal(tconv_compare(TCONV_F32, NULL, NULL, 0), -1);

    const double p[] = {1.0, 0.0};
    const double q[] = {1.0, -0.0};
    assert_int_equal(tconv_compare(TCONV_F64, p, q, 1), -1);
    assert_int_equal(tconv_compare(TCONV_F64, p, q, 2), 1);
    const uint64_t r[] = {UINT64_C(0x7ff0000000000001)};
    const uint64_t s[] = {UINT64_C(0xfff8000000000000)};
    assert_int_equal(tconv_compare(TCONV_F64, r, s, 1), -1);
}

/* Of each type: the payload of a NaN and its sign do not count, all else does,
 * each part of a complex element by itself. */
static void test_compare_types(void **unused)
{
    (void)unused;
    /* 1, NaN, +0, Inf, as bits of so many bytes. */
    static const struct {
        enum tconv_dtype dtype;
        size_t bytes; /* of a part */
        uint64_t one, nan, other_nan, infinity, minus_zero;
    } types[] = {
        {TCONV_F16, 2, 0x3c00, 0x7e00, 0xfc01, 0x7c00, 0x8000},
        {TCONV_BF16, 2, 0x3f80, 0x7fc0, 0xff81, 0x7f80, 0x8000},
        {TCONV_F32, 4, 0x3f800000, 0x7fc00000, 0xff800001, 0x7f800000,
         0x80000000},
        {TCONV_F64, 8, UINT64_C(0x3ff0000000000000),
         UINT64_C(0x7ff8000000000000), UINT64_C(0xfff0000000000001),
         UINT64_C(0x7ff0000000000000), UINT64_C(0x8000000000000000)},
        {TCONV_C64, 4, 0x3f800000, 0x7fc00000, 0xff800001, 0x7f800000,
         0x80000000},
        {TCONV_C128, 8, UINT64_C(0x3ff0000000000000),
         UINT64_C(0x7ff8000000000000), UINT64_C(0xfff0000000000001),
         UINT64_C(0x7ff0000000000000), UINT64_C(0x8000000000000000)},
    };
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        const enum tconv_dtype dtype = types[t].dtype;
        const size_t bytes = types[t].bytes;
        const int parts = tconv_dtype_parts(dtype);
        const uint64_t values[] = {types[t].one, types[t].nan, 0,
                                   types[t].infinity};
        const uint64_t others[] = {types[t].one, types[t].other_nan,
                                   types[t].minus_zero, types[t].nan};
        enum { PARTS = 12 };
        for (int at = 0; at < PARTS; at++) {
            for (int i = 0; i < 4; i++) {
                unsigned char a[8 * PARTS] = {0}, b[8 * PARTS] = {0};
                for (int p = 0; p < PARTS; p++)
                    memcpy(a + (size_t)p * bytes, &values[p % 4], bytes);
                memcpy(a + (size_t)at * bytes, &values[i], bytes);
                memcpy(b, a, sizeof b);
                assert_int_equal(tconv_compare(dtype, a, b, PARTS / parts), -1);
                memcpy(b + (size_t)at * bytes, &others[i], bytes);
                const int64_t want = i < 2 ? -1 : at / parts;
                assert_int_equal(tconv_compare(dtype, a, b, PARTS / parts),
                                 want);
                assert_int_equal(tconv_compare(dtype, b, a, PARTS / parts),
                                 want);
                assert_int_equal(tconv_compare(dtype, a, b, at / parts), -1);
            }
        }
        assert_int_equal(tconv_compare(dtype, NULL, NULL, 0), -1);
    }
}

static void test_isa(void **unused)
{
    (void)unused;
    assert_true(tconv_isa_supported("scalar"));
    assert_false(tconv_isa_supported("avx1024"));
    assert_false(tconv_isa_supported(""));
    assert_false(tconv_isa_supported(NULL));
    const char *const *name = tconv_isa_names;
    while (!tconv_isa_supported(*name))
        name++;
    assert_string_equal(tconv_isa_native(), *name);
    assert_int_equal(tconv_isa_sum("sse2"), TCONV_SUM_SEPARATE);
    assert_int_equal(tconv_isa_sum("avx2"), TCONV_SUM_FUSED);
    assert_int_equal(tconv_isa_sum("neon"), TCONV_SUM_FUSED);
#if defined(__x86_64__)
    assert_true(tconv_isa_supported("sse2"));
    assert_false(tconv_isa_supported("neon"));
    assert_int_equal(tconv_isa_sum("scalar"), TCONV_SUM_FUSED);
#endif
}

/* Small and large, from a cache line on, and all of it. */
static void test_memory(void **state)
{
    (void)state;
    const size_t sizes[] = {0, 1, 100, (size_t)4 << 20, ((size_t)5 << 20) + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned char *memory = tconv_memory_alloc(sizes[i]);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % 64, 0);
        memset(memory, 0xa5, sizes[i]);
        assert_true(sizes[i] == 0 || memory[sizes[i] - 1] == 0xa5);
        free(memory);
    }
    assert_null(tconv_memory_alloc(SIZE_MAX));
#ifndef __SANITIZE_ADDRESS__ /* it ends the program where memory cannot be */
    assert_null(tconv_memory_alloc(SIZE_MAX - 1));
    assert_null(tconv_memory_alloc(SIZE_MAX / 2));
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_strides),
        cmocka_unit_test(test_batch_of_none),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_compare_types),
        cmocka_unit_test(test_isa),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
