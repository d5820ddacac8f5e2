/* A layer's first weights, as torch.nn.ConvTranspose1d draws them.
 *
 * PyTorch's documentation says that weight and bias are uniform
 * between -sqrt(k) and sqrt(k), k = groups / (out_channels * kernel_size). Its
 * code (reset_parameters of torch/nn/modules/conv.py) says the same in other
 * words: kaiming_uniform_(weight, a=sqrt(5)) and then uniform_ for the bias,
 * both with fan_in = weight.size(1) * kernel_size, which is 1 / k: what is
 * called fan_in there counts outputs of a group, as a transposed layer's weight
 * has inputs first. The bounds below are computed in its order, for their last
 * bits.
 *
 * The generator is mt19937 (Matsumoto and Nishimura, "Mersenne Twister", ACM
 * TOMACS 8, 1998), seeded as its authors did in 2002. An f32 takes the low 24
 * bits of one draw; an f64 takes two draws, high half first, and of these the
 * low 53 bits; an f16 takes the low 11 of one, a bf16 the low 8. Complex
 * numbers take their real part, then their imaginary one, as two of the same
 * bound. */
#include "error.h"
#include "sum.h"

enum { WORDS = 624, AHEAD = 397 };

struct generator {
    uint32_t words[WORDS];
    int used; /* of `words`, since they were made */
};

static void seed_generator(struct generator *g, uint32_t seed)
{
    g->words[0] = seed;
    for (uint32_t i = 1; i < WORDS; i++) {
        uint32_t last = g->words[i - 1];
        g->words[i] = UINT32_C(1812433253) * (last ^ (last >> 30)) + i;
    }
    g->used = WORDS;
}

/* Makes the next WORDS words of the ones before. */
static void twist(struct generator *g)
{
    uint32_t *w = g->words;
    for (int i = 0; i < WORDS; i++) {
        uint32_t mixed = (w[i] & UINT32_C(0x80000000)) |
                         (w[(i + 1) % WORDS] & UINT32_C(0x7fffffff));
        w[i] = w[(i + AHEAD) % WORDS] ^ (mixed >> 1) ^
               (mixed & 1 ? UINT32_C(0x9908b0df) : 0);
    }
    g->used = 0;
}

static uint32_t draw(struct generator *g)
{
    if (g->used == WORDS)
        twist(g);
    uint32_t bits = g->words[g->used++];
    bits ^= bits >> 11;
    bits ^= (bits << 7) & UINT32_C(0x9d2c5680);
    bits ^= (bits << 15) & UINT32_C(0xefc60000);
    return bits ^ (bits >> 18);
}

/* low + unit * (high - low), unit being exact in [0, 1). PyTorch has this as
 * one expression, so its compiler fuses it for processors that can. */
static float draw_f32(struct generator *g, enum tconv_sum sum, double bound)
{
    const float low = (float)-bound, high = (float)bound;
    float unit = (float)(draw(g) & 0xffffff) * 0x1p-24F;
    return sum_add_f32(sum, low, unit, high - low);
}

static double draw_f64(struct generator *g, enum tconv_sum sum, double bound)
{
    uint64_t bits = (uint64_t)draw(g) << 32;
    bits |= draw(g);
    double unit = (double)(bits & ((UINT64_C(1) << 53) - 1)) * 0x1p-53;
    return sum_add_f64(sum, -bound, unit, bound - -bound);
}

/* A value rounded to a type of 16 bits, as the f32 that it then is. */
static float narrowed(enum tconv_dtype dtype, float value)
{
    uint16_t bits;
    const union tconv_value wide = {.f32 = value};
    sum_store(dtype, &bits, 0, &wide);
    return sum_load(dtype, &bits, 0).f32;
}

/* Of 16 bits the bounds are of the type and what is between them f32, rounded
 * once at the end. unit and high - low have 11 bits or 8, so that their product
 * is exact: fused or not, the number is the same. */
static union tconv_value draw_narrow(struct generator *g,
                                     enum tconv_dtype dtype, double bound)
{
    const int digits = dtype == TCONV_F16 ? 11 : 8;
    const float high = narrowed(dtype, (float)bound), low = -high;
    const uint32_t bits = draw(g) & ((UINT32_C(1) << digits) - 1);
    const float unit = (float)bits / (float)(1 << digits);
    return (union tconv_value){.f32 = low + unit * (high - low)};
}

static void fill(struct generator *g, enum tconv_dtype dtype,
                 enum tconv_sum sum, double bound, void *data, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        union tconv_value value = sum_zero();
        switch (dtype) {
        case TCONV_F16:
        case TCONV_BF16:
            value = draw_narrow(g, dtype, bound);
            break;
        case TCONV_C64:
            value.c64[0] = draw_f32(g, sum, bound);
            value.c64[1] = draw_f32(g, sum, bound);
            break;
        case TCONV_C128:
            value.c128[0] = draw_f64(g, sum, bound);
            value.c128[1] = draw_f64(g, sum, bound);
            break;
        case TCONV_F64:
            value.f64 = draw_f64(g, sum, bound);
            break;
        default:
            value.f32 = draw_f32(g, sum, bound);
        }
        sum_store(dtype, data, i, &value);
    }
}

enum tconv_status tconv_init_weights(const struct tconv_spec *s,
                                     enum tconv_sum sum, uint64_t seed,
                                     void *weight, void *bias,
                                     struct tconv_error *error)
{
    enum tconv_status status = tconv_spec_check(s, error);
    if (status != TCONV_OK)
        return status;
    if (s->weight_dtype)
        return tconv_fail(error, TCONV_E_DTYPE,
                          "weight_dtype=%s: first weights are of the layer's "
                          "dtype; leave it out",
                          tconv_dtype_name(s->weight_dtype));
    if (tconv_dtype_integer(s->dtype))
        return tconv_fail(error, TCONV_E_DTYPE,
                          "dtype=%s: first weights are floating-point",
                          tconv_dtype_name(s->dtype));
    if (!weight || (bias != NULL) != (s->bias != 0))
        return tconv_fail(error, TCONV_E_ARGUMENT, "weight, bias: %s",
                          s->bias ? "must not be NULL"
                                  : "only bias must be NULL");
    /* calculate_gain("leaky_relu", sqrt(5)): the double that Python has for
     * sqrt(2 / (1 + sqrt(5)**2)), where sqrt(5)**2 is a little above 5. */
    const double gain = 0x1.279a74590331cp-1;
    int64_t shape[3], weights = tconv_spec_weight_elements(s);
    tconv_spec_weight_shape(s, shape);
    const double fan_in = (double)(shape[1] * shape[2]), root = sqrt(fan_in);
    struct generator g;
    seed_generator(&g, (uint32_t)seed);
    fill(&g, s->dtype, sum, sqrt(3.0) * (gain / root), weight, weights);
    if (s->bias)
        fill(&g, s->dtype, sum, 1 / root, bias, s->out_channels);
    return TCONV_OK;
}
