#include "core/sorter.h"

#include <errno.h>
#include <stdlib.h>

#include "core/blocks.h"
#include "core/keys.h"
#include "core/spill.h"
#include "core/status.h"

enum { BLOCK = 1 << 18, LEAST = 2 * BLOCK, RUNS_MOST = 4096, FILE_BLOCK = 1 << 16 };

/* An entry, in memory and in the file. */
struct entry {
    uint64_t number;
    uint32_t size, whole; /* of the data; of this and the data, to a multiple of eight */
};

/* What nearly always tells two entries apart, and the entry. */
struct key {
    uint64_t number, text; /* text: eight bytes, from where those of the run begin to differ */
    const struct entry *entry;
};

/* Entries that one thread adds, until they are a run of the file. */
struct part {
    struct key *key;
    uint64_t count, room;
    struct prt_blocks blocks;
    uint64_t added;
    bool in_order; /* they came so */
};

/* Where the walk stands in a run. */
struct cursor {
    const struct part *part; /* NULL: the run is in the file */
    uint64_t at, block;      /* block: of the part, where the entry stands if they came in order */
    struct prt_walk walk;
    const struct entry *entry;
};

struct prt_sorter {
    const struct prt_sorter_kind *kind;
    struct part *part;
    unsigned parts;
    uint64_t memory; /* of a part */
    int folder;
    struct prt_spill file;
    uint32_t runs; /* in the file */
    int failure;
    bool ended, started, last;
    struct cursor *cursor;
    uint32_t *heap; /* of cursors, the first entry's at the top */
    uint32_t heap_count, cursors;
};

static bool fail(struct prt_sorter *s, int cause) {
    int none = 0;
    __atomic_compare_exchange_n(&s->failure, &none, cause, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    return false;
}

int prt_sorter_failure(const struct prt_sorter *s) {
    int own = __atomic_load_n(&s->failure, __ATOMIC_RELAXED);
    return own ? own : prt_spill_failure(&s->file);
}

/* ---- making and freeing ------------------------------------------------------------------------------------------ */

struct prt_sorter *prt_sorter_new(const struct prt_sorter_kind *kind, unsigned parts, uint64_t memory, int folder,
                                  const char *name) {
    struct prt_sorter *s = prt_zeroed(1, sizeof *s);
    if (!s)
        return NULL;
    *s = (struct prt_sorter){.kind = kind, .parts = parts, .folder = folder};
    s->memory = memory / parts > LEAST ? memory / parts : LEAST;
    s->file.file = -1;
    s->part = prt_zeroed(parts, sizeof *s->part);
    if (!s->part) {
        prt_release(s);
        return NULL;
    }
    if (folder >= 0) /* what fails is told to whoever adds */
        (void)prt_spill_make(&s->file, folder, name, false, RUNS_MOST, FILE_BLOCK);
    return s;
}

static void empty_part(struct part *part) {
    prt_blocks_empty(&part->blocks);
    part->count = 0;
}

static void free_cursors(struct prt_sorter *s) {
    for (uint32_t i = 0; s->cursor && i < s->cursors; i++)
        prt_walk_free(&s->cursor[i].walk);
    prt_release(s->cursor);
    prt_release(s->heap);
    s->cursor = NULL;
    s->heap = NULL;
}

void prt_sorter_free(struct prt_sorter *s) {
    if (!s)
        return;
    free_cursors(s);
    for (unsigned i = 0; i < s->parts; i++) {
        empty_part(&s->part[i]);
        prt_blocks_free(&s->part[i].blocks);
        prt_release(s->part[i].key);
    }
    prt_spill_close(&s->file);
    prt_release(s->part);
    prt_release(s);
}

uint64_t prt_sorter_count(const struct prt_sorter *s) {
    uint64_t count = 0;
    for (unsigned i = 0; i < s->parts; i++)
        count += s->part[i].added;
    return count;
}

/* ---- sorting ----------------------------------------------------------------------------------------------------- */

static int by_entry(const struct prt_sorter_kind *kind, const struct entry *a, const struct entry *b) {
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return kind->order(a + 1, b + 1);
}

static int by_key(const void *a, const void *b, void *context) {
    const struct prt_sorter_kind *kind = context;
    const struct key *k = a, *l = b;
    if (k->number != l->number)
        return k->number < l->number ? -1 : 1;
    if (k->text != l->text)
        return k->text < l->text ? -1 : 1;
    return kind->order(k->entry + 1, l->entry + 1);
}

/* How many bytes all texts of the part begin with alike. */
static uint32_t common_bytes(const struct prt_sorter_kind *kind, const struct part *part) {
    struct pol_text first = kind->text(part->key[0].entry + 1);
    uint32_t common = first.size;
    for (uint64_t i = 1; i < part->count && common > 0; i++)
        common = prt_text_shared(kind->text(part->key[i].entry + 1), first, common);
    return common;
}

static void sort_part(const struct prt_sorter_kind *kind, struct part *part) {
    uint64_t in_order = 1;
    while (in_order < part->count && by_entry(kind, part->key[in_order - 1].entry, part->key[in_order].entry) <= 0)
        in_order++;
    part->in_order = in_order >= part->count;
    if (part->in_order)
        return;
    uint32_t common = kind->text ? common_bytes(kind, part) : 0;
    for (uint64_t i = 0; i < part->count; i++)
        part->key[i].text = kind->text ? prt_text_key(kind->text(part->key[i].entry + 1), common) : 0;
    qsort_r(part->key, part->count, sizeof *part->key, by_key, (void *)(uintptr_t)kind);
}

/* ---- runs of the file -------------------------------------------------------------------------------------------- */

static bool write_run(struct prt_sorter *s, struct part *part) {
    if (prt_sorter_failure(s))
        return false;
    uint32_t run = __atomic_fetch_add(&s->runs, 1, __ATOMIC_RELAXED);
    if (run >= RUNS_MOST)
        return fail(s, ENOMEM);
    sort_part(s->kind, part);
    for (uint64_t i = 0; i < part->count; i++) {
        void *out = prt_spill_take(&s->file, run, part->key[i].entry->whole, 0);
        if (!out)
            return false;
        memcpy(out, part->key[i].entry, part->key[i].entry->whole);
    }
    empty_part(part);
    return prt_spill_end(&s->file, run);
}

/* With the keys, and as much again for sorting them. */
static bool is_full(const struct prt_sorter *s, const struct part *part) {
    return s->folder >= 0 && part->count > 0 && part->blocks.bytes + 2 * part->count * sizeof(struct key) >= s->memory;
}

void *prt_sorter_add(struct prt_sorter *s, unsigned number_of_part, uint64_t number, uint32_t size) {
    struct part *part = &s->part[number_of_part];
    if (size > UINT32_MAX / 2) {
        fail(s, ENOMEM);
        return NULL;
    }
    uint32_t whole = (uint32_t)sizeof(struct entry) + (size + 7) / 8 * 8;
    if (whole > part->blocks.capacity - part->blocks.used && is_full(s, part) && !write_run(s, part))
        return NULL;
    struct key *grown = prt_grown(part->key, &part->room, part->count + 1, sizeof *grown);
    if (grown)
        part->key = grown;
    struct entry *entry = grown ? (void *)prt_blocks_take(&part->blocks, whole, BLOCK) : NULL;
    if (!entry) {
        fail(s, ENOMEM);
        return NULL;
    }
    part->added++;
    *entry = (struct entry){.number = number, .size = size, .whole = whole};
    memset((uint8_t *)entry + whole - 8, 0, 8);
    part->key[part->count++] = (struct key){.number = number, .entry = entry};
    return entry + 1;
}

/* ---- walking ----------------------------------------------------------------------------------------------------- */

static bool look(struct cursor *c) {
    if (c->part)
        c->entry = c->at < c->part->count ? c->part->key[c->at].entry : NULL;
    else
        c->entry = prt_walk_entry(&c->walk);
    return c->entry != NULL;
}

/* A block begins with an entry: whoever comes to it is done with the block before. */
static void leave_block(struct cursor *c) {
    const struct prt_blocks *blocks = &c->part->blocks;
    if (c->part->in_order && c->block + 1 < blocks->count && (const uint8_t *)c->entry == blocks->block[c->block + 1]) {
        prt_release(blocks->block[c->block]);
        blocks->block[c->block++] = NULL;
    }
}

static bool step(const struct prt_sorter *s, struct cursor *c) {
    c->at++;
    if (!c->part)
        c->walk.at += c->entry->whole;
    if (!look(c))
        return false;
    if (c->part && s->last)
        leave_block(c);
    return true;
}

static bool goes_before(const struct prt_sorter *s, uint32_t a, uint32_t b) {
    int order = by_entry(s->kind, s->cursor[a].entry, s->cursor[b].entry);
    return order != 0 ? order < 0 : a < b;
}

static void sink(struct prt_sorter *s, uint32_t at) {
    uint32_t moved = s->heap[at];
    for (uint32_t child; (child = 2 * at + 1) < s->heap_count; at = child) {
        if (child + 1 < s->heap_count && goes_before(s, s->heap[child + 1], s->heap[child]))
            child++;
        if (!goes_before(s, s->heap[child], moved))
            break;
        s->heap[at] = s->heap[child];
    }
    s->heap[at] = moved;
}

static bool make_cursors(struct prt_sorter *s) {
    free_cursors(s);
    s->cursors = s->runs + s->parts;
    s->cursor = prt_zeroed(s->cursors, sizeof *s->cursor);
    s->heap = prt_zeroed(s->cursors, sizeof *s->heap);
    s->heap_count = 0;
    if (!s->cursor || !s->heap)
        return fail(s, ENOMEM);
    for (uint32_t i = 0; i < s->cursors; i++) {
        struct cursor *c = &s->cursor[i];
        if (i < s->runs)
            c->walk = (struct prt_walk){.spill = &s->file, .lane = i};
        else
            c->part = &s->part[i - s->runs];
        if (look(c))
            s->heap[s->heap_count++] = i;
    }
    return prt_sorter_failure(s) == 0;
}

/* What a part still has, once there are runs in the file. */
static bool end_part(struct prt_sorter *s, struct part *part) {
    bool ok = part->count == 0 || write_run(s, part);
    prt_release(part->key);
    part->key = NULL;
    part->room = 0;
    return ok;
}

bool prt_sorter_begin(struct prt_sorter *s) {
    if (prt_sorter_failure(s))
        return false;
    for (unsigned i = 0; i < s->parts && !s->ended; i++) {
        if (s->runs == 0)
            sort_part(s->kind, &s->part[i]);
        else if (!end_part(s, &s->part[i]))
            return false;
    }
    s->ended = true;
    s->started = false;
    if (!make_cursors(s))
        return false;
    for (uint32_t at = s->heap_count; at-- > 0;)
        sink(s, at);
    return true;
}

bool prt_sorter_begin_last(struct prt_sorter *s) {
    bool ok = prt_sorter_begin(s);
    s->last = ok;
    return ok;
}

/* The entry given out last stays in its block until it is asked for the next. */
const void *prt_sorter_next(struct prt_sorter *s, uint64_t *number, uint32_t *size) {
    if (s->started && s->heap_count > 0) {
        if (!step(s, &s->cursor[s->heap[0]]))
            s->heap[0] = s->heap[--s->heap_count];
        if (s->heap_count > 0)
            sink(s, 0);
    }
    s->started = true;
    if (s->heap_count == 0 || prt_sorter_failure(s))
        return NULL;
    const struct entry *entry = s->cursor[s->heap[0]].entry;
    if (number)
        *number = entry->number;
    if (size)
        *size = entry->size;
    return entry + 1;
}
