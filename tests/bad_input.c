/* Bad input of every kind, through the tool: the rows of bad_input_rows.h, run
 * in a folder of their own, in which nothing may be left behind. */
#define _GNU_SOURCE
#include "bad_input_rows.h"
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef TCONV_TOOL
#define TCONV_TOOL "tconv" /* on the path */
#endif

/* ---------------------------------------------------------------- its folder
 */

static char folder[] = "/tmp/tconv_bad_XXXXXX";

static void put_file(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void put_text(const char *name, const char *text)
{
    put_file(name, text, strlen(text));
}

/* An array of `data` zero bytes that claims this type and shape. */
static void put_array(const char *name, const char *descr, const char *shape,
                      size_t data)
{
    char bytes[512] = "\x93NUMPY\x01";
    int size = snprintf(bytes + 10, 200,
                        "{'descr': '%s', 'fortran_order': False, 'shape': "
                        "(%s), }\n",
                        descr, shape);
    bytes[8] = (char)size;
    put_file(name, bytes, 10 + (size_t)size + data);
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder) || chdir(folder) != 0 || mkdir("folder", 0777) != 0)
        return -1;
    put_array("x.npy", "<f4", "1, 5", 20);
    put_array("w.npy", "<f4", "1, 1, 3", 12);
    put_array("w7.npy", "<f4", "1, 1, 7", 28);
    put_array("half.npy", "<f2", "1, 1, 3", 6);
    put_array("brain.npy", "|V2", "1, 1, 3", 6);
    put_array("bits.npy", "<u2", "1, 1, 3", 6);
    put_array("b.npy", "<f4", "1,", 4);
    put_array("cut.npy", "<f4", "1, 5", 4);
    put_array("huge.npy", "<f4", "1, 1000000000000000", 20);
    put_array("swapped.npy", ">f4", "1, 5", 20);
    put_array("wide.npy", "<f8", "1, 5", 40);
    put_array("flat.npy", "<f4", "5,", 20);
    put_array("short.npy", "<f4", "1, 0", 0);
    put_array("x8.npy", "|i1", "1, 5", 5);
    put_array("xu8.npy", "|u1", "1, 5", 5);
    put_array("w8.npy", "|i1", "1, 1, 3", 3);
    put_array("b32.npy", "<i4", "1,", 4);
    put_array("s2.npy", "<f4", "2,", 8);
    put_text("empty.npy", "");
    put_text("broken.lua", "ConvTranspose1d{1, 1, 3,,}\n");
    put_text("endless.lua", "while true do end\n");
    put_text("greedy.lua", "local s = 'x' while true do s = s .. s end\n");
    put_text("escape.lua", "os.execute('touch escaped')\n");
    put_text("empty.lua", "-- no layers\n");
    put_text("two.lua", "ConvTranspose1d{1, 1, 3, name='a'}\n"
                        "ConvTranspose1d{1, 1, 4, name='b'}\n");
    put_text("f32_ci1_co1_k3.c", "ConvTranspose1d{1, 1, 3}\n");
    put_text("tconv_kernel.lua", "ConvTranspose1d{1, 1, 3}\n");
    put_text("f32_ci1_co1_k3.lua", "ConvTranspose1d{1, 1, 3}\n");
    return symlink("loop", "loop");
}

/* Entries of a folder, and their removal. */
static int count_entries(const char *path, int remove)
{
    int count = 0;
    DIR *entries = opendir(path);
    if (!entries)
        return -1;
    for (struct dirent *e; (e = readdir(entries));) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        count++;
        if (remove)
            unlinkat(dirfd(entries), e->d_name, 0);
    }
    closedir(entries);
    return count;
}

static int remove_folder(void **state)
{
    (void)state;
    count_entries("folder", 1);
    rmdir("folder");
    count_entries(".", 1);
    return chdir("/") || rmdir(folder);
}

/* ----------------------------------------------------------------- the tool
 */

/* A filter of system calls: mprotect(..., PROT_EXEC) is refused. */
static int forbid_executing(void)
{
    const unsigned executable =
        offsetof(struct seccomp_data, args) + 2 * sizeof(uint64_t);
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, executable),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* An exit code that the tool does not have: the row cannot be tried here. */
#define CANNOT_TRY 77

static void take_away(enum lack lack)
{
    const struct rlimit small_file = {64, 64};
    const struct rlimit small_space = {(rlim_t)1 << 30, (rlim_t)1 << 30};
    switch (lack) {
    case LACK_DISK:
        signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &small_file) != 0)
            _exit(CANNOT_TRY);
        break;
    case LACK_MEMORY:
#ifdef __SANITIZE_ADDRESS__
        _exit(CANNOT_TRY); /* it maps terabytes for itself */
#endif
        if (setrlimit(RLIMIT_AS, &small_space) != 0)
            _exit(CANNOT_TRY);
        break;
    case LACK_EXECUTING:
        if (!forbid_executing())
            _exit(CANNOT_TRY);
        break;
    case LACK_STREAMS:
        close(STDIN_FILENO);
        close(STDOUT_FILENO);
        break;
    case LACK_COMPILER:
        setenv("TCONV_CC", "/nonexistent/cc", 1);
        break;
    default:
        break;
    }
}

/* Splits in place. Returns the number of words. */
static int split(char *text, char **words, int room)
{
    int count = 0;
    for (char *at = text; *at && count < room;) {
        char end = ' ';
        while (*at == ' ')
            at++;
        if (!*at)
            break;
        if (*at == '\'') {
            end = '\'';
            at++;
        }
        words[count++] = at;
        while (*at && *at != end)
            at++;
        if (*at)
            *at++ = '\0';
    }
    return count;
}

static void redirect(int number, const char *path)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (descriptor < 0 || dup2(descriptor, number) < 0)
        _exit(CANNOT_TRY);
    close(descriptor);
}

/* Runs the tool; what it says on standard error goes to `said`. */
static int run_tool(const struct row *row, char *said, size_t size)
{
    char text[400];
    const char *tool = getenv("TCONV");
    char *words[32] = {(char *)(tool ? tool : TCONV_TOOL)};
    snprintf(text, sizeof text, "%s", row->arguments);
    split(text, words + 1, 30);

    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (dup2(ends[1], STDERR_FILENO) < 0)
            _exit(CANNOT_TRY);
        close(ends[0]);
        close(ends[1]);
        redirect(STDOUT_FILENO,
                 row->lack == LACK_STDOUT ? "/dev/full" : "/dev/null");
        take_away(row->lack);
        execvp(words[0], words);
        _exit(126); /* no tool is no reason to skip */
    }
    close(ends[1]);
    size_t used = 0;
    for (ssize_t got; used + 1 < size; used += (size_t)got) {
        got = read(ends[0], said + used, size - 1 - used);
        if (got <= 0)
            break;
    }
    said[used] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void test_row(const struct row *row)
{
    char said[4096];
    int before = count_entries(".", 0) + count_entries("folder", 0);
    int code = run_tool(row, said, sizeof said);
    if (code == CANNOT_TRY) {
        print_message("skipped: the system cannot take that away: tconv %s\n",
                      row->arguments);
        return;
    }
    if (code != row->code)
        fail_msg("tconv %s: exit code %d, wanted %d; it said: %s",
                 row->arguments, code, row->code, said);
    if (!row->message) {
        assert_string_equal(said, "");
        return;
    }
    size_t size = strlen(said);
    if (strncmp(said, "tconv", 5) != 0 || strchr(said, '\n') != said + size - 1)
        fail_msg("tconv %s: wanted one line that starts with tconv: %s",
                 row->arguments, said);
    if (!strstr(said, row->message))
        fail_msg("tconv %s: wanted \"%s\" in: %s", row->arguments, row->message,
                 said);
    if (count_entries(".", 0) + count_entries("folder", 0) != before)
        fail_msg("tconv %s: files were left behind", row->arguments);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        test_row(&rows[i]);
}

/* What was there stays as it was when a new one cannot be written. */
static void test_old_output_stays(void **state)
{
    (void)state;
    const struct row row = {3, "File too large",
                            "run f32_ci1_co1_k3 --input x.npy --weight w.npy "
                            "--bias b.npy --output old.npy --engine generic",
                            LACK_DISK};
    char found[8] = "";
    put_text("old.npy", "old");
    test_row(&row);
    FILE *file = fopen("old.npy", "rb");
    assert_non_null(file);
    assert_int_equal(fread(found, 1, sizeof found - 1, file), 3);
    assert_string_equal(found, "old");
    fclose(file);
}

#define RUN_TO                                                                 \
    "run f32_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy --output "

/* A link leads to what is written, there or not; it is not replaced. */
static void test_link_stays(void **state)
{
    (void)state;
    struct stat info;
    assert_int_equal(symlink("led_to.npy", "folder/link.npy"), 0);
    for (int i = 0; i < 2; i++) {
        test_row(&(struct row){0, NULL, RUN_TO "folder/link.npy", 0});
        assert_int_equal(lstat("folder/link.npy", &info), 0);
        assert_true(S_ISLNK(info.st_mode));
        assert_int_equal(stat("folder/led_to.npy", &info), 0);
    }
    assert_int_equal(unlink("folder/link.npy"), 0);
    assert_int_equal(unlink("folder/led_to.npy"), 0);
}

/* The temporary's name is no longer than the file's may be. */
static void test_long_name(void **state)
{
    (void)state;
    char arguments[400] = RUN_TO;
    size_t used = strlen(arguments);
    memset(arguments + used, 'y', 255);
    arguments[used + 255] = '\0';
    test_row(&(struct row){0, NULL, arguments, 0});
    assert_int_equal(unlink(arguments + used), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_old_output_stays),
        cmocka_unit_test(test_link_stays),
        cmocka_unit_test(test_long_name),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder) != 0;
}
