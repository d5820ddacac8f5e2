/* What the machine can do, measured beside the contenders. */
#ifndef BENCH_CONTENDER_MACHINE_H
#define BENCH_CONTENDER_MACHINE_H

#include "contender.h"

enum { MACHINE_PEAK, MACHINE_COPY };

/* Multiply-adds in registers. */
void *peak_create(const struct contender *self, const struct problem *problem,
                  char reason[REASON_SIZE]);
void peak_call(void *state);

/* Copying half as many bytes as the layer's tensors have to the other half. */
void *copy_create(const struct contender *self, const struct problem *problem,
                  char reason[REASON_SIZE]);
void copy_call(void *state);

double machine_work(void *state);
void machine_destroy(void *state);

#endif
