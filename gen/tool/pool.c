/* Threads that wait for work. */
#define _GNU_SOURCE /* NOLINT(bugprone-reserved-identifier) */
#include "pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"

/* How often a thread looks for work before it sleeps: some ten microseconds,
 * for calls that follow each other closely. */
#define SPINS 5000

struct worker {
    struct pool *pool;
    pthread_t thread;
    int part;
};

struct pool {
    int used;    /* threads that take part in this run */
    int started; /* workers that run */
    int spins;
    pool_work *work;
    void *argument;
    atomic_uint round;  /* goes up by one for each run */
    atomic_int pending; /* workers that are not done with it */
    int ending;
    pthread_mutex_t mutex; /* held to sleep and to wake */
    pthread_cond_t wake;
    struct worker *workers;
};

static void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static void wait_for_round(struct pool *pool, unsigned seen)
{
    for (int i = 0; i < pool->spins; i++) {
        if (atomic_load(&pool->round) != seen)
            return;
        relax();
    }
    pthread_mutex_lock(&pool->mutex);
    while (atomic_load(&pool->round) == seen)
        pthread_cond_wait(&pool->wake, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}

static void *work_on(void *argument)
{
    struct worker *worker = argument;
    struct pool *pool = worker->pool;
    for (unsigned seen = 0;; seen++) {
        wait_for_round(pool, seen);
        if (pool->ending)
            return NULL;
        if (worker->part < pool->used)
            pool->work(pool->argument, worker->part);
        atomic_fetch_sub(&pool->pending, 1);
    }
}

static void start_round(struct pool *pool)
{
    atomic_store(&pool->pending, pool->started);
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->round, 1);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
}

enum tconv_status pool_create(struct pool **result, int threads,
                              struct tconv_error *error)
{
    struct pool *pool = calloc(1, sizeof *pool);
    struct worker *workers = calloc((size_t)threads, sizeof *workers);
    if (!pool || !workers) {
        free(pool);
        free(workers);
        return tconv_fail(error, TCONV_E_MEMORY,
                          "not enough memory for %d threads", threads);
    }
    pool->workers = workers;
    /* With fewer processors than threads, who spins is in the others' way. */
    pool->spins = sysconf(_SC_NPROCESSORS_ONLN) >= threads ? SPINS : 0;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->wake, NULL);
    for (int i = 1; i < threads; i++) {
        workers[i].pool = pool;
        workers[i].part = i;
        int code =
            pthread_create(&workers[i].thread, NULL, work_on, &workers[i]);
        if (code) {
            pool_free(pool);
            return tconv_fail(error, TCONV_E_MEMORY,
                              "thread %d of %d cannot be made: %s", i + 1,
                              threads, strerror(code));
        }
        pool->started++;
    }
    *result = pool;
    return TCONV_OK;
}

void pool_free(struct pool *pool)
{
    pool->ending = 1;
    start_round(pool);
    for (int i = 1; i <= pool->started; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->mutex);
    free(pool->workers);
    free(pool);
}

void pool_run(struct pool *pool, int threads, pool_work *work, void *argument)
{
    pool->used = threads;
    pool->work = work;
    pool->argument = argument;
    if (threads > 1)
        start_round(pool);
    work(argument, 0);
    for (int left = pool->spins; atomic_load(&pool->pending);) {
        if (left > 0) {
            left--;
            relax();
        } else {
            sched_yield();
        }
    }
}
