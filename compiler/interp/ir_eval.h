/* ir_eval.h - what an instruction means: one block of a function, for one row.
 *
 * Straight interpretation of ir_ops.def over exact integers. Every value is checked against the interval that the
 * instruction carries: a value outside of it is a mistake of ours in lowering or in the interval analysis, never the
 * user's, and asserts.
 */
#ifndef POL_IR_EVAL_H
#define POL_IR_EVAL_H

#include "ir/ir.h"

/* A cell, or the value of an instruction. Which member counts follows from the type; `text` is a view. */
struct ir_value {
    bool present; /* false: the cell was not read for this row; no rule may look at it */
    ir_int number;
    struct text text;
};

/* What a row function reads. `claim` may be NULL for the profile function. */
struct ir_row {
    const struct ir_value *claim;   /* by claim field index */
    const struct ir_value *profile; /* by profile field index */
    const int64_t *param;
};

/* Evaluates the instructions of one block into value[] (inst_count entries). A block of an item needs block 0 to have
 * been evaluated into the same array for the same row. */
void ir_eval_block(const struct ir_func *func, uint32_t block, const struct ir_row *row, struct ir_value *value);

/* The number an optional result stands for: `otherwise` for IR_NO_REF. */
ir_int ir_eval_result(const struct ir_value *value, ir_ref ref, ir_int otherwise);

#endif
