#include "core/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Large tables are read at random and grow a long way, so most of their cost is address translation and first touches:
 * they get mappings of their own that begin at a huge page and grow by moving whole page tables. Whatever is smaller,
 * and everything where a sanitizer watches, comes from malloc. */
enum { HUGE_PAGE = 2 << 20, LARGE = 2 * HUGE_PAGE, LINE = 64 };

struct head {      /* right before the memory */
    size_t mapped; /* bytes of the mapping, which begins LINE before the memory; 0: it is malloc's */
    size_t size;   /* bytes that were asked for */
};
_Static_assert(sizeof(struct head) == 16, "what malloc aligns stays aligned");

static struct head *head_of(void *memory) {
    return (struct head *)memory - 1;
}

static size_t least_large(void) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return SIZE_MAX;
#else
    return LARGE;
#endif
}

static size_t map_size(size_t size) {
    return (size + LINE + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

/* Addresses that begin at a huge page; NULL: none are left. */
static char *take_addresses(size_t bytes, int protection) {
    char *start = mmap(NULL, bytes + HUGE_PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED)
        return NULL;
    size_t before = (HUGE_PAGE - (uintptr_t)start % HUGE_PAGE) % HUGE_PAGE;
    if (before)
        munmap(start, before);
    munmap(start + before + bytes, HUGE_PAGE - before);
    return start + before;
}

static void *finish(char *start, size_t mapped, size_t size) {
    (void)madvise(start, mapped, MADV_HUGEPAGE);
    void *memory = start + LINE;
    *head_of(memory) = (struct head){.mapped = mapped, .size = size};
    return memory;
}

static void *map(size_t size) {
    char *start = take_addresses(map_size(size), PROT_READ | PROT_WRITE);
    return start ? finish(start, map_size(size), size) : NULL;
}

/* To addresses that begin at a huge page; where there are none, anywhere. NULL: no memory. */
static char *grow(char *from, size_t before, size_t after) {
    char *to = take_addresses(after, PROT_NONE);
    if (to && mremap(from, before, after, MREMAP_MAYMOVE | MREMAP_FIXED, to) != MAP_FAILED)
        return to;
    if (to)
        munmap(to, after);
    to = mremap(from, before, after, MREMAP_MAYMOVE);
    return to == MAP_FAILED ? NULL : to;
}

static void *remap(void *old, size_t size) {
    size_t before = head_of(old)->mapped, after = map_size(size);
    char *from = (char *)old - LINE, *to = from;
    if (after < before)
        munmap(from + after, before - after);
    else if (after > before)
        to = grow(from, before, after);
    return to ? finish(to, after, size) : NULL;
}

/* From malloc to a mapping. */
static void *move(void *old, size_t size) {
    void *memory = map(size);
    if (!memory)
        return NULL;
    memcpy(memory, old, head_of(old)->size < size ? head_of(old)->size : size);
    prt_release(old);
    return memory;
}

static void *small(struct head *head, size_t size) {
    if (!head)
        return NULL;
    *head = (struct head){.size = size};
    return head + 1;
}

void *prt_resize(void *old, size_t size) {
    if (size > SIZE_MAX / 2)
        return NULL;
    if (old && head_of(old)->mapped)
        return remap(old, size);
    if (size >= least_large())
        return old ? move(old, size) : map(size);
    return small(realloc(old ? head_of(old) : NULL, sizeof(struct head) + size), size);
}

void *prt_zeroed(size_t count, size_t size) {
    if (size && count > SIZE_MAX / 2 / size)
        return NULL;
    size_t bytes = count * size;
    if (bytes >= least_large())
        return map(bytes);
    return small(calloc(1, sizeof(struct head) + bytes), bytes);
}

void prt_release(void *memory) {
    if (!memory)
        return;
    if (head_of(memory)->mapped)
        munmap((char *)memory - LINE, head_of(memory)->mapped);
    else
        free(head_of(memory));
}
