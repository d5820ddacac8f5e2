/* Build-time tool: writes one family of micro-kernels to standard output.
 * The families are part of tconv, so tconv itself cannot make them. */
#include <stdio.h>
#include <stdlib.h>

#include "host.h"

int main(int argc, char **argv)
{
    struct tconv_error error = {TCONV_OK, ""};
    struct tconv_generator *generator = NULL;
    char *text = NULL;
    if (argc != 3) {
        fprintf(stderr, "usage: bootstrap ISA DTYPE\n");
        return 2;
    }
    if (tconv_generator_create(&generator, &error) == TCONV_OK)
        tconv_generator_emit_family(generator, argv[1], argv[2], &text, &error);
    if (text)
        fputs(text, stdout);
    else
        fprintf(stderr, "bootstrap: %s\n", error.message);
    free(text);
    tconv_generator_free(generator);
    return error.status == TCONV_OK && fflush(stdout) == 0 ? 0 : 3;
}
