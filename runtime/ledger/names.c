#include "ledger/names.h"

#include <stdlib.h>

/* The words of a name whose bytes may end where readable memory does. */
static struct pol_name_words words_of(const struct pol_name *name, uint32_t longest) {
    char copy[32] = {0};
    if (name->size > 24)
        return pol_name_words(name->data, name->size, longest);
    memcpy(copy, name->data, name->size);
    return pol_name_words(copy, name->size, longest);
}

/* False: collided with another name. */
static bool add(struct pol_names *names, const struct pol_name *name, uint32_t value) {
    struct pol_name_words words = words_of(name, names->longest);
    bool alone = true;
    uint32_t i = pol_names_place(names, words, name->size);
    for (; names->slots[i].size != 0; i = (i + 1) & names->mask) {
        if (names->slots[i].size == name->size && memcmp(names->data[i], name->data, name->size) == 0)
            return true;
        alone = false;
    }
    names->slots[i] = (struct pol_names_slot){words, name->size, value};
    names->data[i] = name->data;
    return alone;
}

int64_t pol_names_find(const struct pol_names *names, const char *p, uint32_t size) {
    if (size > names->longest)
        return -1;
    uint32_t i = pol_names_place(names, words_of(&(struct pol_name){p, size}, names->longest), size);
    for (; names->slots[i].size != 0; i = (i + 1) & names->mask)
        if (names->slots[i].size == size && memcmp(names->data[i], p, size) == 0)
            return names->slots[i].value;
    return -1;
}

bool pol_names_build(struct pol_names *names, const struct pol_name *list, uint32_t count) {
    const int attempts = count <= 64 ? 512 : 32;
    uint64_t slots = 8;
    while (slots < (uint64_t)count * 4)
        slots *= 2;
    *names = (struct pol_names){.slots = calloc(slots, sizeof *names->slots), .mask = (uint32_t)(slots - 1)};
    names->data = calloc(slots, sizeof *names->data);
    if (names->slots == NULL || names->data == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++)
        names->longest = list[i].size > names->longest ? list[i].size : names->longest;
    uint64_t factor = 0xD6E8FEB86659FD93u;
    for (int attempt = 0; attempt < attempts; attempt++) {
        bool alone = true;
        memset(names->slots, 0, slots * sizeof *names->slots);
        names->factor = factor;
        for (uint32_t i = 0; i < count; i++)
            if (list[i].size > 0)
                alone &= add(names, &list[i], i);
        if (alone)
            break;
        factor = factor * 6364136223846793005u + 1442695040888963406u;
        factor |= 1;
    }
    return true;
}

void pol_names_free(struct pol_names *names) {
    free(names->slots);
    free(names->data);
    *names = (struct pol_names){0};
}
