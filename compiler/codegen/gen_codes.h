/* gen_codes.h - results that are one of few constants, in the vector loop.
 *
 * "100万元 at the national level, 50万元 at the provincial" chooses among amounts, which are wide, by conditions, which
 * are bytes. The choices are made among the numbers of the constants instead, in 8 bits, for all items of a result
 * together; what they stand for is looked up once. This needs an instruction that looks up words by words.
 */
#ifndef POL_GEN_CODES_H
#define POL_GEN_CODES_H

#include "codegen/gen.h"

struct gen_codes {
    bool *item; /* by item: its result is a code */
    const struct ir_func *func;
    ir_ref *result;     /* by item */
    ir_int *value;      /* by code; code 0 is 0 */
    uint32_t count;     /* of codes; 1: nothing is coded */
    LLVMValueRef *code; /* by instruction; NULL: not emitted */
    bool *part;         /* by instruction: room for what a result is chosen among */
};

/* Which of the fast items' results, one of which is IR_NO_REF where an item has none, become codes. Marks in `wanted`,
 * by instruction, what must be computed for them. Both are the caller's and stay. */
struct gen_codes gen_codes_plan(const struct gen_row *r, ir_ref *result, bool *wanted);
/* The code of a coded item's result, in 8 bits, when its conditions are there. */
struct num gen_codes_item(const struct gen_row *r, struct gen_codes *codes, uint32_t item);
/* What codes stand for, in 32 bits. */
struct num gen_codes_values(const struct gen_row *r, const struct gen_codes *codes, LLVMValueRef code);

#endif
