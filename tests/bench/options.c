#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "tconv_bench - tconv beside other implementations, on real layers\n"
    "\n"
    "SYNOPSIS\n"
    "    tconv_bench [--threads T] [--set SET] [--layers TEXT]\n"
    "        [--contenders LIST] [--isa ISA] [--quick] [--csv FILE]\n"
    "        [--svg FILE] [--list FILE]\n"
    "\n"
    "DESCRIPTION\n"
    "    Runs each layer through all contenders in turn, round after round,\n"
    "    and beside them what the machine can do: multiply-adds in registers\n"
    "    (peak), and copying as many bytes as the layer's tensors have "
    "(copy).\n"
    "    A result is held against sums in double precision before its time\n"
    "    counts. Times are medians; peak and copy are the best there was.\n"
    "    Turns during which another program slowed the processors down are\n"
    "    left out where enough others are left, for all contenders alike.\n"
    "\n"
    "    A layer is held against what takes it longer: its operations at the\n"
    "    peak, or its bytes (x, y, weight, bias, each once) at the speed of\n"
    "    copying. The table's columns are per cent of that:\n"
    "        F  of the peak: at least 2 MFLOP, and out_channels/groups *\n"
    "           kernel_size/stride of at least 32\n"
    "        f  of the peak: the narrower and smaller ones\n"
    "        B  of the copy bandwidth; over 100 where reading is faster\n"
    "    x jit and x cc: how many times as fast tconv is as the best peer in\n"
    "    PyTorch's layout. Peers behind the bar have another layout and do\n"
    "    not count there. jit us is the median of tconv-jit.\n"
    "\n"
    "OPTIONS\n"
    "    --threads T        default 1\n"
    "    --set SET          table: layers of each kind (default); more: more "
    "of\n"
    "                       them; all: both; grad_input, grad_weight: the\n"
    "                       gradients of wide layers; grad: both\n"
    "    --layers TEXT      those with TEXT in their title or canonical name\n"
    "    --contenders LIST  comma-separated: tconv-jit, tconv-cc, onednn-ncw,\n"
    "                       onednn-any, gemm, loop, torch, ort;\n"
    "                       channels last: tconv-jit-nlc, tconv-cc-nlc,\n"
    "                       onednn-nwc, xnnpack; peak and copy always run\n"
    "    --isa ISA          instruction set of tconv and the peak: avx512,\n"
    "                       avx2, sse2, neon, scalar; default: the best here.\n"
    "                       Peers keep using what they like\n"
    "    --quick            a fifth of the time; for trying things out\n"
    "    --csv FILE         every figure, a row for each layer and contender\n"
    "    --svg FILE         a chart\n"
    "    --list FILE        other layers: lines of set | title | spec | "
    "length\n"
    "\n"
    "EXIT CODES\n"
    "    0 done, 1 a result of tconv is wrong, 2 bad usage, 3 could not\n"
    "\n"
    "EXAMPLES\n"
    "    tconv_bench --quick --layers encodec --contenders "
    "tconv-jit,onednn-ncw\n"
    "    tconv_bench --set all --threads 2 --csv two.csv --svg two.svg\n";

static int wrong(const char *what, const char *option)
{
    fprintf(stderr, "tconv_bench: %s: %s (--help tells more)\n", option, what);
    return 2;
}

static int read_contenders(const char *list, int *wanted)
{
    char copy[400], *rest = copy;
    snprintf(copy, sizeof copy, "%s", list);
    for (int i = 0; i < contender_count; i++)
        wanted[i] = contenders[i].group == GROUP_MACHINE;
    for (char *name; *rest;) {
        name = rest;
        rest += strcspn(rest, ",");
        if (*rest)
            *rest++ = 0;
        int i = contender_find(name);
        if (i < 0)
            return 0;
        wanted[i] = 1;
    }
    return 1;
}

static int read_value(struct options *o, const char *option, const char *value)
{
    char *end;
    if (strcmp(option, "--threads") == 0) {
        long threads = strtol(value, &end, 10);
        if (*end || threads < 1 || threads > POOL_THREADS_MOST)
            return wrong("a whole number from 1 to 256", option);
        o->threads = (int)threads;
    } else if (strcmp(option, "--set") == 0) {
        o->set = value;
    } else if (strcmp(option, "--contenders") == 0) {
        if (!read_contenders(value, o->wanted))
            return wrong("no such contender", option);
    } else if (strcmp(option, "--isa") == 0) {
        if (!tconv_isa_supported(value))
            return wrong("unknown, or not on this processor", option);
        o->isa = value;
    } else if (strcmp(option, "--layers") == 0) {
        o->part = value;
    } else if (strcmp(option, "--csv") == 0) {
        o->csv = value;
    } else if (strcmp(option, "--svg") == 0) {
        o->svg = value;
    } else if (strcmp(option, "--list") == 0) {
        o->list = value;
    } else {
        return wrong("no such option", option);
    }
    return -1;
}

int options_read(int argc, char **argv, struct options *options)
{
    *options = (struct options){.threads = 1,
                                .set = "table",
                                .isa = tconv_isa_native(),
                                .list = BENCH_FOLDER "/layers.txt",
                                .effort = {12, 0.35e9, 24}};
    for (int i = 0; i < contender_count; i++)
        options->wanted[i] = 1;
    for (int i = 1; i < argc; i++) {
        int code = -1;
        if (strcmp(argv[i], "--help") == 0) {
            fputs(help, stdout);
            return 0;
        }
        if (strcmp(argv[i], "--quick") == 0)
            options->effort = (struct effort){5, 0.06e9, 10};
        else if (i + 1 == argc)
            code = wrong("no such option, or its value is missing", argv[i]);
        else
            code = read_value(options, argv[i], argv[i + 1]), i++;
        if (code >= 0)
            return code;
    }
    return -1;
}
