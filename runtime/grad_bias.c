/* grad_bias: the generic one's sums, some channels' side by side, so that an
 * addition need not wait for the one before. */
#include "grad.h"
#include "sum.h"

/* Channels at a time: an addition's latency, times how many begin in a cycle.
 */
#define CHAINS 8

/* Real numbers to be summed over batch and positions, `channels` times, and how
 * many numbers from one to the next. A sum goes to every to_step-th of `to`. */
struct sums {
    const void *from;
    void *to;
    int64_t to_step, channels, batch, positions;
    int64_t channel_step, item_step, position_step;
};

/* How numbers of one type are summed; those they are read from and stored to,
 * of type `dtype`, are known where this is inlined. */
#define DEFINE_SUMS(number, member)                                            \
    __attribute__((always_inline)) static inline void number##_chains(         \
        enum tconv_dtype dtype, const struct sums *s, int64_t first,           \
        int64_t count)                                                         \
    {                                                                          \
        number total[CHAINS] = {0};                                            \
        for (int64_t n = 0; n < s->batch; n++) {                               \
            int64_t at = n * s->item_step + first * s->channel_step;           \
            for (int64_t left = s->positions; left > 0; left -= SUM_BLOCK) {   \
                const int64_t block = left < SUM_BLOCK ? left : SUM_BLOCK;     \
                number part[CHAINS] = {0};                                     \
                for (int64_t j = 0; j < block; j++, at += s->position_step)    \
                    for (int64_t c = 0; c < count; c++)                        \
                        part[c] +=                                             \
                            sum_load(dtype, s->from, at + c * s->channel_step) \
                                .member;                                       \
                for (int64_t c = 0; c < count; c++)                            \
                    total[c] += part[c];                                       \
            }                                                                  \
        }                                                                      \
        for (int64_t c = 0; c < count; c++) {                                  \
            const union tconv_value value = {.member = total[c]};              \
            sum_store(dtype, s->to, (first + c) * s->to_step, &value);         \
        }                                                                      \
    }                                                                          \
                                                                               \
    __attribute__((always_inline)) static inline void number##_sums(           \
        enum tconv_dtype dtype, const struct sums *s)                          \
    {                                                                          \
        int64_t first = 0;                                                     \
        for (; first + CHAINS <= s->channels; first += CHAINS)                 \
            number##_chains(dtype, s, first, CHAINS);                          \
        if (first < s->channels)                                               \
            number##_chains(dtype, s, first, s->channels - first);             \
    }

DEFINE_SUMS(float, f32)
DEFINE_SUMS(double, f64)

static void run(enum tconv_dtype dtype, const struct sums *s)
{
    switch (dtype) {
    case TCONV_F64:
    case TCONV_C128:
        double_sums(TCONV_F64, s);
        break;
    case TCONV_F16:
        float_sums(TCONV_F16, s);
        break;
    case TCONV_BF16:
        float_sums(TCONV_BF16, s);
        break;
    default:
        float_sums(TCONV_F32, s);
    }
}

enum tconv_status tconv_grad_bias(const struct tconv_spec *spec,
                                  const struct tconv_grad_args *args,
                                  struct tconv_error *error)
{
    struct tconv_sizes sizes = {0};
    if (!args)
        return tconv_grad_check(spec, NULL, &sizes, error);
    struct tconv_grad_args bias = *args;
    bias.grad_input = bias.grad_weight = NULL;
    const enum tconv_status status =
        tconv_grad_check(spec, &bias, &sizes, error);
    if (status != TCONV_OK)
        return status;
    /* The parts of complex numbers are summed by themselves. */
    const int64_t parts = tconv_dtype_parts(spec->dtype);
    const int64_t channels = spec->out_channels;
    const int64_t positions = sizes.output_length;
    const int is_nlc = spec->output_layout == TCONV_NLC;
    const int64_t number = sizes.element_bytes / parts;
    for (int64_t part = 0; part < parts; part++) {
        const struct sums s = {
            .from = (const char *)args->grad_output + part * number,
            .to = (char *)args->grad_bias + part * number,
            .to_step = parts,
            .channels = channels,
            .batch = args->batch,
            .positions = positions,
            .channel_step = parts * (is_nlc ? 1 : positions),
            .item_step = parts * channels * positions,
            .position_step = parts * (is_nlc ? channels : 1),
        };
        run(spec->dtype, &s);
    }
    return TCONV_OK;
}
