/* Which thing of one version is which of the other: by column first, then by label, then where only one is left. */
#include <stdlib.h>

#include "diff/diff_int.h"

/* What tells things of one kind apart. */
enum { ROUNDS = 3 };
struct thing {
    struct text key[ROUNDS]; /* tried in turn; empty: not in this round. In the second and third `sign` agrees too */
    struct text sign;
    bool lonely; /* without a label: where it alone is left of its sign, it is the other one that is alone */
};

struct pairing {
    const struct thing *a, *b;
    uint32_t a_count, b_count;
    uint32_t *a_id, *b_id;
};

static bool free_id(uint32_t id) {
    return id >= DIFF_ONLY_BEFORE;
}

static void join(struct pairing *p, uint32_t i, uint32_t k) {
    p->a_id[i] = p->b_id[k] = i;
}

static bool only_one(const struct pairing *p, const struct text sign, bool before) {
    const struct thing *t = before ? p->a : p->b;
    const uint32_t *id = before ? p->a_id : p->b_id;
    uint32_t left = 0;
    for (uint32_t i = 0; i < (before ? p->a_count : p->b_count); i++)
        left += free_id(id[i]) && text_equal(t[i].sign, sign);
    return left == 1;
}

/* Keys are unique enough: the first that fits is taken. */
static void pair_things(struct arena *arena, struct pairing *p, uint32_t **a_id, uint32_t **b_id) {
    p->a_id = *a_id = arena_array_of(arena, uint32_t, p->a_count + 1u);
    p->b_id = *b_id = arena_array_of(arena, uint32_t, p->b_count + 1u);
    for (uint32_t i = 0; i < p->a_count; i++)
        p->a_id[i] = DIFF_ONLY_BEFORE + i;
    for (uint32_t k = 0; k < p->b_count; k++)
        p->b_id[k] = DIFF_ONLY_AFTER + k;
    for (int round = 0; round < ROUNDS; round++) {
        struct text_map *map = text_map_new(arena);
        for (uint32_t k = p->b_count; k-- > 0;)
            if (free_id(p->b_id[k]) && p->b[k].key[round].size)
                *text_map_slot(map, p->b[k].key[round]) = (void *)&p->b[k];
        for (uint32_t i = 0; i < p->a_count; i++) {
            const struct thing *b = free_id(p->a_id[i]) ? text_map_get(map, p->a[i].key[round]) : NULL;
            if (b && free_id(p->b_id[b - p->b]) && (round == 0 || text_equal(p->a[i].sign, b->sign)))
                join(p, i, (uint32_t)(b - p->b));
        }
    }
    for (uint32_t i = 0; i < p->a_count; i++) {
        const struct thing *a = &p->a[i];
        if (!free_id(p->a_id[i]) || !a->lonely || !only_one(p, a->sign, true))
            continue;
        for (uint32_t k = 0; k < p->b_count; k++)
            if (free_id(p->b_id[k]) && p->b[k].lonely && text_equal(a->sign, p->b[k].sign) &&
                only_one(p, a->sign, false)) {
                join(p, i, k);
                break;
            }
    }
}

/* Where each identity is. Identities are indices of the version before. */
static uint32_t *places(struct arena *arena, const uint32_t *id, uint32_t count, uint32_t identities) {
    uint32_t *at = arena_array_of(arena, uint32_t, identities + 1u);
    for (uint32_t i = 0; i < count; i++)
        if (!free_id(id[i]))
            at[id[i]] = i;
    return at;
}

/* ---- schema -------------------------------------------------------------------------------------------------------
 */

static struct thing *field_things(const struct side *s, const struct model_field *f, uint32_t count) {
    struct thing *t = arena_array_of(s->arena, struct thing, count + 1u);
    for (uint32_t i = 0; i < count; i++) {
        struct text sign = text_format(s->arena, "%d %lld %lld %d %lld", (int)f[i].type->kind, (long long)f[i].min,
                                       (long long)f[i].max, f[i].has_default, (long long)f[i].fallback);
        t[i] = (struct thing){{f[i].column, f[i].label}, sign, !f[i].label.size};
        if (f[i].builtin) /* the same, whatever its column */
            t[i].key[0] = text_format(s->arena, "\n%u", f[i].index);
    }
    return t;
}

static void pair_fields(struct comparison *c, bool of_profile) {
    const struct model *a = c->before.model, *b = c->after.model;
    struct pairing p = {.a_count = of_profile ? a->profile_count : a->claim_count,
                        .b_count = of_profile ? b->profile_count : b->claim_count};
    p.a = field_things(&c->before, of_profile ? a->profile : a->claim, p.a_count);
    p.b = field_things(&c->after, of_profile ? b->profile : b->claim, p.b_count);
    pair_things(c->arena, &p, of_profile ? &c->before.profile : &c->before.claim,
                of_profile ? &c->after.profile : &c->after.claim);
    struct side *both[] = {&c->before, &c->after};
    for (int i = 0; i < 2; i++)
        *(of_profile ? &both[i]->profile_at : &both[i]->claim_at) =
            places(c->arena, of_profile ? both[i]->profile : both[i]->claim, i ? p.b_count : p.a_count, p.a_count);
}

static struct thing *param_things(const struct side *s) {
    const struct model_param *q = s->model->params;
    struct thing *t = arena_array_of(s->arena, struct thing, s->model->param_count + 1u);
    for (uint32_t i = 0; i < s->model->param_count; i++)
        t[i] = (struct thing){
            {q[i].column, q[i].label}, text_format(s->arena, "%d", (int)q[i].type->kind), !q[i].label.size};
    return t;
}

static struct thing *value_things(struct arena *arena, const struct model_enum *en) {
    struct thing *t = arena_array_of(arena, struct thing, en->count + 1u);
    for (uint32_t i = 0; i < en->count; i++)
        t[i] = (struct thing){{en->value[i].column, en->value[i].label}, {0}, false};
    return t;
}

static void all_apart(struct side *s, uint32_t only) {
    const struct model *m = s->model;
    s->value = arena_array_of(s->arena, uint32_t *, m->enum_count + 1u);
    for (uint32_t e = 0; e < m->enum_count; e++) {
        s->value[e] = arena_array_of(s->arena, uint32_t, m->enums[e]->count + 1u);
        for (uint32_t i = 0; i < m->enums[e]->count; i++)
            s->value[e][i] = only + i;
    }
}

static void pair_values(struct comparison *c, const struct model_enum *a, const struct model_enum *b) {
    if (!a || !b)
        return;
    struct pairing p = {.a_count = a->count, .b_count = b->count};
    p.a = value_things(c->arena, a);
    p.b = value_things(c->arena, b);
    pair_things(c->arena, &p, &c->before.value[a->index], &c->after.value[b->index]);
}

static void pair_enums(struct comparison *c) {
    const struct model *a = c->before.model;
    all_apart(&c->before, DIFF_ONLY_BEFORE);
    all_apart(&c->after, DIFF_ONLY_AFTER);
    for (int of_profile = 0; of_profile < 2; of_profile++) {
        const struct model_field *f = of_profile ? a->profile : a->claim;
        for (uint32_t i = 0; i < (of_profile ? a->profile_count : a->claim_count); i++) {
            const struct model_field *g = diff_partner_field(&c->before, &c->after, &f[i]);
            if (g)
                pair_values(c, f[i].enumeration, g->enumeration);
        }
    }
    for (uint32_t i = 0; i < a->param_count; i++)
        for (uint32_t k = 0; k < c->after.model->param_count; k++)
            if (c->after.param[k] == c->before.param[i])
                pair_values(c, a->params[i].enumeration, c->after.model->params[k].enumeration);
}

/* ---- items, clauses, targets --------------------------------------------------------------------------------------
 */

static struct thing *item_things(struct side *s) {
    const struct model *m = s->model;
    struct thing *t = arena_array_of(s->arena, struct thing, m->item_count + 1u);
    s->items = arena_array_of(s->arena, struct model_item *, m->item_count + 1u);
    s->item_named = text_map_new(s->arena);
    for (struct model_item *i = m->items; i; i = i->next) {
        s->items[i->index] = i;
        *text_map_slot(s->item_named, i->name) = i;
        t[i->index] = (struct thing){{i->column, i->label}, {0}, false};
    }
    return t;
}

static void pair_items(struct comparison *c) {
    struct pairing p = {.a_count = c->before.model->item_count, .b_count = c->after.model->item_count};
    p.a = item_things(&c->before);
    p.b = item_things(&c->after);
    pair_things(c->arena, &p, &c->before.item, &c->after.item);
    c->before.item_at = places(c->arena, c->before.item, p.a_count, p.a_count);
    c->after.item_at = places(c->arena, c->after.item, p.b_count, p.a_count);
}

static struct thing *clause_things(struct side *s) {
    struct thing *t = arena_array_of(s->arena, struct thing, s->model->clause_count + 1u);
    s->clauses = arena_array_of(s->arena, struct model_clause *, s->model->clause_count + 1u);
    for (struct model_clause *k = s->model->clauses; k; k = k->next) {
        s->clauses[k->index] = k;
        t[k->index] = (struct thing){{k->title, k->number}, {0}, false};
    }
    return t;
}

/* By title first: a clause that only got another number is the same one. */
static void pair_clauses(struct comparison *c) {
    struct pairing p = {.a_count = c->before.model->clause_count, .b_count = c->after.model->clause_count};
    p.a = clause_things(&c->before);
    p.b = clause_things(&c->after);
    pair_things(c->arena, &p, &c->before.clause, &c->after.clause);
    c->before.clause_at = places(c->arena, c->before.clause, p.a_count, p.a_count);
    c->after.clause_at = places(c->arena, c->after.clause, p.b_count, p.a_count);
}

/* The same target wherever it stands; else one that looks at the same indicator in the same way. */
static struct thing *target_things(const struct side *s) {
    struct thing *t = arena_array_of(s->arena, struct thing, s->model->target_count + 1u);
    uint32_t n = 0;
    for (const struct model_target *g = s->model->targets; g; g = g->next, n++) {
        t[n].key[1] = text_format(s->arena, "%d %.*s", (int)g->kind, TEXT_ARG(g->column));
        t[n].key[0] = text_format(s->arena, "%.*s %d %d %lld %d %d", TEXT_ARG(t[n].key[1]), (int)g->type, (int)g->sense,
                                  (long long)g->value, (int)g->first_year, (int)g->last_year);
        if (g->label.size)
            t[n].key[2] = text_format(s->arena, "%d %.*s", (int)g->kind, TEXT_ARG(g->label));
    }
    return t;
}

void diff_pair(struct comparison *c) {
    const struct model *a = c->before.model, *b = c->after.model;
    c->before.defines = text_map_new(c->arena);
    c->after.defines = text_map_new(c->arena);
    pair_fields(c, false);
    pair_fields(c, true);
    struct pairing params = {param_things(&c->before), param_things(&c->after), a->param_count, b->param_count, 0, 0};
    pair_things(c->arena, &params, &c->before.param, &c->after.param);
    pair_enums(c);
    pair_items(c);
    pair_clauses(c);
    struct pairing targets = {
        target_things(&c->before), target_things(&c->after), a->target_count, b->target_count, 0, 0};
    pair_things(c->arena, &targets, &c->before.target, &c->after.target);
}

const struct model_field *diff_partner_field(const struct side *from, const struct side *to,
                                             const struct model_field *field) {
    uint32_t id = diff_field_id(from, field);
    if (free_id(id))
        return NULL;
    return field->of_profile ? &to->model->profile[to->profile_at[id]] : &to->model->claim[to->claim_at[id]];
}

const struct model_item *diff_partner_item(const struct side *from, const struct side *to,
                                           const struct model_item *item) {
    uint32_t id = from->item[item->index];
    return free_id(id) ? NULL : to->items[to->item_at[id]];
}

const struct model_clause *diff_partner_clause(const struct side *from, const struct side *to,
                                               const struct model_clause *clause) {
    uint32_t id = from->clause[clause->index];
    return free_id(id) ? NULL : to->clauses[to->clause_at[id]];
}
