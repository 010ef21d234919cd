/* ir_range.h - intervals: what an instruction's value can be, from what its operands can be. Exact for each opcode
 * taken alone; operands are taken as independent. */
#ifndef POL_IR_RANGE_H
#define POL_IR_RANGE_H

#include "ir/ir.h"

/* The interval of `op` over operands with the given intervals; unused operands are ignored. False when some value
 * would not fit 127 bits, a divisor could be less than 1, or a date could leave IR_DAY_MIN..IR_DAY_MAX. Leaves (CONST,
 * CLAIM, PROFILE, PARAM) have no operands to compute from: asserted. */
bool ir_range_of(enum ir_op op, struct ir_range a, struct ir_range b, struct ir_range c, struct ir_range *out);

/* The type of the result; `b` is the second operand (SELECT has its type), NULL without. Not for leaves. */
enum ir_type ir_result_type(enum ir_op op, const struct ir_inst *b);

/* Whether the operands that the opcode has (others may be NULL) are of the types it takes. */
bool ir_operands_agree(enum ir_op op, const struct ir_inst *a, const struct ir_inst *b, const struct ir_inst *c);

#endif
