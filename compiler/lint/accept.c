/* Findings that the policy accepts, with its reasons. */
#include "lint/lint.h"

struct accept { /* one code of an `accept` */
    enum diag_code code;
    const struct ast_stmt *stmt;
    const struct ast_name *name;
    struct span block; /* the item or clause it stands in; {0, 0}: outside of all clauses */
    bool met;
    struct accept *next;
};

struct accepting {
    struct diags *d;
    struct accept *first;
};

static void report_code(struct accepting *a, const struct ast_name *name, bool known) {
    struct diag *r =
        known ? diag_add(a->d, DIAG_ACCEPT_CODE, name->span, "%.*s is an error and cannot be accepted",
                         TEXT_ARG(name->text))
              : diag_add(a->d, DIAG_ACCEPT_CODE, name->span, "there is no finding %.*s", TEXT_ARG(name->text));
    diag_note(a->d, r, "what can be accepted are warnings: the W and four digits in front of their words");
}

static void add(struct accepting *a, const struct ast_stmt *s, struct span block) {
    if (!s->strings->text.size) {
        struct diag *r = diag_add(a->d, DIAG_ACCEPT_CODE, s->strings->span, "an acceptance needs a reason");
        diag_help(a->d, r, "say in a few words why it is meant so");
    }
    for (const struct ast_name *n = s->names; n; n = n->next) {
        enum diag_code code;
        bool known = diag_code_find(n->text, &code);
        if (!known || !diag_code_is_warning(code)) {
            report_code(a, n, known);
            continue;
        }
        struct accept *accept = arena_new_of(a->d->arena, struct accept);
        *accept = (struct accept){.code = code, .stmt = s, .name = n, .block = block, .next = a->first};
        a->first = accept;
    }
}

static void gather(struct accepting *a, const struct ast_stmt *body, struct span block) {
    for (const struct ast_stmt *s = body; s; s = s->next) {
        if (s->kind == AST_ACCEPT)
            add(a, s, block);
        if (s->kind == AST_ITEM)
            gather(a, s->body, s->span);
    }
}

static bool in_clause(const struct ast_policy *policy, struct span span) {
    for (const struct ast_clause *c = policy->clauses; c; c = c->next)
        if (span.lo >= c->span.lo && span.lo < c->span.hi)
            return true;
    return false;
}

static bool covers(const struct accept *a, const struct diag *r, bool in_any) {
    if (a->code != r->code)
        return false;
    return a->block.hi ? r->span.lo >= a->block.lo && r->span.lo < a->block.hi : !in_any;
}

/* The statement with its line, where nothing else stands there; one of several codes with a comma. */
static struct span to_remove(const struct sources *sources, const struct accept *x) {
    struct span span = x->stmt->span;
    const struct ast_name *first = x->stmt->names;
    if (first->next) {
        const struct ast_name *last = NULL;
        for (const struct ast_name *n = first; n != x->name; n = n->next)
            last = n;
        return last ? (struct span){last->span.hi, x->name->span.hi}
                    : (struct span){first->span.lo, first->next->span.lo};
    }
    const struct source *file = sources_find(sources, span.lo);
    if (!file)
        return span;
    size_t lo = span.lo - file->base, hi = span.hi - file->base, size = file->bytes.size;
    while (lo > 0 && (file->bytes.data[lo - 1] == ' ' || file->bytes.data[lo - 1] == '\t'))
        lo--;
    while (hi < size && (file->bytes.data[hi] == ' ' || file->bytes.data[hi] == '\t' || file->bytes.data[hi] == '\r'))
        hi++;
    bool alone = (lo == 0 || file->bytes.data[lo - 1] == '\n') && hi < size && file->bytes.data[hi] == '\n';
    return alone ? (struct span){file->base + (uint32_t)lo, file->base + (uint32_t)hi + 1} : span;
}

void lint_accept(const struct ast_policy *policy, const struct sources *sources, struct diags *diags, bool complete) {
    struct accepting a = {.d = diags};
    gather(&a, policy->statements, (struct span){0, 0});
    for (const struct ast_clause *c = policy->clauses; c; c = c->next)
        gather(&a, c->body, c->span);
    for (struct diag *r = a.first ? diags->first : NULL; r; r = r->next) {
        bool in_any = in_clause(policy, r->span);
        for (struct accept *x = a.first; x; x = x->next) {
            if (!covers(x, r, in_any))
                continue;
            x->met = true;
            r->accepted = x->stmt->strings->text.size ? x->stmt->strings->text : TEXT("-");
        }
    }
    for (const struct accept *x = a.first; complete && x; x = x->next) {
        if (x->met)
            continue;
        struct diag *r = diag_add(diags, DIAG_ACCEPT_IDLE, x->name->span, "there is no %.*s here to accept",
                                  TEXT_ARG(x->name->text));
        diag_help(diags, r, "take it out");
        diag_fix(diags, r, to_remove(sources, x), TEXT(""));
    }
}
