/* check.h - names, types, ranges and the rules of a policy: tree in, model or diagnostics out. */
#ifndef POL_CHECK_H
#define POL_CHECK_H

#include "base/diag.h"
#include "base/source.h"
#include "check/model.h"

/* Never NULL; usable by later stages only when diags->error_count is 0. Fills `type` and `decl` of the tree's
 * expressions and changes nothing else in it. */
struct model *check_policy(struct ast_policy *policy, struct sources *sources, struct diags *diags,
                           struct arena *arena);

#endif
