/* A count on the terminal, where standard error is one; nothing in a pipe. */
#ifndef TOOL_PROGRESS_H
#define TOOL_PROGRESS_H

#include <stdint.h>

struct progress {
    int64_t total;
    int64_t next; /* nanoseconds; when to show again; 0: never */
};

void progress_begin(struct progress *progress, int64_t total);

/* Shows "done/total", a few times a second whatever it is called. */
void progress_show(struct progress *progress, int64_t done);

/* Clears the line. Further shows print it anew. */
void progress_end(struct progress *progress);

#endif
