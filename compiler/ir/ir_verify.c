#include "ir/ir_verify.h"

#include <stdarg.h>
#include <stdio.h>

#include "ir/ir_range.h"

struct verify {
    const struct ir_policy *policy;
    struct arena *arena;
    const struct ir_func *func; /* being checked */
    const char *func_name;
    struct text message; /* of the first failure; empty = none */
};

/* Keeps the first message; always false, for `return fail (...)`. */
static bool fail(struct verify *v, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool fail(struct verify *v, const char *format, ...) {
    char line[256];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (v->message.size == 0)
        v->message = text_copy(v->arena, text_of(line));
    return false;
}

/* ---- schema ------------------------------------------------------------------------------------------------------ */

static bool check_type(struct verify *v, const char *what, uint32_t index, enum pol_type type, uint32_t enum_index) {
    if (type < POL_MONEY || type > POL_TEXT)
        return fail(v, "%s %u: type %d is none", what, index, (int)type);
    if ((type == POL_ENUM) != (enum_index != POL_NONE))
        return fail(v, "%s %u: an enum has an enum index, nothing else has", what, index);
    if (type == POL_ENUM && enum_index >= v->policy->enum_count)
        return fail(v, "%s %u: no enum %u", what, index, enum_index);
    return true;
}

static bool check_fields(struct verify *v, const char *what, const struct ir_field *field, uint32_t count,
                         uint32_t builtins) {
    if (count < builtins)
        return fail(v, "%s fields: %u, fewer than the builtin ones", what, count);
    for (uint32_t i = 0; i < count; i++) {
        if (!check_type(v, what, i, field[i].type, field[i].enum_index))
            return false;
        if (field[i].builtin != (i < builtins))
            return fail(v, "%s %u: builtin fields come first", what, i);
        if (field[i].min > field[i].max)
            return fail(v, "%s %u: empty range", what, i);
        if (field[i].has_default && field[i].type == POL_TEXT)
            return fail(v, "%s %u: a text has no default", what, i);
    }
    return true;
}

static bool check_builtins(struct verify *v) {
    static const enum pol_type claim[POL_CLAIM_BUILTINS] = {
        [POL_CLAIM_ID] = POL_TEXT,   [POL_CLAIM_APPLICANT] = POL_TEXT, [POL_CLAIM_ITEM] = POL_TEXT,
        [POL_CLAIM_DATE] = POL_DATE, [POL_CLAIM_OBJECT] = POL_TEXT,    [POL_CLAIM_PAID] = POL_MONEY,
    };
    for (uint32_t i = 0; i < POL_CLAIM_BUILTINS; i++)
        if (v->policy->claim[i].type != claim[i])
            return fail(v, "claim %u: wrong type for a builtin field", i);
    if (v->policy->profile[POL_PROFILE_APPLICANT].type != POL_TEXT)
        return fail(v, "profile 0: wrong type for a builtin field");
    return true;
}

static bool check_schema(struct verify *v) {
    const struct ir_policy *p = v->policy;
    for (uint32_t i = 0; i < p->enum_count; i++)
        if (p->enums[i].value_count == 0 || p->enums[i].value_count > POL_ENUM_LIMIT)
            return fail(v, "enum %u: %u values", i, p->enums[i].value_count);
    for (uint32_t i = 0; i < p->param_count; i++) {
        const struct ir_param *param = &p->param[i];
        if (!check_type(v, "param", i, param->type, param->enum_index))
            return false;
        if (param->type == POL_TEXT || param->min > param->max)
            return fail(v, "param %u: a text, or an empty range", i);
    }
    return check_fields(v, "claim", p->claim, p->claim_count, POL_CLAIM_BUILTINS) &&
           check_fields(v, "profile", p->profile, p->profile_count, POL_PROFILE_BUILTINS) && check_builtins(v);
}

/* ---- rules, cells, items ----------------------------------------------------------------------------------------- */

static bool check_clause(struct verify *v, const char *what, uint32_t index, uint32_t clause) {
    if (clause != POL_NONE && clause >= v->policy->clause_count)
        return fail(v, "%s %u: no clause %u", what, index, clause);
    return true;
}

static bool check_rules(struct verify *v) {
    const struct ir_policy *p = v->policy;
    if (p->rule_count == 0 || p->rule_count > UINT16_MAX + 1u)
        return fail(v, "%u rules: the kernel's rule column holds 1 to 65536", p->rule_count);
    for (uint32_t i = 0; i < p->rule_count; i++) {
        const struct ir_rule *rule = &p->rule[i];
        if (!check_clause(v, "rule", i, rule->clause))
            return false;
        if (rule->item != POL_NONE && rule->item >= p->item_count)
            return fail(v, "rule %u: no item %u", i, rule->item);
        if (i > 0 && rule->reason != POL_OK && (rule->reason < POL_NOT_IN_FORCE || rule->reason >= POL_REASON_COUNT))
            return fail(v, "rule %u: reason %d ends no valid claim", i, (int)rule->reason);
    }
    return true;
}

static bool check_key(struct verify *v, uint32_t cell, struct pol_key key) {
    switch ((enum pol_key_kind)key.kind) {
    case POL_KEY_APPLICANT:
    case POL_KEY_YEAR:
    case POL_KEY_ITEM:
        return true;
    case POL_KEY_CLAIM_FIELD:
        return key.field < v->policy->claim_count || fail(v, "cell %u: no claim field %u", cell, key.field);
    case POL_KEY_PROFILE_FIELD:
        return key.field < v->policy->profile_count || fail(v, "cell %u: no profile field %u", cell, key.field);
    }
    return fail(v, "cell %u: key of no kind", cell);
}

static bool check_cells(struct verify *v) {
    for (uint32_t i = 0; i < v->policy->cell_count; i++) {
        const struct ir_cell *cell = &v->policy->cell[i];
        if (!check_clause(v, "cell", i, cell->clause))
            return false;
        if (cell->kind < POL_CELL_ONCE || cell->kind > POL_CELL_CAP)
            return fail(v, "cell %u: of no kind", i);
        for (uint32_t k = 0; k < cell->key_count; k++)
            if (!check_key(v, i, cell->key[k]))
                return false;
    }
    return true;
}

/* Stages: once, ladder, less, cap, limit. */
static int stage_of(enum pol_step_kind kind) {
    switch (kind) {
    case POL_STEP_ONCE:
    case POL_STEP_ONE_YEAR:
        return 1;
    case POL_STEP_LADDER:
        return 2;
    case POL_STEP_LESS:
        return 3;
    case POL_STEP_CAP_MONEY:
    case POL_STEP_CAP_CLAIMS:
    case POL_STEP_CAP_UNITS:
        return 4;
    case POL_STEP_LIMIT:
        return 5;
    }
    return 0;
}

/* The kind of cell that a step walks; 0 = none. */
static uint32_t cell_kind_of(enum pol_step_kind kind) {
    switch (kind) {
    case POL_STEP_ONCE:
        return POL_CELL_ONCE;
    case POL_STEP_ONE_YEAR:
        return POL_CELL_ONE_YEAR;
    case POL_STEP_LADDER:
        return POL_CELL_LADDER;
    case POL_STEP_CAP_MONEY:
    case POL_STEP_CAP_CLAIMS:
    case POL_STEP_CAP_UNITS:
        return POL_CELL_CAP;
    case POL_STEP_LESS:
    case POL_STEP_LIMIT:
        break;
    }
    return 0;
}

enum presence { NEVER, MAYBE, ALWAYS };

/* `item` + 1 is the item's block. */
static bool check_operand(struct verify *v, uint32_t item, struct pol_operand operand, enum presence presence) {
    const struct ir_func *row = &v->policy->row;
    switch ((enum pol_operand_kind)operand.kind) {
    case POL_OPERAND_NONE:
        return presence != ALWAYS || fail(v, "item %u: a step lacks an operand", item);
    case POL_OPERAND_CONST:
        if (operand.value < 0)
            return fail(v, "item %u: a step has a negative operand", item);
        break;
    case POL_OPERAND_AUX:
        if (operand.aux >= row->aux_count)
            return fail(v, "item %u: a step uses aux %u of %u", item, operand.aux, row->aux_count);
        break;
    default: /* not a pol_operand_kind: the field is a byte */
        return fail(v, "item %u: a step has an operand of no kind", item);
    }
    return presence != NEVER || fail(v, "item %u: a step has an operand too many", item);
}

static bool check_step(struct verify *v, uint32_t item, const struct pol_step *step) {
    enum pol_step_kind kind = (enum pol_step_kind)step->kind;
    uint32_t cell_kind = cell_kind_of(kind);
    bool cap = cell_kind == POL_CELL_CAP, units = kind == POL_STEP_CAP_UNITS;
    if (step->rule == 0 || step->rule >= v->policy->rule_count)
        return fail(v, "item %u: a step names rule %u", item, step->rule);
    if (cell_kind == 0 && step->cell != POL_NONE)
        return fail(v, "item %u: a step on a cell that it does not use", item);
    if (cell_kind && (step->cell >= v->policy->cell_count || v->policy->cell[step->cell].kind != cell_kind))
        return fail(v, "item %u: a step on cell %u, which is not of its kind", item, step->cell);
    return check_operand(v, item, step->max, cap ? ALWAYS : NEVER) &&
           check_operand(v, item, step->condition, cap ? MAYBE : NEVER) &&
           check_operand(v, item, step->amount, kind == POL_STEP_LESS ? ALWAYS : NEVER) &&
           check_operand(v, item, step->units, units ? ALWAYS : NEVER) &&
           check_operand(v, item, step->price, units ? ALWAYS : NEVER);
}

static bool check_steps(struct verify *v, uint32_t index, const struct ir_item *item) {
    int stage = 0;
    for (uint32_t i = 0; i < item->step_count; i++) {
        int next = stage_of((enum pol_step_kind)item->step[i].kind);
        if (next == 0)
            return fail(v, "item %u: a step of no kind", index);
        if (next < stage)
            return fail(v, "item %u: step %u stands after a later stage", index, i);
        stage = next;
        if (next == stage_of(POL_STEP_LIMIT) && !v->policy->limit.present)
            return fail(v, "item %u: a limit step in a policy without a limit", index);
        if (!check_step(v, index, &item->step[i]))
            return false;
    }
    return true;
}

static bool check_items(struct verify *v) {
    const struct ir_policy *p = v->policy;
    if (p->item_count >= POL_ITEM_UNKNOWN)
        return fail(v, "%u items: at most 65534", p->item_count);
    for (uint32_t i = 0; i < p->item_count; i++) {
        const struct ir_item *item = &p->item[i];
        if (!check_clause(v, "item", i, item->clause))
            return false;
        if (item->award_rule == 0 || item->award_rule >= p->rule_count || p->rule[item->award_rule].reason != POL_OK)
            return fail(v, "item %u: award rule %u", i, item->award_rule);
        for (uint32_t n = 0; n < item->need_count; n++)
            if (item->need[n] >= p->claim_count || (n > 0 && item->need[n] <= item->need[n - 1]))
                return fail(v, "item %u: needs are claim fields in ascending order", i);
        if (!check_steps(v, i, item))
            return false;
    }
    return true;
}

static bool check_targets(struct verify *v) {
    const struct ir_policy *p = v->policy;
    for (uint32_t i = 0; i < p->target_count; i++) {
        const struct ir_target *t = &p->target[i];
        if (!check_clause(v, "target", i, t->clause))
            return false;
        if (t->kind < POL_TARGET_BY || t->kind > POL_TARGET_TOTAL || t->first_year > t->last_year)
            return fail(v, "target %u: no kind, or no year", i);
        if (i > 0 && t->kind < p->target[i - 1].kind)
            return fail(v, "target %u: targets are in the order of their kinds", i);
    }
    return true;
}

/* ---- functions --------------------------------------------------------------------------------------------------- */

static const struct ir_inst *inst_at(const struct verify *v, ir_ref ref) {
    return ref == IR_NO_REF ? NULL : &v->func->inst[ref];
}

static struct ir_range range_at(const struct verify *v, ir_ref ref) {
    const struct ir_inst *inst = inst_at(v, ref);
    return inst ? (struct ir_range){inst->lo, inst->hi} : (struct ir_range){0, 0};
}

static bool check_operands(struct verify *v, const struct ir_block *block, ir_ref ref) {
    const struct ir_inst *inst = &v->func->inst[ref];
    ir_ref operand[3] = {inst->a, inst->b, inst->c};
    for (unsigned i = 0; i < 3; i++) {
        bool expected = i < ir_op_arity[inst->op];
        if ((operand[i] != IR_NO_REF) != expected)
            return fail(v, "%s %%%u: %s takes %u operands", v->func_name, ref, ir_op_name[inst->op],
                        ir_op_arity[inst->op]);
        if (expected && (operand[i] >= ref || (operand[i] < block->first && operand[i] >= v->func->block[0].end)))
            return fail(v, "%s %%%u: operand %%%u is not visible", v->func_name, ref, operand[i]);
    }
    if (!ir_operands_agree((enum ir_op)inst->op, inst_at(v, inst->a), inst_at(v, inst->b), inst_at(v, inst->c)))
        return fail(v, "%s %%%u: operands of the wrong type for %s", v->func_name, ref, ir_op_name[inst->op]);
    return true;
}

/* What a leaf can be. */
static bool leaf_of(struct verify *v, const struct ir_inst *inst, enum ir_type *type, struct ir_range *range) {
    const struct ir_policy *p = v->policy;
    if (inst->op == IR_CONST) {
        *type = (enum ir_type)inst->type;
        *range = (struct ir_range){inst->imm, inst->imm};
        return inst->type == IR_INT || (inst->type == IR_BOOL && (inst->imm == 0 || inst->imm == 1));
    }
    if (inst->op == IR_LITERAL) {
        *type = IR_TEXT;
        *range = (struct ir_range){0, 0};
        return true;
    }
    if (inst->op == IR_PARAM) {
        if (inst->index >= p->param_count)
            return false;
        *type = ir_type_of(p->param[inst->index].type);
        *range = ir_param_range(p, &p->param[inst->index]);
        return true;
    }
    bool claim = inst->op == IR_CLAIM;
    if (inst->index >= (claim ? p->claim_count : p->profile_count) || (claim && v->func == &p->profile_row))
        return false;
    const struct ir_field *field = claim ? &p->claim[inst->index] : &p->profile[inst->index];
    *type = ir_type_of(field->type);
    *range = ir_field_range(p, field);
    return !claim || inst->index != POL_CLAIM_ITEM;
}

static bool check_inst(struct verify *v, const struct ir_block *block, ir_ref ref) {
    const struct ir_inst *inst = &v->func->inst[ref];
    enum ir_type type;
    struct ir_range range;
    if (inst->op >= IR_OP_COUNT)
        return fail(v, "%s %%%u: no opcode", v->func_name, ref);
    if (!check_operands(v, block, ref))
        return false;
    if (ir_op_arity[inst->op] == 0) {
        if (!leaf_of(v, inst, &type, &range))
            return fail(v, "%s %%%u: %s of something that is not there", v->func_name, ref, ir_op_name[inst->op]);
    } else {
        type = ir_result_type((enum ir_op)inst->op, inst_at(v, inst->b));
        if (!ir_range_of((enum ir_op)inst->op, range_at(v, inst->a), range_at(v, inst->b), range_at(v, inst->c),
                         &range))
            return fail(v, "%s %%%u: %s may leave its domain", v->func_name, ref, ir_op_name[inst->op]);
    }
    if (inst->type != type)
        return fail(v, "%s %%%u: wrong type", v->func_name, ref);
    if (inst->lo > range.lo || inst->hi < range.hi || inst->lo < IR_INT_MIN || inst->hi > IR_INT_MAX)
        return fail(v, "%s %%%u: the interval does not hold every value", v->func_name, ref);
    return true;
}

/* A result of block `index`: visible there, an integer, its interval in [lo, hi]. IR_NO_REF passes. */
static bool check_result(struct verify *v, uint32_t index, const char *what, ir_ref ref, struct ir_range bounds) {
    const struct ir_func *func = v->func;
    if (ref == IR_NO_REF)
        return true;
    if (ref >= func->block[index].end || (ref < func->block[index].first && ref >= func->block[0].end))
        return fail(v, "%s block %u: %s is not visible", v->func_name, index, what);
    const struct ir_inst *inst = &func->inst[ref];
    if (inst->type != IR_INT || inst->lo < bounds.lo || inst->hi > bounds.hi)
        return fail(v, "%s block %u: %s out of bounds", v->func_name, index, what);
    return true;
}

static bool check_results(struct verify *v, uint32_t index) {
    const struct ir_func *func = v->func;
    const struct ir_block *block = &func->block[index];
    bool item = func == &v->policy->row && index > 0;
    if ((func == &v->policy->row) != (block->rule != IR_NO_REF) || item != (block->award != IR_NO_REF) ||
        (!item && block->aux))
        return fail(v, "%s block %u: results that it should not have, or has not", v->func_name, index);
    if (!check_result(v, index, "rule", block->rule, (struct ir_range){0, (ir_int)v->policy->rule_count - 1}) ||
        !check_result(v, index, "award", block->award, (struct ir_range){INT64_MIN, INT64_MAX}))
        return false;
    for (uint32_t i = 0; block->aux && i < func->aux_count; i++)
        if (!check_result(v, index, "aux", block->aux[i], (struct ir_range){0, INT64_MAX}))
            return false;
    return true;
}

static bool check_func(struct verify *v, const struct ir_func *func, const char *name, uint32_t blocks) {
    v->func = func;
    v->func_name = name;
    if (func->block_count != blocks)
        return fail(v, "%s: %u blocks instead of %u", name, func->block_count, blocks);
    ir_ref next = 0;
    for (uint32_t b = 0; b < blocks; b++) {
        const struct ir_block *block = &func->block[b];
        if (block->first != next || block->end < block->first || block->end > func->inst_count)
            return fail(v, "%s block %u: blocks follow one another", name, b);
        for (ir_ref ref = block->first; ref < block->end; ref++)
            if (!check_inst(v, block, ref))
                return false;
        if (!check_results(v, b))
            return false;
        next = block->end;
    }
    return next == func->inst_count || fail(v, "%s: instructions outside every block", name);
}

static bool check_limit_result(struct verify *v, const char *what, ir_ref ref, enum ir_type type) {
    if (ref == IR_NO_REF)
        return true;
    if (ref >= v->policy->profile_row.inst_count)
        return fail(v, "limit: no instruction %%%u for %s", ref, what);
    const struct ir_inst *inst = &v->policy->profile_row.inst[ref];
    if (inst->type != type || inst->lo < 0 || inst->hi > INT64_MAX)
        return fail(v, "limit: %s is of the wrong type or out of bounds", what);
    return true;
}

static bool check_limit(struct verify *v) {
    const struct ir_limit *limit = &v->policy->limit;
    if (limit->present && (limit->rule == 0 || limit->rule >= v->policy->rule_count))
        return fail(v, "limit: names rule %u", limit->rule);
    if (!limit->present && (limit->limited != IR_NO_REF || limit->amount != IR_NO_REF))
        return fail(v, "limit: results without a limit");
    return (!limit->present || check_clause(v, "limit", 0, limit->clause)) &&
           check_limit_result(v, "excluded", limit->excluded, IR_BOOL) &&
           check_limit_result(v, "limited", limit->limited, IR_BOOL) &&
           check_limit_result(v, "amount", limit->amount, IR_INT);
}

bool ir_verify(const struct ir_policy *policy, struct arena *arena, struct text *message) {
    struct verify v = {.policy = policy, .arena = arena};
    bool holds = check_schema(&v) && check_rules(&v) && check_cells(&v) && check_targets(&v) &&
                 check_func(&v, &policy->row, "row", policy->item_count + 1) &&
                 check_func(&v, &policy->profile_row, "profile", 1) && check_items(&v) && check_limit(&v);
    *message = v.message;
    return holds;
}
