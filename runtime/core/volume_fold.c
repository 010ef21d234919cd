/* The fold over blocks of records: what became of each claim goes to a lane by its row, as soon as it is final. */
#include "core/days.h"
#include "core/state.h"
#include "core/status.h"
#include "core/volume.h"
#include "tr.h"

enum { BUCKET_ROWS = 1 << 20, BUCKETS_MOST = 512, BLOCK_BYTES = 1 << 23 };

struct folding {
    struct prt_volume *volume;
    struct prt_shard shard;
    struct prt_pack pack;
    uint64_t done;
    struct prt_last last_id; /* of the records so far, with its date */
    int32_t date, last_date;
};

/* ---- what became of a claim -------------------------------------------------------------------------------------- */

static struct prt_landed *land(struct prt_volume *v, uint32_t row, uint32_t more) {
    struct prt_spill *landed = &v->file[PRT_LANDED];
    struct prt_landed *entry =
        prt_spill_take(landed, (uint32_t)(row / v->bucket_rows), (uint32_t)sizeof *entry + more, 0);
    if (!entry) {
        prt_volume_fail(v, landed);
        return NULL;
    }
    *entry = (struct prt_landed){.row = (uint32_t)(row % v->bucket_rows)};
    return entry;
}

static uint32_t count_carries(const struct prt_shard *shard, const struct prt_adjust *a) {
    uint32_t count = 0;
    for (uint32_t i = a->carry; i; i = shard->carry[i - 1].before)
        count++;
    return count;
}

static bool visit_carry(struct prt_volume *v, const struct prt_adjust *a, int32_t year) {
    struct prt_spill *carries = &v->file[PRT_CARRIES];
    struct prt_visit_carry *entry = prt_spill_take(carries, 0, sizeof *entry, 0);
    if (!entry)
        return prt_volume_fail(v, carries);
    *entry = (struct prt_visit_carry){.place = a->place, .year = year};
    return true;
}

/* What a claim was paid and what it waits for; its carries are free for others then. */
static bool land_adjust(struct prt_volume *v, struct prt_shard *shard, struct prt_adjust *a) {
    uint32_t carries = count_carries(shard, a);
    struct prt_landed *entry =
        land(v, a->record, (uint32_t)(sizeof(struct prt_adjusted) + carries * sizeof(struct prt_carried)));
    if (!entry)
        return false;
    entry->landing = PRT_LANDS_ADJUSTED;
    struct prt_adjusted *adjusted = (void *)(entry + 1);
    *adjusted = (struct prt_adjusted){.entitled = a->entitled,
                                      .payable = a->payable,
                                      .carried = a->carried,
                                      .waiting = a->waiting,
                                      .year = a->year,
                                      .carries = carries};
    struct prt_carried *out = (struct prt_carried *)(void *)(adjusted + 1) + carries;
    for (uint32_t i = a->carry; i;) {
        struct prt_carry *carry = &shard->carry[i - 1];
        *--out = (struct prt_carried){.amount = carry->amount, .year = carry->year};
        if (v->options.uses && !visit_carry(v, a, carry->year))
            return false;
        if (v->run->past)
            prt_past_note_carry(v->run, a->budget, a->year, carry->year);
        uint32_t before = carry->before;
        carry->before = shard->free_carry;
        shard->free_carry = i;
        i = before;
    }
    return true;
}

/* A claim that waits no more. Its place is free for others at the end of the block, when nothing points there. */
static bool retire(struct prt_shard *shard, uint32_t index) {
    struct folding *f = shard->retired;
    struct prt_adjust *a = &shard->adjust[index - 1];
    if (!land_adjust(f->volume, shard, a))
        return false;
    if (f->volume->run->past && a->waiting > 0 && !prt_volume_note_wait(f->volume, a))
        return false;
    a->carry = 0;
    a->next = shard->retired_adjust;
    shard->retired_adjust = index;
    return true;
}

static void free_adjust(struct prt_shard *shard, uint32_t index) {
    shard->adjust[index - 1].next = shard->free_adjust;
    shard->free_adjust = index;
}

static void free_retired(struct prt_shard *shard) {
    while (shard->adjust && shard->retired_adjust) {
        uint32_t index = shard->retired_adjust;
        shard->retired_adjust = shard->adjust[index - 1].next;
        free_adjust(shard, index);
    }
}

/* ---- a block ----------------------------------------------------------------------------------------------------- */

static bool visit(struct folding *f, uint64_t i, const struct prt_adjust *a) {
    const pol_run *run = f->volume->run;
    struct prt_spill *visits = &f->volume->file[PRT_VISITS];
    struct prt_visit *entry = prt_spill_take(visits, 0, sizeof *entry, 0);
    if (!entry)
        return prt_volume_fail(f->volume, visits);
    *entry = (struct prt_visit){
        .rule = (uint16_t)run->rule[i], .reason = run->reason[i], .pays = (uint8_t)(!a || a->payable > 0)};
    return true;
}

/* The records come in the order of deciding. */
static void remember_last(struct folding *f) {
    const struct prt_pack *pack = &f->pack;
    uint64_t id = pack->id[pack->count - 1];
    f->last_id.size = prt_packed_size(id);
    memcpy(f->last_id.data, prt_packed_data(id), f->last_id.size);
    f->last_id.any = true;
    f->last_date = f->date;
}

static bool land_block(struct folding *f) {
    pol_run *run = f->volume->run;
    uint64_t at = 0;
    for (uint64_t i = 0; i < f->pack.count; i++) {
        const uint32_t *record = run->stream + at;
        struct prt_landed *entry = land(f->volume, f->pack.row[i], 0);
        if (!entry)
            return false;
        entry->landing = PRT_LANDS_DECIDED;
        entry->reason = run->reason[i];
        entry->rule = (uint16_t)run->rule[i];
        entry->award = prt_wide(record + PRT_AWARD);
        entry->year = prt_year_of((int32_t)record[PRT_DATE]);
        struct prt_adjust *a = record[PRT_ADJUST] ? &f->shard.adjust[record[PRT_ADJUST] - 1] : NULL;
        if (f->volume->options.uses && !visit(f, i, a))
            return false;
        if (a && a->year == 0) { /* never deferred */
            if (!land_adjust(f->volume, &f->shard, a))
                return false;
            free_adjust(&f->shard, record[PRT_ADJUST]);
        }
        f->date = (int32_t)record[PRT_DATE];
        at += prt_item_of(run, record)->words;
    }
    free_retired(&f->shard);
    if (f->pack.count)
        remember_last(f);
    return true;
}

static bool fold_block(struct folding *f) {
    pol_run *run = f->volume->run;
    run->stream = f->pack.stream;
    run->words = f->pack.words;
    f->shard.row = f->pack.row;
    prt_fold_records(&f->shard);
    if (f->shard.failed)
        return prt_volume_fail(f->volume, f->volume->file[PRT_LANDED].failure ? &f->volume->file[PRT_LANDED] : NULL);
    bool ok = land_block(f);
    f->done += f->pack.count;
    f->shard.place = f->done;
    f->pack.count = f->pack.words = f->pack.used = 0;
    prt_volume_progress(f->volume, tr_later("deciding"), f->done, run->records);
    return ok && !prt_volume_cancelled(f->volume);
}

static bool fold_all(struct folding *f, struct prt_flow *source) {
    const uint32_t *entry;
    while ((entry = prt_flow_next(source)) != NULL)
        if (!prt_pack_add(f->volume->run, &f->pack, entry) &&
            (!fold_block(f) || !prt_pack_add(f->volume->run, &f->pack, entry)))
            return false;
    return !prt_volume_failed(f->volume) && fold_block(f);
}

/* What still waits when no claim is left. */
static bool finish(struct folding *f) {
    f->shard.failed = !prt_limit_finish(&f->shard);
    return !f->shard.failed ||
           prt_volume_fail(f->volume, f->volume->file[PRT_LANDED].failure ? &f->volume->file[PRT_LANDED] : NULL);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static bool make_buckets(struct prt_volume *v) {
    uint64_t rows = v->run->rows, share = rows / BUCKETS_MOST / PRT_RESULT_ROWS + 1;
    v->bucket_rows = share * PRT_RESULT_ROWS > BUCKET_ROWS ? share * PRT_RESULT_ROWS : BUCKET_ROWS;
    v->bucket_count = rows / v->bucket_rows + 1;
    bool ok = prt_volume_make_file(v, PRT_LANDED, (uint32_t)v->bucket_count);
    if (v->options.uses)
        ok = ok && prt_volume_make_file(v, PRT_VISITS, 1) && prt_volume_make_file(v, PRT_CARRIES, 1);
    if (v->run->past)
        ok = ok && prt_volume_make_file(v, PRT_WAITS, 1) &&
             prt_volume_make_file(v, PRT_ENDED, PRT_ENDED_CELLS + v->run->module->descriptor->cells.count);
    return ok;
}

static bool make_arrays(struct folding *f) {
    pol_run *run = f->volume->run;
    if (!prt_pack_make(f->volume, &f->pack, BLOCK_BYTES))
        return false;
    run->reason = prt_zeroed((size_t)f->pack.most_count, sizeof *run->reason);
    run->rule = prt_zeroed((size_t)f->pack.most_count, sizeof *run->rule);
    return (run->reason && run->rule && prt_cells_make(run)) || prt_volume_fail(f->volume, NULL);
}

static void release_arrays(struct folding *f) {
    pol_run *run = f->volume->run;
    prt_pack_free(&f->pack);
    prt_cells_free(run);
    run->stream = NULL;
    run->words = 0;
    prt_release(run->reason);
    run->reason = NULL;
    prt_release(run->rule);
    run->rule = NULL;
    prt_release(f->shard.adjust);
    prt_release(f->shard.carry);
}

bool prt_volume_fold(struct prt_volume *v) {
    struct folding f = {.volume = v, .shard = {.run = v->run, .whole = true, .retire = retire}};
    f.shard.retired = &f;
    f.last_date = INT32_MIN;
    bool ready = make_buckets(v) && make_arrays(&f) && (!v->run->past || prt_volume_open(v));
    struct prt_flow *source = ready ? prt_flow_new(v) : NULL;
    bool ok = source && fold_all(&f, source) && finish(&f);
    if (ok && v->run->past)
        ok = prt_volume_end(v, f.last_date, (struct pol_text){f.last_id.data, f.last_id.size, 0});
    prt_flow_free(source);
    release_arrays(&f);
    if (ok && !prt_spill_flush_all(&v->file[PRT_LANDED]))
        ok = prt_volume_fail(v, &v->file[PRT_LANDED]);
    return ok && prt_volume_note_stage(v, PRT_FOLDED);
}
