/* A run over files: taking parts over, and the stages of deciding. */
#include "core/volume.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/state.h"
#include "core/status.h"
#include "tr.h"

const char *const prt_file_names[PRT_FILES] = {
    [PRT_RECORDS] = "records", [PRT_ROWS] = "rows",       [PRT_IDS] = "ids",           [PRT_KEYS] = "keys",
    [PRT_CODES] = "codes",     [PRT_SORTED] = "sorted",   [PRT_LANDED] = "landed",     [PRT_RESULTS] = "results",
    [PRT_VISITS] = "visits",   [PRT_CARRIES] = "carries", [PRT_OPENINGS] = "openings", [PRT_MISSINGS] = "missings",
    [PRT_WAITS] = "waits",     [PRT_ENDED] = "ended"};

/* ---- failing ----------------------------------------------------------------------------------------------------- */

static void note(struct prt_volume *v, enum pol_status status, const struct pol_error *error) {
    pthread_mutex_lock(&v->lock);
    if (!v->failed) {
        v->error = *error;
        v->status = status;
    }
    v->failed = true;
    pthread_mutex_unlock(&v->lock);
}

bool prt_volume_failed(struct prt_volume *v) {
    pthread_mutex_lock(&v->lock);
    bool failed = v->failed;
    pthread_mutex_unlock(&v->lock);
    return failed;
}

static void note_cause(struct prt_volume *v, int cause) {
    struct pol_error error = {0};
    if (cause == EBADMSG)
        prt_fail(&error, POL_STATUS_SYSTEM, "%s: a work file does not hold what was written; begin the audit anew",
                 v->options.name);
    else if (cause == ENOMEM || cause == 0)
        prt_no_memory(&error);
    else
        prt_fail(&error, POL_STATUS_SYSTEM, "%s: a work file cannot be written or read: %s", v->options.name,
                 tr_errno(cause));
    note(v, POL_STATUS_SYSTEM, &error);
}

void prt_volume_note(struct prt_volume *v, const struct prt_spill *spill) {
    note_cause(v, spill ? prt_spill_failure(spill) : ENOMEM);
}

bool prt_volume_fail_sorter(struct prt_volume *v, const struct prt_sorter *sorter) {
    note_cause(v, sorter ? prt_sorter_failure(sorter) : ENOMEM);
    return false;
}

bool prt_volume_refuse(struct prt_volume *v, enum pol_status status, const struct pol_error *error) {
    note(v, status, error);
    return false;
}

bool prt_volume_cancelled(struct prt_volume *v) {
    if (!v->options.cancelled || !v->options.cancelled(v->options.context))
        return false;
    struct pol_error error = {0};
    prt_fail(&error, POL_STATUS_SYSTEM, "interrupted");
    note(v, POL_STATUS_SYSTEM, &error);
    return true;
}

void prt_volume_progress(struct prt_volume *v, const char *stage, uint64_t done, uint64_t total) {
    if (v->options.progress)
        v->options.progress(v->options.context, stage, done, total);
}

/* ---- making and freeing ------------------------------------------------------------------------------------------ */

bool prt_volume_make_file(struct prt_volume *v, enum prt_file file, uint32_t lanes) {
    struct prt_spill *spill = &v->file[file];
    prt_spill_close(spill);
    return prt_spill_make(spill, v->options.folder, prt_file_names[file], v->options.keep, lanes,
                          prt_volume_block(file)) ||
           prt_volume_fail(v, spill);
}

void prt_volume_drop_file(struct prt_volume *v, enum prt_file file) {
    prt_spill_close(&v->file[file]);
    if (v->options.keep)
        (void)unlinkat(v->options.folder, prt_file_names[file], 0);
}

bool prt_volume_new(pol_run *run, const struct pol_spill *options) {
    struct prt_volume *v = prt_zeroed(1, sizeof *v);
    if (!v)
        return false;
    v->run = run;
    v->options = *options;
    v->ascending_bytes = v->ascending_sizes = v->in_order = true;
    for (int f = 0; f < PRT_FILES; f++)
        v->file[f].file = -1;
    pthread_mutex_init(&v->lock, NULL);
    run->volume = v;
    return true;
}

void prt_volume_free(struct prt_volume *v) {
    if (!v)
        return;
    for (int f = 0; f < PRT_FILES; f++)
        prt_spill_close(&v->file[f]);
    pthread_mutex_destroy(&v->lock);
    prt_release(v->family_of);
    prt_release(v->codes);
    prt_release(v->dead);
    prt_release(v->note);
    prt_release(v->saved);
    prt_release(v);
}

/* The applicants are known, and with them the plan. */
bool prt_volume_seal(struct prt_volume *v) {
    const struct prt_plan *plan = &v->run->plan;
    v->family_of = prt_zeroed((size_t)plan->dicts + 1, sizeof *v->family_of);
    if (!v->family_of)
        return prt_volume_fail(v, NULL);
    for (uint32_t f = 0; f < v->run->module->descriptor->cells.count; f++)
        for (uint32_t i = 0; i < plan->family[f].link_count; i++)
            v->family_of[plan->link[plan->family[f].first_link + i].dict] = f;
    if (v->saved)
        return prt_volume_restore(v);
    v->fresh = true;
    if (v->run->past && !(prt_volume_make_file(v, PRT_OPENINGS, PRT_LANES) && prt_volume_make_file(v, PRT_MISSINGS, 1)))
        return false;
    return prt_volume_make_file(v, PRT_RECORDS, 1) && prt_volume_make_file(v, PRT_ROWS, 1) &&
           prt_volume_make_file(v, PRT_IDS, PRT_LANES) && prt_volume_make_file(v, PRT_KEYS, PRT_LANES);
}

enum pol_status prt_volume_break(pol_run *run, struct pol_error *error) {
    run->phase = PRT_BROKEN;
    struct prt_volume *v = run->volume;
    pthread_mutex_lock(&v->lock);
    enum pol_status status = prt_fail(error, v->status, "%s", v->error.message);
    pthread_mutex_unlock(&v->lock);
    return status;
}

enum pol_status pol_run_check(const pol_run *run, struct pol_error *error) {
    struct prt_volume *v = run->volume;
    if (!v)
        return POL_STATUS_OK;
    pthread_mutex_lock(&v->lock);
    enum pol_status status = v->failed ? prt_fail(error, POL_STATUS_SYSTEM, "%s", v->error.message) : POL_STATUS_OK;
    pthread_mutex_unlock(&v->lock);
    return status;
}

enum pol_status pol_run_save(pol_run *run, const void *note, size_t size, struct pol_error *error) {
    if (!run->volume || !run->volume->options.keep || run->phase != PRT_TAKES_CLAIMS)
        return prt_fail(error, POL_STATUS_USAGE, "only a run that keeps its files can note where it stands");
    return prt_volume_save(run->volume, note, size) ? POL_STATUS_OK : prt_volume_break(run, error);
}

enum pol_status pol_run_resume(pol_run *run, const void **note, size_t *size, struct pol_error *error) {
    if (run->phase != PRT_TAKES_CLAIMS)
        return prt_fail(error, POL_STATUS_USAGE, "a run is resumed after its applicants were sealed");
    *note = run->volume ? run->volume->note : NULL;
    *size = run->volume ? run->volume->note_size : 0;
    return POL_STATUS_OK;
}

/* ---- jobs -------------------------------------------------------------------------------------------------------- */

struct crew {
    struct prt_volume *volume;
    const char *stage;
    prt_job *job;
    void *data;
    uint64_t next, done, count;
    bool failed;
};

static void *work(void *data) {
    struct crew *crew = data;
    while (!__atomic_load_n(&crew->failed, __ATOMIC_RELAXED)) {
        uint64_t job = __atomic_fetch_add(&crew->next, 1, __ATOMIC_RELAXED);
        if (job >= crew->count)
            break;
        if (prt_volume_cancelled(crew->volume) || !crew->job(crew->volume, crew->data, job))
            __atomic_store_n(&crew->failed, true, __ATOMIC_RELAXED);
        uint64_t done = __atomic_add_fetch(&crew->done, 1, __ATOMIC_RELAXED);
        uint64_t share = crew->volume->run->rows / crew->count; /* of the claims, about */
        prt_volume_progress(crew->volume, crew->stage, share * done, share * crew->count);
    }
    return NULL;
}

bool prt_volume_jobs(struct prt_volume *v, const char *stage, uint64_t count, prt_job *job, void *data) {
    enum { MOST = 64 };
    pthread_t thread[MOST];
    bool started[MOST] = {false};
    struct crew crew = {.volume = v, .stage = stage, .job = job, .data = data, .count = count};
    unsigned threads = v->run->threads < MOST ? v->run->threads : MOST;
    for (unsigned i = 1; i < threads && i < count; i++)
        started[i] = pthread_create(&thread[i], NULL, work, &crew) == 0;
    work(&crew);
    for (unsigned i = 1; i < MOST; i++)
        if (started[i])
            pthread_join(thread[i], NULL);
    return !crew.failed;
}

/* ---- taking a part over ------------------------------------------------------------------------------------------ */

static int compare(struct pol_text a, struct pol_text b, int *by_size) {
    int order = prt_text_order(a, b);
    *by_size = a.size != b.size ? (a.size > b.size) - (a.size < b.size) : order;
    return order;
}

static struct pol_text last_text(const struct prt_last *last) {
    return (struct pol_text){.data = last->data, .size = last->size};
}

static void remember(struct prt_last *last, struct pol_text text) {
    last->any = true;
    last->size = text.size < sizeof last->data ? text.size : (uint32_t)sizeof last->data;
    memcpy(last->data, text.data, last->size);
}

/* Ids of more than POL_TEXT_LIMIT bytes are bad values, rare enough to count as out of order. */
static void watch_ids(struct prt_volume *v, struct pol_text before, struct pol_text text, bool any) {
    int by_size = -1, order = any ? compare(before, text, &by_size) : -1;
    bool longer = text.size > POL_TEXT_LIMIT;
    v->ascending_bytes &= order < 0 && !longer;
    v->ascending_sizes &= by_size < 0 && !longer;
}

static bool add_id(struct prt_volume *v, uint32_t hash, uint64_t row, struct pol_text text) {
    struct prt_spill *ids = &v->file[PRT_IDS];
    struct prt_id_entry *entry =
        prt_spill_take(ids, prt_lane_of(hash), (uint32_t)sizeof *entry + prt_padded(text.size), row);
    if (!entry)
        return prt_volume_fail(v, ids);
    *entry = (struct prt_id_entry){.hash = hash, .row = (uint32_t)row, .size = text.size};
    prt_put_padded(entry + 1, text.data, text.size);
    return true;
}

static bool add_ids(struct prt_volume *v, const pol_part *part, uint64_t base) {
    struct pol_text before = last_text(&v->last_id);
    bool any = v->last_id.any;
    for (uint64_t r = 0; r < part->rows; r++) {
        if (part->id[r] == 0)
            continue;
        struct pol_text text = prt_id_text(&part->ids, part->id[r]);
        if (v->ascending_bytes || v->ascending_sizes)
            watch_ids(v, before, text, any);
        if (!add_id(v, part->id_hash[r], base + r, text))
            return false;
        before = text;
        any = true;
    }
    if (any && before.data != v->last_id.data)
        remember(&v->last_id, before);
    return true;
}

static bool add_rows(struct prt_volume *v, const pol_part *part, uint64_t base) {
    struct prt_spill *rows = &v->file[PRT_ROWS];
    enum { AT_ONCE = PRT_SPILL_BLOCK / sizeof(struct prt_row) };
    for (uint64_t r = 0; r < part->rows;) {
        uint64_t left = part->rows - r;
        uint32_t count = left < AT_ONCE ? (uint32_t)left : AT_ONCE;
        struct prt_row *out = prt_spill_take(rows, 0, count * (uint32_t)sizeof *out, base + r);
        if (!out)
            return prt_volume_fail(v, rows);
        for (uint32_t i = 0; i < count; i++, r++)
            out[i] = (struct prt_row){.rule = (uint16_t)part->rule[r], .reason = part->reason[r]};
    }
    return true;
}

/* One key: its links as bytes, each a number and a text. */
static bool add_key(struct prt_volume *v, const struct prt_pending *first, uint32_t links, uint32_t *lane_of_key) {
    uint64_t hash = v->family_of[first->dict];
    uint32_t size = sizeof(uint32_t);
    for (uint32_t i = 0; i < links; i++) {
        size += (uint32_t)sizeof(uint64_t) + (uint32_t)sizeof(uint32_t) + first[i].size;
        hash = prt_mix(hash ^ first[i].text_hash, PRT_ODD_1) ^ prt_mix(first[i].prefix + i, PRT_ODD_2);
    }
    uint32_t hash32 = (uint32_t)(prt_mix(hash, PRT_ODD_1) >> 32), lane = prt_lane_of(hash32);
    struct prt_spill *keys = &v->file[PRT_KEYS];
    struct prt_key_entry *entry = prt_spill_take(keys, lane, (uint32_t)sizeof *entry + prt_padded(size), 0);
    if (!entry)
        return prt_volume_fail(v, keys);
    *entry = (struct prt_key_entry){.hash = hash32, .size = size};
    char *at = (char *)(entry + 1);
    memset(at + ((size_t)size - 1) / 4 * 4, 0, 4);
    memcpy(at, &v->family_of[first->dict], sizeof(uint32_t));
    at += sizeof(uint32_t);
    for (uint32_t i = 0; i < links; i++) {
        memcpy(at, &first[i].prefix, sizeof(uint64_t));
        memcpy(at + sizeof(uint64_t), &first[i].size, sizeof(uint32_t));
        at += sizeof(uint64_t) + sizeof(uint32_t);
        if (first[i].size)
            memcpy(at, first[i].data, first[i].size);
        at += first[i].size;
    }
    *lane_of_key = lane;
    return true;
}

bool prt_volume_open_key(struct prt_volume *v, const struct prt_pending *link, uint32_t links, int64_t value) {
    struct prt_spill *openings = &v->file[PRT_OPENINGS];
    uint32_t lane = 0;
    if (!add_key(v, link, links, &lane))
        return false;
    struct prt_opened *entry = prt_spill_take(openings, lane, sizeof *entry, 0);
    if (!entry)
        return prt_volume_fail(v, openings);
    *entry = (struct prt_opened){.value = value, .family = v->family_of[link->dict]};
    return true;
}

bool prt_volume_open_id(struct prt_volume *v, struct pol_text id) {
    return add_id(v, prt_id_hash(id, v->run->seed), PRT_NONE, id);
}

static bool add_keys(struct prt_volume *v, pol_part *part) {
    for (uint64_t i = 0; i < part->pending_count;) {
        uint32_t links = 1;
        if (part->pending[i].dict == PRT_NONE) {
            i++;
            continue;
        }
        while (!part->pending[i + links - 1].last)
            links++;
        if (!add_key(v, &part->pending[i], links, &part->stream[part->pending[i].word]))
            return false;
        i += links;
    }
    return true;
}

static bool add_record(struct prt_volume *v, const uint32_t *record, uint32_t words, struct pol_text id, uint64_t row) {
    struct prt_spill *records = &v->file[PRT_RECORDS];
    uint32_t *entry = prt_spill_take(records, 0, prt_entry_size(words, id.size), v->run->records);
    if (!entry)
        return prt_volume_fail(v, records);
    memcpy(entry, record, words * sizeof *entry);
    entry[PRT_ROW] = (uint32_t)row;
    entry[words] = id.size;
    prt_put_padded(entry + words + 1, id.data, id.size);
    v->run->records++;
    v->record_words += words;
    return true;
}

static bool add_records(struct prt_volume *v, const pol_part *part, uint64_t base) {
    pol_run *run = v->run;
    struct pol_text before = last_text(&v->order_id);
    bool any = v->order_id.any;
    for (uint64_t at = 0; at < part->words;) {
        const uint32_t *record = part->stream + at;
        uint32_t words = prt_item_of(run, record)->words;
        struct pol_text id = prt_id_text(&part->ids, part->id[record[PRT_ROW]]);
        int32_t date = (int32_t)record[PRT_DATE];
        if (any && v->in_order)
            v->in_order = date > run->order_date || (date == run->order_date && prt_text_order(before, id) <= 0);
        run->order_date = date;
        before = id;
        any = true;
        if (!add_record(v, record, words, id, base + record[PRT_ROW]))
            return false;
        at += words;
    }
    if (any && before.data != v->order_id.data)
        remember(&v->order_id, before);
    return true;
}

/* Claims without an applicants row, for a state. */
static bool add_missing(struct prt_volume *v, const pol_part *part, uint64_t base) {
    struct prt_spill *missings = &v->file[PRT_MISSINGS];
    for (uint64_t i = 0; i < part->missing_count; i++) {
        const struct prt_missing *m = &part->missing[i];
        struct pol_text id = prt_id_text(&part->ids, part->id[m->row]);
        struct prt_missed *entry = prt_spill_take(
            missings, 0, (uint32_t)sizeof *entry + prt_padded(m->applicant.size) + prt_padded(id.size), base);
        if (!entry)
            return prt_volume_fail(v, missings);
        *entry = (struct prt_missed){
            .row = (uint32_t)base + m->row, .year = m->year, .applicant = m->applicant.size, .claim = id.size};
        prt_put_padded(entry + 1, m->applicant.data, m->applicant.size);
        prt_put_padded((char *)(entry + 1) + prt_padded(m->applicant.size), id.data, id.size);
    }
    return true;
}

bool prt_volume_append(struct prt_volume *v, pol_part *part) {
    pol_run *run = v->run;
    if (!add_keys(v, part) || !add_ids(v, part, run->rows) || !add_rows(v, part, run->rows) ||
        !add_records(v, part, run->rows) || (run->past && !add_missing(v, part, run->rows)))
        return false;
    run->rows += part->rows;
    run->last_day = part->last_day > run->last_day ? part->last_day : run->last_day;
    part->rows = part->words = part->pending_count = part->missing_count = 0;
    return true;
}

/* ---- records in memory ------------------------------------------------------------------------------------------- */

bool prt_pack_make(struct prt_volume *v, struct prt_pack *pack, uint64_t bytes) {
    enum { ID_BYTES = 24, OVERHEAD = 16 }; /* of an id as a rule; of row, id and order */
    uint64_t words = v->run->plan.most_words;
    uint64_t count = bytes / (words * sizeof(uint32_t) + ID_BYTES + OVERHEAD);
    count = count < v->run->records + 1 ? count : v->run->records + 1;
    count = count < PRT_NONE / (words + 1) ? count : PRT_NONE / (words + 1);
    count = count > 64 ? count : 64;
    pack->most_count = count;
    pack->most_words = count * words;
    pack->most_bytes = count * ID_BYTES + POL_TEXT_LIMIT;
    pack->stream = prt_zeroed((size_t)pack->most_words, sizeof *pack->stream);
    pack->row = prt_zeroed((size_t)count, sizeof *pack->row);
    pack->id = prt_zeroed((size_t)count, sizeof *pack->id);
    pack->bytes = prt_zeroed((size_t)pack->most_bytes, 1);
    pack->words = pack->count = pack->used = 0;
    return (pack->stream && pack->row && pack->id && pack->bytes) || prt_volume_fail(v, NULL);
}

void prt_pack_free(struct prt_pack *pack) {
    prt_release(pack->stream);
    prt_release(pack->row);
    prt_release(pack->id);
    prt_release(pack->bytes);
    *pack = (struct prt_pack){0};
}

bool prt_pack_add(const pol_run *run, struct prt_pack *pack, const uint32_t *entry) {
    uint32_t words = prt_item_of(run, entry)->words;
    struct pol_text id = prt_entry_id(entry, words);
    if (pack->count == pack->most_count || id.size > pack->most_bytes - pack->used)
        return false;
    uint32_t *record = pack->stream + pack->words;
    memcpy(record, entry, words * sizeof *record);
    record[PRT_ROW] = (uint32_t)pack->count;
    memcpy(pack->bytes + pack->used, id.data, id.size);
    pack->row[pack->count] = entry[PRT_ROW];
    pack->id[pack->count++] = prt_pack(pack->bytes + pack->used, id.size);
    pack->used += id.size;
    pack->words += words;
    return true;
}

/* ---- deciding ---------------------------------------------------------------------------------------------------- */

static bool end_reading(struct prt_volume *v) {
    static const enum prt_file written[] = {PRT_RECORDS, PRT_ROWS, PRT_IDS, PRT_KEYS, PRT_OPENINGS, PRT_MISSINGS};
    for (size_t i = 0; i < sizeof written / sizeof *written; i++)
        if (v->file[written[i]].lane && !prt_spill_flush_all(&v->file[written[i]]))
            return prt_volume_fail(v, &v->file[written[i]]);
    return true;
}

static bool code(struct prt_volume *v) {
    if (!end_reading(v))
        return false;
    const struct prt_past *past = v->run->past;
    bool distinct = (v->ascending_bytes || v->ascending_sizes) && !(past && past->goes_on);
    if (!distinct && !prt_volume_duplicates(v))
        return false;
    if (past && !prt_volume_check_order(v))
        return false;
    return prt_volume_codes(v) && prt_volume_note_stage(v, PRT_CODED);
}

/* Each stage begins with what the one before it left, in this process or another. */
bool prt_volume_decide(struct prt_volume *v) {
    if (v->stage < PRT_CODED && !code(v))
        return false;
    if (v->stage < PRT_ORDERED && !v->in_order && (!prt_volume_sort(v) || !prt_volume_note_stage(v, PRT_ORDERED)))
        return false;
    if (v->stage < PRT_FOLDED && !prt_volume_fold(v))
        return false;
    return v->stage >= PRT_GATHERED || prt_volume_gather(v);
}
