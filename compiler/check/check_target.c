/* Targets: what indicators are to reach. */
#include "check/check_int.h"
#include "tr.h"

struct indicator { /* what earlier targets said of the same name */
    struct model_target *target;
    bool grows;
    struct span span;
};

static struct model_target *new_target(struct checker *c, const struct ast_stmt *stmt, struct origin at) {
    struct model_target *t = arena_new_of(c->a, struct model_target);
    t->name = stmt->name.text;
    t->column = stmt->columns ? stmt->columns->text : t->name;
    t->label = stmt->label ? stmt->label->text : (struct text){0};
    t->clause = at.clause;
    t->sense = stmt->target.at_most ? POL_AT_MOST : POL_AT_LEAST;
    t->first_year = stmt->target.first_year;
    t->last_year = stmt->target.last_year;
    t->type = POL_COUNT;
    *c->target_tail = t;
    c->target_tail = &t->next;
    c->m->target_count++;
    return t;
}

static enum pol_target_kind target_kind(enum ast_target_kind kind) {
    switch (kind) {
    case AST_TARGET_BY:
        return POL_TARGET_BY;
    case AST_TARGET_EVERY:
        return POL_TARGET_EVERY;
    case AST_TARGET_GROWS:
        return POL_TARGET_GROWTH;
    case AST_TARGET_TOTAL:
        return POL_TARGET_TOTAL;
    }
    return POL_TARGET_BY;
}

static void check_years(struct checker *c, const struct ast_stmt *stmt) {
    int32_t first = stmt->target.first_year, last = stmt->target.last_year;
    if (first >= 1990 && last <= 2099 && first <= last)
        return;
    const char *why = first > last ? tr("the first year comes after the last") : tr("years go from 1990 to 2099");
    diag_add(c->d, DIAG_TARGET_YEARS, stmt->span, "%s", why);
}

/* The type of the value: what its unit says. A bare number is a count. */
static const struct type *value_type(struct checker *c, const struct ast_stmt *stmt, const struct type *found) {
    if (stmt->target.type.text.size) {
        const struct type *type = type_by_name(c->m->types, stmt->target.type.text);
        bool fits = type && (type->kind == TYPE_MONEY || type->kind == TYPE_RATE || type->kind == TYPE_COUNT);
        if (fits)
            return type;
        diag_add(c->d, DIAG_TYPE_UNKNOWN, stmt->target.type.span, "a target is money, rate or count");
    }
    if (found->kind == TYPE_MONEY || found->kind == TYPE_RATE)
        return found;
    return check_basic(c, TYPE_COUNT);
}

static void check_value(struct checker *c, const struct ast_stmt *stmt, struct model_target *t) {
    struct site p = {.c = c, .name = tr("a target")};
    const struct type *found = check_expr(&p, stmt->expr, NULL);
    if (!check_known_type(found))
        return;
    const struct type *type = t->kind == POL_TARGET_GROWTH ? check_basic(c, TYPE_RATE) : value_type(c, stmt, found);
    if (!check_constant(c, stmt->expr, type, tr("a target"), &t->value))
        return;
    if (t->kind == POL_TARGET_GROWTH)
        return;
    t->type = type->kind == TYPE_MONEY ? POL_MONEY : type->kind == TYPE_RATE ? POL_RATE : POL_COUNT;
}

/* Several targets may be set for one indicator: they agree on what it is and where it stands. */
static void same_indicator(struct checker *c, const struct ast_stmt *stmt, struct model_target *t) {
    void **slot = text_map_slot(c->indicators, t->name);
    struct indicator *known = *slot;
    bool grows = t->kind == POL_TARGET_GROWTH;
    if (!known) {
        known = arena_new_of(c->a, struct indicator);
        *known = (struct indicator){t, grows, stmt->name.span};
        *slot = known;
        return;
    }
    if (!stmt->columns)
        t->column = known->target->column;
    if (!t->label.size)
        t->label = known->target->label;
    if (!text_equal(t->column, known->target->column)) {
        struct diag *r = diag_add(c->d, DIAG_COLUMN_TWICE, stmt->columns->span,
                                  "the indicator `%.*s` has another column already", TEXT_ARG(t->name));
        diag_label(c->d, r, known->span, "here");
    }
    if (grows) {
        t->type = known->target->type;
    } else if (known->grows) {
        *known = (struct indicator){t, false, stmt->name.span}; /* knows the type; check_growth hands it back */
    } else if (t->type != known->target->type) {
        struct diag *r = diag_add(c->d, DIAG_TYPE_MISMATCH, stmt->expr->span,
                                  "the indicator `%.*s` is measured otherwise elsewhere", TEXT_ARG(t->name));
        diag_label(c->d, r, known->span, "here");
    }
}

void check_target(struct checker *c, struct ast_stmt *stmt, struct origin at) {
    struct model_target *t = new_target(c, stmt, at);
    t->kind = target_kind(stmt->target.kind);
    if (t->kind == POL_TARGET_BY || t->kind == POL_TARGET_TOTAL)
        t->first_year = t->last_year;
    check_years(c, stmt);
    check_value(c, stmt, t);
    same_indicator(c, stmt, t);
}

void check_growth(struct checker *c) {
    for (struct model_target *t = c->m->targets; t; t = t->next) {
        const struct indicator *known = text_map_get(c->indicators, t->name);
        if (t->kind == POL_TARGET_GROWTH && known)
            t->type = known->target->type;
    }
}
