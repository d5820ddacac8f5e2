/* Ways to copy, of which the fastest counts. */
#ifndef BENCH_COPY_H
#define BENCH_COPY_H

#include <stddef.h>

/* `bytes` is a multiple of 128, the pointers of 64. */
typedef void copy_fn(void *to, const void *from, size_t bytes);

extern copy_fn *const copy_functions[];
extern const int copy_function_count;

#endif
