/* arena.c - chunks of zeroed memory; each allocation moves a pointer. */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_FIRST = 64 << 10, CHUNK_LARGEST = 4 << 20, ALIGNMENT = _Alignof(max_align_t) };

struct chunk {
    struct chunk *next;
    max_align_t data[];
};

struct arena {
    struct chunk *chunks;
    char *free, *end; /* what is left of the newest chunk */
    size_t chunk_size, held, limit;
    jmp_buf *target;
    bool failed;
};

struct arena *arena_new(void) {
    struct arena *arena = calloc(1, sizeof *arena);
    if (arena)
        arena->chunk_size = CHUNK_FIRST;
    return arena;
}

void arena_free(struct arena *arena) {
    if (!arena)
        return;
    for (struct chunk *c = arena->chunks, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    free(arena);
}

jmp_buf *arena_on_failure(struct arena *arena, jmp_buf *target) {
    jmp_buf *before = arena->target;
    arena->target = target;
    return before;
}

void arena_limit(struct arena *arena, size_t bytes) {
    arena->limit = bytes;
}

bool arena_failed(const struct arena *arena) {
    return arena->failed;
}

void arena_fail(struct arena *arena) {
    arena->failed = true;
    if (!arena->target)
        abort();
    longjmp(*arena->target, 1);
}

/* NULL when memory or the limit does not allow it. */
static struct chunk *chunk_new(struct arena *arena, size_t size) {
    size_t whole = sizeof(struct chunk) + size;
    if (whole < size || (arena->limit && (whole > arena->limit || arena->held > arena->limit - whole)))
        return NULL;
    struct chunk *c = calloc(1, whole);
    if (!c)
        return NULL;
    arena->held += whole;
    c->next = arena->chunks;
    arena->chunks = c;
    return c;
}

static void *alloc_slow(struct arena *arena, size_t size) {
    struct chunk *c = NULL;
    if (size <= arena->chunk_size / 4 && (c = chunk_new(arena, arena->chunk_size))) {
        arena->free = (char *)c->data + size;
        arena->end = (char *)c->data + arena->chunk_size;
        if (arena->chunk_size < CHUNK_LARGEST)
            arena->chunk_size *= 2;
        return c->data;
    }
    c = chunk_new(arena, size); /* a chunk of its own; the rest of the newest one stays in use */
    if (!c)
        arena_fail(arena);
    return c->data;
}

void *arena_alloc(struct arena *arena, size_t size) {
    if (size > SIZE_MAX - ALIGNMENT)
        arena_fail(arena);
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (size == 0)
        size = ALIGNMENT;
    if (size > (size_t)(arena->end - arena->free))
        return alloc_slow(arena, size);
    void *p = arena->free;
    arena->free += size;
    return p;
}

void *arena_array(struct arena *arena, size_t count, size_t size) {
    if (size && count > SIZE_MAX / size)
        arena_fail(arena);
    return arena_alloc(arena, count * size);
}

void *arena_grow(struct arena *arena, void *old, size_t count, size_t *capacity, size_t need, size_t size) {
    if (need <= *capacity)
        return old;
    size_t wanted = *capacity > SIZE_MAX / 2 ? need : *capacity * 2;
    if (wanted < need)
        wanted = need;
    if (wanted < 8)
        wanted = 8;
    void *grown = arena_array(arena, wanted, size);
    if (count)
        memcpy(grown, old, count * size);
    *capacity = wanted;
    return grown;
}
