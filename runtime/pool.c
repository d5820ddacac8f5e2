/* Running kernels on the threads of libpthreadpool. */
#define _GNU_SOURCE /* NOLINT(bugprone-reserved-identifier) */
#include "tconv_pool.h"

#include <stdlib.h>

#include "error.h"

/* What one call of tconv_pool_each() is. */
struct round {
    tconv_pool_work *work;
    void *argument;
    int parts;
};

#ifdef TCONV_HAVE_PTHREADPOOL

#include <fenv.h>
#include <pthread.h>
#include <pthreadpool.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct tconv_pool {
    int threads;
    pthreadpool_t workers; /* NULL with one thread */
    uint32_t flags;
};

/* A thread that only shows that it can be made. */
struct probe {
    pthread_mutex_t *gate; /* held until all are there */
    pthread_t thread;
    pid_t id;
};

static void *probe_main(void *argument)
{
    struct probe *probe = argument;
#ifdef SYS_gettid
    probe->id = (pid_t)syscall(SYS_gettid);
#endif
    pthread_mutex_lock(probe->gate);
    pthread_mutex_unlock(probe->gate);
    return NULL;
}

/* A thread that was joined still counts for a moment against the limits. */
static void wait_until_gone(pid_t id)
{
#ifdef SYS_tgkill
    for (int i = 0; i < 100000 && !syscall(SYS_tgkill, getpid(), id, 0); i++)
        sched_yield();
#endif
    (void)id;
}

/* pthreadpool_create() overlooks a thread that cannot be made, and then waits
 * for it forever. So see beforehand that the system gives as many. */
static enum tconv_status probe_threads(int threads, struct tconv_error *error)
{
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    struct probe *probes = calloc((size_t)threads, sizeof *probes);
    int code = 0, made = 1; /* 0 is the caller */
    if (!probes)
        return tconv_fail(error, TCONV_E_MEMORY,
                          "threads=%d: not enough memory", threads);
    pthread_mutex_lock(&gate);
    for (; made < threads; made++) {
        struct probe *probe = &probes[made];
        probe->gate = &gate;
        code = pthread_create(&probe->thread, NULL, probe_main, probe);
        if (code)
            break;
    }
    pthread_mutex_unlock(&gate);
    for (int i = 1; i < made; i++)
        pthread_join(probes[i].thread, NULL);
    for (int i = 1; i < made; i++)
        wait_until_gone(probes[i].id);
    free(probes);
    if (code)
        return tconv_fail(error, TCONV_E_MEMORY,
                          "threads=%d: the system gives %d: %s", threads, made,
                          strerror(code));
    return TCONV_OK;
}

/* Those this process may use. */
static long count_processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return CPU_COUNT(&set);
    return sysconf(_SC_NPROCESSORS_ONLN);
}

static void do_nothing(void *argument, size_t part)
{
    (void)argument, (void)part;
}

static enum tconv_status start(struct tconv_pool *pool,
                               struct tconv_error *error)
{
    sigset_t all, before;
    /* The host's signal handlers are not for these threads. */
    sigfillset(&all);
    int masked = pthread_sigmask(SIG_SETMASK, &all, &before) == 0;
    enum tconv_status status = probe_threads(pool->threads, error);
    if (status == TCONV_OK) {
        pool->workers = pthreadpool_create((size_t)pool->threads);
        if (!pool->workers)
            status = tconv_fail(error, TCONV_E_MEMORY,
                                "threads=%d: not enough memory", pool->threads);
    }
    if (masked)
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    /* Who spins on another's processor is in its way. New threads spin until
     * told. */
    if (status == TCONV_OK && count_processors() < pool->threads) {
        pool->flags = PTHREADPOOL_FLAG_YIELD_WORKERS;
        pthreadpool_parallelize_1d(pool->workers, do_nothing, NULL, 2,
                                   pool->flags);
    }
    return status;
}

static void stop(struct tconv_pool *pool)
{
    pthreadpool_destroy(pool->workers);
}

/* A round, as the threads see it. */
struct shared_round {
    const struct round *round;
    pthread_t caller;
    fenv_t environment;
};

/* The threads have the environment of whoever made the pool; the bits must be
 * those of the caller's rounding and flushing of denormals. */
static void work_on(void *argument, size_t part)
{
    const struct shared_round *shared = argument;
    if (!pthread_equal(pthread_self(), shared->caller))
        fesetenv(&shared->environment);
    shared->round->work(shared->round->argument, (int)part);
}

static void spread(struct tconv_pool *pool, const struct round *round)
{
    struct shared_round shared = {.round = round, .caller = pthread_self()};
    fegetenv(&shared.environment);
    pthreadpool_parallelize_1d(pool->workers, work_on, &shared,
                               (size_t)round->parts, pool->flags);
}

#else

struct tconv_pool {
    int threads; /* 1 */
};

static enum tconv_status start(struct tconv_pool *pool,
                               struct tconv_error *error)
{
    return tconv_fail(error, TCONV_E_NO_POOL,
                      "threads=%d: built without libpthreadpool, which more "
                      "than 1 needs",
                      pool->threads);
}

static void stop(struct tconv_pool *pool)
{
    (void)pool;
}

static void spread(struct tconv_pool *pool, const struct round *round)
{
    (void)pool, (void)round; /* there is never a second thread */
}

#endif

enum tconv_status tconv_pool_create(struct tconv_pool **result, int threads,
                                    struct tconv_error *error)
{
    *result = NULL;
    if (threads < 1 || threads > TCONV_POOL_THREADS_MAX)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "threads=%d: must be from 1 to %d", threads,
                          TCONV_POOL_THREADS_MAX);
    struct tconv_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return tconv_fail(error, TCONV_E_MEMORY,
                          "threads=%d: not enough memory", threads);
    pool->threads = threads;
    enum tconv_status status = threads > 1 ? start(pool, error) : TCONV_OK;
    if (status == TCONV_OK)
        *result = pool;
    else
        free(pool);
    return status;
}

void tconv_pool_free(struct tconv_pool *pool)
{
    if (!pool)
        return;
    stop(pool);
    free(pool);
}

int tconv_pool_threads(const struct tconv_pool *pool)
{
    return pool ? pool->threads : 1;
}

void tconv_pool_each(struct tconv_pool *pool, int parts, tconv_pool_work *work,
                     void *argument)
{
    const struct round round = {work, argument, parts};
    if (parts > 1 && tconv_pool_threads(pool) > 1)
        spread(pool, &round);
    else
        for (int part = 0; part < parts; part++)
            work(argument, part);
}

struct call {
    const struct tconv_kernel *kernel;
    const struct tconv_args *args;
    int parts;
};

static void run_part(void *argument, int part)
{
    const struct call *call = argument;
    call->kernel->run(call->args, part, call->parts);
}

enum tconv_status tconv_pool_run(struct tconv_pool *pool,
                                 const struct tconv_kernel *kernel,
                                 const struct tconv_args *args,
                                 struct tconv_error *error)
{
    int threads = tconv_pool_threads(pool);
    enum tconv_status status = tconv_kernel_check(kernel, args, threads, error);
    if (status != TCONV_OK)
        return status;
    if (args->batch == 0 && kernel->pass != TCONV_GRAD_WEIGHT)
        return TCONV_OK; /* y is empty */
    /* Waking threads costs microseconds: a call too small to gain has one part,
     * and that is the caller's. */
    int parts = kernel->useful_parts(args->batch, args->length, threads);
    struct call call = {kernel, args, parts};
    tconv_pool_each(pool, parts, run_part, &call);
    return TCONV_OK;
}
