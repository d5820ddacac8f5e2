/* Threads that wait for work, so that calls are timed and not their making. */
#ifndef TOOL_POOL_H
#define TOOL_POOL_H

#include "tconv.h"

struct pool;

/* A pool that works with `threads` threads, the caller being one of them.
 * TCONV_E_MEMORY also where the system gives no more threads. */
enum tconv_status pool_create(struct pool **pool, int threads,
                              struct tconv_error *error);
void pool_free(struct pool *pool);

/* Calls work(argument, part) for each part from 0 to threads - 1, each on its
 * own thread, and returns when all are done. `threads` is at most the pool's.
 */
typedef void pool_work(void *argument, int part);
void pool_run(struct pool *pool, int threads, pool_work *work, void *argument);

#endif
