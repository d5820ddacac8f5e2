/* The kernel ABI of tconv: all that emitted kernels and their callers share.
 *
 * This header is written beside emitted kernels. It needs no library, and like
 * the emitted code it is yours to use under any terms.
 *
 * A kernel computes one fixed layer, ConvTranspose1d or Conv1d, or one of its
 * gradients. ConvTranspose1d, forward:
 *
 *   y[n][o][j] = bias[o] + sum over c, k of x[n][c][i] * weight[c][o'][k]
 *                with i*stride + k*dilation - padding_begin = j
 *
 *   x       (batch, in_channels, length)                       C order
 *   weight  (in_channels, out_channels / groups, kernel_size)  C order
 *   bias    (out_channels)
 *   y       (batch, out_channels, output_length(length))       C order
 *
 * Elements are of the type that `dtype` says. A layer may have the layout
 * "nlc" for x, y or both: (batch, length, channels). How to call one:
 *
 *   const struct tconv_kernel *k = tconv_kernel_best(NAME_variants);
 *   void *packed = malloc(k->packed_bytes);        once, when weights load
 *   k->pack(weight, bias, packed);
 *   struct tconv_args a = {.x = x, .packed = packed, .y = y,
 *                          .workspace = workspace, .batch = 1, .length = 75};
 *   k->run(&a, 0, 1);                              each call
 *
 * `run` and `pack` allocate nothing, take no lock, make no system call, keep
 * no state and touch only what their arguments name: they are safe in a
 * real-time thread and in any number of threads at once. */
#ifndef TCONV_KERNEL_H
#define TCONV_KERNEL_H

#ifndef TCONV_FREESTANDING /* libtcc gets these types from the JIT instead */
#include <stddef.h>
#include <stdint.h>
#endif

#define TCONV_KERNEL_ABI 5

/* What a kernel computes of its layer. Where the comments here speak of x, a
 * grad_input kernel has grad_output; its y is grad_input. A grad_weight kernel
 * packs nothing: its `packed` is grad_output as it is, its y grad_weight. */
enum tconv_pass {
    TCONV_FORWARD = 0,
    TCONV_GRAD_INPUT,
    TCONV_GRAD_WEIGHT,
    TCONV_PASS_COUNT
};

/* How one term joins a sum: acc = fma(w, x, acc), or acc = acc + w * x with
 * the product rounded first, where the target has no fused multiply-add. */
enum tconv_sum { TCONV_SUM_FUSED = 0, TCONV_SUM_SEPARATE = 1 };

/* How the numbers of a layer of int8 or uint8 stand for others, which may
 * differ from call to call. A sum is exact, modulo 2^32:
 *
 *   sum = bias[o] + sum over c, k of (x - x_zero_point) * weight
 *
 * A tap outside x counts as x_zero_point. y in float is sum * scale[o], the sum
 * rounded to a float first; y in int8 or uint8 is that, kept within what the
 * type holds less y_zero_point (NaN as the least), rounded to the nearest
 * integer, of two as near to the even one, plus y_zero_point.
 *
 * A float layer with weights of int8 has one, too, without zero points: its
 * sums start from +0, and y = fma(sum, scale[o], bias[o]), or with the product
 * rounded first where terms are added so. */
struct tconv_quantization {
    int32_t x_zero_point; /* within x's type */
    int32_t y_zero_point; /* within y's type; 0 of float */
    const float *scale;   /* out_channels: of a sum's unit, in y's */
};

/* What one call works on. Buffers need the alignment of their elements only;
 * packed and workspace run best on a 64-byte boundary. x and packed are only
 * read. y and workspace may overlap nothing else. */
struct tconv_args {
    const void *x;      /* batch * in_channels * length elements */
    const void *packed; /* what pack() wrote */
    void *y;            /* batch * out_channels * output_length elements */
    void *workspace;    /* workspace_bytes(...) bytes; NULL when that is 0 */
    int64_t batch;      /* 0 is legal: y is empty, or a gradient of +0 */
    int64_t length;     /* the layer's input length; the fixed one, if any */

    /* Where x and y are parts of larger tensors: elements from one row to the
     * next, and from one batch item to the next. A row is a channel, in the
     * layout "nlc" a position, and is dense; what lies between rows is neither
     * read nor written. 0 stands for the least: rows without gaps, items
     * without gaps. Of a grad_weight kernel, y's are those of grad_output. */
    int64_t x_row, x_batch;
    int64_t y_row, y_batch;

    const struct tconv_quantization *quantization; /* NULL but of int8 */
};

/* One layer for one instruction set. All of it is constant data. */
struct tconv_kernel {
    uint32_t abi;              /* TCONV_KERNEL_ABI */
    enum tconv_sum sum;        /* how terms are added */
    enum tconv_pass pass;      /* what is computed of the layer */
    const char *name;          /* canonical name of the layer */
    const char *isa;           /* instruction set: "avx512", "avx2", ... */
    const char *dtype;         /* "f32", "f64", "f16", ... */
    const char *weight_dtype;  /* of the weight as PyTorch stores it */
    const char *output_dtype;  /* of y: another of int8 layers alone */
    const char *layout;        /* "ncl" or "nlc": of the layer's input */
    const char *output_layout; /* and of its output */
    int64_t in_channels;       /* as in the layer's spec */
    int64_t out_channels;      /* as in the layer's spec */
    int64_t fixed_length;      /* the only legal input length, or 0: any */
    size_t weight_bytes;       /* of the weight as PyTorch stores it */
    size_t packed_bytes;       /* of the buffer pack() fills */

    /* 1 if this processor (and operating system) can run the kernel. */
    int (*supported)(void);

    /* Output length for an input length; -1 where the layer has none (the
     * length is not positive or not the fixed one, or nothing is left after
     * the crop, or the result does not fit). */
    int64_t (*output_length)(int64_t length);

    /* Bytes of workspace for run() with these arguments; may be 0. One
     * workspace serves all parts of a call; one for more parts serves fewer. */
    size_t (*workspace_bytes)(int64_t batch, int64_t length, int parts);

    /* How many parts, 1 to `most`, are worth their threads: small calls gain
     * nothing from being split. Advice: run() takes any number of parts. */
    int (*useful_parts)(int64_t batch, int64_t length, int most);

    /* Reorders weight and bias for run(). bias is NULL for a layer without
     * one, and not read there. */
    void (*pack)(const void *weight, const void *bias, void *packed);

    /* Computes part number `part` of `parts` (0 <= part < parts): all parts
     * together, in any order, on any threads, write all of y. Each writes
     * elements of its own, which it may read back and write again. A length for
     * which output_length() is negative is not allowed. */
    void (*run)(const struct tconv_args *args, int part, int parts);
};

/* The first variant of a NULL-terminated list, best first, that this processor
 * can run; NULL if none (the portable one is always last, and runs). */
static inline const struct tconv_kernel *
tconv_kernel_best(const struct tconv_kernel *const *variants)
{
    while (*variants && !(*variants)->supported())
        variants++;
    return *variants;
}

/* A layer of a model and its kernels. Emitted model files have lists of these,
 * ended by an entry whose layer is NULL. */
struct tconv_model_layer {
    const char *layer; /* name in the model file */
    const struct tconv_kernel *const *variants;
};

/* The best kernel of the layer called `layer`; NULL if there is no such. */
static inline const struct tconv_kernel *
tconv_layer_best(const struct tconv_model_layer *layers, const char *layer)
{
    for (; layers->layer; layers++) {
        const char *a = layers->layer, *b = layer;
        while (*a && *a == *b)
            a++, b++;
        if (*a == *b)
            return tconv_kernel_best(layers->variants);
    }
    return 0;
}

#endif
