#include "jit_support.h"

#include <stdio.h>
#include <string.h>

struct tconv_jit *jit_make(const char *name, enum tconv_engine engine,
                           const char *isa, const char *cc)
{
    struct tconv_spec spec = spec_of(name);
    struct tconv_error error = NO_ERROR;
    struct tconv_jit *jit = NULL;
    enum tconv_status status =
        tconv_jit_create(&spec, engine, isa, cc, &jit, &error);
#ifndef TCONV_HAVE_TCC
    if (status == TCONV_E_NO_JIT) {
        print_message("skipped: built without libtcc\n");
        skip();
    }
#endif
    assert_ok(status, &error);
    assert_non_null(jit);
    return jit;
}

static void compare_run(const struct tconv_kernel *kernel,
                        const struct tensors *t, const void *packed, int parts)
{
    struct guarded y, workspace;
    guarded_make(&y, t->y.bytes, GUARD_AFTER);
    guarded_make(&workspace,
                 kernel->workspace_bytes(t->batch, t->length, parts),
                 GUARD_AFTER);
    fill_nan(t->spec.dtype, y.data, t->sizes.output);
    struct tconv_args args = {.x = t->x.data,
                              .packed = packed,
                              .y = y.data,
                              .workspace = workspace.data,
                              .batch = t->batch,
                              .length = t->length};
    for (int part = parts - 1; part >= 0; part--)
        kernel->run(&args, part, parts);
    assert_same_bits(kernel->isa, &t->spec, y.data, t->y.data, t->sizes.output);
    guarded_free(&workspace);
    guarded_free(&y);
}

void compare_kernel(const char *name, const struct tconv_kernel *kernel)
{
    static const int64_t lengths[] = {1, 2, 5, 17, 64, 131};
    static const int parts[] = {1, 2, 7};
    struct prng prng = {4711};
    struct tconv_spec spec = spec_of(name);
    assert_string_equal(kernel->name, name);
    for (size_t i = 0; i < COUNT(lengths); i++) {
        int64_t length = spec.length ? spec.length : lengths[i];
        int64_t batch = i % 2 ? 3 : 1;
        struct tconv_sizes sizes;
        if (tconv_spec_sizes(&spec, batch, length, &sizes, NULL) != TCONV_OK) {
            assert_true(kernel->output_length(length) < 0);
            continue;
        }
        struct tensors t;
        struct guarded packed;
        tensors_make(&t, &spec, batch, length, GUARD_AFTER);
        tensors_fill(&t, i % 3 ? FILL_UNIFORM : FILL_SPECIAL, &prng);
        tensors_run(&t, kernel->sum);
        guarded_make(&packed, kernel->packed_bytes, GUARD_AFTER);
        const int packs = spec.pass != TCONV_GRAD_WEIGHT;
        if (packs)
            kernel->pack(t.weight.data, t.bias.data, packed.data);
        for (size_t p = 0; p < COUNT(parts); p++)
            compare_run(kernel, &t, packs ? packed.data : t.weight.data,
                        parts[p]);
        guarded_free(&packed);
        tensors_free(&t);
    }
}

const char by_hand[] =
    "#ifndef TCONV_FREESTANDING\n"
    "#include \"tconv_kernel.h\"\n"
    "#endif\n"
    "static int64_t output_length(int64_t length) { return length + 41; }\n"
    "static const struct tconv_kernel kernel = {\n"
    "    TCONV_KERNEL_ABI, TCONV_SUM_FUSED, TCONV_FORWARD, \"by_hand\",\n"
    "    \"scalar\", \"f32\", \"f32\", \"f32\", \"ncl\", \"ncl\", 1, 1, 0, 4, "
    "4,\n"
    "    0, output_length, 0, 0, 0, 0};\n"
    "const struct tconv_kernel *const tconv_by_hand[] = {&kernel, 0};\n";

void by_hand_check(struct tconv_loaded *loaded)
{
    assert_non_null(loaded->kernel);
    assert_string_equal(loaded->kernel->name, "by_hand");
    assert_int_equal(loaded->kernel->output_length(1), 42);
    loaded->unload(loaded);
}
