/* Edges of tiers, and tables of awards that miss a value of their enum. */
#include "lint/lint_int.h"
#include "tr.h"

enum { LEAP = 2 /* one step more of the value, and the award is so many times as much */ };

/* ---- edges ---- */

struct edge {
    const struct ast_expr *tier;
    const struct model_tier_row *above, *below;
    uint32_t slot;
    struct rat from, to; /* the last value of the lower row, the first of the upper one */
};

static struct range pinned(struct lint *l, struct facts *f, const struct edge *e, bool above, struct range *award,
                           const struct ast_expr *whole) {
    struct facts *here = lint_borrow(l, f);
    struct range r = check_range_unknown();
    lint_narrow(l, here, e->slot, lint_number(check_range_point(above ? e->to : e->from)), e->tier->span);
    if (!here->dead && lint_row(l, here, e->tier, above ? e->above : e->below)) {
        r = lint_row_value(l, here, e->tier, above ? e->above : e->below);
        *award = lint_eval(l, here, whole).range;
    }
    lint_return(l, here);
    return r;
}

/* How much more the value itself is: from 1 to 2 pieces an award may well double. */
static struct rat growth(const struct edge *e, enum type_kind kind) {
    bool pieces = kind == TYPE_COUNT || kind == TYPE_YEARS || kind == TYPE_DAYS || kind == TYPE_NUMBER;
    if (!pieces || rat_sign(e->from) <= 0)
        return rat_int(1);
    return rat_div(e->to, e->from);
}

static void report_edge(struct lint *l, const struct edge *e, struct rat a, struct rat b, enum type_kind kind,
                        bool leaps) {
    enum type_kind value = e->tier->u.tier.value->type->kind;
    if (!lint_first(l, DIAG_CLIFF, e->above->row->span))
        return;
    struct text from = check_show_value(l->a, e->from, value), to = check_show_value(l->a, e->to, value);
    struct text x = check_show_value(l->a, a, kind), y = check_show_value(l->a, b, kind);
    const char *what = kind == TYPE_MONEY ? tr("award") : tr("rate");
    struct diag *r = diag_add(l->d, leaps ? DIAG_CLIFF : DIAG_AWARD_FALLS, e->above->row->span,
                              leaps ? tr("the %s leaps from %.*s to %.*s at this edge")
                                    : tr("the %s falls from %.*s to %.*s at this edge"),
                              what, TEXT_ARG(x), TEXT_ARG(y));
    diag_label(l->d, r, e->below->row->span, "%.*s at %.*s", TEXT_ARG(x), TEXT_ARG(from));
    diag_caret(l->d, r, "%.*s at %.*s", TEXT_ARG(y), TEXT_ARG(to));
    if (leaps)
        diag_note(l->d, r, "who is just below has every reason to get just above");
}

static void look_at_edge(struct lint *l, struct facts *f, const struct edge *e, const struct ast_expr *whole) {
    struct range award[2] = {check_range_unknown(), check_range_unknown()};
    enum type_kind kind = e->tier->type->kind, value = e->tier->u.tier.value->type->kind;
    struct range a = pinned(l, f, e, false, &award[0], whole), b = pinned(l, f, e, true, &award[1], whole);
    if (check_range_is_point(award[0]) && check_range_is_point(award[1])) {
        a = award[0];
        b = award[1];
        kind = TYPE_MONEY;
    }
    if (!a.known || !b.known || rat_sign(a.lo) <= 0 || rat_sign(b.lo) <= 0)
        return;
    struct rat leap = rat_mul(rat_mul(a.hi, rat_int(LEAP)), growth(e, value));
    if (rat_valid(leap) && rat_compare(b.lo, leap) >= 0)
        report_edge(l, e, a.hi, b.lo, kind, true);
    else if (value != TYPE_DATE && rat_compare(b.hi, a.lo) < 0)
        report_edge(l, e, a.lo, b.hi, kind, false);
}

/* The edge at the lower bound of a row, when the row beside it ends there. */
static bool edge_of(struct lint *l, struct facts *f, const struct ast_expr *tier, const struct model_tier_row *above,
                    const struct model_tier_row *below, struct edge *e) {
    if (above->lower == AST_BOUND_NONE || below->upper == AST_BOUND_NONE)
        return false;
    uint32_t slot = lint_slot(l, tier->u.tier.value);
    const struct type *type = slot == UINT32_MAX ? NULL : lint_slot_type(l, slot);
    struct range at = lint_eval(l, f, above->lower_value).range, end = lint_eval(l, f, below->upper_value).range;
    if (!type || !check_range_is_point(at) || !check_range_is_point(end) || rat_compare(at.lo, end.lo) != 0)
        return false;
    struct rat step = rat_div(rat_int(1), rat_int(type->kind == TYPE_RATE ? POL_RATE_SCALE : 1));
    bool from = above->lower == AST_BOUND_FROM;
    *e = (struct edge){.tier = tier, .above = above, .below = below, .slot = slot};
    e->to = from ? at.lo : rat_add(at.lo, step);
    e->from = from ? rat_sub(at.lo, step) : at.lo;
    return rat_valid(e->to) && rat_valid(e->from);
}

static void look_at_tier(struct lint *l, struct facts *f, const struct ast_expr *e, const struct ast_expr *whole) {
    const struct model_tier *t = e->decl;
    struct edge edge;
    for (uint32_t i = 1; t && i < t->count && !lint_tired(l, l->slots); i++) {
        if (edge_of(l, f, e, &t->row[i], &t->row[i - 1], &edge) || edge_of(l, f, e, &t->row[i - 1], &t->row[i], &edge))
            look_at_edge(l, f, &edge, whole);
    }
}

/* ---- tables by an enum ---- */

static uint32_t first_of(const struct lint *l, const struct model_enum *en) {
    uint32_t first = 0;
    for (uint32_t i = 0; i < en->index && i < l->m->enum_count; i++)
        first += l->m->enums[i]->count;
    return first;
}

enum { NAMED_BY_NONE, NAMED_BY_SEVERAL = UINT32_MAX };

static void note_value(struct lint *l, const struct ast_expr *key, uint32_t item) {
    const struct decl *decl = key->decl;
    if (key->kind != AST_NAME || !decl || decl->kind != DECL_ENUM_VALUE || !key->type->enum_decl)
        return;
    uint32_t *by = &l->named[first_of(l, key->type->enum_decl) + decl->u.enum_value->index];
    if (*by != item + 1)
        *by = *by == NAMED_BY_NONE ? item + 1 : NAMED_BY_SEVERAL;
}

static uint64_t covered(const struct ast_expr *e, bool *otherwise) {
    uint64_t set = 0;
    for (const struct ast_case *row = e->u.by.cases; row; row = row->next) {
        *otherwise |= !row->keys;
        for (const struct ast_expr *key = row->keys; key; key = key->next) {
            const struct decl *decl = key->decl;
            if (decl && decl->kind == DECL_ENUM_VALUE && decl->u.enum_value->index < LINT_SET)
                set |= (uint64_t)1 << decl->u.enum_value->index;
        }
    }
    return set;
}

static bool is_partial(const struct ast_expr *e) {
    bool otherwise = false;
    const struct type *type = e->u.by.value->type;
    const struct model_enum *en = type && type->kind == TYPE_ENUM ? type->enum_decl : NULL;
    uint64_t set = covered(e, &otherwise);
    if (!en || en->count > LINT_SET || otherwise)
        return false;
    return set != (en->count == LINT_SET ? UINT64_MAX : ((uint64_t)1 << en->count) - 1);
}

/* Every place of an expression, and of the definitions it uses. */
struct visit {
    struct lint *l;
    const struct lint_item *item;
    struct facts *f;
    const struct ast_expr *whole;
    bool (*see)(struct visit *v, const struct ast_expr *e); /* false: nothing inside */
};

static void visit(struct visit *v, const struct ast_expr *e);

static void visit_list(struct visit *v, const struct ast_expr *list) {
    for (; list; list = list->next)
        visit(v, list);
}

static void visit_rows(struct visit *v, const struct ast_row *row) {
    for (; row; row = row->next) {
        visit(v, row->value);
        if (row->adds)
            visit(v, row->adds);
    }
}

static void visit(struct visit *v, const struct ast_expr *e) {
    if (!e || lint_tired(v->l, 1))
        return;
    if (!v->see(v, e))
        return;
    switch (e->kind) {
    case AST_NAME: {
        const struct decl *decl = e->decl;
        if (decl && decl->kind == DECL_DEFINE)
            visit(v, decl->u.define->expr);
        return;
    }
    case AST_NOT:
    case AST_NEGATE:
        visit(v, e->u.operand);
        return;
    case AST_BINARY:
        visit(v, e->u.binary.left);
        visit(v, e->u.binary.right);
        return;
    case AST_IN:
        visit(v, e->u.in.value);
        visit_list(v, e->u.in.list);
        return;
    case AST_CALL:
        visit_list(v, e->u.call.args);
        return;
    case AST_IF:
        visit(v, e->u.cond.condition);
        visit(v, e->u.cond.then);
        visit(v, e->u.cond.otherwise);
        return;
    case AST_BY:
        for (const struct ast_case *row = e->u.by.cases; row; row = row->next)
            visit(v, row->value);
        return;
    case AST_TIER:
        visit_rows(v, e->u.tier.rows);
        if (e->u.tier.value)
            visit(v, e->u.tier.value);
        return;
    case AST_MEMBER:
    case AST_NUMBER:
    case AST_RATIO:
    case AST_DATE:
    case AST_BOOL:
    case AST_STRING:
    case AST_MISSING:
    case AST_ERROR:
        return;
    }
}

/* What says which values are not meant. */
static bool excludes(const struct ast_expr *e) {
    return e->kind == AST_NOT || (e->kind == AST_IN && e->u.in.negated) ||
           (e->kind == AST_BINARY && e->u.binary.op == AST_NE);
}

/* Values that conditions name, and those of tables that leave others out: they belong to their items. */
static bool note_named(struct visit *v, const struct ast_expr *e) {
    uint32_t item = v->item->m->index;
    if (excludes(e))
        return false;
    if (e->kind == AST_NAME)
        note_value(v->l, e, item);
    if (e->kind != AST_BY || !is_partial(e))
        return true;
    for (const struct ast_case *row = e->u.by.cases; row; row = row->next)
        for (const struct ast_expr *key = row->keys; key; key = key->next)
            note_value(v->l, key, item);
    return true;
}

void lint_tables_begin(struct lint *l) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < l->m->enum_count; i++)
        count += l->m->enums[i]->count;
    l->named = arena_array_of(l->a, uint32_t, count + 1);
    for (const struct lint_item *i = l->items; i && !lint_tired(l, 1); i = i->next) {
        struct visit v = {.l = l, .item = i, .see = note_named};
        for (const struct model_require *r = i->m->requires; r; r = r->next)
            if (r->condition && !r->of_policy)
                visit(&v, r->condition);
        visit(&v, i->m->award);
    }
}

/* A value without a row is meant where another item has a rule for it. */
static void look_at_table(struct lint *l, const struct lint_item *item, struct facts *f, const struct ast_expr *e) {
    if (!is_partial(e))
        return;
    bool otherwise = false;
    const struct model_enum *en = e->u.by.value->type->enum_decl;
    uint64_t missing = lint_eval(l, f, e->u.by.value).set & ~covered(e, &otherwise);
    struct text_buffer list = {.arena = l->a};
    uint32_t count = 0, first = first_of(l, en);
    for (uint32_t i = 0; i < en->count; i++) {
        uint32_t by = l->named[first + i];
        if (!(missing >> i & 1) || (by != NAMED_BY_NONE && by != item->m->index + 1))
            continue;
        text_addf(&list, "%s`%.*s`", count++ ? ", " : "", TEXT_ARG(en->value[i].name));
    }
    if (!count || !lint_first(l, DIAG_TABLE_PARTIAL, e->span))
        return;
    struct text names = text_of_buffer(&list);
    struct diag *r =
        diag_add(l->d, DIAG_TABLE_PARTIAL, e->u.by.value->span, "this table has no row for %.*s", TEXT_ARG(names));
    diag_note(l->d, r, "such claims are ineligible, and no other item has a rule for them");
    diag_help(l->d, r, "add the rows, or say in a `require` that such claims are not meant");
}

static bool see_award(struct visit *v, const struct ast_expr *e) {
    if (e->kind == AST_TIER)
        look_at_tier(v->l, v->f, e, v->whole);
    if (e->kind == AST_BY)
        look_at_table(v->l, v->item, v->f, e);
    return true;
}

void lint_tiers(struct lint *l, const struct lint_item *item, struct facts *f) {
    struct visit v = {.l = l, .item = item, .f = f, .whole = item->m->award, .see = see_award};
    visit(&v, item->m->award);
}
