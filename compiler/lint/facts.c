/* What fields can be, and what a condition makes of it. */
#include "lint/lint_int.h"

#include <string.h>

/* ---- slots: claim fields, profile fields, parameters, the year ---- */

uint32_t lint_field_slot(const struct lint *l, const struct model_field *f) {
    return f->of_profile ? l->m->claim_count + f->index : f->index;
}

static uint32_t year_slot(const struct lint *l) {
    return l->slots - 1;
}

/* The expression itself, past the names of definitions. */
static const struct ast_expr *meant(const struct ast_expr *e) {
    while (e && (e->kind == AST_NAME || e->kind == AST_MEMBER) && e->decl &&
           ((const struct decl *)e->decl)->kind == DECL_DEFINE)
        e = ((const struct decl *)e->decl)->u.define->expr;
    return e;
}

uint32_t lint_slot(const struct lint *l, const struct ast_expr *e) {
    e = meant(e);
    if (!e || (e->kind != AST_NAME && e->kind != AST_MEMBER) || !e->decl)
        return UINT32_MAX;
    const struct decl *decl = e->decl;
    switch (decl->kind) {
    case DECL_FIELD:
        return lint_field_slot(l, decl->u.field);
    case DECL_PARAM:
        return l->m->claim_count + l->m->profile_count + decl->u.param->index;
    case DECL_YEAR:
        return year_slot(l);
    case DECL_DEFINE:
    case DECL_ENUM_VALUE:
    case DECL_FUNCTION:
        break;
    }
    return UINT32_MAX;
}

const struct type *lint_slot_type(const struct lint *l, uint32_t slot) {
    const struct model *m = l->m;
    if (slot < m->claim_count)
        return m->claim[slot].type;
    slot -= m->claim_count;
    if (slot < m->profile_count)
        return m->profile[slot].type;
    slot -= m->profile_count;
    return slot < m->param_count ? m->params[slot].type : NULL;
}

static struct value declared(const struct type *type, const struct model_enum *en, int64_t min, int64_t max) {
    if (en && en->count <= LINT_SET)
        return (struct value){.is_set = true,
                              .set = en->count == LINT_SET ? UINT64_MAX : ((uint64_t)1 << en->count) - 1};
    return (struct value){.range = type ? check_range_field(type, min, max) : check_range_unknown()};
}

/* ---- memory ---- */

bool lint_tired(struct lint *l, uint64_t more) {
    l->work += more;
    return l->work > LINT_WORK;
}

static struct facts *new_facts(struct lint *l) {
    struct facts *f = l->free;
    if (f) {
        l->free = f->next;
        return f;
    }
    f = arena_new_of(l->a, struct facts);
    f->value = arena_array_of(l->a, struct value, l->slots);
    f->why = arena_array_of(l->a, struct span, l->slots);
    return f;
}

static void become(struct lint *l, struct facts *f, const struct facts *of) {
    l->work += l->slots;
    memcpy(f->value, of->value, l->slots * sizeof *f->value);
    memcpy(f->why, of->why, l->slots * sizeof *f->why);
    f->dead = of->dead;
    f->dead_here = of->dead_here;
    f->dead_with = of->dead_with;
}

struct facts *lint_borrow(struct lint *l, const struct facts *of) {
    struct facts *f = new_facts(l);
    become(l, f, of);
    return f;
}

void lint_return(struct lint *l, struct facts *f) {
    f->next = l->free;
    l->free = f;
}

/* ---- what is declared ---- */

/* A claim gets to the conditions only on a day in force. */
static void declare_days(struct lint *l, struct facts *f) {
    const struct model *m = l->m;
    struct span why = m->ast->effective ? m->ast->effective->span : (struct span){0, 0};
    struct range from = m->from ? lint_eval(l, f, m->from).range : check_range_unknown();
    struct range to = m->to ? lint_eval(l, f, m->to).range : check_range_unknown();
    if (m->years && (m->years_from || m->from)) {
        struct range start = m->years_from ? lint_eval(l, f, m->years_from).range : from;
        struct rat end = start.known ? range_day_after_years(start.hi, rat_int(m->years)) : (struct rat){0, 0};
        to = check_range_make(end, end, true);
        to = check_range_sum(to, range_between(1, 1), true);
    }
    struct range days = f->value[POL_CLAIM_DATE].range;
    if (!days.known)
        days = range_between(range_day(1990, 1, 1), range_day(2099, 12, 31));
    if (from.known)
        days.lo = range_larger(days.lo, from.lo);
    if (to.known)
        days.hi = range_smaller(days.hi, to.hi);
    if (rat_compare(days.lo, days.hi) > 0)
        return;
    f->value[POL_CLAIM_DATE].range = days;
    f->value[year_slot(l)].range = check_range_make(range_year_of_day(days.lo), range_year_of_day(days.hi), true);
    f->why[POL_CLAIM_DATE] = f->why[year_slot(l)] = why;
}

void lint_declare(struct lint *l) {
    const struct model *m = l->m;
    l->slots = m->claim_count + m->profile_count + m->param_count + 1;
    l->plain = new_facts(l);
    struct value *v = l->plain->value;
    for (uint32_t i = 0; i < m->claim_count; i++)
        *v++ = declared(m->claim[i].type, m->claim[i].enumeration, m->claim[i].min, m->claim[i].max);
    for (uint32_t i = 0; i < m->profile_count; i++)
        *v++ = declared(m->profile[i].type, m->profile[i].enumeration, m->profile[i].min, m->profile[i].max);
    for (uint32_t i = 0; i < m->param_count; i++)
        *v++ = declared(m->params[i].type, m->params[i].enumeration, m->params[i].min, m->params[i].max);
    v->range = range_between(1990, 2099);
    l->base = lint_borrow(l, l->plain);
    declare_days(l, l->base);
}

/* ---- narrowing ---- */

static bool same_range(struct range a, struct range b) {
    return a.known == b.known && (!a.known || (rat_compare(a.lo, b.lo) == 0 && rat_compare(a.hi, b.hi) == 0));
}

void lint_narrow(struct lint *l, struct facts *f, uint32_t slot, struct value v, struct span why) {
    (void)l;
    struct value *own = &f->value[slot], before = *own;
    bool empty = false;
    if (own->is_set != v.is_set)
        return;
    if (own->is_set) {
        own->set &= v.set;
        empty = !own->set;
    } else if (v.range.known && own->range.known) {
        own->range.lo = range_larger(own->range.lo, v.range.lo);
        own->range.hi = range_smaller(own->range.hi, v.range.hi);
        empty = rat_compare(own->range.lo, own->range.hi) > 0;
    } else if (v.range.known) {
        own->range = v.range;
    }
    if (own->is_set ? own->set == before.set : same_range(own->range, before.range))
        return;
    if (empty && !f->dead) {
        f->dead = true;
        f->dead_here = why;
        f->dead_with = f->why[slot];
    }
    if (empty)
        *own = before; /* an empty value would decide everything that follows */
    else
        f->why[slot] = why;
}

static void die(struct facts *f, struct span here, struct span with) {
    if (f->dead)
        return;
    f->dead = true;
    f->dead_here = here;
    f->dead_with = with;
}

/* ---- comparisons ---- */

static enum ast_op opposite(enum ast_op op) {
    switch (op) {
    case AST_EQ:
        return AST_NE;
    case AST_NE:
        return AST_EQ;
    case AST_LT:
        return AST_GE;
    case AST_LE:
        return AST_GT;
    case AST_GT:
        return AST_LE;
    case AST_GE:
        return AST_LT;
    default: /* no comparison */
        return op;
    }
}

/* The same comparison read from the other side. */
static enum ast_op mirrored(enum ast_op op) {
    switch (op) {
    case AST_LT:
        return AST_GT;
    case AST_LE:
        return AST_GE;
    case AST_GT:
        return AST_LT;
    case AST_GE:
        return AST_LE;
    default: /* the sides of the others are alike */
        return op;
    }
}

/* Values of a slot lie on a grid: millionths for rates, whole numbers for all others. */
static struct rat on_grid(struct rat v, int64_t grid, bool up, bool strict) {
    struct rat scaled = rat_mul(v, rat_int(grid)), whole = up ? rat_ceil(scaled) : rat_floor(scaled);
    if (strict && rat_valid(whole) && rat_is_int(scaled))
        whole = up ? rat_add(whole, rat_int(1)) : rat_sub(whole, rat_int(1));
    return rat_div(whole, rat_int(grid));
}

static struct range bounded(struct range own, enum ast_op op, struct range by, int64_t grid) {
    struct range r = own;
    if (op == AST_GE || op == AST_GT || op == AST_EQ)
        r.lo = range_larger(r.lo, on_grid(by.lo, grid, true, op == AST_GT));
    if (op == AST_LE || op == AST_LT || op == AST_EQ)
        r.hi = range_smaller(r.hi, on_grid(by.hi, grid, false, op == AST_LT));
    if (op == AST_NE && check_range_is_point(by)) {
        if (rat_compare(by.lo, r.lo) == 0)
            r.lo = on_grid(by.lo, grid, true, true);
        if (rat_compare(by.hi, r.hi) == 0)
            r.hi = on_grid(by.hi, grid, false, true);
    }
    return r;
}

static void compare_slot(struct lint *l, struct facts *f, uint32_t slot, enum ast_op op, struct value other,
                         struct span why) {
    const struct type *type = lint_slot_type(l, slot);
    struct value own = f->value[slot];
    if (own.is_set && other.is_set) {
        bool single = (other.set & (other.set - 1)) == 0;
        if (op == AST_EQ)
            lint_narrow(l, f, slot, other, why);
        if (op == AST_NE && single)
            lint_narrow(l, f, slot, (struct value){.is_set = true, .set = ~other.set}, why);
        return;
    }
    if (own.is_set || other.is_set || !own.range.known || !other.range.known)
        return;
    struct range r = bounded(own.range, op, other.range, type && type->kind == TYPE_RATE ? POL_RATE_SCALE : 1);
    if (rat_valid(r.lo) && rat_valid(r.hi))
        lint_narrow(l, f, slot, lint_number(r), why);
}

static void assume_comparison(struct lint *l, struct facts *f, const struct ast_expr *e, bool holds) {
    const struct ast_expr *left = e->u.binary.left, *right = e->u.binary.right;
    enum ast_op op = holds ? e->u.binary.op : opposite(e->u.binary.op);
    uint32_t a = lint_slot(l, left), b = lint_slot(l, right);
    struct value x = lint_eval(l, f, left), y = lint_eval(l, f, right);
    if (a != UINT32_MAX)
        compare_slot(l, f, a, op, y, e->span);
    if (b != UINT32_MAX)
        compare_slot(l, f, b, mirrored(op), x, e->span);
    if (!f->dead && lint_truth(l, f, e) == (holds ? -1 : 1))
        die(f, e->span, lint_why(l, f, e));
}

/* ---- conditions ---- */

static void assume(struct lint *l, struct facts *f, const struct ast_expr *e, bool holds);

/* What holds in either. */
static void join(struct lint *l, struct facts *into, const struct facts *a, const struct facts *b, struct span why) {
    for (uint32_t i = 0; i < l->slots; i++)
        lint_narrow(l, into, i, lint_union(a->value[i], b->value[i]), why);
}

/* One of two holds: `left or right`, or not (left and right). */
static void assume_either(struct lint *l, struct facts *f, const struct ast_expr *e, bool holds) {
    struct facts *a = lint_borrow(l, f), *b = lint_borrow(l, f);
    assume(l, a, e->u.binary.left, holds);
    assume(l, b, e->u.binary.right, holds);
    if (a->dead && b->dead)
        die(f, e->span, a->dead_with);
    else if (a->dead)
        become(l, f, b);
    else if (b->dead)
        become(l, f, a);
    else
        join(l, f, a, b, e->span);
    lint_return(l, a);
    lint_return(l, b);
}

static void assume_both(struct lint *l, struct facts *f, const struct ast_expr *e, bool holds) {
    assume(l, f, e->u.binary.left, holds);
    if (!f->dead)
        assume(l, f, e->u.binary.right, holds);
}

static void assume_in(struct lint *l, struct facts *f, const struct ast_expr *e, bool holds) {
    uint32_t slot = lint_slot(l, e->u.in.value);
    bool among = holds != e->u.in.negated;
    struct value all = {0};
    bool first = true;
    if (slot == UINT32_MAX)
        return;
    for (const struct ast_expr *x = e->u.in.list; x; x = x->next) {
        struct value v = lint_eval(l, f, x);
        if (!among)
            compare_slot(l, f, slot, AST_NE, v, e->span);
        all = first ? v : lint_union(all, v);
        first = false;
    }
    if (among && !first && (all.is_set || all.range.known))
        lint_narrow(l, f, slot, all, e->span);
}

static void assume_name(struct lint *l, struct facts *f, const struct ast_expr *e, bool holds) {
    uint32_t slot = lint_slot(l, e);
    const struct decl *decl = e->decl;
    if (slot != UINT32_MAX)
        lint_narrow(l, f, slot, lint_number(range_between(holds, holds)), e->span);
    else if (decl && decl->kind == DECL_DEFINE && decl->u.define->expr)
        assume(l, f, decl->u.define->expr, holds);
}

static void assume_binary(struct lint *l, struct facts *f, const struct ast_expr *e, bool holds) {
    switch (e->u.binary.op) {
    case AST_AND:
    case AST_OR:
        if ((e->u.binary.op == AST_AND) == holds)
            assume_both(l, f, e, holds);
        else
            assume_either(l, f, e, holds);
        return;
    case AST_EQ:
    case AST_NE:
    case AST_LT:
    case AST_LE:
    case AST_GT:
    case AST_GE:
        assume_comparison(l, f, e, holds);
        return;
    case AST_ADD:
    case AST_SUB:
    case AST_MUL:
    case AST_DIV:
    case AST_OF:
    case AST_FOR_EACH:
    case AST_AT_MOST:
    case AST_UP_TO:
    case AST_AT_LEAST:
        return;
    }
}

static void assume(struct lint *l, struct facts *f, const struct ast_expr *e, bool holds) {
    if (lint_tired(l, 1) || f->dead)
        return;
    switch (e->kind) {
    case AST_NAME:
    case AST_MEMBER:
        assume_name(l, f, e, holds);
        return;
    case AST_NOT:
        assume(l, f, e->u.operand, !holds);
        return;
    case AST_BINARY:
        assume_binary(l, f, e, holds);
        return;
    case AST_IN:
        assume_in(l, f, e, holds);
        return;
    case AST_BOOL:
        if (e->u.boolean != holds)
            die(f, e->span, (struct span){0, 0});
        return;
    case AST_NUMBER:
    case AST_RATIO:
    case AST_DATE:
    case AST_STRING:
    case AST_NEGATE:
    case AST_CALL:
    case AST_IF:
    case AST_BY:
    case AST_TIER:
    case AST_MISSING:
    case AST_ERROR:
        return;
    }
}

void lint_assume(struct lint *l, struct facts *f, const struct ast_expr *e, bool holds) {
    bool loud = l->loud;
    l->loud = false;
    assume(l, f, e, holds);
    l->loud = loud;
}

/* ---- kinds of applicant ---- */

static uint64_t set_of(const struct model_kinds *kinds) {
    uint64_t set = 0;
    for (uint32_t i = 0; i < kinds->field->enumeration->count && i < LINT_SET; i++)
        set |= (uint64_t)kinds->allowed[i] << i;
    return set;
}

void lint_assume_kinds(struct lint *l, struct facts *f, const struct model_kinds *kinds, struct span why) {
    if (kinds->field && kinds->field->enumeration->count <= LINT_SET)
        lint_narrow(l, f, lint_field_slot(l, kinds->field), (struct value){.is_set = true, .set = set_of(kinds)}, why);
}

int lint_kinds(const struct lint *l, const struct facts *f, const struct model_kinds *kinds) {
    if (!kinds->field)
        return 1;
    struct value own = f->value[lint_field_slot(l, kinds->field)];
    if (!own.is_set)
        return 0;
    uint64_t set = set_of(kinds);
    return (own.set & set) == 0 ? -1 : (own.set & ~set) == 0;
}

/* ---- reasons ---- */

static struct span why_list(const struct lint *l, const struct facts *f, const struct ast_expr *list) {
    struct span why = {0, 0};
    for (; list && !why.hi; list = list->next)
        why = lint_why(l, f, list);
    return why;
}

/* The condition that narrowed a field which the expression reads; {0, 0}: none did. */
struct span lint_why(const struct lint *l, const struct facts *f, const struct ast_expr *e) {
    struct span none = {0, 0};
    uint32_t slot = lint_slot(l, e);
    if (slot != UINT32_MAX)
        return f->why[slot];
    switch (e->kind) {
    case AST_NAME:
    case AST_MEMBER: {
        const struct decl *decl = e->decl;
        return decl && decl->kind == DECL_DEFINE && decl->u.define->expr ? lint_why(l, f, decl->u.define->expr) : none;
    }
    case AST_NOT:
    case AST_NEGATE:
        return lint_why(l, f, e->u.operand);
    case AST_BINARY: {
        struct span why = lint_why(l, f, e->u.binary.left);
        return why.hi ? why : lint_why(l, f, e->u.binary.right);
    }
    case AST_IN:
        return lint_why(l, f, e->u.in.value);
    case AST_CALL:
        return why_list(l, f, e->u.call.args);
    case AST_BY:
        return lint_why(l, f, e->u.by.value);
    case AST_TIER:
        return lint_why(l, f, e->u.tier.value);
    case AST_IF:
        return lint_why(l, f, e->u.cond.condition);
    case AST_NUMBER:
    case AST_RATIO:
    case AST_DATE:
    case AST_BOOL:
    case AST_STRING:
    case AST_MISSING:
    case AST_ERROR:
        break;
    }
    return none;
}
