/* What all contenders have in common. */
#ifndef BENCH_CONTENDER_H
#define BENCH_CONTENDER_H

#include "layers.h"
#include "pool.h"
#include "tconv.h"

#define REASON_SIZE 200

/* One layer as it is measured, with a batch of one. A pass computes one of the
 * layer's three tensors (that or its gradient) from the other two, and is told
 * by which of them is NULL: y, in grad_input x, in grad_weight weight. */
struct problem {
    const struct layer *layer;
    struct tconv_spec spec;
    struct tconv_sizes sizes; /* of the layer's forward pass, whatever is run */
    int64_t length;
    double flops; /* 2 * length * weight, trimmed edges counted as if whole */
    double bytes; /* x, y, weight and bias, each once */
    float *x, *weight;
    float *y;                   /* given in gradients: that of the output */
    float *bias;                /* NULL without, and in gradients */
    int64_t result, result_row; /* elements of what is computed, of a row */
    const char *isa;
    int threads;
    struct pool *pool;
};

enum contender_group {
    GROUP_MACHINE, /* what the machine can do: no result to check */
    GROUP_TCONV,
    GROUP_NCL,   /* a peer in PyTorch's layout */
    GROUP_OTHER, /* a peer in another layout: shown, not counted */
};

/* One way to compute a layer. */
struct contender {
    const char *name;
    const char *title; /* for a column of 7 */
    enum contender_group group;
    int variant;      /* for those that share their functions */
    int forward_only; /* computes no gradients */
    /* NULL where its library was not there when this was built. Returns NULL if
     * it cannot, and `reason` says why in one line. A contender that can,
     * but in another way than asked for, leaves a note there. */
    void *(*create)(const struct contender *self, const struct problem *problem,
                    char reason[REASON_SIZE]);
    /* One call. NULL for those in a process of their own. */
    void (*call)(void *state);
    /* `warm` calls, then samples: times[i] is the mean of `batch` calls, in
     * nanoseconds. Returns 0 when it failed. NULL: `call` is timed. */
    int (*run)(void *state, int64_t warm, int64_t samples, int64_t batch,
               double *times, char reason[REASON_SIZE]);
    /* The last call's result, in NCL. Returns 0 when it failed. */
    int (*output)(void *state, float *result, char reason[REASON_SIZE]);
    /* Of GROUP_MACHINE: operations or bytes of one call. */
    double (*work)(void *state);
    void (*destroy)(void *state);
};

extern const struct contender contenders[];
extern const int contender_count;

#define CONTENDERS_MOST 16

/* Of ours all bits must be right. */
int contender_is_tconv(const struct contender *contender);

/* Index by name; -1 if there is none. */
int contender_find(const char *name);

/* Memory on a 64-byte boundary with some to spare behind it, all zero; NULL if
 * there is none. Freed with free(). */
void *bench_memory(size_t bytes);

/* Channels last from PyTorch's layout; with both numbers exchanged, back. */
void turn_signal(const float *from, int64_t channels, int64_t length,
                 float *to);

void set_reason(char reason[REASON_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
