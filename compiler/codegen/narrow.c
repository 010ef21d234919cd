/* narrow.c - caps pushed below the arithmetic.
 *
 * An award "20% of judgment, at most 5万元" computes with all the bits a judgment can have, to throw most away. The
 * smallest x whose f (x) reaches the cap k bounds x itself: min (f (x), k) = min (f (min (x, m)), k), and f then works
 * on small numbers. f may be any chain of rising steps over one operand: additions and subtractions of constants,
 * products and quotients with positive ones, bounds by constants. A cap on a choice is a cap on both of its sides. */
#include <assert.h>

#include "codegen/gen.h"

struct narrow {
    struct ir_policy *policy; /* its arena takes what is built */
    const struct ir_func *from;
    struct ir_func to;
    ir_ref *map;     /* from the old instructions to the new */
    unsigned budget; /* instructions that may still be looked at for one cap */
};

static const struct ir_inst *old(const struct narrow *n, ir_ref ref) {
    return &n->from->inst[ref];
}

static bool is_const(const struct ir_func *f, ir_ref ref) {
    return f->inst[ref].op == IR_CONST;
}

/* Whether an instruction is a rising step over *operand. */
static bool rises(const struct ir_func *f, const struct ir_inst *inst, ir_ref *operand) {
    *operand = inst->a;
    switch ((enum ir_op)inst->op) {
    case IR_ADD:
    case IR_MIN:
    case IR_MAX:
        if (is_const(f, inst->b))
            return true;
        *operand = inst->b;
        return is_const(f, inst->a);
    case IR_MUL:
        if (is_const(f, inst->b))
            return f->inst[inst->b].imm > 0;
        *operand = inst->b;
        return is_const(f, inst->a) && f->inst[inst->a].imm > 0;
    case IR_SUB:
    case IR_FLOORDIV:
    case IR_ROUNDDIV:
        return is_const(f, inst->b);
    case IR_CONST:
    case IR_CLAIM:
    case IR_PROFILE:
    case IR_PARAM:
    case IR_EQ:
    case IR_LT:
    case IR_LE:
    case IR_AND:
    case IR_OR:
    case IR_NOT:
    case IR_SELECT:
    case IR_TEXT_EQ:
    case IR_LITERAL:
    case IR_YEAR:
    case IR_ADD_YEARS:
    case IR_OP_COUNT:
        break;
    }
    return false;
}

/* Every value that an operand's interval gives fits 127 bits. */
static ir_int step(const struct ir_func *f, const struct ir_inst *inst, ir_ref operand, ir_int x) {
    ir_ref other = inst->a == operand ? inst->b : inst->a;
    ir_int k = f->inst[other].imm;
    switch ((enum ir_op)inst->op) {
    case IR_ADD:
        return x + k;
    case IR_SUB:
        return x - k;
    case IR_MUL:
        return x * k;
    case IR_FLOORDIV:
        return ir_floor_div(x, k);
    case IR_ROUNDDIV:
        return ir_round_div(x, k);
    case IR_MIN:
        return x < k ? x : k;
    case IR_MAX:
        return x > k ? x : k;
    default: /* rises() admits no other */
        assert(!"a rising step");
        return x;
    }
}

/* The smallest value of the operand whose step is at least k. False: none is. */
static bool first_reaching(const struct narrow *n, const struct ir_inst *inst, ir_ref operand, ir_int k,
                           ir_int *first) {
    ir_int lo = old(n, operand)->lo, hi = old(n, operand)->hi;
    if (step(n->from, inst, operand, hi) < k)
        return false;
    while (lo < hi) {
        ir_int middle = ir_floor_div(lo + hi, 2);
        if (step(n->from, inst, operand, middle) >= k)
            hi = middle;
        else
            lo = middle + 1;
    }
    *first = lo;
    return true;
}

static ir_ref emit(struct narrow *n, enum ir_op op, ir_ref a, ir_ref b, ir_ref c) {
    return ir_emit(n->policy, &n->to, op, a, b, c);
}

static ir_ref at_most(struct narrow *n, ir_ref value, ir_int k) {
    if (value == IR_NO_REF)
        return IR_NO_REF;
    ir_ref cap = ir_const(n->policy, &n->to, k);
    return cap == IR_NO_REF ? IR_NO_REF : emit(n, IR_MIN, value, cap, IR_NO_REF);
}

enum { BUDGET = 64 };

/* min (value of an old instruction, k) in the new function. IR_NO_REF: cannot be built. */
static ir_ref capped(struct narrow *n, ir_ref ref, ir_int k) {
    const struct ir_inst *inst = old(n, ref);
    ir_ref operand;
    ir_int first;
    if (inst->hi <= k || inst->type != IR_INT || n->budget == 0)
        return at_most(n, n->map[ref], k);
    n->budget--;
    if (inst->op == IR_SELECT) {
        ir_ref b = capped(n, inst->b, k), c = capped(n, inst->c, k);
        return b == IR_NO_REF || c == IR_NO_REF ? IR_NO_REF : emit(n, IR_SELECT, n->map[inst->a], b, c);
    }
    if (!rises(n->from, inst, &operand) || is_const(n->from, operand))
        return at_most(n, n->map[ref], k);
    if (!first_reaching(n, inst, operand, k, &first))
        return n->map[ref];
    ir_ref low = capped(n, operand, first);
    if (low == IR_NO_REF)
        return IR_NO_REF;
    ir_ref other = n->map[operand == inst->a ? inst->b : inst->a];
    ir_ref result = operand == inst->a ? emit(n, (enum ir_op)inst->op, low, other, IR_NO_REF)
                                       : emit(n, (enum ir_op)inst->op, other, low, IR_NO_REF);
    return at_most(n, result, k);
}

/* The new form of min (value, constant); IR_NO_REF: there is none better. */
static ir_ref narrowed(struct narrow *n, const struct ir_inst *inst) {
    ir_ref value = inst->a, cap = inst->b;
    if (is_const(n->from, value)) {
        value = inst->b;
        cap = inst->a;
    }
    if (!is_const(n->from, cap) || is_const(n->from, value))
        return IR_NO_REF;
    n->budget = BUDGET;
    return capped(n, value, old(n, cap)->imm);
}

static ir_ref leaf(struct narrow *n, const struct ir_inst *inst) {
    struct ir_policy *p = n->policy;
    switch ((enum ir_op)inst->op) {
    case IR_CLAIM:
        return ir_claim(p, &n->to, inst->index);
    case IR_PROFILE:
        return ir_profile(p, &n->to, inst->index);
    case IR_PARAM:
        return ir_param(p, &n->to, inst->index);
    case IR_LITERAL:
        return ir_text(p, &n->to, inst->text);
    default: /* the only leaf left */
        assert(inst->op == IR_CONST);
        return inst->type == IR_BOOL ? ir_bool(p, &n->to, inst->imm != 0) : ir_const(p, &n->to, inst->imm);
    }
}

static ir_ref mapped(const struct narrow *n, ir_ref ref) {
    return ref == IR_NO_REF ? IR_NO_REF : n->map[ref];
}

static bool copy_inst(struct narrow *n, ir_ref ref) {
    const struct ir_inst *inst = old(n, ref);
    uint8_t arity = ir_op_arity[inst->op];
    ir_ref out = IR_NO_REF;
    if (inst->op == IR_MIN)
        out = narrowed(n, inst);
    if (out == IR_NO_REF && arity == 0)
        out = leaf(n, inst);
    if (out == IR_NO_REF && arity > 0)
        out = emit(n, (enum ir_op)inst->op, mapped(n, inst->a), arity > 1 ? mapped(n, inst->b) : IR_NO_REF,
                   arity > 2 ? mapped(n, inst->c) : IR_NO_REF);
    n->map[ref] = out;
    return out != IR_NO_REF;
}

static bool copy_block(struct narrow *n, uint32_t index) {
    const struct ir_block *b = &n->from->block[index];
    ir_block_begin(n->policy, &n->to);
    for (ir_ref i = b->first; i < b->end; i++)
        if (!copy_inst(n, i))
            return false;
    struct ir_block *out = &n->to.block[index];
    out->rule = mapped(n, b->rule);
    out->award = mapped(n, b->award);
    if (b->aux)
        out->aux = arena_array_of(n->policy->arena, ir_ref, n->from->aux_count + 1u);
    for (uint32_t i = 0; b->aux && i < n->from->aux_count; i++)
        out->aux[i] = mapped(n, b->aux[i]);
    ir_block_end(&n->to);
    return true;
}

struct ir_func gen_narrow_caps(struct ir_policy *policy, const struct ir_func *func, struct arena *arena) {
    struct narrow n = {.policy = policy, .from = func};
    n.to.aux_count = func->aux_count;
    n.map = arena_array_of(arena, ir_ref, func->inst_count + 1u);
    for (uint32_t i = 0; i < func->block_count; i++)
        if (!copy_block(&n, i))
            return *func;
    return n.to;
}

/* ---- no award -------------------------------------------------------------------------------------------------------
 */

/* The award for an `x` in its interval; false: it is no chain of rising steps over it. */
static bool award_for(const struct ir_func *func, ir_ref award, ir_ref x, ir_int value, ir_int *result) {
    const struct ir_inst *chain[BUDGET];
    ir_ref operand[BUDGET];
    int count = 0;
    for (ir_ref at = award; at != x; at = operand[count++]) {
        chain[count] = &func->inst[at];
        if (count == BUDGET - 1 || !rises(func, chain[count], &operand[count]))
            return false;
    }
    while (count-- > 0)
        value = step(func, chain[count], operand[count], value);
    *result = value;
    return true;
}

bool gen_is_no_award(const struct ir_func *func, ir_ref condition, ir_ref award) {
    const struct ir_inst *le = &func->inst[condition];
    if (le->op != IR_LE || !is_const(func, le->b) || func->inst[le->a].type != IR_INT)
        return false;
    ir_int most = func->inst[le->b].imm, none, some;
    if (most < func->inst[le->a].lo || most >= func->inst[le->a].hi)
        return false;
    return award_for(func, award, le->a, most, &none) && award_for(func, award, le->a, most + 1, &some) && none <= 0 &&
           some > 0;
}
