/* tconv bench: how fast a layer is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bandwidth.h"
#include "cli.h"
#include "clock.h"
#include "draw.h"
#include "engine.h"
#include "error.h"
#include "host.h"
#include "json.h"
#include "peak.h"
#include "progress.h"
#include "reference.h"

static const char help[] =
    "tconv bench - measure how fast a layer is\n"
    "\n"
    "SYNOPSIS\n"
    "    tconv bench SPEC --length L [--batch N] [--threads T]\n"
    "        [--engine ENGINE] [--isa ISA] [--json]\n"
    "\n"
    "DESCRIPTION\n"
    "    Compiles each layer of SPEC (see tconv --help), holds its result\n"
    "    against the generic kernel's, bit for bit (of a large one a sample),\n"
    "    and times calls on random data: for at least 0.3 s, and 20 times "
    "(the\n"
    "    generic kernel: 3 times). Packing the weights is not timed.\n"
    "\n"
    "    Speed is 2 * N * L * in_channels * (out_channels/groups) *\n"
    "    kernel_size floating-point operations over the median. The peak is\n"
    "    what multiplying and adding alone reaches with this instruction set,\n"
    "    measured just before and after, with as many threads; the better\n"
    "    counts. create is the time from the spec to a kernel that was\n"
    "    compared and can be called.\n"
    "\n"
    "    Beside it stands what the plan should reach (see tconv show --help):\n"
    "    its bound, the fraction of the peak that is predicted, and what was\n"
    "    reached of that. Where the bound is not compute, the bytes that must\n"
    "    move (input, output, weights) over the median are held against the\n"
    "    fastest copy of as many bytes, read and written, and threads.\n"
    "\n"
    "OPTIONS\n"
    "    --length L\n"
    "        Input length; not needed for layers that fix it.\n"
    "    --batch N\n"
    "        Default 1.\n"
    "    --threads T\n"
    "        1 (default) to 1024 threads, made beforehand. The generic kernel\n"
    "        always runs on one.\n"
    "    --engine auto|generic|jit|cc\n"
    "        Default auto: jit, or generic where that fails; then one line on\n"
    "        standard error says why. (Also pure: libtcc alone, for tests.)\n"
    "    --isa ISA\n"
    "        avx512, avx2, sse2, neon, scalar or native (default).\n"
    "    --json\n"
    "        One JSON object a line and layer: spec, layer, engine, isa,\n"
    "        threads, batch, length, calls, median_ns, min_ns, gflops,\n"
    "        peak_gflops and peak_fraction (null without micro-kernels to\n"
    "        measure it by), create_ns, bit_equal, algorithm, bound,\n"
    "        predicted_fraction, reached_of_predicted, bytes, gbytes (a\n"
    "        second), copy_gbytes, copy_fraction. The generic kernel has no\n"
    "        plan, hence null from algorithm on; copy_ are null where the\n"
    "        bound is compute.\n"
    "\n"
    "EXIT CODES\n"
    "    0  done\n"
    "    1  a result differs from the generic kernel's\n"
    "    2  bad usage or spec\n"
    "    3  could not: JIT, compiler, memory, threads\n"
    "\n"
    "EXAMPLES\n"
    "    tconv bench f32_ci512_co256_k16_s8_p4 --length 100\n"
    "    tconv bench model.lua --length 100 --threads 4 --json\n";

/* Multiply-adds of the generic kernel that a comparison may take. */
#define REFERENCE_BUDGET 20000000

#define CALLS_LEAST 20
#define GENERIC_CALLS_LEAST 3
#define CALLS_MOST 100000
#define TIME_LEAST INT64_C(300000000)

struct options {
    const char *engine, *isa;
    int64_t length, batch, threads;
    int json;
};

/* One layer being measured. */
struct bench {
    struct engine engine;
    struct tconv_sizes sizes;
    struct tconv_args args;
    int64_t batch, length;
    int threads;
    void *x, *y, *weight, *bias;
    float *scale;
    struct tconv_quantization quantization;
};

struct result {
    int64_t create_ns, median_ns, min_ns, calls;
    double peak;            /* operations a nanosecond; 0: unknown */
    double copy;            /* bytes a nanosecond; 0: unknown */
    struct tconv_cost cost; /* its algorithm is empty without a plan */
    int bit_equal;
};

/* On one thread as those call kernels who count nanoseconds. */
static enum tconv_status call(struct bench *bench, struct tconv_pool *pool,
                              struct tconv_error *error)
{
    const struct tconv_kernel *kernel = bench->engine.kernel;
    if (!kernel)
        return engine_run(&bench->engine, bench->x, bench->y, bench->batch,
                          bench->length, NULL, error);
    if (bench->threads > 1)
        return tconv_pool_run(pool, kernel, &bench->args, error);
    kernel->run(&bench->args, 0, 1);
    return TCONV_OK;
}

static int compare_times(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* Times calls. Returns 0 when there is no memory to note the times. */
static int measure(struct bench *bench, struct tconv_pool *pool,
                   struct result *result)
{
    int64_t *times = malloc(CALLS_MOST * sizeof *times);
    int64_t least = bench->engine.kernel ? CALLS_LEAST : GENERIC_CALLS_LEAST;
    if (!times)
        return 0;
    int64_t begin = clock_nanoseconds(), now = begin, count = 0;
    while (count < CALLS_MOST && (count < least || now - begin < TIME_LEAST)) {
        call(bench, pool, NULL); /* the first one went well */
        int64_t end = clock_nanoseconds();
        times[count++] = end - now;
        now = end;
    }
    qsort(times, (size_t)count, sizeof *times, compare_times);
    /* A clock may be too coarse for the smallest layers. */
    result->min_ns = times[0] ? times[0] : 1;
    result->median_ns = times[count / 2] ? times[count / 2] : 1;
    result->calls = count;
    free(times);
    return 1;
}

/* Makes data, packs weights, and makes room. */
static enum tconv_status prepare(struct bench *bench, struct tconv_error *error)
{
    const struct tconv_spec *spec = &bench->engine.spec;
    const struct tconv_sizes *sizes = &bench->sizes;
    const size_t element = (size_t)sizes->element_bytes;
    struct random random = {1};
    bench->x = tconv_memory_alloc((size_t)sizes->input * element);
    bench->y = tconv_memory_alloc(
        (size_t)(sizes->output * sizes->output_element_bytes));
    bench->scale =
        tconv_memory_alloc((size_t)spec->out_channels * sizeof(float));
    bench->weight = tconv_memory_alloc(
        (size_t)(sizes->weight * sizes->weight_element_bytes));
    bench->bias =
        tconv_memory_alloc((size_t)(sizes->bias * sizes->bias_element_bytes));
    if (!bench->x || !bench->y || !bench->weight || !bench->bias ||
        !bench->scale)
        return tconv_fail(error, TCONV_E_MEMORY,
                          "not enough memory for a batch of %lld with length "
                          "%lld",
                          (long long)bench->batch, (long long)bench->length);
    draw_data(&random, spec->dtype, DATA_NORMAL, bench->x, sizes->input);
    draw_data(&random, tconv_spec_weight_dtype(spec), DATA_NORMAL,
              bench->weight, sizes->weight);
    draw_data(&random, tconv_spec_bias_dtype(spec), DATA_NORMAL, bench->bias,
              sizes->bias);
    if (tconv_spec_quantized(spec)) {
        draw_quantization(&random, spec, DATA_NORMAL, bench->scale,
                          &bench->quantization);
        bench->engine.quantization = &bench->quantization;
    }
    enum tconv_status status = engine_pack(
        &bench->engine, bench->weight, sizes->bias ? bench->bias : NULL, error);
    if (status == TCONV_OK)
        status = engine_reserve(&bench->engine, bench->batch, bench->length,
                                bench->threads, error);
    bench->args =
        (struct tconv_args){.x = bench->x,
                            .packed = engine_packed(&bench->engine),
                            .y = bench->y,
                            .workspace = bench->engine.workspace,
                            .batch = bench->batch,
                            .length = bench->length,
                            .quantization = bench->engine.quantization};
    return status;
}

static int is_bit_equal(const struct bench *bench)
{
    const struct reference reference = {
        &bench->engine.spec, bench->engine.sum,         bench->x,
        bench->weight,       bench->engine.bias,        bench->batch,
        bench->length,       bench->engine.quantization};
    struct random random = {1};
    union tconv_value want;
    int64_t compared;
    return reference_compare(&reference, bench->y, REFERENCE_BUDGET, &random,
                             &compared, &want) < 0;
}

/* Null where the value is not known. */
static void json_real_or_null(struct json *json, const char *key, double value,
                              int is_known)
{
    if (is_known)
        json_real(json, key, value);
    else
        json_null(json, key);
}

static void print_json_prediction(struct json *json, const struct result *r,
                                  double speed)
{
    const struct tconv_cost *cost = &r->cost;
    const int planned = cost->algorithm[0] != '\0';
    const double moved = cost->bytes / (double)r->median_ns;
    if (planned) {
        json_text(json, "algorithm", cost->algorithm);
        json_text(json, "bound", cost->bound);
    } else {
        json_null(json, "algorithm");
        json_null(json, "bound");
    }
    json_real_or_null(json, "predicted_fraction", cost->fraction, planned);
    json_real_or_null(json, "reached_of_predicted",
                      speed / r->peak / cost->fraction, planned && r->peak > 0);
    json_real_or_null(json, "bytes", cost->bytes, planned);
    json_real_or_null(json, "gbytes", moved, planned);
    json_real_or_null(json, "copy_gbytes", r->copy, r->copy > 0);
    json_real_or_null(json, "copy_fraction", moved / r->copy, r->copy > 0);
}

static void print_json(const struct bench *bench, const struct result *r,
                       const struct tconv_layer *layer, double speed)
{
    char name[TCONV_NAME_SIZE];
    struct json json;
    tconv_spec_name(&layer->spec, name);
    json_begin(&json, stdout);
    json_text(&json, "spec", name);
    json_text(&json, "layer", layer->name);
    json_text(&json, "engine", engine_kind_name(bench->engine.kind));
    json_text(&json, "isa", bench->engine.isa);
    json_integer(&json, "threads", bench->threads);
    json_integer(&json, "batch", bench->batch);
    json_integer(&json, "length", bench->length);
    json_integer(&json, "calls", r->calls);
    json_integer(&json, "median_ns", r->median_ns);
    json_integer(&json, "min_ns", r->min_ns);
    json_real(&json, "gflops", speed);
    json_real_or_null(&json, "peak_gflops", r->peak, r->peak > 0);
    json_real_or_null(&json, "peak_fraction", speed / r->peak, r->peak > 0);
    json_integer(&json, "create_ns", r->create_ns);
    json_bool(&json, "bit_equal", r->bit_equal);
    print_json_prediction(&json, r, speed);
    json_end(&json);
}

static void print_prediction(const struct result *r, double speed)
{
    const struct tconv_cost *cost = &r->cost;
    const double moved = cost->bytes / (double)r->median_ns;
    if (!cost->algorithm[0])
        return;
    printf("  bound %s, %.3g %% of the peak predicted", cost->bound,
           100 * cost->fraction);
    if (r->peak > 0)
        printf("; reached %.0f %% of that",
               100 * speed / r->peak / cost->fraction);
    putchar('\n');
    if (r->copy > 0)
        printf("  %.4g MB must move: at %.1f GB/s, %.0f %% of a copy's %.1f\n",
               cost->bytes * 1e-6, moved, 100 * moved / r->copy, r->copy);
}

static void print_text(const struct bench *bench, const struct result *r,
                       const struct tconv_layer *layer, double speed)
{
    printf("%s: %s %s, length %lld, batch %lld, threads %d\n", layer->name,
           engine_kind_name(bench->engine.kind), bench->engine.isa,
           (long long)bench->length, (long long)bench->batch, bench->threads);
    printf("  median %.1f us, least %.1f us of %lld calls; %.1f GFLOP/s",
           (double)r->median_ns * 1e-3, (double)r->min_ns * 1e-3,
           (long long)r->calls, speed);
    if (r->peak > 0)
        printf(", %.0f %% of the peak %.1f", 100 * speed / r->peak, r->peak);
    printf("; created in %.2f ms; same bits: %s\n", (double)r->create_ns * 1e-6,
           r->bit_equal ? "yes" : "no");
    print_prediction(r, speed);
}

/* What the plan of the kernel, if there is one, should reach. */
static enum tconv_status predict(const struct bench *bench,
                                 struct tconv_generator *generator,
                                 struct tconv_cost *cost,
                                 struct tconv_error *error)
{
    if (!bench->engine.kernel)
        return TCONV_OK;
    return tconv_generator_cost(generator, &bench->engine.spec,
                                bench->engine.isa, bench->length, bench->batch,
                                bench->threads, cost, error);
}

/* The best that the machine does, before the calls and after them: others may
 * have kept it busy at one time. */
static void measure_machine(const struct bench *bench, struct tconv_pool *pool,
                            struct result *result)
{
    const struct tconv_cost *cost = &result->cost;
    double peak = peak_measure(pool, bench->threads, bench->engine.isa,
                               bench->engine.spec.dtype);
    result->peak = peak > result->peak ? peak : result->peak;
    if (!cost->algorithm[0] || !strcmp(cost->bound, "compute"))
        return;
    double copy = bandwidth_measure(pool, bench->threads, cost->bytes);
    result->copy = copy > result->copy ? copy : result->copy;
}

/* Measures an open engine and prints what came out. */
static enum tconv_status measure_layer(struct bench *bench,
                                       struct tconv_pool *pool,
                                       const struct tconv_layer *layer,
                                       struct result *result, int json,
                                       struct tconv_error *error)
{
    enum tconv_status status = prepare(bench, error);
    if (status == TCONV_OK)
        status = call(bench, pool, error);
    if (status != TCONV_OK)
        return status;
    result->bit_equal = is_bit_equal(bench);
    measure_machine(bench, pool, result);
    if (!measure(bench, pool, result))
        return tconv_fail(error, TCONV_E_MEMORY,
                          "not enough memory for the times");
    measure_machine(bench, pool, result);
    double speed = 2 * (double)bench->sizes.macs / (double)result->median_ns;
    if (json)
        print_json(bench, result, layer, speed);
    else
        print_text(bench, result, layer, speed);
    fflush(stdout);
    return TCONV_OK;
}

static enum tconv_status bench_layer(struct tconv_generator *generator,
                                     const struct tconv_layer *layer,
                                     const struct options *o,
                                     enum engine_kind kind, const char *isa,
                                     int *differ, struct tconv_error *error)
{
    struct tconv_pool *pool = NULL;
    struct bench bench = {.batch = o->batch, .threads = (int)o->threads};
    struct result result = {.calls = 0};
    struct tconv_error reason = {TCONV_OK, ""};
    bench.length = o->length ? o->length : layer->spec.length;
    enum tconv_status status = tconv_spec_sizes(
        &layer->spec, bench.batch, bench.length, &bench.sizes, error);
    if (status != TCONV_OK)
        return status;
    int64_t begin = clock_nanoseconds();
    status =
        engine_open(&bench.engine, &layer->spec, kind, isa, &reason, error);
    result.create_ns = clock_nanoseconds() - begin;
    if (status != TCONV_OK)
        return status;
    if (reason.status != TCONV_OK)
        fprintf(stderr, "tconv bench: using the generic kernel: %s\n",
                reason.message);
    if (!bench.engine.kernel)
        bench.threads = 1;
    /* Made here, since new threads look for work while a kernel is made. */
    status = predict(&bench, generator, &result.cost, error);
    if (status == TCONV_OK)
        status = tconv_pool_create(&pool, (int)o->threads, error);
    if (status == TCONV_OK)
        status = measure_layer(&bench, pool, layer, &result, o->json, error);
    tconv_pool_free(pool);
    *differ |= status == TCONV_OK && !result.bit_equal;
    engine_close(&bench.engine);
    free(bench.x);
    free(bench.y);
    free(bench.weight);
    free(bench.bias);
    free(bench.scale);
    return status;
}

static enum tconv_status bench_model(struct tconv_generator *generator,
                                     const struct tconv_model *model,
                                     const struct options *o,
                                     enum engine_kind kind, const char *isa,
                                     struct tconv_error *error)
{
    struct progress progress;
    enum tconv_status status = TCONV_OK;
    int differ = 0;
    for (size_t i = 0; i < model->count; i++)
        if (!o->length && !model->layers[i].spec.length)
            return tconv_fail(error, TCONV_E_LENGTH,
                              "--length is missing; %.100s takes any length "
                              "from 1 on",
                              model->layers[i].name);
    progress_begin(&progress, (int64_t)model->count);
    for (size_t i = 0; i < model->count && status == TCONV_OK; i++) {
        progress_show(&progress, (int64_t)i);
        status = bench_layer(generator, &model->layers[i], o, kind, isa,
                             &differ, error);
    }
    progress_end(&progress);
    if (status == TCONV_OK && differ)
        return tconv_fail(error, TCONV_E_DIFFER,
                          "a result differs from the generic kernel's; tconv "
                          "check says more");
    return status;
}

static enum tconv_status bench(int argc, char **argv, struct tconv_error *error)
{
    struct options o = {.engine = "auto", .batch = 1, .threads = 1};
    const struct cli_option table[] = {
        {.name = "--length",
         .number = &o.length,
         .least = 1,
         .most = CLI_SIZE_MAX},
        {.name = "--batch",
         .number = &o.batch,
         .least = 1,
         .most = CLI_SIZE_MAX},
        {.name = "--threads",
         .number = &o.threads,
         .least = 1,
         .most = TCONV_POOL_THREADS_MAX},
        {.name = "--engine", .text = &o.engine},
        {.name = "--isa", .text = &o.isa},
        {.name = "--json", .flag = &o.json},
    };
    const char *operand, *isa;
    enum engine_kind kind;
    struct tconv_generator *generator;
    struct tconv_model model;
    enum tconv_status status = cli_parse(
        argc, argv, table, sizeof table / sizeof *table, &operand, error);
    if (status == TCONV_OK)
        status = engine_kind_read(o.engine, ~0U, &kind, error);
    if (status == TCONV_OK)
        status = cli_isa(o.isa, &isa, error);
    if (status == TCONV_OK)
        status = tconv_generator_create(&generator, error);
    if (status != TCONV_OK)
        return status;
    status = cli_spec(generator, operand, &model, error);
    if (status == TCONV_OK) {
        status = bench_model(generator, &model, &o, kind, isa, error);
        tconv_model_free(&model);
    }
    tconv_generator_free(generator);
    return status;
}

const struct verb verb_bench = {
    "bench",
    "bench SPEC --length L [--batch N] [--threads T] [--engine ENGINE] "
    "[--json]",
    help,
    bench,
};
