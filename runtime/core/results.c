/* Decisions and payments, read out of the rows, the stream and what the fold adjusted. */
#include <assert.h>

#include "core/days.h"
#include "core/results.h"
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

void prt_results_begin(struct prt_results *results, const pol_run *run) {
    results->run = run;
    results->next = results->word = 0;
    results->block = (struct prt_result_block){0};
}

void prt_results_free(struct prt_results *results) {
    prt_release(results->block.memory);
    results->block = (struct prt_result_block){0};
}

enum { AHEAD = 1024 }; /* bytes of the stream that are on their way */

/* Adjustments and carried payments may be anywhere: their way to the cache begins here, for whoever asks for them next.
 * Whether there is one cannot be foretold, and so is not asked: `index` may be that of none. */
static void fetch(const void *array, uint32_t index, size_t width) {
    uintptr_t place = (uintptr_t)array + (index - (index > 0)) * width;
    __builtin_prefetch((const void *)place);
    __builtin_prefetch((const void *)(place + width - 1));
}

const struct prt_outcome *prt_results_read(struct prt_results *r, uint64_t first, uint64_t *count) {
    const pol_run *run = r->run;
    assert(run->phase == PRT_DECIDED && first <= run->rows && *count <= run->rows - first);
    if (run->volume)
        return prt_volume_outcomes(r, first, count);
    if (*count > PRT_OUTCOMES)
        *count = PRT_OUTCOMES;
    uint64_t word = first == r->next ? r->word : prt_find_record(run, first);
    uint32_t adjusts[PRT_OUTCOMES], adjust_count = 0;
    for (uint64_t i = 0; i < *count; i++) {
        struct prt_outcome *o = &r->row[i];
        *o =
            (struct prt_outcome){.award = -1, .rule = (uint16_t)run->rule[first + i], .reason = run->reason[first + i]};
        if (word >= run->words || run->stream[word + PRT_ROW] != first + i)
            continue; /* it never reached the fold */
        const uint32_t *record = run->stream + word;
        word += size_at(run, word);
        __builtin_prefetch((const void *)((uintptr_t)record + AHEAD)); /* may be behind the end */
        if (record[PRT_ITEM] & PRT_DEAD)
            continue;
        o->award = prt_wide(record + PRT_AWARD);
        o->year = prt_year_of((int32_t)record[PRT_DATE]);
        o->adjust = record[PRT_ADJUST];
        fetch(run->adjust, o->adjust, sizeof *run->adjust);
        adjusts[adjust_count] = o->adjust;
        adjust_count += o->adjust > 0;
    }
    for (uint32_t i = 0; i < adjust_count; i++)
        fetch(run->carry, run->adjust[adjusts[i] - 1].carry, sizeof *run->carry);
    r->next = first + *count;
    r->word = word;
    return r->row;
}

/* ---- amounts ----------------------------------------------------------------------------------------------------- */

static bool pays(const struct prt_outcome *outcome) {
    return outcome->award >= 0 && prt_reason_pays(outcome->reason);
}

struct prt_amounts prt_results_amounts(const struct prt_results *r, const struct prt_outcome *outcome) {
    const pol_run *run = r->run;
    if (!pays(outcome))
        return (struct prt_amounts){0};
    if (!outcome->adjust)
        return (struct prt_amounts){.entitled = outcome->award, .payable = outcome->award};
    if (run->volume)
        return prt_volume_amounts(r, outcome);
    const struct prt_adjust *a = &run->adjust[outcome->adjust - 1];
    struct prt_amounts amounts = {.entitled = a->entitled, .payable = a->payable, .carried = a->carried};
    *(prt_still_open(run, a->year) ? &amounts.outstanding : &amounts.lapsed) = a->waiting;
    return amounts;
}

void prt_results_decision(const struct prt_results *r, const struct prt_outcome *outcome, struct pol_decision *d) {
    struct prt_amounts a = prt_results_amounts(r, outcome);
    *d = (struct pol_decision){.kind = (uint8_t)pol_decision_kind(outcome->reason),
                               .reason = outcome->reason,
                               .rule = outcome->rule,
                               .award = outcome->award,
                               .entitled = a.entitled,
                               .payable = a.payable,
                               .carried = a.carried,
                               .outstanding = a.outstanding,
                               .lapsed = a.lapsed};
}

/* Carried payments are linked from the latest back. They are put behind the first `count`. */
static uint64_t put_carried(const pol_run *run, const struct prt_adjust *a, uint64_t row, uint64_t count,
                            struct pol_payment *out, uint64_t room) {
    for (uint32_t i = a->carry; i; i = run->carry[i - 1].before)
        count++;
    uint64_t last = count;
    for (uint32_t i = a->carry; i; i = run->carry[i - 1].before)
        if (--last < room)
            out[last] =
                (struct pol_payment){.claim = row, .year = run->carry[i - 1].year, .amount = run->carry[i - 1].amount};
    return count;
}

uint64_t prt_results_payments(const struct prt_results *r, const struct prt_outcome *outcome, uint64_t row,
                              struct pol_payment *out, uint64_t room) {
    if (!pays(outcome))
        return 0;
    int64_t payable = outcome->adjust ? prt_results_amounts(r, outcome).payable : outcome->award;
    uint64_t own = payable > 0;
    if (own && room > 0)
        out[0] = (struct pol_payment){.claim = row, .year = outcome->year, .amount = payable};
    if (!outcome->adjust)
        return own;
    return r->run->volume ? prt_volume_carried(r, outcome, row, own, out, room)
                          : put_carried(r->run, &r->run->adjust[outcome->adjust - 1], row, own, out, room);
}

/* ---- all at once ------------------------------------------------------------------------------------------------- */

void pol_run_decisions(const pol_run *run, uint64_t first, uint64_t count, struct pol_decision *out) {
    struct prt_results results;
    prt_results_begin(&results, run);
    const struct prt_outcome *outcome;
    for (uint64_t done = 0, read; done < count; done += read) {
        read = count - done;
        outcome = prt_results_read(&results, first + done, &read);
        if (!outcome) {
            memset(out + done, 0, (count - done) * sizeof *out);
            break;
        }
        for (uint64_t i = 0; i < read; i++)
            prt_results_decision(&results, &outcome[i], &out[done + i]);
    }
    prt_results_free(&results);
}

uint64_t pol_run_payments_of(const pol_run *run, uint64_t first, uint64_t count, struct pol_payment *out,
                             uint64_t room) {
    struct prt_results results;
    prt_results_begin(&results, run);
    uint64_t found = 0, left = first < run->rows ? run->rows - first : 0;
    left = count < left ? count : left;
    const struct prt_outcome *outcome;
    for (uint64_t read = left; left > 0 && (outcome = prt_results_read(&results, first, &read)) != NULL; read = left) {
        for (uint64_t i = 0; i < read; i++)
            found += found < room ? prt_results_payments(&results, &outcome[i], first + i, out + found, room - found)
                                  : prt_results_payments(&results, &outcome[i], first + i, NULL, 0);
        first += read;
        left -= read;
    }
    prt_results_free(&results);
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
