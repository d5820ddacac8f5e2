/* Results held against sums in double precision and, to the bit, against
 * the generic kernel. */
#ifndef BENCH_CHECK_H
#define BENCH_CHECK_H

#include "contender.h"

/* Some elements of what is computed, or all. */
struct reference {
    int64_t count;
    int64_t *index; /* into the result */
    double *value;
    double *bound; /* on what any order of f32 sums is off by */
    float *exact;  /* tconv's own: the generic kernel's */
};

/* Returns 0 when there is no memory. */
int reference_create(struct reference *reference,
                     const struct problem *problem);
void reference_free(struct reference *reference);

/* Returns 0, and why, if an element is off by more than its bound, or at all
 * from tconv's own. */
int reference_check(const struct reference *reference,
                    const struct problem *problem, const float *result,
                    int to_the_bit, char reason[REASON_SIZE]);

#endif
