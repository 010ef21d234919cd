/* gen_row.c - the row kernel: the vector loop over whole vectors of rows, then single rows for what is left.
 *
 * The code for one row branches on its item. It decides the items that do not suit a vector (numbers over 64 bits,
 * divisors that are not constants, text) and the rows behind the last whole vector; of policies with very many items it
 * decides all. Its items are written in groups, each a function of its own, so that compile time stays linear. */
#include <assert.h>
#include <stddef.h>
#include <stdio.h>

#include "codegen/gen_emit.h"

enum {
    GROUP_ITEMS = 32,
    VECTOR_ITEMS = 64,   /* more items than this: selecting among them all costs more than branching */
    VECTOR_INSTS = 1200, /* likewise for all their instructions together */
};

void gen_classify(struct gen *g) {
    uint32_t items = g->policy->item_count;
    g->slow = arena_array_of(g->arena, bool, items + 1);
    bool none_fast =
        items == 0 || items > VECTOR_ITEMS || g->row.inst_count > VECTOR_INSTS || !gen_block_is_fast(g, &g->row, 0);
    g->any_fast = g->any_slow = false;
    for (uint32_t k = 0; k < items; k++) {
        g->slow[k] = none_fast || !gen_block_is_fast(g, &g->row, k + 1);
        g->any_slow |= g->slow[k];
        g->any_fast |= !g->slow[k];
    }
}

LLVMTypeRef gen_args_index_type(const struct gen *g) {
    LLVMTypeRef params[2] = {g->pointer, emit_int(g, 64)};
    return LLVMFunctionType(g->void_type, params, 2, 0);
}

static LLVMValueRef cell_address(const struct gen_row *r, size_t member, unsigned bytes) {
    const struct gen *g = r->gen;
    LLVMValueRef column = emit_member(g, g->pointer, r->args, member);
    return emit_element(g, emit_int(g, 8 * bytes), column, r->index);
}

static LLVMValueRef aux_address(const struct gen_row *r, uint32_t aux) {
    const struct gen *g = r->gen;
    LLVMValueRef columns = emit_member(g, g->pointer, r->args, offsetof(struct pol_row_args, aux));
    LLVMValueRef column = emit_member(g, g->pointer, columns, sizeof(void *) * aux);
    return emit_element(g, emit_int(g, 64), column, r->index);
}

static void store_result(const struct gen_row *r, struct num n, LLVMValueRef address, unsigned bytes) {
    emit_store(r->gen, gen_convert(r, n, 8 * bytes), address, bytes);
}

/* ---- items ----------------------------------------------------------------------------------------------------------
 */

static void item_results(struct gen_row *r, uint32_t block) {
    const struct ir_block *b = &r->func->block[block];
    struct num rule = gen_result(r, b->rule), award = gen_result(r, b->award), zero = gen_const(r, 0);
    struct num stands = gen_compare(r, IR_EQ, rule, zero);
    store_result(r, rule, cell_address(r, offsetof(struct pol_row_args, rule), 2), 2);
    store_result(r, gen_select(r, stands, award, zero), cell_address(r, offsetof(struct pol_row_args, award), 8), 8);
    for (uint32_t i = 0; i < r->func->aux_count; i++)
        if (gen_aux(b, i) != IR_NO_REF)
            store_result(r, gen_result(r, gen_aux(b, i)), aux_address(r, i), 8);
}

static void item_cases(struct gen_row *r, uint32_t first, uint32_t end, const bool *need, LLVMValueRef choice) {
    struct gen *g = r->gen;
    for (uint32_t k = first; k < end; k++) {
        LLVMBasicBlockRef at = emit_block(g, r->function, "item");
        LLVMAddCase(choice, LLVMConstInt(emit_int(g, 16), k, 0), at);
        emit_at(g, at);
        gen_block(r, k + 1, need);
        item_results(r, k + 1);
        LLVMBuildRetVoid(g->builder);
    }
}

/* (args, row): a valid row that block 0 let pass, of an item in [first, end). */
static LLVMValueRef item_group(struct gen *g, uint32_t first, uint32_t end) {
    char name[32];
    snprintf(name, sizeof name, "items.%u", first);
    LLVMValueRef function = gen_function(g, name, gen_args_index_type(g));
    struct gen_row r = gen_row_begin(g, &g->row, function, 1);
    r.index = LLVMGetParam(function, 1);
    const bool *need = gen_need(g, &g->row, first + 1, end + 1);
    gen_block(&r, 0, need);
    LLVMValueRef item = emit_load(g, emit_int(g, 16), cell_address(&r, offsetof(struct pol_row_args, item), 2), 2);
    LLVMBasicBlockRef other = emit_block(g, function, "other");
    LLVMValueRef choice = LLVMBuildSwitch(g->builder, item, other, end - first);
    item_cases(&r, first, end, need, choice);
    emit_at(g, other);
    LLVMBuildRetVoid(g->builder);
    return function;
}

/* ---- one row --------------------------------------------------------------------------------------------------------
 */

static void clear_results(struct gen_row *r) {
    struct num zero = gen_const(r, 0);
    store_result(r, zero, cell_address(r, offsetof(struct pol_row_args, rule), 2), 2);
    store_result(r, zero, cell_address(r, offsetof(struct pol_row_args, award), 8), 8);
    for (uint32_t i = 0; i < r->func->aux_count; i++)
        store_result(r, zero, aux_address(r, i), 8);
}

/* Block 0: stores its rule; leaves the builder where rows go on that it did not end. */
static void general_rules(struct gen_row *r, LLVMBasicBlockRef done) {
    struct gen *g = r->gen;
    if (r->func->block[0].rule == IR_NO_REF)
        return;
    gen_block(r, 0, gen_need(g, r->func, 0, 1));
    struct num rule = gen_result(r, r->func->block[0].rule);
    store_result(r, rule, cell_address(r, offsetof(struct pol_row_args, rule), 2), 2);
    LLVMBasicBlockRef go_on = emit_block(g, r->function, "items");
    LLVMBuildCondBr(g->builder, gen_compare(r, IR_EQ, rule, gen_const(r, 0)).value, go_on, done);
    emit_at(g, go_on);
}

/* Calls the group of the row's item. */
static void dispatch(struct gen_row *r, LLVMValueRef *group, uint32_t group_count, LLVMBasicBlockRef done) {
    struct gen *g = r->gen;
    LLVMValueRef args[2] = {r->args, r->index};
    LLVMValueRef item = emit_load(g, emit_int(g, 16), cell_address(r, offsetof(struct pol_row_args, item), 2), 2);
    LLVMValueRef number = LLVMBuildUDiv(g->builder, item, LLVMConstInt(emit_int(g, 16), GROUP_ITEMS, 0), "");
    LLVMValueRef choice = LLVMBuildSwitch(g->builder, number, done, group_count);
    for (uint32_t i = 0; i < group_count; i++) {
        LLVMBasicBlockRef at = emit_block(g, r->function, "group");
        LLVMAddCase(choice, LLVMConstInt(emit_int(g, 16), i, 0), at);
        emit_at(g, at);
        LLVMBuildCall2(g->builder, gen_args_index_type(g), group[i], args, 2, "");
        LLVMBuildBr(g->builder, done);
    }
}

static LLVMValueRef whole_row(struct gen *g, LLVMValueRef *group, uint32_t group_count) {
    LLVMValueRef function = gen_function(g, "row_one", gen_args_index_type(g));
    gen_share(function);
    struct gen_row r = gen_row_begin(g, &g->row, function, 1);
    r.index = LLVMGetParam(function, 1);
    LLVMBasicBlockRef valid = emit_block(g, function, "valid"), done = emit_block(g, function, "done");
    clear_results(&r);
    LLVMValueRef status = emit_load(g, emit_int(g, 8), cell_address(&r, offsetof(struct pol_row_args, status), 1), 1);
    LLVMValueRef zero = LLVMConstNull(emit_int(g, 8));
    LLVMBuildCondBr(g->builder, LLVMBuildICmp(g->builder, LLVMIntEQ, status, zero, ""), valid, done);
    emit_at(g, valid);
    general_rules(&r, done);
    dispatch(&r, group, group_count, done);
    emit_at(g, done);
    LLVMBuildRetVoid(g->builder);
    return function;
}

LLVMValueRef gen_row_one(struct gen *g) {
    uint32_t items = g->policy->item_count, group_count = (items + GROUP_ITEMS - 1) / GROUP_ITEMS;
    LLVMValueRef *group = arena_array_of(g->arena, LLVMValueRef, group_count + 1);
    assert(g->row.block_count == items + 1);
    for (uint32_t i = 0; i < group_count; i++) {
        uint32_t first = i * GROUP_ITEMS, end = first + GROUP_ITEMS;
        group[i] = item_group(g, first, end < items ? end : items);
    }
    return whole_row(g, group, group_count);
}

/* ---- the kernel -----------------------------------------------------------------------------------------------------
 */

/* Calls the vector loop for all whole vectors; gives the number of rows that it took. */
static LLVMValueRef whole_vectors(struct gen *g, LLVMValueRef vector, unsigned lanes, LLVMValueRef args,
                                  LLVMValueRef rows) {
    uint64_t mask = ~(uint64_t)(lanes - 1);
    LLVMValueRef whole = LLVMBuildAnd(g->builder, rows, emit_i64(g, mask), "");
    LLVMValueRef call[2] = {args, whole};
    LLVMBuildCall2(g->builder, gen_args_index_type(g), vector, call, 2, "");
    return whole;
}

LLVMValueRef gen_row_kernel(struct gen *g, LLVMValueRef row_one, LLVMValueRef vector, unsigned lanes) {
    LLVMValueRef function = gen_function(g, "row", LLVMFunctionType(g->void_type, &g->pointer, 1, 0));
    LLVMValueRef args = LLVMGetParam(function, 0);
    LLVMValueRef rows = emit_member(g, emit_int(g, 64), args, offsetof(struct pol_row_args, rows));
    LLVMValueRef first = vector ? whole_vectors(g, vector, lanes, args, rows) : emit_i64(g, 0);
    struct gen_loop loop = gen_loop_begin(g, function, first, rows);
    LLVMValueRef call[2] = {args, loop.counter};
    LLVMBuildCall2(g->builder, gen_args_index_type(g), row_one, call, 2, "");
    gen_loop_end(g, &loop, 1);
    LLVMBuildRetVoid(g->builder);
    return function;
}
