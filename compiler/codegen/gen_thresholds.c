/* gen_thresholds.c - where a policy decides otherwise beyond a value: comparisons of a number of the claim with a
 * constant or a parameter, and the largest amount that an award can come to. Audits look at claims just below. */
#include <string.h>

#include "codegen/gen.h"

struct thresholds {
    const struct ir_policy *policy;
    struct arena *arena;
    struct pol_threshold *list;
    size_t count, capacity, first; /* first: of the item under way */
    uint32_t item;
    bool *reached; /* by instruction: a part of the award under way */
};

static const struct ir_inst *inst(const struct thresholds *t, ir_ref ref) {
    return &t->policy->row.inst[ref];
}

static void add(struct thresholds *t, struct pol_threshold threshold) {
    threshold.item = t->item;
    for (size_t i = t->first; i < t->count; i++) {
        const struct pol_threshold *known = &t->list[i];
        if (known->field == threshold.field && known->param == threshold.param && known->value == threshold.value &&
            known->inclusive == threshold.inclusive)
            return;
    }
    t->list = arena_grow(t->arena, t->list, t->count, &t->capacity, t->count + 1, sizeof *t->list);
    t->list[t->count++] = threshold;
}

/* ---- numbers of the claim ---------------------------------------------------------------------------------------- */

static bool is_number(enum pol_type type) {
    return type == POL_MONEY || type == POL_RATE || type == POL_COUNT || type == POL_YEARS || type == POL_DAYS;
}

/* A number of the claim, perhaps times a constant. */
static bool is_field(const struct thresholds *t, ir_ref ref, uint32_t *field, ir_int *factor) {
    const struct ir_inst *i = inst(t, ref);
    *factor = 1;
    if (i->op == IR_MUL && inst(t, i->b)->op == IR_CONST && inst(t, i->b)->imm > 0) {
        *factor = inst(t, i->b)->imm;
        i = inst(t, i->a);
    } else if (i->op == IR_MUL && inst(t, i->a)->op == IR_CONST && inst(t, i->a)->imm > 0) {
        *factor = inst(t, i->a)->imm;
        i = inst(t, i->b);
    }
    *field = i->index;
    return i->op == IR_CLAIM && i->index >= POL_CLAIM_BUILTINS && is_number(t->policy->claim[i->index].type);
}

static bool is_needed(const struct thresholds *t, uint32_t field) {
    const struct ir_item *item = &t->policy->item[t->item];
    for (uint32_t i = 0; i < item->need_count; i++)
        if (item->need[i] == field)
            return true;
    return false;
}

static unsigned zeros_behind(ir_int value) {
    unsigned zeros = 0;
    for (; value > 0 && value % 10 == 0; value /= 10)
        zeros++;
    return zeros;
}

/* `inclusive`: where the two are equal, the field is still below. */
static void compare(struct thresholds *t, ir_ref field_ref, ir_ref other_ref, bool inclusive) {
    const struct ir_inst *other = inst(t, other_ref);
    uint32_t field;
    ir_int factor;
    if (!is_field(t, field_ref, &field, &factor) || !is_needed(t, field))
        return;
    struct pol_threshold threshold = {.field = field, .param = POL_NONE, .inclusive = inclusive};
    if (other->op == IR_PARAM && factor == 1) {
        threshold.param = other->index;
        add(t, threshold);
        return;
    }
    if (other->op != IR_CONST)
        return;
    ir_int value = ir_floor_div(other->imm, factor);
    if (value * factor != other->imm && !inclusive)
        value++; /* between two values: the upper one is beyond */
    if (value <= t->policy->claim[field].min || value > t->policy->claim[field].max || value <= 0)
        return;
    /* the IR says "below 10.01" for "at most 10.00": the rounder number is what people know */
    threshold.inclusive = inclusive || zeros_behind(value - 1) > zeros_behind(value);
    threshold.value = (int64_t)(threshold.inclusive && !inclusive ? value - 1 : value);
    add(t, threshold);
}

static void look_at(struct thresholds *t, const struct ir_inst *i) {
    if (i->op == IR_LT) {
        compare(t, i->a, i->b, false);
        compare(t, i->b, i->a, true);
    } else if (i->op == IR_LE) {
        compare(t, i->a, i->b, true);
        compare(t, i->b, i->a, false);
    } else if (i->op == IR_MIN) {
        compare(t, i->a, i->b, true);
        compare(t, i->b, i->a, true);
    }
}

/* ---- the award --------------------------------------------------------------------------------------------------- */

/* Constants that bound a part of the award from above, in the branches of what is chosen by a condition; `den` is what
 * the whole is divided by. Parts to look at are marked: they stand before what they are part of. */
static void award_part(struct thresholds *t, const struct ir_inst *i, ir_int den) {
    if (i->op == IR_SELECT)
        t->reached[i->b] = t->reached[i->c] = true;
    for (int side = 0; i->op == IR_MIN && side < 2; side++) {
        ir_ref ref = side ? i->b : i->a;
        const struct ir_inst *one = inst(t, ref);
        if (one->op != IR_CONST)
            t->reached[ref] = true;
        else if (one->imm / den > 0 && one->imm / den <= INT64_MAX)
            add(t, (struct pol_threshold){.field = POL_NONE, .param = POL_NONE, .value = (int64_t)(one->imm / den)});
    }
}

static void award(struct thresholds *t, ir_ref whole) {
    const struct ir_inst *i = inst(t, whole);
    bool divided = i->op == IR_ROUNDDIV && inst(t, i->b)->op == IR_CONST;
    ir_int den = divided ? inst(t, i->b)->imm : 1;
    ir_ref last = divided ? i->a : whole;
    memset(t->reached, 0, ((size_t)last + 1) * sizeof *t->reached);
    t->reached[last] = true;
    for (size_t at = (size_t)last + 1; at-- > 0;)
        if (t->reached[at])
            award_part(t, inst(t, (ir_ref)at), den);
}

uint32_t gen_thresholds(const struct ir_policy *policy, struct arena *arena, struct pol_threshold **list) {
    struct thresholds t = {.policy = policy, .arena = arena};
    t.reached = arena_array_of(arena, bool, policy->row.inst_count + 1u);
    for (t.item = 0; t.item < policy->item_count; t.item++) {
        const struct ir_block *common = &policy->row.block[0], *own = &policy->row.block[t.item + 1];
        t.first = t.count;
        for (ir_ref i = common->first; i < common->end; i++)
            look_at(&t, inst(&t, i));
        for (ir_ref i = own->first; i < own->end; i++)
            look_at(&t, inst(&t, i));
        award(&t, own->award);
    }
    *list = t.list;
    return (uint32_t)t.count;
}
