/* shared_object.h - reads an ELF shared object in memory, as far as a policy object needs checking.
 *
 * The bytes may be anything: every offset is checked against the size.
 */
#ifndef POL_SHARED_OBJECT_H
#define POL_SHARED_OBJECT_H

#include <stddef.h>
#include <stdint.h>

/* Finds the descriptor: its offset in the file. NULL when all is well; otherwise what is wrong, in English: not an ELF
 * shared object for x86-64, imports, relocations, initialisers, other exports than the descriptor. */
const char *shared_object_check(const uint8_t *bytes, size_t size, size_t *descriptor);

#endif
