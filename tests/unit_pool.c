/* Running kernels on several threads, with a kernel made by hand: y += packed *
 * x, so that a part run twice shows. Built a second time with a tconv_pool that
 * lacks libpthreadpool. */
#define _GNU_SOURCE
#include "support.h"

#include <dlfcn.h>
#include <errno.h>
#include <fenv.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tconv_pool.h"

/* These stand before the C library's, also for libpthreadpool. */

static int threads_most = INT_MAX; /* that may live besides the first */
static int threads_live;
static int no_memory;

static void find_next(const char *name, void *function, size_t bytes)
{
    void *symbol = dlsym(RTLD_NEXT, name);
    memcpy(function, &symbol, bytes);
}

int pthread_create(pthread_t *restrict thread,
                   const pthread_attr_t *restrict attributes,
                   void *(*start)(void *), void *restrict argument)
{
    int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    find_next("pthread_create", &next, sizeof next);
    if (threads_live >= threads_most)
        return EAGAIN;
    threads_live++;
    return next(thread, attributes, start, argument);
}

int pthread_join(pthread_t thread, void **result)
{
    int (*next)(pthread_t, void **);
    find_next("pthread_join", &next, sizeof next);
    threads_live--;
    return next(thread, result);
}

int posix_memalign(void **block, size_t alignment, size_t bytes)
{
    int (*next)(void **, size_t, size_t);
    find_next("posix_memalign", &next, sizeof next);
    return no_memory ? ENOMEM : next(block, alignment, bytes);
}

/* The kernel. */

static int supported(void)
{
    return 1;
}

static int64_t output_length(int64_t length)
{
    return length;
}

static size_t workspace_bytes(int64_t batch, int64_t length, int parts)
{
    (void)batch, (void)length;
    return parts > 64 ? 1 : 0;
}

static int useful = INT_MAX;

static int useful_parts(int64_t batch, int64_t length, int most)
{
    (void)batch, (void)length;
    return most < useful ? most : useful;
}

static atomic_int parts_run;

static void run(const struct tconv_args *args, int part, int parts)
{
    int64_t count = args->batch * args->length;
    const float *x = args->x, *w = args->packed;
    float *y = args->y;
    for (int64_t i = count * part / parts; i < count * (part + 1) / parts; i++)
        y[i] += w[0] * x[i];
    atomic_fetch_add(&parts_run, 1);
}

static const struct tconv_kernel by_hand = {
    .abi = TCONV_KERNEL_ABI,
    .sum = TCONV_SUM_FUSED,
    .name = "f32_ci1_co1_k1_bias0",
    .isa = "scalar",
    .dtype = "f32",
    .weight_dtype = "f32",
    .output_dtype = "f32",
    .layout = "ncl",
    .output_layout = "ncl",
    .in_channels = 1,
    .out_channels = 1,
    .weight_bytes = 4,
    .packed_bytes = 4,
    .supported = supported,
    .output_length = output_length,
    .workspace_bytes = workspace_bytes,
    .useful_parts = useful_parts,
    .run = run,
};

static void check_run(struct tconv_pool *pool, const struct tconv_kernel *k)
{
    enum { COUNT_EACH = 1000, ALL = 3 * COUNT_EACH };
    float x[ALL], y[ALL], w = 2, workspace;
    struct tconv_args a = {.x = x,
                           .packed = &w,
                           .y = y,
                           .workspace = &workspace,
                           .batch = 3,
                           .length = COUNT_EACH};
    struct tconv_error error = NO_ERROR;
    for (int i = 0; i < ALL; i++) {
        x[i] = (float)i;
        y[i] = 1;
    }
    assert_ok(tconv_pool_run(pool, k, &a, &error), &error);
    for (int i = 0; i < ALL; i++)
        assert_true(y[i] == (float)(2 * i + 1));
}

static struct tconv_pool *pool_of(int threads)
{
    struct tconv_pool *pool = NULL;
    struct tconv_error error = NO_ERROR;
    assert_ok(tconv_pool_create(&pool, threads, &error), &error);
    assert_int_equal(tconv_pool_threads(pool), threads);
    return pool;
}

static void assert_no_pool(int threads, enum tconv_status status,
                           const char *message)
{
    struct tconv_pool *pool = (struct tconv_pool *)&pool;
    struct tconv_error error = NO_ERROR;
    assert_error(&error, tconv_pool_create(&pool, threads, &error), status,
                 message);
    assert_null(pool);
}

static void test_limits(void **unused)
{
    (void)unused;
    const int wrong[] = {0, -1, INT_MIN, 1025, INT_MAX};
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_no_pool(wrong[i], TCONV_E_ARGUMENT, "must be from 1 to 1024");
    tconv_pool_free(NULL);
    assert_int_equal(tconv_pool_threads(NULL), 1);
}

static void test_refusals(void **unused)
{
    (void)unused;
    struct tconv_pool *pool = pool_of(1);
    float x[4] = {1, 2, 3, 4}, y[4] = {0}, w = 2;
    struct tconv_args a = {
        .x = x, .packed = &w, .y = y, .batch = 1, .length = 0};
    struct tconv_error error = NO_ERROR;
    assert_error(&error, tconv_pool_run(pool, &by_hand, &a, &error),
                 TCONV_E_LENGTH, "length=0");
    assert_int_equal(tconv_pool_run(pool, NULL, &a, NULL), TCONV_E_ARGUMENT);
    assert_int_equal(tconv_pool_run(pool, &by_hand, NULL, NULL),
                     TCONV_E_ARGUMENT);
    a = (struct tconv_args){.batch = 0, .length = 4};
    atomic_store(&parts_run, 0);
    assert_int_equal(tconv_pool_run(pool, &by_hand, &a, NULL), TCONV_OK);
    assert_int_equal(atomic_load(&parts_run), 0);
    tconv_pool_free(pool);
}

static void count_part(void *argument, int part)
{
    atomic_int *counts = argument;
    atomic_fetch_add(&counts[part], 1);
}

static void check_each(struct tconv_pool *pool, int parts)
{
    atomic_int counts[100] = {0};
    tconv_pool_each(pool, parts, count_part, counts);
    for (int i = 0; i < (int)COUNT(counts); i++)
        assert_int_equal(atomic_load(&counts[i]), i < parts);
}

static void check_pool(struct tconv_pool *pool)
{
    const int parts[] = {0, 1, 2, 3, 17, 100};
    for (size_t i = 0; i < COUNT(parts); i++)
        check_each(pool, parts[i]);
    check_run(pool, &by_hand);
}

static void test_one_thread(void **unused)
{
    (void)unused;
    struct tconv_pool *pool = pool_of(1);
    check_pool(NULL);
    check_pool(pool);
    tconv_pool_free(pool);
    assert_int_equal(threads_live, 0);
}

#ifdef TCONV_HAVE_PTHREADPOOL

static void test_threads(void **unused)
{
    (void)unused;
    const int threads[] = {2, 3, 17, 100};
    for (size_t i = 0; i < COUNT(threads); i++) {
        struct tconv_pool *pool = pool_of(threads[i]);
        assert_int_equal(threads_live, threads[i] - 1);
        for (int again = 0; again < 20; again++)
            check_pool(pool);
        tconv_pool_free(pool);
        assert_int_equal(threads_live, 0);
    }
}

/* The kernel says how many parts gain. */
static void test_useful_parts(void **unused)
{
    (void)unused;
    struct tconv_pool *pool = pool_of(4);
    const int want[] = {1, 2, 3, 4, 4};
    for (int i = 0; i < (int)COUNT(want); i++) {
        useful = i + 1;
        atomic_store(&parts_run, 0);
        check_run(pool, &by_hand);
        assert_int_equal(atomic_load(&parts_run), want[i]);
    }
    useful = INT_MAX;
    tconv_pool_free(pool);
}

/* The workspace is that of as many parts as there are threads. */
static void test_workspace(void **unused)
{
    (void)unused;
    struct tconv_pool *pool = pool_of(65);
    float x = 1, y = 1, w = 2;
    struct tconv_args a = {
        .x = &x, .packed = &w, .y = &y, .batch = 1, .length = 1};
    assert_int_equal(tconv_pool_run(pool, &by_hand, &a, NULL),
                     TCONV_E_ARGUMENT);
    assert_true(y == 1);
    tconv_pool_free(pool);
}

/* A thread that cannot be made is an error, and none is left over. */
static void test_no_threads_left(void **unused)
{
    (void)unused;
    for (threads_most = 0; threads_most < 7; threads_most++) {
        assert_no_pool(8, TCONV_E_MEMORY, "threads=8: the system gives");
        assert_int_equal(threads_live, 0);
    }
    struct tconv_pool *pool = pool_of(8);
    check_pool(pool);
    tconv_pool_free(pool);
    threads_most = INT_MAX;
}

static void test_no_memory(void **unused)
{
    (void)unused;
    no_memory = 1;
    assert_no_pool(2, TCONV_E_MEMORY, "not enough memory");
    no_memory = 0;
    assert_int_equal(threads_live, 0);
}

/* What each thread finds; all wait for all, so that no thread has two parts. */
enum { THREADS = 4 };
struct found {
    pthread_barrier_t barrier;
    pthread_t thread[THREADS];
    int rounding[THREADS];
    int takes_signals[THREADS];
};

static void look_around(void *argument, int part)
{
    struct found *found = argument;
    sigset_t set;
    found->thread[part] = pthread_self();
    found->rounding[part] = fegetround();
    pthread_sigmask(SIG_SETMASK, NULL, &set);
    found->takes_signals[part] = !sigismember(&set, SIGUSR1);
    pthread_barrier_wait(&found->barrier);
}

/* The caller's rounding, whenever the threads were made; the host's signals are
 * the caller's alone. */
static void test_environment(void **unused)
{
    (void)unused;
    struct found found;
    pthread_barrier_init(&found.barrier, NULL, THREADS);
    struct tconv_pool *pool = pool_of(THREADS);
    const int rounding[] = {FE_UPWARD, FE_TOWARDZERO, FE_TONEAREST};
    for (size_t i = 0; i < COUNT(rounding); i++) {
        assert_int_equal(fesetround(rounding[i]), 0);
        feraiseexcept(FE_DIVBYZERO);
        tconv_pool_each(pool, THREADS, look_around, &found);
        assert_int_equal(fegetround(), rounding[i]);
        assert_true(fetestexcept(FE_DIVBYZERO));
        feclearexcept(FE_ALL_EXCEPT);
        int callers = 0;
        for (int t = 0; t < THREADS; t++) {
            int is_caller = pthread_equal(found.thread[t], pthread_self());
            callers += is_caller;
            assert_int_equal(found.rounding[t], rounding[i]);
            assert_int_equal(found.takes_signals[t], is_caller);
        }
        assert_int_equal(callers, 1);
    }
    tconv_pool_free(pool);
    pthread_barrier_destroy(&found.barrier);
}

static void *call_often(void *pool)
{
    for (int i = 0; i < 50; i++)
        check_run(pool, &by_hand);
    return NULL;
}

static void test_two_callers(void **unused)
{
    (void)unused;
    struct tconv_pool *pool = pool_of(3);
    pthread_t other = pthread_self();
    assert_int_equal(pthread_create(&other, NULL, call_often, pool), 0);
    call_often(pool);
    assert_int_equal(pthread_join(other, NULL), 0);
    tconv_pool_free(pool);
}

#else

static void test_no_pool(void **unused)
{
    (void)unused;
    const int threads[] = {2, 1024};
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_no_pool(threads[i], TCONV_E_NO_POOL,
                       "built without libpthreadpool");
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_one_thread),
#ifdef TCONV_HAVE_PTHREADPOOL
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_useful_parts),
        cmocka_unit_test(test_workspace),
        cmocka_unit_test(test_no_threads_left),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_two_callers),
#else
        cmocka_unit_test(test_no_pool),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
