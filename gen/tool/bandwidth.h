/* How fast bytes can be copied. */
#ifndef TOOL_BANDWIDTH_H
#define TOOL_BANDWIDTH_H

#include "tconv_pool.h"

/* Bytes a nanosecond, those read and those written, at which up to `threads`
 * threads of the pool copy from one half of `bytes` to the other: the fastest
 * way of some, at its best. At least 8 KiB are copied, as below that it is the
 * call that is measured. 0 when there is no memory. */
double bandwidth_measure(struct tconv_pool *pool, int threads, double bytes);

#endif
