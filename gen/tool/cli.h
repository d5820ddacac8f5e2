/* The command line: verbs, options, exit codes. */
#ifndef TOOL_CLI_H
#define TOOL_CLI_H

#include "tconv.h"

/* What main() returns. */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_DIFFER = 1,    /* results differ */
    EXIT_BAD_INPUT = 2, /* usage, spec or input */
    EXIT_COULD_NOT = 3, /* JIT, compiler, memory, disk */
};

/* The only place where the library's statuses become exit codes. */
enum exit_code exit_code_of(enum tconv_status status);

/* One verb. `run` gets what follows the verb; main() prints its error. */
struct verb {
    const char *name;
    const char *synopsis; /* of one line, for the list of verbs */
    const char *help;     /* the page that --help prints */
    enum tconv_status (*run)(int argc, char **argv, struct tconv_error *error);
};

extern const struct verb verb_show;
extern const struct verb verb_gen;
extern const struct verb verb_run;
extern const struct verb verb_grad;
extern const struct verb verb_init;
extern const struct verb verb_check;
extern const struct verb verb_bench;

/* One option; exactly one of text, number and flag says where its value goes.
 * What is there beforehand is the default. */
struct cli_option {
    const char *name;  /* "--length", "-o" */
    const char **text; /* takes any text */
    int64_t *number;   /* takes a whole number of [least, most] */
    int *flag;         /* takes no value; set to 1 */
    int64_t least;
    int64_t most;
};

/* Reads `--name value` and `--name=value` in any order, and at most one operand
 * (into *operand, NULL if none). TCONV_E_ARGUMENT for an option that is
 * unknown, repeated, without its value or with a wrong one, and for a second
 * operand; the message ends with what is allowed. */
enum tconv_status cli_parse(int argc, char **argv,
                            const struct cli_option *options, size_t count,
                            const char **operand, struct tconv_error *error);

/* Lengths, batches: what a 31-bit field takes. */
#define CLI_SIZE_MAX INT64_C(2147483647)

/* The instruction set of --isa: NULL and "native" are this processor's best.
 * TCONV_E_ARGUMENT for an unknown name. */
enum tconv_status cli_isa(const char *text, const char **isa,
                          struct tconv_error *error);

/* Every name of a comma-separated list, likewise. */
enum tconv_status cli_isa_list(const char *text, struct tconv_error *error);

/* The model of SPEC for a verb that needs no generator afterwards. Fails as
 * tconv_generator_create and cli_spec do. */
enum tconv_status cli_model(const char *operand, struct tconv_model *model,
                            struct tconv_error *error);

/* Reads SPEC, the operand of every verb; `operand` NULL is an error too. */
enum tconv_status cli_spec(struct tconv_generator *generator,
                           const char *operand, struct tconv_model *model,
                           struct tconv_error *error);

#endif
