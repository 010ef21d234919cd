/* ir_fold.h - algebra: a shorter or already present instruction of equal value. Used by ir_emit only. */
#ifndef POL_IR_FOLD_H
#define POL_IR_FOLD_H

#include "ir/ir.h"

/* An instruction as asked for. Folding may put an equal request in a preferred form (constants last, comparisons with a
 * constant as `le`); the request is then what ir_emit looks up or appends. */
struct ir_request {
    enum ir_op op;
    ir_ref a, b, c;
};

/* The instruction that has the request's value, or IR_NO_REF when one of *request's form has to be there. The request's
 * operands are visible, of the right types, and its value is not decided by intervals alone. */
ir_ref ir_fold(struct ir_policy *policy, struct ir_func *func, struct ir_request *request);

#endif
