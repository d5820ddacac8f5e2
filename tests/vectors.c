/* The generic kernel against what PyTorch computed (vectors/vectors.txt, made
 * by vectors/make.py). */
#define _POSIX_C_SOURCE 200809L
#include "oracle.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_NAME TCONV_SOURCE_DIR "/tests/vectors/vectors.txt"

/* One block of the file. */
struct vector {
    char name[TCONV_NAME_SIZE];
    long long batch, length, output_size; /* output_size 0: not given */
    int exact;
    struct tconv_spec spec;
    struct tensors t;
    double *y;
};

/* Reads "KEY v v v ..." into count elements. */
static void read_row(FILE *file, const char *key, enum tconv_dtype dtype,
                     void *data, int64_t count)
{
    char *line = NULL;
    size_t size = 0;
    assert_true(getline(&line, &size, file) > 0);
    size_t prefix = strlen(key);
    assert_int_equal(strncmp(line, key, prefix), 0);
    char *at = line + prefix;
    for (int64_t i = 0; i < count; i++) {
        char *end;
        double value = strtod(at, &end);
        assert_ptr_not_equal(at, end);
        at = end;
        value_set(dtype, data, i, value);
        assert_true(value_get(dtype, data, i) == value);
    }
    assert_string_equal(at, "\n");
    free(line);
}

/* The next block; 0 at the end of the file. */
static int read_vector(FILE *file, struct vector *v)
{
    char line[400], kind[16];
    memset(v, 0, sizeof *v);
    do {
        if (!fgets(line, sizeof line, file))
            return 0;
    } while (line[0] == '#' || line[0] == '\n');
    assert_int_equal(sscanf(line, "case %191s", v->name), 1);
    assert_non_null(fgets(line, sizeof line, file));
    assert_true(sscanf(line, "call %lld %lld %lld", &v->batch, &v->length,
                       &v->output_size) >= 2);
    assert_non_null(fgets(line, sizeof line, file));
    assert_int_equal(sscanf(line, "%15s", kind), 1);
    v->exact = !strcmp(kind, "exact");
    assert_true(v->exact || !strcmp(kind, "rounded"));

    struct tconv_error error = NO_ERROR;
    v->spec = spec_of(v->name);
    if (v->output_size)
        assert_ok(tconv_spec_set_output_size(&v->spec, v->length,
                                             v->output_size, &error),
                  &error);
    tensors_make(&v->t, &v->spec, v->batch, v->length, GUARD_AFTER);
    const struct tconv_sizes *z = &v->t.sizes;
    v->y = malloc((size_t)z->output * sizeof *v->y);
    assert_non_null(v->y);
    enum tconv_dtype dtype = v->spec.dtype;
    read_row(file, "x ", dtype, v->t.x.data, z->input);
    read_row(file, "weight ", dtype, v->t.weight.data, z->weight);
    if (v->spec.bias)
        read_row(file, "bias ", dtype, v->t.bias.data, z->bias);
    read_row(file, "y ", TCONV_F64, v->y, z->output);
    return 1;
}

/* Exact data: PyTorch's value. Else both are within the bound of the true sum,
 * PyTorch's (a float64 sum in another order) with that of float64. */
static void check_vector(struct vector *v, enum tconv_sum sum)
{
    tensors_run(&v->t, sum);
    struct oracle_value *want =
        oracle_run(&v->spec, v->t.x.data, v->t.weight.data, v->t.bias.data,
                   v->batch, v->length);
    assert_non_null(want);
    for (int64_t at = 0; at < v->t.sizes.output; at++) {
        double got = value_get(v->spec.dtype, v->t.y.data, at);
        long double bound = 0.0L;
        if (!v->exact)
            bound = oracle_bound(v->spec.dtype, &want[at]) +
                    oracle_bound(TCONV_F64, &want[at]);
        if (!(fabsl((long double)got - (long double)v->y[at]) <= bound))
            fail_msg("%s batch=%lld length=%lld output_size=%lld: element "
                     "%lld is %a, PyTorch has %a",
                     v->name, v->batch, v->length, v->output_size,
                     (long long)at, got, v->y[at]);
    }
    free(want);
}

static void equal_to_pytorch(void **state)
{
    (void)state;
    FILE *file = fopen(FILE_NAME, "r");
    assert_non_null(file);
    struct vector v;
    int vectors = 0, rounded = 0, sized = 0, wide = 0;
    while (read_vector(file, &v)) {
        check_vector(&v, TCONV_SUM_FUSED);
        check_vector(&v, TCONV_SUM_SEPARATE);
        vectors++;
        rounded += !v.exact;
        sized += v.output_size != 0;
        wide += v.spec.dtype == TCONV_F64;
        tensors_free(&v.t);
        free(v.y);
    }
    fclose(file);
    /* A file cut short must not pass. */
    assert_true(vectors >= 44);
    assert_true(rounded >= 5 && sized >= 3 && wide >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_to_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
