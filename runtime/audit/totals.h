/* totals.h - what decided claims come to, added up row by row: the numbers of a summary. */
#ifndef POL_AUDIT_TOTALS_H
#define POL_AUDIT_TOTALS_H

#include "audit/audit.h"
#include "audit/lines.h"

/* Claims of one item and one reason, those that say what was paid apart from others. */
struct pol_total {
    uint64_t claims;
    pol_wide whole; /* awards of those that are paid their award: entitled and payable */
    pol_wide paid;
    pol_wide entitled, payable, carried, outstanding, lapsed; /* of others that are paid anything */
};

/* What one thread has added up. */
struct pol_totals {
    struct pol_total *total; /* by item, at the end claims without one; then by reason; then by whether it says so */
    uint32_t items;
    struct pol_finding *top; /* the largest differences, of `limit` at most */
    unsigned top_count, limit;
    uint64_t least; /* a difference has to be this large to be among them */
};

/* False: no memory; to be freed in any case. */
bool pol_totals_make(struct pol_totals *totals, uint32_t items, unsigned limit);
void pol_totals_free(struct pol_totals *totals);

static inline struct pol_total *pol_totals_of(struct pol_totals *totals, uint32_t item, uint8_t reason, int64_t paid) {
    size_t at = (size_t)(item < totals->items ? item : totals->items) * POL_REASON_COUNT + reason;
    return &totals->total[2 * at + (paid != POL_PAID_NONE)];
}

static inline void pol_total_add(struct pol_total *total, const struct prt_amounts *a) {
    total->entitled += a->entitled;
    total->payable += a->payable;
    total->carried += a->carried;
    total->outstanding += a->outstanding;
    total->lapsed += a->lapsed;
}

/* Is the difference to be given to pol_totals_consider? */
static inline bool pol_totals_may_be_top(const struct pol_totals *totals, int64_t difference) {
    return (difference < 0 ? -(uint64_t)difference : (uint64_t)difference) >= totals->least;
}
void pol_totals_consider(struct pol_totals *totals, const struct pol_finding *finding);

/* Adds them to a summary with room for all items and `limit` differences. */
void pol_totals_merge(const struct pol_totals *totals, struct pol_summary *summary);

#endif
