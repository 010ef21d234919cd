#include "core/keys.h"

#include "core/status.h"

enum { FIRST_BITS = 8, MAX_BITS = 32 };

static uint64_t most_of(uint32_t bits) {
    return ((uint64_t)1 << bits) / 3 * 2;
}

/* Doubles until `extra` fit. The slots hold the whole 32-bit hash, so no key is hashed again. */
bool prt_table_grow(struct prt_table *table, uint64_t extra) {
    uint64_t want = table->count + extra;
    uint32_t bits = table->slot ? table->bits : FIRST_BITS;
    while (bits < MAX_BITS && want >= most_of(bits))
        bits++;
    if (want >= most_of(bits))
        return false;
    struct prt_table grown = {.bits = bits, .most = most_of(bits)};
    grown.slot = prt_zeroed((size_t)1 << bits, sizeof *grown.slot);
    if (!grown.slot)
        return false;
    uint64_t slots = table->slot ? (uint64_t)1 << table->bits : 0;
    for (uint64_t i = 0; i < slots; i++)
        if (table->slot[i])
            prt_table_put(&grown, (uint32_t)(table->slot[i] >> 32), (uint32_t)table->slot[i] - 1);
    prt_release(table->slot);
    *table = grown;
    return true;
}

void prt_table_free(struct prt_table *table) {
    prt_release(table->slot);
    *table = (struct prt_table){0};
}

static bool same_key(const struct prt_dict *dict, uint32_t code, uint64_t prefix, const char *data, uint32_t size) {
    uint64_t packed = dict->text[code];
    if (dict->prefixed && dict->prefix[code] != prefix)
        return false;
    return prt_packed_size(packed) == size && (size == 0 || memcmp(prt_packed_data(packed), data, size) == 0);
}

static bool add_key(struct prt_dict *dict, uint64_t prefix, const char *data, uint32_t size) {
    if (dict->count == PRT_NO_CODE - 1)
        return false;
    uint64_t *text = prt_grown(dict->text, &dict->text_room, (uint64_t)dict->count + 1, sizeof *text);
    if (!text)
        return false;
    dict->text = text;
    if (dict->prefixed) {
        uint64_t *numbers = prt_grown(dict->prefix, &dict->prefix_room, (uint64_t)dict->count + 1, sizeof *numbers);
        if (!numbers)
            return false;
        dict->prefix = numbers;
        dict->prefix[dict->count] = prefix;
    }
    dict->text[dict->count] = prt_pack(data, size);
    return true;
}

bool prt_dict_code(struct prt_dict *dict, uint64_t prefix, const char *data, uint32_t size, uint32_t hash,
                   uint32_t *code) {
    if (!prt_table_reserve(&dict->table, 1))
        return false;
    uint64_t mask = prt_table_mask(&dict->table);
    uint64_t at = prt_table_start(&dict->table, hash);
    for (uint64_t slot; (slot = dict->table.slot[at]) != 0; at = (at + 1) & mask) {
        if ((uint32_t)(slot >> 32) != hash)
            continue;
        uint32_t found = (uint32_t)slot - 1;
        if (same_key(dict, found, prefix, data, size)) {
            *code = found;
            return true;
        }
    }
    if (!add_key(dict, prefix, data, size))
        return false;
    *code = dict->count++;
    dict->table.slot[at] = (uint64_t)hash << 32 | ((uint64_t)*code + 1);
    dict->table.count++;
    return true;
}

void prt_dict_free(struct prt_dict *dict) {
    prt_table_free(&dict->table);
    prt_release(dict->text);
    prt_release(dict->prefix);
    *dict = (struct prt_dict){.prefixed = dict->prefixed};
}
