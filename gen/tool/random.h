/* Random numbers that only hang on the seed: splitmix64. */
#ifndef TOOL_RANDOM_H
#define TOOL_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state;
};

uint64_t random_next(struct random *random);

/* Evenly from [0, bound), bound > 0. */
int64_t random_below(struct random *random, int64_t bound);

/* From [least, most], small numbers as likely as large ones on a log scale;
 * least >= 1. */
int64_t random_log(struct random *random, int64_t least, int64_t most);

/* Roughly normal, mean 0, variance 1. */
double random_normal(struct random *random);

/* Joins a number or a text to a seed, so that what is drawn for one thing does
 * not hang on what was drawn before. */
uint64_t random_join(uint64_t seed, uint64_t number);
uint64_t random_join_text(uint64_t seed, const char *text);

#endif
