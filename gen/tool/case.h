/* One case of the differential test: one kernel, one batch and length. */
#ifndef TOOL_CASE_H
#define TOOL_CASE_H

#include "draw.h"
#include "guard.h"
#include "tconv.h"

struct check_case {
    const struct tconv_spec *spec;
    const struct tconv_kernel *kernel;
    int64_t batch, length;
    uint64_t seed;
    /* Bits 1 << enum data_kind. What is drawn for one kind is the same whatever
     * else is run, so that more kinds find what one kind found. */
    unsigned kinds;
    /* Every number of parts at both sides of the guard, or half of that. */
    int thorough;
    /* Multiply-adds of the generic kernel for each kind; see reference.h. */
    int64_t budget;
};

/* Buffers that one case leaves to the next. Start as all zero. */
struct case_buffers {
    struct guard x, weight, bias, scale, packed, y, workspace;
    void *masters[6]; /* x, weight, bias, scale; the first y; another */
    size_t master_bytes[6];
};
void case_buffers_free(struct case_buffers *buffers);

/* Runs a case. TCONV_E_DIFFER if the kernel fails it, with what was seen;
 * TCONV_E_MEMORY. Adds the elements that were compared with the generic
 * kernel's to *elements. Faults are caught if trap_install() was called.
 *
 * A kernel passes if its descriptor says what the spec says; if it touches
 * nothing outside its buffers and writes to no input; if it writes every
 * element of y, the generic kernel's bits, whatever the number of parts, their
 * order, and where buffers and their rows lie. */
enum tconv_status case_run(const struct check_case *check,
                           struct case_buffers *buffers, int64_t *elements,
                           struct tconv_error *error);

#endif
