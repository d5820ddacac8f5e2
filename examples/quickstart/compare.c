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

/* Median time of a call in milliseconds, or -1 with the reason in *error. */
static double run_kernel(const struct tconv_kernel *kernel,
                         const struct work *work, float *y,
                         struct tconv_error *error)
{
    double times[REPEATS];
    int runs = 0;
    void *packed = malloc(kernel->packed_bytes + 1);
    void *workspace = malloc(kernel->workspace_bytes(1, work->length, 1) + 1);
    if (packed && workspace) {
        kernel->pack(work->weight, work->bias, packed);
        const struct tconv_args args = {work->x,   packed, y,
                                        workspace, 1,      work->length};
        while (runs < REPEATS) {
            const double begin = now_ms();
            if (tconv_kernel_run(kernel, &args, 1, error) != TCONV_OK)
                break;
            times[runs++] = now_ms() - begin;
        }
    }
    free(workspace);
    free(packed);
    if (runs < REPEATS)
        return -1;
    qsort(times, REPEATS, sizeof *times, by_value);
    return times[REPEATS / 2];
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
    const double jit_ms = run_kernel(jit, work, work->jit, error);
    const double built_ms = run_kernel(built, work, work->built, error);
    if (jit_ms < 0 || built_ms < 0)
        return -1;

    const size_t bytes = (size_t)work->sizes->output * sizeof(float);
    const int same = memcmp(work->generic, work->jit, bytes) == 0 &&
                     memcmp(work->generic, work->built, bytes) == 0;
    char shapes[80];
    (void)snprintf(shapes, sizeof shapes, "%lld x %lld -> %lld x %lld",
                   (long long)work->spec->in_channels, (long long)work->length,
                   (long long)work->spec->out_channels,
                   (long long)work->sizes->output_length);
    printf("  %-9s %-24s %8.1f ms %7.2f ms %5.0fx %7.2f ms %5.0fx   %s\n",
           layer, shapes, generic_ms, jit_ms, generic_ms / jit_ms, built_ms,
           generic_ms / built_ms, same ? "yes" : "NO");
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
    printf("  %-9s %-24s %11s %10s %6s %17s   %s\n", "layer",
           "in x L -> out x Lout", "generic", "JIT", "", "ahead of time",
           "same bits");
    for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
        printf("%s\n", models[m].title);
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
    printf("\nOne thread, %s. Each kernel for one second of sound; \"x\": how "
           "many times faster\nthan the generic kernel, which is the plain "
           "definition.\n",
           tconv_isa_native());
    if (differ) {
        printf("%d of %d layers DIFFER.\n", differ, layers);
        return 1;
    }
    printf("All %d layers gave the same bits three ways. Making a kernel in "
           "memory, with its\ncheck against the generic one, took %.1f ms on "
           "average.\n\n",
           layers, make_ms / layers);
    printf("Next: look at the C in build/quickstart/kernels, or try\n"
           "  build/quickstart/tconv show "
           "\"ConvTranspose1d(512, 256, 16, stride=8, padding=4)\"\n"
           "  build/quickstart/tconv check examples/models/dac_44khz.lua\n"
           "  build/quickstart/tconv bench "
           "examples/models/hifigan_v1.lua:ups.1 --length 688\n"
           "and see examples/README.md for programs to start from.\n");
    return 0;
}
