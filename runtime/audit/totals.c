#include "audit/totals.h"

#include <stdlib.h>

bool pol_totals_make(struct pol_totals *totals, uint32_t items, unsigned limit) {
    *totals = (struct pol_totals){.items = items, .limit = limit, .least = limit > 0 ? 1 : UINT64_MAX};
    totals->total = calloc((items + (size_t)1) * POL_REASON_COUNT * 2, sizeof *totals->total);
    totals->top = calloc(limit + 1u, sizeof *totals->top);
    return totals->total != NULL && totals->top != NULL;
}

void pol_totals_free(struct pol_totals *totals) {
    free(totals->total);
    free(totals->top);
    *totals = (struct pol_totals){0};
}

/* ---- the largest differences ------------------------------------------------------------------------------------- */

static uint64_t magnitude(int64_t value) {
    return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

/* The larger difference goes first; of equal ones, the earlier row. */
static bool goes_before(const struct pol_finding *a, const struct pol_finding *b) {
    uint64_t mine = magnitude(a->difference), theirs = magnitude(b->difference);
    return mine != theirs ? mine > theirs : a->row < b->row;
}

/* Keeps the list sorted; `finding` is put where it belongs, the last one may drop out. */
static void insert(struct pol_finding *top, unsigned *count, unsigned limit, const struct pol_finding *finding) {
    if (limit == 0 || (*count == limit && !goes_before(finding, &top[limit - 1])))
        return;
    unsigned at = *count < limit ? (*count)++ : limit - 1;
    for (; at > 0 && goes_before(finding, &top[at - 1]); at--)
        top[at] = top[at - 1];
    top[at] = *finding;
}

void pol_totals_consider(struct pol_totals *totals, const struct pol_finding *finding) {
    insert(totals->top, &totals->top_count, totals->limit, finding);
    if (totals->top_count == totals->limit)
        totals->least = magnitude(totals->top[totals->limit - 1].difference);
}

/* ---- merging ----------------------------------------------------------------------------------------------------- */

static void add_to_tally(struct pol_tally *tally, const struct pol_total *total, bool with_paid) {
    pol_wide payable = total->whole + total->payable;
    tally->claims += total->claims;
    tally->entitled += total->whole + total->entitled;
    tally->payable += payable;
    tally->carried += total->carried;
    tally->outstanding += total->outstanding;
    tally->lapsed += total->lapsed;
    if (!with_paid)
        return;
    tally->with_paid += total->claims;
    tally->paid += total->paid;
    tally->difference += total->paid - payable - total->carried;
}

void pol_totals_merge(const struct pol_totals *totals, struct pol_summary *summary) {
    const struct pol_total *total = totals->total;
    for (uint32_t i = 0; i <= totals->items; i++)
        for (int r = 0; r < POL_REASON_COUNT; r++)
            for (int with_paid = 0; with_paid < 2; with_paid++, total++) {
                add_to_tally(&summary->reason[r], total, with_paid != 0);
                add_to_tally(&summary->item[i], total, with_paid != 0);
                summary->item_kind[i][pol_decision_kind((enum pol_reason)r)] += total->claims;
            }
    for (unsigned f = 0; f < totals->top_count; f++)
        insert(summary->top, &summary->top_count, totals->limit, &totals->top[f]);
}
