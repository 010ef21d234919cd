#include "source/library.h"

#include <dlfcn.h>
#include <string.h>

const char *source_library(const char *const *files, unsigned file_count, const struct source_symbol *symbols,
                           unsigned symbol_count) {
    void *library = NULL;
    for (unsigned i = 0; i < file_count && library == NULL; i++)
        library = dlopen(files[i], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return dlerror();
    for (unsigned i = 0; i < symbol_count; i++) {
        void *address = dlsym(library, symbols[i].name);
        if (address == NULL)
            return dlerror();
        memcpy(symbols[i].place, &address, sizeof address);
    }
    return NULL;
}
