/* Fields, parameters and enums; then clauses, items and definitions by name. */
#include "check/check_int.h"
#include "tr.h"

/* ---- builtin columns ---- */

enum builtin_owner { BUILTIN_CLAIM, BUILTIN_PROFILE };

static const struct builtin {
    enum builtin_owner owner;
    uint32_t index;
    enum type_kind type;
    const char *names[3];
} builtins[] = {
#define FIELD(owner, index, type, english, simplified, traditional)                                                    \
    {BUILTIN_##owner, index, TYPE_##type, {english, simplified, traditional}},
#include "check/builtin_fields.def"
};
enum { BUILTINS = sizeof builtins / sizeof *builtins };

static const struct builtin *find_builtin(bool of_profile, struct text name) {
    for (int i = 0; i < BUILTINS; i++) {
        if (builtins[i].owner != (of_profile ? BUILTIN_PROFILE : BUILTIN_CLAIM))
            continue;
        for (int k = 0; k < 3; k++) {
            if (text_equal(name, text_of(builtins[i].names[k])))
                return &builtins[i];
        }
    }
    return NULL;
}

bool check_is_year_word(struct text name) {
    return text_equal(name, TEXT("year")) || text_equal(name, TEXT("年度"));
}

struct model_field *check_find_field(struct checker *c, bool of_profile, struct text name) {
    const struct builtin *b = find_builtin(of_profile, name);
    if (b)
        return &(of_profile ? c->m->profile : c->m->claim)[b->index];
    const struct scope_entry *entry = scope_find(&c->scope, name);
    struct decl *decl = entry ? entry->decl[of_profile ? SCOPE_PROFILE : SCOPE_CLAIM] : NULL;
    return decl && decl->kind == DECL_FIELD ? decl->u.field : NULL;
}

static void report_twice(struct checker *c, struct span span, struct text name, struct span first, const char *what) {
    struct diag *r = diag_add(c->d, DIAG_NAME_DUPLICATE, span, "%s `%.*s` is declared twice", what, TEXT_ARG(name));
    if (first.hi)
        diag_label(c->d, r, first, "the first is here");
    else
        diag_note(c->d, r, "the language itself uses this name");
}

static void add_name(struct checker *c, enum scope_space space, const struct ast_name *name, struct decl *decl,
                     const char *what) {
    struct span first = {0, 0};
    if (!name->text.size)
        return;
    if (!scope_add(&c->scope, space, name->text, decl, name->span, &first))
        report_twice(c, name->span, name->text, first, what);
}

static struct decl *field_decl(struct checker *c, struct model_field *field) {
    struct decl *decl = arena_new_of(c->a, struct decl);
    *decl = (struct decl){DECL_FIELD, {.field = field}};
    return decl;
}

static void add_builtins(struct checker *c, bool of_profile) {
    struct model_field *fields = of_profile ? c->m->profile : c->m->claim;
    for (int i = 0; i < BUILTINS; i++) {
        const struct builtin *b = &builtins[i];
        if (b->owner != (of_profile ? BUILTIN_PROFILE : BUILTIN_CLAIM))
            continue;
        struct model_field *f = &fields[b->index];
        f->name = f->column = text_of(b->names[0]);
        f->type = check_basic(c, b->type);
        f->builtin = true;
        f->of_profile = of_profile;
        f->index = b->index;
        f->min = b->type == TYPE_NUMBER ? 1990 : check_type_min(f->type);
        f->max = b->type == TYPE_ENUM ? CHECK_ITEMS - 1 : check_type_max(f->type);
        if (of_profile)
            continue; /* applicant.applicant_id would be the claim's; applicant.year is the claim's year */
        struct decl *decl = field_decl(c, f);
        struct span first;
        for (int k = 0; k < 3; k++)
            scope_add(&c->scope, SCOPE_CLAIM, text_of(b->names[k]), decl, (struct span){0, 0}, &first);
    }
}

/* ---- enums ---- */

static void add_enum_value(struct checker *c, struct check_enum *en, const struct ast_enum_value *v,
                           struct text_map *seen) {
    uint32_t i = en->model.count;
    void **slot = text_map_slot(seen, v->name.text);
    if (*slot) {
        report_twice(c, v->name.span, v->name.text, ((const struct ast_enum_value *)*slot)->name.span, tr("the value"));
        return;
    }
    *slot = (void *)v;
    struct model_enum_value *out = &en->model.value[i];
    out->name = v->name.text;
    out->column = v->columns ? v->columns->text : v->name.text;
    out->label = v->label ? v->label->text : (struct text){0};
    out->index = i;
    en->span[i] = v->name.span;
    en->decl[i] = (struct decl){DECL_ENUM_VALUE, {.enum_value = out}};
    en->model.count++;
    if (v->columns && v->columns->next) {
        diag_add(c->d, DIAG_COLUMN_TWICE, v->columns->next->span,
                 "a value is written in one way in ledgers, not several");
    }
    slot = text_map_slot(c->values, v->name.text);
    if (!*slot)
        *slot = en;
}

/* Two values that look alike in ledgers could not be told apart. */
static void check_value_columns(struct checker *c, const struct check_enum *en) {
    struct text_map *seen = text_map_new(c->a);
    for (uint32_t i = 0; i < en->model.count; i++) {
        void **slot = text_map_slot(seen, en->model.value[i].column);
        if (!*slot) {
            *slot = &en->span[i];
            continue;
        }
        struct diag *r = diag_add(c->d, DIAG_COLUMN_TWICE, en->span[i], "two values are written `%.*s` in ledgers",
                                  TEXT_ARG(en->model.value[i].column));
        diag_label(c->d, r, *(const struct span *)*slot, "the other is here");
    }
}

static struct check_enum *declare_enum(struct checker *c, const struct ast_field *f, struct text name) {
    size_t count = 0;
    for (const struct ast_enum_value *v = f->values; v; v = v->next)
        count++;
    if (count > POL_ENUM_LIMIT) {
        diag_add(c->d, DIAG_LIMIT_EXCEEDED, f->type.span, "an enum has at most %d values, this one has %zu",
                 POL_ENUM_LIMIT, count);
    }
    struct check_enum *en = arena_new_of(c->a, struct check_enum);
    struct text_map *seen = text_map_new(c->a);
    en->model.name = name;
    en->model.value = arena_array_of(c->a, struct model_enum_value, count);
    en->decl = arena_array_of(c->a, struct decl, count);
    en->span = arena_array_of(c->a, struct span, count);
    for (const struct ast_enum_value *v = f->values; v && en->model.count < POL_ENUM_LIMIT; v = v->next) {
        add_enum_value(c, en, v, seen);
    }
    check_value_columns(c, en);
    en->type = type_enum(c->m->types, en, name);
    en->model.index = c->m->enum_count;
    c->enums = arena_grow(c->a, c->enums, c->m->enum_count, &c->enum_capacity, c->m->enum_count + 1, sizeof *c->enums);
    c->enums[c->m->enum_count++] = &en->model;
    return en;
}

/* ---- declarations of fields and parameters ---- */

struct declared { /* what one `a, b: type range … default …` says */
    const struct type *type;
    struct model_enum *enumeration;
    int64_t min, max, fallback;
    bool has_default;
};

static const struct type *declared_type(struct checker *c, const struct ast_field *f, struct declared *out) {
    if (f->values) {
        struct check_enum *en = declare_enum(c, f, f->names ? f->names->name.text : TEXT("?"));
        out->enumeration = &en->model;
        return en->type;
    }
    const struct type *type = type_by_name(c->m->types, f->type.text);
    if (type)
        return type;
    struct diag *r = diag_add(c->d, DIAG_TYPE_UNKNOWN, f->type.span, "unknown type `%.*s`", TEXT_ARG(f->type.text));
    static const char *const known[] = {"money", "rate", "count", "years", "days", "date", "bool", "text", "enum",
                                        "金额",  "比率", "数量",  "年数",  "天数", "日期", "是否", "文本", "枚举"};
    struct nearest n = nearest_to(f->type.text);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        nearest_offer(&n, text_of(known[i]));
    check_say_nearest(c, r, &n);
    diag_note(c->d, r, "types are money, rate, count, years, days, date, bool, text and enum { … }");
    return check_basic(c, TYPE_ERROR);
}

static bool has_range(const struct type *type) {
    return builtin_numeric(type->kind) || type->kind == TYPE_DATE || type->kind == TYPE_TEXT;
}

static void declared_range(struct checker *c, const struct ast_field *f, struct declared *out) {
    const struct type *type = out->type, *bound = type->kind == TYPE_TEXT ? check_basic(c, TYPE_COUNT) : type;
    int64_t min, max;
    out->min = check_type_min(type);
    out->max = check_type_max(type);
    if (!f->min || !f->max || !check_known_type(type))
        return;
    if (!has_range(type)) {
        diag_add(c->d, DIAG_RANGE_LIMIT, span_join(f->min->span, f->max->span), "%.*s has no range",
                 TEXT_ARG(type->name));
        return;
    }
    bool good = check_constant(c, f->min, bound, tr("a range"), &min);
    good &= check_constant(c, f->max, bound, tr("a range"), &max);
    if (!good)
        return;
    enum { DAY_FIRST = -25567 /* 1900-01-01 */, DAY_LAST = 84005 /* 2199-12-31 */ };
    int64_t least = type->kind == TYPE_DATE ? DAY_FIRST : 0;
    int64_t largest = type->kind == TYPE_TEXT   ? POL_TEXT_LIMIT
                      : type->kind == TYPE_DATE ? DAY_LAST
                                                : INT64_C(1000000000000000000);
    if (min > max) {
        struct diag *r = diag_add(c->d, DIAG_RANGE_EMPTY, f->max->span, "this range is empty");
        diag_label(c->d, r, f->min->span, "it begins above its end");
    } else if (min < least || max > largest) {
        struct diag *r =
            diag_add(c->d, DIAG_RANGE_LIMIT, min < least ? f->min->span : f->max->span, "no cell can hold this");
        if (type->kind == TYPE_DATE)
            diag_note(c->d, r, "cells hold days from 1900-01-01 to 2199-12-31");
        else if (min < 0)
            diag_note(c->d, r, "cells of a ledger have no sign");
    } else {
        out->min = min;
        out->max = max;
    }
}

static void declared_default(struct checker *c, const struct ast_field *f, struct declared *out) {
    const struct type *type = out->type;
    if (!f->fallback)
        return;
    if (type->kind == TYPE_TEXT) {
        diag_add(c->d, DIAG_RANGE_DEFAULT, f->fallback->span, "text has no default");
        return;
    }
    if (!check_known_type(type) || !check_constant(c, f->fallback, type, tr("a default"), &out->fallback)) {
        out->has_default = true; /* do not ask for one */
        return;
    }
    out->has_default = true;
    if (out->fallback >= out->min && out->fallback <= out->max)
        return;
    struct text lo = check_show_stored(c->a, out->min, type), hi = check_show_stored(c->a, out->max, type);
    struct diag *r = diag_add(c->d, DIAG_RANGE_DEFAULT, f->fallback->span, "the default lies outside the range");
    diag_note(c->d, r, "the range goes from %.*s to %.*s", TEXT_ARG(lo), TEXT_ARG(hi));
}

static struct declared declared_of(struct checker *c, const struct ast_field *f) {
    struct declared d = {0};
    d.type = declared_type(c, f, &d);
    declared_range(c, f, &d);
    declared_default(c, f, &d);
    return d;
}

static void column_names(struct checker *c, const struct ast_field_name *n, struct text *column, struct text **alias,
                         uint32_t *count) {
    *column = n->columns ? n->columns->text : n->name.text;
    for (const struct ast_string *s = n->columns ? n->columns->next : NULL; s; s = s->next)
        ++*count;
    if (!n->columns || !*count)
        return;
    *alias = arena_array_of(c->a, struct text, *count);
    uint32_t i = 0;
    for (const struct ast_string *s = n->columns->next; s; s = s->next)
        (*alias)[i++] = s->text;
}

/* ---- claim and applicant ---- */

static void check_columns(struct checker *c, struct model_field *fields, uint32_t count) {
    struct text_map *seen = text_map_new(c->a);
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k <= fields[i].alias_count; k++) {
            struct text column = k ? fields[i].alias[k - 1] : fields[i].column;
            void **slot = text_map_slot(seen, column);
            const struct model_field *other = *slot;
            *slot = &fields[i];
            if (!other || text_equal(other->name, fields[i].name))
                continue; /* a name declared twice was reported */
            struct span span = fields[i].span.hi ? fields[i].span : other->span;
            struct diag *r =
                diag_add(c->d, DIAG_COLUMN_TWICE, span, "two fields are read from the column `%.*s`", TEXT_ARG(column));
            if (other->span.hi && fields[i].span.hi)
                diag_label(c->d, r, other->span, "the other is here");
            else
                diag_note(c->d, r, "every ledger has a column of this name");
        }
    }
}

/* A declaration without a type: it renames a builtin column. */
static void rename_builtin(struct checker *c, bool of_profile, const struct ast_field *f) {
    for (const struct ast_field_name *n = f->names; n; n = n->next) {
        const struct builtin *b = find_builtin(of_profile, n->name.text);
        if (!b) {
            struct diag *r =
                diag_add(c->d, DIAG_TYPE_UNKNOWN, n->name.span, "field `%.*s` has no type", TEXT_ARG(n->name.text));
            diag_help(c->d, r, "add one: `%.*s: money`", TEXT_ARG(n->name.text));
            continue;
        }
        struct model_field *field = &(of_profile ? c->m->profile : c->m->claim)[b->index];
        if (field->span.hi) {
            report_twice(c, n->name.span, n->name.text, field->span, tr("the column"));
            continue;
        }
        field->span = n->name.span;
        field->label = n->label ? n->label->text : (struct text){0};
        if (n->columns)
            column_names(c, n, &field->column, &field->alias, &field->alias_count);
        struct ast_expr *extra = f->min ? f->min : f->fallback;
        if (extra)
            diag_add(c->d, DIAG_NAME_RESERVED, extra->span, "the range of a builtin column is fixed");
    }
}

static void declare_field(struct checker *c, bool of_profile, const struct ast_field *f) {
    struct model_field *fields = of_profile ? c->m->profile : c->m->claim;
    uint32_t *count = of_profile ? &c->m->profile_count : &c->m->claim_count;
    if (!f->values && !f->type.text.size) {
        rename_builtin(c, of_profile, f);
        return;
    }
    struct declared d = declared_of(c, f);
    for (const struct ast_field_name *n = f->names; n; n = n->next) {
        if (find_builtin(of_profile, n->name.text)) {
            struct diag *r = diag_add(c->d, DIAG_NAME_RESERVED, n->name.span,
                                      "every ledger has the field `%.*s` already", TEXT_ARG(n->name.text));
            diag_help(c->d, r, "leave out the type to give its column another name: `%.*s as \"…\"`",
                      TEXT_ARG(n->name.text));
            continue;
        }
        struct model_field *field = &fields[*count];
        *field = (struct model_field){.name = n->name.text,
                                      .type = d.type,
                                      .enumeration = d.enumeration,
                                      .min = d.min,
                                      .max = d.max,
                                      .fallback = d.fallback,
                                      .has_default = d.has_default,
                                      .of_profile = of_profile,
                                      .index = (*count)++,
                                      .span = n->name.span};
        field->label = n->label ? n->label->text : (struct text){0};
        column_names(c, n, &field->column, &field->alias, &field->alias_count);
        add_name(c, of_profile ? SCOPE_PROFILE : SCOPE_CLAIM, &n->name, field_decl(c, field), tr("the field"));
    }
}

static uint32_t count_names(const struct ast_field *fields) {
    uint32_t count = 0;
    for (const struct ast_field *f = fields; f; f = f->next) {
        for (const struct ast_field_name *n = f->names; n; n = n->next)
            count++;
    }
    return count;
}

static void note_kinds(struct checker *c) {
    for (uint32_t i = 0; i < c->m->profile_count; i++) {
        struct model_field *f = &c->m->profile[i];
        for (uint32_t k = 0; f->enumeration && k < f->enumeration->count; k++) {
            void **slot = text_map_slot(c->kinds, f->enumeration->value[k].name);
            struct check_kind *kind = arena_new_of(c->a, struct check_kind);
            *kind = (struct check_kind){f, *slot};
            *slot = kind;
        }
    }
}

/* ---- parameters ---- */

static void declare_param(struct checker *c, const struct ast_field *f) {
    struct declared d = declared_of(c, f);
    for (const struct ast_field_name *n = f->names; n; n = n->next) {
        struct model_param *p = &c->m->params[c->m->param_count];
        struct text *alias;
        uint32_t aliases = 0;
        *p = (struct model_param){.name = n->name.text,
                                  .type = d.type,
                                  .enumeration = d.enumeration,
                                  .min = d.min,
                                  .max = d.max,
                                  .fallback = d.fallback,
                                  .pending = f->pending,
                                  .index = c->m->param_count++,
                                  .span = n->name.span};
        p->label = n->label ? n->label->text : (struct text){0};
        column_names(c, n, &p->column, &alias, &aliases);
        struct decl *decl = arena_new_of(c->a, struct decl);
        *decl = (struct decl){DECL_PARAM, {.param = p}};
        add_name(c, SCOPE_OTHER, &n->name, decl, tr("the name"));
        if (d.type->kind == TYPE_TEXT) {
            diag_add(c->d, DIAG_TYPE_UNKNOWN, f->type.span, "a parameter cannot be text");
        } else if (!d.has_default && check_known_type(d.type)) {
            struct diag *r = diag_add(c->d, DIAG_PARAM_DEFAULT, n->name.span, "parameter `%.*s` has no default",
                                      TEXT_ARG(n->name.text));
            diag_help(c->d, r, "add `default …`; with `pending` it counts as still open");
        } else if (f->pending && check_known_type(d.type)) {
            struct text t = check_show_stored(c->a, d.fallback, d.type);
            struct diag *r = diag_add(c->d, DIAG_PARAM_PENDING, n->name.span, "`%.*s` is still open in the draft",
                                      TEXT_ARG(n->name.text));
            diag_note(c->d, r, "until it is settled it is taken as %.*s", TEXT_ARG(t));
        }
    }
}

void check_declare_schema(struct checker *c) {
    struct model *m = c->m;
    m->claim = arena_array_of(c->a, struct model_field, POL_CLAIM_BUILTINS + (size_t)count_names(c->ast->claim));
    m->profile =
        arena_array_of(c->a, struct model_field, POL_PROFILE_BUILTINS + (size_t)count_names(c->ast->applicant));
    m->params = arena_array_of(c->a, struct model_param, count_names(c->ast->params));
    m->claim_count = POL_CLAIM_BUILTINS;
    m->profile_count = POL_PROFILE_BUILTINS;
    add_builtins(c, false);
    add_builtins(c, true);
    for (const struct ast_field *f = c->ast->applicant; f; f = f->next)
        declare_field(c, true, f);
    for (const struct ast_field *f = c->ast->claim; f; f = f->next)
        declare_field(c, false, f);
    for (const struct ast_field *f = c->ast->params; f; f = f->next)
        declare_param(c, f);
    check_columns(c, m->profile, m->profile_count);
    check_columns(c, m->claim, m->claim_count);
    note_kinds(c);
    m->enums = c->enums;
    c->policy_needs = arena_array_of(c->a, bool, m->claim_count);
}

/* ---- definitions, items, clauses ---- */

static void declare_define(struct checker *c, struct ast_stmt *stmt) {
    struct check_define *d = arena_new_of(c->a, struct check_define);
    d->model = (struct model_define){.name = stmt->name.text, .expr = stmt->expr, .span = stmt->name.span};
    d->decl = (struct decl){DECL_DEFINE, {.define = &d->model}};
    d->stmt = stmt;
    if (c->last_define)
        c->last_define->next = d;
    else
        c->defines = d;
    c->last_define = d;
    add_name(c, SCOPE_OTHER, &stmt->name, &d->decl, tr("the name"));
}

static struct text first_quote(const struct ast_stmt *body) {
    for (const struct ast_stmt *s = body; s; s = s->next) {
        if (s->kind == AST_QUOTE && s->strings)
            return s->strings->text;
    }
    return (struct text){0};
}

/* `quote` is the first of the clause. */
static void declare_item(struct checker *c, struct ast_stmt *stmt, struct model_clause *clause, struct text quote) {
    struct check_item *item = arena_new_of(c->a, struct check_item);
    struct model_item *m = &item->model;
    m->name = stmt->name.text;
    m->column = stmt->columns ? stmt->columns->text : m->name;
    m->label = stmt->label ? stmt->label->text : (struct text){0};
    m->clause = clause;
    m->stmt = stmt;
    m->index = c->m->item_count;
    m->span = stmt->name.span;
    m->quote = first_quote(stmt->body);
    if (!m->quote.size)
        m->quote = quote;
    item->require_tail = &m->
                              requires;
    item->use_tail = &m->uses;
    item->less_tail = &m->less;
    void **slot = text_map_slot(c->items, m->name);
    if (*slot) {
        report_twice(c, m->span, m->name, ((struct check_item *)*slot)->model.span, tr("the item"));
    } else {
        *slot = item;
    }
    if (!clause) {
        struct diag *r =
            diag_add(c->d, DIAG_ITEM_OUTSIDE, m->span, "the item `%.*s` stands outside a clause", TEXT_ARG(m->name));
        diag_help(c->d, r, "put it into the `clause` that carries it in the source");
    }
    *c->item_tail = m;
    c->item_tail = &m->next;
    c->m->item_count++;
}

static void declare_statements(struct checker *c, struct ast_stmt *body, struct model_clause *clause) {
    struct text quote = clause ? first_quote(body) : (struct text){0};
    for (struct ast_stmt *s = body; s; s = s->next) {
        if (s->kind == AST_DEFINE)
            declare_define(c, s);
        if (s->kind == AST_ITEM)
            declare_item(c, s, clause, quote);
        if (s->kind == AST_LIMIT && !c->limit)
            c->limit = s;
    }
}

static void declare_clause(struct checker *c, struct ast_clause *ast) {
    struct check_clause *own = arena_new_of(c->a, struct check_clause);
    struct model_clause *clause = &own->model;
    own->quotes = &clause->quotes;
    own->readings = &clause->readings;
    own->lead = &clause->lead;
    own->responsible = &clause->responsible;
    own->refers = &clause->refers;
    clause->ast = ast;
    clause->number = ast->number.text;
    clause->title = ast->title ? ast->title->text : (struct text){0};
    clause->index = c->m->clause_count++;
    *c->clause_tail = clause;
    c->clause_tail = &clause->next;
    if (clause->number.size) {
        void **slot = text_map_slot(c->clauses, clause->number);
        const struct ast_string *first = *slot;
        if (first)
            report_twice(c, ast->number.span, clause->number, first->span, tr("clause"));
        else
            *slot = &ast->number;
    }
    declare_statements(c, ast->body, clause);
}

static void check_item_columns(struct checker *c) {
    struct text_map *seen = text_map_new(c->a);
    for (uint32_t i = 0; i < c->m->item_count; i++) {
        const struct model_item *item = &c->item[i]->model;
        if (item->stmt->columns && item->stmt->columns->next) {
            diag_add(c->d, DIAG_COLUMN_TWICE, item->stmt->columns->next->span,
                     "an item is written in one way in ledgers, not several");
        }
        void **slot = text_map_slot(seen, item->column);
        const struct model_item *other = *slot;
        *slot = (void *)item;
        if (!other || text_equal(other->name, item->name))
            continue; /* the same name was reported */
        struct diag *r = diag_add(c->d, DIAG_COLUMN_TWICE, item->span, "two items are written `%.*s` in ledgers",
                                  TEXT_ARG(item->column));
        diag_label(c->d, r, other->span, "the other is here");
    }
}

static void list_items(struct checker *c) {
    uint32_t i = 0;
    c->item = arena_array_of(c->a, struct check_item *, c->m->item_count + 1);
    for (struct model_item *item = c->m->items; item; item = item->next)
        c->item[i++] = (struct check_item *)item;
    if (i > CHECK_ITEMS) {
        diag_add(c->d, DIAG_LIMIT_EXCEEDED, c->item[CHECK_ITEMS]->model.span, "a policy has at most %d items",
                 CHECK_ITEMS);
    }
}

void check_declare_rules(struct checker *c) {
    declare_statements(c, c->ast->statements, NULL);
    for (struct ast_clause *clause = c->ast->clauses; clause; clause = clause->next)
        declare_clause(c, clause);
    list_items(c);
    check_item_columns(c);
    struct span first = c->m->item_count ? c->item[0]->model.span : (struct span){0, 0};
    for (uint32_t i = 0; i < c->m->item_count; i++) {
        if (check_overworked(c, c->m->claim_count, first))
            break;
    }
    if (!c->overworked) {
        for (uint32_t i = 0; i < c->m->item_count; i++) {
            c->item[i]->model.needs = arena_array_of(c->a, bool, c->m->claim_count);
        }
    }
    for (struct check_define *d = c->defines; d; d = d->next)
        check_define(c, d);
}
