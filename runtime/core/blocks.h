/* blocks.h - memory for many pieces that go together: taken from blocks, which stay where they are.
 *
 * A zeroed struct is empty. One thread at a time.
 */
#ifndef PRT_BLOCKS_H
#define PRT_BLOCKS_H

#include <stdint.h>

struct prt_blocks {
    uint8_t **block;
    uint64_t count, room;
    uint64_t bytes;          /* of all blocks */
    uint32_t used, capacity; /* of the last block */
};

/* `size` bytes; a new block has `least` bytes or more. NULL: no memory. */
uint8_t *prt_blocks_take(struct prt_blocks *blocks, uint32_t size, uint32_t least);
/* Gives the blocks back; the list keeps its room. A block that was given back before is NULL. */
void prt_blocks_empty(struct prt_blocks *blocks);
void prt_blocks_free(struct prt_blocks *blocks);

#endif
