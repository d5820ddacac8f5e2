/* tconv: running kernels on several threads.
 *
 * An optional library, tconv_pool, over libpthreadpool. A program that has
 * threads of its own needs none of it: whatever calls kernel->run(args, part,
 * parts) for each part has the same result, bit for bit.
 *
 * Real time: making and freeing a pool allocates, makes threads and waits. A
 * run allocates nothing, but it takes a lock, wakes the threads by a system
 * call and waits until the last of them is done; a thread that the system does
 * not schedule holds up the caller. The threads inherit scheduling, processor
 * affinity and priority from the thread that makes the pool. After a run they
 * look for the next one for some 30 milliseconds before they sleep, unless the
 * pool has more threads than there are processors.
 *
 * One caller at a time: a second one waits for the first. Work must not use the
 * pool that it runs on. A process made by fork() has none of the threads. */
#ifndef TCONV_POOL_H
#define TCONV_POOL_H

#include "tconv.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TCONV_POOL_THREADS_MAX 1024

/* Threads that wait for work. Where a pool is asked for, NULL is one that has
 * but the calling thread. */
struct tconv_pool;

/* Makes a pool that works with 1 <= threads <= TCONV_POOL_THREADS_MAX threads,
 * the caller of each run being one of them. The threads take no signals. Freed
 * with tconv_pool_free. TCONV_E_ARGUMENT, TCONV_E_MEMORY (also where the system
 * gives no more threads), TCONV_E_NO_POOL (more than one, in a build without
 * libpthreadpool). */
enum tconv_status tconv_pool_create(struct tconv_pool **pool, int threads,
                                    struct tconv_error *error);
void tconv_pool_free(struct tconv_pool *pool);

/* The number of threads, the caller's included. */
int tconv_pool_threads(const struct tconv_pool *pool);

/* Checks the arguments as tconv_kernel_run does and runs the kernel, on as many
 * of the threads as gain by it. The workspace must be as large as
 * kernel->workspace_bytes() says for tconv_pool_threads(pool) parts. The
 * floating-point environment is the caller's on all threads; exceptions raised
 * on others are not seen by the caller. Fails as tconv_kernel_run does. */
enum tconv_status tconv_pool_run(struct tconv_pool *pool,
                                 const struct tconv_kernel *kernel,
                                 const struct tconv_args *args,
                                 struct tconv_error *error);

/* Calls work(argument, part) for each part from 0 to parts - 1, on any of the
 * threads in any order, and returns when all are done. For other work than
 * kernels, on the same threads. */
typedef void tconv_pool_work(void *argument, int part);
void tconv_pool_each(struct tconv_pool *pool, int parts, tconv_pool_work *work,
                     void *argument);

#ifdef __cplusplus
}
#endif

#endif
