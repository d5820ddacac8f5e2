#define _GNU_SOURCE
#include "layers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Cuts `*rest` at the next bar and takes away blanks around the field. */
static char *field(char **rest)
{
    char *begin = *rest, *end = begin + strcspn(begin, "|\n");
    *rest = *end == '|' ? end + 1 : end;
    begin += strspn(begin, " \t");
    while (end > begin && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *end = 0;
    return begin;
}

/* One line's layer. Returns 0, with the message, if it is none. */
static int read_line(struct tconv_generator *generator, char *line,
                     struct layer *layer, struct tconv_error *error)
{
    struct tconv_model model;
    const char *set = field(&line), *title = field(&line), *spec = field(&line);
    const char *number = field(&line);
    char *end;
    memset(layer, 0, sizeof *layer);
    snprintf(layer->set, sizeof layer->set, "%s", set);
    snprintf(layer->title, sizeof layer->title, "%s", title);
    layer->length = strtoll(number, &end, 10);
    if (!*set || !*title || *end || layer->length < 1) {
        snprintf(error->message, sizeof error->message,
                 "expected: set | title | spec | length");
        return 0;
    }
    if (tconv_generator_read(generator, spec, &model, error) != TCONV_OK)
        return 0;
    layer->spec = model.layers[0].spec;
    int one = model.count == 1 && layer->spec.dtype == TCONV_F32 &&
              layer->spec.op == TCONV_CONV_TRANSPOSE1D;
    tconv_model_free(&model);
    if (!one)
        snprintf(error->message, sizeof error->message,
                 "not one f32 ConvTranspose1d");
    return one;
}

static int is_wanted(const struct layer *layer, const char *set,
                     const char *part)
{
    char name[TCONV_NAME_SIZE];
    tconv_spec_name(&layer->spec, name);
    const char *every = layer->spec.pass == TCONV_FORWARD ? "all" : "grad";
    return (strcmp(set, every) == 0 || strcmp(set, layer->set) == 0) &&
           (!part || strcasestr(layer->title, part) || strstr(name, part));
}

static int read_lines(struct tconv_generator *generator, FILE *file,
                      const char *path, const char *set, const char *part,
                      struct layers *layers)
{
    char line[512];
    for (int number = 1; fgets(line, sizeof line, file); number++) {
        struct tconv_error error = {TCONV_OK, ""};
        struct layer layer;
        if (line[0] == '#' || !line[strspn(line, " \t\n")])
            continue;
        if (!read_line(generator, line, &layer, &error)) {
            fprintf(stderr, "%s:%d: %s\n", path, number, error.message);
            return 0;
        }
        if (!is_wanted(&layer, set, part))
            continue;
        struct layer *items =
            realloc(layers->items, ((size_t)layers->count + 1) * sizeof *items);
        if (!items) {
            fprintf(stderr, "no memory\n");
            return 0;
        }
        layers->items = items;
        layers->items[layers->count++] = layer;
    }
    return 1;
}

int layers_read(const char *path, const char *set, const char *part,
                struct layers *layers)
{
    struct tconv_generator *generator;
    struct tconv_error error = {TCONV_OK, ""};
    *layers = (struct layers){NULL, 0};
    FILE *file = fopen(path, "r");
    if (!file) {
        perror(path);
        return 0;
    }
    int done = 0;
    if (tconv_generator_create(&generator, &error) == TCONV_OK) {
        done = read_lines(generator, file, path, set, part, layers);
        tconv_generator_free(generator);
    } else {
        fprintf(stderr, "%s\n", error.message);
    }
    fclose(file);
    if (!done)
        layers_free(layers);
    return done;
}

void layers_free(struct layers *layers)
{
    free(layers->items);
    *layers = (struct layers){NULL, 0};
}
