/* lower.h - from the checked model to IR. */
#ifndef POL_LOWER_H
#define POL_LOWER_H

#include "base/diag.h"
#include "base/source.h"
#include "check/model.h"
#include "ir/ir.h"

/* Lowers a model that was checked without errors. Reports what only exact intervals can show (a value that could
 * overflow, a division by something that can be zero); NULL when it reported an error. The policy copies what it needs:
 * it lives in the arena and refers to neither model nor sources. `source_digest` is left zero for the caller.
 *
 * How a policy is read where the language leaves a choice:
 * - An award is rounded half up to fen once, at the end; every step before is exact. Not above zero, or no value (no
 * row of a `tier` or `by` holds): ineligible, by the rule "<item>.no_award". Granted in full: "<item>.award".
 * - Conditions name the first that fails: the item's kinds, what the whole policy requires, the item's own conditions,
 *   each in the order of the source. A condition without a value fails.
 * - Of several `less` of an item and its ladders, the largest counts, once. A `less` is rounded half up to fen; one
 * that is negative or has no value is 0, and a constant 0 makes no step.
 * - The maximum of a cap is rounded down (to fen, claims, units), the limit to fen; negative ones are 0. A cap's
 * condition without a value does not hold. A cap of units counts whole units at a price of whole fen.
 * - In force: from the first to the last day, both included. `lasting N years` ends the day before the same day N years
 *   on; 29 February counts as 1 March in a common year. Outside: the rule "in_force".
 * - What every item requires stands in block 0 of the row function, so that items share it. */
struct ir_policy *lower_policy(const struct model *model, const struct sources *sources, struct diags *diags,
                               struct arena *arena);

#endif
