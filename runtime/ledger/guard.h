/* guard.h - files that are mapped into memory and may lose their bytes: cut short by somebody, or on a disk that fails.
 * Touching such a page raises SIGBUS, which would end the program in the middle of its work. Guarded memory reads as
 * zeros there instead, and the guard tells. */
#ifndef POL_LEDGER_GUARD_H
#define POL_LEDGER_GUARD_H

#include <stdbool.h>
#include <stddef.h>

struct pol_guard;

/* Guards whole pages of memory until pol_guard_free. NULL: no memory. The first call takes over SIGBUS; one that hits
 * no guarded memory ends the program as ever. */
struct pol_guard *pol_guard_new(void *begin, size_t size);
/* Before the memory is unmapped, and when no other thread touches what is guarded. NULL is fine. */
void pol_guard_free(struct pol_guard *guard);
/* Has it lost bytes? Any thread. NULL is fine. */
bool pol_guard_lost(const struct pol_guard *guard);

#endif
