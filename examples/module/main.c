/* A host program with a layer in one object: teaches an upsampler to draw
 * straight lines between its samples, by gradient descent on noise. Before it
 * learns, its weights are 0, or those of a .safetensors file:
 *
 *     learn [FILE.safetensors TENSOR]
 *
 * What it has to find is a triangle of 2*FACTOR - 1 taps. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tconv.h>

enum {
    FACTOR = 4,
    TAPS = 2 * FACTOR - 1,
    LENGTH = 256,
    OUTPUT_LENGTH = (LENGTH - 1) * FACTOR + 1,
    STEPS = 20
};

static float x[LENGTH], wanted[OUTPUT_LENGTH], y[OUTPUT_LENGTH];
static float weight[TAPS], grad_weight[TAPS];

/* Noise between -1 and 1, and the lines from sample to sample. */
static void draw(void)
{
    unsigned long state = 1;
    for (int i = 0; i < LENGTH; i++) {
        state = (state * 1103515245UL + 12345UL) % 2147483648UL;
        x[i] = (float)state / 1073741824.0F - 1.0F;
    }
    for (int j = 0; j < OUTPUT_LENGTH; j++) {
        const int i = j / FACTOR;
        const float along = (float)(j % FACTOR) / FACTOR;
        wanted[j] = x[i] + (along > 0 ? along * (x[i + 1] - x[i]) : 0);
    }
}

/* One step down; `loss` is what it was before. */
static enum tconv_status learn(struct tconv_module *layer, double *loss,
                               struct tconv_error *error)
{
    enum tconv_status status =
        tconv_module_forward(layer, x, y, 1, LENGTH, error);
    *loss = 0;
    for (int j = 0; j < OUTPUT_LENGTH; j++) {
        const float off = y[j] - wanted[j];
        *loss += (double)(off * off) / OUTPUT_LENGTH;
        y[j] = 2 * off / OUTPUT_LENGTH; /* the loss's gradient by y */
    }
    const struct tconv_grad_args args = {.x = x,
                                         .grad_output = y,
                                         .grad_weight = grad_weight,
                                         .batch = 1,
                                         .length = LENGTH};
    if (status == TCONV_OK)
        status = tconv_module_backward(layer, &args, error);
    for (int k = 0; k < TAPS; k++)
        weight[k] -= FACTOR * grad_weight[k];
    if (status == TCONV_OK)
        status = tconv_module_set_weights(layer, weight, NULL, error);
    return status;
}

int main(int argc, char **argv)
{
    struct tconv_error error = {TCONV_OK, ""};
    struct tconv_module *layer = NULL;
    struct tconv_spec spec;
    tconv_spec_init(&spec, 1, 1, TAPS);
    spec.stride = FACTOR;
    spec.padding_begin = spec.padding_end = FACTOR - 1;
    spec.bias = 0;
    draw();

    enum tconv_status status =
        tconv_module_create(&spec, TCONV_ENGINE_JIT, NULL, &layer, &error);
    if (status == TCONV_OK && argc > 2) {
        status = tconv_module_load_safetensors(layer, argv[1], argv[2], NULL,
                                               &error);
        if (status == TCONV_OK)
            memcpy(weight, tconv_module_weight(layer), sizeof weight);
    } else if (status == TCONV_OK) {
        status = tconv_module_set_weights(layer, weight, NULL, &error);
    }
    double loss = 0;
    for (int step = 0; step < STEPS && status == TCONV_OK; step++) {
        status = learn(layer, &loss, &error);
        if (status == TCONV_OK && step % 4 == 0)
            printf("step %2d: mean square error %.2e\n", step, loss);
    }
    tconv_module_free(layer);
    if (status != TCONV_OK) {
        (void)fprintf(stderr, "learn: %s\n", error.message);
        return EXIT_FAILURE;
    }
    float worst = 0;
    for (int k = 0; k < TAPS; k++) {
        const float triangle = 1 - fabsf((float)(k - FACTOR + 1)) / FACTOR;
        worst = fmaxf(worst, fabsf(weight[k] - triangle));
        printf("%8.4f", (double)weight[k]);
    }
    printf("\nat most %.1e from the triangle\n", (double)worst);
    return worst < 1e-3F ? EXIT_SUCCESS : EXIT_FAILURE;
}
