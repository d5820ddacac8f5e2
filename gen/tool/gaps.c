/* Tensors whose rows and batch items lie apart. */
#include "gaps.h"

#include <string.h>

struct gaps gaps_make(enum tconv_layout layout, int64_t channels,
                      int64_t length, int64_t batch, size_t element)
{
    const int nlc = layout == TCONV_NLC;
    struct gaps gaps = {.batch = batch,
                        .rows = nlc ? length : channels,
                        .elements = nlc ? channels : length,
                        .element = element};
    gaps.row = gaps.elements + 3;
    gaps.item = gaps.rows * gaps.row + 5;
    return gaps;
}

/* Where row `row` of all items begins. */
static size_t row_at(const struct gaps *g, int64_t row)
{
    return (size_t)(row / g->rows * g->item + row % g->rows * g->row) *
           g->element;
}

static size_t row_bytes(const struct gaps *g)
{
    return (size_t)g->elements * g->element;
}

size_t gaps_bytes(const struct gaps *g)
{
    const int64_t rows = g->batch * g->rows;
    return rows > 0 ? row_at(g, rows - 1) + row_bytes(g) : 0;
}

void gaps_spread(const struct gaps *g, void *apart, const void *dense)
{
    const size_t bytes = row_bytes(g);
    const char *from = dense;
    for (int64_t row = 0; row < g->batch * g->rows; row++, from += bytes)
        memcpy((char *)apart + row_at(g, row), from, bytes);
}

void gaps_gather(const struct gaps *g, const void *apart, void *dense)
{
    const size_t bytes = row_bytes(g);
    char *to = dense;
    for (int64_t row = 0; row < g->batch * g->rows; row++, to += bytes)
        memcpy(to, (const char *)apart + row_at(g, row), bytes);
}

int gaps_hold(const struct gaps *g, const void *apart, unsigned char value)
{
    const unsigned char *bytes = apart;
    for (int64_t row = 1; row < g->batch * g->rows; row++)
        for (size_t at = row_at(g, row - 1) + row_bytes(g); at < row_at(g, row);
             at++)
            if (bytes[at] != value)
                return 0;
    return 1;
}
