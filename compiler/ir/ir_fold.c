#include "ir/ir_fold.h"

#include "ir/ir_range.h"

/* Rewrites form constants of constants; beyond this size they are left alone, so that none of the sums and products
 * below can overflow. */
#define SMALL (((ir_int)1) << 61)

struct fold {
    struct ir_policy *policy;
    struct ir_func *func;
    struct ir_request *request;
    struct ir_inst a, b, c; /* copies: emitting moves the instructions */
};

static struct ir_inst operand(const struct ir_func *func, ir_ref ref) {
    struct ir_inst none = {.op = IR_OP_COUNT};
    return ref == IR_NO_REF ? none : func->inst[ref];
}

static void load(struct fold *f) {
    f->a = operand(f->func, f->request->a);
    f->b = operand(f->func, f->request->b);
    f->c = operand(f->func, f->request->c);
}

static bool is_const(struct ir_inst inst) {
    return inst.op == IR_CONST;
}

static bool is_small(struct ir_inst inst) {
    return inst.op == IR_CONST && inst.imm > -SMALL && inst.imm < SMALL;
}

static ir_ref emit(struct fold *f, enum ir_op op, ir_ref a, ir_ref b) {
    return ir_emit(f->policy, f->func, op, a, b, IR_NO_REF);
}

static ir_ref constant(struct fold *f, ir_int value) {
    return ir_const(f->policy, f->func, value);
}

static void restate(struct fold *f, enum ir_op op, ir_ref a, ir_ref b) {
    *f->request = (struct ir_request){op, a, b, IR_NO_REF};
    load(f);
}

static bool commutes(enum ir_op op) {
    return op == IR_ADD || op == IR_MUL || op == IR_MIN || op == IR_MAX || op == IR_EQ || op == IR_AND || op == IR_OR ||
           op == IR_TEXT_EQ;
}

/* Constants last, otherwise the older operand first; a - k as a + -k; a < k as a <= k - 1. */
static void canonical(struct fold *f) {
    struct ir_request r = *f->request;
    if (commutes(r.op) && (is_const(f->a) ? !is_const(f->b) : !is_const(f->b) && r.a > r.b))
        restate(f, r.op, r.b, r.a);
    else if (r.op == IR_SUB && is_small(f->b))
        restate(f, IR_ADD, r.a, constant(f, -f->b.imm));
    else if (r.op == IR_LT && is_small(f->b))
        restate(f, IR_LE, r.a, constant(f, f->b.imm - 1));
    else if (r.op == IR_LT && is_small(f->a))
        restate(f, IR_LE, constant(f, f->a.imm + 1), r.b);
}

/* The operation `op` with a small constant on the right of it, or false. */
static bool with_const(struct fold *f, struct ir_inst inst, enum ir_op op, ir_int *k) {
    if (inst.op != op || !is_small(f->func->inst[inst.b]))
        return false;
    *k = f->func->inst[inst.b].imm;
    return true;
}

static ir_ref fold_add(struct fold *f) {
    ir_int k;
    if (!is_small(f->b))
        return IR_NO_REF;
    if (f->b.imm == 0)
        return f->request->a;
    if (with_const(f, f->a, IR_ADD, &k))
        return emit(f, IR_ADD, f->a.a, constant(f, k + f->b.imm));
    if (f->a.op == IR_SUB && is_small(f->func->inst[f->a.a]))
        return emit(f, IR_SUB, constant(f, f->func->inst[f->a.a].imm + f->b.imm), f->a.b);
    return IR_NO_REF;
}

/* (x k) y = (x y) k: constants go outwards, where they meet denominators. */
static ir_ref hoist_const(struct fold *f) {
    ir_int k;
    if (with_const(f, f->a, IR_MUL, &k) && k)
        return emit(f, IR_MUL, emit(f, IR_MUL, f->a.a, f->request->b), f->a.b);
    if (with_const(f, f->b, IR_MUL, &k) && k)
        return emit(f, IR_MUL, emit(f, IR_MUL, f->request->a, f->b.a), f->b.b);
    return IR_NO_REF;
}

static ir_ref fold_mul(struct fold *f) {
    ir_int k;
    if (!is_small(f->b))
        return is_const(f->b) ? IR_NO_REF : hoist_const(f);
    if (f->b.imm == 1)
        return f->request->a;
    if (with_const(f, f->a, IR_MUL, &k))
        return emit(f, IR_MUL, f->a.a, constant(f, k * f->b.imm));
    /* (x + k) m = x m + k m: the constant meets others further out. x m alone may be wider than the sum; if it does not
     * fit, the product stays. */
    if (with_const(f, f->a, IR_ADD, &k)) {
        ir_ref product = emit(f, IR_MUL, f->a.a, f->request->b);
        return product == IR_NO_REF ? IR_NO_REF : emit(f, IR_ADD, product, constant(f, k * f->b.imm));
    }
    return IR_NO_REF;
}

static ir_ref fold_div(struct fold *f) {
    enum ir_op op = f->request->op;
    ir_int k;
    if (!is_small(f->b))
        return IR_NO_REF;
    ir_int divisor = f->b.imm;
    if (divisor == 1)
        return f->request->a;
    if (with_const(f, f->a, IR_MUL, &k) && ir_gcd(k, divisor) > 1) {
        ir_int g = ir_gcd(k, divisor);
        ir_ref top = emit(f, IR_MUL, f->a.a, constant(f, k / g));
        return emit(f, op, top, constant(f, divisor / g));
    }
    if (with_const(f, f->a, IR_ADD, &k) && k % divisor == 0)
        return emit(f, IR_ADD, emit(f, op, f->a.a, f->request->b), constant(f, k / divisor));
    if (op == IR_FLOORDIV && with_const(f, f->a, IR_FLOORDIV, &k))
        return emit(f, op, f->a.a, constant(f, k * divisor));
    return IR_NO_REF;
}

/* min (f (x), m) = f (min (x, m')) for a growing f that takes the value m at m'; likewise max. Narrower values, and the
 * bound becomes a comparison with the input. */
static ir_ref push_bound(struct fold *f) {
    enum ir_op op = f->request->op, inner = (enum ir_op)f->a.op;
    ir_int k, bound = f->b.imm;
    if (!is_small(f->b))
        return IR_NO_REF;
    if (with_const(f, f->a, IR_ADD, &k))
        bound -= k;
    else if (with_const(f, f->a, IR_MUL, &k) && k > 0 && bound % k == 0)
        bound /= k;
    else if (with_const(f, f->a, IR_FLOORDIV, &k))
        bound *= k;
    else
        return IR_NO_REF;
    ir_ref factor = f->a.b;
    return emit(f, inner, emit(f, op, f->a.a, constant(f, bound)), factor);
}

static ir_ref fold_min_max(struct fold *f) {
    struct ir_request *r = f->request;
    bool min = r->op == IR_MIN;
    if (r->a == r->b || (min ? f->a.hi <= f->b.lo : f->a.lo >= f->b.hi))
        return r->a;
    if (min ? f->b.hi <= f->a.lo : f->b.lo >= f->a.hi)
        return r->b;
    /* The two bounds of min (min (x, k), m): intervals did not decide, so the outer one is the tighter. */
    if (f->a.op == r->op && is_const(f->b) && is_const(f->func->inst[f->a.b]))
        return emit(f, r->op, f->a.a, r->b);
    return push_bound(f);
}

/* year (x) compared with k is x compared with a first of January. */
static bool year_starts(ir_int year, ir_int *day) {
    if (year < 1 || year > 9999)
        return false;
    *day = ir_day_of((int32_t)year, 1, 1);
    return true;
}

/* Comparing the operand of a division spares waiting for the quotient, but not where the operand alone needs more than
 * 64 bits. */
static bool is_wide(const struct ir_inst *inst) {
    return inst->lo < INT64_MIN || inst->hi > INT64_MAX;
}

static bool keeps_width(const struct fold *f, struct ir_inst inst) {
    return is_wide(&inst) || !is_wide(&f->func->inst[inst.a]);
}

/* inst <= k as a comparison of inst's operand: *k is replaced. `swap` when the operand must be at least *k instead. */
static bool push_at_most(struct fold *f, struct ir_inst inst, ir_int *k, bool *swap) {
    ir_int m;
    *swap = false;
    if (ir_op_arity[inst.op] == 0 || !keeps_width(f, inst))
        return false;
    if (with_const(f, inst, IR_ADD, &m)) {
        *k -= m;
    } else if (with_const(f, inst, IR_MUL, &m) && m != 0) {
        *swap = m < 0;
        *k = m > 0 ? ir_floor_div(*k, m) : -ir_floor_div(*k, -m);
    } else if (with_const(f, inst, IR_FLOORDIV, &m)) {
        *k = (*k + 1) * m - 1;
    } else if (with_const(f, inst, IR_ROUNDDIV, &m)) {
        *k = ir_floor_div((2 * *k + 1) * m - 1, 2);
    } else if (inst.op == IR_YEAR && year_starts(*k + 1, &m)) {
        *k = m - 1;
    } else {
        return false;
    }
    return true;
}

/* k <= inst likewise; `swap` when the operand must be at most *k instead. */
static bool push_at_least(struct fold *f, struct ir_inst inst, ir_int *k, bool *swap) {
    ir_int m;
    *swap = false;
    if (ir_op_arity[inst.op] == 0 || !keeps_width(f, inst))
        return false;
    if (with_const(f, inst, IR_ADD, &m)) {
        *k -= m;
    } else if (with_const(f, inst, IR_MUL, &m) && m != 0) {
        *swap = m < 0;
        *k = m > 0 ? -ir_floor_div(-*k, m) : ir_floor_div(-*k, -m);
    } else if (with_const(f, inst, IR_FLOORDIV, &m)) {
        *k *= m;
    } else if (with_const(f, inst, IR_ROUNDDIV, &m)) {
        *k = -ir_floor_div(-(2 * *k - 1) * m, 2);
    } else if (inst.op == IR_YEAR && year_starts(*k, &m)) {
        *k = m;
    } else {
        return false;
    }
    return true;
}

static ir_ref compare(struct fold *f, ir_ref value, ir_int k, bool at_least) {
    if (k < IR_INT_MIN || k > IR_INT_MAX)
        return IR_NO_REF;
    ir_ref bound = constant(f, k);
    return at_least ? emit(f, IR_LE, bound, value) : emit(f, IR_LE, value, bound);
}

static ir_ref fold_less(struct fold *f) {
    struct ir_request *r = f->request;
    if (r->a == r->b)
        return ir_bool(f->policy, f->func, r->op == IR_LE);
    if (r->op != IR_LE)
        return IR_NO_REF;
    bool swap;
    ir_int k;
    if (is_small(f->b)) {
        k = f->b.imm;
        if (push_at_most(f, f->a, &k, &swap))
            return compare(f, f->a.a, k, swap);
    } else if (is_small(f->a)) {
        k = f->a.imm;
        if (push_at_least(f, f->b, &k, &swap))
            return compare(f, f->b.a, k, !swap);
    }
    return IR_NO_REF;
}

static ir_ref fold_eq(struct fold *f) {
    struct ir_request *r = f->request;
    ir_int k;
    if (r->a == r->b)
        return ir_bool(f->policy, f->func, true);
    if (!is_small(f->b))
        return IR_NO_REF;
    if (f->a.type == IR_BOOL)
        return f->b.imm ? r->a : emit(f, IR_NOT, r->a, IR_NO_REF);
    if (with_const(f, f->a, IR_ADD, &k))
        return emit(f, IR_EQ, f->a.a, constant(f, f->b.imm - k));
    if (with_const(f, f->a, IR_MUL, &k) && k != 0) {
        if (f->b.imm % k)
            return ir_bool(f->policy, f->func, false);
        return emit(f, IR_EQ, f->a.a, constant(f, f->b.imm / k));
    }
    if (f->a.op == IR_YEAR) {
        ir_ref from = emit(f, IR_LE, r->b, r->a);
        return emit(f, IR_AND, from, emit(f, IR_LE, r->a, r->b));
    }
    return IR_NO_REF;
}

static bool is_not_of(const struct ir_func *func, ir_ref a, ir_ref b) {
    return func->inst[a].op == IR_NOT && func->inst[a].a == b;
}

static ir_ref fold_and_or(struct fold *f) {
    struct ir_request *r = f->request;
    if (r->a == r->b)
        return r->a;
    if (is_const(f->b)) /* true and false have been decided by intervals where they decide */
        return r->a;
    if (is_not_of(f->func, r->a, r->b) || is_not_of(f->func, r->b, r->a))
        return ir_bool(f->policy, f->func, r->op == IR_OR);
    return IR_NO_REF;
}

static ir_ref fold_not(struct fold *f) {
    if (f->a.op == IR_NOT)
        return f->a.a;
    if (f->a.op == IR_LE)
        return emit(f, IR_LT, f->a.b, f->a.a);
    if (f->a.op == IR_LT)
        return emit(f, IR_LE, f->a.b, f->a.a);
    return IR_NO_REF;
}

static ir_ref fold_select(struct fold *f) {
    struct ir_request *r = f->request;
    if (is_const(f->a))
        return f->a.imm ? r->b : r->c;
    if (r->b == r->c)
        return r->b;
    if (f->a.op == IR_NOT)
        return ir_emit(f->policy, f->func, IR_SELECT, f->a.a, r->c, r->b);
    if (f->b.type != IR_BOOL)
        return IR_NO_REF;
    if (is_const(f->b)) {
        ir_ref other = f->b.imm ? r->a : emit(f, IR_NOT, r->a, IR_NO_REF);
        return emit(f, f->b.imm ? IR_OR : IR_AND, other, r->c);
    }
    if (is_const(f->c)) {
        ir_ref other = f->c.imm ? emit(f, IR_NOT, r->a, IR_NO_REF) : r->a;
        return emit(f, f->c.imm ? IR_OR : IR_AND, other, r->b);
    }
    return IR_NO_REF;
}

static ir_ref fold_text_eq(struct fold *f) {
    struct ir_request *r = f->request;
    if (r->a == r->b)
        return ir_bool(f->policy, f->func, true);
    if (f->a.op == IR_LITERAL && f->b.op == IR_LITERAL)
        return ir_bool(f->policy, f->func, text_equal(f->a.text, f->b.text));
    return IR_NO_REF;
}

static ir_ref fold_op(struct fold *f) {
    switch (f->request->op) {
    case IR_ADD:
        return fold_add(f);
    case IR_MUL:
        return fold_mul(f);
    case IR_FLOORDIV:
    case IR_ROUNDDIV:
        return fold_div(f);
    case IR_MIN:
    case IR_MAX:
        return fold_min_max(f);
    case IR_EQ:
        return fold_eq(f);
    case IR_LT:
    case IR_LE:
        return fold_less(f);
    case IR_AND:
    case IR_OR:
        return fold_and_or(f);
    case IR_NOT:
        return fold_not(f);
    case IR_SELECT:
        return fold_select(f);
    case IR_TEXT_EQ:
        return fold_text_eq(f);
    case IR_SUB:
        return f->request->a == f->request->b ? constant(f, 0) : IR_NO_REF;
    case IR_ADD_YEARS:
        return is_const(f->b) && f->b.imm == 0 ? f->request->a : IR_NO_REF;
    case IR_YEAR:
    case IR_CONST:
    case IR_CLAIM:
    case IR_PROFILE:
    case IR_PARAM:
    case IR_LITERAL:
    case IR_OP_COUNT:
        break;
    }
    return IR_NO_REF;
}

ir_ref ir_fold(struct ir_policy *policy, struct ir_func *func, struct ir_request *request) {
    struct fold f = {.policy = policy, .func = func, .request = request};
    load(&f);
    canonical(&f);
    return fold_op(&f);
}
