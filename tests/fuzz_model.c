/* Any bytes as a Lua model file. Reading ends soon, with a status; every layer
 * of a model that is accepted is valid and named. */
#define _POSIX_C_SOURCE 200809L
#include "fuzz.h"
#include "tconv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char fuzz_name[] = "fuzz_model";

const char *const fuzz_words[] = {"ConvTranspose1d",
                                  "Conv1d",
                                  "\"same\"",
                                  "\"valid\"",
                                  "pass=",
                                  "\"grad_weight\"",
                                  "{",
                                  "}",
                                  "(",
                                  ")",
                                  "name=",
                                  "\"a\"",
                                  "stride=",
                                  "padding=",
                                  "{0, 2}",
                                  "output_padding=",
                                  "groups=",
                                  "bias=false",
                                  "dilation=",
                                  "dtype=",
                                  "\"float64\"",
                                  "layout=",
                                  "length=",
                                  "for i=1,9 do ",
                                  " end ",
                                  "while true do ",
                                  "repeat ",
                                  " until false ",
                                  "local ",
                                  "function ",
                                  "return ",
                                  "goto x ",
                                  "::x:: ",
                                  "a=a..a ",
                                  "ipairs",
                                  "pairs",
                                  "#",
                                  "//",
                                  "%",
                                  "~",
                                  "0/0",
                                  "1e300",
                                  "-1",
                                  "2^31",
                                  "math.huge",
                                  "nil",
                                  "error()",
                                  "os.exit()",
                                  "string.rep",
                                  "setmetatable",
                                  "_G",
                                  "_ENV",
                                  "\"\"",
                                  "[[",
                                  "]]",
                                  "--",
                                  "\n",
                                  "\x1bLua",
                                  NULL};

static struct tconv_generator *generator;
static char path[1024];

static void clean_up(void)
{
    tconv_generator_free(generator);
    unlink(path);
}

static void set_up(void)
{
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/fuzz_model_XXXXXX",
             folder && folder[0] ? folder : "/tmp");
    int file = mkstemp(path);
    FUZZ_PROPERTY(file >= 0);
    close(file);
    unlink(path);
    /* The name must say that it is Lua. */
    strncat(path, ".lua", sizeof path - strlen(path) - 1);
    FUZZ_PROPERTY(tconv_generator_create(&generator, NULL) == TCONV_OK);
    atexit(clean_up);
}

static void check_model(const struct tconv_model *model)
{
    for (size_t i = 0; i < model->count; i++) {
        const struct tconv_layer *layer = &model->layers[i];
        FUZZ_PROPERTY(tconv_spec_check(&layer->spec, NULL) == TCONV_OK);
        FUZZ_PROPERTY(memchr(layer->name, '\0', sizeof layer->name));
        for (size_t other = 0; other < i; other++)
            FUZZ_PROPERTY(strcmp(layer->name, model->layers[other].name) != 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (!generator)
        set_up();
    FILE *file = fopen(path, "wb");
    FUZZ_PROPERTY(file);
    FUZZ_PROPERTY(fwrite(data, 1, bytes, file) == bytes);
    FUZZ_PROPERTY(fclose(file) == 0);

    struct tconv_error error = {TCONV_OK, ""};
    struct tconv_model model = {0};
    enum tconv_status status =
        tconv_generator_read(generator, path, &model, &error);
    if (status == TCONV_OK) {
        check_model(&model);
        tconv_model_free(&model);
    } else {
        FUZZ_PROPERTY(error.status == status);
        FUZZ_PROPERTY(status < TCONV_STATUS_COUNT);
        FUZZ_PROPERTY(error.message[0] != '\0');
        FUZZ_PROPERTY(!strpbrk(error.message, "\r\n"));
        FUZZ_PROPERTY(status != TCONV_E_GENERATOR);
    }
    return 0;
}
