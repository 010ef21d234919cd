/* Stages 0 to 4 of a batch, a block at a time, and the keys of the claims that go on to the fold. */
#include <stddef.h>

#include "core/days.h"
#include "core/run.h"
#include "core/status.h"

/* ---- parts ------------------------------------------------------------------------------------------------------ */

static void free_each(void *memory, uint32_t count) {
    void **each = memory;
    for (uint32_t i = 0; each && i < count; i++)
        prt_release(each[i]);
    prt_release(memory);
}

void pol_part_free(pol_part *part) {
    if (!part)
        return;
    const struct pol_descriptor *d = part->run->module->descriptor;
    uint32_t claims = d->claim_fields.count, profiles = d->profile_fields.count;
    free_each(part->claim_scratch, claims);
    free_each(part->profile_scratch, profiles);
    free_each(part->state_scratch, claims > profiles ? claims : profiles);
    free_each(part->aux, d->aux_count);
    void *const memory[] = {part->id,     part->id_hash,     part->reason,      part->rule,         part->ids.longer,
                            part->stream, part->pending,     part->missing,     part->claim,        part->profile,
                            part->state,  part->hash,        part->profile_row, part->profile_data, part->year,
                            part->award,  part->kernel_rule, part->item,        part->status};
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++)
        prt_release(memory[i]);
    prt_packed_free(&part->packed);
    prt_groups_free(part->groups);
    prt_release(part);
}

static bool make_arrays(pol_part *part, const struct pol_descriptor *d) {
    uint32_t claims = d->claim_fields.count, profiles = d->profile_fields.count;
    uint32_t most = claims > profiles ? claims : profiles;
    part->claim = prt_zeroed(claims, sizeof *part->claim);
    part->profile = prt_zeroed(profiles, sizeof *part->profile);
    part->claim_scratch = prt_zeroed(claims, sizeof *part->claim_scratch);
    part->profile_scratch = prt_zeroed(profiles, sizeof *part->profile_scratch);
    part->state = prt_zeroed(most, sizeof *part->state);
    part->state_scratch = prt_zeroed(most, sizeof *part->state_scratch);
    part->aux = prt_zeroed(d->aux_count, sizeof *part->aux);
    part->hash = prt_zeroed(PRT_BLOCK, sizeof *part->hash);
    part->profile_row = prt_zeroed(PRT_BLOCK, sizeof *part->profile_row);
    part->profile_data = prt_zeroed(PRT_BLOCK, sizeof *part->profile_data);
    part->year = prt_zeroed(PRT_BLOCK, sizeof *part->year);
    part->award = prt_zeroed(PRT_BLOCK, sizeof *part->award);
    part->kernel_rule = prt_zeroed(PRT_BLOCK, sizeof *part->kernel_rule);
    part->item = prt_zeroed(PRT_BLOCK, sizeof *part->item);
    part->status = prt_zeroed(PRT_BLOCK, 1);
    return part->claim && part->profile && part->claim_scratch && part->profile_scratch && part->state &&
           part->state_scratch && part->aux && part->hash && part->profile_row && part->profile_data && part->year &&
           part->award && part->kernel_rule && part->item && part->status;
}

static bool make_columns(pol_part *part, const struct pol_descriptor *d) {
    for (uint32_t i = 0; i < d->aux_count; i++) {
        part->aux[i] = prt_zeroed(PRT_BLOCK, sizeof *part->aux[i]);
        if (!part->aux[i])
            return false;
    }
    const struct pol_field *field = prt_at(part->run->module, d->profile_fields);
    for (uint32_t f = 0; f < d->profile_fields.count; f++) {
        part->profile_scratch[f] = prt_zeroed(PRT_BLOCK, field[f].width < 8 ? 8 : field[f].width);
        if (!part->profile_scratch[f])
            return false;
    }
    return true;
}

pol_part *prt_part_make(const pol_run *run) {
    pol_part *part = prt_zeroed(1, sizeof *part);
    if (!part)
        return NULL;
    part->run = run;
    part->packed.last_year = INT32_MIN;
    const struct pol_descriptor *d = run->module->descriptor;
    part->groups = prt_groups_make(d->items.count);
    if (part->groups && make_arrays(part, d) && make_columns(part, d))
        return part;
    pol_part_free(part);
    return NULL;
}

enum pol_status pol_part_new(const pol_run *run, pol_part **out, struct pol_error *error) {
    *out = prt_part_make(run);
    return *out ? POL_STATUS_OK : prt_no_memory(error);
}

/* ---- one block at work ------------------------------------------------------------------------------------------- */

struct work {
    pol_part *part;
    const pol_run *run;
    const struct pol_descriptor *d;
    struct prt_block block;
    uint32_t item_count;
    const struct pol_rule *rules;
};

static bool reserve_rows(pol_part *part, uint64_t rows) {
    uint64_t *id = prt_grown(part->id, &part->id_room, rows, sizeof *id);
    if (id)
        part->id = id;
    uint32_t *hash = prt_grown(part->id_hash, &part->hash_room, rows, sizeof *hash);
    if (hash)
        part->id_hash = hash;
    uint8_t *reason = prt_grown(part->reason, &part->reason_room, rows, sizeof *reason);
    if (reason)
        part->reason = reason;
    uint32_t *rule = prt_grown(part->rule, &part->rule_room, rows, sizeof *rule);
    if (rule)
        part->rule = rule;
    return id && hash && reason && rule;
}

/* ---- stage 0 ----------------------------------------------------------------------------------------------------- */

/* The items where every cell is there and one that the policy has; false: some are not. */
static bool plain_items(const struct work *w) {
    const struct pol_column *column = &w->block.batch->columns[POL_CLAIM_ITEM];
    if (!column->values || column->validity || column->bad)
        return false;
    const uint16_t *values = (const uint16_t *)column->values + column->offset + w->block.first;
    uint32_t most = 0;
    for (uint32_t r = 0; r < w->block.rows; r++)
        most = values[r] > most ? values[r] : most;
    if (most >= w->item_count)
        return false;
    memcpy(w->part->item, values, w->block.rows * sizeof *values);
    return true;
}

static void read_odd_items(const struct work *w) {
    const struct pol_column *column = &w->block.batch->columns[POL_CLAIM_ITEM];
    const uint16_t *values = column->values;
    uint8_t *status = w->part->status;
    for (uint32_t r = 0; r < w->block.rows; r++) {
        uint16_t item = POL_ITEM_UNKNOWN;
        if (prt_cell_at(column, w->block.first + r) == PRT_PRESENT)
            item = values[(uint64_t)column->offset + w->block.first + r];
        if (item >= w->item_count) {
            item = POL_ITEM_UNKNOWN;
            status[r] = status[r] == POL_OK ? POL_UNKNOWN_ITEM : status[r];
        }
        w->part->item[r] = item;
    }
}

static void read_items(struct work *w) {
    uint8_t *status = w->part->status, most = POL_OK;
    if (w->block.judge) {
        memset(status, POL_OK, w->block.rows);
    } else {
        const uint8_t *given = w->block.batch->status + w->block.first;
        for (uint32_t r = 0; r < w->block.rows; r++)
            most = given[r] > most ? given[r] : most;
        memcpy(status, given, w->block.rows);
    }
    for (uint32_t r = 0; most > POL_MISSING_PROFILE && r < w->block.rows; r++)
        status[r] = status[r] <= POL_MISSING_PROFILE ? status[r] : POL_BAD_VALUE;
    if (!plain_items(w))
        read_odd_items(w);
}

/* An id over 255 bytes is bad_value, yet is told from other such ids. */
static bool keep_long_id(struct prt_ids *ids, struct pol_text text, uint64_t *id) {
    struct pol_text *longer =
        prt_grown(ids->longer, &ids->longer_room, (uint64_t)ids->longer_count + 1, sizeof *longer);
    if (!longer)
        return false;
    ids->longer = longer;
    ids->longer[ids->longer_count] = text;
    *id = PRT_ID_LONG | ids->longer_count++;
    return true;
}

/* What the order of the batch's ids tells of duplicates. */
static inline void watch_ids(pol_part *part, struct pol_text last, struct pol_text text) {
    int order = prt_text_order(last, text);
    part->by_bytes = part->by_bytes && order < 0;
    part->by_size = part->by_size && prt_size_order(last, text, order) < 0;
}

/* The ids where every cell is there and good, up to the first row that has another one; returns this row. */
static uint32_t read_plain_ids(struct work *w) {
    pol_part *part = w->part;
    const struct pol_column *column = &w->block.batch->columns[POL_CLAIM_ID];
    if (!column->values || column->validity || column->bad || column->text_offsets || !part->known)
        return 0;
    const struct pol_text *text = (const struct pol_text *)column->values + column->offset + w->block.first;
    uint64_t *id = part->id + w->block.first;
    struct pol_text last = part->last_id;
    uint32_t r = 0;
    for (; r < w->block.rows && text[r].size - 1 < POL_TEXT_LIMIT; r++) {
        id[r] = prt_pack(text[r].data, text[r].size);
        if (part->by_bytes || part->by_size)
            watch_ids(part, last, text[r]);
        last = text[r];
    }
    for (uint32_t i = 0; part->hashed && i < r; i++)
        part->id_hash[w->block.first + i] = prt_id_hash(text[i], w->run->seed);
    part->last_id = last;
    return r;
}

static bool read_ids(struct work *w) {
    pol_part *part = w->part;
    const struct pol_column *column = &w->block.batch->columns[POL_CLAIM_ID];
    uint32_t plain = read_plain_ids(w);
    part->known = part->known && plain == w->block.rows;
    for (uint32_t r = plain; r < w->block.rows; r++) {
        uint64_t row = w->block.first + r;
        enum prt_cell cell = prt_cell_at(column, row);
        struct pol_text text = cell == PRT_MISSING ? (struct pol_text){.data = ""} : prt_text_at(column, row);
        part->id[row] = 0;
        if (text.size == 0) {
            part->status[r] = POL_DUPLICATE_CLAIM;
            continue;
        }
        if ((cell == PRT_BAD || text.size > POL_TEXT_LIMIT) && part->status[r] != POL_UNKNOWN_ITEM)
            part->status[r] = POL_BAD_VALUE;
        if (part->hashed)
            part->id_hash[row] = prt_id_hash(text, w->run->seed);
        if (text.size <= POL_TEXT_LIMIT)
            part->id[row] = prt_pack(text.data, text.size);
        else if (!keep_long_id(&part->ids, text, &part->id[row]))
            return false;
    }
    return true;
}

/* Gives `reason` to the rows that have a needed cell in this state. */
static void judge_cells(struct work *w, enum prt_cell state, uint8_t reason) {
    const uint8_t *need = w->run->plan.need;
    uint32_t fields = w->d->claim_fields.count;
    for (uint32_t f = 0; f < fields; f++) {
        const uint8_t *states = w->part->state[f];
        if (!states)
            continue;
        for (uint32_t r = 0; r < w->block.rows; r++)
            if (states[r] == state && w->part->status[r] == POL_OK && need[(size_t)w->part->item[r] * fields + f])
                w->part->status[r] = reason;
    }
}

static void read_odd_dates(struct work *w) {
    pol_part *part = w->part;
    const int32_t *day = part->claim[POL_CLAIM_DATE];
    const struct pol_field *field = &w->block.field[POL_CLAIM_DATE];
    const uint8_t *states = part->state[POL_CLAIM_DATE];
    const struct pol_column *column = &w->block.batch->columns[POL_CLAIM_DATE];
    bool plain = !column->validity && !column->bad;
    for (uint32_t r = 0; r < w->block.rows; r++) {
        bool readable = !states || states[r] == PRT_PRESENT;
        if (!plain && !w->block.judge)
            readable = readable && prt_cell_at(column, w->block.first + r) == PRT_PRESENT;
        bool possible = day[r] >= field->min && day[r] <= field->max;
        if (readable && possible && day[r] > part->last_day)
            part->last_day = day[r];
        if (!possible && part->status[r] == POL_OK)
            part->status[r] = POL_BAD_VALUE;
    }
}

/* Years of the claims, and the latest day that can be read in any row, valid or not. */
static void read_dates(struct work *w) {
    pol_part *part = w->part;
    const int32_t *day = part->claim[POL_CLAIM_DATE];
    const struct pol_field *field = &w->block.field[POL_CLAIM_DATE];
    const struct pol_column *column = &w->block.batch->columns[POL_CLAIM_DATE];
    int32_t *year = part->year, first = INT32_MAX, last = INT32_MIN;
    for (uint32_t r = 0; r < w->block.rows; r++) {
        first = day[r] < first ? day[r] : first;
        last = day[r] > last ? day[r] : last;
        year[r] = prt_year_of(day[r]);
    }
    if (part->state[POL_CLAIM_DATE] || column->validity || column->bad || first < field->min || last > field->max)
        read_odd_dates(w);
    else if (last > part->last_day)
        part->last_day = last;
}

/* ---- the join with the profiles ---------------------------------------------------------------------------------- */

/* A claim without a profile row: one that comes later would change what became of it. False: no memory. */
static bool note_missing(struct work *w, uint32_t r) {
    pol_part *part = w->part;
    struct prt_missing *missing =
        prt_grown(part->missing, &part->missing_room, part->missing_count + 1, sizeof *missing);
    if (!missing)
        return false;
    part->missing = missing;
    const struct pol_text *id = part->claim[POL_CLAIM_APPLICANT];
    missing[part->missing_count++] =
        (struct prt_missing){.row = (uint32_t)(w->block.first + r), .year = part->year[r], .applicant = id[r]};
    return true;
}

/* The profile row that a claim's hash leads to, not yet compared; PRT_NONE. */
static inline uint32_t likely_profile(const struct prt_profiles *p, uint32_t hash, int32_t year) {
    enum { MOST = 64 };
    uint64_t mask = prt_table_mask(&p->index);
    for (uint64_t at = prt_table_start(&p->index, hash), slot; (slot = p->index.slot[at]) != 0; at = (at + 1) & mask) {
        if ((uint32_t)(slot >> 32) != hash)
            continue;
        uint32_t row = (uint32_t)slot - 1, years = (uint32_t)year - (uint32_t)p->usual_year;
        return p->side_by_side && years < MOST && years < p->count - row ? row + years : row;
    }
    return PRT_NONE;
}

static uint32_t find_profile(const struct work *w, uint32_t r, struct pol_text id, uint32_t likely) {
    const struct prt_profiles *p = &w->run->profiles;
    if (likely == PRT_NONE)
        return PRT_NONE;
    const struct prt_profile *profile = prt_profile_at(p, likely);
    if (profile->year == w->part->year[r] && prt_profile_is(profile, id))
        return likely;
    return prt_profile_find(p, id, w->part->year[r], (uint32_t)w->part->hash[r]);
}

/* Three passes, so that the cache misses of many rows overlap: slots, rows, comparison. False: no memory. */
static bool join_profiles(struct work *w) {
    pol_part *part = w->part;
    const struct prt_profiles *p = &w->run->profiles;
    const struct pol_text *id = part->claim[POL_CLAIM_APPLICANT];
    for (uint32_t r = 0; r < w->block.rows; r++) {
        if (part->status[r] != POL_OK)
            continue;
        uint64_t hash = prt_hash_text(id[r].data, id[r].size, w->run->seed);
        part->hash[r] = prt_profile_hash(p, hash, part->year[r]);
        prt_table_prefetch(&p->index, (uint32_t)part->hash[r]);
    }
    for (uint32_t r = 0; r < w->block.rows; r++) {
        part->profile_row[r] = PRT_NONE;
        if (part->status[r] != POL_OK)
            continue;
        part->profile_row[r] = likely_profile(p, (uint32_t)part->hash[r], part->year[r]);
        if (part->profile_row[r] != PRT_NONE)
            __builtin_prefetch(p->data + (size_t)part->profile_row[r] * p->stride);
    }
    for (uint32_t r = 0; r < w->block.rows; r++) {
        uint32_t row = part->status[r] == POL_OK ? find_profile(w, r, id[r], part->profile_row[r]) : PRT_NONE;
        if (part->status[r] == POL_OK && row == PRT_NONE) {
            part->status[r] = POL_MISSING_PROFILE;
            if (w->run->past && !note_missing(w, r))
                return false;
        }
        if (row == PRT_NONE)
            row = p->count; /* the row of zeros */
        else
            part->status[r] = prt_profile_at(p, row)->status;
        part->profile_row[r] = row;
        part->profile_data[r] = p->data + (size_t)row * p->stride;
    }
    return true;
}

#define GATHER(type)                                                                                                   \
    do {                                                                                                               \
        type *out = part->profile_scratch[f];                                                                          \
        for (uint32_t r = 0; r < rows; r++)                                                                            \
            memcpy(&out[r], data[r] + offset, sizeof(type));                                                           \
    } while (0)

static void gather_field(pol_part *part, uint32_t f, uint8_t width, uint32_t rows) {
    const uint8_t *const *data = part->profile_data;
    uint32_t offset = part->run->profiles.offset[f];
    if (width == 1)
        GATHER(uint8_t);
    else if (width == 4)
        GATHER(int32_t);
    else if (width == 8)
        GATHER(int64_t);
    else
        GATHER(struct pol_text);
    part->profile[f] = part->profile_scratch[f];
}

static void gather_profiles(struct work *w) {
    pol_part *part = w->part;
    const struct pol_field *field = prt_at(w->run->module, w->d->profile_fields);
    part->profile[POL_PROFILE_APPLICANT] = part->claim[POL_CLAIM_APPLICANT]; /* equal where they are joined */
    part->profile[POL_PROFILE_YEAR] = part->year;
    for (uint32_t f = POL_PROFILE_BUILTINS; f < w->d->profile_fields.count; f++)
        gather_field(part, f, field[f].width, w->block.rows);
}

/* ---- what the kernel says -----------------------------------------------------------------------------------------
 */

/* What the kernel's rule comes to: stages 1 to 4 deny, whatever a rule may say of itself. */
static uint8_t reason_of(const struct work *w, uint32_t rule) {
    uint8_t reason = rule < w->d->rules.count ? w->rules[rule].reason : (uint8_t)POL_INELIGIBLE;
    return reason < POL_NOT_IN_FORCE || reason > POL_INELIGIBLE ? (uint8_t)POL_INELIGIBLE : reason;
}

static bool put_results(struct work *w) {
    pol_part *part = w->part;
    uint16_t live[PRT_BLOCK];
    uint32_t count = 0;
    for (uint32_t r = 0; r < w->block.rows; r++) {
        uint64_t row = w->block.first + r;
        part->reason[row] = part->status[r];
        part->rule[row] = 0;
        if (part->status[r] != POL_OK)
            continue;
        uint32_t rule = part->kernel_rule[r];
        if (rule != 0 || part->award[r] <= 0) {
            part->reason[row] = reason_of(w, rule ? rule : w->d->rules.count);
            part->rule[row] = rule < w->d->rules.count ? rule : 0;
            continue;
        }
        live[count++] = (uint16_t)r;
    }
    return prt_records_put(part, w->block.first, live, count);
}

/* ---- the batch --------------------------------------------------------------------------------------------------- */

static void run_kernel(struct work *w) {
    pol_part *part = w->part;
    struct pol_row_args args = {.rows = w->block.rows,
                                .claim = part->claim,
                                .profile = part->profile,
                                .item = part->item,
                                .status = part->status,
                                .params = w->run->params,
                                .rule = part->kernel_rule,
                                .award = part->award,
                                .aux = part->aux};
    w->run->kernels->row(&args);
}

static bool evaluate_block(struct work *w) {
    if (!prt_block_columns(&w->block))
        return false;
    read_items(w);
    if (!read_ids(w))
        return false;
    judge_cells(w, PRT_BAD, POL_BAD_VALUE);
    judge_cells(w, PRT_MISSING, POL_MISSING_FIELD);
    read_dates(w);
    if (!join_profiles(w))
        return false;
    gather_profiles(w);
    run_kernel(w);
    return put_results(w);
}

static void reset(pol_part *part, uint64_t rows) {
    part->rows = rows;
    part->words = part->pending_count = part->missing_count = 0;
    part->ids.longer_count = 0;
    part->last_day = INT32_MIN;
    part->known = part->by_bytes = part->by_size = true;
    part->last_id = (struct pol_text){.data = ""};
    part->hashed = part->run->volume || __atomic_load_n(&part->run->seen.tabled, __ATOMIC_RELAXED);
}

enum pol_status pol_run_evaluate(const pol_run *run, const struct pol_batch *batch, pol_part *part,
                                 struct pol_error *error) {
    if (run->phase != PRT_TAKES_CLAIMS || part->run != run)
        return prt_fail(error, POL_STATUS_USAGE,
                        "claims can be evaluated once the applicants are sealed, into a part of the same run");
    if (batch->rows >= PRT_NONE)
        return prt_fail(error, POL_STATUS_INPUT, "a batch of more than 4,294,967,294 claims");
    const struct pol_descriptor *d = run->module->descriptor;
    struct work work = {.part = part, .run = run, .d = d, .item_count = d->items.count};
    work.rules = prt_at(run->module, d->rules);
    work.block = (struct prt_block){.field = prt_at(run->module, d->claim_fields),
                                    .field_count = d->claim_fields.count,
                                    .batch = batch,
                                    .judge = batch->status == NULL,
                                    .wanted = run->plan.wanted,
                                    .skip = POL_CLAIM_ITEM,
                                    .column = part->claim,
                                    .scratch = part->claim_scratch,
                                    .state = part->state,
                                    .state_scratch = part->state_scratch,
                                    .enums = prt_at(run->module, d->enums)};
    reset(part, 0);
    if (!reserve_rows(part, batch->rows))
        return prt_no_memory(error);
    for (; work.block.first < batch->rows; work.block.first += PRT_BLOCK) {
        uint64_t left = batch->rows - work.block.first;
        work.block.rows = left < PRT_BLOCK ? (uint32_t)left : PRT_BLOCK;
        if (!evaluate_block(&work)) {
            reset(part, 0);
            return prt_no_memory(error);
        }
    }
    part->rows = batch->rows;
    return POL_STATUS_OK;
}
