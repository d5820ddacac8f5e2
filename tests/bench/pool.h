/* Threads that wait for work, each on its own processor. */
#ifndef BENCH_POOL_H
#define BENCH_POOL_H

struct pool;

#define POOL_THREADS_MOST 256

/* NULL where threads cannot be had; for more than one, libpthreadpool must have
 * been there at build time. The caller is one of the threads. */
struct pool *pool_create(int threads);
void pool_free(struct pool *pool);

/* work(argument, part) for each part of the pool's threads, all at once. */
void pool_run(struct pool *pool, void (*work)(void *, int), void *argument);

/* The pthreadpool_t; NULL without libpthreadpool, or for one thread. */
void *pool_handle(struct pool *pool);

#endif
