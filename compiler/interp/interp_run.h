/* interp_run.h - decides a whole ledger by interpreting the IR: the reference that native code is compared with. */
#ifndef POL_INTERP_RUN_H
#define POL_INTERP_RUN_H

#include "interp/interp_fold.h"
#include "interp/interp_record.h"

struct interp_options {
    const int64_t *params;                  /* by parameter; NULL: the defaults */
    int32_t as_of_year;                     /* 0: the latest year in claims and applicants */
    const struct interp_recorder *recorder; /* NULL: nobody watches */
};

struct interp_result {
    struct arena *arena;
    const struct ir_policy *policy;
    const struct interp_decision *decision; /* in the order of the input */
    const struct interp_payment *payment;   /* by claim, then year */
    size_t decision_count, payment_count;
    int32_t as_of_year;
    const struct text *warning; /* for people, one line each */
    size_t warning_count;
    uint64_t skipped_applicants, unreadable_paid;
};

/* Decides. The policy and the bytes of both sources must outlive the result, which the caller frees with
 * interp_result_free; on failure *out is NULL. INTERP_INPUT as interp_ledger_read; INTERP_SYSTEM: no memory. */
enum interp_status interp_run(const struct ir_policy *policy, const struct interp_options *options,
                              const struct interp_source *claims, const struct interp_source *applicants,
                              struct interp_result **out, struct interp_error *error);
void interp_result_free(struct interp_result *result); /* NULL is fine */

const char *interp_decision_name(enum interp_decision_kind kind); /* "granted" */
const char *interp_reason_name(enum pol_reason reason);           /* "already_awarded" */

#endif
