/* Saving: what earlier runs left and what this run adds, merged into one state in canonical order. */
#include "core/state.h"

#include <string.h>

#include "core/days.h"
#include "core/memory.h"
#include "core/status.h"
#include "core/volume.h"

struct saving {
    pol_run *run;
    const struct pol_state_sink *sink;
    struct prt_writer w;
    uint32_t *rows;       /* profile rows by (applicant, year) */
    uint32_t *row_rank;   /* by row: its place there */
    uint32_t *applicant;  /* by applicant: the place of its first row */
    uint32_t *items;      /* by place: the item */
    uint32_t *item_rank;  /* by item: its place */
    uint32_t *row_of;     /* by budget: the profile row; only with a limit */
    uint32_t **cells;     /* by family: those in use, by key */
    uint64_t *cell_count; /* by family */
    uint32_t *waits;      /* deferred claims that wait: first waiting claims, then 1 + adjusts behind them */
    uint64_t wait_count;
    struct prt_absent *absent;
    uint64_t absent_count;
    struct prt_ranks ranks;
    struct prt_lists lists; /* with work files, instead of cells, waits and absent */
};

static void free_saving(struct saving *s) {
    if (s->lists.volume)
        prt_lists_free(&s->lists);
    for (uint32_t f = 0; s->cells && f < s->run->module->descriptor->cells.count; f++)
        prt_release(s->cells[f]);
    void *const memory[] = {s->rows,   s->row_rank, s->applicant,  s->items, s->item_rank,
                            s->row_of, s->cells,    s->cell_count, s->waits, s->absent};
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++)
        prt_release(memory[i]);
}

/* ---- ranks ------------------------------------------------------------------------------------------------------- */

static int by_key(const void *context, uint32_t a, uint32_t b) {
    const pol_run *run = context;
    const struct prt_profile *x = prt_profile_at(&run->profiles, a), *y = prt_profile_at(&run->profiles, b);
    int order = x->applicant == y->applicant ? 0 : prt_text_order(prt_profile_id(x), prt_profile_id(y));
    return order ? order : (x->year > y->year) - (x->year < y->year);
}

static bool rank_rows(struct saving *s) {
    const struct prt_profiles *p = &s->run->profiles;
    s->rows = prt_zeroed((size_t)p->count + 1, sizeof *s->rows);
    s->row_rank = prt_zeroed((size_t)p->count + 1, sizeof *s->row_rank);
    s->applicant = prt_zeroed((size_t)p->applicants + 1, sizeof *s->applicant);
    if (!s->rows || !s->row_rank || !s->applicant)
        return false;
    for (uint32_t i = 0; i < p->count; i++)
        s->rows[i] = i;
    if (!prt_sort(s->rows, p->count, by_key, s->run))
        return false;
    for (uint32_t i = p->count; i-- > 0;) {
        s->row_rank[s->rows[i]] = i;
        s->applicant[prt_profile_at(p, s->rows[i])->applicant] = i;
    }
    return true;
}

static bool rank_items(struct saving *s) {
    uint32_t count = s->run->module->descriptor->items.count;
    s->items = prt_item_order(s->run->module);
    s->item_rank = prt_zeroed((size_t)count + 1, sizeof *s->item_rank);
    for (uint32_t i = 0; s->items && s->item_rank && i < count; i++)
        s->item_rank[s->items[i]] = i;
    s->ranks =
        (struct prt_ranks){.row = s->row_rank, .applicant = s->applicant, .item = s->item_rank, .item_at = s->items};
    return s->items && s->item_rank;
}

uint32_t *prt_budget_rows(const pol_run *run) {
    const struct prt_profiles *p = &run->profiles;
    uint32_t *row_of = prt_zeroed((size_t)p->count + 1, sizeof *row_of);
    for (uint32_t row = 0; row_of && row < p->count; row++)
        row_of[prt_profile_at(p, row)->budget] = row;
    return row_of;
}

/* ---- what waits -------------------------------------------------------------------------------------------------- */

struct prt_waiting prt_waiting_of(const uint32_t *record, struct pol_text id, const uint32_t *row_of,
                                  const struct prt_wait *wait) {
    return (struct prt_waiting){.id = id,
                                .profile = row_of[record[PRT_BUDGET]],
                                .date = (int32_t)record[PRT_DATE],
                                .item = prt_record_item(record),
                                .award = prt_wide(record + PRT_AWARD),
                                .entitled = wait->entitled,
                                .payable = wait->payable,
                                .carried = wait->carried,
                                .waiting = wait->waiting,
                                .paid = wait->paid};
}

static struct prt_waiting wait_of(const struct saving *s, uint32_t index) {
    const pol_run *run = s->run;
    if (index < run->past->waiting_count)
        return run->past->waiting[index];
    const struct prt_adjust *a = &run->adjust[index - run->past->waiting_count];
    const uint32_t *record = run->stream + a->record;
    int64_t (*paid)(void *, uint64_t) = s->sink->paid;
    struct prt_wait wait = {.entitled = a->entitled,
                            .payable = a->payable,
                            .carried = a->carried,
                            .waiting = a->waiting,
                            .paid = paid ? paid(s->sink->context, record[PRT_ROW]) : POL_PAID_UNKNOWN};
    return prt_waiting_of(record, prt_id_text(&run->ids, run->id[record[PRT_ROW]]), s->row_of, &wait);
}

static int by_date(const void *context, uint32_t a, uint32_t b) {
    const struct saving *s = context;
    const struct prt_waiting x = wait_of(s, a), y = wait_of(s, b);
    return x.date != y.date ? (x.date < y.date ? -1 : 1) : prt_text_order(x.id, y.id);
}

static bool list_waits(struct saving *s) {
    const pol_run *run = s->run;
    if (!run->module->descriptor->limit.present)
        return true;
    uint64_t most = run->past->waiting_count + run->adjust_count;
    s->row_of = prt_budget_rows(run);
    /* with work files there are no adjusts: this run's claims follow from there */
    s->waits = prt_zeroed((size_t)most, sizeof *s->waits);
    if (!s->row_of || !s->waits || most >= PRT_NONE)
        return false;
    for (uint64_t i = 0; i < most; i++) {
        int64_t waiting = i < run->past->waiting_count ? run->past->waiting[i].waiting
                                                       : run->adjust[i - run->past->waiting_count].waiting;
        if (waiting > 0)
            s->waits[s->wait_count++] = (uint32_t)i;
    }
    struct pol_state_sink quiet = {0}; /* sorting need not know what was paid */
    const struct pol_state_sink *sink = s->sink;
    s->sink = &quiet;
    bool ok = prt_sort(s->waits, s->wait_count, by_date, s);
    s->sink = sink;
    return ok;
}

/* ---- rows that were missing -------------------------------------------------------------------------------------- */

static int absent_order(const struct prt_absent *a, const struct prt_absent *b) {
    int order = prt_text_order(a->applicant, b->applicant);
    return order ? order : (a->year > b->year) - (a->year < b->year);
}

struct absents {
    const struct prt_absent *list;
};

static int by_absent(const void *context, uint32_t a, uint32_t b) {
    const struct prt_absent *list = ((const struct absents *)context)->list;
    int order = absent_order(&list[a], &list[b]);
    return order ? order : prt_text_order(list[a].claim, list[b].claim);
}

/* Those of earlier runs and of this one, as they come. */
static struct prt_absent *gather_absent(const pol_run *run, uint64_t *count) {
    const struct prt_past *past = run->past;
    struct prt_absent *all = prt_zeroed((size_t)(past->absent_count + past->missing_count), sizeof *all);
    if (!all)
        return NULL;
    if (past->absent_count)
        memcpy(all, past->absent, (size_t)past->absent_count * sizeof *all);
    *count = past->absent_count;
    for (uint64_t i = 0; i < past->missing_count; i++) {
        const struct prt_missing *m = &past->missing[i];
        if (run->reason[m->row] == POL_MISSING_PROFILE)
            all[(*count)++] = (struct prt_absent){
                .applicant = m->applicant, .year = m->year, .claim = prt_id_text(&run->ids, run->id[m->row])};
    }
    return all;
}

static bool list_absent(struct saving *s) {
    uint64_t count = 0;
    struct prt_absent *all = gather_absent(s->run, &count);
    uint32_t *order = all && count < PRT_NONE ? prt_zeroed((size_t)count, sizeof *order) : NULL;
    s->absent = order ? prt_zeroed((size_t)count, sizeof *s->absent) : NULL;
    for (uint64_t i = 0; order && i < count; i++)
        order[i] = (uint32_t)i;
    const struct absents context = {all};
    bool ok = s->absent && prt_sort(order, count, by_absent, &context);
    for (uint64_t i = 0; ok && i < count; i++) {
        const struct prt_absent *a = &all[order[i]];
        if (s->absent_count == 0 || absent_order(&s->absent[s->absent_count - 1], a) != 0)
            s->absent[s->absent_count++] = *a;
    }
    prt_release(order);
    prt_release(all);
    return ok;
}

/* ---- cells in use ------------------------------------------------------------------------------------------------ */

static int64_t cell_value(const pol_run *run, uint32_t family, uint32_t cell) {
    const void *cells = run->state[family].cells;
    if (run->plan.family[family].kind == POL_CELL_ONCE)
        return ((const uint8_t *)cells)[cell];
    if (run->plan.family[family].kind == POL_CELL_ONE_YEAR)
        return ((const int32_t *)cells)[cell];
    return ((const int64_t *)cells)[cell];
}

struct cell_sorting {
    const struct saving *saving;
    struct prt_key_shape shape;
};

static int by_cell(const void *context, uint32_t a, uint32_t b) {
    const struct cell_sorting *c = context;
    struct prt_key_value x[PRT_KEY_PARTS], y[PRT_KEY_PARTS];
    prt_key_of_cell(c->saving->run, &c->shape, &c->saving->ranks, a, x);
    prt_key_of_cell(c->saving->run, &c->shape, &c->saving->ranks, b, y);
    return prt_key_order(&c->shape, x, y);
}

static bool list_family(struct saving *s, uint32_t family) {
    const pol_run *run = s->run;
    uint64_t count = 0, at = 0;
    for (uint64_t i = 0; i < run->state[family].count; i++)
        count += cell_value(run, family, (uint32_t)i) != 0;
    uint32_t *cells = s->cells[family] = prt_zeroed((size_t)count, sizeof *cells);
    if (!cells)
        return false;
    for (uint64_t i = 0; i < run->state[family].count; i++)
        if (cell_value(run, family, (uint32_t)i) != 0)
            cells[at++] = (uint32_t)i;
    s->cell_count[family] = count;
    struct cell_sorting context = {.saving = s};
    prt_key_shape_make(run, family, &context.shape);
    return prt_sort(cells, count, by_cell, &context);
}

static bool list_cells(struct saving *s) {
    uint32_t families = s->run->module->descriptor->cells.count;
    s->cells = prt_zeroed(families, sizeof *s->cells);
    s->cell_count = prt_zeroed(families, sizeof *s->cell_count);
    bool ok = s->cells && s->cell_count;
    for (uint32_t f = 0; ok && f < families; f++)
        ok = list_family(s, f);
    return ok;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* The last claim that reached stage 5, of all runs. */
static void find_last(const pol_run *run, struct prt_intro *intro) {
    intro->last_date = run->past->last_date;
    intro->last_id = run->past->last_id.data ? run->past->last_id : (struct pol_text){.data = ""};
    for (uint64_t at = 0; at < run->words; at += prt_item_of(run, run->stream + at)->words) {
        const uint32_t *record = run->stream + at;
        int32_t date = (int32_t)record[PRT_DATE];
        if ((record[PRT_ITEM] & PRT_DEAD) || date < intro->last_date)
            continue;
        struct pol_text id = prt_id_text(&run->ids, run->id[record[PRT_ROW]]);
        if (date > intro->last_date || prt_text_order(id, intro->last_id) > 0) {
            intro->last_date = date;
            intro->last_id = id;
        }
    }
}

/* What comes from work files. */
static void find_in_files(const struct saving *s, struct prt_intro *intro) {
    const struct prt_lists *l = &s->lists;
    struct pol_text id = {.data = l->last_id.data, .size = l->last_id.size};
    if (l->last_date != INT32_MIN && (l->last_date > intro->last_date ||
                                      (l->last_date == intro->last_date && prt_text_order(id, intro->last_id) > 0))) {
        intro->last_date = l->last_date;
        intro->last_id = id;
    }
    intro->claims = s->run->past->id_count + l->id_count;
    intro->absent = l->absent_count;
    intro->waiting += l->wait_count;
    for (uint32_t f = 0; f < s->run->module->descriptor->cells.count; f++)
        intro->cells += l->cell_count[f];
    if (__builtin_add_overflow(intro->waiting_fen, l->waiting_fen, &intro->waiting_fen))
        intro->waiting_fen = INT64_MAX;
}

static void put_intro(struct saving *s) {
    const pol_run *run = s->run;
    struct prt_intro intro = {.policy = prt_module_text(run->module, run->module->descriptor->name),
                              .version = prt_module_text(run->module, run->module->descriptor->version),
                              .as_of_option = run->as_of_option,
                              .as_of_year = run->as_of_year,
                              .last_day = run->last_day,
                              .claims = prt_past_id_count(run),
                              .rows = run->profiles.count,
                              .absent = s->absent_count,
                              .waiting = s->wait_count};
    find_last(run, &intro);
    for (uint32_t f = 0; s->cell_count && f < run->module->descriptor->cells.count; f++)
        intro.cells += s->cell_count[f];
    for (uint64_t i = 0; i < s->wait_count; i++) {
        int64_t waiting = s->waits[i] < run->past->waiting_count
                              ? run->past->waiting[s->waits[i]].waiting
                              : run->adjust[s->waits[i] - run->past->waiting_count].waiting;
        if (__builtin_add_overflow(intro.waiting_fen, waiting, &intro.waiting_fen))
            intro.waiting_fen = INT64_MAX;
    }
    if (run->volume)
        find_in_files(s, &intro);
    prt_put_intro(&s->w, &intro);
}

static bool put_params(struct saving *s) {
    uint32_t count = s->run->module->descriptor->params.count;
    uint32_t *order = prt_param_order(s->run->module);
    prt_put_number(&s->w, count);
    for (uint32_t i = 0; order && i < count; i++)
        prt_put_signed(&s->w, s->run->params[order[i]]);
    prt_release(order);
    return order != NULL;
}

static void put_value(struct prt_writer *w, const struct pol_field *f, const uint8_t *at) {
    int64_t value = 0;
    int32_t narrow;
    struct pol_text text;
    if (f->type == POL_TEXT) {
        memcpy(&text, at, sizeof text);
        prt_put_text(w, text);
        return;
    }
    if (f->width == 1) {
        value = *at;
    } else if (f->width == 4) {
        memcpy(&narrow, at, sizeof narrow);
        value = narrow;
    } else {
        memcpy(&value, at, sizeof value);
    }
    prt_put_signed(w, value);
}

static void put_row(struct saving *s, uint32_t rank, const uint32_t *order) {
    const pol_run *run = s->run;
    const struct pol_field *field = prt_at(run->module, run->module->descriptor->profile_fields);
    const struct prt_profile *p = prt_profile_at(&run->profiles, s->rows[rank]);
    bool same = rank > 0 && prt_profile_at(&run->profiles, s->rows[rank - 1])->applicant == p->applicant;
    struct pol_text id = prt_profile_id(p);
    prt_put_number(&s->w, same ? 0 : id.size + 1u);
    if (!same)
        prt_put(&s->w, id.data, id.size);
    prt_put_signed(&s->w, p->year);
    prt_put_number(&s->w, p->status == POL_OK ? 0 : p->status == POL_MISSING_FIELD ? 1 : 2);
    for (uint32_t i = 0; p->status == POL_OK && i < run->module->descriptor->profile_fields.count; i++)
        if (order[i] >= POL_PROFILE_BUILTINS)
            put_value(&s->w, &field[order[i]], (const uint8_t *)p + run->profiles.offset[order[i]]);
    if (!run->module->descriptor->limit.present)
        return;
    prt_put_signed(&s->w, run->profiles.budget[p->budget].left);
    prt_put_signed(&s->w, run->past->carried_from[p->budget]);
}

static bool put_rows(struct saving *s) {
    uint32_t *order = prt_field_order(s->run->module);
    for (uint32_t i = 0; order && i < s->run->profiles.count; i++)
        put_row(s, i, order);
    prt_release(order);
    return order != NULL;
}

static void put_absent(struct saving *s) {
    for (uint64_t i = 0; i < s->absent_count; i++) {
        prt_put_text(&s->w, s->absent[i].applicant);
        prt_put_signed(&s->w, s->absent[i].year);
        prt_put_text(&s->w, s->absent[i].claim);
    }
}

static void put_wait(struct saving *s, const struct prt_waiting *w) {
    prt_put_text(&s->w, w->id);
    prt_put_number(&s->w, s->row_rank[w->profile]);
    prt_put_signed(&s->w, w->date);
    prt_put_number(&s->w, s->item_rank[w->item]);
    const int64_t amounts[] = {w->award, w->entitled, w->payable, w->carried, w->waiting};
    for (size_t k = 0; k < sizeof amounts / sizeof *amounts; k++)
        prt_put_signed(&s->w, amounts[k]);
    prt_put_number(&s->w, w->paid != POL_PAID_UNKNOWN);
    if (w->paid != POL_PAID_UNKNOWN)
        prt_put_signed(&s->w, w->paid);
}

/* No claim of this run goes before one that an earlier run deferred. */
static void put_waiting(struct saving *s) {
    struct prt_waiting w;
    for (uint64_t i = 0; i < s->wait_count; i++) {
        w = wait_of(s, s->waits[i]);
        put_wait(s, &w);
    }
    while (s->lists.volume && prt_lists_next_wait(&s->lists, &w, s->row_of))
        put_wait(s, &w);
}

static void put_key(struct saving *s, const struct prt_key_shape *shape, const struct prt_key_value *value) {
    for (uint32_t k = 0; k < shape->count; k++) {
        if (shape->part[k].form == PRT_KEY_TEXT)
            prt_put_text(&s->w, value[k].text);
        else
            prt_put_signed(&s->w, value[k].number);
    }
}

static void put_listed(struct saving *s, const struct prt_key_shape *shape, uint64_t count) {
    struct prt_key_value value[PRT_KEY_PARTS];
    int64_t amount = 0;
    for (uint64_t i = 0; i < count && prt_lists_next_cell(&s->lists, shape, value, &amount); i++) {
        put_key(s, shape, value);
        prt_put_signed(&s->w, amount);
    }
}

static void put_family(struct saving *s, uint32_t family) {
    const pol_run *run = s->run;
    struct prt_key_shape shape;
    struct prt_key_value value[PRT_KEY_PARTS];
    prt_key_shape_make(run, family, &shape);
    prt_put(&s->w, prt_cell_digest(run->module, family), POL_DIGEST_SIZE);
    uint64_t count = run->volume ? s->lists.cell_count[family] : s->cell_count[family];
    prt_put_number(&s->w, count);
    if (run->volume) {
        put_listed(s, &shape, count);
        return;
    }
    for (uint64_t i = 0; i < count; i++) {
        uint32_t cell = s->cells[family][i];
        prt_key_of_cell(run, &shape, &s->ranks, cell, value);
        put_key(s, &shape, value);
        prt_put_signed(&s->w, cell_value(run, family, cell));
    }
}

static bool put_cells(struct saving *s) {
    uint32_t families = s->run->module->descriptor->cells.count;
    uint32_t *order = prt_cell_order(s->run->module);
    prt_put_number(&s->w, families);
    for (uint32_t i = 0; order && i < families; i++)
        put_family(s, order[i]);
    prt_release(order);
    return order != NULL;
}

static void put_head(struct saving *s) {
    const struct pol_descriptor *d = s->run->module->descriptor;
    struct prt_state_head head = {.version = PRT_STATE_VERSION, .abi_major = POL_ABI_MAJOR, .abi_minor = POL_ABI_MINOR};
    memcpy(head.magic, PRT_STATE_MAGIC, sizeof head.magic);
    memcpy(head.rules_digest, d->rules_digest, sizeof head.rules_digest);
    prt_put(&s->w, &head, sizeof head);
    put_intro(s);
}

static bool write_all(struct saving *s) {
    put_head(s);
    if (!put_params(s) || !put_rows(s))
        return false;
    bool files = s->run->volume != NULL;
    if (!files)
        put_absent(s);
    else if (!prt_lists_put_absent(&s->lists, &s->w))
        return false;
    put_waiting(s);
    return put_cells(s) && prt_past_write_ids(s->run, files ? &s->lists : NULL, &s->w);
}

/* Of a run through files what fails is known there. */
static enum pol_status save_failed(pol_run *run, struct pol_error *error) {
    return run->volume && prt_volume_failed(run->volume) ? prt_volume_break(run, error) : prt_no_memory(error);
}

enum pol_status pol_run_save_state(pol_run *run, const struct pol_state_sink *sink, struct pol_error *error) {
    if (run->phase != PRT_DECIDED || !run->past)
        return prt_fail(error, POL_STATUS_USAGE,
                        "only a run that went on from a state, or began one, and has decided can save its state");
    struct saving s = {.run = run, .sink = sink};
    bool ok = rank_rows(&s) && rank_items(&s) && list_waits(&s);
    if (run->volume)
        ok = ok && prt_lists_make(&s.lists, run, &s.ranks, sink);
    else
        ok = ok && list_absent(&s) && list_cells(&s);
    enum pol_status status = ok ? POL_STATUS_OK : save_failed(run, error);
    if (ok && prt_writer_start(&s.w, sink, error)) {
        ok = write_all(&s) && !(run->volume && prt_volume_failed(run->volume));
        if (!ok && !s.w.status)
            s.w.status = save_failed(run, error);
        status = prt_writer_end(&s.w);
    }
    free_saving(&s);
    return status ? status : s.w.status;
}
