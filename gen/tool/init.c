/* tconv init: a layer's first weights, as PyTorch draws them. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "engine.h"
#include "error.h"
#include "layer.h"
#include "npy_write.h"

static const char help[] =
    "tconv init - draw a layer's first weights, as PyTorch does\n"
    "\n"
    "SYNOPSIS\n"
    "    tconv init SPEC --weight w.npy [--bias b.npy] [--seed S] [--isa ISA]\n"
    "\n"
    "DESCRIPTION\n"
    "    Writes the weight and bias that a new layer has in PyTorch after\n"
    "\n"
    "        torch.manual_seed(S); torch.nn.ConvTranspose1d(...)\n"
    "\n"
    "    on the CPU, bit for bit: uniform between -sqrt(k) and sqrt(k), where\n"
    "    k = groups / (out_channels * kernel_size), of Conv1d in_channels. "
    "All\n"
    "    dtypes are PyTorch's; of complex elements both parts are drawn so.\n"
    "    SPEC (see tconv --help) must be one layer; of a model file take\n"
    "    FILE.lua:LAYER.\n"
    "\n"
    "    Shapes and files are as in tconv run --help, which reads them. Both\n"
    "    files appear whole or not at all, and neither before the bytes of\n"
    "    both are on the disk.\n"
    "\n"
    "OPTIONS\n"
    "    --weight FILE, --bias FILE\n"
    "        What to write; --bias exactly if the layer has one.\n"
    "    --seed S\n"
    "        What all numbers come from, 0 (default) to 2^63 - 1. Only its "
    "low\n"
    "        32 bits count, in PyTorch too.\n"
    "    --isa ISA\n"
    "        avx512, avx2, sse2, neon, scalar, or native (default). PyTorch's\n"
    "        last bits hang on the processor: where it has fused "
    "multiply-adds\n"
    "        each number is rounded once, elsewhere twice. native is what\n"
    "        PyTorch does here. A name gives the same bits everywhere: avx2\n"
    "        those of a processor that fuses, sse2 those of one that does "
    "not.\n"
    "        Layers of 16 bits are the same for all.\n"
    "\n"
    "EXIT CODES\n"
    "    0  done\n"
    "    2  bad usage or spec\n"
    "    3  could not: memory, output file or disk\n"
    "\n"
    "EXAMPLES\n"
    "    tconv init \"ConvTranspose1d(4, 2, 4, stride=2, padding=1)\" \\\n"
    "        --seed 1 --weight w.npy --bias b.npy\n";

struct options {
    const char *weight, *bias, *isa;
    int64_t seed;
};

static enum tconv_status read_options(int argc, char **argv, struct options *o,
                                      const char **operand,
                                      struct tconv_error *error)
{
    const struct cli_option table[] = {
        {.name = "--weight", .text = &o->weight},
        {.name = "--bias", .text = &o->bias},
        {.name = "--seed", .number = &o->seed, .most = INT64_MAX},
        {.name = "--isa", .text = &o->isa},
    };
    enum tconv_status status = cli_parse(
        argc, argv, table, sizeof table / sizeof *table, operand, error);
    if (status != TCONV_OK || !*operand)
        return status;
    if (!o->weight)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "--weight is missing; it must name a file to write");
    if (o->bias && !strcmp(o->weight, o->bias))
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "--weight and --bias both name %.150s; each needs a "
                          "file of its own",
                          o->bias);
    return TCONV_OK;
}

static enum tconv_status check_bias(const struct tconv_spec *spec,
                                    const char *path, struct tconv_error *error)
{
    if (spec->bias && !path)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "--bias is missing: the layer has a bias; --bias "
                          "must name a file to write");
    if (!spec->bias && path)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "--bias is given: the layer has bias=False; only "
                          "layers with a bias get one");
    return TCONV_OK;
}

static enum tconv_status allocate(const struct tconv_spec *spec, int64_t count,
                                  const char *what, void **data,
                                  struct tconv_error *error)
{
    const int64_t bytes = count * tconv_dtype_bytes(spec->dtype);
    *data = tconv_memory_alloc((size_t)bytes);
    if (!*data)
        return tconv_fail(error, TCONV_E_MEMORY,
                          "not enough memory for %lld bytes of %s",
                          (long long)bytes, what);
    return TCONV_OK;
}

static enum tconv_status draw(const struct tconv_spec *spec,
                              const struct options *o, enum tconv_sum sum,
                              struct tconv_error *error)
{
    int64_t shape[3];
    tconv_spec_weight_shape(spec, shape);
    const int64_t count = shape[0] * shape[1] * shape[2];
    void *weight = NULL, *bias = NULL;
    enum tconv_status status = allocate(spec, count, "weight", &weight, error);
    if (status == TCONV_OK && spec->bias)
        status = allocate(spec, spec->out_channels, "bias", &bias, error);
    if (status == TCONV_OK)
        status = tconv_init_weights(spec, sum, (uint64_t)o->seed, weight, bias,
                                    error);
    if (status == TCONV_OK) {
        const struct npy_output outputs[] = {
            {o->weight, weight, {shape[0], shape[1], shape[2]}, 3},
            {o->bias, bias, {spec->out_channels}, 1},
        };
        status = npy_write(spec->dtype, outputs, spec->bias ? 2 : 1, error);
    }
    free(weight);
    free(bias);
    return status;
}

static enum tconv_status init(int argc, char **argv, struct tconv_error *error)
{
    struct options o = {.seed = 0};
    const char *operand, *isa;
    struct tconv_spec spec;
    enum tconv_status status = read_options(argc, argv, &o, &operand, error);
    if (status == TCONV_OK)
        status = cli_isa(o.isa, &isa, error);
    if (status == TCONV_OK)
        status = layer_read(operand, &spec, error);
    if (status == TCONV_OK)
        status = check_bias(&spec, o.bias, error);
    if (status == TCONV_OK)
        status = draw(&spec, &o, tconv_isa_sum(isa), error);
    return status;
}

const struct verb verb_init = {
    "init",
    "init SPEC --weight w.npy [--bias b.npy] [--seed S]",
    help,
    init,
};
