#include "ir/ir.h"

#include <assert.h>

#include "ir/ir_fold.h"
#include "ir/ir_range.h"

const char *const ir_op_name[IR_OP_COUNT] = {
#define IR_OP(op, text, arity, result) text,
#include "ir/ir_ops.def"
#undef IR_OP
};

const uint8_t ir_op_arity[IR_OP_COUNT] = {
#define IR_OP(op, text, arity, result) arity,
#include "ir/ir_ops.def"
#undef IR_OP
};

/* A hash table with chains, newest instruction first. The chains hold what is visible: when a block begins, the
 * instructions of the one before are taken out again, newest first, which leaves block 0. */
struct ir_memo {
    ir_ref *head;
    uint32_t head_count; /* a power of two */
    ir_ref *next;        /* one for each instruction */
    size_t next_capacity, block_capacity;
    bool open; /* a block has begun and not ended */
};

struct ir_policy *ir_policy_new(struct arena *arena) {
    struct ir_policy *policy = arena_new_of(arena, struct ir_policy);
    policy->arena = arena;
    return policy;
}

/* ---- ranges and types of fields ---------------------------------------------------------------------------------- */

enum ir_type ir_type_of(enum pol_type type) {
    return type == POL_TEXT ? IR_TEXT : type == POL_BOOL ? IR_BOOL : IR_INT;
}

static struct ir_range range_with(struct ir_range r, int64_t fallback) {
    if (fallback < r.lo)
        r.lo = fallback;
    if (fallback > r.hi)
        r.hi = fallback;
    return r;
}

static struct ir_range enum_range(const struct ir_policy *policy, uint32_t index) {
    if (index >= policy->enum_count || policy->enums[index].value_count == 0)
        return (struct ir_range){0, 0};
    return (struct ir_range){0, policy->enums[index].value_count - 1};
}

struct ir_range ir_field_range(const struct ir_policy *policy, const struct ir_field *field) {
    if (field->type == POL_TEXT)
        return (struct ir_range){0, 0};
    if (field->type == POL_BOOL)
        return (struct ir_range){0, 1};
    if (field->type == POL_ENUM)
        return enum_range(policy, field->enum_index);
    struct ir_range r = {field->min, field->max};
    return field->has_default ? range_with(r, field->fallback) : r;
}

struct ir_range ir_param_range(const struct ir_policy *policy, const struct ir_param *param) {
    if (param->type == POL_BOOL)
        return (struct ir_range){0, 1};
    if (param->type == POL_ENUM)
        return enum_range(policy, param->enum_index);
    return range_with((struct ir_range){param->min, param->max}, param->fallback);
}

static bool fits_32(const struct ir_field *field) {
    bool fallback = !field->has_default || (field->fallback >= INT32_MIN && field->fallback <= INT32_MAX);
    return fallback && field->min >= INT32_MIN && field->max <= INT32_MAX;
}

uint8_t ir_field_width(const struct ir_field *field) {
    if (field->builtin && field->type == POL_TEXT && text_equal(field->name, TEXT("item")))
        return sizeof(uint16_t);
    switch (field->type) {
    case POL_MONEY:
        return sizeof(int64_t);
    case POL_RATE:
    case POL_COUNT:
    case POL_YEARS:
    case POL_DAYS:
        return fits_32(field) ? sizeof(int32_t) : sizeof(int64_t);
    case POL_DATE:
        return sizeof(int32_t);
    case POL_BOOL:
    case POL_ENUM:
        return sizeof(uint8_t);
    case POL_TEXT:
        return sizeof(struct pol_text);
    }
    assert(!"a field has a type");
    return 0;
}

/* ---- the index of equal instructions ------------------------------------------------------------------------------
 */

static uint64_t mix(uint64_t h, uint64_t v) {
    h ^= v;
    h *= 0x9e3779b97f4a7c15u;
    return h ^ (h >> 29);
}

static uint32_t hash(const struct ir_inst *inst) {
    uint64_t h = mix(inst->op, inst->type);
    h = mix(h, ((uint64_t)inst->a << 32) | inst->b);
    h = mix(h, ((uint64_t)inst->c << 32) | inst->index);
    h = mix(h, (uint64_t)inst->imm);
    for (size_t i = 0; i < inst->text.size; i++)
        h = mix(h, (unsigned char)inst->text.data[i]);
    return (uint32_t)(h ^ (h >> 32));
}

static bool same(const struct ir_inst *x, const struct ir_inst *y) {
    return x->op == y->op && x->type == y->type && x->a == y->a && x->b == y->b && x->c == y->c &&
           x->index == y->index && x->imm == y->imm && text_equal(x->text, y->text);
}

static void memo_insert(struct ir_func *func, ir_ref ref) {
    struct ir_memo *memo = func->memo;
    ir_ref *head = &memo->head[hash(&func->inst[ref]) & (memo->head_count - 1)];
    memo->next[ref] = *head;
    *head = ref;
}

/* The newest instruction must go first. */
static void memo_remove(struct ir_func *func, ir_ref ref) {
    struct ir_memo *memo = func->memo;
    ir_ref *head = &memo->head[hash(&func->inst[ref]) & (memo->head_count - 1)];
    assert(*head == ref);
    *head = memo->next[ref];
}

static bool is_visible(const struct ir_func *func, ir_ref ref) {
    return ref < func->block[0].end || ref >= func->block[func->block_count - 1].first;
}

static void memo_grow(struct ir_policy *policy, struct ir_func *func) {
    struct ir_memo *memo = func->memo;
    memo->head_count = memo->head_count ? memo->head_count * 2 : 64;
    memo->head = arena_array_of(policy->arena, ir_ref, memo->head_count);
    for (uint32_t i = 0; i < memo->head_count; i++)
        memo->head[i] = IR_NO_REF;
    for (ir_ref ref = 0; ref < func->inst_count; ref++)
        if (is_visible(func, ref))
            memo_insert(func, ref);
}

static ir_ref memo_find(const struct ir_func *func, const struct ir_inst *inst) {
    const struct ir_memo *memo = func->memo;
    if (memo->head_count == 0)
        return IR_NO_REF;
    ir_ref ref = memo->head[hash(inst) & (memo->head_count - 1)];
    while (ref != IR_NO_REF && !same(&func->inst[ref], inst))
        ref = memo->next[ref];
    return ref;
}

static uint32_t visible_count(const struct ir_func *func) {
    uint32_t own = func->inst_count - func->block[func->block_count - 1].first;
    return func->block_count == 1 ? own : own + func->block[0].end;
}

static ir_ref append(struct ir_policy *policy, struct ir_func *func, const struct ir_inst *inst) {
    assert(func->memo && func->memo->open);
    ir_ref found = memo_find(func, inst);
    if (found != IR_NO_REF)
        return found;
    assert(func->inst_count < IR_NO_REF - 1);
    size_t count = func->inst_count, capacity = func->inst_capacity;
    func->inst = arena_grow(policy->arena, func->inst, count, &capacity, count + 1, sizeof *func->inst);
    func->inst_capacity = (uint32_t)capacity;
    struct ir_memo *memo = func->memo;
    memo->next = arena_grow(policy->arena, memo->next, count, &memo->next_capacity, count + 1, sizeof *memo->next);
    if (visible_count(func) >= memo->head_count)
        memo_grow(policy, func);
    func->inst[count] = *inst;
    func->inst_count++;
    func->block[func->block_count - 1].end = func->inst_count;
    memo_insert(func, (ir_ref)count);
    return (ir_ref)count;
}

/* ---- blocks ------------------------------------------------------------------------------------------------------ */

struct ir_block *ir_block_begin(struct ir_policy *policy, struct ir_func *func) {
    if (!func->memo)
        func->memo = arena_new_of(policy->arena, struct ir_memo);
    struct ir_memo *memo = func->memo;
    assert(!memo->open);
    if (func->block_count > 1)
        for (ir_ref ref = func->inst_count; ref-- > func->block[func->block_count - 1].first;)
            memo_remove(func, ref);
    size_t count = func->block_count;
    func->block = arena_grow(policy->arena, func->block, count, &memo->block_capacity, count + 1, sizeof *func->block);
    func->block_count++;
    memo->open = true;
    struct ir_block *block = &func->block[count];
    *block =
        (struct ir_block){.first = func->inst_count, .end = func->inst_count, .rule = IR_NO_REF, .award = IR_NO_REF};
    return block;
}

void ir_block_end(struct ir_func *func) {
    assert(func->memo && func->memo->open);
    func->memo->open = false;
}

/* ---- leaves ------------------------------------------------------------------------------------------------------ */

static struct ir_inst leaf(enum ir_op op, enum ir_type type) {
    return (struct ir_inst){.op = (uint8_t)op, .type = (uint8_t)type, .a = IR_NO_REF, .b = IR_NO_REF, .c = IR_NO_REF};
}

static ir_ref constant(struct ir_policy *policy, struct ir_func *func, enum ir_type type, ir_int value) {
    if (value < IR_INT_MIN || value > IR_INT_MAX)
        return IR_NO_REF;
    struct ir_inst inst = leaf(IR_CONST, type);
    inst.imm = inst.lo = inst.hi = value;
    return append(policy, func, &inst);
}

ir_ref ir_const(struct ir_policy *policy, struct ir_func *func, ir_int value) {
    return constant(policy, func, IR_INT, value);
}

ir_ref ir_bool(struct ir_policy *policy, struct ir_func *func, bool value) {
    return constant(policy, func, IR_BOOL, value);
}

/* A field that can have one value only is that value. */
static ir_ref variable(struct ir_policy *policy, struct ir_func *func, enum ir_op op, uint32_t index, enum ir_type type,
                       struct ir_range range) {
    if (type != IR_TEXT && range.lo == range.hi)
        return constant(policy, func, type, range.lo);
    struct ir_inst inst = leaf(op, type);
    inst.index = index;
    inst.lo = range.lo;
    inst.hi = range.hi;
    return append(policy, func, &inst);
}

ir_ref ir_claim(struct ir_policy *policy, struct ir_func *func, uint32_t field) {
    assert(field < policy->claim_count);
    const struct ir_field *f = &policy->claim[field];
    return variable(policy, func, IR_CLAIM, field, ir_type_of(f->type), ir_field_range(policy, f));
}

ir_ref ir_profile(struct ir_policy *policy, struct ir_func *func, uint32_t field) {
    assert(field < policy->profile_count);
    const struct ir_field *f = &policy->profile[field];
    return variable(policy, func, IR_PROFILE, field, ir_type_of(f->type), ir_field_range(policy, f));
}

ir_ref ir_param(struct ir_policy *policy, struct ir_func *func, uint32_t param) {
    assert(param < policy->param_count);
    const struct ir_param *p = &policy->param[param];
    return variable(policy, func, IR_PARAM, param, ir_type_of(p->type), ir_param_range(policy, p));
}

ir_ref ir_text(struct ir_policy *policy, struct ir_func *func, struct text literal) {
    struct ir_inst inst = leaf(IR_LITERAL, IR_TEXT);
    inst.text = literal;
    return append(policy, func, &inst);
}

/* ---- operations -------------------------------------------------------------------------------------------------- */

static struct ir_range range_of(const struct ir_func *func, ir_ref ref) {
    if (ref == IR_NO_REF)
        return (struct ir_range){0, 0};
    return (struct ir_range){func->inst[ref].lo, func->inst[ref].hi};
}

/* The opcode list names the type; ANY stands for leaves, which take it from their field, and is never looked up. */
enum ir_type ir_result_type(enum ir_op op, const struct ir_inst *b) {
    enum { RESULT_INT = IR_INT, RESULT_BOOL = IR_BOOL, RESULT_TEXT = IR_TEXT, RESULT_ANY };
    static const uint8_t result[IR_OP_COUNT] = {
#define IR_OP(name, text, arity, type) RESULT_##type,
#include "ir/ir_ops.def"
#undef IR_OP
    };
    assert(op < IR_OP_COUNT && result[op] != RESULT_ANY);
    return op == IR_SELECT && b ? (enum ir_type)b->type : (enum ir_type)result[op];
}

bool ir_operands_agree(enum ir_op op, const struct ir_inst *a, const struct ir_inst *b, const struct ir_inst *c) {
    static const struct ir_inst none;
    a = a ? a : &none;
    b = b ? b : &none;
    c = c ? c : &none;
    switch (op) {
    case IR_ADD:
    case IR_SUB:
    case IR_MUL:
    case IR_FLOORDIV:
    case IR_ROUNDDIV:
    case IR_MIN:
    case IR_MAX:
    case IR_LT:
    case IR_LE:
    case IR_ADD_YEARS:
        return a->type == IR_INT && b->type == IR_INT;
    case IR_EQ:
        return a->type == b->type && a->type != IR_TEXT;
    case IR_AND:
    case IR_OR:
        return a->type == IR_BOOL && b->type == IR_BOOL;
    case IR_NOT:
        return a->type == IR_BOOL;
    case IR_SELECT:
        return a->type == IR_BOOL && b->type == c->type && b->type != IR_TEXT;
    case IR_TEXT_EQ:
        return a->type == IR_TEXT && b->type == IR_TEXT;
    case IR_YEAR:
        return a->type == IR_INT;
    case IR_CONST:
    case IR_CLAIM:
    case IR_PROFILE:
    case IR_PARAM:
    case IR_LITERAL:
    case IR_OP_COUNT:
        break;
    }
    return true;
}

static void check_operands(const struct ir_func *func, enum ir_op op, const ir_ref operand[3]) {
    const struct ir_inst *inst[3] = {NULL, NULL, NULL};
    assert(ir_op_arity[op] > 0);
    for (unsigned i = 0; i < 3; i++) {
        assert((operand[i] != IR_NO_REF) == (i < ir_op_arity[op]));
        if (i < ir_op_arity[op]) {
            assert(operand[i] < func->inst_count && is_visible(func, operand[i]));
            inst[i] = &func->inst[operand[i]];
        }
    }
    bool agree = ir_operands_agree(op, inst[0], inst[1], inst[2]);
    assert(agree);
    (void)agree;
}

ir_ref ir_emit(struct ir_policy *policy, struct ir_func *func, enum ir_op op, ir_ref a, ir_ref b, ir_ref c) {
    check_operands(func, op, (const ir_ref[]){a, b, c});
    struct ir_range range;
    if (!ir_range_of(op, range_of(func, a), range_of(func, b), range_of(func, c), &range))
        return IR_NO_REF;
    enum ir_type type = ir_result_type(op, b == IR_NO_REF ? NULL : &func->inst[b]);
    if (range.lo == range.hi)
        return constant(policy, func, type, range.lo);
    struct ir_request request = {op, a, b, c};
    ir_ref folded = ir_fold(policy, func, &request);
    if (folded != IR_NO_REF)
        return folded;
    struct ir_inst inst = leaf(request.op, type);
    inst.a = request.a;
    inst.b = request.b;
    inst.c = request.c;
    inst.lo = range.lo;
    inst.hi = range.hi;
    return append(policy, func, &inst);
}
