/* try_value.h - a value that somebody typed, as a cell of a ledger. */
#ifndef POL_TRY_VALUE_H
#define POL_TRY_VALUE_H

#include "check/model.h"
#include "ir/ir.h"

/* Reads a value written as in a policy (500万元, 2022年3月1日, 50%, 是) or as in a ledger (5000000, 2022-03-01, 0.5,
 * true); an enum by a value's name, its name in ledgers or its label. False: it cannot be read, or is out of range;
 * *cell is then not set. Everything lives in the arena. */
bool try_value_read(struct arena *arena, const struct ir_policy *policy, const struct model_field *field,
                    struct text given, struct text *cell);

/* Some value that the field can hold: for cells that must be there and that nothing looks at. */
struct text try_value_any(struct arena *arena, const struct model_field *field);

/* What can be typed: "money, 0 to 1亿元", "enterprise 企业, individual 个人". */
struct text try_value_hint(struct arena *arena, const struct model_field *field, bool chinese);

#endif
