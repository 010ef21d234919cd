/* gen_module.c - functions and loops of the module. */
#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "codegen/gen_emit.h"

static void flag_attribute(const struct gen *g, LLVMValueRef function, const char *name) {
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    LLVMAddAttributeAtIndex(function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                            LLVMCreateEnumAttribute(g->context, kind, 0));
}

static void text_attribute(const struct gen *g, LLVMValueRef function, const char *name, const char *value) {
    LLVMAttributeRef attribute =
        LLVMCreateStringAttribute(g->context, name, (unsigned)strlen(name), value, (unsigned)strlen(value));
    LLVMAddAttributeAtIndex(function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, attribute);
}

enum { NAME = 64 };

static void full_name(char out[NAME], const char *name, const struct gen_target *target) {
    int size = snprintf(out, NAME, "%s.%s", name, target->suffix);
    assert(size > 0 && size < NAME);
    (void)size; /* without assertions */
}

void gen_share(LLVMValueRef function) {
    LLVMSetLinkage(function, LLVMExternalLinkage);
    LLVMSetVisibility(function, LLVMHiddenVisibility);
}

LLVMValueRef gen_shared(struct gen *g, const char *name, const struct gen_target *target) {
    char full[NAME];
    full_name(full, name, target);
    LLVMValueRef function = LLVMGetNamedFunction(g->module, full);
    if (!function) {
        function = LLVMAddFunction(g->module, full, gen_args_index_type(g));
        gen_share(function);
        flag_attribute(g, function, "nounwind");
    }
    return function;
}

/* A declaration that is there already gets its body. */
LLVMValueRef gen_function(struct gen *g, const char *name, LLVMTypeRef type) {
    char full[NAME];
    full_name(full, name, g->target);
    LLVMValueRef function = LLVMGetNamedFunction(g->module, full);
    if (!function) {
        function = LLVMAddFunction(g->module, full, type);
        LLVMSetLinkage(function, LLVMInternalLinkage);
    }
    flag_attribute(g, function, "nounwind");
    text_attribute(g, function, "no-builtins", "true");
    text_attribute(g, function, "target-cpu", g->target->cpu);
    if (*g->target->features)
        text_attribute(g, function, "target-features", g->target->features);
    if (g->target->lanes >= GEN_WIDE_LANES)
        text_attribute(g, function, "prefer-vector-width", "512");
    emit_at(g, emit_block(g, function, "entry"));
    return function;
}

LLVMValueRef gen_intrinsic(struct gen *g, const char *name, LLVMTypeRef type, LLVMValueRef *args, unsigned count) {
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    unsigned types = LLVMIntrinsicIsOverloaded(id) ? 1 : 0;
    LLVMValueRef function = LLVMGetIntrinsicDeclaration(g->module, id, &type, types);
    return LLVMBuildCall2(g->builder, LLVMIntrinsicGetType(g->context, id, &type, types), function, args, count, "");
}

struct gen_row gen_row_begin(struct gen *g, const struct ir_func *func, LLVMValueRef function, unsigned lanes) {
    struct gen_row r = {.gen = g, .func = func, .function = function, .lanes = lanes};
    bool of_profile = func == &g->profile;
    r.narrowest = lanes == 1 ? 32 : 8;
    r.args = LLVMGetParam(function, 0);
    r.entry = LLVMGetEntryBasicBlock(function);
    r.value = g->value;
    size_t profile = of_profile ? offsetof(struct pol_profile_args, profile) : offsetof(struct pol_row_args, profile);
    size_t params = of_profile ? offsetof(struct pol_profile_args, params) : offsetof(struct pol_row_args, params);
    if (!of_profile)
        r.table[GEN_CLAIM] = emit_member(g, g->pointer, r.args, offsetof(struct pol_row_args, claim));
    r.table[GEN_PROFILE] = emit_member(g, g->pointer, r.args, profile);
    r.params = emit_member(g, g->pointer, r.args, params);
    r.column[GEN_CLAIM] = arena_array_of(g->arena, struct num, g->policy->claim_count + 1);
    r.constants = arena_new_of(g->arena, struct gen_constants);
    r.column[GEN_PROFILE] = arena_array_of(g->arena, struct num, g->policy->profile_count + 1);
    return r;
}

struct gen_loop gen_loop_begin(struct gen *g, LLVMValueRef function, LLVMValueRef first, LLVMValueRef end) {
    LLVMBuilderRef b = g->builder;
    LLVMBasicBlockRef from = LLVMGetInsertBlock(b);
    struct gen_loop loop = {emit_block(g, function, "rows"), emit_block(g, function, "end"), NULL, end};
    LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntULT, first, end, ""), loop.head, loop.done);
    emit_at(g, loop.head);
    loop.counter = emit_phi(g, emit_int(g, 64), first, from);
    return loop;
}

void gen_loop_end(struct gen *g, const struct gen_loop *loop, uint64_t step) {
    LLVMBuilderRef b = g->builder;
    LLVMValueRef next = LLVMBuildAdd(b, loop->counter, emit_i64(g, step), "");
    emit_incoming(loop->counter, next, LLVMGetInsertBlock(b));
    LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntULT, next, loop->end, ""), loop->head, loop->done);
    emit_at(g, loop->done);
}
