/* Every figure, as comma-separated values. */
#ifndef BENCH_CSV_H
#define BENCH_CSV_H

#include <stdio.h>

#include "measure.h"

void csv_head(FILE *file);
void csv_row(FILE *file, const struct row *row, int threads);

#endif
