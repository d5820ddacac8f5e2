/* The chart: a line for each layer, a mark for each contender. */
#ifndef BENCH_SVG_H
#define BENCH_SVG_H

#include "measure.h"

/* Returns 0 when the file cannot be written. */
int svg_write(const char *path, const struct row *rows, int count,
              const char *isa, int threads);

#endif
