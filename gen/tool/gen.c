/* tconv gen: C source of a model's kernels. */
#define _POSIX_C_SOURCE 200809L /* NOLINT(bugprone-reserved-identifier) */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "error.h"
#include "file.h"
#include "read_file.h"

static const char help[] =
    "tconv gen - write the C source of a layer or a model\n"
    "\n"
    "SYNOPSIS\n"
    "    tconv gen SPEC -o DIR [--isa LIST] [--prefix P] [--depfile F]\n"
    "    tconv gen SPEC --list\n"
    "\n"
    "DESCRIPTION\n"
    "    Writes into DIR, which is made if need be: NAME.h and NAME.c, which\n"
    "    declare and list the model's layers; one .c file for each distinct\n"
    "    kernel (layers that are equal share it); and tconv_kernel.h, the "
    "ABI.\n"
    "    The files need no library, and give the same bits whatever compiler\n"
    "    and flags build them. Compile all the .c files and include NAME.h;\n"
    "    its comment shows how a kernel is called.\n"
    "\n"
    "    The same SPEC and version give the same bytes. A file that already\n"
    "    holds them is left alone, so that builds see no change; all others\n"
    "    are replaced whole, or none of them is.\n"
    "\n"
    "    One line of standard output names each file that was written.\n"
    "\n"
    "OPTIONS\n"
    "    -o DIR\n"
    "        Where to. Needed unless --list is given.\n"
    "    --isa LIST\n"
    "        Comma-separated instruction sets to make variants for: avx512,\n"
    "        avx2, sse2, neon, or native. A program picks the best at run\n"
    "        time; the portable variant, scalar, is always there. Default: "
    "all\n"
    "        of them.\n"
    "    --prefix P\n"
    "        What exported symbols start with: a C identifier. Default tconv.\n"
    "    --depfile F\n"
    "        Also write F, a rule for Make or Ninja that says that the files\n"
    "        hang on SPEC's model file.\n"
    "    --list\n"
    "        Print the names of the files, without folder, and write nothing.\n"
    "\n"
    "EXIT CODES\n"
    "    0  done\n"
    "    2  bad usage or spec\n"
    "    3  could not: memory, folder, file or disk\n"
    "\n"
    "EXAMPLES\n"
    "    tconv gen examples/models/encodec_24khz.lua -o out\n"
    "    tconv gen \"ConvTranspose1d(64, 32, 4, stride=2)\" -o out --isa "
    "native\n"
    "    cc -O2 -c out/*.c\n";

struct options {
    const char *folder, *isa, *prefix, *depfile;
    int list;
};

static int is_identifier(const char *text)
{
    if (!isalpha((unsigned char)*text) && *text != '_')
        return 0;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && *text != '_')
            return 0;
    return 1;
}

static enum tconv_status read_options(int argc, char **argv, struct options *o,
                                      const char **operand,
                                      struct tconv_error *error)
{
    const struct cli_option table[] = {
        {.name = "-o", .text = &o->folder},
        {.name = "--isa", .text = &o->isa},
        {.name = "--prefix", .text = &o->prefix},
        {.name = "--depfile", .text = &o->depfile},
        {.name = "--list", .flag = &o->list},
    };
    enum tconv_status status = cli_parse(
        argc, argv, table, sizeof table / sizeof *table, operand, error);
    if (status == TCONV_OK && *operand && !o->folder && !o->list)
        status = tconv_fail(error, TCONV_E_ARGUMENT,
                            "-o is missing; -o DIR says where to write");
    if (status == TCONV_OK && o->prefix && !is_identifier(o->prefix))
        status = tconv_fail(error, TCONV_E_ARGUMENT,
                            "--prefix \"%.40s\": must be a C identifier: "
                            "letters, digits and _, no digit first",
                            o->prefix);
    if (status == TCONV_OK)
        status = cli_isa_list(o->isa, error);
    return status;
}

/* DIR/NAME (free()). */
static char *join(const char *folder, const char *name)
{
    size_t folder_bytes = strlen(folder);
    int slash = folder_bytes && folder[folder_bytes - 1] != '/';
    size_t size = folder_bytes + strlen(name) + 2;
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s%s%s", folder, slash ? "/" : "", name);
    return path;
}

/* Whether the file is there with these very bytes. */
static int is_current(const char *path, const char *text, size_t bytes)
{
    unsigned char *found;
    size_t size;
    struct stat info;
    if (!path || stat(path, &info) != 0 || !S_ISREG(info.st_mode) ||
        (size_t)info.st_size != bytes ||
        tconv_read_file(path, &found, &size, NULL) != TCONV_OK)
        return 0;
    int same = found && size == bytes && !memcmp(found, text, bytes);
    free(found);
    return same;
}

/* Writes a file up to the renaming, unless it is current. */
static enum tconv_status prepare(struct whole_file *file, const char *path,
                                 const char *text, size_t bytes,
                                 struct tconv_error *error)
{
    if (is_current(path, text, bytes))
        return TCONV_OK;
    enum tconv_status status = whole_file_begin(file, path, error);
    if (status == TCONV_OK)
        status = whole_file_write(file, text, bytes, error);
    if (status == TCONV_OK)
        status = whole_file_close(file, error);
    return status;
}

/* A path as Make and Ninja read it. */
static void put_escaped(FILE *out, const char *path)
{
    for (; *path; path++) {
        if (*path == ' ' || *path == '#')
            putc('\\', out);
        if (*path == '$')
            putc('$', out);
        putc(*path, out);
    }
}

/* The rule "out/a.h out/a.c: a.lua" (free()). */
static char *dependency_rule(char *const *paths, size_t count,
                             const char *source, size_t *bytes)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, bytes);
    if (!out)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (i)
            fputs(" \\\n  ", out);
        put_escaped(out, paths[i]);
    }
    putc(':', out);
    if (*source) {
        putc(' ', out);
        put_escaped(out, source);
    }
    putc('\n', out);
    int failed = ferror(out);
    if (fclose(out) != 0 || failed) {
        free(text);
        return NULL;
    }
    return text;
}

/* The files on their way, the last one being the depfile. */
struct output {
    char **paths;
    struct whole_file *files;
    size_t count;
};

static enum tconv_status fail_memory(struct tconv_error *error)
{
    return tconv_fail(error, TCONV_E_MEMORY,
                      "not enough memory for the list of files");
}

static enum tconv_status make_output(struct output *out, const char *folder,
                                     const struct tconv_files *files,
                                     struct tconv_error *error)
{
    out->count = files->count;
    out->paths = calloc(files->count + 1, sizeof *out->paths);
    out->files = calloc(files->count + 1, sizeof *out->files);
    if (!out->paths || !out->files)
        return fail_memory(error);
    for (size_t i = 0; i < files->count; i++) {
        out->paths[i] = join(folder, files->files[i].name);
        if (!out->paths[i])
            return fail_memory(error);
    }
    return TCONV_OK;
}

static void free_output(struct output *out)
{
    for (size_t i = 0; out->files && i <= out->count; i++)
        whole_file_abandon(&out->files[i]);
    for (size_t i = 0; out->paths && i < out->count; i++)
        free(out->paths[i]);
    free(out->paths);
    free(out->files);
}

static enum tconv_status prepare_depfile(struct output *out, const char *path,
                                         const char *source,
                                         struct tconv_error *error)
{
    size_t bytes;
    char *rule = dependency_rule(out->paths, out->count, source, &bytes);
    if (!rule)
        return fail_memory(error);
    enum tconv_status status =
        prepare(&out->files[out->count], path, rule, bytes, error);
    free(rule);
    return status;
}

/* Whether two paths, if both are given, lead to one file, which need not be
 * there. */
static int is_same_file(const char *a, const char *b)
{
    struct stat left, right;
    if (!a || !b)
        return 0;
    if (stat(a, &left) == 0 && stat(b, &right) == 0)
        return left.st_dev == right.st_dev && left.st_ino == right.st_ino &&
               S_ISREG(left.st_mode);
    return !strcmp(a, b);
}

/* Refuses to write one file over another, or over the model. */
static enum tconv_status check_paths(const struct output *out,
                                     const char *depfile, const char *source,
                                     struct tconv_error *error)
{
    if (*source && is_same_file(depfile, source))
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "--depfile %.200s: must not be the model file",
                          depfile);
    for (size_t i = 0; i < out->count; i++) {
        if (is_same_file(depfile, out->paths[i]))
            return tconv_fail(error, TCONV_E_ARGUMENT,
                              "--depfile %.200s: must not be a file that is "
                              "generated",
                              depfile);
        if (*source && is_same_file(out->paths[i], source))
            return tconv_fail(error, TCONV_E_ARGUMENT,
                              "%.200s: is the model file; it must not be "
                              "generated over",
                              out->paths[i]);
    }
    return TCONV_OK;
}

/* Gives all files their names, then prints them: a reader of the list that goes
 * away may end this process. */
static enum tconv_status publish(struct output *out, struct tconv_error *error)
{
    enum tconv_status status = TCONV_OK;
    for (size_t i = 0; i < out->count && status == TCONV_OK; i++) {
        if (!out->files[i].path) {
            free(out->paths[i]);
            out->paths[i] = NULL;
            continue;
        }
        status = whole_file_publish(&out->files[i], error);
    }
    if (status == TCONV_OK && out->files[out->count].path)
        status = whole_file_publish(&out->files[out->count], error);
    for (size_t i = 0; i < out->count && status == TCONV_OK; i++)
        if (out->paths[i])
            puts(out->paths[i]);
    return status;
}

static enum tconv_status write_files(const struct options *o,
                                     const struct tconv_files *files,
                                     const char *source,
                                     struct tconv_error *error)
{
    struct output out = {NULL, NULL, 0};
    enum tconv_status status = make_output(&out, o->folder, files, error);
    if (status == TCONV_OK)
        status = check_paths(&out, o->depfile, source, error);
    if (status == TCONV_OK)
        status = folder_make(o->folder, error);
    for (size_t i = 0; i < files->count && status == TCONV_OK; i++)
        status = prepare(&out.files[i], out.paths[i], files->files[i].text,
                         files->files[i].bytes, error);
    if (status == TCONV_OK && o->depfile)
        status = prepare_depfile(&out, o->depfile, source, error);
    if (status == TCONV_OK)
        status = publish(&out, error);
    free_output(&out);
    return status;
}

/* Refuses a model whose own files would be called as a kernel's or the ABI's:
 * one would take the other's place. */
static enum tconv_status check_names(const struct tconv_files *files,
                                     const struct tconv_model *model,
                                     struct tconv_error *error)
{
    for (size_t i = 1; i < files->count; i++)
        for (size_t j = 0; j < i; j++)
            if (!strcmp(files->files[i].name, files->files[j].name))
                return tconv_fail(error, TCONV_E_MODEL,
                                  "%.200s: two files would be called %.100s; "
                                  "rename the model file",
                                  model->file, files->files[i].name);
    return TCONV_OK;
}

static enum tconv_status generate(const struct options *o,
                                  struct tconv_generator *generator,
                                  const struct tconv_model *model,
                                  struct tconv_error *error)
{
    struct tconv_files files = {NULL, 0};
    enum tconv_status status = tconv_generator_emit(generator, model, o->isa,
                                                    o->prefix, &files, error);
    if (status != TCONV_OK)
        return status;
    status = check_names(&files, model, error);
    if (status == TCONV_OK && !o->list)
        status = write_files(o, &files, model->file, error);
    for (size_t i = 0; status == TCONV_OK && o->list && i < files.count; i++)
        puts(files.files[i].name);
    tconv_files_free(&files);
    return status;
}

static enum tconv_status gen(int argc, char **argv, struct tconv_error *error)
{
    struct options o = {.folder = NULL};
    const char *operand;
    struct tconv_generator *generator;
    struct tconv_model model;
    enum tconv_status status = read_options(argc, argv, &o, &operand, error);
    if (status == TCONV_OK)
        status = tconv_generator_create(&generator, error);
    if (status != TCONV_OK)
        return status;
    status = cli_spec(generator, operand, &model, error);
    if (status == TCONV_OK) {
        status = generate(&o, generator, &model, error);
        tconv_model_free(&model);
    }
    tconv_generator_free(generator);
    return status;
}

const struct verb verb_gen = {
    "gen",
    "gen SPEC -o DIR [--isa LIST] [--prefix P] [--depfile F]",
    help,
    gen,
};
