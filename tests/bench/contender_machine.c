#include "contender_machine.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "copy.h"
#include "micro.h"

#define PEAK_CALL_NANOSECONDS INT64_C(200000)

struct machine {
    struct pool *pool;
    int threads;
    double work;
    /* peak */
    const struct tconv_micro *micro;
    int64_t rounds;
    int64_t operations[POOL_THREADS_MOST];
    /* copy */
    copy_fn *copy;
    int parts; /* one for what is too small to share */
    char *from, *to;
    size_t bytes;
};

static struct machine *machine_create(const struct problem *problem,
                                      char reason[REASON_SIZE])
{
    struct machine *m = calloc(1, sizeof *m);
    if (!m || problem->threads > POOL_THREADS_MOST) {
        set_reason(reason, m ? "too many threads" : "no memory");
        free(m);
        return NULL;
    }
    m->pool = problem->pool;
    m->threads = problem->threads;
    return m;
}

static void peak_part(void *argument, int part)
{
    struct machine *m = argument;
    double sink[TCONV_PEAK_SINK_BYTES / sizeof(double)];
    m->operations[part] = m->micro->peak(m->rounds, sink);
}

void peak_call(void *state)
{
    struct machine *m = state;
    pool_run(m->pool, peak_part, m);
}

void *peak_create(const struct contender *self, const struct problem *problem,
                  char reason[REASON_SIZE])
{
    (void)self;
    struct machine *m = machine_create(problem, reason);
    if (!m)
        return NULL;
    m->micro = tconv_micro_find(problem->isa, "f32");
    if (!m->micro) {
        set_reason(reason, "no micro-kernels for %s", problem->isa);
        free(m);
        return NULL;
    }
    int64_t elapsed = 0;
    for (m->rounds = 1000; elapsed < PEAK_CALL_NANOSECONDS; m->rounds *= 2) {
        int64_t begin = clock_nanoseconds();
        peak_call(m);
        elapsed = clock_nanoseconds() - begin;
    }
    peak_call(m);
    for (int i = 0; i < m->threads; i++)
        m->work += (double)m->operations[i];
    return m;
}

static void copy_part(void *argument, int part)
{
    struct machine *m = argument;
    size_t lines = m->bytes / 128, parts = (size_t)m->parts;
    size_t begin = lines * (size_t)part / parts * 128;
    size_t end = lines * ((size_t)part + 1) / parts * 128;
    m->copy(m->to + begin, m->from + begin, end - begin);
}

void copy_call(void *state)
{
    struct machine *m = state;
    if (m->parts == 1)
        copy_part(m, 0);
    else
        pool_run(m->pool, copy_part, m);
}

/* The least time of some calls. */
static int64_t least_time(struct machine *m)
{
    int64_t least = INT64_MAX;
    for (int i = 0; i < 10; i++) {
        int64_t begin = clock_nanoseconds();
        for (int k = 0; k < 4; k++)
            copy_call(m);
        int64_t elapsed = clock_nanoseconds() - begin;
        if (elapsed < least)
            least = elapsed;
    }
    return least;
}

/* The fastest way to copy, by one thread or by all. */
static void choose_copy(struct machine *m)
{
    int64_t best = INT64_MAX;
    copy_fn *best_copy = NULL;
    int best_parts = 1;
    for (int i = 0; i < copy_function_count; i++)
        for (int all = 0; all < 2; all++) {
            m->copy = copy_functions[i];
            m->parts = all ? m->threads : 1;
            int64_t time = least_time(m);
            if (time >= best)
                continue;
            best = time;
            best_copy = m->copy;
            best_parts = m->parts;
        }
    m->copy = best_copy;
    m->parts = best_parts;
}

void *copy_create(const struct contender *self, const struct problem *problem,
                  char reason[REASON_SIZE])
{
    (void)self;
    struct machine *m = machine_create(problem, reason);
    if (!m)
        return NULL;
    /* Not less than 4 KiB: below that it is the call that is measured. */
    double half = problem->bytes / 2 < 4096 ? 4096 : problem->bytes / 2;
    m->bytes = (size_t)half / 128 * 128;
    m->from = bench_memory(m->bytes);
    m->to = bench_memory(m->bytes);
    m->work = 2 * (double)m->bytes;
    if (!m->from || !m->to) {
        set_reason(reason, "no memory");
        machine_destroy(m);
        return NULL;
    }
    choose_copy(m);
    return m;
}

double machine_work(void *state)
{
    const struct machine *m = state;
    return m->work;
}

void machine_destroy(void *state)
{
    struct machine *m = state;
    free(m->from);
    free(m->to);
    free(m);
}
