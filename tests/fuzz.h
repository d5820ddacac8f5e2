/* The frame of the fuzz programs. Each one is three things:
 *
 *   a libFuzzer target     clang -fsanitize=fuzzer -DTCONV_LIBFUZZER
 *   a reader of files      fuzz_spec FILE ...       one input a file
 *   its own driver         fuzz_spec --seconds N [--seed S] FOLDER ...
 *                          mutates the files of the folders for N seconds
 *
 * In the last two, an input that crashes, aborts or takes longer than
 * FUZZ_INPUT_SECONDS is left in a file whose name is printed. */
#ifndef TCONV_TESTS_FUZZ_H
#define TCONV_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#define FUZZ_INPUT_SECONDS 20
#define FUZZ_MOST_BYTES 4096

/* Tries one input; returns 0, and aborts where a property does not hold. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* The program's name, for files it leaves, and words worth inserting. */
extern const char fuzz_name[];
extern const char *const fuzz_words[]; /* NULL-terminated */

/* Says which property does not hold, and aborts. */
#define FUZZ_PROPERTY(condition)                                               \
    do {                                                                       \
        if (!(condition))                                                      \
            fuzz_broken(__FILE__, __LINE__, #condition);                       \
    } while (0)
_Noreturn void fuzz_broken(const char *file, int line, const char *condition);

#endif
