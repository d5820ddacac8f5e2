/* The cache of compiled objects on disk.
 *
 * An entry is one file: the object, then the key it was made from, then a
 * trailer. Loaders do not mind bytes behind an object. One file, moved into
 * place at once, means that processes which race each see a whole entry, and
 * that object and key cannot come apart. */
#define _XOPEN_SOURCE 700 /* NOLINT(bugprone-reserved-identifier) */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "jit.h"

struct trailer {
    char magic[8];
    uint64_t object_bytes;
    uint64_t object_hash;
    uint64_t key_bytes;
};

static const char magic[8] = {'t', 'c', 'o', 'n', 'v', 'c', 'c', '1'};

/* FNV-1a: finds entries and notices damage; equality is told by the key. */
uint64_t tconv_cache_hash(const void *bytes, size_t count)
{
    const unsigned char *at = bytes;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* A variable's value, where it is set, not empty and (if asked) absolute. */
static const char *environment(const char *name, int absolute)
{
    const char *value = getenv(name);
    if (!value || !*value || (absolute && *value != '/'))
        return NULL;
    return value;
}

static enum tconv_status folder_name(char folder[], size_t size,
                                     struct tconv_error *error)
{
    const char *base = environment("TCONV_CACHE_DIR", 0);
    int wrote;
    if (base)
        wrote = snprintf(folder, size, "%s", base);
    else if ((base = environment("XDG_CACHE_HOME", 1)))
        wrote = snprintf(folder, size, "%s/tconv", base);
    else if ((base = environment("HOME", 1)))
        wrote = snprintf(folder, size, "%s/.cache/tconv", base);
    else
        wrote =
            snprintf(folder, size, "/tmp/tconv-%lu", (unsigned long)geteuid());
    if (wrote < 0 || (size_t)wrote >= size)
        return tconv_fail(error, TCONV_E_IO,
                          "cache folder: its name is longer than %zu bytes",
                          size - 1);
    for (size_t end = (size_t)wrote; end > 1 && folder[end - 1] == '/'; end--)
        folder[end - 1] = '\0'; /* a trailing / would follow a link */
    return TCONV_OK;
}

/* mkdir -p, each folder for the owner alone. Returns the first errno of note;
 * whether it mattered shows when the folder is opened. */
static int make_folders(char *path)
{
    int reason = 0;
    for (char *at = path + 1;; at++) {
        char end = *at;
        if (end && end != '/')
            continue;
        *at = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST && !reason)
            reason = errno;
        *at = end;
        if (!end)
            return reason;
    }
}

/* NULL if nobody else can write to the folder, else what is wrong. */
static const char *unsafe(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return strerror(errno);
    if (st.st_uid != geteuid())
        return "it belongs to another user";
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return "others may write to it (chmod 700 it)";
    return NULL;
}

enum tconv_status tconv_cache_open(struct tconv_cache *cache,
                                   struct tconv_error *error)
{
    char path[sizeof cache->folder - 300]; /* room for a file's name */
    enum tconv_status status = folder_name(path, sizeof path, error);
    if (status != TCONV_OK)
        return status;
    int reason = make_folders(path);
    cache->fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (cache->fd < 0) {
        if (!reason)
            reason = errno;
        return tconv_fail(error, TCONV_E_IO,
                          "cache folder %s: %s (TCONV_CACHE_DIR names another)",
                          path,
                          reason == ELOOP || reason == ENOTDIR
                              ? "it is a link, or not a folder"
                              : strerror(reason));
    }
    const char *wrong = unsafe(cache->fd);
    char *absolute = wrong ? NULL : realpath(path, NULL);
    if (!wrong && (!absolute || strlen(absolute) >= sizeof path))
        wrong = absolute ? "its name is too long" : strerror(errno);
    if (wrong)
        status =
            tconv_fail(error, TCONV_E_IO, "cache folder %s: %s", path, wrong);
    else
        snprintf(cache->folder, sizeof cache->folder, "%s", absolute);
    free(absolute);
    if (status != TCONV_OK)
        tconv_cache_close(cache);
    return status;
}

void tconv_cache_close(struct tconv_cache *cache)
{
    close(cache->fd);
    cache->fd = -1;
}

static int read_all(int fd, char *to, size_t bytes)
{
    while (bytes > 0) {
        ssize_t got = read(fd, to, bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -1;
        to += got;
        bytes -= (size_t)got;
    }
    return 0;
}

static int write_all(int fd, const char *from, size_t bytes)
{
    while (bytes > 0) {
        ssize_t put = write(fd, from, bytes);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -1;
        from += put;
        bytes -= (size_t)put;
    }
    return 0;
}

/* A regular file's bytes (free()), or NULL with errno set. */
static char *read_file(const struct tconv_cache *cache, const char *file,
                       size_t *bytes)
{
    int fd =
        openat(cache->fd, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return NULL;
    struct stat st;
    char *text = NULL;
    errno = EINVAL;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= 0) {
        *bytes = (size_t)st.st_size;
        text = malloc(*bytes + 1);
        if (text && read_all(fd, text, *bytes) != 0) {
            free(text);
            text = NULL;
            errno = EIO;
        }
    }
    int reason = errno;
    close(fd);
    errno = reason;
    return text;
}

/* Is this the file of an object made from this key, undamaged? */
static int is_entry(const char *text, size_t bytes, const char *key,
                    size_t key_bytes)
{
    struct trailer t;
    if (bytes < sizeof t + key_bytes)
        return 0;
    memcpy(&t, text + bytes - sizeof t, sizeof t);
    size_t object_bytes = bytes - sizeof t - key_bytes;
    return memcmp(t.magic, magic, sizeof magic) == 0 &&
           t.key_bytes == key_bytes && t.object_bytes == object_bytes &&
           memcmp(text + object_bytes, key, key_bytes) == 0 &&
           t.object_hash == tconv_cache_hash(text, object_bytes);
}

int tconv_cache_has(const struct tconv_cache *cache, const char *file,
                    const char *key, size_t key_bytes)
{
    size_t bytes = 0;
    char *text = read_file(cache, file, &bytes);
    int found = text && is_entry(text, bytes, key, key_bytes);
    free(text);
    return found;
}

enum tconv_status tconv_cache_store(const struct tconv_cache *cache,
                                    const char *from, const char *file,
                                    const char *key, size_t key_bytes,
                                    struct tconv_error *error)
{
    struct trailer t;
    memcpy(t.magic, magic, sizeof magic);
    size_t bytes = 0;
    char *object = read_file(cache, from, &bytes);
    if (!object)
        return tconv_fail(error, TCONV_E_IO, "%s/%s: %s", cache->folder, from,
                          strerror(errno));
    t.object_bytes = bytes;
    t.object_hash = tconv_cache_hash(object, bytes);
    t.key_bytes = key_bytes;
    free(object);

    int fd =
        openat(cache->fd, from, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
    int failed = fd < 0 || write_all(fd, key, key_bytes) != 0 ||
                 write_all(fd, (const char *)&t, sizeof t) != 0;
    int reason = errno;
    if (fd >= 0 && close(fd) != 0 && !failed) {
        failed = 1;
        reason = errno;
    }
    if (!failed && renameat(cache->fd, from, cache->fd, file) != 0) {
        failed = 1;
        reason = errno;
    }
    if (failed)
        return tconv_fail(error, TCONV_E_IO, "%s/%s: %s", cache->folder, file,
                          strerror(reason));
    return TCONV_OK;
}

enum tconv_status tconv_cache_write(const struct tconv_cache *cache,
                                    const char *file, const char *text,
                                    size_t bytes, struct tconv_error *error)
{
    int fd = openat(cache->fd, file,
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int failed = fd < 0 || write_all(fd, text, bytes) != 0;
    int reason = errno;
    if (fd >= 0 && close(fd) != 0 && !failed) {
        failed = 1;
        reason = errno;
    }
    if (failed && fd >= 0)
        unlinkat(cache->fd, file, 0);
    if (failed)
        return tconv_fail(error, TCONV_E_IO, "%s/%s: %s", cache->folder, file,
                          strerror(reason));
    return TCONV_OK;
}
