/* Speech, its short-time Fourier transform, and back through one transposed
 * convolution, ConvTranspose1d(1026, 1, 1024, stride=256, bias=False), as
 * Tacotron and WaveGlow do it. Says how well the signal came back, and whether
 * the kernel made at the build and the one made just now by libtcc agree to the
 * last bit. Exits with 0 only if both claims hold.
 *
 *   istft [OUTPUT.wav] */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tconv.h>

#include "istft.h"
#include "sound.h"
#include "stft.h"

#define LEAST_SNR 100.0 /* dB */

/* Stores doubles as the kernel's elements. */
static void *convert(const double *values, int64_t count, int doubles)
{
    void *result = malloc((size_t)count * (doubles ? 8 : 4));
    for (int64_t i = 0; result && i < count; i++) {
        if (doubles)
            ((double *)result)[i] = values[i];
        else
            ((float *)result)[i] = (float)values[i];
    }
    return result;
}

/* Runs a kernel on x; its output, or NULL. */
static void *run(const struct tconv_kernel *kernel, const void *weight,
                 const void *x, int64_t frames, size_t element_bytes,
                 struct tconv_error *error)
{
    const int64_t count = kernel->output_length(frames);
    void *packed = malloc(kernel->packed_bytes + 1);
    void *workspace = malloc(kernel->workspace_bytes(1, frames, 1) + 1);
    void *y = calloc((size_t)count, element_bytes);
    if (packed && workspace && y) {
        kernel->pack(weight, NULL, packed);
        const struct tconv_args args = {.x = x,
                                        .packed = packed,
                                        .y = y,
                                        .workspace = workspace,
                                        .batch = 1,
                                        .length = frames};
        if (tconv_kernel_run(kernel, &args, error) != TCONV_OK) {
            free(y);
            y = NULL;
        }
    }
    free(workspace);
    free(packed);
    return y;
}

/* Undoes the windows' overlap in y and gives the signal-to-noise ratio, in dB,
 * of what is at least a frame away from the ends. */
static double finish(const struct sound *sound, const void *y, int doubles,
                     int64_t frames, float *result)
{
    double power = 0;
    double noise = 0;
    const int64_t count = (frames - 1) * STFT_HOP + STFT_POINTS;
    for (int64_t j = 0; j < count; j++) {
        const double sum = stft_window_sum(frames, j);
        const double value =
            doubles ? ((const double *)y)[j] : ((const float *)y)[j];
        const double sample = sum > 1e-9 ? value / sum : 0;
        result[j] = (float)sample;
        if (j >= STFT_POINTS && j < count - STFT_POINTS) {
            const double wanted = sound->samples[j];
            power += wanted * wanted;
            noise += (sample - wanted) * (sample - wanted);
        }
    }
    return noise > 0 ? 10 * log10(power / noise) : INFINITY;
}

/* Both kernels of one layer, at the same work. 0 if the claims hold. */
static int resynthesise(const char *layer, const struct sound *sound,
                        const double *weight, const double *spectrum,
                        int64_t frames, float *result)
{
    struct tconv_error error = {TCONV_OK, "out of memory"};
    struct tconv_spec spec;
    struct tconv_jit *jit = NULL;
    struct tconv_sizes sizes;
    void *w = NULL, *x = NULL, *from_build = NULL, *from_jit = NULL;
    int failed = 1;

    const struct tconv_kernel *built =
        tconv_layer_best(tconv_istft_layers, layer);
    if (!built ||
        tconv_spec_from_name(built->name, &spec, &error) != TCONV_OK ||
        tconv_spec_sizes(&spec, 1, frames, &sizes, &error) != TCONV_OK ||
        tconv_jit_create(&spec, TCONV_ENGINE_JIT, NULL, NULL, &jit, &error) !=
            TCONV_OK)
        goto out;
    const int doubles = spec.dtype == TCONV_F64;
    const size_t bytes = (size_t)sizes.element_bytes;
    w = convert(weight, sizes.weight, doubles);
    x = convert(spectrum, sizes.input, doubles);
    if (!w || !x)
        goto out;
    from_build = run(built, w, x, frames, bytes, &error);
    from_jit = run(tconv_jit_kernel(jit), w, x, frames, bytes, &error);
    if (!from_build || !from_jit)
        goto out;

    const int same =
        memcmp(from_build, from_jit, (size_t)sizes.output * bytes) == 0;
    const double snr = finish(sound, from_build, doubles, frames, result);
    printf("  %s, %s: signal to noise %.1f dB (at least %.0f: %s); "
           "JIT and ahead of time, same bits: %s\n",
           layer, built->isa, snr, LEAST_SNR, snr >= LEAST_SNR ? "yes" : "no",
           same ? "yes" : "no");
    failed = !same || !(snr >= LEAST_SNR);
out:
    if (!from_jit)
        (void)fprintf(stderr, "istft: %s: %s\n", layer, error.message);
    free(from_jit);
    free(from_build);
    free(x);
    free(w);
    tconv_jit_free(jit);
    return failed;
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "istft.wav";
    struct sound sound = sound_make();
    const int64_t frames = stft_frames(sound.count);
    const int64_t count = (frames - 1) * STFT_HOP + STFT_POINTS;
    double *weight =
        malloc(sizeof *weight * 2 * STFT_BINS * (size_t)STFT_POINTS);
    double *spectrum =
        malloc(sizeof *spectrum * 2 * STFT_BINS * (size_t)frames);
    float *result = malloc(sizeof *result * (size_t)count);
    int failed = 1;
    if (!sound.samples || !weight || !spectrum || !result) {
        (void)fprintf(stderr, "istft: out of memory\n");
        goto out;
    }
    printf("%s: %.2f s at %d Hz, %lld frames of %d bins\n", sound.what,
           (double)sound.count / sound.rate, sound.rate, (long long)frames,
           STFT_BINS);
    printf("back through ConvTranspose1d(1026, 1, 1024, stride=256, "
           "bias=False):\n");
    stft_inverse_basis(weight);
    stft_forward(sound.samples, frames, spectrum);
    failed = resynthesise("float64", &sound, weight, spectrum, frames, result);
    failed |= resynthesise("float32", &sound, weight, spectrum, frames, result);
    if (sound_write_wav(path, result, count, sound.rate) != 0) {
        (void)fprintf(stderr, "istft: %s: cannot write it\n", path);
        failed = 1;
    } else {
        printf("written to %s (float32)\n", path);
    }
out:
    free(result);
    free(spectrum);
    free(weight);
    free(sound.samples);
    return failed;
}
