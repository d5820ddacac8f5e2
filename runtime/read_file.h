/* Files, read whole. */
#ifndef TCONV_READ_FILE_H
#define TCONV_READ_FILE_H

#include "tconv.h"

/* Reads all of a file, a pipe too, into *bytes (free()). TCONV_E_ARGUMENT where
 * it cannot be read, TCONV_E_MEMORY. */
enum tconv_status tconv_read_file(const char *path, unsigned char **bytes,
                                  size_t *size, struct tconv_error *error);

#endif
