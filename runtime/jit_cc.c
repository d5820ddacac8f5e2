/* Kernels compiled by the system's compiler, kept in the cache on disk. */
#define _GNU_SOURCE /* NOLINT(bugprone-reserved-identifier) */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../gen/host.h"
#include "error.h"
#include "jit.h"

extern char **environ;

/* contract=off: the bits do not hang on it, but a kernel should not differ
 * from what a careful user's build makes. */
static const char *const flags[] = {"-std=c11", "-O3",     "-ffp-contract=off",
                                    "-fPIC",    "-shared", NULL};

#define MAX_WORDS 32
#define PATH_SIZE 4096

/* A compiler's command line begun: a path and the options that came with it. */
struct command {
    char path[PATH_SIZE];
    char words[PATH_SIZE]; /* what the options point into */
    char *options[MAX_WORDS];
    int count;
    struct stat identity;
};

/* One compilation's temporary folder in the cache and the names in it. */
struct build {
    struct tconv_cache cache;
    char folder[32]; /* relative to the cache's */
    char source[TCONV_NAME_SIZE + 64];
    char header[64];
    char object[64];
    char log[64];
};

const char *tconv_jit_cc_command(const char *cc)
{
    if (cc && *cc)
        return cc;
    const char *value = getenv("TCONV_CC");
    if (!value || !*value)
        value = getenv("CC");
    return value && *value ? value : "cc";
}

static int is_program(const char *path, struct stat *st)
{
    return stat(path, st) == 0 && S_ISREG(st->st_mode) &&
           access(path, X_OK) == 0;
}

/* Looks a program up as a shell would. */
static int find_program(const char *name, char path[PATH_SIZE], struct stat *st)
{
    if (strchr(name, '/'))
        return snprintf(path, PATH_SIZE, "%s", name) < PATH_SIZE &&
               is_program(path, st);
    const char *at = getenv("PATH");
    if (!at)
        at = "/usr/local/bin:/usr/bin:/bin";
    for (;;) {
        size_t size = strcspn(at, ":");
        int wrote = snprintf(path, PATH_SIZE, "%.*s/%s", (int)size,
                             size ? at : ".", name);
        if (size == 0)
            wrote = snprintf(path, PATH_SIZE, "./%s", name);
        if (wrote < PATH_SIZE && is_program(path, st))
            return 1;
        if (!at[size])
            return 0;
        at += size + 1;
    }
}

/* "ccache gcc -m64" is a program and two options; a path with blanks that
 * names a program is just that. */
static enum tconv_status resolve(const char *cc, struct command *command,
                                 struct tconv_error *error)
{
    command->count = 0;
    if (strchr(cc, '/') && find_program(cc, command->path, &command->identity))
        return TCONV_OK;
    if ((size_t)snprintf(command->words, PATH_SIZE, "%s", cc) >= PATH_SIZE)
        return tconv_fail(error, TCONV_E_NO_CC,
                          "cc=%.40s...: longer than %d bytes", cc,
                          PATH_SIZE - 1);
    char *rest = NULL;
    char *program = strtok_r(command->words, " \t\n", &rest);
    for (char *word; (word = strtok_r(NULL, " \t\n", &rest));) {
        if (command->count == MAX_WORDS)
            return tconv_fail(error, TCONV_E_NO_CC,
                              "cc=%.80s: more than %d options", cc, MAX_WORDS);
        command->options[command->count++] = word;
    }
    if (!program || !find_program(program, command->path, &command->identity))
        return tconv_fail(error, TCONV_E_NO_CC,
                          "cc=%.200s: no such compiler (TCONV_CC or CC names "
                          "another)",
                          cc);
    return TCONV_OK;
}

/* Everything the object depends on, as text (free()). */
static char *make_key(const char *text, const char *header,
                      const struct command *command, size_t *bytes)
{
    char *key = NULL;
    FILE *out = open_memstream(&key, bytes);
    if (!out)
        return NULL;
    const struct stat *st = &command->identity;
    fprintf(out, "tconv %s\ncompiler %s\nsize %lld inode %llu device %llu\n",
            TCONV_VERSION, command->path, (long long)st->st_size,
            (unsigned long long)st->st_ino, (unsigned long long)st->st_dev);
    fprintf(out, "modified %lld.%09ld\nflags", (long long)st->st_mtim.tv_sec,
            st->st_mtim.tv_nsec);
    for (int i = 0; i < command->count; i++)
        fprintf(out, " %s", command->options[i]);
    for (int i = 0; flags[i]; i++)
        fprintf(out, " %s", flags[i]);
    fprintf(out, "\nheader %zu\n%s\nsource %zu\n%s", strlen(header), header,
            strlen(text), text);
    int failed = ferror(out);
    if (fclose(out) != 0 || failed) {
        free(key);
        return NULL;
    }
    return key;
}

/* Runs the compiler to its end. Returns its wait status, or -1 with errno. */
static int spawn_and_wait(char *const argv[], const char *log)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGCHLD);
    sigaddset(&defaults, SIGPIPE);
    int reason = posix_spawn_file_actions_init(&actions);
    if (reason) {
        errno = reason;
        return -1;
    }
    reason = posix_spawnattr_init(&attributes);
    if (reason) {
        posix_spawn_file_actions_destroy(&actions);
        errno = reason;
        return -1;
    }
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    pid_t pid = -1;
    reason =
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (!reason)
        reason = posix_spawn_file_actions_addopen(
            &actions, 2, log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (!reason)
        reason = posix_spawn_file_actions_adddup2(&actions, 2, 1);
    if (!reason)
        reason =
            posix_spawn(&pid, argv[0], &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (reason) {
        errno = reason;
        return -1;
    }
    int result = 0;
    pid_t got;
    while ((got = waitpid(pid, &result, 0)) < 0 && errno == EINTR)
        continue;
    /* A host that ignores SIGCHLD leaves no status: the object will tell. */
    return got < 0 ? 0 : result;
}

/* What the compiler said, in short. */
struct complaint {
    char line[320]; /* its first error (or first) line */
    int full;       /* it had no space to write */
};

static void read_log(const struct build *b, const char *source_name,
                     struct complaint *complaint)
{
    *complaint = (struct complaint){"", 0};
    int fd = openat(b->cache.fd, b->log, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
    if (!in) {
        if (fd >= 0)
            close(fd);
        return;
    }
    char text[sizeof complaint->line];
    int found = 0;
    while (fgets(text, sizeof text, in)) {
        text[strcspn(text, "\r\n")] = '\0';
        int is_error = strstr(text, "error") != NULL;
        complaint->full |= strstr(text, "No space left on device") != NULL ||
                           strstr(text, strerror(ENOSPC)) != NULL;
        if (found || (complaint->line[0] && !is_error))
            continue;
        /* Our folder's name would only be noise. */
        const char *from = strstr(text, source_name);
        snprintf(complaint->line, sizeof complaint->line, "%s",
                 from ? from : text);
        found = is_error;
    }
    fclose(in);
}

/* Nothing more fits on the disk. */
static int is_full(const struct build *b)
{
    struct statvfs vfs;
    return fstatvfs(b->cache.fd, &vfs) == 0 &&
           (vfs.f_bavail * vfs.f_frsize < 65536 ||
            (vfs.f_files > 0 && vfs.f_favail == 0));
}

static enum tconv_status compile(const struct build *b, const char *name,
                                 const struct command *command,
                                 struct tconv_error *error)
{
    char source[2 * PATH_SIZE], object[2 * PATH_SIZE], log[2 * PATH_SIZE];
    snprintf(source, sizeof source, "%s/%s", b->cache.folder, b->source);
    snprintf(object, sizeof object, "%s/%s", b->cache.folder, b->object);
    snprintf(log, sizeof log, "%s/%s", b->cache.folder, b->log);
    char *argv[MAX_WORDS + 16];
    int count = 0;
    argv[count++] = (char *)command->path;
    for (int i = 0; i < command->count; i++)
        argv[count++] = command->options[i];
    for (int i = 0; flags[i]; i++)
        argv[count++] = (char *)flags[i];
    argv[count++] = "-o";
    argv[count++] = object;
    argv[count++] = source;
    argv[count++] = "-lm";
    argv[count] = NULL;

    int result = spawn_and_wait(argv, log);
    if (result < 0)
        return tconv_fail(error, errno == ENOSPC ? TCONV_E_IO : TCONV_E_CC,
                          "%s: %s", command->path, strerror(errno));
    if (result == 0 && faccessat(b->cache.fd, b->object, R_OK, 0) == 0)
        return TCONV_OK;
    char source_name[TCONV_NAME_SIZE + 8];
    snprintf(source_name, sizeof source_name, "%s.c:", name);
    struct complaint complaint;
    read_log(b, source_name, &complaint);
    if (complaint.full || is_full(b))
        return tconv_fail(error, TCONV_E_IO, "cache folder %s: %s",
                          b->cache.folder, strerror(ENOSPC));
    if (WIFSIGNALED(result))
        return tconv_fail(error, TCONV_E_CC, "%.80s: killed by signal %d",
                          command->path, WTERMSIG(result));
    return tconv_fail(error, TCONV_E_CC, "%.80s: %s", command->path,
                      complaint.line[0] ? complaint.line
                                        : "failed without a message");
}

/* A folder that no other build has, made with mkdir so that it is ours. */
static enum tconv_status build_begin(struct build *b, const char *name,
                                     struct tconv_error *error)
{
    char folder[PATH_SIZE + 32];
    snprintf(folder, sizeof folder, "%s/tmp.XXXXXX", b->cache.folder);
    if (!mkdtemp(folder))
        return tconv_fail(error, TCONV_E_IO, "cache folder %s: %s",
                          b->cache.folder, strerror(errno));
    snprintf(b->folder, sizeof b->folder, "%s", strrchr(folder, '/') + 1);
    snprintf(b->source, sizeof b->source, "%s/%s.c", b->folder, name);
    snprintf(b->header, sizeof b->header, "%s/tconv_kernel.h", b->folder);
    snprintf(b->object, sizeof b->object, "%s/object.so", b->folder);
    snprintf(b->log, sizeof b->log, "%s/log", b->folder);
    return TCONV_OK;
}

static void build_end(const struct build *b)
{
    unlinkat(b->cache.fd, b->source, 0);
    unlinkat(b->cache.fd, b->header, 0);
    unlinkat(b->cache.fd, b->object, 0);
    unlinkat(b->cache.fd, b->log, 0);
    unlinkat(b->cache.fd, b->folder, AT_REMOVEDIR);
}

/* Makes the entry `file`. */
static enum tconv_status make_entry(struct build *b, const char *text,
                                    const char *header, const char *name,
                                    const struct command *command,
                                    const char *file, const char *key,
                                    size_t key_bytes, struct tconv_error *error)
{
    enum tconv_status status = build_begin(b, name, error);
    if (status != TCONV_OK)
        return status;
    status = tconv_cache_write(&b->cache, b->source, text, strlen(text), error);
    if (status == TCONV_OK)
        status = tconv_cache_write(&b->cache, b->header, header, strlen(header),
                                   error);
    if (status == TCONV_OK)
        status = compile(b, name, command, error);
    if (status == TCONV_OK)
        status = tconv_cache_store(&b->cache, b->object, file, key, key_bytes,
                                   error);
    build_end(b);
    return status;
}

static void unload(struct tconv_loaded *loaded)
{
    dlclose(loaded->handle);
}

static enum tconv_status load(const struct tconv_cache *cache, const char *file,
                              const char *name, struct tconv_loaded *loaded,
                              struct tconv_error *error)
{
    char path[2 * PATH_SIZE];
    char symbol[TCONV_NAME_SIZE + 8];
    snprintf(path, sizeof path, "%s/%s", cache->folder, file);
    snprintf(symbol, sizeof symbol, "tconv_%s", name);
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct tconv_kernel *const *list =
        handle ? dlsym(handle, symbol) : NULL;
    if (!list || !*list) {
        const char *why = handle ? NULL : dlerror();
        enum tconv_status status =
            tconv_fail(error, TCONV_E_CC, "cc: cannot load %s: %s", file,
                       why ? why : "it does not define the kernel");
        if (handle)
            dlclose(handle);
        return status;
    }
    *loaded = (struct tconv_loaded){*list, handle, 0, unload};
    return TCONV_OK;
}

enum tconv_status tconv_jit_cc_load(const char *text, const char *name,
                                    const char *cc, struct tconv_loaded *loaded,
                                    struct tconv_error *error)
{
    *loaded = (struct tconv_loaded){NULL, NULL, 0, NULL};
    struct command command;
    struct build b;
    const struct tconv_baked *baked = tconv_baked_find("tconv_kernel.h");
    const char *header = baked ? baked->text : "";
    enum tconv_status status = resolve(cc, &command, error);
    if (status == TCONV_OK)
        status = tconv_cache_open(&b.cache, error);
    if (status != TCONV_OK)
        return status;

    size_t key_bytes = 0;
    char *key = make_key(text, header, &command, &key_bytes);
    if (!key) {
        status = tconv_fail(error, TCONV_E_MEMORY, "cc: out of memory");
        goto done;
    }
    char file[TCONV_NAME_SIZE + 32];
    snprintf(file, sizeof file, "%s-%016llx.so", name,
             (unsigned long long)tconv_cache_hash(key, key_bytes));
    if (!tconv_cache_has(&b.cache, file, key, key_bytes))
        status = make_entry(&b, text, header, name, &command, file, key,
                            key_bytes, error);
    if (status == TCONV_OK)
        status = load(&b.cache, file, name, loaded, error);
done:
    free(key);
    tconv_cache_close(&b.cache);
    return status;
}
