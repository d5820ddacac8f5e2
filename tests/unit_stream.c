/* Streaming against the whole signal: random layers, random chunks, and every
 * window run by the generic kernel must give the whole run's bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tconv.h"

static uint64_t state = UINT64_C(0x2545f4914f6cdd1d);

static int64_t draw(int64_t least, int64_t most)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return least + (int64_t)((state >> 20) % (uint64_t)(most - least + 1));
}

static struct tconv_spec draw_spec(void)
{
    struct tconv_spec s;
    int64_t groups = draw(1, 2);
    tconv_spec_init(&s, groups * draw(1, 2), groups * draw(1, 2), draw(1, 9));
    s.op = draw(0, 1) ? TCONV_CONV1D : TCONV_CONV_TRANSPOSE1D;
    s.groups = groups;
    s.stride = draw(1, 6);
    s.dilation = draw(0, 3) ? 1 : draw(1, 5);
    s.padding_begin = draw(0, 2) ? draw(0, 4) : draw(0, 30);
    s.padding_end = draw(0, 2) ? draw(0, 4) : draw(0, 30);
    int64_t larger = s.stride > s.dilation ? s.stride : s.dilation;
    if (s.op == TCONV_CONV_TRANSPOSE1D && draw(0, 1))
        s.output_padding = draw(0, larger - 1);
    s.bias = draw(0, 1);
    return s;
}

static float *allocate(int64_t count)
{
    float *values = malloc((size_t)(count > 0 ? count : 1) * sizeof *values);
    assert_non_null(values);
    return values;
}

static float *draw_values(int64_t count)
{
    float *values = allocate(count);
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)draw(-100000, 100000) / 777.0F;
    return values;
}

struct stream {
    struct tconv_spec spec;
    int64_t length;
    struct tconv_sizes sizes;
    float *x, *weight, *bias, *whole;
    int64_t emitted, begin;
};

/* Runs one window and compares what it emits. */
static void emit(struct stream *t, int64_t received, int ended)
{
    struct tconv_error error = {TCONV_OK, ""};
    struct tconv_window w;
    assert_int_equal(
        tconv_stream_window(&t->spec, received, ended, t->emitted, &w, &error),
        TCONV_OK);
    assert_true(w.input_begin >= t->begin); /* nothing dropped is needed */
    assert_true(w.output_skip >= 0 && w.output_count >= 0);
    t->begin = w.input_begin;
    if (w.output_count == 0)
        return;
    int64_t length = received - w.input_begin;
    float *x = allocate(t->spec.in_channels * length);
    for (int64_t c = 0; c < t->spec.in_channels; c++)
        memcpy(x + c * length, t->x + c * t->length + w.input_begin,
               (size_t)length * sizeof *x);
    int64_t out = 0;
    assert_int_equal(tconv_spec_output_length(&t->spec, length, &out, &error),
                     TCONV_OK);
    assert_true(w.output_skip + w.output_count <= out);
    float *y = allocate(t->spec.out_channels * out);
    assert_int_equal(tconv_generic_run(&t->spec, TCONV_SUM_FUSED, x, t->weight,
                                       t->bias, y, 1, length, &error),
                     TCONV_OK);
    for (int64_t o = 0; o < t->spec.out_channels; o++)
        assert_memory_equal(y + o * out + w.output_skip,
                            t->whole + o * t->sizes.output_length + t->emitted,
                            (size_t)w.output_count * sizeof *y);
    t->emitted += w.output_count;
    free(x);
    free(y);
}

/* A signal of random values, and its output. 0 if it has none. */
static int stream_make(struct stream *t, const struct tconv_spec *spec,
                       int64_t length)
{
    *t = (struct stream){.spec = *spec, .length = length};
    if (tconv_spec_sizes(spec, 1, length, &t->sizes, NULL) != TCONV_OK)
        return 0;
    t->x = draw_values(t->sizes.input);
    t->weight = draw_values(t->sizes.weight);
    t->bias = spec->bias ? draw_values(t->sizes.bias) : NULL;
    t->whole = allocate(t->sizes.output);
    assert_int_equal(tconv_generic_run(spec, TCONV_SUM_FUSED, t->x, t->weight,
                                       t->bias, t->whole, 1, length, NULL),
                     TCONV_OK);
    return 1;
}

static void stream_free(struct stream *t)
{
    free(t->x);
    free(t->weight);
    free(t->bias);
    free(t->whole);
}

static void test_random_streams(void **unused)
{
    (void)unused;
    int ran[TCONV_OP_COUNT] = {0};
    for (int round = 0; round < 24000; round++) {
        const struct tconv_spec spec = draw_spec();
        struct stream t;
        if (!stream_make(&t, &spec, draw(1, 40)))
            continue;
        ran[spec.op]++;
        int64_t chunk = draw(0, 1) ? 1 : draw(1, 10);
        for (int64_t received = 0; received < t.length;) {
            received += draw(0, chunk);
            if (received > t.length)
                received = t.length;
            emit(&t, received, received == t.length && draw(0, 1));
        }
        emit(&t, t.length, 1);
        assert_int_equal(t.emitted, t.sizes.output_length);
        emit(&t, t.length, 1); /* asking again gives nothing more */
        assert_int_equal(t.emitted, t.sizes.output_length);
        stream_free(&t);
    }
    assert_true(ran[TCONV_CONV_TRANSPOSE1D] > 8000);
    assert_true(ran[TCONV_CONV1D] > 8000);
}

/* Every size of chunk, up to the whole signal. */
static void test_chunk_sizes(void **unused)
{
    (void)unused;
    int ran = 0;
    for (int round = 0; round < 60; round++) {
        const struct tconv_spec spec = draw_spec();
        const int64_t length = draw(20, 50);
        for (int64_t chunk = 1; chunk <= length; chunk++) {
            struct stream t;
            if (!stream_make(&t, &spec, length))
                break;
            ran++;
            for (int64_t at = chunk; at < length; at += chunk)
                emit(&t, at, 0);
            emit(&t, length, 1);
            assert_int_equal(t.emitted, t.sizes.output_length);
            stream_free(&t);
        }
    }
    assert_true(ran > 1000);
}

/* A stream that emits late is right but useless: at stride*received, less the
 * crop, everything final must be out. */
static void test_is_prompt(void **unused)
{
    (void)unused;
    struct tconv_spec s;
    tconv_spec_init(&s, 1, 1, 16);
    s.stride = 8;
    s.padding_end = 8; /* causal: K - S off the end */
    struct tconv_window w;
    assert_int_equal(tconv_stream_window(&s, 1, 0, 0, &w, NULL), TCONV_OK);
    assert_int_equal(w.output_count, 8);
    assert_int_equal(tconv_stream_window(&s, 101, 0, 800, &w, NULL), TCONV_OK);
    assert_int_equal(w.input_begin, 99);
    assert_int_equal(w.output_skip, 8);
    assert_int_equal(w.output_count, 8);

    /* A causal Conv1d has an output for each stride of inputs, from so many as
     * its taps reach over. */
    s.op = TCONV_CONV1D;
    s.padding_begin = 15;
    s.padding_end = 0;
    assert_int_equal(tconv_stream_window(&s, 0, 0, 0, &w, NULL), TCONV_OK);
    assert_int_equal(w.output_count, 0);
    assert_int_equal(tconv_stream_window(&s, 1, 0, 0, &w, NULL), TCONV_OK);
    assert_int_equal(w.output_count, 1);
    assert_int_equal(tconv_stream_window(&s, 8, 0, 1, &w, NULL), TCONV_OK);
    assert_int_equal(w.output_count, 0);
    assert_int_equal(tconv_stream_window(&s, 9, 0, 1, &w, NULL), TCONV_OK);
    assert_int_equal(w.output_count, 1);
    assert_int_equal(tconv_stream_window(&s, 809, 0, 101, &w, NULL), TCONV_OK);
    assert_int_equal(w.input_begin, 792); /* 793 to 808, from a stride on */
    assert_int_equal(w.output_skip, 2);
    assert_int_equal(w.output_count, 1);
}

static void test_refusals(void **unused)
{
    (void)unused;
    struct tconv_spec s;
    tconv_spec_init(&s, 1, 1, 4);
    struct tconv_window w;
    struct tconv_error e = {TCONV_OK, ""};
    assert_int_equal(tconv_stream_window(NULL, 1, 0, 0, &w, &e),
                     TCONV_E_ARGUMENT);
    assert_int_equal(tconv_stream_window(&s, 1, 0, 0, NULL, NULL),
                     TCONV_E_ARGUMENT);
    assert_int_equal(tconv_stream_window(&s, 5, 0, -1, &w, NULL),
                     TCONV_E_ARGUMENT);
    assert_int_equal(tconv_stream_window(&s, 5, 0, 6, &w, NULL),
                     TCONV_E_ARGUMENT);
    assert_int_equal(tconv_stream_window(&s, -1, 0, 0, &w, NULL),
                     TCONV_E_LENGTH);
    assert_int_equal(tconv_stream_window(&s, 0, 1, 0, &w, NULL),
                     TCONV_E_LENGTH);
    assert_int_equal(tconv_stream_window(&s, INT64_MAX, 1, 0, &w, NULL),
                     TCONV_E_SIZE);
    assert_int_equal(tconv_stream_window(&s, 0, 0, 0, &w, NULL), TCONV_OK);
    assert_int_equal(w.output_count, 0);

    s.padding_end = 50; /* too short so far, or for good */
    assert_int_equal(tconv_stream_window(&s, 5, 0, 0, &w, NULL), TCONV_OK);
    assert_int_equal(w.output_count, 0);
    assert_int_equal(tconv_stream_window(&s, 5, 1, 0, &w, NULL),
                     TCONV_E_OUTPUT_LENGTH);

    s.padding_end = 0;
    s.length = 5;
    assert_int_equal(tconv_stream_window(&s, 4, 0, 0, &w, NULL),
                     TCONV_E_LENGTH);
    assert_int_equal(tconv_stream_window(&s, 5, 0, 0, &w, NULL),
                     TCONV_E_LENGTH);
    assert_int_equal(tconv_stream_window(&s, 5, 1, 0, &w, NULL), TCONV_OK);
    assert_int_equal(w.input_begin, 0);
    assert_int_equal(w.output_count, 8);
    s.stride = 0;
    assert_int_equal(tconv_stream_window(&s, 5, 1, 0, &w, NULL),
                     TCONV_E_STRIDE);

    tconv_spec_init(&s, 1, 1, 4); /* a gradient is not of chunks */
    for (int op = 0; op < TCONV_OP_COUNT; op++) {
        s.op = (enum tconv_op)op;
        s.pass = TCONV_GRAD_INPUT;
        assert_int_equal(tconv_stream_window(&s, 5, 1, 0, &w, NULL),
                         TCONV_E_PASS);
        s.pass = TCONV_GRAD_WEIGHT;
        assert_int_equal(tconv_stream_window(&s, 5, 0, 0, &w, NULL),
                         TCONV_E_PASS);
    }
    s.pass = TCONV_FORWARD; /* Conv1d, too short so far, or for good */
    assert_int_equal(tconv_stream_window(&s, 3, 0, 0, &w, NULL), TCONV_OK);
    assert_int_equal(w.output_count, 0);
    assert_int_equal(tconv_stream_window(&s, 3, 1, 0, &w, NULL),
                     TCONV_E_OUTPUT_LENGTH);
    assert_int_equal(tconv_stream_window(&s, 5, 0, 3, &w, NULL),
                     TCONV_E_ARGUMENT);
    assert_int_equal(tconv_stream_window(&s, INT64_MAX, 0, 0, &w, NULL),
                     TCONV_E_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_streams),
        cmocka_unit_test(test_chunk_sizes),
        cmocka_unit_test(test_is_prompt),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
