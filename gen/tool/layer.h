/* SPEC where one layer is wanted. */
#ifndef TOOL_LAYER_H
#define TOOL_LAYER_H

#include "tconv.h"

/* Reads the only layer of SPEC. Fails as tconv_generator_read does;
 * TCONV_E_LAYER for several, with their names. */
enum tconv_status layer_read(const char *operand, struct tconv_spec *spec,
                             struct tconv_error *error);

#endif
