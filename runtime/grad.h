/* What all gradients check first. */
#ifndef TCONV_GRAD_H
#define TCONV_GRAD_H

#include "error.h"

/* Checks the layer and what is wanted of a call; sets the sizes of the layer's
 * tensors. */
enum tconv_status tconv_grad_check(const struct tconv_spec *spec,
                                   const struct tconv_grad_args *args,
                                   struct tconv_sizes *sizes,
                                   struct tconv_error *error);

#endif
