/* Clauses: their words, departments and items. */
#include "diff/diff_int.h"

static struct text quoted_or_none(const struct comparison *c, struct text t) {
    return t.size ? diff_quoted(c, t) : t;
}

/* ---- lists of strings ---------------------------------------------------------------------------------------------
 */

struct strings {
    struct text *text;
    bool *taken;
    size_t count;
};

static struct strings strings_of(const struct comparison *c, const struct ast_string *list) {
    struct strings s = {0};
    for (const struct ast_string *t = list; t; t = t->next)
        s.count++;
    s.text = arena_array_of(c->arena, struct text, s.count + 1);
    s.taken = arena_array_of(c->arena, bool, s.count + 1);
    size_t n = 0;
    for (const struct ast_string *t = list; t; t = t->next)
        s.text[n++] = t->text;
    return s;
}

static void take_equal(struct comparison *c, struct strings *a, struct strings *b) {
    struct text_map *map = text_map_new(c->arena); /* text -> the last of b that says it */
    for (size_t k = 0; k < b->count; k++)
        *text_map_slot(map, b->text[k]) = &b->text[k];
    for (size_t i = 0; i < a->count; i++) {
        const struct text *same = text_map_get(map, a->text[i]);
        a->taken[i] = same != NULL; /* said twice is said */
        if (same)
            b->taken[same - b->text] = true;
    }
    for (size_t k = 0; k < b->count; k++) {
        const struct text *same = text_map_get(map, b->text[k]);
        b->taken[k] = b->taken[same - b->text];
    }
}

static size_t next_left(const struct strings *s, size_t from) {
    while (from < s->count && s->taken[from])
        from++;
    return from;
}

static size_t left(const struct strings *s) {
    size_t n = 0;
    for (size_t i = 0; i < s->count; i++)
        n += !s->taken[i];
    return n;
}

/* What stands in both is no difference, wherever; as many gone as come are taken to be changed. */
static void compare_strings(struct comparison *c, const char *what, struct text subject,
                            const struct ast_string *before, const struct ast_string *after) {
    struct strings a = strings_of(c, before), b = strings_of(c, after);
    take_equal(c, &a, &b);
    bool changed = left(&a) == left(&b);
    size_t i = next_left(&a, 0), k = next_left(&b, 0);
    for (; changed && i < a.count; i = next_left(&a, i + 1), k = next_left(&b, k + 1))
        diff_texts(c, what, false, subject, diff_quoted(c, a.text[i]), diff_quoted(c, b.text[k]));
    for (; !changed && i < a.count; i = next_left(&a, i + 1))
        diff_texts(c, what, false, subject, diff_quoted(c, a.text[i]), (struct text){0});
    for (; !changed && k < b.count; k = next_left(&b, k + 1))
        diff_texts(c, what, false, subject, (struct text){0}, diff_quoted(c, b.text[k]));
}

/* ---- clauses ------------------------------------------------------------------------------------------------------
 */

static void compare_words(struct comparison *c, const struct model_clause *a, const struct model_clause *b) {
    diff_texts(c, "clause.title", false, text_of(diff_say(c, "title", "标题")), quoted_or_none(c, a->title),
               quoted_or_none(c, b->title));
    if (a->declaratory != b->declaratory)
        diff_add(c, "declaratory", b->declaratory ? DIFF_ADDED : DIFF_REMOVED, false,
                 text_of(diff_say(c, "declaratory: the clause decides nothing", "宣示：条款不决定金额")),
                 (struct text){0}, (struct text){0});
    compare_strings(c, "quote", text_of(diff_say(c, "quote", "原文")), a->quotes, b->quotes);
    compare_strings(c, "lead", text_of(diff_say(c, "lead department", "牵头部门")), a->lead, b->lead);
    compare_strings(c, "responsible", text_of(diff_say(c, "responsible department", "责任部门")), a->responsible,
                    b->responsible);
    compare_strings(c, "refers", text_of(diff_say(c, "reference", "参照")), a->refers, b->refers);
    compare_strings(c, "reading", text_of(diff_say(c, "reading", "释义")), a->readings, b->readings);
}

static void whole_clause(struct comparison *c, const struct model_clause *k, enum diff_change change) {
    struct text title = quoted_or_none(c, k->title), nothing = {0};
    bool added = change == DIFF_ADDED;
    diff_add(c, "clause", change, false, text_of(diff_say(c, "clause", "条款")), added ? nothing : title,
             added ? title : nothing);
    if (added) {
        struct model_clause empty = {.title = k->title};
        compare_words(c, &empty, k);
    }
}

static void compare_clauses(struct comparison *c) {
    for (const struct model_clause *k = c->after.model->clauses; k; k = k->next) {
        const struct model_clause *old = diff_partner_clause(&c->after, &c->before, k);
        diff_at(c, &c->after, k, NULL);
        if (!old) {
            whole_clause(c, k, DIFF_ADDED);
            continue;
        }
        diff_texts(c, "clause.number", false, text_of(diff_say(c, "number", "编号")), old->number, k->number);
        compare_words(c, old, k);
    }
    for (const struct model_clause *k = c->before.model->clauses; k; k = k->next) {
        diff_at(c, &c->before, k, NULL);
        if (c->side == &c->before)
            whole_clause(c, k, DIFF_REMOVED);
    }
}

/* ---- items --------------------------------------------------------------------------------------------------------
 */

static struct text item_words(const struct comparison *c, const struct model_item *i) {
    struct text_buffer out = {.arena = c->arena};
    if (i->kinds.field) {
        struct text kinds = diff_kinds(c, &i->kinds);
        text_addf(&out, diff_say(c, "for %.*s, ", "适用 %.*s，"), TEXT_ARG(kinds));
    }
    text_add(&out, text_of(diff_say(c, "award ", "奖励 ")));
    text_add(&out, diff_expr(c, i->award));
    return text_of_buffer(&out);
}

static bool explicitly_needed(const struct model_item *i, struct text name) {
    for (const struct ast_stmt *s = i->stmt->body; s; s = s->next)
        for (const struct ast_name *n = s->kind == AST_NEEDS ? s->names : NULL; n; n = n->next)
            if (text_equal(n->text, name))
                return true;
    return false;
}

/* `needs f` where nothing else reads f; what rules read is told with the rules. */
static void compare_needs(struct comparison *c, const struct model_item *old, const struct model_item *now) {
    struct text subject = text_of(diff_say(c, "needs", "需要"));
    const struct model *a = c->before.model, *b = c->after.model;
    for (uint32_t f = 0; f < b->claim_count; f++) {
        const struct model_field *was = diff_partner_field(&c->after, &c->before, &b->claim[f]);
        if (now->needs[f] && !(was && old->needs[was->index]) && explicitly_needed(now, b->claim[f].name))
            diff_add(c, "needs", DIFF_ADDED, true, subject, (struct text){0}, diff_field_name(c, &b->claim[f]));
    }
    for (uint32_t f = 0; f < a->claim_count; f++) {
        const struct model_field *is = diff_partner_field(&c->before, &c->after, &a->claim[f]);
        if (old->needs[f] && !(is && now->needs[is->index]) && explicitly_needed(old, a->claim[f].name))
            diff_add(c, "needs", DIFF_REMOVED, true, subject, diff_field_name(c, &a->claim[f]), (struct text){0});
    }
}

static bool has_except(const struct model_item *i) {
    return i->stmt->kinds && i->stmt->kinds->except;
}

static struct text item_subject(const struct comparison *c, const struct model_item *i) {
    struct text name = diff_item_name(c, i);
    return text_format(c->arena, "%s %.*s", diff_say(c, "item", "事项"), TEXT_ARG(name));
}

static struct text part(const struct comparison *c, struct text subject, const char *english, const char *chinese) {
    return diff_part(c, subject, text_of(diff_say(c, english, chinese)));
}

static void compare_item_names(struct comparison *c, const struct model_item *a, const struct model_item *b) {
    struct text item = item_subject(c, b);
    bool renamed = diff_renamed((struct diff_named){a->name, a->column, a->label},
                                (struct diff_named){b->name, b->column, b->label});
    diff_at(c, &c->after, b->clause, NULL);
    if (!text_equal(a->column, b->column))
        diff_add(c, "item.column", renamed ? DIFF_RENAMED : DIFF_CHANGED, !renamed,
                 part(c, item, "name in ledgers", "台账名称"), a->column, b->column);
    diff_texts(c, "item.label", false, part(c, item, "label", "标签"), quoted_or_none(c, a->label),
               quoted_or_none(c, b->label));
    const struct model_clause *was = a->clause ? diff_partner_clause(&c->before, &c->after, a->clause) : NULL;
    if (was != b->clause)
        diff_texts(c, "item.place", false, part(c, item, "clause", "所在条款"),
                   a->clause ? diff_clause_mark(c, a->clause) : (struct text){0},
                   b->clause ? diff_clause_mark(c, b->clause) : (struct text){0});
}

static void compare_item(struct comparison *c, const struct model_item *a, const struct model_item *b) {
    compare_item_names(c, a, b);
    diff_at(c, &c->after, b->clause, b);
    struct form before = diff_form_kinds(&c->before, &a->kinds, has_except(a)),
                after = diff_form_kinds(&c->after, &b->kinds, has_except(b));
    if (!diff_form_equal(before, after))
        diff_add(c, "kinds", DIFF_CHANGED, true, text_of(diff_say(c, "applicants", "适用对象")),
                 diff_kinds(c, &a->kinds), diff_kinds(c, &b->kinds));
    compare_needs(c, a, b);
    diff_two(c, "award", text_of(diff_say(c, "award", "奖励")), a->award, b->award);
}

static void compare_items(struct comparison *c) {
    for (const struct model_item *i = c->after.model->items; i; i = i->next) {
        const struct model_item *old = diff_partner_item(&c->after, &c->before, i);
        diff_at(c, &c->after, i->clause, old ? i : NULL);
        if (old)
            compare_item(c, old, i);
        else
            diff_add(c, "item", DIFF_ADDED, true, item_subject(c, i), (struct text){0}, item_words(c, i));
    }
    for (const struct model_item *i = c->before.model->items; i; i = i->next) {
        diff_at(c, &c->before, i->clause, NULL);
        if (!diff_partner_item(&c->before, &c->after, i))
            diff_add(c, "item", DIFF_REMOVED, true, item_subject(c, i), item_words(c, i), (struct text){0});
    }
}

void diff_clauses(struct comparison *c) {
    compare_clauses(c);
    compare_items(c);
}
