/* gen_emit.h - thin wrappers that keep emission readable: scalar types, fields of structs, blocks and loops. */
#ifndef POL_GEN_EMIT_H
#define POL_GEN_EMIT_H

#include "codegen/gen.h"

static inline LLVMTypeRef emit_int(const struct gen *g, unsigned width) {
    return LLVMIntTypeInContext(g->context, width);
}

static inline LLVMValueRef emit_i64(const struct gen *g, uint64_t value) {
    return LLVMConstInt(emit_int(g, 64), value, 0);
}

static inline LLVMValueRef emit_i32(const struct gen *g, uint32_t value) {
    return LLVMConstInt(emit_int(g, 32), value, 0);
}

static inline LLVMBasicBlockRef emit_block(const struct gen *g, LLVMValueRef function, const char *name) {
    return LLVMAppendBasicBlockInContext(g->context, function, name);
}

static inline void emit_at(const struct gen *g, LLVMBasicBlockRef block) {
    LLVMPositionBuilderAtEnd(g->builder, block);
}

/* A pointer `index` elements of `type` behind `base`. */
static inline LLVMValueRef emit_element(const struct gen *g, LLVMTypeRef type, LLVMValueRef base, LLVMValueRef index) {
    return LLVMBuildGEP2(g->builder, type, base, &index, 1, "");
}

static inline LLVMValueRef emit_load(const struct gen *g, LLVMTypeRef type, LLVMValueRef address, unsigned align) {
    LLVMValueRef load = LLVMBuildLoad2(g->builder, type, address, "");
    LLVMSetAlignment(load, align);
    return load;
}

static inline void emit_store(const struct gen *g, LLVMValueRef value, LLVMValueRef address, unsigned align) {
    LLVMSetAlignment(LLVMBuildStore(g->builder, value, address), align);
}

/* The 64-bit member at `offset` bytes of a struct: a pointer or a number. */
static inline LLVMValueRef emit_member(const struct gen *g, LLVMTypeRef type, LLVMValueRef base, size_t offset) {
    return emit_load(g, type, emit_element(g, emit_int(g, 8), base, emit_i64(g, offset)), 8);
}

static inline LLVMValueRef emit_phi(const struct gen *g, LLVMTypeRef type, LLVMValueRef value, LLVMBasicBlockRef from) {
    LLVMValueRef phi = LLVMBuildPhi(g->builder, type, "");
    LLVMAddIncoming(phi, &value, &from, 1);
    return phi;
}

static inline void emit_incoming(LLVMValueRef phi, LLVMValueRef value, LLVMBasicBlockRef from) {
    LLVMAddIncoming(phi, &value, &from, 1);
}

#endif
