/* Micro-kernels: the parts of a kernel that touch each element, compiled ahead
 * of time from the templates that emitted kernels are made of, with the layer's
 * numbers as run-time values. The JIT hands them to libtcc; what libtcc
 * compiles then only walks tiles and blocks.
 *
 * The terms (see templates/README.md): phase r of the full output f = j + crop
 * takes position q to f = stride*q + r; its taps read x at q - first,
 * q - first - step, ... A row is one (output channel, phase); rows with the
 * same taps are a tap set, computed tile by tile. In a layer that is not
 * transposed ("direct") positions are y's, and taps read x at
 * x_stride*q - first, + step, ... */
#ifndef TCONV_MICRO_H
#define TCONV_MICRO_H

#ifndef TCONV_FREESTANDING
#include "tconv_kernel.h"
#endif

#define TCONV_PEAK_SINK_BYTES 2048

/* What tiles work on: groups of positions of one batch item and group of
 * channels. */
struct tconv_block {
    const void *x;   /* the first channel's row */
    void *panel;     /* of x, for each group of positions: all its channels; */
                     /* or NULL */
    void *partial;   /* sums that go on with further channels */
    void *sums;      /* of one tile and group */
    void *widened;   /* a chunk of a tile's weights, where they are narrow */
    uint32_t *masks; /* of taps at the input's ends */
    int64_t length, output_length;
    /* Rows of x and y: channels, in the layout "nlc" positions. */
    int64_t x_nlc, y_nlc;          /* 0 or 1 */
    int64_t x_kind;                /* elements: 0 as sums, 1 f16, 2 bf16, */
    int64_t y_kind;                /* 3 floats, to be rounded to TF32, 4 */
    int64_t y_parts;               /* complex (2 parts, else 1); of integer */
                                   /* layers 5 i8, 6 u8, 7 floats */
    int64_t x_row, y_row;          /* elements from one row to the next */
    int64_t y_position;            /* and from one position of y to the next, */
    int64_t y_step;                /* from one of the groups' to the next, */
    int64_t y_end;                 /* and to the end */
    int64_t groups, q_end;         /* of all positions */
    int64_t head_groups, head_end; /* of those at the input's head */
    int64_t rest_begin;            /* a last single one, or q_end */
    int64_t begin, end;            /* this block's groups */
    int64_t inner_begin, inner_end; /* positions that have all taps */
    /* Do tiles read x in place? Step between channels there or in the panel. */
    int64_t in_place, x_step;
    /* Is x_nlc turned by narrow tiles? Other tiles read its rows in place where
     * there is no panel, or this is set. */
    int64_t turned;

    /* Integers: numbers of y are scaled and kept between the two, which leave
     * room for y_zero; `scale` is of the group's first channel. */
    int32_t x_zero, y_zero;
    float y_least, y_most;
    const float *scale;
    int64_t reads; /* input channels; `channels` are four of them */

    /* The layer. */
    int64_t channels;   /* input channels summed over */
    int64_t stride;     /* step in y from one position to the next */
    int64_t x_stride;   /* and in x: 1 in a transposed layer */
    int64_t crop;       /* padding_begin */
    int64_t step;       /* input shift from one tap to the next */
    int64_t phase_step; /* phase from one row to the next (dilation) */
    int64_t q_begin;    /* first position of all */
    int64_t far;        /* weights are more than the last-level cache holds */

    /* The tap set. */
    int64_t taps;       /* of each row, at least 1 */
    int64_t first;      /* input shift of the first tap */
    int64_t inner;      /* rows of one output channel; in "nlc", of one phase */
    int64_t phase;      /* of a channel's first row */
    int64_t x_at;       /* where tap 0 of position 0 is in the panel's rows */
    int64_t chunk;      /* channels summed at a time */
    int64_t piece_rows; /* of a tile, side by side in y: all alike; or 0 */
    int64_t stores_vectors; /* sums of whole vectors go to y as they are */
    int64_t streamed;       /* weights are too many for caches to keep */
    int64_t looks_ahead; /* lines of y are asked for before they are stored: */
                         /* 1 piece after piece, 2 position after position */
    int64_t compact;     /* packed weights: 0 as sums, 1 f16, 2 bf16, 3 i8 */
    int64_t strips;      /* rows of those that do whole groups; or 0 */
    int64_t scales;      /* sums are scaled before the bias is added */

    /* The panel: for a group and channel, `stretches` stretches of x. */
    int64_t panel_first, panel_last; /* least and largest shift it serves */
    int64_t stretches, stretch;      /* and elements of each */
    int64_t panel_step;              /* in its rows, from tap to tap */
    int64_t group_elements;          /* of a group's rows */
};

/* The numbers of one reordering of weights. Row i of a set takes taps
 * i % inner, + tap_step, ... of channel i / inner of y; of channel i % inner
 * taps i / inner, + tap_step, ... where y is nlc. */
struct tconv_pack {
    int64_t channels;       /* of x */
    int64_t channel_stride; /* elements between channels of x */
    int64_t row_stride;     /* elements between channels of y */
    int64_t tap_step;
    int64_t y_nlc;     /* as in struct tconv_block */
    int64_t source;    /* of weights: 0 as sums, or x_kind of a block */
    int64_t bias;      /* likewise; not rounded */
    int64_t conjugate; /* of complex weights */
    int64_t compact;   /* not widened */
    int64_t taps;
    int64_t inner;
};

/* Copies what a block's groups read of x to its panel; with `skip` not where
 * narrow tiles read x itself. Sets inner_begin and inner_end. */
typedef void tconv_fill_fn(struct tconv_block *b, int skip);

/* Rows row to row + rows - 1 of a tap set, at the block's groups of more than
 * `done` positions. w: the packed tile; y: the row of the group's first
 * channel. */
typedef void tconv_tile_fn(const struct tconv_block *b, const void *w, void *y,
                           int64_t row, int64_t rows, int64_t done);

/* The two whole tiles from row `row` on, each of `rows` rows, at the block's
 * groups of one position. */
typedef void tconv_pair_fn(const struct tconv_block *b, const void *w, void *y,
                           int64_t row, int64_t rows);

/* Fills a phase of `count` channels that lie side by side, from row's on and no
 * more than a tile has rows, at the block's positions with a value each. */
typedef void tconv_fill_phase_fn(const struct tconv_block *b, int64_t phase,
                                 const void *values, int64_t count, void *row);

/* Fills all of a row of y that the block's positions have with *value, before
 * tiles go over phases of it. */
typedef void tconv_fill_row_fn(const struct tconv_block *b, const void *value,
                               void *row);

/* Packs rows of a tile. weight: the group's first input channel, first output
 * channel, the set's first tap; bias: of the group's first channel. Returns the
 * end of what it wrote. */
typedef void *tconv_pack_fn(const struct tconv_pack *p, const void *weight,
                            const void *bias, void *packed, int64_t row,
                            int64_t rows);

/* Strides that tconv_depthwise_fn takes. */
#define TCONV_DEPTHWISE_STRIDE 16

/* A layer whose groups have few input channels. It is read where packed weights
 * begin, which have the alignment of their elements only. */
struct __attribute__((packed)) tconv_depthwise_layer {
    int64_t in_channels, out_channels;
    int64_t ins, outs; /* channels of one group */
    int64_t kernel_size, stride, dilation;
    int64_t crop;            /* padding_begin */
    int64_t output_constant; /* of a length of 1 */
    /* Rows of x from this length on are cut into even blocks of at most so many
     * positions. */
    int64_t uncut, block_positions;
    int64_t form_length; /* from which on its straight code may do it */
};

/* The run() of such a layer's kernel. packed: the layer itself, which saves a
 * function in between, in so many bytes; then, for as many output channels as a
 * vector has lanes, side by side, their weights, input channels ascending and
 * of each its taps, and their bias. There is one function for any layer, and
 * straight code for the forms of gen/plan_depthwise.lua: entry `form`. */
#define TCONV_DEPTHWISE_HEAD 128
typedef void tconv_depthwise_fn(const struct tconv_args *args, int part,
                                int parts);

/* A depthwise layer whose rows of x and y are positions, transposed or not: see
 * gen/plan_depthwise_nlc.lua. An output's phase, and its taps: how many, the
 * first, and how far before its position that reads x. */
struct tconv_phase {
    int64_t phase, taps, first, shift;
};

/* packed: the weights of a tap for all channels, taps ascending, and then their
 * bias. */
struct tconv_depthwise_nlc {
    const struct tconv_phase *phases;
    int64_t phase_count;
    int64_t channels, kernel_size;
    int64_t stride, x_stride, crop, q_begin; /* as in struct tconv_block */
    int64_t tap_step; /* of a phase's taps in the weight, */
    int64_t step;     /* and in x, forwards */
};

/* A part of a call, as run() of struct tconv_kernel, of rows of x and y so
 * long. */
typedef void tconv_depthwise_nlc_fn(const struct tconv_depthwise_nlc *layer,
                                    const struct tconv_args *args,
                                    int64_t length, int64_t n, int part,
                                    int parts);

/* A depthwise layer of one phase, rows of which are channels: see
 * gen/plan_depthwise_direct.lua. packed: of each row its weights, taps
 * ascending, and then its bias. */
struct tconv_depthwise_direct {
    int64_t rows; /* of y */
    int64_t outs; /* of one row of x */
    int64_t kernel_size;
    /* Position j reads x at x_stride*j - shift, + step, ... for its taps. */
    int64_t x_stride, step, shift;
    /* That is `span` elements, the first of them `least` before x_stride*j, and
     * for its first tap the one `back` behind that. */
    int64_t back, span, least;
    /* Positions from inner_begin on have all taps where the last element of x
     * that they read, x_stride*j + reach, is there. */
    int64_t inner_begin, reach;
    int64_t has_ends;        /* the others are worth vectors with masks */
    int64_t block_positions; /* of a row, that are not split among threads */
};

/* A part of a call, as run() of struct tconv_kernel, of rows of x and y so
 * long. */
typedef void
tconv_depthwise_direct_fn(const struct tconv_depthwise_direct *layer,
                          const struct tconv_args *args, int64_t length,
                          int64_t n, int part, int parts);

/* The gradient of a weight, and one call of it: see gen/plan_weight.lua. a is
 * x and b is grad_output, in Conv1d the reverse. */
struct tconv_weight {
    const void *a, *b; /* a tile's first row, its group's first; of item 0 */
    void *y;           /* the tile's first row */
    void *workspace;   /* sums, the panel, taps */
    int64_t batch, a_length, b_length;
    int64_t a_row, a_batch; /* elements between rows, between items */
    int64_t b_row, b_batch;
    int64_t b_channel, b_position; /* and between channels, positions of b */
    int64_t a_nlc;                 /* rows of a are positions */
    int64_t kind;      /* elements of a, b and y: x_kind of a block */
    int64_t swapped;   /* of complex ones: b is x */
    int64_t b_stretch; /* of b that a chunk of positions reads, converted */
    int64_t columns;   /* elements of a row of y */
    int64_t kernel_size, stride, dilation;
    int64_t padding;   /* padding_begin */
    int64_t chunk;     /* positions in a panel */
    int64_t most_outs; /* whose sums are in the workspace at a time */
    int64_t sums_elements, panel_elements;
};

/* Rows of a tile, for begin <= o < end of the weight's second index. */
typedef void tconv_weight_fn(const struct tconv_weight *w, int64_t rows,
                             int64_t begin, int64_t end);

/* All rows of a group, whose first is w's, of some tiles of columns of y: more
 * than one, up to a limit, if a batch of one has so few positions that panels
 * of all fit one block's. */
typedef void tconv_weight_across_fn(const struct tconv_weight *w, int64_t rows,
                                    int64_t column, int64_t tiles);

/* Groups of one row and one second index: as many as a vector has lanes, or
 * fewer, whose first is w's. */
typedef void tconv_weight_depthwise_fn(const struct tconv_weight *w,
                                       int64_t rows);

/* One family: an instruction set and an element type. */
struct tconv_micro {
    const char *isa;
    const char *dtype;
    tconv_fill_fn *fill, *direct_fill;
    tconv_tile_fn *tile, *direct_tile;
    tconv_pair_fn *pair, *direct_pair;
    tconv_fill_phase_fn *fill_phase;
    tconv_fill_row_fn *fill_row; /* NULL in families of integers */
    tconv_pack_fn *pack;
    tconv_depthwise_fn *const *depthwise; /* NULL behind the last */
    const struct tconv_micro *half; /* its depthwise serves layers of few terms;
                                     * NULL: there is no difference */
    tconv_depthwise_nlc_fn *depthwise_nlc;
    tconv_depthwise_direct_fn *depthwise_direct;
    tconv_weight_fn *weight;
    tconv_weight_across_fn *weight_across;
    tconv_weight_depthwise_fn *weight_depthwise;
    /* Multiplies and adds as fast as the processor can, `rounds` times; returns
     * the number of floating-point operations done. For measuring the peak.
     * `sink` has TCONV_PEAK_SINK_BYTES: the results, so that they count. */
    int64_t (*peak)(int64_t rounds, void *sink);
};

/* The families this build has, NULL-terminated, best first. */
extern const struct tconv_micro *const tconv_micro_families[];

/* The family for an instruction set and sums in "f32" or "f64"; NULL if there
 * is none. */
const struct tconv_micro *tconv_micro_find(const char *isa, const char *dtype);

#endif
