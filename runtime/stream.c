/* Streaming: which part of the input makes the next part of the output.
 *
 * ConvTranspose1d: let f = j + padding_begin be the index in the uncropped
 * output. Input i reaches f = stride*i + dilation*k, so f is touched by inputs
 *
 *   ceil((f - dilation*(kernel_size-1)) / stride) <= i <= floor(f / stride)
 *
 * and is final once stride*received > f. A window that starts at input b is the
 * same sum shifted by stride*b outputs: its element j - stride*b is the whole
 * signal's j wherever no input before b reaches j, and its end is cropped
 * exactly where the whole signal's would be if it ended now.
 *
 * Conv1d: output j is made of inputs i, of those that there are,
 *
 *   stride*j - padding_begin <= i <= stride*j - padding_begin
 *                                    + dilation*(kernel_size-1)
 *
 * and is final once the last of them was received. A window that starts at
 * input b, a multiple of the stride, is the same sum shifted by b/stride
 * outputs, but for those that reach back before b. */
#include "error.h"

/* ceil(a / b) for b > 0. */
static int64_t ceil_div(int64_t a, int64_t b)
{
    return a >= 0 ? (a + b - 1) / b : -(-a / b);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* How much of the output is final: [0, *end). */
static enum tconv_status final_end(const struct tconv_spec *s, int64_t received,
                                   int ended, int64_t *end,
                                   struct tconv_error *error)
{
    *end = 0;
    if (s->length && (received != s->length || !ended))
        return tconv_fail(error, TCONV_E_LENGTH,
                          "received=%lld: a layer of fixed length takes its "
                          "%lld inputs at once",
                          (long long)received, (long long)s->length);
    if (received == 0 && !ended)
        return TCONV_OK;
    /* Until the signal has ended, too short a one is only not long enough. */
    struct tconv_error found = {TCONV_OK, ""};
    enum tconv_status status =
        tconv_spec_output_length(s, received, end, &found);
    if (status == TCONV_E_OUTPUT_LENGTH && !ended)
        return TCONV_OK;
    if (status != TCONV_OK)
        return tconv_fail(error, status, "%s", found.message);
    if (!ended) {
        int64_t whole = s->stride * received - s->padding_begin;
        if (s->op == TCONV_CONV1D)
            whole = ceil_div(received + s->padding_begin -
                                 s->dilation * (s->kernel_size - 1),
                             s->stride);
        *end = least(*end, whole < 0 ? 0 : whole);
    }
    return TCONV_OK;
}

enum tconv_status tconv_stream_window(const struct tconv_spec *s,
                                      int64_t received, int ended,
                                      int64_t emitted,
                                      struct tconv_window *window,
                                      struct tconv_error *error)
{
    if (!window)
        return tconv_fail(error, TCONV_E_ARGUMENT, "window: must not be NULL");
    enum tconv_status status = tconv_spec_check(s, error);
    if (status != TCONV_OK)
        return status;
    if (received < 0)
        return tconv_fail(error, TCONV_E_LENGTH,
                          "received=%lld: must be at least 0",
                          (long long)received);
    if (s->pass != TCONV_FORWARD)
        return tconv_fail(error, TCONV_E_PASS,
                          "pass: a gradient is not computed in chunks");
    int64_t end;
    status = final_end(s, received, ended, &end, error);
    if (status != TCONV_OK)
        return status;
    if (emitted < 0 || emitted > end)
        return tconv_fail(error, TCONV_E_ARGUMENT,
                          "emitted=%lld: must be between 0 and the %lld that "
                          "are final",
                          (long long)emitted, (long long)end);

    /* The latest start that keeps every tap of output `emitted`, gives it an
     * index in the window, and leaves the window an input. The same holds for
     * all later output, so inputs before it are never needed again. */
    int64_t begin = ceil_div(emitted + s->padding_begin -
                                 s->dilation * (s->kernel_size - 1),
                             s->stride);
    begin = least(begin, emitted / s->stride);
    begin = least(begin, received - 1);
    int64_t before = s->stride * begin; /* outputs */
    if (s->op == TCONV_CONV1D) {
        before = emitted - ceil_div(s->padding_begin, s->stride);
        before = least(before, (received - 1) / s->stride);
        begin = s->stride * before;
    }
    if (begin < 0 || s->length)
        begin = before = 0;
    window->input_begin = begin;
    window->output_skip = emitted - before;
    window->output_count = end - emitted;
    return TCONV_OK;
}
