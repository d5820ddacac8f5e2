/* Shows progress. */
#define _POSIX_C_SOURCE 200809L /* NOLINT(bugprone-reserved-identifier) */
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#include "clock.h"

#define INTERVAL INT64_C(100000000)

void progress_begin(struct progress *progress, int64_t total)
{
    progress->total = total;
    progress->next = isatty(STDERR_FILENO) ? clock_nanoseconds() + INTERVAL : 0;
}

void progress_show(struct progress *progress, int64_t done)
{
    if (!progress->next)
        return;
    int64_t now = clock_nanoseconds();
    if (now < progress->next)
        return;
    progress->next = now + INTERVAL;
    fprintf(stderr, "\r%lld/%lld", (long long)done, (long long)progress->total);
}

void progress_end(struct progress *progress)
{
    if (progress->next)
        fputs("\r\033[K", stderr);
}
