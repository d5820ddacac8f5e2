/* The ways of running a layer, behind one door. */
#ifndef TOOL_ENGINE_H
#define TOOL_ENGINE_H

#include "tconv_pool.h"

enum engine_kind {
    ENGINE_AUTO,    /* JIT, or generic with a reason */
    ENGINE_GENERIC, /* the plain definition */
    ENGINE_JIT,     /* libtcc and micro-kernels */
    ENGINE_PURE,    /* libtcc alone: slow, for tests */
    ENGINE_CC,      /* the system's compiler */
};

/* The engine of a name, if bit 1 << kind of `allowed` is set.
 * TCONV_E_ARGUMENT with the names that are allowed. */
enum tconv_status engine_kind_read(const char *text, unsigned allowed,
                                   enum engine_kind *kind,
                                   struct tconv_error *error);
const char *engine_kind_name(enum engine_kind kind);

/* One layer ready to run. */
struct engine {
    struct tconv_spec spec;
    enum engine_kind kind; /* never ENGINE_AUTO once open */
    const char *isa;
    enum tconv_sum sum;
    struct tconv_jit *jit;             /* NULL for generic */
    const struct tconv_kernel *kernel; /* NULL for generic */
    const void *weight;                /* the caller's */
    const void *bias;                  /* the caller's; NULL without */
    const struct tconv_quantization *quantization; /* the caller's, or NULL */
    void *packed;
    void *workspace;
    size_t workspace_bytes;
};

/* Opens an engine. For ENGINE_AUTO the reason of falling back, if it does, is
 * left in `reason` (which may be NULL otherwise). Fails as tconv_jit_create
 * does; there is nothing to close then. */
enum tconv_status engine_open(struct engine *engine,
                              const struct tconv_spec *spec,
                              enum engine_kind kind, const char *isa,
                              struct tconv_error *reason,
                              struct tconv_error *error);
void engine_close(struct engine *engine);

/* Takes the weights, which must stay. TCONV_E_MEMORY. */
enum tconv_status engine_pack(struct engine *engine, const void *weight,
                              const void *bias, struct tconv_error *error);

/* What kernels take as `packed` after engine_pack(). */
const void *engine_packed(const struct engine *engine);

/* Makes the workspace large enough for calls of this size. TCONV_E_MEMORY. */
enum tconv_status engine_reserve(struct engine *engine, int64_t batch,
                                 int64_t length, int threads,
                                 struct tconv_error *error);

/* Computes y of x on the threads of the pool; the generic kernel uses one. */
enum tconv_status engine_run(struct engine *engine, const void *x, void *y,
                             int64_t batch, int64_t length,
                             struct tconv_pool *pool,
                             struct tconv_error *error);

/* The smallest legal input length. */
int64_t smallest_length(const struct tconv_spec *spec);

#endif
