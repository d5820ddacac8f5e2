/* The list of layers to measure. */
#ifndef BENCH_LAYERS_H
#define BENCH_LAYERS_H

#include "tconv.h"

struct layer {
    char set[16];
    char title[64];
    struct tconv_spec spec;
    int64_t length;
};

struct layers {
    struct layer *items;
    int count;
};

/* Reads lines `set | title | spec | length`; empty ones and those that begin
 * with # are left out, and so are layers of another set ("all" has those of
 * all but gradients, "grad" those of gradients) and those whose title and name
 * do not contain `part` (NULL: all). Prints what is wrong, and returns 0 then.
 */
int layers_read(const char *path, const char *set, const char *part,
                struct layers *layers);
void layers_free(struct layers *layers);

#endif
