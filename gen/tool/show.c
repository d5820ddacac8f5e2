/* tconv show: what a layer is and what it costs. */
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "engine.h"
#include "host.h"
#include "json.h"
#include "outline.h"
#include "phases.h"

static const char help[] =
    "tconv show - say what a layer is and what it costs\n"
    "\n"
    "SYNOPSIS\n"
    "    tconv show SPEC [--length L] [--isa ISA] [--json] [--dump-plan]\n"
    "\n"
    "DESCRIPTION\n"
    "    Prints, for each layer of SPEC (see tconv --help), its shapes, the\n"
    "    taps of each output phase, the multiply-adds, the bytes, the outline\n"
    "    of the plan its kernel is made by, and what should bound its speed.\n"
    "\n"
    "    Of a transposed convolution with stride S, the outputs j with\n"
    "    (j + padding) mod S = r are phase r. Only the taps k with\n"
    "    (k * dilation) mod S = r ever reach them, so each phase is a small\n"
    "    ordinary convolution of its own; a phase without taps holds the bias\n"
    "    alone. That split is what all kernels rest on.\n"
    "\n"
    "    Multiply-adds are those of batch 1: all taps at all input positions.\n"
    "    Without a length they are those of one input position.\n"
    "\n"
    "    The plan: a wide tile has its lanes over rows, which are pairs of an\n"
    "    output channel and a phase; a narrow one, of few rows, over input\n"
    "    positions. Positions come in groups; the input of so many groups is\n"
    "    copied to a panel before the tiles run over it. At groups that lack\n"
    "    no taps a wide tile may be done in strips: some rows at a time, with\n"
    "    lanes over positions.\n"
    "    Where a tile's weights do not fit in the first-level cache, its\n"
    "    channels are summed chunk by chunk.\n"
    "\n"
    "    The bound is what should take longest: compute, the loads from L1,\n"
    "    what comes from L2, or from beyond it (memory). Each is given as a\n"
    "    fraction of the predicted time; the prediction, as a fraction of the\n"
    "    peak, which is two multiply-adds of vectors a cycle. It rests on\n"
    "    round numbers for a processor of this kind; tconv bench measures.\n"
    "    It is for one thread, batch 1, and the length, or a long signal. All\n"
    "    multiply-adds count, also those that the crop takes: at a short\n"
    "    length the prediction may exceed 1.\n"
    "\n"
    "OPTIONS\n"
    "    --length L\n"
    "        Input length. Not needed where the layer fixes it.\n"
    "    --isa ISA\n"
    "        Whose plan and bytes: avx512, avx2, sse2, neon, scalar or native\n"
    "        (default).\n"
    "    --json\n"
    "        One JSON object a line and layer: name, layer, length,\n"
    "        output_length (null without a length), phases (a list of taps "
    "for\n"
    "        each; null where there are more than 65536 phases), phase_count,\n"
    "        macs, weight_bytes, packed_bytes, workspace_bytes (of batch 1 "
    "and\n"
    "        this length, or the shortest), isa, kernel: whether the bytes\n"
    "        were asked of a kernel, or are weight and bias because none "
    "could\n"
    "        be compiled; algorithm, bound (\"compute\", \"L1\", \"L2\" or\n"
    "        \"memory\"), predicted_fraction (of the peak), predicted_length\n"
    "        (length, or what stands for a long signal).\n"
    "    --dump-plan\n"
    "        Print the plans alone, with all their numbers.\n"
    "\n"
    "EXIT CODES\n"
    "    0  done\n"
    "    2  bad usage or spec\n"
    "    3  could not: memory, or a plan that cannot be made\n"
    "\n"
    "EXAMPLES\n"
    "    tconv show \"ConvTranspose1d(512, 256, 16, stride=8, padding=4)\"\n"
    "    tconv show model.lua --length 100 --json\n";

struct options {
    const char *isa;
    int64_t length;
    int json, dump_plan;
};

/* All that is shown of one layer. */
struct facts {
    char name[TCONV_NAME_SIZE];
    int64_t length;        /* 0 if open */
    int64_t output_length; /* 0 if open */
    int64_t macs;
    size_t weight_bytes, packed_bytes, workspace_bytes;
    int kernel; /* whether the bytes are a kernel's own word */
    struct phases phases;
    struct tconv_cost cost;
};

/* Asks a kernel for its bytes; without one they are the plain weights. */
static void gather_bytes(struct facts *facts, const struct tconv_spec *spec,
                         const char *isa)
{
    struct engine engine;
    struct tconv_sizes sizes;
    int64_t length = facts->length ? facts->length : smallest_length(spec);
    struct tconv_spec forward = *spec;
    forward.pass = TCONV_FORWARD;
    if (tconv_spec_sizes(&forward, 1, length, &sizes, NULL) != TCONV_OK)
        return;
    facts->weight_bytes = (size_t)(sizes.weight * sizes.weight_element_bytes);
    facts->packed_bytes =
        (size_t)((sizes.weight + sizes.bias) * sizes.element_bytes);
    if (engine_open(&engine, spec, ENGINE_JIT, isa, NULL, NULL) != TCONV_OK)
        return;
    facts->kernel = 1;
    facts->packed_bytes = engine.kernel->packed_bytes;
    facts->workspace_bytes = engine.kernel->workspace_bytes(1, length, 1);
    engine_close(&engine);
}

static enum tconv_status gather(struct facts *facts,
                                struct tconv_generator *generator,
                                const struct tconv_spec *spec, int64_t length,
                                const char *isa, struct tconv_error *error)
{
    struct tconv_sizes sizes;
    enum tconv_status status = TCONV_OK;
    *facts = (struct facts){.length = length ? length : spec->length};
    tconv_spec_name(spec, facts->name);
    const int64_t parts = tconv_dtype_parts(spec->dtype);
    facts->macs = parts * parts * tconv_spec_weight_elements(spec);
    if (facts->length) {
        status = tconv_spec_sizes(spec, 1, facts->length, &sizes, error);
        if (status == TCONV_OK)
            status = tconv_spec_output_length(spec, facts->length,
                                              &facts->output_length, error);
        if (status != TCONV_OK)
            return status;
        facts->macs = sizes.macs;
    }
    status = tconv_generator_cost(generator, spec, isa, facts->length, 1, 1,
                                  &facts->cost, error);
    if (status == TCONV_OK)
        status = phases_make(&facts->phases, spec, error);
    if (status == TCONV_OK)
        gather_bytes(facts, spec, isa);
    return status;
}

static void print_json(const struct facts *facts,
                       const struct tconv_layer *layer, const char *isa)
{
    const struct phases *phases = &facts->phases;
    struct json json;
    json_begin(&json, stdout);
    json_text(&json, "name", facts->name);
    json_text(&json, "layer", layer->name);
    if (facts->length) {
        json_integer(&json, "length", facts->length);
        json_integer(&json, "output_length", facts->output_length);
    } else {
        json_null(&json, "length");
        json_null(&json, "output_length");
    }
    json_integer(&json, "phase_count", phases->count);
    if (phases->first) {
        json_array_begin(&json, "phases");
        for (int64_t r = 0; r < phases->count; r++) {
            json_array_begin(&json, NULL);
            for (int64_t k = phases->first[r];
                 k >= 0 && k < layer->spec.kernel_size; k += phases->step)
                json_integer(&json, NULL, k);
            json_array_end(&json);
        }
        json_array_end(&json);
    } else {
        json_null(&json, "phases");
    }
    json_integer(&json, "macs", facts->macs);
    json_integer(&json, "weight_bytes", (int64_t)facts->weight_bytes);
    json_integer(&json, "packed_bytes", (int64_t)facts->packed_bytes);
    json_integer(&json, "workspace_bytes", (int64_t)facts->workspace_bytes);
    json_text(&json, "isa", isa);
    json_bool(&json, "kernel", facts->kernel);
    json_text(&json, "algorithm", facts->cost.algorithm);
    json_text(&json, "bound", facts->cost.bound);
    json_real(&json, "predicted_fraction", facts->cost.fraction);
    json_integer(&json, "predicted_length", facts->cost.length);
    json_end(&json);
}

/* The layer as PyTorch would be told. */
static void print_call(const struct tconv_spec *s)
{
    printf("  layer      %s(%lld, %lld, %lld", tconv_op_name(s->op),
           (long long)s->in_channels, (long long)s->out_channels,
           (long long)s->kernel_size);
    if (s->stride != 1)
        printf(", stride=%lld", (long long)s->stride);
    if (s->padding_begin != s->padding_end)
        printf(", padding=(%lld, %lld)", (long long)s->padding_begin,
               (long long)s->padding_end);
    else if (s->padding_begin)
        printf(", padding=%lld", (long long)s->padding_begin);
    if (s->output_padding)
        printf(", output_padding=%lld", (long long)s->output_padding);
    if (s->groups != 1)
        printf(", groups=%lld", (long long)s->groups);
    if (!s->bias)
        printf(", bias=False");
    if (s->dilation != 1)
        printf(", dilation=%lld", (long long)s->dilation);
    if (s->dtype != TCONV_F32)
        printf(", dtype=\"%s\"", tconv_dtype_torch_name(s->dtype));
    if (s->weight_dtype)
        printf(", weight_dtype=\"%s\"",
               tconv_dtype_torch_name(s->weight_dtype));
    if (tconv_spec_output_dtype(s) != s->dtype)
        printf(", output_dtype=\"%s\"",
               tconv_dtype_torch_name(s->output_dtype));
    if (s->precision != TCONV_PRECISION_FULL)
        printf(", precision=\"%s\"", tconv_precision_name(s->precision));
    if (s->layout != TCONV_NCL)
        printf(", layout=\"%s\"", tconv_layout_name(s->layout));
    if (s->output_layout != s->layout)
        printf(", output_layout=\"%s\"", tconv_layout_name(s->output_layout));
    if (s->length)
        printf(", length=%lld", (long long)s->length);
    if (s->pass != TCONV_FORWARD)
        printf(", pass=\"%s\"", tconv_pass_name(s->pass));
    printf(")\n");
}

/* A signal's shape, the length being a number or a formula. */
static void print_signal(const char *name, enum tconv_layout layout,
                         int64_t channels, const char *length)
{
    if (layout == TCONV_NLC)
        printf("  %-10s (N, %s, %lld)", name, length, (long long)channels);
    else
        printf("  %-10s (N, %lld, %s)", name, (long long)channels, length);
}

/* The output length's formula. */
static void describe_length(const struct tconv_spec *s, char *text, size_t size)
{
    const int conv = s->op == TCONV_CONV1D;
    const int64_t padding = s->padding_begin + s->padding_end;
    const int64_t reach = s->dilation * (s->kernel_size - 1) + 1;
    const int64_t more =
        conv ? padding - reach : reach + s->output_padding - padding;
    const char sign = more < 0 ? '-' : '+';
    const long long distance = more < 0 ? -more : more;
    if (conv)
        snprintf(text, size, "(L %c %lld)/%lld + 1", sign, distance,
                 (long long)s->stride);
    else
        snprintf(text, size, "(L-1)*%lld %c %lld", (long long)s->stride, sign,
                 distance);
}

static void print_shapes(const struct tconv_spec *s, const struct facts *facts)
{
    char input[80] = "L", output[80];
    int64_t weight[3];
    tconv_spec_weight_shape(s, weight);
    describe_length(s, output, sizeof output);
    if (facts->length) {
        snprintf(input, sizeof input, "%lld", (long long)facts->length);
        snprintf(output, sizeof output, "%lld",
                 (long long)facts->output_length);
    }
    print_signal("input", s->layout, s->in_channels, input);
    printf("\n  weight     (%lld, %lld, %lld)\n", (long long)weight[0],
           (long long)weight[1], (long long)weight[2]);
    if (s->bias)
        printf("  bias       (%lld,)\n", (long long)s->out_channels);
    print_signal("output", s->output_layout, s->out_channels, output);
    printf("%s\n",
           !facts->length && s->op == TCONV_CONV1D ? ", rounded down" : "");
}

/* At most so many phases, and taps of each, are shown to people. */
#define SHOWN 32

static void print_phases(const struct phases *phases, int64_t kernel_size)
{
    printf("  phases     %lld\n", (long long)phases->count);
    for (int64_t r = 0; phases->first && r < phases->count; r++) {
        if (r == SHOWN) {
            printf("             ... (--json lists them all)\n");
            break;
        }
        printf("    %6lld   taps", (long long)r);
        int shown = 0;
        for (int64_t k = phases->first[r]; k >= 0 && k < kernel_size;
             k += phases->step) {
            if (shown++ == SHOWN) {
                printf(" ...");
                break;
            }
            printf(" %lld", (long long)k);
        }
        printf("%s\n", shown ? "" : " none: bias alone");
    }
}

static void print_costs(const struct tconv_spec *s, const struct facts *facts,
                        const char *isa)
{
    const char *position = facts->length           ? "a batch element"
                           : s->op == TCONV_CONV1D ? "an output position"
                                                   : "an input position";
    printf("  multiply-adds %lld %s\n", (long long)facts->macs, position);
    printf("  bytes      %zu weight, %zu packed, %zu workspace (%s%s)\n",
           facts->weight_bytes, facts->packed_bytes, facts->workspace_bytes,
           isa, facts->kernel ? "" : ": no kernel to ask, so plain weights");
}

static void print_bound(const struct tconv_cost *cost)
{
    printf("  bound      %s, %.3g of the peak predicted at length %lld%s\n",
           cost->bound, cost->fraction, (long long)cost->length,
           cost->is_long ? ", a long signal" : "");
    printf("    each alone  compute %.2f, L1 %.2f, L2 %.2f, memory %.2f of "
           "that time\n",
           cost->compute_share, cost->l1_share, cost->l2_share,
           cost->memory_share);
}

static enum tconv_status show_layer(struct tconv_generator *generator,
                                    const struct tconv_layer *layer,
                                    const struct options *o, const char *isa,
                                    struct tconv_error *error)
{
    struct facts facts = {.length = 0};
    char *plan = NULL;
    enum tconv_status status = TCONV_OK;
    if (o->json || !o->dump_plan)
        status = gather(&facts, generator, &layer->spec, o->length, isa, error);
    if (status == TCONV_OK && !o->json)
        status =
            tconv_generator_plan(generator, &layer->spec, isa, &plan, error);
    if (status == TCONV_OK && o->json) {
        print_json(&facts, layer, isa);
    } else if (status == TCONV_OK && o->dump_plan) {
        fputs(plan, stdout);
    } else if (status == TCONV_OK) {
        printf("%s\n", layer->name);
        printf("  name       %s\n", facts.name);
        print_call(&layer->spec);
        print_shapes(&layer->spec, &facts);
        print_phases(&facts.phases, layer->spec.kernel_size);
        print_costs(&layer->spec, &facts, isa);
        outline_print(plan, isa);
        print_bound(&facts.cost);
    }
    free(plan);
    phases_free(&facts.phases);
    return status;
}

static enum tconv_status show(int argc, char **argv, struct tconv_error *error)
{
    struct options o = {.length = 0};
    const struct cli_option table[] = {
        {.name = "--length",
         .number = &o.length,
         .least = 1,
         .most = CLI_SIZE_MAX},
        {.name = "--isa", .text = &o.isa},
        {.name = "--json", .flag = &o.json},
        {.name = "--dump-plan", .flag = &o.dump_plan},
    };
    const char *operand, *isa;
    struct tconv_generator *generator;
    struct tconv_model model;
    enum tconv_status status = cli_parse(
        argc, argv, table, sizeof table / sizeof *table, &operand, error);
    if (status == TCONV_OK)
        status = cli_isa(o.isa, &isa, error);
    if (status == TCONV_OK)
        status = tconv_generator_create(&generator, error);
    if (status != TCONV_OK)
        return status;
    status = cli_spec(generator, operand, &model, error);
    if (status == TCONV_OK) {
        for (size_t i = 0; i < model.count && status == TCONV_OK; i++)
            status = show_layer(generator, &model.layers[i], &o, isa, error);
        tconv_model_free(&model);
    }
    tconv_generator_free(generator);
    return status;
}

const struct verb verb_show = {
    "show",
    "show SPEC [--length L] [--isa ISA] [--json] [--dump-plan]",
    help,
    show,
};
