/* What the JIT asks of the generator beyond tconv.h. */
#ifndef TCONV_HOST_H
#define TCONV_HOST_H

#include "tconv.h"

/* How a kernel's inner code gets into its file. */
enum tconv_emission {
    TCONV_EMIT_WHOLE, /* spelled out: what `tconv gen` writes */
    TCONV_EMIT_MICRO, /* calls to the micro-kernels of tconv_micro: JIT */
};

/* One kernel file for one instruction set (never "native"), as C text (free()).
 * It exports the NULL-terminated list
 *
 *   const struct tconv_kernel *const tconv_NAME[];
 *
 * with one entry, NAME being the canonical name. Text of TCONV_EMIT_MICRO
 * refers to tconv_tile (tconv_tile_fn) and tconv_pack_tile (tconv_pack_fn)
 * of runtime/micro.h, and includes "micro.h"; all text includes
 * "tconv_kernel.h", and <math.h> unless TCONV_FREESTANDING is defined, where it
 * declares fmaf and fma itself. */
enum tconv_status tconv_generator_emit_one(struct tconv_generator *generator,
                                           const struct tconv_spec *spec,
                                           const char *isa,
                                           enum tconv_emission emission,
                                           char **text,
                                           struct tconv_error *error);

/* C text of one family of micro-kernels ("f32" or "f64"), for the project's own
 * build: defines `const struct tconv_micro tconv_micro_DTYPE_ISA`. */
enum tconv_status tconv_generator_emit_family(struct tconv_generator *generator,
                                              const char *isa,
                                              const char *dtype, char **text,
                                              struct tconv_error *error);

/* What a plan should reach (gen/plan_cost.lua): estimates. */
struct tconv_cost {
    char algorithm[24];
    char bound[8];   /* "compute", "L1", "L2" or "memory" (all beyond L2) */
    double fraction; /* of the peak of as many threads */
    double bytes;    /* that must move: x, y, weights */
    /* Of the predicted time, what each would take if the others took none. */
    double compute_share, l1_share, l2_share, memory_share;
    int64_t length; /* the one asked for, or that stands for a long signal */
    int is_long;    /* whether it does */
};

/* Predicts the speed of a layer. `length` 0: its own, or a long signal. */
enum tconv_status tconv_generator_cost(struct tconv_generator *generator,
                                       const struct tconv_spec *spec,
                                       const char *isa, int64_t length,
                                       int64_t batch, int threads,
                                       struct tconv_cost *cost,
                                       struct tconv_error *error);

/* Files baked into the library: headers that emitted text includes, scripts and
 * templates. NULL for an unknown name. */
struct tconv_baked {
    const char *name; /* base name, e.g. "tconv_kernel.h" */
    const char *text; /* NUL-terminated */
    size_t bytes;
};
const struct tconv_baked *tconv_baked_find(const char *name);

#endif
