/* Deciding with a past: duplicates of earlier ids, the order of runs, and what waited.
 *
 * Every deferred claim of an earlier run goes before every claim of this one, in every year's budget: within a year the
 * oldest is paid first, and before the year's own claims. So what waited is carried before the fold begins, claim after
 * claim, as far into later years as there are rows. */
#include "core/days.h"
#include "core/state.h"

#include <assert.h>
#include <string.h>

#include "core/memory.h"
#include "core/status.h"

bool prt_past_append(pol_run *run, const pol_part *part, uint64_t base) {
    struct prt_past *past = run->past;
    struct prt_missing *missing =
        prt_grown(past->missing, &past->missing_room, past->missing_count + part->missing_count, sizeof *missing);
    if (!missing)
        return false;
    past->missing = missing;
    for (uint64_t i = 0; i < part->missing_count; i++) {
        past->missing[past->missing_count] = part->missing[i];
        past->missing[past->missing_count++].row += (uint32_t)base;
    }
    return true;
}

/* ---- the order of runs ------------------------------------------------------------------------------------------- */

static enum pol_status out_of_order(const pol_run *run, struct pol_text id, int32_t date, struct pol_error *error) {
    const struct prt_past *past = run->past;
    char mine[11], last[11];
    prt_date_text(date, mine);
    prt_date_text(past->last_date, last);
    return prt_fail(error, POL_STATUS_INPUT,
                    "claim '%.*s' of %s comes too late: earlier runs have decided up to %s, claim '%.*s', and one "
                    "run would have decided it before; go back to the state before that day and give it with those "
                    "claims, or decide all claims in one run",
                    (int)(id.size < 100 ? id.size : 100), id.data, mine, last,
                    (int)(past->last_id.size < 100 ? past->last_id.size : 100), past->last_id.data);
}

enum pol_status prt_past_too_late(const pol_run *run, struct pol_text id, int32_t date, struct pol_error *error) {
    const struct prt_past *past = run->past;
    if (date > past->last_date || (date == past->last_date && prt_text_order(id, past->last_id) >= 0))
        return POL_STATUS_OK;
    return out_of_order(run, id, date, error);
}

static enum pol_status check_order(const pol_run *run, struct pol_error *error) {
    const struct prt_past *past = run->past;
    if (past->last_date == INT32_MIN)
        return POL_STATUS_OK;
    for (uint64_t at = 0; at < run->words; at += prt_item_of(run, run->stream + at)->words) {
        const uint32_t *record = run->stream + at;
        int32_t date = (int32_t)record[PRT_DATE];
        if ((record[PRT_ITEM] & PRT_DEAD) || date > past->last_date)
            continue;
        struct pol_text id = prt_id_text(&run->ids, run->id[record[PRT_ROW]]);
        enum pol_status status = prt_past_too_late(run, id, date, error);
        if (status)
            return status;
    }
    return POL_STATUS_OK;
}

/* ---- what waited ------------------------------------------------------------------------------------------------- */

static bool add_payment(struct prt_past *past, uint64_t waiting, int32_t year, int64_t amount) {
    struct pol_payment *payments =
        prt_grown(past->payments, &past->payment_room, past->payment_count + 1, sizeof *payments);
    if (!payments)
        return false;
    past->payments = payments;
    payments[past->payment_count++] = (struct pol_payment){.claim = waiting, .year = year, .amount = amount};
    return true;
}

static bool within(const pol_run *run, int32_t from, int32_t year) {
    return (int64_t)year - from <= (int64_t)run->module->descriptor->limit.carry_years;
}

static bool settle_one(pol_run *run, uint64_t index) {
    struct prt_past *past = run->past;
    struct prt_waiting *w = &past->waiting[index];
    struct prt_budget *own = &run->profiles.budget[prt_profile_at(&run->profiles, w->profile)->budget], *b = own;
    while (w->waiting > 0 && !b->last && within(run, own->year, b[1].year)) {
        b++;
        int64_t paid = w->waiting < b->left ? w->waiting : b->left;
        if (paid <= 0)
            continue;
        b->left -= paid;
        w->waiting -= paid;
        w->carried += paid;
        w->settled = true;
        int32_t *from = &past->carried_from[b - run->profiles.budget];
        *from = *from == 0 || own->year < *from ? own->year : *from;
        if (!add_payment(past, index, b->year, paid))
            return false;
    }
    return true;
}

enum pol_status prt_past_settle(pol_run *run, struct pol_error *error) {
    for (uint64_t i = 0; i < run->past->waiting_count; i++)
        if (!settle_one(run, i))
            return prt_no_memory(error);
    return POL_STATUS_OK;
}

enum pol_status prt_past_begin(pol_run *run, struct pol_error *error) {
    enum pol_status status = prt_past_ids(run, error);
    if (!status)
        status = check_order(run, error);
    return status ? status : prt_past_settle(run, error);
}

void prt_past_open(pol_run *run) {
    struct prt_past *past = run->past;
    for (uint32_t f = 0; past->opening && f < run->module->descriptor->cells.count; f++) {
        struct prt_opening *o = &past->opening[f];
        void *cells = run->state[f].cells;
        for (uint64_t i = 0; i < o->count; i++) {
            if (run->plan.family[f].kind == POL_CELL_ONCE)
                ((uint8_t *)cells)[o->cell[i]] = 1;
            else if (run->plan.family[f].kind == POL_CELL_ONE_YEAR)
                ((int32_t *)cells)[o->cell[i]] = (int32_t)o->value[i];
            else
                ((int64_t *)cells)[o->cell[i]] = o->value[i];
        }
        prt_release(o->cell);
        prt_release(o->value);
        *o = (struct prt_opening){0};
    }
}

/* ---- after the fold ---------------------------------------------------------------------------------------------- */

static bool is_open(const pol_run *run, const struct prt_waiting *w, int32_t as_of) {
    int32_t year = prt_profile_at(&run->profiles, w->profile)->year;
    return (int64_t)year + run->module->descriptor->limit.carry_years > as_of;
}

void prt_past_note_carry(pol_run *run, uint32_t budget, int32_t of, int32_t year) {
    uint32_t b = budget + 1;
    while (run->profiles.budget[b].year != year)
        b++;
    int32_t *from = &run->past->carried_from[b];
    *from = *from == 0 || of < *from ? of : *from;
}

/* Which years' limits paid for this run's deferred claims of which years. */
static void note_carries(pol_run *run) {
    for (uint64_t i = 0; i < run->adjust_count; i++) {
        const struct prt_adjust *a = &run->adjust[i];
        uint32_t own = run->stream[a->record + PRT_BUDGET];
        for (uint32_t c = a->carry; c; c = run->carry[c - 1].before)
            prt_past_note_carry(run, own, a->year, run->carry[c - 1].year);
    }
}

enum pol_status prt_past_finish(pol_run *run, struct pol_error *error) {
    struct prt_past *past = run->past;
    past->settled = prt_zeroed((size_t)past->waiting_count, sizeof *past->settled);
    if (!past->settled)
        return prt_no_memory(error);
    uint64_t payment = 0;
    for (uint64_t i = 0; i < past->waiting_count; i++) {
        struct prt_waiting *w = &past->waiting[i];
        w->settled |= w->waiting > 0 && is_open(run, w, past->as_of_year) != is_open(run, w, run->as_of_year);
        for (; payment < past->payment_count && past->payments[payment].claim == i; payment++)
            past->payments[payment].claim = past->settled_count;
        if (w->settled)
            past->settled[past->settled_count++] = (uint32_t)i;
    }
    if (run->module->descriptor->limit.present)
        note_carries(run);
    return POL_STATUS_OK;
}

uint64_t pol_run_settled_count(const pol_run *run) {
    return run->past && run->phase == PRT_DECIDED ? run->past->settled_count : 0;
}

static struct pol_settled settled_at(const pol_run *run, uint64_t index) {
    const struct prt_waiting *w = &run->past->waiting[run->past->settled[index]];
    struct pol_decision d = {.kind = POL_DEFERRED, .reason = POL_LIMIT, .award = w->award, .entitled = w->entitled};
    d.rule = run->plan.item[w->item].limit_rule;
    d.payable = w->payable;
    d.carried = w->carried;
    *(is_open(run, w, run->as_of_year) ? &d.outstanding : &d.lapsed) = w->waiting;
    return (struct pol_settled){.claim = w->id,
                                .applicant = prt_profile_id(prt_profile_at(&run->profiles, w->profile)),
                                .date = w->date,
                                .item = w->item,
                                .paid = w->paid,
                                .decision = d};
}

void pol_run_settled(const pol_run *run, uint64_t first, uint64_t count, struct pol_settled *out) {
    assert(first <= pol_run_settled_count(run) && count <= pol_run_settled_count(run) - first);
    for (uint64_t i = 0; i < count; i++)
        out[i] = settled_at(run, first + i);
}

const struct pol_payment *pol_run_settled_payments(const pol_run *run, uint64_t *count) {
    *count = run->past && run->phase == PRT_DECIDED ? run->past->payment_count : 0;
    return *count ? run->past->payments : NULL;
}
