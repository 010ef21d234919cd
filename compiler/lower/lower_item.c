/* An item: a block of the row function that decides stages 3 and 4, and the steps of stages 5 to 7. */
#include <assert.h>

#include "lower/lower_int.h"
#include "tr.h"

static bool within(struct span inner, struct span outer) {
    return inner.lo >= outer.lo && inner.hi <= outer.hi;
}

static struct text item_rule_name(struct lower *l, const struct model_item *item, const char *what) {
    return text_format(l->arena, "%.*s.%s", TEXT_ARG(item->name), what);
}

/* ---- stage 3 ----------------------------------------------------------------------------------------------------- */

/* A condition without a value is not met. */
ir_ref lower_requirement(struct lower *l, const struct model_require *require) {
    ir_ref kinds = lower_kinds(l, &require->kinds);
    if (!require->condition)
        return kinds == IR_NO_REF ? lower_bool(l, false) : lower_not(l, kinds);
    ir_ref fails = lower_not(l, value_holds(l, lower_expr(l, require->condition)));
    return kinds == IR_NO_REF ? fails : lower_and(l, kinds, fails);
}

struct ir_rule lower_require_rule(struct lower *l, const struct model_require *require, uint32_t item) {
    struct span span = require->condition ? require->condition->span : require->span;
    return (struct ir_rule){
        .name = require->name,
        .source = lower_source(l, span),
        .quote = lower_quote(require->clause),
        .clause = lower_clause_index(require->clause),
        .item = require->of_policy ? POL_NONE : item,
        .reason = POL_INELIGIBLE,
    };
}

static void probe_requirement(struct lower *l, const struct model_require *r, ir_ref guard) {
    ir_ref kinds = lower_kinds(l, &r->kinds);
    const void *node = r->condition ? (const void *)r->condition : r; /* one for every item where it is the policy's */
    if (kinds != IR_NO_REF) {
        lower_probe(l, node, tr("for these kinds"), r->span, lower_and(l, guard, kinds));
        lower_probe(l, node, tr("for other kinds"), r->span, lower_and(l, guard, lower_not(l, kinds)));
        guard = lower_and(l, guard, kinds);
    }
    if (r->condition)
        lower_probe_condition(l, r->condition, guard);
}

/* The item's kinds, then what the whole policy requires, then its own conditions: the first that fails is named. */
static void lower_requires(struct lower *l, const struct model_item *item, struct ending_list *endings) {
    for (int turn = 0; turn < 3; turn++)
        for (const struct model_require *r = item->requires; r; r = r->next) {
            int place = !r->condition ? 0 : r->of_policy ? 1 : 2;
            if (place != turn)
                continue;
            struct ir_rule rule = lower_require_rule(l, r, item->index);
            if (!r->of_policy && item->quote.size)
                rule.quote = item->quote;
            probe_requirement(l, r, lower_probe_passed(l, endings));
            lower_ends(l, endings, lower_requirement(l, r), rule);
        }
}

/* ---- stage 4 ----------------------------------------------------------------------------------------------------- */

static struct ir_rule award_rule(struct lower *l, const struct model_item *item, const char *what,
                                 enum pol_reason reason) {
    return (struct ir_rule){
        .name = item_rule_name(l, item, what),
        .source = lower_source(l, item->award->span),
        .quote = item->quote,
        .clause = lower_clause_index(item->clause),
        .item = item->index,
        .reason = reason,
    };
}

/* `award by applicant.kind { … }` with a case for each kind that the item is for: there is always one. */
static bool every_kind_has_a_case(struct lower *l, const struct model_item *item) {
    const struct ast_expr *e = item->award;
    const struct decl *decl = e->kind == AST_BY ? e->u.by.value->decl : NULL;
    if (!decl || decl->kind != DECL_FIELD || !item->kinds.field || decl->u.field != item->kinds.field)
        return false;
    uint32_t count = item->kinds.field->enumeration->count;
    bool *set = arena_array_of(l->arena, bool, count);
    for (const struct ast_case *c = e->u.by.cases; c; c = c->next)
        if (!c->keys || !lower_enum_set(c->keys, set, count))
            return false;
    for (uint32_t i = 0; i < count; i++)
        if (item->kinds.allowed[i] && !set[i])
            return false;
    return true;
}

static ir_ref lower_award(struct lower *l, const struct model_item *item, struct ending_list *endings) {
    struct value v = lower_expr(l, item->award);
    const struct ast_expr *outer = l->at;
    l->at = item->award;
    ir_ref award = value_round(l, v);
    if (!lower_fits_amount(l, award)) {
        report_amount(l, item->award);
        award = lower_const(l, 1);
    }
    ir_ref none = lower_emit(l, IR_LE, award, lower_const(l, 0), IR_NO_REF);
    if (v.ok != IR_NO_REF)
        none = lower_or(l, lower_not(l, v.ok), none);
    ir_ref passed = lower_probe_passed(l, endings);
    lower_probe_value(l, item->award, passed);
    lower_probe(l, item->award, tr("an award"), item->award->span, lower_and(l, passed, lower_not(l, none)));
    if (!every_kind_has_a_case(l, item))
        lower_probe(l, item->award, tr("no award"), item->award->span, lower_and(l, passed, none));
    lower_ends(l, endings, none, award_rule(l, item, "no_award", POL_INELIGIBLE));
    l->at = outer;
    return award;
}

/* ---- operands of steps ------------------------------------------------------------------------------------------- */

static struct pol_operand constant_operand(int64_t value) {
    return (struct pol_operand){.kind = POL_OPERAND_CONST, .value = value};
}

/* The item's aux column for a value; equal values share one. */
static struct pol_operand aux_operand(struct lower *l, ir_ref ref) {
    size_t at = 0;
    while (at < l->aux_count && l->aux[at] != ref)
        at++;
    if (at == l->aux_count) {
        l->aux = arena_grow(l->policy->arena, l->aux, l->aux_count, &l->aux_capacity, l->aux_count + 1, sizeof *l->aux);
        l->aux[l->aux_count++] = ref;
    }
    return (struct pol_operand){.kind = POL_OPERAND_AUX, .aux = (uint32_t)at};
}

/* An integer as an operand: 0 where there is no value, never negative, within 64 bits. */
static struct pol_operand operand(struct lower *l, const struct ast_expr *e, ir_ref ref, ir_ref ok) {
    ir_ref zero = lower_const(l, 0);
    if (ok != IR_NO_REF)
        ref = lower_emit(l, IR_SELECT, ok, ref, zero);
    ref = lower_emit(l, IR_MAX, ref, zero, IR_NO_REF);
    if (!lower_fits_amount(l, ref)) {
        report_amount(l, e);
        return constant_operand(0);
    }
    const struct ir_inst *inst = &l->func->inst[ref];
    return inst->op == IR_CONST ? constant_operand((int64_t)inst->imm) : aux_operand(l, ref);
}

static bool is_zero(struct pol_operand operand) {
    return operand.kind == POL_OPERAND_CONST && operand.value == 0;
}

/* ---- stages 5 to 7 ----------------------------------------------------------------------------------------------- */

struct steps {
    struct lower *l;
    const struct model_item *item;
    struct pol_step *step;
    uint32_t count;
};

static enum pol_reason cell_reason(enum pol_cell_kind kind) {
    return kind == POL_CELL_CAP ? POL_CAP_REACHED : POL_ALREADY_AWARDED;
}

static uint32_t cell_rule(const struct steps *s, const struct model_cell *cell) {
    bool own = within(cell->span, s->item->stmt->span);
    struct text quote = lower_quote(cell->clause);
    return lower_rule(s->l, (struct ir_rule){
                                .name = cell->name,
                                .source = lower_source(s->l, cell->span),
                                .quote = own && s->item->quote.size ? s->item->quote : quote,
                                .clause = lower_clause_index(cell->clause),
                                .item = own ? s->item->index : POL_NONE,
                                .reason = cell_reason(cell->kind),
                            });
}

static void add_step(struct steps *s, struct pol_step step) {
    s->step[s->count++] = step;
}

static void add_key_steps(struct steps *s, bool ladders) {
    for (const struct model_use *use = s->item->uses; use; use = use->next) {
        enum pol_cell_kind kind = use->cell->kind;
        if (kind == POL_CELL_CAP || (kind == POL_CELL_LADDER) != ladders)
            continue;
        enum pol_step_kind step = ladders                     ? POL_STEP_LADDER
                                  : kind == POL_CELL_ONE_YEAR ? POL_STEP_ONE_YEAR
                                                              : POL_STEP_ONCE;
        add_step(s,
                 (struct pol_step){.kind = (uint8_t)step, .cell = use->cell->index, .rule = cell_rule(s, use->cell)});
    }
}

static uint32_t less_rule(const struct steps *s, const struct model_less *less) {
    bool own = within(less->span, s->item->stmt->span);
    return lower_rule(s->l, (struct ir_rule){
                                .name = less->name,
                                .source = lower_source(s->l, less->amount->span),
                                .quote = lower_quote(less->clause),
                                .clause = lower_clause_index(less->clause),
                                .item = own ? s->item->index : POL_NONE,
                                .reason = POL_ALREADY_AWARDED,
                            });
}

/* Rounded half up to fen, as an award is. */
static void add_less_steps(struct steps *s) {
    for (const struct model_less *less = s->item->less; less; less = less->next) {
        s->l->at = less->amount;
        struct value v = lower_expr(s->l, less->amount);
        struct pol_operand amount = operand(s->l, less->amount, value_round(s->l, v), v.ok);
        if (!is_zero(amount))
            add_step(s, (struct pol_step){
                            .kind = POL_STEP_LESS, .cell = POL_NONE, .rule = less_rule(s, less), .amount = amount});
    }
}

/* Fen for one unit; a constant or a value, but always whole fen. */
static struct pol_operand unit_price(struct steps *s) {
    const struct ast_expr *e = s->item->unit_price;
    if (!e) {
        report_price(s->l, s->item->award);
        return constant_operand(0);
    }
    struct value v = lower_expr(s->l, e);
    if (v.den != 1 || v.scale != IR_NO_REF) {
        report_price(s->l, e);
        return constant_operand(0);
    }
    return operand(s->l, e, v.num, v.ok);
}

/* False when the cap never applies to the item. */
static bool cap_condition(struct steps *s, const struct model_cell *cell, struct pol_operand *out) {
    struct lower *l = s->l;
    if (!cell->when)
        return true;
    ir_ref holds = value_holds(l, lower_expr(l, cell->when));
    if (lower_is_const(l, holds, 1))
        return true;
    if (lower_is_const(l, holds, 0))
        return false;
    *out = aux_operand(l, lower_emit(l, IR_SELECT, holds, lower_const(l, 1), lower_const(l, 0)));
    return true;
}

/* The maximum is rounded down: to fen, claims or units. */
static void add_cap_step(struct steps *s, const struct model_cell *cell) {
    struct lower *l = s->l;
    struct pol_step step = {.kind = (uint8_t)cell->measure, .cell = cell->index};
    l->at = cell->max;
    if (!cap_condition(s, cell, &step.condition))
        return;
    struct value max = lower_expr(l, cell->max);
    step.max = operand(l, cell->max, value_floor(l, max), max.ok);
    if (cell->measure == POL_STEP_CAP_UNITS) {
        struct value units = lower_expr(l, cell->units);
        step.units = operand(l, cell->units, value_floor(l, units), units.ok);
        step.price = unit_price(s);
    }
    step.rule = cell_rule(s, cell);
    add_step(s, step);
}

static uint32_t limit_rule(struct lower *l) {
    const struct model_limit *limit = l->model->limit;
    return lower_rule(l, (struct ir_rule){
                             .name = limit->name,
                             .source = lower_source(l, limit->amount->span),
                             .quote = lower_quote(limit->clause),
                             .clause = lower_clause_index(limit->clause),
                             .item = POL_NONE,
                             .reason = POL_LIMIT,
                         });
}

static void lower_steps(struct lower *l, const struct model_item *item, struct ir_item *out) {
    uint32_t most = 1;
    for (const struct model_use *use = item->uses; use; use = use->next)
        most++;
    for (const struct model_less *less = item->less; less; less = less->next)
        most++;
    struct steps s = {.l = l, .item = item, .step = arena_array_of(l->policy->arena, struct pol_step, most)};
    add_key_steps(&s, false);
    add_key_steps(&s, true);
    add_less_steps(&s);
    for (const struct model_use *use = item->uses; use; use = use->next)
        if (use->cell->kind == POL_CELL_CAP)
            add_cap_step(&s, use->cell);
    if (item->limited && l->model->limit)
        add_step(&s, (struct pol_step){.kind = POL_STEP_LIMIT, .cell = POL_NONE, .rule = limit_rule(l)});
    assert(s.count <= most);
    out->step = s.step;
    out->step_count = s.count;
}

/* What steps compute, for claims with an award. */
static void probe_steps(struct lower *l, const struct model_item *item, ir_ref guard) {
    for (const struct model_less *less = item->less; l->probes && less; less = less->next)
        lower_probe_value(l, less->amount, guard);
    for (const struct model_use *use = item->uses; l->probes && use; use = use->next) {
        ir_ref applies = guard;
        if (use->cell->when) {
            lower_probe_condition(l, use->cell->when, guard);
            applies = lower_and(l, guard, value_holds(l, lower_expr(l, use->cell->when)));
        }
        if (use->cell->kind == POL_CELL_CAP)
            lower_probe_value(l, use->cell->max, applies);
    }
}

/* ---- the item ---------------------------------------------------------------------------------------------------- */

static void lower_needs(struct lower *l, const struct model_item *item, struct ir_item *out) {
    uint32_t count = l->model->claim_count;
    for (uint32_t i = 0; i < count; i++)
        out->need_count += item->needs[i];
    out->need = arena_array_of(l->policy->arena, uint32_t, out->need_count);
    uint32_t at = 0;
    for (uint32_t i = 0; i < count; i++)
        if (item->needs[i])
            out->need[at++] = i;
}

static void lower_item(struct lower *l, const struct model_item *item, struct ir_item *out) {
    struct ending_list endings = {.entry = NULL};
    out->name = lower_copy(l, item->name);
    out->column = lower_copy(l, item->column);
    out->label = lower_copy(l, item->label);
    out->quote = lower_copy(l, item->quote);
    out->clause = lower_clause_index(item->clause);
    out->award_rule = lower_rule(l, award_rule(l, item, "award", POL_OK));
    lower_needs(l, item, out);
    l->aux = NULL;
    l->aux_count = l->aux_capacity = 0;
    lower_block_begin(l, &l->policy->row);
    lower_requires(l, item, &endings);
    ir_ref award = lower_award(l, item, &endings);
    lower_steps(l, item, out);
    l->at = NULL;
    probe_steps(l, item, lower_probe_passed(l, &endings));
    struct ir_block *block = &l->policy->row.block[l->policy->row.block_count - 1];
    ir_ref rule = lower_first_ending(l, &endings);
    block->rule = rule;
    block->award = award;
    block->aux = l->aux; /* aux_count of them; lengthened when all items are known */
    ir_block_end(&l->policy->row);
}

/* Every block gets as many aux values as the item that has the most. */
static void even_aux(struct lower *l, const size_t *count) {
    struct ir_func *row = &l->policy->row;
    for (uint32_t b = 1; row->aux_count && b < row->block_count; b++) {
        ir_ref *aux = arena_array_of(l->policy->arena, ir_ref, row->aux_count);
        for (uint32_t i = 0; i < row->aux_count; i++)
            aux[i] = i < count[b - 1] ? row->block[b].aux[i] : IR_NO_REF;
        row->block[b].aux = aux;
    }
}

void lower_items(struct lower *l) {
    struct ir_policy *p = l->policy;
    size_t *count = arena_array_of(l->arena, size_t, l->model->item_count + 1u);
    p->item = arena_array_of(p->arena, struct ir_item, l->model->item_count);
    p->item_count = l->model->item_count;
    for (const struct model_item *item = l->model->items; item; item = item->next) {
        assert(item->index == p->row.block_count - 1);
        lower_item(l, item, &p->item[item->index]);
        count[item->index] = l->aux_count;
        if (l->aux_count > p->row.aux_count)
            p->row.aux_count = (uint32_t)l->aux_count;
    }
    even_aux(l, count);
}
