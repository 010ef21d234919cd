/* Which earlier claims had used the cells that many claims were denied or cut by, in one walk over the ledger.
 *
 * The cells of interest are those that a wanted claim's decision is about. The walk goes in the order of deciding and
 * notes at each such cell the first claims that use it; when it comes to a wanted claim, what stands there is the
 * answer. So neither time nor memory depends on how often a cell is used. */
#include "core/days.h"
#include "core/sorter.h"
#include "core/status.h"
#include "core/volume.h"
#include "tr.h"

struct slot {
    uint64_t key; /* 0 = free */
    uint64_t count;
};

struct search {
    pol_run *run;
    const uint64_t *claims;
    uint64_t count, *uses, *used;
    unsigned most;
    struct slot *slot; /* open addressing; `first` has the rows of the slots' first claims */
    uint32_t *first;
    uint64_t mask;
    uint8_t *wanted; /* bitmap by row */
    bool *of_family; /* by family, and at the end budgets: is a cell of it of interest? */
    int32_t *year;   /* the years of the claim at hand */
    uint64_t year_room;
};

/* ---- cells ------------------------------------------------------------------------------------------------------- */

static uint64_t key_of(uint32_t family, uint32_t cell) {
    return ((uint64_t)family << 32 | cell) + 1;
}

static uint64_t place_of(const struct search *s, uint64_t key) {
    uint64_t at = prt_mix(key, PRT_ODD_1) & s->mask;
    while (s->slot[at].key != 0 && s->slot[at].key != key)
        at = (at + 1) & s->mask;
    return at;
}

static uint32_t budgets(const struct search *s) {
    return s->run->module->descriptor->cells.count;
}

static void note(const struct search *s, uint32_t family, uint32_t cell, uint32_t row) {
    uint64_t at = place_of(s, key_of(family, cell));
    if (s->slot[at].key == 0)
        return;
    if (s->slot[at].count < s->most)
        s->first[at * s->most + s->slot[at].count] = row;
    s->slot[at].count++;
}

/* ---- what a decision is about ------------------------------------------------------------------------------------ */

/* A claim of the fold and what became of it. */
struct visited {
    const uint32_t *record;
    uint32_t row, rule;
    uint8_t reason;
    bool pays;           /* from its own year's limit */
    const int32_t *year; /* later years from whose limits it was paid, the latest first */
    uint32_t years;
};

static bool was_granted(const struct visited *v) {
    return v->reason == POL_OK || v->reason == POL_CAP || v->reason == POL_LIMIT;
}

static bool was_entitled(const struct visited *v) {
    return was_granted(v) || v->reason == POL_CAP_REACHED;
}

static bool is_about(const struct visited *v, const struct prt_step *step) {
    if (step->family == PRT_NONE || v->record[step->word] == PRT_NONE)
        return false;
    return v->reason == POL_OK ? step->kind == POL_STEP_LADDER : step->rule == v->rule;
}

/* The key of the cell that decided; 0 = none. */
static uint64_t deciding_key(const struct search *s, const struct visited *v, uint32_t *family) {
    const pol_run *run = s->run;
    const struct prt_item *item = prt_item_of(run, v->record);
    *family = budgets(s);
    if (v->reason == POL_LIMIT)
        return v->record[PRT_ITEM] & PRT_LIMITED ? key_of(budgets(s), v->record[PRT_BUDGET]) : 0;
    for (uint32_t i = 0; i < item->cap_end; i++) {
        const struct prt_step *step = &run->plan.step[item->first_step + i];
        if (!is_about(v, step))
            continue;
        *family = step->family;
        return key_of(step->family, v->record[step->word]);
    }
    return 0;
}

/* ---- looking at a claim ------------------------------------------------------------------------------------------ */

static uint64_t index_of(const struct search *s, uint64_t row) {
    uint64_t low = 0, high = s->count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (s->claims[middle] < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Notes which cell is of interest. */
static bool want(struct search *s, const struct visited *v) {
    uint32_t family;
    uint64_t key = prt_bit(s->wanted, v->row) ? deciding_key(s, v, &family) : 0;
    if (!key)
        return true;
    s->slot[place_of(s, key)].key = key;
    s->of_family[family] = true;
    return true;
}

static void answer(const struct search *s, const struct visited *v) {
    uint32_t family;
    uint64_t key = deciding_key(s, v, &family);
    uint64_t i = index_of(s, v->row), at = key ? place_of(s, key) : 0;
    if (!key)
        return;
    s->used[i] = s->slot[at].count;
    for (uint64_t k = 0; k < s->most && k < s->used[i]; k++)
        s->uses[i * s->most + k] = s->first[at * s->most + k];
}

/* The budgets of its own year and of those it was carried into. */
static void note_budgets(const struct search *s, const struct visited *v) {
    const struct prt_budget *budget = s->run->profiles.budget;
    uint32_t own = v->record[PRT_BUDGET];
    if (v->pays)
        note(s, budgets(s), own, v->row);
    for (uint32_t i = 0; i < v->years; i++) {
        uint32_t at = own;
        while (budget[at].year < v->year[i])
            at++; /* years ascend, and the one that carried is among them */
        note(s, budgets(s), at, v->row);
    }
}

static void note_cells(const struct search *s, const struct visited *v) {
    const pol_run *run = s->run;
    const struct prt_item *item = prt_item_of(run, v->record);
    bool granted = was_granted(v);
    for (uint32_t i = 0; i < item->cap_end; i++) {
        const struct prt_step *step = &run->plan.step[item->first_step + i];
        bool cap = i >= item->less_end;
        if (step->family != PRT_NONE && s->of_family[step->family] && v->record[step->word] != PRT_NONE &&
            (granted || !cap))
            note(s, step->family, v->record[step->word], v->row);
    }
    if (granted && s->of_family[budgets(s)] && (v->record[PRT_ITEM] & PRT_LIMITED))
        note_budgets(s, v);
}

static bool look(struct search *s, const struct visited *v) {
    if (prt_bit(s->wanted, v->row))
        answer(s, v);
    if (was_entitled(v))
        note_cells(s, v);
    return true;
}

/* ---- the walk ---------------------------------------------------------------------------------------------------- */

typedef bool looker(struct search *s, const struct visited *v);

static bool add_year(struct search *s, uint32_t *years, int32_t year) {
    int32_t *grown = prt_grown(s->year, &s->year_room, *years + 1, sizeof *grown);
    if (!grown)
        return false;
    s->year = grown;
    s->year[(*years)++] = year;
    return true;
}

static bool visit(struct search *s, looker *each, uint32_t at) {
    const pol_run *run = s->run;
    const uint32_t *record = run->stream + at;
    if (record[PRT_ITEM] & PRT_DEAD)
        return true;
    const struct prt_adjust *a = record[PRT_ADJUST] ? &run->adjust[record[PRT_ADJUST] - 1] : NULL;
    struct visited v = {.record = record,
                        .row = record[PRT_ROW],
                        .rule = run->rule[record[PRT_ROW]],
                        .reason = run->reason[record[PRT_ROW]],
                        .pays = !a || a->payable > 0};
    for (uint32_t i = a ? a->carry : 0; i; i = run->carry[i - 1].before)
        if (!add_year(s, &v.years, run->carry[i - 1].year))
            return false;
    v.year = s->year;
    return each(s, &v);
}

static bool walk(struct search *s, looker *each) {
    const pol_run *run = s->run;
    bool ok = true;
    if (run->order)
        for (uint64_t i = 0; ok && i < run->records - run->dead; i++)
            ok = visit(s, each, run->order[i]);
    else
        for (uint64_t at = 0; ok && at < run->words; at += prt_item_of(run, run->stream + at)->words)
            ok = visit(s, each, (uint32_t)at);
    return ok;
}

/* ---- the walk over files ----------------------------------------------------------------------------------------- */

struct files {
    struct prt_flow *flow;
    struct prt_walk visits;
    struct prt_sorter *carries; /* of struct prt_visit_carry, by place */
    const struct prt_visit_carry *carry;
    uint64_t place;
};

static int by_year(const void *a, const void *b) {
    const struct prt_visit_carry *x = a, *y = b;
    return (x->year > y->year) - (x->year < y->year);
}

/* They were noted when a claim waited no more. */
static bool sort_carries(struct prt_volume *v, struct files *files) {
    static const struct prt_sorter_kind kind = {.order = by_year};
    struct prt_spill *spill = &v->file[PRT_CARRIES];
    struct prt_walk all = {.spill = spill};
    files->carries = prt_sorter_new(&kind, 1, v->options.memory / 8, v->options.folder, "sorted_carries");
    bool ok = files->carries != NULL;
    const struct prt_visit_carry *from;
    while (ok && (from = prt_walk_entry(&all)) != NULL) {
        struct prt_visit_carry *to = prt_sorter_add(files->carries, 0, from->place, sizeof *to);
        ok = to != NULL;
        if (ok)
            *to = *from;
        all.at += (uint32_t)sizeof *from;
    }
    prt_walk_free(&all);
    if (prt_spill_failure(spill))
        return prt_volume_fail(v, spill);
    if (!ok || !prt_sorter_begin(files->carries))
        return prt_volume_fail_sorter(v, files->carries);
    files->carry = prt_sorter_next(files->carries, NULL, NULL);
    return true;
}

static bool visit_next(struct search *s, struct files *files, looker *each, const uint32_t *record) {
    struct prt_volume *volume = s->run->volume;
    const struct prt_visit *visit = prt_walk_entry(&files->visits);
    if (!visit)
        return prt_volume_fail(volume, &volume->file[PRT_VISITS]);
    files->visits.at += (uint32_t)sizeof *visit;
    struct visited v = {.record = record,
                        .row = record[PRT_ROW],
                        .rule = visit->rule,
                        .reason = visit->reason,
                        .pays = visit->pays != 0};
    while (files->carry && files->carry->place == files->place) {
        if (!add_year(s, &v.years, files->carry->year))
            return prt_volume_fail(volume, NULL);
        files->carry = prt_sorter_next(files->carries, NULL, NULL);
    }
    v.year = s->year;
    files->place++;
    return each(s, &v);
}

static bool walk_files(struct search *s, looker *each) {
    enum { STEP = 1 << 16 };
    struct prt_volume *volume = s->run->volume;
    struct files files = {.visits = {.spill = &volume->file[PRT_VISITS]}};
    bool ok = sort_carries(volume, &files) && (files.flow = prt_flow_new(volume)) != NULL;
    const uint32_t *record;
    while (ok && (record = prt_flow_next(files.flow)) != NULL) {
        ok = visit_next(s, &files, each, record);
        if (ok && files.place % STEP == 0) {
            prt_volume_progress(volume, tr_later("earlier claims"), files.place, s->run->records);
            ok = !prt_volume_cancelled(volume);
        }
    }
    if (ok && prt_sorter_failure(files.carries))
        ok = prt_volume_fail_sorter(volume, files.carries);
    prt_flow_free(files.flow);
    prt_walk_free(&files.visits);
    prt_sorter_free(files.carries);
    return ok && !prt_volume_failed(volume);
}

/* ---- beginning --------------------------------------------------------------------------------------------------- */

static bool make_room(struct search *s) {
    uint64_t slots = 16;
    while (slots < s->count * 2)
        slots *= 2;
    s->mask = slots - 1;
    s->slot = prt_zeroed((size_t)slots, sizeof *s->slot);
    s->first = prt_zeroed((size_t)slots * s->most, sizeof *s->first);
    s->wanted = prt_zeroed((size_t)(s->run->rows / 8 + 1), 1);
    s->of_family = prt_zeroed(budgets(s) + 1u, sizeof *s->of_family);
    if (!s->slot || !s->first || !s->wanted || !s->of_family)
        return false;
    for (uint64_t i = 0; i < s->count; i++)
        s->wanted[s->claims[i] / 8] |= (uint8_t)(1u << (s->claims[i] % 8));
    return true;
}

static enum pol_status search(struct search *s, struct pol_error *error) {
    pol_run *run = s->run;
    if (!make_room(s))
        return prt_no_memory(error);
    if (run->volume)
        return walk_files(s, want) && walk_files(s, look) ? POL_STATUS_OK : prt_volume_break(run, error);
    bool ok = prt_order(run) && walk(s, want) && walk(s, look);
    prt_release(run->order);
    run->order = NULL;
    return ok ? POL_STATUS_OK : prt_no_memory(error);
}

enum pol_status pol_run_uses(pol_run *run, const uint64_t *claims, uint64_t count, unsigned most, uint64_t *uses,
                             uint64_t *used, struct pol_error *error) {
    if (run->phase != PRT_DECIDED || (count && claims[count - 1] >= run->rows))
        return prt_fail(error, POL_STATUS_USAGE, "only claims of a decided run have earlier claims");
    if (run->volume && !run->volume->options.uses)
        return prt_fail(error, POL_STATUS_USAGE, "a run through files knows earlier claims only if it was told to");
    struct search s = {.run = run, .claims = claims, .count = count, .uses = uses, .used = used, .most = most};
    for (uint64_t i = 0; i < count; i++)
        used[i] = 0;
    enum pol_status status = search(&s, error);
    prt_release(s.slot);
    prt_release(s.first);
    prt_release(s.wanted);
    prt_release(s.of_family);
    prt_release(s.year);
    return status;
}
