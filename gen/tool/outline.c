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

static void print_set(const char *plan, int set)
{
    const char *phases = find(plan, "sets.%d.phases", set);
    const char *taps = find(plan, "sets.%d.taps", set);
    const char *full = find(plan, "sets.%d.full.rows", set);
    const char *rest = find(plan, "sets.%d.rest.rows", set);
    if (!phases || !taps)
        return;
    long phase_count = strtol(phases, NULL, 10);
    long tap_count = strtol(taps, NULL, 10);
    printf("    set %d    %ld phase%s of %ld tap%s", set - 1, phase_count,
           plural(phase_count), tap_count, plural(tap_count));
    if (full && rest)
        printf(", tiles of %ld and %ld rows", strtol(full, NULL, 10),
               strtol(rest, NULL, 10));
    else if (full || rest)
        printf(", tiles of %ld row%s", strtol(full ? full : rest, NULL, 10),
               plural(strtol(full ? full : rest, NULL, 10)));
    putchar('\n');
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
        printf(", tap sets and taps in loops");
    else if (sets)
        printf(", %d tap set%s, taps %s", sets, plural(sets),
               is_true(find(plan, "unroll_taps")) ? "spelled out"
                                                  : "in a loop");
    putchar('\n');
    for (int set = 1; set <= sets && set <= SETS_SHOWN; set++)
        print_set(plan, set);
}
