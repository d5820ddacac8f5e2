/* The command line. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include "contender.h"
#include "measure.h"

struct options {
    int threads;
    const char *set, *part, *isa, *csv, *svg, *list;
    int wanted[CONTENDERS_MOST];
    struct effort effort;
};

/* Returns -1 to go on, otherwise the exit code to end with: what is wrong has
 * been said, or the help. */
int options_read(int argc, char **argv, struct options *options);

#endif
