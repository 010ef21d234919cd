#include "core/blocks.h"

#include "core/memory.h"
#include "core/status.h"

uint8_t *prt_blocks_take(struct prt_blocks *blocks, uint32_t size, uint32_t least) {
    if (size > blocks->capacity - blocks->used) {
        uint8_t **grown = prt_grown(blocks->block, &blocks->room, blocks->count + 1, sizeof *grown);
        if (!grown)
            return NULL;
        blocks->block = grown;
        uint32_t capacity = size > least ? size : least;
        uint8_t *block = prt_resize(NULL, capacity);
        if (!block)
            return NULL;
        blocks->block[blocks->count++] = block;
        blocks->bytes += capacity;
        blocks->used = 0;
        blocks->capacity = capacity;
    }
    blocks->used += size;
    return blocks->block[blocks->count - 1] + blocks->used - size;
}

void prt_blocks_empty(struct prt_blocks *blocks) {
    for (uint64_t i = 0; i < blocks->count; i++)
        prt_release(blocks->block[i]);
    *blocks = (struct prt_blocks){.block = blocks->block, .room = blocks->room};
}

void prt_blocks_free(struct prt_blocks *blocks) {
    prt_blocks_empty(blocks);
    prt_release(blocks->block);
    *blocks = (struct prt_blocks){0};
}
