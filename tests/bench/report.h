/* What is printed. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "measure.h"

void report_head(const char *isa, int threads);
void report_row(const struct row *row);

/* Geometric means for each set, and who was left out why. */
void report_end(const struct row *rows, int count);

#endif
