/* interp_fold.h - stages 5 to 7: what earlier claims leave for this one.
 *
 * Claims come one by one in the order of (date, claim_id as bytes). State is held in cells, each named in full by its
 * family and the values of its key. The meaning of the steps is that of abi.h:
 *
 * - ONCE, ONE_YEAR: the first one that blocks is named.
 * - LADDER, LESS: the largest of all subtractions is subtracted, once; it is named when it leaves nothing (the first of
 *   equal ones).
 * - A claim that is entitled marks its once-keys and moves its ladders, whatever the caps then leave of it.
 * - Caps: granted is the smallest of entitled and what each cap leaves; the smallest is named (the first of equal
 *   ones). Where something is granted, every cap that applies is charged: money with granted, claims with 1, units with
 *   the units that were left for the claim.
 * - LIMIT: payable is the smaller of granted and what the limit of the applicant's year has left; the rest is deferred
 *   and carried in the years that follow, before their own claims, oldest first.
 */
#ifndef POL_INTERP_FOLD_H
#define POL_INTERP_FOLD_H

#include "interp/interp_ledger.h"
#include "interp/interp_record.h"

enum interp_decision_kind {
    INTERP_GRANTED,
    INTERP_REDUCED,
    INTERP_DEFERRED,
    INTERP_DENIED,
    INTERP_INVALID,
};

struct interp_decision {
    struct text claim_id, applicant_id;
    enum interp_decision_kind kind;
    enum pol_reason reason;
    uint32_t rule; /* index into the policy's rules; 0 = none */
    uint32_t item; /* POL_NONE: unknown */
    int64_t award; /* fen; -1 where stage 4 was not reached or failed */
    int64_t entitled, granted, payable, carried, outstanding, lapsed;
    bool has_paid;
    int64_t paid;
};

struct interp_payment {
    size_t claim; /* row of the input, from 0 */
    int32_t year;
    int64_t amount; /* fen, > 0 */
};

struct interp_fold;

/* State before the first claim. Everything lives in the ledger's arena. `recorder` may be NULL. */
struct interp_fold *interp_fold_new(const struct interp_ledger *ledger, const struct interp_recorder *recorder);

/* A claim that passed stage 4. Values are those of its row; they are read during the call only. */
struct interp_awarded {
    size_t row;                   /* in the input */
    const struct ir_value *cells; /* of the claim, by field index */
    const struct ir_value *value; /* of the row function's instructions */
    const struct ir_block *block; /* of the item */
    int64_t award;                /* fen, > 0 */
};

/* Decides one claim into *decision, which must stay in place until interp_fold_end. */
void interp_fold_claim(struct interp_fold *fold, const struct interp_awarded *claim, struct interp_decision *decision);

/* After the last claim: carries what is deferred to its last year, and tells outstanding from lapsed by the as-of year.
 */
void interp_fold_end(struct interp_fold *fold, int32_t as_of);

/* What was paid, by claim, then year. */
const struct interp_payment *interp_fold_payments(const struct interp_fold *fold, size_t *count);

#endif
