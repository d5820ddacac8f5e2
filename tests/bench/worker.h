/* A child process that answers each line with a line. */
#ifndef BENCH_WORKER_H
#define BENCH_WORKER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct worker {
    pid_t process;
    int to, from; /* pipes */
    char folder[64];
    char *line; /* the last answer */
    size_t room, held, taken;
    char reason[160]; /* why it is gone */
};

/* Runs `command script folder threads processors argument`, allowed the first
 * `allowed` processors. Returns 0, with the reason, when that failed. */
int worker_start(struct worker *worker, const char *command, const char *script,
                 const char *argument, int threads, int allowed);

/* Says a line (NULL: nothing) and gives the answer; NULL when the worker died
 * or took over two minutes, which is the end of it. */
const char *worker_ask(struct worker *worker, const char *line);

/* Files of floats in the worker's folder. Return 0 on failure; a file that is
 * read must have exactly `count`. */
int worker_put(const struct worker *worker, const char *name,
               const float *values, int64_t count);
int worker_get(const struct worker *worker, const char *name, float *values,
               int64_t count);

/* Ends the process and removes its folder. */
void worker_stop(struct worker *worker);

#endif
