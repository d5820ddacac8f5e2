/* Layers as Lua tables. */
#ifndef TCONV_TABLE_H
#define TCONV_TABLE_H

#include <lua.h>

#include "tconv.h"

/* Reads the table at `index` as one layer: in_channels, out_channels and
 * kernel_size by position 1 to 3 or by name, the rest by name, as in PyTorch.
 * What is not an integer, boolean or name where one must be, and every field
 * that a layer of this op does not have, is refused; then tconv_spec_check has
 * its say.
 * layer->name is "" where the table has none. May raise Lua errors. */
enum tconv_status tconv_table_read(lua_State *L, int index, enum tconv_op op,
                                   struct tconv_layer *layer,
                                   struct tconv_error *error);

/* Pushes a checked spec as the table that plans and templates are made from:
 * the spec's fields, its canonical name, and what follows from them. */
void tconv_table_push(lua_State *L, const struct tconv_spec *spec);

#endif
