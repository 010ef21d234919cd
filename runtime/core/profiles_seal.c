/* The applicants' rows: applicants are numbered in order of appearance, rows found by applicant and year, budgets
 * listed. */
#include <pthread.h>

#include "core/run.h"
#include "core/status.h"

enum { LINE = 64, AHEAD = 16 };

static struct prt_profile *row_at(struct prt_profiles *p, uint32_t row) {
    return (struct prt_profile *)(void *)(p->data + (size_t)row * p->stride);
}

/* ---- applicants -------------------------------------------------------------------------------------------------- */

static bool same_applicant(struct prt_profiles *p, uint32_t row, uint32_t other) {
    return p->packed.hash[row] == p->packed.hash[other] &&
           prt_profile_is(row_at(p, row), prt_profile_id(row_at(p, other)));
}

/* The first row of a row's applicant; PRT_NONE where this is the first. */
static uint32_t find_first(struct prt_profiles *p, uint32_t row, uint32_t hash) {
    if (!p->index.slot)
        return PRT_NONE;
    uint64_t mask = prt_table_mask(&p->index);
    for (uint64_t at = prt_table_start(&p->index, hash), slot; (slot = p->index.slot[at]) != 0; at = (at + 1) & mask)
        if ((uint32_t)(slot >> 32) == hash && same_applicant(p, (uint32_t)slot - 1, row))
            return (uint32_t)slot - 1;
    return PRT_NONE;
}

/* The year that most applicants' rows begin with, if it is that of more than half of them. */
static void vote(struct prt_profiles *p, int32_t year) {
    if (p->votes == 0)
        p->usual_year = year;
    p->votes += p->usual_year == year ? 1 : -1;
}

/* The applicant of a row that is not behind another row of the same applicant. False: no memory. */
static bool number_row(struct prt_profiles *p, uint32_t row) {
    uint32_t hash = prt_applicant_hash(p->packed.hash[row]), first = find_first(p, row, hash);
    if (first != PRT_NONE) {
        row_at(p, row)->applicant = row_at(p, first)->applicant;
        p->side_by_side = false;
        return true;
    }
    if (!prt_table_reserve(&p->index, 1))
        return false;
    row_at(p, row)->applicant = p->applicants++;
    vote(p, row_at(p, row)->year);
    prt_table_put(&p->index, hash, row);
    return true;
}

/* Numbers the applicants in order of appearance, as their rows come in: most ledgers give the years of an applicant one
 * behind the other. False: no memory. */
bool prt_profiles_number(struct prt_profiles *p) {
    const uint64_t *hash = p->packed.hash;
    for (; p->numbered < p->packed.count; p->numbered++) {
        uint32_t row = p->numbered;
        uint64_t ahead = (uint64_t)row + AHEAD;
        if (ahead < p->packed.count && p->index.slot && hash[ahead] != hash[ahead - 1])
            prt_table_prefetch(&p->index, prt_applicant_hash(hash[ahead]));
        if (row > 0 && same_applicant(p, row, row - 1)) {
            const struct prt_profile *before = row_at(p, row - 1);
            row_at(p, row)->applicant = before->applicant;
            p->side_by_side = p->side_by_side && before->year < row_at(p, row)->year;
        } else if (!number_row(p, row)) {
            return false;
        }
    }
    return true;
}

/* ---- applicant and year to row ----------------------------------------------------------------------------------- */

/* The last of an applicant's rows, which stand side by side from `first` on, of this year or an earlier one. */
static uint32_t last_until(const struct prt_profiles *p, uint32_t first, int32_t year) {
    const uint32_t applicant = prt_profile_at(p, first)->applicant;
    uint64_t low = first, high = low + 1, step = 1; /* `low` is such a row, and in the end `high` is none */
    while (high < p->count) {
        const struct prt_profile *row = prt_profile_at(p, (uint32_t)high);
        if (row->applicant != applicant || row->year > year)
            break;
        low = high;
        high += step;
        step *= 2;
    }
    high = high < p->count ? high : p->count;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        const struct prt_profile *row = prt_profile_at(p, (uint32_t)middle);
        if (row->applicant == applicant && row->year <= year)
            low = middle;
        else
            high = middle;
    }
    return (uint32_t)low;
}

uint32_t prt_profile_find(const struct prt_profiles *p, struct pol_text id, int32_t year, uint32_t hash) {
    uint64_t mask = prt_table_mask(&p->index);
    for (uint64_t at = prt_table_start(&p->index, hash), slot; (slot = p->index.slot[at]) != 0; at = (at + 1) & mask) {
        uint32_t row = (uint32_t)slot - 1;
        if ((uint32_t)(slot >> 32) != hash || !prt_profile_is(prt_profile_at(p, row), id))
            continue;
        if (p->side_by_side)
            row = last_until(p, row, year);
        if (prt_profile_at(p, row)->year == year)
            return row;
        if (p->side_by_side)
            break;
    }
    return PRT_NONE;
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
            prt_table_prefetch(&p->index,
                               prt_profile_hash(p, p->packed.hash[row + AHEAD], row_at(p, row + AHEAD)->year));
        uint32_t hash = prt_profile_hash(p, p->packed.hash[row], profile->year);
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

/* ---- budgets ----------------------------------------------------------------------------------------------------- */

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

static void put_budget(struct prt_profiles *p, uint32_t row, uint32_t at, bool first) {
    struct prt_profile *profile = row_at(p, row);
    bool pays = profile->status == POL_OK && !(profile->flags & POL_PROFILE_EXCLUDED);
    p->budget[at] = (struct prt_budget){.left = pays ? p->packed.limit[row] : 0, .year = profile->year, .first = first};
    profile->budget = at;
}

/* Puts an applicant's years side by side, for the limit and for carrying. */
static bool list_budgets(struct prt_profiles *p) {
    uint32_t *first = prt_zeroed(p->side_by_side ? 0 : (size_t)p->applicants + 1, sizeof *first);
    uint32_t *order = prt_zeroed(p->side_by_side ? 0 : p->count, sizeof *order);
    p->budget = prt_zeroed(p->count, sizeof *p->budget);
    bool ok = first && order && p->budget;
    if (ok) {
        if (!p->side_by_side)
            sort_rows(p, first, order);
        uint32_t before = PRT_NONE;
        for (uint32_t i = 0; i < p->count; i++) {
            uint32_t row = p->side_by_side ? i : order[i], applicant = row_at(p, row)->applicant;
            put_budget(p, row, i, applicant != before);
            if (i > 0)
                p->budget[i - 1].last = p->budget[i].first;
            before = applicant;
        }
        if (p->count > 0)
            p->budget[p->count - 1].last = 1;
    }
    prt_release(first);
    prt_release(order);
    prt_release(p->packed.limit);
    p->packed.limit = NULL;
    return ok;
}

/* ---- sealing ----------------------------------------------------------------------------------------------------- */

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

/* Finding rows by applicant and year, and listing budgets: neither writes what the other reads, as long as no row that
 * an earlier run was given is dropped. */
struct indexing {
    pol_run *run;
    struct pol_error error;
    enum pol_status status;
};

/* Where an applicant's rows stand side by side, the first one leads to the others. */
static void *index_thread(void *data) {
    struct indexing *indexing = data;
    struct prt_profiles *p = &indexing->run->profiles;
    if (p->side_by_side)
        return NULL;
    prt_table_free(&p->index);
    indexing->status = index_all(indexing->run, &indexing->error);
    return NULL;
}

enum pol_status prt_profiles_seal(pol_run *run, struct pol_error *error) {
    struct prt_profiles *p = &run->profiles;
    struct indexing indexing = {.run = run};
    pthread_t thread;
    bool listed = true;
    if (!align_rows(p) || (!p->index.slot && !prt_table_reserve(&p->index, 1))) /* of nobody: it is searched, too */
        return prt_no_memory(error);
    bool apart = run->threads > 1 && p->restored == 0 && p->count >= run->shard_minimum && !p->side_by_side &&
                 pthread_create(&thread, NULL, index_thread, &indexing) == 0;
    if (!apart)
        index_thread(&indexing);
    if (run->module->descriptor->limit.present && (apart || !indexing.status))
        listed = list_budgets(p);
    if (apart)
        pthread_join(thread, NULL);
    prt_release(p->packed.hash);
    p->packed.hash = NULL;
    if (indexing.status) {
        if (error)
            *error = indexing.error;
        return indexing.status;
    }
    if (!listed)
        return prt_no_memory(error);
    pol_part_free(run->profile_part);
    run->profile_part = NULL;
    return POL_STATUS_OK;
}
