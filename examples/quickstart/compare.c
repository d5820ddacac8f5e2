/* Runs every layer of two models through the generic kernel, the kernel that
 * libtcc makes in memory and the one built ahead of time, on the same data, and
 * prints how long each took and whether all three gave the same bits. Exits
 * with 0 only if they did. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <tconv.h>

#include "encodec_24khz.h"
#include "hifigan_v1.h"

#define REPEATS 7 /* the median counts */

static const struct model {
    const char *title;
    const struct tconv_model_layer *layers;
    int64_t lengths[8]; /* what one second of sound makes of each input */
} models[] = {
    {"EnCodec, 24 kHz", tconv_encodec_24khz_layers, {75, 600, 3000, 12000}},
    {"HiFi-GAN V1, 22 kHz", tconv_hifigan_v1_layers, {86, 688, 5504, 11008}},
};

/* The work of one layer. */
struct work {
    const struct tconv_spec *spec;
    const struct tconv_sizes *sizes;
    int64_t length;
    float *x;
    float *weight;
    float *bias;
    float *generic; /* the three outputs */
    float *jit;
    float *built;
};

static double now_ms(void)
{
    struct timespec now;
    (void)timespec_get(&now, TIME_UTC);
    return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

/* Values in -1..1, the same on every machine. */
static float *random_floats(int64_t count)
{
    static uint64_t state = 1;
    float *values = malloc((size_t)count * sizeof *values);
    for (int64_t i = 0; values && i < count; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
        values[i] = (float)(state >> 40) / 8388608.0F - 1.0F;
    }
    return values;
}

/* Memory in which an element that is never written shows. */
static float *output_floats(int64_t count)
{
    const size_t bytes = (size_t)count * sizeof(float);
    float *values = malloc(bytes);
    if (values)
        memset(values, 0xff, bytes);
    return values;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Runs two kernels in turn, so that a busy machine slows both, and gives the
 * median time of each in milliseconds. */
static enum tconv_status
run_in_turn(const struct tconv_kernel *const kernels[2],
            const struct work *work, float *const y[2], double median_ms[2],
            struct tconv_error *error)
{
    double times[2][REPEATS];
    void *packed[2] = {NULL, NULL};
    void *workspace[2] = {NULL, NULL};
    enum tconv_status status = TCONV_OK;
    for (int k = 0; k < 2; k++) {
        packed[k] = malloc(kernels[k]->packed_bytes + 1);
        workspace[k] =
            malloc(kernels[k]->workspace_bytes(1, work->length, 1) + 1);
        if (!packed[k] || !workspace[k]) {
            status = TCONV_E_MEMORY;
            goto out;
        }
        kernels[k]->pack(work->weight, work->bias, packed[k]);
    }
    for (int i = 0; i < REPEATS; i++) {
        for (int k = 0; k < 2; k++) {
            const struct tconv_args args = {.x = work->x,
                                            .packed = packed[k],
                                            .y = y[k],
                                            .workspace = workspace[k],
                                            .batch = 1,
                                            .length = work->length};
            const double begin = now_ms();
            status = tconv_kernel_run(kernels[k], &args, error);
            if (status != TCONV_OK)
                goto out;
            times[k][i] = now_ms() - begin;
        }
    }
    for (int k = 0; k < 2; k++) {
        qsort(times[k], REPEATS, sizeof *times[k], by_value);
        median_ms[k] = times[k][REPEATS / 2];
    }
out:
    for (int k = 0; k < 2; k++) {
        free(workspace[k]);
        free(packed[k]);
    }
    return status;
}

/* Runs one layer all three ways and prints its line. 1 if the bits agree, 0 if
 * not, -1 with the reason in *error. */
static int compare(const char *layer, const struct tconv_kernel *built,
                   const struct tconv_kernel *jit, const struct work *work,
                   struct tconv_error *error)
{
    const double begin = now_ms();
    if (tconv_generic_run(work->spec, built->sum, work->x, work->weight,
                          work->bias, work->generic, 1, work->length,
                          error) != TCONV_OK)
        return -1;
    const double generic_ms = now_ms() - begin;
    const struct tconv_kernel *const kernels[2] = {jit, built};
    float *const y[2] = {work->jit, work->built};
    double ms[2];
    if (run_in_turn(kernels, work, y, ms, error) != TCONV_OK)
        return -1;

    const size_t bytes = (size_t)work->sizes->output * sizeof(float);
    const int same = memcmp(work->generic, work->jit, bytes) == 0 &&
                     memcmp(work->generic, work->built, bytes) == 0;
    char shapes[80];
    (void)snprintf(shapes, sizeof shapes, "%lld x %lld -> %lld x %lld",
                   (long long)work->spec->in_channels, (long long)work->length,
                   (long long)work->spec->out_channels,
                   (long long)work->sizes->output_length);
    printf("%-8s %-23s %6.0f ms %6.2f ms %4.0fx %6.2f ms %4.0fx  %s\n", layer,
           shapes, generic_ms, ms[0], generic_ms / ms[0], ms[1],
           generic_ms / ms[1], same ? "yes" : "NO");
    return same;
}

/* One layer from its kernel built ahead of time. As compare(); adds to
 * *make_ms the time its kernel took to make in memory. */
static int run_layer(const struct tconv_model_layer *layer, int64_t length,
                     double *make_ms, struct tconv_error *error)
{
    struct tconv_spec spec;
    struct tconv_sizes sizes;
    struct tconv_jit *jit = NULL;
    const struct tconv_kernel *built = tconv_kernel_best(layer->variants);
    if (tconv_spec_from_name(built->name, &spec, error) != TCONV_OK ||
        tconv_spec_sizes(&spec, 1, length, &sizes, error) != TCONV_OK)
        return -1;
    const double begin = now_ms();
    if (tconv_jit_create(&spec, TCONV_ENGINE_JIT, NULL, NULL, &jit, error) !=
        TCONV_OK)
        return -1;
    *make_ms += now_ms() - begin;

    struct work work = {
        .spec = &spec,
        .sizes = &sizes,
        .length = length,
        .x = random_floats(sizes.input),
        .weight = random_floats(sizes.weight),
        .bias = sizes.bias ? random_floats(sizes.bias) : NULL,
        .generic = output_floats(sizes.output),
        .jit = output_floats(sizes.output),
        .built = output_floats(sizes.output),
    };
    int result = -1;
    if (work.x && work.weight && (work.bias || !sizes.bias) && work.generic &&
        work.jit && work.built)
        result =
            compare(layer->layer, built, tconv_jit_kernel(jit), &work, error);
    free(work.built);
    free(work.jit);
    free(work.generic);
    free(work.bias);
    free(work.weight);
    free(work.x);
    tconv_jit_free(jit);
    return result;
}

int main(void)
{
    int layers = 0;
    int differ = 0;
    double make_ms = 0;
    printf("%-8s %-23s %9s %15s %15s  %s\n", "", "channels x length", "", "in",
           "ahead", "same");
    printf("%-8s %-23s %9s %15s %15s  %s\n", "layer", "in -> out", "generic",
           "memory (JIT)", "of time", "bits");
    for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
        printf("%s%s\n", m ? "\n" : "", models[m].title);
        for (int i = 0; models[m].layers[i].layer; i++) {
            struct tconv_error error = {TCONV_OK, "out of memory"};
            const int same = run_layer(&models[m].layers[i],
                                       models[m].lengths[i], &make_ms, &error);
            if (same < 0) {
                (void)fprintf(stderr, "compare: %s: %s\n",
                              models[m].layers[i].layer, error.message);
                return 3;
            }
            (void)fflush(stdout); /* the next line takes a second */
            layers++;
            differ += !same;
        }
    }
    printf(
        "\nEach layer made its part of one second of sound, on one thread "
        "with %s;\n\"x\": how many times faster than the generic kernel, the "
        "plain definition.\n",
        tconv_isa_native());
    if (differ) {
        printf("%d of %d layers DIFFER.\n", differ, layers);
        return 1;
    }
    printf(
        "All %d layers gave the same bits all three ways. To make a kernel in "
        "memory and\nhold it against the generic one took %.1f ms on "
        "average.\n\n",
        layers, make_ms / layers);
    printf("Next: look at the C in build/quickstart/kernels, or try\n"
           "  build/quickstart/tconv show "
           "\"ConvTranspose1d(64, 32, 4, stride=2)\" --length 9\n"
           "  build/quickstart/tconv check examples/models/dac_44khz.lua\n"
           "  build/quickstart/tconv bench "
           "examples/models/hifigan_v1.lua:ups.1 --length 688\n"
           "and see examples/README.md for programs to start from.\n");
    return 0;
}
