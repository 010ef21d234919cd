/* ast_print.c */
#include "ast/ast_print.h"

struct printer {
    struct text_buffer *out;
    unsigned depth;
};

/* ---- parts ------------------------------------------------------------------------------------------------------ */

static void add(struct printer *p, const char *z) {
    text_add(p->out, text_of(z));
}

/* A new line, one list deeper. */
static void begin(struct printer *p, const char *head) {
    add(p, "\n");
    for (unsigned i = 0; i < p->depth; i++)
        add(p, "  ");
    text_addf(p->out, "(%s", head);
    p->depth++;
}

static void end(struct printer *p) {
    p->depth--;
    add(p, ")");
}

static void quoted(struct printer *p, struct text t) {
    add(p, "\"");
    for (size_t i = 0, from = 0; i <= t.size; i++) {
        bool special = i < t.size && (t.data[i] == '"' || t.data[i] == '\\' || (unsigned char)t.data[i] < 0x20);
        if (!special && i < t.size)
            continue;
        text_add(p->out, (struct text){t.data + from, i - from});
        from = i + 1;
        if (special && (t.data[i] == '"' || t.data[i] == '\\'))
            text_addf(p->out, "\\%c", t.data[i]);
        else if (special)
            text_addf(p->out, "\\x%02x", (unsigned char)t.data[i]);
    }
    add(p, "\"");
}

static void name(struct printer *p, const struct ast_name *n) {
    if (n->text.size) {
        add(p, " ");
        text_add(p->out, n->text);
    }
}

static void names(struct printer *p, const char *head, const struct ast_name *list) {
    if (!list)
        return;
    text_addf(p->out, " (%s", head);
    for (; list; list = list->next)
        name(p, list);
    add(p, ")");
}

static void string(struct printer *p, const struct ast_string *s) {
    if (s) {
        add(p, " ");
        quoted(p, s->text);
    }
}

static void strings(struct printer *p, const struct ast_string *list) {
    for (; list; list = list->next)
        string(p, list);
}

static void columns(struct printer *p, const struct ast_string *list) {
    if (!list)
        return;
    add(p, " (as");
    strings(p, list);
    add(p, ")");
}

/* ---- expressions ------------------------------------------------------------------------------------------------ */

static void expr(struct printer *p, const struct ast_expr *e);

static void integer(struct printer *p, ast_int n) {
    char digits[48];
    size_t at = sizeof digits;
    bool negative = n < 0;
    do {
        int digit = (int)(n % 10);
        digits[--at] = (char)('0' + (negative ? -digit : digit));
        n /= 10;
    } while (n);
    if (negative)
        digits[--at] = '-';
    text_add(p->out, (struct text){digits + at, sizeof digits - at});
}

static const char *unit_name(enum ast_unit unit) {
    switch (unit) {
    case AST_UNIT_NONE:
        return "";
    case AST_UNIT_YUAN:
        return " yuan";
    case AST_UNIT_FEN:
        return " fen";
    case AST_UNIT_PERCENT:
        return " percent";
    case AST_UNIT_COUNT:
        return " count";
    case AST_UNIT_YEARS:
        return " years";
    case AST_UNIT_DAYS:
        return " days";
    }
    return "";
}

static const char *op_name(enum ast_op op) {
    switch (op) {
    case AST_ADD:
        return "+";
    case AST_SUB:
        return "-";
    case AST_MUL:
        return "*";
    case AST_DIV:
        return "/";
    case AST_OF:
        return "of";
    case AST_FOR_EACH:
        return "for-each";
    case AST_EQ:
        return "=";
    case AST_NE:
        return "!=";
    case AST_LT:
        return "<";
    case AST_LE:
        return "<=";
    case AST_GT:
        return ">";
    case AST_GE:
        return ">=";
    case AST_AND:
        return "and";
    case AST_OR:
        return "or";
    case AST_AT_MOST:
        return "at-most";
    case AST_UP_TO:
        return "up-to";
    case AST_AT_LEAST:
        return "at-least";
    }
    return "";
}

static const char *bound_name(enum ast_bound bound) {
    switch (bound) {
    case AST_BOUND_NONE:
        return "";
    case AST_BOUND_FROM:
        return "from";
    case AST_BOUND_ABOVE:
        return "above";
    case AST_BOUND_TO:
        return "to";
    case AST_BOUND_BELOW:
        return "below";
    }
    return "";
}

static void sub(struct printer *p, const struct ast_expr *e) {
    add(p, " ");
    expr(p, e);
}

static void subs(struct printer *p, const struct ast_expr *list) {
    for (; list; list = list->next)
        sub(p, list);
}

/* An optional part in a list of its own. */
static void part(struct printer *p, const char *head, const struct ast_expr *e) {
    if (!e)
        return;
    text_addf(p->out, " (%s", head);
    sub(p, e);
    add(p, ")");
}

static void number(struct printer *p, const struct ast_expr *e) {
    add(p, "(number ");
    integer(p, e->u.number.num);
    if (e->u.number.den != 1) {
        add(p, "/");
        integer(p, e->u.number.den);
    }
    text_addf(p->out, "%s)", unit_name(e->u.number.unit));
}

static void date(struct printer *p, const struct ast_expr *e) {
    if (e->u.date.valid)
        text_addf(p->out, "(date %04d-%02d-%02d)", e->u.date.year, e->u.date.month, e->u.date.day);
    else
        add(p, "(date invalid)");
}

static void ratio(struct printer *p, const struct ast_expr *e) {
    text_addf(p->out, "(ratio %lld:%lld)", (long long)e->u.ratio.left, (long long)e->u.ratio.right);
}

static void member(struct printer *p, const struct ast_expr *e) {
    add(p, e->u.member.owner == AST_OF_CLAIM ? "claim." : "applicant.");
    text_add(p->out, e->u.member.name.text);
}

static void membership(struct printer *p, const struct ast_expr *e) {
    add(p, e->u.in.negated ? "(not-in" : "(in");
    sub(p, e->u.in.value);
    subs(p, e->u.in.list);
    add(p, ")");
}

static void call(struct printer *p, const struct ast_expr *e) {
    add(p, "(call");
    name(p, &e->u.call.callee);
    subs(p, e->u.call.args);
    add(p, ")");
}

static void choice(struct printer *p, const struct ast_expr *e) {
    add(p, "(if");
    sub(p, e->u.cond.condition);
    sub(p, e->u.cond.then);
    sub(p, e->u.cond.otherwise);
    add(p, ")");
}

static void cases(struct printer *p, const struct ast_expr *e) {
    add(p, "(by");
    sub(p, e->u.by.value);
    for (const struct ast_case *c = e->u.by.cases; c; c = c->next) {
        add(p, c->keys ? " (case" : " (else");
        subs(p, c->keys);
        add(p, c->keys ? " :" : "");
        sub(p, c->value);
        add(p, ")");
    }
    add(p, ")");
}

static void rows(struct printer *p, const struct ast_expr *e) {
    add(p, "(tier");
    sub(p, e->u.tier.value);
    for (const struct ast_row *r = e->u.tier.rows; r; r = r->next) {
        bool bounded = r->lower != AST_BOUND_NONE || r->upper != AST_BOUND_NONE;
        add(p, bounded ? " (row" : " (else");
        part(p, bound_name(r->lower), r->lower_value);
        part(p, bound_name(r->upper), r->upper_value);
        sub(p, r->value);
        part(p, "each-full", r->full);
        part(p, "adds", r->adds);
        add(p, ")");
    }
    add(p, ")");
}

static void node(struct printer *p, const char *head, const struct ast_expr *a, const struct ast_expr *b) {
    text_addf(p->out, "(%s", head);
    sub(p, a);
    if (b)
        sub(p, b);
    add(p, ")");
}

static void expr(struct printer *p, const struct ast_expr *e) {
    switch (e->kind) {
    case AST_NUMBER:
        number(p, e);
        return;
    case AST_RATIO:
        ratio(p, e);
        return;
    case AST_DATE:
        date(p, e);
        return;
    case AST_BOOL:
        add(p, e->u.boolean ? "yes" : "no");
        return;
    case AST_STRING:
        quoted(p, e->u.string);
        return;
    case AST_NAME:
        text_add(p->out, e->u.name);
        return;
    case AST_MEMBER:
        member(p, e);
        return;
    case AST_NOT:
        node(p, "not", e->u.operand, NULL);
        return;
    case AST_NEGATE:
        node(p, "negate", e->u.operand, NULL);
        return;
    case AST_BINARY:
        node(p, op_name(e->u.binary.op), e->u.binary.left, e->u.binary.right);
        return;
    case AST_IN:
        membership(p, e);
        return;
    case AST_CALL:
        call(p, e);
        return;
    case AST_IF:
        choice(p, e);
        return;
    case AST_BY:
        cases(p, e);
        return;
    case AST_TIER:
        rows(p, e);
        return;
    case AST_MISSING:
        add(p, "missing");
        return;
    case AST_ERROR:
        add(p, "(error)");
        return;
    }
}

void ast_print_expr(struct text_buffer *out, const struct ast_expr *e) {
    struct printer p = {out, 0};
    expr(&p, e);
}

/* ---- schema ----------------------------------------------------------------------------------------------------- */

static void field(struct printer *p, const char *head, const struct ast_field *f) {
    begin(p, head);
    for (const struct ast_field_name *n = f->names; n; n = n->next) {
        add(p, " (name");
        name(p, &n->name);
        string(p, n->label);
        columns(p, n->columns);
        add(p, ")");
    }
    if (f->type.text.size) {
        add(p, " (type");
        name(p, &f->type);
        add(p, ")");
    }
    for (const struct ast_enum_value *v = f->values; v; v = v->next) {
        begin(p, "value");
        name(p, &v->name);
        string(p, v->label);
        columns(p, v->columns);
        end(p);
    }
    part(p, "min", f->min);
    part(p, "max", f->max);
    part(p, "default", f->fallback);
    if (f->pending)
        add(p, " pending");
    end(p);
}

static void fields(struct printer *p, const char *head, const struct ast_field *list) {
    if (!list)
        return;
    begin(p, head);
    for (; list; list = list->next)
        field(p, "field", list);
    end(p);
}

/* ---- statements ------------------------------------------------------------------------------------------------- */

const char *ast_stmt_name(enum ast_stmt_kind kind) {
    switch (kind) {
    case AST_QUOTE:
        return "quote";
    case AST_LEAD:
        return "lead";
    case AST_RESPONSIBLE:
        return "responsible";
    case AST_READING:
        return "reading";
    case AST_ACCEPT:
        return "accept";
    case AST_DECLARATORY:
        return "declaratory";
    case AST_REFERS:
        return "refers to";
    case AST_DEFINE:
        return "define";
    case AST_ITEM:
        return "item";
    case AST_NEEDS:
        return "needs";
    case AST_REQUIRE:
        return "require";
    case AST_AWARD:
        return "award";
    case AST_ONCE:
        return "once";
    case AST_LADDER:
        return "ladder";
    case AST_LESS:
        return "less";
    case AST_CAP:
        return "cap";
    case AST_LIMIT:
        return "limit";
    case AST_EXCLUDE:
        return "exclude";
    case AST_TARGET:
        return "target";
    case AST_EXAMPLE:
        return "example";
    }
    return "";
}

static void keys(struct printer *p, const struct ast_key *list) {
    if (!list)
        return;
    add(p, " (per");
    for (; list; list = list->next) {
        switch (list->kind) {
        case AST_KEY_APPLICANT:
            add(p, " applicant");
            break;
        case AST_KEY_YEAR:
            add(p, " year");
            break;
        case AST_KEY_ITEM:
            add(p, " item");
            break;
        case AST_KEY_NAME:
            add(p, " (field");
            sub(p, list->name);
            add(p, ")");
            break;
        }
    }
    add(p, ")");
}

static void kinds(struct printer *p, const struct ast_kinds *k) {
    if (k)
        names(p, k->except ? "for-any-except" : "for", k->names);
}

static void facts(struct printer *p, const struct ast_fact *list) {
    for (; list; list = list->next) {
        add(p, " (");
        text_add(p->out, list->name.text);
        sub(p, list->value);
        add(p, ")");
    }
}

static void expectation(struct printer *p, const struct ast_expect *x) {
    begin(p, "expect");
    name(p, &x->claim);
    for (const struct ast_expected *e = x->expected; e; e = e->next) {
        add(p, " (");
        text_add(p->out, e->word.text);
        if (e->value)
            sub(p, e->value);
        if (e->year)
            text_addf(p->out, " (in %d)", e->year);
        add(p, ")");
    }
    end(p);
}

static void example(struct printer *p, const struct ast_example *x) {
    string(p, x->title);
    for (const struct ast_setting *s = x->settings; s; s = s->next) {
        add(p, " (with");
        name(p, &s->name);
        sub(p, s->value);
        add(p, ")");
    }
    part(p, "as-of", x->as_of);
    for (const struct ast_example_applicant *a = x->applicants; a; a = a->next) {
        begin(p, "applicant");
        name(p, &a->name);
        text_addf(p->out, " %d", a->year);
        facts(p, a->facts);
        end(p);
    }
    for (const struct ast_example_claim *c = x->claims; c; c = c->next) {
        begin(p, "claim");
        name(p, &c->name);
        name(p, &c->item);
        name(p, &c->applicant);
        sub(p, c->date);
        facts(p, c->facts);
        end(p);
    }
    for (const struct ast_example_indicator *i = x->indicators; i; i = i->next) {
        begin(p, "indicator");
        name(p, &i->name);
        text_addf(p->out, " %d", i->year);
        sub(p, i->value);
        end(p);
    }
    for (const struct ast_expect *e = x->expects; e; e = e->next)
        expectation(p, e);
}

static const char *target_kind(enum ast_target_kind kind) {
    switch (kind) {
    case AST_TARGET_BY:
        return "by";
    case AST_TARGET_EVERY:
        return "every-year";
    case AST_TARGET_GROWS:
        return "grows";
    case AST_TARGET_TOTAL:
        return "in-total";
    }
    return "";
}

static void target(struct printer *p, const struct ast_stmt *s) {
    text_addf(p->out, " (%s",
              s->target.kind == AST_TARGET_GROWS ? "grows"
              : s->target.at_most                ? "at-most"
                                                 : "at-least");
    sub(p, s->expr);
    text_addf(p->out, ") (%s %d %d)", target_kind(s->target.kind), s->target.first_year, s->target.last_year);
}

static const char *names_head(enum ast_stmt_kind kind) {
    return kind == AST_NEEDS ? "fields" : kind == AST_LIMIT ? "except" : "over";
}

static void stmts(struct printer *p, const struct ast_stmt *list);

static void stmt(struct printer *p, const struct ast_stmt *s) {
    begin(p, s->kind == AST_REFERS ? "refers-to" : ast_stmt_name(s->kind));
    name(p, &s->name);
    string(p, s->label);
    columns(p, s->columns);
    strings(p, s->strings);
    kinds(p, s->kinds);
    if (s->kind == AST_TARGET) {
        target(p, s);
    } else {
        part(p, "measure", s->measure);
        if (s->expr)
            sub(p, s->expr);
    }
    if (s->claims)
        add(p, " claims");
    if (s->kind == AST_CAP && !s->keys)
        add(p, " in-total");
    keys(p, s->keys);
    if (s->except_same_year)
        add(p, " except-same-year");
    part(p, "when", s->when);
    names(p, names_head(s->kind), s->names);
    part(p, "carry", s->carry.years);
    stmts(p, s->body);
    if (s->example)
        example(p, s->example);
    end(p);
}

/* Items nest nothing but leaves, so this is two calls deep. */
static void stmts(struct printer *p, const struct ast_stmt *list) {
    for (; list; list = list->next)
        stmt(p, list);
}

/* ---- the file --------------------------------------------------------------------------------------------------- */

static void head_string(struct printer *p, const char *head, const struct ast_string *s) {
    if (!s)
        return;
    begin(p, head);
    string(p, s);
    end(p);
}

static void clause(struct printer *p, const struct ast_clause *c) {
    begin(p, "clause");
    string(p, &c->number);
    string(p, c->title);
    stmts(p, c->body);
    end(p);
}

void ast_print(struct text_buffer *out, const struct ast_policy *policy) {
    struct printer p = {out, 1};
    add(&p, "(policy");
    name(&p, &policy->name);
    string(&p, policy->title);
    add(&p, policy->uses_chinese ? " chinese" : " english");
    head_string(&p, "issuer", policy->issuer);
    head_string(&p, "source", policy->source);
    head_string(&p, "version", policy->version);
    if (policy->effective) {
        begin(&p, "effective");
        part(&p, "from", policy->effective->from);
        part(&p, "to", policy->effective->to);
        part(&p, "years", policy->effective->years);
        part(&p, "years-from", policy->effective->years_from);
        end(&p);
    }
    for (const struct ast_field *f = policy->params; f; f = f->next)
        field(&p, "parameter", f);
    fields(&p, "applicant", policy->applicant);
    fields(&p, "claim", policy->claim);
    for (const struct ast_sample *s = policy->samples; s; s = s->next) {
        begin(&p, s->of_applicant ? "sample-applicant" : "sample-claim");
        facts(&p, s->facts);
        end(&p);
    }
    stmts(&p, policy->statements);
    for (const struct ast_clause *c = policy->clauses; c; c = c->next)
        clause(&p, c);
    size_t comments = 0;
    for (const struct ast_comment *c = policy->comments; c; c = c->next)
        comments++;
    begin(&p, "comments");
    text_addf(out, " %zu", comments);
    end(&p);
    add(&p, ")\n");
}
