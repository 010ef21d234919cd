/* Types of expressions, and what their names stand for. */
#include "check/check_int.h"
#include "tr.h"

static const struct type *expr_type(struct site *p, struct ast_expr *e, const struct type *expected);

const struct type *check_basic(struct checker *c, enum type_kind kind) {
    return type_basic(c->m->types, kind);
}

bool check_known_type(const struct type *t) {
    return t && t->kind != TYPE_ERROR;
}

bool check_type_accepts(const struct type *wanted, const struct type *found) {
    return wanted == found || (found->kind == TYPE_NUMBER && builtin_adapts(wanted->kind));
}

bool check_unsure(const struct checker *c, const struct nearest *n) {
    return c->incomplete && !n->best.size;
}

void check_say_nearest(struct checker *c, struct diag *r, const struct nearest *n) {
    if (n->best.size)
        diag_help(c->d, r, "did you mean `%.*s`?", TEXT_ARG(n->best));
    if (n->slip.size && !n->slips && text_equal(sources_text(c->sources, r->span), n->name))
        diag_fix(c->d, r, r->span, n->slip);
}

/* ---- mismatches ---- */

/* How the number that was written would be written as what was wanted. */
static void help_unit(struct checker *c, struct diag *r, const struct ast_expr *e, enum type_kind wanted) {
    struct text t = sources_text(c->sources, e->span);
    if (e->kind == AST_NUMBER && e->u.number.unit == AST_UNIT_NONE && t.size && t.size < 64) {
        if (wanted == TYPE_MONEY)
            diag_help(c->d, r, "for money write `%.*s元`", TEXT_ARG(t));
        if (wanted == TYPE_DATE)
            diag_help(c->d, r, "write a day in full: `2021-01-01`");
    } else if (wanted == TYPE_MONEY && e->type && e->type->kind == TYPE_NUMBER) {
        diag_help(c->d, r, "a number becomes money when it is multiplied by `1元`");
    }
}

static void help_value(struct checker *c, struct diag *r, const struct ast_expr *e, const struct type *wanted) {
    const struct model_enum *en = wanted->enum_decl;
    if (e->kind != AST_STRING || !en)
        return;
    for (uint32_t i = 0; i < en->count; i++) {
        if (text_equal(en->value[i].label, e->u.string) || text_equal(en->value[i].name, e->u.string)) {
            diag_help(c->d, r, "write `%.*s`, without quotes", TEXT_ARG(en->value[i].name));
            if (text_equal(sources_text(c->sources, r->span), sources_text(c->sources, e->span)))
                diag_fix(c->d, r, e->span, en->value[i].name);
            return;
        }
    }
}

void check_report_mismatch(struct checker *c, const struct ast_expr *e, const struct type *wanted,
                           const struct type *found) {
    if (!check_known_type(wanted) || !check_known_type(found))
        return;
    struct diag *r = diag_add(c->d, DIAG_TYPE_MISMATCH, e->span, "expected %.*s, found %.*s", TEXT_ARG(wanted->name),
                              TEXT_ARG(found->name));
    diag_caret(c->d, r, "this is %.*s", TEXT_ARG(found->name));
    help_unit(c, r, e, wanted->kind);
    if (wanted->kind == TYPE_ENUM)
        help_value(c, r, e, wanted);
}

bool check_kind(struct site *p, struct ast_expr *e, const struct type *wanted) {
    const struct type *found = check_expr(p, e, wanted);
    if (!check_known_type(found) || !check_known_type(wanted))
        return false;
    if (check_type_accepts(wanted, found))
        return true;
    check_report_mismatch(p->c, e, wanted, found);
    return false;
}

/* ---- names ---- */

static struct decl *enum_value(const struct type *type, struct text name) {
    const struct check_enum *en = type && type->kind == TYPE_ENUM ? type->enum_decl : NULL;
    if (!en)
        return NULL;
    for (uint32_t i = 0; i < en->model.count; i++) {
        if (text_equal(en->model.value[i].name, name))
            return &en->decl[i];
    }
    return NULL;
}

static void report_value(struct checker *c, struct span span, struct text name, const struct type *type) {
    const struct model_enum *en = type->enum_decl;
    struct nearest n = nearest_to(name);
    for (uint32_t i = 0; i < en->count; i++)
        nearest_offer(&n, en->value[i].name);
    if (check_unsure(c, &n))
        return;
    struct diag *r =
        diag_add(c->d, DIAG_VALUE_UNKNOWN, span, "%.*s has no value `%.*s`", TEXT_ARG(type->name), TEXT_ARG(name));
    check_say_nearest(c, r, &n);
    struct text_buffer list = {.arena = c->a};
    for (uint32_t i = 0; i < en->count && i < 12; i++) {
        text_addf(&list, "%s%.*s", i ? ", " : "", TEXT_ARG(en->value[i].name));
    }
    if (en->count > 12)
        text_add(&list, TEXT(", …"));
    struct text names = text_of_buffer(&list);
    diag_note(c->d, r, "its values are %.*s", TEXT_ARG(names));
}

static void report_unknown(struct site *p, const struct ast_expr *e, struct text name) {
    struct checker *c = p->c;
    const struct check_enum *en = text_map_get(c->values, name);
    if (en) {
        struct diag *r = diag_add(c->d, DIAG_NAME_UNKNOWN, e->span, "`%.*s` is a value of %.*s, not a field",
                                  TEXT_ARG(name), TEXT_ARG(en->type->name));
        diag_help(c->d, r, "compare it: `%.*s = %.*s`", TEXT_ARG(en->model.name), TEXT_ARG(name));
        return;
    }
    struct nearest n = nearest_to(name);
    if (c->d->error_count <= CHECK_SUGGEST) {
        for (const struct scope_entry *entry = c->scope.first; entry; entry = entry->next)
            nearest_offer(&n, entry->name);
    }
    if (check_unsure(c, &n))
        return;
    struct diag *r = diag_add(c->d, DIAG_NAME_UNKNOWN, e->span, "unknown name `%.*s`", TEXT_ARG(name));
    check_say_nearest(c, r, &n);
    if (text_map_get(c->items, name))
        diag_note(c->d, r, "an item has this name, but an item has no value");
}

static bool may_read(struct site *p, const struct ast_expr *e, unsigned reads, const char *what, struct text name) {
    if (!(reads & ~p->allowed))
        return true;
    struct checker *c = p->c;
    struct diag *r =
        diag_add(c->d, DIAG_NOT_READABLE, e->span, "%s cannot read %s `%.*s`", p->name, what, TEXT_ARG(name));
    if (p->allowed == 0)
        diag_note(c->d, r, "it must be a constant");
    else if (p->allowed == READS_PARAM)
        diag_note(c->d, r, "it may read parameters only");
    else
        diag_note(c->d, r, "it may read fields of the applicant and parameters only");
    return false;
}

static const struct type *field_type(struct site *p, const struct ast_expr *e, const struct model_field *f) {
    struct checker *c = p->c;
    bool idle = !f->of_profile && f->builtin &&
                (f->index == POL_CLAIM_ID || f->index == POL_CLAIM_ITEM || f->index == POL_CLAIM_PAID);
    if (idle) {
        struct diag *r =
            diag_add(c->d, DIAG_NOT_READABLE, e->span, "`%.*s` may not decide anything", TEXT_ARG(f->name));
        if (f->index == POL_CLAIM_PAID)
            diag_note(c->d, r, "what was paid in the past is for audits to compare with");
        else
            diag_note(c->d, r, "claims of equal content are to be decided alike");
        return check_basic(c, TYPE_ERROR);
    }
    unsigned reads = f->of_profile ? READS_PROFILE : READS_CLAIM;
    if (!may_read(p, e, reads, f->of_profile ? tr("the applicant's") : tr("the claim's"), f->name))
        return check_basic(c, TYPE_ERROR);
    p->reads |= reads;
    return f->type;
}

static const struct type *define_type(struct site *p, struct ast_expr *e, struct check_define *d) {
    struct checker *c = p->c;
    check_define(c, d);
    const struct type *type = d->model.expr ? d->model.expr->type : NULL;
    if (!check_known_type(type))
        return check_basic(c, TYPE_ERROR);
    if (!may_read(p, e, d->reads, tr("the definition"), d->model.name))
        return check_basic(c, TYPE_ERROR);
    p->reads |= d->reads;
    p->size = p->size + d->size > CHECK_SIZE ? CHECK_SIZE + 1 : p->size + d->size;
    if (c->depth + d->height > p->height)
        p->height = c->depth + d->height;
    if (p->height <= CHECK_DEPTH && p->size <= CHECK_SIZE)
        return type;
    diag_add(c->d, DIAG_LIMIT_EXCEEDED, e->span, "definitions within definitions come to too much here");
    return check_basic(c, TYPE_ERROR);
}

static const struct type *decl_type(struct site *p, struct ast_expr *e, struct decl *decl) {
    struct checker *c = p->c;
    e->decl = decl;
    switch (decl->kind) {
    case DECL_FIELD:
        return field_type(p, e, decl->u.field);
    case DECL_PARAM:
        if (!may_read(p, e, READS_PARAM, tr("the parameter"), decl->u.param->name))
            return check_basic(c, TYPE_ERROR);
        p->reads |= READS_PARAM;
        return decl->u.param->type;
    case DECL_DEFINE:
        return define_type(p, e, (struct check_define *)decl->u.define);
    case DECL_YEAR:
        if (!may_read(p, e, READS_YEAR, tr("the claim's"), TEXT("year")))
            return check_basic(c, TYPE_ERROR);
        p->reads |= READS_YEAR;
        return check_basic(c, TYPE_NUMBER);
    case DECL_ENUM_VALUE:
    case DECL_FUNCTION:
        break; /* never in the scope */
    }
    return check_basic(c, TYPE_ERROR);
}

static const struct decl year_decl = {.kind = DECL_YEAR};

static struct decl *entry_decl(struct site *p, const struct ast_expr *e, const struct scope_entry *entry) {
    if (entry->decl[SCOPE_CLAIM] && entry->decl[SCOPE_PROFILE]) {
        struct diag *r = diag_add(p->c->d, DIAG_NAME_AMBIGUOUS, e->span,
                                  "`%.*s` is a field of the claim and of the applicant", TEXT_ARG(entry->name));
        diag_help(p->c->d, r, "write `claim.%.*s` or `applicant.%.*s`", TEXT_ARG(entry->name), TEXT_ARG(entry->name));
        return NULL;
    }
    for (int space = 0; space < SCOPE_SPACES; space++) {
        if (entry->decl[space])
            return entry->decl[space];
    }
    return NULL;
}

static const struct type *name_type(struct site *p, struct ast_expr *e, const struct type *expected) {
    struct checker *c = p->c;
    struct decl *value = enum_value(expected, e->u.name);
    if (value) {
        e->decl = value;
        return expected;
    }
    if (check_is_year_word(e->u.name))
        return decl_type(p, e, (struct decl *)&year_decl);
    const struct scope_entry *entry = scope_find(&c->scope, e->u.name);
    if (entry) {
        struct decl *decl = entry_decl(p, e, entry);
        return decl ? decl_type(p, e, decl) : check_basic(c, TYPE_ERROR);
    }
    if (expected && expected->kind == TYPE_ENUM && expected->enum_decl)
        report_value(c, e->span, e->u.name, expected);
    else
        report_unknown(p, e, e->u.name);
    return check_basic(c, TYPE_ERROR);
}

static void report_member(struct checker *c, const struct ast_expr *e, const struct scope_entry *entry) {
    bool of_profile = e->u.member.owner == AST_OF_APPLICANT;
    struct text name = e->u.member.name.text;
    struct nearest n = nearest_to(name);
    bool other = entry && entry->decl[of_profile ? SCOPE_CLAIM : SCOPE_PROFILE];
    for (entry = c->d->error_count <= CHECK_SUGGEST ? c->scope.first : NULL; entry; entry = entry->next) {
        if (entry->decl[of_profile ? SCOPE_PROFILE : SCOPE_CLAIM])
            nearest_offer(&n, entry->name);
    }
    if (!other && check_unsure(c, &n))
        return;
    const char *owner = of_profile ? tr("applicant") : tr("claim");
    struct diag *r =
        diag_add(c->d, DIAG_NAME_UNKNOWN, e->u.member.name.span, "%s has no field `%.*s`", owner, TEXT_ARG(name));
    if (other)
        diag_fix(c->d, r, e->span, name); /* by itself it is that one */
    if (other)
        diag_help(c->d, r, "it is a field of the %s", of_profile ? tr("claim") : tr("applicant"));
    else
        check_say_nearest(c, r, &n);
}

static const struct type *member_type(struct site *p, struct ast_expr *e) {
    struct checker *c = p->c;
    bool of_profile = e->u.member.owner == AST_OF_APPLICANT;
    struct text name = e->u.member.name.text;
    if (check_is_year_word(name))
        return decl_type(p, e, (struct decl *)&year_decl);
    const struct scope_entry *entry = scope_find(&c->scope, name);
    struct decl *decl = entry ? entry->decl[of_profile ? SCOPE_PROFILE : SCOPE_CLAIM] : NULL;
    if (decl)
        return decl_type(p, e, decl);
    report_member(c, e, entry);
    return check_basic(c, TYPE_ERROR);
}

/* ---- operators ---- */

/* The enum of a name that stands for an enum field or parameter, without reporting anything. */
static const struct type *peek_enum(struct checker *c, const struct ast_expr *e) {
    if (e->kind != AST_NAME && e->kind != AST_MEMBER)
        return NULL;
    const struct scope_entry *entry = scope_find(&c->scope, e->kind == AST_NAME ? e->u.name : e->u.member.name.text);
    if (!entry)
        return NULL;
    int owner = e->u.member.owner == AST_OF_APPLICANT ? SCOPE_PROFILE : SCOPE_CLAIM;
    for (int space = 0; space < SCOPE_SPACES; space++) {
        const struct decl *decl = entry->decl[space];
        if (!decl || (e->kind == AST_MEMBER && space != owner))
            continue;
        const struct type *type = decl->kind == DECL_FIELD   ? decl->u.field->type
                                  : decl->kind == DECL_PARAM ? decl->u.param->type
                                                             : NULL;
        if (type && type->kind == TYPE_ENUM)
            return type;
    }
    return NULL;
}

/* Checks both sides; a bare name beside an enum is one of its values first. */
static void both_sides(struct site *p, struct ast_expr *left, struct ast_expr *right) {
    const struct type *first = peek_enum(p->c, left), *second = peek_enum(p->c, right);
    bool right_first = !first && second;
    if (first && second && left->kind == AST_NAME && enum_value(second, left->u.name) &&
        !(right->kind == AST_NAME && enum_value(first, right->u.name))) {
        right_first = true;
    }
    if (right_first) {
        check_expr(p, right, NULL);
        check_expr(p, left, right->type);
    } else {
        check_expr(p, left, NULL);
        check_expr(p, right, left->type->kind == TYPE_ENUM ? left->type : NULL);
    }
}

static const char *op_verb(enum ast_op op) {
    switch (op) {
    case AST_ADD:
        return tr("add");
    case AST_SUB:
        return tr("subtract");
    case AST_MUL:
    case AST_OF:
    case AST_FOR_EACH:
        return tr("multiply");
    case AST_DIV:
        return tr("divide");
    case AST_EQ:
    case AST_NE:
    case AST_LT:
    case AST_LE:
    case AST_GT:
    case AST_GE:
        return tr("compare");
    case AST_AND:
    case AST_OR:
        return tr("combine");
    case AST_AT_MOST:
    case AST_UP_TO:
    case AST_AT_LEAST:
        return tr("bound");
    }
    return tr("combine");
}

static void report_operands(struct checker *c, const struct ast_expr *e) {
    const struct ast_expr *l = e->u.binary.left, *r = e->u.binary.right;
    const char *verb = op_verb(e->u.binary.op);
    const char *join = e->u.binary.op == AST_MUL || e->u.binary.op == AST_DIV ? tr("by") : tr("and");
    struct span span = e->u.binary.op_span.hi ? e->u.binary.op_span : e->span;
    struct diag *d = diag_add(c->d, DIAG_TYPE_OPERANDS, span, "cannot %s %.*s %s %.*s", verb, TEXT_ARG(l->type->name),
                              join, TEXT_ARG(r->type->name));
    diag_label(c->d, d, l->span, "this is %.*s", TEXT_ARG(l->type->name));
    diag_label(c->d, d, r->span, "this is %.*s", TEXT_ARG(r->type->name));
    bool date = l->type->kind == TYPE_DATE && r->type->kind == TYPE_NUMBER;
    if (date)
        diag_help(c->d, d, "say of what: `30天` or `3年`");
}

/* Two values that should be alike: blames the bare number if one is, else the right one. */
static void report_unlike(struct checker *c, struct ast_expr *left, struct ast_expr *right) {
    bool blame_left = left->type->kind == TYPE_NUMBER && right->type->kind != TYPE_NUMBER;
    struct ast_expr *wrong = blame_left ? left : right, *other = blame_left ? right : left;
    struct diag *r = diag_add(c->d, DIAG_TYPE_MISMATCH, wrong->span, "expected %.*s, found %.*s",
                              TEXT_ARG(other->type->name), TEXT_ARG(wrong->type->name));
    diag_caret(c->d, r, "this is %.*s", TEXT_ARG(wrong->type->name));
    diag_label(c->d, r, other->span, "this is %.*s", TEXT_ARG(other->type->name));
    help_unit(c, r, wrong, other->type->kind);
    if (other->type->kind == TYPE_ENUM)
        help_value(c, r, wrong, other->type);
}

static enum builtin_op arithmetic_of(enum ast_op op) {
    switch (op) {
    case AST_ADD:
        return BUILTIN_ADD;
    case AST_SUB:
        return BUILTIN_SUB;
    case AST_MUL:
        return BUILTIN_MUL;
    case AST_OF:
        return BUILTIN_OF;
    case AST_FOR_EACH:
        return BUILTIN_FOR_EACH;
    case AST_DIV:
        return BUILTIN_DIV;
    case AST_EQ:
    case AST_NE:
    case AST_LT:
    case AST_LE:
    case AST_GT:
    case AST_GE:
    case AST_AND:
    case AST_OR:
    case AST_AT_MOST:
    case AST_UP_TO:
    case AST_AT_LEAST:
        break;
    }
    return BUILTIN_OP_COUNT;
}

static const struct type *arithmetic(struct site *p, struct ast_expr *e) {
    struct checker *c = p->c;
    struct ast_expr *left = e->u.binary.left, *right = e->u.binary.right;
    const struct type *l = check_expr(p, left, NULL), *r = check_expr(p, right, NULL);
    if (!check_known_type(l) || !check_known_type(r))
        return check_basic(c, TYPE_ERROR);
    enum type_kind kind = builtin_binary(arithmetic_of(e->u.binary.op), l->kind, r->kind);
    if (kind != TYPE_ERROR)
        return check_basic(c, kind);
    bool sum = e->u.binary.op == AST_ADD || e->u.binary.op == AST_SUB;
    if (sum && builtin_numeric(l->kind) && builtin_numeric(r->kind))
        report_unlike(c, left, right);
    else
        report_operands(c, e);
    return check_basic(c, TYPE_ERROR);
}

/* Whether two checked operands can be compared so; reports when not. */
static bool comparable(struct site *p, struct ast_expr *left, struct ast_expr *right, enum builtin_compare how) {
    struct checker *c = p->c;
    const struct type *l = left->type, *r = right->type;
    if (!check_known_type(l) || !check_known_type(r))
        return false;
    bool alike = builtin_comparable(BUILTIN_EQUAL, l->kind, r->kind) && (l->kind != TYPE_ENUM || l == r);
    if (!alike) {
        report_unlike(c, left, right);
        return false;
    }
    if (builtin_comparable(how, l->kind, r->kind))
        return true;
    struct diag *d = diag_add(c->d, DIAG_TYPE_OPERANDS, left->span, "%.*s has no order", TEXT_ARG(l->name));
    diag_help(c->d, d, "compare with `=` or `in (…)`, or give each value its result with `by`");
    return false;
}

static const struct type *comparison(struct site *p, struct ast_expr *e) {
    bool equality = e->u.binary.op == AST_EQ || e->u.binary.op == AST_NE;
    both_sides(p, e->u.binary.left, e->u.binary.right);
    comparable(p, e->u.binary.left, e->u.binary.right, equality ? BUILTIN_EQUAL : BUILTIN_ORDER);
    return check_basic(p->c, TYPE_BOOL); /* a mistake inside does not make the condition anything else */
}

static const struct type *logic(struct site *p, struct ast_expr *e) {
    check_kind(p, e->u.binary.left, check_basic(p->c, TYPE_BOOL));
    check_kind(p, e->u.binary.right, check_basic(p->c, TYPE_BOOL));
    return check_basic(p->c, TYPE_BOOL);
}

static const struct type *bounded(struct site *p, struct ast_expr *e) {
    struct checker *c = p->c;
    both_sides(p, e->u.binary.left, e->u.binary.right);
    if (!comparable(p, e->u.binary.left, e->u.binary.right, BUILTIN_ORDER))
        return check_basic(c, TYPE_ERROR);
    return check_basic(c, builtin_common(e->u.binary.left->type->kind, e->u.binary.right->type->kind));
}

static const struct type *binary_type(struct site *p, struct ast_expr *e) {
    switch (e->u.binary.op) {
    case AST_ADD:
    case AST_SUB:
    case AST_MUL:
    case AST_DIV:
    case AST_OF:
    case AST_FOR_EACH:
        return arithmetic(p, e);
    case AST_EQ:
    case AST_NE:
    case AST_LT:
    case AST_LE:
    case AST_GT:
    case AST_GE:
        return comparison(p, e);
    case AST_AND:
    case AST_OR:
        return logic(p, e);
    case AST_AT_MOST:
    case AST_UP_TO:
    case AST_AT_LEAST:
        return bounded(p, e);
    }
    return check_basic(p->c, TYPE_ERROR);
}

static const struct type *in_type(struct site *p, struct ast_expr *e) {
    const struct type *type = check_expr(p, e->u.in.value, NULL);
    for (struct ast_expr *x = e->u.in.list; x; x = x->next) {
        check_expr(p, x, type->kind == TYPE_ENUM ? type : NULL);
        comparable(p, e->u.in.value, x, BUILTIN_EQUAL);
    }
    return check_basic(p->c, TYPE_BOOL);
}

static const struct type *negated_type(struct site *p, struct ast_expr *e) {
    struct checker *c = p->c;
    const struct type *type = check_expr(p, e->u.operand, NULL);
    if (!check_known_type(type) || builtin_numeric(type->kind))
        return type;
    diag_add(c->d, DIAG_TYPE_OPERANDS, e->u.operand->span, "cannot negate %.*s", TEXT_ARG(type->name));
    return check_basic(c, TYPE_ERROR);
}

const struct type *check_unify(struct checker *c, const struct type *sofar, const struct ast_expr *first,
                               const struct type *type, const struct ast_expr *e) {
    if (!check_known_type(sofar))
        return sofar && !check_known_type(type) ? sofar : type;
    if (!check_known_type(type))
        return sofar;
    if (sofar == type)
        return sofar;
    enum type_kind kind = builtin_common(sofar->kind, type->kind);
    if (kind != TYPE_ERROR && kind != TYPE_ENUM)
        return check_basic(c, kind);
    bool number = sofar->kind == TYPE_NUMBER && type->kind != TYPE_NUMBER;
    const struct ast_expr *wrong = number ? first : e, *other = number ? e : first;
    const struct type *found = number ? sofar : type, *wanted = number ? type : sofar;
    struct diag *r = diag_add(c->d, DIAG_TYPE_MISMATCH, wrong->span, "expected %.*s, found %.*s",
                              TEXT_ARG(wanted->name), TEXT_ARG(found->name));
    diag_caret(c->d, r, "this is %.*s", TEXT_ARG(found->name));
    diag_label(c->d, r, other->span, "this is %.*s", TEXT_ARG(wanted->name));
    diag_note(c->d, r, "all branches must come to the same type");
    help_unit(c, r, wrong, wanted->kind);
    return wanted;
}

static const struct type *if_type(struct site *p, struct ast_expr *e, const struct type *expected) {
    struct checker *c = p->c;
    check_kind(p, e->u.cond.condition, check_basic(c, TYPE_BOOL));
    const struct type *then = check_expr(p, e->u.cond.then, expected);
    const struct type *wanted = expected ? expected : then->kind == TYPE_ENUM ? then : NULL;
    const struct type *otherwise = check_expr(p, e->u.cond.otherwise, wanted);
    if (!check_known_type(then) || !check_known_type(otherwise))
        return check_basic(c, TYPE_ERROR);
    return check_unify(c, then, e->u.cond.then, otherwise, e->u.cond.otherwise);
}

/* ---- functions ---- */

struct function {
    struct decl decl;
    const char *names[3];
    unsigned least, most; /* arguments; most 0: any number */
};

static const struct function functions[] = {
#define FUNCTION(id, english, simplified, traditional, fewest, highest)                                                \
    {{DECL_FUNCTION, {.function = FUNCTION_##id}}, {english, simplified, traditional}, fewest, highest},
#include "type/builtin.def"
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

static const struct function *find_function(struct text name) {
    for (int i = 0; i < FUNCTIONS; i++) {
        for (int k = 0; k < 3; k++) {
            if (text_equal(name, text_of(functions[i].names[k])))
                return &functions[i];
        }
    }
    return NULL;
}

static void report_function(struct checker *c, const struct ast_name *name) {
    struct diag *r = diag_add(c->d, DIAG_FUNCTION_UNKNOWN, name->span, "unknown function `%.*s`", TEXT_ARG(name->text));
    struct nearest n = nearest_to(name->text);
    for (int i = 0; i < FUNCTIONS; i++) {
        for (int k = 0; k < 3; k++)
            nearest_offer(&n, text_of(functions[i].names[k]));
    }
    check_say_nearest(c, r, &n);
}

/* min, max: the common type of ordered values. */
static const struct type *extreme(struct site *p, struct ast_expr *args) {
    struct checker *c = p->c;
    const struct type *type = check_expr(p, args, NULL);
    if (check_known_type(type) && !builtin_comparable(BUILTIN_ORDER, type->kind, type->kind)) {
        diag_add(c->d, DIAG_TYPE_OPERANDS, args->span, "%.*s has no order", TEXT_ARG(type->name));
        type = check_basic(c, TYPE_ERROR);
    }
    bool good = check_known_type(type);
    for (struct ast_expr *x = args->next; x; x = x->next) {
        const struct type *next = check_expr(p, x, NULL);
        good &= check_known_type(next);
        if (good)
            type = check_unify(c, type, args, next, x);
    }
    return good ? type : check_basic(c, TYPE_ERROR);
}

static const struct type *rounding(struct site *p, struct ast_expr *arg, const char *name, bool half_up) {
    struct checker *c = p->c;
    const struct type *type = check_expr(p, arg, NULL);
    if (!check_known_type(type))
        return type;
    if (type->kind == TYPE_RATE)
        return check_basic(c, TYPE_NUMBER);
    if (builtin_numeric(type->kind) && (type->kind != TYPE_MONEY || half_up)) /* money: to the fen, as awards are */
        return type;
    struct diag *r =
        diag_add(c->d, DIAG_TYPE_OPERANDS, arg->span, "`%s` takes a number, found %.*s", name, TEXT_ARG(type->name));
    if (type->kind == TYPE_MONEY)
        diag_help(c->d, r, "say to which amount: `full (x, 1元) * 1元` drops what is below 1元");
    return check_basic(c, TYPE_ERROR);
}

static const struct type *full_type(struct site *p, struct ast_expr *args) {
    struct checker *c = p->c;
    check_expr(p, args, NULL);
    check_expr(p, args->next, NULL);
    if (!comparable(p, args, args->next, BUILTIN_ORDER))
        return check_basic(c, TYPE_ERROR);
    if (args->type->kind != TYPE_DATE)
        return check_basic(c, TYPE_COUNT);
    diag_add(c->d, DIAG_TYPE_OPERANDS, args->span, "cannot divide date by date");
    return check_basic(c, TYPE_ERROR);
}

static const struct type *share_type(struct site *p, struct ast_expr *arg) {
    struct checker *c = p->c;
    check_expr(p, arg, NULL);
    if (arg->kind == AST_RATIO)
        return check_basic(c, TYPE_RATE);
    if (check_known_type(arg->type)) {
        struct diag *r = diag_add(c->d, DIAG_TYPE_OPERANDS, arg->span, "`share` takes a ratio");
        diag_help(c->d, r, "write it with a colon: `share (8:2)` is 80%%");
    }
    return check_basic(c, TYPE_ERROR);
}

static const struct type *dates_type(struct site *p, struct ast_expr *args, enum function_kind function) {
    struct checker *c = p->c;
    bool good = check_kind(p, args, check_basic(c, TYPE_DATE));
    if (function == FUNCTION_YEAR_OF)
        return check_basic(c, TYPE_NUMBER);
    bool years = function == FUNCTION_YEARS_AFTER;
    good &= check_kind(p, args->next, check_basic(c, years ? TYPE_YEARS : TYPE_DATE));
    if (!good)
        return check_basic(c, TYPE_ERROR);
    return check_basic(c, years ? TYPE_DATE : TYPE_DAYS);
}

static const struct type *apply(struct site *p, struct ast_expr *args, const struct function *f) {
    struct checker *c = p->c;
    switch (f->decl.u.function) {
    case FUNCTION_MIN:
    case FUNCTION_MAX:
        return extreme(p, args);
    case FUNCTION_FLOOR:
    case FUNCTION_CEIL:
    case FUNCTION_ROUND:
        return rounding(p, args, f->names[0], f->decl.u.function == FUNCTION_ROUND);
    case FUNCTION_FULL:
        return full_type(p, args);
    case FUNCTION_HOW_MANY:
        for (struct ast_expr *x = args; x; x = x->next)
            check_kind(p, x, check_basic(c, TYPE_BOOL));
        return check_basic(c, TYPE_COUNT);
    case FUNCTION_SHARE:
        return share_type(p, args);
    case FUNCTION_YEAR_OF:
    case FUNCTION_YEARS_AFTER:
    case FUNCTION_DAYS_BETWEEN:
        return dates_type(p, args, f->decl.u.function);
    }
    return check_basic(c, TYPE_ERROR);
}

static const struct type *call_type(struct site *p, struct ast_expr *e) {
    struct checker *c = p->c;
    struct text name = e->u.call.callee.text;
    const struct function *f = find_function(name);
    unsigned count = 0;
    for (struct ast_expr *x = e->u.call.args; x; x = x->next)
        count++;
    if (f && count >= f->least && (!f->most || count <= f->most)) {
        e->decl = &f->decl;
        return apply(p, e->u.call.args, f);
    }
    if (!f) {
        report_function(c, &e->u.call.callee);
    } else {
        diag_add(c->d, DIAG_TYPE_ARGUMENTS, e->span,
                 f->most == f->least
                     ? tr_count("`%.*s` takes %u value, found %u", "`%.*s` takes %u values, found %u", f->least)
                     : tr_count("`%.*s` takes at least %u value, found %u", "`%.*s` takes at least %u values, found %u",
                                f->least),
                 TEXT_ARG(name), f->least, count);
    }
    for (struct ast_expr *x = e->u.call.args; x; x = x->next)
        check_expr(p, x, NULL);
    return check_basic(c, TYPE_ERROR);
}

/* ---- the dispatcher ---- */

static const struct type *number_type(struct checker *c, enum ast_unit unit) {
    switch (unit) {
    case AST_UNIT_NONE:
        return check_basic(c, TYPE_NUMBER);
    case AST_UNIT_YUAN:
    case AST_UNIT_FEN:
        return check_basic(c, TYPE_MONEY);
    case AST_UNIT_PERCENT:
        return check_basic(c, TYPE_RATE);
    case AST_UNIT_COUNT:
        return check_basic(c, TYPE_COUNT);
    case AST_UNIT_YEARS:
        return check_basic(c, TYPE_YEARS);
    case AST_UNIT_DAYS:
        return check_basic(c, TYPE_DAYS);
    }
    return check_basic(c, TYPE_ERROR);
}

static const struct type *expr_type(struct site *p, struct ast_expr *e, const struct type *expected) {
    struct checker *c = p->c;
    switch (e->kind) {
    case AST_NUMBER:
        return number_type(c, e->u.number.unit);
    case AST_RATIO:
        return check_basic(c, TYPE_RATE);
    case AST_DATE:
        return check_basic(c, e->u.date.valid ? TYPE_DATE : TYPE_ERROR); /* the scanner reported it */
    case AST_BOOL:
        return check_basic(c, TYPE_BOOL);
    case AST_STRING:
        return check_basic(c, TYPE_TEXT);
    case AST_NAME:
        return name_type(p, e, expected);
    case AST_MEMBER:
        return member_type(p, e);
    case AST_NOT:
        check_kind(p, e->u.operand, check_basic(c, TYPE_BOOL));
        return check_basic(c, TYPE_BOOL);
    case AST_NEGATE:
        return negated_type(p, e);
    case AST_BINARY:
        return binary_type(p, e);
    case AST_IN:
        return in_type(p, e);
    case AST_CALL:
        return call_type(p, e);
    case AST_IF:
        return if_type(p, e, expected);
    case AST_BY:
        return check_by(p, e, expected);
    case AST_TIER:
        return check_tier(p, e, expected);
    case AST_MISSING:
        diag_add(c->d, DIAG_TYPE_MISSING, e->span, "`missing` has a meaning in examples only");
        return check_basic(c, TYPE_ERROR);
    case AST_ERROR:
        return check_basic(c, TYPE_ERROR);
    }
    return check_basic(c, TYPE_ERROR);
}

const struct type *check_expr(struct site *p, struct ast_expr *e, const struct type *expected) {
    struct checker *c = p->c;
    if (++c->depth > p->height)
        p->height = c->depth;
    p->size++;
    if (c->depth > CHECK_DEPTH) {
        diag_add(c->d, DIAG_LIMIT_EXCEEDED, e->span, "nested too deeply, together with the definitions used");
        e->type = check_basic(c, TYPE_ERROR);
    } else {
        e->type = expr_type(p, e, expected);
    }
    c->depth--;
    return e->type;
}

/* ---- definitions ---- */

static void report_cycle(struct checker *c, struct check_define *define) {
    struct diag *r = diag_add(c->d, DIAG_DEFINE_CYCLE, define->model.span, "`%.*s` is defined by itself",
                              TEXT_ARG(define->model.name));
    int shown = 0;
    for (struct check_define *d = c->open; d && d != define && shown < 8; d = d->outer, shown++) {
        diag_label(c->d, r, d->model.span, "through this");
    }
}

void check_define(struct checker *c, struct check_define *define) {
    if (define->state == DEFINE_DONE)
        return;
    if (define->state == DEFINE_OPEN) {
        report_cycle(c, define);
        define->model.expr->type = check_basic(c, TYPE_ERROR);
        define->state = DEFINE_DONE; /* once is enough */
        return;
    }
    uint32_t depth = c->depth;
    struct site p = {.c = c, .name = tr("a definition"), .allowed = READS_ALL, .may_lack = true};
    define->state = DEFINE_OPEN;
    define->outer = c->open;
    c->open = define;
    const struct type *type = check_expr(&p, define->model.expr, NULL);
    bool cycle = define->state == DEFINE_DONE;
    c->open = define->outer;
    define->state = DEFINE_DONE;
    define->reads = p.reads;
    define->size = p.size;
    define->height = p.height > depth ? p.height - depth : 0;
    define->range = check_known_type(type) && !cycle ? check_range_expr(&p, define->model.expr) : check_range_unknown();
    define->lacks = p.lacks;
    if (cycle)
        define->model.expr->type = check_basic(c, TYPE_ERROR);
}
