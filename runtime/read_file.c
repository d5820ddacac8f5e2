#define _POSIX_C_SOURCE 200809L /* NOLINT(bugprone-reserved-identifier) */
#include "read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"

/* Grows by halves, so that a pipe of any size costs linear time. */
static int grow(unsigned char **bytes, size_t *room)
{
    size_t more = *room + *room / 2 + 4096;
    unsigned char *moved = more > *room ? realloc(*bytes, more) : NULL;
    if (!moved)
        return 0;
    *bytes = moved;
    *room = more;
    return 1;
}

static enum tconv_status read_all(int descriptor, const char *path,
                                  unsigned char **bytes, size_t *size,
                                  struct tconv_error *error)
{
    struct stat info;
    size_t room = 0;
    if (fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode) &&
        info.st_size > 0) {
        /* One more, so that the end is seen without growing. */
        *bytes = malloc((size_t)info.st_size + 1);
        room = *bytes ? (size_t)info.st_size + 1 : 0;
    }
    for (;;) {
        if (*size == room && !grow(bytes, &room))
            return tconv_fail(error, TCONV_E_MEMORY,
                              "%.200s: not enough memory to read it", path);
        ssize_t got = read(descriptor, *bytes + *size, room - *size);
        if (got == 0)
            return TCONV_OK;
        if (got > 0)
            *size += (size_t)got;
        else if (errno != EINTR)
            return tconv_fail(error, TCONV_E_ARGUMENT,
                              "%.200s: cannot be read: %s", path,
                              strerror(errno));
    }
}

enum tconv_status tconv_read_file(const char *path, unsigned char **bytes,
                                  size_t *size, struct tconv_error *error)
{
    *bytes = NULL;
    *size = 0;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return tconv_fail(error, TCONV_E_ARGUMENT, "%.200s: cannot be read: %s",
                          path, strerror(errno));
    enum tconv_status status = read_all(descriptor, path, bytes, size, error);
    close(descriptor);
    if (status != TCONV_OK) {
        free(*bytes);
        *bytes = NULL;
    }
    return status;
}
