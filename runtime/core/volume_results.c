/* Decisions in the order of rows: gathered from what landed in lanes, and read back block by block. */
#include <stdlib.h>

#include "core/results.h"
#include "core/status.h"
#include "core/volume.h"
#include "tr.h"

/* A block of PRT_RESULTS: this, the rows, what was adjusted, what was carried. */
struct result_head {
    uint32_t rows, adjusts, carries, reserved;
};
struct prt_result_adjust {
    struct prt_adjusted amounts;
    uint32_t carry; /* index of the block's */
    uint32_t reserved;
};

/* ---- gathering --------------------------------------------------------------------------------------------------- */

struct landing {
    uint32_t row;
    uint32_t carry; /* index of the bucket's */
    struct prt_adjusted amounts;
};

struct bucket {
    struct prt_volume *volume;
    uint64_t first, rows;
    struct prt_outcome *row;
    struct landing *adjust;
    struct prt_carried *carry;
    uint64_t adjust_count, adjust_room, carry_count, carry_room;
};

static void free_bucket(struct bucket *b) {
    prt_release(b->row);
    prt_release(b->adjust);
    prt_release(b->carry);
}

/* The reasons that evaluation gave. */
static bool read_rows(struct bucket *b) {
    struct prt_volume *v = b->volume;
    const struct prt_lane *lane = &v->file[PRT_ROWS].lane[0];
    uint64_t low = 0, high = lane->count;
    while (high - low > 1) { /* the last block that begins at or before the first row */
        uint64_t middle = low + (high - low) / 2;
        if (lane->extent[middle].tag <= b->first)
            low = middle;
        else
            high = middle;
    }
    struct prt_walk reader = {.spill = &v->file[PRT_ROWS], .next = low};
    uint64_t at = lane->count ? lane->extent[low].tag : 0;
    const struct prt_row *entry;
    while (at < b->first + b->rows && (entry = prt_walk_entry(&reader)) != NULL) {
        if (at >= b->first)
            b->row[at - b->first] = (struct prt_outcome){.award = -1, .rule = entry->rule, .reason = entry->reason};
        at++;
        reader.at += (uint32_t)sizeof *entry;
    }
    prt_walk_free(&reader);
    return prt_spill_failure(&v->file[PRT_ROWS]) == 0 || prt_volume_fail(v, &v->file[PRT_ROWS]);
}

static void mark_duplicates(struct bucket *b) {
    const uint8_t *dead = b->volume->dead;
    for (uint64_t i = 0; dead && i < b->rows; i++)
        if (prt_bit(dead, b->first + i)) {
            b->row[i].reason = POL_DUPLICATE_CLAIM;
            b->row[i].rule = 0;
        }
}

static bool take_adjust(struct bucket *b, uint32_t row, const struct prt_adjusted *amounts) {
    const struct prt_carried *carries = (const void *)(amounts + 1);
    struct landing *grown = prt_grown(b->adjust, &b->adjust_room, b->adjust_count + 1, sizeof *grown);
    if (grown)
        b->adjust = grown;
    struct prt_carried *more = prt_grown(b->carry, &b->carry_room, b->carry_count + amounts->carries, sizeof *more);
    if (more)
        b->carry = more;
    if (!grown || !more)
        return prt_volume_fail(b->volume, NULL);
    b->adjust[b->adjust_count++] = (struct landing){.row = row, .carry = (uint32_t)b->carry_count, .amounts = *amounts};
    if (amounts->carries)
        memcpy(b->carry + b->carry_count, carries, amounts->carries * sizeof *carries);
    b->carry_count += amounts->carries;
    return true;
}

static bool read_landed(struct bucket *b, uint32_t lane) {
    struct prt_spill *landed = &b->volume->file[PRT_LANDED];
    struct prt_walk reader = {.spill = landed, .lane = lane};
    const struct prt_landed *entry;
    bool ok = true;
    while (ok && (entry = prt_walk_entry(&reader)) != NULL) {
        reader.at += (uint32_t)sizeof *entry;
        if (entry->landing == PRT_LANDS_DECIDED) {
            struct prt_outcome *row = &b->row[entry->row];
            row->award = entry->award;
            row->year = entry->year;
            row->reason = entry->reason;
            row->rule = entry->rule;
            continue;
        }
        const struct prt_adjusted *amounts = (const void *)(entry + 1);
        reader.at += (uint32_t)(sizeof *amounts + amounts->carries * sizeof(struct prt_carried));
        ok = take_adjust(b, entry->row, amounts);
    }
    prt_walk_free(&reader);
    return ok && (prt_spill_failure(landed) == 0 || prt_volume_fail(b->volume, landed));
}

static int by_row(const void *a, const void *b) {
    uint32_t x = ((const struct landing *)a)->row, y = ((const struct landing *)b)->row;
    return (x > y) - (x < y);
}

/* One block: rows [first, first + rows) of the bucket; `at` moves along the adjusts. */
static bool write_block(struct bucket *b, uint32_t lane, uint64_t first, uint32_t rows, uint64_t *at) {
    struct prt_spill *results = &b->volume->file[PRT_RESULTS];
    uint64_t end = *at;
    uint32_t carries = 0;
    for (; end < b->adjust_count && b->adjust[end].row < first + rows; end++)
        carries += b->adjust[end].amounts.carries;
    struct result_head head = {.rows = rows, .adjusts = (uint32_t)(end - *at), .carries = carries};
    size_t size = sizeof head + rows * sizeof(struct prt_outcome) + head.adjusts * sizeof(struct prt_result_adjust) +
                  carries * sizeof(struct prt_carried);
    struct result_head *out = prt_spill_take(results, lane, (uint32_t)size, b->first + first);
    if (!out)
        return prt_volume_fail(b->volume, results);
    *out = head;
    struct prt_outcome *row = (void *)(out + 1);
    struct prt_result_adjust *adjust = (void *)(row + rows);
    struct prt_carried *carry = (void *)(adjust + head.adjusts);
    memcpy(row, b->row + first, rows * sizeof *row);
    for (uint32_t i = 0, used = 0; *at < end; ++*at, i++) {
        const struct landing *l = &b->adjust[*at];
        row[l->row - first].adjust = i + 1;
        adjust[i] = (struct prt_result_adjust){.amounts = l->amounts, .carry = used};
        if (l->amounts.carries)
            memcpy(carry + used, b->carry + l->carry, l->amounts.carries * sizeof *carry);
        used += l->amounts.carries;
    }
    return prt_spill_flush(results, lane) || prt_volume_fail(b->volume, results);
}

static bool write_bucket(struct bucket *b, uint32_t lane) {
    if (b->adjust_count)
        qsort(b->adjust, b->adjust_count, sizeof *b->adjust, by_row);
    uint64_t at = 0;
    for (uint64_t first = 0; first < b->rows; first += PRT_RESULT_ROWS) {
        uint64_t left = b->rows - first;
        if (!write_block(b, lane, first, left < PRT_RESULT_ROWS ? (uint32_t)left : PRT_RESULT_ROWS, &at))
            return false;
    }
    return true;
}

static bool gather(struct prt_volume *v, void *data, uint64_t job) {
    (void)data;
    struct bucket b = {.volume = v, .first = job * v->bucket_rows};
    uint64_t left = v->run->rows - b.first;
    b.rows = left < v->bucket_rows ? left : v->bucket_rows;
    b.row = prt_zeroed((size_t)b.rows, sizeof *b.row);
    bool ok = b.row || prt_volume_fail(v, NULL);
    ok = ok && read_rows(&b);
    if (ok)
        mark_duplicates(&b);
    ok = ok && read_landed(&b, (uint32_t)job) && write_bucket(&b, (uint32_t)job);
    free_bucket(&b);
    return ok;
}

bool prt_volume_gather(struct prt_volume *v) {
    return prt_volume_make_file(v, PRT_RESULTS, (uint32_t)v->bucket_count) &&
           prt_volume_jobs(v, tr_later("gathering"), v->bucket_count, gather, NULL) &&
           prt_volume_note_stage(v, PRT_GATHERED);
}

/* ---- reading back ------------------------------------------------------------------------------------------------ */

/* The block with a row. Once anything has failed, there are no blocks any more: who counts first and then fills in is
 * never given more than was counted. */
static bool load(struct prt_volume *v, uint64_t row, struct prt_result_block *block) {
    if (prt_volume_failed(v))
        return false;
    if (row - block->first < block->rows)
        return true;
    struct prt_spill *results = &v->file[PRT_RESULTS];
    const struct prt_extent *extent =
        &results->lane[row / v->bucket_rows].extent[row % v->bucket_rows / PRT_RESULT_ROWS];
    void *memory = prt_resize(block->memory, extent->size);
    if (!memory)
        return prt_volume_fail(v, NULL);
    block->memory = memory;
    block->rows = 0;
    if (!prt_spill_load(results, extent, memory))
        return prt_volume_fail(v, results);
    const struct result_head *head = memory;
    block->first = extent->tag;
    block->rows = head->rows;
    block->row = (const void *)(head + 1);
    block->adjust = (const void *)(block->row + head->rows);
    block->carry = (const void *)(block->adjust + head->adjusts);
    return true;
}

const struct prt_outcome *prt_volume_outcomes(struct prt_results *r, uint64_t first, uint64_t *count) {
    if (!load(r->run->volume, first, &r->block))
        return NULL;
    uint64_t at = first - r->block.first, there = r->block.rows - at;
    if (*count > there)
        *count = there;
    return &r->block.row[at];
}

struct prt_amounts prt_volume_amounts(const struct prt_results *r, const struct prt_outcome *outcome) {
    const struct prt_adjusted *a = &r->block.adjust[outcome->adjust - 1].amounts;
    struct prt_amounts amounts = {.entitled = a->entitled, .payable = a->payable, .carried = a->carried};
    *(prt_still_open(r->run, a->year) ? &amounts.outstanding : &amounts.lapsed) = a->waiting;
    return amounts;
}

uint64_t prt_volume_carried(const struct prt_results *r, const struct prt_outcome *outcome, uint64_t row,
                            uint64_t count, struct pol_payment *out, uint64_t room) {
    const struct prt_result_adjust *a = &r->block.adjust[outcome->adjust - 1];
    const struct prt_carried *carry = r->block.carry + a->carry;
    for (uint32_t i = 0; i < a->amounts.carries && count + i < room; i++)
        out[count + i] = (struct pol_payment){.claim = row, .year = carry[i].year, .amount = carry[i].amount};
    return count + a->amounts.carries;
}
