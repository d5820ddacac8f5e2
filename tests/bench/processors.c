#define _GNU_SOURCE
#include "processors.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

static int numbers[CPU_SETSIZE], found;

int processors_find(const char *list)
{
    cpu_set_t set;
    found = 0;
    while (list && *list && found < CPU_SETSIZE) {
        char *end;
        numbers[found++] = (int)strtol(list, &end, 10);
        list = *end ? end + 1 : end;
    }
    if (found)
        return found;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 0;
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET((size_t)i, &set))
            numbers[found++] = i;
    return found;
}

void processors_list(int count, char *list, size_t bytes)
{
    size_t at = 0;
    list[0] = 0;
    for (int i = 0; i < count && i < found && at + 16 < bytes; i++)
        at += (size_t)snprintf(list + at, bytes - at, "%s%d", i ? "," : "",
                               numbers[i]);
}

void processors_pin(int i)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (i < found) {
        CPU_SET((size_t)numbers[i], &set);
        sched_setaffinity(0, sizeof set, &set);
    }
}

void processors_pin_first(int count)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int i = 0; i < count && i < found; i++)
        CPU_SET((size_t)numbers[i], &set);
    sched_setaffinity(0, sizeof set, &set);
}
