/* `by` and `tier`: types of their rows, and which values they leave out, give twice or never reach. */
#include "check/check_int.h"
#include "tr.h"

#include <stdlib.h>

/* ---- by ---- */

static void check_key(struct site *p, struct ast_expr *value, struct ast_expr *key) {
    struct checker *c = p->c;
    struct site constant = {.c = c, .name = tr("a case")};
    const struct type *type = value->type, *found = check_expr(&constant, key, type->kind == TYPE_ENUM ? type : NULL);
    if (!check_known_type(type) || !check_known_type(found))
        return;
    bool fits =
        builtin_comparable(BUILTIN_EQUAL, type->kind, found->kind) && (type->kind != TYPE_ENUM || type == found);
    if (!fits)
        check_report_mismatch(c, key, type, found);
}

const struct type *check_by(struct site *p, struct ast_expr *e, const struct type *expected) {
    struct checker *c = p->c;
    const struct type *result = NULL;
    const struct ast_expr *first = NULL;
    const struct ast_case *otherwise = NULL;
    bool good = true;
    check_expr(p, e->u.by.value, NULL);
    for (struct ast_case *row = e->u.by.cases; row; row = row->next) {
        for (struct ast_expr *key = row->keys; key; key = key->next)
            check_key(p, e->u.by.value, key);
        if (!row->keys && otherwise) {
            struct diag *r = diag_add(c->d, DIAG_CASE_TWICE, row->span, "a second `else`");
            diag_label(c->d, r, otherwise->span, "the first is here");
        }
        if (!row->keys && !otherwise)
            otherwise = row;
        const struct type *type = check_expr(p, row->value, expected);
        good &= check_known_type(type);
        result = check_unify(c, result, first, type, row->value);
        if (!first && check_known_type(type))
            first = row->value;
    }
    return good && result ? result : check_basic(c, TYPE_ERROR);
}

struct coverage { /* of the values of a `by` */
    struct text_map *seen;
    ast_int reached;
};

static void cover(struct site *p, struct range all, const struct ast_expr *key, struct coverage *seen) {
    struct checker *c = p->c;
    struct range r = check_range_expr(p, key);
    struct text name = key->kind == AST_STRING ? key->u.string : TEXT("");
    if (key->kind != AST_STRING && !check_range_is_point(r))
        return;
    if (key->kind != AST_STRING)
        name = check_show_value(c->a, r.lo, TYPE_NUMBER);
    void **slot = text_map_slot(seen->seen, name);
    if (*slot) {
        const struct ast_expr *first = *slot;
        struct diag *d = diag_add(c->d, DIAG_CASE_TWICE, key->span, "this case is given twice");
        diag_label(c->d, d, first->span, "the first is here");
        return;
    }
    *slot = (void *)key;
    if (key->kind == AST_STRING || !all.known)
        return;
    if (rat_compare(r.lo, all.lo) < 0 || rat_compare(r.lo, all.hi) > 0 || (all.whole && !r.whole)) {
        diag_add(c->d, DIAG_CONDITION_CONSTANT, key->span, "this case never applies");
        return;
    }
    seen->reached++;
}

static bool all_reached(struct range all, ast_int count) {
    if (!all.known || !all.whole)
        return false;
    struct rat size = rat_add(rat_sub(all.hi, all.lo), rat_int(1));
    return rat_is_int(size) && size.num == count;
}

static void report_lacking(struct site *p, const struct ast_expr *value, const char *what) {
    struct checker *c = p->c;
    struct diag *d = diag_add(c->d, DIAG_TABLE_LACKS, value->span, "this table does not give every value a result");
    if (what)
        diag_note(c->d, d, "%s", what);
    diag_note(c->d, d, "only inside an award may a table leave something out: the claim is then ineligible");
    diag_help(c->d, d, "add a row `else: …`");
}

static const char *missing_values(struct site *p, const struct ast_expr *value, const struct coverage *seen) {
    const struct model_enum *en = value->type->kind == TYPE_ENUM ? value->type->enum_decl : NULL;
    struct text_buffer list = {.arena = p->c->a};
    if (!en)
        return NULL;
    text_add(&list, text_of(tr("without a case:")));
    for (uint32_t i = 0; i < en->count; i++) {
        struct text key = check_show_value(p->c->a, rat_int(i), TYPE_NUMBER);
        if (!text_map_get(seen->seen, key))
            text_addf(&list, " %.*s", TEXT_ARG(en->value[i].name));
    }
    return text_of_buffer(&list).data;
}

static void report_idle_else(struct checker *c, struct span span) {
    diag_add(c->d, DIAG_ELSE_IDLE, span, "`else` is never reached");
}

struct range check_range_by(struct site *p, const struct ast_expr *e) {
    const struct ast_expr *value = e->u.by.value;
    struct range all = check_range_expr(p, value), result = check_range_unknown();
    struct coverage seen = {.seen = text_map_new(p->c->a)};
    const struct ast_case *otherwise = NULL;
    bool first = true;
    for (const struct ast_case *row = e->u.by.cases; row; row = row->next) {
        for (const struct ast_expr *key = row->keys; key; key = key->next) {
            if (check_known_type(key->type))
                cover(p, all, key, &seen);
        }
        if (!row->keys)
            otherwise = row;
        struct range r = check_range_expr(p, row->value);
        result = first ? r : check_range_union(result, r);
        first = false;
    }
    bool complete = all_reached(all, seen.reached);
    if (otherwise && complete)
        report_idle_else(p->c, otherwise->span);
    if (!otherwise && !complete) {
        if (!p->may_lack)
            report_lacking(p, value, missing_values(p, value, &seen));
        p->lacks = true;
    }
    return result;
}

/* ---- tier: types ---- */

static bool check_bound(struct site *p, struct ast_expr *value, struct ast_expr *bound) {
    if (!bound)
        return true;
    const struct type *type = value->type, *found = check_expr(p, bound, NULL);
    if (!check_known_type(type) || !check_known_type(found))
        return false;
    if (builtin_comparable(BUILTIN_ORDER, type->kind, found->kind))
        return true;
    check_report_mismatch(p->c, bound, type, found);
    return false;
}

static bool check_step(struct site *p, struct ast_expr *value, struct ast_expr *full) {
    struct checker *c = p->c;
    if (check_known_type(value->type) && value->type->kind == TYPE_DATE)
        return check_kind(p, full, check_basic(c, TYPE_DAYS));
    return check_bound(p, value, full);
}

static const struct type *check_row(struct site *p, struct ast_expr *value, struct ast_row *row,
                                    const struct type *expected) {
    struct checker *c = p->c;
    bool good = check_bound(p, value, row->lower_value);
    good &= check_bound(p, value, row->upper_value);
    const struct type *type = check_expr(p, row->value, expected);
    if (row->full) {
        good &= check_step(p, value, row->full);
        const struct type *adds = check_expr(p, row->adds, NULL);
        good &= check_known_type(adds) && check_known_type(type);
        if (good)
            type = check_unify(c, type, row->value, adds, row->adds);
    }
    return good ? type : check_basic(c, TYPE_ERROR);
}

const struct type *check_tier(struct site *p, struct ast_expr *e, const struct type *expected) {
    struct checker *c = p->c;
    struct model_tier *tier = arena_new_of(c->a, struct model_tier);
    const struct type *value = check_expr(p, e->u.tier.value, NULL), *result = NULL;
    const struct ast_expr *first = NULL;
    size_t capacity = 0;
    bool good = check_known_type(value);
    if (good && !builtin_comparable(BUILTIN_ORDER, value->kind, value->kind)) {
        struct diag *r =
            diag_add(c->d, DIAG_TYPE_OPERANDS, e->u.tier.value->span, "%.*s has no order", TEXT_ARG(value->name));
        diag_help(c->d, r, "give each value its result with `by`");
        e->u.tier.value->type = check_basic(c, TYPE_ERROR);
        good = false;
    }
    for (struct ast_row *row = e->u.tier.rows; row; row = row->next) {
        const struct type *type = check_row(p, e->u.tier.value, row, expected);
        good &= check_known_type(type);
        result = check_unify(c, result, first, type, row->value);
        if (!first && check_known_type(type))
            first = row->value;
        if (row->lower == AST_BOUND_NONE && row->upper == AST_BOUND_NONE) {
            if (tier->otherwise)
                diag_add(c->d, DIAG_CASE_TWICE, row->span, "a second `else`");
            tier->otherwise = row->value;
            continue;
        }
        tier->row = arena_grow(c->a, tier->row, tier->count, &capacity, tier->count + 1, sizeof *tier->row);
        tier->row[tier->count++] =
            (struct model_tier_row){row, row->lower, row->upper, row->lower_value, row->upper_value};
    }
    e->decl = tier;
    return good && result ? result : check_basic(c, TYPE_ERROR);
}

/* ---- tier: intervals ---- */

struct edge { /* a bound as a number; `beside`: -1 just below it, 0 at it, 1 just above it */
    struct rat at;
    int beside;
};

struct span_of_row {
    const struct ast_row *row;
    struct range lower, upper; /* of the bounds' values; unknown where open */
    struct edge from, to;
    bool exact; /* from and to are constants (or the ends of the value's range) */
};

static int compare_edges(struct edge a, struct edge b) {
    int order = rat_compare(a.at, b.at);
    return order ? order : a.beside - b.beside;
}

static struct edge lower_edge(enum ast_bound bound, struct rat at, bool whole) {
    bool above = bound == AST_BOUND_ABOVE;
    if (!whole)
        return (struct edge){at, above};
    return (struct edge){above ? rat_add(rat_floor(at), rat_int(1)) : rat_ceil(at), 0};
}

static struct edge upper_edge(enum ast_bound bound, struct rat at, bool whole) {
    bool below = bound == AST_BOUND_BELOW;
    if (!whole)
        return (struct edge){at, -below};
    return (struct edge){below ? rat_sub(rat_ceil(at), rat_int(1)) : rat_floor(at), 0};
}

/* Bounds that were left out come from the neighbour: the next row where bounds rise, the one before where they fall. */
static void fill_bounds(struct model_tier *tier, bool falling) {
    for (uint32_t i = 0; i < tier->count; i++) {
        struct model_tier_row *row = &tier->row[i];
        bool has_next = i + 1 < tier->count, has_last = i > 0;
        const struct ast_row *above =
            falling ? (has_last ? tier->row[i - 1].row : NULL) : (has_next ? tier->row[i + 1].row : NULL);
        const struct ast_row *below =
            falling ? (has_next ? tier->row[i + 1].row : NULL) : (has_last ? tier->row[i - 1].row : NULL);
        if (row->row->upper == AST_BOUND_NONE && above && above->lower != AST_BOUND_NONE) {
            row->upper = above->lower == AST_BOUND_FROM ? AST_BOUND_BELOW : AST_BOUND_TO;
            row->upper_value = above->lower_value;
        }
        if (row->row->lower == AST_BOUND_NONE && below && below->upper != AST_BOUND_NONE) {
            row->lower = below->upper == AST_BOUND_TO ? AST_BOUND_ABOVE : AST_BOUND_FROM;
            row->lower_value = below->upper_value;
        }
    }
}

static bool falls(const struct span_of_row *rows, uint32_t count) {
    if (count < 2)
        return false;
    struct range first = rows[0].lower.known ? rows[0].lower : rows[0].upper;
    struct range last = rows[count - 1].lower.known ? rows[count - 1].lower : rows[count - 1].upper;
    return first.known && last.known && rat_compare(last.hi, first.lo) < 0;
}

/* The interval of a bound taken from a neighbour is that neighbour's. */
static struct range range_of_bound(const struct model_tier *tier, const struct span_of_row *rows,
                                   const struct ast_expr *bound) {
    for (uint32_t i = 0; bound && i < tier->count; i++) {
        if (tier->row[i].row->lower_value == bound)
            return rows[i].lower;
        if (tier->row[i].row->upper_value == bound)
            return rows[i].upper;
    }
    return check_range_unknown();
}

/* So far from the ends of 128 bits that the next whole number can be looked at. */
static bool comfortable(struct rat v) {
    ast_int most = (ast_int)1 << 120;
    return rat_valid(v) && v.num < most && v.num > -most;
}

static void place_row(const struct model_tier *tier, struct span_of_row *rows, uint32_t i, struct range all) {
    const struct model_tier_row *m = &tier->row[i];
    uint32_t near = i ? i - 1 : 0, count = tier->count - near < 3 ? tier->count - near : 3;
    struct model_tier around = {.row = tier->row + near, .count = count};
    struct range lower = range_of_bound(&around, rows + near, m->lower_value);
    struct range upper = range_of_bound(&around, rows + near, m->upper_value);
    bool open_below = m->lower == AST_BOUND_NONE, open_above = m->upper == AST_BOUND_NONE;
    rows[i].exact =
        all.known && (open_below || check_range_is_point(lower)) && (open_above || check_range_is_point(upper));
    if (!rows[i].exact)
        return;
    rows[i].from = open_below ? (struct edge){all.lo, 0} : lower_edge(m->lower, lower.lo, all.whole);
    rows[i].to = open_above ? (struct edge){all.hi, 0} : upper_edge(m->upper, upper.lo, all.whole);
    rows[i].exact = comfortable(rows[i].from.at) && comfortable(rows[i].to.at);
}

static bool row_is_reached(struct site *p, const struct span_of_row *row, struct range all) {
    struct edge least = {all.lo, 0}, most = {all.hi, 0};
    const char *why = NULL;
    if (compare_edges(row->from, row->to) > 0)
        why = tr("no value lies between its bounds");
    else if (compare_edges(row->from, most) > 0)
        why = tr("the value is never so large");
    else if (compare_edges(row->to, least) < 0)
        why = tr("the value is never so small");
    if (!why)
        return true;
    struct diag *d = diag_add(p->c->d, DIAG_TIER_UNREACHABLE, row->row->span, "this row can never be reached");
    diag_note(p->c->d, d, "%s", why);
    return false;
}

static int by_from(const void *a, const void *b) {
    return compare_edges((*(const struct span_of_row *const *)a)->from, (*(const struct span_of_row *const *)b)->from);
}

/* Whether nothing lies between the end of one row and the start of the next. */
static bool touch(struct edge to, struct edge from, bool whole) {
    if (whole)
        return rat_compare(from.at, rat_add(to.at, rat_int(1))) <= 0;
    return rat_compare(from.at, to.at) < 0 || (rat_compare(from.at, to.at) == 0 && from.beside - to.beside <= 1);
}

struct tier_gaps {
    bool inside, ends;
};

static void report_gap(struct site *p, const struct span_of_row *before, const struct span_of_row *after,
                       enum type_kind kind) {
    struct checker *c = p->c;
    struct text lo = check_show_value(c->a, before->to.at, kind), hi = check_show_value(c->a, after->from.at, kind);
    struct diag *d = diag_add(c->d, DIAG_TIER_GAP, after->row->span, "no row for values between %.*s and %.*s",
                              TEXT_ARG(lo), TEXT_ARG(hi));
    diag_label(c->d, d, before->row->span, "the row before ends at %.*s", TEXT_ARG(lo));
    diag_note(c->d, d, "claims with such a value are ineligible");
}

static struct tier_gaps compare_rows(struct site *p, const struct ast_expr *e, struct span_of_row **sorted,
                                     uint32_t count, struct range all, bool has_else) {
    struct checker *c = p->c;
    struct tier_gaps gaps = {0};
    for (uint32_t i = 1; i < count; i++) {
        struct span_of_row *last = sorted[i - 1], *next = sorted[i];
        if (compare_edges(next->from, last->to) <= 0) {
            bool swap = last->row->span.lo > next->row->span.lo;
            struct diag *d =
                diag_add(c->d, DIAG_TIER_OVERLAP, (swap ? last : next)->row->span, "this row overlaps another");
            diag_label(c->d, d, (swap ? next : last)->row->span, "with this one");
        } else if (!touch(last->to, next->from, all.whole)) {
            gaps.inside = true;
            if (!has_else && p->may_lack)
                report_gap(p, last, next, e->u.tier.value->type->kind);
        }
    }
    struct edge least = {all.lo, 0}, most = {all.hi, 0};
    gaps.ends =
        count == 0 || compare_edges(sorted[0]->from, least) > 0 || compare_edges(sorted[count - 1]->to, most) < 0;
    return gaps;
}

/* What the row gives: its value, and what its steps add. */
static struct range row_value(struct site *p, const struct span_of_row *s, const struct model_tier_row *m,
                              struct range value) {
    struct checker *c = p->c;
    struct range r = check_range_expr(p, s->row->value);
    if (!s->row->full)
        return r;
    struct range full = check_range_expr(p, s->row->full), adds = check_range_expr(p, s->row->adds), lower = s->lower;
    if (full.known && rat_sign(full.lo) <= 0) {
        check_report_zero(p, s->row->full, full, tr("the step must be above zero"));
        return check_range_unknown();
    }
    if (m->lower == AST_BOUND_NONE) {
        struct diag *d = diag_add(c->d, DIAG_TIER_STEP, s->row->full->span, "these steps have no start");
        diag_note(c->d, d, "`each full` counts from the lower bound of its row");
        diag_help(c->d, d, "give the row a lower bound: `from …` or `above …`");
        return check_range_unknown();
    }
    if (!value.known || !r.known)
        return check_range_unknown();
    struct rat highest = s->exact && rat_compare(s->to.at, value.hi) < 0 ? s->to.at : value.hi;
    if (!lower.known)
        lower = s->exact ? check_range_point(s->from.at) : value;
    struct range above = check_range_sum(check_range_point(highest), lower, true);
    struct range steps = check_range_floor(check_range_quotient(above, full));
    if (!steps.known)
        return steps;
    if (rat_sign(steps.hi) < 0)
        steps.hi = rat_int(0);
    return check_range_sum(r, check_range_product(check_range_make(rat_int(0), steps.hi, true), adds), false);
}

static struct range rows_value(struct site *p, const struct span_of_row *rows, const struct model_tier *tier,
                               struct range value) {
    struct range result = check_range_unknown();
    for (uint32_t i = 0; i < tier->count; i++) {
        struct range r = row_value(p, &rows[i], &tier->row[i], value);
        result = i ? check_range_union(result, r) : r;
    }
    if (!tier->otherwise)
        return result;
    struct range r = check_range_expr(p, tier->otherwise);
    return tier->count ? check_range_union(result, r) : r;
}

/* Reports rows that cannot be reached, overlap, or leave a gap; returns whether every value has a row. */
static bool compare_all(struct site *p, const struct ast_expr *e, struct span_of_row *rows,
                        const struct model_tier *tier, struct range all) {
    struct span_of_row **sorted = arena_array_of(p->c->a, struct span_of_row *, tier->count + 1);
    uint32_t count = 0;
    bool exact = all.known, reached = true;
    for (uint32_t i = 0; i < tier->count; i++) {
        exact &= rows[i].exact;
        if (!rows[i].exact)
            continue;
        if (row_is_reached(p, &rows[i], all))
            sorted[count++] = &rows[i];
        else
            reached = false;
    }
    qsort(sorted, count, sizeof *sorted, by_from);
    if (!exact || !reached)
        return reached ? false : true; /* after a mistake nothing is said to be left out */
    struct tier_gaps gaps = compare_rows(p, e, sorted, count, all, tier->otherwise != NULL);
    return !gaps.inside && !gaps.ends;
}

struct range check_range_tier(struct site *p, const struct ast_expr *e) {
    struct checker *c = p->c;
    struct model_tier *tier = (struct model_tier *)e->decl;
    struct range value = check_range_expr(p, e->u.tier.value);
    struct span_of_row *rows = arena_array_of(c->a, struct span_of_row, tier->count + 1);
    for (uint32_t i = 0; i < tier->count; i++) {
        const struct ast_row *row = tier->row[i].row;
        rows[i].row = row;
        rows[i].lower = row->lower_value ? check_range_expr(p, row->lower_value) : check_range_unknown();
        rows[i].upper = row->upper_value ? check_range_expr(p, row->upper_value) : check_range_unknown();
    }
    fill_bounds(tier, falls(rows, tier->count));
    for (uint32_t i = 0; i < tier->count; i++)
        place_row(tier, rows, i, value);
    size_t errors = c->d->error_count;
    bool complete = compare_all(p, e, rows, tier, value);
    if (tier->otherwise && complete && tier->count && errors == c->d->error_count) {
        report_idle_else(c, tier->otherwise->span);
    }
    if (!tier->otherwise && !complete) {
        if (!p->may_lack)
            report_lacking(p, e->u.tier.value, NULL);
        p->lacks = true;
    }
    return rows_value(p, rows, tier, value);
}
