#include "core/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20 };

/* Large tables are read at random, so most of their cost is address translation: ask for huge pages. */
static void *large(uint8_t *memory, size_t bytes) {
    if (!memory || bytes < 2 * (size_t)HUGE_PAGE)
        return memory;
    uintptr_t start = (uintptr_t)memory;
    uintptr_t first = (start + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);
    uintptr_t end = (start + bytes) & ~(uintptr_t)(HUGE_PAGE - 1);
    if (first < end)
        (void)madvise(memory + (first - start), end - first, MADV_HUGEPAGE);
    return memory;
}

void *prt_resize(void *old, size_t size) {
    return large(realloc(old, size ? size : 1), size);
}

void *prt_zeroed(size_t count, size_t size) {
    if (size && count > SIZE_MAX / 2 / size)
        return NULL;
    return large(calloc(count && size ? count * size : 1, 1), count * size);
}

void prt_release(void *memory) {
    free(memory);
}
