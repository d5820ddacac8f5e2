/* Opens and runs engines. */
#include "engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

static const char *const names[] = {
    [ENGINE_AUTO] = "auto", [ENGINE_GENERIC] = "generic", [ENGINE_JIT] = "jit",
    [ENGINE_PURE] = "pure", [ENGINE_CC] = "cc",
};

#define KINDS (sizeof names / sizeof *names)

const char *engine_kind_name(enum engine_kind kind)
{
    return names[kind];
}

enum tconv_status engine_kind_read(const char *text, unsigned allowed,
                                   enum engine_kind *kind,
                                   struct tconv_error *error)
{
    char list[80] = "";
    for (size_t i = 0; i < KINDS; i++) {
        if (!(allowed & (1U << i)))
            continue;
        if (!strcmp(names[i], text)) {
            *kind = (enum engine_kind)i;
            return TCONV_OK;
        }
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "",
                 names[i]);
    }
    return tconv_fail(error, TCONV_E_ARGUMENT,
                      "--engine \"%.40s\": must be one of %s", text, list);
}

int64_t smallest_length(const struct tconv_spec *s)
{
    int64_t least, most;
    tconv_spec_length_range(s, &least, &most);
    return least;
}

static enum tconv_status open_jit(struct engine *engine,
                                  struct tconv_error *error)
{
    enum tconv_engine which = engine->kind == ENGINE_CC     ? TCONV_ENGINE_CC
                              : engine->kind == ENGINE_PURE ? TCONV_ENGINE_PURE
                                                            : TCONV_ENGINE_JIT;
    enum tconv_status status = tconv_jit_create(
        &engine->spec, which, engine->isa, NULL, &engine->jit, error);
    if (status != TCONV_OK)
        return status;
    engine->kernel = tconv_jit_kernel(engine->jit);
    engine->sum = engine->kernel->sum;
    engine->isa = engine->kernel->isa;
    return TCONV_OK;
}

enum tconv_status engine_open(struct engine *engine,
                              const struct tconv_spec *spec,
                              enum engine_kind kind, const char *isa,
                              struct tconv_error *reason,
                              struct tconv_error *error)
{
    *engine = (struct engine){
        .spec = *spec, .kind = kind, .isa = isa, .sum = tconv_isa_sum(isa)};
    if (kind == ENGINE_GENERIC)
        return TCONV_OK;
    if (kind != ENGINE_AUTO)
        return open_jit(engine, error);
    engine->kind = ENGINE_JIT;
    if (open_jit(engine, reason) != TCONV_OK)
        engine->kind = ENGINE_GENERIC;
    return TCONV_OK;
}

void engine_close(struct engine *engine)
{
    if (engine->jit)
        tconv_jit_free(engine->jit);
    free(engine->packed);
    free(engine->workspace);
    *engine = (struct engine){.kind = ENGINE_GENERIC};
}

enum tconv_status engine_pack(struct engine *engine, const void *weight,
                              const void *bias, struct tconv_error *error)
{
    engine->weight = weight;
    engine->bias = bias;
    if (!engine->kernel || engine->spec.pass == TCONV_GRAD_WEIGHT)
        return TCONV_OK; /* takes what is `weight` there as it is */
    engine->packed = tconv_memory_alloc(engine->kernel->packed_bytes);
    if (!engine->packed)
        return tconv_fail(error, TCONV_E_MEMORY,
                          "not enough memory for %zu bytes of packed weights",
                          engine->kernel->packed_bytes);
    engine->kernel->pack(weight, bias, engine->packed);
    return TCONV_OK;
}

const void *engine_packed(const struct engine *engine)
{
    return engine->packed ? engine->packed : engine->weight;
}

enum tconv_status engine_reserve(struct engine *engine, int64_t batch,
                                 int64_t length, int threads,
                                 struct tconv_error *error)
{
    if (!engine->kernel)
        return TCONV_OK;
    size_t bytes = engine->kernel->workspace_bytes(batch, length, threads);
    if (bytes <= engine->workspace_bytes)
        return TCONV_OK;
    free(engine->workspace);
    engine->workspace_bytes = 0;
    engine->workspace = tconv_memory_alloc(bytes);
    if (!engine->workspace)
        return tconv_fail(error, TCONV_E_MEMORY,
                          "not enough memory for %zu bytes of workspace",
                          bytes);
    engine->workspace_bytes = bytes;
    return TCONV_OK;
}

enum tconv_status engine_run(struct engine *engine, const void *x, void *y,
                             int64_t batch, int64_t length,
                             struct tconv_pool *pool, struct tconv_error *error)
{
    if (!engine->kernel && engine->quantization)
        return tconv_generic_quantized(&engine->spec, engine->sum,
                                       engine->quantization, x, engine->weight,
                                       engine->bias, y, batch, length, error);
    if (!engine->kernel)
        return tconv_generic_run(&engine->spec, engine->sum, x, engine->weight,
                                 engine->bias, y, batch, length, error);
    enum tconv_status status =
        engine_reserve(engine, batch, length, tconv_pool_threads(pool), error);
    if (status != TCONV_OK)
        return status;
    const struct tconv_args args = {.x = x,
                                    .packed = engine_packed(engine),
                                    .y = y,
                                    .workspace = engine->workspace,
                                    .batch = batch,
                                    .length = length,
                                    .quantization = engine->quantization};
    return tconv_pool_run(pool, engine->kernel, &args, error);
}
