/* A program with kernels made at its build: upsamples two seconds of stereo by
 * 2, 3 and 5, and says how long each took and how far it is from the truth.
 *
 * It needs nothing of tconv at run time: the kernels are plain C beside it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "upsampler.h"

#define LENGTH 32000 /* samples of each channel */

/* 220 Hz on the left and 330 Hz on the right, at 16 kHz. */
static double truth(int channel, double sample)
{
    return sin(6.283185307179586 * (channel ? 330 : 220) * sample / 16000);
}

static double seconds(void)
{
    struct timespec now;
    (void)timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int upsample(const char *layer, int rate, const float *x)
{
    /* The best variant for this processor, by the layer's name. */
    const struct tconv_kernel *kernel =
        tconv_layer_best(tconv_upsampler_layers, layer);
    if (!kernel)
        return 1;
    const int64_t count = kernel->output_length(LENGTH);
    const int taps = 2 * rate - 1;
    float *weight = malloc(kernel->weight_bytes);
    void *packed = malloc(kernel->packed_bytes);
    void *workspace = malloc(kernel->workspace_bytes(1, LENGTH, 1) + 1);
    float *y = malloc(2 * (size_t)count * sizeof *y);
    int failed = !weight || !packed || !workspace || !y;
    if (!failed) {
        for (int k = 0; k < taps; k++)
            weight[k] = weight[taps + k] =
                1.0F - fabsf((float)(k - rate + 1)) / (float)rate;
        kernel->pack(weight, NULL, packed);

        const struct tconv_args args = {.x = x,
                                        .packed = packed,
                                        .y = y,
                                        .workspace = workspace,
                                        .batch = 1,
                                        .length = LENGTH};
        kernel->run(&args, 0, 1); /* meets cold memory; the next is timed */
        const double begin = seconds();
        kernel->run(&args, 0, 1);
        const double took = seconds() - begin;

        double worst = 0;
        for (int c = 0; c < 2; c++)
            for (int64_t j = 0; j < count; j++)
                worst = fmax(worst, fabs((double)y[c * count + j] -
                                         truth(c, (double)j / rate)));
        printf("%s: %s for %s, 2 x %d -> 2 x %lld samples in %.0f us, "
               "off by %.4f at most\n",
               layer, kernel->name, kernel->isa, LENGTH, (long long)count,
               took * 1e6, worst);
        failed = worst > 0.003; /* (2 pi 330 / 16000)^2 / 8 and a little */
    }
    free(y);
    free(workspace);
    free(packed);
    free(weight);
    return failed;
}

int main(void)
{
    static float x[2 * LENGTH];
    for (int c = 0; c < 2; c++)
        for (int i = 0; i < LENGTH; i++)
            x[c * LENGTH + i] = (float)truth(c, i);
    printf("a model of %d layers\n", TCONV_UPSAMPLER_LAYER_COUNT);
    return upsample("by2", 2, x) | upsample("by3", 3, x) |
           upsample("by5", 5, x);
}
