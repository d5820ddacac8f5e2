#include "svg.h"

#include <stdio.h>

/* Sizes in pixels. */
#define LEFT 320
#define WIDTH 640
#define RIGHT 90
#define HEAD 92
#define LINE 18
#define SECTION 56
#define MOST 120 /* per cent at the right end; beyond is drawn there */

/* How a contender is drawn: colour-blind safe, and told apart by shape too. */
static const struct mark {
    const char *name, *label, *colour;
    char shape; /* circle, square, diamond, triangle, plus, ring */
} marks[] = {
    {"xnnpack", "XNNPACK (channels-last)", "#999999", 'r'},
    {"onednn-nwc", "oneDNN (channels-last)", "#666666", 'r'},
    {"loop", "textbook loop", "#a6761d", 'p'},
    {"gemm", "OpenBLAS GEMM", "#e69f00", 's'},
    {"ort", "ONNX Runtime", "#56b4e9", 't'},
    {"torch", "PyTorch", "#d55e00", 't'},
    {"onednn-any", "oneDNN, reorders counted", "#cc79a7", 'd'},
    {"onednn-ncw", "oneDNN ncw", "#882255", 'd'},
    {"tconv-cc", "tconv cc", "#009e73", 's'},
    {"tconv-jit", "tconv jit", "#0050a0", 'c'},
};
#define MARKS ((int)(sizeof marks / sizeof *marks))

static void draw_mark(FILE *file, const struct mark *mark, double x, double y)
{
    const char *colour = mark->colour;
    switch (mark->shape) {
    case 'c':
        fprintf(file, "<circle cx='%.1f' cy='%.1f' r='5' fill='%s'/>\n", x, y,
                colour);
        break;
    case 'r':
        fprintf(file,
                "<circle cx='%.1f' cy='%.1f' r='3.6' fill='none' stroke='%s' "
                "stroke-width='1.6'/>\n",
                x, y, colour);
        break;
    case 's':
        fprintf(file,
                "<rect x='%.1f' y='%.1f' width='7' height='7' fill='%s'/>\n",
                x - 3.5, y - 3.5, colour);
        break;
    default:
        fprintf(file, "<path transform='translate(%.1f %.1f)' d='%s' ", x, y,
                mark->shape == 'd'   ? "M0-5L5 0L0 5L-5 0Z"
                : mark->shape == 't' ? "M0-4.5L4.5 4L-4.5 4Z"
                                     : "M-4 0H4M0-4V4");
        fprintf(file, "fill='%s' stroke='%s' stroke-width='%s'/>\n", colour,
                colour, mark->shape == 'p' ? "2.4" : "0");
    }
}

static void draw_legend(FILE *file)
{
    for (int i = 0; i < MARKS; i++) {
        const struct mark *mark = &marks[MARKS - 1 - i];
        const int column = i % 5, line = i / 5;
        double x = 24 + column * 200, y = 52 + line * 20;
        draw_mark(file, mark, x, y);
        fprintf(file, "<text x='%.0f' y='%.0f'>%s</text>\n", x + 12, y + 4,
                mark->label);
    }
}

static void text(FILE *file, const char *from)
{
    for (; *from; from++) {
        if (*from == '<')
            fputs("&lt;", file);
        else if (*from == '&')
            fputs("&amp;", file);
        else
            fputc(*from, file);
    }
}

static double place(double fraction)
{
    double percent = 100 * fraction > MOST ? MOST : 100 * fraction;
    return LEFT + WIDTH * percent / MOST;
}

static void draw_row(FILE *file, const struct row *row, int y)
{
    double jit = row_fraction(row, row_time(row, "tconv-jit"));
    fprintf(file, "<path d='M%d %dH%d' stroke='#e8e8e8'/>\n", LEFT, y,
            LEFT + WIDTH);
    fprintf(file, "<text x='%d' y='%d' text-anchor='end'>", LEFT - 10, y + 4);
    text(file, row->layer.title);
    fprintf(file, "; %lld</text>\n", (long long)row->layer.length);
    for (int i = 0; i < MARKS; i++) {
        double time = row_time(row, marks[i].name);
        if (time > 0)
            draw_mark(file, &marks[i], place(row_fraction(row, time)), y);
    }
    if (jit > 0)
        fprintf(file, "<text x='%d' y='%d'>%.0f %%</text>\n", LEFT + WIDTH + 30,
                y + 4, 100 * jit);
}

static const char *const headings[BOUND_COUNT] = {
    "Compute-bound layers: % of the FMA peak",
    "Narrow or small layers: % of the FMA peak",
    "Bandwidth-bound layers: % of the copy bandwidth",
};

/* The layers of one kind. Returns where it ends. */
static int draw_section(FILE *file, const struct row *rows, int count,
                        enum bound bound, int y)
{
    int shown = 0, top = y + SECTION - 8;
    for (int i = 0; i < count; i++)
        shown += rows[i].bound == bound;
    if (!shown)
        return y;
    fprintf(file, "<text x='%d' y='%d' font-weight='bold'>%s</text>\n", LEFT,
            y + 20, headings[bound]);
    for (int percent = 0; percent <= MOST; percent += 20) {
        double x = place(percent / 100.0);
        fprintf(file,
                "<path d='M%.1f %dV%d' stroke='%s'/>\n<text x='%.1f' y='%d' "
                "text-anchor='middle'>%s%d</text>\n",
                x, top, top + shown * LINE + 4,
                percent == 100 ? "#444444" : "#cccccc", x, top - 6,
                percent == MOST ? "&#8805;" : "", percent);
    }
    fprintf(file, "<text x='%d' y='%d'>jit</text>\n", LEFT + WIDTH + 30,
            top - 6);
    y += SECTION + 4;
    for (int i = 0; i < count; i++)
        if (rows[i].bound == bound) {
            draw_row(file, &rows[i], y);
            y += LINE;
        }
    return y;
}

int svg_write(const char *path, const struct row *rows, int count,
              const char *isa, int threads)
{
    const int width = LEFT + WIDTH + RIGHT;
    const int height = HEAD + BOUND_COUNT * SECTION + count * LINE + 30;
    FILE *file = fopen(path, "w");
    if (!file)
        return 0;
    fprintf(file,
            "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' "
            "viewBox='0 0 %d %d' font-family='sans-serif' font-size='12' "
            "fill='#222222'>\n"
            "<rect width='%d' height='%d' fill='white'/>\n"
            "<text x='18' y='28' font-size='17' font-weight='bold'>"
            "ConvTranspose1d, f32, %s, %d thread%s</text>\n",
            width, height, width, height, width, height, isa, threads,
            threads == 1 ? "" : "s");
    draw_legend(file);
    int y = HEAD;
    for (int bound = 0; bound < BOUND_COUNT; bound++)
        y = draw_section(file, rows, count, (enum bound)bound, y);
    fprintf(file, "</svg>\n");
    return fclose(file) == 0;
}
