/* Whether the processors are this program's alone. A virtual one often is half
 * of a core: what another machine does on the other half slows this one by up
 * to a third, most of all code of many instructions. */
#ifndef BENCH_QUIET_H
#define BENCH_QUIET_H

#include "pool.h"

/* Nanoseconds that a fixed run of instructions takes, 5000 or so: those of the
 * slowest of the pool's threads, all at once. */
double quiet_probe(struct pool *pool, int threads);

/* Whether a probe came near the shortest that there was until now. */
int quiet_enough(double probe);

#endif
