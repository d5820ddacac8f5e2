/* A layer with its weights and kernels. */
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "npy.h"
#include "safetensors.h"
#include "tconv_pool.h"

/* What computes one pass. */
struct pass {
    struct tconv_jit *jit;
    const struct tconv_kernel *kernel; /* NULL: the generic one */
    void *packed;                      /* NULL in grad_weight */
    int is_made;                       /* or was tried */
    int is_packed;                     /* the weights as they are now */
};

struct tconv_module {
    struct tconv_spec spec; /* forward */
    enum tconv_engine engine;
    struct tconv_pool *pool; /* the caller's */
    struct pass passes[TCONV_PASS_COUNT];
    void *weight;
    void *bias; /* NULL without one */
    int has_weights;
    struct tconv_quantization quantization; /* its scale the module's own */
    float *scale;                           /* NULL until it is set */
    void *workspace;                        /* the passes' in turn */
    size_t workspace_bytes;
};

static enum tconv_status allocate(size_t bytes, void **memory,
                                  struct tconv_error *error)
{
    *memory = tconv_memory_alloc(bytes);
    if (!*memory)
        return tconv_fail(error, TCONV_E_MEMORY,
                          "not enough memory for %zu bytes", bytes);
    return TCONV_OK;
}

static size_t bias_bytes(const struct tconv_module *m)
{
    return (size_t)(m->spec.out_channels *
                    tconv_dtype_bytes(tconv_spec_bias_dtype(&m->spec)));
}

static void drop_pass(struct pass *pass)
{
    tconv_jit_free(pass->jit);
    free(pass->packed);
    *pass = (struct pass){.jit = NULL};
}

/* The gradient of the weight is of the layer's dtype, whatever the weight's. */
static struct tconv_spec spec_of(const struct tconv_module *m,
                                 enum tconv_pass which)
{
    struct tconv_spec spec = m->spec;
    spec.pass = which;
    if (which == TCONV_GRAD_WEIGHT)
        spec.weight_dtype = TCONV_F32;
    return spec;
}

static enum tconv_status make_pass(struct tconv_module *m,
                                   enum tconv_pass which, const char *isa,
                                   struct tconv_error *error)
{
    struct pass *pass = &m->passes[which];
    const struct tconv_spec spec = spec_of(m, which);
    enum tconv_status status =
        tconv_jit_create(&spec, m->engine, isa, NULL, &pass->jit, error);
    if (status != TCONV_OK)
        return status;
    pass->kernel = tconv_jit_kernel(pass->jit);
    pass->is_made = 1;
    if (which == TCONV_GRAD_WEIGHT) /* reads grad_output as it is */
        return TCONV_OK;
    status = allocate(pass->kernel->packed_bytes, &pass->packed, error);
    if (status != TCONV_OK)
        drop_pass(pass);
    return status;
}

static void pack(struct tconv_module *m, enum tconv_pass which)
{
    struct pass *pass = &m->passes[which];
    if (pass->packed && !pass->is_packed)
        pass->kernel->pack(m->weight, which ? NULL : m->bias, pass->packed);
    pass->is_packed = 1;
}

enum tconv_status tconv_module_create(const struct tconv_spec *spec,
                                      enum tconv_engine engine, const char *isa,
                                      struct tconv_module **module,
                                      struct tconv_error *error)
{
    if (!module)
        return tconv_fail(error, TCONV_E_ARGUMENT, "module: must not be NULL");
    *module = NULL;
    enum tconv_status status = tconv_spec_check(spec, error);
    if (status != TCONV_OK)
        return status;
    if (spec->pass != TCONV_FORWARD)
        return tconv_fail(error, TCONV_E_PASS,
                          "pass=%s: a module's spec must be the layer itself: "
                          "forward",
                          tconv_pass_name(spec->pass));
    struct tconv_module *m = calloc(1, sizeof *m);
    if (!m)
        return tconv_fail(error, TCONV_E_MEMORY, "module: not enough memory");
    m->spec = *spec;
    m->engine = engine;
    status = make_pass(m, TCONV_FORWARD, isa, error);
    if (status == TCONV_OK)
        status = allocate(m->passes[TCONV_FORWARD].kernel->weight_bytes,
                          &m->weight, error);
    if (status == TCONV_OK && spec->bias)
        status = allocate(bias_bytes(m), &m->bias, error);
    if (status == TCONV_OK)
        *module = m;
    else
        tconv_module_free(m);
    return status;
}

void tconv_module_free(struct tconv_module *m)
{
    if (!m)
        return;
    for (int i = 0; i < TCONV_PASS_COUNT; i++)
        drop_pass(&m->passes[i]);
    free(m->weight);
    free(m->bias);
    free(m->scale);
    free(m->workspace);
    free(m);
}

void tconv_module_use_pool(struct tconv_module *m, struct tconv_pool *pool)
{
    if (m)
        m->pool = pool;
}

static enum tconv_status check_module(const struct tconv_module *m,
                                      struct tconv_error *error)
{
    return m ? TCONV_OK
             : tconv_fail(error, TCONV_E_ARGUMENT, "module: must not be NULL");
}

/* What a layer has, and what it lacks. */
static enum tconv_status check_bias(const struct tconv_module *m,
                                    const void *bias, struct tconv_error *error)
{
    if (!bias == !m->spec.bias)
        return TCONV_OK;
    return tconv_fail(error, TCONV_E_ARGUMENT,
                      bias ? "bias: must be NULL, the layer has no bias"
                           : "bias: must not be NULL, the layer has a bias");
}

enum tconv_status tconv_module_set_weights(struct tconv_module *m,
                                           const void *weight, const void *bias,
                                           struct tconv_error *error)
{
    enum tconv_status status = check_module(m, error);
    if (status == TCONV_OK)
        status = check_bias(m, bias, error);
    if (status != TCONV_OK)
        return status;
    if (!weight)
        return tconv_fail(error, TCONV_E_ARGUMENT, "weight: must not be NULL");
    memcpy(m->weight, weight, m->passes[TCONV_FORWARD].kernel->weight_bytes);
    if (bias)
        memcpy(m->bias, bias, bias_bytes(m));
    for (int i = 0; i < TCONV_PASS_COUNT; i++)
        m->passes[i].is_packed = 0;
    pack(m, TCONV_FORWARD); /* the others when they are wanted */
    m->has_weights = 1;
    return TCONV_OK;
}

enum tconv_status tconv_module_load_npy(struct tconv_module *m,
                                        const char *weight_path,
                                        const char *bias_path,
                                        struct tconv_error *error)
{
    struct npy weight = {.data = NULL}, bias = {.data = NULL};
    int64_t shape[3];
    enum tconv_status status = check_module(m, error);
    if (status == TCONV_OK)
        status = check_bias(m, bias_path, error);
    if (status != TCONV_OK)
        return status;
    if (!weight_path)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "weight_path: must not be NULL");
    tconv_spec_weight_shape(&m->spec, shape);
    status =
        tconv_npy_read_shape(weight_path, tconv_spec_weight_dtype(&m->spec),
                             shape, 3, &weight, error);
    if (status == TCONV_OK && bias_path)
        status =
            tconv_npy_read_shape(bias_path, tconv_spec_bias_dtype(&m->spec),
                                 &m->spec.out_channels, 1, &bias, error);
    if (status == TCONV_OK)
        status = tconv_module_set_weights(m, weight.data, bias.data, error);
    free(weight.data);
    free(bias.data);
    return status;
}

enum tconv_status tconv_module_load_safetensors(struct tconv_module *m,
                                                const char *path,
                                                const char *weight_name,
                                                const char *bias_name,
                                                struct tconv_error *error)
{
    enum tconv_status status = check_module(m, error);
    if (status == TCONV_OK)
        status = check_bias(m, bias_name, error);
    if (status != TCONV_OK)
        return status;
    if (!path || !weight_name)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "path, weight_name: must not be NULL");
    const enum tconv_dtype narrow = tconv_spec_weight_dtype(&m->spec);
    struct safetensors_tensor tensors[] = {
        {.name = weight_name,
         .dimensions = 3,
         .dtype = narrow,
         .narrow = narrow},
        {.name = bias_name,
         .shape = {m->spec.out_channels},
         .dimensions = 1,
         .dtype = tconv_spec_bias_dtype(&m->spec),
         .narrow = tconv_spec_quantized(&m->spec)
                       ? tconv_spec_bias_dtype(&m->spec)
                       : narrow},
    };
    tconv_spec_weight_shape(&m->spec, tensors[0].shape);
    status = tconv_safetensors_read(path, tensors, bias_name ? 2 : 1, error);
    if (status == TCONV_OK)
        status = tconv_module_set_weights(m, tensors[0].data, tensors[1].data,
                                          error);
    free(tensors[0].data);
    free(tensors[1].data);
    return status;
}

enum tconv_status
tconv_module_set_quantization(struct tconv_module *m,
                              const struct tconv_quantization *quantization,
                              struct tconv_error *error)
{
    enum tconv_status status = check_module(m, error);
    if (status == TCONV_OK)
        status = tconv_quantization_check(quantization, &m->spec, error);
    if (status != TCONV_OK || !quantization)
        return status;
    const size_t bytes = (size_t)m->spec.out_channels * sizeof *m->scale;
    void *scale = m->scale;
    if (!scale)
        status = allocate(bytes, &scale, error);
    if (status != TCONV_OK)
        return status;
    m->scale = scale;
    memcpy(m->scale, quantization->scale, bytes);
    m->quantization = *quantization;
    m->quantization.scale = m->scale;
    return TCONV_OK;
}

const void *tconv_module_weight(const struct tconv_module *m)
{
    return m && m->has_weights ? m->weight : NULL;
}

const void *tconv_module_bias(const struct tconv_module *m)
{
    return m && m->has_weights ? m->bias : NULL;
}

/* Workspace for a call of sizes that were checked. */
static enum tconv_status make_room(struct tconv_module *m,
                                   const struct tconv_kernel *kernel,
                                   int64_t batch, int64_t length,
                                   struct tconv_error *error)
{
    const size_t bytes =
        kernel->workspace_bytes(batch, length, tconv_pool_threads(m->pool));
    if (bytes <= m->workspace_bytes)
        return TCONV_OK;
    void *more;
    enum tconv_status status = allocate(bytes, &more, error);
    if (status != TCONV_OK)
        return status;
    free(m->workspace);
    m->workspace = more;
    m->workspace_bytes = bytes;
    return TCONV_OK;
}

enum tconv_status tconv_module_reserve(struct tconv_module *m, int64_t batch,
                                       int64_t length,
                                       struct tconv_error *error)
{
    struct tconv_sizes sizes;
    enum tconv_status status = check_module(m, error);
    if (status == TCONV_OK)
        status = tconv_spec_sizes(&m->spec, batch, length, &sizes, error);
    if (status == TCONV_OK)
        status =
            make_room(m, m->passes[TCONV_FORWARD].kernel, batch, length, error);
    return status;
}

static enum tconv_status check_weights(const struct tconv_module *m,
                                       struct tconv_error *error)
{
    enum tconv_status status = check_module(m, error);
    if (status == TCONV_OK && !m->has_weights)
        status = tconv_fail(error, TCONV_E_ARGUMENT,
                            "weights: must be set or loaded first");
    return status;
}

enum tconv_status tconv_module_forward(struct tconv_module *m, const void *x,
                                       void *y, int64_t batch, int64_t length,
                                       struct tconv_error *error)
{
    enum tconv_status status = check_weights(m, error);
    if (status == TCONV_OK)
        status = tconv_module_reserve(m, batch, length, error);
    if (status != TCONV_OK)
        return status;
    const struct pass *pass = &m->passes[TCONV_FORWARD];
    const struct tconv_args args = {.x = x,
                                    .packed = pass->packed,
                                    .y = y,
                                    .workspace = m->workspace,
                                    .batch = batch,
                                    .length = length,
                                    .quantization =
                                        m->scale ? &m->quantization : NULL};
    return tconv_pool_run(m->pool, pass->kernel, &args, error);
}

/* What tconv_generic_grad would miss; the rest each pass checks itself. */
static enum tconv_status check_gradient(const struct tconv_module *m,
                                        const struct tconv_grad_args *a,
                                        struct tconv_error *error)
{
    struct tconv_sizes sizes;
    if (!a)
        return tconv_fail(error, TCONV_E_ARGUMENT, "args: must not be NULL");
    enum tconv_status status =
        tconv_spec_sizes(&m->spec, a->batch, a->length, &sizes, error);
    if (status == TCONV_OK && a->batch > 0 &&
        (!a->grad_output || (a->grad_weight && !a->x)))
        status = tconv_fail(error, TCONV_E_ARGUMENT,
                            "grad_output, and x for grad_weight: must not be "
                            "NULL");
    return status;
}

/* A gradient's pass over `other`, the weight or grad_output, by its kernel or,
 * where there is none to be had, the generic one. */
static enum tconv_status run_gradient(struct tconv_module *m,
                                      enum tconv_pass which, const void *x,
                                      const void *other, void *y,
                                      const struct tconv_grad_args *a,
                                      struct tconv_error *error)
{
    const struct tconv_kernel *forward = m->passes[TCONV_FORWARD].kernel;
    struct pass *pass = &m->passes[which];
    enum tconv_status status = TCONV_OK;
    struct tconv_error reason = {TCONV_OK, ""};
    if (!pass->is_made) {
        status = make_pass(m, which, forward->isa, &reason);
        if (status == TCONV_E_MEMORY) /* may well be there next time */
            return tconv_fail(error, status, "%s", reason.message);
        pass->is_made = 1;
    }
    if (!pass->kernel) {
        const struct tconv_spec spec = spec_of(m, which);
        return tconv_generic_run(&spec, forward->sum, x, other, NULL, y,
                                 a->batch, a->length, error);
    }
    status = make_room(m, pass->kernel, a->batch, a->length, error);
    if (status != TCONV_OK)
        return status;
    pack(m, which);
    const struct tconv_args args = {.x = x,
                                    .packed =
                                        pass->packed ? pass->packed : other,
                                    .y = y,
                                    .workspace = m->workspace,
                                    .batch = a->batch,
                                    .length = a->length};
    return tconv_pool_run(m->pool, pass->kernel, &args, error);
}

enum tconv_status tconv_module_backward(struct tconv_module *m,
                                        const struct tconv_grad_args *a,
                                        struct tconv_error *error)
{
    enum tconv_status status = check_weights(m, error);
    if (status == TCONV_OK)
        status = check_gradient(m, a, error);
    if (status != TCONV_OK)
        return status;
    /* It also refuses a call that wants nothing. */
    if (a->grad_bias || (!a->grad_input && !a->grad_weight))
        status = tconv_grad_bias(&m->spec, a, error);
    if (status == TCONV_OK && a->grad_input)
        status = run_gradient(m, TCONV_GRAD_INPUT, a->grad_output, m->weight,
                              a->grad_input, a, error);
    if (status == TCONV_OK && a->grad_weight)
        status = run_gradient(m, TCONV_GRAD_WEIGHT, a->x, a->grad_output,
                              a->grad_weight, a, error);
    return status;
}
