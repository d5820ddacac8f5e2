#include "contender_worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker.h"

static const struct {
    const char *command, *script, *argument;
} programs[WORKER_COUNT] = {
    {BENCH_PYTHON, BENCH_FOLDER "/torch_worker.py", "-"},
    {"node", BENCH_FOLDER "/ort_worker.mjs", BENCH_NODE_MODULES},
};

pid_t worker_processes[WORKER_COUNT];

static struct worker workers[WORKER_COUNT];
static char failed[WORKER_COUNT][REASON_SIZE]; /* "": not yet */

/* What is behind `word` in the line, or NULL. */
static const char *after(const char *line, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(line, word, length) != 0)
        return NULL;
    return line[length] == ' ' ? line + length + 1 : line + length;
}

/* Says something and reads the answer; NULL, and why, when it is not what is
 * hoped for. A worker that has died stays dead. */
static const char *ask(int kind, const char *question, const char *hope,
                       char reason[REASON_SIZE])
{
    const char *line, *rest;
    if (failed[kind][0]) {
        set_reason(reason, "%s", failed[kind]);
        return NULL;
    }
    line = worker_ask(&workers[kind], question);
    if (!line) {
        set_reason(failed[kind], "%s", workers[kind].reason);
        set_reason(reason, "%s", failed[kind]);
        worker_processes[kind] = 0;
        return NULL;
    }
    rest = after(line, hope);
    if (!rest)
        set_reason(reason, "%.150s", after(line, "no") ? line + 3 : line);
    return rest;
}

static int start(int kind, int threads, char reason[REASON_SIZE])
{
    if (worker_processes[kind] || failed[kind][0])
        return !failed[kind][0] || (set_reason(reason, "%s", failed[kind]), 0);
    /* ONNX Runtime pins its other threads by itself. */
    if (!worker_start(&workers[kind], programs[kind].command,
                      programs[kind].script, programs[kind].argument, threads,
                      kind == WORKER_ORT ? 1 : threads)) {
        set_reason(failed[kind], "%s", workers[kind].reason);
        set_reason(reason, "%s", failed[kind]);
        return 0;
    }
    worker_processes[kind] = workers[kind].process;
    if (ask(kind, NULL, "ready", reason))
        return 1;
    set_reason(failed[kind], "%s", reason);
    return 0;
}

struct state {
    const struct problem *problem;
    int kind;
};

static int put_given(const struct worker *worker, const struct problem *p)
{
    const struct {
        const char *name;
        const float *values;
        int64_t count;
    } given[] = {{"x.bin", p->x, p->sizes.input},
                 {"weight.bin", p->weight, p->sizes.weight},
                 {"bias.bin", p->bias, p->sizes.bias},
                 {"y.bin", p->y, p->sizes.output}};
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        if (!worker_put(worker, given[i].name, given[i].values,
                        given[i].values ? given[i].count : 0))
            return 0;
    return 1;
}

void *worker_create(const struct contender *self, const struct problem *problem,
                    char reason[REASON_SIZE])
{
    const struct tconv_spec *spec = &problem->spec;
    const int kind = self->variant;
    char line[400];
    if (!start(kind, problem->threads, reason))
        return NULL;
    struct worker *worker = &workers[kind];
    if (!put_given(worker, problem)) {
        set_reason(reason, "cannot write into %s", worker->folder);
        return NULL;
    }
    const int64_t numbers[] = {spec->in_channels,
                               spec->out_channels,
                               spec->kernel_size,
                               spec->stride,
                               spec->padding_begin,
                               spec->padding_end,
                               spec->output_padding,
                               spec->groups,
                               problem->bias != NULL,
                               spec->dilation,
                               problem->length,
                               problem->sizes.output_length,
                               spec->pass};
    int at = snprintf(line, sizeof line, "layer");
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        at += snprintf(line + at, sizeof line - (size_t)at, " %lld",
                       (long long)numbers[i]);
    const char *note = ask(kind, line, "ok", reason);
    struct state *s = note ? calloc(1, sizeof *s) : NULL;
    if (!s)
        return NULL;
    set_reason(reason, "%.150s", note);
    s->problem = problem;
    s->kind = kind;
    return s;
}

int worker_run(void *state, int64_t warm, int64_t samples, int64_t batch,
               double *times, char reason[REASON_SIZE])
{
    const struct state *s = state;
    char line[100];
    snprintf(line, sizeof line, "run %lld %lld %lld", (long long)warm,
             (long long)samples, (long long)batch);
    const char *rest = ask(s->kind, line, "times", reason);
    for (int64_t i = 0; rest && i < samples; i++) {
        char *end;
        times[i] = strtod(rest, &end);
        if (end == rest) {
            set_reason(reason, "the worker gave too few times");
            return 0;
        }
        rest = end;
    }
    return rest != NULL;
}

int worker_output(void *state, float *result, char reason[REASON_SIZE])
{
    const struct state *s = state;
    if (!ask(s->kind, "output", "ok", reason))
        return 0;
    if (worker_get(&workers[s->kind], "result.bin", result, s->problem->result))
        return 1;
    set_reason(reason, "the worker's output has another size");
    return 0;
}

void worker_destroy(void *state)
{
    free(state);
}

void workers_stop(void)
{
    for (int i = 0; i < WORKER_COUNT; i++)
        if (worker_processes[i])
            worker_stop(&workers[i]);
}
