/* library.h - libraries that are loaded when they are needed, so that a run without them starts without them. */
#ifndef POL_SOURCE_LIBRARY_H
#define POL_SOURCE_LIBRARY_H

#include <stddef.h>

/* A function of a library and where its address goes. */
struct source_symbol {
    const char *name;
    void *place; /* of a pointer to a function */
};

/* Loads the first of the files that can be loaded, and looks up the functions. NULL: loaded, for good. Else what is
 * wrong, until the next call on this thread. */
const char *source_library(const char *const *files, unsigned file_count, const struct source_symbol *symbols,
                           unsigned symbol_count);

#endif
