/* Micro-kernels: the parts of a kernel that touch each element, compiled ahead
 * of time from the templates that emitted kernels are made of, with the layer's
 * numbers as run-time values. The JIT hands them to libtcc; what libtcc
 * compiles then only walks rows and blocks.
 *
 * The terms (see templates/README.md): phase r of the full output f = j + crop
 * takes position q to f = stride*q + r; its taps read x at q - first,
 * q - first - step, ... A row is one (output channel, phase); rows with the
 * same taps are computed together, `rows` of them at a time. */
#ifndef TCONV_MICRO_H
#define TCONV_MICRO_H

#ifndef TCONV_FREESTANDING
#include "tconv_kernel.h"
#endif

#define TCONV_MAX_ROWS 16
#define TCONV_PEAK_SINK_BYTES 2048

/* The numbers of one tile of rows. Row i belongs to output channel
 * i / phases (from the tile's first) and to phase
 * phase + (i % phases) * phase_step. */
struct tconv_span {
    int64_t channels;      /* input channels summed over */
    int64_t taps;          /* taps of each row, at least 1 */
    int64_t first;         /* input shift of the first tap */
    int64_t step;          /* input shift from one tap to the next */
    int64_t stride;        /* output step from one position to the next */
    int64_t crop;          /* padding_begin */
    int64_t phases;        /* rows of one channel */
    int64_t phase;         /* phase of the first row */
    int64_t phase_step;    /* phase from one row to the next (dilation) */
    int64_t length;        /* of an x row */
    int64_t output_length; /* of a y row */
};

/* The numbers of one reordering of weights: rows of one tile. Row i takes
 * taps tap + i % phases, + tap_step, ... of output channel i / phases. */
struct tconv_pack {
    int64_t channels;       /* input channels */
    int64_t channel_stride; /* elements between input channels */
    int64_t kernel_size;    /* elements between output channels */
    int64_t taps;
    int64_t tap_step;
    int64_t phases;
    int64_t rows;
    int64_t has_bias;
};

/* x: the group's first row; w: the packed tile; y: the row of the tile's first
 * channel. Computes positions q0 <= q < q1. Elements are `dtype`. */
typedef void tconv_span_fn(const struct tconv_span *s, const void *x,
                           const void *w, void *y, int64_t q0, int64_t q1);

/* weight: first input channel, first output channel, first tap of the tile;
 * bias: of the tile's first channel. Returns the end of what it wrote. */
typedef void *tconv_pack_fn(const struct tconv_pack *p, const void *weight,
                            const void *bias, void *packed);

/* One family: an instruction set and an element type. */
struct tconv_micro {
    const char *isa;
    const char *dtype;
    int max_rows;
    tconv_span_fn *span[TCONV_MAX_ROWS]; /* [rows - 1] */
    tconv_pack_fn *pack;
    /* Multiplies and adds as fast as the processor can, `rounds` times; returns
     * the number of floating-point operations done. For measuring the peak.
     * `sink` has TCONV_PEAK_SINK_BYTES: the results, so that they count. */
    int64_t (*peak)(int64_t rounds, void *sink);
};

/* The families this build has, NULL-terminated, best first. */
extern const struct tconv_micro *const tconv_micro_families[];

/* The family for an instruction set and "f32" or "f64"; NULL if there is none.
 */
const struct tconv_micro *tconv_micro_find(const char *isa, const char *dtype);

#endif
