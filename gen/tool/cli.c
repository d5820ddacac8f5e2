/* Reads the command line. */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

enum exit_code exit_code_of(enum tconv_status status)
{
    switch (status) {
    case TCONV_OK:
        return EXIT_DONE;
    case TCONV_E_DIFFER:
        return EXIT_DIFFER;
    case TCONV_E_ISA: /* known, but not this processor's: see cli_isa() */
    case TCONV_E_ABI:
    case TCONV_E_MEMORY:
    case TCONV_E_IO:
    case TCONV_E_GENERATOR:
    case TCONV_E_NO_JIT:
    case TCONV_E_JIT:
    case TCONV_E_NO_CC:
    case TCONV_E_CC:
    case TCONV_E_NO_POOL:
    case TCONV_E_NO_JSON:
        return EXIT_COULD_NOT;
    default:
        return EXIT_BAD_INPUT;
    }
}

/* The names of all options, for messages. */
static void list_options(const struct cli_option *options, size_t count,
                         char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count && used < size; i++) {
        int wrote = snprintf(text + used, size - used, "%s%s", i ? ", " : "",
                             options[i].name);
        used += wrote < 0 ? 0 : (size_t)wrote;
    }
}

/* The option that `argument` spells up to its end or its '='. */
static const struct cli_option *find_option(const struct cli_option *options,
                                            size_t count, const char *argument,
                                            const char **value)
{
    size_t size = strcspn(argument, "=");
    for (size_t i = 0; i < count; i++) {
        if (strlen(options[i].name) != size ||
            memcmp(options[i].name, argument, size) != 0)
            continue;
        *value = argument[size] ? argument + size + 1 : NULL;
        return &options[i];
    }
    return NULL;
}

static enum tconv_status read_number(const struct cli_option *option,
                                     const char *value,
                                     struct tconv_error *error)
{
    const size_t sign = value[0] == '-' && option->least < 0;
    const size_t digits = strspn(value + sign, "0123456789");
    errno = 0;
    long long number = digits ? strtoll(value, NULL, 10) : 0;
    if (!digits || value[sign + digits] || errno || number < option->least ||
        number > option->most)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "%s \"%.40s\": must be a whole number from %lld to "
                          "%lld",
                          option->name, value, (long long)option->least,
                          (long long)option->most);
    *option->number = number;
    return TCONV_OK;
}

/* Stores the value of argv[*at], which may be the argument after it. */
static enum tconv_status read_option(int argc, char **argv, int *at,
                                     const struct cli_option *option,
                                     const char *value,
                                     struct tconv_error *error)
{
    if (option->flag) {
        if (value)
            return tconv_fail(error, TCONV_E_ARGUMENT,
                              "%s=%.40s: this option takes no value",
                              option->name, value);
        *option->flag = 1;
        return TCONV_OK;
    }
    if (!value && *at + 1 < argc && strncmp(argv[*at + 1], "--", 2) != 0)
        value = argv[++*at];
    if (!value || !*value)
        return tconv_fail(error, TCONV_E_ARGUMENT, "%s: must be followed by %s",
                          option->name,
                          option->number ? "a whole number" : "a value");
    if (option->number)
        return read_number(option, value, error);
    *option->text = value;
    return TCONV_OK;
}

enum tconv_status cli_parse(int argc, char **argv,
                            const struct cli_option *options, size_t count,
                            const char **operand, struct tconv_error *error)
{
    uint64_t seen = 0;
    int only_operands = 0;
    *operand = NULL;
    for (int at = 0; at < argc; at++) {
        const char *argument = argv[at];
        if (!only_operands && !strcmp(argument, "--")) {
            only_operands = 1;
            continue;
        }
        if (only_operands || argument[0] != '-') {
            if (*operand)
                return tconv_fail(error, TCONV_E_ARGUMENT,
                                  "\"%.80s\": unexpected after \"%.80s\"; only "
                                  "one SPEC is allowed (quote one with spaces)",
                                  argument, *operand);
            *operand = argument;
            continue;
        }
        const char *value = NULL;
        const struct cli_option *option =
            find_option(options, count, argument, &value);
        if (!option) {
            char names[256];
            list_options(options, count, names, sizeof names);
            return tconv_fail(error, TCONV_E_ARGUMENT,
                              "unknown option \"%.60s\"; there are %s",
                              argument, names);
        }
        uint64_t bit = UINT64_C(1) << (option - options);
        if (seen & bit)
            return tconv_fail(error, TCONV_E_ARGUMENT,
                              "%s: given twice; once is allowed", option->name);
        seen |= bit;
        enum tconv_status status =
            read_option(argc, argv, &at, option, value, error);
        if (status != TCONV_OK)
            return status;
    }
    return TCONV_OK;
}

static enum tconv_status check_isa(const char *name, size_t size,
                                   const char **isa, struct tconv_error *error)
{
    if (size == strlen("native") && !memcmp(name, "native", size)) {
        *isa = tconv_isa_native();
        return TCONV_OK;
    }
    char names[160] = "native";
    for (const char *const *n = tconv_isa_names; *n; n++) {
        if (strlen(*n) == size && !memcmp(*n, name, size)) {
            *isa = *n;
            return TCONV_OK;
        }
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, ", %s", *n);
    }
    return tconv_fail(error, TCONV_E_ARGUMENT,
                      "--isa \"%.*s\": must be one of %s",
                      (int)(size < 40 ? size : 40), name, names);
}

enum tconv_status cli_isa(const char *text, const char **isa,
                          struct tconv_error *error)
{
    if (!text)
        text = "native";
    return check_isa(text, strlen(text), isa, error);
}

enum tconv_status cli_isa_list(const char *text, struct tconv_error *error)
{
    const char *isa;
    enum tconv_status status = TCONV_OK;
    while (text && status == TCONV_OK) {
        size_t size = strcspn(text, ",");
        status = check_isa(text, size, &isa, error);
        text = text[size] ? text + size + 1 : NULL;
    }
    return status;
}

enum tconv_status cli_spec(struct tconv_generator *generator,
                           const char *operand, struct tconv_model *model,
                           struct tconv_error *error)
{
    if (!operand)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "SPEC is missing; it is a kernel name, "
                          "\"ConvTranspose1d(...)\", FILE.lua or "
                          "FILE.lua:LAYER");
    enum tconv_status status =
        tconv_generator_read(generator, operand, model, error);
    /* A file that cannot be read is bad input here, not a failing disk. */
    if (status == TCONV_E_IO)
        return TCONV_E_MODEL;
    if (status == TCONV_OK && !model->count) {
        tconv_model_free(model);
        return tconv_fail(error, TCONV_E_MODEL,
                          "\"%.200s\" has no layers; at least one is needed",
                          operand);
    }
    return status;
}

enum tconv_status cli_model(const char *operand, struct tconv_model *model,
                            struct tconv_error *error)
{
    struct tconv_generator *generator;
    enum tconv_status status = tconv_generator_create(&generator, error);
    if (status != TCONV_OK)
        return status;
    status = cli_spec(generator, operand, model, error);
    tconv_generator_free(generator);
    return status;
}
