/* Exact intervals of expressions, and the mistakes that show in them. */
#include "check/check_int.h"
#include "tr.h"

/* ---- intervals ---- */

struct range check_range_unknown(void) {
    return (struct range){0};
}

struct range check_range_make(struct rat lo, struct rat hi, bool whole) {
    if (!rat_valid(lo) || !rat_valid(hi))
        return check_range_unknown();
    return (struct range){.known = true, .whole = whole, .lo = lo, .hi = hi};
}

struct range check_range_point(struct rat value) {
    return check_range_make(value, value, rat_is_int(value));
}

static struct range between(int64_t lo, int64_t hi) {
    return check_range_make(rat_int(lo), rat_int(hi), true);
}

bool check_range_is_point(struct range r) {
    return r.known && rat_compare(r.lo, r.hi) == 0;
}

bool check_range_has_zero(struct range r) {
    return r.known && rat_sign(r.lo) <= 0 && rat_sign(r.hi) >= 0;
}

static struct rat smaller(struct rat a, struct rat b) {
    return rat_valid(a) && rat_valid(b) && rat_compare(b, a) < 0 ? b : a;
}

static struct rat larger(struct rat a, struct rat b) {
    return rat_valid(a) && rat_valid(b) && rat_compare(b, a) > 0 ? b : a;
}

struct range check_range_union(struct range a, struct range b) {
    if (!a.known || !b.known)
        return check_range_unknown();
    return check_range_make(smaller(a.lo, b.lo), larger(a.hi, b.hi), a.whole && b.whole);
}

/* The interval of a field or parameter whose bounds are in the units of abi.h. */
struct range check_range_field(const struct type *type, int64_t min, int64_t max) {
    switch (type->kind) {
    case TYPE_RATE:
        return check_range_make(rat_of(min, POL_RATE_SCALE), rat_of(max, POL_RATE_SCALE), false);
    case TYPE_MONEY:
    case TYPE_COUNT:
    case TYPE_YEARS:
    case TYPE_DAYS:
    case TYPE_DATE:
    case TYPE_BOOL:
    case TYPE_ENUM:
    case TYPE_NUMBER:
        return between(min, max);
    case TYPE_TEXT:
    case TYPE_MISSING:
    case TYPE_ERROR:
        break;
    }
    return check_range_unknown();
}

struct range check_range_sum(struct range a, struct range b, bool minus) {
    if (!a.known || !b.known)
        return check_range_unknown();
    bool whole = a.whole && b.whole;
    if (minus)
        return check_range_make(rat_sub(a.lo, b.hi), rat_sub(a.hi, b.lo), whole);
    return check_range_make(rat_add(a.lo, b.lo), rat_add(a.hi, b.hi), whole);
}

static struct range hull(const struct rat v[4], bool whole) {
    struct rat lo = v[0], hi = v[0];
    for (int i = 0; i < 4; i++) {
        if (!rat_valid(v[i]))
            return check_range_unknown();
        lo = smaller(lo, v[i]);
        hi = larger(hi, v[i]);
    }
    bool point = rat_compare(lo, hi) == 0;
    return check_range_make(lo, hi, whole || (point && rat_is_int(lo)));
}

struct range check_range_product(struct range a, struct range b) {
    if (!a.known || !b.known)
        return check_range_unknown();
    struct rat v[4] = {rat_mul(a.lo, b.lo), rat_mul(a.lo, b.hi), rat_mul(a.hi, b.lo), rat_mul(a.hi, b.hi)};
    return hull(v, a.whole && b.whole);
}

struct range check_range_quotient(struct range a, struct range b) {
    if (!a.known || !b.known)
        return check_range_unknown();
    struct rat v[4] = {rat_div(a.lo, b.lo), rat_div(a.lo, b.hi), rat_div(a.hi, b.lo), rat_div(a.hi, b.hi)};
    return hull(v, false);
}

struct range check_range_floor(struct range a) {
    return a.known ? check_range_make(rat_floor(a.lo), rat_floor(a.hi), true) : a;
}

/* ---- days ---- */

enum { DAY_LOWEST = -719468, DAY_HIGHEST = 2932896 }; /* 0000-03-01 and 9999-12-31, from 1970-01-01 */

static int64_t day_of(int64_t year, int64_t month, int64_t day) {
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void civil_of(int64_t days, int64_t *year, int64_t *month, int64_t *day) {
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, of_era = z - era * 146097;
    int64_t yoe = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t doy = of_era - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    *day = doy - (153 * mp + 2) / 5 + 1;
    *month = mp + (mp < 10 ? 3 : -9);
    *year = yoe + era * 400 + (*month <= 2);
}

static struct rat day_after_years(struct rat day, struct rat years) {
    int64_t d, n, year, month, of_month;
    if (!rat_to_int64(day, &d) || !rat_to_int64(years, &n) || d < DAY_LOWEST || d > DAY_HIGHEST)
        return (struct rat){0, 0};
    if (n < -10000 || n > 10000)
        return (struct rat){0, 0};
    civil_of(d, &year, &month, &of_month);
    year += n;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month == 2 && of_month == 29 && !leap)
        return rat_int(day_of(year, 3, 1));
    return rat_int(day_of(year, month, of_month));
}

static struct range shift_date(struct site *p, const struct ast_expr *e, struct range date, struct range by, bool years,
                               bool minus) {
    struct checker *c = p->c;
    if (!date.known || !by.known)
        return check_range_unknown();
    if (!by.whole) {
        struct diag *r =
            diag_add(c->d, DIAG_RANGE_STEP, e->span, "a date moves by whole %s only", years ? "years" : "days");
        diag_help(c->d, r, "round it: `floor (…)`, `ceil (…)` or `round (…)`");
        return check_range_unknown();
    }
    if (minus)
        by = check_range_make(rat_neg(by.hi), rat_neg(by.lo), true);
    if (!years)
        return check_range_sum(date, by, false);
    return check_range_make(day_after_years(date.lo, by.lo), day_after_years(date.hi, by.hi), true);
}

static struct rat year_of_day(struct rat day) {
    int64_t d, year, month, of_month;
    if (!rat_to_int64(day, &d) || d < DAY_LOWEST || d > DAY_HIGHEST)
        return (struct rat){0, 0};
    civil_of(d, &year, &month, &of_month);
    return rat_int(year);
}

/* ---- values for people ---- */

static struct text show_integer(struct arena *a, ast_int v) {
    char digits[48];
    int at = sizeof digits;
    bool negative = v < 0;
    do {
        int digit = (int)(v % 10);
        digits[--at] = (char)('0' + (digit < 0 ? -digit : digit));
        v /= 10;
    } while (v);
    if (negative)
        digits[--at] = '-';
    return text_copy(a, (struct text){digits + at, sizeof digits - (size_t)at});
}

static struct text show_number(struct arena *a, struct rat v) {
    struct rat whole = rat_is_int(v) ? v : rat_floor(v);
    if (rat_is_int(v))
        return show_integer(a, v.num);
    for (ast_int scale = 10, places = 1; places <= 6; scale *= 10, places++) {
        struct rat scaled = rat_mul(v, rat_int(scale));
        if (!rat_is_int(scaled) || rat_sign(v) < 0)
            continue;
        struct text front = show_integer(a, whole.num), back = show_integer(a, scaled.num - whole.num * scale);
        int zeros = (int)places - (int)back.size;
        return text_format(a, "%.*s.%.*s%.*s", TEXT_ARG(front), zeros > 0 ? zeros : 0, "000000", TEXT_ARG(back));
    }
    struct text num = show_integer(a, v.num), den = show_integer(a, v.den);
    return text_format(a, "%.*s/%.*s", TEXT_ARG(num), TEXT_ARG(den));
}

static struct text show_money(struct arena *a, struct rat fen) {
    static const struct {
        int64_t yuan;
        const char *unit;
    } scale[] = {{100000000, "亿元"}, {10000, "万元"}, {1, "元"}};
    struct rat yuan = rat_div(fen, rat_int(100));
    for (size_t i = 0; i < sizeof scale / sizeof *scale; i++) {
        struct rat scaled = rat_div(yuan, rat_int(scale[i].yuan));
        if (!rat_is_int(scaled) || rat_sign(scaled) == 0)
            continue;
        struct text t = show_number(a, scaled);
        return text_format(a, "%.*s%s", TEXT_ARG(t), scale[i].unit);
    }
    struct text t = show_number(a, yuan);
    return text_format(a, "%.*s元", TEXT_ARG(t));
}

struct text check_show_value(struct arena *a, struct rat v, enum type_kind kind) {
    int64_t day, year, month, of_month;
    if (!rat_valid(v))
        return TEXT("?");
    if (kind == TYPE_MONEY)
        return show_money(a, v);
    if (kind == TYPE_RATE) {
        struct text t = show_number(a, rat_mul(v, rat_int(100)));
        return text_format(a, "%.*s%%", TEXT_ARG(t));
    }
    if (kind == TYPE_DATE && rat_to_int64(v, &day) && day >= DAY_LOWEST && day <= DAY_HIGHEST) {
        civil_of(day, &year, &month, &of_month);
        return text_format(a, "%04d-%02d-%02d", (int)year, (int)month, (int)of_month);
    }
    return show_number(a, v);
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
    diag_add(p->c->d, DIAG_CONDITION_CONSTANT, e->span, "this condition is always %s", value ? "true" : "false");
    return between(value, value);
}

/* -1: never holds, 1: always, 0: it depends. */
static int holds(enum ast_op op, struct range a, struct range b) {
    int low = rat_compare(a.lo, b.hi), high = rat_compare(a.hi, b.lo); /* a's least beside b's most, and so on */
    bool same = check_range_is_point(a) && check_range_is_point(b) && low == 0;
    switch (op) {
    case AST_EQ:
        return same ? 1 : low > 0 || high < 0 ? -1 : 0;
    case AST_NE:
        return same ? -1 : low > 0 || high < 0 ? 1 : 0;
    case AST_LT:
        return high < 0 ? 1 : low >= 0 ? -1 : 0;
    case AST_LE:
        return high <= 0 ? 1 : low > 0 ? -1 : 0;
    case AST_GT:
        return low > 0 ? 1 : high <= 0 ? -1 : 0;
    case AST_GE:
        return low >= 0 ? 1 : high < 0 ? -1 : 0;
    case AST_ADD:
    case AST_SUB:
    case AST_MUL:
    case AST_DIV:
    case AST_OF:
    case AST_FOR_EACH:
    case AST_AND:
    case AST_OR:
    case AST_AT_MOST:
    case AST_UP_TO:
    case AST_AT_LEAST:
        break;
    }
    return 0;
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
        return between(0, 1);
    int result = holds(e->u.binary.op, a, b);
    return result ? decided(p, e, result > 0) : between(0, 1);
}

static struct range range_logic(const struct ast_expr *e, struct range a, struct range b) {
    if (!a.known || !b.known)
        return between(0, 1);
    bool both = e->u.binary.op == AST_AND;
    return both ? check_range_make(smaller(a.lo, b.lo), smaller(a.hi, b.hi), true)
                : check_range_make(larger(a.lo, b.lo), larger(a.hi, b.hi), true);
}

static struct range range_bounded(struct site *p, const struct ast_expr *e, struct range a, struct range b) {
    if (!a.known || !b.known)
        return check_range_unknown();
    bool least = e->u.binary.op == AST_AT_LEAST, whole = a.whole && b.whole;
    bool idle = least ? rat_compare(a.lo, b.hi) >= 0 : rat_compare(a.hi, b.lo) <= 0;
    bool binds = least ? rat_compare(a.hi, b.lo) <= 0 : rat_compare(a.lo, b.hi) >= 0;
    if (idle || binds) {
        struct span at = e->u.binary.right->span;
        struct diag *d =
            diag_add(p->c->d, DIAG_BOUND_IDLE, at, idle ? "this bound changes nothing" : "this bound always holds");
        struct rat v = least == idle ? a.lo : a.hi;
        struct text t = check_show_value(p->c->a, v, e->u.binary.left->type->kind);
        diag_label(p->c->d, d, e->u.binary.left->span, "never %s %.*s", least == idle ? "less than" : "more than",
                   TEXT_ARG(t));
    }
    if (least)
        return check_range_make(larger(a.lo, b.lo), larger(a.hi, b.hi), whole);
    return check_range_make(smaller(a.lo, b.lo), smaller(a.hi, b.hi), whole);
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
            value.known && r.known && comparable(e->u.in.value, x, BUILTIN_EQUAL) ? holds(AST_EQ, value, r) : 0;
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
    return between(0, 1);
}

static struct range range_extreme(struct site *p, const struct ast_expr *args, bool least) {
    struct range r = check_range_expr(p, args);
    for (const struct ast_expr *x = args->next; x; x = x->next) {
        struct range next = check_range_expr(p, x);
        if (!r.known || !next.known)
            r = check_range_unknown();
        else if (least)
            r = check_range_make(smaller(r.lo, next.lo), smaller(r.hi, next.hi), r.whole && next.whole);
        else
            r = check_range_make(larger(r.lo, next.lo), larger(r.hi, next.hi), r.whole && next.whole);
    }
    return r;
}

static struct range range_how_many(struct site *p, const struct ast_expr *args) {
    struct range sum = between(0, 0);
    for (const struct ast_expr *x = args; x; x = x->next) {
        struct range one = check_range_expr(p, x);
        sum = check_range_sum(sum, one.known ? one : between(0, 1), false);
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
        return r.known ? check_range_make(year_of_day(r.lo), year_of_day(r.hi), true) : r;
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
        return between(decl->u.enum_value->index, decl->u.enum_value->index);
    case DECL_YEAR:
        return between(1990, 2099);
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
        return between(day_of(e->u.date.year, e->u.date.month, e->u.date.day),
                       day_of(e->u.date.year, e->u.date.month, e->u.date.day));
    case AST_BOOL:
        return between(e->u.boolean, e->u.boolean);
    case AST_NAME:
    case AST_MEMBER:
        return range_decl(p, e);
    case AST_NOT:
        r = check_range_expr(p, e->u.operand);
        return r.known ? check_range_sum(between(1, 1), r, true) : r;
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
