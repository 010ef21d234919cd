/* gen_vector.c - the vector loop of the row kernel: no control flow, every item computed for every row, the row's own
 * selected.
 *
 * A row is live when it is valid and block 0 lets it pass; rows that are not get an item number that no item has, so
 * that selecting by item gives 0 for them. Results that several items share are selected once, by the union of the
 * items. Results are gathered by width, so that narrow ones stay narrow until they are stored. */
#include <assert.h>
#include <stddef.h>

#include "codegen/gen_codes.h"
#include "codegen/gen_emit.h"
#include "codegen/gen_rules.h"

enum { NO_ITEM = 255, WIDTHS = 4, SIGNS = 2 };

/* Processors follow some 16 to 32 columns by themselves; reading ahead costs little where it was not needed. */
enum { FOLLOWED_COLUMNS = 16 };

struct shared {
    struct num value;
    LLVMValueRef mask;
    uint32_t items;
    bool coded;
};

/* One result: what has been gathered so far, 0 where no item was selected. */
struct output {
    struct num sum[WIDTHS][SIGNS]; /* 8, 16, 32, 64 bits; unsigned, signed */
    struct num code;               /* of results that are constants */
    struct gen_codes codes;
    struct shared *shared;
    uint32_t shared_count;
};

struct vector_loop {
    struct gen_row r;
    const bool *need;
    struct gen_rules rules;
    struct output rule, *result; /* result: the award, then the aux columns */
    LLVMValueRef item, live;     /* item numbers in 8 bits; i1 */
    LLVMValueRef rule_column, award_column, *aux_column, item_column, status_column; /* pointers */
    uint32_t fast_count;
};

/* ---- gathering ------------------------------------------------------------------------------------------------------
 */

static unsigned width_index(unsigned width) {
    return width == 8 ? 0 : width == 16 ? 1 : width == 32 ? 2 : 3;
}

static struct num as_number(const struct gen_row *r, struct num n) {
    if (n.width != 1)
        return n;
    struct num wide = {.width = 8, .lo = 0, .hi = 1};
    wide.value = gen_convert(r, n, 8);
    return wide;
}

/* Where `mask` holds the result is n. */
static void gather(const struct gen_row *r, struct num *sum, LLVMValueRef mask, struct num n) {
    LLVMValueRef before = sum->width ? sum->value : LLVMConstNull(gen_type(r, n.width));
    sum->value = LLVMBuildSelect(r->gen->builder, mask, n.value, before, "");
    sum->width = n.width;
    sum->lo = n.lo < sum->lo ? n.lo : sum->lo;
    sum->hi = n.hi > sum->hi ? n.hi : sum->hi;
}

/* In 64 bits there is no need to know how to extend. */
static struct num *sum_for(struct output *out, struct num n, bool coded) {
    bool is_signed = n.lo < 0 || (n.width == 64 && n.hi <= INT64_MAX);
    return coded ? &out->code : &out->sum[width_index(n.width)][is_signed];
}

static bool is_zero(struct num n) {
    return n.lo == 0 && n.hi == 0;
}

static void share(const struct gen_row *r, struct output *out, LLVMValueRef mask, struct num n, bool coded) {
    for (uint32_t i = 0; i < out->shared_count; i++) {
        struct shared *s = &out->shared[i];
        if (s->value.value == n.value && s->coded == coded) {
            s->mask = LLVMBuildOr(r->gen->builder, s->mask, mask, "");
            s->items++;
            return;
        }
    }
    out->shared[out->shared_count++] = (struct shared){n, mask, 1, coded};
}

/* Whether other items may have the very same value: it is a leaf, or block 0 computes it. */
static bool may_be_shared(const struct ir_func *func, ir_ref ref) {
    return ir_op_arity[func->inst[ref].op] == 0 || ref < func->block[0].end;
}

/* `item`'s result. */
static void add_result(struct vector_loop *v, struct output *out, uint32_t item, LLVMValueRef mask, ir_ref ref) {
    if (ref == IR_NO_REF)
        return;
    bool coded = out->codes.item && out->codes.item[item];
    struct num n = coded ? gen_codes_item(&v->r, &out->codes, item) : as_number(&v->r, gen_result(&v->r, ref));
    if (is_zero(n))
        return;
    if (may_be_shared(v->r.func, ref))
        share(&v->r, out, mask, n, coded);
    else
        gather(&v->r, sum_for(out, n, coded), mask, n);
}

/* A value that all items of the vector kernel have needs no selection by item. (Rows of the other items are overwritten
 * later.) */
static void gather_shared(struct vector_loop *v, struct output *out) {
    for (uint32_t i = 0; i < out->shared_count; i++) {
        struct shared *s = &out->shared[i];
        gather(&v->r, sum_for(out, s->value, s->coded), s->items == v->fast_count ? v->live : s->mask, s->value);
    }
}

static struct num kept(const struct gen_row *r, LLVMValueRef keep, struct num n) {
    if (keep)
        n.value = LLVMBuildSelect(r->gen->builder, keep, n.value, LLVMConstNull(gen_type(r, n.width)), "");
    return n;
}

/* All that was gathered, in `width` bits. At most one part is not 0. */
static LLVMValueRef all_of(const struct gen_row *r, const struct output *out, LLVMValueRef keep, unsigned width) {
    LLVMBuilderRef b = r->gen->builder;
    LLVMValueRef all = NULL;
    if (out->code.width)
        all = gen_convert(r, gen_codes_values(r, &out->codes, kept(r, keep, out->code).value), width);
    for (unsigned i = 0; i < WIDTHS * SIGNS; i++) {
        struct num n = out->sum[i / SIGNS][i % SIGNS];
        if (n.width == 0)
            continue;
        LLVMValueRef part = gen_convert(r, kept(r, keep, n), width);
        all = all ? LLVMBuildOr(b, all, part, "") : part;
    }
    return all ? all : LLVMConstNull(gen_type(r, width));
}

/* The same where keep (NULL: everywhere) holds. What is narrow is kept or not before it is widened, unless something is
 * wide from the start. */
static LLVMValueRef total(const struct gen_row *r, const struct output *out, LLVMValueRef keep, unsigned width) {
    if (!keep || (out->sum[WIDTHS - 1][0].width == 0 && out->sum[WIDTHS - 1][1].width == 0))
        return all_of(r, out, keep, width);
    struct num all = {.value = all_of(r, out, NULL, width), .width = width};
    return kept(r, keep, all).value;
}

/* ---- the loop -------------------------------------------------------------------------------------------------------
 */

static LLVMValueRef load_rows(const struct gen_row *r, LLVMValueRef column, unsigned bytes) {
    const struct gen *g = r->gen;
    return emit_load(g, gen_type(r, 8 * bytes), emit_element(g, emit_int(g, 8 * bytes), column, r->index), bytes);
}

static void store_rows(const struct gen_row *r, LLVMValueRef value, LLVMValueRef column, unsigned bytes) {
    const struct gen *g = r->gen;
    emit_store(g, value, emit_element(g, emit_int(g, 8 * bytes), column, r->index), bytes);
}

/* Block 0, and which rows are live. Gives block 0's rule where the row is valid, in 16 bits; NULL: it ends no row. */
static LLVMValueRef begin_rows(struct vector_loop *v) {
    const struct gen_row *r = &v->r;
    LLVMBuilderRef b = r->gen->builder;
    LLVMValueRef zero = LLVMConstNull(gen_type(r, 8)), rule = NULL;
    LLVMValueRef valid = LLVMBuildICmp(b, LLVMIntEQ, load_rows(r, v->status_column, 1), zero, "");
    v->live = valid;
    gen_block(&v->r, 0, v->need);
    struct num ends = gen_result(r, r->func->block[0].rule);
    if (!is_zero(ends)) {
        v->live = LLVMBuildAnd(b, valid, gen_compare(r, IR_EQ, ends, gen_const(r, 0)).value, "");
        LLVMValueRef none = LLVMConstNull(gen_type(r, ends.width));
        ends.value = LLVMBuildSelect(b, valid, ends.value, none, "");
        ends.lo = 0;
        rule = gen_convert(r, ends, 16);
    }
    LLVMValueRef item = LLVMBuildTrunc(b, load_rows(r, v->item_column, 2), gen_type(r, 8), "");
    v->item = LLVMBuildSelect(b, v->live, item, gen_splat(r, 8, NO_ITEM), "");
    return rule;
}

static LLVMValueRef is_item(const struct vector_loop *v, uint32_t item) {
    LLVMValueRef number = gen_stored(&v->r, gen_splat(&v->r, 8, item));
    return LLVMBuildICmp(v->r.gen->builder, LLVMIntEQ, v->item, number, "");
}

/* The award, then what goes to the aux columns. */
static ir_ref result_of(const struct ir_block *b, uint32_t i) {
    return i == 0 ? b->award : gen_aux(b, i - 1);
}

static void items(struct vector_loop *v) {
    const struct gen *g = v->r.gen;
    for (uint32_t k = 0; k < g->policy->item_count; k++) {
        if (g->slow[k])
            continue;
        const struct ir_block *b = &v->r.func->block[k + 1];
        LLVMValueRef mask = is_item(v, k);
        gen_block(&v->r, k + 1, v->need);
        if (v->rules.tabled[k])
            gen_rules_item(&v->r, &v->rules, k, mask);
        else
            add_result(v, &v->rule, k, mask, b->rule);
        for (uint32_t i = 0; i <= v->r.func->aux_count; i++)
            add_result(v, &v->result[i], k, mask, result_of(b, i));
    }
    gather_shared(v, &v->rule);
    for (uint32_t i = 0; i <= v->r.func->aux_count; i++)
        gather_shared(v, &v->result[i]);
}

/* Where nothing above 0 was gathered, compared in as many bits as there are. */
static LLVMValueRef nothing(const struct gen_row *r, const struct output *out) {
    LLVMBuilderRef b = r->gen->builder;
    LLVMValueRef all = NULL;
    if (out->code.width)
        all = LLVMBuildICmp(b, LLVMIntEQ, out->code.value, LLVMConstNull(gen_type(r, 8)), "");
    for (unsigned i = 0; i < WIDTHS * SIGNS; i++) {
        struct num n = out->sum[i / SIGNS][i % SIGNS];
        if (n.width == 0)
            continue;
        LLVMIntPredicate none = n.lo < 0 ? LLVMIntSLE : LLVMIntEQ;
        LLVMValueRef part = LLVMBuildICmp(b, none, n.value, LLVMConstNull(gen_type(r, n.width)), "");
        all = all ? LLVMBuildAnd(b, all, part, "") : part;
    }
    return all ? all : gen_splat(r, 1, 1);
}

/* Adds the rules that come from tables to those that were gathered. */
static void add_tabled(struct vector_loop *v) {
    const struct gen_row *r = &v->r;
    struct num *sum = &v->rule.sum[0][0];
    if (v->rules.level_count == 0)
        return;
    LLVMValueRef rule = gen_rules_total(r, &v->rules, v->item, v->rules.no_award ? nothing(r, &v->result[0]) : NULL);
    sum->value = sum->width ? LLVMBuildOr(r->gen->builder, sum->value, rule, "") : rule;
    sum->width = 8;
    sum->hi = UINT8_MAX;
}

static void store_results(struct vector_loop *v, LLVMValueRef general_rule) {
    const struct gen_row *r = &v->r;
    add_tabled(v);
    LLVMValueRef rule = total(r, &v->rule, NULL, 16);
    if (general_rule)
        rule = LLVMBuildOr(r->gen->builder, rule, general_rule, "");
    store_rows(r, rule, v->rule_column, 2);
    store_rows(r, total(r, &v->result[0], nothing(r, &v->rule), 64), v->award_column, 8);
    for (uint32_t i = 0; i < r->func->aux_count; i++)
        store_rows(r, total(r, &v->result[1 + i], NULL, 64), v->aux_column[i], 8);
}

/* Hands the live rows of slow items to row_one, one after the other. */
static void slow_rows(struct vector_loop *v, LLVMValueRef row_one) {
    struct gen *g = v->r.gen;
    LLVMBuilderRef b = g->builder;
    LLVMValueRef slow = NULL;
    for (uint32_t k = 0; k < g->policy->item_count; k++)
        if (g->slow[k])
            slow = slow ? LLVMBuildOr(b, slow, is_item(v, k), "") : is_item(v, k);
    LLVMTypeRef word = emit_int(g, 64), bits_type = emit_int(g, v->r.lanes);
    LLVMValueRef bits = LLVMBuildZExt(b, LLVMBuildBitCast(b, slow, bits_type, ""), word, "");
    LLVMBasicBlockRef from = LLVMGetInsertBlock(b), head = emit_block(g, v->r.function, "slow"),
                      body = emit_block(g, v->r.function, "slow_row"), done = emit_block(g, v->r.function, "slow_done");
    LLVMBuildBr(b, head);
    emit_at(g, head);
    LLVMValueRef left = emit_phi(g, word, bits, from);
    LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntEQ, left, emit_i64(g, 0), ""), done, body);
    emit_at(g, body);
    unsigned id = LLVMLookupIntrinsicID("llvm.cttz", 9);
    LLVMValueRef count = LLVMGetIntrinsicDeclaration(g->module, id, &word, 1);
    LLVMValueRef count_args[2] = {left, LLVMConstInt(emit_int(g, 1), 1, 0)};
    LLVMTypeRef count_type = LLVMIntrinsicGetType(g->context, id, &word, 1);
    LLVMValueRef lane = LLVMBuildCall2(b, count_type, count, count_args, 2, "");
    LLVMValueRef args[2] = {v->r.args, LLVMBuildAdd(b, v->r.index, lane, "")};
    LLVMBuildCall2(b, gen_args_index_type(g), row_one, args, 2, "");
    LLVMValueRef rest = LLVMBuildAnd(b, left, LLVMBuildSub(b, left, emit_i64(g, 1), ""), "");
    emit_incoming(left, rest, body);
    LLVMBuildBr(b, head);
    emit_at(g, done);
}

/* ---- setting up -----------------------------------------------------------------------------------------------------
 */

static void new_output(struct vector_loop *v, struct output *out) {
    out->shared = arena_array_of(v->r.gen->arena, struct shared, v->r.gen->policy->item_count + 1);
}

/* Columns that the loop reads, as far as they matter. */
static unsigned count_columns(const struct vector_loop *v) {
    const struct ir_func *func = v->r.func;
    const struct ir_policy *p = v->r.gen->policy;
    bool *seen = arena_array_of(v->r.gen->arena, bool, p->claim_count + p->profile_count + 1u);
    unsigned count = 0;
    for (ir_ref i = 0; i < func->inst_count; i++) {
        const struct ir_inst *inst = &func->inst[i];
        if (inst->op != IR_CLAIM && inst->op != IR_PROFILE)
            continue;
        uint32_t column = inst->op == IR_CLAIM ? inst->index : p->claim_count + inst->index;
        count += !seen[column];
        seen[column] = true;
    }
    return count;
}

/* Which results become codes; gives for each, by item, whether it does. */
static const bool *const *plan_codes(struct vector_loop *v, bool *wanted) {
    struct gen *g = v->r.gen;
    const struct ir_func *func = v->r.func;
    const bool **coded = arena_array_of(g->arena, const bool *, func->aux_count + 1);
    for (uint32_t i = 0; i <= func->aux_count; i++) {
        ir_ref *result = arena_array_of(g->arena, ir_ref, g->policy->item_count + 1);
        for (uint32_t k = 0; k < g->policy->item_count; k++)
            result[k] = result_of(&func->block[k + 1], i);
        v->result[i].codes = gen_codes_plan(&v->r, result, wanted);
        coded[i] = v->result[i].codes.item;
    }
    return coded;
}

static void set_up(struct vector_loop *v) {
    struct gen *g = v->r.gen;
    const struct ir_func *func = v->r.func;
    bool *more = arena_array_of(g->arena, bool, func->inst_count + 1);
    v->result = arena_array_of(g->arena, struct output, func->aux_count + 1);
    v->rules = gen_rules_plan(g, &v->r, more);
    struct gen_wanted wanted = {g->slow, v->rules.tabled, plan_codes(v, more), more};
    v->need = gen_need_of(g, func, &wanted);
    for (uint32_t k = 0; k < g->policy->item_count; k++)
        v->fast_count += !g->slow[k];
    new_output(v, &v->rule);
    for (uint32_t i = 0; i <= func->aux_count; i++)
        new_output(v, &v->result[i]);
    v->r.prefetch = count_columns(v) > FOLLOWED_COLUMNS;
    v->aux_column = arena_array_of(g->arena, LLVMValueRef, func->aux_count + 1);
}

static LLVMValueRef pointer_at(const struct vector_loop *v, size_t member) {
    return emit_member(v->r.gen, v->r.gen->pointer, v->r.args, member);
}

static void load_columns(struct vector_loop *v) {
    v->rule_column = pointer_at(v, offsetof(struct pol_row_args, rule));
    v->award_column = pointer_at(v, offsetof(struct pol_row_args, award));
    v->item_column = pointer_at(v, offsetof(struct pol_row_args, item));
    v->status_column = pointer_at(v, offsetof(struct pol_row_args, status));
    LLVMValueRef aux = pointer_at(v, offsetof(struct pol_row_args, aux));
    for (uint32_t i = 0; i < v->r.func->aux_count; i++)
        v->aux_column[i] = emit_member(v->r.gen, v->r.gen->pointer, aux, sizeof(void *) * i);
}

LLVMValueRef gen_vector_rows(struct gen *g, LLVMValueRef row_one) {
    LLVMValueRef function = gen_function(g, "row_vector", gen_args_index_type(g));
    gen_share(function);
    struct vector_loop v = {.r = gen_row_begin(g, &g->row, function, g->target->lanes)};
    assert(g->policy->item_count < NO_ITEM);
    set_up(&v);
    struct gen_loop loop = gen_loop_begin(g, function, emit_i64(g, 0), LLVMGetParam(function, 1));
    v.r.index = loop.counter;
    load_columns(&v);
    LLVMValueRef general_rule = begin_rows(&v);
    items(&v);
    store_results(&v, general_rule);
    if (g->any_slow)
        slow_rows(&v, row_one);
    gen_loop_end(g, &loop, g->target->lanes);
    LLVMBuildRetVoid(g->builder);
    return function;
}
