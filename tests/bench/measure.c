#include "measure.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "clock.h"
#include "contender_machine.h"
#include "contender_worker.h"

/* A sample is at least this long, so that reading the clock costs nothing. */
#define SAMPLE_NANOSECONDS 20000.0
/* Calls that are not timed, before those that are. */
#define WARM_NANOSECONDS 500000.0
#define SAMPLES_MOST 4000 /* of a turn */

struct entry {
    const struct contender *contender;
    void *state;
    struct figure *figure;
    int64_t warm, samples, batch; /* of a turn */
    double *times;
    int64_t count, room;
};

static int run_calls(const struct entry *e, int64_t warm, int64_t samples,
                     int64_t batch, double *times)
{
    const struct contender *c = e->contender;
    if (c->run)
        return c->run(e->state, warm, samples, batch, times, e->figure->reason);
    for (int64_t i = 0; i < warm; i++)
        c->call(e->state);
    for (int64_t i = 0; i < samples; i++) {
        int64_t begin = clock_nanoseconds();
        for (int64_t b = 0; b < batch; b++)
            c->call(e->state);
        times[i] = (double)(clock_nanoseconds() - begin) / (double)batch;
    }
    return 1;
}

static void entry_end(struct entry *e)
{
    if (e->state)
        e->contender->destroy(e->state);
    free(e->times);
    e->state = NULL;
    e->times = NULL;
}

/* Looks how long a call takes and decides how many a turn has. */
static int plan_turns(struct entry *e, const struct effort *effort)
{
    double time = 0, batch = 1;
    for (int i = 0; i < 3; i++) { /* the first times tell little */
        if (!run_calls(e, 1, 1, (int64_t)batch, &time))
            return 0;
        time = time < 1 ? 1 : time;
        batch = SAMPLE_NANOSECONDS / time;
        batch = batch < 1 ? 1 : batch;
        if (time > 1e8)
            break;
    }
    double rounds = effort->rounds;
    double samples = effort->nanoseconds / rounds / (time * (int)batch) + 1;
    double least = (double)effort->calls / rounds / (int)batch;
    samples = samples < least ? least + 1 : samples;
    samples = samples > SAMPLES_MOST ? SAMPLES_MOST : samples;
    double warm = WARM_NANOSECONDS / time;
    e->batch = (int64_t)batch;
    e->samples = (int64_t)samples;
    e->warm = warm < 1 ? 1 : (int64_t)warm;
    e->room = e->samples * effort->rounds;
    e->times = calloc((size_t)e->room, sizeof *e->times);
    if (!e->times)
        set_reason(e->figure->reason, "no memory");
    return e->times != NULL;
}

/* Makes a contender ready and checks its result. Returns 0 when it is out. */
static int entry_begin(struct entry *e, const struct problem *problem,
                       const struct reference *reference, float *result,
                       const struct effort *effort)
{
    const struct contender *c = e->contender;
    double time;
    if (!c->create) {
        set_reason(e->figure->reason,
                   "its library was not there when this was built");
        return 0;
    }
    if (c->forward_only && problem->spec.pass != TCONV_FORWARD) {
        set_reason(e->figure->reason, "computes no gradients");
        return 0;
    }
    e->state = c->create(c, problem, e->figure->reason);
    if (!e->state || !run_calls(e, 0, 1, 1, &time))
        return 0;
    if (c->output) {
        memset(result, 0xff, (size_t)problem->result * sizeof *result);
        if (!c->output(e->state, result, e->figure->reason) ||
            !reference_check(reference, problem, result, contender_is_tconv(c),
                             e->figure->reason))
            return 0;
    }
    return plan_turns(e, effort);
}

static int compare_times(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static void summarise(const struct entry *e)
{
    const int64_t n = e->count;
    if (!n)
        return;
    qsort(e->times, (size_t)n, sizeof *e->times, compare_times);
    e->figure->checked = 1;
    e->figure->calls = n * e->batch;
    e->figure->min_ns = e->times[0];
    e->figure->median_ns = (e->times[n / 2] + e->times[(n - 1) / 2]) / 2;
}

static void take_turns(struct entry *entries, int count, int rounds)
{
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < count; i++) {
            struct entry *e = &entries[i];
            if (!e->state)
                continue;
            clock_settle(worker_processes, WORKER_COUNT);
            if (run_calls(e, e->warm, e->samples, e->batch,
                          e->times + e->count))
                e->count += e->samples;
            else
                entry_end(e);
        }
}

static enum bound bound_of(const struct problem *problem, const struct row *row)
{
    const struct tconv_spec *spec = &problem->spec;
    if (row->bytes * row->peak > row->flops * row->copy)
        return BOUND_BYTES;
    return row->flops >= 2e6 &&
                   spec->out_channels / spec->groups * spec->kernel_size >=
                       32 * spec->stride
               ? BOUND_COMPUTE
               : BOUND_NARROW;
}

void measure_layer(const struct problem *problem, const int *wanted,
                   const struct effort *effort, struct row *row)
{
    struct entry entries[CONTENDERS_MOST];
    struct reference reference;
    float *result = bench_memory((size_t)problem->result * sizeof *result);
    int made = reference_create(&reference, problem);
    memset(row, 0, sizeof *row);
    row->layer = *problem->layer;
    row->flops = problem->flops;
    row->bytes = problem->bytes;
    tconv_spec_name(&problem->spec, row->name);
    for (int i = 0; i < contender_count; i++) {
        entries[i] = (struct entry){.contender = &contenders[i],
                                    .figure = &row->figures[i]};
        if (!wanted[i])
            set_reason(row->figures[i].reason, "not asked for");
        else if (!result || !made)
            set_reason(row->figures[i].reason, "no memory");
        else if (!entry_begin(&entries[i], problem, &reference, result, effort))
            entry_end(&entries[i]);
    }
    take_turns(entries, contender_count, effort->rounds);
    for (int i = 0; i < contender_count; i++) {
        const struct contender *c = &contenders[i];
        if (!entries[i].state)
            continue;
        summarise(&entries[i]);
        if (c->work && row->figures[i].min_ns > 0)
            *(c->variant == MACHINE_COPY ? &row->copy : &row->peak) =
                c->work(entries[i].state) / row->figures[i].min_ns;
        entry_end(&entries[i]);
    }
    row->bound = bound_of(problem, row);
    if (made)
        reference_free(&reference);
    free(result);
}

double row_best(const struct row *row, enum contender_group group,
                const char *without, int *which)
{
    double best = 0;
    for (int i = 0; i < contender_count; i++) {
        const struct figure *f = &row->figures[i];
        if (!f->checked || contenders[i].group != group ||
            (without && strcmp(contenders[i].name, without) == 0) ||
            (best > 0 && f->median_ns >= best))
            continue;
        best = f->median_ns;
        *which = i;
    }
    return best;
}

double row_time(const struct row *row, const char *name)
{
    int i = contender_find(name);
    return i >= 0 && row->figures[i].checked ? row->figures[i].median_ns : 0;
}

double row_fraction(const struct row *row, double nanoseconds)
{
    const int bytes = row->bound == BOUND_BYTES;
    double most = bytes ? row->copy : row->peak;
    double work = bytes ? row->bytes : row->flops;
    return most > 0 && nanoseconds > 0 ? work / nanoseconds / most : 0;
}
