/* tconv run: one layer on data from files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "engine.h"
#include "error.h"
#include "layer.h"
#include "tensor.h"

static const char help[] =
    "tconv run - compute a layer on .npy files\n"
    "\n"
    "SYNOPSIS\n"
    "    tconv run SPEC --input x.npy --weight w.npy [--bias b.npy]\n"
    "        --output y.npy [--engine ENGINE] [--isa ISA] [--threads T]\n"
    "        [--output-size N] [--chunk C]\n"
    "        [--scale s.npy] [--x-zero-point X] [--y-zero-point Y]\n"
    "\n"
    "DESCRIPTION\n"
    "    Reads the input and the weights, computes y of x and writes it. SPEC\n"
    "    (see tconv --help) must be one layer; of a model file take\n"
    "    FILE.lua:LAYER.\n"
    "\n"
    "    Shapes are PyTorch's: input (N, in_channels, L) or, for a batch of\n"
    "    one, (in_channels, L); weight (in_channels, out_channels/groups,\n"
    "    kernel_size), of Conv1d (out_channels, in_channels/groups,\n"
    "    kernel_size); bias (out_channels), given exactly if the layer has\n"
    "    one. In the layout nlc channels come last: (N, L, in_channels). The\n"
    "    output has as many dimensions as the input. Files are\n"
    "    NumPy's .npy, formats 1.0 to 3.0, in C order, with elements of the\n"
    "    layer's dtype: <f4, <f8, <f2, |V2 (bfloat16), <c8, <c16, |i1, |u1;\n"
    "    the bias of an integer layer is <i4, a scale <f4.\n"
    "\n"
    "    Every engine, instruction set with the same kind of sum, number of\n"
    "    threads and chunk size gives the same bits.\n"
    "\n"
    "OPTIONS\n"
    "    --input FILE, --weight FILE, --bias FILE\n"
    "        What to read. /dev/stdin and pipes work too.\n"
    "    --output FILE\n"
    "        What to write. It appears whole or not at all, and may be one of\n"
    "        the inputs.\n"
    "    --engine auto|generic|jit|cc\n"
    "        auto (default): jit, or generic where that fails; then one line\n"
    "            on standard error says why.\n"
    "        generic: the plain definition; slow, always there; one thread.\n"
    "        jit: compiled in memory by libtcc around prebuilt inner loops.\n"
    "        cc: the source that `tconv gen` writes, compiled by $TCONV_CC,\n"
    "            $CC or cc and loaded; compiled kernels are kept in a cache.\n"
    "        (pure: compiled by libtcc alone; very slow, for tests.)\n"
    "    --isa ISA\n"
    "        Use no more than this instruction set: avx512, avx2, sse2, neon,\n"
    "        scalar, or native (default), the best this processor has. It "
    "also\n"
    "        decides how sums are rounded: fused, or separately where the set\n"
    "        has no fused multiply-add.\n"
    "    --scale FILE, --x-zero-point X, --y-zero-point Y\n"
    "        Of layers with weights of int8, whose sums are of\n"
    "        (x - X) * weight: y is sum * scale[o], and an integer y that,\n"
    "        rounded and kept within its type, plus Y. Zero points are 0 "
    "where\n"
    "        they are not given.\n"
    "    --threads T\n"
    "        Compute with T threads, 1 (default) to 1024; fewer where the\n"
    "        layer is too small to gain by it.\n"
    "    --output-size N\n"
    "        PyTorch's output_size: the output length wanted. It replaces the\n"
    "        layer's output_padding; legal are stride values from the length\n"
    "        without output padding upwards.\n"
    "    --chunk C\n"
    "        Feed the input C positions at a time, as a streaming program\n"
    "        would. The result is the same, which is the point.\n"
    "\n"
    "EXIT CODES\n"
    "    0  done\n"
    "    2  bad usage, spec or input file\n"
    "    3  could not: JIT, compiler, memory, threads, output file or disk\n"
    "\n"
    "EXAMPLES\n"
    "    tconv run \"ConvTranspose1d(4, 2, 4, stride=2, padding=1)\" \\\n"
    "        --input x.npy --weight w.npy --bias b.npy --output y.npy\n"
    "    tconv run model.lua:ups.0 --input x.npy --weight w.npy --bias b.npy "
    "\\\n"
    "        --output y.npy --engine cc --threads 4\n";

struct options {
    const char *input, *weight, *bias, *scale, *output;
    const char *engine, *isa;
    int64_t output_size, threads, chunk;
    int64_t x_zero_point, y_zero_point;
};

static enum tconv_status read_options(int argc, char **argv, struct options *o,
                                      const char **operand,
                                      struct tconv_error *error)
{
    const struct cli_option table[] = {
        {.name = "--input", .text = &o->input},
        {.name = "--weight", .text = &o->weight},
        {.name = "--bias", .text = &o->bias},
        {.name = "--output", .text = &o->output},
        {.name = "--engine", .text = &o->engine},
        {.name = "--isa", .text = &o->isa},
        {.name = "--threads",
         .number = &o->threads,
         .least = 1,
         .most = TCONV_POOL_THREADS_MAX},
        /* The layer says which are legal. */
        {.name = "--output-size", .number = &o->output_size, .most = INT64_MAX},
        {.name = "--scale", .text = &o->scale},
        /* The types of x and y say which are legal. */
        {.name = "--x-zero-point",
         .number = &o->x_zero_point,
         .least = -128,
         .most = 255},
        {.name = "--y-zero-point",
         .number = &o->y_zero_point,
         .least = -128,
         .most = 255},
        {.name = "--chunk",
         .number = &o->chunk,
         .least = 1,
         .most = CLI_SIZE_MAX},
    };
    enum tconv_status status = cli_parse(
        argc, argv, table, sizeof table / sizeof *table, operand, error);
    if (status != TCONV_OK || !*operand)
        return status;
    const char *missing = !o->input    ? "--input"
                          : !o->weight ? "--weight"
                          : !o->output ? "--output"
                                       : NULL;
    if (missing)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "%s is missing; --input, --weight and --output must "
                          "each name a file",
                          missing);
    return TCONV_OK;
}

/* One call's data. */
struct call {
    struct signal x;
    struct npy weight, bias, scale;
    struct tconv_quantization quantization;
    struct tconv_sizes sizes;
    void *y;
};

static void free_call(struct call *call)
{
    free(call->x.npy.data);
    free(call->weight.data);
    free(call->bias.data);
    free(call->scale.data);
    free(call->y);
}

static enum tconv_status read_scale(const struct tconv_spec *spec,
                                    const struct options *o, struct call *call,
                                    struct tconv_error *error)
{
    if (!tconv_spec_quantized(spec) &&
        (o->scale || o->x_zero_point || o->y_zero_point))
        return tconv_fail(
            error, TCONV_E_ARGUMENT,
            "--scale, --x-zero-point, --y-zero-point: are of "
            "layers with weights of int8, this one's are %s",
            tconv_dtype_torch_name(tconv_spec_weight_dtype(spec)));
    if (!tconv_spec_quantized(spec))
        return TCONV_OK;
    if (!o->scale)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "--scale is missing: a layer with weights of int8 "
                          "has one for each output channel");
    enum tconv_status status = tconv_npy_read_shape(
        o->scale, TCONV_F32, &spec->out_channels, 1, &call->scale, error);
    call->quantization = (struct tconv_quantization){
        .x_zero_point = (int32_t)o->x_zero_point,
        .y_zero_point = (int32_t)o->y_zero_point,
        .scale = call->scale.data,
    };
    if (status == TCONV_OK)
        status = tconv_quantization_check(&call->quantization, spec, error);
    return status;
}

static enum tconv_status read_weights(const struct tconv_spec *spec,
                                      const struct options *o,
                                      struct call *call,
                                      struct tconv_error *error)
{
    enum tconv_status status =
        tensor_read_weight(o->weight, spec, &call->weight, error);
    if (status == TCONV_OK)
        status = read_scale(spec, o, call, error);
    if (status != TCONV_OK)
        return status;
    if ((o->bias != NULL) != (spec->bias != 0))
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          spec->bias
                              ? "--bias is missing: the layer has a bias; give "
                                "one or say bias=False"
                              : "--bias is given: the layer has bias=False; "
                                "only layers with a bias take one");
    if (!o->bias)
        return TCONV_OK;
    return tconv_npy_read_shape(o->bias, tconv_spec_bias_dtype(spec),
                                &spec->out_channels, 1, &call->bias, error);
}

/* Positions of a signal, which has rows of them for each channel or, in the
 * layout nlc, all channels at each. */
struct stretch {
    char *data;
    int64_t length; /* of the signal */
    int64_t begin;  /* of the stretch */
};

/* Copies `count` positions of a batch from one signal to another. */
static void copy_stretch(const struct stretch *to, const struct stretch *from,
                         int64_t count, enum tconv_layout layout, int64_t batch,
                         int64_t channels, int64_t element)
{
    const int nlc = layout == TCONV_NLC;
    const int64_t rows = nlc ? batch : batch * channels;
    const int64_t bytes = nlc ? channels * element : element; /* a position's */
    for (int64_t row = 0; row < rows; row++)
        /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
        memcpy(to->data + (row * to->length + to->begin) * bytes,
               from->data + (row * from->length + from->begin) * bytes,
               (size_t)(count * bytes));
}

/* Runs one window of the signal and keeps what is final of it. */
static enum tconv_status run_window(struct engine *engine, struct call *call,
                                    const struct tconv_window *window,
                                    int64_t received, int64_t emitted,
                                    struct tconv_pool *pool,
                                    struct tconv_error *error)
{
    const struct tconv_spec *spec = &engine->spec;
    const int64_t element = call->sizes.element_bytes;
    const int64_t y_element = call->sizes.output_element_bytes;
    const int64_t length = received - window->input_begin;
    struct tconv_sizes sizes;
    enum tconv_status status =
        tconv_spec_sizes(spec, call->x.batch, length, &sizes, error);
    if (status != TCONV_OK)
        return status;
    char *x = tconv_memory_alloc((size_t)(sizes.input * element));
    char *y = tconv_memory_alloc((size_t)(sizes.output * y_element));
    if (x && y) {
        copy_stretch(&(struct stretch){x, length, 0},
                     &(struct stretch){call->x.npy.data, call->x.length,
                                       window->input_begin},
                     length, spec->layout, call->x.batch, spec->in_channels,
                     element);
        status = engine_run(engine, x, y, call->x.batch, length, pool, error);
    } else {
        status = tconv_fail(error, TCONV_E_MEMORY,
                            "not enough memory for a chunk of %lld positions",
                            (long long)length);
    }
    if (status == TCONV_OK)
        copy_stretch(
            &(struct stretch){call->y, call->sizes.output_length, emitted},
            &(struct stretch){y, sizes.output_length, window->output_skip},
            window->output_count, spec->output_layout, call->x.batch,
            spec->out_channels, y_element);
    free(x);
    free(y);
    return status;
}

static enum tconv_status run_chunks(struct engine *engine, struct call *call,
                                    int64_t chunk, struct tconv_pool *pool,
                                    struct tconv_error *error)
{
    int64_t received = 0, emitted = 0;
    enum tconv_status status = TCONV_OK;
    while (status == TCONV_OK && received < call->x.length) {
        struct tconv_window window;
        int64_t left = call->x.length - received;
        received += chunk < left ? chunk : left;
        status = tconv_stream_window(&engine->spec, received,
                                     received == call->x.length, emitted,
                                     &window, error);
        if (status != TCONV_OK || !window.output_count)
            continue;
        status =
            run_window(engine, call, &window, received, emitted, pool, error);
        emitted += window.output_count;
    }
    return status;
}

static enum tconv_status write_output(const struct tconv_spec *spec,
                                      const char *path, const struct call *call,
                                      struct tconv_error *error)
{
    const struct npy_output y =
        signal_output(path, &call->x, spec->output_layout, spec->out_channels,
                      call->sizes.output_length, call->y);
    return npy_write(tconv_spec_output_dtype(spec), &y, 1, error);
}

/* Computes y with an engine that is made for it. */
static enum tconv_status compute(struct tconv_spec spec,
                                 const struct options *o, enum engine_kind kind,
                                 const char *isa, struct call *call,
                                 struct tconv_error *error)
{
    struct engine engine;
    struct tconv_pool *pool = NULL;
    struct tconv_error reason = {TCONV_OK, ""};
    if (o->chunk)
        spec.length = 0; /* a chunk has any length */
    enum tconv_status status =
        engine_open(&engine, &spec, kind, isa, &reason, error);
    if (status != TCONV_OK)
        return status;
    if (reason.status != TCONV_OK)
        fprintf(stderr, "tconv run: using the generic kernel: %s\n",
                reason.message);
    int64_t bytes = call->sizes.output * call->sizes.output_element_bytes;
    if (tconv_spec_quantized(&spec))
        engine.quantization = &call->quantization;
    call->y = tconv_memory_alloc((size_t)bytes);
    if (!call->y)
        status = tconv_fail(error, TCONV_E_MEMORY,
                            "not enough memory for %lld bytes of output",
                            (long long)bytes);
    if (status == TCONV_OK)
        status =
            engine_pack(&engine, call->weight.data, call->bias.data, error);
    if (status == TCONV_OK)
        status = tconv_pool_create(&pool, (int)o->threads, error);
    if (status == TCONV_OK && o->chunk)
        status = run_chunks(&engine, call, o->chunk, pool, error);
    else if (status == TCONV_OK)
        status = engine_run(&engine, call->x.npy.data, call->y, call->x.batch,
                            call->x.length, pool, error);
    tconv_pool_free(pool);
    engine_close(&engine);
    return status;
}

static enum tconv_status run(int argc, char **argv, struct tconv_error *error)
{
    struct options o = {.engine = "auto", .threads = 1, .output_size = -1};
    const char *operand, *isa;
    struct tconv_spec spec;
    enum engine_kind kind;
    struct call call = {.y = NULL};
    enum tconv_status status = read_options(argc, argv, &o, &operand, error);
    if (status == TCONV_OK)
        status = engine_kind_read(o.engine, ~0U, &kind, error);
    if (status == TCONV_OK)
        status = cli_isa(o.isa, &isa, error);
    if (status == TCONV_OK)
        status = layer_read(operand, &spec, error);
    if (status == TCONV_OK)
        status = signal_read(o.input, spec.dtype, spec.layout, spec.in_channels,
                             &call.x, error);
    if (status == TCONV_OK && o.output_size >= 0)
        status = tconv_spec_set_output_size(&spec, call.x.length, o.output_size,
                                            error);
    if (status == TCONV_OK)
        status = tconv_spec_sizes(&spec, call.x.batch, call.x.length,
                                  &call.sizes, error);
    if (status == TCONV_OK)
        status = read_weights(&spec, &o, &call, error);
    if (status == TCONV_OK)
        status = compute(spec, &o, kind, isa, &call, error);
    if (status == TCONV_OK)
        status = write_output(&spec, o.output, &call, error);
    free_call(&call);
    return status;
}

const struct verb verb_run = {
    "run",
    "run SPEC --input x.npy --weight w.npy [--bias b.npy] --output y.npy",
    help,
    run,
};
