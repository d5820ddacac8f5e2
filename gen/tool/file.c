/* Writes files. */
#define _GNU_SOURCE /* NOLINT(bugprone-reserved-identifier) */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"

/* As many as the kernel follows. */
#define LINKS_MAX 40

static enum tconv_status fail_write(struct whole_file *file, int code,
                                    struct tconv_error *error)
{
    enum tconv_status status =
        tconv_fail(error, TCONV_E_IO, "%.200s: cannot be written: %s",
                   file->path, strerror(code));
    whole_file_abandon(file);
    return status;
}

/* Creates a file in PATH's folder, with the mode that PATH has or would get.
 * Its name does not hang on PATH's, which may be as long as names can be. */
static int create_temporary(struct whole_file *file, const struct stat *old)
{
    const char *slash = strrchr(file->path, '/');
    int folder = slash ? (int)(slash - file->path) + 1 : 0;
    int code = EEXIST;
    static unsigned long number; /* a model may have thousands of files */
    if (slash && !slash[1])
        return EISDIR;
    for (int tries = 0; code == EEXIST && tries < 1000; tries++) {
        char *name;
        if (asprintf(&name, "%.*s.tconv-%ld-%lu.tmp", folder, file->path,
                     (long)getpid(), number++) < 0)
            return ENOMEM;
        file->descriptor =
            open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        code = file->descriptor < 0 ? errno : 0;
        if (code)
            free(name); /* somebody else's, or nobody's */
        else
            file->temporary = name;
    }
    if (code == 0 && old && fchmod(file->descriptor, old->st_mode & 0777) != 0)
        code = errno;
    return code;
}

/* The path that a chain of links ends at, there or not (free()). NULL and
 * errno. */
static char *follow_links(const char *path)
{
    char *at = strdup(path);
    for (int links = 0; at; links++) {
        char target[PATH_MAX];
        ssize_t size = readlink(at, target, sizeof target - 1);
        if (size < 0 || links == LINKS_MAX) {
            if (size < 0)
                return at;
            free(at);
            errno = ELOOP;
            return NULL;
        }
        target[size] = '\0';
        const char *slash = strrchr(at, '/');
        int folder = slash && *target != '/' ? (int)(slash - at) + 1 : 0;
        char *next;
        if (asprintf(&next, "%.*s%s", folder, at, target) < 0)
            next = NULL;
        free(at);
        at = next;
    }
    errno = ENOMEM;
    return NULL;
}

/* Opens what is written straight. Standard output goes on from where it is,
 * even where the caller led it into a regular file. Returns 0 or errno. */
static int open_straight(struct whole_file *file, int is_output)
{
    file->descriptor = is_output
                           ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                           : open(file->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return file->descriptor < 0 ? errno : 0;
}

enum tconv_status whole_file_begin(struct whole_file *file, const char *path,
                                   struct tconv_error *error)
{
    struct stat info, output;
    *file = (struct whole_file){NULL, NULL, -1};
    int exists = stat(path, &info) == 0;
    int is_output = exists && fstat(STDOUT_FILENO, &output) == 0 &&
                    info.st_dev == output.st_dev &&
                    info.st_ino == output.st_ino;
    int straight = exists && (is_output || !S_ISREG(info.st_mode));
    /* A link stays one: what it leads to is what is replaced. */
    file->path = straight ? strdup(path) : follow_links(path);
    if (!file->path)
        return tconv_fail(error, errno == ENOMEM ? TCONV_E_MEMORY : TCONV_E_IO,
                          "%.200s: cannot be written: %s", path,
                          strerror(errno));
    if (exists && S_ISDIR(info.st_mode))
        return fail_write(file, EISDIR, error);
    if (exists && access(path, W_OK) != 0)
        return fail_write(file, errno, error);
    int code = straight ? open_straight(file, is_output)
                        : create_temporary(file, exists ? &info : NULL);
    return code ? fail_write(file, code, error) : TCONV_OK;
}

enum tconv_status whole_file_write(struct whole_file *file, const void *bytes,
                                   size_t size, struct tconv_error *error)
{
    const char *at = bytes;
    while (size) {
        ssize_t wrote = write(file->descriptor, at, size);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return fail_write(file, wrote ? errno : ENOSPC, error);
        at += wrote;
        size -= (size_t)wrote;
    }
    return TCONV_OK;
}

enum tconv_status whole_file_close(struct whole_file *file,
                                   struct tconv_error *error)
{
    /* Some file systems tell only now that the disk is full. */
    int failed = close(file->descriptor);
    file->descriptor = -1;
    return failed ? fail_write(file, errno, error) : TCONV_OK;
}

enum tconv_status whole_file_publish(struct whole_file *file,
                                     struct tconv_error *error)
{
    if (file->temporary && rename(file->temporary, file->path) != 0)
        return fail_write(file, errno, error);
    free(file->temporary);
    free(file->path);
    *file = (struct whole_file){NULL, NULL, -1};
    return TCONV_OK;
}

void whole_file_abandon(struct whole_file *file)
{
    if (!file->path)
        return;
    if (file->descriptor >= 0)
        close(file->descriptor);
    if (file->temporary)
        unlink(file->temporary);
    free(file->temporary);
    free(file->path);
    *file = (struct whole_file){NULL, NULL, -1};
}

enum tconv_status folder_make(const char *path, struct tconv_error *error)
{
    char *copy = strdup(path);
    if (!copy)
        return tconv_fail(error, TCONV_E_MEMORY,
                          "%.200s: not enough memory to make it", path);
    enum tconv_status status = TCONV_OK;
    struct stat info;
    for (char *at = copy + (*copy == '/'); status == TCONV_OK; at++) {
        char ends = *at;
        if (ends != '/' && ends != '\0')
            continue;
        *at = '\0';
        int code = mkdir(copy, 0777) == 0 ? 0 : errno;
        if (code && (stat(copy, &info) != 0 || !S_ISDIR(info.st_mode)))
            status =
                tconv_fail(error, TCONV_E_IO, "%.200s: cannot be made: %s",
                           copy, strerror(code == EEXIST ? ENOTDIR : code));
        *at = ends;
        if (!ends)
            break;
    }
    free(copy);
    return status;
}
