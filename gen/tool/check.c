/* tconv check: the differential test. */
#define _POSIX_C_SOURCE 200809L /* NOLINT(bugprone-reserved-identifier) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "cli.h"
#include "clock.h"
#include "engine.h"
#include "error.h"
#include "json.h"
#include "progress.h"
#include "shrink.h"
#include "trap.h"

static const char help[] =
    "tconv check - hold kernels against the plain definition, bit for bit\n"
    "\n"
    "SYNOPSIS\n"
    "    tconv check SPEC [--length L] [--batch N] [options]\n"
    "    tconv check --random N [--length L] [--batch N] [options]\n"
    "\n"
    "DESCRIPTION\n"
    "    Compiles each layer, runs it on random data and compares every bit\n"
    "    with the generic kernel: nothing is \"close enough\", for each "
    "output\n"
    "    is one sum in one order whatever computes it. NaNs count as equal.\n"
    "\n"
    "    With SPEC (see tconv --help) all its layers are checked, each with\n"
    "    lengths that are likely to hurt: the shortest, those about the "
    "number\n"
    "    of taps and about vector sizes, and random ones. With --random, N\n"
    "    layers are drawn from all that is legal.\n"
    "\n"
    "    Data is random, small integers, or random with Inf, NaN, -0.0,\n"
    "    denormals and huge values in it. Each call is split into 1, 2, 3 and "
    "7\n"
    "    parts run in random order. Buffers lie against pages that may not be\n"
    "    touched, once at their end, once at their start; inputs are "
    "read-only;\n"
    "    outputs start as junk, so that a skipped write shows. Of a call too\n"
    "    large for the generic kernel a sample is compared.\n"
    "\n"
    "    A failure is shrunk to the smallest layer that still fails, and one\n"
    "    line is printed that reproduces it.\n"
    "\n"
    "OPTIONS\n"
    "    --random N\n"
    "        Draw N layers.\n"
    "    --seed S\n"
    "        What all random things come from; the same seed gives the same\n"
    "        run. It is always printed. Default: from the clock.\n"
    "    --engine jit|cc\n"
    "        What compiles the kernels: libtcc in memory (default), or the\n"
    "        system's compiler. (Also auto, which is jit here, and pure:\n"
    "        libtcc alone, for tests.)\n"
    "    --isa ISA\n"
    "        avx512, avx2, sse2, neon, scalar or native (default).\n"
    "    --length L, --batch N\n"
    "        Check this input length, or batch, only.\n"
    "    --json\n"
    "        One JSON object: specs, cases, elements, engine, isa, seed,\n"
    "        seconds, passed, and, where it failed, failure and repro.\n"
    "\n"
    "EXIT CODES\n"
    "    0  all bits are equal\n"
    "    1  some differ\n"
    "    2  bad usage or spec\n"
    "    3  could not: JIT, compiler, memory\n"
    "\n"
    "EXAMPLES\n"
    "    tconv check --random 20000\n"
    "    tconv check examples/models/encodec_24khz.lua --engine cc\n"
    "    tconv check f32_ci1_co2_k3_s2 --isa avx2 --seed 7 --length 5 --batch "
    "1\n";

struct options {
    const char *engine, *isa;
    int64_t random, seed, length, batch;
    int json;
};

/* One run of the verb. */
struct session {
    enum engine_kind kind;
    const char *isa;
    uint64_t seed;
    int64_t length, batch; /* -1: to be chosen */
    struct case_buffers buffers;
    int64_t specs, cases, elements;
    enum tconv_status wanted; /* the failure that shrinking keeps */
    struct tconv_error failure;
    char repro[TCONV_NAME_SIZE + 160];
};

/* How much is done with one layer. */
struct effort {
    int lengths;     /* how many */
    int64_t budget;  /* the generic kernel's multiply-adds, each time */
    int64_t kernels; /* those of the kernel, altogether */
    unsigned kinds;  /* of data; 0: one, drawn */
    int thorough;
};

static const struct effort random_effort = {3, 60000, 40000000, 0, 0};
static const struct effort layer_effort = {20, 500000, 1500000000, 7, 1};

static enum tconv_status run_case(struct session *session,
                                  const struct engine *engine,
                                  const struct effort *effort, unsigned kinds,
                                  int64_t length, int64_t batch,
                                  struct tconv_error *error)
{
    const struct check_case check = {.spec = &engine->spec,
                                     .kernel = engine->kernel,
                                     .batch = batch,
                                     .length = length,
                                     .seed = session->seed,
                                     .kinds = kinds,
                                     .thorough = effort->thorough,
                                     .budget = effort->budget};
    session->cases++;
    return case_run(&check, &session->buffers, &session->elements, error);
}

/* Whether a smaller subject fails in the same way. */
static int still_fails(void *context, const struct subject *subject)
{
    struct session *session = context;
    struct engine engine;
    struct tconv_error error = {TCONV_OK, ""};
    int64_t elements = session->elements, cases = session->cases;
    enum tconv_status status = engine_open(
        &engine, &subject->spec, session->kind, session->isa, NULL, &error);
    if (status == TCONV_OK) {
        status = run_case(session, &engine, &layer_effort, layer_effort.kinds,
                          subject->length, subject->batch, &error);
        engine_close(&engine);
    }
    session->elements = elements;
    session->cases = cases;
    if (status != session->wanted)
        return 0;
    session->failure = error;
    return 1;
}

/* Failures that a smaller layer would meet as well, being no layer's fault. */
static int is_external(enum tconv_status status)
{
    return status == TCONV_E_NO_JIT || status == TCONV_E_NO_CC ||
           status == TCONV_E_MEMORY || status == TCONV_E_IO ||
           status == TCONV_E_ISA;
}

/* Notes a failure, as small as can be, and how to see it again. */
static void note_failure(struct session *session, struct subject subject,
                         enum tconv_status status,
                         const struct tconv_error *error)
{
    char name[TCONV_NAME_SIZE];
    session->failure = *error;
    session->wanted = status;
    if (!is_external(status))
        shrink(&subject, still_fails, session,
               session->kind == ENGINE_CC ? 150 : 1500);
    tconv_spec_name(&subject.spec, name);
    snprintf(session->repro, sizeof session->repro,
             "tconv check %s --engine %s --isa %s --seed %llu --length %lld "
             "--batch %lld",
             name, engine_kind_name(session->kind), session->isa,
             (unsigned long long)session->seed, (long long)subject.length,
             (long long)subject.batch);
}

/* Candidate number `index` of the lengths worth a look; the most telling ones
 * come first, for there may not be time for all. */
static int64_t length_candidate(const struct tconv_spec *s, int index,
                                struct random *random)
{
    static const int64_t about_vectors[] = {17, 2, 33, 7, 16, 1,  9, 65,
                                            15, 4, 31, 8, 3,  63, 5, 32};
    const int64_t shifts = s->dilation * (s->kernel_size - 1) / s->stride + 1;
    const int64_t shortest = smallest_length(s);
    switch (index) {
    case 0:
        return shortest;
    case 1:
        return shortest + 16;
    case 2:
        return shifts;
    case 3:
        return shifts + 1;
    case 4:
        return shortest - 1 + random_log(random, 1, 200);
    case 5: /* the weight's gradient is summed in blocks of 256 */
        return s->pass == TCONV_GRAD_WEIGHT ? 600 : 12;
    case 6:
        return s->pass == TCONV_GRAD_WEIGHT ? 256 * s->stride : 20;
    case 7: /* and with more positions than rows in another way */
        if (s->pass != TCONV_GRAD_WEIGHT)
            return 25;
        return s->op == TCONV_CONV_TRANSPOSE1D
                   ? s->in_channels / s->groups + 1
                   : shortest + s->out_channels / s->groups * s->stride;
    default:
        return about_vectors[(index - 8) % 16];
    }
}

/* The lengths to check a layer with, in order. Returns how many. */
#define LENGTHS_MAX 24
static int choose_lengths(const struct session *session,
                          const struct tconv_spec *spec,
                          const struct effort *effort, struct random *random,
                          int64_t lengths[LENGTHS_MAX])
{
    const int64_t shortest = smallest_length(spec);
    int count = 0;
    if (session->length >= 0 || spec->length) {
        lengths[0] = session->length >= 0 ? session->length : spec->length;
        return 1;
    }
    if (!effort->thorough) {
        lengths[0] = shortest + random_below(random, 3);
        lengths[1] = shortest - 1 + random_log(random, 1, 40);
        lengths[2] = shortest - 1 + random_log(random, 1, 150);
        if (spec->pass == TCONV_GRAD_WEIGHT) /* sums go in blocks of 256 */
            lengths[2] = shortest - 1 + random_log(random, 150, 1100);
        return effort->lengths;
    }
    for (int i = 0; i < effort->lengths; i++) {
        int64_t length = length_candidate(spec, i, random);
        int known = length < shortest;
        for (int at = 0; at < count; at++)
            known |= lengths[at] == length;
        if (!known)
            lengths[count++] = length;
    }
    return count;
}

/* What drawing, copying and packing a weight takes, in a kernel's
 * multiply-adds. */
#define WEIGHT_COST 50

/* What a case takes besides the generic kernel, in a kernel's multiply-adds. */
static int64_t reckon(const struct tconv_spec *spec, int64_t batch,
                      int64_t length, int kinds)
{
    struct tconv_sizes sizes;
    int64_t result;
    if (tconv_spec_sizes(spec, batch, length, &sizes, NULL) != TCONV_OK ||
        __builtin_mul_overflow(sizes.macs, INT64_C(8), &result) ||
        __builtin_add_overflow(result, sizes.weight * WEIGHT_COST, &result) ||
        __builtin_mul_overflow(result, (int64_t)kinds, &result))
        return INT64_MAX;
    return result;
}

/* Checks one layer. TCONV_E_DIFFER and the compilers' failures are noted. */
static enum tconv_status check_layer(struct session *session,
                                     const struct tconv_spec *spec,
                                     const struct effort *effort,
                                     struct random *random)
{
    struct engine engine;
    struct tconv_error error = {TCONV_OK, ""};
    int64_t lengths[LENGTHS_MAX] = {1};
    int count = choose_lengths(session, spec, effort, random, lengths);
    int64_t left = effort->kernels / (session->kind == ENGINE_PURE ? 20 : 1);
    struct subject subject = {*spec, 1, lengths[0]};
    enum tconv_status status =
        engine_open(&engine, spec, session->kind, session->isa, NULL, &error);
    session->specs++;
    if (status != TCONV_OK) {
        note_failure(session, subject, status, &error);
        return status;
    }
    for (int i = 0; i < count && status == TCONV_OK; i++) {
        unsigned kinds = effort->kinds;
        if (!kinds)
            kinds = 1U << random_below(random, DATA_KINDS);
        subject.length = lengths[i];
        subject.batch =
            effort->thorough ? 1 + (i + 2) % 3 : 1 + random_below(random, 3);
        if (!effort->thorough && random_below(random, 32) == 0)
            subject.batch = 0;
        if (session->batch >= 0)
            subject.batch = session->batch;
        int64_t work = reckon(spec, subject.batch, subject.length,
                              __builtin_popcount(kinds));
        if (i > 0 && work > left)
            continue; /* a shorter one may come */
        left -= work < left ? work : left;
        status = run_case(session, &engine, effort, kinds, subject.length,
                          subject.batch, &error);
    }
    engine_close(&engine);
    if (status != TCONV_OK)
        note_failure(session, subject, status, &error);
    return status;
}

static void print_failure(const struct session *session,
                          const struct options *o)
{
    if (o->json)
        return;
    printf("FAILED: %s\n%s\n", session->failure.message, session->repro);
    fflush(stdout);
}

/* Checks all layers of a model; what differs does not stop it. */
static enum tconv_status check_model(struct session *session,
                                     const struct options *o,
                                     const char *operand, int64_t *failures,
                                     struct tconv_error *error)
{
    struct tconv_model model;
    struct progress progress;
    enum tconv_status status = cli_model(operand, &model, error);
    if (status != TCONV_OK)
        return status;
    for (size_t i = 0; i < model.count && status == TCONV_OK; i++) {
        struct tconv_sizes sizes;
        if (session->length >= 0)
            status = tconv_spec_sizes(&model.layers[i].spec, 1, session->length,
                                      &sizes, error);
    }
    progress_begin(&progress, (int64_t)model.count);
    for (size_t i = 0; i < model.count && status == TCONV_OK; i++) {
        const struct tconv_spec *spec = &model.layers[i].spec;
        char name[TCONV_NAME_SIZE];
        tconv_spec_name(spec, name);
        struct random random = {random_join_text(session->seed, name)};
        progress_show(&progress, (int64_t)i);
        status = check_layer(session, spec, &layer_effort, &random);
        if (status == TCONV_OK)
            continue;
        progress_end(&progress);
        print_failure(session, o);
        ++*failures;
        if (status == TCONV_E_DIFFER)
            status = TCONV_OK;
    }
    progress_end(&progress);
    tconv_model_free(&model);
    return status;
}

/* Checks layers drawn at random, up to the first failure. */
static enum tconv_status check_random(struct session *session,
                                      const struct options *o,
                                      int64_t *failures)
{
    struct progress progress;
    enum tconv_status status = TCONV_OK;
    progress_begin(&progress, o->random);
    for (int64_t i = 0; i < o->random && status == TCONV_OK; i++) {
        struct random random = {random_join(session->seed, (uint64_t)i)};
        struct tconv_spec spec;
        int64_t output_length;
        progress_show(&progress, i);
        do
            draw_spec(&random, &spec);
        while (session->length >= 0 &&
               tconv_spec_output_length(&spec, session->length, &output_length,
                                        NULL) != TCONV_OK);
        status = check_layer(session, &spec, &random_effort, &random);
    }
    progress_end(&progress);
    if (status != TCONV_OK) {
        print_failure(session, o);
        ++*failures;
    }
    return status == TCONV_E_DIFFER ? TCONV_OK : status;
}

static void print_summary(const struct session *session,
                          const struct options *o, int64_t failures,
                          double seconds)
{
    if (o->json) {
        struct json json;
        json_begin(&json, stdout);
        json_bool(&json, "passed", failures == 0);
        json_integer(&json, "specs", session->specs);
        json_integer(&json, "cases", session->cases);
        json_integer(&json, "elements", session->elements);
        json_integer(&json, "failures", failures);
        json_text(&json, "engine", engine_kind_name(session->kind));
        json_text(&json, "isa", session->isa);
        json_integer(&json, "seed", (int64_t)session->seed);
        json_real(&json, "seconds", seconds);
        if (failures) {
            json_text(&json, "failure", session->failure.message);
            json_text(&json, "repro", session->repro);
        }
        json_end(&json);
        return;
    }
    printf("%lld specs, %lld cases, %lld elements compared, ",
           (long long)session->specs, (long long)session->cases,
           (long long)session->elements);
    if (failures)
        printf("%lld failed", (long long)failures);
    else
        printf("all bits equal");
    printf(" (engine %s, isa %s, seed %llu, %.1f s)\n",
           engine_kind_name(session->kind), session->isa,
           (unsigned long long)session->seed, seconds);
}

static enum tconv_status read_options(int argc, char **argv, struct options *o,
                                      const char **operand,
                                      struct tconv_error *error)
{
    const struct cli_option table[] = {
        {.name = "--random",
         .number = &o->random,
         .least = 1,
         .most = INT64_C(1000000000)},
        {.name = "--seed", .number = &o->seed, .most = INT64_MAX},
        {.name = "--engine", .text = &o->engine},
        {.name = "--isa", .text = &o->isa},
        {.name = "--length",
         .number = &o->length,
         .least = 1,
         .most = CLI_SIZE_MAX},
        {.name = "--batch", .number = &o->batch, .most = CLI_SIZE_MAX},
        {.name = "--json", .flag = &o->json},
    };
    enum tconv_status status = cli_parse(
        argc, argv, table, sizeof table / sizeof *table, operand, error);
    if (status == TCONV_OK && *operand && o->random)
        status = tconv_fail(error, TCONV_E_ARGUMENT,
                            "SPEC and --random: only one of them is allowed");
    if (status == TCONV_OK && !*operand && !o->random)
        status = tconv_fail(error, TCONV_E_ARGUMENT,
                            "what to check is missing: SPEC or --random N");
    return status;
}

static enum tconv_status check(int argc, char **argv, struct tconv_error *error)
{
    struct options o = {.engine = "jit", .seed = -1, .length = -1, .batch = -1};
    const unsigned engines = 1U << ENGINE_AUTO | 1U << ENGINE_JIT |
                             1U << ENGINE_PURE | 1U << ENGINE_CC;
    const char *operand;
    struct session session = {.failure = {TCONV_OK, ""}};
    enum tconv_status status = read_options(argc, argv, &o, &operand, error);
    if (status == TCONV_OK)
        status = engine_kind_read(o.engine, engines, &session.kind, error);
    if (status == TCONV_OK)
        status = cli_isa(o.isa, &session.isa, error);
    if (status != TCONV_OK)
        return status;
    /* To fall back would be to hold the generic kernel against itself. */
    if (session.kind == ENGINE_AUTO)
        session.kind = ENGINE_JIT;
    double begin = clock_seconds();
    session.seed = o.seed >= 0 ? (uint64_t)o.seed : clock_seed();
    session.length = o.length;
    session.batch = o.batch;

    int64_t failures = 0;
    trap_install();
    status = o.random ? check_random(&session, &o, &failures)
                      : check_model(&session, &o, operand, &failures, error);
    trap_remove();
    case_buffers_free(&session.buffers);
    if (status == TCONV_OK || failures)
        print_summary(&session, &o, failures, clock_seconds() - begin);
    if (status != TCONV_OK && failures)
        return tconv_fail(error, status, "%s", session.failure.message);
    if (failures)
        return tconv_fail(error, TCONV_E_DIFFER,
                          "a kernel and the generic one differ; see \"%s\"",
                          session.repro);
    return status;
}

const struct verb verb_check = {
    "check",
    "check SPEC | --random N [--seed S] [--engine ENGINE] [--isa ISA]",
    help,
    check,
};
