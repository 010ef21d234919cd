/* memory.h - the one place where core takes and returns memory.
 *
 * memory.c defines these three functions and nothing else, so a program that defines all three itself (a test that
 * fails the Nth allocation) replaces them. Nothing here reports errors: NULL means that there is no memory.
 */
#ifndef PRT_MEMORY_H
#define PRT_MEMORY_H

#include <stddef.h>

/* `old` (or NULL) resized to `size` > 0 bytes; NULL leaves `old` as it was. */
void *prt_resize(void *old, size_t size);
/* `count` zeroed elements; pages that are never touched take no memory. `count` and `size` may be 0. */
void *prt_zeroed(size_t count, size_t size);
void prt_release(void *memory); /* NULL is fine */

#endif
