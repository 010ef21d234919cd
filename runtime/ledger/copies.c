#include "ledger/copies.h"

#include <stdint.h>
#include <stdlib.h>

enum { BLOCK = 8192, PAD = 64 };

struct pol_copies_block {
    struct pol_copies_block *next;
    size_t used, capacity;
    char bytes[];
};

char *pol_copies_add(struct pol_copies *copies, size_t size) {
    struct pol_copies_block *block = copies->head;
    if (block == NULL || block->capacity - block->used < size) {
        size_t capacity = size > BLOCK ? size : BLOCK;
        if (capacity > SIZE_MAX - sizeof *block - PAD)
            return NULL;
        block = calloc(1, sizeof *block + capacity + PAD);
        if (block == NULL)
            return NULL;
        block->capacity = capacity;
        block->next = copies->head;
        copies->head = block;
    }
    char *result = block->bytes + block->used;
    block->used += size;
    return result;
}

void pol_copies_move(struct pol_copies *to, struct pol_copies *from) {
    if (from->head == NULL)
        return;
    struct pol_copies_block *last = from->head;
    while (last->next != NULL)
        last = last->next;
    last->next = to->head;
    to->head = from->head;
    from->head = NULL;
}

void pol_copies_free(struct pol_copies *copies) {
    while (copies->head != NULL) {
        struct pol_copies_block *next = copies->head->next;
        free(copies->head);
        copies->head = next;
    }
}
