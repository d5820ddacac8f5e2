/* Measures the speed of copying, as tests/bench does. */
#include "bandwidth.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "engine.h"

/* Each way is tried so often, and on for so long, if not this often. */
#define TRIES_LEAST 3
#define TRIES_MOST 500
#define WAY_NANOSECONDS INT64_C(10000000)
#define HALF_LEAST 4096
#define HALF_MOST ((double)(SIZE_MAX / 4))

typedef float vector __attribute__((vector_size(16)));
typedef void copy_fn(void *to, const void *from, size_t bytes);

struct copy {
    copy_fn *function;
    char *to;
    const char *from;
    size_t bytes; /* a multiple of 64 */
    int parts;
};

static void copy_library(void *to, const void *from, size_t bytes)
{
    memcpy(to, from, bytes);
}

static void copy_vectors(void *to, const void *from, size_t bytes)
{
    vector *t = to;
    const vector *f = from;
    for (size_t i = 0; i < bytes / sizeof *f; i += 4) {
        vector a = f[i], b = f[i + 1], c = f[i + 2], d = f[i + 3];
        t[i] = a;
        t[i + 1] = b;
        t[i + 2] = c;
        t[i + 3] = d;
    }
}

static copy_fn *const functions[] = {copy_library, copy_vectors};

static void copy_part(void *argument, int part)
{
    const struct copy *copy = argument;
    size_t lines = copy->bytes / 64, parts = (size_t)copy->parts;
    size_t begin = lines * (size_t)part / parts * 64;
    size_t end = lines * ((size_t)part + 1) / parts * 64;
    copy->function(copy->to + begin, copy->from + begin, end - begin);
}

/* The least time of one copy, of some that follow each other. */
static double least_time(struct copy *copy, struct tconv_pool *pool)
{
    const int calls = copy->bytes < 1 << 20 ? 16 : 1;
    double least = 0;
    int64_t first = clock_nanoseconds(), now = first;
    for (int i = 0; i < TRIES_MOST; i++) {
        int64_t begin = now;
        for (int k = 0; k < calls; k++)
            if (copy->parts > 1)
                tconv_pool_each(pool, copy->parts, copy_part, copy);
            else
                copy_part(copy, 0);
        now = clock_nanoseconds();
        double time = (double)(now - begin) / calls;
        if (now > begin && (least <= 0 || time < least))
            least = time;
        if (i + 1 >= TRIES_LEAST && now - first > WAY_NANOSECONDS)
            break;
    }
    return least;
}

double bandwidth_measure(struct tconv_pool *pool, int threads, double bytes)
{
    double half = bytes / 2, best = 0;
    half = half < HALF_LEAST ? HALF_LEAST : half;
    if (half > HALF_MOST)
        return 0;
    struct copy copy = {.bytes = (size_t)half / 64 * 64};
    char *to = tconv_memory_alloc(copy.bytes),
         *from = tconv_memory_alloc(copy.bytes);
    if (to && from) {
        memset(from, 0, copy.bytes); /* pages of its own */
        copy.to = to;
        copy.from = from;
        for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
            for (int all = 0; all < (threads > 1 ? 2 : 1); all++) {
                copy.function = functions[i];
                copy.parts = all ? threads : 1;
                double time = least_time(&copy, pool);
                if (time > 0 && 2 * (double)copy.bytes / time > best)
                    best = 2 * (double)copy.bytes / time;
            }
    }
    free(to);
    free(from);
    return best;
}
