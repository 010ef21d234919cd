/* A run over files that goes on from a state, or will be saved: what a state has goes into the lanes of keys and ids,
 * and what a state is made of comes out of them in canonical order. */
#include "core/state.h"
#include "core/status.h"
#include "core/volume.h"
#include "tr.h"

/* ---- what a state has of keys ------------------------------------------------------------------------------------ */

uint64_t prt_volume_opened(const struct prt_volume *v, uint32_t lane) {
    const struct prt_spill *openings = &v->file[PRT_OPENINGS];
    uint64_t bytes = 0;
    if (!openings->lane)
        return 0;
    for (uint64_t i = 0; i < openings->lane[lane].count; i++)
        bytes += openings->lane[lane].extent[i].size;
    return (bytes + openings->lane[lane].used) / sizeof(struct prt_opened);
}

static void set_cell(pol_run *run, uint32_t family, uint32_t cell, int64_t value) {
    void *cells = run->state[family].cells;
    if (run->plan.family[family].kind == POL_CELL_ONCE)
        ((uint8_t *)cells)[cell] = 1;
    else if (run->plan.family[family].kind == POL_CELL_ONE_YEAR)
        ((int32_t *)cells)[cell] = (int32_t)value;
    else
        ((int64_t *)cells)[cell] = value;
}

/* The keys of a lane that came from the state are the first of its codes. */
static bool open_lane(struct prt_volume *v, uint32_t lane, const uint32_t *first) {
    uint32_t families = v->run->module->descriptor->cells.count;
    struct prt_walk openings = {.spill = &v->file[PRT_OPENINGS], .lane = lane};
    struct prt_walk codes = {.spill = &v->file[PRT_CODES], .lane = lane};
    const struct prt_opened *opened;
    const uint32_t *code = NULL;
    while ((opened = prt_walk_entry(&openings)) != NULL && (code = prt_walk_entry(&codes)) != NULL) {
        set_cell(v->run, opened->family, first[lane * families + opened->family] + *code, opened->value);
        openings.at += (uint32_t)sizeof *opened;
        codes.at += (uint32_t)sizeof *code;
    }
    prt_walk_free(&openings);
    prt_walk_free(&codes);
    if (prt_spill_failure(openings.spill))
        return prt_volume_fail(v, openings.spill);
    return !opened || prt_volume_fail(v, codes.spill);
}

bool prt_volume_open(struct prt_volume *v) {
    uint32_t *first = prt_volume_first_codes(v);
    bool ok = first || prt_volume_fail(v, NULL);
    prt_past_open(v->run);
    for (uint32_t lane = 0; ok && lane < PRT_LANES; lane++)
        ok = open_lane(v, lane, first);
    prt_release(first);
    return ok;
}

/* ---- the order of runs ------------------------------------------------------------------------------------------- */

static bool is_dead(const struct prt_volume *v, uint32_t row) {
    return v->dead && prt_bit(v->dead, row);
}

/* In the order in which the claims came. */
bool prt_volume_check_order(struct prt_volume *v) {
    const pol_run *run = v->run;
    struct prt_walk records = {.spill = &v->file[PRT_RECORDS]};
    struct pol_error error = {0};
    enum pol_status status = POL_STATUS_OK;
    const uint32_t *entry;
    while (run->past->last_date != INT32_MIN && !status && (entry = prt_walk_entry(&records)) != NULL) {
        uint32_t words = prt_item_of(run, entry)->words;
        if (!is_dead(v, entry[PRT_ROW]))
            status = prt_past_too_late(run, prt_entry_id(entry, words), (int32_t)entry[PRT_DATE], &error);
        records.at += prt_entry_size(words, entry[words]);
    }
    prt_walk_free(&records);
    if (status)
        return prt_volume_refuse(v, status, &error);
    return prt_spill_failure(records.spill) == 0 || prt_volume_fail(v, records.spill);
}

/* ---- when all is decided ----------------------------------------------------------------------------------------- */

bool prt_volume_note_wait(struct prt_volume *v, const struct prt_adjust *a) {
    struct prt_spill *waits = &v->file[PRT_WAITS];
    struct prt_wait *entry = prt_spill_take(waits, 0, sizeof *entry, 0);
    if (!entry)
        return prt_volume_fail(v, waits);
    *entry = (struct prt_wait){.place = a->place,
                               .row = a->record,
                               .entitled = a->entitled,
                               .payable = a->payable,
                               .carried = a->carried,
                               .waiting = a->waiting,
                               .paid = POL_PAID_UNKNOWN};
    return true;
}

static bool put_bytes(struct prt_volume *v, uint32_t lane, const void *data, uint64_t size) {
    struct prt_spill *ended = &v->file[PRT_ENDED];
    for (uint64_t at = 0; at < size;) {
        uint32_t piece = size - at < PRT_SPILL_BLOCK ? (uint32_t)(size - at) : PRT_SPILL_BLOCK;
        void *to = prt_spill_take(ended, lane, piece, 0);
        if (!to)
            return prt_volume_fail(v, ended);
        memcpy(to, (const char *)data + at, piece);
        at += piece;
    }
    return prt_spill_end(ended, lane) || prt_volume_fail(v, ended);
}

static bool get_bytes(struct prt_volume *v, uint32_t lane, void *data, uint64_t size) {
    struct prt_spill *ended = &v->file[PRT_ENDED];
    struct prt_walk walk = {.spill = ended, .lane = lane};
    uint64_t at = 0;
    while (at < size && prt_walk_entry(&walk)) {
        uint64_t piece = walk.size < size - at ? walk.size : size - at;
        memcpy((char *)data + at, walk.buffer, piece);
        at += piece;
        walk.at = walk.size;
    }
    prt_walk_free(&walk);
    return at == size || prt_volume_fail(v, ended);
}

struct last {
    int32_t date;
    struct prt_last id;
};

static bool put_budgets(struct prt_volume *v) {
    const struct prt_profiles *p = &v->run->profiles;
    if (!v->run->module->descriptor->limit.present)
        return true;
    return put_bytes(v, PRT_ENDED_LEFT, p->budget, p->count * sizeof *p->budget) &&
           put_bytes(v, PRT_ENDED_CARRIED, v->run->past->carried_from, p->count * sizeof(int32_t));
}

static bool get_budgets(struct prt_volume *v) {
    const struct prt_profiles *p = &v->run->profiles;
    if (!v->run->module->descriptor->limit.present)
        return true;
    return get_bytes(v, PRT_ENDED_LEFT, p->budget, p->count * sizeof *p->budget) &&
           get_bytes(v, PRT_ENDED_CARRIED, v->run->past->carried_from, p->count * sizeof(int32_t));
}

bool prt_volume_end(struct prt_volume *v, int32_t last_date, struct pol_text last_id) {
    const pol_run *run = v->run;
    struct last last = {.date = last_date, .id = {.size = last_id.size, .any = last_date != INT32_MIN}};
    if (last.id.any)
        memcpy(last.id.data, last_id.data, last_id.size);
    bool ok = put_budgets(v) && put_bytes(v, PRT_ENDED_LAST, &last, sizeof last);
    for (uint32_t f = 0; ok && f < run->module->descriptor->cells.count; f++)
        ok = put_bytes(v, PRT_ENDED_CELLS + f, run->state[f].cells, run->state[f].count * run->plan.family[f].width);
    return ok;
}

/* ---- ids --------------------------------------------------------------------------------------------------------- */

static struct prt_sorter *new_sorter(const struct prt_lists *l, const struct prt_sorter_kind *kind) {
    const struct pol_spill *options = &l->volume->options;
    struct prt_sorter *sorter = prt_sorter_new(kind, 1, options->memory / 8, options->folder, "listed");
    if (!sorter)
        prt_volume_fail_sorter(l->volume, NULL);
    return sorter;
}

static bool begin(const struct prt_lists *l, struct prt_sorter *sorter) {
    return prt_sorter_begin(sorter) || prt_volume_fail_sorter(l->volume, sorter);
}

/* An entry that begins with a size and has its bytes behind that. */
static struct pol_text sized_text(const void *entry) {
    struct pol_text text = {.data = (const char *)entry + sizeof(uint32_t)};
    memcpy(&text.size, entry, sizeof(uint32_t));
    return text;
}

static int by_sized_text(const void *a, const void *b) {
    return prt_text_order(sized_text(a), sized_text(b));
}

static const struct prt_sorter_kind kind_of_ids = {.order = by_sized_text, .text = sized_text};

/* By size, then bytes. Those of a state and duplicates are not this run's. */
static bool list_ids(struct prt_lists *l) {
    struct prt_volume *v = l->volume;
    struct prt_spill *ids = &v->file[PRT_IDS];
    bool ok = (l->ids = new_sorter(l, &kind_of_ids)) != NULL;
    for (uint32_t lane = 0; ok && lane < PRT_LANES; lane++) {
        struct prt_walk walk = {.spill = ids, .lane = lane};
        const struct prt_id_entry *entry;
        while (ok && (entry = prt_walk_entry(&walk)) != NULL) {
            walk.at += (uint32_t)sizeof *entry + prt_padded(entry->size);
            if (entry->row == PRT_NONE || is_dead(v, entry->row))
                continue;
            char *to = prt_sorter_add(l->ids, 0, entry->size, (uint32_t)sizeof(uint32_t) + entry->size);
            if (!to) {
                ok = prt_volume_fail_sorter(v, l->ids);
                break;
            }
            memcpy(to, &entry->size, sizeof entry->size);
            memcpy(to + sizeof entry->size, entry + 1, entry->size);
        }
        prt_walk_free(&walk);
        if (prt_spill_failure(ids))
            return prt_volume_fail(v, ids);
    }
    l->id_count = ok ? prt_sorter_count(l->ids) : 0;
    return ok && begin(l, l->ids);
}

bool prt_lists_next_id(struct prt_lists *l, struct pol_text *id) {
    const void *entry = prt_sorter_next(l->ids, NULL, NULL);
    if (!entry) {
        if (prt_sorter_failure(l->ids))
            prt_volume_fail_sorter(l->volume, l->ids);
        return false;
    }
    *id = sized_text(entry);
    return true;
}

/* ---- rows that were missing -------------------------------------------------------------------------------------- */

struct missed { /* and the applicant's id, and the claim's */
    uint32_t applicant, claim;
    int32_t year;
    uint32_t reserved;
};

static struct pol_text missed_applicant(const void *entry) {
    const struct missed *m = entry;
    return (struct pol_text){.data = (const char *)(m + 1), .size = m->applicant};
}

static struct pol_text missed_claim(const struct missed *m) {
    return (struct pol_text){.data = (const char *)(m + 1) + m->applicant, .size = m->claim};
}

static int by_absence(const struct missed *x, const struct missed *y) {
    int order = prt_text_order(missed_applicant(x), missed_applicant(y));
    return order ? order : (x->year > y->year) - (x->year < y->year);
}

static int by_missed(const void *a, const void *b) {
    int order = by_absence(a, b);
    return order ? order : prt_text_order(missed_claim(a), missed_claim(b));
}

static const struct prt_sorter_kind kind_of_missed = {.order = by_missed, .text = missed_applicant};

static bool add_missed(struct prt_lists *l, struct pol_text applicant, int32_t year, struct pol_text claim) {
    struct missed *to = prt_sorter_add(l->absent, 0, 0, (uint32_t)sizeof *to + applicant.size + claim.size);
    if (!to)
        return prt_volume_fail_sorter(l->volume, l->absent);
    *to = (struct missed){.applicant = applicant.size, .claim = claim.size, .year = year};
    if (applicant.size)
        memcpy(to + 1, applicant.data, applicant.size);
    if (claim.size)
        memcpy((char *)(to + 1) + applicant.size, claim.data, claim.size);
    return true;
}

/* The first of those about one row; false: no more. `last` keeps the one before. */
static bool next_missed(struct prt_lists *l, char **last, uint64_t *room, const struct missed **next) {
    uint32_t size = 0;
    while ((*next = prt_sorter_next(l->absent, NULL, &size)) != NULL) {
        if (*room && by_absence((const struct missed *)(const void *)*last, *next) == 0)
            continue;
        char *copy = prt_grown(*last, room, size, 1);
        if (!copy)
            return prt_volume_fail(l->volume, NULL);
        *last = copy;
        memcpy(copy, *next, size);
        return true;
    }
    return prt_sorter_failure(l->absent) && prt_volume_fail_sorter(l->volume, l->absent);
}

static bool gather_missed(struct prt_lists *l) {
    struct prt_volume *v = l->volume;
    const struct prt_past *past = v->run->past;
    bool ok = true;
    for (uint64_t i = 0; ok && i < past->absent_count; i++)
        ok = add_missed(l, past->absent[i].applicant, past->absent[i].year, past->absent[i].claim);
    struct prt_walk walk = {.spill = &v->file[PRT_MISSINGS]};
    const struct prt_missed *m;
    while (ok && (m = prt_walk_entry(&walk)) != NULL) {
        struct pol_text applicant = {.data = (const char *)(m + 1), .size = m->applicant};
        struct pol_text claim = {.data = applicant.data + prt_padded(m->applicant), .size = m->claim};
        ok = is_dead(v, m->row) || add_missed(l, applicant, m->year, claim);
        walk.at += (uint32_t)sizeof *m + prt_padded(m->applicant) + prt_padded(m->claim);
    }
    prt_walk_free(&walk);
    return ok && (prt_spill_failure(walk.spill) == 0 || prt_volume_fail(v, walk.spill));
}

static bool list_absent(struct prt_lists *l) {
    const struct missed *next;
    char *last = NULL;
    uint64_t room = 0;
    l->absent = new_sorter(l, &kind_of_missed);
    bool ok = l->absent && gather_missed(l) && begin(l, l->absent);
    while (ok && next_missed(l, &last, &room, &next))
        l->absent_count++;
    prt_release(last);
    return ok && !prt_volume_failed(l->volume);
}

bool prt_lists_put_absent(struct prt_lists *l, struct prt_writer *w) {
    const struct missed *next;
    char *last = NULL;
    uint64_t room = 0;
    bool ok = begin(l, l->absent);
    while (ok && next_missed(l, &last, &room, &next)) {
        prt_put_text(w, missed_applicant(next));
        prt_put_signed(w, next->year);
        prt_put_text(w, missed_claim(next));
    }
    prt_release(last);
    return ok && !prt_volume_failed(l->volume);
}

/* ---- what waits -------------------------------------------------------------------------------------------------- */

static int by_nothing(const void *a, const void *b) {
    (void)a;
    (void)b;
    return 0; /* their numbers differ */
}

static const struct prt_sorter_kind kind_of_waits = {.order = by_nothing};

static bool add_wait(const struct prt_lists *l, struct prt_sorter *sorter, uint64_t number, const struct prt_wait *w) {
    struct prt_wait *to = prt_sorter_add(sorter, 0, number, sizeof *to);
    if (!to)
        return prt_volume_fail_sorter(l->volume, sorter);
    *to = *w;
    return true;
}

/* What was paid is asked for row by row, the claims are wanted in the order of deciding. */
static bool ask_paid(struct prt_lists *l, struct prt_sorter *rows, const struct pol_state_sink *sink) {
    const struct prt_wait *from;
    bool ok = begin(l, rows);
    while (ok && (from = prt_sorter_next(rows, NULL, NULL)) != NULL) {
        struct prt_wait wait = *from;
        if (sink->paid)
            wait.paid = sink->paid(sink->context, wait.row);
        if (__builtin_add_overflow(l->waiting_fen, wait.waiting, &l->waiting_fen))
            l->waiting_fen = INT64_MAX;
        ok = add_wait(l, l->waits, wait.place, &wait);
    }
    return ok && (prt_sorter_failure(rows) == 0 || prt_volume_fail_sorter(l->volume, rows));
}

static bool list_waits(struct prt_lists *l, const struct pol_state_sink *sink) {
    struct prt_volume *v = l->volume;
    struct prt_sorter *rows = new_sorter(l, &kind_of_waits);
    l->waits = new_sorter(l, &kind_of_waits);
    bool ok = rows && l->waits;
    struct prt_walk walk = {.spill = &v->file[PRT_WAITS]};
    const struct prt_wait *wait;
    while (ok && (wait = prt_walk_entry(&walk)) != NULL) {
        ok = add_wait(l, rows, wait->row, wait);
        walk.at += (uint32_t)sizeof *wait;
    }
    prt_walk_free(&walk);
    if (prt_spill_failure(walk.spill))
        ok = prt_volume_fail(v, walk.spill);
    ok = ok && ask_paid(l, rows, sink);
    prt_sorter_free(rows);
    l->wait_count = ok ? prt_sorter_count(l->waits) : 0;
    return ok && begin(l, l->waits) && (l->wait_count == 0 || (l->flow = prt_flow_new(v)) != NULL);
}

bool prt_lists_next_wait(struct prt_lists *l, struct prt_waiting *out, const uint32_t *row_of) {
    const pol_run *run = l->volume->run;
    const struct prt_wait *w = prt_sorter_next(l->waits, NULL, NULL);
    const uint32_t *record = NULL;
    if (!w)
        return prt_sorter_failure(l->waits) && prt_volume_fail_sorter(l->volume, l->waits);
    while (l->place <= w->place && (record = prt_flow_next(l->flow)) != NULL)
        l->place++;
    if (!record)
        return prt_volume_failed(l->volume) ? false : prt_volume_fail(l->volume, &l->volume->file[PRT_WAITS]);
    *out = prt_waiting_of(record, prt_entry_id(record, prt_item_of(run, record)->words), row_of, w);
    return true;
}

/* ---- cells in use ------------------------------------------------------------------------------------------------ */

/* A key as bytes that compare as keys do: numbers with their highest byte first, texts with a zero marked behind each
 * zero, and two zeros behind the last byte. The size of the whole, and before it the value, stand in front. */
struct used_cell {
    int64_t value;
    uint32_t size, reserved;
};

static struct pol_text cell_bytes(const void *entry) {
    const struct used_cell *cell = entry;
    return (struct pol_text){.data = (const char *)(cell + 1), .size = cell->size};
}

static int by_bytes(const void *a, const void *b) {
    return prt_text_order(cell_bytes(a), cell_bytes(b));
}

static const struct prt_sorter_kind kind_of_cells = {.order = by_bytes, .text = cell_bytes};

static uint32_t key_room(const struct prt_key_shape *shape, const struct prt_key_value *value) {
    uint32_t size = 0;
    for (uint32_t i = 0; i < shape->count; i++)
        size += shape->part[i].form == PRT_KEY_TEXT ? 2 * value[i].text.size + 2 : (uint32_t)sizeof(uint64_t);
    return size;
}

static char *put_text(char *out, struct pol_text text) {
    for (uint32_t i = 0; i < text.size; i++) {
        *out++ = text.data[i];
        if (text.data[i] == 0)
            *out++ = 1;
    }
    *out++ = 0;
    *out++ = 0;
    return out;
}

static char *put_key(char *out, const struct prt_key_shape *shape, const struct prt_key_value *value) {
    for (uint32_t i = 0; i < shape->count; i++) {
        if (shape->part[i].form == PRT_KEY_TEXT) {
            out = put_text(out, value[i].text);
            continue;
        }
        uint64_t number = (uint64_t)value[i].number ^ (uint64_t)1 << 63;
        for (int shift = 56; shift >= 0; shift -= 8)
            *out++ = (char)(number >> shift);
    }
    return out;
}

static const char *get_text(const char *in, char **out, struct pol_text *text) {
    text->data = *out;
    for (; in[0] != 0 || in[1] != 0; in++) {
        *(*out)++ = *in;
        in += *in == 0;
    }
    text->size = (uint32_t)(*out - text->data);
    return in + 2;
}

static void get_key(const char *in, char *out, const struct prt_key_shape *shape, struct prt_key_value *value) {
    for (uint32_t i = 0; i < shape->count; i++) {
        value[i] = (struct prt_key_value){.text = {.data = ""}};
        if (shape->part[i].form == PRT_KEY_TEXT) {
            in = get_text(in, &out, &value[i].text);
            continue;
        }
        uint64_t number = 0;
        for (int k = 0; k < 8; k++)
            number = number << 8 | (unsigned char)*in++;
        value[i].number = (int64_t)(number ^ (uint64_t)1 << 63);
    }
}

static bool add_cell(struct prt_lists *l, uint32_t family, const struct prt_key_shape *shape,
                     const struct prt_key_value *key, int64_t value) {
    uint32_t room = key_room(shape, key);
    char *bytes = prt_grown(l->bytes, &l->bytes_room, (uint64_t)room + 1, 1);
    if (!bytes)
        return prt_volume_fail(l->volume, NULL);
    l->bytes = bytes;
    uint32_t size = (uint32_t)(put_key(bytes, shape, key) - bytes);
    struct used_cell *to = prt_sorter_add(l->cells, 0, l->family_place[family], (uint32_t)sizeof *to + size);
    if (!to)
        return prt_volume_fail_sorter(l->volume, l->cells);
    *to = (struct used_cell){.value = value, .size = size};
    memcpy(to + 1, bytes, size);
    l->cell_count[family]++;
    return true;
}

struct listing {
    struct prt_lists *lists;
    const struct prt_ranks *ranks;
    struct prt_key_shape *shape;
    uint32_t *seen; /* by family: keys of the lane so far */
    const uint32_t *first;
};

static int64_t value_of(const pol_run *run, uint32_t family, uint32_t cell) {
    const void *cells = run->state[family].cells;
    if (run->plan.family[family].kind == POL_CELL_ONCE)
        return ((const uint8_t *)cells)[cell];
    if (run->plan.family[family].kind == POL_CELL_ONE_YEAR)
        return ((const int32_t *)cells)[cell];
    return ((const int64_t *)cells)[cell];
}

/* A cell without links says by its number what its key is. */
static bool list_plain(const struct listing *g, uint32_t family) {
    const pol_run *run = g->lists->volume->run;
    struct prt_key_value value[PRT_KEY_PARTS];
    for (uint64_t cell = 0; cell < run->state[family].count; cell++) {
        int64_t amount = value_of(run, family, (uint32_t)cell);
        if (amount == 0)
            continue;
        prt_key_of_cell(run, &g->shape[family], g->ranks, (uint32_t)cell, value);
        if (!add_cell(g->lists, family, &g->shape[family], value, amount))
            return false;
    }
    return true;
}

/* The bytes of add_key in volume.c: for each link its number, its size and its bytes. */
static bool list_key(const struct listing *g, uint32_t family, const char *at, uint32_t cell) {
    const pol_run *run = g->lists->volume->run;
    struct prt_pending link[PRT_KEY_PARTS];
    struct prt_key_value value[PRT_KEY_PARTS];
    int64_t amount = value_of(run, family, cell);
    if (amount == 0)
        return true;
    for (uint32_t i = 0; i < run->plan.family[family].link_count; i++) {
        link[i] = (struct prt_pending){0};
        memcpy(&link[i].prefix, at, sizeof(uint64_t));
        memcpy(&link[i].size, at + sizeof(uint64_t), sizeof(uint32_t));
        link[i].data = at + sizeof(uint64_t) + sizeof(uint32_t);
        at = link[i].data + link[i].size;
    }
    prt_key_of_links(run, &g->shape[family], g->ranks, link, value);
    return add_cell(g->lists, family, &g->shape[family], value, amount);
}

/* Codes count up within a lane and family: the first time that one stands there, its key is a new one. */
static bool list_lane(const struct listing *g, uint32_t lane) {
    struct prt_volume *v = g->lists->volume;
    uint32_t families = v->run->module->descriptor->cells.count;
    struct prt_walk keys = {.spill = &v->file[PRT_KEYS], .lane = lane};
    struct prt_walk codes = {.spill = &v->file[PRT_CODES], .lane = lane};
    const struct prt_key_entry *key;
    const uint32_t *code = NULL;
    bool ok = true;
    memset(g->seen, 0, families * sizeof *g->seen);
    while (ok && (key = prt_walk_entry(&keys)) != NULL && (code = prt_walk_entry(&codes)) != NULL) {
        uint32_t family;
        memcpy(&family, key + 1, sizeof family);
        if (*code == g->seen[family]) {
            g->seen[family]++;
            ok = list_key(g, family, (const char *)(key + 1) + sizeof family,
                          g->first[lane * families + family] + *code);
        }
        keys.at += (uint32_t)sizeof *key + prt_padded(key->size);
        codes.at += (uint32_t)sizeof *code;
    }
    prt_walk_free(&keys);
    prt_walk_free(&codes);
    if (prt_spill_failure(keys.spill))
        return prt_volume_fail(v, keys.spill);
    return ok && (prt_spill_failure(codes.spill) == 0 || prt_volume_fail(v, codes.spill));
}

static bool load_cells(struct prt_volume *v) {
    pol_run *run = v->run;
    bool ok = prt_cells_make(run) || prt_volume_fail(v, NULL);
    for (uint32_t f = 0; ok && f < run->module->descriptor->cells.count; f++)
        ok = get_bytes(v, PRT_ENDED_CELLS + f, run->state[f].cells, run->state[f].count * run->plan.family[f].width);
    return ok;
}

static bool list_families(const struct listing *g) {
    const pol_run *run = g->lists->volume->run;
    bool links = false, ok = true;
    for (uint32_t f = 0; ok && f < run->module->descriptor->cells.count; f++) {
        prt_key_shape_make(run, f, &g->shape[f]);
        if (run->plan.family[f].link_count > 0)
            links = true;
        else
            ok = list_plain(g, f);
    }
    for (uint32_t lane = 0; ok && links && lane < PRT_LANES; lane++)
        ok = list_lane(g, lane);
    return ok;
}

/* Where each family goes among the families. */
static bool place_families(struct prt_lists *l) {
    const pol_module *module = l->volume->run->module;
    uint32_t families = module->descriptor->cells.count, *order = prt_cell_order(module);
    l->family_place = prt_zeroed((size_t)families + 1, sizeof *l->family_place);
    for (uint32_t i = 0; order && l->family_place && i < families; i++)
        l->family_place[order[i]] = i;
    bool ok = order && l->family_place;
    prt_release(order);
    return ok || prt_volume_fail(l->volume, NULL);
}

/* By family, then by key. */
static bool list_cells(struct prt_lists *l, const struct prt_ranks *ranks) {
    struct prt_volume *v = l->volume;
    uint32_t families = v->run->module->descriptor->cells.count;
    uint32_t *first = prt_volume_first_codes(v);
    struct listing g = {.lists = l, .ranks = ranks, .first = first};
    g.shape = prt_zeroed(families, sizeof *g.shape);
    g.seen = prt_zeroed((size_t)families + 1, sizeof *g.seen);
    l->cell_count = prt_zeroed((size_t)families + 1, sizeof *l->cell_count);
    l->cells = new_sorter(l, &kind_of_cells);
    bool ok = (first && g.shape && g.seen && l->cell_count && l->cells) || prt_volume_fail(v, NULL);
    ok = ok && place_families(l) && load_cells(v) && list_families(&g);
    prt_cells_free(v->run);
    prt_release(first);
    prt_release(g.shape);
    prt_release(g.seen);
    return ok && begin(l, l->cells);
}

bool prt_lists_next_cell(struct prt_lists *l, const struct prt_key_shape *shape, struct prt_key_value *value,
                         int64_t *amount) {
    const struct used_cell *cell = prt_sorter_next(l->cells, NULL, NULL);
    if (!cell)
        return prt_volume_fail_sorter(l->volume, l->cells);
    char *bytes = prt_grown(l->bytes, &l->bytes_room, (uint64_t)cell->size + 1, 1);
    if (!bytes)
        return prt_volume_fail(l->volume, NULL);
    l->bytes = bytes;
    *amount = cell->value;
    get_key((const char *)(cell + 1), bytes, shape, value);
    return true;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

bool prt_lists_make(struct prt_lists *l, pol_run *run, const struct prt_ranks *ranks,
                    const struct pol_state_sink *sink) {
    struct last last = {.date = INT32_MIN};
    *l = (struct prt_lists){.volume = run->volume};
    bool ok = get_budgets(l->volume) && get_bytes(l->volume, PRT_ENDED_LAST, &last, sizeof last);
    l->last_date = last.date;
    l->last_id = last.id;
    return ok && list_cells(l, ranks) && list_absent(l) && list_waits(l, sink) && list_ids(l);
}

void prt_lists_free(struct prt_lists *l) {
    prt_sorter_free(l->ids);
    prt_sorter_free(l->absent);
    prt_sorter_free(l->waits);
    prt_sorter_free(l->cells);
    prt_flow_free(l->flow);
    prt_release(l->cell_count);
    prt_release(l->family_place);
    prt_release(l->bytes);
}
