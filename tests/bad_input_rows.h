/* Bad input of every kind: each row is a command line, the exit code it must
 * end with, and a part of the one line of standard error that must say why. */
#ifndef BAD_INPUT_ROWS_H
#define BAD_INPUT_ROWS_H

#include <stddef.h>

/* What is taken from the tool before it starts. */
enum lack {
    LACK_NOTHING,
    LACK_DISK,      /* files may not grow beyond 64 bytes */
    LACK_MEMORY,    /* of the address space */
    LACK_EXECUTING, /* memory may not be made executable */
    LACK_COMPILER,
    LACK_STDOUT,  /* it is /dev/full */
    LACK_STREAMS, /* standard input and output are closed */
};

/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): reads better */
struct row {
    int code;
    const char *message; /* NULL: standard error must be empty */
    const char *arguments;
    enum lack lack;
};

/* Words are split at spaces; a word in ' is taken whole. */
static const struct row rows[] = {
    /* usage */
    {2, "a verb is missing; usage: tconv", "", 0},
    {2, "unknown verb \"grade\"; verbs are show", "grade x", 0},
    {2, "unknown option \"--verb\"; verbs are show", "--verb", 0},
    {0, NULL, "--help", 0},
    {0, NULL, "--version", 0},
    {0, NULL, "show --help", 0},
    {0, NULL, "gen --help", 0},
    {0, NULL, "run --help", 0},
    {0, NULL, "check --help", 0},
    {0, NULL, "bench --help", 0},
    {2, "SPEC is missing", "show", 0},
    {2, "SPEC is missing", "run --input x.npy --output y.npy", 0},
    {2, "only one SPEC is allowed", "show f32_ci1_co1_k1 f32_ci1_co1_k1", 0},
    {2, "unknown option \"--colour\"; there are --length, --isa, --json",
     "show f32_ci1_co1_k1 --colour", 0},
    {2, "--length: must be followed by a whole number",
     "show f32_ci1_co1_k1 --length", 0},
    {2, "--length: must be followed by a whole number",
     "show f32_ci1_co1_k1 --length --json", 0},
    {2, "--length \"five\": must be a whole number from 1",
     "show f32_ci1_co1_k1 --length five", 0},
    {2, "--length \"-5\": must be a whole number from 1",
     "show f32_ci1_co1_k1 --length -5", 0},
    {2, "--length \"0\": must be a whole number from 1",
     "show f32_ci1_co1_k1 --length=0", 0},
    {2, "--length \"5x\": must be a whole number from 1",
     "show f32_ci1_co1_k1 --length 5x", 0},
    {2, "--length \"99999999999999999999\": must be",
     "show f32_ci1_co1_k1 --length 99999999999999999999", 0},
    {2, "--length: given twice", "show f32_ci1_co1_k1 --length 5 --length=5",
     0},
    {2, "--json=yes: this option takes no value",
     "show f32_ci1_co1_k1 --json=yes", 0},
    {2, "--isa \"mmx\": must be one of native, avx512",
     "show f32_ci1_co1_k1 --isa mmx", 0},
    {2, "--isa \"mmx\": must be one of",
     "gen f32_ci1_co1_k1 -o d --isa avx2,mmx", 0},
    {2, "--isa \"\": must be one of", "gen f32_ci1_co1_k1 -o d --isa avx2,", 0},
    {2, "-o is missing", "gen f32_ci1_co1_k1", 0},
    {2, "--prefix \"2x\": must be a C identifier",
     "gen f32_ci1_co1_k1 -o d --prefix 2x", 0},
    {2, "--engine \"gpu\": must be one of auto, generic, jit",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy --output "
     "y.npy --engine gpu",
     0},
    {2, "--threads \"0\": must be a whole number from 1 to 1024",
     "bench f32_ci1_co1_k3 --length 5 --threads 0", 0},
    {2, "--length is missing", "bench f32_ci1_co1_k3", 0},
    {2, "--engine \"generic\": must be one of auto, jit",
     "check f32_ci1_co1_k3 --engine generic", 0},
    {0, NULL, "check f32_ci1_co1_k3 --engine auto --length 3", 0},
    {2, "SPEC or --random N", "check", 0},
    {2, "only one of them", "check f32_ci1_co1_k3 --random 5", 0},
    {2, "--random \"0\": must be", "check --random 0", 0},
    {2, "--input is missing", "run f32_ci1_co1_k3 --output y.npy", 0},
    {2, "--weight is missing",
     "run f32_ci1_co1_k3 --input x.npy --output y.npy", 0},
    {2, "--output is missing",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy", 0},

    /* spec */
    {2, "stride=0: must be at least 1",
     "show 'ConvTranspose1d(1, 1, 3, stride=0)'", 0},
    {2, "groups=2: must divide", "show 'ConvTranspose1d(3, 4, 3, groups=2)'",
     0},
    {2, "output_padding=1: must be below",
     "show 'ConvTranspose1d(1, 1, 3, output_padding=1)'", 0},
    {2, "padding=-1: must be at least 0",
     "show 'ConvTranspose1d(1, 1, 3, padding=-1)'", 0},
    {2, "stride", "show f32_ci1_co1_k3_s0", 0},
    {2, "canonical spelling", "show f32_ci1_co1_k3_s1", 0},
    {2, "length=5: the layer's length is fixed at 7",
     "show f32_ci1_co1_k3_l7 --length 5", 0},
    {2, "output length", "show f32_ci1_co1_k1_p3 --length 2", 0},
    {2, "too large", "show f32_ci1_co1_k1_l2147483647_s2147483647", 0},
    {2, "", "show ''", 0},
    {2, "", "show nonsense", 0},
    {2, "", "show 'ConvTranspose1d(1, 1'", 0},
    {2, "missing.lua", "show missing.lua", 0},
    {2, "broken.lua", "show broken.lua", 0},
    {2, "endless.lua", "show endless.lua", 0},
    {2, "greedy.lua", "show greedy.lua", 0},
    {2, "escape.lua", "show escape.lua", 0},
    {2, "empty.lua", "show empty.lua", 0},
    {2, "nothere", "show two.lua:nothere", 0},
    {2, "has 2 layers, one is wanted",
     "run two.lua --input x.npy --weight w.npy --output y.npy", 0},

    /* data */
    {2, "none.npy: cannot be read: No such file",
     "run f32_ci1_co1_k3 --input none.npy --weight w.npy --bias b.npy --output "
     "y.npy",
     0},
    {2, "folder: cannot be read: Is a directory",
     "run f32_ci1_co1_k3 --input folder --weight w.npy --bias b.npy --output "
     "y.npy",
     0},
    {2, "empty.npy: not an npy file",
     "run f32_ci1_co1_k3 --input empty.npy --weight w.npy --bias b.npy "
     "--output y.npy",
     0},
    {2, "cut.npy: found 4 bytes of data, wanted 20",
     "run f32_ci1_co1_k3 --input cut.npy --weight w.npy --bias b.npy --output "
     "y.npy",
     0},
    {2, "huge.npy: found 20 bytes of data, wanted",
     "run f32_ci1_co1_k3 --input huge.npy --weight w.npy --bias b.npy --output "
     "y.npy",
     0},
    {2, "swapped.npy: elements are >f4, wanted <f4, <f8, <f2, <c8, <c16, ",
     "run f32_ci1_co1_k3 --input swapped.npy --weight w.npy --bias b.npy "
     "--output y.npy",
     0},
    {2, "elements are <f8, wanted <f4",
     "run f32_ci1_co1_k3 --input wide.npy --weight w.npy --bias b.npy --output "
     "y.npy",
     0},
    {2, "found shape (5,), wanted (N, 1, L) or (1, L)",
     "run f32_ci1_co1_k3 --input flat.npy --weight w.npy --bias b.npy --output "
     "y.npy",
     0},
    {2, "found shape (1, 5), wanted (N, 2, L) or (2, L)",
     "run f32_ci2_co1_k3 --input x.npy --weight w.npy --bias b.npy --output "
     "y.npy",
     0},
    {2, "w.npy: found shape (1, 1, 3), wanted (1, 1, 4)",
     "run f32_ci1_co1_k4 --input x.npy --weight w.npy --bias b.npy --output "
     "y.npy",
     0},
    {2, "w.npy: found shape (1, 1, 3), wanted (1,)",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --bias w.npy --output "
     "y.npy",
     0},
    {2, "--bias is missing",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --output y.npy", 0},
    {2, "the layer has bias=False",
     "run f32_ci1_co1_k3_bias0 --input x.npy --weight w.npy --bias b.npy "
     "--output y.npy",
     0},
    {2, "length=0: must be at least 1",
     "run f32_ci1_co1_k3 --input short.npy --weight w.npy --bias b.npy "
     "--output y.npy",
     0},
    {2, "output_size=9: must be between 7 and 7",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy --output "
     "y.npy --output-size 9",
     0},
    {2, "--chunk \"0\": must be",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy --output "
     "y.npy --chunk 0",
     0},

    /* files that cannot be written */
    {3, "none/y.npy: cannot be written: No such file",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy --output "
     "none/y.npy",
     0},
    {3, "folder: cannot be written: Is a directory",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy --output "
     "folder",
     0},
    {3, "/dev/full: cannot be written: No space left",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy --output "
     "/dev/full",
     0},
    {3, "y.npy: cannot be written: File too large",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy --output "
     "y.npy --engine generic",
     LACK_DISK},
    {3, "cannot be written: File too large", "gen f32_ci1_co1_k3 -o folder",
     LACK_DISK},
    {3, "x.npy: cannot be made: Not a directory", "gen f32_ci1_co1_k3 -o x.npy",
     0},
    {3, "cannot be made", "gen f32_ci1_co1_k3 -o /dev/null/d", 0},
    {3, "none/d: cannot be written",
     "gen f32_ci1_co1_k3 -o folder --depfile none/d", 0},
    {2, "two files would be called tconv_kernel.h; rename the model file",
     "gen tconv_kernel.lua -o folder", 0},
    {2, "two files would be called f32_ci1_co1_k3.c",
     "gen f32_ci1_co1_k3.lua -o folder --list", 0},
    {2, "--depfile two.lua: must not be the model file",
     "gen two.lua -o folder --depfile two.lua", 0},
    {2, "--depfile folder/two.c: must not be a file that is generated",
     "gen two.lua -o folder --depfile folder/two.c", 0},
    {2, "./f32_ci1_co1_k3.c: is the model file; it must not be generated over",
     "gen ./f32_ci1_co1_k3.c -o .", 0},
    {3, "standard output: Bad file descriptor", "show f32_ci1_co1_k3",
     LACK_STREAMS},
    {3, "/proc/self/fd/1: cannot be written: Is a directory",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy --output "
     "/proc/self/fd/1",
     LACK_STREAMS},
    {2, "/proc/self/fd/0: cannot be read: Is a directory",
     "run f32_ci1_co1_k3 --input /proc/self/fd/0 --weight w.npy --bias b.npy "
     "--output y.npy",
     LACK_STREAMS},
    {3, "loop: cannot be written: Too many levels of symbolic links",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy --output "
     "loop",
     0},
    {3, "standard output: No space left", "show f32_ci1_co1_k3", LACK_STDOUT},
    {3, "standard output: No space left", "--help", LACK_STDOUT},

    /* first weights */
    {0, NULL, "init --help", 0},
    {2, "SPEC is missing", "init --weight w2.npy", 0},
    {2, "--weight is missing", "init f32_ci1_co1_k3 --bias b2.npy", 0},
    {2, "--bias is missing: the layer has a bias",
     "init f32_ci1_co1_k3 --weight w2.npy", 0},
    {2, "--bias is given: the layer has bias=False",
     "init f32_ci1_co1_k3_bias0 --weight w2.npy --bias b2.npy", 0},
    {2, "--weight and --bias both name w2.npy",
     "init f32_ci1_co1_k3 --weight w2.npy --bias w2.npy", 0},
    {2, "--seed \"-1\": must be a whole number from 0 to 9223372036854775807",
     "init f32_ci1_co1_k3 --weight w2.npy --bias b2.npy --seed -1", 0},
    {2, "--seed \"9223372036854775808\": must be",
     "init f32_ci1_co1_k3 --weight w2.npy --bias b2.npy --seed "
     "9223372036854775808",
     0},
    {2, "--seed \"0x1\": must be",
     "init f32_ci1_co1_k3 --weight w2.npy --bias b2.npy --seed 0x1", 0},
    {2, "--isa \"mmx\": must be one of",
     "init f32_ci1_co1_k3 --weight w2.npy --bias b2.npy --isa mmx", 0},
    {2, "groups=2: must divide",
     "init 'ConvTranspose1d(3, 4, 3, groups=2)' --weight w2.npy --bias b2.npy",
     0},
    {2, "has 2 layers, one is wanted",
     "init two.lua --weight w2.npy --bias b2.npy", 0},
    {0, NULL, "init f32_ci1_co1_k3_bias0 --weight /dev/null --seed 7", 0},
    {3, "none/w.npy: cannot be written: No such file",
     "init f32_ci1_co1_k3 --weight none/w.npy --bias b2.npy", 0},
    {3, "none/b.npy: cannot be written: No such file",
     "init f32_ci1_co1_k3 --weight w2.npy --bias none/b.npy", 0},
    {3, "folder: cannot be written: Is a directory",
     "init f32_ci1_co1_k3 --weight w2.npy --bias folder", 0},
    {3, "w2.npy: cannot be written: File too large",
     "init f32_ci1_co1_k3 --weight w2.npy --bias b2.npy", LACK_DISK},
    {3, "not enough memory for 4294967296 bytes of weight",
     "init f32_ci32768_co32768_k1 --weight w2.npy --bias b2.npy", LACK_MEMORY},

    /* what the machine lacks */
    {3, "", "check f32_ci1_co1_k3 --engine cc", LACK_COMPILER},
    {3, "", "bench f32_ci1_co1_k3 --length 5 --engine cc", LACK_COMPILER},
    {3, "",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy --output "
     "y.npy --engine jit",
     LACK_EXECUTING},
    {0, "using the generic kernel: ",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy --output "
     "/dev/null --engine auto",
     LACK_EXECUTING},
    {3, "not enough memory",
     "run f32_ci1_co1_k3_s2147483647 --input x.npy --weight w.npy --bias b.npy "
     "--output y.npy --engine generic",
     LACK_MEMORY},

    /* gradients; y of x (1, 5) is (1, 7) */
    {0, NULL, "grad --help", 0},
    {2, "SPEC is missing",
     "grad --input x.npy --weight w.npy --grad-output x.npy --grad-input g.npy",
     0},
    {2, "--grad-output is missing",
     "grad f32_ci1_co1_k3 --input x.npy --weight w.npy --grad-input g.npy", 0},
    {2, "nothing to compute",
     "grad f32_ci1_co1_k3 --input x.npy --weight w.npy --grad-output x.npy", 0},
    {2, "--grad-input and --grad-bias both name g.npy",
     "grad f32_ci1_co1_k3 --input x.npy --weight w.npy --grad-output x.npy "
     "--grad-input g.npy --grad-bias g.npy",
     0},
    {2, "--engine \"gpu\": must be one of auto, generic, jit",
     "grad f32_ci1_co1_k3 --input x.npy --weight w.npy --grad-output x.npy "
     "--grad-input g.npy --engine gpu",
     0},
    {2, "x.npy: found shape (1, 5), wanted (1, 7)",
     "grad f32_ci1_co1_k3 --input x.npy --weight w.npy --grad-output x.npy "
     "--grad-input g.npy",
     0},
    {2, "--grad-bias is given: the layer has bias=False",
     "grad f32_ci1_co1_k3_bias0 --input x.npy --weight w.npy --grad-output "
     "x.npy --grad-bias g.npy",
     0},
    {2, "output_size=4: must be between 7 and 7",
     "grad f32_ci1_co1_k3 --input x.npy --weight w.npy --grad-output x.npy "
     "--grad-input g.npy --output-size 4",
     0},
    {3, "none/g.npy: cannot be written",
     "grad f32_ci1_co1_k3_p1 --input x.npy --weight w.npy --grad-output x.npy "
     "--grad-input g.npy --grad-weight none/g.npy --engine generic",
     0},
    {0, NULL,
     "grad f32_ci1_co1_k3_p1 --input x.npy --weight w.npy --grad-output x.npy "
     "--grad-weight /dev/null --engine generic",
     0},
    {0, "using the generic kernel: ",
     "grad f32_ci1_co1_k3_p1 --input x.npy --weight w.npy --grad-output x.npy "
     "--grad-weight /dev/null",
     LACK_EXECUTING},
    {0, "using the generic kernel: ", /* for both, told once */
     "grad f32_ci1_co1_k3_p1 --input x.npy --weight w.npy --grad-output x.npy "
     "--grad-input /dev/null --grad-weight /dev/zero",
     LACK_EXECUTING},
    {3, "",
     "grad f32_ci1_co1_k3_p1 --input x.npy --weight w.npy --grad-output x.npy "
     "--grad-weight g.npy --engine jit",
     LACK_EXECUTING},
    {3, "",
     "grad f32_ci1_co1_k3_p1 --input x.npy --weight w.npy --grad-output x.npy "
     "--grad-input g.npy --engine cc",
     LACK_COMPILER},
    {2, "pass=grad_input: must be forward here",
     "grad f32_ci1_co1_k3_p1_gi --input x.npy --weight w.npy --grad-output "
     "x.npy --grad-input g.npy",
     0},

    /* Conv1d and passes */
    {2, "output_padding=1: must be 0, Conv1d has none",
     "show f32_conv_ci1_co1_k3_s2_op1", 0},
    {2, "\"output_padding\": Conv1d has no such argument",
     "show 'Conv1d(1, 1, 3, output_padding=1)'", 0},
    {2, "padding=\"full\": must be \"valid\", \"same\" or an integer",
     "show 'Conv1d(1, 1, 3, padding=\"full\")'", 0},
    {2, "padding=\"same\": needs stride=1, not 2",
     "show 'Conv1d(1, 1, 3, stride=2, padding=\"same\")'", 0},
    {2, "pass=\"backward\": must be \"forward\"",
     "show 'Conv1d(1, 1, 3, pass=\"backward\")'", 0},
    {2, "length=2: with padding=0,0 must be at least",
     "show f32_conv_ci1_co1_k3 --length 2", 0},
    {2, "length=5: with padding=0,0 must be at least",
     "run f32_conv_ci1_co1_k7 --input x.npy --weight w7.npy --bias b.npy "
     "--output y.npy",
     0},
    {2, "w.npy: found shape (1, 1, 3), wanted (2, 1, 3)",
     "run f32_conv_ci1_co2_k3 --input x.npy --weight w.npy --bias b.npy "
     "--output y.npy",
     0},
    {2, "output_size=3: Conv1d has no such argument",
     "run f32_conv_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy "
     "--output y.npy --output-size 3",
     0},
    {2, "x.npy: found shape (1, 5), wanted (1, 3)",
     "grad f32_conv_ci1_co1_k3 --input x.npy --weight w.npy --grad-output "
     "x.npy --grad-input g.npy",
     0},
    {2, "pass=grad_input: must be forward here",
     "run f32_ci1_co1_k3_gi --input x.npy --weight w.npy --output y.npy", 0},
    {2, "pass=grad_weight: must be forward here",
     "init f32_conv_ci1_co1_k3_gw --weight w2.npy --bias b2.npy", 0},
    {0, NULL, "show f32_conv_ci1_co1_k3_gi --length 9", 0},
    {0, NULL, "show f32_conv_ci1_co1_k3_gw --length 9 --json", 0},
    {0, NULL,
     "run f32_conv_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy "
     "--output /dev/null --chunk 2 --engine generic",
     0},

    /* narrow weights */
    {0, NULL,
     "run f32_wf16_ci1_co1_k3 --input x.npy --weight half.npy --bias b.npy "
     "--output /dev/null --engine generic",
     0},
    {0, NULL,
     "run f32_conv_wbf16_ci1_co1_k3 --input x.npy --weight brain.npy --bias "
     "b.npy "
     "--output /dev/null --engine generic",
     0},
    {0, NULL,
     "run f32_wbf16_ci1_co1_k3 --input x.npy --weight bits.npy --bias b.npy "
     "--output /dev/null --engine generic",
     0},
    {2, "w.npy: elements are <f4, wanted <f2",
     "run f32_wf16_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy "
     "--output y.npy --engine generic",
     0},
    {2, "brain.npy: elements are |V2, wanted <f2",
     "run f32_wf16_ci1_co1_k3 --input x.npy --weight brain.npy --bias b.npy "
     "--output y.npy --engine generic",
     0},
    {2, "half.npy: elements are <f2, wanted |V2",
     "run f32_wbf16_ci1_co1_k3 --input x.npy --weight half.npy --bias b.npy "
     "--output y.npy --engine generic",
     0},
    {2, "half.npy: elements are <f2, wanted <f4",
     "run f32_ci1_co1_k3 --input x.npy --weight half.npy --bias b.npy "
     "--output y.npy --engine generic",
     0},
    {2, "weight_dtype=f16: needs dtype float32", "show f64_wf16_ci1_co1_k3", 0},
    {2, "weight_dtype=f16: needs dtype float32", "show f16_wf16_ci1_co1_k3", 0},
    {2, "weight_dtype=bf16: needs dtype float32",
     "show 'Conv1d(1, 1, 3, dtype=float16, weight_dtype=bfloat16)'", 0},
    {2, "precision=tf32: needs dtype float32", "show f64_tf32_ci1_co1_k3", 0},
    {2, "precision=tf32: needs dtype float32, of the weight as well",
     "check f32_wf16_tf32_ci1_co1_k3", 0},
    {2, "precision=\"tf19\": must be \"full\" or \"tf32\"",
     "show 'Conv1d(1, 1, 3, precision=tf19)'", 0},
    {2, "dtype=\"complex32\": must be",
     "show 'Conv1d(1, 1, 3, dtype=complex32)'", 0},
    {2, "\"c32_ci1_co1_k3\": must be a model file", "show c32_ci1_co1_k3", 0},
    {2, "x.npy: elements are <f4, wanted <f2",
     "run f16_ci1_co1_k3 --input x.npy --weight half.npy --bias b.npy "
     "--output y.npy --engine generic",
     0},
    {2, "x.npy: elements are <f4, wanted |V2",
     "run bf16_ci1_co1_k3 --input x.npy --weight bits.npy --bias b.npy "
     "--output y.npy --engine generic",
     0},
    {2, "x.npy: elements are <f4, wanted <c8",
     "run c64_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy "
     "--output y.npy --engine generic",
     0},
    {2, "x.npy: elements are <f4, wanted <c16",
     "run c128_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy "
     "--output y.npy --engine generic",
     0},
    {0, NULL,
     "run f32_tf32_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy "
     "--output /dev/null --engine generic",
     0},
    {2, "weight_dtype=bf16: first weights are of",
     "init f32_wbf16_ci1_co1_k3 --weight w2.npy --bias b2.npy", 0},

    /* weights of int8 */
    {0, NULL,
     "run i8_ci1_co1_k3 --input x8.npy --weight w8.npy --bias b32.npy "
     "--output /dev/null --engine generic --scale b.npy --x-zero-point -128 "
     "--y-zero-point=127",
     0},
    {0, NULL,
     "run u8_yf32_ci1_co1_k3 --input xu8.npy --weight w8.npy --bias b32.npy "
     "--output /dev/null --engine generic --scale b.npy --x-zero-point 255",
     0},
    {0, NULL,
     "run f32_wi8_ci1_co1_k3 --input x.npy --weight w8.npy --bias b.npy "
     "--output /dev/null --engine generic --scale b.npy",
     0},
    {2, "--scale is missing: a layer with weights of int8",
     "run i8_ci1_co1_k3 --input x8.npy --weight w8.npy --bias b32.npy "
     "--output y.npy --engine generic",
     0},
    {2, "--scale is missing",
     "run f32_wi8_ci1_co1_k3 --input x.npy --weight w8.npy --bias b.npy "
     "--output y.npy --engine generic",
     0},
    {2, "--y-zero-point: are of layers with weights of int8, this one's are ",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy "
     "--output y.npy --engine generic --scale b.npy",
     0},
    {2, "this one's are float32",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy "
     "--output y.npy --engine generic --x-zero-point 3",
     0},
    {2, "x_zero_point=128: must be between -128 and 127",
     "run i8_ci1_co1_k3 --input x8.npy --weight w8.npy --bias b32.npy "
     "--output y.npy --engine generic --scale b.npy --x-zero-point 128",
     0},
    {2, "x_zero_point=-1: must be between 0 and 255",
     "run u8_yf32_ci1_co1_k3 --input xu8.npy --weight w8.npy --bias b32.npy "
     "--output y.npy --engine generic --scale b.npy --x-zero-point -1",
     0},
    {2, "y_zero_point=1: must be between 0 and 0",
     "run u8_yf32_ci1_co1_k3 --input xu8.npy --weight w8.npy --bias b32.npy "
     "--output y.npy --engine generic --scale b.npy --y-zero-point 1",
     0},
    {2, "x_zero_point=1: must be between 0 and 0",
     "run f32_wi8_ci1_co1_k3 --input x.npy --weight w8.npy --bias b.npy "
     "--output y.npy --engine generic --scale b.npy --x-zero-point 1",
     0},
    {2, "--x-zero-point",
     "run i8_ci1_co1_k3 --input x8.npy --weight w8.npy --bias b32.npy "
     "--output y.npy --engine generic --scale b.npy --x-zero-point 4294967296",
     0},
    {2, "--x-zero-point",
     "run i8_ci1_co1_k3 --input x8.npy --weight w8.npy --bias b32.npy "
     "--output y.npy --engine generic --scale b.npy --x-zero-point five",
     0},
    {2, "b32.npy: elements are <i4, wanted <f4",
     "run i8_ci1_co1_k3 --input x8.npy --weight w8.npy --bias b32.npy "
     "--output y.npy --engine generic --scale b32.npy",
     0},
    {2, "s2.npy: ",
     "run i8_ci1_co1_k3 --input x8.npy --weight w8.npy --bias b32.npy "
     "--output y.npy --engine generic --scale s2.npy",
     0},
    {2, "none.npy",
     "run i8_ci1_co1_k3 --input x8.npy --weight w8.npy --bias b32.npy "
     "--output y.npy --engine generic --scale none.npy",
     0},
    {2, "b.npy: elements are <f4, wanted <i4",
     "run i8_ci1_co1_k3 --input x8.npy --weight w8.npy --bias b.npy "
     "--output y.npy --engine generic --scale b.npy",
     0},
    {2, "xu8.npy: elements are |u1, wanted |i1",
     "run i8_ci1_co1_k3 --input xu8.npy --weight w8.npy --bias b32.npy "
     "--output y.npy --engine generic --scale b.npy",
     0},
    {2, "w.npy: elements are <f4, wanted |i1",
     "run f32_wi8_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy "
     "--output y.npy --engine generic --scale b.npy",
     0},
    {2, "layers of int8 are forward alone", "show i8_ci1_co1_k3_gi", 0},
    {2, "layers with weights of int8 are forward alone",
     "check f32_wi8_ci1_co1_k3_gi", 0},
    {2, "weight_dtype=i8: needs dtype float32", "show f64_wi8_ci1_co1_k3", 0},
    {2, "output_dtype=6: needs dtype int8 or uint8",
     "show 'Conv1d(1, 1, 3, output_dtype=int8)'", 0},
    {2, "int8",
     "grad i8_ci1_co1_k3_p1 --input x8.npy --grad-output x8.npy --weight "
     "w8.npy "
     "--grad-input g.npy",
     0},
    {2, "first weights", "init i8_ci1_co1_k3 --weight w2.npy --bias b2.npy", 0},
};

#endif
