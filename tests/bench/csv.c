#include "csv.h"

static const char *const bounds[BOUND_COUNT] = {"compute", "narrow", "bytes"};

void csv_head(FILE *file)
{
    fprintf(file,
            "set,title,layer,length,contender,threads,bound,median_ns,min_ns,"
            "calls,quiet,gflops,gbytes,peak_gflops,copy_gbytes,peak_fraction,"
            "copy_fraction,fraction,checked,reason\n");
}

static void quoted(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

/* A number, or nothing where there is none. */
static void number(FILE *file, double value)
{
    if (value > 0)
        fprintf(file, "%.6g", value);
    fputc(',', file);
}

void csv_row(FILE *file, const struct row *row, int threads)
{
    for (int i = 0; i < contender_count; i++) {
        const struct figure *f = &row->figures[i];
        const int machine = contenders[i].group == GROUP_MACHINE;
        double speed = 0, moved = 0;
        if (f->checked && !machine) {
            speed = row->flops / f->median_ns;
            moved = row->bytes / f->median_ns;
        }
        quoted(file, row->layer.set);
        fputc(',', file);
        quoted(file, row->layer.title);
        fprintf(file, ",%s,%lld,%s,%d,%s,", row->name,
                (long long)row->layer.length, contenders[i].name, threads,
                bounds[row->bound]);
        number(file, f->median_ns);
        number(file, f->min_ns);
        fprintf(file, "%lld,%.2f,", (long long)f->calls, f->quiet);
        number(file, speed);
        number(file, moved);
        number(file, row->peak);
        number(file, row->copy);
        number(file, row->peak > 0 ? speed / row->peak : 0);
        number(file, row->copy > 0 ? moved / row->copy : 0);
        number(file, machine ? 0 : row_fraction(row, f->median_ns));
        fprintf(file, "%d,", f->checked);
        quoted(file, f->reason);
        fputc('\n', file);
    }
    fflush(file);
}
