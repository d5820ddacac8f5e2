/* Time. */
#ifndef TOOL_CLOCK_H
#define TOOL_CLOCK_H

#include <stdint.h>

/* Of a clock that only goes forward. */
double clock_seconds(void);
int64_t clock_nanoseconds(void);

/* A number of at most 31 bits that differs from run to run. */
uint64_t clock_seed(void);

#endif
