/* oneDNN; the variant is the layout. */
#ifndef BENCH_CONTENDER_ONEDNN_H
#define BENCH_CONTENDER_ONEDNN_H

#include "contender.h"

enum { ONEDNN_NCW, ONEDNN_ANY, ONEDNN_NWC };

void *onednn_create(const struct contender *self, const struct problem *problem,
                    char reason[REASON_SIZE]);
void onednn_call(void *state);
int onednn_output(void *state, float *y, char reason[REASON_SIZE]);
void onednn_destroy(void *state);

#endif
