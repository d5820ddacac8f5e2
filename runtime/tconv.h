/* tconv: ConvTranspose1d as C made for one layer.
 *
 * Three libraries, each resting on the one before, one beside them, and one on
 * top, so that nobody links what he does not use:
 *
 *   tconv_core    specs, sizes, the generic kernel, comparing   (libc, libm)
 *   tconv_gen     reading model files, emitting C               (Lua)
 *   tconv_jit     compiling and loading kernels in the process  (libtcc)
 *   tconv_pool    running on several threads: tconv_pool.h (libpthreadpool)
 *   tconv_module  a layer with its weights, in one object       (libjansson)
 *
 * Everywhere: lengths and sizes are in elements unless the name says _bytes;
 * tensors are dense and in C order, but for what struct tconv_args says of
 * strides. Functions that can fail return a status
 * and, where `error` is not NULL, leave the first failure's message in it.
 * Nothing here prints, exits, aborts or changes the floating-point environment.
 * Functions may be called from any thread; an object must not be freed while
 * another thread uses it. */
#ifndef TCONV_H
#define TCONV_H

#include "tconv_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TCONV_VERSION "0.1.0"

/* ------------------------------------------------------------------ errors */

enum tconv_status {
    TCONV_OK = 0,
    /* The spec: one per field, and for what the fields make together. */
    TCONV_E_IN_CHANNELS,
    TCONV_E_OUT_CHANNELS,
    TCONV_E_KERNEL_SIZE,
    TCONV_E_STRIDE,
    TCONV_E_PADDING,
    TCONV_E_OUTPUT_PADDING,
    TCONV_E_GROUPS,
    TCONV_E_BIAS,
    TCONV_E_DILATION,
    TCONV_E_DTYPE,
    TCONV_E_LAYOUT,
    TCONV_E_LENGTH,
    TCONV_E_OP,
    TCONV_E_PASS,
    TCONV_E_PRECISION,
    TCONV_E_QUANTIZATION,
    TCONV_E_SIZE, /* a tensor too large to address */
    /* The call. */
    TCONV_E_BATCH,
    TCONV_E_OUTPUT_LENGTH, /* nothing is left after the crop */
    TCONV_E_OUTPUT_SIZE,
    TCONV_E_ARGUMENT, /* a NULL or out-of-range argument */
    TCONV_E_ABI,      /* a kernel made for another tconv_kernel.h */
    /* Text that is read. */
    TCONV_E_NAME,   /* not a canonical kernel name */
    TCONV_E_SYNTAX, /* not a layer in PyTorch's notation */
    TCONV_E_MODEL,  /* a model file that fails or goes too far */
    TCONV_E_LAYER,  /* a model file without the layer asked for */
    /* What could not be done. */
    TCONV_E_ISA, /* unknown, or this processor lacks it */
    TCONV_E_MEMORY,
    TCONV_E_IO,
    TCONV_E_GENERATOR, /* a defect in templates or plans */
    TCONV_E_NO_JIT,    /* built without libtcc */
    TCONV_E_JIT,
    TCONV_E_NO_CC, /* no compiler found */
    TCONV_E_CC,
    TCONV_E_NO_POOL, /* several threads, built without libpthreadpool */
    TCONV_E_NO_JSON, /* a .safetensors file, built without libjansson */
    TCONV_E_DIFFER,  /* a kernel and the generic one disagree */
    TCONV_STATUS_COUNT
};

/* Owned by the caller. Start it as {TCONV_OK, ""}; the first failure stays. */
struct tconv_error {
    enum tconv_status status;
    char message[400]; /* one line: field, value, rule */
};

/* The status as a word, e.g. "TCONV_E_STRIDE". Never NULL. */
const char *tconv_status_name(enum tconv_status status);

/* -------------------------------------------------------------- core: spec */

/* Element types. Layers of 16 bits have their sums in f32: what they read is
 * widened, which is exact, and each result rounded once, to the nearest, of two
 * as near to the one whose last bit is 0. Complex elements are a real part and
 * an imaginary one. Integer layers have weights of int8, sums and a bias of
 * int32: see struct tconv_quantization. */
enum tconv_dtype {
    TCONV_F32 = 0,
    TCONV_F64 = 1,
    TCONV_F16,
    TCONV_BF16,
    TCONV_C64,
    TCONV_C128,
    TCONV_I8,
    TCONV_U8,
    TCONV_I32, /* of an integer layer's bias and sums */
    TCONV_DTYPE_COUNT
};
/* How operands are multiplied: as they are, or rounded to the 10 explicit bits
 * of mantissa that TF32 has, to the nearest, of two as near to the one further
 * from zero. Products and sums are in f32; the bias is not rounded. */
enum tconv_precision {
    TCONV_PRECISION_FULL = 0,
    TCONV_TF32,
    TCONV_PRECISION_COUNT
};
/* (batch, channels, length), or (batch, length, channels). */
enum tconv_layout { TCONV_NCL = 0, TCONV_NLC, TCONV_LAYOUT_COUNT };
enum tconv_op { TCONV_CONV_TRANSPOSE1D = 0, TCONV_CONV1D, TCONV_OP_COUNT };

/* One layer, and what is to be computed of it. Fields and meanings are those of
 * torch.nn.ConvTranspose1d (or Conv1d), but that the padding may differ between
 * the ends, and that a length may be fixed. */
struct tconv_spec {
    int64_t in_channels;
    int64_t out_channels;
    int64_t kernel_size;
    int64_t stride;
    int64_t
        padding_begin;   /* cropped off the output's start; Conv1d: before x */
    int64_t padding_end; /* cropped off its end; Conv1d: after x */
    int64_t output_padding;
    int64_t groups;
    int64_t bias; /* 0 or 1 */
    int64_t dilation;
    enum tconv_dtype dtype;
    enum tconv_layout layout; /* of the input, and of its gradient */
    int64_t length;           /* fixed input length; 0 leaves it to the call */
    enum tconv_op op;
    enum tconv_pass pass; /* the layer itself, or one of its gradients */
    /* TCONV_F16, TCONV_BF16 or TCONV_I8: an f32 layer's weight is stored so,
     * and each element widened, which is exact, before it is multiplied; of
     * TCONV_I8 (forward alone) sums are scaled then, see struct
     * tconv_quantization. 0: as dtype. */
    enum tconv_dtype weight_dtype;
    enum tconv_layout output_layout; /* of the output, and of its gradient */
    enum tconv_precision precision;  /* of f32 layers */
    /* Of y, in integer layers: TCONV_I8, TCONV_U8 or TCONV_F32. 0 in others,
     * whose y is of their dtype. */
    enum tconv_dtype output_dtype;
};

/* Fills in PyTorch's defaults: stride 1, no padding, one group, bias, f32; a
 * ConvTranspose1d, forward. */
void tconv_spec_init(struct tconv_spec *spec, int64_t in_channels,
                     int64_t out_channels, int64_t kernel_size);

/* The rules of a valid layer, all of them; the message names field, value and
 * rule. Every other function here wants a spec that passed. */
enum tconv_status tconv_spec_check(const struct tconv_spec *spec,
                                   struct tconv_error *error);

/* The layer's output length Lout for its input length L. ConvTranspose1d:
 *
 *   (L-1)*stride - padding_begin - padding_end
 *       + dilation*(kernel_size-1) + output_padding + 1
 *
 * Conv1d, rounded down, the division's numerator not being negative:
 *
 *   (L + padding_begin + padding_end - dilation*(kernel_size-1) - 1)/stride + 1
 *
 * Fails with TCONV_E_LENGTH (not positive, or not the fixed one),
 * TCONV_E_OUTPUT_LENGTH (Lout <= 0) or TCONV_E_SIZE (overflow). */
enum tconv_status tconv_spec_output_length(const struct tconv_spec *spec,
                                           int64_t length,
                                           int64_t *output_length,
                                           struct tconv_error *error);

/* The input lengths least <= length <= most for which one batch item's tensors
 * exist: the output length is positive and every byte addressable. There is
 * always at least one. */
void tconv_spec_length_range(const struct tconv_spec *spec, int64_t *least,
                             int64_t *most);

/* 1 if each element of what is read goes to many of what is computed, a step of
 * `stride` apart: ConvTranspose1d, and grad_input of Conv1d. 0 if each is made
 * of such: Conv1d, and grad_input of ConvTranspose1d. */
int tconv_spec_transposed(const struct tconv_spec *spec);

/* PyTorch's output_size argument: sets output_padding so that the output length
 * for `length` is `output_size`. Valid are [min, min + stride - 1], min being
 * Lout without output_padding; dilation does not widen that. Conv1d has no such
 * argument. */
enum tconv_status tconv_spec_set_output_size(struct tconv_spec *spec,
                                             int64_t length,
                                             int64_t output_size,
                                             struct tconv_error *error);

/* What a call reads and writes, by spec->pass:
 *
 *   pass              x            weight       y
 *   TCONV_FORWARD     x            weight       y
 *   TCONV_GRAD_INPUT  grad_output  weight       grad_input
 *   TCONV_GRAD_WEIGHT x            grad_output  grad_weight
 */
struct tconv_sizes {
    int64_t input;         /* elements of x */
    int64_t input_length;  /* elements of a row of x */
    int64_t output;        /* elements of y */
    int64_t output_length; /* elements of a row of y */
    int64_t rows;          /* of y: batch * channels, or those of a weight */
    int64_t weight;        /* elements of weight */
    int64_t bias;          /* elements of bias; 0 without, and in gradients */
    int64_t macs; /* multiply-adds of numbers, taps outside counted as well */
    int64_t element_bytes; /* of x */
    int64_t weight_element_bytes;
    int64_t bias_element_bytes;
    int64_t output_element_bytes; /* of y */
};

/* Sizes of a call's tensors; `length` is the layer's input length in each pass.
 * batch 0 is legal. Besides what tconv_spec_output_length refuses:
 * TCONV_E_BATCH, TCONV_E_SIZE. */
enum tconv_status tconv_spec_sizes(const struct tconv_spec *spec, int64_t batch,
                                   int64_t length, struct tconv_sizes *sizes,
                                   struct tconv_error *error);

/* Index in y of element `at` of row `row`, a channel of a batch item: what
 * differs between layouts. `sizes` are those of the call. */
int64_t tconv_spec_output_at(const struct tconv_spec *spec,
                             const struct tconv_sizes *sizes, int64_t row,
                             int64_t at);

/* Index of position i of channel c of batch item n in a dense tensor. */
int64_t tconv_layout_at(enum tconv_layout layout, int64_t channels,
                        int64_t length, int64_t n, int64_t c, int64_t i);

/* The weight's shape: (in_channels, out_channels/groups, kernel_size), of
 * Conv1d (out_channels, in_channels/groups, kernel_size). */
void tconv_spec_weight_shape(const struct tconv_spec *spec, int64_t shape[3]);
int64_t tconv_spec_weight_elements(const struct tconv_spec *spec);

int64_t tconv_dtype_bytes(enum tconv_dtype dtype);
const char *tconv_dtype_name(enum tconv_dtype dtype); /* "f32", "bf16", ... */
/* PyTorch's word for it: "float32", "bfloat16", ... */
const char *tconv_dtype_torch_name(enum tconv_dtype dtype);
/* The type that sums of it have: f64 of f64 and c128, i32 of integers, else
 * f32. */
enum tconv_dtype tconv_dtype_sum(enum tconv_dtype dtype);
/* Numbers in an element: 2 of complex ones, else 1. */
int tconv_dtype_parts(enum tconv_dtype dtype);
/* 1 of int8, uint8 and int32. */
int tconv_dtype_integer(enum tconv_dtype dtype);
/* 1 of layers that a struct tconv_quantization belongs to: those with weights
 * of int8. */
int tconv_spec_quantized(const struct tconv_spec *spec);
enum tconv_dtype tconv_spec_weight_dtype(const struct tconv_spec *spec);
enum tconv_dtype tconv_spec_bias_dtype(const struct tconv_spec *spec);
enum tconv_dtype tconv_spec_output_dtype(const struct tconv_spec *spec);
const char *tconv_layout_name(enum tconv_layout layout); /* "ncl", "nlc" */
const char *tconv_op_name(enum tconv_op op); /* "ConvTranspose1d", "Conv1d" */
const char *tconv_pass_name(enum tconv_pass pass); /* "forward", "grad_input" */
const char *
tconv_precision_name(enum tconv_precision precision); /* "full", "tf32" */

/* 1 if both mean the same layer. */
int tconv_spec_equal(const struct tconv_spec *a, const struct tconv_spec *b);

/* The canonical name, "f32_ci512_co256_k16_s8_p4": fixed order, defaults left
 * out, a C identifier and a file name; of Conv1d "f32_conv_ci...", with narrow
 * weights "f32_wbf16_ci...", in TF32 "f32_tf32_ci...", of integers
 * whose output is of another type "i8_yf32_ci...", of other layouts
 * "f32_nlc_ci..." or, where input and output differ, "f32_nclnlc_ci...",
 * "f32_nlcncl_ci..."; of gradients
 * "..._gi" (grad_input) and "..._gw".
 * At most TCONV_NAME_SIZE - 1 bytes. */
#define TCONV_NAME_SIZE 192
void tconv_spec_name(const struct tconv_spec *spec, char name[TCONV_NAME_SIZE]);

/* The spec of a canonical name, checked. Only the canonical spelling is taken:
 * for all valid specs from_name(name(spec)) == spec, and the reverse. */
enum tconv_status tconv_spec_from_name(const char *name,
                                       struct tconv_spec *spec,
                                       struct tconv_error *error);

/* ---------------------------------------------------- core: initialisation */

/* A new layer's weight and bias, bit for bit those of
 *
 *   torch.manual_seed(seed); torch.nn.ConvTranspose1d(...)
 *
 * on the CPU (held against PyTorch 1.13): uniform between -sqrt(k) and sqrt(k),
 * k = groups / (out_channels * kernel_size), in_channels for Conv1d, as
 * PyTorch's documentation says, drawn from its generator (mt19937), the weight
 * before the bias; of complex elements the real part before the imaginary one,
 * each between these bounds. Of the seed the low 32 bits count, as they do
 * there. Each number is low + unit * (high - low); PyTorch rounds that once
 * where its code has fused multiply-adds (on x86-64: from AVX2 on), else twice.
 * `sum` says which; tconv_isa_sum(tconv_isa_native()) is what PyTorch does on
 * this processor. Layers of 16 bits have bounds rounded to their type and the
 * same numbers for either `sum`. weight_dtype and integers are refused with
 * TCONV_E_DTYPE; precision changes nothing.
 *
 * `weight` takes in_channels * out_channels / groups * kernel_size elements and
 * `bias` out_channels; both are the caller's. bias is NULL exactly if
 * spec->bias is 0. Fails as tconv_spec_check does, and with TCONV_E_ARGUMENT.
 * Allocates nothing and keeps no state: calls on any threads give the same. */
enum tconv_status tconv_init_weights(const struct tconv_spec *spec,
                                     enum tconv_sum sum, uint64_t seed,
                                     void *weight, void *bias,
                                     struct tconv_error *error);

/* ----------------------------------------------------------- core: running */

/* The generic kernel: the plain definition of what spec->pass says, in the
 * canonical order of the sum. Slow; it is what every other kernel is held to.
 * x, weight and y are what struct tconv_sizes says; bias is NULL exactly if
 * there is none (sizes.bias). Sums:
 *
 *   forward      from the bias: input channels ascending, then taps ascending
 *   grad_input   from +0: output channels ascending, then taps ascending
 *   grad_weight  from +0: batch items ascending, then positions ascending, in
 *                blocks of 256 that are each summed from +0 and then added;
 *                positions of x, in Conv1d of y
 *
 * Complex layers are real ones of twice the channels, each channel's real parts
 * before its imaginary ones: of y = w*x, y.re sums w.re*x.re and -w.im*x.im,
 * and y.im sums w.im*x.re and w.re*x.im. Gradients are PyTorch's, with
 * conjugates: grad_input of conj(w)*grad_output, so that these sums are grad.re
 * with w.re and then grad.im with w.im, and -w.im, w.re; grad_weight of
 * conj(x)*grad_output, two sums that are added: re*re + im*im, re*im - im*re.
 *
 * Allocates nothing. */
enum tconv_status tconv_generic_run(const struct tconv_spec *spec,
                                    enum tconv_sum sum, const void *x,
                                    const void *weight, const void *bias,
                                    void *y, int64_t batch, int64_t length,
                                    struct tconv_error *error);

/* Element `at` of row `row` of the same y, in the low bytes of *value.
 * Arguments are not checked. */
union tconv_value {
    float f32;
    double f64;
    uint16_t bits16; /* of f16 and bf16 */
    float c64[2];
    double c128[2];
    int8_t i8;
    uint8_t u8;
    int32_t i32;
};
void tconv_generic_element(const struct tconv_spec *spec, enum tconv_sum sum,
                           const struct tconv_quantization *quantization,
                           const void *x, const void *weight, const void *bias,
                           int64_t batch, int64_t length, int64_t row,
                           int64_t at, union tconv_value *value);

/* tconv_generic_run of layers that have a quantization. */
enum tconv_status
tconv_generic_quantized(const struct tconv_spec *spec, enum tconv_sum sum,
                        const struct tconv_quantization *quantization,
                        const void *x, const void *weight, const void *bias,
                        void *y, int64_t batch, int64_t length,
                        struct tconv_error *error);

/* Whether a quantization fits the layer: zero points within their types, a
 * scale; of other layers, NULL. TCONV_E_QUANTIZATION. */
enum tconv_status
tconv_quantization_check(const struct tconv_quantization *quantization,
                         const struct tconv_spec *spec,
                         struct tconv_error *error);

/* The gradients of one call, given that of its output. For ConvTranspose1d,
 * with gy = grad_output, i*stride + k*dilation - padding_begin = j and
 * 0 <= j < Lout:
 *
 *   grad_input[n][c][i]   = sum over o, k of weight[c][o'][k] * gy[n][o][j]
 *   grad_weight[c][o'][k] = sum over n, i of x[n][c][i] * gy[n][o][j]
 *   grad_bias[o]          = sum over n, j of gy[n][o][j]
 *
 * Conv1d has i and j in each other's place, and 0 <= i < L.
 *
 * A gradient has the shape of what it is the gradient of, and is overwritten.
 * One that is NULL is not computed; x is needed for grad_weight only, weight
 * for grad_input only. Gradients may overlap nothing else. */
struct tconv_grad_args {
    const void *x;           /* batch * in_channels * length elements */
    const void *weight;      /* as PyTorch stores it, not packed */
    const void *grad_output; /* batch * out_channels * Lout elements */
    void *grad_input;
    void *grad_weight;
    void *grad_bias; /* NULL for a layer without a bias */
    int64_t batch;   /* 0 is legal: gradients of weight and bias are 0 */
    int64_t length;  /* input length */
};

/* The generic gradients of a layer, whatever its spec->pass: what
 * tconv_generic_run computes for the two passes; grad_bias goes over n, then j
 * in blocks of 256, as grad_weight's positions. Allocates nothing. Fails as
 * tconv_generic_run does. */
enum tconv_status tconv_generic_grad(const struct tconv_spec *spec,
                                     enum tconv_sum sum,
                                     const struct tconv_grad_args *args,
                                     struct tconv_error *error);

/* Its grad_bias alone, the same bits much sooner: args->grad_bias of
 * args->grad_output; of the rest batch and length alone are looked at. It is
 * what goes with kernels of the two passes. Allocates nothing. Fails as
 * tconv_generic_grad does. */
enum tconv_status tconv_grad_bias(const struct tconv_spec *spec,
                                  const struct tconv_grad_args *args,
                                  struct tconv_error *error);

/* Checks the arguments of a run in `parts` parts against the kernel, for those
 * who call kernel->run(args, part, parts) from threads of their own. With a
 * batch of 0 the buffers are not looked at: there is nothing to run. Allocates
 * nothing, takes no lock. TCONV_E_ABI, _ISA, _LENGTH, _OUTPUT_LENGTH, _BATCH,
 * _SIZE, _ARGUMENT. */
enum tconv_status tconv_kernel_check(const struct tconv_kernel *kernel,
                                     const struct tconv_args *args, int parts,
                                     struct tconv_error *error);

/* Checks the arguments and runs the kernel on the calling thread. Fails as
 * tconv_kernel_check does. On several threads: tconv_pool.h. */
enum tconv_status tconv_kernel_run(const struct tconv_kernel *kernel,
                                   const struct tconv_args *args,
                                   struct tconv_error *error);

/* Memory for packed weights, workspace or tensors, of any alignment they may
 * want: it begins with a cache line and, from some megabytes on, lies in huge
 * pages where the system has them. Kernels take any memory; weights that a call
 * reads once and that are tens of megabytes come 5 to 20 % faster from there.
 * NULL where there is none left. Released by free(). Thread-safe. */
void *tconv_memory_alloc(size_t bytes);

/* Index of the first element whose bits differ, or -1. Two NaNs are equal
 * whatever their payloads. */
int64_t tconv_compare(enum tconv_dtype dtype, const void *a, const void *b,
                      int64_t count);

/* A signal in chunks. Of the output elements [0, output_length), those that no
 * later input can change are final once `received` inputs are there (all, when
 * `ended`). Running any kernel of the layer on inputs
 * [input_begin, received) gives a window of output; its elements from
 * `output_skip` on are output elements [emitted, emitted + output_count), with
 * the same bits as in a run over the whole signal. output_count may be 0. */
struct tconv_window {
    int64_t input_begin;
    int64_t output_skip;
    int64_t output_count;
};
enum tconv_status tconv_stream_window(const struct tconv_spec *spec,
                                      int64_t received, int ended,
                                      int64_t emitted,
                                      struct tconv_window *window,
                                      struct tconv_error *error);

/* ----------------------------------------------- core: instruction sets */

/* Names, best first, NULL-terminated: "avx512", "avx2", "sse2", "neon",
 * "scalar". */
extern const char *const tconv_isa_names[];

/* 1 if this processor can run it. 0 for an unknown name. */
int tconv_isa_supported(const char *isa);

/* 1 if it can run that layer's kernels for the instruction set, too: of
 * integers, "avx512" is AVX-512 VNNI. */
int tconv_isa_serves(const char *isa, const struct tconv_spec *spec);

/* The best one this processor has. */
const char *tconv_isa_native(void);

/* How sums are added in kernels for it. */
enum tconv_sum tconv_isa_sum(const char *isa);

/* ------------------------------------------------------- generator (Lua) */

/* A generator holds a Lua state with the scripts and templates loaded. Use one
 * from one thread at a time. */
struct tconv_generator;
enum tconv_status tconv_generator_create(struct tconv_generator **generator,
                                         struct tconv_error *error);
void tconv_generator_free(struct tconv_generator *generator);

struct tconv_layer {
    char name[TCONV_NAME_SIZE]; /* in the model file; else the canonical one */
    struct tconv_spec spec;
};
struct tconv_model {
    char name[128]; /* a C identifier */
    char file[512]; /* the Lua file it was read from; "" if none */
    struct tconv_layer *layers;
    size_t count;
};

/* Reads a SPEC: a canonical name, PyTorch's notation, a Lua model file's path,
 * or PATH:LAYER. The model file runs with nothing but ConvTranspose1d, ipairs
 * and pairs in reach, under a memory and an instruction bound. The model is
 * freed with tconv_model_free. */
enum tconv_status tconv_generator_read(struct tconv_generator *generator,
                                       const char *spec,
                                       struct tconv_model *model,
                                       struct tconv_error *error);
void tconv_model_free(struct tconv_model *model);

/* Emitted text. `name` is a file name without folder. */
struct tconv_file {
    char name[256];
    char *text;
    size_t bytes;
};
struct tconv_files {
    struct tconv_file *files;
    size_t count;
};

/* All files of a model: NAME.h, NAME.c (the registry), one file per distinct
 * kernel, tconv_kernel.h. `isas`: comma-separated names, or NULL for all;
 * "native" is this processor's. `prefix` goes before each exported symbol; NULL
 * is "tconv". The files are freed with tconv_files_free. */
enum tconv_status tconv_generator_emit(struct tconv_generator *generator,
                                       const struct tconv_model *model,
                                       const char *isas, const char *prefix,
                                       struct tconv_files *files,
                                       struct tconv_error *error);
void tconv_files_free(struct tconv_files *files);

/* The plan of a layer for one instruction set, as readable text (free()). */
enum tconv_status tconv_generator_plan(struct tconv_generator *generator,
                                       const struct tconv_spec *spec,
                                       const char *isa, char **text,
                                       struct tconv_error *error);

/* ------------------------------------------------------------ JIT (libtcc) */

enum tconv_engine {
    TCONV_ENGINE_JIT = 0,  /* libtcc compiles the driver, in memory */
    TCONV_ENGINE_PURE = 1, /* libtcc compiles everything: slow; for tests */
    TCONV_ENGINE_CC = 2,   /* the system's compiler, in a private cache */
    TCONV_ENGINE_COUNT
};

/* A compiled kernel of this process. Equal requests share one. */
struct tconv_jit;

/* Makes the kernel of `spec` for `isa` (NULL: the best this processor has),
 * holds it against the generic kernel, and hands it out. `cc`: compiler for
 * TCONV_ENGINE_CC (NULL: $TCONV_CC, then $CC, then cc). Freed with
 * tconv_jit_free. TCONV_E_NO_JIT, _JIT, _NO_CC, _CC, _ISA, _DIFFER, _MEMORY,
 * _IO. */
enum tconv_status tconv_jit_create(const struct tconv_spec *spec,
                                   enum tconv_engine engine, const char *isa,
                                   const char *cc, struct tconv_jit **jit,
                                   struct tconv_error *error);

/* Valid until the kernel's last tconv_jit_free. */
const struct tconv_kernel *tconv_jit_kernel(const struct tconv_jit *jit);
void tconv_jit_free(struct tconv_jit *jit);

/* ------------------------------------------------ module: all in one object */

/* A layer: its spec, its weights and the kernels that compute it, for a program
 * that does not care for these parts. Results are those of the generic kernel,
 * bit for bit.
 *
 * Like a FILE, a module is used by one thread at a time; several modules are
 * independent, on any threads (equal layers share their code). */
struct tconv_module;
struct tconv_pool; /* tconv_pool.h */

/* Makes a layer without weights. spec->pass must be TCONV_FORWARD; engine and
 * isa are as in tconv_jit_create, and so are failures; neither spec nor isa is
 * kept. Freed with tconv_module_free. Besides: TCONV_E_PASS, TCONV_E_ARGUMENT,
 * TCONV_E_MEMORY. */
enum tconv_status tconv_module_create(const struct tconv_spec *spec,
                                      enum tconv_engine engine, const char *isa,
                                      struct tconv_module **module,
                                      struct tconv_error *error);
void tconv_module_free(struct tconv_module *module); /* NULL is fine */

/* Runs on these threads from now on; NULL, as in the beginning: on the caller's
 * alone. The pool stays the caller's and must outlive its use here. Modules of
 * one thread may share it. */
void tconv_module_use_pool(struct tconv_module *module,
                           struct tconv_pool *pool);

/* The weights, as PyTorch stores them: tconv_spec_weight_shape elements of
 * tconv_spec_weight_dtype, and out_channels of tconv_spec_bias_dtype. Copied;
 * may be called again, for instance after a step of training. bias is NULL
 * exactly if the layer has none. Allocates nothing. TCONV_E_ARGUMENT. */
enum tconv_status tconv_module_set_weights(struct tconv_module *module,
                                           const void *weight, const void *bias,
                                           struct tconv_error *error);

/* The same from two .npy files, of exactly these types and shapes. bias_path is
 * NULL exactly if the layer has no bias. Where it fails, the weights are what
 * they were. TCONV_E_ARGUMENT (a file that cannot be read or is not what it
 * should be; the message has the file, what was found and what was wanted),
 * TCONV_E_MEMORY. */
enum tconv_status tconv_module_load_npy(struct tconv_module *module,
                                        const char *weight_path,
                                        const char *bias_path,
                                        struct tconv_error *error);

/* The same from one .safetensors file, by the tensors' names in it, such as
 * "decoder.ups.0.weight". The bias may also be of the weight's narrower type,
 * as it is where a whole model was stored so. Of the file, only the header and
 * these tensors are read. A file that breaks the format's rules anywhere in its
 * header is refused. Fails likewise, also with TCONV_E_NO_JSON. */
enum tconv_status tconv_module_load_safetensors(struct tconv_module *module,
                                                const char *path,
                                                const char *weight_name,
                                                const char *bias_name,
                                                struct tconv_error *error);

/* How the numbers of a layer with weights of int8 stand for others, before its
 * first call and whenever that changes. `scale` is copied; NULL is right for
 * all other layers. TCONV_E_QUANTIZATION, TCONV_E_MEMORY (the first time). */
enum tconv_status
tconv_module_set_quantization(struct tconv_module *module,
                              const struct tconv_quantization *quantization,
                              struct tconv_error *error);

/* The weights as they are, likewise; NULL before there are any, and the bias of
 * a layer without one. They stay the module's. */
const void *tconv_module_weight(const struct tconv_module *module);
const void *tconv_module_bias(const struct tconv_module *module);

/* Makes room for a forward call of this batch and length with the pool as it is
 * set. Such a call allocates nothing from then on; without a pool it is safe in
 * a real-time thread (with one: see tconv_pool.h). Fails as tconv_spec_sizes
 * does; TCONV_E_MEMORY. */
enum tconv_status tconv_module_reserve(struct tconv_module *module,
                                       int64_t batch, int64_t length,
                                       struct tconv_error *error);

/* y of x, whose sizes are those of tconv_spec_sizes: batch * in_channels *
 * length elements make batch * out_channels * tconv_spec_output_length. y may
 * not overlap x. Makes room first where there is not enough. Fails as
 * tconv_module_reserve does; TCONV_E_ARGUMENT, also before there are weights.
 */
enum tconv_status tconv_module_forward(struct tconv_module *module,
                                       const void *x, void *y, int64_t batch,
                                       int64_t length,
                                       struct tconv_error *error);

/* The gradients that are wanted of one call: tconv_generic_grad's, with the
 * module's weights (args->weight is not looked at); grad_weight is of the
 * layer's dtype, whatever the weight's. The kernels of grad_input and
 * grad_weight are made when first wanted, which takes milliseconds; where one
 * cannot be made the generic kernel stands in, for the same bits, slowly. For
 * training, not for real-time threads: allocates. Fails as tconv_generic_grad
 * does; TCONV_E_MEMORY, TCONV_E_ARGUMENT before there are weights. */
enum tconv_status tconv_module_backward(struct tconv_module *module,
                                        const struct tconv_grad_args *args,
                                        struct tconv_error *error);

#ifdef __cplusplus
}
#endif

#endif
