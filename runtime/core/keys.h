/* keys.h - from texts to dense numbers: hashing, hash tables and dictionaries.
 *
 * A hash only finds candidates; texts are always compared in full, so two different keys never become one. Long texts
 * are not copied: the bytes must stay where they are while a dictionary is in use.
 */
#ifndef PRT_KEYS_H
#define PRT_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "abi.h"
#include "core/memory.h"

#define PRT_NO_CODE 0xffffffffu

__extension__ typedef unsigned __int128 prt_u128;

static inline uint64_t prt_mix(uint64_t a, uint64_t b) {
    prt_u128 product = (prt_u128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t prt_load(const char *bytes, size_t size) {
    uint64_t value = 0;
    memcpy(&value, bytes, size);
    return value;
}

/* How many bytes, at most `most`, two texts begin with alike; `most` is no more than the second has. */
static inline uint32_t prt_text_shared(struct pol_text a, struct pol_text b, uint32_t most) {
    uint32_t shared = 0;
    most = a.size < most ? a.size : most;
    while (shared < most && a.data[shared] == b.data[shared])
        shared++;
    return shared;
}

/* The eight bytes behind the first `skip`, zeros behind the end, as a number that orders as they do. */
static inline uint64_t prt_text_key(struct pol_text text, uint32_t skip) {
    uint32_t left = text.size > skip ? text.size - skip : 0;
    return left ? __builtin_bswap64(prt_load(text.data + skip, left < 8 ? left : 8)) : 0;
}

#define PRT_ODD_1 0xa24baed4963ee407u
#define PRT_ODD_2 0x9fb21c651e98df25u

/* `seed` is drawn per run, so that nobody can prepare a ledger whose keys all collide. */
static inline uint64_t prt_hash_text(const char *data, size_t size, uint64_t seed) {
    uint64_t hash = prt_mix(seed ^ size, PRT_ODD_1);
    if (size >= 8) {
        size_t at = 0;
        for (; at + 8 < size; at += 8)
            hash = prt_mix(hash ^ prt_load(data + at, 8), PRT_ODD_2);
        return prt_mix(hash ^ prt_load(data + size - 8, 8), PRT_ODD_1);
    }
    uint64_t tail = 0;
    if (size >= 4)
        tail = prt_load(data, 4) | prt_load(data + size - 4, 4) << 32;
    else if (size > 0)
        tail = (uint64_t)(unsigned char)data[0] | (uint64_t)(unsigned char)data[size / 2] << 8 |
               (uint64_t)(unsigned char)data[size - 1] << 16;
    return prt_mix(hash ^ tail, PRT_ODD_2);
}

/* The 32 bits by which a table finds a claim id. */
static inline uint32_t prt_id_hash(struct pol_text id, uint64_t seed) {
    return (uint32_t)(prt_hash_text(id.data, id.size, seed) >> 32);
}

/* The 32 bits by which tables find an entry, of a text's hash and the number that goes with the text. */
static inline uint32_t prt_hash_key(uint64_t text_hash, uint64_t prefix) {
    return (uint32_t)(prt_mix(text_hash ^ prefix * PRT_ODD_2, PRT_ODD_1) >> 32);
}

/* A text in 8 bytes: its size in the top byte, its address below. Texts are at most POL_TEXT_LIMIT bytes. */
static inline uint64_t prt_pack(const char *data, uint32_t size) {
    return (uint64_t)size << 56 | (uint64_t)(uintptr_t)data;
}

static inline const char *prt_packed_data(uint64_t packed) {
    return (const char *)(uintptr_t)(packed & 0x00ffffffffffffffu);
}

static inline uint32_t prt_packed_size(uint64_t packed) {
    return (uint32_t)(packed >> 56);
}

/* A text of a dictionary in 16 bytes, so that a look-up need not go to the ledger's pages: its bytes and zeros, or its
 * address where there are too many; its size in the last byte. */
enum { PRT_SHORT_TEXT = 15 };
struct prt_held {
    uint64_t word[2];
};

/* Up to eight bytes, zeros behind them. */
static inline uint64_t prt_first_bytes(const char *data, uint32_t size) {
    if (size >= 8)
        return prt_load(data, 8);
    if (size >= 4)
        return prt_load(data, 4) | prt_load(data + size - 4, 4) << (8 * (size - 4));
    if (size == 0)
        return 0;
    return (uint64_t)(unsigned char)data[0] | (uint64_t)(unsigned char)data[size / 2] << (8 * (size / 2)) |
           (uint64_t)(unsigned char)data[size - 1] << (8 * (size - 1));
}

static inline struct prt_held prt_hold(const char *data, uint32_t size) {
    uint64_t last = (uint64_t)size << 56;
    if (size > PRT_SHORT_TEXT)
        return (struct prt_held){{(uint64_t)(uintptr_t)data, last}};
    if (size > 8)
        last |= prt_load(data + size - 8, 8) >> (8 * (16 - size));
    return (struct prt_held){{prt_first_bytes(data, size), last}};
}

/* As long as *held stays where it is. */
static inline struct pol_text prt_held_text(const struct prt_held *held) {
    struct pol_text text = {.data = (const char *)held->word, .size = (uint32_t)(held->word[1] >> 56)};
    if (text.size > PRT_SHORT_TEXT)
        text.data = (const char *)(uintptr_t)held->word[0];
    return text;
}

/* Open addressing over 2^bits slots of hash << 32 | (code + 1); 0 is empty. The top bits of the hash choose the slot.
 */
struct prt_table {
    uint64_t *slot;
    uint32_t bits; /* 1 to 32 once there are slots */
    uint64_t count;
    uint64_t most; /* entries before it grows */
};

bool prt_table_grow(struct prt_table *table, uint64_t extra);
/* The same, perhaps to `likely` entries at once, which is how many there may be in the end. */
bool prt_table_grow_likely(struct prt_table *table, uint64_t extra, uint64_t likely);

/* Room for `extra` more entries without growing. False: no memory, or more than a table can hold. */
static inline bool prt_table_reserve(struct prt_table *table, uint64_t extra) {
    return table->count + extra < table->most || prt_table_grow(table, extra);
}

void prt_table_free(struct prt_table *table);

static inline uint64_t prt_table_mask(const struct prt_table *table) {
    return ((uint64_t)1 << table->bits) - 1;
}

static inline uint64_t prt_table_start(const struct prt_table *table, uint32_t hash) {
    return hash >> (32 - table->bits);
}

static inline void prt_table_prefetch(const struct prt_table *table, uint32_t hash) {
    __builtin_prefetch(&table->slot[prt_table_start(table, hash)]);
}

/* Puts a code that is known to be new; there must be room. */
static inline void prt_table_put(struct prt_table *table, uint32_t hash, uint32_t code) {
    uint64_t mask = prt_table_mask(table);
    uint64_t at = prt_table_start(table, hash);
    while (table->slot[at])
        at = (at + 1) & mask;
    table->slot[at] = (uint64_t)hash << 32 | ((uint64_t)code + 1);
    table->count++;
}

/* Dense codes, in order of first appearance, for pairs of a number and a text. */
struct prt_dict {
    struct prt_table table;
    struct prt_held *text; /* by code */
    uint64_t *prefix;      /* by code; NULL when every prefix is 0 */
    uint64_t text_room, prefix_room;
    uint64_t likely; /* how many there may be in the end, if anybody knows */
    uint32_t count;
    bool prefixed; /* set before the first use */
};

/* The code of (prefix, text), a new one if need be. `hash` is prt_hash_key of both. False: no memory. */
bool prt_dict_code(struct prt_dict *dict, uint64_t prefix, struct prt_held text, uint32_t hash, uint32_t *code);
void prt_dict_free(struct prt_dict *dict);

/* The pair behind a code; valid until the next new one. */
static inline struct pol_text prt_dict_key(const struct prt_dict *dict, uint32_t code, uint64_t *prefix) {
    *prefix = dict->prefixed ? dict->prefix[code] : 0;
    return prt_held_text(&dict->text[code]);
}

static inline void prt_dict_prefetch(const struct prt_dict *dict, uint32_t hash) {
    if (dict->table.slot)
        prt_table_prefetch(&dict->table, hash);
}

#endif
