/* Caps that no claims can reach together, or that cut every award. */
#include "lint/lint_int.h"
#include "tr.h"

static bool part_of(const struct model_key *key, const struct model_cell *cell) {
    for (uint32_t i = 0; i < cell->key_count; i++)
        if (cell->key[i].kind == key->kind && cell->key[i].field == key->field)
            return true;
    return false;
}

/* Claims that share the outer cell share the inner one too. */
static bool keys_within(const struct model_cell *inner, const struct model_cell *outer) {
    for (uint32_t i = 0; i < inner->key_count; i++)
        if (!part_of(&inner->key[i], outer))
            return false;
    return true;
}

struct gates { /* the cells of an item that let few claims through, in order */
    const struct model_cell *cell;
    struct gates *next;
};

static const struct gates *gates_of(struct lint *l, const struct model_item *m) {
    struct gates *first = NULL, **end = &first;
    for (const struct model_use *use = m->uses; use; use = use->next) {
        if (use->cell->kind != POL_CELL_ONCE && use->cell->kind != POL_CELL_LADDER)
            continue;
        *end = arena_new_of(l->a, struct gates);
        (*end)->cell = use->cell;
        end = &(*end)->next;
    }
    return first;
}

/* What lets only one claim of the item (or, for money, awards of one claim's size) into a cell; NULL: nothing does. */
static const struct model_cell *gate(const struct gates *gates, const struct model_cell *cap) {
    for (; gates; gates = gates->next) {
        bool lets_few = gates->cell->kind == POL_CELL_ONCE || cap->measure == POL_STEP_CAP_MONEY;
        if (lets_few && keys_within(gates->cell, cap))
            return gates->cell;
    }
    return NULL;
}

static struct rat most_of_one(const struct lint_item *item, const struct lint_use *use) {
    if (use->cell->measure == POL_STEP_CAP_CLAIMS)
        return rat_int(1);
    struct range r = use->cell->measure == POL_STEP_CAP_UNITS ? use->units : item->award;
    return r.known ? rat_ceil(r.hi) : (struct rat){0, 0};
}

struct cap_facts {
    const struct model_cell *cell;
    struct rat least;       /* of its maximum; invalid: not known yet */
    bool open, used, met;   /* no end; by a live item; its condition can hold */
    struct gate_sum *gates; /* what each gate has let in so far */
    const struct model_cell *because;
};

struct gate_sum {
    const struct model_cell *gate;
    struct rat most;
    struct gate_sum *next;
};

/* Items behind one gate take turns: only the largest counts. */
static void add_gate(struct lint *l, struct cap_facts *c, const struct model_cell *gate, struct rat most) {
    struct gate_sum *g = c->gates;
    while (g && g->gate != gate)
        g = g->next;
    if (!g) {
        g = arena_new_of(l->a, struct gate_sum);
        *g = (struct gate_sum){gate, most, c->gates};
        c->gates = g;
    } else
        g->most = range_larger(g->most, most);
}

static void small_cap(struct lint *l, const struct lint_item *item, const struct lint_use *use) {
    const struct model_cell *cell = use->cell;
    struct range least = cell->measure == POL_STEP_CAP_MONEY   ? item->award
                         : cell->measure == POL_STEP_CAP_UNITS ? use->units
                                                               : range_between(1, 1);
    if (!use->met || !use->max.known || !least.known || rat_compare(use->max.hi, least.lo) >= 0)
        return;
    if (rat_sign(least.lo) <= 0)
        return;
    enum type_kind kind = cell->measure == POL_STEP_CAP_MONEY ? TYPE_MONEY : TYPE_COUNT;
    struct text lo = check_show_value(l->a, least.lo, kind);
    struct diag *r = diag_add(l->d, DIAG_CAP_SMALL, cell->max->span, "this cap is below every award of `%.*s`",
                              TEXT_ARG(item->m->name));
    diag_label(l->d, r, item->m->award->span, "at least %.*s", TEXT_ARG(lo));
}

static void add_use(struct lint *l, struct cap_facts *c, const struct gates *gates, const struct lint_item *item,
                    const struct lint_use *use) {
    const struct model_cell *g = gate(gates, use->cell);
    struct rat most = most_of_one(item, use);
    c->cell = use->cell;
    c->used = true;
    c->met |= use->met;
    if (use->max.known)
        c->least = rat_valid(c->least) ? range_smaller(c->least, use->max.lo) : use->max.lo;
    if (!use->max.known || !g || !rat_valid(most)) {
        c->open = true;
        return;
    }
    c->because = g;
    add_gate(l, c, g, most);
}

static void idle_cap(struct lint *l, const struct cap_facts *c) {
    if (!c->met) {
        diag_add(l->d, DIAG_CAP_IDLE, c->cell->when->span, "this cap can never bind: no claim meets its condition");
        return;
    }
    if (c->open || !rat_valid(c->least))
        return;
    struct rat total = rat_int(0);
    uint32_t gates = 0;
    for (const struct gate_sum *g = c->gates; g; g = g->next, gates++)
        total = rat_add(total, g->most);
    if (!rat_valid(total) || rat_compare(total, c->least) > 0)
        return;
    enum type_kind kind = c->cell->measure == POL_STEP_CAP_MONEY ? TYPE_MONEY : TYPE_COUNT;
    struct text t = check_show_value(l->a, total, kind);
    struct diag *r = diag_add(l->d, DIAG_CAP_IDLE, c->cell->max->span, "this cap can never bind");
    diag_label(l->d, r, c->because->span,
               gates > 1 ? tr("with such keys no more than %.*s comes together")
                         : tr("no second claim gets here: at most %.*s"),
               TEXT_ARG(t));
}

void lint_caps(struct lint *l) {
    struct cap_facts *facts = arena_array_of(l->a, struct cap_facts, l->m->cell_count + 1);
    for (const struct lint_item *i = l->items; i; i = i->next) {
        const struct gates *gates = gates_of(l, i->m);
        for (const struct lint_use *use = i->caps; use; use = use->next) {
            small_cap(l, i, use);
            add_use(l, &facts[use->cell->index], gates, i, use);
        }
    }
    for (uint32_t i = 0; i < l->m->cell_count; i++)
        if (facts[i].used && facts[i].cell->max)
            idle_cap(l, &facts[i]);
}
