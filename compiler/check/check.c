/* check.c - the passes over a policy, in order. */
#include "check/check_int.h"

static struct text text_or_empty(const struct ast_string *s) {
    return s ? s->text : (struct text){0};
}

static void begin(struct checker *c, struct ast_policy *policy) {
    struct model *m = c->m;
    m->arena = c->a;
    m->types = type_table_new(c->a);
    m->ast = policy;
    m->name = policy->name.text;
    m->title = text_or_empty(policy->title);
    m->issuer = text_or_empty(policy->issuer);
    m->version = text_or_empty(policy->version);
    m->source = text_or_empty(policy->source);
    scope_init(&c->scope, c->a);
    struct text_map **maps[] = {&c->items, &c->rules, &c->clauses, &c->values, &c->kinds, &c->indicators};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        *maps[i] = text_map_new(c->a);
    c->clause_tail = &m->clauses;
    c->item_tail = &m->items;
    c->cell_tail = &m->cells;
    c->exclusion_tail = &m->exclusions;
    c->target_tail = &m->targets;
    c->example_tail = &m->examples;
}

static void check_whole(struct checker *c) {
    const struct ast_policy *p = c->ast;
    if (!c->m->item_count && !c->m->target_count && !c->d->error_count) {
        struct diag *r = diag_add(c->d, DIAG_POLICY_EMPTY, p->name.span, "the policy decides nothing");
        diag_note(c->d, r, "it has neither items nor targets");
    }
    if (c->m->item_count && !p->effective && !c->d->error_count) {
        struct diag *r =
            diag_add(c->d, DIAG_EFFECTIVE_OPEN, p->name.span, "the policy does not say when it is in force");
        diag_help(c->d, r, "add `effective from 2021-01-01` with the day it begins");
    }
}

struct model *check_policy(struct ast_policy *policy, struct sources *sources, struct diags *diags,
                           struct arena *arena) {
    struct checker c = {
        .m = arena_new_of(arena, struct model), .ast = policy, .sources = sources, .d = diags, .a = arena};
    c.incomplete = diags->error_count > 0;
    begin(&c, policy);
    check_declare_schema(&c);
    check_declare_rules(&c);
    check_effective(&c);
    if (!c.overworked) {
        check_statements(&c);
        check_growth(&c);
        check_examples(&c);
    }
    check_whole(&c);
    check_report_unused(&c);
    return c.m;
}
