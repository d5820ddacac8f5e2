#include "report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void report_head(const char *isa, int threads)
{
    printf("tconv for %s, %d thread%s; per cent of the peak (F, f) or of the "
           "copy bandwidth (B)\n\n",
           isa, threads, threads == 1 ? "" : "s");
    printf("%-33s %6s %9s %7s ", "layer", "length", "jit us", "bound");
    for (int i = 0; i < contender_count; i++) {
        if (contenders[i].group == GROUP_MACHINE)
            continue;
        if (contenders[i].group == GROUP_OTHER &&
            contenders[i - 1].group != GROUP_OTHER)
            printf(" |");
        printf(" %7s", contenders[i].title);
    }
    printf(" | %6s %6s\n", "x jit", "x cc");
}

void report_row(const struct row *row)
{
    int which;
    double best = row_best(row, GROUP_NCL, NULL, &which);
    double jit = row_time(row, "tconv-jit"), cc = row_time(row, "tconv-cc");
    printf("%-33.33s %6lld", row->layer.title, (long long)row->layer.length);
    if (jit > 0)
        printf(" %9.*f", jit < 1e5 ? 2 : 0, jit * 1e-3);
    else
        printf(" %9s", "-");
    printf(" %c %5.0f ", "FfB"[row->bound],
           row -> bound == BOUND_BYTES ? row -> copy : row -> peak);
    for (int i = 0; i < contender_count; i++) {
        const struct figure *f = &row->figures[i];
        if (contenders[i].group == GROUP_MACHINE)
            continue;
        if (contenders[i].group == GROUP_OTHER &&
            contenders[i - 1].group != GROUP_OTHER)
            printf(" |");
        double percent = 100 * row_fraction(row, f->median_ns);
        if (f->checked)
            printf(" %7.*f", percent < 9.95 ? 1 : 0, percent);
        else
            printf(" %7s", "-");
    }
    printf(" |");
    for (int i = 0; i < 2; i++) {
        double own = i ? cc : jit;
        if (own > 0 && best > 0)
            printf(" %6.2f", best / own);
        else
            printf(" %6s", "-");
    }
    printf("\n");
    fflush(stdout);
}

/* A geometric mean and the least, of what is above 0. */
struct mean {
    double sum, least;
    int count;
    const char *title; /* of the least */
};

static void mean_add(struct mean *mean, double value, const struct row *row)
{
    if (!(value > 0))
        return;
    if (!mean->count || value < mean->least) {
        mean->least = value;
        mean->title = row->layer.title;
    }
    mean->sum += log(value);
    mean->count++;
}

static void mean_print(const char *what, const struct mean *mean, double scale)
{
    if (mean->count)
        printf("  %-45s %7.2f   least %7.2f   %3d layers   %s\n", what,
               scale * exp(mean->sum / mean->count), scale * mean->least,
               mean->count, mean->title);
}

static double ratio(double above, double below)
{
    return above > 0 && below > 0 ? above / below : 0;
}

/* The less of two times, of which either may be none. */
static double faster(double a, double b)
{
    return a > 0 && (a < b || !(b > 0)) ? a : b;
}

/* Of one set; "": of all layers. */
static void print_means(const struct row *rows, int count, const char *set)
{
    struct mean fraction[BOUND_COUNT][2], best = {0}, debian = {0};
    struct mean torch = {0}, ort = {0}, engines = {0}, last = {0};
    static const char *const engine[] = {"tconv-jit", "tconv-cc"};
    int which;
    memset(fraction, 0, sizeof fraction);
    for (int i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        double jit = row_time(row, engine[0]);
        if (set[0] && strcmp(row->layer.set, set) != 0)
            continue;
        for (int e = 0; e < 2; e++)
            mean_add(&fraction[row->bound][e],
                     row_fraction(row, row_time(row, engine[e])), row);
        mean_add(&best, ratio(row_best(row, GROUP_NCL, NULL, &which), jit),
                 row);
        mean_add(&debian, ratio(row_best(row, GROUP_NCL, "ort", &which), jit),
                 row);
        mean_add(&torch, ratio(row_time(row, "torch"), jit), row);
        mean_add(&ort, ratio(row_time(row, "ort"), jit), row);
        mean_add(
            &last,
            ratio(faster(row_time(row, "onednn-nwc"), row_time(row, "xnnpack")),
                  row_time(row, "tconv-jit-nlc")),
            row);
        mean_add(&engines, ratio(row_time(row, engine[1]), jit), row);
    }
    printf("\nGeometric means, %s%s\n", set[0] ? "set " : "all layers", set);
    mean_print("jit, % of peak, compute-bound (F)", &fraction[0][0], 100);
    mean_print("cc,  % of peak, compute-bound (F)", &fraction[0][1], 100);
    mean_print("jit, % of peak, narrow or small (f)", &fraction[1][0], 100);
    mean_print("cc,  % of peak, narrow or small (f)", &fraction[1][1], 100);
    mean_print("jit, % of copy bandwidth (B)", &fraction[2][0], 100);
    mean_print("cc,  % of copy bandwidth (B)", &fraction[2][1], 100);
    mean_print("jit over the best peer in NCL", &best, 1);
    if (ort.count)
        mean_print("jit over the best of Debian's peers in NCL", &debian, 1);
    mean_print("jit over PyTorch", &torch, 1);
    mean_print("jit over ONNX Runtime", &ort, 1);
    mean_print("jit over cc", &engines, 1);
    mean_print("jit over the best peer, channels last", &last, 1);
}

/* Reasons and notes, each once, with the number of layers it holds for. */
static void print_reasons(const struct row *rows, int count)
{
    printf("\n");
    for (int c = 0; c < contender_count; c++)
        for (int i = 0; i < count; i++) {
            const char *reason = rows[i].figures[c].reason;
            int seen = 0, same = 0;
            for (int k = 0; k < count; k++) {
                int equal = strcmp(rows[k].figures[c].reason, reason) == 0;
                seen |= equal && k < i;
                same += equal;
            }
            if (reason[0] && !seen)
                printf("%s: %s (%d layer%s, the first: %s)\n",
                       contenders[c].name, reason, same, same == 1 ? "" : "s",
                       rows[i].layer.title);
        }
}

/* Geometric mean of a machine figure's median as per cent of its best. */
static double calm_of(const struct row *rows, int count, const char *name)
{
    struct mean calm = {0};
    const int which = contender_find(name);
    for (int i = 0; i < count; i++)
        mean_add(&calm,
                 ratio(rows[i].figures[which].min_ns,
                       rows[i].figures[which].median_ns),
                 &rows[i]);
    return calm.count ? 100 * exp(calm.sum / calm.count) : 0;
}

/* Mean part of the turns that had the processors to themselves. */
static double quiet_turns(const struct row *rows, int count)
{
    double sum = 0;
    int figures = 0;
    for (int i = 0; i < count; i++)
        for (int c = 0; c < contender_count; c++) {
            sum += rows[i].figures[c].quiet;
            figures += rows[i].figures[c].checked;
        }
    return figures ? 100 * sum / figures : 0;
}

/* Whether processors and memory were this program's alone. */
static void print_calm(const struct row *rows, int count)
{
    double peak = calm_of(rows, count, "peak");
    double copy = calm_of(rows, count, "copy");
    printf("\nMedians of the machine as per cent of its best: peak %.0f, copy "
           "%.0f%s\nTurns with the processors to themselves, per cent: %.0f\n",
           peak, copy,
           peak < 95 || copy < 85 ? "; others use it too: medians suffer" : "",
           quiet_turns(rows, count));
}

void report_end(const struct row *rows, int count)
{
    int differ = 0;
    for (int i = 0; i < count; i++) {
        int first = 1;
        for (int k = 0; k < i; k++)
            first &= strcmp(rows[k].layer.set, rows[i].layer.set) != 0;
        if (first)
            print_means(rows, count, rows[i].layer.set);
        differ |= i && first;
    }
    if (differ)
        print_means(rows, count, "");
    print_calm(rows, count);
    print_reasons(rows, count);
}
