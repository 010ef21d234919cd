/* From ids and keys to duplicates and dense numbers, a lane at a time: what is equal is in one lane. */
#include "core/blocks.h"
#include "core/status.h"
#include "core/volume.h"
#include "tr.h"

/* A set of byte strings, copied, in order of first appearance. */
struct set {
    struct prt_table table;
    const uint8_t **entry; /* by number: the size and the bytes */
    uint64_t room;
    uint32_t *code; /* by number, for keys: the number within the family */
    uint64_t code_room;
    struct prt_blocks blocks;
    uint32_t count;
};

enum { SET_BLOCK = 1 << 20 };

static void free_set(struct set *set) {
    prt_table_free(&set->table);
    prt_blocks_free(&set->blocks);
    prt_release(set->entry);
    prt_release(set->code);
}

static bool is_entry(const struct set *set, uint32_t number, const void *data, uint32_t size) {
    uint32_t other;
    memcpy(&other, set->entry[number], sizeof other);
    return other == size && memcmp(set->entry[number] + sizeof other, data, size) == 0;
}

/* Every hash of a lane begins with the same bits. */
static uint32_t within_lane(uint32_t hash) {
    return hash << PRT_LANE_BITS | hash >> (32 - PRT_LANE_BITS);
}

/* The number of the bytes; *fresh: it is a new one. False: no memory. */
static bool find(struct set *set, uint32_t hash, const void *data, uint32_t size, uint32_t *number, bool *fresh) {
    hash = within_lane(hash);
    if (!prt_table_reserve(&set->table, 1))
        return false;
    uint64_t mask = prt_table_mask(&set->table), at = prt_table_start(&set->table, hash);
    for (uint64_t slot; (slot = set->table.slot[at]) != 0; at = (at + 1) & mask)
        if ((uint32_t)(slot >> 32) == hash && is_entry(set, (uint32_t)slot - 1, data, size)) {
            *number = (uint32_t)slot - 1;
            *fresh = false;
            return true;
        }
    const uint8_t **grown = prt_grown((void *)set->entry, &set->room, (uint64_t)set->count + 1, sizeof *grown);
    if (grown)
        set->entry = grown;
    uint8_t *copy = grown ? prt_blocks_take(&set->blocks, (uint32_t)sizeof size + size, SET_BLOCK) : NULL;
    if (!copy)
        return false;
    memcpy(copy, &size, sizeof size);
    memcpy(copy + sizeof size, data, size);
    set->entry[set->count] = copy;
    set->table.slot[at] = (uint64_t)hash << 32 | ((uint64_t)set->count + 1);
    set->table.count++;
    *number = set->count++;
    *fresh = true;
    return true;
}

/* ---- duplicates -------------------------------------------------------------------------------------------------- */

static bool find_duplicates(struct prt_volume *v, void *data, uint64_t lane) {
    (void)data;
    struct prt_spill *ids = &v->file[PRT_IDS];
    struct prt_walk reader = {.spill = ids, .lane = (uint32_t)lane};
    struct set set = {0};
    bool ok = true;
    const struct prt_id_entry *entry;
    while (ok && (entry = prt_walk_entry(&reader)) != NULL) {
        uint32_t number;
        bool fresh = true;
        ok = find(&set, entry->hash, entry + 1, entry->size, &number, &fresh);
        if (!fresh && entry->row != PRT_NONE)
            __atomic_fetch_or(&v->dead[entry->row / 8], (uint8_t)(1u << (entry->row % 8)), __ATOMIC_RELAXED);
        reader.at += (uint32_t)sizeof *entry + prt_padded(entry->size);
    }
    free_set(&set);
    prt_walk_free(&reader);
    return (ok && prt_spill_failure(ids) == 0) || prt_volume_fail(v, ok ? ids : NULL);
}

bool prt_volume_duplicates(struct prt_volume *v) {
    prt_release(v->dead);
    v->dead = prt_zeroed((size_t)(v->run->rows / 8 + 1), 1);
    if (!v->dead)
        return prt_volume_fail(v, NULL);
    return prt_volume_jobs(v, tr_later("duplicates"), PRT_LANES, find_duplicates, NULL);
}

/* ---- keys -------------------------------------------------------------------------------------------------------- */

static bool add_code(struct set *set, uint32_t code) {
    uint32_t *grown = prt_grown(set->code, &set->code_room, set->count, sizeof *grown);
    if (!grown)
        return false;
    set->code = grown;
    set->code[set->count - 1] = code;
    return true;
}

static bool code_lane(struct prt_volume *v, void *data, uint64_t lane) {
    (void)data;
    struct prt_spill *keys = &v->file[PRT_KEYS], *codes = &v->file[PRT_CODES];
    struct prt_walk reader = {.spill = keys, .lane = (uint32_t)lane};
    uint32_t *count = v->codes + lane * v->run->module->descriptor->cells.count;
    struct set set = {0};
    bool ok = true;
    const struct prt_key_entry *entry;
    while (ok && (entry = prt_walk_entry(&reader)) != NULL) {
        uint32_t number = 0, family;
        bool fresh = false;
        memcpy(&family, entry + 1, sizeof family);
        ok = find(&set, entry->hash, entry + 1, entry->size, &number, &fresh);
        if (ok && fresh)
            ok = add_code(&set, count[family]++);
        uint32_t *out = ok ? prt_spill_take(codes, (uint32_t)lane, sizeof *out, 0) : NULL;
        if (out)
            *out = set.code[number];
        else if (ok)
            break;
        reader.at += (uint32_t)sizeof *entry + prt_padded(entry->size);
    }
    free_set(&set);
    prt_walk_free(&reader);
    if (!ok)
        return prt_volume_fail(v, NULL);
    if (prt_spill_failure(keys))
        return prt_volume_fail(v, keys);
    return prt_spill_flush(codes, (uint32_t)lane) || prt_volume_fail(v, codes);
}

bool prt_volume_codes(struct prt_volume *v) {
    uint32_t families = v->run->module->descriptor->cells.count;
    prt_release(v->codes);
    v->codes = prt_zeroed((size_t)PRT_LANES * families + 1, sizeof *v->codes);
    if (!v->codes)
        return prt_volume_fail(v, NULL);
    return prt_volume_make_file(v, PRT_CODES, PRT_LANES) &&
           prt_volume_jobs(v, tr_later("keys"), PRT_LANES, code_lane, NULL);
}

uint32_t prt_volume_family_count(const struct prt_volume *v, uint32_t family) {
    uint32_t families = v->run->module->descriptor->cells.count, sum = 0;
    for (uint32_t lane = 0; lane < PRT_LANES; lane++)
        sum += v->codes[lane * families + family];
    return sum;
}
