/* The generator's Lua state, for the files that use it. */
#ifndef TCONV_HOST_INTERNAL_H
#define TCONV_HOST_INTERNAL_H

#include <lua.h>

#include "host.h"

/* Runs body(L) with `request` as its light userdata argument, protected: a Lua
 * error becomes TCONV_E_MEMORY or `failure` with Lua's message. */
enum tconv_status tconv_host_call(struct tconv_generator *generator,
                                  lua_CFunction body, void *request,
                                  enum tconv_status failure,
                                  struct tconv_error *error);

/* Pushes the table of the module `name` (gen/NAME.lua). May raise errors. */
void tconv_host_require(lua_State *L, const char *name);

#endif
