/* gen_text.c - text cells and literals, compared byte by byte, sizes first. One row at a time. */
#include <stdio.h>

#include "codegen/gen_emit.h"

LLVMValueRef gen_text_load(const struct gen_row *r, LLVMValueRef column) {
    const struct gen *g = r->gen;
    LLVMTypeRef bytes = LLVMArrayType2(emit_int(g, 8), sizeof(struct pol_text));
    LLVMValueRef cell = emit_element(g, bytes, column, r->index);
    LLVMValueRef text = LLVMGetPoison(g->text_type);
    LLVMValueRef data = emit_member(g, g->pointer, cell, offsetof(struct pol_text, data));
    text = LLVMBuildInsertValue(g->builder, text, data, 0, "");
    LLVMValueRef size = emit_member(g, emit_int(g, 32), cell, offsetof(struct pol_text, size));
    return LLVMBuildInsertValue(g->builder, text, size, 1, "");
}

LLVMValueRef gen_text_literal(struct gen *g, struct text t) {
    char name[24];
    snprintf(name, sizeof name, "text.%u", g->text_count++);
    LLVMValueRef bytes = LLVMConstStringInContext2(g->context, t.data, t.size, 1);
    LLVMValueRef global = LLVMAddGlobal(g->module, LLVMTypeOf(bytes), name);
    LLVMSetInitializer(global, bytes);
    LLVMSetLinkage(global, LLVMPrivateLinkage);
    LLVMSetGlobalConstant(global, 1);
    LLVMSetUnnamedAddress(global, LLVMGlobalUnnamedAddr);
    LLVMValueRef members[2] = {global, emit_i32(g, (uint32_t)t.size)};
    return LLVMConstNamedStruct(g->text_type, members, 2);
}

/* The loop over bytes of two texts of the same size. */
static void compare_bytes(struct gen *g, LLVMValueRef function, LLVMBasicBlockRef from, LLVMBasicBlockRef differ) {
    LLVMBuilderRef b = g->builder;
    LLVMTypeRef byte = emit_int(g, 8), word = emit_int(g, 64);
    LLVMBasicBlockRef loop = emit_block(g, function, "byte"), next = emit_block(g, function, "next"),
                      same = emit_block(g, function, "same");
    emit_at(g, from);
    LLVMValueRef size = LLVMBuildZExt(b, LLVMGetParam(function, 1), word, "");
    LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntEQ, size, emit_i64(g, 0), ""), same, loop);
    emit_at(g, loop);
    LLVMValueRef i = emit_phi(g, word, emit_i64(g, 0), from);
    LLVMValueRef x = emit_load(g, byte, emit_element(g, byte, LLVMGetParam(function, 0), i), 1);
    LLVMValueRef y = emit_load(g, byte, emit_element(g, byte, LLVMGetParam(function, 2), i), 1);
    LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntEQ, x, y, ""), next, differ);
    emit_at(g, next);
    LLVMValueRef after = LLVMBuildAdd(b, i, emit_i64(g, 1), "");
    emit_incoming(i, after, next);
    LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntEQ, after, size, ""), same, loop);
    emit_at(g, same);
    LLVMBuildRet(b, LLVMConstInt(emit_int(g, 1), 1, 0));
}

static LLVMValueRef equal_function(struct gen *g, LLVMTypeRef type) {
    if (g->text_equal)
        return g->text_equal;
    LLVMBuilderRef b = g->builder;
    LLVMBasicBlockRef caller = LLVMGetInsertBlock(b);
    LLVMValueRef function = gen_function(g, "text_equal", type);
    LLVMBasicBlockRef bytes = emit_block(g, function, "bytes"), differ = emit_block(g, function, "differ");
    LLVMValueRef same_size = LLVMBuildICmp(b, LLVMIntEQ, LLVMGetParam(function, 1), LLVMGetParam(function, 3), "");
    LLVMBuildCondBr(b, same_size, bytes, differ);
    compare_bytes(g, function, bytes, differ);
    emit_at(g, differ);
    LLVMBuildRet(b, LLVMConstInt(emit_int(g, 1), 0, 0));
    emit_at(g, caller);
    return g->text_equal = function;
}

LLVMValueRef gen_text_equal(const struct gen_row *r, LLVMValueRef a, LLVMValueRef x) {
    struct gen *g = r->gen;
    LLVMBuilderRef b = g->builder;
    LLVMTypeRef size = emit_int(g, 32), params[4] = {g->pointer, size, g->pointer, size};
    LLVMTypeRef type = LLVMFunctionType(emit_int(g, 1), params, 4, 0);
    LLVMValueRef args[4] = {LLVMBuildExtractValue(b, a, 0, ""), LLVMBuildExtractValue(b, a, 1, ""),
                            LLVMBuildExtractValue(b, x, 0, ""), LLVMBuildExtractValue(b, x, 1, "")};
    return LLVMBuildCall2(b, type, equal_function(g, type), args, 4, "");
}
