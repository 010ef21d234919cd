/* Exact arithmetic on numerators and denominators. Constant denominators are kept apart from computed ones, so that
 * they can be reduced, and so that most values have no computed one. */
#include <assert.h>

#include "lower/lower_int.h"

/* ---- instructions ------------------------------------------------------------------------------------------------ */

ir_ref lower_const(struct lower *l, ir_int value) {
    ir_ref ref = ir_const(l->policy, l->func, value);
    if (ref != IR_NO_REF)
        return ref;
    report_overflow(l);
    return ir_const(l->policy, l->func, 1);
}

ir_ref lower_bool(struct lower *l, bool value) {
    return ir_bool(l->policy, l->func, value);
}

/* Never IR_NO_REF: what would not fit is reported, and 1 stands in for it. */
ir_ref lower_emit(struct lower *l, enum ir_op op, ir_ref a, ir_ref b, ir_ref c) {
    ir_ref ref = ir_emit(l->policy, l->func, op, a, b, c);
    if (ref != IR_NO_REF)
        return ref;
    if (op == IR_YEAR || op == IR_ADD_YEARS)
        report_date(l);
    else
        report_overflow(l);
    return ir_const(l->policy, l->func, 1);
}

ir_ref lower_and(struct lower *l, ir_ref a, ir_ref b) {
    return lower_emit(l, IR_AND, a, b, IR_NO_REF);
}

ir_ref lower_or(struct lower *l, ir_ref a, ir_ref b) {
    return lower_emit(l, IR_OR, a, b, IR_NO_REF);
}

ir_ref lower_not(struct lower *l, ir_ref a) {
    return lower_emit(l, IR_NOT, a, IR_NO_REF, IR_NO_REF);
}

bool lower_is_const(const struct lower *l, ir_ref ref, ir_int value) {
    const struct ir_inst *inst = &l->func->inst[ref];
    return inst->op == IR_CONST && inst->imm == value;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

struct value value_of(ir_ref ref) {
    return (struct value){.num = ref, .den = 1, .scale = IR_NO_REF, .ok = IR_NO_REF};
}

/* a * b for constant factors; reported, and 1, when it does not fit. */
static ir_int product(struct lower *l, ir_int a, ir_int b) {
    ir_int size = b < 0 ? -b : b;
    if (b == 0 || (a < 0 ? -a : a) <= IR_INT_MAX / size)
        return a * b;
    report_overflow(l);
    return 1;
}

static ir_ref times(struct lower *l, ir_ref ref, ir_int factor) {
    return factor == 1 ? ref : lower_emit(l, IR_MUL, ref, lower_const(l, factor), IR_NO_REF);
}

/* Moves what is constant in the computed denominator to the constant one. */
static void split_scale(struct lower *l, struct value *v) {
    if (v->scale == IR_NO_REF)
        return;
    struct ir_inst scale = l->func->inst[v->scale];
    if (scale.op == IR_CONST) {
        v->den = product(l, v->den, scale.imm);
        v->scale = IR_NO_REF;
    } else if (scale.op == IR_MUL && l->func->inst[scale.b].op == IR_CONST && l->func->inst[scale.b].imm > 0) {
        v->den = product(l, v->den, l->func->inst[scale.b].imm);
        v->scale = scale.a;
    }
}

/* Takes out of numerator and denominator what both show as a constant factor. */
static struct value reduce(struct lower *l, struct value v) {
    split_scale(l, &v);
    struct ir_inst num = l->func->inst[v.num];
    bool constant = num.op == IR_CONST;
    if (constant && num.imm == 0) {
        v.den = 1;
        v.scale = IR_NO_REF;
        return v;
    }
    bool scaled = num.op == IR_MUL && l->func->inst[num.b].op == IR_CONST;
    if (v.den == 1 || (!constant && !scaled))
        return v;
    ir_int factor = constant ? num.imm : l->func->inst[num.b].imm;
    ir_int common = ir_gcd(factor, v.den);
    if (common <= 1)
        return v;
    v.den /= common;
    v.num = constant ? lower_const(l, factor / common) : times(l, num.a, factor / common);
    return v;
}

struct value value_scaled(struct lower *l, ir_ref num, ir_int den) {
    struct value v = value_of(num);
    v.den = den;
    return reduce(l, v);
}

struct value value_ratio(struct lower *l, ir_int num, ir_int den) {
    assert(den != 0);
    ir_int common = ir_gcd(num, den);
    if (den < 0)
        common = -common;
    return value_scaled(l, lower_const(l, num / common), den / common);
}

ir_ref value_ok_both(struct lower *l, ir_ref a, ir_ref b) {
    if (a == IR_NO_REF)
        return b;
    return b == IR_NO_REF ? a : lower_and(l, a, b);
}

static ir_ref scale_both(struct lower *l, ir_ref a, ir_ref b) {
    if (a == IR_NO_REF)
        return b;
    return b == IR_NO_REF ? a : lower_emit(l, IR_MUL, a, b, IR_NO_REF);
}

static ir_ref scale_by(struct lower *l, ir_ref num, ir_ref scale) {
    return scale == IR_NO_REF ? num : lower_emit(l, IR_MUL, num, scale, IR_NO_REF);
}

/* Gives both the same denominator. */
static void align(struct lower *l, struct value *a, struct value *b) {
    ir_int common = ir_gcd(a->den, b->den);
    ir_int for_a = b->den / common, for_b = a->den / common;
    ir_int den = product(l, a->den, for_a);
    a->num = times(l, a->num, for_a);
    b->num = times(l, b->num, for_b);
    a->den = b->den = den;
    if (a->scale == b->scale)
        return;
    ir_ref scale = scale_both(l, a->scale, b->scale);
    a->num = scale_by(l, a->num, b->scale);
    b->num = scale_by(l, b->num, a->scale);
    a->scale = b->scale = scale;
}

/* `op` on the numerators over a common denominator. */
static struct value on_aligned(struct lower *l, enum ir_op op, struct value a, struct value b) {
    align(l, &a, &b);
    struct value v = a;
    v.num = lower_emit(l, op, a.num, b.num, IR_NO_REF);
    v.ok = value_ok_both(l, a.ok, b.ok);
    return reduce(l, v);
}

struct value value_add(struct lower *l, struct value a, struct value b) {
    return on_aligned(l, IR_ADD, a, b);
}

struct value value_sub(struct lower *l, struct value a, struct value b) {
    return on_aligned(l, IR_SUB, a, b);
}

struct value value_bound(struct lower *l, enum ir_op op, struct value a, struct value b) {
    return on_aligned(l, op, a, b);
}

struct value value_mul(struct lower *l, struct value a, struct value b) {
    struct value v = {.num = lower_emit(l, IR_MUL, a.num, b.num, IR_NO_REF),
                      .den = product(l, a.den, b.den),
                      .scale = scale_both(l, a.scale, b.scale),
                      .ok = value_ok_both(l, a.ok, b.ok)};
    return reduce(l, v);
}

/* The reciprocal's numerator is b's denominator; its denominator, b's numerator, has to be positive for certain. */
struct value value_div(struct lower *l, struct value a, struct value b, const struct ast_expr *divisor) {
    struct ir_inst num = l->func->inst[b.num];
    struct value v = {.ok = value_ok_both(l, a.ok, b.ok)};
    if (num.lo <= 0 && num.hi >= 0) {
        report_divisor(l, divisor);
        return value_of(lower_const(l, 1));
    }
    if (num.hi < 0) {
        b.num = lower_emit(l, IR_SUB, lower_const(l, 0), b.num, IR_NO_REF);
        a.num = lower_emit(l, IR_SUB, lower_const(l, 0), a.num, IR_NO_REF);
    }
    v.num = scale_by(l, times(l, a.num, b.den), b.scale);
    v.den = a.den;
    v.scale = scale_both(l, a.scale, b.num);
    return reduce(l, v);
}

static ir_ref text_equals(struct lower *l, struct value a, struct value b) {
    if (b.choice && !a.choice)
        return text_equals(l, b, a);
    if (!a.choice)
        return lower_emit(l, IR_TEXT_EQ, a.num, b.num, IR_NO_REF);
    ir_ref then = text_equals(l, a.choice->then, b), otherwise = text_equals(l, a.choice->otherwise, b);
    return lower_emit(l, IR_SELECT, a.choice->condition, then, otherwise);
}

static bool is_text(const struct lower *l, struct value v) {
    return v.choice || l->func->inst[v.num].type == IR_TEXT;
}

struct value value_compare(struct lower *l, enum ir_op op, struct value a, struct value b) {
    ir_ref ok = value_ok_both(l, a.ok, b.ok);
    struct value v;
    if (is_text(l, a)) {
        v = value_of(text_equals(l, a, b));
    } else {
        align(l, &a, &b);
        v = value_of(lower_emit(l, op, a.num, b.num, IR_NO_REF));
    }
    v.ok = ok;
    return v;
}

static ir_ref select_ok(struct lower *l, ir_ref condition, ir_ref a, ir_ref b) {
    if (a == IR_NO_REF && b == IR_NO_REF)
        return IR_NO_REF;
    ir_ref yes = lower_bool(l, true);
    return lower_emit(l, IR_SELECT, condition, a == IR_NO_REF ? yes : a, b == IR_NO_REF ? yes : b);
}

struct value value_select(struct lower *l, ir_ref condition, struct value a, struct value b) {
    if (lower_is_const(l, condition, 1))
        return a;
    if (lower_is_const(l, condition, 0))
        return b;
    struct value v = value_of(IR_NO_REF);
    if (is_text(l, a)) {
        struct text_choice *choice = arena_new_of(l->arena, struct text_choice);
        *choice = (struct text_choice){condition, a, b};
        v.choice = choice;
    } else {
        align(l, &a, &b);
        v = a;
        v.num = lower_emit(l, IR_SELECT, condition, a.num, b.num);
    }
    v.ok = select_ok(l, condition, a.ok, b.ok);
    return v;
}

struct value value_logic(struct lower *l, enum ir_op op, struct value a, struct value b) {
    struct value v = value_of(lower_emit(l, op, a.num, b.num, IR_NO_REF));
    v.ok = value_ok_both(l, a.ok, b.ok);
    return v;
}

struct value value_not(struct lower *l, struct value a) {
    a.num = lower_not(l, a.num);
    return a;
}

ir_ref value_holds(struct lower *l, struct value v) {
    return v.ok == IR_NO_REF ? v.num : lower_and(l, v.num, v.ok);
}

/* ---- to integers ------------------------------------------------------------------------------------------------- */

static ir_ref divide(struct lower *l, enum ir_op op, ir_ref num, struct value v) {
    ir_ref den = scale_by(l, lower_const(l, v.den), v.scale);
    return lower_emit(l, op, num, den, IR_NO_REF);
}

ir_ref value_floor(struct lower *l, struct value v) {
    return divide(l, IR_FLOORDIV, v.num, v);
}

ir_ref value_round(struct lower *l, struct value v) {
    return divide(l, IR_ROUNDDIV, v.num, v);
}

/* ceil (x) = -floor (-x) */
ir_ref value_ceil(struct lower *l, struct value v) {
    ir_ref zero = lower_const(l, 0);
    ir_ref negative = lower_emit(l, IR_SUB, zero, v.num, IR_NO_REF);
    return lower_emit(l, IR_SUB, zero, divide(l, IR_FLOORDIV, negative, v), IR_NO_REF);
}
