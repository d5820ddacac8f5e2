/* The list of contenders. What was not there when this was built is in it too,
 * and says so. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contender_gemm.h"
#include "contender_loop.h"
#include "contender_machine.h"
#include "contender_onednn.h"
#include "contender_tconv.h"
#include "contender_worker.h"
#include "contender_xnnpack.h"

#define MISSING NULL, NULL, NULL, NULL, NULL, NULL
#define MACHINE(create, call)                                                  \
    create, call, NULL, NULL, machine_work, machine_destroy
#define TCONV tconv_create, tconv_call, NULL, tconv_output, NULL, tconv_destroy
#define LOOP loop_create, loop_call, NULL, loop_output, NULL, loop_destroy
#define WORKER                                                                 \
    worker_create, NULL, worker_run, worker_output, NULL, worker_destroy

#ifdef BENCH_HAVE_ONEDNN
#define ONEDNN                                                                 \
    onednn_create, onednn_call, NULL, onednn_output, NULL, onednn_destroy
#else
#define ONEDNN MISSING
#endif
#ifdef BENCH_HAVE_OPENBLAS
#define GEMM gemm_create, gemm_call, NULL, gemm_output, NULL, gemm_destroy
#else
#define GEMM MISSING
#endif
#ifdef BENCH_HAVE_XNNPACK
#define XNNPACK                                                                \
    xnnpack_create, xnnpack_call, NULL, xnnpack_output, NULL, xnnpack_destroy
#else
#define XNNPACK MISSING
#endif

enum { ALL_PASSES, FORWARD_ONLY };

const struct contender contenders[] = {
    {"peak", "peak", GROUP_MACHINE, MACHINE_PEAK, ALL_PASSES,
     MACHINE(peak_create, peak_call)},
    {"copy", "copy", GROUP_MACHINE, MACHINE_COPY, ALL_PASSES,
     MACHINE(copy_create, copy_call)},
    {"tconv-jit", "jit", GROUP_TCONV, TCONV_JIT, ALL_PASSES, TCONV},
    {"tconv-cc", "cc", GROUP_TCONV, TCONV_CC, ALL_PASSES, TCONV},
    {"onednn-ncw", "dnn ncw", GROUP_NCL, ONEDNN_NCW, ALL_PASSES, ONEDNN},
    {"onednn-any", "dnn any", GROUP_NCL, ONEDNN_ANY, ALL_PASSES, ONEDNN},
    {"gemm", "gemm", GROUP_NCL, 0, ALL_PASSES, GEMM},
    {"loop", "loop", GROUP_NCL, 0, FORWARD_ONLY, LOOP},
    {"torch", "torch", GROUP_NCL, WORKER_TORCH, ALL_PASSES, WORKER},
    {"ort", "ort", GROUP_NCL, WORKER_ORT, FORWARD_ONLY, WORKER},
    {"tconv-jit-nlc", "jit nlc", GROUP_OTHER, TCONV_JIT_NLC, ALL_PASSES, TCONV},
    {"tconv-cc-nlc", "cc nlc", GROUP_OTHER, TCONV_CC_NLC, ALL_PASSES, TCONV},
    {"onednn-nwc", "dnn nwc", GROUP_OTHER, ONEDNN_NWC, ALL_PASSES, ONEDNN},
    {"xnnpack", "xnnpack", GROUP_OTHER, 0, FORWARD_ONLY, XNNPACK},
};
const int contender_count = sizeof contenders / sizeof *contenders;
_Static_assert(sizeof contenders / sizeof *contenders <= CONTENDERS_MOST,
               "room for all of them");

int contender_is_tconv(const struct contender *contender)
{
    return contender->create == tconv_create;
}

int contender_find(const char *name)
{
    for (int i = 0; i < contender_count; i++)
        if (strcmp(contenders[i].name, name) == 0)
            return i;
    return -1;
}

void *bench_memory(size_t bytes)
{
    /* XNNPACK reads a little beyond its input. */
    bytes += 128;
    void *memory = tconv_memory_alloc(bytes);
    if (memory)
        memset(memory, 0, bytes);
    return memory;
}

void turn_signal(const float *from, int64_t channels, int64_t length, float *to)
{
    for (int64_t c = 0; c < channels; c++)
        for (int64_t i = 0; i < length; i++)
            to[i * channels + c] = from[c * length + i];
}

void set_reason(char reason[REASON_SIZE], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, REASON_SIZE, format, arguments);
    va_end(arguments);
    reason[strcspn(reason, "\n")] = 0;
}
