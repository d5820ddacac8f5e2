/* The generic gradients of one call: those of its tensors that are wanted. Two
 * are passes of the generic kernel; the bias's is its own sum, which lacks only
 * the products. */
#include "grad.h"
#include "sum.h"

/* grad_bias[o] = sum over n, j of grad_output[n][o][j] */
static union tconv_value bias_sum(const struct tconv_spec *s,
                                  const struct tconv_grad_args *a,
                                  int64_t output_length, int64_t o)
{
    union tconv_value acc = sum_zero();
    for (int64_t n = 0; n < a->batch; n++) {
        for (int64_t block = 0; block < output_length; block += SUM_BLOCK) {
            union tconv_value part = sum_zero();
            for (int64_t j = block; j < block + SUM_BLOCK && j < output_length;
                 j++) {
                const union tconv_value term =
                    sum_load(s->dtype, a->grad_output,
                             tconv_layout_at(s->output_layout, s->out_channels,
                                             output_length, n, o, j));
                sum_join(s->dtype, &part, &term);
            }
            sum_join(s->dtype, &acc, &part);
        }
    }
    return acc;
}

/* What is wanted needs what it is made of. A batch of 0 has no tensors. */
static enum tconv_status check_tensors(const struct tconv_spec *s,
                                       const struct tconv_grad_args *a,
                                       struct tconv_error *error)
{
    if (!a->grad_input && !a->grad_weight && !a->grad_bias)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "grad_input, grad_weight, grad_bias: one at least "
                          "must be wanted");
    if (a->grad_bias && !s->bias)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "grad_bias: must be NULL, the layer has no bias");
    if (a->batch == 0)
        return TCONV_OK;
    if (!a->grad_output)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "grad_output: must not be NULL");
    if (a->grad_input && !a->weight)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "weight: must not be NULL, grad_input needs it");
    if (a->grad_weight && !a->x)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "x: must not be NULL, grad_weight needs it");
    return TCONV_OK;
}

enum tconv_status tconv_grad_check(const struct tconv_spec *spec,
                                   const struct tconv_grad_args *args,
                                   struct tconv_sizes *sizes,
                                   struct tconv_error *error)
{
    enum tconv_status status = tconv_spec_check(spec, error);
    if (status != TCONV_OK)
        return status;
    if (!args)
        return tconv_fail(error, TCONV_E_ARGUMENT, "args: must not be NULL");
    if (tconv_spec_quantized(spec))
        return tconv_fail(error, TCONV_E_PASS,
                          "gradients: layers with weights of int8 are forward "
                          "alone");
    struct tconv_spec s = *spec;
    s.pass = args->grad_weight ? TCONV_GRAD_WEIGHT : TCONV_FORWARD;
    status = tconv_spec_check(&s, error); /* not all weights have one */
    s.pass = TCONV_FORWARD;
    if (status == TCONV_OK)
        status = tconv_spec_sizes(&s, args->batch, args->length, sizes, error);
    if (status == TCONV_OK)
        status = check_tensors(&s, args, error);
    return status;
}

enum tconv_status tconv_generic_grad(const struct tconv_spec *spec,
                                     enum tconv_sum sum,
                                     const struct tconv_grad_args *a,
                                     struct tconv_error *error)
{
    struct tconv_sizes sizes = {0};
    enum tconv_status status = tconv_grad_check(spec, a, &sizes, error);
    if (status != TCONV_OK)
        return status;
    struct tconv_spec s = *spec;
    for (int64_t o = 0; a->grad_bias && o < s.out_channels; o++) {
        const union tconv_value value = bias_sum(&s, a, sizes.output_length, o);
        sum_store(s.dtype, a->grad_bias, o, &value);
    }
    s.pass = TCONV_GRAD_INPUT;
    if (a->grad_input)
        status = tconv_generic_run(&s, sum, a->grad_output, a->weight, NULL,
                                   a->grad_input, a->batch, a->length, error);
    s.pass = TCONV_GRAD_WEIGHT;
    if (status == TCONV_OK && a->grad_weight)
        status = tconv_generic_run(&s, sum, a->x, a->grad_output, NULL,
                                   a->grad_weight, a->batch, a->length, error);
    return status;
}
