/* constant.h - constants of a checked policy, in the units of abi.h. For examples, documents and tests. */
#ifndef POL_CHECK_CONSTANT_H
#define POL_CHECK_CONSTANT_H

#include "check/model.h"

/* The value of a typed constant expression as the unit of `type` (money: fen, rate: millionths, date: days since
 * 1970-01-01, bool: 0 and 1, enum: index). False when it reads a field, is no number, or is not exact in that unit.
 * The arena is for what is needed on the way. */
bool check_constant_value(struct arena *arena, const struct ast_expr *e, const struct type *type, int64_t *out);

/* The value as it stands in a ledger: yuan with 2 decimals, 0.0435, 2021-01-01, true, the enum value's column name. */
struct text check_cell_text(struct arena *arena, const struct type *type, int64_t value);

#endif
