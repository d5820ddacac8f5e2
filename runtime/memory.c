/* Memory for weights and tensors. */
#define _DEFAULT_SOURCE /* NOLINT(bugprone-reserved-identifier) */
#include <stdlib.h>
#include <sys/mman.h>

#include "tconv.h"

#define LINE ((size_t)64)
#define HUGE_PAGE ((size_t)2 << 20)
#define FROM (2 * HUGE_PAGE) /* below, little is left of whole pages */

void *tconv_memory_alloc(size_t bytes)
{
    const int is_large = bytes >= FROM;
    void *memory = NULL;
    /* One more, since no bytes at all may come back as NULL. */
    if (bytes == SIZE_MAX ||
        posix_memalign(&memory, is_large ? HUGE_PAGE : LINE, bytes + 1) != 0)
        return NULL;
#ifdef MADV_HUGEPAGE
    if (is_large) /* a wish; without, pages are small */
        (void)madvise(memory, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#endif
    return memory;
}
