/* How the library's own files report failures. */
#ifndef TCONV_ERROR_H
#define TCONV_ERROR_H

#include "tconv.h"

/* Notes the first failure in `error` (which may be NULL) and returns `status`,
 * so that a check is one statement. The message is cut to one line. */
__attribute__((format(printf, 3, 4))) enum tconv_status
tconv_fail(struct tconv_error *error, enum tconv_status status,
           const char *format, ...);

/* The value of an element as it is stored, for a message. */
void tconv_element_text(enum tconv_dtype dtype, const void *element,
                        char text[80]);

#endif
