/* interp_targets.h - the targets of a policy against the indicators that were reached. */
#ifndef POL_INTERP_TARGETS_H
#define POL_INTERP_TARGETS_H

#include "interp/interp_ledger.h"

enum interp_target_status { INTERP_MET, INTERP_MISSED, INTERP_NO_DATA };

struct interp_target { /* one row of the output; decimals in their shortest form, empty where there is nothing to say */
    struct text indicator;
    int32_t year;
    struct text target, actual, gap;
    enum interp_target_status status;
};

struct interp_targets {
    struct arena *arena;
    const struct interp_target *target; /* in the order of output */
    size_t count;
    const struct text *warning;
    size_t warning_count;
};

/* Compares. The policy and the bytes must outlive the result, which the caller frees with interp_targets_free; on
 * failure *out is NULL. A row whose indicator or year cannot be read is skipped and counted in a warning. INTERP_INPUT:
 * no CSV, a missing column, two rows for one indicator and year; INTERP_SYSTEM: no memory. */
enum interp_status interp_targets_run(const struct ir_policy *policy, const struct interp_source *indicators,
                                      struct interp_targets **out, struct interp_error *error);
void interp_targets_free(struct interp_targets *targets); /* NULL is fine */

const char *interp_target_status_name(enum interp_target_status status); /* "no_data" */

#endif
