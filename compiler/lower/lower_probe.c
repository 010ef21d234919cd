/* Probes: instructions beside those of the policy that say which outcomes a claim has touched (probe.h). Parts that are
 * lowered a second time become the same instructions. */
#include "lower/lower_int.h"
#include "tr.h"

uint32_t probe_point(struct probes *probes, const void *node, const char *outcome, struct span span) {
    if (!probes->index)
        probes->index = text_map_new(probes->arena);
    struct text key = text_format(probes->arena, "%p %s", node, outcome);
    void **slot = text_map_slot(probes->index, key);
    if (!*slot) {
        probes->point = arena_grow(probes->arena, probes->point, probes->point_count, &probes->point_capacity,
                                   probes->point_count + 1, sizeof *probes->point);
        probes->point[probes->point_count++] = (struct probe_point){node, outcome, span, false};
        uint32_t *index = arena_new_of(probes->arena, uint32_t);
        *index = (uint32_t)probes->point_count - 1;
        *slot = index;
    }
    return *(const uint32_t *)*slot;
}

void lower_probe(struct lower *l, const void *node, const char *outcome, struct span span, ir_ref when) {
    struct probes *probes = l->probes;
    if (!probes || lower_is_const(l, when, 0)) /* what cannot be is not asked for */
        return;
    uint32_t point = probe_point(probes, node, outcome, span);
    probes->probe = arena_grow(probes->arena, probes->probe, probes->probe_count, &probes->probe_capacity,
                               probes->probe_count + 1, sizeof *probes->probe);
    probes->probe[probes->probe_count++] = (struct probe){l->func->block_count - 1, when, point};
}

ir_ref lower_probe_passed(struct lower *l, const struct ending_list *list) {
    ir_ref passed = lower_bool(l, true);
    for (size_t i = 0; l->probes && i < list->count; i++)
        passed = lower_and(l, passed, lower_not(l, list->entry[i].when));
    return passed;
}

/* ---- conditions -------------------------------------------------------------------------------------------------- */

static const struct ast_expr *definition_of(const struct ast_expr *e) {
    const struct decl *decl = e->kind == AST_NAME ? e->decl : NULL;
    return decl && decl->kind == DECL_DEFINE ? decl->u.define->expr : NULL;
}

static bool is_logic(const struct ast_expr *e) {
    return e->kind == AST_BINARY && (e->u.binary.op == AST_AND || e->u.binary.op == AST_OR);
}

/* `level in (gold, silver)`: each value that is listed. */
static void probe_list(struct lower *l, const struct ast_expr *e, ir_ref guard) {
    struct value v = lower_expr(l, e->u.in.value);
    for (const struct ast_expr *x = e->u.in.list; x; x = x->next) {
        ir_ref is = value_holds(l, value_compare(l, IR_EQ, v, lower_expr(l, x)));
        lower_probe(l, x, tr("met"), x->span, lower_and(l, guard, is));
    }
}

void lower_probe_condition(struct lower *l, const struct ast_expr *e, ir_ref guard) {
    if (!l->probes)
        return;
    ir_ref holds = value_holds(l, lower_expr(l, e));
    lower_probe(l, e, tr("holds"), e->span, lower_and(l, guard, holds));
    lower_probe(l, e, tr("fails"), e->span, lower_and(l, guard, lower_not(l, holds)));
    if (definition_of(e)) {
        lower_probe_condition(l, definition_of(e), guard);
    } else if (is_logic(e)) {
        lower_probe_condition(l, e->u.binary.left, guard);
        lower_probe_condition(l, e->u.binary.right, guard);
    } else if (e->kind == AST_NOT && is_logic(e->u.operand)) {
        lower_probe_condition(l, e->u.operand, guard);
    } else {
        lower_probe_value(l, e, guard);
    }
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

static void probe_by(struct lower *l, const struct ast_expr *e, ir_ref guard) {
    struct value by = lower_expr(l, e->u.by.value);
    ir_ref rest = guard;
    const struct ast_case *otherwise = NULL;
    for (const struct ast_case *c = e->u.by.cases; c; c = c->next) {
        ir_ref row = lower_bool(l, false);
        otherwise = c->keys || otherwise ? otherwise : c;
        for (const struct ast_expr *key = c->keys; key; key = key->next) {
            ir_ref is = value_holds(l, value_compare(l, IR_EQ, by, lower_expr(l, key)));
            lower_probe(l, key, tr("chosen"), key->span, lower_and(l, guard, is));
            row = lower_or(l, row, is);
        }
        if (c->keys) {
            lower_probe_value(l, c->value, lower_and(l, rest, row));
            rest = lower_and(l, rest, lower_not(l, row));
        }
    }
    if (otherwise) {
        lower_probe(l, otherwise, tr("chosen"), otherwise->span, rest);
        lower_probe_value(l, otherwise->value, rest);
    }
}

static ir_ref bound_holds(struct lower *l, enum ast_bound bound, struct value x, const struct ast_expr *at) {
    switch (bound) {
    case AST_BOUND_NONE:
        break;
    case AST_BOUND_FROM:
        return value_holds(l, value_compare(l, IR_LE, lower_expr(l, at), x));
    case AST_BOUND_ABOVE:
        return value_holds(l, value_compare(l, IR_LT, lower_expr(l, at), x));
    case AST_BOUND_TO:
        return value_holds(l, value_compare(l, IR_LE, x, lower_expr(l, at)));
    case AST_BOUND_BELOW:
        return value_holds(l, value_compare(l, IR_LT, x, lower_expr(l, at)));
    }
    return lower_bool(l, true);
}

/* A row that adds for each full unit: with at least one of them, and with none. */
static void probe_step(struct lower *l, const struct model_tier_row *row, struct value x, ir_ref chosen) {
    const struct ast_expr *full = row->row->full;
    struct value from = lower_expr(l, row->lower_value);
    ir_ref adds = value_holds(l, value_compare(l, IR_LE, value_add(l, from, lower_expr(l, full)), x));
    lower_probe(l, full, tr("added"), full->span, lower_and(l, chosen, adds));
    lower_probe(l, full, tr("not added"), full->span, lower_and(l, chosen, lower_not(l, adds)));
}

static void probe_tier(struct lower *l, const struct ast_expr *e, ir_ref guard) {
    const struct model_tier *tier = e->decl;
    struct value x = lower_expr(l, e->u.tier.value);
    ir_ref rest = guard;
    for (uint32_t i = 0; i < tier->count; i++) {
        const struct model_tier_row *row = &tier->row[i];
        ir_ref holds = lower_and(l, bound_holds(l, row->lower, x, row->lower_value),
                                 bound_holds(l, row->upper, x, row->upper_value));
        ir_ref chosen = lower_and(l, rest, holds);
        lower_probe(l, row->row, tr("chosen"), row->row->span, chosen);
        if (row->row->full)
            probe_step(l, row, x, chosen);
        lower_probe_value(l, row->row->value, chosen);
        rest = lower_and(l, rest, lower_not(l, holds));
    }
    if (tier->otherwise) {
        lower_probe(l, tier->otherwise, tr("chosen"), tier->otherwise->span, rest);
        lower_probe_value(l, tier->otherwise, rest);
    }
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

/* `a at most b`: the bound changes the value, or does not. */
static void probe_bound(struct lower *l, const struct ast_expr *e, ir_ref guard) {
    struct value a = lower_expr(l, e->u.binary.left), b = lower_expr(l, e->u.binary.right);
    bool least = e->u.binary.op == AST_AT_LEAST;
    ir_ref binds = value_holds(l, least ? value_compare(l, IR_LT, a, b) : value_compare(l, IR_LT, b, a));
    ir_ref leaves = value_holds(l, least ? value_compare(l, IR_LE, b, a) : value_compare(l, IR_LE, a, b));
    struct span span = span_join(e->u.binary.op_span, e->u.binary.right->span);
    lower_probe(l, e, tr("binds"), span, lower_and(l, guard, binds));
    lower_probe(l, e, tr("does not bind"), span, lower_and(l, guard, leaves));
}

/* min, max: each argument decides. */
static void probe_extreme(struct lower *l, const struct ast_expr *args, bool min, ir_ref guard) {
    for (const struct ast_expr *x = args; x; x = x->next) {
        ir_ref decides = guard;
        for (const struct ast_expr *y = args; y; y = y->next) {
            if (y == x)
                continue;
            struct value a = lower_expr(l, min ? x : y), b = lower_expr(l, min ? y : x);
            decides = lower_and(l, decides, value_holds(l, value_compare(l, IR_LE, a, b)));
        }
        lower_probe(l, x, tr("decides"), x->span, decides);
    }
}

static void probe_call(struct lower *l, const struct ast_expr *e, ir_ref guard) {
    const struct decl *decl = e->decl;
    if (decl->u.function == FUNCTION_SHARE)
        return;
    if (decl->u.function == FUNCTION_MIN || decl->u.function == FUNCTION_MAX)
        probe_extreme(l, e->u.call.args, decl->u.function == FUNCTION_MIN, guard);
    for (const struct ast_expr *x = e->u.call.args; x; x = x->next)
        if (decl->u.function == FUNCTION_HOW_MANY)
            lower_probe_condition(l, x, guard);
        else
            lower_probe_value(l, x, guard);
}

static void probe_if(struct lower *l, const struct ast_expr *e, ir_ref guard) {
    ir_ref holds = value_holds(l, lower_expr(l, e->u.cond.condition));
    lower_probe_condition(l, e->u.cond.condition, guard);
    lower_probe_value(l, e->u.cond.then, lower_and(l, guard, holds));
    lower_probe_value(l, e->u.cond.otherwise, lower_and(l, guard, lower_not(l, holds)));
}

static void probe_binary(struct lower *l, const struct ast_expr *e, ir_ref guard) {
    enum ast_op op = e->u.binary.op;
    if (op == AST_AT_MOST || op == AST_UP_TO || op == AST_AT_LEAST)
        probe_bound(l, e, guard);
    lower_probe_value(l, e->u.binary.left, guard);
    lower_probe_value(l, e->u.binary.right, guard);
}

void lower_probe_value(struct lower *l, const struct ast_expr *e, ir_ref guard) {
    if (!l->probes || !e)
        return;
    switch (e->kind) {
    case AST_NAME:
        lower_probe_value(l, definition_of(e), guard);
        break;
    case AST_NOT:
    case AST_NEGATE:
        lower_probe_value(l, e->u.operand, guard);
        break;
    case AST_BINARY:
        if (is_logic(e))
            lower_probe_condition(l, e, guard);
        else
            probe_binary(l, e, guard);
        break;
    case AST_IN:
        probe_list(l, e, guard);
        break;
    case AST_CALL:
        probe_call(l, e, guard);
        break;
    case AST_IF:
        probe_if(l, e, guard);
        break;
    case AST_BY:
        lower_probe_value(l, e->u.by.value, guard);
        probe_by(l, e, guard);
        break;
    case AST_TIER:
        lower_probe_value(l, e->u.tier.value, guard);
        probe_tier(l, e, guard);
        break;
    case AST_NUMBER:
    case AST_RATIO:
    case AST_DATE:
    case AST_BOOL:
    case AST_STRING:
    case AST_MEMBER:
    case AST_MISSING:
    case AST_ERROR:
        break;
    }
}
