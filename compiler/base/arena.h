/* arena.h - bump allocator: everything allocated from one arena dies together with it.
 *
 * Allocation failure is an environment failure: it is recorded (arena_failed) and control leaves through the longjmp
 * target set with arena_on_failure. Not thread-safe; an arena belongs to one thread at a time.
 */
#ifndef POL_BASE_ARENA_H
#define POL_BASE_ARENA_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;

/* NULL when there is no memory. Freed with arena_free. */
struct arena *arena_new(void);
void arena_free(struct arena *arena);

/* Where arena_alloc goes when memory runs out: longjmp (*target, 1). Without a target it aborts. Returns the target
 * that was set before, so that whoever has something to release can step in between and pass the failure on. */
jmp_buf *arena_on_failure(struct arena *arena, jmp_buf *target);

/* Goes where arena_alloc goes when memory runs out: for memory that is not the arena's. */
_Noreturn void arena_fail(struct arena *arena);
bool arena_failed(const struct arena *arena);

/* Most bytes the arena may hold; 0 = no bound. Beyond it an allocation fails as if memory had run out. */
void arena_limit(struct arena *arena, size_t bytes);

/* Zeroed memory, aligned for any type. Never NULL. */
void *arena_alloc(struct arena *arena, size_t size);
/* count * size, checked for overflow. */
void *arena_array(struct arena *arena, size_t count, size_t size);
/* Grows an array of the arena to hold at least `need` elements, doubling; *capacity is updated. */
void *arena_grow(struct arena *arena, void *old, size_t count, size_t *capacity, size_t need, size_t size);

#define arena_new_of(arena, type)          ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array_of(arena, type, count) ((type *)arena_array((arena), (count), sizeof(type)))

#endif
