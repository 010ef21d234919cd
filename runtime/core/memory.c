#include "core/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20 };

void *prt_resize(void *old, size_t size) {
    return realloc(old, size ? size : 1);
}

/* Large tables are read at random, so most of their cost is address translation: ask for huge pages. */
void *prt_zeroed(size_t count, size_t size) {
    if (size && count > SIZE_MAX / 2 / size)
        return NULL;
    size_t bytes = count * size;
    uint8_t *memory = calloc(bytes ? bytes : 1, 1);
    if (!memory || bytes < 4 * (size_t)HUGE_PAGE)
        return memory;
    uintptr_t first = ((uintptr_t)memory + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);
    uintptr_t end = ((uintptr_t)memory + bytes) & ~(uintptr_t)(HUGE_PAGE - 1);
    if (first < end)
        (void)madvise((uint8_t *)memory + (first - (uintptr_t)memory), end - first, MADV_HUGEPAGE);
    return memory;
}

void prt_release(void *memory) {
    free(memory);
}
