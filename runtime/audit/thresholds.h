/* thresholds.h - which claims come close below a threshold of the policy, seen as they are read: afterwards their facts
 * are gone. */
#ifndef POL_AUDIT_THRESHOLDS_H
#define POL_AUDIT_THRESHOLDS_H

#include "audit/kept.h"

/* Those over numbers of claims. `params` as in pol_run_options; within so many percent is close. NULL: no memory. */
struct pol_thresholds *pol_thresholds_new(const pol_module *module, const int64_t *params, unsigned percent);
void pol_thresholds_free(struct pol_thresholds *thresholds); /* NULL is fine */

/* Notes in `kept`, to which the batch was just added, which of its claims come close below which threshold. Any thread.
 * False: no memory. */
bool pol_thresholds_note(const struct pol_thresholds *thresholds, struct pol_kept *kept,
                         const struct pol_csv_batch *batch);

/* Whether a value is below a threshold, by at most so many percent. */
bool pol_threshold_is_near(int64_t value, int64_t threshold, bool inclusive, unsigned percent);

/* The value of a threshold of the descriptor. */
int64_t pol_threshold_value(const pol_module *module, const struct pol_threshold *threshold, const int64_t *params);
/* The descriptor's, NULL with a count of 0 for objects that are older. */
const struct pol_threshold *pol_thresholds_of(const pol_module *module, uint32_t *count);

#endif
