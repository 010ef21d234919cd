/* The applicants' rows: taken in batches, packed one behind the other, indexed by applicant and year. */
#include <stddef.h>

#include "core/run.h"
#include "core/status.h"

enum { LINE = 64, AHEAD = 16 };

/* ---- the shape of a packed row ---------------------------------------------------------------------------------- */

static void place_fields(struct prt_profiles *p, const struct pol_field *field, uint32_t count) {
    uint32_t at = sizeof(struct prt_profile), small = offsetof(struct prt_profile, small);
    static const uint8_t widths[] = {sizeof(struct pol_text), 8, 4, 2, 1};
    for (size_t w = 0; w < sizeof widths; w++)
        for (uint32_t f = POL_PROFILE_BUILTINS; f < count; f++) {
            if (field[f].width != widths[w])
                continue;
            uint32_t *place = widths[w] == 1 && small < sizeof(struct prt_profile) ? &small : &at;
            p->offset[f] = *place;
            *place += widths[w];
        }
    p->offset[POL_PROFILE_YEAR] = offsetof(struct prt_profile, year);
    p->stride = (at + 7) / 8 * 8;
    if (p->stride > LINE * 3 / 4)
        p->stride = (p->stride + LINE - 1) / LINE * LINE;
}

static bool start(pol_run *run) {
    const struct pol_descriptor *d = run->module->descriptor;
    if (run->profile_part)
        return true;
    if (!run->profiles.offset) {
        run->profiles.offset = prt_zeroed(d->profile_fields.count, sizeof *run->profiles.offset);
        if (!run->profiles.offset)
            return false;
        place_fields(&run->profiles, prt_at(run->module, d->profile_fields), d->profile_fields.count);
    }
    run->profile_part = prt_part_make(run);
    return run->profile_part != NULL;
}

/* ---- taking rows in --------------------------------------------------------------------------------------------- */

static bool make_room(pol_run *run, uint64_t rows) {
    struct prt_profiles *p = &run->profiles;
    uint64_t want = p->count + rows;
    uint8_t *memory = prt_grown(p->memory, &p->data_room, want, p->stride);
    if (!memory)
        return false;
    p->memory = p->data = memory;
    uint64_t *hash = prt_grown(p->hash, &p->hash_room, want, sizeof *hash);
    if (!hash)
        return false;
    p->hash = hash;
    if (!run->module->descriptor->limit.present)
        return true;
    int64_t *limit = prt_grown(p->limit, &p->limit_room, want, sizeof *limit);
    if (limit)
        p->limit = limit;
    return limit != NULL;
}

static void pack_id(struct prt_profile *profile, struct pol_text id) {
    profile->id_size = (uint8_t)id.size;
    if (id.size <= PRT_INLINE_ID)
        memcpy(profile->id, id.data, id.size);
    else
        memcpy(profile->id, &id.data, sizeof id.data);
}

/* Stage 0 of a profile row: every declared field is needed. */
static uint8_t row_status(const struct prt_block *b, uint32_t row) {
    if (!b->judge && b->batch->status[b->first + row] != POL_OK)
        return b->batch->status[b->first + row] == POL_MISSING_FIELD ? POL_MISSING_FIELD : POL_BAD_VALUE;
    uint8_t status = POL_OK;
    for (uint32_t f = POL_PROFILE_BUILTINS; f < b->field_count; f++) {
        uint8_t state = b->state[f] ? b->state[f][row] : PRT_PRESENT;
        if (state == PRT_BAD)
            return POL_BAD_VALUE;
        if (state == PRT_MISSING)
            status = POL_MISSING_FIELD;
    }
    return status;
}

static bool usable_key(const struct prt_block *b, uint32_t row) {
    const struct pol_column *columns = b->batch->columns;
    for (uint32_t f = 0; f < POL_PROFILE_BUILTINS; f++)
        if (prt_cell_at(&columns[f], b->first + row) != PRT_PRESENT || (b->state[f] && b->state[f][row] != PRT_PRESENT))
            return false;
    struct pol_text id = ((const struct pol_text *)b->column[POL_PROFILE_APPLICANT])[row];
    return id.size > 0 && id.size <= POL_TEXT_LIMIT;
}

static void pack_row(pol_run *run, const struct prt_block *b, uint32_t row, uint8_t flags, int64_t limit) {
    struct prt_profiles *p = &run->profiles;
    uint8_t *bytes = p->data + (size_t)p->count * p->stride;
    struct prt_profile *profile = (void *)bytes;
    memset(bytes, 0, p->stride);
    struct pol_text id = ((const struct pol_text *)b->column[POL_PROFILE_APPLICANT])[row];
    pack_id(profile, id);
    profile->year = ((const int32_t *)b->column[POL_PROFILE_YEAR])[row];
    profile->status = row_status(b, row);
    profile->flags = profile->status == POL_OK ? flags : 0;
    for (uint32_t f = POL_PROFILE_BUILTINS; f < b->field_count; f++) {
        uint8_t *to = bytes + p->offset[f];
        const uint8_t *from = b->column[f];
        if (b->field[f].width == 1)
            *to = from[row];
        else if (b->field[f].width == 4)
            memcpy(to, from + (size_t)row * 4, 4);
        else if (b->field[f].width == 8)
            memcpy(to, from + (size_t)row * 8, 8);
        else
            memcpy(to, from + (size_t)row * sizeof(struct pol_text), sizeof(struct pol_text));
    }
    p->hash[p->count] = prt_hash_text(id.data, id.size, run->seed);
    if (p->limit)
        p->limit[p->count] = profile->status == POL_OK && limit > 0 ? limit : 0;
    p->last_year = profile->year > p->last_year ? profile->year : p->last_year;
    p->count++;
}

static enum pol_status take_block(pol_run *run, const struct prt_block *b, struct pol_error *error) {
    if (!prt_block_columns(b))
        return prt_no_memory(error);
    for (uint32_t i = 0; i < b->rows; i++)
        if (!usable_key(b, i))
            return prt_fail(error, POL_STATUS_USAGE,
                            "applicants row %llu of the batch has no readable applicant or year; leave such rows out",
                            (unsigned long long)(b->first + i));
    uint8_t flags[PRT_BLOCK] = {0};
    int64_t limit[PRT_BLOCK] = {0};
    struct pol_profile_args args = {
        .rows = b->rows, .profile = b->column, .params = run->params, .flags = flags, .limit = limit};
    run->kernels->profile(&args);
    for (uint32_t i = 0; i < b->rows; i++)
        pack_row(run, b, i, flags[i], limit[i]);
    return POL_STATUS_OK;
}

enum pol_status pol_run_profiles(pol_run *run, const struct pol_batch *batch, struct pol_error *error) {
    if (run->phase != PRT_TAKES_PROFILES)
        return prt_fail(error, POL_STATUS_USAGE, "applicants must come before they are sealed");
    if (batch->rows > PRT_NONE - 1 - (uint64_t)run->profiles.count)
        return prt_fail(error, POL_STATUS_INPUT, "more than 4,294,967,294 applicants rows");
    if (!start(run) || !make_room(run, batch->rows))
        return prt_break(run, error);
    pol_part *part = run->profile_part;
    struct prt_block block = {.field = prt_at(run->module, run->module->descriptor->profile_fields),
                              .field_count = run->module->descriptor->profile_fields.count,
                              .batch = batch,
                              .judge = batch->status == NULL,
                              .skip = PRT_NONE,
                              .column = part->profile,
                              .scratch = part->profile_scratch,
                              .state = part->state,
                              .state_scratch = part->state_scratch,
                              .enums = prt_at(run->module, run->module->descriptor->enums)};
    for (; block.first < batch->rows; block.first += PRT_BLOCK) {
        uint64_t left = batch->rows - block.first;
        block.rows = left < PRT_BLOCK ? (uint32_t)left : PRT_BLOCK;
        enum pol_status status = take_block(run, &block, error);
        if (status) {
            run->phase = PRT_BROKEN;
            return status;
        }
    }
    return POL_STATUS_OK;
}

/* ---- sealing ---------------------------------------------------------------------------------------------------- */

/* Rows to whole cache lines, and one of zeros for claims without a profile. */
static bool align_rows(struct prt_profiles *p) {
    uint64_t used = (uint64_t)p->count * p->stride;
    uint64_t room = p->data_room * p->stride; /* now counted in bytes */
    uint8_t *memory = prt_grown(p->memory, &room, used + p->stride + LINE, 1);
    if (!memory)
        return false;
    p->memory = memory;
    p->data = memory + (LINE - (uintptr_t)memory % LINE) % LINE;
    memmove(p->data, memory, used);
    memset(p->data + used, 0, p->stride);
    return true;
}

static struct prt_profile *row_at(struct prt_profiles *p, uint32_t row) {
    return (struct prt_profile *)(void *)(p->data + (size_t)row * p->stride);
}

static enum pol_status duplicate(const struct prt_profile *p, struct pol_error *error) {
    struct pol_text id = prt_profile_id(p);
    return prt_fail(error, POL_STATUS_INPUT,
                    "two applicants rows for applicant '%.*s' and year %d; keep one row for an applicant and a year",
                    (int)id.size, id.data, (int)p->year);
}

/* Do two rows for one applicant and year say the same? Of unreadable ones only that is known. */
static bool same_row(const pol_run *run, const struct prt_profile *a, const struct prt_profile *b) {
    const struct pol_field *field = prt_at(run->module, run->module->descriptor->profile_fields);
    if (a->status != b->status || a->status != POL_OK)
        return a->status == b->status;
    for (uint32_t f = POL_PROFILE_BUILTINS; f < run->module->descriptor->profile_fields.count; f++) {
        const char *x = (const char *)a + run->profiles.offset[f], *y = (const char *)b + run->profiles.offset[f];
        struct pol_text s, t;
        if (field[f].type != POL_TEXT && memcmp(x, y, field[f].width) != 0)
            return false;
        if (field[f].type != POL_TEXT)
            continue;
        memcpy(&s, x, sizeof s);
        memcpy(&t, y, sizeof t);
        if (s.size != t.size || (s.size && memcmp(s.data, t.data, s.size) != 0))
            return false;
    }
    return true;
}

/* A row that an earlier run was given, given again: once, and saying the same, it is dropped. */
static enum pol_status given_again(const pol_run *run, bool *again, uint32_t before, const struct prt_profile *profile,
                                   struct pol_error *error) {
    const struct prt_profiles *p = &run->profiles;
    struct pol_text id = prt_profile_id(profile);
    if (before >= p->restored || again[before])
        return duplicate(profile, error);
    again[before] = true;
    if (same_row(run, prt_profile_at(p, before), profile))
        return POL_STATUS_OK;
    return prt_fail(error, POL_STATUS_INPUT,
                    "the applicants row for applicant '%.*s' and year %d is not what an earlier run was given; give it "
                    "unchanged, or leave it out",
                    (int)id.size, id.data, (int)profile->year);
}

static void move_row(struct prt_profiles *p, uint32_t from, uint32_t to) {
    if (from == to)
        return;
    memcpy(p->data + (size_t)to * p->stride, p->data + (size_t)from * p->stride, p->stride);
    p->hash[to] = p->hash[from];
    if (p->limit)
        p->limit[to] = p->limit[from];
}

static enum pol_status index_rows(pol_run *run, bool *again, struct pol_error *error) {
    struct prt_profiles *p = &run->profiles;
    uint32_t kept = 0;
    for (uint32_t row = 0; row < p->count; row++) {
        const struct prt_profile *profile = row_at(p, row);
        if (row + AHEAD < p->count)
            prt_table_prefetch(&p->index, prt_profile_hash(p->hash[row + AHEAD], row_at(p, row + AHEAD)->year));
        uint32_t hash = prt_profile_hash(p->hash[row], profile->year);
        uint32_t before = prt_profile_find(p, prt_profile_id(profile), profile->year, hash);
        if (before != PRT_NONE) {
            enum pol_status status = given_again(run, again, before, profile, error);
            if (status)
                return status;
            continue;
        }
        move_row(p, row, kept);
        prt_table_put(&p->index, hash, kept++);
    }
    p->count = kept;
    memset(p->data + (size_t)kept * p->stride, 0, p->stride);
    return POL_STATUS_OK;
}

static enum pol_status index_all(pol_run *run, struct pol_error *error) {
    bool *again = prt_zeroed(run->profiles.restored, sizeof *again);
    enum pol_status status = again && prt_table_reserve(&run->profiles.index, run->profiles.count)
                                 ? index_rows(run, again, error)
                                 : prt_no_memory(error);
    prt_release(again);
    return status;
}

/* Numbers the applicants in order of appearance. `first` gets a row of each. */
static bool number_applicants(struct prt_profiles *p, uint32_t *first) {
    struct prt_table table = {0};
    if (!prt_table_reserve(&table, p->count))
        return false;
    uint64_t mask = prt_table_mask(&table);
    for (uint32_t row = 0; row < p->count; row++) {
        struct prt_profile *profile = row_at(p, row);
        if (row + AHEAD < p->count)
            prt_table_prefetch(&table, (uint32_t)(p->hash[row + AHEAD] >> 32));
        uint32_t hash = (uint32_t)(p->hash[row] >> 32), found = PRT_NONE;
        for (uint64_t at = prt_table_start(&table, hash), slot; (slot = table.slot[at]) != 0; at = (at + 1) & mask) {
            uint32_t code = (uint32_t)slot - 1;
            if ((uint32_t)(slot >> 32) == hash && prt_profile_is(row_at(p, first[code]), prt_profile_id(profile))) {
                found = code;
                break;
            }
        }
        if (found == PRT_NONE) {
            found = p->applicants++;
            first[found] = row;
            prt_table_put(&table, hash, found);
        }
        profile->applicant = found;
    }
    prt_table_free(&table);
    return true;
}

/* Shell's sort: an applicant has a few rows, but nothing stops a ledger from giving one applicant many. */
static void sort_by_year(struct prt_profiles *p, uint32_t *row, uint32_t count) {
    uint32_t gap = 1;
    while (gap < count / 3)
        gap = gap * 3 + 1;
    for (; gap > 0; gap /= 3)
        for (uint32_t i = gap; i < count; i++) {
            uint32_t moved = row[i], at = i;
            int32_t year = row_at(p, moved)->year;
            for (; at >= gap && row_at(p, row[at - gap])->year > year; at -= gap)
                row[at] = row[at - gap];
            row[at] = moved;
        }
}

/* Rows by applicant, then year. `first` has room for an entry more than there are applicants. */
static void sort_rows(struct prt_profiles *p, uint32_t *first, uint32_t *sorted) {
    memset(first, 0, ((size_t)p->applicants + 1) * sizeof *first);
    for (uint32_t row = 0; row < p->count; row++)
        first[row_at(p, row)->applicant]++;
    for (uint32_t a = 1; a < p->applicants; a++)
        first[a] += first[a - 1];
    first[p->applicants] = p->count;
    for (uint32_t row = p->count; row-- > 0;) /* fills each range from its end; `first` ends as its beginning */
        sorted[--first[row_at(p, row)->applicant]] = row;
    for (uint32_t a = 0; a < p->applicants; a++)
        sort_by_year(p, sorted + first[a], first[a + 1] - first[a]);
}

/* Puts an applicant's years side by side, for the limit and for carrying. */
static bool list_budgets(struct prt_profiles *p, uint32_t *first) {
    uint32_t *sorted = prt_zeroed(p->count, sizeof *sorted);
    p->budget = prt_zeroed((size_t)p->count + 1, sizeof *p->budget);
    if (sorted && p->budget) {
        sort_rows(p, first, sorted);
        for (uint32_t i = 0; i < p->count; i++) {
            struct prt_profile *profile = row_at(p, sorted[i]);
            bool pays = profile->status == POL_OK && !(profile->flags & POL_PROFILE_EXCLUDED);
            p->budget[i] = (struct prt_budget){
                .left = pays ? p->limit[sorted[i]] : 0, .year = profile->year, .applicant = profile->applicant};
            profile->budget = i;
        }
        p->budget[p->count].applicant = PRT_NONE; /* the end of the last applicant's */
    }
    prt_release(sorted);
    prt_release(p->limit);
    p->limit = NULL;
    return sorted && p->budget;
}

enum pol_status prt_profiles_seal(pol_run *run, struct pol_error *error) {
    struct prt_profiles *p = &run->profiles;
    if (!start(run) || !align_rows(p))
        return prt_no_memory(error);
    enum pol_status status = index_all(run, error);
    if (status)
        return status;
    uint32_t *first = prt_zeroed((size_t)p->count + 1, sizeof *first);
    bool ok = first && number_applicants(p, first);
    prt_release(p->hash);
    p->hash = NULL;
    ok = ok && (!run->module->descriptor->limit.present || list_budgets(p, first));
    prt_release(first);
    if (!ok)
        return prt_no_memory(error);
    pol_part_free(run->profile_part);
    run->profile_part = NULL;
    return POL_STATUS_OK;
}

void prt_profiles_forget(struct prt_profiles *profiles) {
    prt_release(profiles->memory);
    profiles->memory = profiles->data = NULL;
    prt_table_free(&profiles->index);
}

void prt_profiles_free(struct prt_profiles *profiles) {
    prt_profiles_forget(profiles);
    prt_release(profiles->limit);
    prt_release(profiles->hash);
    prt_release(profiles->offset);
    prt_release(profiles->budget);
    *profiles = (struct prt_profiles){0};
}
