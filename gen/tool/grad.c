/* tconv grad: the gradients of one layer on data from files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "engine.h"
#include "error.h"
#include "layer.h"
#include "tensor.h"

static const char help[] =
    "tconv grad - compute a layer's gradients on .npy files\n"
    "\n"
    "SYNOPSIS\n"
    "    tconv grad SPEC --input x.npy --weight w.npy --grad-output gy.npy\n"
    "        [--grad-input gx.npy] [--grad-weight gw.npy]\n"
    "        [--grad-bias gb.npy] [--engine ENGINE] [--isa ISA]\n"
    "        [--threads T] [--output-size N]\n"
    "\n"
    "DESCRIPTION\n"
    "    Given x, the weights and the gradient of a layer's output y,\n"
    "    computes the gradients of x, weight and bias: what PyTorch's\n"
    "    y.backward(gy) leaves in x.grad, weight.grad and bias.grad. Only\n"
    "    those whose file is named are computed; one at least must be. SPEC\n"
    "    (see tconv --help) must be one layer; of a model file take\n"
    "    FILE.lua:LAYER.\n"
    "\n"
    "    Each gradient has the shape of what it is the gradient of. Shapes\n"
    "    and files are as in tconv run --help; the gradient of the output has\n"
    "    the output's shape, with as many dimensions as the input. All files\n"
    "    appear whole or not at all, and none before all are computed. The\n"
    "    gradient of a weight is of the layer's dtype, so a layer with "
    "another\n"
    "    weight_dtype has none.\n"
    "\n"
    "    The order of every sum is fixed, so that the bits are the same\n"
    "    everywhere. All start from +0. That of an input element goes over\n"
    "    output channels, then taps; those of weight and bias go over batch\n"
    "    items, then positions, in blocks of 256 positions that are each\n"
    "    summed from +0 and then added in order. Taps that land outside, or\n"
    "    on what is cropped, are left out.\n"
    "\n"
    "OPTIONS\n"
    "    --input FILE, --weight FILE, --grad-output FILE\n"
    "        What to read.\n"
    "    --grad-input FILE, --grad-weight FILE, --grad-bias FILE\n"
    "        What to write. Only a layer with a bias has the last.\n"
    "    --engine auto|generic|jit|cc, --isa ISA, --threads T\n"
    "        As in tconv run. The bias's gradient has no kernel of its own.\n"
    "    --output-size N\n"
    "        PyTorch's output_size, as in tconv run.\n"
    "\n"
    "EXIT CODES\n"
    "    0  done\n"
    "    2  bad usage, spec or input file\n"
    "    3  could not: JIT, compiler, memory, threads, output file or disk\n"
    "\n"
    "EXAMPLES\n"
    "    tconv grad \"ConvTranspose1d(4, 2, 4, stride=2, padding=1)\" \\\n"
    "        --input x.npy --weight w.npy --grad-output gy.npy \\\n"
    "        --grad-input gx.npy --grad-weight gw.npy --grad-bias gb.npy\n";

/* What can be asked for. */
enum { GRAD_INPUT, GRAD_WEIGHT, GRAD_BIAS, GRADS };

static const char *const grad_options[GRADS] = {"--grad-input", "--grad-weight",
                                                "--grad-bias"};

struct options {
    const char *input, *weight, *grad_output;
    const char *grads[GRADS]; /* NULL: not asked for */
    const char *engine, *isa;
    int64_t output_size, threads;
};

/* Some output, and no two in one file. */
static enum tconv_status check_outputs(const struct options *o,
                                       struct tconv_error *error)
{
    int wanted = 0;
    for (int i = 0; i < GRADS; i++) {
        wanted += o->grads[i] != NULL;
        for (int other = 0; o->grads[i] && other < i; other++)
            if (o->grads[other] && !strcmp(o->grads[i], o->grads[other]))
                return tconv_fail(error, TCONV_E_ARGUMENT,
                                  "%s and %s both name %.150s; each gradient "
                                  "needs a file of its own",
                                  grad_options[other], grad_options[i],
                                  o->grads[i]);
    }
    if (!wanted)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "nothing to compute; one at least of --grad-input, "
                          "--grad-weight and --grad-bias must name a file");
    return TCONV_OK;
}

static enum tconv_status read_options(int argc, char **argv, struct options *o,
                                      const char **operand,
                                      struct tconv_error *error)
{
    const struct cli_option table[] = {
        {.name = "--input", .text = &o->input},
        {.name = "--weight", .text = &o->weight},
        {.name = "--grad-output", .text = &o->grad_output},
        {.name = grad_options[GRAD_INPUT], .text = &o->grads[GRAD_INPUT]},
        {.name = grad_options[GRAD_WEIGHT], .text = &o->grads[GRAD_WEIGHT]},
        {.name = grad_options[GRAD_BIAS], .text = &o->grads[GRAD_BIAS]},
        {.name = "--engine", .text = &o->engine},
        {.name = "--isa", .text = &o->isa},
        {.name = "--threads",
         .number = &o->threads,
         .least = 1,
         .most = TCONV_POOL_THREADS_MAX},
        {.name = "--output-size", .number = &o->output_size, .most = INT64_MAX},
    };
    enum tconv_status status = cli_parse(
        argc, argv, table, sizeof table / sizeof *table, operand, error);
    if (status != TCONV_OK || !*operand)
        return status;
    const char *missing = !o->input         ? "--input"
                          : !o->weight      ? "--weight"
                          : !o->grad_output ? "--grad-output"
                                            : NULL;
    if (missing)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "%s is missing; --input, --weight and --grad-output "
                          "must each name a file",
                          missing);
    return check_outputs(o, error);
}

/* One call's data. */
struct call {
    struct signal x;
    struct npy weight, grad_output;
    void *grads[GRADS];
};

static void free_call(struct call *call)
{
    free(call->x.npy.data);
    free(call->weight.data);
    free(call->grad_output.data);
    for (int i = 0; i < GRADS; i++)
        free(call->grads[i]);
}

static enum tconv_status read_tensors(struct tconv_spec *spec,
                                      const struct options *o,
                                      struct call *call,
                                      struct tconv_sizes *sizes,
                                      struct tconv_error *error)
{
    enum tconv_status status = signal_read(o->input, spec->dtype, spec->layout,
                                           spec->in_channels, &call->x, error);
    if (status == TCONV_OK && o->output_size >= 0)
        status = tconv_spec_set_output_size(spec, call->x.length,
                                            o->output_size, error);
    if (status == TCONV_OK)
        status =
            tconv_spec_sizes(spec, call->x.batch, call->x.length, sizes, error);
    if (status == TCONV_OK)
        status = tensor_read_weight(o->weight, spec, &call->weight, error);
    if (status != TCONV_OK)
        return status;
    const struct npy_output y =
        signal_output(NULL, &call->x, spec->output_layout, spec->out_channels,
                      sizes->output_length, NULL);
    return tconv_npy_read_shape(o->grad_output, spec->dtype, y.shape,
                                y.dimensions, &call->grad_output, error);
}

/* The pass of a gradient, by an engine of its own. `first` tells the reason of
 * falling back, which need not be told twice. */
static enum tconv_status compute_pass(struct tconv_spec spec, int which,
                                      enum engine_kind kind, const char *isa,
                                      struct tconv_pool *pool,
                                      struct call *call, int first,
                                      struct tconv_error *error)
{
    struct engine engine;
    struct tconv_error reason = {TCONV_OK, ""};
    const int of_input = which == GRAD_INPUT;
    const void *const gy = call->grad_output.data;
    spec.pass = of_input ? TCONV_GRAD_INPUT : TCONV_GRAD_WEIGHT;
    enum tconv_status status = tconv_spec_check(&spec, error);
    if (status == TCONV_OK)
        status = engine_open(&engine, &spec, kind, isa, &reason, error);
    if (status != TCONV_OK)
        return status;
    if (reason.status != TCONV_OK && first)
        fprintf(stderr, "tconv grad: using the generic kernel: %s\n",
                reason.message);
    status =
        engine_pack(&engine, of_input ? call->weight.data : gy, NULL, error);
    if (status == TCONV_OK)
        status = engine_run(&engine, of_input ? gy : call->x.npy.data,
                            call->grads[which], call->x.batch, call->x.length,
                            pool, error);
    engine_close(&engine);
    return status;
}

static enum tconv_status compute_bias(const struct tconv_spec *spec,
                                      const struct call *call,
                                      struct tconv_error *error)
{
    const struct tconv_grad_args args = {
        .grad_output = call->grad_output.data,
        .grad_bias = call->grads[GRAD_BIAS],
        .batch = call->x.batch,
        .length = call->x.length,
    };
    return tconv_grad_bias(spec, &args, error);
}

static enum tconv_status compute(const struct tconv_spec *spec,
                                 const struct options *o, enum engine_kind kind,
                                 const char *isa,
                                 const struct tconv_sizes *sizes,
                                 struct call *call, struct tconv_error *error)
{
    struct tconv_pool *pool = NULL;
    const int64_t counts[GRADS] = {sizes->input, sizes->weight, sizes->bias};
    for (int i = 0; i < GRADS; i++) {
        const int64_t bytes = counts[i] * sizes->element_bytes;
        if (!o->grads[i])
            continue;
        call->grads[i] = tconv_memory_alloc((size_t)bytes);
        if (!call->grads[i])
            return tconv_fail(error, TCONV_E_MEMORY,
                              "not enough memory for %lld bytes of %s",
                              (long long)bytes, grad_options[i] + 2);
    }
    enum tconv_status status = tconv_pool_create(&pool, (int)o->threads, error);
    for (int i = 0; i < GRAD_BIAS && status == TCONV_OK; i++)
        if (o->grads[i])
            status = compute_pass(*spec, i, kind, isa, pool, call,
                                  i == 0 || !o->grads[0], error);
    if (status == TCONV_OK && o->grads[GRAD_BIAS])
        status = compute_bias(spec, call, error);
    tconv_pool_free(pool);
    return status;
}

static enum tconv_status write_grads(const struct tconv_spec *spec,
                                     const struct options *o,
                                     const struct call *call,
                                     struct tconv_error *error)
{
    int64_t weight[3];
    tconv_spec_weight_shape(spec, weight);
    const struct npy_output all[GRADS] = {
        signal_output(o->grads[GRAD_INPUT], &call->x, spec->layout,
                      spec->in_channels, call->x.length,
                      call->grads[GRAD_INPUT]),
        {o->grads[GRAD_WEIGHT],
         call->grads[GRAD_WEIGHT],
         {weight[0], weight[1], weight[2]},
         3},
        {o->grads[GRAD_BIAS], call->grads[GRAD_BIAS], {spec->out_channels}, 1},
    };
    struct npy_output wanted[GRADS];
    int count = 0;
    for (int i = 0; i < GRADS; i++)
        if (o->grads[i])
            wanted[count++] = all[i];
    return npy_write(spec->dtype, wanted, count, error);
}

static enum tconv_status grad(int argc, char **argv, struct tconv_error *error)
{
    struct options o = {.engine = "auto", .threads = 1, .output_size = -1};
    const char *operand, *isa;
    struct tconv_spec spec;
    struct tconv_sizes sizes;
    enum engine_kind kind;
    struct call call = {.grads = {NULL}};
    enum tconv_status status = read_options(argc, argv, &o, &operand, error);
    if (status == TCONV_OK)
        status = engine_kind_read(o.engine, ~0U, &kind, error);
    if (status == TCONV_OK)
        status = cli_isa(o.isa, &isa, error);
    if (status == TCONV_OK)
        status = layer_read(operand, &spec, error);
    if (status == TCONV_OK && o.grads[GRAD_BIAS] && !spec.bias)
        status = tconv_fail(error, TCONV_E_ARGUMENT,
                            "--grad-bias is given: the layer has bias=False; "
                            "only layers with a bias have its gradient");
    if (status == TCONV_OK)
        status = read_tensors(&spec, &o, &call, &sizes, error);
    if (status == TCONV_OK)
        status = compute(&spec, &o, kind, isa, &sizes, &call, error);
    if (status == TCONV_OK)
        status = write_grads(&spec, &o, &call, error);
    free_call(&call);
    return status;
}

const struct verb verb_grad = {
    "grad",
    "grad SPEC --input x.npy --weight w.npy --grad-output gy.npy "
    "--grad-input gx.npy",
    help,
    grad,
};
