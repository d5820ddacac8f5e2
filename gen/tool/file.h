/* Files, written whole or not at all. */
#ifndef TOOL_FILE_H
#define TOOL_FILE_H

#include "tconv.h"

/* A file on its way. Its bytes go to a temporary beside it, which takes its
 * name in the end; so readers see the old file or the new one. What is no
 * regular file (a pipe, a device) or is standard output is written straight.
 * Several can be made together: begin, write and close all, then publish all.
 */
struct whole_file {
    char *path;      /* NULL when there is nothing to abandon */
    char *temporary; /* NULL when written straight */
    int descriptor;  /* -1 when closed */
};

/* All fail with TCONV_E_IO or TCONV_E_MEMORY and abandon the file then. */
enum tconv_status whole_file_begin(struct whole_file *file, const char *path,
                                   struct tconv_error *error);
enum tconv_status whole_file_write(struct whole_file *file, const void *bytes,
                                   size_t size, struct tconv_error *error);
enum tconv_status whole_file_close(struct whole_file *file,
                                   struct tconv_error *error);
enum tconv_status whole_file_publish(struct whole_file *file,
                                     struct tconv_error *error);

/* Removes the temporary. Does nothing to a file that was published. */
void whole_file_abandon(struct whole_file *file);

/* Makes a folder and those above it; fine if it is there. TCONV_E_IO. */
enum tconv_status folder_make(const char *path, struct tconv_error *error);

#endif
