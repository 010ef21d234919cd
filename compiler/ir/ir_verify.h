/* ir_verify.h - the invariants of the IR. Run after lowering and after every pass over it. */
#ifndef POL_IR_VERIFY_H
#define POL_IR_VERIFY_H

#include "ir/ir.h"

/* True when every invariant holds. Otherwise *message (in the arena) says which one is broken first, and where. What it
 * proves, beside that every index is in range:
 * - operands come before their use, in block 0 or the same block, and have the types that the opcode takes;
 * - the interval of every instruction holds whatever its operands' intervals allow, fits 127 bits, and no divisor can
 *   be less than 1 and no date leave IR_DAY_MIN..IR_DAY_MAX: every block can be evaluated for every row;
 * - a block's rule is a rule of the policy, its award fits 64 bits, its aux values lie in 0..INT64_MAX;
 * - the profile function reads no claim field;
 * - an item's steps stand in stage order, on cells of the right kind, with the operands that their kind has. */
bool ir_verify(const struct ir_policy *policy, struct arena *arena, struct text *message);

#endif
