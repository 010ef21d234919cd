/* Items that no claim can meet, what their conditions make of their rules, exclusions, rules for kinds. */
#include "lint/lint_int.h"
#include "tr.h"

/* ---- the facts of an item ---- */

static void assume_exclusions(struct lint *l, struct facts *f, const struct model_exclusion *except) {
    uint32_t i = 0;
    for (const struct model_exclusion *x = l->m->exclusions; x; x = x->next, i++)
        if (x != except && !l->always[i])
            lint_assume(l, f, x->condition, false);
}

/* One that every claim meets is told of alone, and not with each item. */
static void find_always(struct lint *l) {
    uint32_t count = 0, i = 0;
    for (const struct model_exclusion *x = l->m->exclusions; x; x = x->next)
        count++;
    l->always = arena_array_of(l->a, bool, count + 1);
    for (const struct model_exclusion *x = l->m->exclusions; x; x = x->next, i++) {
        struct facts *f = lint_borrow(l, l->base);
        lint_assume(l, f, x->condition, false);
        l->always[i] = f->dead;
        lint_return(l, f);
    }
}

static void assume_require(struct lint *l, struct facts *f, const struct model_require *r) {
    if (!r->condition)
        lint_assume_kinds(l, f, &r->kinds, r->span);
    else if (lint_kinds(l, f, &r->kinds) > 0)
        lint_assume(l, f, r->condition, true);
}

static bool is_inside(const struct model_item *m, struct span span) {
    return span.lo >= m->stmt->span.lo && span.hi <= m->stmt->span.hi;
}

/* Whether the condition stands in the item itself, rather than being one of many items. */
static bool is_own(const struct model_item *m, const struct model_require *r) {
    return is_inside(m, r->span);
}

void lint_conditions(struct lint *l, struct facts *f, const struct model_item *m) {
    assume_exclusions(l, f, NULL);
    for (const struct model_require *r = m->requires; r; r = r->next)
        assume_require(l, f, r);
}

/* ---- conditions as they are written ---- */

static void report_dead(struct lint *l, const struct model_item *m, const struct facts *f) {
    struct diag *r =
        diag_add(l->d, DIAG_ITEM_IDLE, m->span, "no claim can meet the conditions of `%.*s`", TEXT_ARG(m->name));
    if (f->dead_here.hi)
        diag_label(l->d, r, f->dead_here, "this cannot hold");
    if (f->dead_with.hi && f->dead_with.lo != f->dead_here.lo)
        diag_label(l->d, r, f->dead_with, "because of this");
}

/* What all items share comes first, then the item's own conditions one after the other. */
static void look_at_requires(struct lint *l, const struct model_item *m) {
    struct facts *f = lint_borrow(l, l->base);
    assume_exclusions(l, f, NULL);
    for (const struct model_require *r = m->requires; r; r = r->next)
        if (!is_own(m, r))
            assume_require(l, f, r);
    for (const struct model_require *r = m->requires; r && !f->dead; r = r->next) {
        if (!is_own(m, r))
            continue;
        int applies = lint_kinds(l, f, &r->kinds);
        if (r->condition && applies < 0) {
            struct diag *d =
                diag_add(l->d, DIAG_KINDS_IDLE, r->span, "this condition is for kinds that cannot get here");
            struct span why = f->why[lint_field_slot(l, r->kinds.field)];
            if (why.hi)
                diag_label(l->d, d, why, "because of this");
            continue;
        }
        if (r->condition && applies > 0)
            lint_look(l, f, r->condition);
        assume_require(l, f, r);
    }
    lint_return(l, f);
}

/* ---- caps under the item's facts ---- */

static void note_caps(struct lint *l, struct lint_item *item, struct facts *f) {
    for (const struct model_use *use = item->m->uses; use; use = use->next) {
        const struct model_cell *cell = use->cell;
        if (cell->kind != POL_CELL_CAP || !cell->max)
            continue;
        struct facts *here = lint_borrow(l, f);
        struct lint_use *note = arena_new_of(l->a, struct lint_use);
        if (cell->when)
            lint_assume(l, here, cell->when, true);
        note->cell = cell;
        note->met = !here->dead;
        note->max = (is_inside(item->m, cell->span) ? lint_look : lint_eval)(l, here, cell->max).range;
        note->units = cell->units ? lint_eval(l, here, cell->units).range : check_range_unknown();
        note->next = item->caps;
        item->caps = note;
        lint_return(l, here);
    }
}

static void look_at_item(struct lint *l, struct lint_item *item) {
    const struct model_item *m = item->m;
    struct facts *f = lint_borrow(l, l->base);
    lint_conditions(l, f, m);
    item->dead = f->dead;
    if (f->dead) {
        report_dead(l, m, f);
    } else {
        look_at_requires(l, m);
        item->award = lint_look(l, f, m->award).range;
        lint_tiers(l, item, f);
        note_caps(l, item, f);
    }
    lint_return(l, f);
}

/* ---- exclusions ---- */

/* Whether a claim that could be awarded otherwise meets the exclusion. */
static bool meets_some(struct lint *l, const struct model_exclusion *x, bool *missed) {
    bool met = false;
    for (const struct lint_item *i = l->items; i && !(met && *missed) && !lint_tired(l, 1); i = i->next) {
        if (i->dead)
            continue;
        for (int holds = 0; holds < 2; holds++) {
            struct facts *f = lint_borrow(l, l->base);
            assume_exclusions(l, f, x);
            for (const struct model_require *r = i->m->requires; r; r = r->next)
                assume_require(l, f, r);
            lint_assume(l, f, x->condition, holds != 0);
            met |= holds && !f->dead;
            *missed |= !holds && !f->dead;
            lint_return(l, f);
        }
    }
    return met;
}

static void look_at_exclusions(struct lint *l) {
    for (const struct model_exclusion *x = l->m->exclusions; x && l->items; x = x->next) {
        bool missed = false, met = meets_some(l, x, &missed);
        if (lint_tired(l, 0) || met == missed) /* neither: no claim gets there at all */
            continue;
        struct diag *r =
            diag_add(l->d, DIAG_EXCLUSION_IDLE, x->condition->span,
                     met ? tr("every claim meets this exclusion") : tr("no claim can meet this exclusion"));
        if (!met)
            diag_note(l->d, r, "claims that could meet it have ended before, by the conditions of their items");
    }
}

/* ---- rules for kinds ---- */

static bool any_admits(struct lint *l, const struct model_kinds *kinds, const struct model_require *of) {
    for (const struct lint_item *i = l->items; i; i = i->next) {
        bool has = !of;
        for (const struct model_require *r = i->m->requires; r && !has; r = r->next)
            has = r->span.lo == of->span.lo && r->span.hi == of->span.hi;
        if (!has)
            continue;
        struct facts *f = lint_borrow(l, l->base);
        lint_assume_kinds(l, f, &i->m->kinds, i->m->span);
        int admits = lint_kinds(l, f, kinds);
        lint_return(l, f);
        if (admits >= 0)
            return true;
    }
    return false;
}

/* Conditions over several items that are for kinds which none of them admits: told at the first of the items. */
static void look_at_shared(struct lint *l, const struct lint_item *item) {
    for (const struct model_require *r = item->m->requires; r; r = r->next) {
        if (!r->condition || !r->kinds.field || is_own(item->m, r) || lint_tired(l, l->m->item_count))
            continue;
        bool first = true;
        for (const struct lint_item *i = l->items; i != item && first; i = i->next)
            for (const struct model_require *s = i->m->requires; s && first; s = s->next)
                first = s->span.lo != r->span.lo;
        if (first && !any_admits(l, &r->kinds, r))
            diag_add(l->d, DIAG_KINDS_IDLE, r->span, "none of its items is for these kinds of applicant");
    }
}

/* An exemption from a limit that would not bind the item anyway. */
static void look_at_limit(struct lint *l) {
    const struct model_limit *limit = l->m->limit;
    for (const struct lint_item *i = l->items; limit && i; i = i->next) {
        if (i->m->limited)
            continue;
        struct facts *f = lint_borrow(l, l->base);
        lint_assume_kinds(l, f, &i->m->kinds, i->m->span);
        if (lint_kinds(l, f, &limit->kinds) < 0) {
            struct diag *r = diag_add(l->d, DIAG_KINDS_IDLE, limit->span,
                                      "the limit would not bind `%.*s` anyway, and exempts it", TEXT_ARG(i->m->name));
            diag_label(l->d, r, i->m->stmt->kinds ? i->m->stmt->kinds->span : i->m->span, "other kinds of applicant");
        }
        lint_return(l, f);
    }
}

void lint_items(struct lint *l) {
    struct lint_item **end = &l->items;
    l->by_index = arena_array_of(l->a, struct lint_item *, l->m->item_count + 1);
    for (const struct model_item *m = l->m->items; m; m = m->next) {
        struct lint_item *item = arena_new_of(l->a, struct lint_item);
        item->m = m;
        item->award = check_range_unknown();
        l->by_index[m->index] = item;
        *end = item;
        end = &item->next;
    }
    find_always(l);
    lint_tables_begin(l);
    for (struct lint_item *i = l->items; i && !lint_tired(l, 0); i = i->next)
        look_at_item(l, i);
    look_at_exclusions(l);
    for (const struct lint_item *i = l->items; i && !lint_tired(l, 0); i = i->next)
        look_at_shared(l, i);
    look_at_limit(l);
}
