#include "audit/texts.h"

#include <stdlib.h>
#include <string.h>

struct pol_texts_block {
    struct pol_texts_block *before;
    size_t used, size;
    char data[];
};

const char *pol_texts_copy(struct pol_texts *texts, struct pol_text text) {
    enum { BLOCK = 1 << 18 };
    if (texts->block == NULL || texts->block->size - texts->block->used < text.size) {
        size_t size = text.size > BLOCK ? text.size : BLOCK;
        struct pol_texts_block *block = malloc(sizeof *block + size);
        if (block == NULL)
            return NULL;
        block->before = texts->block;
        block->used = 0;
        block->size = size;
        texts->block = block;
    }
    char *copy = texts->block->data + texts->block->used;
    if (text.size > 0)
        memcpy(copy, text.data, text.size);
    texts->block->used += text.size;
    return copy;
}

void pol_texts_free(struct pol_texts *texts) {
    for (struct pol_texts_block *block = texts->block, *before; block != NULL; block = before) {
        before = block->before;
        free(block);
    }
    texts->block = NULL;
}

int pol_texts_order(const char *a, size_t a_size, const char *b, size_t b_size) {
    size_t size = a_size < b_size ? a_size : b_size;
    int order = size > 0 ? memcmp(a, b, size) : 0;
    return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
}
