/* What the tests of the engines share. */
#ifndef TCONV_TESTS_JIT_SUPPORT_H
#define TCONV_TESTS_JIT_SUPPORT_H

#include "jit.h"
#include "support.h"

/* A kernel from an engine; fails the test where there is none. The test is
 * skipped in a build without libtcc that asks for it. */
struct tconv_jit *jit_make(const char *name, enum tconv_engine engine,
                           const char *isa, const char *cc);

/* Holds a kernel against the generic one: several lengths, batches and numbers
 * of parts, special values, buffers against guard pages. */
void compare_kernel(const char *name, const struct tconv_kernel *kernel);

/* The text of a file with nearly nothing in it, for tests of what happens to a
 * text, not of kernels. Both loaders take it under the name "by_hand". */
extern const char by_hand[];

/* Checks that it is what was loaded, and unloads it. */
void by_hand_check(struct tconv_loaded *loaded);

#endif
