/* Measuring one layer. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "contender.h"

/* What came out for one contender. */
struct figure {
    int checked; /* its result was right, and it was timed */
    int64_t calls;
    double quiet; /* of its turns, the part with the processors to itself */
    double median_ns, min_ns;
    char reason[REASON_SIZE]; /* why not, or a note */
};

/* What a layer is held against: whichever of the two takes longer, its
 * operations at the peak or its bytes at the copy's speed. */
enum bound {
    BOUND_COMPUTE, /* the peak; large and wide enough to come near it */
    BOUND_NARROW,  /* the peak; under 2 MFLOP, or few rows for each input */
    BOUND_BYTES,
    BOUND_COUNT
};

/* All of one layer. */
struct row {
    struct layer layer;
    char name[TCONV_NAME_SIZE];
    double flops, bytes;
    enum bound bound;
    double peak, copy; /* a nanosecond; 0: not known */
    struct figure figures[CONTENDERS_MOST];
};

struct effort {
    int rounds;
    double nanoseconds; /* for each contender, all rounds together */
    int64_t calls;      /* at least */
};

/* Runs the contenders whose `wanted` is not 0, in turn, round after round. */
void measure_layer(const struct problem *problem, const int *wanted,
                   const struct effort *effort, struct row *row);

/* Time of the fastest in the row among the contenders of the group, a peer
 * named `without` left out; *which is its index. 0 if there is none. */
double row_best(const struct row *row, enum contender_group group,
                const char *without, int *which);

/* Median time of a contender by name; 0 if there is none. */
double row_time(const struct row *row, const char *name);

/* Fraction of what bounds the layer that this time stands for. */
double row_fraction(const struct row *row, double nanoseconds);

#endif
