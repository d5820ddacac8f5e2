/* XNNPACK, as a two-dimensional layer of height one. */
#ifndef BENCH_CONTENDER_XNNPACK_H
#define BENCH_CONTENDER_XNNPACK_H

#include "contender.h"

void *xnnpack_create(const struct contender *self,
                     const struct problem *problem, char reason[REASON_SIZE]);
void xnnpack_call(void *state);
int xnnpack_output(void *state, float *y, char reason[REASON_SIZE]);
void xnnpack_destroy(void *state);

#endif
