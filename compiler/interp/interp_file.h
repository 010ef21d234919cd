/* interp_file.h - whole files in, complete files out. */
#ifndef POL_INTERP_FILE_H
#define POL_INTERP_FILE_H

#include <stdio.h>

#include "base/arena.h"
#include "interp/interp_status.h"

/* Reads a whole file (a pipe too). *out is freed with interp_file_free, also after a failure. No such file, or
 * none that may be read: INTERP_INPUT. The system failed to read it, or no memory: INTERP_SYSTEM. */
struct interp_file {
    char *data;
    size_t size;
};
enum interp_status interp_file_read(const char *path, struct interp_file *out, struct interp_error *error);
void interp_file_free(struct interp_file *file);

/* Files that are to appear in a folder together or not at all: written aside under temporary names, brought to the
 * disk, and renamed when all of them are complete. */
enum { INTERP_OUTPUT_LIMIT = 4 };

struct interp_output {
    const char *folder;
    size_t count;
    struct {
        FILE *file;
        char *temporary, *path; /* malloc */
        bool renamed;
    } part[INTERP_OUTPUT_LIMIT];
};

/* Begins with no file; the folder is made where it is missing (its parent must exist). */
enum interp_status interp_output_begin(struct interp_output *output, const char *folder, struct interp_error *error);
/* Opens the next file; *file stays owned by the output and is to be written only. */
enum interp_status interp_output_add(struct interp_output *output, const char *name, FILE **file,
                                     struct interp_error *error);
/* Completes all files. On failure none of them is left under its name. The output is finished either way. */
enum interp_status interp_output_end(struct interp_output *output, struct interp_error *error);
/* Gives up: removes what was written. */
void interp_output_abandon(struct interp_output *output);

#endif
