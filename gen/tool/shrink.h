/* Makes a failing case small. */
#ifndef TOOL_SHRINK_H
#define TOOL_SHRINK_H

#include "tconv.h"

/* A layer and a call of it. */
struct subject {
    struct tconv_spec spec;
    int64_t batch, length;
};

/* Whether a subject still fails. */
typedef int shrink_fails(void *context, const struct subject *subject);

/* Takes each field towards its smallest or default value for as long as the
 * subject goes on failing, trying at most `attempts` of them. All subjects that
 * are tried are legal. */
void shrink(struct subject *subject, shrink_fails *fails, void *context,
            int attempts);

#endif
