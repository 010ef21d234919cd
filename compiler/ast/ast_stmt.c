/* ast_stmt.c - constructors of schema, statements, examples and sections. */
#include "ast/ast_build.h"
#include "ast/ast_print.h"
#include "tr.h"

/* ---- small parts ------------------------------------------------------------------------------------------------ */

/* A calendar year: 2023 or 2023年. 0 after reporting that it is none. */
static int32_t year_of(struct ast_builder *b, const struct ast_expr *e) {
    if (e->kind == AST_ERROR)
        return 0;
    bool plain = e->kind == AST_NUMBER && e->u.number.den == 1 &&
                 (e->u.number.unit == AST_UNIT_NONE || e->u.number.unit == AST_UNIT_YEARS);
    if (plain && e->u.number.num >= 1 && e->u.number.num <= 9999)
        return (int32_t)e->u.number.num;
    struct diag *d = diag_add(b->diags, DIAG_SYNTAX, e->span, "expected a year");
    diag_help(b->diags, d, "a year is a number of four digits, such as 2023");
    return 0;
}

/* Statements of a kind count their nesting anew. */
struct ast_stmt *ast_stmt_new(struct ast_builder *b, enum ast_stmt_kind kind, struct span span) {
    struct ast_stmt *s = arena_new_of(b->arena, struct ast_stmt);
    s->kind = kind;
    s->span = span;
    b->nesting_reported = false;
    return s;
}

static void set_name(struct ast_stmt *s, const struct ast_name *name) {
    if (!name)
        return;
    s->name.text = name->text;
    s->name.span = name->span;
}

struct ast_key *ast_key_new(struct ast_builder *b, enum ast_key_kind kind, struct span span, struct ast_expr *name) {
    struct ast_key *key = arena_new_of(b->arena, struct ast_key);
    key->kind = kind;
    key->span = span;
    key->name = name;
    return key;
}

struct ast_kinds *ast_kinds_new(struct ast_builder *b, struct span span, bool except, struct ast_names names) {
    struct ast_kinds *kinds = arena_new_of(b->arena, struct ast_kinds);
    kinds->span = span;
    kinds->except = except;
    kinds->names = names.first;
    return kinds;
}

/* ---- schema ----------------------------------------------------------------------------------------------------- */

struct ast_enum_value *ast_enum_value_new(struct ast_builder *b, const struct ast_name *name, struct ast_string *label,
                                          struct ast_strings columns) {
    struct ast_enum_value *v = arena_new_of(b->arena, struct ast_enum_value);
    v->name = *name;
    v->label = label;
    v->columns = columns.first;
    return v;
}

struct ast_field_name *ast_field_name_new(struct ast_builder *b, const struct ast_name *name, struct ast_string *label,
                                          struct ast_strings columns) {
    struct ast_field_name *f = arena_new_of(b->arena, struct ast_field_name);
    f->name = *name;
    f->label = label;
    f->columns = columns.first;
    return f;
}

struct ast_field *ast_field_new(struct ast_builder *b, struct span span, struct ast_field_names names) {
    struct ast_field *f = arena_new_of(b->arena, struct ast_field);
    f->span = span;
    f->names = names.first;
    return f;
}

void ast_field_enum(struct ast_field *f, struct span keyword, struct ast_enum_values values) {
    f->type.text = TEXT("enum");
    f->type.span = keyword;
    f->values = values.first;
}

/* ---- statements ------------------------------------------------------------------------------------------------- */

struct ast_stmt *ast_stmt_strings(struct ast_builder *b, enum ast_stmt_kind kind, struct span span,
                                  struct ast_strings strings) {
    struct ast_stmt *s = ast_stmt_new(b, kind, span);
    s->strings = strings.first;
    return s;
}

struct ast_stmt *ast_accept(struct ast_builder *b, struct span span, struct ast_names codes,
                            struct ast_string *reason) {
    struct ast_stmt *s = ast_stmt_new(b, AST_ACCEPT, span);
    s->names = codes.first;
    s->strings = reason;
    return s;
}

struct ast_stmt *ast_define(struct ast_builder *b, struct span span, const struct ast_name *name,
                            struct ast_string *label, struct ast_expr *expr) {
    struct ast_stmt *s = ast_stmt_new(b, AST_DEFINE, span);
    set_name(s, name);
    s->label = label;
    s->expr = expr;
    return s;
}

/* Where a kind of statement may stand: in an item, and outside of items. */
static bool fits_item(enum ast_stmt_kind kind) {
    switch (kind) {
    case AST_QUOTE:
    case AST_READING:
    case AST_ACCEPT:
    case AST_NEEDS:
    case AST_REQUIRE:
    case AST_AWARD:
    case AST_ONCE:
    case AST_LADDER:
    case AST_LESS:
    case AST_CAP:
    case AST_EXAMPLE:
        return true;
    case AST_LEAD:
    case AST_RESPONSIBLE:
    case AST_DECLARATORY:
    case AST_REFERS:
    case AST_DEFINE:
    case AST_ITEM:
    case AST_LIMIT:
    case AST_EXCLUDE:
    case AST_TARGET:
        return false;
    }
    return false;
}

static bool fits_clause(enum ast_stmt_kind kind) {
    return kind != AST_NEEDS && kind != AST_AWARD;
}

/* Reports and takes out the statements that cannot stand there. */
static struct ast_stmt *fitting(struct ast_builder *b, struct ast_stmt *list, bool item) {
    struct ast_stmts kept = {0};
    for (struct ast_stmt *s = list, *next; s; s = next) {
        next = s->next;
        s->next = NULL;
        if (item ? fits_item(s->kind) : fits_clause(s->kind)) {
            AST_APPEND(kept, s);
            continue;
        }
        struct diag *d =
            diag_add(b->diags, DIAG_SYNTAX, s->span,
                     item ? tr("`%s` cannot stand inside an item") : tr("`%s` cannot stand outside an item"),
                     ast_stmt_name(s->kind));
        if (item)
            diag_help(b->diags, d, "move it behind the `}` that ends the item, or look for a missing `}` above");
        else
            diag_help(b->diags, d, "put it into `item NAME { … }`");
    }
    return kept.first;
}

struct ast_stmt *ast_item(struct ast_builder *b, struct span span, const struct ast_name *name,
                          struct ast_string *label, struct ast_strings columns, struct ast_kinds *kinds,
                          struct ast_stmts body) {
    struct ast_stmt *s = ast_stmt_new(b, AST_ITEM, span);
    set_name(s, name);
    s->label = label;
    s->columns = columns.first;
    s->kinds = kinds;
    s->body = fitting(b, body.first, true);
    return s;
}

struct ast_stmt *ast_needs(struct ast_builder *b, struct span span, struct ast_names names) {
    struct ast_stmt *s = ast_stmt_new(b, AST_NEEDS, span);
    s->names = names.first;
    return s;
}

struct ast_stmt *ast_require(struct ast_builder *b, struct span span, const struct ast_name *name,
                             struct ast_expr *condition, struct ast_kinds *kinds, struct ast_names over) {
    struct ast_stmt *s = ast_stmt_new(b, AST_REQUIRE, span);
    set_name(s, name);
    s->expr = condition;
    s->kinds = kinds;
    s->names = over.first;
    return s;
}

struct ast_stmt *ast_award(struct ast_builder *b, struct span span, struct ast_expr *expr) {
    struct ast_stmt *s = ast_stmt_new(b, AST_AWARD, span);
    s->expr = expr;
    return s;
}

struct ast_stmt *ast_once(struct ast_builder *b, struct span span, const struct ast_name *name, struct ast_keys keys,
                          bool except_same_year, struct ast_names over) {
    struct ast_stmt *s = ast_stmt_new(b, AST_ONCE, span);
    set_name(s, name);
    s->keys = keys.first;
    s->except_same_year = except_same_year;
    s->names = over.first;
    return s;
}

struct ast_stmt *ast_ladder(struct ast_builder *b, struct span span, const struct ast_name *name, struct ast_keys keys,
                            struct ast_names over) {
    struct ast_stmt *s = ast_stmt_new(b, AST_LADDER, span);
    set_name(s, name);
    s->keys = keys.first;
    s->names = over.first;
    return s;
}

struct ast_stmt *ast_less(struct ast_builder *b, struct span span, struct ast_expr *expr, struct ast_names over) {
    struct ast_stmt *s = ast_stmt_new(b, AST_LESS, span);
    s->expr = expr;
    s->names = over.first;
    return s;
}

struct ast_stmt *ast_cap(struct ast_builder *b, struct span span, const struct ast_name *name, struct ast_expr *amount,
                         bool claims, struct ast_keys keys) {
    struct ast_stmt *s = ast_stmt_new(b, AST_CAP, span);
    set_name(s, name);
    s->expr = amount;
    if (!claims && amount->kind == AST_BINARY && amount->u.binary.op == AST_AT_MOST && !amount->parenthesised) {
        s->measure = amount->u.binary.left;
        s->expr = amount->u.binary.right;
    }
    s->claims = claims;
    s->keys = keys.first;
    return s;
}

struct ast_stmt *ast_cap_end(struct ast_stmt *cap, struct span span, struct ast_expr *when, struct ast_names over) {
    cap->span = span;
    cap->when = when;
    cap->names = over.first;
    return cap;
}

struct ast_stmt *ast_exclude(struct ast_builder *b, struct span span, const struct ast_name *name,
                             struct ast_expr *condition) {
    struct ast_stmt *s = ast_stmt_new(b, AST_EXCLUDE, span);
    set_name(s, name);
    s->expr = condition;
    return s;
}

struct ast_stmt *ast_limit(struct ast_builder *b, struct span span, const struct ast_name *name,
                           struct ast_expr *amount, struct ast_keys keys, struct ast_kinds *kinds) {
    struct ast_stmt *s = ast_stmt_new(b, AST_LIMIT, span);
    set_name(s, name);
    s->expr = amount;
    s->keys = keys.first;
    s->kinds = kinds;
    return s;
}

struct ast_stmt *ast_limit_end(struct ast_stmt *limit, struct span span, struct ast_names except,
                               struct ast_expr *carry) {
    limit->span = span;
    limit->names = except.first;
    limit->carry.present = carry != NULL;
    limit->carry.years = carry;
    return limit;
}

struct ast_stmt *ast_goal(struct ast_builder *b, struct span span, enum ast_target_kind kind, bool at_most,
                          struct ast_expr *value, const struct ast_expr *first_year, const struct ast_expr *last_year) {
    struct ast_stmt *s = ast_stmt_new(b, AST_TARGET, span);
    s->expr = value;
    s->target.kind = kind;
    s->target.at_most = at_most;
    s->target.first_year = year_of(b, first_year);
    s->target.last_year = last_year == first_year ? s->target.first_year : year_of(b, last_year);
    if (s->target.first_year && s->target.last_year && s->target.first_year > s->target.last_year) {
        struct diag *d = diag_add(b->diags, DIAG_SYNTAX, last_year->span, "the last year comes before the first");
        diag_label(b->diags, d, first_year->span, "the first year");
    }
    return s;
}

struct ast_stmt *ast_target(struct ast_stmt *goal, struct span span, const struct ast_name *name,
                            struct ast_string *label, struct ast_strings columns) {
    goal->span = span;
    set_name(goal, name);
    goal->label = label;
    goal->columns = columns.first;
    return goal;
}

/* ---- examples --------------------------------------------------------------------------------------------------- */

struct ast_fact *ast_fact_new(struct ast_builder *b, const struct ast_name *name, struct ast_expr *value) {
    struct ast_fact *f = arena_new_of(b->arena, struct ast_fact);
    f->name = *name;
    f->value = value;
    return f;
}

struct ast_setting *ast_setting_new(struct ast_builder *b, const struct ast_name *name, struct ast_expr *value) {
    struct ast_setting *s = arena_new_of(b->arena, struct ast_setting);
    s->name = *name;
    s->value = value;
    return s;
}

struct ast_example_applicant *ast_example_applicant_new(struct ast_builder *b, struct span span,
                                                        const struct ast_name *name, const struct ast_expr *year,
                                                        struct ast_facts facts) {
    struct ast_example_applicant *a = arena_new_of(b->arena, struct ast_example_applicant);
    a->span = span;
    a->name = *name;
    a->year = year_of(b, year);
    a->facts = facts.first;
    return a;
}

struct ast_example_claim *ast_example_claim_new(struct ast_builder *b, struct span span, const struct ast_name *name,
                                                const struct ast_name *item, const struct ast_name *applicant,
                                                struct ast_expr *date, struct ast_facts facts) {
    struct ast_example_claim *c = arena_new_of(b->arena, struct ast_example_claim);
    c->span = span;
    c->name = *name;
    c->item = *item;
    c->applicant = *applicant;
    c->date = date;
    c->facts = facts.first;
    return c;
}

struct ast_example_indicator *ast_example_indicator_new(struct ast_builder *b, struct span span,
                                                        const struct ast_name *name, const struct ast_expr *year,
                                                        struct ast_expr *value) {
    struct ast_example_indicator *i = arena_new_of(b->arena, struct ast_example_indicator);
    i->span = span;
    i->name = *name;
    i->year = year_of(b, year);
    i->value = value;
    return i;
}

struct ast_expected *ast_expected_new(struct ast_builder *b, const struct ast_name *word, struct ast_expr *value,
                                      const struct ast_expr *year) {
    struct ast_expected *e = arena_new_of(b->arena, struct ast_expected);
    e->word = *word;
    e->value = value;
    e->year = year ? year_of(b, year) : 0;
    return e;
}

struct ast_expect *ast_expect_new(struct ast_builder *b, struct span span, const struct ast_name *claim,
                                  struct ast_expecteds expected) {
    struct ast_expect *e = arena_new_of(b->arena, struct ast_expect);
    e->span = span;
    e->claim = *claim;
    e->expected = expected.first;
    return e;
}

struct ast_example_parts *ast_example_parts_new(struct ast_builder *b) {
    return arena_new_of(b->arena, struct ast_example_parts);
}

struct ast_stmt *ast_example_stmt(struct ast_builder *b, struct span span, struct ast_string *title,
                                  struct ast_settings settings, struct ast_expr *as_of,
                                  const struct ast_example_parts *parts) {
    struct ast_stmt *s = ast_stmt_new(b, AST_EXAMPLE, span);
    struct ast_example *e = arena_new_of(b->arena, struct ast_example);
    e->span = span;
    e->title = title;
    e->settings = settings.first;
    e->as_of = as_of;
    if (as_of)
        year_of(b, as_of);
    e->applicants = parts->applicants.first;
    e->claims = parts->claims.first;
    e->indicators = parts->indicators.first;
    e->expects = parts->expects.first;
    s->example = e;
    return s;
}

/* ---- sections --------------------------------------------------------------------------------------------------- */

void ast_head(struct ast_builder *b, struct span span, const struct ast_name *name, struct ast_string *title) {
    if (b->has_head)
        return; /* reported where the second `policy` stands */
    b->has_head = true;
    b->policy->span = span;
    b->policy->name = *name;
    b->policy->title = title;
}

static void report_second(struct ast_builder *b, struct span second, const char *word, struct span first) {
    struct diag *d = diag_add(b->diags, DIAG_SYNTAX, second, "`%s` is given twice", word);
    diag_label(b->diags, d, first, "first given here");
}

void ast_head_string(struct ast_builder *b, struct ast_string **slot, struct span span, const char *word,
                     struct ast_string *value) {
    if (*slot)
        report_second(b, span, word, (*slot)->span);
    else
        *slot = value;
}

void ast_effective_set(struct ast_builder *b, struct span span, struct ast_expr *from, struct ast_expr *to,
                       struct ast_expr *years, struct ast_expr *years_from) {
    if (b->policy->effective) {
        report_second(b, span, "effective", b->policy->effective->span);
        return;
    }
    struct ast_effective *e = arena_new_of(b->arena, struct ast_effective);
    *e = (struct ast_effective){span, from, to, years, years_from};
    b->policy->effective = e;
}

void ast_parameter(struct ast_builder *b, struct ast_field *field) {
    AST_APPEND(b->params, field);
}

void ast_schema(struct ast_builder *b, bool of_applicant, struct ast_fields fields) {
    for (struct ast_field *f = fields.first, *next; f; f = next) {
        next = f->next;
        f->next = NULL;
        if (f->pending)
            diag_add(b->diags, DIAG_SYNTAX, f->span, "only a parameter can be pending, not a field");
        if (of_applicant)
            AST_APPEND(b->applicant, f);
        else
            AST_APPEND(b->claim, f);
    }
}

void ast_sample_add(struct ast_builder *b, struct span span, bool of_applicant, struct ast_facts facts) {
    struct ast_sample *s = arena_new_of(b->arena, struct ast_sample);
    s->span = span;
    s->of_applicant = of_applicant;
    s->facts = facts.first;
    AST_APPEND(b->samples, s);
}

void ast_clause_add(struct ast_builder *b, struct span span, struct ast_string *number, struct ast_string *title,
                    struct ast_stmts body) {
    struct ast_clause *c = arena_new_of(b->arena, struct ast_clause);
    c->span = span;
    c->number = *number;
    c->number.next = NULL;
    c->title = title;
    c->body = fitting(b, body.first, false);
    AST_APPEND(b->clauses, c);
}

void ast_statement_add(struct ast_builder *b, struct ast_stmt *stmt) {
    struct ast_stmt *kept = fitting(b, stmt, false);
    AST_APPEND(b->statements, kept);
}

struct ast_string *ast_clause_number(struct ast_builder *b, const struct ast_expr *number) {
    if (number->kind != AST_NUMBER)
        return ast_string_new(b, TEXT("0"), number->span);
    if (number->u.number.unit_text.size)
        diag_add(b->diags, DIAG_SYNTAX, number->span, "the number of a clause has no unit");
    return ast_string_new(b, number->u.number.digits, number->span);
}
