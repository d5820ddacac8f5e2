#define _GNU_SOURCE
#include "pool.h"

#include <pthread.h>
#include <stdlib.h>

#include "processors.h"

#ifdef BENCH_HAVE_PTHREADPOOL
#include <pthreadpool.h>
#else
typedef void *pthreadpool_t;
#endif

struct pool {
    int threads;
    pthreadpool_t handle;
    pthread_barrier_t barrier;
};

#ifdef BENCH_HAVE_PTHREADPOOL
struct work {
    void (*function)(void *, int);
    void *argument;
};

static void run_part(void *argument, size_t part)
{
    const struct work *work = argument;
    work->function(work->argument, (int)part);
}

/* The barrier sees to it that no thread does two parts. */
static void pin_part(void *argument, int part)
{
    struct pool *pool = argument;
    pthread_barrier_wait(&pool->barrier);
    processors_pin(part);
    pthread_barrier_wait(&pool->barrier);
}
#endif

struct pool *pool_create(int threads)
{
    struct pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return NULL;
    pool->threads = threads;
    if (threads == 1)
        return pool;
#ifdef BENCH_HAVE_PTHREADPOOL
    pool->handle = pthreadpool_create((size_t)threads);
    if (pool->handle &&
        pthread_barrier_init(&pool->barrier, NULL, (unsigned)threads) == 0) {
        pool_run(pool, pin_part, pool);
        return pool;
    }
#endif
    free(pool);
    return NULL;
}

void pool_free(struct pool *pool)
{
#ifdef BENCH_HAVE_PTHREADPOOL
    if (pool->handle)
        pthreadpool_destroy(pool->handle);
#endif
    free(pool);
}

void pool_run(struct pool *pool, void (*work)(void *, int), void *argument)
{
    if (pool->threads == 1) {
        work(argument, 0);
        return;
    }
#ifdef BENCH_HAVE_PTHREADPOOL
    struct work one = {work, argument};
    pthreadpool_parallelize_1d(pool->handle, run_part, &one,
                               (size_t)pool->threads, 0);
#endif
}

void *pool_handle(struct pool *pool)
{
    return pool->handle;
}
