/* Exact intervals of expressions, and the mistakes that show in them. */
#include "check/check_int.h"
#include "tr.h"

/* ---- dates that move ---- */

static struct range shift_date(struct site *p, const struct ast_expr *e, struct range date, struct range by, bool years,
                               bool minus) {
    struct checker *c = p->c;
    if (!date.known || !by.known)
        return check_range_unknown();
    if (!by.whole) {
        struct diag *r =
            diag_add(c->d, DIAG_RANGE_STEP, e->span,
                     years ? tr("a date moves by whole years only") : tr("a date moves by whole days only"));
        diag_help(c->d, r, "round it: `floor (…)`, `ceil (…)` or `round (…)`");
        return check_range_unknown();
    }
    if (minus)
        by = check_range_make(rat_neg(by.hi), rat_neg(by.lo), true);
    if (!years)
        return check_range_sum(date, by, false);
    return check_range_make(range_day_after_years(date.lo, by.lo), range_day_after_years(date.hi, by.hi), true);
}

/* ---- what shows in intervals ---- */

/* A field the value depends on, to say whose range would help. */
static const struct decl *some_source(const struct ast_expr *e) {
    const struct decl *found = NULL;
    switch (e->kind) {
    case AST_NAME:
    case AST_MEMBER:
        found = e->decl;
        if (found && (found->kind == DECL_FIELD || found->kind == DECL_PARAM))
            return found;
        if (found && found->kind == DECL_DEFINE)
            return some_source(found->u.define->expr);
        return NULL;
    case AST_NEGATE:
        return some_source(e->u.operand);
    case AST_BINARY:
        found = some_source(e->u.binary.left);
        return found ? found : some_source(e->u.binary.right);
    case AST_CALL:
        for (const struct ast_expr *x = e->u.call.args; x && !found; x = x->next)
            found = some_source(x);
        return found;
    case AST_IF:
        found = some_source(e->u.cond.then);
        return found ? found : some_source(e->u.cond.otherwise);
    case AST_BY:
        return e->u.by.cases ? some_source(e->u.by.cases->value) : NULL;
    case AST_TIER:
        return e->u.tier.rows ? some_source(e->u.tier.rows->value) : NULL;
    case AST_NUMBER:
    case AST_RATIO:
    case AST_DATE:
    case AST_BOOL:
    case AST_STRING:
    case AST_NOT:
    case AST_IN:
    case AST_MISSING:
    case AST_ERROR:
        break;
    }
    return NULL;
}

void check_report_zero(struct site *p, const struct ast_expr *e, struct range r, const char *what) {
    struct checker *c = p->c;
    struct diag *d = diag_add(c->d, DIAG_DIVISION_BY_ZERO, e->span, "%s", what);
    const struct decl *source = some_source(e);
    if (!source)
        return;
    struct text name = source->kind == DECL_FIELD ? source->u.field->name : source->u.param->name;
    const struct type *type = source->kind == DECL_FIELD ? source->u.field->type : source->u.param->type;
    struct text lo = check_show_value(c->a, r.lo, e->type->kind), hi = check_show_value(c->a, r.hi, e->type->kind);
    diag_note(c->d, d, "it can be anything from %.*s to %.*s", TEXT_ARG(lo), TEXT_ARG(hi));
    struct span span = source->kind == DECL_FIELD ? source->u.field->span : source->u.param->span;
    if (span.hi)
        diag_label(c->d, d, span, "its range depends on this");
    const char *least = type->kind == TYPE_MONEY ? "0.01元" : type->kind == TYPE_RATE ? "0.0001%" : "1";
    diag_help(c->d, d, "declare a range without zero: `%.*s: %.*s range %s to …`", TEXT_ARG(name), TEXT_ARG(type->name),
              least);
}

static struct range decided(struct site *p, const struct ast_expr *e, bool value) {
    diag_add(p->c->d, DIAG_CONDITION_CONSTANT, e->span,
             value ? tr("this condition is always true") : tr("this condition is always false"));
    return range_between(value, value);
}

/* What cannot be compared was reported; no more is said of it. */
static bool comparable(const struct ast_expr *a, const struct ast_expr *b, enum builtin_compare how) {
    if (!check_known_type(a->type) || !check_known_type(b->type))
        return false;
    bool alike = builtin_comparable(how, a->type->kind, b->type->kind);
    return alike && (a->type->kind != TYPE_ENUM || a->type == b->type);
}

static struct range range_comparison(struct site *p, const struct ast_expr *e, struct range a, struct range b) {
    bool equality = e->u.binary.op == AST_EQ || e->u.binary.op == AST_NE;
    bool good = comparable(e->u.binary.left, e->u.binary.right, equality ? BUILTIN_EQUAL : BUILTIN_ORDER);
    if (!a.known || !b.known || !good)
        return range_between(0, 1);
    int result = range_holds(e->u.binary.op, a, b);
    return result ? decided(p, e, result > 0) : range_between(0, 1);
}

static struct range range_logic(const struct ast_expr *e, struct range a, struct range b) {
    if (!a.known || !b.known)
        return range_between(0, 1);
    bool both = e->u.binary.op == AST_AND;
    return both ? check_range_make(range_smaller(a.lo, b.lo), range_smaller(a.hi, b.hi), true)
                : check_range_make(range_larger(a.lo, b.lo), range_larger(a.hi, b.hi), true);
}

static struct range range_bounded(struct site *p, const struct ast_expr *e, struct range a, struct range b) {
    if (!a.known || !b.known)
        return check_range_unknown();
    bool least = e->u.binary.op == AST_AT_LEAST, whole = a.whole && b.whole;
    bool idle = least ? rat_compare(a.lo, b.hi) >= 0 : rat_compare(a.hi, b.lo) <= 0;
    bool binds = least ? rat_compare(a.hi, b.lo) <= 0 : rat_compare(a.lo, b.hi) >= 0;
    if (idle || binds) {
        struct span at = e->u.binary.right->span;
        struct diag *d = diag_add(p->c->d, DIAG_BOUND_IDLE, at,
                                  idle ? tr("this bound changes nothing") : tr("this bound always holds"));
        struct rat v = least == idle ? a.lo : a.hi;
        struct text t = check_show_value(p->c->a, v, e->u.binary.left->type->kind);
        diag_label(p->c->d, d, e->u.binary.left->span,
                   least == idle ? tr("never less than %.*s") : tr("never more than %.*s"), TEXT_ARG(t));
    }
    if (least)
        return check_range_make(range_larger(a.lo, b.lo), range_larger(a.hi, b.hi), whole);
    return check_range_make(range_smaller(a.lo, b.lo), range_smaller(a.hi, b.hi), whole);
}

static bool is_length(const struct ast_expr *e) {
    return e->type->kind == TYPE_YEARS || e->type->kind == TYPE_DAYS;
}

static struct range range_added(struct site *p, const struct ast_expr *e, struct range a, struct range b) {
    const struct ast_expr *left = e->u.binary.left, *right = e->u.binary.right;
    bool minus = e->u.binary.op == AST_SUB;
    if (left->type->kind == TYPE_DATE && is_length(right)) {
        return shift_date(p, right, a, b, right->type->kind == TYPE_YEARS, minus);
    }
    if (right->type->kind == TYPE_DATE && is_length(left)) {
        return shift_date(p, left, b, a, left->type->kind == TYPE_YEARS, false);
    }
    return check_range_sum(a, b, minus);
}

static struct range range_divided(struct site *p, const struct ast_expr *e, struct range a, struct range b) {
    if (check_range_has_zero(b)) {
        check_report_zero(p, e->u.binary.right, b,
                          check_range_is_point(b) ? tr("division by zero") : tr("division by what can be zero"));
        return check_range_unknown();
    }
    return check_range_quotient(a, b);
}

static struct range range_binary(struct site *p, const struct ast_expr *e) {
    struct range a = check_range_expr(p, e->u.binary.left), b = check_range_expr(p, e->u.binary.right);
    switch (e->u.binary.op) {
    case AST_ADD:
    case AST_SUB:
        return range_added(p, e, a, b);
    case AST_MUL:
    case AST_OF:
    case AST_FOR_EACH:
        return check_range_product(a, b);
    case AST_DIV:
        return range_divided(p, e, a, b);
    case AST_EQ:
    case AST_NE:
    case AST_LT:
    case AST_LE:
    case AST_GT:
    case AST_GE:
        return range_comparison(p, e, a, b);
    case AST_AND:
    case AST_OR:
        return range_logic(e, a, b);
    case AST_AT_MOST:
    case AST_UP_TO:
    case AST_AT_LEAST:
        return range_bounded(p, e, a, b);
    }
    return check_range_unknown();
}

/* Listed values that cannot be, and lists that leave nothing out. */
static struct range range_in(struct site *p, const struct ast_expr *e) {
    struct range value = check_range_expr(p, e->u.in.value);
    bool covered[256] = {0}, possible = false, sure = false;
    unsigned count = 0;
    for (const struct ast_expr *x = e->u.in.list; x; x = x->next) {
        struct range r = check_range_expr(p, x);
        int result =
            value.known && r.known && comparable(e->u.in.value, x, BUILTIN_EQUAL) ? range_holds(AST_EQ, value, r) : 0;
        possible |= result >= 0;
        sure |= result > 0;
        if (x->type->kind == TYPE_ENUM && check_range_is_point(r) && r.lo.num < 256 && !covered[r.lo.num]) {
            covered[r.lo.num] = true;
            count++;
        }
    }
    const struct model_enum *en = e->u.in.value->type->kind == TYPE_ENUM ? e->u.in.value->type->enum_decl : NULL;
    sure |= en && count == en->count;
    if (sure)
        return decided(p, e, !e->u.in.negated);
    if (!possible)
        return decided(p, e, e->u.in.negated);
    return range_between(0, 1);
}

static struct range range_extreme(struct site *p, const struct ast_expr *args, bool least) {
    struct range r = check_range_expr(p, args);
    for (const struct ast_expr *x = args->next; x; x = x->next) {
        struct range next = check_range_expr(p, x);
        if (!r.known || !next.known)
            r = check_range_unknown();
        else if (least)
            r = check_range_make(range_smaller(r.lo, next.lo), range_smaller(r.hi, next.hi), r.whole && next.whole);
        else
            r = check_range_make(range_larger(r.lo, next.lo), range_larger(r.hi, next.hi), r.whole && next.whole);
    }
    return r;
}

static struct range range_how_many(struct site *p, const struct ast_expr *args) {
    struct range sum = range_between(0, 0);
    for (const struct ast_expr *x = args; x; x = x->next) {
        struct range one = check_range_expr(p, x);
        sum = check_range_sum(sum, one.known ? one : range_between(0, 1), false);
    }
    return sum;
}

static struct range range_full(struct site *p, const struct ast_expr *args) {
    struct range a = check_range_expr(p, args), b = check_range_expr(p, args->next);
    if (!check_range_has_zero(b))
        return check_range_floor(check_range_quotient(a, b));
    check_report_zero(p, args->next, b, tr("the step can be zero"));
    return check_range_unknown();
}

static struct range range_rounded(struct range a, enum function_kind f) {
    if (!a.known)
        return a;
    if (f == FUNCTION_FLOOR)
        return check_range_floor(a);
    if (f == FUNCTION_CEIL)
        return check_range_make(rat_ceil(a.lo), rat_ceil(a.hi), true);
    return check_range_make(rat_round(a.lo), rat_round(a.hi), true);
}

static struct range range_share(const struct ast_expr *arg) {
    struct rat left = rat_int(arg->u.ratio.left), right = rat_int(arg->u.ratio.right);
    return check_range_point(rat_div(left, rat_add(left, right)));
}

static struct range range_call(struct site *p, const struct ast_expr *e) {
    const struct decl *decl = e->decl;
    const struct ast_expr *args = e->u.call.args;
    if (!decl)
        return check_range_unknown();
    switch (decl->u.function) {
    case FUNCTION_MIN:
        return range_extreme(p, args, true);
    case FUNCTION_MAX:
        return range_extreme(p, args, false);
    case FUNCTION_FLOOR:
    case FUNCTION_CEIL:
    case FUNCTION_ROUND:
        return range_rounded(check_range_expr(p, args), decl->u.function);
    case FUNCTION_FULL:
        return range_full(p, args);
    case FUNCTION_HOW_MANY:
        return range_how_many(p, args);
    case FUNCTION_SHARE:
        return range_share(args);
    case FUNCTION_YEAR_OF: {
        struct range r = check_range_expr(p, args);
        return r.known ? check_range_make(range_year_of_day(r.lo), range_year_of_day(r.hi), true) : r;
    }
    case FUNCTION_YEARS_AFTER: {
        struct range date = check_range_expr(p, args);
        return shift_date(p, args->next, date, check_range_expr(p, args->next), true, false);
    }
    case FUNCTION_DAYS_BETWEEN: {
        struct range from = check_range_expr(p, args);
        return check_range_sum(check_range_expr(p, args->next), from, true);
    }
    }
    return check_range_unknown();
}

static struct range range_literal(const struct ast_expr *e) {
    struct rat v = rat_of(e->u.number.num, e->u.number.den);
    if (e->u.number.unit == AST_UNIT_YUAN || e->u.number.unit == AST_UNIT_FEN)
        v = rat_mul(v, rat_int(100));
    if (e->u.number.unit == AST_UNIT_PERCENT)
        v = rat_div(v, rat_int(100));
    return check_range_point(v);
}

static struct range range_ratio(struct site *p, const struct ast_expr *e) {
    if (e->u.ratio.right)
        return check_range_point(rat_of(e->u.ratio.left, e->u.ratio.right));
    diag_add(p->c->d, DIAG_DIVISION_BY_ZERO, e->span, "a ratio to nothing has no value");
    return check_range_unknown();
}

static void report_lack(struct site *p, const struct ast_expr *e, const struct check_define *define) {
    struct checker *c = p->c;
    struct diag *r =
        diag_add(c->d, DIAG_TABLE_LACKS, e->span, "`%.*s` does not always have a value", TEXT_ARG(define->model.name));
    diag_label(c->d, r, define->model.span, "its table leaves something out");
    diag_note(c->d, r, "only inside an award may a table leave something out: the claim is then ineligible");
    diag_help(c->d, r, "give the table an `else` row");
}

static struct range range_decl(struct site *p, const struct ast_expr *e) {
    const struct decl *decl = e->decl;
    if (!decl)
        return check_range_unknown();
    switch (decl->kind) {
    case DECL_FIELD:
        return check_range_field(decl->u.field->type, decl->u.field->min, decl->u.field->max);
    case DECL_PARAM:
        return check_range_field(decl->u.param->type, decl->u.param->min, decl->u.param->max);
    case DECL_DEFINE: {
        const struct check_define *define = (const struct check_define *)decl->u.define;
        if (define->lacks && !p->may_lack)
            report_lack(p, e, define);
        p->lacks |= define->lacks;
        return define->range;
    }
    case DECL_ENUM_VALUE:
        return range_between(decl->u.enum_value->index, decl->u.enum_value->index);
    case DECL_YEAR:
        return range_between(1990, 2099);
    case DECL_FUNCTION:
        break;
    }
    return check_range_unknown();
}

struct range check_range_expr(struct site *p, const struct ast_expr *e) {
    struct range r;
    if (!check_known_type(e->type))
        return check_range_unknown();
    switch (e->kind) {
    case AST_NUMBER:
        return range_literal(e);
    case AST_RATIO:
        return range_ratio(p, e);
    case AST_DATE:
        return range_between(range_day(e->u.date.year, e->u.date.month, e->u.date.day),
                             range_day(e->u.date.year, e->u.date.month, e->u.date.day));
    case AST_BOOL:
        return range_between(e->u.boolean, e->u.boolean);
    case AST_NAME:
    case AST_MEMBER:
        return range_decl(p, e);
    case AST_NOT:
        r = check_range_expr(p, e->u.operand);
        return r.known ? check_range_sum(range_between(1, 1), r, true) : r;
    case AST_NEGATE:
        r = check_range_expr(p, e->u.operand);
        return r.known ? check_range_make(rat_neg(r.hi), rat_neg(r.lo), r.whole) : r;
    case AST_BINARY:
        return range_binary(p, e);
    case AST_IN:
        return range_in(p, e);
    case AST_CALL:
        return range_call(p, e);
    case AST_IF:
        check_range_expr(p, e->u.cond.condition);
        r = check_range_expr(p, e->u.cond.then);
        return check_range_union(r, check_range_expr(p, e->u.cond.otherwise));
    case AST_BY:
        return check_range_by(p, e);
    case AST_TIER:
        return check_range_tier(p, e);
    case AST_STRING:
    case AST_MISSING:
    case AST_ERROR:
        break;
    }
    return check_range_unknown();
}
