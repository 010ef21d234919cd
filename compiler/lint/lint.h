/* lint.h - what is doubtful in a policy that has no errors, and the findings that the policy accepts.
 *
 * Every finding is a warning with a code of its own, described in docs/lints/. Reasoning is over the typed rules: what
 * each field can be once the conditions before have held (exact intervals, sets of enum values); and over the words
 * of the quotes where a rule is compared with them. What a lint cannot decide it says nothing about.
 */
#ifndef POL_LINT_H
#define POL_LINT_H

#include "base/diag.h"
#include "base/source.h"
#include "check/model.h"

/* Adds findings to `diags`. The model is one without errors. Gives up quietly on what would take too long. */
void lint_policy(const struct model *model, const struct sources *sources, struct diags *diags, struct arena *arena);

/* Marks the findings that an `accept` of the policy covers: those of its code in the item or clause where it stands, or
 * outside of all clauses. With `complete`, every pass has run: an acceptance without a finding is reported. The marked
 * ones are taken out by diags_settle. */
void lint_accept(const struct ast_policy *policy, const struct sources *sources, struct diags *diags, bool complete);

#endif
