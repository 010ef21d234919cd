/* Decisions and payments, read out of the rows, the stream and what the fold adjusted. */
#include <assert.h>

#include "core/days.h"
#include "core/run.h"
#include "core/status.h"
#include "core/volume.h"

enum pol_decision_kind pol_decision_kind(enum pol_reason reason) {
    switch (reason) {
    case POL_OK:
        return POL_GRANTED;
    case POL_CAP:
        return POL_REDUCED;
    case POL_LIMIT:
        return POL_DEFERRED;
    case POL_DUPLICATE_CLAIM:
    case POL_UNKNOWN_ITEM:
    case POL_BAD_VALUE:
    case POL_MISSING_FIELD:
    case POL_MISSING_PROFILE:
        return POL_INVALID;
    case POL_NOT_IN_FORCE:
    case POL_EXCLUDED:
    case POL_INELIGIBLE:
    case POL_ALREADY_AWARDED:
    case POL_CAP_REACHED:
    case POL_REASON_COUNT:
        break;
    }
    return POL_DENIED;
}

/* ---- walking the records ----------------------------------------------------------------------------------------- */

static uint64_t size_at(const pol_run *run, uint64_t word) {
    return prt_item_of(run, run->stream + word)->words;
}

uint64_t prt_find_record(const pol_run *run, uint64_t row) {
    uint64_t low = 0, high = run->mark_count; /* marks before `low` are at rows <= row */
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (run->mark[middle].row <= row)
            low = middle + 1;
        else
            high = middle;
    }
    uint64_t word = low ? run->mark[low - 1].word : 0;
    while (word < run->words && run->stream[word + PRT_ROW] < row)
        word += size_at(run, word);
    return word;
}

/* The row's record, NULL if it never reached the fold; *word moves past it. */
static const uint32_t *take_record(const pol_run *run, uint64_t *word, uint64_t row) {
    if (*word >= run->words || run->stream[*word + PRT_ROW] != row)
        return NULL;
    const uint32_t *record = run->stream + *word;
    *word += size_at(run, *word);
    return record[PRT_ITEM] & PRT_DEAD ? NULL : record;
}

static const struct prt_adjust *adjust_of(const pol_run *run, const uint32_t *record) {
    return record[PRT_ADJUST] ? &run->adjust[record[PRT_ADJUST] - 1] : NULL;
}

/* ---- decisions --------------------------------------------------------------------------------------------------- */

static void set_amounts(const pol_run *run, const uint32_t *record, struct pol_decision *d) {
    d->award = prt_wide(record + PRT_AWARD);
    if (d->kind == POL_DENIED)
        return;
    const struct prt_adjust *a = adjust_of(run, record);
    d->entitled = a ? a->entitled : d->award;
    d->payable = a ? a->payable : d->award;
    if (!a)
        return;
    d->carried = a->carried;
    bool open = (int64_t)a->year + run->module->descriptor->limit.carry_years > run->as_of_year;
    *(open ? &d->outstanding : &d->lapsed) = a->waiting;
}

void pol_run_decisions(const pol_run *run, uint64_t first, uint64_t count, struct pol_decision *out) {
    assert(run->phase == PRT_DECIDED && first <= run->rows && count <= run->rows - first);
    if (run->volume) {
        prt_volume_decisions(run, first, count, out);
        return;
    }
    uint64_t word = prt_find_record(run, first);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t row = first + i;
        struct pol_decision d = {.reason = run->reason[row], .rule = run->rule[row], .award = -1};
        d.kind = (uint8_t)pol_decision_kind(d.reason);
        const uint32_t *record = take_record(run, &word, row);
        if (record)
            set_amounts(run, record, &d);
        out[i] = d;
    }
}

/* ---- payments ---------------------------------------------------------------------------------------------------- */

static int64_t payable_of(const pol_run *run, const uint32_t *record) {
    enum pol_decision_kind kind = pol_decision_kind(run->reason[record[PRT_ROW]]);
    if (kind == POL_DENIED || kind == POL_INVALID)
        return 0;
    const struct prt_adjust *a = adjust_of(run, record);
    return a ? a->payable : prt_wide(record + PRT_AWARD);
}

/* The payments of one claim: its own year's, then those carried, which are linked from the latest back. */
static uint64_t put_payments(const pol_run *run, const uint32_t *record, struct pol_payment *out, uint64_t room) {
    const struct prt_adjust *a = adjust_of(run, record);
    int64_t payable = payable_of(run, record);
    uint64_t own = payable > 0, count = own;
    for (uint32_t i = a ? a->carry : 0; i; i = run->carry[i - 1].before)
        count++;
    if (own && room > 0)
        out[0] = (struct pol_payment){
            .claim = record[PRT_ROW], .year = prt_year_of((int32_t)record[PRT_DATE]), .amount = payable};
    uint64_t last = count;
    for (uint32_t i = a ? a->carry : 0; i; i = run->carry[i - 1].before)
        if (--last < room)
            out[last] = (struct pol_payment){
                .claim = record[PRT_ROW], .year = run->carry[i - 1].year, .amount = run->carry[i - 1].amount};
    return count;
}

uint64_t pol_run_payments_of(const pol_run *run, uint64_t first, uint64_t count, struct pol_payment *out,
                             uint64_t room) {
    if (run->volume)
        return prt_volume_payments(run, first, count < run->rows - first ? count : run->rows - first, out, room);
    uint64_t found = 0;
    for (uint64_t word = prt_find_record(run, first); word < run->words; word += size_at(run, word)) {
        const uint32_t *record = run->stream + word;
        if (record[PRT_ROW] - first >= count)
            break;
        if (!(record[PRT_ITEM] & PRT_DEAD))
            found += found < room ? put_payments(run, record, out + found, room - found)
                                  : put_payments(run, record, NULL, 0);
    }
    return found;
}

const struct pol_payment *pol_run_payments(const pol_run *run, uint64_t *count) {
    struct prt_payments *payments = run->payments;
    *count = 0;
    if (run->phase != PRT_DECIDED)
        return NULL;
    if (!payments->list) {
        payments->count = pol_run_payments_of(run, 0, run->rows, NULL, 0);
        payments->list = prt_zeroed((size_t)payments->count, sizeof *payments->list);
        if (payments->list)
            pol_run_payments_of(run, 0, run->rows, payments->list, payments->count);
        if (pol_run_check(run, NULL) != POL_STATUS_OK) {
            prt_release(payments->list);
            payments->list = NULL;
            payments->count += payments->count == 0;
        }
    }
    *count = payments->count;
    return payments->list;
}
