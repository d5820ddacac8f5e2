/* Bad input of every kind, through the tool: each row is a command line, the
 * exit code it must end with, and a part of the one line of standard error that
 * must say why. Nothing may be left behind in the folder. */
#define _GNU_SOURCE
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

/* What is taken from the tool before it starts. */
enum lack {
    LACK_NOTHING,
    LACK_DISK,      /* files may not grow beyond 64 bytes */
    LACK_MEMORY,    /* of the address space */
    LACK_EXECUTING, /* memory may not be made executable */
    LACK_COMPILER,
    LACK_STDOUT, /* it is /dev/full */
};

/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): reads better */
struct row {
    int code;
    const char *message; /* NULL: standard error must be empty */
    const char *arguments;
    enum lack lack;
};

/* Words are split at spaces; a word in ' is taken whole. */
static const struct row rows[] = {
    /* usage */
    {2, "a verb is missing; usage: tconv", "", 0},
    {2, "unknown verb \"grade\"; verbs are show", "grade x", 0},
    {2, "unknown option \"--verb\"; verbs are show", "--verb", 0},
    {0, NULL, "--help", 0},
    {0, NULL, "--version", 0},
    {0, NULL, "show --help", 0},
    {0, NULL, "gen --help", 0},
    {0, NULL, "run --help", 0},
    {0, NULL, "check --help", 0},
    {0, NULL, "bench --help", 0},
    {2, "SPEC is missing", "show", 0},
    {2, "SPEC is missing", "run --input x.npy --output y.npy", 0},
    {2, "only one SPEC is allowed", "show f32_ci1_co1_k1 f32_ci1_co1_k1", 0},
    {2, "unknown option \"--colour\"; there are --length, --isa, --json",
     "show f32_ci1_co1_k1 --colour", 0},
    {2, "--length: must be followed by a whole number",
     "show f32_ci1_co1_k1 --length", 0},
    {2, "--length: must be followed by a whole number",
     "show f32_ci1_co1_k1 --length --json", 0},
    {2, "--length \"five\": must be a whole number from 1",
     "show f32_ci1_co1_k1 --length five", 0},
    {2, "--length \"-5\": must be a whole number from 1",
     "show f32_ci1_co1_k1 --length -5", 0},
    {2, "--length \"0\": must be a whole number from 1",
     "show f32_ci1_co1_k1 --length=0", 0},
    {2, "--length \"5x\": must be a whole number from 1",
     "show f32_ci1_co1_k1 --length 5x", 0},
    {2, "--length \"99999999999999999999\": must be",
     "show f32_ci1_co1_k1 --length 99999999999999999999", 0},
    {2, "--length: given twice", "show f32_ci1_co1_k1 --length 5 --length=5",
     0},
    {2, "--json=yes: this option takes no value",
     "show f32_ci1_co1_k1 --json=yes", 0},
    {2, "--isa \"mmx\": must be one of native, avx512",
     "show f32_ci1_co1_k1 --isa mmx", 0},
    {2, "--isa \"mmx\": must be one of",
     "gen f32_ci1_co1_k1 -o d --isa avx2,mmx", 0},
    {2, "--isa \"\": must be one of", "gen f32_ci1_co1_k1 -o d --isa avx2,", 0},
    {2, "-o is missing", "gen f32_ci1_co1_k1", 0},
    {2, "--prefix \"2x\": must be a C identifier",
     "gen f32_ci1_co1_k1 -o d --prefix 2x", 0},
    {2, "--engine \"gpu\": must be one of auto, generic, jit",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy --output "
     "y.npy --engine gpu",
     0},
    {2, "--engine \"generic\": must be one of jit",
     "check f32_ci1_co1_k3 --engine generic", 0},
    {2, "--threads \"0\": must be a whole number from 1 to 1024",
     "bench f32_ci1_co1_k3 --length 5 --threads 0", 0},
    {2, "--length is missing", "bench f32_ci1_co1_k3", 0},
    {2, "SPEC or --random N", "check", 0},
    {2, "only one of them", "check f32_ci1_co1_k3 --random 5", 0},
    {2, "--random \"0\": must be", "check --random 0", 0},
    {2, "--input is missing", "run f32_ci1_co1_k3 --output y.npy", 0},
    {2, "--weight is missing",
     "run f32_ci1_co1_k3 --input x.npy --output y.npy", 0},
    {2, "--output is missing",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy", 0},

    /* spec */
    {2, "stride=0: must be at least 1",
     "show 'ConvTranspose1d(1, 1, 3, stride=0)'", 0},
    {2, "groups=2: must divide", "show 'ConvTranspose1d(3, 4, 3, groups=2)'",
     0},
    {2, "output_padding=1: must be below",
     "show 'ConvTranspose1d(1, 1, 3, output_padding=1)'", 0},
    {2, "padding=-1: must be at least 0",
     "show 'ConvTranspose1d(1, 1, 3, padding=-1)'", 0},
    {2, "stride", "show f32_ci1_co1_k3_s0", 0},
    {2, "canonical spelling", "show f32_ci1_co1_k3_s1", 0},
    {2, "length=5: the layer's length is fixed at 7",
     "show f32_ci1_co1_k3_l7 --length 5", 0},
    {2, "output length", "show f32_ci1_co1_k1_p3 --length 2", 0},
    {2, "too large", "show f32_ci1_co1_k1_l2147483647_s2147483647", 0},
    {2, "", "show ''", 0},
    {2, "", "show nonsense", 0},
    {2, "", "show 'ConvTranspose1d(1, 1'", 0},
    {2, "missing.lua", "show missing.lua", 0},
    {2, "broken.lua", "show broken.lua", 0},
    {2, "endless.lua", "show endless.lua", 0},
    {2, "greedy.lua", "show greedy.lua", 0},
    {2, "escape.lua", "show escape.lua", 0},
    {2, "empty.lua", "show empty.lua", 0},
    {2, "nothere", "show two.lua:nothere", 0},
    {2, "has 2 layers, one is wanted",
     "run two.lua --input x.npy --weight w.npy --output y.npy", 0},

    /* data */
    {2, "none.npy: cannot be read: No such file",
     "run f32_ci1_co1_k3 --input none.npy --weight w.npy --bias b.npy --output "
     "y.npy",
     0},
    {2, "folder: cannot be read: Is a directory",
     "run f32_ci1_co1_k3 --input folder --weight w.npy --bias b.npy --output "
     "y.npy",
     0},
    {2, "empty.npy: not an npy file",
     "run f32_ci1_co1_k3 --input empty.npy --weight w.npy --bias b.npy "
     "--output y.npy",
     0},
    {2, "cut.npy: found 4 bytes of data, wanted 20",
     "run f32_ci1_co1_k3 --input cut.npy --weight w.npy --bias b.npy --output "
     "y.npy",
     0},
    {2, "huge.npy: found 20 bytes of data, wanted",
     "run f32_ci1_co1_k3 --input huge.npy --weight w.npy --bias b.npy --output "
     "y.npy",
     0},
    {2, "elements are <f8, wanted <f4",
     "run f32_ci1_co1_k3 --input wide.npy --weight w.npy --bias b.npy --output "
     "y.npy",
     0},
    {2, "found shape (5,), wanted (N, 1, L) or (1, L)",
     "run f32_ci1_co1_k3 --input flat.npy --weight w.npy --bias b.npy --output "
     "y.npy",
     0},
    {2, "found shape (1, 5), wanted (N, 2, L) or (2, L)",
     "run f32_ci2_co1_k3 --input x.npy --weight w.npy --bias b.npy --output "
     "y.npy",
     0},
    {2, "w.npy: found shape (1, 1, 3), wanted (1, 1, 4)",
     "run f32_ci1_co1_k4 --input x.npy --weight w.npy --bias b.npy --output "
     "y.npy",
     0},
    {2, "w.npy: found shape (1, 1, 3), wanted (1,)",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --bias w.npy --output "
     "y.npy",
     0},
    {2, "--bias is missing",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --output y.npy", 0},
    {2, "the layer has bias=False",
     "run f32_ci1_co1_k3_bias0 --input x.npy --weight w.npy --bias b.npy "
     "--output y.npy",
     0},
    {2, "length=0: must be at least 1",
     "run f32_ci1_co1_k3 --input short.npy --weight w.npy --bias b.npy "
     "--output y.npy",
     0},
    {2, "output_size=9: must be between 7 and 7",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy --output "
     "y.npy --output-size 9",
     0},
    {2, "--chunk \"0\": must be",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy --output "
     "y.npy --chunk 0",
     0},

    /* files that cannot be written */
    {3, "none/y.npy: cannot be written: No such file",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy --output "
     "none/y.npy",
     0},
    {3, "folder: cannot be written: Is a directory",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy --output "
     "folder",
     0},
    {3, "/dev/full: cannot be written: No space left",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy --output "
     "/dev/full",
     0},
    {3, "y.npy: cannot be written: File too large",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy --output "
     "y.npy --engine generic",
     LACK_DISK},
    {3, "cannot be written: File too large", "gen f32_ci1_co1_k3 -o folder",
     LACK_DISK},
    {3, "x.npy: cannot be made: Not a directory", "gen f32_ci1_co1_k3 -o x.npy",
     0},
    {3, "cannot be made", "gen f32_ci1_co1_k3 -o /dev/null/d", 0},
    {3, "none/d: cannot be written",
     "gen f32_ci1_co1_k3 -o folder --depfile none/d", 0},
    {3, "standard output: No space left", "show f32_ci1_co1_k3", LACK_STDOUT},
    {3, "standard output: No space left", "--help", LACK_STDOUT},

    /* what the machine lacks */
    {3, "", "check f32_ci1_co1_k3 --engine cc", LACK_COMPILER},
    {3, "", "bench f32_ci1_co1_k3 --length 5 --engine cc", LACK_COMPILER},
    {3, "",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy --output "
     "y.npy --engine jit",
     LACK_EXECUTING},
    {0, "using the generic kernel: ",
     "run f32_ci1_co1_k3 --input x.npy --weight w.npy --bias b.npy --output "
     "/dev/null --engine auto",
     LACK_EXECUTING},
    {3, "not enough memory",
     "run f32_ci1_co1_k3_s2147483647 --input x.npy --weight w.npy --bias b.npy "
     "--output y.npy --engine generic",
     LACK_MEMORY},
};

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
    put_array("b.npy", "<f4", "1,", 4);
    put_array("cut.npy", "<f4", "1, 5", 4);
    put_array("huge.npy", "<f4", "1, 1000000000000000", 20);
    put_array("wide.npy", "<f8", "1, 5", 40);
    put_array("flat.npy", "<f4", "5,", 20);
    put_array("short.npy", "<f4", "1, 0", 0);
    put_text("empty.npy", "");
    put_text("broken.lua", "ConvTranspose1d{1, 1, 3,,}\n");
    put_text("endless.lua", "while true do end\n");
    put_text("greedy.lua", "local s = 'x' while true do s = s .. s end\n");
    put_text("escape.lua", "os.execute('touch escaped')\n");
    put_text("empty.lua", "-- no layers\n");
    put_text("two.lua", "ConvTranspose1d{1, 1, 3, name='a'}\n"
                        "ConvTranspose1d{1, 1, 4, name='b'}\n");
    return 0;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_old_output_stays),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder) != 0;
}
