#include "ledger/names.h"

#include <stdlib.h>

static uint64_t load_end(const char *p, uint32_t size) {
    char last[8] = {0};
    uint32_t part = size < 8 ? size : 8;
    memcpy(last, p + size - part, part);
    return pol_load64(last);
}

static uint64_t load_begin(const char *p, uint32_t size) {
    char first[8] = {0};
    memcpy(first, p, size < 8 ? size : 8);
    return pol_load64(first);
}

static void add(struct pol_names *names, const struct pol_name *name, uint32_t value) {
    uint64_t head = load_begin(name->data, name->size), tail = load_end(name->data, name->size);
    struct pol_names_slot *slot;
    for (uint64_t i = pol_names_hash(head, tail, name->size);; i++) {
        slot = &names->slots[i & names->mask];
        if (slot->size == 0) break;
        if (slot->size == name->size && memcmp(slot->data, name->data, name->size) == 0) return;
    }
    *slot = (struct pol_names_slot){head, tail, name->data, name->size, value};
    if (name->size > names->longest) names->longest = name->size;
}

bool pol_names_build(struct pol_names *names, const struct pol_name *list, uint32_t count) {
    uint64_t slots = 8;
    while (slots < (uint64_t)count * 4) slots *= 2;
    *names = (struct pol_names){.slots = calloc(slots, sizeof *names->slots), .mask = (uint32_t)(slots - 1)};
    if (names->slots == NULL) return false;
    for (uint32_t i = 0; i < count; i++)
        if (list[i].size > 0) add(names, &list[i], i);
    return true;
}

void pol_names_free(struct pol_names *names) {
    free(names->slots);
    *names = (struct pol_names){0};
}
