/* tconv: the command line. Verbs are in tool/, one file each. */
#define _POSIX_C_SOURCE 200809L /* NOLINT(bugprone-reserved-identifier) */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tool/cli.h"

static const struct verb *const verbs[] = {&verb_show,  &verb_gen,  &verb_run,
                                           &verb_grad,  &verb_init, &verb_check,
                                           &verb_bench, NULL};

static const char introduction[] =
    "tconv - C code made for one ConvTranspose1d or Conv1d layer\n"
    "\n"
    "SYNOPSIS\n";

static const char explanation[] =
    "    tconv VERB --help\n"
    "    tconv --help | --version\n"
    "\n"
    "DESCRIPTION\n"
    "    tconv takes a one-dimensional transposed convolution with fixed\n"
    "    parameters (PyTorch's ConvTranspose1d, or Conv1d) and makes C for\n"
    "    exactly that layer, or its gradients: ahead of time (gen), in memory\n"
    "    (run), and held against the plain definition bit for bit (check).\n"
    "    Each verb has a page of its own, e.g. tconv gen --help.\n"
    "\n"
    "    SPEC says which layer. It is one of:\n"
    "\n"
    "    \"ConvTranspose1d(512, 256, 16, stride=8, padding=4)\"\n"
    "        PyTorch's notation, as one types it or as print(model) shows it.\n"
    "        dtype is float32, float64, float16, bfloat16, complex64,\n"
    "        complex128, int8 or uint8. Beyond PyTorch: padding=(begin, end),\n"
    "        length=L for a layer whose input length is fixed,\n"
    "        weight_dtype=\"float16\", \"bfloat16\" or \"int8\" beside "
    "float32,\n"
    "        precision=\"tf32\", output_dtype=\"float32\" or another of an\n"
    "        integer layer's, layout=\"nlc\", output_layout=,\n"
    "        pass=\"grad_input\" or \"grad_weight\" for the kernel of a\n"
    "        gradient. Conv1d(...) likewise.\n"
    "    f32_ci512_co256_k16_s8_p4\n"
    "        The kernel's canonical name: type, then the fields that are not\n"
    "        PyTorch's default. ci and co channels, k kernel size, s stride,\n"
    "        p padding (pe that of the end, where it differs), op output\n"
    "        padding, g groups, bias0 for none, d dilation, l fixed length.\n"
    "        Conv1d has conv after the type, then may follow the weight's\n"
    "        type (wbf16), an integer layer's output's (yf32), tf32, nlc;\n"
    "        gradients end in gi or gw.\n"
    "    model.lua\n"
    "        A file with lines such as\n"
    "        ConvTranspose1d{512, 256, 16, stride=8, padding=4, "
    "name=\"ups.0\"}\n"
    "        It may use Lua's loops and arithmetic, and can reach nothing.\n"
    "    model.lua:ups.0\n"
    "        One layer of it.\n"
    "\n"
    "EXIT CODES\n"
    "    0  done\n"
    "    1  results differ\n"
    "    2  bad usage, spec or input\n"
    "    3  could not: JIT, compiler, memory, disk\n"
    "    After 2 and 3 one line on standard error says why.\n"
    "\n"
    "EXAMPLES\n"
    "    tconv show \"ConvTranspose1d(512, 256, 16, stride=8, padding=4)\"\n"
    "    tconv gen model.lua -o kernels\n"
    "    tconv run model.lua:ups.0 --input x.npy --weight w.npy --bias b.npy "
    "\\\n"
    "        --output y.npy\n"
    "    tconv init model.lua:ups.0 --seed 1 --weight w.npy --bias b.npy\n"
    "    tconv check --random 1000\n"
    "    tconv bench f32_ci512_co256_k16_s8_p4 --length 100\n";

static void print_help(void)
{
    fputs(introduction, stdout);
    for (const struct verb *const *verb = verbs; *verb; verb++)
        printf("    tconv %s\n", (*verb)->synopsis);
    fputs(explanation, stdout);
}

static const struct verb *find_verb(const char *name)
{
    const struct verb *const *verb = verbs;
    while (*verb && strcmp((*verb)->name, name) != 0)
        verb++;
    return *verb;
}

static int wants_help(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
            return 1;
    return 0;
}

/* One line whatever the message holds: it may quote a file or an argument. */
static void complain(const char *verb, const char *message)
{
    fprintf(stderr, "tconv%s%s: ", verb ? " " : "", verb ? verb : "");
    for (; *message; message++) {
        unsigned char byte = (unsigned char)*message;
        putc(byte < 0x20 || byte == 0x7f ? '?' : byte, stderr);
    }
    putc('\n', stderr);
}

/* Nobody may take a cut listing for a whole one. */
static enum exit_code finish(const char *verb, enum exit_code code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    char message[160];
    snprintf(message, sizeof message, "standard output: %s", strerror(errno));
    if (code < EXIT_BAD_INPUT)
        complain(verb, message);
    return code < EXIT_BAD_INPUT ? EXIT_COULD_NOT : code;
}

/* Takes the places of standard streams that the caller closed, lest a file we
 * open gets their number and our messages. Neither reads nor writes succeed on
 * a folder, and /dev/stdout leads to it. */
static int occupy_streams(void)
{
    for (;;) {
        int descriptor = open("/", O_RDONLY);
        if (descriptor < 0)
            return 0;
        if (descriptor > STDERR_FILENO)
            return close(descriptor) == 0;
    }
}

int main(int argc, char **argv)
{
    if (!occupy_streams()) {
        complain(NULL, strerror(errno));
        return EXIT_COULD_NOT;
    }
    if (argc < 2) {
        complain(
            NULL,
            "a verb is missing; usage: tconv "
            "show|gen|run|grad|init|check|bench SPEC ..., or tconv --help");
        return EXIT_BAD_INPUT;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
        print_help();
        return (int)finish(NULL, EXIT_DONE);
    }
    if (!strcmp(argv[1], "--version")) {
        puts("tconv " TCONV_VERSION);
        return (int)finish(NULL, EXIT_DONE);
    }
    const struct verb *verb = find_verb(argv[1]);
    if (!verb) {
        char message[200];
        snprintf(message, sizeof message,
                 "unknown %s \"%.60s\"; verbs are show, gen, run, grad, init, "
                 "check, bench",
                 argv[1][0] == '-' ? "option" : "verb", argv[1]);
        complain(NULL, message);
        return EXIT_BAD_INPUT;
    }
    if (wants_help(argc - 2, argv + 2)) {
        fputs(verb->help, stdout);
        return (int)finish(verb->name, EXIT_DONE);
    }
    struct tconv_error error = {TCONV_OK, ""};
    enum tconv_status status = verb->run(argc - 2, argv + 2, &error);
    if (status != TCONV_OK)
        complain(verb->name,
                 error.message[0] ? error.message : tconv_status_name(status));
    return (int)finish(verb->name, exit_code_of(status));
}
