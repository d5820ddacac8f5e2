#include "measure.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "clock.h"
#include "contender_machine.h"
#include "contender_worker.h"
#include "quiet.h"

/* A sample is at least this long, so that reading the clock costs nothing. */
#define SAMPLE_NANOSECONDS 20000.0
/* Calls that are not timed, before those that are. */
#define WARM_NANOSECONDS 500000.0
#define SAMPLES_MOST 4000 /* of a turn */
/* Rounds go on until each contender had the processors to itself in half as
 * many turns as there are rounds to be, this many times the rounds at most. */
#define LONGER 3

struct entry {
    const struct contender *contender;
    void *state;
    struct figure *figure;
    int64_t warm, samples, batch; /* of a turn */
    double *times;
    int turns, quiet; /* turns taken; those with the processors to itself */
    int *is_quiet;    /* of each turn */
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
    free(e->is_quiet);
    e->state = NULL;
    e->times = NULL;
    e->is_quiet = NULL;
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
    const size_t turns = LONGER * (size_t)effort->rounds;
    e->times = calloc(turns * (size_t)e->samples, sizeof *e->times);
    e->is_quiet = calloc(turns, sizeof *e->is_quiet);
    if (e->times && e->is_quiet)
        return 1;
    set_reason(e->figure->reason, "no memory");
    return 0;
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

/* Leaves out the turns that shared the processors, unless too few are left to
 * stand for the contender. Returns the number of samples. */
static int64_t drop_disturbed(struct entry *e, int least)
{
    int64_t n = 0;
    if (e->quiet < least)
        return e->turns * e->samples;
    for (int turn = 0; turn < e->turns; turn++) {
        if (!e->is_quiet[turn])
            continue;
        memmove(e->times + n, e->times + turn * e->samples,
                (size_t)e->samples * sizeof *e->times);
        n += e->samples;
    }
    return n;
}

static void summarise(struct entry *e, const struct effort *effort)
{
    if (!e->turns)
        return;
    e->figure->quiet = (double)e->quiet / e->turns;
    const int64_t n = drop_disturbed(e, (effort->rounds + 2) / 3);
    qsort(e->times, (size_t)n, sizeof *e->times, compare_times);
    e->figure->checked = 1;
    e->figure->calls = n * e->batch;
    e->figure->min_ns = e->times[0];
    e->figure->median_ns = (e->times[n / 2] + e->times[(n - 1) / 2]) / 2;
}

static void take_turn(struct entry *e, const struct problem *problem)
{
    clock_settle(worker_processes, WORKER_COUNT);
    double before = quiet_probe(problem->pool, problem->threads);
    if (!run_calls(e, e->warm, e->samples, e->batch,
                   e->times + e->turns * e->samples)) {
        entry_end(e);
        return;
    }
    double after = quiet_probe(problem->pool, problem->threads);
    e->is_quiet[e->turns] = quiet_enough(before) && quiet_enough(after);
    e->quiet += e->is_quiet[e->turns++];
}

static void take_turns(struct entry *entries, int count, int rounds,
                       const struct problem *problem)
{
    int enough = 0;
    for (int round = 0; round < LONGER * rounds && !enough; round++) {
        enough = round + 1 >= rounds;
        for (int i = 0; i < count; i++) {
            if (entries[i].state)
                take_turn(&entries[i], problem);
            if (entries[i].state)
                enough &= 2 * entries[i].quiet >= rounds;
        }
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
    take_turns(entries, contender_count, effort->rounds, problem);
    for (int i = 0; i < contender_count; i++) {
        const struct contender *c = &contenders[i];
        if (!entries[i].state)
            continue;
        summarise(&entries[i], effort);
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
