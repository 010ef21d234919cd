/* ir_opt.h - passes over finished IR. Each keeps the meaning and every invariant of ir_verify. */
#ifndef POL_IR_OPT_H
#define POL_IR_OPT_H

#include "ir/ir.h"

/* Removes the instructions that no result needs, from both functions; the others keep their order. Nothing can be
 * emitted into them afterwards. Scratch memory comes from the policy's arena. */
void ir_sweep(struct ir_policy *policy);

#endif
