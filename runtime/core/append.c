/* Taking parts over in the order of the input: duplicates, dense cells, one stream of records. */
#include "core/run.h"
#include "core/state.h"
#include "core/status.h"
#include "core/volume.h"

enum { AHEAD = 16, MARK_EVERY = 512 };

/* ---- duplicates -------------------------------------------------------------------------------------------------- */

/* Ids that ascend, byte by byte or shorter ones first, cannot repeat: as long as they do, no table is needed.
 *
 * The table of all ids so far, once they no longer ascend; with room for `extra` more, and for all that are expected
 * where these are not many times as many. */
static bool start_table(pol_run *run, uint64_t rows, uint64_t extra) {
    enum { MOST_TIMES = 8 };
    struct prt_seen *seen = &run->seen;
    uint64_t all = run->expected < rows * MOST_TIMES ? run->expected : rows * MOST_TIMES;
    if (!prt_table_reserve(&seen->table, all > rows + extra ? all : rows + extra))
        return false;
    for (uint64_t row = 0; row < rows; row++) {
        if (run->id[row] == 0 || run->reason[row] == POL_DUPLICATE_CLAIM)
            continue;
        struct pol_text text = prt_id_text(&run->ids, run->id[row]);
        prt_table_put(&seen->table, prt_id_hash(text, run->seed), (uint32_t)row);
    }
    __atomic_store_n(&seen->tabled, true, __ATOMIC_RELAXED);
    return true;
}

static bool in_table(const pol_run *run, uint64_t id, uint32_t hash) {
    const struct prt_table *table = &run->seen.table;
    uint64_t mask = prt_table_mask(table);
    struct pol_text text = prt_id_text(&run->ids, id);
    for (uint64_t at = prt_table_start(table, hash), slot; (slot = table->slot[at]) != 0; at = (at + 1) & mask)
        if ((uint32_t)(slot >> 32) == hash) {
            struct pol_text other = prt_id_text(&run->ids, run->id[(uint32_t)slot - 1]);
            if (other.size == text.size && memcmp(other.data, text.data, text.size) == 0)
                return true;
        }
    return false;
}

/* Is the id of the part's row `r` one that came before? Remembers it if not. *ok is cleared when there is no memory. */
static bool seen_before(pol_run *run, const pol_part *part, uint64_t base, uint64_t r, bool *ok) {
    struct prt_seen *seen = &run->seen;
    uint64_t id = run->id[base + r];
    if (!seen->tabled && seen->any) {
        struct pol_text last = prt_id_text(&run->ids, seen->last), text = prt_id_text(&run->ids, id);
        int order = prt_text_order(last, text);
        if (order == 0)
            return true;
        seen->by_bytes &= order < 0;
        seen->by_size &= prt_size_order(last, text, order) < 0;
        if (!seen->by_bytes && !seen->by_size && !start_table(run, base + r, part->rows - r)) {
            *ok = false;
            return false;
        }
    }
    if (seen->tabled) {
        uint32_t hash = part->hashed ? part->id_hash[r] : prt_id_hash(prt_id_text(&run->ids, id), run->seed);
        if (in_table(run, id, hash))
            return true;
        prt_table_put(&seen->table, hash, (uint32_t)(base + r));
    }
    seen->any = true;
    seen->last = id;
    return false;
}

/* Do the part's ids, which ascend by themselves, go on behind those so far? Then there is nothing to look for. */
static bool go_on(pol_run *run, const pol_part *part, uint64_t base) {
    struct prt_seen *seen = &run->seen;
    bool by_bytes = seen->by_bytes && part->by_bytes, by_size = seen->by_size && part->by_size;
    if (seen->tabled || !part->known || (!by_bytes && !by_size))
        return false;
    if (seen->any) {
        struct pol_text last = prt_id_text(&run->ids, seen->last), text = prt_id_text(&run->ids, run->id[base]);
        int order = prt_text_order(last, text);
        by_bytes = by_bytes && order < 0;
        by_size = by_size && prt_size_order(last, text, order) < 0;
        if (!by_bytes && !by_size)
            return false;
    }
    seen->by_bytes = by_bytes;
    seen->by_size = by_size;
    seen->any = true;
    seen->last = run->id[base + part->rows - 1];
    return true;
}

static bool find_duplicates(pol_run *run, const pol_part *part, uint64_t base) {
    if (go_on(run, part, base))
        return true;
    bool ok = !run->seen.tabled || prt_table_reserve(&run->seen.table, part->rows);
    for (uint64_t r = 0; ok && r < part->rows; r++) {
        if (part->hashed && run->seen.tabled && r + AHEAD < part->rows)
            prt_table_prefetch(&run->seen.table, part->id_hash[r + AHEAD]);
        if (run->id[base + r] == 0)
            continue;
        if (seen_before(run, part, base, r, &ok)) {
            run->reason[base + r] = POL_DUPLICATE_CLAIM;
            run->rule[base + r] = 0;
        }
    }
    return ok;
}

/* ---- keys -------------------------------------------------------------------------------------------------------- */

/* How many keys there may be in the end: as many for each claim to come as there were for those that came. */
static void guess_keys(pol_run *run) {
    enum { LEAST = 1024 };
    for (uint32_t i = 0; run->rows >= LEAST && i < run->plan.dicts; i++)
        run->dict[i].likely = run->dict[i].count * run->expected / run->rows; /* both have 32 bits */
}

static uint32_t pending_hash(const struct prt_pending *p, uint64_t prefix) {
    return prt_hash_key(p->text_hash, prefix);
}

/* Looks up what the part left pending; the cells go into the part's own stream. */
static bool code_keys(pol_run *run, pol_part *part) {
    uint32_t code = 0;
    guess_keys(run);
    for (uint64_t i = 0; i < part->pending_count; i++) {
        if (i + AHEAD < part->pending_count) {
            const struct prt_pending *ahead = &part->pending[i + AHEAD];
            if (!ahead->chained && ahead->dict != PRT_NONE)
                prt_dict_prefetch(&run->dict[ahead->dict], pending_hash(ahead, ahead->prefix));
        }
        const struct prt_pending *p = &part->pending[i];
        if (p->dict == PRT_NONE)
            continue;
        uint64_t prefix = p->chained ? (uint64_t)code << 32 | p->prefix : p->prefix;
        if (!prt_dict_code(&run->dict[p->dict], prefix, p->held, pending_hash(p, prefix), &code))
            return false;
        if (p->last)
            part->stream[p->word] = code;
    }
    return true;
}

/* ---- the stream -------------------------------------------------------------------------------------------------- */

static bool add_mark(pol_run *run, uint32_t row, uint32_t word) {
    struct prt_mark *mark = prt_grown(run->mark, &run->mark_room, run->mark_count + 1, sizeof *mark);
    if (!mark)
        return false;
    run->mark = mark;
    run->mark[run->mark_count++] = (struct prt_mark){.row = row, .word = word};
    return true;
}

static bool id_before(const pol_run *run, uint64_t a, uint64_t b) {
    return prt_text_order(prt_id_text(&run->ids, a), prt_id_text(&run->ids, b)) < 0;
}

/* Keeps track of whether claims come in the order of (date, claim_id) as they are. */
static inline void watch_order(pol_run *run, int32_t date, uint32_t row) {
    uint64_t id = run->id[row];
    bool same_day = run->order_id != 0 && date == run->order_date;
    if (date < run->order_date || (same_day && !run->seen.by_bytes && !id_before(run, run->order_id, id)))
        run->in_order = false;
    run->order_date = date;
    run->order_id = id;
}

static bool add_records(pol_run *run, const pol_part *part, uint64_t base) {
    const uint64_t end = run->words + part->words;
    const struct prt_item *items = run->plan.item;
    const uint8_t *reasons = run->reason;
    uint32_t *stream = run->stream;
    uint64_t until_mark = (MARK_EVERY - run->records % MARK_EVERY) % MARK_EVERY, records = 0;
    memcpy(stream + run->words, part->stream, part->words * sizeof *stream);
    for (uint64_t at = run->words; at < end; records++) {
        uint32_t *record = stream + at, row = record[PRT_ROW] + (uint32_t)base, item = record[PRT_ITEM];
        record[PRT_ROW] = row;
        if (records == until_mark) {
            if (!add_mark(run, row, (uint32_t)at))
                return false;
            until_mark += MARK_EVERY;
        }
        if (reasons[row] == POL_DUPLICATE_CLAIM) {
            record[PRT_ITEM] = item | PRT_DEAD;
            run->dead++;
        } else if (run->in_order) {
            watch_order(run, (int32_t)record[PRT_DATE], row);
        }
        at += items[item & 0xffffu].words;
    }
    run->records += records;
    run->words = end;
    return true;
}

/* ---- the part ---------------------------------------------------------------------------------------------------- */

/* prt_grown, with room for what is likely to come where there is none left: in proportion to the claims expected, but
 * not for many times as much. What is never touched takes no memory. */
static void *grown(const pol_run *run, const pol_part *part, void *array, uint64_t *room, uint64_t needed,
                   size_t width) {
    enum { MOST_TIMES = 8 };
    if (array && needed <= *room)
        return array;
    uint64_t rows = run->rows + part->rows, times = rows ? run->expected / rows : 0;
    uint64_t likely = times < MOST_TIMES ? needed + needed / 64 + needed * times : needed * MOST_TIMES;
    void *large = times ? prt_grown(array, room, likely, width) : NULL;
    return large ? large : prt_grown(array, room, needed, width);
}

static bool make_room(pol_run *run, const pol_part *part) {
    uint64_t rows = run->rows + part->rows;
    uint64_t *id = grown(run, part, run->id, &run->id_room, rows, sizeof *id);
    if (id)
        run->id = id;
    uint8_t *reason = grown(run, part, run->reason, &run->reason_room, rows, sizeof *reason);
    if (reason)
        run->reason = reason;
    uint32_t *rule = grown(run, part, run->rule, &run->rule_room, rows, sizeof *rule);
    if (rule)
        run->rule = rule;
    uint32_t *stream = grown(run, part, run->stream, &run->word_room, run->words + part->words, sizeof *stream);
    if (stream)
        run->stream = stream;
    uint64_t longer = (uint64_t)run->ids.longer_count + part->ids.longer_count;
    struct pol_text *ids = prt_grown(run->ids.longer, &run->ids.longer_room, longer, sizeof *ids);
    if (ids)
        run->ids.longer = ids;
    return id && reason && rule && stream && ids;
}

static void copy_rows(pol_run *run, const pol_part *part, uint64_t base) {
    uint32_t longer = run->ids.longer_count;
    for (uint32_t i = 0; i < part->ids.longer_count; i++)
        run->ids.longer[run->ids.longer_count++] = part->ids.longer[i];
    memcpy(run->reason + base, part->reason, part->rows * sizeof *run->reason);
    memcpy(run->rule + base, part->rule, part->rows * sizeof *run->rule);
    memcpy(run->id + base, part->id, part->rows * sizeof *run->id);
    for (uint64_t r = 0; part->ids.longer_count && r < part->rows; r++)
        if (run->id[base + r] & PRT_ID_LONG)
            run->id[base + r] += longer;
}

enum pol_status pol_run_append(pol_run *run, pol_part *part, struct pol_error *error) {
    if (run->phase != PRT_TAKES_CLAIMS || part->run != run)
        return prt_fail(error, POL_STATUS_USAGE, "claims can be added between sealing the applicants and deciding");
    if (run->rows + part->rows >= PRT_NONE)
        return prt_fail(error, POL_STATUS_INPUT, "more claims than one run can hold; split the ledger");
    if (run->volume)
        return prt_volume_append(run->volume, part) ? POL_STATUS_OK : prt_volume_break(run, error);
    if (run->words + part->words >= PRT_NONE)
        return prt_fail(error, POL_STATUS_INPUT, "more claims than one run can hold; split the ledger");
    if (part->rows == 0)
        return POL_STATUS_OK;
    uint64_t base = run->rows;
    if (!make_room(run, part) || (run->past && !prt_past_append(run, part, base)))
        return prt_break(run, error);
    copy_rows(run, part, base);
    if (!find_duplicates(run, part, base) || !code_keys(run, part) || !add_records(run, part, base))
        return prt_break(run, error);
    run->rows += part->rows;
    run->last_day = part->last_day > run->last_day ? part->last_day : run->last_day;
    part->rows = part->words = part->pending_count = part->missing_count = 0;
    return POL_STATUS_OK;
}
