/* Which taps reach which outputs. */
#ifndef TOOL_PHASES_H
#define TOOL_PHASES_H

#include "tconv.h"

/* Output phase r, 0 <= r < stride, is all outputs j with
 * (j + padding_begin) mod stride == r. The taps k that reach it are those with
 * k*dilation mod stride == r: first[r], first[r] + step, ... below kernel_size;
 * none where first[r] is -1. */
struct phases {
    int64_t count;
    int64_t step;
    int64_t *first;
};

/* Beyond these a list of phases is of no use to anybody. */
#define PHASES_MAX INT64_C(65536)
#define PHASES_TAPS_MAX INT64_C(1048576)

/* Leaves `first` NULL where there are too many. TCONV_E_MEMORY. */
enum tconv_status phases_make(struct phases *phases,
                              const struct tconv_spec *spec,
                              struct tconv_error *error);
void phases_free(struct phases *phases);

#endif
