/* ast_build.c - constructors of expressions; statements and sections are in ast_stmt.c. */
#include "ast/ast_build.h"

#include "tr.h"

void ast_builder_init(struct ast_builder *b, struct arena *arena, struct diags *diags) {
    *b = (struct ast_builder){.arena = arena, .diags = diags};
    b->policy = arena_new_of(arena, struct ast_policy);
}

struct ast_policy *ast_builder_finish(struct ast_builder *b) {
    struct ast_policy *p = b->policy;
    p->params = b->params.first;
    p->applicant = b->applicant.first;
    p->claim = b->claim.first;
    p->statements = b->statements.first;
    p->clauses = b->clauses.first;
    p->samples = b->samples.first;
    p->comments = b->comments.first;
    p->shares = b->shares.first;
    return p;
}

/* ---- leaves ----------------------------------------------------------------------------------------------------- */

struct ast_name *ast_name_new(struct ast_builder *b, struct text text, struct span span) {
    struct ast_name *name = arena_new_of(b->arena, struct ast_name);
    name->text = text;
    name->span = span;
    return name;
}

struct ast_string *ast_string_new(struct ast_builder *b, struct text text, struct span span) {
    struct ast_string *string = arena_new_of(b->arena, struct ast_string);
    string->text = text;
    string->span = span;
    return string;
}

void ast_comment_add(struct ast_builder *b, struct span span) {
    struct ast_comment *comment = arena_new_of(b->arena, struct ast_comment);
    comment->span = span;
    AST_APPEND(b->comments, comment);
}

static struct ast_expr *expr_new(struct ast_builder *b, enum ast_expr_kind kind, struct span span) {
    struct ast_expr *e = arena_new_of(b->arena, struct ast_expr);
    e->kind = kind;
    e->span = span;
    e->height = 1;
    return e;
}

struct ast_expr *ast_error(struct ast_builder *b, struct span span) {
    return expr_new(b, AST_ERROR, span);
}

struct ast_expr *ast_number(struct ast_builder *b, struct span span, ast_int num, int64_t den, enum ast_unit unit,
                            struct text digits, struct text unit_text) {
    struct ast_expr *e = expr_new(b, AST_NUMBER, span);
    e->u.number.num = num;
    e->u.number.den = den;
    e->u.number.unit = unit;
    e->u.number.digits = digits;
    e->u.number.unit_text = unit_text;
    return e;
}

struct ast_expr *ast_ratio(struct ast_builder *b, struct span span, int64_t left, int64_t right) {
    struct ast_expr *e = expr_new(b, AST_RATIO, span);
    e->u.ratio.left = left;
    e->u.ratio.right = right;
    return e;
}

static bool is_leap(uint32_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static uint32_t days_of_month(uint32_t year, uint32_t month) {
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

struct ast_expr *ast_date(struct ast_builder *b, struct span span, uint32_t year, uint32_t month, uint32_t day) {
    struct ast_expr *e = expr_new(b, AST_DATE, span);
    struct diag *d = NULL;
    if (year < 1 || year > 9999) {
        d = diag_add(b->diags, DIAG_DATE_FORM, span, "there is no year %u", year);
    } else if (month < 1 || month > 12) {
        d = diag_add(b->diags, DIAG_DATE_FORM, span, "there is no month %u", month);
        diag_help(b->diags, d, "a date is written year, month, day: 2021-03-31 or 2021年3月31日");
    } else if (day < 1 || day > days_of_month(year, month)) {
        d = diag_add(b->diags, DIAG_DATE_FORM, span, "there is no day %u-%02u-%02u", year, month, day);
        diag_note(b->diags, d, "this month has %u days", days_of_month(year, month));
    }
    if (d)
        return e;
    e->u.date.year = (int32_t)year;
    e->u.date.month = (uint8_t)month;
    e->u.date.day = (uint8_t)day;
    e->u.date.valid = true;
    return e;
}

struct ast_expr *ast_bool(struct ast_builder *b, struct span span, bool value) {
    struct ast_expr *e = expr_new(b, AST_BOOL, span);
    e->u.boolean = value;
    return e;
}

struct ast_expr *ast_missing(struct ast_builder *b, struct span span) {
    return expr_new(b, AST_MISSING, span);
}

struct ast_expr *ast_string_expr(struct ast_builder *b, struct span span, const struct ast_string *string) {
    struct ast_expr *e = expr_new(b, AST_STRING, span);
    e->u.string = string->text;
    return e;
}

struct ast_expr *ast_name_expr(struct ast_builder *b, struct span span, struct text name) {
    struct ast_expr *e = expr_new(b, AST_NAME, span);
    e->u.name = name;
    return e;
}

struct ast_expr *ast_member(struct ast_builder *b, struct span span, bool of_claim, const struct ast_name *name) {
    struct ast_expr *e = expr_new(b, AST_MEMBER, span);
    e->u.member.owner = of_claim ? AST_OF_CLAIM : AST_OF_APPLICANT;
    e->u.member.name = *name;
    return e;
}

/* ---- nodes with parts ------------------------------------------------------------------------------------------- */

static void raise_over(struct ast_expr *e, const struct ast_expr *part) {
    if (part && part->height >= e->height)
        e->height = part->height + 1;
}

static void raise_over_list(struct ast_expr *e, const struct ast_expr *list) {
    for (; list; list = list->next)
        raise_over(e, list);
}

/* A node that is too high becomes an error; so its parts are never walked. */
static struct ast_expr *bounded(struct ast_builder *b, struct ast_expr *e) {
    if (e->height <= AST_HEIGHT_LIMIT)
        return e;
    if (!b->nesting_reported) {
        b->nesting_reported = true;
        struct diag *d =
            diag_add(b->diags, DIAG_NESTING, e->span, "expression nested more than %d deep", (int)AST_HEIGHT_LIMIT);
        diag_help(b->diags, d, "give parts of it a name with `define`");
    }
    return ast_error(b, e->span);
}

struct ast_expr *ast_unary(struct ast_builder *b, struct span span, enum ast_expr_kind kind, struct ast_expr *operand) {
    struct ast_expr *e = expr_new(b, kind, span);
    e->u.operand = operand;
    raise_over(e, operand);
    return bounded(b, e);
}

static void note_share(struct ast_builder *b, const struct ast_expr *e) {
    struct ast_share *share = arena_new_of(b->arena, struct ast_share);
    share->expr = e;
    AST_APPEND(b->shares, share);
}

static bool bare_integer(const struct ast_expr *e) {
    return e->kind == AST_NUMBER && e->u.number.unit == AST_UNIT_NONE && e->u.number.den == 1 && !e->parenthesised;
}

/* `成本的 1/3`: a fraction written without blanks behind 的 is one share, as it is in `1/3 of 成本`. */
static bool completes_share(enum ast_op op, const struct ast_expr *left, const struct ast_expr *right,
                            struct span op_span) {
    if (op != AST_DIV || left->kind != AST_BINARY || left->u.binary.op != AST_OF || left->parenthesised)
        return false;
    const struct ast_expr *share = left->u.binary.left;
    return share->span.lo > left->u.binary.right->span.lo && bare_integer(share) && bare_integer(right) &&
           share->span.hi == op_span.lo && op_span.hi == right->span.lo;
}

struct ast_expr *ast_binary(struct ast_builder *b, struct span span, enum ast_op op, struct ast_expr *left,
                            struct ast_expr *right, struct span op_span) {
    if (completes_share(op, left, right, op_span)) {
        struct ast_expr *share = left->u.binary.left;
        left->u.binary.left = ast_binary(b, span_join(share->span, right->span), AST_DIV, share, right, op_span);
        left->span = span;
        raise_over(left, left->u.binary.left);
        return bounded(b, left);
    }
    struct ast_expr *e = expr_new(b, AST_BINARY, span);
    e->u.binary.op = op;
    e->u.binary.left = left;
    e->u.binary.right = right;
    e->u.binary.op_span = op_span;
    raise_over(e, left);
    raise_over(e, right);
    if (op == AST_OF)
        note_share(b, e);
    return bounded(b, e);
}

struct ast_expr *ast_in(struct ast_builder *b, struct span span, struct ast_expr *value, struct ast_exprs list,
                        bool negated) {
    struct ast_expr *e = expr_new(b, AST_IN, span);
    e->u.in.value = value;
    e->u.in.list = list.first;
    e->u.in.negated = negated;
    raise_over(e, value);
    raise_over_list(e, list.first);
    return bounded(b, e);
}

struct ast_expr *ast_call(struct ast_builder *b, struct span span, const struct ast_name *callee,
                          struct ast_exprs args) {
    struct ast_expr *e = expr_new(b, AST_CALL, span);
    e->u.call.callee = *callee;
    e->u.call.args = args.first;
    raise_over_list(e, args.first);
    return bounded(b, e);
}

struct ast_expr *ast_if(struct ast_builder *b, struct span span, struct ast_expr *condition, struct ast_expr *then,
                        struct ast_expr *otherwise) {
    struct ast_expr *e = expr_new(b, AST_IF, span);
    e->u.cond.condition = condition;
    e->u.cond.then = then;
    e->u.cond.otherwise = otherwise;
    raise_over(e, condition);
    raise_over(e, then);
    raise_over(e, otherwise);
    return bounded(b, e);
}

struct ast_expr *ast_by(struct ast_builder *b, struct span span, struct ast_expr *value, struct ast_cases cases) {
    struct ast_expr *e = expr_new(b, AST_BY, span);
    e->u.by.value = value;
    e->u.by.cases = cases.first;
    raise_over(e, value);
    for (const struct ast_case *c = cases.first; c; c = c->next) {
        raise_over_list(e, c->keys);
        raise_over(e, c->value);
    }
    return bounded(b, e);
}

struct ast_expr *ast_tier(struct ast_builder *b, struct span span, struct ast_expr *value, struct ast_rows rows) {
    struct ast_expr *e = expr_new(b, AST_TIER, span);
    e->u.tier.value = value;
    e->u.tier.rows = rows.first;
    raise_over(e, value);
    for (const struct ast_row *r = rows.first; r; r = r->next) {
        raise_over(e, r->lower_value);
        raise_over(e, r->upper_value);
        raise_over(e, r->value);
        raise_over(e, r->full);
        raise_over(e, r->adds);
    }
    return bounded(b, e);
}

struct ast_expr *ast_parenthesised(struct ast_expr *e) {
    e->parenthesised = true;
    return e;
}

struct ast_case *ast_case_new(struct ast_builder *b, struct span span, struct ast_exprs keys, struct ast_expr *value) {
    struct ast_case *c = arena_new_of(b->arena, struct ast_case);
    c->span = span;
    c->keys = keys.first;
    c->value = value;
    return c;
}

struct ast_row *ast_row_bound(struct ast_builder *b, struct span span, struct ast_row *row, enum ast_bound bound,
                              struct ast_expr *value) {
    if (!row) {
        row = arena_new_of(b->arena, struct ast_row);
        row->span = span;
    }
    bool lower = bound == AST_BOUND_FROM || bound == AST_BOUND_ABOVE;
    enum ast_bound *kind = lower ? &row->lower : &row->upper;
    if (*kind != AST_BOUND_NONE) {
        struct diag *d = diag_add(b->diags, DIAG_SYNTAX, span,
                                  lower ? tr("this row has two lower bounds") : tr("this row has two upper bounds"));
        diag_help(b->diags, d, "`from` and `above` begin a row, `to` and `below` end it");
        return row;
    }
    *kind = bound;
    if (lower)
        row->lower_value = value;
    else
        row->upper_value = value;
    return row;
}

struct ast_row *ast_row_value(struct ast_builder *b, struct span span, struct ast_row *row, struct ast_expr *value) {
    if (!row)
        row = arena_new_of(b->arena, struct ast_row);
    row->span = span;
    row->value = value;
    return row;
}

void ast_row_step(struct ast_builder *b, struct ast_rows rows, struct span span, struct ast_expr *full,
                  struct ast_expr *adds) {
    struct ast_row *row = rows.last;
    if (!row)
        return; /* the row itself was a mistake */
    if (row->full) {
        struct diag *d = diag_add(b->diags, DIAG_SYNTAX, span, "this row has two steps");
        diag_label(b->diags, d, row->full->span, "the first step");
        return;
    }
    row->full = full;
    row->adds = adds;
    row->span = span_join(row->span, span);
}
