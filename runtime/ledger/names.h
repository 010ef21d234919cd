/* names.h - a set of names (enum values, items) looked up by the bytes of a cell. Immutable once built. */
#ifndef POL_LEDGER_NAMES_H
#define POL_LEDGER_NAMES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct pol_name {
    const char *data;
    uint32_t size;
};

struct pol_names_slot {
    uint64_t head, tail; /* the first and the last eight bytes */
    const char *data;
    uint32_t size; /* 0: free */
    uint32_t value;
};

struct pol_names {
    struct pol_names_slot *slots;
    uint32_t mask;
    uint32_t longest;
};

/* The names' bytes must outlive the set; equal names find the first. False: no memory. */
bool pol_names_build(struct pol_names *names, const struct pol_name *list, uint32_t count);
void pol_names_free(struct pol_names *names);

static inline uint64_t pol_load64(const char *p) {
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* The first min (size, 8) bytes, size >= 1; eight bytes at `p` must be readable. */
static inline uint64_t pol_load_head(const char *p, uint32_t size) {
    uint64_t word = pol_load64(p);
    return size >= 8 ? word : word & (~(uint64_t)0 >> (64 - 8 * size));
}

static inline uint64_t pol_names_hash(uint64_t head, uint64_t tail, uint32_t size) {
    uint64_t mixed = (head ^ (tail * 0x9E3779B97F4A7C15u) ^ size) * 0xD6E8FEB86659FD93u;
    return mixed ^ mixed >> 32;
}

/* The index of the name, or -1. `size` >= 1; eight bytes at `p` must be readable. */
static inline int64_t pol_names_find(const struct pol_names *names, const char *p, uint32_t size) {
    if (size > names->longest) return -1;
    uint64_t head = pol_load_head(p, size), tail = size >= 8 ? pol_load64(p + size - 8) : head;
    for (uint64_t i = pol_names_hash(head, tail, size);; i++) {
        const struct pol_names_slot *slot = &names->slots[i & names->mask];
        if (slot->size == 0) return -1;
        if (slot->head != head || slot->tail != tail || slot->size != size) continue;
        if (size <= 16 || memcmp(slot->data, p, size) == 0) return slot->value;
    }
}

#endif
