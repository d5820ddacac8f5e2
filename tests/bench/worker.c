#define _GNU_SOURCE
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "processors.h"

#define PATIENCE_MILLISECONDS 120000

static const char *const files[] = {"x.bin", "weight.bin", "bias.bin", "y.bin",
                                    "result.bin"};

static void path_of(const struct worker *worker, const char *name,
                    char path[128])
{
    snprintf(path, 128, "%s/%s", worker->folder, name);
}

static void remove_folder(const struct worker *worker)
{
    char path[128];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        path_of(worker, files[i], path);
        unlink(path);
    }
    rmdir(worker->folder);
}

/* In the child: becomes the command. */
static void become(const char *command, const char *script, const char *folder,
                   const char *argument, int threads, int allowed)
{
    char count[16], list[1024];
    snprintf(count, sizeof count, "%d", threads);
    processors_list(threads, list, sizeof list);
    processors_pin_first(allowed);
    setpgid(0, 0); /* Ctrl-C is not for it: it ends when the pipe does */
    execlp(command, command, script, folder, count, list, argument,
           (char *)NULL);
    printf("no %s: %s\n", command, strerror(errno));
    fflush(stdout);
    _exit(1);
}

int worker_start(struct worker *worker, const char *command, const char *script,
                 const char *argument, int threads, int allowed)
{
    int to[2] = {-1, -1}, from[2] = {-1, -1};
    memset(worker, 0, sizeof *worker);
    snprintf(worker->folder, sizeof worker->folder, "/tmp/tconv_bench_XXXXXX");
    if (!mkdtemp(worker->folder)) {
        snprintf(worker->reason, sizeof worker->reason,
                 "no temporary folder: %s", strerror(errno));
        return 0;
    }
    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0 ||
        (worker->process = fork()) < 0) {
        snprintf(worker->reason, sizeof worker->reason, "no process: %s",
                 strerror(errno));
        for (int i = 0; i < 2; i++) {
            if (to[i] >= 0)
                close(to[i]);
            if (from[i] >= 0)
                close(from[i]);
        }
        rmdir(worker->folder);
        return 0;
    }
    if (worker->process == 0) {
        dup2(to[0], 0);
        dup2(from[1], 1);
        become(command, script, worker->folder, argument, threads, allowed);
    }
    close(to[0]);
    close(from[1]);
    worker->to = to[1];
    worker->from = from[0];
    return 1;
}

static const char *give_up(struct worker *worker, const char *reason)
{
    snprintf(worker->reason, sizeof worker->reason, "%s", reason);
    kill(worker->process, SIGKILL);
    worker_stop(worker);
    return NULL;
}

/* Makes room, waits, and reads some. Returns 0 when there is no more to come.
 */
static int read_some(struct worker *worker, const char **reason)
{
    if (worker->held + 4096 > worker->room) {
        size_t room = worker->room ? 2 * worker->room : 65536;
        char *line = realloc(worker->line, room);
        *reason = "no memory";
        if (!line)
            return 0;
        worker->line = line;
        worker->room = room;
    }
    struct pollfd wait = {worker->from, POLLIN, 0};
    *reason = "the worker took over two minutes";
    if (poll(&wait, 1, PATIENCE_MILLISECONDS) <= 0)
        return 0;
    ssize_t got = read(worker->from, worker->line + worker->held,
                       worker->room - worker->held - 1);
    *reason = "the worker ended";
    if (got <= 0)
        return 0;
    worker->held += (size_t)got;
    return 1;
}

const char *worker_ask(struct worker *worker, const char *line)
{
    const char *reason;
    char *end;
    if (line && dprintf(worker->to, "%s\n", line) < 0)
        return give_up(worker, "the worker ended");
    /* What the last answer left behind comes first. */
    worker->held -= worker->taken;
    if (worker->taken)
        memmove(worker->line, worker->line + worker->taken, worker->held);
    worker->taken = 0;
    while (!worker->held || !(end = memchr(worker->line, '\n', worker->held)))
        if (!read_some(worker, &reason))
            return give_up(worker, reason);
    *end = 0;
    worker->taken = (size_t)(end - worker->line) + 1;
    return worker->line;
}

int worker_put(const struct worker *worker, const char *name,
               const float *values, int64_t count)
{
    char path[128];
    path_of(worker, name, path);
    FILE *file = fopen(path, "wb");
    if (!file)
        return 0;
    size_t written =
        count ? fwrite(values, sizeof *values, (size_t)count, file) : 0;
    return fclose(file) == 0 && written == (size_t)count;
}

int worker_get(const struct worker *worker, const char *name, float *values,
               int64_t count)
{
    char path[128];
    path_of(worker, name, path);
    FILE *file = fopen(path, "rb");
    if (!file)
        return 0;
    size_t got = fread(values, sizeof *values, (size_t)count, file);
    int more = fgetc(file) != EOF;
    fclose(file);
    return got == (size_t)count && !more;
}

void worker_stop(struct worker *worker)
{
    close(worker->to); /* it ends by itself when nobody speaks to it */
    close(worker->from);
    waitpid(worker->process, NULL, 0);
    free(worker->line);
    worker->line = NULL;
    worker->room = worker->held = worker->taken = 0;
    remove_folder(worker);
}
