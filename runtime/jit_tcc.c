/* Kernels compiled in memory by libtcc.
 *
 * libtcc is handled with care. It ends the process where it may not make a page
 * executable and where memory runs out while it links, so both are tried out
 * first; other errors while linking leave it through longjmp. It would put code
 * into heap pages that stay writable and executable, so it is given pages of
 * our own, which are made read-only afterwards. Its state is global, so there
 * is one lock from tcc_new to the end of the relocation. */
#define _DEFAULT_SOURCE /* NOLINT(bugprone-reserved-identifier) */
#include "jit.h"

#include "error.h"

#ifndef TCONV_HAVE_TCC

enum tconv_status tconv_jit_tcc_load(const char *text, const char *name,
                                     const struct tconv_micro *micro,
                                     struct tconv_loaded *loaded,
                                     struct tconv_error *error)
{
    (void)text, (void)name, (void)micro, (void)loaded;
    return tconv_fail(error, TCONV_E_NO_JIT, "jit: built without libtcc");
}

#else

#include <errno.h>
#include <libtcc.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../gen/host.h"

/* libtcc has no headers of its own here, so the text gets what it needs. */
static const char prelude[] = "#define TCONV_FREESTANDING 1\n"
                              "#define NULL ((void *)0)\n"
                              "typedef signed char int8_t;\n"
                              "typedef short int16_t;\n"
                              "typedef int int32_t;\n"
                              "typedef long long int64_t;\n"
                              "typedef unsigned char uint8_t;\n"
                              "typedef unsigned short uint16_t;\n"
                              "typedef unsigned int uint32_t;\n"
                              "typedef unsigned long long uint64_t;\n"
                              "typedef __SIZE_TYPE__ size_t;\n"
                              "typedef __PTRDIFF_TYPE__ ptrdiff_t;\n"
                              "typedef __SIZE_TYPE__ uintptr_t;\n"
                              "typedef __PTRDIFF_TYPE__ intptr_t;\n";

static pthread_mutex_t tcc_lock = PTHREAD_MUTEX_INITIALIZER;

/* What libtcc says first, and the way out of it while it links. */
struct messages {
    char first[300];
    int linking;
    jmp_buf out;
};

static void on_message(void *opaque, const char *message)
{
    struct messages *m = opaque;
    if (!m->first[0])
        snprintf(m->first, sizeof m->first, "%s", message);
    for (char *at = m->first; (at = strchr(at, '\n'));)
        *at = ' '; /* "In file included from ...:" stands on its own line */
#ifndef TCONV_TCC_RELOCATE_ONE_ARG
    /* libtcc holds no lock of its own here, and may be about to exit(). */
    if (m->linking)
        longjmp(m->out, 1);
#endif
}

/* Do the system's rules let a page become executable? */
static enum tconv_status probe_pages(struct tconv_error *error)
{
    size_t bytes = (size_t)sysconf(_SC_PAGESIZE);
    void *page = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return tconv_fail(error, TCONV_E_MEMORY, "jit: mmap: %s",
                          strerror(errno));
    int denied = mprotect(page, bytes, PROT_READ | PROT_WRITE | PROT_EXEC) ||
                 mprotect(page, bytes, PROT_READ | PROT_EXEC);
    int reason = errno;
    munmap(page, bytes);
    if (denied)
        return tconv_fail(error, TCONV_E_JIT,
                          "jit: this system does not allow executable memory: "
                          "mprotect: %s",
                          strerror(reason));
    return TCONV_OK;
}

/* Is there as much memory as libtcc can want? */
static enum tconv_status probe_memory(size_t text_bytes,
                                      struct tconv_error *error)
{
    size_t bytes = ((size_t)4 << 20) + 32 * text_bytes;
    void *block = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED)
        return tconv_fail(error, TCONV_E_MEMORY,
                          "jit: %zu bytes of memory are not to be had", bytes);
    munmap(block, bytes);
    return TCONV_OK;
}

/* Prelude, headers and text as one; free(). */
static char *whole_text(const char *text, const char *name)
{
    const struct tconv_baked *abi = tconv_baked_find("tconv_kernel.h");
    const struct tconv_baked *micro = tconv_baked_find("micro.h");
    const char *abi_text = abi ? abi->text : "";
    const char *micro_text = micro ? micro->text : "";
    size_t bytes = sizeof prelude + strlen(abi_text) + strlen(micro_text) +
                   strlen(text) + strlen(name) + 128;
    char *whole = malloc(bytes);
    if (whole)
        snprintf(whole, bytes,
                 "%s#line 1 \"tconv_kernel.h\"\n%s\n"
                 "#line 1 \"micro.h\"\n%s\n#line 1 \"%s.c\"\n%s",
                 prelude, abi_text, micro_text, name, text);
    return whole;
}

/* C has no cast from a function to a data pointer; POSIX has the conversion. */
static int add_function(TCCState *s, const char *name, void (*function)(void))
{
    void *address;
    if (!function) /* of families that lack it */
        return 0;
    memcpy(&address, &function, sizeof address);
    return tcc_add_symbol(s, name, address);
}

#define ADD(s, name, function) add_function(s, name, (void (*)(void))(function))

/* tconv_depthwise_0, tconv_depthwise_1, ...: by form. */
static int add_depthwise(TCCState *s, const char *prefix,
                         tconv_depthwise_fn *const *forms)
{
    char name[64];
    int bad = 0;
    for (int i = 0; forms && forms[i]; i++) {
        snprintf(name, sizeof name, "%s_%d", prefix, i);
        bad |= ADD(s, name, forms[i]);
    }
    return bad;
}

static int add_symbols(TCCState *s, const struct tconv_micro *micro)
{
    int bad = ADD(s, "fmaf", fmaf) | ADD(s, "fma", fma) |
              ADD(s, "memset", memset) | ADD(s, "memcpy", memcpy) |
              ADD(s, "memmove", memmove);
    if (!micro)
        return bad;
    bad |= ADD(s, "tconv_fill", micro->fill) |
           ADD(s, "tconv_tile", micro->tile) |
           ADD(s, "tconv_pair", micro->pair) |
           ADD(s, "tconv_weight", micro->weight) |
           ADD(s, "tconv_weight_across", micro->weight_across) |
           ADD(s, "tconv_weight_depthwise", micro->weight_depthwise) |
           ADD(s, "tconv_direct_fill", micro->direct_fill) |
           ADD(s, "tconv_direct_tile", micro->direct_tile) |
           ADD(s, "tconv_direct_pair", micro->direct_pair) |
           ADD(s, "tconv_fill_phase", micro->fill_phase) |
           ADD(s, "tconv_fill_row", micro->fill_row) |
           ADD(s, "tconv_depthwise_nlc", micro->depthwise_nlc) |
           ADD(s, "tconv_depthwise_direct", micro->depthwise_direct);
    bad |= add_depthwise(s, "tconv_depthwise", micro->depthwise);
    if (micro->half)
        bad |= add_depthwise(s, "tconv_depthwise_half", micro->half->depthwise);
    return bad | ADD(s, "tconv_pack_tile", micro->pack);
}

/* Lays the code out in memory that ends up readable and executable. Sets
 * loaded->handle and ->bytes, which the caller owns on failure too. */
static int relocate(TCCState *s, struct messages *m,
                    struct tconv_loaded *loaded)
{
#ifdef TCONV_TCC_RELOCATE_ONE_ARG
    (void)m;
    loaded->handle = s; /* the state owns the code */
    return tcc_relocate(s);
#else
    int size = tcc_relocate(s, NULL);
    if (size <= 0)
        return -1;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    loaded->bytes = ((size_t)size + page - 1) / page * page;
    void *code = mmap(NULL, loaded->bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code == MAP_FAILED) {
        snprintf(m->first, sizeof m->first, "memory full (mmap)");
        return -1;
    }
    loaded->handle = code;
    if (tcc_relocate(s, code) < 0 ||
        mprotect(code, loaded->bytes, PROT_READ | PROT_EXEC))
        return -1;
    __builtin___clear_cache(code, (char *)code + loaded->bytes);
    return 0;
#endif
}

static void unload(struct tconv_loaded *loaded)
{
#ifdef TCONV_TCC_RELOCATE_ONE_ARG
    pthread_mutex_lock(&tcc_lock);
    tcc_delete(loaded->handle);
    pthread_mutex_unlock(&tcc_lock);
#else
    munmap(loaded->handle, loaded->bytes);
#endif
}

/* All of libtcc's work, under the lock. -1 where it fails; what it said is in
 * `m`. setjmp lives in a function of its own, with no variable that changes. */
static int link_text(TCCState *s, struct messages *m,
                     struct tconv_loaded *loaded)
{
    if (setjmp(m->out))
        return -1;
    m->linking = 1;
    return relocate(s, m, loaded);
}

static int build(const char *whole, const char *name,
                 const struct tconv_micro *micro, struct messages *m,
                 struct tconv_loaded *loaded)
{
    TCCState *s = tcc_new();
    if (!s)
        return -1;
    int result = -1;
    char symbol[TCONV_NAME_SIZE + 8];
    snprintf(symbol, sizeof symbol, "tconv_%s", name);
    tcc_set_error_func(s, m, on_message);
    tcc_set_options(s, "-nostdlib -nostdinc -Werror");
    if (tcc_set_output_type(s, TCC_OUTPUT_MEMORY) == 0 &&
        tcc_compile_string(s, whole) == 0 && add_symbols(s, micro) == 0 &&
        link_text(s, m, loaded) == 0) {
        const struct tconv_kernel *const *list = tcc_get_symbol(s, symbol);
        if (list && *list) {
            loaded->kernel = *list;
            loaded->unload = unload;
            result = 0;
        } else if (!m->first[0]) {
            snprintf(m->first, sizeof m->first, "%s: not defined", symbol);
        }
    }
#ifdef TCONV_TCC_RELOCATE_ONE_ARG
    if (result != 0)
        tcc_delete(s);
#else
    tcc_delete(s);
    if (result != 0 && loaded->handle)
        munmap(loaded->handle, loaded->bytes);
#endif
    if (result != 0)
        loaded->handle = NULL;
    return result;
}

enum tconv_status tconv_jit_tcc_load(const char *text, const char *name,
                                     const struct tconv_micro *micro,
                                     struct tconv_loaded *loaded,
                                     struct tconv_error *error)
{
    *loaded = (struct tconv_loaded){NULL, NULL, 0, NULL};
    size_t text_bytes = strlen(text);
    if (text_bytes > TCONV_TCC_MAX_TEXT)
        return tconv_fail(error, TCONV_E_JIT,
                          "jit: %zu bytes of text: libtcc is given at most %zu",
                          text_bytes, TCONV_TCC_MAX_TEXT);
    enum tconv_status status = probe_pages(error);
    if (status == TCONV_OK)
        status = probe_memory(text_bytes, error);
    if (status != TCONV_OK)
        return status;
    char *whole = whole_text(text, name);
    if (!whole)
        return tconv_fail(error, TCONV_E_MEMORY, "jit: out of memory");
    struct messages m = {.linking = 0};
    pthread_mutex_lock(&tcc_lock);
    int result = build(whole, name, micro, &m, loaded);
    pthread_mutex_unlock(&tcc_lock);
    free(whole);
    if (result != 0)
        return tconv_fail(error,
                          strstr(m.first, "memory full") ? TCONV_E_MEMORY
                                                         : TCONV_E_JIT,
                          "jit: libtcc: %s",
                          m.first[0] ? m.first : "failed without a message");
    return TCONV_OK;
}

#endif
