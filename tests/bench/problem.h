/* Making one layer's numbers and data. */
#ifndef BENCH_PROBLEM_H
#define BENCH_PROBLEM_H

#include "contender.h"

/* Fills in all but isa, threads and pool. Returns 0 when there is no memory or
 * the layer does not take the length. */
int problem_create(struct problem *problem, const struct layer *layer,
                   char reason[REASON_SIZE]);
void problem_free(struct problem *problem);

#endif
