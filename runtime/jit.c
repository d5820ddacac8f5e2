/* Kernels made while the process runs, each once: the registry, and the way
 * from a spec to a kernel that has been checked. */
#define _POSIX_C_SOURCE 200809L /* NOLINT(bugprone-reserved-identifier) */
#include "jit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../gen/host.h"
#include "error.h"

/* What a kernel is asked for by. */
struct request {
    const struct tconv_spec *spec;
    enum tconv_engine engine;
    const char *isa;                 /* one of tconv_isa_names */
    const struct tconv_micro *micro; /* TCONV_ENGINE_JIT only */
    const char *cc;                  /* "" unless TCONV_ENGINE_CC */
};

/* An entry of the registry. It is there from the moment somebody starts to make
 * the kernel, so that nobody else makes it too. */
struct tconv_jit {
    struct tconv_jit *next;
    struct tconv_spec spec;
    enum tconv_engine engine;
    const char *isa;
    char *cc;
    struct tconv_loaded loaded;
    int users;
    int ready;
};

/* Guards the registry and the entries' users and ready. Never held for long;
 * `changed` tells that an entry became ready or was given up. */
static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct tconv_jit *registry;

/* One generator serves all; it is kept for the next kernel. */
static pthread_mutex_t generator_lock = PTHREAD_MUTEX_INITIALIZER;
static struct tconv_generator *generator;

static const struct tconv_micro *find_micro(const char *isa,
                                            const struct tconv_spec *spec)
{
    return tconv_micro_find(isa,
                            tconv_dtype_name(tconv_dtype_sum(spec->dtype)));
}

/* The best instruction set that processor and engine have for the layer, from
 * one of tconv_isa_names on; NULL: none. */
static const char *best_isa(const struct request *r, const char *const *name)
{
    while (*name &&
           (!tconv_isa_serves(*name, r->spec) ||
            (r->engine == TCONV_ENGINE_JIT && !find_micro(*name, r->spec))))
        name++;
    return *name;
}

static const char *const *known_isa(const char *isa)
{
    const char *const *name = tconv_isa_names;
    while (*name && strcmp(*name, isa) != 0)
        name++;
    return name;
}

static enum tconv_status choose_isa(const char *isa, struct request *r,
                                    struct tconv_error *error)
{
    int any = !isa || !strcmp(isa, "native");
    r->isa = any ? best_isa(r, tconv_isa_names) : *known_isa(isa);
    if (!r->isa && any)
        return tconv_fail(error, TCONV_E_ISA,
                          "isa: this build has no micro-kernels for this "
                          "processor");
    if (!r->isa)
        return tconv_fail(error, TCONV_E_ISA,
                          "isa=%.40s: unknown (avx512, avx2, sse2, neon, "
                          "scalar)",
                          isa);
    if (!tconv_isa_supported(r->isa))
        return tconv_fail(error, TCONV_E_ISA,
                          "isa=%s: this processor does not have it", r->isa);
    /* What a type of elements has no use for is masked, as what is better. */
    if (!tconv_isa_serves(r->isa, r->spec))
        r->isa = best_isa(r, known_isa(r->isa));
    if (!r->isa)
        return tconv_fail(error, TCONV_E_ISA,
                          "isa=%.40s: this build has no micro-kernels for it",
                          isa);
    if (r->engine == TCONV_ENGINE_JIT) {
        r->micro = find_micro(r->isa, r->spec);
        if (!r->micro)
            return tconv_fail(error, TCONV_E_ISA,
                              "isa=%s: this build has no micro-kernels for it",
                              r->isa);
    }
    if (r->engine == TCONV_ENGINE_PURE)
        r->isa = "scalar"; /* all that libtcc can compile */
    return TCONV_OK;
}

static enum tconv_status check_request(const char *isa, const char *cc,
                                       struct request *r,
                                       struct tconv_error *error)
{
    enum tconv_status status = tconv_spec_check(r->spec, error);
    if (status != TCONV_OK)
        return status;
    if ((unsigned)r->engine >= TCONV_ENGINE_COUNT)
        return tconv_fail(error, TCONV_E_ARGUMENT, "engine=%d: unknown",
                          (int)r->engine);
    if (r->engine == TCONV_ENGINE_CC)
        r->cc = tconv_jit_cc_command(cc);
    return choose_isa(isa, r, error);
}

static struct tconv_jit *find(const struct request *r)
{
    struct tconv_jit *jit = registry;
    while (jit &&
           (jit->engine != r->engine ||
            !tconv_spec_equal(&jit->spec, r->spec) ||
            /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
            strcmp(jit->isa, r->isa) != 0 || strcmp(jit->cc, r->cc) != 0))
        jit = jit->next;
    return jit;
}

static void forget(const struct tconv_jit *jit)
{
    struct tconv_jit **at = &registry;
    while (*at != jit)
        at = &(*at)->next;
    *at = jit->next;
}

static void destroy(struct tconv_jit *jit)
{
    if (jit->loaded.unload)
        jit->loaded.unload(&jit->loaded);
    free(jit->cc);
    free(jit);
}

static struct tconv_jit *new_entry(const struct request *r)
{
    struct tconv_jit *jit = calloc(1, sizeof *jit);
    size_t cc_bytes = strlen(r->cc) + 1;
    char *cc = malloc(cc_bytes);
    if (!jit || !cc) {
        free(jit);
        free(cc);
        return NULL;
    }
    jit->spec = *r->spec;
    jit->engine = r->engine;
    jit->isa = r->isa;
    jit->cc = memcpy(cc, r->cc, cc_bytes);
    jit->users = 1;
    return jit;
}

static enum tconv_status emit(const struct request *r, char **text,
                              struct tconv_error *error)
{
    enum tconv_status status = TCONV_OK;
    pthread_mutex_lock(&generator_lock);
    if (!generator)
        status = tconv_generator_create(&generator, error);
    if (status == TCONV_OK) {
        status = tconv_generator_emit_one(
            generator, r->spec, r->isa,
            r->engine == TCONV_ENGINE_JIT ? TCONV_EMIT_MICRO : TCONV_EMIT_WHOLE,
            text, error);
        if (status != TCONV_OK) { /* whatever ailed it, the next is fresh */
            tconv_generator_free(generator);
            generator = NULL;
        }
    }
    pthread_mutex_unlock(&generator_lock);
    return status;
}

/* From a spec to a kernel that is held to the generic one. */
static enum tconv_status make(const struct request *r,
                              struct tconv_loaded *loaded,
                              struct tconv_error *error)
{
    char *text = NULL;
    enum tconv_status status = emit(r, &text, error);
    if (status != TCONV_OK)
        return status;
    char name[TCONV_NAME_SIZE];
    tconv_spec_name(r->spec, name);
    if (r->engine == TCONV_ENGINE_CC)
        status = tconv_jit_cc_load(text, name, r->cc, loaded, error);
    else
        status = tconv_jit_tcc_load(text, name, r->micro, loaded, error);
    free(text);
    if (status != TCONV_OK)
        return status;
    status = tconv_jit_verify(r->spec, r->isa, loaded->kernel, error);
    if (status != TCONV_OK) {
        loaded->unload(loaded);
        loaded->unload = NULL;
    }
    return status;
}

enum tconv_status tconv_jit_create(const struct tconv_spec *spec,
                                   enum tconv_engine engine, const char *isa,
                                   const char *cc, struct tconv_jit **jit,
                                   struct tconv_error *error)
{
    if (!jit)
        return tconv_fail(error, TCONV_E_ARGUMENT, "jit: must not be NULL");
    *jit = NULL;
    struct request r = {spec, engine, "", NULL, ""};
    enum tconv_status status = check_request(isa, cc, &r, error);
    if (status != TCONV_OK)
        return status;

    pthread_mutex_lock(&registry_lock);
    struct tconv_jit *entry;
    while ((entry = find(&r)) && !entry->ready)
        pthread_cond_wait(&changed, &registry_lock);
    if (entry) {
        entry->users++;
        pthread_mutex_unlock(&registry_lock);
        *jit = entry;
        return TCONV_OK;
    }
    entry = new_entry(&r);
    if (entry) {
        entry->next = registry;
        registry = entry;
    }
    pthread_mutex_unlock(&registry_lock);
    if (!entry)
        return tconv_fail(error, TCONV_E_MEMORY, "jit: out of memory");

    struct tconv_loaded loaded = {NULL, NULL, 0, NULL};
    status = make(&r, &loaded, error);
    pthread_mutex_lock(&registry_lock);
    entry->loaded = loaded;
    entry->ready = status == TCONV_OK;
    if (!entry->ready)
        forget(entry);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&registry_lock);
    if (status != TCONV_OK)
        destroy(entry);
    else
        *jit = entry;
    return status;
}

const struct tconv_kernel *tconv_jit_kernel(const struct tconv_jit *jit)
{
    return jit ? jit->loaded.kernel : NULL;
}

void tconv_jit_free(struct tconv_jit *jit)
{
    if (!jit)
        return;
    pthread_mutex_lock(&registry_lock);
    int last = --jit->users == 0;
    if (last)
        forget(jit);
    pthread_mutex_unlock(&registry_lock);
    if (last)
        destroy(jit);
}
