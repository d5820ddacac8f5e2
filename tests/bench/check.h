/* Results held against sums in double precision. */
#ifndef BENCH_CHECK_H
#define BENCH_CHECK_H

#include "contender.h"

/* Some of a layer's output elements, or all. */
struct reference {
    int64_t count;
    int64_t *index; /* into y */
    double *value;
    double *bound; /* on what any order of f32 sums is off by */
};

/* Returns 0 when there is no memory. */
int reference_create(struct reference *reference,
                     const struct problem *problem);
void reference_free(struct reference *reference);

/* Returns 0, and why, if an element is off by more than its bound. */
int reference_check(const struct reference *reference,
                    const struct problem *problem, const float *y,
                    char reason[REASON_SIZE]);

#endif
