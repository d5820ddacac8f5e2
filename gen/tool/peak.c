/* Measures the peak. */
#include "peak.h"

#include <string.h>

#include "clock.h"
#include "micro.h"

/* Short tries: a pause by the system spoils one of them only. */
#define TRIES 8
#define TRY_NANOSECONDS INT64_C(4000000)

struct peak {
    const struct tconv_micro *micro;
    int64_t rounds;
    int64_t operations[TCONV_POOL_THREADS_MAX];
};

static void run_peak(void *argument, int part)
{
    struct peak *peak = argument;
    double sink[TCONV_PEAK_SINK_BYTES / sizeof(double)];
    peak->operations[part] = peak->micro->peak(peak->rounds, sink);
}

double peak_measure(struct tconv_pool *pool, int threads, const char *isa,
                    enum tconv_dtype dtype)
{
    const char *const sums = tconv_dtype_name(tconv_dtype_sum(dtype));
    struct peak peak = {.micro = tconv_micro_find(isa, sums), .rounds = 1000};
    double best = 0;
    if (!peak.micro || !tconv_isa_supported(isa))
        return 0;
    for (int i = 0; i < TRIES;) {
        int64_t begin = clock_nanoseconds();
        tconv_pool_each(pool, threads, run_peak, &peak);
        int64_t elapsed = clock_nanoseconds() - begin;
        if (elapsed < TRY_NANOSECONDS) {
            peak.rounds *= 2;
            continue;
        }
        double operations = 0;
        for (int part = 0; part < threads; part++)
            operations += (double)peak.operations[part];
        if (operations / (double)elapsed > best)
            best = operations / (double)elapsed;
        i++;
    }
    return best;
}
