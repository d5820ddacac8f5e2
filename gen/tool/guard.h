/* Buffers between two pages that nobody may touch: an access outside faults at
 * once, where a checker that works in the compiler sees nothing of JIT code. */
#ifndef TOOL_GUARD_H
#define TOOL_GUARD_H

#include <stddef.h>

struct guard {
    char *base;   /* the mapping, its two guard pages included */
    size_t room;  /* usable bytes */
    char *locked; /* the pages that are read-only; NULL for none */
    size_t locked_bytes;
};

enum guard_side { GUARD_END, GUARD_START };

/* A place for `bytes` bytes that ends at the upper guard page (as near to it as
 * `alignment` lets it) or starts at the lower one. All of its neighbourhood and
 * itself is filled with 0xff, which is NaN. Earlier places are gone. NULL when
 * memory is short. */
void *guard_place(struct guard *guard, size_t bytes, size_t alignment,
                  enum guard_side side);

/* Makes what was placed read-only, until it is placed anew. */
void guard_lock(struct guard *guard, const void *place, size_t bytes);

void guard_free(struct guard *guard);

#endif
