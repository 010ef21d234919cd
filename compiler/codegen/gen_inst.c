/* gen_inst.c - instructions of the IR: what is needed, and its code. */
#include <assert.h>
#include <string.h>

#include "codegen/gen_emit.h"

enum { LINE_BYTES = 64, AHEAD_BYTES = 1024 };

/* ---- what is needed -------------------------------------------------------------------------------------------------
 */

static void mark(bool *need, ir_ref ref) {
    if (ref != IR_NO_REF)
        need[ref] = true;
}

/* `wanted` NULL: all of them. */
static void mark_results(const struct ir_func *func, bool *need, uint32_t block, const struct gen_wanted *wanted) {
    const struct ir_block *b = &func->block[block];
    if (!wanted || block == 0 || !wanted->no_rule[block - 1])
        mark(need, b->rule);
    if (block == 0) /* yields nothing but a rule */
        return;
    if (!wanted || !wanted->no_result[0][block - 1])
        mark(need, b->award);
    for (uint32_t i = 0; i < func->aux_count; i++)
        if (!wanted || !wanted->no_result[1 + i][block - 1])
            mark(need, gen_aux(b, i));
}

/* Operands stand before the instruction, so that one pass from the end reaches everything. */
static void mark_operands(const struct ir_func *func, bool *need, ir_ref first, ir_ref end) {
    for (ir_ref i = end; i-- > first;) {
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

const bool *gen_need(struct gen *g, const struct ir_func *func, uint32_t first, uint32_t end) {
    assert(first < end && end <= func->block_count);
    ir_ref general = func->block[0].end, from = func->block[first].first, to = func->block[end - 1].end;
    memset(g->need, 0, general * sizeof *g->need);
    memset(g->need + from, 0, (to - from) * sizeof *g->need);
    for (uint32_t block = first; block < end; block++)
        mark_results(func, g->need, block, NULL);
    mark_operands(func, g->need, from, to);
    mark_operands(func, g->need, 0, general);
    return g->need;
}

const bool *gen_need_of(struct gen *g, const struct ir_func *func, const struct gen_wanted *wanted) {
    memcpy(g->need, wanted->more, func->inst_count * sizeof *g->need);
    mark_results(func, g->need, 0, wanted);
    for (uint32_t block = 1; block < func->block_count; block++)
        if (!wanted->skip[block - 1])
            mark_results(func, g->need, block, wanted);
    mark_operands(func, g->need, 0, func->inst_count);
    return g->need;
}

/* ---- what the vector kernel can do ----------------------------------------------------------------------------------
 */

static bool fits_64(const struct ir_inst *inst) {
    if (inst->lo < 0)
        return inst->lo >= INT64_MIN && inst->hi <= INT64_MAX;
    return inst->hi <= (ir_int)UINT64_MAX;
}

static bool pair_fits_64(const struct ir_inst *a, const struct ir_inst *b) {
    struct ir_inst both = {.lo = a->lo < b->lo ? a->lo : b->lo, .hi = a->hi > b->hi ? a->hi : b->hi};
    return fits_64(&both);
}

static bool inst_is_fast(const struct ir_func *func, const struct ir_inst *inst) {
    if (inst->type == IR_TEXT || inst->op == IR_TEXT_EQ || !fits_64(inst))
        return false;
    uint8_t arity = ir_op_arity[inst->op];
    if (arity < 2)
        return true;
    const struct ir_inst *a = &func->inst[inst->a], *b = &func->inst[inst->b];
    if (inst->op == IR_FLOORDIV || inst->op == IR_ROUNDDIV)
        return gen_div_in_vector(a->lo, a->hi, b->lo, b->hi);
    return arity == 3 ? pair_fits_64(b, &func->inst[inst->c]) : pair_fits_64(a, b);
}

static bool range_is_fast(const struct ir_func *func, const bool *need, ir_ref first, ir_ref end) {
    for (ir_ref i = first; i < end; i++)
        if (need[i] && !inst_is_fast(func, &func->inst[i]))
            return false;
    return true;
}

bool gen_block_is_fast(struct gen *g, const struct ir_func *func, uint32_t block) {
    const bool *need = gen_need(g, func, block, block + 1);
    return range_is_fast(func, need, 0, func->block[0].end) &&
           range_is_fast(func, need, func->block[block].first, func->block[block].end);
}

/* ---- leaves ---------------------------------------------------------------------------------------------------------
 */

/* The pointer to a column's first value. Vector loops have too many columns to keep pointers to all of them in
 * registers; from the table they are read as fast as from the stack. */
static LLVMValueRef column_of(const struct gen_row *r, enum gen_table table, uint32_t field) {
    return emit_member(r->gen, r->gen->pointer, r->table[table], sizeof(void *) * field);
}

/* Asks for the lines of a column that the loop reaches soon. */
static void prefetch(const struct gen_row *r, unsigned bytes, LLVMValueRef column) {
    struct gen *g = r->gen;
    unsigned id = LLVMLookupIntrinsicID("llvm.prefetch", strlen("llvm.prefetch"));
    LLVMValueRef function = LLVMGetIntrinsicDeclaration(g->module, id, &g->pointer, 1);
    LLVMTypeRef type = LLVMIntrinsicGetType(g->context, id, &g->pointer, 1);
    LLVMValueRef rows = emit_element(g, emit_int(g, 8 * bytes), column, r->index);
    for (unsigned line = 0; line < bytes * r->lanes; line += LINE_BYTES) {
        LLVMValueRef at = emit_element(g, emit_int(g, 8), rows, emit_i64(g, AHEAD_BYTES + line));
        LLVMValueRef args[4] = {at, emit_i32(g, 0), emit_i32(g, 3), emit_i32(g, 1)}; /* read, keep, data */
        LLVMBuildCall2(g->builder, type, function, args, 4, "");
    }
}

/* A cell in the interval of the field. A cell of one bit is true when it is not 0. */
static struct num cell(const struct gen_row *r, const struct ir_inst *inst, unsigned bytes, LLVMValueRef column) {
    struct gen *g = r->gen;
    LLVMTypeRef type = gen_type(r, 8 * bytes);
    LLVMValueRef value = emit_load(g, type, emit_element(g, emit_int(g, 8 * bytes), column, r->index), bytes);
    if (r->prefetch)
        prefetch(r, bytes, column);
    struct num n = {value, 8 * bytes, inst->lo, inst->hi};
    return inst->type == IR_BOOL ? gen_bool(gen_bit(r, n)) : gen_narrow(r, n, inst->lo, inst->hi);
}

static struct num field(struct gen_row *r, const struct ir_inst *inst) {
    enum gen_table table = inst->op == IR_CLAIM ? GEN_CLAIM : GEN_PROFILE;
    const struct ir_policy *policy = r->gen->policy;
    const struct ir_field *f = table == GEN_CLAIM ? &policy->claim[inst->index] : &policy->profile[inst->index];
    if (inst->type == IR_TEXT)
        return (struct num){.value = gen_text_load(r, column_of(r, table, inst->index))};
    struct num *known = &r->column[table][inst->index];
    if (r->lanes == 1)
        return cell(r, inst, ir_field_width(f), column_of(r, table, inst->index));
    if (known->width == 0)
        *known = cell(r, inst, ir_field_width(f), column_of(r, table, inst->index));
    return *known;
}

static struct num param(const struct gen_row *r, const struct ir_inst *inst) {
    const struct gen *g = r->gen;
    LLVMBasicBlockRef here = LLVMGetInsertBlock(g->builder);
    if (r->lanes > 1)
        LLVMPositionBuilderBefore(g->builder, LLVMGetBasicBlockTerminator(r->entry));
    struct gen_row one = *r;
    one.lanes = 1;
    LLVMValueRef value = emit_member(g, emit_int(g, 64), r->params, sizeof(int64_t) * inst->index);
    struct num n = {value, 64, inst->lo, inst->hi};
    n = inst->type == IR_BOOL ? gen_bool(gen_bit(&one, n)) : gen_narrow(&one, n, inst->lo, inst->hi);
    n.value = gen_spread(r, n.value);
    emit_at(g, here);
    return n;
}

/* ---- instructions ---------------------------------------------------------------------------------------------------
 */

static struct num leaf(struct gen_row *r, const struct ir_inst *inst) {
    if (inst->op == IR_LITERAL)
        return (struct num){.value = gen_text_literal(r->gen, inst->text)};
    if (inst->op == IR_PARAM)
        return param(r, inst);
    if (inst->op != IR_CONST)
        return field(r, inst);
    return inst->type == IR_BOOL ? gen_bool(gen_splat(r, 1, inst->imm != 0)) : gen_const(r, inst->imm);
}

static struct num arithmetic(struct gen_row *r, enum ir_op op, struct num a, struct num b) {
    if (op == IR_ADD)
        return gen_add(r, a, b);
    if (op == IR_SUB)
        return gen_sub(r, a, b);
    if (op == IR_MUL)
        return gen_mul(r, a, b);
    if (op == IR_FLOORDIV)
        return gen_floordiv(r, a, b);
    if (op == IR_ROUNDDIV)
        return gen_rounddiv(r, a, b);
    if (op == IR_MIN)
        return gen_min(r, a, b);
    if (op == IR_MAX)
        return gen_max(r, a, b);
    assert(op == IR_ADD_YEARS);
    return gen_add_years(r, a, b);
}

static struct num logic(const struct gen_row *r, enum ir_op op, struct num a, struct num b) {
    LLVMBuilderRef builder = r->gen->builder;
    if (op == IR_NOT)
        return gen_bool(LLVMBuildNot(builder, gen_bit(r, a), ""));
    if (op == IR_AND)
        return gen_bool(LLVMBuildAnd(builder, gen_bit(r, a), gen_bit(r, b), ""));
    assert(op == IR_OR);
    return gen_bool(LLVMBuildOr(builder, gen_bit(r, a), gen_bit(r, b), ""));
}

static struct num instruction(struct gen_row *r, const struct ir_inst *inst) {
    struct num none = {0};
    uint8_t arity = ir_op_arity[inst->op];
    struct num a = arity >= 1 ? r->value[inst->a] : none, b = arity >= 2 ? r->value[inst->b] : none;
    switch ((enum ir_op)inst->op) {
    case IR_CONST:
    case IR_CLAIM:
    case IR_PROFILE:
    case IR_PARAM:
    case IR_LITERAL:
        return leaf(r, inst);
    case IR_ADD:
    case IR_SUB:
    case IR_MUL:
    case IR_FLOORDIV:
    case IR_ROUNDDIV:
    case IR_MIN:
    case IR_MAX:
    case IR_ADD_YEARS:
        return arithmetic(r, (enum ir_op)inst->op, a, b);
    case IR_EQ:
    case IR_LT:
    case IR_LE:
        return gen_compare(r, (enum ir_op)inst->op, a, b);
    case IR_AND:
    case IR_OR:
    case IR_NOT:
        return logic(r, (enum ir_op)inst->op, a, b);
    case IR_SELECT:
        return gen_select(r, a, b, r->value[inst->c]);
    case IR_TEXT_EQ:
        return gen_bool(gen_text_equal(r, a.value, b.value));
    case IR_YEAR:
        return gen_year(r, a);
    case IR_OP_COUNT:
        break;
    }
    assert(!"an opcode");
    return none;
}

void gen_block(struct gen_row *r, uint32_t block, const bool *need) {
    const struct ir_block *b = &r->func->block[block];
    for (ir_ref i = b->first; i < b->end; i++) {
        const struct ir_inst *inst = &r->func->inst[i];
        if (!need[i])
            continue;
        r->value[i] = instruction(r, inst);
        if (inst->type == IR_INT)
            r->value[i] = gen_narrow(r, r->value[i], inst->lo, inst->hi);
    }
}

struct num gen_result(const struct gen_row *r, ir_ref ref) {
    return ref == IR_NO_REF ? gen_const(r, 0) : r->value[ref];
}
