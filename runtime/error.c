#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum tconv_status tconv_fail(struct tconv_error *error,
                             enum tconv_status status, const char *format, ...)
{
    if (!error || error->status != TCONV_OK)
        return status;
    va_list args;
    va_start(args, format);
    vsnprintf(error->message, sizeof error->message, format, args);
    va_end(args);
    error->message[strcspn(error->message, "\r\n")] = '\0';
    error->status = status;
    return status;
}

const char *tconv_status_name(enum tconv_status status)
{
    static const char *const names[TCONV_STATUS_COUNT] = {
        [TCONV_OK] = "TCONV_OK",
        [TCONV_E_IN_CHANNELS] = "TCONV_E_IN_CHANNELS",
        [TCONV_E_OUT_CHANNELS] = "TCONV_E_OUT_CHANNELS",
        [TCONV_E_KERNEL_SIZE] = "TCONV_E_KERNEL_SIZE",
        [TCONV_E_STRIDE] = "TCONV_E_STRIDE",
        [TCONV_E_PADDING] = "TCONV_E_PADDING",
        [TCONV_E_OUTPUT_PADDING] = "TCONV_E_OUTPUT_PADDING",
        [TCONV_E_GROUPS] = "TCONV_E_GROUPS",
        [TCONV_E_BIAS] = "TCONV_E_BIAS",
        [TCONV_E_DILATION] = "TCONV_E_DILATION",
        [TCONV_E_DTYPE] = "TCONV_E_DTYPE",
        [TCONV_E_LAYOUT] = "TCONV_E_LAYOUT",
        [TCONV_E_LENGTH] = "TCONV_E_LENGTH",
        [TCONV_E_OP] = "TCONV_E_OP",
        [TCONV_E_PASS] = "TCONV_E_PASS",
        [TCONV_E_PRECISION] = "TCONV_E_PRECISION",
        [TCONV_E_QUANTIZATION] = "TCONV_E_QUANTIZATION",
        [TCONV_E_SIZE] = "TCONV_E_SIZE",
        [TCONV_E_BATCH] = "TCONV_E_BATCH",
        [TCONV_E_OUTPUT_LENGTH] = "TCONV_E_OUTPUT_LENGTH",
        [TCONV_E_OUTPUT_SIZE] = "TCONV_E_OUTPUT_SIZE",
        [TCONV_E_ARGUMENT] = "TCONV_E_ARGUMENT",
        [TCONV_E_ABI] = "TCONV_E_ABI",
        [TCONV_E_NAME] = "TCONV_E_NAME",
        [TCONV_E_SYNTAX] = "TCONV_E_SYNTAX",
        [TCONV_E_MODEL] = "TCONV_E_MODEL",
        [TCONV_E_LAYER] = "TCONV_E_LAYER",
        [TCONV_E_ISA] = "TCONV_E_ISA",
        [TCONV_E_MEMORY] = "TCONV_E_MEMORY",
        [TCONV_E_IO] = "TCONV_E_IO",
        [TCONV_E_GENERATOR] = "TCONV_E_GENERATOR",
        [TCONV_E_NO_JIT] = "TCONV_E_NO_JIT",
        [TCONV_E_JIT] = "TCONV_E_JIT",
        [TCONV_E_NO_CC] = "TCONV_E_NO_CC",
        [TCONV_E_CC] = "TCONV_E_CC",
        [TCONV_E_NO_POOL] = "TCONV_E_NO_POOL",
        [TCONV_E_NO_JSON] = "TCONV_E_NO_JSON",
        [TCONV_E_DIFFER] = "TCONV_E_DIFFER",
    };
    if ((unsigned)status >= TCONV_STATUS_COUNT)
        return "TCONV_E_UNKNOWN";
    return names[status];
}
