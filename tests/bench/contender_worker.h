/* Peers in a process of their own (PyTorch in Python, ONNX Runtime in Node),
 * driven by lines through pipes:
 *
 *   worker at its start   ready NAME VERSION | no REASON
 *   layer NUMBERS...      ok [NOTE] | no REASON   (reads x, weight, bias,
 *                                                    y.bin)
 *   run WARM COUNT BATCH  times NS... | no REASON
 *   output                ok | no REASON          (writes result.bin)
 *
 * The numbers of `layer`: in_channels, out_channels, kernel_size, stride,
 * padding_begin, padding_end, output_padding, groups, bias, dilation, length,
 * output_length, enum tconv_pass. Files are raw floats in the worker's folder;
 * those of tensors that are not given are empty. */
#ifndef BENCH_CONTENDER_WORKER_H
#define BENCH_CONTENDER_WORKER_H

#include <sys/types.h>

#include "contender.h"

enum { WORKER_TORCH, WORKER_ORT, WORKER_COUNT };

void *worker_create(const struct contender *self, const struct problem *problem,
                    char reason[REASON_SIZE]);
int worker_run(void *state, int64_t warm, int64_t samples, int64_t batch,
               double *times, char reason[REASON_SIZE]);
int worker_output(void *state, float *y, char reason[REASON_SIZE]);
void worker_destroy(void *state);

/* Process numbers; 0 where there is none. */
extern pid_t worker_processes[WORKER_COUNT];

/* Ends all workers. */
void workers_stop(void);

#endif
