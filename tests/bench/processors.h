/* The processors this program may use, and pinning to them. */
#ifndef BENCH_PROCESSORS_H
#define BENCH_PROCESSORS_H

#include <stddef.h>

/* Notes which there are: those of the list ("0,1", NULL for none), otherwise
 * those that this process is allowed. Returns how many. */
int processors_find(const char *list);

/* The first `count` as such a list. */
void processors_list(int count, char *list, size_t bytes);

/* Pins the calling thread to the i-th. */
void processors_pin(int i);

/* Lets the calling thread use the first `count`. */
void processors_pin_first(int count);

#endif
