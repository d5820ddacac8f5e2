/* OpenBLAS: one matrix product. Forward, its result is scattered and
 * added; in gradients, one factor is gathered. */
#ifndef BENCH_CONTENDER_GEMM_H
#define BENCH_CONTENDER_GEMM_H

#include "contender.h"

void *gemm_create(const struct contender *self, const struct problem *problem,
                  char reason[REASON_SIZE]);
void gemm_call(void *state);
int gemm_output(void *state, float *y, char reason[REASON_SIZE]);
void gemm_destroy(void *state);

#endif
