/* Statements in order of the source, and what belongs where. */
#include "check/check_int.h"
#include "tr.h"

/* ---- what clauses gather ---- */

static void gather(struct checker *c, struct ast_string ***tail, const struct ast_string *strings) {
    for (const struct ast_string *s = strings; s; s = s->next) {
        struct ast_string *copy = arena_new_of(c->a, struct ast_string);
        *copy = *s;
        copy->next = NULL;
        **tail = copy;
        *tail = &copy->next;
    }
}

static void misplaced(struct checker *c, const struct ast_stmt *stmt, const char *what, const char *where) {
    diag_add(c->d, DIAG_MISPLACED, stmt->span, "%s belongs into %s", what, where);
}

static void check_words(struct checker *c, struct ast_stmt *s, struct origin at) {
    struct check_clause *clause = (struct check_clause *)at.clause;
    if (!clause) {
        misplaced(c, s, s->kind == AST_QUOTE ? tr("a quote") : tr("this"), tr("a clause"));
        return;
    }
    if (s->kind == AST_QUOTE)
        gather(c, &clause->quotes, s->strings);
    if (s->kind == AST_READING)
        gather(c, &clause->readings, s->strings);
    if (s->kind == AST_LEAD)
        gather(c, &clause->lead, s->strings);
    if (s->kind == AST_RESPONSIBLE)
        gather(c, &clause->responsible, s->strings);
    if (s->kind == AST_REFERS)
        gather(c, &clause->refers, s->strings);
    if (s->kind == AST_DECLARATORY)
        clause->model.declaratory = true;
}

/* ---- dispatch ---- */

static void add_example(struct checker *c, struct ast_stmt *s, struct origin at) {
    struct model_example *e = arena_new_of(c->a, struct model_example);
    e->ast = s->example;
    e->clause = at.clause;
    e->item = at.item ? &at.item->model : NULL;
    *c->example_tail = e;
    c->example_tail = &e->next;
    c->m->example_count++;
}

static void check_statement(struct checker *c, struct ast_stmt *s, struct origin at);

static void check_item(struct checker *c, struct check_item *item) {
    struct origin at = {item->model.clause, item};
    check_item_kinds(c, item);
    for (struct ast_stmt *s = item->model.stmt->body; s; s = s->next)
        check_statement(c, s, at);
}

static void whole_policy(struct checker *c, struct ast_stmt *s, struct origin at) {
    if (at.item) {
        misplaced(c, s, tr("this"), tr("the clause or the policy, not into an item"));
        return;
    }
    if (s->kind == AST_EXCLUDE)
        check_exclude(c, s, at);
    if (s->kind == AST_LIMIT)
        check_limit(c, s, at);
    if (s->kind == AST_TARGET)
        check_target(c, s, at);
}

/* Over 50 lines, because every kind of statement has its line here. */
static void check_statement(struct checker *c, struct ast_stmt *s, struct origin at) {
    if (c->overworked)
        return;
    switch (s->kind) {
    case AST_QUOTE:
    case AST_READING:
    case AST_LEAD:
    case AST_RESPONSIBLE:
    case AST_DECLARATORY:
    case AST_REFERS:
        check_words(c, s, at);
        return;
    case AST_ACCEPT: /* looked at when all findings are known: lint/lint.h */
        return;
    case AST_DEFINE: /* declared before, except in items */
        if (at.item)
            misplaced(c, s, tr("a definition"), tr("the clause or the policy, not into an item"));
        return;
    case AST_ITEM: /* walked by the caller, who knows its check_item */
        if (at.item)
            misplaced(c, s, tr("an item"), tr("a clause, not into another item"));
        return;
    case AST_REQUIRE:
        check_require(c, s, at);
        return;
    case AST_ONCE:
    case AST_LADDER:
        check_once(c, s, at);
        return;
    case AST_LESS:
        check_less(c, s, at);
        return;
    case AST_CAP:
        check_cap(c, s, at);
        return;
    case AST_NEEDS:
        if (at.item)
            check_needs(c, s, at);
        else
            misplaced(c, s, tr("`needs`"), tr("an item"));
        return;
    case AST_AWARD:
        if (at.item)
            check_award(c, s, at);
        else
            misplaced(c, s, tr("an award"), tr("an item"));
        return;
    case AST_EXCLUDE:
    case AST_LIMIT:
    case AST_TARGET:
        whole_policy(c, s, at);
        return;
    case AST_EXAMPLE:
        add_example(c, s, at);
        return;
    }
}

/* ---- clauses ---- */

static bool decides(enum ast_stmt_kind kind) {
    switch (kind) {
    case AST_ITEM:
    case AST_NEEDS:
    case AST_REQUIRE:
    case AST_AWARD:
    case AST_ONCE:
    case AST_LADDER:
    case AST_LESS:
    case AST_CAP:
    case AST_LIMIT:
    case AST_EXCLUDE:
    case AST_TARGET:
        return true;
    case AST_QUOTE:
    case AST_LEAD:
    case AST_RESPONSIBLE:
    case AST_READING:
    case AST_ACCEPT:
    case AST_DECLARATORY:
    case AST_REFERS:
    case AST_DEFINE:
    case AST_EXAMPLE:
        return false;
    }
    return false;
}

/* A clause says what it decides, or that it decides nothing. */
static void check_clause_end(struct checker *c, const struct model_clause *clause) {
    const struct ast_stmt *deciding = NULL, *declaratory = NULL;
    bool defines = false;
    for (const struct ast_stmt *s = clause->ast->body; s; s = s->next) {
        if (!deciding && decides(s->kind))
            deciding = s;
        if (!declaratory && s->kind == AST_DECLARATORY)
            declaratory = s;
        defines |= s->kind == AST_DEFINE;
    }
    struct span span = clause->ast->number.span.hi ? clause->ast->number.span : clause->ast->span;
    if (declaratory && deciding) {
        struct diag *r = diag_add(c->d, DIAG_DECLARATORY, declaratory->span, "a declaratory clause decides nothing");
        diag_label(c->d, r, deciding->kind == AST_ITEM ? deciding->name.span : deciding->span, "but this does");
    } else if (!deciding && !declaratory && !defines && !clause->refers && !c->incomplete) {
        struct diag *r = diag_add(c->d, DIAG_CLAUSE_EMPTY, span, "this clause decides nothing");
        diag_help(c->d, r, "if it is meant to, say so: `declaratory`");
    }
}

/* The items of a clause in the order in which declare_rules met them. */
static void check_clause(struct checker *c, struct model_clause *clause, uint32_t *next_item) {
    for (struct ast_stmt *s = clause->ast->body; s; s = s->next) {
        if (s->kind == AST_ITEM && *next_item < c->m->item_count) {
            struct check_item *item = c->item[(*next_item)++];
            if (!c->overworked)
                check_item(c, item);
        } else {
            check_statement(c, s, (struct origin){clause, NULL});
        }
    }
    check_clause_end(c, clause);
}

static void finish_needs(struct checker *c) {
    for (uint32_t i = 0; i < c->m->item_count && !c->overworked; i++) {
        bool *needs = c->item[i]->model.needs;
        for (uint32_t k = 0; k < c->m->claim_count; k++)
            needs[k] = needs[k] || c->policy_needs[k];
        needs[POL_CLAIM_APPLICANT] = needs[POL_CLAIM_DATE] = true;
        needs[POL_CLAIM_ID] = needs[POL_CLAIM_ITEM] = needs[POL_CLAIM_PAID] = false;
    }
}

/* Statements outside clauses and clauses are two lists in order of the source: taken together by place. */
void check_statements(struct checker *c) {
    struct ast_stmt *s = c->ast->statements;
    struct model_clause *clause = c->m->clauses;
    uint32_t outside = 0, inside = 0;
    for (const struct ast_stmt *x = s; x; x = x->next)
        inside += x->kind == AST_ITEM;
    while (s || clause) {
        if (clause && (!s || clause->ast->span.lo <= s->span.lo)) {
            check_clause(c, clause, &inside);
            clause = clause->next;
            continue;
        }
        if (s->kind == AST_ITEM && !c->overworked)
            check_item(c, c->item[outside++]);
        else
            check_statement(c, s, (struct origin){0});
        s = s->next;
    }
    finish_needs(c);
    if (!c->overworked)
        check_awards(c);
}
