/* Any bytes as a SPEC: a canonical name, or a layer in PyTorch's notation.
 * Whatever is accepted is a valid layer, and comes back from its name. */
#include "fuzz.h"
#include "tconv.h"

#include <stdlib.h>
#include <string.h>

const char fuzz_name[] = "fuzz_spec";

const char *const fuzz_words[] = {"f32_",
                                  "f64_",
                                  "_ci",
                                  "_co",
                                  "_k",
                                  "_s",
                                  "_p",
                                  "_pe",
                                  "_op",
                                  "_g",
                                  "_bias0",
                                  "_d",
                                  "_l",
                                  "_conv",
                                  "_gi",
                                  "_gw",
                                  "2147483647",
                                  "2147483648",
                                  "9223372036854775808",
                                  "-1",
                                  "0",
                                  "1e3",
                                  "0x10",
                                  "1_000",
                                  "(",
                                  ")",
                                  ",",
                                  "=",
                                  "(1,)",
                                  "(1, 2)",
                                  "True",
                                  "False",
                                  "None",
                                  "'zeros'",
                                  "\"float64\"",
                                  "torch.",
                                  "nn.",
                                  "stride=",
                                  "padding=",
                                  "dilation=",
                                  "groups=",
                                  "bias=",
                                  "kernel_size=",
                                  "in_channels=",
                                  "dtype=",
                                  "layout=",
                                  "length=",
                                  "output_padding=",
                                  "padding_mode=",
                                  "device=None",
                                  "ConvTranspose1d(",
                                  "Conv1d(",
                                  "'same'",
                                  "'valid'",
                                  "pass=",
                                  "grad_input",
                                  "grad_weight",
                                  NULL};

static void check_error(const struct tconv_error *error,
                        enum tconv_status status)
{
    FUZZ_PROPERTY(status > TCONV_OK && status < TCONV_STATUS_COUNT);
    FUZZ_PROPERTY(error->status == status);
    FUZZ_PROPERTY(error->message[0] != '\0');
    FUZZ_PROPERTY(!strpbrk(error->message, "\r\n"));
}

static void check_spec(const struct tconv_spec *spec)
{
    struct tconv_error error = {TCONV_OK, ""};
    struct tconv_spec back;
    char name[TCONV_NAME_SIZE], again[TCONV_NAME_SIZE];
    FUZZ_PROPERTY(tconv_spec_check(spec, &error) == TCONV_OK);
    tconv_spec_name(spec, name);
    FUZZ_PROPERTY(tconv_spec_from_name(name, &back, &error) == TCONV_OK);
    FUZZ_PROPERTY(tconv_spec_equal(spec, &back));
    tconv_spec_name(&back, again);
    FUZZ_PROPERTY(!strcmp(name, again));
}

static void try_name(const char *text)
{
    struct tconv_error error = {TCONV_OK, ""};
    struct tconv_spec spec;
    char name[TCONV_NAME_SIZE];
    enum tconv_status status = tconv_spec_from_name(text, &spec, &error);
    if (status != TCONV_OK) {
        check_error(&error, status);
        return;
    }
    check_spec(&spec);
    tconv_spec_name(&spec, name);
    FUZZ_PROPERTY(!strcmp(name, text));
}

/* Text that could be a path is left out: what a file holds is fuzz_model's. */
static void try_notation(struct tconv_generator *generator, const char *text)
{
    if (!strchr(text, '(') || strchr(text, '/') || strstr(text, ".lua"))
        return;
    struct tconv_error error = {TCONV_OK, ""};
    struct tconv_model model = {0};
    enum tconv_status status =
        tconv_generator_read(generator, text, &model, &error);
    if (status != TCONV_OK) {
        check_error(&error, status);
        return;
    }
    FUZZ_PROPERTY(model.count == 1);
    check_spec(&model.layers[0].spec);
    tconv_model_free(&model);
}

static struct tconv_generator *generator;

static void free_generator(void)
{
    tconv_generator_free(generator);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (!generator) {
        FUZZ_PROPERTY(tconv_generator_create(&generator, NULL) == TCONV_OK);
        atexit(free_generator);
    }
    char *text = malloc(bytes + 1);
    if (!text)
        return 0;
    if (bytes)
        memcpy(text, data, bytes);
    text[bytes] = '\0';
    try_name(text);
    try_notation(generator, text);
    free(text);
    return 0;
}
