/* Inside tconv_jit: how emitted text becomes a kernel in this process. */
#ifndef TCONV_JIT_H
#define TCONV_JIT_H

#include "micro.h"
#include "tconv.h"

/* Longer text is refused: libtcc ends the process when memory runs out. */
#define TCONV_TCC_MAX_TEXT ((size_t)1 << 20)

/* A kernel brought into the process and what it takes to be rid of it. */
struct tconv_loaded {
    const struct tconv_kernel *kernel;
    void *handle; /* the loader's own */
    size_t bytes; /* of what handle names */
    void (*unload)(struct tconv_loaded *loaded);
};

/* Both loaders take the text of a file that exports
 *
 *   const struct tconv_kernel *const tconv_NAME[];
 *
 * and give its first entry. `name` also names the file in messages. */

/* libtcc, in memory. `micro` (may be NULL) gives the micro-kernels that the
 * text calls. Thread-safe: libtcc's one lock is in here. TCONV_E_NO_JIT, _JIT,
 * _MEMORY. */
enum tconv_status tconv_jit_tcc_load(const char *text, const char *name,
                                     const struct tconv_micro *micro,
                                     struct tconv_loaded *loaded,
                                     struct tconv_error *error);

/* The system's compiler and the cache on disk. `cc` is a command, perhaps with
 * options: what tconv_jit_cc_command gives. Thread-safe, and safe against other
 * processes. TCONV_E_NO_CC, _CC, _IO, _MEMORY. */
enum tconv_status tconv_jit_cc_load(const char *text, const char *name,
                                    const char *cc, struct tconv_loaded *loaded,
                                    struct tconv_error *error);

/* The compiler to use: `cc`, else $TCONV_CC, else $CC, else "cc". */
const char *tconv_jit_cc_command(const char *cc);

/* Objects on disk, one file each. The file's name says where to look; the key
 * text kept in it, equal byte for byte, says that it is the right one; a
 * checksum says that it is whole. */
struct tconv_cache {
    char folder[4096]; /* absolute */
    int fd;            /* of the folder */
};

/* Opens the user's cache folder, making it if need be. One that others could
 * write to is refused. TCONV_E_IO. */
enum tconv_status tconv_cache_open(struct tconv_cache *cache,
                                   struct tconv_error *error);
void tconv_cache_close(struct tconv_cache *cache);

/* 1 if `file` is there, whole, and was stored under this key. */
int tconv_cache_has(const struct tconv_cache *cache, const char *file,
                    const char *key, size_t key_bytes);

/* Moves `from`, an object under a temporary name in the folder, to `file`, with
 * the key attached: at once, whole or not at all. TCONV_E_IO, _MEMORY. */
enum tconv_status tconv_cache_store(const struct tconv_cache *cache,
                                    const char *from, const char *file,
                                    const char *key, size_t key_bytes,
                                    struct tconv_error *error);

/* Writes all of a new file in the folder; removes it again on failure. */
enum tconv_status tconv_cache_write(const struct tconv_cache *cache,
                                    const char *file, const char *text,
                                    size_t bytes, struct tconv_error *error);

uint64_t tconv_cache_hash(const void *bytes, size_t count);

/* Holds a kernel against the generic one on a few calls, in about a
 * millisecond for a common layer. TCONV_E_DIFFER names the first element that
 * differs; TCONV_E_ABI, _GENERATOR (the descriptor is not the layer's),
 * _MEMORY. */
enum tconv_status tconv_jit_verify(const struct tconv_spec *spec,
                                   const char *isa,
                                   const struct tconv_kernel *kernel,
                                   struct tconv_error *error);

#endif
