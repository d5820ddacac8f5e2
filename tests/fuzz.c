#define _POSIX_C_SOURCE 200809L
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void fuzz_broken(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    abort();
}

#ifndef TCONV_LIBFUZZER

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct input {
    uint8_t *data;
    size_t bytes;
};

static struct input *corpus;
static size_t corpus_count;
static uint64_t random_state;

/* What is being tried, for the handler of its crash. */
static uint8_t *volatile current;
static volatile size_t current_bytes;
static char left_name[200];

static uint64_t random_below(uint64_t count)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return count > 1 ? (z ^ (z >> 31)) % count : 0;
}

static void leave_input(void)
{
    int file = open(left_name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    size_t done = 0;
    while (file >= 0 && done < current_bytes) {
        ssize_t wrote = write(file, current + done, current_bytes - done);
        if (wrote <= 0)
            break;
        done += (size_t)wrote;
    }
    static const char words[] = "the input is left in ";
    if (write(2, words, sizeof words - 1) < 0 ||
        write(2, left_name, strlen(left_name)) < 0 || write(2, "\n", 1) < 0)
        _exit(3);
}

static void crashed(int signal)
{
    leave_input();
    _exit(128 + signal);
}

/* AddressSanitizer ends the process itself, and calls this first. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier) */
void __sanitizer_set_death_callback(void (*callback)(void))
    __attribute__((weak));

static void watch(void)
{
    snprintf(left_name, sizeof left_name, "%s.%ld.input", fuzz_name,
             (long)getpid());
    static const int signals[] = {SIGABRT, SIGALRM, SIGSEGV,
                                  SIGBUS,  SIGFPE,  SIGILL};
    int sanitized = __sanitizer_set_death_callback != NULL;
    if (sanitized)
        __sanitizer_set_death_callback(leave_input);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (!sanitized || i < 2)
            signal(signals[i], crashed);
}

static void try_input(const uint8_t *data, size_t bytes)
{
    /* Exactly as large as the input, so that a sanitizer sees its end. */
    current = malloc(bytes ? bytes : 1);
    if (!current)
        exit(3);
    if (bytes)
        memcpy(current, data, bytes);
    current_bytes = bytes;
    alarm(FUZZ_INPUT_SECONDS);
    LLVMFuzzerTestOneInput(current, bytes);
    alarm(0);
    free(current);
    current = NULL;
    current_bytes = 0;
}

static void read_input(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct input in = {malloc(FUZZ_MOST_BYTES), 0};
    struct input *more = realloc(corpus, (corpus_count + 1) * sizeof *corpus);
    if (!file || !in.data || !more) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(3);
    }
    in.bytes = fread(in.data, 1, FUZZ_MOST_BYTES, file);
    fclose(file);
    corpus = more;
    corpus[corpus_count++] = in;
}

static void read_folder(const char *path)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0) {
        read_input(path);
        return;
    }
    for (int i = 0; i < count; i++) {
        char file[1024];
        snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            read_input(file);
        free(entries[i]);
    }
    free(entries);
}

/* Replaces `cut` bytes at `at` by others, as far as there is room. */
static size_t splice(uint8_t *data, size_t bytes, size_t at, size_t cut,
                     const void *other, size_t count)
{
    if (bytes - cut + count > FUZZ_MOST_BYTES)
        return bytes;
    memmove(data + at + count, data + at + cut, bytes - at - cut);
    memmove(data + at, other, count);
    return bytes - cut + count;
}

static size_t mutate(uint8_t *data, size_t bytes)
{
    static const char digits[] = "0123456789";
    size_t words = 0;
    while (fuzz_words[words])
        words++;
    size_t at = (size_t)random_below(bytes + 1);
    size_t rest = bytes - at;
    size_t cut = rest ? (size_t)random_below(rest < 8 ? rest : 8) : 0;
    const struct input *other = &corpus[random_below(corpus_count)];
    uint8_t byte = (uint8_t)random_below(256);
    switch (random_below(7)) {
    case 0: /* any byte */
        return splice(data, bytes, at, rest ? 1 : 0, &byte, 1);
    case 1: /* take some away */
        return splice(data, bytes, at, cut, "", 0);
    case 2: /* one more digit, or another */
        return splice(data, bytes, at, cut ? 1 : 0, digits + random_below(10),
                      1);
    case 3:
    case 4: { /* a word of the language */
        const char *word = fuzz_words[random_below(words)];
        return word ? splice(data, bytes, at, cut, word, strlen(word)) : bytes;
    }
    case 5: /* a piece of another input */
        if (other->bytes) {
            size_t from = (size_t)random_below(other->bytes);
            size_t most = other->bytes - from;
            size_t count = (size_t)random_below(most < 40 ? most + 1 : 40);
            return splice(data, bytes, at, cut, other->data + from, count);
        }
        return bytes;
    default: /* a piece of itself again */
        return splice(data, bytes, at, 0, data + at, cut);
    }
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int main(int argc, char **argv)
{
    double seconds = 0;
    random_state = 1;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--seconds") && i + 1 < argc)
            seconds = strtod(argv[++i], NULL);
        else if (!strcmp(argv[i], "--seed") && i + 1 < argc)
            random_state = strtoull(argv[++i], NULL, 10);
        else
            read_folder(argv[i]);
    }
    if (!corpus_count) {
        fprintf(stderr, "usage: %s [--seconds N] [--seed S] FILE|FOLDER ...\n",
                fuzz_name);
        return 2;
    }
    uint64_t seed = random_state;
    watch();
    for (size_t i = 0; i < corpus_count; i++)
        try_input(corpus[i].data, corpus[i].bytes);
    size_t tried = corpus_count;
    for (double end = seconds_now() + seconds; seconds_now() < end; tried++) {
        static uint8_t data[FUZZ_MOST_BYTES];
        const struct input *from = &corpus[random_below(corpus_count)];
        size_t bytes = from->bytes;
        memcpy(data, from->data, bytes);
        for (uint64_t n = 1 + random_below(6); n > 0; n--)
            bytes = mutate(data, bytes);
        try_input(data, bytes);
    }
    printf("%s: %zu files, %zu inputs, seed %llu\n", fuzz_name, corpus_count,
           tried, (unsigned long long)seed);
    for (size_t i = 0; i < corpus_count; i++)
        free(corpus[i].data);
    free(corpus);
    return 0;
}

#endif
