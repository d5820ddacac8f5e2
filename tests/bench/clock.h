/* Time. */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <stdint.h>
#include <sys/types.h>

int64_t clock_nanoseconds(void);

/* Waits until this process and the `count` others have stopped spinning, a
 * tenth of a second at most. */
void clock_settle(const pid_t *others, int count);

#endif
