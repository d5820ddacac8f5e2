#include "layer.h"

#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "error.h"

enum tconv_status layer_read(const char *operand, struct tconv_spec *spec,
                             struct tconv_error *error)
{
    struct tconv_model model;
    enum tconv_status status = cli_model(operand, &model, error);
    if (status != TCONV_OK)
        return status;
    *spec = model.layers[0].spec;
    if (model.count > 1) {
        char names[200] = "";
        for (size_t i = 0; i < model.count; i++) {
            size_t used = strlen(names);
            if (used > sizeof names - 140) {
                snprintf(names + used, sizeof names - used, ", ...");
                break;
            }
            snprintf(names + used, sizeof names - used, "%s%.120s",
                     i ? ", " : "", model.layers[i].name);
        }
        status = tconv_fail(error, TCONV_E_LAYER,
                            "\"%.100s\" has %zu layers, one is wanted: "
                            "FILE:LAYER with %s",
                            operand, model.count, names);
    }
    tconv_model_free(&model);
    if (status == TCONV_OK && spec->pass != TCONV_FORWARD)
        status = tconv_fail(error, TCONV_E_PASS,
                            "pass=%s: must be forward here; tconv grad "
                            "computes gradients of a layer",
                            tconv_pass_name(spec->pass));
    return status;
}
