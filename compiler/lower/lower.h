/* lower.h - from the checked model to IR. */
#ifndef POL_LOWER_H
#define POL_LOWER_H

#include "base/diag.h"
#include "base/source.h"
#include "check/model.h"
#include "ir/ir.h"

/* Lowers a model that was checked without errors. Reports what only exact intervals can show (a value that could
 * overflow, a division by something that can be zero); NULL when it reported an error. */
struct ir_policy *lower_policy(const struct model *model, const struct sources *sources, struct diags *diags,
                               struct arena *arena);

#endif
