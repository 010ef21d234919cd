/* gen_profile.c - the profile kernel: one row of applicants after the other. */
#include <stddef.h>

#include "codegen/gen_emit.h"

static ir_ref block_end(const struct ir_func *func) {
    return func->block_count ? func->block[0].end : 0;
}

/* Marks what a result named in `limit` is computed from. */
static void need_result(const struct ir_func *func, bool *need, ir_ref ref) {
    if (ref == IR_NO_REF)
        return;
    need[ref] = true;
    for (ir_ref i = ref + 1; i-- > 0;) {
        const struct ir_inst *inst = &func->inst[i];
        uint8_t arity = need[i] ? ir_op_arity[inst->op] : 0;
        if (arity >= 1)
            need[inst->a] = true;
        if (arity >= 2)
            need[inst->b] = true;
        if (arity >= 3)
            need[inst->c] = true;
    }
}

static LLVMValueRef flag(const struct gen_row *r, ir_ref ref, unsigned bit) {
    const struct gen *g = r->gen;
    LLVMTypeRef byte = emit_int(g, 8);
    if (ref == IR_NO_REF)
        return LLVMConstNull(byte);
    LLVMValueRef set = LLVMBuildZExt(g->builder, gen_bit(r, r->value[ref]), byte, "");
    return LLVMBuildMul(g->builder, set, LLVMConstInt(byte, bit, 0), "");
}

static LLVMValueRef out_cell(const struct gen_row *r, size_t member, unsigned bytes) {
    const struct gen *g = r->gen;
    LLVMValueRef column = emit_member(g, g->pointer, r->args, member);
    return emit_element(g, emit_int(g, 8 * bytes), column, r->index);
}

LLVMValueRef gen_profile_kernel(struct gen *g) {
    const struct ir_limit *limit = &g->policy->limit;
    const struct ir_func *func = &g->profile;
    LLVMValueRef function = gen_function(g, "profile", LLVMFunctionType(g->void_type, &g->pointer, 1, 0));
    struct gen_row r = gen_row_begin(g, func, function, 1);
    bool *need = arena_array_of(g->arena, bool, block_end(func) + 1);
    need_result(func, need, limit->excluded);
    need_result(func, need, limit->limited);
    need_result(func, need, limit->amount);
    LLVMValueRef rows = emit_member(g, emit_int(g, 64), r.args, offsetof(struct pol_profile_args, rows));
    struct gen_loop loop = gen_loop_begin(g, function, emit_i64(g, 0), rows);
    r.index = loop.counter;
    if (func->block_count)
        gen_block(&r, 0, need);
    LLVMValueRef flags = LLVMBuildOr(g->builder, flag(&r, limit->excluded, POL_PROFILE_EXCLUDED),
                                     flag(&r, limit->limited, POL_PROFILE_LIMITED), "");
    emit_store(g, flags, out_cell(&r, offsetof(struct pol_profile_args, flags), 1), 1);
    LLVMValueRef amount = gen_convert(&r, gen_result(&r, limit->amount), 64);
    emit_store(g, amount, out_cell(&r, offsetof(struct pol_profile_args, limit), 8), 8);
    gen_loop_end(g, &loop, 1);
    LLVMBuildRetVoid(g->builder);
    return function;
}
