/* Draws layers and data. */
#include "draw.h"

#include <math.h>

#include "engine.h"
#include "sum.h"

/* Multiply-adds of one input position. */
#define WORK_MAX 20000
/* Of layers whose weights stay narrow when they are packed: many. */
#define NARROW_WORK_MAX 300000

static int one_in(struct random *r, int64_t n)
{
    return random_below(r, n) == 0;
}

/* Channels and groups. */
static void draw_channels(struct random *r, struct tconv_spec *s, int64_t most)
{
    s->in_channels = random_log(r, 1, most);
    s->out_channels = random_log(r, 1, most);
    if (one_in(r, 8)) /* whole vectors */
        s->out_channels = (s->out_channels + 15) / 16 * 16;
    if (one_in(r, 5)) { /* depthwise, sometimes with a multiplier */
        s->groups = s->in_channels;
        s->out_channels = s->in_channels * (one_in(r, 3) ? 2 : 1);
    } else if (one_in(r, 4)) {
        s->groups = 1 + random_below(r, 8);
        s->in_channels = s->groups * random_log(r, 1, 1 + most / 8);
        s->out_channels = s->groups * random_log(r, 1, 1 + most / 8);
    }
}

static void draw_taps(struct random *r, struct tconv_spec *s, int64_t most)
{
    static const int64_t long_strides[] = {16, 160, 256, 320};
    s->stride =
        one_in(r, 12) ? long_strides[random_below(r, 4)] : random_log(r, 1, 12);
    s->kernel_size = one_in(r, 3) && 2 * s->stride <= most
                         ? 2 * s->stride
                         : random_log(r, 1, most);
    if (one_in(r, 6))
        s->dilation = 2 + random_below(r, 6);
}

static void draw_padding(struct random *r, struct tconv_spec *s)
{
    int64_t reach = s->dilation * (s->kernel_size - 1);
    int64_t larger = s->stride > s->dilation ? s->stride : s->dilation;
    switch (random_below(r, 8)) {
    case 0:
    case 1:
        break;
    case 2:
    case 3:
    case 4: /* what models have: the output is stride times the input */
        s->padding_begin =
            reach + 1 > s->stride ? (reach + 1 - s->stride) / 2 : 0;
        s->padding_end = s->padding_begin;
        break;
    case 5: /* causal */
        s->padding_end = reach + 1 > s->stride ? reach + 1 - s->stride : 0;
        break;
    case 6:
        s->padding_begin = random_below(r, reach + 1);
        s->padding_end = random_below(r, reach + 1);
        break;
    default: /* more than any tap reaches: a pure crop */
        s->padding_begin = reach + random_below(r, 2 * s->stride + 2);
        s->padding_end = random_below(r, reach + 2 * s->stride + 2);
        break;
    }
    if (s->op == TCONV_CONV_TRANSPOSE1D && one_in(r, 3))
        s->output_padding = random_below(r, larger);
}

/* Half of them f32. */
static void draw_dtype(struct random *r, struct tconv_spec *s)
{
    switch (random_below(r, 12)) {
    case 0:
    case 1:
        s->dtype = TCONV_F64;
        break;
    case 5:
        s->dtype = one_in(r, 2) ? TCONV_C64 : TCONV_C128;
        break;
    case 6:
    case 7:
        if (s->pass != TCONV_FORWARD)
            break;
        s->dtype = one_in(r, 2) ? TCONV_I8 : TCONV_U8;
        s->output_dtype = one_in(r, 3)   ? TCONV_F32
                          : one_in(r, 2) ? TCONV_I8
                                         : TCONV_U8;
        break;
    case 2:
        s->dtype = TCONV_F16;
        break;
    case 3:
        s->dtype = TCONV_BF16;
        break;
    case 4:
        s->precision = TCONV_TF32;
        break;
    default:
        break;
    }
}

void draw_spec(struct random *r, struct tconv_spec *s)
{
    for (;;) {
        int long_taps = one_in(r, 16);
        tconv_spec_init(s, 1, 1, 1);
        if (one_in(r, 4))
            s->op = TCONV_CONV1D;
        if (one_in(r, 3))
            s->pass = (enum tconv_pass)random_below(r, TCONV_PASS_COUNT);
        if (one_in(r, 4)) {
            s->layout = (enum tconv_layout)random_below(r, TCONV_LAYOUT_COUNT);
            s->output_layout = s->layout;
            if (one_in(r, 2))
                s->output_layout =
                    (enum tconv_layout)random_below(r, TCONV_LAYOUT_COUNT);
        }
        const int is_narrow = s->pass != TCONV_GRAD_WEIGHT && one_in(r, 6);
        const int many = is_narrow && !long_taps && one_in(r, 3);
        draw_channels(r, s, long_taps ? 3 : many ? 400 : 48);
        draw_taps(r, s, long_taps ? 700 : 40);
        draw_padding(r, s);
        s->bias = !one_in(r, 4);
        if (is_narrow)
            s->weight_dtype = s->pass == TCONV_FORWARD && one_in(r, 3)
                                  ? TCONV_I8
                              : one_in(r, 2) ? TCONV_F16
                                             : TCONV_BF16;
        else
            draw_dtype(r, s);
        if (one_in(r, 4))
            s->length = smallest_length(s) - 1 + random_log(r, 1, 24);
        if (tconv_spec_weight_elements(s) <=
                (many ? NARROW_WORK_MAX : WORK_MAX) &&
            tconv_spec_check(s, NULL) == TCONV_OK)
            return;
    }
}

const char *data_kind_name(enum data_kind kind)
{
    static const char *const names[DATA_KINDS] = {
        [DATA_NORMAL] = "normal",
        [DATA_INTEGER] = "integer",
        [DATA_SPECIAL] = "special",
        [DATA_ZERO] = "negative zero",
    };
    return names[kind];
}

static double draw_special(struct random *r, enum tconv_dtype dtype)
{
    int wide = tconv_dtype_sum(dtype) == TCONV_F64;
    double sign = one_in(r, 2) ? 1 : -1;
    switch (random_below(r, 9)) {
    case 0:
        return sign * (double)INFINITY;
    case 1:
        return (double)NAN;
    case 2:
    case 3:
        return sign * 0.0;
    case 4:
    case 5: /* denormal */
        return sign * random_normal(r) *
               (wide                 ? 0x1p-1040
                : dtype == TCONV_F16 ? 0x1p-16
                                     : 0x1p-140);
    case 6:
        return sign * (wide                 ? 0x1.8p+1022
                       : dtype == TCONV_F16 ? 0x1.8p+14
                                            : 0x1.8p+126);
    case 7: /* between two numbers of TF32 */
        return sign * (1 + (double)(2 * random_below(r, 1024) + 1) * 0x1p-11);
    default: /* small, but its products are denormal */
        return sign * random_normal(r) * (wide ? 0x1p-515 : 0x1p-68);
    }
}

/* Of an integer type: any value of 8 bits; of the bias, some that wrap. */
static double draw_integer(struct random *r, enum tconv_dtype dtype,
                           enum data_kind kind)
{
    if (kind == DATA_ZERO)
        return 0;
    if (dtype == TCONV_I32)
        return kind == DATA_SPECIAL && one_in(r, 4)
                   ? (double)(one_in(r, 2) ? INT32_MAX : INT32_MIN)
                   : (double)(random_below(r, 1 << 16) - (1 << 15));
    const int64_t least = dtype == TCONV_I8 ? -128 : 0;
    if (kind == DATA_SPECIAL && one_in(r, 2))
        return (double)(least + (one_in(r, 2) ? 255 : 0));
    return (double)(least + random_below(r, 256));
}

static double draw_value(struct random *r, enum tconv_dtype dtype,
                         enum data_kind kind)
{
    if (tconv_dtype_integer(dtype))
        return draw_integer(r, dtype, kind);
    if (kind == DATA_ZERO)
        return -0.0;
    if (kind == DATA_INTEGER)
        return (double)(random_below(r, 17) - 8);
    if (kind == DATA_SPECIAL && one_in(r, 24))
        return draw_special(r, dtype);
    return random_normal(r);
}

/* Number i, of the type or of a complex type's parts. */
static void store(enum tconv_dtype dtype, void *data, int64_t i, double value)
{
    const enum tconv_dtype sum = tconv_dtype_sum(dtype);
    union tconv_value number = {.f64 = value};
    if (sum == TCONV_I32)
        number.i32 = (int32_t)value;
    else if (sum == TCONV_F32)
        number.f32 = (float)value;
    sum_store(tconv_dtype_parts(dtype) > 1 ? sum : dtype, data, i, &number);
}

void draw_data(struct random *r, enum tconv_dtype dtype, enum data_kind kind,
               void *data, int64_t count)
{
    for (int64_t i = 0; i < count * tconv_dtype_parts(dtype); i++)
        store(dtype, data, i, draw_value(r, dtype, kind));
}

void draw_weights(struct random *r, enum tconv_dtype dtype, enum data_kind kind,
                  void *data, int64_t count)
{
    for (int64_t i = 0; i < count * tconv_dtype_parts(dtype); i++)
        store(dtype, data, i,
              kind == DATA_ZERO ? (double)(1 + random_below(r, 8))
                                : draw_value(r, dtype, kind));
}

static int64_t draw_zero_point(struct random *r, enum tconv_dtype dtype)
{
    return dtype == TCONV_I8   ? random_below(r, 256) - 128
           : dtype == TCONV_U8 ? random_below(r, 256)
                               : 0;
}

void draw_quantization(struct random *r, const struct tconv_spec *s,
                       enum data_kind kind, float *scale,
                       struct tconv_quantization *q)
{
    /* Products are of some thousands; a sum's size grows as its root. */
    const int64_t terms = s->in_channels / s->groups * s->kernel_size;
    const double usual = 128 / (4000 * sqrt((double)terms));
    for (int64_t o = 0; o < s->out_channels; o++) {
        scale[o] = (float)(usual * (0.25 + (double)random_log(r, 1, 16) / 4));
        if (kind == DATA_INTEGER) /* many ties */
            scale[o] = 0.5F;
        if (kind == DATA_SPECIAL && one_in(r, 8))
            scale[o] = (float)draw_special(r, TCONV_F32);
    }
    *q = (struct tconv_quantization){
        .x_zero_point = (int32_t)draw_zero_point(r, s->dtype),
        .y_zero_point = (int32_t)draw_zero_point(r, tconv_spec_output_dtype(s)),
        .scale = scale,
    };
}
