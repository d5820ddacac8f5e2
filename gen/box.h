/* Model files, run in a box. */
#ifndef TCONV_BOX_H
#define TCONV_BOX_H

#include "tconv.h"

/* Runs the text of a model file and collects its layers (freed with
 * tconv_model_free, also after a failure). The code sees ConvTranspose1d,
 * ipairs and pairs, and nothing else; it may use so much memory and so many
 * instructions and no more. Messages name `file` and the line. */
enum tconv_status tconv_box_run(const char *file, const char *text,
                                size_t bytes, struct tconv_model *model,
                                struct tconv_error *error);

#endif
