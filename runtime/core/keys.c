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

/* A guess can be far off, so that it counts for no more than some doublings, and a little less than it says: most keys
 * come up early. */
bool prt_table_grow_likely(struct prt_table *table, uint64_t extra, uint64_t likely) {
    enum { LEAST = 1024, MOST_TIMES = 8 };
    uint64_t want = table->count + extra, most = table->count * MOST_TIMES;
    likely -= likely / 16;
    likely = likely < most ? likely : most;
    if (table->count >= LEAST && likely > want && prt_table_grow(table, likely - table->count))
        return true;
    return prt_table_grow(table, extra);
}

void prt_table_free(struct prt_table *table) {
    prt_release(table->slot);
    *table = (struct prt_table){0};
}

static bool same_key(const struct prt_dict *dict, uint32_t code, uint64_t prefix, struct prt_held key) {
    const struct prt_held *held = &dict->text[code];
    if (dict->prefixed && dict->prefix[code] != prefix)
        return false;
    if (held->word[1] != key.word[1])
        return false;
    if (held->word[0] == key.word[0])
        return true;
    struct pol_text text = prt_held_text(held);
    return text.size > PRT_SHORT_TEXT && memcmp(text.data, prt_held_text(&key).data, text.size) == 0;
}

/* Room for one more key, but in the table. */
static bool make_room(struct prt_dict *dict) {
    struct prt_held *text = prt_grown(dict->text, &dict->text_room, (uint64_t)dict->count + 1, sizeof *text);
    if (!text)
        return false;
    dict->text = text;
    if (!dict->prefixed)
        return true;
    uint64_t *numbers = prt_grown(dict->prefix, &dict->prefix_room, (uint64_t)dict->count + 1, sizeof *numbers);
    if (!numbers)
        return false;
    dict->prefix = numbers;
    return true;
}

static bool has_room(const struct prt_dict *dict) {
    return dict->count < dict->text_room && (!dict->prefixed || dict->count < dict->prefix_room);
}

static bool add_key(struct prt_dict *dict, uint64_t prefix, struct prt_held key) {
    if (dict->count == PRT_NO_CODE - 1 || (!has_room(dict) && !make_room(dict)))
        return false;
    dict->text[dict->count] = key;
    if (dict->prefixed)
        dict->prefix[dict->count] = prefix;
    return true;
}

bool prt_dict_code(struct prt_dict *dict, uint64_t prefix, struct prt_held key, uint32_t hash, uint32_t *code) {
    if (dict->table.count + 1 >= dict->table.most && !prt_table_grow_likely(&dict->table, 1, dict->likely))
        return false;
    uint64_t mask = prt_table_mask(&dict->table);
    uint64_t at = prt_table_start(&dict->table, hash);
    for (uint64_t slot; (slot = dict->table.slot[at]) != 0; at = (at + 1) & mask) {
        if ((uint32_t)(slot >> 32) != hash)
            continue;
        uint32_t found = (uint32_t)slot - 1;
        if (same_key(dict, found, prefix, key)) {
            *code = found;
            return true;
        }
    }
    if (!add_key(dict, prefix, key))
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
