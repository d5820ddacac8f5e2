/* The textbook loop for depthwise layers. */
#ifndef BENCH_CONTENDER_LOOP_H
#define BENCH_CONTENDER_LOOP_H

#include "contender.h"

void *loop_create(const struct contender *self, const struct problem *problem,
                  char reason[REASON_SIZE]);
void loop_call(void *state);
int loop_output(void *state, float *y, char reason[REASON_SIZE]);
void loop_destroy(void *state);

#endif
