/* The applicants' rows: taken in batches, packed one behind the other, indexed by applicant and year. */
#include <pthread.h>
#include <stddef.h>

#include "core/run.h"
#include "core/status.h"

enum { LINE = 64, AHEAD = 16, PIECE = 128 };

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

bool prt_profiles_begin(pol_run *run) {
    const struct pol_descriptor *d = run->module->descriptor;
    run->profiles.offset = prt_zeroed(d->profile_fields.count, sizeof *run->profiles.offset);
    if (!run->profiles.offset)
        return false;
    place_fields(&run->profiles, prt_at(run->module, d->profile_fields), d->profile_fields.count);
    return true;
}

/* ---- packing rows ------------------------------------------------------------------------------------------------ */

static bool make_room(struct prt_packed *p, uint64_t rows, uint32_t stride, bool limited) {
    uint8_t *data = prt_grown(p->data, &p->data_room, rows, stride);
    if (data)
        p->data = data;
    uint64_t *hash = prt_grown(p->hash, &p->hash_room, rows, sizeof *hash);
    if (hash)
        p->hash = hash;
    int64_t *limit = limited ? prt_grown(p->limit, &p->limit_room, rows, sizeof *limit) : NULL;
    if (limit)
        p->limit = limit;
    return data && hash && (limit || !limited);
}

/* Into a row of zeros. */
static void pack_id(struct prt_profile *profile, struct pol_text id) {
    profile->id_size = (uint8_t)id.size;
    if (id.size >= 16 && id.size <= PRT_INLINE_ID) { /* as organisations' have: three words, of which two may overlap */
        memcpy(profile->id, id.data, 16);
        memcpy(profile->id + id.size - 8, id.data + id.size - 8, 8);
    } else if (id.size <= PRT_INLINE_ID) {
        memcpy(profile->id, id.data, id.size);
    } else {
        memcpy(profile->id, &id.data, sizeof id.data);
    }
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

/* Is every cell of every row there and good? */
static bool all_good(const struct prt_block *b) {
    uint8_t worst = POL_OK;
    for (uint32_t f = POL_PROFILE_BUILTINS; f < b->field_count; f++)
        if (b->state[f])
            return false;
    for (uint32_t i = 0; !b->judge && i < b->rows; i++)
        worst |= b->batch->status[b->first + i];
    return worst == POL_OK;
}

static bool usable_key(const struct prt_block *b, uint32_t row) {
    const struct pol_column *columns = b->batch->columns;
    for (uint32_t f = 0; f < POL_PROFILE_BUILTINS; f++)
        if (prt_cell_at(&columns[f], b->first + row) != PRT_PRESENT || (b->state[f] && b->state[f][row] != PRT_PRESENT))
            return false;
    struct pol_text id = ((const struct pol_text *)b->column[POL_PROFILE_APPLICANT])[row];
    return id.size > 0 && id.size <= POL_TEXT_LIMIT;
}

/* The first row without a usable key; as many as there are: none. */
static uint32_t find_unusable(const struct prt_block *b) {
    bool plain = true;
    for (uint32_t f = 0; f < POL_PROFILE_BUILTINS; f++) {
        const struct pol_column *c = &b->batch->columns[f];
        plain = plain && c->values && !c->validity && !c->bad && !b->state[f];
    }
    const struct pol_text *id = b->column[POL_PROFILE_APPLICANT];
    for (uint32_t i = 0; i < b->rows; i++)
        if (plain ? id[i].size - 1 >= POL_TEXT_LIMIT : !usable_key(b, i))
            return i;
    return b->rows;
}

/* The kernel's results for a block. */
struct judged {
    bool good; /* stage 0 has nothing against any row */
    uint8_t flags[PRT_BLOCK];
    int64_t limit[PRT_BLOCK];
};

static void pack_heads(pol_part *part, const struct prt_block *b, const struct judged *judged, uint32_t first,
                       uint32_t end) {
    struct prt_packed *p = &part->packed;
    const struct pol_text *id = b->column[POL_PROFILE_APPLICANT];
    const int32_t *year = b->column[POL_PROFILE_YEAR];
    const size_t stride = part->run->profiles.stride;
    struct prt_profile *profile = (void *)(p->data + (p->count + first) * stride), *before = NULL;
    uint64_t hash = 0;
    int32_t last_year = p->last_year;
    for (uint32_t i = first; i < end; i++, before = profile, profile = (void *)((uint8_t *)profile + stride)) {
        if (!before || !prt_profile_is(before, id[i])) /* most ledgers give the years of an applicant side by side */
            hash = prt_hash_text(id[i].data, id[i].size, part->run->seed);
        p->hash[p->count + i] = hash;
        pack_id(profile, id[i]);
        profile->year = year[i];
        profile->status = judged->good ? POL_OK : row_status(b, i);
        profile->flags = profile->status == POL_OK ? judged->flags[i] : 0;
        if (p->limit)
            p->limit[p->count + i] = profile->status == POL_OK && judged->limit[i] > 0 ? judged->limit[i] : 0;
        last_year = year[i] > last_year ? year[i] : last_year;
    }
    p->last_year = last_year;
}

#define SPREAD(type)                                                                                                   \
    do {                                                                                                               \
        const type *from = b->column[f];                                                                               \
        for (uint32_t i = first; i < end; i++)                                                                         \
            memcpy(to + (size_t)i * stride, &from[i], sizeof(type));                                                   \
    } while (0)

static void pack_field(pol_part *part, const struct prt_block *b, uint32_t f, uint32_t first, uint32_t end) {
    const struct prt_profiles *p = &part->run->profiles;
    uint32_t stride = p->stride;
    uint8_t *to = part->packed.data + part->packed.count * stride + p->offset[f];
    if (b->field[f].width == 1)
        SPREAD(uint8_t);
    else if (b->field[f].width == 4)
        SPREAD(int32_t);
    else if (b->field[f].width == 8)
        SPREAD(int64_t);
    else
        SPREAD(struct pol_text);
}

/* Rows so few that they stay in the nearest cache while one field after the other goes into them. */
static void pack_piece(pol_part *part, const struct prt_block *b, const struct judged *judged, uint32_t first,
                       uint32_t end) {
    size_t stride = part->run->profiles.stride;
    memset(part->packed.data + (part->packed.count + first) * stride, 0, (end - first) * stride);
    pack_heads(part, b, judged, first, end);
    for (uint32_t f = POL_PROFILE_BUILTINS; f < b->field_count; f++)
        pack_field(part, b, f, first, end);
}

static enum pol_status pack_block(pol_part *part, const struct prt_block *b, struct pol_error *error) {
    if (!prt_block_columns(b))
        return prt_no_memory(error);
    uint32_t unusable = find_unusable(b);
    if (unusable < b->rows)
        return prt_fail(error, POL_STATUS_USAGE,
                        "applicants row %llu of the batch has no readable applicant or year; leave such rows out",
                        (unsigned long long)(b->first + unusable));
    struct judged judged = {.good = all_good(b)};
    struct pol_profile_args args = {.rows = b->rows,
                                    .profile = b->column,
                                    .params = part->run->params,
                                    .flags = judged.flags,
                                    .limit = judged.limit};
    part->run->kernels->profile(&args);
    for (uint32_t first = 0; first < b->rows; first += PIECE)
        pack_piece(part, b, &judged, first, b->rows - first < PIECE ? b->rows : first + PIECE);
    part->packed.count += b->rows;
    return POL_STATUS_OK;
}

enum pol_status pol_run_pack_profiles(const pol_run *run, const struct pol_batch *batch, pol_part *part,
                                      struct pol_error *error) {
    if (run->phase != PRT_TAKES_PROFILES || part->run != run)
        return prt_fail(error, POL_STATUS_USAGE, "applicants must come before they are sealed");
    const struct pol_descriptor *d = run->module->descriptor;
    if (!make_room(&part->packed, part->packed.count + batch->rows, run->profiles.stride, d->limit.present))
        return prt_no_memory(error);
    struct prt_block block = {.field = prt_at(run->module, d->profile_fields),
                              .field_count = d->profile_fields.count,
                              .batch = batch,
                              .judge = batch->status == NULL,
                              .skip = PRT_NONE,
                              .column = part->profile,
                              .scratch = part->profile_scratch,
                              .state = part->state,
                              .state_scratch = part->state_scratch,
                              .enums = prt_at(run->module, d->enums)};
    for (; block.first < batch->rows; block.first += PRT_BLOCK) {
        uint64_t left = batch->rows - block.first;
        block.rows = left < PRT_BLOCK ? (uint32_t)left : PRT_BLOCK;
        enum pol_status status = pack_block(part, &block, error);
        if (status)
            return status;
    }
    return POL_STATUS_OK;
}

/* ---- taking rows in ---------------------------------------------------------------------------------------------- */

enum pol_status pol_run_add_profiles(pol_run *run, pol_part *part, struct pol_error *error) {
    struct prt_packed *to = &run->profiles.packed, *from = &part->packed;
    if (run->phase != PRT_TAKES_PROFILES || part->run != run)
        return prt_fail(error, POL_STATUS_USAGE, "applicants must come before they are sealed");
    if (from->count > PRT_NONE - 1 - to->count)
        return prt_fail(error, POL_STATUS_INPUT, "more than 4,294,967,294 applicants rows");
    if (!make_room(to, to->count + from->count, run->profiles.stride, run->module->descriptor->limit.present))
        return prt_break(run, error);
    size_t stride = run->profiles.stride;
    if (from->count) {
        memcpy(to->data + to->count * stride, from->data, from->count * stride);
        memcpy(to->hash + to->count, from->hash, from->count * sizeof *to->hash);
    }
    if (from->count && to->limit)
        memcpy(to->limit + to->count, from->limit, from->count * sizeof *to->limit);
    to->last_year = from->last_year > to->last_year ? from->last_year : to->last_year;
    to->count += from->count;
    from->count = 0;
    from->last_year = INT32_MIN;
    return POL_STATUS_OK;
}

enum pol_status pol_run_profiles(pol_run *run, const struct pol_batch *batch, struct pol_error *error) {
    if (run->phase != PRT_TAKES_PROFILES)
        return prt_fail(error, POL_STATUS_USAGE, "applicants must come before they are sealed");
    if (!run->profile_part)
        run->profile_part = prt_part_make(run);
    if (!run->profile_part)
        return prt_break(run, error);
    enum pol_status status = pol_run_pack_profiles(run, batch, run->profile_part, error);
    if (!status)
        status = pol_run_add_profiles(run, run->profile_part, error);
    if (status)
        run->phase = PRT_BROKEN;
    return status;
}

/* ---- sealing ---------------------------------------------------------------------------------------------------- */

/* Rows to whole cache lines, and one of zeros for claims without a profile. */
static bool align_rows(struct prt_profiles *p) {
    uint64_t used = p->packed.count * p->stride, room = p->packed.data_room * p->stride; /* now counted in bytes */
    uint8_t *memory = prt_grown(p->packed.data, &room, used + p->stride + LINE, 1);
    if (!memory)
        return false;
    p->memory = memory;
    p->packed.data = NULL;
    p->packed.data_room = 0;
    p->data = memory + (LINE - (uintptr_t)memory % LINE) % LINE;
    if (p->data != memory)
        memmove(p->data, memory, used);
    memset(p->data + used, 0, p->stride);
    p->count = (uint32_t)p->packed.count;
    p->last_year = p->packed.last_year;
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
    p->packed.hash[to] = p->packed.hash[from];
    if (p->packed.limit)
        p->packed.limit[to] = p->packed.limit[from];
}

static enum pol_status index_rows(pol_run *run, bool *again, struct pol_error *error) {
    struct prt_profiles *p = &run->profiles;
    uint32_t kept = 0;
    for (uint32_t row = 0; row < p->count; row++) {
        const struct prt_profile *profile = row_at(p, row);
        if (row + AHEAD < p->count)
            prt_table_prefetch(&p->index, prt_profile_hash(p->packed.hash[row + AHEAD], row_at(p, row + AHEAD)->year));
        uint32_t hash = prt_profile_hash(p->packed.hash[row], profile->year);
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
    if (kept < p->count) {
        p->count = kept;
        memset(p->data + (size_t)kept * p->stride, 0, p->stride);
    }
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

static bool same_applicant(struct prt_profiles *p, uint32_t row, uint32_t other) {
    return p->packed.hash[row] == p->packed.hash[other] &&
           prt_profile_is(row_at(p, row), prt_profile_id(row_at(p, other)));
}

/* The applicant of a row, PRT_NONE where it is the first row of one. */
static uint32_t find_applicant(struct prt_profiles *p, const struct prt_table *table, const uint32_t *first,
                               uint32_t row, uint32_t hash) {
    uint64_t mask = prt_table_mask(table);
    for (uint64_t at = prt_table_start(table, hash), slot; (slot = table->slot[at]) != 0; at = (at + 1) & mask) {
        uint32_t code = (uint32_t)slot - 1;
        if ((uint32_t)(slot >> 32) == hash && same_applicant(p, first[code], row))
            return code;
    }
    return PRT_NONE;
}

/* At most this many applicants: most ledgers give the years of each one behind the other. */
static uint32_t most_applicants(const struct prt_profiles *p) {
    uint32_t count = p->count > 0;
    for (uint32_t row = 1; row < p->count; row++)
        count += p->packed.hash[row] != p->packed.hash[row - 1];
    return count;
}

/* Numbers the applicants in order of appearance. `first` gets a row of each. */
static bool number_applicants(struct prt_profiles *p, uint32_t *first) {
    struct prt_table table = {0};
    bool memory = prt_table_reserve(&table, most_applicants(p));
    for (uint32_t row = 0; row < p->count && memory; row++) {
        if (row + AHEAD < p->count)
            prt_table_prefetch(&table, (uint32_t)(p->packed.hash[row + AHEAD] >> 32));
        if (row > 0 && same_applicant(p, row, row - 1)) {
            row_at(p, row)->applicant = row_at(p, row - 1)->applicant;
            continue;
        }
        uint32_t hash = (uint32_t)(p->packed.hash[row] >> 32), found = find_applicant(p, &table, first, row, hash);
        if (found == PRT_NONE) {
            memory = prt_table_reserve(&table, 1); /* there is room, unless two ids of one hash follow each other */
            if (!memory)
                break;
            found = p->applicants++;
            first[found] = row;
            prt_table_put(&table, hash, found);
        }
        row_at(p, row)->applicant = found;
    }
    prt_table_free(&table);
    return memory;
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

/* Most ledgers give the rows by applicant and year. */
static bool in_order(const struct prt_profiles *p) {
    for (uint32_t row = 1; row < p->count; row++) {
        const struct prt_profile *before = prt_profile_at(p, row - 1), *profile = prt_profile_at(p, row);
        if (profile->applicant < before->applicant ||
            (profile->applicant == before->applicant && profile->year < before->year))
            return false;
    }
    return true;
}

static void put_budget(struct prt_profiles *p, uint32_t row, uint32_t at, bool first) {
    struct prt_profile *profile = row_at(p, row);
    bool pays = profile->status == POL_OK && !(profile->flags & POL_PROFILE_EXCLUDED);
    p->budget[at] = (struct prt_budget){.left = pays ? p->packed.limit[row] : 0, .year = profile->year, .first = first};
    profile->budget = at;
}

/* Puts an applicant's years side by side, for the limit and for carrying. */
static bool list_budgets(struct prt_profiles *p, uint32_t *first) {
    bool sorted = in_order(p);
    uint32_t *order = prt_zeroed(sorted ? 0 : p->count, sizeof *order);
    p->budget = prt_zeroed((size_t)p->count + 1, sizeof *p->budget);
    if (order && p->budget) {
        if (!sorted)
            sort_rows(p, first, order);
        uint32_t before = PRT_NONE;
        for (uint32_t i = 0; i < p->count; i++) {
            uint32_t row = sorted ? i : order[i], applicant = row_at(p, row)->applicant;
            put_budget(p, row, i, applicant != before);
            before = applicant;
        }
        p->budget[p->count].first = 1; /* the end of the last applicant's */
    }
    prt_release(order);
    prt_release(p->packed.limit);
    p->packed.limit = NULL;
    return order && p->budget;
}

/* ---- two threads ------------------------------------------------------------------------------------------------- */

/* Finding rows by applicant and year, and numbering applicants: neither writes what the other reads, as long as no row
 * that an earlier run was given is dropped. */
struct indexing {
    pol_run *run;
    struct pol_error error;
    enum pol_status status;
};

static void *index_thread(void *data) {
    struct indexing *indexing = data;
    indexing->status = index_all(indexing->run, &indexing->error);
    return NULL;
}

static bool number_all(pol_run *run) {
    struct prt_profiles *p = &run->profiles;
    uint32_t *first = prt_zeroed((size_t)p->count + 1, sizeof *first);
    bool ok =
        first && number_applicants(p, first) && (!run->module->descriptor->limit.present || list_budgets(p, first));
    prt_release(first);
    return ok;
}

enum pol_status prt_profiles_seal(pol_run *run, struct pol_error *error) {
    struct prt_profiles *p = &run->profiles;
    struct indexing indexing = {.run = run};
    pthread_t thread;
    bool numbered = true;
    if (!align_rows(p))
        return prt_no_memory(error);
    bool apart = run->threads > 1 && p->restored == 0 && p->count >= run->shard_minimum &&
                 pthread_create(&thread, NULL, index_thread, &indexing) == 0;
    if (!apart)
        index_thread(&indexing);
    if (apart || !indexing.status)
        numbered = number_all(run);
    if (apart)
        pthread_join(thread, NULL);
    prt_release(p->packed.hash);
    p->packed.hash = NULL;
    if (indexing.status) {
        if (error)
            *error = indexing.error;
        return indexing.status;
    }
    if (!numbered)
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

void prt_packed_free(struct prt_packed *packed) {
    prt_release(packed->data);
    prt_release(packed->limit);
    prt_release(packed->hash);
    *packed = (struct prt_packed){0};
}

void prt_profiles_free(struct prt_profiles *profiles) {
    prt_profiles_forget(profiles);
    prt_packed_free(&profiles->packed);
    prt_release(profiles->offset);
    prt_release(profiles->budget);
    *profiles = (struct prt_profiles){0};
}
