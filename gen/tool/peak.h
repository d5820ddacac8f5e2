/* How fast the processor could be. */
#ifndef TOOL_PEAK_H
#define TOOL_PEAK_H

#include "tconv_pool.h"

/* The most floating-point operations a nanosecond that multiplying and adding
 * reaches, on `threads` threads of the pool together, with an instruction set
 * and an element type. 0 where this build has no such micro-kernels. */
double peak_measure(struct tconv_pool *pool, int threads, const char *isa,
                    enum tconv_dtype dtype);

#endif
