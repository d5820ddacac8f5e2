/* tconv_bench: see options.c for its help, README.md for how it measures. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "contender_worker.h"
#include "csv.h"
#include "options.h"
#include "problem.h"
#include "processors.h"
#include "report.h"
#include "svg.h"

#define PROCESSORS "TCONV_BENCH_PROCESSORS"

/* OpenMP reads its settings before main(): the program sets them for itself and
 * its workers, and starts again. It is pinned then, hence the list. */
static void set_environment(char **argv, int threads)
{
    char list[1024], count[16], self[4096];
    snprintf(count, sizeof count, "%d", threads);
    processors_list(threads, list, sizeof list);
    setenv(PROCESSORS, list, 1);
    setenv("OMP_NUM_THREADS", count, 1);
    setenv("GOMP_CPU_AFFINITY", list, 1);
    setenv("OMP_DYNAMIC", "false", 1);
    /* These would slow OpenBLAS down, let OpenMP spin for ever, or go against
     * what is set here. */
    unsetenv("OPENBLAS_CORETYPE");
    unsetenv("OPENBLAS_NUM_THREADS");
    unsetenv("OMP_PROC_BIND");
    unsetenv("OMP_PLACES");
    unsetenv("OMP_WAIT_POLICY");
    unsetenv("GOMP_SPINCOUNT");
    /* Its other build fights OpenMP's threads; PyTorch finds this one too. */
    if (BENCH_OPENBLAS_FOLDER[0])
        setenv("LD_LIBRARY_PATH", BENCH_OPENBLAS_FOLDER, 1);
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length < 0 ? 0 : length] = 0;
    execv(self, argv);
    fprintf(stderr, "tconv_bench: cannot start again: %s\n", strerror(errno));
}

/* Ctrl-C ends after the layer at hand; a second one ends at once. */
static volatile sig_atomic_t stopped;

static void stop(int number)
{
    (void)number;
    stopped = 1;
}

static int tconv_is_wrong(const struct row *row)
{
    for (int i = 0; i < contender_count; i++)
        if (contender_is_tconv(&contenders[i]) &&
            strncmp(row->figures[i].reason, "wrong", 5) == 0)
            return 1;
    return 0;
}

static int run(const struct options *options, const struct layers *layers,
               struct row *rows, struct pool *pool, FILE *csv)
{
    int measured = 0, wrong = 0;
    report_head(options->isa, options->threads);
    for (int i = 0; i < layers->count && !stopped; i++) {
        struct problem problem;
        char reason[REASON_SIZE] = "";
        if (!problem_create(&problem, &layers->items[i], reason)) {
            fprintf(stderr, "%s: %s\n", layers->items[i].title, reason);
            continue;
        }
        problem.isa = options->isa;
        problem.threads = options->threads;
        problem.pool = pool;
        struct row *row = &rows[measured++];
        measure_layer(&problem, options->wanted, &options->effort, row);
        problem_free(&problem);
        report_row(row);
        if (csv)
            csv_row(csv, row, options->threads);
        wrong |= tconv_is_wrong(row);
    }
    report_end(rows, measured);
    if (options->svg && !svg_write(options->svg, rows, measured, options->isa,
                                   options->threads)) {
        perror(options->svg);
        return 3;
    }
    return wrong;
}

/* What run() needs, and cleaning up behind it. */
static int bench(const struct options *options, const struct layers *layers)
{
    FILE *csv = NULL;
    int code = 3;
    struct row *rows = calloc((size_t)layers->count, sizeof *rows);
    struct pool *pool = pool_create(options->threads);
    if (!rows || !pool) {
        fprintf(stderr, "tconv_bench: no memory, or no threads: for more than "
                        "one, libpthreadpool-dev must be there at build\n");
        goto end;
    }
    if (options->csv && !(csv = fopen(options->csv, "w"))) {
        perror(options->csv);
        goto end;
    }
    if (csv)
        csv_head(csv);
    code = run(options, layers, rows, pool, csv);
    workers_stop();
end:
    if (csv)
        fclose(csv);
    if (pool)
        pool_free(pool);
    free(rows);
    return code;
}

int main(int argc, char **argv)
{
    struct options options;
    struct layers layers;
    int code = options_read(argc, argv, &options);
    if (code >= 0)
        return code;
    const char *list = getenv(PROCESSORS);
    int found = processors_find(list);
    if (options.threads > found) {
        fprintf(stderr, "tconv_bench: there %s only %d processor%s\n",
                found == 1 ? "is" : "are", found, found == 1 ? "" : "s");
        return 2;
    }
    if (!list)
        set_environment(argv, options.threads);
    const struct sigaction once = {.sa_handler = stop,
                                   .sa_flags = SA_RESTART | (int)SA_RESETHAND};
    sigaction(SIGINT, &once, NULL);
    sigaction(SIGTERM, &once, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (!layers_read(options.list, options.set, options.part, &layers))
        return 2;
    if (layers.count == 0) {
        fprintf(stderr, "tconv_bench: no such layer in set %s of %s\n",
                options.set, options.list);
        return 2;
    }
    processors_pin(0);
    code = bench(&options, &layers);
    layers_free(&layers);
    return code;
}
