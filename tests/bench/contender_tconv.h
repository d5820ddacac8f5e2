/* tconv itself; the variant is the engine. */
#ifndef BENCH_CONTENDER_TCONV_H
#define BENCH_CONTENDER_TCONV_H

#include "contender.h"

/* Engines; channels first, or last. */
enum { TCONV_JIT, TCONV_CC, TCONV_JIT_NLC, TCONV_CC_NLC };

void *tconv_create(const struct contender *self, const struct problem *problem,
                   char reason[REASON_SIZE]);
void tconv_call(void *state);
int tconv_output(void *state, float *y, char reason[REASON_SIZE]);
void tconv_destroy(void *state);

#endif
