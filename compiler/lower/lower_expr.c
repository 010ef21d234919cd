/* Expressions. The checker has typed them and seen to it that names, operands and nesting are right; what is left to
 * find is arithmetic that could leave its domain. */
#include <assert.h>

#include "lower/lower_int.h"

struct expansion { /* of a definition */
    struct value value;
    uint32_t epoch;
};

/* ---- leaves ------------------------------------------------------------------------------------------------------ */

ir_ref lower_field(struct lower *l, const struct model_field *field) {
    assert(!l->of_profile || field->of_profile);
    return field->of_profile ? ir_profile(l->policy, l->func, field->index)
                             : ir_claim(l->policy, l->func, field->index);
}

ir_ref lower_year(struct lower *l) {
    if (l->of_profile)
        return ir_profile(l->policy, l->func, POL_PROFILE_YEAR);
    ir_ref date = ir_claim(l->policy, l->func, POL_CLAIM_DATE);
    return lower_emit(l, IR_YEAR, date, IR_NO_REF, IR_NO_REF);
}

static struct value lower_param(struct lower *l, const struct model_param *param) {
    ir_ref ref;
    if (!l->pinned)
        ref = ir_param(l->policy, l->func, param->index);
    else if (param->type->kind == TYPE_BOOL)
        ref = lower_bool(l, param->fallback);
    else
        ref = lower_const(l, param->fallback);
    return param->type->kind == TYPE_RATE ? value_scaled(l, ref, POL_RATE_SCALE) : value_of(ref);
}

/* Expanded once for each block: definitions of definitions would otherwise grow without bound. */
static struct value lower_define(struct lower *l, const struct model_define *define) {
    void **slot = text_map_slot(l->defines, define->name);
    struct expansion *known = *slot;
    if (!known)
        *slot = known = arena_new_of(l->arena, struct expansion);
    if (known->epoch == l->epoch)
        return known->value;
    struct value value = lower_expr(l, define->expr);
    known->value = value;
    known->epoch = l->epoch;
    return value;
}

static struct value lower_decl(struct lower *l, const struct decl *decl) {
    switch (decl->kind) {
    case DECL_FIELD: {
        ir_ref ref = lower_field(l, decl->u.field);
        return decl->u.field->type->kind == TYPE_RATE ? value_scaled(l, ref, POL_RATE_SCALE) : value_of(ref);
    }
    case DECL_PARAM:
        return lower_param(l, decl->u.param);
    case DECL_DEFINE:
        return lower_define(l, decl->u.define);
    case DECL_ENUM_VALUE:
        return value_of(lower_const(l, decl->u.enum_value->index));
    case DECL_YEAR:
        return value_of(lower_year(l));
    case DECL_FUNCTION:
        break;
    }
    assert(!"a function is called, not read");
    return value_of(lower_const(l, 1));
}

static struct value lower_number(struct lower *l, const struct ast_expr *e) {
    ir_int num = e->u.number.num, den = e->u.number.den;
    if (e->u.number.unit == AST_UNIT_YUAN || e->u.number.unit == AST_UNIT_FEN) /* both are stored in yuan */
        return value_mul(l, value_ratio(l, num, den), value_of(lower_const(l, 100)));
    if (e->u.number.unit == AST_UNIT_PERCENT)
        return value_mul(l, value_ratio(l, num, den), value_ratio(l, 1, 100));
    return value_ratio(l, num, den);
}

static struct value lower_date(struct lower *l, const struct ast_expr *e) {
    assert(e->u.date.valid && e->u.date.year >= 0 && e->u.date.year <= 9999);
    return value_of(lower_const(l, ir_day_of(e->u.date.year, e->u.date.month, e->u.date.day)));
}

static struct value lower_text(struct lower *l, const struct ast_expr *e) {
    return value_of(ir_text(l->policy, l->func, lower_copy(l, e->u.string)));
}

/* ---- sets of enum values ------------------------------------------------------------------------------------------
 */

/* An unbroken run of values, tested by its ends. False when the set is none. */
static bool member_of_run(struct lower *l, ir_ref ref, const bool *set, uint32_t count, ir_ref *out) {
    uint32_t first = 0, last = count;
    while (first < count && !set[first])
        first++;
    while (last > first && !set[last - 1])
        last--;
    for (uint32_t i = first; i < last; i++)
        if (!set[i])
            return false;
    if (first == last) {
        *out = lower_bool(l, false);
        return true;
    }
    if (first + 1 == last) {
        *out = lower_emit(l, IR_EQ, ref, lower_const(l, first), IR_NO_REF);
        return true;
    }
    ir_ref from = lower_emit(l, IR_LE, lower_const(l, first), ref, IR_NO_REF);
    *out = lower_and(l, from, lower_emit(l, IR_LE, ref, lower_const(l, last - 1), IR_NO_REF));
    return true;
}

ir_ref lower_member(struct lower *l, ir_ref ref, const bool *set, uint32_t count) {
    ir_ref result;
    if (member_of_run(l, ref, set, count, &result))
        return result;
    uint32_t members = 0;
    bool *others = arena_array_of(l->arena, bool, count);
    for (uint32_t i = 0; i < count; i++) {
        members += set[i];
        others[i] = !set[i];
    }
    if (members > count / 2)
        return lower_not(l, lower_member(l, ref, others, count));
    result = lower_bool(l, false);
    for (uint32_t i = 0; i < count; i++)
        if (set[i])
            result = lower_or(l, result, lower_emit(l, IR_EQ, ref, lower_const(l, i), IR_NO_REF));
    return result;
}

ir_ref lower_kinds(struct lower *l, const struct model_kinds *kinds) {
    if (!kinds->field)
        return IR_NO_REF;
    return lower_member(l, lower_field(l, kinds->field), kinds->allowed, kinds->field->enumeration->count);
}

uint32_t lower_enum_count(const struct ast_expr *e) {
    if (!e->type || e->type->kind != TYPE_ENUM || !e->type->enum_decl)
        return 0;
    return ((const struct model_enum *)e->type->enum_decl)->count;
}

bool lower_enum_set(const struct ast_expr *list, bool *set, uint32_t count) {
    for (const struct ast_expr *x = list; x; x = x->next) {
        const struct decl *decl = x->kind == AST_NAME ? x->decl : NULL;
        if (!decl || decl->kind != DECL_ENUM_VALUE || decl->u.enum_value->index >= count)
            return false;
        set[decl->u.enum_value->index] = true;
    }
    return true;
}

static struct value lower_in_set(struct lower *l, struct value v, const bool *set, uint32_t count) {
    struct value member = value_of(lower_member(l, v.num, set, count));
    member.ok = v.ok;
    return member;
}

static struct value lower_in(struct lower *l, const struct ast_expr *e) {
    struct value v = lower_expr(l, e->u.in.value), any = value_of(lower_bool(l, false));
    uint32_t count = lower_enum_count(e->u.in.value);
    bool *set = arena_array_of(l->arena, bool, count + 1);
    if (count && lower_enum_set(e->u.in.list, set, count)) {
        any = lower_in_set(l, v, set, count);
        return e->u.in.negated ? value_not(l, any) : any;
    }
    for (const struct ast_expr *x = e->u.in.list; x; x = x->next)
        any = value_logic(l, IR_OR, any, value_compare(l, IR_EQ, v, lower_expr(l, x)));
    return e->u.in.negated ? value_not(l, any) : any;
}

/* ---- operators --------------------------------------------------------------------------------------------------- */

static struct value negate(struct lower *l, struct value v) {
    return value_sub(l, value_of(lower_const(l, 0)), v);
}

static struct value add_years(struct lower *l, struct value date, struct value years) {
    struct value v = value_of(lower_emit(l, IR_ADD_YEARS, date.num, value_floor(l, years), IR_NO_REF));
    v.ok = value_ok_both(l, date.ok, years.ok);
    return v;
}

static bool is_kind(const struct ast_expr *e, enum type_kind kind) {
    return e->type && e->type->kind == kind;
}

static struct value lower_sum(struct lower *l, const struct ast_expr *e, struct value a, struct value b) {
    const struct ast_expr *left = e->u.binary.left, *right = e->u.binary.right;
    bool minus = e->u.binary.op == AST_SUB;
    if (is_kind(left, TYPE_DATE) && is_kind(right, TYPE_YEARS))
        return add_years(l, a, minus ? negate(l, b) : b);
    if (is_kind(right, TYPE_DATE) && is_kind(left, TYPE_YEARS) && !minus)
        return add_years(l, b, a);
    return minus ? value_sub(l, a, b) : value_add(l, a, b);
}

static struct value lower_binary(struct lower *l, const struct ast_expr *e) {
    struct value a = lower_expr(l, e->u.binary.left), b = lower_expr(l, e->u.binary.right);
    switch (e->u.binary.op) {
    case AST_ADD:
    case AST_SUB:
        return lower_sum(l, e, a, b);
    case AST_MUL:
    case AST_OF:
    case AST_FOR_EACH:
        return value_mul(l, a, b);
    case AST_DIV:
        return value_div(l, a, b, e->u.binary.right);
    case AST_EQ:
        return value_compare(l, IR_EQ, a, b);
    case AST_NE:
        return value_not(l, value_compare(l, IR_EQ, a, b));
    case AST_LT:
        return value_compare(l, IR_LT, a, b);
    case AST_LE:
        return value_compare(l, IR_LE, a, b);
    case AST_GT:
        return value_compare(l, IR_LT, b, a);
    case AST_GE:
        return value_compare(l, IR_LE, b, a);
    case AST_AND:
        return value_logic(l, IR_AND, a, b);
    case AST_OR:
        return value_logic(l, IR_OR, a, b);
    case AST_AT_MOST:
    case AST_UP_TO:
        return value_bound(l, IR_MIN, a, b);
    case AST_AT_LEAST:
        return value_bound(l, IR_MAX, a, b);
    }
    assert(!"an operator of the list");
    return a;
}

static struct value lower_if(struct lower *l, const struct ast_expr *e) {
    struct value condition = lower_expr(l, e->u.cond.condition);
    struct value then = lower_expr(l, e->u.cond.then), otherwise = lower_expr(l, e->u.cond.otherwise);
    struct value v = value_select(l, condition.num, then, otherwise);
    v.ok = value_ok_both(l, condition.ok, v.ok);
    return v;
}

/* ---- functions --------------------------------------------------------------------------------------------------- */

static struct value lower_min_max(struct lower *l, enum ir_op op, const struct ast_expr *args) {
    struct value v = lower_expr(l, args);
    for (const struct ast_expr *x = args->next; x; x = x->next)
        v = value_bound(l, op, v, lower_expr(l, x));
    return v;
}

static struct value lower_whole(struct lower *l, ir_ref (*to_int)(struct lower *, struct value), struct value v) {
    struct value whole = value_of(to_int(l, v));
    whole.ok = v.ok;
    return whole;
}

static struct value lower_how_many(struct lower *l, const struct ast_expr *args) {
    struct value sum = value_of(lower_const(l, 0));
    for (const struct ast_expr *x = args; x; x = x->next) {
        struct value holds = lower_expr(l, x);
        struct value one = value_of(lower_emit(l, IR_SELECT, holds.num, lower_const(l, 1), lower_const(l, 0)));
        one.ok = holds.ok;
        sum = value_add(l, sum, one);
    }
    return sum;
}

static struct value lower_share(struct lower *l, const struct ast_expr *ratio) {
    assert(ratio->kind == AST_RATIO);
    ir_int left = ratio->u.ratio.left, right = ratio->u.ratio.right;
    assert(left + right > 0);
    return value_ratio(l, left, left + right);
}

static struct value lower_call(struct lower *l, const struct ast_expr *e) {
    const struct decl *decl = e->decl;
    const struct ast_expr *first = e->u.call.args;
    assert(decl && decl->kind == DECL_FUNCTION);
    switch (decl->u.function) {
    case FUNCTION_MIN:
        return lower_min_max(l, IR_MIN, first);
    case FUNCTION_MAX:
        return lower_min_max(l, IR_MAX, first);
    case FUNCTION_FLOOR:
        return lower_whole(l, value_floor, lower_expr(l, first));
    case FUNCTION_CEIL:
        return lower_whole(l, value_ceil, lower_expr(l, first));
    case FUNCTION_ROUND:
        return lower_whole(l, value_round, lower_expr(l, first));
    case FUNCTION_FULL: {
        struct value x = lower_expr(l, first), unit = lower_expr(l, first->next);
        return lower_whole(l, value_floor, value_div(l, x, unit, first->next));
    }
    case FUNCTION_HOW_MANY:
        return lower_how_many(l, first);
    case FUNCTION_SHARE:
        return lower_share(l, first);
    case FUNCTION_YEAR_OF: {
        struct value date = lower_expr(l, first);
        date.num = lower_emit(l, IR_YEAR, date.num, IR_NO_REF, IR_NO_REF);
        return date;
    }
    case FUNCTION_YEARS_AFTER: {
        struct value date = lower_expr(l, first);
        return add_years(l, date, lower_expr(l, first->next));
    }
    case FUNCTION_DAYS_BETWEEN: {
        struct value from = lower_expr(l, first);
        return value_sub(l, lower_expr(l, first->next), from);
    }
    }
    assert(!"a function of the list");
    return value_of(lower_const(l, 1));
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

static struct value lower_node(struct lower *l, const struct ast_expr *e) {
    switch (e->kind) {
    case AST_NUMBER:
        return lower_number(l, e);
    case AST_RATIO:
        assert(e->u.ratio.right != 0);
        return value_ratio(l, e->u.ratio.left, e->u.ratio.right);
    case AST_DATE:
        return lower_date(l, e);
    case AST_BOOL:
        return value_of(lower_bool(l, e->u.boolean));
    case AST_STRING:
        return lower_text(l, e);
    case AST_NAME:
    case AST_MEMBER:
        return lower_decl(l, e->decl);
    case AST_NOT:
        return value_not(l, lower_expr(l, e->u.operand));
    case AST_NEGATE:
        return negate(l, lower_expr(l, e->u.operand));
    case AST_BINARY:
        return lower_binary(l, e);
    case AST_IN:
        return lower_in(l, e);
    case AST_CALL:
        return lower_call(l, e);
    case AST_IF:
        return lower_if(l, e);
    case AST_BY:
        return lower_by(l, e);
    case AST_TIER:
        return lower_tier(l, e);
    case AST_MISSING:
    case AST_ERROR:
        break;
    }
    assert(!"no such node after a check without errors");
    return value_of(lower_const(l, 1));
}

struct value lower_expr(struct lower *l, const struct ast_expr *e) {
    const struct ast_expr *outer = l->at, *whole = l->whole;
    l->at = e;
    l->whole = whole ? whole : e;
    struct value v = lower_node(l, e);
    l->at = outer;
    l->whole = whole;
    return v;
}
