/* .npy files: every header that is legal, and a message for each that is not.
 */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "npy_write.h"

/* A file in memory: magic, version, header size, header, zeros. */
struct image {
    unsigned char
        *bytes; /* exactly `size`, so that a checker sees any excess */
    size_t size;
};

static struct image image_of(unsigned major, const char *text, size_t data)
{
    size_t text_bytes = strlen(text);
    size_t begin = major == 1 ? 10 : 12;
    struct image image = {NULL, begin + text_bytes + data};
    image.bytes = calloc(1, image.size);
    assert_non_null(image.bytes);
    memcpy(image.bytes, "\x93NUMPY", 6);
    image.bytes[6] = (unsigned char)major;
    image.bytes[8] = (unsigned char)(text_bytes & 0xff);
    image.bytes[9] = (unsigned char)(text_bytes >> 8);
    memcpy(image.bytes + begin, text, text_bytes);
    return image;
}

static void test_legal(void **state)
{
    (void)state;
    /* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
    static const struct {
        const char *text;
        int dimensions;
        int64_t shape[3];
        enum tconv_dtype dtype;
    } rows[] = {
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }  \n",
         2,
         {2, 3},
         TCONV_F32},
        {"{'shape': (1,2,3), 'descr': '<f8', 'fortran_order': False}\n",
         3,
         {1, 2, 3},
         TCONV_F64},
        {"{\"descr\":\"<f4\",\"fortran_order\":False,\"shape\":(5,)}",
         1,
         {5},
         TCONV_F32},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (), }\n",
         0,
         {0},
         TCONV_F32},
        {"{'descr': '<f2', 'fortran_order': False, 'shape': (3,), }\n",
         1,
         {3},
         TCONV_F16},
        /* bf16: as ml_dtypes writes it, and as bits. */
        {"{'descr': '|V2', 'fortran_order': False, 'shape': (3,), }\n",
         1,
         {3},
         TCONV_BF16},
        {"{'descr': '<V2', 'fortran_order': False, 'shape': (3,), }\n",
         1,
         {3},
         TCONV_BF16},
        {"{'descr': '<u2', 'fortran_order': False, 'shape': (3,), }\n",
         1,
         {3},
         TCONV_BF16},
        {"{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }\n",
         1,
         {3},
         TCONV_BF16},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4, 9), }\n",
         3,
         {0, 4, 9},
         TCONV_F32},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (unsigned major = 1; major <= 3; major++) {
            struct tconv_error error = NO_ERROR;
            struct npy_header header;
            size_t count = 1;
            for (int d = 0; d < rows[i].dimensions; d++)
                count *= (size_t)rows[i].shape[d];
            struct image image =
                image_of(major, rows[i].text,
                         count * (size_t)tconv_dtype_bytes(rows[i].dtype));
            assert_ok(tconv_npy_parse(image.bytes, image.size, "x.npy", &header,
                                      &error),
                      &error);
            assert_int_equal(header.dimensions, rows[i].dimensions);
            assert_int_equal(header.dtype, rows[i].dtype);
            assert_int_equal(header.count, count);
            for (int d = 0; d < rows[i].dimensions; d++)
                assert_int_equal(header.shape[d], rows[i].shape[d]);
            free(image.bytes);
        }
    }
}

#define F4 "{'descr': '<f4', 'fortran_order': False, 'shape': "

static void test_refused(void **state)
{
    (void)state;
    /* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
    static const struct {
        unsigned major;
        size_t data;
        const char *text;
        const char *message;
    } rows[] = {
        {0, 24, F4 "(2, 3), }\n", "version 0.0, wanted 1.0"},
        {4, 24, F4 "(2, 3), }\n", "version 4.0, wanted 1.0"},
        {1, 23, F4 "(2, 3), }\n", "found 23 bytes of data, wanted 24"},
        {1, 25, F4 "(2, 3), }\n", "found 25 bytes of data, wanted 24"},
        {1, 0, "", "wanted {"},
        {1, 0, "[1, 2]\n", "wanted {"},
        {1, 24, "{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3)}",
         "elements are >f4, wanted <f4, <f8, <f2, <c8, <c16, "},
        {1, 24, "{'descr': '<i8', 'fortran_order': False, 'shape': (2, 3)}",
         "elements are <i8, wanted <f4, <f8, <f2, <c8, <c16, |i1, |u1, <i4 or, "
         "of bfloat16, |V2"},
        {1, 12, "{'descr': '>f2', 'fortran_order': False, 'shape': (2, 3)}",
         "elements are >f2, wanted"},
        {1, 12, "{'descr': '>u2', 'fortran_order': False, 'shape': (2, 3)}",
         "elements are >u2, wanted"},
        {1, 24, "{'descr': '|V4', 'fortran_order': False, 'shape': (2, 3)}",
         "elements are |V4, wanted"},
        {1, 24, "{'descr': [('a', '<f4')], 'fortran_order': False}",
         "wanted descr '<f4' or '<f8'"},
        {1, 24, "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3)}",
         "wanted fortran_order False"},
        {1, 24, "{'descr': '<f4', 'shape': (2, 3), }\n", "wanted the keys"},
        {1, 24, "{'descr': '<f4', 'descr': '<f4', 'shape': (2, 3), }\n",
         "shape once"},
        {1, 24, "{'descr': '<f4', 'colour': 'red', 'shape': (2, 3), }\n",
         "shape once"},
        {1, 24, F4 "(2, 3), 'x': 1}\n", "} after three keys"},
        {1, 24, F4 "(2, 3)} x\n", "wanted its end"},
        {1, 24, F4 "(2, 3)", "} after three keys"},
        {1, 24, F4 "(2, 3", "a shape such as"},
        {1, 24, F4 "(2 3)}\n", "a shape such as"},
        {1, 24, F4 "(2,, 3)}\n", "a shape such as"},
        {1, 24, F4 "(,)}\n", "a shape such as"},
        {1, 24, F4 "[2, 3]}\n", "a shape such as"},
        {1, 24, F4 "(-2, 3)}\n", "a shape such as"},
        {1, 24, F4 "(6)}\n", "a comma after a single size"},
        {1, 24, F4 "(99999999999999999999, 1)}\n", "fits in 63 bits"},
        {1, 0, F4 "(9223372036854775807, 2)}\n", "fits in 63 bits"},
        {1, 24, F4 "(4611686018427387904,)}\n", "too large"},
        {1, 4,
         F4 "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
            "1)}\n",
         "at most 32 dimensions"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tconv_error error = NO_ERROR;
        struct npy_header header;
        struct image image =
            image_of(rows[i].major, rows[i].text, rows[i].data);
        assert_error(
            &error,
            tconv_npy_parse(image.bytes, image.size, "x.npy", &header, &error),
            TCONV_E_ARGUMENT, rows[i].message);
        assert_non_null(strstr(error.message, "x.npy"));
        free(image.bytes);
    }
}

/* Cut after each byte, a file is refused, and nothing beyond it is read. */
static void test_cut(void **state)
{
    (void)state;
    for (unsigned major = 1; major <= 3; major++) {
        struct image whole = image_of(major, F4 "(2, 3), }\n", 24);
        for (size_t size = 0; size < whole.size; size++) {
            struct tconv_error error = NO_ERROR;
            struct npy_header header;
            struct guarded cut;
            guarded_make(&cut, size, GUARD_AFTER);
            memcpy(cut.data, whole.bytes, size);
            assert_error(
                &error,
                tconv_npy_parse(cut.data, size, "x.npy", &header, &error),
                TCONV_E_ARGUMENT, "x.npy");
            guarded_free(&cut);
        }
        free(whole.bytes);
    }
}

/* Any byte may be anything: the parser must only not fall over. */
static void test_noise(void **state)
{
    (void)state;
    struct prng prng = {2024};
    struct image whole = image_of(1, F4 "(2, 3), }\n", 24);
    for (int i = 0; i < 20000; i++) {
        struct npy_header header;
        struct guarded file;
        guarded_make(&file, whole.size, GUARD_AFTER);
        memcpy(file.data, whole.bytes, whole.size);
        for (int64_t n = prng_range(&prng, 1, 4); n > 0; n--)
            ((unsigned char *)
                 file.data)[prng_range(&prng, 6, (int64_t)whole.size - 1)] =
                (unsigned char)prng_range(&prng, 0, 255);
        if (tconv_npy_parse(file.data, whole.size, "x.npy", &header, NULL) ==
            TCONV_OK)
            assert_int_equal(header.count * tconv_dtype_bytes(header.dtype),
                             whole.size - header.data_begin);
        guarded_free(&file);
    }
    free(whole.bytes);
}

/* The header is NumPy's own, to the byte. */
static void test_format(void **state)
{
    (void)state;
    char header[NPY_HEADER_BYTES];
    const int64_t shape[3] = {2, 3, 4};
    const char text[] =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 4), }";
    assert_int_equal(npy_format(header, TCONV_F32, shape, 3), 128);
    assert_memory_equal(header, "\x93NUMPY\x01\x00\x76\x00", 10);
    assert_memory_equal(header + 10, text, sizeof text - 1);
    for (size_t i = 10 + sizeof text - 1; i < 127; i++)
        assert_int_equal(header[i], ' ');
    assert_int_equal(header[127], '\n');
}

static void test_file(void **state)
{
    (void)state;
    char path[] = "/tmp/tconv_npy_XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    struct tconv_error error = NO_ERROR;
    const double values[6] = {1, -2, 3.5, -0.0, 1e300, 5e-324};
    const int64_t shape[2] = {2, 3};
    struct npy npy;
    const struct npy_output output = {path, values, {2, 3}, 2};
    assert_ok(npy_write(TCONV_F64, &output, 1, &error), &error);
    assert_ok(tconv_npy_read(path, TCONV_F64, &npy, &error), &error);
    assert_int_equal(npy.header.dimensions, 2);
    assert_memory_equal(npy.header.shape, shape, sizeof shape);
    assert_memory_equal(npy.data, values, sizeof values);
    free(npy.data);
    assert_error(&error, tconv_npy_read(path, TCONV_F32, &npy, &error),
                 TCONV_E_ARGUMENT, "elements are <f8, wanted <f4");
    const uint16_t narrow[6] = {0x3c00, 0x8000, 0x7fff, 1, 0xfbff, 0};
    const struct npy_output halves = {path, narrow, {2, 3}, 2};
    for (int i = 0; i < 2; i++) {
        const enum tconv_dtype dtype = i ? TCONV_BF16 : TCONV_F16;
        assert_ok(npy_write(dtype, &halves, 1, &error), &error);
        assert_ok(tconv_npy_read(path, dtype, &npy, &error), &error);
        assert_memory_equal(npy.data, narrow, sizeof narrow);
        free(npy.data);
        memset(&error, 0, sizeof error);
        assert_error(
            &error,
            tconv_npy_read(path, i ? TCONV_F16 : TCONV_BF16, &npy, &error),
            TCONV_E_ARGUMENT,
            i ? "elements are |V2, wanted <f2"
              : "elements are <f2, wanted |V2");
    }
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_legal),  cmocka_unit_test(test_refused),
        cmocka_unit_test(test_cut),    cmocka_unit_test(test_noise),
        cmocka_unit_test(test_format), cmocka_unit_test(test_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
