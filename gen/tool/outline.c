/* Sums up plans. */
#include "outline.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* At most so many tap sets are shown. */
#define SETS_SHOWN 16

/* The value of the line "KEY = VALUE", up to the line's end; NULL if none. */
__attribute__((format(printf, 2, 3))) static const char *
find(const char *plan, const char *format, ...)
{
    char key[64];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(key, sizeof key, format, arguments);
    va_end(arguments);
    size_t size = strlen(key);
    while (*plan) {
        if (!strncmp(plan, key, size) && !strncmp(plan + size, " = ", 3))
            return plan + size + 3;
        plan += strcspn(plan, "\n");
        plan += *plan == '\n';
    }
    return NULL;
}

static int is_true(const char *value)
{
    return value && !strncmp(value, "true", 4);
}

static const char *plural(long count)
{
    return count == 1 ? "" : "s";
}

/* The number on a set's line; 0 if there is none. */
static long set_number(const char *plan, int set, const char *name)
{
    const char *value = find(plan, "sets.%d.%s", set, name);
    return value ? strtol(value, NULL, 10) : 0;
}

/* The tiles of one kind: their number, shape, and where their lanes are. */
static void print_tiles(const char *plan, int set, const char *kind, long count)
{
    const char *narrow = find(plan, "sets.%d.%s.narrow", set, kind);
    const char *rows = find(plan, "sets.%d.%s.rows", set, kind);
    const char *positions = find(plan, "sets.%d.%s.%s", set, kind,
                                 is_true(narrow) ? "wide" : "positions");
    if (!rows)
        return;
    printf("      %ld %s tile%s of %ld row%s", count,
           is_true(narrow) ? "narrow" : "wide", plural(count),
           strtol(rows, NULL, 10), plural(strtol(rows, NULL, 10)));
    if (positions && strtol(positions, NULL, 10))
        printf(" x %ld positions", strtol(positions, NULL, 10));
    putchar('\n');
}

static void print_set(const char *plan, int set)
{
    long phases = set_number(plan, set, "phases");
    long taps = set_number(plan, set, "taps");
    long chunks = set_number(plan, set, "chunks");
    if (!phases || !taps)
        return;
    printf("    set %d    %ld phase%s of %ld tap%s", set - 1, phases,
           plural(phases), taps, plural(taps));
    if (chunks > 1)
        printf(", channels in %ld chunks of %ld", chunks,
               set_number(plan, set, "chunk"));
    putchar('\n');
    print_tiles(plan, set, "full", set_number(plan, set, "full_tiles"));
    print_tiles(plan, set, "rest", 1);
    const char *rows = find(plan, "sets.%d.strip.rows", set);
    const char *positions = find(plan, "sets.%d.strip.positions", set);
    if (is_true(find(plan, "sets.%d.strips", set)) && rows && positions)
        printf("      strips of %ld rows x %ld positions at whole groups\n",
               strtol(rows, NULL, 10), strtol(positions, NULL, 10));
}

/* Narrow tiles read x itself, but for its ends. */
static void print_panel(const char *plan, int sets)
{
    const char *groups = find(plan, "block_groups");
    const char *positions = find(plan, "shape.positions");
    int wide = is_true(find(plan, "folded"));
    for (int set = 1; set <= sets && !wide; set++)
        wide = set_number(plan, set, "full_tiles") > 0 ||
               (set_number(plan, set, "rest.rows") &&
                !is_true(find(plan, "sets.%d.rest.narrow", set)));
    if (wide && groups && positions)
        printf("    x        in panels of up to %ld groups of %ld positions\n",
               strtol(groups, NULL, 10), strtol(positions, NULL, 10));
}

static void print_folded(const char *plan)
{
    const char *rows = find(plan, "shape.rows");
    const char *positions = find(plan, "tile.positions");
    printf(", tap sets and taps in loops");
    if (rows && positions)
        printf("\n      wide tiles of %ld rows x %ld positions",
               strtol(rows, NULL, 10), strtol(positions, NULL, 10));
}

void outline_print(const char *plan, const char *isa)
{
    const char *algorithm = find(plan, "algorithm");
    int sets = 0;
    while (find(plan, "sets.%d.phases", sets + 1))
        sets++;
    printf("  plan       %.*s for %s",
           algorithm ? (int)strcspn(algorithm, "\n") : 0,
           algorithm ? algorithm : "", isa);
    if (is_true(find(plan, "folded")))
        print_folded(plan);
    else if (sets)
        printf(", %d tap set%s, taps %s", sets, plural(sets),
               is_true(find(plan, "unroll_taps")) ? "spelled out"
                                                  : "in a loop");
    putchar('\n');
    for (int set = 1; set <= sets && set <= SETS_SHOWN; set++)
        print_set(plan, set);
    print_panel(plan, sets);
}
