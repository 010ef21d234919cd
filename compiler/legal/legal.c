#include "legal/legal.h"

#include <stdio.h>
#include <string.h>

#include "legal/numeral.h"
#include "tr.h"

/* Numbers of a text or a rule, in the order they stand. */
struct number {
    struct numeral value;
    struct span span;
    struct text shown;
    bool label_only; /* of a field's label: may be meant, need not */
    struct number *next;
};

struct numbers {
    struct number *first, **last;
};

struct legal {
    const struct model *model;
    struct original *document;
    const struct sources *sources;
    struct diags *diags;
    struct arena *arena;
    struct numbers head; /* of the days in force and the parameters: any clause may quote them */
};

static void numbers_init(struct numbers *n) {
    n->first = NULL;
    n->last = &n->first;
}

static struct number *numbers_add(struct legal *l, struct numbers *n, struct numeral value, struct span span,
                                  struct text shown) {
    struct number *number = arena_new_of(l->arena, struct number);
    *number = (struct number){.value = value, .span = span, .shown = shown};
    *n->last = number;
    n->last = &number->next;
    return number;
}

static bool numbers_hold(const struct numbers *n, const struct numeral *value) {
    for (const struct number *i = n->first; i; i = i->next)
        if (numeral_equal(&i->value, value))
            return true;
    return false;
}

/* ---- numbers of texts ------------------------------------------------------------------------------------------- */

/* The place of bytes [lo, hi) of a string's content; the whole string where escapes or joins shift them. */
static struct span inside(const struct legal *l, const struct ast_string *s, size_t lo, size_t hi) {
    struct text written = sources_text(l->sources, s->span);
    for (size_t open = 1; open <= 3 && open < written.size; open += 2)
        if (written.size >= open + s->text.size && memcmp(written.data + open, s->text.data, s->text.size) == 0)
            return (struct span){s->span.lo + (uint32_t)(open + lo), s->span.lo + (uint32_t)(open + hi)};
    return s->span;
}

static void add_text(struct legal *l, struct numbers *n, const struct ast_string *s) {
    size_t at = 0;
    struct numeral value;
    while (numeral_next(s->text, &at, &value))
        numbers_add(l, n, value, inside(l, s, value.lo, value.hi),
                    (struct text){s->text.data + value.lo, value.hi - value.lo});
}

static void add_label(struct legal *l, struct numbers *n, struct text label) {
    size_t at = 0;
    struct numeral value;
    while (numeral_next(label, &at, &value))
        numbers_add(l, n, value, (struct span){0, 0}, label)->label_only = true;
}

/* ---- numbers of rules ------------------------------------------------------------------------------------------- */

static void add_expr(struct legal *l, struct numbers *n, const struct ast_expr *e);

static void add_exprs(struct legal *l, struct numbers *n, const struct ast_expr *list) {
    for (; list; list = list->next)
        add_expr(l, n, list);
}

static void add_value(struct legal *l, struct numbers *n, const struct ast_expr *e, struct numeral value) {
    numbers_add(l, n, value, e->span, sources_text(l->sources, e->span));
}

static bool plain_number(const struct ast_expr *e) {
    return e->kind == AST_NUMBER && e->u.number.num >= 0 && e->u.number.num < INT64_MAX / 1000000;
}

static void add_number(struct legal *l, struct numbers *n, const struct ast_expr *e) {
    int64_t scale = e->u.number.unit == AST_UNIT_PERCENT || e->u.number.unit == AST_UNIT_FEN ? 100 : 1;
    if (plain_number(e) && e->u.number.den < INT64_MAX / 1000)
        add_value(l, n, e, numeral_value((int64_t)e->u.number.num, e->u.number.den * scale));
}

static void add_binary(struct legal *l, struct numbers *n, const struct ast_expr *e) {
    const struct ast_expr *a = e->u.binary.left, *b = e->u.binary.right;
    if (e->u.binary.op == AST_DIV && plain_number(a) && plain_number(b) && a->u.number.den == 1 &&
        b->u.number.den == 1 && b->u.number.num > 0) {
        add_value(l, n, e, numeral_value((int64_t)a->u.number.num, (int64_t)b->u.number.num));
        return;
    }
    add_expr(l, n, a);
    add_expr(l, n, b);
}

/* What a name stands for may carry numbers too: the label of a field ("两年内新增发明专利"), a definition. */
static void add_name(struct legal *l, struct numbers *n, const struct ast_expr *e) {
    const struct decl *decl = e->decl;
    if (!decl)
        return;
    switch (decl->kind) {
    case DECL_FIELD:
        add_label(l, n, decl->u.field->label);
        break;
    case DECL_PARAM:
        add_label(l, n, decl->u.param->label);
        break;
    case DECL_ENUM_VALUE:
        add_label(l, n, decl->u.enum_value->label);
        break;
    case DECL_DEFINE:
        add_expr(l, n, decl->u.define->expr);
        break;
    case DECL_YEAR:
    case DECL_FUNCTION:
        break;
    }
}

static void add_tier(struct legal *l, struct numbers *n, const struct ast_expr *e) {
    add_expr(l, n, e->u.tier.value);
    for (const struct ast_row *r = e->u.tier.rows; r; r = r->next) {
        add_expr(l, n, r->lower_value);
        add_expr(l, n, r->upper_value);
        add_expr(l, n, r->value);
        add_expr(l, n, r->full);
        add_expr(l, n, r->adds);
    }
}

static void add_expr(struct legal *l, struct numbers *n, const struct ast_expr *e) {
    if (!e)
        return;
    switch (e->kind) {
    case AST_NUMBER:
        add_number(l, n, e);
        break;
    case AST_RATIO:
        add_value(l, n, e, (struct numeral){.kind = NUMERAL_RATIO, .num = e->u.ratio.left, .den = e->u.ratio.right});
        break;
    case AST_DATE:
        add_value(l, n, e,
                  (struct numeral){.kind = NUMERAL_DATE,
                                   .num = e->u.date.year * 10000 + e->u.date.month * 100 + e->u.date.day,
                                   .den = 1});
        break;
    case AST_NAME:
    case AST_MEMBER:
        add_name(l, n, e);
        break;
    case AST_NOT:
    case AST_NEGATE:
        add_expr(l, n, e->u.operand);
        break;
    case AST_BINARY:
        add_binary(l, n, e);
        break;
    case AST_IN:
        add_expr(l, n, e->u.in.value);
        add_exprs(l, n, e->u.in.list);
        break;
    case AST_CALL:
        add_exprs(l, n, e->u.call.args);
        break;
    case AST_IF:
        add_expr(l, n, e->u.cond.condition);
        add_expr(l, n, e->u.cond.then);
        add_expr(l, n, e->u.cond.otherwise);
        break;
    case AST_BY:
        add_expr(l, n, e->u.by.value);
        for (const struct ast_case *c = e->u.by.cases; c; c = c->next) {
            add_exprs(l, n, c->keys);
            add_expr(l, n, c->value);
        }
        break;
    case AST_TIER:
        add_tier(l, n, e);
        break;
    case AST_BOOL:
    case AST_STRING:
    case AST_MISSING:
    case AST_ERROR:
        break;
    }
}

static void add_years(struct legal *l, struct numbers *n, const struct ast_stmt *s) {
    int32_t years[2] = {s->target.first_year, s->target.last_year};
    for (int i = 0; i < 2; i++)
        if (i == 0 || years[1] != years[0])
            numbers_add(l, n, (struct numeral){.kind = NUMERAL_YEAR, .num = years[i], .den = 1}, s->span,
                        text_format(l->arena, "%d", years[i]));
}

static void add_statement(struct legal *l, struct numbers *n, const struct ast_stmt *s) {
    if (s->kind == AST_EXAMPLE)
        return;
    add_expr(l, n, s->expr);
    add_expr(l, n, s->measure);
    add_expr(l, n, s->when);
    add_expr(l, n, s->carry.years);
    for (const struct ast_key *k = s->keys; k; k = k->next)
        add_expr(l, n, k->name);
    for (const struct ast_string *label = s->label; label; label = label->next)
        add_label(l, n, label->text);
    if (s->kind == AST_TARGET)
        add_years(l, n, s);
}

/* ---- gathering -------------------------------------------------------------------------------------------------- */

/* What stands in one place: a clause outside its items, or one item. */
struct place_numbers {
    struct numbers quoted, read, ruled;
    bool has_quotes;
};

static void gather(struct legal *l, struct place_numbers *p, const struct ast_stmt *body) {
    numbers_init(&p->quoted);
    numbers_init(&p->read);
    numbers_init(&p->ruled);
    p->has_quotes = false;
    for (const struct ast_stmt *s = body; s; s = s->next) {
        for (const struct ast_string *t = s->strings; t; t = t->next) {
            if (s->kind == AST_QUOTE)
                add_text(l, &p->quoted, t);
            if (s->kind == AST_READING)
                add_text(l, &p->read, t);
        }
        p->has_quotes |= s->kind == AST_QUOTE;
        if (s->kind != AST_ITEM)
            add_statement(l, &p->ruled, s);
        else if (s->label)
            add_label(l, &p->ruled, s->label->text);
    }
}

static void not_used(struct legal *l, const struct number *n) {
    struct diag *d = diag_add(l->diags, DIAG_NUMBER_UNUSED, n->span, "%.*s is quoted and no rule beside it uses it",
                              TEXT_ARG(n->shown));
    diag_note(l->diags, d, "every number of a quote is compared, by value, with the rules of its item and clause");
    diag_help(l->diags, d, "correct the rule, quote less, or say in a `reading \"…\"` what becomes of %.*s",
              TEXT_ARG(n->shown));
}

static void not_quoted(struct legal *l, const struct number *n) {
    struct diag *d =
        diag_add(l->diags, DIAG_NUMBER_UNQUOTED, n->span, "%.*s stands in no quote of this clause", TEXT_ARG(n->shown));
    diag_note(l->diags, d, "every number of a rule is compared, by value, with the quotes of its item and clause");
    diag_help(l->diags, d, "correct the number, quote the words it comes from, or name it in a `reading \"…\"`");
}

static bool in_any(const struct numeral *v, const struct numbers *a, const struct numbers *b, const struct numbers *c,
                   const struct numbers *d) {
    return numbers_hold(a, v) || (b && numbers_hold(b, v)) || (c && numbers_hold(c, v)) || (d && numbers_hold(d, v));
}

/* 0 and 1 say "none" and "some": they need no number in the text. */
static bool says_little(const struct number *n) {
    return n->label_only || (n->value.kind == NUMERAL_VALUE && n->value.den == 1 && n->value.num <= 1);
}

struct clause_numbers {
    struct place_numbers own;
    struct place_numbers *item;
    size_t item_count;
};

static bool any_item(const struct clause_numbers *c, const struct numeral *v, bool quoted) {
    for (size_t i = 0; i < c->item_count; i++)
        if (numbers_hold(quoted ? &c->item[i].quoted : &c->item[i].ruled, v) ||
            (!quoted && numbers_hold(&c->item[i].read, v)))
            return true;
    return false;
}

static void compare_item(struct legal *l, const struct clause_numbers *c, const struct place_numbers *p) {
    for (const struct number *n = p->quoted.first; n; n = n->next)
        if (!n->value.optional && !in_any(&n->value, &p->ruled, &p->read, &c->own.read, &c->own.ruled) &&
            !numbers_hold(&l->head, &n->value))
            not_used(l, n);
    for (const struct number *n = p->ruled.first; n; n = n->next)
        if (!says_little(n) && !in_any(&n->value, &p->quoted, &p->read, &c->own.quoted, &c->own.read))
            not_quoted(l, n);
}

static void compare_clause(struct legal *l, const struct clause_numbers *c) {
    for (const struct number *n = c->own.quoted.first; n; n = n->next)
        if (!n->value.optional && !in_any(&n->value, &c->own.ruled, &c->own.read, &l->head, NULL) &&
            !any_item(c, &n->value, false))
            not_used(l, n);
    for (const struct number *n = c->own.ruled.first; n; n = n->next)
        if (!says_little(n) && !in_any(&n->value, &c->own.quoted, &c->own.read, NULL, NULL) &&
            !any_item(c, &n->value, true))
            not_quoted(l, n);
    for (size_t i = 0; i < c->item_count; i++)
        compare_item(l, c, &c->item[i]);
}

static void check_numbers(struct legal *l, const struct model_clause *clause) {
    struct clause_numbers c = {0};
    bool quotes;
    if (clause->declaratory)
        return;
    gather(l, &c.own, clause->ast->body);
    quotes = c.own.has_quotes;
    for (const struct ast_stmt *s = clause->ast->body; s; s = s->next)
        c.item_count += s->kind == AST_ITEM;
    c.item = arena_array_of(l->arena, struct place_numbers, c.item_count);
    c.item_count = 0;
    for (const struct ast_stmt *s = clause->ast->body; s; s = s->next) {
        if (s->kind != AST_ITEM)
            continue;
        gather(l, &c.item[c.item_count], s->body);
        quotes |= c.item[c.item_count++].has_quotes;
    }
    if (quotes) /* a clause without quotes ties itself to no text */
        compare_clause(l, &c);
}

/* ---- quotes and provisions -------------------------------------------------------------------------------------- */

static const struct provision *provision_of(const struct legal *l, struct text number) {
    enum provision_style style;
    size_t count;
    int64_t value = numeral_of_provision(number, &style);
    const struct provision *p = original_provisions(l->document, &count);
    for (size_t i = 0; value && i < count; i++)
        if (p[i].number == value && p[i].style == style)
            return &p[i];
    return NULL;
}

static void quote_missing(struct legal *l, const struct ast_string *s) {
    size_t end, common = original_common(l->document, s->text, &end);
    struct diag *d = diag_add(l->diags, DIAG_QUOTE, inside(l, s, common, s->text.size),
                              "this quote does not stand in the source document");
    if (common) {
        struct text rest = original_text(l->document);
        rest.data += end;
        rest.size = rest.size - end < 45 ? rest.size - end : 45;
        while (rest.size && ((unsigned char)rest.data[rest.size - 1] & 0x80)) { /* cut at a whole character */
            size_t size, lead = rest.size - 1;
            while (lead > 0 && ((unsigned char)rest.data[lead] & 0xc0) == 0x80)
                lead--;
            text_decode((struct text){rest.data + lead, rest.size - lead}, &size);
            if (lead + size == rest.size && size > 1)
                break;
            rest.size = lead;
        }
        diag_caret(l->diags, d, "the document differs from here on");
        diag_note(l->diags, d, "the document goes on: %.*s", TEXT_ARG(rest));
    }
    diag_help(l->diags, d, "quote the document word for word; white space does not count");
}

static void check_quote(struct legal *l, const struct model_clause *clause, const struct provision *own,
                        const struct ast_string *s) {
    size_t lo, hi;
    if (!original_find(l->document, s->text, own ? own->lo : 0, &lo, &hi) || (own && lo >= own->hi)) {
        if (!original_find(l->document, s->text, 0, &lo, &hi))
            quote_missing(l, s);
        else {
            struct diag *d = diag_add(l->diags, DIAG_QUOTE_ELSEWHERE, s->span,
                                      "this quote does not stand in provision %.*s", TEXT_ARG(clause->number));
            diag_note(l->diags, d, "it stands elsewhere in the source document");
            diag_help(l->diags, d, "move it to the clause of its provision, or correct the clause's number");
        }
    }
}

static void check_words(struct legal *l, const struct model_clause *clause, const struct provision *own,
                        const struct ast_string *list, const char *what) {
    size_t lo, hi;
    for (const struct ast_string *s = list; s; s = s->next)
        if (!original_find(l->document, s->text, own ? own->lo : 0, &lo, &hi) || (own && lo >= own->hi)) {
            struct diag *d =
                own ? diag_add(l->diags, DIAG_TITLE, s->span,
                               "%s does not stand in the source document's provision %.*s", what,
                               TEXT_ARG(clause->number))
                    : diag_add(l->diags, DIAG_TITLE, s->span, "%s does not stand in the source document", what);
            diag_help(l->diags, d, "write it as the document has it");
        }
}

static void check_clause_text(struct legal *l, const struct model_clause *clause) {
    const struct provision *own = provision_of(l, clause->number);
    check_words(l, clause, own, clause->ast->title, tr("this title"));
    for (const struct ast_stmt *s = clause->ast->body; s; s = s->next) {
        if (s->kind == AST_QUOTE)
            for (const struct ast_string *q = s->strings; q; q = q->next)
                check_quote(l, clause, own, q);
        if (s->kind == AST_LEAD || s->kind == AST_RESPONSIBLE)
            check_words(l, clause, own, s->strings, tr("this department"));
        for (const struct ast_stmt *i = s->kind == AST_ITEM ? s->body : NULL; i; i = i->next)
            if (i->kind == AST_QUOTE)
                for (const struct ast_string *q = i->strings; q; q = q->next)
                    check_quote(l, clause, own, q);
    }
    if (!clause->quotes) {
        struct diag *d = diag_add(l->diags, DIAG_NO_QUOTE, clause->ast->number.span, "clause %.*s quotes nothing",
                                  TEXT_ARG(clause->number));
        diag_help(l->diags, d, "add `quote \"…\"` with the words of the source document that it stands for");
    }
}

/* The styles of numbering that clauses use: only those provisions are asked for. */
static void styles_used(const struct legal *l, bool used[PROVISION_STYLES]) {
    for (int i = 0; i < PROVISION_STYLES; i++)
        used[i] = false;
    for (const struct model_clause *c = l->model->clauses; c; c = c->next) {
        enum provision_style style;
        if (numeral_of_provision(c->number, &style))
            used[style] = true;
    }
}

static bool has_clause(const struct legal *l, const struct provision *p) {
    for (const struct model_clause *c = l->model->clauses; c; c = c->next) {
        enum provision_style style;
        if (numeral_of_provision(c->number, &style) == p->number && style == p->style)
            return true;
    }
    return false;
}

static void check_covered(struct legal *l) {
    size_t count;
    bool used[PROVISION_STYLES];
    const struct provision *p = original_provisions(l->document, &count);
    struct text document = original_text(l->document);
    static const char *const before[] = {"", "（", "第"}, *const behind[] = {"", "）", "条"}; /* by style */
    styles_used(l, used);
    for (size_t i = 0; i < count; i++) {
        if (!used[p[i].style] || has_clause(l, &p[i]))
            continue;
        size_t size = p[i].first_line - p[i].lo;
        struct text line = {document.data + p[i].lo, size < 60 ? size : 60};
        while (line.size < size && ((unsigned char)line.data[line.size] & 0xc0) == 0x80)
            line.size++;
        struct diag *d = diag_add(l->diags, DIAG_PROVISION, l->model->ast->source->span,
                                  "provision %s%lld%s of the source document has no clause", before[p[i].style],
                                  (long long)p[i].number, behind[p[i].style]);
        diag_note(l->diags, d, "it begins: %.*s", TEXT_ARG(line));
        diag_help(l->diags, d, "add a clause for it; one that decides nothing says `declaratory`");
    }
}

static void add_effective(struct legal *l, struct numbers *n) {
    const struct ast_effective *e = l->model->ast->effective;
    if (!e)
        return;
    add_expr(l, n, e->from);
    add_expr(l, n, e->to);
    add_expr(l, n, e->years);
    add_expr(l, n, e->years_from);
}

/* A draft may leave the day open and name the year (`2024年x月x日`). */
static void add_open_years(struct legal *l, struct numbers *n) {
    for (const struct number *i = n->first; i; i = i->next) /* what is added behind is no date */
        if (i->value.kind == NUMERAL_DATE)
            numbers_add(l, n, (struct numeral){.kind = NUMERAL_YEAR, .num = i->value.num / 10000, .den = 1}, i->span,
                        i->shown);
}

static void add_parameters(struct legal *l, struct numbers *n) {
    for (const struct ast_field *f = l->model->ast->params; f; f = f->next) {
        add_expr(l, n, f->min);
        add_expr(l, n, f->max);
        add_expr(l, n, f->fallback);
    }
}

static void add_head(struct legal *l) {
    numbers_init(&l->head);
    add_effective(l, &l->head);
    add_parameters(l, &l->head);
    add_open_years(l, &l->head);
}

/* Where the text names the year alone, the parameter is still open, and held to that year. */
static void check_held_open(struct legal *l, const struct numbers *quoted, const struct ast_field *f) {
    struct numbers day;
    numbers_init(&day);
    add_expr(l, &day, f->fallback);
    const struct number *n = day.first;
    if (!n || n->value.kind != NUMERAL_DATE || numbers_hold(quoted, &n->value))
        return;
    int year = (int)(n->value.num / 10000);
    if (!numbers_hold(quoted, &(struct numeral){.kind = NUMERAL_YEAR, .num = year, .den = 1}) ||
        (f->pending && f->min && f->max))
        return;
    struct diag *d = diag_add(l->diags, DIAG_NUMBER_UNUSED, f->names->name.span,
                              "the document names the year %d and leaves the day open; this parameter does not", year);
    diag_help(l->diags, d, "write `range %d-01-01 to %d-12-31` and `pending`, or settle the day in a `reading \"…\"`",
              year, year);
}

/* A day of a parameter is quoted, or its year where the document leaves the day open. */
static void check_open_days(struct legal *l, const struct numbers *quoted) {
    struct numbers open;
    numbers_init(&open);
    add_parameters(l, &open);
    for (const struct number *n = open.first; n; n = n->next) {
        struct numeral year = {.kind = NUMERAL_YEAR, .num = n->value.num / 10000, .den = 1};
        if (n->value.kind == NUMERAL_DATE && !numbers_hold(quoted, &n->value) && !numbers_hold(quoted, &year))
            not_quoted(l, n);
    }
    for (const struct ast_field *f = l->model->ast->params; f; f = f->next)
        check_held_open(l, quoted, f);
}

/* Dates and years of the policy's days in force stand somewhere in a quote or reading. */
static void check_effective(struct legal *l) {
    struct numbers ruled, quoted;
    if (!l->document)
        return;
    numbers_init(&ruled);
    numbers_init(&quoted);
    add_effective(l, &ruled);
    for (const struct model_clause *c = l->model->clauses; c; c = c->next) {
        for (const struct ast_string *s = c->quotes; s; s = s->next)
            add_text(l, &quoted, s);
        for (const struct ast_string *s = c->readings; s; s = s->next)
            add_text(l, &quoted, s);
    }
    for (const struct number *n = ruled.first; n; n = n->next)
        if (!says_little(n) && !numbers_hold(&quoted, &n->value))
            not_quoted(l, n);
    check_open_days(l, &quoted);
}

struct original *legal_document(const struct model *model, struct sources *sources, struct diags *diags,
                                struct arena *arena) {
    const struct ast_string *named = model->ast->source;
    struct source *file = NULL;
    if (!named)
        return NULL;
    struct source *policy = sources_find(sources, named->span.lo);
    struct text path = named->text;
    size_t folder = policy ? policy->path.size : 0;
    while (folder > 0 && policy->path.data[folder - 1] != '/')
        folder--;
    if (folder && path.size && path.data[0] != '/')
        path = text_format(arena, "%.*s%.*s", (int)folder, policy->path.data, TEXT_ARG(path));
    if (sources_read(sources, path, &file) == SOURCE_OK)
        return original_new(file->bytes, arena);
    struct diag *d =
        diag_add(diags, DIAG_DOCUMENT, named->span, "the source document %.*s cannot be read", TEXT_ARG(path));
    diag_help(diags, d, "the path is taken relative to the policy file; the document ships with its policy");
    return NULL;
}

void legal_check(const struct model *model, struct original *document, const struct sources *sources,
                 struct diags *diags, struct arena *arena) {
    struct legal l = {.model = model, .document = document, .sources = sources, .diags = diags, .arena = arena};
    add_head(&l);
    for (const struct model_clause *c = model->clauses; c; c = c->next) {
        check_numbers(&l, c);
        if (document)
            check_clause_text(&l, c);
    }
    check_effective(&l);
    if (document)
        check_covered(&l);
}

/* ---- readings --------------------------------------------------------------------------------------------------- */

static void list_readings(struct text_buffer *out, const struct ast_stmt *body, const char *indent) {
    for (const struct ast_stmt *s = body; s; s = s->next)
        for (const struct ast_string *t = s->kind == AST_READING ? s->strings : NULL; t; t = t->next)
            text_addf(out, "%s- %.*s\n", indent, TEXT_ARG(t->text));
}

void legal_readings(const struct model *model, struct text_buffer *out) {
    for (const struct model_clause *c = model->clauses; c; c = c->next) {
        if (!c->readings)
            continue;
        text_addf(out, "%.*s", TEXT_ARG(c->number));
        text_addf(out, "%s%.*s\n", c->title.size ? " " : "", TEXT_ARG(c->title));
        list_readings(out, c->ast->body, "  ");
        for (const struct ast_stmt *s = c->ast->body; s; s = s->next) {
            bool any = false;
            for (const struct ast_stmt *i = s->kind == AST_ITEM ? s->body : NULL; i; i = i->next)
                any |= i->kind == AST_READING;
            if (!any)
                continue;
            text_addf(out, "  %.*s", TEXT_ARG(s->name.text));
            if (s->label)
                text_addf(out, " %.*s", TEXT_ARG(s->label->text));
            text_addf(out, "\n");
            list_readings(out, s->body, "    ");
        }
    }
}
