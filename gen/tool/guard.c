/* Buffers between guard pages. */
#define _GNU_SOURCE /* NOLINT(bugprone-reserved-identifier) */
#include "guard.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* How far around a place NaNs are laid. */
#define NEIGHBOURHOOD 256

static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static void unlock(struct guard *guard)
{
    if (guard->locked)
        mprotect(guard->locked, guard->locked_bytes, PROT_READ | PROT_WRITE);
    guard->locked = NULL;
}

void guard_free(struct guard *guard)
{
    if (guard->base)
        munmap(guard->base, guard->room + 2 * page_bytes());
    *guard = (struct guard){NULL, 0, NULL, 0};
}

static int reserve(struct guard *guard, size_t bytes)
{
    size_t page = page_bytes();
    if (guard->base && bytes <= guard->room)
        return 1;
    guard_free(guard);
    if (bytes > SIZE_MAX / 2)
        return 0;
    /* Half as much again, so that growing cases do not map each time. */
    size_t room = (bytes + bytes / 2 + page) / page * page;
    char *base = mmap(NULL, room + 2 * page, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED)
        return 0;
    guard->base = base;
    guard->room = room;
    if (mprotect(base + page, room, PROT_READ | PROT_WRITE) != 0) {
        guard_free(guard);
        return 0;
    }
    return 1;
}

void *guard_place(struct guard *guard, size_t bytes, size_t alignment,
                  enum guard_side side)
{
    if (!reserve(guard, bytes))
        return NULL;
    unlock(guard);
    char *usable = guard->base + page_bytes();
    size_t offset = 0;
    if (side == GUARD_END)
        offset = (guard->room - bytes) / alignment * alignment;
    size_t begin = offset > NEIGHBOURHOOD ? offset - NEIGHBOURHOOD : 0;
    size_t end = guard->room - offset - bytes > NEIGHBOURHOOD
                     ? offset + bytes + NEIGHBOURHOOD
                     : guard->room;
    memset(usable + begin, 0xff, end - begin);
    return usable + offset;
}

void guard_lock(struct guard *guard, const void *place, size_t bytes)
{
    size_t page = page_bytes();
    size_t offset = (size_t)((const char *)place - guard->base);
    size_t begin = offset / page * page;
    size_t end = (offset + bytes + page - 1) / page * page;
    if (bytes && mprotect(guard->base + begin, end - begin, PROT_READ) == 0) {
        guard->locked = guard->base + begin;
        guard->locked_bytes = end - begin;
    }
}
