/* kept_file.h - what is kept of claims rows, in a file instead of memory: a block for each chunk, found by row. */
#ifndef POL_AUDIT_KEPT_FILE_H
#define POL_AUDIT_KEPT_FILE_H

#include "audit/kept.h"
#include "core/spill.h"

/* Adds a chunk with its texts. False: spill->failure says why. */
bool pol_kept_write(struct prt_spill *file, const struct pol_kept *kept);

/* Reads the chunk with a row into `memory`, which grows as needed and is the caller's to free. `kept` is valid as long
 * as it, and needs no pol_kept_free. False: no memory (failure is 0), or the file could not be read. */
struct pol_kept_memory {
    void *block, *places;
    size_t block_room, places_room;
};
bool pol_kept_read(struct prt_spill *file, uint64_t row, struct pol_kept_memory *memory, struct pol_kept *kept,
                   uint64_t *part_first); /* the first row of its part; NULL is fine */
void pol_kept_memory_free(struct pol_kept_memory *memory);

#endif
