/* `by` and `tier`: a row is chosen by a value. Where no row holds there is no value (`ok` is false), and what stands in
 * the value's place means nothing: one comparison fewer for every table. */
#include <assert.h>
#include <stdlib.h>

#include "lower/lower_int.h"

/* A row that is taken when its condition holds. Of several that hold, the first. */
struct choice {
    ir_ref when;
    struct value value;
};

struct choices {
    struct choice *row;
    size_t count, capacity;
    bool has_otherwise;
    struct value otherwise;
    ir_ref covered; /* some row holds; IR_NO_REF: to be put together from the rows */
};

static void add_choice(struct lower *l, struct choices *c, ir_ref when, struct value value) {
    c->row = arena_grow(l->arena, c->row, c->count, &c->capacity, c->count + 1, sizeof *c->row);
    c->row[c->count++] = (struct choice){when, value};
}

static ir_ref some_row(struct lower *l, const struct choices *c) {
    ir_ref covered = lower_bool(l, false);
    for (size_t i = 0; i < c->count; i++)
        covered = lower_or(l, covered, c->row[i].when);
    return covered;
}

static struct value covered_by(struct lower *l, struct value v, ir_ref covered) {
    if (!lower_is_const(l, covered, 1))
        v.ok = value_ok_both(l, v.ok, covered);
    return v;
}

static struct value choose(struct lower *l, const struct choices *c) {
    size_t last = c->count;
    struct value v = c->has_otherwise ? c->otherwise : value_of(lower_const(l, 1));
    if (!c->has_otherwise && last > 0)
        v = c->row[--last].value;
    while (last-- > 0)
        v = value_select(l, c->row[last].when, c->row[last].value, v);
    if (c->has_otherwise)
        return v;
    return covered_by(l, v, c->covered != IR_NO_REF ? c->covered : some_row(l, c));
}

/* ---- by ---------------------------------------------------------------------------------------------------------- */

/* Rows by values of an enum, as disjoint sets: a value belongs to the first row that names it. */
static bool choices_of_sets(struct lower *l, const struct ast_expr *e, struct value by, struct choices *c) {
    uint32_t count = lower_enum_count(e->u.by.value);
    bool *taken = arena_array_of(l->arena, bool, count + 1);
    if (count == 0)
        return false;
    for (const struct ast_case *row = e->u.by.cases; row; row = row->next) {
        bool *set = arena_array_of(l->arena, bool, count);
        if (!row->keys)
            continue;
        if (!lower_enum_set(row->keys, set, count))
            return false;
        for (uint32_t i = 0; i < count; i++) {
            set[i] = set[i] && !taken[i];
            taken[i] = taken[i] || set[i];
        }
        add_choice(l, c, lower_member(l, by.num, set, count), lower_expr(l, row->value));
    }
    c->covered = lower_member(l, by.num, taken, count);
    return true;
}

static void choices_of_keys(struct lower *l, const struct ast_expr *e, struct value by, struct choices *c) {
    for (const struct ast_case *row = e->u.by.cases; row; row = row->next) {
        if (!row->keys)
            continue;
        ir_ref when = lower_bool(l, false);
        for (const struct ast_expr *key = row->keys; key; key = key->next)
            when = lower_or(l, when, value_holds(l, value_compare(l, IR_EQ, by, lower_expr(l, key))));
        add_choice(l, c, when, lower_expr(l, row->value));
    }
}

struct value lower_by(struct lower *l, const struct ast_expr *e) {
    struct choices c = {.covered = IR_NO_REF};
    struct value by = lower_expr(l, e->u.by.value);
    if (!choices_of_sets(l, e, by, &c)) {
        c.count = 0;
        choices_of_keys(l, e, by, &c);
    }
    for (const struct ast_case *row = e->u.by.cases; row && !c.has_otherwise; row = row->next)
        if (!row->keys) {
            c.has_otherwise = true;
            c.otherwise = lower_expr(l, row->value);
        }
    struct value v = choose(l, &c);
    v.ok = value_ok_both(l, v.ok, by.ok);
    return v;
}

/* ---- tier -------------------------------------------------------------------------------------------------------- */

struct constant {
    ir_int num, den;
};

struct tier_row {
    const struct model_tier_row *row;
    struct value lower, upper;
    struct value value;
    struct constant from, to; /* the bounds, where they are constant */
};

static ir_ref bound_holds(struct lower *l, enum ast_bound bound, struct value x, struct value at) {
    switch (bound) {
    case AST_BOUND_NONE:
        return lower_bool(l, true);
    case AST_BOUND_FROM:
        return value_holds(l, value_compare(l, IR_LE, at, x));
    case AST_BOUND_ABOVE:
        return value_holds(l, value_compare(l, IR_LT, at, x));
    case AST_BOUND_TO:
        return value_holds(l, value_compare(l, IR_LE, x, at));
    case AST_BOUND_BELOW:
        return value_holds(l, value_compare(l, IR_LT, x, at));
    }
    return lower_bool(l, true);
}

/* value, plus `adds` for each full `full` above the lower bound. */
static struct value tier_value(struct lower *l, const struct model_tier_row *row, struct value x, struct value from) {
    struct value v = lower_expr(l, row->row->value);
    if (!row->row->full)
        return v;
    assert(row->lower != AST_BOUND_NONE);
    struct value unit = lower_expr(l, row->row->full), adds = lower_expr(l, row->row->adds);
    struct value above = value_div(l, value_sub(l, x, from), unit, row->row->full);
    struct value steps = value_of(value_floor(l, above));
    steps.ok = above.ok;
    return value_add(l, v, value_mul(l, adds, steps));
}

/* Bounds so large that cross products would not fit count as computed ones. */
static bool constant_bound(const struct lower *l, enum ast_bound bound, struct value v, struct constant *out) {
    const ir_int limit = (ir_int)1 << 62;
    if (bound == AST_BOUND_NONE)
        return true;
    struct ir_inst num = l->func->inst[v.num];
    if (num.op != IR_CONST || v.scale != IR_NO_REF || v.ok != IR_NO_REF)
        return false;
    *out = (struct constant){num.imm, v.den};
    return num.imm < limit && num.imm > -limit && v.den < limit;
}

static bool all_constant(const struct lower *l, struct tier_row *row, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (!constant_bound(l, row[i].row->lower, row[i].lower, &row[i].from) ||
            !constant_bound(l, row[i].row->upper, row[i].upper, &row[i].to))
            return false;
    return true;
}

static int compare_constants(struct constant a, struct constant b) {
    ir_int left = a.num * b.den, right = b.num * a.den;
    return (left > right) - (left < right);
}

static int by_lower_bound(const void *left, const void *right) {
    const struct tier_row *a = left, *b = right;
    bool a_open = a->row->lower == AST_BOUND_NONE, b_open = b->row->lower == AST_BOUND_NONE;
    if (a_open || b_open)
        return (int)b_open - (int)a_open;
    return compare_constants(a->from, b->from);
}

/* Row b begins where row a ends: no value lies between them, none in both. */
static bool adjoins(const struct tier_row *a, const struct tier_row *b) {
    enum ast_bound upper = a->row->upper, lower = b->row->lower;
    bool meets =
        (upper == AST_BOUND_BELOW && lower == AST_BOUND_FROM) || (upper == AST_BOUND_TO && lower == AST_BOUND_ABOVE);
    return meets && compare_constants(a->to, b->from) == 0;
}

/* Rows with constant bounds that follow one another without gap, told apart by their lower bounds alone. Sorts them;
 * rows with constant bounds never overlap, so that their order decides nothing. */
static bool is_staircase(const struct lower *l, struct tier_row *row, uint32_t count) {
    if (count == 0 || !all_constant(l, row, count))
        return false;
    qsort(row, count, sizeof *row, by_lower_bound);
    for (uint32_t i = 0; i + 1 < count; i++)
        if (!adjoins(&row[i], &row[i + 1]))
            return false;
    return true;
}

static struct value climb(struct lower *l, const struct model_tier *tier, struct tier_row *row, struct value x) {
    struct value v = row[0].value;
    for (uint32_t i = 1; i < tier->count; i++)
        v = value_select(l, bound_holds(l, row[i].row->lower, x, row[i].lower), row[i].value, v);
    const struct tier_row *top = &row[tier->count - 1];
    ir_ref covered = lower_and(l, bound_holds(l, row[0].row->lower, x, row[0].lower),
                               bound_holds(l, top->row->upper, x, top->upper));
    if (tier->otherwise)
        return value_select(l, covered, v, lower_expr(l, tier->otherwise));
    return covered_by(l, v, covered);
}

static struct value first_row(struct lower *l, const struct model_tier *tier, struct tier_row *row, struct value x) {
    struct choices c = {.covered = IR_NO_REF};
    for (uint32_t i = 0; i < tier->count; i++) {
        ir_ref from = bound_holds(l, row[i].row->lower, x, row[i].lower);
        ir_ref to = bound_holds(l, row[i].row->upper, x, row[i].upper);
        add_choice(l, &c, lower_and(l, from, to), row[i].value);
    }
    if (tier->otherwise) {
        c.has_otherwise = true;
        c.otherwise = lower_expr(l, tier->otherwise);
    }
    return choose(l, &c);
}

struct value lower_tier(struct lower *l, const struct ast_expr *e) {
    const struct model_tier *tier = e->decl;
    assert(tier);
    struct value x = lower_expr(l, e->u.tier.value), v;
    struct tier_row *row = arena_array_of(l->arena, struct tier_row, tier->count + 1);
    for (uint32_t i = 0; i < tier->count; i++) {
        row[i].row = &tier->row[i];
        if (tier->row[i].lower != AST_BOUND_NONE)
            row[i].lower = lower_expr(l, tier->row[i].lower_value);
        if (tier->row[i].upper != AST_BOUND_NONE)
            row[i].upper = lower_expr(l, tier->row[i].upper_value);
        row[i].value = tier_value(l, &tier->row[i], x, row[i].lower);
    }
    v = is_staircase(l, row, tier->count) ? climb(l, tier, row, x) : first_row(l, tier, row, x);
    v.ok = value_ok_both(l, v.ok, x.ok);
    return v;
}
