#include "quiet.h"

#include "clock.h"

#define ROUNDS 6000
#define SLOWER 1.15 /* than the shortest probe: shared with somebody */

static double shortest;

/* Six additions that do not wait for each other, twice: as many at a time as
 * the processor has adders for. */
static void probe_part(void *argument, int part)
{
    double *times = argument;
    unsigned long a = 1, b = 2, c = 3, d = 4, e = 5, f = 6;
    int64_t begin = clock_nanoseconds();
    for (int i = 0; i < ROUNDS; i++)
        for (int twice = 0; twice < 2; twice++) {
            a += 1, b += 3, c += 5, d += 7, e += 9, f += 11;
            /* Not to be summed up beforehand. */
            __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c));
            __asm__ volatile("" : "+r"(d), "+r"(e), "+r"(f));
        }
    times[part] = (double)(clock_nanoseconds() - begin);
}

double quiet_probe(struct pool *pool, int threads)
{
    double times[POOL_THREADS_MOST], slowest = 0;
    pool_run(pool, probe_part, times);
    for (int i = 0; i < threads; i++)
        slowest = times[i] > slowest ? times[i] : slowest;
    if (!(shortest > 0) || slowest < shortest)
        shortest = slowest;
    return slowest;
}

int quiet_enough(double probe)
{
    return probe < SLOWER * shortest;
}
