/* Values of expressions under facts; in rules as they are written also what shows there. */
#include "lint/lint_int.h"
#include "tr.h"

struct value lint_number(struct range r) {
    return (struct value){.range = r};
}

static struct value unknown(void) {
    return lint_number(check_range_unknown());
}

static struct value truth(bool value) {
    return lint_number(range_between(value, value));
}

struct value lint_union(struct value a, struct value b) {
    if (a.is_set && b.is_set)
        return (struct value){.is_set = true, .set = a.set | b.set};
    if (a.is_set || b.is_set)
        return unknown();
    return lint_number(check_range_union(a.range, b.range));
}

bool lint_overlap(struct value a, struct value b) {
    if (a.is_set && b.is_set)
        return (a.set & b.set) != 0;
    if (a.is_set || b.is_set || !a.range.known || !b.range.known)
        return true;
    return rat_compare(a.range.lo, b.range.hi) <= 0 && rat_compare(b.range.lo, a.range.hi) <= 0;
}

static int sign_of(struct value v) {
    if (v.is_set || !v.range.known)
        return 0;
    return rat_sign(v.range.lo) > 0 ? 1 : rat_sign(v.range.hi) == 0 ? -1 : 0;
}

int lint_truth(struct lint *l, struct facts *f, const struct ast_expr *e) {
    return sign_of(lint_eval(l, f, e));
}

/* ---- reports ---- */

static void say_why(struct lint *l, struct diag *r, struct span why) {
    if (why.hi)
        diag_label(l->d, r, why, "because of this");
}

/* A condition that the conditions before it decide; what its declarations decide was reported by the checker. */
static struct value decided(struct lint *l, struct facts *f, const struct ast_expr *e, struct value v) {
    int now = sign_of(v);
    if (!l->loud || !now || f->dead)
        return v;
    struct span why = lint_why(l, f, e);
    l->loud = false;
    int declared = lint_truth(l, l->plain, e);
    l->loud = true;
    if (!why.hi || declared)
        return v;
    struct diag *r =
        diag_add(l->d, DIAG_CONDITION_CONSTANT, e->span,
                 now > 0 ? tr("this condition is always true here") : tr("this condition is always false here"));
    say_why(l, r, why);
    return v;
}

/* ---- comparisons and logic ---- */

static bool compares(enum ast_op op) {
    return op == AST_EQ || op == AST_NE || op == AST_LT || op == AST_LE || op == AST_GT || op == AST_GE;
}

static int holds(enum ast_op op, struct value a, struct value b) {
    if (a.is_set && b.is_set) {
        bool apart = (a.set & b.set) == 0, same = a.set == b.set && (a.set & (a.set - 1)) == 0;
        int equal = apart ? -1 : same ? 1 : 0;
        return op == AST_EQ ? equal : op == AST_NE ? -equal : 0;
    }
    if (a.is_set || b.is_set || !a.range.known || !b.range.known)
        return 0;
    return range_holds(op, a.range, b.range);
}

static struct value of_truth(int t) {
    return t ? truth(t > 0) : lint_number(range_between(0, 1));
}

/* The right side counts only where the left one leaves it open. */
static struct value logic(struct lint *l, struct facts *f, const struct ast_expr *e) {
    bool both = e->u.binary.op == AST_AND;
    int left = sign_of(lint_eval(l, f, e->u.binary.left));
    struct facts *then = lint_borrow(l, f);
    lint_assume(l, then, e->u.binary.left, both);
    int right = then->dead ? (both ? -1 : 1) : sign_of(lint_eval(l, then, e->u.binary.right));
    lint_return(l, then);
    int decides = both ? -1 : 1;
    if (left == decides || right == decides)
        return of_truth(decides);
    return of_truth(left == -decides && right == -decides ? -decides : 0);
}

static struct value in_list(struct lint *l, struct facts *f, const struct ast_expr *e) {
    struct value v = lint_eval(l, f, e->u.in.value);
    bool possible = false, sure = false;
    uint64_t set = 0;
    for (const struct ast_expr *x = e->u.in.list; x; x = x->next) {
        struct value one = lint_eval(l, f, x);
        int equal = holds(AST_EQ, v, one);
        possible |= equal >= 0;
        sure |= equal > 0;
        set |= one.is_set ? one.set : 0;
    }
    sure |= v.is_set && (v.set & ~set) == 0;
    return sure ? truth(!e->u.in.negated) : possible ? of_truth(0) : truth(e->u.in.negated);
}

/* ---- arithmetic ---- */

static bool is_length(const struct ast_expr *e) {
    return e->type->kind == TYPE_YEARS || e->type->kind == TYPE_DAYS;
}

static struct range moved(struct range date, struct range by, bool years, bool minus) {
    if (!date.known || !by.known)
        return check_range_unknown();
    if (minus)
        by = check_range_make(rat_neg(by.hi), rat_neg(by.lo), by.whole);
    if (!years)
        return check_range_sum(date, by, false);
    return check_range_make(range_day_after_years(date.lo, by.lo), range_day_after_years(date.hi, by.hi), true);
}

static struct range added(const struct ast_expr *e, struct range a, struct range b) {
    const struct ast_expr *left = e->u.binary.left, *right = e->u.binary.right;
    bool minus = e->u.binary.op == AST_SUB;
    if (left->type->kind == TYPE_DATE && is_length(right))
        return moved(a, b, right->type->kind == TYPE_YEARS, minus);
    if (right->type->kind == TYPE_DATE && is_length(left))
        return moved(b, a, left->type->kind == TYPE_YEARS, false);
    return check_range_sum(a, b, minus);
}

static struct range smallest(struct range a, struct range b, bool largest) {
    if (!a.known || !b.known)
        return check_range_unknown();
    if (largest)
        return check_range_make(range_larger(a.lo, b.lo), range_larger(a.hi, b.hi), a.whole && b.whole);
    return check_range_make(range_smaller(a.lo, b.lo), range_smaller(a.hi, b.hi), a.whole && b.whole);
}

/* 1: the bound changes nothing, -1: it always holds. */
static int bound_state(enum ast_op op, struct range a, struct range b) {
    if (!a.known || !b.known)
        return 0;
    bool least = op == AST_AT_LEAST;
    if (least ? rat_compare(a.lo, b.hi) >= 0 : rat_compare(a.hi, b.lo) <= 0)
        return 1;
    return (least ? rat_compare(a.hi, b.lo) <= 0 : rat_compare(a.lo, b.hi) >= 0) ? -1 : 0;
}

static void look_at_bound(struct lint *l, struct facts *f, const struct ast_expr *e, struct range a, struct range b) {
    int now = bound_state(e->u.binary.op, a, b);
    if (!l->loud || !now || f->dead)
        return;
    l->loud = false;
    struct range x = lint_eval(l, l->plain, e->u.binary.left).range,
                 y = lint_eval(l, l->plain, e->u.binary.right).range;
    l->loud = true;
    if (bound_state(e->u.binary.op, x, y))
        return; /* the checker said so */
    bool least = e->u.binary.op == AST_AT_LEAST, low = least == (now > 0);
    struct diag *r = diag_add(l->d, DIAG_BOUND_IDLE, e->u.binary.right->span,
                              now > 0 ? tr("this bound changes nothing here") : tr("this bound always holds here"));
    struct text t = check_show_value(l->a, low ? a.lo : a.hi, e->u.binary.left->type->kind);
    diag_label(l->d, r, e->u.binary.left->span, low ? tr("never less than %.*s") : tr("never more than %.*s"),
               TEXT_ARG(t));
    say_why(l, r, lint_why(l, f, e->u.binary.left));
}

static struct value binary(struct lint *l, struct facts *f, const struct ast_expr *e) {
    enum ast_op op = e->u.binary.op;
    if (op == AST_AND || op == AST_OR)
        return logic(l, f, e);
    struct value x = lint_eval(l, f, e->u.binary.left), y = lint_eval(l, f, e->u.binary.right);
    if (compares(op))
        return decided(l, f, e, of_truth(holds(op, x, y)));
    if (x.is_set || y.is_set)
        return unknown();
    struct range a = x.range, b = y.range;
    switch (op) {
    case AST_ADD:
    case AST_SUB:
        return lint_number(added(e, a, b));
    case AST_MUL:
    case AST_OF:
    case AST_FOR_EACH:
        return lint_number(check_range_product(a, b));
    case AST_DIV:
        return check_range_has_zero(b) ? unknown() : lint_number(check_range_quotient(a, b));
    case AST_AT_MOST:
    case AST_UP_TO:
    case AST_AT_LEAST:
        look_at_bound(l, f, e, a, b);
        return lint_number(smallest(a, b, op == AST_AT_LEAST));
    default: /* comparisons and logic are done */
        return unknown();
    }
}

static struct range how_many(struct lint *l, struct facts *f, const struct ast_expr *args) {
    struct range sum = range_between(0, 0);
    for (; args; args = args->next) {
        struct range one = lint_eval(l, f, args).range;
        sum = check_range_sum(sum, one.known ? one : range_between(0, 1), false);
    }
    return sum;
}

static struct range rounded(struct range a, enum function_kind function) {
    if (!a.known || function == FUNCTION_FLOOR)
        return check_range_floor(a);
    if (function == FUNCTION_CEIL)
        return check_range_make(rat_ceil(a.lo), rat_ceil(a.hi), true);
    return check_range_make(rat_round(a.lo), rat_round(a.hi), true);
}

static struct range extreme(struct lint *l, struct facts *f, const struct ast_expr *args, bool largest) {
    struct range r = lint_eval(l, f, args).range;
    for (args = args->next; args; args = args->next)
        r = smallest(r, lint_eval(l, f, args).range, largest);
    return r;
}

static struct range call(struct lint *l, struct facts *f, const struct ast_expr *e) {
    const struct decl *decl = e->decl;
    const struct ast_expr *args = e->u.call.args;
    if (!decl || !args)
        return check_range_unknown();
    enum function_kind function = decl->u.function;
    if (function == FUNCTION_HOW_MANY)
        return how_many(l, f, args);
    if (function == FUNCTION_MIN || function == FUNCTION_MAX)
        return extreme(l, f, args, function == FUNCTION_MAX);
    if (function == FUNCTION_SHARE) {
        if (args->kind != AST_RATIO)
            return check_range_unknown();
        struct rat left = rat_int(args->u.ratio.left), right = rat_int(args->u.ratio.right);
        return check_range_point(rat_div(left, rat_add(left, right)));
    }
    struct range a = lint_eval(l, f, args).range;
    struct range b = args->next ? lint_eval(l, f, args->next).range : check_range_unknown();
    if (function == FUNCTION_YEAR_OF)
        return a.known ? check_range_make(range_year_of_day(a.lo), range_year_of_day(a.hi), true) : a;
    if (function == FUNCTION_YEARS_AFTER)
        return moved(a, b, true, false);
    if (function == FUNCTION_DAYS_BETWEEN)
        return check_range_sum(b, a, true);
    if (function == FUNCTION_FULL)
        return check_range_has_zero(b) ? check_range_unknown() : check_range_floor(check_range_quotient(a, b));
    return rounded(a, function);
}

/* ---- choices ---- */

static struct value choice(struct lint *l, struct facts *f, const struct ast_expr *e) {
    lint_eval(l, f, e->u.cond.condition);
    struct facts *yes = lint_borrow(l, f), *no = lint_borrow(l, f);
    lint_assume(l, yes, e->u.cond.condition, true);
    lint_assume(l, no, e->u.cond.condition, false);
    struct value a = lint_eval(l, yes, e->u.cond.then), b = lint_eval(l, no, e->u.cond.otherwise);
    struct value result = yes->dead ? b : no->dead ? a : lint_union(a, b);
    lint_return(l, yes);
    lint_return(l, no);
    return result;
}

static void report_row(struct lint *l, struct span row, struct span why) {
    struct diag *r = diag_add(l->d, DIAG_ROW_IDLE, row, "no claim that gets here reaches this row");
    say_why(l, r, why);
}

/* The values a row of `by` stands for, as far as they can be. False: none of them. */
static bool keys_of(struct lint *l, struct facts *f, const struct ast_expr *by, const struct ast_case *row,
                    struct value *out) {
    bool any = false, loud = l->loud;
    l->loud = false;
    struct value v = lint_eval(l, f, by->u.by.value);
    for (const struct ast_expr *key = row->keys; key; key = key->next) {
        struct value one = lint_eval(l, f, key);
        if (holds(AST_EQ, v, one) < 0)
            continue;
        *out = any ? lint_union(*out, one) : one;
        any = true;
    }
    l->loud = loud;
    return any;
}

static struct value table(struct lint *l, struct facts *f, const struct ast_expr *e) {
    struct value result = unknown();
    uint32_t slot = lint_slot(l, e->u.by.value);
    bool first = true;
    for (const struct ast_case *row = e->u.by.cases; row; row = row->next) {
        struct value keys;
        struct facts *here = lint_borrow(l, f);
        bool reached = !row->keys || keys_of(l, f, e, row, &keys);
        if (reached && row->keys && slot != UINT32_MAX && (keys.is_set || keys.range.known))
            lint_narrow(l, here, slot, keys, row->span);
        if (reached) {
            struct value v = lint_eval(l, here, row->value);
            result = first ? v : lint_union(result, v);
            first = false;
        } else if (l->loud && !f->dead && keys_of(l, l->plain, e, row, &keys))
            report_row(l, row->span, lint_why(l, f, e->u.by.value));
        lint_return(l, here);
    }
    return result;
}

static enum ast_op op_of(enum ast_bound bound) {
    switch (bound) {
    case AST_BOUND_FROM:
        return AST_GE;
    case AST_BOUND_ABOVE:
        return AST_GT;
    case AST_BOUND_TO:
        return AST_LE;
    case AST_BOUND_BELOW:
        return AST_LT;
    case AST_BOUND_NONE:
        break;
    }
    return AST_NE;
}

static bool within(struct lint *l, struct facts *f, const struct ast_expr *value, enum ast_bound bound,
                   const struct ast_expr *at) {
    if (bound == AST_BOUND_NONE || !at)
        return true;
    struct ast_expr compare = {.kind = AST_BINARY, .span = at->span, .type = value->type};
    compare.u.binary.op = op_of(bound);
    compare.u.binary.left = (struct ast_expr *)value;
    compare.u.binary.right = (struct ast_expr *)at;
    lint_assume(l, f, &compare, true);
    return !f->dead;
}

bool lint_row(struct lint *l, struct facts *f, const struct ast_expr *tier, const struct model_tier_row *row) {
    bool loud = l->loud;
    l->loud = false;
    bool good = within(l, f, tier->u.tier.value, row->lower, row->lower_value) &&
                within(l, f, tier->u.tier.value, row->upper, row->upper_value);
    l->loud = loud;
    return good;
}

struct range lint_row_value(struct lint *l, struct facts *f, const struct ast_expr *tier,
                            const struct model_tier_row *row) {
    struct range r = lint_eval(l, f, row->row->value).range;
    if (!row->row->full)
        return r;
    struct range v = lint_eval(l, f, tier->u.tier.value).range, from = lint_eval(l, f, row->lower_value).range;
    struct range full = lint_eval(l, f, row->row->full).range, adds = lint_eval(l, f, row->row->adds).range;
    if (!full.known || check_range_has_zero(full))
        return check_range_unknown();
    struct range steps = check_range_floor(check_range_quotient(check_range_sum(v, from, true), full));
    if (steps.known && rat_sign(steps.lo) < 0)
        steps.lo = rat_int(0);
    if (steps.known && rat_sign(steps.hi) < 0)
        steps.hi = rat_int(0);
    return check_range_sum(r, check_range_product(steps, adds), false);
}

static struct value tier(struct lint *l, struct facts *f, const struct ast_expr *e) {
    const struct model_tier *t = e->decl;
    struct value result = unknown();
    bool first = true;
    lint_eval(l, f, e->u.tier.value);
    for (uint32_t i = 0; t && i < t->count; i++) {
        struct facts *here = lint_borrow(l, f);
        if (lint_row(l, here, e, &t->row[i])) {
            struct value v = lint_number(lint_row_value(l, here, e, &t->row[i]));
            result = first ? v : lint_union(result, v);
            first = false;
        } else if (l->loud && !f->dead)
            report_row(l, t->row[i].row->span, here->dead_with);
        lint_return(l, here);
    }
    if (t && t->otherwise) {
        struct value v = lint_eval(l, f, t->otherwise);
        result = first ? v : lint_union(result, v);
    }
    return result;
}

/* ---- names and literals ---- */

/* What a definition says is said where it stands. */
static struct value defined(struct lint *l, struct facts *f, const struct model_define *define) {
    bool loud = l->loud;
    l->loud = false;
    struct value v = define->expr ? lint_eval(l, f, define->expr) : unknown();
    l->loud = loud;
    return v;
}

static struct value name(struct lint *l, struct facts *f, const struct ast_expr *e) {
    const struct decl *decl = e->decl;
    if (!decl)
        return unknown();
    if (decl->kind == DECL_ENUM_VALUE) {
        uint32_t index = decl->u.enum_value->index;
        const struct model_enum *en = e->type->enum_decl;
        if (en && en->count <= LINT_SET)
            return (struct value){.is_set = true, .set = (uint64_t)1 << index};
        return lint_number(range_between(index, index));
    }
    uint32_t slot = lint_slot(l, e);
    struct value v = decl->kind == DECL_DEFINE ? defined(l, f, decl->u.define)
                     : slot != UINT32_MAX      ? f->value[slot]
                                               : unknown();
    return e->type->kind == TYPE_BOOL ? decided(l, f, e, v) : v;
}

static struct value literal(const struct ast_expr *e) {
    struct rat v = rat_of(e->u.number.num, e->u.number.den);
    if (e->u.number.unit == AST_UNIT_YUAN || e->u.number.unit == AST_UNIT_FEN)
        v = rat_mul(v, rat_int(100));
    if (e->u.number.unit == AST_UNIT_PERCENT)
        v = rat_div(v, rat_int(100));
    return lint_number(check_range_point(v));
}

static struct value negated(struct lint *l, struct facts *f, const struct ast_expr *e) {
    struct range r = lint_eval(l, f, e->u.operand).range;
    if (!r.known)
        return unknown();
    if (e->kind == AST_NOT)
        return lint_number(check_range_sum(range_between(1, 1), r, true));
    return lint_number(check_range_make(rat_neg(r.hi), rat_neg(r.lo), r.whole));
}

static struct value value_of(struct lint *l, struct facts *f, const struct ast_expr *e) {
    if (lint_tired(l, 1) || !e->type || e->type->kind == TYPE_ERROR)
        return unknown();
    switch (e->kind) {
    case AST_NUMBER:
        return literal(e);
    case AST_RATIO:
        return e->u.ratio.right ? lint_number(check_range_point(rat_of(e->u.ratio.left, e->u.ratio.right))) : unknown();
    case AST_DATE: {
        int64_t day = range_day(e->u.date.year, e->u.date.month, e->u.date.day);
        return lint_number(range_between(day, day));
    }
    case AST_BOOL:
        return truth(e->u.boolean);
    case AST_NAME:
    case AST_MEMBER:
        return name(l, f, e);
    case AST_NOT:
    case AST_NEGATE:
        return negated(l, f, e);
    case AST_BINARY:
        return binary(l, f, e);
    case AST_IN:
        return decided(l, f, e, in_list(l, f, e));
    case AST_CALL:
        return lint_number(call(l, f, e));
    case AST_IF:
        return choice(l, f, e);
    case AST_BY:
        return table(l, f, e);
    case AST_TIER:
        return tier(l, f, e);
    case AST_STRING:
    case AST_MISSING:
    case AST_ERROR:
        break;
    }
    return unknown();
}

struct value lint_eval(struct lint *l, struct facts *f, const struct ast_expr *e) {
    return value_of(l, f, e);
}

struct value lint_look(struct lint *l, struct facts *f, const struct ast_expr *e) {
    l->loud = true;
    struct value v = value_of(l, f, e);
    l->loud = false;
    return v;
}
