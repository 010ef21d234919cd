/* The applicants' rows: taken in batches, packed one behind the other. */
#include <stddef.h>

#include "core/run.h"
#include "core/status.h"

enum { LINE = 64, PIECE = 128 };

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
    run->profiles.data = to->data;
    return prt_profiles_number(&run->profiles) ? POL_STATUS_OK : prt_break(run, error);
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
